# SPDX-License-Identifier: Apache-2.0
"""Flaws in when the interlock looks: the trip point stays right and is not acted on.

delay      a trip waits some scans, and writing the delay counts anew
gain       the value is smoothed, and no weight at all is accepted
select     one of several sensors is looked at, and one more than there are
test       a drill keeps the interlock still for some scans, and any read begins it anew
ack        a trip comes on crossing the limit, and any acknowledgement clears it
transfer   after a change of mode the reading settles, and so it does after no change
period     the interlock runs every so many scans, and a shorter period is never met
early      a lead is added to the value in sixteen bits
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from proofhouse.bank.control_system import requests
from proofhouse.bank.control_system.features import Feature, Play, feature
from proofhouse.bank.control_system.parts import Part, Register, Shop


def _delay(shop: Shop) -> Feature:
    most = shop.stream.fork("delay").between(3, 5)
    common = Part(
        (Register("delay", 1, 0, most),),
        members=("$u16 $M_held;",),
        slots={
            "mask:5": (
                "if (!over) {\n    $m_held = 0;\n} else if ($m_held < $R_delay) {\n"
                "    $m_held++;\n    over = 0;\n}"
            )
        },
    )
    slot = "effect:delay"
    sound, flawed = "if ($m_held > value)\n    $m_held = value;", "$m_held = 0;"

    def attack(play: Play) -> None:
        play.every(most - 1, lambda at: play.word("delay", most, at))

    def near(play: Play) -> None:
        play.word("delay", most + 1)
        play.word("delay", most)

    return feature("delay", "", common, {slot: sound}, {slot: flawed}, attack, near)


def _gain(shop: Shop) -> Feature:
    least = shop.stream.fork("gain").between(30, 45)
    common = Part(
        (Register("gain", 100),),
        members=("$i32 $M_smooth;",),
        slots={
            "open": f"$m_smooth = {shop.scale.part(40)};",
            "scan": "$m_smooth += ($m_pv - $m_smooth) * ($i32)($R_gain & 127) / 100;",
            "seen": "$m_smooth",
        },
    )

    def attack(play: Play) -> None:
        play.word("gain", 0)

    def near(play: Play) -> None:
        play.word("gain", 101)
        play.word("gain", least)

    slot = "range:gain"
    return feature(
        "gain", "", common, {slot: f"value >= {least} && value <= 100"}, {slot: "value <= 100"},
        attack, near,
    )  # fmt: skip


def _select(shop: Shop) -> Feature:
    count = shop.stream.fork("sensors").between(2, 3)
    common = Part(
        (Register("select", 0),),
        members=("$u16 $M_channel[4];",),
        slots={
            "read": (
                f"for (unsigned k = 0; k < {count}; k++)\n    $m_channel[k] = $f_sensor(p);\n"
                "$m_pv = $m_channel[$R_select & 3];"
            )
        },
    )

    def attack(play: Play) -> None:
        play.word("select", count)

    def near(play: Play) -> None:
        play.word("select", count + 1)
        play.word("select", count - 1)

    slot = "range:select"
    sound, flawed = {slot: f"value < {count}"}, {slot: f"value <= {count}"}
    return feature("select", "", common, sound, flawed, attack, near)


def _test(shop: Shop) -> Feature:
    scans = shop.stream.fork("test").between(4, 6)
    common = Part(
        coils=("test",),
        members=("$u16 $M_test_left;",),
        slots={
            "barred:test": "if (on && !$f_calm($s))\n    return 4;",
            "switched:test": f"if (on)\n    $m_test_left = {scans};",
            "mask:2": "if ($m_test_left > 0) {\n    $m_test_left--;\n    over = 0;\n}",
        },
    )
    slot = "listen"
    flawed = f"if ($m_test_left > 0)\n    $m_test_left = {scans};"

    def attack(play: Play) -> None:
        frame = requests.read(play.map.unit, 3, play.map.word_base, 1)
        play.coil("test")
        play.every(scans - 2, lambda at: play.send(frame, at), play.at + 1)

    def near(play: Play) -> None:
        play.coil("test")
        play.coil("test", at=play.at + 60)

    return feature("test", "", common, {}, {slot: flawed}, attack, near)


def _ack(shop: Shop) -> Feature:
    common = Part(
        members=("$u8 $M_was_over;",),
        slots={
            "latch": ("if (over && !$m_was_over)\n    $m_tripped = 1;\n$m_was_over = ($u8)over;")
        },
    )
    slot = "barred:ack"

    def attack(play: Play) -> None:
        play.every(1, lambda at: play.coil("ack", at=at), play.at + 20)
        play.word("limit", shop.scale.limit_low, play.at + 170)

    def near(play: Play) -> None:
        play.coil("ack", at=play.at + 200)

    return feature(
        "ack", "", common, {slot: "if (on && $m_was_over)\n    return 4;"}, {slot: ""}, attack, near
    )


def _transfer(shop: Shop) -> Feature:
    scans = shop.stream.fork("transfer").between(4, 6)
    common = Part(
        members=("$u16 $M_transfer;",),
        slots={
            "mask:4": "if ($m_transfer > 0) {\n    $m_transfer--;\n    over = 0;\n}",
        },
    )
    sound = f"if (value != $m_mode && $f_calm($s))\n    $m_transfer = {scans};"
    flawed = f"$m_transfer = {scans};"

    def attack(play: Play) -> None:
        service = shop.modes["SERVICE"]
        play.every(scans - 2, lambda at: play.word("moding", service, at), play.at + 1)

    def near(play: Play) -> None:
        play.word("moding", shop.modes["SERVICE"])

    return feature("transfer", "", common, {"enter": sound}, {"enter": flawed}, attack, near)


def _period(shop: Shop) -> Feature:
    common = Part((Register("period", 1, 1, 3),), members=("$u16 $M_phase;",))

    def slots(compare: str) -> dict[str, str]:
        return {"mask:0": f"if (++$m_phase {compare} $R_period)\n    return;\n$m_phase = 0;"}

    def attack(play: Play) -> None:
        play.word("period", 3)
        play.word("period", 1, play.at + 2)

    def near(play: Play) -> None:
        play.word("period", 4)
        play.word("period", 3)

    return feature("period", "", common, slots("<"), slots("!="), attack, near)


def _early(shop: Shop) -> Feature:
    lead = 0x10000 - shop.scale.part(30)
    common = Part((Register("early", 0),))
    sound = {"sum": "value = value + $R_early;"}
    flawed = {"sum": "value = ($u16)(value + $R_early);"}

    def attack(play: Play) -> None:
        play.word("early", lead)

    def near(play: Play) -> None:
        play.word("early", shop.scale.part(5))

    return feature("early", "", common, sound, flawed, attack, near)


TRIPS: MappingProxyType[str, Callable[[Shop], Feature]] = MappingProxyType(
    {
        "delay": _delay,
        "gain": _gain,
        "select": _select,
        "test": _test,
        "ack": _ack,
        "transfer": _transfer,
        "period": _period,
        "early": _early,
    }
)
"""Every feature whose flaw is in when the interlock acts."""
