# SPDX-License-Identifier: Apache-2.0
"""Texts laid out otherwise, or nested deeper: what a program takes, or refuses, as it did; pure.

- `laid_out`: the last line without its end, other ends, blank lines, blanks before and behind,
  parts of a line empty, doubled or exchanged.
- `nested`: brackets, tags and blocks within their like, two to ten deep. A fix for what has no end
  sets a limit somewhere; none as low as that is right.

Left to others: which of the two sides takes them (``exploration``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from proofhouse.validation.growth import MOST_INPUT

_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_DEEP = (2, 3, 5, 10)
_SEPARATORS = b",;:&|\t= "
_BLOCK = re.compile(rb"(?im)^(begin|start|open|<)([^\n]*)\n(.*?)^(end|stop|close|</)\2$", re.S)
_TAG = re.compile(rb"<(\w+)[^<>/]*>.*?</\1>", re.S)


def laid_out(sample: bytes) -> Iterator[bytes]:
    """See above; the whole first, then line by line."""
    lines = sample.splitlines(keepends=True)
    yield sample.rstrip(b"\n")
    yield sample + b"\n"
    yield sample.replace(b"\n", b"\r\n")
    yield sample.replace(b"\n", b"\n\n")
    yield b"\n" + sample
    yield sample.replace(b"\n", b" \n")
    yield b"".join(b" " + line for line in lines)
    yield sample.replace(b" ", b"\t")
    yield sample.replace(b" ", b"  ")
    for at, line in enumerate(lines[:24]):
        for other in _parted(line):
            yield b"".join([*lines[:at], other, *lines[at + 1 :]])


def _parted(line: bytes) -> Iterator[bytes]:
    """A line with its parts empty, doubled, exchanged, left out."""
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    for mark in (bytes([byte]) for byte in _SEPARATORS):
        parts = body.split(mark)
        if not 1 < len(parts) <= 12:
            continue
        for at in range(len(parts)):
            yield mark.join([*parts[:at], b"", *parts[at + 1 :]]) + end
            yield mark.join([*parts[:at], parts[at], *parts[at:]]) + end
            yield mark.join([*parts[:at], *parts[at + 1 :]]) + end
        for at in range(len(parts) - 1):
            yield mark.join([*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]) + end


def nested(sample: bytes) -> Iterator[bytes]:
    """See above; each innermost pair by itself."""
    for deep in _DEEP:
        for one, other in _PAIRS:
            inner = re.escape(one) + rb"[^" + re.escape(one + other) + rb"]*" + re.escape(other)
            for found in list(re.finditer(inner, sample))[:4]:
                body = one * deep + found[0][1:-1] + other * deep
                yield sample[: found.start()] + body + sample[found.end() :]
        for found in list(_BLOCK.finditer(sample))[:4]:
            body = found[0]
            first, last = body[: body.index(b"\n") + 1], b"\n" + body[body.rindex(b"\n") + 1 :]
            yield _within(sample, found, first * (deep - 1), last * (deep - 1))
        for found in list(_TAG.finditer(sample))[:4]:
            body = found[0]
            first, last = body[: body.index(b">") + 1], body[body.rindex(b"</") :]
            yield _within(sample, found, first * (deep - 1), last * (deep - 1))


def _within(sample: bytes, found: re.Match[bytes], first: bytes, last: bytes) -> bytes:
    whole = sample[: found.start()] + first + found[0] + last + sample[found.end() :]
    return whole if len(whole) <= MOST_INPUT else sample
