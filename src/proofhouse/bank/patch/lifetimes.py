# SPDX-License-Identifier: Apache-2.0
"""Flaws of time, up to level 3: an object used, or freed, after it was freed.

    stale    a buffer grows and moves; what was written first is written where it was
    early    a message that is too long frees the buffer which closing frees again
    twins    for long messages two members share one buffer, and closing frees both

At level 3 two or three handlers share the flawed function. In ``stale`` and ``twins`` a message
that shows the flaw is valid: the program makes room for it. Refusing it is no repair.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.memory_flaw.flaw import Draw
from proofhouse.bank.memory_flaw.parts import Extras, Field, Handler, Kit
from proofhouse.bank.patch.site import Names, Site, names_of, owned
from proofhouse.bank.patch.version import Version

KINDS = ("stale", "early", "twins")
"""Every kind."""


@dataclass(frozen=True)
class Lifetime:
    """One planted flaw of time; ``function`` is shared by all handlers, ``most`` their bound."""

    kit: Kit
    kind: str
    sites: tuple[Site, ...]
    most: str
    function: str
    names: Names
    source: str
    other: str

    @property
    def culprit(self) -> str:
        """The function that a report of the proof shows."""
        return self.function if self.kind == "stale" else self.kit.close

    @property
    def classes(self) -> tuple[str, ...]:
        """What AddressSanitizer calls it."""
        return ("heap-use-after-free",) if self.kind == "stale" else ("double-free",)

    @property
    def wrong(self) -> tuple[str, ...]:
        """Names of versions that are bad repairs of this program."""
        site = ("site",) if len(self.sites) > 1 or self.kind != "early" else ()
        return ("delete", "early", "short", "clamp", "swallow", *site)

    @property
    def also(self) -> tuple[str, ...]:
        """Names of versions that are right repairs besides the reference."""
        return ("sites",) if self.kind == "early" else ()

    def fault(self) -> str:
        """The line of C that the report of the proof points to."""
        site = self.sites[0]
        if self.kind == "stale":
            return f"{self.other}[0] ^= 0x20;"
        return f"free({self.kit.habits.context}->{site.beside or site.place});"

    def handlers(self, version: Version) -> tuple[Handler, ...]:
        """The sites' handlers."""
        return tuple(
            Handler(site.function, site.fields, self._body(site, version), True)
            for site in self.sites
        )

    def extras(self, version: Version) -> tuple[Extras, ...]:
        """What surrounds them, the shared function among it."""
        text = {"stale": self._stale, "early": self._early, "twins": self._twins}[self.kind]
        head, body = text(version)
        definition = self.kit.fill("$head\n{\n    $body\n}", head=head, body=body)
        found = [site.extras for site in self.sites]
        return (*found, Extras(globals=((f"{head};", definition),)))

    def _body(self, site: Site, version: Version) -> str:
        first = site is self.sites[0]
        arguments = {
            "stale": f"&$s->{site.place}, &$s->{site.beside}",
            "early": f"$s->{site.place}, {site.room}",
            "twins": f"&$s->{site.place}, &$s->{site.beside}, {site.room}",
        }[self.kind]
        parts = [version.disabled if first else ""]
        if version.bound == "sites" or (version.bound == "site" and first):
            parts.append(f"if ($count > {site.room})\n    $fail")
        parts.append("if ($count > $most || $count > $avail)\n    $fail")
        parts.append(f"if ($name({arguments}, $data, $count))\n    $fail")
        parts.append(f"$s->digest = $fold($s->digest, $s->{site.place}, $count);")
        return self.kit.fill(
            "\n".join(part for part in parts if part),
            count=site.names.count,
            most=self.most,
            name=self.function,
        )

    def _fill(self, template: str) -> str:
        names = self.names
        return self.kit.fill(
            template,
            **{
                "name": self.function,
                "slot": names.to,
                "count": names.count,
                "room": names.at,
                "beside": names.value,
                "from": self.source,
                "head": self.other,
                "wider": names.total,
            },
        )

    def _hasty(self, version: Version, room: str) -> str:
        """What a repair puts in front that gets the rule wrong."""
        if version.bound == "short" and self.kind == "early":
            return self._fill(f"if ($count > {room} - 1)\n    return -1;")
        if version.bound == "short":
            return self._fill(f"if ($count > {room})\n    return -1;")
        if version.reject == "clamp":
            return self._fill(f"if ($count > {room})\n    $count = {room};")
        if version.reject == "swallow":
            return self._fill(f"if ($count > {room})\n    return 0;")
        return ""

    def _copied(self, to: str) -> str:
        return self.kit.copy(to, self.source, self.names.count, self.names.step)

    def _stale(self, version: Version) -> tuple[str, str]:
        fixed = version.bound in ("right", "short")
        head = self._fill(
            "int $name($u8 **$slot, size_t *$beside, const $u8 *$from, size_t $count)"
        )
        hasty = self._hasty(version, "*$beside")
        body = self._fill(
            """
            $u8 *$head = *$slot;

            @hasty
            if ($count > *$beside) {
                $u8 *$wider = calloc(1, $count);

                if (!$wider)
                    return -1;
                memcpy($wider, *$slot, *$beside);
                free(*$slot);
                *$slot = $wider;
                *$beside = $count;
            }
            @renew
            @copy
            $head[0] ^= 0x20;
            return 0;
            """
        )
        renew = self._fill("$head = *$slot;") if fixed else ""
        return head, _put(body, hasty=hasty, renew=renew, copy=self._copied(f"(*{self.names.to})"))

    def _early(self, version: Version) -> tuple[str, str]:
        fixed = version.bound in ("right", "short")
        head = self._fill("int $name($u8 *$slot, size_t $room, const $u8 *$from, size_t $count)")
        drop = self._fill("if ($count > $room)\n    return -1;")
        free = self._fill("if ($count > $room) {\n    free($slot);\n    return -1;\n}")
        body = "@hasty\n@check\n@copy\nreturn 0;"
        return head, _put(
            body,
            hasty=self._hasty(version, "$room"),
            check=drop if fixed else free,
            copy=self._copied(self.names.to),
        )

    def _twins(self, version: Version) -> tuple[str, str]:
        fixed = version.bound in ("right", "short")
        head = self._fill(
            "int $name($u8 **$slot, $u8 **$beside, size_t $room, const $u8 *$from, size_t $count)"
        )
        body = self._fill(
            """
            $u8 *$wider;

            @hasty
            $wider = calloc(1, $count + 1);
            if (!$wider)
                return -1;
            @copy
            if (*$beside != *$slot)
                free(*$beside);
            free(*$slot);
            *$slot = $wider;
            @twin
            return 0;
            """
        )
        twin = "*$beside = NULL;" if fixed else "*$beside = $count > $room ? $wider : NULL;"
        return head, _put(
            body,
            hasty=self._hasty(version, "$room"),
            copy=self._copied(self.names.total),
            twin=self._fill(twin),
        )


