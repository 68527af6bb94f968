# SPDX-License-Identifier: Apache-2.0
"""What an observer learns about the cut is computed rightly, and aiming beside it hides it."""

from __future__ import annotations

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.leakage import leakage
from proofhouse.statistics.selection import Candidate, Mix, order

BANK = tuple(
    Candidate(f"a/{lv}/{i:02d}", "a", lv, i, (lv - 4) * 500_000, 1_000_000)
    for lv in range(9)
    for i in range(25)
)
RANGE = {"low_micrologits": -2_000_000, "high_micrologits": 2_000_000}


def test_one_item_of_the_nearest_leaves_its_half_cells() -> None:
    """One item drawn as the very nearest says that the cut lies within half a step of it."""
    mix = Mix(aim_spread_micrologits=0, near_items=1, regardless_ppm=0)
    lone = tuple(item for item in BANK if item.index == 0)
    taken = order(lone, 300_000, 1, mix, bytes(32))
    known = leakage(lone, taken, mix, credibility=0.9999, **RANGE)
    assert (known.low_micrologits, known.high_micrologits) == (250_000, 750_000)
    assert known.information_millibits == pytest.approx(3000, abs=15)


def test_an_order_without_regard_to_the_cut_says_nothing() -> None:
    """If every item was drawn regardless of the cut, the observer learns zero bits."""
    mix = Mix(regardless_ppm=1_000_000)
    known = leakage(BANK, order(BANK, 0, 30, mix, bytes(32)), mix, credibility=1.0, **RANGE)
    assert known.information_millibits == 0
    assert known.width_micrologits == known.range_micrologits == 4_000_000


def test_observer_is_calibrated() -> None:
    """Over cuts drawn from the observer's prior, 80 % sets hold the cut about 80 times in 100."""
    random = np.random.default_rng(8)
    mix = Mix(aim_spread_micrologits=300_000, near_items=6, regardless_ppm=300_000)
    held = 0
    for k in range(300):
        cut = int(random.integers(-2_000_000, 2_000_001))
        taken = order(BANK, cut, 12, mix, k.to_bytes(32, "big"))
        known = leakage(BANK, taken, mix, credibility=0.8, steps=100, **RANGE)
        held += known.low_micrologits <= cut <= known.high_micrologits
    # The set's ends hold it at least as often as the set; 240 ± 3 standard deviations below.
    assert held >= 219
    assert held < 300


def test_aiming_beside_the_cut_leaks_less_than_mixing() -> None:
    """A spread aim hides the cut where drawing 40 % regardless of it hides almost nothing."""

    def bits(mix: Mix) -> int:
        taken = order(BANK, 100_000, 40, mix, bytes(32))
        return leakage(BANK, taken, mix, **RANGE).information_millibits

    sharp = bits(Mix(aim_spread_micrologits=0, regardless_ppm=0))
    mixed = bits(Mix(aim_spread_micrologits=0, regardless_ppm=400_000))
    spread = bits(Mix(aim_spread_micrologits=700_000, regardless_ppm=0))
    assert spread < mixed - 500
    assert spread < sharp - 500


def test_order_of_another_bank_is_refused() -> None:
    """An item that can't stand where it stands, or a range of no width, is an input error."""
    mix = Mix()
    taken = order(BANK, 0, 5, mix, bytes(32))
    with pytest.raises(InputError, match="place 6"):
        leakage(BANK, (*taken, taken[0]), mix, **RANGE)
    with pytest.raises(InputError, match="place 1"):
        leakage(tuple(item for item in BANK if item != taken[0]), taken, mix, **RANGE)
    with pytest.raises(InputError, match="No cut lies between"):
        leakage(BANK, taken, mix, low_micrologits=1, high_micrologits=1)
