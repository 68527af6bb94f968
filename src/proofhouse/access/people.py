# SPDX-License-Identifier: Apache-2.0
"""Organisations, people, and who acts for which organisation in which role.

One person may have several roles in several organisations, and acts in one of them at a time.
Somebody who is no longer wanted is deactivated, never removed: who looked at what keeps its
meaning. There is always an administrator left: the last one can't be taken away.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from proofhouse.access.store import Store, new_id
from proofhouse.access.table import ROLES
from proofhouse.access.values import Membership, Organisation, Person
from proofhouse.errors import InputError, RefusedError
from proofhouse.said import say

NAME_LIMIT = 200
THEMES = ("", "light", "dark")

_PERSON = "SELECT id, name, contact, active, locale, theme FROM person"
_ORGANISATION = "SELECT id, name, roles, party, sector, size FROM organisation"
_ADMINISTRATORS = (
    "SELECT id, name, contact, active, locale, theme FROM person WHERE active = 1 AND id IN "
    "(SELECT person FROM membership WHERE role = 'administrator') ORDER BY name, id"
)
_LEAVE = (
    "DELETE FROM membership WHERE person = ? AND organisation = ? AND role = ?",
    "DELETE FROM token WHERE person = ? AND organisation = ? AND role = ?",
    "UPDATE session SET organisation = NULL, role = NULL "
    "WHERE person = ? AND organisation = ? AND role = ?",
)


class People(Store):
    """Organisations and people."""

    # -------------------------------------------------------------------------- organisations

    def add_organisation(
        self,
        name: str,
        *,
        roles: Sequence[str],
        party: str | None = None,
        sector: str = "",
        size: str = "",
    ) -> Organisation:
        """A new organisation whose people can have ``roles``; ``party`` is its keyid, if it signs.

        Raises InputError if the name is taken or a role is none.
        """
        with self._writing() as db:
            return add_organisation(db, name, roles, party=party, sector=sector, size=size)

    def organisations(self) -> tuple[Organisation, ...]:
        """All organisations, by name."""
        with self._reading() as db:
            return tuple(map(_organisation, db.execute(f"{_ORGANISATION} ORDER BY name")))

    def organisation(self, organisation: str) -> Organisation:
        """The organisation. Raises InputError if there is none."""
        with self._reading() as db:
            return organisation_of(db, organisation)

    def set_party(self, organisation: str, keyid: str | None) -> None:
        """Say by which key of the trust policy its statements are signed. Raises InputError."""
        with self._writing() as db:
            organisation_of(db, organisation)
            db.execute("UPDATE organisation SET party = ? WHERE id = ?", (keyid, organisation))

    # --------------------------------------------------------------------------------- people

    def add_person(self, name: str, contact: str) -> Person:
        """A new person, without a role and without a way in. Raises InputError."""
        with self._writing() as db:
            return add_person(db, name, contact)

    def people(self) -> tuple[Person, ...]:
        """Everybody, by name; those who were deactivated, too."""
        with self._reading() as db:
            return tuple(map(_person, db.execute(f"{_PERSON} ORDER BY name, id")))

    def person(self, person: str) -> Person:
        """The person. Raises InputError if there is none."""
        with self._reading() as db:
            return person_of(db, person)

    def set_looks(self, person: str, *, locale: str, theme: str) -> None:
        """Keep the language and the colours that somebody chose. Raises InputError."""
        if theme not in THEMES:
            raise InputError(
                say("There is no theme “%(theme)s”.", theme=theme[:40]),
                hint="light, dark, or neither.",
            )
        with self._writing() as db:
            person_of(db, person)
            db.execute(
                "UPDATE person SET locale = ?, theme = ? WHERE id = ?",
                (_text(locale, "locale", empty=True), theme, person),
            )

    def deactivate(self, person: str) -> None:
        """Let somebody in no more: sessions, tokens and links end with it.

        Raises RefusedError for the last administrator.
        """
        with self._writing() as db:
            person_of(db, person)
            before = _administrators(db)
            db.execute("UPDATE person SET active = 0 WHERE id = ?", (person,))
            db.execute("DELETE FROM session WHERE person = ?", (person,))
            db.execute("DELETE FROM token WHERE person = ?", (person,))
            db.execute("DELETE FROM link WHERE person = ?", (person,))
            _keep_an_administrator(db, before)

    def activate(self, person: str) -> None:
        """Let somebody in again, by the passkeys that they have or a new link."""
        with self._writing() as db:
            person_of(db, person)
            db.execute("UPDATE person SET active = 1 WHERE id = ?", (person,))

    # ---------------------------------------------------------------------------- memberships

    def join(self, person: str, organisation: str, role: str) -> None:
        """Give somebody a role in an organisation; the same again changes nothing.

        Raises InputError, and RefusedError if its people don't have that role.
        """
        with self._writing() as db:
            join(db, person, organisation, role)

    def leave(self, person: str, organisation: str, role: str) -> None:
        """Take it away; who acts in it now does so no more, and its tokens end.

        Raises RefusedError for the last administrator.
        """
        row = (person, organisation, role)
        with self._writing() as db:
            before = _administrators(db)
            for statement in _LEAVE:
                db.execute(statement, row)
            _keep_an_administrator(db, before)

    def memberships(self, person: str) -> tuple[Membership, ...]:
        """What somebody may act as: by organisation, then in the order of the table of roles."""
        with self._reading() as db:
            return memberships_of(db, person)

    def members(self, organisation: str) -> tuple[tuple[Person, str], ...]:
        """Who has which role in an organisation, by name."""
        query = (
            "SELECT p.id, p.name, p.contact, p.active, p.locale, p.theme, m.role "
            "FROM membership m JOIN person p ON p.id = m.person "
            "WHERE m.organisation = ? ORDER BY p.name, p.id, m.role"
        )
        with self._reading() as db:
            return tuple((_person(row[:6]), row[6]) for row in db.execute(query, (organisation,)))

    def others_of(
        self, person: str, organisation: str, parties: Collection[str]
    ) -> tuple[Organisation, ...]:
        """Other organisations of somebody who acts for ``organisation`` that are among ``parties``.

        ``parties`` are the keyids that a case is between. Any answer but none is a conflict of
        interest (R8): nobody sits on two sides of a case.
        """
        found = {one.organisation for one in self.memberships(person)}
        return tuple(
            sorted(
                (o for o in found if o.id != organisation and o.party and o.party in parties),
                key=lambda one: one.name,
            )
        )

    def administrators(self) -> tuple[Person, ...]:
        """The administrators who are let in, by name."""
        with self._reading() as db:
            return tuple(map(_person, db.execute(_ADMINISTRATORS)))

    def is_set_up(self) -> bool:
        """Whether there is an administrator."""
        return bool(self.administrators())


def add_organisation(
    db: sqlite3.Connection,
    name: str,
    roles: Sequence[str],
    *,
    party: str | None = None,
    sector: str = "",
    size: str = "",
) -> Organisation:
    """As ``People.add_organisation``, inside a transaction."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise InputError(
            say("There is no role “%(unknown)s”.", unknown=unknown[0][:40])
            if unknown
            else "An organisation has a role.",
            hint=say("Roles are: %(roles)s.", roles=", ".join(ROLES)),
        )
    made = Organisation(
        new_id(),
        _text(name, "name of an organisation"),
        tuple(role for role in ROLES if role in roles),
        party,
        _text(sector, "sector", empty=True),
        _text(size, "size", empty=True),
    )
    row = (made.id, made.name, json.dumps(made.roles), party, made.sector, made.size)
    if db.execute("SELECT 1 FROM organisation WHERE name = ?", (made.name,)).fetchone():
        raise InputError(say("There is an organisation “%(name)s” already.", name=made.name))
    db.execute("INSERT INTO organisation VALUES (?, ?, ?, ?, ?, ?)", row)
    return made


