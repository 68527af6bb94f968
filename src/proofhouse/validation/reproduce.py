# SPDX-License-Identifier: Apache-2.0
"""Believes a report, or not: builds the source, runs a control, runs the proof three times.

    report = await validate(Request(tree, "make", "./target {proof}", (proof,)))
    report.verdict      "reproduced" | "not_reproduced" | "environment_failed" | "inconclusive"

Steps, each in sandbox sessions of its own (``program``):

1. The source builds within its limits, or the verdict is *environment_failed*.
2. Three turns, each in a fresh session: every control, then the proof. Controls are the
   caller's benign inputs, or else an empty file and a line of text. A program that crashes
   whatever it is given was not made to crash by the proof: *environment_failed*. A control that
   shows the proof's own crash, or that does not repeat itself: *inconclusive*.
3. The three runs of the proof agree on class and function: *reproduced*. One or two of three, or
   three that differ: *inconclusive*, with the counts. None: *not_reproduced*.
4. A class or a function that was expected and is not what was seen: *not_reproduced*.
5. The newest source, if given, is judged by the same steps and reported beside.

An exit status is evidence only where the caller states it (``exit-77`` as the expected class) and
a control ends with 0: programs end with a status of their own when they refuse an input. A hang
(``timeout``) and the memory limit (``out-of-memory``) likewise.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofhouse.errors import InputError
from proofhouse.validation.commands import check_run
from proofhouse.validation.program import Bench, Built, Seen, build
from proofhouse.validation.sources import Tree
from proofhouse.validation.traces import canonical_class, same_class, same_function

RUNS = 3
VERDICTS = ("reproduced", "not_reproduced", "environment_failed", "inconclusive")
GENERIC_CONTROLS = (b"", b"hello\n")

_EXIT_CLASS = re.compile(r"^exit-(\d{1,3})$")
_STATED = ("timeout", "out-of-memory")


@dataclass(frozen=True)
class Request:
    """What a reporter claims. ``benign`` replaces the generic controls where given."""

    source: Tree
    build: str
    run: str
    proof: bytes
    newest: Tree | None = None
    benign: tuple[bytes, ...] = ()
    expect_class: str = ""
    expect_function: str = ""
    build_seconds: float = 300.0
    run_seconds: float = 10.0


@dataclass(frozen=True)
class Turn:
    """One session: what the controls did, then what the proof did."""

    controls: tuple[Seen, ...]
    proof: Seen


@dataclass(frozen=True)
class Report:
    """The verdict on one source, with what it rests on."""

    verdict: str
    reason: str
    turns: tuple[Turn, ...] = ()
    build_log: str = ""
    seen: Seen | None = None
    newest: Report | None = None

    def to_dict(self, request: Request) -> dict[str, Any]:
        """The JSON object of the command line."""
        crash = self.seen if self.seen is not None and self.seen.ended != "quiet" else None
        told = {
            "verdict": self.verdict,
            "class": crash.kind if crash else None,
            "function": crash.function or None if crash else None,
            "runs": [seen_dict(turn.proof) for turn in self.turns],
            "control": [seen_dict(seen) for turn in self.turns for seen in turn.controls],
            "reason": self.reason,
            "evidence": self._evidence(request),
        }
        if self.newest is not None and request.newest is not None:
            there = replace(request, source=request.newest, newest=None)
            told["newest"] = self.newest.to_dict(there)
        elif "newest" not in told:
            told["newest"] = None
        return told

    def _evidence(self, request: Request) -> dict[str, Any]:
        controls = request.benign or GENERIC_CONTROLS
        return {
            "source": request.source.digest,
            "proof": hashlib.sha256(request.proof).hexdigest(),
            "controls": [hashlib.sha256(data).hexdigest() for data in controls],
            "build": request.build,
            "run": request.run,
            "buildLog": self.build_log[-2000:],
            "trace": list(self.seen.trace) if self.seen else [],
            "vouchedBy": self.seen.vouched or None if self.seen else None,
        }


def seen_dict(seen: Seen) -> dict[str, Any]:
    """A run for JSON: never its output, only its digest."""
    return {
        "ended": seen.ended,
        "class": seen.kind or None,
        "function": seen.function or None,
        "exitStatus": seen.exit_status,
        "stdout": hashlib.sha256(seen.stdout).hexdigest(),
    }


async def validate(request: Request, *, tier: str = "bwrap") -> Report:
    """Judge a report on its source and, if given, on the newest.

    Raises InputError for commands that can't be run, PrerequisiteError without a sandbox.
    """
    check_run(request.run)
    built = await build(request.source, request.build, request.build_seconds, tier=tier)
    report = await judge(built, request, tier=tier)
    if request.newest is None:
        return report
    newer = await build(request.newest, request.build, request.build_seconds, tier=tier)
    return replace(report, newest=await judge(newer, request, tier=tier))


async def judge(built: Built, request: Request, *, tier: str = "bwrap") -> Report:
    """Judge a proof on a program that was built before; raises as `validate`."""
    if not built.ok:
        why = built.log.partition("\n")[0] or "no message"
        return Report("environment_failed", f"The source does not build: {why}", (), built.log)
    turns = []
    for at in range(RUNS):
        turn = await _turn(built, request, tier)
        turns.append(turn)
        if at == 0 and turn.controls and all(c.ended == "not-started" for c in turn.controls):
            break
    report = _verdict(request, tuple(turns))
    return replace(report, build_log=built.log)


async def judge_all(
    built: Built, requests: Sequence[Request], *, at_once: int = 2, tier: str = "bwrap"
) -> tuple[Report, ...]:
    """Judge several proofs on one built program, ``at_once`` at a time; raises as `validate`."""
    gate = asyncio.Semaphore(at_once)

    async def one(request: Request) -> Report:
        async with gate:
            return await judge(built, request, tier=tier)

    return tuple(await asyncio.gather(*(one(request) for request in requests)))


async def _turn(built: Built, request: Request, tier: str) -> Turn:
    controls = request.benign or tuple(c for c in GENERIC_CONTROLS if c != request.proof)
    meant = _EXIT_CLASS.match(canonical_class(request.expect_class))
    status = int(meant[1]) if meant else None
    async with Bench(built, request.run, request.run_seconds, meant=status, tier=tier) as bench:
        seen = [await bench.see(data) for data in controls]
        return Turn(tuple(seen), await bench.see(request.proof))


def stated(seen: Seen, expect_class: str) -> Seen:
    """``seen`` as a crash, if it is the exit status, hang or lack of memory that was stated."""
    wanted = canonical_class(expect_class)
    by_exit = _EXIT_CLASS.match(wanted)
    if by_exit and seen.ended == "quiet" and seen.exit_status == int(by_exit[1]) != 0:
        return replace(seen, ended="crashed", kind=wanted, vouched="exit status")
    if wanted in _STATED and seen.ended in ("timed-out", "killed") and seen.kind == wanted:
        return replace(seen, ended="crashed", vouched="limit")
    return seen


def check_expected(name: str) -> str:
    """``name`` if a class can be called so; InputError for an exit status that shows nothing."""
    found = _EXIT_CLASS.match(canonical_class(name))
    if found and not 1 <= int(found[1]) <= 255:
        raise InputError("An exit status that shows a flaw is between 1 and 255.")
    return name


def _verdict(request: Request, turns: tuple[Turn, ...]) -> Report:
    """The table of the module's docstring, read from above."""
    expected = request.expect_class
    turns = tuple(
        Turn(tuple(stated(seen, expected) for seen in turn.controls), stated(turn.proof, expected))
        for turn in turns
    )
    proofs = [turn.proof for turn in turns]
    shown = _most_shown(proofs)
    trouble = _control_trouble(request, turns, shown)
    if trouble:
        return Report(*trouble, turns, seen=shown)
    return Report(*_of_runs(request, proofs, shown), turns, seen=shown)


