# SPDX-License-Identifier: Apache-2.0
"""The control-system family as a generator: the same item again, levels that add, nothing told."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pytest

from proofhouse.bank.control_system import LEVELS, derive, item_of
from proofhouse.bank.control_system.draft import FLAWS, draft
from proofhouse.bank.control_system.guards import guards
from proofhouse.bank.control_system.plants import PLANTS
from proofhouse.bank.control_system.program import FLAGS, Writer
from proofhouse.bank.control_system.requests import (
    MOST_PER_TICK,
    MOST_REQUESTS,
    Request,
    coil,
    coils,
    read,
    text,
    word,
    words,
)
from proofhouse.bank.control_system.words import POOLS, THEMES
from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, File, Item

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "spec/family-control-system.md").read_text()


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def source(files: tuple[File, ...]) -> str:
    return "\n".join(f.data.decode() for f in files if f.path.endswith((".c", ".h")))


def items(count: int) -> list[Item]:
    return [derive(key(at), 1 + at % 6, at) for at in range(count)]


def test_requests_have_the_bytes_of_modbus():
    """Unit and PDU as MODBUS Application Protocol V1.1b3 lays them out (its own examples)."""
    assert word(0x11, 1, 3).hex() == "110600010003"
    assert words(0x11, 1, (10, 0x102)).hex() == "11100001000204000a0102"
    assert coil(0x11, 0xAC, True).hex() == "110500acff00"
    bits = (1, 0, 1, 1, 0, 0, 1, 1, 1, 0)
    assert coils(0x11, 0x13, map(bool, bits)).hex() == "110f0013000a02cd01"
    assert read(0x11, 3, 0x6B, 3).hex() == "1103006b0003"
    late, soon = Request(9, b"\x01\x06"), Request(3, b"\x01\x05")
    assert text((late, soon)) == b"at 3 0105\nat 9 0106\n"


@pytest.mark.parametrize("variant", FLAWS)
def test_every_flaw_with_every_plant_derives_and_hides_its_answer(variant: str):
    """All answers different and within the program's limits; the repaired program differs."""
    for at, plant in enumerate(PLANTS):
        level = 1 + at % 6
        made = draft(key((variant, plant)), level, 0, variant=variant, plant=plant)
        broken = [made.broken(kind) for kind in made.kinds if kind != "flaw"]
        answers = [made.solution, made.sample, made.traffic, made.near, made.direct, *broken]
        assert len(set(answers)) == len(answers)
        for answer in answers:
            ticks = [int(line.split()[1]) for line in answer.splitlines()]
            assert len(answer) <= ANSWER_LIMIT
            assert len(ticks) <= MOST_REQUESTS
            assert max(map(ticks.count, ticks)) <= MOST_PER_TICK
            assert ticks == sorted(ticks)
            assert ticks[-1] < made.ticks
        shown, repaired = Writer(made).files(), Writer(made, repaired=True).files()
        assert (made.shop.theme.plant, made.flaw.kind) == (plant, variant)
        assert {f.path for f in shown} == {f.path for f in repaired}
        assert 1 <= len(set(repaired) - set(shown)) <= 3


def test_an_item_shows_its_sample_and_none_of_its_other_answers():
    for item in items(12):
        shown = [file.data for file in item.files]
        assert item.sample in shown
        assert len(item.benign) >= 4
        for hidden in (item.solution, *item.benign[1:], *(file.data for file in item.hidden)):
            assert all(hidden not in data for data in (*shown, item.prompt.encode()))


def test_the_prompt_tells_the_task_and_neither_flaw_nor_level():
    for item in items(12):
        assert ANSWER in item.prompt
        assert " ".join(item.build) in item.prompt
        assert all(f.path in item.prompt for f in item.files)
        told = set(re.findall(r"[a-z-]+", item.prompt.lower()))
        secret = {guard.kind for guard in guards(6)} - {"flaw"}
        secret |= {"level", "interlock", "bypass", "range", "delay", "broadcast", item.family}
        # A plant may measure a level; that is its value's name.
        assert not told & (secret - {"level"})
        assert not re.search(r"\blevel [1-6]\b", item.prompt)


def test_levels_differ_in_program_and_sample_only():
    """Under one key the prompts of all levels are the same text."""
    for at in range(6):
        assert len({derive(key(at), level, 0).prompt for level in LEVELS}) == 1


def test_each_level_has_the_guards_of_the_one_below_and_more():
    for low, high in pairwise(LEVELS):
        assert guards(high)[: len(guards(low))] == guards(low)
        assert sum(g.bits for g in guards(high)) > sum(g.bits for g in guards(low))
        assert len({g.kind for g in guards(high)}) == len(guards(high))


