# SPDX-License-Identifier: Apache-2.0
"""Which language a visitor reads, and the words of the portal in it: gettext.

    chosen(account="", cookie="es", accept="fr;q=0.9, en")   →  "es"
    with speaking("es"):
        gettext("Withdraw")                                  →  "Retirarse"

The choice goes by account, then cookie, then Accept-Language, then English. What is active is held
for the request (a context variable), so templates, forms and sentences made in Python agree, also
in a thread that a request started. A text that is only marked, in a table, is translated where it
is shown: ``N_("Days of access")``.

Catalogues lie in locale/LANGUAGE/LC_MESSAGES/portal.po, and are read as they are: there is no
compiled copy that could be stale. tools/translations brings them up to the texts.
"""

from __future__ import annotations

import datetime as dt
import gettext as _gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from proofhouse.said import Tongue, holding, told

LANGUAGES: Final = {"en": "English", "es": "Español"}
"""Code → its own name. The first is what the texts are written in."""

COOKIE: Final = "language"
_FOLDER = Path(__file__).parent / "locale"
_LONGEST_HEADER = 500

_active: ContextVar[str] = ContextVar("language", default="en")


def chosen(account: str = "", cookie: str = "", accept: str = "") -> str:
    """The language for a visitor; whatever is handed in, one of `LANGUAGES`."""
    for wish in (account, cookie, *_accepted(accept)):
        if wish in LANGUAGES:
            return wish
    return next(iter(LANGUAGES))


def _accepted(header: str) -> Iterator[str]:
    """The primary languages of an Accept-Language header, the most wanted first (RFC 9110)."""
    wishes = []
    for place, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        name, _, weight = part.strip().partition(";")
        try:
            wanted = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if 0 < wanted <= 1:
            wishes.append((-wanted, place, name.strip().lower().partition("-")[0]))
    for _, _, name in sorted(wishes):
        yield name


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` within; KeyError if it is none of ours."""
    LANGUAGES[language]
    with holding(_active, language):
        yield


def active() -> str:
    """The language that is spoken here and now."""
    return _active.get()


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    path = _FOLDER / language / "LC_MESSAGES" / "portal.po"
    if not path.exists():
        return _gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


def gettext(text: str) -> str:
    """``text`` in the active language, or as it is."""
    return _catalogue(active()).gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form of the active language for ``number``."""
    return _catalogue(active()).ngettext(one, many, number)


def N_(text: str) -> str:  # noqa: N802 — gettext's own name for it
    """Mark ``text`` for translation, and leave it as it is."""
    return text


class _Active:
    """The active language, as rooms below the portal are told in it (``proofhouse.said``)."""

    @property
    def code(self) -> str:
        return active()

    def text(self, template: str) -> str:
        return gettext(template)

    def number_of(self, one: str, many: str, number: int) -> str:
        return ngettext(one, many, number)

    def figure(self, text: str) -> str:
        return text.translate(_COMMAS) if active() == "es" else text

    def day(self, time: str) -> str:
        date = dt.date(int(time[:4]) or 2000, int(time[5:7]), int(time[8:10]))
        return str(format_date(date, day_pattern(), locale=Locale.parse(active())))


_COMMAS = str.maketrans(",.", ".,")
ACTIVE: Final[Tongue] = _Active()


def tell(text: str) -> str:
    """A text from a room below in the active language: an error's message, its hint, a state."""
    return told(text, ACTIVE)


def day_pattern() -> str:
    """How a day is written, as Babel's patterns are: ``1 July 2026``, ``1 de julio de 2026``."""
    return "d MMMM y" if active() == "en" else "d 'de' MMMM 'de' y"


def install(environment: Any) -> None:
    """Give a Jinja environment the two functions; it needs the extension ``jinja2.ext.i18n``."""
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)
