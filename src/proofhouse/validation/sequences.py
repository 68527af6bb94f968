# SPDX-License-Identifier: Apache-2.0
"""Inputs that are sequences, put together anew from the parts of known ones; pure.

    ins a          ins a      A program that keeps a state (a history, a queue, a table) shows a
    ins b    →     ins b      neighbour that broke only after certain commands in a certain order.
    show           undo       So commands are drawn by name, each as likely as any other, put in,
    undo           again      taken out, exchanged, doubled, and told of the names in use.
                   show

`Lines` is that for texts. `Records` is it for bytes, where a head of fixed size tells the length
of what follows: `layout_of` learns size, place and form of that number from samples, by trying all
of them for one by which every sample comes out even. The same seed gives the same sequences.

Left to others: which of them are tried, and what their answers mean (``exploration``).
"""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_UNITS = 80
_MOST_START = 12
_MOST_HEAD = 12
_FORMS = ("<B", "<H", ">H", "<I", ">I")
_TOKEN = re.compile(rb"[A-Za-z0-9_.+-]+|[^\sA-Za-z0-9_.+-]+")
_SMALL = (b"0", b"1", b"2", b"3", b"-1", b"4", b"5", b"7", b"8", b"9", b"10", b"16")


class Lines:
    """Texts as lines; ``samples`` are those that lines are taken from.

    Not ``bold``, it puts in no number that none of them has in such a place.
    """

    def __init__(
        self, samples: Iterable[bytes], source: random.Random, *, bold: bool = True
    ) -> None:
        self.source, self.bold = source, bold
        self.samples = [units for units in map(self.split, samples) if units]
        self.by_name: dict[bytes, list[bytes]] = {}
        for units in self.samples:
            for unit in units:
                known = self.by_name.setdefault(self.name(unit), [])
                if unit not in known and len(known) < 64:
                    known.append(unit)
        self.names = list(self.by_name)
        parts = (part for units in self.samples for unit in units for part in self._parts(unit))
        self.parts = list(dict.fromkeys(part.strip(b" \t") for part in parts))[:400]

    def split(self, data: bytes) -> list[bytes]:
        """An input as its units; none if it has too many."""
        lines = data.splitlines(keepends=True)
        return lines if len(lines) <= MOST_UNITS else []

    def joined(self, units: Sequence[bytes]) -> bytes:
        """Units as an input, each with an end of its own."""
        return b"".join(unit if unit.endswith(b"\n") else unit + b"\n" for unit in units)

    def name(self, unit: bytes) -> bytes:
        """What a unit does: its first word, or marks."""
        found = _TOKEN.search(unit)
        return found[0] if found else b""

    def unit(self) -> bytes:
        """A known unit; each name is as likely as any other."""
        return self.source.choice(self.by_name[self.source.choice(self.names)])

    def changed(self, unit: bytes, units: Sequence[bytes]) -> bytes:
        """The unit with a word of it exchanged for one that stands in another, or a number."""
        found = list(_TOKEN.finditer(unit))[1:] or list(_TOKEN.finditer(unit))
        if not found:
            return unit
        at = self.source.choice(found)
        peers = units if self.source.random() < 0.7 else self.by_name.get(self.name(unit), units)
        theirs = [other for peer in peers for other in _TOKEN.findall(peer)[1:]]
        digit = at[0][:1].isdigit()
        alike = [other for other in theirs if other[:1].isdigit() == digit and other != at[0]]
        if digit and self.bold and self.source.random() < 0.5:
            near = (b"%d" % (int(at[0]) + step) for step in (-1, 1)) if at[0].isdigit() else ()
            alike = [*_SMALL, *near, b"0" + at[0], b"+" + at[0], at[0] + b"0"]
        new = self.source.choice(alike) if alike else at[0]
        return unit[: at.start()] + new + unit[at.end() :]

    def reworded(self, unit: bytes) -> bytes:
        """The unit with a word of it put elsewhere, doubled, left out, or with a known one more.

        So that a line that is a sequence by itself, an expression or a program, is one here, too.
        """
        pick = self.source
        parts = self._parts(unit)
        if len(parts) < 3 or not self.parts:
            return unit
        for _ in range(pick.choice((1, 1, 2, 3))):
            at = pick.randrange(len(parts) + 1)
            way = pick.randrange(5)
            blank = b" " if parts[0].endswith(b" ") else b""
            if way < 2 or len(parts) < 2:
                parts.insert(at, pick.choice(self.parts) + blank)
            elif way == 2:
                parts.insert(at, pick.choice(parts))
            elif way == 3:
                del parts[at - 1]
            else:
                parts.insert(at - 1, parts.pop(pick.randrange(len(parts))))
        return b"".join(parts)

    def _parts(self, unit: bytes) -> list[bytes]:
        """The words and marks of a line, each with the blanks behind it."""
        return re.findall(rb"[A-Za-z0-9_.]+[ \t]*|[^\sA-Za-z0-9_.][ \t]*", unit)

    def sequence(self, base: bytes) -> bytes:
        """A new sequence, most often made of ``base``."""
        units = self.split(base)
        if not self.names:
            return base
        if not units or self.source.random() < 0.2:
            units = [self.unit() for _ in range(self.source.randint(2, 9))]
        for _ in range(self.source.choice((1, 1, 2, 2, 3, 4, 6))):
            self._edit(units)
        return self.joined(units[:MOST_UNITS])

    def _edit(self, units: list[bytes]) -> None:
        pick = self.source
        at = pick.randrange(len(units) + 1)
        way = pick.randrange(12)
        if way < 3 or not units:
            units.insert(at, self.unit())
        elif way == 3:
            units.append(self.unit())
        elif way == 4 and self.samples:
            other = pick.choice(self.samples)
            begin = pick.randrange(len(other))
            units[at:at] = other[begin : begin + pick.randint(1, 5)]
        elif way == 5:
            del units[at : at + pick.choice((1, 1, 2, 3))]
        elif way == 6:
            units.insert(at, pick.choice(units))
        elif way == 7:
            units.insert(at - 1 if at else 0, units.pop(pick.randrange(len(units))))
        elif way == 8:
            begin = pick.randrange(len(units))
            units[at:at] = units[begin : begin + pick.randint(2, 4)]
        elif way == 9:
            units[at - 1] = self.unit()
        elif way == 10:
            units[at - 1] = self.reworded(units[at - 1])
        else:
            units[at - 1] = self.changed(units[at - 1], units)


