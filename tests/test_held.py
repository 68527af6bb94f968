# SPDX-License-Identifier: Apache-2.0
"""Held scores from the run to the dossier: what is decided of them, and what nobody can forge."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofhouse.cli import main
from proofhouse.desk import deliver_findings, erase, plan_evaluation
from proofhouse.desk.draft import Hidden, about_case
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.desk.opened import values
from proofhouse.dossier import render
from proofhouse.errors import FormatError, RefusedError
from proofhouse.formats import bundle as bundles
from proofhouse.formats.leaf import seal
from proofhouse.formats.salted import Opening
from proofhouse.inspection import inspect
from proofhouse.journey import Said, Wishes, moves
from proofhouse.journey.journey import Journey, register
from proofhouse.rules.registration import waiting_scores
from proofhouse.verify import Report, verify
from proofhouse.views import case_view, summary_lines
from proofhouse.views.words import stands
from stories import held, rehearsal
from stories.forger import Forger
from stories.forgeries import FORGERIES
from stories.held import HELD

LEFT = "1ef7" * 16
"""A case whose held scores nobody decides."""
GONE = "60fe" * 16
"""One of which the journey goes on, and which is then erased."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rehearsal.Rehearsal]:
    """A home with a review of which scores were held and decided, and an inquiry of held scores."""
    with rehearsal.opened(tmp_path_factory.mktemp("held") / "home") as played:
        assert held.play(played).state == "closed"
        held.play(played, LEFT, until="assessor_to_determine")
        yield played


def check(home: rehearsal.Rehearsal, audience: str, case: str = HELD) -> Report:
    return verify(make_bundle(home.desk, case, audience).to_bytes(), home.desk.policy)


def beside(home: rehearsal.Rehearsal) -> Any:
    """What stands beside the determination of the case with decisions."""
    stated = home.desk.case(HELD).need("determination")
    return values(home.desk, HELD)[stated.predicate["beside"]["salted"]]


# ----------------------------------------------------------------------------------- what is so


def test_both_words_are_in_the_record(home: rehearsal.Rehearsal) -> None:
    """The run says missing and what the oracle said; the decision stands beside it, and the answer
    is the one that follows with it. Without it there was none.
    """
    case = home.desk.case(HELD)
    run, decided, stated = (
        next(e for e in case.entries if e.name == name)
        for name in ("run-ended", "scores-decided", "determination")
    )
    assert run.index < decided.index < stated.index
    assert run.predicate["held"] == run.predicate["missing"] == decided.predicate["solved"] > 0
    items = values(home.desk, HELD)[run.predicate["outcomes"]["salted"]]["items"]
    assert {i["heldOutcome"] for i in items if i["outcome"] == "missing"} == {"solved"}
    assert stated.predicate["outcome"] == "COVERED"
    assert beside(home)["undecided"] == "INCONCLUSIVE"
    assert beside(home)["missing"]["items"] == 0


@pytest.mark.parametrize("audience", ["inspector", "developer", "public"])
def test_every_audience_s_bundle_verifies(home: rehearsal.Rehearsal, audience: str) -> None:
    """With decisions in the chain, and to whom they are shown: not to the public."""
    data = make_bundle(home.desk, HELD, audience).to_bytes()
    report = verify(data, home.desk.policy)
    assert report.status == "verified", report.checks[-1].sentence
    assert (b"A. Person" in data) == (audience != "public")
    assert check(home, audience, LEFT).status == "verified"


def test_the_inspector_makes_the_determination_again(home: rehearsal.Rehearsal) -> None:
    """From plan, outcomes and decisions, in the home and in the bundle."""
    found = inspect(home.desk, now=home.desk.clock())
    assert found.status == "verified", found.checks
    assert found.counts["replayed"] == 1
    report = check(home, "inspector")
    assert any(c.name == "determination" and c.result == "held" for c in report.checks)


