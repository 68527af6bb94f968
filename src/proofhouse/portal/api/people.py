# SPDX-License-Identifier: Apache-2.0
"""The people of a house for programs: organisations, roles, one-time links. For administrators.

A link is answered once and kept nowhere; the one before it stops working. Its person sees that it
was made, by whom, and used.
"""

from __future__ import annotations

from typing import Any

from proofhouse.access import Membership, Organisation, Person
from proofhouse.access.table import ROLES
from proofhouse.portal.api.account import named
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.api.shapes import (
    COUNT,
    NULL_TEXT,
    let_in,
    ref,
    several,
    text,
    time,
    whole,
)
from proofhouse.portal.fields import Field
from proofhouse.portal.people import (
    about_person,
    found_organisation,
    link_for,
    person_named,
    shut_out,
    take_in,
)
from proofhouse.portal.register import SECTORS, SIZES


def _row(call: Call, one: Person) -> dict[str, Any]:
    access = call.house.access
    return {
        "id": one.id,
        "name": one.name,
        "contact": one.contact,
        "active": one.active,
        "roles": [_role(each) for each in access.memberships(one.id)],
        "passkeys": len(access.passkeys(one.id)),
    }


def _role(one: Membership) -> dict[str, Any]:
    return {
        "organisation": one.organisation.id,
        "name": one.organisation.name,
        "role": one.role,
    }


def _organisation(one: Organisation) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "roles": list(one.roles),
        "party": one.party,
        "sector": one.sector,
        "size": one.size,
    }


def _people(call: Call) -> Answer:
    return Answer({"items": [_row(call, one) for one in call.house.access.people()]})


def _person(call: Call) -> Answer:
    told = about_person(call.house, call.path["person"])
    names = {one.id: one.name for one in call.house.access.people()}
    return Answer(
        {
            **_row(call, told["person"]),
            "identities": len(told["identities"]),
            "sessions": len(told["sessions"]),
            "links": [let_in(one, names) for one in told["let_in"]],
            "recusals": [_recusal(one, names) for one in told["recusals"]],
        }
    )


def _recusal(one: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "person": names.get(one.person, ""),
        "case": one.case,
        "reason": one.reason,
        "recusedAt": one.recused_at,
    }


def _recusals(call: Call) -> Answer:
    names = {one.id: one.name for one in call.house.access.people()}
    return Answer({"items": [_recusal(one, names) for one in call.house.access.recusals()]})


def _add(call: Call) -> Answer:
    filled = call.filled
    made = take_in(
        call.house.access,
        filled["name"],
        filled["contact"] or "",
        filled["organisation"],
        filled["role"],
    )
    return Answer(_row(call, made), 201, {"Location": f"{PREFIX}/people/{made.id}"})


def _link(call: Call) -> Answer:
    one = person_named(call.house, call.path["person"])
    link, ends = link_for(call.house, call.who, one)
    location = f"{PREFIX}/people/{one.id}"  # the link itself stands in no header that a log keeps
    return Answer({"link": link, "endsAt": ends}, 201, {"Location": location})


def _told(call: Call) -> Answer:
    return Answer(_row(call, person_named(call.house, call.path["person"])))


def _deactivate(call: Call) -> Answer:
    shut_out(call.house.access, call.who, person_named(call.house, call.path["person"]).id)
    return _told(call)


def _activate(call: Call) -> Answer:
    call.house.access.activate(person_named(call.house, call.path["person"]).id)
    return _told(call)


def _join(call: Call) -> Answer:
    one, filled = person_named(call.house, call.path["person"]), call.filled
    call.house.access.join(one.id, filled["organisation"], filled["role"])
    return _told(call)


def _leave(call: Call) -> Answer:
    with named():
        person = call.house.access.person(call.path["person"])
        there = call.house.access.organisation(call.path["organisation"])
    call.house.access.leave(person.id, there.id, call.path["role"])
    return Answer(None, 204)


def _organisations(call: Call) -> Answer:
    return Answer({"items": [_organisation(one) for one in call.house.access.organisations()]})


def _found(call: Call) -> Answer:
    filled = call.filled
    made = found_organisation(
        call.house,
        filled["name"],
        filled["role"],
        sector=filled["sector"] or "",
        size=filled["size"] or "",
    )
    return Answer(_organisation(made), 201, {"Location": f"{PREFIX}/organisations"})


