# SPDX-License-Identifier: Apache-2.0
"""Tokens of the form KEY:ALGORITHM:USER:EXPIRES:MAC.

The code (MAC, hexadecimal) covers all that stands before its colon and is made with the key of that
name. The file of keys says "NAME ALGORITHM HEX" in each line; keys are for sha256, or, for tokens
that were given out long ago, for sha1. A token is good until the second before it expires.
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass

KEYED = ("sha256", "sha1")

# crc32 and none are for exports that are checked for damage only
MACS = {
    "sha256": lambda key, text: hmac.new(key, text, hashlib.sha256).hexdigest(),
    "sha1": lambda key, text: hmac.new(key, text, hashlib.sha1).hexdigest(),
    "crc32": lambda key, text: f"{zlib.crc32(text):08x}",
    "none": lambda key, text: "",
}


class KeyFileError(Exception):
    """A file of keys that is not well formed."""


class Denied(Exception):  # noqa: N818 - it is an answer, not an error
    """A token that opens nothing; says why."""


@dataclass(frozen=True)
class Key:
    """A key and the algorithm that it is for."""

    algorithm: str
    secret: bytes


@dataclass(frozen=True)
class Token:
    """A token's fields, and the text that its code covers."""

    key: str
    algorithm: str
    user: str
    expires: int
    mac: str
    covered: bytes


def read_keys(text: str) -> dict[str, Key]:
    """The keys of a file, by their names."""
    keys = {}
    for line in text.splitlines():
        try:
            name, algorithm, secret = line.split()
            keys[name] = Key(algorithm, bytes.fromhex(secret))
        except ValueError as error:
            raise KeyFileError("a key is damaged") from error
        if algorithm not in KEYED:
            raise KeyFileError(f"no keys are for {algorithm}")
    return keys


def parse(text: str) -> Token:
    """A token's fields."""
    fields = text.split(":")
    if len(fields) != 5 or not fields[2] or not fields[3].isdecimal() or not text.isascii():
        raise Denied("not a token")
    key, algorithm, user, expires, mac = fields
    covered = text.rpartition(":")[0].encode()
    return Token(key, algorithm, user, int(expires), mac.lower(), covered)


def check(keys: dict[str, Key], text: str, now: int) -> str:
    """The user of a token; raises Denied."""
    token = parse(text)
    key = keys.get(token.key)
    if key is None:
        raise Denied("unknown key")
    mac = MACS.get(token.algorithm.lower())
    if mac is None:
        raise Denied("unknown algorithm")
    if not hmac.compare_digest(mac(key.secret, token.covered), token.mac):
        raise Denied("wrong code")
    if token.expires <= now:
        raise Denied("expired")
    return token.user
