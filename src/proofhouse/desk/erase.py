# SPDX-License-Identifier: Apache-2.0
"""A case that has ended is erased: envelopes, salts, openings, outcomes, transcripts.

The log keeps its leaves, each a salted digest that now opens to nobody, so every proof over the
log still holds. What was published in clear (banks, thresholds, notices) belongs to no case and
stays. A bundle that a party took home is that party's; it still verifies.

A live case is never erased: what has started ends in a statement first (R16).
"""

from __future__ import annotations

from proofhouse.desk.desk import Desk
from proofhouse.errors import RefusedError
from proofhouse.rules.routing import ENDED, is_report


def erase(desk: Desk, case_id: str) -> int:
    """Erase the case from the vault; how many statements were erased.

    Raises RefusedError while the case is live, ErasedError if it was erased before, StorageError if
    another process keeps the vault's file busy.
    """
    case = desk.case(case_id)
    if case.entries and case.state not in ENDED:
        raise RefusedError(
            "The case has not ended, and only an ended case is erased.",
            rule="R16",
            hint="It can be closed: proofhouse case close CASE --as withdrawn"
            if is_report(case)
            else "Its developer may withdraw at any moment; then it can be erased.",
        )
    desk.vault.erase(case_id)
    return len(case.entries)
