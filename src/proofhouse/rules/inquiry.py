# SPDX-License-Identifier: Apache-2.0
"""The first stage of R2: from a question to a determination.

Rule 1: there is no state that permits and none that forbids (R1). An inquiry ends in what was
found, in nothing found, or in the developer's leaving; none of them blocks anything.

Rule 2: the developer may withdraw in every live state, without a reason and without a mark (R1).
What has started still ends in a statement: a run under way is ended before the case is.

Rule 3: silence moves nothing. No event of this table is the passing of time; a case that nobody
moves shows “no finding”, never consent or refusal (R1).

State names say whose move it is. The events are made from statements by ``registration``.
"""

from __future__ import annotations

from proofhouse.rules.tables import Table

START = "developer_may_inquire"

INQUIRY: Table = {
    "developer_may_inquire": {"inquiry": "developer_to_submit"},
    "developer_to_submit": {
        "submission": "assessor_to_plan",
        "withdrawal": "withdrawn",
    },
    "assessor_to_plan": {
        "plan": "assessor_to_run",
        "withdrawal": "withdrawn",
    },
    "assessor_to_run": {
        "run_started": "run_under_way",
        "withdrawal": "withdrawn",
    },
    "run_under_way": {
        "run_ended": "assessor_to_determine",
        "run_failed": "assessor_to_plan",
        "withdrawal": "withdrawn_run_to_end",
    },
    "assessor_to_determine": {
        "scores_decided": "assessor_to_determine",
        "determined_covered": "covered",
        "determined_not_covered": "not_covered",
        "determined_inconclusive": "inconclusive",
        "withdrawal": "withdrawn",
    },
    # The three ends of an inquiry. Only the first leads on, and only if the developer asks (R2).
    "covered": {
        "disclosure": "covered",
        "review_requested": "assessor_to_offer_terms",
        "withdrawal": "withdrawn",
    },
    "not_covered": {"disclosure": "not_covered"},
    "inconclusive": {"disclosure": "inconclusive"},
    "withdrawn_run_to_end": {"run_ended": "withdrawn", "run_failed": "withdrawn"},
    "withdrawn": {},
}

FINDING: dict[str, str] = {
    "covered": "COVERED",
    "not_covered": "NOT_COVERED",
    "inconclusive": "INCONCLUSIVE",
}
"""What an inquiry in this state found. Every other state: nothing, which is said as such."""


def finding(state: str) -> str:
    """The outcome that ``state`` carries, or ``"no finding"``."""
    return FINDING.get(state, "no finding")
