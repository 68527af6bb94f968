# SPDX-License-Identifier: Apache-2.0
"""The page: whole, self-contained, true to its statements, and inert whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.reading import ADDRESSES, Page
from proofhouse.dossier import render
from proofhouse.dossier.page import LARGEST
from proofhouse.errors import FormatError
from proofhouse.formats import predicates
from proofhouse.views import Standing, case_view, words
from proofhouse.views.values import CheckLine
from views import cases


def page_of(told: cases.Told, **standing: Any) -> Page:
    view = case_view(told.case, told.record, told.opened, Standing(names=cases.NAMES, **standing))
    return Page(render(view))


@cache
def story(name: str) -> Page:
    return page_of(cases.STORIES[name]())


# ----------------------------------------------------------------------------- a document at all


@pytest.mark.parametrize("name", cases.STORIES)
def test_every_state_makes_a_well_formed_page(name: str) -> None:
    """Elements nest, ids are unique, there is one heading of the first rank and one main part."""
    page = story(name)
    assert page.faults == []
    assert page.html.startswith("<!doctype html>")
    assert page.one("html").attributes["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("title")[0].text.startswith("Dossier")


@pytest.mark.parametrize("name", cases.STORIES)
def test_a_page_asks_for_nothing_from_elsewhere(name: str) -> None:
    """No script, no frame, no address but fragments of the page and data; links lead somewhere."""
    page = story(name)
    forbidden = {"script", "iframe", "object", "embed", "base", "form", "img", "video", "use"}
    assert not {one.name for one in page.elements} & forbidden
    for one in page.elements:
        assert not [key for key in one.attributes if key.startswith("on") or key == "style"]
        for key in ADDRESSES & set(one.attributes):
            address = one.attributes[key]
            assert address.startswith(("#", "data:,")), address
            if address.startswith("#"):
                assert address[1:] in page.ids
        if one.attributes.get("fill", "").startswith("url("):
            assert one.attributes["fill"][5:-1] in page.ids
        for target in one.attributes.get("aria-labelledby", "").split():
            assert target in page.ids
    style = page.one("style").text
    assert "@import" not in style
    assert "url(" not in style


def test_the_policy_forbids_everything_but_its_own_styles() -> None:
    """The Content Security Policy stands in the page, before anything it could apply to."""
    page = story("covered")
    metas = [one.attributes for one in page.all("meta")]
    policy = next(one for one in metas if one.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    assert metas.index(policy) == 1


@pytest.mark.parametrize("name", cases.STORIES)
def test_a_page_is_small(name: str) -> None:
    """Under 150 kB, charts, styles and tables included."""
    assert len(story(name).html.encode()) <= LARGEST == 150_000


def test_a_page_stays_small_whatever_its_case_holds() -> None:
    """Sixty findings of the longest texts, 200 disclosures, all hostile: cut, and said so."""
    text = "<&\"'>\u202e" * 1_333
    findings = [
        {**cases.FINDINGS[0], "id": text, "title": text, "statement": text, "guidance": text}
    ] * 60
    told = cases.covered(
        model=text, developer=text, bank=text, checkpoint=text, safeguards=text, disclosures=200
    )
    cases.agreed(told)
    cases.found(told, findings)
    cases.partnered(told, text)
    page = page_of(told)
    assert page.faults == []
    assert len(page.html.encode()) <= LARGEST
    assert "more in the bundle." in page.text
    assert "statements between, in the bundle." in page.text
    assert "(7,998 characters; shortened here, in full in the bundle)" in page.text


def test_the_same_view_makes_the_same_page() -> None:
    """A page has no clock: made twice, it is the same to the byte."""
    assert story("covered_and_reviewed").html == page_of(cases.covered_and_reviewed()).html


# ------------------------------------------------------------------------------ what it says


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("covered", ["Outcome: COVERED", "A review follows only if the developer asks for one."]),
        ("covered_and_reviewed", ["The review has ended and all access is revoked."]),
        ("not_covered", ["Outcome: NOT_COVERED", "It is no clearance."]),
        ("inconclusive", ["Outcome: INCONCLUSIVE", "Missing data may not decide."]),
        ("stopped_after_one_item", ["the model’s endpoint was not to be reached", "1 of 10"]),
        ("withdrawn_early", ["Outcome: withdrawn", "owes nobody a reason"]),
        (
            "withdrawn_in_review",
            ["had been stated: COVERED", "the developer had withdrawn"],
        ),
        ("run_under_way", ["no finding", "A run is under way.", "neither consent nor refusal"]),
        ("run_failed_then_planned_again", ["The power failed in our own machine room."]),
        ("reviewed_without_findings", ["No findings", "is no clearance", "so there is no access"]),
        ("window_open", ["the window is not closed yet", "with or without a statement"]),
        ("for_developer", ["The threshold is sealed, so it is not drawn.", "developer’s"]),
        ("for_public", ["so the line can’t be drawn", "The developer’s name: sealed"]),
        ("empty", ["This bundle holds no statement of a case."]),
    ],
)
def test_each_state_says_what_is_particular_to_it(name: str, said: list[str]) -> None:
    """A reader of any state finds the sentence that tells it from the others."""
    for sentence in said:
        assert sentence in story(name).text


@pytest.mark.parametrize("name", cases.STORIES)
def test_every_page_says_that_it_is_no_licence_and_proves_no_absence(name: str) -> None:
    """R1 and R17 stand on every page, whatever the outcome."""
    text = story(name).text
    assert "It is no licence and no refusal." in text
    assert "Nothing here proves that a capability is absent." in text


def test_the_order_is_that_of_a_busy_reader() -> None:
    """Outcome, evidence, what was tested, results, effort, review, record, check, limits, words."""
    page = story("covered_and_reviewed")
    assert [one.attributes["id"] for one in page.all("section")] == [
        "evidence", "tested", "levels", "ability", "changes", "errors", "spent", "review", "told",
        "record", "check", "limits", "words", "digests",
    ]  # fmt: skip


FACTS: list[tuple[str, str, Any, str]] = [
    ("submission", "checkpoint", "step-777777", "step-777777"),
    ("submission", "safeguardVariant", "no safeguards at all", "no safeguards at all"),
    ("submission", "accessLevel", "weights", "the model was run from its weights"),
    ("plan", "itemCount", 4_321, "4,321"),
    ("plan", "batchSize", 77, "in batches of 77"),
    ("plan", "alphaPpm", 12_000, "1.2% for answering COVERED"),
    ("plan", "betaPpm", 34_000, "3.4% for answering NOT_COVERED"),
    ("plan", "referenceModels", ["reference/odd"], "reference/odd"),
    ("run-started", "harness", {"inspect_ai": "9.9.9"}, "inspect_ai 9.9.9"),
    ("run-ended", "gradedBy", "developer", "The developer graded the answers itself"),
    ("run-ended", "reruns", 3, "3 items were run again"),
    ("run-ended", "attempts", 3, "went on from what was kept, 3 attempts in all"),
    ("run-ended", "held", 1, "1 of them held until a person has looked"),
    ("run-ended", "inputTokens", 987_654, "987,654 tokens in"),
    ("run-ended", "milliseconds", 18_000_000, "5 h"),
    ("determination", "decidedBy", ["A third institute"], "A third institute"),
    ("determination", "limits", ["Only on a Tuesday."], "Only on a Tuesday."),
    ("determination", "determinedAt", "2026-07-03T10:11:12Z", "3 July 2026, 10:11 UTC"),
    ("disclosure", "recipient", "a university", "to a university"),
    ("disclosure", "reason", "It asked.", "It asked."),
    ("bank-commitment", "statement", "Nothing but cats.", "Nothing but cats."),
    ("bank-commitment", "openBy", "2031-01-02T00:00:00Z", "to be opened by 2 January 2031"),
    ("threshold-commitment", "consulted", ["A college"], "who consulted A college"),
    ("terms-answered", "answeredAt", "2026-07-04T08:30:00Z", "4 July 2026, 08:30 UTC"),
    ("window-opened", "plannedPublicReleaseAt", "2026-09-09T00:00:00Z", "9 September 2026"),
    ("window-opened", "maximumDays", 29, "of at most 29"),
    ("partner-access", "purpose", "To sweep the floor.", "To sweep the floor."),
    ("partner-access", "endsAt", "2026-07-26T09:00:00Z", "Access until 26 July 2026"),
    ("findings-received", "receivedAt", "2026-07-09T12:34:00Z", "9 July 2026, 12:34 UTC"),
    ("window-closed", "reason", "concluded", "because the review was concluded"),
]


@pytest.mark.parametrize(("statement", "field", "value", "shown"), FACTS)
def test_a_fact_comes_from_its_statement(
    statement: str, field: str, value: Any, shown: str
) -> None:
    """Change the field of the statement, and the page changes with it."""
    told = cases.covered_and_reviewed()
    first = told.case.last(statement) or told.record.named(statement)[-1]
    if statement in ("plan", "run-started", "run-ended"):
        first = told.case.all(statement)[0]  # those of the determination
    changed = replace(first, predicate={**first.predicate, field: value})
    told.case = replace(
        told.case, entries=tuple(changed if e is first else e for e in told.case.entries)
    )
    told.record = replace(
        told.record, clear={k: changed if e is first else e for k, e in told.record.clear.items()}
    )
    if (statement, field) == ("run-ended", "gradedBy"):
        stated = told.entry("determination")
        also = replace(stated, predicate={**stated.predicate, field: value})
        told.case = replace(
            told.case, entries=tuple(also if e is stated else e for e in told.case.entries)
        )
    assert shown not in story("covered_and_reviewed").text
    assert shown in page_of(told).text


OPENINGS: list[tuple[str, str, Callable[[dict[str, Any]], object], str]] = [
    ("inquiry", "developer", lambda v: v.update(name="Odd Lab"), "Odd Lab"),
    (
        "submission",
        "model",
        lambda v: v.update(endpoint="http://odd.example"),
        "http://odd.example",
    ),
    (
        "threshold-commitment",
        "threshold",
        lambda v: v["dimensions"]["cyber"].update(cutMicrologits=770_000),
        "+0.77 logits",
    ),
    ("run-ended", "outcomes", lambda v: v["items"][0].update(reason="odd reason"), "odd reason"),
    ("run-ended", "outcomes", lambda v: v["items"][0].update(flags=["odd flag"]), "odd flag"),
    ("run-ended", "outcomes", lambda v: v["items"][0].update(flags=["x"]), "flagged 1 item"),
    ("determination", "evidence", lambda v: v.update(highMicronats=6_660_000), "+6.66"),
    ("determination", "ability", lambda v: v.update(method="Odd method"), "Odd method"),
    ("determination", "ability", lambda v: v.update(confidencePpm=900_000), "90% interval"),
    (
        "determination",
        "beside",
        lambda v: v["referenceModels"][0].update(name="odd/model"),
        "odd/model",
    ),
    ("determination", "beside", lambda v: v["personFit"].update(pPpm=9_000), "An odd pattern"),
    ("determination", "beside", lambda v: v["eProcess"].update(claim="none"), "None: 45 to 1"),
    ("plan", "design", lambda v: v["simulation"].update(runs=4_321), "4,321 times at each edge"),
    ("plan", "design", lambda v: v["blueprint"].update(odd=7), "7 items of odd"),
    ("findings", "findings", lambda v: v["findings"][0].update(title="Odd title"), "Odd title"),
    ("findings", "findings", lambda v: v["findings"][0].update(lowPpm=123_000), "12.3% to"),
    (
        "findings",
        "findings",
        lambda v: v["generalisedAccuracy"].update(estimatePpm=555_000),
        "on items like these 55.5%",
    ),
    ("partner-access", "partner", lambda v: v.update(sector="odd sector"), "odd sector"),
]


@pytest.mark.parametrize(("statement", "field", "change", "shown"), OPENINGS)
def test_an_opened_fact_comes_from_its_opening(
    statement: str, field: str, change: Callable[[dict[str, Any]], object], shown: str
) -> None:
    """Change the opened value, and the page changes with it."""
    told = cases.covered_and_reviewed()
    entries = told.case.all(statement) or told.record.named(statement)
    committed = entries[0].predicate[field]
    change(told.opened[committed.get("salted") or committed["sha256"]])
    assert shown not in story("covered_and_reviewed").text
    assert shown in page_of(told).text


@pytest.mark.parametrize("name", ["covered_and_reviewed", "for_public", "withdrawn_in_review"])
def test_every_digest_on_a_page_is_one_of_the_case_s(name: str) -> None:
    """No digest is made up: each stands in a statement, is one, or is the key of who signed."""
    told = cases.STORIES[name]()
    entries = [*told.case.entries, *told.record.clear.values()]
    known = {told.case.id, *(entry.digest for entry in entries)}
    known |= {signer.keyid for entry in entries for signer in entry.signers}
    known |= set(re.findall(r"[0-9a-f]{64}", repr([entry.predicate for entry in entries])))
    assert set(re.findall(r"[0-9a-f]{64}", story(name).html)) <= known
    short = {one.text.rstrip("…") for one in story(name).all("code", class_="digest")}
    assert short <= {one[:10] for one in known}


@pytest.mark.parametrize("name", cases.STORIES)
def test_every_short_digest_stands_in_full_in_the_appendix(name: str) -> None:
    """On paper there is no hovering: what is shortened above is written out at the end."""
    page = story(name)
    appendix = {one.text for one in page.all("code") if len(one.text) == 64}
    shortened = {one.attributes["title"] for one in page.all("code", class_="digest")}
    assert shortened <= appendix


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("covered", "None of the suppositions below changes the answer."),
        ("inconclusive", "1 of the 6 suppositions below would have given another answer."),
        ("not_covered", "No item was solved with more than 76,648 of 400,000 tokens"),
        ("covered", "at most 3.4% wrong COVERED and 3.5% wrong NOT_COVERED"),
        ("covered", "slopes −30 % (worst)"),
        ("for_developer", "A floor is not a ceiling."),
    ],
)
def test_what_stands_beside_a_determination_is_told(name: str, said: str) -> None:
    """Suppositions, errors and the budget curve, each in a sentence beside its picture."""
    assert said in story(name).text


def test_an_interval_without_an_end_has_no_number_for_it() -> None:
    """Nowhere on the page does “+20.00” stand for what has no end."""
    told = cases.covered()
    committed = told.entry("determination").predicate["ability"]["salted"]
    told.opened[committed]["highMicrologits"] = 20_000_000
    page = page_of(told)
    assert "+2.90 logits, 95% interval from +2.09, no upper end" in page.text
    assert "20.00" not in page.body
    assert page.all("svg", class_="arrow-at")


def test_a_model_that_solved_nothing_has_no_curve() -> None:
    """Instead of an empty chart the page says what that does not mean."""
    told = cases.submitted()
    plan = cases.make_plan(40)
    cases.run(told, plan, cases.until_decided(plan, "f"))
    page = page_of(told)
    assert "fig-budget-title" not in page.ids
    assert "No item was solved within 400,000 tokens." in page.text


FIGURES = {
    ("determination", "beside"): ("changes", "reference/strong +2.04"),
    ("plan", "design"): ("errors", "fig-operating-title"),
}


@pytest.mark.parametrize("hidden", FIGURES)
def test_what_is_sealed_has_no_picture(hidden: tuple[str, str]) -> None:
    """A sealed value's part says so with its commitment, and draws nothing."""
    part, trace = FIGURES[hidden]
    told = cases.covered_and_reviewed()
    digest = told.case.all(hidden[0])[0].predicate[hidden[1]]["salted"]
    page = page_of(told.seal(hidden))
    assert trace in story("covered_and_reviewed").body
    assert trace not in page.body
    section = page.html[page.html.index(f'id="{part}"') :]
    assert digest in section[: section.index("</section>")]


