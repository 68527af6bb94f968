# SPDX-License-Identifier: Apache-2.0
"""Cases for programs: lists, one case, its statements, what may be done in it, what may be taken.

A list shows the case that moved last first. Its ``cursor`` is the leaf of the last one shown, so a
case that moves meanwhile is seen at the top of a new list and never lost between two pages.
The ETag of a case is its newest statement. Whoever sends it back in If-Match drafts nothing for a
case that has moved on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse

from proofhouse.access import View
from proofhouse.access.table import ACTIONS, TAKES_A_PERSON
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.dossier import render as render_dossier
from proofhouse.errors import InputError
from proofhouse.portal import acts, fields
from proofhouse.portal.acts import ACTS, Act
from proofhouse.portal.api import shapes
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.cases import (
    act_for,
    acting,
    check_told,
    fields_of,
    find,
    mine,
    my_move,
    note,
    policy_for,
    propose,
    untold,
)
from proofhouse.portal.fields import Field
from proofhouse.portal.inspect import SURE, erase_for
from proofhouse.portal.problems import PreconditionError
from proofhouse.portal.projection import Row
from proofhouse.portal.queue import RECUSAL, keep_out, views_for
from proofhouse.publish import read_bundle
from proofhouse.rules.registration import Entry
from proofhouse.seat import Known

LIMIT = Field("limit", "How many of the list", kind="number", low=1, high=200, default=50)
CURSOR = Field("cursor", "The “next” of the page before", needed=False, most=20)


def number_of(cursor: str | None) -> int | None:
    """The number in a cursor. Raises FieldsError."""
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit():
        raise fields.FieldsError({"cursor": "This is none of ours."})
    return int(cursor)


def load(call: Call) -> tuple[Row, Known]:
    """The case that the address names. Raises NotThereError, also for one of others."""
    row = find(call.request, call.who, call.path["case"])
    return row, call.house.seat.case(row.case, None)


# ------------------------------------------------------------------------------------ reading


def _me(call: Call) -> Answer:
    who = call.who
    assert who.person is not None
    assert who.organisation is not None
    return Answer(
        {
            "person": who.person.name,
            "organisation": who.organisation.name,
            "role": who.role,
            "party": who.party or None,
            "actions": sorted(one for one in ACTIONS if who.may(one)),
            "drafts": sorted(one for one in TAKES_A_PERSON if who.may_draft(one)),
        }
    )


def _cases(call: Call) -> Answer:
    query, before = call.query, number_of(call.query["cursor"])
    limit: int = query["limit"]
    found: list[Row] = []
    for row in mine(call.request, call.who):
        if (before is None or row.leaf < before) and _wanted(call, row):
            found.append(row)
            if len(found) > limit:
                break
    shown, more = found[:limit], len(found) > limit
    following = str(shown[-1].leaf) if more else None
    return Answer(
        {"items": [shapes.row(call.who, row) for row in shown], "next": following},
        headers=next_link(call, following),
    )


def next_link(call: Call, following: str | None) -> dict[str, str]:
    """The header that leads to the page that follows (RFC 8288)."""
    if following is None:
        return {}
    url = call.request.url.include_query_params(cursor=following)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


def _wanted(call: Call, row: Row) -> bool:
    query = call.query
    if query["state"] is not None and row.state != query["state"]:
        return False
    if query["bank"] is not None and row.bank != query["bank"]:
        return False
    if query["ended"] is not None and row.ended is not (query["ended"] == "true"):
        return False
    return query["waiting"] is None or my_move(call.who, row) is (query["waiting"] == "true")


def _case(call: Call) -> Answer:
    row, known = load(call)
    head = known.case.head or ""
    etag = f'"{head}"'
    asked = call.request.headers.get("if-none-match", "")
    headers = {"ETag": etag, "Vary": "Authorization"}
    if etag in [one.strip().removeprefix("W/") for one in asked.split(",")] or asked == "*":
        return Answer(None, 304, headers)
    note(call.house, call.who, "case", row.case)
    told = shapes.row(call.who, row) | {
        "head": head,
        "audience": shapes.audience(call.who),
        "statements": len(known.case.entries),
    }
    return Answer(told, headers=headers)


def _statements(call: Call) -> Answer:
    row, known = load(call)
    after, limit = number_of(call.query["cursor"]), call.query["limit"]
    seen = known.case.entries
    if untold(call.who, known.case):
        seen = tuple(e for e in seen if _about(e, call.who.party))
    left = [e for e in seen if after is None or e.index > after]
    note(call.house, call.who, "statements", row.case)
    names = call.house.policy.names
    following = str(left[limit - 1].index) if len(left) > limit else None
    items = [shapes.statement(call.who, known, entry, names) for entry in left[:limit]]
    return Answer({"items": items, "next": following}, headers=next_link(call, following))


def _about(entry: Entry, party: str) -> bool:
    """Whether a partner signed the statement, or it gives the partner access."""
    signed = any(one.keyid == party for one in entry.signers)
    return signed or entry.predicate.get("partnerKey") == party


def _acts(call: Call) -> Answer:
    _, known = load(call)
    possible: Iterable[Act] = ()
    if call.who.party:
        possible = acts.open_acts(known.case, acting(call.who.role), call.who.party)
    return _listed(call, possible)


def _beginnings(call: Call) -> Answer:
    return _listed(call, [one for one in ACTS.values() if one.begins and _mine(call, one)])


def _mine(call: Call, act: Act) -> bool:
    return acting(call.who.role) in act.roles and call.who.may_draft(act.action)


def _listed(call: Call, possible: Iterable[Act]) -> Answer:
    asked = [(one, fields_of(call.house, one, call.who)) for one in possible]
    return Answer({"items": [shapes.act(call.who, one, each) for one, each in asked]})


def _views(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    return _looks(call, call.house.access.views(case=row.case))


def _all_views(call: Call) -> Answer:
    return _looks(call, views_for(call.request, call.who))


def _looks(call: Call, views: Iterable[View]) -> Answer:
    access = call.house.access
    names = {one.id: one.name for one in access.organisations()}
    people = {one.id: one.name for one in access.people()}
    items = [
        {
            "case": view.case[:12],
            "who": people.get(view.person, ""),
            "organisation": names.get(view.organisation, ""),
            "what": view.what,
            "at": view.viewed_at,
        }
        for view in views
    ]
    return Answer({"items": items})


def _bundle(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    audience = shapes.audience(call.who)
    check_told(call.who, call.house.desk.case(row.case))
    data = make_bundle(call.house.desk, row.case, audience).to_bytes()
    note(call.house, call.who, "bundle", row.case)
    name = f"bundle-{audience}-{row.case[:12]}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(response=Response(data, media_type="application/json"), headers=headers)


def _policy(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    data = policy_for(call.house, call.who, row)
    return Answer(response=Response(data, media_type="application/json"))


def _dossier(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    check_told(call.who, call.house.desk.case(row.case))
    data = make_bundle(call.house.desk, row.case, shapes.audience(call.who)).to_bytes()
    page = render_dossier(read_bundle(data, call.house.policy)[1])
    note(call.house, call.who, "dossier", row.case)
    call.request.state.own_policy = True  # the dossier carries its own, as strict, in its head
    return Answer(response=HTMLResponse(page))


# ------------------------------------------------------------------------------------- acting


def check_match(call: Call, known: Known | None) -> None:
    """Raise PreconditionError if the case has moved on since whoever asks looked at it."""
    asked = call.request.headers.get("if-match")
    if asked is None or known is None or asked.strip() == "*":
        return
    if f'"{known.case.head}"' not in [one.strip() for one in asked.split(",")]:
        raise PreconditionError(
            "The case has moved on since you looked at it.",
            rule="If-Match",
            hint="Read it again, and decide again.",
        )


def _draft(call: Call, act: Act, known: Known | None) -> Answer:
    act = act_for(call.who, act.name)
    check_match(call, known)
    pending = propose(call.house, act, call.who, known, call.filled)
    return Answer(
        shapes.draft(call.who, pending),
        201,
        {"Location": f"{PREFIX}/drafts/{pending.id}"},
        pending.case or "",
    )


def _act(act: Act) -> Any:
    def handler(call: Call) -> Answer:
        return _draft(call, act, None if act.begins else load(call)[1])

    return handler


def _asked(act: Act) -> Any:
    """The fields of an act with what this house lets choose from."""
    return lambda call: fields_of(call.house, act, call.who)


def _refused(call: Call) -> Answer:
    find(call.request, call.who, call.path["case"])
    act_for(call.who, call.path["act"])
    raise InputError("Nothing of that name is done in a case.")


def _recuse(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    keep_out(call.house, call.who, row, call.filled["reason"])
    return Answer(None, 204)


def _erase(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    if not call.filled["sure"]:
        raise fields.FieldsError({"sure": "Say that you are sure."})
    erase_for(call.request, row.case)
    return Answer(None, 204)


def name_of(name: str) -> str:
    """``offer-terms`` → ``offerTerms``."""
    first, *rest = name.split("-")
    return first + "".join(part.title() for part in rest)


_EXAMPLES: dict[str, Any] = {
    "inquire": {"name": "Example Lab", "contact": "models@lab.example"},
    "submit": {
        "model": "openai-api/lab/model-x",
        "checkpoint": "rc-1",
        "endpoint": "https://models.lab.example/v1",
    },
    "answer-terms": {},
    "open-window": {"partner_release": "2026-12-15", "maximum_days": 14},
}


def _drafts(act: Act, name: str, path: str) -> Operation:
    """The row of an act: it drafts, and says who signs."""
    signs = " A person signs it." if act.action in TAKES_A_PERSON else ""
    return Operation(
        name,
        "POST",
        path,
        act.action,
        f"{act.title}: drafts the statement",
        _act(act),
        "Acts",
        gives="Draft",
        status=201,
        about=f"{act.lead} {act.next}{signs}",
        fields=act.fields,
        asked=_asked(act),
        example=_EXAMPLES.get(act.name),
        problems=(409,) if act.begins else (404, 409, 410, 412),
        makes=True,
        matches=not act.begins,
        takes_nothing=not act.fields,
        drafting=True,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readMe",
        "GET",
        "/me",
        "see-log",
        "Who the token acts for, and what it may do",
        _me,
        "Cases",
        gives="Me",
    ),
    Operation(
        "listCases",
        "GET",
        "/cases",
        "see-case",
        "Your cases, the one that moved last first",
        _cases,
        "Cases",
        gives="CasePage",
        query=(
            Field("state", "Only those that stand so", needed=False, most=60),
            Field(
                "waiting",
                "Only those that wait for your role, or that don’t",
                kind="choice",
                needed=False,
                options={"true": "true", "false": "false"},
            ),
            Field(
                "ended",
                "Only those that have ended, or that haven’t",
                kind="choice",
                needed=False,
                options={"true": "true", "false": "false"},
            ),
            Field("bank", "Only those measured with this bank", kind="digest", needed=False),
            LIMIT,
            CURSOR,
        ),
    ),
    _drafts(ACTS["inquire"], "beginCase", "/cases"),
    Operation(
        "readCase",
        "GET",
        "/cases/{case}",
        "see-case",
        "One case: where it stands and whose move it is",
        _case,
        "Cases",
        gives="Case",
        problems=(404, 410),
    ),
    Operation(
        "listStatements",
        "GET",
        "/cases/{case}/statements",
        "see-case",
        "The statements of a case, with what of them is open to you",
        _statements,
        "Cases",
        gives="StatementPage",
        query=(LIMIT, CURSOR),
        problems=(404, 410),
    ),
    Operation(
        "listActs",
        "GET",
        "/cases/{case}/acts",
        "see-case",
        "What your role may do now, with the schema of each",
        _acts,
        "Acts",
        gives="ActList",
        problems=(404, 410),
    ),
    *(
        _drafts(act, name_of(act.name), f"/cases/{{case}}/acts/{act.name}")
        for act in ACTS.values()
        if not act.begins
    ),
    *(
        _drafts(act, name_of(act.name), f"/acts/{act.name}")
        for act in ACTS.values()
        if act.begins and act.clear
    ),
    Operation(
        "listBeginnings",
        "GET",
        "/acts",
        "see-log",
        "What your role may do outside a case, with the schema of each",
        _beginnings,
        "Acts",
        gives="ActList",
    ),
    Operation(
        "otherAct",
        "POST",
        "/cases/{case}/acts/{act}",
        "see-case",
        "Anything else is refused, and says who does it",
        _refused,
        "Acts",
        gives="Draft",
        status=201,
        raw={"type": "object"},
        problems=(404, 409),
    ),
    Operation(
        "listViews",
        "GET",
        "/cases/{case}/views",
        "see-views",
        "Who looked at what of a case",
        _views,
        "Cases",
        gives="ViewList",
    ),
    Operation(
        "listAllViews",
        "GET",
        "/views",
        "see-views",
        "Who looked at what of your newest cases; for an inspector, of all",
        _all_views,
        "Cases",
        gives="ViewList",
    ),
    Operation(
        "recuse",
        "POST",
        "/cases/{case}/recusal",
        "recuse",
        "Keep out of a case for good, for a conflict of interest (R8)",
        _recuse,
        "Cases",
        status=204,
        fields=RECUSAL,
    ),
    Operation(
        "eraseCase",
        "POST",
        "/cases/{case}/erasure",
        "erase",
        "Erase an ended case: nothing of it is left but its leaves",
        _erase,
        "Cases",
        status=204,
        fields=SURE,
        example={"sure": True},
        problems=(410,),
    ),
    Operation(
        "readBundle",
        "GET",
        "/cases/{case}/bundle",
        "see-case",
        "The bundle: what an outsider needs to check the case",
        _bundle,
        "Cases",
        about="For the audience that the token reads as; check it with `proofhouse verify`.",
        problems=(404, 409, 410),
    ),
    Operation(
        "readCasePolicy",
        "GET",
        "/cases/{case}/policy",
        "see-case",
        "The trust policy to check the bundle by",
        _policy,
        "Cases",
        about="It comes from whom it judges: compare its keys with their owners by another way.",
        problems=(404, 410),
    ),
    Operation(
        "readDossier",
        "GET",
        "/cases/{case}/dossier",
        "see-case",
        "The dossier, made from the bundle after verifying it",
        _dossier,
        "Cases",
        media="text/html",
        problems=(404, 409, 410, 422),
    ),
)
