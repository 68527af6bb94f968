# SPDX-License-Identifier: Apache-2.0
"""What states, statements, clauses and reasons are called when a person reads them.

One table each, complete over the rules' own tables (a test holds that). The sentences of R1 and
R17 stand here once: nothing is a licence, nothing is blocked, and no finding is a clearance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from proofhouse.rules.registration import Case, waiting_scores
from proofhouse.said import counted, joined, say
from proofhouse.views import plain

STATEMENTS: Final[Mapping[str, str]] = {
    "log-opened": "The log was opened",
    "bank-commitment": "The bank was fixed",
    "threshold-commitment": "The threshold was fixed",
    "determination-notice": "A sealed notice of the determination was published",
    "opening": "A sealed value was opened to everybody",
    "bank-retirement": "The bank was retired",
    "key-changed": "A key was changed",
    "inquiry": "The developer inquired",
    "submission": "The model was submitted",
    "plan": "The test was planned",
    "run-started": "A run started",
    "run-ended": "The run ended",
    "scores-decided": "Held scores were decided",
    "determination": "The determination was stated",
    "disclosure": "A result was disclosed",
    "review-requested": "The developer asked for a review",
    "terms-offered": "Terms were offered",
    "terms-answered": "The developer answered the terms",
    "window-opened": "The developer opened the access window",
    "findings": "Findings were delivered",
    "findings-received": "The developer received the findings",
    "findings-answered": "The developer answered the findings",
    "partner-access": "A trusted partner was given access",
    "partner-accepted": "The partner accepted",
    "window-closed": "The access window was closed",
    "withdrawal": "The developer withdrew",
    "report": "A vulnerability was reported",
    "report-relayed": "The report was handed on",
    "validation": "A proof was run against the source",
    "patch-judged": "A patch was judged",
    "duplicate-found": "A link to another report was found",
    "duplicate-undone": "A link was taken back",
    "report-closed": "The report was closed",
}
"""A statement's predicate → what happened."""

NOW: Final[Mapping[str, str]] = {
    "developer_may_inquire": "There is no inquiry in this bundle.",
    "developer_to_submit": "It is the developer’s move: to submit a model.",
    "assessor_to_plan": "It is the assessor’s move: to plan the test.",
    "assessor_to_run": "It is the assessor’s move: to run the plan.",
    "run_under_way": "A run is under way.",
    "assessor_to_determine": "It is the assessor’s move: to state the determination.",
    "covered": "The inquiry has ended. A review follows only if the developer asks for one.",
    "not_covered": "The inquiry has ended.",
    "inconclusive": "The inquiry has ended.",
    "withdrawn_run_to_end": "A run that had started is still to be ended.",
    "withdrawn": "The case has ended.",
    "assessor_to_offer_terms": "Review: it is the assessor’s move, to offer terms.",
    "developer_to_answer_terms": "Review: it is the developer’s move, to answer the terms.",
    "developer_to_open_window": "Review: it is the developer’s move, to open the access window.",
    "assessor_to_plan_review": "Review: the window is open and the assessor is to plan.",
    "assessor_to_run_review": "Review: the window is open and the assessor is to run the plan.",
    "review_run_under_way": "Review: a run is under way inside the window.",
    "assessor_to_deliver_findings": "Review: the assessor is to deliver the findings.",
    "developer_to_receive_findings": "Review: findings are delivered; the developer is to receive "
    "them.",
    "findings_received": "Review: the developer has the findings; the window is open.",
    "assessor_to_run_retest": "Review: the assessor is to test findings again that were fixed.",
    "retest_under_way": "Review: findings that were fixed are being tested again.",
    "partner_to_accept": "Review: a trusted partner is to accept its access.",
    "closed_run_to_end": "The window is closed; a run that had started is still to be ended.",
    "closed_findings_to_deliver": "The window is closed; findings are still owed to the developer.",
    "closed_findings_to_receive": "The window is closed; the developer is to receive the findings.",
    "closed": "The review has ended and all access is revoked.",
    "withdrawn_run_and_window_to_close": "A run and the access window are still to be closed.",
    "withdrawn_window_to_close": "The access window is still to be closed.",
}
"""A state of the case → where it stands and whose move it is."""

