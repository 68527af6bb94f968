# SPDX-License-Identifier: Apache-2.0
"""Whose move it is → what is done: one statement a move, made by the party whose state it is.

    MOVES["developer_to_submit"](table, case)  →  Made(draft, ("developer",))

A move reads the case and drafts; it signs nothing and registers nothing. ``None`` says that nobody
has a move left. What takes long (a run) keeps what it has finished, so that a move can be made
again after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from proofhouse.desk import (
    admit_partner,
    agree,
    close_window,
    deliver_findings,
    disclose,
    held_scores,
    inquire,
    open_window,
    plan_evaluation,
    state_determination,
    state_run,
    submit,
)
from proofhouse.desk.banks import families_here
from proofhouse.desk.desk import Desk, Kept
from proofhouse.desk.draft import Draft
from proofhouse.desk.measure import seed_of
from proofhouse.desk.opened import values
from proofhouse.desk.run_evaluation import Conducted, Conductor, recall
from proofhouse.errors import RefusedError
from proofhouse.evaluation.types import PROBE, Event, Job, ProbeReport
from proofhouse.formats.envelope import Envelope
from proofhouse.journey.journal import Wishes
from proofhouse.models import Model
from proofhouse.rules.party import Party
from proofhouse.rules.registration import ANSWERS, Case, Entry
from proofhouse.rules.runs import SECOND_READER
from proofhouse.rules.terms import limits
from proofhouse.rules.window import MAXIMUM_DAYS, Window, parse_time, print_time
from proofhouse.said import say

DAY = 86_400
PUBLIC_RELEASE_AFTER_DAYS = 7
"""From the planned release to trusted partners to the planned public one."""


@dataclass(frozen=True)
class Made:
    """A draft and the roles that are to sign it."""

    draft: Draft
    roles: tuple[str, ...]


@dataclass(frozen=True)
class MadeInTwo:
    """A public notice, and the draft that cites it once it is signed; both enter together."""

    notice: Draft
    then: Callable[[Envelope], Draft]
    roles: tuple[str, ...]


class Table(Protocol):
    """What moves are made with."""

    @property
    def desk(self) -> Desk:
        """The desk of the home."""

    @property
    def wishes(self) -> Wishes:
        """What the parties want."""

    @property
    def model(self) -> Model:
        """The model under test."""

    @property
    def report(self) -> ProbeReport:
        """How it answered the probe."""

    @property
    def bank(self) -> Kept:
        """The bank it is measured with."""

    @property
    def threshold(self) -> Kept:
        """The threshold it is measured by."""

    @property
    def developer_key(self) -> str:
        """The key id of the developer."""

    @property
    def partner_key(self) -> str:
        """The key id of the trusted partner."""

    def job(self, case: Case) -> Job:
        """The job of the case's newest run."""

    def begin(self, plan: Mapping[str, object], kept: Conducted) -> None:
        """Tell who waits that a run begins, or goes on from what was kept."""

    def progress(
        self, plan: Mapping[str, object], outcomes: Mapping[str, str], event: Event
    ) -> None:
        """Tell who waits what happened in it."""


Move = Callable[[Table, Case], Made | MadeInTwo | None]


def names_of(desk: Desk, role: str) -> tuple[str, ...]:
    """What the policy calls the parties in a role; a statement names them so."""
    return tuple(issuer.name for issuer in desk.policy.issuers[role])


def window_from(opens_at: str, wishes: Wishes) -> Window:
    """The access window that opens then. Raises RefusedError if it were too long (R3)."""
    ends = parse_time(opens_at) + wishes.window_days * DAY
    return Window(
        opens_at=opens_at,
        planned_partner_release_at=print_time(ends),
        planned_public_release_at=print_time(ends + PUBLIC_RELEASE_AFTER_DAYS * DAY),
        maximum_days=MAXIMUM_DAYS,
    )


RUN_TO_END = (
    "closed_run_to_end",
    "withdrawn_run_to_end",
    "withdrawn_run_and_window_to_close",
)
"""The developer has left, or the window has closed, while a run was under way."""


def end_run(desk: Desk, case: Case) -> Made:
    """The end of such a run, with what was finished before: every run ends in a statement (R16)."""
    plan = plan_evaluation.opened(desk, case, "plan", "plan")
    ids = [item["id"] for item in plan["items"]]
    kept, failed = recall(desk, case), ""
    if case.state != "closed_run_to_end":
        kept.stopped = "developer withdrew"
    elif any(outcome != "missing" for outcome in kept.outcomes.values()):
        kept.stopped = "window closing"
    else:
        failed = "the window closed before any item was scored"
    draft = state_run.end(case, ids, kept, at=desk.clock(), failed=failed)
    return Made(draft, ("assessor",))


def after_withdrawal(desk: Desk, case: Case) -> Made | None:
    """What is still to be closed after the developer has left: the run, then the window."""
    if case.state in RUN_TO_END:
        return end_run(desk, case)
    if case.state == "withdrawn_window_to_close":
        return Made(close_window.draft(case, at=desk.clock()), ("registrar",))
    return None


