# SPDX-License-Identifier: Apache-2.0
"""Merkle trees, held to the recursive definitions of RFC 6962, section 2.1, written out here."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import InputError, VerificationError
from proofhouse.formats import merkle
from proofhouse.formats.merkle import Frontier

law = settings(deadline=None, max_examples=100)

LEAVES = tuple(hashlib.sha256(b"\0" + bytes([i])).digest() for i in range(150))


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    return 1 << (n - 1).bit_length() - 1


@cache
def mth(start: int, end: int) -> bytes:
    if start == end:
        return hashlib.sha256().digest()
    if end - start == 1:
        return LEAVES[start]
    k = start + split(end - start)
    return hashlib.sha256(b"\1" + mth(start, k) + mth(k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    k = start + split(end - start)
    if m < k:
        return [*path(m, start, k), mth(k, end)]
    return [*path(m, k, end), mth(start, k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    if start + m == end:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def read(level: int, index: int) -> bytes:
    return mth(index << level, (index + 1) << level)


def test_roots_are_the_definitions() -> None:
    """The root over any number of leaves is the recursive definition's."""
    for size in range(len(LEAVES) + 1):
        assert merkle.root_from_leaf_hashes(LEAVES[:size]) == mth(0, size)


def test_hashes_are_separated() -> None:
    """Leaves and nodes are hashed with different first bytes."""
    assert merkle.leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
    assert merkle.node_hash(b"x", b"y") == hashlib.sha256(b"\1xy").digest()
    assert hashlib.sha256().digest() == merkle.EMPTY_ROOT


def test_proofs_are_the_definitions_and_hold() -> None:
    """Every inclusion and consistency proof to 70 leaves is the definition's and verifies."""
    for size in range(1, 71):
        for index in range(size):
            proof = merkle.inclusion_proof(read, index, size)
            assert list(proof) == path(index, 0, size)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, mth(0, size))
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(read, old, size)
            assert list(proof) == subproof(old, 0, size, True)
            merkle.verify_consistency(old, size, mth(0, old), mth(0, size), proof)


@law
@given(st.integers(1, 150), st.data())
def test_law_an_inclusion_proof_proves_one_thing(size: int, data: st.DataObject) -> None:
    """With another leaf, index, size, root or proof, an inclusion proof does not hold."""
    index = data.draw(st.integers(0, size - 1))
    proof, root, item = list(merkle.inclusion_proof(read, index, size)), mth(0, size), LEAVES[index]
    wrong = bytes(32)
    attempts = [(wrong, index, size, proof, root), (item, index, size, proof, wrong)]
    attempts += [(item, index, size, [*proof, wrong], root), (item, -1, size, proof, root)]
    attempts += [(item, index + 1, size, proof, root), (item, size, size, proof, root)]
    attempts += [(item, index, 0, proof, root), (item, index, 2**63, proof, root)]
    attempts += [(item, index, size, [wrong, *proof], root), (item[:31], index, size, proof, root)]
    for at in range(len(proof)):
        attempts.append((item, index, size, proof[:at] + proof[at + 1 :], root))
        attempts.append((item, index, size, [*proof[:at], wrong, *proof[at + 1 :]], root))
        attempts.append((item, index, size, [*proof[:at], proof[at][:31], *proof[at + 1 :]], root))
    for attempt in attempts:
        with pytest.raises(VerificationError):
            merkle.verify_inclusion(*attempt)


@law
@given(st.integers(1, 149), st.data())
def test_law_a_consistency_proof_proves_one_thing(old: int, data: st.DataObject) -> None:
    """With another size, root or proof, a consistency proof does not hold."""
    new = data.draw(st.integers(old + 1, 150))
    proof = list(merkle.consistency_proof(read, old, new))
    first, second, wrong = mth(0, old), mth(0, new), bytes(32)
    attempts = [(old, new, wrong, second, proof), (old, new, first, wrong, proof)]
    attempts += [(0, new, first, second, proof), (-1, new, first, second, proof)]
    attempts += [(new, old, first, second, proof), (old, old, first, second, proof)]
    attempts += [(old, new, first, second, [*proof, wrong]), (old, new, first, second, [])]
    attempts += [(old, new, second, first, proof), (old, 2**63, first, second, proof)]
    for at in range(len(proof)):
        attempts.append((old, new, first, second, proof[:at] + proof[at + 1 :]))
        attempts.append((old, new, first, second, [*proof[:at], wrong, *proof[at + 1 :]]))
    for attempt in attempts:
        with pytest.raises(VerificationError):
            merkle.verify_consistency(*attempt)


@law
@given(st.lists(st.integers(0, 40), max_size=6))
def test_law_batches_do_not_matter(batches: list[int]) -> None:
    """However leaves are batched, frontier and root are the same, and new nodes are told once."""
    frontier = Frontier()
    nodes: dict[tuple[int, int], bytes] = {}
    for count in batches:
        before = frontier.size
        if before + count > len(LEAVES):
            break
        growth = frontier.extend(LEAVES[before : before + count])
        frontier = growth.frontier
        for level, hashes in enumerate(growth.levels):
            for index, item in enumerate(hashes, before >> level):
                assert (level, index) not in nodes
                nodes[level, index] = item
    size = frontier.size
    assert frontier == Frontier().extend(LEAVES[:size]).frontier
    assert frontier.root() == mth(0, size)
    expected = {
        (level, index): read(level, index) for level in range(8) for index in range(size >> level)
    }
    assert nodes == expected


def test_there_is_no_proof_of_nothing() -> None:
    """Proofs for leaves that do not exist, and from the empty tree, are refused when made."""
    for index, size in ((0, 0), (5, 5), (-1, 5), (0, 2**63)):
        with pytest.raises(InputError):
            merkle.inclusion_proof(read, index, size)
    for old, new in ((0, 0), (0, 5), (6, 5), (-1, 5), (1, 2**63)):
        with pytest.raises(InputError):
            merkle.consistency_proof(read, old, new)


def test_a_range_must_be_a_subtree() -> None:
    """The root of a range that no tree has is refused."""
    assert merkle.range_root(read, 8, 11) == mth(8, 11)
    for start, end in ((1, 3), (4, 4), (6, 9), (-4, 0)):
        with pytest.raises(InputError):
            merkle.range_root(read, start, end)


@pytest.mark.parametrize("size", [-1, 2**63, 3])
def test_a_frontier_has_one_node_a_bit(size: int) -> None:
    """A frontier whose nodes do not fit its size is refused."""
    with pytest.raises(InputError):
        Frontier(size, (bytes(32),))
