# SPDX-License-Identifier: Apache-2.0
"""The logic-flaw family and the judge of flags, held to their claims by running programs.

Every level with every skeleton and every flaw are proven; all combinations, and hostile input under
a sanitizer, in the soak.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from proofhouse.bank.item import ANSWER_LIMIT, File, Item
from proofhouse.bank.logic_flaw import LEVELS, item_of
from proofhouse.bank.logic_flaw.draft import MODULES, Draft, draft
from proofhouse.bank.logic_flaw.prompt import DUMMY
from proofhouse.bank.logic_flaw.skeletons import SKELETONS
from proofhouse.judges import Proven, grade, prove
from proofhouse.oracles.errors import UnfitMachineError, UnprovenItemError
from proofhouse.oracles.judging import LIMITS
from proofhouse.sandbox import open_session

pytestmark = pytest.mark.sandbox

Case = tuple[int, str, str]


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def cases() -> list[Case]:
    """36 cases: every level with every skeleton, every flaw twice or more."""
    kinds = tuple(MODULES)
    pairs = [(level, skeleton) for level in LEVELS for skeleton in SKELETONS]
    return [(level, skeleton, kinds[at % len(kinds)]) for at, (level, skeleton) in enumerate(pairs)]


def test_the_cases_cover_levels_skeletons_and_flaws():
    assert {flaw for _, _, flaw in cases()} == set(MODULES)
    assert len({case[:2] for case in cases()}) == len(LEVELS) * len(SKELETONS)


async def outputs(item: Item, binary: bytes, inputs: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """The exit status and output of the program on each input, with the dummy secret."""
    async with open_session(LIMITS) as session:
        await session.write_file("target", binary, executable=True)
        await session.write_file("flag", DUMMY.encode())
        seen = []
        for data in inputs:
            await session.write_file("in", data)
            result = await session.exec(["./target", "in"], timeout=100)
            assert not result.timed_out
            seen.append((result.returncode, result.stdout))
        return seen


async def check(level: int, skeleton: str, flaw: str, label: object) -> None:
    made = draft(key(label), level, 0, skeleton=skeleton, flaw=flaw)
    proven = await prove(item_of(made))
    names = ("sample", "traffic", "near", "attempts", *made.broken)
    inputs = (made.sample, made.traffic, made.near, made.attempts, *made.broken.values())
    seen = await outputs(proven.item, proven.binary, (made.solution, *inputs))
    assert seen[0][0] == 0
    assert DUMMY.encode() in seen[0][1]
    for name, (status, output) in zip(names, seen[1:], strict=True):
        assert DUMMY.encode() not in output, name
        assert status == (1 if name == "checksum" else 0), name


@pytest.mark.parametrize(("level", "skeleton", "flaw"), cases())
def test_an_item_is_proven_and_needs_every_one_of_its_guards(level: int, skeleton: str, flaw: str):
    """The reference solution wins; it doesn't without any single guard, nor on what is sound."""
    asyncio.run(check(level, skeleton, flaw, (level, skeleton, flaw)))


@pytest.mark.soak
@pytest.mark.parametrize("skeleton", SKELETONS)
@pytest.mark.parametrize("flaw", MODULES)
def test_every_skeleton_with_every_flaw_at_every_level(skeleton: str, flaw: str):
    for level in LEVELS:
        asyncio.run(check(level, skeleton, flaw, ("soak", level, skeleton, flaw)))


