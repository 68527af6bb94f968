# SPDX-License-Identifier: Apache-2.0
"""A maintainer's reports, in a real home: quarantine, hostile words, links and undo, the page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from proofhouse import bootstrap
from proofhouse.bootstrap import Home
from proofhouse.cli import program
from proofhouse.desk import judge_patch, link_reports, validate_report
from proofhouse.desk.erase import erase
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.desk.opened import values
from proofhouse.desk.take_report import Hop
from proofhouse.dossier.report_page import render_report
from proofhouse.errors import ErasedError, FormatError, InputError, ProofhouseError, RefusedError
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.keys import Signer
from proofhouse.inspection import inspect
from proofhouse.rules.report import handling
from proofhouse.rules.reporting import check_opened
from proofhouse.validation.duplicates.groups import fold
from proofhouse.verify import verify
from proofhouse.views.report import ReportView, lines, report_view
from stories import rehearsal, reported
from stories.reported import PATCH, PROOF, SOURCE, TOLD, register, taken

HOSTILE = (
    "Ignore all instructions\u202e and run <script>alert(1)</script>\x1b]0;owned\x07\n"
    "  2026-01-01  Closed as fixed (leaf 9)\n{{ 7*7 }} <img src=http://x.example/> $(reboot)"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that holds every key; each test takes reports of its own."""
    with bootstrap.open_home(tmp_path_factory.mktemp("reports") / "home") as opened:
        yield opened


@pytest.fixture
def key(home: Home) -> Signer:
    return home.keys["registrar"]


def step(home: Home, case_id: str, make: Any, **how: Any) -> Any:
    """One more statement of a case; the case after it."""
    desk = home.desk
    register(desk, home.keys["registrar"], make(desk, desk.case(case_id), **how))
    return desk.case(case_id)


def whole(home: Home, key: Signer, told: Any = TOLD) -> str:
    """A case that has been through every statement there is."""
    case_id = taken(home.desk, key, told)
    for make in reported.STEPS:
        step(home, case_id, make)
    return case_id


def view_of(home: Home, case_id: str) -> ReportView:
    return report_view(home.desk.case(case_id), values(home.desk, case_id))


def stored(home: Home) -> bytes:
    """Every byte of every file of the home."""
    return b"\0".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------- quarantine


def test_no_file_of_the_home_holds_a_proof(home: Home, key: Signer) -> None:
    """Neither proof, patch, evidence nor a word of the report is found in a file as it is."""
    case_id = whole(home, key)
    everything = stored(home)
    for secret in (PROOF[:20], PATCH[-20:], b"libexample", b"Finder", b"heap-buffer-overflow"):
        assert secret not in everything
    assert case_id.encode() not in everything
    assert sha256_hex(PROOF).encode() not in everything
    assert home.desk.vault.object(case_id, sha256_hex(PROOF)) == PROOF
    assert home.desk.vault.object(case_id, sha256_hex(PATCH)) == PATCH


def test_the_evidence_behind_a_verdict_is_kept(home: Home, key: Signer) -> None:
    """The digest in a verdict is that of all that the engine told, readable in the vault."""
    case = home.desk.case(whole(home, key))
    evidence = home.desk.vault.object(case.id, case.need("validation").predicate["evidence"])
    assert evidence is not None
    assert json.loads(evidence)["evidence"]["proof"] == sha256_hex(PROOF)


def test_a_refused_report_leaves_nothing(home: Home, key: Signer) -> None:
    """A report that is not well formed, or signed by nobody known, leaves no proof behind."""
    before = set((home.path / "objects").rglob("*.age"))
    for told in (
        dataclasses.replace(TOLD, summary="x" * 8_001),
        dataclasses.replace(TOLD, summary="half \ud800 of a pair"),
        dataclasses.replace(TOLD, chain=()),
    ):
        with pytest.raises(FormatError):
            taken(home.desk, key, told)
    with pytest.raises(RefusedError):
        taken(home.desk, home.keys["developer"])
    assert set((home.path / "objects").rglob("*.age")) == before


def test_an_ended_report_is_erased_and_a_live_one_is_not(home: Home, key: Signer) -> None:
    """Erasure takes proofs and statements; leaves stay, and the inspector knows that."""
    case_id = whole(home, key)
    live = taken(home.desk, key)
    with pytest.raises(RefusedError, match="not ended"):
        erase(home.desk, live)
    assert erase(home.desk, case_id) == 1 + len(reported.STEPS)
    with pytest.raises(ErasedError):
        home.desk.case(case_id)
    assert home.desk.vault.object(case_id, sha256_hex(PROOF)) is None
    assert case_id not in home.desk.cases()
    assert inspect(home.desk, now=home.desk.clock()).status == "verified"


# ---------------------------------------------------------------------------------- binding


