# SPDX-License-Identifier: Apache-2.0
"""A developer leaves: at any moment, without a reason and without a mark against it (R1)."""

from __future__ import annotations

from proofhouse.desk.draft import Draft, about_case
from proofhouse.rules.registration import Case


def draft(case: Case, *, at: str) -> Draft:
    """The developer's withdrawal. It has no field for a reason."""
    return about_case(case, "withdrawal", {"withdrawnAt": at})
