# SPDX-License-Identifier: Apache-2.0
"""``verify`` believes what is so, and no forgery, not even by one who holds every key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofhouse.desk.make_bundle import make_bundle
from proofhouse.formats import bundle as bundles
from proofhouse.formats import salted
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.note import COSIGNATURE_ED25519
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.journey.journey import register
from proofhouse.verify import Report, verify
from stories import rehearsal
from stories.forger import Forger
from stories.forgeries import CASE, FORGERIES

OTHER = "d6" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rehearsal.Rehearsal]:
    """A home with a whole review of a covered model, and an inquiry of another that is not."""
    with rehearsal.opened(tmp_path_factory.mktemp("verify") / "home") as played:
        assert played.play(CASE).state == "closed"
        played.outcome = rehearsal.weak
        assert played.play(OTHER).state == "not_covered"
        yield played


@pytest.fixture(scope="module")
def honest(home: rehearsal.Rehearsal) -> bytes:
    return make_bundle(home.desk, CASE, "inspector").to_bytes()


def check(data: bytes, home: rehearsal.Rehearsal) -> Report:
    return verify(data, home.desk.policy)


# ------------------------------------------------------------------------------------- honest


def test_an_honest_bundle_verifies(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """Every step holds, the determination is replayed, and the limits are said."""
    report = check(honest, home)
    assert report.status == "verified"
    held = [c.name for c in report.checks if c.result == "held"]
    assert held == [
        "bytes",
        "log",
        "inclusion",
        "signatures",
        "chain",
        "order: commitments first",
        "window",
        "order: findings first",
        "openings",
        "determination",
        "runs",
        "figures",
    ]
    said = " ".join(c.sentence for c in report.checks)
    assert "integrity, not independence" in said
    assert "order proven, times claimed" in said
    assert "COVERED" in report.conclusion


def test_a_forger_who_changes_nothing_verifies(home: rehearsal.Rehearsal) -> None:
    """The forger's tools are sound: a bundle that it did not change holds."""
    assert check(Forger(home.home, CASE).bundle(), home).status == "verified"


def test_a_sealed_threshold_is_not_replayed_and_said_so(home: rehearsal.Rehearsal) -> None:
    """The developer's bundle verifies; it opens no threshold, plan or evidence, and says so."""
    data = make_bundle(home.desk, CASE, "developer").to_bytes()
    report = check(data, home)
    assert report.status == "verified"
    (line,) = (c for c in report.checks if c.name == "determination")
    assert line.result == "not_checked"
    assert "the threshold" in line.sentence
    assert "cutMicrologits" not in data.decode()


def test_the_public_bundle_opens_nothing(home: rehearsal.Rehearsal) -> None:
    """The public's bundle verifies and names neither developer nor model nor partner."""
    data = make_bundle(home.desk, CASE, "public").to_bytes()
    assert check(data, home).status == "verified"
    assert Bundle.parse(data).openings == ()
    for secret in (b"Example Lab", b"rehearsed/model", b"Water Utility"):
        assert secret not in data


def _every_third(item: str, _level: int) -> str:
    return "solved" if int(item.split("/")[2]) % 3 else "failed"


def _half_missing(item: str, level: int) -> str:
    return "missing" if int(item.split("/")[2]) % 2 else rehearsal.strong(item, level)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(rehearsal.strong, marks=pytest.mark.soak),
        pytest.param(rehearsal.weak, marks=pytest.mark.soak),
        _every_third,
        pytest.param(_half_missing, marks=pytest.mark.soak),
    ],
    ids=lambda o: o.__name__,
)
def test_whatever_the_desk_registers_verifies(tmp_path: Path, outcome: rehearsal.Outcome) -> None:
    """After every single statement of a case, the bundle of each audience verifies."""
    with rehearsal.opened(tmp_path / "home", outcome=outcome) as played:
        while (made := played.move(played.desk.case(CASE))) is not None:
            register(played.home, made, played.told.append)
            for audience in ("inspector", "developer", "public"):
                report = check(make_bundle(played.desk, CASE, audience).to_bytes(), played)
                assert report.status == "verified", report.checks[-1].sentence


