# SPDX-License-Identifier: Apache-2.0
"""A real Chromium before a real server on this machine, with an authenticator that it plays.

    with serving(app) as origin, chromium() as browser:
        page = browser.new_page()
        authenticator(page)
        page.goto(origin + "/sign-in")

Debian's package is used; without it such tests are skipped. It opens no connection but to the
server: what a page asks of another host fails, and is told in ``asked_elsewhere``.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra portal's tests")

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
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


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, new and without a past. Skips the test where Chromium is not installed."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = browser.new_context()
        context.set_default_timeout(PATIENCE)
        try:
            yield context
        finally:
            browser.close()


def authenticator(page: Any) -> Any:
    """A passkey store of the browser's own, whose person is there and known (CDP WebAuthn)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
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
