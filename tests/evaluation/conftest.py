# SPDX-License-Identifier: Apache-2.0
"""A scripted endpoint on loopback, and a desk that remembers what an evaluation told it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from proofhouse.evaluation.types import Event, FinishedSample, ModelSpec, Score, TaskItem

Script = Callable[[list[dict[str, Any]], int], dict[str, Any] | tuple[int, bytes] | None]
"""Messages and the number of the turn → a reply, (status, body), or None: hang until closed.

Status 0 closes the connection without a reply."""


def says(
    text: str = "",
    *commands: str,
    submit: str | None = None,
    tokens: int | None = 20,
    finish: str = "stop",
) -> dict[str, Any]:
    """A chat completion: text, one bash call a command, and a submission."""
    calls = [("bash", {"command": command}) for command in commands]
    if submit is not None:
        calls.append(("submit", {"answer": submit}))
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call-{n}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for n, (name, arguments) in enumerate(calls)
        ]
    reply: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "model-x",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if tokens is not None:
        half = tokens // 2
        reply["usage"] = {
            "prompt_tokens": tokens - half,
            "completion_tokens": half,
            "total_tokens": tokens,
        }
    return reply


@dataclass
class Endpoint:
    """A chat-completions server; ``script`` decides, ``requests`` remembers."""

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def spec(self, key: str = "key-of-the-endpoint") -> ModelSpec:
        return ModelSpec("openai-api/lab/model-x", base_url=self.url, key=key)

    def calls(self, prompt: str) -> int:
        """How many requests were about this prompt."""
        return sum(prompt_of(request["messages"]) == prompt for request in self.requests)


def prompt_of(messages: list[dict[str, Any]]) -> str:
    content = next(message["content"] for message in messages if message["role"] == "user")
    return content if isinstance(content, str) else content[0]["text"]


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Endpoint]]:
    """Start scripted endpoints; all are closed at the end of the test."""
    started: list[tuple[ThreadingHTTPServer, Endpoint]] = []

    def start(script: Script) -> Endpoint:
        endpoint = Endpoint(script)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(request)
                endpoint.keys.append(self.headers["Authorization"])
                turn = sum(m["role"] == "assistant" for m in request["messages"])
                reply = endpoint.script(request["messages"], turn)
                if reply is None:
                    endpoint.closing.wait(60)
                    self.close_connection = True
                    return
                if reply == (0, b""):
                    self.close_connection = True
                    return
                status, body = (
                    reply if isinstance(reply, tuple) else (200, json.dumps(reply).encode())
                )
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        endpoint.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append((server, endpoint))
        return endpoint

    yield start
    for server, endpoint in started:
        endpoint.closing.set()
        server.shutdown()
        server.server_close()


@dataclass
class Desk:
    """What a desk verb would do: offer what is not finished, grade, keep."""

    items: list[TaskItem]
    batch: int = 100
    solved: Callable[[str, bytes, str], bool] = lambda id_, answer, completion: bool(answer)
    samples: dict[str, FinishedSample] = field(default_factory=dict)
    graded: list[tuple[str, bytes, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    offered: list[list[str]] = field(default_factory=list)
    keeps: Callable[[FinishedSample], None] = lambda sample: None

    def next_batch(self) -> list[TaskItem] | None:
        left = [item for item in self.items if item.id not in self.samples][: self.batch]
        if left:
            self.offered.append([item.id for item in left])
        return left or None

    async def grade(self, id_: str, answer: bytes, completion: str) -> Score:
        self.graded.append((id_, answer, completion))
        return "solved" if self.solved(id_, answer, completion) else "failed"

    def finished(self, sample: FinishedSample) -> None:
        assert sample.id not in self.samples
        self.samples[sample.id] = sample
        self.keeps(sample)

    @property
    def calls(self) -> dict[str, Any]:
        """The keyword arguments of `run`."""
        return {
            "next_batch": self.next_batch,
            "grade": self.grade,
            "finished": self.finished,
            "progress": self.events.append,
        }


def items(*prompts: str) -> list[TaskItem]:
    """One item a prompt, named as a plan names them."""
    return [TaskItem(f"memory-flaw/3/{n:02}", prompt) for n, prompt in enumerate(prompts)]


@pytest.fixture
def lab() -> SimpleNamespace:
    """The helpers above, by name."""
    return SimpleNamespace(says=says, prompt_of=prompt_of, items=items, Desk=Desk)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