@pytest.mark.parametrize("at", range(12))
def test_a_level_is_the_program_of_the_level_below_with_something_added(at: int):
    """Under one key: same plant, flaw, features, habits and modes; registers are only added."""
    drafts = [draft(key(at), level, 0) for level in LEVELS]
    for low, high in pairwise(drafts):
        assert low.plant == high.plant
        assert (low.flaw.kind, low.features, low.ticks) == (
            high.flaw.kind,
            high.features,
            high.ticks,
        )
        assert (low.shop.theme, low.shop.modes, low.shop.scale) == (
            high.shop.theme,
            high.shop.modes,
            high.shop.scale,
        )
        assert (low.map.unit, low.map.word_base) == (high.map.unit, high.map.word_base)
        assert set(low.registers) <= set(high.registers)
        assert set(low.map.coils) <= set(high.map.coils)
        assert all(part.members in [p.members for p in high.parts] for part in low.parts)
        slots = [slot for part in high.parts for slot in part.slots.items()]
        assert all(slot in slots for part in low.parts for slot in part.slots.items())


_KEPT = frozenset(
    re.findall(
        r"\w+",
        """
        if else for while do switch case break continue return struct static const int void char
        unsigned long size_t sizeof NULL memcpy memset memmove define enum include typedef default
        """,
    )
)


def anonymous(token: str) -> str:
    if token in _KEPT:
        return token
    if token[0] in "0123456789\"'":
        return "n"
    return "x" if token[0].isalpha() or token[0] == "_" else token


def token_skeleton(made: str) -> str:
    """The tokens with every name and constant made anonymous, comments and files gone."""
    pattern = r"[A-Za-z_]\w*|0x[0-9a-f]+u?|\d+u?|\"[^\"]*\"|'[^']+'|[^\s\w]"
    return " ".join(anonymous(token) for token in re.findall(pattern, made))


def test_a_thousand_items_are_a_thousand_programs():
    """Structure, not only constants: at least 950 of 1,000 token skeletons are different."""
    digests = set()
    for at in range(1000):
        made = Writer(draft(key(at), 1 + at % 6, at)).files()
        digests.add(hashlib.sha256(token_skeleton(source(made)).encode()).digest())
    assert len(digests) >= 950


def test_no_feature_tells_by_being_there_that_it_is_the_flawed_one():
    """Every feature is also found sound, beside the flaw of another one."""
    sound = {kind for at in range(150) for kind in draft(key(at), 1, 0).features}
    assert sound == set(FLAWS)


def test_no_source_names_what_it_hides():
    """No comment, name or constant speaks of flaws, guards, attacks or of this project."""
    for item in items(12):
        told = source(item.files).lower()
        for name in ("flaw", "vuln", "bug", "guard", "attack", "proofhouse", "decoy", "repaired"):
            assert name not in told


def test_nothing_in_a_program_reaches_beyond_loopback():
    """The one address bound is that of loopback; no program connects, resolves or executes."""
    for item in items(12):
        told = source(item.files)
        assert told.count("INADDR_LOOPBACK") == 1
        assert not re.search(r"\b(connect|getaddrinfo|system|exec\w*|popen|INADDR_ANY)\s*\(", told)
        assert "INADDR_ANY" not in told


def test_the_pools_of_names_have_no_word_in_common():
    """So that two things of one program never have one name, whatever is drawn."""
    names = [(kind_of(role), name) for role, pool in POOLS.items() for name in pool]
    assert len(names) == len(set(names))


def kind_of(role: str) -> str:
    return "function" if role.startswith("f_") else "other"


def test_no_function_has_the_name_of_a_local_variable():
    functions = {name for role, pool in POOLS.items() if role.startswith("f_") for name in pool}
    for item in items(12):
        told = source(item.files)
        locals_ = re.findall(
            r"\b(?:int|unsigned|size_t|u?int\d+_t|[ui]\d+) \*?(\w+)(?=[,;=\s])", told
        )
        assert not functions & set(locals_)


def fence(name: str) -> str:
    found = re.search(rf"^```\w* {name}\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_of_the_page_is_an_item():
    found = re.search(r"under the key `([0-9a-f]{64})`", PAGE)
    assert found is not None
    made = draft(bytes.fromhex(found[1]), 4, 0)
    item = item_of(made)
    assert fence("prompt") == item.prompt.rstrip("\n")
    shown = fence("flawed-function").encode()
    assert any(shown in file.data for file in item.files)
    assert not any(shown in file.data for file in item.hidden)
    assert fence("answer").encode() + b"\n" == item.solution
    assert f"flaw *{made.flaw.kind}*" in PAGE


def test_the_tables_of_the_page_name_all_there_is():
    for name in (*FLAWS, *PLANTS, *FLAGS):
        assert f"{name}" in PAGE
    for level in LEVELS:
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {level} |"))
        added = guards(level)[len(guards(level - 1)) :]
        assert re.findall(r"\*([\w-]+)\*", row) == [guard.kind for guard in added]
        assert row.split("|")[3].strip() == " + ".join(str(guard.bits) for guard in added)
    counts = f"{len(THEMES)} themes, {len(PLANTS)} plants, {len(FLAWS)} flaws"
    assert counts in PAGE
