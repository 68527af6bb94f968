# SPDX-License-Identifier: Apache-2.0
"""What stands beside a determination: read from its opening, told in words, shut where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofhouse.views import CaseView, Sealed, case_view, plain, summary_lines, supposing
from proofhouse.views.values import (
    OPEN_MICROLOGITS,
    Ability,
    Beside,
    Design,
    PersonFit,
    Shifted,
    Simulation,
    StrictClaim,
)
from views import cases

CLAIM = StrictClaim("", "above", 3_812_000, -2_401_000, 2_995_733, 950_000, "a method")


def view_of(told: cases.Told) -> CaseView:
    return case_view(told.case, told.record, told.opened)


def beside_of(view: CaseView) -> Beside:
    assert view.determination is not None
    assert isinstance(view.determination.beside, Beside)
    return view.determination.beside


def simulation_of(view: CaseView) -> Simulation:
    assert view.plan is not None
    assert isinstance(view.plan.design, Design)
    (only,) = view.plan.design.simulations
    return only


def ability(low: int, high: int) -> Ability:
    return Ability("", "scale", 0, low, high, 950_000, "method", "assumptions", (), "")


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-1_439_190, 2_090_000, "−1.44 to +2.09"),
        (-1_439_190, OPEN_MICROLOGITS, "from −1.44, no upper end"),
        (-OPEN_MICROLOGITS, 2_090_000, "up to +2.09, no lower end"),
        (-OPEN_MICROLOGITS, OPEN_MICROLOGITS, "without an end on either side"),
        (-(10**15), 10**15, "without an end on either side"),
        (1 - OPEN_MICROLOGITS, OPEN_MICROLOGITS - 1, "−20.00 to +20.00"),
    ],
)
def test_an_end_that_there_is_not_has_no_number(low: int, high: int, told: str) -> None:
    """±20 logits, or anything beyond, stands for an open end and is said so."""
    assert supposing.interval(ability(low, high)) == told


def test_the_summary_says_that_there_is_no_upper_end() -> None:
    """No terminal reads “+20.00” where the items taken can't bound the model."""
    told = cases.covered()
    committed = told.entry("determination").predicate["ability"]["salted"]
    told.opened[committed]["highMicrologits"] = OPEN_MICROLOGITS
    (line,) = (row for row in summary_lines(view_of(told)) if row.startswith("ability"))
    assert line == "ability     +2.90 logits (95% interval from +2.09, no upper end)"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (CLAIM, "above the threshold itself, with no zone around it: 45 to 1; it takes 20 to 1"),
        (
            replace(CLAIM, claim="below", below_micronats=40_000_000),
            "below the threshold itself, with no zone around it: over a million to 1; it takes "
            "20 to 1",
        ),
        (
            replace(CLAIM, claim="none", above_micronats=812_000),
            "none: 2.3 to 1 for above the threshold itself; it takes 20 to 1",
        ),
        (
            replace(CLAIM, claim="none", above_micronats=-5, below_micronats=693_000),
            "none: 2.0 to 1 for below the threshold itself; it takes 20 to 1",
        ),
        (
            replace(CLAIM, claim="none", above_micronats=0, below_micronats=-1),
            "none: the outcomes speak for neither side of the threshold itself; it takes 20 to 1",
        ),
    ],
)
def test_a_strict_claim_is_told_as_odds(made: StrictClaim, said: str) -> None:
    """What it claims, with which odds, and what it takes; odds are never shown the wrong way."""
    assert supposing.claim(made) == said


def test_another_answer_is_marked_as_another() -> None:
    """Scored as failed, ten missing items would have made NOT_COVERED of INCONCLUSIVE."""
    rows = supposing.supposed(beside_of(view_of(cases.inconclusive())), "INCONCLUSIVE")
    assert [(row.supposition, row.answer) for row in rows if row.changes] == [
        ("10 missing items scored as failed", "NOT_COVERED")
    ]
    assert rows[0].supposition == "All items 2 standard errors easier than calibrated"
    assert rows[3].supposition == "All items 2 standard errors harder than calibrated"


def test_no_supposition_is_made_about_items_that_are_not_missing() -> None:
    """Where nothing is missing there is nothing to score another way."""
    rows = supposing.supposed(beside_of(view_of(cases.not_covered())), "NOT_COVERED")
    assert len(rows) == 4
    assert not any("missing" in row.supposition for row in rows)


def test_a_shift_that_changes_the_answer_is_named_in_the_summary() -> None:
    """By how many standard errors, which way, and what the answer would be."""
    beside = beside_of(view_of(cases.covered()))
    shifted = (Shifted(-2, "COVERED"), Shifted(1, "COVERED"), Shifted(2, "INCONCLUSIVE"))
    told = supposing.shifts(replace(beside, shifted=shifted), "COVERED")
    assert told == "2 standard errors harder: INCONCLUSIVE"
    assert supposing.shifts(replace(beside, shifted=()), "COVERED") == "not worked out"


