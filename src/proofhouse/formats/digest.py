# SPDX-License-Identifier: Apache-2.0
"""Digests: SHA-256 (FIPS 180-4), written as 64 lowercase hexadecimal digits.

    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad      the digest of b"abc"

One spelling only, so that two digests are equal exactly when their texts are.
"""

from __future__ import annotations

import hashlib
import re

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
