# SPDX-License-Identifier: Apache-2.0
"""The judge of items whose oracle is a sanitizer: proves them and grades answers to them.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer; nothing is built again

An answer is solved if and only if it is at most ``ANSWER_LIMIT`` bytes long and in each of three
runs AddressSanitizer reports one of the expected classes with the expected function among the top
frames. After each run one of the item's benign inputs is run, and must stay quiet. Runs that don't
agree are *flaky*, and flaky is not solved. A build that fails or a control that isn't quiet says
nothing about the answer and raises UnfitMachineError.

``prove`` checks, in this order and in one session:

1. *hidden*: no hidden input is in a file or the prompt, which names neither class nor function
2. the program builds
3. *wrong answers*: the empty answer, the prompt's own text and every benign input, the sample
   among them, are quiet and end within the time limit
4. *reference*, *repeat*: the reference solution is solved, twice, with equal verdicts
"""

from __future__ import annotations

from collections.abc import Sequence

from proofhouse.bank.item import ANSWER_LIMIT, INPUT, Item, SanitizerOracle
from proofhouse.oracles.errors import UnfitMachineError
from proofhouse.oracles.judging import (
    LIMITS,
    RUNS,
    Evidence,
    Grade,
    Proven,
    build,
    check_hidden,
    unproven,
)
from proofhouse.oracles.observe import Observation, observe
from proofhouse.sandbox import Session, open_session

_BINARY_LIMIT = 32 << 20
_PROGRAM = "judged"
_ANSWER = "answer.in"


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer`` in a fresh session of ``tier``.

    Raises UnfitMachineError if a control isn't quiet, otherwise as ``open_session`` and
    ``Session.exec``.
    """
    if len(answer) > ANSWER_LIMIT:
        return Grade(False, f"The answer is longer than {ANSWER_LIMIT:,} bytes.", (), ())
    async with open_session(LIMITS, tier) as session:
        await session.write_file(_PROGRAM, proven.binary, executable=True)
        await _write_controls(session, proven.item)
        return await _grade(session, proven.item, answer)


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Build ``item`` and check that it holds what every item must.

    Raises UnprovenItemError naming the check that failed, UnfitMachineError if nothing could be
    built here, otherwise as ``grade``.
    """
    oracle = _oracle(item)
    hidden = {"reference solution": item.solution, **_named_benign(item)}
    check_hidden(item, hidden, (*oracle.classes, oracle.function))
    async with open_session(LIMITS, tier) as session:
        await build(session, item)
        binary = await session.read_file(item.run[0], _BINARY_LIMIT)
        await session.write_file(_PROGRAM, binary, executable=True)
        await _write_controls(session, item)
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
        Evidence("build", f"{len(binary)} bytes"),
        Evidence("wrong answers", f"empty, prompt and {len(item.benign)} benign inputs are quiet"),
        Evidence("reference", reference.reason),
        Evidence("repeat", again.reason),
    )
    return Proven(item, binary, reference, evidence, usage.cpu_milliseconds)


async def _write_controls(session: Session, item: Item) -> None:
    for at, data in enumerate(item.benign):
        await session.write_file(_control(at), data)


def _control(at: int) -> str:
    return f"control-{at}.in"


def _command(item: Item, path: str) -> tuple[str, ...]:
    return (f"./{_PROGRAM}", *(path if word == INPUT else word for word in item.run[1:]))


async def _grade(session: Session, item: Item, answer: bytes) -> Grade:
    """Three pairs of a run of the answer and a run of a benign input."""
    await session.write_file(_ANSWER, answer)
    commands = [
        command
        for turn in range(RUNS)
        for command in (
            _command(item, _ANSWER),
            _command(item, _control(turn % len(item.benign))),
        )
    ]
    seen = await observe(session, commands, _PROGRAM, item.sources, item.timeout_seconds)
    runs, control = seen[::2], seen[1::2]
    noisy = next((o for o in control if o.ended != "quiet"), None)
    if noisy is not None:
        raise UnfitMachineError(
            f"A benign input of {item.id} is not quiet on this machine: {noisy}.",
            hint="Check the compiler and its sanitizer, and the memory and time the sandbox gets.",
        )
    return Grade(*_verdict(item, runs), runs, control)


def _verdict(item: Item, runs: Sequence[Observation]) -> tuple[bool, str]:
    """Whether the runs show the flaw, and what they show."""
    oracle = _oracle(item)
    hits = [run.shows(oracle.classes, oracle.function, oracle.frames) for run in runs]
    if runs[-1].ended == "timed-out":
        return False, "The program ran into its time limit."
    if len(set(runs)) > 1:
        return False, f"The runs are flaky: {'; '.join(str(run) for run in runs)}."
    if all(hits) and len(hits) == RUNS:
        return True, f"Each of {RUNS} runs: {runs[0]}."
    return False, f"Each of {len(runs)} runs: {runs[0]}, which is not the flaw."


async def _check_wrong(session: Session, item: Item) -> None:
    """Wrong answers: none may count as solved, and what is harmless must be quiet."""
    prompt = item.prompt.encode()
    wrong = {"empty": b"", "prompt": prompt[:ANSWER_LIMIT]}
    commands = [_command(item, _control(at)) for at in range(len(item.benign))]
    for name, data in wrong.items():
        await session.write_file(f"{name}.in", data)
        commands.append(_command(item, f"{name}.in"))
    seen = await observe(session, commands, _PROGRAM, item.sources, item.timeout_seconds)
    names = [*(f"benign input {at}" for at in range(len(item.benign))), *wrong]
    oracle = _oracle(item)
    for name, seen_one in zip(names, seen, strict=False):
        if seen_one.shows(oracle.classes, oracle.function, oracle.frames):
            raise unproven(item, "wrong answers", f"its {name} counts as solved")
        if seen_one.ended != "quiet":
            raise unproven(item, "wrong answers", f"its {name} is not quiet: {seen_one}")
    if len(seen) < len(names):
        raise unproven(item, "wrong answers", "a harmless input runs into the time limit")


def _named_benign(item: Item) -> dict[str, bytes]:
    """The benign inputs but the sample, which is shown on purpose."""
    return {f"benign input {at}": data for at, data in enumerate(item.benign) if at > 0}


def _oracle(item: Item) -> SanitizerOracle:
    assert isinstance(item.oracle, SanitizerOracle)
    return item.oracle
