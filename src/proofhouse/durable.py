# SPDX-License-Identifier: Apache-2.0
"""Files and SQLite databases that a crash leaves whole: what ledger and vault share.

    with told("the ledger", path):                 foreign errors in, StorageError out
        db = open_database(path, LEDGER)           an existing file of the right kind and version
        with writing(db):                          BEGIN IMMEDIATE … COMMIT, or nothing

Rule 1: a new file appears under its name whole or not at all (written beside, synced, linked or
renamed, folder synced). Rule 2: a transaction takes the write lock when it begins, so that what it
read is still true when it commits. Rule 3: an answer is given only after the commit is on the disk
(``synchronous=FULL``: in WAL mode SQLite syncs at each commit; sqlite.org/pragma.html). Rule 4: a
file of a newer version is left alone, and one whose tables or triggers differ from ours by a letter
is damaged.

SQLite 3.37 or later (STRICT tables), on a local disk: its WAL needs shared memory, which network
file systems lack. A disk that lies about syncing is beyond what a program can notice.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofhouse.errors import DamagedError, PrerequisiteError, ProofhouseError, StorageError

BUSY_SECONDS = 30
"""How long a write waits for another process's transaction before it gives up."""


@dataclass(frozen=True)
class Kind:
    """A kind of database: ``name`` for people, ``application_id`` and ``version`` in its header.

    ``schema`` are the statements that make its tables and triggers; ``pragmas`` those a connection
    needs beside the common ones.
    """

    name: str
    application_id: int
    version: int
    schema: tuple[str, ...]
    pragmas: tuple[str, ...] = ()


def create_database(path: Path, kind: Kind) -> None:
    """Make an empty database of ``kind`` at ``path``, readable by its owner only.

    It is built beside and linked to its name, so that a crash leaves no half of it. Raises
    StorageError if there is a file of that name already, FileNotFoundError without the folder.
    """
    beside = _beside(path)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        db = sqlite3.connect(beside, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            with writing(db):
                for statement in kind.schema:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {kind.application_id}")
                db.execute(f"PRAGMA user_version = {kind.version}")
        finally:
            db.close()
        sync(beside)
        try:
            os.link(beside, path)
        except FileExistsError:
            raise StorageError(f"There is a file at {path} already.") from None
        sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def open_database(path: Path, kind: Kind) -> sqlite3.Connection:
    """A connection to the database of ``kind`` at ``path``, in autocommit mode.

    Raises StorageError if there is none or it is of a newer version, DamagedError if it is
    something else, PrerequisiteError if this Python's SQLite is too old.
    """
    if sqlite3.sqlite_version_info < (3, 37):
        raise PrerequisiteError(
            f"SQLite {sqlite3.sqlite_version} is too old.",
            hint="Use a Python whose sqlite3 module is linked to SQLite 3.37 or later.",
        )
    if not path.is_file():
        raise StorageError(
            f"There is no {kind.name} at {path}.",
            hint="Put the file back from its copy; an empty one is never made in its place.",
        )
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # whoever shares the connection holds a lock of their own
    )
    try:
        _check_kind(db, path, kind)
        common = ("synchronous = FULL", "trusted_schema = OFF", "cell_size_check = ON")
        for pragma in (*common, *kind.pragmas):
            db.execute(f"PRAGMA {pragma}")
        if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StorageError(f"{path} can't be switched to SQLite's write-ahead log.")
    except BaseException:
        db.close()
        raise
    return db


def _check_kind(db: sqlite3.Connection, path: Path, kind: Kind) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != kind.application_id:
        raise DamagedError(f"{path} is not a {kind.name}.")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > kind.version:
        raise StorageError(
            f"The {kind.name} {path} has version {version}; this program knows version "
            f"{kind.version}.",
            hint="Use the Proofhouse that wrote it, or a later one.",
        )
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        for statement in kind.schema:
            model.execute(statement)
        if version != kind.version or _schema(db) != _schema(model):
            raise DamagedError(
                f"The tables or triggers of the {kind.name} {path} are not those of version "
                f"{kind.version}."
            )


