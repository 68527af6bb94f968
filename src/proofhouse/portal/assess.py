# SPDX-License-Identifier: Apache-2.0
"""What assessors and registrars do beside the acts of a case: simulate a plan, record for others.

A plan is tried before it is registered: with the scale right and wrong, what it would err on either
side, how often it would not decide, and how narrowly its prompts place the secret cut. What staff
record for somebody who wrote or rang says so in the statement, for ever (``recordedBy``).
"""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.desk import banks, held_scores, measure, plan_evaluation
from proofhouse.desk.draft import Draft
from proofhouse.errors import InputError, RefusedError
from proofhouse.formats.digest import sha256_hex
from proofhouse.portal import acts, fields, signing
from proofhouse.portal.acts import Act, Making
from proofhouse.portal.cases import BUDGETS, find, house_of, note, propose, with_clauses
from proofhouse.portal.fields import Field, FieldsError
from proofhouse.portal.forms import form, form_values
from proofhouse.portal.house import House
from proofhouse.portal.language import N_
from proofhouse.portal.projection import Row
from proofhouse.portal.render import render, render_form
from proofhouse.portal.visitor import Visitor, need
from proofhouse.rules.held import held
from proofhouse.rules.registration import Case
from proofhouse.said import say
from proofhouse.seat import Seat
from proofhouse.views.plain import visible

router = APIRouter()

Planning = Annotated[Visitor, Depends(need("plan"))]
Recording = Annotated[Visitor, Depends(need("record-for"))]

SCENARIOS = {
    "as stated": N_("The scale as it was calibrated"),
    "slopes −30 %": N_("Slopes 30 % lower"),
    "slopes +30 %": N_("Slopes 30 % higher"),
    "items stray": N_("Items stray by 1 logit"),
    "families stray": N_("Families and items stray as calibrated"),
}
"""The worlds that a plan is played in, by their names in it (``statistics.simulation``)."""


@router.get("/cases/{start}/simulate", response_class=HTMLResponse)
async def simulate(request: Request, who: Planning, start: str) -> HTMLResponse:
    """What the plan of this case would err, take and give away, before it is registered."""
    row = find(request, who, start)
    budgets = fields.read(BUDGETS, request.query_params)
    tried = await house_of(request).run(lambda seat: tried_plan(seat, row))
    return render(
        request,
        "cases/simulate.html",
        row=row,
        tried=tried,
        scenarios=SCENARIOS,
        asked=BUDGETS,
        budgets=budgets,
    )


def tried_plan(seat: Seat, row: Row) -> dict[str, Any]:
    """The simulation of each dimension. Raises RefusedError if no plan would be honest."""
    desk = seat.desk
    case = desk.case(row.case)
    if case.state != "assessor_to_plan":
        raise RefusedError(
            "A plan is tried before it is registered, once a model is submitted.",
            rule="R16",
            hint="A registered plan carries its simulation: it stands in the dossier.",
        )
    submission = case.need("submission")
    bank = desk.find_clear("statement", submission.predicate["bank"])
    threshold = desk.find_clear("statement", submission.predicate["threshold"])
    assert bank is not None
    assert threshold is not None
    value = measure.threshold_value(threshold)
    seed = bytes.fromhex(sha256_hex(f"simulate/{row.case}".encode()))
    plan, made = plan_evaluation.try_plan(value, seed, banks.families_here(desk, bank))
    return {
        "items": len(plan.items),
        "dimensions": {name: check.to_dict() for name, check in made.items()},
    }


# --------------------------------------------------------------------------------- held scores

OUTCOMES = {
    "solved": N_("counts as solved"),
    "failed": N_("counts as failed"),
    "missing": N_("stays missing"),
    "": N_("not decided yet"),
}
REASON = Field("reason", "Why", "It stands in the record, with your name.", kind="area", most=1000)

Deciding = Annotated[Visitor, Depends(need("decide-held"))]


@router.get("/cases/{start}/held", response_class=HTMLResponse)
async def held_page(request: Request, who: Deciding, start: str) -> HTMLResponse:
    """What the scan marked in the newest run, and what was decided of it."""
    row = find(request, who, start)
    listed = await house_of(request).run(lambda seat: held_in(seat, row))
    note(house_of(request), who, "held scores", row.case)
    return _held_form(request, row, listed, {}, None)


def _held_form(
    request: Request, row: Row, listed: list[dict[str, Any]], errors: dict[str, str], refusal: Any
) -> HTMLResponse:
    return render_form(
        request,
        "cases/held.html",
        row=row,
        held=listed,
        outcomes=OUTCOMES,
        reason=REASON,
        errors=errors,
        refusal=refusal,
    )


def held_in(seat: Seat, row: Row) -> list[dict[str, Any]]:
    """The held scores of the newest run, with what was decided of each."""
    known = seat.case(row.case, None)
    ended = known.case.last("run-ended")
    if ended is None:
        return []
    outcomes = known.value(ended, "outcomes")
    decided = {
        one["id"]: one
        for each in held_scores.decisions(known.case, known.value)
        for one in each["decisions"]
    }
    return [
        {
            "item": name,
            "level": item["level"],
            "oracle": item["heldOutcome"],
            "marks": [visible(flag) for flag in item["flags"]],
            "decision": decided.get(name),
        }
        for name, item in held(outcomes["items"]).items()
    ]


