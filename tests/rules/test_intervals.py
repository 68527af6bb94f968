# SPDX-License-Identifier: Apache-2.0
"""An exact interval of a share is known by integers alone."""

from __future__ import annotations

import math

import pytest

from proofhouse.rules.intervals import is_exact
from proofhouse.statistics.proportion import clopper_pearson


def ends(solved: int, items: int, confidence: float = 0.95) -> tuple[int, int]:
    """The interval by quantiles of the beta distribution, rounded outwards."""
    low, high = clopper_pearson(solved, items, confidence)
    return math.floor(low * 1e6), math.ceil(high * 1e6)


@pytest.mark.parametrize("items", [0, 1, 2, 3, 9, 18, 40, 300])
def test_the_interval_made_by_quantiles_is_exact(items: int) -> None:
    """Floating quantiles and integer sums agree for every count."""
    for solved in range(items + 1):
        low, high = ends(solved, items)
        assert is_exact(solved, items, 950_000, low_ppm=low, high_ppm=high), solved


@pytest.mark.parametrize("confidence", [500_000, 900_000, 999_000])
def test_it_holds_at_every_confidence(confidence: int) -> None:
    """The interval of one confidence is not that of another."""
    low, high = ends(7, 11, confidence / 1e6)
    assert is_exact(7, 11, confidence, low_ppm=low, high_ppm=high)
    assert not is_exact(7, 11, 950_000, low_ppm=low, high_ppm=high)


@pytest.mark.parametrize(("solved", "items"), [(1, 3), (8, 9), (20, 40), (299, 300)])
@pytest.mark.parametrize("by", [-3, 3, 1_000])
def test_an_end_moved_by_three_parts_is_refused(solved: int, items: int, by: int) -> None:
    """Neither end may be moved, outwards or inwards."""
    low, high = ends(solved, items)
    assert not is_exact(solved, items, 950_000, low_ppm=low + by, high_ppm=high)
    assert not is_exact(solved, items, 950_000, low_ppm=low, high_ppm=high + by)


def test_nothing_solved_begins_at_nought_and_all_solved_ends_at_one() -> None:
    """An end of the scale is no matter of rounding."""
    low, high = ends(0, 5)
    assert not is_exact(0, 5, 950_000, low_ppm=1, high_ppm=high)
    low, high = ends(5, 5)
    assert not is_exact(5, 5, 950_000, low_ppm=low, high_ppm=999_999)
    assert not is_exact(0, 0, 950_000, low_ppm=0, high_ppm=999_999)
