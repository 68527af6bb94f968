# SPDX-License-Identifier: Apache-2.0
"""Statements on their way to their signatures, and those that were signed elsewhere.

A token's yes is its organisation's signature, and says so (``how``: "token"). Where the key of an
organisation is its own, it takes the payload, signs it there (DSSE), and hands it in; a statement
that was drafted there, too. What takes a person is signed on a page.
"""

from __future__ import annotations

import json
from typing import Any

from proofhouse.errors import RefusedError
from proofhouse.formats import predicates
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import PAYLOAD_TYPE
from proofhouse.formats.fields import base64_text
from proofhouse.formats.handover import Handover
from proofhouse.portal import acts, signing
from proofhouse.portal.api import shapes
from proofhouse.portal.api.cases import check_match
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.cases import draft_for, find, signing_as
from proofhouse.portal.stated import SECRET, withheld
from proofhouse.rules.registration import Entry

ACTION_OF = {
    "inquiry": "inquire",
    "submission": "submit",
    "review-requested": "request-review",
    "terms-answered": "answer-terms",
    "window-opened": "open-window",
    "findings-received": "receive-findings",
    "findings-answered": "answer-findings",
    "withdrawal": "withdraw",
    "plan": "plan",
    "run-started": "evaluate",
    "run-ended": "evaluate",
    "terms-offered": "offer-terms",
    "findings": "deliver-findings",
    "partner-accepted": "accept-partner",
}
"""Statement → action, for what a program may hand in. All others take a person."""


def _pending(call: Call) -> signing.Pending:
    return draft_for(call.house, call.who, call.path["draft"])


def _drafts(call: Call) -> Answer:
    if not call.who.party:
        return Answer({"items": [], "next": None})
    waiting = signing.waiting_for(call.house, signing_as(call.who.actor()))
    return Answer({"items": [shapes.draft(call.who, one) for one in waiting], "next": None})


def _read(call: Call) -> Answer:
    return Answer(shapes.draft(call.who, _pending(call)))


def _payload(call: Call) -> Answer:
    pending = _pending(call)
    if withheld(pending):
        raise RefusedError(
            "What this opens is read by nobody before the last signature.",
            rule="R16",
            hint=f"Sign it on its page: {call.house.settings.origin}/drafts/{pending.id}",
        )
    handover = json.loads(pending.handover.to_bytes())
    if SECRET & pending.handover.statement.predicate.keys() and not pending.sealed_case:
        handover["openings"] = []  # drawn here, and read by nobody before it is opened to everybody
    return Answer(
        {
            "payload": base64_text(pending.handover.payload),
            "payloadType": PAYLOAD_TYPE,
            "payloadSha256": sha256_hex(pending.handover.payload),
            "paeSha256": pending.challenge,
            "handover": handover,
        }
    )


def _sign(call: Call) -> Answer:
    pending = _pending(call)
    act = acts.ACTS.get(pending.act)
    if act is None or not call.who.may(act.action):
        raise RefusedError(
            "A token does not sign this: it takes a person.",
            rule="access",
            hint=f"Sign it on its page: {call.house.settings.origin}/drafts/{pending.id}",
        )
    if pending.sealed_case and pending.case is not None:
        check_match(call, call.house.seat.case(pending.case, None))
    actor = signing_as(call.who.actor())
    pending, entry = signing.approve(call.house, pending.id, actor, how="token")
    if entry is None:
        return Answer(
            {"draft": shapes.draft(call.who, pending), "registered": None}, case=pending.case or ""
        )
    call.app.happened(pending, entry)
    return Answer({"draft": None, "registered": shapes.registered(entry)}, case=entry.subject)


def _drop(call: Call) -> Answer:
    pending = _pending(call)
    act = acts.ACTS.get(pending.act)
    if act is None or not call.who.may(act.action):
        raise RefusedError("A token does not drop this: it takes a person.", rule="access")
    signing.take_back(call.house, pending.id, signing_as(call.who.actor()))
    return Answer(None, 204)


def _hand_in(call: Call) -> Answer:
    handover = Handover.parse(call.body)
    statement = handover.statement
    name = predicates.predicate_name(statement.predicate_type)
    action = ACTION_OF.get(name)
    if action is None or not call.who.may(action):
        raise RefusedError(
            f"This token does not hand in a statement “{name}”.",
            rule="access",
            hint="Its scopes don’t cover that, or it takes a person.",
        )
    predicate: Any = statement.predicate
    if predicate.get("previous") is not None:
        find(call.request, call.who, statement.subject_sha256)
    if not call.who.party or call.who.party not in _signers(call, handover):
        raise RefusedError(
            "Your organisation has not signed this statement.",
            rule="signers",
            hint="Sign it with the key that the trust policy names for your organisation.",
        )
    entry: Entry = call.house.seat.register(handover)
    call.app.happened(None, entry)
    location = f"{PREFIX}/cases/{entry.subject}"
    return Answer(shapes.registered(entry), 201, {"Location": location}, entry.subject)


def _signers(call: Call, handover: Handover) -> frozenset[str]:
    """The parties whose signatures are on it, checked. Raises VerificationError, FormatError."""
    keys = call.house.desk.keys()
    envelope = handover.envelope()
    name = predicates.predicate_name(handover.statement.predicate_type)
    return frozenset(one.party for one in keys.signers(envelope, call.house.desk.log.size, name))


_HANDOVER = {
    "type": "object",
    "description": "A handover (spec/handover): the envelope, what opens it, a notice.",
    "properties": {
        "format": {"const": "proofhouse-handover/v1"},
        "envelope": {"type": "object"},
        "openings": {"type": "array", "items": {"type": "object"}},
        "notice": {"type": ["object", "null"]},
    },
    "required": ["envelope", "format", "notice", "openings"],
    "additionalProperties": False,
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listDrafts",
        "GET",
        "/drafts",
        "see-log",
        "The statements that wait for your signature",
        _drafts,
        "Signatures",
        gives="DraftPage",
    ),
    Operation(
        "readDraft",
        "GET",
        "/drafts/{draft}",
        "see-log",
        "What is about to be signed, and by whom",
        _read,
        "Signatures",
        gives="Draft",
        problems=(404,),
    ),
    Operation(
        "readPayload",
        "GET",
        "/drafts/{draft}/payload",
        "see-confidential",
        "The very bytes, to be signed where the key is",
        _payload,
        "Signatures",
        gives="Payload",
        problems=(404, 409),
    ),
    Operation(
        "signDraft",
        "POST",
        "/drafts/{draft}/sign",
        "see-log",
        "Sign with your organisation’s key that this house holds",
        _sign,
        "Signatures",
        gives="Signed",
        about="Registered at once if it was the last signature that was wanted.",
        problems=(404, 409, 410, 412, 503),
        makes=True,
        matches=True,
        takes_nothing=True,
    ),
    Operation(
        "dropDraft",
        "DELETE",
        "/drafts/{draft}",
        "see-log",
        "Take a draft back; it leaves no trace",
        _drop,
        "Signatures",
        status=204,
        problems=(404, 409),
    ),
    Operation(
        "registerStatement",
        "POST",
        "/statements",
        "see-case",
        "Hand in a statement that was signed elsewhere",
        _hand_in,
        "Signatures",
        gives="Registered",
        status=201,
        about="Every signature that it needs is on it, your organisation’s among them.",
        raw=_HANDOVER,
        problems=(404, 409, 410),
        makes=True,
    ),
)
