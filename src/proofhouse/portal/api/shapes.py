# SPDX-License-Identifier: Apache-2.0
"""The JSON of what is answered, and its schemas (JSON Schema 2020-12, as OpenAPI 3.1 takes them).

Names are those of the statements (``openedAt``, ``windowEndsAt``); what a role is not shown is not
there. A long list comes in pages: ``{"items": […], "next": "…"}``, where ``next`` is the ``cursor``
of the page that follows, or null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proofhouse.access import LetIn
from proofhouse.access.table import TAKES_A_PERSON
from proofhouse.formats import bundle as bundles
from proofhouse.formats import predicates
from proofhouse.formats.digest import sha256_hex
from proofhouse.outbox.store import EVENTS, Hook, Message
from proofhouse.portal import fields, signing
from proofhouse.portal.acts import Act
from proofhouse.portal.cases import AUDIENCES, acting, my_move
from proofhouse.portal.fields import Field
from proofhouse.portal.projection import Row
from proofhouse.portal.stated import SECRET, withheld
from proofhouse.portal.visitor import Visitor
from proofhouse.rules.audience import shown, unnamed
from proofhouse.rules.registration import Entry
from proofhouse.seat import Known


def text(about: str = "", **more: Any) -> dict[str, Any]:
    """The schema of a text."""
    return {"type": "string", **({"description": about} if about else {}), **more}


def digest(about: str) -> dict[str, Any]:
    """The schema of a SHA-256."""
    return text(about, pattern="^[0-9a-f]{64}$")


def time(about: str) -> dict[str, Any]:
    """The schema of a time."""
    return text(about, format="date-time")


def several(of: Any, about: str = "") -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": of, **({"description": about} if about else {})}


def whole(properties: Mapping[str, Any], about: str = "", *optional: str) -> dict[str, Any]:
    """The schema of an object that has all of these, but for what is ``optional``."""
    return {
        "type": "object",
        **({"description": about} if about else {}),
        "properties": dict(properties),
        "required": sorted(set(properties) - set(optional)),
    }


def ref(name: str) -> dict[str, Any]:
    """A schema of ``SCHEMAS`` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str) -> dict[str, Any]:
    """The schema of a page of a list."""
    return whole({"items": several(ref(name)), "next": {"type": ["string", "null"]}})


NULL_TEXT = {"type": ["string", "null"]}
NULL_TIME = {**NULL_TEXT, "format": "date-time"}
COUNT = {"type": "integer", "minimum": 0}

_ROW = {
    "id": digest("The case, by 32 random bytes."),
    "short": text("The start of the id, by which people call the case."),
    "state": text("Whose move it is, by the name of the state in the rules' table."),
    "yourMove": {"type": "boolean", "description": "Whether it waits for the token's role."},
    "ended": {"type": "boolean", "description": "Whether nothing is owed by anybody."},
    "finding": text("COVERED, NOT_COVERED, INCONCLUSIVE, or “no finding”."),
    "riskClass": text(enum=["high", "medium", "low"]),
    "begunAt": time("When the inquiry was made."),
    "lastStatement": text("The name of the newest statement."),
    "lastAt": time("When that was made."),
    "lastLeaf": {**COUNT, "description": "Its leaf in the log."},
    "windowEndsAt": {
        **NULL_TEXT,
        "format": "date-time",
        "description": "When access ends, a partner’s own; null where there is none any more.",
    },
    "bank": digest("The bank that it is measured with, by its commitment."),
    "developer": text("Who asks. Not there for whom it is sealed."),
    "checkpoint": text("What was submitted. Not there for whom it is sealed."),
    "accessLevel": text("black-box, grey-box, weights, or empty. Not there for whom it is sealed."),
}
_SEALED_IN_A_ROW = ("developer", "checkpoint", "accessLevel")

_DRAFT = {
    "id": digest("The draft."),
    "act": text("What is done by it."),
    "case": {**NULL_TEXT, "description": "Its case; null for a statement of no case."},
    "statement": text("The name of the statement."),
    "proposedAt": time("When it was drafted."),
    "payloadSha256": digest("Of the bytes of the statement."),
    "paeSha256": digest("Of what every signer signs: DSSE's pre-authentication encoding."),
    "told": several(
        whole({"name": text(), "value": {}}), "What it states, field by field, opened for signers."
    ),
    "waitsFor": several(
        whole(
            {
                "role": text(),
                "parties": several(digest("A party’s keyid.")),
                "signatures": {**COUNT, "description": "How many of these parties sign."},
                "people": {**COUNT, "description": "How many different people at least."},
            }
        )
    ),
    "approvals": several(
        whole({"role": text(), "party": text(), "name": text(), "at": time(""), "how": text()})
    ),
    "waitsForYou": {"type": "boolean"},
}

