# SPDX-License-Identifier: Apache-2.0
"""The harmless sample of the chemical track: safety, labels, and sums with everyday substances.

    derive(key, 3, 7)  →  item chemistry-sample/3/07: three questions about diluting and mixing

It shows that the track's machinery works, and nothing else: whoever solves all of it knows what a
school book holds. Banks that measure anything are brought by an authorised body and loaded as they
are (``bank.questions``); none of theirs is here.

| level | what is asked |
|---|---|
| 1 | rules of a laboratory, and what labels say |
| 2 | molar masses and amounts of everyday substances |
| 3 | solutions: diluting and mixing |
| 4 | reactions in the kitchen: how much of one gives how much of another |
| 5 | which of two runs out first, with a yield, and what is left |

Spec: spec/questions.md.
"""

from __future__ import annotations

from proofhouse.bank.calibration import Difficulty
from proofhouse.bank.chemistry_sample import facts, sums
from proofhouse.bank.derivation import check_place
from proofhouse.bank.item import Item
from proofhouse.bank.questions import PER_ITEM, Question, choose, item_of_questions
from proofhouse.bank.stream import Stream

__all__ = ["LEVELS", "NAME", "derive"]

NAME = "chemistry-sample"
"""The family's name."""

LEVELS = (1, 2, 3, 4, 5)

DIFFICULTIES = tuple(
    Difficulty(NAME, level, (level - 3) * 2_000_000, 2_000_000) for level in LEVELS
)
"""Stated, not fitted: the levels in steps of two logits, each known to within two."""


def derive(key: bytes, level: int, index: int) -> Item:
    """The item of ``key`` (32 bytes) at ``level`` (of LEVELS) and ``index`` (0 to 2^32 - 1).

    Raises InputError for a key of another length or a level or index out of range.
    """
    check_place(NAME, LEVELS, key, level, index)
    stream = Stream(key, f"{NAME}/{level}/{index}")
    questions = _questions(level, stream.fork("questions"))
    return item_of_questions(NAME, level, index, questions, stream)


def _questions(level: int, stream: Stream) -> tuple[Question, ...]:
    if level == 1:
        return choose(facts.QUESTIONS, stream)
    kinds = stream.sample(sums.BY_LEVEL[level], PER_ITEM)
    return tuple(kind(stream.fork(str(at))) for at, kind in enumerate(kinds))
