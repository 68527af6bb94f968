# SPDX-License-Identifier: Apache-2.0
"""The file of the outbox: webhooks, the messages that wait for them, and answers given before.

``outbox.sqlite`` is made and opened as ledger and vault are (``durable``). What the messages of a
webhook are signed with is kept by ``Secrets`` (the vault), never here. Times are seconds since
1970.

An *answer given before* is that of a request which carried a key of its own (Idempotency-Key):
whoever repeats it with the same body gets the same answer and does nothing twice. Here stands only
which request it was; what was answered is kept by ``Secrets``, for it may be confidential.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from proofhouse.durable import Kind, create_database, make_folders, open_database, told, writing
from proofhouse.errors import InputError, RefusedError
from proofhouse.outbox import outward
from proofhouse.rules.window import parse_time, print_time
from proofhouse.said import say

OUTBOX = Kind(
    name="outbox",
    application_id=0x50484F42,  # "PHOB"
    version=1,
    schema=(
        "CREATE TABLE hook (id TEXT PRIMARY KEY, owner TEXT NOT NULL, url TEXT NOT NULL, "
        "events TEXT NOT NULL, made INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE INDEX hook_owner ON hook (owner)",
        "CREATE TABLE message (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
        "hook TEXT NOT NULL REFERENCES hook ON DELETE CASCADE, of BLOB NOT NULL, "
        "event TEXT NOT NULL, body BLOB NOT NULL, made INTEGER NOT NULL, "
        "attempts INTEGER NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL, "
        "said TEXT NOT NULL) STRICT",
        "CREATE INDEX message_due ON message (state, due)",
        "CREATE INDEX message_of ON message (of)",
        "CREATE INDEX message_hook ON message (hook)",
        "CREATE TABLE answer (name TEXT PRIMARY KEY, request BLOB NOT NULL, of BLOB NOT NULL, "
        "given INTEGER NOT NULL, made INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
    pragmas=("secure_delete = ON", "foreign_keys = ON"),
)

MOST_HOOKS = 10
EVENTS = {
    "case.moved": "A statement of a case was registered.",
    "draft.waits": "A statement waits for your organisation’s signature.",
    "run.ended": "A plan or an evaluation has ended.",
}
"""What a webhook may be told of."""

WAITING, ARRIVED, GIVEN_UP = "waiting", "arrived", "given-up"


class Secrets(Protocol):
    """Where what must not stand here is kept, encrypted; names are 64 hexadecimal digits."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep ``data``."""

    def kept(self, name: str) -> bytes | None:
        """What is kept under ``name``."""

    def drop(self, name: str) -> None:
        """Keep it no more."""


@dataclass(frozen=True)
class Hook:
    """A webhook of ``owner`` (an organisation): where it is told of which events."""

    id: str
    owner: str
    url: str
    events: tuple[str, ...]
    made_at: str


@dataclass(frozen=True)
class Message:
    """A message: its ``state`` is ``waiting``, ``arrived`` or ``given-up``; ``said`` is why."""

    id: str
    hook: str
    event: str
    body: bytes
    made_at: str
    attempts: int
    due_at: str
    state: str
    said: str


@dataclass(frozen=True)
class Given:
    """An answer that was given before; ``answer`` is None while the request is under way."""

    answer: bytes | None


_HOOK = "SELECT id, owner, url, events, made FROM hook"
_MESSAGE = "SELECT id, hook, event, body, made, attempts, due, state, said FROM message"


