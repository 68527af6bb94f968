# SPDX-License-Identifier: Apache-2.0
"""The model under test: opening it, asking it, and one plain sentence for every way it can fail.

Imported by the child only. Inspect's providers each raise the errors of their own client library;
`explain` reads the chain of causes by what those libraries share (an HTTP status, the words
timeout and connection in a class's name), so that a new provider needs no code here:

    nobody listens, no such host     "could not be reached"
    a connection without a reply     "broke off the connection"
    no reply in time                 "did not answer in time"
    401, 403                         "refused the key"
    404, or a code model_not_found   "does not know the model"
    429                              "turned the call away: too many calls, or a quota used up"
    5xx                              "failed with status 503"
    a reply that fills the memory    "gave a reply that is too long to be one"
    not JSON, no choices, no usage   "does not speak the protocol" and what was missing

The texts name the host as the user wrote it and never repeat what the endpoint said: a server under
test may say anything. An answer without token counts is refused, here and in every later call,
for a server that omits `usage` silently switches off the token budget.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from inspect_ai.hooks import Hooks
from inspect_ai.model import (
    ChatMessage,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.tool import Tool, ToolCall, ToolInfo
from inspect_ai.util import LimitExceededError

from proofhouse.errors import InputError, ModelError, PrerequisiteError
from proofhouse.evaluation.replies import careful_arguments, is_text, readable
from proofhouse.evaluation.types import Budgets, ModelSpec, Reply

PROBE_PROMPTS: Final = (
    "Reply with the single word: ready",
    "What is 17 + 25? Reply with the number only.",
    "Write the word proofhouse backwards. Reply with that one word only.",
)
PROBE_TOOL_PROMPT: Final = "Call the tool submit with the answer: ready"
PROBE_SECONDS: Final = 20
PROBE_REPLY_TOKENS: Final = 512

_PIP = re.compile(r"pip install (?:--upgrade )?([A-Za-z0-9._\[\]=<>~-]+)")


class EndpointError(RuntimeError):
    """The model's endpoint failed a call; the text is the sentence for people."""


def open_model(spec: ModelSpec, budgets: Budgets) -> Model:
    """The Inspect model of a spec, with every wait bounded.

    Raises:
        InputError: no such provider, or it doesn't take those arguments.
        PrerequisiteError: the provider's package is missing, or an Inspect extension with hooks
            (which would be shown every sealed item) is installed.
    """
    arguments: dict[str, Any] = dict(spec.arguments)
    key: str | None = spec.key or None
    if spec.name.startswith("openai-api/"):
        # Inspect does the retrying, with a cap; a strict schema is refused by some servers.
        arguments = {"strict_tools": False, "max_retries": 0, **arguments}
        key = key or "no-key"
    if spec.name.startswith("mockllm/"):
        arguments["custom_outputs"] = _Script(spec.replies or (Reply(submit="rehearsal"),))
    config = GenerateConfig(
        max_retries=budgets.retries,
        attempt_timeout=budgets.call_seconds,
        max_tokens=budgets.reply_tokens,
        cache=False,
    )
    try:
        model = get_model(
            spec.name,
            base_url=spec.base_url or None,
            api_key=key,
            config=config,
            memoize=False,
            **arguments,
        )
    except Exception as error:
        raise _not_opened(error, spec) from error
    _refuse_hooks()
    _take_as_text(model, spec)
    return model


async def ask(
    model: Model,
    messages: list[ChatMessage],
    tools: Sequence[Tool | ToolInfo],
    spec: ModelSpec,
    config: GenerateConfig | None = None,
) -> ModelOutput:
    """One reply of the model, with its token counts.

    Raises:
        EndpointError: every attempt failed, or the reply is unusable.
        LimitExceededError: the sample's token budget is spent.
    """
    try:
        output = await model.generate(messages, tools=list(tools), config=config or model.config)
    except (LimitExceededError, EndpointError):
        raise
    except Exception as error:
        raise EndpointError(explain(error, spec)) from error
    if not output.choices:
        raise EndpointError(_misspeaks(spec, "its reply holds no choice"))
    # Inspect turns some refusals of the provider (a full context, a content filter) into replies.
    refused = output.stop_reason in ("model_length", "content_filter")
    if not refused:
        _check_counts(output.usage, spec)
    return output


async def probe(
    model: Model, spec: ModelSpec, budgets: Budgets, tools: Sequence[Tool]
) -> dict[str, Any]:
    """Ask the probe prompts at temperature 0 and have one tool call make its round.

    Returns:
        ``responses`` [[prompt, text], …], ``temperature`` (False if refused), ``tokens`` spent.

    Raises:
        ModelError: one sentence saying what the endpoint did not do.
    """
    config = GenerateConfig(
        temperature=0.0,
        max_tokens=budgets.reply_tokens or PROBE_REPLY_TOKENS,
        max_retries=0,
        attempt_timeout=min(PROBE_SECONDS, budgets.call_seconds),
        cache=False,
    )
    responses: list[list[str]] = []
    tokens = 0
    async with model:
        try:
            for prompt in PROBE_PROMPTS:
                config, output = await _ask_coolly(model, prompt, spec, config)
                responses.append([prompt, output.completion])
                tokens += total_tokens(output.usage)
            tokens += await _tool_round(model, spec, config, tools)
        except EndpointError as error:
            hint = "Check the address, the key and the model's name, and try again."
            raise ModelError(str(error), hint=hint) from error
    return {
        "responses": responses,
        "temperature": config.temperature is not None,
        "tokens": tokens,
    }


