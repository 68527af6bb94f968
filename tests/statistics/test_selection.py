# SPDX-License-Identifier: Apache-2.0
"""The order of items is a fair, reproducible draw near an aim, within the blueprint."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from scipy import stats

from proofhouse.errors import InputError
from proofhouse.statistics.selection import Candidate, Draw, Mix, order


def bank(
    families: tuple[str, ...] = ("a", "b"), levels: int = 5, each: int = 20
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(f"{f}/{lv}/{i:02d}", f, lv, i, (lv - 2) * 1_000_000, 1_000_000)
        for f in families
        for lv in range(levels)
        for i in range(each)
    )


AT_CUT = Mix(aim_spread_micrologits=0, near_items=5, regardless_ppm=0)


def test_same_seed_same_order() -> None:
    """The order depends on the seed and on what the bank holds, not on how it is listed."""
    first = order(bank(), 0, 30, Mix(), b"1" * 32)
    assert order(tuple(reversed(bank())), 0, 30, Mix(), b"1" * 32) == first
    assert order(bank(), 0, 30, Mix(), b"2" * 32) != first


def test_known_order_is_the_same_everywhere() -> None:
    """The first items under a fixed seed are those first found, on any machine."""
    ids = [item.id for item in order(bank(), 0, 6, Mix(), bytes(32))]
    assert ids == ["a/2/01", "b/2/09", "a/2/04", "b/2/01", "a/2/11", "b/2/03"]


def test_without_mixing_items_are_the_nearest() -> None:
    """With no aim spread and no mixing, every item is as near to the cut as the bank allows."""
    taken = order(bank(("a",)), 1_000_000, 20, AT_CUT, bytes(32))
    assert {item.level for item in taken[:16]} == {3}
    assert taken != order(bank(("a",)), 1_000_000, 20, AT_CUT, b"1" * 32)


def test_mixed_items_cover_all_difficulties_alike() -> None:
    """Items chosen without regard to the cut come from every difficulty equally often."""
    mix = Mix(aim_spread_micrologits=0, near_items=1, regardless_ppm=1_000_000)
    levels = Counter(order(bank(), 0, 1, mix, bytes([k]) * 32)[0].level for k in range(250))
    assert stats.chisquare([levels[level] for level in range(5)]).pvalue > 0.001


def test_blueprint_weights_are_kept_at_every_length() -> None:
    """Families are served in proportion to their weights, never more than an item behind."""
    mix = Mix(blueprint=(("a", 2), ("b", 1)))
    taken = order(bank(("a", "b", "c")), 0, 30, mix, bytes(32))
    for length in range(1, 31):
        served = Counter(item.family for item in taken[:length])
        assert abs(served["a"] - length * 2 / 3) <= 1
        assert served["c"] == 0


def test_small_family_ends_and_the_others_go_on() -> None:
    """When a family has no items left, the order goes on with the others until the bank ends."""
    small = bank(("a",), levels=1, each=3) + bank(("b",), levels=2, each=4)
    taken = order(small, 0, 100, Mix(), bytes(32))
    assert len(taken) == 11
    assert len({item.id for item in taken}) == 11


def test_aim_moves_with_the_seed_within_its_spread() -> None:
    """Plans of one cut aim at different positions, none farther than the spread."""
    fine = tuple(
        Candidate(f"a/0/{i:04d}", "a", 0, i, i * 10_000 - 2_000_000, 1_000_000) for i in range(401)
    )
    mix = Mix(aim_spread_micrologits=500_000, near_items=1, regardless_ppm=0)
    aims = sorted(
        order(fine, 0, 1, mix, bytes([k]) * 32)[0].difficulty_micrologits for k in range(200)
    )
    assert aims[0] >= -505_000
    assert aims[-1] <= 505_000
    assert stats.kstest([(aim + 500_000) / 1e6 for aim in aims], "uniform").pvalue > 0.001


def test_draw_is_uniform() -> None:
    """Integers below a bound that divides nothing evenly come up equally often."""
    draw = Draw(b"seed")
    seen = Counter(draw.below(7) for _ in range(7000))
    assert stats.chisquare([seen[k] for k in range(7)]).pvalue > 0.001
    assert draw.below(1) == 0


def test_impossible_wishes_are_refused() -> None:
    """Repeated items, unknown families and mixes out of range are input errors."""
    with pytest.raises(InputError, match="twice"):
        order(bank() + bank(), 0, 5, Mix(), bytes(32))
    with pytest.raises(InputError, match="has none"):
        order(bank(), 0, 5, Mix(blueprint=(("z", 1),)), bytes(32))
    wrongs: tuple[dict[str, Any], ...] = (
        {"near_items": 0},
        {"regardless_ppm": -1},
        {"regardless_ppm": 1_000_001},
        {"aim_spread_micrologits": -1},
        {"blueprint": (("a", 0),)},
    )
    for wrong in wrongs:
        with pytest.raises(InputError):
            Mix(**wrong)
