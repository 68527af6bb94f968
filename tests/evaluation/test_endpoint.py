# SPDX-License-Identifier: Apache-2.0
"""The preflight says in one sentence what an endpoint does not do, within seconds."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from proofhouse.errors import ModelError, PrerequisiteError
from proofhouse.evaluation import endpoint, scaffold
from proofhouse.evaluation import run as evaluation
from proofhouse.evaluation.types import Budgets, Job, ModelSpec, Reply

BUDGETS = Budgets(call_seconds=9)


def probe(spec: ModelSpec, budgets: Budgets = BUDGETS) -> dict[str, Any]:
    """The preflight in this process, without a child."""
    model = endpoint.open_model(spec, budgets)
    return asyncio.run(endpoint.probe(model, spec, budgets, scaffold.tools(budgets, True)))


def good(says: Callable[..., Any]) -> Callable[..., Any]:
    """A script that answers as it should."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        content = messages[-1]["content"]
        return says(submit="ready") if content == endpoint.PROBE_TOOL_PROMPT else says(content[:8])

    return script


def test_a_good_endpoint_passes_through_the_child(
    lab: Any, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """The report holds prompts with replies, what was spent, and a fingerprint of both."""
    server = serve(good(lab.says))
    job = Job(server.spec("key-of-theirs"), tmp_path / "probe", limits=None)
    report = asyncio.run(evaluation.probe(job))
    assert [prompt for prompt, _ in report.responses] == list(endpoint.PROBE_PROMPTS)
    assert [text for _, text in report.responses] == [p[:8] for p in endpoint.PROBE_PROMPTS]
    assert report.tokens == 20 * (len(endpoint.PROBE_PROMPTS) + 2)
    assert report.temperature
    assert all(request["temperature"] == 0 for request in server.requests)
    assert report.fingerprint == (
        "f42bd05d0d5c4d180c50dceabe578c3abb70cf1d12799c6563f98d5b5e7d2312"
    )
    assert report.harness.tools == ("submit",)
    assert "key-of-theirs" not in repr(job) + repr(report)


def test_a_failure_comes_out_of_the_child_as_its_sentence(
    lab: Any, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """What the child found wrong is raised in the parent."""
    server = serve(lambda *_: (401, b"{}"))
    with pytest.raises(ModelError, match="refused the key"):
        asyncio.run(evaluation.probe(Job(server.spec(), tmp_path, limits=None)))


def test_a_preflight_does_not_take_for_ever(
    serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a provider that ignores its own time limits is given up."""
    monkeypatch.setattr(evaluation, "PROBE_SECONDS", 0.1)
    with pytest.raises(ModelError, match="took longer than"):
        asyncio.run(evaluation.probe(Job(serve(lambda *_: None).spec(), tmp_path, limits=None)))


def error(status: int, **body: Any) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"message": "<script>alert(1)</script>", **body}}).encode()


FAILURES = {
    "wrong key": (error(401), "refused the key (status 401)."),
    "forbidden": (error(403), "refused the key (status 403)."),
    "no such model": (error(404), "does not know the model 'model-x'."),
    "no such model, said with 400": (
        error(400, code="model_not_found"),
        "does not know the model 'model-x'.",
    ),
    "bad request": (error(422), "refused the request (status 422)."),
    "quota": (error(429), "turned the call away: too many calls, or a quota used up (status 429)."),
    "broken": (error(502), "failed with status 502."),
    "not JSON": ((200, b"<html>hello</html>"), "does not speak the protocol: "),
    "another JSON": ((200, b'"hello"'), "does not speak the protocol: "),
    "no choices": ((200, b'{"usage": {"total_tokens": 3}}'), "does not speak the protocol: "),
    "empty": ((200, b""), "does not speak the protocol: "),
    "silent": ((0, b""), "broke off the connection."),
    "hangs": (None, "did not answer in time."),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_sentence(name: str, serve: Callable[..., Any]) -> None:
    """It names the host and what it did, repeats nothing it said, and takes seconds."""
    reply, sentence = FAILURES[name]
    server = serve(lambda *_: reply)
    began = time.monotonic()
    with pytest.raises(ModelError) as failure:
        probe(server.spec(), Budgets(call_seconds=1 if reply is None else 100))
    assert time.monotonic() - began < 90
    assert failure.value.message.startswith(
        f"The model's endpoint at 127.0.0.1:{server.port} {sentence}"
    )
    assert "script" not in str(failure.value)


def test_nobody_listening_is_said_with_the_address() -> None:
    """A refused connection fails at once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        spec = ModelSpec("openai-api/lab/model-x", base_url=f"http://localhost:{port}/v1")
        with pytest.raises(ModelError, match=rf"at localhost:{port} could not be reached\."):
            probe(spec)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ({"tokens": None}, "no token counts"),
        ({"tokens": 0}, "no token counts"),
        ({}, "did not call the tool"),
    ],
    ids=["no usage", "usage of nothing", "no tool call"],
)
def test_half_a_protocol_is_refused(
    script: dict[str, Any], sentence: str, lab: Any, serve: Callable[..., Any]
) -> None:
    """Token counts and tool calls are not optional: budgets and tasks rest on them."""
    server = serve(lambda *_: lab.says("ready", **script))
    with pytest.raises(ModelError, match=sentence):
        probe(server.spec())


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 1},
        {"prompt_tokens": -5, "completion_tokens": 10, "total_tokens": 5},
        {"prompt_tokens": 10, "completion_tokens": -5, "total_tokens": 5},
    ],
    ids=["less than its parts", "less than nothing in", "less than nothing out"],
)
def test_token_counts_must_add_up(
    usage: dict[str, int], lab: Any, serve: Callable[..., Any]
) -> None:
    """A budget is counted in the endpoint's own numbers: they are at least consistent."""
    server = serve(lambda *_: {**lab.says("ready"), "usage": usage})
    with pytest.raises(ModelError, match="do not add up"):
        probe(server.spec())


