# SPDX-License-Identifier: Apache-2.0
"""What the deeper evaluation found reaches the developer, before any partner (R13, R14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.estimate import findings
from proofhouse.desk.held_scores import check_all_taken
from proofhouse.rules.held import check_decisions, counted
from proofhouse.rules.registration import Case


def draft(case: Case, outcomes: Any, *, at: str, decisions: Sequence[Any] = ()) -> Draft:
    """The assessor's findings from the opened ``outcomes`` of the newest run.

    ``decisions`` are what the statements about its held scores open to (``held_scores``).
    Raises InputError, RefusedError.
    """
    check_all_taken(case, len(decisions))
    decided = check_decisions(outcomes["items"], [each["decisions"] for each in decisions])
    found = findings(counted(outcomes["items"], decided))
    hidden = Hidden()
    fields = {
        "run": case.need("run-ended").digest,
        "findings": hidden.salt(found),
        "count": len(found["findings"]),
        "gradedBy": "assessor",
        "deliveredAt": at,
    }
    return about_case(case, "findings", fields, hidden.openings)


def receive(case: Case, *, at: str) -> Draft:
    """The developer has the findings."""
    fields = {"findings": case.need("findings").digest, "receivedAt": at}
    return about_case(case, "findings-received", fields)
