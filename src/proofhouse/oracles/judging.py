# SPDX-License-Identifier: Apache-2.0
"""What every judge shares: verdicts, proofs, limits, and the checks that hold for every family.

    Grade(solved=True, reason="Each of 3 runs: …", runs=(…), control=(…), steps=Steps(4, 4))

A judge is a module for one kind of oracle with two functions, ``prove(item)`` and
``grade(proven, answer)``. It works in sandbox sessions that no model was ever in; a machine that
can't judge raises UnfitMachineError, and an item that doesn't hold what it must UnprovenItemError.
``proofhouse.judges`` picks the judge of an item.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofhouse.bank.item import File, Item
from proofhouse.oracles.errors import UnfitMachineError, UnprovenItemError
from proofhouse.oracles.observe import Observation
from proofhouse.sandbox import Limits, Session

RUNS = 3
"""How often an answer is run."""

LIMITS = Limits(
    memory_bytes=512 << 20,
    pids=32,
    cpu_seconds=60,
    wall_seconds=60.0,
    open_files=64,
    tmp_bytes=64 << 20,
    output_bytes=256 << 10,
)
"""What building and judging one item may use."""


@dataclass(frozen=True)
class Steps:
    """How far an answer came, for families that give credit by step: ``reached`` of ``of``."""

    reached: int
    of: int


@dataclass(frozen=True)
class Grade:
    """A verdict: whether the answer is solved, why, and what was seen.

    ``reason`` tells what was observed, not what was expected, so that it may be shown. ``runs`` and
    ``control`` are filled where a sanitizer watched, ``steps`` where there is credit by step.
    ``strayed`` tells of connections that the answer tried to addresses that no machine has.
    """

    solved: bool
    reason: str
    runs: tuple[Observation, ...] = ()
    control: tuple[Observation, ...] = ()
    steps: Steps | None = None
    strayed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """One check of a proof and what it showed."""

    check: str
    shown: str


@dataclass(frozen=True)
class Proven:
    """An item that holds what every item must, with the program that was built for it.

    ``artefacts`` are further things that its judge built and needs again for each answer.
    """

    item: Item
    binary: bytes
    reference: Grade
    evidence: tuple[Evidence, ...]
    cpu_milliseconds: int
    artefacts: tuple[File, ...] = ()


async def build(session: Session, item: Item) -> None:
    """Write the item's files and run its build command in ``session``.

    Raises UnfitMachineError if the command fails: the generator's programs build wherever the
    tools are what they must be.
    """
    for file in item.files:
        await session.write_file(file.path, file.data)
    result = await session.exec(item.build, timeout=LIMITS.wall_seconds)
    if result.returncode != 0 or result.timed_out:
        first = result.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        raise UnfitMachineError(
            f"The program of {item.id} doesn't build here: {(first or ['no message'])[0][:200]}",
            hint="Install gcc with AddressSanitizer (Debian: apt install gcc libasan8).",
        )


def check_hidden(item: Item, hidden: Mapping[str, bytes], words: Iterable[str] = ()) -> None:
    """Nothing of ``hidden`` (name → bytes) is in the files or the prompt, however it is spelt.

    Looked for as it is, in hex and in base64. The prompt has none of ``words`` either. Raises
    UnprovenItemError (check ``hidden``).
    """
    shown = [file.data for file in item.files] + [item.prompt.encode()]
    for name, data in hidden.items():
        spellings = (data, data.hex().encode(), base64.b64encode(data))
        if any(spelling in text for spelling in spellings for text in shown):
            raise unproven(item, "hidden", f"its {name} is among what it shows")
    if any(word in item.prompt for word in words):
        raise unproven(item, "hidden", "its prompt tells what has to be found")


def unproven(item: Item, check: str, why: str) -> UnprovenItemError:
    """The error that says which check of an item's proof failed."""
    return UnprovenItemError(f"Item {item.id} is not proven: {why}.", check=check)
