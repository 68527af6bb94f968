# SPDX-License-Identifier: Apache-2.0
"""What stands beside a determination, so that nobody reads more out of it than it holds (R14, R17).

    beside(plan, outcomes, items, tokens_planned=…)     →  the value behind `determination.beside`

- an e-process: the strict claim "above the cut" or "below it", without an indifference zone, valid
  whenever one stops (``statistics.eprocess``)
- what the answer would be if all difficulties lay one or two standard errors of their calibration
  lower or higher: the kernel is run again on the shifted plan
- what it would be if the missing items had been solved, or failed
- where a person decided held scores: what it would be had nobody done so
- how the share of solved items grew with the tokens an item was given: a floor is not a ceiling
- whether the pattern of answers fits the scale (``statistics.personfit``)
- the reference models on the same scale

With several dimensions each has its own claim, at a confidence that lets all of them hold together
(1 − 5 %/D, Bonferroni); what is supposed is answered by all of them together.

None of it decides anything. It can give the cut away, so it is opened to whom the plan is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from proofhouse.bank import calibration
from proofhouse.rules.battery import Battery, gathered
from proofhouse.rules.determination import Outcome, Plan
from proofhouse.rules.supposing import answer, budget_curve, missing_as
from proofhouse.statistics.eprocess import METHOD, anytime_claim
from proofhouse.statistics.personfit import PersonFit, exact_fit

ERROR_PPM = 50_000
"""Of all that is claimed of one case together: each dimension has an equal part of it."""

SHIFTS = (-2, -1, 1, 2)
"""Standard errors by which all difficulties are moved together."""


def confidence_ppm(dimensions: int) -> int:
    """At which each of so many dimensions is spoken of, so that all hold at 95 % together."""
    return 1_000_000 - ERROR_PPM // dimensions


def beside(
    plan: Battery,
    outcomes: Mapping[str, Outcome],
    items: Sequence[Mapping[str, Any]],
    *,
    tokens_planned: int,
    undecided: str | None = None,
) -> dict[str, Any]:
    """The value; ``items`` are the opened outcomes of the run, ``outcomes`` their words by id.

    Held scores are in both as they were decided; ``undecided`` is the answer without that.
    """
    spent = sum(item["inputTokens"] + item["outputTokens"] for item in items)
    return {
        **({} if undecided is None else {"undecided": undecided}),
        "eProcess": gathered(
            {
                name: _claim(test, of_test(test, outcomes), confidence_ppm(len(plan.tests)))
                for name, test in plan.tests
            }
        ),
        "sensitivity": [_shifted(plan, outcomes, shift) for shift in SHIFTS],
        "missing": {
            "items": sum(word == "missing" for word in outcomes.values()),
            "ifSolved": answer(plan, missing_as(outcomes, "solved")),
            "ifFailed": answer(plan, missing_as(outcomes, "failed")),
        },
        "cost": {"items": len(items), "tokens": spent, "tokensPlanned": tokens_planned},
        "budgetCurve": budget_curve(items),
        "personFit": _fit(person_fit(plan, outcomes)),
        "referenceModels": [
            {
                "name": reference.name,
                "estimateMicrologits": reference.micrologits,
                "standardErrorMicrologits": reference.standard_error_micrologits,
            }
            for reference in calibration.shipped().references
        ],
    }


def of_test(test: Plan, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """The outcomes of one dimension's items."""
    return {item.id: outcomes[item.id] for item in test.items if item.id in outcomes}


def _claim(plan: Plan, outcomes: Mapping[str, Outcome], confidence_ppm: int) -> dict[str, Any]:
    needed = math.ceil(-math.log1p(-confidence_ppm / 1e6) * 1e6)
    if not outcomes:
        above = below = 0
    else:
        made = anytime_claim(
            plan.items, outcomes, plan.cut_micrologits, confidence_ppm=confidence_ppm
        )
        above, below = made.above_cut_micronats, made.below_cut_micronats
    claim = "above" if above >= needed else "below" if below >= needed else "none"
    return {
        "claim": claim,
        "aboveCutMicronats": above,
        "belowCutMicronats": below,
        "neededMicronats": needed,
        "confidencePpm": confidence_ppm,
        "method": METHOD,
    }


def _shifted(plan: Battery, outcomes: Mapping[str, Outcome], shift: int) -> dict[str, Any]:
    """The answer if every item were harder by ``shift`` standard errors of its level."""
    moved = {name: _moved(test, shift) for name, test in plan.tests}
    shifted = Battery.of(moved, plan.alpha_ppm)
    return {"standardErrors": shift, "outcome": answer(shifted, outcomes)}


def _moved(plan: Plan, shift: int) -> Plan:
    table = calibration.shipped()

    def moved(family: str, level: int, difficulty: int) -> int:
        return difficulty + shift * table.difficulty(family, level).standard_error_micrologits

    return Plan.weigh(
        tuple(
            (i.id, i.family, i.level, i.index, moved(i.family, i.level, d), i.slope_ppm)
            for i in plan.items
            for d in (i.difficulty_micrologits,)
        ),
        batch_size=plan.batch_size,
        minimum_items=plan.minimum_items,
        maximum_items=plan.maximum_items,
        cut_micrologits=plan.cut_micrologits,
        zone_micrologits=plan.zone_micrologits,
        alpha_ppm=plan.alpha_ppm,
        beta_ppm=plan.beta_ppm,
    )


def person_fit(plan: Battery, outcomes: Mapping[str, Outcome]) -> PersonFit | None:
    """How well the pattern of answers fits the scale; None unless slopes are alike.

    With several dimensions: the least likely pattern among them, its probability times their
    number (Bonferroni), so that an alarm is as rare whatever their number.
    """
    found = [_fit_of_test(test, outcomes) for _, test in plan.tests]
    told = [made for made in found if made is not None]
    if not told:
        return None
    odd = min(told, key=lambda made: made.p_value_ppm)
    return replace(odd, p_value_ppm=min(1_000_000, odd.p_value_ppm * len(plan.tests)))


def _fit_of_test(plan: Plan, outcomes: Mapping[str, Outcome]) -> PersonFit | None:
    scored = [item for item in plan.items if outcomes.get(item.id) in ("solved", "failed")]
    slopes = {item.slope_ppm for item in scored}
    if len(slopes) != 1:
        return None
    return exact_fit(
        [outcomes[item.id] == "solved" for item in scored],
        [item.difficulty_micrologits for item in scored],
        slopes.pop(),
        b"proofhouse/person-fit/v1".ljust(32, b"\0"),
    )


def _fit(made: PersonFit | None) -> dict[str, Any] | None:
    return None if made is None else {"pPpm": made.p_value_ppm, "method": made.method}
