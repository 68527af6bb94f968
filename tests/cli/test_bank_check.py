# SPDX-License-Identifier: Apache-2.0
"""``bank check``: every item made again, every answer judged again, each difference told."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import called
from proofhouse import recheck
from proofhouse.bank.digests import with_sealed
from proofhouse.bank.sealed_code import read_pack
from proofhouse.bootstrap import open_home
from proofhouse.desk import banks, hand_out, measure, open_commitment, publish_bank
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.errors import FormatError, InputError, PrerequisiteError, VerificationError
from proofhouse.formats.canonical import dumps, loads
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.opened_bank import OpenedBank
from proofhouse.formats.policy import Policy
from proofhouse.rules.window import parse_time, print_time
from stories import rejudged

PROGRAM = Path(sys.executable).with_name("proofhouse")
BODIES = ("body-1", "body-2")
SEALED_LOGIC = Path(__file__).parents[1] / "bank" / "sealed_logic"


@dataclass
class Measured:
    """A bank that was opened after one case met it: its file, the bundle, and what was kept."""

    home: Path
    opened: bytes
    bundle: bytes
    developers: bytes
    objects: dict[str, bytes]
    policy: Policy

    def write(self, folder: Path, *, answers: bool = True) -> list[str]:
        """Its files in ``folder``, as the words of a command line."""
        (folder / "objects").mkdir()
        for digest, data in self.objects.items():
            if answers or b'"messages"' in data:
                (folder / "objects" / digest).write_bytes(data)
        (folder / "opened.json").write_bytes(self.opened)
        (folder / "case.json").write_bytes(self.bundle)
        return ["--bundle", str(folder / "case.json"), "--logs", str(folder / "objects")]


def make(home: Path, **how: Any) -> Measured:
    with rejudged.measured(home, **how) as played:
        desk, keys = played.desk, played.home.keys
        drafted = open_commitment.draft(played.bank, at=desk.clock())
        desk.register(drafted.signed(*(keys[name] for name in BODIES)))
        return Measured(
            home,
            publish_bank.publish(desk, played.bank),
            make_bundle(desk, rejudged.CASE, "inspector").to_bytes(),
            make_bundle(desk, rejudged.CASE, "developer").to_bytes(),
            dict(hand_out.objects(desk, rejudged.CASE)),
            desk.policy,
        )


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return make(tmp_path_factory.mktemp("honest") / "home")


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return called.proofhouse(home, "bank", "check", *arguments)


def check(measured: Measured, bundle: bytes, kept: Any = lambda prompt, stated: None) -> Any:
    opened = recheck.open_bank(measured.opened, measured.policy)
    return recheck.recheck(opened, [("case.json", bundle)], kept)


@pytest.mark.sandbox
@pytest.mark.parametrize("answers", [True, False], ids=["answers", "transcripts alone"])
def test_every_answer_is_judged_again(honest: Measured, tmp_path: Path, answers: bool) -> None:
    """From the answers or from the transcripts that tell them, item by item, all agree; what the
    oracle said of a held score is held to as well.
    """
    words = honest.write(tmp_path, answers=answers)
    done = run(honest.home, str(tmp_path / "opened.json"), *words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["differ"]) == ("verified", 0)
    assert told["agree"] == rejudged.SOLVED + rejudged.FAILED
    (case,) = told["cases"]
    assert case["items"] >= case["digestsCompared"] == len(case["answers"])
    again = [one["again"] for one in case["answers"] if one["agreement"] == "agrees"]
    assert sorted(again) == ["failed"] * rejudged.FAILED + ["solved"] * rejudged.SOLVED
    rest = [one for one in case["answers"] if one["agreement"] == "not_judged"]
    assert told["notJudged"] == len(rest)
    assert {one["why"] for one in rest} == {"the outcome is missing, which decides nothing"}


def test_what_was_not_handed_in_is_said(honest: Measured) -> None:
    """Without answers nothing is judged, and for each reason the number of items is told."""
    report = check(honest, honest.bundle)
    assert report.status == "verified"
    said = [one.sentence for one in report.checks if one.result == "not_checked"]
    assert any("4 items were not judged again: the answer was not handed in" in one for one in said)
    report = check(honest, honest.developers)
    assert report.status == "verified"
    (said,) = [one.sentence for one in report.checks if one.result == "not_checked"]
    assert "opens no outcomes of the run" in said


@pytest.mark.sandbox
def test_an_answer_from_elsewhere_is_not_taken(honest: Measured, tmp_path: Path) -> None:
    """A file with another content than its run recorded is no answer to anything."""
    words = honest.write(tmp_path)
    for path in (tmp_path / "objects").iterdir():
        path.write_bytes(path.read_bytes().replace(b"answerHex", b"answerhex") + b" ")
    done = run(honest.home, str(tmp_path / "opened.json"), *words, "--json")
    told = json.loads(done.stdout)
    assert (told["status"], told["agree"]) == ("verified", 0)


@pytest.mark.sandbox
def test_a_false_score_is_found(tmp_path: Path) -> None:
    """An outcome that its answer does not come to is told, and exits 1."""
    false = make(tmp_path / "home", lie=True)
    words = false.write(tmp_path)
    done = run(false.home, str(tmp_path / "opened.json"), *words, "--items")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "was stated as solved; judged again: failed" in done.stdout
    assert "Something does NOT hold" in done.stdout


def test_another_item_than_the_seed_gives_is_found(tmp_path: Path) -> None:
    """An item digest that seed and submission don't give fails the check."""
    false = make(tmp_path / "home", other_items=True)
    report = check(false, false.bundle)
    assert report.status == "failed"
    assert any("is not the one that seed and submission give" in c.sentence for c in report.checks)


