# SPDX-License-Identifier: Apache-2.0
"""Templates to pages: everything escaped, every undefined name an error, every text translatable.

    return render(request, "cases/case.html", case=view)

The context of every template: ``visitor``, ``csrf``, ``path``, ``now``, ``locale``, ``theme``,
``settings`` and the functions of gettext. Filters: ``time`` (with its zone), ``short`` (an id).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from babel.support import NullTranslations, Translations
from fastapi import Request
from fastapi.responses import HTMLResponse

from proofhouse.portal.visitor import visitor

LOCALES = ("en", "es")
THEMES = ("auto", "light", "dark")


def render(request: Request, name: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """The page ``name``. A page of somebody who is signed in is kept by no cache."""
    who = visitor(request)
    locale, theme = locale_of(request), theme_of(request)
    house = request.app.state.house
    given = {
        "visitor": who,
        "csrf": who.csrf,
        "path": request.url.path,
        "now": house.clock(),
        "locale": locale,
        "theme": theme,
        "settings": house.settings,
        "request": request,
        **context,
    }
    body = environment(locale).get_template(name).render(given)
    return HTMLResponse(body, status)


def locale_of(request: Request) -> str:
    """The language: the account's, else the cookie's, else what the browser asks for first."""
    person = visitor(request).person
    chosen = getattr(person, "locale", "") or request.cookies.get("language", "")
    if chosen in LOCALES:
        return chosen
    for part in request.headers.get("accept-language", "").split(",")[:8]:
        language = part.split(";")[0].strip().lower()[:2]
        if language in LOCALES:
            return language
    return LOCALES[0]


def theme_of(request: Request) -> str:
    """Light, dark, or what the system says."""
    person = visitor(request).person
    chosen = getattr(person, "theme", "") or request.cookies.get("theme", "")
    return chosen if chosen in THEMES else THEMES[0]


@lru_cache(maxsize=len(LOCALES))
def environment(locale: str) -> jinja2.Environment:
    """The environment of one language."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("proofhouse.portal", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    env.filters["time"] = told_time
    env.filters["day"] = lambda value: str(value)[:10]
    env.filters["short"] = lambda value: str(value)[:12]
    return env


@lru_cache(maxsize=len(LOCALES))
def translations(locale: str) -> NullTranslations:
    """The texts of one language; English is what the code says."""
    folder = Path(str(files("proofhouse.portal"))) / "locale"
    return Translations.load(folder, [locale], "portal")


def told_time(value: str) -> str:
    """``2026-07-31T12:00:00Z`` as people read it, with its zone."""
    text = str(value)
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("Z") and len(text) == 20 else text
