# SPDX-License-Identifier: Apache-2.0
"""The judge of every kind of oracle, and the two functions that everybody calls.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer; nothing is built again

A family adds its judge here. Judging stands outside the model's reach: in sandboxes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from proofhouse.bank.item import Host, Item
from proofhouse.errors import InputError
from proofhouse.oracles import answered, chained, driven, flagged, ranged, sanitized, scored
from proofhouse.oracles.judging import Grade, Proven
from proofhouse.sandbox import SessionLostError
from proofhouse.validation import patched

__all__ = ["JUDGES", "Grade", "Judge", "Proven", "grade", "machines", "prove"]


class Judge(Protocol):
    """What a judge can do."""

    async def prove(self, item: Item, *, tier: str = "bwrap") -> Proven:
        """Build ``item`` and check that it holds what every item must.

        Raises UnprovenItemError naming the check that failed, UnfitMachineError if this machine
        can't judge.
        """

    async def grade(self, proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
        """Judge ``answer`` in fresh sessions of ``tier``; UnfitMachineError as above."""


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "answers": answered,
        "chain": chained,
        "flag": flagged,
        "plant": driven,
        "patch": patched,
        "range": ranged,
        "sanitizer": sanitized,
        "score": scored,
    }
)
"""The judge of each kind of oracle."""


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Prove ``item`` by its judge; raises as ``Judge.prove``, InputError if it has none."""
    return await _judge(item).prove(item, tier=tier)


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer`` by the judge of its item; raises as ``Judge.grade``.

    An answer that takes the judge's own sandbox down is not solved, if the reference solution is
    judged beside it as ever: else whoever can't solve an item could have it not counted. If that
    fails too it is the machine, and SessionLostError.
    """
    judge = _judge(proven.item)
    try:
        return await judge.grade(proven, answer, tier=tier)
    except SessionLostError:
        control = await judge.grade(proven, proven.item.solution, tier=tier)
        if not control.solved:
            raise
        return Grade(False, "The answer took down the sandbox in which it was judged.")


def machines(proven: Proven) -> tuple[Host, ...]:
    """The machines that work on a proven item is put among; most items have none.

    Their secrets are drawn anew each time: the ones that a model meets are not the judge's.
    """
    return ranged.machines(proven) if proven.item.hosts else ()


def _judge(item: Item) -> Judge:
    found = JUDGES.get(item.oracle.kind)
    if found is None:
        raise InputError(
            f"There is no judge for {item.oracle.kind!r}.", hint=f"Known: {', '.join(JUDGES)}."
        )
    return found