@dataclass(frozen=True)
class Layout:
    """``start`` bytes, then records: a head of ``head`` bytes, at ``at`` in it the length.

    ``own`` is what of the head the length counts in.
    """

    start: int
    head: int
    at: int
    form: str
    own: int

    def split(self, data: bytes) -> list[bytes] | None:
        """The records; None if the input does not come out even."""
        found: list[bytes] = []
        place = self.start
        if len(data) < self.start:
            return None
        while place < len(data):
            if place + self.head > len(data):
                return None
            size = struct.unpack_from(self.form, data, place + self.at)[0] - self.own
            end = place + self.head + size
            if size < 0 or end > len(data) or len(found) > 400:
                return None
            found.append(data[place:end])
            place = end
        return found


def layout_of(samples: Sequence[bytes]) -> Layout | None:
    """The layout by which most samples are records with something in them; None if there is none.

    It must fit two thirds of the samples, one of them with two records or more, and three lengths
    that are not 0 or one that is over 8.
    """
    some = [data for data in samples if 4 <= len(data) <= 4096][:16]
    best = (0, 0, 0, 0)
    chosen: Layout | None = None
    for layout in _layouts():
        parsed: list[list[bytes]] = []
        for at, data in enumerate(some):
            found = layout.split(data)
            if found is not None:
                parsed.append(found)
            elif 3 * (at + 1 - len(parsed)) > len(some):
                break
        if 3 * len(parsed) < 2 * len(some) or not any(len(found) > 1 for found in parsed):
            continue
        bodies = [len(unit) - layout.head for found in parsed for unit in found]
        full = [size for size in bodies if size]
        if len(full) < 3 and max(full, default=0) <= 8:
            continue
        width = struct.calcsize(layout.form)
        score = (len(parsed), len(set(full)), width, -layout.start - layout.head)
        if score > best:
            best, chosen = score, layout
    return chosen


