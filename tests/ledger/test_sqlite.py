# SPDX-License-Identifier: Apache-2.0
"""The SQLite file: what it refuses, and how every edit behind its back is noticed and named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proofhouse.errors import DamagedError, StorageError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import LEDGER, SqliteStore

from .parts import ORIGIN, entries

OpenLog = Callable[..., Log]


@contextmanager
def edited(path: Path, table: str = "") -> Iterator[sqlite3.Connection]:
    """A foreign connection; with ``table``, its triggers are away while one edits."""
    db = sqlite3.connect(path, isolation_level=None)
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?"
    triggers = db.execute(query, (table,)).fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    yield db
    for _, sql in triggers:
        db.execute(sql)
    db.close()


# ------------------------------------------------------------------------------ what SQL may do


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET leaf = x'00' WHERE idx = 3",
        "UPDATE slot SET idx = 0",
        "UPDATE tile SET hashes = x'00'",
        "UPDATE checkpoint SET note = x'00' WHERE size = 0",
        "DELETE FROM entry WHERE idx = 699",
        "DELETE FROM slot",
        "DELETE FROM tile",
        "DELETE FROM checkpoint",
        "INSERT OR REPLACE INTO entry VALUES (3, x'00')",
        "INSERT OR REPLACE INTO slot SELECT key, 0 FROM slot LIMIT 1",
        "INSERT OR REPLACE INTO tile VALUES (0, 0, x'00')",
        "INSERT OR REPLACE INTO checkpoint VALUES (700, 630, x'00')",
        "REPLACE INTO checkpoint VALUES (700, 700, x'00')",
        "INSERT OR IGNORE INTO entry VALUES (3, x'00')",
        "INSERT INTO entry VALUES (3, x'00') ON CONFLICT DO UPDATE SET leaf = x'00'",
        "INSERT INTO entry VALUES (701, x'00')",
        "INSERT INTO entry VALUES (-1, x'00')",
        "INSERT INTO checkpoint VALUES (710, 630, x'00')",
        "INSERT INTO checkpoint VALUES (690, 700, x'00')",
        "INSERT INTO checkpoint VALUES (710, NULL, x'00')",
    ],
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_rows_are_never_changed(path: Path, statement: str, recursive: str) -> None:
    """No SQL changes, removes, replaces or reorders a row, whatever its connection's pragmas."""
    with edited(path) as db:
        db.execute(f"PRAGMA recursive_triggers = {recursive}")
        before = list(db.iterdump())
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)
        assert list(db.iterdump()) == before


def test_the_file_is_its_owners(path: Path) -> None:
    """Slots and sealed leaves are public in time, but the file is readable by its owner only."""
    store = SqliteStore(path)
    assert {p.stat().st_mode & 0o777 for p in path.parent.glob("ledger.sqlite*")} == {0o600}
    store.close()
    assert [p.name for p in path.parent.iterdir()] == ["ledger.sqlite"]


# ---------------------------------------------------------------------- which files are opened