def test_what_was_simulated_is_not_drawn_while_the_threshold_is_sealed() -> None:
    """Simulated abilities lie about the cut; the errors are told without them."""
    page = page_of(cases.covered().seal(("threshold-commitment", "threshold")))
    assert "fig-operating-title" not in page.ids
    assert "It is sealed, so they are not drawn." in page.text
    assert "slopes −30 %" in page.text


# -------------------------------------------------------------------------- what it does not say


@pytest.mark.parametrize(("statement", "field"), cases.hidden_fields())
def test_what_is_sealed_is_said_to_be_sealed(statement: str, field: str) -> None:
    """A sealed value is named as sealed, in its place and with its commitment."""
    told = cases.covered_and_reviewed().seal((statement, field))
    page = page_of(told)
    committed = told.entry(statement).predicate[field]
    digest = committed.get("salted") or committed["sha256"]
    assert digest in page.html
    assert f"{words.HIDDEN[statement, field]}: sealed" in page.one("section", id="limits").text


@pytest.mark.parametrize(
    ("hidden", "traces"),
    [
        (("threshold-commitment", "threshold"), ["+1.25", "0.50"]),
        (("inquiry", "developer"), ["release@example.org"]),
        (("submission", "model"), ["northlight-4-preview", "127.0.0.1"]),
        (("determination", "evidence"), ["+4.00", "+5.00", "H5V"]),
        (("determination", "ability"), ["+2.90", "+2.09", "Wilson", "Inverted likelihood"]),
        (("findings", "findings"), ["Checksummed", "arithmetic overflow", "61.1%"]),
        (("partner-access", "partner"), ["electricity"]),
        (("run-ended", "outcomes"), ["memory-flaw/3/00", "no sanitizer report"]),
    ],
)
def test_a_sealed_value_leaves_no_trace(hidden: tuple[str, str], traces: list[str]) -> None:
    """Not in the text, not in a chart, not in an attribute."""
    body = page_of(cases.covered_and_reviewed().seal(hidden)).body
    for word in traces:
        assert word in story("covered_and_reviewed").body
        assert word not in body


