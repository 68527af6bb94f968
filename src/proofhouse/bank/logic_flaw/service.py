# SPDX-License-Identifier: Apache-2.0
"""The parts a generated service is put together from, as values.

    Command("read_tide", "tide", args, body)        the function that serves one kind of request
    Call("read_tide", {"name": "reef"})             one request as the generator sends it
    Module("wildcard", commands, …)                 one business of the service, flawed or sound

A module is written once, for both: with ``flawed`` it has one logic flaw and ``attack`` reaches the
secret; without, it is the same code done right, and nothing reaches the secret. A program is one
flawed module among sound ones, so that what looks like the flaw is everywhere and has to be read.

Names, habits, templates and constants are those of the memory-flaw family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proofhouse.bank.memory_flaw.names import Scope
from proofhouse.bank.memory_flaw.parts import Extras, Kit
from proofhouse.bank.stream import Stream

TEXT, NUMBER = "text", "number"


@dataclass(frozen=True)
class Arg:
    """One argument of a request and a local variable in C: a string, or a number of 32 bits."""

    name: str
    kind: str


@dataclass(frozen=True)
class Command:
    """The function for one kind of request, its word on the wire, helpers defined above it."""

    function: str
    word: str
    args: tuple[Arg, ...]
    body: str
    statics: str = ""


@dataclass(frozen=True)
class Call:
    """One request: its function's name and a value for each argument.

    ``sum_error`` is xor-ed into its checksum, where requests have one.
    """

    function: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    sum_error: int = 0


@dataclass(frozen=True)
class Module:
    """One business of a service.

    ``culprit`` is the function that hands out the secret at the end of ``attack``; ``near`` comes
    as close as it can without; ``valid`` is what honest clients send.
    """

    kind: str
    commands: tuple[Command, ...]
    extras: Extras
    culprit: str
    attack: tuple[Call, ...]
    near: tuple[Call, ...]
    valid: tuple[Call, ...]
    statics: str = ""
    """What all its commands use, defined once above them."""


_WORDS = [
    "alder",
    "amber",
    "anvil",
    "aspen",
    "badge",
    "basil",
    "birch",
    "brook",
    "cedar",
    "chalk",
    "cider",
    "clove",
    "coral",
    "crane",
    "delta",
    "denim",
    "ember",
    "fable",
    "fern",
    "finch",
    "flint",
    "glade",
    "grain",
    "heron",
    "hazel",
    "holly",
    "ivory",
    "jetty",
    "juniper",
    "karst",
    "lark",
    "larch",
    "linen",
    "lotus",
    "maple",
    "marsh",
    "mica",
    "mint",
    "moss",
    "nickel",
    "oasis",
    "ochre",
    "olive",
    "onyx",
    "opal",
    "otter",
    "pearl",
    "pine",
    "plum",
    "poppy",
    "quartz",
    "quill",
    "raven",
    "rowan",
    "rust",
    "sable",
    "sage",
    "sedge",
    "slate",
    "sorrel",
    "spruce",
    "stone",
    "swan",
    "teal",
    "thorn",
    "tulip",
    "umber",
    "velvet",
    "walnut",
    "wheat",
    "willow",
    "wren",
    "yarrow",
    "zinc",
    "agate",
    "beech",
    "briar",
    "canyon",
    "clay",
    "cobalt",
    "cricket",
    "dahlia",
    "dune",
    "elm",
    "falcon",
    "garnet",
    "gorse",
    "heath",
    "iris",
    "jasper",
    "kelp",
]


class Words:
    """Words on the wire: of commands, users and documents; none is given twice."""

    def __init__(self, stream: Stream) -> None:
        self._pool = list(stream.shuffled(_WORDS))
        self._upper = stream.chance(1, 3)

    def take(self) -> str:
        """A fresh word."""
        return self._pool.pop()

    def command(self) -> str:
        """A fresh word for a command, in the program's own case."""
        word = self.take()
        return word.upper() if self._upper else word


