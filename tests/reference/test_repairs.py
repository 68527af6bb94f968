# SPDX-License-Identifier: Apache-2.0
"""Candidate repairs: what the templates make of C text, and that the strengths order them."""

from __future__ import annotations

import subprocess

import pytest

from proofhouse_reference import repairs
from proofhouse_reference.kinds import patching, recognise_task
from proofhouse_reference.kinds.work import Run, Say, Step, Work
from proofhouse_reference.repairs import Sources
from proofhouse_reference.strengths import STRENGTHS

PROGRAM = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_ROOM 12

struct book {
    unsigned char *note;
};

static int take(struct book *b, const unsigned char *data, size_t n)
{
    unsigned char part[PART_ROOM];

    if (n > PART_ROOM)
        return -1;
    memcpy(part, data, n);
    part[n] = 0;
    return (int)strlen((char *)part) + (b->note != NULL);
}

int main(int argc, char **argv)
{
    static unsigned char data[64];
    struct book b = {NULL};
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    int result;

    if (!file)
        return 2;
    result = take(&b, data, fread(data, 1, sizeof data, file));
    fclose(file);
    free(b.note);
    printf("%d\\n", result);
    return result < 0;
}
"""
SHARED = """\
int put(unsigned char *to, size_t count)
{
    if (count > 40)
        return -1;
    for (size_t i = 0; i < count; i++)
        to[i + 3] = 7;
    return 0;
}

int first(struct box *b, size_t many)
{
    unsigned char small[20];

    if (put(small, many))
        return -1;
    return small[3];
}

int second(struct box *b, size_t much)
{
    if (put(b->big, much)) {
        free(b->note);
        return -1;
    }
    return 0;
}
"""
HEADER = "struct box {\n    unsigned char *note;\n    unsigned char big[BIG_ROOM];\n};\n"
REPORT = "ERROR: AddressSanitizer: stack-buffer-overflow\n    #0 take\n"


def lines(sources, candidate):
    """The lines that a candidate puts in."""
    return [line for edit in candidate for line in edit.lines]


def test_a_bound_comes_from_what_an_access_needs_and_the_room_there_is():
    """A final zero needs one more than the count, which the function's own check learns."""
    sources = Sources([("part.c", PROGRAM)])
    found = [c for c in repairs.extents_here(sources, sources.functions[:1]) if c]
    assert [lines(sources, c) for c in found] == [
        ["    if ((size_t)n > PART_ROOM || (size_t)n + 1 > PART_ROOM || (n > PART_ROOM))"]
    ]


def test_a_shared_function_is_bounded_at_each_call_by_the_room_of_its_caller():
    """Each call gets the callee's need in its own arguments, against its own place's size."""
    sources = Sources([("box.c", SHARED), ("box.h", HEADER)])
    (found,) = [c for c in repairs.extents_at_calls(sources, sources.functions[:1]) if c]
    assert lines(sources, found) == [
        "    if ((many ? ((size_t)many - 1) + 3 + 1 : 0) > 20 || (put(small, many)))",
        "    if ((much ? ((size_t)much - 1) + 3 + 1 : 0) > BIG_ROOM || (put(b->big, much))) {",
    ]


def test_the_size_of_a_place_is_that_of_its_declaration():
    """An element that is set is no declaration, wherever it stands."""
    text = "int set(int k)\n{\n    many[k] = 1;\n    return many[k];\n}\n\nstatic int many[MOST];\n"
    sources = Sources([("set.c", text)])
    assert sources.size("many", sources.functions[0]) == "MOST"


def test_a_member_is_cleared_after_its_free_unless_that_is_done():
    """A free of a member gets a NULL after it; one that is set at once is left."""
    text = (
        "void end(struct box *b)\n{\n    free(b->note);\n    b->note = NULL;\n    free(b->x);\n}\n"
    )
    sources = Sources([("box.c", text)])
    assert [lines(sources, c) for c in repairs.clearings(sources)] == [
        ["    free(b->x);", "    b->x = NULL;"]
    ]


def test_lifetimes_fetch_choose_keep_and_clear():
    """A pointer is fetched anew, an arm chosen, a free taken out: each a candidate of its own."""
    text = (
        "int grow(char **slot, int n)\n{\n    char *head = *slot;\n\n    free(*slot);\n"
        "    *slot = calloc(1, 9);\n    *slot = n > 3 ? head : NULL;\n    return 0;\n}\n"
    )
    sources = Sources([("grow.c", text)])
    made = [lines(sources, c) for c in repairs.lifetimes(sources, sources.functions)]
    assert ["    *slot = calloc(1, 9);", "    head = *slot;"] in made
    assert ["    *slot = NULL;"] in made
    assert [] in made


