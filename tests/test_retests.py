# SPDX-License-Identifier: Apache-2.0
"""Findings that their developer answers and fixes, from the answer to the verdict on new items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofhouse.desk import admit_partner, answer_findings
from proofhouse.desk.answer_findings import Answer
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.desk.opened import values
from proofhouse.dossier import render
from proofhouse.errors import InputError, RefusedError
from proofhouse.inspection import inspect
from proofhouse.journey import moves
from proofhouse.journey.journey import register
from proofhouse.rules.registration import Case, not_taken
from proofhouse.rules.retests import verdict
from proofhouse.verify import verify
from proofhouse.views import case_view, summary_lines
from stories import rehearsal, retested
from stories.rehearsal import Rehearsal
from stories.retested import ANSWERS, RETESTED, VERSION

LEFT = "1ea5" * 16
"""A case whose developer has the findings, and has answered none."""


VERDICTS = "F1 gone, F2 still there, F3 cannot tell"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with both cases, left alone."""
    path = tmp_path_factory.mktemp("retests") / "home"
    with rehearsal.opened(path) as played:
        assert retested.play(played).state == "closed"
        assert played.play(LEFT, until="findings_received").state == "findings_received"
    return path


@pytest.fixture
def home(path: Path) -> Iterator[Rehearsal]:
    """That home, in use."""
    with rehearsal.opened(path) as played:
        yield played


def told(home: Rehearsal, nth: int) -> Any:
    """The ``nth`` findings of the case, opened."""
    stated = home.desk.case(RETESTED).all("findings")[nth]
    return values(home.desk, RETESTED)[stated.predicate["findings"]["salted"]]


def put(home: Rehearsal, draft: Draft, *roles: str) -> Case:
    """Register a draft by somebody, or by the developer; the case after it."""
    register(home.home, moves.Made(draft, roles or ("developer",)), home.told.append)
    return home.desk.case(draft.statement.subject_sha256)


def access(home: Rehearsal, case: Case) -> Draft:
    """A draft that gives the partner access until the end of the window."""
    return admit_partner.grant(
        case,
        partner="Water Works",
        sector="water",
        partner_key=home.partner_key,
        purpose="Find flaws in our own controllers.",
        ends_at=case.need("window-opened").predicate["endsAt"],
        at=home.desk.clock(),
    )


# ----------------------------------------------------------------------------------- what is so


def test_each_finding_has_its_verdict(home: Rehearsal) -> None:
    """Gone, still there, cannot tell: by what is seen, what is not, and what is missing."""
    found, again = told(home, 0), told(home, 1)
    assert [one["verdict"] for one in again["retests"]] == ["gone", "still there", "cannot tell"]
    for one, finding in zip(again["retests"], found["findings"], strict=False):
        assert one["finding"] == finding["id"]
        assert one["before"]["solved"] == finding["solved"]
        assert one["after"]["items"] == retested.ITEMS
    assert [one["id"] for one in again["findings"]] == ["F2"]
    assert again["retests"][0]["fall"]["lowPpm"] > 0


def test_a_verdict_needs_what_it_claims() -> None:
    """One new item shows a finding; nothing seen proves nothing by itself."""
    assert verdict(solved=1, missing=0, low_ppm=900_000) == "still there"
    assert verdict(solved=0, missing=0, low_ppm=1) == "gone"
    assert verdict(solved=0, missing=0, low_ppm=0) == "cannot tell"
    assert verdict(solved=0, missing=1, low_ppm=900_000) == "cannot tell"


def test_every_item_of_a_re_test_is_new(home: Rehearsal) -> None:
    """No plan of the case lists one of them before."""
    case, known = home.desk.case(RETESTED), values(home.desk, RETESTED)
    *before, last = (
        {item["id"] for item in known[plan.predicate["plan"]["salted"]]["items"]}
        for plan in case.all("plan")
    )
    assert not last & set().union(*before)
    assert len(last) == 3 * retested.ITEMS