def test_the_seed_is_on_no_page() -> None:
    """Even opened, the secret of a bank is not shown."""
    assert cases.digest("the secret seed") not in story("covered_and_reviewed").html


# ----------------------------------------------------------------------------------- hostile text


def test_hostile_names_are_inert() -> None:
    """Markup in a name makes no element, no attribute and no link; it is text, and visible."""
    page = story("hostile")
    assert page.faults == []
    assert not page.all("script")
    assert not page.all("img")
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert "\u202e" not in page.html
    assert "⟨U+202E⟩" in page.text
    assert "</title>" in page.all("title")[0].text


def _may_be_a_name(text: str) -> bool:
    try:
        predicates.text("name", text)
    except FormatError:
        return False
    return True


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=30).filter(_may_be_a_name))
def test_no_name_changes_the_structure_of_a_page(name: str) -> None:
    """Whatever a model and its developer are called, the elements stay those of any other name."""
    usual = page_of(cases.submitted(model="m", developer="d"))
    hostile = page_of(cases.submitted(model=name, developer=name))
    assert hostile.faults == []
    assert [one.name for one in hostile.elements] == [one.name for one in usual.elements]
    assert {key for one in hostile.elements for key in one.attributes} <= {
        "class", *(key for one in usual.elements for key in one.attributes)
    }  # fmt: skip


