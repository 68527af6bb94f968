# SPDX-License-Identifier: Apache-2.0
"""Developer, assessor, partner and inspector, each in a home of their own, by commands and files.

Nothing passes between the homes but the files that the commands write. The model is rehearsed:
what it would answer is told beforehand, so that a review takes seconds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from proofhouse.cli import program
from proofhouse.desk import state_run
from proofhouse.errors import (
    ErasedError,
    InputError,
    ProofhouseError,
    RefusedError,
    UnknownSignerError,
    VerificationError,
)
from proofhouse.formats.keys import SigningKey
from proofhouse.ledger.export import export
from proofhouse.seat import open_seat
from stories.table import rehearse


class Party:
    """A home, and the commands that are run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str | Path, raw: bool = False) -> Any:
        """What the command prints as JSON. Raises the program's own errors."""
        listed = [str(argument) for argument in arguments]
        runner = CliRunner()
        result = runner.invoke(
            program,
            listed if raw else [*listed, "--json"],
            env={"PROOFHOUSE_HOME": str(self.path)},
            catch_exceptions=False,
            standalone_mode=False,
        )
        if raw:
            return result.stdout
        return json.loads(result.stdout.splitlines()[-1])

    def public(self, key: str, role: str, name: str, folder: Path) -> Path:
        """The file that another home trusts this one's key by."""
        pem = (self.path / "keys" / f"{key}.key").read_bytes()
        raw = SigningKey.from_pem(pem).public.hex()
        file = folder / f"{key}-{self.path.name}.json"
        file.write_text(json.dumps({"role": role, "name": name, "key": raw}))
        return file


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end at once, with what the strong model would have come to."""
    rehearse(monkeypatch)


class World:
    """Four homes and a folder for the files that pass between them."""

    def __init__(self, tmp_path: Path) -> None:
        self.mail = tmp_path / "mail"
        self.mail.mkdir()
        self.developer = Party(tmp_path / "developer")
        self.registry = Party(tmp_path / "registry")
        self.partner = Party(tmp_path / "partner")
        self.inspector = Party(tmp_path / "inspector")
        self.case = ""

    def found(self) -> None:
        self.developer("init", "--hold", "developer")
        self.partner("init", "--hold", "partner")
        told = self.registry(
            *("init", "--log", "registry.example/log", "--bodies-needed", "2"),
            *("--hold", "assessor", "--hold", "registrar", "--hold", "body-1", "--hold", "body-2"),
            *("--trust", self.developer.public("developer", "developer", "Lab A", self.mail)),
            *("--trust", self.partner.public("partner", "partner", "Water B", self.mail)),
        )
        for party in (self.developer, self.partner, self.inspector):
            party("init", "--policy", told["policy"])
        self.registry("bank", "commit")
        self.registry("threshold", "commit", "--as", "body-1", "--out", self.mail / "t.json")
        self.registry("threshold", "commit", "--in", self.mail / "t.json", "--as", "body-2")

    def published(self) -> Path:
        folder = self.mail / "ledger"
        with open_seat(self.registry.path) as seat:
            export(seat.desk.log, folder)
        return folder

    def bundle(self, audience: str = "developer") -> Path:
        """The newest bundle of the case, as it is sent to somebody."""
        file = self.mail / f"case-{audience}.json"
        self.registry("bundle", "--case", self.case, "--audience", audience, "--out", file)
        return file

    def send(self, party: Party, *words: str | Path, audience: str = "developer") -> Any:
        """A statement that ``party`` makes from its bundle, registered where the log is."""
        file = self.mail / f"statement-{len(list(self.mail.iterdir()))}.json"
        command = [word for word in words if not str(word).startswith("-")]
        verbs = command[: 2 if command[0] in ("agree", "window", "findings", "partner") else 1]
        party(*words, "--case-file", self.bundle(audience), "--out", file)
        return self.registry(*verbs, "--in", file)

    def inquire(self) -> None:
        file = self.mail / "inquiry.json"
        told = self.developer(
            *("inquire", "--name", "Lab A", "--contact", "models@lab.example"),
            *("--ledger", self.published(), "--out", file),
        )
        self.case = told["case"]
        self.registry("inquire", "--in", file)

    def submit(self) -> None:
        weights = ("--weights", "ab" * 32, "--no-probe")
        self.send(self.developer, "submit", "--model", "openai-api/lab/x", *weights)

    def determine(self) -> str:
        self.registry("plan", "--case", self.case)
        self.registry("evaluate", "--case", self.case)
        self.registry("determine", "--case", self.case, "--decided-by", "Ann")
        return self.state()

    def agree(self) -> None:
        self.registry("disclose", "--case", self.case, "--reason", "The developer asked.")
        self.send(self.developer, "agree", "request")
        self.registry("agree", "offer", "--case", self.case)
        self.send(self.developer, "agree", "answer")
        self.send(self.developer, "window", "open", "--days", "10")

    def state(self) -> str:
        return str(self.registry("status", "--case", self.case)["state"])


@pytest.fixture
def world(tmp_path: Path, rehearsed: None) -> World:
    made = World(tmp_path)
    made.found()
    return made


def test_four_homes_live_an_inquiry_and_a_review(world: World) -> None:
    """From the question to the closed window, each party signs in its own home and nowhere else."""
    world.inquire()
    world.submit()
    assert world.determine() == "covered"
    world.agree()
    world.registry("plan", "--case", world.case)
    world.registry("evaluate", "--case", world.case)
    world.registry("findings", "deliver", "--case", world.case)
    world.send(world.developer, "findings", "receive")
    answer = ("F1=fixed", "F2=disputed", "--text", "F2=Harmless.", "--checkpoint", "2")
    world.send(world.developer, "findings", "answer", *answer, "--weights", "cd" * 32, "--no-probe")
    world.registry("findings", "retest", "F1", "--items", "3", "--case", world.case)
    world.registry("evaluate", "--case", world.case)
    world.registry("findings", "deliver", "--case", world.case)
    world.send(world.developer, "findings", "receive")
    drafted, signed = world.mail / "grant.json", world.mail / "grant-2.json"
    grant = ("--name", "Water B", "--sector", "water", "--purpose", "defence")
    world.registry("partner", "grant", "--case", world.case, *grant, "--out", drafted)
    world.developer("partner", "grant", "--in", drafted, "--as", "developer", "--out", signed)
    world.registry("partner", "grant", "--in", signed)
    world.send(world.partner, "partner", "accept", audience="public")
    world.registry("window", "close", "--case", world.case)
    assert world.state() == "closed"
    keys = {path.name for path in (world.registry.path / "keys").iterdir()}
    assert not keys & {"developer.key", "partner.key"}
    inspected = world.inspector("verify", world.bundle("inspector"))
    assert inspected["status"] == "verified"
    assert not any(check["name"] == "custody" for check in inspected["checks"])
    assert any("F1 still there" in check["sentence"] for check in inspected["checks"])


def test_a_developer_withdraws_in_any_live_state_from_its_own_home(world: World) -> None:
    """Withdrawal takes one command and one file, and asks for no reason."""
    world.inquire()
    assert world.send(world.developer, "withdraw")["state"] == "withdrawn"


def test_a_case_that_ended_is_erased_and_the_log_still_verifies(world: World) -> None:
    """Nothing of an erased case opens any more; its leaves stay, and the log audits."""
    world.inquire()
    with pytest.raises(RefusedError, match="has not ended"):
        world.registry("erase", "--case", world.case, "--yes")
    world.send(world.developer, "withdraw")
    kept = world.bundle("inspector")
    assert world.registry("erase", "--case", world.case, "--yes")["erased"] == 2
    assert world.registry("status")["cases"] == []
    with open_seat(world.registry.path) as seat:
        with pytest.raises(ErasedError):
            seat.desk.case(world.case)
        seat.desk.log.check()
    assert world.inspector("verify", kept)["status"] == "verified"
    raw = b"".join(path.read_bytes() for path in world.registry.path.rglob("*") if path.is_file())
    assert world.case.encode() not in raw
    assert bytes.fromhex(world.case) not in raw


def test_an_invitation_is_read_by_whom_it_is_for_and_leaves_no_trace(world: World) -> None:
    """The log is the same size after an invitation, and a stranger's is not believed."""
    file = world.mail / "invitation.json"
    with open_seat(world.registry.path) as seat:
        before = seat.desk.log.size
    world.registry("invite", "--to", "Lab A", "--contact", "desk@inst.example", "--out", file)
    assert world.developer("invite", "--read", file)["to"] == "Lab A"
    with open_seat(world.registry.path) as seat:
        assert seat.desk.log.size == before
    forged = world.mail / "forged.json"
    world.developer(
        *("invite", "--to", "Lab B", "--contact", "x@y.example", "--out", forged),
        *("--as", "developer"),
    )
    with pytest.raises(UnknownSignerError, match="no assessor"):
        world.partner("invite", "--read", forged)


