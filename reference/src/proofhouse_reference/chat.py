# SPDX-License-Identifier: Apache-2.0
"""OpenAI's chat-completion JSON, read into values and written from them.

Follows the public API reference of ``POST /v1/chat/completions`` as far as an agent that calls
functions needs it:

    {"model": "proofhouse-reference-fair",
     "messages": [{"role": "user", "content": "..."}],
     "tools": [{"type": "function", "function": {"name": "bash", "parameters": {
         "type": "object", "properties": {"command": {"type": "string"}}}}}]}

is answered by one choice with text or tool calls, and always by ``usage``. **Token counts are a
stated approximation**: one token is four bytes of UTF-8, rounded up, over the messages and tools as
compact JSON (prompt) and over the answer's text and the calls' names and arguments (completion).

A field that would change the answer and that no agent here can honour (``n`` above 1,
``logprobs``) is refused; sampling fields (``temperature``, ``seed``, ...) are accepted and change
nothing, because the agents do not sample.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]

_ROLES = ("developer", "system", "user", "assistant", "tool")


class RequestError(Exception):
    """A request that is answered with an HTTP status and OpenAI's error object."""

    def __init__(self, status: int, code: str, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param

    def to_json(self) -> JsonObject:
        """``{"error": {"message", "type", "param", "code"}}``."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


@dataclass(frozen=True)
class Call:
    """A function call by the assistant; ``arguments`` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """One message; ``call_id`` is set on a tool's answer, ``calls`` on an assistant's message."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    call_id: str = ""


@dataclass(frozen=True)
class OfferedTool:
    """A function that may be called, and the names of its string parameters."""

    name: str
    strings: tuple[str, ...]
    others_required: bool


@dataclass(frozen=True)
class Conversation:
    """The messages so far and the tools that are offered for the next one."""

    messages: tuple[Message, ...]
    tools: tuple[OfferedTool, ...]


@dataclass(frozen=True)
class Request:
    """A conversation and how its answer is wanted. ``most_tokens`` is None without a limit."""

    conversation: Conversation
    prompt_tokens: int
    most_tokens: int | None
    stream: bool
    stream_usage: bool


def tokens(text: str) -> int:
    """The stated approximation: bytes of UTF-8 divided by four, rounded up."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def read_request(body: bytes, model: str) -> Request:
    """The request in a body.

    Raises:
        RequestError: 400 for what is not such a request, 404 for another model than ``model``.
    """
    value = _read_json(body)
    if value.get("model") != model:
        raise RequestError(
            404, "model_not_found", f"This endpoint serves the model {model!r} only.", param="model"
        )
    if value.get("n") not in (None, 1) or value.get("logprobs"):
        raise RequestError(
            400, "unsupported_value", "One choice without log-probabilities is all that is served."
        )
    messages = tuple(_read_message(m, i) for i, m in enumerate(_list_of(value, "messages")))
    if not messages:
        raise RequestError(
            400, "invalid_value", "At least one message is needed.", param="messages"
        )
    offered = () if value.get("tool_choice") == "none" else _list_of(value, "tools")
    options = value.get("stream_options")
    return Request(
        conversation=Conversation(
            messages, tuple(_read_tool(tool, i) for i, tool in enumerate(offered))
        ),
        prompt_tokens=tokens(_compact([value["messages"], value.get("tools")])),
        most_tokens=_limit(value),
        stream=value.get("stream") is True,
        stream_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def completion(request: Request, reply: Message, model: str, created: int) -> JsonObject:
    """The ``chat.completion`` object of a reply; ``created`` in seconds since 1970.

    A reply above ``most_tokens`` is cut as a model's would be: its text ends there, its calls are
    left out, and the reason given is ``length``.
    """
    spent = tokens(reply.text) + sum(tokens(c.name + c.arguments) for c in reply.calls)
    reason = "tool_calls" if reply.calls else "stop"
    if request.most_tokens is not None and spent > request.most_tokens:
        kept = reply.text.encode("utf-8", "surrogatepass")[: 4 * request.most_tokens]
        reply, reason = Message("assistant", kept.decode("utf-8", "ignore")), "length"
        spent = request.most_tokens
    message: JsonObject = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.calls:
        message["tool_calls"] = [_call_json(call) for call in reply.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {
        "id": "chatcmpl-" + hashlib.sha256(_compact(message).encode()).hexdigest()[:24],
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": request.prompt_tokens,
            "completion_tokens": spent,
            "total_tokens": request.prompt_tokens + spent,
        },
    }


def stream_body(answer: JsonObject, *, usage: bool) -> bytes:
    """The same answer as server-sent events: role, message, reason, usage if wanted, ``[DONE]``."""
    choice = answer["choices"][0]
    message = choice["message"]
    delta = {"content": message["content"]} if message["content"] else {}
    if "tool_calls" in message:
        delta["tool_calls"] = [{"index": i, **c} for i, c in enumerate(message["tool_calls"])]
    head = {key: answer[key] for key in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    deltas: tuple[tuple[JsonObject, str | None], ...] = (
        ({"role": "assistant"}, None),
        (delta, None),
        ({}, choice["finish_reason"]),
    )
    chunks = [
        {**head, "choices": [{"index": 0, "delta": d, "logprobs": None, "finish_reason": reason}]}
        for d, reason in deltas
    ]
    if usage:
        chunks.append({**head, "choices": [], "usage": answer["usage"]})
    lines = [json.dumps(chunk) for chunk in chunks] + ["[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode("ascii")


def _read_json(body: bytes) -> JsonObject:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "invalid_json", "The body is not JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise RequestError(400, "invalid_type", "The body must be a JSON object.")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _list_of(value: JsonObject, key: str) -> list[Any]:
    found = value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise RequestError(400, "invalid_type", f"{key!r} must be a list.", param=key)
    return found


def _limit(value: JsonObject) -> int | None:
    for key in ("max_completion_tokens", "max_tokens"):
        limit = value.get(key)
        if limit is None:
            continue
        if type(limit) is not int or limit < 1:
            raise RequestError(400, "invalid_value", f"{key!r} must be 1 or more.", param=key)
        return limit
    return None


def _read_message(value: object, index: int) -> Message:
    where = f"messages[{index}]"
    if not isinstance(value, dict) or value.get("role") not in _ROLES:
        raise RequestError(
            400, "invalid_value", f"{where} needs a role out of {', '.join(_ROLES)}.", param=where
        )
    calls = tuple(_read_call(call, where) for call in _list_of(value, "tool_calls"))
    call_id = value.get("tool_call_id")
    return Message(
        role=value["role"],
        text=_read_content(value.get("content"), where),
        calls=calls,
        call_id=call_id if isinstance(call_id, str) else "",
    )


def _read_content(content: object, where: str) -> str:
    """Text, or the text parts of a list of parts; other parts than text are not read."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = (part.get("text") for part in content)
        return "\n".join(text for text in texts if isinstance(text, str))
    raise RequestError(400, "invalid_type", f"{where} has content of no known form.", param=where)


def _read_call(value: object, where: str) -> Call:
    function = value.get("function") if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(function, dict):
        fields = (value.get("id"), function.get("name"), function.get("arguments"))
        if all(isinstance(field, str) for field in fields):
            return Call(*(str(field) for field in fields))
    raise RequestError(
        400,
        "invalid_value",
        f"{where} has a tool call without id, name and arguments.",
        param=where,
    )


def _read_tool(value: object, index: int) -> OfferedTool:
    where = f"tools[{index}]"
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise RequestError(400, "invalid_value", f"{where} is no named function.", param=where)
    schema = function.get("parameters")
    schema = schema if isinstance(schema, dict) else {}
    properties = schema.get("properties")
    required = schema.get("required")
    strings = tuple(
        name
        for name, kind in (properties.items() if isinstance(properties, dict) else ())
        if isinstance(kind, dict) and kind.get("type") == "string"
    )
    needed = required if isinstance(required, list) else []
    return OfferedTool(function["name"], strings, any(name not in strings for name in needed))


def _call_json(call: Call) -> JsonObject:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
