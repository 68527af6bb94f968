# SPDX-License-Identifier: Apache-2.0
"""A bank's secret in a file that only its custodians can open, k of n of them together.

    {"bank": "proofhouse-cyber@2", "ciphertext": "…hex…", "format": "proofhouse-sealed-seed/v1",
     "nonce": "…24 hex digits…"}

Canonical JSON. The ciphertext is ChaCha20-Poly1305 (RFC 8439) under a random key of 32 bytes that
is used for this one file, with the nonce of the file and the bank's name as associated data. What
it holds is canonical JSON: the opening of the bank's commitment, and the code of sealed generators.
The key is split among custodians (``shares``); nobody keeps it whole.
"""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.fields import hex_bytes, members, text

FORMAT = "proofhouse-sealed-seed/v1"
KEY_BYTES = 32
NONCE_BYTES = 12


def seal(bank: str, value: Any, key: bytes) -> bytes:
    """The bytes of the file that holds ``value`` (JSON) of ``bank``, under ``key`` (32 bytes)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    closed = ChaCha20Poly1305(key).encrypt(nonce, canonical.dumps(value), bank.encode())
    return canonical.dumps(
        {"bank": bank, "ciphertext": closed.hex(), "format": FORMAT, "nonce": nonce.hex()}
    )


def unseal(data: bytes, key: bytes) -> tuple[str, Any]:
    """The bank that the file is of, and its value.

    Raises FormatError if it is no such file, VerificationError if the key does not open it.
    """
    body = members(
        canonical.loads(data), "the sealed seed", ("bank", "ciphertext", "format", "nonce")
    )
    if body["format"] != FORMAT:
        raise FormatError("This is no sealed seed.", hint=f"Its format is {FORMAT}.")
    bank, closed = text(body["bank"], "the bank", 200), body["ciphertext"]
    nonce = hex_bytes(body["nonce"], "the nonce", NONCE_BYTES)
    length = len(closed) // 2 if isinstance(closed, str) else 0
    ciphertext = hex_bytes(closed, "the ciphertext", length)
    try:
        opened = ChaCha20Poly1305(key).decrypt(nonce, ciphertext, bank.encode())
    except InvalidTag:
        raise VerificationError(
            "The sealed seed does not open: it was changed, or the key is another's."
        ) from None
    return bank, canonical.loads(opened)
