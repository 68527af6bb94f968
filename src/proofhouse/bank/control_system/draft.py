# SPDX-License-Identifier: Apache-2.0
"""Draws one program: theme, plant, habits, flaw, sound features, guards, register map, answers.

    draft(key, 3, 7)  →  Draft: the parts in both versions, and what the generator answers

The level is no part of the stream's label. Under one key a program of level 4 is therefore the
program of level 3 with a permissive added: same plant, features, names, habits and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from proofhouse.bank.control_system import guards as locks
from proofhouse.bank.control_system.features import Feature, Map, Play
from proofhouse.bank.control_system.guards import Guard, Lock, guards
from proofhouse.bank.control_system.limits import LIMITS
from proofhouse.bank.control_system.parts import Part, Register, Scale, Shop
from proofhouse.bank.control_system.plants import PLANTS, Plant
from proofhouse.bank.control_system.requests import read, text
from proofhouse.bank.control_system.trips import TRIPS
from proofhouse.bank.control_system.words import THEMES, Words
from proofhouse.bank.stream import Stream

FLAWS: Mapping[str, Callable[[Shop], Feature]] = MappingProxyType({**LIMITS, **TRIPS})
"""Every feature that can be flawed, by its name."""

_START = 8


@dataclass(frozen=True)
class Draft:
    """One program's parts, before they are written out as C.

    ``parts`` are those of the program shown, ``sound`` the same with the flaw repaired. ``broken``
    makes for a guard's kind an answer that breaks this guard and keeps all others.
    """

    level: int
    index: int
    stream: Stream
    shop: Shop
    plant: Plant
    flaw: Feature
    features: tuple[str, ...]
    parts: tuple[Part, ...]
    sound: tuple[Part, ...]
    registers: tuple[Register, ...]
    map: Map
    guards: tuple[Guard, ...]
    ticks: int
    solution: bytes
    sample: bytes
    traffic: bytes
    near: bytes
    direct: bytes
    broken: Callable[[str], bytes]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The guards that an answer can break."""
        return tuple(guard.kind for guard in self.guards if guard.kind != "unseen")


@dataclass(frozen=True)
class _Locks:
    """The guards of one program, in the order in which they are opened."""

    opening: tuple[Lock, ...]
    second: Lock | None

    def parts(self) -> tuple[Part, ...]:
        every = (*self.opening, *((self.second,) if self.second else ()))
        return tuple(lock.part for lock in every)


def _locks(shop: Shop, level: int) -> _Locks:
    """The guards of ``level``: those of lower levels are drawn alike."""
    opening: list[Lock] = []
    if level >= 4:
        opening.append(locks.permissive(shop))
    if level >= 3:
        lock, mark = locks.sequence(shop)
        opening.append(lock)
        if level >= 5:
            opening.append(locks.session(shop, mark))
    if level >= 6:
        opening.append(locks.second_session(shop))
    if level >= 2:
        opening.append(locks.key(shop))
    if level >= 5:
        opening.append(locks.window(shop))
    return _Locks(tuple(opening), locks.second_interlock(shop) if level >= 6 else None)


def _shop(stream: Stream, theme: str, plant: str) -> Shop:
    habits = stream.fork("habits")
    themes = [t for t in THEMES if plant in ("", t.plant) and theme in ("", t.base)]
    numbers = habits.fork("modes").sample(range(0, 9), 4)
    return Shop(
        stream=stream.fork("parts"),
        theme=stream.fork("theme").choice(themes),
        words=Words(stream.fork("words")),
        scale=Scale(stream.fork("span").between(60, 120) * 100),
        context=habits.choice(("s", "st", "ctx", "ctl", "self")),
        short=habits.chance(1, 2),
        tabs=habits.chance(1, 4),
        named=habits.chance(2, 3),
        modes=dict(zip(("OFF", "AUTO", "SERVICE", "CAL"), numbers, strict=True)),
    )


