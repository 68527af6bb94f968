# SPDX-License-Identifier: Apache-2.0
"""Patches judged: right ones of every shape are taken, and whatever else comes in is refused.

Every kind of flaw is held to its bad repairs at one level; at all levels, to all, in the soak.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from proofhouse.bank.item import ANSWER_LIMIT, File, Item
from proofhouse.bank.patch import LEVELS, derive, item_of, lifetimes
from proofhouse.bank.patch.inputs import Inputs
from proofhouse.bank.patch.oracle import CASES, REPORT, WRONG
from proofhouse.bank.patch.program import KINDS, Program, diff, draw_program, replaced
from proofhouse.bank.patch.version import FLAWED, OTHER, REPAIRED, Version
from proofhouse.bank.patch.wrong import EDITS, wrong
from proofhouse.oracles.errors import UnfitMachineError, UnprovenItemError
from proofhouse.oracles.judging import Grade, Proven
from proofhouse.validation.patched import grade, prove

pytestmark = pytest.mark.sandbox

STALE = ("stale", 1)
"""The kind and level which whatever is not about kinds is tried on."""


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def highest(kind: str) -> int:
    return 3 if kind in lifetimes.KINDS else 6


def bare(item: Item) -> Item:
    """The item without its bad repairs, which tests judge one by one."""
    return replace(item, hidden=tuple(f for f in item.hidden if f.path.startswith(CASES)))


@cache
def proven(kind: str, level: int) -> tuple[Program, Proven]:
    drawn = draw_program(key(("judged", kind, level)), level, 0, kind=kind)
    return drawn, asyncio.run(prove(bare(item_of(drawn))))


def judged(kind: str, level: int, patch: bytes) -> Grade:
    return asyncio.run(grade(proven(kind, level)[1], patch))


def check_kind(kind: str, level: int, edits: tuple[str, ...] = EDITS) -> None:
    """The reference and other right repairs are solved, every bad one is refused by its step."""
    drawn, made = proven(kind, level)
    for name in drawn.planted.also:
        told = judged(kind, level, drawn.diff(FLAWED, OTHER[name]))
        assert told.solved, (name, told.reason)
    assert judged(kind, level, made.item.solution).solved
    proof = Inputs(drawn).proof()
    for name in (*drawn.planted.wrong, *edits):
        check_bad(kind, level, name, wrong(drawn, proof, name))


def check_bad(kind: str, level: int, name: str, patch: bytes) -> None:
    told = judged(kind, level, patch)
    assert not told.solved, (name, told.reason)
    step = told.reason.partition(":")[0]
    assert step in STEPS.get(name, ("proof-gone", "behaviour")), (name, told.reason)


STEPS = {
    "comment": ("proof-gone",),
    "unchecked": ("tricks",),
    "steered": ("tricks",),
    "caught": ("tricks",),
    "exits": ("calls",),
}
"""The step that refuses an edit; what changes behaviour is refused by running it."""


SOME = [
    k if at % 12 == 0 else pytest.param(k, marks=pytest.mark.soak) for at, k in enumerate(KINDS)
]
"""Every twelfth kind; the soak takes all of them, at every level."""


@pytest.mark.parametrize("kind", SOME)
def test_right_repairs_are_solved_and_bad_ones_refused(kind: str):
    check_kind(kind, 3 if kind in lifetimes.KINDS else 1, ())


@pytest.mark.parametrize("name", EDITS)
def test_edits_that_repair_nothing_are_refused(name: str):
    drawn, _ = proven(*STALE)
    check_bad(*STALE, name, wrong(drawn, Inputs(drawn).proof(), name))


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
def test_right_repairs_are_solved_and_bad_ones_refused_at_every_level(kind: str, level: int):
    if level <= highest(kind):
        check_kind(kind, level)


ENDS = [at if at == LEVELS[0] else pytest.param(at, marks=pytest.mark.soak) for at in LEVELS]
"""The lowest level; the soak takes all of them."""


@pytest.mark.parametrize("level", ENDS)
def test_an_item_of_every_level_is_proven(level: int):
    """Each with its bad repairs; the soak takes what is above the lowest."""
    whole = derive(key(("proven", level)), level, 7)
    assert any(file.path.startswith(WRONG) for file in whole.hidden)
    ends = level in (LEVELS[0], LEVELS[-1])
    made = asyncio.run(prove(whole if ends else bare(whole)))
    assert made.reference.solved
    assert [e.check for e in made.evidence][-1] == "wrong answers"
    assert made.item.hidden


@pytest.mark.soak
@pytest.mark.parametrize("at", range(200))
def test_many_items_are_proven(at: int):
    assert asyncio.run(prove(derive(key(("many", at)), 1 + at % 6, at))).reference.solved


# ---- patches that never come to be run ---------------------------------------------------------


def edited(change: Callable[[str], str], *, path: str = "") -> bytes:
    """The patch that ``change`` makes of the source with the flaw (or of ``path``)."""
    drawn, _ = proven(*STALE)
    files = drawn.files(FLAWED)
    name = drawn.planted.culprit
    found = next(
        file
        for file in files
        if file.path == path
        or (not path and f"int {name}(".encode() in file.data and file.path.endswith(".c"))
    )
    return diff(files, replaced(files, found.path, change(found.data.decode()).encode()))


def fresh(path: str, text: str, mode: str = "100644") -> bytes:
    """A patch that adds one file."""
    lines = "".join(f"+{line}\n" for line in text.splitlines())
    count = len(text.splitlines())
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{count} @@\n{lines}".encode()


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"The flaw is in the length check.",
        fresh("../outside.c", "int x;"),
        fresh("/etc/passwd", "root"),
        fresh("src/../Makefile2", "x"),
        fresh("Makefile.local", "x"),
        fresh("target", "#!/bin/sh"),
        fresh("tests/run.sh.c", "x"),
        fresh("src/deep/more.c", "int x;"),
        fresh("src/gcc.specs", "x"),
        fresh("src/link.c", "/etc/passwd", "120000"),
        fresh("src/tool.c", "int x;", "100755"),
        b"diff --git a/src/x.c b/src/x.c\nGIT binary patch\nliteral 0\n",
        b"--- a/src/none.c\n+++ b/src/none.c\n@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_what_is_no_patch_of_the_sources_is_refused(patch: bytes):
    told = judged(*STALE, patch)
    assert (told.solved, told.reason.partition(":")[0]) == (False, "applies")


@pytest.mark.parametrize("path", ["Makefile", "report.txt", "proof.bin", "tests/run.sh"])
def test_files_beside_the_sources_stay_as_they_are(path: str):
    _, made = proven(*STALE)
    lines = next(f.data for f in made.item.files if f.path == path).split(b"\n")
    patch = b"--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-%s\n+x\n" % (path.encode(), path.encode(), lines[0])
    both = made.item.solution + patch
    assert "no source in src/" in judged(*STALE, both).reason


def test_an_answer_that_is_too_long_is_refused():
    _, made = proven(*STALE)
    long = made.item.solution + b"\n" * ANSWER_LIMIT
    assert "longer than" in judged(*STALE, long).reason


def test_a_patch_that_does_not_build_is_refused():
    told = judged(*STALE, edited(lambda text: text + "\nint broken(\n"))
    assert told.reason.startswith("builds")


# ---- patches that hide the flaw ----------------------------------------------------------------
# Each of these takes code out of checking, steers the sanitizer, or would with one more step. It is
# refused before it is run, whatever it would have answered.


def above(text: str) -> Callable[[str], str]:
    return lambda source: f"{text}\n{source}"


def on_function(attribute: str) -> Callable[[str], str]:
    """``attribute`` in front of each function with the flaw."""
    drawn, _ = proven(*STALE)
    name = drawn.planted.culprit
    return lambda source: source.replace(f"int {name}(", f"{attribute} int {name}(")


HIDING = {
    "attribute": lambda: on_function("__attribute__((no_sanitize_address))"),
    "string": lambda: on_function('__attribute__((no_sanitize("add" "ress")))'),
    "old name": lambda: on_function("__attribute__((no_address_safety_analysis))"),
    "pasted": lambda: (
        lambda s: (
            "#define G(a, b) a##b\n#define H(a, b) G(a, b)\n"
            + on_function("__attribute__((H(no_sani, tize_address)))")(s)
        )
    ),
    "own line numbers": lambda: (
        lambda s: (
            '#line 1 "/usr/include/x.h"\n#define G(a, b) a##b\n'
            + on_function("__attribute__((G(no_sani, tize_address)))")(s)
        )
    ),
    "only in the build": lambda: (
        lambda s: (
            '#define G(a, b) a##b\n#if __has_include("../target")\n'
            "#define OFF\n#else\n#define OFF __attribute__((G(no_sani, tize_address)))\n#endif\n"
            + on_function("OFF")(s)
        )
    ),
    "pragma": lambda: above('_Pragma("GCC optimize (\\"O0\\")")'),
    "split pragma": lambda: above('#pra\\\ngma GCC opti\\\nmize ("O0")'),
    "optimize": lambda: on_function('__attribute__((noinline, optimize("O0")))'),
    "options": lambda: above(
        "#define G(a, b) a##b\nconst char *G(__as, an_default_options)(void);\n"
        'const char *G(__as, an_default_options)(void)\n{\n    return "exitcode=0";\n}'
    ),
    "unpoison": lambda: above(
        "#define G(a, b) a##b\n"
        "void G(__as, an_unpoison_memory_region)(const void *, unsigned long);"
    ),
    "assembly": lambda: above('__asm__(".globl more\\nmore:\\n");'),
    "label": lambda: above('int more(void) __asm__("__asan_" "default_options");'),
    "constructor": lambda: above("__attribute__((constructor)) static void more(void)\n{\n}"),
}
"""How a patch may try to silence the sanitizer."""


@pytest.mark.parametrize("way", HIDING)
def test_a_patch_that_silences_the_sanitizer_is_refused(way: str):
    told = judged(*STALE, edited(HIDING[way]()))
    assert not told.solved
    assert told.reason.partition(":")[0] in ("tricks", "calls")


REPLACING = {
    "spaced section": 'int more __attribute__( (section(".data.zz")) ) = 1;',
    "spaced code": 'static const char __attribute__( (section(".text.zz")) ) more[] = {1, 2};',
    "section after a text": 'int more __attribute__((deprecated(";"), section(".data.zz"))) = 1;',
    "spaced constructor": "static void __attribute__( (constructor) ) more(void)\n{\n}",
    "spaced naked": "void __attribute__( (naked) ) more(void)\n{\n}",
    "spaced optimize": 'int __attribute__( (optimize("O3")) ) more(int a)\n{\n    return a;\n}',
    "brackets": '[[gnu::section(".data.zz")]] int more = 1;',
    "weak": "int more(void);\nint more(void)\n{\n    return 0;\n}\n#pragma weak more",
    "renamed": "#pragma redefine_extname more process\nint more(void);",
    "segment": "int more(unsigned long a)\n{\n    return *(char __seg_gs *)a;\n}",
    "label": 'int more(void) __asm__("" "__isoc99_more");\nint more(void)\n{\n    return 0;\n}',
    "malloc": "void *malloc(unsigned long n)\n{\n    static char all[1 << 20];\n"
    "    static unsigned long at;\n    at += n;\n    return all + at;\n}",
    "free": "void free(void *p)\n{\n    (void)p;\n}",
    "strlen": "unsigned long strlen(const char *s)\n{\n    return !s;\n}",
    "macro": "#include <stdlib.h>\n#define free(p) ((void)(p))",
    "split macro": "#include <string.h>\n#def\\\nine memset(p, n, c) (p)",
    "distance": "void *more(void);\nint putchar(int);\nvoid *more(void)\n{\n"
    "    return (char *)(void *)putchar + 64;\n}",
    "processor": "typedef double more __attribute__((vector_size(16)));\n"
    "more seen(more a, const double *b);\nmore seen(more a, const double *b)\n{\n"
    "    return __builtin_ia32_loadlpd(a, b);\n}"
    if os.uname().machine == "x86_64"
    else "int more;\n#pragma weak more",
    "returned": "void *more(void)\n{\n    return __builtin_return_address(0);\n}",
}
"""What puts something in the place of the C library, the sanitizer or plain code."""


@pytest.mark.parametrize(
    "way",
    [
        way if at % 2 == 0 else pytest.param(way, marks=pytest.mark.soak)
        for at, way in enumerate(REPLACING)
    ],
)
def test_a_patch_that_stands_in_for_the_system_is_refused(way: str):
    told = judged(*STALE, edited(above(REPLACING[way])))
    assert not told.solved
    assert told.reason.partition(":")[0] == "calls", told.reason


def test_a_variable_of_its_own_is_no_stand_in():
    """A repair may add a global, of which the sanitizer makes a twin with a name of its own."""
    told = judged(*STALE, edited(above("int more_seen;")))
    assert told.reason.startswith("proof-gone"), told.reason


def watching(text: str) -> str:
    """A main that lets the one that was there crash in a child (by numbers, so none is called)."""
    return re.sub(r"^int main\(", "static int real_main(", text, flags=re.MULTILINE) + WATCHES


WATCHES = """
static const unsigned char code[] __attribute__( (section(".text.zz")) ) = {
    0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0x4d, 0x89, 0xc2,
    0x4d, 0x31, 0xc0, 0x4d, 0x31, 0xc9, 0x0f, 0x05, 0xc3};
