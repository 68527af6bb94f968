# SPDX-License-Identifier: Apache-2.0
"""Flaws of time: an object used, or freed, after it was freed.

    use after free   stale, ring, session
    double free      local, spare, twins

A length past a limit takes the path on which one owner lets go and another does not hear of it, so
that these are triggered by one number as the overflows are. In ``session``, ``spare`` and ``twins``
the report shows the program's closing function, which is where the second owner acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from proofhouse.bank.memory_flaw.flaw import Draw, Flaw
from proofhouse.bank.memory_flaw.parts import Extras

_USE = ("heap-use-after-free",)
_DOUBLE = ("double-free",)


def use_stale(draw: Draw) -> Flaw:
    """A buffer grows and moves; a pointer into the old one is still written through."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step = scope.take("size"), scope.take("counter")
    head, wider = scope.take("pointer"), scope.take("pointer")
    member, held = kit.names.noun(), kit.names.noun()
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    body = kit.fill(
        """
        $u8 *$head = $s->$member;

        $bound
        if ($length > $s->$held) {
            $u8 *$wider = calloc(1, $length);

            if (!$wider)
                $fail
            memcpy($wider, $s->$member, $s->$held);
            free($s->$member);
            $s->$member = $wider;
            $s->$held = $length;
        }
        $copy
        $head[0] ^= 0x20;
        $s->digest = $fold($s->digest, $s->$member, $length);
        """,
        head=head,
        member=member,
        held=held,
        bound=draw.bound(length, most, kit.habits.avail),
        length=length,
        wider=wider,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
    )
    extras = Extras(
        members=(kit.fill("$u8 *$m;", m=member), f"size_t {held};"),
        opens=(
            kit.fill(
                "$s->$m = calloc(1, $room);\nif (!$s->$m)\n    $fail\n$s->$held = $room;",
                m=member,
                room=room,
                held=held,
            ),
        ),
        closes=(kit.fill("free($s->$m);", m=member),),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("use-stale", _USE, handler, extras, handler.function, send)


def use_ring(draw: Draw) -> Flaw:
    """A ring of nodes drops its oldest when full; the first one is remembered all the same."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, first = scope.take("size"), scope.take("counter"), scope.take("pointer")
    ring, tag, value = scope.take("buffer"), kit.names.type(), scope.take("value")
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    body = kit.fill(
        """
        struct $tag *$ring[$room] = {0};
        struct $tag *$first = NULL;

        $bound
        for (size_t $step = 0; $step < $length; $step++) {
            struct $tag **place = &$ring[$step % $room];

            free(*place);
            *place = malloc(sizeof **place);
            if (!*place)
                break;
            (*place)->$value = $data[$step];
            if (!$first)
                $first = *place;
        }
        if ($first)
            $s->digest += $first->$value;
        for (size_t $step = 0; $step < $room; $step++)
            free($ring[$step]);
        """,
        tag=tag,
        ring=ring,
        room=room,
        first=first,
        bound=draw.bound(length, most, kit.habits.avail),
        step=step,
        length=length,
        value=value,
    )
    types = (kit.fill("struct $tag {\n    $u32 $value;\n};", tag=tag, value=value),)
    handler, send = draw.counted(sizes, length, body)
    return Flaw("use-ring", _USE, handler, Extras(types=types), handler.function, send)


def use_session(draw: Draw) -> Flaw:
    """A too long message ends the session early; closing still reads from it."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, value = scope.take("size"), scope.take("value")
    tag, member = kit.names.type(), kit.names.noun()
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    names = {"tag": tag, "m": member, "value": value, "length": length, "room": room}
    body = kit.fill(
        """
        $bound
        if ($length > $room) {
            free($s->$m);
            $fail
        }
        $s->$m->$value += $fold($s->digest, $data, $length);
        """,
        bound=draw.bound(length, most, kit.habits.avail),
        **names,
    )
    extras = Extras(
        types=(kit.fill("struct $tag {\n    $u32 $value;\n};", **names),),
        members=(kit.fill("struct $tag *$m;", **names),),
        opens=(kit.fill("$s->$m = calloc(1, sizeof *$s->$m);\nif (!$s->$m)\n    $fail", **names),),
        closes=(
            kit.fill(
                "if ($s->$m) {\n    $s->digest ^= $s->$m->$value;\n    free($s->$m);\n}", **names
            ),
        ),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("use-session", _USE, handler, extras, kit.close, send)


def double_local(draw: Draw) -> Flaw:
    """The path for a too long message frees the scratch buffer, and then the common exit does."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step = scope.take("size"), scope.take("counter")
    scratch, status = scope.take("pointer"), scope.take("result")
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    body = kit.fill(
        """
        $u8 *$scratch;
        int $status = 0;

        $bound
        $scratch = calloc(1, $room);
        if (!$scratch)
            $fail
        if ($length > $room) {
            free($scratch);
            $status = -1;
        } else {
            $copy
            $s->digest = $fold($s->digest, $scratch, $length);
        }
        free($scratch);
        if ($status)
            $fail
        """,
        scratch=scratch,
        status=status,
        bound=draw.bound(length, most, kit.habits.avail),
        room=room,
        length=length,
        copy=kit.copy(scratch, kit.habits.data, length, step),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("double-local", _DOUBLE, handler, Extras(), handler.function, send)


def double_spare(draw: Draw) -> Flaw:
    """A buffer that turns out too small is given back at once, and again at the end."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, member = scope.take("size"), scope.take("counter"), kit.names.noun()
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    body = kit.fill(
        """
        $bound
        if ($length > $room) {
            free($s->$m);
            $fail
        }
        $copy
        $s->digest = $fold($s->digest, $s->$m, $length);
        """,
        bound=draw.bound(length, most, kit.habits.avail),
        length=length,
        room=room,
        m=member,
        copy=kit.copy(f"{kit.habits.context}->{member}", kit.habits.data, length, step),
    )
    extras = Extras(
        members=(kit.fill("$u8 *$m;", m=member),),
        opens=(kit.fill("$s->$m = malloc($room);\nif (!$s->$m)\n    $fail", m=member, room=room),),
        closes=(kit.fill("free($s->$m);", m=member),),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("double-spare", _DOUBLE, handler, extras, kit.close, send)


def double_twins(draw: Draw) -> Flaw:
    """For long messages two members share one buffer, and closing frees both."""
    kit, scope, sizes = draw.kit, draw.scope, draw.sizes()
    length, step, fresh = scope.take("size"), scope.take("counter"), scope.take("pointer")
    front, back = kit.names.noun(), kit.names.noun()
    room = kit.constant(draw.suffix(), sizes.capacity)
    most = kit.constant(draw.suffix(), sizes.limit)
    names = {"front": front, "back": back, "length": length, "room": room, "fresh": fresh}
    body = kit.fill(
        """
        $u8 *$fresh;

        $bound
        $fresh = calloc(1, (size_t)$length + 1);
        if (!$fresh)
            $fail
        $copy
        $s->digest = $fold($s->digest, $fresh, $length);
        if ($s->$back != $s->$front)
            free($s->$back);
        free($s->$front);
        $s->$front = $fresh;
        $s->$back = $length > $room ? $fresh : NULL;
        """,
        bound=draw.bound(length, most, kit.habits.avail),
        copy=kit.copy(fresh, kit.habits.data, length, step),
        **names,
    )
    extras = Extras(
        members=(kit.fill("$u8 *$front, *$back;", **names),),
        closes=(kit.fill("free($s->$front);\nfree($s->$back);", **names),),
    )
    handler, send = draw.counted(sizes, length, body)
    return Flaw("double-twins", _DOUBLE, handler, extras, kit.close, send)


LIFETIMES: Mapping[str, tuple[Callable[[Draw], Flaw], ...]] = MappingProxyType(
    {
        "heap-use-after-free": (use_stale, use_ring, use_session),
        "double-free": (double_local, double_spare, double_twins),
    }
)
"""The flaws of time by AddressSanitizer's name of their class."""