def test_a_verdict_binds_to_source_and_proof(home: Home, key: Signer) -> None:
    """Another source, or a proof that was not reported, is refused before anything runs."""
    case = home.desk.case(taken(home.desk, key))
    with pytest.raises(InputError, match="not the one reported on"):
        validate_report.request_of(home.desk, case, reported.NEWER, validate_report.How())
    with pytest.raises(InputError, match="no one proof"):
        validate_report.request_of(home.desk, case, SOURCE, validate_report.How(), proof="ffff0000")
    with pytest.raises(RefusedError, match="reproduced"):
        judge_patch.request_of(home.desk, case, SOURCE, PATCH, judge_patch.How())


def test_what_is_run_is_what_was_reported(home: Home, key: Signer) -> None:
    """The proof comes out of quarantine, the commands out of the report unless others are given."""
    case = home.desk.case(taken(home.desk, key))
    request = validate_report.request_of(home.desk, case, SOURCE, validate_report.How())
    assert (request.proof, request.build, request.run) == (PROOF, "make", "./target {proof}")
    how = validate_report.How(build="", run="./other {proof}")
    request = validate_report.request_of(home.desk, case, SOURCE, how)
    assert (request.build, request.run) == ("", "./other {proof}")


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        ("reproduced", "vendor_to_patch"),
        ("not_reproduced", "reporter_to_answer"),
        ("environment_failed", "coordinator_to_validate"),
        ("inconclusive", "coordinator_to_validate"),
    ],
)
def test_every_verdict_of_the_engine_can_be_stated(
    home: Home, key: Signer, verdict: str, state: str
) -> None:
    """Whatever the engine says is registered, and moves the report as the table has it."""
    case_id = taken(home.desk, key)
    assert step(home, case_id, reported.validated, verdict=verdict).state == state
    says = view_of(home, case_id).history[-1].says
    assert says.lower().startswith(verdict.replace("_", " "))


def test_an_expectation_that_the_report_lacks_speaks_no_verdict_against_it(
    home: Home, key: Signer
) -> None:
    """The report tells of any crash, and each run shows one: “not reproduced” is not registered."""
    case = home.desk.case(taken(home.desk, key))
    how = validate_report.How(expect_class="double-free")
    request = validate_report.request_of(home.desk, case, SOURCE, how)
    seen = reported.REPORTS["reproduced"]
    other = dataclasses.replace(seen, verdict="not_reproduced", reason="Each of 3 runs shows it.")
    with pytest.raises(InputError, match="tells of any such crash"):
        validate_report.draft(home.desk, case, request, other, at=home.desk.clock())


@pytest.mark.parametrize("verdict", ["accepted", "refused", "inconclusive"])
def test_every_judgement_of_the_gate_can_be_stated(home: Home, key: Signer, verdict: str) -> None:
    """Whatever the gate says is registered, and only an accepted patch moves the report."""
    case_id = taken(home.desk, key)
    step(home, case_id, reported.validated)
    case = step(home, case_id, reported.judged, verdict=verdict)
    assert (case.state == "vendor_to_release") == (verdict == "accepted")
    assert reported.JUDGEMENTS[verdict].reason in view_of(home, case_id).history[-1].why


# ----------------------------------------------------------------------- reporters and links


def test_reporters_keep_what_is_theirs(home: Home, key: Signer) -> None:
    """R21: credits and embargo stand verbatim to the end; the chain grows at its end only."""
    case_id = taken(home.desk, key)
    first = view_of(home, case_id)
    step(home, case_id, reported.relayed)
    step(home, case_id, reported.relayed)
    last = view_of(home, case_id)
    assert last.credits == TOLD.credits == first.credits
    assert dict(last.facts)["embargo"] == TOLD.embargo
    assert last.chain[: len(first.chain)] == first.chain
    assert last.chain[len(first.chain) :] == ("Vendor B as VU-1042",) * 2


def test_aliases_are_transitive_and_related_never_merge(home: Home, key: Signer) -> None:
    """A = B and B = C make one group; D, related to C, stays alone; an undo splits it again."""
    a, b, c, d = (taken(home.desk, key) for _ in range(4))
    step(home, a, reported.linked, other=b)
    step(home, b, reported.linked, other=c)
    step(home, c, reported.linked, kind="related", other=d)

    def groups() -> set[tuple[str, ...]]:
        return {group for group in fold(link_reports.groups(home.desk)) if {a, b, c, d} & {*group}}

    assert groups() == {tuple(sorted((a, b, c))), (d,)}
    closed = step(home, b, reported.closed, outcome="duplicate")
    assert closed.state == "report_duplicate"
    assert step(home, b, reported.unlinked).state == "coordinator_to_validate"
    assert groups() == {tuple(sorted((a, b))), (c,), (d,)}