def test_a_statement_is_written_unsigned_and_signed_elsewhere(world: World) -> None:
    """`--as nobody` writes what a key in another place then signs, and nothing else changes."""
    world.inquire()
    plain, signed = world.mail / "plain.json", world.mail / "signed.json"
    world.developer(*("withdraw", "--case-file", world.bundle(), "--as", "nobody", "--out", plain))
    with pytest.raises(InputError, match="signed by nobody"):
        world.registry("withdraw", "--in", plain)
    world.developer("withdraw", "--in", plain, "--as", "developer", "--out", signed)
    assert world.registry("withdraw", "--in", signed)["state"] == "withdrawn"


def _changed(file: Path, change: dict[str, Any], to: Path) -> Path:
    to.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    return to


def test_a_file_handed_in_is_held_to_what_it_claims(world: World) -> None:
    """Another command's file, missing openings, a foreign signer, a stale head: nothing changes."""
    world.inquire()
    case_file, file = world.bundle(), world.mail / "s.json"
    weights = ("--weights", "ab" * 32, "--no-probe", "--model", "m/x")
    world.developer("submit", "--case-file", case_file, *weights, "--out", file)
    with open_seat(world.registry.path) as seat:
        before = seat.desk.log.size
    with pytest.raises(InputError, match="holds a statement “submission”"):
        world.registry("withdraw", "--in", file)
    bare = _changed(file, {"openings": []}, world.mail / "bare.json")
    with pytest.raises(InputError, match="comes without what opens it"):
        world.registry("submit", "--in", bare)
    with pytest.raises(ProofhouseError, match="in the role"):
        world.registry("submit", "--in", file, "--as", "assessor")
    with pytest.raises(InputError, match="signed this statement already"):
        world.developer("submit", "--in", file, "--as", "developer", "--out", bare)
    with pytest.raises(InputError, match="holds no log"):
        world.developer("submit", "--in", file)
    with open_seat(world.registry.path) as seat:
        assert seat.desk.log.size == before
    world.send(world.developer, "withdraw")
    with pytest.raises(RefusedError, match="does not follow"):
        world.registry("submit", "--in", file)


