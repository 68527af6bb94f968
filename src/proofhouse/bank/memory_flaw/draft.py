# SPDX-License-Identifier: Apache-2.0
"""Draws one program: theme, habits, skeleton, flaw, decoys, guards, in an order of its own.

    draft(key, 3, 7)  →  Draft: the parts, the messages and, for each guard, an input that breaks it

The level is no part of the stream's label. Under one key a program of level 4 is therefore the
program of level 3 with a state guard added, and every level's guards are those below and one more:
monotone by construction. Names that only some levels need are drawn last for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from proofhouse.bank.memory_flaw import decoys, flaw, relations, states
from proofhouse.bank.memory_flaw.checksums import Checksum, checksum
from proofhouse.bank.memory_flaw.framing import Frame, Framing, Setting
from proofhouse.bank.memory_flaw.guards import Guard, guards
from proofhouse.bank.memory_flaw.lifetimes import LIFETIMES
from proofhouse.bank.memory_flaw.names import THEMES, Names, Scope
from proofhouse.bank.memory_flaw.overflows import OVERFLOWS
from proofhouse.bank.memory_flaw.parts import Extras, Field, Handler, Kit, Message, habits
from proofhouse.bank.memory_flaw.readers import Reader, reader
from proofhouse.bank.memory_flaw.skeletons import SKELETONS
from proofhouse.bank.stream import Stream

T = TypeVar("T")

FLAWS = MappingProxyType({**OVERFLOWS, **LIFETIMES})
"""Every class of flaw, by AddressSanitizer's name, with its variants."""


@dataclass(frozen=True)
class Draft:
    """One program's parts, before they are written out as C.

    ``handlers`` are in the order they appear in the sources, ``codes`` maps their functions to the
    message codes, ``extras`` are in drawn order too. ``broken`` has for every guard an input that
    breaks that guard and keeps all others.
    """

    level: int
    index: int
    stream: Stream
    kit: Kit
    context: str
    opener: str
    reader: Reader
    framing: Framing
    checksum: Checksum | None
    flaw: flaw.Flaw
    handlers: tuple[Handler, ...]
    extras: tuple[Extras, ...]
    codes: Mapping[str, int]
    guards: tuple[Guard, ...]
    solution: bytes
    sample: bytes
    traffic: bytes
    broken: Mapping[str, bytes]


@dataclass(frozen=True)
class _Guarded:
    """The flawed handler with its guards, and what its messages must carry."""

    handler: Handler
    values: Mapping[str, int]
    wrong: Mapping[str, str]
    """Guard → the field whose value breaks it."""


_Add = Callable[[str, str, int, int], None]
"""Adds a field to the flawed handler: label of its place, name, bits, value."""


