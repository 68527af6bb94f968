# SPDX-License-Identifier: Apache-2.0
"""Flaws in what may be written: the trip point itself goes where it must not.

many        several registers in one request: only the first value is checked
partial     … a value is stored before it is checked, and stays
broadcast   a request to all units is never answered, and not stopped by the check either
alias       scratch words past the map share memory with the map
signed      a comparison of signed numbers lets large ones through
units       the check comes before the conversion of units
gauge       calibration allows a wide trip point, and leaving it does not check again
nudge       every step is bounded, their sum is not
margin      two numbers are checked one by one, and added
bypass      several coils in one request: only the first is checked
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from proofhouse.bank.control_system import requests
from proofhouse.bank.control_system.features import Feature, Play, feature
from proofhouse.bank.control_system.parts import Part, Register, Shop

FAR = 61000
"""A trip point that no plant reaches."""

_WORDS_HEAD = """
static int $f_words($ctx *$s, int unit, const $u8 *p, size_t n)
{
    unsigned count = $f_get(p + 4);
    int reg = $f_find($f_get(p + 2), count);
    int rc;

    if (count < 1 || count > 123 || n != 7 + 2 * count || p[6] != 2 * count)
        return 3;
    if (reg < 0)
        return 2;
"""
WORDS_SOUND = (
    """
    for (unsigned k = 0; k < count; k++) {
        if (!$f_allowed($s, reg + k))
            return 4;
        if (!$f_fits($s, reg + k, $f_get(p + 7 + 2 * k)))
            return 3;
    }
    for (unsigned k = 0; k < count; k++) {
        rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k));
        if (rc != 0)
            return rc;
    }
    return 0;
}
""",
    """
    for (unsigned k = 0; k < count; k++)
        if (!$f_allowed($s, reg + k))
            return 4;
    for (unsigned k = 0; k < count; k++)
        if (!$f_fits($s, reg + k, $f_get(p + 7 + 2 * k)))
            return 3;
    for (unsigned k = 0; k < count; k++)
        if ((rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k))) != 0)
            return rc;
    return 0;
}
""",
)
_WORDS_MANY = (
    """
    if (!$f_fits($s, reg, $f_get(p + 7)))
        return 3;
    for (unsigned k = 0; k < count; k++) {
        if (!$f_allowed($s, reg + k))
            return 4;
    }
    for (unsigned k = 0; k < count; k++) {
        rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k));
        if (rc != 0)
            return rc;
    }
    return 0;
}
""",
    """
    for (unsigned k = 0; k < count; k++)
        if (!$f_allowed($s, reg + k))
            return 4;
    if (!$f_fits($s, reg, $f_get(p + 7)))
        return 3;
    for (unsigned k = 0; k < count; k++)
        if ((rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k))) != 0)
            return rc;
    return 0;
}
""",
)
_WORDS_PARTIAL = (
    """
    for (unsigned k = 0; k < count; k++) {
        if (!$f_allowed($s, reg + k))
            return 4;
        rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k));
        if (rc != 0)
            return rc;
        if (!$f_fits($s, reg + k, $f_get(p + 7 + 2 * k)))
            return 3;
    }
    return 0;
}
""",
    """
    for (unsigned k = 0; k < count; k++)
        if (!$f_allowed($s, reg + k))
            return 4;
    for (unsigned k = 0; k < count; k++)
        if ((rc = $f_apply($s, reg + k, $f_get(p + 7 + 2 * k))) != 0)
            return rc;
    for (unsigned k = 0; k < count; k++)
        if (!$f_fits($s, reg + k, $f_get(p + 7 + 2 * k)))
            return 3;
    return 0;
}
""",
)


def words_function(body: str) -> str:
    """The function for several registers with one of the bodies above."""
    return _WORDS_HEAD + body.removeprefix("\n")


def _to_limit(play: Play) -> tuple[int, int]:
    """An address just before the trip point's and what is written there, to come along."""
    order = play.map.words
    before = order[order.index("limit") - 1]
    starts = {**play.map.starts, "moding": play.shop.modes["SERVICE"]}
    return play.map.word(before), starts[before]


def _many_attack(play: Play) -> None:
    """The trip point is the second register of the request."""
    address, value = _to_limit(play)
    play.send(requests.words(play.map.unit, address, (value, FAR)))


def _many(shop: Shop) -> Feature:
    def near(play: Play) -> None:
        play.send(requests.words(play.map.unit, play.map.word("limit"), (FAR,)))
        address, value = _to_limit(play)
        play.send(requests.words(play.map.unit, address, (value, shop.scale.limit_high)))

    style = shop.stream.fork("words").below(2)
    flawed = words_function(_WORDS_MANY[style])
    sound = words_function(WORDS_SOUND[style])
    return feature("many", "path", Part(), {"words": sound}, {"words": flawed}, _many_attack, near)