def test_a_bundle_that_does_not_verify_is_not_built_on(world: World) -> None:
    """A party drafts nothing from a bundle with a changed byte."""
    world.inquire()
    file = world.bundle()
    file.write_bytes(file.read_bytes().replace(b'"salt"', b'"sald"', 1))
    with pytest.raises(VerificationError, match="does not verify"):
        world.developer("withdraw", "--case-file", file, "--out", world.mail / "w.json")


def test_too_few_bodies_and_a_second_threshold_are_refused(world: World) -> None:
    """Two of two bodies must sign, and a bank version has one threshold for ever (R16)."""
    file = world.mail / "second.json"
    world.registry("threshold", "commit", "--as", "body-1", "--out", file)
    with pytest.raises(RefusedError, match=r"needs 2 signature"):
        world.registry("threshold", "commit", "--in", file)
    with pytest.raises(RefusedError, match="second threshold"):
        world.registry("threshold", "commit", "--in", file, "--as", "body-2")


def _closed_over_a_run(world: World) -> None:
    """A review whose window is closed while its run is under way."""
    world.inquire()
    world.submit()
    assert world.determine() == "covered"
    world.agree()
    world.registry("plan", "--case", world.case)
    with open_seat(world.registry.path) as seat:
        case = seat.desk.case(world.case)
        scaffold = case.need("plan").predicate["scaffold"]["name"]
        harness = {"proofhouse": "0", "sandbox": "bwrap", "scaffold": scaffold}
        draft = state_run.start(case, harness, at=seat.clock())
        seat.register(seat.sign(draft, ("assessor",)))
    world.registry("window", "close", "--case", world.case)
    assert world.state() == "closed_run_to_end"


def test_a_window_that_closes_over_a_run_leaves_a_run_that_ends(world: World) -> None:
    """`evaluate` ends it without asking the model; nothing was scored, so nothing more is owed."""
    _closed_over_a_run(world)
    world.registry("evaluate", "--case", world.case)
    assert world.state() == "closed"
    assert world.inspector("verify", world.bundle("inspector"))["status"] == "verified"


def test_a_developer_who_leaves_over_a_run_leaves_a_run_that_ends(world: World) -> None:
    """Withdrawn in the middle of a run: the run still ends in a statement (R1, R16)."""
    _closed_over_a_run(world)
    world.send(world.developer, "withdraw")
    world.registry("evaluate", "--case", world.case)
    assert world.state() == "withdrawn"


def test_a_threshold_that_no_honest_plan_can_serve_is_refused(world: World) -> None:
    """With too narrow a zone the simulation's errors exceed what a plan would declare (R14)."""
    with pytest.raises(RefusedError, match="simulation doesn't bear out"):
        world.registry("threshold", "commit", "--zone", "0.5", "--out", world.mail / "x.json")


def test_a_home_says_what_it_lacks(tmp_path: Path) -> None:
    """No home, no policy, no key of the role: each is one sentence with what to do."""
    nobody = Party(tmp_path / "nobody")
    with pytest.raises(InputError, match="There is no home"):
        nobody("status")
    fresh = Party(tmp_path / "fresh")
    fresh("init", "--hold", "partner")
    with pytest.raises(InputError, match="Which log is asked"):
        fresh("inquire", "--name", "A", "--contact", "b", "--out", tmp_path / "x")
    with pytest.raises(ProofhouseError, match="no trust policy"):
        fresh("inquire", "--name", "A", "--contact", "b", "--ledger", tmp_path, "--out", "x")
    with pytest.raises(InputError, match="holds no log"):
        fresh("status")
