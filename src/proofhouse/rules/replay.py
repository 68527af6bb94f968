# SPDX-License-Identifier: Apache-2.0
"""A determination made again from what its case and the record open.

    replay(case, record, opened)      opened: SHA-256 of a salted field or commitment → its value

Steps, numbered in the code; a difference raises VerificationError:
 1. the public notice commits to this case and this outcome
 2. the committed evidence leads to the stated outcome after the stated number of items
 3. plan and outcomes are what their statements say                             (rules.runs)
 4. cut, zone, families and dimensions of the plan are the committed threshold's, its items by
    family follow the population, and its design is the plan's and keeps the error rates that it
    declares, dimension by dimension                                              (R14, R16)
 5. a run that was stopped from outside had not decided before that
 6. ``determine(plan, outcomes)``, with held scores as they were decided by the chain's statements
    and missing where nobody did, gives the stated outcome and reason
 7. the committed evidence is the evidence

Whatever is opened is compared, even where it is not enough to make the determination again: what
that lacks is named in ``Replayed.sealed``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.errors import InputError, ProofhouseError, VerificationError
from proofhouse.rules.battery import (
    Battery,
    Determined,
    blueprint,
    by_dimension,
    determine,
    families_of,
    next_batch,
)
from proofhouse.rules.determination import Plan
from proofhouse.rules.registration import CROSSED, Case, Entry, Record
from proofhouse.rules.runs import Ran, check_run, cited

LEAST_RUNS = 1_000
"""Of a simulation, for each edge and scenario: fewer bound no error of some per cent."""

LEAST_CONFIDENCE_PPM = 950_000
"""Of the bounds of a simulation."""


@dataclass(frozen=True)
class Replayed:
    """The outcome of a replay; ``sealed`` names what was missing for a whole one."""

    sealed: tuple[str, ...] = ()
    outcome: str = ""
    reason: str = ""
    items_used: int = 0


def replay(case: Case, record: Record, opened: Mapping[str, Any]) -> Replayed:
    """Make the case's determination again. Raises VerificationError if anything differs."""
    stated = case.need("determination")
    ran = Ran.of(case, cited(case, stated, "run"), opened)
    committed = record.clear[stated.predicate["threshold"]]
    notice = record.clear[stated.predicate["notice"]].predicate["determination"]["sha256"]
    threshold = opened.get(committed.predicate["threshold"]["sha256"])
    evidence = opened.get(stated.predicate["evidence"]["sha256"])
    if notice in opened:  # 1
        _check_notice(case, stated, opened[notice])
    dimensions = list(committed.predicate["dimensions"])
    if evidence is not None:
        _check_evidence(stated, ran.planned, of_each("evidence", evidence, dimensions))  # 2
    bank = record.clear[stated.predicate["bank"]]
    check_run(ran, bank)  # 3
    plan = None if ran.plan is None else _parsed(ran.plan)
    tests = None if plan is None else _tests(plan, dimensions)  # 4
    if threshold is not None:
        _check_threshold(committed, threshold, bank, tests)  # 4
    design = opened.get(ran.planned.predicate["design"]["salted"])
    if design is not None:
        check_design(design, threshold, dimensions, tests)  # 4
    needed = {
        "the plan": plan,
        "the outcomes": ran.items,
        "the threshold": threshold,
        "the decisions on held scores": ran.decided,
    }
    sealed = tuple(name for name, value in needed.items() if value is None)
    if plan is None or ran.items is None or ran.decided is None:
        return Replayed(sealed)
    made = made_again(plan, ran)  # 5, 6
    _equal("outcome", stated.predicate["outcome"], made.outcome)
    _equal("reason", stated.predicate["reason"], made.reason)
    _equal("number of items", stated.predicate["itemsUsed"], made.items_used)
    if evidence is not None and evidence != made.evidence():  # 7
        raise VerificationError(
            "The determination was made again and its evidence differs from what was committed to."
        )
    return Replayed(sealed, made.outcome, made.reason, made.items_used)


