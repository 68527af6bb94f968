# SPDX-License-Identifier: Apache-2.0
"""What is watched: who keeps out of which case, who looked at what, and how often somebody comes.

Recusals and views are appended; triggers refuse to change or remove one.

Limits are counted in memory, each in the ``seconds`` before a hit: a restart forgets them, which
nobody outside can bring about. A refused hit does not count, so that waiting as long as one is told
is enough. Each bucket remembers 50,000 keys at most and forgets those first that were hit longest
ago: a flood in one bucket lifts no limit in another.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Any

from proofhouse.access.store import Store, seconds, spelt
from proofhouse.access.values import Recusal, View
from proofhouse.errors import InputError, TooManyError
from proofhouse.said import say

MOST_KEYS = 50_000
_VIEWS = """
    SELECT number, person, organisation, what, case_id, at FROM view
    WHERE (?1 IS NULL OR case_id = ?1 OR what = ?4
        AND number > (SELECT min(number) FROM view WHERE case_id = ?1))
    AND (?2 IS NULL OR person = ?2) ORDER BY number DESC LIMIT ?3
"""

EVERYTHING = "everything"
"""What is looked at when every case is opened at once: a view of each that there was then."""


class Watch(Store):
    """Recusals, views and limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use ``open``."""
        super().__init__(*args, **kwargs)
        self._hits: dict[str, OrderedDict[str, deque[int]]] = {}
        self._counting = threading.Lock()

    # ------------------------------------------------------------------------------- recusals

    def recuse(self, person: str, case: str, reason: str, at: str) -> None:
        """Keep somebody out of a case for good (R8); the same again changes nothing.

        Raises InputError without a reason.
        """
        told = reason.strip()
        if not 1 <= len(told) <= 1_000:
            raise InputError("A recusal says why, in at most 1,000 characters.")
        with self._writing() as db:
            row = (person, case, told, seconds(at))
            if not db.execute(
                "SELECT 1 FROM recusal WHERE person = ? AND case_id = ?", row[:2]
            ).fetchone():
                db.execute("INSERT INTO recusal VALUES (?, ?, ?, ?)", row)

    def recused(self, person: str, case: str) -> bool:
        """Whether somebody keeps out of a case."""
        query = "SELECT 1 FROM recusal WHERE person = ? AND case_id = ?"
        with self._reading() as db:
            return db.execute(query, (person, case)).fetchone() is not None

    def recusals(self, person: str | None = None) -> tuple[Recusal, ...]:
        """All recusals, or those of one person, the oldest first."""
        query = "SELECT person, case_id, reason, at FROM recusal ORDER BY at, person, case_id"
        with self._reading() as db:
            rows = db.execute(query).fetchall()
        return tuple(
            Recusal(who, case, reason, spelt(at) or "")
            for who, case, reason, at in rows
            if person in (None, who)
        )

    # ---------------------------------------------------------------------------------- views

    def viewed(self, person: str, organisation: str, what: str, case: str, at: str) -> None:
        """Append that somebody of ``organisation`` looked at ``what`` of a case."""
        with self._writing() as db:
            row = (person, organisation, what[:200], case, seconds(at))
            db.execute(
                "INSERT INTO view (person, organisation, what, case_id, at) VALUES (?, ?, ?, ?, ?)",
                row,
            )

    def views(
        self, *, case: str | None = None, person: str | None = None, most: int = 1_000
    ) -> tuple[View, ...]:
        """Who looked at what, of a case or by a person, the newest first, at most ``most``.

        Whoever looked at everything looked at the case, if anybody had seen it before.
        """
        with self._reading() as db:
            rows = db.execute(_VIEWS, (case, person, most, EVERYTHING)).fetchall()
        return tuple(
            View(number, who, organisation, what, of, spelt(at) or "")
            for number, who, organisation, what, of, at in rows
        )

    # --------------------------------------------------------------------------------- limits

    def hit(self, bucket: str, key: str, at: str, limit: int, lasts: int) -> None:
        """Count one hit by ``key``; at most ``limit`` in any ``lasts`` seconds.

        Raises TooManyError, which says after how many seconds the next one is taken.
        """
        now = seconds(at)
        with self._counting:
            keys = self._hits.setdefault(bucket, OrderedDict())
            hits = keys.setdefault(key, deque())
            keys.move_to_end(key)
            while hits and hits[0] <= now - lasts:
                hits.popleft()
            if len(hits) >= limit:
                wait = max(1, hits[0] + lasts - now)
                raise TooManyError(
                    "This was asked too often.",
                    hint=say("Try again in %(wait)s seconds.", wait=wait)
                    if wait < 120
                    else say("Try again in %(wait)s minutes.", wait=-(-wait // 60)),
                    seconds=wait,
                )
            hits.append(now)
            if len(keys) > MOST_KEYS:
                keys.popitem(last=False)
