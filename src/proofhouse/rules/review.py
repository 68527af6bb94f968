# SPDX-License-Identifier: Apache-2.0
"""The second stage of R2: terms, an access window, findings, partners, and the end of access.

Rule 1: it begins only from COVERED and only on the developer's own request (R2).

Rule 2: access stands only between ``window_opened`` and ``window_closed``, and the closing is the
registrar's, not a person's (R3). It may come in any state in which the window is open.

Rule 3: findings reach the developer before any partner has access (R13, R8). Testing again what was
fixed holds no partner up: access is given and taken while a re-test is planned or runs. Only while
its findings are on their way to the developer is no new access given.

Rule 4: the developer may answer the findings that it has received, as often as it likes, also when
the window has closed. What it says was fixed is tested again in an open window, on new items (R3).

Rule 5: withdrawal is allowed in every live state (R1); what is open is then closed: first the run
that is under way, then the window.
"""

from __future__ import annotations

from proofhouse.rules.inquiry import INQUIRY
from proofhouse.rules.tables import Table

REVIEW: Table = {
    "assessor_to_offer_terms": {
        "terms_offered": "developer_to_answer_terms",
        "withdrawal": "withdrawn",
    },
    "developer_to_answer_terms": {
        "terms_answered": "developer_to_open_window",
        "withdrawal": "withdrawn",
    },
    "developer_to_open_window": {
        "window_opened": "assessor_to_plan_review",
        "terms_offered": "developer_to_answer_terms",
        "withdrawal": "withdrawn",
    },
    "assessor_to_plan_review": {
        "plan": "assessor_to_run_review",
        "window_closed": "closed",
        "withdrawal": "withdrawn_window_to_close",
    },
    "assessor_to_run_review": {
        "run_started": "review_run_under_way",
        "window_closed": "closed",
        "withdrawal": "withdrawn_window_to_close",
    },
    "review_run_under_way": {
        "run_ended": "assessor_to_deliver_findings",
        "run_failed": "assessor_to_plan_review",
        "window_closed": "closed_run_to_end",
        "withdrawal": "withdrawn_run_and_window_to_close",
    },
    "assessor_to_deliver_findings": {
        "scores_decided": "assessor_to_deliver_findings",
        "findings": "developer_to_receive_findings",
        "partner_accepted": "assessor_to_deliver_findings",
        "window_closed": "closed_findings_to_deliver",
        "withdrawal": "withdrawn_window_to_close",
    },
    "developer_to_receive_findings": {
        "findings_received": "findings_received",
        "partner_accepted": "developer_to_receive_findings",
        "window_closed": "closed_findings_to_receive",
        "withdrawal": "withdrawn_window_to_close",
    },
    "findings_received": {
        "findings_answered": "findings_received",
        "plan": "assessor_to_run_retest",
        "partner_access": "partner_to_accept",
        "partner_accepted": "findings_received",
        "disclosure": "findings_received",
        "window_closed": "closed",
        "withdrawal": "withdrawn_window_to_close",
    },
    "assessor_to_run_retest": {
        "run_started": "retest_under_way",
        "partner_access": "assessor_to_run_retest",
        "partner_accepted": "assessor_to_run_retest",
        "window_closed": "closed",
        "withdrawal": "withdrawn_window_to_close",
    },
    "retest_under_way": {
        "run_ended": "assessor_to_deliver_findings",
        "run_failed": "findings_received",
        "partner_access": "retest_under_way",
        "partner_accepted": "retest_under_way",
        "window_closed": "closed_run_to_end",
        "withdrawal": "withdrawn_run_and_window_to_close",
    },
    "partner_to_accept": {
        "findings_answered": "partner_to_accept",
        "plan": "assessor_to_run_retest",
        "partner_accepted": "findings_received",
        "window_closed": "closed",
        "withdrawal": "withdrawn_window_to_close",
    },
    # The window has ended while something was still owed: it is owed all the same (R13).
    "closed_run_to_end": {
        "run_ended": "closed_findings_to_deliver",
        "run_failed": "closed",
        "withdrawal": "withdrawn_run_to_end",
    },
    "closed_findings_to_deliver": {
        "scores_decided": "closed_findings_to_deliver",
        "findings": "closed_findings_to_receive",
        "withdrawal": "withdrawn",
    },
    "closed_findings_to_receive": {
        "findings_received": "closed",
        "withdrawal": "withdrawn",
    },
    "closed": {"findings_answered": "closed", "disclosure": "closed"},
    "withdrawn_run_and_window_to_close": {
        "run_ended": "withdrawn_window_to_close",
        "run_failed": "withdrawn_window_to_close",
        "window_closed": "withdrawn_run_to_end",
    },
    "withdrawn_window_to_close": {"window_closed": "withdrawn"},
}

CASE: Table = {**INQUIRY, **REVIEW}
"""Both stages: a case is one chain."""

WITHDRAWN = frozenset(state for state in CASE if state.startswith("withdrawn"))
"""The developer has left; only what was open remains to be closed."""

ENDED = frozenset({"not_covered", "inconclusive", "closed", "withdrawn"})
"""Nothing is owed by anybody and nothing is left to withdraw from."""

LIVE = frozenset(CASE) - WITHDRAWN - ENDED - {"developer_may_inquire"}
"""Each of them has a withdrawal in its row; a test holds it."""
