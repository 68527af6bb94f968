# SPDX-License-Identifier: Apache-2.0
"""Lives a whole inquiry and review on the embedded default, every party played by its own key.

The journey has no memory of its own: it reads the state of the case, and whoever's move it is
moves. One move is one statement. So a journey that was killed goes on from the chain as it stands:

    while (move := MOVES.get(case.state)) and not finished: move(…)

``journey.json`` in the home holds only what is no fact of the case: its id, and what was wished.
It is written before the first statement and removed after bundle and dossier are written.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from proofhouse.bootstrap import BODIES_NEEDED, Home
from proofhouse.desk import (
    admit_partner,
    agree,
    close_window,
    deliver_findings,
    disclose,
    inquire,
    open_window,
    plan_evaluation,
    seal_bank,
    set_threshold,
    state_determination,
    state_run,
    submit,
)
from proofhouse.desk.draft import Draft
from proofhouse.desk.run_evaluation import Conducted, Conductor
from proofhouse.errors import InputError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Budgets, Event, Job, ProbeReport
from proofhouse.failpoints import reach
from proofhouse.keyring import BODIES
from proofhouse.models import Model
from proofhouse.models import reach as reach_model
from proofhouse.rules.registration import Case
from proofhouse.rules.terms import limits
from proofhouse.rules.window import MAXIMUM_DAYS, Window, parse_time

DAY = 86_400
REVIEW_DAYS = 14
"""From the opening of the demonstration's window to the planned release to trusted partners."""

PUBLIC_RELEASE_DAYS = 21


@dataclass(frozen=True)
class Wishes:
    """What the parties of the journey want.

    ``review`` says whether the developer wishes a review if the model is covered, ``struck`` which
    clauses it strikes, ``window_days`` how long before its planned release to trusted partners the
    window opens.
    """

    model: str = "reference/strong"
    base_url: str = ""
    checkpoint: str = "under development"
    safeguard_variant: str = "none"
    review: bool = True
    struck: tuple[str, ...] = ()
    window_days: int = REVIEW_DAYS
    samples_at_once: int = 2
    tokens_per_item: int = 200_000
    turns_per_item: int = 30
    seconds_per_item: int = 300


@dataclass(frozen=True)
class Told:
    """Something to show to who waits: a new statement, or progress of a run."""

    kind: str
    text: str
    case: Case | None = None
    event: Event | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)


Tell = Callable[[Told], None]


