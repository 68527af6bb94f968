# SPDX-License-Identifier: Apache-2.0
"""The fold of a case for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from proofhouse.rules.party import some_of
from proofhouse.rules.registration import Case, Record
from proofhouse.views import CaseView, Sealed, Standing, case_view, summary_lines
from proofhouse.views.values import Developer, Found, Model, Partner
from views import cases


def view_of(told: cases.Told, **standing: object) -> CaseView:
    return case_view(told.case, told.record, told.opened, Standing(**standing))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "answer", "sentence"),
    [
        (
            "covered",
            "COVERED",
            "This version of the model was determined to be a covered frontier model.",
        ),
        (
            "covered_and_reviewed",
            "COVERED",
            "This version of the model was determined to be a covered frontier model.",
        ),
        (
            "not_covered",
            "NOT_COVERED",
            "This version of the model was determined not to be a covered frontier model.",
        ),
        ("inconclusive", "INCONCLUSIVE", "The test ended without an answer."),
        ("run_under_way", "NO_FINDING", "There is no finding yet."),
        ("withdrawn_early", "WITHDRAWN", "The developer withdrew on 1 July 2026."),
        ("withdrawn_in_review", "WITHDRAWN", "The developer withdrew on 8 July 2026."),
        ("empty", "NO_FINDING", "This bundle holds no statement of a case."),
    ],
)
def test_the_outcome_is_one_plain_sentence(story: str, answer: str, sentence: str) -> None:
    """Each outcome, and each way to have none, is told in one sentence."""
    head = view_of(cases.STORIES[story]()).headline
    assert (head.answer, head.sentence) == (answer, sentence)


@pytest.mark.parametrize("story", cases.STORIES)
def test_no_outcome_is_a_licence(story: str) -> None:
    """Whatever the outcome, it says that nothing is held up by it (R1)."""
    head = view_of(cases.STORIES[story]()).headline
    assert any("no licence and no refusal" in line for line in head.not_means)


def test_who_set_a_threshold_is_who_signed_it_if_that_was_open() -> None:
    """What was stated before anybody signed gives way to the signers' names, where those are known;
    any other statement of who decided stays as it is (R6).
    """
    open_yet = cases.covered(decided_by=[some_of(2, ["Agency One", "Agency Two", "Agency Three"])])
    for told, names, decided in (
        (open_yet, cases.NAMES, ("Agency One", "Agency Two")),
        (open_yet, {}, ("2 or more of the owning bodies Agency One, Agency Two, Agency Three",)),
        (cases.covered(decided_by=["Its director"]), cases.NAMES, ("Its director",)),
    ):
        threshold = view_of(told, names=names).threshold
        assert threshold is not None
        assert threshold.decided_by == decided


def test_not_covered_is_no_clearance() -> None:
    """A model that is not covered is told that nothing was proved absent (R17)."""
    head = view_of(cases.not_covered()).headline
    assert head.not_means[0].startswith("It is no clearance.")


def test_withdrawal_leaves_no_mark_and_hides_nothing() -> None:
    """A withdrawn case says so first, and that a determination had been stated before (R1)."""
    view = view_of(cases.withdrawn_in_review())
    assert "no mark" in " ".join(view.headline.not_means)
    assert "had been stated: COVERED" in " ".join(view.headline.means)
    assert view.determination is not None
    early = view_of(cases.withdrawn_early())
    assert "no determination had been stated" in " ".join(early.headline.means)


def test_an_opened_case_shows_every_hidden_value() -> None:
    """With all of it opened nothing is sealed, and each value is the one that was opened."""
    view = view_of(cases.covered_and_reviewed())
    assert view.sealed == ()
    assert view.developer == Developer("Northlight Models", "release@example.org")
    assert view.submission is not None
    assert isinstance(view.submission.model, Model)
    assert view.submission.model.endpoint == "http://127.0.0.1:41234/v1"
    assert view.determination is not None
    assert isinstance(view.determination.evidence, tuple)
    assert isinstance(view.determination.ability, tuple)
    assert view.review is not None
    assert view.review.findings is not None
    assert isinstance(view.review.findings.found, Found)
    assert view.review.partners[0].partner == Partner("Tidewater Grid Cooperative", "electricity")


@pytest.mark.parametrize(("statement", "field"), cases.hidden_fields())
def test_a_field_that_is_not_opened_is_sealed_and_named(statement: str, field: str) -> None:
    """Taking one opening back seals that field, under its commitment, and no other."""
    told = cases.covered_and_reviewed()
    committed = [
        entry.predicate[field]
        for entry in (*told.case.all(statement), *told.record.named(statement))
    ]
    told.seal((statement, field))
    sealed = view_of(told).sealed
    assert [one.digest for one in sealed] == [
        one.get("salted") or one["sha256"] for one in committed
    ]
    assert {one.why for one in sealed} == {"not opened"}


@pytest.mark.parametrize(
    ("statement", "field"),
    [key for key in cases.hidden_fields() if key not in {("plan", "plan")}],
)
@pytest.mark.parametrize("value", [None, 7, "text", [], {}, {"items": "x", "name": 3}])
def test_an_opening_of_another_form_is_shown_as_not_readable(
    statement: str, field: str, value: object
) -> None:
    """Whatever somebody committed to instead of the format's value, the view stands and says so."""
    told = cases.covered_and_reviewed()
    entry = told.entry(statement)
    committed = entry.predicate[field]
    told.opened[committed.get("salted") or committed["sha256"]] = value
    assert [one.why for one in view_of(told).sealed] == ["not readable"]


