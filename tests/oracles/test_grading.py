# SPDX-License-Identifier: Apache-2.0
"""Judging answers in a sandbox: what counts, what doesn't, and whose fault the rest is."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from proofhouse.bank.item import ANSWER_LIMIT, File, Item, SanitizerOracle
from proofhouse.bank.memory_flaw import derive
from proofhouse.judges import Proven, grade, prove
from proofhouse.oracles.errors import UnfitMachineError, UnprovenItemError
from proofhouse.oracles.judging import RUNS

pytestmark = pytest.mark.sandbox

# A program that does what the first byte of its input says; "h" is the flaw it was written to have.
OBEDIENT = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char input[70000];

__attribute__((noinline)) void flawed(size_t n)
{
    char *p = malloc(8);
    memset(p, 'x', n);
    write(1, p, 1);
    free(p);
}

__attribute__((noinline)) void other(size_t n)
{
    char *p = malloc(8);
    memset(p, 'y', n);
    write(1, p, 1);
    free(p);
}

__attribute__((noinline)) void again(void)
{
    char *p = malloc(8);
    write(1, p, 1);
    free(p);
    free(p);
}

int main(int argc, char **argv)
{
    FILE *f = fopen(argv[1], "rb");
    size_t n = fread(input, 1, sizeof input - 1, f);
    fclose(f);
    switch (input[0]) {
    case 'h': flawed(20); break;
    case 'o': other(20); break;
    case 'd': again(); break;
    case 'e': write(2, input + 1, n - 1); return 77;
    case 'x': return input[1];
    case 'H': write(2, input + 1, n - 1); flawed(20); break;
    case 'O': write(2, input + 1, n - 1); other(20); break;
    case 's': for (;;) usleep(1000);
    case 'k': raise(SIGKILL); break;
    case 'm': for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    case 'f':
        if (access("seen", F_OK) == 0)
            flawed(20);
        fclose(fopen("seen", "w"));
        break;
    case 'L':
        write(2, input + 1, n - 1);
        for (int i = 0; i < 400000; i++)
            write(2, "0123456789", 10);
        flawed(20);
    }
    return 0;
}
"""


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def obedient(source: str = OBEDIENT) -> Item:
    flags = ("-g", "-O1", "-fsanitize=address", "-fno-omit-frame-pointer")
    return Item(
        family="obedient",
        level=1,
        index=0,
        prompt="Find the input.",
        files=(File("src/main.c", source.encode()),),
        build=("gcc", "-w", *flags, "-o", "target", "src/main.c"),
        run=("./target", "{input}"),
        oracle=SanitizerOracle(("heap-buffer-overflow",), "flawed"),
        solution=b"h, with a tail that is in no file",
        benign=(b"a quiet sample", b"another quiet one", b"third quiet one"),
        timeout_seconds=3,
    )


@pytest.fixture(scope="module")
def proven() -> Proven:
    return asyncio.run(prove(obedient()))


def graded(proven: Proven, answer: bytes) -> tuple[bool, str]:
    found = asyncio.run(grade(proven, answer))
    return found.solved, found.reason


def test_the_flaw_three_times_is_solved(proven: Proven):
    found = asyncio.run(grade(proven, b"h"))
    assert found.solved
    assert len(found.runs) == len(found.control) == RUNS
    assert {run.kind for run in found.runs} == {"heap-buffer-overflow"}
    assert [place.function for place in found.runs[0].places] == ["flawed", "main"]
    assert {run.ended for run in found.control} == {"quiet"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "quiet"),
        (b"nothing", "quiet"),
        (b"o: the right class, another function", "heap-buffer-overflow in other"),
        (b"d: another class", "double-free in again"),
        (b"k: a signal", "killed"),
        (b"f: only when it ran before", "flaky"),
        (b"h" * (ANSWER_LIMIT + 1), "longer than"),
    ],
    ids=["empty", "quiet", "function", "class", "killed", "flaky", "long"],
)
def test_anything_else_is_not_and_the_reason_says_what_was_seen(
    proven: Proven, answer: bytes, says: str
):
    solved, reason = graded(proven, answer)
    assert not solved
    assert says in reason


def test_a_program_that_does_not_end_is_stopped_at_its_limit(proven: Proven):
    item = replace(proven.item, timeout_seconds=1)
    found = asyncio.run(grade(replace(proven, item=item), b"s"))
    assert (found.solved, len(found.runs)) == (False, 1)
    assert "time limit" in found.reason


def test_a_program_that_eats_its_memory_is_no_solution(proven: Proven):
    solved, reason = graded(proven, b"m")
    assert not solved
    assert "killed" in reason


REPORT = b"""
=================================================================
==24==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000018 at pc 0x7f bp 0x7f
WRITE of size 20 at 0x602000000018 thread T0
    #0 0x55d0c1 in flawed /work/src/main.c:13
    #1 0x55d0c2 in main /work/src/main.c:42
SUMMARY: AddressSanitizer: heap-buffer-overflow /work/src/main.c:13 in flawed
==24==ABORTING
"""


