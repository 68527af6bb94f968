# SPDX-License-Identifier: Apache-2.0
"""Plans that decide: when a pattern of answers calls for a person, when a plan is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from proofhouse.bank import calibration, families
from proofhouse.desk import measure, plan_evaluation
from proofhouse.errors import InputError, RefusedError
from proofhouse.rules.determination import Plan
from stories import banks

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def value() -> dict[str, Any]:
    """A threshold among the levels that tell models apart."""
    found = measure.draw_threshold()
    found["dimensions"]["cyber"]["cutMicrologits"] = -2_200_000
    return found


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Six easy items and six far harder ones."""
    return Plan.weigh(
        tuple(
            (f"memory-flaw/{level}/{index:02d}", "memory-flaw", level, index, difficulty, 1_000_000)
            for index in range(6)
            for level, difficulty in ((1, -6_600_000), (6, 3_700_000))
        ),
        batch_size=4,
        minimum_items=12,
        maximum_items=12,
        cut_micrologits=0,
        zone_micrologits=2_000_000,
        alpha_ppm=50_000,
        beta_ppm=50_000,
    )


def _outcomes(plan: Plan, solved: Any) -> dict[str, str]:
    taken = plan.items[: plan.minimum_items]
    return {item.id: "solved" if solved(item.level) else "failed" for item in taken}


def test_hard_items_solved_and_easy_ones_failed_call_for_a_person(plan: Plan) -> None:
    """The reverse of the scale is an alarm; the scale itself, and nothing at all, is none."""
    alarm = plan_evaluation.alarm_of(plan.to_dict())
    assert alarm(_outcomes(plan, lambda level: level == 6))
    assert not alarm(_outcomes(plan, lambda level: level == 1))
    assert not alarm({})


def test_missing_items_raise_no_alarm(plan: Plan) -> None:
    """What was not scored says nothing about the scale."""
    alarm = plan_evaluation.alarm_of(plan.to_dict())
    assert not alarm(dict.fromkeys((item.id for item in plan.items[:12]), "missing"))


def test_a_plan_for_findings_raises_no_alarm() -> None:
    """Nothing is decided by it."""
    assert not plan_evaluation.alarm_of({"items": [], "batchSize": 6})({})


def test_too_narrow_a_zone_has_no_honest_plan(value: dict[str, Any]) -> None:
    """The refusal names the scenario and the figure that it is refused for (R14)."""
    narrow = {"dimensions": {"cyber": {**value["dimensions"]["cyber"]}}}
    narrow["dimensions"]["cyber"]["zoneMicrologits"] = 300_000
    with pytest.raises(RefusedError, match="INCONCLUSIVE at the zone's edge up to"):
        plan_evaluation.try_plan(narrow, SEED)


def test_the_simulation_keeps_what_the_plan_declares(value: dict[str, Any]) -> None:
    """Every scenario's upper bounds lie below alpha, beta and the declared share."""
    plan, made = plan_evaluation.try_plan(value, SEED)
    ((_, test),) = plan.tests
    assert len(made["cyber"].played) == 5
    for each in made["cyber"].played:
        assert each.false_covered_upper_ppm <= plan.alpha_ppm
        assert each.false_not_covered_upper_ppm <= test.beta_ppm
        assert each.inconclusive_upper_ppm <= plan_evaluation.LIMITS.inconclusive_ppm


# ---------------------------------------------------------------------------- six families


