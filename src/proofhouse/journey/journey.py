# SPDX-License-Identifier: Apache-2.0
"""The loop: read the case, let whoever's move it is move, register what they sign, again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from proofhouse.bootstrap import BODIES_NEEDED, Home
from proofhouse.desk import banks, measure, seal_bank, set_threshold, withdraw
from proofhouse.desk.desk import CLEAR_OPENINGS, Desk, Kept
from proofhouse.desk.draft import Draft
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.errors import InputError, RefusedError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Budgets, Event, Job, ProbeReport
from proofhouse.formats.leaf import seal
from proofhouse.journey import moves
from proofhouse.journey.journal import Broken, Journal, Wishes
from proofhouse.journey.told import Progress, Registered, Said, Tell
from proofhouse.keyring import BODIES
from proofhouse.models import Model, reach
from proofhouse.rules.registration import Case, waiting_scores
from proofhouse.rules.window import parse_time, print_time
from proofhouse.said import say
from proofhouse.sandbox import check_tier

TIER = "bwrap"
"""Where the model's commands, and the programs of the bank, run."""

OPEN_AFTER_DAYS = 365
"""When bank and threshold of a home are to be opened, counted from their commitment."""


@dataclass
class Journey:
    """One case on its way: ``Journey(home, wishes, tell, key).go()``."""

    home: Home
    wishes: Wishes
    tell: Tell
    key: str = ""

    def go(self) -> Case:
        """Move until nobody has a move left; the case as it then stands.

        Raises any ProofhouseError. What was registered stands, and calling again goes on.
        """
        moves.window_from(self.home.desk.clock(), self.wishes)  # refuse a wrong one at once (R3)
        check_tier(TIER)
        self._check_not_another()
        with reach(self.wishes.model, base_url=self.wishes.base_url, key=self.key) as model:
            self.tell(Said(f"Asking {model.name} whether it answers"))
            report = asyncio.run(probe(self._job(model, "probe")))
            self._look_back()
            bank, threshold = self._commitments()
            table = _Table(self, model, report, bank, threshold)
            return self._move_on(self._take_up(), table)

    def _move_on(self, case_id: str, table: _Table) -> Case:
        while True:
            case = self.home.desk.case(case_id)
            if held := waiting_scores(case):
                self.tell(Said(f"Scores held, which count as missing: {held}"))
            move = moves.MOVES.get(case.state)
            made = move(table, case) if move else None
            if made is None:
                return case
            register(self.home, made, self.tell)

    # -------------------------------------------------------------------- taking up, beginning

    def _check_not_another(self) -> None:
        broken = Journal(self.home.path).read()
        if broken is not None and broken.wishes != self.wishes:
            raise InputError(
                say(
                    "A review of %(model)s, begun at %(begun_at)s, was broken off.",
                    model=broken.wishes.model,
                    begun_at=broken.begun_at,
                ),
                hint="Go on with it by the same options, or let its developer withdraw: "
                "proofhouse review --abandon",
            )

    def _look_back(self) -> None:
        """See what a journey that was broken off left, and whether this program can go on with it.

        A case is measured with one bank from its inquiry on: another generator would make other
        items of the same seed (R16). Bodies that a crash kept from the log are taken back.
        """
        desk, broken = self.home.desk, Journal(self.home.path).read()
        drop_unregistered(desk, broken.case if broken else None)
        inquiry = desk.case(broken.case).last("inquiry") if broken else None
        if broken is None or inquiry is None:
            return
        bank = measure.active_bank(desk)
        if bank is None or bank.entry.digest != inquiry.predicate["bank"]:
            raise RefusedError(
                say(
                    "The review begun at %(begun_at)s is measured with a bank that this program "
                    "does not make items of.",
                    begun_at=broken.begun_at,
                ),
                rule="R16",
                hint="Go on with it by the program that began it, or let its developer withdraw: "
                "proofhouse review --abandon",
            )

    def _take_up(self) -> str:
        """The case of the journey that was broken off, or of a new one."""
        journal = Journal(self.home.path)
        broken = journal.read()
        if broken is not None:
            self.tell(Said(f"Going on with the review begun at {broken.begun_at}"))
            return broken.case
        begun = Broken(secrets.token_hex(32), self.wishes, self.home.desk.clock())
        journal.begin(begun)
        return begun.case

    def _commitments(self) -> tuple[Kept, Kept]:
        """Bank and threshold of this home, committed by their owners if they are not yet (R16)."""
        desk = self.home.desk
        owners = moves.names_of(desk, "body")
        now = desk.clock()
        open_by = print_time(parse_time(now) + OPEN_AFTER_DAYS * moves.DAY)
        bank = measure.active_bank(desk)
        if bank is None:
            bank_draft = seal_bank.draft(
                measure.describe_bank(desk, owners),
                secrets.token_bytes(32),
                at=now,
                open_by=open_by,
            )
            bank = self._by_the_bodies(bank_draft)
        threshold = measure.active_threshold(desk, bank.entry)
        if threshold is None:
            threshold_draft = set_threshold.draft(
                bank.entry,
                measure.draw_threshold(banks.families_here(desk, bank)),
                decided_by=owners,
                consulted=moves.names_of(desk, "assessor"),
                at=now,
                open_by=open_by,
            )
            threshold = self._by_the_bodies(threshold_draft)
        return bank, threshold

    def _by_the_bodies(self, draft: Draft) -> Kept:
        keys = [self.home.keys[name] for name in BODIES[:BODIES_NEEDED]]
        entry = self.home.desk.register(draft.signed(*keys), draft.openings)
        self.tell(Registered(entry))
        return self.home.desk.clear(entry.index)

    def _job(self, model: Model, name: str) -> Job:
        return Job(
            model=model.spec,
            log_directory=self.home.scratch(name),
            budgets=Budgets(
                tokens=self.wishes.tokens_per_item,
                turns=self.wishes.turns_per_item,
                seconds=self.wishes.seconds_per_item,
            ),
            samples_at_once=self.wishes.samples_at_once,
        )


