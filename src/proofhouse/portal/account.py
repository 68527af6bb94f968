# SPDX-License-Identifier: Apache-2.0
"""One's own account: passkeys, sessions, tokens, language and colours, and as what one acts.

    GET  /account                     all of it
    GET  /account/passkey             make a passkey; the first page of who came by a link
    GET, POST /account/role           which of one's roles one acts in
    POST /account/…                   each change, one form

What would let somebody stay who should not (a passkey, a bound provider, a token) is made only
within fifteen minutes of signing in: a browser that was left open is not enough. An account at a
provider is bound only in a session that began with an administrator's link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from proofhouse.access import ACTIONS, SCOPES, Access, Person, Session, passkeys
from proofhouse.access.people import THEMES
from proofhouse.access.table import drafts, may
from proofhouse.errors import InputError, RefusedError
from proofhouse.portal.fields import NotThereError
from proofhouse.portal.forms import form
from proofhouse.portal.house import House
from proofhouse.portal.language import LANGUAGES, N_
from proofhouse.portal.render import render
from proofhouse.portal.sign_in import house_of, provider_of, send_to_provider, text_of, work
from proofhouse.portal.sign_in import step_of as step_under_way
from proofhouse.portal.visitor import (
    STEP_COOKIE,
    SignInError,
    Visitor,
    set_cookie,
    visitor,
)
from proofhouse.rules.window import parse_time, print_time

router = APIRouter()

FRESH_SECONDS = 15 * 60
DAY = 86_400
TOKEN_DAYS = {"7": 7, "30": 30, "90": 90, "365": 365}


def signed_in(request: Request) -> Visitor:
    """A dependency that lets in whoever has a session, in whatever role. Raises SignInError."""
    who = visitor(request)
    if who.person is None or who.scopes is not None:
        raise SignInError("This page is for people who are signed in.")
    return who


signed_in.action = "own-account"  # type: ignore[attr-defined]
Own = Annotated[Visitor, Depends(signed_in)]


def own(request: Request, who: Visitor) -> tuple[Person, Session]:
    """The person and the session that asks. Raises SignInError if it has just ended."""
    house = house_of(request)
    session = house.access.session(who.secret, house.clock())
    if who.person is None or session is None:
        raise SignInError("This session has ended.")
    return who.person, session


def fresh(request: Request, who: Visitor) -> tuple[Person, Session]:
    """As ``own``, of a session that began a short while ago. Raises RefusedError."""
    person, session = own(request, who)
    if parse_time(house_of(request).clock()) - parse_time(session.started_at) > FRESH_SECONDS:
        raise RefusedError(
            "For this you must have signed in within the last fifteen minutes.",
            rule="access",
            hint="Sign out, sign in again, and repeat.",
        )
    return person, session


# ------------------------------------------------------------------------------------ the page


@router.get("/account", response_class=HTMLResponse)
async def account(request: Request, who: Own) -> HTMLResponse:
    """Everything about oneself."""
    return await _page(request, who)


async def _page(request: Request, who: Visitor, **more: Any) -> HTMLResponse:
    house = house_of(request)
    person, session = own(request, who)
    provider = provider_of(house, needed=False)
    context = {
        **await work(lambda: about(house, person)),
        "session": session,
        "provider": provider.name if provider is not None else "",
        "scopes": scopes_of(who.role),
        "languages_known": LANGUAGES,
        "days": TOKEN_DAYS,
        "made": "",
        "error": "",
        **more,
    }
    return render(request, "sign_in/account.html", **context)


def about(house: House, person: Person) -> dict[str, Any]:
    """All that is kept of a person, for their own eyes."""
    access, now = house.access, house.clock()
    return {
        "passkeys": [(bytes_to_base64url(k.id), k) for k in access.passkeys(person.id)],
        "identities": access.identities(person.id),
        "sessions": access.sessions(person.id, now),
        "tokens": [one for one in access.tokens(person.id) if one.ends_at > now],
        "let_in": access.let_in(person.id)[:20],
        "names": {one.id: one.name for one in access.people()},
    }


COVERS: dict[str, str] = {
    "read": N_("reads the log, the queue and your cases, and nothing confidential of them"),
    "read-confidential": N_("reads what your role is shown of a case, and takes its bundle"),
    "inquire": N_("asks, submits, asks for a review, withdraws, and answers invitations"),
    "review": N_("answers terms, opens the window, receives findings and answers them"),
    "assess": N_("invites, plans and runs evaluations, offers terms, delivers findings"),
    "partner": N_("accepts an access"),
    "applications": N_("reads who is a trusted partner, and decides on applications"),
    "record": N_("records what a developer has told you, in its name"),
    "docket": N_("shows, leaves out and answers comments of the public"),
    "draft": N_("drafts what takes a person, who reads and signs it on a page"),
    "account": N_("ends your sessions, tokens and passkeys, and keeps you out of cases"),
    "people": N_("lets people in and out: organisations, roles, one-time links"),
    "inspect": N_("opens and checks everything"),
    "erase": N_("erases ended cases and comments, for good"),
}
"""What a program does by a scope, for a person."""


def scopes_of(role: str) -> dict[str, str]:
    """The scopes by which a token of ``role`` could do anything, in words."""
    return {
        scope: COVERS[scope]
        for scope in SCOPES
        if any(may(role, action) and drafts({scope}, action) for action in ACTIONS)
    }


# ---------------------------------------------------------------------------------------- role


@router.get("/account/role", response_class=HTMLResponse)
async def role_page(request: Request, who: Own) -> HTMLResponse:
    """As what one acts."""
    own(request, who)
    return render(request, "sign_in/role.html")


@router.post("/account/role")
async def choose_role(request: Request, who: Own) -> Response:
    """Act in another role from now on."""
    values = await form(request)
    _, session = own(request, who)
    organisation, _, role = text_of(values, "acting").partition("/")
    await work(lambda: house_of(request).access.choose(session.id, organisation, role))
    return RedirectResponse("/home", 303)


@router.post("/account/looks")
async def set_looks(request: Request, who: Own) -> Response:
    """Keep language and colours."""
    values = await form(request)
    person, _ = own(request, who)
    locale, theme = text_of(values, "locale"), text_of(values, "theme")
    await work(lambda: keep_looks(house_of(request).access, person, locale, theme))
    return RedirectResponse("/account", 303)


def keep_looks(access: Access, person: Person, locale: str, theme: str) -> None:
    """Keep language and colours; empty is as the browser asks. Raises InputError."""
    if locale not in ("", *LANGUAGES) or theme not in THEMES:
        raise InputError("There is no such language, or no such colours.")
    access.set_looks(person.id, locale=locale, theme=theme)


# ------------------------------------------------------------------------------------ passkeys


@router.get("/account/passkey", response_class=HTMLResponse)
async def passkey_page(request: Request, who: Own) -> HTMLResponse:
    """Where a passkey is made."""
    person, session = own(request, who)
    known = await work(lambda: house_of(request).access.passkeys(person.id))
    return render(request, "sign_in/passkey.html", first=not known, how=session.how)


@router.post("/account/passkey.json")
async def ask_to_register(request: Request, who: Own) -> Response:
    """What the browser is to make a passkey with."""
    await form(request)
    house = house_of(request)
    person, _ = fresh(request, who)
    options, step = await work(
        lambda: passkeys.ask_to_register(
            house.access, person, rp_id=house.settings.rp_id, at=house.clock()
        )
    )
    response = JSONResponse(options)
    set_cookie(response, STEP_COOKIE, step, secure=house.settings.secure, seconds=300)
    return response


@router.post("/account/passkey")
async def register_passkey(request: Request, who: Own) -> Response:
    """Keep the passkey that the browser made."""
    values = await form(request)
    house = house_of(request)
    person, session = fresh(request, who)
    step, settings = step_under_way(request), house.settings
    await work(
        lambda: passkeys.register(
            house.access,
            person,
            step,
            text_of(values, "answer"),
            origin=settings.origin,
            rp_id=settings.rp_id,
            at=house.clock(),
            name=text_of(values, "name"),
        )
    )
    if session.how in ("link", "setup") and session.role == "administrator":
        return RedirectResponse("/people", 303)
    if session.how == "link":
        return RedirectResponse("/home" if session.role else "/account/role", 303)
    return RedirectResponse("/account", 303)


@router.post("/account/passkeys/remove")
async def remove_passkey(request: Request, who: Own) -> Response:
    """Let a passkey open nothing any more; whatever else is open elsewhere ends."""
    values = await form(request)
    access = house_of(request).access
    person, session = own(request, who)
    passkey = text_of(values, "passkey")
    await work(lambda: drop_passkey(access, person, passkey, but=session.id))
    return RedirectResponse("/account", 303)


def drop_passkey(access: Access, person: Person, passkey: str, *, but: str = "") -> None:
    """Let a passkey (its id as base64url) open nothing; every session ends, except ``but``.

    Raises NotThereError.
    """
    try:
        access.remove_passkey(person.id, base64url_to_bytes(passkey))
    except (ValueError, InputError):
        raise NotThereError("There is no such passkey.") from None
    access.end_sessions(person.id, but=but)


# ------------------------------------------------------------------------- sessions and tokens


@router.post("/account/sessions/end")
async def end_sessions(request: Request, who: Own) -> Response:
    """End one other session, or all others."""
    values = await form(request)
    access = house_of(request).access
    person, session = own(request, who)
    chosen = text_of(values, "session")
    end: Callable[[], object] = (
        (lambda: access.end_session(person.id, chosen))
        if chosen
        else (lambda: access.end_sessions(person.id, but=session.id))
    )
    await work(end)
    return RedirectResponse("/account", 303)


@router.post("/account/tokens", response_class=HTMLResponse)
async def make_token(request: Request, who: Own) -> HTMLResponse:
    """Make a token of the role that one acts in; shown on this page, and never again."""
    values = await form(request)
    house = house_of(request)
    person, session = fresh(request, who)
    if session.organisation is None or session.role is None:
        raise RefusedError("Choose first as what you act.", rule="access")
    organisation, role = session.organisation.id, session.role
    chosen = values.get("scopes", [])
    scopes = [chosen] if isinstance(chosen, str) else chosen
    days = TOKEN_DAYS.get(text_of(values, "days"))
    if days is None or not set(scopes) <= set(scopes_of(role)):
        raise InputError("A token of your role can't be made so.")
    now = house.clock()
    ends = print_time(parse_time(now) + days * DAY)
    secret = await work(
        lambda: house.access.new_token(
            person.id, organisation, role, scopes, now, ends, name=text_of(values, "name")
        )
    )
    return await _page(request, who, made=secret)


@router.post("/account/tokens/revoke")
async def revoke_token(request: Request, who: Own) -> Response:
    """End a token."""
    values = await form(request)
    person, _ = own(request, who)
    token = text_of(values, "token")
    await work(lambda: house_of(request).access.revoke_token(person.id, token))
    return RedirectResponse("/account", 303)


# ---------------------------------------------------------------------------------- a provider


@router.post("/account/identities")
async def bind_identity(request: Request, who: Own) -> Response:
    """Bind one's account at the provider; only in a session that an administrator's link began."""
    await form(request)
    _, session = fresh(request, who)
    if session.how not in ("link", "setup"):
        raise RefusedError(
            "An account at a provider is bound with an administrator's one-time link.",
            rule="access",
            hint="Ask for one, come in by it, and bind the account then.",
        )
    return await send_to_provider(request, {"bind": who.csrf})


@router.post("/account/identities/remove")
async def remove_identity(request: Request, who: Own) -> Response:
    """Let an account at a provider open nothing any more."""
    values = await form(request)
    access = house_of(request).access
    person, session = own(request, who)
    issuer, subject = text_of(values, "issuer"), text_of(values, "subject")
    await work(lambda: drop_identity(access, person, issuer, subject, but=session.id))
    return RedirectResponse("/account", 303)


def drop_identity(
    access: Access, person: Person, issuer: str, subject: str, *, but: str = ""
) -> None:
    """Let an account at a provider open nothing; every session ends, except ``but``.

    Raises InputError.
    """
    access.remove_identity(person.id, issuer, subject)
    access.end_sessions(person.id, but=but)