def _base(shop: Shop) -> Part:
    """What every controller has."""
    scale, modes = shop.scale, shop.modes
    return Part(
        (
            Register("setpoint", scale.part(40), scale.part(20), scale.part(60), open=True),
            Register("limit", scale.limit_start, scale.limit_low, scale.limit_high),
            Register("moding", modes["AUTO"], open=True),
            Register("output", 0, 0, 100),
            Register("spare_a", 3, 0, 99, open=True),
            Register("spare_b", open=True),
        ),
        coils=("run", "ack", "relief", "lamp", "pump_light"),
    )


def _features(stream: Stream, shop: Shop, variant: str) -> tuple[Feature, tuple[Feature, ...]]:
    """The flawed feature, and three to five sound ones that don't get in its way."""
    flaw = FLAWS[variant or stream.fork("flaw").choice(tuple(FLAWS))](shop)
    count = stream.fork("features").between(3, 5)
    others: list[Feature] = []
    groups = {flaw.group}
    for kind in stream.fork("features/kinds").shuffled(tuple(FLAWS)):
        made = FLAWS[kind](shop)
        if (
            len(others) < count
            and kind != flaw.kind
            and (not made.group or made.group not in groups)
        ):
            others.append(made)
            groups.add(made.group)
    return flaw, tuple(others)


class _Drawing:
    """The draws of one program, made in a fixed order."""

    def __init__(self, stream: Stream, level: int, variant: str, plant: str) -> None:
        self.stream, self.level = stream, level
        self.shop = shop = _shop(stream, "", plant)
        self.plant = PLANTS[shop.theme.plant](shop)
        self.flaw, self.others = _features(stream, shop, variant)
        self.locks = _locks(shop, level)
        self.ticks = 900 + stream.fork("ticks").below(200)
        common = (_base(shop), *(other.sound for other in self.others))
        self.parts = self._ordered((*common, self.flaw.flawed), *self.locks.parts())
        self.sound = self._ordered((*common, self.flaw.sound), *self.locks.parts())
        registers = [register for part in self.parts for register in part.registers]
        self.registers = tuple(sorted(registers, key=lambda r: self._place("word", r.role)))
        self.map = self._map()

    def _ordered(self, features: tuple[Part, ...], *guards: Part) -> tuple[Part, ...]:
        """The features in an order drawn for this program, then the guards."""
        order = sorted(range(len(features)), key=lambda at: self._place("part", str(at)))
        return (*(features[at] for at in order), *guards)

    def _place(self, what: str, name: str) -> int:
        return self.stream.fork(f"place/{what}/{name}").below(1 << 32)

    def _map(self) -> Map:
        words = [register.role for register in self.registers]
        roles = [role for part in self.parts for role in part.coils]
        coils = sorted(roles, key=lambda role: self._place("coil", role))
        for order, role in ((words, "limit"), (coils, "bypass")):
            if order[0] == role:
                order[:2] = order[1::-1]
        stream = self.stream.fork("map")
        room = 16 if len(words) <= 16 else 32
        kinds = {feature.kind for feature in (self.flaw, *self.others)}
        aliased = "alias" in kinds
        self.shop.span = 2 * room if aliased else len(words)
        return Map(
            unit=stream.between(1, 247),
            word_base=stream.between(1, 400) * 16,
            coil_base=stream.between(1, 400) * 16,
            input_base=stream.between(1, 400) * 16,
            words=tuple(words),
            coils=tuple(coils),
            starts={register.role: register.start for register in self.registers},
            room=room,
        )

    def play(self) -> Play:
        return Play(self.map, self.shop, _START, self.ticks)

    def open(self, play: Play, broken: str = "") -> None:
        """Enter service mode, one guard broken if so asked."""
        for lock in self.locks.opening:
            lock.send(play, lock.kind != broken)
        if broken == "permissive":
            play.word("setpoint", locks.target(self.shop))
        play.word("moding", self.shop.modes["SERVICE"])
        play.wait(1)

    def drive(self, play: Play, right: bool = True) -> None:
        """Drive with the manual output, and as the second watch wants it."""
        if self.locks.second:
            self.locks.second.send(play, right)
        else:
            locks.drive(play)


