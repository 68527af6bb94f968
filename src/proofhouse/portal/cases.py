# SPDX-License-Identifier: Apache-2.0
"""The pages of cases: what waits for whom, one case, an act's form, a draft to be signed.

Each route parses, calls one function of ``acts``, ``signing`` or ``runs``, and renders. Whose case
it is decides who may open it at all; the role decides what of it is opened (``rules.audience``).
"""

from __future__ import annotations

import asyncio
import base64
import heapq
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from proofhouse.access import Organisation
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.dossier import render as render_dossier
from proofhouse.errors import (
    InputError,
    LostError,
    ModelError,
    PrerequisiteError,
    ProofhouseError,
    RefusedError,
)
from proofhouse.journey import Wishes, moves
from proofhouse.portal import acts, fields, flash, needs, signing, trust, waiting
from proofhouse.portal.acts import Act, Making
from proofhouse.portal.advice import advice
from proofhouse.portal.fields import NotThereError
from proofhouse.portal.forms import form, form_values
from proofhouse.portal.house import House
from proofhouse.portal.language import ACTIVE, N_, gettext
from proofhouse.portal.projection import Row, access_over
from proofhouse.portal.reach import check_endpoint, whole_name
from proofhouse.portal.register import Invitation
from proofhouse.portal.render import render, render_form
from proofhouse.portal.runs import PLANNING, RUNNING, UNDER_WAY, key_of_endpoint, left
from proofhouse.portal.stated import stated, withheld
from proofhouse.portal.told import ROLES
from proofhouse.portal.visitor import Visitor, need
from proofhouse.publish import read_bundle
from proofhouse.rules.audience import shown
from proofhouse.rules.registration import Case, waiting_scores
from proofhouse.rules.retests import found_first
from proofhouse.rules.terms import NEEDS, limits
from proofhouse.said import counted, joined, say, telling
from proofhouse.seat import Known, Seat
from proofhouse.views import CaseView, Standing, case_view, words

router = APIRouter()

Seeing = Annotated[Visitor, Depends(need("see-case"))]
SignedIn = Annotated[Visitor, Depends(need("see-log"))]

AUDIENCES = {
    "developer": "developer",
    "steward": "developer",
    "assessor": "inspector",
    "inspector": "inspector",
}
"""As whom a role reads a case; every other role reads what is public of it."""

_MOVES = {
    "developer": ("developer_",),
    "steward": ("developer_",),
    "assessor": (
        *("assessor_", "review_run", "run_under_way", "retest_under_way"),
        "closed_findings_to_deliver",
    ),
}
"""States in which it is a role's move begin so."""


def house_of(request: Request) -> House:
    """The house behind this portal."""
    house: House = request.app.state.house
    return house


def acting(role: str) -> str:
    """The role in which a statement is signed: a steward signs as developer."""
    return "developer" if role == "steward" else role


def sees(who: Visitor, row: Row) -> bool:
    """Whether the visitor has a part in the case."""
    role = acting(who.role)
    if role in ("inspector", "registrar"):
        return True
    if role == "assessor":
        has = row.parties["assessor"]
        return not has or who.party in has
    return who.party in row.parties.get(role, frozenset())


def find(request: Request, who: Visitor, start: str) -> Row:
    """The row of a case that the visitor has a part in.

    Raises InputError alike for a case that is not there and for one that is not theirs.
    """
    row: Row | None = request.app.state.projection.get(start)
    if row is None or who.person is None or not sees(who, row):
        raise NotThereError("There is no such case among yours.")
    if house_of(request).access.recused(who.person.id, row.case):
        raise RefusedError(
            "You have recused yourself from this case.",
            rule="R8",
            hint="A colleague without the conflict of interest can take it.",
        )
    _check_one_side(request, who, row)
    return row


def _check_one_side(request: Request, who: Visitor, row: Row) -> None:
    """Raise RefusedError if the visitor also belongs to another party of the case (R8).

    The developer's side is never shut out of its own case: it may leave at any moment (R1).
    """
    if who.person is None or who.organisation is None or acting(who.role) == "developer":
        return
    parties = frozenset[str]().union(*row.parties.values())
    others = house_of(request).access.others_of(who.person.id, who.organisation.id, parties)
    if others:
        raise RefusedError(
            say("You also belong to %(name)s, which has a part in this case.", name=others[0].name),
            rule="R8",
            hint="A colleague without the conflict of interest can take it.",
        )


