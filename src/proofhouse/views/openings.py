# SPDX-License-Identifier: Apache-2.0
"""Opened values, read into what a person is shown.

    read(opened, entry, "developer", developer)   → Developer | Sealed

An opening is whatever its maker committed to. So it is first held to the form that format version 1
gives it (``predicates.VALUES``), and what a picture can't show (a path that goes back, counts that
don't add up) is refused as well; ``read`` turns either into ``Sealed(why="not readable")``.
That an opening fits its commitment is checked where bundles are verified, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from proofhouse.errors import FormatError
from proofhouse.formats import reports
from proofhouse.formats.predicates import VALUES
from proofhouse.rules.registration import Entry
from proofhouse.said import say
from proofhouse.views.values import (
    Ability,
    Beside,
    BudgetCurve,
    Cost,
    Cut,
    Design,
    Developer,
    Evidence,
    Fall,
    Finding,
    Found,
    ItemRow,
    LevelRow,
    MissingData,
    Model,
    Partner,
    PersonFit,
    ReferenceModel,
    Retested,
    Scenario,
    ScoreDecision,
    Sealed,
    Share,
    Shifted,
    SimulatedPoint,
    Simulation,
    Spent,
    Step,
    StepCredit,
    StrictClaim,
)
from proofhouse.views.words import HIDDEN

T = TypeVar("T")

SEVERITIES = ("high", "moderate", "low", "informational")
"""The severities of a finding, the gravest first."""


def committed(entry: Entry, name: str) -> str:
    """The SHA-256 by which the hidden field ``name`` of ``entry`` is committed to."""
    field = entry.predicate[name]
    return str(field.get("salted") or field.get("sha256"))


def read(
    opened: Mapping[str, Any], entry: Entry, name: str, reader: Callable[[Any], T]
) -> T | Sealed:
    """The value behind the hidden field ``name`` of ``entry``, or `Sealed`."""
    digest, what = committed(entry, name), say(HIDDEN[entry.name, name])
    if digest not in opened:
        return Sealed(what, digest)
    try:
        VALUES[entry.name, name](name, opened[digest])
        return reader(opened[digest])
    except FormatError:
        return Sealed(what, digest, "not readable")


def developer(value: Any) -> Developer:
    """``inquiry.developer``."""
    return Developer(value["name"], value["contact"])


def model(value: Any) -> Model:
    """``submission.model``."""
    return Model(value["name"], value["provider"], value["endpoint"])


def partner(value: Any) -> Partner:
    """``partner-access.partner``."""
    return Partner(value["name"], value["sector"])


def cuts(value: Any) -> tuple[Cut, ...]:
    """``threshold-commitment.threshold``: its dimensions, by name."""
    return tuple(
        Cut(
            name,
            cut["scale"],
            cut["cutMicrologits"],
            cut["zoneMicrologits"],
            tuple(sorted(cut["population"].items())),
        )
        for name, cut in sorted(value["dimensions"].items())
    )


def plan_items(value: Any) -> int:
    """``plan.plan``: how many items it lists. Raises FormatError if it lists none."""
    items = value.get("items")
    if not isinstance(items, list | tuple):
        raise FormatError("A plan lists its items.")
    return len(items)


def outcomes(value: Any) -> tuple[ItemRow, ...]:
    """``run-ended.outcomes``, in plan order."""
    return tuple(
        ItemRow(
            id=item["id"],
            level=item["level"],
            outcome=item["outcome"],
            reason=item["reason"],
            tokens=item["inputTokens"] + item["outputTokens"],
            milliseconds=item["milliseconds"],
            flags=tuple(item["flags"]),
            steps=(item["steps"]["reached"], item["steps"]["of"]) if "steps" in item else None,
            held=item.get("heldOutcome", ""),
            reading=item.get("secondReader", ""),
        )
        for item in value["items"]
    )


def decisions(value: Any) -> tuple[ScoreDecision, ...]:
    """``scores-decided.decisions``, as they were stated."""
    return tuple(
        ScoreDecision(one["id"], one["outcome"], one["decidedBy"], one["reason"])
        for one in value["decisions"]
    )


def _each(value: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What a value says of each dimension, by name; an only one has none."""
    if set(value) == {"dimensions"}:
        return tuple(sorted(value["dimensions"].items()))
    return (("", value),)


def evidence(value: Any) -> tuple[Evidence, ...]:
    """``determination.evidence``, a path a dimension.

    Raises FormatError unless items grow and low is below high.
    """
    return tuple(_evidence(name, one) for name, one in _each(value))


def _evidence(name: str, value: Mapping[str, Any]) -> Evidence:
    steps = tuple(
        Step(step["items"], step["lowMicronats"], step["highMicronats"])
        for step in value["trajectory"]
    )
    taken = [0, *(step.items for step in steps)]
    if any(later <= earlier for earlier, later in pairwise(taken)):
        raise FormatError("The trajectory must take more items with every step.")
    if any(step.low_micronats > step.high_micronats for step in steps):
        raise FormatError("The low path must not lie above the high path.")
    return Evidence(
        name,
        value.get("outcome", ""),
        value.get("reason", ""),
        steps,
        value["lowMicronats"],
        value["highMicronats"],
    )


