# SPDX-License-Identifier: Apache-2.0
"""Where a reported vulnerability stands: state → event → state, every state a row (R9, R20–R22).

Rule 1: a report is believed when it is reproduced, and by nothing else; what could not be decided
moves nothing. Missing evidence counts against the claim.

Rule 2: no patch is judged of a flaw that nobody reproduced, and “fixed” rests on a judged patch, or
on a newest source that the proof no longer harms. Exposure removed is what counts (R22).

Rule 3: a duplicate is a link between two reports and never a merge of their chains. What was closed
as a duplicate is opened again, where it stood, when the link is taken back.

Rule 4: whoever reported may withdraw while the report is open. A relay and a link move no state.

State names say whose move it is. The events are made from statements by ``reporting``.
"""

from __future__ import annotations

import hashlib

from proofhouse.rules.tables import Table

START = "reporter_may_report"

OPEN = (
    "coordinator_to_validate",
    "reporter_to_answer",
    "vendor_to_patch",
    "vendor_to_release",
)
"""Somebody is to move."""

ENDED = frozenset({"report_fixed", "report_not_reproduced", "report_withdrawn", "report_duplicate"})
"""Nothing is owed by anybody. New evidence, or a link taken back, may open some of them again."""


def _row(state: str, moves: dict[str, str]) -> dict[str, str]:
    """A row: what may come in any state that has begun, the leave of an open one, and ``moves``."""
    always = ("report_relayed", "alias_found", "related_found", "upstream_found", "link_undone")
    row = dict.fromkeys(always, state)
    if state in OPEN:
        row |= {"closed_withdrawn": "report_withdrawn", "closed_duplicate": "report_duplicate"}
    return row | moves


_MOVES: dict[str, dict[str, str]] = {
    "coordinator_to_validate": {
        "reproduced": "vendor_to_patch",
        "not_reproduced": "reporter_to_answer",
        "undecided": "coordinator_to_validate",
    },
    "reporter_to_answer": {
        "reproduced": "vendor_to_patch",
        "not_reproduced": "reporter_to_answer",
        "undecided": "reporter_to_answer",
        "closed_not_reproduced": "report_not_reproduced",
    },
    # A verdict that contradicts the only one before it is not averaged: it is validated again.
    "vendor_to_patch": {
        "reproduced": "vendor_to_patch",
        "not_reproduced": "coordinator_to_validate",
        "one_proof_less": "vendor_to_patch",
        "undecided": "vendor_to_patch",
        "patch_accepted": "vendor_to_release",
        "patch_refused": "vendor_to_patch",
        "patch_undecided": "vendor_to_patch",
        "closed_fixed": "report_fixed",
    },
    "vendor_to_release": {
        "reproduced": "vendor_to_release",
        "not_reproduced": "coordinator_to_validate",
        "one_proof_less": "vendor_to_release",
        "undecided": "vendor_to_release",
        "patch_accepted": "vendor_to_release",
        "patch_refused": "vendor_to_release",
        "patch_undecided": "vendor_to_release",
        "accepted_patch_refused": "vendor_to_patch",
        "closed_fixed": "report_fixed",
    },
    "report_fixed": {"newest_still_harmed": "vendor_to_patch"},
    "report_not_reproduced": {
        "reproduced": "vendor_to_patch",
        "not_reproduced": "report_not_reproduced",
        "undecided": "report_not_reproduced",
    },
    "report_withdrawn": {},
    "report_duplicate": {f"reopened_{state}": state for state in OPEN},
}

REPORT: Table = {
    START: {"report": "coordinator_to_validate"},
    **{state: _row(state, moves) for state, moves in _MOVES.items()},
}

MAKERS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        "report",
        "report-relayed",
        "validation",
        "patch-judged",
        "duplicate-found",
        "duplicate-undone",
        "report-closed",
    ),
    ("registrar",),
)
"""Who makes a statement: the desk, of what it was handed, ran or decided. A reporter needs no key;
who it says it is stands in the report as it was written."""


def handling(case_id: str) -> str:
    """The identifier that a reporter is given, and that every hop passes on (R21).

    It tells one report from another and nothing else: the case can't be found from it in the log.
    """
    told = hashlib.sha256(b"proofhouse/handling/v1\n" + case_id.encode()).hexdigest()
    return f"PH-{told[:12]}"