class _Drawing:
    """The draws of one program, made in a fixed order."""

    def __init__(self, stream: Stream, level: int, skeleton: str, variant: str) -> None:
        self.stream, self.level = stream, level
        theme = stream.fork("theme").choice(THEMES)
        self.names = Names(stream.fork("names"), theme)
        fold, close, self.opener = (self.names.function() for _ in range(3))
        self.kit = Kit(self.names, habits(stream.fork("habits")), fold, close)
        self.skeleton = skeleton or stream.fork("skeleton").choice(tuple(SKELETONS))
        text = self.skeleton == "lines"
        self.reader = reader(stream.fork("reader"), self.kit, text=text)
        self.scope = self.names.scope("flaw")
        self.flaw = self._flaw(variant)
        count = stream.fork("decoys").between(3, 5)
        kinds = stream.fork("decoys/kinds").sample(decoys.DECOYS, count)
        self.decoys = tuple(
            kind(
                flaw.Draw(
                    self.kit, stream.fork(f"decoy/{at}"), self.names.scope(f"decoy/{at}"), False
                )
            )
            for at, kind in enumerate(kinds)
        )
        self.checksum = checksum(self.kit, stream.fork("checksum")) if level >= 3 else None
        self.state = self._state() if level >= 4 else None
        self.guarded = self._guard()

    def _flaw(self, variant: str) -> flaw.Flaw:
        kinds = FLAWS[self.stream.fork("class").choice(tuple(FLAWS))]
        kind = self.stream.fork("variant").choice(kinds)
        for others in FLAWS.values():
            kind = next((k for k in others if k.__name__ == variant), kind)
        return kind(flaw.Draw(self.kit, self.stream.fork("flaw"), self.scope, self.level >= 6))

    def _state(self) -> states.State:
        names, stream = self.names, self.stream.fork("state")
        scopes = (names.scope("state/first"), names.scope("state/second"))
        mark, stage = names.noun(), names.noun()
        parts = states.Parts(self.kit, stream, *scopes, self.scope, mark, stage)
        return stream.fork("kind").choice(states.STATES)(parts)

    def _guard(self) -> _Guarded:
        """Put the guards' fields and checks into the flawed handler."""
        handler, scope, checks = self.flaw.handler, self.scope, []
        values: dict[str, int] = {}
        wrong: dict[str, str] = {}
        fields: list[Field] = list(handler.fields)

        def add(label: str, name: str, bits: int, value: int) -> None:
            fields.insert(
                self.stream.fork(f"place/{label}").below(len(fields) + 1), Field(name, bits)
            )
            values[name] = value

        if self.level >= 3:
            name = scope.take("marker")
            value, check = self._marker(name)
            add("marker", name, 8, value)
            wrong["marker"] = name
            checks.append(check)
        if self.state:
            for at, field in enumerate(self.state.fields):
                add(f"state/{at}", field.name, field.bits, self.state.values[field.name])
            checks.append(self.state.check)
        for label, least in (("relation", 5), ("second-relation", 6)):
            if self.level >= least:
                token, check = self._relation(label, scope, add)
                wrong[label] = token
                checks.append(check)
        body = "\n".join((*checks, handler.body)) if checks else handler.body
        return _Guarded(replace(handler, fields=tuple(fields), body=body), values, wrong)

    def _marker(self, name: str) -> tuple[int, str]:
        stream = self.stream.fork("marker")
        value, salt = stream.between(1, 255), stream.between(1, 255)
        tests = (
            f"{name} != {value:#x}",
            f"({name} ^ {salt:#x}) != {value ^ salt:#x}",
            f"(({name} + {salt}) & 0xff) != {(value + salt) & 0xFF}",
        )
        return value, self.kit.fill("if ($test)\n    $fail", test=stream.choice(tests))

    def _relation(self, label: str, scope: Scope, add: _Add) -> tuple[str, str]:
        """A relation over fresh fields; the second one over the state's mark and a field."""
        stream = self.stream.fork(label)
        token, y = scope.take("token"), scope.take("operand")
        y_value, x_value = (stream.between(relations.LEAST, 0xFFFF) for _ in range(2))
        if label == "relation" or self.state is None:
            x = scope.take("operand")
            add(f"{label}/x", x, 16, x_value)
        else:
            x, x_value = f"{self.kit.habits.context}->{self.state.mark}", self.state.mark_value
        terms = relations.Terms(self.kit, stream, scope, token, x, y)
        relation = relations.relation(terms)
        add(f"{label}/y", y, 16, y_value)
        add(f"{label}/token", token, 32, relation.solve(x_value, y_value))
        return token, relation.check

    def extras(self) -> tuple[Extras, ...]:
        """What all parts need around the handlers, in drawn order."""
        parts = [self.flaw.extras, *(decoy.extras for decoy in self.decoys)]
        if self.state:
            parts.append(self.state.extras)
        return self._ordered(parts, "extras")

    def handlers(self) -> tuple[Handler, ...]:
        """All handlers, the flawed one first; the sources show them in drawn order."""
        decoys = (decoy.handler for decoy in self.decoys)
        return (self.guarded.handler, *decoys, *(self.state.handlers if self.state else ()))

    def _ordered(self, parts: Sequence[T], label: str) -> tuple[T, ...]:
        """``parts`` by a number drawn for each place, so that one more does not move the others."""
        keys = [self.stream.fork(f"{label}/{at}").below(1 << 32) for at in range(len(parts))]
        return tuple(part for _, part in sorted(zip(keys, parts, strict=True), key=lambda p: p[0]))

    def finish(self, index: int) -> Draft:
        """Frame the messages and gather everything."""
        stream, context = self.stream, self.names.theme.context
        setting = Setting(self.kit, stream.fork("framing"), self.reader, context, self.checksum)
        framing = SKELETONS[self.skeleton](setting)
        letters = range(ord("A"), ord("Z") + 1)
        pool = stream.fork("codes").shuffled(letters if self.reader.text else range(1, 0xFF))
        handlers = self.handlers()
        codes = {handler.function: code for handler, code in zip(handlers, pool, strict=False)}
        inputs = _Inputs(self, framing, codes, pool[-1])
        return Draft(
            level=self.level,
            index=index,
            stream=stream,
            kit=self.kit,
            context=context,
            opener=self.opener,
            reader=self.reader,
            framing=framing,
            checksum=self.checksum,
            flaw=self.flaw,
            handlers=self._ordered(handlers, "order"),
            extras=self.extras(),
            codes=MappingProxyType(codes),
            guards=guards(self.level),
            solution=inputs.solution(),
            sample=inputs.sample(),
            traffic=inputs.traffic(),
            broken=MappingProxyType({g.kind: inputs.broken(g.kind) for g in guards(self.level)}),
        )


