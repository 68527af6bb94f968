# SPDX-License-Identifier: Apache-2.0
"""Ways in: passkeys, one-time links, identities at a provider; and steps of them under way.

A **link** is 256 random bits in an address, shown once to whoever made it. It works once, until its
end, and whoever tries learns no more than that it does not work. Looking at the page behind a link
(as mail scanners do) does not use it. Whoever has a link comes in as its person, so that each is
made and used is appended, never changed, and told to that person: an administrator who lets
themselves in as somebody else is seen.

An **identity** is (issuer, subject) at an OpenID provider. It is bound to a person in a session
that began with an administrator's link, never by what the provider says of an e-mail address:
those change hands.

A **step** keeps what a server must remember between two requests of one browser (a challenge, a
nonce), for minutes; it is taken once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from proofhouse.access.people import (
    People,
    add_organisation,
    add_person,
    join,
    person_of,
)
from proofhouse.access.store import hashed, new_secret, seconds, spelt
from proofhouse.access.values import DeadLinkError, LetIn, Passkey, Person
from proofhouse.errors import InputError, RefusedError
from proofhouse.said import say

INVITATION = "invitation"
SETUP = "setup"
MOST_PASSKEYS = 20

_PASSKEY = "SELECT id, person, public_key, sign_count, name, made, used FROM passkey"


class WaysIn(People):
    """Passkeys, links and identities of people."""

    # ------------------------------------------------------------------------------- passkeys

    def add_passkey(
        self,
        person: str,
        credential: bytes,
        public_key: bytes,
        at: str,
        *,
        sign_count: int = 0,
        name: str = "",
    ) -> Passkey:
        """Keep a passkey that was registered. Raises InputError, and RefusedError if it is known.

        ``public_key`` is the bytes of its COSE key. At most 20 a person.
        """
        with self._writing() as db:
            person_of(db, person)
            mine = db.execute("SELECT count(*) FROM passkey WHERE person = ?", (person,))
            if mine.fetchone()[0] >= MOST_PASSKEYS:
                raise RefusedError(
                    say(
                        "Nobody has more than %(most_passkeys)s passkeys.",
                        most_passkeys=MOST_PASSKEYS,
                    ),
                    rule="access",
                )
            row = (credential, person, public_key, sign_count, name.strip()[:100], seconds(at))
            try:
                db.execute("INSERT INTO passkey VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
            except sqlite3.IntegrityError:
                raise RefusedError("This passkey is registered already.", rule="access") from None
        return Passkey(*row[:4], name=row[4], made_at=at)

    def passkeys(self, person: str) -> tuple[Passkey, ...]:
        """The passkeys of somebody, the oldest first."""
        with self._reading() as db:
            rows = db.execute(f"{_PASSKEY} WHERE person = ? ORDER BY made, id", (person,))
            return tuple(map(_passkey, rows))

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey with this credential id, if it is somebody's who is active."""
        with self._reading() as db:
            row = db.execute(f"{_PASSKEY} WHERE id = ?", (credential,)).fetchone()
            found = None if row is None else _passkey(row)
            return found if found is not None and person_of(db, found.person).active else None

    def used_passkey(self, credential: bytes, sign_count: int, at: str) -> None:
        """Keep what the authenticator counted last."""
        with self._writing() as db:
            db.execute(
                "UPDATE passkey SET sign_count = ?, used = ? WHERE id = ?",
                (sign_count, seconds(at), credential),
            )

    def remove_passkey(self, person: str, credential: bytes) -> None:
        """Let a passkey open nothing any more. Raises InputError if it is not theirs."""
        with self._writing() as db:
            gone = db.execute(
                "DELETE FROM passkey WHERE id = ? AND person = ?", (credential, person)
            )
            if gone.rowcount != 1:
                raise InputError("There is no such passkey.")

    # ---------------------------------------------------------------------------------- links

    def new_link(
        self, person: str | None, purpose: str, at: str, lasts: int, *, by: str | None = None
    ) -> str:
        """The secret of a new link for ``person`` that works once within ``lasts`` seconds.

        ``by`` is the administrator who makes it. An earlier one for the same person and purpose
        stops working. Raises InputError.
        """
        secret = new_secret("phl")
        with self._writing() as db:
            if person is not None and not person_of(db, person).active:
                raise InputError("This person is not let in.", hint="Activate them first.")
            db.execute("DELETE FROM link WHERE ends <= ?", (seconds(at),))
            db.execute("DELETE FROM link WHERE person IS ? AND purpose = ?", (person, purpose))
            row = (hashed("link", secret), person, purpose, seconds(at) + lasts)
            db.execute("INSERT INTO link VALUES (?, ?, ?, ?)", row)
            if person is not None:
                _note(db, person, "made", by, at)
        return secret

    def link_works(self, secret: str, at: str, purpose: str = INVITATION) -> bool:
        """Whether the link would work now; this does not use it."""
        with self._reading() as db:
            return _link(db, secret, at, purpose) is not None

    def use_link(self, secret: str, at: str, purpose: str = INVITATION) -> Person:
        """Use a link up; whose it is. Raises VerificationError, the same whatever is wrong."""
        with self._writing() as db:
            found = _link(db, secret, at, purpose)
            if found is None or found[0] is None:
                raise DeadLinkError
            _use(db, secret)
            person = person_of(db, found[0])
            if not person.active:
                raise DeadLinkError
            _note(db, person.id, "used", None, at)
        return person

    def let_in(self, person: str) -> tuple[LetIn, ...]:
        """The links that were made for somebody and those that were used, the newest first."""
        query = "SELECT person, what, by_person, at FROM let_in WHERE person = ? "
        with self._reading() as db:
            rows = db.execute(query + "ORDER BY number DESC", (person,)).fetchall()
        return tuple(LetIn(who, what, by, spelt(at) or "") for who, what, by, at in rows)

    def new_setup(self, at: str, lasts: int = 3_600) -> str:
        """The secret of the link that makes the first administrator.

        Raises RefusedError if there is an administrator.
        """
        if self.is_set_up():
            raise RefusedError(
                "The house has an administrator already.",
                rule="access",
                hint="Administrators invite others on the page “People”.",
            )
        return self.new_link(None, SETUP, at, lasts)

    def set_up(
        self,
        secret: str,
        at: str,
        *,
        organisation: str,
        name: str,
        contact: str,
        roles: Sequence[str] = ("administrator",),
    ) -> Person:
        """Use the set-up link up: the organisation that runs the house, and its administrator.

        All of it or nothing. Raises VerificationError as ``use_link`` does, InputError.
        """
        with self._writing() as db:
            if _link(db, secret, at, SETUP) is None:
                raise DeadLinkError
            _use(db, secret)
            house = add_organisation(db, organisation, roles)
            person = add_person(db, name, contact)
            for role in house.roles:
                join(db, person.id, house.id, role)
        return person

    # ----------------------------------------------------------------------------- identities

    def add_identity(self, person: str, issuer: str, subject: str) -> None:
        """Bind an identity at a provider to somebody. Raises RefusedError if it is bound."""
        with self._writing() as db:
            person_of(db, person)
            try:
                db.execute("INSERT INTO identity VALUES (?, ?, ?)", (issuer, subject, person))
            except sqlite3.IntegrityError:
                raise RefusedError(
                    "This account of the provider is bound to somebody already.", rule="access"
                ) from None

    def identity(self, issuer: str, subject: str) -> Person | None:
        """Whose identity it is, if it is somebody's who is active."""
        query = "SELECT person FROM identity WHERE issuer = ? AND subject = ?"
        with self._reading() as db:
            row = db.execute(query, (issuer, subject)).fetchone()
            person = None if row is None else person_of(db, row[0])
        return person if person is not None and person.active else None

    def identities(self, person: str) -> tuple[tuple[str, str], ...]:
        """The (issuer, subject) that are bound to somebody."""
        query = "SELECT issuer, subject FROM identity WHERE person = ? ORDER BY issuer, subject"
        with self._reading() as db:
            return tuple(db.execute(query, (person,)).fetchall())

    def remove_identity(self, person: str, issuer: str, subject: str) -> None:
        """Let an identity open nothing any more. Raises InputError if it is not theirs."""
        with self._writing() as db:
            gone = db.execute(
                "DELETE FROM identity WHERE person = ? AND issuer = ? AND subject = ?",
                (person, issuer, subject),
            )
            if gone.rowcount != 1:
                raise InputError("There is no such account of a provider.")

    # ---------------------------------------------------------------------------------- steps

    def begin_step(self, kind: str, data: Mapping[str, Any], at: str, lasts: int = 300) -> str:
        """Keep ``data`` (JSON) for the next request of one browser; the secret that takes it."""
        secret = new_secret("phc")
        with self._writing() as db:
            db.execute("DELETE FROM step WHERE ends <= ?", (seconds(at),))
            row = (hashed("step", secret), kind, json.dumps(data), seconds(at) + lasts)
            db.execute("INSERT INTO step VALUES (?, ?, ?, ?)", row)
        return secret

    def take_step(self, kind: str, secret: str, at: str) -> dict[str, Any] | None:
        """What was kept, once; None if nothing is, or not any more."""
        with self._writing() as db:
            row = db.execute(
                "DELETE FROM step WHERE hash = ? AND kind = ? AND ends > ? RETURNING data",
                (hashed("step", secret), kind, seconds(at)),
            ).fetchone()
        found: dict[str, Any] | None = None if row is None else json.loads(row[0])
        return found


def _link(db: sqlite3.Connection, secret: str, at: str, purpose: str) -> tuple[str | None] | None:
    query = "SELECT person FROM link WHERE hash = ? AND purpose = ? AND ends > ?"
    found: tuple[str | None] | None = db.execute(
        query, (hashed("link", secret), purpose, seconds(at))
    ).fetchone()
    return found


def _note(db: sqlite3.Connection, person: str, what: str, by: str | None, at: str) -> None:
    db.execute(
        "INSERT INTO let_in (person, what, by_person, at) VALUES (?, ?, ?, ?)",
        (person, what, by, seconds(at)),
    )


def _use(db: sqlite3.Connection, secret: str) -> None:
    db.execute("DELETE FROM link WHERE hash = ?", (hashed("link", secret),))


def _passkey(row: Any) -> Passkey:
    credential, person, public_key, sign_count, name, made, used = row
    return Passkey(credential, person, public_key, sign_count, name, spelt(made) or "", spelt(used))
