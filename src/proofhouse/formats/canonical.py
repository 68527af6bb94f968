# SPDX-License-Identifier: Apache-2.0
r"""Canonical JSON: one value, one sequence of bytes (RFC 8785, restricted).

    {"previous": null, "tokens": 120000, "title": "Pr\u00fcfung"}       a value, spelt as you like
    {"previous":null,"title":"Prüfung","tokens":120000}            its canonical form

Everything that is signed, hashed or committed to is in this form. It is RFC 8785 without the parts
that implementations get wrong: no floats, integers of at most 53 bits, object keys in ASCII only
(so that sorting by UTF-16 units, by code points and by bytes agree), at most 64 levels of nesting.
``loads`` refuses bytes that are not exactly what ``dumps`` would print of their value: that one
rule refuses duplicate keys, spaces, unsorted keys, other escapes, ``-0`` and ``1e3``.

What a document may contain is for the formats above; here is only how it is spelt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from proofhouse.errors import FormatError

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

MAX_INTEGER = 2**53 - 1
"""The largest magnitude of an integer: what an IEEE 754 double still counts exactly (I-JSON)."""

MAX_DEPTH = 64
"""How many objects and arrays may be nested in one another."""

MAX_BYTES = 64 * 1024 * 1024
"""The largest document that is looked at; formats set smaller limits of their own."""

_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,  # the depth limit ends a circle
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
)


def dumps(value: JsonValue) -> bytes:
    """Print ``value`` in canonical form, as UTF-8 without a final newline.

    Tuples print as arrays. Raises FormatError for anything that has no canonical form: a float, an
    integer beyond ±(2^53 - 1), a key that isn't ASCII text, a lone surrogate, a type JSON lacks,
    more than 64 levels.
    """
    _check(value, 0)
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        _refuse("a text holds half of a surrogate pair, which UTF-8 can't carry")


def loads(data: bytes, *, limit: int = MAX_BYTES) -> JsonValue:
    """Parse canonical JSON; ``dumps`` of the result is ``data`` again, byte for byte.

    ``limit`` is in bytes. Raises FormatError for anything else, and nothing but FormatError.
    """
    if len(data) > limit:
        _refuse(f"it has {len(data):,} bytes where {limit:,} are allowed")
    try:
        value: JsonValue = json.loads(data.decode())
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except RecursionError:
        _refuse(f"it nests more than {MAX_DEPTH} levels")
    except ValueError:
        _refuse("it is not JSON, or holds an integer of thousands of digits")
    if dumps(value) != data:
        _refuse(
            "its bytes are not the canonical form of its value: look for a duplicate or unsorted "
            "key, a space, an escape that isn't needed or a number spelt otherwise"
        )
    return value


def _check(value: object, depth: int) -> None:
    """Raise FormatError unless ``value`` has a canonical form (lone surrogates aside)."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            _refuse("an integer has more than 53 bits")
        return
    if kind is not dict and kind is not list and kind is not tuple:
        _refuse(f"a value of type {kind.__name__} has no canonical form")
    if depth == MAX_DEPTH:
        _refuse(f"it nests more than {MAX_DEPTH} levels")
    if kind is dict:
        for key, member in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or not key.isascii():
                _refuse("the key of an object is not ASCII text")
            _check(member, depth + 1)
    else:
        for member in value:  # type: ignore[attr-defined]
            _check(member, depth + 1)


def _refuse(why: str) -> NoReturn:
    raise FormatError(f"This is not canonical JSON: {why}.")
