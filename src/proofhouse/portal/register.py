# SPDX-License-Identifier: Apache-2.0
"""What people of the portal tell each other outside a case: operation, not record.

    register = Register.open(home / "portal.sqlite")
    secret = register.apply(…)                 a partner's application; its applicant keeps the link
    register.decide(number, "refused", …)      with reasons, always
    register.invite(…)                         a private invitation; ignored, it is gone in 30 days

An application says who decided it, who recused themselves, why, and how long it took, so that
refusals can be counted by size and sector (R8). An invitation that is answered, ignored or has run
out is deleted. Whoever sent it is told for 30 days whom they invited, and who has asked since: an
ignored one looks there like one that nobody has read, and after its day it leaves no trace anywhere
(R2). What a partner did with an access is reported here, for the developer to see.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proofhouse.durable import Kind, create_database, make_folders, open_database, told, writing
from proofhouse.errors import InputError, RefusedError
from proofhouse.portal.fields import NotThereError
from proofhouse.rules.window import parse_time, print_time
from proofhouse.said import say

_FIRST = Kind(
    name="register of the portal",
    application_id=0x50485250,  # "PHRP"
    version=1,
    schema=(
        "CREATE TABLE application (number INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, "
        "name TEXT NOT NULL, sector TEXT NOT NULL, size TEXT NOT NULL, contact TEXT NOT NULL, "
        "purpose TEXT NOT NULL, protection TEXT NOT NULL, applied TEXT NOT NULL, "
        "state TEXT NOT NULL, organisation TEXT) STRICT",
        "CREATE TABLE step (number INTEGER PRIMARY KEY AUTOINCREMENT, "
        "application INTEGER NOT NULL REFERENCES application, what TEXT NOT NULL, "
        "person TEXT NOT NULL, name TEXT NOT NULL, reasons TEXT NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE TABLE invitation (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, "
        "sender TEXT NOT NULL, contact TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL, "
        "ends TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE use (number INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT NOT NULL, "
        "party TEXT NOT NULL, person TEXT NOT NULL, what TEXT NOT NULL, found INTEGER NOT NULL, "
        "closed INTEGER NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE INDEX use_case ON use (case_id)",
    ),
    pragmas=("foreign_keys = ON", "secure_delete = ON"),
)
_SENT = (
    "CREATE TABLE sent (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, sender TEXT NOT NULL, "
    "at TEXT NOT NULL, ends TEXT NOT NULL, asked TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
REGISTER = replace(_FIRST, version=2, schema=(*_FIRST.schema, _SENT))

SECTORS = (
    "water",
    "health",
    "finance",
    "energy",
    "transport",
    "communications",
    "government",
    "other",
)
SIZES = ("up to 50 people", "51 to 250", "251 to 5,000", "more than 5,000")

INVITATION_DAYS = 30
DAY = 86_400

WAITING = ("applied", "second look asked", "to be decided anew")
"""States in which somebody is to decide."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody did with an application, with their reasons."""

    what: str
    person: str
    name: str
    reasons: str
    at: str


@dataclass(frozen=True)
class Application:
    """Somebody applies to be a trusted partner. ``state`` is what was done last."""

    number: int
    name: str
    sector: str
    size: str
    contact: str
    purpose: str
    protection: str
    applied_at: str
    state: str
    organisation: str | None
    steps: tuple[Step, ...] = ()

    @property
    def decided_at(self) -> str:
        """When it was decided first; empty if it waits."""
        times = [step.at for step in self.steps if step.what in ("accepted", "refused")]
        return times[0] if times else ""


@dataclass(frozen=True)
class Invitation:
    """A private invitation to a developer, as long as it is neither answered nor run out."""

    id: str
    organisation: str
    sender: str
    contact: str
    text: str
    at: str
    ends: str


@dataclass(frozen=True)
class Sent:
    """An invitation as its sender is told of it: to which organisation, and when that one asked
    since; empty if it did not, whether the invitation was read, ignored or neither.
    """

    organisation: str
    at: str
    ends: str
    asked_at: str


@dataclass(frozen=True)
class Use:
    """What a partner did with an access: flaws found in its own systems, how many are closed."""

    case: str
    party: str
    person: str
    what: str
    found: int
    closed: int
    at: str


