# SPDX-License-Identifier: Apache-2.0
"""Grows inputs on both sides of a patch at once, and looks for a difference that counts.

    explorer = Explorer(flaw, source, patched, probes, plain, seed=1)
    finding = await explorer.explore(known, proofs, deadline=…)      None: nothing that counts

Each input runs on the instrumented build without and with the patch. It is kept and mutated
further if it reached something new on *either* side, so that the branches a patch adds are led to
as well. A difference is confirmed, twice, on the plain builds before it counts.

Order, by what is most likely to tell: known inputs, variants of the proofs, sizes around every
constant that either side compares with, random edits until the deadline. Same seed, same order;
how far it gets depends on the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from proofhouse.validation.differences import Flaw, Weighed, repeatable, weigh
from proofhouse.validation.growth import (
    MOST_INPUT,
    Havoc,
    Knob,
    dictionary,
    enlarged,
    knobs,
    recast,
    respelled,
    shortened,
    sizes,
    stretched,
    varied,
)
from proofhouse.validation.instrument import look
from proofhouse.validation.program import Bench, Seen
from proofhouse.validation.sources import Tree

_T = TypeVar("_T")
_DIRECTIVE = re.compile(rb"%[-+ #0-9$.*hlqjzt]*[diouxXeEfgGaAcspn]")
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]*")
# Where a flaw has no exact edge, a fix may shift a corner case; a broken neighbour shows again.
_ENOUGH = 3
_MOST_SURROUNDINGS = 150
_MOST_PARTS = 100
_MOST_VARIANTS = 1200
_MOST_STRETCHED = 900


@dataclass(frozen=True)
class Item:
    """An input: its bytes, the command it is for ("" is the gate's own), and who made it.

    ``parent`` is what a grown one was made of.
    """

    data: bytes
    run: str
    origin: str
    parent: bytes | None = None


@dataclass(frozen=True)
class Finding:
    """A difference that counts, confirmed on the plain builds."""

    kind: str
    why: str
    item: Item
    before: Seen
    after: Seen


class Explorer:
    """One exploration; ``probes`` and ``plain`` are benches without and with the patch."""

    def __init__(
        self,
        flaw: Flaw,
        source: Tree,
        patched: Tree,
        probes: tuple[Bench, Bench],
        plain: tuple[Bench, Bench],
        seed: int,
    ) -> None:
        self.flaw = flaw
        self.probes, self.plain = probes, plain
        words = list(dict.fromkeys([*dictionary(source), *dictionary(patched)]))
        self.havoc = Havoc(words, seed)
        self.pick = random.Random(seed)  # noqa: S311 - not a secret; must repeat
        self.pool: list[Item] = []
        self._edges: set[tuple[int, int, int]] = set()
        self._done: set[tuple[bytes, str]] = set()
        self._deadline = 0.0
        self.proofs: tuple[bytes, ...] = ()
        self.runs = self.crashed = self.unconfirmed = self.excused = self.single = 0

    def counts(self) -> dict[str, int]:
        """How much was looked at."""
        return {
            "inputs": self.runs,
            "variantsThatCrashedBefore": self.crashed,
            "edges": len(self._edges),
            "kept": len(self.pool),
            "unconfirmed": self.unconfirmed,
            "flawedQuietly": self.excused,
            "differencesWithoutEdge": self.single,
        }

    async def explore(
        self, known: Sequence[Item], proofs: Sequence[bytes], deadline: float
    ) -> Finding | None:
        """The first finding; None when the deadline (``time.monotonic``) comes before one."""
        self._deadline, self.proofs = deadline, tuple(proofs)
        for proof in proofs:
            self.flaw = self.flaw.also(await self.probes[0].see(proof))
        begun = time.monotonic()
        span = deadline - begun
        finding = await self._stage(known, begun + 0.15 * span)
        finding = finding or await self._edges_of(proofs, begun + 0.3 * span)
        finding = finding or await self._stage(self._variants(proofs), begun + 0.6 * span)
        finding = finding or await self._stage(self._stretched(), begun + 0.75 * span)
        return finding or await self._stage(self._random(proofs), deadline)

    async def _edges_of(self, proofs: Sequence[bytes], until: float) -> Finding | None:
        """Find by bisection how far each knob of a proof may be turned; try both sides of that."""
        streams = [knobs(proof[:MOST_INPUT]) for proof in proofs]
        for knob in _in_turn(streams):
            if time.monotonic() > until:
                return None
            inside = await self._inside(knob)
            if inside is None:
                continue
            near = (inside + 1, inside, inside - 1, inside * 3 // 4, inside // 2, inside + 2)
            for value in dict.fromkeys(near):
                if knob.least <= value <= knob.now:
                    finding = await self._try(
                        Item(knob.turned(value), "", "kin", knob.turned(knob.least))
                    )
                    if finding is not None:
                        return finding
        return None

    async def _inside(self, knob: Knob) -> int | None:
        """The largest value that bisection finds without the flaw; None if none is without it."""
        if self.flaw.shows(await self.probes[0].see(knob.turned(knob.least))):
            return None
        quiet, over = knob.least, knob.now
        while over - quiet > 1:
            middle = (quiet + over) // 2
            if self.flaw.shows(await self.probes[0].see(knob.turned(middle))):
                over = middle
            else:
                quiet = middle
        return quiet

    async def _stage(self, items: Iterable[Item], until: float) -> Finding | None:
        for item in items:
            if time.monotonic() > until:
                return None
            finding = await self._try(item)
            if finding is not None:
                return finding
        return None

    async def _try(self, item: Item) -> Finding | None:
        key = (item.data, item.run)
        if key in self._done or len(item.data) > MOST_INPUT:
            return None
        self._done.add(key)
        self.runs += 1
        (before, left), (after, right) = await asyncio.gather(
            *(look(bench, item.data, item.run) for bench in self.probes)
        )
        self.havoc.learn((*left.compared, *right.compared))
        weighed = weigh(self.flaw, before, after, item.origin)
        fresh = {(0, *e) for e in left.edges} | {(1, *e) for e in right.edges}
        if not fresh <= self._edges and before.ended == "quiet" and weighed is None:
            self._edges |= fresh
            self.pool.append(item)
        self.crashed += self.flaw.shows(before)
        return await self._confirmed(item, weighed) if weighed is not None else None

    async def _confirmed(self, item: Item, first: Weighed) -> Finding | None:
        """The same, twice, on the plain builds."""
        rounds = []
        for _ in range(2):
            rounds.append(
                await asyncio.gather(*(bench.see(item.data, item.run) for bench in self.plain))
            )
        (before, after), (before2, after2) = rounds
        weighed = weigh(self.flaw, before, after, item.origin)
        stable = repeatable(before) == repeatable(before2) and repeatable(after) == repeatable(
            after2
        )
        if weighed is None or weighed.kind != first.kind or not stable:
            self.unconfirmed += 1
            return None
        if weighed.kind == "variant" and await self._elsewhere(item, after):
            self.excused += 1
            return None
        if weighed.kind == "difference" and (
            await self._by_directive(item) or await self._by_flaw(item)
        ):
            self.excused += 1
            return None
        if weighed.kind == "difference" and item.origin == "grown" and not self.flaw.has_edge:
            self.single += 1
            if self.single < _ENOUGH:
                return None
        return Finding(weighed.kind, weighed.why, item, before, after)

    async def _elsewhere(self, item: Item, after: Seen) -> bool:
        """Whether a variant only comes further now, to a fault that was there without the patch.

        It was if parts of the input, without the flaw, show that other fault before as well.
        """
        if after.ended != "crashed" or self.flaw.shows(after) or self.flaw.resembles(after):
            return False
        for part in itertools.islice(shortened(item.data), _MOST_PARTS):
            seen = await self.plain[0].see(part, item.run)
            if seen.signature == after.signature:
                return True
        return False

    async def _by_directive(self, item: Item) -> bool:
        """Whether a difference goes away with every per cent sign, the proofs having directives.

        Then the flaw is a format string, and the input did quietly what the proof did aloud.
        """
        if b"%" not in item.data or not any(_DIRECTIVE.search(proof) for proof in self.proofs):
            return False
        plain = item.data.replace(b"%", b"-")
        old, new = await asyncio.gather(*(bench.see(plain, item.run) for bench in self.plain))
        return weigh(self.flaw, old, new, item.origin) is None

    async def _by_flaw(self, item: Item) -> bool:
        """Whether what sets a binary input apart shows the flaw in other surroundings.

        A value that no field may have (2 for yes or no) does harm only where the field is used. If
        the bytes by which the input differs from its parent are kept, and changing a single other
        one shows the flaw without the patch, then refusing these bytes is the fix's own business.
        Not asked of text, where any length or count would come out as such a value.
        """
        if item.parent is None or _TEXT.fullmatch(item.data):
            return False
        begin, end = apart(item.parent, item.data)
        free = [at for at in range(min(len(item.data), 256)) if not begin <= at < end]
        self.pick.shuffle(free)
        tries = [(at, value) for at in free[:48] for value in (1, 2, 3, 0, 255)]
        for at, value in tries[:_MOST_SURROUNDINGS]:
            if item.data[at] == value:
                continue
            near = item.data[:at] + bytes([value]) + item.data[at + 1 :]
            if self.flaw.shows(await self.probes[0].see(near, item.run)):
                return True
        return False

    # ---- what to try ---------------------------------------------------------------------------

    def _variants(self, proofs: Sequence[bytes]) -> Iterator[Item]:
        streams: list[Iterator[bytes]] = []
        for proof in proofs:
            cut = proof[:MOST_INPUT]
            ways = [
                list(way)
                for way in (
                    varied(cut, self.havoc.constants, self.pick),
                    respelled(cut, self.havoc.words),
                    enlarged(cut),
                )
            ]
            for way in ways:
                self.pick.shuffle(way)
            streams.append(_in_turn([recast(cut), shortened(cut), *(iter(way) for way in ways)]))
        for data in itertools.islice(_in_turn(streams), _MOST_VARIANTS):
            yield Item(data, "", "kin", proofs[0])

    def _stretched(self) -> Iterator[Item]:
        seeds = [item for item in self.pool if 0 < len(item.data) <= 4096][:24]
        self.pick.shuffle(seeds)
        lengths = sizes(self.havoc.constants)
        streams: list[Iterator[Item]] = []
        for seed in seeds:
            made = list(itertools.islice(stretched(seed.data, lengths), 4000))
            self.pick.shuffle(made)
            origin = "kin" if seed.origin == "kin" else "grown"
            streams.append(iter([Item(data, seed.run, origin, seed.data) for data in made]))
        yield from itertools.islice(_in_turn(streams), _MOST_STRETCHED)

    def _random(self, proofs: Sequence[bytes]) -> Iterator[Item]:
        kin = [Item(proof, "", "kin") for proof in proofs]
        while time.monotonic() < self._deadline:
            pool = self.pool or [Item(b"", "", "grown")]
            parent = self.pick.choice(pool[-16:] if self.pick.random() < 0.4 else pool)
            if self.pick.random() < 0.15:
                parent = self.pick.choice(kin)
            other = self.pick.choice([item for item in pool if item.origin != "kin"] or pool)
            origin = "kin" if parent.origin == "kin" else "grown"
            data = self.havoc.mutant(parent.data, other.data)
            yield Item(data, parent.run, origin, parent.data)


def apart(parent: bytes, data: bytes) -> tuple[int, int]:
    """The stretch of ``data`` outside of which it is ``parent``."""
    most = min(len(parent), len(data))
    begin = next((at for at in range(most) if parent[at] != data[at]), most)
    left = most - begin
    same = next((at for at in range(left) if parent[-1 - at] != data[-1 - at]), left)
    return begin, len(data) - same


def _in_turn(streams: Sequence[Iterable[_T]]) -> Iterator[_T]:
    """One of each stream in turn until all are empty."""
    left = [iter(stream) for stream in streams]
    while left:
        for stream in tuple(left):
            try:
                yield next(stream)
            except StopIteration:
                left.remove(stream)
