# SPDX-License-Identifier: Apache-2.0
"""A sandbox that an agent takes down is no way out: nobody's missing data, but a failed item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from inspect_ai.log import EvalError, EvalSample

from proofhouse import judges
from proofhouse.errors import LostError, PrerequisiteError
from proofhouse.evaluation import provider, source
from proofhouse.evaluation.messages import Assignment
from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import Job, ModelSpec, Reply
from proofhouse.oracles.judging import Grade, Proven
from proofhouse.sandbox import Limits, SessionLostError

JOB = Job(ModelSpec("mockllm/model"), Path("/nowhere"))
BASH = SimpleNamespace(role="assistant", tool_calls=[SimpleNamespace(function="bash")])
SUBMIT = SimpleNamespace(role="assistant", tool_calls=[SimpleNamespace(function="submit")])
PROMPT = SimpleNamespace(role="user", tool_calls=None)


def how_it_ended(
    monkeypatch: pytest.MonkeyPatch, messages: list[Any], *, control: bool, job: Job = JOB
) -> str:
    """The kind that is reported of a sample whose sandbox was lost after these messages."""
    told: list[Any] = []

    class Link:
        async def ask(self, _what: str, head: Any, _record: bytes = b"") -> None:
            told.append(head["ending"])

    async def controlled(_limits: Limits, _tier: str) -> bool:
        return control

    monkeypatch.setattr(provider, "control", controlled)
    batches = source.BatchSource(cast(source.Link, Link()), job)
    batches.assignments = {"s1": Assignment("s1", "Do it.", ())}
    failed = EvalError(message="SessionLostError()", traceback="", traceback_ansi="")
    sample = EvalSample(id="s1", epoch=1, input="", target="", error=failed)

    async def play() -> None:
        await batches.note_loss("s1", cast(Any, SimpleNamespace(messages=messages)))
        await batches.sample_complete(sample)

    asyncio.run(play())
    assert not batches.lost
    return str(told[0])


@pytest.mark.parametrize(
    ("messages", "control", "kind"),
    [
        ([PROMPT, BASH], True, "lost"),
        ([PROMPT, BASH, SUBMIT], True, "lost"),
        ([PROMPT, BASH], False, "infrastructure"),
        ([PROMPT, SUBMIT], True, "infrastructure"),
        ([], True, "infrastructure"),
    ],
)
def test_a_loss_is_the_agents_where_it_ran_commands_and_a_control_holds(
    monkeypatch: pytest.MonkeyPatch, messages: list[Any], control: bool, kind: str
) -> None:
    """Without a command of its own, or where a fresh sandbox fails too, it is ours."""
    assert how_it_ended(monkeypatch, messages, control=control) == kind


def test_a_control_is_a_sandbox_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a file and gives it back; where none can be had, or it is another's, it fails."""
    assert asyncio.run(provider.control(Limits(), "bwrap"))
    assert not asyncio.run(provider.control(Limits(), "docker"))

    async def none(*_about: Any) -> Any:
        raise PrerequisiteError("There is no sandbox.")

    monkeypatch.setattr(provider, "start_session", none)
    assert not asyncio.run(provider.control(Limits(), "bwrap"))


def test_an_agent_that_kills_whatever_is_with_it_has_failed(
    lab: Callable[..., Any], tmp_path: Path
) -> None:
    """Loops kill the process that is to read its answer: the item is failed, not missing."""
    loop = "setsid bash -c 'while :; do kill -9 -1; done' > /dev/null 2>&1 &"
    loop = f"for each in 1 2 3 4 5 6; do {loop} done; sleep 3"
    replies = (Reply(commands=(loop,)), Reply(submit="done"))
    desk = cast(Any, lab).Desk(cast(Any, lab).items("lose it"), solved=lambda *_: False)
    job = Job(ModelSpec("mockllm/model", replies=replies), tmp_path)
    summary = asyncio.run(run(job, **desk.calls))
    (sample,) = desk.samples.values()
    assert sample.outcome == "failed"
    assert sample.kind in ("lost", "answered"), "whether the reader is hit in time is a race"
    assert (summary.failed, summary.missing) == (1, 0)


# ------------------------------------------------------------------------------- and the judge's


class Judge:
    """Loses its sandbox under some answers."""

    def __init__(self, *fatal: bytes) -> None:
        self.fatal = fatal

    async def grade(self, proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
        if answer in self.fatal:
            raise SessionLostError("The sandbox has ended.")
        return Grade(answer == proven.item.solution, "judged")


def judged(monkeypatch: pytest.MonkeyPatch, judge: Judge) -> Grade:
    item = SimpleNamespace(solution=b"right", oracle=SimpleNamespace(kind="flag"))
    monkeypatch.setattr(judges, "JUDGES", {"flag": judge})
    proven = cast(Proven, SimpleNamespace(item=item))
    return asyncio.run(judges.grade(proven, b"a bomb"))


def test_an_answer_that_takes_its_judge_down_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference solution is judged beside it as ever, so it was the answer."""
    grade = judged(monkeypatch, Judge(b"a bomb"))
    assert not grade.solved
    assert "took down the sandbox" in grade.reason


def test_a_judge_that_is_lost_with_any_answer_is_a_broken_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody's answer was judged, and that is said."""
    with pytest.raises(LostError):
        judged(monkeypatch, Judge(b"a bomb", b"right"))
