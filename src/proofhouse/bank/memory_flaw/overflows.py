# SPDX-License-Identifier: Apache-2.0
"""Flaws of space: a write or a read past the end of a stack, heap or global object.

    stack   plain, prefix, fill, widen      a local array
    heap    place, declared, area, overread, terminate
    global  patch, lookup, slots            a file-scope array

Each function returns one flaw drawn afresh; the module's tables are what ``program`` picks from.
Accesses past the end are contiguous from the end on, so that AddressSanitizer's red zone is always
met first and the class is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from proofhouse.bank.memory_flaw.flaw import Draw, Flaw, Send, Sizes
from proofhouse.bank.memory_flaw.parts import Extras, Field, Handler, Message

_STACK = ("stack-buffer-overflow",)
_HEAP = ("heap-buffer-overflow",)
_GLOBAL = ("global-buffer-overflow",)


def stack_plain(draw: Draw) -> Flaw:
    """A copy into a local array, checked against another constant."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    buffer, length, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    body = kit.fill(
        """
        $u8 $buffer[$room];

        $bound
        $copy
        $s->digest = $fold($s->digest, $buffer, $length);
        """,
        buffer=buffer,
        length=length,
        room=room,
        bound=draw.bound(length, most, kit.habits.avail),
        copy=kit.copy(buffer, kit.habits.data, length, step),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("stack-plain", _STACK, handler, Extras(), handler.function, send)


def stack_prefix(draw: Draw) -> Flaw:
    """A prefix goes in front of the copy, and the check forgets it."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    buffer, length, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    narrow, wide = draw.stream.between(1, 3), draw.stream.between(9, 14)
    size = narrow if draw.tight else wide
    prefix = (kit.names.theme.nouns[0] + draw.stream.letters(14).decode())[: size - 1] + "/"
    total = sizes.capacity + 10
    room = kit.constant(draw.suffix(), total)
    most = draw.stream.choice((room, f"sizeof {buffer}"))
    body = kit.fill(
        """
        $u8 $buffer[$room];

        $bound
        memcpy($buffer, "$prefix", $size);
        $copy
        $s->digest = $fold($s->digest, $buffer, $length + $size);
        """,
        buffer=buffer,
        length=length,
        room=room,
        prefix=prefix,
        size=size,
        bound=draw.bound(length, most, kit.habits.avail),
        copy=kit.copy(buffer, kit.habits.data, length, step, str(size)),
    )
    handler, send = draw.counted(Sizes(total - size, total, sizes.bits), length, body)
    return Flaw("stack-prefix", _STACK, handler, Extras(), handler.function, send)


def stack_fill(draw: Draw) -> Flaw:
    """A run of one value: start and length are checked, their sum is not, or not tightly."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    row, length, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    offset, value = scope.take("offset"), scope.take("value")
    room = kit.constant(draw.suffix(), sizes.capacity)
    body = kit.fill(
        """
        $u8 $row[$room];

        memset($row, 0, sizeof $row);
        $check
        for (size_t $step = 0; $step < $length; $step++)
            $row[$offset + $step] = ($u8)($value + $step);
        $s->digest = $fold($s->digest, $row, sizeof $row);
        """,
        row=row,
        room=room,
        check=_run_check(draw, sizes, room, offset, length),
        step=step,
        length=length,
        offset=offset,
        value=value,
    )
    handler, send = _run(draw, sizes, offset, length, body, value)
    return Flaw("stack-fill", _STACK, handler, Extras(), handler.function, send)


def _run_check(draw: Draw, sizes: Sizes, room: str, offset: str, length: str) -> str:
    """The check of a run: each end on its own, or at level 6 their sum against a bit too much."""
    spare = sizes.limit - sizes.capacity
    sloppy = f"{offset} >= {room} || {length} > {room}"
    close = f"{offset} >= {room} || (size_t){offset} + {length} > {room} + {spare}"
    return draw.kit.fill("if ($t)\n    $fail", t=close if draw.tight else sloppy)


