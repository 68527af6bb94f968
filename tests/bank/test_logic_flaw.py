# SPDX-License-Identifier: Apache-2.0
"""The logic-flaw family as a generator: the same item again, levels that add, nothing told."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, Item
from proofhouse.bank.logic_flaw import LEVELS, derive
from proofhouse.bank.logic_flaw.draft import MODULES, Draft, draft
from proofhouse.bank.logic_flaw.guards import guards
from proofhouse.bank.logic_flaw.prompt import DUMMY
from proofhouse.bank.logic_flaw.service import _WORDS, Draw, Words
from proofhouse.bank.logic_flaw.skeletons import SKELETONS
from proofhouse.bank.memory_flaw.names import THEMES, Names
from proofhouse.bank.memory_flaw.parts import Kit, habits
from proofhouse.bank.stream import Stream


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def sources(item: Item) -> str:
    return "\n".join(f.data.decode() for f in item.files if f.path.endswith((".c", ".h")))


def test_there_are_seventeen_flaws_in_six_skeletons():
    assert (len(MODULES), len(SKELETONS)) == (17, 6)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_no_sample_of_the_lowest_level_holds_another_input(skeleton: str):
    """Not even as a part: the sample shows every command, and never an attack or what is near."""
    for at, flaw in enumerate(MODULES):
        made = draft(key((skeleton, flaw, at)), 1, 0, skeleton=skeleton, flaw=flaw)
        for hidden in (made.solution, made.traffic, made.near, made.attempts):
            assert hidden not in made.sample, flaw


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_every_combination_derives_inputs_that_are_short_and_different(skeleton: str):
    for at, flaw in enumerate(MODULES):
        made = draft(key((skeleton, flaw)), 1 + at % 6, 0, skeleton=skeleton, flaw=flaw)
        inputs = [made.solution, made.sample, made.traffic, made.near, made.attempts]
        inputs += made.broken.values()
        assert len(set(inputs)) == len(inputs)
        assert max(map(len, inputs)) < ANSWER_LIMIT
        assert (made.framing.skeleton, made.flaw) == (skeleton, flaw)


def test_an_item_shows_its_sample_and_none_of_its_other_inputs():
    for at in range(24):
        item = derive(key(at), 1 + at % 6, at)
        shown = [file.data for file in item.files]
        assert item.sample in shown
        assert len(item.benign) >= 4
        for hidden in (item.solution, *item.benign[1:]):
            assert all(hidden not in data and hidden.hex().encode() not in data for data in shown)
            assert hidden not in item.prompt.encode()


def test_the_prompt_tells_the_task_and_neither_flaw_nor_command_nor_level():
    for at in range(24):
        made = draft(key(at), 1 + at % 6, at)
        item = derive(key(at), 1 + at % 6, at)
        assert ANSWER in item.prompt
        assert " ".join(item.build) in item.prompt
        assert all(f.path in item.prompt for f in item.files)
        for word in (made.flaw, made.culprit, "level", "guard", item.family):
            assert word not in item.prompt


def test_levels_differ_in_the_program_only():
    """Under one key the prompts of all levels are the same text."""
    for at in range(6):
        assert len({derive(key(at), level, 0).prompt for level in LEVELS}) == 1


def test_each_level_has_the_guards_of_the_one_below_and_more():
    for low, high in pairwise(LEVELS):
        assert guards(high)[: len(guards(low))] == guards(low)
        assert len({g.kind for g in guards(high)}) == len(guards(high)) > len(guards(low))


@pytest.mark.parametrize("at", range(6))
def test_a_level_is_the_program_of_the_level_below_with_something_added(at: int):
    """Under one key: same flaw, skeleton, words and habits; commands, arguments, checks added."""
    for low, high in pairwise([draft(key(at), level, 0) for level in LEVELS]):
        assert (low.flaw, low.culprit, low.framing.skeleton) == (
            high.flaw,
            high.culprit,
            high.framing.skeleton,
        )
        assert (low.reader, low.kit.habits, low.award) == (high.reader, high.kit.habits, high.award)
        of = {command.function: command for command in high.commands}
        for command in low.commands:
            above = of[command.function]
            assert above.word == command.word
            assert set(command.args) <= set(above.args)
            assert above.body.endswith(command.body.splitlines()[-1])


def test_what_a_level_adds_is_in_its_program():
    """Commands at 2, 4 and 6, a checksum at 3, arguments at 5 and 6."""
    for at in range(6):
        drafts = [draft(key(at), level, 0) for level in LEVELS]
        commands = [len(made.commands) for made in drafts]
        assert commands[0] < commands[1] == commands[2] < commands[3] == commands[4] < commands[5]
        assert [made.checksum is not None for made in drafts] == [False] * 2 + [True] * 4
        args = [
            len(next(c for c in made.commands if c.function == made.culprit).args)
            for made in drafts
        ]
        assert args[0] == args[3] < args[4] < args[5]


def test_from_level_two_on_the_sample_does_not_show_the_flawed_command():
    for at in range(12):
        for level in LEVELS:
            made = draft(key(at), level, 0)
            word = next(c.word for c in made.commands if c.function == made.culprit)
            assert (word.encode() in made.sample) == (level == 1)


_KEPT = frozenset(
    re.findall(
        r"\w+",
        """
        if else for while switch case break continue return struct static const int void char
        unsigned long size_t sizeof NULL memcpy memset strcmp strncmp strlen strtok define enum
        include extern default memchr strchr strstr printf puts typedef
        """,
    )
)


def anonymous(token: str) -> str:
    if token in _KEPT:
        return token
    if token[0] in "0123456789\"'":
        return "n"
    return "x" if token[0].isalpha() or token[0] == "_" else token


def token_skeleton(item: Item) -> str:
    """The program's tokens with every name and constant made anonymous, comments and files gone."""
    text = sources(item)
    tokens = re.findall(r"[A-Za-z_]\w*|0x[0-9a-f]+u?|\d+u?|\"[^\"]*\"|'[^']+'|[^\s\w]", text)
    return " ".join(anonymous(token) for token in tokens)


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_items_are_different_programs(count: int):
    """Structure, not only constants: at least 95 % of the token skeletons are different."""
    items = (derive(key(at), 1 + at % 6, at) for at in range(count))
    digests = {hashlib.sha256(token_skeleton(item).encode()).digest() for item in items}
    assert len(digests) >= count * 95 // 100