@dataclass
class Journey:
    """One case on its way. ``go()`` returns the case at its end."""

    home: Home
    wishes: Wishes
    tell: Tell
    key: str = field(default="", repr=False)
    case_id: str = ""
    continued: bool = False
    _model: Model | None = None
    _report: ProbeReport | None = None

    def go(self) -> Case:
        """Move until nobody has a move left. Raises any ProofhouseError; nothing is half done."""
        _check_window(self.wishes.window_days)
        with reach_model(self.wishes.model, base_url=self.wishes.base_url, key=self.key) as model:
            self._model = model
            self.tell(Told("step", f"Asking {model.name} whether it answers"))
            self._report = asyncio.run(probe(self._job("probe")))
            self._take_up()
            self._commitments()
            while True:
                case = self.home.desk.case(self.case_id)
                move = MOVES.get(case.state)
                draft = move(self, case) if move else None
                if draft is None:
                    return case
                self._register(case, *draft)

    # ------------------------------------------------------------------- taking up and ending

    @property
    def _file(self) -> Path:
        return self.home.path / "journey.json"

    def _take_up(self) -> None:
        """Go on with the journey that was broken off with the same wishes, or begin one."""
        wishes = json.loads(json.dumps(asdict(self.wishes)))
        kept = read_journey(self.home)
        if kept is not None and kept["wishes"] == wishes:
            self.case_id, self.continued = kept["case"], True
            self.tell(Told("continued", f"Going on with the review begun at {kept['begunAt']}"))
            return
        if kept is not None:
            raise InputError(
                f"A review of {kept['wishes']['model']} was broken off in this home.",
                hint="Go on with it by the same options, or leave it with `proofhouse review "
                "--abandon` (its developer then withdraws).",
            )
        self.case_id = secrets.token_hex(32)
        about = {"case": self.case_id, "wishes": wishes, "begunAt": self.home.desk.clock()}
        beside = self._file.with_suffix(".new")
        reach("journey.begin.before")
        beside.write_text(json.dumps(about, indent=2))
        beside.rename(self._file)
        reach("journey.begin.after")

    def finish(self) -> None:
        """Forget the journey: its bundle and dossier are written."""
        reach("journey.end.before")
        self._file.unlink(missing_ok=True)
        reach("journey.end.after")

    def _register(self, case: Case, draft: Draft, *roles: str) -> None:
        keys = [self.home.keys[role] for role in roles]
        notice = None
        if isinstance(draft, state_determination.WithNotice):
            notice = draft.notice.signed(*keys)
            draft = draft.statement(notice)
        entry = self.home.desk.register(draft.signed(*keys), draft.openings, notice=notice)
        self.tell(Told("statement", entry.name, case=self.home.desk.case(self.case_id)))

    # --------------------------------------------------------------------- bank and threshold

    def _commitments(self) -> None:
        """Commit bank and threshold, once a home; whatever comes after is measured by them."""
        now, open_by = self.home.desk.clock(), _in_days(self.home.desk.clock(), 365)
        keys = [self.home.keys[name] for name in BODIES[:BODIES_NEEDED]]
        bank = plan_evaluation.active_bank(self.home.desk)
        if bank is None:
            seed = secrets.token_bytes(32)
            draft = seal_bank.draft(
                plan_evaluation.describe_bank(BODIES), seed, at=now, open_by=open_by
            )
            self.home.desk.register(draft.signed(*keys), draft.openings)
            bank = plan_evaluation.active_bank(self.home.desk)
            assert bank is not None
            self.tell(Told("commitment", "bank-commitment"))
        if plan_evaluation.active_threshold(self.home.desk, bank.entry) is None:
            draft = set_threshold.draft(
                bank.entry,
                plan_evaluation.draw_threshold(),
                decided_by=BODIES,
                consulted=["office that the bodies consult"],
                at=now,
                open_by=open_by,
            )
            self.home.desk.register(draft.signed(*keys), draft.openings)
            self.tell(Told("commitment", "threshold-commitment"))

    # -------------------------------------------------------------------------------- a run

    def _job(self, name: str) -> Job:
        assert self._model is not None
        return Job(
            model=self._model.spec,
            log_directory=self.home.scratch(name),
            budgets=Budgets(
                tokens=self.wishes.tokens_per_item,
                turns=self.wishes.turns_per_item,
                seconds=self.wishes.seconds_per_item,
            ),
            samples_at_once=self.wishes.samples_at_once,
        )

    def _conduct(self, case: Case, order: plan_evaluation.Order) -> Conducted:
        """Run the newest plan of the case to its end."""
        bank = plan_evaluation.active_bank(self.home.desk)
        assert bank is not None
        job = self._job(case.need("run-started").digest[:16])
        plan = plan_evaluation.opened_plan(self.home.desk, case)

        def tell(event: Event, outcomes: Mapping[str, str]) -> None:
            self.tell(Told("progress", event.kind, case, event, outcomes, plan))

        self.tell(Told("progress", "begin", case, None, {}, plan))
        conductor = Conductor(
            self.home.desk, case, job, order, seed=plan_evaluation.seed_of(bank), tell=tell
        )
        conducted = asyncio.run(conductor.conduct())
        self.home.keep_logs(case.id, job.log_directory)
        return conducted


Move = Callable[[Journey, Case], tuple[Any, ...] | None]


def _inquire(journey: Journey, case: Case) -> tuple[Draft, str]:
    bank = _bank(journey)
    draft = inquire.draft(
        case,
        bank.entry,
        developer="Example Lab",
        contact="models@lab.example",
        at=journey.home.desk.clock(),
    )
    return draft, "developer"


def _submit(journey: Journey, case: Case) -> tuple[Draft, str]:
    bank = _bank(journey)
    threshold = plan_evaluation.active_threshold(journey.home.desk, bank.entry)
    model, report = journey._model, journey._report
    assert threshold is not None
    assert model is not None
    assert report is not None
    identity = submit.Identity(
        name=model.name,
        provider=model.spec.name.split("/")[0],
        endpoint=model.endpoint,
        checkpoint=journey.wishes.checkpoint,
        safeguard_variant=journey.wishes.safeguard_variant,
        weights=model.weights,
        fingerprint=("probe/v1", report.fingerprint),
    )
    at = journey.home.desk.clock()
    return submit.draft(case, bank.entry, threshold.entry, identity, at=at), "developer"


def _plan(journey: Journey, case: Case) -> tuple[Draft, str]:
    draft = plan_evaluation.for_determination(
        journey.home.desk, case, _setting(journey), at=journey.home.desk.clock()
    )
    return draft, "assessor"


def _plan_review(journey: Journey, case: Case) -> tuple[Draft, str]:
    answers = case.need("terms-answered").predicate["answers"]
    if "run_for_findings" in limits(answers):
        return _close(journey, case)
    draft = plan_evaluation.for_findings(case, _setting(journey), at=journey.home.desk.clock())
    return draft, "assessor"