@pytest.fixture
def six(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank of six made-up families."""
    banks.made_up(monkeypatch, banks.SIX)


def test_the_plan_of_six_families_is_honest_and_short(six: None) -> None:
    """One dimension of all families passes its simulation, and is short away from the cut."""
    plan, made = plan_evaluation.try_plan(banks.threshold({"cyber": banks.SIX}), SEED)
    assert len(plan.items) == plan_evaluation.MAXIMUM_ITEMS
    counts = Counter(item.family for item in plan.items)
    assert set(counts.values()) == {10}
    assert {item.family for item in plan.items[:12]} == set(banks.SIX)
    ((_, check),) = made.items()
    assert check.refusals == ()
    edges = [check.played[0].points[place] for place in (2, 6)]
    assert max(point.mean_items_milli for point in edges) <= 16_000


@pytest.mark.parametrize("dimensions", [2, 3])
def test_several_dimensions_share_alpha_and_pass_each_by_itself(six: None, dimensions: int) -> None:
    """No simulated error is above its part of alpha, nor the declared INCONCLUSIVE in all."""
    parts = banks.parted(sorted(banks.SIX), dimensions)
    plan, made = plan_evaluation.try_plan(banks.threshold(parts), SEED)
    assert [name for name, _ in plan.tests] == sorted(parts)
    for name, test in plan.tests:
        assert test.alpha_ppm == 50_000 // dimensions
        for each in made[name].played:
            assert each.false_covered_upper_ppm <= test.alpha_ppm
            assert each.false_not_covered_upper_ppm <= test.beta_ppm
    declared = sum(check.limits.inconclusive_ppm for check in made.values())
    assert declared <= plan_evaluation.LIMITS.inconclusive_ppm


def test_the_blueprint_follows_the_population(six: None) -> None:
    """Weights become items by largest remainders; every family with weight has one."""
    value = banks.threshold({"cyber": ["a", "b", "c"]})
    value["dimensions"]["cyber"]["population"] = {"a": 900_000, "b": 99_999, "c": 1}
    plan, _ = plan_evaluation.try_plan(value, SEED)
    counts = Counter(item.family for item in plan.items)
    assert counts == {"a": 53, "b": 6, "c": 1}


@pytest.mark.parametrize(
    ("population", "message"),
    [
        ({"a": 1_000_000, "unheard-of": 1}, "No plan can be made with the family"),
        ({"a": 900_000}, "not 1 in sum"),
    ],
)
def test_a_population_that_is_none_is_refused(
    six: None, population: dict[str, int], message: str
) -> None:
    """The bodies hear of it before they commit to it for ever."""
    value = banks.threshold({"cyber": ["a"]})
    value["dimensions"]["cyber"]["population"] = population
    with pytest.raises(InputError, match=message):
        plan_evaluation.try_plan(value, SEED)


def test_a_family_in_two_dimensions_is_refused(six: None) -> None:
    """One ability would have two chances under one name."""
    with pytest.raises(InputError, match="belongs to two dimensions"):
        plan_evaluation.try_plan(banks.threshold({"x": ["a", "b"], "y": ["b", "c"]}), SEED)


def test_what_nobody_calibrated_is_left_out_and_said_so(
    six: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A family or level without an entry breaks nothing; a threshold that wants it is refused."""
    told = replace(
        calibration.shipped(),
        entries=tuple(
            e
            for e in calibration.shipped().entries
            if e.family != "b" and (e.family, e.level) != ("a", 6)
        ),
    )
    monkeypatch.setattr(calibration, "shipped", lambda: told)
    found = plan_evaluation.candidates()
    assert "b" not in found.families
    assert found.left_out == ("a/6", "b/1", "b/2", "b/3", "b/4", "b/5")
    assert "left out of plans: a/6, b/1" in found.said()
    drawn = measure.draw_threshold()["dimensions"]["cyber"]["population"]
    assert sorted(drawn) == ["a", "c", "d", "e", "f"]
    assert sum(drawn.values()) == 1_000_000
    with pytest.raises(InputError, match="No plan can be made with the family “b”"):
        plan_evaluation.try_plan(banks.threshold({"cyber": ["a", "b"]}), SEED)


@pytest.mark.parametrize("many", range(1, 9))
def test_a_plan_for_findings_is_bounded_and_spread(many: int) -> None:
    """At most thirty items, from the lowest to the highest level of every family, each alike."""
    made = {
        f"f{number}": families.Family(f"f{number}", tuple(range(1, 7)), lambda *_: None)  # type: ignore[arg-type,return-value]
        for number in range(many)
    }
    taken = plan_evaluation.findings_spread(made)
    assert len(taken) <= plan_evaluation.MOST_FINDINGS_ITEMS
    assert len(set(taken)) == len(taken)
    assert len(set(Counter(name for _, name, _ in taken).values())) == 1
    for name in made:
        levels = [level for _, one, level in taken if one == name]
        assert min(levels) == 1
        assert max(levels) == 6
