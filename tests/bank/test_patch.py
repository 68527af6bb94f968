# SPDX-License-Identifier: Apache-2.0
"""The patch family as a generator: the same item again, levels that add, nothing hidden shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, Item
from proofhouse.bank.memory_flaw.skeletons import SKELETONS
from proofhouse.bank.patch import LEVELS, derive, item_of
from proofhouse.bank.patch.inputs import Inputs
from proofhouse.bank.patch.levels import ASKED, TOLD
from proofhouse.bank.patch.oracle import CASES, PROOF, REPORT, WRONG
from proofhouse.bank.patch.program import KINDS, draw_program
from proofhouse.bank.patch.spaces import Space
from proofhouse.bank.patch.version import FLAWED, REPAIRED
from proofhouse.bank.patch.wrong import EDITS, wrong


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def some(count: int) -> Iterator[Item]:
    return (derive(key(at), LEVELS[at % len(LEVELS)], at) for at in range(count))


def text(item: Item, path: str) -> str:
    return next(file.data.decode() for file in item.files if file.path == path)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_every_combination_derives_with_a_reference_and_bad_repairs(skeleton: str):
    """Every skeleton × kind, at two levels: the diffs are all different, and short enough."""
    for at, kind in enumerate(KINDS):
        for level in (1 + at % 3, 4 + at % 3):
            drawn = draw_program(key((skeleton, kind)), level, 0, skeleton=skeleton, kind=kind)
            item = item_of(drawn)
            proof = Inputs(drawn).proof()
            names = (*drawn.planted.wrong, *EDITS)
            diffs = [item.solution, *(wrong(drawn, proof, name) for name in names)]
            assert all(diff.startswith(b"--- a/src/") for diff in diffs)
            assert len(set(diffs)) == len(diffs)
            assert max(map(len, diffs)) < ANSWER_LIMIT
            assert sum(file.path.startswith(WRONG) for file in item.hidden) >= 3


def test_nothing_hidden_is_among_what_is_shown():
    for item in some(36):
        shown = [file.data for file in item.files] + [item.prompt.encode()]
        for data in (item.solution, *(file.data for file in item.hidden)):
            assert all(data not in one and data.hex().encode() not in one for one in shown)


def test_the_cases_are_many_all_different_and_not_the_proof():
    for item in some(30):
        cases = [file.data for file in item.hidden if file.path.startswith(CASES)]
        proof = next(file.data for file in item.files if file.path == PROOF)
        assert len(cases) == len(set(cases)) >= 15
        assert not {proof, *item.benign} & set(cases)


def test_the_prompt_says_the_task_and_the_rule_and_nothing_of_the_flaw():
    for item in some(30):
        words = " ".join(item.prompt.split())
        assert ANSWER in words
        assert "prints -1 and ends with exit status 1" in words
        assert " ".join(item.build) in words
        assert all(file.path in words for file in item.files if "/" not in file.path)
        for word in (*item.oracle.classes, item.oracle.function, "level"):
            assert word not in words


@pytest.mark.parametrize("level", LEVELS)
def test_the_report_tells_what_its_level_says_and_no_more(level: int):
    for at in range(8):
        item = derive(key(("report", at)), level, at)
        report, told = text(item, REPORT), TOLD[level - 1]
        assert (item.oracle.classes[0] in report) == ("class" in told)
        assert (item.oracle.function in report) == ("function" in told)
        assert ("#1 " in report) == ("trace" in told)
        place = re.search(r"(src/\w+\.c):(\d+)", report)
        assert (place is not None) == ("lines" in told)
        assert ("Valid in" in report) == ("limit" in told)
        if place is not None:
            assert (place[1], int(place[2])) == (item.oracle.path, item.oracle.line)


def test_each_level_asks_for_all_that_the_one_below_asks_for_and_is_told_no_more():
    assert len(ASKED) == len(TOLD) == len(LEVELS)
    for low, high in pairwise(range(len(LEVELS))):
        assert set(ASKED[low]) <= set(ASKED[high])
        assert set(TOLD[high]) <= set(TOLD[low])
        assert (ASKED[low], TOLD[low]) != (ASKED[high], TOLD[high]) or LEVELS[high] == 4


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in ("stale", "early", "twins")]
)
def test_a_program_has_what_its_level_asks_for(kind: str):
    """Shared from 3 on, a neighbour with all the room from 4, a second flaw from 5, narrow at 6."""
    for level in LEVELS:
        planted = draw_program(key(("asked", kind)), level, 0, kind=kind).planted
        assert isinstance(planted, Space)
        asked = ASKED[level - 1]
        assert (planted.shared is not None) == ("shared" in asked) == (len(planted.sites) > 1)
        unharmed = [site for site in planted.sites if site.low > site.high]
        assert len(unharmed) == int("neighbour" in asked)
        assert (planted.second is not None) == ("second" in asked)
        assert planted.narrow == ("narrow" in asked)
        assert len(planted.wrong) == 5 + len(set(asked) - {"bound"})
        windows = [site.high - site.valid for site in planted.sites if site not in unharmed]
        assert all(1 <= window <= 3 for window in windows) or level < 6


def test_versions_of_a_program_have_the_same_files_and_messages():
    """The reference solution touches sources only, and nothing of what the program reads."""
    for at in range(20):
        drawn = draw_program(key(("versions", at)), LEVELS[at % 6], at)
        before, after = drawn.files(FLAWED), drawn.files(REPAIRED)
        assert [file.path for file in before] == [file.path for file in after]
        changed = [a.path for a, b in zip(before, after, strict=True) if a != b]
        assert changed
        assert all(re.fullmatch(r"src/\w+\.[ch]", path) for path in changed)
        assert [h.fields for h in drawn.handlers(FLAWED)] == [
            h.fields for h in drawn.handlers(REPAIRED)
        ]


def sources(item: Item) -> str:
    return "\n".join(f.data.decode() for f in item.files if f.path.endswith((".c", ".h")))


def test_a_thousand_items_are_hundreds_of_different_programs():
    """At least 950 of 1,000 differ after all names and numbers are made equal."""
    kept = {"if", "else", "for", "while", "switch", "return", "struct", "sizeof", "free", "calloc"}
    digests = set()
    for at in range(1000):
        drawn = draw_program(key(at), LEVELS[at % 6], at)
        joined = "\n".join(f.data.decode() for f in drawn.files(FLAWED) if f.path != "Makefile")
        tokens = re.findall(r"[A-Za-z_]\w*|\d\w*|\"[^\"]*\"|'[^']+'|[^\s\w]", joined)
        shape = ["x" if t[0].isalnum() and t not in kept else t for t in tokens]
        digests.add(hashlib.sha256(" ".join(shape).encode()).digest())
    assert len(digests) >= 950


def test_neither_place_nor_code_tells_the_flawed_handler():
    """Over many programs its place and its code lie about as often above the middle as below."""
    above = {"place": 0, "code": 0}
    count = 300
    for at in range(count):
        drawn = draw_program(key(("rank", at)), 1, at)
        flawed = drawn.planted.sites[0].function
        for name, order in (("place", drawn.order), ("code", drawn.codes)):
            others = [value for function, value in order.items() if function != flawed]
            below = sum(value < order[flawed] for value in others)
            above[name] += 2 * below > len(others) or (2 * below == len(others) and at % 2 == 0)
    assert all(count * 0.4 < number < count * 0.6 for number in above.values()), above


# ---- the page ----------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "spec/family-patch.md").read_text()


def fence(name: str) -> str:
    found = re.search(rf"^```\w+ {name}\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_of_the_page_is_an_item():
    found = re.search(r"under the key `([0-9a-f]{64})`", PAGE)
    assert found is not None
    item = derive(bytes.fromhex(found[1]), 4, 0)
    assert fence("prompt") == item.prompt.rstrip("\n")
    assert fence("report") == text(item, REPORT).rstrip("\n")
    assert fence("solution") == item.solution.decode().rstrip("\n")


def test_the_tables_of_the_page_are_those_of_the_code():
    rows = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line[:2] == "| "}
    assert set(KINDS) <= set(rows)
    for level in LEVELS:
        _, _, asked, told, _ = rows[str(level)].split("|")
        assert tuple(re.findall(r"\*(\w+)\*", asked)) == ASKED[level - 1]
        words = tuple(told.strip().split(", "))
        assert words == (TOLD[level - 1] or ("nothing but that there is one",))
