# SPDX-License-Identifier: Apache-2.0
"""What this room hands out. Times are ``YYYY-MM-DDTHH:MM:SSZ``; no value holds a secret."""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.errors import VerificationError
from proofhouse.said import say


class DeadLinkError(VerificationError):
    """One answer for every link that does not work, so that a guess learns nothing."""

    def __init__(self) -> None:
        super().__init__(
            say("This link does not work: it was used, it has ended, or it never was one."),
            hint=say("Ask an administrator of the house for a new one."),
        )


@dataclass(frozen=True)
class Organisation:
    """An organisation: the ``roles`` that its people can have in it, in the order of the table.

    ``party`` is the keyid by which its statements are signed, as the trust policy names it; None
    for one that signs nothing. ``sector`` and ``size`` are free words.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    party: str | None = None
    sector: str = ""
    size: str = ""


@dataclass(frozen=True)
class Person:
    """A person. ``contact`` is for other people to read; nothing is sent there or inferred from it.

    ``locale`` and ``theme`` are what they chose, or empty.
    """

    id: str
    name: str
    contact: str
    active: bool = True
    locale: str = ""
    theme: str = ""


@dataclass(frozen=True)
class Membership:
    """A role that a person has in an organisation."""

    organisation: Organisation
    role: str


@dataclass(frozen=True)
class Passkey:
    """A passkey: ``id`` is the credential's, ``public_key`` the bytes of its COSE key.

    ``sign_count`` is what its authenticator counted last; many count nothing and say 0.
    """

    id: bytes
    person: str
    public_key: bytes
    sign_count: int
    name: str
    made_at: str
    used_at: str | None = None


@dataclass(frozen=True)
class Session:
    """A browser that somebody signed in with. ``id`` names it in lists; it opens nothing.

    ``how`` is ``passkey``, ``oidc``, ``link`` (an administrator's) or ``setup``. ``organisation``
    and ``role`` are what the person acts as, both None until they choose.
    """

    id: str
    person: Person
    how: str
    started_at: str
    last_seen_at: str
    ends_at: str
    organisation: Organisation | None = None
    role: str | None = None


@dataclass(frozen=True)
class Token:
    """A program's way in, in one role of one person. ``id`` names it in lists; it opens nothing."""

    id: str
    person: Person
    organisation: Organisation
    role: str
    scopes: frozenset[str]
    name: str
    made_at: str
    ends_at: str
    used_at: str | None = None


@dataclass(frozen=True)
class LetIn:
    """That a one-time link was made for a person, or that it was used.

    ``by`` is the administrator who made it, None if the terminal did.
    """

    person: str
    what: str
    by: str | None
    at: str


@dataclass(frozen=True)
class Recusal:
    """That a person keeps out of a case, and why."""

    person: str
    case: str
    reason: str
    recused_at: str


@dataclass(frozen=True)
class View:
    """That a person looked at something confidential. ``number`` counts up without gaps."""

    number: int
    person: str
    organisation: str
    what: str
    case: str
    viewed_at: str