class Register:
    """The open file; safe for several threads. Every method raises StorageError."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Use ``open``."""
        self.path = path
        self._db = db
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Register:
        """The register at ``path``, made if it is not there."""
        with told("the register of the portal", path):
            if not path.exists():
                make_folders(path.parent)
                create_database(path, REGISTER)
            _bring_up(path)
            return cls(path, open_database(path, REGISTER))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the register of the portal", self.path), writing(self._db):
            yield self._db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the register of the portal", self.path):
            yield self._db

    # --------------------------------------------------------------------------- applications

    def apply(
        self,
        *,
        name: str,
        sector: str,
        size: str,
        contact: str,
        purpose: str,
        protection: str,
        at: str,
    ) -> str:
        """A new application; the secret by which its applicant finds it again."""
        secret = secrets.token_urlsafe(32)
        with self._writing() as db:
            db.execute(
                "INSERT INTO application (hash, name, sector, size, contact, purpose, protection, "
                "applied, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'applied')",
                (_hash(secret), name, sector, size, contact, purpose, protection, at),
            )
        return secret

    def applications(self) -> tuple[Application, ...]:
        """All of them, the newest first."""
        with self._reading() as db:
            rows = db.execute(f"{_APPLICATION} ORDER BY number DESC").fetchall()
            return tuple(self._application(db, row) for row in rows)

    def application(self, number: int) -> Application:
        """One of them. Raises NotThereError."""
        with self._reading() as db:
            row = db.execute(f"{_APPLICATION} WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise NotThereError("There is no such application.")
            return self._application(db, row)

    def found_by(self, secret: str) -> Application:
        """The application of whoever holds ``secret``. Raises NotThereError."""
        with self._reading() as db:
            row = db.execute(f"{_APPLICATION} WHERE hash = ?", (_hash(secret),)).fetchone()
            if row is None:
                raise NotThereError("There is no such application.")
            return self._application(db, row)

    def _application(self, db: sqlite3.Connection, row: tuple[object, ...]) -> Application:
        steps = db.execute(
            "SELECT what, person, name, reasons, at FROM step WHERE application = ? "
            "ORDER BY number",
            (row[0],),
        ).fetchall()
        found: Any = (*row, tuple(Step(*step) for step in steps))
        return Application(*found)

    def decide(
        self,
        number: int,
        what: str,
        *,
        person: str,
        name: str,
        reasons: str,
        at: str,
        organisation: str | None = None,
    ) -> Application:
        """Accept or refuse an application, with reasons, or settle a second look.

        Raises RefusedError if it does not wait for that, if the person recused themselves, or if
        whoever decided first would look at the own decision a second time.
        """
        application = self.application(number)
        allowed = {
            "applied": ("accepted", "refused"),
            "to be decided anew": ("accepted", "refused"),
            "second look asked": ("procedure upheld", "to be decided anew"),
        }.get(application.state, ())
        if what not in allowed:
            raise RefusedError(
                say("The application is “%(state)s”.", state=application.state),
                rule="R8",
                hint=say("Possible now: %(steps)s.", steps=", ".join(allowed) or say("nothing")),
            )
        before = {step.person: step.what for step in application.steps}
        if before.get(person) == "recused":
            raise RefusedError("You have recused yourself from this application.", rule="R8")
        if application.state != "applied" and person in before:
            raise RefusedError(
                "You have decided this application before.",
                rule="R8",
                hint="Somebody else looks a second time, and decides anew.",
            )
        if not reasons.strip():
            raise InputError("A decision on an application carries its reasons (R8).")
        self._step(number, what, person, name, reasons, at, state=what)
        if organisation is not None:
            with self._writing() as db:
                db.execute(
                    "UPDATE application SET organisation = ? WHERE number = ?",
                    (organisation, number),
                )
        return self.application(number)

    def recuse(self, number: int, *, person: str, name: str, reasons: str, at: str) -> None:
        """Keep out of the decision on an application, for a conflict of interest."""
        self.application(number)
        if not reasons.strip():
            raise InputError("A recusal says why.")
        self._step(number, "recused", person, name, reasons, at)

    def ask_second_look(self, secret: str, reasons: str, at: str) -> Application:
        """The applicant asks, once, that somebody else looks at how it was decided."""
        application = self.found_by(secret)
        asked = any(step.what == "second look asked" for step in application.steps)
        if application.state != "refused" or asked:
            raise RefusedError("A second look can be asked for once, after a refusal.", rule="R8")
        state = "second look asked"
        self._step(application.number, state, "", application.name, reasons, at, state=state)
        return self.application(application.number)

    def _step(
        self,
        number: int,
        what: str,
        person: str,
        name: str,
        reasons: str,
        at: str,
        *,
        state: str = "",
    ) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT INTO step (application, what, person, name, reasons, at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (number, what, person, name, reasons, at),
            )
            if state:
                db.execute("UPDATE application SET state = ? WHERE number = ?", (state, number))

    # ---------------------------------------------------------------------------- invitations

    def invite(
        self, organisation: str, sender: tuple[str, str], contact: str, text: str, at: str
    ) -> None:
        """Invite a developer privately; after 30 days it is gone. ``sender`` is id and name."""
        ends = print_time(parse_time(at) + INVITATION_DAYS * DAY)
        row = (secrets.token_hex(16), organisation, sender[1], contact, text, at, ends)
        sent = (secrets.token_hex(16), organisation, sender[0], at, ends)
        with self._writing() as db:
            db.execute("INSERT INTO invitation VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO sent VALUES (?, ?, ?, ?, ?, '')", sent)

    def expire(self, at: str) -> None:
        """Delete the invitations whose day has come, also from the lists of their senders."""
        with self._writing() as db:
            db.execute("DELETE FROM invitation WHERE ends <= ?", (at,))
            db.execute("DELETE FROM sent WHERE ends <= ?", (at,))

    def sent(self, sender: str, at: str) -> tuple[Sent, ...]:
        """What an organisation has sent within 30 days, the newest first."""
        self.expire(at)
        with self._reading() as db:
            rows = db.execute(
                "SELECT organisation, at, ends, asked FROM sent WHERE sender = ? "
                "ORDER BY at DESC, id",
                (sender,),
            ).fetchall()
        return tuple(Sent(*row) for row in rows)

    def asked(self, organisations: Iterable[str], at: str) -> None:
        """These have asked: the invitations to them are answered."""
        with self._writing() as db:
            for one in organisations:
                db.execute("DELETE FROM invitation WHERE organisation = ?", (one,))
                db.execute(
                    "UPDATE sent SET asked = ? WHERE organisation = ? AND asked = ''", (at, one)
                )

    def invitations(self, organisation: str, at: str) -> tuple[Invitation, ...]:
        """Those that an organisation may still answer or ignore."""
        self.expire(at)
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM invitation WHERE organisation = ? ORDER BY at", (organisation,)
            ).fetchall()
        return tuple(Invitation(*row) for row in rows)

    def drop_invitation(self, invitation: str, organisation: str) -> None:
        """It is ignored, and deleted."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM invitation WHERE id = ? AND organisation = ?",
                (invitation, organisation),
            )

    # ------------------------------------------------------------------------------------ use

    def used(self, use: Use) -> None:
        """Append what a partner did with its access."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO use (case_id, party, person, what, found, closed, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (use.case, use.party, use.person, use.what, use.found, use.closed, use.at),
            )

    def uses(self, case: str | None = None) -> tuple[Use, ...]:
        """What was done with the accesses of a case, or of all, the newest first."""
        query = "SELECT case_id, party, person, what, found, closed, at FROM use "
        with self._reading() as db:
            rows = db.execute(
                query + "WHERE ?1 IS NULL OR case_id = ?1 ORDER BY number DESC", (case,)
            ).fetchall()
        return tuple(Use(*row) for row in rows)

    def forget(self, case: str) -> None:
        """Nothing of an erased case."""
        with self._writing() as db:
            db.execute("DELETE FROM use WHERE case_id = ?", (case,))


