# SPDX-License-Identifier: Apache-2.0
"""The parts a generated program is put together from, as values.

    Field("count", 8)                      one number in a message, and a local variable in C
    Handler("trim_crest", fields, body)    the function that takes one kind of message
    Message(handler, {"count": 12}, b"…")  one message as the generator sends it
    Extras(members, opens, closes, …)      what a handler needs in the context struct around it

A body is C text with ``$`` names (string.Template): ``$s`` is the context, ``$data`` and ``$avail``
the rest of the message after its fields, ``$fail`` the statement that rejects the input. The kit
knows one program's habits (integer types, error returns, how it spells constants) and fills them
in, so that a part is written once and looks different from program to program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from textwrap import dedent, indent

from proofhouse.bank.memory_flaw.names import Names
from proofhouse.bank.stream import Stream

_ALONE = re.compile(r"^( *)\$(\w+)(\n|\Z)", re.MULTILINE)
MASK16 = 0xFFFF
MASK32 = 0xFFFFFFFF


@dataclass(frozen=True)
class Field:
    """One unsigned number of 8, 16 or 32 bits at the front of a message."""

    name: str
    bits: int


@dataclass(frozen=True)
class Handler:
    """The function for one kind of message; ``statics`` are helpers defined above it."""

    function: str
    fields: tuple[Field, ...]
    body: str
    blob: bool
    statics: str = ""


@dataclass(frozen=True)
class Message:
    """One message: its handler's function name, a value for each field, the bytes after them.

    ``sum_error`` is added (xor) to the checksum, where the format has one.
    """

    function: str
    values: Mapping[str, int]
    blob: bytes = b""
    sum_error: int = 0


@dataclass(frozen=True)
class Extras:
    """What parts add around the handlers: members, lines of open and close, globals, types."""

    members: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    globals: tuple[tuple[str, str], ...] = ()
    """Pairs of a declaration for the header and the definition for the handlers' file."""
    types: tuple[str, ...] = ()

    def __add__(self, other: Extras) -> Extras:
        return Extras(
            self.members + other.members,
            self.opens + other.opens,
            self.closes + other.closes,
            self.globals + other.globals,
            self.types + other.types,
        )


@dataclass(frozen=True)
class Habits:
    """How one program's author writes C."""

    u8: str
    u16: str
    u32: str
    fail: str
    context: str
    data: str
    avail: str
    constants: str  # "define", "enum" or "literal"
    copying: str  # "memcpy", "for" or "while"
    tabs: bool


@dataclass
class Kit:
    """Names, habits and the constants collected so far, of one program in the making."""

    names: Names
    habits: Habits
    fold: str
    close: str
    constants: list[tuple[str, int]] = field(default_factory=list)

    def constant(self, suffix: str, value: int) -> str:
        """How the program spells ``value``: a fresh named constant, or the number itself."""
        if self.habits.constants == "literal":
            return str(value)
        name = f"{self.names.noun()}_{suffix}".upper()
        self.constants.append((name, value))
        return name

    def fill(self, template: str, **names: object) -> str:
        """C text from a template: the program's habits and ``names`` put in, margins taken off.

        A name that stands alone in its line may be several lines, all set in alike, or none.
        """
        habits = self.habits
        known: dict[str, object] = {
            "u8": habits.u8,
            "u16": habits.u16,
            "u32": habits.u32,
            "fail": f"return {habits.fail};",
            "s": habits.context,
            "data": habits.data,
            "avail": habits.avail,
            "fold": self.fold,
        }
        known |= names

        def place(found: re.Match[str]) -> str:
            margin, name, end = found.groups()
            text = str(known[name])
            return indent(text, margin) + end if text else ""

        text = _ALONE.sub(place, dedent(template).strip("\n"))
        return Template(text).substitute(known).rstrip()

    def copy(self, target: str, source: str, count: str, counter: str, at: str = "") -> str:
        """Statements copying ``count`` bytes to ``target`` (+ ``at``), as this program copies."""
        if self.habits.copying == "memcpy":
            place = f"{target} + {at}" if at else target
            return f"memcpy({place}, {source}, {count});"
        into = f"{target}[{at} + {counter}]" if at else f"{target}[{counter}]"
        if self.habits.copying == "for":
            head = f"for (size_t {counter} = 0; {counter} < {count}; {counter}++)"
            return f"{head}\n    {into} = {source}[{counter}];"
        return (
            f"size_t {counter} = 0;\nwhile ({counter} < {count}) {{\n"
            f"    {into} = {source}[{counter}];\n    {counter}++;\n}}"
        )


def habits(stream: Stream) -> Habits:
    """Draw one author's habits."""
    short = stream.choice((("uint8_t", "uint16_t", "uint32_t"), ("u8", "u16", "u32")))
    data, avail = stream.choice(
        (("data", "avail"), ("rest", "room"), ("bytes", "remaining"), ("body", "have"))
    )
    return Habits(
        u8=short[0],
        u16=short[1],
        u32=short[2],
        fail=stream.choice(("-1", "-1", "REJECTED", "-EBADMSG")),
        context=stream.choice(("s", "st", "ctx", "self", "w")),
        data=data,
        avail=avail,
        constants=stream.choice(("define", "define", "enum", "literal")),
        copying=stream.choice(("memcpy", "memcpy", "for", "while")),
        tabs=stream.chance(1, 4),
    )


def inset(text: str, depth: int = 1) -> str:
    """``text`` moved right by ``depth`` levels of four spaces, empty lines left empty."""
    return indent(text, "    " * depth)
