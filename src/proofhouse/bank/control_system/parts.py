# SPDX-License-Identifier: Apache-2.0
"""The parts a controller is put together from, as values.

    Register("limit", 5200, low=3600, high=5400)   one holding register
    Part(registers, coils, members, slots)         what one feature adds to the program
    Shop.fill("$R_limit += $m_pv;")                C text: s->words[R_CEILING] += s->measure;

C text has ``$`` names: ``$R_x`` and ``$C_x`` a register's and a coil's value, ``$r_x`` and ``$c_x``
its number, ``$m_x`` a member of the context and ``$M_x`` its name, ``$f_x`` a function; ``$s`` is
the context. x is a role of ``words``. A *slot* is a place of the program that features fill; slots
whose text several features give are joined in the order given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent, indent

from proofhouse.bank.control_system.words import Theme, Words
from proofhouse.bank.stream import Stream

_NAME = re.compile(r"\$(\w+)")
_ALONE = re.compile(r"^( *)\$(\w+)(\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Register:
    """One holding register: its value at the start, and the values it takes.

    An ``open`` one may be written in every mode, another one in service mode only.
    """

    role: str
    start: int = 0
    low: int = 0
    high: int = 0xFFFF
    open: bool = False


@dataclass(frozen=True)
class Part:
    """What a feature adds: registers, coils (by role), members (C text), and text for slots."""

    registers: tuple[Register, ...] = ()
    coils: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """The numbers of one plant, all in the unit of its measured value, ``span`` the whole of it.

    Whatever a client does, a sound controller keeps the value below ``bound``: ``limit_high`` is
    the highest trip point it accepts, and what may delay a trip costs less than lies between.
    """

    span: int

    def part(self, percent: int) -> int:
        """``percent`` hundredths of the span."""
        return self.span * percent // 100

    @property
    def bound(self) -> int:
        """Where the safety envelope ends."""
        return self.part(92)

    @property
    def limit_low(self) -> int:
        """The lowest trip point."""
        return self.part(50)

    @property
    def limit_high(self) -> int:
        """The highest trip point."""
        return self.part(72)

    @property
    def limit_start(self) -> int:
        """The trip point at the start."""
        return self.part(70)


@dataclass
class Shop:
    """One program in the making: its theme, names, habits, scale and stream."""

    stream: Stream
    theme: Theme
    words: Words
    scale: Scale
    context: str
    short: bool
    tabs: bool
    named: bool
    modes: Mapping[str, int]
    mask: str = ""
    span: int = 0
    constants: list[tuple[str, int]] = field(default_factory=list)

    @property
    def context_type(self) -> str:
        """The tag of the controller's struct."""
        return self.words.word("context")

    def number(self, name: str, value: int) -> str:
        """How the program spells a number: by ``name``, or as it is."""
        if not self.named:
            return str(value)
        if (name, value) not in self.constants:
            self.constants.append((name, value))
        return name

    def register(self, role: str) -> str:
        """The name of a register's number."""
        return f"R_{self.words.word(role).upper()}"

    def coil(self, role: str) -> str:
        """The name of a coil's number."""
        return f"C_{self.words.word(role).upper()}"

    def fill(self, template: str, **names: object) -> str:
        """C text from a template, margins taken off."""

        def place(found: re.Match[str]) -> str:
            margin, name, end = found.groups()
            if name not in names:
                return found[0]
            text = str(names[name])
            return indent(text, margin) + end if text else ""

        text = _ALONE.sub(place, dedent(template).strip("\n"))
        return _NAME.sub(lambda found: self._name(found[1], names), text).rstrip()

    def _name(self, name: str, names: Mapping[str, object]) -> str:
        if name in names:
            return str(names[name])
        if name in _TYPES:
            return _TYPES[name] if self.short else f"{_LONG[name]}_t"
        if name == "s":
            return self.context
        if name in self.modes:
            return self.number(f"MODE_{name}", self.modes[name])
        kind, _, role = name.partition("_")
        if not role or kind not in _KINDS:
            return f"${name}"
        if kind in "rR":
            number = self.register(role)
            return number if kind == "r" else f"{self.context}->{self.words.word('hold')}[{number}]"
        if kind in "cC":
            number = self.coil(role)
            return number if kind == "c" else f"{self.context}->{self.words.word('coil')}[{number}]"
        if kind == "f":
            return self.words.word(f"f_{role}")
        word = self.words.word(role)
        return word if kind == "M" else f"{self.context}->{word}"


_KINDS = frozenset("RrCcmMf")
_TYPES = {"u8": "u8", "u16": "u16", "u32": "u32", "i16": "i16", "i32": "i32"}
_LONG = {"u8": "uint8", "u16": "uint16", "u32": "uint32", "i16": "int16", "i32": "int32"}


def inset(text: str, depth: int = 1) -> str:
    """``text`` moved right by ``depth`` levels of four spaces."""
    return indent(text, "    " * depth)


def joined(parts: Sequence[Part], slot: str) -> str:
    """What ``parts`` put into ``slot``, in their order."""
    return "\n".join(part.slots[slot] for part in parts if part.slots.get(slot))


def last(parts: Sequence[Part], slot: str, default: str) -> str:
    """The text of the one part that fills ``slot``, else ``default``."""
    found = [part.slots[slot] for part in parts if slot in part.slots]
    return found[-1] if found else default
