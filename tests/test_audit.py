# SPDX-License-Identifier: Apache-2.0
"""The public's audit believes an honest log and no other, from its files alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofhouse.audit import Report, Seen, audit
from proofhouse.desk import change_key, open_commitment
from proofhouse.errors import FormatError, InputError
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import sign
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.leaf import clear_leaf
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.formats.statement import Statement
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.published import Folder
from proofhouse.ledger.store import NewEntry
from stories import rehearsal

CASE = "c5" * 32
NOW = "2027-01-01T00:00:00Z"
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rehearsal.Rehearsal]:
    """A home with a whole review."""
    with rehearsal.opened(tmp_path_factory.mktemp("audit") / "home") as played:
        played.play(CASE)
        yield played


@pytest.fixture(scope="module")
def exported(home: rehearsal.Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "log"
    export(home.desk.log, folder)
    return folder


@pytest.fixture
def files(exported: Path, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(exported, tmp_path / "log"))


def look(folder: Path, policy: Policy, **options: Any) -> Report:
    given = {"policy": policy, "now": NOW, "seen": None, **options}
    return audit(Folder(folder), policy.log, **given)


def test_an_honest_log_holds(home: rehearsal.Rehearsal, exported: Path) -> None:
    """Every public rule of a whole review holds, and what can't be seen is said."""
    report = look(exported, home.desk.policy)
    assert report.status == "verified"
    held = [check.name for check in report.checks if check.result == "held"]
    assert held == [
        *("checkpoint", "tree", "leaves", "signatures", "thresholds", "determinations"),
        *("promises", "promises"),
    ]
    assert report.size == home.desk.log.size
    assert report.clear == 4
    assert report.sealed == report.size - 4
    said = " ".join(check.sentence for check in report.checks)
    assert "2 of 3 owning bodies" in said
    assert "integrity, not independence" in said
    assert "order proven, times claimed" in said
    assert "for an inspector to open" in said


def test_a_key_alone_is_enough_for_all_but_signatures(
    home: rehearsal.Rehearsal, exported: Path
) -> None:
    """With the log's key and no policy the rules are judged, and signatures said not to be."""
    report = audit(Folder(exported), home.desk.policy.log, policy=None, now=NOW, seen=None)
    assert report.status == "verified"
    (line,) = (check for check in report.checks if check.name == "signatures")
    assert line.result == "not_checked"


def test_what_is_overdue_is_told_and_no_failure(home: rehearsal.Rehearsal, exported: Path) -> None:
    """After their dates, bank and threshold are overdue to be opened: said, and still verified."""
    report = look(exported, home.desk.policy, now=LATER)
    assert report.status == "verified"
    assert [check.result for check in report.checks].count("overdue") == 2
    assert [(p.index, p.state) for p in report.promises] == [(1, "overdue"), (2, "overdue")]


# ------------------------------------------------------------------------------- broken files


def test_any_changed_byte_of_any_file_is_refused(home: rehearsal.Rehearsal, files: Path) -> None:
    """One changed byte in any published file, and the audit fails."""
    for path in sorted(p for p in files.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 7)):
            changed = bytearray(whole)
            changed[place] ^= 0x01
            path.write_bytes(changed)
            assert look(files, home.desk.policy).status != "verified", (path, place)
        path.write_bytes(whole)
    assert look(files, home.desk.policy).status == "verified"


def test_any_missing_file_is_named(home: rehearsal.Rehearsal, files: Path) -> None:
    """A file that vanished is named; without a checkpoint there is no log."""
    for path in sorted(p for p in (files / "tile").rglob("*") if p.is_file()):
        whole = path.read_bytes()
        path.unlink()
        report = look(files, home.desk.policy)
        assert report.status == "failed"
        assert str(path.relative_to(files)) in report.checks[-1].sentence
        path.write_bytes(whole)
    (files / "checkpoint").unlink()
    with pytest.raises(InputError, match="no published log"):
        look(files, home.desk.policy)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tile/entries/000.p/3", b"\0\1"),
        ("tile/0/000.p/3", b"x" * 9000),
        ("tile/0/000.p/3", b""),
    ],
)
def test_oversized_and_cut_files(key: NoteSigner, tmp_path: Path, name: str, data: bytes) -> None:
    """A file that is cut off or too long is refused with its name."""
    export(Log.open(MemoryStore(), key), tmp_path)
    log = Log.open(MemoryStore(), key)
    log.append([NewEntry(b'{"sealed":"%064x"}' % i) for i in range(3)])
    export(log, tmp_path)
    (tmp_path / name).write_bytes(data)
    report = audit(Folder(tmp_path), key.verifier, policy=None, now=NOW, seen=None)
    assert report.status == "failed"
    assert name in report.checks[-1].sentence


