# SPDX-License-Identifier: Apache-2.0
"""Runs every proof against every patch, in the sandbox, and says what each cell showed.

    matrix = await fill(cases)
    matrix.cell("heron-1", "heron-2").outcome      "stops": the first's patch, the second's proof

A cell is the *second's* source with the *first's* patch, built by the second's line, and its proofs
judged there as a report is (`reproduce`: three turns in sessions of their own, with controls).
Cases of one source share builds; where sources differ, a patch that applies to both is tried and
one that does not is ``inconclusive``.

Outcomes: ``stops`` (every proof is quiet, three times), ``crashes`` (every proof shows the flaw it
shows without the patch), ``elsewhere`` (a crash of another class or function), ``partly`` (some
proofs stop, others don't), ``inconclusive`` (no build, flaky, out of time, noisy controls).

Where one patch stops the other's proof and not the reverse, the first patch is taken apart: a part
that stops its own proof alone, and the rest, which stops the other's alone, are two fixes.

Bounds: two builds or judgements at once, each within its limits, `Bounds.seconds` for all: what
did not begin in time is ``inconclusive`` and says so. The order of everything is that of the cases.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from proofhouse.errors import ProofhouseError
from proofhouse.validation.duplicates.cases import Case, Excluded
from proofhouse.validation.patches import Block, Patch, apply, blocks, only
from proofhouse.validation.program import Built, Seen, build
from proofhouse.validation.reproduce import Report, Request, judge
from proofhouse.validation.sources import Tree

AT_ONCE = 2
_TRIES = 3
OUTCOMES = ("stops", "crashes", "elsewhere", "partly", "inconclusive")

_STATED = re.compile(r"^(exit-\d{1,3}|timeout|out-of-memory)$")
_FRAME = re.compile(r"^#\d+ ")
_NUMBER = re.compile(rb"\d+")
_MOST_PAIRS = 16
_MOST_PARTS = 4
_LATE = "It did not begin in time."


@dataclass(frozen=True)
class Bounds:
    """Seconds for everything, a build, a run."""

    seconds: float = 3600.0
    build_seconds: float = 300.0
    run_seconds: float = 10.0


STANDARD = Bounds()


@dataclass(frozen=True)
class Shown:
    """A proof and what it shows on the source as it is; in a `Matrix`, one that reproduces."""

    proof: bytes
    report: Report
    expected: str = ""
    """The exit status or limit that shows the flaw, where that is its class."""

    @property
    def crash(self) -> Seen:
        """What the runs agree on."""
        assert self.report.seen is not None
        return self.report.seen

    @property
    def place(self) -> tuple[str, str, str] | None:
        """Class, function and line of the innermost frame; None where no line is known."""
        crash = self.crash
        line = ""
        if crash.vouched == "sanitizer" and crash.trace:
            line = _FRAME.sub("", crash.trace[0])
        elif crash.vouched == "hook":
            line = next((t for t in reversed(crash.trace) if t.startswith('  File "')), "").strip()
        return (crash.kind, crash.function, line) if crash.function and line else None


@dataclass(frozen=True)
class Cell:
    """One patch, one case's proofs. ``changed`` counts controls that are answered otherwise."""

    outcome: str
    why: str
    controls: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Matrix:
    """Cells by (whose patch, whose proof); only cases whose proof reproduces are in it."""

    cases: tuple[Case, ...]
    shown: Mapping[str, tuple[Shown, ...]]
    cells: Mapping[tuple[str, str], Cell]
    excluded: tuple[Excluded, ...]
    apart: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By (whose patch, whose proof): how the patch falls into a fix for each."""

    def cell(self, patch: str, proof: str) -> Cell:
        """The cell of one case's patch and another's proof."""
        return self.cells[patch, proof]


_Job = tuple[Tree, list[tuple[str, Case]]]
_Cells = dict[tuple[str, str], Cell]


class _Bench:
    """Two at once, all before one deadline; a built tree lives as long as its own judgements."""

    def __init__(self, at_once: int, bounds: Bounds, tier: str) -> None:
        self.gate = asyncio.Semaphore(at_once)
        self.rows = asyncio.Semaphore(at_once)
        self.until = time.monotonic() + bounds.seconds
        self.bounds = bounds
        self.tier = tier

    async def build(self, tree: Tree, case: Case) -> Built:
        async with self.gate:
            if time.monotonic() > self.until:
                return Built(False, b"", _LATE)
            try:
                return await build(tree, case.build, self.bounds.build_seconds, tier=self.tier)
            except ProofhouseError as error:
                if error.exit_code == 5:  # the machine's fault, not the case's
                    raise
                return Built(False, b"", error.message)

    async def judge(
        self, built: Built, case: Case, proof: bytes, expected: str, function: str = ""
    ) -> Report:
        request = Request(
            case.source,
            case.build,
            case.run,
            proof,
            benign=tuple(data for data in case.benign if data != proof),
            expect_class=expected,
            expect_function=function,
            run_seconds=self.bounds.run_seconds,
        )
        async with self.gate:
            report = Report("inconclusive", _LATE)
            for _ in range(_TRIES):
                if built.ok and time.monotonic() > self.until:
                    break
                report = await judge(built, request, tier=self.tier)
                if not expected.startswith("exit-") or not _drawn(report):
                    break
            return report

    async def unpatched(self, built: Built, case: Case, proof: bytes) -> Shown:
        """On the source as it is, where the class and the function that are expected count."""
        expected = case.expect_class
        report = await self.judge(built, case, proof, expected, case.expect_function)
        crashed = report.seen is not None and report.seen.ended == "crashed"
        if case.guessed and report.verdict == "not_reproduced" and crashed:
            expected = ""
            report = await self.judge(built, case, proof, expected, case.expect_function)
        stated = expected if _STATED.match(expected) else ""
        return Shown(proof, replace(report, build_log=""), stated)


def _drawn(report: Report) -> bool:
    """Whether a program's own status was by chance the one drawn for a sanitizer's report."""
    every = [seen for turn in report.turns for seen in (*turn.controls, turn.proof)]
    return any(seen.kind == "unsigned-status" for seen in every)


async def fill(
    cases: Sequence[Case],
    bounds: Bounds = STANDARD,
    *,
    at_once: int = AT_ONCE,
    tier: str = "bwrap",
) -> Matrix:
    """Run the whole matrix; raises PrerequisiteError without a sandbox."""
    bench = _Bench(at_once, bounds, tier)
    shown, out = await _unpatched(bench, cases)
    inside = tuple(case for case in cases if case.name in shown)
    jobs, cells = _jobs(inside)

    async def row(tree: Tree, wanted: list[tuple[str, Case]]) -> None:
        async with bench.rows:
            built = await bench.build(tree, wanted[0][1])
            told = await _row(bench, built, wanted, shown)
        for patch, case in wanted:
            cells[patch, case.name] = told[case.name]

    await asyncio.gather(*(row(tree, wanted) for tree, wanted in jobs.values()))
    matrix = Matrix(inside, shown, cells, tuple(out))
    return replace(matrix, apart=await _fallen_apart(bench, matrix))


async def _fallen_apart(bench: _Bench, matrix: Matrix) -> dict[tuple[str, str], str]:
    """Patches that are two fixes in one, among those that stop another's proof one way."""
    found: dict[tuple[str, str], str] = {}
    pairs = [
        (one, other)
        for one in matrix.cases
        for other in matrix.cases
        if one is not other
        and matrix.cell(one.name, one.name).outcome == "stops"
        and matrix.cell(one.name, other.name).outcome == "stops"
        and matrix.cell(other.name, one.name).outcome == "crashes"
    ]
    for one, other in pairs[:_MOST_PAIRS]:
        for chosen, rest in _partings(one.patch):
            halves = (only(one.patch, chosen), only(one.patch, rest))
            told = [await _half(bench, matrix, half, one, other) for half in halves]
            if {("stops", "crashes"), ("crashes", "stops")} == set(told):
                own = halves[told.index(("stops", "crashes"))]
                why = f"{_lines(own)} alone stops its own proof only, the rest {other.name}'s only."
                found[one.name, other.name] = why
                break
    return found


