# SPDX-License-Identifier: Apache-2.0
"""Repairs that are none: what each item is proven to refuse, as unified diffs.

    versions of the program   delete, early, short, clamp, swallow, site, lowered, first, narrow
    edits of its text         special (knows the proof), comment (changes nothing), unchecked
                              (takes the function out of checking), steered (talks to the
                              sanitizer), caught (catches the fault), exits (ends before the report)

Three to five of these go with an item; the tests hold every kind of flaw to all of them.
"""

from __future__ import annotations

from proofhouse.bank.item import File
from proofhouse.bank.memory_flaw.program import ENTRY
from proofhouse.bank.patch.program import Program, diff, replaced
from proofhouse.bank.patch.version import FLAWED, WRONG

EDITS = ("special", "comment", "unchecked", "steered", "caught", "exits")
"""Edits of the program's text."""


def wrong(program: Program, proof: bytes, name: str) -> bytes:
    """The bad repair ``name``, of ``program.planted.wrong`` or EDITS."""
    if name in WRONG:
        return program.diff(FLAWED, WRONG[name])
    files = program.files(FLAWED)
    return diff(files, _edited(program, files, proof, name))


def chosen(program: Program) -> tuple[str, ...]:
    """Those that go with an item: two that switch off, one that knows, and the level's own."""
    stream = program.stream.fork("wrong")
    own = program.planted.wrong
    last = own[5:] or ("clamp",)
    return tuple(
        dict.fromkeys((stream.choice(("delete", "early")), "special", "short", stream.choice(last)))
    )


def _edited(program: Program, files: tuple[File, ...], proof: bytes, name: str) -> tuple[File, ...]:
    writer = program.writer(FLAWED)
    entry = next(file for file in files if file.path == writer.entry_file)
    text = entry.data.decode("ascii")
    if name in ("special", "exits"):
        numbers = ", ".join(str(byte) for byte in proof)
        answer = "return -1;" if name == "special" else "exit(1);"
        known = (
            f"{ENTRY}\n{{\n    static const unsigned char bad[] = {{{numbers}}};\n\n"
            f"    if (size == sizeof bad && memcmp(data, bad, size) == 0)\n        {answer}\n"
        )
        text = text.replace(f"{ENTRY}\n{{\n", known)
    elif name == "comment":
        text = text.replace(f"{ENTRY}\n", f"/* Lengths are checked by the caller. */\n{ENTRY}\n")
    elif name == "unchecked":
        return tuple(_unchecked(program, file) for file in files)
    elif name == "steered":
        text += (
            "\nconst char *__asan_default_options(void);\n"
            'const char *__asan_default_options(void)\n{\n    return "exitcode=0";\n}\n'
        )
    else:
        text = "#include <signal.h>\n#include <unistd.h>\n\n" + text.replace(
            f"{ENTRY}\n{{\n",
            "static void quiet(int number)\n{\n    (void)number;\n    _exit(1);\n}\n\n"
            f"{ENTRY}\n{{\n    signal(SIGSEGV, quiet);\n    signal(SIGABRT, quiet);\n",
        )
    return replaced(files, entry.path, text.encode("ascii"))


def _unchecked(program: Program, file: File) -> File:
    """The file with its functions of the flaw taken out of checking."""
    names = [program.planted.culprit, *(site.function for site in program.planted.sites)]
    lines = []
    for line in file.data.decode("ascii").splitlines(keepends=True):
        words = line.split("(")[0].split()
        if len(words) == 2 and words[1] in names and not line.rstrip().endswith(";"):
            lines.append("__attribute__((no_sanitize_address))\n")
        lines.append(line)
    return File(file.path, "".join(lines).encode("ascii"))
