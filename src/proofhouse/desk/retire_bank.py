# SPDX-License-Identifier: Apache-2.0
"""The owning bodies retire a bank version: no new submission is measured by it (R5).

    drafted = draft(kept, reason="Version 2 takes its place.", at=now)

What was submitted before goes on to its end. The version is still to be opened by its ``openBy``;
nothing of it is opened by this.
"""

from __future__ import annotations

from proofhouse.desk.desk import Kept
from proofhouse.desk.draft import Draft, in_clear


def draft(kept: Kept, *, reason: str, at: str) -> Draft:
    """The retirement of the bank commitment ``kept``. Raises FormatError for an empty reason."""
    fields = {"bank": kept.entry.digest, "reason": reason, "retiredAt": at}
    return in_clear("bank-retirement", "bank-commitment", kept.entry.digest, fields)
