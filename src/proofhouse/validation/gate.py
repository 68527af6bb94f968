# SPDX-License-Identifier: Apache-2.0
"""Accepts a patch, or refuses it and says why: not by its text, but by what it changes.

    judgement = await gate(GateRequest(tree, patch, "make", "./target {proof}", (proof,)))
    judgement.verdict      "accepted" | "refused" | "inconclusive"
    judgement.checks       (Check("applies", "passed", …), Check("proof-gone", "failed", …), …)

Checks, in this order; the first that fails refuses, and all before it are kept with their evidence:

1.  *applies*       the diff fits the source, nothing of it leaves the tree (``patches``)
2.  *builds*        before and after; what was checked before is checked after
3.  *proof-before*  each proof shows its flaw three times without the patch, or: inconclusive
4.  *proof-gone*    none shows any fault with it
5.  *tests*         what passed still passes; what failed passes (existing tests are put back)
6.  *tricks*        nothing in it talks to the sanitizer or catches a fault (``hints``)
7.  *known-inputs*  corpus, samples and the tests' own calls: the same output and exit status
8.  *bare*          built without a sanitizer, it does the same with these and with the proofs
9.  *answers*       a proof that is now taken is answered: not silence, not half the work
10. *variants*      mutants of the proofs that crashed do not, and none crashes anew
11. *behaviour*     inputs grown from all of these, led by coverage, are answered as before
12. *evidence*      (inconclusive) something bears out what inputs with the flaw are answered now

Steps 10 and 11 run against an instrumented build of both sides (``instrument``) for a stated time,
and what they find is confirmed on the plain builds. Where the program without the patch behaves
the same without processes and threads of its own, all runs of 3, 4 and 7 to 11 are fenced so, or a
patch could let a child crash and tell otherwise. ``weigh`` in ``differences`` says which
difference counts. All these look for objections, which are not to be had where the program without
the patch fails; so step 12 asks for reasons (``evidence`` and, for the diff, ``promises``).
What no check reached is not known: an accepted patch is not proven right.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from proofhouse.errors import FormatError, RefusedError
from proofhouse.sandbox import SessionLostError, start_session
from proofhouse.validation import bare, endless, hints, sequel
from proofhouse.validation.answers import silence
from proofhouse.validation.commands import check_run, leading, others
from proofhouse.validation.differences import (
    Flaw,
    only_silenced,
    repeatable,
    unsettled,
    weigh,
)
from proofhouse.validation.evidence import Found
from proofhouse.validation.exploration import Explorer, Item
from proofhouse.validation.growth import prose, seeds
from proofhouse.validation.instrument import Probe, tools
from proofhouse.validation.patches import Patch, apply, parse
from proofhouse.validation.program import (
    SOURCE,
    Bench,
    Built,
    Seen,
    build,
    limits,
    put_tree,
    quiet_options,
)
from proofhouse.validation.promises import doubts, ways
from proofhouse.validation.recording import Call, record
from proofhouse.validation.reproduce import GENERIC_CONTROLS, RUNS, seen_dict
from proofhouse.validation.sources import Tree
from proofhouse.validation.traces import same_class

_SYSTEM = (
    "malloc|calloc|realloc|reallocarray|free|memalign|posix_memalign|aligned_alloc|valloc|pvalloc"
    "|_?exit|_Exit|abort|signal|sigaction|__libc_\\w+|__(asan|ubsan|msan|tsan|lsan|sanitizer)_\\w+"
)
_BARE = 24
"""Known inputs that are also given to builds without a sanitizer."""

# The linker makes the program's own copy of what its code reads of the sanitizer's data.
_COPIED = {
    "",
    "__asan_option_detect_stack_use_after_return",
    "__asan_shadow_memory_dynamic_address",
}
_MOST_COMMANDS = 4
_LEFT = re.compile(rf"[0-9a-f]{{64}}  ({re.escape(SOURCE)}/[A-Za-z0-9_./-]+)")
_MOST_FILES = 4
_MOST_CROSSED = 10
VERDICTS = ("accepted", "refused", "inconclusive")


@dataclass(frozen=True)
class GateRequest:
    """A patch and what it must withstand; ``seconds`` is the time steps 10 and 11 may take."""

    source: Tree
    patch: bytes
    build: str
    run: str
    proofs: tuple[bytes, ...]
    tests: tuple[str, ...] = ()
    corpus: tuple[bytes, ...] = ()
    build_seconds: float = 300.0
    run_seconds: float = 10.0
    test_seconds: float = 120.0
    seconds: float = 60.0
    seed: int = 1
    expect_class: str = ""


@dataclass(frozen=True)
class Check:
    """One step: ``result`` is passed, failed, noted (decides nothing) or inconclusive."""

    name: str
    result: str
    why: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "result": self.result,
            "why": self.why,
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class Judgement:
    """The verdict, its reason, and every check that was made."""

    verdict: str
    reason: str
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "checks": [check.to_dict() for check in self.checks],
        }


@dataclass(frozen=True)
class _Sides:
    """The same thing without and with the patch."""

    before: Built
    after: Built


class _DecidedError(Exception):
    """A check ended the judgement."""


async def gate(request: GateRequest, *, tier: str = "bwrap") -> Judgement:
    """Judge a patch.

    Raises InputError for a run command that can't be run, PrerequisiteError without a sandbox.
    A patch that can't be read or leaves the tree is *refused*, like one that does not fit.
    """
    check_run(request.run)
    run = _Gate(request, tier)
    try:
        await run.judge()
    except _DecidedError:
        pass
    except SessionLostError:
        run.checks.append(Check("sandbox", "inconclusive", "A sandbox was lost under the tests."))
    failed = next((c for c in run.checks if c.result == "failed"), None)
    unsure = next((c for c in run.checks if c.result == "inconclusive"), None)
    if failed is not None:
        return Judgement("refused", f"{failed.name}: {failed.why}", tuple(run.checks))
    if unsure is not None:
        return Judgement("inconclusive", f"{unsure.name}: {unsure.why}", tuple(run.checks))
    why = f"All {sum(c.result == 'passed' for c in run.checks)} checks passed."
    return Judgement("accepted", why, tuple(run.checks))


class _Gate:
    """One judgement under way."""

    def __init__(self, request: GateRequest, tier: str) -> None:
        self.request, self.tier = request, tier
        self.checks: list[Check] = []
        self.sanitized = False
        self.mended: tuple[Call, ...] = ()

    def _tell(self, name: str, result: str, why: str, **evidence: Any) -> None:
        self.checks.append(Check(name, result, why, evidence))
        if result == "failed" or (result == "inconclusive" and name != "tests"):
            raise _DecidedError

    async def judge(self) -> None:
        """The steps of the module's docstring."""
        patch, patched = self._applied()
        plain = await self._built(patched)
        async with self._bench(plain.before) as before, self._bench(plain.after) as after:
            await self._fence(before, after)
            flaw = await self._proofs(before, after)
            calls = await self._tests(patch, patched, plain)
            await self._fence_calls(calls, before, after)
            self._look(patch)
            known = self._known(calls, await self._others(before))
            benign = await self._known_inputs(known, flaw, before, after)
            await self._bare(patched, known, (before, after))
            await self._answers(benign, before, after)
            await self._grown(patch, patched, plain, known, flaw, (before, after))

    def _bench(self, built: Built) -> Bench:
        return Bench(built, self.request.run, self.request.run_seconds, tier=self.tier)

    def _applied(self) -> tuple[Patch, Tree]:
        digest = hashlib.sha256(self.request.patch).hexdigest()
        try:
            patch = parse(self.request.patch)
            patched = apply(patch, self.request.source)
        except (FormatError, RefusedError) as error:
            self._tell("applies", "failed", f"{error}", patch=digest)
            raise _DecidedError from None
        files = [change.after or change.before for change in patch.changes]
        self._tell(
            "applies",
            "passed",
            f"It changes {len(files)} file(s), with no fuzz.",
            patch=digest,
            source=self.request.source.digest,
            patched=patched.digest,
            files=files[:50],
        )
        return patch, patched

    def _look(self, patch: Patch) -> None:
        found = hints.tricks(patch)
        told = [{"path": h.path, "line": h.line, "why": h.why} for h in found]
        if found:
            first = found[0]
            self._tell("tricks", "failed", f"{first.path} {first.why}: {first.line}", found=told)
        self._tell("tricks", "passed", "Nothing in it hides a flaw from a sanitizer.")
        seen = [{"path": h.path, "line": h.line, "why": h.why} for h in hints.hints(patch)]
        if seen:
            self._tell("hints", "noted", "For a reader; decides nothing.", found=seen)

    async def _built(self, patched: Tree) -> _Sides:
        before, after = await asyncio.gather(
            *(self._build(t) for t in (self.request.source, patched))
        )
        if not before.ok:
            why = before.log.partition("\n")[0]
            self._tell("builds", "inconclusive", f"The source itself does not build: {why}")
        if not after.ok:
            why = after.log.partition("\n")[0]
            self._tell("builds", "failed", f"With the patch: {why}", log=after.log[-2000:])
        checked = [await self._checked_files(built) for built in (before, after)]
        lost = sorted(checked[0] - checked[1])
        if lost:
            self._tell("builds", "failed", f"{lost[0]} is no longer built with its sanitizer.")
        self.sanitized = bool(checked[0])
        names = [await self._system_names(built) for built in (before, after)]
        own = sorted(names[1] - names[0])
        if own:
            why = f"It defines {own[0][:60]}, which is the system's or the sanitizer's."
            self._tell("builds", "failed", why, defined=own[:20])
        self._tell("builds", "passed", "Before and after.", sanitized=sorted(checked[1])[:20])
        return _Sides(before, after)

    async def _build(self, tree: Tree, extra: dict[str, bytes] | None = None) -> Built:
        request = self.request
        return await build(tree, request.build, request.build_seconds, tools=extra, tier=self.tier)

    async def _checked_files(self, built: Built) -> frozenset[str]:
        """Programs and libraries that call a sanitizer's runtime."""
        session = await start_session(limits(60), self.tier)
        try:
            await put_tree(session, built.archive)
            script = (
                "find . -type f -perm -100 -size -64M -print0 | xargs -0 -r "
                "grep -lE '__(asan|tsan|msan)_init|__ubsan_handle' | head -n 500"
            )
            done = await session.exec(["/bin/sh", "-c", script], cwd=SOURCE, timeout=60)
        finally:
            await session.close()
        return frozenset(done.stdout.decode("utf-8", "replace").split("\n")) - {""}

    async def _system_names(self, built: Built) -> frozenset[str]:
        """What programs and libraries define themselves that a sanitizer takes the place of."""
        session = await start_session(limits(60), self.tier)
        try:
            await put_tree(session, built.archive)
            script = (
                "find . -type f -perm -100 -size -64M -print0 | xargs -0 -r nm -P --defined-only"
                f" 2>/dev/null | cut -d' ' -f1 | grep -xE '{_SYSTEM}' | sort -u"
            )
            done = await session.exec(["/bin/sh", "-c", script], cwd=SOURCE, timeout=60)
        finally:
            await session.close()
        return frozenset(done.stdout.decode("utf-8", "replace").split("\n")) - _COPIED

    # ---- the fence -----------------------------------------------------------------------------

    async def _fence(self, before: Bench, after: Bench) -> None:
        """Fence the gate's own command on both sides, if the source behaves the same so."""
        inputs = (*self.request.proofs, *self.request.corpus[:8], *GENERIC_CONTROLS)
        if await _same_fenced(before, "", inputs):
            after.fence()
        else:
            self._unfenced()

    async def _fence_calls(self, calls: Sequence[Call], before: Bench, after: Bench) -> None:
        """Do so for the commands of the tests; what they show of the gate's own may end its."""
        inputs: dict[str, list[bytes]] = {}
        for call in calls:
            run = before.run if call.run in self.request.run else call.run
            inputs.setdefault(run, []).append(call.data)
        for run, some in list(inputs.items())[:40]:
            was = run in before.fenced
            if run == before.run and not was:
                continue
            if await _same_fenced(before, run, some[:4]):
                after.fence(run)
            elif was:
                after.fenced -= {run}
                self._unfenced()

    def _unfenced(self) -> None:
        why = "The program starts processes or threads by itself, so it ran unfenced: a patch that"
        self._tell("fence", "noted", f"{why} lets a child crash and tells otherwise isn't seen.")

    # ---- proofs and tests ----------------------------------------------------------------------

    async def _proofs(self, before: Bench, after: Bench) -> Flaw:
        signatures, shown = [], []
        controls = [
            await before.see(data) for data in (*GENERIC_CONTROLS, *self.request.corpus[:8])
        ]
        for proof in self.request.proofs:
            runs = [await before.see(proof) for _ in range(RUNS)]
            flaw = Flaw.of(runs, controls)
            shown.append({"runs": [seen_dict(seen) for seen in runs]})
            if flaw is None:
                told = "; ".join(str(seen) for seen in runs)
                self._tell(
                    "proof-before",
                    "inconclusive",
                    f"Without the patch a proof does not show one flaw three times: {told}.",
                    proofs=shown,
                )
            else:
                signatures.append(flaw)
        flaw = Flaw.together(signatures)
        wanted = self.request.expect_class
        if wanted and not _expected(flaw, wanted):
            why = f"Without the patch each run shows {flaw}, not {wanted}."
            self._tell("proof-before", "inconclusive", why, proofs=shown)
        self._tell(
            "proof-before",
            "passed",
            f"Each run shows {flaw}.",
            proofs=shown,
            fenced=before.run in before.fenced,
        )
        gone = []
        for at, proof in enumerate(self.request.proofs):
            runs = [await after.see(proof) for _ in range(RUNS)]
            was = await before.see(proof)
            gone.append({"runs": [seen_dict(seen) for seen in runs]})
            bad = next((seen for seen in runs if flaw.bad(seen)), None)
            if bad is not None:
                why = f"With the patch proof {at + 1} still ends badly: {bad}."
                self._tell("proof-gone", "failed", why, proofs=gone, trace=list(bad.trace))
            if flaw.status is not None and all(only_silenced(was, seen) for seen in runs):
                why = f"With the patch proof {at + 1} does what it did, and only ends with 0."
                self._tell("proof-gone", "failed", why, proofs=gone)
        self._tell("proof-gone", "passed", "No proof shows any fault.", proofs=gone)
        return flaw

    async def _tests(self, patch: Patch, patched: Tree, plain: _Sides) -> tuple[Call, ...]:
        """Run the tests on both sides; what they call is learnt from the side before."""
        calls: list[Call] = []
        tampered = {
            change.before: self.request.source.entries[change.before]
            for change in patch.changes
            if change.before and hints.is_test(change.before)
        }
        after = plain.after
        if tampered:
            after = await self._build(patched.replaced(tampered))
        told = []
        for line in self.request.tests:
            old = await self._test(plain.before, line)
            new = await self._test(after, line) if after.ok else (-1, "does not build")
            told.append({"test": line, "before": old[0], "after": new[0], "log": new[1][-1500:]})
            if new[0] != 0 and old[0] == 0:
                why = f"{line!r} passes without the patch and fails with it ({new[0]})."
                self._tell("tests", "failed", why, tests=told)
            if new[0] != 0:
                self._tell("tests", "inconclusive", f"{line!r} fails before and after.", tests=told)
            made = await record(
                plain.before, self.request.run, line, self.request.test_seconds, tier=self.tier
            )
            calls += made
            if old[0] != 0:
                self.mended += tuple(made)
        if self.request.tests and self.checks[-1].name != "tests":
            fixed = sum(row["before"] != 0 for row in told)
            why = f"{len(told)} pass with the patch, {fixed} of them failed without it."
            self._tell("tests", "passed", why, tests=told, calls=len(calls))
        return tuple(calls)

    async def _test(self, built: Built, line: str) -> tuple[int, str]:
        session = await start_session(limits(self.request.test_seconds), self.tier)
        try:
            await put_tree(session, built.archive)
            done = await session.exec(
                ["/bin/sh", "-c", line],
                cwd=SOURCE,
                env=quiet_options(),
                timeout=self.request.test_seconds,
            )
        finally:
            await session.close()
        log = (done.stdout + done.stderr)[-1500:].decode("utf-8", "replace")
        return (-1 if done.timed_out else done.returncode), log

    # ---- behaviour -----------------------------------------------------------------------------

    async def _others(self, before: Bench) -> list[str]:
        """Other uses of the program that its usage tells of, and that take a given input."""
        fine = []
        for run in others(self.request.run, prose(self.request.source)):
            for data in sorted(self.request.corpus, key=len, reverse=True)[:3]:
                seen = await before.see(data, run)
                if seen.ended == "quiet" and seen.exit_status == 0 and seen.stdout:
                    fine.append(run)
                    break
        return fine

    def _known(self, calls: Sequence[Call], told: Sequence[str]) -> list[Item]:
        """Every input that somebody wrote, the most trusted first."""
        items = [Item(data, "", "given") for data in self.request.corpus]
        for call in calls:
            # A call that the gate's own command wraps is made through it, or its oracle is lost.
            own = call.run in self.request.run
            items.append(Item(call.data, "" if own else call.run, "recorded"))
        runs = [*told, *(item.run for item in items if item.run)]
        runs = list(dict.fromkeys(runs))[:_MOST_COMMANDS]
        items += crossed(self.request.corpus, [call.data for call in calls], runs)
        items += [Item(data, "", "found") for data in seeds(self.request.source)]
        items += [Item(data, "", "found") for data in GENERIC_CONTROLS]
        return list({(item.data, item.run): item for item in reversed(items)}.values())[::-1]

    async def _known_inputs(
        self, known: Sequence[Item], flaw: Flaw, before: Bench, after: Bench
    ) -> list[tuple[Item, Seen]]:
        """Step 7; returns what is taken (exit status 0) without the patch."""
        taken: list[tuple[Item, Seen]] = []
        for item in known:
            old, new = await asyncio.gather(
                before.see(item.data, item.run), after.see(item.data, item.run)
            )
            verdict = weigh(flaw, old, new, item.origin)
            crossed_over = verdict is not None and item.origin == "found" and item.run
            if crossed_over and flaw.shows(await before.see(item.data)):
                continue  # it has the flaw, which this command does not show
            if verdict is not None and not await unsettled(
                before, after, item.data, item.run, RUNS
            ):
                self._tell(
                    "known-inputs",
                    "failed",
                    f"An input of the {item.origin} ones: {verdict.why}",
                    **shown(item, old, new),
                )
            if old.ended == "quiet" and old.exit_status == 0:
                taken.append((item, old))
        why = f"{len(known)} inputs are answered as before; {len(taken)} of them are taken."
        self._tell("known-inputs", "passed", why, inputs=len(known), taken=len(taken))
        return taken

    async def _bare(
        self, patched: Tree, known: Sequence[Item], benches: tuple[Bench, Bench]
    ) -> None:
        """Step 8, where the build has a sanitizer and can do without."""
        if not self.sanitized:
            return
        pair = await asyncio.gather(
            *(self._build(tree, bare.tools()) for tree in (self.request.source, patched))
        )
        if not all(built.ok for built in pair):
            self._tell("bare", "noted", "It does not build without its sanitizer.")
            return
        async with self._bench(pair[0]) as before, self._bench(pair[1]) as after:
            for bench in (before, after):
                bench.fenced = benches[0].fenced & benches[1].fenced
            inputs = [(item.data, item.run) for item in known[:_BARE]]
            found = await bare.otherwise(inputs, self.request.proofs, benches, (before, after))
        if found is not None:
            item = Item(found.data, found.run, "given")
            self._tell("bare", "failed", found.why, **shown(item, found.sanitized, found.bare))
        self._tell("bare", "passed", "Without a sanitizer it does the same.", inputs=len(inputs))

    async def _answers(
        self, taken: Sequence[tuple[Item, Seen]], before: Bench, after: Bench
    ) -> None:
        same = [(item, seen) for item, seen in taken if item.run in ("", self.request.run)]
        chosen = [(i, s) for i, s in same if i.origin != "found"] or same
        pairs = [(item.data, seen) for item, seen in chosen]
        for proof in self.request.proofs:
            why = await silence(proof, pairs, before, after)
            if why:
                digest = hashlib.sha256(proof).hexdigest()
                self._tell("answers", "failed", why, proof=digest)
        self._tell("answers", "passed", "Each proof is refused, or answered in full.")

    async def _grown(
        self,
        patch: Patch,
        patched: Tree,
        plain: _Sides,
        known: Sequence[Item],
        flaw: Flaw,
        benches: tuple[Bench, Bench],
    ) -> None:
        """Steps 10 and 11."""
        request = self.request
        sides = await self._instrumented(patched, known, benches[0])
        added = [line for change in patch.changes for line in change.added]
        how = "instrumented" if sides is not None else "plain"
        pair = sides or plain
        begun = time.monotonic()
        # One input that hangs must not take the time of hundreds that don't.
        seconds = request.run_seconds if flaw.hangs else min(request.run_seconds, 3.0)
        async with AsyncExitStack() as stack:

            async def probe(built: Built, goes_on: bool = False) -> Probe:
                made = Probe(built, request.run, seconds, goes_on=goes_on, tier=self.tier)
                made.fenced = benches[0].fenced & benches[1].fenced
                return await stack.enter_async_context(made)

            probes = (await probe(pair.before), await probe(pair.after))
            explorer = Explorer(flaw, request.source, patched, probes, benches, request.seed, added)
            beyond = await self._going_on(benches[0])
            explorer.beyond = await probe(beyond, goes_on=True) if beyond is not None else None
            finding = await explorer.explore(known, request.proofs, request.seconds)
            borne = await self._borne_out(explorer, benches) if finding is None else None
        evidence = {**explorer.counts(), "build": how, "seconds": int(time.monotonic() - begun)}
        if finding is not None:
            at = "behaviour" if finding.kind == "difference" else "variants"
            if at == "behaviour":
                self._tell("variants", "passed", "No variant ends badly.", **evidence)
            told = shown(finding.item, finding.before, finding.after)
            if finding.kind == "unsure":
                self._tell(at, "inconclusive", finding.why, **evidence, **told)
            self._tell(at, "failed", finding.why, **evidence, **told)
        self._tell("variants", "passed", "No variant ends badly.", **evidence)
        self._tell("behaviour", "passed", "Nothing that counts is answered otherwise.", **evidence)
        if borne is not None:
            flawed = frozenset(function for _, _, function in flaw.signatures)
            other = ways(patch, request.source, patched, flawed, frozenset(explorer.came_by))
            self._evidence(borne, (*doubts(patch, request.source, patched), *other))

    async def _borne_out(self, explorer: Explorer, benches: tuple[Bench, Bench]) -> Found:
        """Step 12, but for the diff: run past its flaw the program may say what it meant."""
        run, seconds = self.request.run, self.request.run_seconds
        for call in self.mended:
            own = "" if call.run in run else call.run
            if explorer.flaw.shows(await benches[0].see(call.data, own)):
                return Found({"stated by a test": 1}, ())
        async with AsyncExitStack() as stack:
            pair: list[Bench] = []
            any_taken = any(f.after.exit_status == 0 for f in explorer.notes.failing.values())
            if self.sanitized and explorer.flaw.of_memory and any_taken:
                built = await self._build(self.request.source, endless.tools())
                for fill in endless.FILLS if built.ok else ():
                    made = Bench(built, run, seconds, extra=endless.filled(fill), tier=self.tier)
                    made.fenced = benches[0].fenced & benches[1].fenced
                    pair.append(await stack.enter_async_context(made))

            async def meant(data: bytes) -> list[Seen]:
                said = []
                if explorer.beyond is not None:
                    on = await explorer.beyond.see(data)
                    said += [replace(on, ended="quiet")] if sequel.tells(on) else []
                told = await endless.answer(data, "", (pair[0], pair[1])) if pair else None
                return [*said, told] if told is not None else said

            told = telling(run, await benches[0].see(self.request.proofs[0]))
            if told and benches[0].run in explorer.probes[0].fenced:
                for probe in explorer.probes:
                    probe.fence(told)
            return await explorer.evidence(meant, told)

    def _evidence(self, borne: Found, unsettled: Sequence[hints.Hint]) -> None:
        told: dict[str, Any] = {"proven": borne.proven}
        if unsettled:
            told["diff"] = [{"path": h.path, "line": h.line, "why": h.why} for h in unsettled]
        if borne.doubts:
            first = borne.doubts[0]
            item = Item(first.failing.data, "", "kin")
            told.update(shown(item, first.failing.before, first.failing.after))
            told["doubts"] = [doubt.why for doubt in borne.doubts]
            why = f"{first.why} Look whether it is right; a test that says so (--test) settles it."
            self._tell("evidence", "inconclusive", why, **told)
        if unsettled:
            hint = unsettled[0]
            why = f"The patch {hint.why} ({hint.path}): nothing here tells whether that is right."
            self._tell("evidence", "inconclusive", why, **told)
        self._tell("evidence", "passed", _reasons(borne), **told)

    async def _instrumented(
        self, patched: Tree, known: Sequence[Item], plain: Bench
    ) -> _Sides | None:
        """Both sides instrumented, hardened if what is benign stays quiet; None without."""
        for hardened in (True, False):
            extra = tools(hardened=hardened)
            before, after = await asyncio.gather(
                self._build(self.request.source, extra), self._build(patched, extra)
            )
            if before.ok and after.ok and await self._sound(before, known, plain):
                return _Sides(before, after)
        return None

    async def _going_on(self, plain: Bench) -> Built | None:
        """The source built so that it goes on after a bad access; see ``answers`` and ``sequel``.

        Asked for only where a sanitizer saw what some proof does.
        """
        for proof in self.request.proofs:
            if (await plain.see(proof)).vouched == "sanitizer":
                built = await self._build(self.request.source, tools(hardened=True, goes_on=True))
                return built if built.ok else None
        return None

    async def _sound(self, built: Built, known: Sequence[Item], plain: Bench) -> bool:
        """Whether what is quiet on the plain build is mostly answered the same on this one."""
        trusted = [item for item in known if item.origin != "found"][:6] or list(known[-4:])
        same = []
        async with Probe(
            built, self.request.run, self.request.run_seconds, tier=self.tier
        ) as bench:
            bench.fenced = plain.fenced
            for item in trusted:
                wanted = await plain.see(item.data, item.run)
                seen = await bench.see(item.data, item.run)
                if wanted.ended == "quiet":
                    same.append(repeatable(seen) == repeatable(wanted))
        return sum(same) * 2 >= len(same)


