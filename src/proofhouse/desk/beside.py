# SPDX-License-Identifier: Apache-2.0
"""What stands beside a determination, so that nobody reads more out of it than it holds (R14, R17).

    beside(plan, outcomes, items, tokens_planned=…)     →  the value behind `determination.beside`

- an e-process: the strict claim "above the cut" or "below it", without an indifference zone, valid
  whenever one stops (``statistics.eprocess``)
- what the answer would be if all difficulties lay one or two standard errors of their calibration
  lower or higher: the kernel is run again on the shifted plan
- what it would be if the missing items had been solved, or failed
- how the share of solved items grew with the tokens an item was given: a floor is not a ceiling
- whether the pattern of answers fits the scale (``statistics.personfit``)
- the reference models on the same scale

None of it decides anything. It can give the cut away, so it is opened to whom the plan is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from proofhouse.bank import calibration
from proofhouse.rules.determination import Outcome, Plan
from proofhouse.rules.supposing import answer, budget_curve, missing_as
from proofhouse.statistics.eprocess import METHOD, anytime_claim
from proofhouse.statistics.personfit import PersonFit, exact_fit

CONFIDENCE_PPM = 950_000
SHIFTS = (-2, -1, 1, 2)
"""Standard errors by which all difficulties are moved together."""


def beside(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    items: Sequence[Mapping[str, Any]],
    *,
    tokens_planned: int,
) -> dict[str, Any]:
    """The value; ``items`` are the opened outcomes of the run, ``outcomes`` their words by id."""
    spent = sum(item["inputTokens"] + item["outputTokens"] for item in items)
    return {
        "eProcess": _claim(plan, outcomes),
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


def _claim(plan: Plan, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    needed = math.ceil(-math.log1p(-CONFIDENCE_PPM / 1e6) * 1e6)
    if not outcomes:
        above = below = 0
    else:
        made = anytime_claim(
            plan.items, outcomes, plan.cut_micrologits, confidence_ppm=CONFIDENCE_PPM
        )
        above, below = made.above_cut_micronats, made.below_cut_micronats
    claim = "above" if above >= needed else "below" if below >= needed else "none"
    return {
        "claim": claim,
        "aboveCutMicronats": above,
        "belowCutMicronats": below,
        "neededMicronats": needed,
        "confidencePpm": CONFIDENCE_PPM,
        "method": METHOD,
    }


def _shifted(plan: Plan, outcomes: Mapping[str, Outcome], shift: int) -> dict[str, Any]:
    """The answer if every item were harder by ``shift`` standard errors of its level."""
    table = calibration.shipped()

    def moved(family: str, level: int, difficulty: int) -> int:
        return difficulty + shift * table.difficulty(family, level).standard_error_micrologits

    weighed = Plan.weigh(
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
    return {"standardErrors": shift, "outcome": answer(weighed, outcomes)}


def person_fit(plan: Plan, outcomes: Mapping[str, Outcome]) -> PersonFit | None:
    """How well the pattern of answers fits the scale; None unless slopes are alike."""
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
