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
import hashlib
import itertools
import math
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from proofhouse.validation.answers import (
    NO_LINE,
    Run,
    cut_at,
    cut_short,
    ended,
    nearly,
    swallowed,
    taken,
    unsaid,
    unsigned,
)
from proofhouse.validation.differences import Flaw, Weighed, repeatable, unsettled, weigh
from proofhouse.validation.evidence import Found, Meant, Notes, Sides, unproven
from proofhouse.validation.growth import (
    MOST_INPUT,
    Havoc,
    Knob,
    dictionary,
    enlarged,
    escaped,
    exchanged,
    grafted,
    in_turn,
    knobs,
    literals_of,
    marks_of,
    matched,
    named,
    numbers_of,
    prose,
    recast,
    recoined,
    repeated,
    respelled,
    rests,
    shortened,
    sisters,
    sizes,
    stretched,
    traded,
    transplanted,
    varied,
)
from proofhouse.validation.instrument import Looked, Probe, Reached
from proofhouse.validation.layouts import laid_out, nested
from proofhouse.validation.limits import climbs, record_climbs, steps
from proofhouse.validation.places import led, wrapping
from proofhouse.validation.pool import Pool
from proofhouse.validation.program import Bench, Seen
from proofhouse.validation.sequel import differs, masked, parts, tells
from proofhouse.validation.sequences import Lines, Records, sequences
from proofhouse.validation.sources import Tree