@router.post("/cases/{start}/held")
async def held_decided(request: Request, who: Deciding, start: str) -> Response:
    """Draft what was chosen for each held score; it is signed on the next page."""
    house, row, values = house_of(request), find(request, who, start), await form(request)
    chosen = {
        name.removeprefix("outcome:"): value
        for name, value in values.items()
        if name.startswith("outcome:") and isinstance(value, str) and value
    }
    act = acts.act_named("decide-held")
    lines = "\n".join(f"{item}={outcome}" for item, outcome in chosen.items())
    try:
        if not lines:
            raise FieldsError({"decisions": "Decide at least one."})
        filled = fields.read(act.fields, {"decisions": lines, "reason": values.get("reason")})
        pending = await house.run(
            lambda seat: propose(house, act, who, seat.case(row.case, None), filled)
        )
    except FieldsError as error:
        listed = await house.run(lambda seat: held_in(seat, row))
        return _held_form(request, row, listed, error.errors, None)
    except (InputError, RefusedError) as error:
        listed = await house.run(lambda seat: held_in(seat, row))
        return _held_form(request, row, listed, {}, error)
    return RedirectResponse(f"/drafts/{pending.id}", 303)


# ------------------------------------------------------------------------- recorded for others

SENDER = Field(
    "told_by",
    "Who told you, when and how",
    "A letter, a call: what you would show if somebody asks. It is stated.",
    most=300,
)


@router.get("/cases/{start}/record/{name}", response_class=HTMLResponse)
async def record_form(request: Request, who: Recording, start: str, name: str) -> HTMLResponse:
    """The form of an act that somebody asked staff to record."""
    row, act = find(request, who, start), recordable_act(name)
    case = await house_of(request).run(lambda seat: seat.desk.case(row.case))
    acts.check_open(act, case)
    return _form(request, act, row, case, {}, {})


def recordable_act(name: str) -> Act:
    """The act, if staff record it for others. Raises NotThereError, RefusedError."""
    act = acts.act_named(name)
    if act.begins or act.roles != ("developer",) or act.name == "submit":
        raise RefusedError(
            say("“%(title)s” is not recorded for others.", title=act.title),
            rule="access",
            hint="Staff record what a developer says in a case that it began itself.",
        )
    return act


def _form(
    request: Request,
    act: Act,
    row: Row,
    case: Case,
    filled: dict[str, Any],
    errors: dict[str, str],
    refusal: Any = None,
) -> HTMLResponse:
    return render_form(
        request,
        "cases/record.html",
        act=act,
        fields=(SENDER, *with_clauses(act, act.fields, case)),
        row=row,
        filled=filled,
        errors=errors,
        refusal=refusal,
    )


@router.post("/cases/{start}/record/{name}")
async def recorded(request: Request, who: Recording, start: str, name: str) -> Response:
    """Register it for the developer; the statement says who recorded it."""
    house, row, act = house_of(request), find(request, who, start), recordable_act(name)
    asked = (SENDER, *act.fields)
    given = form_values(await form(request), asked)
    case = await house.run(lambda seat: seat.desk.case(row.case))
    try:
        filled = fields.read(asked, given)
        pending, entry = await anyio.to_thread.run_sync(record_for, house, act, who, row, filled)
    except fields.FieldsError as error:
        return _form(request, act, row, case, given, error.errors)
    except (InputError, RefusedError) as error:
        return _form(request, act, row, case, given, {}, error)
    await anyio.to_thread.run_sync(request.app.state.happened, pending, entry)
    return RedirectResponse(f"/cases/{row.case[:16]}", 303)


def record_for(
    house: House, act: Act, who: Visitor, row: Row, filled: dict[str, Any]
) -> tuple[signing.Pending, Any]:
    """Register what a developer has told staff; the statement says who recorded it, and how.

    Raises RefusedError, as the desk does too.
    """
    assert who.person is not None
    assert who.organisation is not None
    known = house.seat.case(row.case, None)
    party = known.case.need("inquiry").predicate["party"]
    if party["needed"] != 1:
        raise RefusedError("Stewards sign by themselves, each of them.", rule="R18")
    acts.check_open(act, known.case)
    (keyid,) = party["keys"]
    staff = f"{who.person.name}, {who.organisation.name}"
    making = Making(house.seat, known, filled, keyid, staff)
    drafted = act.draft(making)
    assert isinstance(drafted, Draft)
    draft = drafted.recorded(f"{staff}; told by: {filled['told_by']}")
    actor = signing.Actor(
        who.person.id, staff, who.organisation.id, keyid, "developer", staff=staff
    )
    pending = signing.propose(house, act, draft, known.case, actor)
    pending, entry = signing.approve(house, pending.id, actor, how=who.how)
    return pending, entry