def _partings(patch: Patch) -> Iterator[tuple[list[Block], list[Block]]]:
    """Ways to part a patch in two; of many changes, neighbours stay together."""
    every = blocks(patch)
    size, count = len(every), min(len(every), _MOST_PARTS)
    parts = [every[size * at // count : size * (at + 1) // count] for at in range(count)]
    for mask in range(1, 1 << (count - 1)) if count else ():
        halves: tuple[list[Block], list[Block]] = ([], [])
        for at, part in enumerate(parts):
            halves[mask >> at & 1].extend(part)
        yield halves


async def _half(
    bench: _Bench, matrix: Matrix, patch: Patch, one: Case, other: Case
) -> tuple[str, str]:
    """What part of a patch does to its own case's proofs and to the other's."""
    told = []
    for case in (one, other):
        try:
            tree = apply(patch, case.source)
        except ProofhouseError:
            return ("inconclusive", "inconclusive")
        built = await bench.build(tree, case)
        told.append((await _cell(bench, built, case, matrix.shown[case.name])).outcome)
    return (told[0], told[1])


def _lines(patch: Patch) -> str:
    """Where a patch changes something, for people."""
    places = (
        f"{change.after or change.before} at line {hunk.start}"
        for change in patch.changes
        for hunk in change.hunks
    )
    return "The change of " + ", ".join(places)


async def _row(
    bench: _Bench,
    built: Built,
    wanted: Sequence[tuple[str, Case]],
    shown: Mapping[str, tuple[Shown, ...]],
) -> dict[str, Cell]:
    """One built tree: its own case first, and if nothing can be said there, no other."""
    different = {case.name: case for _, case in wanted}
    told: dict[str, Cell] = {}
    own = next((name for name, case in wanted if name == case.name), None)
    if own is not None:
        told[own] = await _cell(bench, built, different.pop(own), shown[own])
        if told[own].outcome == "inconclusive":
            why = f"Not run, for on its own case: {told[own].why}"
            return {**told, **{name: Cell("inconclusive", why) for name in different}}
    found = await asyncio.gather(
        *(_cell(bench, built, case, shown[case.name]) for case in different.values())
    )
    return {**told, **dict(zip(different, found, strict=True))}


def _jobs(cases: Sequence[Case]) -> tuple[dict[tuple[str, str], _Job], _Cells]:
    """What is to be built and judged, each tree once, and the cells where nothing can be built."""
    jobs: dict[tuple[str, str], _Job] = {}
    cells: _Cells = {}
    for patched in cases:
        trees: dict[str, tuple[str, Tree] | ProofhouseError] = {}
        for case in cases:
            if case.digest not in trees:
                trees[case.digest] = _applied(patched, case)
            found = trees[case.digest]
            if isinstance(found, ProofhouseError):
                other = "" if case.digest == patched.digest else "The sources differ. "
                cells[patched.name, case.name] = Cell("inconclusive", other + found.message)
                continue
            digest, tree = found
            jobs.setdefault((digest, case.build), (tree, []))[1].append((patched.name, case))
    return jobs, cells


def _applied(patched: Case, case: Case) -> tuple[str, Tree] | ProofhouseError:
    try:
        tree = apply(patched.patch, case.source)
    except ProofhouseError as error:
        return error
    return tree.digest, tree


async def _unpatched(
    bench: _Bench, cases: Sequence[Case]
) -> tuple[dict[str, tuple[Shown, ...]], list[Excluded]]:
    """Which proofs reproduce on the source as it is; a case without one is out, and named."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.digest, case.build), []).append(case)
    tried: dict[str, list[Shown]] = {}

    async def together(same: list[Case]) -> None:
        async with bench.rows:
            built = await bench.build(same[0].source, same[0])
            asked = [(case, proof) for case in same for proof in case.proofs]
            found = await asyncio.gather(
                *(bench.unpatched(built, case, proof) for case, proof in asked)
            )
        for (case, _), one in zip(asked, found, strict=True):
            tried.setdefault(case.name, []).append(one)

    await asyncio.gather(*(together(same) for same in groups.values()))
    shown, out = {}, []
    for case in cases:
        good = tuple(one for one in tried[case.name] if one.report.verdict == "reproduced")
        if good:
            shown[case.name] = good
        else:
            first = tried[case.name][0].report
            why = f"The proof does not show its flaw ({first.verdict}): {first.reason}"
            out.append(Excluded(case.name, "case", why))
    return shown, out


async def _cell(bench: _Bench, built: Built, case: Case, shown: Sequence[Shown]) -> Cell:
    if not built.ok:
        return Cell("inconclusive", f"It does not build: {built.log.partition(chr(10))[0]}")
    found = await asyncio.gather(
        *(bench.judge(built, case, one.proof, one.expected) for one in shown)
    )
    said = [_outcome(report, one) for report, one in zip(found, shown, strict=True)]
    counts = [_changed(one.report, report) for report, one in zip(found, shown, strict=True)]
    controls, changed = max(n for n, _ in counts), max(c for _, c in counts)
    words = {outcome for outcome, _ in said}
    if len(words) == 1:
        return Cell(said[0][0], said[0][1], controls, changed)
    order = ("inconclusive", "elsewhere", "crashes")  # after "some stop"; the first that is there
    word = "partly" if "stops" in words and "inconclusive" not in words else ""
    word = word or next(w for w in order if w in words)
    told = "; ".join(f"proof {at}: {o}, {why}" for at, (o, why) in enumerate(said, 1))
    return Cell(word, told, controls, changed)


def _outcome(report: Report, shown: Shown) -> tuple[str, str]:
    seen = report.seen
    if report.verdict == "reproduced" and seen is not None:
        same = (seen.kind, seen.function) == (shown.crash.kind, shown.crash.function)
        return ("crashes" if same else "elsewhere"), report.reason
    if report.verdict == "not_reproduced":
        if any(turn.proof.ended != "quiet" for turn in report.turns):
            return "elsewhere", report.reason
        return "stops", report.reason
    return "inconclusive", report.reason


def _changed(before: Report, after: Report) -> tuple[int, int]:
    """How many controls could be compared, and how many are answered otherwise.

    Compared are those that repeat themselves on either side, numbers in the output masked: a time
    or a port is no change.
    """
    if len(before.turns) != len(after.turns):
        return 0, 0
    compared = changed = 0
    for old, new in zip(_columns(before), _columns(after), strict=True):
        if len(old) == len(new) == 1:
            compared += 1
            changed += old != new
    return compared, changed


def _columns(report: Report) -> list[set[tuple[str, int | None, bytes]]]:
    columns = zip(*(turn.controls for turn in report.turns), strict=True)
    return [
        {(seen.ended, seen.exit_status, _NUMBER.sub(b"0", seen.stdout)) for seen in column}
        for column in columns
    ]
