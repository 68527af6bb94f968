# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of the log and its proofs: RFC 6962, verified as RFC 9162 (section 2.1) says.

    leaf hash   SHA-256(0x00 ‖ leaf)             level 2          node (2,0)
    node hash   SHA-256(0x01 ‖ left ‖ right)     level 1     (1,0)      (1,1)
    empty tree  SHA-256("")                      level 0   (0,0) (0,1) (0,2) (0,3)

A node is addressed by (level, index) and is *complete*: it covers the leaves from index·2^level to
(index+1)·2^level. A tree of n leaves consists of one complete subtree for each bit of n, the
largest on the left; its root folds them together from the right. Proofs are read from complete
nodes through a callback, so this module knows no store:

    proof = inclusion_proof(read_hash, 5, 7)            read_hash(level, index) -> 32 bytes
    verify_inclusion(leaf, 5, 7, proof, root)           returns None or raises VerificationError

Sizes are below 2^63. How nodes are packed into files is told in ``tiles``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from proofhouse.errors import InputError, VerificationError

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

ReadHash = Callable[[int, int], bytes]
"""Gives the hash (32 bytes) of the complete node at (level, index)."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf), 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """What an append needs of a tree: the roots of its complete subtrees, the largest first.

    ``size`` leaves; ``nodes`` has one hash for each bit of ``size`` that is 1. Raises InputError if
    it hasn't.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or self.size.bit_count() != len(self.nodes):
            raise InputError("A frontier needs one node for each bit of its size that is 1.")

    def root(self) -> bytes:
        """The root hash of the tree."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            root = sha256(b"\x01" + node + root).digest()
        return root

    def extend(self, leaf_hashes: Iterable[bytes]) -> Growth:
        """Append leaves by their hashes: the new frontier and every node that became complete.

        Hashes one level after the other, so that a batch costs one hash a leaf.
        """
        nodes = list(self.nodes)
        fresh = list(leaf_hashes)
        size = self.size + len(fresh)
        levels = []
        kept: list[bytes] = []
        level = 0
        while fresh:
            levels.append(tuple(fresh))
            if self.size >> level & 1:
                fresh.insert(0, nodes.pop())
            if size >> level & 1:
                kept.append(fresh.pop())
            fresh = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(fresh[::2], fresh[1::2], strict=True)
            ]
            level += 1
        # Where nothing is fresh any more, the nodes above stay as they were.
        return Growth(Frontier(size, (*nodes, *reversed(kept))), tuple(levels))


@dataclass(frozen=True)
class Growth:
    """What ``Frontier.extend`` made.

    ``levels[k]`` are the hashes of the nodes of level k that became complete, left to right; the
    first of them has index (old size >> k). ``levels[0]`` are the new leaf hashes themselves.
    """

    frontier: Frontier
    levels: tuple[tuple[bytes, ...], ...]


def root_from_leaf_hashes(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over ``leaf_hashes``; of the empty tree if there is none."""
    return Frontier().extend(leaf_hashes).frontier.root()


def range_root(read_hash: ReadHash, start: int, end: int) -> bytes:
    """The root over the leaves from ``start`` to ``end`` (excluded), as they hang in the tree.

    ``start`` must be a multiple of the smallest power of two that is at least end - start.
    Raises InputError otherwise.
    """
    width = end - start
    if not 0 <= start < end <= MAX_SIZE or start % (1 << (width - 1).bit_length()):
        raise InputError(f"The leaves {start} to {end} are no subtree of a tree.")
    hashes = []
    for level in range(width.bit_length() - 1, -1, -1):
        if width >> level & 1:
            hashes.append(read_hash(level, start >> level))
            start += 1 << level
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def _path(read_hash: ReadHash, level: int, index: int, size: int) -> tuple[bytes, ...]:
    """The siblings on the way from the complete node (level, index) to the root of ``size``."""
    proof = []
    while True:
        start = (index ^ 1) << level
        if index & 1:
            proof.append(read_hash(level, index ^ 1))
        elif start < size:
            # Right of us the tree may end: then what is left of it is one subtree, and the last.
            proof.append(range_root(read_hash, start, min(start + (1 << level), size)))
        elif not index:
            return tuple(proof)
        level, index = level + 1, index >> 1


def inclusion_proof(read_hash: ReadHash, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162, 2.1.3.1).

    Raises InputError unless 0 ≤ index < size.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InputError(f"There is no leaf {index} in a tree of {size}.")
    return _path(read_hash, 0, index, size)


def consistency_proof(read_hash: ReadHash, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of ``new`` leaves extends the one of ``old`` (RFC 9162, 2.1.4.1).

    Empty if the sizes are equal. Raises InputError unless 0 < old ≤ new: every tree extends the
    empty one, and there is nothing to prove.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise InputError(f"No proof leads from a tree of {old} leaves to one of {new}.")
    if old == new:
        return ()
    level = (old & -old).bit_length() - 1
    index = (old >> level) - 1
    path = _path(read_hash, level, index, new)
    return path if index == 0 else (read_hash(level, index), *path)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return None if ``proof`` leads from the leaf hash ``leaf`` to ``root`` (RFC 9162, 2.1.3.2).

    Raises VerificationError otherwise.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise VerificationError(f"There is no leaf {index} in a tree of {size}.")
    if len(leaf) != HASH_BYTES:
        raise VerificationError(f"A leaf hash has {HASH_BYTES} bytes, not {len(leaf)}.")
    fn, sn, running = index, size - 1, leaf
    for sibling in proof:
        if sn == 0 or len(sibling) != HASH_BYTES:
            raise VerificationError("The inclusion proof has a hash too many or of a wrong length.")
        if fn & 1 or fn == sn:
            running = node_hash(sibling, running)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            running = node_hash(running, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn or running != root:
        raise VerificationError(
            f"The inclusion proof of leaf {index} does not lead to the root of {size} leaves."
        )


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return None if ``proof`` shows that the new tree extends the old (RFC 9162, 2.1.4.2).

    Raises VerificationError otherwise, and also if ``old`` is 0: a proof from nothing says nothing,
    and a caller who has not seen a checkpoint yet must not believe that it compared two.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise VerificationError(f"No proof leads from a tree of {old} leaves to one of {new}.")
    if old == new:
        if proof or old_root != new_root:
            raise VerificationError(f"Two trees of {old} leaves have different roots, or a proof.")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path or any(len(item) != HASH_BYTES for item in path):
        raise VerificationError("The consistency proof is empty or has a hash of a wrong length.")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for item in path[1:]:
        if sn == 0:
            raise VerificationError("The consistency proof has a hash too many.")
        if fn & 1 or fn == sn:
            first, second = node_hash(item, first), node_hash(item, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, item)
        fn, sn = fn >> 1, sn >> 1
    if sn or first != old_root or second != new_root:
        raise VerificationError(f"The tree of {new} leaves does not extend the one of {old}.")
