# SPDX-License-Identifier: Apache-2.0
"""Leaf 0: what this log is, who vouches for its checkpoints, and who holds the keys.

``custody`` is ``single`` where one home holds every party's key: such a log shows integrity, not
independence, and ``proofhouse verify`` says so.
"""

from __future__ import annotations

from proofhouse.desk.draft import Draft, in_clear
from proofhouse.formats.digest import sha256_hex


def draft(*, origin: str, verifier_key: str, custody: str, at: str) -> Draft:
    """The registrar's first statement. ``custody`` is ``single`` or ``separate``."""
    return in_clear(
        "log-opened",
        "log",
        sha256_hex(origin.encode()),
        {"origin": origin, "verifierKey": verifier_key, "custody": custody, "openedAt": at},
    )
