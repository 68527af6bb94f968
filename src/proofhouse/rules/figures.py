# SPDX-License-Identifier: Apache-2.0
"""The figures about a model, opened, held against the run that they are of (R14).

    check_ability(value, ran, scales)     the ability beside a determination
    check_beside(value, ran, stated)      what else stands beside a determination
    check_findings(value, stated, ran)    what a deeper run showed

Counts are made again from the outcomes, level by level where these are opened and in sum where they
are not. An interval that is told as Clopper and Pearson's is made again exactly (``intervals``).
Of any other, and of the ability's own estimate, only the order low ≤ estimate ≤ high is held (a
strict claim needs −ln(1 − confidence), and never contradicts the determination beside it), and
``not_made_again`` names them: they need numerics that an outsider's check does without.

Titles, severities and sentences of findings are their assessor's words; nothing is held of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from proofhouse.errors import VerificationError
from proofhouse.rules.determination import Plan
from proofhouse.rules.intervals import METHOD, MILLION, is_exact
from proofhouse.rules.registration import Entry
from proofhouse.rules.runs import Ran, same
from proofhouse.rules.supposing import answer, budget_curve, missing_as

SHIFTS = (-2, -1, 1, 2)
"""By how many standard errors of the difficulties the answer is tried."""

Row = tuple[int, int, int]
"""Level, items solved, items scored."""


def check_ability(value: Mapping[str, Any], ran: Ran, scales: Collection[str] | None) -> None:
    """Hold the ability against its run, and against the threshold's ``scales`` if it is opened."""
    if scales is not None and value["scale"] not in scales:
        raise VerificationError("The ability is told on another scale than the threshold's.")
    _in_order("ability", value, "Micrologits")
    rows = value["byLevel"]
    levels = [row["level"] for row in rows]
    if levels != sorted(set(levels)):
        raise VerificationError("The ability's levels are not each told once, in rising order.")
    for row in rows:
        if row["solved"] + row["missing"] > row["items"]:
            raise VerificationError(
                f"The ability counts more than all items of level {row['level']}."
            )
    stated = ran.ended.predicate
    for name in ("solved", "missing"):
        same("ability", f"number of {name} items", sum(row[name] for row in rows), stated[name])
    seen = sum(stated[name] for name in ("solved", "failed", "missing"))
    same("ability", "number of items", sum(row["items"] for row in rows), seen)
    if ran.items is not None:
        told = [(r["level"], r["solved"], r["items"] - r["missing"]) for r in rows]
        same("ability", "count by level", told, list(_rows(ran.items)))
    for row in rows:
        _interval(
            f"level {row['level']} of the ability",
            (row["solved"], row["items"] - row["missing"]),
            {**row, "confidencePpm": value["confidencePpm"], "method": value["byLevelMethod"]},
        )


def check_beside(value: Mapping[str, Any], ran: Ran, determined: Entry) -> None:
    """Hold what stands beside a determination against its run: cost, missing data, claim."""
    stated, cost = ran.ended.predicate, value["cost"]
    spent = stated["inputTokens"] + stated["outputTokens"]
    same("beside", "number of tokens", cost["tokens"], spent)
    same("beside", "number of missing items", value["missing"]["items"], stated["missing"])
    budget = ran.planned.predicate["budgets"]["tokens"]
    same("beside", "planned tokens", cost["tokensPlanned"], budget)
    claim = value["eProcess"]
    reached = {
        "above": claim["aboveCutMicronats"] >= claim["neededMicronats"],
        "below": claim["belowCutMicronats"] >= claim["neededMicronats"],
        "none": True,
    }
    needed = -(1 - Decimal(claim["confidencePpm"]) / MILLION).ln() * MILLION
    if abs(claim["neededMicronats"] - needed) > 1:
        raise VerificationError("A strict claim needs other evidence than its confidence asks for.")
    if not reached[claim["claim"]]:
        raise VerificationError("A strict claim is made, and its e-process does not reach it.")
    against = {"above": "NOT_COVERED", "below": "COVERED"}.get(claim["claim"])
    if determined.predicate["outcome"] == against:
        raise VerificationError(
            f"The strict claim lies {claim['claim']} the cut, and the determination says {against}."
        )
    shifts = [row["standardErrors"] for row in value["sensitivity"]]
    same("beside", "shifts of difficulty", shifts, list(SHIFTS))
    names = [model["name"] for model in value["referenceModels"]]
    planned = list(ran.planned.predicate["referenceModels"])
    same("beside", "reference models", sorted(names), sorted(planned))
    if ran.items is not None:
        same("beside", "number of items", cost["items"], len(ran.items))
        same("beside", "budget curve", value["budgetCurve"], budget_curve(ran.items))
    if ran.items is not None and ran.plan is not None:
        plan = Plan.parse(ran.plan)
        for name, word in (("ifSolved", "solved"), ("ifFailed", "failed")):
            made = answer(plan, missing_as(ran.outcomes, word))  # type: ignore[arg-type]
            same("beside", f"answer {name}", value["missing"][name], made)


