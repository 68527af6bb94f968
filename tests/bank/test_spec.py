# SPDX-License-Identifier: Apache-2.0
"""The pages of this room in spec/: their examples and figures are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from proofhouse.bank.derivation import item_key
from proofhouse.bank.memory_flaw import derive
from proofhouse.bank.memory_flaw.decoys import DECOYS
from proofhouse.bank.memory_flaw.draft import FLAWS
from proofhouse.bank.memory_flaw.guards import LEVELS, guards
from proofhouse.bank.memory_flaw.names import THEMES
from proofhouse.bank.memory_flaw.program import FLAGS
from proofhouse.bank.memory_flaw.skeletons import SKELETONS

SPEC = Path(__file__).parents[2] / "spec"
DERIVATION = (SPEC / "item-derivation.md").read_text()
FAMILY = (SPEC / "family-memory-flaw.md").read_text()


def fence(page: str, name: str) -> str:
    found = re.search(rf"^```\w+ {name}\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_of_the_derivation_is_derived():
    example = json.loads(fence(DERIVATION, "item-key"))
    key = item_key(
        bytes.fromhex(example["seedHex"]),
        bytes.fromhex(example["leafHashHex"]),
        example["family"],
        example["level"],
        example["index"],
    )
    assert key.hex() == example["keyHex"]
    assert derive(key, example["level"], example["index"]).digest in DERIVATION


def test_the_example_of_the_family_is_an_item():
    found = re.search(r"under the key `([0-9a-f]{64})`", FAMILY)
    assert found is not None
    item = derive(bytes.fromhex(found[1]), 4, 0)
    assert fence(FAMILY, "prompt") == item.prompt.rstrip("\n")
    code = fence(FAMILY, "flawed-function").encode()
    assert any(code in file.data for file in item.files)
    assert f"int {item.oracle.function}(".encode() in code
    assert f"`{item.oracle.classes[0]}` with `{item.oracle.function}`" in FAMILY


def test_the_tables_of_the_family_name_all_there_is():
    for name in (*SKELETONS, *FLAWS, *FLAGS):
        assert name in FAMILY
    for level in LEVELS:
        row = next(line for line in FAMILY.splitlines() if line.startswith(f"| {level} |"))
        added = guards(level)[len(guards(level - 1)) :]
        assert re.findall(r"\*([\w-]+)\*", row) == [guard.kind for guard in added]
        assert row.split("|")[3].strip() == " + ".join(str(guard.bits) for guard in added)
    flaws = sum(len(kinds) for kinds in FLAWS.values())
    counts = f"{len(THEMES)} themes (names), {len(SKELETONS)} skeletons (framings), {flaws} flaws"
    assert counts in FAMILY
    assert f"of {len(DECOYS)} decoys" in FAMILY
