# SPDX-License-Identifier: Apache-2.0
"""A determination made again from what its case and the record open.

    replay(case, record, opened)      opened: SHA-256 of a salted field or commitment → its value

Steps, numbered in the code; a difference raises VerificationError:
 1. the public notice commits to this case and this outcome
 2. the committed evidence leads to the stated outcome after the stated number of items
 3. plan and outcomes are what their statements say                             (rules.runs)
 4. cut, zone and dimensions of the plan are the committed threshold's, and its design is the
    plan's and keeps the error rates that it declares                             (R14, R16)
 5. a run that was stopped from outside had not decided before that
 6. ``determine(plan, outcomes)`` gives the stated outcome and reason
 7. the committed evidence is the evidence

Whatever is opened is compared, even where it is not enough to make the determination again: what
that lacks is named in ``Replayed.sealed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proofhouse.errors import InputError, ProofhouseError, VerificationError
from proofhouse.rules.determination import Determination, Plan, determine, next_batch
from proofhouse.rules.registration import CROSSED, Case, Entry, Record
from proofhouse.rules.runs import Ran, check_run, cited

LEAST_RUNS = 1_000
"""Of a simulation, for each edge and scenario: fewer bound no error of some per cent."""


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
    if evidence is not None:
        _check_evidence(stated, ran.planned, evidence)  # 2
    check_run(ran, record.clear[stated.predicate["bank"]])  # 3
    plan = None if ran.plan is None else _parsed(ran.plan)
    if plan is not None:
        _check_dimensions(committed, plan)  # 4
    if threshold is not None:
        _check_threshold(committed, threshold, plan)  # 4
    design = opened.get(ran.planned.predicate["design"]["salted"])
    if design is not None:
        check_design(design, threshold, plan)  # 4
    needed = {"the plan": plan, "the outcomes": ran.items, "the threshold": threshold}
    sealed = tuple(name for name, value in needed.items() if value is None)
    if plan is None or ran.items is None:
        return Replayed(sealed)
    made = _determine(plan, ran)  # 5, 6
    _equal("outcome", stated.predicate["outcome"], made.outcome)
    _equal("reason", stated.predicate["reason"], made.reason)
    _equal("number of items", stated.predicate["itemsUsed"], made.items_used)
    if evidence is not None and evidence != evidence_of(made):  # 7
        raise VerificationError(
            "The determination was made again and its evidence differs from what was committed to."
        )
    return Replayed(sealed, made.outcome, made.reason, made.items_used)


def check_design(design: Mapping[str, Any], threshold: Any, plan: Plan | None) -> None:
    """The design of a plan that decides is that plan's, and its simulation keeps what it declares.

    That the simulation gives these figures needs numerics and is not looked at here. Raises
    VerificationError.
    """
    made = design["simulation"]
    if made is None:
        raise VerificationError("The plan was not simulated before it was registered.")
    if made["runs"] < LEAST_RUNS:
        raise VerificationError(
            f"The plan was played {made['runs']} times, and bounds come of {LEAST_RUNS} or more."
        )
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
    if threshold is not None:
        _equal("population of the design", design["population"], threshold["population"])
    if plan is not None:
        counted = dict.fromkeys(sorted({item.family for item in plan.items}), 0)
        for item in plan.items:
            counted[item.family] += 1
        _equal("blueprint of the design", design["blueprint"], counted)


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


def evidence_of(made: Determination) -> dict[str, Any]:
    """The value to which a determination's ``evidence`` commits."""
    stated = made.to_dict()
    return {
        "lowMicronats": stated["evidenceLowMicronats"],
        "highMicronats": stated["evidenceHighMicronats"],
        "trajectory": stated["trajectory"],
    }


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


def _check_evidence(stated: Entry, planned: Entry, evidence: Mapping[str, Any]) -> None:
    """What can be held of the evidence while plan or outcomes are sealed."""
    path, test = evidence["trajectory"], planned.predicate
    taken = [step["items"] for step in path]
    _equal("number of items", stated.predicate["itemsUsed"], taken[-1] if taken else 0)
    if any(after <= before for before, after in zip([0, *taken], taken, strict=False)):
        raise VerificationError("The evidence goes back to fewer items.")
    low, high = (evidence[f"{end}Micronats"] for end in ("low", "high"))
    if path and (low, high) != (path[-1]["lowMicronats"], path[-1]["highMicronats"]):
        raise VerificationError("The evidence is not what its own path ends at.")
    if any(step["lowMicronats"] > step["highMicronats"] for step in (*path, evidence)):
        raise VerificationError("The low path of the evidence lies above the high one.")
    crossed = {
        "COVERED": low >= test["upperMicronats"],
        "NOT_COVERED": high <= test["lowerMicronats"],
    }
    if not crossed.get(CROSSED.get(stated.predicate["reason"], ""), True):
        raise VerificationError(
            f"The determination says “{stated.predicate['reason']}”, and its evidence ends before "
            "that boundary."
        )


def _parsed(value: Any) -> Plan:
    try:
        return Plan.parse(value)
    except ProofhouseError as error:
        raise VerificationError(f"The plan is not consistent. {error}") from None


def _check_dimensions(committed: Entry, plan: Plan) -> None:
    """One plan answers for every dimension of its threshold, or a cut was never tested."""
    tested = {item.family for item in plan.items}
    left_out = sorted(set(committed.predicate["dimensions"]) - tested)
    if left_out:
        raise VerificationError(
            f"The threshold has a cut for “{left_out[0]}”, which the plan does not test."
        )


def _check_threshold(committed: Entry, threshold: Mapping[str, Any], plan: Plan | None) -> None:
    dimensions, population = threshold["dimensions"], threshold["population"]
    if sorted(dimensions) != sorted(committed.predicate["dimensions"]):
        raise VerificationError(
            "The threshold opens to other dimensions than those that its commitment names."
        )
    if set(population) != set(dimensions) or sum(population.values()) != 1_000_000:
        raise VerificationError(
            "The weights of the threshold's population are not of its dimensions, or not 1 in sum."
        )
    for family in sorted({item.family for item in plan.items} if plan else ()):
        if family not in dimensions:
            raise VerificationError(f"The threshold has no cut for “{family}”.")
        assert plan is not None
        _equal("cut", plan.cut_micrologits, dimensions[family]["cutMicrologits"])
        _equal("zone", plan.zone_micrologits, dimensions[family]["zoneMicrologits"])


def _determine(plan: Plan, ran: Ran) -> Determination:
    run = ran.ended.predicate
    stopped = run["reason"] if run["ending"] == "stopped" else None
    try:
        if stopped and next_batch(plan, ran.outcomes) is None:
            raise VerificationError(
                f"The run says that it was stopped ({stopped}), and its outcomes had ended the "
                "test before."
            )
        return determine(plan, ran.outcomes, stopped=stopped)
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
