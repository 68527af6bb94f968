# SPDX-License-Identifier: Apache-2.0
"""Plans and evaluations, which take minutes: queued, made one at a time, told to whoever watches.

    runs = Runs(house, projection)
    runs.ask(case_id, "evaluate", actor, wishes)      queued; an error is kept for the page
    async for told in runs.watch(case_id): …          each step as a small dictionary

The ledger is the truth: a run that a crash broke off is found by its case's state and goes on with
what was kept. A queue that is lost loses nothing but the order.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from proofhouse.desk import plan_evaluation
from proofhouse.desk.plan_evaluation import RETEST_ITEMS
from proofhouse.errors import ProofhouseError, RefusedError
from proofhouse.journey import Wishes, moves, steps
from proofhouse.journey.told import Progress, Said, Told
from proofhouse.portal.language import N_
from proofhouse.portal.reach import check_model, doorway
from proofhouse.rules.registration import RETEST_MAY_BE_PLANNED, Case
from proofhouse.said import say
from proofhouse.seat import Seat

if TYPE_CHECKING:
    from proofhouse.portal.house import House
    from proofhouse.portal.projection import Projection

PLANNING = ("assessor_to_plan", "assessor_to_plan_review")
RUNNING = ("assessor_to_run", "assessor_to_run_review", "assessor_to_run_retest")
UNDER_WAY = ("run_under_way", "review_run_under_way", "retest_under_way")

_WATCHERS = 256
"""How many may watch at once."""


@dataclass(frozen=True)
class Errand:
    """What is to be done for a case, by whom: ``plan``, ``evaluate`` or ``retest``.

    ``findings`` are to be tested again, each on so many new ``items``.
    """

    case: str
    what: str
    party: str
    wishes: Wishes
    findings: tuple[str, ...] = ()
    items: int = RETEST_ITEMS


@dataclass
class State:
    """How an errand stands: ``waiting``, ``working``, ``done`` or ``failed``, and what was told."""

    what: str
    phase: str = "waiting"
    said: str = ""
    error: str = ""
    hint: str = ""
    items: int = 0
    planned: int = 0
    solved: int = 0
    missing: int = 0
    tokens: int = 0
    low: int = 0
    high: int = 0
    upper: int = 0
    lower: int = 0
    path: list[tuple[int, int, int]] = field(default_factory=list)
    kept: int = 0
    by_item: dict[str, int] = field(default_factory=dict)

    def told(self, *, evidence: bool) -> dict[str, Any]:
        """What a page shows, as JSON; ``evidence`` is the assessor's and the inspector's alone."""
        hidden = {"kept", "by_item"} | (set() if evidence else _EVIDENCE)
        about = {name: value for name, value in vars(self).items() if name not in hidden}
        if evidence:
            about["path"] = [list(step) for step in self.path]
        return about


_EVIDENCE = {"low", "high", "upper", "lower", "path", "solved"}


class Runs:
    """The errands of a house; one thread makes them."""

    def __init__(self, house: House, projection: Projection) -> None:
        self._house = house
        self._projection = projection
        self._errands: queue.Queue[Errand | None] = queue.Queue()
        self._states: dict[str, State] = {}
        self._version: dict[str, int] = {}
        self._thread: threading.Thread | None = None
        self._watching = 0
        self.ended: list[Callable[[str], object]] = []

    def begin(self) -> None:
        """Start working, and take up what was broken off."""
        self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop after the errand under way. A run that is cut off goes on at the next start."""
        self._errands.put(None)

    def ask(
        self, case_id: str, what: str, party: str, wishes: Wishes | None = None, **more: Any
    ) -> None:
        """Queue an errand; ``more`` is what it takes beside.

        Raises RefusedError if one of this case waits or works already.
        """
        state = self._states.get(case_id)
        if state is not None and state.phase in ("waiting", "working"):
            raise RefusedError(
                "This case is being worked on already.", rule="R19", hint="Watch it on its page."
            )
        self._tell(case_id, State(what))
        self._errands.put(Errand(case_id, what, party, wishes or Wishes(), **more))

    def busy(self, case_id: str) -> str:
        """What is under way for a case, or waits for its turn; empty if nothing is."""
        state = self._states.get(case_id)
        return state.what if state is not None and state.phase in ("waiting", "working") else ""

    def working(self, case_id: str) -> bool:
        """Whether an errand of the case is at work this moment."""
        state = self._states.get(case_id)
        return state is not None and state.phase == "working"

    def state(self, case_id: str) -> State | None:
        """How the newest errand of a case stands."""
        return self._states.get(case_id)

    async def watch(self, case_id: str, *, evidence: bool) -> AsyncIterator[dict[str, Any]]:
        """Each change, from now on, until the errand has ended. Raises RefusedError if too many."""
        if self._watching >= _WATCHERS:
            raise RefusedError("Too many are watching.", rule="limits", hint="Reload the page.")
        self._watching += 1
        try:
            seen = -1
            while True:
                version, state = self._version.get(case_id, 0), self._states.get(case_id)
                if state is None:
                    return
                if version != seen:
                    seen = version
                    yield state.told(evidence=evidence)
                    if state.phase in ("done", "failed"):
                        return
                await asyncio.sleep(0.5)
        finally:
            self._watching -= 1

    # -------------------------------------------------------------------------------- working

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            state = self._states.setdefault(errand.case, State(errand.what))
            state.phase = "working"
            self._tell(errand.case, state)
            try:
                self._make(errand, state)
                state.phase, state.said = "done", self._left(errand.case)
            except ProofhouseError as error:
                state.phase, state.error, state.hint = "failed", error.message, error.hint
            except Exception:
                state.phase = "failed"
                state.error = "It ended by an error of ours; nothing is lost."
                state.hint = "Ask for it again. The operator’s log tells more."
                self._house.failed(f"{errand.what} of a case")
            self._projection.moved(errand.case)
            self._tell(errand.case, state)
            for listener in self.ended:
                listener(errand.case)

    def _make(self, errand: Errand, state: State) -> None:
        seat = self._house.seat
        case = seat.desk.case(errand.case)
        if left(case):
            self._end_left(seat, case, errand.party)
            return
        wanted = {"plan": PLANNING, "retest": RETEST_MAY_BE_PLANNED}.get(
            errand.what, (*RUNNING, *UNDER_WAY)
        )
        if case.state not in wanted:
            raise RefusedError(
                say("The case is not where a %(what)s is made.", what=errand.what),
                rule="R1, R2",
                hint="Its page says whose move it is.",
            )
        told, _ = plan_evaluation.under_test(seat.desk, case)
        reachable = self._house.settings.reachable
        check_model(told["name"], told["endpoint"], reachable)
        with (
            doorway(reachable) as way,
            steps.at_table(
                seat.log_home,
                case,
                self._teller(errand.case, state),
                key=self._house.key_kept(case.id),
                wishes=errand.wishes,
                environment=way,
            ) as table,
        ):
            while case.state in wanted:
                made = (
                    moves.plan_retest(table, case, errand.findings, errand.items)
                    if errand.what == "retest"
                    else moves.MOVES[case.state](table, case)
                )
                if isinstance(made, moves.Made):
                    self._register_or_leave(seat, case.id, made, errand.party)
                case = seat.desk.case(case.id)
        if left(case):
            self._end_left(seat, case, errand.party)

    def _register_or_leave(self, seat: Seat, case_id: str, made: moves.Made, party: str) -> None:
        """Register what was made, unless nobody may ask the model any more (``left``)."""
        try:
            self._register(seat, made, party)
        except RefusedError:
            if not left(seat.desk.case(case_id)):
                raise

    def _end_left(self, seat: Seat, case: Case, party: str) -> None:
        """End the run of a case that was left; the sweep may have been faster."""
        while case.state in moves.RUN_TO_END:
            self._register_or_leave(seat, case.id, moves.end_run(seat.desk, case), party)
            case = seat.desk.case(case.id)

    def _left(self, case_id: str) -> str:
        """What an errand came to in a case that its developer left, or whose window is closed."""
        case = self._house.seat.desk.case(case_id)
        if case.last("withdrawal") is not None:
            return N_("The developer withdrew. The model is asked no more, and no run is open.")
        if left(case):
            return N_("The window is closed. The model is asked no more, and no run is open.")
        return ""

    def _register(self, seat: Seat, made: moves.Made, party: str) -> None:
        if made.roles != ("assessor",):
            raise RefusedError(
                "The review allows no run: the window has ended, or the developer struck a clause "
                "that a run needs.",
                rule="R3, R4",
                hint="What is left is to close the window.",
            )
        entry = seat.register(seat.sign(made.draft, (self._house.key_of(party),)))
        self._projection.moved(entry.subject)

    def _teller(self, case_id: str, state: State) -> Any:
        def tell(told: Told) -> None:
            if isinstance(told, Said):
                state.said = told.text
            elif isinstance(told, Progress):
                _follow(state, told)
            self._tell(case_id, state)

        return tell

    def _tell(self, case_id: str, state: State) -> None:
        self._states[case_id] = state
        self._version[case_id] = self._version.get(case_id, 0) + 1

    def take_up(self, case: Case, party: str) -> None:
        """Go on with a run that was broken off, unless somebody does already."""
        state = self._states.get(case.id)
        if state is None or state.phase not in ("waiting", "working"):
            self.ask(case.id, "evaluate", party)


