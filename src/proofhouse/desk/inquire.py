# SPDX-License-Identifier: Apache-2.0
"""A developer asks whether a model under development would be covered (R2, first stage)."""

from __future__ import annotations

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.rules.party import Party
from proofhouse.rules.registration import Case, Entry


def draft(case: Case, bank: Entry, party: Party, *, developer: str, contact: str, at: str) -> Draft:
    """The question, under the capabilities that ``bank`` lists and no others (R16).

    ``party`` says who speaks for the developer from here on (R18).
    """
    hidden = Hidden()
    fields = {
        "developer": hidden.salt({"name": developer, "contact": contact}),
        "party": {
            "standing": party.standing,
            "needed": party.needed,
            "keys": list(party.keys),
        },
        "bank": bank.digest,
        "capabilities": list(bank.predicate["capabilities"]),
        "openedAt": at,
    }
    return about_case(case, "inquiry", fields, hidden.openings)
