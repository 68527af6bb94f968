# SPDX-License-Identifier: Apache-2.0
"""The assessors' queue: by risk class, cut to the reviewer hours there are, no date to remember.

An automated first pass has been over every case before a person opens it: what the system can do by
itself it does (``sweep``), and what is left carries an estimate of the hours that it takes. The
queue fills the week with the highest risk first; the rest waits below the line, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.access import View
from proofhouse.errors import InputError
from proofhouse.portal import fields
from proofhouse.portal.cases import AT_ONCE, find, house_of, mine, my_move, stands
from proofhouse.portal.fields import Field
from proofhouse.portal.forms import form
from proofhouse.portal.house import House
from proofhouse.portal.language import N_
from proofhouse.portal.projection import Row
from proofhouse.portal.register import Sent
from proofhouse.portal.render import render, render_form
from proofhouse.portal.visitor import Visitor, need
from proofhouse.rules.window import parse_time

router = APIRouter()

DAY = 86_400
CLASSES = ("high", "medium", "low")

HOURS = {
    "assessor_to_plan": 1,
    "assessor_to_run": 1,
    "run_under_way": 0,
    "assessor_to_determine": 3,
    "assessor_to_offer_terms": 2,
    "assessor_to_plan_review": 1,
    "assessor_to_run_review": 1,
    "review_run_under_way": 0,
    "assessor_to_run_retest": 1,
    "retest_under_way": 0,
    "assessor_to_deliver_findings": 6,
    "closed_findings_to_deliver": 6,
}
"""Reviewer hours that a move takes, as an estimate to plan a week by; set from experience."""

SOON_DAYS = 7
"""A window that ends within so many days goes first in its class."""


@dataclass(frozen=True)
class Place:
    """A case in the queue: its class, the hours it takes, what the first pass saw."""

    row: Row
    risk: str
    hours: int
    days_waiting: int
    days_left: int | None
    first_pass: str
    this_week: bool


def places(rows: list[Row], now: str, hours: int) -> list[Place]:
    """The queue: by class, then by how soon a window ends, then by how long it has waited."""
    found = []
    for row in rows:
        left = (parse_time(row.window_ends) - parse_time(now)) // DAY if row.window_ends else None
        waiting = max(0, (parse_time(now) - parse_time(row.last_at)) // DAY)
        found.append((row, waiting, left))
    found.sort(
        key=lambda one: (
            CLASSES.index(one[0].risk),
            one[2] if one[2] is not None and one[2] <= SOON_DAYS else SOON_DAYS + 1,
            -one[1],
        )
    )
    listed, spent = [], 0
    for row, waiting, left in found:
        takes = HOURS.get(row.state, 1)
        fits = spent + takes <= hours
        spent += takes if fits else 0
        listed.append(Place(row, row.risk, takes, waiting, left, first_pass(row), fits))
    return listed


def first_pass(row: Row) -> str:
    """What the system has done, or seen, before a person opens the case."""
    if row.fixed:
        return N_(
            "The developer says what it fixed, and in which version. A re-test can be planned."
        )
    if row.state == "assessor_to_plan" and not row.probed:
        return N_("Bound to weights alone: it isn’t said where the model can be asked.")
    return {
        "assessor_to_plan": N_("Identity bound, endpoint answered its probe. A plan can be made."),
        "assessor_to_run": N_("The plan’s simulated errors hold. It can be run."),
        "run_under_way": N_("Running by itself."),
        "review_run_under_way": N_("Running by itself."),
        "assessor_to_run_retest": N_("New items are chosen for what was fixed. It can be run."),
        "retest_under_way": N_("Running by itself."),
        "assessor_to_determine": N_("The outcome is computed; held scores wait for a person."),
        "assessor_to_deliver_findings": N_("Findings are drafted with their intervals."),
        "closed_findings_to_deliver": N_("The window is closed; findings are still owed."),
        "assessor_to_offer_terms": N_("The standard clauses are ready to be offered."),
    }.get(row.state, "")


@router.get("/queue", response_class=HTMLResponse)
async def queue_page(
    request: Request, who: Annotated[Visitor, Depends(need("see-queue"))]
) -> HTMLResponse:
    """Whatever waits for an assessor, the highest risk first."""
    found = queue_of(request, who)
    return render(
        request,
        "cases/queue.html",
        this_week=[one for one in found.places if one.this_week],
        later=[one for one in found.places if not one.this_week][:AT_ONCE],
        hours=found.hours,
        spent=found.spent,
        left=found.left,
        stands=lambda row: stands(row, who),
    )


@dataclass(frozen=True)
class Queue:
    """All that waits for an assessor, the hours of a week, how many of them it takes, and how many
    cases have yet to be read.
    """

    places: tuple[Place, ...]
    hours: int
    spent: int
    left: int


def queue_of(request: Request, who: Visitor) -> Queue:
    """The queue as the visitor sees it."""
    house = house_of(request)
    assessors = Visitor(who.person, who.memberships, who.organisation, "assessor")
    rows = [row for row in mine(request, who) if my_move(assessors, row)]
    hours = house.settings.hours_a_week
    listed = places(rows, house.clock(), hours)
    spent = sum(one.hours for one in listed if one.this_week)
    return Queue(tuple(listed), hours, spent, request.app.state.projection.left)


RECUSAL = (Field("reason", "The conflict of interest", kind="area", most=1000),)


@router.get("/cases/{start}/recuse", response_class=HTMLResponse)
async def recuse_form(
    request: Request, who: Annotated[Visitor, Depends(need("recuse"))], start: str
) -> HTMLResponse:
    """Keep out of a case."""
    row = find(request, who, start)
    return render(request, "cases/recuse.html", row=row, fields=RECUSAL)


@router.post("/cases/{start}/recuse")
async def recused(
    request: Request, who: Annotated[Visitor, Depends(need("recuse"))], start: str
) -> Response:
    """Keep out of a case, for good, and say why."""
    row = find(request, who, start)
    keep_out(house_of(request), who, row, fields.read(RECUSAL, await form(request))["reason"])
    return RedirectResponse("/home", 303)


def keep_out(house: House, who: Visitor, row: Row, reason: str) -> None:
    """Keep the visitor out of a case, for good (R8)."""
    assert who.person is not None
    house.access.recuse(who.person.id, row.case, reason, house.clock())


@router.get("/views", response_class=HTMLResponse)
async def views_page(
    request: Request, who: Annotated[Visitor, Depends(need("see-views"))], case: str = ""
) -> HTMLResponse:
    """Who looked at what is confidential: of the own cases, or of all for an inspector."""
    house = house_of(request)
    people = {one.id: one.name for one in house.access.people()}
    organisations = {one.id: one.name for one in house.access.organisations()}
    if case:
        row = find(request, who, case)
        views = house.access.views(case=row.case)
    else:
        views = await anyio.to_thread.run_sync(views_for, request, who)
    return render(
        request, "cases/views.html", views=views, people=people, organisations=organisations
    )


OWN_CASES, VIEWS = 50, 200
"""Of how many cases, the newest first, and how many views a page shows; a case's own shows all."""


