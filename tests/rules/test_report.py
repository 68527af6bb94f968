# SPDX-License-Identifier: Apache-2.0
"""The table of a reported vulnerability and the fold over its statements keep R9, R20, R21, R22."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import RefusedError, VerificationError
from proofhouse.rules.diagrams import drawn
from proofhouse.rules.registration import Case, Entry, Record, Signer
from proofhouse.rules.report import ENDED, OPEN, REPORT, START, handling
from proofhouse.rules.reporting import (
    accepted_patches,
    check_opened,
    register_report,
    standing_links,
)
from proofhouse.rules.review import CASE
from proofhouse.rules.routing import register
from proofhouse.rules.tables import reachable

ID = "ca" * 32
SOURCE, PROOF, OTHER_PROOF, PATCH, EVIDENCE = (
    "50" * 32,
    "a1" * 32,
    "a2" * 32,
    "b1" * 32,
    "e0" * 32,
)
HIDDEN = {"salted": "5a" * 32}
PASSED = [{"name": name, "result": "passed"} for name in ("applies", "builds", "proof-gone")]
FAILED = [{"name": "proof-gone", "result": "failed"}]

FIELDS: dict[str, dict[str, Any]] = {
    "report": {
        "report": HIDDEN,
        "reporters": HIDDEN,
        "provenance": HIDDEN,
        "hops": 2,
        "proofs": [PROOF, OTHER_PROOF],
        "source": SOURCE,
    },
    "report-relayed": {"hop": HIDDEN, "hops": 3},
    "validation": {
        "proof": PROOF,
        "source": SOURCE,
        "newestSource": None,
        "verdict": "reproduced",
        "newest": None,
        "found": HIDDEN,
        "runs": 3,
        "crashes": 3,
        "controls": 6,
        "quietControls": 6,
        "evidence": EVIDENCE,
        "engine": "proofhouse 0",
    },
    "patch-judged": {
        "patch": PATCH,
        "source": SOURCE,
        "proofs": [PROOF],
        "verdict": "accepted",
        "checks": PASSED,
        "why": HIDDEN,
        "evidence": EVIDENCE,
        "engine": "proofhouse 0",
    },
    "duplicate-found": {"kind": "alias", "link": HIDDEN},
    "duplicate-undone": {"found": "00" * 32, "reason": HIDDEN},
    "report-closed": {"outcome": "fixed", "basis": None},
}
AT = {
    "report": "receivedAt",
    "report-relayed": "relayedAt",
    "validation": "validatedAt",
    "patch-judged": "judgedAt",
    "duplicate-found": "foundAt",
    "duplicate-undone": "undoneAt",
    "report-closed": "closedAt",
}
NOT = {"verdict": "not_reproduced", "crashes": 0}
NO_RUN = {
    "verdict": "environment_failed",
    "runs": 0,
    "crashes": 0,
    "controls": 0,
    "quietControls": 0,
}
REFUSED = {"verdict": "refused", "checks": FAILED}


def entry(case: Case, name: str, role: str = "registrar", **fields: Any) -> Entry:
    """The statement ``name`` that follows ``case``."""
    number = len(case.entries) + 1
    predicate = {"previous": case.head, **FIELDS[name], AT[name]: "2026-07-01T09:00:00Z", **fields}
    signers = frozenset({Signer(role, "0e" * 32)})
    return Entry(number, f"{number:064x}", name, case.id, predicate, signers)


def after(*steps: tuple[str, dict[str, Any]] | str, case: Case | None = None) -> Case:
    """The case after the steps: a name, or a name with fields."""
    case = case or register_report(Case(ID), entry(Case(ID), "report"))
    for step in steps:
        name, fields = (step, {}) if isinstance(step, str) else step
        case = register_report(case, entry(case, name, **fields))
    return case


def refusal(case: Case, name: str, **fields: Any) -> str:
    """Why the statement is refused."""
    with pytest.raises(RefusedError) as caught:
        register_report(case, entry(case, name, **fields))
    return str(caught.value)


# --------------------------------------------------------------------------------- the table


def test_every_state_is_a_row_and_reached() -> None:
    """No row is dead or missing, and each is the start, open or ended."""
    assert {state for row in REPORT.values() for state in row.values()} <= set(REPORT)
    assert reachable(REPORT, START) == set(REPORT)
    assert set(REPORT) == {START, *OPEN} | ENDED


def test_no_state_is_also_one_of_an_inquiry() -> None:
    """A state tells by itself of which kind its case is."""
    assert set(REPORT) & set(CASE) == set()


def test_no_patch_without_a_reproduced_flaw() -> None:
    """R22: no path reaches a judged patch, or “fixed”, without a reproduction."""
    without = {
        state: {event: to for event, to in row.items() if event != "reproduced"}
        for state, row in REPORT.items()
    }
    # A reopened state was there before the report was closed, so those ways lead nowhere new.
    for event in [e for e in without["report_duplicate"] if e.startswith("reopened_vendor")]:
        del without["report_duplicate"][event]
    reached = reachable(without, START)
    assert not any("patch_accepted" in without[state] for state in reached)
    assert "report_fixed" not in reached


@pytest.mark.parametrize("state", OPEN)
def test_an_open_report_can_be_withdrawn_relayed_and_linked(state: str) -> None:
    """R21: while a report is open its reporter may withdraw; relays and links move nothing."""
    assert REPORT[state]["closed_withdrawn"] == "report_withdrawn"
    for event in ("report_relayed", "alias_found", "related_found", "upstream_found"):
        assert REPORT[state][event] == state


def test_the_page_shows_the_table() -> None:
    """The diagram in docs/clearinghouse.md is the one that the table draws."""
    page = Path(__file__).parents[2].joinpath("docs/clearinghouse.md").read_text()
    assert drawn(page) == page
    assert "coordinator_to_validate --> vendor_to_patch: reproduced" in page


# ------------------------------------------------------------------------------- the routing


def test_an_inquiry_takes_no_statement_of_a_report_and_the_reverse() -> None:
    """A chain that began as one kind is refused a statement of the other, by name."""
    began = after()
    inquiry = replace(began, entries=(replace(began.entries[0], name="inquiry"),), state="covered")
    with pytest.raises(RefusedError, match="began as an inquiry"):
        register(inquiry, entry(inquiry, "validation"), Record())
    withdrawal = replace(
        entry(began, "validation"),
        name="withdrawal",
        predicate={"previous": began.head, "withdrawnAt": "2026-07-01T09:00:00Z"},
    )
    with pytest.raises(RefusedError, match="began as a reported vulnerability"):
        register(began, withdrawal, Record())


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"report"}))
def test_a_report_begins_with_a_report(name: str) -> None:
    """No other statement of a report is the first of its chain."""
    fresh = Case(ID)
    with pytest.raises(RefusedError):
        register(fresh, entry(fresh, name, previous="00" * 32), Record())


def test_a_report_is_the_first_and_only_one() -> None:
    """A second report in the same chain is refused."""
    assert "report" in refusal(after(), "report")


def test_only_the_desk_states() -> None:
    """A statement signed in another role is refused."""
    case = after()
    with pytest.raises(RefusedError, match="registrar"):
        register_report(case, entry(case, "validation", role="assessor"))


# ------------------------------------------------------------------------------ the verdicts


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), "coordinator_to_validate"),
        (("validation",), "vendor_to_patch"),
        ((("validation", NOT),), "reporter_to_answer"),
        ((("validation", NO_RUN),), "coordinator_to_validate"),
        ((("validation", {"verdict": "inconclusive"}),), "coordinator_to_validate"),
        ((("validation", NOT), ("validation", {"verdict": "inconclusive"})), "reporter_to_answer"),
        (("validation", ("validation", NOT)), "coordinator_to_validate"),
        (("validation", ("validation", NOT | {"proof": OTHER_PROOF})), "vendor_to_patch"),
        (("validation", "patch-judged"), "vendor_to_release"),
        (("validation", ("patch-judged", REFUSED)), "vendor_to_patch"),
        (("validation", "patch-judged", ("patch-judged", REFUSED)), "vendor_to_patch"),
        (
            ("validation", "patch-judged", ("patch-judged", REFUSED | {"patch": "b2" * 32})),
            "vendor_to_release",
        ),
        (("validation", "patch-judged", ("validation", NOT)), "coordinator_to_validate"),
    ],
)
def test_verdicts_move_the_report(steps: Any, state: str) -> None:
    """What was decided moves the report, what was not moves nothing; a contradiction is retried."""
    assert after(*steps).state == state


@pytest.mark.parametrize(
    "fields",
    [
        {"crashes": 2},
        {"runs": 2, "crashes": 2},
        {"quietControls": 0},
        {"crashes": 4},
        {"quietControls": 7},
        {"proof": "a9" * 32},
        {"source": "51" * 32},
        {"newest": "reproduced"},
        {"newestSource": "52" * 32},
        {"newest": "not_reproduced", "newestSource": SOURCE},
        NO_RUN | {"verdict": "not_reproduced"},
        NO_RUN | {"verdict": "inconclusive"},
        NOT | {"runs": 2},
        NOT | {"quietControls": 0},
        NOT | {"crashes": 1},
        {"verdict": "environment_failed"},
    ],
)
def test_a_verdict_agrees_with_its_figures(fields: dict[str, Any]) -> None:
    """“Reproduced” takes three runs that agree and a quiet control, on what was reported."""
    refusal(after(), "validation", **fields)


def opened(told: tuple[str | None, str | None], seen: tuple[str, str]) -> dict[str, Any]:
    """The openings of a report that expects ``told`` and a validation that found ``seen``."""
    report = {"expectClass": told[0], "expectFunction": told[1]}
    return {"0f" * 32: report, "f0" * 32: {"class": seen[0], "function": seen[1]}}


def crashed(verdict: str) -> Case:
    """A case whose validation says ``verdict`` of three crashes in three runs."""
    began = Case(ID)
    began = register_report(began, entry(began, "report", report={"salted": "0f" * 32}))
    return after(("validation", {"verdict": verdict, "found": {"salted": "f0" * 32}}), case=began)


SEEN = ("heap-buffer-overflow", "parse")


@pytest.mark.parametrize("told", [(None, None), (SEEN[0], None), (None, SEEN[1]), SEEN])
def test_what_crashed_as_told_is_not_unreproduced(told: Any) -> None:
    """“Not reproduced” is seen through where each run shows what the report expects."""
    with pytest.raises(VerificationError, match="what the report tells of"):
        check_opened(crashed("not_reproduced"), opened(told, SEEN))


@pytest.mark.parametrize("told", [("stack-overflow", None), (SEEN[0], "main")])
def test_another_flaw_than_the_reported_is_not_reproduced(told: Any) -> None:
    """Three crashes of another class, or elsewhere, do not reproduce a report."""
    check_opened(crashed("not_reproduced"), opened(told, SEEN))


def test_runs_that_agree_under_quiet_controls_are_not_inconclusive() -> None:
    """Three crashes beside quiet controls decide, unless an exit status is all there is."""
    case = crashed("inconclusive")
    with pytest.raises(VerificationError, match="runs agree"):
        check_opened(case, opened((None, None), SEEN))
    check_opened(case, opened((None, None), ("exit-7", "")))


@pytest.mark.parametrize(
    "fields",
    [
        {"checks": FAILED},
        {"checks": PASSED[:2]},
        {"checks": []},
        {"checks": [*PASSED, {"name": "proof-gone", "result": "noted"}]},
        {"checks": [*PASSED, {"name": "tests", "result": "inconclusive"}]},
        {"verdict": "refused"},
        {"verdict": "inconclusive"},
        {"proofs": [OTHER_PROOF]},
        {"proofs": [PROOF, PROOF]},
        {"proofs": ["a9" * 32]},
        {"source": "51" * 32},
    ],
)
def test_a_judgement_is_what_its_checks_come_to(fields: dict[str, Any]) -> None:
    """A patch is accepted only if nothing failed, the needed checks passed, on all that crashed."""
    refusal(after("validation"), "patch-judged", **fields)


def test_a_check_may_be_undecided_twice() -> None:
    """Two tests that fail before and after are told under one name, and accept nothing."""
    unsure = {"name": "tests", "result": "inconclusive"}
    judged = {"verdict": "inconclusive", "checks": [*PASSED, unsure, unsure]}
    assert after("validation", ("patch-judged", judged)).state == "vendor_to_patch"


def test_no_patch_is_judged_before_a_reproduction() -> None:
    """R22: while nothing is reproduced a judgement is out of turn."""
    assert "coordinator to validate" in refusal(after(), "patch-judged")


def test_a_judgement_from_before_a_doubt_counts_no_more() -> None:
    """After the only proof stopped reproducing, an accepted patch is to be judged again."""
    doubted = after("validation", "patch-judged", ("validation", NOT), "validation")
    assert doubted.state == "vendor_to_patch"
    assert not accepted_patches(doubted)


# --------------------------------------------------------------------- reporters, links, ends


@pytest.mark.parametrize("hops", [2, 4, 99])
def test_the_chain_of_reporters_grows_by_one(hops: int) -> None:
    """R21: a relay that drops a link, or adds several, is refused."""
    assert after("report-relayed").entries[-1].predicate["hops"] == 3
    assert "reporters" in refusal(after(), "report-relayed", hops=hops)


@pytest.mark.parametrize("kind", ["related", "upstream"])
def test_only_an_alias_closes_a_report(kind: str) -> None:
    """Related and upstream never merge: no report is closed as a duplicate on them."""
    linked = after(("duplicate-found", {"kind": kind}))
    closing = {"outcome": "duplicate", "basis": linked.head}
    assert "never merge" in refusal(linked, "report-closed", **closing)


@pytest.mark.parametrize(
    "steps", [(), ("validation",), (("validation", NOT),), ("validation", "patch-judged")]
)
def test_a_link_taken_back_opens_the_report_where_it_stood(steps: Any) -> None:
    """Undo is complete, twice over: the report stands again where it stood before it was closed."""
    before = after(*steps)
    case = before
    for _ in range(2):
        case = after("duplicate-found", case=case)
        link = case.head
        case = after(("report-closed", {"outcome": "duplicate", "basis": link}), case=case)
        assert case.state == "report_duplicate"
        case = after(("duplicate-undone", {"found": link}), case=case)
        assert case.state == before.state
        assert standing_links(case) == ()
    assert "does not stand" in refusal(case, "duplicate-undone", found=link)


def test_another_link_taken_back_opens_nothing() -> None:
    """A report closed on one alias stays closed when another link is taken back."""
    case = after("duplicate-found", ("duplicate-found", {"kind": "related"}))
    alias, related = (link.digest for link in standing_links(case))
    case = after(("report-closed", {"outcome": "duplicate", "basis": alias}), case=case)
    assert after(("duplicate-undone", {"found": related}), case=case).state == "report_duplicate"


@pytest.mark.parametrize("basis", [None, "00" * 32])
def test_fixed_rests_on_an_accepted_patch(basis: str | None) -> None:
    """R22: “fixed” cites a judgement that stands; nothing else will do."""
    case = after("validation", "patch-judged")
    refusal(case, "report-closed", basis=basis)
    assert after(("report-closed", {"basis": case.head}), case=case).state == "report_fixed"


def test_a_newest_source_without_the_flaw_is_a_fix() -> None:
    """A flaw that is gone from the newest source is fixed, whoever fixed it; and comes back."""
    gone = {"newest": "not_reproduced", "newestSource": "52" * 32}
    case = after(("validation", gone))
    case = after(("report-closed", {"basis": case.head}), case=case)
    assert case.state == "report_fixed"
    refusal(case, "validation", **gone)
    again = after(("validation", gone | {"newest": "reproduced"}), case=case)
    assert again.state == "vendor_to_patch"


def test_withdrawn_is_the_end() -> None:
    """Who withdraws gives no reason, and no verdict follows."""
    case = after(("report-closed", {"outcome": "withdrawn"}))
    assert case.state == "report_withdrawn"
    refusal(case, "validation")
    refusal(after(), "report-closed", outcome="withdrawn", basis="00" * 32)


def test_the_handling_identifier_is_stable_and_hides_the_case() -> None:
    """The same case has the same identifier; no part of the case's id is in it."""
    assert handling(ID) == handling(ID) != handling("cb" * 32)
    assert "caca" not in handling(ID)
