# SPDX-License-Identifier: Apache-2.0
"""From a route to its page: the context that every template has.

    return render(request, "cases/case.html", case=view)

In it: ``visitor``, ``csrf``, ``path``, ``now``, ``locale``, ``theme``, ``settings`` and ``menu``,
beside what the route gives. How pages are drawn is told in ``looks``, the language in ``language``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from proofhouse.portal import language, looks
from proofhouse.portal.language import N_, gettext
from proofhouse.portal.visitor import Visitor, visitor
from proofhouse.said import telling

MENU = (
    ("/home", N_("Your cases"), "see-log"),
    ("/queue", N_("Queue"), "see-queue"),
    ("/partners", N_("Partners"), "choose-partner"),
    ("/banks", N_("Banks"), "threshold"),
    ("/people", N_("People"), "manage-people"),
    ("/inspect", N_("Inspection"), "inspect-all"),
    ("/views", N_("Who looked"), "see-views"),
    ("/docket", N_("Docket"), "answer-docket"),
    ("/log", N_("The log"), "see-log"),
    ("/audit", N_("Audit"), "see-log"),
)
"""What somebody who is signed in finds at the top, as far as their role may."""


def render(request: Request, name: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """The page ``name``."""
    who = visitor(request)
    house = request.app.state.house
    given = {
        "visitor": who,
        "csrf": who.csrf,
        "path": request.url.path,
        "now": house.clock(),
        "locale": language.active(),
        "theme": theme_of(request, who),
        "settings": house.settings,
        "menu": menu_of(who),
        "request": request,
        **context,
    }
    with telling(language.ACTIVE):
        return HTMLResponse(_environment().get_template(name).render(given), status)


def render_form(
    request: Request, name: str, /, *, errors: Any, refusal: Any = None, **context: Any
) -> HTMLResponse:
    """The page ``name`` with a form: 422 with what is wrong in it, or with why it is refused."""
    status = 422 if errors or refusal else 200
    return render(request, name, status, errors=errors, refusal=refusal, **context)


def menu_of(who: Visitor) -> list[tuple[str, str]] | None:
    """The menu of whoever is signed in; None for the public, whose menu the frame knows."""
    if who.person is None:
        return None
    return [(address, gettext(text)) for address, text, action in MENU if who.may(action)]


def language_of(request: Request, who: Visitor) -> str:
    """The language: the account's, else the cookie's, else what the browser asks for."""
    return language.chosen(
        getattr(who.person, "locale", "") or "",
        request.cookies.get(language.COOKIE, ""),
        request.headers.get("accept-language", ""),
    )


def theme_of(request: Request, who: Visitor) -> str:
    """Light, dark, or what the device says."""
    chosen = getattr(who.person, "theme", "") or request.cookies.get("theme", "")
    return chosen if chosen in looks.THEMES else looks.THEMES[0]


@cache
def _environment() -> jinja2.Environment:
    return looks.environment()
