# SPDX-License-Identifier: Apache-2.0
"""The file behind it: its tables, one connection under a lock, and how secrets become hashes.

``access.sqlite`` is made and opened as ledger and vault are (``durable``): WAL, each commit on the
disk before it is answered, tables and triggers compared letter by letter. Times are kept as seconds
since 1970. One connection serves all threads, one at a time; calls take microseconds.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from proofhouse.durable import Kind, create_database, make_folders, open_database, told, writing
from proofhouse.rules.window import parse_time, print_time

ACCESS = Kind(
    name="list of people",
    application_id=0x50484143,  # "PHAC"
    version=1,
    schema=(
        "CREATE TABLE organisation (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
        "roles TEXT NOT NULL, party TEXT, sector TEXT NOT NULL, size TEXT NOT NULL) "
        "STRICT, WITHOUT ROWID",
        "CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT NOT NULL, contact TEXT NOT NULL, "
        "active INTEGER NOT NULL, locale TEXT NOT NULL, theme TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE membership (person TEXT NOT NULL REFERENCES person, "
        "organisation TEXT NOT NULL REFERENCES organisation, role TEXT NOT NULL, "
        "PRIMARY KEY (person, organisation, role)) STRICT, WITHOUT ROWID",
        "CREATE TABLE passkey (id BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES person, "
        "public_key BLOB NOT NULL UNIQUE, sign_count INTEGER NOT NULL, name TEXT NOT NULL, "
        "made INTEGER NOT NULL, used INTEGER) STRICT, WITHOUT ROWID",
        "CREATE TABLE identity (issuer TEXT NOT NULL, subject TEXT NOT NULL, "
        "person TEXT NOT NULL REFERENCES person, PRIMARY KEY (issuer, subject)) "
        "STRICT, WITHOUT ROWID",
        "CREATE TABLE link (hash BLOB PRIMARY KEY, person TEXT REFERENCES person, "
        "purpose TEXT NOT NULL, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE step (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL, "
        "ends INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE session (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        "person TEXT NOT NULL REFERENCES person, how TEXT NOT NULL, started INTEGER NOT NULL, "
        "seen INTEGER NOT NULL, ends INTEGER NOT NULL, organisation TEXT, role TEXT) "
        "STRICT, WITHOUT ROWID",
        "CREATE INDEX session_person ON session (person)",
        "CREATE TABLE token (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        "person TEXT NOT NULL REFERENCES person, organisation TEXT NOT NULL, role TEXT NOT NULL, "
        "scopes TEXT NOT NULL, name TEXT NOT NULL, made INTEGER NOT NULL, ends INTEGER NOT NULL, "
        "used INTEGER) STRICT, WITHOUT ROWID",
        "CREATE INDEX token_person ON token (person)",
        "CREATE TABLE recusal (person TEXT NOT NULL, case_id TEXT NOT NULL, reason TEXT NOT NULL, "
        "at INTEGER NOT NULL, PRIMARY KEY (person, case_id)) STRICT, WITHOUT ROWID",
        "CREATE TABLE view (number INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, "
        "organisation TEXT NOT NULL, what TEXT NOT NULL, case_id TEXT NOT NULL, "
        "at INTEGER NOT NULL) STRICT",
        "CREATE INDEX view_case ON view (case_id)",
        "CREATE TABLE let_in (number INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, "
        "what TEXT NOT NULL, by_person TEXT, at INTEGER NOT NULL) STRICT",
        "CREATE INDEX let_in_person ON let_in (person)",
        *(
            f"CREATE TRIGGER {table}_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT raise(ABORT, 'appended, never changed'); END"
            for table in ("view", "recusal", "let_in")
            for what in ("UPDATE", "DELETE")
        ),
    ),
    # Without recursive triggers INSERT OR REPLACE deletes past the trigger.
    pragmas=("foreign_keys = ON", "recursive_triggers = ON"),
)

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 3_600


class Store:
    """The open file. ``idle`` and ``longest`` bound a session, in seconds."""

    def __init__(self, path: Path, db: sqlite3.Connection, *, idle: int, longest: int) -> None:
        """Use ``open``."""
        self.path = path
        self.idle = idle
        self.longest = longest
        self._db = db
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, idle: int = IDLE_SECONDS, longest: int = LONGEST_SECONDS) -> Self:
        """Open the file at ``path``, made if it is not there.

        A session ends after ``idle`` seconds without a request, and after ``longest`` at the
        latest. Raises StorageError, DamagedError, PrerequisiteError.
        """
        with told("the list of people", path):
            if not path.exists():
                make_folders(path.parent)
                create_database(path, ACCESS)
            db = open_database(path, ACCESS)
        return cls(path, db, idle=idle, longest=longest)

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the list of people", self.path):
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, writing(db):
            yield db


def new_id() -> str:
    """A new identifier: 16 hexadecimal digits, which no list lets guess."""
    return secrets.token_hex(8)


def new_secret(kind: str) -> str:
    """A new secret of 256 random bits; its beginning tells its kind to whoever scans for leaks."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def hashed(kind: str, secret: str) -> bytes:
    """What is kept of a secret. A secret of one kind is none of another."""
    said = f"proofhouse/access/{kind}/v1\n{secret}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).digest()


def seconds(at: str) -> int:
    """Seconds since 1970 of a time that was handed in. Raises InputError."""
    return parse_time(at)


def spelt(at: int | None) -> str | None:
    """The time that a row holds, if any."""
    return None if at is None else print_time(at)