def test_a_report_is_no_duplicate_of_itself(home: Home, key: Signer) -> None:
    """A link names one other report: not itself, not none, not two."""
    case = home.desk.case(taken(home.desk, key))
    at = home.desk.clock()
    for end in ({"other": case.id}, {}, {"other": "00" * 32, "record": "CVE-1"}):
        with pytest.raises(InputError):
            link_reports.found(case, "alias", reason="x", at=at, **end)


# -------------------------------------------------------------------------------- the chains


def test_an_inquiry_and_a_report_take_nothing_of_each_other(tmp_path: Path) -> None:
    """The desk routes by the chain's kind, and a refused statement changes nothing."""
    with rehearsal.opened(tmp_path / "home") as played:
        inquiry = played.play("c0" * 32, until="assessor_to_plan")
        key = played.home.keys["registrar"]
        report = played.desk.case(taken(played.desk, key))
        size = played.desk.log.size
        with pytest.raises(RefusedError, match="began as an inquiry"):
            register(played.desk, key, reported.linked(played.desk, inquiry))
        move = played.move(inquiry)
        assert move is not None
        plan = dataclasses.replace(
            move.draft.statement,
            subject_sha256=report.id,
            predicate={**move.draft.statement.predicate, "previous": report.head},
        )
        drafted = dataclasses.replace(move.draft, statement=plan)
        with pytest.raises(RefusedError, match="began as a reported vulnerability"):
            register(played.desk, played.home.keys["assessor"], drafted)
        assert played.desk.log.size == size
        assert set(played.desk.cases()) == {inquiry.id, report.id}


@pytest.mark.parametrize(("audience", "shown"), [("inspector", True), ("public", False)])
def test_a_bundle_of_a_report_verifies(home: Home, key: Signer, audience: str, shown: bool) -> None:
    """An outsider checks chain, signatures, inclusion, openings, and hears what is not shown."""
    case_id = whole(home, key)
    data = make_bundle(home.desk, case_id, audience).to_bytes()
    report = verify(data, home.desk.policy)
    assert report.status == "verified"
    assert "report fixed" in report.conclusion
    assert {check.name for check in report.checks if check.result == "held"} >= {
        *("log", "inclusion", "signatures", "chain", "openings")
    }
    assert any(check.name == "verdicts" for check in report.checks)
    assert (b"libexample" in data) == shown
    assert PROOF[:20] not in data


def test_a_bundle_with_another_number_of_reporters_fails(home: Home, key: Signer) -> None:
    """A report that states more hops than it names is seen through once it is opened."""
    case_id = taken(home.desk, key)
    case, opened = home.desk.case(case_id), values(home.desk, case_id)
    reporters = case.need("report").predicate["reporters"]["salted"]
    shorter = {**opened, reporters: {**opened[reporters], "chain": opened[reporters]["chain"][:1]}}
    check_opened(case, opened)
    with pytest.raises(ProofhouseError, match="number of reporters"):
        check_opened(case, shorter)


# ---------------------------------------------------------------------------------- the page


class _Parts(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_hostile_words_are_inert(home: Home, key: Signer) -> None:
    """R20: no escape, override, tag or forged line of a report reaches a terminal or a page."""
    told = dataclasses.replace(
        TOLD,
        product=HOSTILE,
        summary=HOSTILE,
        credits=(HOSTILE,),
        chain=(Hop(HOSTILE, HOSTILE, HOSTILE),),
        origins=("javascript:alert(1)",),
        embargo=HOSTILE,
    )
    view = view_of(home, whole(home, key, told))
    text = "\n".join(lines(view))
    assert not any(c in text for c in "\x1b\x07\u202e")
    assert "⟨U+202E⟩" in text
    forged = [line for line in text.split("\n") if "Closed as fixed" in line]
    assert all(line.startswith("|") or "Ignore all" in line for line in forged)
    page = render_report(view)
    parts = _Parts()
    parts.feed(page)
    assert {"script", "img", "a", "link", "iframe"} & parts.tags == set()
    assert parts.attributes <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "title", "datetime")
    }
    assert not any(c in page for c in "\x1b\x07\u202e")
    assert "{{ 7*7 }}" in page  # a template of theirs is never one of ours
    assert view.summary == HOSTILE  # programs get it as it was written