def telling(run: str, seen: Seen) -> str:
    """The command, made to print the files that a run left behind; "" if there are none.

    >>> telling("./x {proof} >page", Seen("quiet", files=("0" * 64 + "  /work/src/page",)))
    '( ./x {proof} >page ); status=$?; cat /work/src/page 2>/dev/null; exit $status'
    """
    names = [found[1] for line in seen.files if (found := _LEFT.fullmatch(line))]
    if not names or leading(run)[0]:
        return ""
    return f"( {run} ); status=$?; cat {' '.join(names[:_MOST_FILES])} 2>/dev/null; exit $status"


def _reasons(borne: Found) -> str:
    """What bore out the answers, in words."""
    known = {name: count for name, count in borne.proven.items() if name != "not asked"}
    if not known:
        return "No input with the flaw was left to look at."
    parts = [f"{count} {name}" for name, count in sorted(known.items())]
    return f"Answers to inputs with the flaw that something bears out: {', '.join(parts)}."


def crossed(
    corpus: Sequence[bytes], recorded: Sequence[bytes], others: Sequence[str]
) -> list[Item]:
    """What somebody gave to one command, given to the others: each reads the same, or refuses."""
    few = sorted(corpus, key=len)[:_MOST_CROSSED]
    made = [Item(data, run, "found") for run in others for data in few]
    own = [data for data in dict.fromkeys(recorded) if data.strip()]
    return made + [Item(data, "", "found") for data in own[:_MOST_CROSSED]]


