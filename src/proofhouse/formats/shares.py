# SPDX-License-Identifier: Apache-2.0
r"""Shares of a key among custodians: any k of n give it back, k − 1 tell nothing about it.

    proofhouse-share/v1
    of proofhouse-cyber@2
    index 3
    threshold 2
    shares 5
    sealed 8f0c…                SHA-256 of the file that the key opens
    key-check 41d7…             SHA-256("proofhouse/share/key/v1\n" ‖ key)
    data 9b2e…                  the share: as many bytes as the key has
    line-check 77ab03c1d2e4f506 first 8 bytes of SHA-256 over the lines above

A. Shamir, "How to share a secret", CACM 22 (11), 1979. Each byte of the key is the value at 0 of a
polynomial of degree k − 1 over GF(2^8), its other coefficients drawn at random; a share is the
values at its index, 1 to n. The field is that of AES (FIPS 197, section 4: x^8 + x^4 + x^3 + x +
1), addition is exclusive or. k and n are from 1 to 255.

What a share adds to that: it says whose it is and how many are needed, so that too few are refused
with the number; ``line-check`` finds a digit typed wrong, and ``key-check``, which tells nothing
about 32 random bytes, a share that was made for another key or changed on purpose. It does not
find out which of several shares is the wrong one.

A share is text of nine lines, to be printed or kept in a safe; blank lines and spaces at the ends
of lines don't matter. What the key opens is ``sealed_seed``'s.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofhouse.errors import FormatError, InputError
from proofhouse.formats.digest import is_digest
from proofhouse.formats.fields import decimal, hex_bytes, refuse

FORMAT = "proofhouse-share/v1"
MOST = 255
_NAMES = ("of", "index", "threshold", "shares", "sealed", "key-check", "data")
_KEY = b"proofhouse/share/key/v1\n"
_POLYNOMIAL = 0x11B
_LONGEST = 4_096


def _tables() -> tuple[bytes, bytes]:
    """Powers of the generator 3 and logarithms to it."""
    powers, logs, value = bytearray(510), bytearray(256), 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value ^= value << 1
        value ^= _POLYNOMIAL if value > 255 else 0
    return bytes(powers), bytes(logs)


_POWERS, _LOGS = _tables()


def multiply(one: int, other: int) -> int:
    """The product of two elements of GF(2^8)."""
    if one == 0 or other == 0:
        return 0
    return _POWERS[_LOGS[one] + _LOGS[other]]


def divide(one: int, other: int) -> int:
    """The quotient of two elements of GF(2^8), the second not 0."""
    return 0 if one == 0 else _POWERS[_LOGS[one] + 255 - _LOGS[other]]


@dataclass(frozen=True)
class Share:
    """One share of the key that opens the file of the SHA-256 ``sealed``.

    ``of`` says what it is about, ``data`` is the share itself. Raises FormatError for numbers or
    digests that can't be.
    """

    of: str
    index: int
    threshold: int
    shares: int
    sealed: str
    key_check: str
    data: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= self.shares <= MOST or not 1 <= self.index <= self.shares:
            refuse("the share", "must have 1 ≤ threshold ≤ shares ≤ 255 and an index among them")
        if not re.fullmatch(r"[!-~]{1,200}", self.of):
            refuse("the share", "must be of something with a name of printable ASCII")
        if not is_digest(self.sealed) or not is_digest(self.key_check) or not self.data:
            refuse("the share", "must have digests of 64 digits, and data")

    def to_text(self) -> str:
        """The share as nine lines, each ended by a newline."""
        values = (self.of, self.index, self.threshold, self.shares, self.sealed, self.key_check)
        told = [FORMAT]
        named = zip(_NAMES, (*values, self.data.hex()), strict=True)
        told += [f"{name} {value}" for name, value in named]
        return "\n".join([*told, f"line-check {_line_check(told)}", ""])

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share that ``text`` spells. Raises FormatError, saying which line is wrong."""
        if len(text) > _LONGEST:
            raise FormatError("A share has nine lines, and this is much longer.")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines or lines[0] != FORMAT:
            raise FormatError("This is no share.", hint=f"Its first line is {FORMAT}.")
        if len(lines) != len(_NAMES) + 2:
            raise FormatError(f"The share has {len(lines)} lines, not {len(_NAMES) + 2}.")
        found = {}
        for line, name in zip(lines[1:], (*_NAMES, "line-check"), strict=True):
            word, _, found[name] = line.partition(" ")
            if word != name:
                raise FormatError(f"A line of the share says {word[:20]!r} in place of {name!r}.")
        if found["line-check"] != _line_check(lines[:-1]):
            raise FormatError(
                "A line of the share is not as it was written.",
                hint="Compare it with the paper or the file it was copied from.",
            )
        index, threshold, shares = (
            decimal(found[name], f"the {name}", MOST) for name in ("index", "threshold", "shares")
        )
        data = hex_bytes(found["data"], "the data", len(found["data"]) // 2)
        sealed, check = found["sealed"], found["key-check"]
        return cls(found["of"], index, threshold, shares, sealed, check, data)


def _line_check(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([*lines, ""]).encode()).hexdigest()[:16]


def key_check(key: bytes) -> str:
    """What shares say of the key, so that a wrong one is noticed: a SHA-256."""
    return hashlib.sha256(_KEY + key).hexdigest()


def split(
    key: bytes,
    *,
    threshold: int,
    shares: int,
    of: str,
    sealed: str,
    draw: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[Share, ...]:
    """``shares`` shares of ``key``, of which any ``threshold`` give it back.

    ``draw(n)`` gives n random bytes. Raises InputError unless 1 ≤ threshold ≤ shares ≤ 255.
    """
    if not 1 <= threshold <= shares <= MOST:
        raise InputError(
            f"{threshold} of {shares} shares can't be: the threshold is from 1 to the number of "
            f"shares, which is at most {MOST}.",
            hint="For example --threshold 2 --shares 3.",
        )
    coefficients = [key, *(draw(len(key)) for _ in range(threshold - 1))]
    check = key_check(key)
    return tuple(
        Share(of, index, threshold, shares, sealed, check, _at(coefficients, index))
        for index in range(1, shares + 1)
    )


def _at(coefficients: Sequence[bytes], place: int) -> bytes:
    """The polynomials' values at ``place``, by Horner's rule."""
    values = bytes(len(coefficients[0]))
    for row in reversed(coefficients):
        values = bytes(
            multiply(value, place) ^ more for value, more in zip(values, row, strict=True)
        )
    return values


def combine(shares: Sequence[Share]) -> bytes:
    """The key that was split. Raises InputError for too few, repeated or wrong shares."""
    if not shares:
        raise InputError("There is no share.")
    first = shares[0]
    for share in shares:
        if _about(share) != _about(first):
            raise InputError(
                f"The shares {first.index} and {share.index} are not of one key: "
                f"{first.of} and {share.of}, each of its own splitting.",
                hint="All must come from the same `bank seed share`.",
            )
        if len(share.data) != len(first.data):
            raise InputError(f"The share {share.index} is of another length than {first.index}.")
    distinct = {share.index: share for share in shares}
    if len(distinct) < len(shares):
        raise InputError("A share was given twice: each custodian's counts once.")
    if len(distinct) < first.threshold:
        raise InputError(
            f"{first.threshold} of the {first.shares} shares are needed, and "
            f"{len(distinct)} {'is' if len(distinct) == 1 else 'are'} here.",
            hint="Fewer tell nothing about the seed.",
        )
    chosen = list(distinct.values())[: first.threshold]
    key = _interpolate([(share.index, share.data) for share in chosen])
    if key_check(key) != first.key_check:
        raise InputError(
            "The shares don't give the key back: at least one was changed.",
            hint="Try others, if there are more custodians than are needed.",
        )
    return key


def _about(share: Share) -> tuple[object, ...]:
    return share.of, share.threshold, share.shares, share.sealed, share.key_check


def _interpolate(points: Sequence[tuple[int, bytes]]) -> bytes:
    """The values at 0 of the polynomials through ``points`` (Lagrange)."""
    key = bytes(len(points[0][1]))
    for place, data in points:
        weight = 1
        for other, _ in points:
            if other != place:
                weight = multiply(weight, divide(other, other ^ place))
        key = bytes(value ^ multiply(weight, part) for value, part in zip(key, data, strict=True))
    return key