def bodies(made: Draft) -> str:
    return " ".join(re.sub(r"\w+", "x", command.body) for command in made.commands)


def test_two_items_of_one_skeleton_and_flaw_still_differ_in_structure():
    drafts = (draft(key(at), 3, 0, skeleton="words", flaw="wildcard") for at in range(40))
    assert len({bodies(made) for made in drafts}) >= 38


def test_neither_place_nor_name_tells_the_flawed_command():
    """Over many programs it is first, last or lowest about as often as any other."""
    ranks: dict[str, list[float]] = {"place": [], "word": [], "name": []}
    for at in range(300):
        made = draft(key(("rank", at)), 2, 0)
        modules = [commands[0] for commands in made.modules]
        flawed = next(m[0] for m in made.modules if made.culprit in [c.function for c in m])
        ranks["place"].append(modules.index(flawed) / (len(modules) - 1))
        for rank, order in (
            ("word", sorted(modules, key=lambda c: c.word)),
            ("name", sorted(modules, key=lambda c: c.function)),
        ):
            ranks[rank].append(order.index(flawed) / (len(modules) - 1))
    for rank, values in ranks.items():
        assert 0.4 < sum(values) / len(values) < 0.6, rank


def test_that_a_command_is_guarded_does_not_make_it_the_flawed_one():
    """From level 2 on a sound command asks for the same login and state."""
    for at in range(12):
        for level in (2, 4):
            made = draft(key(at), level, 0)
            flawed = next(c for c in made.commands if c.function == made.culprit)
            check = flawed.body.splitlines()[0]
            assert sum(command.body.startswith(check) for command in made.commands) == 2


def test_no_source_names_what_it_hides():
    """No comment, name or constant speaks of flaws, guards, decoys or of this project."""
    for at in range(24):
        text = sources(derive(key(at), 1 + at % 6, at)).lower()
        for word in ("flaw", "vuln", "decoy", "bug", "guard", "proofhouse", "exploit", "culprit"):
            assert word not in text
        assert "/*" not in text


def test_the_words_on_the_wire_are_single_and_none_is_part_of_another():
    """So that what bars one word bars no other, and none is a theme that stands for no command."""
    words = [*_WORDS, *(theme.base for theme in THEMES)]
    assert len(set(words)) == len(words)
    assert not [(a, b) for a in _WORDS for b in _WORDS if a != b and a in b]


def test_the_dummy_has_the_form_of_the_fresh_secrets():
    item = derive(key("dummy"), 1, 0)
    assert {f.path: f.data for f in item.files}["flag"].decode().strip() == DUMMY
    assert re.fullmatch(r"flag-[0-9a-f]{32}", DUMMY)
    assert DUMMY not in item.prompt


def test_the_pools_of_names_hold_for_every_draw():
    """With the six kinds that take most names, every guard and a chain's token, names are left."""
    worst: dict[str, list[int]] = {}
    for at in range(6):
        for kind in MODULES:
            most = worst.setdefault(kind, [0, 0])
            worst[kind] = [max(pair) for pair in zip(names_of(kind, at), most, strict=True)]
    # Four names of the program's own, login 2, pairing 6, permission 1, token 3, checksum 1.
    nouns = sum(sorted(most[0] for most in worst.values())[-6:]) + 4 + 2 + 6 + 1 + 3 + 1
    # Login 6 and its table, two commands of the state, the token's.
    words = sum(sorted(most[1] for most in worst.values())[-6:]) + 7 + 2 + 1
    assert nouns <= min(len(Names(Stream(key(0), "n"), theme)._nouns) for theme in THEMES)
    assert words <= len(_WORDS)


def names_of(kind: str, at: int) -> tuple[int, int]:
    """How many nouns and how many words one module takes, constants named."""
    stream = Stream(key((kind, at)), "pools")
    names, words = Names(stream, THEMES[0]), Words(stream)
    own = replace(habits(stream), constants="define")
    before = len(names._nouns), len(words._pool)
    kit = Kit(names, own, "", "")
    MODULES[kind](Draw(kit, stream, names.scope("x"), words, "win();", "secret", "", at % 2 == 0))
    return before[0] - len(names._nouns), before[1] - len(words._pool)