def _put(body: str, **parts: str) -> str:
    """``body`` with each line ``@name`` replaced by the lines of that part, or by none."""
    lines: list[str] = []
    for line in body.splitlines():
        word = line.strip()
        if word.startswith("@"):
            margin = line[: len(line) - len(word)]
            lines += [margin + part if part else "" for part in parts[word[1:]].splitlines()]
        else:
            lines.append(line)
    return "\n".join(lines)


def draw_lifetime(kit: Kit, draws: tuple[Draw, ...], level: int, kind: str) -> Lifetime:
    """Draw a flaw of ``kind``; ``draws`` as for a flaw of space."""
    own, stream = draws[0], draws[0].stream
    most = stream.between(80, 100)
    bound = kit.constant(own.suffix(), most)
    count = stream.fork("sites").between(2, 3) if level >= 3 else 1
    sites = tuple(_site(draw, kind, most) for draw in draws[1 : 1 + count])
    names = names_of(own)
    source, other = own.scope.take("pointer"), own.scope.take("pointer")
    return Lifetime(kit, kind, sites, bound, kit.names.function(), names, source, other)


def _site(draw: Draw, kind: str, most: int) -> Site:
    kit, stream, names = draw.kit, draw.stream, names_of(draw)
    size = stream.between(24, 40)
    room = kit.constant(draw.suffix(), size)
    member = kit.names.noun()
    beside = kit.names.noun() if kind != "early" else ""
    if kind == "twins":
        pair = {"a": member, "b": beside}
        extras = Extras(
            members=(kit.fill("$u8 *$a, *$b;", **pair),),
            closes=(kit.fill("free($s->$a);\nfree($s->$b);", **pair),),
        )
    else:
        extras = owned(draw, member, room)
    if kind == "stale":
        held = kit.fill("$s->$b = $room;", b=beside, room=room)
        extras = extras + Extras(members=(f"size_t {beside};",), opens=(held,))
    field = Field(names.count, stream.choice((8, 16)))
    valid = size if kind == "early" else most
    return Site(
        kit.names.function(),
        "owned",
        names,
        (field,),
        member,
        room,
        size,
        valid,
        size + 1,
        most,
        extras,
        False,
        True,
        beside,
    )
