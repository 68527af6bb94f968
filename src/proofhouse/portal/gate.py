# SPDX-License-Identifier: Apache-2.0
"""The gate before every request: whom it was meant for, who asks, and what the page may do.

    Content-Security-Policy: default-src 'none'; script-src 'self'; …      no inline script or style
    X-Frame-Options: DENY                                                  nobody frames a page
    Cache-Control: no-store                                                for who is signed in

A request for another host than the portal's own is refused, so that a foreign name that resolves
here gets nothing (DNS rebinding). Headers of a proxy are not believed. A body is read no further
than its limit, whatever it says of its length. Pages are for sessions and /api/v1 is for tokens:
what is brought to the other opens nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proofhouse.errors import ProofhouseError
from proofhouse.portal.language import speaking
from proofhouse.portal.problems import MEDIA, known, of_http
from proofhouse.portal.render import language_of
from proofhouse.portal.visitor import Visitor, who_asks

if TYPE_CHECKING:
    from proofhouse.portal.house import House

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
MAX_BODY = 2 * 1024 * 1024
"""Bytes of a request, at most; a statement handed in has a limit of its own."""


class Gate:
    """Pure ASGI, so that a stream stays a stream."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._host = urlsplit(house.settings.origin).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        headers = Headers(scope=scope)
        guarded = self._guarded(send, state, scope["path"])
        if headers.get("host", "") != self._host:
            response = _told(scope, 421, "This portal has another address.")
            await response(scope, receive, guarded)
            return
        length = headers.get("content-length", "0")
        too_large = not length.isascii() or not length.isdigit() or int(length) > MAX_BODY
        receive = _bounded(receive)
        request = Request(scope)
        house, state["visitor"] = self._house, Visitor()
        try:
            state["visitor"] = who = who_asks(
                request, house.access, house.clock(), secure=house.settings.secure
            )
            state["visitor"] = who = _meant(who, scope["path"])
        except ProofhouseError as error:
            with speaking(language_of(request, Visitor())):
                refused = await known(request, error)
            await refused(scope, receive, guarded)
            return
        with speaking(language_of(request, who)):
            if too_large:
                await of_http(request, HTTPException(413))(scope, receive, guarded)
            else:
                await self._app(scope, receive, guarded)

    def _guarded(self, send: Send, state: dict[str, Any], path: str) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if not (name == "Content-Security-Policy" and state.get("own_policy")):
                        headers.setdefault(name, value)
                if self._house.settings.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                who = state.get("visitor")
                if who is not None and who.person is not None and not path.startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return guarded


def _meant(who: Visitor, path: str) -> Visitor:
    """The visitor, if what they brought is meant for this address; else the public."""
    by_token = who.scopes is not None
    return who if by_token == path.startswith("/api/") else Visitor()


def _told(scope: Scope, status: int, title: str) -> Response:
    if scope["path"].startswith("/api/"):
        told = {"type": "about:blank", "title": title, "status": status, "detail": title}
        return JSONResponse(told, status, media_type=MEDIA)
    return PlainTextResponse(f"{title}\n", status)


def _bounded(receive: Receive) -> Receive:
    """What is received, up to the limit. Raises HTTPException beyond it."""
    left = MAX_BODY

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return bounded
