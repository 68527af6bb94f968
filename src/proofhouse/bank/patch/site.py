# SPDX-License-Identifier: Apache-2.0
"""A site: one type of message whose bytes go somewhere, with the numbers that its tests need.

    valid    the largest size that is valid: the tests send it, and one less, and less
    low      the smallest size that shows the flaw, high the largest that the check lets through

A *size* is what the flaw is about: the count of a message, or for messages with an offset the
offset and the count together. ``room`` is C text, ``size`` its number.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.memory_flaw.flaw import Draw
from proofhouse.bank.memory_flaw.parts import Extras, Field, Message
from proofhouse.bank.patch.operations import Operation


@dataclass(frozen=True)
class Names:
    """The local names of one function."""

    to: str
    count: str
    at: str
    value: str
    step: str
    total: str


@dataclass(frozen=True)
class Site:
    """One site; ``place`` is the C expression of its buffer, ``extras`` what surrounds it."""

    function: str
    storage: str
    names: Names
    fields: tuple[Field, ...]
    place: str
    room: str
    size: int
    valid: int
    low: int
    high: int
    extras: Extras
    offset: bool
    blob: bool
    beside: str = ""
    """A second member, where the kind has one."""

    def message(self, size: int, letters: bytes, at: int = 0, value: int = 7) -> Message:
        """A message of ``size``; with an offset, ``at`` of it come before the bytes."""
        at = min(at, size, 255) if self.offset else 0
        count = size - at
        values = {self.names.count: count, self.names.at: at, self.names.value: value}
        known = {field.name for field in self.fields}
        return Message(
            self.function,
            {name: number for name, number in values.items() if name in known},
            letters[:count] if self.blob else b"",
        )


def names_of(draw: Draw) -> Names:
    """Local names for one function."""
    roles = ("buffer", "size", "offset", "value", "counter", "result")
    return Names(*(draw.scope.take(role) for role in roles))


def buffer_site(draw: Draw, operation: Operation, valid: int, high: int, room: str = "") -> Site:
    """A site with one buffer; ``room`` names a constant that is there already."""
    kit, stream, names = draw.kit, draw.stream, names_of(draw)
    storage = stream.choice(operation.storages)
    size = operation.room(valid)
    room = room or kit.constant(draw.suffix(), size)
    place, extras = names.to, Extras()
    if storage == "owned":
        member = kit.names.noun()
        place, extras = f"{kit.habits.context}->{member}", owned(draw, member, room)
    elif storage == "global":
        place = f"{kit.names.noun()}_area"
        declaration = kit.fill("$u8 $place[$room]", place=place, room=room)
        extras = Extras(
            opens=(f"memset({place}, 0, sizeof {place});",),
            globals=((f"extern {declaration};", f"{declaration};"),),
        )
    elif storage == "table":
        place = f"{kit.names.noun()}_curve"
        values = ", ".join(str(stream.below(65536)) for _ in range(size))
        declaration = kit.fill("const $u16 $place[$room]", place=place, room=room)
        definition = f"{declaration} = {{\n    {values},\n}};"
        extras = Extras(globals=((f"extern {declaration};", definition),))
    fields = [Field(names.count, stream.choice((8, 16)))]
    fields += [Field(names.at, 8)] if operation.offset else []
    fields += [Field(names.value, 8)] if operation.kind == "fill" else []
    return Site(
        kit.names.function(),
        storage,
        names,
        stream.shuffled(fields),
        place,
        room,
        size,
        valid,
        valid + 1,
        high,
        extras,
        operation.offset,
        operation.blob,
    )


def owned(draw: Draw, member: str, room: str) -> Extras:
    """A heap buffer of the context from open to close."""
    kit = draw.kit
    names = {"m": member, "room": room}
    return Extras(
        members=(kit.fill("$u8 *$m;", **names),),
        opens=(kit.fill("$s->$m = calloc(1, $room);\nif (!$s->$m)\n    $fail", **names),),
        closes=(kit.fill("free($s->$m);", **names),),
    )
