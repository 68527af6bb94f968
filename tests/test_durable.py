# SPDX-License-Identifier: Apache-2.0
"""Files appear whole or not at all, and what the system refuses is told in a sentence."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from proofhouse.durable import (
    Kind,
    create_database,
    make_folders,
    open_database,
    sweep,
    told,
    write_file,
    writing,
)
from proofhouse.errors import DamagedError, PrerequisiteError, StorageError

KIND = Kind("drawer", 0x01020304, 3, ("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT",))


def refuse(number: int) -> None:
    raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full: the drawer at /somewhere was left as it was."),
        (errno.EDQUOT, "The disk is full"),
        (errno.EACCES, "This user may not write the drawer"),
        (errno.EROFS, "This user may not write the drawer"),
        (errno.EIO, r"The system refused an operation on the drawer at /somewhere \(EIO\)"),
    ],
    ids=lambda value: errno.errorcode.get(value, "") if isinstance(value, int) else "",
)
def test_the_systems_errors_are_told(number: int, said: str) -> None:
    """A full disk, missing rights and a failing disk each get their own sentence."""
    with pytest.raises(StorageError, match=said) as caught, told("the drawer", Path("/somewhere")):
        refuse(number)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value, DamagedError)


def test_sqlites_errors_are_told(tmp_path: Path) -> None:
    """A folder in the file's place, a read-only file, and a query gone wrong: StorageError each."""
    create_database(tmp_path / "db", KIND)
    db = open_database(tmp_path / "db", KIND)
    with pytest.raises(StorageError, match="can't be opened"), told("the drawer", tmp_path):
        sqlite3.connect(tmp_path)
    db.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError, match="may not write"), told("the drawer", tmp_path):
        db.execute("INSERT INTO t VALUES (1)")
    with (
        pytest.raises(StorageError, match=r"SQLite refused .* \(code 1\)") as caught,
        told("x", tmp_path),
    ):
        db.execute("SELECT nonsense")
    assert "nonsense" not in str(caught.value)
    db.close()


def test_no_room_for_shared_memory_is_a_full_disk() -> None:
    """SQLite calls it a failing disk, for it wants shared memory before it reads or writes."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    with pytest.raises(StorageError, match="The disk is full"), told("x", Path("/somewhere")):
        raise error


def test_constraints_are_their_callers(tmp_path: Path) -> None:
    """A broken constraint passes through: only who wrote the row knows what it means."""
    create_database(tmp_path / "db", KIND)
    db = open_database(tmp_path / "db", KIND)
    db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError), told("the drawer", tmp_path):
        db.execute("INSERT INTO t VALUES (1)")
    db.close()


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    """An exception inside undoes the transaction; without one it is there for others."""
    create_database(tmp_path / "db", KIND)
    db, other = (open_database(tmp_path / "db", KIND) for _ in range(2))
    with pytest.raises(sqlite3.IntegrityError), writing(db):
        db.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (1,)])
    assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    with writing(db):
        db.execute("INSERT INTO t VALUES (1)")
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert other.execute("SELECT count(*) FROM t").fetchone() == (1,)
    db.close()
    other.close()


def test_commits_are_synced(tmp_path: Path) -> None:
    """Every connection has the write-ahead log and syncs at each commit."""
    create_database(tmp_path / "db", KIND)
    db = open_database(tmp_path / "db", KIND)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    db.close()


def test_a_database_is_made_once(tmp_path: Path) -> None:
    """Two who make the same database do not overwrite one another, and leave nothing beside it."""
    create_database(tmp_path / "db", KIND)
    with pytest.raises(StorageError, match="There is a file"):
        create_database(tmp_path / "db", KIND)
    assert [path.name for path in tmp_path.iterdir()] == ["db"]
    assert (tmp_path / "db").stat().st_mode & 0o777 == 0o600


def test_an_old_sqlite_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with an SQLite before 3.37 lacks STRICT tables; the sentence says so."""
    create_database(tmp_path / "db", KIND)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(PrerequisiteError, match="too old"):
        open_database(tmp_path / "db", KIND)


@pytest.mark.parametrize("broken", ["fsync", "rename"])
def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A disk that fails in the middle leaves the old content, and no file beside it."""
    path = tmp_path / "file"
    write_file(path, b"old")
    with monkeypatch.context() as patched:
        if broken == "fsync":
            patched.setattr(os, "fsync", lambda _: refuse(errno.ENOSPC))
        else:
            patched.setattr(Path, "rename", lambda *_: refuse(errno.EIO))
        with pytest.raises(OSError, match=r"No space|Input/output"):
            write_file(path, b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_crash_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The half files of a crash go, in every folder; whatever has a name of its own stays."""
    monkeypatch.setattr(Path, "rename", lambda *_: refuse(errno.EIO))
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    (tmp_path / "below").mkdir()
    for path in (tmp_path / "a", tmp_path / "below" / "b"):
        with pytest.raises(OSError, match="Input/output"):
            write_file(path, b"half")
    monkeypatch.undo()
    half = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert len(half) == 2
    kept = {tmp_path / name for name in ("c.new", ".c.new", f".c.{'0' * 15}.new", "c")}
    for path in kept:
        path.touch()
    sweep(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept


def test_folders_are_private(tmp_path: Path) -> None:
    """Every folder that is made on the way has mode 0700; those that are there stay as they are."""
    tmp_path.chmod(0o750)
    make_folders(tmp_path / "a" / "b")
    make_folders(tmp_path / "a" / "b")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o777 == 0o750
