# SPDX-License-Identifier: Apache-2.0
"""Reads the command that a program is run with: variables before it, a shell, options; pure.

    UBSAN_OPTIONS=print_stacktrace=1 LC_ALL=C ./rle show {proof}
        leading   {"UBSAN_OPTIONS": "print_stacktrace=1", "LC_ALL": "C"}, "./rle show {proof}"
        command   ["./rle", "show", "/work/input/proof"], no shell

Variables are taken over, but for those that say where and how a report is written: these are set
for each run, or any program or reporter could write one. Of a sanitizer's options those are kept
that make it look for more (`asked`); those that are set anyhow are passed over; any other is
refused with what is allowed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from proofhouse.errors import InputError

PLACE = "{proof}"
"""Where the path of the input goes; without it the input is standard input."""

_SHELL = re.compile(r"[|&;<>()$`*?\[\]#~\n]|^\s*\w+=")
_LEADING = re.compile(
    r"""\s*(?:env\s+)?([A-Za-z_]\w*)=((?:[^\s"'\\$`;&|<>()*?~\[\]]|"[^"\\$`]*"|'[^']*')*)(?=\s|$)"""
)
_USAGE_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
_USAGE_CHOICE = re.compile(r"[A-Za-z][\w-]*(?:\|[A-Za-z][\w-]*)+")
_MOST_OTHERS = 8
_SANITIZER_WORD = re.compile(r"\b(?:A|UB|M|T|L)SAN_OPTIONS=\S*\s*")
_SANITIZER_NAME = re.compile(r"(?:A|UB|M|T|L)SAN_OPTIONS")
_OWN_OPTIONS = re.compile(
    r"\b(?:LD_PRELOAD|LD_AUDIT|PYTHONPATH|PYTHONSTARTUP|GOTRACEBACK|GORACE|PROOFHOUSE_\w+)="
)
# What a report may ask of a sanitizer without steering where or whether the report is written.
_ASKED = re.compile(
    r"(?:detect_(?!leaks)\w+|strict_\w+|check_\w+|max_allocation_size_mb|allocator_may_return_null"
    r"|quarantine_size_mb|(?:max_)?redzone|malloc_context_size|max_malloc_fill_size"
    r"|malloc_fill_byte|replace_(?:str|intrin)|poison_\w+)=[\w.-]{1,20}"
)
# What is set for each run anyhow, and is passed over.
_SET = re.compile(
    r"(?:print_stacktrace|symbolize|halt_on_error|abort_on_error|exitcode|color|detect_leaks"
    r"|handle_\w+|fast_unwind_\w+|verbosity|print_\w+|external_symbolizer_path|report_error_type"
    r"|disable_coredump|allow_user_segv_handler)=[\w./-]{0,200}"
)


def check_run(run: str) -> str:
    """``run`` if it can be run under the oracle.

    Raises InputError when it is empty, or sets what the oracle must set.
    """
    given, rest = leading(run)
    if not _SANITIZER_WORD.sub("", rest).strip():
        raise InputError("There is no command to run the proof with.")
    given.pop("PYTHONPATH", None)  # ours stands before it
    own = _OWN_OPTIONS.search(rest) or _OWN_OPTIONS.search("".join(f"{name}= " for name in given))
    if own is not None:
        raise InputError(
            f"The run command sets {own[0][:-1]}, which is set for each run.",
            hint="Leave it out: only so can nothing but the runtime write a report.",
        )
    for name, value in given.items():
        if _SANITIZER_NAME.fullmatch(name):
            asked(name, value)
    return run


def leading(run: str) -> tuple[dict[str, str], str]:
    """The variables that a command begins with (``LC_ALL=C TERM='a b' ./x``), and the rest."""
    given: dict[str, str] = {}
    found = _LEADING.match(run)
    while found:
        given[found[1]] = "".join(shlex.split(found[2], posix=True))
        run = run[found.end() :].lstrip()
        found = _LEADING.match(run)
    return given, run


def asked(name: str, value: str) -> str:
    """The options that are kept of ``NAME=value``, each after a colon.

    Raises InputError for one that nobody may set.
    """
    kept = []
    for option in filter(None, re.split(r"[:,\s]", value)):
        if _ASKED.fullmatch(option):
            kept.append(option)
        elif not _SET.fullmatch(option):
            raise InputError(
                f"The run command sets {name} to {option!r}, which is not taken over.",
                hint="Taken over are detect_…, strict_…, check_… and limits of the allocator; "
                "where and how a report is written is set for each run.",
            )
    return "".join(f":{option}" for option in kept)


def command(run: str, path: str) -> tuple[Sequence[str], bool]:
    """The argument list for ``run`` with `PLACE` put in, and whether a shell stands between.

    Variables that it begins with are left to `leading`.
    """
    run = _SANITIZER_WORD.sub("", leading(run)[1])
    if not _SHELL.search(run.replace(PLACE, "")):
        try:
            return [word.replace(PLACE, path) for word in shlex.split(run)], False
        except ValueError as error:
            raise InputError(f"The command can't be read: {error}.") from None
    return ["/bin/sh", "-c", run.replace(PLACE, path)], True


def others(run: str, told: Sequence[bytes]) -> tuple[str, ...]:
    """Other uses of the program that its usage tells of: an option more, another of its words.

    ``told`` are the texts of its sources. Of ``./rle show {proof}`` where some text says
    ``usage: rle [-v] show|count FILE``: ``./rle -v show {proof}`` and ``./rle count {proof}``.
    Shell lines have none.
    """
    argv, by_shell = command(run, PLACE)
    if by_shell or len(argv) < 2 or leading(run)[0]:
        return ()
    scripts = [at for at, word in enumerate(argv) if word.endswith((".py", ".sh", ".pl", ".rb"))]
    first = scripts[0] if scripts else 0
    name = argv[first].rpartition("/")[2].partition(".")[0]
    lines = [line for text in told for line in text.decode("utf-8", "replace").splitlines()]
    usage = [line for line in lines if name in line or "sage:" in line]
    found: dict[str, None] = {}
    for line in usage:
        for group in _USAGE_CHOICE.findall(line):
            words = group.split("|")
            for at, word in enumerate(argv):
                for other in words if at > first and word in words else ():
                    found[shlex.join([*argv[:at], other, *argv[at + 1 :]])] = None
        for option in _USAGE_OPTION.findall(line):
            found[shlex.join([*argv[: first + 1], option, *argv[first + 1 :]])] = None
    every = (made.replace(shlex.quote(PLACE), PLACE) for made in found)
    return tuple(made for made in every if made != run)[:_MOST_OTHERS]
