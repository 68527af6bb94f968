# SPDX-License-Identifier: Apache-2.0
"""What the deeper evaluation found reaches the developer, before any partner (R13, R14)."""

from __future__ import annotations

from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.estimate import findings
from proofhouse.rules.registration import Case


def draft(case: Case, outcomes: Any, *, at: str) -> Draft:
    """The assessor's findings from the opened ``outcomes`` of the newest run."""
    found = findings(outcomes["items"])
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
