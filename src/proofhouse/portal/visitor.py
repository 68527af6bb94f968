# SPDX-License-Identifier: Apache-2.0
"""Who is asking: from a session cookie or a token to a person in a role, and what they may do.

    async def page(visitor: Annotated[Visitor, Depends(need("see-queue"))]): …

A cookie carries a random secret and nothing else; the session behind it stands in the database and
ends there. Every form carries a token that is bound to its session, so that no other site can send
it. A request without a session gets a visitor without a person, who may see what is public.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from proofhouse.access import Membership, Organisation, Person
from proofhouse.access.table import covers, may
from proofhouse.errors import ProofhouseError, RefusedError
from proofhouse.portal.signing import Actor

COOKIE = "proofhouse"


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


def visitor(request: Request) -> Visitor:
    """The visitor of a request; whoever has no session is the public."""
    found: Any = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) else Visitor()


Anybody = Annotated[Visitor, Depends(visitor)]


def need(action: str) -> Callable[[Request], Visitor]:
    """A dependency that lets in whoever may do ``action``.

    Raises SignInError for the public, RefusedError for everybody else.
    """

    def check(request: Request) -> Visitor:
        who = visitor(request)
        if who.person is None:
            raise SignInError("This page is for people who are signed in.")
        if not who.may(action):
            raise RefusedError(
                "Your role does not let you do that.",
                rule="access",
                hint="Choose another of your roles, or ask an administrator.",
            )
        return who

    check.action = action  # type: ignore[attr-defined]
    return check
