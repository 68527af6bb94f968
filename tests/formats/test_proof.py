# SPDX-License-Identifier: Apache-2.0
"""Proofs in text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, UnknownSignerError, VerificationError
from proofhouse.formats import checkpoint, merkle, proof
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSigner
from proofhouse.formats.proof import TlogProof
from proofhouse.formats.tiles import Edge, TileHashes

law = settings(deadline=None, max_examples=60)

LOG = NoteSigner("example.com/log", SigningKey(bytes(32)))
OTHER = NoteSigner("example.com/log", SigningKey(b"\x01" * 32))
LEAVES = [b"leaf %d" % i for i in range(20)]
WITNESSES = [WitnessSigner(f"w{i}", bytes([i]) * 32, 0x04 if i else 0x06) for i in range(3)]


def head(size: int) -> Checkpoint:
    hashes = map(merkle.leaf_hash, LEAVES[:size])
    return Checkpoint(LOG.name, size, merkle.root_from_leaf_hashes(hashes))


def make(index: int, size: int, witnesses: int = 0, extra: bytes | None = None) -> TlogProof:
    _, made = Edge().append([merkle.leaf_hash(item) for item in LEAVES[:size]])
    hashes = merkle.inclusion_proof(TileHashes(size, dict(made).__getitem__), index, size)
    note = Note.parse(checkpoint.sign(head(size), LOG))
    note = note.with_signatures([w.cosign(head(size), 1000) for w in WITNESSES[:witnesses]])
    return TlogProof(index, hashes, note.to_bytes(), extra)


hashes = st.binary(min_size=32, max_size=32)


@law
@given(
    st.integers(0, 19),
    st.lists(hashes, max_size=63),
    st.none() | st.binary(min_size=1, max_size=50),
)
def test_law_there_and_back(index: int, path: list[bytes], extra: bytes | None) -> None:
    """A proof written out by hand parses to its parts and prints back to the same text."""
    lines = ["c2sp.org/tlog-proof@v1"]
    if extra is not None:
        lines.append("extra " + base64.b64encode(extra).decode())
    lines.append(f"index {index}")
    lines += [base64.b64encode(item).decode() for item in path]
    signed = checkpoint.sign(head(20), LOG)
    text = "\n".join(lines) + "\n\n" + signed.decode()
    it = TlogProof.parse(text)
    assert (it.index, list(it.hashes), it.extra, it.checkpoint) == (index, path, extra, signed)
    assert it.to_text() == text
    assert it.head == head(20)


@law
@given(st.integers(1, 20), st.data())
def test_law_a_proof_proves_one_leaf(size: int, data: st.DataObject) -> None:
    """It holds for its leaf and for no other."""
    index = data.draw(st.integers(0, size - 1))
    it = TlogProof.parse(make(index, size).to_text())
    proof.verify(it, LEAVES[index], LOG.verifier)
    for other in {*LEAVES, b"", merkle.leaf_hash(LEAVES[index])} - {LEAVES[index]}:
        with pytest.raises(VerificationError):
            proof.verify(it, other, LOG.verifier)


def test_trust_comes_from_the_caller() -> None:
    """Another key of the log's own name is unknown; too few witnesses are not enough."""
    keys = [w.verifier for w in WITNESSES]
    it = make(3, 7, witnesses=2)
    assert proof.verify(it, LEAVES[3], LOG.verifier, keys, 2) == {"w0": 1000, "w1": 1000}
    with pytest.raises(UnknownSignerError):
        proof.verify(it, LEAVES[3], OTHER.verifier, keys, 2)
    with pytest.raises(VerificationError):
        proof.verify(it, LEAVES[3], LOG.verifier, keys, 3)


def test_a_wrong_cosignature_spoils_the_proof() -> None:
    """A known witness's line that does not hold is refused though none was asked for."""
    it = make(3, 7)
    stale = WITNESSES[1].cosign(head(6), 1000)
    spoiled = Note.parse(it.checkpoint).with_signatures([stale]).to_bytes()
    with pytest.raises(VerificationError, match="w1"):
        proof.verify(
            TlogProof(3, it.hashes, spoiled), LEAVES[3], LOG.verifier, [WITNESSES[1].verifier]
        )


def test_extra_data_changes_nothing() -> None:
    """Extra data is kept and proves nothing."""
    it = TlogProof.parse(make(3, 7, extra=b"anything").to_text())
    assert it.extra == b"anything"
    proof.verify(it, LEAVES[3], LOG.verifier)
    with pytest.raises(FormatError):
        make(3, 7, extra=b"")
    with pytest.raises(FormatError):
        make(3, 7, extra=bytes(65_537))


def test_an_index_is_below_the_size() -> None:
    """A proof for a leaf that the checkpoint does not have is not even a proof."""
    it = make(6, 7)
    for index in (-1, 7, 2**63):
        with pytest.raises(FormatError):
            TlogProof(index, it.hashes, it.checkpoint)
