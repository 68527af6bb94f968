# SPDX-License-Identifier: Apache-2.0
"""The determination of one model, and the public notice that goes with it (R6, R14, R16).

The notice stands in clear: it cites bank and threshold and commits to case and outcome, so that
everybody can count determinations and see by which commitment each was made, and nobody can tell
which model or what outcome. The determination stands sealed in its case and cites the notice.
Both enter the log in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case, in_clear
from proofhouse.formats.envelope import Envelope
from proofhouse.rules.determination import Determination
from proofhouse.rules.registration import Case
from proofhouse.rules.replay import evidence_of

LIMITS = {
    "black-box": (
        "Black-box access can't show what a model was kept from showing: it may have held back.",
        "Nothing here proves the absence of a capability; a different scaffold, more tokens or "
        "other tools may do more.",
        "The result binds to the checkpoint, safeguards and scaffold named here and to no other.",
    )
}
"""What a result at an access level can't show (R17). Grey-box and weights add to it, never less."""


def notice(case: Case, made: Determination, *, at: str) -> Draft:
    """The public notice of ``made``: commitments cited, case and outcome committed."""
    submission = case.need("submission").predicate
    hidden = Hidden()
    fields = {
        "bank": submission["bank"],
        "threshold": submission["threshold"],
        "determination": hidden.commit({"case": case.id, "outcome": made.outcome}),
        "issuedAt": at,
    }
    return in_clear(
        "determination-notice", "threshold", submission["threshold"], fields, hidden.openings
    )


def draft(
    case: Case,
    made: Determination,
    published: Envelope,
    ability: dict[str, Any],
    *,
    decided_by: Sequence[str],
    consulted: Sequence[str],
    at: str,
) -> Draft:
    """The assessor's determination; ``published`` is the signed notice, ``ability`` its estimate."""
    submission = case.need("submission").predicate
    hidden = Hidden()
    fields = {
        "run": case.need("run-ended").digest,
        "bank": submission["bank"],
        "threshold": submission["threshold"],
        "notice": published.digest,
        "outcome": made.outcome,
        "reason": made.reason,
        "itemsUsed": made.items_used,
        "evidence": hidden.commit(evidence_of(made)),
        "ability": hidden.salt(ability),
        "gradedBy": "assessor",
        "decidedBy": list(decided_by),
        "consulted": list(consulted),
        "limits": list(LIMITS["black-box"]),
        "determinedAt": at,
    }
    return about_case(case, "determination", fields, hidden.openings)