def _run(
    draw: Draw, sizes: Sizes, offset: str, length: str, body: str, value: str = ""
) -> tuple[Handler, Send]:
    """Handler and sender of a run that starts late in its buffer."""
    start = draw.stream.between(sizes.capacity - 7, sizes.capacity - 4)
    fields = [Field(length, sizes.bits), Field(offset, draw.stream.choice((8, 16)))]
    fields += [Field(value, 8)] if value else []
    shade = draw.stream.between(1, 200)
    function = draw.kit.names.function()
    handler = Handler(function, draw.stream.shuffled(fields), body, not value)
    limit = sizes.limit if draw.tight else start + sizes.capacity
    reaches = Sizes(sizes.capacity, limit, sizes.bits)
    blob = draw.letters()

    def send(kind: str) -> Message:
        quiet = start + 2
        reach = quiet if kind == "quiet" else reaches.reach(kind)
        values = {offset: start, length: reach - start} | ({value: shade} if value else {})
        return Message(function, values, b"" if value else blob[: limit + 4 - start])

    return handler, send


def stack_widen(draw: Draw) -> Flaw:
    """Every byte becomes two characters, and the check counts bytes."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    buffer, length, step = scope.take("buffer"), scope.take("size"), scope.take("counter")
    total = 2 * sizes.capacity
    spare = sizes.limit - sizes.capacity
    room = kit.constant(draw.suffix(), total)
    limit = sizes.capacity + spare if draw.tight else total
    most = kit.constant(draw.suffix(), limit)
    body = kit.fill(
        """
        $u8 $buffer[$room];

        $bound
        for (size_t $step = 0; $step < $length; $step++) {
            $buffer[2 * $step] = ($u8)('a' + ($data[$step] >> 4));
            $buffer[2 * $step + 1] = ($u8)('a' + ($data[$step] & 15));
        }
        $s->digest = $fold($s->digest, $buffer, 2 * (size_t)$length);
        """,
        buffer=buffer,
        room=room,
        bound=draw.bound(length, most, kit.habits.avail),
        step=step,
        length=length,
    )
    handler, send = draw.counted(Sizes(sizes.capacity, limit, sizes.bits), length, body)
    return Flaw("stack-widen", _STACK, handler, Extras(), handler.function, send)


def _owned(draw: Draw, room: str) -> tuple[str, Extras]:
    """A heap buffer which the context owns from open to close: its member and the lines for it."""
    kit, member = draw.kit, draw.kit.names.noun()
    extras = Extras(
        members=(kit.fill("$u8 *$member;", member=member),),
        opens=(
            kit.fill(
                "$s->$member = calloc(1, $room);\nif (!$s->$member)\n    $fail",
                member=member,
                room=room,
            ),
        ),
        closes=(kit.fill("free($s->$member);", member=member),),
    )
    return member, extras


def heap_place(draw: Draw) -> Flaw:
    """A piece is put into the context's buffer at an offset; the sum of both is not checked."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    offset, length, step = scope.take("offset"), scope.take("size"), scope.take("counter")
    room = kit.constant(draw.suffix(), sizes.capacity)
    member, extras = _owned(draw, room)
    body = kit.fill(
        """
        if ($length > $avail)
            $fail
        $check
        $copy
        $s->digest = $fold($s->digest, $s->$member, $room);
        """,
        length=length,
        check=_run_check(draw, sizes, room, offset, length),
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step, offset),
        member=member,
        room=room,
    )
    handler, send = _run(draw, sizes, offset, length, body)
    return Flaw("heap-place", _HEAP, handler, extras, handler.function, send)