@pytest.mark.parametrize(
    ("made", "begins"),
    [
        (None, "Not tested"),
        (PersonFit(1_000_000, "m"), "Nothing odd: 100%"),
        (PersonFit(10_001, "m"), "Nothing odd: 1%"),
        (PersonFit(10_000, "m"), "An odd pattern"),
        (PersonFit(0, "m"), "An odd pattern, hard items solved and easy ones failed: only 0%"),
    ],
)
def test_a_pattern_is_odd_from_one_in_a_hundred(made: PersonFit | None, begins: str) -> None:
    """One in a hundred or rarer is called odd, and what was not tested is said not to be."""
    assert supposing.fit(made).startswith(begins)


def test_the_worst_scenario_is_the_nearest_to_what_is_declared() -> None:
    """Upper bounds are weighed by what the plan declares of each error."""
    played = simulation_of(view_of(cases.covered()))
    stated, flat = played.scenarios
    assert supposing.worst(played, 50_000, 50_000) is flat
    other = replace(stated, name="other", false_not_covered_upper_ppm=30_000)
    both = replace(played, scenarios=(other, replace(flat, false_not_covered_upper_ppm=1)))
    assert supposing.worst(both, 50_000, 10_000) is other
    assert "at most 3.4% wrong COVERED and 3% wrong NOT_COVERED" in supposing.errors(
        both, 50_000, 10_000
    )


def test_leakage_is_told_without_the_place_of_the_cut() -> None:
    """How narrowly, never where."""
    told = supposing.leakage(simulation_of(view_of(cases.covered())))
    assert "1.85 of the at most 3.00 bits" in told
    assert "within 2.90 of the 10.30 logits" in told
    assert plain.logits(cases.CUT) not in told


def test_what_was_simulated_stays_shut_while_the_threshold_is() -> None:
    """Simulated abilities lie about the cut: an opened design gives none of them away."""
    told = cases.covered().seal(("threshold-commitment", "threshold"))
    played = simulation_of(view_of(told))
    assert [one.points for one in played.scenarios] == [(), ()]
    assert played.scenarios[1].false_covered_ppm == 31_000


def test_a_bundle_that_shows_outcomes_shows_the_budget_curve() -> None:
    """Counted from the outcomes it is the stated one, even where that is sealed."""
    stated = view_of(cases.covered()).curve
    counted = view_of(cases.covered().seal(("determination", "beside"))).curve
    assert stated == counted
    assert stated is not None
    assert stated.steps[-1].solved == 13
    shut = cases.covered().seal(("determination", "beside"), ("run-ended", "outcomes"))
    assert view_of(shut).curve is None


def test_other_counts_beside_the_determination_are_a_contradiction() -> None:
    """The run's statement and what stands beside the determination count the same items."""
    told = cases.covered()
    committed = told.entry("determination").predicate["beside"]["salted"]
    assert view_of(told).contradictions == ()
    told.opened[committed]["missing"]["items"] = 2
    (sentence,) = view_of(told).contradictions
    assert "counts 15 items, 2 of them missing; the run’s statement 15 and 1." in sentence


SPOILT: list[tuple[str, str, Callable[[dict[str, Any]], object]]] = [
    ("determination", "beside", lambda v: v["budgetCurve"].reverse()),
    ("determination", "beside", lambda v: v["budgetCurve"][-1].update(solved=10_000)),
    ("determination", "beside", lambda v: v["budgetCurve"][0].update(solved=0)),
    ("determination", "beside", lambda v: v["sensitivity"].reverse()),
    ("determination", "beside", lambda v: v["referenceModels"][0].update(extra=1)),
    ("plan", "design", lambda v: v["simulation"]["scenarios"][0]["points"].reverse()),
    ("plan", "design", lambda v: v["simulation"].update(scenarios=[])),
    (
        "plan",
        "design",
        lambda v: v["simulation"]["scenarios"][0]["points"][0]["covered"].update(lowPpm=990_000),
    ),
]


@pytest.mark.parametrize(("statement", "field", "spoil"), SPOILT)
def test_what_no_picture_can_show_is_not_readable(
    statement: str, field: str, spoil: Callable[[dict[str, Any]], object]
) -> None:
    """A curve that falls, points that go back, an empty interval: opened, but not readable."""
    told = cases.covered()
    value = told.opened[told.entry(statement).predicate[field]["salted"]]
    spoil(value)
    view = view_of(told)
    assert view.determination is not None
    assert view.plan is not None
    read = view.plan.design if field == "design" else view.determination.beside
    assert isinstance(read, Sealed)
    assert read.why == "not readable"
