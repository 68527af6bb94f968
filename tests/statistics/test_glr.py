# SPDX-License-Identifier: Apache-2.0
"""The generalised ratio is the difference of two constrained maxima; its errors stay small."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.glr import ratio
from proofhouse.statistics.rasch import log_likelihood

B = np.linspace(-2, 2, 15)
A = np.linspace(0.6, 1.4, 15)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_is_the_difference_of_two_maxima(share: float) -> None:
    """Against a fine grid on either side of the zone."""
    solved = np.random.default_rng(1).permutation(np.arange(15) < 15 * share)
    above = log_likelihood(np.linspace(0.5, 40, 40_000), solved, B, A).max()
    below = log_likelihood(np.linspace(-40, -0.5, 40_000), solved, B, A).max()
    assert ratio(solved, B, A, cut=0.0, zone=0.5) == pytest.approx(above - below, abs=1e-5)


def test_never_weaker_than_the_plain_ratio_where_the_peak_is_outside() -> None:
    """With the peak beyond an edge the evidence is at least that of the edges themselves."""
    solved = np.ones(15, bool)
    high, low = log_likelihood(np.array([0.5, -0.5]), solved, B, A)
    assert ratio(solved, B, A, cut=0.0, zone=0.5) > high - low > 0


def test_errors_at_the_edge_stay_near_alpha() -> None:
    """Read after every item from the tenth on, models at the edge rarely pass Wald's boundary."""
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(150):
        b = random.normal(0, 1, 30)
        solved = random.random(30) < 1 / (1 + np.exp(b + 0.8))
        for count in range(10, 31):
            value = ratio(solved[:count], b[:count], cut=0.0, zone=0.8)
            if abs(value) >= math.log(19):
                wrong += value > 0
                break
    assert wrong <= 16


def test_zone_is_positive() -> None:
    """Without a zone there is nothing to compare."""
    with pytest.raises(InputError):
        ratio([True], [0.0], cut=0.0, zone=0.0)
