# SPDX-License-Identifier: Apache-2.0
"""Which cases there are, whose they are and where they stand: folded anew, never stored.

    cases = Projection(house)
    cases.refresh()                        folds what came since; everything, the first time
    cases.of("developer", keyid)           the rows of one party, newest first

The rows live in memory alone, so an erased case leaves nothing behind, and a restart rebuilds them
from ledger and vault. Rebuilding 10,000 cases takes a while: ``refresh`` goes case by case, a page
says how many are still being read, and a case that is asked for is read at once.

Whoever listens is told of each case that moved since it was first read.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proofhouse.errors import ErasedError, ProofhouseError
from proofhouse.formats.bundle import opened
from proofhouse.rules.registration import Case, not_taken, to_test_again
from proofhouse.rules.retests import tested_again
from proofhouse.rules.review import CASE, ENDED

if TYPE_CHECKING:
    from proofhouse.portal.house import House


@dataclass(frozen=True)
class Row:
    """A case in a list. ``parties`` maps each role to the keyids that have a part in it.

    ``window_ends`` is empty once the window was closed or the developer has left; ``accesses`` maps
    each partner to the end of its newest access. ``probed``: the submitted model was asked, and
    answered. ``untaken`` are the partners that an access waits for, ``fixed`` is how many findings
    wait to be tested again, ``retested`` says that the findings on their way are of a re-test.
    """

    case: str
    state: str
    finding: str
    begun_at: str
    last: str
    last_at: str
    leaf: int
    name: str
    checkpoint: str
    access: str
    window_ends: str
    parties: dict[str, frozenset[str]]
    bank: str
    accesses: dict[str, str]
    probed: bool
    untaken: frozenset[str]
    fixed: int
    retested: bool

    def ends_for(self, party: str) -> str:
        """When access in the case ends for ``party``: a partner's own, else the window's; empty
        where there is none, or none any more.
        """
        return self.accesses.get(party, self.window_ends) if self.window_ends else ""

    @property
    def ended(self) -> bool:
        """Whether nothing is owed by anybody."""
        return self.state in ENDED

    @property
    def short(self) -> str:
        """The start of the id, by which people call the case."""
        return self.case[:12]

    @property
    def risk(self) -> str:
        """The risk class of the submission, for the queue (R19): high, medium or low."""
        if self.access == "weights" or (self.window_ends and not self.ended):
            return "high"
        return "medium" if self.access == "grey-box" else "low"


class StillReadingError(ProofhouseError):
    """The portal has just begun, and does not know yet which cases there are."""


class Projection:
    """The rows of every case, by its id, in order, and by party. Safe for several threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._rows: dict[str, Row] = {}
        self._lock = threading.Lock()
        self._ordered: tuple[Row, ...] | None = ()
        self._of: dict[tuple[str, str], dict[str, Row]] = {}
        self._ids: list[str] = []
        self._listed = False
        self.listeners: list[Callable[[Row], object]] = []
        self.left = 0
        self.whole = False

    def refresh(self, rest: float = 0.0) -> None:
        """Fold every case, once: nobody else writes here, so what comes since is told by ``moved``.

        The newest come first. ``rest`` seconds are left to others after each case.
        """
        if self.whole:
            return
        every = self._house.desk.cases()
        with self._lock:
            self._ids = sorted({*self._ids, *every})
            self._listed = True
        self.left = len(every)
        for case in reversed(every):
            if case not in self._rows:
                self.moved(case)
                time.sleep(rest)
            self.left -= 1
        self.whole = True

    def moved(self, case_id: str) -> Row | None:
        """Fold one case anew; its row, or None if it was erased."""
        try:
            row = self._fold(case_id)
        except ErasedError:
            row = None
        with self._lock:
            old = self._rows.get(case_id)
            if row is not None and old is not None and row.leaf < old.leaf:
                return old  # another thread has folded it since
            self._put(case_id, old, row)
        if row is not None and (self.whole if old is None else old.leaf != row.leaf):
            for listener in self.listeners:
                listener(row)
        return row

    def _put(self, case_id: str, old: Row | None, row: Row | None) -> None:
        """Put the row in the place of the old one, everywhere."""
        if old is not None:
            for key in _keys(old):
                self._of[key].pop(case_id, None)
        if row is None:
            self._rows.pop(case_id, None)
        else:
            self._rows[case_id] = row
            for key in _keys(row):
                self._of.setdefault(key, {})[case_id] = row
        self._ordered = None
        at = bisect_left(self._ids, case_id)
        there = self._ids[at : at + 1] == [case_id]
        if row is not None and not there:
            self._ids.insert(at, case_id)
        elif row is None and there:
            self._ids.pop(at)

    def _fold(self, case_id: str) -> Row | None:
        desk = self._house.desk
        first = next(iter(desk.statements(case_id)), None)
        if first is None or first.entry.name != "inquiry":
            return None
        values: dict[str, Any] = {opened(one): one.value for one in first.openings}
        return row_of(desk.case(case_id), values)

    def get(self, start: str) -> Row | None:
        """The one case that begins so (12 digits or more).

        Raises StillReadingError in the first seconds, while it is not known which cases there are.
        """
        if len(start) < 12:
            return None
        with self._lock:
            at = bisect_left(self._ids, start)
            found = [case for case in self._ids[at : at + 2] if case.startswith(start)]
            if not found and not self._listed:
                raise StillReadingError(
                    "The cases are still being read.", hint="Try again in a few seconds."
                )
        if len(found) != 1:
            return None
        return self._rows.get(found[0]) or self.moved(found[0])

    def rows(self) -> tuple[Row, ...]:
        """Every row, the one that moved last first."""
        with self._lock:
            if self._ordered is None:
                self._ordered = _newest_first(self._rows.values())
            return self._ordered

    def of(self, role: str, party: str) -> tuple[Row, ...]:
        """The rows in which ``party`` has a part in ``role``, the one that moved last first.

        The party "" has a part in the cases in which nobody has that role yet.
        """
        with self._lock:
            return _newest_first(self._of.get((role, party), {}).values())


