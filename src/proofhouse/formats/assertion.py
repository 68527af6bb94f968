# SPDX-License-Identifier: Apache-2.0
"""A person's signature: a WebAuthn assertion in the place of a DSSE signature (W3C WebAuthn 3).

    {"authenticatorData":"SZYN5YgO…BQAAAAA=","clientDataJSON":"eyJ0eXBl…","publicKey":"pQECAyYg…",
     "signature":"MEUCIQ…"}                                       (no spaces, no breaks, base64)

These bytes, canonical JSON, are the ``sig`` of the signature; its ``keyid`` is the SHA-256 of
``publicKey``, the bytes of the passkey's COSE key. What the passkey signed is its authenticator's
data and the SHA-256 of the browser's, and in the browser's stands the challenge: the SHA-256 of
what a party's key signs (``pae``). So the passkey answered to this statement and to no other.

Steps of ``Assertion.verify`` (WebAuthn 3, section 7.2, as far as it can be done by a stranger, who
knows neither the account nor the counter before), numbered in the code:
 1. the browser's data is a JSON object of type webauthn.get        (7.2 steps 9 to 11)
 2. its challenge is the SHA-256 of what is signed                  (12)
 3. it was made on the page itself, not in a frame of another       (13, 14)
 4. the hash of the relying party is of that page's host, or of a domain above it      (15)
 5. the authenticator saw a person (UP) and knew who (UV)           (16, 17)
 6. the signature holds                                             (21)

``check`` also holds it to one origin and one relying party. COSE keys of ES256 (P-256) and EdDSA
(Ed25519) are taken, each in the one spelling that CTAP2 has for it; RSA is not.

It says that somebody who holds the passkey answered. Who holds it, the house says that registered
it; it makes nobody a party (``rules.keys``), and a statement needs a party's signature beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.fields import base64_bytes, base64_text, members, refuse
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.pae import pae

MAX_BYTES = 4_096
"""An assertion with all its parts has about 800 bytes."""

_ES256_X, _ES256_Y = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
_EDDSA = bytes.fromhex("a4010103272006215820")
"""CTAP2's canonical CBOR of a COSE key, up to its coordinates: kty, alg, crv, x (and y)."""

_HEAD = 37  # rpIdHash (32), flags (1), signCount (4)
_PRESENT, _VERIFIED, _ATTESTED, _EXTENDED = 0x01, 0x04, 0x40, 0x80

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9-]+(\.[a-z0-9-]+)*)(:[1-9][0-9]{0,4})?", re.ASCII
)


class Signed(Protocol):
    """A signature of an envelope."""

    @property
    def keyid(self) -> str:
        """The SHA-256 of the key."""

    @property
    def sig(self) -> bytes:
        """The signature's bytes."""


@dataclass(frozen=True)
class Assertion:
    """What a passkey answered: the parts of a WebAuthn assertion and the passkey's COSE key.

    Raises FormatError if the key is none of the two kinds or a part is longer than it can be.
    """

    public_key: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _key(self.public_key)
        if not _HEAD <= len(self.authenticator_data) <= 1_024:
            refuse("the authenticatorData of an assertion", "must have 37 to 1,024 bytes")
        if not 1 <= len(self.client_data) <= 1_024:
            refuse("the clientDataJSON of an assertion", "must have 1 to 1,024 bytes")
        if not 1 <= len(self.signature) <= 128:
            refuse("the signature of an assertion", "must have 1 to 128 bytes")

    @classmethod
    def parse(cls, data: bytes) -> Assertion:
        """The assertion that ``data`` spells; ``to_bytes`` gives ``data`` again.

        Raises FormatError. Nothing is verified here.
        """
        names = ("authenticatorData", "clientDataJSON", "publicKey", "signature")
        body = members(canonical.loads(data, limit=MAX_BYTES), "the assertion", names)
        parts = {name: base64_bytes(body[name], f"the assertion's {name}") for name in names}
        return cls(
            parts["publicKey"],
            parts["authenticatorData"],
            parts["clientDataJSON"],
            parts["signature"],
        )

    def to_bytes(self) -> bytes:
        """The assertion in canonical JSON: the ``sig`` of a signature."""
        return canonical.dumps(
            {
                "authenticatorData": base64_text(self.authenticator_data),
                "clientDataJSON": base64_text(self.client_data),
                "publicKey": base64_text(self.public_key),
                "signature": base64_text(self.signature),
            }
        )

    @property
    def keyid(self) -> str:
        """The SHA-256 of the passkey's COSE key."""
        return sha256_hex(self.public_key)

    @property
    def sign_count(self) -> int:
        """How often the authenticator says that it answered; many always say 0."""
        return int.from_bytes(self.authenticator_data[33:37], "big")

    @cached_property
    def _said(self) -> dict[str, Any]:
        """The browser's data. Raises VerificationError."""
        try:
            value = json.loads(self.client_data.decode("utf-8"), object_pairs_hook=_once)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise VerificationError("The browser's data of this assertion is not a JSON object.")
        return value

    @property
    def origin(self) -> str:
        """The page that the browser showed, as it says itself. Raises VerificationError."""
        return str(self._said.get("origin"))

    def verify(self, signed: bytes) -> None:
        """Return None if the passkey answered to ``signed``, the PAE of the envelope.

        Raises VerificationError.
        """
        said = self._said
        if said.get("type") != "webauthn.get":  # 1
            raise VerificationError("This is not a passkey's answer to a request to sign.")
        if said.get("challenge") != challenge(signed):  # 2
            raise VerificationError("The passkey answered to something else than this statement.")
        if said.get("crossOrigin", False) is not False or "topOrigin" in said:  # 3
            raise VerificationError("The passkey answered in a frame of another page.")
        data = self.authenticator_data
        if data[:32] not in map(_hash, _relying_parties(self.origin)):  # 4
            raise VerificationError("The passkey answered for another house than the page's.")
        flags = data[32]
        if not flags & _PRESENT or not flags & _VERIFIED:  # 5
            raise VerificationError("The authenticator did not see and know its person.")
        if flags & _ATTESTED or bool(flags & _EXTENDED) != (len(data) > _HEAD):
            raise VerificationError("The authenticator's data is not that of an answer.")
        _verify(self.public_key, self.signature, data + _hash_bytes(self.client_data))  # 6