def my_move(who: Visitor, row: Row) -> bool:
    """Whether the case waits for the visitor's role: a partner for an access of its own to take, an
    assessor also where something fixed waits to be tested again.
    """
    if who.role == "partner":
        return who.party in row.untaken
    if who.role == "assessor" and row.fixed:
        return True
    return row.state.startswith(_MOVES.get(who.role, ("-",)))


def stands(row: Row, who: Visitor) -> str:
    """Where a case stands, in a list: its state, and what waits beside it.

    A partner is told of its own access, and not what goes on about findings (R7).
    """
    if who.role == "partner" and row.window_ends:
        if who.party in row.untaken:
            return say("Review: a trusted partner is to accept its access.")
        return say("Review: the window is open.")
    return joined(" ", [words.now(row.state), *beside(row, who)])


def beside(row: Row, who: Visitor) -> list[str]:
    """What waits in a case beside what its state says, for those who read its findings."""
    told: list[str] = []
    if who.role not in AUDIENCES:
        return told
    if row.fixed:
        told.append(
            counted(
                row.fixed,
                "finding is called fixed and waits to be tested again.",
                "findings are called fixed and wait to be tested again.",
            )
        )
    if row.retested:
        told.append(say("They tell what came of testing again what was fixed."))
    if row.untaken and row.state != "partner_to_accept":
        told.append(say("A trusted partner is to accept its access."))
    return told


AT_ONCE = 50
"""Cases on a page."""


@router.get("/home", response_class=HTMLResponse)
async def home(request: Request, who: SignedIn) -> HTMLResponse:
    """What waits for whoever is signed in, and their cases, so many at a time."""
    runs = request.app.state.runs

    house = house_of(request)
    mine_to_sign, others_to_sign = await anyio.to_thread.run_sync(_drafts, house, who)
    passed_on = handed_on(others_to_sign, who)

    def waits(row: Row) -> bool:
        return my_move(who, row) and not runs.busy(row.case) and row.case not in passed_on

    every = sorted(mine(request, who), key=lambda row: not waits(row))
    said = request.query_params.get("from", "0")
    start = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0
    rows, after = every[start : start + AT_ONCE], start + AT_ONCE
    every_draft = [*mine_to_sign, *others_to_sign]
    stuck = await anyio.to_thread.run_sync(_stuck, house, every_draft)
    projection = request.app.state.projection
    return render(
        request,
        "cases/home.html",
        moves=[row for row in rows if waits(row)],
        others=[row for row in rows if not waits(row)],
        drafts=mine_to_sign,
        signed=others_to_sign,
        stuck=stuck,
        lacking=lambda one: waiting.lacking(one, house.policy.names),
        of_draft=lambda one: waiting.about(one, waiting.row_of(projection, one), who),
        begins=beginnings(who),
        invitations=invitations_for(house_of(request), who),
        left=request.app.state.projection.left,
        more=after if after < len(every) else 0,
        count=len(every),
        stands=lambda row: stands(row, who),
        titles={name: act.title for name, act in acts.ACTS.items()},
        empty_text=gettext(EMPTY.get(who.role, EMPTY[""])),
        words=words,
        no_bank=not await house_of(request).run(lambda _: needs.may_be_asked(house_of(request))),
        applications=needs.to_decide(house, who) if who.may("decide-application") else (),
        bank_move=await house.run(lambda _: needs.bodies_move(house)) if who.role == "body" else "",
        **await house_of(request).run(lambda _: _to_manage(house_of(request), who)),
    )


def _to_manage(house: House, who: Visitor) -> dict[str, Any]:
    """What waits for an administrator: whom nobody was invited for, and what the house lacks."""
    if not who.may("manage-people"):
        return {"alone": (), "needs": (), "accepted": ()}
    return {
        "alone": needs.without_people(house),
        "needs": needs.needs_of(house),
        "accepted": needs.not_here_yet(house),
    }


def invitations_for(house: House, who: Visitor) -> tuple[Invitation, ...]:
    """The private invitations that the visitor's organisation may answer or ignore."""
    if who.organisation is None or not who.may("answer-invitation"):
        return ()
    return house.register.invitations(who.organisation.id, house.clock())


EMPTY = {
    "": N_("When something waits for you, it stands here."),
    "developer": N_("Ask whether a model would be covered, whenever you like, or never."),
    "assessor": N_("When a developer submits a model, it waits for you here."),
    "partner": N_("When a developer and an assessor choose you, the access waits for you here."),
    "inspector": N_("There is no case yet. The public log and its audit are open to you."),
    "administrator": N_("Cases are not shown to administrators. People and roles are yours."),
    "body": N_("Banks and thresholds that wait for your signature stand here."),
}


