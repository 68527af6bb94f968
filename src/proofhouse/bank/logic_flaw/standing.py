# SPDX-License-Identifier: Apache-2.0
"""Flaws in who somebody is and what they may: roles, ranks, sessions, states.

    default-role    a role that is not known leaves the variable at 0, which is the owner's
    top-rank        the highest rank is barred by > where >= is meant
    stale-session   leaving a session clears its name and not its rank
    late-change     what was cleared is changed after it was cleared and before it is used
    step-back       going back from the first state wraps round to the last
    short-token     a token is compared over a length that the client names
    mixed-tag       a cell is read as a permission whatever its tag says

Each function gives the flawed module or, with ``draw.flawed`` false, the same done right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proofhouse.bank.logic_flaw.service import NUMBER, TEXT, Call, Draw, Module, shelf, show
from proofhouse.bank.memory_flaw.parts import Extras


def default_role(draw: Draw) -> Module:
    """An unknown role is taken for role 0, and that is the owner's."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    owner, *others = (words.take() for _ in range(4))
    role, name, at = scope.take("marker"), scope.take("pointer"), scope.take("counter")
    table, tag = draw.table(), kit.names.type()
    rows = draw.stream.shuffled(
        [f'{{"{owner}", 0}}', *(f'{{"{word}", {n + 1}}}' for n, word in enumerate(others))]
    )
    body = draw.fill(
        """
        int $role = $start;

        $bar
        for (size_t $at = 0; $at < sizeof $table / sizeof $table[0]; $at++)
            if (strcmp($table[$at].name, $name) == 0)
                $role = $table[$at].$tag;
        if ($role < 0)
            $fail
        if ($role == 0) {
            $award
        } else {
            $reply
        }
        """,
        role=role,
        start=draw.fault("0", "-1"),
        bar=draw.refuse(f'strcmp({name}, "{owner}") == 0'),
        at=at,
        table=table,
        name=name,
        tag=tag,
        reply=draw.reply("%s %d", name, role),
    )
    statics = draw.fill(
        "static const struct {\n    const char *name;\n    int $tag;\n} $table[] = {$rows};",
        tag=tag,
        table=table,
        rows=", ".join(rows),
    )
    command = draw.command({name: TEXT}, body, statics)
    attack, near, valid = (
        Call(command.function, {name: text}) for text in (words.take(), owner, others[0])
    )
    return Module(
        "default-role", (command,), Extras(), command.function, (attack,), (near,), (valid,)
    )


