# SPDX-License-Identifier: Apache-2.0
"""The access window closes and every access that was given is revoked, by the registrar (R3).

Access also ends without this statement: each use of it is checked against the window's end.
"""

from __future__ import annotations

from proofhouse.desk.draft import Draft, about_case
from proofhouse.rules.registration import Case, window_of


def draft(case: Case, *, at: str) -> Draft:
    """The registrar's closing; its reason follows from the case and the time."""
    window = case.need("window-opened")
    if case.last("withdrawal") is not None:
        reason = "withdrawn"
    else:
        reason = "ended" if at >= window_of(window).ends_at else "concluded"
    fields = {
        "window": window.digest,
        "reason": reason,
        "revoked": [window.digest, *(access.digest for access in case.all("partner-access"))],
        "closedAt": at,
    }
    return about_case(case, "window-closed", fields)