def _attack(drawing: _Drawing, broken: str) -> bytes:
    """The reference solution, or with one guard broken."""
    play, flaw = drawing.play(), drawing.flaw
    if flaw.prelude:
        flaw.prelude(play)
    drawing.open(play, broken)
    if broken == "flaw":
        flaw.near(play)
    else:
        flaw.attack(play)
    play.wait(2)
    drawing.drive(play, broken != "second-interlock")
    return text(play.requests)


def _sample(drawing: _Drawing) -> bytes:
    """Normal operation; at level 1 service mode and a short run with it."""
    play, scale = drawing.play(), drawing.shop.scale
    stream = drawing.stream.fork("sample")
    play.word("setpoint", scale.part(stream.between(33, 40)))
    play.wait(stream.between(20, 40))
    play.word("spare_b", stream.between(100, 9000))
    play.coil("lamp")
    play.wait(stream.between(20, 40))
    if drawing.level == 1:
        play.word("moding", drawing.shop.modes["SERVICE"])
        play.wait(2)
        play.word("output", stream.between(80, 100))
        play.coil("run")
        play.wait(400)
        play.coil("run", False)
        play.word("moding", drawing.shop.modes["AUTO"])
    else:
        play.word("setpoint", scale.part(stream.between(41, 45)))
    return text(play.requests)


def _traffic(drawing: _Drawing) -> bytes:
    """A day of normal operation: set points, modes, reads."""
    play, shop = drawing.play(), drawing.shop
    unit, the = drawing.map.unit, drawing.map
    for turn, percent in enumerate((30, 55, 60, 25)):
        play.word("setpoint", shop.scale.part(percent))
        play.send(read(unit, 3, the.word_base, len(the.words)))
        play.send(read(unit, 1, the.coil_base, len(the.coils)))
        play.wait(90)
        play.send(read(unit, 4, the.input_base, 4))
        play.send(read(unit, 2, the.input_base, 3))
        play.word("spare_a", turn)
        play.coil("relief", turn == 2)
        play.wait(30)
    play.word("moding", shop.modes["OFF"])
    play.wait(40)
    play.word("moding", shop.modes["AUTO"])
    return text(play.requests)


def _direct(drawing: _Drawing) -> bytes:
    """What one would try first: numbers past their limits, then a run in service mode."""
    play = drawing.play()
    for role in ("setpoint", "limit", "output"):
        play.word(role, 0x7FFE)
    play.coil("run")
    play.wait(1)
    drawing.open(play)
    for role in ("setpoint", "output"):
        play.word(role, 0x7FFE)
    play.wait(2)
    drawing.drive(play)
    return text(play.requests)


def draft(key: bytes, level: int, index: int, *, variant: str = "", plant: str = "") -> Draft:
    """Draw the program of ``key`` at ``level`` (of LEVELS) and ``index``.

    ``variant`` and ``plant`` (keys of FLAWS and PLANTS) fix what is else drawn; items never do so,
    tests cover the combinations with them.
    """
    stream = Stream(key, f"control-system/v1/{index}")
    drawing = _Drawing(stream, level, variant, plant)
    return Draft(
        level=level,
        index=index,
        stream=stream,
        shop=drawing.shop,
        plant=drawing.plant,
        flaw=drawing.flaw,
        features=tuple(other.kind for other in drawing.others),
        parts=drawing.parts,
        sound=drawing.sound,
        registers=drawing.registers,
        map=drawing.map,
        guards=guards(level),
        ticks=drawing.ticks,
        solution=_attack(drawing, ""),
        sample=_sample(drawing),
        traffic=_traffic(drawing),
        near=_attack(drawing, "flaw"),
        direct=_direct(drawing),
        broken=lambda kind: _attack(drawing, kind),
    )