def views_for(request: Request, who: Visitor) -> tuple[View, ...]:
    """The newest views of everything for an inspector, of the own cases for everybody else."""
    access = house_of(request).access
    if who.role == "inspector":
        return access.views(most=VIEWS)
    own = [row.case for row in mine(request, who)[:OWN_CASES]]
    found = {view.number: view for case in own for view in access.views(case=case, most=VIEWS)}
    return tuple(found[number] for number in sorted(found, reverse=True)[:VIEWS])


# -------------------------------------------------------------------------------- invitations

INVITATION = (
    Field("organisation", "Whom you invite", kind="choice"),
    Field("contact", "Where an answer may go"),
    Field(
        "text",
        "What it says",
        kind="area",
        most=2000,
        default="You are invited to have a model under development tested. You may ignore this: "
        "nobody will ask why, and no record says that you were invited.",
    ),
)


Inviting = Annotated[Visitor, Depends(need("invite"))]


@router.get("/invite", response_class=HTMLResponse)
async def invite_form(request: Request, who: Inviting, sent: bool = False) -> HTMLResponse:
    """Invite a developer, privately; and whom one's organisation has invited."""
    return _invite_page(request, who, sent=sent)


def _invite_page(
    request: Request,
    who: Visitor,
    filled: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    sent: bool = False,
) -> HTMLResponse:
    house = house_of(request)
    return render_form(
        request,
        "cases/invite.html",
        fields=invitation_of(house),
        filled=filled or {},
        errors=errors or {},
        invited=sent_by(house, who),
        names={one.id: one.name for one in house.access.organisations()},
        sent=sent,
    )


def sent_by(house: House, who: Visitor) -> tuple[Sent, ...]:
    """The invitations that the visitor's organisation has sent, for nobody else to see."""
    if who.organisation is None:
        return ()
    return house.register.sent(who.organisation.id, house.clock())


def invitation_of(house: House) -> tuple[Field, ...]:
    """The fields of an invitation, with whom this house can invite."""
    labs = {
        one.id: one.name
        for one in house.access.organisations()
        if "developer" in one.roles or "steward" in one.roles
    }
    first, *rest = INVITATION
    return (Field(**{**vars(first), "options": labs}), *rest)


@router.post("/invite")
async def invited(request: Request, who: Inviting) -> Response:
    """Send it; whoever ignores it leaves no trace."""
    house, values = house_of(request), await form(request)
    asked = invitation_of(house)
    try:
        filled = fields.read(asked, values)
    except fields.FieldsError as error:
        return _invite_page(request, who, values, error.errors)
    invite(house, who, filled)
    return RedirectResponse("/invite?sent=true", 303)


def invite(house: House, who: Visitor, filled: Mapping[str, Any]) -> None:
    """Keep an invitation until it is answered, or for 30 days."""
    assert who.organisation is not None
    sender = who.organisation.id, who.organisation.name
    house.register.invite(
        filled["organisation"], sender, filled["contact"], filled["text"], house.clock()
    )


@router.post("/invitations/{invitation}")
async def answered(
    request: Request,
    who: Annotated[Visitor, Depends(need("answer-invitation"))],
    invitation: str,
) -> Response:
    """Go on to ask, upon which it is answered, or ignore it: then it is deleted."""
    values = await form(request)
    if values.get("answer") == "ask":
        return RedirectResponse("/begin/inquire", 303)
    ignore(house_of(request), who, invitation)
    return RedirectResponse("/home", 303)


def ignore(house: House, who: Visitor, invitation: str) -> None:
    """Delete an invitation. Raises InputError."""
    if who.organisation is None:
        raise InputError("You act for no organisation.")
    house.register.drop_invitation(invitation, who.organisation.id)