def _inquire(table: Table, case: Case) -> Made:
    draft = inquire.draft(
        case,
        table.bank.entry,
        Party("developer", 1, (table.developer_key,)),
        developer="Example Lab",
        contact="models@lab.example",
        at=table.desk.clock(),
    )
    return Made(draft, ("developer",))


def _submit(table: Table, case: Case) -> Made:
    model = table.model
    identity = submit.Identity(
        name=model.name,
        provider=model.spec.name.split("/")[0],
        endpoint=model.endpoint,
        checkpoint=table.wishes.checkpoint,
        safeguard_variant=table.wishes.safeguard_variant,
        weights=model.weights,
        fingerprint=(PROBE, table.report.fingerprint),
    )
    draft = submit.draft(
        case, table.bank.entry, table.threshold.entry, identity, at=table.desk.clock()
    )
    return Made(draft, ("developer",))


def _plan(table: Table, case: Case) -> Made:
    draft = plan_evaluation.for_determination(
        case,
        table.bank,
        table.threshold,
        _setting(table),
        at=table.desk.clock(),
        families=families_here(table.desk, table.bank),
    )
    return Made(draft, ("assessor",))


def _plan_review(table: Table, case: Case) -> Made:
    if "run_for_findings" in limits(case.need("terms-answered").predicate["answers"]):
        return _close(table, case)
    draft = plan_evaluation.for_findings(
        case,
        _setting(table),
        at=table.desk.clock(),
        families=families_here(table.desk, table.bank),
    )
    return Made(draft, ("assessor",))


def plan_retest(table: Table, case: Case, names: Sequence[str], items: int) -> Made:
    """The assessor's plan to test the findings ``names`` again, on so many new items each."""
    draft = plan_evaluation.for_retest(
        case,
        _setting(table),
        names,
        values(table.desk, case.id),
        at=table.desk.clock(),
        items=items,
        families=families_here(table.desk, table.bank),
    )
    return Made(draft, ("assessor",))


def _setting(table: Table) -> plan_evaluation.Setting:
    harness = table.report.harness
    return plan_evaluation.Setting(harness, harness.budgets)


def _start_run(table: Table, case: Case) -> Made:
    answers = {ANSWERS: f"{PROBE} {table.report.fingerprint}"}
    harness = plan_evaluation.harness_of(table.report.harness) | answers
    return Made(state_run.start(case, harness, at=table.desk.clock()), ("assessor",))


def _run(table: Table, case: Case) -> Made | None:
    _check_same_model(table, case)
    job = table.job(case)
    _check_same_reader(job, case)
    plan = plan_evaluation.opened(table.desk, case, "plan", "plan")
    table.begin(plan, recall(table.desk, case))
    conductor = Conductor(
        table.desk,
        case,
        job,
        plan_evaluation.order_of(plan),
        seed=seed_of(table.bank),
        families=families_here(table.desk, table.bank),
        alarm=plan_evaluation.alarm_of(plan),
        tell=lambda event, outcomes: table.progress(plan, outcomes, event),
    )
    conducted = asyncio.run(conductor.conduct())
    case = table.desk.case(case.id)  # it may have moved meanwhile: its developer may leave (R1)
    if case.state in RUN_TO_END:
        return end_run(table.desk, case)
    if MOVES.get(case.state) is not _run:
        return None  # somebody else has ended the run
    ids = [item["id"] for item in plan["items"]]
    at, failed = table.desk.clock(), ""
    window = case.last("window-opened")
    if window is not None and at >= window.predicate["endsAt"]:
        conducted.stopped = "window closing"
    for measured in (table.bank, table.threshold):
        if table.desk.find_clear("opening", measured.entry.digest) is not None:
            failed = "what it is measured by was opened to everybody before it had ended"
    return Made(state_run.end(case, ids, conducted, at=at, failed=failed), ("assessor",))


def _end_run(table: Table, case: Case) -> Made:
    return end_run(table.desk, case)


def _check_same_model(table: Table, case: Case) -> None:
    """What is run has the weights that were submitted (R17).

    Nobody sees weights behind an endpoint: there a model that was also bound to its answers may
    state a digest, and what is asked is the endpoint that was submitted.
    """
    submitted, bound = plan_evaluation.under_test(table.desk, case)
    behind = table.model.endpoint is not None and submitted["endpoint"] == table.model.endpoint
    unseen = table.model.weights is None and behind and bound["fingerprint"] is not None
    if not unseen and bound["weightsDigest"] != table.model.weights:
        raise RefusedError(
            "The model has changed since it was submitted: its weights are others.",
            rule="R17",
            hint="A result binds to what was submitted. Put that back and repeat, or let the "
            "developer withdraw: proofhouse review --abandon",
        )