def _layouts() -> Iterable[Layout]:
    for start in range(_MOST_START + 1):
        for head in range(1, _MOST_HEAD + 1):
            for form in _FORMS:
                for at in range(head - struct.calcsize(form) + 1):
                    for own in (0, head):
                        yield Layout(start, head, at, form, own)


class Records(Lines):
    """Bytes as records of a layout."""

    def __init__(
        self,
        layout: Layout,
        samples: Iterable[bytes],
        source: random.Random,
        *,
        bold: bool = True,
    ) -> None:
        self.layout = layout
        every = list(samples)
        parsed = {data: layout.split(data) for data in every}
        self._starts = [data[: layout.start] for data, units in parsed.items() if units is not None]
        heads = [unit[: layout.head] for units in parsed.values() for unit in units or ()]
        kinds = [len({head[at] for head in heads}) for at in range(layout.head)]
        few = [(count, at) for at, count in enumerate(kinds) if count > 1 and not self._tells(at)]
        self._kind = min(few)[1] if few else 0
        super().__init__(every, source, bold=bold)

    def _tells(self, at: int) -> bool:
        """Whether a byte of the head belongs to the length."""
        return 0 <= at - self.layout.at < struct.calcsize(self.layout.form)

    def split(self, data: bytes) -> list[bytes]:
        """See `Lines.split`."""
        return (self.layout.split(data) or [])[:MOST_UNITS]

    def joined(self, units: Sequence[bytes]) -> bytes:
        """Units as an input, behind the first bytes of one of the samples."""
        start = self.source.choice(self._starts) if self._starts else bytes(self.layout.start)
        return start + b"".join(units)

    def name(self, unit: bytes) -> bytes:
        """What a unit does: the byte of its head in which samples differ least, but do."""
        return unit[self._kind : self._kind + 1]

    def reworded(self, unit: bytes) -> bytes:
        """A head and its text are no words."""
        return self.changed(unit, [unit])

    def changed(self, unit: bytes, units: Sequence[bytes]) -> bytes:
        """The unit with a byte of its head as in another, or another text, its length told."""
        pick, layout = self.source, self.layout
        head, body = bytearray(unit[: layout.head]), unit[layout.head :]
        way = pick.randrange(4)
        if way == 0 or (way == 1 and not self.bold):
            at = pick.randrange(layout.head)
            head[at] = pick.choice(self.by_name.get(self.name(unit), units))[at]
        elif way == 1:
            at = pick.randrange(layout.head)
            head[at] = pick.choice((0, 1, 2, 3, (head[at] + 1) & 255, (head[at] - 1) & 255))
        elif way == 2:
            body = body[: pick.randrange(len(body) + 1)] + body[: pick.randrange(len(body) + 1)]
        else:
            body = pick.choice(units)[layout.head :]
        if way >= 2:
            size = len(body) + layout.own
            if size < 1 << 8 * struct.calcsize(layout.form):
                struct.pack_into(layout.form, head, layout.at, size)
        return bytes(head) + body


def sequences(
    samples: Sequence[bytes], source: random.Random, *, bold: bool = True
) -> Lines | None:
    """What is learnt of samples: `Lines` for texts, `Records` for bytes that have a layout."""
    full = [data for data in samples if data.strip()]
    text = [data for data in full if data.isascii() and b"\0" not in data]
    if 2 * len(text) >= len(full):
        lines = Lines(text, source, bold=bold)
        several = any(len(units) > 1 for units in lines.samples) or len(lines.parts) > 2
        return lines if lines.names and several else None
    layout = layout_of([data for data in full if data not in text])
    return Records(layout, full, source, bold=bold) if layout is not None else None
