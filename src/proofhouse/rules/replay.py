# SPDX-License-Identifier: Apache-2.0
"""A determination made again from what its case and the record open.

    replay(case, record, opened)      opened: SHA-256 of a salted field or commitment → its value

Steps, numbered in the code; a difference raises VerificationError:
 1. the plan that ran is consistent, and its cut and zone are the committed threshold's   (R16)
 2. what the statement of the plan says in clear is what the plan holds
 3. the outcomes are of that plan, and as many as the statement of the run counts
 4. ``determine(plan, outcomes)`` gives the stated outcome and reason
 5. the committed evidence is the evidence
 6. the public notice commits to this case and this outcome

What is not opened is named in ``Replayed.sealed`` and nothing is claimed about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proofhouse.errors import ProofhouseError, VerificationError
from proofhouse.rules.determination import Determination, Plan, determine
from proofhouse.rules.registration import Case, Entry, Record


@dataclass(frozen=True)
class Replayed:
    """The outcome of a replay; ``sealed`` names what was missing for it (then it did not run)."""

    sealed: tuple[str, ...] = ()
    outcome: str = ""
    reason: str = ""
    items_used: int = 0


NEEDED = ("the plan", "the outcomes", "the threshold")
"""Without these three a determination can't be made again; the rest is compared where opened."""


def replay(case: Case, record: Record, opened: Mapping[str, Any]) -> Replayed:
    """Make the case's determination again. Raises VerificationError if anything differs."""
    stated = case.need("determination")
    run = _cited(case, stated, "run")
    plan_entry = _cited(case, _cited(case, run, "run"), "plan")
    threshold = record.clear[stated.predicate["threshold"]].predicate["threshold"]
    notice = record.clear[stated.predicate["notice"]].predicate["determination"]
    wanted = {
        "the plan": plan_entry.predicate["plan"]["salted"],
        "the outcomes": run.predicate["outcomes"]["salted"],
        "the threshold": threshold["sha256"],
        "the evidence": stated.predicate["evidence"]["sha256"],
        "the public notice": notice["sha256"],
    }
    values = {name: opened[digest] for name, digest in wanted.items() if digest in opened}
    if "the public notice" in values:  # 6
        outcome = {"case": case.id, "outcome": stated.predicate["outcome"]}
        _equal("public notice", values["the public notice"], outcome)
    sealed = tuple(name for name in NEEDED if name not in values)
    if sealed:
        return Replayed(sealed)
    plan = _plan(values["the plan"], values["the threshold"])  # 1
    _check_plan_statement(plan_entry, plan)  # 2
    outcomes = check_counts(values["the outcomes"], run)  # 3
    made = _determine(plan, outcomes, run)  # 4
    _equal("outcome", stated.predicate["outcome"], made.outcome)
    _equal("reason", stated.predicate["reason"], made.reason)
    _equal("number of items", stated.predicate["itemsUsed"], made.items_used)
    if "the evidence" in values:
        _equal("evidence", values["the evidence"], evidence_of(made))  # 5
    return Replayed((), made.outcome, made.reason, made.items_used)


def evidence_of(made: Determination) -> dict[str, Any]:
    """The value to which a determination's ``evidence`` commits."""
    stated = made.to_dict()
    return {
        "lowMicronats": stated["evidenceLowMicronats"],
        "highMicronats": stated["evidenceHighMicronats"],
        "trajectory": stated["trajectory"],
    }


def _plan(value: Any, threshold: Any) -> Plan:
    try:
        plan = Plan.parse(value)
    except ProofhouseError as error:
        raise VerificationError(f"The plan is not consistent. {error}") from None
    cuts = {(item.family) for item in plan.items}
    for family in sorted(cuts):
        dimension = threshold["dimensions"].get(family)
        if dimension is None:
            raise VerificationError(f"The threshold has no cut for “{family}”.")
        _equal("cut", plan.cut_micrologits, dimension["cutMicrologits"])
        _equal("zone", plan.zone_micrologits, dimension["zoneMicrologits"])
    return plan


def _check_plan_statement(entry: Entry, plan: Plan) -> None:
    for name, value in (
        ("itemCount", len(plan.items)),
        ("minimumItems", plan.minimum_items),
        ("batchSize", plan.batch_size),
        ("alphaPpm", plan.alpha_ppm),
        ("betaPpm", plan.beta_ppm),
        ("lowerMicronats", plan.lower_micronats),
        ("upperMicronats", plan.upper_micronats),
    ):
        _equal(name, entry.predicate[name], value)


def check_counts(value: Any, run: Entry) -> dict[str, Any]:
    """Item id → outcome, from the opened outcomes of ``run``. Raises VerificationError."""
    outcomes = {item["id"]: item["outcome"] for item in value["items"]}
    if len(outcomes) != len(value["items"]):
        raise VerificationError("The run reports an item twice.")
    for name in ("solved", "failed", "missing"):
        _equal(f"count of {name} items", run.predicate[name], list(outcomes.values()).count(name))
    return outcomes


def _determine(plan: Plan, outcomes: dict[str, Any], run: Entry) -> Determination:
    stopped = run.predicate["reason"] if run.predicate["ending"] == "stopped" else None
    try:
        return determine(plan, outcomes, stopped=stopped)
    except ProofhouseError as error:
        raise VerificationError(f"The outcomes decide nothing under the plan. {error}") from None


def _cited(case: Case, entry: Entry, name: str) -> Entry:
    digest = entry.predicate[name]
    for cited in case.entries:
        if cited.digest == digest:
            return cited
    raise VerificationError(f"The case lacks the {name} that “{entry.name}” cites.")


def _equal(what: str, stated: Any, made: Any) -> None:
    if stated != made:
        raise VerificationError(
            f"The determination was made again and its {what} differs: "
            f"stated {str(stated)[:80]}, made {str(made)[:80]}."
        )