def top_rank(draw: Draw) -> Module:
    """Ranks go up to the owner's; the check lets the owner's rank through."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    size = draw.stream.between(4, 9)
    names = [words.take() for _ in range(size)]
    table, rank, held = draw.table(), scope.take("value"), kit.names.noun()
    top = draw.constant(size - 1)
    bar = draw.stream.choice(
        ((f"{rank} > {top}", f"{rank} >= {top}"), (f"{top} < {rank}", f"{top} <= {rank}"))
    )
    take = draw.fill(
        """
        $bar
        $s->$held = $rank;
        $reply
        """,
        bar=draw.refuse(draw.fault(*bar)),
        held=held,
        rank=rank,
        reply=draw.reply("%s", f"{table}[{rank}]"),
    )
    use = draw.fill(
        """
        if ($s->$held < $top) {
            $reply
            return 0;
        }
        $award
        """,
        held=held,
        top=top,
        reply=draw.reply("%s", f"{table}[{kit.habits.context}->{held}]"),
    )
    takes, uses = draw.command({rank: NUMBER}, take), draw.command({}, use)
    listed = ", ".join(f'"{name}"' for name in names)
    statics = f"static const char *const {table}[] = {{{listed}}};"

    def pair(value: int) -> tuple[Call, Call]:
        return Call(takes.function, {rank: value}), Call(uses.function)

    extras = Extras(members=(draw.fill("$u32 $held;", held=held),))
    return Module(
        "top-rank",
        (takes, uses),
        extras,
        uses.function,
        pair(size - 1),
        (*pair(size - 2), *pair(size)),
        pair(draw.stream.between(1, size - 2)),
        statics,
    )


def stale_session(draw: Draw) -> Module:
    """A session raised for upkeep can't be used; after leaving and entering again it can."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    tag, rank, shut, user = (kit.names.noun() for _ in range(4))
    table, high = kit.names.noun(), draw.constant(draw.stream.between(3, 90))
    room, seats = draw.stream.between(12, 20), draw.stream.between(3, 6)
    seat, name = scope.take("offset"), scope.take("pointer")
    count = draw.constant(seats)
    names = {
        "seat": seat, "name": name, "count": count, "table": table, "high": high,
        "rank": rank, "shut": shut, "user": user,
    }  # fmt: skip
    reset = draw.fill("$s->$table[$seat].$rank = 1;", **names)
    enter = draw.fill(
        """
        if ($seat >= $count || $s->$table[$seat].$user[0])
            $fail
        if (strlen($name) >= sizeof $s->$table[$seat].$user)
            $fail
        strcpy($s->$table[$seat].$user, $name);
        $rank_set
        $reply
        """,
        **names,
        rank_set=draw.fault(
            draw.fill(
                "if ($s->$table[$seat].$rank == 0)\n    $s->$table[$seat].$rank = 1;", **names
            ),
            reset,
        ),
        reply=draw.reply("%s", name),
    )
    raised = draw.fill(
        """
        if ($seat >= $count || !$s->$table[$seat].$user[0])
            $fail
        $s->$table[$seat].$rank = $high;
        $s->$table[$seat].$shut = 1;
        """,
        **names,
    )
    leave = draw.fill(
        """
        if ($seat >= $count)
            $fail
        memset($s->$table[$seat].$user, 0, sizeof $s->$table[$seat].$user);
        $s->$table[$seat].$shut = 0;
        """,
        **names,
    )
    use = draw.fill(
        """
        if ($seat >= $count || !$s->$table[$seat].$user[0] || $s->$table[$seat].$shut)
            $fail
        if ($s->$table[$seat].$rank >= $high) {
            $award
        } else {
            $reply
        }
        """,
        **names,
        reply=draw.reply("%s %d", f"{kit.habits.context}->{table}[{seat}].{user}",
                         f"{kit.habits.context}->{table}[{seat}].{rank}"),
    )  # fmt: skip
    enters = draw.command({seat: NUMBER, name: TEXT}, enter)
    raises, leaves, uses = (draw.command({seat: NUMBER}, body) for body in (raised, leave, use))
    who, at = words.take(), draw.stream.below(seats)
    come = Call(enters.function, {seat: at, name: who})
    up, out, look = (Call(c.function, {seat: at}) for c in (raises, leaves, uses))
    extras = Extras(
        types=(
            draw.fill(
                "struct $tag {\n    char $user[$room];\n    int $rank, $shut;\n};",
                **names, tag=tag, room=room,
            ),
        ),
        members=(f"struct {tag} {table}[{seats}];",),
    )  # fmt: skip
    return Module(
        "stale-session",
        (enters, raises, leaves, uses),
        extras,
        uses.function,
        (come, up, out, come, look),
        (come, up, look, out, look),
        (come, look, up, out),
    )


def late_change(draw: Draw) -> Module:
    """What was picked is cleared, then something else is picked, then it is shown."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    kept = shelf(draw, [words.take() for _ in range(3)], words.take())
    name, at = scope.take("pointer"), scope.take("offset")
    picked, clear = kit.names.noun(), kit.names.noun()
    place = draw.constant(kept.place)
    pick = draw.fill(
        """
        int $at = $find($name);

        if ($at < 0)
            $fail
        $s->$picked = $at;
        $reset
        $reply
        """,
        at=at,
        find=kept.find,
        name=name,
        picked=picked,
        reset=draw.fault("", draw.fill("$s->$clear = 0;", clear=clear)),
        reply=draw.reply("%s", name),
    )
    ask = draw.fill(
        """
        $bar
        $s->$clear = 1;
        """,
        bar=draw.refuse(f"{kit.habits.context}->{picked} == {place}"),
        clear=clear,
    )
    use = draw.fill(
        """
        int $at = $s->$picked;

        if (!$s->$clear)
            $fail
        $s->$clear = 0;
        $show
        """,
        at=at,
        picked=picked,
        clear=clear,
        show=show(draw, kept, at),
    )
    picks = draw.command({name: TEXT}, pick)
    asks, uses = draw.command({}, ask), draw.command({}, use)
    good, bad = (Call(picks.function, {name: text}) for text in (kept.public(), kept.private))
    clears, shows = Call(asks.function), Call(uses.function)
    return Module(
        "late-change",
        (picks, asks, uses),
        Extras(members=(f"int {picked}, {clear};",)),
        uses.function,
        (good, clears, bad, shows),
        (good, clears, shows, bad, clears, shows),
        (good, clears, shows),
        kept.source,
    )


def step_back(draw: Draw) -> Module:
    """Four states, the last one the owner's; one step back from the first is the last."""
    words, kit = draw.words, draw.kit
    bits = draw.stream.choice((2, 3))
    last = (1 << bits) - 1
    names = [words.take() for _ in range(last + 1)]
    table, stage, top = draw.table(), kit.names.noun(), draw.constant(last)
    where = f"{kit.habits.context}->{stage}"
    reply = draw.reply("%s", f"{table}[{where}]")
    wrap = draw.stream.choice((f"({where} - 1) & {top}", f"({where} + {top}) % ({top} + 1)"))
    ahead = draw.fill(
        """
        $bar
        $s->$stage++;
        $reply
        """,
        bar=draw.refuse(f"{where} + 1 >= {top}"),
        stage=stage,
        reply=reply,
    )
    back = draw.fill(
        """
        $bar
        $s->$stage = $wrap;
        $reply
        """,
        bar=draw.fault("", draw.refuse(f"{where} == 0")),
        stage=stage,
        wrap=wrap,
        reply=reply,
    )
    use = draw.fill(
        """
        if ($s->$stage == $top) {
            $award
        } else {
            $reply
        }
        """,
        stage=stage,
        top=top,
        reply=reply,
    )
    moves = [draw.command({}, body) for body in (ahead, back, use)]
    forth, behind, look = (Call(command.function) for command in moves)
    listed = ", ".join(f'"{name}"' for name in names)
    return Module(
        "step-back",
        tuple(moves),
        Extras(members=(f"unsigned {stage};",)),
        moves[2].function,
        (behind, look),
        (forth, behind, look, *(forth,) * last, look),
        (forth, look, behind),
        f"static const char *const {table}[] = {{{listed}}};",
    )