@pytest.mark.parametrize(
    ("statement", "field", "spoil"),
    [
        ("determination", "evidence", lambda v: v["trajectory"].reverse()),
        ("determination", "evidence", lambda v: v["trajectory"][0].update(items=0)),
        ("determination", "evidence", lambda v: v["trajectory"][1].update(lowMicronats=10**9)),
        ("determination", "ability", lambda v: v.update(lowMicrologits=10**9)),
        ("determination", "ability", lambda v: v["byLevel"][0].update(solved=99)),
        ("determination", "ability", lambda v: v["byLevel"][0].update(lowPpm=1_000_000, highPpm=0)),
        ("findings", "findings", lambda v: v["findings"][0].update(lowPpm=999_999)),
        ("plan", "plan", lambda v: v.update(items={"0": "an object"}, model="2pl/v1")),
    ],
)
def test_a_value_that_no_picture_can_show_is_not_readable(
    statement: str, field: str, spoil: Callable[[dict], object]
) -> None:
    """A path that goes back, an interval without its estimate, counts that don't add up."""
    told = cases.covered_and_reviewed()
    entry = told.entry(statement)
    committed = entry.predicate[field]
    spoil(told.opened[committed.get("salted") or committed["sha256"]])
    sealed = view_of(told).sealed
    assert [(one.digest, one.why) for one in sealed] == [
        (committed.get("salted") or committed["sha256"], "not readable")
    ]


def test_a_sealed_threshold_is_not_read_off_an_opened_plan() -> None:
    """The plan's value holds the cut; while the threshold is sealed, no view shows it."""
    told = cases.covered_and_reviewed().seal(("threshold-commitment", "threshold"))
    view = view_of(told)
    assert view.threshold is not None
    assert isinstance(view.threshold.cuts, Sealed)
    assert str(cases.CUT) not in repr(view)
    assert "1.25" not in "\n".join(summary_lines(view))


def test_the_bank_s_seed_is_never_shown_even_if_opened() -> None:
    """Whoever has the seed can make every item: no view carries it."""
    told = cases.covered_and_reviewed()
    assert cases.digest("the secret seed") in repr(told.opened)
    assert cases.digest("the secret seed") not in repr(view_of(told))


def test_results_by_level_come_from_the_outcomes_if_the_estimate_is_sealed() -> None:
    """Counts can be shown without their intervals, and then the intervals are said to be sealed."""
    opened = view_of(cases.covered())
    counted = view_of(cases.covered().seal(("determination", "ability")))
    assert [(row.level, row.solved, row.failed, row.missing) for row in counted.levels] == [
        (row.level, row.solved, row.failed, row.missing) for row in opened.levels
    ]
    assert {row.low_ppm for row in counted.levels} == {None}
    both = cases.covered().seal(("determination", "ability"), ("run-ended", "outcomes"))
    assert view_of(both).levels == ()


def test_the_record_holds_every_statement_once_in_the_order_of_the_log() -> None:
    """The chain and the public statements that it cites, by leaf."""
    told = cases.covered_and_reviewed()
    chain = view_of(told, names=cases.NAMES).chain
    assert [link.index for link in chain] == sorted(link.index for link in chain)
    assert {link.digest for link in chain} == {entry.digest for entry in told.case.entries} | set(
        told.record.clear
    )
    assert [link.name for link in chain if link.clear] == [
        "log-opened",
        "bank-commitment",
        "threshold-commitment",
        "determination-notice",
    ]
    access = next(link for link in chain if link.name == "partner-access")
    assert [(one.role, one.name) for one in access.signatures] == [
        ("assessor", "Institute for Model Assessment"),
        ("developer", "Northlight Models"),
    ]


