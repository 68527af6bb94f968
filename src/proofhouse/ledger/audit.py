# SPDX-License-Identifier: Apache-2.0
"""The audit of a whole store: every leaf, every tile, every checkpoint ever signed.

The tree is grown again from the stored leaves, exactly as it was grown by appends, and compared
with what is stored:

 1. each leaf's hash with the tile of level 0, so that a changed leaf is named
 2. each full tile of a higher level with the hashes of the tiles below
 3. the text of each older checkpoint (origin, size, root) with the tree at that size
 4. the root of the whole with the head, whose signature the caller has verified

Signatures of older checkpoints are not verified: a text that step 3 found true needs none. Slots
are in no tree; that they are sound and within the log is looked at by ``store.Store.check``.

Reads in pieces, a few MiB at a time: about 2 µs a leaf, and 30 µs a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proofhouse.errors import DamagedError
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.merkle import HASH_BYTES, MAX_SIZE, leaf_hash
from proofhouse.formats.tiles import WIDTH, Edge, Tile
from proofhouse.ledger.store import Store

_AT_ONCE = 16 * WIDTH
_NONE = (MAX_SIZE + 1, b"")


def audit(store: Store, head: Checkpoint) -> None:
    """Return None if all that ``store`` holds below ``head`` is what was appended.

    ``head`` is the log's verified checkpoint; what came later is not looked at. Raises DamagedError
    at the first thing that is wrong, saying what and where.
    """
    edge = Edge()
    signed = _checkpoints(store)
    size, note = next(signed, _NONE)
    for start in range(0, head.size + 1, _AT_ONCE):
        hashes = _hashes(store, start, min(start + _AT_ONCE, head.size))
        while size <= start + len(hashes):
            edge = _grow(store, edge, hashes[edge.frontier.size - start : size - start])
            _check_text(note, Checkpoint(head.origin, size, edge.frontier.root()))
            size, note = next(signed, _NONE)
        edge = _grow(store, edge, hashes[edge.frontier.size - start :])
    if edge.frontier.root() != head.root:
        raise _wrong(f"its {head.size} leaves do not lead to the root of its checkpoint")


def _checkpoints(store: Store) -> Iterator[tuple[int, bytes]]:
    """The stored checkpoints with their sizes, in order."""
    above = -1
    while found := store.checkpoints(above, _AT_ONCE):
        yield from found
        above = found[-1][0]


def _hashes(store: Store, start: int, stop: int) -> list[bytes]:
    """The hashes of the leaves from ``start``, which begins a tile, held to the full tiles."""
    leaves = store.leaves(start, stop)
    if len(leaves) != stop - start:
        missing = next(i for i in range(start, stop) if store.leaf(i) is None)
        raise _wrong(f"leaf {missing} is missing")
    hashes = [leaf_hash(leaf) for leaf in leaves]
    for first in range(0, len(hashes) - WIDTH + 1, WIDTH):
        tile = Tile(0, (start + first) // WIDTH)
        _check_tile(tile, b"".join(hashes[first : first + WIDTH]), store.tile(0, tile.index))
    return hashes


def _grow(store: Store, edge: Edge, hashes: Sequence[bytes]) -> Edge:
    """The edge after ``hashes``; holds the tiles above level 0 that become full to the stored."""
    if not hashes:
        return edge
    edge, tiles = edge.append(hashes)
    for tile, data in tiles:
        if tile.level and tile.width == WIDTH:
            _check_tile(tile, data, store.tile(tile.level, tile.index))
    return edge


def _check_tile(tile: Tile, grown: bytes, stored: bytes | None) -> None:
    if stored == grown:
        return
    if stored is None or len(stored) != len(grown):
        raise _wrong(f"{tile.path} is missing or of a wrong length")
    pairs = zip(_split(grown), _split(stored), strict=True)
    at = tile.index * WIDTH + next(i for i, (new, old) in enumerate(pairs) if new != old)
    if tile.level:
        below = Tile(tile.level - 1, at)
        raise _wrong(f"{tile.path} does not hold the root of {below.path}")
    raise _wrong(f"leaf {at} is not the one that {tile.path} counts")


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]


def _check_text(note: bytes, true: Checkpoint) -> None:
    if not note.startswith(true.text.encode() + b"\n"):
        raise _wrong(f"its checkpoint of {true.size} leaves says something else than its tree")


def _wrong(what: str) -> DamagedError:
    return DamagedError(f"The log is damaged: {what}.", hint="Put it back from its copy.")