async def greet(model: Model, spec: ModelSpec) -> None:
    """See that a model answers at all. Raises ModelError, saying what it did not do."""
    async with model:
        try:
            await ask(model, [ChatMessageUser(content=PROBE_PROMPTS[0])], (), spec)
        except EndpointError as error:
            hint = "Check the address, the key and the model's name, and try again."
            raise ModelError(str(error), hint=hint) from error


def total_tokens(usage: ModelUsage | None) -> int:
    """Everything in and out, cached or not."""
    return usage.total_tokens if usage is not None else 0


def explain(error: BaseException, spec: ModelSpec) -> str:
    """One sentence saying what the endpoint did, without a word of its own."""
    who = _who(spec)
    chain = list(_chain(error))
    status = next((s for e in chain if isinstance(s := getattr(e, "status_code", None), int)), 0)
    if status in (401, 403):
        return f"{who} refused the key (status {status})."
    if status == 404 or any(getattr(e, "code", None) == "model_not_found" for e in chain):
        return f"{who} does not know the model {_model_name(spec)!r}."
    if status == 429:
        return f"{who} turned the call away: too many calls, or a quota used up (status 429)."
    if status >= 500:
        return f"{who} failed with status {status}."
    if status >= 400:
        return f"{who} refused the request (status {status})."
    if any(isinstance(e, MemoryError) for e in chain):
        return f"{who} gave a reply that is too long to be one."
    names = [type(e).__name__.lower() for e in chain]
    if any("timeout" in name for name in names):
        return f"{who} did not answer in time."
    if any(name in _BROKEN_OFF for name in names):
        return f"{who} broke off the connection."
    if any("connect" in name or name in _UNREACHABLE for name in names):
        return f"{who} could not be reached."
    return _misspeaks(spec, "its reply is not in the form of a chat completion")


def endpoint_name(spec: ModelSpec) -> str:
    """Host and port as the user wrote them; empty when the provider has its own address."""
    return urlsplit(spec.base_url).netloc.rpartition("@")[2]


def versions(model: Model) -> list[tuple[str, str]]:
    """The distributions whose code takes part, and Python's version is elsewhere.

    Inspect, every installed Inspect extension, and the libraries whose objects the provider holds.
    """
    names = {"inspect_ai"}
    names |= {type(value).__module__.partition(".")[0] for value in vars(model.api).values()}
    names.add(type(model.api).__module__.partition(".")[0])
    found: dict[str, str] = {}
    for name in names - set(sys.stdlib_module_names) - {"proofhouse"}:
        try:
            found[name.replace("_", "-")] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    for point in importlib.metadata.entry_points(group="inspect_ai"):
        if point.dist is not None:
            found[point.dist.name] = point.dist.version
    return sorted(found.items())


def python_version() -> str:
    """The interpreter's version, as in `3.11.9`."""
    return platform.python_version()


_BROKEN_OFF: Final = frozenset({"remoteprotocolerror", "readerror", "connectionreseterror"})
_UNREACHABLE: Final = frozenset({"gaierror", "oserror", "sslerror"})


