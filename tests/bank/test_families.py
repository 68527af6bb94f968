# SPDX-License-Identifier: Apache-2.0
"""What holds of every family alike: the same item again, and what is no item is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.bank.families import FAMILIES, derive, of_track
from proofhouse.errors import InputError

VECTORS = sorted((Path(__file__).parents[2] / "vectors/bank").glob("*/level-*.json"))
CYBER = tuple(of_track("cyber"))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_items_are_those_of_the_vectors(path: Path):
    """An item's digest is pinned: a change here means that opened banks can't be derived again."""
    case = json.loads(path.read_text())
    asked = case["input"]
    key = bytes.fromhex(asked["keyHex"])
    item = derive(asked.get("family", path.parent.name), key, asked["level"], asked["index"])
    assert item.digest == case["output"]["itemSha256"]


@pytest.mark.parametrize("name", CYBER)
def test_there_is_a_vector_of_every_level(name: str):
    paths = [path for path in VECTORS if path.parent.name == name]
    levels = {json.loads(path.read_text())["input"]["level"] for path in paths}
    assert levels == set(FAMILIES[name].levels)


def test_another_process_with_another_hash_seed_derives_the_same_items():
    names = sorted(FAMILIES)
    code = "import sys; from proofhouse.bank.families import derive\n"
    code += "for name in sys.argv[1:]: print(derive(name, bytes(range(32)), 5, 3).digest)"
    environment = {"PYTHONHASHSEED": "12345", "PATH": "/usr/bin:/bin", "LANG": "C"}
    command = [sys.executable, "-c", code, *names]
    other = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    here = [derive(name, bytes(range(32)), 5, 3).digest for name in names]
    assert other.stdout.split() == here


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    ("key", "level", "index"),
    [
        (b"", 1, 0),
        (bytes(31), 1, 0),
        (bytes(32), 0, 0),
        (bytes(32), 7, 0),
        (bytes(32), 1, -1),
        (bytes(32), 1, 2**32),
    ],
)
def test_what_is_no_item_is_refused(name: str, key: bytes, level: int, index: int):
    with pytest.raises(InputError):
        derive(name, key, level, index)