def test_a_missing_ledger_is_not_replaced(tmp_path: Path) -> None:
    """Opening makes no file; making one says so."""
    with pytest.raises(StorageError, match="There is no ledger at"):
        SqliteStore(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_create_opens_what_is_there(path: Path, key: NoteSigner) -> None:
    """``create`` makes a ledger where there is none, and never a second one."""
    store = SqliteStore(path, create=True)
    assert Log.open(store, key).size == 700
    store.close()


def test_a_newer_version_is_left_alone(path: Path) -> None:
    """A ledger of a later version is refused, and both versions are named."""
    with edited(path) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(StorageError, match=r"has version 2; this program knows version 1") as error:
        SqliteStore(path)
    assert not isinstance(error.value, DamagedError)


@pytest.mark.parametrize(
    "edit",
    [
        "DROP TRIGGER entry_delete",
        "DROP TRIGGER slot_insert",
        "CREATE TRIGGER extra AFTER INSERT ON entry BEGIN DELETE FROM slot; END",
        "ALTER TABLE entry ADD COLUMN note TEXT",
        "PRAGMA user_version = 0",
    ],
)
def test_another_schema_is_damage(path: Path, edit: str) -> None:
    """A trigger more or less, or another table, and the file is not opened."""
    with edited(path) as db:
        db.execute(edit)
    with pytest.raises(DamagedError, match="tables or triggers"):
        SqliteStore(path)


def test_other_files_are_not_ledgers(path: Path, tmp_path: Path) -> None:
    """Text, an empty file, another program's database, a cut and a scrambled ledger: damaged."""
    data = path.read_bytes()
    other = tmp_path / "other.sqlite"
    with edited(other) as db:
        db.execute("CREATE TABLE t (x)")
    for content in (
        b"This is a text of more than one hundred bytes. " * 20,
        b"",
        other.read_bytes(),
        data[: len(data) // 2],
        data[:4096],
        data[:30],
        data[:20] + bytes(4000) + data[4020:],
    ):
        other.write_bytes(content)
        with pytest.raises(DamagedError):
            SqliteStore(other)


# ---------------------------------------------------------------------------- what goes wrong


def test_a_full_disk_leaves_the_log_as_it_was(
    path: Path, key: NoteSigner, open_log: OpenLog
) -> None:
    """No room for a batch: a clear sentence, nothing written, and with room it goes on."""
    log = open_log()
    store = log._store
    assert isinstance(store, SqliteStore)
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    before = log.checkpoint()
    with pytest.raises(
        StorageError, match=r"The disk is full: the ledger at .* as it was"
    ) as error:
        log.append(entries(5000, 700))
    assert not isinstance(error.value, DamagedError)
    assert (log.checkpoint(), log.size, store.leaf(700)) == (before, 700, None)
    log.check()
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert log.append(entries(5000, 700))[0] == 700
    log.check()


def test_a_process_that_holds_the_file_is_named(
    path: Path, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is never given back ends in a sentence about another process."""
    monkeypatch.setattr("proofhouse.durable.BUSY_SECONDS", 0)
    log = open_log()
    with edited(path) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="Another process has held the ledger"):
            log.append(entries(1, 700))
        assert log.size == 700  # reading goes on meanwhile
        db.execute("ROLLBACK")
    assert log.append(entries(1, 700)) == (700,)


# ------------------------------------------------------------------------- what is noticed when


def test_an_edited_leaf_is_named(path: Path, open_log: OpenLog) -> None:
    """A leaf below a full tile: the log opens, but neither gives the leaf nor passes an audit."""
    with edited(path, "entry") as db:
        db.execute("UPDATE entry SET leaf = x'00' WHERE idx = 300")
    log = open_log()
    assert log.leaf(299) == b"leaf 299"
    with pytest.raises(DamagedError, match="leaf 300 is not the one that its tile counts"):
        log.leaf(300)
    with pytest.raises(DamagedError, match="tile/entries/001 does not hold"):
        list(log.leaves())
    with pytest.raises(DamagedError, match="leaf 300 is not the one that tile/0/001 counts"):
        log.check()


def test_a_missing_leaf_is_named(path: Path, open_log: OpenLog) -> None:
    """A row that was deleted is missed by whoever asks for it, and by an audit."""
    with edited(path, "entry") as db:
        db.execute("DELETE FROM entry WHERE idx = 300")
    log = open_log()
    with pytest.raises(DamagedError, match="leaf 300 is missing"):
        log.leaf(300)
    with pytest.raises(DamagedError, match="leaf 300 is missing"):
        log.check()


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE entry SET leaf = x'00' WHERE idx = 650",
        "DELETE FROM entry WHERE idx = 699",
        "DELETE FROM entry WHERE idx = 600",
    ],
)
def test_damage_at_the_right_edge_is_noticed_at_once(
    path: Path, open_log: OpenLog, edit: str
) -> None:
    """The leaves that no full tile covers yet are read when the log is opened."""
    with edited(path, "entry") as db:
        db.execute(edit)
    with pytest.raises(DamagedError, match=r"do not lead to the root|are missing"):
        open_log()


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE tile SET hashes = zeroblob(8192) WHERE idx = 1",
        "UPDATE tile SET hashes = substr(hashes, 2) WHERE idx = 1",
        "DELETE FROM tile WHERE idx = 0",
    ],
)
def test_damaged_tiles_of_the_edge_are_noticed_at_once(
    path: Path, open_log: OpenLog, edit: str
) -> None:
    """Tiles whose roots are at the right edge are hashed when the log is opened."""
    with edited(path, "tile") as db:
        db.execute(edit)
    with pytest.raises(DamagedError):
        open_log()


def test_leaf_and_tile_edited_together(path: Path, key: NoteSigner, open_log: OpenLog) -> None:
    """Whoever edits a leaf and its tile alike still lacks the key that signs the root."""
    other = Log.open(SqliteStore(path.with_name("other"), create=True), key)
    other.append(entries(300))
    other.append(entries(1, 9999))
    other.append(entries(399, 301))
    tile = other._store.tile(0, 1)
    other._store.close()
    with edited(path, "entry") as db:
        db.execute("UPDATE entry SET leaf = CAST('leaf 9999' AS BLOB) WHERE idx = 300")
    with edited(path, "tile") as db:
        db.execute("UPDATE tile SET hashes = ? WHERE idx = 1", (tile,))
    with pytest.raises(DamagedError, match="do not lead to the root"):
        open_log()


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"no note",
        b"log.example/one\n700\nAAAA\n",
        checkpoints.sign(
            Checkpoint(ORIGIN, 700, bytes(32)), NoteSigner(ORIGIN, SigningKey(b"o" * 32))
        ),
        checkpoints.sign(
            Checkpoint(ORIGIN, 700, bytes(32)), NoteSigner(ORIGIN, SigningKey(b"k" * 32))
        ),
    ],
    ids=["empty", "text", "unsigned", "another-key", "another-root"],
)
def test_a_forged_checkpoint_is_noticed_at_once(path: Path, open_log: OpenLog, note: bytes) -> None:
    """The head is believed if the log's key signed it, and the tree leads to it."""
    with edited(path, "checkpoint") as db:
        db.execute("UPDATE checkpoint SET note = ? WHERE size = 700", (note,))
    with pytest.raises(DamagedError):
        open_log()


def test_an_older_checkpoint_that_was_edited_fails_the_audit(
    path: Path, key: NoteSigner, open_log: OpenLog
) -> None:
    """The history of checkpoints is audited against the tree as it was."""
    note = checkpoints.sign(Checkpoint(ORIGIN, 350, bytes(32)), key)
    with edited(path, "checkpoint") as db:
        db.execute("UPDATE checkpoint SET note = ? WHERE size = 350", (note,))
    with pytest.raises(DamagedError, match="checkpoint of 350 leaves says something else"):
        open_log().check()


def test_a_log_is_not_founded_over_leaves(path: Path, open_log: OpenLog) -> None:
    """A ledger that lost all its checkpoints is damaged, not new."""
    with edited(path, "checkpoint") as db:
        db.execute("DELETE FROM checkpoint")
    with pytest.raises(DamagedError, match="holds leaves, but no checkpoint"):
        open_log()


def test_rows_beyond_the_head_are_noticed(path: Path, open_log: OpenLog) -> None:
    """A leaf, slot or tile that no checkpoint covers fails the audit, and refuses appends."""
    with edited(path) as db:
        db.execute("INSERT INTO entry VALUES (700, x'00')")
    log = open_log()
    assert log.size == 700
    with pytest.raises(DamagedError, match="counts 700 leaves, its rows end at 701"):
        log.check()
    with pytest.raises(DamagedError, match="rows beyond its last checkpoint"):
        log.append(entries(1, 700))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("INSERT INTO slot VALUES (zeroblob(32), 700)", "slot is taken by leaf 700"),
        ("INSERT INTO slot VALUES (zeroblob(32), -1)", "slot is taken by leaf -1"),
        ("INSERT INTO tile VALUES (0, 2, zeroblob(8192))", "tiles by level are"),
        ("INSERT INTO tile VALUES (1, 0, zeroblob(8192))", "tiles by level are"),
    ],
)
def test_slots_and_tiles_beyond_the_head(
    path: Path, open_log: OpenLog, edit: str, said: str
) -> None:
    """Slots and tiles that were smuggled in are found by an audit."""
    with edited(path) as db:
        db.execute(edit)
    with pytest.raises(DamagedError, match=said):
        open_log().check()


def test_scrambled_pages_are_damage(path: Path, open_log: OpenLog) -> None:
    """Whichever page is overwritten: opening or auditing notices, nothing is answered wrongly."""
    data = path.read_bytes()
    for at in range(4096, len(data), 4096):
        path.write_bytes(data[:at] + b"\xa5" * 4096 + data[at + 4096 :])
        with pytest.raises(DamagedError):
            open_log().check()


# ------------------------------------------------------------------------------- older copies


def test_an_older_copy_is_noticed_by_whoever_remembers(
    path: Path, key: NoteSigner, open_log: OpenLog
) -> None:
    """A restored copy is whole and signed: only what is remembered elsewhere gives it away."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    log = open_log()
    log.append(entries(50, 700))
    remembered = (log.size, log.head().root)
    log._store.close()
    copy.rename(path)
    assert open_log().size == 700
    with pytest.raises(DamagedError, match="had 750 leaves before, and now it has 700"):
        open_log(remembered=remembered)


def test_a_fork_is_noticed_by_whoever_remembers(path: Path, open_log: OpenLog) -> None:
    """A log that was restored and went on differently is not the log that is remembered."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    log = open_log()
    log.append(entries(50, 700))
    remembered = (log.size, log.head().root)
    log._store.close()
    copy.rename(path)
    open_log().append(entries(80, 2000))
    with pytest.raises(DamagedError, match="not the log that had 750 leaves"):
        open_log(remembered=remembered)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("DELETE FROM checkpoint WHERE size > 350", "had 700 leaves before, and now it has 350"),
        ("DELETE FROM checkpoint", "had 700 leaves before, and now it has 0"),
    ],
)
def test_a_head_that_goes_back_under_a_running_process(
    path: Path, open_log: OpenLog, edit: str, said: str
) -> None:
    """A process that knows a later head neither answers from an older one nor appends to it."""
    log = open_log()
    with edited(path, "checkpoint") as db:
        db.execute(edit)
    for ask in (log.checkpoint, lambda: log.leaf(0), lambda: log.append(entries(1, 700))):
        with pytest.raises(DamagedError, match=said):
            ask()


def test_a_head_that_forks_under_a_running_process(
    path: Path, key: NoteSigner, open_log: OpenLog
) -> None:
    """A later head, signed by the log's own key, is refused if it does not extend the one known."""
    log = open_log()
    forged = checkpoints.sign(Checkpoint(ORIGIN, 701, bytes(32)), key)
    with edited(path) as db:
        db.execute("INSERT INTO checkpoint VALUES (701, 700, ?)", (forged,))
        db.execute("INSERT INTO entry VALUES (700, x'00')")
    with pytest.raises(DamagedError, match="from the one of 700 known before"):
        log.checkpoint()


def test_the_file_says_what_it_is() -> None:
    """The header's application id spells its name, for whoever finds the file."""
    assert LEDGER.application_id.to_bytes(4) == b"PHLG"
