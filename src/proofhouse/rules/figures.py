# SPDX-License-Identifier: Apache-2.0
"""The figures about a model, opened, held against the run that they are of (R14).

    check_ability(told, ran, scales)              the abilities beside a determination
    check_beside(value, claims, ran, stated)      what else stands beside a determination
    check_findings(value, stated, ran)            what a deeper run showed

``told``, ``scales`` and ``claims`` are by dimension. Held scores count as they were decided
(``held``), here as in the determination. Counts are made again from the outcomes, level
by level of each family where these are opened and in sum where they are not. An interval that is
told as Clopper and Pearson's is made again exactly (``intervals``). Of any other, and of the
ability's own estimate, only the order low ≤ estimate ≤ high is held (a strict claim needs
−ln(1 − confidence), and never contradicts the determination beside it), and ``not_made_again``
names them: they need numerics that an outsider's check does without.

Titles, severities and sentences of findings are their assessor's words; nothing is held of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from proofhouse.errors import VerificationError
from proofhouse.rules.battery import Battery, families_of
from proofhouse.rules.intervals import METHOD, MILLION, is_exact
from proofhouse.rules.registration import Entry
from proofhouse.rules.replay import made_again
from proofhouse.rules.runs import Ran, same
from proofhouse.rules.supposing import answer, budget_curve, missing_as

SHIFTS = (-2, -1, 1, 2)
"""By how many standard errors of the difficulties the answer is tried."""

Row = tuple[str, int, int, int]
"""Family, level, items solved, items scored."""


def check_ability(
    told: Mapping[str, Mapping[str, Any]], ran: Ran, scales: Mapping[str, str] | None
) -> None:
    """Hold the abilities against their run, and the threshold's ``scales`` if it is opened."""
    rows: list[Mapping[str, Any]] = []
    for name, value in told.items():
        if scales is not None and value["scale"] != scales[name]:
            raise VerificationError("The ability is told on another scale than the threshold's.")
        _check_levels(value)
        rows += value["byLevel"]
    _check_sums(rows, ran)
    for value in told.values():
        for row in value["byLevel"]:
            _interval(
                f"level {row['level']} of the ability",
                (row["solved"], row["items"] - row["missing"]),
                {**row, "confidencePpm": value["confidencePpm"], "method": value["byLevelMethod"]},
            )
    if ran.plan is not None:
        _check_families(told, Battery.parse(ran.plan))


def _check_families(told: Mapping[str, Mapping[str, Any]], battery: Battery) -> None:
    """Each ability is told of the families that its dimension has items of."""
    for name, test in battery.named(list(told)).items():
        for row in told[name]["byLevel"]:
            if row["family"] not in families_of(test):
                raise VerificationError(
                    f"The ability on “{name}” counts items of “{row['family']}”, no family of it."
                )


def _check_levels(value: Mapping[str, Any]) -> None:
    _in_order("ability", value, "Micrologits")
    rows = value["byLevel"]
    levels = [(row["family"], row["level"]) for row in rows]
    if levels != sorted(set(levels)):
        raise VerificationError("The ability's levels are not each told once, in rising order.")
    for row in rows:
        if row["solved"] + row["missing"] > row["items"]:
            raise VerificationError(
                f"The ability counts more than all items of level {row['level']}."
            )


def _check_sums(rows: Sequence[Mapping[str, Any]], ran: Ran) -> None:
    counts, items = ran.counts, ran.counted
    for name in ("solved", "missing"):
        same("ability", f"number of {name} items", sum(row[name] for row in rows), counts[name])
    same("ability", "number of items", sum(row["items"] for row in rows), sum(counts.values()))
    if items is not None:
        told = [(r["family"], r["level"], r["solved"], r["items"] - r["missing"]) for r in rows]
        same("ability", "count by level", sorted(told), list(_rows(items)))


def check_beside(
    value: Mapping[str, Any],
    claims: Mapping[str, Mapping[str, Any]],
    ran: Ran,
    determined: Entry,
) -> None:
    """Hold what stands beside a determination against its run: cost, missing data, claims."""
    stated, cost = ran.ended.predicate, value["cost"]
    spent = stated["inputTokens"] + stated["outputTokens"]
    same("beside", "number of tokens", cost["tokens"], spent)
    same("beside", "number of missing items", value["missing"]["items"], ran.counts["missing"])
    budget = ran.planned.predicate["budgets"]["tokens"]
    same("beside", "planned tokens", cost["tokensPlanned"], budget)
    for claim in claims.values():
        _check_claim(claim)
    if determined.predicate["itemsUsed"] >= sum(ran.counts.values()):
        # With held scores decided, the test may end before the run did; claims are of all items.
        _check_agreement([claim["claim"] for claim in claims.values()], determined)
    shifts = [row["standardErrors"] for row in value["sensitivity"]]
    same("beside", "shifts of difficulty", shifts, list(SHIFTS))
    names = [model["name"] for model in value["referenceModels"]]
    planned = list(ran.planned.predicate["referenceModels"])
    same("beside", "reference models", sorted(names), sorted(planned))
    same("beside", "answer without decisions", "undecided" in value, bool(ran.deciding))
    items = ran.counted
    if items is not None:
        same("beside", "number of items", cost["items"], len(items))
        same("beside", "budget curve", value["budgetCurve"], budget_curve(items))
    if items is not None and ran.plan is not None:
        _check_suppositions(value, ran, items)


