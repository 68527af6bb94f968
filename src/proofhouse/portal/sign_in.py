# SPDX-License-Identifier: Apache-2.0
"""Coming in and going out: passkey, one-time link, OpenID provider; the first administrator.

    GET  /sign-in                     what ways there are
    POST /sign-in/passkey.json        what the browser is to ask its authenticator
    POST /sign-in/passkey             its answer
    POST /sign-in/oidc                to the provider; it comes back to /sign-in/oidc/callback
    GET, POST /link/SECRET            a one-time link: looking at it does not use it
    GET, POST /setup/SECRET           the first administrator, by the link that the terminal shows
    POST /sign-out

Whoever comes in gets a session of its own; one that the browser had before ends, so that nobody can
plant one. With a link one gets in to make a passkey; statements are then signed with it.

One's own account is told in ``account``.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from proofhouse.access import Access, DeadLinkError, passkeys
from proofhouse.access.oidc import Provider, begin, finish
from proofhouse.errors import InputError, RefusedError, VerificationError
from proofhouse.portal.fields import NotThereError
from proofhouse.portal.forms import form
from proofhouse.portal.house import House
from proofhouse.portal.render import render
from proofhouse.portal.visitor import (
    COOKIE,
    STEP_COOKIE,
    Anybody,
    address_of,
    check_same_origin,
    cookie_name,
    drop_cookie,
    set_cookie,
    visitor,
)
from proofhouse.rules.window import parse_time
from proofhouse.said import say

router = APIRouter()

T = TypeVar("T")

A_MINUTE = 60
ATTEMPTS = 600
"""Attempts to come in that one address may make in a minute. Nothing here can be guessed, so this
bounds work alone; behind a server in front of this one, everybody has its address."""

OIDC = "oidc"
CALLBACK = "/sign-in/oidc/callback"


def house_of(request: Request) -> House:
    """The house behind this portal."""
    house: House = request.app.state.house
    return house


async def work(function: Callable[[], T]) -> T:
    """What ``function`` gives, in a thread of the pool: what it writes waits for the disk."""
    return await anyio.to_thread.run_sync(function)


def limited(request: Request) -> None:
    """Count an attempt to come in. Raises TooManyError."""
    house = house_of(request)
    house.access.hit("sign-in", address_of(request), house.clock(), ATTEMPTS, A_MINUTE)


# --------------------------------------------------------------------------------------- pages


@router.get("/sign-in", response_class=HTMLResponse)
async def sign_in_page(request: Request, who: Anybody) -> Response:
    """What ways in there are."""
    if who.person is not None:
        return RedirectResponse("/home", 303)
    provider = provider_of(house_of(request), needed=False)
    runs_it = await work(house_of(request).run_by)
    name = provider.name if provider else ""
    return render(request, "sign_in/sign_in.html", provider=name, runs_it=runs_it)


@router.post("/sign-out")
async def sign_out(request: Request, who: Anybody) -> Response:
    """End this browser's session."""
    await form(request)
    house = house_of(request)
    await work(lambda: end_own(house.access, who.secret, house.clock()))
    response = RedirectResponse("/", 303)
    drop_cookie(response, COOKIE, secure=house.settings.secure)
    return response


# ------------------------------------------------------------------------------------ passkeys


@router.post("/sign-in/passkey.json")
async def ask_for_passkey(request: Request, _who: Anybody) -> Response:
    """What the browser is to ask for: any passkey of this house."""
    house = house_of(request)
    check_same_origin(request, house.settings.origin)
    limited(request)
    options, step = await work(
        lambda: passkeys.ask_to_sign_in(house.access, rp_id=house.settings.rp_id, at=house.clock())
    )
    response = JSONResponse(options)
    set_cookie(response, STEP_COOKIE, step, secure=house.settings.secure, seconds=300)
    return response


@router.post("/sign-in/passkey")
async def by_passkey(request: Request, _who: Anybody) -> Response:
    """Sign in whoever's passkey answered."""
    house, values = house_of(request), await form(request)
    limited(request)
    step, settings = step_of(request), house.settings
    person = await work(
        lambda: passkeys.sign_in(
            house.access,
            step,
            text_of(values, "answer"),
            origin=settings.origin,
            rp_id=settings.rp_id,
            at=house.clock(),
        )
    )
    return await come_in(request, person.id, "passkey")


# --------------------------------------------------------------------------------------- links


@router.get("/link/{secret}", response_class=HTMLResponse)
async def link_page(request: Request, secret: str, _who: Anybody) -> Response:
    """What a link is for; this does not use it. Raises VerificationError."""
    limited(request)
    house = house_of(request)
    if not await work(lambda: house.access.link_works(secret, house.clock())):
        raise DeadLinkError
    return _unseen(render(request, "sign_in/link.html", action=f"/link/{secret}"))


@router.post("/link/{secret}")
async def by_link(request: Request, secret: str, _who: Anybody) -> Response:
    """Use the link up."""
    await form(request)
    limited(request)
    house = house_of(request)
    person = await work(lambda: house.access.use_link(secret, house.clock()))
    return await come_in(request, person.id, "link")


@router.get("/setup/{secret}", response_class=HTMLResponse)
async def setup_page(request: Request, secret: str, _who: Anybody) -> Response:
    """The form of the first administrator. Raises VerificationError."""
    limited(request)
    house = house_of(request)
    if not await work(lambda: house.access.link_works(secret, house.clock(), "setup")):
        raise DeadLinkError
    return _unseen(_setup(request, secret))


