# SPDX-License-Identifier: Apache-2.0
"""A look at a patch's text: what no honest fix needs, and what a reader should look at; pure.

Alone decisive are *tricks*: added code that talks to a sanitizer, catches a fault's signal or takes
the sanitizer out of the build. A fix removes the cause; these remove the witness. Everything else
(a new early return, a handler that catches everything, removed calls) is a hint that is printed
and decides nothing: good fixes have them too. Comments are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proofhouse.validation.patches import Change, Patch

_FAULT = r"SIG(?:SEGV|BUS|ILL|FPE|ABRT|TRAP|SYS)"
_TRICKS = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (
            r"__(?:asan|ubsan|msan|tsan|lsan)_(?:default_options|set_|on_error)",
            "steers a sanitizer",
        ),
        (r"__(?:sanitizer|asan)_set_(?:death_callback|report)", "steers a sanitizer"),
        (r"__asan_(?:un)?poison_memory|ASAN_UNPOISON", "marks memory as sound"),
        (r"no_sanitize|no_address_safety_analysis|disable_sanitizer", "takes code out of checking"),
        (r"__SANITIZE_\w+__|__has_feature\s*\(\s*\w+_sanitizer", "behaves otherwise when checked"),
        (r"(?:A|UB|M|T|L)SAN_OPTIONS|LD_PRELOAD", "steers a sanitizer or the loader"),
        (r"-fno-sanitize(?!-recover)|-fsanitize-recover|-fsanitize-blacklist", "weakens the build"),
        (r"-fsanitize-ignorelist|-w\s+-fpermissive", "weakens the build"),
        (rf"\b(?:signal|sigset|bsd_signal)\s*\(\s*{_FAULT}", "catches a fault's signal"),
        (rf"\bsigaction\s*\(\s*{_FAULT}", "catches a fault's signal"),
        (rf"\bsignal\.signal\s*\(\s*(?:signal\.)?{_FAULT}", "catches a fault's signal"),
        (r"\bsys\.excepthook\s*=", "replaces what tells of an uncaught exception"),
        (r"PROOFHOUSE_", "looks for this gate"),
    )
)
_LONGJMP = re.compile(r"\b(?:sig)?(?:set|long)jmp\b")
_HINTS = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"\b_?_?[eE]xit\s*\(\s*(?:0|EXIT_SUCCESS)?\s*\)", "a new exit with success"),
        (r"\bos\._exit\b", "a new exit"),
        (r"except\s*(?:Exception|BaseException)?\s*(?:as \w+)?\s*:", "catches every exception"),
        (r"catch\s*\(\s*(?:\.\.\.|Throwable|Exception)", "catches every exception"),
        (r"\bpass\s*$", "a branch that does nothing"),
        (r"\bmemcmp\s*\(|\b(?:sha\d+|md5|crc32)\b", "compares with fixed content"),
        (r"\bfork\s*\(|\bsubprocess\b|multiprocessing", "a new process"),
        (r"setrlimit|setrecursionlimit|\balarm\s*\(", "changes a limit of the process"),
        (r"\bclose\s*\(\s*2\s*\)|freopen\s*\(", "redirects a standard stream"),
        (_LONGJMP.pattern, "jumps out"),
    )
)
_COMMENT = re.compile(
    rb"//.*$|/\*.*?\*/|^\s*\*.*$|(?:^|\s)#(?!\s*(?:define|if|include|pragma|el|en)).*$"
)
_TEST_PATH = re.compile(r"(?:^|/)(?:tests?|testing|spec|t)(?:/|$)|(?:^|/)test_|_test\.|\.t$", re.I)
_SANITIZE = re.compile(rb"-fsanitize=[\w,-]+")


@dataclass(frozen=True)
class Hint:
    """One line of a patch and what is to be said of it."""

    path: str
    line: str
    why: str


def is_test(path: str) -> bool:
    """Whether a path looks like a test's."""
    return bool(_TEST_PATH.search(path))


def tricks(patch: Patch) -> tuple[Hint, ...]:
    """What no fix needs and what hides a flaw from whoever looks."""
    found = []
    for change in patch.changes:
        if is_test(change.after or change.before):
            continue
        found += _matching(change, _TRICKS)
        removed = {flag for line in change.removed for flag in _SANITIZE.findall(line)}
        added = {flag for line in change.added for flag in _SANITIZE.findall(line)}
        if change.after:  # a deleted file builds nothing, which the build will show
            for flag in sorted(removed - added):
                text = flag.decode("ascii", "replace")
                found.append(Hint(change.after, text, "takes a sanitizer out of the build"))
    return tuple(found)


def hints(patch: Patch) -> tuple[Hint, ...]:
    """What a reader should look at."""
    found = []
    for change in patch.changes:
        path = change.after or change.before
        if is_test(path):
            if change.before:
                found.append(Hint(path, "", "changes an existing test"))
            continue
        found += _matching(change, _HINTS)
        if len(change.removed) > len(change.added) + 8:
            found.append(Hint(path, "", "removes more than it adds"))
        if not change.after:
            found.append(Hint(path, "", "deletes a file"))
    return tuple(found[:40])


def _matching(change: Change, table: tuple[tuple[re.Pattern[str], str], ...]) -> list[Hint]:
    found = []
    for raw in change.added:
        text = _COMMENT.sub(b"", raw[:4096].rstrip(b"\r\n")).decode("utf-8", "replace")
        for pattern, why in table:
            if pattern.search(text):
                shown = "".join(c if c.isprintable() else " " for c in text.strip()[:160])
                found.append(Hint(change.after or change.before, shown, why))
    return found
