# SPDX-License-Identifier: Apache-2.0
"""Person fit: exact given the number solved, calibrated, and alert to turned patterns."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from proofhouse.errors import InputError
from proofhouse.statistics import personfit
from proofhouse.statistics.personfit import exact_fit, lz_star, lz_star_fit
from proofhouse.statistics.rasch import probability

SEED = bytes(32)
LEVELS = [-1_600_000, -800_000, 0, 800_000, 1_600_000]


def enumerated(solved: list[bool], difficulties: list[int], slope_ppm: int) -> float:
    """P(T ≥ seen | number solved) by listing every pattern."""
    seen = sum(b for b, right in zip(difficulties, solved, strict=True) if right)
    whole = large = 0.0
    for ones in itertools.combinations(range(len(solved)), sum(solved)):
        total = sum(difficulties[place] for place in ones)
        weight = math.exp(-slope_ppm * total / 1e12)
        whole += weight
        large += weight * (total >= seen)
    return large / whole


@pytest.mark.parametrize(
    "letters", ["1111100000", "0000011111", "1010101010", "1000000000", "0000000000", "1111111111"]
)
@pytest.mark.parametrize("slope", [400_000, 1_000_000])
def test_exact_fit_by_enumeration(letters: str, slope: int) -> None:
    """The p-value is the share of all patterns with as many solved, by their probability."""
    solved = [letter == "1" for letter in letters]
    difficulties = sorted(LEVELS * 2)
    made = exact_fit(solved, difficulties, slope, SEED)
    expected = enumerated(solved, difficulties, slope)
    assert made.p_value_ppm == pytest.approx(expected * 1e6, abs=1.01)
    assert made.method.startswith("exact")


def test_exact_fit_does_not_depend_on_the_ability() -> None:
    """Moving the whole scale changes no p-value: given the number solved, ability is gone."""
    solved = [True, False] * 5
    there = exact_fit(solved, sorted(LEVELS * 2), 1_000_000, SEED)
    moved = exact_fit(solved, [b + 5_000_000 for b in sorted(LEVELS * 2)], 1_000_000, SEED)
    assert there.p_value_ppm == pytest.approx(moved.p_value_ppm, abs=1)


def test_sampling_agrees_with_enumerating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many difficulties to enumerate, exact draws give the same p-value."""
    random = np.random.default_rng(4)
    difficulties = [int(b) for b in random.integers(-2_000_000, 2_000_000, 14)]
    for count in (0, 5, 14):
        solved = [bool(right) for right in random.permutation([1] * count + [0] * (14 - count))]
        listed = exact_fit(solved, difficulties, 1_000_000, SEED)
        with monkeypatch.context() as patch:
            patch.setattr(personfit, "_MOST_STATES", 0)
            drawn = exact_fit(solved, difficulties, 1_000_000, SEED)
        assert drawn.method.startswith("99999 exact draws")
        # 4.5 standard errors of 99,999 draws at one half
        assert drawn.p_value_ppm == pytest.approx(listed.p_value_ppm, abs=7_200)


def test_fitting_patterns_are_flagged_no_more_than_the_level() -> None:
    """Patterns drawn from the scale are flagged at 5 % in at most about 5 % of cases."""
    random = np.random.default_rng(6)
    difficulties = sorted(LEVELS * 8)
    b = np.array(difficulties) / 1e6
    flags = sum(
        exact_fit(
            [bool(right) for right in random.random(40) < probability(0.3, b)],
            difficulties,
            1_000_000,
            SEED,
        ).p_value_ppm
        <= 50_000
        for _ in range(200)
    )
    assert 1 <= flags <= 19  # 10 expected at most, 3 standard deviations of 3.1


def test_turned_pattern_is_flagged_by_both() -> None:
    """A model that fails the easy half and solves the hard half misfits clearly."""
    difficulties = sorted(LEVELS * 6)
    solved = [False] * 12 + [True, False] * 3 + [True] * 12
    assert exact_fit(solved, difficulties, 1_000_000, SEED).p_value_ppm < 10
    assert lz_star_fit(solved, np.array(difficulties) / 1e6).p_value_ppm < 100
    assert exact_fit(solved[::-1], difficulties, 1_000_000, SEED).p_value_ppm > 900_000


def test_lz_star_is_about_standard_normal() -> None:
    """Over seeded patterns lz* is near standard normal and flags no more than its level."""
    random = np.random.default_rng(7)
    b = np.linspace(-2.5, 2.5, 50)
    slope = 0.7 + 0.6 * (np.arange(50) % 3)
    values = [
        value
        for _ in range(1500)
        if (value := lz_star(random.random(50) < probability(0.4, b, slope), b, slope)) is not None
    ]
    assert np.mean(values) == pytest.approx(0, abs=0.2)
    assert np.std(values) == pytest.approx(1, abs=0.1)
    assert 0.02 < np.mean(np.array(values) < stats.norm.ppf(0.05)) < 0.06


def test_lz_star_says_nothing_where_nothing_can_be_said() -> None:
    """Perfect scores and items all alike have no pattern: no value and a p-value of 1."""
    assert lz_star([True] * 5, [0.0, 1, 2, 3, 4]) is None
    assert lz_star([True, False, True], [0.5, 0.5, 0.5]) is None
    assert lz_star_fit([False] * 5, [0.0, 1, 2, 3, 4]).p_value_ppm == 1_000_000


def test_what_makes_no_pattern_is_refused() -> None:
    """Unequal lengths, no items and a flat slope are input errors."""
    for solved, difficulties, slope in (([], [], 1), ([True], [1, 2], 1), ([True], [1], 0)):
        with pytest.raises(InputError):
            exact_fit(solved, difficulties, slope, SEED)