typedef long (*call)(long, long, long, long, long);

int main(int argc, char **argv)
{
    call system = (call)(void *)code;
    int status = 0;
    long child = system(57, 0, 0, 0, 0);

    if (child == 0)
        return real_main(argc, argv);
    system(61, child, (long)&status, 0, 0);
    if ((status & 127) || (status >> 8 & 255) >= 64)
        return puts("-1"), 1;
    return status >> 8 & 255;
}
"""


def test_a_patch_that_lets_a_child_crash_is_refused():
    """It is main's file that it changes, which is put back; elsewhere it is met by its section."""
    told = judged(*STALE, edited(watching, path="src/main.c"))
    assert (told.solved, told.reason.partition(":")[0]) == (False, "proof-gone")


def test_a_header_that_renames_main_is_refused():
    header = "#define main real_main"
    drawn, _ = proven(*STALE)
    path = next(f.path for f in drawn.files(FLAWED) if f.path.endswith(".h"))
    told = judged(*STALE, edited(lambda text: f"{header}\n{text}", path=path))
    assert (told.solved, told.reason.partition(":")[0]) == (False, "builds")


def test_a_header_that_makes_free_do_nothing_is_refused():
    """So that what is freed twice is not freed at all."""
    drawn, _ = proven("twins", 1)
    files = drawn.files(FLAWED)
    header = next(f for f in files if f.path.endswith(".h"))
    text = header.data.decode()
    more = "#include <stdlib.h>\n#define free(p) ((void)(p))\n"
    changed = text.replace("#include <stdint.h>\n", f"#include <stdint.h>\n{more}")
    assert changed != text
    told = judged("twins", 1, diff(files, replaced(files, header.path, changed.encode())))
    assert (told.solved, told.reason.partition(":")[0]) == (False, "calls")


