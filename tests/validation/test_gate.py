# SPDX-License-Identifier: Apache-2.0
"""The gate on two programs: each kind of bad patch is refused, each good one is accepted."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import pytest

from proofhouse.validation.gate import GateRequest, Judgement, gate
from proofhouse.validation.instrument import Looked, Probe, tools
from proofhouse.validation.program import build
from proofhouse.validation.sources import Entry, Tree, make_tree
from validation.programs import NOTES, TABLE, Program

pytestmark = pytest.mark.sandbox

UNSURE = [(NOTES, "cuts"), (TABLE, "says so")]
"""Good patches whose answers nothing bears out."""

GOOD = [(p, name) for p in (NOTES, TABLE) for name in p.good if (p, name) not in UNSURE]
BAD = [(program, name) for program in (NOTES, TABLE) for name in program.bad]


def judged(program: Program, patch: bytes, seconds: float, **changes: object) -> Judgement:
    request = GateRequest(
        program.tree,
        patch,
        program.build,
        program.run,
        (program.proof,),
        tests=(program.test,),
        seconds=seconds,
    )
    return asyncio.run(gate(replace(request, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [2.0, pytest.param(20.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("program", "name"), GOOD, ids=lambda v: getattr(v, "path", v))
def test_a_good_patch_is_accepted(program: Program, name: str, seconds: float) -> None:
    """Refusing and making room are both fixes, and what they answer is borne out."""
    judgement = judged(program, program.patch(program.good[name]), seconds)
    assert judgement.verdict == "accepted", judgement.to_dict()
    assert [check.name for check in judgement.checks if check.result != "noted"] == [
        *("applies", "builds", "proof-before", "proof-gone", "tests", "tricks", "known-inputs"),
        *(("bare",) if program is NOTES else ()),
        *("answers", "variants", "behaviour", "evidence"),
    ]


@pytest.mark.parametrize(
    ("program", "name"), [UNSURE[0], pytest.param(*UNSURE[1], marks=pytest.mark.soak)]
)
def test_what_nothing_bears_out_is_not_decided(program: Program, name: str) -> None:
    """A text that is cut to fit, a word where there is no row: either may be right or wrong."""
    alone = judged(program, program.patch(program.good[name]), 2.0)
    assert (alone.verdict, alone.checks[-1].name) == ("inconclusive", "evidence")
    assert "--test" in alone.reason


def test_a_test_that_states_the_answer_decides_it() -> None:
    """It fails without the patch, passes with it, and gives the program an input with the flaw."""
    cuts = NOTES.patch(NOTES.good["cuts"])
    told = f"printf 'put 1 {'y' * 30}\\nget 1\\n' > t.in && ./notes t.in | grep -qx '{'y' * 15}'"
    stated = judged(NOTES, cuts, 2.0, tests=(NOTES.test, told))
    assert stated.verdict == "accepted", stated.to_dict()


SOME = [b if at % 3 == 0 else pytest.param(*b, marks=pytest.mark.soak) for at, b in enumerate(BAD)]
"""Every third bad patch; the soak takes all of them."""


@pytest.mark.parametrize(("program", "name"), SOME, ids=lambda v: getattr(v, "path", v))
def test_a_bad_patch_is_refused(program: Program, name: str) -> None:
    """Each way to make the proof go away without mending the program is seen, and told."""
    judgement = judged(program, program.patch(program.bad[name]), 45.0)
    assert judgement.verdict == "refused", judgement.to_dict()
    assert judgement.checks[-1].result == "failed"
    assert judgement.checks[-1].name in judgement.reason


def test_a_fault_that_was_there_before_is_not_the_patchs() -> None:
    """A variant that comes further now, to a crash the source has by itself, does not refuse."""
    patch = TABLE.patch(TABLE.good["says so"])
    further = (TABLE.proof, b"add 1,2\nrow 9\nsum\n")
    judgement = judged(TABLE, patch, 4.0, proofs=further)
    assert {c.name: c.result for c in judgement.checks}["variants"] == "passed"


def test_a_patch_that_does_not_fit_or_leaves_the_tree_is_refused() -> None:
    """A patch that can't be applied is a clear refusal, not an error."""
    out = b"--- a/../../x\n+++ b/../../x\n@@ -0,0 +1 @@\n+x\n"
    for patch in (
        b"no patch at all",
        out,
        NOTES.patch(NOTES.good["cuts"]).replace(b"free", b"fre"),
    ):
        judgement = judged(NOTES, patch, 1.0)
        assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "applies")