@router.post("/setup/{secret}")
async def set_up(request: Request, secret: str, _who: Anybody) -> Response:
    """Make the organisation that runs the house, and its administrator."""
    values = await form(request)
    limited(request)
    house = house_of(request)
    filled = {name: text_of(values, name) for name in ("organisation", "name", "contact")}
    try:
        person = await work(
            lambda: house.access.set_up(
                secret,
                house.clock(),
                organisation=filled["organisation"],
                name=filled["name"],
                contact=filled["contact"],
            )
        )
    except InputError as error:
        return _unseen(_setup(request, secret, filled, error, 422))
    return await come_in(request, person.id, "setup")


def _setup(
    request: Request,
    secret: str,
    filled: dict[str, str] | None = None,
    error: InputError | None = None,
    status: int = 200,
) -> HTMLResponse:
    return render(
        request,
        "sign_in/setup.html",
        status=status,
        action=f"/setup/{secret}",
        filled=filled or {"organisation": "", "name": "", "contact": ""},
        error=error.message if error else "",
    )


# -------------------------------------------------------------------------------- a provider


@router.post("/sign-in/oidc")
async def to_provider(request: Request, _who: Anybody) -> Response:
    """Send the browser to the provider, to come back signed in."""
    await form(request)
    limited(request)
    return await send_to_provider(request, {})


@router.get(CALLBACK)
async def from_provider(request: Request, who: Anybody) -> Response:
    """Whoever the provider signed in: theirs is the account, or the identity is bound to them."""
    limited(request)
    house, step = house_of(request), step_of(request)
    provider = provider_of(house)
    answer = dict(request.query_params)
    redirect, now = house.settings.origin + CALLBACK, house.clock()

    def proven() -> tuple[dict[str, Any], str, str]:
        kept = house.access.take_step(OIDC, step, now)
        if kept is None:
            raise VerificationError("This took too long, or was done already.", hint="Try again.")
        identity = finish(provider, redirect, kept, answer, now=parse_time(now))
        return kept, identity.issuer, identity.subject

    kept, issuer, subject = await work(proven)
    if "bind" in kept:
        if who.person is None or not hmac.compare_digest(kept["bind"], who.csrf):
            raise RefusedError("Another session of yours asked for this.", rule="access")
        holder = who.person.id
        await work(lambda: house.access.add_identity(holder, issuer, subject))
        return RedirectResponse("/account", 303)
    person = await work(lambda: house.access.identity(issuer, subject))
    if person is None:
        raise VerificationError(
            say("%(name)s knows you, and this house does not.", name=provider.name),
            hint="Ask an administrator for a one-time link; with it you bind your account there.",
        )
    return await come_in(request, person.id, "oidc")


async def send_to_provider(request: Request, also: dict[str, str]) -> Response:
    """A redirect to the provider; what is kept until the browser is back holds ``also``."""
    house = house_of(request)
    provider = provider_of(house)

    def ask() -> tuple[str, str]:
        address, kept = begin(provider, house.settings.origin + CALLBACK)
        return address, house.access.begin_step(OIDC, {**kept, **also}, house.clock(), 600)

    address, step = await work(ask)
    # A page of ours, not a redirect: our own policy lets forms lead to nobody else.
    response = render(request, "sign_in/provider.html", address=address, provider=provider.name)
    set_cookie(response, STEP_COOKIE, step, secure=house.settings.secure, seconds=600)
    return response


def provider_of(house: House, *, needed: bool = True) -> Any:
    """The operator's provider. Raises NotThereError if there is none and one is needed."""
    provider = house.settings.oidc
    if isinstance(provider, Provider):
        return provider
    if needed:
        raise NotThereError("This house knows no OpenID provider.", hint="Use a passkey.")
    return None


# ------------------------------------------------------------------------------------ sessions


async def come_in(request: Request, person: str, how: str) -> Response:
    """A new session for this browser, and where it goes first."""
    house, before = house_of(request), visitor(request).secret

    def start() -> tuple[str, str]:
        now = house.clock()
        end_own(house.access, before, now)
        secret = house.access.start_session(person, how, now)
        return secret, _first_page(house.access, person, secret, now)

    secret, page = await work(start)
    response = RedirectResponse(page, 303)
    settings = house.settings
    set_cookie(response, COOKIE, secret, secure=settings.secure, seconds=house.access.longest)
    drop_cookie(response, STEP_COOKIE, secure=settings.secure)
    return response


def _first_page(access: Access, person: str, secret: str, now: str) -> str:
    if not access.passkeys(person):
        return "/account/passkey"
    session = access.session(secret, now)
    return "/home" if session is not None and session.role else "/account/role"


def end_own(access: Access, secret: str, now: str) -> None:
    """End the session that ``secret`` opens, if it does."""
    session = access.session(secret, now) if secret else None
    if session is not None:
        access.end_session(session.person.id, session.id)


def step_of(request: Request) -> str:
    """The secret of the step that this browser has under way, or nothing."""
    secure = house_of(request).settings.secure
    return request.cookies.get(cookie_name(STEP_COOKIE, secure=secure), "")


def text_of(values: dict[str, Any], name: str) -> str:
    """One text of a form; empty if it is not there once."""
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


def _unseen(response: HTMLResponse) -> HTMLResponse:
    """A page whose address is a secret: no cache keeps it, and the gate's policy of referrers
    (same-origin) tells no other site of it.
    """
    response.headers["Cache-Control"] = "no-store"
    return response