CALLS = {
    "_exit": ("unistd.h", "void more(int n)", "_exit(n)"),
    "raise": ("signal.h", "int more(int n)", "return raise(n)"),
    "sigaction": ("signal.h", "int more(int n)", "return sigaction(n, 0, 0)"),
    "dlsym": ("dlfcn.h", "void *more(char *s)", "return dlsym(0, s)"),
    "syscall": ("unistd.h", "long more(long n)", "return syscall(n)"),
    "system": ("stdlib.h", "int more(char *s)", "return system(s)"),
    "fork": ("unistd.h", "int more(void)", "return fork()"),
    "setenv": ("stdlib.h", "int more(char *s)", "return setenv(s, s, 1)"),
    "open": ("fcntl.h", "int more(char *s)", "return open(s, 2)"),
}
"""A function of the system → the header, and a function that calls it."""


@pytest.mark.parametrize("name", CALLS)
def test_a_patch_that_calls_the_system_is_refused(name: str):
    header, head, call = CALLS[name]
    text = f"#include <{header}>\n{head};\n{head}\n{{\n    {call};\n}}"
    told = judged(*STALE, edited(above(text)))
    assert not told.solved
    assert told.reason.partition(":")[0] in ("tricks", "calls")


# ---- patches that print, leave behind, or guess ------------------------------------------------


