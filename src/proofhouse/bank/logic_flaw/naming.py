# SPDX-License-Identifier: Apache-2.0
"""Flaws in what things are called: two names for one thing, and a check that knows only one.

    path-order    the prefix of a path is checked before its ".." are taken away
    letter-case   a name is barred as it is spelt and looked up without regard to case
    escape        a name is barred before its %xx escapes are decoded
    alias         a name is barred, and another name for the same thing is not
    wildcard      a pattern is barred if it is the name, not if it matches it
    unlisted      every command that takes a name asks who may, but for one

Each function gives the flawed module or, with ``draw.flawed`` false, the same done right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proofhouse.bank.logic_flaw.service import TEXT, Call, Draw, Module, shelf, show
from proofhouse.bank.memory_flaw.parts import Extras

_SQUASH = """
    static int $squash(const char *path, char *out, size_t room)
    {
        size_t used = 0;

        while (*path) {
            size_t part = strcspn(path, "/");

            if (part == 2 && memcmp(path, "..", 2) == 0) {
                while (used > 0 && out[--used] != '/')
                    continue;
            } else if (part > 0 && !(part == 1 && *path == '.')) {
                if (used + part + 2 > room)
                    return -1;
                if (used > 0)
                    out[used++] = '/';
                memcpy(out + used, path, part);
                used += part;
            }
            path += part;
            path += strspn(path, "/");
        }
        out[used] = 0;
        return 0;
    }
"""


def path_order(draw: Draw) -> Module:
    """The prefix of a path is checked before the path is made plain."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    public, own = words.take(), words.take()
    kept = shelf(draw, [f"{public}/{words.take()}" for _ in range(3)], f"{own}/{words.take()}")
    path, plain, at = scope.take("pointer"), scope.take("buffer"), scope.take("offset")
    squash = kit.names.function()
    test = draw.refuse(f'strncmp({draw.fault(path, plain)}, "{public}/", {len(public) + 1}) != 0')
    make = draw.refuse(f"{squash}({path}, {plain}, sizeof {plain})")
    body = draw.fill(
        """
        char $plain[$room];
        int $at;

        $first
        $second
        $at = $find($plain);
        if ($at < 0)
            $fail
        $show
        """,
        plain=plain,
        room=draw.constant(draw.stream.between(48, 120)),
        at=at,
        first=draw.fault(test, make),
        second=draw.fault(make, test),
        find=kept.find,
        show=show(draw, kept, at),
    )
    statics = f"{kept.source}\n\n{draw.fill(_SQUASH, squash=squash)}"
    command = draw.command({path: TEXT}, body, statics)
    name = command.function
    leaf = kept.public(1).split("/")[1]
    calls = [
        Call(name, {path: text})
        for text in (
            f"{public}/../{kept.private}",
            f"{public}/../{public}/{leaf}",
            f"{public}/{leaf}/../{kept.public().split('/')[1]}",
            kept.private,
        )
    ]
    return Module(
        "path-order", (command,), Extras(), name, (calls[0],), (calls[1], calls[3]), (calls[2],)
    )


def letter_case(draw: Draw) -> Module:
    """A name is barred in one spelling and looked up in any."""
    words, scope = draw.words, draw.scope
    kept = shelf(
        draw,
        [words.take() for _ in range(3)],
        words.take(),
        "strcasecmp({name}, {row}) == 0",
    )
    name, at = scope.take("pointer"), scope.take("offset")
    compare = draw.fault("strcmp", "strcasecmp")
    body = draw.fill(
        """
        int $at;

        $bar
        $at = $find($name);
        if ($at < 0)
            $fail
        $show
        """,
        at=at,
        bar=draw.refuse(f'{compare}({name}, "{kept.private}") == 0'),
        find=kept.find,
        name=name,
        show=show(draw, kept, at),
    )
    command = draw.command({name: TEXT}, body, kept.source)
    attack, near, valid = (
        Call(command.function, {name: text})
        for text in (kept.private.capitalize(), kept.private, kept.public().upper())
    )
    return Module(
        "letter-case", (command,), Extras(), command.function, (attack,), (near,), (valid,)
    )