def ability(value: Any) -> tuple[Ability, ...]:
    """``determination.ability``, one a dimension.

    Raises FormatError unless the interval holds the estimate.
    """
    return tuple(_ability(name, one) for name, one in _each(value))


def _ability(name: str, value: Mapping[str, Any]) -> Ability:
    low, high = value["lowMicrologits"], value["highMicrologits"]
    if not low <= value["estimateMicrologits"] <= high:
        raise FormatError("An interval must hold its estimate.")
    return Ability(
        dimension=name,
        scale=value["scale"],
        estimate_micrologits=value["estimateMicrologits"],
        low_micrologits=low,
        high_micrologits=high,
        confidence_ppm=value["confidencePpm"],
        method=value["method"],
        assumptions=value["assumptions"],
        levels=tuple(_level(level) for level in value["byLevel"]),
        levels_method=value["byLevelMethod"],
    )


def _level(value: Mapping[str, Any]) -> LevelRow:
    failed = value["items"] - value["solved"] - value["missing"]
    if failed < 0 or value["lowPpm"] > value["highPpm"]:
        raise FormatError("The counts of a level must add up, and its interval must not be empty.")
    return LevelRow(
        family=value["family"],
        level=value["level"],
        solved=value["solved"],
        failed=failed,
        missing=value["missing"],
        low_ppm=value["lowPpm"],
        high_ppm=value["highPpm"],
    )


def found(value: Any) -> Found:
    """``findings.findings``: the gravest first, else as delivered, and the two accuracies (R14)."""
    listed = sorted(value["findings"], key=lambda one: SEVERITIES.index(one["severity"]))
    return Found(
        findings=tuple(_finding(finding) for finding in listed),
        benchmark=_stated(value["benchmarkAccuracy"]),
        generalised=_stated(value["generalisedAccuracy"]),
        steps=tuple(_credit(one) for one in value.get("steps", ())),
    )


def retested(value: Any) -> tuple[Retested, ...]:
    """``findings.retests``: what became of findings that were tested again."""
    return tuple(_retested(one) for one in value.get("retests", ()))


def _retested(value: Mapping[str, Any]) -> Retested:
    before, after, fall = value["before"], value["after"], value["fall"]
    told = {"confidencePpm": value["confidencePpm"], "method": value["method"]}
    scored = after["items"] - after["missing"]
    if not (before["solved"] <= before["items"] and 0 <= after["solved"] <= scored):
        raise FormatError("More is counted than there was.")
    if not fall["lowPpm"] <= fall["estimatePpm"] <= fall["highPpm"]:
        raise FormatError("An estimate lies outside its interval.")
    return Retested(
        finding=value["finding"],
        before=(before["solved"], before["items"]),
        before_share=_share({**before, **told}, None),
        after=(after["solved"], scored),
        after_share=_share({**after, **told}, None),
        missing=after["missing"],
        fall=Fall(
            estimate_ppm=fall["estimatePpm"],
            low_ppm=fall["lowPpm"],
            high_ppm=fall["highPpm"],
            confidence_ppm=value["confidencePpm"],
            method=value["method"],
        ),
        verdict=value["verdict"],
    )


def said(value: Any) -> dict[str, str]:
    """``findings-answered.said``: what is said, by finding."""
    return {one["finding"]: one["text"] for one in value["texts"]}


def _credit(value: Mapping[str, Any]) -> StepCredit:
    if value["reached"] > value["of"]:
        raise FormatError("No more steps are reached than there are.")
    return StepCredit(*(value[name] for name in ("family", "level", "items", "reached", "of")))


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(
        id=value["id"],
        title=value["title"],
        severity=value["severity"],
        statement=value["statement"],
        guidance=value["guidance"],
        solved=value["solved"],
        items=value["items"],
        share=_share(value, None),
    )


def _stated(value: Mapping[str, Any]) -> Share:
    return _share(value, value["estimatePpm"])


def _share(value: Mapping[str, Any], estimate: int | None) -> Share:
    if value["lowPpm"] > value["highPpm"]:
        raise FormatError("An interval must not be empty.")
    return Share(
        estimate, value["lowPpm"], value["highPpm"], value["confidencePpm"], value["method"]
    )


def design(value: Any) -> Design:
    """``plan.design``. Raises FormatError unless the points of a scenario go up the scale."""
    played = value["simulation"]
    return Design(
        population=tuple(
            (name, tuple(sorted(weights.items())))
            for name, weights in sorted(value["population"].items())
        ),
        blueprint=tuple(sorted(value["blueprint"].items())),
        method=value["selection"]["method"],
        simulations=()
        if played is None
        else tuple(simulation(name, one) for name, one in _each(played)),
    )