def test_a_program_that_never_ends_is_refused():
    drawn, made = proven(*STALE)
    slow = Proven(
        replace(made.item, timeout_seconds=1), made.binary, made.reference, (), 0, made.artefacts
    )
    entry = drawn.writer(FLAWED).entry_file
    patch = edited(
        lambda text: text.replace("    int rc;\n", "    int rc;\n    for (;;);\n").replace(
            "\tint rc;\n", "\tint rc;\n\tfor (;;);\n"
        ),
        path=entry,
    )
    told = asyncio.run(grade(slow, patch))
    assert (told.solved, "timed-out" in told.reason) == (False, True)


def test_a_repair_that_prints_otherwise_is_refused():
    drawn, _ = proven(*STALE)
    after = drawn.files(REPAIRED)
    main = next(file for file in after if file.path == "src/main.c")
    more = replaced(after, main.path, main.data.replace(b'printf("%d', b'printf("%d '))
    told = judged(*STALE, diff(drawn.files(FLAWED), more))
    assert told.solved, "the file of main is put back"
    entry = next(f for f in after if f.path == drawn.writer(FLAWED).entry_file)
    text = f"#include <stdio.h>\n{entry.data.decode()}".replace(
        "    int rc;\n", '    int rc;\n    puts("more");\n'
    ).replace("\tint rc;\n", '\tint rc;\n\tputs("more");\n')
    more = replaced(after, entry.path, text.encode())
    told = judged(*STALE, diff(drawn.files(FLAWED), more))
    assert (told.solved, "answered wrongly" in told.reason) == (False, True)