@dataclass(frozen=True)
class Draw:
    """What one module is drawn from.

    ``award`` is the C statement that prints the secret, ``secret`` the expression of its text.
    """

    kit: Kit
    stream: Stream
    scope: Scope
    words: Words
    award: str
    secret: str
    greeting: str
    flawed: bool

    def fill(self, template: str, **names: object) -> str:
        """``Kit.fill`` with ``$award`` and ``$secret``."""
        return self.kit.fill(template, **{"award": self.award, "secret": self.secret, **names})

    def command(
        self, args: Mapping[str, str], body: str, statics: str = "", function: str = ""
    ) -> Command:
        """A command whose ``args`` (name → kind) come in a drawn order."""
        order = self.stream.shuffled([Arg(name, kind) for name, kind in args.items()])
        name = function or self.kit.names.function()
        return Command(name, self.words.command(), order, body, statics)

    def table(self) -> str:
        """A fresh name for a table, which no local variable has."""
        suffix = self.stream.choice(("list", "table", "rows", "names", "book"))
        return f"{self.words.take()}_{suffix}"

    def reply(self, text: str, *values: str) -> str:
        """The C statement that answers with ``text`` (a printf format) and ``values``."""
        return f'printf("{self.greeting}{text}\\n"{"".join(f", {value}" for value in values)});'

    def constant(self, value: int) -> str:
        """How the program spells ``value``; the name of a constant says nothing about its use."""
        suffix = self.stream.choice(("MAX", "LIMIT", "BASE", "MARK", "SPAN"))
        return self.kit.constant(suffix, value)

    def fault(self, flawed: str, sound: str) -> str:
        """``flawed`` in the flawed module, ``sound`` in the others."""
        return flawed if self.flawed else sound

    def refuse(self, *tests: str) -> str:
        """C statements that refuse a request if one of ``tests`` holds, in one of two spellings."""
        if self.stream.chance(1, 2):
            return self.kit.fill("if ($tests)\n    $fail", tests="\n    || ".join(tests))
        return "\n".join(self.kit.fill("if ($test)\n    $fail", test=test) for test in tests)


@dataclass(frozen=True)
class Shelf:
    """A table of named things, one of them the owner's own, with a function that looks one up."""

    source: str
    find: str
    table: str
    names: tuple[str, ...]
    private: str
    place: int

    def public(self, at: int = 0) -> str:
        """One of the names anybody may ask for."""
        others = [name for name in self.names if name != self.private]
        return others[at % len(others)]


def shelf(
    draw: Draw,
    names: Sequence[str],
    private: str,
    compare: str = "strcmp({name}, {row}) == 0",
) -> Shelf:
    """A table with ``names`` and ``private`` in drawn order; ``compare`` tests one row in C."""
    kit = draw.kit
    table, find = draw.table(), kit.names.function()
    rows = draw.stream.shuffled((*names, private))
    test = compare.format(name="name", row=f"{table}[at]")
    count = f"sizeof {table} / sizeof {table}[0]"
    looks = (
        """
        static int $find(const char *name)
        {
            for (size_t at = 0; at < $count; at++)
                if ($test)
                    return (int)at;
            return -1;
        }
        """,
        """
        static int $find(const char *name)
        {
            int at = (int)($count);

            while (at-- > 0)
                if ($test)
                    break;
            return at;
        }
        """,
        """
        static int $find(const char *name)
        {
            int found = -1;

            for (int at = 0; found < 0 && at < (int)($count); at++) {
                if ($test)
                    found = at;
            }
            return found;
        }
        """,
    )
    listed = ", ".join(f'"{row}"' for row in rows)
    source = draw.fill(
        "static const char *const $table[] = {$listed};\n\n$look",
        table=table,
        listed=listed,
        look=draw.fill(draw.stream.choice(looks), find=find, count=count, test=test),
    )
    return Shelf(source, find, table, rows, private, rows.index(private))


def show(draw: Draw, kept: Shelf, at: str) -> str:
    """C statements that show row ``at``: the secret for the owner's own, a line for others."""
    place = draw.constant(kept.place)
    plain = draw.reply("%s %d", f"{kept.table}[{at}]", at)
    if draw.stream.chance(1, 2):
        return draw.fill(
            "if ($at == $place)\n    $award\nelse\n    $plain", at=at, place=place, plain=plain
        )
    return draw.fill(
        "if ($at != $place) {\n    $plain\n    return 0;\n}\n$award",
        at=at,
        place=place,
        plain=plain,
    )