def test_a_tool_call_that_is_no_json_is_refused(lab: Any, serve: Callable[..., Any]) -> None:
    """A call whose arguments can't be read does not round-trip."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        reply = good(lab.says)(messages, turn)
        for call in reply["choices"][0]["message"].get("tool_calls", ()):
            call["function"]["arguments"] = "{answer"
        return reply

    with pytest.raises(ModelError, match="did not call the tool"):
        probe(serve(script).spec())


def test_an_endpoint_that_refuses_temperature_is_asked_without(
    lab: Any, serve: Callable[..., Any]
) -> None:
    """Some reasoning models take no temperature: they are probed all the same, and it is said."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        if "temperature" in server.requests[-1]:
            return error(400, param="temperature")
        return good(lab.says)(messages, turn)

    server = serve(script)
    report = probe(server.spec())
    assert report["temperature"] is False
    assert sum("temperature" in request for request in server.requests) == 1


def test_a_reply_that_is_no_text_is_made_text(lab: Any, serve: Callable[..., Any]) -> None:
    """A lone surrogate, which JSON can carry and no record can hold, fails no call."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        reply = good(lab.says)(messages, turn)
        reply["choices"][0]["message"]["content"] = "ready \ud800 \ud83d\ude00"
        return reply

    report = probe(serve(script).spec())
    assert {answer for _, answer in report["responses"]} == {"ready \ufffd \U0001f600"}


def test_a_reply_without_an_end_does_not_fill_the_machine() -> None:
    """The child may hold so much memory and no more; a call that needs more has failed."""
    code = (
        "from proofhouse.evaluation import child\n"
        "child.bound_memory()\n"
        "try: bytearray(child.MEMORY_BYTES)\n"
        "except MemoryError: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
    sentence = endpoint.explain(MemoryError(), ModelSpec("a/b", base_url="http://host/v1"))
    assert sentence == "The model's endpoint at host gave a reply that is too long to be one."


def test_extensions_with_hooks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed Inspect hook would be shown every prompt of a sealed bank."""
    watcher = SimpleNamespace(__module__="telemetry_package.hooks")
    hooks = SimpleNamespace(__subclasses__=lambda: [watcher])
    monkeypatch.setattr(endpoint, "Hooks", hooks)
    with pytest.raises(PrerequisiteError, match="'telemetry_package' has hooks"):
        endpoint.open_model(ModelSpec("mockllm/model"), BUDGETS)


def test_a_script_answers_turn_by_turn() -> None:
    """The n-th scripted reply answers the n-th turn and the last one repeats, with usage."""
    replies = (Reply("a", commands=("ls",), tokens=9), Reply(submit="b"))
    spec = ModelSpec("mockllm/model", replies=replies)
    model = endpoint.open_model(spec, BUDGETS)

    async def turns() -> list[Any]:
        from inspect_ai.model import ChatMessageUser

        messages: list[Any] = [ChatMessageUser(content="go")]
        outputs = []
        for _ in range(3):
            outputs.append(await endpoint.ask(model, messages, (), spec))
            messages.append(outputs[-1].message)
        return outputs

    outputs = asyncio.run(turns())
    assert [(o.completion, o.message.tool_calls[0].function) for o in outputs] == [
        *(("a", "bash"), ("", "submit"), ("", "submit"))
    ]
    usage = outputs[0].usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (5, 4, 9)


def test_the_address_is_recorded_without_its_path() -> None:
    """What is recorded of an address is host and port."""
    spec = ModelSpec("a/b", base_url="https://host.example:8443/v1/secret?x=y")
    assert endpoint.endpoint_name(spec) == "host.example:8443"
    assert endpoint.endpoint_name(replace(spec, base_url="")) == ""