def test_a_diff_fits_the_sources(tmp_path):
    """What ``unified`` writes is a diff that the sources take, and makes the edited text."""
    sources = Sources([("src/box.c", SHARED), ("src/box.h", HEADER)])
    (found,) = [c for c in repairs.extents_at_calls(sources, sources.functions[:1]) if c]
    (tmp_path / "src").mkdir()
    (tmp_path / "src/box.c").write_text(SHARED)
    subprocess.run(
        ["patch", "-p1", "-F0"],
        input=repairs.unified(sources, found).encode(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    wanted = "\n".join(repairs.edited(sources, found)["src/box.c"]) + "\n"
    assert (tmp_path / "src/box.c").read_text() == wanted


@pytest.mark.parametrize("strength", tuple(STRENGTHS))
def test_candidates_stay_within_the_budget_and_none_comes_twice(strength):
    """A strength tries what its tools make of the sources, at most as often as its budget says."""
    sources = Sources([("part.c", PROGRAM)])
    found = patching.candidates(sources, STRENGTHS[strength], REPORT, REPORT)
    assert len(set(found)) == len(found) <= patching.BUILDS[strength]


def test_a_report_without_a_number_leaves_the_weakest_without_a_candidate():
    """The weakest has the report's bound and nothing else."""
    sources = Sources([("part.c", PROGRAM)])
    weak = STRENGTHS["weak"]
    assert patching.candidates(sources, weak, REPORT, REPORT) == ()
    assert patching.candidates(sources, weak, REPORT + "length up to 11.", REPORT)


@pytest.fixture
def task(tmp_path):
    """A program to repair, laid out in a folder; gives its folder and its prompt."""
    folder = tmp_path / "task"
    (folder / "src").mkdir(parents=True)
    (folder / "src/part.c").write_text(PROGRAM)
    (folder / "report.txt").write_text("./target proof.bin ends with:\n" + REPORT)
    (folder / "proof.bin").write_bytes(b"abcdefghijkl")
    (folder / "good.bin").write_bytes(b"abcdefghijk")
    prompt = (
        f"{folder}/report.txt tells of a flaw that {folder}/proof.bin shows. Write a patch, as a "
        f"unified diff, to {folder}/answer.\n"
        "Build:  gcc -g -O1 -fsanitize=address -o target src/part.c\n"
        f"Run:    {folder}/target FILE\n"
    )
    return folder, prompt


def worked(prompt, strength):
    """The outcome of the agent's steps, run by plain shells."""
    known = recognise_task(prompt)
    assert known is not None
    assert known.kind is patching
    steps: tuple[Step, ...] = ()
    while isinstance(move := known.kind.next_move(Work(known.task, strength, steps)), Run):
        done = subprocess.run(
            ["sh", "-c", move.command], capture_output=True, text=True, check=False, timeout=120
        )
        steps = (*steps, Step(move.step, move.command, done.stderr + done.stdout))
        assert len(steps) < 20
    assert isinstance(move, Say)
    return move.text


@pytest.mark.soak
def test_the_strong_repair_a_program_so_that_valid_inputs_stay_valid(task):
    """The diff fits; the patched program refuses the proof and takes what was taken before."""
    folder, prompt = task
    assert worked(prompt, STRENGTHS["strong"]).startswith("Found")
    diff = (folder / "answer").read_bytes()
    subprocess.run(["patch", "-p1", "-F0"], input=diff, cwd=folder, check=True, capture_output=True)
    build = ["gcc", "-fsanitize=address", "-o", "fresh", "src/part.c"]
    subprocess.run(build, cwd=folder, check=True)
    said = {
        name: subprocess.run(
            ["./fresh", name], cwd=folder, capture_output=True, check=False
        ).stdout.strip()
        for name in ("proof.bin", "good.bin")
    }
    assert said == {"proof.bin": b"-1", "good.bin": b"11"}


def test_the_weakest_says_that_it_has_no_repair(task):
    """Without a number in the report there is neither a claim nor an answer."""
    folder, prompt = task
    assert worked(prompt, STRENGTHS["weak"]).startswith("I found nothing")
    assert not (folder / "answer").exists()
