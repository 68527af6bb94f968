# SPDX-License-Identifier: Apache-2.0
"""Tiles: paths, bundles, the writer's edge and the reader's hashes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, InputError
from proofhouse.formats import merkle, tiles
from proofhouse.formats.tiles import Edge, Tile, TileHashes

law = settings(deadline=None, max_examples=60)

HASHES = [hashlib.sha256(i.to_bytes(4)).digest() for i in range(70_000)]


def written_path(level: int | None, index: int, width: int) -> str:
    """The path by the words of the specification."""
    groups = []
    while True:
        groups.insert(0, f"{index % 1000:03}")
        index //= 1000
        if not index:
            break
    name = "/".join([f"x{group}" for group in groups[:-1]] + [groups[-1]])
    part = "entries" if level is None else str(level)
    return f"tile/{part}/{name}" + ("" if width == 256 else f".p/{width}")


@law
@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_law_paths(level: int | None, index: int, width: int) -> None:
    """A tile's path is the specification's and parses to the tile."""
    tile = Tile(level, index, width)
    assert tile.path == written_path(level, index, width)
    assert Tile.parse(tile.path) == tile


@law
@given(st.lists(st.binary(max_size=20), max_size=10))
def test_law_bundles(entries: list[bytes]) -> None:
    """A bundle is each entry after its length in two bytes, and splits into the same."""
    data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    assert tiles.pack_entries(entries) == data
    assert list(tiles.split_entries(data, len(entries))) == entries


def test_an_entry_has_16_bits_of_length() -> None:
    """Entries to 65,535 bytes are packed, longer ones and more than 256 are refused."""
    longest = [bytes(65_535)]
    assert list(tiles.split_entries(tiles.pack_entries(longest), 1)) == longest
    with pytest.raises(FormatError):
        tiles.pack_entries([bytes(65_536)])
    with pytest.raises(FormatError):
        tiles.pack_entries([b""] * 257)


def test_the_specifications_examples() -> None:
    """Trees of 70,000 and of 256 leaves have the tiles that the specification counts."""
    counts: dict[int | None, list[int]] = {}
    for tile in tiles.tiles_of(70_000):
        counts.setdefault(tile.level, []).append(tile.width)
    assert counts == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert tiles.partial_tiles(70_000) == (Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1))
    assert tiles.tiles_of(256) == (Tile(0, 0), Tile(1, 0, 1))
    assert tiles.tiles_of(0) == tiles.partial_tiles(0) == ()


def test_an_edge_grows_to_the_same_tiles_however_it_is_fed() -> None:
    """In batches of any size, the tiles, their bytes and the root are those of the whole tree."""
    batches = [1, 1, 253, 1, 1, 256, 255, 1, 2000, 65_000, 1, 2230]
    edge, stored = Edge(), dict[Tile, bytes]()
    for batch in batches:
        size = edge.frontier.size
        edge, made = edge.append(HASHES[size : size + batch])
        stored |= dict(made)
        size += batch
        assert edge.frontier.root() == merkle.root_from_leaf_hashes(HASHES[:size])
        assert Edge.read(size, stored.__getitem__) == edge
        assert set(tiles.tiles_of(size)) <= stored.keys()
    levels = merkle.Frontier().extend(HASHES[: edge.frontier.size]).levels
    for tile in tiles.tiles_of(edge.frontier.size):
        start = tile.index * 256
        expected = levels[8 * (tile.level or 0)][start : start + tile.width]
        assert stored[tile] == b"".join(expected)


def test_an_append_tells_only_what_changed() -> None:
    """One more leaf makes one partial tile; the leaf that fills a tile makes the next level's."""
    edge, _ = Edge().append(HASHES[:255])
    edge, made = edge.append(HASHES[255:256])
    assert [tile for tile, _ in made] == [Tile(0, 0), Tile(1, 0, 1)]
    edge, made = edge.append(HASHES[256:257])
    assert [tile for tile, _ in made] == [Tile(0, 1, 1)]
    assert edge.append([]) == (edge, ())


@law
@given(st.integers(1, 1500), st.data())
def test_law_any_node_is_read_from_tiles(size: int, data: st.DataObject) -> None:
    """A complete node is the root over its leaves; a node that is not complete is refused."""
    _, made = Edge().append(HASHES[:size])
    hashes = TileHashes(size, dict(made).__getitem__)
    level = data.draw(st.integers(0, size.bit_length() - 1))
    index = data.draw(st.integers(0, (size >> level) - 1))
    leaves = HASHES[index << level : (index + 1) << level]
    assert hashes(level, index) == merkle.root_from_leaf_hashes(leaves)
    for wrong in ((level, size >> level), (level, -1), (-1, 0), (size.bit_length(), 0)):
        with pytest.raises(InputError):
            hashes(*wrong)


def test_a_tile_is_read_once() -> None:
    """A proof asks for each tile once, at the width that the size implies."""
    asked: list[Tile] = []
    _, made = Edge().append(HASHES[:70_000])
    stored = dict(made)

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        return stored[tile]

    hashes = TileHashes(70_000, read)
    root = merkle.root_from_leaf_hashes(HASHES)
    for index in (60_000, 60_001, 69_999):
        proof = merkle.inclusion_proof(hashes, index, 70_000)
        merkle.verify_inclusion(HASHES[index], index, 70_000, proof, root)
    assert len(asked) == len(set(asked)) <= 8
    assert set(asked) <= set(tiles.tiles_of(70_000))


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(64)])
def test_a_tile_of_another_length_is_refused(data: bytes) -> None:
    """A damaged tile is found when it is read, by edge and by proof."""
    with pytest.raises(FormatError):
        Edge.read(1, lambda _: data)
    with pytest.raises(FormatError):
        TileHashes(1, lambda _: data)(0, 0)


@pytest.mark.parametrize(
    "tile", [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (0, 0, 257)]
)
def test_an_address_outside_the_tree_is_refused(tile: tuple[int, int, int]) -> None:
    """Level, index and width have their ranges."""
    with pytest.raises(FormatError):
        Tile(*tile)