def _partial(shop: Shop) -> Feature:
    def attack(play: Play) -> None:
        play.send(requests.words(play.map.unit, play.map.word("limit"), (FAR,)))

    def near(play: Play) -> None:
        play.word("limit", FAR)
        play.send(requests.words(play.map.unit, play.map.word("limit"), (shop.scale.limit_high,)))

    style = shop.stream.fork("words").below(2)
    slots = (words_function(WORDS_SOUND[style]), words_function(_WORDS_PARTIAL[style]))
    return feature(
        "partial", "path", Part(), {"words": slots[0]}, {"words": slots[1]}, attack, near
    )


def _broadcast(shop: Shop) -> Feature:
    def attack(play: Play) -> None:
        play.send(requests.word(0, play.map.word("limit"), FAR))

    def near(play: Play) -> None:
        play.word("limit", FAR)
        play.send(requests.word(0, play.map.word("limit"), shop.scale.limit_high))

    sound = "if (!$f_fits($s, reg, value))\n    return 3;"
    flawed = "if (!$f_fits($s, reg, value) && unit != 0)\n    return 3;"
    return feature("broadcast", "path", Part(), {"fit": sound}, {"fit": flawed}, attack, near)


def _alias(shop: Shop) -> Feature:
    def attack(play: Play) -> None:
        address = play.map.word("limit") + play.map.room
        play.send(requests.word(play.map.unit, address, FAR))

    def near(play: Play) -> None:
        play.send(requests.word(play.map.unit, play.map.word_base + 2 * play.map.room, FAR))
        play.send(requests.word(play.map.unit, play.map.word_base + len(play.map.words), FAR))

    return feature("alias", "", Part(), {"room": "2"}, {"room": "1"}, attack, near)


def _signed(shop: Shop) -> Feature:
    scale = shop.scale
    high = shop.number("LIMIT_MOST", scale.limit_high)
    sound = f"value >= {shop.number('LIMIT_LEAST', scale.limit_low)} && value <= {high}"
    below = f"($i16)value <= {high}"

    def attack(play: Play) -> None:
        play.word("limit", FAR)

    def near(play: Play) -> None:
        play.word("limit", 0x7FFF)
        play.word("limit", scale.limit_high)

    slot = "range:limit"
    return feature("signed", "limit", Part(), {slot: sound}, {slot: below}, attack, near)


