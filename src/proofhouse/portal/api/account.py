# SPDX-License-Identifier: Apache-2.0
"""One's own account for programs: what is kept of one, and ending what lets somebody in.

A token ends sessions, passkeys, bound accounts and tokens, itself too. It makes none of them: what
would let somebody stay who should not is made on a page, shortly after signing in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from proofhouse.access import Person
from proofhouse.access.people import THEMES
from proofhouse.errors import InputError
from proofhouse.portal.account import about, drop_identity, drop_passkey, keep_looks
from proofhouse.portal.api.operation import Answer, Call, Operation
from proofhouse.portal.api.shapes import NULL_TIME, let_in, several, text, time, whole
from proofhouse.portal.fields import Field, NotThereError
from proofhouse.portal.language import LANGUAGES


def own(call: Call) -> Person:
    """Whose token it is."""
    assert call.who.person is not None
    return call.who.person


@contextmanager
def named() -> Iterator[None]:
    """What an address names, and is not there, is told so. Raises NotThereError."""
    try:
        yield
    except NotThereError:
        raise
    except InputError as error:
        raise NotThereError(error.message, hint=error.hint) from None


def _read(call: Call) -> Answer:
    person = own(call)
    told = about(call.house, person)
    return Answer(
        {
            "id": person.id,
            "name": person.name,
            "contact": person.contact,
            **_looks(person),
            "passkeys": [
                {"id": key, "name": one.name, "madeAt": one.made_at, "usedAt": one.used_at}
                for key, one in told["passkeys"]
            ],
            "identities": [
                {"issuer": issuer, "subject": subject} for issuer, subject in told["identities"]
            ],
            "sessions": [
                {
                    "id": one.id,
                    "how": one.how,
                    "startedAt": one.started_at,
                    "lastSeenAt": one.last_seen_at,
                    "endsAt": one.ends_at,
                }
                for one in told["sessions"]
            ],
            "tokens": [
                {
                    "id": one.id,
                    "name": one.name,
                    "organisation": one.organisation.name,
                    "role": one.role,
                    "scopes": sorted(one.scopes),
                    "madeAt": one.made_at,
                    "endsAt": one.ends_at,
                    "usedAt": one.used_at,
                }
                for one in told["tokens"]
            ],
            "links": [let_in(one, told["names"]) for one in told["let_in"]],
        }
    )


def _looks(person: Person) -> dict[str, Any]:
    return {"locale": person.locale, "theme": person.theme}


def _keep_looks(call: Call) -> Answer:
    person, access = own(call), call.house.access
    keep_looks(access, person, call.filled["locale"] or "", call.filled["theme"] or "")
    return Answer(_looks(access.person(person.id)))


def _remove_passkey(call: Call) -> Answer:
    drop_passkey(call.house.access, own(call), call.path["passkey"])
    return Answer(None, 204)


def _remove_identity(call: Call) -> Answer:
    with named():
        drop_identity(call.house.access, own(call), call.query["issuer"], call.query["subject"])
    return Answer(None, 204)


def _end_session(call: Call) -> Answer:
    with named():
        call.house.access.end_session(own(call).id, call.path["session"])
    return Answer(None, 204)


def _end_sessions(call: Call) -> Answer:
    call.house.access.end_sessions(own(call).id)
    return Answer(None, 204)


def _revoke(call: Call) -> Answer:
    with named():
        call.house.access.revoke_token(own(call).id, call.path["token"])
    return Answer(None, 204)


LOOKS = (
    Field(
        "locale",
        "The language of the pages",
        "Empty: as the browser asks.",
        kind="choice",
        needed=False,
        options=dict(LANGUAGES),
    ),
    Field(
        "theme",
        "Their colours",
        "Empty: as the device says.",
        kind="choice",
        needed=False,
        options={one: one for one in THEMES if one},
    ),
)

_WORDS = {"locale": text("The language of the pages; empty: as the browser asks."), "theme": text()}

SCHEMAS: dict[str, Any] = {
    "LetIn": whole(
        {
            "what": text(enum=["made", "used"]),
            "by": text("Who made it; empty for the terminal, and for a use."),
            "at": time("When."),
        },
        "That a one-time link was made for a person, or used.",
    ),
    "Looks": whole(_WORDS),
    "Account": whole(
        {
            "id": text(),
            "name": text(),
            "contact": text(),
            **_WORDS,
            "passkeys": several(
                whole(
                    {"id": text(), "name": text(), "madeAt": time("When."), "usedAt": NULL_TIME},
                    "A passkey, by its credential’s id (base64url).",
                )
            ),
            "identities": several(whole({"issuer": text(), "subject": text()})),
            "sessions": several(
                whole(
                    {
                        "id": text(),
                        "how": text("passkey, oidc, link or setup."),
                        "startedAt": time("When it began."),
                        "lastSeenAt": time("When it asked last."),
                        "endsAt": time("When it ends at the latest."),
                    },
                    "A browser that is signed in.",
                )
            ),
            "tokens": several(
                whole(
                    {
                        "id": text(),
                        "name": text(),
                        "organisation": text(),
                        "role": text(),
                        "scopes": several(text()),
                        "madeAt": time("When it was made."),
                        "endsAt": time("When it ends."),
                        "usedAt": NULL_TIME,
                    }
                )
            ),
            "links": several({"$ref": "#/components/schemas/LetIn"}),
        }
    ),
}


def _ends(
    name: str, path: str, summary: str, handler: Callable[[Call], Answer], **more: Any
) -> Operation:
    return Operation(
        name, "DELETE", path, "own-account", summary, handler, "Account", status=204, **more
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readAccount",
        "GET",
        "/account",
        "own-account",
        "All that is kept of you: passkeys, sessions, tokens, links",
        _read,
        "Account",
        gives="Account",
    ),
    Operation(
        "setLooks",
        "PUT",
        "/account/looks",
        "own-account",
        "The language and the colours of your pages",
        _keep_looks,
        "Account",
        gives="Looks",
        fields=LOOKS,
        example={"locale": "es", "theme": "dark"},
    ),
    _ends(
        "removePasskey",
        "/account/passkeys/{passkey}",
        "Let a passkey open nothing any more; every session of yours ends",
        _remove_passkey,
        problems=(404,),
    ),
    _ends(
        "removeIdentity",
        "/account/identities",
        "Let an account at a provider open nothing any more; every session of yours ends",
        _remove_identity,
        query=(Field("issuer", "Its provider", most=500), Field("subject", "Its name there")),
        problems=(404,),
    ),
    _ends("endSessions", "/account/sessions", "End every session of yours", _end_sessions),
    _ends(
        "endSession",
        "/account/sessions/{session}",
        "End one session of yours",
        _end_session,
        problems=(404,),
    ),
    _ends(
        "revokeToken",
        "/account/tokens/{token}",
        "End a token of yours; it may be the one that asks",
        _revoke,
        problems=(404,),
    ),
)
