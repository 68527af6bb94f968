# SPDX-License-Identifier: Apache-2.0
"""Reads what crashed programs print, by a table of runtimes; pure, and written for hostile text.

    Traceback (most recent call last):
      File "/work/src/load.py", line 9, in parse     → Trace("python", "IndexError", ("parse", …))
    IndexError: list index out of range

    panic: runtime error: index out of range [5] with length 3
    goroutine 1 [running]:
    main.parse({0xc000…})                    → Trace("go", "index-out-of-range", ("main.parse",))

    Exception in thread "main" java.lang.NumberFormatException: null
            at demo.Parser.take(Parser.java:12)      → Trace("java", "java.lang.Number…", …)

Sanitizers of C and C++ are ``oracles.sanitizer``'s, which this table includes. Functions stand
innermost first, those of the runtime itself left out. What is read here is a *claim*: a program
prints what its input tells it to. Who ran the program decides what to believe (``program``).

Any bytes give a tuple of traces, in the order of the text; nothing is raised. Limits: 4 MiB of
text, 4,096 characters of a line, 64 functions of a trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofhouse.oracles.sanitizer import TOOLS, Report, clean_function, reports

MOST_TEXT = 4 << 20
MOST_LINE = 4096
MOST_FUNCTIONS = 64


@dataclass(frozen=True)
class Trace:
    """``runtime`` is a row of the table or a sanitizer's tool; ``kind`` the class of the crash."""

    runtime: str
    kind: str
    functions: tuple[str, ...]


@dataclass(frozen=True)
class _Runtime:
    """One row: a header begins a trace and names its class; frames follow until neither fits."""

    name: str
    header: re.Pattern[str]
    kind: Callable[[str], str]
    frame: re.Pattern[str]
    between: re.Pattern[str]  # lines inside a trace that are no frames
    foreign: tuple[str, ...]  # beginnings of the runtime's own functions


def _table(rows: Sequence[tuple[str, str]], otherwise: str) -> Callable[[str], str]:
    def kind(text: str) -> str:
        return next((name for words, name in rows if words in text), otherwise)

    return kind


_GO = _table(
    (
        ("index out of range", "index-out-of-range"),
        ("slice bounds out of range", "slice-bounds-out-of-range"),
        ("nil pointer dereference", "nil-dereference"),
        ("nil map", "nil-map"),
        ("integer divide by zero", "integer-divide-by-zero"),
        ("makeslice", "makeslice-out-of-range"),
        ("interface conversion", "interface-conversion"),
        ("concurrent map", "concurrent-map-access"),
        ("all goroutines are asleep", "deadlock"),
        ("stack overflow", "stack-overflow"),
        ("stack exceeds", "stack-overflow"),
        ("out of memory", "out-of-memory"),
        ("send on closed channel", "closed-channel"),
    ),
    "panic",
)
_RUST = _table(
    (
        ("index out of bounds", "index-out-of-bounds"),
        ("out of range for slice", "index-out-of-bounds"),
        ("with overflow", "integer-overflow"),
        ("divide by zero", "integer-divide-by-zero"),
        ("on a `None` value", "unwrap-none"),
        ("on an `Err` value", "unwrap-err"),
        ("already borrowed", "already-borrowed"),
        ("char boundary", "char-boundary"),
        ("stack overflow", "stack-overflow"),
    ),
    "panic",
)

