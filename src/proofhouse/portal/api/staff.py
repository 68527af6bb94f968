# SPDX-License-Identifier: Apache-2.0
"""What staff do beside the acts of a case: try a plan, look at held scores, record for others,
invite, inspect.

What is recorded for a developer says so in the statement, for ever (``recordedBy``). Whoever
ignores an invitation leaves no trace. A held score is decided by an act (``decideHeld``), which two
people sign.
"""

from __future__ import annotations

from typing import Any

from proofhouse.errors import RefusedError
from proofhouse.portal import acts
from proofhouse.portal.acts import Act
from proofhouse.portal.api import shapes
from proofhouse.portal.api.cases import check_match, load, name_of
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.api.shapes import COUNT, NULL_TIME, ref, several, text, time, whole
from proofhouse.portal.assess import (
    OUTCOMES,
    SENDER,
    held_in,
    record_for,
    recordable_act,
    tried_plan,
)
from proofhouse.portal.cases import find, invitations_for, note
from proofhouse.portal.inspect import inspect_for, newest
from proofhouse.portal.queue import INVITATION, ignore, invitation_of, invite, sent_by


def _simulate(call: Call) -> Answer:
    return Answer(tried_plan(call.house.seat, find(call.request, call.who, call.path["case"])))


def _held(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    items = held_in(call.house.seat, row)
    note(call.house, call.who, "held scores", row.case)
    return Answer({"items": items})


def _record(act: Act) -> Any:
    def handler(call: Call) -> Answer:
        row, known = load(call)
        check_match(call, known)
        recordable_act(act.name)
        pending, entry = record_for(call.house, act, call.who, row, dict(call.filled))
        call.app.happened(pending, entry)
        location = f"{PREFIX}/cases/{row.case}"
        return Answer(shapes.registered(entry), 201, {"Location": location}, row.case)

    return handler


def _invitations(call: Call) -> Answer:
    items = [
        {
            "id": one.id,
            "sender": one.sender,
            "contact": one.contact,
            "text": one.text,
            "at": one.at,
            "endsAt": one.ends,
        }
        for one in invitations_for(call.house, call.who)
    ]
    return Answer({"items": items})


def _invitable(call: Call) -> Answer:
    labs = invitation_of(call.house)[0].options
    return Answer({"items": [{"id": one, "name": name} for one, name in labs.items()]})


def _sent(call: Call) -> Answer:
    names = {one.id: one.name for one in call.house.access.organisations()}
    items = [
        {
            "to": names.get(one.organisation, ""),
            "at": one.at,
            "endsAt": one.ends,
            "askedAt": one.asked_at or None,
        }
        for one in sent_by(call.house, call.who)
    ]
    return Answer({"items": items})


def _invite(call: Call) -> Answer:
    invite(call.house, call.who, call.filled)
    return Answer(None, 204)


def _ignore(call: Call) -> Answer:
    ignore(call.house, call.who, call.path["invitation"])
    return Answer(None, 204)


def _inspection(call: Call) -> Answer:
    size, found = newest(call.request)
    if found is None:
        return Answer({"status": "none", "size": 0, "checks": [], "counts": {}})
    return Answer(
        {
            "status": found.status,
            "size": size,
            "checks": [
                {"name": one.name, "result": one.result, "sentence": one.sentence}
                for one in found.checks
            ],
            "counts": dict(found.counts),
        }
    )


def _inspect(call: Call) -> Answer:
    inspect_for(call.request, call.who)
    return _inspection(call)


SCHEMAS: dict[str, Any] = {
    "Simulation": whole(
        {
            "items": {**COUNT, "description": "Items that the plan could take at most."},
            "dimensions": {
                "type": "object",
                "additionalProperties": {"type": "object"},
                "description": "Of each dimension: its errors, in ppm, with the scale right and "
                "wrong, and how much of the cut its prompts give away.",
            },
        }
    ),
    "HeldScore": whole(
        {
            "item": text(),
            "level": {"type": "integer"},
            "oracle": text("What the oracle said."),
            "marks": several(text(), "What the scan saw in the transcript."),
            "decision": {
                "type": ["object", "null"],
                "description": "The outcome that was decided "
                f"({', '.join(filter(None, OUTCOMES))}), by whom and why.",
            },
        },
        "A score that waits for people, because its transcript was marked.",
    ),
    "HeldScoreList": whole({"items": several(ref("HeldScore"))}),
    "Invitation": whole(
        {
            "id": text(),
            "sender": text("Who invites."),
            "contact": text("Where an answer may go."),
            "text": text(),
            "at": time("When it was made."),
            "endsAt": time("When it is gone."),
        }
    ),
    "SentInvitationList": whole(
        {
            "items": several(
                whole(
                    {
                        "to": text("Who was invited."),
                        "at": time("When it was made."),
                        "endsAt": time("When it is gone, here too."),
                        "askedAt": {**NULL_TIME, "description": "When they asked; null: not yet."},
                    }
                )
            )
        }
    ),
    "InvitableList": whole({"items": several(whole({"id": text(), "name": text()}))}),
    "InvitationList": whole({"items": several(ref("Invitation"))}),
    "Inspection": whole(
        {
            "status": text("None: nothing was inspected yet.", enum=["verified", "failed", "none"]),
            "size": {**COUNT, "description": "Of how many leaves it is."},
            "checks": several(whole({"name": text(), "result": text(), "sentence": text()})),
            "counts": {"type": "object", "additionalProperties": COUNT},
        },
        "What was found when everything sealed was opened and decided anew.",
    ),
}


def _recorded(act: Act) -> Operation:
    return Operation(
        name_of(f"record-{act.name}"),
        "POST",
        f"/cases/{{case}}/record/{act.name}",
        "record-for",
        f"{act.title}: record that its developer told you so",
        _record(act),
        "Staff",
        gives="Registered",
        status=201,
        about="It is signed by the key that this house holds for the developer, and registered at "
        "once; the statement says who recorded it and who told them.",
        fields=(SENDER, *act.fields),
        problems=(410, 412, 503),
        makes=True,
        matches=True,
    )


def _is_recordable(act: Act) -> bool:
    try:
        recordable_act(act.name)
    except RefusedError:
        return False
    return True


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "simulatePlan",
        "GET",
        "/cases/{case}/simulation",
        "plan",
        "What the plan of a case would err, before it is registered",
        _simulate,
        "Staff",
        gives="Simulation",
        problems=(410,),
    ),
    Operation(
        "listHeldScores",
        "GET",
        "/cases/{case}/held",
        "decide-held",
        "The held scores of the newest run, and what was decided of each",
        _held,
        "Staff",
        gives="HeldScoreList",
        problems=(410,),
        drafting=True,
    ),
    *(_recorded(act) for act in acts.ACTS.values() if _is_recordable(act)),
    Operation(
        "inviteDeveloper",
        "POST",
        "/invitations",
        "invite",
        "Invite a developer, privately; whoever ignores it leaves no trace (R2)",
        _invite,
        "Staff",
        status=204,
        fields=INVITATION,
        asked=lambda call: invitation_of(call.house),
    ),
    Operation(
        "listInvitable",
        "GET",
        "/invitations/to",
        "invite",
        "Whom this house can invite",
        _invitable,
        "Staff",
        gives="InvitableList",
    ),
    Operation(
        "listSentInvitations",
        "GET",
        "/invitations/sent",
        "invite",
        "Whom your organisation has invited within 30 days, and who asked since",
        _sent,
        "Staff",
        gives="SentInvitationList",
    ),
    Operation(
        "listInvitations",
        "GET",
        "/invitations",
        "answer-invitation",
        "The private invitations of your organisation",
        _invitations,
        "Acts",
        gives="InvitationList",
    ),
    Operation(
        "ignoreInvitation",
        "DELETE",
        "/invitations/{invitation}",
        "answer-invitation",
        "Ignore an invitation: it is deleted. To answer one, ask (`beginCase`): then it is, too",
        _ignore,
        "Acts",
        status=204,
    ),
    Operation(
        "readInspection",
        "GET",
        "/inspection",
        "inspect-all",
        "What the newest inspection found",
        _inspection,
        "Inspection",
        gives="Inspection",
    ),
    Operation(
        "inspectEverything",
        "POST",
        "/inspection",
        "inspect-all",
        "Open and check everything now; that you did is noted",
        _inspect,
        "Inspection",
        gives="Inspection",
        takes_nothing=True,
    ),
)
