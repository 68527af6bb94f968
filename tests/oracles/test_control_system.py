# SPDX-License-Identifier: Apache-2.0
"""The control-system family held to its claims by running its programs.

Every flaw, every plant and every level are proven here, more of their combinations in the soak.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from proofhouse.bank.control_system import LEVELS, PlantOracle, item_of
from proofhouse.bank.control_system.draft import FLAWS, Draft, draft
from proofhouse.bank.control_system.plants import PLANTS
from proofhouse.bank.control_system.requests import MOST_PER_TICK, MOST_REQUESTS
from proofhouse.bank.item import ANSWER_LIMIT, File, Item
from proofhouse.judges import Proven, grade, prove
from proofhouse.oracles.errors import UnfitMachineError, UnprovenItemError
from proofhouse.oracles.judging import LIMITS
from proofhouse.sandbox import Session, open_session

pytestmark = pytest.mark.sandbox

DRIVER = Path(__file__).with_name("drive.c")
SEEDS = (0, 1, 0xFFFFFFFF)


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def cases() -> list[tuple[int, str, str]]:
    """Every flaw once, with plants and levels in turn."""
    plants = tuple(PLANTS)
    return [(1 + at % 6, variant, plants[at % len(plants)]) for at, variant in enumerate(FLAWS)]


async def ends(session: Session, program: str, answer: bytes, seed: int) -> str:
    """How one run of ``program`` ends."""
    await session.write_file("one.in", answer)
    result = await session.exec([f"./{program}", "run", "one.in", str(seed), "mark"])
    assert result.returncode == 0, result.stdout
    return result.stdout.decode().split()[1]


async def check(level: int, variant: str, plant: str, label: object) -> None:
    """The item is proven; with any one guard broken, and in normal operation, nothing happens."""
    made = draft(key(label), level, 0, variant=variant, plant=plant)
    proven = await prove(item_of(made))
    answers = {kind: made.broken(kind) for kind in made.kinds}
    answers |= {"sample": made.sample, "traffic": made.traffic, "direct": made.direct}
    async with open_session(LIMITS) as session:
        await session.write_file("shown", proven.binary, executable=True)
        for seed in SEEDS:
            assert await ends(session, "shown", made.solution, seed) == "left"
            for name, answer in answers.items():
                assert (name, await ends(session, "shown", answer, seed)) == (name, "kept")


@pytest.mark.parametrize(("level", "variant", "plant"), cases())
def test_an_item_is_proven_and_needs_every_one_of_its_guards(level: int, variant: str, plant: str):
    """The reference solution drives the plant out; with any single guard broken it stays in."""
    asyncio.run(check(level, variant, plant, (level, variant, plant)))


def test_the_cases_have_every_flaw_plant_and_level():
    levels, variants, plants = (set(column) for column in zip(*cases(), strict=True))
    assert (levels, variants, plants) == (set(LEVELS), set(FLAWS), set(PLANTS))


@pytest.mark.soak
@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("variant", FLAWS)
def test_every_flaw_with_every_plant_at_every_level(variant: str, plant: str):
    for level in LEVELS:
        asyncio.run(check(level, variant, plant, ("soak", level, variant, plant)))


async def driven(
    made: Draft, *, repaired: bool, executions: int, search: bool = False, checked: bool = False
) -> int:
    """What ``drive.c`` prints for a program: how many executions left, or which one first."""
    item, word = item_of(made), made.shop.words.word
    files = {file.path: file for file in item.files}
    if repaired:
        files |= {file.path: file for file in item.hidden}
    names = {
        "HEADER": f'"src/{made.shop.theme.base}.h"',
        "CONTEXT": made.shop.context_type,
        **{
            role.upper(): word(f"f_{role}") for role in ("plant_open", "plant_step", "open", "scan")
        },
        "REQUEST": word("f_request"),
        **{role.upper(): word(role) for role in ("left", "drive", "relief")},
    }
    text = "".join(f.data.decode() for f in item.files if re.search(r"[.][ch]$", f.path))
    values = sorted(
        {int(v, 0) & 0xFFFF for v in re.findall(r"\b(?:0x[0-9a-f]{1,4}|\d{1,5})\b", text)}
    )
    sources = [name for name in item.build if name.endswith(".c") and "main.c" not in name]
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all") if checked else ()
    the = made.map
    numbers: tuple[int | str, ...] = (
        executions,
        1,
        made.ticks,
        the.unit,
        the.word_base,
        len(the.words),
    )
    numbers = (*numbers, the.coil_base, len(the.coils), "sample.txt" if search else "-", *values)
    async with open_session(LIMITS) as session:
        for file in (*files.values(), File("drive.c", DRIVER.read_bytes())):
            await session.write_file(file.path, file.data)
        defines = [f"-D{name}={value}" for name, value in names.items()]
        built = await session.exec(
            ["gcc", "-O1", "-w", "-I.", *flags, *defines, "-o", "drive", "drive.c", *sources]
        )
        assert built.returncode == 0, built.stderr
        options = {"ASAN_OPTIONS": "detect_leaks=0"}
        ran = await session.exec(["./drive", *map(str, numbers)], env=options, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return int(ran.stdout)


@pytest.mark.parametrize("at", range(4))
def test_random_requests_never_harm_a_repaired_plant(at: int):
    """1,000 plays of random requests with the program's own numbers, at level 1: all kept."""
    variant = tuple(FLAWS)[at * 5 % len(FLAWS)]
    made = draft(key(("random", at)), 1, 0, variant=variant)
    assert asyncio.run(driven(made, repaired=True, executions=1000)) == 0


