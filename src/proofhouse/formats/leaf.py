# SPDX-License-Identifier: Apache-2.0
"""A leaf: what the public log holds of one statement, for ever. At most 65,535 bytes.

    {"sealed":"5d41…"}                        confidential: nothing but a commitment
    {"payload":…,"payloadType":…,"signatures":…}      clear: the envelope's own bytes

The commitment is SHA-256(salt ‖ envelope bytes) with a salt of 32 random bytes. Type, signer,
signature and body stay in the vault; without the salt nobody can tell a leaf from another, or test
a guess, and deleting envelope and salt leaves 32 bytes that mean nothing. A leaf has one spelling.

How leaves hang in the tree is told in ``merkle``, how they are stored in ``tiles``.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.digest import is_digest, salted_hex
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.fields import members, refuse

MAX_BYTES = 65_535
"""An entry bundle counts a leaf's bytes in 16 bits (C2SP tlog-tiles)."""


@dataclass(frozen=True)
class SealedLeaf:
    """A confidential leaf: ``sealed`` is the commitment, 64 hexadecimal digits."""

    sealed: str

    def __post_init__(self) -> None:
        if not is_digest(self.sealed):
            refuse("the commitment of a sealed leaf", "must be 64 lowercase hexadecimal digits")

    def to_bytes(self) -> bytes:
        """The leaf's bytes."""
        return b'{"sealed":"%b"}' % self.sealed.encode("ascii")

    def verify_opening(self, envelope_bytes: bytes, salt: bytes) -> None:
        """Return None if ``envelope_bytes`` and ``salt`` (32 bytes) are what was sealed.

        Raises VerificationError otherwise.
        """
        if seal(envelope_bytes, salt) != self.sealed:
            raise VerificationError("This envelope and salt are not what the leaf sealed.")


@dataclass(frozen=True)
class ClearLeaf:
    """A public leaf: the envelope itself."""

    envelope: Envelope

    def __post_init__(self) -> None:
        if len(self.envelope.to_bytes()) > MAX_BYTES:
            raise FormatError(
                f"A clear leaf may have at most {MAX_BYTES:,} bytes.",
                hint="State the digest of what is large, and publish that beside the log.",
            )

    def to_bytes(self) -> bytes:
        """The leaf's bytes: the envelope's."""
        return self.envelope.to_bytes()


def seal(envelope_bytes: bytes, salt: bytes) -> str:
    """The commitment SHA-256(salt ‖ envelope bytes), in hexadecimal.

    ``salt`` is 32 random bytes that are used for this alone. Raises FormatError for another length.
    """
    return salted_hex(salt, envelope_bytes)


def sealed_leaf(envelope_bytes: bytes, salt: bytes) -> bytes:
    """The bytes of the leaf that seals ``envelope_bytes`` under ``salt``. Raises FormatError."""
    return SealedLeaf(seal(envelope_bytes, salt)).to_bytes()


def clear_leaf(envelope: Envelope) -> bytes:
    """The bytes of the leaf that shows ``envelope``. Raises FormatError if it is too large."""
    return ClearLeaf(envelope).to_bytes()


def parse_leaf(data: bytes) -> SealedLeaf | ClearLeaf:
    """The leaf that ``data`` spells; its ``to_bytes`` gives ``data`` again. Raises FormatError."""
    value = canonical.loads(data, limit=MAX_BYTES)
    if isinstance(value, dict) and "sealed" in value:
        return SealedLeaf(members(value, "the leaf", ("sealed",))["sealed"])
    return ClearLeaf(Envelope.from_json(value))