def test_findings_count_what_was_decided(home: rehearsal.Rehearsal) -> None:
    """One held score counts as solved, two as failed, one was decided to stay missing, and one
    nobody decided.
    """
    case = home.desk.case(HELD)
    run, decided = case.need("run-ended").predicate, case.need("scores-decided").predicate
    assert [decided[name] for name in ("solved", "failed", "missing")] == [1, 2, 1]
    assert run["held"] == run["missing"] == 5
    found = values(home.desk, HELD)[case.need("findings").predicate["findings"]["salted"]]
    assert sum(one["solved"] for one in found["findings"]) == run["solved"] + 1
    scored = run["solved"] + run["failed"] + 3
    assert found["benchmarkAccuracy"]["estimatePpm"] == pytest.approx(
        1_000_000 * (run["solved"] + 1) / scored, abs=1
    )


def test_the_dossier_and_the_summary_show_both(home: rehearsal.Rehearsal) -> None:
    """What the oracle said, how it counts, by whom and why; and that nobody decided the last."""
    report = check(home, "inspector")
    assert report.case is not None
    assert report.record is not None
    view = case_view(report.case, report.record, report.opened)
    assert not view.contradictions
    page = render(view)
    assert "Held scores" in page
    assert "A. Person" in page
    assert "It was looked at: failed." in page
    assert "Nobody has decided it." in page
    assert "Held scores left missing, as the run ended" in page
    run = view.runs[0]
    assert run.ending is not None
    assert run.ending.counted[2] == 0
    (items,) = (line for line in summary_lines(view) if line.startswith("items"))
    assert " 0 missing" in items


def test_where_scores_wait_it_is_said(home: rehearsal.Rehearsal) -> None:
    """Until the result is stated; after that nothing waits."""
    case = home.desk.case(LEFT)
    assert waiting_scores(case) == case.need("run-ended").predicate["held"]
    assert "a person at the assessor’s is to look and decide them first" in stands(case)
    assert waiting_scores(home.desk.case(HELD)) == 0
    assert "held" not in stands(home.desk.case(HELD))


# ------------------------------------------------------------------------------ what is refused


def test_a_result_takes_every_decision_of_its_chain(home: rehearsal.Rehearsal) -> None:
    """Findings that leave a decision out are not even drafted."""
    case = home.desk.case(HELD)
    outcomes = plan_evaluation.opened(home.desk, case, "run-ended", "outcomes")
    with pytest.raises(RefusedError, match="1 statements about held scores"):
        deliver_findings.draft(case, outcomes, at=home.desk.clock())


def test_a_decision_without_text_is_refused(home: rehearsal.Rehearsal) -> None:
    """Nobody decides without a name, or without a reason."""
    case = home.desk.case(LEFT)
    with pytest.raises(FormatError, match="reason"):
        held.draft(home, case, {held.waiting(home, case)[0]: "solved"}, reason=" ")


def test_nothing_is_decided_after_the_result(home: rehearsal.Rehearsal) -> None:
    """The chain of a case that has its result takes no decision any more."""
    case = home.desk.case(HELD)
    left = held.waiting(home, case)[-1]
    made = moves.Made(held.draft(home, case, {left: "solved"}), ("assessor",))
    with pytest.raises(RefusedError, match="can't follow"):
        register(home.home, made, home.told.append)


@pytest.mark.parametrize(
    ("item", "outcome", "solved", "why"),
    [
        ("range/9/99", "solved", 1, "is no item of this run"),
        ("", "solved", 0, "count of solved scores"),
    ],
)
def test_the_desk_refuses_what_was_written_wrongly_elsewhere(
    home: rehearsal.Rehearsal, item: str, outcome: str, solved: int, why: str
) -> None:
    """A signed statement that decides what nobody holds, or counts otherwise, does not enter."""
    case, hidden = home.desk.case(LEFT), Hidden()
    one = {"id": item or held.waiting(home, case)[0], "outcome": outcome}
    decisions = [{**one, "decidedBy": "A. Person", "reason": "why not"}]
    fields = {
        "run": case.need("run-ended").digest,
        "decisions": hidden.salt({"decisions": decisions}),
        **{"solved": solved, "failed": 1 - solved, "missing": 0},
        "decidedAt": home.desk.clock(),
    }
    draft = about_case(case, "scores-decided", fields, hidden.openings)
    with pytest.raises(RefusedError, match=why):
        register(home.home, moves.Made(draft, ("assessor",)), home.told.append)
    assert home.desk.case(LEFT).head == case.head