@pytest.mark.parametrize("name", ["hostile", "long_names"])
def test_other_people_s_text_is_isolated(name: str) -> None:
    """A name in a script that runs the other way can't reorder the sentence around it."""
    page = story(name)
    assert all("bdi" in one.inside or one.name == "bdi" for one in page.all("bdi"))
    assert len(page.all("bdi")) > 30


# ------------------------------------------------------------------------ checking and standing


def test_without_a_check_the_page_says_so() -> None:
    """A page made without verification claims none."""
    assert "The bundle had not been checked when this page was made." in story("covered").text


def test_a_failed_check_warns() -> None:
    """A page of a bundle that did not verify tells its reader to rely on nothing."""
    assert "Rely on nothing on this page." in page_of(cases.covered(), checked="failed").text


def test_the_lines_of_the_check_are_shown() -> None:
    """What verify said, line by line, with how each went."""
    lines = (
        CheckLine("bytes", "held", "The file is one canonical bundle."),
        CheckLine("times", "not_checked", "No witness signed."),
    )
    text = page_of(cases.covered(), checked="verified", checks=lines).text
    assert "HeldThe file is one canonical bundle." in text
    assert "Not checkedNo witness signed." in text


@pytest.mark.parametrize(
    ("custody", "witnesses", "there", "gone"),
    [
        ("single", 0, "Integrity, not independence.", "seen by"),
        ("separate", 2, "Order proven and seen by 2 witnesses.", "Integrity, not independence."),
        ("separate", 0, "Order proven, times claimed.", "Integrity, not independence."),
    ],
)
def test_the_page_says_what_a_check_can_t_show(
    custody: str, witnesses: int, there: str, gone: str
) -> None:
    """Custody and witnesses decide what integrity, order and times are worth."""
    text = page_of(cases.covered(custody=custody), custody=custody, witnesses=witnesses).text
    assert there in text
    assert gone not in text