def short_token(draw: Draw) -> Module:
    """The token is compared over as many characters as the client says that it has."""
    scope = draw.scope
    token, length = scope.take("token"), scope.take("size")
    least = draw.fault(
        draw.stream.choice((f"{length} > strlen({token})", f"strlen({token}) < {length}")),
        f"{length} != strlen({token})",
    )
    whole = draw.fault("", draw.refuse(f"{length} != strlen({draw.secret})"))
    body = draw.fill(
        """
        $bounds
        $whole
        if (strncmp($token, $secret, $length) != 0)
            $fail
        $award
        """,
        bounds=draw.refuse(least),
        whole=whole,
        token=token,
        length=length,
    )
    command = draw.command({token: TEXT, length: NUMBER}, body)
    text = "t" + draw.stream.letters(draw.stream.between(6, 14)).decode()  # no secret begins so
    attack, near, valid = (
        Call(command.function, {token: text, length: value}) for value in (0, 1, len(text))
    )
    return Module(
        "short-token", (command,), Extras(), command.function, (attack,), (near,), (valid,)
    )


def mixed_tag(draw: Draw) -> Module:
    """Cells hold numbers, texts or permissions; using one as a permission doesn't ask which."""
    scope, kit = draw.scope, draw.kit
    cells, tag = draw.stream.between(4, 9), kit.names.type()
    table, sort, value = kit.names.noun(), kit.names.noun(), kit.names.noun()
    at, kind, number = scope.take("offset"), scope.take("marker"), scope.take("value")
    count, grant = draw.constant(cells), draw.stream.between(1000, 60000)
    plain, right = draw.stream.sample(range(1, 9), 2)
    names = {
        "at": at, "count": count, "table": table, "sort": sort, "value": value, "kind": kind,
        "number": number, "right": draw.constant(right), "grant": draw.constant(grant),
    }  # fmt: skip
    put = draw.fill(
        """
        if ($at >= $count || $kind == $right || $kind > 9)
            $fail
        $s->$table[$at].$sort = $kind;
        $s->$table[$at].$value = $number;
        $reply
        """,
        **names,
        reply=draw.reply("%u", at),
    )
    refusal = draw.fill("$s->$table[$at].$sort != $right", **names)
    use = draw.fill(
        """
        if ($at >= $count)
            $fail
        $check
        if ($s->$table[$at].$value == $grant) {
            $award
        } else {
            $reply
        }
        """,
        **names,
        check=draw.fault("", draw.refuse(refusal)),
        reply=draw.reply("%u", f"{kit.habits.context}->{table}[{at}].{value}"),
    )
    puts = draw.command({at: NUMBER, kind: NUMBER, number: NUMBER}, put)
    uses = draw.command({at: NUMBER}, use)
    where = draw.stream.below(cells)

    def pair(sort_value: int, content: int) -> tuple[Call, Call]:
        given = {at: where, kind: sort_value, number: content}
        return Call(puts.function, given), Call(uses.function, {at: where})

    extras = Extras(
        types=(draw.fill("struct $tag {\n    $u32 $sort, $value;\n};", **names, tag=tag),),
        members=(f"struct {tag} {table}[{cells}];",),
    )
    return Module(
        "mixed-tag",
        (puts, uses),
        extras,
        uses.function,
        pair(plain, grant),
        (*pair(right, grant), *pair(plain, grant - 1)),
        pair(plain, draw.stream.between(1, 900)),
    )


STANDING: Sequence[Callable[[Draw], Module]] = (
    default_role,
    top_rank,
    stale_session,
    late_change,
    step_back,
    short_token,
    mixed_tag,
)
"""The flaws of this module."""