_REGISTERED = {
    "leaf": {**COUNT, "description": "Its leaf in the log."},
    "digest": digest("Of its envelope."),
    "statement": text("The name of the statement."),
    "case": {**NULL_TEXT, "description": "Its case; null for a statement of no case."},
}

_RUN = {
    "what": text(enum=["plan", "evaluate", ""]),
    "phase": text(enum=["none", "waiting", "working", "done", "failed"]),
    "said": text("What it is at."),
    "error": text("Why it failed."),
    "hint": text("What to do about it."),
    "items": {**COUNT, "description": "Items that have ended."},
    "planned": {**COUNT, "description": "Items that were planned."},
    "missing": {**COUNT, "description": "Items that nobody could be scored by."},
    "tokens": COUNT,
    "solved": {**COUNT, "description": "Shown to assessors and inspectors, as what follows."},
    "low": {"type": "integer", "description": "The evidence so far, in micro-nats, at its lowest."},
    "high": {"type": "integer"},
    "lower": {"type": "integer", "description": "The boundary below."},
    "upper": {"type": "integer"},
    "path": several(several({"type": "integer"}), "Items, low and high after each step."),
}
_EVIDENCE = ("solved", "low", "high", "lower", "upper", "path")

_HOOK = {
    "id": text(),
    "url": text(format="uri"),
    "events": several(text(enum=list(EVENTS))),
    "madeAt": time("When it was made."),
}

