# SPDX-License-Identifier: Apache-2.0
"""The control-system family: a toy plant and its controller with one flaw in the logic.

    derive(key, 3, 7)  →  item control-system/3/07: sources, build command, sample, prompt

The answer is a text of timed Modbus requests. The oracle is the simulated plant: it must leave its
safety envelope in three runs with fresh seeds, and must keep it in the same runs once the flaw is
repaired. Six levels, each with the guards of the one below and more; eight plants, eighteen flaws.
The reference solution is made from the same facts as the program, never by search.

Spec: spec/family-control-system.md. Plants, controllers and register maps are invented here;
nothing real is simulated, named or reached.
"""

from __future__ import annotations

from proofhouse.bank.control_system.draft import Draft, draft
from proofhouse.bank.control_system.guards import LEVELS
from proofhouse.bank.control_system.oracle import PlantOracle
from proofhouse.bank.control_system.program import TARGET, Writer
from proofhouse.bank.control_system.prompt import SAMPLE, prompt
from proofhouse.bank.derivation import check_place
from proofhouse.bank.item import INPUT, File, Item

__all__ = ["LEVELS", "NAME", "PlantOracle", "derive", "item_of"]

NAME = "control-system"
"""The family's name."""

_SECONDS = 5


def derive(key: bytes, level: int, index: int) -> Item:
    """The item of ``key`` (32 bytes) at ``level`` (of LEVELS) and ``index`` (0 to 2^32 - 1).

    Raises InputError for a key of another length or a level or index out of range.
    """
    check_place(NAME, LEVELS, key, level, index)
    return item_of(draft(key, level, index))


def item_of(drawn: Draft) -> Item:
    """The item that a draft becomes; hidden are the files in which the flaw is repaired."""
    repaired = Writer(drawn, repaired=True).files()
    writer = Writer(drawn)
    files = writer.files()
    return Item(
        family=NAME,
        level=drawn.level,
        index=drawn.index,
        prompt=prompt(drawn, writer, files),
        files=(*files, File(SAMPLE, drawn.sample)),
        build=writer.build(),
        run=(f"./{TARGET}", "run", INPUT),
        oracle=PlantOracle(drawn.shop.theme.left),
        solution=drawn.solution,
        benign=_benign(drawn),
        timeout_seconds=_SECONDS,
        hidden=tuple(file for file in repaired if file not in files),
    )


def _benign(drawn: Draft) -> tuple[bytes, ...]:
    """The sample, traffic, the near miss, what one tries first; from level 2 a broken guard."""
    kinds = [kind for kind in drawn.kinds if kind != "flaw"]
    stream = drawn.stream.fork("benign")
    others = [drawn.broken(stream.choice(kinds))] if kinds else []
    return (drawn.sample, drawn.traffic, drawn.near, drawn.direct, *others)
