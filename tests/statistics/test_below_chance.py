# SPDX-License-Identifier: Apache-2.0
"""The below-chance test is exact, also for questions with unlike chances."""

from __future__ import annotations

import itertools
import math

import pytest
from scipy import stats

from proofhouse.errors import InputError
from proofhouse.statistics.below_chance import below_chance


def test_like_chances_are_binomial() -> None:
    """With one chance for all questions the p-value is the binomial tail, rounded up."""
    for correct in (0, 7, 15, 60):
        made = below_chance(correct, [250_000] * 60)
        tail = float(stats.binomtest(correct, 60, 0.25, alternative="less").pvalue)
        assert made.p_value_ppm == min(1_000_000, math.ceil(tail * 1e6))
        assert made.expected_milli == 15_000


def test_unlike_chances_by_enumeration() -> None:
    """With a chance per question the p-value is the sum over all ways to guess."""
    chances = [500_000, 250_000, 200_000, 333_333, 100_000]
    for correct in range(6):
        tail = 0.0
        for rights in itertools.product([0, 1], repeat=5):
            if sum(rights) <= correct:
                tail += math.prod(
                    c / 1e6 if right else 1 - c / 1e6
                    for c, right in zip(chances, rights, strict=True)
                )
        assert below_chance(correct, chances).p_value_ppm == pytest.approx(tail * 1e6, abs=1.001)


def test_false_alarms_are_no_more_than_the_level() -> None:
    """Guessing 40 questions is flagged at 1 % with a probability of at most 1 %."""
    alarms = [k for k in range(41) if below_chance(k, [250_000] * 40).p_value_ppm <= 10_000]
    assert 0 < stats.binom.cdf(max(alarms), 40, 0.25) <= 0.01


@pytest.mark.parametrize(
    ("correct", "chances"),
    [(0, []), (-1, [250_000]), (2, [250_000]), (0, [0]), (0, [1_000_000]), (0, [250_000, -5])],
)
def test_what_cannot_be_guessed_is_refused(correct: int, chances: list[int]) -> None:
    """Questions without a chance have nothing below it: refused, not passed."""
    with pytest.raises(InputError):
        below_chance(correct, chances)
