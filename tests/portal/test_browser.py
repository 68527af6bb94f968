# SPDX-License-Identifier: Apache-2.0
"""In a real browser with a real passkey: setting up, going out, coming in."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")
pytest.importorskip("axe_playwright_python", reason="needs what the portal's tests use: make test")

from axe_playwright_python.sync_playwright import Axe

from proofhouse.portal.app import create_app, open_house
from proofhouse.portal.house import Settings

from .browsing import browser
from .served import PATIENCE, asked_elsewhere, authenticator, free_socket, serving


def test_first_run_to_signed_in_by_passkey(tmp_path: Path) -> None:
    """The terminal's link makes an administrator with a passkey; out, and in again by it.

    Nothing is asked of another host, no script fails, no policy is broken, and axe finds no
    violation on any page of the way.
    """
    bound = free_socket()
    origin = f"http://localhost:{bound.getsockname()[1]}"
    script_sent = threading.Event()
    with (
        open_house(tmp_path / "home", Settings(origin=origin)) as house,
        serving(_slow(create_app(house, working=False), script_sent), bound),
        browser() as chromium,
    ):
        page = chromium.new_page()
        authenticator(page)
        wrong = asked_elsewhere(page, origin)

        def fit_for_all() -> None:
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

        page.goto(f"{origin}/setup/{house.access.new_setup(house.clock())}")
        fit_for_all()
        page.get_by_label("Who runs this house").fill("The house of <b>proof</b>")
        page.get_by_label("Your name").fill("Ada Lindt")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("What you call it").fill("this laptop")
        fit_for_all()
        make = page.get_by_role("button", name="Make a passkey")
        assert make.is_disabled()  # a click before the script is there would send an empty answer
        script_sent.set()
        make.click()
        page.wait_for_url(f"{origin}/people")
        assert "The house of <b>proof</b>" in page.inner_text("main")
        fit_for_all()

        page.goto(f"{origin}/account")
        assert "this laptop" in page.inner_text("main")
        fit_for_all()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{origin}/")
        page.goto(f"{origin}/people")
        assert page.url == f"{origin}/sign-in"
        fit_for_all()

        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{origin}/home")
        (ada,) = house.access.people()
        (key,) = house.access.passkeys(ada.id)
        assert key.used_at is not None
        assert wrong == []


def _slow(app: Any, sent: threading.Event) -> Any:
    """``app``, over a line on which the passkeys' script comes only when it is told to."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if "passkey" in scope.get("path", "") and scope["path"].endswith(".js"):
            await asyncio.to_thread(sent.wait, PATIENCE / 1000)
        await app(scope, receive, send)

    return answer
