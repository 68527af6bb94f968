# SPDX-License-Identifier: Apache-2.0
"""Intervals of a share agree with scipy's own, cover as promised, and round outwards."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy import stats

from proofhouse.errors import InputError
from proofhouse.statistics.proportion import Share, clopper_pearson, upper_bound, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (0, 20), (20, 20), (8, 10), (3, 777)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_intervals_agree_with_scipy(successes: int, trials: int, confidence: float) -> None:
    """Both intervals equal scipy.stats.binomtest's to twelve digits."""
    reference = stats.binomtest(successes, trials)
    exact = reference.proportion_ci(confidence, method="exact")
    score = reference.proportion_ci(confidence, method="wilson")
    assert clopper_pearson(successes, trials, confidence) == pytest.approx(exact, abs=1e-12)
    assert wilson(successes, trials, confidence) == pytest.approx(score, abs=1e-12)


def test_upper_bound_solves_its_definition() -> None:
    """At the one-sided bound, seeing so few successes has exactly the error's probability."""
    for successes, trials in ((0, 10), (7, 50), (49, 50)):
        bound = upper_bound(successes, trials, 0.95)
        assert stats.binom.cdf(successes, trials, bound) == pytest.approx(0.05, abs=1e-10)
    assert upper_bound(0, 1000, 0.95) == pytest.approx(1 - 0.05 ** (1 / 1000))
    assert upper_bound(10, 10, 0.95) == 1.0


def test_exact_interval_covers_at_least_as_promised() -> None:
    """Over all outcomes of 30 trials the exact interval holds the truth 95 times in 100 or more."""
    for truth in (0.01, 0.1, 0.37, 0.5, 0.93):
        covered = math.fsum(
            float(stats.binom.pmf(k, 30, truth))
            for k in range(31)
            if clopper_pearson(k, 30)[0] <= truth <= clopper_pearson(k, 30)[1]
        )
        assert covered >= 0.95


def test_without_trials_nothing_is_known() -> None:
    """No trials give the whole range, not a division by zero."""
    assert clopper_pearson(0, 0) == wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    "arguments", [(-1, 3), (4, 3), (1, math.inf), (math.nan, 3), (1, 3, 0.0), (1, 3, 1.0)]
)
def test_what_is_no_count_is_refused(arguments: tuple[Any, ...]) -> None:
    """Impossible counts and confidences are input errors."""
    for function in (clopper_pearson, wilson, upper_bound):
        with pytest.raises(InputError):
            function(*arguments)


def test_share_rounds_outwards() -> None:
    """A stated interval is never narrower than the computed one, and stays within 0 to 1."""
    share = Share.of(1 / 3, (0.1000001, 0.9000001), 0.95, "m")
    assert (share.estimate_ppm, share.low_ppm, share.high_ppm) == (333_333, 100_000, 900_001)
    assert Share.of(0, (-1e-18, 1 + 1e-18), 0.95, "m").to_dict() == {
        "estimatePpm": 0, "lowPpm": 0, "highPpm": 1_000_000, "confidencePpm": 950_000,
        "method": "m",
    }  # fmt: skip
