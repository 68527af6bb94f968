# SPDX-License-Identifier: Apache-2.0
"""What every feature of a controller is: a sound version, a flawed one, and how the flaw is used.

    Feature("delay", "", sound, flawed, attack)

A program has one flawed feature among sound ones, so a feature's presence tells nothing. ``group``
names what only one feature of a program may change. ``attack`` gives the requests that, once in
service mode, take the interlock away; ``Play`` collects them. ``near`` is what a client may do with
the same feature within its rules; the plant then keeps its envelope. ``prelude`` is what an attack
does before service mode is entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from proofhouse.bank.control_system import requests
from proofhouse.bank.control_system.parts import Part, Shop
from proofhouse.bank.control_system.requests import Request


@dataclass(frozen=True)
class Map:
    """Where a program's registers and coils are: its unit, bases, and roles in their order."""

    unit: int
    word_base: int
    coil_base: int
    input_base: int
    words: Sequence[str]
    coils: Sequence[str]
    starts: Mapping[str, int]
    room: int

    def word(self, role: str) -> int:
        """A register's address."""
        return self.word_base + self.words.index(role)

    def coil(self, role: str) -> int:
        """A coil's address."""
        return self.coil_base + self.coils.index(role)


@dataclass
class Play:
    """Requests in the making; ``at`` is the tick of the next one."""

    map: Map
    shop: Shop
    at: int = 0
    end: int = 0
    requests: list[Request] = field(default_factory=list)

    def send(self, frame: bytes, at: int | None = None) -> None:
        """Add a frame, now or in tick ``at``; past the end there is nothing to send."""
        tick = self.at if at is None else at
        if tick < self.end:
            self.requests.append(Request(tick, frame))

    def word(self, role: str, value: int, at: int | None = None) -> None:
        """Write a register by function 6."""
        self.send(requests.word(self.map.unit, self.map.word(role), value), at)

    def coil(self, role: str, on: bool = True, at: int | None = None) -> None:
        """Switch a coil by function 5."""
        self.send(requests.coil(self.map.unit, self.map.coil(role), on), at)

    def wait(self, ticks: int) -> None:
        """Go on later."""
        self.at += ticks

    def every(self, ticks: int, send: Callable[[int], None], start: int | None = None) -> None:
        """Call ``send`` for every so many ticks from now, or from ``start``, to the end."""
        for at in range(self.at if start is None else start, self.end, ticks):
            send(at)


Act = Callable[[Play], None]


@dataclass(frozen=True)
class Feature:
    """One feature in both versions; see above."""

    kind: str
    group: str
    sound: Part
    flawed: Part
    attack: Act
    near: Act
    prelude: Act | None = None


def feature(
    kind: str,
    group: str,
    common: Part,
    sound: Mapping[str, str],
    flawed: Mapping[str, str],
    attack: Act,
    near: Act,
    prelude: Act | None = None,
) -> Feature:
    """A feature whose versions differ in text for slots only."""

    def version(slots: Mapping[str, str]) -> Part:
        return Part(common.registers, common.coils, common.members, {**common.slots, **slots})

    return Feature(kind, group, version(sound), version(flawed), attack, near, prelude)