def _schema(db: sqlite3.Connection) -> list[tuple[str, str]]:
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    return found.fetchall()


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that holds the write lock: committed at the end, or undone by an exception.

    If the commit itself fails, the transaction may be kept or lost: whoever cares reads again.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            # After some failures SQLite has undone the transaction itself.
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("ROLLBACK")


@contextlib.contextmanager
def told(what: str, path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the system into ours, about ``what`` (for a person).

    A full disk, missing rights, a lock held too long, a failing disk: StorageError. A file that
    isn't what it should be: DamagedError. A broken constraint passes through: it is its caller's.
    """
    try:
        yield
    except (ProofhouseError, sqlite3.IntegrityError):
        raise
    except sqlite3.Error as error:
        raise _from_sqlite(what, path, error) from None
    except OSError as error:
        raise _from_system(what, path, error) from None


_FULL = "The disk is full: {what} at {path} was left as it was."
_RIGHTS = "This user may not write {what} at {path}."
_BY_CODE = {
    sqlite3.SQLITE_FULL: (_FULL, "Free some room and repeat."),
    sqlite3.SQLITE_READONLY: (_RIGHTS, "Give this user the rights to the file and its folder."),
    sqlite3.SQLITE_PERM: (_RIGHTS, "Give this user the rights to the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: (
        "{What} at {path} can't be opened.",
        "Give this user the rights to the file and its folder.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"Another process has held {{what}} at {{path}} for {BUSY_SECONDS} seconds.",
        "Wait for it to end, and repeat.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk failed while {what} at {path} was read or written.",
        "Read the log again before repeating: the last write may have been kept.",
    ),
}


def _from_sqlite(what: str, path: Path, error: sqlite3.Error) -> StorageError:
    number = getattr(error, "sqlite_errorcode", 0)
    # No room for the shared memory of the write-ahead log, which is needed even to read.
    code = sqlite3.SQLITE_FULL if number == sqlite3.SQLITE_IOERR_SHMSIZE else number & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedError(
            f"{what[:1].upper()}{what[1:]} at {path} is damaged: SQLite can't read the file.",
            hint="It was edited or cut off. Put it back from its copy.",
        )
    if code not in _BY_CODE:
        return StorageError(f"SQLite refused an operation on {what} at {path} (code {code}).")
    return _say(_BY_CODE[code], what, path)


def _from_system(what: str, path: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _say(_BY_CODE[sqlite3.SQLITE_FULL], what, path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _say(_BY_CODE[sqlite3.SQLITE_READONLY], what, path)
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return StorageError(f"The system refused an operation on {what} at {path} ({name}).")


def _say(message: tuple[str, str], what: str, path: Path) -> StorageError:
    text = message[0].format(what=what, What=what[:1].upper() + what[1:], path=path)
    return StorageError(text, hint=message[1])


def write_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put ``data`` at ``path``, whole or not at all; what stood there before is replaced.

    Durable when it returns. A crash may leave a file beside it, which ``sweep`` removes.
    Raises OSError.
    """
    replace_file(path, data, mode)
    sync(path.parent)


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """As ``write_file``, but the name is durable only after the caller's ``sync`` of the folder."""
    beside = _beside(path)
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def make_folders(path: Path, mode: int = 0o700) -> None:
    """Make the folder ``path`` and those above it that are missing, durably. Raises OSError."""
    if path.is_dir():
        return
    make_folders(path.parent, mode)
    path.mkdir(mode, exist_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what crashes left beside its name below ``folder``, where nobody else is writing.

    Raises OSError.
    """
    for path in folder.rglob(".*"):
        if _BESIDE.fullmatch(path.name):
            path.unlink(missing_ok=True)


_BESIDE = re.compile(r"\..+\.[0-9a-f]{16}\.new(-wal|-shm|-journal)?")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