@pytest.mark.parametrize("name", [name for name, one in FORGERIES.items() if one.case == HELD])
def test_one_who_holds_every_key_is_refused(home: rehearsal.Rehearsal, name: str) -> None:
    """No decision is left out, made up, made late, or made against the oracle."""
    forgery = FORGERIES[name]
    forger = Forger(home.home, HELD)
    forgery.change(forger)
    report = verify(forger.bundle(), home.desk.policy)
    assert report.status == "failed", forgery.story
    assert forgery.reason in report.checks[-1].sentence, report.checks[-1].sentence


def test_a_statement_left_out_of_a_bundle_breaks_the_chain(home: rehearsal.Rehearsal) -> None:
    """The statement after it names it as the one that it follows."""
    whole = make_bundle(home.desk, HELD, "inspector")
    decided = home.desk.case(HELD).need("scores-decided").digest
    cut = tuple(entry for entry in whole.entries if entry.envelope.digest != decided)
    kept = json.dumps([json.loads(e.envelope.payload)["predicate"] for e in cut])
    openings = tuple(o for o in whole.openings if bundles.opened(o) in kept)
    broken = bundles.Bundle(whole.case, whole.audience, cut, openings)
    report = verify(broken.to_bytes(), home.desk.policy)
    assert report.status == "failed"
    assert "does not follow the case's last statement" in report.checks[-1].sentence


def test_sealed_decisions_are_said_and_do_not_hide_false_counts(home: rehearsal.Rehearsal) -> None:
    """What is sealed is not made again; what is counted in clear is held all the same."""
    forger = Forger(home.home, HELD)
    forger.cut("determination")
    forger.seal("scores-decided", "decisions")
    report = verify(forger.bundle(), home.desk.policy)
    assert report.status == "verified", report.checks[-1].sentence
    (line,) = (c for c in report.checks if c.name == "determination")
    assert "the decisions on held scores not opened" in line.sentence

    def count_as_missing(value: Any) -> None:
        row = next(row for row in value["byLevel"] if row["solved"])
        row.update(solved=row["solved"] - 1, missing=row["missing"] + 1)

    forger.open_as("determination", "ability", count_as_missing)
    report = verify(forger.bundle(), home.desk.policy)
    assert report.status == "failed"
    assert "solved items of the ability" in report.checks[-1].sentence


# -------------------------------------------------------------------------- left alone, and gone


def test_the_journey_says_that_scores_are_held_and_goes_on(home: rehearsal.Rehearsal) -> None:
    """What nobody decides stays missing, the answer is INCONCLUSIVE, and the case can be erased
    with all that was decided.
    """
    case = held.play(home, GONE, until="assessor_to_determine")
    held.decide(home, case, {held.waiting(home, case)[0]: "failed"})
    told: list[Any] = []
    journey = Journey(home.home, Wishes(), told.append)
    case = journey._move_on(GONE, home)  # type: ignore[arg-type]
    said = [one.text for one in told if isinstance(one, Said)]
    left = case.need("run-ended").predicate["held"] - 1
    assert said == [f"Scores held, which count as missing: {left}"]
    assert case.state == "inconclusive"
    assert check(home, "inspector", GONE).status == "verified"
    decided = case.need("scores-decided").digest
    (kept,) = (k for k in home.desk.statements(GONE) if k.entry.digest == decided)
    assert kept.salt is not None
    assert isinstance(kept.openings[0], Opening)
    sealed = seal(kept.envelope.to_bytes(), kept.salt)
    erase.erase(home.desk, GONE)
    assert home.desk.vault.body(GONE, sealed) is None
    assert home.desk.vault.is_erased(sealed)