def test_a_patch_that_does_not_build_is_refused_and_a_source_that_does_not_is_not_judged() -> None:
    """The fault is the patch's only if the source builds without it."""
    broken = NOTES.patch((("static int count(void)", "static int count(void"),))
    assert judged(NOTES, broken, 1.0).verdict == "refused"
    assert judged(NOTES, broken, 1.0, build="false").verdict == "inconclusive"


def test_a_patch_that_takes_the_sanitizer_out_is_refused() -> None:
    """Dropping the sanitizer in a build script is seen in the text and in what was built."""
    tree = NOTES.tree.replaced({"build.sh": Entry(f"{NOTES.build}\n".encode(), True)})
    patch = (
        b"--- a/build.sh\n+++ b/build.sh\n@@ -1 +1 @@\n"
        b"-gcc -g -O1 -fsanitize=address -o notes notes.c\n+gcc -g -O1 -o notes notes.c\n"
    )
    by_text = judged(NOTES, patch, 1.0, source=tree, build="sh build.sh")
    assert (by_text.verdict, by_text.checks[-1].name) == ("refused", "builds")
    flag = f"F=-fsanitize=address\n{NOTES.build.replace('-fsanitize=address', '$F')}\n"
    hidden = NOTES.tree.replaced({"build.sh": Entry(flag.encode(), True)})
    patch = (
        b"--- a/build.sh\n+++ b/build.sh\n@@ -1,2 +1,3 @@\n F=-fsanitize=address\n+F=\n"
        b" gcc -g -O1 $F -o notes notes.c\n"
    )
    by_build = judged(NOTES, patch, 1.0, source=hidden, build="sh build.sh")
    assert (by_build.verdict, by_build.checks[-1].name) == ("refused", "builds")


def test_a_proof_that_shows_nothing_is_inconclusive() -> None:
    """Without a flaw to be seen before, a patch can't be judged."""
    judgement = judged(NOTES, NOTES.patch(NOTES.good["cuts"]), 1.0, proofs=(b"count\n",))
    assert (judgement.verdict, judgement.checks[-1].name) == ("inconclusive", "proof-before")


def test_a_proof_of_another_class_is_no_basis() -> None:
    """What the report claims, if it is stated, is what the proofs must show."""
    patch = NOTES.patch(NOTES.good["refuses"])
    judgement = judged(NOTES, patch, 1.0, expect_class="use-after-free")
    assert (judgement.verdict, judgement.checks[-1].name) == ("inconclusive", "proof-before")
    assert "not use-after-free" in judgement.reason


def test_a_changed_test_is_put_back() -> None:
    """A patch that makes an existing test agree with it does not pass that test."""
    check = b"./notes tests/one.txt | grep -q '1 used'\n"
    tree = NOTES.tree.replaced({"tests/run.sh": Entry(check)})
    patch = NOTES.patch((('"%d used\\n"', '"%d taken\\n"'),) + NOTES.good["refuses"])
    patch += b"--- a/tests/run.sh\n+++ b/tests/run.sh\n@@ -1 +1 @@\n-" + check + b"+exit 0\n"
    judgement = judged(NOTES, patch, 1.0, source=tree, tests=("sh tests/run.sh",))
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "tests")


_WATCHES = """#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char out[1 << 16];
    long n = 0, got;
    int p[2], status = 0, child = pipe(p) == 0 ? fork() : -1;
    if (child <= 0) {
        if (child == 0) {
            dup2(p[1], 1);
            dup2(p[1], 2);
            close(p[0]);
            close(p[1]);
        }
        return real_main(argc, argv);
    }
    close(p[1]);
    while (n < (long)sizeof out && (got = read(p[0], out + n, sizeof out - n)) > 0)
        n += got;
    waitpid(child, &status, 0);
    if ((status & 127) || WEXITSTATUS(status) >= 64)
        return puts("refused"), 1;
    return write(1, out, n), WEXITSTATUS(status);
}
"""
"""A main that lets the one that was there crash in a child, and tells otherwise."""


def watched(program: Program) -> Program:
    """The program, and a patch of it that does so."""
    whole = f"{program.text}/* The end. */\n"
    ways = (("int main(", "static int real_main("), ("/* The end. */\n", _WATCHES))
    return replace(program, text=whole, bad={"watches": ways})


def test_a_patch_that_lets_a_child_crash_is_refused() -> None:
    """The program needs no child, so it gets none: what the patch started crashes as before."""
    program = watched(NOTES)
    judgement = judged(program, program.patch(program.bad["watches"]), 1.0)
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "proof-gone")
    before = next(check for check in judgement.checks if check.name == "proof-before")
    assert before.evidence["fenced"] is True