def left(case: Case) -> bool:
    """Whether nobody may ask the model any more: its developer left, or the window is closed."""
    return case.last("withdrawal") is not None or case.last("window-closed") is not None


def _follow(state: State, told: Progress) -> None:
    """Bring the state to where the run is."""
    event, items = told.event, told.plan["items"]
    if event is None:  # it begins, or goes on from what was kept
        state.kept, state.by_item = told.tokens, {}
    elif event.kind in ("tokens", "finished"):
        state.by_item[event.id] = event.tokens
    state.said = ""  # what was said before the first item is over
    state.items, state.planned = len(told.outcomes), len(items)
    words = list(told.outcomes.values())
    state.solved, state.missing = words.count("solved"), words.count("missing")
    state.tokens = state.kept + sum(state.by_item.values())
    weights = {
        item["id"]: (item["solvedMicronats"], item["failedMicronats"])
        for item in items
        if "solvedMicronats" in item
    }
    if weights:
        state.lower, state.upper = told.plan["lowerMicronats"], told.plan["upperMicronats"]
        state.low = _sum(weights, told.outcomes, "failed")
        state.high = _sum(weights, told.outcomes, "solved")
        step = (state.items, state.low, state.high)
        if not state.path or state.path[-1] != step:
            state.path.append(step)


def _sum(weights: Mapping[str, tuple[int, int]], outcomes: Mapping[str, str], missing: str) -> int:
    """The evidence so far, with what is missing counted as ``missing``."""
    words = ((name, missing if word == "missing" else word) for name, word in outcomes.items())
    return sum(weights[name][0 if word == "solved" else 1] for name, word in words)


def key_of_endpoint(filled: Mapping[str, Any]) -> bytes:
    """The endpoint's key of a filled form, as the vault is to keep it."""
    return str(filled.get("key") or "").encode()
