# SPDX-License-Identifier: Apache-2.0
"""A real browser whose every request a function answers: no port, no network, nothing off-site.

    with browser() as chromium, visiting(chromium, answer) as page:
        page.goto(f"{ORIGIN}/log")

``answer`` takes a method, a path with its query, headers and a body, and gives status, headers and
body. The browser thinks it speaks with localhost, which it trusts as it trusts https. A request for
anywhere else fails, and is told in ``page.off_site``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: make test")

ORIGIN = "http://localhost:8080"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

Answer = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("needs chromium")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


@contextmanager
def visiting(launched: Any, answer: Answer, **options: Any) -> Iterator[Any]:
    """A page of a new browser profile; ``options`` are those of a Playwright context."""
    context = launched.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.off_site = []
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))

    def fulfil(route: Any) -> None:
        request = route.request
        if not request.url.startswith(f"{ORIGIN}/"):
            page.off_site.append(request.url)
            route.abort()
            return
        path = request.url.removeprefix(ORIGIN)
        body = request.post_data_buffer or b""
        status, headers, data = answer(request.method, path, request.headers, body)
        kept = {k: v for k, v in headers.items() if k.lower() != "content-length"}
        route.fulfill(status=status, headers=kept, body=data)

    context.route("**/*", fulfil)
    yield page
    context.close()


def answered_by(client: Any) -> Answer:
    """Answers of an application, by its TestClient, whose own cookies are sent."""

    def answer(
        method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        kept = {k: v for k, v in headers.items() if k in ("accept-language", "content-type")}
        response = client.request(method, path, headers=kept, content=body, follow_redirects=True)
        return response.status_code, response.headers, response.content

    return answer