@pytest.mark.parametrize("audience", ["inspector", "developer", "public"])
def test_every_audience_s_bundle_verifies(home: Rehearsal, audience: str) -> None:
    """The developer reads its own words and the verdicts, the public neither."""
    data = make_bundle(home.desk, RETESTED, audience).to_bytes()
    report = verify(data, home.desk.policy)
    assert report.status == "verified", report.checks[-1].sentence
    assert (b"older than the guidance" in data) == (audience != "public")
    said = [check.sentence for check in report.checks if check.name == "re-tests"]
    assert bool(said) == (audience != "public")
    assert all(VERDICTS in one for one in said)
    assert report.case is not None
    assert report.record is not None
    view = case_view(report.case, report.record, report.opened)
    assert view.review is not None
    assert view.review.findings is not None
    assert view.review.findings.count == 6
    lines = summary_lines(view)
    assert "answers     1 disputed, 3 fixed" in lines
    verdicts = "F1, F2 and F3, sealed" if audience == "public" else VERDICTS
    assert f"re-tested   {verdicts}" in lines


def test_the_dossier_tells_answers_and_verdicts(home: Rehearsal) -> None:
    """With the version that was fixed, both shares, and what gone does not say."""
    report = verify(make_bundle(home.desk, RETESTED, "developer").to_bytes(), home.desk.policy)
    assert report.case is not None
    assert report.record is not None
    view = case_view(report.case, report.record, report.opened)
    assert not view.contradictions
    page = render(view)
    for words in (
        "What the developer says of them",
        "under development, 2",
        "The items are older than the guidance",
        "Tested again on new items",
        "never that there is nothing",
        "Still there: a new item shows it.",
        "Newcombe 1998",
    ):
        assert words in page, words


def test_the_inspector_holds_it_too(home: Rehearsal) -> None:
    """In the home, with everything opened."""
    found = inspect(home.desk, now=home.desk.clock())
    assert found.status == "verified", found.checks


# ---------------------------------------------------------------------------- what is refused


def answered(home: Rehearsal, case: Case, *answers: Answer, **over: Any) -> Draft:
    """A draft of answers to the first findings."""
    options: dict[str, Any] = {"version": VERSION, "of": case.all("findings")[0], **over}
    return answer_findings.draft(case, answers or ANSWERS, at=home.desk.clock(), **options)


def test_only_the_developer_answers_and_only_what_there_is(home: Rehearsal) -> None:
    """Neither the assessor, nor a finding that was never told, nor one answered twice."""
    case = home.desk.case(LEFT)
    with pytest.raises(RefusedError, match="needs 1 signature"):
        put(home, answered(home, case), "assessor")
    with pytest.raises(RefusedError, match="nothing of that name to answer"):
        put(home, answered(home, case, Answer("F99", "disputed", "Which?")))
    with pytest.raises(RefusedError, match="answers a finding twice"):
        put(home, answered(home, case, Answer("F1", "disputed"), Answer("F1", "acknowledged")))
    with pytest.raises(RefusedError, match="answers more findings than there are"):
        put(home, answered(home, case, *(Answer(f"F{n}", "disputed") for n in range(1, 8))))
    with pytest.raises(InputError, match="is no answer"):
        Answer("F1", "mended")
    with pytest.raises(InputError, match="Nothing is answered"):
        answer_findings.draft(case, (), at=home.desk.clock())
    assert home.desk.case(LEFT).head == case.head


def test_what_is_fixed_is_another_version(home: Rehearsal) -> None:
    """It is named, bound to something, and not the one that was tested (R17)."""
    case = home.desk.case(LEFT)
    submission = case.need("submission").predicate
    with pytest.raises(InputError, match="nothing says in which version"):
        answered(home, case, version=None)
    with pytest.raises(RefusedError, match="binds to nothing"):
        put(home, answered(home, case, version=replace(VERSION, weights=None)))
    same = replace(
        VERSION,
        checkpoint=submission["checkpoint"],
        safeguard_variant=submission["safeguardVariant"],
        weights=submission["weightsDigest"],
        fingerprint=(submission["fingerprint"]["method"], submission["fingerprint"]["digest"]),
    )
    with pytest.raises(RefusedError, match="the version is the submission's"):
        put(home, answered(home, case, version=same))