_ROLE = Field("role", "The role", kind="choice", options={one: one for one in ROLES})
ACTING = (Field("organisation", "The organisation, by its id", most=64), _ROLE)
PERSON = (
    Field("name", "What they are called"),
    Field("contact", "Where they are reached", "For people to read.", needed=False),
    *ACTING,
)
ORGANISATION = (
    Field("name", "What it is called"),
    _ROLE,
    Field(
        "sector",
        "Its sector",
        kind="choice",
        needed=False,
        options={one: one for one in SECTORS},
    ),
    Field("size", "Its size", kind="choice", needed=False, options={one: one for one in SIZES}),
)

_PERSON = {
    "id": text(),
    "name": text(),
    "contact": text(),
    "active": {"type": "boolean", "description": "Whether they are let in."},
    "roles": several(whole({"organisation": text("Its id."), "name": text(), "role": text()})),
    "passkeys": {**COUNT, "description": "How many they have."},
}
_RECUSAL = {
    "person": text("Who keeps out."),
    "case": text("Of which case."),
    "reason": text("Why."),
    "recusedAt": time("Since when."),
}

SCHEMAS: dict[str, Any] = {
    "Person": whole(_PERSON),
    "PersonList": whole({"items": several(ref("Person"))}),
    "WholePerson": whole(
        {
            **_PERSON,
            "identities": {**COUNT, "description": "Accounts at a provider that are bound."},
            "sessions": {**COUNT, "description": "Browsers that are signed in."},
            "links": several(ref("LetIn")),
            "recusals": several(ref("Recusal")),
        }
    ),
    "Recusal": whole(_RECUSAL, "That somebody keeps out of a case (R8)."),
    "RecusalList": whole({"items": several(ref("Recusal"))}),
    "Link": whole(
        {"link": text("Hand it over by another way."), "endsAt": time("When it ends.")},
        "A one-time link, shown this once: whoever has it comes in as its person.",
    ),
    "Organisation": whole(
        {
            "id": text(),
            "name": text(),
            "roles": several(text(), "What its people can act as."),
            "party": {**NULL_TEXT, "description": "The keyid that its statements are signed by."},
            "sector": text(),
            "size": text(),
        }
    ),
    "OrganisationList": whole({"items": several(ref("Organisation"))}),
}


def _row_of(
    name: str, method: str, path: str, summary: str, handler: Any, **more: Any
) -> Operation:
    return Operation(name, method, path, "manage-people", summary, handler, "People", **more)


OPERATIONS: tuple[Operation, ...] = (
    _row_of("listPeople", "GET", "/people", "Everybody", _people, gives="PersonList"),
    _row_of(
        "addPerson",
        "POST",
        "/people",
        "A new person with a role, and no way in yet",
        _add,
        gives="Person",
        status=201,
        fields=PERSON,
        problems=(409,),
        makes=True,
        about="They come in by a link (`linkPerson`).",
    ),
    _row_of(
        "readPerson",
        "GET",
        "/people/{person}",
        "One person: roles, ways in, links, recusals",
        _person,
        gives="WholePerson",
        problems=(404,),
    ),
    _row_of(
        "linkPerson",
        "POST",
        "/people/{person}/link",
        "A one-time link by which they come in; the one before stops working",
        _link,
        gives="Link",
        status=201,
        problems=(404,),
        takes_nothing=True,
    ),
    _row_of(
        "deactivatePerson",
        "POST",
        "/people/{person}/deactivate",
        "Let them in no more; sessions, tokens and links end",
        _deactivate,
        gives="Person",
        problems=(404, 409),
        takes_nothing=True,
    ),
    _row_of(
        "activatePerson",
        "POST",
        "/people/{person}/activate",
        "Let them in again",
        _activate,
        gives="Person",
        problems=(404,),
        takes_nothing=True,
    ),
    _row_of(
        "giveRole",
        "POST",
        "/people/{person}/roles",
        "Give them a role in an organisation",
        _join,
        gives="Person",
        fields=ACTING,
        problems=(404, 409),
    ),
    _row_of(
        "takeRole",
        "DELETE",
        "/people/{person}/roles/{organisation}/{role}",
        "Take a role away; it ends at once",
        _leave,
        status=204,
        problems=(404, 409),
    ),
    _row_of(
        "listOrganisations",
        "GET",
        "/organisations",
        "Every organisation",
        _organisations,
        gives="OrganisationList",
    ),
    _row_of(
        "addOrganisation",
        "POST",
        "/organisations",
        "A new organisation; if it signs, by a key that this house holds for it",
        _found,
        gives="Organisation",
        status=201,
        fields=ORGANISATION,
        problems=(409,),
        makes=True,
    ),
    _row_of(
        "listRecusals",
        "GET",
        "/recusals",
        "Who keeps out of which case, and why",
        _recusals,
        gives="RecusalList",
    ),
)
