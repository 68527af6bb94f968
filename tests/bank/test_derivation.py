# SPDX-License-Identifier: Apache-2.0
"""Keys of items: one function of seed, submission, family, level and index; nothing collides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import FAMILIES, derive
from proofhouse.errors import InputError

SEED, LEAF = bytes(range(32)), bytes(range(32, 64))
VECTORS = sorted((Path(__file__).parents[2] / "vectors/bank/item-key").glob("*.json"))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_keys_are_those_of_the_vectors(path: Path):
    case = json.loads(path.read_text())
    asked = case["input"]
    key = item_key(
        bytes.fromhex(asked["seedHex"]),
        bytes.fromhex(asked["leafHashHex"]),
        asked["family"],
        asked["level"],
        asked["index"],
    )
    assert key.hex() == case["output"]["keyHex"]


def test_there_are_vectors():
    assert len(VECTORS) >= 3


def test_every_argument_changes_the_key():
    base = item_key(SEED, LEAF, "memory-flaw", 3, 7)
    others = {
        item_key(LEAF, LEAF, "memory-flaw", 3, 7),
        item_key(SEED, SEED, "memory-flaw", 3, 7),
        item_key(SEED, LEAF, "memory-flaws", 3, 7),
        item_key(SEED, LEAF, "memory-flaw", 7, 3),
        item_key(SEED, LEAF, "memory-flaw", 3, 8),
    }
    assert len(others | {base}) == 6


@pytest.mark.parametrize(
    ("seed", "leaf", "family", "level", "index"),
    [
        (b"short", LEAF, "memory-flaw", 1, 0),
        (SEED, LEAF + b"x", "memory-flaw", 1, 0),
        (SEED, LEAF, "", 1, 0),
        (SEED, LEAF, "f" * 65, 1, 0),
        (SEED, LEAF, "famille-é", 1, 0),
        (SEED, LEAF, "memory-flaw", -1, 0),
        (SEED, LEAF, "memory-flaw", 1, 2**32),
    ],
)
def test_what_has_no_key_is_refused(seed: bytes, leaf: bytes, family: str, level: int, index: int):
    with pytest.raises(InputError):
        item_key(seed, leaf, family, level, index)


def test_a_family_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(InputError, match="memory-flaw"):
        derive("memory-flow", SEED, 1, 0)


def test_a_family_is_registered_under_its_own_name():
    for name, family in FAMILIES.items():
        item = family.derive(SEED, family.levels[0], 5)
        assert (item.family, item.id) == (name, f"{name}/{family.levels[0]}/05")
