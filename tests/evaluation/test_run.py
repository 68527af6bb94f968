# SPDX-License-Identifier: Apache-2.0
"""A run from the parent's side: outcomes, resumption, missing data, and what must not leak.

Each child costs the two seconds of importing Inspect, so one run tells several stories.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import InputError, LostError, PrerequisiteError, RefusedError, StorageError
from proofhouse.evaluation import run as evaluation
from proofhouse.evaluation.types import (
    Budgets,
    Event,
    FinishedSample,
    Job,
    ModelSpec,
    Reply,
    TaskFile,
    TaskItem,
)

KEY = "key-7d1f0c-planted"


def job(model: ModelSpec, directory: Path, **changes: Any) -> Job:
    """A job without a sandbox, quick to give up."""
    plain: dict[str, Any] = {
        "limits": None,
        "budgets": Budgets(turns=4, seconds=60, call_seconds=10, retries=0),
    }
    return Job(model, directory / "run", **{**plain, **changes})


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started and that live."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for listed in lists for child in listed.read_text().split()]


def evaluating() -> list[int]:
    """The children of this process that run an evaluation."""
    named = b"proofhouse.evaluation.child"
    return [pid for pid in children(os.getpid()) if named in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [below for child in found for below in descendants(child)]


def wait_until_gone(pid: int, seconds: float = 60) -> bool:
    """Whether a process that is not ours ends in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def log_text(directory: Path) -> bytes:
    """Everything that was written under a log directory, Inspect's archives opened."""
    from inspect_ai.log import read_eval_log

    files = [path for path in directory.rglob("*") if path.is_file()]
    logs = [read_eval_log(str(path)).model_dump_json() for path in files if path.suffix == ".eval"]
    assert logs
    return b"".join(path.read_bytes() for path in files) + "".join(logs).encode()


@pytest.mark.sandbox
def test_an_agent_works_in_its_sandbox_and_is_graded_by_the_parent(
    lab: Any, tmp_path: Path
) -> None:
    """Files arrive, commands run, the answer's bytes reach the oracle, a word comes back."""
    replies = (
        Reply("looking", commands=("cat note; ./tool", "cat /etc/shadow")),
        Reply(commands=("printf '\\000\\377' > /work/answer",)),
        Reply(submit="done"),
    )
    files = (
        TaskFile("/work/note", b"a note\n"),
        TaskFile("tool", b"#!/bin/sh\necho a tool; exit 3", executable=True),
    )
    item = TaskItem("memory-flaw/5/07", "Do it.", files)
    desk = lab.Desk([item], solved=lambda _, answer, __: answer == b"\x00\xff")
    summary = asyncio.run(
        evaluation.run(Job(ModelSpec("mockllm/model", replies=replies), tmp_path), **desk.calls)
    )

    (sample,) = desk.samples.values()
    assert (sample.id, sample.outcome, sample.kind) == (item.id, "solved", "answered")
    assert desk.graded == [(item.id, b"\x00\xff", "done")]
    assert (sample.input_tokens, sample.output_tokens) == (30, 30)
    assert (sample.turns, sample.model_calls) == (3, 3)
    record = json.loads(sample.record)
    (shown, denied, *_) = [m["content"] for m in record["messages"] if m["role"] == "tool"]
    assert shown == "a note\na tool\n\n[exit status 3]"
    assert "No such file" in denied
    assert [flag.rule for flag in sample.flags] == ["outside-paths"]

    assert (summary.solved, summary.flagged, summary.tokens) == (1, 1, 60)
    assert (tmp_path / summary.log).is_file()
    assert dict(summary.harness.packages)["inspect-ai"]
    assert summary.harness.tools == ("bash", "submit")
    assert [event.kind for event in desk.events] == [
        *("started", "tokens", "tokens", "tokens", "finished", "batch-done")
    ]
    told = sample.record + log_text(tmp_path)
    assert b"memory-flaw" not in told, "the child knows the item by a label only"