def check_design(
    design: Mapping[str, Any],
    threshold: Any,
    dimensions: Sequence[str],
    tests: Mapping[str, Plan] | None,
) -> None:
    """The design of a plan that decides is that plan's, and its simulation keeps what it declares.

    ``tests``: the opened plan's, by dimension. That the simulation gives these figures needs
    numerics and is not looked at here. Raises VerificationError.
    """
    if design["simulation"] is None:
        raise VerificationError("The plan was not simulated before it was registered.")
    for name, made in of_each("simulation", design["simulation"], dimensions).items():
        _check_simulation(made, None if tests is None else tests[name])
    if threshold is not None:
        populations = {name: each["population"] for name, each in threshold["dimensions"].items()}
        _equal("population of the design", design["population"], populations)
    if tests is not None:
        counted: dict[str, int] = {}
        for test in tests.values():
            counted |= _counted(test)
        _equal("blueprint of the design", design["blueprint"], dict(sorted(counted.items())))


def _counted(test: Plan) -> dict[str, int]:
    return dict(Counter(item.family for item in test.items))


_PLAYED: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "the scale as it is stated": lambda each: (
        each["slopePpm"] == 1_000_000
        and each["itemSdMicrologits"] == each["familySdMicrologits"] == 0
    ),
    "items that tell apart 30 % less than stated": lambda each: each["slopePpm"] <= 700_000,
    "items that tell apart 30 % more than stated": lambda each: each["slopePpm"] >= 1_300_000,
    "items 1 logit beside their difficulty": lambda each: each["itemSdMicrologits"] >= 1_000_000,
    "a model's own affinity to families": lambda each: each["familySdMicrologits"] > 0,
}
"""What a plan has to hold its errors in (R14): who leaves one out has not shown that it does."""


def _check_simulation(made: Mapping[str, Any], plan: Plan | None) -> None:
    """What one dimension's test was simulated to err, against what it declares."""
    if made["runs"] < LEAST_RUNS:
        raise VerificationError(
            f"The plan was played {made['runs']} times, and bounds come of {LEAST_RUNS} or more."
        )
    if made["confidencePpm"] < LEAST_CONFIDENCE_PPM:
        raise VerificationError(
            "The plan's own simulation bounds its errors below 95 % confidence."
        )
    for what, held in _PLAYED.items():
        if not any(held(each) for each in made["scenarios"]):
            raise VerificationError(f"The plan was not played with {what}.")
    for each in made["scenarios"]:
        _check_scenario(each, plan)
        if each["inconclusiveUpperPpm"] > made["declaredInconclusivePpm"]:
            raise VerificationError(
                f"The plan's own simulation ({each['scenario']}) has more INCONCLUSIVE than it "
                "declares."
            )
        for name, allowed in (("falseCovered", "alphaPpm"), ("falseNotCovered", "betaPpm")):
            if plan is not None and each[f"{name}UpperPpm"] > plan.to_dict()[allowed]:
                raise VerificationError(
                    f"The plan's own simulation ({each['scenario']}) has a larger error than the "
                    "plan declares."
                )
    if made["leakageMillibits"] > made["declaredLeakageMillibits"]:
        raise VerificationError("The plan's prompts tell more about the cut than it declares.")