def _check_suppositions(
    value: Mapping[str, Any], ran: Ran, items: Sequence[Mapping[str, Any]]
) -> None:
    """The answer, had missing items been solved or failed, or had nobody decided held scores."""
    battery = Battery.parse(ran.plan)
    outcomes = {item["id"]: item["outcome"] for item in items}
    for name, word in (("ifSolved", "solved"), ("ifFailed", "failed")):
        made = answer(battery, missing_as(outcomes, word))  # type: ignore[arg-type]
        same("beside", f"answer {name}", value["missing"][name], made)
    if ran.deciding:
        without = replace(ran, deciding=(), decisions=())
        same(
            "beside",
            "answer without decisions",
            value["undecided"],
            made_again(battery, without).outcome,
        )


def _check_claim(claim: Mapping[str, Any]) -> None:
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


def _check_agreement(claims: Sequence[str], determined: Entry) -> None:
    """No claim above any cut where nothing is covered, nor below every cut where something is."""
    outcome = determined.predicate["outcome"]
    side = "above" if "above" in claims else "below" if set(claims) == {"below"} else ""
    if outcome == {"above": "NOT_COVERED", "below": "COVERED"}.get(side):
        raise VerificationError(
            f"The strict claim lies {side} the cut, and the determination says {outcome}."
        )


def check_findings(value: Mapping[str, Any], stated: Entry, ran: Ran) -> None:
    """Hold findings against their statement and their run: one for each level solved at all.

    What they tell of earlier findings that were tested again is ``retests``'.
    """
    found = value["findings"]
    same("findings", "count", stated.predicate["count"], len(found))
    if len({finding["id"] for finding in found}) != len(found):
        raise VerificationError("Two findings have the same id.")
    counts, items = ran.counts, ran.counted
    solved, scored = counts["solved"], counts["solved"] + counts["failed"]
    same("findings", "number of solved items", sum(f["solved"] for f in found), solved)
    if sum(finding["items"] for finding in found) > scored:
        raise VerificationError("The findings count more items than the run scored.")
    if items is not None:
        rows = [row for row in _rows(items) if row[2]]
        told = [(f["family"], f["level"], f["solved"], f["items"]) for f in found]
        same("findings", "count by level", sorted(told), rows)
        same("findings", "credit by step", list(value.get("steps", ())), credit(items))
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


def not_made_again(
    abilities: Mapping[str, Mapping[str, Any]] | None, found: Sequence[Mapping[str, Any]]
) -> str:
    """The opened figures whose method is not made again here, in words; empty if there are none."""
    names = []
    if abilities is not None:
        names.append("the ability's estimate and interval, e-process, simulation and sensitivity")
        if any(METHOD not in ability["byLevelMethod"] for ability in abilities.values()):
            names.append("its intervals by level")
    for findings in found:
        names += [
            f"the interval of finding {finding['id']}"
            for finding in findings["findings"]
            if METHOD not in finding["method"]
        ]
        if METHOD not in findings["benchmarkAccuracy"]["method"]:
            names.append("the interval of the benchmark accuracy")
        names.append("the interval of the generalised accuracy")
    return ", ".join(dict.fromkeys(names))


def credit(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many steps were reached of how many, by family and level, where items have steps.

    ``items`` as ``run-ended`` opens them; missing ones give no credit.
    """
    gathered: dict[tuple[str, int], list[Mapping[str, int]]] = {}
    for item in items:
        if "steps" in item and item["outcome"] != "missing":
            gathered.setdefault((_family(item), item["level"]), []).append(item["steps"])
    return [
        {
            "family": family,
            "level": level,
            "items": len(steps),
            "reached": sum(step["reached"] for step in steps),
            "of": sum(step["of"] for step in steps),
        }
        for (family, level), steps in sorted(gathered.items())
    ]


def _family(item: Mapping[str, Any]) -> str:
    return str(item["id"]).partition("/")[0]


def _rows(items: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    counted = Counter((_family(item), item["level"], item["outcome"]) for item in items)
    for family, level in sorted({(_family(item), item["level"]) for item in items}):
        solved = counted[family, level, "solved"]
        yield family, level, solved, solved + counted[family, level, "failed"]


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