def _check_same_reader(job: Job, case: Case) -> None:
    """One run is read by one second reader, or by none: its statement says which (R13)."""
    named = case.need("run-started").predicate["harness"].get(SECOND_READER, "")
    here = "" if job.reader is None else job.reader.name
    if here != named:
        raise RefusedError(
            say(
                "The run was started with %(begun)s second reader, and goes on with %(now)s.",
                begun=named or "no",
                now=here or "none",
            ),
            rule="R13",
            hint=say("Go on with --scan-model %(named)s", named=named)
            if named
            else "Leave --scan-model.",
        )


def _determine(table: Table, case: Case) -> MadeInTwo:
    known = values(table.desk, case.id)
    return determination(
        case,
        lambda entry, name: known[entry.predicate[name]["salted"]],
        decided_by=names_of(table.desk, "assessor"),
        consulted=names_of(table.desk, "body"),
        at=table.desk.clock(),
    )


def determination(
    case: Case,
    value: Callable[[Entry, str], Any],
    *,
    decided_by: Sequence[str],
    consulted: Sequence[str],
    at: str,
) -> MadeInTwo:
    """What plan, outcomes and decisions on held scores come to, with its public notice (R6).

    ``value`` gives what a hidden field of a statement holds. Raises RefusedError.
    """
    planned, ran = case.need("plan"), case.need("run-ended")
    decided = state_determination.decide(
        value(planned, "plan"),
        value(ran, "outcomes"),
        ran,
        planned,
        held_scores.decisions(case, value),
    )
    notice = state_determination.notice(case, decided, at=at)

    def then(published: Envelope) -> Draft:
        return state_determination.draft(
            case,
            decided,
            notice,
            published,
            decided_by=decided_by,
            consulted=consulted,
            at=at,
        )

    return MadeInTwo(notice, then, ("assessor",))


def _disclose_or_end(table: Table, case: Case) -> Made | None:
    result = case.need("determination")
    if any(entry.predicate["of"] == result.digest for entry in case.all("disclosure")):
        return None
    draft = disclose.draft(
        case,
        result,
        recipient="developer",
        redactions=["threshold", "plan", "evidence"],
        reason="The developer asked; the threshold stays sealed until it is opened for all.",
        at=table.desk.clock(),
    )
    return Made(draft, ("assessor",))


def _covered(table: Table, case: Case) -> Made | None:
    move = _disclose_or_end(table, case)
    if move is None and table.wishes.review:
        return Made(agree.request(case, at=table.desk.clock()), ("developer",))
    return move


def _offer(table: Table, case: Case) -> Made:
    return Made(agree.offer(case, at=table.desk.clock()), ("assessor",))


def _answer(table: Table, case: Case) -> Made:
    draft = agree.answer(case, struck=table.wishes.struck, at=table.desk.clock())
    return Made(draft, ("developer",))


def _open(table: Table, case: Case) -> Made:
    at = table.desk.clock()
    return Made(open_window.draft(case, window_from(at, table.wishes), at=at), ("developer",))


def _deliver(table: Table, case: Case) -> Made:
    known = values(table.desk, case.id)
    return findings(
        case, lambda entry, name: known[entry.predicate[name]["salted"]], at=table.desk.clock()
    )


def findings(case: Case, value: Callable[[Entry, str], Any], *, at: str) -> Made:
    """What the newest run shows, held scores as they were decided.

    ``value`` gives what a hidden field of a statement holds. Raises InputError, RefusedError.
    """
    draft = deliver_findings.draft(
        case,
        value(case.need("run-ended"), "outcomes"),
        at=at,
        decisions=held_scores.decisions(case, value),
        value=value,
    )
    return Made(draft, ("assessor",))


def _receive(table: Table, case: Case) -> Made:
    return Made(deliver_findings.receive(case, at=table.desk.clock()), ("developer",))


def _admit_or_close(table: Table, case: Case) -> Made:
    answers = case.need("terms-answered").predicate["answers"]
    if case.last("partner-access") is not None or "partner_access" in limits(answers):
        return _close(table, case)
    draft = admit_partner.grant(
        case,
        partner="Example Water Utility",
        sector="water",
        partner_key=table.partner_key,
        purpose="Find and close flaws in the utility's own control software.",
        ends_at=case.need("window-opened").predicate["endsAt"],
        at=table.desk.clock(),
    )
    return Made(draft, ("developer", "assessor"))


def _accept(table: Table, case: Case) -> Made:
    return Made(admit_partner.accept(case, at=table.desk.clock()), ("partner",))


def _close(table: Table, case: Case) -> Made:
    return Made(close_window.draft(case, at=table.desk.clock()), ("registrar",))


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
    "assessor_to_run_retest": _start_run,
    "retest_under_way": _run,
    "partner_to_accept": _accept,
    # The window has ended while something was still owed: it is owed all the same (R13).
    "closed_run_to_end": _end_run,
    "closed_findings_to_deliver": _deliver,
    "closed_findings_to_receive": _receive,
}
"""Whoever's move it is → what is done."""