def _check_scenario(made: Mapping[str, Any], plan: Plan | None) -> None:
    """A scenario tells both edges of the zone, and bounds no share below its own estimate."""
    where, points = f"The plan's own simulation ({made['scenario']})", made["points"]
    for name in ("falseCovered", "falseNotCovered", "inconclusive"):
        if made[f"{name}UpperPpm"] < made[f"{name}Ppm"]:
            raise VerificationError(f"{where} bounds a share below its own estimate.")
    if len({point["abilityMicrologits"] for point in points}) < 2:
        raise VerificationError(f"{where} does not play both edges of the zone.")
    for point in points:
        for name in ("covered", "notCovered", "inconclusive"):
            share = point[name]
            if not share["lowPpm"] <= share["estimatePpm"] <= share["highPpm"]:
                raise VerificationError(f"{where} tells a share outside its own interval.")
    if plan is None:
        return
    played = {point["abilityMicrologits"]: point for point in points}
    cut, zone = plan.cut_micrologits, plan.zone_micrologits
    edges = (cut - zone, cut + zone)
    if not played.keys() >= set(edges):
        raise VerificationError(f"{where} does not play both edges of the zone.")
    below, above = (played[edge] for edge in edges)
    told = {
        "falseCovered": below["covered"]["estimatePpm"],
        "falseNotCovered": above["notCovered"]["estimatePpm"],
    }
    for name, share in told.items():
        if abs(made[f"{name}Ppm"] - share) > 1:  # rounded twice
            raise VerificationError(f"{where} sums up another error than it plays at the edge.")


def check_failed(ran: Ran) -> None:
    """A run that failed had not ended its test: else it was thrown away for what it showed.

    Raises VerificationError. Plan and outcomes must be opened, or nothing is held.
    """
    decides = ran.planned.predicate["purpose"] == "determination"
    if ran.ended.predicate["ending"] != "failed" or not decides:
        return
    if ran.plan is not None and ran.items is not None:
        try:
            over = next_batch(_parsed(ran.plan), ran.outcomes) is None
        except InputError as error:
            raise VerificationError(f"The outcomes are not of the plan. {error}") from None
        if over:
            raise VerificationError(
                "The run says that it failed, and its outcomes had ended the test: its answer was "
                "thrown away."
            )


def _check_notice(case: Case, stated: Entry, notice: Mapping[str, Any]) -> None:
    if notice["case"] != case.id:
        raise VerificationError(
            "The public notice that the determination cites is of another case."
        )
    if notice["outcome"] != stated.predicate["outcome"]:
        raise VerificationError(
            f"The public notice tells another outcome, {notice['outcome']}, than the "
            f"determination that cites it, {stated.predicate['outcome']}."
        )


def _check_evidence(stated: Entry, planned: Entry, told: Mapping[str, Any]) -> None:
    """What can be held of the evidence while plan or outcomes are sealed, by dimension."""
    ends = [one["trajectory"][-1]["items"] if one["trajectory"] else 0 for one in told.values()]
    _equal("number of items", stated.predicate["itemsUsed"], sum(ends))
    answers = {
        outcome: [_crossed(one, planned, outcome) for one in told.values()]
        for outcome in ("COVERED", "NOT_COVERED")
    }
    for evidence in told.values():
        _check_path(evidence)
    for name, evidence in told.items() if len(told) > 1 else ():
        own = evidence["outcome"]
        if own != CROSSED.get(evidence["reason"], "INCONCLUSIVE") or not (
            own == "INCONCLUSIVE" or _crossed(evidence, planned, own)
        ):
            raise VerificationError(
                f"The evidence on “{name}” says {own} and does not come to that."
            )
    crossed = CROSSED.get(stated.predicate["reason"], "")
    enough = {"COVERED": any, "NOT_COVERED": all}.get(crossed)
    if enough is not None and not enough(answers[crossed]):
        raise VerificationError(
            f"The determination says “{stated.predicate['reason']}”, and its evidence ends before "
            "that boundary."
        )


def _crossed(evidence: Mapping[str, Any], planned: Entry, outcome: str) -> bool:
    """Whether the evidence ends at or beyond the boundary of that answer."""
    if outcome == "COVERED":
        return bool(evidence["lowMicronats"] >= planned.predicate["upperMicronats"])
    return bool(evidence["highMicronats"] <= planned.predicate["lowerMicronats"])