def beginnings(who: Visitor) -> list[Act]:
    """The acts that begin a case, for this role."""
    found = [one for one in acts.ACTS.values() if one.begins and not one.clear]
    return [one for one in found if acting(who.role) in one.roles and who.may(one.action)]


def mine(request: Request, who: Visitor) -> list[Row]:
    """The cases that the visitor has a part in and is not recused from."""
    assert who.person is not None
    projection, role = request.app.state.projection, acting(who.role)
    kept_out = {one.case for one in house_of(request).access.recusals(who.person.id)}
    if role in ("inspector", "registrar"):
        rows = projection.rows()
    elif role == "assessor":
        both = projection.of(role, who.party), projection.of(role, "")
        rows = heapq.merge(*both, key=lambda row: -row.leaf)
    else:
        rows = projection.of(role, who.party) if who.party else ()
    return [row for row in rows if row.case not in kept_out]


def _drafts(house: House, who: Visitor) -> tuple[list[signing.Pending], list[signing.Pending]]:
    """The drafts that wait for this person, and those of their side that wait for others."""
    if not who.party:
        return [], []
    wanted = signing.waiting_for(house, signing_as(who.actor()))
    ids = {one.id for one in wanted}
    others = [one for one in signing.under_way(house, who.party) if one.id not in ids]
    return list(wanted), [one for one in others if one.signed_by(who.party)]


def handed_on(drafts: Iterable[signing.Pending], who: Visitor) -> frozenset[str]:
    """The cases whose move the visitor's side has signed, so that it waits for others."""
    no_move = ("withdraw", *LATER)
    return frozenset(
        one.case for one in drafts if one.case and waiting.waits_for_others(one, who, no_move)
    )


def _stuck(house: House, drafts: list[signing.Pending]) -> frozenset[str]:
    """Those of the drafts that can no longer be registered."""
    return frozenset(one.id for one in drafts if signing.obstacle(house, one))


def signing_as(actor: signing.Actor) -> signing.Actor:
    """The actor in the role of the trust policy: a steward signs as developer."""
    """The same actor in the role that statements are signed in."""
    return signing.Actor(**{**vars(actor), "role": acting(actor.role)})


@router.get("/cases/{start}", response_class=HTMLResponse)
async def case_page(request: Request, who: Seeing, start: str) -> HTMLResponse:
    """One case: where it stands, whose move it is, and all that this role is shown of it."""
    return await _case_page(request, who, find(request, who, start), {}, {})


async def _case_page(
    request: Request, who: Visitor, row: Row, given: Mapping[str, Any], errors: Mapping[str, str]
) -> HTMLResponse:
    house, runs = house_of(request), request.app.state.runs
    busy = runs.busy(row.case)

    def load() -> tuple[Known, CaseView]:
        known = house.seat.case(row.case, None)
        return known, view_for(house, known, who)

    known, view = await anyio.to_thread.run_sync(load)
    note(house, who, "case", row.case)
    to_sign, signed = await anyio.to_thread.run_sync(_drafts, house, who)
    to_sign, signed = (
        [one for one in drafts if one.case == row.case] for drafts in (to_sign, signed)
    )
    open_to_them = acts.open_acts(known.case, acting(who.role), who.party)
    possible = [one for one in open_to_them if who.may(one.action)]
    return render_form(
        request,
        "cases/access.html" if untold(who, known.case) else "cases/case.html",
        given=given,
        errors=errors,
        row=row,
        case=known.case,
        view=view,
        asked_otherwise=words.ASKED_AGAIN["otherwise"],
        now_words=("" if left(known.case) else BUSY.get(busy))
        or (stands(row, who) if who.role == "partner" else "")
        or joined(" ", [words.stands(known.case), *beside(row, who)]),
        yours=my_move(who, row) and not busy and not handed_on(signed, who),
        to_sign=to_sign,
        signed=signed,
        registered=flash.newest(request, "registered"),
        lacking=lambda one: waiting.lacking(one, house.policy.names),
        titles={name: act.title for name, act in acts.ACTS.items()},
        tag=TAGS.get(row.finding, TAGS[""]) if not row.state.startswith("with") else TAGS["left"],
        acts=possible,
        later=LATER,
        can_withdraw=any(one.name == "withdraw" for one in possible),
        errand=runs.state(row.case),
        bounded=busy == "evaluate" and row.state in BOUNDED,
        runnable="" if busy else runnable(who, known.case),
        struck=[ruled_out(*each) for each in view.review.ruled_out] if view.review else [],
        budgets=BUDGETS if runnable(who, known.case) == "plan" else AT_A_TIME,
        audience=AUDIENCES.get(who.role, "public"),
        chain=chain_of(view),
        access=_access(who, known.case),
        span=span_of(known.case, _access(who, known.case)),
        over=access_over(known.case),
        recordable=_recordable(who, known.case),
        ended=row.ended,
        waiting=waiting_scores(known.case),
        found=found_in(known, who),
        words=words,
    )


