# SPDX-License-Identifier: Apache-2.0
"""How the tree is cut into files: c2sp.org/tlog-tiles.

    tile/0/x001/x234/067        256 hashes, 8,192 bytes: the nodes of tree level 8·0
    tile/1/000.p/17             a partial tile: the first 17 hashes, 544 bytes
    tile/entries/000.p/3        an entry bundle: 00 03 "one" 00 03 "two" 00 05 "three"

Hash i of tile N at tile level L is the complete tree node (8·L, 256·N + i). A tree of s leaves has
⌊s / 256^L⌋ hashes at tile level L; the last tile of a level is partial unless they divide by 256,
and an empty tile does not exist. Levels in between are hashed again by whoever reads.

``Edge`` is the writer's half: what an append needs and which tiles it makes. ``TileHashes`` is the
reader's: any node from the tiles, for the proofs of ``merkle``. Where tiles are kept is the
ledger's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from proofhouse.errors import InputError
from proofhouse.formats.fields import decimal, refuse
from proofhouse.formats.merkle import HASH_BYTES, MAX_SIZE, Frontier, node_hash

HEIGHT = 8
WIDTH = 256
MAX_ENTRY = 65_535
ENTRIES = "entries"

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, order=True)
class Tile:
    """The address of a tile: ``level`` 0 to 63, or None for an entry bundle; ``index``; ``width``.

    ``width`` is 256 for a full tile and 1 to 255 for a partial one. Raises FormatError.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= 63:
            refuse("the level of a tile", "must be from 0 to 63")
        if not 0 <= self.index <= MAX_SIZE:
            refuse("the index of a tile", "must not be negative or beyond 2^63")
        if not 1 <= self.width <= WIDTH:
            refuse("the width of a tile", f"must be from 1 to {WIDTH}")

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as ``tile/0/x001/x234/067.p/8``."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        level = ENTRIES if self.level is None else str(self.level)
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile at ``path``; ``path`` gives it again. Raises FormatError."""
        match = _PATH.fullmatch(path)
        if match is None:
            refuse("the path of a tile", "must be like tile/0/x001/067 or tile/entries/000.p/3")
        level = None if match[1] == ENTRIES else decimal(match[1], "the level of a tile", 63)
        width = WIDTH if match[3] is None else decimal(match[3], "the width of a tile", WIDTH - 1)
        tile = cls(level, int(match[2].replace("x", "").replace("/", "")), width)
        if tile.path != path:
            refuse("the path of a tile", f"must be spelt {tile.path}")
        return tile


def split_hashes(data: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` hashes of a tile's bytes. Raises FormatError if they are not so many."""
    if len(data) != width * HASH_BYTES:
        refuse("the tile", f"must have {width * HASH_BYTES} bytes, not {len(data)}")
    return tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length in 16 bits, big-endian.

    Raises FormatError for more than 256 entries or one of more than 65,535 bytes.
    """
    if len(entries) > WIDTH:
        refuse("the entry bundle", f"must not hold more than {WIDTH} entries")
    if any(len(entry) > MAX_ENTRY for entry in entries):
        refuse("the entry", f"must not have more than {MAX_ENTRY:,} bytes")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def split_entries(data: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` entries of a bundle's bytes; ``pack_entries`` gives them again.

    Raises FormatError if there are fewer or more, or one is cut off.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if at + 2 > len(data) or end > len(data):
            refuse("the entry bundle", "is cut off inside an entry")
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(entries) != width:
        refuse("the entry bundle", f"must hold exactly {width} entries")
    return tuple(entries)


def partial_tiles(size: int) -> tuple[Tile, ...]:
    """The partial tiles of a tree of ``size`` leaves, the lowest level first.

    For 70,000: level 0 of width 112, level 1 of width 17, level 2 of width 1.
    """
    found = []
    level = 0
    while size:
        if size % WIDTH:
            found.append(Tile(level, size // WIDTH, size % WIDTH))
        level, size = level + 1, size // WIDTH
    return tuple(found)


@dataclass(frozen=True)
class Edge:
    """The right edge of a tiled tree: what the next append needs, and nothing of the rest.

    ``frontier`` gives size and root; ``partials[L]`` are the hashes of the partial tile at tile
    level L, none to 255. ``Edge()`` is the empty tree; ``read`` makes one from stored tiles.
    """

    frontier: Frontier = field(default_factory=Frontier)
    partials: tuple[tuple[bytes, ...], ...] = ()

    @classmethod
    def read(cls, size: int, read_tile: Callable[[Tile], bytes]) -> Edge:
        """The edge of a stored tree of ``size`` leaves; reads its partial tiles only.

        The caller compares ``frontier.root()`` with a checkpoint. Raises FormatError if a tile has
        a wrong length, and what ``read_tile`` raises.
        """
        levels = (size.bit_length() + HEIGHT - 1) // HEIGHT
        partials: list[tuple[bytes, ...]] = [()] * levels
        nodes: list[bytes] = []
        for tile in partial_tiles(size):
            hashes = split_hashes(read_tile(tile), tile.width)
            partials[tile.level or 0] = hashes
            nodes[:0] = Frontier().extend(hashes).frontier.nodes
        return cls(Frontier(size, tuple(nodes)), tuple(partials))

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Edge, tuple[tuple[Tile, bytes], ...]]:
        """The edge after ``leaf_hashes``, and every tile that came to be or grew, with its bytes.

        Lowest level first, within a level from left to right. A full tile replaces the partial
        ones of its index.
        """
        growth = self.frontier.extend(leaf_hashes)
        tiles = []
        partials = list(self.partials)
        for level, fresh in enumerate(growth.levels[::HEIGHT]):
            if not fresh:
                break
            if level == len(partials):
                partials.append(())
            hashes = partials[level] + fresh
            index = self.frontier.size >> HEIGHT * (level + 1)
            for start in range(0, len(hashes), WIDTH):
                chunk = hashes[start : start + WIDTH]
                tiles.append((Tile(level, index, len(chunk)), b"".join(chunk)))
                index += 1
            partials[level] = hashes[len(hashes) - len(hashes) % WIDTH :]
        return Edge(growth.frontier, tuple(partials)), tuple(tiles)


class TileHashes:
    """Any complete node of a tree of ``size`` leaves, read from its tiles: a ``merkle.ReadHash``.

    ``read_tile(tile) -> bytes`` gives a tile's bytes; a partial tile is asked for at exactly the
    width that ``size`` implies. A tile is read and hashed once in the life of this object, which is
    meant to be short: it keeps all it read.
    """

    def __init__(self, size: int, read_tile: Callable[[Tile], bytes]) -> None:
        """Take the tree's size and the reader."""
        self.size = size
        self._read_tile = read_tile
        self._trees: dict[tuple[int, int], list[tuple[bytes, ...]]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the complete node (level, index).

        Raises InputError if the tree has no such node, FormatError if a tile has a wrong length.
        """
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise InputError(f"A tree of {self.size} leaves has no complete node {level}, {index}.")
        tile_level, inner = divmod(level, HEIGHT)
        tile_index, offset = divmod(index, WIDTH >> inner)
        tree = self._trees.get((tile_level, tile_index))
        if tree is None:
            tree = self._read(tile_level, tile_index)
            self._trees[tile_level, tile_index] = tree
        return tree[inner][offset]

    def _read(self, level: int, index: int) -> list[tuple[bytes, ...]]:
        """What a tile spans, by level: ``[0]`` its hashes, ``[7]`` the two below its root."""
        width = min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)
        hashes = split_hashes(self._read_tile(Tile(level, index, width)), width)
        tree = [hashes]
        for _ in range(HEIGHT - 1):
            hashes = tuple(map(node_hash, hashes[::2], hashes[1::2]))
            tree.append(hashes)
        return tree


def tiles_of(size: int) -> tuple[Tile, ...]:
    """Every hash tile of a tree of ``size`` leaves, full ones and partial, lowest level first."""
    found = []
    level = 0
    while size >> HEIGHT * level:
        count = size >> HEIGHT * level
        found += [Tile(level, index) for index in range(count // WIDTH)]
        if count % WIDTH:
            found.append(Tile(level, count // WIDTH, count % WIDTH))
        level += 1
    return tuple(found)