_DIRECTIVE = re.compile(rb"%[-+ #0-9$.*hlqjzt]*[diouxXeEfgGaAcspn]")
_LETTERS, _DIGITS, _BLANKS = (re.compile(p) for p in (rb"[A-Za-z]+", rb"[0-9]+", rb"[ \t]+"))
_WORDS = re.compile(rb"[A-Za-z0-9_.-]+")
_DEPTH = re.compile(r"RecursionError|recursion depth|[Ss]tack ?[Oo]verflow|stack level too deep")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+$")
_PIECE = re.compile(rb"\s*\S+|\s+")
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]*")
# Where a flaw has no exact edge, a fix may shift a corner case; a broken neighbour shows again.
_ENOUGH = 3
_AT_ONCE = 32
_PATIENCE = 2.4
_PROBED = 8
_MOST_SURROUNDINGS = 150
_MOST_CONTROLS = 12
_MOST_CUT_LINES, _MOST_HELD = 400, 32 << 20
_MOST_ROUNDS, _MOST_WITHOUT = 7, 96
_MOST_BYTES = 160
_MOST_ENDS = 300
_MOST_LESS = 200
_MOST_PARTS = 100
_MOST_VARIANTS = 1200
_MOST_STRETCHED = 900
_MOST_NAMED = 2000
_MOST_TRADED = 800
_MOST_REPEATED = 900
_MOST_EXCHANGED = 900
_MOST_LAID_OUT = 900
_MOST_MATCHED = 192
_OFTEN = 3
_CODE = 16
_MOST_BY_OTHERS = 600
_MOST_ANSWERED = 12
_MOST_LET_THROUGH = 64
_MOST_ASKED = 600
_MOST_TOLD = 24
_MOST_SAID = 2000
_MOST_WALKED = 160
_MOST_COMMANDS = 4
_FAR_APART = 6
_LOW = 16
_ORIGINS = ("given", "recorded", "found", "grown", "kin", "graft")


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
        probes: tuple[Probe, Probe],
        plain: tuple[Bench, Bench],
        seed: int,
        added: Sequence[bytes] = (),
    ) -> None:
        self.flaw = flaw
        self.probes, self.plain = probes, plain
        self.beyond: Probe | None = None
        words = list(dict.fromkeys([*dictionary(source), *dictionary(patched)]))
        self.havoc = Havoc(words, seed)
        self.pick = random.Random(seed)  # noqa: S311 - not a secret; must repeat
        self.texts, self.numbers = literals_of(added)
        self.pool: Pool[Item] = Pool(self.pick)
        self.unsure: Finding | None = None
        self.let_through: dict[bytes, Item] = {}
        self._compared_with: tuple[set[int], set[int]] = (set(), set())
        self._edges: set[tuple[int, int, int]] = set()
        self._solved: Counter[tuple[object, object]] = Counter()
        self._to_match: tuple[deque[Iterator[Item]], ...] = (deque(), deque())
        self._done: set[bytes] = set()
        self._begun = self._computed = self._time = 0.0
        self._deadline = 0.0
        self.proofs: tuple[bytes, ...] = ()
        self.known: tuple[Item, ...] = ()
        self.harm: frozenset[bytes] = frozenset()
        self.prose = prose(source)
        self.shapes: frozenset[bytes] = frozenset()
        self.masked: frozenset[bytes] = frozenset()
        self.all_text = False
        self._asked: dict[bytes, tuple[Item, Seen, Seen] | None] = {}
        self.endless = False
        self._said: set[bytes] = set()
        self._walked: dict[str, deque[Item]] = {}
        self._makers: dict[str, Lines] = {}
        self._commands = [""]
        self._limits: set[int] = set()
        self._told = 0
        self.notes = Notes(())
        self.came_by: set[str] = set()
        self.turned: list[tuple[Knob, int]] = []
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
        self, known: Sequence[Item], proofs: Sequence[bytes], seconds: float
    ) -> Finding | None:
        """The first finding; None when ``seconds`` of processor time have brought none.

        So that a busy machine looks at as much as an idle one; but no longer than `_PATIENCE` times
        as many seconds by the clock.
        """
        self.proofs, self.known, self._deadline = tuple(proofs), tuple(known), seconds
        self.notes = Notes(self.proofs, self.probes[0].run)
        self._begun, self._computed = time.monotonic(), await self._processor()
        for proof in proofs:
            seen = await self.probes[0].see(proof)
            self.flaw = self.flaw.also(seen)
            self.endless |= self.flaw.endless or _tells_of_depth(seen)
        written = [item.data for item in known]
        self.harm = frozenset(g for p in proofs for g in grams(p)).difference(*map(grams, written))
        told = (*written, *self.prose)
        self.shapes = frozenset(shape for data in told for shape in shapes(data))
        self.masked = frozenset(_DIGITS.sub(b"0", i.data) for i in _trusted(known))
        self.all_text = all(_TEXT.fullmatch(data) for data in (*written, *proofs))
        others = list(dict.fromkeys(item.run for item in known if item.run))[:_MOST_COMMANDS]
        self._commands = ["", *others]
        given = [Item(proof, run, "kin") for run in self._commands for proof in proofs]
        self._learn(known)
        stages: list[tuple[float, Callable[[], Iterable[Item]]]] = [
            (0.05, lambda: self._traded(known)),
            (0.04, lambda: self._repeated(known)),
            (0.04, lambda: self._laid_out(known)),
            (0.05, lambda: self._exchanged(known)),
            (0.12, lambda: self._sequences(known, proofs)),
            (0.03, self._matched),
            (0.04, self._named),
            (0.04, self._stretched),
        ]
        finding = await self._stage([*given, *known], 0.12 * seconds)
        finding = finding or await self._stage(await self._smallest(), 0.15 * seconds)
        finding = finding or await self._answered(0.15 * seconds)
        finding = finding or await self._stage(self._by_others(known, proofs), 0.22 * seconds)
        finding = finding or await self._edges_of(proofs, 0.3 * seconds)
        finding = finding or await self._stage(self._variants(proofs), 0.42 * seconds)
        finding = finding or await self._answered(0.44 * seconds)
        finding = finding or await self._limits_of(known, 0.52 * seconds)
        until = 0.52
        for share, made in stages:
            until += share
            finding = finding or await self._stage(made(), until * seconds)
        finding = finding or await self._stage(self._random(known, proofs), seconds)
        return finding or await self._going_on(1) or self.unsure

    async def _processor(self) -> float:
        used = [await probe.processor_seconds() for probe in self.probes]
        return sum(used) + time.process_time()

    async def _tick(self) -> None:
        """Read how much of the time is used."""
        computed = await self._processor() - self._computed
        self._time = max(computed, (time.monotonic() - self._begun) / _PATIENCE)

    def _clock(self, until: float) -> float:
        """The latest ``time.monotonic`` at which ``until`` is reached."""
        return time.monotonic() + max(until - self._time, 0.2) * _PATIENCE

    async def evidence(self, meant: Meant, told: str = "") -> Found:
        """What bears out the answers to inputs with the flaw; see ``evidence``. After `explore`.

        ``told`` is the gate's own command, made to tell what it leaves in files.
        """
        self._deadline = math.inf
        left, right = (self._runner(probe, told, told != "") for probe in self.probes)
        notes = self.notes
        if told:
            some = notes.chosen()
            pairs = await left([f.data for f in some]), await right([f.data for f in some])
            again = zip(some, *pairs, strict=False)
            notes.failing = {f.data: replace(f, before=a, after=b) for f, a, b in again}
        turned = self.turned if self.flaw.has_edge else []  # or nothing begins at a value
        return await unproven(notes, Sides(left, right, self.flaw.shows), turned, meant)

    async def _smallest(self) -> list[Item]:
        """Of each proof the least that shows the flaw, by lines and then by words.

        What stands beside the flaw in a proof can keep another way to it from showing.
        """
        left = self._runner(self.probes[0], "")
        found = []
        for proof in self.proofs[:4]:
            if len(proof) > MOST_INPUT:
                continue
            least = proof
            for pattern in (_LINE, _PIECE):
                for _ in range(_MOST_ROUNDS):
                    less = without(pattern.findall(least))
                    seen = await left(less)
                    fine = [d for d, one in zip(less, seen, strict=False) if self.flaw.shows(one)]
                    if not fine:
                        break
                    least = min(fine, key=len)
            found.append(Item(least, "", "kin"))
        return found

    async def _answered(self, until: float) -> Finding | None:
        """Whether inputs with the flaw that are let through now are answered in full."""
        finding = await self._going_on(1)
        if finding is not None:
            return finding
        todo = list(self.let_through.values())[:_MOST_ANSWERED]
        self.let_through = dict.fromkeys(self.let_through, Item(b"", "", "kin"))
        for item in todo:
            if not item.data or self._time > until:
                continue
            left, right = (self._runner(probe, item.run) for probe in self.probes)
            shorter = await swallowed(item.data, left, right)
            if shorter is None and self.endless:
                way = cut_short if _TEXT.fullmatch(item.data) else ended
                shorter = await way(item.data, left, right)
            if shorter is None:
                shorter = await unsigned(item.data, left, right)
            if shorter is None:
                continue
            old = [await self.plain[0].see(shorter, item.run) for _ in range(2)]
            new = [await self.plain[1].see(item.data, item.run) for _ in range(2)]
            if all(taken(seen) and seen.answer == old[0].answer for seen in (*old, *new)):
                why = "It is answered as if what has the flaw were not there; nobody is told."
                before = await self.plain[0].see(item.data, item.run)
                return Finding("difference", why, item, before, new[0])
        return None

    def _runner(self, probe: Probe, run: str, told: bool = False) -> Run:
        """Runs inputs on one side; with ``told``, what is left in files is told already."""

        async def every(inputs: Sequence[bytes]) -> list[Seen]:
            seen = [seen for seen, _ in await self._looked(probe, inputs, run)]
            return [replace(one, files=()) for one in seen] if told else seen

        return every

    async def _edges_of(self, proofs: Sequence[bytes], until: float) -> Finding | None:
        """Find by bisection how far each knob of a proof may be turned; try both sides of that."""
        streams = [knobs(proof[:MOST_INPUT]) for proof in proofs]
        for knob in in_turn(streams):
            if self._time > until:
                return None
            inside = await self._inside(knob)
            if inside is None:
                continue
            if knob.least < inside < knob.now - 1:
                self._limits.add(inside)
            self.turned.append((knob, inside))
            near = (inside + 1, inside, inside - 1, inside * 3 // 4, inside // 2, inside + 2)
            turned = [v for v in dict.fromkeys(near) if knob.least <= v <= knob.now]
            least = knob.turned(knob.least)
            items = [Item(knob.turned(value), "", "kin", least) for value in turned]
            finding = await self._try_all(items, until)
            if finding is not None:
                return finding
        return None

    async def _inside(self, knob: Knob) -> int | None:
        """The largest value that a search finds without the flaw; None if none is without it.

        In each round the span is cut at several places that run in one command.
        """
        least, *_ = await self._looked(self.probes[0], [knob.turned(knob.least)])
        if self.flaw.shows(least[0]):
            return None
        quiet, over = knob.least, knob.now
        while over - quiet > 1:
            step = max((over - quiet) // (_PROBED + 1), 1)
            values = list(range(quiet + step, over, step))[: _PROBED + 1]
            seen = await self._looked(self.probes[0], [knob.turned(value) for value in values])
            for value, (before, _) in zip(values, seen, strict=False):
                if self.flaw.shows(before):
                    over = value
                    break
                quiet = value
            if len(seen) < len(values) and self._time > self._deadline:
                return quiet
        return quiet

    async def _limits_of(self, known: Sequence[Item], until: float) -> Finding | None:
        """Turn known texts up until the patched side refuses; try what is about that place."""
        samples = [item for item in _trusted(known) if len(item.data) <= 1024][:16]
        # Where nothing else ends a flaw a fix sets a limit, which need not be high.
        most = None if self.flaw.has_edge or (self.flaw.status and not self.endless) else _LOW
        ways = [((item, knob) for knob in self._climbs(item, most)) for item in samples]
        for item, knob in in_turn(ways):
            if self._time > until:
                return None
            right = self._runner(self.probes[1], item.run)
            values = steps(knob)
            while True:
                seen = await right([knob.turned(value) for value in values])
                ways_out = [at for at, one in enumerate(seen) if not taken(one)]
                if not ways_out or ways_out[0] == 0:
                    break  # it takes all of them, or none
                inside, over = values[ways_out[0] - 1], values[ways_out[0]]
                step = max((over - inside) // _PROBED, 1)
                if over - inside <= 1:
                    near = (over, over + 1, over + 2, inside, over + over // 8)
                    made = [knob.turned(value) for value in near if value <= knob.now]
                    every = _items(made, "grown", item.data, item.run)
                    finding = await self._try_all(every, until)
                    if finding is not None:
                        return finding
                    break
                values = [*range(inside, over, step), over]
        return None

    def _climbs(self, item: Item, most: int | None) -> Iterator[Knob]:
        if _TEXT.fullmatch(item.data):
            return climbs(item.data, most)
        maker = self._makers.get(item.run)
        if most is None and isinstance(maker, Records):
            return record_climbs(maker.layout, item.data)
        return iter(())

    async def _looked(self, probe: Probe, inputs: Sequence[bytes], run: str = "") -> list[Looked]:
        """All answers, in as many commands as it takes, until the deadline."""
        found: list[Looked] = []
        while len(found) < len(inputs):
            found += await probe.look_all(inputs[len(found) :], run, self._clock(self._deadline))
            await self._tick()
            if self._time > self._deadline:
                break
        return found

    async def _stage(self, items: Iterable[Item], until: float) -> Finding | None:
        stream = iter(items)
        while self._time <= until:
            some = list(itertools.islice(stream, _AT_ONCE))
            if not some:
                return None
            await self._tick()
            finding = await self._try_all(some, until) or await self._going_on(_AT_ONCE)
            if finding is not None:
                return finding
        return None

    async def _try_all(self, items: Iterable[Item], until: float) -> Finding | None:
        """Try what was not tried before, command by command, as far as the time reaches."""
        fresh: dict[str, list[Item]] = {}
        for item in items:
            key = hashlib.sha256(item.run.encode() + b"\0" + item.data).digest()
            if key not in self._done and len(item.data) <= MOST_INPUT:
                self._done.add(key)
                fresh.setdefault(item.run, []).append(item)
        for run, todo in fresh.items():
            while todo and self._time <= until:
                inputs = [item.data for item in todo]
                left, right = await asyncio.gather(
                    *(probe.look_all(inputs, run, self._clock(until)) for probe in self.probes)
                )
                await self._tick()
                for item, one, other in zip(todo, left, right, strict=False):
                    finding = await self._compared(item, one, other)
                    if finding is not None:
                        return finding
                todo = todo[min(len(left), len(right)) :]
        return None

    async def _compared(self, item: Item, one: Looked, other: Looked) -> Finding | None:
        (before, left), (after, right) = one, other
        self.runs += 1
        self.havoc.learn((*left.compared, *right.compared))
        for side, reached in zip(self._compared_with, (left, right), strict=True):
            side.update(constant for constant, _ in reached.compared)
        if before.ended == "crashed" and self.flaw.shows(before):
            self.came_by.update(before.functions)
        if not item.run:
            shows = self.flaw.shows(before)
            if not shows or item.origin in ("kin", "graft"):
                self.notes.take(item.data, before, after, shows=shows)
        if self.flaw.shows(before) and taken(after):
            if len(self.let_through) < _MOST_LET_THROUGH:
                self.let_through.setdefault(after.stdout, item)
            line = unsaid(before, after)
            if line and await self._left_out(item, line):
                why = f"It is taken, without what was said before the flaw struck: {line[:200]!r}."
                return Finding("difference", why, item, before, after)
            if len(self._asked) < _MOST_ASKED and self.beyond is not None:
                self._asked.setdefault(after.stdout, (item, before, after))
        if before.ended == "quiet" and len(self._said) < _MOST_SAID:
            self._said |= masked(before.stdout)
        weighed = weigh(self.flaw, before, after, item.origin)
        apart_by = went_apart(left, right)
        edges = {(0, *e) for e in left.edges} | {(1, *e) for e in right.edges} | apart_by
        self.pool.seen(edges)
        fresh = edges - self._edges
        if fresh and before.ended == "quiet" and weighed is None:
            self._edges |= fresh
            self.pool.add(item, frozenset(fresh), near=bool(apart_by))
            self._match(item, left, right)
        elif item.data in self.proofs and not item.run:
            self._match(item, left, right)
        elif before.ended == "quiet" and item.origin == "grown":
            self._match_code(item, left)
        elif taken(before) and weighed is None and item.origin == "grown":
            self._walked.setdefault(item.run, deque(maxlen=_MOST_WALKED)).append(item)
        self.crashed += self.flaw.shows(before)
        return await self._confirmed(item, weighed) if weighed is not None else None

    def _match(self, item: Item, left: Reached, right: Reached) -> None:
        """Have inputs made of what a new one was compared with, by the patch's own lines first.

        A comparison that was met often enough with the same on both sides is left alone. Where the
        flaw is a rule that is broken, not done to the proofs, nor with long texts: these are codes
        that only who has a key can make, and what such an input may do is the rule's to say.
        """
        by_rule = self.flaw.status is not None
        new: list[tuple[bytes, bytes]] = []
        own_texts = sorted(set(right.texts) - set(left.texts))
        if by_rule and item.origin in ("kin", "graft"):
            places = [rests(pair) for pair in own_texts if pair[0][:1] + pair[1][:1] == b"//"]
            some = matched(item.data, [pair for pair in places if pair], [])
            self._to_match[0].append(_items(some, item.origin, item.data, item.run))
            return
        constants = {constant for constant, _ in left.compared}
        own_numbers = [pair for pair in right.compared if pair[0] not in constants]
        for texts in (own_texts, sorted(set(left.texts))):
            for pair in texts:
                self._solved[pair] += 1
                if self._solved[pair] <= _OFTEN and not (by_rule and max(map(len, pair)) >= _CODE):
                    new.append(pair)
        numbers: list[tuple[int, int]] = []
        for pairs in (own_numbers, left.compared):
            for constant, value in pairs:
                self._solved[(constant, min(value, 64))] += 1
                if self._solved[(constant, min(value, 64))] <= _OFTEN:
                    numbers += [(constant, value), (value, constant)]  # either may be the input's
        made = itertools.islice(matched(item.data, new, numbers), _MOST_MATCHED)
        every = _items(made, _offspring(item.origin), item.data, item.run)
        self._to_match[not (own_texts or own_numbers)].append(every)

    def _match_code(self, item: Item, left: Reached) -> None:
        """Where a text of the input was to be a long one that depends on the rest (a sum, a code),
        have it be that, though the input reached nothing new.
        """
        for pair in left.texts if self.flaw.status is None else ():
            long = min(map(len, pair)) >= _CODE // 2 and any(text in item.data for text in pair)
            if long and not self._solved[pair]:
                self._solved[pair] += 1
                made = matched(item.data, [pair], [])
                self._to_match[0].append(_items(made, item.origin, item.data, item.run))

    def _matched(self) -> Iterator[Item]:
        """What was put by to be tried, in the order of how much it promises."""
        while any(self._to_match):
            waiting = self._to_match[0] or self._to_match[1]
            try:
                yield next(waiting[0])
            except StopIteration:
                waiting.popleft()

    async def _going_on(self, least: int) -> Finding | None:
        """See `nearly` and ``sequel``; asked of inputs answered differently, ``least`` at once."""
        todo = [asked for asked in self._asked.values() if asked is not None]
        if self.beyond is None or len(todo) < least:
            return None
        self._asked = dict.fromkeys(self._asked)
        for run in dict.fromkeys(item.run for item, _, _ in todo):
            some = [asked for asked in todo if asked[0].run == run]
            seen = await self._looked(self.beyond, [item.data for item, _, _ in some], run)
            for (item, before, after), (on, _) in zip(some, seen, strict=False):
                finding = await self._by_a_letter(item, before, after, on)
                finding = finding or await self._by_sequel(item, before, after, on)
                if finding is not None:
                    return finding
        return None

    async def _by_a_letter(self, item: Item, before: Seen, after: Seen, on: Seen) -> Finding | None:
        line = nearly(on, after)
        plain = await self.plain[1].see(item.data, item.run) if line else on
        if not line or plain.answer != after.answer or self.beyond is None:
            return None
        if await cut_at(item.data, on, after, self._runner(self.beyond, item.run)):
            self.excused += 1
            return None
        why = f"It is answered with a letter more or less than stands there: {line!r}."
        return Finding("difference", why, item, before, after)

    async def _by_sequel(self, item: Item, before: Seen, after: Seen, on: Seen) -> Finding | None:
        """Whether the answer is not what the program would have said; see ``sequel``."""
        if self.beyond is None or not tells(on) or on.stdout == after.stdout:
            return None
        if self._told >= _MOST_TOLD:
            return None
        self._told += 1
        left = self._runner(self.probes[0], item.run)
        if not await differs(item.data, on, after, frozenset(self._said), left):
            return None
        again = [await self.beyond.see(item.data, item.run, fill=byte) for byte in (0, 0x41)]
        plain = [await self.plain[1].see(item.data, item.run) for _ in range(2)]
        if any(o.answer != on.answer for o in again) or any(
            p.answer != after.answer for p in plain
        ):
            self.unconfirmed += 1
            return None
        why = f"It is answered otherwise than the program does that goes on: {on.stdout[:200]!r}."
        return Finding("difference", why, item, before, after)

    async def _left_out(self, item: Item, line: str) -> bool:
        """The same once more, and the patched program's answer on the plain build.

        What was said must be said to a part of the input without the flaw as well: before a bad
        access there may have been a bad number.
        """
        (before, _), (after, _) = [await probe.look(item.data, item.run) for probe in self.probes]
        plain = await self.plain[1].see(item.data, item.run)
        if unsaid(before, after) != line or plain.answer != after.answer:
            return False
        less = list(dict.fromkeys(part for part in parts(item.data) if part != item.data))
        seen = await self._runner(self.probes[0], item.run)(less[:_MOST_LESS])
        said = (one.stdout for one in seen if taken(one))
        if line == NO_LINE:
            return any(b"" in out.splitlines() for out in said)
        return any(line.encode() in out.splitlines() for out in said)

    async def _confirmed(self, item: Item, first: Weighed) -> Finding | None:
        """The same, three times, on the plain builds."""
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
        if weighed.kind != "variant" and await self._shown_elsewhere(item):
            self.excused += 1
            return None
        if weighed.kind == "variant" and await self._elsewhere(item, after):
            self.excused += 1
            return None
        if weighed.kind in ("difference", "crash") and await unsettled(
            *self.plain, item.data, item.run, rounds=1
        ):
            self.unconfirmed += 1
            return None
        if weighed.kind == "difference" and (
            await self._by_directive(item)
            or await self._by_flaw(item)
            or await self._by_what_follows(item)
            or await self._by_what_remains(item)
            or await self._by_same_limit(item)
        ):
            self.excused += 1
            return None
        if weighed.kind == "difference" and item.origin == "grown" and not self.flaw.has_edge:
            if harmful(item.data, self.harm) or self._strange(item.data):
                self.excused += 1
                return None
            self.single += 1
            if self.single < _ENOUGH and not self._by_number(item):
                return None
        finding = Finding(weighed.kind, weighed.why, item, before, after)
        if weighed.kind == "unsure":
            self.unsure = self.unsure or finding  # and on, for something that is sure
            return None
        return finding

    async def _shown_elsewhere(self, item: Item) -> bool:
        """Whether an input for another command has the flaw, which only the gate's own shows."""
        if not item.run or item.origin in ("given", "recorded", "found"):
            return False
        return self.flaw.shows(await self.plain[0].see(item.data))

    def _by_number(self, item: Item) -> bool:
        """Whether only numbers set an input apart from one that somebody wrote."""
        return _DIGITS.sub(b"0", item.data) in self.masked

    def _strange(self, data: bytes) -> bool:
        """Whether nobody wrote its like: no text, among texts, or marks in new company."""
        if _TEXT.fullmatch(data):
            return not self.shapes >= shapes(data)
        return self.all_text

    async def _elsewhere(self, item: Item, after: Seen) -> bool:
        """Whether a variant only comes further now, to a fault that was there without the patch.

        It was if parts of the input, without the flaw, show that other fault before as well.
        """
        if after.ended != "crashed" or self.flaw.shows(after) or self.flaw.resembles(after):
            return False
        lines = item.data.splitlines(keepends=True)[:_MOST_PARTS]
        alone = [*lines, *(b"".join(lines[at:]) for at in range(1, len(lines)))]
        parts = dict.fromkeys((*alone[:_MOST_PARTS], *shortened(item.data)))
        for part in itertools.islice(parts, 2 * _MOST_PARTS):
            seen = await self.plain[0].see(part, item.run)
            if seen.signature == after.signature:
                return True
        return False

    async def _by_directive(self, item: Item) -> bool:
        """Whether a difference goes away with every per cent sign, the proofs having directives.

        Then the flaw is a format string, and the input did quietly what the proof did aloud.
        """
        if self.flaw.status is not None or b"%" not in item.data:
            return False
        if not any(_DIRECTIVE.search(proof) for proof in self.proofs):
            return False
        plain = item.data.replace(b"%", b"-")
        real = await self.plain[0].see(item.data, item.run)
        old, new = await asyncio.gather(*(bench.see(plain, item.run) for bench in self.plain))
        if real.stdout.replace(b"%", b"-") == old.stdout:
            return False  # it is a mark like any other here: nothing took it for a directive
        return weigh(self.flaw, old, new, item.origin) is None

    async def _by_flaw(self, item: Item) -> bool:
        """Whether what sets a binary input apart shows the flaw in other surroundings.

        A value that no field may have (2 for yes or no) does harm only where the field is used. If
        the bytes by which the input differs from its parent are kept, and changing a single other
        one shows the flaw without the patch (and would not without them), then refusing these bytes
        is the fix's own business.
        Not asked of text, where any length or count would come out as such a value.
        """
        if self.flaw.by_value and await self._by_unused(item):
            return True
        if item.parent is None or _TEXT.fullmatch(item.data):
            return False
        begin, end = apart(item.parent, item.data)
        shift = len(item.parent) - len(item.data)
        free = [at for at in range(min(len(item.data), 256)) if shift == 0 or not begin <= at < end]
        self.pick.shuffle(free)
        free.sort(key=lambda at: min(abs(at - begin), abs(at - end)) > 8)
        tries = [(at, value) for at in free[:48] for value in (1, 2, 3, 0, 255)]
        tries = [(at, value) for at, value in tries if item.data[at] != value][:_MOST_SURROUNDINGS]
        seen = await self._runner(self.probes[0], item.run)(
            [_byte_put(item.data, at, value) for at, value in tries]
        )
        shown = [pair for pair, one in zip(tries, seen, strict=False) if self.flaw.shows(one)]
        for at, value in shown[:_MOST_CONTROLS]:
            place = at if at < end else at + shift
            control = await self.probes[0].see(_byte_put(item.parent, place, value), item.run)
            if not self.flaw.shows(control):
                return True
        return False

    async def _by_what_follows(self, item: Item) -> bool:
        """Whether a text has made the flaw ready, and only nothing in it sets it off.

        A width that is too large does harm where something is drawn so wide; a fix may refuse it
        where it is told. It is that if known lines behind the text show the flaw, and not behind
        a text that the patch takes: what it was made of, or it with a number or a word less.
        """
        if item.parent is None or item.run or not _TEXT.fullmatch(item.data):
            return False
        written = [*self.proofs, *(i.data for i in _trusted(self.known) if not i.run)]
        maker = Lines([data for data in written if _TEXT.fullmatch(data)], self.pick)
        own = maker.split(item.data)
        ends = [b"".join(units[-n:]) for units in maker.samples for n in range(1, 7)]
        lines = [unit for units in maker.by_name.values() for unit in units[:6]]
        ends += [*lines, *(maker.changed(unit, own) for unit in lines if own for _ in range(4))]
        ends = [end for end in dict.fromkeys(ends) if end.strip()][:_MOST_ENDS]
        left, right = (self._runner(probe, item.run) for probe in self.probes)
        seen = await left([_ended(item.data) + end for end in ends])
        shown = [end for end, one in zip(ends, seen, strict=False) if self.flaw.shows(one)]
        if not shown:
            return False
        less = [item.parent, *_less(item.data)]
        fine = [data for data, one in zip(less, await right(less), strict=False) if taken(one)]
        for data in fine[:_MOST_CONTROLS]:
            control = await left([_ended(data) + end for end in shown[:_MOST_CONTROLS]])
            if any(one.ended == "quiet" and not self.flaw.shows(one) for one in control):
                return True
        return False

    async def _by_same_limit(self, item: Item) -> bool:
        """Whether the patch refuses a number of a text from just where the flaw begins in proofs.

        Then it holds the same limit for another quantity of the kind, which is more than it must,
        and not less than it may.
        """
        if not _TEXT.fullmatch(item.data) or not self._limits:
            return False
        right = self._runner(self.probes[1], item.run)
        limits = sorted(limit for limit in self._limits if limit > 3)[:16]
        for begin, end in numbers_of(item.data)[:8]:
            values = [n for limit in limits for n in (limit, limit + 1)]
            seen = await right([item.data[:begin] + b"%d" % n + item.data[end:] for n in values])
            fine = [taken(one) for one in seen]
            if any(at and not over for at, over in zip(fine[::2], fine[1::2], strict=False)):
                return True
        return False

    async def _by_what_remains(self, item: Item) -> bool:
        """Whether what sets a text apart shows the flaw where less of the rest stands.

        A cell that is too wide does no harm beside one that makes the line wide enough. With less
        in it an input comes over no edge that it had not come over; so if a part shows the flaw,
        and that part of what it was made of does not, the flaw was there and was quiet. Of what
        was made of a proof only an access outside an object tells so: order has other ways.
        """
        if item.parent is None or not _TEXT.fullmatch(item.data):
            return False
        begin, end = apart(item.parent, item.data)
        left = self._runner(self.probes[0], item.run)
        alone = item.origin == "kin" and self.flaw.spatial
        cuts = [c for c in _cuts(item.data) if alone or c[1] <= begin or c[0] >= end][:_MOST_ENDS]
        seen = await left([item.data[:a] + item.data[b:] for a, b in cuts])
        shown = [cut for cut, one in zip(cuts, seen, strict=False) if self.flaw.shows(one)]
        if alone or item.parent in self.proofs:
            return bool(shown) and alone
        shift = len(item.parent) - len(item.data)
        same = [(a, b) if b <= begin else (a + shift, b + shift) for a, b in shown]
        parent = item.parent
        control = await left([parent[:a] + parent[b:] for a, b in same[:_MOST_CONTROLS]])
        return any(not self.flaw.shows(one) for one in control)

    async def _by_unused(self, item: Item) -> bool:
        """Whether the sides agree once each byte that nobody uses is 0.

        A value that its type can't have is one over 1 as a rule, and quiet where it is not looked
        at. What the patch makes of such bytes is its own business.
        """
        left, right = (self._runner(probe, item.run) for probe in self.probes)
        places = [at for at, byte in enumerate(item.data[:_MOST_BYTES]) if byte > 1]
        first, *seen = await left([item.data, *(_byte_put(item.data, at, 0) for at in places)])
        plain = item.data
        for at, one in zip(places, seen, strict=False):
            if one.ended == "quiet" and one.effect == first.effect:
                plain = _byte_put(plain, at, 0)
        both = [*await left([plain]), *await right([plain])]
        return plain != item.data and [one.effect for one in both] == [first.effect] * 2

    # ---- what to try ---------------------------------------------------------------------------

    def _by_others(self, known: Sequence[Item], proofs: Sequence[bytes]) -> Iterator[Item]:
        """Known inputs with what the proofs have, and in their spelling."""
        samples = [item for item in known if item.data.strip() and len(item.data) <= 2048]
        samples.sort(key=lambda item: _ORIGINS.index(item.origin))
        streams: list[Iterator[Item]] = []
        for item in samples[:12]:
            for proof in proofs[:3]:
                made = grafted(item.data, proof)
                streams.append(_items(made, "graft", item.data, item.run))
            spelt = list(escaped(item.data, proofs))
            self.pick.shuffle(spelt)
            streams.append(iter([Item(data, item.run, "grown", item.data) for data in spelt]))
        yield from itertools.islice(in_turn(streams), _MOST_BY_OTHERS)

    def _variants(self, proofs: Sequence[bytes]) -> Iterator[Item]:
        streams: list[Iterator[Item]] = []
        samples = [item.data for item in _trusted(self.known) if not item.run][:12]
        names = [*_WORDS.findall(self.probes[0].run.encode()), *self.havoc.words]
        for proof in proofs:
            cut = proof[:MOST_INPUT]
            near = (
                varied(cut, self.havoc.constants, self.pick),
                respelled(cut, self.havoc.words),
                enlarged(cut),
                traded(cut),
                wrapping(cut),
            )
            ways = [(recast(cut), "kin"), (shortened(cut), "kin"), (led(cut, names), "kin")]
            ways += [(recoined(cut, samples), "graft")]
            ways += [(self._shuffled(way), "kin") for way in near]
            ways += [(sisters(cut, self.havoc.words), "graft")]
            ways += [(self._shuffled(transplanted(cut)), "graft")]
            streams.append(in_turn([_items(way, origin, cut) for way, origin in ways]))
        yield from itertools.islice(in_turn(streams), _MOST_VARIANTS)

    def _shuffled(self, made: Iterable[bytes]) -> Iterator[bytes]:
        """The same in another order; of long ones the first, so that they fit into memory."""
        every: list[bytes] = []
        for data in made:
            every.append(data)
            if len(every) * len(data) > _MOST_HELD:
                break
        self.pick.shuffle(every)
        return iter(every)

    def _named(self) -> Iterator[Item]:
        """What the patch names or compares with, put into inputs."""
        ours, theirs = self._compared_with
        new = [number for number in sorted(theirs - ours) if number < 1 << 32][:24]
        numbers = list(dict.fromkeys([*self.numbers, *new]))
        seeds = [item for item in self.pool.items if 0 < len(item.data) <= 4096]
        seeds.sort(key=lambda item: (item.origin in ("kin", "graft"), _ORIGINS.index(item.origin)))
        streams: list[Iterator[Item]] = []
        for seed in seeds[:16]:
            made = self._shuffled(itertools.islice(named(seed.data, self.texts, numbers), 6000))
            streams.append(_items(made, _offspring(seed.origin), seed.data, seed.run))
        yield from itertools.islice(in_turn(streams), _MOST_NAMED)

    def _traded(self, known: Sequence[Item]) -> Iterator[Item]:
        """Known inputs with factors of a product exchanged, which leaves the product as it was."""
        samples = _trusted(known)
        near = [*self.numbers, *sorted(self._compared_with[1] - self._compared_with[0])[:8]]
        ways = [traded(item.data, near) for item in samples[:16]]
        pairs = zip(samples, ways, strict=False)
        streams = [_items(way, "grown", item.data, item.run) for item, way in pairs]
        yield from itertools.islice(in_turn(streams), _MOST_TRADED)

    def _repeated(self, known: Sequence[Item]) -> Iterator[Item]:
        """Known inputs with more of what they have."""
        samples = sorted(_trusted(known), key=lambda item: len(item.data) > 4096)[:16]
        ways = [repeated(item.data, self.pick) for item in samples]
        pairs = zip(samples, ways, strict=True)
        streams = [_items(way, "grown", item.data, item.run) for item, way in pairs]
        yield from itertools.islice(in_turn(streams), _MOST_REPEATED)

    def _laid_out(self, known: Sequence[Item]) -> Iterator[Item]:
        """Known texts laid out otherwise, and nested deeper."""
        samples = [item for item in _trusted(known) if _TEXT.fullmatch(item.data)][:24]
        pairs = [(item, way(item.data)) for item in samples for way in (nested, laid_out)]
        streams = [_items(way, "grown", item.data, item.run) for item, way in pairs]
        yield from itertools.islice(in_turn(streams), _MOST_LAID_OUT)

    def _exchanged(self, known: Sequence[Item]) -> Iterator[Item]:
        """Known inputs with signs and words of the language exchanged, as far as it is known."""
        samples = [item for item in _trusted(known) if _TEXT.fullmatch(item.data)][:24]
        signs = marks_of([*self.prose, *(item.data for item in samples)])
        words = dict.fromkeys(w for item in samples for w in _WORDS.findall(item.data))
        every = [*words, *(w for w in self.havoc.words if w.isalpha())][:80]
        if self.flaw.has_edge:
            every = []  # another kind of thing for a command may be the flaw, and be it quietly
        streams: list[Iterator[Item]] = []
        for item in samples:
            made = list(itertools.islice(exchanged(item.data, every, signs), 4000))
            self.pick.shuffle(made)
            streams.append(_items(made, "grown", item.data, item.run))
        yield from itertools.islice(in_turn(streams), _MOST_EXCHANGED)

    def _stretched(self) -> Iterator[Item]:
        seeds = [item for item in self.pool.items if 0 < len(item.data) <= 4096][:24]
        self.pick.shuffle(seeds)
        lengths = sizes(self.havoc.constants)
        streams: list[Iterator[Item]] = []
        for seed in seeds:
            made = self._shuffled(itertools.islice(stretched(seed.data, lengths), 4000))
            streams.append(_items(made, _offspring(seed.origin), seed.data, seed.run))
        yield from itertools.islice(in_turn(streams), _MOST_STRETCHED)

    def _learn(self, known: Sequence[Item]) -> None:
        """Learn of what parts the inputs of each command are made."""
        own = [item for item in known if item.origin in ("given", "recorded")]
        for run in dict.fromkeys(item.run for item in own):
            some = [item.data for item in own if item.run == run]
            maker = sequences(some, self.pick, bold=not self.flaw.by_value)
            if maker is not None:
                self._makers[run] = maker

    def _sequences(self, known: Sequence[Item], proofs: Sequence[bytes]) -> Iterator[Item]:
        """Sequences made of the parts of known inputs, most of them of what was taken."""
        if not self._makers:
            return
        runs = list(self._makers)
        chosen = {run: [i for i in _trusted(known) if i.run == run] for run in runs}
        kin = [Item(proof, "", "kin") for proof in proofs]
        while True:
            run = "" if "" in self._makers and self.pick.random() < 0.6 else self.pick.choice(runs)
            walked = self._walked.get(run)
            way = self.pick.random()
            if way < 0.15 and run == "":
                base = self.pick.choice(kin)
            elif way < 0.6 and walked:
                base = self.pick.choice(walked)
            else:
                base = self.pick.choice(chosen[run])
            data = self._makers[run].sequence(base.data)
            yield Item(data, run, _offspring(base.origin), base.data)

    def _random(self, known: Sequence[Item], proofs: Sequence[bytes]) -> Iterator[Item]:
        runs = ["", *self._commands]
        kin = [Item(proof, run, "kin") for run in runs for proof in proofs]
        in_sequence = self._sequences(known, proofs)
        while self._time < self._deadline:
            yield from itertools.islice(self._matched(), _AT_ONCE // 4)
            yield from itertools.islice(in_sequence, _AT_ONCE // 4)
            for _ in range(_AT_ONCE // 2):
                yield self._mutant(kin)

    def _mutant(self, kin: Sequence[Item]) -> Item:
        """One random mutant, most often of what was kept."""
        parent = self.pool.draw() if len(self.pool) else Item(b"", "", "grown")
        if self.pick.random() < 0.15:
            parent = self.pick.choice(kin)
        other = self.pick.choice(self.pool.items) if len(self.pool) else parent
        if _offspring(other.origin) != "grown":
            other = parent  # nothing of a proof goes into what is none
        data = self.havoc.mutant(parent.data, other.data)
        return Item(data, parent.run, _offspring(parent.origin), parent.data)


def _tells_of_depth(seen: Seen) -> bool:
    """Whether a program that hands on a status says what it was for: it went too deep, for ever."""
    return any(_DEPTH.search(line) for line in seen.trace)


def went_apart(left: Reached, right: Reached) -> set[tuple[int, int, int]]:
    """How the two sides of an input went apart, as something reached; empty if they didn't.

    Addresses and line numbers move with a patch, so edges can't be compared, but how many there are
    of each order of count can.
    """
    one, other = (Counter(order for _, order in side.edges) for side in (left, right))
    orders = one.keys() | other.keys()
    by = {n: max(min(other[n] - one[n], _FAR_APART), -_FAR_APART) for n in orders}
    return {(2, n, more) for n, more in by.items() if more}


def without(parts: Sequence[bytes]) -> list[bytes]:
    """A text without some of its parts: without half of them, a quarter, and so on, or one."""
    found: list[bytes] = []
    size = len(parts) // 2
    while size and len(found) < _MOST_WITHOUT:
        places = range(0, len(parts), size)
        for at in places[: _MOST_WITHOUT - len(found)]:
            found.append(b"".join([*parts[:at], *parts[at + size :]]))
        size //= 2
    return list(dict.fromkeys(found))


def _ended(text: bytes) -> bytes:
    return text if text.endswith(b"\n") else text + b"\n"


def _less(text: bytes) -> list[bytes]:
    """The text with one of its numbers smaller, or one of its long words two letters."""
    spans = [(a, b, int(text[a:b])) for a, b in numbers_of(text)[:10]]
    by = [(a, b, new) for a, b, n in spans for new in (n // 2, n // 4, 1, n * 3 // 4) if new < n]
    made = [text[:a] + b"%d" % new + text[b:] for a, b, new in by]
    words = [word.span() for word in _WORDS.finditer(text) if len(word[0]) > 16]
    return [*made, *(text[: a + 2] + text[b:] for a, b in words[:10])]


def _cuts(data: bytes) -> list[tuple[int, int]]:
    """Stretches of a text to leave out: lines, a few lines, words, most of a word."""
    lines = itertools.islice(_LINE.finditer(data), _MOST_CUT_LINES)
    ends = [0, *(found.end() for found in lines)]
    found = [(ends[at], ends[to]) for at in range(len(ends)) for to in range(at + 1, len(ends))]
    found.sort(key=lambda cut: cut[0] - cut[1])
    words = [word.span() for word in _WORDS.finditer(data)]
    words.sort(key=lambda word: word[0] - word[1])
    near = [(a, b) for a, b in words[:60]] + [(a + 1, b) for a, b in words[:60] if b - a > 2]
    return [*near, *found[:150]]


def _byte_put(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def _items(made: Iterable[bytes], origin: str, parent: bytes, run: str = "") -> Iterator[Item]:
    return (Item(data, run, origin, parent) for data in made)


def _trusted(known: Sequence[Item]) -> list[Item]:
    """What somebody chose for this program, and is not empty."""
    chosen = [item for item in known if item.origin in ("given", "recorded")]
    return [item for item in chosen if 1 < len(item.data) <= MOST_INPUT]


def _offspring(origin: str) -> str:
    """What a mutant of an input is."""
    return origin if origin in ("kin", "graft") else "grown"


def grams(data: bytes) -> frozenset[bytes]:
    """All stretches of three bytes, capitals as small letters."""
    lower = data.lower()
    return frozenset(lower[at : at + 3] for at in range(len(lower) - 2))


def harmful(data: bytes, harm: frozenset[bytes]) -> bool:
    """Whether an input has something in it that is in the proofs and in no benign input.

    Where a rule is broken, and not an edge crossed, it may be broken quietly: such an input may
    have the flaw, though nothing shows it.
    """
    return not harm.isdisjoint(grams(data))


def shapes(data: bytes) -> frozenset[bytes]:
    """Which kinds of characters stand beside each other: letters, digits, blanks, each mark.

    An input with neighbours that no benign input has (``2**3`` where there was ``2 * 3``) may be
    outside of the language that the program promises to understand, which its author did not see.
    """
    kinds = _DIGITS.sub(b"0", _LETTERS.sub(b"a", _BLANKS.sub(b" ", data)))
    return frozenset(kinds[at : at + 2] for at in range(len(kinds) - 1))


def apart(parent: bytes, data: bytes) -> tuple[int, int]:
    """The stretch of ``data`` outside of which it is ``parent``."""
    most = min(len(parent), len(data))
    begin = next((at for at in range(most) if parent[at] != data[at]), most)
    left = most - begin
    same = next((at for at in range(left) if parent[-1 - at] != data[-1 - at]), left)
    return begin, len(data) - same
