# SPDX-License-Identifier: Apache-2.0
"""A real server on this machine for a real browser, and an authenticator that the browser plays.

    bound = free_socket()
    with serving(app, bound), browser() as chromium:
        page = chromium.new_page()
        authenticator(page)
        page.goto(f"http://localhost:{bound.getsockname()[1]}/sign-in")

Where no server is needed, ``browsing`` answers the browser without one.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

PATIENCE = 60_000
"""Milliseconds that a page may take on a machine that does much else."""


def free_socket() -> socket.socket:
    """A socket on a free port of this machine, bound."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made


@contextmanager
def serving(app: Any, bound: socket.socket) -> Iterator[None]:
    """Serve ``app`` on ``bound`` until the end."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    ready = threading.Event()

    async def serve() -> None:
        bound.listen()
        ready.set()
        await server.serve(sockets=[bound])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def authenticator(page: Any) -> Any:
    """A passkey store of the browser's own, whose person is there and known (CDP WebAuthn).

    The session with it; ``authenticator`` is its id there.
    """
    page.set_default_timeout(PATIENCE)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    session.authenticator = made["authenticatorId"]
    return session


def asked_elsewhere(page: Any, origin: str) -> list[str]:
    """What the page asks of other hosts from now on; and what goes wrong in it."""
    found: list[str] = []
    page.on(
        "request", lambda r: None if r.url.startswith((origin, "data:")) else found.append(r.url)
    )
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    return found