def _units(shop: Shop) -> Feature:
    scale = shop.scale
    low = shop.number("LIMIT_LEAST", scale.limit_low)
    high = shop.number("LIMIT_MOST", scale.limit_high)
    common = Part(
        (Register("units", 0, 0, 1),),
        slots={"store:limit": "$R_limit = $R_units ? value * 10 : value;"},
    )
    sound = (
        f"$R_units ? value >= {low} / 10 + 1 && value <= {high} / 10\n"
        f"    : value >= {low} && value <= {high}"
    )
    flawed = f"value >= {low} && value <= {high}"

    def attack(play: Play) -> None:
        play.word("units", 1)
        play.word("limit", scale.limit_low)

    def near(play: Play) -> None:
        play.word("limit", scale.limit_low * 10)
        play.word("units", 1)
        play.word("limit", scale.limit_high // 10)

    slot = "range:limit"
    return feature("units", "limit", common, {slot: sound}, {slot: flawed}, attack, near)


def _gauge(shop: Shop) -> Feature:
    scale = shop.scale
    low, wide = scale.limit_low, scale.part(160)
    high = shop.number("LIMIT_MOST", scale.limit_high)
    common = Part(
        slots={
            "mode": "value == $CAL",
            "rights:limit": "$m_mode == $CAL",
            "range:limit": (
                f"value >= {shop.number('LIMIT_LEAST', low)}\n"
                f"    && value <= ($m_mode == $CAL ? {shop.number('LIMIT_WIDE', wide)} : {high})"
            ),
        }
    )
    sound = {"leave": f"if ($m_mode == $CAL && $R_limit > {high})\n    $R_limit = {high};"}

    def prelude(play: Play) -> None:
        play.word("moding", shop.modes["CAL"])
        play.word("limit", wide)
        play.word("moding", shop.modes["AUTO"])
        play.wait(1)

    def near(play: Play) -> None:
        play.word("limit", wide)
        play.word("limit", scale.limit_high)

    return feature("gauge", "limit", common, sound, {}, _nothing, near, prelude)


def _nothing(play: Play) -> None:
    """All was done before."""


def _nudge(shop: Shop) -> Feature:
    scale = shop.scale
    step = scale.part(2)
    low = shop.number("LIMIT_LEAST", scale.limit_low)
    high = shop.number("LIMIT_MOST", scale.limit_high)
    most = shop.number("NUDGE_MOST", step)
    common = Part(
        (Register("nudge", 0),),
        slots={"effect:nudge": "$R_limit += value;"},
    )
    bounded = f"($i16)value >= -{most} && ($i16)value <= {most}"
    total = f"\n    && $R_limit + ($i16)value >= {low} && $R_limit + ($i16)value <= {high}"

    def attack(play: Play) -> None:
        for turn in range(40):
            play.word("nudge", step, play.at + turn // 8)

    def near(play: Play) -> None:
        play.word("nudge", step * 20)
        play.word("nudge", step)

    slot = "range:nudge"
    return feature("nudge", "limit", common, {slot: bounded + total}, {slot: bounded}, attack, near)


def _margin(shop: Shop) -> Feature:
    scale = shop.scale
    low = shop.number("LIMIT_LEAST", scale.limit_low)
    high = shop.number("LIMIT_MOST", scale.limit_high)
    most = shop.number("MARGIN_MOST", scale.part(55))
    common = Part((Register("margin", 0),), slots={"threshold": "$R_limit + $R_margin"})
    sound = {
        "range:limit": f"value >= {low} && value + $R_margin <= {high}",
        "range:margin": f"$R_limit + value <= {high}",
    }
    flawed = {
        "range:limit": f"value >= {low} && value <= {high}",
        "range:margin": f"value <= {most}",
    }

    def attack(play: Play) -> None:
        play.word("margin", scale.part(55))

    def near(play: Play) -> None:
        play.word("margin", scale.part(56))
        play.word("margin", scale.part(1))

    return feature("margin", "limit", common, sound, flawed, attack, near)


_COILS_HEAD = """
static int $f_coils($ctx *$s, const $u8 *p, size_t n)
{
    unsigned first = $f_get(p + 2) - $cbase, count = $f_get(p + 4), bytes = (count + 7) / 8;
    int rc;

    if (count < 1 || count > 64 || n != 7 + bytes || p[6] != bytes)
        return 3;
    if (first >= $ccount || count > $ccount - first)
        return 2;
"""
COILS_SOUND = """
    for (unsigned k = 0; k < count; k++)
        if ((rc = $f_refuse($s, first + k, p[7 + k / 8] >> k % 8 & 1)) != 0)
            return rc;
    for (unsigned k = 0; k < count; k++)
        $f_switch($s, first + k, p[7 + k / 8] >> k % 8 & 1);
    return 0;
}
"""
_COILS_FIRST = """
    rc = $f_refuse($s, first, p[7] & 1);
    if (rc != 0)
        return rc;
    for (unsigned k = 0; k < count; k++)
        $f_switch($s, first + k, p[7 + k / 8] >> k % 8 & 1);
    return 0;
}
"""


def coils_function(body: str) -> str:
    """The function for several coils with one of the bodies above."""
    return _COILS_HEAD + body.removeprefix("\n")


def _bypass(shop: Shop) -> Feature:
    common = Part(
        coils=("bypass",),
        slots={
            "barred:bypass": "if (on && $m_mode != $OFF)\n    return 4;",
            "enter": "if (value != $OFF)\n    $C_bypass = 0;",
            "mask:3": "if ($C_bypass)\n    over = 0;",
        },
    )

    def attack(play: Play) -> None:
        at = play.map.coils.index("bypass")
        play.send(requests.coils(play.map.unit, play.map.coil_base + at - 1, (False, True)))

    def near(play: Play) -> None:
        play.coil("bypass")
        play.send(requests.coils(play.map.unit, play.map.coil("bypass"), (True,)))

    sound, flawed = {"coils": coils_function(COILS_SOUND)}, {"coils": coils_function(_COILS_FIRST)}
    return feature("bypass", "", common, sound, flawed, attack, near)


LIMITS: MappingProxyType[str, Callable[[Shop], Feature]] = MappingProxyType(
    {
        "many": _many,
        "partial": _partial,
        "broadcast": _broadcast,
        "alias": _alias,
        "signed": _signed,
        "units": _units,
        "gauge": _gauge,
        "nudge": _nudge,
        "margin": _margin,
        "bypass": _bypass,
    }
)
"""Every feature whose flaw is in what may be written."""