TAGS = {
    "": (N_("No finding"), "waiting"),
    "COVERED": (N_("Covered"), "done"),
    "NOT_COVERED": (N_("Not covered"), "done"),
    "INCONCLUSIVE": (N_("Inconclusive"), "done"),
    "left": (N_("Withdrawn"), "plain"),
}
"""What a case found, as a tag. None of them is a mark for or against anybody (R1)."""

BUSY = {
    "plan": N_("The plan is being made."),
    "retest": N_("The plan of a test again is being made."),
    "evaluate": N_("A run is under way."),
}
"""What is under way in the background: nobody has to do anything."""

BOUNDED = ("assessor_to_run", "run_under_way")
"""Where a run has boundaries that its evidence can cross; a review counts and decides nothing."""

WITH_ENDPOINT = ("submit", "answer-findings")
"""Acts that may name an endpoint, and hand in its key."""

LATER = ("disclose", "decide-held", "answer-findings")
"""Acts that are possible where a case stands, and not what it waits for first."""


def chain_of(view: CaseView) -> list[dict[str, Any]]:
    """Every statement of the case for the page: what, by whom as far as that is open, when."""
    return [
        {
            "title": gettext(link.title),
            "by": ", ".join(
                sorted({one.name or gettext(words.ROLES[one.role]) for one in link.signatures})
            ),
            "at": link.made_at,
            "kind": "clear" if link.clear else "sealed",
            "address": f"/log/{link.index}",
        }
        for link in view.chain
    ]


def _recordable(who: Visitor, case: Case) -> list[Act]:
    """What staff may record here for the developer."""
    if not who.may("record-for") or case.need("inquiry").predicate["party"]["needed"] != 1:
        return []
    return [
        one
        for one in acts.open_acts(case, "developer")
        if one.roles == ("developer",) and one.name != "submit"
    ]


def _access(who: Visitor, case: Case) -> Mapping[str, Any] | None:
    """The newest access of the visitor's own organisation, if it is a partner of the case."""
    own = [e for e in case.all("partner-access") if e.predicate["partnerKey"] == who.party]
    return own[-1].predicate if own and who.role == "partner" else None


