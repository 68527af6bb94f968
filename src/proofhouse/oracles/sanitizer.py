# SPDX-License-Identifier: Apache-2.0
"""Reads what the sanitizers of gcc and clang print; pure, and written for hostile text.

    ==24==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000000040 at pc …
    READ of size 1 at 0x603000000040 thread T0
    kQ81x0v7 #0 /work/target+0x391a
    kQ81x0v7 #1 /work/target+0x299f
                                        → Report("address", "heap-use-after-free", frames)

    src/main.c:12:5: runtime error: index 9 out of bounds for type 'int [8]'
                                        → Report("undefined", "index-out-of-bounds", frames)

    ==7==WARNING: MemorySanitizer: use-of-uninitialized-value       → "memory"
    WARNING: ThreadSanitizer: data race (pid=7)                     → "thread", "data-race"
    ==7==ERROR: LeakSanitizer: detected memory leaks                → "leak", "memory-leak"

A program prints what its input tells it to, so text that looks like a report proves nothing. Who
runs a program therefore asks the sanitizer to begin each line of its stack traces with a *nonce*
(``stack_trace_format``) drawn for that one run, and reads with ``signed_report``: lines without
the nonce are the program's, and the class is that of the header line next above the first line
that bears it. The nonce lies in the sanitizer's environment, where an input doesn't reach; a
program that was taken over completely could read it there, which is beyond what an oracle of this
kind can exclude, and beyond what an input needs to do to earn its point.

``reports`` reads without a nonce, for text from elsewhere: what it returns is a claim.
Formats: compiler-rt's asan_descriptions/asan_errors, ubsan_diag, msan_report, tsan_report and
lsan_common, as gcc 12 and clang 14 to 19 print them. Of a report only its first trace is read: not
where the memory came from, nor the other thread's side of a race.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

STACK_FORMAT = "{nonce} #%n %m+%o"
"""What ``stack_trace_format`` is set to, with the run's nonce: module and offset, no symbols."""

MAX_TEXT = 4 * 1024 * 1024
"""The longest text that is read; what lies beyond is not looked at."""


@dataclass(frozen=True)
class Frame:
    """One frame of a stack trace, innermost first.

    ``function`` and ``path`` are empty where the text gives none; ``offset`` is the place in
    ``module``, or None.
    """

    index: int
    function: str
    path: str
    line: int
    module: str
    offset: int | None


@dataclass(frozen=True)
class Report:
    """One report: ``tool`` is a key of `TOOLS`, ``kind`` the sanitizer's own name."""

    tool: str
    kind: str
    frames: tuple[Frame, ...]


_LONGEST_LINE = 4096
"""What of a line is looked at; keeps every pattern below quick on hostile text."""

# Headers of AddressSanitizer that don't begin with the class's name: pattern → class.
_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"attempting double-free on ", "double-free"),
        (r"attempting free on address which was not malloc", "bad-free"),
        (r"attempting to call malloc_usable_size", "bad-malloc_usable_size"),
        (r"attempting to call __sanitizer_get_allocated_size", "bad-get_allocated_size"),
        (r"requested allocation size ", "allocation-size-too-big"),
        (r"specified RSS limit exceeded", "rss-limit-exceeded"),
        (r"allocator is out of memory", "out-of-memory"),
        (r"calloc parameters overflow", "calloc-overflow"),
        (r"reallocarray parameters overflow", "reallocarray-overflow"),
        (r"invalid alignment requested", "invalid-allocation-alignment"),
        (r"invalid posix_memalign alignment", "invalid-posix-memalign-alignment"),
        (r"bad parameters to __sanitizer_annotate", "bad-annotation"),
        (r"alloc-dealloc-mismatch ", "alloc-dealloc-mismatch"),
        (r"new-delete-type-mismatch ", "new-delete-type-mismatch"),
        (r"[a-z]+-param-overlap: memory ranges ", "param-overlap"),
        (r"negative-size-param: ", "negative-size-param"),
        (r"odr-violation ", "odr-violation"),
    )
)
_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,63})(?: on (?:unknown )?address\b|:? )")