def test_a_log_of_others_is_not_known(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """The files of another log are signed by nobody whom the policy names."""
    log = Log.open(MemoryStore(), NoteSigner.generate("other.example/log"))
    export(log, tmp_path)
    assert look(tmp_path, home.desk.policy).status == "unknown_signers"


def test_mixed_tiles_are_refused(
    home: rehearsal.Rehearsal, key: NoteSigner, files: Path, tmp_path: Path
) -> None:
    """Bundles of another log under a true checkpoint do not lead to its root."""
    log = Log.open(MemoryStore(), key)
    log.append([NewEntry(b'{"sealed":"%064x"}' % i) for i in range(home.desk.log.size)])
    export(log, tmp_path / "other")
    shutil.copytree(tmp_path / "other" / "tile", files / "tile", dirs_exist_ok=True)
    report = look(files, home.desk.policy)
    assert report.status == "failed"
    assert "do not lead to the root" in report.checks[-1].sentence


# ------------------------------------------------------------------------------------- memory


@pytest.fixture
def key() -> NoteSigner:
    return NoteSigner("log.example/one", SigningKey(b"k" * 32))


def sealed(count: int, start: int = 0) -> list[NewEntry]:
    return [NewEntry(b'{"sealed":"%064x"}' % i) for i in range(start, start + count)]


def glance(folder: Path, key: NoteSigner, seen: Seen | None, now: str = NOW) -> Report:
    return audit(Folder(folder), key.verifier, policy=None, now=now, seen=seen)


@pytest.mark.parametrize("first", [0, 1, 255, 256, 300, 700])
def test_a_log_that_grew_is_the_log_of_the_last_audit(
    key: NoteSigner, tmp_path: Path, first: int
) -> None:
    """Whatever size was audited, a log that only grew holds, and says that nothing vanished."""
    log = Log.open(MemoryStore(), key)
    log.append(sealed(first))
    export(log, tmp_path)
    seen = glance(tmp_path, key, None).seen
    assert seen is not None
    assert Seen.parse(seen.to_bytes()) == seen
    log.append(sealed(500, first))
    export(log, tmp_path)
    report = glance(tmp_path, key, seen)
    assert any("nothing vanished" in check.sentence for check in report.checks)
    assert "tree" not in {check.name for check in report.checks if check.result == "failed"}


def test_a_rollback_is_refused_with_both_checkpoints(key: NoteSigner, tmp_path: Path) -> None:
    """A shorter log than that of the last audit is refused, and both checkpoints are named."""
    log = Log.open(MemoryStore(), key)
    log.append(sealed(10))
    export(log, tmp_path / "old")
    log.append(sealed(10, 10))
    export(log, tmp_path / "new")
    seen = glance(tmp_path / "new", key, None).seen
    report = glance(tmp_path / "old", key, seen)
    assert report.status == "failed"
    assert "rolled back: it had 20 leaves" in report.checks[-1].sentence
    assert [note.split("\n")[1] for note in report.conflict] == ["20", "10"]
    assert report.seen is None  # the greater checkpoint stays remembered


@pytest.mark.parametrize("grown", [0, 5, 600])
def test_a_fork_is_refused_with_both_checkpoints(
    key: NoteSigner, tmp_path: Path, grown: int
) -> None:
    """A log with another past, signed by the same key, is refused, however much it grew."""
    one, two = Log.open(MemoryStore(), key), Log.open(MemoryStore(), key)
    one.append(sealed(300))
    two.append(sealed(300 + grown, 1))
    export(one, tmp_path / "one")
    export(two, tmp_path / "two")
    report = glance(tmp_path / "two", key, glance(tmp_path / "one", key, None).seen)
    assert report.status == "failed"
    assert "forked" in report.checks[-1].sentence
    assert len(report.conflict) == 2


def test_a_memory_of_another_log_or_of_tomorrow(key: NoteSigner, tmp_path: Path) -> None:
    """A memory that is another log's, or from after the clock's time, is refused as input."""
    export(Log.open(MemoryStore(), key), tmp_path)
    seen = glance(tmp_path, key, None).seen
    assert seen is not None
    with pytest.raises(InputError, match="Set the clock right"):
        glance(tmp_path, key, seen, "2026-12-31T23:59:59Z")
    other = NoteSigner.generate("other.example/log")
    with pytest.raises(InputError, match="not of the log"):
        audit(Folder(tmp_path), other.verifier, policy=None, now=NOW, seen=seen)
    for data in (b"", b"{}", seen.to_bytes().replace(b"audit/v1", b"audit/v2")):
        with pytest.raises(FormatError):
            Seen.parse(data)


# -------------------------------------------------------------------------------- broken rules


class Crooked:
    """A log whose owner holds every key and registers what no desk would."""

    def __init__(self, home: rehearsal.Rehearsal) -> None:
        self.home = home
        self.key = NoteSigner("log.example/crooked", SigningKey(b"c" * 32))
        policy = home.desk.policy
        self.policy = Policy(
            self.key.verifier, policy.custody, policy.issuers, policy.body_threshold
        )
        self.log = Log.open(MemoryStore(), self.key)
        self.digests: list[str] = []
        self.add(self.predicate(0), "registrar")

    def predicate(self, index: int) -> tuple[str, dict[str, Any]]:
        """A clear statement of the honest log, to be bent."""
        entry = self.home.desk.clear(index).entry
        predicate = dict(entry.predicate)
        if index == 0:
            predicate |= {"origin": self.key.name, "verifierKey": str(self.key.verifier)}
            predicate["openedAt"] = "2026-07-01T00:00:00Z"
        return entry.name, predicate

    def add(self, statement: tuple[str, dict[str, Any]], *roles: str, **changes: Any) -> None:
        name, predicate = statement[0], statement[1] | changes
        about = {
            "log-opened": lambda: sha256_hex(predicate["origin"].encode()),
            "bank-commitment": lambda: predicate["seed"]["sha256"],
            "threshold-commitment": lambda: predicate["bank"],
            "determination-notice": lambda: predicate["threshold"],
            "opening": lambda: predicate["of"],
            "key-changed": lambda: predicate["old"],
        }.get(name, lambda: CASE)()
        payload = Statement(f"urn:proofhouse:{name}:v1", "subject", about, predicate).to_bytes()
        envelope = sign(payload, [self.home.home.keys[role] for role in roles])
        self.digests.append(envelope.digest)
        self.log.append([NewEntry(clear_leaf(envelope))])

    def refused(self, folder: Path) -> str:
        export(self.log, folder)
        report = look(folder, self.policy)
        assert report.status == "failed"
        return " ".join(check.sentence for check in report.checks if check.result == "failed")


BODIES = ("body-1", "body-2")


def test_broken_rules_are_told_by_leaf(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A second threshold, a notice before its threshold, a body too few: each told by its leaf."""
    log = Crooked(home)
    notice = home.desk.log.size - 1
    while home.desk.log.leaf(notice).startswith(b'{"sealed"'):
        notice -= 1
    log.add(log.predicate(1), *BODIES)
    bank = log.digests[1]
    log.add(log.predicate(notice), "assessor", bank=bank, threshold="00" * 32)
    log.add(log.predicate(2), "body-1", bank=bank)
    log.add(log.predicate(2), *BODIES, bank=bank)
    log.add(log.predicate(2), *BODIES, bank=bank, openBy="2030-01-01T00:00:00Z")
    log.add(log.predicate(1), *BODIES)
    log.add(log.predicate(0), "registrar")
    log.add(log.predicate(2), *BODIES, bank="11" * 32)
    log.add(log.predicate(notice), "assessor", bank=bank, threshold=log.digests[4])
    log.log.append([NewEntry(b'{"sealed":"00"}'), NewEntry(b'{"sealed": "%064x"}' % 1)])
    said = log.refused(tmp_path)
    for line in (
        "Leaf 2: The statement “determination-notice” cites a bank or threshold that is not in",
        "Leaf 3: The statement “threshold-commitment” needs 2 signature(s) in the role “body”",
        "Leaf 5: The statement “threshold-commitment” would be a second threshold",
        "Leaf 6: The statement “bank-commitment” has a version that is not above",
        "Leaf 7: The log is opened by its leaf 0",
        "Leaf 8: The statement “threshold-commitment” cites a bank that is not committed",
        "Leaf 10: The commitment of a sealed leaf",
        "Leaf 11: ",
    ):
        assert line in said
    for honest in ("Leaf 0:", "Leaf 1:", "Leaf 4:", "Leaf 9:"):
        assert honest not in said


def test_a_statement_of_a_case_in_clear(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A withdrawal published in clear would tell on its developer: it breaks a rule."""
    log = Crooked(home)
    body = {"previous": "ab" * 32, "withdrawnAt": "2026-07-01T09:00:00Z"}
    log.add(("withdrawal", body), "developer")
    assert "never published in clear" in log.refused(tmp_path)


def test_a_signer_whom_the_policy_does_not_name(home: rehearsal.Rehearsal, exported: Path) -> None:
    """If the policy names other bodies, the log's signers are unknown."""
    policy = home.desk.policy
    strangers = {
        **policy.issuers,
        "body": tuple(Issuer(f"B{i}", PublicKey(SigningKey.generate().public)) for i in range(3)),
    }
    other = Policy(policy.log, policy.custody, strangers, 2)
    report = look(exported, other)
    assert report.status in ("failed", "unknown_signers")
    assert "trust policy does not name" in " ".join(check.sentence for check in report.checks)


def test_a_log_opened_under_another_key(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """Leaf 0 must name the origin and the key that sign the checkpoints."""
    log = Crooked(home)
    log.key = NoteSigner(log.key.name, SigningKey(b"d" * 32))
    log.policy = Policy(log.key.verifier, home.desk.policy.custody, home.desk.policy.issuers, 2)
    other = Log.open(MemoryStore(), log.key)
    other.append([NewEntry(log.log.leaf(0))])
    log.log = other
    assert "opened under another origin or key" in log.refused(tmp_path)


def test_another_custody_than_the_policys(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A log that opens under another custody than the policy names is refused at leaf 0."""
    log = Crooked(home)
    custody = "separate" if log.policy.custody == "single" else "single"
    log.policy = replace(log.policy, custody=custody)
    assert f"the policy says that it is under {custody} custody" in log.refused(tmp_path)


def test_a_commitment_older_than_its_log(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A bank dated before the statement that opened the log is refused."""
    log = Crooked(home)
    old = {"committedAt": "1999-01-01T00:00:00Z", "openBy": "2001-01-01T00:00:00Z"}
    log.add(log.predicate(1), *BODIES, **old)
    assert "Leaf 1: The statement “bank-commitment” says it was made" in log.refused(tmp_path)


def with_notices(home: rehearsal.Rehearsal, *dated: str) -> Crooked:
    """A log with a notice of one and the same determination for each date."""
    log = committed(home)
    notice = home.desk.log.size - 1
    while home.desk.log.leaf(notice).startswith(b'{"sealed"'):
        notice -= 1
    for at in dated:
        cited = {"bank": log.digests[1], "threshold": log.digests[2]}
        log.add(log.predicate(notice), "assessor", **cited, issuedAt=at)
    return log


def test_a_determination_is_published_once(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A second notice of the same commitment is refused, whatever its date."""
    log = with_notices(home, "2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z")
    said = log.refused(tmp_path)
    assert "Leaf 4: The determination notice carries the commitment of an earlier" in said
    assert "Leaf 3:" not in said


def test_a_notice_from_the_future_is_told(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A notice dated after the audit is named with its leaf and date, and one notice is “it”."""
    report = audited(with_notices(home, "2199-01-01T00:00:00Z"), tmp_path)
    assert report.status == "verified"
    said = " ".join(check.sentence for check in report.checks)
    assert "1 clear statement is dated after this audit, the first at leaf 3" in said
    assert "2199-01-01T00:00:00Z" in said
    assert "1 determination notice: it cites a bank" in said


def test_a_sealed_leaf_stands_once(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """A salt is used once: the same sealed digest in a later leaf is refused."""
    log = Crooked(home)
    log.log.append([*sealed(3), *sealed(1, 1)])
    said = log.refused(tmp_path)
    assert "Leaf 4: It is sealed with a digest that stands in an earlier leaf" in said
    assert "Leaf 2:" not in said


def test_a_log_that_nobody_opened(key: NoteSigner, tmp_path: Path) -> None:
    """A log whose first leaf is sealed says nothing of whose it is: refused."""
    log = Log.open(MemoryStore(), key)
    log.append(sealed(3))
    export(log, tmp_path)
    report = glance(tmp_path, key, None)
    assert report.status == "failed"
    assert "Leaf 0: It is sealed" in " ".join(check.sentence for check in report.checks)


# ------------------------------------------------------------------------- openings and keys


def opening(log: Crooked, index: int, of: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The statement that opens the commitment at leaf ``index`` of the home, standing at ``of``."""
    kept = log.home.desk.clear(index)
    drafted = open_commitment.draft(kept, at="2026-12-01T00:00:00Z")
    return "opening", {**drafted.statement.predicate, "of": log.digests[of], **changes}


def committed(home: rehearsal.Rehearsal) -> Crooked:
    """A log with a bank and its threshold."""
    log = Crooked(home)
    log.add(log.predicate(1), *BODIES)
    log.add(log.predicate(2), *BODIES, bank=log.digests[1])
    return log


def audited(log: Crooked, folder: Path, now: str = NOW) -> Report:
    export(log.log, folder)
    return look(folder, log.policy, now=now)


def test_a_promise_that_was_kept(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """What was opened is not overdue; opened after its day it is kept, and said to be late."""
    log = committed(home)
    assert [p.state for p in audited(log, tmp_path, LATER).promises] == ["overdue", "overdue"]
    log.add(opening(log, 1, 1), *BODIES)
    log.add(opening(log, 2, 2, openedAt="2098-01-01T00:00:00Z"), *BODIES)
    report = audited(log, tmp_path, LATER)
    assert report.status == "verified"
    assert [(p.state, p.opened, p.late) for p in report.promises] == [
        ("kept", 3, False),
        ("kept", 4, True),
    ]
    assert "at leaf 4, after the day" in " ".join(check.sentence for check in report.checks)


def test_openings_that_open_nothing(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """Another value, a second opening, one body alone: each told; nothing is measured after."""
    log = committed(home)
    log.add(opening(log, 1, 1, salt="00" * 32), *BODIES)
    log.add(opening(log, 1, 1), "body-1")
    log.add(opening(log, 1, 1), *BODIES)
    log.add(opening(log, 1, 1, openedAt="2026-12-02T00:00:00Z"), *BODIES)
    said = log.refused(tmp_path)
    for line in (
        "Leaf 3: The statement “opening” does not open what was committed to",
        "Leaf 4: The statement “opening” needs 2 signature(s)",
        "Leaf 6: The statement “opening” opens what was opened before",
    ):
        assert line in said
    assert "Leaf 5:" not in said


def test_a_rotated_key_used_late(home: rehearsal.Rehearsal, tmp_path: Path) -> None:
    """After the leaf that rotates a key the old one speaks for nobody, and the new one does."""
    log = committed(home)
    old, new = home.home.keys["body-1"], SigningKey(b"n" * 32)
    proof = change_key.prove(new, origin=log.key.name, old=old.keyid)
    changed = {"role": "body", "old": old.keyid, "new": new.public.hex(), "possession": proof}
    when = {"reason": "rotated", "changedAt": "2026-12-01T00:00:00Z"}
    log.add(("key-changed", {**changed, **when}), "body-1")
    report = audited(log, tmp_path)
    assert report.status == "verified", report.checks
    assert (
        audit(Folder(tmp_path), log.key.verifier, policy=None, now=NOW, seen=None).status
        == "verified"
    )
    log.add(log.predicate(1), *BODIES, version=2)
    report = audited(log, tmp_path)
    assert report.status == "unknown_signers"
    assert "was rotated at leaf 3" in " ".join(check.sentence for check in report.checks)
