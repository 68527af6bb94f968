# SPDX-License-Identifier: Apache-2.0
"""Trusted partners (R8): criteria, applications, decisions with reasons, a second look, counts.

Whoever wants to be one applies without an account and keeps a link. An assessor decides, with
reasons that the applicant reads; somebody with a conflict of interest recuses themselves. After a
refusal the applicant may ask once that another person looks at how it was decided. Being accepted
gives access to nothing: that is a choice of developer and assessor together, case by case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.access import Organisation
from proofhouse.errors import InputError
from proofhouse.portal import fields
from proofhouse.portal.cases import Seeing, find, house_of
from proofhouse.portal.fields import Field
from proofhouse.portal.forms import form, form_values
from proofhouse.portal.house import House
from proofhouse.portal.language import N_
from proofhouse.portal.projection import Row
from proofhouse.portal.register import (
    SECTORS,
    SIZES,
    WAITING,
    Application,
    Register,
    Use,
    tally,
)
from proofhouse.portal.render import render, render_form
from proofhouse.portal.visitor import Anybody, Visitor, address_of, need
from proofhouse.said import say

router = APIRouter()

CRITERIA = (
    N_("You defend systems that people depend on, and say which."),
    N_(
        "You use the access to find and close flaws in systems that you own or are asked to defend."
    ),
    N_("You protect what you are given: named people, a recorded need, no copy that outlives it."),
    N_("You report what your use yielded: flaws found and flaws closed."),
    N_("Your size does not count: a rural clinic is judged as a large bank is."),
)

APPLICATION = (
    Field("name", "Your organisation"),
    Field("sector", "Its sector", kind="choice", options={one: one for one in SECTORS}),
    Field("size", "Its size", kind="choice", options={one: one for one in SIZES}),
    Field("contact", "Where we reach you", "An address that is read."),
    Field("purpose", "What you would defend, and how", kind="area", most=4000),
    Field("protection", "How you would protect the access", kind="area", most=4000),
)
REASONS = (Field("reasons", "Reasons", "The applicant reads them.", kind="area", most=4000),)
USE = (
    Field("what", "What you did with the access", kind="area", most=2000),
    Field("found", "Flaws found in your own systems", kind="number", high=1_000_000),
    Field("closed", "Of these, closed", kind="number", high=1_000_000),
)

APPLY_LIMIT, APPLY_SECONDS = 5, 3600
"""Applications from one address in an hour."""

Choosing = Annotated[Visitor, Depends(need("choose-partner"))]
Deciding = Annotated[Visitor, Depends(need("decide-application"))]


def register_of(request: Request) -> Register:
    """The register of this portal."""
    register: Register = request.app.state.register
    return register


@router.get("/partners/apply", response_class=HTMLResponse)
async def apply_form(request: Request, _who: Anybody) -> HTMLResponse:
    """Criteria and the form."""
    return _apply(request, {}, {})


def _apply(request: Request, filled: dict[str, str], errors: dict[str, str]) -> HTMLResponse:
    return render_form(
        request,
        "partners/apply.html",
        criteria=CRITERIA,
        fields=APPLICATION,
        filled=filled,
        errors=errors,
    )


@router.post("/partners/apply")
async def apply(request: Request, _who: Anybody) -> Response:
    """Take an application, and give its applicant the link by which it is found again."""
    house = house_of(request)
    given = form_values(await form(request), APPLICATION)
    try:
        filled = fields.read(APPLICATION, given)
    except fields.FieldsError as error:
        return _apply(request, given, error.errors)
    secret = take_application(house, address_of(request), filled)
    return RedirectResponse(f"/partners/application/{secret}", 303)


def take_application(house: House, address: str, filled: Mapping[str, Any]) -> str:
    """Keep an application; the secret by which it is found again. Raises TooManyError."""
    house.access.hit("apply", address, house.clock(), APPLY_LIMIT, APPLY_SECONDS)
    return house.register.apply(**filled, at=house.clock())


@router.get("/partners/application/{secret}", response_class=HTMLResponse)
async def application_page(request: Request, _who: Anybody, secret: str) -> HTMLResponse:
    """What became of an application, for whoever holds its link."""
    found = register_of(request).found_by(secret)
    return render(request, "partners/application.html", one=found, secret=secret, fields=REASONS)


@router.post("/partners/application/{secret}")
async def second_look(request: Request, _who: Anybody, secret: str) -> Response:
    """Ask for a second look, once."""
    filled = fields.read(REASONS, await form(request))
    register_of(request).ask_second_look(secret, filled["reasons"], house_of(request).clock())
    return RedirectResponse(f"/partners/application/{secret}", 303)


@router.get("/partners/numbers", response_class=HTMLResponse)
async def numbers(request: Request, _who: Anybody) -> HTMLResponse:
    """Counts of applications, refusals and times, by size and sector; and what use yielded."""
    return render(request, "partners/numbers.html", **figures(register_of(request)))


def figures(register: Register) -> dict[str, Any]:
    """The counts that are published: applications by sector and size, and what use yielded."""
    uses = register.uses()
    return {
        "tally": tally(register.applications()),
        "found": sum(use.found for use in uses),
        "closed": sum(use.closed for use in uses),
    }


@router.get("/partners", response_class=HTMLResponse)
async def partners_page(request: Request, who: Choosing) -> HTMLResponse:
    """Trusted partners, and for assessors the applications that wait."""
    partners = partners_of(house_of(request))
    decides = who.may("decide-application")
    applications = register_of(request).applications() if decides else ()
    return render(
        request,
        "partners/partners.html",
        partners=partners,
        waiting=[one for one in applications if one.state in WAITING],
        decided=[one for one in applications if one.state not in WAITING],
    )


def partners_of(house: House) -> list[Organisation]:
    """The trusted partners of this house."""
    return [one for one in house.access.organisations() if "partner" in one.roles]


@router.get("/partners/{number:int}", response_class=HTMLResponse)
async def decide_form(request: Request, who: Deciding, number: int) -> HTMLResponse:
    """One application, and the decision that it waits for."""
    return render(
        request,
        "partners/decide.html",
        one=(one := register_of(request).application(number)),
        decided=_has_decided(who, one),
        fields=REASONS,
    )


def _has_decided(who: Visitor, one: Application) -> bool:
    """Whether somebody else is to decide now: no one looks at their own decision (R8)."""
    assert who.person is not None
    return who.person.id in {step.person for step in one.steps}


DECISIONS = {
    "accept": "accepted",
    "refuse": "refused",
    "uphold": "procedure upheld",
    "anew": "to be decided anew",
    "recuse": "recused",
}


@router.post("/partners/{number:int}")
async def decide(request: Request, who: Deciding, number: int) -> Response:
    """Decide, look a second time, or recuse oneself; always with reasons."""
    house, values = house_of(request), await form(request)
    what = DECISIONS.get(str(values.pop("decision", "")))
    if what is None:
        raise InputError(
            "Which decision?",
            hint=say("One of: %(decisions)s.", decisions=", ".join(DECISIONS)),
        )
    reasons = fields.read(REASONS, values)["reasons"]
    await anyio.to_thread.run_sync(settle, house, who, number, what, reasons)
    return RedirectResponse(f"/partners/{number}", 303)


def settle(house: House, who: Visitor, number: int, what: str, reasons: str) -> Application:
    """Do one of ``DECISIONS`` with an application. Raises RefusedError, NotThereError."""
    assert who.person is not None
    told = {"person": who.person.id, "name": who.person.name, "reasons": reasons}
    if what == "recused":
        house.register.recuse(number, **told, at=house.clock())
        return house.register.application(number)
    decided = house.register.decide(number, what, **told, at=house.clock())
    if what == "accepted":
        _admit(house, decided)
    return decided


def _admit(house: House, one: Application) -> None:
    """An organisation for an accepted applicant; administrators invite its people."""
    party = house.enrol(one.name, "partner")
    house.access.add_organisation(
        one.name, roles=("partner",), party=party, sector=one.sector, size=one.size
    )


# ------------------------------------------------------------------------ what access yielded


@router.get("/cases/{start}/uses", response_class=HTMLResponse)
async def uses_page(request: Request, who: Seeing, start: str) -> HTMLResponse:
    """Every use of access in a case: for its developer to see, and for partners to add to."""
    row = find(request, who, start)
    return _uses(request, who, row, {}, {})


def _uses(
    request: Request, who: Visitor, row: Row, filled: dict[str, str], errors: dict[str, str]
) -> HTMLResponse:
    house = house_of(request)
    own = who.role == "partner"
    uses = uses_for(house, who, row)
    looks = () if own else house.access.views(case=row.case)
    people = {one.id: one.name for one in house.access.people()}
    return render_form(
        request,
        "partners/uses.html",
        row=row,
        uses=uses,
        looks=looks,
        people=people,
        names=house.policy.names,
        organisations={one.id: one.name for one in house.access.organisations()},
        fields=USE if own else (),
        filled=filled,
        errors=errors,
    )


def uses_for(house: House, who: Visitor, row: Row) -> list[Use]:
    """What was done with the access to a case: all of it, for a partner its own."""
    own = who.role == "partner"
    return [u for u in house.register.uses(row.case) if not own or u.party == who.party]


@router.post("/cases/{start}/uses")
async def use_made(
    request: Request, who: Annotated[Visitor, Depends(need("accept-partner"))], start: str
) -> Response:
    """A partner reports what it did with its access."""
    row = find(request, who, start)
    given = form_values(await form(request), USE)
    try:
        report_use(house_of(request), who, row, fields.read(USE, given))
    except fields.FieldsError as error:
        return _uses(request, who, row, given, error.errors)
    return RedirectResponse(f"/cases/{row.case[:16]}/uses", 303)


def report_use(house: House, who: Visitor, row: Row, filled: Mapping[str, Any]) -> Use:
    """Append what a partner did with its access. Raises FieldsError."""
    if filled["closed"] > filled["found"]:
        raise fields.FieldsError({"closed": "More can’t be closed than were found."})
    assert who.person is not None
    use = Use(row.case, who.party, who.person.id, **filled, at=house.clock())
    house.register.used(use)
    return use
