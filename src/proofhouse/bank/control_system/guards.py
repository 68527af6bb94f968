# SPDX-License-Identifier: Apache-2.0
"""What stands between a request and service mode, level by level.

    level  adds                               bits
    1      flaw                               4      an interlock can be taken away; the sample
                                                     shows service mode and the run command
    2      unseen, key                        8+16   it shows neither; a register holds a key
    3      sequence                           24     two registers, the second answers the first
    4      permissive                         12     the plant settled where it normally isn't
    5      session, window                    32+6   a number of 32 bits; within three ticks
    6      second-session, second-interlock   32+10  another, and a watch that a drive must obey

All are conditions for entering service mode, but the second interlock, which ends it. The bits say
what a search that knows nothing pays, roughly; they order the levels, difficulty is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from proofhouse.bank.control_system.features import Play
from proofhouse.bank.control_system.parts import Part, Register, Shop
from proofhouse.bank.memory_flaw.names import THEMES, Names
from proofhouse.bank.memory_flaw.parts import Kit, habits
from proofhouse.bank.memory_flaw.relations import LEAST, Terms, relation


@dataclass(frozen=True)
class Guard:
    """One condition between requests and harm; ``bits`` is its price to a blind search."""

    kind: str
    bits: int


_ADDED: tuple[tuple[Guard, ...], ...] = (
    (Guard("flaw", 4),),
    (Guard("unseen", 8), Guard("key", 16)),
    (Guard("sequence", 24),),
    (Guard("permissive", 12),),
    (Guard("session", 32), Guard("window", 6)),
    (Guard("second-session", 32), Guard("second-interlock", 10)),
)

LEVELS: tuple[int, ...] = tuple(range(1, len(_ADDED) + 1))
"""The levels of the family, from the easiest up."""


def guards(level: int) -> tuple[Guard, ...]:
    """The guards of a level of LEVELS, those of lower levels first."""
    return tuple(guard for added in _ADDED[:level] for guard in added)


Send = Callable[[Play, bool], None]
"""Sends what a guard asks for, or (False) something just wrong."""


@dataclass(frozen=True)
class Lock:
    """One guard in a program: what it adds, its place in the opening, and how it is met.

    The slot ``admit`` holds tests that refuse service mode. ``send`` puts its requests at
    ``play.at``; ``early`` ones come first, the key last.
    """

    kind: str
    part: Part
    send: Send


def number(shop: Shop, label: str) -> int:
    """A 16-bit number without small or round values, below 0xf000."""
    return shop.stream.fork(label).between(0x0123, 0xEFDC)


def key(shop: Shop) -> Lock:
    """A register must hold one number."""
    value = number(shop, "key")
    salt = number(shop, "key/salt")
    spellings = (
        f"$R_key != {value:#x}",
        f"($R_key ^ {salt:#x}) != {value ^ salt:#x}",
        f"($u16)($R_key + {salt}) != {value + salt & 0xFFFF}",
    )
    test = shop.stream.fork("key/spelling").choice(spellings)
    slots = {"admit": f"if ({test})\n    return 0;"}

    def send(play: Play, right: bool) -> None:
        play.word("key", value if right else value ^ 1)

    return Lock("key", Part((Register("key", open=True),), slots=slots), send)


def window(shop: Shop) -> Lock:
    """Service mode must be asked for in one of three ticks after the key."""
    first = shop.stream.fork("window").between(6, 30)
    part = Part(
        members=("$u32 $M_keyed_at;",),
        slots={
            "effect:key": "$m_keyed_at = $m_tick;",
            "admit": (
                f"if ($m_tick - $m_keyed_at < {first} || $m_tick - $m_keyed_at > {first + 2})\n"
                "    return 0;"
            ),
        },
    )

    def send(play: Play, right: bool) -> None:
        play.wait(first + 1 if right else first + 5)

    return Lock("window", part, send)


def _sequence(first: str, second: str, admit: str, send: Send) -> Lock:
    part = Part(
        (Register("first", open=True), Register("second", open=True)),
        members=("$u16 $M_mark;", "$u16 $M_stage;"),
        slots={"effect:first": first, "effect:second": second, "admit": admit},
    )
    return Lock("sequence", part, send)


def _answer(shop: Shop, value: int) -> Lock:
    factor = shop.stream.fork("sequence/factor").below(500) * 2 + 3
    salt = number(shop, "sequence/salt")
    first = "$m_mark = value;\n$m_stage = value != 0;"
    second = (
        f"if ($m_stage != 1 || value != ($u16)($m_mark * {factor}u + {salt:#x}))\n"
        "    $m_stage = 0;\nelse\n    $m_stage = 2;"
    )

    def send(play: Play, right: bool) -> None:
        play.word("first", value)
        play.word("second", value * factor + salt + (not right))

    return _sequence(first, second, "if ($m_stage != 2)\n    return 0;", send)


def _swap(shop: Shop, value: int) -> Lock:
    salt = number(shop, "sequence/salt")
    first = "if ($m_stage == 0)\n    $m_mark = value;\n$m_stage = 1;"
    second = (
        f"if ($m_stage == 1 && value == ($u16)(($m_mark << 8 | $m_mark >> 8) ^ {salt:#x}))\n"
        "    $m_stage = 3;\nelse\n    $m_stage = 0;"
    )

    def send(play: Play, right: bool) -> None:
        play.word("first", value)
        play.word("second", ((value << 8 & 0xFFFF | value >> 8) ^ salt) ^ (not right))

    return _sequence(first, second, "if ($m_stage < 3)\n    return 0;", send)


def _tally(shop: Shop, value: int) -> Lock:
    times = shop.stream.fork("sequence/times").between(3, 6)
    first = "$m_stage = value == $m_mark ? $m_stage + 1 : 1;\n$m_mark = value;"
    second = f"$m_stage = $m_stage == {times} && value == ($u16)~$m_mark ? 100 : 0;"

    def send(play: Play, right: bool) -> None:
        for _ in range(times if right else times - 1):
            play.word("first", value)
        play.word("second", ~value)

    return _sequence(first, second, "if ($m_stage != 100)\n    return 0;", send)


def _balance(shop: Shop, value: int) -> Lock:
    rest = shop.stream.fork("sequence/rest").between(100, 0x0100)
    first = "$m_mark = value;\n$m_stage = value;"
    second = "$m_stage = value < $m_stage ? $m_stage - value : 0;"
    admit = (
        f"if ($m_stage != {rest} || $m_mark < 0x{0x0200:x} || $m_stage == $m_mark)\n    return 0;"
    )
    value |= 0x0400

    def send(play: Play, right: bool) -> None:
        play.word("first", value)
        play.word("second", value - rest - (not right))

    return _sequence(first, second, admit, send)


def sequence(shop: Shop) -> tuple[Lock, int]:
    """Two registers of which the second answers the first; and the first one's number."""
    value = number(shop, "sequence/value") | 0x0400
    kind = shop.stream.fork("sequence").choice((_answer, _swap, _tally, _balance))
    return kind(shop, value), value


