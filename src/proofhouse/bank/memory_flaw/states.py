# SPDX-License-Identifier: Apache-2.0
"""State guards, from level 4 on: two other messages must have come first, in the right order.

    stages    open, then confirm a number made of the first one
    echo      open, confirm, and the flawed message repeats what came of both
    tally     open just so many times, then latch
    flags     two flags, of which the second is only set after the first
    ledger    deposit and spend, and the balance must be one number

Every guard remembers the opener's number as ``mark``, which level 6 uses in its second relation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from proofhouse.bank.memory_flaw.names import Scope
from proofhouse.bank.memory_flaw.parts import MASK16, Extras, Field, Handler, Kit, Message
from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class State:
    """Two handlers, the check in the flawed one, and the messages that satisfy it in order."""

    kind: str
    handlers: tuple[Handler, Handler]
    extras: Extras
    check: str
    opening: tuple[Message, ...]
    mark: str
    mark_value: int
    fields: tuple[Field, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """What a state guard is drawn from: one scope per handler, and fresh member names."""

    kit: Kit
    stream: Stream
    first: Scope
    second: Scope
    flawed: Scope
    mark: str
    stage: str

    def fill(self, template: str, **names: object) -> str:
        """``Kit.fill`` with the members' names."""
        return self.kit.fill(template, mark=self.mark, stage=self.stage, **names)

    def handler(self, name: str, body: str) -> Handler:
        """A handler with one 16-bit field ``name``."""
        return Handler(self.kit.names.function(), (Field(name, 16),), body, False)

    def members(self, *more: str) -> Extras:
        """The context's members for mark and stage."""
        return Extras(members=(self.fill("$u16 $mark;"), self.fill("$u16 $stage;"), *more))

    def number(self) -> int:
        """A 16-bit number without small or round values."""
        return self.stream.between(0x0123, 0xFEDC)


def _stages(parts: Parts) -> State:
    x, y = parts.first.take("operand"), parts.second.take("operand")
    factor, salt, value = parts.stream.below(500) * 2 + 3, parts.number(), parts.number()
    names = {"x": x, "y": y, "factor": factor, "salt": hex(salt)}
    first = parts.handler(
        x, parts.fill("if ($x == 0)\n    $fail\n$s->$mark = $x;\n$s->$stage = 1;", **names)
    )
    second = parts.handler(
        y,
        parts.fill(
            """
            if ($s->$stage != 1 || $y != ($u16)($s->$mark * ${factor}u + $salt)) {
                $s->$stage = 0;
                $fail
            }
            $s->$stage = 2;
            """,
            **names,
        ),
    )
    opening = (
        Message(first.function, {x: value}),
        Message(second.function, {y: (value * factor + salt) & MASK16}),
    )
    check = parts.fill("if ($s->$stage != 2)\n    $fail")
    return State("stages", (first, second), parts.members(), check, opening, parts.mark, value)


def _echo(parts: Parts) -> State:
    x, y, z = (scope.take("operand") for scope in (parts.first, parts.second, parts.flawed))
    value, other, salt = parts.number(), parts.number(), parts.number()
    if other == value:
        other ^= 1
    names = {"x": x, "y": y, "z": z, "salt": hex(salt)}
    first = parts.handler(x, parts.fill("$s->$mark = $x;\n$s->$stage = 0;", **names))
    second = parts.handler(
        y,
        parts.fill(
            "if ($s->$mark == 0 || $y == 0)\n    $fail\n$s->$stage = $s->$mark ^ $y;", **names
        ),
    )
    check = parts.fill(
        "if ($s->$stage == 0 || $z != ($u16)($s->$stage + $salt))\n    $fail", **names
    )
    opening = (Message(first.function, {x: value}), Message(second.function, {y: other}))
    return State(
        "echo",
        (first, second),
        parts.members(),
        check,
        opening,
        parts.mark,
        value,
        (Field(z, 16),),
        {z: ((value ^ other) + salt) & MASK16},
    )


def _tally(parts: Parts) -> State:
    x, y = parts.first.take("operand"), parts.second.take("operand")
    times, value, ready = parts.stream.between(3, 6), parts.number(), parts.kit.names.noun()
    names = {"x": x, "y": y, "times": times, "ready": ready}
    first = parts.handler(
        x, parts.fill("$s->$mark = $x;\nif ($s->$stage < 9)\n    $s->$stage++;", **names)
    )
    second = parts.handler(
        y,
        parts.fill(
            "$s->$ready = $s->$stage == $times && $y == $s->$mark;\n$s->$stage = 0;", **names
        ),
    )
    check = parts.fill("if (!$s->$ready)\n    $fail", **names)
    opening = (
        *(Message(first.function, {x: value}) for _ in range(times)),
        Message(second.function, {y: value}),
    )
    extras = parts.members(f"int {ready};")
    return State("tally", (first, second), extras, check, opening, parts.mark, value)


def _flags(parts: Parts) -> State:
    x, y = parts.first.take("operand"), parts.second.take("operand")
    low, high = parts.stream.sample((1, 2, 4, 8, 16, 32, 64, 128), 2)
    value = parts.number()
    names = {"x": x, "y": y, "low": hex(low), "high": hex(high), "both": hex(low | high)}
    first = parts.handler(
        x,
        parts.fill(
            """
            $s->$mark = $x;
            if ($s->$stage & $high)
                $s->$stage = 0;
            else
                $s->$stage |= $low;
            """,
            **names,
        ),
    )
    second = parts.handler(
        y,
        parts.fill(
            """
            if (!($s->$stage & $low) || $y != ($u16)($s->$mark << 8 | $s->$mark >> 8))
                $s->$stage = 0;
            else
                $s->$stage |= $high;
            """,
            **names,
        ),
    )
    check = parts.fill("if (($s->$stage & $both) != $both)\n    $fail", **names)
    opening = (
        Message(first.function, {x: value}),
        Message(second.function, {y: (value << 8 | value >> 8) & MASK16}),
    )
    return State("flags", (first, second), parts.members(), check, opening, parts.mark, value)


def _ledger(parts: Parts) -> State:
    x, y = parts.first.take("operand"), parts.second.take("operand")
    value, spent = parts.stream.between(20000, 60000), parts.stream.between(1000, 19000)
    names = {"x": x, "y": y, "rest": value - spent, "moved": parts.kit.names.noun()}
    first = parts.handler(
        x,
        parts.fill(
            "if ($x > 0xffff - $s->$stage)\n    $fail\n$s->$mark = $x;\n$s->$stage += $x;", **names
        ),
    )
    second = parts.handler(
        y,
        parts.fill(
            """
            if ($y == 0 || $y > $s->$stage)
                $fail
            $s->$stage -= $y;
            $s->$moved = 1;
            """,
            **names,
        ),
    )
    check = parts.fill("if (!$s->$moved || $s->$stage != $rest)\n    $fail", **names)
    opening = (Message(first.function, {x: value}), Message(second.function, {y: spent}))
    extras = parts.members(f"int {names['moved']};")
    return State("ledger", (first, second), extras, check, opening, parts.mark, value)


STATES: tuple[Callable[[Parts], State], ...] = (_stages, _echo, _tally, _flags, _ledger)
"""Every kind of state guard."""