_DECODE = """
    static int $decode(const char *from, char *out, size_t room)
    {
        size_t used = 0;

        for (; *from; from++) {
            char pair[3] = {0}, *end = pair;
            long code = *from;

            if (*from == '%') {
                if (!from[1] || !from[2])
                    return -1;
                memcpy(pair, from + 1, 2);
                code = strtol(pair, &end, 16);
                if (end != pair + 2 || code < 0x20 || code > 0x7e)
                    return -1;
                from += 2;
            }
            if (used + 1 >= room)
                return -1;
            out[used++] = (char)code;
        }
        out[used] = 0;
        return 0;
    }
"""


def escape(draw: Draw) -> Module:
    """A name is barred as it came, and decoded only then."""
    words, scope = draw.words, draw.scope
    kept = shelf(draw, [words.take() for _ in range(3)], words.take())
    name, plain, at = scope.take("pointer"), scope.take("buffer"), scope.take("offset")
    decode = draw.kit.names.function()
    subject = draw.fault(name, plain)
    barred = draw.stream.choice(("strcmp({}, {}) == 0", "strstr({}, {}) != NULL"))
    bar = draw.refuse(barred.format(subject, f'"{kept.private}"'))
    make = draw.refuse(f"{decode}({name}, {plain}, sizeof {plain})")
    body = draw.fill(
        """
        char $plain[$room];
        int $at;

        $first
        $second
        $at = $find($plain);
        if ($at < 0)
            $fail
        $show
        """,
        plain=plain,
        room=draw.constant(draw.stream.between(24, 60)),
        at=at,
        first=draw.fault(bar, make),
        second=draw.fault(make, bar),
        find=kept.find,
        show=show(draw, kept, at),
    )
    command = draw.command(
        {name: TEXT}, body, f"{kept.source}\n\n{draw.fill(_DECODE, decode=decode)}"
    )

    def escaped(text: str) -> str:
        return f"%{ord(text[0]):02x}{text[1:]}"

    attack, near, bare, valid = (
        Call(command.function, {name: text})
        for text in (
            escaped(kept.private),
            escaped(kept.public(2)),
            kept.private,
            escaped(kept.public()),
        )
    )
    return Module(
        "escape", (command,), Extras(), command.function, (attack,), (near, bare), (valid,)
    )


def alias(draw: Draw) -> Module:
    """A second name may be given to anything; what is barred is barred by its first."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    kept = shelf(draw, [words.take() for _ in range(3)], words.take())
    fresh, target, at = scope.take("pointer"), scope.take("pointer"), scope.take("offset")
    name, real = scope.take("pointer"), scope.take("value")
    other, where = kit.names.noun(), kit.names.noun()
    place = draw.constant(kept.place)
    room = draw.stream.between(12, 24)
    bind = draw.fill(
        """
        int $at = $find($target);

        if ($at < 0 || strlen($fresh) >= sizeof $s->$other)
            $fail
        strcpy($s->$other, $fresh);
        $s->$where = $at;
        $reply
        """,
        at=at,
        find=kept.find,
        target=target,
        fresh=fresh,
        other=other,
        where=where,
        reply=draw.reply("%s", fresh),
    )
    barred = draw.fault(f'strcmp({name}, "{kept.private}") == 0', f"{real} == {place}")
    read = draw.fill(
        """
        int $real;

        $early
        if ($s->$other[0] && strcmp($name, $s->$other) == 0)
            $real = $s->$where;
        else
            $real = $find($name);
        $late
        if ($real < 0)
            $fail
        $show
        """,
        real=real,
        early=draw.fault(draw.refuse(barred), ""),
        other=other,
        name=name,
        where=where,
        find=kept.find,
        late=draw.fault("", draw.refuse(barred)),
        show=show(draw, kept, real),
    )
    binds = draw.command({fresh: TEXT, target: TEXT}, bind)
    reads = draw.command({name: TEXT}, read)
    extras = Extras(
        members=(f"char {other}[{room}];", f"int {where};"),
    )
    first = words.take()

    def pair(of: str, asked: str) -> tuple[Call, Call]:
        return (
            Call(binds.function, {fresh: first, target: of}),
            Call(reads.function, {name: asked}),
        )

    return Module(
        "alias",
        (binds, reads),
        extras,
        reads.function,
        pair(kept.private, first),
        pair(kept.private, kept.private),
        pair(kept.public(), first),
        kept.source,
    )


_MATCH = """
    static int $match(const char *pattern, const char *name)
    {
        if (*pattern == '$star')
            return $match(pattern + 1, name) || (*name && $match(pattern, name + 1));
        if (!*pattern || !*name)
            return *pattern == *name;
        return *pattern == *name && $match(pattern + 1, name + 1);
    }