def _most_shown(proofs: Sequence[Seen]) -> Seen:
    """The crash that most runs show; without any, the first run."""
    crashes = Counter(seen.signature for seen in proofs if seen.ended == "crashed")
    if not crashes:
        return proofs[0]
    most = crashes.most_common(1)[0][0]
    return next(seen for seen in proofs if seen.signature == most)


def _control_trouble(
    request: Request, turns: tuple[Turn, ...], shown: Seen
) -> tuple[str, str] | None:
    """Why the controls forbid believing anything; None if they don't."""
    every = [seen for turn in turns for seen in turn.controls]
    hint = "" if request.benign else " Give a benign input that the program accepts (--benign)."
    first = every[0]
    if all(seen.ended == "not-started" for seen in every):
        why = " ".join(first.trace) or "no message"
        return "environment_failed", f"The run command does not start: {why}"
    if all(seen.ended != "quiet" for seen in every):
        same = all(seen.signature == shown.signature for seen in every)
        kind = "environment_failed" if same or not request.benign else "inconclusive"
        return kind, f"No control ends quietly, whatever the input: {first}.{hint}"
    if shown.ended == "crashed" and any(seen.signature == shown.signature for seen in every):
        return "inconclusive", f"A control shows the proof's own crash: {shown}.{hint}"
    columns = list(zip(*(turn.controls for turn in turns), strict=True))
    for column in columns:
        if len({seen.signature for seen in column}) > 1:
            told = "; ".join(str(seen) for seen in column)
            return "inconclusive", f"A control does not repeat itself: {told}."
    noisy = next((seen for seen in every if seen.ended != "quiet"), None)
    if noisy is not None and request.benign:
        return "inconclusive", f"A benign input is not quiet: {noisy}."
    if shown.vouched == "exit status" and all(seen.exit_status != 0 for seen in every):
        return "inconclusive", f"No control ends with 0, so an exit status says nothing.{hint}"
    return None


