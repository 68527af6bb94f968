# SPDX-License-Identifier: Apache-2.0
"""What the vault opens of a case: SHA-256 of a hidden field → its value."""

from __future__ import annotations

from typing import Any

from proofhouse.desk.desk import Desk
from proofhouse.formats.bundle import opened
from proofhouse.rules.registration import Case


def values(desk: Desk, case_id: str) -> dict[str, Any]:
    """Every hidden field of the case's own statements. Raises ErasedError, DamagedError."""
    found: dict[str, Any] = {}
    for kept in desk.statements(case_id):
        found.update((opened(opening), opening.value) for opening in kept.openings)
    return found


def report_of(desk: Desk, case: Case) -> dict[str, Any]:
    """What the report of a vulnerability's case says, as its reporter wrote it."""
    hidden = case.need("report").predicate["report"]["salted"]
    value: dict[str, Any] = values(desk, case.id)[hidden]
    return value
