# SPDX-License-Identifier: Apache-2.0
"""What every planted flaw is: a handler that trusts a length too far, and the messages around it.

    quiet    well inside the buffer             nothing happens
    edge     the largest length that fits       nothing happens: the near miss
    over     past the buffer, inside the check  the flaw
    beyond   past the check                     the program rejects it

The check is in the program, but lets a *window* of lengths through that the buffer does not hold.
Up to level 5 the window is wide (a wrong constant, a forgotten prefix); at level 6 it is 1 to 3
lengths (a rounding, a terminator, an off-by-some). Whatever the class, one message triggers it once
every guard is passed, so that classes are about equally hard and guards make the level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from proofhouse.bank.memory_flaw.names import Scope
from proofhouse.bank.memory_flaw.parts import Extras, Field, Handler, Kit, Message
from proofhouse.bank.stream import Stream

Send = Callable[[str], Message]
"""From one of REACHES to the flawed handler's message."""

REACHES = ("quiet", "edge", "over", "beyond")


@dataclass(frozen=True)
class Flaw:
    """One planted flaw; ``culprit`` is the function a report must show, ``send`` makes messages."""

    variant: str
    classes: tuple[str, ...]
    handler: Handler
    extras: Extras
    culprit: str
    send: Send


@dataclass(frozen=True)
class Sizes:
    """The numbers of one flaw: what fits, and what the program's check still lets through."""

    capacity: int
    limit: int
    bits: int

    def reach(self, kind: str) -> int:
        """The length for one of REACHES."""
        return {
            "quiet": self.capacity - self.capacity // 4,
            "edge": self.capacity,
            "over": self.limit if self.limit - self.capacity < 8 else self.capacity + 8,
            "beyond": self.limit + 1,
        }[kind]


@dataclass(frozen=True)
class Draw:
    """What one flaw is drawn from."""

    kit: Kit
    stream: Stream
    scope: Scope
    tight: bool

    def sizes(self) -> Sizes:
        """A capacity and a window above it."""
        capacity = self.stream.between(24, 40)
        wide, narrow = self.stream.between(24, 64), self.stream.between(1, 3)
        bits = self.stream.choice((8, 16))
        return Sizes(capacity, capacity + (narrow if self.tight else wide), bits)

    def bound(self, length: str, most: str, available: str = "") -> str:
        """The program's check of ``length``, in one of three spellings."""
        tests = [f"{length} > {most}"] + ([f"{length} > {available}"] if available else [])
        spelling = self.stream.below(3)
        if spelling == 0:
            return self.kit.fill("if ($tests)\n    $fail", tests=" || ".join(tests))
        if spelling == 1:
            return "\n".join(self.kit.fill("if ($test)\n    $fail", test=t) for t in tests[::-1])
        flipped = [" < ".join(reversed(test.split(" > "))) for test in tests]
        return self.kit.fill("if ($tests)\n    $fail", tests=" || ".join(flipped))

    def suffix(self) -> str:
        """The last word of a constant's name, alike for true and for wrong bounds."""
        return self.stream.choice(("MAX", "LIMIT", "SIZE", "ROOM", "SPAN"))

    def letters(self) -> bytes:
        """Payload bytes, more than any length asks for."""
        return self.stream.letters(160)

    def counted(
        self,
        sizes: Sizes,
        length: str,
        body: str,
        fixed: Mapping[str, tuple[int, int]] | None = None,
        statics: str = "",
    ) -> tuple[Handler, Send]:
        """A handler whose one ``length`` field reaches, and the sender of its messages.

        ``fixed`` are further fields: name → (bits, value).
        """
        others = dict(fixed or {})
        fields = (Field(length, sizes.bits), *(Field(n, b) for n, (b, _) in others.items()))
        function = self.kit.names.function()
        handler = Handler(function, self.stream.shuffled(fields), body, True, statics)
        blob = self.letters()

        def send(kind: str) -> Message:
            reach = sizes.reach(kind)
            values = {length: reach} | {name: value for name, (_, value) in others.items()}
            return Message(function, values, blob[: sizes.limit + 4])

        return handler, send