REPORT_NOW: Final[Mapping[str, str]] = {
    "reporter_may_report": "Nothing was reported yet.",
    "coordinator_to_validate": "It is the coordinator’s move: to run the proof.",
    "reporter_to_answer": "The proof did not show the flaw. It is the reporter’s move: to answer.",
    "vendor_to_patch": "The flaw is reproduced. It is the vendor’s move: to patch it.",
    "vendor_to_release": "A patch was accepted. It is the vendor’s move: to release the fix.",
    "report_fixed": "The report is closed: the flaw is fixed.",
    "report_not_reproduced": "The report is closed: the flaw was not reproduced.",
    "report_withdrawn": "The report is closed: its reporter withdrew it.",
    "report_duplicate": "The report is closed: it tells of the same flaw as another.",
}
"""A state of a reported vulnerability → where it stands and whose move it is."""


def now(state: str) -> str:
    """Where a case of either kind stands and whose move it is."""
    return say(NOW[state] if state in NOW else REPORT_NOW[state])


def held(scores: int) -> str:
    """Whose move it is while scores are held; empty if none is."""
    if not scores:
        return ""
    if scores == 1:
        return say(
            "1 score is held: a person at the assessor’s is to look and decide it first; what "
            "nobody decides stays missing."
        )
    return say(
        "%(number)s scores are held: a person at the assessor’s is to look and decide them first; "
        "what nobody decides stays missing.",
        number=scores,
    )


def stands(case: Case) -> str:
    """`now`, and what is held where scores wait for a person."""
    return joined(" ", [*filter(None, (now(case.state), held(waiting_scores(case))))])


HIDDEN: Final[Mapping[tuple[str, str], str]] = {
    ("bank-commitment", "seed"): "The bank’s secret seed",
    ("threshold-commitment", "threshold"): "The threshold",
    ("determination-notice", "determination"): "What the public notice says",
    ("inquiry", "developer"): "The developer’s name",
    ("submission", "model"): "The model’s name and endpoint",
    ("plan", "plan"): "The list of items",
    ("plan", "design"): "How the items were chosen, and the plan’s simulation",
    ("run-ended", "outcomes"): "The outcome of each item",
    ("scores-decided", "decisions"): "What was decided of held scores, by whom and why",
    ("determination", "evidence"): "The evidence and its path",
    ("determination", "ability"): "The estimate of ability and the results by level",
    ("determination", "beside"): "What stands beside the determination",
    ("findings", "findings"): "The findings",
    ("findings-answered", "said"): "What the developer says of the findings",
    ("partner-access", "partner"): "The partner’s name",
    ("report", "report"): "What was reported",
    ("report", "reporters"): "Who found and who reported it",
    ("report", "provenance"): "How it was found, and under which terms",
    ("report-relayed", "hop"): "To whom the report was handed on",
    ("validation", "found"): "What the proof showed",
    ("patch-judged", "why"): "Why the patch was judged so",
    ("duplicate-found", "link"): "The other report, and why they belong together",
    ("duplicate-undone", "reason"): "Why the link was taken back",
}
"""A field behind a salt or a commitment → what it hides."""

REASONS: Final[Mapping[str, str]] = {
    "upper boundary crossed": "The evidence reached the boundary for COVERED.",
    "lower boundary crossed": "The evidence reached the boundary for NOT_COVERED.",
    "missing data could decide": "Items are missing, and scoring them as solved or as failed gives "
    "different answers. Missing data may not decide.",
    "bank exhausted": "The items ran out while the evidence was still between its two boundaries.",
    "maximum items reached": "The most items that the plan allows were taken while the evidence "
    "was still between its two boundaries.",
    "another dimension crossed": "It was cut off where the evidence on another dimension reached "
    "the boundary for COVERED.",
    "run ended while scores were held": "The run had ended while held scores could decide. With "
    "them decided the evidence is between its two boundaries, and no more items were run.",
    "budget spent": "The run was stopped because its budget was spent.",
    "window closing": "The run was stopped because its window was closing.",
    "person-fit alarm": "The run was stopped because the pattern of answers did not fit the scale: "
    "hard items solved, easy ones failed.",
    "endpoint unavailable": "The run was stopped because the model’s endpoint was not to be "
    "reached.",
}
"""The reasons of the integer kernel → a sentence. A reason outside the table is shown as it is."""

ANSWERS: Final[Mapping[str, str]] = {
    "acknowledged": "The developer acknowledges it.",
    "disputed": "The developer sees it otherwise.",
    "fixed": "The developer says that it is fixed.",
}
"""What a developer says of a finding → a sentence."""

VERDICTS: Final[Mapping[str, str]] = {
    "gone": "Gone: it is not seen on the new items any more.",
    "still there": "Still there: a new item shows it.",
    "cannot tell": "Can’t tell: the new items are too few, or some are missing.",
}
"""What came of testing a finding again → a sentence. None says that there is nothing."""


