# SPDX-License-Identifier: Apache-2.0
"""Who is asking: from a session cookie or a token to a person in a role, and what they may do.

    async def page(visitor: Annotated[Visitor, Depends(need("see-queue"))]): …

A cookie carries a random secret and nothing else; the session behind it stands in the database and
ends there. Every form carries a token that is bound to its session, and browsers say which page a
form comes from (``check_same_origin``), so that no other site can send one. A program brings a
token in ``Authorization: Bearer`` and acts within its scopes; what it brings beside that in cookies
is not looked at. A request without either gets a visitor without a person, who may see what is
public.

    Set-Cookie: __Host-proofhouse=phs_…; HttpOnly; Path=/; SameSite=lax; Secure

``__Host-`` and ``Secure`` stand only where browsers come by https: plain http is for this machine.
SameSite is lax, not strict, so that who follows a link in a message is still signed in.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from proofhouse.access import Access, Membership, Organisation, Person
from proofhouse.access.table import covers, drafts, may
from proofhouse.errors import ProofhouseError, RefusedError
from proofhouse.portal.signing import Actor

COOKIE = "proofhouse"
STEP_COOKIE = "proofhouse-step"
"""What takes the step that a browser has under way (``Access.begin_step``)."""

WRONG_TOKENS = 30
"""Wrong tokens that one address may bring in a minute."""


class SignInError(ProofhouseError):
    """A page for people who are signed in was asked for by somebody who is not."""


@dataclass(frozen=True)
class Visitor:
    """Who asks. ``person`` is None for the public; ``how`` tells how they signed in."""

    person: Person | None = None
    memberships: tuple[Membership, ...] = ()
    organisation: Organisation | None = None
    role: str = ""
    how: str = ""
    secret: str = ""
    scopes: frozenset[str] | None = None

    @property
    def csrf(self) -> str:
        """The token that this session's forms carry."""
        return hmac.new(self.secret.encode(), b"proofhouse/csrf/v1", hashlib.sha256).hexdigest()

    def may(self, action: str) -> bool:
        """Whether the role that was chosen allows ``action``."""
        if self.person is None or not may(self.role, action):
            return False
        return self.scopes is None or covers(self.scopes, action)

    def may_draft(self, action: str) -> bool:
        """Whether ``action`` may be drafted, to be signed by whoever ``may`` do it."""
        if self.scopes is None or self.person is None:
            return self.may(action)
        return may(self.role, action) and drafts(self.scopes, action)

    @property
    def party(self) -> str:
        """The keyid that the organisation signs by; empty if it signs nothing."""
        return (self.organisation.party if self.organisation else None) or ""

    def actor(self) -> Actor:
        """Who acts. Raises RefusedError if the organisation signs nothing."""
        if self.person is None or self.organisation is None or not self.party:
            raise RefusedError(
                "Your organisation signs no statements.",
                rule="signers",
                hint="Choose another of your roles, or ask an administrator.",
            )
        return Actor(self.person.id, self.person.name, self.organisation.id, self.party, self.role)


def cookie_name(name: str, *, secure: bool) -> str:
    """The name of a cookie; where browsers come by https they hold it to this host and to https."""
    return f"__Host-{name}" if secure else name


def set_cookie(response: Response, name: str, value: str, *, secure: bool, seconds: int) -> None:
    """Give a browser a cookie that no script reads and no other site sends."""
    response.set_cookie(
        cookie_name(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        cookie_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )


def address_of(request: Request) -> str:
    """Whence a request came, as the network says; headers of a proxy are not believed."""
    return request.client.host if request.client else "unknown"


def who_asks(request: Request, access: Access, now: str, *, secure: bool) -> Visitor:
    """Who asks: by a program's token, else by a session; whoever has neither is the public.

    Raises SignInError for a token that is none, TooManyError if an address brings many.
    """
    kind, _, brought = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":  # other kinds are between a browser and a server in front
        return _program(request, access, brought.strip(), now)
    secret = request.cookies.get(cookie_name(COOKIE, secure=secure), "")
    session = access.session(secret, now) if secret else None
    if session is None:
        return Visitor()
    return Visitor(
        session.person,
        access.memberships(session.person.id),
        session.organisation,
        session.role or "",
        session.how,
        secret,
    )


def _program(request: Request, access: Access, secret: str, now: str) -> Visitor:
    token = access.token(secret, now)
    if token is None:
        access.hit("token", address_of(request), now, WRONG_TOKENS, 60)
        raise SignInError(
            "This token opens nothing here.",
            hint="It has ended, was revoked, or never was one. Make one under “Your account”.",
        )
    mine = (Membership(token.organisation, token.role),)
    return Visitor(token.person, mine, token.organisation, token.role, "token", scopes=token.scopes)


def check_same_origin(request: Request, origin: str) -> None:
    """Raise RefusedError if the browser says that the request comes from a page of another site.

    A program that is no browser says nothing, and has no cookies to be misused.
    """
    said = request.headers.get("origin")
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    if said not in (None, origin) or (said is None and fetched not in ("same-origin", "none")):
        raise RefusedError(
            "This form was sent from a page of another site.",
            rule="access",
            hint="Open this house's own page and send it there.",
        )


def visitor(request: Request) -> Visitor:
    """The visitor of a request; whoever has no session is the public."""
    found: Any = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) else Visitor()


Anybody = Annotated[Visitor, Depends(visitor)]


def need(action: str, *, drafting: bool = False) -> Callable[[Request], Visitor]:
    """A dependency that lets in whoever may do ``action``, or for ``drafting`` may draft it.

    Raises SignInError for the public, RefusedError for everybody else.
    """

    def check(request: Request) -> Visitor:
        who = visitor(request)
        if who.person is None:
            raise SignInError("This page is for people who are signed in.")
        if not (who.may_draft(action) if drafting else who.may(action)):
            raise RefusedError(
                "Your role does not let you do that.",
                rule="access",
                hint="Choose another of your roles, or ask an administrator.",
            )
        return who

    check.action = action  # type: ignore[attr-defined]
    check.drafting = drafting  # type: ignore[attr-defined]
    return check