SCHEMAS: dict[str, Any] = {
    "Problem": whole(
        {
            "type": text("What kind of problem, as an address.", format="uri-reference"),
            "title": text(),
            "status": {"type": "integer"},
            "detail": text("What was asked, and why not."),
            "hint": text("What is allowed, or what to do."),
            "rule": text("The rule that says no."),
            "errors": {
                "type": "object",
                "additionalProperties": text(),
                "description": "What is wrong, field by field.",
            },
        },
        "A problem document (RFC 9457).",
        *("hint", "rule", "errors"),
    ),
    "Me": whole(
        {
            "person": text("Who made the token."),
            "organisation": text("Whom it acts for."),
            "role": text(),
            "party": {**NULL_TEXT, "description": "The keyid that the organisation signs by."},
            "actions": several(text(), "What the token’s scopes let this role do."),
            "drafts": several(text(), "What it may draft, and a person signs."),
        }
    ),
    "CaseRow": whole(_ROW, "A case in a list.", *_SEALED_IN_A_ROW),
    "CasePage": page("CaseRow"),
    "Case": whole(
        {
            **_ROW,
            "head": digest("The newest statement, by its envelope: the case’s ETag."),
            "audience": text("As whom the token reads.", enum=["developer", "inspector", "public"]),
            "statements": {**COUNT, "description": "How many statements the case has."},
        },
        "One case.",
        *_SEALED_IN_A_ROW,
    ),
    "Statement": whole(
        {
            "leaf": COUNT,
            "name": text(),
            "digest": digest("Of its envelope."),
            "madeAt": time("When its maker says that it was made."),
            "signers": several(
                whole(
                    {
                        "keyid": digest("Of the key."),
                        "role": text(),
                        "name": text("Empty where it is sealed."),
                    }
                )
            ),
            "predicate": {"type": "object", "description": "As it was signed (spec/predicates)."},
            "opened": {
                "type": "object",
                "description": "Hidden fields of it that are open to this token, by their names.",
            },
        }
    ),
    "StatementPage": page("Statement"),
    "Act": whole(
        {
            "name": text(),
            "title": text(),
            "means": text(),
            "next": text("What follows."),
            "roles": several(text(), "Who makes the statement, each with a signature."),
            "byToken": {"type": "boolean", "description": "Whether this token may draft it."},
            "takesPerson": {"type": "boolean", "description": "Whether only a person signs it."},
            "fields": {"type": "object", "description": "The JSON Schema of its body."},
            "choices": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": text()},
                "description": "Of each field of a choice, what its values mean.",
            },
        }
    ),
    "ActList": whole({"items": several(ref("Act"))}),
    "Draft": whole(_DRAFT, "A statement that waits for its signatures."),
    "DraftPage": page("Draft"),
    "Payload": whole(
        {
            "payload": text("The statement’s bytes, base64.", contentEncoding="base64"),
            "payloadType": text(),
            "payloadSha256": digest("Of the payload."),
            "paeSha256": digest("Of what is signed."),
            "handover": {
                "type": "object",
                "description": "The same as a handover, to be signed elsewhere and handed in.",
            },
        }
    ),
    "Registered": whole(_REGISTERED, "A statement that stands in the log."),
    "Signed": whole(
        {
            "draft": {"oneOf": [ref("Draft"), {"type": "null"}]},
            "registered": {"oneOf": [ref("Registered"), {"type": "null"}]},
        },
        "The draft, if others have yet to sign; else the statement as it was registered.",
    ),
    "Run": whole(_RUN, "How the newest plan or evaluation of a case goes.", *_EVIDENCE),
    "Place": whole(
        {
            "case": ref("CaseRow"),
            "hours": {**COUNT, "description": "Reviewer hours that the next move takes."},
            "daysWaiting": COUNT,
            "daysLeft": {"type": ["integer", "null"], "description": "Until its window ends."},
            "firstPass": text("What the system has seen before a person opens it."),
            "thisWeek": {"type": "boolean", "description": "Whether this week’s hours reach it."},
        }
    ),
    "QueuePage": whole(
        {
            **page("Place")["properties"],
            "hours": {**COUNT, "description": "Reviewer hours of a week."},
            "hoursTaken": {**COUNT, "description": "How many of them this week’s cases take."},
            "casesToRead": {**COUNT, "description": "Cases that are still being read."},
        }
    ),
    "Use": whole(
        {
            "partner": text(),
            "what": text("What it did."),
            "found": {**COUNT, "description": "Flaws found in its own systems."},
            "closed": {**COUNT, "description": "How many of them are closed."},
            "at": time("When it was reported."),
        }
    ),
    "UseList": whole({"items": several(ref("Use"))}),
    "View": whole(
        {
            "case": text("The start of its id; empty for everything at once."),
            "who": text(),
            "organisation": text(),
            "what": text(),
            "at": time("When."),
        },
        "That somebody looked at something confidential.",
    ),
    "ViewList": whole({"items": several(ref("View"))}),
    "Webhook": whole(_HOOK),
    "NewWebhook": whole(
        {**_HOOK, "secret": text("What its messages are signed with; shown once.")}
    ),
    "WebhookList": whole({"items": several(ref("Webhook"))}),
    "Message": whole(
        {
            "id": text(),
            "event": text(),
            "madeAt": time("When it was kept."),
            "state": text(enum=["waiting", "arrived", "given-up"]),
            "attempts": COUNT,
            "said": text("How the last attempt went."),
            "dueAt": time("When it is tried next."),
        }
    ),
    "MessageList": whole({"items": several(ref("Message"))}),
    "Leaf": whole(
        {
            "index": COUNT,
            "kind": text(enum=["sealed", "clear"]),
            "leaf": {"type": "object", "description": "The leaf as JSON; its bytes are canonical."},
        }
    ),
    "LeafPage": page("Leaf"),
    "Consistency": whole(
        {
            "from": COUNT,
            "to": COUNT,
            "proof": several(digest("A node.")),
            "checkpoint": text("The signed note of the log as it stands."),
        }
    ),
    "Bank": whole(
        {
            "digest": digest("Of its commitment’s envelope."),
            "name": text(),
            "version": {"type": "integer"},
            "active": {"type": "boolean"},
            "retired": {"type": "boolean"},
            "openBy": time("When its seed is to be opened."),
            "threshold": {**NULL_TEXT, "description": "The commitment of its threshold."},
            "openings": several(digest("What has been opened.")),
        }
    ),
    "BankList": whole({"items": several(ref("Bank"))}),
}


# -------------------------------------------------------------------------------------- values


def let_in(one: LetIn, names: Mapping[str, str]) -> dict[str, Any]:
    """That a link was made or used."""
    return {"what": one.what, "by": names.get(one.by or "", ""), "at": one.at}


def audience(who: Visitor) -> str:
    """As whom a token reads a case: as its role does, if its scopes say so."""
    return AUDIENCES.get(who.role, "public") if who.may("see-confidential") else "public"