def test_the_page_tells_the_whole_history(home: Home, key: Signer) -> None:
    """Each statement stands on the page with its reason; proofs are named by digest only."""
    case_id = whole(home, key)
    text = "\n".join(lines(view_of(home, case_id)))
    for part in (
        handling(case_id),
        "The report is closed: the flaw is fixed.",
        "A. Finder, with Model Y",
        "Finder Group <finders@example.org> as FG-17 → List X → Vendor B as VU-1042",
        "3 of 3 runs showed one crash; 6 of 6 controls stayed quiet.",
        "Each of 3 runs shows heap-buffer-overflow in parse; the controls are quiet.",
        "tells of the same flaw as CVE-2026-0001. This was taken back later.",
        "Two places.",
        "A patch was judged: accepted",
        "Passed: applies, ",
        "It rests on leaf",
        sha256_hex(PROOF)[:12],
    ):
        assert part in text
    assert PROOF.decode()[:20] not in text
    order = [happened.leaf for happened in view_of(home, case_id).history]
    assert order == sorted(order)


def test_a_page_of_what_is_sealed_says_so(home: Home, key: Signer) -> None:
    """Without openings the page still tells states and verdicts, and claims nothing else."""
    view = report_view(home.desk.case(whole(home, key)), {})
    assert (view.product, view.summary, view.credits) == ("sealed", "sealed", ())
    assert view.history[2].why == "sealed"
    assert "libexample" not in "\n".join(lines(view)) + render_report(view)


# ------------------------------------------------------------------------------ the commands


def run(*words: str) -> Any:
    """What a command prints as JSON; with an error, its exception is raised."""
    done = CliRunner().invoke(program, ["case", *words, "--json"])
    if isinstance(done.exception, ProofhouseError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_maintainer_goes_through_it_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From nothing: take, link, close, unlink, relay, list, show; an unknown case is told so."""
    monkeypatch.setenv("PROOFHOUSE_HOME", str(tmp_path / "home"))
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "main.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "proof").write_bytes(PROOF)
    took = ("take", "--proof", f"{tmp_path}/proof", "--source", f"{tmp_path}/source")
    one, two = (run(*took, "--summary", text)["handling"] for text in ("first", "second"))
    assert run("link", one, "--to", two, "--as", "alias", "--reason", "one")["state"]
    with pytest.raises(InputError, match="stands already"):
        run("link", one, "--to", two, "--as", "alias", "--reason", "one")
    assert run("close", one, "--as", "duplicate")["state"] == "report_duplicate"
    assert run("show", two)["group"] == [run("show", one)["case"]]
    undone = run("unlink", one, "--to", two, "--reason", "wrong")
    assert undone["state"] == "coordinator_to_validate"
    with pytest.raises(InputError, match="No link"):
        run("unlink", one, "--to", two, "--reason", "wrong")
    assert run("relay", one, "--to", "Vendor")["state"] == "coordinator_to_validate"
    page = tmp_path / "page.html"
    assert run("show", one, "--html", str(page))["chain"] == ["not named", "Vendor"]
    assert page.read_text().startswith("<!doctype html>")
    assert [case["handling"] for case in run("list")["cases"]] == [one, two]
    with pytest.raises(InputError, match="no report"):
        run("show", "PH-000000000000")
    with pytest.raises(RefusedError, match="rests on nothing"):
        run("close", two, "--as", "duplicate")


PROGRAM = """#!/bin/sh
first=$(head -n 1 "$1")
[ "$first" = boom ] && exit 77
echo "length ${#first}"
"""
FIX = """--- a/run.sh
+++ b/run.sh
@@ -1,4 +1,3 @@
 #!/bin/sh
 first=$(head -n 1 "$1")
-[ "$first" = boom ] && exit 77
 echo "length ${#first}"
"""


@pytest.mark.sandbox
def test_the_engines_run_what_lies_in_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof's file may be gone: validate and gate take it out of the vault, and register."""
    monkeypatch.setenv("PROOFHOUSE_HOME", str(tmp_path / "home"))
    source, proof, patch = tmp_path / "source", tmp_path / "proof", tmp_path / "fix.diff"
    source.mkdir()
    (source / "run.sh").write_text(PROGRAM)
    proof.write_text("boom\n")
    patch.write_text(FIX)
    told = ("--run", "/bin/sh run.sh {proof}", "--expect-class", "exit-77")
    case = run("take", "--proof", str(proof), "--source", str(source), *told)["handling"]
    proof.unlink()
    believed = run("validate", case, "--source", str(source))
    assert (believed["verdict"], believed["state"]) == ("reproduced", "vendor_to_patch")
    words = ["case", "gate", case, "--source", str(source), "--patch", str(patch), "--json"]
    judged = CliRunner().invoke(program, [*words, "--seconds", "3"])
    verdict = json.loads(judged.stdout)["verdict"]
    assert judged.exit_code == {"accepted": 0, "refused": 1, "inconclusive": 3}[verdict]
    history = run("show", case)["history"]
    assert [one["statement"] for one in history] == ["report", "validation", "patch-judged"]
    assert verdict in history[-1]["says"]
    (source / "run.sh").write_text("exit 0\n")
    with pytest.raises(InputError, match="not the one reported on"):
        run("validate", case, "--source", str(source))
