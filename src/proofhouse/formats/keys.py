# SPDX-License-Identifier: Apache-2.0
"""Ed25519 keys (RFC 8032) and their identifiers.

    public key  d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a   (32 bytes)
    keyid       21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9   (its SHA-256)

A key's identifier is the SHA-256 of its 32 raw bytes, so nobody assigns it and two parties can't
disagree about it. Public keys that are malformed (not a point, or a second spelling of one) or of
low order are refused: under a key of low order one signature fits any message.
Verification is cofactorless, as OpenSSL does it; signatures with S ≥ L are refused.

Whom a key belongs to is the trust policy's to say; how a private key is guarded is its holder's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats.digest import sha256_hex

SIGNATURE_BYTES = 64

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_LOW_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})
"""The y coordinates of the eight points whose order divides the cofactor."""


def _check_point(raw: bytes) -> None:
    """Raise FormatError unless ``raw`` is the one encoding of a point of high order."""
    if len(raw) != 32:
        raise FormatError(f"An Ed25519 public key has 32 bytes, not {len(raw)}.")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    u = (y * y - 1) % _P
    v = (_D * y * y + 1) % _P
    # x² = u / v has a root exactly when u·v is a square (Euler's criterion); v is never 0.
    if y >= _P or (u and pow(u * v, (_P - 1) // 2, _P) != 1):
        raise FormatError("These 32 bytes are not the encoding of a point of Ed25519.")
    if y in _LOW_ORDER_Y:
        raise FormatError("This Ed25519 public key is of low order: anybody can sign for it.")


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key, proven to be a well-formed point of high order.

    ``raw`` is its 32 bytes, ``keyid`` the hexadecimal SHA-256 of them. Raises FormatError.
    """

    raw: bytes
    keyid: str = field(init=False)
    _key: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_point(self.raw)
        object.__setattr__(self, "keyid", sha256_hex(self.raw))
        object.__setattr__(self, "_key", Ed25519PublicKey.from_public_bytes(self.raw))

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return None if ``signature`` (64 bytes) is this key's over ``data``.

        Raises VerificationError otherwise.
        """
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            raise VerificationError(
                f"The signature by the key {self.keyid[:16]}… does not hold."
            ) from None


class Signer(Protocol):
    """Whatever signs with an Ed25519 key, wherever the key may lie."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""

    @property
    def keyid(self) -> str:
        """The identifier of the public key."""

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature over ``data``."""


class SigningKey:
    """An Ed25519 private key. It compares by its public half and never prints its own."""

    __slots__ = ("_key", "public_key")

    def __init__(self, seed: bytes) -> None:
        """Take the key of a ``seed`` of 32 bytes (RFC 8032's private key). Raises FormatError."""
        if len(seed) != 32:
            raise FormatError(f"An Ed25519 private key has 32 bytes, not {len(seed)}.")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the system's random source."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_pem(cls, pem: bytes) -> SigningKey:
        """The key in an unencrypted PKCS #8 file (``-----BEGIN PRIVATE KEY-----``).

        Raises FormatError.
        """
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise FormatError("This is not an unencrypted private key in PEM.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise FormatError("This private key is not an Ed25519 key.")
        return cls(key.private_bytes_raw())

    def to_pem(self) -> bytes:
        """The key as an unencrypted PKCS #8 file; whoever reads it can sign."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes."""
        return self._key.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.public_key.raw

    @property
    def keyid(self) -> str:
        """The identifier of the public key."""
        return self.public_key.keyid

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature over ``data``; deterministic."""
        return self._key.sign(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningKey) and other.public == self.public

    def __hash__(self) -> int:
        return hash(self.public)

    def __repr__(self) -> str:
        return f"SigningKey(keyid={self.keyid!r})"