def test_a_failed_run_stays_in_view_when_it_is_planned_again() -> None:
    """Every run that started is shown, and a failed one decides nothing."""
    view = view_of(cases.run_failed_then_planned_again())
    assert [run.ending.word for run in view.runs if run.ending] == ["failed"]
    assert view.headline.answer == "NO_FINDING"


@pytest.mark.parametrize(
    ("answers", "alike"),
    [
        (f"probe-set/v1 {cases.digest('fingerprint')}", True),
        (f"probe-set/v1 {cases.digest('another model')}", False),
        (f"probe-set/v2 {cases.digest('fingerprint')}", None),
        (None, None),
    ],
)
def test_a_model_that_answers_otherwise_than_submitted_is_told(
    answers: str | None, alike: bool | None
) -> None:
    """What a run's model answered at its start is held beside the submission's answers (R17)."""
    told = cases.covered()
    started = told.entry("run-started").predicate
    if answers is not None:
        started["harness"]["answers"] = answers
    (run,) = view_of(told).runs
    assert run.answers_alike is alike
    assert "answers" not in dict(run.harness)


def test_a_struck_clause_is_shown_with_what_it_rules_out() -> None:
    """Striking insider risk rules out partners, and nothing else (R4)."""
    review = view_of(cases.reviewed_without_findings()).review
    assert review is not None
    assert {clause.key: clause.answer for clause in review.clauses}["insiderRisk"] == "struck"
    assert review.ruled_out == (("partner_access", "insiderRisk"),)


def test_a_new_offer_stands_unanswered() -> None:
    """When terms are offered again, the answer to the old offer is no answer to the new one."""
    told = cases.covered()
    cases.agreed_terms(told, struck=("use",))
    cases.offered(told)
    review = view_of(told).review
    assert review is not None
    assert review.offers == 2
    assert {clause.answer for clause in review.clauses} == {None}
    assert review.ruled_out == ()


def test_custody_is_single_if_either_policy_or_log_says_so() -> None:
    """Keys count as held apart only where nothing says otherwise."""
    single, separate = cases.covered(), cases.covered(custody="separate")
    assert view_of(single, custody="separate").standing.custody == "single"
    assert view_of(separate, custody="single").standing.custody == "single"
    assert view_of(separate, custody="separate").standing.custody == "separate"
    assert case_view(Case("0" * 64), Record(), {}).standing.custody is None


def _spoil_outcomes(told: cases.Told) -> None:
    told.opened[told.entry("run-ended").predicate["outcomes"]["salted"]]["items"].pop()


def _spoil_notice(told: cases.Told) -> None:
    committed = told.entry("determination-notice").predicate["determination"]["sha256"]
    told.opened[committed] = {"case": told.case.id, "outcome": "NOT_COVERED"}


def _spoil_items_used(told: cases.Told) -> None:
    committed = told.entry("determination").predicate["evidence"]["sha256"]
    told.opened[committed]["trajectory"].pop()


def _spoil_findings(told: cases.Told) -> None:
    told.opened[told.entry("findings").predicate["findings"]["salted"]]["findings"].pop()


@pytest.mark.parametrize(
    ("spoil", "told_of"),
    [
        (_spoil_outcomes, "the opened outcomes hold"),
        (_spoil_notice, "The public notice, opened"),
        (_spoil_items_used, "The opened path of the evidence does not end at the evidence."),
        (_spoil_findings, "1 stand in the opened findings"),
    ],
)
def test_an_opening_that_contradicts_its_statement_is_told(
    spoil: Callable[[cases.Told], None], told_of: str
) -> None:
    """Where statement and opening disagree, the view says so rather than showing one of them."""
    told = cases.covered_and_reviewed()
    assert view_of(told).contradictions == ()
    spoil(told)
    assert told_of in " ".join(view_of(told).contradictions)


def test_views_are_frozen_all_the_way_down() -> None:
    """No list, dict or set hides in a view: what was shown can't change afterwards."""

    def values(value: object) -> Iterator[object]:
        yield value
        if dataclasses.is_dataclass(value):
            assert type(value).__dataclass_params__.frozen  # type: ignore[attr-defined]
            for one in dataclasses.fields(value):
                yield from values(getattr(value, one.name))
        elif isinstance(value, tuple):
            for one in value:
                yield from values(one)

    view = view_of(cases.covered_and_reviewed())
    assert not [one for one in values(view) if isinstance(one, list | dict | set)]


def test_the_same_statements_give_the_same_view() -> None:
    """A view has no clock and no memory."""
    assert view_of(cases.covered_and_reviewed()) == view_of(cases.covered_and_reviewed())