def simulation(name: str, value: Mapping[str, Any]) -> Simulation:
    """``plan.design.simulation`` of one dimension, as ``statistics.simulation.Check`` has it."""
    return Simulation(
        dimension=name,
        scenarios=tuple(_scenario(one) for one in value["scenarios"]),
        runs=value["runs"],
        confidence_ppm=value["confidencePpm"],
        leakage_millibits=value["leakageMillibits"],
        leakage_width_micrologits=value["leakageWidthMicrologits"],
        leakage_range_micrologits=value["leakageRangeMicrologits"],
        declared_inconclusive_ppm=value["declaredInconclusivePpm"],
        declared_leakage_millibits=value["declaredLeakageMillibits"],
    )


def _scenario(value: Mapping[str, Any]) -> Scenario:
    points = tuple(
        SimulatedPoint(
            one["abilityMicrologits"],
            *(_stated(one[name]) for name in ("covered", "notCovered", "inconclusive")),
        )
        for one in value["points"]
    )
    if any(a.ability_micrologits >= b.ability_micrologits for a, b in pairwise(points)):
        raise FormatError("The points of a scenario must go up the scale.")
    return Scenario(
        name=value["scenario"],
        false_covered_ppm=value["falseCoveredPpm"],
        false_covered_upper_ppm=value["falseCoveredUpperPpm"],
        false_not_covered_ppm=value["falseNotCoveredPpm"],
        false_not_covered_upper_ppm=value["falseNotCoveredUpperPpm"],
        inconclusive_ppm=value["inconclusivePpm"],
        inconclusive_upper_ppm=value["inconclusiveUpperPpm"],
        points=points,
    )


def beside(value: Any) -> Beside:
    """``determination.beside``.

    Raises FormatError unless the budget curve only grows and solves no more than there is, and
    the shifts of the difficulties go up.
    """
    missing, cost, fit = (value[name] for name in ("missing", "cost", "personFit"))
    curve = tuple(Spent(step["tokens"], step["solved"]) for step in value["budgetCurve"])
    grows = all(a.tokens < b.tokens and a.solved < b.solved for a, b in pairwise(curve))
    if not grows or any(not 0 < step.solved <= cost["items"] for step in curve):
        raise FormatError("A budget curve must grow, and solve no more items than were taken.")
    shifts = [one["standardErrors"] for one in value["sensitivity"]]
    if any(a >= b for a, b in pairwise(shifts)):
        raise FormatError("The shifts of the difficulties must go up.")
    return Beside(
        claims=tuple(_claim(name, one) for name, one in _each(value["eProcess"])),
        shifted=tuple(
            Shifted(one["standardErrors"], one["outcome"]) for one in value["sensitivity"]
        ),
        missing=MissingData(missing["items"], missing["ifSolved"], missing["ifFailed"]),
        cost=Cost(cost["items"], cost["tokens"], cost["tokensPlanned"]),
        curve=BudgetCurve(cost["items"], curve),
        fit=None if fit is None else PersonFit(fit["pPpm"], fit["method"]),
        references=tuple(
            ReferenceModel(one["name"], one["estimateMicrologits"], one["standardErrorMicrologits"])
            for one in value["referenceModels"]
        ),
        undecided=value.get("undecided", ""),
    )


def _claim(name: str, value: Mapping[str, Any]) -> StrictClaim:
    return StrictClaim(
        dimension=name,
        claim=value["claim"],
        above_micronats=value["aboveCutMicronats"],
        below_micronats=value["belowCutMicronats"],
        needed_micronats=value["neededMicronats"],
        confidence_ppm=value["confidencePpm"],
        method=value["method"],
    )


def _any(_value: Any) -> None:
    """The reader of what is never shown, or what another statement says as well."""


READERS: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("bank-commitment", "seed"): _any,
    ("threshold-commitment", "threshold"): cuts,
    ("determination-notice", "determination"): _any,
    ("inquiry", "developer"): developer,
    ("submission", "model"): model,
    ("plan", "plan"): plan_items,
    ("plan", "design"): design,
    ("run-ended", "outcomes"): outcomes,
    ("scores-decided", "decisions"): decisions,
    ("determination", "evidence"): evidence,
    ("determination", "ability"): ability,
    ("determination", "beside"): beside,
    ("findings", "findings"): found,
    ("findings-answered", "said"): said,
    ("partner-access", "partner"): partner,
    **dict.fromkeys(reports.VALUES, _any),  # read in ``report``
}


def sealed(opened: Mapping[str, Any], entry: Entry) -> tuple[Sealed, ...]:
    """Every hidden field of ``entry`` that is not opened, or not readably."""
    values = (
        read(opened, entry, name, reader)
        for (statement, name), reader in READERS.items()
        if statement == entry.name
    )
    return tuple(value for value in values if isinstance(value, Sealed))