@dataclass(frozen=True)
class _Table:
    """What the moves are made with (implements ``moves.Table``)."""

    journey: Journey
    model: Model
    report: ProbeReport
    bank: Kept
    threshold: Kept

    @property
    def desk(self) -> Desk:
        return self.journey.home.desk

    @property
    def wishes(self) -> Wishes:
        return self.journey.wishes

    @property
    def developer_key(self) -> str:
        return self.journey.home.keys["developer"].keyid

    @property
    def partner_key(self) -> str:
        return self.journey.home.keys["partner"].keyid

    def job(self, case: Case) -> Job:
        """The job of the newest run of ``case``."""
        return self.journey._job(self.model, case.need("run-started").digest[:16])

    def begin(self, plan: Mapping[str, object], kept: Conducted) -> None:
        """Tell who waits that a run begins, or goes on from what was kept."""
        milliseconds = kept.total("milliseconds") // self.wishes.samples_at_once
        budget = self.wishes.tokens_per_item
        self.journey.tell(Progress(plan, kept.outcomes, None, kept.spent, milliseconds, budget))

    def progress(
        self, plan: Mapping[str, object], outcomes: Mapping[str, str], event: Event
    ) -> None:
        """Tell who waits what happened in it."""
        self.journey.tell(Progress(plan, dict(outcomes), event))


def register(home: Home, made: moves.Made | moves.MadeInTwo, tell: Tell) -> None:
    """Sign a draft with the keys of its makers and hand it to the desk."""
    keys = [home.keys[role] for role in made.roles]
    notice, draft = None, None
    if isinstance(made, moves.MadeInTwo):
        notice = made.notice.signed(*keys)
        draft = made.then(notice)
    else:
        draft = made.draft
    entry = home.desk.register(draft.signed(*keys), draft.openings, notice=notice)
    published = home.desk.find_clear("statement", notice.digest) if notice else None
    if published is not None:
        tell(Registered(published.entry))
    tell(Registered(entry))


def drop_unregistered(desk: Desk, case_id: str | None) -> None:
    """Take back the bodies that were kept for statements which then did not reach the log."""
    for body in desk.vault.bodies(CLEAR_OPENINGS):
        if desk.find_clear("statement", body.sealed) is None:
            desk.vault.drop(CLEAR_OPENINGS, body.sealed)
    if case_id is not None:
        reached = {
            seal(kept.envelope.to_bytes(), kept.salt)
            for kept in desk.statements(case_id)
            if kept.salt is not None
        }
        for sealed in desk.vault.orphans(case_id, reached):
            desk.vault.drop(case_id, sealed)


def abandon(home: Home, tell: Tell) -> Case:
    """The developer withdraws from the journey that was broken off; what is open is closed (R1).

    Raises InputError if no journey was broken off, RefusedError if its case has ended already.
    """
    broken = Journal(home.path).read()
    if broken is None:
        raise InputError("No review was broken off in this home.")
    case = home.desk.case(broken.case)
    if not case.entries:
        raise RefusedError(
            "The review was broken off before its first statement: there is nothing to withdraw.",
            rule="R1",
            hint=say("Remove %(path)s to begin another.", path=Journal(home.path).path),
        )
    made: moves.Made | None = moves.Made(withdraw.draft(case, at=home.desk.clock()), ("developer",))
    while made is not None:
        register(home, made, tell)
        case = home.desk.case(broken.case)
        made = moves.after_withdrawal(home.desk, case)
    return case