class _Inputs:
    """The inputs of one program, made from the facts it was written from."""

    def __init__(
        self, drawing: _Drawing, framing: Framing, codes: Mapping[str, int], unused: int
    ) -> None:
        self._drawing, self._framing, self._codes, self._unused = drawing, framing, codes, unused
        self._handlers = {handler.function: handler for handler in drawing.handlers()}
        self._opening = drawing.state.opening if drawing.state else ()

    def _frame(self, message: Message) -> Frame:
        handler = self._handlers[message.function]
        payload = self._drawing.reader.pack(handler, message)
        return Frame(self._codes[message.function], payload, message.sum_error)

    def _encode(self, messages: Sequence[Message]) -> bytes:
        return self._framing.encode([self._frame(message) for message in messages])

    def _flawed(self, reach: str) -> Message:
        message = self._drawing.flaw.send(reach)
        return replace(message, values={**message.values, **self._drawing.guarded.values})

    def solution(self) -> bytes:
        """The reference solution: every guard kept, and a length past the end."""
        return self._encode((*self._opening, self._flawed("over")))

    def sample(self) -> bytes:
        """What the item shows: at level 1 a harmless use of the flawed message.

        From level 2 on only decoys, and one message of a type the program skips: it is as long as
        the flawed one and laid out like it, with zeros for what guards ask for.
        """
        decoys = [decoy.message for decoy in self._drawing.decoys]
        quiet = self._flawed("quiet")
        if self._drawing.level == 1:
            return self._encode((decoys[0], quiet))
        stream = self._drawing.stream.fork("sample")
        frames = [self._frame(message) for message in decoys[: stream.between(2, 3)]]
        plain = dict.fromkeys(self._drawing.guarded.values, 0)
        skipped = self._frame(replace(quiet, values={**quiet.values, **plain}))
        frames.insert(stream.below(len(frames) + 1), replace(skipped, code=self._unused))
        return self._framing.encode(frames)

    def traffic(self) -> bytes:
        """Every kind of message but the flawed one, all valid."""
        decoys = [decoy.message for decoy in self._drawing.decoys]
        return self._encode((*decoys, *self._opening, *decoys[::-1]))

    def broken(self, guard: str) -> bytes:
        """The solution with one guard broken and all others kept: it must stay quiet."""
        over = self._flawed("over")
        if guard == "length":
            return self._encode((*self._opening, self._flawed("edge")))
        if guard == "window":
            return self._encode((*self._opening, self._flawed("beyond")))
        if guard == "dispatch":
            frames = [self._frame(message) for message in (*self._opening, over)]
            return self._framing.encode((*frames[:-1], replace(frames[-1], code=self._unused)))
        if guard == "checksum":
            return self._encode((*self._opening, replace(over, sum_error=0x0140)))
        if guard == "state":
            return self._encode((self._opening[-1], *self._opening[:-1], over))
        name = self._drawing.guarded.wrong[guard]
        values = {**over.values, name: over.values[name] ^ 1}
        return self._encode((*self._opening, replace(over, values=values)))


def draft(key: bytes, level: int, index: int, *, skeleton: str = "", variant: str = "") -> Draft:
    """Draw the program of ``key`` at ``level`` (of LEVELS) and ``index``.

    ``skeleton`` and ``variant`` (a key of SKELETONS, a function name of FLAWS) fix what is else
    drawn; items never do so, tests cover the combinations with them.
    """
    stream = Stream(key, f"memory-flaw/v1/{index}")
    return _Drawing(stream, level, skeleton, variant).finish(index)
