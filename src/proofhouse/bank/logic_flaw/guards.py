# SPDX-License-Identifier: Apache-2.0
"""The guards of each level, and the commands that some of them bring along.

    level  adds              bits against blind search, about
    1      reach             4     the flaw itself: one value, or a few requests in the right order
    2      dispatch, login   8+8   a command the sample doesn't show, a user's password first
    3      checksum          16    every request carries a 16-bit sum
    4      state             24    two other requests first, with numbers that depend on each other
    5      relation          32    a 32-bit number computed from other arguments
    6      second-relation,  32    another one, over a number from an earlier request
           second-flaw       8     a flaw of another kind, whose prize is a permission

The bits say what a search that knows nothing pays; a dictionary takes dispatch and login for nearly
free, and a reader pays by understanding instead. They order the levels; difficulty is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from proofhouse.bank.logic_flaw.service import NUMBER, TEXT, Call, Command, Draw, Module
from proofhouse.bank.memory_flaw.guards import Guard
from proofhouse.bank.memory_flaw.parts import Extras

_ADDED: tuple[tuple[Guard, ...], ...] = (
    (Guard("reach", 4),),
    (Guard("dispatch", 8), Guard("login", 8)),
    (Guard("checksum", 16),),
    (Guard("state", 24),),
    (Guard("relation", 32),),
    (Guard("second-relation", 32), Guard("second-flaw", 8)),
)

LEVELS: tuple[int, ...] = tuple(range(1, len(_ADDED) + 1))
"""The levels of the family, from the easiest up."""


def guards(level: int) -> tuple[Guard, ...]:
    """The guards of a level of LEVELS, those of lower levels first."""
    return tuple(guard for added in _ADDED[:level] for guard in added)


@dataclass(frozen=True)
class Gate:
    """Commands that must have been served first: how to pass, how to fail, and the check.

    ``mark`` is the C expression of a number that passing leaves behind, ``mark_value`` its value;
    ``key`` is the member that a second secret, the file KEY, is read into.
    """

    commands: tuple[Command, ...]
    extras: Extras
    check: str
    passing: tuple[Call, ...]
    failing: tuple[Call, ...]
    mark: str = ""
    mark_value: int = 0
    key: str = ""
    statics: str = ""


def login(draw: Draw) -> Gate:
    """A command that knows a few users; the check asks for one of them, or for a certain one."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    users = [(words.take(), draw.stream.letters(draw.stream.between(6, 10)).decode())
             for _ in range(draw.stream.between(2, 4))]  # fmt: skip
    user, given, at = scope.take("pointer"), scope.take("token"), scope.take("counter")
    table, who = draw.table(), kit.names.noun()
    rows = ", ".join(f'{{"{name}", "{word}"}}' for name, word in users)
    body = draw.fill(
        """
        for (int $at = 0; $at < (int)(sizeof $table / sizeof $table[0]); $at++) {
            if (strcmp($table[$at][0], $user) == 0 && strcmp($table[$at][1], $given) == 0) {
                $s->$who = $at + 1;
                $reply
                return 0;
            }
        }
        $fail
        """,
        at=at,
        table=table,
        user=user,
        given=given,
        who=who,
        reply=draw.reply("%s", user),
    )
    statics = f"static const char *const {table}[][2] = {{{rows}}};"
    command = draw.command({user: TEXT, given: TEXT}, body, statics)
    chosen = draw.stream.below(len(users))
    own = f"{kit.habits.context}->{who}"
    test = draw.stream.choice((f"!{own}", f"{own} != {chosen + 1}", f"{own} == 0"))
    name, word = users[chosen]
    return Gate(
        (command,),
        Extras(members=(f"int {who};",)),
        kit.fill("if ($test)\n    $fail", test=test),
        (Call(command.function, {user: name, given: word}),),
        (Call(command.function, {user: name, given: word[::-1] + "x"}),),
    )