def _start_run(journey: Journey, case: Case) -> tuple[Draft, str]:
    report = journey._report
    assert report is not None
    harness = plan_evaluation.harness_of(report.harness)
    return state_run.start(case, harness, at=journey.home.desk.clock()), "assessor"


def _run(journey: Journey, case: Case) -> tuple[Draft, str]:
    plan = plan_evaluation.opened_plan(journey.home.desk, case)
    conducted = journey._conduct(case, plan_evaluation.order_of(plan))
    ids = [item["id"] for item in plan["items"]]
    return state_run.end(case, ids, conducted, at=journey.home.desk.clock()), "assessor"


def _determine(journey: Journey, case: Case) -> tuple[Any, str]:
    return state_determination.determine_case(
        journey.home.desk, case, decided_by=["assessor"], at=journey.home.desk.clock()
    ), "assessor"


def _disclose_or_end(journey: Journey, case: Case) -> tuple[Draft, str] | None:
    result = case.need("determination")
    if not any(e.predicate["of"] == result.digest for e in case.all("disclosure")):
        draft = disclose.draft(
            case,
            result,
            recipient="developer",
            redactions=["threshold", "plan", "evidence"],
            reason="The developer asked; the threshold stays sealed until it is opened for all.",
            at=journey.home.desk.clock(),
        )
        return draft, "assessor"
    return None


def _covered(journey: Journey, case: Case) -> tuple[Draft, str] | None:
    move = _disclose_or_end(journey, case)
    if move is None and journey.wishes.review:
        return agree.request(case, at=journey.home.desk.clock()), "developer"
    return move


def _offer(journey: Journey, case: Case) -> tuple[Draft, str]:
    return agree.offer(case, at=journey.home.desk.clock()), "assessor"


def _answer(journey: Journey, case: Case) -> tuple[Draft, str]:
    struck = journey.wishes.struck
    return agree.answer(case, struck=struck, at=journey.home.desk.clock()), "developer"


def _open(journey: Journey, case: Case) -> tuple[Draft, str]:
    at = journey.home.desk.clock()
    now = parse_time(at)
    window = Window(
        opens_at=now,
        planned_partner_release_at=now + journey.wishes.window_days * DAY,
        planned_public_release_at=now + (journey.wishes.window_days + 7) * DAY,
        maximum_days=MAXIMUM_DAYS,
    )
    return open_window.draft(case, window, at=at), "developer"


def _deliver(journey: Journey, case: Case) -> tuple[Draft, str]:
    draft = deliver_findings.draft_from(journey.home.desk, case, at=journey.home.desk.clock())
    return draft, "assessor"


def _receive(journey: Journey, case: Case) -> tuple[Draft, str]:
    return deliver_findings.receive(case, at=journey.home.desk.clock()), "developer"


def _admit_or_close(journey: Journey, case: Case) -> tuple[Any, ...]:
    answers = case.need("terms-answered").predicate["answers"]
    if case.last("partner-access") is not None or "partner_access" in limits(answers):
        return _close(journey, case)
    draft = admit_partner.grant(
        case,
        partner="Example Water Utility",
        sector="water",
        partner_key=journey.home.keys["partner"].keyid,
        purpose="Find and close flaws in the utility's own control software.",
        ends_at=case.need("window-opened").predicate["endsAt"],
        at=journey.home.desk.clock(),
    )
    return draft, "developer", "assessor"


def _accept(journey: Journey, case: Case) -> tuple[Draft, str]:
    return admit_partner.accept(case, at=journey.home.desk.clock()), "partner"


def _close(journey: Journey, case: Case) -> tuple[Draft, str]:
    return close_window.draft(case, at=journey.home.desk.clock()), "registrar"


MOVES: dict[str, Move] = {
    "developer_may_inquire": _inquire,
    "developer_to_submit": _submit,
    "assessor_to_plan": _plan,
    "assessor_to_run": _start_run,
    "run_under_way": _run,
    "assessor_to_determine": _determine,
    "covered": _covered,
    "not_covered": _disclose_or_end,
    "inconclusive": _disclose_or_end,
    "assessor_to_offer_terms": _offer,
    "developer_to_answer_terms": _answer,
    "developer_to_open_window": _open,
    "assessor_to_plan_review": _plan_review,
    "assessor_to_run_review": _start_run,
    "review_run_under_way": _run,
    "assessor_to_deliver_findings": _deliver,
    "developer_to_receive_findings": _receive,
    "findings_received": _admit_or_close,
    "partner_to_accept": _accept,
    "withdrawn_run_and_window_to_close": _close,
    "withdrawn_window_to_close": _close,
}
"""Whoever's move it is → what the journey does for it: a draft and the roles that sign it."""
