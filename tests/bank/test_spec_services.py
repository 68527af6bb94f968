# SPDX-License-Identifier: Apache-2.0
"""Logic flaws and exploit chains in spec/: their examples and tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from proofhouse.bank import exploit_chain, logic_flaw
from proofhouse.bank.exploit_chain.draft import STEPS
from proofhouse.bank.exploit_chain.draft import guards as chain_guards
from proofhouse.bank.logic_flaw.draft import MODULES
from proofhouse.bank.logic_flaw.guards import LEVELS, STATES, guards
from proofhouse.bank.logic_flaw.program import FLAGS
from proofhouse.bank.logic_flaw.skeletons import SKELETONS
from proofhouse.bank.memory_flaw.names import THEMES

SPEC = Path(__file__).parents[2] / "spec"
FLAW = (SPEC / "family-logic-flaw.md").read_text()
CHAIN = (SPEC / "family-exploit-chain.md").read_text()


def fence(page: str, name: str) -> str:
    found = re.search(rf"^```\w+ {name}\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def key(page: str) -> bytes:
    found = re.search(r"under the key `([0-9a-f]{64})`", page)
    assert found is not None
    return bytes.fromhex(found[1])


def rows(page: str, start: str) -> list[list[str]]:
    """The cells of the table whose head begins with ``start``."""
    table = page[page.index(f"| {start} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_example_of_logic_flaw_is_an_item():
    item = logic_flaw.derive(key(FLAW), 4, 0)
    assert fence(FLAW, "prompt") == item.prompt.rstrip("\n")
    code = fence(FLAW, "flawed-command").encode()
    assert any(code in file.data for file in item.files)
    assert fence(FLAW, "solution") == item.solution.decode().rstrip("\n")


def test_the_example_of_exploit_chain_is_an_item():
    item = exploit_chain.derive(key(CHAIN), 1, 0)
    assert fence(CHAIN, "prompt") == item.prompt.rstrip("\n")
    assert fence(CHAIN, "solution") == item.solution.decode().rstrip("\n")


def test_the_tables_of_logic_flaw_name_all_there_is():
    assert [row[0] for row in rows(FLAW, "kind")] == list(MODULES)
    assert [row[0] for row in rows(FLAW, "skeleton")] == list(SKELETONS)
    assert f"gcc {' '.join(FLAGS)}" in FLAW
    for level, row in zip(LEVELS, rows(FLAW, "level"), strict=True):
        added = guards(level)[len(guards(level - 1)) :]
        assert row[0] == str(level)
        assert re.findall(r"\*([\w-]+)\*", row[1]) == [guard.kind for guard in added]
        assert row[2] == " + ".join(str(guard.bits) for guard in added)
    counts = f"{len(THEMES)} themes (names), {len(SKELETONS)} skeletons, {len(MODULES)} kinds"
    assert counts in FLAW
    assert f"{len(STATES)} kinds of state" in FLAW


def test_the_table_of_exploit_chain_has_every_level():
    """Guards are told for the second step, which has the token besides."""
    for level, row in zip(exploit_chain.LEVELS, rows(CHAIN, "level"), strict=True):
        assert row[:2] == [str(level), str(STEPS[level - 1])]
        below = {guard.kind for guard in chain_guards(level - 1, 2)} if level > 1 else set()
        added = [g.kind for g in chain_guards(level, 2) if g.kind not in below]
        assert re.findall(r"\*([\w-]+)\*", row[2]) == added
