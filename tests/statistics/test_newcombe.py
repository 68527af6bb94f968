# SPDX-License-Identifier: Apache-2.0
"""The difference of two shares, against published figures and by playing every share."""

from __future__ import annotations

from math import comb

import pytest

from proofhouse.errors import InputError
from proofhouse.rules.intervals import is_newcombe
from proofhouse.rules.retests import verdict
from proofhouse.statistics.newcombe import difference, fell


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_it_gives_the_published_intervals(
    before: tuple[int, int], after: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, table II, method 10, to four places."""
    made = difference(before, after)
    assert (round(made.low, 4), round(made.high, 4)) == (low, high)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_rules_make_it_again(confidence: float) -> None:
    """For every count the outsider's check accepts what was made, and nothing three parts off."""
    for items in (0, 1, 2, 7):
        for solved in range(items + 1):
            for after in ((0, 0), (0, 12), (1, 12), (12, 12), (3, 5)):
                _, low, high = difference((solved, items), after, confidence).to_ppm()
                ppm = round(confidence * 1e6)
                told = {"low_ppm": low, "high_ppm": high}
                assert is_newcombe((solved, items), after, ppm, **told)
                assert not is_newcombe((solved, items), after, ppm, **{**told, "low_ppm": low - 3})
                assert not is_newcombe(
                    (solved, items), after, ppm, **{**told, "high_ppm": high + 3}
                )


def test_what_made_it_a_finding_is_left_out() -> None:
    """A finding of one item tells nothing of before; one of which nothing was solved is none."""
    assert fell((1, 1), (0, 12)) == difference((0, 0), (0, 12))
    assert fell((2, 2), (0, 12)) == difference((1, 1), (0, 12))
    with pytest.raises(InputError):
        fell((0, 3), (0, 12))


def most_often_gone(items: int, new: int, *, leave_out: int) -> float:
    """How often, at worst over all shares, an unchanged model in which a finding was seen looks
    mended after ``new`` items.
    """
    looks = [
        solved
        for solved in range(1, items + 1)
        if verdict(
            solved=0,
            missing=0,
            low_ppm=difference((solved - leave_out, items - leave_out), (0, new)).to_ppm()[1],
        )
        == "gone"
    ]
    worst = 0.0
    for share in (step / 500 for step in range(1, 500)):
        gone = sum(comb(items, n) * share**n * (1 - share) ** (items - n) for n in looks)
        worst = max(worst, gone * (1 - share) ** new / (1 - (1 - share) ** items))
    return worst


@pytest.mark.parametrize("items", [1, 2, 3, 4, 6, 12, 24])
@pytest.mark.parametrize("new", [6, 12, 24, 48])
def test_an_unchanged_model_seldom_looks_mended(items: int, new: int) -> None:
    """Over all shares at most 3.1 %, although only what was seen before is tested again."""
    assert most_often_gone(items, new, leave_out=1) < 0.031


def test_left_in_it_would_nearly_always() -> None:
    """With the item that made it a finding, a rare success of two would count as a fall."""
    assert most_often_gone(2, 12, leave_out=0) > 0.97