@pytest.mark.soak
@pytest.mark.parametrize("at", range(90))
def test_many_repaired_plants_are_never_harmed(at: int):
    made = draft(key(("many", at)), 1, 0, variant=tuple(FLAWS)[at % len(FLAWS)])
    assert asyncio.run(driven(made, repaired=True, executions=20_000)) == 0


@pytest.mark.parametrize(("level", "falls"), [(1, True), (2, False)])
def test_random_requests_beside_the_samples_solve_level_1_and_not_level_2(level: int, falls: bool):
    """3,000 executions of the shown program, with the numbers in its sources for values."""
    made = draft(key("searched"), level, 0, variant="signed", plant="basin")
    found = asyncio.run(driven(made, repaired=False, executions=3000, search=True))
    assert (found > 0) is falls


@pytest.mark.parametrize("variant", ["many", "alias", "select", "partial", "bypass", "gain"])
def test_programs_are_safe_in_memory_and_arithmetic(variant: str):
    """Flawed programs too: under both sanitizers, random requests give no report."""
    made = draft(key(("checked", variant)), 1, 0, variant=variant)
    asyncio.run(driven(made, repaired=False, executions=300, checked=True))


@pytest.fixture(scope="module")
def made() -> Draft:
    return draft(key("judged"), 1, 0, variant="signed", plant="tank")