def test_what_was_not_made_again_is_said(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """The ability's estimate and the words of findings are said to be their assessor's."""
    said = next(c for c in check(honest, home).checks if c.name == "other figures")
    assert said.result == "not_checked"
    assert "the ability's estimate and interval" in said.sentence
    assert "severities" in said.sentence


# ------------------------------------------------------------------------ without any key


@pytest.mark.parametrize("apart", [197, pytest.param(19, marks=pytest.mark.soak)])
def test_any_changed_byte_is_refused(home: rehearsal.Rehearsal, honest: bytes, apart: int) -> None:
    """One changed byte, wherever it is, and the bundle is refused with a reason."""
    for place in range(0, len(honest), apart):
        changed = bytearray(honest)
        changed[place] ^= 0x01
        report = check(bytes(changed), home)
        assert report.status != "verified", place
        assert report.checks[-1].result == "failed"
        assert report.checks[-1].sentence


@pytest.mark.parametrize("cut", [0, 1, 100, 10_000])
def test_a_truncated_bundle_is_refused(home: rehearsal.Rehearsal, honest: bytes, cut: int) -> None:
    """A part of a bundle is no bundle."""
    assert check(honest[:cut], home).status == "failed"


def test_a_dropped_statement_breaks_the_chain(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """Leaving any one statement but the last out of the bundle is noticed."""
    whole = Bundle.parse(honest)
    for at in range(len(whole.entries) - 1):
        entries = whole.entries[:at] + whole.entries[at + 1 :]
        data = Bundle(whole.case, whole.audience, entries).to_bytes()
        assert check(data, home).status == "failed", at


def test_a_dropped_tail_shows_less_and_says_so(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """What a bundle can't show, that nothing came later, it says."""
    whole = Bundle.parse(honest)
    data = Bundle(whole.case, "public", whole.entries[:-1]).to_bytes()
    report = check(data, home)
    assert report.status == "verified"
    assert report.case is not None
    assert report.case.state != "closed"
    assert any("whether more came later" in c.sentence for c in report.checks)


def test_a_statement_of_another_case_is_refused(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """A statement of another case can't be slipped in."""
    whole, other = Bundle.parse(honest), make_bundle(home.desk, OTHER, "inspector")
    assert whole.checkpoint == other.checkpoint
    entries = sorted({*whole.entries, other.entries[-1]}, key=lambda e: e.proof.index)
    data = Bundle(whole.case, whole.audience, tuple(entries)).to_bytes()
    report = check(data, home)
    assert report.status == "failed"
    assert "another case" in report.checks[-1].sentence


def test_another_value_does_not_open_a_field(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """A different threshold with its own salt opens nothing that was committed to."""
    whole = Bundle.parse(honest)
    forged = salted.Opening({"dimensions": {}, "population": {}})
    openings = bundles.sort_openings([*whole.openings, forged])
    data = Bundle(whole.case, whole.audience, whole.entries, openings).to_bytes()
    report = check(data, home)
    assert report.status == "failed"
    assert "none of its statements hides" in report.checks[-1].sentence


# ------------------------------------------------------------------------ with other keys


def test_a_bundle_of_another_log_has_unknown_signers(
    home: rehearsal.Rehearsal, tmp_path: Path
) -> None:
    """A log that the policy does not name is not believed, however consistent it is."""
    with rehearsal.opened(tmp_path / "home") as other:
        other.play(CASE)
        data = make_bundle(other.desk, CASE, "inspector").to_bytes()
        assert verify(data, other.desk.policy).status == "verified"
    assert check(data, home).status == "unknown_signers"


@pytest.mark.parametrize("role", ["developer", "assessor", "partner", "registrar", "body"])
def test_a_party_that_the_policy_does_not_name_is_unknown(
    home: rehearsal.Rehearsal, honest: bytes, role: str
) -> None:
    """If the policy names another key in a role, the bundle is not verified."""
    policy = home.desk.policy
    others = tuple(
        Issuer(issuer.name, PublicKey(SigningKey.generate().public))
        for issuer in policy.issuers[role]
    )
    changed = Policy(
        policy.log, policy.custody, {**policy.issuers, role: others}, policy.body_threshold
    )
    assert verify(honest, changed).status == "unknown_signers"


def test_too_few_owners_do_not_make_a_commitment(home: rehearsal.Rehearsal, honest: bytes) -> None:
    """A policy that wants three of three owners refuses commitments signed by two."""
    policy = home.desk.policy
    report = verify(honest, Policy(policy.log, policy.custody, policy.issuers, 3))
    assert report.status == "failed"
    assert "needs 3 signature" in report.checks[-1].sentence


# ------------------------------------------------------------------------- with every key


@pytest.mark.parametrize("name", [name for name, one in FORGERIES.items() if one.case == CASE])
def test_one_who_holds_every_key_is_refused(home: rehearsal.Rehearsal, name: str) -> None:
    """Signatures, proofs and links all hold, and the rules refuse the forgery for its reason."""
    forgery = FORGERIES[name]
    forger = Forger(home.home, CASE)
    forgery.change(forger)
    report = check(forger.bundle(), home)
    assert report.status == "failed", forgery.story
    assert forgery.reason in report.checks[-1].sentence, report.checks[-1].sentence


def test_a_withheld_opening_does_not_hide_a_false_outcome(home: rehearsal.Rehearsal) -> None:
    """Whatever is opened is compared: without the evidence a false outcome is still refused."""
    forger = Forger(home.home, CASE)
    FORGERIES["another-outcome-at-the-end"].change(forger)
    evidence = forger.find("determination").predicate["evidence"]["sha256"]
    forger.openings = [o for o in forger.openings if bundles.opened(o) != evidence]
    assert check(forger.bundle(), home).status == "failed"


def test_a_run_that_failed_before_it_decided_may_be_made_again(home: rehearsal.Rehearsal) -> None:
    """A failed run is no forgery: it is counted, and said."""

    counts = {"solved": 0, "failed": 0, "missing": 0}

    def break_off(value: Any) -> None:
        del value["items"][4:]
        for item in value["items"]:
            counts[item["outcome"]] += 1

    def count(predicate: dict[str, Any]) -> None:
        predicate.update(ending="failed", reason="the endpoint broke")
        predicate.update(counts, transcripts=predicate["transcripts"][:4])
        predicate.update(inputTokens=400, outputTokens=40, milliseconds=20)

    forger = Forger(home.home, CASE)
    forger.cut("determination")
    forger.run_again()
    forger.open_as("run-ended", "outcomes", break_off)
    forger.edit("run-ended", count)
    report = check(forger.bundle(), home)
    assert report.status == "verified", report.checks[-1].sentence
    assert any("1 run failed" in c.sentence for c in report.checks)


def test_a_policy_of_another_custody_is_contradicted(
    home: rehearsal.Rehearsal, honest: bytes
) -> None:
    """A log that says one home holds every key fails a policy that says the keys are apart."""
    policy = home.desk.policy
    apart = Policy(policy.log, "separate", policy.issuers, policy.body_threshold)
    report = verify(honest, apart)
    assert report.status == "failed"
    assert "separate custody" in report.checks[-1].sentence


def test_a_sealed_threshold_does_not_hide_a_false_outcome(home: rehearsal.Rehearsal) -> None:
    """Plan and outcomes alone are enough to refuse an outcome that they do not give."""
    forger = Forger(home.home, CASE)
    FORGERIES["another-outcome-at-the-end"].change(forger)
    forger.seal("threshold-commitment", "threshold")
    report = check(forger.bundle(), home)
    assert report.status == "failed"
    assert "outcome differs" in report.checks[-1].sentence


@pytest.mark.parametrize("sealed", ["run-ended", "plan"])
def test_sealed_outcomes_do_not_hide_false_figures(home: rehearsal.Rehearsal, sealed: str) -> None:
    """An ability is held against what its run counts in clear, whatever else is sealed."""
    forger = Forger(home.home, CASE)
    FORGERIES["an-ability-of-other-counts"].change(forger)
    forger.seal(sealed, {"run-ended": "outcomes", "plan": "plan"}[sealed])
    report = check(forger.bundle(), home)
    assert report.status == "failed"
    assert "number of solved items of the ability" in report.checks[-1].sentence


def test_an_outcome_that_was_not_replayed_is_said_to_be_its_assessors(
    home: rehearsal.Rehearsal,
) -> None:
    """The conclusion of a bundle without openings claims no more than was stated."""
    report = check(make_bundle(home.desk, CASE, "public").to_bytes(), home)
    assert "not replayed" in report.conclusion


def test_one_hidden_value_can_t_stand_in_two_fields(home: rehearsal.Rehearsal) -> None:
    """A field that reuses another's digest, to be read as what it is not, is refused."""
    forger = Forger(home.home, CASE)
    other = forger.find("findings").predicate["findings"]
    forger.edit("run-ended", lambda predicate: predicate.update(outcomes=other))
    report = check(forger.bundle(), home)
    assert report.status == "failed"
    assert "same value" in report.checks[-1].sentence


def test_counts_of_a_run_for_findings_are_compared(home: rehearsal.Rehearsal) -> None:
    """Outcomes of the deeper run that are not those it counts are refused."""

    def fail_all(value: Any) -> None:
        for item in value["items"]:
            item["outcome"] = "failed"

    forger = Forger(home.home, CASE)
    forger.open_as("run-ended", "outcomes", fail_all, nth=1)
    report = check(forger.bundle(), home)
    assert report.status == "failed"
    assert "count of" in report.checks[-1].sentence


def test_a_policy_that_asks_for_a_witness_gets_one_or_refuses(
    home: rehearsal.Rehearsal, honest: bytes
) -> None:
    """A checkpoint that no witness cosigned fails a policy that wants one."""
    policy = home.desk.policy
    witness = WitnessSigner("witness.example", bytes(range(32)), COSIGNATURE_ED25519).verifier
    asking = Policy(
        policy.log, policy.custody, policy.issuers, policy.body_threshold, (witness,), 1
    )
    report = verify(honest, asking)
    assert report.status == "failed"
    assert "witnesses" in report.checks[-1].sentence


# ---------------------------------------------------------------------------- what it needs


def test_it_needs_nothing_but_what_an_outsider_has(
    home: rehearsal.Rehearsal, honest: bytes, tmp_path: Path
) -> None:
    """In an empty interpreter ``verify`` opens no socket and imports only what it may."""
    program = """
import socket, sys
def refuse(*a, **k): raise AssertionError("a network call")
socket.socket = refuse
from pathlib import Path
from proofhouse.formats.policy import Policy
from proofhouse.verify import verify
data, policy = (Path(p).read_bytes() for p in sys.argv[1:])
report = verify(data, Policy.parse(policy))
print(report.status)
known = {"proofhouse", "cryptography", "rbcl", "barriers"}  # barriers is rbcl's
top = {name.split(".")[0] for name in sys.modules}
print(sorted(t for t in top if t not in sys.stdlib_module_names and t not in known
             and not t.startswith("_")))
print(sorted({name.split(".")[1] for name in sys.modules if name.startswith("proofhouse.")}))
"""
    (tmp_path / "bundle").write_bytes(honest)
    (tmp_path / "policy").write_bytes(home.desk.policy.to_bytes())
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "bundle"), str(tmp_path / "policy")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, foreign, rooms = done.stdout.splitlines()
    assert status == "verified"
    assert foreign == "[]"
    assert set(json.loads(rooms.replace("'", '"'))) <= {
        *("errors", "formats", "rules", "said", "verify")
    }
