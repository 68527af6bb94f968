# SPDX-License-Identifier: Apache-2.0
"""A desk builds, simulates and weighs a plan in three calls, and a useless plan is refused."""

from __future__ import annotations

from typing import Any

import pytest

from proofhouse.errors import InputError
from proofhouse.rules.determination import Plan
from proofhouse.statistics.plan import build_plan, leak, simulate
from proofhouse.statistics.selection import Mix
from proofhouse.statistics.sprt import Scale

SEED = bytes(range(32))
BANK = [
    (f"{family}/{level}/{index:02d}", (level - 3) * 800_000 + shift)
    for family, shift in (("memory-flaw", 0), ("logic-flaw", 150_000))
    for level in range(1, 6)
    for index in range(12)
]


def build(**changes: Any) -> Plan:
    arguments: dict[str, Any] = {
        "difficulties": BANK,
        "cut": 200_000,
        "zone": 693_147,
        "alpha_ppm": 50_000,
        "beta_ppm": 50_000,
        "batch_size": 5,
        "minimum_items": 10,
        "maximum_items": 60,
        "seed": SEED,
    }
    return build_plan(**(arguments | changes))


def test_plan_is_reproducible_and_consistent() -> None:
    """The same arguments give the same plan, which survives being sealed and read again."""
    built = build()
    assert built == build()
    assert Plan.parse(built.to_dict()) == built
    assert built.items != build(seed=bytes(32)).items
    assert len(built.items) == 60
    difficulties = dict(BANK)
    for item in built.items:
        assert item.id == f"{item.family}/{item.level}/{item.index:02d}"
        assert item.difficulty_micrologits == difficulties[item.id]


def test_families_share_the_plan() -> None:
    """Without a blueprint every family gets the same number of items, at any stop."""
    built = build()
    for stop in range(10, 61, 5):
        served = [item.family for item in built.items[:stop]]
        assert abs(served.count("memory-flaw") - served.count("logic-flaw")) <= 1


def test_foreign_identifiers_belong_to_the_family_before_the_slash() -> None:
    """Items of another package keep their names and their task as family."""
    built = build(difficulties=[(f"cybench/task {i}", i * 20_000) for i in range(40)])
    assert {item.family for item in built.items} == {"cybench"}
    assert {item.level for item in built.items} == {0}
    assert all(item.difficulty_micrologits == item.index * 20_000 for item in built.items)


def test_errors_within_what_was_declared() -> None:
    """Simulated on the scale as stated, both upper bounds lie under twice the declared error.

    Wald's bound is 0.0526 here; what is above it is the confidence bound of 10,000 runs.
    """
    made = simulate(build(), seed=SEED, runs=10_000)
    assert made.false_covered_upper_ppm < 57_000
    assert made.false_not_covered_upper_ppm < 57_000
    assert len(made.points) == 9
    far_below, far_above = made.points[0], made.points[-1]
    assert far_below.not_covered.estimate_ppm > 990_000
    assert far_above.covered.estimate_ppm > 990_000
    middle = made.points[4]
    assert middle.ability_micrologits == 200_000
    assert middle.mean_items_milli > far_above.mean_items_milli
    unsure = simulate(build(), seed=SEED, runs=2_000, scale=Scale(family_sd_micrologits=700_000))
    assert unsure.false_covered_ppm > made.false_covered_upper_ppm


def test_cut_lies_among_those_an_observer_holds_possible() -> None:
    """The observer's set holds the cut and is wider than a level; without spread it is narrower."""
    known = leak(build(), BANK)
    assert known.low_micrologits <= 200_000 <= known.high_micrologits
    assert known.width_micrologits > 800_000
    sharp = Mix(aim_spread_micrologits=0)
    assert leak(build(mix=sharp), BANK, mix=sharp).width_micrologits < known.width_micrologits


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": b"short"}, "The seed has 5 bytes"),
        ({"maximum_items": 0}, "The maximum of items"),
        ({"maximum_items": 10_001}, "The maximum of items"),
        ({"maximum_items": True}, "The maximum of items"),
        ({"minimum_items": 9}, "minimumItems is 9"),
        ({"difficulties": BANK[:9]}, "It may list 10 to 60"),
        ({"difficulties": []}, "It may list 10 to 60"),
        ({"difficulties": BANK + BANK[:1]}, "twice"),
        ({"zone": 10_000}, "could not decide even if all were solved"),
        ({"zone": 0}, "zoneMicrologits is 0"),
        ({"zone": 693_147.2}, "zoneMicrologits is"),
        ({"cut": 50_000_000}, "could not decide"),
        ({"alpha_ppm": 500_000}, "alphaPpm is 500000"),
        ({"mix": Mix(blueprint=(("range", 1),))}, "has none"),
    ],
)
def test_useless_plan_is_refused(changes: dict[str, Any], message: str) -> None:
    """What could never decide, or isn't well-formed, is an input error before it is sealed."""
    with pytest.raises(InputError, match=message):
        build(**changes)


def test_leak_wants_the_bank_of_the_plan() -> None:
    """Another bank than the plan's is refused, not silently used."""
    with pytest.raises(InputError, match="not built from this bank"):
        leak(build(), BANK[:50])