def permissive(shop: Shop) -> Lock:
    """The plant must have settled high, or settled high after a rest: automatic mode takes it."""
    scale, stream = shop.scale, shop.stream.fork("permissive")
    low, high, scans = scale.part(47), scale.part(57), stream.between(10, 25)
    inside = f"$m_pv >= {low} && $m_pv <= {high}"
    settled = f"if ({inside})\n    $m_steady++;\nelse\n    $m_steady = 0;"
    members: tuple[str, ...] = ("$u32 $M_steady;",)
    admit = f"if ($m_steady < {scans})\n    return 0;"
    rested = stream.chance(1, 2)
    if rested:
        settled += f"\nif ($m_pv < {scale.part(33)})\n    $m_visited = 1;"
        members = (*members, "$u8 $M_visited;")
        admit += "\nif (!$m_visited)\n    return 0;"

    def send(play: Play, right: bool) -> None:
        if rested:
            play.word("setpoint", scale.part(30))
            play.wait(160)
        play.word("setpoint", target(shop) if right else scale.part(40))
        play.wait(170)

    return Lock("permissive", Part(members=members, slots={"scan": settled, "admit": admit}), send)


def target(shop: Shop) -> int:
    """The set point that reaches the permissive's band."""
    return shop.scale.part(53) + shop.stream.fork("target").below(9)


def _session(shop: Shop, label: str, roles: tuple[str, str], x: str, y: str) -> tuple[Part, Terms]:
    high, low = roles
    names = Names(shop.stream.fork(f"{label}/names"), THEMES[0])
    own = habits(shop.stream.fork(label))
    u8, u16, u32 = (shop.fill(f"${name}") for name in ("u8", "u16", "u32"))
    drawn = replace(own, fail="0", u8=u8, u16=u16, u32=u32)
    kit = Kit(names, drawn, "", "")
    token = shop.fill(f"(($u32)$R_{high} << 16 | $R_{low})")
    terms = Terms(
        kit, shop.stream.fork(f"{label}/relation"), names.scope(label), token,
        shop.fill(x), shop.fill(y),
    )  # fmt: skip
    return Part((Register(high, open=True), Register(low, open=True))), terms


