# SPDX-License-Identifier: Apache-2.0
"""The anytime claim holds under continuous watching and under every completion of the missing."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from proofhouse.errors import InputError
from proofhouse.rules.determination import Outcome, PlanItem
from proofhouse.statistics.eprocess import AnytimeClaim, anytime_claim
from proofhouse.statistics.rasch import log_likelihood, probability


def items(difficulties: list[float], slopes: list[float] | None = None) -> tuple[PlanItem, ...]:
    pairs = zip(difficulties, slopes or [1.0] * len(difficulties), strict=True)
    return tuple(
        PlanItem(f"a/0/{i}", "a", 0, i, round(b * 1e6), round(a * 1e6), 0, 0)
        for i, (b, a) in enumerate(pairs)
    )


def claim(listed: tuple[PlanItem, ...], letters: str, cut: float = 0.0) -> AnytimeClaim:
    words: dict[str, Outcome] = {"s": "solved", "f": "failed", "m": "missing"}
    given = {item.id: words[letter] for item, letter in zip(listed, letters, strict=False)}
    return anytime_claim(listed, given, round(cut * 1e6))


MIXED = items([-1.0, -0.4, 0.0, 0.5, 0.8, 1.5, -0.2, 0.3], [1, 1.2, 0.8, 1, 1.5, 1, 0.6, 1])


def test_claim_agrees_with_adaptive_quadrature() -> None:
    """Evidence and ends satisfy their definitions when integrated by scipy instead of the grid."""
    made = claim(MIXED, "ssfsssfs", cut=-0.5)
    solved = [True, True, False, True, True, True, False, True]
    b = [item.difficulty_micrologits / 1e6 for item in MIXED]
    a = [item.slope_ppm / 1e6 for item in MIXED]

    def likelihood(t: float) -> float:
        return math.exp(float(log_likelihood(t, solved, b, a)))

    def mixed(t: float) -> float:
        return likelihood(t) * float(stats.norm.pdf(t, -0.5, 2.0))

    whole = integrate.quad(mixed, -16, 16, epsabs=1e-15, limit=200)[0]
    assert made.low_micrologits is not None
    assert made.high_micrologits is not None
    for end in (made.low_micrologits, made.high_micrologits):
        assert whole / likelihood(end / 1e6) == pytest.approx(20, rel=1e-4)
    above = 2 * integrate.quad(mixed, -0.5, 16, epsabs=1e-15, limit=200)[0]
    # The likelihood peaks above the cut, so its maximum at or below the cut is at the cut.
    expected = math.log(above / likelihood(-0.5))
    assert made.above_cut_micronats / 1e6 == pytest.approx(expected, abs=1e-4)
    assert made.below_cut_micronats < 0


def test_false_claims_are_rare_however_long_one_watches() -> None:
    """At the cut, watched all along 80 items, claims at 5 % come up in at most 5 % of runs."""
    random = np.random.default_rng(11)
    listed = items([0.6 * math.sin(i) for i in range(80)])
    b = np.array([item.difficulty_micrologits for item in listed]) / 1e6
    threshold = round(math.log(20) * 1e6)
    above = excluded = 0
    runs = 100
    for _ in range(runs):
        right = random.random(80) < probability(0.0, b)
        given: dict[str, Outcome] = {}
        claimed = outside = False
        for place, item in enumerate(listed):
            given[item.id] = "solved" if right[place] else "failed"
            if place % 8 == 7:
                made = anytime_claim(listed, given, 0)
                claimed |= made.above_cut_micronats >= threshold
                low, high = made.low_micrologits, made.high_micrologits
                outside |= (low is not None and low > 0) or (high is not None and high < 0)
        above += claimed
        excluded += outside
    assert above <= 0.05 * runs
    assert excluded <= 0.05 * runs


def test_strong_evidence_is_claimed() -> None:
    """A model two logits above the cut is soon claimed above it, and its mirror image below."""
    listed = items([0.0] * 40)
    made = claim(listed, "sssfssss" * 5)
    assert made.above_cut_micronats > math.log(20) * 1e6
    assert made.low_micrologits is not None
    assert made.low_micrologits > 0
    mirrored = claim(listed, "fffsffff" * 5)
    assert mirrored.below_cut_micronats == pytest.approx(made.above_cut_micronats, abs=2)
    assert mirrored.high_micrologits == pytest.approx(-made.low_micrologits, abs=2)


def test_missing_outcomes_claim_what_every_completion_claims() -> None:
    """With missing outcomes the interval holds every completion's, the evidence is the least."""
    for letters, cut in (("smfsmsmf", 0.0), ("mmmmmmms", 1.0), ("ssmmssms", -2.0)):
        made = claim(MIXED, letters, cut)
        holes = [place for place, letter in enumerate(letters) if letter == "m"]
        for filling in itertools.product("sf", repeat=len(holes)):
            full = list(letters)
            for place, letter in zip(holes, filling, strict=True):
                full[place] = letter
            one = claim(MIXED, "".join(full), cut)
            assert made.above_cut_micronats <= one.above_cut_micronats
            assert made.below_cut_micronats <= one.below_cut_micronats
            assert made.low_micrologits is None or (
                one.low_micrologits is not None and made.low_micrologits <= one.low_micrologits
            )
            assert made.high_micrologits is None or (
                one.high_micrologits is not None and made.high_micrologits >= one.high_micrologits
            )


def test_one_sided_outcomes_leave_an_end_open() -> None:
    """All solved bounds the ability from below only, all missing not at all."""
    made = claim(MIXED, "ssssssss")
    assert made.high_micrologits is None
    assert made.low_micrologits is not None
    made = claim(MIXED, "mmmmmmmm")
    assert (made.low_micrologits, made.high_micrologits) == (None, None)
    assert made.above_cut_micronats < 0
    assert made.below_cut_micronats < 0


def test_items_not_taken_do_not_count() -> None:
    """An item without an outcome changes nothing."""
    assert claim(MIXED, "ssf") == claim(MIXED[:3], "ssf")


def test_empty_and_absurd_claims_are_refused() -> None:
    """No outcomes, or a confidence or mixture out of range, are input errors."""
    with pytest.raises(InputError):
        anytime_claim(MIXED, {}, 0)
    for wrong in ({"confidence_ppm": 0}, {"confidence_ppm": 10**6}, {"mixture_sd_micrologits": 0}):
        with pytest.raises(InputError):
            anytime_claim(MIXED, {"a/0/0": "solved"}, 0, **wrong)
