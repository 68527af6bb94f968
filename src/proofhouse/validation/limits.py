# SPDX-License-Identifier: Apache-2.0
"""Quantities of a known input that can be turned up, to find where a patch begins to refuse; pure.

A limit that a patch set too low lies somewhere above what the samples have: in the length of a
word, in a number, in how many lines or parts of a line there are. Each is a `Knob` from what it is
to far beyond. `steps` are values to look at first; where the patched side stops taking the input
between two of them, the place is found by bisection, and the side without the patch must stop there
as well. So a limit is met whatever its value, and whether or not anything names it.

Left to others: running them (``exploration``).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from proofhouse.validation.growth import Knob, listed, numbered, numbers_of, twin_runs
from proofhouse.validation.sequences import Layout

_WORD = re.compile(rb"[A-Za-z0-9_.-]+")
_MOST_LENGTH = 3000
_MOST_NUMBER = 2_000_000
_MOST_LINES = 600
_MOST_PARTS = 600
_SEPARATORS = b",;:|/ "


def climbs(sample: bytes, most: int | None = None) -> Iterator[Knob]:
    """The knobs of a text, the likeliest first; none goes beyond ``most``."""
    for knob in _climbs(sample):
        if most is None:
            yield knob
        elif knob.least < most:
            yield replace(knob, now=min(knob.now, most))


def _climbs(sample: bytes) -> Iterator[Knob]:
    lines = sample.splitlines(keepends=True)
    for start, end in [found.span() for found in _WORD.finditer(sample)][:16]:
        yield Knob(end - start, _MOST_LENGTH, partial(_longer, sample, start, end))
    for start, end in numbers_of(sample)[:10]:
        value = int(sample[start:end])
        if value < _MOST_NUMBER:
            yield Knob(value, _MOST_NUMBER, partial(_numbered, sample, start, end))
    if len(lines) <= 64:
        for at in dict.fromkeys((0, len(lines) // 2, len(lines) - 1)) if lines else ():
            yield Knob(1, _MOST_LINES, partial(_many, lines, at))
            if _WORD.search(lines[at]):
                yield Knob(1, _MOST_LINES, partial(_many_named, lines, at))
    yield from twin_runs(sample, _MOST_PARTS)
    yield from listed(sample, _MOST_PARTS)
    for at, line in enumerate(lines[:8]):
        for mark in (bytes([byte]) for byte in _SEPARATORS):
            count = line.rstrip().count(mark) + 1
            if count > 1:
                yield Knob(count, _MOST_PARTS, partial(_parted, lines, at, mark, count))


def record_climbs(layout: Layout, sample: bytes) -> Iterator[Knob]:
    """The knobs of bytes that are records: what each holds, its length told; how many there are."""
    records = layout.split(sample) or []
    largest = (1 << 8 * struct.calcsize(layout.form)) - 1 - layout.own
    for at, record in enumerate(records[:12]):
        size = len(record) - layout.head
        if size:
            filled = partial(_filled, layout, sample, records, at)
            yield Knob(size, min(largest, _MOST_LENGTH), filled)
        yield Knob(1, _MOST_PARTS, partial(_many_records, layout, sample, records, at))


def steps(knob: Knob) -> list[int]:
    """Values from where a knob stands to its end, each about twice the one before."""
    found, value = [], max(knob.least, 1)
    while value < knob.now:
        found.append(value)
        value = value * 2 if value > 4 else value + 2
    return [*found, knob.now]


def _longer(sample: bytes, start: int, end: int, length: int) -> bytes:
    word = sample[start:end]
    return sample[:start] + (word * (length // len(word) + 1))[:length] + sample[end:]


def _filled(layout: Layout, sample: bytes, records: list[bytes], at: int, length: int) -> bytes:
    head, body = bytearray(records[at][: layout.head]), records[at][layout.head :]
    struct.pack_into(layout.form, head, layout.at, length + layout.own)
    more = (body * (length // len(body) + 1))[:length]
    start = sample[: layout.start]
    return b"".join([start, *records[:at], bytes(head), more, *records[at + 1 :]])


def _many_records(
    layout: Layout, sample: bytes, records: list[bytes], at: int, count: int
) -> bytes:
    start = sample[: layout.start]
    return b"".join([start, *records[:at], *records[at : at + 1] * count, *records[at + 1 :]])


def _numbered(sample: bytes, start: int, end: int, value: int) -> bytes:
    return sample[:start] + b"%d" % value + sample[end:]


def _many(lines: list[bytes], at: int, count: int) -> bytes:
    line = lines[at] if lines[at].endswith(b"\n") else lines[at] + b"\n"
    return b"".join([*lines[:at], *[line] * count, *lines[at + 1 :]])


def _many_named(lines: list[bytes], at: int, count: int) -> bytes:
    """As many lines, the second word of each, or else the first, with a number of its own."""
    every = list(numbered(lines, at, count))
    return every[min(1, len(every) - 1)]


def _parted(lines: list[bytes], at: int, mark: bytes, count: int, wanted: int) -> bytes:
    body = lines[at].rstrip()
    last = body.rpartition(mark)[2]
    more = (mark + last) * (wanted - count)
    return b"".join([*lines[:at], body, more, lines[at][len(body) :], *lines[at + 1 :]])