def add_person(db: sqlite3.Connection, name: str, contact: str) -> Person:
    """As ``People.add_person``, inside a transaction."""
    made = Person(new_id(), _text(name, "name"), _text(contact, "contact", empty=True))
    db.execute("INSERT INTO person VALUES (?, ?, ?, 1, '', '')", (made.id, made.name, made.contact))
    return made


def join(db: sqlite3.Connection, person: str, organisation: str, role: str) -> None:
    """As ``People.join``, inside a transaction."""
    person_of(db, person)
    there = organisation_of(db, organisation)
    if role not in there.roles:
        raise RefusedError(
            say("Nobody in %(name)s has the role “%(role)s”.", name=there.name, role=role[:40]),
            rule="roles",
            hint=say("Its roles are: %(roles)s.", roles=", ".join(there.roles)),
        )
    row = (person, organisation, role)
    db.execute("INSERT OR IGNORE INTO membership VALUES (?, ?, ?)", row)


def memberships_of(db: sqlite3.Connection, person: str) -> tuple[Membership, ...]:
    """As ``People.memberships``, inside a transaction."""
    query = (
        "SELECT o.id, o.name, o.roles, o.party, o.sector, o.size, m.role FROM membership m "
        "JOIN organisation o ON o.id = m.organisation WHERE m.person = ?"
    )
    found = [Membership(_organisation(row[:6]), row[6]) for row in db.execute(query, (person,))]
    return tuple(sorted(found, key=lambda m: (m.organisation.name, ROLES.index(m.role))))


def person_of(db: sqlite3.Connection, person: str) -> Person:
    """The person. Raises InputError if there is none."""
    row = db.execute(f"{_PERSON} WHERE id = ?", (person,)).fetchone()
    if row is None:
        raise InputError("There is no such person.")
    return _person(row)


def organisation_of(db: sqlite3.Connection, organisation: str) -> Organisation:
    """The organisation. Raises InputError if there is none."""
    row = db.execute(f"{_ORGANISATION} WHERE id = ?", (organisation,)).fetchone()
    if row is None:
        raise InputError("There is no such organisation.")
    return _organisation(row)


def _administrators(db: sqlite3.Connection) -> int:
    return len(db.execute(_ADMINISTRATORS).fetchall())


def _keep_an_administrator(db: sqlite3.Connection, before: int) -> None:
    """Undo the transaction if it takes the last one away. Raises RefusedError."""
    if before and _administrators(db) == 0:
        raise RefusedError(
            "This would leave the house without an administrator.",
            rule="roles",
            hint="Make somebody else an administrator first.",
        )


def _person(row: Any) -> Person:
    number, name, contact, active, locale, theme = row
    return Person(number, name, contact, bool(active), locale, theme)


def _organisation(row: Any) -> Organisation:
    number, name, roles, party, sector, size = row
    return Organisation(number, name, tuple(json.loads(roles)), party, sector, size)


def _text(value: str, what: str, *, empty: bool = False) -> str:
    """``value`` without spaces around it. Raises InputError for what can't be shown on one line."""
    told = value.strip()
    if not told and empty:
        return ""
    if not told or len(told) > NAME_LIMIT or not told.isprintable():
        raise InputError(
            say(
                "A %(what)s is a printable text of 1 to %(name_limit)s characters.",
                what=what,
                name_limit=NAME_LIMIT,
            )
        )
    return told
