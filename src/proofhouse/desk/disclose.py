# SPDX-License-Identifier: Apache-2.0
"""A result is shown to one recipient: a decision of its own, with what was left out (R7)."""

from __future__ import annotations

from collections.abc import Sequence

from proofhouse.desk.draft import Draft, about_case
from proofhouse.rules.registration import Case, Entry


def draft(
    case: Case,
    result: Entry,
    *,
    recipient: str,
    reason: str,
    redactions: Sequence[str] = (),
    at: str,
) -> Draft:
    """The assessor's decision to show ``result`` to ``recipient`` without ``redactions``."""
    fields = {
        "of": result.digest,
        "recipient": recipient,
        "redactions": list(redactions),
        "reason": reason,
        "disclosedAt": at,
    }
    return about_case(case, "disclosure", fields)