def _check_path(evidence: Mapping[str, Any]) -> None:
    path = evidence["trajectory"]
    taken = [step["items"] for step in path]
    if any(after <= before for before, after in zip([0, *taken], taken, strict=False)):
        raise VerificationError("The evidence goes back to fewer items.")
    low, high = (evidence[f"{end}Micronats"] for end in ("low", "high"))
    if path and (low, high) != (path[-1]["lowMicronats"], path[-1]["highMicronats"]):
        raise VerificationError("The evidence is not what its own path ends at.")
    if any(step["lowMicronats"] > step["highMicronats"] for step in (*path, evidence)):
        raise VerificationError("The low path of the evidence lies above the high one.")


def _parsed(value: Any) -> Battery:
    try:
        return Battery.parse(value)
    except ProofhouseError as error:
        raise VerificationError(f"The plan is not consistent. {error}") from None


def _tests(plan: Battery, dimensions: Sequence[str]) -> dict[str, Plan]:
    """The plan's tests by dimension: it answers for every one, or a cut was never tested."""
    try:
        return plan.named(dimensions)
    except InputError as error:
        raise VerificationError(str(error)) from None


def of_each(what: str, value: Any, dimensions: Sequence[str]) -> dict[str, Any]:
    """What ``value`` says of each dimension. Raises VerificationError if of others than these."""
    try:
        return by_dimension(value, dimensions)
    except InputError as error:
        raise VerificationError(f"The {what} is not of this case. {error}") from None


def _check_threshold(
    committed: Entry, threshold: Mapping[str, Any], bank: Entry, tests: Mapping[str, Plan] | None
) -> None:
    dimensions = threshold["dimensions"]
    if sorted(dimensions) != sorted(committed.predicate["dimensions"]):
        raise VerificationError(
            "The threshold opens to other dimensions than those that its commitment names."
        )
    check_populations(dimensions, bank.predicate["families"])
    for name, test in (tests or {}).items():
        cut, population = dimensions[name], dimensions[name]["population"]
        for family in families_of(test):
            if family not in population:
                raise VerificationError(f"The threshold has no cut for “{family}”.")
        _equal("cut", test.cut_micrologits, cut["cutMicrologits"])
        _equal("zone", test.zone_micrologits, cut["zoneMicrologits"])
        wanted = blueprint(population, len(test.items))
        _equal(
            "blueprint", _counted(test), {name: items for name, items in wanted.items() if items}
        )


def check_populations(dimensions: Mapping[str, Any], families: Collection[str]) -> None:
    """Each dimension's weights are of families that the bank has and no other dimension, 1 in sum.

    Raises VerificationError.
    """
    owner: dict[str, str] = {}
    for name, dimension in sorted(dimensions.items()):
        population = dimension["population"]
        if sum(population.values()) != 1_000_000:
            raise VerificationError(f"The weights of the population of “{name}” are not 1 in sum.")
        for family in sorted(population):
            if family not in families:
                raise VerificationError(f"The population of “{name}” has “{family}”, no family.")
            if family in owner:
                raise VerificationError(
                    f"The family “{family}” belongs to two dimensions, “{owner[family]}” and "
                    f"“{name}”."
                )
            owner[family] = name


def made_again(plan: Battery, ran: Ran) -> Determined:
    """What plan, outcomes and decisions come to; all of them opened. Raises VerificationError."""
    run = ran.ended.predicate
    stopped = run["reason"] if run["ending"] == "stopped" else None
    try:
        if stopped and next_batch(plan, ran.outcomes) is None:
            raise VerificationError(
                f"The run says that it was stopped ({stopped}), and its outcomes had ended the "
                "test before."
            )
        return determine(plan, ran.outcomes, stopped=stopped, decided=ran.decided or {})
    except VerificationError:
        raise
    except ProofhouseError as error:
        raise VerificationError(f"The outcomes decide nothing under the plan. {error}") from None


def _equal(what: str, stated: Any, made: Any) -> None:
    if stated != made:
        raise VerificationError(
            f"The determination was made again and its {what} differs: "
            f"stated {str(stated)[:80]}, made {str(made)[:80]}."
        )