_RUNTIMES = (
    _Runtime(
        "go",
        re.compile(r"^(?:panic|fatal error): (.+)$"),
        _GO,
        re.compile(r"^([\w./*()\[\]-]{1,200}?)\((?:[^()]{0,400}|\.\.\.)\)$"),
        re.compile(
            r"^(?:\t.*|goroutine .*|\[signal .*|\s*|\tpanic: .*|runtime stack:|created by .*)$"
        ),
        ("panic", "runtime.", "testing."),
    ),
    _Runtime(
        "go",
        re.compile(r"^WARNING: (DATA RACE)$"),
        lambda _: "data-race",
        re.compile(r"^  ([\w./*()\[\]-]{1,200}?)\((?:[^()]{0,400}|\.\.\.)\)$"),
        re.compile(r"^(?:      .*|(?:Previous )?(?:[Ww]rite|[Rr]ead) at .*|Goroutine .*)$"),
        ("runtime.",),
    ),
    _Runtime(
        "java",
        re.compile(r'^(?:Exception in thread "[^"]{0,200}" |== Java Exception: )(.+)$'),
        lambda text: re.split(r"[:\s]", text, maxsplit=1)[0][:200],
        re.compile(r"^\s+at (?:[\w.@-]{1,100}/)?([\w.$<>]{1,200})\([^()]{0,200}\)$"),
        re.compile(r"^\s+\.\.\. \d+ more$"),
        ("java.", "jdk.", "sun.", "javax."),
    ),
    _Runtime(
        "rust",
        re.compile(r"^thread '[^']{0,200}' (?:\(\d+\) )?panicked at (.+)$"),
        _RUST,
        re.compile(r"^\s+\d{1,4}: (?:0x[0-9a-f]+ - )?([\w:<>{}#&,. ]{1,200})$"),
        re.compile(r"^(?:\s+at .*|stack backtrace:|[^\s].*)$"),
        ("rust_begin_unwind", "core::", "std::", "__rust", "<alloc", "alloc::"),
    ),
)

_PYTHON_BEGIN = "Traceback (most recent call last):"
_PYTHON_FRAME = re.compile(r'^  File "([^"]{0,1024})", line \d{1,9}(?:, in (.{1,200}))?$')
_PYTHON_END = re.compile(r"^([A-Za-z_][\w.]{0,200})(?::.*)?$")


def traces(text: bytes) -> tuple[Trace, ...]:
    """Every trace in ``text``: of the sanitizers first, then of the runtimes in order."""
    lines = [
        line[:MOST_LINE]
        for line in re.split(r"\r\n|\n", text[:MOST_TEXT].decode("utf-8", "replace"))
    ]
    sanitized = tuple(_sanitized(report) for report in reports(text[:MOST_TEXT]))
    return (*sanitized, *_python(lines), *(t for row in _RUNTIMES for t in _by_row(row, lines)))


def _sanitized(report: Report) -> Trace:
    functions = (frame.function for frame in report.frames if frame.function)
    own = tuple(name for name in functions if not is_runtime(name))
    return Trace(report.tool, report.kind, own[:MOST_FUNCTIONS])


_RUNTIME_NAMES = (
    *("__asan", "__interceptor_", "___interceptor", "__sanitizer", "__ubsan", "__msan", "__tsan"),
    *("__lsan", "operator new", "operator delete", "_start", "__libc_start"),
)
_INTERCEPTED = frozenset(
    (
        *("malloc", "calloc", "realloc", "free", "memcpy", "memmove", "memset", "memcmp"),
        *("strlen", "strcpy", "strncpy", "strcat", "strdup", "strcmp", "strncmp", "fread", "read"),
        *("printf", "vprintf", "sprintf", "vsprintf", "snprintf", "vsnprintf"),
    )
)


def is_runtime(function: str) -> bool:
    """Whether a function belongs to a sanitizer's runtime or is one it stands in for."""
    return function.startswith(_RUNTIME_NAMES) or function in _INTERCEPTED


def _python(lines: list[str]) -> list[Trace]:
    """Tracebacks; of a chain each by itself, the last being the one that ended the program."""
    found: list[Trace] = []
    functions: list[str] | None = None
    for line in lines:
        if line == _PYTHON_BEGIN:
            functions = []
            continue
        if functions is None:
            continue
        frame = _PYTHON_FRAME.match(line)
        end = None if frame or line.startswith(" ") else _PYTHON_END.match(line)
        if frame:
            functions.append(frame[2] or "<module>")
        elif end:
            inner = tuple(reversed(functions))[:MOST_FUNCTIONS]
            found.append(Trace("python", end[1], inner))
            functions = None
        elif not line.startswith(" "):
            functions = None
    return found


