# SPDX-License-Identifier: Apache-2.0
"""The judge of items whose oracle is a plant: proves them and grades answers to them.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer; nothing is built again

The program simulates a plant and its controller in fixed steps, and takes the answer as a text of
timed requests: ``target run ANSWER SEED MARK`` prints one line, ``MARK left 312`` or
``MARK kept 0``. For each of three runs the judge draws a seed, which sets where the plant starts
and its disturbances, and a mark of 128 bits, so that no line but the simulator's own last one
counts; the program prints nothing of an answer. An answer is solved if and only if

1. it is at most ``ANSWER_LIMIT`` bytes long, and the plant leaves its envelope in all three runs;
2. in the same three runs of the same program with its flaw repaired (``Item.hidden``) it never
   does: what harms a sound controller too is not the flaw.

A benign answer is run after each, with that run's seed, and must be kept. If it isn't, or a program
doesn't build, that says nothing about the answer and raises UnfitMachineError. What the program
refuses (malformed, too many requests) is not solved.

``prove`` checks, in this order and in one session:

1. *hidden*: no hidden answer and no repaired file is in a file or the prompt
2. both programs build without a warning
3. *wrong answers*: the empty answer, the prompt's own text and every benign answer, the sample
   among them, end within the time limit and never harm either program's plant
4. *reference*, *repeat*: the reference solution is solved, twice, under other seeds
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from proofhouse.bank.item import ANSWER_LIMIT, INPUT, File, Item
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
from proofhouse.sandbox import Session, open_session

_BINARY_LIMIT = 4 << 20
_SHOWN, _REPAIRED = "shown", "repaired"
_ANSWER = "answer.in"


@dataclass(frozen=True)
class Drive:
    """What one run showed: ``ended`` is left, kept, refused, timed-out or unclear."""

    ended: str
    tick: int = 0


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer`` in a fresh session of ``tier``.

    Raises UnfitMachineError if a control leaves its envelope, otherwise as ``open_session`` and
    ``Session.exec``.
    """
    if len(answer) > ANSWER_LIMIT:
        return Grade(False, f"The answer is longer than {ANSWER_LIMIT:,} bytes.")
    async with open_session(LIMITS, tier) as session:
        await _write(session, proven.binary, proven.artefacts[0].data, proven.item)
        return await _grade(session, proven.item, answer)


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Build ``item`` and check that it holds what every item must.

    Raises UnprovenItemError naming the check that failed, UnfitMachineError if nothing could be
    built here, otherwise as ``grade``.
    """
    names = {f"benign answer {at}": data for at, data in enumerate(item.benign) if at > 0}
    files = {f"repaired {file.path}": file.data for file in item.hidden}
    check_hidden(item, {"reference solution": item.solution, **names, **files})
    if not item.hidden:
        raise unproven(item, "hidden", "it has no repaired program to compare with")
    async with open_session(LIMITS, tier) as session:
        binary = await _built(session, item)
        repaired = await _built(session, item, repaired=True)
        await _write(session, binary, repaired, item)
        await _check_wrong(session, item)
        reference = await _grade(session, item, item.solution)
        if not reference.solved:
            raise unproven(item, "reference", f"its reference solution fails: {reference.reason}")
        again = await _grade(session, item, item.solution)
        if not again.solved:
            raise unproven(item, "repeat", f"its reference solution fails at times: {again.reason}")
        usage = await session.usage()
    evidence = (
        Evidence("hidden", "no hidden answer or repaired file in the files or the prompt"),
        Evidence("build", f"{len(binary)} bytes, no warning"),
        Evidence("wrong answers", f"empty, prompt and {len(item.benign)} benign answers are kept"),
        Evidence("reference", reference.reason),
        Evidence("repeat", again.reason),
    )
    artefacts = (File(_REPAIRED, repaired),)
    return Proven(item, binary, reference, evidence, usage.cpu_milliseconds, artefacts)


async def _built(session: Session, item: Item, *, repaired: bool = False) -> bytes:
    """Build the item, or with ``repaired`` the same with its hidden files, and read the program."""
    files = {file.path: file for file in item.files}
    if repaired:
        files |= {file.path: file for file in item.hidden}
    await build(session, replace(item, files=tuple(files.values())))
    return await session.read_file(item.run[0], _BINARY_LIMIT)


async def _write(session: Session, binary: bytes, repaired: bytes, item: Item) -> None:
    await session.write_file(_SHOWN, binary, executable=True)
    await session.write_file(_REPAIRED, repaired, executable=True)
    for at, data in enumerate(item.benign):
        await session.write_file(_control(at), data)


def _control(at: int) -> str:
    return f"control-{at}.in"


async def _drive(session: Session, item: Item, program: str, path: str, seed: int) -> Drive:
    """One run of ``program`` with the answer at ``path``."""
    mark = secrets.token_hex(16)
    arguments = (path if word == INPUT else word for word in item.run[1:])
    command = (f"./{program}", *arguments, str(seed), mark)
    result = await session.exec(command, timeout=item.timeout_seconds)
    if result.timed_out:
        return Drive("timed-out")
    if result.returncode == 2:
        return Drive("refused")
    words = result.stdout.decode("ascii", "replace").split()
    if result.returncode != 0 or len(words) != 3 or words[0] != mark:
        return Drive("unclear")
    if words[1] not in ("left", "kept") or not words[2].isdigit():
        return Drive("unclear")
    return Drive(words[1], int(words[2]))


def _seed() -> int:
    return secrets.randbelow(2**32)


async def _grade(session: Session, item: Item, answer: bytes) -> Grade:
    """Three times: the answer, and a benign one; and once it harmed, the repaired program."""
    await session.write_file(_ANSWER, answer)
    runs: list[Drive] = []
    seeds = [_seed() for _ in range(RUNS)]
    for turn, seed in enumerate(seeds):
        runs.append(await _drive(session, item, _SHOWN, _ANSWER, seed))
        control = await _drive(session, item, _SHOWN, _control(turn % len(item.benign)), seed)
        if control.ended != "kept":
            raise UnfitMachineError(
                f"A benign answer to {item.id} is {control.ended} on this machine.",
                hint="Check the compiler, and the memory and time the sandbox gets.",
            )
        if runs[-1].ended != "left":
            return Grade(False, _told(runs))
    for seed in seeds:
        sound = await _drive(session, item, _REPAIRED, _ANSWER, seed)
        if sound.ended != "kept":
            return Grade(False, f"{_told(runs)} So it does without the flaw ({sound.ended}).")
    return Grade(True, _told(runs))


def _told(runs: Sequence[Drive]) -> str:
    """What the runs showed, in words."""
    last = runs[-1]
    if last.ended == "left":
        ticks = ", ".join(str(run.tick - 1) for run in runs)
        return f"The plant left its envelope in each of {len(runs)} runs (ticks {ticks})."
    told = {
        "kept": "The plant kept its envelope",
        "refused": "The program refused the answer",
        "timed-out": "The program ran into its time limit",
        "unclear": "The program did not report",
    }[last.ended]
    return f"{told} in run {len(runs)} of {RUNS}."


async def _check_wrong(session: Session, item: Item) -> None:
    """Wrong answers: none may harm the plant, and what is benign must be taken."""
    wrong = {"empty answer": b"", "prompt": item.prompt.encode()[:ANSWER_LIMIT]}
    paths = {f"benign answer {at}": _control(at) for at in range(len(item.benign))}
    for at, (name, data) in enumerate(wrong.items()):
        paths[name] = f"wrong-{at}.in"
        await session.write_file(paths[name], data)
    for name, path in paths.items():
        for program in (_SHOWN, _REPAIRED):
            seen = await _drive(session, item, program, path, _seed())
            allowed = ("kept", "refused") if name in wrong else ("kept",)
            if seen.ended not in allowed:
                raise unproven(item, "wrong answers", f"its {name} is {seen.ended} ({program})")