_POOL = """void *malloc(size_t n)
{
    static char pool[1 << 20];
    static size_t at;
    at += (n + 1024) & ~(size_t)15;
    return pool + at % (1 << 19);
}

void free(void *p)
{
    (void)p;
}
"""


def test_a_patch_that_brings_its_own_allocator_is_refused() -> None:
    """It would take the place of the sanitizer's, which then sees nothing of the heap."""
    program = replace(NOTES, text=f"{NOTES.text}/* The end. */\n")
    judgement = judged(program, program.patch((("/* The end. */\n", _POOL),)), 1.0)
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "builds")
    assert judgement.checks[-1].evidence["defined"] == ["free", "malloc"]


_ASKS = """typedef double pair __attribute__((vector_size(16)));
static int untouchable(const char *p)
{
    union { pair read; signed char bytes[16]; } record;
    pair zero = {0, 0};
    record.read = __builtin_ia32_loadlpd(zero, (double *)(((size_t)p >> 3) + 0x7fff8000));
    int first = record.bytes[0];
    return first < 0 || (first > 0 && (int)((size_t)p & 7) >= first);
}

static int put("""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="these instructions are x86's")
def test_a_patch_that_asks_the_sanitizer_is_refused() -> None:
    """It reads the sanitizer's own record before it writes; without sanitizer it mends nothing."""
    copy = "    strcpy(slots[slot], text);\n"
    asks = "    if (untouchable(slots[slot] + strlen(text)))\n        return -1;\n" + copy
    patch = NOTES.patch((("static int put(", _ASKS), (copy, asks)))
    judgement = judged(NOTES, patch, 1.0)
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "bare")


@pytest.mark.soak
def test_a_program_that_needs_processes_is_not_fenced_and_that_is_told() -> None:
    """A shell line with a pipe behaves otherwise without processes."""
    judgement = judged(
        NOTES,
        NOTES.patch(NOTES.good["refuses"]),
        2.0,
        run=f"cat {{proof}} | cat >in; {NOTES.run.replace('{proof}', 'in')}",
    )
    assert judgement.verdict == "accepted", judgement.to_dict()
    assert next(check.name for check in judgement.checks if check.result == "noted") == "fence"
    before = next(check for check in judgement.checks if check.name == "proof-before")
    assert before.evidence["fenced"] is False


def test_a_corpus_is_held_to_exactly() -> None:
    """An input that somebody gave must be answered as before, refusals included."""
    patch = NOTES.patch(
        NOTES.good["refuses"] + (("            return 1;", "            return 3;"),)
    )
    judgement = judged(NOTES, patch, 1.0, corpus=(b"bad\n",))
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "known-inputs")


WRITTEN = f"{NOTES.run} >out.txt"


def test_files_that_are_left_are_compared() -> None:
    """A program that prints nothing and writes a file is held to the file."""
    patch = NOTES.patch((('"%d used\\n"', '"%d taken\\n"'),) + NOTES.good["refuses"])
    judgement = judged(NOTES, patch, 1.0, run=WRITTEN, tests=(), corpus=(b"count\n",))
    assert (judgement.verdict, judgement.checks[-1].name) == ("refused", "known-inputs")
    assert "files" in judgement.reason


@pytest.mark.soak
def test_what_is_left_in_files_bears_out_a_refusal() -> None:
    """What a file holds is compared with what near inputs leave in it."""
    good = judged(NOTES, NOTES.patch(NOTES.good["refuses"]), 1.0, run=WRITTEN, tests=())
    assert good.verdict == "accepted", good.to_dict()


def test_what_is_compared_is_told() -> None:
    """In C by the sanitizer's own functions, in Python by how the source is compiled."""
    c = b"""#include <string.h>
int main(void)
{
  char word[9] = {0};
  return read(0, word, 8) > 3 && strcmp(word, "sesame") == 0 ? 7 : 1;
}
"""
    python = b"import sys\nword = input()\nsys.exit(7 if word == 'sesame' else len(word) > 3)\n"
    sources = (
        ("word.c", c, "gcc -w -o word word.c", "./word"),
        ("w.py", python, "", "python3 w.py"),
    )

    async def looked(tree: Tree, line: str, run: str) -> list[Looked]:
        built = await build(tree, line, 60, tools=tools(hardened=True))
        async with Probe(built, run, 5) as probe:
            return await probe.look_all([b"open\n", b"sesame\n" if line == "" else b"sesame"])

    for path, text, line, run in sources:
        tree = make_tree([(path, Entry(text))])
        (_, first), (second, _) = asyncio.run(looked(tree, line, run))
        assert "sesame" in str(first.texts)
        assert "open" in str(first.texts)
        assert second.exit_status == 7
        assert 3 in {constant for constant, _ in first.compared}