def check_findings(value: Mapping[str, Any], stated: Entry, ran: Ran) -> None:
    """Hold findings against their statement and their run: one for each level solved at all."""
    found = value["findings"]
    same("findings", "count", stated.predicate["count"], len(found))
    if len({finding["id"] for finding in found}) != len(found):
        raise VerificationError("Two findings have the same id.")
    counts = ran.ended.predicate
    solved, scored = counts["solved"], counts["solved"] + counts["failed"]
    same("findings", "number of solved items", sum(f["solved"] for f in found), solved)
    if sum(finding["items"] for finding in found) > scored:
        raise VerificationError("The findings count more items than the run scored.")
    if ran.items is not None:
        rows = [(solved_, scored_) for _, solved_, scored_ in _rows(ran.items) if solved_]
        told = [(finding["solved"], finding["items"]) for finding in found]
        same("findings", "count by level", told, rows)
    for finding in found:
        if not 0 < finding["solved"] <= finding["items"]:
            raise VerificationError(
                f"The finding {finding['id']} was solved in {finding['solved']} of "
                f"{finding['items']} items."
            )
        _interval(f"finding {finding['id']}", (finding["solved"], finding["items"]), finding)
    these, like = value["benchmarkAccuracy"], value["generalisedAccuracy"]
    for name, share in (("benchmark accuracy", these), ("generalised accuracy", like)):
        _in_order(name, share, "Ppm")
        if scored and abs(share["estimatePpm"] * scored - solved * MILLION) > scored:
            same(name, "estimate", share["estimatePpm"], solved * MILLION // scored)
    _interval("benchmark accuracy", (solved, scored), these)
    if like["lowPpm"] > these["lowPpm"] + 1 or like["highPpm"] < these["highPpm"] - 1:
        raise VerificationError(
            "The generalised accuracy claims to be surer than the benchmark accuracy: items like "
            "these can't be known better than these items."
        )


def not_made_again(ability: Mapping[str, Any] | None, findings: Mapping[str, Any] | None) -> str:
    """The opened figures whose method is not made again here, in words; empty if there are none."""
    names = []
    if ability is not None:
        names.append("the ability's estimate and interval, e-process, simulation and sensitivity")
        if METHOD not in ability["byLevelMethod"]:
            names.append("its intervals by level")
    if findings is not None:
        names += [
            f"the interval of finding {finding['id']}"
            for finding in findings["findings"]
            if METHOD not in finding["method"]
        ]
        if METHOD not in findings["benchmarkAccuracy"]["method"]:
            names.append("the interval of the benchmark accuracy")
        names.append("the interval of the generalised accuracy")
    return ", ".join(names)


def _rows(items: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    counted = Counter((item["level"], item["outcome"]) for item in items)
    for level in sorted({item["level"] for item in items}):
        solved = counted[level, "solved"]
        yield level, solved, solved + counted[level, "failed"]


def _in_order(what: str, value: Mapping[str, Any], unit: str) -> None:
    if not value[f"low{unit}"] <= value[f"estimate{unit}"] <= value[f"high{unit}"]:
        raise VerificationError(f"The estimate of the {what} lies outside its own interval.")


def _interval(what: str, counts: tuple[int, int], value: Mapping[str, Any]) -> None:
    solved, scored = counts
    low, high = value["lowPpm"], value["highPpm"]
    if low > high:
        raise VerificationError(f"The interval of {what} ends before it begins.")
    if METHOD in value["method"] and not is_exact(
        solved, scored, value["confidencePpm"], low_ppm=low, high_ppm=high
    ):
        raise VerificationError(
            f"The interval of {what}, {low} to {high} ppm, is not the exact one of {solved} solved "
            f"among {scored}."
        )
    if not low * scored - scored <= solved * MILLION <= high * scored + scored:
        raise VerificationError(
            f"The interval of {what}, {low} to {high} ppm, excludes its own share, {solved} solved "
            f"among {scored}."
        )