def _expected(flaw: Flaw, wanted: str) -> bool:
    """Whether all that the proofs show is of the class that was stated."""
    by_status = {f"exit-{flaw.status}"} if flaw.status is not None else set()
    kinds = {kind for _, kind, _ in flaw.signatures} | by_status
    return all(same_class(wanted, kind) for kind in kinds)


async def _same_fenced(bench: Bench, run: str, inputs: Sequence[bytes]) -> bool:
    """Whether ``run`` does the same to each input without processes and threads of its own.

    If it does it is fenced from here on, or else it isn't. What differs from itself, and what
    hangs, tells nothing.
    """
    run = run or bench.run
    bench.fenced -= {run}
    free = [await bench.see(data, run) for data in inputs]
    bench.fence(run)
    for data, seen in zip(inputs, free, strict=True):
        if seen.ended == "timed-out" or repeatable(await bench.see(data, run)) == repeatable(seen):
            continue
        bench.fenced -= {run}
        if repeatable(await bench.see(data, run)) == repeatable(seen):
            return False
        bench.fence(run)
    return True


def shown(item: Item, before: Seen, after: Seen) -> dict[str, Any]:
    """An input and its two answers, for the evidence: readable, and cut."""
    return {
        "input": item.data[:512].decode("latin-1"),
        "inputDigest": hashlib.sha256(item.data).hexdigest(),
        "inputBytes": len(item.data),
        "run": item.run or None,
        "origin": item.origin,
        "before": {**seen_dict(before), "told": before.stdout[:300].decode("utf-8", "replace")},
        "after": {**seen_dict(after), "told": after.stdout[:300].decode("utf-8", "replace")},
    }