def test_every_ending_has_its_outcome(lab: Any, serve: Callable[..., Any], tmp_path: Path) -> None:
    """Spent budgets and whatever a model writes are results; an endpoint's failure is missing."""
    says, prompt_of = lab.says, lab.prompt_of

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        match prompt_of(messages), turn:
            case "answers", _:
                return says(submit="42")
            case "runs out of turns", _:
                return says("hm", "submit-later")
            case "spends its tokens", _:
                return says("hm", "ls", tokens=60_000)
            case "talks", _:
                return says("I think it is 42.")
            case "fills its context", 0:
                return says("hm", "ls")
            case "fills its context", _:
                error = {"message": "too long", "code": "context_length_exceeded"}
                return 400, json.dumps({"error": error}).encode()
            case "is mute", _:
                return says("")
            case "is filtered", _:
                return says("", finish="content_filter")
            case "fails", _:
                return 500, b"{}"
            case "fails later", 0:
                return says("hm", "ls")
            case "fails later", _:
                return 503, b"{}"
            case "is no text", _:
                return says("hm", "ls \ud800")
            case "counts far", _:
                reply = says("hm", "ls")
                call = reply["choices"][0]["message"]["tool_calls"][0]["function"]
                call["arguments"] = '{"command": ' + "7" * 5_000 + "}"
                return reply
            case "is nested", _:
                reply = says("hm", "ls")
                call = reply["choices"][0]["message"]["tool_calls"][0]["function"]
                call["arguments"] = '{"command":' + "[" * 400 + "]" * 400 + "}"
                return reply
            case "fails with no text", 0:
                return says("hm", "ls")
            case "fails with no text", 1:
                return 400, b'{"error": {"message": "\\ud800", "code": "\\ud801"}}'
            case "does not count", 1:
                return says("hm", "ls", tokens=None)
            case "does not count", _:
                return says("hm", "ls")
            case _:
                raise AssertionError(prompt_of(messages))

    endpoint = serve(script)
    prompts = (
        *("answers", "runs out of turns", "spends its tokens", "talks"),
        *("fills its context", "is mute", "is filtered", "fails", "fails later"),
        *("does not count", "is no text", "is nested", "counts far", "fails with no text"),
    )
    items = lab.items(*prompts)
    desk = lab.Desk(items, solved=lambda _, __, completion: completion == "42", batch=4)
    budgets = Budgets(tokens=100_000, turns=4, seconds=60, call_seconds=10, retries=0)
    one = job(endpoint.spec(KEY), tmp_path, budgets=budgets)
    summary = asyncio.run(evaluation.run(one, **desk.calls))

    by_prompt = {item.prompt: desk.samples[item.id] for item in items}
    endings = {p: (s.outcome, s.kind, s.reason) for p, s in by_prompt.items()}
    who = f"The model's endpoint at 127.0.0.1:{endpoint.port}"
    assert endings == {
        "answers": ("solved", "answered", ""),
        "runs out of turns": ("failed", "limit", "The budget of 4 turns was spent."),
        "spends its tokens": ("failed", "limit", "The budget of 100000 tokens was spent."),
        "talks": ("failed", "answered", ""),
        "fills its context": ("failed", "limit", "The model's context window was full."),
        "is mute": ("missing", "model", "The model gave empty replies only."),
        "is filtered": (
            *("missing", "model"),
            "The endpoint's content filter refused to let the model speak.",
        ),
        "fails": ("missing", "model", f"{who} failed with status 500."),
        "fails with no text": ("missing", "model", f"{who} refused the request (status 400)."),
        "is nested": ("failed", "limit", "The budget of 4 turns was spent."),
        "is no text": ("failed", "limit", "The budget of 4 turns was spent."),
        "counts far": ("failed", "limit", "The budget of 4 turns was spent."),
        "fails later": ("missing", "model", f"{who} failed with status 503."),
        "does not count": (
            *("missing", "model"),
            f"{who} does not speak the protocol: its reply holds no token counts (`usage`).",
        ),
    }
    assert endpoint.calls("runs out of turns") == by_prompt["runs out of turns"].turns == 4
    assert endpoint.calls("spends its tokens") == 2
    assert endpoint.calls("fails") == 1, "no retry was asked for"
    assert [len(batch) for batch in desk.offered] == [4, 4, 4, 2]
    assert (summary.solved, summary.failed, summary.missing) == (1, 7, 6)
    assert summary.harness.endpoint == f"127.0.0.1:{endpoint.port}"
    assert dict(summary.harness.packages)["openai"]

    assert set(endpoint.keys) == {f"Bearer {KEY}"}
    written = log_text(one.log_directory) + b"".join(s.record for s in desk.samples.values())
    assert KEY.encode() not in written, "the key is in no log and no record"
    assert not (one.log_directory / "scratch").exists()
    assert one.log_directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (signal.SIGKILL, r"was killed \(signal 9\)"),
        pytest.param(signal.SIGINT, r"ended \(status 0\)", marks=pytest.mark.soak),
    ],
)
def test_a_killed_child_costs_no_finished_sample(
    how: signal.Signals, words: str, lab: Any, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """Killed in the middle: what was kept is never asked again, and the run goes on to its end."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        return lab.says("hm", "ls") if turn == 0 else lab.says(submit="x")

    endpoint = serve(script)
    items = lab.items(*(f"item {n}" for n in range(8)))

    def kill_at_third(sample: FinishedSample) -> None:
        if len(desk.samples) == 3:
            (child,) = evaluating()
            os.kill(child, how)

    desk = lab.Desk(items, solved=lambda *_: True, keeps=kill_at_third)
    one = job(endpoint.spec(), tmp_path, samples_at_once=2)
    with pytest.raises(LostError, match=rf"{words} .* with [34] samples finished"):
        asyncio.run(evaluation.run(one, **desk.calls))
    kept = set(desk.samples)
    assert {sample.kind for sample in desk.samples.values()} == {"answered"}
    before = {item.prompt: endpoint.calls(item.prompt) for item in items}

    desk.keeps = lambda sample: None
    summary = asyncio.run(evaluation.run(one, **desk.calls))
    assert summary.solved == 8 - len(kept)
    assert set(desk.samples) == {item.id for item in items}
    for item in items:
        now = endpoint.calls(item.prompt)
        if item.id in kept:
            assert (before[item.prompt], now) == (2, 2), "a finished sample was not asked again"
        else:
            assert now - before[item.prompt] == 2
    assert len(list(one.log_directory.glob("*.eval"))) == 2, "every attempt has its own log"


def test_time_is_a_budget_only_while_the_model_answers(
    lab: Any, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """A slow model fails in time; an endpoint that fails and then hangs is missing data."""

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        if lab.prompt_of(messages) == "slow" and turn == 0:
            return lab.says("hm", "ls")
        if lab.prompt_of(messages) == "broken" and endpoint.calls("broken") == 1:
            return 503, b"{}"
        return None

    endpoint = serve(script)
    items = lab.items("slow", "broken", "never")
    desk = lab.Desk(items)
    budgets = Budgets(seconds=6, call_seconds=60, retries=2)
    asyncio.run(evaluation.run(job(endpoint.spec(), tmp_path, budgets=budgets), **desk.calls))
    gone = "The endpoint was not answering when the time ran out."
    assert [
        (s.outcome, s.kind, s.reason) for s in map(desk.samples.get, (i.id for i in items))
    ] == [
        ("failed", "limit", "The budget of 6 seconds was spent."),
        ("missing", "model", gone),
        ("missing", "model", gone),
    ]


@pytest.mark.sandbox
def test_an_answer_that_stands_when_the_budget_ends_is_graded(lab: Any, tmp_path: Path) -> None:
    """Work done inside the budget counts, though the agent never submitted it."""
    replies = (Reply(commands=("printf right > answer",)), Reply(commands=("true",)))
    desk = lab.Desk(lab.items("a"), solved=lambda _, answer, __: answer == b"right")
    one = Job(ModelSpec("mockllm/model", replies=replies), tmp_path, budgets=Budgets(turns=3))
    asyncio.run(evaluation.run(one, **desk.calls))
    (sample,) = desk.samples.values()
    assert (sample.outcome, sample.kind) == ("solved", "limit")


def test_a_broken_oracle_is_nobodys_failure(lab: Any, tmp_path: Path) -> None:
    """A grade that raises makes the item missing; it may run once more, and not a third time."""
    trouble = iter([PrerequisiteError("There is no compiler."), ValueError("x"), None])

    class Desk(lab.Desk):  # type: ignore[misc, name-defined]
        async def grade(self, *answer: Any) -> Any:
            if error := next(trouble):
                raise error
            return "solved"

        async def next_batch(self) -> Any:
            return self.items

    seen: list[FinishedSample] = []
    desk = Desk(lab.items("a"))
    desk.finished = seen.append
    with pytest.raises(RefusedError, match="offered again"):
        asyncio.run(evaluation.run(job(ModelSpec("mockllm/model"), tmp_path), **desk.calls))
    assert [(s.outcome, s.kind, s.reason) for s in seen] == [
        ("missing", "infrastructure", "There is no compiler."),
        ("missing", "infrastructure", "The oracle failed (ValueError)."),
    ]


def test_a_sample_that_can_not_be_kept_ends_the_run(lab: Any, tmp_path: Path) -> None:
    """A full disk is the run's end: an unkept sample is not finished, and the child is gone."""

    def full(sample: FinishedSample) -> None:
        raise StorageError("The disk is full.")

    desk = lab.Desk(lab.items("a", "b"), keeps=full)
    with pytest.raises(StorageError, match="The disk is full"):
        asyncio.run(evaluation.run(job(ModelSpec("mockllm/model"), tmp_path), **desk.calls))
    assert evaluating() == []


def test_a_child_that_ends_on_a_full_disk_says_so(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a log can't be written, a child that failed has failed of that."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    one = job(ModelSpec("nobody/model-x"), tmp_path)
    with pytest.raises(StorageError, match="The disk is full"):
        asyncio.run(evaluation.run(one, **lab.Desk(lab.items("a")).calls))


@pytest.mark.sandbox
def test_the_users_settings_change_nothing_and_see_nothing(
    lab: Any, serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INSPECT_* and .env are not read; neither the key nor the environment is in the sandbox."""
    monkeypatch.setenv("INSPECT_DISABLE_MODEL_API", "1")
    monkeypatch.setenv("INSPECT_LOG_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("INSPECT_REQUIRED_HOOKS", "nobody/has_them")
    monkeypatch.setenv("PLANTED", KEY)
    monkeypatch.setenv("LAB_API_KEY", KEY)
    (tmp_path / ".env").write_text(
        "INSPECT_EVAL_MODEL=none/none\nLAB_BASE_URL=http://127.0.0.1:1\n"
    )
    look = "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; ls -la /proc/*/fd"

    def script(messages: list[dict[str, Any]], turn: int) -> Any:
        return lab.says("", look) if turn == 0 else lab.says(submit="x")

    endpoint = serve(script)
    desk = lab.Desk(lab.items("look around"))
    seen: list[bytes] = []

    def peek(event: Event) -> None:
        for pid in evaluating():
            seen.append(Path(f"/proc/{pid}/environ").read_bytes())
            seen.append(Path(f"/proc/{pid}/cmdline").read_bytes())

    one = Job(endpoint.spec(KEY), tmp_path / "run")
    asyncio.run(evaluation.run(one, **{**desk.calls, "progress": peek}))
    (sample,) = desk.samples.values()
    assert sample.kind == "answered"
    shown, _ = [m for m in json.loads(sample.record)["messages"] if m["role"] == "tool"]
    assert "PATH=" in shown["content"]
    assert KEY.encode() not in sample.record + log_text(tmp_path / "run")
    assert seen
    assert all(KEY.encode() not in text for text in seen), "nor in its environment or arguments"
    assert not (tmp_path / "elsewhere").exists()


_PARENT = """
import asyncio, sys
from pathlib import Path
from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import Job, ModelSpec, Reply, TaskItem
spec = ModelSpec("mockllm/model", replies=(Reply(commands=("sleep 600",)),))
async def grade(*answer): return "failed"
def offer(): return [TaskItem("a", "a")]
def told(event):
    if event.turns == 1: print("working", flush=True)
asyncio.run(run(Job(spec, Path(sys.argv[1])), next_batch=offer, grade=grade,
                finished=print, progress=told))
"""


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.soak)]
)
def test_child_and_sandboxes_die_with_their_parent(how: signal.Signals, tmp_path: Path) -> None:
    """Killed or interrupted, a parent leaves no process behind."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"working\n"
            left = descendants(parent.pid)
            assert len(left) >= 2, "a child, and at least one sandbox process below it"
            parent.send_signal(how)
            assert all(wait_until_gone(pid) for pid in left)
        finally:
            parent.kill()


def test_a_child_that_hangs_is_ended(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence, not even a sign of life, ends the attempt with a sentence."""

    def stop(sample: FinishedSample) -> None:
        (child,) = evaluating()
        os.kill(child, signal.SIGSTOP)
        monkeypatch.setattr(evaluation, "SILENCE_SECONDS", 0.2)

    desk = lab.Desk(lab.items("a", "b"), keeps=stop)
    one = job(ModelSpec("mockllm/model"), tmp_path, samples_at_once=1)
    with pytest.raises(LostError, match="said nothing"):
        asyncio.run(evaluation.run(one, **desk.calls))
    assert evaluating() == []


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        (ModelSpec("nobody/model-x"), InputError, "no model provider 'nobody'"),
        (ModelSpec("groq/model-x", key="x"), PrerequisiteError, "pip install groq"),
        (ModelSpec("model-x"), InputError, "names no provider"),
        (ModelSpec("openai-api/lab/x"), InputError, "base_url"),
        (ModelSpec("openai-api/lab/x", base_url="ftp://h"), InputError, "not an http"),
        (ModelSpec("openai-api/lab/x", base_url="http://u:p@h/v1"), InputError, "a password"),
        (ModelSpec("a/b", environment=(("INSPECT_LOG_DIR", "x"),)), InputError, "INSPECT_LOG_DIR"),
    ],
)
def test_a_model_that_can_not_be_opened_is_refused(
    spec: ModelSpec, error: type[Exception], words: str, lab: Any, tmp_path: Path
) -> None:
    """A wrong name, a missing package or address is said at once, with what to do."""
    with pytest.raises(error, match=words):
        asyncio.run(evaluation.run(job(spec, tmp_path), **lab.Desk(lab.items("a")).calls))


def test_importing_the_room_does_not_import_inspect() -> None:
    """The parent's modules load without Inspect, which costs two seconds."""
    code = (
        "import sys, proofhouse.evaluation.run, proofhouse.evaluation.child\n"
        "assert not {'inspect_ai', 'pydantic', 'openai', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
