# SPDX-License-Identifier: Apache-2.0
"""Witnesses' signatures below a checkpoint: c2sp.org/tlog-cosignature.

    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs…
                             base64(key id, 4 bytes ‖ time, 8 bytes ‖ signature)

A cosignature says: at this time, this was the largest consistent tree of this log that I had seen.
Two algorithms: Ed25519 (0x04) over the text below, and ML-DSA-44 (0x06; FIPS 204) over a binary
message that names witness, time, origin, size and root, but no extension lines.

    cosignature/v1
    time 1679315147
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Times are POSIX seconds, below 2^63. How many witnesses are enough is the trust policy's to say;
that a witness checks consistency before it signs is the witness's own affair.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from proofhouse.errors import FormatError, PrerequisiteError, VerificationError
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.keys import SIGNATURE_BYTES, SigningKey
from proofhouse.formats.note import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    Note,
    NoteSignature,
    VerifierKey,
)

MAX_TIME = 2**63 - 1
_ML_DSA_44_BYTES = 2420


@contextmanager
def _ml_dsa() -> Iterator[ModuleType]:
    """cryptography's ML-DSA, for the time of a ``with``.

    Raises PrerequisiteError where it is missing: in older versions, and in builds whose OpenSSL has
    none, which say so only when a key is made.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        yield mldsa
    except (ImportError, UnsupportedAlgorithm):
        raise PrerequisiteError(
            "This installation of cryptography has no ML-DSA-44.",
            hint="Install cryptography 47 or later, or use witnesses with Ed25519 keys.",
        ) from None


def ed25519_message(time: int, checkpoint: Checkpoint) -> bytes:
    """What an Ed25519 witness signs at ``time``."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()


def ml_dsa_44_message(name: str, time: int, checkpoint: Checkpoint) -> bytes:
    """What the ML-DSA-44 witness ``name`` signs at ``time``: a ``cosigned_message`` structure.

    Raises FormatError if the origin has more than 255 bytes.
    """
    witness, origin = name.encode(), checkpoint.origin.encode()
    if len(origin) > 255:
        raise FormatError("An ML-DSA-44 cosignature has room for an origin of 255 bytes.")
    return (
        b"subtree/v1\n\0"
        + struct.pack(">B", len(witness))
        + witness
        + struct.pack(">QB", time, len(origin))
        + origin
        + struct.pack(">QQ", 0, checkpoint.size)
        + checkpoint.root
    )


class WitnessSigner:
    """A named key that cosigns checkpoints, of either algorithm, made from 32 secret bytes."""

    def __init__(self, name: str, seed: bytes, algorithm: int = COSIGNATURE_ED25519) -> None:
        """Take the key of ``seed``. Raises FormatError, or PrerequisiteError without ML-DSA."""
        if len(seed) != 32:
            raise FormatError(f"The secret of a witness has 32 bytes, not {len(seed)}.")
        if algorithm == COSIGNATURE_ML_DSA_44:
            with _ml_dsa() as ml_dsa:
                key = ml_dsa.MLDSA44PrivateKey.from_seed_bytes(seed)
            public = key.public_key().public_bytes_raw()
        else:
            key = SigningKey(seed)
            public = key.public
        if algorithm not in (COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44):
            raise FormatError(f"Algorithm {algorithm:#04x} does not cosign checkpoints.")
        self.verifier = VerifierKey(name, algorithm, public)
        self._key = key

    def cosign(self, checkpoint: Checkpoint, time: int) -> NoteSignature:
        """The signature line for ``checkpoint`` at ``time`` (POSIX seconds).

        Ed25519 lines are deterministic, ML-DSA-44 lines are not. Raises FormatError.
        """
        if not 0 <= time <= MAX_TIME:
            raise FormatError(f"The time of a cosignature must be from 0 to {MAX_TIME}.")
        signature = self._key.sign(_message(self.verifier, time, checkpoint))
        return NoteSignature(
            self.verifier.name, self.verifier.key_id, struct.pack(">Q", time) + signature
        )

    def __repr__(self) -> str:
        return f"WitnessSigner({str(self.verifier)!r})"


def _message(key: VerifierKey, time: int, checkpoint: Checkpoint) -> bytes:
    if key.algorithm == COSIGNATURE_ML_DSA_44:
        return ml_dsa_44_message(key.name, time, checkpoint)
    return ed25519_message(time, checkpoint)


def verify_one(key: VerifierKey, line: bytes, checkpoint: Checkpoint) -> int:
    """The time at which ``key`` cosigned ``checkpoint``; ``line`` is time ‖ signature.

    Raises VerificationError if it did not, PrerequisiteError if that can't be told without ML-DSA,
    FormatError if the origin is too long for an ML-DSA-44 cosignature.
    """
    ml_dsa = key.algorithm == COSIGNATURE_ML_DSA_44
    length = 8 + (_ML_DSA_44_BYTES if ml_dsa else SIGNATURE_BYTES)
    refusal = VerificationError(f"The cosignature by {key.name} does not hold.")
    if key.algorithm != COSIGNATURE_ED25519 and not ml_dsa:
        raise VerificationError(f"The key {key.name} does not cosign checkpoints.")
    if len(line) != length:
        raise refusal
    time = int.from_bytes(line[:8])
    if time > MAX_TIME:
        raise refusal
    message = _message(key, time, checkpoint)
    if not ml_dsa:
        try:
            key.ed25519.verify(line[8:], message)
        except VerificationError:
            raise refusal from None
        return time
    with _ml_dsa() as module:
        try:
            module.MLDSA44PublicKey.from_public_bytes(key.public).verify(line[8:], message)
        except (InvalidSignature, ValueError):
            raise refusal from None
    return time


def verify(
    checkpoint: Checkpoint, note: Note, witnesses: Sequence[VerifierKey], threshold: int
) -> dict[str, int]:
    """The times (POSIX seconds) at which each of the ``witnesses`` that did so cosigned, by name.

    A name counts once, whatever keys it has; lines by others are passed over. Raises
    VerificationError if a line that claims a given witness does not hold, or if fewer than
    ``threshold`` cosigned.
    """
    seen: dict[str, int] = {}
    for key in witnesses:
        line = note.find(key)
        if line is not None:
            seen[key.name] = verify_one(key, line, checkpoint)
    if len(seen) < threshold:
        raise VerificationError(
            f"{len(seen)} of the trusted witnesses cosigned the checkpoint, {threshold} must."
        )
    return seen