def row(who: Visitor, one: Row) -> dict[str, Any]:
    """A case in a list."""
    told = {
        "id": one.case,
        "short": one.short,
        "state": one.state,
        "yourMove": my_move(who, one),
        "ended": one.ended,
        "finding": "" if who.role == "partner" else one.finding,
        "riskClass": one.risk,
        "begunAt": one.begun_at,
        "lastStatement": one.last,
        "lastAt": one.last_at,
        "lastLeaf": one.leaf,
        "windowEndsAt": one.ends_for(who.party) or None,
        "bank": one.bank,
    }
    if audience(who) != "public":
        told |= {
            "developer": one.name,
            "checkpoint": one.checkpoint,
            "accessLevel": one.access,
        }
    return told


def statement(who: Visitor, known: Known, entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    """A statement of a case, with what of it is open to the token."""
    allowed = shown(known.case, audience(who))
    opened = {}
    for name, value in entry.predicate.items():
        if (entry.name, name) in allowed and isinstance(value, Mapping):
            hidden = str(value.get("salted") or value.get("sha256"))
            if hidden in known.opened:
                opened[name] = known.opened[hidden]
    seen = {
        str(value.get("salted"))
        for each in known.case.entries
        for name, value in each.predicate.items()
        if (each.name, name) in allowed and isinstance(value, Mapping)
    }
    sealed = unnamed(known.case, seen)
    signers = [
        {
            "keyid": one.keyid,
            "role": one.role,
            "name": "" if one.keyid in sealed else names.get(one.keyid, ""),
        }
        for one in sorted(entry.signers, key=lambda one: (one.role, one.keyid))
    ]
    return {
        "leaf": entry.index,
        "name": entry.name,
        "digest": entry.digest,
        "madeAt": entry.made_at,
        "signers": signers,
        "predicate": dict(entry.predicate),
        "opened": opened,
    }


def act(who: Visitor, one: Act, asked: Sequence[Field]) -> dict[str, Any]:
    """Something that may be done, with the schema of its body and what can be chosen there."""
    return {
        "name": one.name,
        "title": one.title,
        "means": one.lead,
        "next": one.next,
        "roles": list(one.roles),
        "byToken": acting(who.role) in one.roles and who.may_draft(one.action),
        "takesPerson": one.action in TAKES_A_PERSON,
        "fields": fields.schema(asked),
        "choices": {each.name: dict(each.options) for each in asked if each.options},
    }


def draft(who: Visitor, one: signing.Pending) -> dict[str, Any]:
    """A draft, for somebody who is to sign it."""
    person = who.person.id if who.person else ""
    return {
        "id": one.id,
        "act": one.act,
        "case": one.case if one.name in _OF_CASES else None,
        "statement": one.name,
        "proposedAt": one.proposed_at,
        "payloadSha256": sha256_hex(one.handover.payload),
        "paeSha256": one.challenge,
        "told": told(one),
        "waitsFor": [
            {
                "role": need.role,
                "parties": list(need.parties),
                "signatures": need.count,
                "people": need.people,
            }
            for need in one.needs
        ],
        "approvals": [
            {"role": a.role, "party": a.party, "name": a.name, "at": a.at, "how": a.how}
            for a in one.approvals
        ],
        "waitsForYou": one.waits_for(who.party, acting(who.role), person),
    }


def told(one: signing.Pending) -> list[dict[str, Any]]:
    """What a draft states, field by field, opened for those who sign it."""
    opened = {bundles.opened(each): each.value for each in one.handover.openings}
    predicate: Any = one.handover.statement.predicate
    lines = []
    for name, value in predicate.items():
        if isinstance(value, Mapping) and (hidden := value.get("salted") or value.get("sha256")):
            value = opened.get(hidden) if name not in SECRET else None
        if name in withheld(one):
            value = None
        lines.append({"name": name, "value": value})
    return lines


def registered(entry: Entry) -> dict[str, Any]:
    """A statement that stands in the log."""
    return {
        "leaf": entry.index,
        "digest": entry.digest,
        "statement": entry.name,
        "case": entry.subject if entry.name in _OF_CASES else None,
    }


def hook(one: Hook) -> dict[str, Any]:
    """A webhook."""
    return {"id": one.id, "url": one.url, "events": list(one.events), "madeAt": one.made_at}


def message(one: Message) -> dict[str, Any]:
    """A message of a webhook."""
    return {
        "id": one.id,
        "event": one.event,
        "madeAt": one.made_at,
        "state": one.state,
        "attempts": one.attempts,
        "said": one.said,
        "dueAt": one.due_at,
    }


_OF_CASES = frozenset(predicates.SEALED)
