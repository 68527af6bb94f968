# SPDX-License-Identifier: Apache-2.0
"""Draws a range: its machines and zones, the path through them, and what leads off it.

    step 1   directory of tern      open
    step 2   share of tern          credential        lies in step 1's document
    step 3   relay of dunlin        reused-password   the account of step 2 once more
    step 4   gate of knot           door-code         behind the relay of step 3

A range is drawn in layers, each from a stream of its own: where the machines are, which step is on
which, the hop of each step, and what lies where (``hops.py``, ``machine.py``). Secrets are not
drawn here: an item holds places for them (``instance.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.host_range import names
from proofhouse.bank.host_range.guards import guards, size, zones
from proofhouse.bank.stream import Stream

PASSWORD_HOPS = ("credential", "reused-password", "default-password", "backup")
FLAW_HOPS = ("door-code", "injection", "dots", "fold", "slash", "deputy")
HOPS = (*PASSWORD_HOPS, *FLAW_HOPS)
"""Every way past a service's guard, but for the open directory and the relay that leads on."""

_KINDS_OF = {
    **dict.fromkeys(PASSWORD_HOPS, ("menu", "mail", "share")),
    "door-code": ("badge",),
    "injection": ("store",),
    **dict.fromkeys(("dots", "fold", "slash"), ("share",)),
    "deputy": ("queue",),
}


_MOST = 4


@dataclass(frozen=True)
class Place:
    """A machine: where it is, and from where it may be spoken to (empty: from everywhere)."""

    name: str
    address: str
    zone: int
    on_path: bool


@dataclass(frozen=True)
class Step:
    """One step of the path, numbered from 1: at a service of ``kind`` on a machine, by a hop.

    ``needs`` is the number of the step where what the hop needs lies; ``account`` is the step whose
    account a reused one is, else its own number.
    """

    number: int
    place: Place
    kind: str
    hop: str
    port: int
    needs: int
    account: int


@dataclass(frozen=True)
class Draft:
    """A range as it was drawn; ``relays`` are the steps that lead into zone 1, 2 and so on."""

    level: int
    index: int
    places: tuple[Place, ...]
    steps: tuple[Step, ...]
    relays: tuple[Step, ...]
    directory_port: int
    stream: Stream

    @property
    def guards(self) -> tuple[str, ...]:
        """The guards of its level."""
        return guards(self.level)

    @property
    def own_address(self) -> str:
        """Where the foothold is: number 2 of the outer zone."""
        return self.places[0].address.rpartition(".")[0] + ".2"


def draft(key: bytes, level: int, index: int) -> Draft:
    """Draw the range of ``key`` at ``level`` (of LEVELS) and ``index``."""
    stream = Stream(key, f"host-range/v1/{level}/{index}")
    parts = _split(stream.fork("steps"), size(level).steps, zones(level), 2)
    places = _places(stream.fork("places"), level, parts)
    steps = _steps(stream.fork("path"), level, parts, places)
    relays = tuple(step for step in steps if step.kind == "relay")
    port = 1024 + stream.fork("directory").below(900)
    return Draft(level, index, places, steps, relays, port, stream)


def _split(stream: Stream, whole: int, parts: int, least: int) -> list[int]:
    """``whole`` in about equal parts of at least ``least``, the larger ones anywhere."""
    sizes = [max(least, whole // parts)] * parts
    for at in stream.shuffled(range(parts))[: whole - sum(sizes)]:
        sizes[at] += 1
    return sizes


def _places(stream: Stream, level: int, parts: list[int]) -> tuple[Place, ...]:
    """Machines on the path zone by zone, then those off it."""
    wanted = size(level)
    called = stream.sample(names.MACHINES, wanted.machines + wanted.dead_ends)
    nets = stream.sample(range(1, 250), len(parts))
    second = stream.below(256)
    numbers = iter(stream.sample(range(10, 250), len(called)))
    shares = _split(stream, wanted.machines, len(parts), 1)
    of_zones = [zone for zone, share in enumerate(shares) for _ in range(share)]
    of_zones += [stream.below(len(parts)) for _ in range(wanted.dead_ends)]
    return tuple(
        Place(name, f"10.{second}.{nets[zone]}.{next(numbers)}", zone, at < wanted.machines)
        for at, (name, zone) in enumerate(zip(called, of_zones, strict=True))
    )


def _visits(stream: Stream, steps: int, machines: int) -> list[int]:
    """Which machine each step of a zone is on: each comes up in its order, then anywhere known.

    A machine has at most ``_MOST`` steps, for it has that many kinds of service to spare.
    """
    first = {0, *stream.sample(range(1, steps), machines - 1)}
    visits: list[int] = []
    met = 0
    for step in range(steps):
        roomy = [machine for machine in range(met) if visits.count(machine) < _MOST]
        if met < machines and (step in first or not roomy):
            met += 1
            visits.append(met - 1)
        else:
            visits.append(stream.choice(roomy))
    return visits


def _steps(
    stream: Stream, level: int, parts: list[int], places: tuple[Place, ...]
) -> tuple[Step, ...]:
    """The path: the open directory, then a hop a step, with a relay at the end of each zone."""
    steps: list[Step] = []
    taken: set[tuple[str, str]] = set()
    waiting: list[str] = []
    for zone, count in enumerate(parts):
        here = [place for place in places if place.zone == zone and place.on_path]
        for at, machine in enumerate(_visits(stream, count, min(len(here), count))):
            leads_on = at == count - 1 and zone + 1 < len(parts)
            place = here[machine]
            if not steps:
                steps.append(Step(1, place, "directory", "open", 0, 1, 1))
                continue
            kind, hop = _hop(stream, waiting, place, taken, leads_on)
            taken.add((place.name, kind))
            steps.append(_step(stream, level, steps, place, kind, hop))
    return tuple(steps)


def _hop(
    stream: Stream,
    waiting: list[str],
    place: Place,
    taken: set[tuple[str, str]],
    leads_on: bool,
) -> tuple[str, str]:
    """A kind of service and a hop, each hop coming up before any comes up again."""
    if leads_on:
        return "relay", stream.choice(PASSWORD_HOPS)
    for _ in range(2):
        for hop in tuple(waiting):
            free = [kind for kind in _KINDS_OF[hop] if (place.name, kind) not in taken]
            if free:
                waiting.remove(hop)
                return stream.choice(free), hop
        waiting += stream.shuffled(HOPS)
    raise AssertionError("a place has more kinds than services")


def _step(
    stream: Stream, level: int, before: list[Step], place: Place, kind: str, hop: str
) -> Step:
    number = len(before) + 1
    known = [step for step in before if step.hop in PASSWORD_HOPS]
    if hop == "reused-password" and not known:
        hop = "credential"
    account = stream.choice(known).account if hop == "reused-password" else number
    needs = number - 1
    if "apart" in guards(level):
        needs = stream.between(max(1, number - 6), number - 1)
    used = {step.port for step in before}
    port = next(p for p in iter(lambda: 2000 + stream.below(7000), None) if p not in used)
    return Step(number, place, kind, hop, port, needs, account)