class Outbox:
    """The open file. Safe for several threads; one connection serves all, one at a time."""

    def __init__(self, path: Path, db: sqlite3.Connection, keeper: Secrets) -> None:
        """Use ``open``."""
        self.path = path
        self._db = db
        self._keeper = keeper
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, keeper: Secrets) -> Outbox:
        """Open the file at ``path``, made if it is not there. Raises StorageError, DamagedError."""
        with told("the outbox", path):
            if not path.exists():
                make_folders(path.parent)
                create_database(path, OUTBOX)
            db = open_database(path, OUTBOX)
            with writing(db):  # what was under way when a process ended may be asked again
                db.execute("DELETE FROM answer WHERE given = 0")
        return cls(path, db, keeper)

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the outbox", self.path):
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, writing(db):
            yield db

    # ------------------------------------------------------------------------------ webhooks

    def add_hook(
        self, owner: str, url: str, at: str, events: Sequence[str] = tuple(EVENTS)
    ) -> tuple[Hook, str]:
        """A new webhook, and the secret that its messages are signed with, shown once.

        The address is checked by whoever knows what may be reached (``outward``). Raises
        InputError for an event that is none, RefusedError if the owner has ten already.
        """
        outward.parse(url)
        unknown = sorted(set(events) - set(EVENTS))
        if unknown or not events:
            raise InputError(
                "There is no such event.",
                hint=say("Events are: %(events)s.", events=", ".join(EVENTS)),
            )
        told_of = tuple(one for one in EVENTS if one in events)
        made = Hook(secrets.token_hex(16), owner, url, told_of, at)
        secret = secrets.token_bytes(32)
        with self._writing() as db:
            have = db.execute("SELECT count(*) FROM hook WHERE owner = ?", (owner,)).fetchone()[0]
            if have >= MOST_HOOKS:
                raise RefusedError(
                    say("Nobody has more than %(most_hooks)s webhooks.", most_hooks=MOST_HOOKS),
                    rule="limits",
                    hint="Remove one that is not needed.",
                )
            row = (made.id, owner, url, json.dumps(told_of), parse_time(at))
            db.execute("INSERT INTO hook VALUES (?, ?, ?, ?, ?)", row)
            self._keeper.keep(_name("hook", made.id), secret)
        return made, shown(secret)

    def hooks(self, owner: str | None = None) -> tuple[Hook, ...]:
        """All webhooks, or those of one owner, the oldest first."""
        with self._reading() as db:
            rows = db.execute(f"{_HOOK} ORDER BY made, id").fetchall()
        return tuple(_hook(row) for row in rows if owner in (None, row[1]))

    def hook(self, owner: str, hook: str) -> Hook:
        """A webhook of ``owner``. Raises InputError if there is none of that id."""
        found = [one for one in self.hooks(owner) if one.id == hook]
        if not found:
            raise InputError("There is no such webhook.")
        return found[0]

    def remove_hook(self, owner: str, hook: str) -> None:
        """Tell it nothing more; what still waits for it is dropped. Raises InputError."""
        self.hook(owner, hook)
        with self._writing() as db:
            db.execute("DELETE FROM hook WHERE id = ?", (hook,))
        self._keeper.drop(_name("hook", hook))

    def secret_of(self, hook: str) -> bytes | None:
        """What the messages of a webhook are signed with."""
        return self._keeper.kept(_name("hook", hook))

    # ------------------------------------------------------------------------------ messages

    def put(self, hook: str, case: str, event: str, body: bytes, at: str) -> str:
        """Keep a message of ``case`` for ``hook``; its id. It is due at once."""
        number, now = f"msg_{secrets.token_hex(16)}", parse_time(at)
        row = (number, hook, _of(case), event, body, now, now, WAITING)
        with self._writing() as db:
            db.execute(
                "INSERT INTO message (id, hook, of, event, body, made, attempts, due, state, said) "
                "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, '')",
                row,
            )
        return number

    def due(self, at: str, most: int = 100) -> tuple[Message, ...]:
        """The messages to be tried now, those that waited longest first."""
        with self._reading() as db:
            query = f"{_MESSAGE} WHERE state = ? AND due <= ? ORDER BY due, number LIMIT ?"
            return tuple(map(_message, db.execute(query, (WAITING, parse_time(at), most))))

    def messages(self, owner: str, hook: str, most: int = 100) -> tuple[Message, ...]:
        """The newest messages of a webhook of ``owner``, the newest first. Raises InputError."""
        self.hook(owner, hook)
        with self._reading() as db:
            query = f"{_MESSAGE} WHERE hook = ? ORDER BY number DESC LIMIT ?"
            return tuple(map(_message, db.execute(query, (hook, most))))

    def arrived(self, message: str, said: str) -> None:
        """The other side has it: its body is dropped."""
        self._end(message, ARRIVED, said)

    def given_up(self, message: str, said: str) -> None:
        """It is tried no more, and listed; its body is dropped."""
        self._end(message, GIVEN_UP, said)

    def _end(self, message: str, state: str, said: str) -> None:
        with self._writing() as db:
            db.execute(
                "UPDATE message SET state = ?, said = ?, attempts = attempts + 1, body = x'' "
                "WHERE id = ?",
                (state, said[:200], message),
            )

    def again(self, message: str, due_at: int, said: str) -> None:
        """It did not arrive; it is due again at ``due_at`` (seconds since 1970)."""
        with self._writing() as db:
            db.execute(
                "UPDATE message SET attempts = attempts + 1, due = ?, said = ? WHERE id = ?",
                (due_at, said[:200], message),
            )

    # ---------------------------------------------------------------------------- repetition

    def begin(self, name: str, request: bytes, case: str, at: str) -> Given | None:
        """Begin what a request with the key ``name`` asks for; None if it is the first.

        ``request`` is the digest of what it asks. Raises RefusedError if the same key came with
        another request before.
        """
        with self._writing() as db:
            row = db.execute("SELECT request, given FROM answer WHERE name = ?", (name,)).fetchone()
            if row is None:
                told_ = (name, request, _of(case), parse_time(at))
                db.execute("INSERT INTO answer VALUES (?, ?, ?, 0, ?)", told_)
                return None
        if row[0] != request:
            raise RefusedError(
                "This key was used before, for another request.",
                rule="idempotency",
                hint="Use a new Idempotency-Key for each thing that you ask for.",
            )
        return Given(self._keeper.kept(name) if row[1] else None)

    def give(self, name: str, answer: bytes, case: str) -> None:
        """Keep what was answered, for whoever asks the same again."""
        self._keeper.keep(name, answer)
        with self._writing() as db:
            row = (_of(case), name)
            db.execute("UPDATE answer SET given = 1, of = ? WHERE name = ?", row)

    def take_back(self, name: str) -> None:
        """What was begun came to nothing: the same key may ask again."""
        with self._writing() as db:
            db.execute("DELETE FROM answer WHERE name = ? AND given = 0", (name,))

    # ---------------------------------------------------------------------------- forgetting

    def forget(self, case: str) -> int:
        """Drop every message and answer of a case, which is about to be erased; how many."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM message WHERE of = ?", (_of(case),)).rowcount
            names = db.execute(
                "DELETE FROM answer WHERE of = ? RETURNING name", (_of(case),)
            ).fetchall()
        for (name,) in names:
            self._keeper.drop(name)
        return gone + len(names)

    def sweep(self, at: str, *, answers: int = 86_400, messages: int = 30 * 86_400) -> int:
        """Drop answers and ended messages that are older than so many seconds; how many."""
        now = parse_time(at)
        with self._writing() as db:
            gone = db.execute(
                "DELETE FROM message WHERE state <> ? AND made < ?", (WAITING, now - messages)
            ).rowcount
            names = db.execute(
                "DELETE FROM answer WHERE made < ? RETURNING name", (now - answers,)
            ).fetchall()
        for (name,) in names:
            self._keeper.drop(name)
        return gone + len(names)


def shown(secret: bytes) -> str:
    """A webhook's secret as Standard Webhooks spells it."""
    from base64 import b64encode

    return "whsec_" + b64encode(secret).decode()


def _name(*parts: str) -> str:
    return hashlib.sha256("\n".join(("proofhouse/outbox/v1", *parts)).encode()).hexdigest()


def _of(case: str) -> bytes:
    """What stands for a case in this file: its id is 32 random bytes, so a digest tells nothing."""
    return hashlib.sha256(f"proofhouse/outbox/case/v1\n{case}".encode()).digest()


def _hook(row: tuple[str, str, str, str, int]) -> Hook:
    number, owner, url, events, made = row
    return Hook(number, owner, url, tuple(json.loads(events)), print_time(made))


def _message(row: tuple[str, str, str, bytes, int, int, int, str, str]) -> Message:
    number, hook, event, body, made, attempts, due, state, said = row
    return Message(
        number, hook, event, body, print_time(made), attempts, print_time(due), state, said
    )