# What UndefinedBehaviorSanitizer says, and the name of the check that says it.
_CHECKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"(?:signed|unsigned) integer overflow: ", "integer-overflow"),
        (r"negation of .+ cannot be represented", "integer-overflow"),
        (r"division by zero", "integer-divide-by-zero"),
        (r"division of .+ cannot be represented", "integer-overflow"),
        (r"(?:left )?shift (?:exponent|of) ", "shift"),
        (r"index .+ out of bounds for type ", "index-out-of-bounds"),
        (r"(?:load|store|member access|reference binding|upcast|downcast).* null pointer", "null"),
        (r"member call on null pointer", "null"),
        (r".*misaligned address ", "misaligned-address"),
        (r".*insufficient space for an object", "object-size"),
        (r"pointer index expression .* overflowed|applying .* offset ", "pointer-overflow"),
        (r"addition of unsigned offset|subtraction of unsigned offset", "pointer-overflow"),
        (r"load of value .+ which is not a valid value", "invalid-value"),
        (r".+ is outside the range of representable values", "float-cast-overflow"),
        (r"implicit conversion from type ", "implicit-conversion"),
        (r"variable length array bound evaluates to ", "vla-bound"),
        (r"execution reached (?:the end of a value-returning|an unreachable)", "unreachable"),
        (r"call to function .+ through pointer to incorrect function type", "function-type"),
        (r"null pointer (?:passed as argument|returned from function)", "nonnull"),
        (r"passing zero to ", "invalid-builtin"),
    )
)

_ADDRESS_HEADER = re.compile(r"^==\d{1,10}==\s?ERROR: AddressSanitizer: (.+)$", re.ASCII)
_MEMORY_HEADER = re.compile(r"^==\d{1,10}==\s?(?:WARNING|ERROR): MemorySanitizer: (.+)$", re.ASCII)
_LEAK_HEADER = re.compile(r"^==\d{1,10}==\s?ERROR: LeakSanitizer: (.+)$", re.ASCII)
_THREAD_HEADER = re.compile(
    r"^(?:==\d{1,10}==\s?)?(?:WARNING|ERROR|FATAL): ThreadSanitizer: (.+)$", re.ASCII
)
_UNDEFINED_HEADER = re.compile(r"^[^\s:][^:]*:\d{1,9}(?::\d{1,9})?: runtime error: (.+)$", re.ASCII)

_FRAME = re.compile(r"^#(\d{1,4}) +(.*)$", re.ASCII)
_PLACE = re.compile(r"^(.*?):(\d{1,9})(?::\d{1,9})?$", re.ASCII)
_SYMBOL = re.compile(r"^0x[0-9a-f]{1,16} in (.+)$")
_MODULE = re.compile(r"^\(?([^()]+)\+0x([0-9a-f]{1,16})\)?(?: \(BuildId: [0-9a-f]+\))?$")
# ThreadSanitizer's own format: function, place, module, and no address.
_THREAD_FRAME = re.compile(
    r"^(.+) (\S+) (\(\S+\+0x[0-9a-f]{1,16}\))(?: \(BuildId: [0-9a-f]{1,64}\))?$"
)
_CLONE = re.compile(r"(?:\.(?:isra|part|constprop|cold|lto_priv|localalias)(?:\.\d+)?)+$")

UNREADABLE = "unreadable"
"""The kind of a report whose header names nothing that is known here."""

TOOLS = MappingProxyType(
    {
        "address": "AddressSanitizer",
        "undefined": "UndefinedBehaviorSanitizer",
        "memory": "MemorySanitizer",
        "thread": "ThreadSanitizer",
        "leak": "LeakSanitizer",
    }
)
"""The tools that are read, and their names."""


def address_kind(text: str) -> str:
    """The class that an AddressSanitizer header names, ``text`` being what follows the colon."""
    for pattern, kind in _PHRASES:
        if pattern.match(text):
            return kind
    named = _NAMED.match(text + " ")
    return named[1] if named else UNREADABLE


def undefined_kind(text: str) -> str:
    """The check that an UndefinedBehaviorSanitizer message comes from."""
    return next((kind for pattern, kind in _CHECKS if pattern.match(text)), UNREADABLE)


def thread_kind(text: str) -> str:
    """``data race on vptr (ctor/dtor vs virtual call) (pid=7)`` → ``data-race-on-vptr``."""
    words = text.partition(" (")[0].strip().lower()
    if words.startswith("segv"):
        return "SEGV"
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:64] or UNREADABLE