def _bring_up(path: Path) -> None:
    """Give a file of the first version the table that the second one has."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == _FIRST.version:
        with closing(open_database(path, _FIRST)) as db, writing(db):
            db.execute(_SENT)
            db.execute(f"PRAGMA user_version = {REGISTER.version}")


_APPLICATION = (
    "SELECT number, name, sector, size, contact, purpose, protection, applied, state, "
    "organisation FROM application"
)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(b"proofhouse/application/v1\n" + secret.encode()).digest()


@dataclass(frozen=True)
class Tally:
    """Applications of one sector and size: how many, how they ended, and the days they took."""

    sector: str
    size: str
    applied: int
    accepted: int
    refused: int
    waiting: int
    median_days: float | None


def tally(applications: tuple[Application, ...]) -> tuple[Tally, ...]:
    """The counts that are published, by sector and size; no name stands in them (R8)."""
    groups: dict[tuple[str, str], list[Application]] = {}
    for one in applications:
        groups.setdefault((one.sector, one.size), []).append(one)
    return tuple(_tally(key, found) for key, found in sorted(groups.items()))


def _tally(key: tuple[str, str], found: list[Application]) -> Tally:
    days = sorted(
        (parse_time(one.decided_at) - parse_time(one.applied_at)) / DAY
        for one in found
        if one.decided_at
    )
    middle = len(days) // 2
    median = None
    if days:
        median = days[middle] if len(days) % 2 else (days[middle - 1] + days[middle]) / 2
    ends = [_end(one) for one in found]
    return Tally(
        *key,
        applied=len(found),
        accepted=ends.count("accepted"),
        refused=ends.count("refused"),
        waiting=ends.count("waiting"),
        median_days=None if median is None else round(median, 1),
    )


def _end(one: Application) -> str:
    if one.state == "accepted":
        return "accepted"
    return "waiting" if one.state in WAITING else "refused"
