# SPDX-License-Identifier: Apache-2.0
"""Strict readers for the fields of a parsed document; each refuses with the place and the reason.

    body = members(value, "the leaf", required=("sealed",))      no member missing, none unknown
    salt = hex_bytes(body["salt"], "the salt", 32)               lowercase hexadecimal, 32 bytes

All formats of this package read through these, so that an unknown member, a wrong type or a second
spelling of the same bytes is refused everywhere alike. ``where`` names the place for a person.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NoReturn

from proofhouse.errors import FormatError

_HEX = re.compile(r"(?:[0-9a-f]{2})*")


def refuse(where: str, why: str) -> NoReturn:
    """Raise FormatError saying that ``where`` is wrong and why."""
    raise FormatError(f"{where[:1].upper()}{where[1:]} {why}.")


def members(
    value: object, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """``value`` as an object with exactly the ``required`` members and at most the ``optional``."""
    if not isinstance(value, dict):
        refuse(where, "must be an object")
    for name in required:
        if name not in value:
            refuse(where, f"lacks the member {name!r}")
    for name in value:
        if name not in required and name not in optional:
            allowed = ", ".join(required + optional)
            refuse(where, f"has the unknown member {name[:40]!r}; allowed are: {allowed}")
    return value


def items(value: object, where: str) -> list[Any]:
    """``value`` as an array."""
    if not isinstance(value, list):
        refuse(where, "must be an array")
    return value


def text(value: object, where: str, limit: int = 1_000) -> str:
    """``value`` as a non-empty, printable text of at most ``limit`` characters."""
    if not isinstance(value, str) or not value or len(value) > limit or not value.isprintable():
        refuse(where, f"must be a printable text of 1 to {limit} characters")
    return value


def integer(value: object, where: str, low: int, high: int) -> int:
    """``value`` as an integer between ``low`` and ``high``, both included."""
    if type(value) is not int or not low <= value <= high:
        refuse(where, f"must be an integer from {low} to {high}")
    return value


def hex_bytes(value: object, where: str, length: int) -> bytes:
    """The ``length`` bytes that the lowercase hexadecimal text ``value`` spells."""
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
        refuse(where, f"must be {2 * length} lowercase hexadecimal digits")
    return bytes.fromhex(value)


def base64_bytes(value: object, where: str) -> bytes:
    """The bytes that ``value`` spells in standard base64 with padding (RFC 4648, section 4).

    Only the one canonical spelling is taken: unused bits are zero, nothing is skipped.
    """
    if isinstance(value, str):
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            data = None
        if data is not None and base64_text(data) == value:
            return data
    refuse(where, "must be standard base64 with padding")


def base64_text(data: bytes) -> str:
    """``data`` in standard base64 with padding, without line breaks."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decimal(value: str, where: str, high: int) -> int:
    """The number that ``value`` spells in ASCII digits without a leading zero, at most ``high``."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", value) or int(value) > high:
        refuse(where, f"must be a decimal number without leading zeroes of at most {high}")
    return int(value)