def reason(stated: str) -> str:
    """Why a test came out as it did; a reason that this table does not have, as it is stated."""
    if stated in REASONS:
        return say(REASONS[stated])
    return say("The stated reason: %(reason)s.", reason=plain.one_line(stated, 300))


CLAUSES: Final[Mapping[str, str]] = {
    "confidentiality": "Confidentiality",
    "cybersecurity": "Cybersecurity",
    "insiderRisk": "Insider risk",
    "intellectualProperty": "Intellectual-property protection",
    "use": "Use",
    "nondisclosure": "Nondisclosure",
}

RULED_OUT: Final[Mapping[str, str]] = {
    "run_for_findings": "no evaluation for findings",
    "partner_access": "no access for trusted partners",
    "disclosure_to_others": "no disclosure to anybody but the developer",
    "access_to_weights": "no access to the weights",
}
"""What a struck clause rules out, as ``rules.terms`` names it."""

CLOSED: Final[Mapping[str, str]] = {
    "ended": "because it had reached its end",
    "concluded": "early, because the review was concluded",
    "withdrawn": "because the developer had withdrawn",
}

ENDINGS: Final[Mapping[str, str]] = {
    "completed": "Completed",
    "stopped": "Stopped",
    "failed": "Failed",
}

ASKED_AGAIN: Final[Mapping[str, str]] = {
    "alike": "When it began, the model answered the probe as it had when it was submitted.",
    "otherwise": "When it began, the model answered the probe otherwise than when it was "
    "submitted. Many endpoints never answer alike twice; it may also be another model.",
}
"""Of the model that a run asks (R17)."""

PURPOSES: Final[Mapping[str, str]] = {
    "determination": "For the determination",
    "findings": "For the review’s findings",
}

GRADED: Final[Mapping[str, str]] = {
    "developer": "the developer itself",
    "assessor": "the assessor",
    "independent": "an independent grader",
}

ACCESS: Final[Mapping[str, tuple[str, str]]] = {
    "black-box": (
        "Black-box: the model was reached through an endpoint, and nothing behind it was seen.",
        "Access was black-box. What stands behind the endpoint was not seen, and no black-box test "
        "can rule out that a model holds back.",
    ),
    "grey-box": (
        "Grey-box: more than the endpoint was seen, but not the weights.",
        "Access was grey-box. The weights were not seen, and a model that holds back may go "
        "unnoticed.",
    ),
    "weights": (
        "Weights: the model was run from its weights.",
        "Access was to the weights. Elicitation can still fall short of what the model can do.",
    ),
}
"""An access level → what was seen, and what such a test can't show (R13, R17)."""

ROLES: Final[Mapping[str, str]] = {
    "developer": "Developer",
    "assessor": "Assessor",
    "partner": "Partner",
    "body": "Owning body",
    "registrar": "Registrar",
}

NO_LICENCE: Final = (
    "It is no licence and no refusal. Nothing in this record can hold up development, "
    "publication or release, whatever the outcome."
)
NO_CLEARANCE: Final = (
    "It is no clearance. A test can’t prove that a capability is absent: a model can be held "
    "back, or stripped, or changed afterwards."
)
SILENCE: Final = (
    "It is neither consent nor refusal. Nobody has to wait for a finding, and silence means "
    "only that nothing has been found yet."
)
BINDING: Final = (
    "Results bind to what was tested: this version, with these safeguards, this scaffold and "
    "these budgets. A model that differs in any of them is another model."
)
FLOOR: Final = (
    "Scores are a floor at the budgets stated, not a ceiling: more tokens, more time or better "
    "tools may solve more."
)
NO_ABSENCE: Final = "Nothing here proves that a capability is absent."


def shown(custody: str | None, witnesses: int) -> tuple[str, str]:
    """What checking a bundle can show, in the words of ``proofhouse verify``, and why."""
    if custody == "separate":
        integrity = say("integrity, with keys held apart: nothing was changed since it was signed")
    elif custody == "single":
        integrity = say(
            "integrity, not independence: nothing was changed, but one home holds every key"
        )
    else:
        integrity = say(
            "integrity, not independence: nothing was changed; who holds the keys is unsaid"
        )
    if witnesses == 0:
        return integrity, say("order proven, times claimed: no witness saw when the log grew")
    seen = counted(witnesses, "witness", "witnesses")
    return integrity, say(
        "order proven and seen by %(seen)s; times are as the signers claim", seen=seen
    )
