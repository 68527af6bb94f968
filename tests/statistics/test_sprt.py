# SPDX-License-Identifier: Apache-2.0
"""The simulated test is the kernel's test, and its error rates are the true ones."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.rules.determination import Outcome, Plan, determine, next_batch
from proofhouse.statistics.rasch import probability
from proofhouse.statistics.sprt import Boundaries, Scale, decide, operating_characteristic

SEED = b"test" * 8


def plan(count: int = 40, *, batch: int = 5, zone: int = 600_000, slope: int = 1_000_000) -> Plan:
    spots = (-700_000, 0, 250_000, 900_000)
    rows = tuple(
        (f"{'ab'[i % 2]}/{i % 4}/{i:02d}", "ab"[i % 2], i % 4, i, spots[i % 4], slope)
        for i in range(count)
    )
    return Plan.weigh(
        rows,
        batch_size=batch,
        minimum_items=10,
        maximum_items=count,
        cut_micrologits=100_000,
        zone_micrologits=zone,
        alpha_ppm=50_000,
        beta_ppm=50_000,
    )


def exact_rates(of: Plan, ability: float) -> tuple[float, float, float]:
    """P(COVERED), P(NOT_COVERED) and mean items, by adding up the evidence's distribution.

    Another route than the code under test: no runs, only the law of total probability.
    """
    here: dict[int, float] = {0: 1.0}
    covered = not_covered = mean = 0.0
    for taken, item in enumerate(of.items, start=1):
        p = float(probability(ability, item.difficulty_micrologits / 1e6, item.slope_ppm / 1e6))
        after: dict[int, float] = defaultdict(float)
        for evidence, weight in here.items():
            after[evidence + item.solved_micronats] += weight * p
            after[evidence + item.failed_micronats] += weight * (1 - p)
        here = dict(after)
        last = taken == len(of.items)
        if taken >= of.minimum_items and (taken % of.batch_size == 0 or last):
            for evidence in list(here):
                if evidence >= of.upper_micronats:
                    covered += here[evidence]
                    mean += taken * here.pop(evidence)
                elif evidence <= of.lower_micronats:
                    not_covered += here[evidence]
                    mean += taken * here.pop(evidence)
    return covered, not_covered, mean + len(of.items) * sum(here.values())


@pytest.mark.parametrize("count", [40, 13, 10])
@pytest.mark.parametrize("batch", [1, 4, 7])
def test_decide_plays_the_kernel(count: int, batch: int) -> None:
    """On random outcomes with missing ones, arrays and integer kernel agree run by run."""
    small = plan(count, batch=batch, zone=900_000)
    random = np.random.default_rng(count * batch)
    solved = random.random((120, count)) < random.random((120, 1))
    missing = random.random((120, count)) < random.choice([0.0, 0.1, 0.5], (120, 1))
    made = decide(
        Boundaries.of(small),
        np.array([item.solved_micronats for item in small.items]),
        np.array([item.failed_micronats for item in small.items]),
        solved,
        missing,
    )
    verdicts = {1: "COVERED", -1: "NOT_COVERED", 0: "INCONCLUSIVE"}
    for run in range(120):
        given: dict[str, Outcome] = {}
        while waiting := next_batch(small, given):
            for item in waiting:
                gone, right = missing[run, item.index], solved[run, item.index]
                given[item.id] = "missing" if gone else "solved" if right else "failed"
        expected = determine(small, given)
        assert verdicts[int(made.verdict[run])] == expected.outcome
        assert made.items[run] == expected.items_used
    assert len(set(made.verdict)) == 3


def test_simulated_rates_are_the_exact_ones() -> None:
    """Simulated shares and mean length lie within sampling error of the exact distribution's."""
    small = plan()
    made = operating_characteristic(small, [100_000, 1_500_000], 40_000, SEED)
    assert [point.ability_micrologits for point in made.points] == [
        -500_000, 100_000, 700_000, 1_500_000,
    ]  # fmt: skip
    for point in made.points:
        covered, not_covered, mean = exact_rates(small, point.ability_micrologits / 1e6)
        # 4.5 standard errors of 40,000 runs at the worst share
        assert point.covered.estimate_ppm / 1e6 == pytest.approx(covered, abs=0.0113)
        assert point.not_covered.estimate_ppm / 1e6 == pytest.approx(not_covered, abs=0.0113)
        assert point.mean_items_milli / 1e3 == pytest.approx(mean, abs=0.3)
    assert exact_rates(small, -0.5)[0] <= made.false_covered_upper_ppm / 1e6


def test_walds_bound_holds_exactly() -> None:
    """On a scale that is exactly right, both errors at the zone's edges are within Wald's bound."""
    for batch in (1, 5, 10):
        small = plan(batch=batch)
        assert exact_rates(small, -0.5)[0] <= 0.05 / 0.95
        assert exact_rates(small, 0.7)[1] <= 0.05 / 0.95


def test_uncertain_scale_raises_the_error() -> None:
    """Difficulties that stray from the scale raise the stated error; alike for families."""
    small = plan()
    sure = operating_characteristic(small, [], 8_000, SEED)
    for scale in (Scale(family_sd_micrologits=600_000), Scale(level_sd_micrologits=900_000)):
        unsure = operating_characteristic(small, [], 8_000, SEED, scale=scale)
        assert unsure.false_covered_ppm > sure.false_covered_upper_ppm
        assert unsure.false_not_covered_ppm > sure.false_not_covered_upper_ppm
        assert unsure.scale == scale


def test_missing_outcomes_raise_the_inconclusive_share_not_the_errors() -> None:
    """With a tenth of all outcomes missing, errors do not grow and INCONCLUSIVE does."""
    small = plan()
    full = operating_characteristic(small, [], 8_000, SEED)
    holed = operating_characteristic(small, [], 8_000, SEED, missing_ppm=100_000)
    assert holed.false_covered_ppm <= full.false_covered_upper_ppm
    assert holed.false_not_covered_ppm <= full.false_not_covered_upper_ppm
    for before, after in zip(full.points, holed.points, strict=True):
        assert after.inconclusive.estimate_ppm > before.inconclusive.estimate_ppm + 50_000


def test_simulation_is_reproducible_and_per_ability() -> None:
    """The same seed gives the same figures, also for an ability asked for among others."""
    small = plan()
    one = operating_characteristic(small, [0], 500, SEED)
    many = operating_characteristic(small, [0, 1_000_000], 500, SEED)
    assert one == operating_characteristic(small, [0], 500, SEED)
    assert one.points == tuple(p for p in many.points if p.ability_micrologits != 1_000_000)
    assert one != operating_characteristic(small, [0], 500, b"other" * 8)


def test_characteristic_has_integers_only() -> None:
    """What a statement may carry holds no float."""

    def leaves(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        if isinstance(value, list):
            return [leaf for inner in value for leaf in leaves(inner)]
        return [value]

    value = operating_characteristic(plan(), [], 100, SEED, missing_ppm=1).to_dict()
    assert {type(leaf) for leaf in leaves(value)} == {int, str}


def test_impossible_simulations_are_refused() -> None:
    """Too few runs, impossible shares and negative spreads are input errors."""
    with pytest.raises(InputError):
        operating_characteristic(plan(), [], 99, SEED)
    with pytest.raises(InputError):
        operating_characteristic(plan(), [], 100, SEED, missing_ppm=1_000_001)
    with pytest.raises(InputError):
        Scale(item_sd_micrologits=-1)
