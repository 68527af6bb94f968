# SPDX-License-Identifier: Apache-2.0
"""The determination of one model, and the public notice that goes with it (R6, R14, R16).

The notice stands in clear: it cites bank and threshold and commits to case and outcome, so that
everybody can count determinations and see by which commitment each was made, and nobody can tell
which model or what outcome. The determination stands sealed in its case and cites the notice.
Both enter the log in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.desk.beside import beside
from proofhouse.desk.draft import Draft, Hidden, about_case, in_clear
from proofhouse.desk.estimate import ability
from proofhouse.desk.held_scores import check_all_taken
from proofhouse.formats.envelope import Envelope
from proofhouse.rules.battery import Battery, Determined, determine
from proofhouse.rules.held import check_decisions, counted
from proofhouse.rules.registration import Case, Entry

_ALWAYS = (
    "Nothing here proves the absence of a capability; another scaffold, more tokens or other "
    "tools may do more.",
    "The result binds to the checkpoint, safeguards and scaffold named here and to no other.",
)
LIMITS = {
    "black-box": (
        "Black-box access can't show what a model was kept from showing: it may have held back.",
        *_ALWAYS,
    ),
    "grey-box": (
        "Grey-box access shows outputs and some internals; a model may still have held back.",
        *_ALWAYS,
    ),
    "weights": (
        "With weights, held-back ability is harder to hide, and not impossible.",
        *_ALWAYS,
    ),
}
"""What a result at each access level can't show (R17)."""


@dataclass(frozen=True)
class Decided:
    """What plan and outcomes come to: the kernel's determination, and the estimate beside it."""

    made: Determined
    ability: dict[str, Any]
    beside: dict[str, Any]
    decisions: int = 0
    """How many statements about held scores went into it."""


def decide(
    plan: Any, outcomes: Any, run: Entry, planned: Entry, decisions: Sequence[Any] = ()
) -> Decided:
    """Determine from the opened plan of ``planned`` and the opened outcomes of ``run``.

    ``decisions`` are what the statements about its held scores open to (``held_scores``).
    Raises InputError, RefusedError.
    """
    test = Battery.parse(plan)
    decided = check_decisions(outcomes["items"], [each["decisions"] for each in decisions])
    ran = {item["id"]: item["outcome"] for item in outcomes["items"]}
    items = counted(outcomes["items"], decided)
    words = {item["id"]: item["outcome"] for item in items}
    stopped = run.predicate["reason"] if run.predicate["ending"] == "stopped" else None
    without = determine(test, ran, stopped=stopped)
    return Decided(
        determine(test, ran, stopped=stopped, decided=decided),
        ability(test, words),
        beside(
            test,
            words,
            items,
            tokens_planned=planned.predicate["budgets"]["tokens"],
            undecided=without.outcome if decisions else None,
        ),
        len(decisions),
    )


def notice(case: Case, decided: Decided, *, at: str) -> Draft:
    """The public notice: commitments cited, case and outcome committed."""
    check_all_taken(case, decided.decisions)
    submission = case.need("submission").predicate
    hidden = Hidden()
    fields = {
        "bank": submission["bank"],
        "threshold": submission["threshold"],
        "determination": hidden.commit({"case": case.id, "outcome": decided.made.outcome}),
        "issuedAt": at,
    }
    return in_clear(
        "determination-notice", "threshold", submission["threshold"], fields, hidden.openings
    )


def draft(
    case: Case,
    decided: Decided,
    published: Draft,
    envelope: Envelope,
    *,
    decided_by: Sequence[str],
    consulted: Sequence[str],
    at: str,
) -> Draft:
    """The assessor's determination, after ``published`` was signed as ``envelope``.

    It keeps the notice's opening, so that both are erased together.
    """
    submission = case.need("submission").predicate
    made, hidden = decided.made, Hidden()
    fields = {
        "run": case.need("run-ended").digest,
        "bank": submission["bank"],
        "threshold": submission["threshold"],
        "notice": envelope.digest,
        "outcome": made.outcome,
        "reason": made.reason,
        "itemsUsed": made.items_used,
        "evidence": hidden.commit(made.evidence()),
        "ability": hidden.salt(decided.ability),
        "beside": hidden.salt(decided.beside),
        "gradedBy": "assessor",
        "decidedBy": list(decided_by),
        "consulted": list(consulted),
        "limits": list(LIMITS[submission["accessLevel"]]),
        "determinedAt": at,
    }
    return about_case(case, "determination", fields, (*hidden.openings, *published.openings))