def heap_declared(draw: Draw) -> Flaw:
    """Room is made for the declared size, and the actual size is copied."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, copy = scope.take("size"), scope.take("counter"), scope.take("pointer")
    declared = scope.take("size")
    most = kit.constant(draw.suffix(), sizes.limit)
    spare = sizes.limit - sizes.capacity
    other = f"(size_t){declared} + {spare}" if draw.tight else most
    body = kit.fill(
        """
        $u8 *$copy;

        if ($declared == 0 || $declared > $most)
            $fail
        $bound
        $copy = malloc($declared);
        if (!$copy)
            $fail
        $fill
        $s->digest = $fold($s->digest, $copy, $length);
        free($copy);
        """,
        declared=declared,
        most=most,
        bound=draw.bound(length, other, kit.habits.avail),
        copy=copy,
        fill=kit.copy(copy, kit.habits.data, length, step),
        length=length,
    )
    fixed = {declared: (sizes.bits, sizes.capacity)}
    handler, send = draw.counted(sizes, length, body, fixed)
    return Flaw("heap-declared", _HEAP, handler, Extras(), handler.function, send)


def heap_area(draw: Draw) -> Flaw:
    """A product of two sides is kept in eight bits when room is made, in full when it is filled."""
    kit, scope = draw.kit, draw.scope
    rows, columns = scope.take("operand"), scope.take("operand")
    area, grid, step = scope.take("size"), scope.take("pointer"), scope.take("counter")
    value, spare = scope.take("value"), draw.stream.between(1, 3)
    side = draw.stream.between(36, 44)
    most = kit.constant(draw.suffix(), 255 + spare if draw.tight else side)
    check = (
        f"(unsigned){rows} * {columns} > {most}"
        if draw.tight
        else (f"{rows} > {most} || {columns} > {most}")
    )
    body = kit.fill(
        """
        $u8 $area = ($u8)($rows * $columns);
        $u8 *$grid;

        if ($rows == 0 || $columns == 0 || $check)
            $fail
        $grid = malloc($area + 1);
        if (!$grid)
            $fail
        for (unsigned $step = 0; $step < (unsigned)$rows * $columns; $step++)
            $grid[$step] = ($u8)($value ^ $step);
        $s->digest = $fold($s->digest, $grid, $area);
        free($grid);
        """,
        area=area,
        rows=rows,
        columns=columns,
        grid=grid,
        check=check,
        step=step,
        value=value,
    )
    function = kit.names.function()
    fields = (Field(rows, 8), Field(columns, 8), Field(value, 8))
    handler = Handler(function, draw.stream.shuffled(fields), body, False)
    sides = {
        "quiet": (5, 7),
        "edge": (15, 17),
        "over": (16, 16)
        if draw.tight
        else (draw.stream.between(18, 32), draw.stream.between(18, 32)),
        "beyond": (20, 20) if draw.tight else (side + 1, 9),
    }
    shade = draw.stream.between(1, 250)

    def send(kind: str) -> Message:
        high, wide = sides[kind]
        return Message(function, {rows: high, columns: wide, value: shade})

    return Flaw("heap-area", _HEAP, handler, Extras(), handler.function, send)


def heap_overread(draw: Draw) -> Flaw:
    """What was sent is copied in full, and summed up to the length that was claimed."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, copy = scope.take("size"), scope.take("counter"), scope.take("pointer")
    spare = sizes.limit - sizes.capacity
    most = kit.constant(draw.suffix(), sizes.limit)
    check = draw.bound(length, f"{kit.habits.avail} + {spare}" if draw.tight else most)
    body = kit.fill(
        """
        $u8 *$copy;

        if ($avail == 0)
            $fail
        $check
        $copy = malloc($avail);
        if (!$copy)
            $fail
        $fill
        $s->digest = $fold($s->digest, $copy, $length);
        free($copy);
        """,
        copy=copy,
        check=check,
        fill=kit.copy(copy, kit.habits.data, kit.habits.avail, step),
        length=length,
    )
    handler, send = draw.counted(sizes, length, body)

    def exact(kind: str) -> Message:
        message = send(kind)
        return Message(message.function, message.values, message.blob[: sizes.capacity])

    return Flaw("heap-overread", _HEAP, handler, Extras(), handler.function, exact)