def pairing(draw: Draw) -> Gate:
    """Two commands in order: the second one's number depends on the first one's."""
    scope, kit, stream = draw.scope, draw.kit, draw.stream
    one, two = scope.take("value"), scope.take("operand")
    mark, stage = kit.names.noun(), kit.names.noun()
    modulus = stream.between(190, 251)
    rest = stream.below(modulus)
    first = modulus * stream.between(4, 250) + rest
    factor, offset = stream.between(3, 90) * 2 + 1, stream.between(100, 9000)
    own = f"{kit.habits.context}->{mark}"
    second, formula = stream.choice(
        (
            ((first * factor + offset) & 0xFFFF, f"(({own} * {factor}u + {offset}u) & 0xffff)"),
            ((first ^ offset) + factor, f"(({own} ^ {offset}u) + {factor}u)"),
            ((first >> 3) * factor + offset, f"(({own} >> 3) * {factor}u + {offset}u)"),
        )
    )
    opens = draw.fill(
        """
        if ($one < 0x100 || $one > 0xffff || $one % $modulus != $rest)
            $fail
        $s->$mark = $one;
        $s->$stage = 1;
        """,
        one=one,
        modulus=draw.constant(modulus),
        rest=draw.constant(rest),
        mark=mark,
        stage=stage,
    )
    closes = draw.fill(
        """
        if ($s->$stage != 1 || $two != $formula)
            $fail
        $s->$stage = 2;
        $reply
        """,
        stage=stage,
        two=two,
        formula=formula,
        reply=draw.reply("%u", two),
    )
    opener, closer = (
        draw.command({name: NUMBER}, body) for name, body in ((one, opens), (two, closes))
    )
    calls = (Call(opener.function, {one: first}), Call(closer.function, {two: second}))
    return Gate(
        (opener, closer),
        Extras(members=(draw.fill("$u32 $mark;", mark=mark), f"int {stage};")),
        draw.fill("if ($s->$stage != 2)\n    $fail", stage=stage),
        calls,
        (calls[0], Call(closer.function, {two: second ^ 1})),
        own,
        first,
    )


def folding(draw: Draw) -> Gate:
    """One command sent twice: what it has gathered after the second time must be a certain sum."""
    scope, kit, stream = draw.scope, draw.kit, draw.stream
    one = scope.take("value")
    mark, turns, total = (kit.names.noun() for _ in range(3))
    factor = stream.between(30, 900) * 2 + 1
    first, second = (stream.between(0x1000, 0xFFFF) for _ in range(2))
    wanted = (first * factor ^ second) & 0xFFFFFF
    body = draw.fill(
        """
        if ($one < 0x100 || $one > 0xffff)
            $fail
        if ($s->$turns++ == 0)
            $s->$mark = $one;
        $s->$total = ($s->$total * $factor ^ $one) & 0xffffff;
        $reply
        """,
        one=one,
        turns=turns,
        mark=mark,
        total=total,
        factor=f"{factor}u",
        reply=draw.reply("%u", one),
    )
    command = draw.command({one: NUMBER}, body)
    own = f"{kit.habits.context}->{mark}"
    test = f"{kit.habits.context}->{turns} != 2 || {kit.habits.context}->{total} != {wanted}"
    calls = tuple(Call(command.function, {one: value}) for value in (first, second))
    return Gate(
        (command,),
        Extras(
            members=(draw.fill("$u32 $mark, $turns, $total;", mark=mark, turns=turns, total=total),)
        ),
        kit.fill("if ($test)\n    $fail", test=test),
        calls,
        (calls[0], Call(command.function, {one: second ^ 1})),
        own,
        first,
    )


def second_flaw(draw: Draw, make: Callable[[Draw], Module]) -> Gate:
    """A flawed module whose prize is not the secret but a permission, which the check asks for."""
    granted = draw.kit.names.noun()
    own = f"{draw.kit.habits.context}->{granted}"
    module = make(replace(draw, award=f"{own} = 1;", flawed=True))
    return Gate(
        module.commands,
        module.extras + Extras(members=(f"int {granted};",)),
        draw.refuse(draw.stream.choice((f"!{own}", f"{own} != 1", f"{own} == 0"))),
        module.attack,
        module.near,
        statics=module.statics,
    )


STATES: Sequence[Callable[[Draw], Gate]] = (pairing, folding)
"""The kinds of state that a level may ask for."""