class _Script:
    """Scripted turns for `mockllm`: the n-th reply answers the n-th turn, the last one repeats."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self._replies = replies

    def __call__(self, messages: list[ChatMessage], *_: object) -> ModelOutput:
        turn = sum(message.role == "assistant" for message in messages)
        reply = self._replies[min(turn, len(self._replies) - 1)]
        output = ModelOutput.from_content("mockllm", reply.text)
        calls = [
            ToolCall(id=f"{turn}-{n}", function="bash", arguments={"command": command})
            for n, command in enumerate(reply.commands)
        ]
        if reply.submit is not None:
            arguments = {"answer": reply.submit}
            calls.append(ToolCall(id=f"{turn}-submit", function="submit", arguments=arguments))
        output.choices[0].message.tool_calls = calls or None
        # Without usage Inspect counts tokens itself and fetches a tokenizer from the network.
        half = reply.tokens // 2
        output.usage = ModelUsage(
            input_tokens=reply.tokens - half, output_tokens=half, total_tokens=reply.tokens
        )
        return output


async def _ask_coolly(
    model: Model, prompt: str, spec: ModelSpec, config: GenerateConfig
) -> tuple[GenerateConfig, ModelOutput]:
    """Ask at temperature 0, or without it: some reasoning models refuse the parameter."""
    messages: list[ChatMessage] = [ChatMessageUser(content=prompt)]
    try:
        return config, await ask(model, messages, (), spec, config)
    except EndpointError as error:
        refused = any(getattr(e, "status_code", None) == 400 for e in _chain(error))
        if config.temperature is None or not refused:
            raise
    config = config.model_copy(update={"temperature": None})
    return config, await ask(model, messages, (), spec, config)


async def _tool_round(
    model: Model, spec: ModelSpec, config: GenerateConfig, tools: Sequence[Tool]
) -> int:
    """Tokens spent on one tool call, its result, and the reply to it."""
    messages: list[ChatMessage] = [ChatMessageUser(content=PROBE_TOOL_PROMPT)]
    called = await ask(model, messages, tools, spec, config)
    calls = called.message.tool_calls or []
    if not calls or any(call.parse_error for call in calls):
        raise EndpointError(_misspeaks(spec, "it did not call the tool it was asked to call"))
    messages.append(called.message)
    messages.extend(
        ChatMessageTool(content="ready", tool_call_id=call.id, function=call.function)
        for call in calls
    )
    answered = await ask(model, messages, tools, spec, config)
    return total_tokens(called.usage) + total_tokens(answered.usage)


def _not_opened(error: Exception, spec: ModelSpec) -> Exception:
    """The error of ours for what `get_model` raised."""
    provider = spec.name.partition("/")[0]
    text = str(error)
    if isinstance(error, ValueError) and ("not recognized" in text or "format of" in text):
        return InputError(
            f"Inspect knows no model provider {provider!r} (in {spec.name!r}).",
            hint="A model is named provider/model, as in openai-api/lab/model-x.",
        )
    if found := _PIP.search(text):
        return PrerequisiteError(
            f"The model provider {provider!r} needs a package that is not installed.",
            hint=f"pip install {found[1]}",
        )
    if type(error).__name__ == "PrerequisiteError":
        return InputError(
            f"The model provider {provider!r} can't be opened with what was given.",
            hint="Give its address (base_url), its key, or the variables it reads.",
        )
    return InputError(f"The model {spec.name!r} can't be opened ({type(error).__name__}).")


def _refuse_hooks() -> None:
    """Hooks of installed extensions are shown every prompt and reply: none may be active."""
    active = [
        hook.__module__.partition(".")[0]
        for hook in Hooks.__subclasses__()
        if hook.__module__.partition(".")[0] != "inspect_ai"
    ]
    if active:
        raise PrerequisiteError(
            f"The Inspect extension {sorted(active)[0]!r} has hooks that would see sealed items.",
            hint="Run evaluations from an environment in which it is not installed.",
        )


def _take_as_text(model: Model, spec: ModelSpec) -> None:
    """Let nothing that a model writes fail its call (``replies``), nor an error that is no text.

    Inspect records a reply before it hands it over, and one that can't be written ends the whole
    evaluation, again in every attempt: a model could make sure that it is never determined.
    """
    careful_arguments()
    generate = model.api.generate

    async def checked(*arguments: Any, **named: Any) -> Any:
        try:
            result = await generate(*arguments, **named)
        except Exception as error:
            if not is_text(str(error)):
                raise EndpointError(explain(error, spec)) from None
            raise
        output, call = result if isinstance(result, tuple) else (result, None)
        if call is not None and not is_text(json.dumps(call.response, ensure_ascii=False)):
            call.response = None
        if isinstance(output, Exception) and not is_text(str(output)):
            raise EndpointError(explain(output, spec))
        if isinstance(output, ModelOutput):
            try:
                output = readable(output)
            except ValueError:
                what = "its reply can't be written down as text"
                raise EndpointError(_misspeaks(spec, what)) from None
        return (output, call) if isinstance(result, tuple) else output

    # On the instance: every provider has a class of its own.
    vars(model.api)["generate"] = checked


def _check_counts(usage: ModelUsage | None, spec: ModelSpec) -> None:
    if usage is None or usage.total_tokens <= 0:
        raise EndpointError(_misspeaks(spec, "its reply holds no token counts (`usage`)"))
    counts = (usage.input_tokens, usage.output_tokens)
    if min(counts) < 0 or sum(counts) > usage.total_tokens:
        raise EndpointError(_misspeaks(spec, "its token counts (`usage`) do not add up"))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; a retry's wrapper leads to the last attempt's error."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        found = queue.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        attempt = getattr(found, "last_attempt", None)
        queue += [attempt.exception() if attempt is not None else None]
        queue += [found.__cause__, found.__context__]


def _who(spec: ModelSpec) -> str:
    name = endpoint_name(spec)
    return f"The model's endpoint at {name}" if name else f"The provider of {spec.name}"


def _misspeaks(spec: ModelSpec, what: str) -> str:
    return f"{_who(spec)} does not speak the protocol: {what}."


def _model_name(spec: ModelSpec) -> str:
    return spec.name.rpartition("/")[2]