def signed_report(stderr: bytes, nonce: str) -> Report | None:
    """The report whose stack lines bear ``nonce``; None if there is none.

    ``nonce`` is what this one run's ``stack_trace_format`` began with. Frames are those of the
    first trace (where it happened; not where the memory was allocated or freed). The header is the
    nearest one above, with no foreign stack lines in between being believed; without a header
    above, the kind is UNREADABLE.
    """
    if not nonce:
        raise ValueError("A nonce has at least one character; without one use reports().")
    header: tuple[str, str] | None = None
    frames: list[Frame] = []
    for line in _lines(stderr):
        frame = _frame(line.removeprefix(nonce + " ")) if line.startswith(nonce + " ") else None
        if frame is not None and frame.index == len(frames):
            frames.append(frame)
        elif frames:
            break
        else:
            header = _header(line) or header
    if not frames:
        return None
    tool, kind = header or ("address", UNREADABLE)
    return Report(tool, kind, tuple(frames))


def reports(text: bytes) -> tuple[Report, ...]:
    """Every report in ``text``, in its order, each with its first stack trace.

    Nothing shows that a sanitizer wrote it: this is for text that somebody handed in.
    """
    found: list[Report] = []
    open_trace = False
    for line in _lines(text):
        header = _header(line)
        if header:
            found.append(Report(*header, ()))
            open_trace = True
            continue
        frame = _frame(line.lstrip())
        if frame is None:
            open_trace = open_trace and not (found and found[-1].frames)
        elif open_trace and frame.index == len(found[-1].frames):
            last = found[-1]
            found[-1] = Report(last.tool, last.kind, (*last.frames, frame))
    return tuple(found)


def _lines(data: bytes) -> list[str]:
    """Lines as a terminal would end them, at line feeds and carriage returns, none too long."""
    text = data[:MAX_TEXT].decode("utf-8", "replace")
    return [line[:_LONGEST_LINE] for line in re.split(r"\r\n|\n|\r", text)]


def _header(line: str) -> tuple[str, str] | None:
    address = _ADDRESS_HEADER.match(line)
    if address:
        return "address", address_kind(address[1])
    memory = _MEMORY_HEADER.match(line)
    if memory:
        return "memory", address_kind(memory[1])
    thread = _THREAD_HEADER.match(line)
    if thread:
        return "thread", thread_kind(thread[1])
    leak = _LEAK_HEADER.match(line)
    if leak:
        return "leak", "memory-leak" if "leaks" in leak[1] else UNREADABLE
    undefined = _UNDEFINED_HEADER.match(line)
    return ("undefined", undefined_kind(undefined[1])) if undefined else None


def _frame(text: str) -> Frame | None:
    """A stack line, from its ``#`` on: symbolised, or module and offset."""
    numbered = _FRAME.match(text)
    if numbered is None:
        return None
    index, rest = int(numbered[1]), numbered[2].strip()
    symbol = _SYMBOL.match(rest)
    threaded = None if symbol else _THREAD_FRAME.match(rest)
    if threaded is not None:
        place = _PLACE.match(threaded[2])
        path, line = (place[1], int(place[2])) if place else ("", 0)
        module, offset = _module(threaded[3])
        return Frame(index, clean_function(threaded[1]), path, line, module, offset)
    if symbol is None:
        module, offset = _module(re.sub(r"^0x[0-9a-f]+ +", "", rest))
        return Frame(index, "", "", 0, module, offset)
    name, where = _name_and_where(symbol[1])
    module, offset = _module(where)
    if offset is not None:
        return Frame(index, clean_function(name), "", 0, module, offset)
    place = _PLACE.match(where)
    path, line = (place[1], int(place[2])) if place else (where, 0)
    return Frame(index, clean_function(name), path, line, "", None)


def _name_and_where(text: str) -> tuple[str, str]:
    """A function's name and the place after it; either may hold spaces.

    The place begins at the module's bracket, at the first absolute path, or at the last word.
    """
    for start in (text.rfind(" (/"), text.find(" /"), text.rfind(" ")):
        if start > 0:
            return text[:start], text[start + 1 :]
    return text, ""


def _module(text: str) -> tuple[str, int | None]:
    found = _MODULE.match(text)
    return (found[1], int(found[2], 16)) if found else ("", None)


def clean_function(name: str) -> str:
    """A function's name without what the compiler appends to its clones (``.isra.0``)."""
    return _CLONE.sub("", name)
