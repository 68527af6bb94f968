# SPDX-License-Identifier: Apache-2.0
"""Draws one service: theme, habits, skeleton, flawed module, sound ones, guards, in fixed order.

    draft(key, 3, 7)  →  Draft: the parts, the inputs and, for each guard, an input that breaks it

The level is no part of the stream's label. Under one key a program of level 4 is therefore the
program of level 3 with a state guard added, and every level's guards are those below and one more:
monotone by construction. Names that only some levels need are drawn last for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from proofhouse.bank.logic_flaw import guards as gates
from proofhouse.bank.logic_flaw.guards import Gate, guards
from proofhouse.bank.logic_flaw.ledger import LEDGER
from proofhouse.bank.logic_flaw.naming import NAMING
from proofhouse.bank.logic_flaw.requests import Reader, reader
from proofhouse.bank.logic_flaw.service import NUMBER, Arg, Call, Command, Draw, Module, Words
from proofhouse.bank.logic_flaw.skeletons import SKELETONS, Framing, Setting, Wire
from proofhouse.bank.logic_flaw.standing import STANDING
from proofhouse.bank.memory_flaw import relations
from proofhouse.bank.memory_flaw.checksums import Checksum, checksum
from proofhouse.bank.memory_flaw.guards import Guard
from proofhouse.bank.memory_flaw.names import THEMES, Names
from proofhouse.bank.memory_flaw.parts import Extras, Kit, habits, inset
from proofhouse.bank.stream import Stream

T = TypeVar("T")

MODULES: Mapping[str, Callable[[Draw], Module]] = MappingProxyType(
    {make.__name__.replace("_", "-"): make for make in (*NAMING, *STANDING, *LEDGER)}
)
"""Every kind of module, and so of flaw, by its name."""


@dataclass(frozen=True)
class Draft:
    """One program's parts, before they are written out as C.

    ``modules`` are in drawn order, the flawed one among them. ``near`` keeps every guard and comes
    close, ``attempts`` attacks what is sound, ``broken`` has for every guard an input that breaks
    that guard and keeps all others.
    """

    level: int
    index: int
    stream: Stream
    kit: Kit
    context: str
    opener: str
    award: str
    secret: str
    greeting: str
    reader: Reader
    framing: Framing
    checksum: Checksum | None
    flaw: str
    culprit: str
    modules: tuple[tuple[Command, ...], ...]
    statics: tuple[str, ...]
    extras: tuple[Extras, ...]
    guards: tuple[Guard, ...]
    solution: bytes
    sample: bytes
    traffic: bytes
    near: bytes
    attempts: bytes
    broken: Mapping[str, bytes]
    key: str = ""
    """The member that the file KEY is read into; empty if there is none."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """All commands, in the order of their modules."""
        return tuple(command for module in self.modules for command in module)


@dataclass(frozen=True)
class Plan:
    """What a program is to have: its guards, and what is fixed that is else drawn.

    ``gate`` makes one more gate, in front of all others (the chain's, which asks for a token).
    """

    guards: tuple[Guard, ...]
    skeleton: str = ""
    flaw: str = ""
    gate: Callable[[Draw], Gate] | None = None

    def has(self, kind: str) -> bool:
        """Whether a guard of this kind is asked for."""
        return any(guard.kind == kind for guard in self.guards)


def _with(module: Module, command: Command) -> Module:
    """``module`` with ``command`` in place of its namesake."""
    commands = (command if c.function == command.function else c for c in module.commands)
    return replace(module, commands=tuple(commands))


class _Drawing:
    """The draws of one program, made in a fixed order."""

    def __init__(self, stream: Stream, plan: Plan) -> None:
        self.stream, self.plan = stream, plan
        theme = stream.fork("theme").choice(THEMES)
        self.names = Names(stream.fork("names"), theme)
        self.opener, self.award = self.names.function(), self.names.function()
        self.secret, self.request = self.names.noun(), self.names.noun()
        self.kit = Kit(self.names, habits(stream.fork("habits")), "", "")
        self.words = Words(stream.fork("words"))
        self.greeting = stream.fork("greeting").choice(("ok ", "+ ", "200 ", "> ", "yes "))
        self.skeleton = plan.skeleton or stream.fork("skeleton").choice(tuple(SKELETONS))
        first = stream.fork("flaw").choice(tuple(MODULES))
        self.flaw = plan.flaw or first
        others = [kind for kind in MODULES if kind != self.flaw]
        count = stream.fork("others").between(2, 4)
        kinds = (self.flaw, *stream.fork("others/kinds").sample(others, count))
        self.modules = [
            MODULES[kind](self.draw(f"module/{at}", flawed=at == 0))
            for at, kind in enumerate(kinds)
        ]
        self.gates: list[tuple[str, Gate]] = []
        if plan.gate:
            self.gates.append(("token", plan.gate(self.draw("token"))))
        if plan.has("login"):
            self.gates.append(("login", gates.login(self.draw("login"))))
        self.checksum = (
            checksum(self.kit, stream.fork("checksum")) if plan.has("checksum") else None
        )
        if plan.has("state"):
            kind = stream.fork("state/kind").choice(gates.STATES)
            self.gates.append(("state", kind(self.draw("state"))))
        if plan.has("second-flaw"):
            second = stream.fork("second/kind").choice([k for k in others if k not in kinds])
            gate = gates.second_flaw(self.draw("second"), MODULES[second])
            self.gates.append(("second-flaw", gate))
        self.wrong: dict[str, str] = {}
        self.values: dict[str, int] = {}
        self._guard()

    def draw(self, label: str, *, flawed: bool = False) -> Draw:
        """What one module is drawn from."""
        own = f"{self.kit.habits.context}->{self.secret}"
        inline = self.stream.fork("award").chance(1, 2)
        award = (
            f'printf("{self.greeting}%s\\n", {own});'
            if inline
            else f"{self.award}({self.kit.habits.context});"
        )
        return Draw(
            self.kit,
            self.stream.fork(label),
            self.names.scope(label),
            self.words,
            award,
            own,
            self.greeting,
            flawed,
        )

    def _guard(self) -> None:
        """Put the guards' arguments and checks into the command that hands out the secret."""
        flawed = self.modules[0]
        culprit = next(c for c in flawed.commands if c.function == flawed.culprit)
        scope, args = self.names.scope("guard"), list(culprit.args)
        taken = {arg.name for command in flawed.commands for arg in command.args}
        checks = [gate.check for _, gate in self.gates]

        def add(label: str, role: str, value: int) -> str:
            name = scope.take(role)
            while name in taken or re.search(rf"\b{name}\b", culprit.body):
                name = scope.take(role)
            place = self.stream.fork(f"place/{label}").below(len(args) + 1)
            args.insert(place, Arg(name, NUMBER))
            self.values[name] = value
            return name

        for label in ("relation", "second-relation"):
            if not self.plan.has(label):
                continue
            stream = self.stream.fork(label)
            y_value, x_value = (stream.between(relations.LEAST, 0xFFFF) for _ in range(2))
            mark = next((gate for _, gate in self.gates if gate.mark), None)
            if label == "relation" or mark is None:
                x = add(f"{label}/x", "operand", x_value)
            else:
                x, x_value = mark.mark, mark.mark_value
            y, token = add(f"{label}/y", "operand", y_value), add(f"{label}/token", "token", 0)
            terms = relations.Terms(self.kit, stream, self.names.scope(label), token, x, y)
            relation = relations.relation(terms)
            self.values[token] = relation.solve(x_value, y_value)
            self.wrong[label] = token
            local = "\n\n" in relation.check  # it declares something of its own
            checks.append(f"{{\n{inset(relation.check)}\n}}" if local else relation.check)
        body = "\n".join((*checks, culprit.body)) if checks else culprit.body
        guarded = replace(culprit, args=tuple(args), body=body)
        self.modules[0] = _with(flawed, guarded)
        if self.gates:  # so that being guarded doesn't tell the flawed command
            sound = self.modules[-1]
            other = next(c for c in sound.commands if c.function == sound.culprit)
            tests = "\n".join(gate.check for _, gate in self.gates)
            self.modules[-1] = _with(sound, replace(other, body=f"{tests}\n{other.body}"))

    def ordered(self, parts: Sequence[T], label: str) -> tuple[T, ...]:
        """``parts`` by a number drawn for each place, so that one more does not move the others."""
        keys = [self.stream.fork(f"{label}/{at}").below(1 << 32) for at in range(len(parts))]
        return tuple(part for _, part in sorted(zip(keys, parts, strict=True), key=lambda p: p[0]))

    def finish(self, level: int, index: int) -> Draft:
        """Frame the requests and gather everything."""
        stream, context = self.stream, self.names.theme.context
        setting = Setting(self.kit, stream.fork("framing"), context, self.request, self.checksum)
        framing = SKELETONS[self.skeleton](setting)
        read = reader(stream.fork("reader"), self.kit, self.request, named=framing.named)
        parts = [(m.commands, m.statics, m.extras) for m in self.modules]
        parts += [(gate.commands, gate.statics, gate.extras) for _, gate in self.gates]
        parts = list(self.ordered(parts, "modules"))
        inputs = _Inputs(self, framing, read)
        return Draft(
            level=level,
            index=index,
            stream=stream,
            kit=self.kit,
            context=context,
            opener=self.opener,
            award=self.award,
            secret=self.secret,
            greeting=self.greeting,
            reader=read,
            framing=framing,
            checksum=self.checksum,
            flaw=self.flaw,
            culprit=self.modules[0].culprit,
            modules=tuple(commands for commands, _, _ in parts),
            statics=tuple(statics for _, statics, _ in parts),
            extras=tuple(extras for _, _, extras in parts),
            guards=self.plan.guards,
            solution=inputs.solution(),
            sample=inputs.sample(),
            traffic=inputs.traffic(),
            near=inputs.near(),
            attempts=inputs.attempts(),
            broken=MappingProxyType(
                {g.kind: inputs.broken(g.kind) for g in self.plan.guards if g.kind != "reach"}
            ),
            key="".join(gate.key for _, gate in self.gates),
        )


class _Inputs:
    """The inputs of one program, made from the facts it was written from."""

    def __init__(self, drawing: _Drawing, framing: Framing, read: Reader) -> None:
        self._drawing, self._framing, self._read = drawing, framing, read
        modules = [module.commands for module in drawing.modules]
        modules += [gate.commands for _, gate in drawing.gates]
        self._commands = {c.function: c for commands in modules for c in commands}
        self._flawed, *self._others = drawing.modules
        self._passing = [call for _, gate in drawing.gates for call in gate.passing]

    def _wire(self, call: Call) -> Wire:
        return self._read.wire(self._commands[call.function], call)

    def _encode(self, calls: Iterable[Call]) -> bytes:
        return self._framing.encode([self._wire(call) for call in calls])

    def _guarded(self, calls: Iterable[Call]) -> list[Call]:
        """``calls`` with the guards' values in those of the culprit."""
        return [
            replace(call, values={**call.values, **self._drawing.values})
            if call.function == self._flawed.culprit
            else call
            for call in calls
        ]

    def solution(self) -> bytes:
        """The reference solution: every guard kept, and the attack."""
        return self._encode((*self._passing, *self._guarded(self._flawed.attack)))

    def near(self) -> bytes:
        """Every guard kept, and what comes close to the attack."""
        return self._encode((*self._passing, *self._guarded(self._flawed.near)))

    def sample(self) -> bytes:
        """What the item shows: without the dispatch guard, honest use of all there is.

        With it, honest use of the modules that ask for nothing first, and one request for a command
        that there is not, laid out like the flawed one's, with zeros for what guards ask for.
        """
        stream = self._drawing.stream.fork("sample")
        hides = self._drawing.plan.has("dispatch")
        shown = self._others[:-1] if hides else self._others
        others = [self._wire(call) for module in shown for call in module.valid]
        flawed = self._flawed.valid
        if not hides:
            ends = (*self._passing, *self._guarded(flawed))
            return self._framing.encode((*others, *(self._wire(call) for call in ends)))
        plain = dict.fromkeys(self._drawing.values, 0)
        like = next(call for call in flawed if call.function == self._flawed.culprit)
        skipped = self._wire(replace(like, values={**like.values, **plain}))
        others.insert(stream.below(len(others) + 1), replace(skipped, word=self._unused()))
        return self._framing.encode(others)

    def traffic(self) -> bytes:
        """Honest use of all modules but the flawed one, twice, and of the gates."""
        calls = [call for module in self._others for call in module.valid]
        return self._encode((*self._passing, *calls, *calls[::-1]))

    def attempts(self) -> bytes:
        """On every module that is done right, the attack that it would fall to if it were not."""
        calls = [call for module in self._others for call in (*module.attack, *module.near)]
        return self._encode((*self._passing, *calls))

    def _unused(self) -> str:
        """A word that no command has."""
        return self._drawing.names.theme.base

    def broken(self, guard: str) -> bytes:
        """The solution with one guard broken and all others kept."""
        attack = self._guarded(self._flawed.attack)
        gates = dict(self._drawing.gates)
        if guard in gates:
            calls = [
                call
                for name, gate in self._drawing.gates
                for call in (gate.failing if name == guard else gate.passing)
            ]
            return self._encode((*calls, *attack))
        if guard == "dispatch":
            wires = [self._wire(call) for call in (*self._passing, *attack)]
            word = self._commands[self._flawed.culprit].word
            return self._framing.encode(
                [replace(w, word=self._unused()) if w.word == word else w for w in wires]
            )
        if guard == "checksum":
            return self._encode(
                (*self._passing, *attack[:-1], replace(attack[-1], sum_error=0x140))
            )
        name = self._drawing.wrong[guard]
        values = {name: self._drawing.values[name] ^ 1}
        return self._encode(
            (
                *self._passing,
                *(
                    replace(c, values={**c.values, **values})
                    if c.function == self._flawed.culprit
                    else c
                    for c in attack
                ),
            )
        )


def draw(stream: Stream, plan: Plan, level: int, index: int) -> Draft:
    """Draw one program from ``stream`` as ``plan`` has it."""
    return _Drawing(stream, plan).finish(level, index)


def draft(key: bytes, level: int, index: int, *, skeleton: str = "", flaw: str = "") -> Draft:
    """Draw the program of ``key`` at ``level`` (of LEVELS) and ``index``.

    ``skeleton`` and ``flaw`` (keys of SKELETONS and MODULES) fix what is else drawn; items never do
    so, tests cover the combinations with them.
    """
    stream = Stream(key, f"logic-flaw/v1/{index}")
    return draw(stream, Plan(guards(level), skeleton, flaw), level, index)
