# SPDX-License-Identifier: Apache-2.0
"""The access window opens, with its end counted back from the planned release (R3)."""

from __future__ import annotations

from proofhouse.desk.draft import Draft, about_case
from proofhouse.rules.registration import Case
from proofhouse.rules.window import Window


def draft(case: Case, window: Window, *, at: str) -> Draft:
    """The developer gives access from ``window.opens_at`` to ``window.ends_at``."""
    fields = {
        "agreement": case.need("terms-answered").digest,
        "opensAt": window.opens_at,
        "endsAt": window.ends_at,
        "plannedPartnerReleaseAt": window.planned_partner_release_at,
        "plannedPublicReleaseAt": window.planned_public_release_at,
        "maximumDays": window.maximum_days,
        "openedAt": at,
    }
    return about_case(case, "window-opened", fields)
