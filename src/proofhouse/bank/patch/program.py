# SPDX-License-Identifier: Apache-2.0
"""One drawn program: its parts, and its files in any version.

    drawn = draw_program(key, 4, 7)
    drawn.files(FLAWED)                  what the item shows
    drawn.diff(FLAWED, REPAIRED)         the reference solution

Themes, habits, readers, framings, checksums and decoys are those of the memory-flaw family, and
so is the writer: a program of this family reads like one of that. The level is no part of the
stream's label; what a level adds is told in ``levels``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from types import MappingProxyType

from proofhouse.bank.item import File
from proofhouse.bank.memory_flaw import decoys
from proofhouse.bank.memory_flaw.checksums import Checksum, checksum
from proofhouse.bank.memory_flaw.draft import Draft
from proofhouse.bank.memory_flaw.flaw import Draw, Flaw
from proofhouse.bank.memory_flaw.framing import Frame, Framing, Setting
from proofhouse.bank.memory_flaw.names import THEMES, Names
from proofhouse.bank.memory_flaw.parts import Extras, Handler, Kit, Message, habits
from proofhouse.bank.memory_flaw.program import Writer
from proofhouse.bank.memory_flaw.readers import Reader, reader
from proofhouse.bank.memory_flaw.skeletons import SKELETONS
from proofhouse.bank.patch import lifetimes, operations
from proofhouse.bank.patch.lifetimes import Lifetime, draw_lifetime
from proofhouse.bank.patch.spaces import Space, draw_space
from proofhouse.bank.patch.version import FLAWED, Version
from proofhouse.bank.stream import Stream

KINDS = (*operations.KINDS, *lifetimes.KINDS)
"""Every kind of planted flaw."""


@dataclass(frozen=True)
class Program:
    """One program, before it is written out in a version.

    ``order`` has a place for each handler's function, ``unused`` is a message code that the
    program skips.
    """

    level: int
    index: int
    stream: Stream
    kit: Kit
    context: str
    opener: str
    reader: Reader
    framing: Framing
    checksum: Checksum | None
    planted: Space | Lifetime
    decoys: tuple[decoys.Decoy, ...]
    codes: Mapping[str, int]
    order: Mapping[str, int]
    unused: int

    def writer(self, version: Version) -> Writer:
        """The writer of one version."""
        return Writer(self._draft(version))

    def files(self, version: Version) -> tuple[File, ...]:
        """Sources and Makefile."""
        return self.writer(version).files()

    def diff(self, before: Version, after: Version) -> bytes:
        """What changes from one version to another, as a unified diff."""
        return diff(self.files(before), self.files(after))

    def handlers(self, version: Version = FLAWED) -> tuple[Handler, ...]:
        """All handlers in the order of the sources."""
        every = (*self.planted.handlers(version), *(decoy.handler for decoy in self.decoys))
        return tuple(sorted(every, key=lambda handler: self.order[handler.function]))

    def encode(self, messages: Sequence[Message], *, skipped: int = -1) -> bytes:
        """An input of these messages; the one at ``skipped`` gets a code the program skips."""
        known = {handler.function: handler for handler in self.handlers()}
        frames = []
        for at, message in enumerate(messages):
            payload = self.reader.pack(known[message.function], message)
            code = self.unused if at == skipped else self.codes[message.function]
            frames.append(Frame(code, payload, message.sum_error))
        return self.framing.encode(frames)

    def _draft(self, version: Version) -> Draft:
        planted = self.planted
        extras: list[Extras] = [*planted.extras(version), *(d.extras for d in self.decoys)]
        places = [self.stream.fork(f"extras/{at}").below(1 << 32) for at in range(len(extras))]
        ordered = sorted(zip(places, extras, strict=True), key=lambda pair: pair[0])
        handler = planted.handlers(version)[0]
        flaw = Flaw(planted.kind, planted.classes, handler, Extras(), planted.culprit, _never_sent)
        return Draft(
            level=self.level,
            index=self.index,
            stream=self.stream,
            kit=self.kit,
            context=self.context,
            opener=self.opener,
            reader=self.reader,
            framing=self.framing,
            checksum=self.checksum,
            flaw=flaw,
            handlers=self.handlers(version),
            extras=tuple(extra for _, extra in ordered),
            codes=self.codes,
            guards=(),
            solution=b"",
            sample=b"",
            traffic=b"",
            broken=MappingProxyType({}),
        )


def _never_sent(kind: str) -> Message:
    raise LookupError(f"A site's messages are its own; {kind} is none of them.")


def diff(before: Sequence[File], after: Sequence[File]) -> bytes:
    """A unified diff between two sets of text files, three lines of context."""
    old = {file.path: file.data.decode("ascii") for file in before}
    new = {file.path: file.data.decode("ascii") for file in after}
    lines: list[str] = []
    for path in sorted(old):
        lines += unified_diff(
            old[path].splitlines(keepends=True),
            new[path].splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
    return "".join(lines).encode("ascii")


def draw_program(
    key: bytes, level: int, index: int, *, skeleton: str = "", kind: str = ""
) -> Program:
    """Draw the program of ``key`` at ``level`` and ``index``.

    ``skeleton`` and ``kind`` (of SKELETONS and KINDS) fix what is else drawn; items never do so,
    tests cover the combinations with them. From level 4 on a flaw of time gives way to one of
    space.
    """
    stream = Stream(key, f"patch/v1/{index}")
    names = Names(stream.fork("names"), stream.fork("theme").choice(THEMES))
    fold, close, opener = (names.function() for _ in range(3))
    kit = Kit(names, habits(stream.fork("habits")), fold, close)
    skeleton = skeleton or stream.fork("skeleton").choice(tuple(SKELETONS))
    read = reader(stream.fork("reader"), kit, text=skeleton == "lines")
    planted = _planted(stream, kit, level, kind)
    harmless = _decoys(stream, kit)
    summed = checksum(kit, stream.fork("checksum")) if level >= 3 else None
    context = names.theme.context
    setting = Setting(kit, stream.fork("framing"), read, context, summed)
    functions = [handler.function for handler in planted.handlers(FLAWED)]
    functions += [decoy.handler.function for decoy in harmless]
    pool = stream.fork("codes").shuffled(
        range(ord("A"), ord("Z") + 1) if read.text else range(1, 0xFF)
    )
    order = stream.fork("order").shuffled(functions)
    return Program(
        level=level,
        index=index,
        stream=stream,
        kit=kit,
        context=context,
        opener=opener,
        reader=read,
        framing=SKELETONS[skeleton](setting),
        checksum=summed,
        planted=planted,
        decoys=harmless,
        codes=MappingProxyType(dict(zip(functions, pool, strict=False))),
        order=MappingProxyType({function: at for at, function in enumerate(order)}),
        unused=pool[-1],
    )


def _planted(stream: Stream, kit: Kit, level: int, kind: str) -> Space | Lifetime:
    kind = kind or stream.fork("kind").choice(KINDS)
    if level >= 4 and kind in lifetimes.KINDS:
        kind = stream.fork("kind/space").choice(operations.KINDS)
    labels = ("shared", *(f"site/{at}" for at in range(4)))
    draws = tuple(
        Draw(kit, stream.fork(f"flaw/{label}"), kit.names.scope(f"flaw/{label}"), level >= 6)
        for label in labels
    )
    if kind in lifetimes.KINDS:
        return draw_lifetime(kit, draws, level, kind)
    return draw_space(kit, draws, level, kind, kit.names.theme.context)


def _decoys(stream: Stream, kit: Kit) -> tuple[decoys.Decoy, ...]:
    count = stream.fork("decoys").between(2, 4)
    kinds = stream.fork("decoys/kinds").sample(decoys.DECOYS, count)
    made = []
    for at, kind in enumerate(kinds):
        scope = kit.names.scope(f"decoy/{at}")
        made.append(kind(Draw(kit, stream.fork(f"decoy/{at}"), scope, False)))
    return tuple(made)


def replaced(files: Sequence[File], path: str, data: bytes) -> tuple[File, ...]:
    """``files`` with the contents of one of them exchanged."""
    return tuple(replace(file, data=data) if file.path == path else file for file in files)
