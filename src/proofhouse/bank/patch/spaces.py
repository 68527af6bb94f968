# SPDX-License-Identifier: Apache-2.0
"""Flaws of space: a check that lets a message through whose bytes don't fit.

Up to level 2 one handler checks for itself, against the wrong thing. From level 3 on two or three
handlers share a function that checks for all of them, from level 4 on one of them has room for
what the shared check lets through, so that the check is right for it and wrong for the others.
From level 5 on a refused message frees what is freed again, or read, at the end. At level 6 the
shared function computes in eight bits with a sign, and lets 1 to 3 sizes through instead of many.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.memory_flaw.flaw import Draw
from proofhouse.bank.memory_flaw.parts import Extras, Handler, Kit
from proofhouse.bank.patch.operations import CLASSES, Operation, operation
from proofhouse.bank.patch.site import Names, Site, buffer_site, names_of
from proofhouse.bank.patch.version import Version


@dataclass(frozen=True)
class Shared:
    """The function that handlers share: its name, its bound as C text, names in it."""

    function: str
    bound: str
    names: Names
    source: str
    left: str
    room: str
    end: str


@dataclass(frozen=True)
class Second:
    """The second flaw: ``function`` refuses a message, ``member`` is what it frees."""

    function: str
    member: str
    reads: bool


@dataclass(frozen=True)
class Space:
    """One planted flaw of space; see the module. ``shared`` and ``second`` as the level has."""

    kit: Kit
    context: str
    operation: Operation
    sites: tuple[Site, ...]
    loose: str
    shared: Shared | None
    second: Second | None
    narrow: bool

    @property
    def kind(self) -> str:
        """What kind of flaw it is."""
        return self.operation.kind

    @property
    def culprit(self) -> str:
        """The function that a report of the proof shows."""
        return self.shared.function if self.shared else self.sites[0].function

    @property
    def classes(self) -> tuple[str, ...]:
        """What AddressSanitizer calls it."""
        return (CLASSES[self.sites[0].storage],)

    @property
    def wrong(self) -> tuple[str, ...]:
        """Names of versions that are bad repairs of this program."""
        names = ["delete", "early", "short", "clamp", "swallow"]
        names += ["site"] if self.shared else []
        neighbour = any(site.low > site.high for site in self.sites)
        names += ["lowered"] if neighbour else []
        names += ["first"] if self.second else []
        return (*names, *(["narrow"] if self.narrow else []))

    @property
    def also(self) -> tuple[str, ...]:
        """Names of versions that are right repairs besides the reference."""
        if self.shared is None:
            return ()
        return ("sites",) if "lowered" in self.wrong else ("sites", "lowered")

    def fault(self) -> str:
        """The line of C that the report of the proof points to."""
        site = self.sites[0]
        lines = self.operation.action(self.kit, self._names(site)).splitlines()
        if self.operation.kind == "terminate":
            return lines[-1].strip()
        if self.operation.kind in ("widen", "fill", "lookup"):
            return lines[1].strip()
        return next(line.strip() for line in lines if self.kit.habits.data in line)

    def handlers(self, version: Version) -> tuple[Handler, ...]:
        """The sites' handlers."""
        return tuple(
            Handler(site.function, site.fields, self._body(site, version), site.blob)
            for site in self.sites
        )

    def extras(self, version: Version) -> tuple[Extras, ...]:
        """What surrounds them, the shared function among it."""
        found = [site.extras for site in self.sites]
        if self.shared:
            found.append(self._shared(self.shared, version))
        if self.second:
            found.append(self._second(self.second, version))
        return tuple(found)

    # ---- one handler ---------------------------------------------------------------------------

    def _names(self, site: Site) -> dict[str, str]:
        names = site.names
        return {
            "to": site.place,
            "count": names.count,
            "at": names.at,
            "value": names.value,
            "step": names.step,
            "total": names.total,
            "from": self.kit.habits.data,
        }

    def _body(self, site: Site, version: Version) -> str:
        first = site is self.sites[0]
        parts = [version.disabled if first else ""]
        parts.append(self._declared(site))
        if self.shared is None:
            parts += [self._checks(site, version), self._made(site)]
            parts.append(self.operation.action(self.kit, self._names(site)))
        else:
            if version.bound == "sites" or (version.bound == "site" and first):
                need = self.operation.need(site.names.count, site.names.at)
                parts.append(f"if ({need} > {site.room})\n    {self._refuse(version)}")
            parts += [self._made(site), self._call(site, version)]
        parts.append(self._folded(site))
        return self.kit.fill("\n".join(part for part in parts if part))

    def _declared(self, site: Site) -> str:
        if site.storage == "table":
            return f"$u32 {site.names.total} = 0;\n"
        if site.storage == "stack":
            clear = f"\nmemset({site.place}, 0, sizeof {site.place});" if site.offset else ""
            return f"$u8 {site.place}[{site.room}];\n{clear}"
        return f"$u8 *{site.place};\n" if site.storage == "local" else ""

    def _made(self, site: Site) -> str:
        if site.storage != "local":
            return ""
        return f"{site.place} = calloc(1, {site.room});\nif (!{site.place})\n    $fail"

    def _folded(self, site: Site) -> str:
        if site.storage == "table":
            return f"$s->digest ^= {site.names.total};"
        size = self.operation.digested(site.names.count, site.room)
        fold = f"$s->digest = $fold($s->digest, {site.place}, {size});"
        return f"{fold}\nfree({site.place});" if site.storage == "local" else fold

    def _refuse(self, version: Version) -> str:
        if version.reject == "swallow":
            return "return 0;"
        return f"return {self.second.function}($s);" if self.second else "$fail"

    def _checks(self, site: Site, version: Version) -> str:
        """The check that a handler makes for itself."""
        count, avail = site.names.count, self.kit.habits.avail
        test = self._test(site, version)
        short = f"if ({count} > {avail})\n    $fail" if site.blob else ""
        if version.bound == "flawed":
            both = f"{test} || {count} > {avail}" if site.blob else test
            return f"if ({both})\n    $fail"
        if version.reject == "clamp":
            cut = f"while (({test}) && {count} > 0)\n    {count}--;"
            return f"{cut}\n{short}" if short else cut
        checks = f"if ({test})\n    {self._refuse(version)}"
        return f"{checks}\n{short}" if short else checks

    def _test(self, site: Site, version: Version) -> str:
        count, at, room = site.names.count, site.names.at, site.room
        if version.bound == "flawed":
            if site.offset:
                return f"{at} >= {room} || {count} > {room}"
            plain = self.operation.kind in ("plain", "lookup")
            return f"{count} > {self.loose if plain else room}"
        edge = f"{room} - 1" if version.bound == "short" else room
        tight = f"{self.operation.need(count, at)} > {edge}"
        return f"{at} >= {room} || {tight}" if site.offset else tight

    def _call(self, site: Site, version: Version) -> str:
        assert self.shared is not None
        names, arguments = site.names, [site.place]
        arguments += [site.room] if _told(version) else []
        arguments += [names.at] if site.offset else []
        arguments += [self.kit.habits.data, self.kit.habits.avail] if site.blob else []
        arguments += [names.count]
        arguments += [names.value] if self.operation.kind == "fill" else []
        arguments += [f"&{names.total}"] if self.operation.kind == "lookup" else []
        call = f"{self.shared.function}({', '.join(arguments)})"
        refuse = self._refuse(version)
        if site.storage != "local":
            return f"if ({call})\n    {refuse}"
        return f"if ({call}) {{\n    free({site.place});\n    {refuse}\n}}"

    # ---- what handlers share -------------------------------------------------------------------

    def _shared(self, shared: Shared, version: Version) -> Extras:
        names, kind = shared.names, self.operation.kind
        parameters = ["const $u16 *$to" if kind == "lookup" else "$u8 *$to"]
        parameters += ["size_t $room"] if _told(version) else []
        parameters += ["size_t $at"] if self.operation.offset else []
        parameters += ["const $u8 *$from", "size_t $left"] if self.operation.blob else []
        parameters += ["size_t $count"]
        parameters += ["unsigned $value"] if kind == "fill" else []
        parameters += ["$u32 *$total"] if kind == "lookup" else []
        known = {
            "to": names.to,
            "count": names.count,
            "at": names.at,
            "value": names.value,
            "step": names.step,
            "total": names.total,
            "from": shared.source,
            "left": shared.left,
            "room": shared.room,
        }
        plain = self.kit.fill(", ".join(parameters), **known)
        action = self.operation.action(
            self.kit, known | ({"total": f"*{names.total}"} if kind == "lookup" else {})
        )
        text = self.kit.fill(
            "int $name($parameters)\n{\n    $checks\n    $action\n    return 0;\n}",
            name=shared.function,
            parameters=plain,
            checks=self._shared_checks(shared, version),
            action=action,
        )
        return Extras(globals=((f"int {shared.function}({plain});", text),))

    def _shared_checks(self, shared: Shared, version: Version) -> str:
        names = shared.names
        need = self.operation.need(names.count, names.at)
        bound = {
            "right": shared.room,
            "short": f"{shared.room} - 1",
            "lowered": self.sites[0].room,
        }.get(version.bound, shared.bound)
        short = f"if ({names.count} > {shared.left})\n    return -1;" if self.operation.blob else ""
        if version.reject == "clamp":
            cut = f"while ({need} > {bound} && {names.count} > 0)\n    {names.count}--;"
            return f"{cut}\n{short}" if short else cut
        front, test = "", f"{need} > {bound}"
        if self.narrow and version.narrow:
            front = f"signed char {shared.end} = (signed char)({need});\n\n"
            limit = f"(int){bound}" if _told(version) else bound
            test = f"{shared.end} > {limit}"
        over = f"if ({test})\n    return -1;"
        return f"{front}{over}\n{short}" if short else f"{front}{over}"

    def _second(self, second: Second, version: Version) -> Extras:
        names = {"m": second.member, "name": second.function, "context": self.context}
        head = self.kit.fill("int $name(struct $context *$s)", **names)
        clear = "" if version.second else self.kit.fill("$s->$m = NULL;", **names)
        definition = self.kit.fill(
            "$head\n{\n    free($s->$m);\n    $clear\n    $fail\n}", head=head, clear=clear, **names
        )
        reads = self.kit.fill(
            "if ($s->$m) {\n    $s->digest ^= $s->$m[0];\n    free($s->$m);\n}", **names
        )
        return Extras(
            members=(self.kit.fill("$u8 *$m;", **names),),
            opens=(self.kit.fill("$s->$m = calloc(1, 16);\nif (!$s->$m)\n    $fail", **names),),
            closes=(reads if second.reads else self.kit.fill("free($s->$m);", **names),),
            globals=((f"{head};", definition),),
        )


def _told(version: Version) -> bool:
    """Whether the shared function is told the room there is."""
    return version.bound in ("right", "short")


def draw_space(kit: Kit, draws: tuple[Draw, ...], level: int, kind: str, context: str) -> Space:
    """Draw a flaw of ``kind``; ``draws`` are one for all and one for each site there may be."""
    own, stream = draws[0], draws[0].stream
    how = operation(kit, stream.fork("operation"), kind)
    loose, shared, second = "", None, None
    if level < 3:
        valid = stream.between(24, 40)
        wide = stream.between(24, 64)
        high = {"prefix": valid + len(how.prefix), "widen": 2 * valid, "terminate": valid + 1}.get(
            kind, valid + wide
        )
        if kind in ("plain", "lookup"):
            loose = kit.constant(own.suffix(), high)
        sites = [buffer_site(draws[1], how, valid, high)]
        return Space(kit, context, how, tuple(sites), loose, None, None, False)
    most = stream.between(44, 52)
    bound = kit.constant(own.suffix(), how.room(most))
    gaps = stream.fork("gaps").sample((1, 2, 3) if level >= 6 else tuple(range(8, 24)), 3)
    count = stream.fork("sites").between(2, 3)
    first = buffer_site(draws[1], how, most - gaps[0], most)
    sites = [first]
    for at in range(1, count):
        if level == 3:
            sites.append(buffer_site(draws[1 + at], how, first.valid, most, first.room))
        else:
            sites.append(buffer_site(draws[1 + at], how, most - gaps[at], most))
    if level >= 4:
        sites.append(buffer_site(draws[-1], how, most, most, bound))
    source, left, room, end = (own.scope.take(r) for r in ("pointer", "size", "size", "result"))
    shared = Shared(kit.names.function(), bound, names_of(own), source, left, room, end)
    if level >= 5:
        second = Second(kit.names.function(), kit.names.noun(), stream.fork("second").chance(1, 2))
    return Space(kit, context, how, tuple(sites), loose, shared, second, level >= 6)
