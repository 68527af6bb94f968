# SPDX-License-Identifier: Apache-2.0
"""Sentences that remember what they were made of, so that they can be said in another language.

    text = say("The vault does not hold the %(field)s.", field="seed")
    text                        "The vault does not hold the seed."        a str like any other
    told(text, spanish)         "La caja fuerte no contiene: seed."

    with telling(spanish):      whatever is said within is said in Spanish at once
        page = render(view)

Rooms below the portal speak English and know no catalogue: they ``say`` a template with named
values (``%(name)s``, as gettext has them), and whoever shows the text hands in a `Tongue`. A text
without values needs no ``say`` in an error: it is its own template. Statements are never said so:
what is signed is data and stays as it was written.

tools/translations finds the templates where they stand, as first arguments of ``say``, in tables
made with ``spoken`` and in the errors that are raised; tests/portal/test_language.py holds that
none of them lacks its translation. Which languages there are, and whose choice it is, is told in
the portal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol, TypeVar, cast

T = TypeVar("T")


class Tongue(Protocol):
    """How a language says what was said in English."""

    @property
    def code(self) -> str:
        """As in ``lang="es"``."""

    def text(self, template: str) -> str:
        """The template in the language, with the same placeholders."""

    def number_of(self, one: str, many: str, number: int) -> str:
        """The template for so many."""

    def figure(self, text: str) -> str:
        """A number as English writes it (``1,234.5``), as the language does."""

    def day(self, time: str) -> str:
        """``2026-07-01T09:00:00Z`` → ``1 July 2026``."""


class Said(str):
    """A text, and how it came to be: a kind, and what that kind is made of."""

    kind: str
    parts: tuple[object, ...]

    @classmethod
    def made(cls, kind: str, *parts: object) -> Said:
        """In the tongue that is told now."""
        said = cls(_MAKERS[kind](telling_now(), *parts))
        said.kind, said.parts = kind, parts
        return said

    def again(self, tongue: Tongue) -> str:
        """The same in another tongue."""
        return _MAKERS[self.kind](tongue, *self.parts)


def say(template: str, /, **values: object) -> Said:
    """``template`` filled with ``values``; those that were said themselves are said again, too."""
    if isinstance(template, Said) and not values:
        return template
    return Said.made("text", template, values)


def counted(number: int, one: str, many: str = "") -> Said:
    """``1 item``, ``2 items``; ``many`` where the plural is not ``one`` with an s."""
    return Said.made("counted", number, one, many or one + "s")


def figure(text: str) -> Said:
    """A number that is already written, in the English way."""
    return Said.made("figure", text)


def day(time: str) -> Said:
    """The day of a time (UTC)."""
    return Said.made("day", time)


def joined(separator: str, texts: Sequence[str]) -> Said:
    """Texts one after the other."""
    return Said.made("joined", separator, tuple(texts))


def told(text: str, tongue: Tongue) -> str:
    """``text`` in ``tongue``: made again if it was said, else looked up as it is."""
    return text.again(tongue) if isinstance(text, Said) else tongue.text(text)


@contextmanager
def telling(tongue: Tongue) -> Iterator[None]:
    """Say everything in ``tongue`` within."""
    with holding(_TONGUE, tongue):
        yield


@contextmanager
def holding(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Let a context variable have ``value`` within, and what it had before after it."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def telling_now() -> Tongue:
    """The tongue in which things are said here."""
    return _TONGUE.get()


class Table(Mapping[str, str]):
    """A table of texts that are said when they are looked up."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> str:
        return say(self._texts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def spoken(texts: Mapping[str, str]) -> Table:
    """A table whose values are said when they are looked up."""
    return Table(texts)


class _English:
    code = "en"

    def text(self, template: str) -> str:
        return template

    def number_of(self, one: str, many: str, number: int) -> str:
        return one if number == 1 else many

    def figure(self, text: str) -> str:
        return text

    def day(self, time: str) -> str:
        return f"{int(time[8:10])} {MONTHS[int(time[5:7]) - 1]} {time[:4].lstrip('0') or '0'}"


MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

ENGLISH: Final[Tongue] = _English()
_TONGUE: ContextVar[Tongue] = ContextVar("tongue", default=ENGLISH)


def _again(value: object, tongue: Tongue) -> object:
    return value.again(tongue) if isinstance(value, Said) else value


def _text(tongue: Tongue, template: str, values: Mapping[str, object]) -> str:
    said = tongue.text(template)
    return said % {name: _again(one, tongue) for name, one in values.items()} if values else said


def _counted(tongue: Tongue, number: int, one: str, many: str) -> str:
    written = tongue.figure(f"{number:,}".replace("-", "−"))
    return f"{written} {tongue.number_of(one, many, number)}"


def _joined(tongue: Tongue, separator: str, texts: tuple[str, ...]) -> str:
    return separator.join(cast("str", _again(one, tongue)) for one in texts)


_MAKERS: Final[Mapping[str, Callable[..., str]]] = {
    "text": _text,
    "counted": _counted,
    "figure": lambda tongue, text: tongue.figure(text),
    "day": lambda tongue, time: tongue.day(time),
    "joined": _joined,
}