def heap_terminate(draw: Draw) -> Flaw:
    """A string's final zero lands past the buffer when the string fills it."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step = scope.take("size"), scope.take("counter")
    room = kit.constant(draw.suffix(), sizes.capacity)
    member, extras = _owned(draw, room)
    limit = sizes.capacity if draw.tight else sizes.limit
    most = kit.constant(draw.suffix(), limit)
    body = kit.fill(
        """
        $bound
        $copy
        $s->$member[$length] = 0;
        $s->digest = $fold($s->digest, $s->$member, $length);
        """,
        bound=draw.bound(length, most, kit.habits.avail),
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
        member=member,
        length=length,
    )
    handler, send = draw.counted(Sizes(sizes.capacity - 1, limit, sizes.bits), length, body)
    return Flaw("heap-terminate", _HEAP, handler, extras, handler.function, send)


def global_patch(draw: Draw) -> Flaw:
    """A piece is put into a file-scope table at an offset; the sum of both is not checked."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    offset, length, step = scope.take("offset"), scope.take("size"), scope.take("counter")
    room, table = kit.constant(draw.suffix(), sizes.capacity), kit.names.noun()
    name = f"{table}_table"
    body = kit.fill(
        """
        if ($length > $avail)
            $fail
        $check
        $copy
        $s->digest = $fold($s->digest, $table, sizeof $table);
        """,
        length=length,
        check=_run_check(draw, sizes, room, offset, length),
        copy=kit.copy(name, kit.habits.data, length, step, offset),
        table=name,
    )
    declaration = kit.fill("$u8 $table[$room]", table=name, room=room)
    extras = Extras(
        opens=(f"memset({name}, 0, sizeof {name});",),
        globals=((f"extern {declaration};", f"{declaration};"),),
    )
    handler, send = _run(draw, sizes, offset, length, body)
    return Flaw("global-patch", _GLOBAL, handler, extras, handler.function, send)


def global_lookup(draw: Draw) -> Flaw:
    """The first so many entries of a constant curve are summed, more than it has."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, total = scope.take("size"), scope.take("counter"), scope.take("result")
    name = f"{kit.names.noun()}_curve"
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    values = ", ".join(str(draw.stream.below(65536)) for _ in range(sizes.capacity))
    body = kit.fill(
        """
        $u32 $total = 0;

        $bound
        for (size_t $step = 0; $step < $length; $step++)
            $total = $total * 3 + $curve[$step];
        $s->digest ^= $total;
        """,
        total=total,
        bound=draw.bound(length, most),
        step=step,
        length=length,
        curve=name,
    )
    declaration = kit.fill("const $u16 $curve[$room]", curve=name, room=room)
    extras = Extras(
        globals=((f"extern {declaration};", f"{declaration} = {{\n    {values},\n}};"),)
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("global-lookup", _GLOBAL, handler, extras, handler.function, send)


def global_slots(draw: Draw) -> Flaw:
    """One slot of a file-scope array is set for each byte, for more bytes than slots."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step = scope.take("size"), scope.take("counter")
    tag, member = kit.names.type(), draw.scope.take("value")
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    name = f"{tag}_slots"
    body = kit.fill(
        """
        $bound
        for (size_t $step = 0; $step < $length; $step++) {
            $name[$step].$member = ($u16)($data[$step] + $step);
            $name[$step].used = 1;
        }
        $s->digest += $name[0].$member;
        """,
        bound=draw.bound(length, most, kit.habits.avail),
        step=step,
        length=length,
        name=name,
        member=member,
    )
    declaration = f"struct {tag} {name}[{room}]"
    extras = Extras(
        opens=(f"memset({name}, 0, sizeof {name});",),
        types=(
            kit.fill("struct $tag {\n    $u16 $member;\n    $u8 used;\n};", tag=tag, member=member),
        ),
        globals=((f"extern {declaration};", f"{declaration};"),),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("global-slots", _GLOBAL, handler, extras, handler.function, send)


OVERFLOWS: Mapping[str, tuple[Callable[[Draw], Flaw], ...]] = MappingProxyType(
    {
        "stack-buffer-overflow": (stack_plain, stack_prefix, stack_fill, stack_widen),
        "heap-buffer-overflow": (
            heap_place,
            heap_declared,
            heap_area,
            heap_overread,
            heap_terminate,
        ),
        "global-buffer-overflow": (global_patch, global_lookup, global_slots),
    }
)
"""The flaws of space by AddressSanitizer's name of their class."""