"""


def wildcard(draw: Draw) -> Module:
    """The pattern is compared with the barred name; what it matches is not."""
    words, scope = draw.words, draw.scope
    star = draw.stream.choice("**%@")
    match = draw.kit.names.function()
    kept = shelf(draw, [words.take() for _ in range(4)], words.take())
    name, at, limit = scope.take("pointer"), scope.take("counter"), draw.stream.between(12, 20)
    count = f"(int)(sizeof {kept.table} / sizeof {kept.table}[0])"
    place = draw.constant(kept.place)
    bar = draw.refuse(f'strcmp({name}, "{kept.private}") == 0', f"strlen({name}) > {limit}")
    body = draw.fill(
        """
        $bar
        for (int $at = 0; $at < $count; $at++) {
            if (!$match($name, $table[$at])$only)
                continue;
            if ($at == $place)
                $award
            else
                $reply
        }
        """,
        bar=bar,
        at=at,
        count=count,
        match=match,
        name=name,
        table=kept.table,
        only=draw.fault("", f" || {at} == {place}"),
        place=place,
        reply=draw.reply("%s", f"{kept.table}[{at}]"),
    )
    table = kept.source.split("\n\n")[0]
    command = draw.command(
        {name: TEXT}, body, f"{table}\n\n{draw.fill(_MATCH, match=match, star=star)}"
    )
    private = kept.private
    spare = next(c for c in "qzxvkjwyu" if c != private[0])
    attack, near, bare, valid = (
        Call(command.function, {name: text})
        for text in (private[:2] + star, spare + private[1:2] + star, private, kept.public())
    )
    return Module(
        "wildcard", (command,), Extras(), command.function, (attack,), (near, bare), (valid,)
    )


def unlisted(draw: Draw) -> Module:
    """Reading asks whose it is; copying does not, and the copy is anybody's."""
    words, scope, kit = draw.words, draw.scope, draw.kit
    kept = shelf(draw, [words.take() for _ in range(3)], words.take())
    source, at = scope.take("pointer"), scope.take("offset")
    name, real = scope.take("pointer"), scope.take("value")
    copied, mine = kit.names.noun(), words.take()
    place = draw.constant(kept.place)
    copy = draw.fill(
        """
        int $at = $find($source);

        if ($at < 0)
            $fail
        $check
        $s->$copied = $at + 1;
        $reply
        """,
        at=at,
        find=kept.find,
        source=source,
        check=draw.fault("", draw.refuse(f"{at} == {place}")),
        copied=copied,
        reply=draw.reply("%s", source),
    )
    read = draw.fill(
        """
        int $real = $find($name);

        if ($real == $place)
            $fail
        if (strcmp($name, "$mine") == 0)
            $real = $s->$copied - 1;
        if ($real < 0)
            $fail
        $show
        """,
        real=real,
        find=kept.find,
        name=name,
        place=place,
        mine=mine,
        copied=copied,
        show=show(draw, kept, real),
    )
    copies = draw.command({source: TEXT}, copy)
    reads = draw.command({name: TEXT}, read)
    extras = Extras(members=(f"int {copied};",))

    def pair(of: str, asked: str) -> tuple[Call, Call]:
        return (Call(copies.function, {source: of}), Call(reads.function, {name: asked}))

    return Module(
        "unlisted",
        (copies, reads),
        extras,
        reads.function,
        pair(kept.private, mine),
        pair(kept.private, kept.private),
        pair(kept.public(), mine),
        kept.source,
    )


NAMING: Sequence[Callable[[Draw], Module]] = (
    path_order,
    letter_case,
    escape,
    alias,
    wildcard,
    unlisted,
)
"""The flaws of this module."""
