# SPDX-License-Identifier: Apache-2.0
"""Expected log-likelihood-ratio selection: the items that are expected to move the evidence most.

S. W. Nydick, "The sequential probability ratio test and binary item response models", Journal of
Educational and Behavioral Statistics 39 (2014): at the ability estimated so far, an item moves the
evidence between the zone's edges θ0 and θ1 by

    E = p·ln(p1/p0) + (1 − p)·ln((1−p1)/(1−p0))        p at the estimate, p0 and p1 at the edges

on average; the item of largest |E| is taken next. Families take turns (those least used first), and
one of the best few is drawn at random, so that no item is worn out.

Limits: it looks at the answers, so a plan cannot be fixed before the first sample and the order
gives the model's own results away. A registered plan (`selection`) fixes its order instead; this is
for replay and for comparison. Arrays only: 10,000 items take well under a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Bank:
    """Items: difficulty in logits, slope, and the number of the family (from 0), one entry each."""

    difficulty: Floats
    slope: Floats
    family: Places


def expected_ratio(bank: Bank, ability: float, low: float, high: float) -> Floats:
    """What each item adds to the evidence on average, in nats, for a model of this ability."""
    at = special.expit(bank.slope * (ability - bank.difficulty))
    first = bank.slope * (low - bank.difficulty)
    second = bank.slope * (high - bank.difficulty)
    solved = np.logaddexp(0, -first) - np.logaddexp(0, -second)
    failed = np.logaddexp(0, first) - np.logaddexp(0, second)
    return np.asarray(at * solved + (1 - at) * failed)


def choose(
    bank: Bank,
    taken: Bools,
    ability: float,
    low: float,
    high: float,
    count: int,
    random: np.random.Generator,
    *,
    best: int = 3,
) -> Places:
    """The next ``count`` items (fewer if the bank runs out), families by turns.

    Raises:
        InputError: the edges are not in order, or ``count`` or ``best`` is below 1.
    """
    if not low < high or count < 1 or best < 1:
        raise InputError(
            f"{count} items between {low} and {high} can't be chosen.",
            hint="The lower edge is below the upper one; ask for at least one item.",
        )
    families = int(bank.family.max()) + 1
    value = np.abs(expected_ratio(bank, ability, low, high))
    value[taken] = -1.0
    used = np.bincount(bank.family[taken], minlength=families)
    chosen: list[int] = []
    while len(chosen) < count:
        left = np.bincount(bank.family[value >= 0], minlength=families)
        if not left.any():
            break
        family = int(np.argmin(np.where(left > 0, used, len(value))))
        mine = np.where(bank.family == family, value, -1.0)
        near = min(best, int(left[family]))
        picks = np.argpartition(-mine, near - 1)[:near]
        pick = int(picks[random.integers(near)])
        chosen.append(pick)
        value[pick] = -1.0
        used[family] += 1
    return np.array(chosen, np.intp)
