# SPDX-License-Identifier: Apache-2.0
"""Public vectors of the transparency.dev project; see vectors/third_party/README.md."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import VerificationError
from proofhouse.formats import checkpoint, merkle, note, tiles
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.tiles import Edge, Tile, TileHashes

THIRD_PARTY = Path(__file__).parents[2] / "vectors" / "third_party"
PROOFS = sorted((THIRD_PARTY / "merkle").rglob("*.json"))
TESSERA = THIRD_PARTY / "tessera_log"
WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eit",
    "nain",
    "ten",
    "ileven",
    "twelf",
    "threeten",
    "fourten",
    "fivten",
]
NOTICE = (THIRD_PARTY / "README.md").read_text("utf-8")
LOG = note.NoteSigner.parse(re.search(r"PRIVATE\+KEY\+[^`]+", NOTICE)[0])  # type: ignore[index]
SIZES = range(len(WORDS) + 1)


def decode(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("file", PROOFS, ids=lambda p: "/".join(p.with_suffix("").parts[-3:]))
def test_a_proof_holds_exactly_if_the_vector_says_so(file: Path) -> None:
    """Each inclusion and consistency proof is accepted or refused as the vector wants."""
    vector: dict[str, Any] = json.loads(file.read_text())
    proof = [decode(item) for item in vector["proof"] or []]

    def verify() -> None:
        if "leafIdx" in vector:
            merkle.verify_inclusion(
                decode(vector["leafHash"]),
                vector["leafIdx"],
                vector["treeSize"],
                proof,
                decode(vector["root"]),
            )
        else:
            merkle.verify_consistency(
                vector["size1"],
                vector["size2"],
                decode(vector["root1"]),
                decode(vector["root2"]),
                proof,
            )

    if vector["wantErr"]:
        with pytest.raises(VerificationError):
            verify()
    else:
        verify()


def test_all_vectors_are_there() -> None:
    """No vector was lost on the way: 196 proofs and a checkpoint for each size."""
    assert len(PROOFS) == 196
    assert all((TESSERA / f"checkpoint.{size}").exists() for size in SIZES)


def test_the_verifier_key_is_the_signing_keys() -> None:
    """The published signing key gives the published verifier key, and prints back."""
    assert f"`{LOG.verifier}`" in NOTICE
    assert f"`{LOG.to_text()}`" in NOTICE


@pytest.mark.parametrize("size", SIZES)
def test_signing_the_tree_again_gives_the_same_bytes(size: int) -> None:
    """The checkpoint of every size is the public one, byte for byte, and verifies."""
    hashes = [merkle.leaf_hash(word.encode()) for word in WORDS[:size]]
    made = Checkpoint(LOG.name, size, merkle.root_from_leaf_hashes(hashes))
    data = (TESSERA / f"checkpoint.{size}").read_bytes()
    assert checkpoint.sign(made, LOG) == data
    assert checkpoint.verify(data, LOG.verifier)[0] == made


def test_growing_the_log_gives_the_same_tiles() -> None:
    """Every tile and entry bundle of every size is the public one, and no tile is missing."""
    edge = Edge()
    written: dict[str, bytes] = {}
    for size, word in enumerate(WORDS, 1):
        edge, made = edge.append([merkle.leaf_hash(word.encode())])
        written |= {tile.path: data for tile, data in made}
        entries = tiles.pack_entries([word.encode() for word in WORDS[:size]])
        written[Tile(None, 0, size).path] = entries
    public = {
        file.relative_to(TESSERA).as_posix(): file.read_bytes()
        for file in TESSERA.rglob("*")
        if file.is_file() and "tile" in file.parts
    }
    assert written == public


@pytest.mark.parametrize("size", SIZES[1:])
def test_the_public_tiles_prove_every_entry(size: int) -> None:
    """From the public tiles alone, every entry is proven in, and every older tree consistent."""

    def read(tile: Tile) -> bytes:
        return (TESSERA / tile.path).read_bytes()

    def root(of: int) -> bytes:
        return checkpoint.verify((TESSERA / f"checkpoint.{of}").read_bytes(), LOG.verifier)[0].root

    assert Edge.read(size, read).frontier.root() == root(size)
    hashes = TileHashes(size, read)
    entries = tiles.split_entries(read(Tile(None, 0, size)), size)
    for index, entry in enumerate(entries):
        proof = merkle.inclusion_proof(hashes, index, size)
        merkle.verify_inclusion(merkle.leaf_hash(entry), index, size, proof, root(size))
        old = index + 1
        consistent = merkle.consistency_proof(hashes, old, size)
        merkle.verify_consistency(old, size, root(old), root(size), consistent)
