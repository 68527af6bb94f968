# SPDX-License-Identifier: Apache-2.0
"""A trusted partner gets access, chosen by developer and assessor together (R8)."""

from __future__ import annotations

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.errors import RefusedError
from proofhouse.rules.registration import Case, not_taken

CRITERIA = "The published criteria, as developer and assessor judge them."
"""What a choice says that it was made by, if those who make it say nothing more."""


def grant(
    case: Case,
    *,
    partner: str,
    sector: str,
    partner_key: str,
    purpose: str,
    ends_at: str,
    at: str,
    criteria: str = CRITERIA,
) -> Draft:
    """Access for the partner who holds ``partner_key``; developer and assessor both sign it, and by
    what ``criteria`` they chose.
    """
    hidden = Hidden()
    fields = {
        "partner": hidden.salt({"name": partner, "sector": sector}),
        "partnerKey": partner_key,
        "purpose": purpose,
        "criteria": criteria,
        "endsAt": ends_at,
        "grantedAt": at,
    }
    return about_case(case, "partner-access", fields, hidden.openings)


def accept(case: Case, *, at: str, partner: str = "") -> Draft:
    """The partner takes the access on its terms: the oldest that has not ended and that ``partner``
    (a keyid; without one, anybody) has not taken yet.

    Raises RefusedError if there is none.
    """
    waiting = [
        one
        for one in not_taken(case)
        if partner in ("", one.predicate["partnerKey"]) and one.predicate["endsAt"] > at
    ]
    if not waiting:
        raise RefusedError(
            "No access waits to be taken in this case.",
            rule="R8",
            hint="Developer and assessor give one first, both signing it.",
        )
    fields = {"access": waiting[0].digest, "acceptedAt": at}
    return about_case(case, "partner-accepted", fields)
