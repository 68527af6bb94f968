# SPDX-License-Identifier: Apache-2.0
"""A checkpoint: what the log commits to at one size. c2sp.org/tlog-checkpoint.

    example.com/behind-the-sofa                        origin: which log
    20852163                                           size: how many leaves
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=       root hash of the tree of that size

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO…

It is a signed note whose first signature is the log's, by a key named as the origin. Further lines
(extensions) are read and kept but mean nothing here; we write none.

Whether one checkpoint extends another is proven in ``merkle``; who else has seen it, in
``cosignature``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from proofhouse.errors import VerificationError
from proofhouse.formats import note
from proofhouse.formats.fields import base64_bytes, base64_text, decimal, refuse
from proofhouse.formats.merkle import HASH_BYTES, MAX_SIZE
from proofhouse.formats.note import Note, NoteSigner, VerifierKey


@dataclass(frozen=True)
class Checkpoint:
    """The tree head of the log ``origin``: ``size`` leaves, ``root`` (32 bytes), ``extensions``.

    Raises FormatError if it could not be printed.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                refuse("the origin or extension of a checkpoint", "must be one non-empty line")
        if not 0 <= self.size <= MAX_SIZE:
            refuse("the size of a checkpoint", f"must be from 0 to {MAX_SIZE}")
        if len(self.root) != HASH_BYTES:
            refuse("the root of a checkpoint", f"must have {HASH_BYTES} bytes")
        note.check_text(self.text)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint that a note's ``text`` spells; ``text`` prints it. Raises FormatError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "":
            refuse("the checkpoint", "must have three lines at least, each ending in a newline")
        size = decimal(lines[1], "the size of the checkpoint", MAX_SIZE)
        root = base64_bytes(lines[2], "the root of the checkpoint")
        return cls(lines[0], size, root, tuple(lines[3:]))

    @cached_property
    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64_text(self.root), *self.extensions)
        return "\n".join(lines) + "\n"


def sign(checkpoint: Checkpoint, key: NoteSigner) -> bytes:
    """The checkpoint as a note signed by the log's key. Deterministic.

    Raises FormatError unless the key is named as the origin.
    """
    if key.name != checkpoint.origin:
        refuse("the log's key", f"must be named {checkpoint.origin!r}, not {key.name!r}")
    return note.sign(checkpoint.text, [key]).to_bytes()


def parse(data: bytes) -> tuple[Checkpoint, Note]:
    """The checkpoint that ``data`` spells and the note it is in, not verified.

    Raises FormatError.
    """
    signed = Note.parse(data)
    return Checkpoint.parse(signed.text), signed


def verify(data: bytes, log: VerifierKey) -> tuple[Checkpoint, Note]:
    """The checkpoint that ``data`` spells, signed by ``log``, of the origin the key is named as.

    Raises FormatError if it is none, UnknownSignerError if the log's key did not sign it,
    VerificationError if the signature does not hold or the origin is another.
    """
    checkpoint, signed = parse(data)
    note.verify(signed, [log])
    if checkpoint.origin != log.name:
        raise VerificationError(
            f"The checkpoint is of the log {checkpoint.origin!r}, and the key of {log.name!r}."
        )
    return checkpoint, signed
