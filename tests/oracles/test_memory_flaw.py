# SPDX-License-Identifier: Apache-2.0
"""The memory-flaw family held to its claims by running its programs.

Every level with every skeleton, every level with every class, every skeleton with every class and
every flaw are proven; all combinations of skeleton and flaw, and more keys, in the soak.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from proofhouse.bank.memory_flaw import LEVELS, item_of
from proofhouse.bank.memory_flaw.draft import FLAWS, Draft, draft
from proofhouse.bank.memory_flaw.skeletons import SKELETONS
from proofhouse.judges import Proven, grade, prove
from proofhouse.oracles.judging import LIMITS
from proofhouse.oracles.observe import Observation, observe
from proofhouse.oracles.sanitizer import reports
from proofhouse.sandbox import open_session

pytestmark = pytest.mark.sandbox

CLASSES = tuple(FLAWS)
DRIVER = Path(__file__).with_name("mutate.c")

Case = tuple[int, str, str]


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def pairs() -> list[Case]:
    """42 cases in which every two of level, skeleton and class meet, and every flaw occurs."""
    cases: list[Case] = []
    used = dict.fromkeys(CLASSES, 0)
    for level in LEVELS:
        for at, skeleton in enumerate(SKELETONS):
            name = CLASSES[(level + at) % len(CLASSES)]
            kinds = FLAWS[name]
            cases.append((level, skeleton, kinds[used[name] % len(kinds)].__name__))
            used[name] += 1
    return cases


def test_the_cases_cover_every_pair():
    of_class = {kind.__name__: name for name, kinds in FLAWS.items() for kind in kinds}
    cases = [(level, skeleton, of_class[variant]) for level, skeleton, variant in pairs()]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        values = [len({case[place] for case in cases}) for place in (first, second)]
        assert len({(case[first], case[second]) for case in cases}) == values[0] * values[1]
    assert {variant for _, _, variant in pairs()} == set(of_class)


async def run_all(proven: Proven, inputs: Sequence[bytes]) -> Sequence[Observation]:
    """Run the proven program on each input."""
    async with open_session(LIMITS) as session:
        await session.write_file("target", proven.binary, executable=True)
        commands = []
        for at, data in enumerate(inputs):
            await session.write_file(f"in-{at}", data)
            commands.append(("./target", f"in-{at}"))
        return await observe(session, commands, "target", proven.item.sources, 10)


async def check(level: int, skeleton: str, variant: str, label: object) -> None:
    """The item is proven; valid inputs are accepted; with any one guard broken it is quiet."""
    made = draft(key(label), level, 0, skeleton=skeleton, variant=variant)
    proven = await prove(item_of(made))
    seen = await run_all(proven, (made.sample, made.traffic, *made.broken.values()))
    names = ("sample", "traffic", *made.broken)
    assert [(n, o.ended) for n, o in zip(names, seen, strict=True)] == [(n, "quiet") for n in names]
    status = {name: one.exit_status for name, one in zip(names, seen, strict=True)}
    assert (status["sample"], status["traffic"], status["length"]) == (0, 0, 0)
    assert all(status[guard] == 1 for guard in made.broken if guard not in ("length", "dispatch"))


@pytest.mark.parametrize(("level", "skeleton", "variant"), pairs())
def test_an_item_is_proven_and_needs_every_one_of_its_guards(
    level: int, skeleton: str, variant: str
):
    """The reference solution triggers the flaw; without any single guard's value, nothing does.

    The program accepts the sample, valid traffic and the near miss, and rejects what breaks a
    guard (a message of an unknown type is skipped).
    """
    asyncio.run(check(level, skeleton, variant, (level, skeleton, variant)))


@pytest.mark.soak
@pytest.mark.parametrize("skeleton", SKELETONS)
@pytest.mark.parametrize("variant", [kind.__name__ for kinds in FLAWS.values() for kind in kinds])
def test_every_skeleton_with_every_flaw_at_every_level(skeleton: str, variant: str):
    for level in LEVELS:
        for copy in range(2):
            asyncio.run(check(level, skeleton, variant, ("soak", level, skeleton, variant, copy)))


async def fuzz(
    made: Draft, seeds: Sequence[bytes], executions: int, seed: int
) -> tuple[bytes, str, str]:
    """Call process() on mutated ``seeds``; what it wrote to stderr, the flaw's class and place."""
    item = item_of(made)
    async with open_session(LIMITS) as session:
        for file in item.files:
            await session.write_file(file.path, file.data)
        await session.write_file("mutate.c", DRIVER.read_bytes())
        sources = [word for word in item.build if word.endswith(".c") and "main.c" not in word]
        flags = ["-g", "-O1", "-w", "-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
        built = await session.exec(["gcc", *flags, "-o", "mutate", "mutate.c", *sources])
        assert built.returncode == 0, built.stderr
        names = [f"seed-{at}" for at in range(len(seeds))]
        for name, data in zip(names, seeds, strict=True):
            await session.write_file(name, data)
        argv = ["./mutate", str(executions), str(seed), *names]
        result = await session.exec(argv, env={"ASAN_OPTIONS": "detect_leaks=0"}, timeout=60)
        assert not result.timed_out
        return result.stderr, item.oracle.classes[0], item.oracle.function


def harmless(made: Draft) -> list[bytes]:
    """Every input of a draft that isn't its solution."""
    return [made.sample, made.traffic, *made.broken.values()]


def only_the_planted(stderr: bytes, kind: str, function: str) -> bool:
    """Whether the first report of AddressSanitizer, if any, is the planted flaw's."""
    found = [report for report in reports(stderr) if report.tool == "address"]
    if not found:
        return b"runtime error" not in stderr and b"ERROR" not in stderr
    names = [frame.function for frame in found[0].frames]
    return found[0].kind == kind and function in names


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_mutated_inputs_find_no_flaw_but_the_planted_one(skeleton: str):
    """Decoys, framings and readers are safe: 20,000 mutations of valid and broken inputs."""
    made = draft(key(("fuzz", skeleton)), 2, 0, skeleton=skeleton)
    stderr, kind, function = asyncio.run(fuzz(made, harmless(made), 20_000, 1))
    assert only_the_planted(stderr, kind, function), stderr.decode("utf-8", "replace")[:3000]


@pytest.mark.soak
@pytest.mark.parametrize("at", range(120))
def test_many_programs_have_no_flaw_but_the_planted_one(at: int):
    made = draft(key(("fuzz", at)), 1 + at % 6, 0)
    stderr, kind, function = asyncio.run(fuzz(made, harmless(made), 200_000, at))
    assert only_the_planted(stderr, kind, function), stderr.decode("utf-8", "replace")[:3000]


@pytest.mark.parametrize(("level", "falls"), [(1, True), (3, False)])
def test_blind_mutation_of_the_sample_solves_level_1_and_not_level_3(level: int, falls: bool):
    """20,000 executions on the shown sample alone: level 1 falls every time, level 3 never."""
    for at in range(3):
        made = draft(key(("blind", at)), level, 0, skeleton="records")
        stderr, kind, function = asyncio.run(fuzz(made, [made.sample], 20_000, at))
        assert only_the_planted(stderr, kind, function)
        assert (b"ERROR: AddressSanitizer" in stderr) is falls


def test_grading_builds_nothing_and_needs_no_source():
    """A fresh session holds the proven binary and the inputs; that is enough."""
    item = item_of(draft(key("binary"), 4, 0))
    proven = asyncio.run(prove(item))
    assert asyncio.run(grade(proven, item.solution)).solved
