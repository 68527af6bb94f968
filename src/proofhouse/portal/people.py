# SPDX-License-Identifier: Apache-2.0
"""Who belongs here: organisations, people, their roles, and the links by which they come in.

    GET  /people                      everybody
    POST /people/organisations        a new organisation, with a key of its own if it signs
    POST /people                      a new person with a role; their link is shown once
    GET  /people/ID                   one person
    POST /people/ID/join, leave, invite, deactivate, activate

For administrators. They let people in and see who keeps out of which case; by this role they open
no case. A link is handed over by another way than this page, to whom it is for: whoever has it
comes in as them, and they see on their own page that it was made, by whom, and used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.access import Access, Membership, Organisation, Person
from proofhouse.access.table import ROLES, SIGNS_AS
from proofhouse.errors import InputError, RefusedError
from proofhouse.portal import flash
from proofhouse.portal.fields import NotThereError
from proofhouse.portal.forms import form
from proofhouse.portal.house import House
from proofhouse.portal.language import N_
from proofhouse.portal.register import SECTORS, SIZES
from proofhouse.portal.render import render
from proofhouse.portal.sign_in import house_of, text_of, work
from proofhouse.portal.visitor import Visitor, need
from proofhouse.rules.window import parse_time, print_time

router = APIRouter()

Managing = Annotated[Visitor, Depends(need("manage-people"))]

INVITATION_SECONDS = 2 * 86_400

WHAT: dict[str, str] = {
    "developer": N_("develops models and has them tested"),
    "steward": N_("speaks, with others, for a project without an owner"),
    "assessor": N_("runs the tests, determines, writes findings"),
    "partner": N_("defends infrastructure with early access"),
    "body": N_("owns bank and threshold, with others"),
    "registrar": N_("closes windows and keeps the log"),
    "inspector": N_("opens what was sealed and checks it; signs nothing"),
    "administrator": N_("lets people in; opens no case"),
}
"""What the people of a role do."""


@dataclass(frozen=True)
class Listed:
    """A person in the list, with what they may act as and whether they can come in."""

    person: Person
    memberships: tuple[Membership, ...]
    passkeys: int


@router.get("/people", response_class=HTMLResponse)
async def people(request: Request, _who: Managing) -> HTMLResponse:
    """Everybody, every organisation, and who keeps out of which case. ``of`` is the organisation
    that somebody is to be invited for.
    """
    added = flash.take(request, "organisation", request.query_params.get("added", ""))
    of, here = request.query_params.get("of", ""), house_of(request).access.organisations()
    places = [f"{one.id}/{role}" for one in here for role in one.roles if one.id == of]
    chosen = {"acting": places[0]} if len(places) == 1 else {}
    return await _page(request, filled=chosen, added=added)


async def _page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
    access = house_of(request).access

    def told() -> dict[str, Any]:
        everybody = access.people()
        return {
            "listed": [
                Listed(one, access.memberships(one.id), len(access.passkeys(one.id)))
                for one in everybody
            ],
            "organisations": access.organisations(),
            "spare": len(house_of(request).spare("body")),
            "recusals": access.recusals(),
            "names": {one.id: one.name for one in everybody},
        }

    choices = {"what": WHAT, "sectors": SECTORS, "sizes": SIZES}
    context = {**await work(told), **choices, "error": "", "filled": {}, "added": None, **more}
    return render(request, "people/people.html", status, **context)


@router.post("/people/organisations", response_class=HTMLResponse)
async def add_organisation(request: Request, _who: Managing) -> Response:
    """A new organisation in one role; if it signs, by a key that this house holds for it."""
    values = await form(request)
    house = house_of(request)
    role = text_of(values, "role")
    name, sector, size = (text_of(values, one) for one in ("organisation", "sector", "size"))
    try:
        made = await work(lambda: found_organisation(house, name, role, sector=sector, size=size))
    except InputError as error:
        return await _page(request, 422, error=error.message, filled=values)
    shown = flash.keep(request, "organisation", made.name)
    return RedirectResponse(f"/people?of={made.id}&added={shown}", 303)


def found_organisation(
    house: House, name: str, role: str, *, sector: str = "", size: str = ""
) -> Organisation:
    """A new organisation in ``role``; if it signs, by a key that this house holds for it.

    Raises InputError.
    """
    if role not in ROLES:
        raise InputError("Choose what the organisation does here.")
    if sector not in ("", *SECTORS) or size not in ("", *SIZES):
        raise InputError("Choose its sector and its size from the lists, or leave them open.")
    made = house.access.add_organisation(name, roles=(role,), sector=sector, size=size)
    if role in SIGNS_AS:
        house.access.set_party(made.id, house.enrol(made.name, SIGNS_AS[role]))
    return house.access.organisation(made.id)


@router.post("/people", response_class=HTMLResponse)
async def add_person(request: Request, who: Managing) -> Response:
    """A new person with a role in an organisation; shows their link, once."""
    values = await form(request)
    access = house_of(request).access
    organisation, _, role = text_of(values, "acting").partition("/")
    name, contact = text_of(values, "name"), text_of(values, "contact")
    try:
        made = await work(lambda: take_in(access, name, contact, organisation, role))
    except InputError as error:
        return await _page(request, 422, error=error.message, filled=values)
    return await _invited(request, who, made)


def take_in(access: Access, name: str, contact: str, organisation: str, role: str) -> Person:
    """A new person with a role in an organisation, and no way in yet. Raises InputError."""
    if not organisation or role not in access.organisation(organisation).roles:
        raise InputError("Choose an organisation, and a role in it.")
    made = access.add_person(name, contact)
    access.join(made.id, organisation, role)
    return made


@router.get("/people/{person}", response_class=HTMLResponse)
async def one_person(request: Request, person: str, who: Managing) -> HTMLResponse:
    """One person: what they may act as, how they come in, what they keep out of."""
    access = house_of(request).access
    shown = flash.take(request, "link", request.query_params.get("shown", ""))
    if shown is not None:
        link, ends = shown
        found = await work(lambda: person_named(house_of(request), person))
        return render(request, "people/invited.html", person=found, link=link, ends=ends)

    def told() -> dict[str, Any]:
        return {
            **about_person(house_of(request), person),
            "names": {one.id: one.name for one in access.people()},
            "organisations": access.organisations(),
        }

    assert who.person is not None
    context = await work(told)
    return render(request, "people/person.html", itself=who.person.id == person, **context)


def about_person(house: House, person: str) -> dict[str, Any]:
    """What an administrator sees of one person. Raises NotThereError."""
    access, found = house.access, person_named(house, person)
    return {
        "person": found,
        "memberships": access.memberships(found.id),
        "passkeys": access.passkeys(found.id),
        "identities": access.identities(found.id),
        "sessions": access.sessions(found.id, house.clock()),
        "recusals": access.recusals(found.id),
        "let_in": access.let_in(found.id),
    }


@router.post("/people/{person}/join")
async def join(request: Request, person: str, _who: Managing) -> Response:
    """Give somebody a role."""
    values = await form(request)
    organisation, _, role = text_of(values, "acting").partition("/")
    return await _changed(
        request, person, lambda: house_of(request).access.join(person, organisation, role)
    )


@router.post("/people/{person}/leave")
async def leave(request: Request, person: str, _who: Managing) -> Response:
    """Take a role away; it ends at once."""
    values = await form(request)
    organisation, _, role = text_of(values, "acting").partition("/")
    return await _changed(
        request, person, lambda: house_of(request).access.leave(person, organisation, role)
    )


@router.post("/people/{person}/deactivate")
async def deactivate(request: Request, person: str, who: Managing) -> Response:
    """Let somebody in no more; every session and token of theirs ends."""
    await form(request)
    access = house_of(request).access
    return await _changed(request, person, lambda: shut_out(access, who, person))


def shut_out(access: Access, who: Visitor, person: str) -> None:
    """Let somebody in no more. Raises RefusedError for oneself and for the last administrator."""
    if who.person is not None and who.person.id == person:
        raise RefusedError(
            "You can't shut yourself out.", rule="roles", hint="Another administrator can."
        )
    access.deactivate(person)


@router.post("/people/{person}/activate")
async def activate(request: Request, person: str, _who: Managing) -> Response:
    """Let somebody in again."""
    await form(request)
    return await _changed(request, person, lambda: house_of(request).access.activate(person))


@router.post("/people/{person}/invite", response_class=HTMLResponse)
async def invite(request: Request, person: str, who: Managing) -> Response:
    """A new one-time link for somebody, shown once; the one before stops working."""
    await form(request)
    house = house_of(request)
    return await _invited(request, who, await work(lambda: person_named(house, person)))


async def _changed(request: Request, person: str, change: Callable[[], object]) -> Response:
    def found_and_changed() -> None:
        person_named(house_of(request), person)
        change()

    await work(found_and_changed)
    return RedirectResponse(f"/people/{person}", 303)


async def _invited(request: Request, who: Visitor, person: Person) -> Response:
    """On to the person's page, which shows the link this once; loading it again makes no other."""
    made = await work(lambda: link_for(house_of(request), who, person))
    return RedirectResponse(f"/people/{person.id}?shown={flash.keep(request, 'link', made)}", 303)


def link_for(house: House, who: Visitor, person: Person) -> tuple[str, str]:
    """The address of a new one-time link for somebody, to be shown once, and when it ends.

    The one before stops working. Raises InputError if they are not let in.
    """
    now = house.clock()
    by = who.person.id if who.person is not None else None
    secret = house.access.new_link(person.id, "invitation", now, INVITATION_SECONDS, by=by)
    ends = print_time(parse_time(now) + INVITATION_SECONDS)
    return f"{house.settings.origin}/link/{secret}", ends


def person_named(house: House, person: str) -> Person:
    """The person by their id. Raises NotThereError."""
    try:
        return house.access.person(person)
    except InputError:
        raise NotThereError("There is no such person.") from None
