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

    docket.erase(number, "asked", "The house", now)      its words are gone, and that is told

Only an erasure takes words away: of a comment and of what it was answered, with whoever signed it.
Its line (number, when, by whom, for which of `ERASURES`) is appended, public, and never changed.
What a file system or disk keeps of deleted blocks is beyond us.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from proofhouse.durable import Kind, create_database, make_folders, open_database, told, writing
from proofhouse.errors import InputError, RefusedError, StorageError
from proofhouse.portal.language import N_
from proofhouse.said import figure, say

_ERASING: Final = (
    "CREATE TABLE erasure (comment INTEGER PRIMARY KEY REFERENCES comment, reason TEXT NOT NULL, "
    "signed TEXT NOT NULL, at TEXT NOT NULL) STRICT",
    *(
        f"CREATE TRIGGER erasure_{what.lower()} BEFORE {what} ON erasure "
        f"BEGIN SELECT raise(ABORT, 'appended, never changed'); END"
        for what in ("UPDATE", "DELETE")
    ),
    *(  # the names are those below, never anybody's words
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} WHEN NOT (NEW.words = '' "  # noqa: S608
        f"AND NEW.signed = '' AND NEW.number = OLD.number AND NEW.at = OLD.at "
        f"AND NEW.{same} = OLD.{same} AND OLD.{comment} IN (SELECT comment FROM erasure)) "
        f"BEGIN SELECT raise(ABORT, 'appended, never changed'); END"
        for table, same, comment in (
            ("comment", "bank", "number"),
            ("answer", "comment", "comment"),
        )
    ),
)
"""What version 2 has beside version 1: words may go where an erasure is told, and nothing else."""

_FIXED: Final = (
    ("comment", "DELETE"),
    ("decision", "UPDATE"),
    ("decision", "DELETE"),
    ("answer", "DELETE"),
)

DOCKET: Final = Kind(
    name="docket",
    application_id=0x50484443,  # "PHDC"
    version=2,
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
            for table, what in _FIXED
        ),
        *_ERASING,
    ),
    pragmas=("foreign_keys = ON", "recursive_triggers = ON", "secure_delete = ON"),
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


ERASURES: Final = {
    "asked": N_("whoever wrote it, or is named in it, asked"),
    "person": N_("it exposed a person"),
    "law": N_("a law or a court demands it"),
}
"""Why the words of a comment may be erased."""


@dataclass(frozen=True)
class Erasure:
    """That the words of a comment were erased: for which of `ERASURES`, who ``signed``, when."""

    reason: str
    signed: str
    at: str


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
    erasure: Erasure | None = None


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
            _bring_up(path)
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
            raise InputError(
                say("A comment has 1 to %(longest)s characters.", longest=figure(f"{LONGEST:,}"))
            )
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
            self._not_erased(db, number)
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
            raise InputError(
                say("An answer has 1 to %(longest)s characters.", longest=figure(f"{LONGEST:,}"))
            )
        with self._writing() as db:
            self._there(db, number)
            self._not_erased(db, number)
            query = "SELECT reason FROM decision WHERE comment = ?"
            decided = db.execute(query, (number,)).fetchone()
            if decided is None or decided[0]:
                raise RefusedError(
                    "Only a comment that is shown is answered.", rule="R7", hint="Show it first."
                )
            query = "INSERT INTO answer (comment, words, signed, at) VALUES (?, ?, ?, ?)"
            db.execute(query, (number, words.strip(), signed, at))

    def erase(self, number: int, reason: str, signed: str, at: str) -> None:
        """Take away the words of a comment and of its answers, for good; append that they are gone.

        Raises InputError, RefusedError if they are gone already, StorageError while another process
        reads: then traces may be left in the file until the next erasure.
        """
        if reason not in ERASURES:
            raise InputError("A comment is erased for one of the stated reasons.")
        with self._writing() as db:
            self._there(db, number)
            if db.execute("SELECT 1 FROM erasure WHERE comment = ?", (number,)).fetchone():
                raise RefusedError("This comment was erased already.", rule="R7")
            db.execute("INSERT INTO erasure VALUES (?, ?, ?, ?)", (number, reason, signed, at))
            gone = "SET words = '', signed = ''"
            db.execute(f"UPDATE comment {gone} WHERE number = ?", (number,))
            db.execute(f"UPDATE answer {gone} WHERE comment = ?", (number,))
        with self._reading() as db:
            db.execute("VACUUM")  # what was copied within the file before goes, too
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StorageError(
                "The comment is erased, but traces of it are left in the docket’s file, which "
                "somebody is reading.",
                hint="They go with the next erasure, or when the portal is started again.",
            )

    @staticmethod
    def _there(db: sqlite3.Connection, number: int) -> None:
        if not db.execute("SELECT 1 FROM comment WHERE number = ?", (number,)).fetchone():
            raise InputError(say("There is no comment %(number)s.", number=number))

    @staticmethod
    def _not_erased(db: sqlite3.Connection, number: int) -> None:
        if db.execute("SELECT 1 FROM erasure WHERE comment = ?", (number,)).fetchone():
            raise RefusedError(
                "This comment was erased.", rule="R7", hint="There is nothing left to decide about."
            )

    def shown(self, bank: str) -> tuple[Comment, ...]:
        """The comments on a bank version that everybody sees, with their answers.

        Of one that was erased, that it was.
        """
        return self._comments("bank = ? AND (decision.reason = '' OR erasure.at IS NOT NULL)", bank)

    def waiting(self) -> tuple[Comment, ...]:
        """The comments that wait to be read, of all bank versions."""
        return self._comments("decision.reason IS NULL AND erasure.at IS NULL")

    def all_shown(self) -> tuple[Comment, ...]:
        """Every comment that is shown or was erased, of all bank versions."""
        return self._comments("decision.reason = '' OR erasure.at IS NOT NULL")

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
            "SELECT number, bank, words, comment.signed, comment.at, decision.reason, "  # noqa: S608
            "erasure.reason, erasure.signed, erasure.at FROM comment "
            "LEFT JOIN decision ON decision.comment = number "
            f"LEFT JOIN erasure ON erasure.comment = number WHERE {which} "
            "ORDER BY number LIMIT 1000"
        )
        with self._reading() as db:
            return tuple(self._comment(db, *row) for row in db.execute(query, values).fetchall())

    def _comment(
        self,
        db: sqlite3.Connection,
        number: int,
        bank: str,
        words: str,
        signed: str,
        at: str,
        reason: str | None,
        *erased: str | None,
    ) -> Comment:
        why, by, erased_at = erased
        if why is None or by is None or erased_at is None:
            return Comment(number, bank, words, signed, at, reason, self._answers(db, number))
        return Comment(number, bank, words, signed, at, reason, (), Erasure(why, by, erased_at))

    @staticmethod
    def _answers(db: sqlite3.Connection, number: int) -> tuple[Answer, ...]:
        query = "SELECT words, signed, at FROM answer WHERE comment = ? ORDER BY number"
        return tuple(Answer(*row) for row in db.execute(query, (number,)))


def _bring_up(path: Path) -> None:
    """Bring a file of version 1 up to this one, in one transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if _version(db) != (DOCKET.application_id, 1):
            return
        with writing(db):
            if _version(db) == (DOCKET.application_id, 1):
                db.execute("DROP TRIGGER comment_update")
                db.execute("DROP TRIGGER answer_update")
                for statement in _ERASING:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {DOCKET.version}")


def _version(db: sqlite3.Connection) -> tuple[int, int]:
    kind, version = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    return kind, version
