# SPDX-License-Identifier: Apache-2.0
"""The table of strengths, and that a strength is given the tools it names and no others."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from proofhouse_reference.fuzzer import Facts, compile_flags, fuzzer_text
from proofhouse_reference.source import Constants
from proofhouse_reference.strengths import STRENGTHS, Tool

FACTS = Facts(
    entry="process",
    run_line="./program candidate",
    samples=(b'a"\\\n1', b"", b"x" * 9_000),
    constants=Constants(numbers=(7, 2**64 - 1, 3_000), strings=(b"?\x01\xff",)),
    seed=5,
)
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference-agents.md"


def test_a_stronger_strength_has_every_tool_and_execution_of_a_weaker_one():
    """The table is in order: tools only added, budgets never lowered, no two alike."""
    strengths = tuple(STRENGTHS.values())
    assert len(strengths) >= 5
    for weaker, stronger in pairwise(strengths):
        assert set(weaker.tools) <= set(stronger.tools)
        assert weaker.executions <= stronger.executions
        assert (weaker.tools, weaker.executions) != (stronger.tools, stronger.executions)


def test_the_document_states_the_table():
    """The first table of docs/reference-agents.md has each strength's tools and executions."""
    first = DOCUMENT.read_text().partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d,]+) \| ([^|]+) \|$", first, re.M)
    stated = {name: (int(budget.replace(",", "")), tools.strip()) for name, budget, tools in rows}
    assert stated == {
        strength.name: (
            strength.executions,
            ", ".join(tool.value for tool in strength.tools) or "none",
        )
        for strength in STRENGTHS.values()
    }


def test_each_fuzzer_holds_its_tools_only():
    """What is not among the tools is not in the text, nor in the compiler's flags."""
    marks = {
        Tool.DICTIONARY: "NUMBER_COUNT 3u",
        Tool.COVERAGE: "__sanitizer_cov_trace_pc",
        Tool.PATCHING: "__wrap_memcmp",
        Tool.SOLVING: "solve_carry",
    }
    for strength in STRENGTHS.values():
        text = fuzzer_text(FACTS, strength)
        assert f"#define BUDGET {strength.executions}ULL" in text
        for tool, mark in marks.items():
            assert (mark in text) == (tool in strength.tools)
        flags = " ".join(compile_flags(strength))
        assert ("trace-pc" in flags) == (Tool.COVERAGE in strength.tools)
        assert ("trace-cmp" in flags) == (Tool.PATCHING in strength.tools)


def test_the_facts_are_spelled_so_that_c_reads_them_back():
    """Bytes become literals without quotes or trigraphs; inputs have a bounded length."""
    text = fuzzer_text(FACTS, STRENGTHS["expert"])
    assert r'{5, (const unsigned char *)"a\042\134\0121"}' in text
    assert r'{3, (const unsigned char *)"\077\001\377"}' in text
    assert "NUMBERS[] = {0x7ULL, 0xffffffffffffffffULL, 0xbb8ULL}" in text
    assert "#define LONGEST 4096" in text
    assert "#define SAMPLE_COUNT 2u" in text
    assert "//" not in text


def test_a_fuzzer_fits_an_answer():
    """The strongest fuzzer without facts is below 32 KiB, eight thousand tokens."""
    facts = Facts("process", "./program candidate", (), Constants((), ()), 1)
    assert len(fuzzer_text(facts, STRENGTHS["expert"]).encode()) < 32 * 1024
