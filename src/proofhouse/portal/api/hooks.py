# SPDX-License-Identifier: Apache-2.0
"""Webhooks of an organisation: where it is told that something happened (``outbox``).

webhook-signature: v1,BASE64(HMAC-SHA256(secret, "{webhook-id}.{webhook-timestamp}.{body}"))
"""

from __future__ import annotations

from proofhouse.errors import RefusedError
from proofhouse.outbox import Outbox
from proofhouse.outbox.outward import check
from proofhouse.outbox.store import EVENTS
from proofhouse.portal.api import shapes
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.fields import Field, NotThereError


def _own(call: Call) -> tuple[Outbox, str]:
    """The outbox, and the organisation that the token acts for. Raises RefusedError."""
    outbox, organisation = call.house.outbox, call.who.organisation
    assert outbox is not None
    if organisation is None or not call.who.party:
        raise RefusedError(
            "Your organisation has a part in no case, so it is told of none.", rule="access"
        )
    return outbox, organisation.id


def _hooks(call: Call) -> Answer:
    outbox, owner = _own(call)
    return Answer({"items": [shapes.hook(one) for one in outbox.hooks(owner)]})


def _add(call: Call) -> Answer:
    outbox, owner = _own(call)
    url, events = call.filled["url"], call.filled["events"] or tuple(EVENTS)
    check(url, call.house.settings.reachable)
    made, secret = outbox.add_hook(owner, url, call.house.clock(), events)
    return Answer(
        shapes.hook(made) | {"secret": secret}, 201, {"Location": f"{PREFIX}/webhooks/{made.id}"}
    )


def _found(call: Call) -> tuple[Outbox, str, str]:
    outbox, owner = _own(call)
    hook = call.path["webhook"]
    if not any(one.id == hook for one in outbox.hooks(owner)):
        raise NotThereError("There is no such webhook of yours.")
    return outbox, owner, hook


def _read(call: Call) -> Answer:
    outbox, owner, hook = _found(call)
    return Answer(shapes.hook(outbox.hook(owner, hook)))


def _remove(call: Call) -> Answer:
    outbox, owner, hook = _found(call)
    outbox.remove_hook(owner, hook)
    return Answer(None, 204)


def _messages(call: Call) -> Answer:
    outbox, owner, hook = _found(call)
    return Answer({"items": [shapes.message(one) for one in outbox.messages(owner, hook)]})


FIELDS = (
    Field("url", "Where messages are sent", "An https address on the public internet.", most=500),
    Field(
        "events",
        "What it is told of",
        "Empty: all.",
        kind="choices",
        needed=False,
        options=dict(EVENTS),
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listWebhooks",
        "GET",
        "/webhooks",
        "see-case",
        "The webhooks of your organisation",
        _hooks,
        "Webhooks",
        gives="WebhookList",
    ),
    Operation(
        "addWebhook",
        "POST",
        "/webhooks",
        "see-case",
        "Be told at an address of yours that something happened",
        _add,
        "Webhooks",
        gives="NewWebhook",
        status=201,
        about="Messages are signed as Standard Webhooks says, and come at least once: the same "
        "webhook-id is the same message. They say that something happened, and never what.",
        fields=FIELDS,
        example={"url": "https://lab.example/proofhouse", "events": ["case.moved"]},
        problems=(409,),
        makes=True,
    ),
    Operation(
        "readWebhook",
        "GET",
        "/webhooks/{webhook}",
        "see-case",
        "One webhook",
        _read,
        "Webhooks",
        gives="Webhook",
        problems=(404,),
    ),
    Operation(
        "removeWebhook",
        "DELETE",
        "/webhooks/{webhook}",
        "see-case",
        "Be told there no more; what still waits is dropped",
        _remove,
        "Webhooks",
        status=204,
        problems=(404,),
    ),
    Operation(
        "listMessages",
        "GET",
        "/webhooks/{webhook}/messages",
        "see-case",
        "Its newest messages: what arrived, what waits, what was given up",
        _messages,
        "Webhooks",
        gives="MessageList",
        problems=(404,),
    ),
)