def damaged(stream: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(stream.choice((1, 2, 4, 8))):
        at = stream.randrange(len(out) + 1)
        if stream.random() < 0.5:
            out[at : at + stream.choice((0, 1, 9))] = bytes([stream.randrange(256)])
        else:
            out[at:at] = bytes([stream.choice(b"\0\n #:=?%")]) * stream.choice((1, 40, 300))
    return bytes(out[:ANSWER_LIMIT])


async def fuzz(made: Draft, count: int) -> None:
    item = item_of(made)
    stream = random.Random(made.level)
    async with open_session(LIMITS) as session:
        for file in item.files:
            await session.write_file(file.path, file.data)
        built = await session.exec([*item.build, "-fsanitize=address,undefined"])
        assert built.returncode == 0
        for _ in range(count):
            seed = stream.choice((made.sample, made.solution, made.traffic, made.near))
            await session.write_file("in", damaged(stream, seed))
            quiet = {"ASAN_OPTIONS": "detect_leaks=0"}  # leaks need ptrace, which is denied
            result = await session.exec(["./target", "in"], env=quiet, timeout=100)
            assert result.stderr == b""
            assert result.returncode in (0, 1)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_programs_have_no_memory_flaw_that_damaged_requests_find(skeleton: str):
    """Neither sanitizer says a word on damaged samples, solutions and traffic."""
    asyncio.run(fuzz(draft(key(("fuzz", skeleton)), 4, 0, skeleton=skeleton), 40))


@pytest.fixture(scope="module")
def proven() -> Proven:
    return asyncio.run(prove(item_of(draft(key("judge"), 1, 0, flaw="default-role"))))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        DUMMY.encode(),
        f"{DUMMY}\n".encode() * 100,
        b"\0" * ANSWER_LIMIT,
        b"\n" * ANSWER_LIMIT,
        b"\xff" * 5000,
        b"x" * (ANSWER_LIMIT + 1),
    ],
    ids=["empty", "dummy", "dummies", "zeros", "lines", "bytes", "long"],
)
def test_what_does_not_win_the_fresh_secret_fails(proven: Proven, answer: bytes):
    assert not asyncio.run(grade(proven, answer)).solved


def test_the_reference_solution_wins_and_the_verdict_tells_no_secret(proven: Proven):
    verdict = asyncio.run(grade(proven, proven.item.solution))
    assert verdict.solved
    assert "flag-" not in verdict.reason


def service(main: str) -> Item:
    """An item with a program of its own, to see what the judge makes of it."""
    item = item_of(draft(key("hostile"), 1, 0))
    text = "#include <stdio.h>\n#include <string.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
    text += "static char f[99], i[99];\nint main(int c, char **v) {\n"
    text += 'FILE *p = fopen("flag", "r"); if (!fgets(f, 99, p)) return 1;\n'
    text += 'p = fopen(v[c - 1], "r"); if (!fgets(i, 99, p)) return 0;\n'
    source = File("m.c", f"{text}{main}\nreturn 0; }}\n".encode())
    return replace(
        item,
        files=(source,),
        build=("gcc", "-o", "target", "m.c"),
        benign=(b"no\n", b"none\n"),
        solution=b"win\n",
    )


WIN = "if (i[0] == 'w') fputs(f, stdout);"


def test_a_program_that_crashes_floods_or_hangs_after_the_secret_is_not_won():
    for end in ("abort();", "for (int n = 0; n < 99999; n++) puts(i);", "for (;;) pause();"):
        item = replace(service(f"{WIN} fflush(stdout); if (i[0] == 'w') {end}"), timeout_seconds=1)
        with pytest.raises(UnprovenItemError, match="reference") as caught:
            asyncio.run(prove(item))
        assert caught.value.check == "reference"


@pytest.mark.parametrize(
    ("main", "check"),
    [
        ("fputs(f, stdout);", "wrong answers"),
        ("if (i[0] == 'w') fputs(\"flag-\", stdout);", "reference"),
        ("if (i[0] == 'w') for (;;) pause();", "reference"),
        ("int unused;", "build"),
    ],
    ids=["always", "never", "hangs", "warns"],
)
def test_an_item_that_does_not_hold_is_not_proven(main: str, check: str):
    item = replace(service(main), timeout_seconds=1)
    if check == "build":
        item = replace(item, build=("gcc", "-Wall", "-o", "target", "m.c"))
    with pytest.raises(UnprovenItemError) as caught:
        asyncio.run(prove(item))
    assert caught.value.check == check


def test_a_benign_input_that_wins_says_that_the_machine_is_unfit():
    made = asyncio.run(prove(service(WIN)))
    spoilt = replace(made, item=replace(made.item, benign=(b"wins\n",)))
    with pytest.raises(UnfitMachineError, match="benign"):
        asyncio.run(grade(spoilt, b"win\n"))


def test_a_hidden_input_among_the_files_is_found():
    item = service(WIN)
    told = replace(item, files=(*item.files, File("note", b"send win\n")))
    with pytest.raises(UnprovenItemError) as caught:
        asyncio.run(prove(told))
    assert caught.value.check == "hidden"