def _of_runs(request: Request, proofs: Sequence[Seen], shown: Seen) -> tuple[str, str]:
    hits = [seen for seen in proofs if seen.ended == "crashed"]
    if not hits:
        return _nothing(proofs, request.expect_class)
    agree = Counter(seen.signature for seen in hits)
    if len(hits) < RUNS or len(agree) > 1:
        told = "; ".join(str(seen) for seen in proofs)
        count = agree.most_common(1)[0][1]
        return "inconclusive", f"Flaky, {count} of {RUNS} runs agree: {told}."
    if request.expect_class and not same_class(request.expect_class, shown.kind):
        return "not_reproduced", f"Each of {RUNS} runs shows {shown}, not {request.expect_class}."
    if request.expect_function and not _function_shown(request.expect_function, shown):
        return (
            "not_reproduced",
            f"Each of {RUNS} runs shows {shown}, not in {request.expect_function}.",
        )
    return "reproduced", f"Each of {RUNS} runs shows {shown}; the controls are quiet."


def _function_shown(expected: str, shown: Seen) -> bool:
    return same_function(expected, shown.function)


def _nothing(proofs: Sequence[Seen], expected: str) -> tuple[str, str]:
    """No run shows a crash; ``expected`` is the class that was stated, "" without."""
    first = proofs[0]
    ended = {seen.ended for seen in proofs}
    if len({seen.signature for seen in proofs}) > 1:
        told = "; ".join(str(seen) for seen in proofs)
        return "inconclusive", f"The runs differ, none shows a crash: {told}."
    if "timed-out" in ended:
        why = "Each run met its time limit. If that is the flaw, state --expect-class timeout."
        return "inconclusive", why
    if "killed" in ended:
        why = f"Each run was killed: {first}. If memory is the flaw, state out-of-memory."
        return "inconclusive", why
    if "unclear" in ended:
        return (
            "inconclusive",
            f"Something looks like a report, but nothing vouches for it: {first}.",
        )
    if "not-started" in ended:
        return "environment_failed", "The run command does not start with the proof."
    status = first.exit_status
    hint = ""
    if status and not expected:
        hint = f" If that is the flaw, state --expect-class exit-{status}."
    return "not_reproduced", f"Each of {RUNS} runs is {first}.{hint}"
