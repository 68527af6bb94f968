# SPDX-License-Identifier: Apache-2.0
"""Candidate repairs of C text: edits of lines, from templates over what the sources say.

    limits       a bound that the report tells, in a check that the function has already
    constants    the function's constants and numbers as bounds, for what it checks
    lifetimes    a pointer fetched anew, one arm of a choice, a free taken out, NULL after a free
    extents      the room that an access needs against the room there is: in the function's own
                 checks, or at each call of it where the room is the caller's
    clearings    NULL after a free of a member

A bound goes in front of a condition that refuses already, so that what it refuses is refused as the
program does:

    if (lead >= ROOM || quota > ROOM)   →   if ((size_t)lead + quota > ROOM || (lead >= ROOM || …))

Candidates are tried in their order; whether one is right is for tests to say.

Limits: one statement a line, functions that begin and end in the first column, checks of one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

_HEAD = re.compile(r"^[A-Za-z_][\w\s*]*?\b(\w+)\((.*)\)$")
_IF = re.compile(r"^(\s*)if \((.*)\)( \{)?$")
_NAME = re.compile(r"(?<![\w.>&])([a-z_]\w*)\b(?!\s*\()")
_CONSTANT = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
_NUMBER = re.compile(r"(?<![\w.])\d+\b")
_MEMORY = re.compile(r"\b(?:memcpy|memmove|memset)\((.*)\);")
_LOOP = re.compile(r"\b(?:for \((?:size_t )?(\w+) = 0; \1|while \((\w+)) < ([\w>.-]+)[;)]")
_INDEXED = re.compile(r"((?:\w+(?:->|\.))*\w+)\[([^\[\]]+)\]")
_CHOICE = re.compile(r"^(\s*\S.*? = ).+ \? (.+) : (.+);$")
_FREE = re.compile(r"^(\s*)free\((.+)\);$")
_ALIAS = re.compile(r"^\s*[\w ]+\*\s?(\w+) = (\*?\w+(?:->\w+)?);$")
_KEYWORDS = frozenset(("sizeof", "size_t", "return", "if", "int", "unsigned", "signed", "char"))


@dataclass(frozen=True)
class Edit:
    """A line of a file (from 0) and the lines that take its place."""

    path: str
    line: int
    lines: tuple[str, ...]


Candidate = tuple[Edit, ...]


@dataclass(frozen=True)
class Function:
    """A function's file, name, parameters and lines: ``first`` is its head, ``last`` its brace."""

    path: str
    name: str
    parameters: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Access:
    """A place in a function that is written or read up to ``need`` elements of ``base``."""

    line: int
    base: str
    need: str


class Sources:
    """The C files of a program by path, as lines, and the functions they define."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self.files: dict[str, list[str]] = {path: text.splitlines() for path, text in texts}
        self.functions: tuple[Function, ...] = tuple(self._functions())

    def _functions(self) -> Iterator[Function]:
        for path, lines in self.files.items():
            for at, line in enumerate(lines[:-1]):
                head = _HEAD.match(line)
                if head is None or lines[at + 1] != "{":
                    continue
                last = next((i for i in range(at, len(lines)) if lines[i] == "}"), len(lines) - 1)
                names = (re.findall(r"\w+", part) for part in head[2].split(","))
                yield Function(path, head[1], tuple(n[-1] if n else "" for n in names), at, last)

    def body(self, function: Function) -> list[tuple[int, str]]:
        """The function's lines between its braces, with their numbers."""
        lines = self.files[function.path]
        return [(i, lines[i]) for i in range(function.first + 2, function.last)]

    def checks(self, function: Function) -> list[tuple[int, str]]:
        """Lines and conditions of the function's checks that refuse: a return follows."""
        lines = self.files[function.path]
        found = []
        for at, line in self.body(function):
            condition = _IF.match(line)
            if condition is None:
                continue
            block = lines[at + 1 : at + 8] if condition[3] else lines[at + 1 : at + 2]
            inside = [text for text in _until_brace(block) if text.strip().startswith("return")]
            if inside:
                found.append((at, condition[2]))
        return found

    def guarded(self, function: Function, line: int, bound: str) -> Edit:
        """``bound`` in front of the condition in a line."""
        found = _IF.match(self.files[function.path][line])
        assert found is not None
        made = f"{found[1]}if ({bound} || ({found[2]})){found[3] or ''}"
        return Edit(function.path, line, (made,))

    def size(self, name: str, function: Function) -> str | None:
        """The declared or allocated size of a place, as it stands in the sources."""
        last = re.split(r"->|\.", name)[-1]
        if not re.fullmatch(r"\w+", last):
            return None
        declared = re.compile(rf"^\s*(?!return)(?:\w+[\s*]+)+{last}\[(\w+)\](?:;| = )")
        made = re.compile(rf"(?:->|\b){last} = (?:calloc\(1, |malloc\()(\w+)\);")
        own = [line for _, line in self.body(function)]
        rest = [line for lines in self.files.values() for line in lines]
        for line in (*own, *rest):
            found = declared.search(line) or made.search(line)
            if found:
                return found[1]
        return None


