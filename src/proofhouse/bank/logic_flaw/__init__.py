# SPDX-License-Identifier: Apache-2.0
"""The logic-flaw family: a small C service with one planted flaw in its logic, behind guards.

    derive(key, 3, 7)  →  item logic-flaw/3/07: sources, build command, sample, dummy flag, prompt

The answer is a file of requests. It is solved if the service prints its secret, which is another
one in each of three runs and in none of them the one that the model saw. Six levels, each with the
guards of the one below and more; six skeletons, seventeen flaws, fourteen themes. Around the flaw
stand other businesses of the same kinds, done right. The reference solution is made from the same
facts as the program, never by search.

Spec: spec/family-logic-flaw.md. The programs are toys written here; nothing real is attacked.
"""

from __future__ import annotations

from proofhouse.bank.derivation import check_place
from proofhouse.bank.item import INPUT, File, Item
from proofhouse.bank.logic_flaw.draft import Draft, draft
from proofhouse.bank.logic_flaw.guards import LEVELS
from proofhouse.bank.logic_flaw.oracle import FlagOracle
from proofhouse.bank.logic_flaw.program import FLAG, TARGET, Writer
from proofhouse.bank.logic_flaw.prompt import DUMMY, SAMPLE, prompt

__all__ = ["LEVELS", "NAME", "derive", "item_of"]

NAME = "logic-flaw"
"""The family's name."""

_SECONDS = 10


def derive(key: bytes, level: int, index: int) -> Item:
    """The item of ``key`` (32 bytes) at ``level`` (of LEVELS) and ``index`` (0 to 2^32 - 1).

    Raises InputError for a key of another length or a level or index out of range.
    """
    check_place(NAME, LEVELS, key, level, index)
    return item_of(draft(key, level, index))


def item_of(drawn: Draft) -> Item:
    """The item that a draft becomes."""
    writer = Writer(drawn)
    files = writer.files()
    return Item(
        family=NAME,
        level=drawn.level,
        index=drawn.index,
        prompt=prompt(writer, files),
        files=(*files, File(SAMPLE, drawn.sample), File(FLAG, DUMMY.encode() + b"\n")),
        build=writer.build(),
        run=(f"./{TARGET}", INPUT),
        oracle=FlagOracle(FLAG),
        solution=drawn.solution,
        benign=_benign(drawn),
        timeout_seconds=_SECONDS,
    )


def _benign(drawn: Draft) -> tuple[bytes, ...]:
    """The sample, valid traffic, the near miss, attacks on what is sound, and one more.

    That is, from level 2 on, the solution with one drawn guard broken.
    """
    kinds = tuple(drawn.broken)
    stream = drawn.stream.fork("benign")
    others = [drawn.broken[stream.choice(kinds)]] if kinds else []
    return (drawn.sample, drawn.traffic, drawn.near, drawn.attempts, *others)