def test_a_repair_with_a_comment_new_names_and_a_header_of_its_own_is_solved():
    """The gate looks at what a program does, not at how a patch is laid out."""
    drawn, _ = proven(*STALE)
    after = drawn.files(REPAIRED)
    path = drawn.writer(FLAWED).entry_file
    source = next(f for f in after if f.path == path)
    own = replaced(
        after, path, b'#include "limits_of_ours.h"\n\n/* See the report. */\n' + source.data
    )
    patch = diff(drawn.files(FLAWED), own) + fresh("src/limits_of_ours.h", "#define OURS 1")
    told = judged(*STALE, patch)
    assert told.solved, told.reason


# ---- what an item is held to -------------------------------------------------------------------


def refusal(item: Item) -> str:
    with pytest.raises(UnprovenItemError) as caught:
        asyncio.run(prove(item))
    return caught.value.check


def item(level: int = 1, kind: str = "plain") -> tuple[Program, Item]:
    drawn = draw_program(key(("held", kind, level)), level, 0, kind=kind)
    return drawn, bare(item_of(drawn))


def test_an_item_whose_reference_is_no_repair_is_not_proven():
    drawn, made = item()
    bad = wrong(drawn, Inputs(drawn).proof(), "comment")
    assert refusal(replace(made, solution=bad)) == "reference"


def test_an_item_whose_bad_repair_is_right_is_not_proven():
    _, made = item()
    right = File(f"{WRONG}right.diff", made.solution + b"\n")
    assert refusal(replace(made, hidden=(*made.hidden, right))) == "wrong answers"


def test_an_item_whose_report_names_another_line_is_not_proven():
    _, made = item()
    assert (
        refusal(replace(made, oracle=replace(made.oracle, line=made.oracle.line + 1))) == "report"
    )


def test_an_item_whose_report_has_another_trace_is_not_proven():
    _, made = item()
    told = tuple(
        replace(f, data=f.data.replace(b"#2 dispatch", b"#2 parse").replace(b"#1 disp", b"#1 p"))
        if f.path == REPORT
        else f
        for f in made.files
    )
    assert refusal(replace(made, files=told)) == "report"


def test_an_item_that_shows_a_hidden_case_is_not_proven():
    _, made = item()
    shown = File("tests/9.bin", made.hidden[0].data)
    assert refusal(replace(made, files=(*made.files, shown))) == "hidden"


def test_an_item_whose_reference_refuses_valid_messages_is_not_proven():
    """Where the program as given is quiet and right, the reference must agree."""
    drawn, made = item()
    short = drawn.diff(FLAWED, Version(disabled="return 0;"))
    assert refusal(replace(made, solution=short)) == "fair"


def test_an_item_with_no_other_way_to_its_flaw_is_not_proven():
    _, made = item()
    assert refusal(replace(made, hidden=made.hidden[:0])) == "variants"


def test_an_item_that_does_not_build_is_the_machines_fault():
    _, made = item()
    with pytest.raises(UnfitMachineError):
        asyncio.run(prove(replace(made, build=("/bin/false",))))
