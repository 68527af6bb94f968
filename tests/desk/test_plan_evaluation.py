# SPDX-License-Identifier: Apache-2.0
"""Plans that decide: when a pattern of answers calls for a person, when a plan is refused."""

from __future__ import annotations

from typing import Any

import pytest

from proofhouse.desk import measure, plan_evaluation
from proofhouse.errors import RefusedError
from proofhouse.rules.determination import Plan

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
