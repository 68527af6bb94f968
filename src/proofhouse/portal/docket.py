# SPDX-License-Identifier: Apache-2.0
"""The docket: what the public says of what is tested and how, and what it is answered (R7).

    docket = Docket.open(home / "docket.sqlite")
    docket.hand_in(bank, "The level table is too coarse.", "A. Reader", now)     waits to be read
    docket.show(number, now)                  now everybody sees it
    docket.answer(number, "…", "The house", now)
    docket.leave_out(number, "advertising", now)         not shown, but counted, with the reason

A comment is hostile text (R20): plain, without control signs, at most 4,000 characters, never
obeyed and never rendered unescaped. It belongs to a bank version, named by the digest of its
commitment. Nobody's address is kept. What was shown stays shown, what was answered stays answered:
a later word is added, none is changed; triggers refuse it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from proofhouse.durable import Kind, create_database, make_folders, open_database, told, writing
from proofhouse.errors import InputError, RefusedError
from proofhouse.portal.language import N_

DOCKET: Final = Kind(
    name="docket",
    application_id=0x50484443,  # "PHDC"
    version=1,
    schema=(
        "CREATE TABLE comment (number INTEGER PRIMARY KEY AUTOINCREMENT, bank TEXT NOT NULL, "
        "words TEXT NOT NULL, signed TEXT NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE INDEX comment_bank ON comment (bank)",
        "CREATE TABLE decision (comment INTEGER PRIMARY KEY REFERENCES comment, "
        "reason TEXT NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE TABLE answer (number INTEGER PRIMARY KEY AUTOINCREMENT, "
        "comment INTEGER NOT NULL REFERENCES comment, words TEXT NOT NULL, signed TEXT NOT NULL, "
        "at TEXT NOT NULL) STRICT",
        "CREATE INDEX answer_comment ON answer (comment)",
        *(
            f"CREATE TRIGGER {table}_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT raise(ABORT, 'appended, never changed'); END"
            for table in ("comment", "decision", "answer")
            for what in ("UPDATE", "DELETE")
        ),
    ),
    pragmas=("foreign_keys = ON", "recursive_triggers = ON"),
)

LONGEST: Final = 4_000
NAME: Final = 120
MOST_WAITING: Final = 1_000
"""Comments that wait to be read, at most; then none is taken until some were."""

REASONS: Final = {
    "advertising": N_("advertising or the same again"),
    "off-topic": N_("not about what is tested or how"),
    "person": N_("names or exposes a person"),
    "secret": N_("holds what is confidential or helps an attack"),
}
"""Why a comment may be left out; the numbers of each are public."""


@dataclass(frozen=True)
class Answer:
    """An answer: its ``words``, who ``signed`` it, and when."""

    words: str
    signed: str
    at: str


@dataclass(frozen=True)
class Comment:
    """A comment on the bank version ``bank``; ``reason`` is None while it waits, "" if shown."""

    number: int
    bank: str
    words: str
    signed: str
    at: str
    reason: str | None
    answers: tuple[Answer, ...] = ()


class Docket:
    """The open file; for several threads."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Use ``open``."""
        self.path = path
        self._db = db
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file at ``path``, made if it is not there. Raises StorageError, DamagedError."""
        with told("the docket", path):
            if not path.exists():
                make_folders(path.parent)
                create_database(path, DOCKET)
            return cls(path, open_database(path, DOCKET))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the docket", self.path):
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, writing(db):
            yield db

    def hand_in(self, bank: str, words: str, signed: str, at: str) -> int:
        """Keep a comment until it was read; its number.

        Raises InputError if it is empty or too long, RefusedError while too many wait.
        """
        if not words.strip() or len(words) > LONGEST or len(signed) > NAME:
            raise InputError(f"A comment has 1 to {LONGEST:,} characters.")
        with self._writing() as db:
            waiting = db.execute(
                "SELECT count(*) FROM comment LEFT JOIN decision ON comment = number "
                "WHERE comment IS NULL"
            ).fetchone()[0]
            if waiting >= MOST_WAITING:
                raise RefusedError(
                    "Too many comments wait to be read.",
                    rule="limits",
                    hint="Come back in a few days; nothing that was handed in is lost.",
                )
            row = (bank, words.strip(), signed.strip(), at)
            query = "INSERT INTO comment (bank, words, signed, at) VALUES (?, ?, ?, ?)"
            return int(db.execute(query, row).lastrowid or 0)

    def show(self, number: int, at: str) -> None:
        """Show a comment to everybody. Raises InputError, RefusedError if that was decided."""
        self._decide(number, "", at)

    def leave_out(self, number: int, reason: str, at: str) -> None:
        """Leave a comment out, for one of `REASONS`. Raises InputError, RefusedError."""
        if reason not in REASONS:
            raise InputError("A comment is left out for one of the stated reasons.")
        self._decide(number, reason, at)

    def _decide(self, number: int, reason: str, at: str) -> None:
        with self._writing() as db:
            self._there(db, number)
            query = "SELECT 1 FROM decision WHERE comment = ?"
            if db.execute(query, (number,)).fetchone():
                raise RefusedError(
                    "This comment was decided about already.",
                    rule="R7",
                    hint="What was shown stays shown; add an answer.",
                )
            db.execute("INSERT INTO decision VALUES (?, ?, ?)", (number, reason, at))

    def answer(self, number: int, words: str, signed: str, at: str) -> None:
        """Add an answer to a comment that is shown. Raises InputError, RefusedError."""
        if not words.strip() or len(words) > LONGEST:
            raise InputError(f"An answer has 1 to {LONGEST:,} characters.")
        with self._writing() as db:
            self._there(db, number)
            query = "SELECT reason FROM decision WHERE comment = ?"
            decided = db.execute(query, (number,)).fetchone()
            if decided is None or decided[0]:
                raise RefusedError(
                    "Only a comment that is shown is answered.", rule="R7", hint="Show it first."
                )
            query = "INSERT INTO answer (comment, words, signed, at) VALUES (?, ?, ?, ?)"
            db.execute(query, (number, words.strip(), signed, at))

    @staticmethod
    def _there(db: sqlite3.Connection, number: int) -> None:
        if not db.execute("SELECT 1 FROM comment WHERE number = ?", (number,)).fetchone():
            raise InputError(f"There is no comment {number}.")

    def shown(self, bank: str) -> tuple[Comment, ...]:
        """The comments on a bank version that everybody sees, with their answers."""
        return self._comments("bank = ? AND reason = ''", bank)

    def waiting(self) -> tuple[Comment, ...]:
        """The comments that wait to be read, of all bank versions."""
        return self._comments("reason IS NULL")

    def all_shown(self) -> tuple[Comment, ...]:
        """Every comment that is shown, of all bank versions."""
        return self._comments("reason = ''")

    def left_out(self, bank: str) -> dict[str, int]:
        """How many comments on a bank version were left out, by reason."""
        query = (
            "SELECT reason, count(*) FROM comment JOIN decision ON comment = number "
            "WHERE bank = ? AND reason <> '' GROUP BY reason ORDER BY reason"
        )
        with self._reading() as db:
            return dict(db.execute(query, (bank,)).fetchall())

    def _comments(self, which: str, *values: str) -> tuple[Comment, ...]:
        # `which` is one of the constants above, never anybody's words.
        query = (
            "SELECT number, bank, words, signed, comment.at, reason FROM comment "  # noqa: S608
            f"LEFT JOIN decision ON comment = number WHERE {which} ORDER BY number LIMIT 1000"
        )
        with self._reading() as db:
            found = db.execute(query, values).fetchall()
            return tuple(
                Comment(number, of, words, signed, at, reason, self._answers(db, number))
                for number, of, words, signed, at, reason in found
            )

    @staticmethod
    def _answers(db: sqlite3.Connection, number: int) -> tuple[Answer, ...]:
        query = "SELECT words, signed, at FROM answer WHERE comment = ? ORDER BY number"
        return tuple(Answer(*row) for row in db.execute(query, (number,)))