def session(shop: Shop, mark: int) -> Lock:
    """A 32-bit number made of the sequence's first number and another register."""
    part, terms = _session(shop, "session", ("token_hi", "token_lo"), "$m_mark", "$R_operand")
    made = relation(terms)
    other = max(LEAST, number(shop, "operand"))
    part = Part(
        (*part.registers, Register("operand", open=True)),
        slots={"admit": "{\n" + _inner(made.check) + "\n}"},
    )

    def send(play: Play, right: bool) -> None:
        token = made.solve(mark, other)
        play.word("operand", other)
        play.word("token_hi", token >> 16)
        play.word("token_lo", (token & 0xFFFF) ^ (not right))

    return Lock("session", part, send)


def second_session(shop: Shop) -> Lock:
    """Another one, made of the operand and the set point."""
    part, terms = _session(
        shop, "second-session", ("extra_hi", "extra_lo"), "$R_setpoint", "$R_operand"
    )
    made = relation(terms)
    other = max(LEAST, number(shop, "operand"))
    part = Part(part.registers, slots={"admit": "{\n" + _inner(made.check) + "\n}"})

    def send(play: Play, right: bool) -> None:
        token = made.solve(target(shop), other)
        play.word("extra_hi", token >> 16)
        play.word("extra_lo", (token & 0xFFFF) ^ (not right))

    return Lock("second-session", part, send)


def _inner(check: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in check.splitlines())


def second_interlock(shop: Shop) -> Lock:
    """A watch over service mode: how long it drives, that it is alive, or how it is changed.

    It ends the mode and stops the drive, so that entering the mode again does not go on with it.
    """
    kind = shop.stream.fork("second").choice((_run_time, _heart, _slew))
    return kind(shop)


def drive(play: Play) -> None:
    """Full output at once, and go."""
    play.word("output", 100)
    play.coil("run")


def _run_time(shop: Shop) -> Lock:
    scans = shop.stream.fork("second/scans").between(15, 30)
    watch = (
        "$m_run_time = $m_mode == $SERVICE && $C_run ? $m_run_time + 1 : 0;\n"
        f"if ($m_run_time > {scans}) {{\n    $m_mode = $OFF;\n    $C_run = 0;\n}}"
    )

    def send(play: Play, right: bool) -> None:
        drive(play)

        def pause(at: int) -> None:
            play.coil("run", False, at)
            play.coil("run", True, at + 1)

        if right:
            play.every(scans - 2, pause, play.at + scans - 3)

    part = Part(members=("$u32 $M_run_time;",), slots={"second": watch})
    return Lock("second-interlock", part, send)


def _heart(shop: Shop) -> Lock:
    scans = shop.stream.fork("second/scans").between(12, 25)
    watch = (
        "if ($R_heart != $m_heart_last)\n    $m_heart_age = 0;\n"
        "$m_heart_last = $R_heart;\n"
        f"if ($m_mode == $SERVICE && ++$m_heart_age > {scans}) {{\n    $m_mode = $OFF;\n"
        "    $C_run = 0;\n}"
    )

    def send(play: Play, right: bool) -> None:
        if right:
            play.every(scans - 4, lambda at: play.word("heart", at, at), play.at)
        drive(play)

    part = Part(
        (Register("heart", open=True),),
        members=("$u16 $M_heart_last;", "$u32 $M_heart_age;"),
        slots={"second": watch, "enter": "if (value != $m_mode)\n    $m_heart_age = 0;"},
    )
    return Lock("second-interlock", part, send)


def _slew(shop: Shop) -> Lock:
    step = shop.stream.fork("second/step").between(8, 20)
    watch = (
        f"if ($m_mode == $SERVICE && $C_run && $R_output > $m_moved_at + {step}) {{\n"
        "    $m_mode = $OFF;\n    $C_run = 0;\n}\n"
        "$m_moved_at = $m_mode == $SERVICE && $C_run ? $R_output : 0;"
    )

    def send(play: Play, right: bool) -> None:
        if not right:
            drive(play)
            return
        play.word("output", 0)
        play.coil("run")
        for turn, output in enumerate((*range(step, 100, step), 100)):
            play.word("output", output, play.at + 1 + turn)

    part = Part(members=("$u16 $M_moved_at;",), slots={"second": watch})
    return Lock("second-interlock", part, send)
