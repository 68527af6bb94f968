# SPDX-License-Identifier: Apache-2.0
"""Leaves: sealed and clear."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import envelope, leaf
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.leaf import ClearLeaf, SealedLeaf

law = settings(deadline=None, max_examples=100)
KEY = SigningKey(bytes(32))
salts = st.binary(min_size=32, max_size=32)


@law
@given(st.binary(max_size=300), salts)
def test_law_a_seal_is_a_salted_digest(body: bytes, salt: bytes) -> None:
    """A sealed leaf is SHA-256(salt ‖ envelope) in its one spelling, and parses to itself."""
    data = leaf.sealed_leaf(body, salt)
    assert data == b'{"sealed":"%s"}' % hashlib.sha256(salt + body).hexdigest().encode()
    it = leaf.parse_leaf(data)
    assert isinstance(it, SealedLeaf)
    assert it.to_bytes() == data
    it.verify_opening(body, salt)


@law
@given(st.binary(max_size=300), salts, salts, st.binary(max_size=300))
def test_law_a_seal_binds(body: bytes, salt: bytes, other_salt: bytes, other: bytes) -> None:
    """Nothing but envelope and salt opens a leaf."""
    it = SealedLeaf(leaf.seal(body, salt))
    for pair in ((other, salt), (body, other_salt)):
        if pair != (body, salt):
            with pytest.raises(VerificationError):
                it.verify_opening(*pair)


def test_all_sealed_leaves_look_alike() -> None:
    """A leaf does not show how large the statement is, or of what kind, or whose."""
    sizes = {len(leaf.sealed_leaf(os.urandom(n), os.urandom(32))) for n in (0, 100, 100_000)}
    assert sizes == {77}


@law
@given(st.binary(max_size=300))
def test_law_a_clear_leaf_is_its_envelope(payload: bytes) -> None:
    """A clear leaf is the envelope's own bytes, and parses to it."""
    signed = envelope.sign(payload, [KEY])
    assert leaf.clear_leaf(signed) == signed.to_bytes()
    assert leaf.parse_leaf(signed.to_bytes()) == ClearLeaf(signed)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_has_32_bytes(length: int) -> None:
    """A salt of another length is refused, also when opening."""
    with pytest.raises(FormatError):
        leaf.seal(b"", bytes(length))
    with pytest.raises(FormatError):
        SealedLeaf("ab" * 32).verify_opening(b"", bytes(length))


def test_the_size_limit_is_exact() -> None:
    """A clear leaf of 65,535 bytes or less is made, one of more is refused both ways."""
    overhead = len(envelope.sign(b"", [KEY]).to_bytes())
    most = (leaf.MAX_BYTES - overhead) // 4 * 3
    fits, bursts = envelope.sign(bytes(most), [KEY]), envelope.sign(bytes(most + 3), [KEY])
    assert leaf.parse_leaf(leaf.clear_leaf(fits)) == ClearLeaf(fits)
    with pytest.raises(FormatError, match="65,535"):
        leaf.clear_leaf(bursts)
    with pytest.raises(FormatError):
        leaf.parse_leaf(bursts.to_bytes())