def test_answers_are_tested_again_once_on_new_items(home: Rehearsal) -> None:
    """The newest answer counts; a re-test is of what it calls fixed, once, on items that are new;
    one whose run failed may be made again, and after the window answers go on, re-tests do not.
    Meanwhile partners are given access and take it, each once.
    """
    with pytest.raises(RefusedError, match="has no statement"):
        retested.ask(home, retested.answerless(home, LEFT), "F1")
    case = put(home, answered(home, home.desk.case(LEFT), Answer("F1", "fixed")))
    case = put(home, answered(home, case))
    assert case.state == "findings_received"
    with pytest.raises(RefusedError, match="does not say is fixed"):
        retested.ask(home, case, "F4")
    with pytest.raises(InputError, match="no finding “F99”"):
        retested.ask(home, case, "F99")
    with pytest.raises(RefusedError, match="an item that an earlier plan"):
        put(home, retested.on_used_items(home, case), "assessor")
    with pytest.raises(RefusedError, match="tests nothing again"):
        put(home, retested.without_a_re_test(home, case), "assessor")

    case = retested.ask(home, case, "F1", items=3)
    case = put(home, access(home, case), "developer", "assessor")
    assert case.state == "assessor_to_run_retest"
    case = home.play(LEFT, until="retest_under_way")
    case = put(home, access(home, case), "developer", "assessor")
    case = put(home, admit_partner.accept(case, at=home.desk.clock()), "partner")
    assert case.state == "retest_under_way"
    assert [one.digest for one in not_taken(case)] == [case.need("partner-access").digest]
    case = put(home, retested.failed_run(home, case), "assessor")
    assert case.state == "findings_received"
    case = retested.ask(home, case, "F1", items=3)
    home.outcome = rehearsal.weak
    case = home.play(LEFT, until="findings_received")
    taken = admit_partner.accept(case, at=home.desk.clock())
    case = put(home, taken, "partner")
    with pytest.raises(RefusedError, match="No access waits"):
        admit_partner.accept(case, at=home.desk.clock())
    again = {**taken.statement.predicate}
    del again["previous"]
    with pytest.raises(RefusedError, match="takes no access that is given"):
        put(home, about_case(case, "partner-accepted", again), "partner")
    found = values(home.desk, LEFT)[case.need("findings").predicate["findings"]["salted"]]
    assert found["findings"] == []
    assert case.need("findings").predicate["count"] == 0
    with pytest.raises(RefusedError, match="once more under one answer"):
        retested.ask(home, case, "F1")

    case = home.play(LEFT)
    assert case.state == "closed"
    case = put(home, answered(home, case, Answer("F2", "acknowledged")))
    assert case.state == "closed"
    with pytest.raises(RefusedError, match="can't follow"):
        retested.ask(home, case, "F2")
    data = make_bundle(home.desk, LEFT, "inspector").to_bytes()
    report = verify(data, home.desk.policy)
    assert report.status == "verified", report.checks[-1].sentence


def test_an_answer_waits_for_the_findings(home: Rehearsal) -> None:
    """Nothing is answered in a case that has none, and none that is another's."""
    case = home.desk.case(LEFT)
    hidden = Hidden()
    fields = {
        "findings": home.desk.case(RETESTED).all("findings")[0].digest,
        "answers": [{"finding": "F1", "answer": "disputed"}],
        "said": hidden.salt({"texts": [], "model": None}),
        "version": None,
        "answeredAt": home.desk.clock(),
    }
    draft = about_case(case, "findings-answered", fields, hidden.openings)
    with pytest.raises(RefusedError, match="has not received"):
        put(home, draft)