def _by_row(row: _Runtime, lines: list[str]) -> list[Trace]:
    found: list[Trace] = []
    kind, functions = "", list[str]()
    for at, line in enumerate(lines):
        header = row.header.match(line)
        if header:
            if kind:
                found.append(Trace(row.name, kind, tuple(functions)))
            beside = lines[at + 1] if row.name == "rust" and at + 1 < len(lines) else ""
            kind, functions = row.kind(f"{header[1]} {beside}"), []
            continue
        frame = row.frame.match(line) if kind else None
        if frame:
            name = clean_function(frame[1].strip())
            if not name.startswith(row.foreign) and len(functions) < MOST_FUNCTIONS:
                functions.append(name)
        elif kind and not row.between.match(line):
            found.append(Trace(row.name, kind, tuple(functions)))
            kind = ""
    return [*found, Trace(row.name, kind, tuple(functions))] if kind else found


_SAME = {
    "signed-integer-overflow": "integer-overflow",
    "unsigned-integer-overflow": "integer-overflow",
    "negate-overflow": "integer-overflow",
    "out-of-bounds-index": "index-out-of-bounds",
    "bounds": "index-out-of-bounds",
    "array-bounds": "index-out-of-bounds",
    "null-pointer-use": "null",
    "shift-exponent": "shift",
    "shift-base": "shift",
    "invalid-shift": "shift",
    "misaligned-pointer-use": "misaligned-address",
    "float-divide-by-zero": "integer-divide-by-zero",
    "divide-by-zero": "integer-divide-by-zero",
    "division-by-zero": "integer-divide-by-zero",
    "attempting-double-free": "double-free",
    "invalid-free": "bad-free",
    "segmentation-fault": "segv",
    "sigsegv": "segv",
    "sigabrt": "abrt",
    "sigfpe": "fpe",
    "sigbus": "bus",
    "sigill": "ill",
    "hang": "timeout",
    "timed-out": "timeout",
    "oom": "out-of-memory",
    "detected-memory-leaks": "memory-leak",
}
_TOOL_NAMES = tuple(name.lower() for name in TOOLS.values())


def canonical_class(name: str) -> str:
    """A class's name as it is compared: small letters, hyphens, without its tool, one synonym."""
    text = name.strip().lower()
    for tool in _TOOL_NAMES:
        text = text.removeprefix(tool).lstrip(": ")
    text = re.sub(r"[\s_]+", "-", text)
    return _SAME.get(text, text)


_FAMILIES = {
    **dict.fromkeys(
        (
            *("heap-buffer-overflow", "stack-buffer-overflow", "global-buffer-overflow"),
            *("stack-buffer-underflow", "dynamic-stack-buffer-overflow", "container-overflow"),
            *("intra-object-overflow", "index-out-of-bounds", "object-size", "unknown-crash"),
            *("negative-size-param", "pointer-overflow"),
        ),
        "outside-object",
    ),
    **dict.fromkeys(
        ("heap-use-after-free", "stack-use-after-return", "stack-use-after-scope", "double-free"),
        "after-end-of-life",
    ),
    **dict.fromkeys(("segv", "bus", "null", "nil-dereference"), "wild-address"),
}


def family(kind: str) -> str:
    """What a class is a case of: one access outside an object has the name of who saw it first."""
    name = canonical_class(kind)
    return _FAMILIES.get(name, name)


# What a check of bounds or of pointers says, whatever AddressSanitizer would have called it.
_SEEN_FIRST = frozenset({"index-out-of-bounds", "object-size", "pointer-overflow", "null", "segv"})


def same_class(expected: str, seen: str) -> bool:
    """Whether two names mean one class.

    An exception may be named without its module. Where the build has several sanitizers, the first
    to look names the crash: ``object-size`` and ``stack-buffer-overflow`` are one, ``null`` and
    ``SEGV``; ``heap-buffer-overflow`` and ``stack-buffer-overflow`` are two.
    """
    wanted, found = canonical_class(expected), canonical_class(seen)
    if not found:
        return False
    if wanted == found or wanted == found.rpartition(".")[2]:
        return True
    return family(wanted) == family(found) and bool({wanted, found} & _SEEN_FIRST)


def same_function(expected: str, seen: str) -> bool:
    """Whether two names mean one function; parameters, scope and module may be left out."""
    wanted, found = (re.sub(r"\(.*", "", name).strip() for name in (expected, seen))
    if not found:
        return False
    return wanted == found or re.split(r"::|\.", found)[-1] == wanted
