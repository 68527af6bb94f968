# SPDX-License-Identifier: Apache-2.0
"""A reported vulnerability in a real desk: real statements, told verdicts, no sandbox.

case_id = taken(desk, key)                       a report with one proof, in quarantine
register(desk, key, validated(desk, case))       …and what follows, step by step
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proofhouse.desk import judge_patch, link_reports, take_report, validate_report
from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft
from proofhouse.desk.take_report import Hop, Told
from proofhouse.formats.keys import Signer
from proofhouse.rules.registration import Case, Entry
from proofhouse.rules.reporting import standing_links
from proofhouse.validation.gate import Check, Judgement
from proofhouse.validation.program import Seen
from proofhouse.validation.reproduce import Report, Turn
from proofhouse.validation.sources import Entry as File
from proofhouse.validation.sources import Tree, make_tree

SOURCE: Tree = make_tree([("main.c", File(b"int main(void) { return 0; }\n"))])
NEWER: Tree = make_tree([("main.c", File(b"int main(void) { return 1; }\n"))])
PROOF = b"PROOF-BYTES-THAT-NOBODY-MAY-FIND-IN-A-FILE" * 3
PATCH = b"--- a/main.c\n+++ b/main.c\nPATCH-BYTES-IN-QUARANTINE\n"

CRASH = Seen("crashed", "heap-buffer-overflow", ("parse",), vouched="sanitizer")
QUIET = Seen("quiet", exit_status=0)

REPORTS: Mapping[str, Report] = {
    "reproduced": Report(
        "reproduced",
        "Each of 3 runs shows heap-buffer-overflow in parse; the controls are quiet.",
        (Turn((QUIET, QUIET), CRASH),) * 3,
        seen=CRASH,
    ),
    "not_reproduced": Report(
        "not_reproduced", "Each of 3 runs is quiet.", (Turn((QUIET,), QUIET),) * 3, seen=QUIET
    ),
    "environment_failed": Report("environment_failed", "The source does not build: cc: no."),
    "inconclusive": Report(
        "inconclusive",
        "Flaky, 2 of 3 runs agree.",
        (*(Turn((QUIET,), CRASH),) * 2, Turn((QUIET,), QUIET)),
        seen=CRASH,
    ),
}

JUDGEMENTS: Mapping[str, Judgement] = {
    "accepted": Judgement(
        "accepted",
        "All 3 checks passed.",
        tuple(Check(name, "passed", "") for name in ("applies", "builds", "proof-gone")),
    ),
    "refused": Judgement(
        "refused",
        "proof-gone: it still crashes.",
        (Check("applies", "passed", ""), Check("proof-gone", "failed", "it still crashes")),
    ),
    "inconclusive": Judgement(
        "inconclusive",
        "builds: the source itself does not build.",
        (Check("applies", "passed", ""), Check("builds", "inconclusive", "")),
    ),
}

TOLD = Told(
    product="libexample",
    version="1.4.2",
    summary="Reads past the end of a row.",
    chain=(Hop("Finder Group", "finders@example.org", "FG-17"), Hop("List X")),
    credits=("A. Finder, with Model Y",),
    build="make",
    run="./target {proof}",
    method="static analysis, then a model",
    public_model="yes",
    origins=("https://finders.example/17",),
    embargo="Until 2026-12-24T12:00:00Z, by the finders' policy.",
    duplicate_claims=("CVE-2026-0001",),
)


def taken(desk: Desk, key: Signer, told: Told = TOLD, proofs: tuple[bytes, ...] = (PROOF,)) -> str:
    """The id of a case that has just been taken in."""
    return take_report.take(desk, told, proofs, SOURCE.digest, lambda draft: draft.signed(key))


def register(desk: Desk, key: Signer, draft: Draft) -> Entry:
    """``draft`` signed by ``key`` and registered."""
    return desk.register(draft.signed(key), draft.openings)


def validated(
    desk: Desk, case: Case, verdict: str = "reproduced", newest: str | None = None, **how: Any
) -> Draft:
    """A validation of the report's proof that came to ``verdict``."""
    chosen = validate_report.How(newest=NEWER if newest else None)
    request = validate_report.request_of(desk, case, SOURCE, chosen, **how)
    report = REPORTS[verdict]
    if newest:
        report = Report(**{**vars(report), "newest": REPORTS[newest]})
    return validate_report.draft(desk, case, request, report, at=desk.clock())


def judged(desk: Desk, case: Case, verdict: str = "accepted", patch: bytes = PATCH) -> Draft:
    """A judgement of ``patch`` that came to ``verdict``."""
    request = judge_patch.request_of(desk, case, SOURCE, patch, judge_patch.How())
    return judge_patch.draft(desk, case, request, JUDGEMENTS[verdict], at=desk.clock())


def linked(desk: Desk, case: Case, kind: str = "alias", **end: str) -> Draft:
    """A link to another case (``other``) or to a ``record`` elsewhere."""
    end = end or {"record": "CVE-2026-0001"}
    return link_reports.found(case, kind, reason="One patch stops both.", at=desk.clock(), **end)


def unlinked(desk: Desk, case: Case) -> Draft:
    """The newest link that stands is taken back."""
    link = standing_links(case)[-1].digest
    return link_reports.undo(case, link, reason="Two places.", at=desk.clock())


def relayed(desk: Desk, case: Case) -> Draft:
    """The report is handed on to a vendor."""
    return take_report.relay(case, Hop("Vendor B", None, "VU-1042"), at=desk.clock())


def closed(desk: Desk, case: Case, outcome: str = "fixed") -> Draft:
    """The report is closed."""
    return take_report.close(case, outcome, at=desk.clock())


STEPS: tuple[Callable[[Desk, Case], Draft], ...] = (
    relayed,
    validated,
    linked,
    unlinked,
    judged,
    closed,
)
"""One statement of each kind, from a report to its fix."""
