# SPDX-License-Identifier: Apache-2.0
"""Digests: SHA-256 (FIPS 180-4), written as 64 lowercase hexadecimal digits.

    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad      the digest of b"abc"

One spelling only, so that two digests are equal exactly when their texts are. A *salted* digest is
SHA-256(salt ‖ data) with a salt of 32 random bytes that is used once: it hides data that could be
guessed, binds to it, and means nothing any more when the salt is gone.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from proofhouse.errors import FormatError

SALT_BYTES = 32

_DIGEST = re.compile(r"[0-9a-f]{64}")


def sha256(data: bytes) -> bytes:
    """The 32 bytes of the SHA-256 of ``data``."""
    return hashlib.sha256(data).digest()


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of ``data`` as 64 lowercase hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_digest(text: object) -> bool:
    """Whether ``text`` is a string of exactly 64 lowercase hexadecimal digits."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def new_salt() -> bytes:
    """32 bytes from the system's random source."""
    return secrets.token_bytes(SALT_BYTES)


def salted_hex(salt: bytes, data: bytes) -> str:
    """SHA-256(salt ‖ data) in hexadecimal. Raises FormatError unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise FormatError(f"A salt must have {SALT_BYTES} bytes, not {len(salt)}.")
    return sha256_hex(salt + data)