def _until_brace(lines: Sequence[str]) -> list[str]:
    end = next((i for i, line in enumerate(lines) if line.strip() == "}"), len(lines))
    return list(lines[:end])


def _variables(condition: str) -> list[str]:
    return [v for v in dict.fromkeys(_NAME.findall(condition)) if v not in _KEYWORDS]


def limits(sources: Sources, functions: Sequence[Function], report: str) -> Iterator[Candidate]:
    """The number that a report tells as the last that fits ("up to 28"), the last check first."""
    told = re.search(r"up to (\d+)", report)
    if told is None:
        return
    together = "together" in report
    for function in functions:
        for line, condition in reversed(sources.checks(function)):
            names = _variables(condition)
            for made in permutations(names, 2) if together else ((name,) for name in names):
                yield (sources.guarded(function, line, f"{_sum(made)} > {told[1]}"),)


def constants(sources: Sources, functions: Sequence[Function]) -> Iterator[Candidate]:
    """What a function checks, and simple sums of it, against each constant of the function."""
    for function in functions:
        text = "\n".join(line for _, line in sources.body(function))
        strings = (str(len(s)) for s in re.findall(r'"([^"\\]*)"', text))
        bounds = tuple(dict.fromkeys(_CONSTANT.findall(text)))
        numbers = tuple(dict.fromkeys((*strings, *_NUMBER.findall(text))))
        forms = ["{0}", "{0} + 1", "2 * {0}", *(f"{{0}} + {n}" for n in numbers if int(n) > 1)]
        checks = sources.checks(function)
        for form in (*forms, "{0} + {1}"):
            for bound in bounds:
                for line, condition in checks:
                    names = _variables(condition)[:3]
                    pairs = list(permutations(names, 2)) if "{1}" in form else [(n,) for n in names]
                    for pair in pairs:
                        need = form.format(f"(size_t){pair[0]}", *pair[1:])
                        yield (sources.guarded(function, line, f"{need} > {bound}"),)


def lifetimes(sources: Sources, functions: Sequence[Function]) -> Iterator[Candidate]:
    """Pointers fetched anew, arms of choices, frees taken out, NULL after frees; in this order."""
    for template in (_refreshed, _arms, _kept, _nulled):
        for function in functions:
            yield from template(sources, function)


def _refreshed(sources: Sources, function: Function) -> Iterator[Candidate]:
    body = sources.body(function)
    for at, line in body:
        alias = _ALIAS.match(line)
        if alias is None:
            continue
        for other, text in body:
            if other > at and text.strip().startswith(f"{alias[2]} = "):
                margin = text[: len(text) - len(text.lstrip())]
                yield (Edit(function.path, other, (text, f"{margin}{alias[1]} = {alias[2]};")),)


def _arms(sources: Sources, function: Function) -> Iterator[Candidate]:
    for at, line in sources.body(function):
        found = _CHOICE.match(line)
        for arm in (3, 2) if found else ():
            assert found is not None
            yield (Edit(function.path, at, (f"{found[1]}{found[arm]};",)),)


def _kept(sources: Sources, function: Function) -> Iterator[Candidate]:
    body = sources.body(function)
    frees = [(at, text) for at, text in body if _FREE.match(text)]
    lines = sources.files[function.path]
    for at, _ in sorted(frees, key=lambda f: "return" not in lines[f[0] + 1]):
        yield (Edit(function.path, at, ()),)


def _nulled(sources: Sources, function: Function) -> Iterator[Candidate]:
    yield from ((edit,) for edit in _clearings(sources, function))


def _clearings(sources: Sources, function: Function) -> Iterator[Edit]:
    for at, line in sources.body(function):
        found = _FREE.match(line)
        following = sources.files[function.path][at + 1].strip()
        if found and "->" in found[2] and not following.startswith(f"{found[2]} = "):
            yield Edit(function.path, at, (line, f"{found[1]}{found[2]} = NULL;"))


def clearings(sources: Sources) -> tuple[Candidate, ...]:
    """For each free of a member that is not set at once: NULL after it."""
    return tuple(
        (edit,)
        for function in sources.functions
        for edit in _clearings(sources, function)
        if _alone(sources, edit)
    )


def _alone(sources: Sources, edit: Edit) -> bool:
    """Whether the line is a statement of its own, not the body of an if without braces."""
    before = sources.files[edit.path][edit.line - 1].rstrip()
    return before.endswith((";", "{", "}")) or not before


