# SPDX-License-Identifier: Apache-2.0
"""The proof that one leaf is in the log, for offline use: c2sp.org/tlog-proof.

    c2sp.org/tlog-proof@v1
    index 5                                              which leaf, from 0
    eTZ…=                                                its sibling, then upwards
    8yG…=
                                                         an empty line, then the checkpoint
    example.com/log
    7
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO…

Line two may be ``extra`` and base64: not authenticated, kept, never interpreted here. The
checkpoint is kept as it was signed. An index beyond the checkpoint's size is refused.

Which log and which witnesses are trusted is handed in by the caller, never read from the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import cosignature, merkle, note
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.fields import base64_bytes, base64_text, decimal, refuse
from proofhouse.formats.note import VerifierKey

HEADER = "c2sp.org/tlog-proof@v1"
MAX_EXTRA = 65_536
MAX_HASHES = 63
MAX_BYTES = note.MAX_BYTES + 100_000


@dataclass(frozen=True)
class TlogProof:
    """The inclusion proof ``hashes`` of leaf ``index`` in the tree of ``checkpoint``.

    ``checkpoint`` is the signed note's bytes, ``extra`` opaque bytes or None; ``head`` is what the
    checkpoint says, not verified. Raises FormatError if they could not be printed, or the index is
    not below the checkpoint's size.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None
    head: Checkpoint = field(init=False, compare=False)

    def __post_init__(self) -> None:
        head, _ = checkpoints.parse(self.checkpoint)
        object.__setattr__(self, "head", head)
        if not 0 <= self.index < head.size:
            refuse("the index of the proof", "must be below the size of its checkpoint")
        if len(self.hashes) > MAX_HASHES or any(len(item) != 32 for item in self.hashes):
            refuse("the proof", f"must have at most {MAX_HASHES} hashes of 32 bytes")
        if self.extra is not None and not 1 <= len(self.extra) <= MAX_EXTRA:
            refuse("the extra data of the proof", f"must have 1 to {MAX_EXTRA:,} bytes")

    @classmethod
    def parse(cls, text: str) -> TlogProof:
        """The proof that ``text`` spells; ``to_text`` gives ``text`` again. Raises FormatError.

        Nothing is verified here.
        """
        if len(text) > MAX_BYTES:
            refuse("the proof", f"must have at most {MAX_BYTES:,} characters")
        above, gap, below = text.partition("\n\n")
        lines = above.split("\n")
        if not gap or lines.pop(0) != HEADER:
            refuse("the proof", f"must begin with the line {HEADER} and hold a checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = base64_bytes(lines.pop(0)[6:], "the extra data of the proof")
        if not lines or not lines[0].startswith("index "):
            refuse("the proof", "lacks its index line")
        index = decimal(lines.pop(0)[6:], "the index of the proof", merkle.MAX_SIZE)
        if len(lines) > MAX_HASHES:
            refuse("the proof", f"must have at most {MAX_HASHES} hashes")
        hashes = tuple(base64_bytes(line, "the hash of the proof") for line in lines)
        try:
            return cls(index, hashes, below.encode(), extra)
        except UnicodeEncodeError:
            refuse("the proof", "holds half of a surrogate pair")

    def to_text(self) -> str:
        """The proof as text."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64_text(self.extra)}")
        lines.append(f"index {self.index}")
        lines += map(base64_text, self.hashes)
        return "\n".join(lines) + "\n\n" + self.checkpoint.decode()

    def verify_inclusion(self, leaf: bytes) -> None:
        """Return None if the bytes ``leaf`` are at ``index`` in the tree of ``head``.

        Whether ``head`` is the log's own is not looked at. Raises VerificationError.
        """
        merkle.verify_inclusion(
            merkle.leaf_hash(leaf), self.index, self.head.size, self.hashes, self.head.root
        )


def verify(
    proof: TlogProof,
    leaf: bytes,
    log: VerifierKey,
    witnesses: Sequence[VerifierKey] = (),
    threshold: int = 0,
) -> dict[str, int]:
    """The times at which witnesses saw the checkpoint, once the proof holds for ``leaf``.

    1. The checkpoint is signed by ``log``, whose name is its origin.
    2. At least ``threshold`` of ``witnesses`` cosigned it, and no cosignature of theirs is wrong.
    3. The inclusion proof leads from the leaf's hash to its root.

    Raises UnknownSignerError if the log's key did not sign, VerificationError for the rest.
    """
    head, signed = checkpoints.verify(proof.checkpoint, log)  # 1
    seen = cosignature.verify(head, signed, witnesses, threshold)  # 2
    proof.verify_inclusion(leaf)  # 3
    return seen
