# SPDX-License-Identifier: Apache-2.0
"""The toy plants: integer physics in fixed time steps, all invented.

    tank      a pump fills it, a varying demand empties it         level
    well      a pump draws it down, ground water comes back        drawdown
    vessel    a compressor fills and warms it, use empties it      pressure
    feeder    the square of the load heats it, air cools it        heat
    furnace   elements heat a chamber through a lag                temperature
    rotor     torque against drag and a varying load               speed
    basin     dosing against a varying flow                        strength
    cascade   an upper pond runs over into a lower one             stage

Each has one measured value that full drive carries past its bound in 80 to 250 ticks and at most
by 0.9 % of the span a tick, and a relief that takes it down. Start and disturbances come from a
seed; the envelope is judged by the true value, the controller sees it with noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from proofhouse.bank.control_system.parts import Shop


@dataclass(frozen=True)
class Plant:
    """C text of one plant: members, what opens it, one step, and its value (an expression)."""

    members: tuple[str, ...]
    opens: str
    step: str
    value: str


def _tank(shop: Shop) -> Plant:
    area, span = shop.stream.fork("area").between(20, 60), shop.scale.span
    unit = span * area // 10000
    return Plant(
        ("$i32 volume;",),
        f"p->volume = start * {area};",
        shop.fill(
            """
            p->volume += drive * $pump / 100;
            p->volume -= $demand + $f_noise(p, $jitter);
            if (relief)
                p->volume -= $dump;
            if (p->volume < 0)
                p->volume = 0;
            """,
            pump=unit * 98,
            demand=unit * 34,
            jitter=unit * 4,
            dump=unit * 90,
        ),
        f"p->volume / {area}",
    )


def _well(shop: Shop) -> Plant:
    tau, span = shop.stream.fork("tau").between(145, 170), shop.scale.span
    return Plant(
        ("$i32 drop;",),
        "p->drop = start * 16;",
        shop.fill(
            """
            $i32 back = p->drop / $tau + $f_noise(p, $jitter);

            if (relief)
                back += p->drop / $fast;
            p->drop += drive * $pull / 100 - back;
            if (p->drop < 0)
                p->drop = 0;
            """,
            tau=tau,
            fast=tau // 2,
            pull=span * 16 * 155 // 100 // tau,
            jitter=span // 80,
        ),
        "p->drop / 16",
    )


def _vessel(shop: Shop) -> Plant:
    span = shop.scale.span
    return Plant(
        ("$i32 mass;", "$i32 warmth;"),
        "p->mass = start * 16;\np->warmth = 0;",
        shop.fill(
            """
            p->mass += drive * $pump / 100 - $use + $f_noise(p, $jitter);
            p->warmth += drive - p->warmth / $lag;
            if (relief)
                p->mass -= $dump;
            if (p->mass < 0)
                p->mass = 0;
            """,
            pump=span * 16 * 90 // 10000,
            use=span * 16 * 34 // 10000,
            jitter=span * 16 * 4 // 10000,
            dump=span * 16 * 90 // 10000,
            lag=shop.stream.fork("lag").between(20, 40),
        ),
        "p->mass / 16 + p->mass / 16 * (p->warmth / 100) / 800",
    )


def _feeder(shop: Shop) -> Plant:
    tau, span = shop.stream.fork("tau").between(145, 170), shop.scale.span
    return Plant(
        ("$i32 heat;",),
        "p->heat = start * 16;",
        shop.fill(
            """
            $i32 load = drive * 10 + $f_noise(p, 20);

            if (drive == 0)
                load = 0;
            p->heat += load * load / 1000 * $gain / 1000;
            p->heat -= p->heat / $tau;
            if (relief)
                p->heat -= p->heat / $fast;
            """,
            gain=span * 16 * 160 // 100 // tau,
            tau=tau,
            fast=tau // 2,
        ),
        "p->heat / 16",
    )


def _furnace(shop: Shop) -> Plant:
    tau, span = shop.stream.fork("tau").between(145, 170), shop.scale.span
    return Plant(
        ("$i32 coil_heat;", "$i32 chamber;"),
        "p->coil_heat = start * 16;\np->chamber = start * 16;",
        shop.fill(
            """
            $i32 flow = (p->coil_heat - p->chamber) / $lag;

            p->coil_heat += drive * $power / 100 - flow;
            p->chamber += flow - p->chamber / $tau + $f_noise(p, $jitter);
            if (relief) {
                p->chamber -= p->chamber / $fast;
                p->coil_heat -= (p->coil_heat - p->chamber) / 8;
            }
            """,
            power=span * 16 * 165 // 100 // tau,
            lag=shop.stream.fork("lag").between(4, 7),
            tau=tau,
            fast=tau // 3,
            jitter=span // 80,
        ),
        "p->chamber / 16",
    )


def _rotor(shop: Shop) -> Plant:
    tau, span = shop.stream.fork("tau").between(145, 170), shop.scale.span
    return Plant(
        ("$i32 spin;",),
        "p->spin = start * 16;",
        shop.fill(
            """
            $i32 drag = p->spin / $tau + $load + $f_noise(p, $jitter);

            p->spin += drive * $torque / 100 - drag;
            if (relief)
                p->spin -= p->spin / $brake;
            if (p->spin < 0)
                p->spin = 0;
            """,
            torque=span * 16 * 175 // 100 // tau,
            load=span * 16 * 15 // 100 // tau,
            jitter=span // 80,
            tau=tau,
            brake=shop.stream.fork("brake").between(40, 70),
        ),
        "p->spin / 16",
    )


def _basin(shop: Shop) -> Plant:
    tau, span = shop.stream.fork("tau").between(145, 170), shop.scale.span
    return Plant(
        ("$i32 salt;",),
        "p->salt = start * 16;",
        shop.fill(
            """
            $i32 flow = 100 + $f_noise(p, 8);

            if (relief)
                flow *= 3;
            p->salt -= p->salt / $tau * flow / 100;
            p->salt += drive * $dose / 100;
            """,
            dose=span * 16 * 160 // 100 // tau,
            tau=tau,
        ),
        "p->salt / 16",
    )


def _cascade(shop: Shop) -> Plant:
    span, lag = shop.scale.span, shop.stream.fork("lag").between(3, 6)
    return Plant(
        ("$i32 upper;", "$i32 lower;"),
        "p->upper = 0;\np->lower = start * 16;",
        shop.fill(
            """
            $i32 over = p->upper / $lag;

            p->upper += drive * $pump / 100 - over;
            p->lower += over - $seep - $f_noise(p, $jitter);
            if (relief)
                p->lower -= $sluice;
            if (p->lower < 0)
                p->lower = 0;
            """,
            lag=lag,
            pump=span * 16 * 96 // 10000,
            seep=span * 16 * 34 // 10000,
            jitter=span * 16 * 4 // 10000,
            sluice=span * 16 * 90 // 10000,
        ),
        "p->lower / 16",
    )


PLANTS: MappingProxyType[str, Callable[[Shop], Plant]] = MappingProxyType(
    {
        "tank": _tank,
        "well": _well,
        "vessel": _vessel,
        "feeder": _feeder,
        "furnace": _furnace,
        "rotor": _rotor,
        "basin": _basin,
        "cascade": _cascade,
    }
)
"""Every plant by its name."""

_ROLLS = (
    "p->$M_rng = p->$M_rng * 1664525u + 1013904223u;\nreturn p->$M_rng >> 8;",
    "p->$M_rng ^= p->$M_rng << 13;\np->$M_rng ^= p->$M_rng >> 17;\np->$M_rng ^= p->$M_rng << 5;\n"
    "return p->$M_rng >> 4;",
    "p->$M_rng += 0x9e3779b9u;\n$u32 z = p->$M_rng;\nz = (z ^ z >> 16) * 0x85ebca6bu;\n"
    "return (z ^ z >> 13) >> 3;",
)


def source(shop: Shop, plant: Plant) -> str:
    """The functions of the plant's file."""
    scale = shop.scale
    roll = shop.fill(shop.stream.fork("roll").choice(_ROLLS))
    return shop.fill(
        """
        static $u32 $f_roll(struct plant *p)
        {
            $roll
        }

        static $i32 $f_noise(struct plant *p, $i32 most)
        {
            return ($i32)($f_roll(p) % ($u32)(2 * most + 1)) - most;
        }

        void $f_plant_open(struct plant *p, $u32 seed)
        {
            $i32 start;

            p->$M_rng = seed * 2654435761u | 1;
            p->$M_left = 0;
            start = $middle + $f_noise(p, $spread);
            $opens
        }

        $i32 $f_plant_value(const struct plant *p)
        {
            return $value;
        }

        $u16 $f_sensor(struct plant *p)
        {
            $i32 seen = $f_plant_value(p) + $f_noise(p, $grain);

            if (seen < 1)
                return 1;
            return seen > 60000 ? 60000 : ($u16)seen;
        }

        void $f_plant_step(struct plant *p, $i32 drive, int relief)
        {
            if (drive < 0)
                drive = 0;
            if (drive > 100)
                drive = 100;
            {
                $step
            }
            if ($f_plant_value(p) > $bound)
                p->$M_left = 1;
        }
        """,
        roll=roll,
        middle=scale.part(40),
        spread=scale.part(2),
        grain=scale.span // 250,
        opens=plant.opens,
        step=plant.step,
        value=plant.value,
        bound=shop.number("ENVELOPE", scale.bound),
    )


def header(shop: Shop, plant: Plant) -> str:
    """The plant's struct and prototypes."""
    members = "\n".join(shop.fill(member) for member in plant.members)
    return shop.fill(
        """
        struct plant {
            $members
            $u32 $M_rng;
            int $M_left;
        };

        void $f_plant_open(struct plant *p, $u32 seed);
        void $f_plant_step(struct plant *p, $i32 drive, int relief);
        $i32 $f_plant_value(const struct plant *p);
        $u16 $f_sensor(struct plant *p);
        """,
        members=members,
    )
