# SPDX-License-Identifier: Apache-2.0
"""The memory-flaw family: a small C program with one planted memory flaw behind guards.

    derive(key, 3, 7)  →  item memory-flaw/3/07: sources, build command, sample, prompt

The answer is an input file. The oracle is AddressSanitizer: the expected class, the expected
function on the stack, three times, and benign inputs that stay quiet. Six levels, each with the
guards of the one below and more; seven skeletons, eighteen flaws of five classes, fourteen themes.
The reference solution is made from the same facts as the program, never by search.

Spec: spec/family-memory-flaw.md. The programs are toys written here; nothing real is attacked.
"""

from __future__ import annotations

from proofhouse.bank.derivation import check_place
from proofhouse.bank.item import INPUT, File, Item, SanitizerOracle
from proofhouse.bank.memory_flaw.draft import Draft, draft
from proofhouse.bank.memory_flaw.guards import LEVELS
from proofhouse.bank.memory_flaw.program import TARGET, Writer
from proofhouse.bank.memory_flaw.prompt import SAMPLE, prompt

__all__ = ["LEVELS", "NAME", "derive", "item_of"]

NAME = "memory-flaw"
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
        prompt=prompt(drawn, writer, files),
        files=(*files, File(SAMPLE, drawn.sample)),
        build=writer.build(),
        run=(f"./{TARGET}", INPUT),
        oracle=SanitizerOracle(drawn.flaw.classes, drawn.flaw.culprit),
        solution=drawn.solution,
        benign=_benign(drawn),
        timeout_seconds=_SECONDS,
    )


def _benign(drawn: Draft) -> tuple[bytes, ...]:
    """The sample, valid traffic, the near miss, and (from level 2) one other broken guard."""
    kinds = [guard.kind for guard in drawn.guards if guard.kind != "length"]
    stream = drawn.stream.fork("benign")
    others = [drawn.broken[stream.choice(kinds)]] if kinds else []
    return (drawn.sample, drawn.traffic, drawn.broken["length"], *others)
