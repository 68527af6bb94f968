# SPDX-License-Identifier: Apache-2.0
"""The fields of a form, as data: pages draw them, the API describes them, one function reads them.

    Field("days", "Days of access", kind="number", low=1, high=30)
    filled = read((…,), {"days": "14"})         {"days": 14}, or raises FieldsError

Texts are kept as they were handed in, without control characters: they are inert wherever they are
shown. A field that is not asked for is refused, so that a misspelt one is not lost silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from proofhouse.errors import InputError
from proofhouse.rules.window import parse_time
from proofhouse.said import figure, joined, say

Kind = Literal["text", "area", "number", "choice", "choices", "time", "digest", "secret", "yes"]

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_DIGITS = 15
"""No bound of a number has more."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Field:
    """One question of a form.

    ``most`` is the most characters of a text or entries of a list; ``low`` and ``high`` bound a
    number; ``options`` maps the values of a choice to what a person reads.
    """

    name: str
    label: str
    hint: str = ""
    kind: Kind = "text"
    needed: bool = True
    most: int = 200
    low: int = 0
    high: int = 1_000_000
    options: Mapping[str, str] = field(default_factory=dict)
    default: Any = None

    def schema(self) -> dict[str, Any]:
        """The field as JSON Schema (OpenAPI 3.1)."""
        about: dict[str, Any] = {"description": f"{self.label}. {self.hint}".strip()}
        if self.kind == "number":
            about |= {"type": "integer", "minimum": self.low, "maximum": self.high}
        elif self.kind == "yes":
            about |= {"type": "boolean"}
        elif self.kind == "choices":
            about |= {"type": "array", "items": self._one_of(), "uniqueItems": True}
        elif self.kind == "choice":
            about |= self._one_of()
        elif self.kind == "digest":
            about |= {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        elif self.kind == "time":
            about |= {"type": "string", "format": "date-time"}
        else:
            about |= {"type": "string", "maxLength": self.most}
            if self.kind == "secret":
                about["writeOnly"] = True
        if self.default is not None and self.kind != "choices":  # there a form proposes, no more
            about["default"] = self.default
        return about

    def _one_of(self) -> dict[str, Any]:
        """The schema of one choice; what can be chosen may be the house's own to say."""
        return {"type": "string", **({"enum": sorted(self.options)} if self.options else {})}


class FieldsError(InputError):
    """Some fields were not filled as they are to be; ``errors`` says of each why, by name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(say("Something in this form is missing or not as it is to be."))
        self.errors = dict(errors)


class NotThereError(InputError):
    """What was asked for is not there, or not for whoever asks: told alike."""


def schema(fields: Iterable[Field]) -> dict[str, Any]:
    """The JSON Schema of an object with these fields."""
    listed = tuple(fields)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {one.name: one.schema() for one in listed},
        "required": [one.name for one in listed if one.needed and one.default is None],
    }


def read(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every field; what was left open is its default, or None.

    Raises FieldsError, naming every field that is wrong.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    listed = tuple(fields)
    for name in given.keys() - {one.name for one in listed}:
        errors[str(name)[:64]] = "There is no such field here."
    for one in listed:
        try:
            values[one.name] = _read(one, given.get(one.name))
        except ValueError as error:
            errors[one.name] = error.args[0]
    if errors:
        raise FieldsError(errors)
    return values


def _read(one: Field, value: Any) -> Any:
    if one.kind == "choices":
        return _several(one, value)
    if one.kind == "yes":
        return _yes(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        if one.needed and one.default is None:
            raise ValueError("This is needed.")
        return one.default
    if one.kind == "number":
        return _number(one, value)
    if not isinstance(value, str):
        raise ValueError("This must be text.")
    if one.kind == "choice":
        if value not in one.options:
            options = [say(str(text)) for text in one.options.values()]
            raise ValueError(say("Choose one of: %(options)s", options=joined(", ", options)))
        return value
    return _text(one, value)


def _text(one: Field, value: str) -> str:
    text = value if one.kind == "secret" else value.strip().replace("\r\n", "\n")
    if _CONTROL.search(text) or (one.kind != "area" and "\n" in text):
        raise ValueError("This holds a character that is not allowed here.")
    if len(text) > one.most:
        raise ValueError(
            say(
                "This may have at most %(most)s characters; it has %(text)s.",
                most=figure(f"{one.most:,}"),
                text=figure(f"{len(text):,}"),
            )
        )
    if one.kind == "digest" and not _DIGEST.fullmatch(text):
        raise ValueError("This must be 64 hexadecimal digits, 0 to 9 and a to f.")
    return _time(text) if one.kind == "time" else text


def _time(text: str) -> str:
    """A time, or a day: then its start (UTC)."""
    whole = f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    try:
        parse_time(whole)
    except InputError:
        raise ValueError("Write a day like 2026-07-31, or a time 2026-07-31T12:00:00Z.") from None
    return whole


def _number(one: Field, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
        raise ValueError("Write a whole number in digits.")
    if len(text) > _DIGITS or not one.low <= int(text) <= one.high:
        raise ValueError(
            say(
                "This must be from %(low)s to %(high)s.",
                low=figure(f"{one.low:,}"),
                high=f"{one.high:,}",
            )
        )
    return int(text)


def _several(one: Field, value: Any) -> list[str]:
    found = [value] if isinstance(value, str) else value or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("This must be a list.")
    unknown = sorted(set(found) - set(one.options))
    if unknown:
        raise ValueError("There is no such choice here.")
    if one.needed and not found:
        raise ValueError("Choose at least one.")
    return sorted(set(found))


def _yes(value: Any) -> bool:
    if value in (None, "", False, "no", "false"):
        return False
    if value in (True, "yes", "on", "true"):
        return True
    raise ValueError("This is yes or no.")
