# SPDX-License-Identifier: Apache-2.0
"""Encrypted private keys: PKCS #8 (RFC 5958) under PBES2 (RFC 8018) with scrypt (RFC 7914).

    -----BEGIN ENCRYPTED PRIVATE KEY-----
    EncryptedPrivateKeyInfo { PBES2 { scrypt { salt, N 16384, r 8, p 5 }, aes256-CBC { iv } }, … }

`cryptography` reads such files and writes PBKDF2 with 2,048 rounds, which a guesser tries a
thousand times faster; so the structure is written here, from its own primitives. The cost is
OWASP's for scrypt in 16 MiB, the most memory with which OpenSSL's tools still open the file:
`openssl pkey -in developer.key`. A wrong passphrase shows by the padding, or by the key inside not
being the one that the file's `public` line tells; the mode has no authentication of its own.

What is read may be sealed by others, PBKDF2 included.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats.keys import SigningKey

COST, BLOCK, LANES = 2**14, 8, 5
"""scrypt's N, r and p: 16 MiB (OWASP Password Storage Cheat Sheet)."""

_BEGIN = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_END = b"-----END ENCRYPTED PRIVATE KEY-----"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_ED25519_INFO = bytes.fromhex("302e020100300506032b657004220420")
"""A PrivateKeyInfo of Ed25519 (RFC 8410) up to its 32 secret bytes."""
_SEQUENCE, _OCTETS, _INTEGER = 0x30, 0x04, 0x02


def seal(key: SigningKey, passphrase: str) -> bytes:
    """The PEM file that ``passphrase`` opens to ``key``; different each time."""
    salt, vector = secrets.token_bytes(16), secrets.token_bytes(16)
    kdf = Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=LANES)
    cipher = Cipher(algorithms.AES256(kdf.derive(passphrase.encode())), modes.CBC(vector))
    padder, encryptor = padding.PKCS7(128).padder(), cipher.encryptor()
    padded = padder.update(_ED25519_INFO + key.seed) + padder.finalize()
    closed = encryptor.update(padded) + encryptor.finalize()
    costs = b"".join(_der_integer(number) for number in (COST, BLOCK, LANES))
    derivation = _der(_SEQUENCE, _SCRYPT + _der(_SEQUENCE, _der(_OCTETS, salt) + costs))
    encryption = _der(_SEQUENCE, _AES256_CBC + _der(_OCTETS, vector))
    algorithm = _der(_SEQUENCE, _PBES2 + _der(_SEQUENCE, derivation + encryption))
    body = base64.b64encode(_der(_SEQUENCE, algorithm + _der(_OCTETS, closed)))
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join([_BEGIN, *lines, _END, b""])


def unseal(pem: bytes, passphrase: str) -> SigningKey:
    """The key in ``pem``.

    Raises VerificationError if ``passphrase`` does not open it, FormatError if it opens to
    something else than an Ed25519 key.
    """
    try:
        key = load_pem_private_key(pem, password=passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise VerificationError("It does not open with this passphrase.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FormatError("This private key is not an Ed25519 key.")
    return SigningKey(key.private_bytes_raw())


def _der(tag: int, content: bytes) -> bytes:
    """One element in DER (X.690); ``content`` has fewer than 256 bytes."""
    length = bytes([len(content)] if len(content) < 128 else [0x81, len(content)])
    return bytes([tag]) + length + content


def _der_integer(number: int) -> bytes:
    return _der(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1))