def span_of(case: Case, access: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """From when to when there was or will be access: a partner's own, else the window's."""
    window = case.last("window-opened")
    if window is None:
        return None
    opens, ends = window.predicate["opensAt"], window.predicate["endsAt"]
    if access is not None:
        opens, ends = access["grantedAt"], access["endsAt"]
    over = access_over(case)
    return opens, min(ends, over) if over else ends


def found_in(known: Known, who: Visitor) -> list[Any]:
    """The delivered findings but those of re-tests, for whom the rules open them."""
    entry = found_first(known.case)
    if entry is None or ("findings", "findings") not in shown(
        known.case, AUDIENCES.get(who.role, "")
    ):
        return []
    value = known.opened.get(entry.predicate["findings"]["salted"])
    return list(value["findings"]) if isinstance(value, dict) else []


def view_for(house: House, known: Known, who: Visitor) -> CaseView:
    """The case as this role is shown it: what the rules open to its audience, and no more."""
    audience = AUDIENCES.get(who.role, "public")
    allowed = shown(known.case, audience)
    hidden: dict[str, Any] = {}
    for entry in (*known.case.entries, *known.record.clear.values()):
        for name, value in entry.predicate.items():
            if isinstance(value, Mapping) and (entry.name, name) in allowed:
                digest = str(value.get("salted") or value.get("sha256"))
                if digest in known.opened:
                    hidden[digest] = known.opened[digest]
    policy = house.policy
    standing = Standing(audience=audience, custody=policy.custody, names=policy.names)
    return case_view(known.case, known.record, hidden, standing)


def untold(who: Visitor, case: Case) -> bool:
    """Whether the visitor is a partner to whom no result of the case was disclosed (R7)."""
    if who.role != "partner" or who.organisation is None:
        return False
    name = who.organisation.name.casefold()
    return all(e.predicate["recipient"].casefold() != name for e in case.all("disclosure"))


def check_told(who: Visitor, case: Case) -> None:
    """Raise RefusedError if the visitor is a partner who was told no result of the case."""
    if untold(who, case):
        raise RefusedError(
            "No result of this case was disclosed to your organisation.",
            rule="R7",
            hint="What you see of it is your own access. The assessor decides who is told more.",
        )


def runnable(who: Visitor, case: Case) -> str:
    """The errand that an assessor may ask for here: plan, evaluate, or none."""
    if who.role != "assessor":
        return ""
    if case.state in PLANNING:
        return "" if acts.struck_for("plan", case) else "plan"
    if case.state in (*RUNNING, *UNDER_WAY, *moves.RUN_TO_END):
        return "evaluate"
    return ""


def note(house: House, who: Visitor, what: str, case: str) -> None:
    """A line for every view of confidential material."""
    assert who.person is not None
    organisation = who.organisation.id if who.organisation else ""
    house.access.viewed(who.person.id, organisation, what, case, house.clock())


# ------------------------------------------------------------------------------------- acting


def fields_of(house: House, act: Act, who: Visitor) -> tuple[fields.Field, ...]:
    """The fields of an act, with the choices that stand in the house's own tables."""
    found = []
    for one in act.fields:
        if one.name == "partner" and act.name == "grant-partner":
            one = _with(one, {o.id: called(o) for o in _of_role(house, "partner")})
        found.append(one)
    return tuple(found)


def with_clauses(
    act: Act, asked: tuple[fields.Field, ...], case: Case | None
) -> tuple[fields.Field, ...]:
    """The fields of an answer, each with the clause that was offered: text and evidence, and what
    it means to strike it. Of a disclosure, to whom none can be made.
    """
    if case is not None and act.name == "disclose":
        return _with_recipients(asked, case)
    offer = case.last("terms-offered") if case is not None and act.name == "answer-terms" else None
    if offer is None:
        return asked
    told = offer.predicate["clauses"]
    return tuple(
        fields.Field(**{**vars(one), "hint": _offered(one.name, **told[one.name])}) for one in asked
    )


def _offered(clause: str, text: str, evidence: str) -> str:
    """A clause in the assessor's words, quoted so that it can't leave, and then in ours."""
    text, evidence = (one.translate(_NO_QUOTES) for one in (text, evidence))
    theirs = gettext(
        "The assessor offers: “%(text)s” How you can check that it is kept: “%(evidence)s” This "
        "house says:"
    ) % {"text": text, "evidence": evidence}
    return f"{theirs} {means_to_strike(clause)}"


_NO_QUOTES = str.maketrans("“”«»„", '"""""')


def means_to_strike(clause: str) -> str:
    """What there is none of once a clause is struck, as a sentence (R4)."""
    rules_out = [gettext(words.RULED_OUT[one]) for one, by in NEEDS.items() if clause in by]
    return gettext("If you strike it, there is %(what)s.") % {"what": "; ".join(rules_out)}


def _with_recipients(asked: tuple[fields.Field, ...], case: Case) -> tuple[fields.Field, ...]:
    answered = case.last("terms-answered")
    struck = limits(answered.predicate["answers"]) if answered else {}
    if "disclosure_to_others" not in struck:
        return asked
    hint = ruled_out("disclosure_to_others", struck["disclosure_to_others"])
    return tuple(
        fields.Field(**{**vars(one), "hint": hint}) if one.name == "recipient" else one
        for one in asked
    )


def ruled_out(action: str, clause: str) -> str:
    """That a struck clause rules something out, as a sentence."""
    return say(
        "“%(clauses)s” is struck, and so there is %(ruled_out)s.",
        clauses=say(words.CLAUSES[clause]),
        ruled_out=say(words.RULED_OUT[action]),
    )


def _with(one: fields.Field, options: Mapping[str, str]) -> fields.Field:
    return fields.Field(**{**vars(one), "options": options})


def called(one: Organisation) -> str:
    """A partner by its name and sector, as both will be stated."""
    return f"{one.name} ({gettext(one.sector)})" if one.sector else one.name


def _of_role(house: House, role: str) -> list[Organisation]:
    return [one for one in house.access.organisations() if role in one.roles and one.party]


@router.get("/begin/{name}", response_class=HTMLResponse)
@router.get("/cases/{start}/do/{name}", response_class=HTMLResponse)
async def act_form(request: Request, who: SignedIn, name: str, start: str = "") -> Response:
    """The form of an act; or its draft, if somebody has signed it already."""
    house, act = house_of(request), act_for(who, name)
    row = row_for(request, who, act, start)
    case = None
    if row is not None:
        case = await house.run(lambda seat: seat.desk.case(row.case))
        acts.check_open(act, case)
        found = case
        if done := await house.run(lambda _: waiting.begun(house, who, act, found)):
            return RedirectResponse(f"/drafts/{done.id}", 303)
    asked = {one.name for one in act.fields if one.kind == "digest"}
    begun = {name: value[:64] for name, value in request.query_params.items() if name in asked}
    return _form(request, house, act, who, row, case, begun, {})


def row_for(request: Request, who: Visitor, act: Act, start: str) -> Row | None:
    """The case that an act is for; None for one that begins a case, or is of none.

    Raises NotThereError, RefusedError.
    """
    if act.begins and start:
        raise NotThereError("Nothing begins within a case.")
    return None if act.begins else find(request, who, start)


def act_for(who: Visitor, name: str) -> Act:
    """The act, if the visitor's role makes it, by a program or a person.

    Raises NotThereError, RefusedError.
    """
    act = acts.act_named(name)
    if acting(who.role) not in act.roles or not who.may_draft(act.action):
        raise RefusedError(
            say("“%(title)s” is not for your role.", title=say(act.title)),
            rule="access",
            hint=say(
                "It is made by: %(roles)s.",
                roles=joined(", ", [say(ROLES[one]) for one in act.roles]),
            ),
        )
    return act


def _form(
    request: Request,
    house: House,
    act: Act,
    who: Visitor,
    row: Row | None,
    case: Case | None,
    filled: Mapping[str, Any],
    errors: Mapping[str, str],
    refusal: Any = None,
) -> HTMLResponse:
    return render_form(
        request,
        "cases/act.html",
        act=act,
        fields=with_clauses(act, fields_of(house, act, who), case),
        row=row,
        case=case,
        filled={name: value for name, value in filled.items() if name != "key"},
        errors=errors,
        refusal=refusal,
        words=words,
        no_bank=act.begins and not act.clear and not needs.may_be_asked(house),
    )


@router.post("/begin/{name}")
@router.post("/cases/{start}/do/{name}")
async def act_made(request: Request, who: SignedIn, name: str, start: str = "") -> Response:
    """Draft what the form says, and go on to its signing."""
    house, act = house_of(request), act_for(who, name)
    row = row_for(request, who, act, start)
    asked = fields_of(house, act, who)
    given = form_values(await form(request), asked)
    try:
        filled = fields.read(asked, given)
        pending = await anyio.to_thread.run_sync(_propose, house, act, who, row, filled)
    except fields.FieldsError as error:
        case = await _case(house, row)
        return _form(request, house, act, who, row, case, given, error.errors)
    except BegunError as error:
        return RedirectResponse(f"/drafts/{error.pending.id}", 303)
    except (InputError, RefusedError) as error:
        case = await _case(house, row)
        return _form(request, house, act, who, row, case, given, {}, error)
    except (ModelError, PrerequisiteError, LostError) as error:
        case = await _case(house, row)
        return _form(request, house, act, who, row, case, given, unanswered(error))
    return RedirectResponse(f"/drafts/{pending.id}", 303)


async def _case(house: House, row: Row | None) -> Case | None:
    return None if row is None else await house.run(lambda seat: seat.desk.case(row.case))


def _propose(
    house: House, act: Act, who: Visitor, row: Row | None, filled: Mapping[str, Any]
) -> signing.Pending:
    known = None if row is None else house.seat.case(row.case, None)
    return propose(house, act, who, known, filled)


class BegunError(RefusedError):
    """Somebody has signed a draft of the same act already."""

    def __init__(self, pending: signing.Pending) -> None:
        super().__init__(
            "This is drafted and signed already; it waits for more signatures.",
            rule="signers",
            hint="Sign that draft, or take it back.",
        )
        self.pending = pending


def propose(
    house: House, act: Act, who: Visitor, known: Known | None, filled: Mapping[str, Any]
) -> signing.Pending:
    """Draft ``act`` as the form says, and keep it for its signatures."""
    actor = signing_as(who.actor())
    if known is not None:
        acts.check_open(act, known.case)
        if (done := waiting.begun(house, who, act, known.case)) is not None:
            raise BegunError(done)
    if act.name in WITH_ENDPOINT:
        filled = {**filled, "model": whole_name(filled["model"], filled["endpoint"])}
        check_endpoint(filled["endpoint"], house.settings.reachable)
    parties = {one.id: one.party for one in house.access.organisations() if one.party}
    partners = {one.id: one for one in _of_role(house, "partner")}
    making = Making(
        house.seat,
        known,
        filled,
        actor.party,
        actor.name,
        parties,
        _probing(house, known),
        partners,
        tuple(one.name for one in house.bodies()),
    )
    pending = signing.propose(house, act, act.draft(making), known.case if known else None, actor)
    if act.name in WITH_ENDPOINT and known is not None and filled.get("key"):
        house.keep_key(known.case.id, key_of_endpoint(filled))
    return pending


def _probing(house: House, known: Known | None) -> Callable[..., tuple[str | None, str]]:
    """Asks a model how it answers: where a case's own endpoint is, by the key that it has."""

    def probe(told: Mapping[str, Any]) -> tuple[str | None, str]:
        submission = known.case.last("submission") if known is not None else None
        if known is None or submission is None or told.get("key") or not told["endpoint"]:
            return house.probe(told)
        if told["endpoint"] == known.value(submission, "model")["endpoint"]:
            told = {**told, "key": house.key_kept(known.case.id)}
        return house.probe(told)

    return probe


def unanswered(error: ProofhouseError) -> dict[str, str]:
    """An endpoint that did not answer as it should, told at its field."""
    return {"endpoint": joined(" ", [error.message, advice(error.hint)])}


@router.get("/drafts/{draft}", response_class=HTMLResponse)
async def draft_page(request: Request, who: SignedIn, draft: str) -> HTMLResponse:
    """What is about to be signed, in words, and by whom."""
    house = house_of(request)
    pending = await anyio.to_thread.run_sync(draft_for, house, who, draft)
    statement = pending.handover.statement
    assert who.person is not None
    actor = signing_as(who.actor())
    passkeys = house.access.passkeys(who.person.id)
    return render(
        request,
        "cases/draft.html",
        pending=pending,
        act=acts.ACTS.get(pending.act),
        stated=stated(pending),
        withheld=withheld(pending),
        statement=statement,
        wanted=pending.waits_for(actor.party, actor.role, actor.person),
        obstacle=await house.run(lambda _: signing.obstacle(house, pending)),
        lacking=waiting.lacking(pending, house.policy.names),
        of_draft=waiting.about(pending, waiting.row_of(request.app.state.projection, pending), who),
        names=house.policy.names,
        passkeys=passkeys,
        allowed=" ".join(base64.urlsafe_b64encode(one.id).decode().rstrip("=") for one in passkeys),
        words=words,
    )


def draft_for(house: House, who: Visitor, draft: str) -> signing.Pending:
    """A draft that the visitor is to sign. Raises NotThereError, also for one of others."""
    """A draft that the visitor's organisation is to sign. Raises NotThereError."""
    pending = signing.get(house, draft)
    if not pending.shown_to(who.party):
        raise NotThereError("There is no such draft among yours.")
    return pending


@router.post("/drafts/{draft}/sign")
async def sign_draft(request: Request, who: SignedIn, draft: str) -> Response:
    """One person's yes; the statement is registered if it was the last."""
    house, values = house_of(request), await form(request)
    answer = values.get("assertion", "")

    def sign() -> tuple[signing.Pending, Any]:
        pending = draft_for(house, who, draft)
        act = acts.ACTS.get(pending.act)
        if act is not None and not who.may(act.action):
            raise RefusedError("Your role does not sign this.", rule="access")
        how, signature = house.bound(who, pending, answer if isinstance(answer, str) else "")
        return signing.approve(house, draft, signing_as(who.actor()), how=how, passkey=signature)

    try:
        pending, entry = await anyio.to_thread.run_sync(sign)
    except NotThereError:
        if address := house.remembered(draft, who.party):
            return RedirectResponse(address, 303)
        raise
    if entry is None:
        return RedirectResponse(f"/drafts/{draft}", 303)
    await anyio.to_thread.run_sync(request.app.state.happened, pending, entry)
    made = acts.ACTS.get(pending.act)
    flash.keep(request, "registered", made.title if made else pending.name)
    return RedirectResponse(house.remembered(draft, who.party), 303)


@router.post("/drafts/{draft}/drop")
async def drop_draft(request: Request, who: SignedIn, draft: str) -> Response:
    """Take a draft back. It leaves no trace."""
    await form(request)
    house = house_of(request)
    await anyio.to_thread.run_sync(lambda: signing.take_back(house, draft, signing_as(who.actor())))
    return RedirectResponse("/home", 303)


# -------------------------------------------------------------------------------- evaluations

BUDGETS = (
    fields.Field(
        "tokens",
        "Tokens an item",
        "Empty: 200,000.",
        kind="number",
        low=1000,
        high=10_000_000,
        default=200_000,
    ),
    fields.Field(
        "turns", "Turns an item", "Empty: 30.", kind="number", low=1, high=1000, default=30
    ),
    fields.Field(
        "seconds", "Seconds an item", "Empty: 300.", kind="number", low=1, high=86_400, default=300
    ),
    fields.Field("samples", "Items at once", "Empty: 2.", kind="number", low=1, high=64, default=2),
)

AT_A_TIME = BUDGETS[-1:]
"""What is still open once the plan is registered: it fixed the budgets of an item."""


@router.post("/cases/{start}/errand/{what}")
async def ask_errand(
    request: Request, start: str, what: str, who: Annotated[Visitor, Depends(need("evaluate"))]
) -> Response:
    """Plan or evaluate in the background."""
    row = find(request, who, start)
    if what not in ("plan", "evaluate"):
        raise InputError("There is no such errand.", hint="It is plan, or evaluate.")
    given = await form(request)
    trying = given.pop("then", "") == "simulate"
    try:
        filled = fields.read(BUDGETS if what == "plan" else AT_A_TIME, given)
    except fields.FieldsError as error:
        return await _case_page(request, who, row, given, error.errors)
    if trying:
        return RedirectResponse(f"/cases/{row.case[:16]}/simulate?{urlencode(filled)}", 303)
    request.app.state.runs.ask(row.case, what, who.party, wishes_of(filled))
    return RedirectResponse(f"/cases/{row.case[:16]}#progress", 303)


def wishes_of(filled: Mapping[str, Any]) -> Wishes:
    """The budgets of a form; of a run, what its plan left open."""
    given = {one.name: filled.get(one.name, one.default) for one in BUDGETS}
    return Wishes(
        samples_at_once=given["samples"],
        tokens_per_item=given["tokens"],
        turns_per_item=given["turns"],
        seconds_per_item=given["seconds"],
    )


@router.get("/cases/{start}/live")
async def live(request: Request, who: Seeing, start: str) -> Response:
    """How the errand of a case goes, as server-sent events."""
    house, row = house_of(request), find(request, who, start)
    await house.run(lambda seat: check_told(who, seat.desk.case(row.case)))
    evidence = AUDIENCES.get(who.role) == "inspector"

    async def events() -> AsyncIterator[str]:
        async for state in request.app.state.runs.watch(row.case, evidence=evidence):
            yield f"data: {json.dumps(state)}\n\n"
            await asyncio.sleep(0)
        yield "event: end\ndata: {}\n\n"

    return StreamingResponse(
        events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


# --------------------------------------------------------------------------------- taking away


@router.get("/cases/{start}/bundle.json")
async def bundle(request: Request, who: Seeing, start: str) -> Response:
    """The bundle of the case for this role's audience: what an outsider needs to check it."""
    house, row = house_of(request), find(request, who, start)
    audience = AUDIENCES.get(who.role, "public")

    def made(seat: Seat) -> bytes:
        check_told(who, seat.desk.case(row.case))
        return make_bundle(seat.desk, row.case, audience).to_bytes()

    data = await house.run(made)
    note(house, who, "bundle", row.case)
    name = f"bundle-{audience}-{row.case[:12]}.json"
    return Response(
        data,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/cases/{start}/policy.json")
async def case_policy(request: Request, who: Seeing, start: str) -> Response:
    """The trust policy to check the bundle by, for this role."""
    row = find(request, who, start)
    return Response(
        policy_for(house_of(request), who, row),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="policy.json"'},
    )


def policy_for(house: House, who: Visitor, row: Row) -> bytes:
    """The trust policy that goes with the bundle of this role."""
    parties = frozenset[str]().union(*row.parties.values())
    return trust.of_case(house, parties, AUDIENCES.get(who.role, "public"), who.party).to_bytes()


@router.get("/cases/{start}/dossier.html")
async def dossier(request: Request, who: Seeing, start: str) -> Response:
    """The dossier of the case, made from this role's bundle after verifying it."""
    house, row = house_of(request), find(request, who, start)
    audience = AUDIENCES.get(who.role, "public")

    def made() -> str:
        check_told(who, house.desk.case(row.case))
        data = make_bundle(house.desk, row.case, audience).to_bytes()
        with telling(ACTIVE):
            return render_dossier(read_bundle(data, house.policy)[1])

    page = await anyio.to_thread.run_sync(made)
    note(house, who, "dossier", row.case)
    request.state.own_policy = True  # the dossier carries its own, as strict, in its head
    return HTMLResponse(page)
