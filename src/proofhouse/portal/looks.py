# SPDX-License-Identifier: Apache-2.0
"""What every page is drawn with: templates, their filters, and the files of static/.

    looks = environment()
    looks.get_template("public/front.html").render(visitor=None, csrf="…", path="/", theme="", …)

Templates hold no arithmetic; an undefined name is an error and not an empty string; whatever stands
in a statement is escaped and isolated (R20: ``words``, ``label``). Times are shown with their zone.

A file of static/ is referred to by ``asset("proofhouse.css")``, which carries its digest, so that a
browser may keep it for a year and still never shows a stale one.
"""

from __future__ import annotations

import calendar as _calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jinja2
from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names, get_month_names
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from proofhouse.dossier import markup
from proofhouse.portal import language
from proofhouse.portal.advice import advice
from proofhouse.portal.language import day_pattern, gettext
from proofhouse.said import say

STATIC: Final = Path(__file__).parent / "static"
TEMPLATES: Final = Path(__file__).parent / "templates"
PREFIX: Final = "/static"

THEMES: Final = ("auto", "light", "dark")
"""What a visitor may choose; ``auto`` is what the device says."""

SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The strictest Content Security Policy that the pages work under: nothing inline or off-site."""

_YEAR = "public, max-age=31536000, immutable"


def environment(*more: Path) -> jinja2.Environment:
    """The templates of the portal, and of the folders ``more`` before them."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*more, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    language.install(made)
    made.globals.update(
        tr=language.tell, asset=asset, languages=language.LANGUAGES, calendar=calendar
    )
    made.filters.update(
        advice=advice,
        tell=language.tell,
        moment=moment,
        time=moment,
        day=day,
        short=short,
        number=number,
        percent=percent,
        words=words,
        label=markup.label,
        listed=listed,
        in_log=in_log,
        listed_in_log=listed_in_log,
    )
    return made


def _shortened(number: str) -> str:
    return say("%(number)s characters; shortened here", number=number)


def _whole_in_leaf(number: str) -> str:
    return say("%(number)s characters; shortened here, in full in its leaf", number=number)


def words(text: str, most: int = markup.SHORT) -> Markup:
    """Other people's text; of a cut one it is not said where the rest is, for it may be nowhere."""
    return markup.words(text, most, _shortened)


def listed(texts: Sequence[str], most: int = markup.SHORT) -> Markup:
    """Several texts in a sentence, as ``words`` has each."""
    return markup.listed(texts, most, rest=_shortened)


def in_log(text: str, most: int = markup.SHORT) -> Markup:
    """A text of a clear statement: its leaf has it whole."""
    return markup.words(text, most, _whole_in_leaf)


def listed_in_log(texts: Sequence[str], most: int = markup.SHORT) -> Markup:
    """Several texts of a clear statement in a sentence."""
    return markup.listed(texts, most, rest=_whole_in_leaf)


@cache
def asset(name: str) -> str:
    """The address of a file of static/, with the start of its digest. Raises OSError."""
    return f"{PREFIX}/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


class Assets(StaticFiles):
    """The folder static/: what is asked for with its digest may be kept for a year."""

    def __init__(self) -> None:
        """Serve `STATIC`."""
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, told how long it may be kept."""
        response = await super().get_response(path, scope)
        kept = scope["query_string"].startswith(b"v=") and response.status_code == 200
        response.headers["Cache-Control"] = _YEAR if kept else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _locale() -> Locale:
    return Locale.parse(language.active())


def _parsed(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)


def moment(text: str) -> Markup:
    """``2026-07-01T09:00:00Z`` → ``1 July 2026, 09:00 UTC`` in a time element."""
    shown = format_datetime(_parsed(text), f"{day_pattern()}, HH:mm", locale=_locale())
    return Markup('<time datetime="{}">{} UTC</time>').format(text, shown)


def day(text: str) -> Markup:
    """``2026-07-01T09:00:00Z`` → ``1 July 2026``; days are those of UTC."""
    shown = format_date(_parsed(text).date(), day_pattern(), locale=_locale())
    return Markup('<time datetime="{}">{}</time>').format(text, shown)


def short(text: str) -> Markup:
    """A digest or an id, shortened for the eye only: all of it is there to focus, hear and copy."""
    return Markup('<code class="long-id" tabindex="0">{}</code>').format(text)


def number(value: int) -> str:
    """``12345`` → ``12,345`` as the language groups it."""
    return str(format_decimal(value, locale=_locale()))


def percent(parts_per_million: int) -> str:
    """``950000`` → ``95%``, at most two decimals."""
    return str(format_percent(parts_per_million / 1e6, "#,##0.##%", locale=_locale()))


@dataclass(frozen=True)
class Day:
    """A day of a calendar: its number, its classes for the eye, and ``said`` for the ear."""

    number: int
    classes: str
    said: str


@dataclass(frozen=True)
class Month:
    """A month: its name, and weeks of seven days, None where a day is of another month."""

    name: str
    weeks: tuple[tuple[Day | None, ...], ...]


@dataclass(frozen=True)
class Calendar:
    """An access window by month; ``weekdays`` are pairs (short, long), Monday first."""

    weekdays: tuple[tuple[str, str], ...]
    months: tuple[Month, ...]


_MOST_MONTHS = 6


def calendar(
    opens_at: str, ends_at: str, now: str, marks: Mapping[str, str] | None = None
) -> Calendar:
    """The months from ``opens_at`` to ``ends_at`` or the last of ``marks`` (time → what is then).

    ``ends_at`` is the first second without access, so a window that ends at midnight does not have
    that day. Days are those of UTC; at most six months are drawn. Raises ValueError on a time that
    is none.
    """
    first, today = _parsed(opens_at).date(), _parsed(now).date()
    last = max(first, (_parsed(ends_at) - dt.timedelta(seconds=1)).date())
    told = {_parsed(time).date(): what for time, what in (marks or {}).items()}
    span = sorted({first, last, *told})
    months = [(span[0].year, span[0].month)]
    while months[-1] < (span[-1].year, span[-1].month) and len(months) < _MOST_MONTHS:
        year, month = months[-1]
        months.append((year + month // 12, month % 12 + 1))
    names = get_month_names("wide", context="stand-alone", locale=_locale())

    def drawn(date: dt.date, month: int) -> Day | None:
        return _day(date, first, last, today, told) if date.month == month else None

    weeks = _calendar.Calendar(firstweekday=0)
    return Calendar(
        tuple(zip(_weekdays("short"), _weekdays("wide"), strict=True)),
        tuple(
            Month(
                f"{names[month].capitalize()} {year}",
                tuple(
                    tuple(drawn(date, month) for date in week)
                    for week in weeks.monthdatescalendar(year, month)
                ),
            )
            for year, month in months
        ),
    )


def _weekdays(width: Any) -> Sequence[str]:
    names = get_day_names(width, context="stand-alone", locale=_locale())
    return [names[index] for index in range(7)]


def _day(
    date: dt.date, first: dt.date, last: dt.date, today: dt.date, told: Mapping[dt.date, str]
) -> Day:
    held = first <= date <= last
    truths = {
        "held": held,
        "past": held and date < today,
        "first": held and (date == first or not date.weekday()),
        "last": held and (date == last or date.weekday() == 6),
        "today": date == today,
        "mark": date in told,
    }
    said = [
        gettext("today") if date == today else "",
        told.get(date, ""),
        gettext("access") if held else "",
    ]
    classes = " ".join(name for name, true in truths.items() if true)
    return Day(date.day, classes, ", ".join(filter(None, said)))