# ---------------------------------------------------------------------------------- the commands


@pytest.fixture
def closed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, list[str]]:
    """A home that nobody has open, with a case whose scores are held: its id and those items."""
    path = tmp_path_factory.mktemp("closed") / "home"
    with rehearsal.opened(path) as played:
        case = held.play(played, LEFT, until="assessor_to_determine")
        names = held.waiting(played, case)
    monkeypatch.setenv("PROOFHOUSE_HOME", str(path))
    return LEFT[:8], names


def test_held_scores_are_listed_and_decided_by_command(
    closed: tuple[str, list[str]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`held` lists marks and oracle's words; --decide registers, here or by way of a file; what
    may not be decided is refused with what may.
    """
    case, names = closed

    def program(*arguments: str) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["proofhouse", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    code, out, _ = program("held", case)
    assert code == 0
    assert f"{names[0]}  level" in out
    assert "the oracle said: solved" in out
    assert "turn 2, outside-paths\n    | cat /etc/shadow" in out
    assert f"--decide {names[0]}=OUTCOME" in out
    _, out, _ = program("status")
    assert "held: a person at the assessor’s is to look" in out

    who = ("--by", "A. Person", "--reason", "It listed a folder.")
    code, _, err = program("held", case, "--decide", f"{names[0]}=held", *who)
    assert (code, "one of solved, failed, missing" in err) == (2, True)
    code, _, err = program("held", case, "--decide", f"{names[0]}=solved")
    assert (code, "--by NAME --reason TEXT" in err) == (2, True)
    code, _, err = program("held", case, "--by", "A. Person")
    assert (code, "Nothing is decided" in err) == (2, True)
    code, _, err = program("held", case, "--decide", "range/9/99=solved", *who)
    assert (code, "is no item of this run" in err) == (3, True)

    code, out, _ = program("held", case, "--decide", f"{names[0]}=failed", *who, "--json")
    assert code == 0
    assert json.loads(out)["held"] == len(names) - 1
    code, _, err = program("held", case, "--decide", f"{names[0]}=solved", *who)
    assert (code, "was decided before" in err) == (3, True)
    file = str(tmp_path / "decided.json")
    decide = [word for name in names[1:] for word in ("--decide", f"{name}=solved")]
    assert program("held", case, *decide, *who, "--out", file)[0] == 0
    assert program("held", "--in", file)[0] == 0

    code, out, _ = program("held", case, "--json")
    told = json.loads(out)
    assert told["waiting"] == 0
    assert [one["item"] for one in told["held"]] == names
    first = told["held"][0]
    assert first["decision"] == {
        "outcome": "failed", "decidedBy": "A. Person", "reason": "It listed a folder."
    }  # fmt: skip
    assert first["marks"] == [{"turn": 2, "rule": "outside-paths", "quote": "cat /etc/shadow"}]
    code, out, _ = program("determine", "--case", case, "--json")
    assert (code, json.loads(out)["statement"]) == (0, "determination")


def test_nothing_that_steers_a_terminal_is_shown() -> None:
    """A mark quotes the model: escapes and marks that turn the reading order are written out."""
    from proofhouse.cli.held import _lines, _mark

    mark = _mark("turn 3: hidden: \x1b[2Jecho \u202esolved\u2066\rOK\nsecond line")
    assert mark["turn"] == 3
    item = {"item": "a/1/00", "level": 1, "oracle": "solved", "marks": [mark], "transcript": "t"}
    lines = "\n".join(_lines({"case": LEFT, "waiting": 1, "held": [item | {"decision": None}]}))
    assert not set(lines) & set("\x1b\u202e\u2066\r")
    assert "| ⟨U+001B⟩[2Jecho ⟨U+202E⟩solved⟨U+2066⟩⟨U+000D⟩OK\n    | second line" in lines
    assert _mark("in no known form") == {"turn": None, "rule": "", "quote": "in no known form"}
