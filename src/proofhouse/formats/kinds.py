# SPDX-License-Identifier: Apache-2.0
"""Kinds of fields: what a value in a predicate, or behind a salted field, may look like.

    shape(name=text, endpoint=optional(text))("model", {"name": "x", "endpoint": null})   → None

A kind is a function that raises FormatError, naming the field and why, or returns None. Kinds are
put together to shapes in ``predicates`` and ``reports``; they never say whether a statement may be
made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proofhouse.errors import FormatError

_HEX64 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z",
    re.ASCII,
)
_TEXT_LIMIT = 8_000
SAFE = 2**53 - 1
"""The greatest integer that canonical JSON takes; its negative is the least."""

Kind = Callable[[str, Any], None]
"""Raises FormatError(where, why) unless the value is of the kind; returns None."""


def _refuse(where: str, why: str) -> None:
    raise FormatError(f"The field {where} {why}.")


def text(where: str, value: Any) -> None:
    """A non-empty string of at most 8,000 characters without control characters but newline."""
    if not isinstance(value, str) or not value.strip():
        _refuse(where, "must be a non-empty text")
    if len(value) > _TEXT_LIMIT:
        _refuse(where, f"must have at most {_TEXT_LIMIT} characters")
    if any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in value):
        _refuse(where, "must not hold control characters")


def verbatim(where: str, value: Any) -> None:
    """Other people's words as they wrote them: like ``text``, and any character may be in it.

    For values behind a salt only (R20, R21): what hides or steers is written out where it is shown.
    """
    if not isinstance(value, str) or not value.strip():
        _refuse(where, "must be a non-empty text")
    if len(value) > _TEXT_LIMIT:
        _refuse(where, f"must have at most {_TEXT_LIMIT} characters")
    if any(0xD800 <= ord(c) < 0xE000 for c in value):
        _refuse(where, "must not hold half of a surrogate pair")


def digest(where: str, value: Any) -> None:
    """64 lowercase hexadecimal digits: a SHA-256, a key id, a salt or a case id."""
    if not isinstance(value, str) or not _HEX64.fullmatch(value):
        _refuse(where, "must be 64 lowercase hexadecimal digits")


def signature(where: str, value: Any) -> None:
    """128 lowercase hexadecimal digits: an Ed25519 signature."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{128}", value):
        _refuse(where, "must be 128 lowercase hexadecimal digits")


def anything(where: str, value: Any) -> None:
    """An object; what it holds is looked at by who knows what it opens."""
    if not isinstance(value, Mapping):
        _refuse(where, "must be an object")


def time(where: str, value: Any) -> None:
    """A UTC time from 1970 on, ``YYYY-MM-DDTHH:MM:SSZ``, of a day that exists."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    year, month, day = (int(match[part]) for part in (1, 2, 3)) if match else (0, 1, 1)
    if year < 1970 or day > _days(year, month):
        _refuse(where, "must be a UTC time like 2026-07-01T09:00:00Z")


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def integer(low: int = -SAFE, high: int = SAFE) -> Kind:
    """An integer from ``low`` to ``high``."""

    def kind(where: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            _refuse(where, f"must be an integer from {low} to {high}")

    return kind


def word(*choices: str) -> Kind:
    """One of a closed list of words."""

    def kind(where: str, value: Any) -> None:
        if not isinstance(value, str) or value not in choices:
            _refuse(where, f"must be one of: {', '.join(choices)}")

    return kind


def optional(inner: Kind) -> Kind:
    """Null, or ``inner``: the field is always there, so nothing is left out unseen."""

    def kind(where: str, value: Any) -> None:
        if value is not None:
            inner(where, value)

    return kind


def each(inner: Kind, *, least: int = 0, most: int = 10_000) -> Kind:
    """A list of ``inner``."""

    def kind(where: str, value: Any) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            _refuse(where, "must be a list")
        if not least <= len(value) <= most:
            _refuse(where, f"must have {least} to {most} elements")
        for position, element in enumerate(value):
            inner(f"{where}[{position}]", element)

    return kind


def table(inner: Kind) -> Kind:
    """An object with free keys and values of ``inner``."""

    def kind(where: str, value: Any) -> None:
        if not isinstance(value, Mapping):
            _refuse(where, "must be an object")
        for key, element in value.items():
            inner(f"{where}.{key}", element)

    return kind


def by_dimension(inner: Kind, several: Kind | None = None) -> Kind:
    """``inner`` of an only dimension; of several an object ``dimensions``: name → ``several``.

    ``several`` is ``inner`` if it is not given.
    """
    many = Shape({"dimensions": table(several or inner)})

    def kind(where: str, value: Any) -> None:
        named = isinstance(value, Mapping) and set(value) == {"dimensions"}
        (many if named else inner)(where, value)

    return kind


@dataclass(frozen=True)
class Shape:
    """An object with exactly these fields, and at most those of ``more``."""

    fields: Mapping[str, Kind]
    more: Mapping[str, Kind] = field(default_factory=dict)

    def __call__(self, where: str, value: Any) -> None:
        """Refuse ``value`` unless it has exactly the fields, each of its kind."""
        if not isinstance(value, Mapping):
            _refuse(where, "must be an object")
        for name in value:
            if name not in self.fields and name not in self.more:
                _refuse(f"{where}.{name}", "is not known here")
        for name, kind in self.fields.items():
            if name not in value:
                _refuse(f"{where}.{name}", "is missing")
            kind(f"{where}.{name}", value[name])
        for name, kind in self.more.items():
            if name in value:
                kind(f"{where}.{name}", value[name])

    def and_maybe(self, **more: Kind) -> Shape:
        """This shape, which may have ``more`` fields too."""
        return Shape(self.fields, {**self.more, **more})


def shape(**fields: Kind) -> Shape:
    """An object with exactly these fields."""
    return Shape(fields)


salted = shape(salted=digest)
commitment = shape(sha256=digest, pedersen=digest)
count = integer(0)
names = each(text, least=1)