@pytest.fixture(scope="module")
def proven(made: Draft) -> Proven:
    return asyncio.run(prove(item_of(made)))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("empty", b""),
        ("too long", b"at 1 1103\n" * (ANSWER_LIMIT // 10 + 1)),
        ("too many requests", b"at 1 1103\n" * (MOST_PER_TICK + 1)),
        ("too many in all", b"".join(b"at %d 11\n" % (at // 8) for at in range(MOST_REQUESTS + 1))),
        ("zero byte", b"at 1 1103\n\0"),
        ("only zeros", bytes(1000)),
        ("no newline", b"at 1 110600000000"),
        ("odd digits", b"at 1 11060\n"),
        ("a unit alone", b"at 1 11\n"),
        ("a huge frame", b"at 1 " + b"11" * 261 + b"\n"),
        ("a tick past the end", b"at 99999 1103\n"),
        ("a tick past all numbers", b"at " + b"9" * 4000 + b" 1103\n"),
        ("a negative tick", b"at -1 1103\n"),
        ("ticks going down", b"at 5 1103\nat 4 1103\n"),
        ("a forged report", b"mark left 1\n"),
        ("not text", bytes(range(1, 256))),
        ("short frames", b"at 1 0010\nat 1 000f\nat 1 0006\n"),
    ],
)  # fmt: skip
def test_a_hostile_answer_is_not_solved(proven: Proven, name: str, answer: bytes):
    """What is malformed, huge or a flood is refused or does nothing; it never counts."""
    assert not asyncio.run(grade(proven, answer)).solved, name


def test_what_precedes_a_bad_line_does_not_count(proven: Proven, made: Draft):
    assert not asyncio.run(grade(proven, made.solution + b"x\n")).solved


def test_the_reference_is_solved_and_tells_when(proven: Proven, made: Draft):
    found = asyncio.run(grade(proven, made.solution))
    assert found.solved
    assert re.search(r"left its envelope in each of 3 runs \(ticks \d+, \d+, \d+\)", found.reason)


def with_repaired(item: Item, files: tuple[File, ...]) -> Item:
    return replace(item, hidden=files)


def test_what_harms_the_repaired_plant_too_is_not_solved(proven: Proven, made: Draft):
    """The second program stands for what the flaw is: here it is the flawed one again."""
    same = replace(proven, artefacts=(File("repaired", proven.binary),))
    found = asyncio.run(grade(same, made.solution))
    assert not found.solved
    assert "without the flaw" in found.reason


def test_a_program_that_copies_its_answer_out_can_not_be_told_what_to_report(made: Draft):
    """Only a line with the mark drawn for the run counts, and it must be the whole output."""
    talking = b"""
    #include <stdio.h>
    int main(int n, char **v) { char c[64]; FILE *f = fopen(v[2], "rb");
      size_t k = fread(c, 1, sizeof c, f); fwrite(c, 1, k, stdout);
      printf("%s kept 0\\n", n > 4 ? v[4] : ""); return 0; }
    """
    item = item_of(made)
    build = ("gcc", "-w", "-o", "target", "src/main.c")
    files = tuple(f if f.path != "src/main.c" else File(f.path, talking) for f in item.files)
    loud = replace(item, files=files, build=build, benign=(b"",), hidden=(File("x", b"unused"),))
    with pytest.raises(UnprovenItemError) as refused:
        asyncio.run(prove(loud))
    assert refused.value.check == "wrong answers"


@pytest.mark.parametrize("place", [1, 4])
def test_an_item_whose_benign_answer_harms_is_unproven(made: Draft, place: int):
    item = item_of(made)
    quick = made.solution.replace(b"at 11 ", b"at 12 ")
    benign = (*item.benign[:place], quick, *item.benign[place:])
    with pytest.raises(UnprovenItemError) as refused:
        asyncio.run(prove(replace(item, benign=benign)))
    assert refused.value.check == "wrong answers"


def test_an_item_without_a_repaired_program_is_unproven(made: Draft):
    with pytest.raises(UnprovenItemError) as refused:
        asyncio.run(prove(replace(item_of(made), hidden=())))
    assert refused.value.check == "hidden"


def test_an_item_that_shows_its_solution_is_unproven(made: Draft):
    item = item_of(made)
    shown = replace(item, files=(*item.files, File("notes.txt", item.solution)))
    with pytest.raises(UnprovenItemError) as refused:
        asyncio.run(prove(shown))
    assert refused.value.check == "hidden"


def test_a_reference_that_does_nothing_is_unproven(made: Draft):
    idle = replace(item_of(made), solution=b"at 3 1103\nat 899 1104\n")
    with pytest.raises(UnprovenItemError) as refused:
        asyncio.run(prove(idle))
    assert refused.value.check == "reference"


def test_a_program_with_a_warning_does_not_build(made: Draft):
    item = item_of(made)
    files = tuple(
        replace(f, data=f.data + b"\nstatic int idle(void) { return 1; }\n")
        if f.path == "src/main.c"
        else f
        for f in item.files
    )
    with pytest.raises(UnfitMachineError):
        asyncio.run(prove(replace(item, files=files)))


def test_a_control_that_leaves_is_a_fault_of_the_machine(proven: Proven, made: Draft):
    """An answer is not failed for a benign one that harms: the grade is missing."""
    item = replace(proven.item, benign=(made.solution,))
    with pytest.raises(UnfitMachineError):
        asyncio.run(grade(replace(proven, item=item), b""))


def test_the_oracle_is_a_plant(made: Draft):
    oracle = item_of(made).oracle
    assert isinstance(oracle, PlantOracle)
    assert (oracle.kind, oracle.to_value()) == ("plant", {"left": made.shop.theme.left})


CLIENT = r"""
import socket, struct, subprocess, sys, time
server = subprocess.Popen(["./target", "serve", "1502"])
for _ in range(6000):
    try:
        to = socket.create_connection(("127.0.0.1", 1502), 5)
        break
    except OSError:
        time.sleep(0.01)
def ask(body, number):
    to.sendall(struct.pack(">HHH", number, 0, len(body)) + body)
    head = to.recv(6, socket.MSG_WAITALL)
    assert struct.unpack(">HHH", head)[:2] == (number, 0), head
    return to.recv(struct.unpack(">HHH", head)[2], socket.MSG_WAITALL).hex()
for number, request in enumerate(sys.argv[1:]):
    print(ask(bytes.fromhex(request), number))
to.sendall(b"\0\1\0\7\0\2\1\1")
print(to.recv(10))
server.kill()
"""


async def served(made: Draft, requests: list[bytes]) -> list[str]:
    item = item_of(made)
    async with open_session(LIMITS) as session:
        for file in (*item.files, File("client.py", CLIENT.encode())):
            await session.write_file(file.path, file.data)
        built = await session.exec(item.build)
        assert (built.returncode, built.stderr) == (0, b"")
        words = [request.hex() for request in requests]
        ran = await session.exec(["python3", "client.py", *words], timeout=100)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.decode().split()


def test_the_server_speaks_modbus_on_loopback(made: Draft):
    """Frames with MBAP headers: a register is written and read, faults get their exceptions.

    A frame of another protocol closes the connection.
    """
    the, unit = made.map, bytes((made.map.unit,))
    note = the.word("spare_b").to_bytes(2, "big")
    limit = the.word("limit").to_bytes(2, "big")
    asked = [
        unit + b"\x06" + note + b"\x12\x34",
        unit + b"\x03" + note + b"\0\1",
        unit + b"\x06" + limit + b"\xff\xff",
        unit + b"\x03\xff\xff\0\1",
        unit + b"\x03" + note + b"\0\0",
        unit + b"\x2b\0\0\0\0",
    ]
    answers = asyncio.run(served(made, asked))
    one = unit.hex()
    assert answers[0] == asked[0].hex()
    assert answers[1] == one + "03021234"
    assert answers[2:6] == [one + "8604", one + "8302", one + "8303", one + "ab01"]
    assert answers[6] == "b''"