def accesses(sources: Sources, function: Function) -> list[Access]:
    """What the function writes or reads of places, as far as their extent can be told."""
    body = sources.body(function)
    bounds = {}
    for _, line in body:
        for found in _LOOP.finditer(line):
            bounds[found[1] or found[2]] = found[3]
    made = []
    for at, line in body:
        for found in _MEMORY.finditer(line):
            arguments = _split(found[1])
            if len(arguments) == 3:
                base, _, offset = arguments[0].partition(" + ")
                made.append(Access(at, base, _sum((offset, arguments[2]))))
        for base, index in _INDEXED.findall(line):
            need = _reach(index, bounds, f"{base}[{index}] = " in line)
            made += [Access(at, base, need)] if need else []
    return [a for a in made if "sizeof" not in a.need and _variables(a.need.replace("size_t", ""))]


def _reach(index: str, bounds: Mapping[str, str], written: bool) -> str:
    """How many elements an index goes up to; "" if that can't be told."""
    counters = [name for name in _variables(index) if name in bounds]
    if len(counters) == 1:
        count = bounds[counters[0]]
        if index == counters[0]:
            return f"(size_t){count}"
        last = re.sub(rf"\b{counters[0]}\b", f"((size_t){count} - 1)", index)
        return f"({count} ? {last} + 1 : 0)"
    plain = re.fullmatch(r"[a-z_]\w*", index)
    return f"(size_t){index} + 1" if plain and written and not counters else ""


def extents_here(sources: Sources, functions: Sequence[Function]) -> Iterator[Candidate]:
    """For each function: its accesses bounded in its own checks by the room there is."""
    for function in functions:
        yield _at_home(sources, function, accesses(sources, function))


def extents_at_calls(sources: Sources, functions: Sequence[Function]) -> Iterator[Candidate]:
    """For each function: its accesses bounded at each call by the room that it is given."""
    for function in functions:
        yield _at_calls(sources, function, accesses(sources, function))


def _at_home(sources: Sources, function: Function, found: Sequence[Access]) -> Candidate:
    """Bounds in the function's own checks, for places whose size it can know."""
    bounds: dict[int, list[str]] = {}
    for access in found:
        size = None if access.base in function.parameters else sources.size(access.base, function)
        if size is None:
            continue
        names = set(_variables(access.need))
        lines = [
            line
            for line, condition in sources.checks(function)
            if line < access.line and names & set(_variables(condition))
        ]
        if lines:
            bounds.setdefault(lines[-1], []).append(f"{access.need} > {size}")
    return tuple(
        sources.guarded(function, line, " || ".join(dict.fromkeys(wanted)))
        for line, wanted in bounds.items()
    )


def _at_calls(sources: Sources, function: Function, found: Sequence[Access]) -> Candidate:
    """Bounds in each check that calls the function, by the size of the place it is given."""
    edits = []
    call = re.compile(rf"\b{re.escape(function.name)}\((.*)\)$")
    given = [access for access in found if access.base in function.parameters]
    for caller in sources.functions:
        for line, condition in sources.checks(caller):
            called = call.search(condition)
            arguments = _split(called[1]) if called else []
            if len(arguments) != len(function.parameters):
                continue
            told = dict(zip(function.parameters, arguments, strict=True))
            bounds = []
            for access in given:
                size = sources.size(told[access.base], caller)
                if size is not None:
                    bounds.append(f"{_substituted(access.need, told)} > {size}")
            if bounds:
                edits.append(sources.guarded(caller, line, " || ".join(dict.fromkeys(bounds))))
    return tuple(edits)


def _substituted(need: str, told: Mapping[str, str]) -> str:
    return re.sub(r"(?<![\w.>])[a-z_]\w*\b", lambda found: told.get(found[0], found[0]), need)


def _sum(parts: Sequence[str]) -> str:
    return "(size_t)" + " + ".join(part for part in parts if part)


def _split(arguments: str) -> list[str]:
    """Arguments at the commas outside brackets and strings."""
    parts, depth, quoted, part = [], 0, False, ""
    for sign in arguments:
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign in "([") - (sign in ")]")
        if sign == "," and not depth and not quoted:
            parts.append(part.strip())
            part = ""
        else:
            part += sign
    return [*parts, part.strip()]


def edited(sources: Sources, candidate: Candidate) -> dict[str, list[str]]:
    """The files that a candidate changes, as they are with it."""
    files = {edit.path: [[line] for line in sources.files[edit.path]] for edit in candidate}
    for edit in candidate:
        files[edit.path][edit.line] = list(edit.lines)
    return {path: [line for group in lines for line in group] for path, lines in files.items()}


def unified(sources: Sources, candidate: Candidate) -> str:
    """The candidate as a unified diff with three lines of context."""
    parts: list[str] = []
    for path, lines in sorted(edited(sources, candidate).items()):
        before = [f"{line}\n" for line in sources.files[path]]
        after = [f"{line}\n" for line in lines]
        parts += difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
    return "".join(parts)
