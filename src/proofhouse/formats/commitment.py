# SPDX-License-Identifier: Apache-2.0
r"""A double commitment to a secret that many will rely on: a bank's seed, a threshold, evidence.

    commitment   {"pedersen":"b8f9…","sha256":"1d5c…"}
    opening      {"blinding":"07…","salt":"00…","value":{"cut":4500000}}

Two commitments to one value, opened together. The one binds as long as SHA-256 does:

    sha256   = SHA-256(salt ‖ canonical JSON of value)

The other hides for ever, whatever is learnt about hash functions (Pedersen, CRYPTO 1991), on the
group ristretto255 (RFC 9496):

    pedersen = m·G + r·H
    m = SHA-512("proofhouse/pedersen/message/v1\n" ‖ canonical JSON of value) mod L
    H = the group element that RFC 9496's derivation gives for SHA-512("proofhouse/pedersen/H/v1")
    G = the generator, L = 2^252 + 27742317777372353535851937790883648493, r = the blinding

Numbers are 32 bytes, little-endian. The blinding is 0 < r < L; a point has the one encoding RFC
9496 allows, and is not the identity. libsodium (``rbcl``) does the group arithmetic; it is loaded
when the first commitment is touched, and needed for nothing else.

When a commitment must be opened is said in the predicate beside it (``openBy``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha512
from types import ModuleType

from proofhouse.errors import FormatError, PrerequisiteError, VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.canonical import JsonValue
from proofhouse.formats.digest import SALT_BYTES, is_digest, new_salt, salted_hex
from proofhouse.formats.fields import hex_bytes, members, refuse

ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19
SCALAR_BYTES = 32
_MESSAGE_TAG = b"proofhouse/pedersen/message/v1\n"
_H_TAG = b"proofhouse/pedersen/H/v1"


@cache
def _group() -> ModuleType:
    """libsodium's ristretto255. Its checks are off when installed, so lengths are checked here."""
    try:
        import rbcl
    except (ImportError, OSError):
        raise PrerequisiteError(
            "Opening a double commitment needs libsodium's ristretto255.",
            hint="Install it with: pip install rbcl",
        ) from None
    module: ModuleType = rbcl
    return module


@cache
def _second_generator() -> bytes:
    point: bytes = _group().crypto_core_ristretto255_from_hash(sha512(_H_TAG).digest())
    return point


def new_blinding() -> bytes:
    """A random scalar, 0 < r < L, as 32 bytes little-endian."""
    return (1 + secrets.randbelow(ORDER - 1)).to_bytes(SCALAR_BYTES, "little")


def pedersen(value: bytes, blinding: bytes) -> bytes:
    """The point m·G + r·H for the bytes of a canonical ``value``; 32 bytes.

    Raises FormatError unless ``blinding`` is a scalar, 0 < r < L, of 32 bytes little-endian.
    """
    if len(blinding) != SCALAR_BYTES or not 0 < int.from_bytes(blinding, "little") < ORDER:
        refuse("the blinding", "must be 32 bytes, little-endian, of a number from 1 to L - 1")
    group = _group()
    m = group.crypto_core_ristretto255_scalar_reduce(sha512(_MESSAGE_TAG + value).digest())
    point: bytes = group.crypto_core_ristretto255_add(
        group.crypto_scalarmult_ristretto255_base_allow_scalar_zero(m),
        group.crypto_scalarmult_ristretto255(blinding, _second_generator()),
    )
    return point


@dataclass(frozen=True)
class Commitment:
    """What is published: ``sha256`` (64 hexadecimal digits) and ``pedersen`` (a point, 32 bytes).

    Raises FormatError if the one is no digest or the other no point.
    """

    sha256: str
    pedersen: bytes

    def __post_init__(self) -> None:
        if not is_digest(self.sha256):
            refuse("the commitment's sha256", "must be 64 lowercase hexadecimal digits")
        # Older libsodium overlooks the highest bit, which would be a second spelling of a point.
        number = int.from_bytes(self.pedersen, "little")
        one_spelling = len(self.pedersen) == SCALAR_BYTES and 0 < number < FIELD
        if not one_spelling or not _group().crypto_core_ristretto255_is_valid_point(self.pedersen):
            raise FormatError("The commitment's pedersen is not the encoding of a ristretto point.")

    @classmethod
    def from_json(cls, value: object) -> Commitment:
        """The commitment of ``{"pedersen":…,"sha256":…}``; ``to_json`` gives it again.

        Raises FormatError.
        """
        body = members(value, "the commitment", ("pedersen", "sha256"))
        point = hex_bytes(body["pedersen"], "the commitment's pedersen", SCALAR_BYTES)
        return cls(body["sha256"], point)

    def to_json(self) -> dict[str, JsonValue]:
        """``{"pedersen":…,"sha256":…}``."""
        return {"pedersen": self.pedersen.hex(), "sha256": self.sha256}


@dataclass(frozen=True)
class Opening:
    """A committed ``value``, its ``salt`` (32 bytes) and ``blinding`` (a scalar of 32 bytes).

    Salt and blinding are random if not given, and used once. ``commitment`` is what is published.
    Raises FormatError.
    """

    value: JsonValue
    salt: bytes = field(default_factory=new_salt)
    blinding: bytes = field(default_factory=new_blinding)
    commitment: Commitment = field(init=False)

    def __post_init__(self) -> None:
        data = canonical.dumps(self.value)
        made = Commitment(salted_hex(self.salt, data), pedersen(data, self.blinding))
        object.__setattr__(self, "commitment", made)

    @classmethod
    def from_json(cls, value: object) -> Opening:
        """The opening of ``{"blinding":…,"salt":…,"value":…}``; ``to_json`` gives it again.

        Raises FormatError.
        """
        body = members(value, "the opening", ("blinding", "salt", "value"))
        return cls(
            body["value"],
            hex_bytes(body["salt"], "the opening's salt", SALT_BYTES),
            hex_bytes(body["blinding"], "the opening's blinding", SCALAR_BYTES),
        )

    def to_json(self) -> dict[str, JsonValue]:
        """``{"blinding":…,"salt":…,"value":…}``."""
        return {"blinding": self.blinding.hex(), "salt": self.salt.hex(), "value": self.value}

    def verify(self, commitment: Commitment) -> None:
        """Return None if this opens both halves of ``commitment``.

        Raises VerificationError otherwise.
        """
        if self.commitment != commitment:
            raise VerificationError("This value, salt and blinding are not what was committed to.")
