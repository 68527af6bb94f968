# SPDX-License-Identifier: Apache-2.0
"""Handlers that look flawed and are not: what a reader of the program has to tell the flaw from.

    clamp     copies what fits                    twice     frees twice, but clears in between
    within    offset and length, checked right    masked    an index with its high bits cut
    table     index checked against the table     product   a product checked before it is made
    expand    run lengths, each checked           refresh   grows, and takes the pointer anew
    depth     a stack with a guarded top          cyclic    a ring indexed by remainder
    string    room for the final zero             swap      exchanges two owned buffers

They have their lengths, copies, casts and frees in the same words as the flaws; each is safe for
every input, which the tests hold them to by running them on hostile ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from proofhouse.bank.memory_flaw.flaw import Draw
from proofhouse.bank.memory_flaw.parts import Extras, Field, Handler, Message


@dataclass(frozen=True)
class Decoy:
    """A harmless handler, what it needs around it, and a valid message for it."""

    handler: Handler
    extras: Extras
    message: Message


def _decoy(
    draw: Draw,
    body: str,
    values: Mapping[str, tuple[int, int]],
    size: int = 0,
    extras: Extras | None = None,
) -> Decoy:
    """A decoy whose fields are ``values`` (name → bits, value), with ``size`` bytes after them."""
    function = draw.kit.names.function()
    fields = draw.stream.shuffled([Field(name, bits) for name, (bits, _) in values.items()])
    handler = Handler(function, fields, body, size > 0)
    plain = {name: value for name, (_, value) in values.items()}
    message = Message(function, plain, draw.stream.letters(size))
    return Decoy(handler, extras or Extras(), message)


def _room(draw: Draw, low: int = 12, high: int = 40) -> tuple[int, str]:
    size = draw.stream.between(low, high)
    return size, draw.kit.constant(draw.suffix(), size)


def _clamp(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    buffer, length, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    used = scope.take("size")
    size, room = _room(draw)
    body = kit.fill(
        """
        $u8 $buffer[$room];
        size_t $used = $length;

        if ($used > sizeof $buffer)
            $used = sizeof $buffer;
        if ($used > $avail)
            $used = $avail;
        $copy
        $s->digest = $fold($s->digest, $buffer, $used);
        """,
        buffer=buffer,
        room=room,
        used=used,
        length=length,
        copy=kit.copy(buffer, kit.habits.data, used, step),
    )
    return _decoy(draw, body, {length: (draw.stream.choice((8, 16)), size // 2)}, size)


def _within(draw: Draw) -> Decoy:
    kit, scope, member = draw.kit, draw.scope, draw.kit.names.noun()
    offset, length, step = scope.take("offset"), scope.take("size"), scope.take("counter")
    size, room = _room(draw)
    body = kit.fill(
        """
        if ($offset > $room || $length > $room - $offset)
            $fail
        if ($length > $avail)
            $fail
        $copy
        $s->digest = $fold($s->digest, $s->$m, sizeof $s->$m);
        """,
        offset=offset,
        room=room,
        length=length,
        m=member,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step, offset),
    )
    extras = Extras(members=(kit.fill("$u8 $m[$room];", m=member, room=room),))
    values = {offset: (8, 3), length: (draw.stream.choice((8, 16)), size // 3)}
    return _decoy(draw, body, values, size // 3 + draw.stream.between(0, 4), extras)


def _table(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    index, value = scope.take("offset"), scope.take("value")
    size, room = _room(draw, 6, 16)
    name = f"{kit.names.noun()}_rates"
    numbers = ", ".join(str(draw.stream.below(5000)) for _ in range(size))
    body = kit.fill(
        """
        if ($index >= $room)
            $fail
        $s->digest += ($u32)$rates[$index] * $value;
        """,
        index=index,
        room=room,
        rates=name,
        value=value,
    )
    declaration = kit.fill("const $u16 $rates[$room]", rates=name, room=room)
    extras = Extras(
        globals=((f"extern {declaration};", f"{declaration} = {{\n    {numbers},\n}};"),)
    )
    values = {index: (draw.stream.choice((8, 16)), size - 1), value: (16, draw.stream.below(999))}
    return _decoy(draw, body, values, 0, extras)


def _expand(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    line, used, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    flag, run = scope.take("marker"), scope.take("size")
    _, room = _room(draw, 40, 90)
    body = kit.fill(
        """
        $u8 $line[$room];
        size_t $used = 0;

        for (size_t $step = 0; $step + 1 < $avail; $step += 2) {
            size_t $run = $data[$step] & 31;

            if ($run > sizeof $line - $used)
                $fail
            memset($line + $used, $data[$step + 1] ^ $flag, $run);
            $used += $run;
        }
        $s->digest = $fold($s->digest, $line, $used);
        """,
        line=line,
        room=room,
        used=used,
        step=step,
        run=run,
        flag=flag,
    )
    decoy = _decoy(draw, body, {flag: (8, draw.stream.below(200))}, 4)
    packed = Message(decoy.message.function, decoy.message.values, b"eqhz")
    return Decoy(decoy.handler, decoy.extras, packed)


def _depth(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    stack, top, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    _, room = _room(draw, 4, 12)
    body = kit.fill(
        """
        $u32 $stack[$room];
        size_t $top = 0;

        for (size_t $step = 0; $step < $avail; $step++) {
            if ($data[$step] & 1) {
                if ($top == $room)
                    $fail
                $stack[$top++] = $data[$step];
            } else if ($top > 0) {
                $s->digest += $stack[--$top];
            }
        }
        """,
        stack=stack,
        top=top,
        room=room,
        step=step,
    )
    decoy = _decoy(draw, body, {}, 6)
    return Decoy(decoy.handler, decoy.extras, Message(decoy.message.function, {}, b"acbdab"))


def _string(draw: Draw) -> Decoy:
    kit, scope, member = draw.kit, draw.scope, draw.kit.names.noun()
    length, step = scope.take("size"), scope.take("counter")
    size, room = _room(draw)
    body = kit.fill(
        """
        if ($length >= sizeof $s->$m || $length > $avail)
            $fail
        $copy
        $s->$m[$length] = '\\0';
        $s->digest = $fold($s->digest, (const void *)$s->$m, strlen($s->$m));
        """,
        length=length,
        m=member,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
    )
    extras = Extras(members=(kit.fill("char $m[$room];", m=member, room=room),))
    return _decoy(draw, body, {length: (8, size // 2)}, size // 2 + 2, extras)


def _twice(draw: Draw) -> Decoy:
    kit, scope, member = draw.kit, draw.scope, draw.kit.names.noun()
    length, step = scope.take("size"), scope.take("counter")
    size, room = _room(draw)
    names = {"m": member, "length": length, "room": room}
    body = kit.fill(
        """
        if ($length > $avail || $length > $room) {
            free($s->$m);
            $s->$m = NULL;
            $fail
        }
        free($s->$m);
        $s->$m = calloc(1, $room);
        if (!$s->$m)
            $fail
        $copy
        $s->digest = $fold($s->digest, $s->$m, $length);
        """,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
        **names,
    )
    extras = Extras(
        members=(kit.fill("$u8 *$m;", **names),), closes=(kit.fill("free($s->$m);", **names),)
    )
    return _decoy(draw, body, {length: (draw.stream.choice((8, 16)), size // 2)}, size, extras)


def _masked(draw: Draw) -> Decoy:
    kit, scope, member = draw.kit, draw.scope, draw.kit.names.noun()
    index, value = scope.take("offset"), scope.take("value")
    size = draw.stream.choice((8, 16, 32))
    room = kit.constant(draw.suffix(), size)
    body = kit.fill(
        """
        $s->$m[$index & ($room - 1)] += $value;
        $s->digest ^= $s->$m[($index + 1u) % $room];
        """,
        m=member,
        index=index,
        room=room,
        value=value,
    )
    extras = Extras(members=(kit.fill("$u32 $m[$room];", m=member, room=room),))
    values = {index: (16, draw.stream.below(999)), value: (draw.stream.choice((8, 16)), 77)}
    return _decoy(draw, body, values, 0, extras)


def _product(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    rows, columns, grid = scope.take("operand"), scope.take("operand"), scope.take("pointer")
    area, step = scope.take("size"), scope.take("counter")
    _, room = _room(draw, 300, 2000)
    body = kit.fill(
        """
        size_t $area = (size_t)$rows * $columns;
        $u8 *$grid;

        if ($area == 0 || $area > $room)
            $fail
        $grid = malloc($area);
        if (!$grid)
            $fail
        for (size_t $step = 0; $step < $area; $step++)
            $grid[$step] = ($u8)($step * $rows);
        $s->digest = $fold($s->digest, $grid, $area);
        free($grid);
        """,
        area=area,
        rows=rows,
        columns=columns,
        grid=grid,
        room=room,
        step=step,
    )
    width = draw.stream.choice((8, 16))
    return _decoy(draw, body, {rows: (width, 9), columns: (width, draw.stream.between(3, 20))})


def _refresh(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    member, held = kit.names.noun(), kit.names.noun()
    length, step, wider = scope.take("size"), scope.take("counter"), scope.take("pointer")
    size, room = _room(draw, 60, 200)
    names = {"m": member, "held": held, "length": length, "wider": wider, "room": room}
    body = kit.fill(
        """
        if ($length == 0 || $length > $avail || $length > $room)
            $fail
        if ($length > $s->$held) {
            $u8 *$wider = realloc($s->$m, $length);

            if (!$wider)
                $fail
            $s->$m = $wider;
            $s->$held = $length;
        }
        $copy
        $s->digest = $fold($s->digest, $s->$m, $length);
        """,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
        **names,
    )
    extras = Extras(
        members=(kit.fill("$u8 *$m;", **names), f"size_t {held};"),
        closes=(kit.fill("free($s->$m);", **names),),
    )
    length_now = min(size, draw.stream.between(4, 12))
    return _decoy(draw, body, {length: (8, length_now)}, length_now + 2, extras)


def _cyclic(draw: Draw) -> Decoy:
    kit, scope, member = draw.kit, draw.scope, draw.kit.names.noun()
    offset, step, at = scope.take("offset"), scope.take("counter"), kit.names.noun()
    _, room = _room(draw, 8, 24)
    body = kit.fill(
        """
        $s->$at = ($s->$at + $offset) % $room;
        for (size_t $step = 0; $step < $avail; $step++) {
            $s->$m[$s->$at] = $data[$step];
            $s->$at = ($s->$at + 1) % $room;
        }
        $s->digest = $fold($s->digest, $s->$m, $room);
        """,
        at=at,
        offset=offset,
        room=room,
        step=step,
        m=member,
    )
    extras = Extras(
        members=(kit.fill("$u8 $m[$room];", m=member, room=room), f"size_t {at};"),
    )
    return _decoy(draw, body, {offset: (16, draw.stream.below(300))}, 7, extras)


def _swap(draw: Draw) -> Decoy:
    kit, scope = draw.kit, draw.scope
    first, second = kit.names.noun(), kit.names.noun()
    value, other = scope.take("value"), scope.take("pointer")
    _, room = _room(draw)
    names = {"a": first, "b": second, "value": value, "other": other, "room": room}
    body = kit.fill(
        """
        $u8 *$other = $s->$a;

        $s->$a = $s->$b;
        $s->$b = $other;
        if (!$s->$a && !($s->$a = calloc(1, $room)))
            $fail
        $s->$a[$value % $room] ^= ($u8)$value;
        $s->digest = $fold($s->digest, $s->$a, $room);
        """,
        **names,
    )
    extras = Extras(
        members=(kit.fill("$u8 *$a, *$b;", **names),),
        closes=(kit.fill("free($s->$a);\nfree($s->$b);", **names),),
    )
    return _decoy(draw, body, {value: (16, draw.stream.below(6000))}, 0, extras)


DECOYS: tuple[Callable[[Draw], Decoy], ...] = (
    _clamp,
    _within,
    _table,
    _expand,
    _depth,
    _string,
    _twice,
    _masked,
    _product,
    _refresh,
    _cyclic,
    _swap,
)
"""Every kind of decoy; a program takes three to five different ones."""
