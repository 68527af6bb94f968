# SPDX-License-Identifier: Apache-2.0
"""What a log asks of a witness: the body of ``add-checkpoint``, c2sp.org/tlog-witness.

    old 20852014                                         the size that the witness saw last
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=         the consistency proof, at most 63 lines
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
                                                         an empty line, then the checkpoint
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5…

What a witness makes of it is in ``witness``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import note
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.fields import base64_bytes, base64_text, decimal, refuse
from proofhouse.formats.merkle import HASH_BYTES, MAX_SIZE

MAX_HASHES = 63
MAX_BYTES = note.MAX_BYTES + 4096


@dataclass(frozen=True)
class AddCheckpoint:
    """The request: from the tree of ``old`` leaves, by ``proof``, to that of ``checkpoint``.

    ``checkpoint`` is the signed note's bytes; ``head`` what it says, not verified. Raises
    FormatError if they could not be printed.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    head: Checkpoint = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", checkpoints.parse(self.checkpoint)[0])
        if not 0 <= self.old <= MAX_SIZE:
            refuse("the old size", f"must be from 0 to {MAX_SIZE}")
        if len(self.proof) > MAX_HASHES or any(len(item) != HASH_BYTES for item in self.proof):
            refuse("the consistency proof", f"must have at most {MAX_HASHES} hashes of 32 bytes")

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """The request that ``data`` spells; ``to_bytes`` gives it again. Raises FormatError."""
        if len(data) > MAX_BYTES:
            refuse("the request", f"must have at most {MAX_BYTES:,} bytes")
        above, gap, below = data.partition(b"\n\n")
        try:
            lines = above.decode("ascii").split("\n")
        except UnicodeDecodeError:
            refuse("the request", "must be ASCII above its checkpoint")
        if not gap or not lines[0].startswith("old "):
            refuse("the request", "must begin with the old size and hold a checkpoint")
        old = decimal(lines.pop(0)[4:], "the old size", MAX_SIZE)
        if len(lines) > MAX_HASHES:
            refuse("the consistency proof", f"must have at most {MAX_HASHES} hashes")
        proof = tuple(base64_bytes(line, "the hash of the proof") for line in lines)
        return cls(old, proof, below)

    def to_bytes(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *map(base64_text, self.proof)]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint
