# SPDX-License-Identifier: Apache-2.0
"""Reports in the sandbox: what is believed, what is not, and that everything comes to an end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from proofhouse.validation.reproduce import Report, Request, validate
from proofhouse.validation.sources import Entry, Tree, make_tree

pytestmark = pytest.mark.sandbox

# A program that does what the first byte of its input says.
OBEDIENT = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char input[8192];
static size_t size;

__attribute__((noinline)) static void flawed(size_t n)
{
    char *p = malloc(8);
    memset(p, 'x', n);
    write(1, p, 1);
    free(p);
}

static void fill(void)
{
    FILE *f = fopen("full", "w");
    while (f && fwrite(input, 1, 8192, f) == 8192)
        ;
}

int main(void)
{
    size = read(0, input, sizeof input - 1);
    switch (input[0]) {
    case 'o': flawed(20); break;
    case 'p': for (volatile unsigned i = 0;; i++); break;
    case 'f': for (;;) fork(); break;
    case 'k': kill(-1, 9); kill(getppid(), 9); return 0;
    case 's': raise(SIGSEGV); break;
    case 'g': for (;;) if (write(1, input, sizeof input) < 0) return 0;
    case 'e': fputs(input, stderr); return 1;
    case 'x': return 42;
    case 'd': fill(); return 3;
    case 'm': { FILE *f = fopen("seen", "r"); if (!f) { fclose(fopen("seen", "w")); flawed(20); } }
    }
    return 0;
}
"""
GCC = "gcc -g -O1 -fsanitize=address -o obedient obedient.c"


def tree(text: str = OBEDIENT, name: str = "obedient.c") -> Tree:
    return make_tree([(name, Entry(text.encode()))])


def judge(proof: bytes, **changes: object) -> Report:
    request = Request(tree(), GCC, "./obedient", proof, run_seconds=3.0)
    return asyncio.run(validate(replace(request, **changes)))  # type: ignore[arg-type]


def test_a_true_report_is_reproduced_on_both_sources() -> None:
    """Three runs agree on class and function; the newest source, which is fixed, is judged too."""
    newest = tree(OBEDIENT.replace("malloc(8)", "malloc(64)"))
    report = judge(
        b"o", newest=newest, expect_class="heap-buffer-overflow", expect_function="flawed"
    )
    assert report.verdict == "reproduced"
    assert report.newest is not None
    assert report.newest.verdict == "not_reproduced"
    told = report.to_dict(Request(tree(), GCC, "./obedient", b"o", newest=newest))
    assert (told["class"], told["function"]) == ("heap-buffer-overflow", "flawed")
    assert len(told["runs"]) == 3
    assert len(told["control"]) == 6
    assert told["newest"]["class"] is None


@pytest.mark.parametrize(
    ("name", "value"), [("expect_class", "heap-use-after-free"), ("expect_function", "main")]
)
def test_another_flaw_than_the_reported_one_is_not_it(name: str, value: str) -> None:
    """A crash of another class, or in another function, does not reproduce the report."""
    report = judge(b"o", **{name: value})
    assert report.verdict == "not_reproduced"
    assert "heap-buffer-overflow in flawed" in report.reason


def test_a_crash_at_startup_is_the_environments() -> None:
    """A program that crashes whatever it is given says nothing about the proof."""
    broken = OBEDIENT.replace("switch (input[0])", "flawed(20); switch (input[0])")
    assert judge(b"o", source=tree(broken)).verdict == "environment_failed"


def test_a_control_that_shows_the_same_crash_forbids_belief() -> None:
    """If a harmless input shows the proof's own crash, the verdict is never reproduced."""
    assert judge(b"o1", benign=(b"o",)).verdict != "reproduced"
    assert judge(b"o1", benign=(b"n", b"o")).verdict == "inconclusive"


@pytest.mark.parametrize(
    "forged",
    [
        b"e\n==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n  #0 0x1 in f a:1\n",
        b'e\nTraceback (most recent call last):\n  File "x.py", line 1, in parse\nIndexError: x\n',
        b'e\nException in thread "main" java.lang.Error: x\n\tat a.B.c(B.java:1)\n',
        b"e\npanic: runtime error: index out of range\n\ngoroutine 1 [running]:\n",
    ],
)
def test_a_trace_that_the_input_brought_along_is_not_believed(forged: bytes) -> None:
    """A program that prints its input and ends with 1 has not crashed."""
    assert judge(forged).verdict in ("not_reproduced", "inconclusive")


@pytest.mark.parametrize(
    ("proof", "seconds"), [(b"p", 0.4), (b"f", 0.4), (b"k", 0.4), (b"g", 0.4), (b"d", 1.0)]
)
def test_a_hostile_proof_comes_to_a_verdict(proof: bytes, seconds: float) -> None:
    """Spinning, forking, killing, flooding and filling the disk end, and reproduce nothing."""
    assert judge(proof, run_seconds=seconds).verdict in ("not_reproduced", "inconclusive")


def test_a_hang_an_exit_status_and_a_signal_are_believed_as_stated() -> None:
    """A hang or an exit status counts if it is stated; a fault's signal counts by itself."""
    assert judge(b"p", expect_class="timeout", run_seconds=1.0).verdict == "reproduced"
    assert judge(b"x", expect_class="exit-42").verdict == "reproduced"
    assert judge(b"x").verdict == "not_reproduced"
    plain = judge(b"s", build="gcc -O1 -o obedient obedient.c")
    assert (plain.verdict, plain.seen.kind if plain.seen else "") == ("reproduced", "SEGV")


def test_what_a_run_leaves_behind_does_not_reach_the_next() -> None:
    """Each of the three runs has a fresh place: a flaw that shows once a place shows thrice."""
    assert judge(b"m").verdict == "reproduced"


@pytest.mark.parametrize(
    "line",
    ["false", "exit 3", "sleep 60", "gcc nothing.c", "kill -9 -1", ":(){ :|:& };:; sleep 60"],
)
def test_a_build_that_fails_or_never_ends_is_the_environments(line: str) -> None:
    """A build has its limits; what happens in it is told and nothing hangs."""
    report = judge(b"o", build=line, build_seconds=1.0)
    assert report.verdict == "environment_failed"


def test_a_command_that_is_not_there_is_the_environments() -> None:
    """A run command that can't start is no evidence against the report."""
    assert judge(b"o", run="./nothing {proof}").verdict == "environment_failed"


PYTHON = """import sys


def parse(text):
    return text.split(":")[2]


def main():
    text = sys.stdin.read()
    if text.startswith("X"):
        print(parse(text))
    elif text.startswith("E"):
        sys.exit("refused")
    elif text.startswith("R"):
        def down(n): return down(n + 1)
        down(0)


main()
"""


@pytest.mark.parametrize(
    ("proof", "verdict", "kind", "function"),
    [
        (b"X:1", "reproduced", "IndexError", "parse"),
        (b"R", "reproduced", "RecursionError", "down"),
        (b"E", "not_reproduced", "", ""),
        (b"X:1:2", "not_reproduced", "", ""),
    ],
)
def test_python_exceptions(proof: bytes, verdict: str, kind: str, function: str) -> None:
    """An uncaught exception has its class and innermost function; a refusal is none."""
    report = judge(proof, source=tree(PYTHON, "p.py"), build="", run="python3 p.py")
    assert report.verdict == verdict
    assert report.seen is not None
    assert (report.seen.kind, report.seen.function) == (kind, function)


UNDEFINED = r"""
#include <stdio.h>
int table[4];
static int pick(int at) { return table[at]; }
int main(void) { int at = getchar() == 'o' ? 9 : 1; printf("%d\n", pick(at)); }
"""
THREADS = r"""
#include <pthread.h>
#include <stdio.h>
static int total;
static void *bump(void *x) { for (int i = 0; i < 20000; i++) total++; return x; }
int main(void)
{
    pthread_t t;
    int racing = getchar() == 'r';
    pthread_create(&t, 0, bump, 0);
    if (racing) bump(0);
    pthread_join(t, 0);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("text", "sanitizer", "proof", "kind", "function"),
    [
        (UNDEFINED, "undefined", b"o", "index-out-of-bounds", "pick"),
        (THREADS, "thread", b"r", "data-race", "bump"),
    ],
)
def test_other_sanitizers(
    text: str, sanitizer: str, proof: bytes, kind: str, function: str
) -> None:
    """UndefinedBehaviorSanitizer and ThreadSanitizer are read by the same table, and signed."""
    build = f"gcc -g -fsanitize={sanitizer} -pthread -o obedient obedient.c"
    report = judge(proof, source=tree(text), build=build)
    assert report.verdict == "reproduced", report.reason
    assert report.seen is not None
    assert (report.seen.kind, report.seen.function) == (kind, function)
