# SPDX-License-Identifier: Apache-2.0
"""What is due, done by the system and not by a person remembering (R3, R19).

    sweep = Sweep(house, projection, runs)
    sweep.once()           how many things were due and are done now

What is due is read from where cases stand and what time it is, so nothing has to be scheduled, and
a restart loses nothing: an access window whose end has come is closed and every access in it
revoked; the run and the window of a developer who left are ended; a run that a crash broke off is
taken up again; drafts that their case left behind fall away, and invitations whose day has come.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from proofhouse.desk import close_window
from proofhouse.errors import ProofhouseError
from proofhouse.journey import moves
from proofhouse.portal import signing
from proofhouse.rules.registration import Case
from proofhouse.rules.review import CASE

if TYPE_CHECKING:
    from proofhouse.portal.house import House
    from proofhouse.portal.projection import Projection, Row
    from proofhouse.portal.runs import Runs

SECONDS = 15
"""Between two looks."""


class Sweep:
    """Looks every few seconds, in a thread of its own."""

    def __init__(self, house: House, projection: Projection, runs: Runs) -> None:
        self._house = house
        self._projection = projection
        self._runs = runs
        self._stop = threading.Event()

    def begin(self) -> None:
        """Read the cases, then look again and again."""
        threading.Thread(target=self._go, name="sweep", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        self._stop.set()

    def _go(self) -> None:
        while not self._stop.is_set():
            try:
                self._projection.refresh(rest=_REST)
                self.once()
            except Exception:
                self._house.failed("The sweep")
            self._stop.wait(SECONDS)

    def once(self) -> int:
        """Do what is due now; how many things that was."""
        count = signing.sweep(self._house)
        self._house.register.expire(self._house.clock())
        for row in self._projection.rows():
            try:
                count += self._due(row)
            except ProofhouseError:
                self._house.failed("What was due in a case")
        return count

    def _due(self, row: Row) -> int:
        now = self._house.clock()
        ended = bool(row.window_ends) and row.window_ends <= now
        if not (ended or row.state.startswith("withdrawn_") or row.state in _CUT_OFF):
            return 0
        case = self._house.desk.case(row.case)
        if ended and "window_closed" in CASE[case.state]:
            draft = close_window.draft(case, at=now)
            return self._register(case, moves.Made(draft, ("registrar",)))
        if case.state in moves.RUN_TO_END and self._runs.working(case.id):
            return 0  # who asks the model sees it within a second, and ends the run itself
        if case.state.startswith("withdrawn_") or case.state == "closed_run_to_end":
            made = moves.after_withdrawal(self._house.desk, case)
            return self._register(case, made) if made is not None else 0
        if case.state in _CUT_OFF and self._runs.state(case.id) is None:
            (party, *_) = sorted(case.need("plan").keyids("assessor"))
            self._runs.take_up(case, party)
            return 1
        return 0

    def _register(self, case: Case, made: moves.Made) -> int:
        """Register what the system itself states: the registrar's and the ended run's."""
        house = self._house
        if made.roles == ("registrar",):
            keys: tuple[str, ...] = ("registrar",)
        else:
            keys = tuple(house.key_of(party) for party in case.need("plan").keyids("assessor"))
        house.seat.register(house.seat.sign(made.draft, keys))
        self._projection.moved(case.id)
        return 1


_REST = 0.002
"""Seconds that reading all cases at the beginning leaves to whoever looks at one, after each."""

_CUT_OFF = ("run_under_way", "review_run_under_way", "retest_under_way")