def test_a_case_of_another_bank_is_refused(honest: Measured, tmp_path: Path) -> None:
    """A bundle of another log, and one that does not verify, are told by their names."""
    other = make(tmp_path / "home")
    report = check(honest, other.bundle)
    assert report.status == "unknown_signers"
    report = check(honest, honest.bundle[:-1])
    assert report.status == "failed"
    assert "case.json" in report.checks[-1].sentence


def test_other_code_says_what_is_needed(honest: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is not the committed one makes other items: its digest is named."""
    monkeypatch.setattr(recheck, "generator_digest", lambda: "0" * 64)
    with pytest.raises(PrerequisiteError, match="needs the digest") as caught:
        recheck.open_bank(honest.opened, honest.policy)
    assert "version" in caught.value.hint


def test_another_compiler_is_said(honest: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not end the check, for items are the same."""
    monkeypatch.setattr(recheck.measure, "compiler_version", lambda: "another 1.0")
    opened = recheck.open_bank(honest.opened, honest.policy)
    assert any("another than the committed one" in check.sentence for check in opened.checks)


def changed(measured: Measured, change: Any) -> bytes:
    body: Any = loads(measured.opened)
    change(body)
    return dumps(body)


def drop_the_opening(body: Any) -> None:
    body["entries"] = body["entries"][:-1]


def swap_entries(body: Any) -> None:
    body["entries"] = body["entries"][::-1]


def other_name(body: Any) -> None:
    body["bank"] = "proofhouse-cyber@2"


def other_proof(body: Any) -> None:
    body["entries"][1]["proof"] = body["entries"][1]["proof"].replace("index 1", "index 2")


def other_signature(body: Any) -> None:
    envelope = body["entries"][-1]["envelope"]
    one, two = envelope["signatures"]
    one["sig"], two["sig"] = two["sig"], one["sig"]


def more_code(body: Any) -> None:
    body["generators"] = {"00" * 32: "{}"}


def not_opened(body: Any) -> None:
    body["format"] = "proofhouse-bundle/v1"


CHANGES = {
    "no opening": (drop_the_opening, VerificationError, "commitment and its opening"),
    "another order": (swap_entries, FormatError, "order of their leaves"),
    "another name": (other_name, VerificationError, "is of another bank"),
    "another proof": (other_proof, VerificationError, "proof"),
    "other signatures": (other_signature, VerificationError, "inclusion proof"),
    "code of another digest": (more_code, FormatError, "does not have the digest"),
    "something else": (not_opened, FormatError, "no opened bank"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_is_refused(honest: Measured, name: str) -> None:
    """Each change is refused for what it is."""
    change, kind, said = CHANGES[name]
    with pytest.raises(kind, match=said):
        recheck.open_bank(changed(honest, change), honest.policy)


def test_the_file_is_its_bytes(honest: Measured) -> None:
    """It parses to itself, and is refused in any other spelling."""
    assert OpenedBank.parse(honest.opened).to_bytes() == honest.opened
    for data in (b"", honest.opened[:-1], json.dumps(json.loads(honest.opened), indent=1).encode()):
        with pytest.raises(FormatError):
            OpenedBank.parse(data)


def test_a_policy_that_names_others_is_not_enough(honest: Measured, tmp_path: Path) -> None:
    """Signed by a log that the policy does not name: refused by the real command, exit 4."""
    other = make(tmp_path / "home")
    (tmp_path / "opened.json").write_bytes(honest.opened)
    done = run(other.home, str(tmp_path / "opened.json"))
    assert done.returncode == 4, done.stderr


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b'{"input": 1}', b"\xff", b'{"input": "x",'])
def test_what_is_no_record_is_refused(record: bytes) -> None:
    """Whatever lies in a folder of logs."""
    with pytest.raises(InputError, match="no record"):
        recheck.answer_in(record)


def test_an_answer_is_found_behind_an_attachment() -> None:
    """Long texts of a record stand apart from where they are said."""
    record = {
        "input": "attachment://a",
        "attachments": {"a": "the prompt", "b": "6869"},
        "scores": {"oracle": {"metadata": {"answerHex": "attachment://b"}}},
    }
    assert recheck.answer_in(json.dumps(record).encode()) == ("the prompt", b"hi")
    del record["scores"]
    assert recheck.answer_in(json.dumps(record).encode()) == ("the prompt", None)


def test_a_family_that_nobody_knows_is_refused(honest: Measured) -> None:
    """A bank of a family that this program lacks can't be checked by it."""
    opened = recheck.open_bank(honest.opened, honest.policy)
    with pytest.raises(InputError, match="no family"):
        banks.families_of({"unheard-of": 1}, opened.opening, {})


def bundle(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return called.proofhouse(home, "bundle", "--case", rejudged.CASE[:8], *arguments)


def test_transcripts_and_answers_are_handed_to_inspectors_only(
    honest: Measured, tmp_path: Path
) -> None:
    """Each is named by its SHA-256; no other audience gets them, and nothing is written over."""
    out, objects = str(tmp_path / "case.json"), tmp_path / "objects"
    done = bundle(honest.home, "--out", out, "--objects", str(objects))
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in objects.iterdir()} == honest.objects
    again = bundle(honest.home, "--out", out, "--objects", str(objects))
    assert (again.returncode, "no empty folder" in again.stderr) == (2, True)
    other = str(tmp_path / "other")
    words = ("--out", str(tmp_path / "d.json"), "--objects", other)
    told = bundle(honest.home, "--audience", "developer", *words)
    assert (told.returncode, "inspector's bundle only" in told.stderr) == (2, True)
    assert not (tmp_path / "d.json").exists()


@pytest.mark.sandbox
def test_the_assessors_home_has_the_answers(honest: Measured, tmp_path: Path) -> None:
    """With --vault they come from there."""
    words = honest.write(tmp_path)[:2]
    done = run(honest.home, str(tmp_path / "opened.json"), *words, "--vault", "--json")
    assert json.loads(done.stdout)["agree"] == rejudged.SOLVED + rejudged.FAILED
    (tmp_path / "objects.txt").write_text("")
    none = ("--logs", str(tmp_path / "objects.txt"))
    done = run(honest.home, str(tmp_path / "opened.json"), *words, *none)
    assert (done.returncode, "no folder of answers" in done.stderr) == (2, True)


@pytest.mark.sandbox
def test_a_sealed_family_is_planned_put_and_judged_again(tmp_path: Path) -> None:
    """Its code lies in the vault while it is sealed, and in the opened file when it is checked."""
    home = tmp_path / "home"
    with open_home(home) as opened:
        desk, pack = opened.desk, read_pack(SEALED_LOGIC, bytes(32))
        sealed = {pack.family: sha256_hex(pack.to_bytes())}
        here = measure.describe_bank(desk, ("Owners",))
        bank = replace(
            here,
            families={"memory-flaw": 2, "sealed-logic": 3},
            generator=with_sealed(here.generator, sealed),
        )
        drawn = banks.draw(desk, bank, [pack], bytes(range(32)), open_by=_in_a_year(desk))
        drafted = banks.commit(drawn, banks.as_made_here(desk, drawn), at=desk.clock())
        signed = drafted.signed(*(opened.keys[name] for name in BODIES))
        desk.register(signed, drafted.openings)
    measured = make(home)
    items = [one["id"] for one in _outcomes(measured)]
    assert {item.partition("/")[0] for item in items} == {"memory-flaw", "sealed-logic"}
    words = measured.write(tmp_path)
    done = run(home, str(tmp_path / "opened.json"), *words, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"]) == (0, "verified"), done.stdout
    assert told["agree"] == rejudged.SOLVED + rejudged.FAILED


def _in_a_year(desk: Any) -> str:
    return print_time(parse_time(desk.clock()) + 365 * 86_400)


def _outcomes(measured: Measured) -> Any:
    """The items of the run that the inspector's bundle opens."""
    for opening in json.loads(measured.bundle)["openings"]:
        value = opening["value"]
        if "items" in value and "outcome" in value["items"][0]:
            return value["items"]
    raise AssertionError("no outcomes are opened")