def _keys(row: Row) -> list[tuple[str, str]]:
    return [(role, one) for role, parties in row.parties.items() for one in parties or ("",)]


def _newest_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: -row.leaf))


def row_of(case: Case, values: dict[str, Any]) -> Row:
    """The row of a case; ``values`` open its inquiry."""
    from proofhouse.verify import finding_of

    inquiry = case.need("inquiry")
    developer = values.get(inquiry.predicate["developer"]["salted"]) or {}
    submission, window = case.last("submission"), case.last("window-opened")
    last = case.entries[-1]
    return Row(
        case=case.id,
        state=case.state,
        finding=finding_of(case),
        begun_at=inquiry.made_at,
        last=last.name,
        last_at=last.made_at,
        leaf=last.index,
        name=str(developer.get("name", "")),
        checkpoint=submission.predicate["checkpoint"] if submission else "",
        access=submission.predicate["accessLevel"] if submission else "",
        window_ends=window.predicate["endsAt"] if window and not access_over(case) else "",
        parties={
            "developer": frozenset(inquiry.predicate["party"]["keys"]),
            "assessor": _signed(case, "assessor"),
            "partner": frozenset(e.predicate["partnerKey"] for e in case.all("partner-access")),
        },
        bank=inquiry.predicate["bank"],
        probed=submission is not None and submission.predicate["fingerprint"] is not None,
        accesses={
            e.predicate["partnerKey"]: e.predicate["endsAt"] for e in case.all("partner-access")
        },
        untaken=_untaken(case),
        fixed=len(to_test_again(case)),
        retested=_retest_told(case),
    )


def _untaken(case: Case) -> frozenset[str]:
    """The partners that an access waits for which they can take where the case stands."""
    if "partner_accepted" not in CASE[case.state]:
        return frozenset()
    return frozenset(entry.predicate["partnerKey"] for entry in not_taken(case))


def _retest_told(case: Case) -> bool:
    """Whether the findings that the developer is to receive say what came of a re-test."""
    findings = case.last("findings")
    if findings is None or "findings_received" not in CASE[case.state]:
        return False
    return tested_again(case, findings) is not None


def access_over(case: Case) -> str:
    """When all access was ended before or at its time: by closing or leaving; else nothing."""
    ends = (case.last("withdrawal"), case.last("window-closed"))
    return min((entry.made_at for entry in ends if entry is not None), default="")


def _signed(case: Case, role: str) -> frozenset[str]:
    keyids: Iterable[frozenset[str]] = (entry.keyids(role) for entry in case.entries)
    return frozenset().union(*keyids)
