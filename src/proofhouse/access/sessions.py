# SPDX-License-Identifier: Apache-2.0
"""Sessions of browsers and tokens of programs: rows here, so that ending one ends it at once.

A session ends after half an hour without a request and after twelve hours at the latest (both are
settings), when its person signs out, ends it from another browser, or is deactivated. It acts in
one role of one organisation; with one membership nobody is asked.

A token acts in one role of one person, within its scopes, until its end. It stops working with the
membership that it was made for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from proofhouse.access.people import People, memberships_of, organisation_of, person_of
from proofhouse.access.store import hashed, new_id, new_secret, seconds, spelt
from proofhouse.access.table import SCOPES
from proofhouse.access.values import Session, Token
from proofhouse.errors import InputError, RefusedError
from proofhouse.said import joined, say

HOW = ("passkey", "oidc", "link", "setup")
SEEN_EVERY = 60
"""A session's last request is kept to the minute: one write a minute, not one a request."""
LONGEST_TOKEN = 366 * 86_400
MOST_TOKENS = 50

_SESSION = "SELECT id, person, how, started, seen, ends, organisation, role FROM session"
_BEARER = "SELECT id, person, organisation, role, scopes, name, made, ends, used FROM token"


class Sessions(People):
    """Sessions and tokens of people."""

    # ------------------------------------------------------------------------------- sessions

    def start_session(self, person: str, how: str, at: str) -> str:
        """The secret of a new session of somebody who came in by ``how``.

        Raises InputError if there is no such person, or they are not let in.
        """
        if how not in HOW:
            raise InputError(
                say("Nobody comes in by “%(how)s”.", how=how[:40]),
                hint=joined(", ", HOW),
            )
        secret, now = new_secret("phs"), seconds(at)
        with self._writing() as db:
            if not person_of(db, person).active:
                raise InputError("This person is not let in.")
            db.execute("DELETE FROM session WHERE ends <= ? OR seen <= ?", (now, now - self.idle))
            mine = memberships_of(db, person)
            only = (mine[0].organisation.id, mine[0].role) if len(mine) == 1 else (None, None)
            row = (hashed("session", secret), new_id(), person, how, now, now, now + self.longest)
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *only))
        return secret

    def session(self, secret: str, at: str) -> Session | None:
        """The session that ``secret`` opens, seen now; None if it opens none any more."""
        now, key = seconds(at), hashed("session", secret)
        with self._reading() as db:
            row = db.execute(f"{_SESSION} WHERE hash = ?", (key,)).fetchone()
            if row is None or not self._lives(row, now):
                return None
            if now - row[4] < SEEN_EVERY:
                return _session(db, row)
        with self._writing() as db:
            db.execute("UPDATE session SET seen = max(seen, ?) WHERE hash = ?", (now, key))
            row = db.execute(f"{_SESSION} WHERE hash = ?", (key,)).fetchone()
            return None if row is None else _session(db, row)

    def _lives(self, row: Any, now: int) -> bool:
        _, _, _, started, seen, ends, _, _ = row
        # A clock that was set back ends nothing early and lets nothing live on.
        return bool(now < ends and now - seen < self.idle and now >= started - self.idle)

    def choose(self, session: str, organisation: str, role: str) -> None:
        """Act in ``role`` of ``organisation`` from now on; ``session`` is its id.

        Raises InputError for a session that has ended, RefusedError for what is not theirs.
        """
        with self._writing() as db:
            row = db.execute("SELECT person FROM session WHERE id = ?", (session,)).fetchone()
            if row is None:
                raise InputError("This session has ended.")
            mine = {(one.organisation.id, one.role) for one in memberships_of(db, row[0])}
            if (organisation, role) not in mine:
                raise RefusedError("You have no such role there.", rule="roles")
            db.execute(
                "UPDATE session SET organisation = ?, role = ? WHERE id = ?",
                (organisation, role, session),
            )

    def sessions(self, person: str, at: str) -> tuple[Session, ...]:
        """The living sessions of somebody, the one seen last first."""
        query = f"{_SESSION} WHERE person = ? ORDER BY seen DESC, id"
        with self._reading() as db:
            rows = db.execute(query, (person,)).fetchall()
            return tuple(_session(db, row) for row in rows if self._lives(row, seconds(at)))

    def end_session(self, person: str, session: str) -> None:
        """End one session of somebody, by its id. Raises InputError if it is not theirs."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM session WHERE id = ? AND person = ?", (session, person))
            if gone.rowcount != 1:
                raise InputError("There is no such session.")

    def end_sessions(self, person: str, *, but: str = "") -> int:
        """End every session of somebody, except the one whose id is ``but``; how many ended."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM session WHERE person = ? AND id <> ?", (person, but))
            return gone.rowcount

    # --------------------------------------------------------------------------------- tokens

    def new_token(
        self,
        person: str,
        organisation: str,
        role: str,
        scopes: Collection[str],
        at: str,
        ends_at: str,
        *,
        name: str = "",
    ) -> str:
        """The secret of a new token; shown once.

        Raises InputError for an unknown scope or an end that is past or over a year away,
        RefusedError for a role that is not theirs.
        """
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InputError(
                "A token covers what its scopes name.",
                hint=say("Scopes are: %(scopes)s.", scopes=", ".join(SCOPES)),
            )
        made, ends = seconds(at), seconds(ends_at)
        if not made < ends <= made + LONGEST_TOKEN:
            raise InputError("A token ends later than it begins, and within a year.")
        secret = new_secret("pht")
        with self._writing() as db:
            mine = {(one.organisation.id, one.role) for one in memberships_of(db, person)}
            if (organisation, role) not in mine or not person_of(db, person).active:
                raise RefusedError("You have no such role there.", rule="roles")
            db.execute("DELETE FROM token WHERE person = ? AND ends <= ?", (person, made))
            have = db.execute("SELECT count(*) FROM token WHERE person = ?", (person,))
            if have.fetchone()[0] >= MOST_TOKENS:
                raise RefusedError(
                    say("Nobody has more than %(most_tokens)s tokens.", most_tokens=MOST_TOKENS),
                    rule="access",
                )
            row = (hashed("token", secret), new_id(), person, organisation, role)
            told = (json.dumps(sorted(set(scopes))), name.strip()[:100], made, ends)
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", (*row, *told))
        return secret

    def token(self, secret: str, at: str) -> Token | None:
        """The token that ``secret`` is, used now; None if it is none any more."""
        now, key = seconds(at), hashed("token", secret)
        with self._reading() as db:
            row = db.execute(f"{_BEARER} WHERE hash = ?", (key,)).fetchone()
            if row is None or not row[6] <= now < row[7]:
                return None
            found = _token(db, row)
            mine = {(one.organisation.id, one.role) for one in memberships_of(db, row[1])}
            if not found.person.active or (found.organisation.id, found.role) not in mine:
                return None
            if row[8] is None or now - row[8] >= SEEN_EVERY:
                db.execute("UPDATE token SET used = ? WHERE hash = ?", (now, key))
        return found

    def tokens(self, person: str) -> tuple[Token, ...]:
        """The tokens of somebody, the oldest first, ended ones too until the next is made."""
        with self._reading() as db:
            rows = db.execute(f"{_BEARER} WHERE person = ? ORDER BY made, id", (person,)).fetchall()
            return tuple(_token(db, row) for row in rows)

    def revoke_token(self, person: str, token: str) -> None:
        """End a token of somebody, by its id. Raises InputError if it is not theirs."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM token WHERE id = ? AND person = ?", (token, person))
            if gone.rowcount != 1:
                raise InputError("There is no such token.")


def _session(db: sqlite3.Connection, row: Any) -> Session:
    number, person, how, started, seen, ends, organisation, role = row
    return Session(
        number,
        person_of(db, person),
        how,
        spelt(started) or "",
        spelt(seen) or "",
        spelt(ends) or "",
        None if organisation is None else organisation_of(db, organisation),
        role,
    )


def _token(db: sqlite3.Connection, row: Any) -> Token:
    number, person, organisation, role, scopes, name, made, ends, used = row
    return Token(
        number,
        person_of(db, person),
        organisation_of(db, organisation),
        role,
        frozenset(json.loads(scopes)),
        name,
        spelt(made) or "",
        spelt(ends) or "",
        spelt(used),
    )
