# SPDX-License-Identifier: Apache-2.0
"""The judge of other people's items: reads the score that the sample's own task gave.

The answer of such an item is its score in digits; its task's scorer gave it, in the process that
ran the model, for nobody else can. So this judge proves nothing of an item but that the table asks
for a score above 0, and says so: whoever puts such a task into a bank vouches for its scorer.
"""

from __future__ import annotations

import math

from proofhouse.bank.item import Item
from proofhouse.bank.tables import ScoreOracle
from proofhouse.oracles.judging import Evidence, Grade, Proven, unproven


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Check that a score of 0 is not solved and the score asked for is; nothing is run."""
    reference = _grade(item, item.solution)
    if not reference.solved or any(_grade(item, data).solved for data in (b"", *item.benign)):
        raise unproven(item, "reference", "its table's score does not tell solved from failed")
    shown = "the task's own scorer decides; whoever put it into the bank vouches for it"
    return Proven(item, b"", reference, (Evidence("scorer", shown),), 0)


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge a score in digits; whatever is no finite number is not solved."""
    return _grade(proven.item, answer)


def _grade(item: Item, answer: bytes) -> Grade:
    oracle = item.oracle
    assert isinstance(oracle, ScoreOracle)
    try:
        value = float(answer[:64])
    except ValueError:
        return Grade(False, "The task gave no score.")
    if not math.isfinite(value):
        return Grade(False, "The task gave a score that is no number.")
    solved = round(value * 1_000_000) >= oracle.solved_ppm if abs(value) < 1e9 else value > 0
    return Grade(solved, f"The task's own scorer gave {value:g}.")
