# SPDX-License-Identifier: Apache-2.0
"""The signed envelope: DSSE version 1 (github.com/secure-systems-lab/dsse) around a statement.

    {"payload":"eyJfdHlwZSI6…","payloadType":"application/vnd.in-toto+json",
     "signatures":[{"keyid":"21fe31df…","sig":"3b9m…=="}]}                    (no spaces, no breaks)

What is signed is not the payload but its pre-authentication encoding (PAE):

    DSSEv1 28 application/vnd.in-toto+json 312 {"_type":…

A signature is 64 bytes by a key of Ed25519, or a person's, made with a passkey (``assertion``). A
person's brings its key along, so whoever reads the envelope verifies it; whose it is, no trust
policy says, and it stands for no party.

An envelope is written in canonical JSON, its signatures sorted by keyid and at most one a key;
bytes that are spelt in any other way are refused. ``digest``, the SHA-256 of those bytes, names the
envelope; so a further signature makes another envelope. At most 1 MiB and 64 signatures.

Who may sign what is the registration rules' affair; whose key it is, the trust policy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from proofhouse.errors import FormatError, InputError
from proofhouse.formats import canonical
from proofhouse.formats.assertion import Assertion
from proofhouse.formats.digest import is_digest, sha256_hex
from proofhouse.formats.fields import base64_bytes, base64_text, items, members
from proofhouse.formats.keys import SIGNATURE_BYTES, PublicKey, Signer
from proofhouse.formats.pae import pae as pae

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 1024 * 1024
MAX_SIGNATURES = 64


@dataclass(frozen=True)
class Signature:
    """One signature: ``keyid`` (64 hexadecimal digits) and ``sig``.

    ``sig`` is 64 bytes, or the bytes of a person's ``assertion`` under the keyid of its passkey.
    Raises FormatError.
    """

    keyid: str
    sig: bytes

    def __post_init__(self) -> None:
        if not is_digest(self.keyid):
            raise FormatError("The keyid of a signature must be 64 lowercase hexadecimal digits.")
        if self.assertion is not None:
            if self.assertion.keyid != self.keyid:
                raise FormatError("The keyid of an assertion must be the SHA-256 of its key.")
        elif len(self.sig) != SIGNATURE_BYTES:
            raise FormatError(f"A signature must have 64 bytes, not {len(self.sig)}.")

    @cached_property
    def assertion(self) -> Assertion | None:
        """What a person's passkey answered; None in the signature of a party's key."""
        # No assertion has 64 bytes: its four names alone have more.
        if len(self.sig) == SIGNATURE_BYTES or not self.sig.startswith(b"{"):
            return None
        return Assertion.parse(self.sig)


@dataclass(frozen=True)
class Envelope:
    """A payload with its signatures, sorted by keyid, one to 64, no two by one key.

    Raises FormatError if they are not, or if the envelope is larger than 1 MiB.
    """

    payload: bytes
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        keyids = [signature.keyid for signature in self.signatures]
        if not 1 <= len(keyids) <= MAX_SIGNATURES:
            raise FormatError(f"An envelope must have 1 to {MAX_SIGNATURES} signatures.")
        if any(a >= b for a, b in pairwise(keyids)):
            raise FormatError("Signatures must be sorted by keyid, at most one a key.")
        if len(self.to_bytes()) > MAX_BYTES:
            raise FormatError(
                f"An envelope may have at most {MAX_BYTES:,} bytes.",
                hint="Keep the body elsewhere and sign its digest.",
            )

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """The envelope that ``data`` spells; ``to_bytes`` gives ``data`` again.

        Raises FormatError. No signature is verified here.
        """
        return cls.from_json(canonical.loads(data, limit=MAX_BYTES))

    @classmethod
    def from_json(cls, value: object) -> Envelope:
        """The envelope of a value that ``canonical.loads`` gave. Raises FormatError."""
        body = members(value, "the envelope", ("payload", "payloadType", "signatures"))
        if body["payloadType"] != PAYLOAD_TYPE:
            raise FormatError(f"The payloadType of an envelope must be {PAYLOAD_TYPE}.")
        signatures = []
        for item in items(body["signatures"], "the signatures"):
            entry = members(item, "the signature", ("keyid", "sig"))
            sig = base64_bytes(entry["sig"], "the signature's sig")
            signatures.append(Signature(entry["keyid"], sig))
        return cls(base64_bytes(body["payload"], "the payload"), tuple(signatures))

    def to_bytes(self) -> bytes:
        """The envelope in canonical JSON."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        # Every part is ASCII that JSON does not escape, so this is canonical as it stands.
        signatures = ",".join(
            f'{{"keyid":"{s.keyid}","sig":"{base64_text(s.sig)}"}}' for s in self.signatures
        )
        return (
            f'{{"payload":"{base64_text(self.payload)}","payloadType":"{PAYLOAD_TYPE}",'
            f'"signatures":[{signatures}]}}'
        ).encode("ascii")

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of ``to_bytes()``: the envelope's name everywhere."""
        return sha256_hex(self._bytes)


def sign(payload: bytes, keys: Sequence[Signer]) -> Envelope:
    """An envelope around ``payload``, signed by each of ``keys``.

    Raises FormatError if there is no key, or one is given twice.
    """
    signed = pae(PAYLOAD_TYPE, payload)
    signatures = sorted(
        (Signature(key.keyid, key.sign(signed)) for key in keys), key=lambda s: s.keyid
    )
    return Envelope(payload, tuple(signatures))


def join(envelopes: Sequence[Envelope]) -> Envelope:
    """One envelope with the signatures of all, for owners who signed one payload separately.

    Raises InputError if there is none or the payloads differ, FormatError if a key signed twice.
    """
    payloads = {envelope.payload for envelope in envelopes}
    if len(payloads) != 1:
        raise InputError("Only envelopes around one and the same payload can be joined.")
    signatures = {signature for envelope in envelopes for signature in envelope.signatures}
    return Envelope(payloads.pop(), tuple(sorted(signatures, key=lambda s: s.keyid)))


def with_person(envelope: Envelope, assertion: Assertion) -> Envelope:
    """``envelope`` with a person's signature beside those that it has.

    Raises VerificationError if the passkey answered to something else, FormatError if it signed.
    """
    assertion.verify(pae(PAYLOAD_TYPE, envelope.payload))
    more = Signature(assertion.keyid, assertion.to_bytes())
    signatures = sorted((*envelope.signatures, more), key=lambda s: s.keyid)
    return Envelope(envelope.payload, tuple(signatures))


def by_parties(envelope: Envelope) -> tuple[Signature, ...]:
    """The signatures by keys; who holds those is the trust policy's to say."""
    return tuple(s for s in envelope.signatures if s.assertion is None)


def by_persons(envelope: Envelope) -> tuple[Assertion, ...]:
    """What persons' passkeys answered; ``signers`` verifies them."""
    return tuple(s.assertion for s in envelope.signatures if s.assertion is not None)


def signers(envelope: Envelope, known: Mapping[str, PublicKey]) -> frozenset[str]:
    """The keyids among ``known`` (keyid → key) that signed the envelope; may be empty.

    Signatures by other keys are passed over, and persons' are verified and stand for nobody. Raises
    VerificationError if a signature that claims a known key, or a person's, does not hold.
    """
    signed = pae(PAYLOAD_TYPE, envelope.payload)
    found = set()
    for signature in envelope.signatures:
        if signature.assertion is not None:
            signature.assertion.verify(signed)
            continue
        key = known.get(signature.keyid)
        if key is not None:
            key.verify(signature.sig, signed)
            found.add(key.keyid)
    return frozenset(found)
