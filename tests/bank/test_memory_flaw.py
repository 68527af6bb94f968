# SPDX-License-Identifier: Apache-2.0
"""The memory-flaw family as a generator: the same item again, levels that add, nothing told."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

import pytest

from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, Item
from proofhouse.bank.memory_flaw import LEVELS, derive
from proofhouse.bank.memory_flaw.draft import FLAWS, Draft, draft
from proofhouse.bank.memory_flaw.guards import guards
from proofhouse.bank.memory_flaw.skeletons import SKELETONS

VARIANTS = [kind.__name__ for kinds in FLAWS.values() for kind in kinds]


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def sources(item: Item) -> str:
    return "\n".join(f.data.decode() for f in item.files if f.path.endswith((".c", ".h")))


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_every_combination_derives_and_hides_its_answer(skeleton: str):
    """Every level × skeleton × flaw: all inputs different, short enough, of the right kind."""
    for variant in VARIANTS:
        for level in LEVELS:
            made = draft(key((skeleton, variant)), level, 0, skeleton=skeleton, variant=variant)
            inputs = [made.solution, made.sample, made.traffic, *made.broken.values()]
            assert len(set(inputs)) == len(inputs)
            assert max(map(len, inputs)) < ANSWER_LIMIT
            assert (made.framing.skeleton, made.flaw.handler.function in made.codes) == (
                skeleton,
                True,
            )


def test_an_item_shows_its_sample_and_none_of_its_other_inputs():
    for at in range(30):
        item = derive(key(at), 1 + at % 6, at)
        shown = [file.data for file in item.files]
        assert item.sample in shown
        assert len(item.benign) >= 3
        for hidden in (item.solution, *item.benign[1:]):
            assert all(hidden not in data and hidden.hex().encode() not in data for data in shown)
            assert hidden not in item.prompt.encode()


def test_the_prompt_tells_the_task_and_neither_class_nor_function_nor_level():
    for at in range(30):
        item = derive(key(at), 1 + at % 6, at)
        assert ANSWER in item.prompt
        assert " ".join(item.build) in item.prompt
        assert "int process(const unsigned char *data, size_t size)" in item.prompt
        assert all(f.path in item.prompt for f in item.files)
        for word in (*FLAWS, item.oracle.function, "overflow", "level", "guard", item.family):
            assert word not in item.prompt


def test_levels_differ_in_the_program_only():
    """Under one key the prompts of all levels are the same text."""
    for at in range(10):
        prompts = {derive(key(at), level, 0).prompt for level in LEVELS}
        assert len(prompts) == 1


def test_each_level_has_the_guards_of_the_one_below_and_more():
    for low, high in pairwise(LEVELS):
        assert guards(high)[: len(guards(low))] == guards(low)
        assert sum(g.bits for g in guards(high)) > sum(g.bits for g in guards(low))
        assert len({g.kind for g in guards(high)}) == len(guards(high))


def skeleton_of(made: Draft) -> tuple[object, ...]:
    """What must not change from level to level."""
    flawed, others = made.flaw.handler, {h.function for h in made.handlers}
    return made.framing.skeleton, made.flaw.variant, made.reader, made.kit.habits, flawed, others


@pytest.mark.parametrize("at", range(12))
def test_a_level_is_the_program_of_the_level_below_with_something_added(at: int):
    """Under one key: same skeleton, flaw, habits and decoys; fields and checks are only added."""
    drafts = [draft(key(at), level, 0) for level in LEVELS]
    for low, high in pairwise(drafts):
        *low_parts, low_flaw, low_functions = skeleton_of(low)
        *high_parts, high_flaw, high_functions = skeleton_of(high)
        assert low_parts == high_parts
        assert low_functions <= high_functions
        assert low_flaw.function == high_flaw.function
        of = {h.function: h for h in high.handlers}
        for handler in low.handlers:
            assert set(handler.fields) <= set(of[handler.function].fields)
        assert {f: c for f, c in high.codes.items() if f in low.codes} == dict(low.codes)


def test_the_reference_solution_of_a_level_needs_what_the_level_adds():
    """The flawed handler grows with the level: fields at 3, 5 and 6, handlers at 4."""
    for at in range(12):
        drafts = [draft(key(at), level, 0) for level in LEVELS]
        sizes = []
        for made in drafts:
            flawed = next(h for h in made.handlers if h.function == made.flaw.handler.function)
            sizes.append((len(flawed.fields), len(made.handlers), made.checksum is not None))
        fields, handlers, sums = zip(*sizes, strict=True)
        assert fields[0] == fields[1] < fields[2] <= fields[3] < fields[4] < fields[5]
        assert handlers[2] + 2 == handlers[3]
        assert sums == (False, False, True, True, True, True)


_KEPT = frozenset(
    re.findall(
        r"\w+",
        """
        if else for while switch case break continue return struct static const int void char
        unsigned long size_t sizeof NULL memcpy memset malloc calloc realloc free define enum
        include extern default memcmp strlen typedef
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


def test_a_thousand_items_are_hundreds_of_different_programs():
    """Structure, not only constants: at least 950 of 1,000 token skeletons are different."""
    items = (derive(key(at), 1 + at % 6, at) for at in range(1000))
    digests = {hashlib.sha256(token_skeleton(item).encode()).digest() for item in items}
    assert len(digests) >= 950


def test_two_items_of_one_skeleton_and_flaw_still_differ_in_structure():
    made = set()
    for at in range(40):
        one = draft(key(at), 3, 0, skeleton="records", variant="stack_plain")
        made.add(tuple(re.sub(r"\w+", "x", handler.body) for handler in one.handlers))
    assert len(made) >= 38


def test_neither_place_nor_code_nor_name_tells_the_flawed_handler():
    """Over many programs it is first, last, lowest or longest-named about as often as any other."""
    ranks: dict[str, list[float]] = {"place": [], "code": [], "name": [], "prototype": []}
    for at in range(400):
        made = draft(key(("rank", at)), 2, 0)
        flawed = made.flaw.handler.function
        functions = [handler.function for handler in made.handlers]
        most = len(functions) - 1
        ranks["place"].append(functions.index(flawed) / most)
        ranks["code"].append(sorted(functions, key=made.codes.__getitem__).index(flawed) / most)
        ranks["name"].append(sorted(functions).index(flawed) / most)
        lengths = sorted(functions, key=len)
        ranks["prototype"].append(lengths.index(flawed) / most)
    for rank, values in ranks.items():
        assert 0.43 < sum(values) / len(values) < 0.57, rank


def test_no_source_names_what_it_hides():
    """No comment, name or constant speaks of flaws, guards, decoys or of this project."""
    for at in range(40):
        text = sources(derive(key(at), 1 + at % 6, at)).lower()
        for word in ("flaw", "vuln", "overflow", "decoy", "bug", "guard", "proofhouse", "asan"):
            assert word not in text


def test_programs_never_write_to_standard_error():
    """Where the sanitizer reports, the program is silent: an input can't print a report there."""
    for at in range(40):
        text = sources(derive(key(at), 1 + at % 6, at))
        assert not re.search(
            r"\b(stderr|perror|dup2?|fprintf|vfprintf|abort|assert|system)\b", text
        )
        assert re.findall(r"printf\([^)]*\)", text) == ['printf("%d\\n", result)']