def test_only_an_opened_determination_is_said_to_be_replayable() -> None:
    """That the determination can be made again is said only where all its inputs are opened."""
    replayable = "it can be made again to the last digit"
    assert replayable in story("covered").text
    assert replayable not in story("for_developer").text


def test_a_contradiction_is_told_at_the_top() -> None:
    """Where an opening and its statement disagree, the page warns before its first figure."""
    told = cases.covered()
    told.opened[told.entry("run-ended").predicate["outcomes"]["salted"]]["items"].pop()
    page = page_of(told)
    assert "The bundle contradicts itself" in page.text
    assert page.text.index("contradicts itself") < page.text.index("How the evidence moved")


# ------------------------------------------------------------------------------ several dimensions


def test_every_dimension_has_its_pictures() -> None:
    """Evidence, ability and operating characteristic are drawn once a dimension, each named."""
    page = story("on_two_dimensions")
    for figure in ("fig-evidence", "fig-ability", "fig-operating"):
        assert {f"{figure}-title", f"{figure}-2-title"} <= page.ids
    text = page.one("main").text
    for name in ("chemical: How the evidence", "cyber: How the evidence", "chemical: Where"):
        assert name in " ".join(text.split())
    assert len(page.all("line", class_="rug-missing")) >= 1


def test_an_only_dimension_is_not_named_again() -> None:
    """With one dimension the page says nothing of others."""
    page = story("covered")
    assert "fig-evidence-2-title" not in page.ids
    assert "every dimension" not in page.one("main").text


def test_a_dimension_tells_its_own_answer_and_share() -> None:
    """What ended each, and what its part of alpha is."""
    text = " ".join(story("neither_dimension_decides").one("main").text.split())
    assert "NOT_COVERED only when it has reached the lower one on every dimension" in text
    assert "2.5%" in text
    assert "INCONCLUSIVE. " in text


def test_credit_by_step_is_told_where_there_is_any() -> None:
    """In the findings by level, and beside each item."""
    told = cases.covered_and_reviewed()
    plain = page_of(told).one("main").text
    assert "Credit by step" not in plain
    findings = told.opened[told.entry("findings").predicate["findings"]["salted"]]
    findings["steps"] = [{"family": "range", "level": 2, "items": 3, "reached": 7, "of": 12}]
    run = told.case.all("run-ended")[0]
    items = told.opened[run.predicate["outcomes"]["salted"]]["items"]
    items[0]["steps"] = {"reached": 4, "of": 4}
    page = " ".join(page_of(told).one("main").text.split())
    assert "range level 2: 7 of 12 steps in 3 items" in page
    assert "4 of 4 steps." in page