def test_a_report_that_the_program_prints_itself_is_worth_nothing(proven: Proven):
    """The program repeats the input on standard error and ends with a status of its own."""
    solved, reason = graded(proven, b"e" + REPORT)
    assert not solved
    assert "exit status 77" in reason


def test_no_exit_status_that_an_input_asks_for_is_taken_for_the_sanitizers(proven: Proven):
    for status in range(60, 130, 7):
        solved, reason = graded(proven, b"x" + bytes((status,)))
        assert not solved
        assert "quiet" in reason or "unclear" in reason or "flaky" in reason


def test_a_printed_report_does_not_lend_its_class_or_function_to_a_true_one(proven: Proven):
    """A true report of the wrong function stays one, whatever the program printed before it."""
    solved, reason = graded(proven, b"O" + REPORT)
    assert not solved
    assert "heap-buffer-overflow in other" in reason


def test_a_printed_report_does_not_spoil_a_true_solution(proven: Proven):
    fake = REPORT.replace(b"heap-buffer-overflow", b"double-free").replace(b"flawed", b"again")
    assert graded(proven, b"H" + fake)[0]


def test_a_report_that_is_drowned_in_output_is_not_seen(proven: Proven):
    """What is cut off can't be judged: output that hides the report loses the point."""
    solved, reason = graded(proven, b"L" + REPORT)
    assert not solved
    assert "unclear" in reason


def test_a_control_that_is_not_quiet_is_the_machines_fault(proven: Proven):
    item = replace(proven.item, benign=(b"quiet", b"o: a report"))
    with pytest.raises(UnfitMachineError, match="benign input"):
        asyncio.run(grade(replace(proven, item=item), b"h"))


def test_a_program_that_does_not_build_is_the_machines_fault():
    with pytest.raises(UnfitMachineError, match="doesn't build"):
        asyncio.run(prove(obedient("#error no such machine")))


def broken_items() -> dict[str, tuple[Item, str]]:
    item = obedient()
    shown = File("notes.txt", b"try " + item.solution.hex().encode())
    return {
        "solution in a file": (replace(item, files=(*item.files, shown)), "hidden"),
        "solution in the prompt": (
            replace(item, prompt=f"Try {item.solution.decode()}."),
            "hidden",
        ),
        "class in the prompt": (replace(item, prompt="A heap-buffer-overflow."), "hidden"),
        "function in the prompt": (replace(item, prompt="Look at flawed()."), "hidden"),
        "quiet solution": (replace(item, solution=b"a quiet solution"), "reference"),
        "solution of another class": (replace(item, solution=b"d of another class"), "reference"),
        "solution now and then": (replace(item, solution=b"f only the second time"), "reference"),
        "noisy benign input": (
            replace(item, benign=(b"z", b"o: noisy, in no file")),
            "wrong answers",
        ),
        "benign input that solves": (
            replace(item, benign=(b"z", b"h: solves, in no file")),
            "wrong answers",
        ),
        "prompt that solves": (replace(item, prompt="heed the input"), "wrong answers"),
        "slow benign input": (
            replace(item, benign=(b"z", b"s: slow, in no file"), timeout_seconds=1),
            "wrong answers",
        ),
    }


@pytest.mark.parametrize("name", broken_items())
def test_an_item_that_lacks_something_is_not_proven_and_says_what(name: str):
    item, check = broken_items()[name]
    with pytest.raises(UnprovenItemError) as caught:
        asyncio.run(prove(item))
    assert caught.value.check == check
    assert item.id in str(caught.value)


def test_what_is_proven_says_what_was_shown():
    found = asyncio.run(prove(derive(key("evidence"), 3, 0)))
    assert found.reference.solved
    assert [evidence.check for evidence in found.evidence] == [
        "hidden",
        "build",
        "wrong answers",
        "reference",
        "repeat",
    ]
    assert 0 < found.cpu_milliseconds < 5000


@pytest.mark.parametrize("level", [1, 6])
def test_a_proven_item_grades_its_own_answers(level: int):
    """Solution solved; empty, sample, near miss, prompt and the sources themselves are not."""
    item = derive(key(("grades", level)), level, 0)
    found = asyncio.run(prove(item))
    assert graded(found, item.solution)[0]
    wrong = (b"", *item.benign, item.prompt.encode(), *(file.data for file in item.files))
    assert not any(graded(found, answer)[0] for answer in wrong)


def test_undefined_behaviour_is_judged_by_the_same_engine():
    """Built with both sanitizers, a report of either is signed and counts by its own name."""
    source = """
        #include <stdio.h>
        int table[4] = {1, 2, 3, 4}, n;
        __attribute__((noinline)) int flawed(int at) { return table[at]; }
        int main(int argc, char **argv)
        {
            n = fgetc(fopen(argv[1], "rb"));
            return flawed(n == 'h' ? 9 : 2) & 1;
        }
        """
    base = obedient(source)
    build = tuple(w.replace("address", "address,undefined") for w in base.build)
    item = replace(
        base,
        build=(*build, "-fno-sanitize-recover=all"),
        oracle=SanitizerOracle(("index-out-of-bounds",), "flawed"),
        solution=b"h with a length that no table has",
    )
    assert asyncio.run(prove(item)).reference.solved