def challenge(signed: bytes) -> str:
    """What a browser is asked to have signed: the SHA-256 of ``signed``, in base64url unpadded."""
    text = base64_text(hashlib.sha256(signed).digest())
    return text.replace("+", "-").replace("/", "_").rstrip("=")


def check(
    signature: Signed, payload_type: str, payload: bytes, *, origin: str, rp_id: str
) -> Assertion:
    """The assertion in ``signature``, if it is over ``payload``, made at ``origin`` for ``rp_id``.

    Raises FormatError if there is none, VerificationError if it does not hold.
    """
    found = Assertion.parse(signature.sig)
    if found.keyid != signature.keyid:
        raise FormatError("The keyid of an assertion must be the SHA-256 of its public key.")
    found.verify(pae(payload_type, payload))
    if found.origin != origin:
        raise VerificationError("The passkey answered at another page than this house's.")
    if found.authenticator_data[:32] != _hash(rp_id):
        raise VerificationError("The passkey answered for another house.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _relying_parties(origin: str) -> tuple[str, ...]:
    """What a page of ``origin`` may ask for: its host, and the domains above it but the last.

    Only https, and http on this machine, are taken: browsers give passkeys to no other page.
    """
    page = _ORIGIN.fullmatch(origin)
    if page is None:
        return ()
    host = page["host"]
    local = host == "localhost" or host.endswith(".localhost")
    if page["scheme"] == "http" and not local:
        return ()
    labels = host.split(".")
    above = [".".join(labels[n:]) for n in range(1, len(labels) - 1)]
    return (host, *above, *(["localhost"] if local else []))


def _hash(text: str) -> bytes:
    return _hash_bytes(text.encode())


def _hash_bytes(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def check_key(cose: bytes) -> None:
    """Return None if ``cose`` is a public key that assertions are taken of. Raises FormatError."""
    _key(cose)


def _key(cose: bytes) -> ec.EllipticCurvePublicKey | PublicKey:
    """The key that ``cose`` spells. Raises FormatError."""
    if len(cose) == 42 and cose.startswith(_EDDSA):
        return PublicKey(cose[10:])
    if len(cose) == 77 and cose.startswith(_ES256_X) and cose[42:45] == _ES256_Y:
        x, y = int.from_bytes(cose[10:42], "big"), int.from_bytes(cose[45:], "big")
        try:
            return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        except ValueError:
            raise FormatError("The public key of this passkey is no point of P-256.") from None
    raise FormatError(
        "The public key of this passkey is not one of those that are taken.",
        hint="A COSE key of ES256 (P-256) or EdDSA (Ed25519), in canonical CBOR.",
    )


def _verify(cose: bytes, signature: bytes, data: bytes) -> None:
    key = _key(cose)
    if isinstance(key, PublicKey):
        key.verify(signature, data)
        return
    try:
        key.verify(signature, data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise VerificationError("The passkey's signature does not hold.") from None
