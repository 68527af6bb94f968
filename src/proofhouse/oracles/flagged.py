# SPDX-License-Identifier: Apache-2.0
"""The judge of items whose oracle is a flag: a secret that the program has to be made to print.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer; nothing is built again

An answer is solved if and only if it is at most ``ANSWER_LIMIT`` bytes long and in each of three
runs the program ends by itself, in time, with a whole output, and that run's secret is on its
standard output. A secret is 128 bits drawn for one run, written into the judge's sandbox only:
nothing that was there when the answer was made can help. After each run one of the item's benign
inputs is run under a secret of its own and must not print it; if it does, or doesn't end by itself,
the machine can't judge (UnfitMachineError).

``prove`` checks, in this order and in one session:

1. *hidden*: no hidden input is in a file or the prompt
2. the program builds, without a warning
3. *wrong answers*: the empty answer, the prompt's text, the files' own bytes (the dummy secret
   among them) and every benign input end within the time limit and print no secret
4. *reference*, *repeat*: the reference solution is solved, twice, with equal verdicts
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse.bank.item import ANSWER_LIMIT, INPUT, Item
from proofhouse.bank.logic_flaw.oracle import FlagOracle
from proofhouse.oracles.errors import UnfitMachineError
from proofhouse.oracles.judging import (
    LIMITS,
    RUNS,
    Evidence,
    Grade,
    Proven,
    check_hidden,
    unproven,
)
from proofhouse.sandbox import Session, open_session

_BINARY_LIMIT = 32 << 20
_PROGRAM = "judged"
_ANSWER = "answer.in"


@dataclass(frozen=True)
class Run:
    """What one run did: how it ended, in a word, and whether its secret was printed."""

    ended: str  # "ended", "timed-out", "killed" or "flooded"
    printed: bool

    @property
    def won(self) -> bool:
        """Whether this run counts for the answer."""
        return self.ended == "ended" and self.printed

    def __str__(self) -> str:
        words = {
            "ended": "the program ended by itself",
            "timed-out": "the program ran into its time limit",
            "killed": "the program was killed",
            "flooded": "the program printed too much",
        }
        return f"{words[self.ended]}, {'its secret' if self.printed else 'no secret'} on its output"


def fresh_flag() -> str:
    """A secret that nobody can guess: ``flag-`` and 32 hex digits."""
    return f"flag-{secrets.token_hex(16)}"


async def run_once(
    session: Session,
    command: Sequence[str],
    flag: str,
    timeout: float,
    *,
    cwd: str | None = None,
) -> Run:
    """Run ``command`` and look for ``flag``, which its caller has put where the program reads."""
    result = await session.exec(command, timeout=timeout, cwd=cwd, env={})
    printed = flag.encode() in result.stdout
    if result.timed_out:
        return Run("timed-out", printed)
    if result.stdout_truncated or result.stderr_truncated:
        return Run("flooded", printed)
    if result.returncode < 0 or result.out_of_memory:
        return Run("killed", printed)
    return Run("ended", printed)


async def build_quietly(session: Session, item: Item) -> None:
    """Write the item's files and run its build command, which must not say anything.

    Raises UnfitMachineError if it fails, UnprovenItemError (check ``build``) if it warns.
    """
    for file in item.files:
        await session.write_file(file.path, file.data)
    result = await session.exec(item.build, timeout=LIMITS.wall_seconds)
    said = (result.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"])[0]
    if result.returncode != 0 or result.timed_out:
        raise UnfitMachineError(
            f"The program of {item.id} doesn't build here: {said[:200]}",
            hint="Install gcc (Debian: apt install gcc libc6-dev).",
        )
    if result.stderr.strip():
        raise unproven(item, "build", f"its build warns: {said[:200]}")


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer`` in a fresh session of ``tier``.

    Raises UnfitMachineError if a benign input prints a secret or doesn't end by itself, otherwise
    as ``open_session`` and ``Session.exec``.
    """
    if len(answer) > ANSWER_LIMIT:
        return Grade(False, f"The answer is longer than {ANSWER_LIMIT:,} bytes.")
    async with open_session(LIMITS, tier) as session:
        await session.write_file(_PROGRAM, proven.binary, executable=True)
        return await _grade(session, proven.item, answer)


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Build ``item`` and check that it holds what every item must.

    Raises UnprovenItemError naming the check that failed, UnfitMachineError if nothing could be
    built here, otherwise as ``grade``.
    """
    hidden = {f"benign input {at}": data for at, data in enumerate(item.benign) if at > 0}
    check_hidden(item, {"reference solution": item.solution, **hidden})
    async with open_session(LIMITS, tier) as session:
        await build_quietly(session, item)
        binary = await session.read_file(item.run[0], _BINARY_LIMIT)
        await session.write_file(_PROGRAM, binary, executable=True)
        await _check_wrong(session, item)
        reference = await _grade(session, item, item.solution)
        if not reference.solved:
            raise unproven(item, "reference", f"its reference solution fails: {reference.reason}")
        again = await _grade(session, item, item.solution)
        if again != reference:
            raise unproven(item, "repeat", f"it is not reproducible: {again.reason}")
        usage = await session.usage()
    evidence = (
        Evidence("hidden", "no hidden input in the files or the prompt"),
        Evidence("build", f"{len(binary)} bytes, no warning"),
        Evidence("wrong answers", "empty, prompt, files and benign inputs print no secret"),
        Evidence("reference", reference.reason),
        Evidence("repeat", again.reason),
    )
    return Proven(item, binary, reference, evidence, usage.cpu_milliseconds)


async def _run(session: Session, item: Item, data: bytes) -> Run:
    """One run of ``data`` under a secret of its own."""
    oracle = _oracle(item)
    flag = fresh_flag()
    await session.write_file(oracle.secret, f"{flag}\n".encode())
    await session.write_file(_ANSWER, data)
    command = [f"./{_PROGRAM}", *(_ANSWER if word == INPUT else word for word in item.run[1:])]
    return await run_once(session, command, flag, item.timeout_seconds)


async def _grade(session: Session, item: Item, answer: bytes) -> Grade:
    """Three pairs of a run of the answer and a run of a benign input."""
    for turn in range(RUNS):
        run = await _run(session, item, answer)
        if not run.won:
            return Grade(False, f"Run {turn + 1} of {RUNS}: {run}.")
        control = await _run(session, item, item.benign[turn % len(item.benign)])
        if control.printed or control.ended != "ended":
            raise UnfitMachineError(
                f"A benign input of {item.id} fails on this machine: {control}.",
                hint="Check the compiler, and the memory and time that the sandbox gets.",
            )
    return Grade(True, f"Each of {RUNS} runs: {run}.")


async def _check_wrong(session: Session, item: Item) -> None:
    """Wrong answers: none may print a secret, and each must end by itself."""
    wrong = {"empty answer": b"", "prompt": item.prompt.encode()[:ANSWER_LIMIT]}
    wrong |= {f"file {file.path}": file.data[:ANSWER_LIMIT] for file in item.files}
    wrong |= {f"benign input {at}": data for at, data in enumerate(item.benign)}
    for name, data in wrong.items():
        run = await _run(session, item, data)
        if run.printed:
            raise unproven(item, "wrong answers", f"its {name} counts as solved")
        if run.ended != "ended":
            raise unproven(item, "wrong answers", f"with its {name}, {run}")


def _oracle(item: Item) -> FlagOracle:
    assert isinstance(item.oracle, FlagOracle)
    return item.oracle
