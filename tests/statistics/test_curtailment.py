# SPDX-License-Identifier: Apache-2.0
"""Curtailment knows exactly what is out of reach, and how likely the rest is."""

from __future__ import annotations

import pytest

from proofhouse.errors import InputError
from proofhouse.rules.determination import Plan, determine
from proofhouse.statistics.curtailment import chances, open_sides

PLAN = Plan.weigh(
    tuple((f"toy/1/{i:02d}", "toy", 1, i, 0, 1_000_000) for i in range(24)),
    batch_size=4, minimum_items=12, maximum_items=24, cut_micrologits=0,
    zone_micrologits=500_000, alpha_ppm=50_000, beta_ppm=50_000,
)  # fmt: skip
STEP = PLAN.items[0].solved_micronats


def test_a_side_is_open_exactly_while_some_completion_decides_it() -> None:
    """Reaching a boundary with all the rest solved, or failed, is what open means."""
    assert open_sides(PLAN, 0, 0) == (True, True)
    for solved in range(21):
        evidence = (2 * solved - 20) * STEP
        covered, not_covered = open_sides(PLAN, 20, evidence)
        assert covered == (evidence + 4 * STEP >= PLAN.upper_micronats)
        assert not_covered == (evidence - 4 * STEP <= PLAN.lower_micronats)
    words = ["solved", "failed"] * 9 + ["solved"] * 6
    played = dict(zip((item.id for item in PLAN.items), words, strict=True))
    assert open_sides(PLAN, 20, 2 * STEP) == (True, False)
    assert determine(PLAN, played).outcome == "COVERED"  # type: ignore[arg-type]
    assert open_sides(PLAN, 20, 0) == (False, False)
    assert open_sides(PLAN, 24, 0) == (False, False)


def test_chances_follow_ability_and_add_up() -> None:
    """A strong model will likely be covered, a weak one not; out of reach is INCONCLUSIVE."""
    strong = chances(PLAN, 8, 0, 2_000_000, seed=b"s")
    weak = chances(PLAN, 8, 0, -2_000_000, seed=b"s")
    assert strong.covered_ppm > 800_000 > weak.covered_ppm
    assert weak.not_covered_ppm > 800_000
    for made in (strong, weak):
        assert made.covered_ppm + made.not_covered_ppm + made.inconclusive_ppm == 1_000_000
    assert chances(PLAN, 20, 0, 5_000_000, seed=b"s").inconclusive_ppm == 1_000_000
    assert chances(PLAN, 24, 0, 0, seed=b"s").inconclusive_ppm == 1_000_000


def test_only_ends_of_batches() -> None:
    """Evidence within a batch isn't read, and too few runs aren't either."""
    with pytest.raises(InputError, match="not the end of a batch"):
        open_sides(PLAN, 5, 0)
    with pytest.raises(InputError, match="at least 100"):
        chances(PLAN, 8, 0, 0, seed=b"s", runs=10)
