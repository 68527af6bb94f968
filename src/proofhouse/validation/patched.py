# SPDX-License-Identifier: Apache-2.0
"""The judge of items whose answer is a patch: the gate, with hidden inputs in place of grown ones.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer: it is applied, built and run

It is the clearinghouse's gate in its order, and made of its parts; what a gate has to find out
about somebody's program, the generator knows about its own. An answer is solved if and only if

1. *applies*: it is a unified diff of at most ``ANSWER_LIMIT`` bytes that fits with no fuzz, and
   changes, adds or deletes C sources and headers in ``src/`` and nothing else
2. *tricks*: nothing in its text talks to a sanitizer or catches a fault (``hints``)
3. *builds*: with the item's own command, which keeps what it compiles after preprocessing
4. *calls*: nothing in that turns the sanitizer off or is written in assembly, what the program
   calls is what it called before, or memory and strings, and nothing in its objects stands in for
   the system or takes its place (``compiled``); the file of ``main`` is put back first
5. *proof-gone*: the proof, three times, and *behaviour*: every sample and every hidden input. Each
   is quiet, with the exit status and output of the rightly repaired program

The patched program is hostile. It runs in sessions that hold nothing but itself and one input at a
time, no answer among it, and starts no process or thread; what it did is read from outside: exit
status, output, and a sanitizer's report under the nonce of the run.

``prove`` checks that no hidden file is shown, that the program as given shows what its report
tells, three times, and more than one way; that the reference solution passes, all inputs twice with
the same answers; that where the program as given is quiet it is right; and that each of the item's
bad repairs, the empty answer and what the item shows are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofhouse.bank.item import ANSWER_LIMIT, INPUT, File, Item
from proofhouse.bank.patch.oracle import CASES, PROOF, REPORT, WRONG, PatchOracle
from proofhouse.errors import FormatError, RefusedError
from proofhouse.formats.canonical import dumps, loads
from proofhouse.oracles.errors import UnfitMachineError
from proofhouse.oracles.judging import RUNS, Evidence, Grade, Proven, check_hidden, unproven
from proofhouse.validation import hints
from proofhouse.validation.compiled import ASK, Compiled, objection, read
from proofhouse.validation.patches import apply, parse
from proofhouse.validation.program import SOURCE, Bench, Built, Seen, build
from proofhouse.validation.sources import Entry, Tree, make_tree

_BUILD_SECONDS = 60.0
_EXPECTED = "expected.json"
_NOTHING = (frozenset[str](), frozenset[str](), frozenset[str]())
_PLACE = "{proof}"  # what a run command of the gate calls its input
_MOST_TEXT = 16 << 20
# What the preprocessor makes is kept, with its macros, and is what is compiled; the table of calls
# into libraries can't be written to.
_KEEP = "-save-temps -g3 -Wl,-z,relro,-z,now"
_COMPILED = "/work/compiled"
_GATHER = f"cat ./*.i >{_COMPILED}"
_MARKER = re.compile(r'^# \d+ "[^"\n]*"[ \d]*$|^#(?:define|undef) .*$', re.MULTILINE)
_MAIN = re.compile(rb"^int main\s*\(", re.MULTILINE)
_MAY_CHANGE = re.compile(r"src/[A-Za-z0-9_.-]+\.[ch]")
_PURE = re.compile(
    r"(?:__)?(?:(?:c|m|re)alloc|reallocarray|free|mem(?:chr|cmp|cpy|move|rchr|set)|bcmp"
    r"|str(?:cat|chr|cmp|cpy|len|ncat|ncmp|ncpy|nlen|rchr)|s?n?printf|putchar|puts)(?:_chk)?"
    r"|__errno_location|__stack_chk_fail"
)
"""What a repair may call besides what the program called before."""
_CHECKING = re.compile(
    r"__asan_(?:report_\w+|memcpy|memmove|memset|init|version_mismatch_check_v\d+|stack_malloc_\w+"
    r"|stack_free_\w+|(?:un)?register_globals|register_elf_globals|unregister_elf_globals"
    r"|handle_no_return|option_detect_stack_use_after_return|set_shadow_\w+|load\w+|store\w+"
    r"|(?:un)?poison_stack_memory|alloca_poison|allocas_unpoison)"
)
"""What the compiler calls for the sanitizer."""
_UNFIT = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"no_sanitize|no_address_safety|disable_sanitizer", "takes code out of checking"),
        (r"\b__(?:a|l|ub|t|m)san_|\b__sanitizer_", "talks to the sanitizer"),
        (r"#\s*pragma\s+GCC\s+(?:optimize|target|push_options)", "changes how code is compiled"),
        (
            r"__attribute(?:__)?\s*\(\([^;{]{0,400}\b(?:__)?(?:optimize|target|section|alias|ifunc"
            r"|weakref|naked|constructor|destructor)(?:__)?\b",
            "changes how code is compiled",
        ),
        (r"\b(?:asm|__asm)\b", "is written in assembly"),
        (r'\b__asm__\b(?!\s*\(\s*""\s*"__(?:isoc\d\d|xpg)_?\w+"\s*\))', "is written in assembly"),
    )
)

Answered = tuple[int | None, bytes]


@dataclass(frozen=True)
class _Refused:
    """An answer that does not come as far as being run, or fails there: at which step, and why."""

    step: str
    why: str

    def grade(self) -> Grade:
        """The verdict."""
        return Grade(False, f"{self.step}: {self.why}")


@dataclass(frozen=True)
class _Expected:
    """What the repaired program answers to each input, and how the program given is made."""

    answers: tuple[Answered, ...]
    calls: frozenset[str]
    given: Compiled

    def to_bytes(self) -> bytes:
        """For an artefact of the proof."""
        answers = [[status, out.hex()] for status, out in self.answers]
        given = replace(self.given, macros=frozenset(filter(self.may_call, self.given.macros)))
        value: Any = {"answers": answers, "calls": sorted(self.calls), "given": given.to_value()}
        return dumps(value)

    def may_call(self, name: str) -> bool:
        """Whether a repair may call it."""
        return name in self.calls or _PURE.fullmatch(name) is not None

    @classmethod
    def of(cls, proven: Proven) -> _Expected:
        """From the artefact."""
        value: Any = loads(next(f.data for f in proven.artefacts if f.path == _EXPECTED))
        answers = tuple((status, bytes.fromhex(out)) for status, out in value["answers"])
        return cls(answers, frozenset(value["calls"]), Compiled.of(value["given"]))


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge the patch ``answer`` in fresh sessions of ``tier``; raises as ``Bench``."""
    expected = _Expected.of(proven)
    return (await _Judging(proven.item, tier).graded(answer, expected)).grade


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Build ``item`` and check that it holds what every item must.

    Raises UnprovenItemError naming the check that failed, UnfitMachineError if nothing can be
    built here.
    """
    _check_hidden(item)
    judging = _Judging(item, tier)
    given = await build(judging.source, f"{judging.line} {_KEEP}", _BUILD_SECONDS, tier=tier)
    if not given.ok:
        raise UnfitMachineError(
            f"The program of {item.id} doesn't build here: {given.log.partition(chr(10))[0][:200]}",
            hint="Install gcc with AddressSanitizer (Debian: apt install gcc libasan8).",
        )
    judging.milliseconds += given.milliseconds
    async with judging.bench(given) as bench:
        known = _Expected((), await _calls(bench), (await _compiled(bench))[0])
        shown = await _check_report(item, bench)
        before = [await bench.see(data) for data in judging.inputs]
        judging.milliseconds += (await (await bench.session()).usage()).cpu_milliseconds
    reference = await judging.graded(item.solution, known)
    if not reference.grade.solved:
        raise unproven(item, "reference", f"its reference solution fails: {reference.grade.reason}")
    expected = replace(known, answers=reference.answers)
    variants = _check_before(item, before, expected.answers)
    refused = await _check_wrong(item, judging, expected)
    evidence = (
        Evidence("hidden", "no hidden file in the files or the prompt"),
        Evidence("report", f"{shown}, {RUNS} times"),
        Evidence("variants", f"{variants} hidden inputs show a fault in the program as given"),
        Evidence("reference", f"{reference.grade.reason} Twice, with the same answers."),
        Evidence("wrong answers", "; ".join(refused)),
    )
    artefacts = (File(_EXPECTED, expected.to_bytes()),)
    return Proven(
        item, given.archive, reference.grade, evidence, judging.milliseconds, artefacts=artefacts
    )


@dataclass(frozen=True)
class _Graded:
    """A verdict, and the answers that were seen."""

    grade: Grade
    answers: tuple[Answered, ...] = ()


class _Judging:
    """One item's source, inputs and commands; ``milliseconds`` adds up what was computed."""

    def __init__(self, item: Item, tier: str) -> None:
        self.item, self.tier = item, tier
        self.milliseconds = 0
        self.source = make_tree((file.path, Entry(file.data)) for file in item.files)
        self.line = " ".join(item.build)
        self.inputs = _inputs(item)

    def bench(self, built: Built) -> Bench:
        """A place to run a built program in."""
        run = " ".join(_PLACE if word == INPUT else word for word in self.item.run)
        bench = Bench(built, run, self.item.timeout_seconds, tier=self.tier)
        bench.fence()
        return bench

    async def graded(self, answer: bytes, expected: _Expected) -> _Graded:
        """All steps; without expected answers every quiet one is right that is given twice."""
        tree = _applied(self.source, answer)
        if isinstance(tree, _Refused):
            return _Graded(tree.grade())
        built = await build(tree, f"{self.line} {_KEEP}", _BUILD_SECONDS, tier=self.tier)
        if not built.ok:
            return _Graded(_Refused("builds", built.log.partition("\n")[0]).grade())
        self.milliseconds += built.milliseconds
        async with self.bench(built) as bench:
            found: _Refused | _Graded | None = await self._looked(bench, expected)
            found = found or await self._ran(bench, expected)
            self.milliseconds += (await (await bench.session()).usage()).cpu_milliseconds
        return _Graded(found.grade()) if isinstance(found, _Refused) else found

    async def _looked(self, bench: Bench, known: _Expected) -> _Refused | None:
        """What the program is made of, before it has run for the first time."""
        more = sorted(n for n in await _calls(bench) if not known.may_call(n))
        if more:
            return _Refused("calls", f"{more[0][:60]}, which no repair of this program needs")
        compiled, text = await _compiled(bench)
        text = _MARKER.sub("", text)
        for pattern, why in _UNFIT:
            if pattern.search(text):
                return _Refused("calls", f"something in it {why}")
        why = objection(known.given, compiled, known.may_call)
        return _Refused("calls", why) if why else None

    async def _ran(self, bench: Bench, expected: _Expected) -> _Refused | _Graded:
        """The proof three times, then every other input; what is not expected, twice."""
        answers = list(expected.answers)
        for turn in range(1 if answers else 2):
            for at, data in enumerate(self.inputs):
                step = "proof-gone" if at == 0 else "behaviour"
                which = f"input {at} of {len(self.inputs)}"
                for _ in range(RUNS if at == 0 else 1):
                    seen = await bench.see(data)
                    if seen.ended != "quiet":
                        return _Refused(step, f"{which} ends badly: {seen}")
                    if turn == 0 and len(answers) == at:
                        answers.append(seen.answer)
                    if seen.answer != answers[at]:
                        return _Refused(step, f"{which} is answered wrongly: {seen}")
        why = f"The proof is gone, and {len(self.inputs)} inputs are answered rightly."
        return _Graded(Grade(True, why), tuple(answers))


def _inputs(item: Item) -> tuple[bytes, ...]:
    """Every input: the proof first, then what is shown, then what is hidden."""
    proof = next(file.data for file in item.files if file.path == PROOF)
    cases = (file.data for file in item.hidden if file.path.startswith(CASES))
    return (proof, *item.benign, *cases)


def _applied(source: Tree, answer: bytes) -> Tree | _Refused:
    """The patched tree."""
    if len(answer) > ANSWER_LIMIT:
        return _Refused("applies", f"the answer is longer than {ANSWER_LIMIT:,} bytes")
    try:
        patch = parse(answer)
        paths = {p for change in patch.changes for p in (change.before, change.after) if p}
        other = sorted(path for path in paths if not _MAY_CHANGE.fullmatch(path))
        if other:
            return _Refused("applies", f"it changes {other[0][:80]!r}, which is no source in src/")
        tree = apply(patch, source)
    except (FormatError, RefusedError) as error:
        return _Refused("applies", str(error))
    if any(entry.link or entry.executable for entry in tree.entries.values()):
        return _Refused("applies", "it makes a source a program or a link")
    kept = {p: e for p, e in source.entries.items() if p in paths and _MAIN.search(e.data)}
    tree = tree.replaced(kept)
    found = hints.tricks(patch)
    if found:
        return _Refused("tricks", f"{found[0].path} {found[0].why}")
    return tree


async def _calls(bench: Bench) -> frozenset[str]:
    """The functions that a built program takes from elsewhere, but the compiler's own."""
    session, program = await bench.session(), bench.run.split()[0]
    done = await session.exec(["/usr/bin/nm", "-u", program], cwd=SOURCE, timeout=30)
    words = (line.split() for line in done.stdout.decode("utf-8", "replace").splitlines())
    names = {word[-1].partition("@")[0] for word in words if word}
    return frozenset(name for name in names if not _CHECKING.fullmatch(name))


async def _compiled(bench: Bench) -> tuple[Compiled, str]:
    """What a built program was compiled from and to, and the preprocessed text."""
    session = await bench.session()
    told = await session.exec(["/bin/sh", "-c", ASK], cwd=SOURCE, timeout=30)
    done = await session.exec(["/bin/sh", "-c", _GATHER], cwd=SOURCE, timeout=30)
    if told.returncode != 0 or done.returncode != 0 or told.timed_out or done.timed_out:
        return Compiled(*_NOTHING, "", fault="can't be read"), ""
    text = (await session.read_file(_COMPILED, _MOST_TEXT)).decode("utf-8", "replace")
    return read(told.stdout, text), text


# ---- what an item is held to -------------------------------------------------------------------


def _check_hidden(item: Item) -> None:
    hidden = {"reference solution": item.solution} | {f.path: f.data for f in item.hidden}
    check_hidden(item, {name: data for name, data in hidden.items() if data})


def _oracle(item: Item) -> PatchOracle:
    assert isinstance(item.oracle, PatchOracle)
    return item.oracle


async def _check_report(item: Item, bench: Bench) -> Seen:
    """The proof shows what the report tells, three times."""
    oracle = _oracle(item)
    runs = [await bench.see(_inputs(item)[0]) for _ in range(RUNS)]
    seen = runs[0]
    if any(run.signature != seen.signature for run in runs):
        raise unproven(item, "report", "its proof does not show one flaw three times")
    if seen.vouched != "sanitizer" or seen.kind not in oracle.classes:
        raise unproven(item, "report", f"its proof shows {seen}")
    if oracle.function not in seen.functions[:3]:
        raise unproven(item, "report", f"its proof shows {seen}, another function")
    place = f"{oracle.function} {oracle.path}:{oracle.line}"
    if oracle.line and not any(line.endswith(place) for line in seen.trace):
        raise unproven(item, "report", f"its report names {place}, which is not what happens")
    report = next(file.data.decode() for file in item.files if file.path == REPORT)
    trace = tuple(re.findall(r"#\d+ (\w+)", report))
    if seen.functions[: len(trace)] != trace:
        raise unproven(item, "report", f"its report has another trace than {seen.functions}")
    return seen


def _check_before(item: Item, before: Sequence[Seen], right: Sequence[Answered]) -> int:
    """Where the program as given is quiet it is right, or takes what has to be refused."""
    shown = 1 + len(item.benign)
    for at, (seen, answer) in enumerate(zip(before, right, strict=True)):
        if seen.ended == "quiet" and seen.answer != answer and answer != (1, b"-1\n"):
            raise unproven(item, "fair", f"input {at} was answered well, and is answered otherwise")
        if 0 < at < shown and seen.answer != answer:
            raise unproven(item, "fair", f"its public test {at} does not pass")
    variants = sum(seen.ended == "crashed" for seen in before[shown:])
    if variants < 2:
        raise unproven(item, "variants", "its proof is the only input that shows the flaw")
    return variants


async def _check_wrong(item: Item, judging: _Judging, expected: _Expected) -> list[str]:
    """Each wrong answer is refused; what was said of each."""
    wrong = {"empty": b"", "prompt": item.prompt.encode()[:ANSWER_LIMIT]}
    wrong |= {f.path: f.data for f in item.files if not f.path.startswith("src/")}
    wrong |= {
        file.path.removeprefix(WRONG): file.data
        for file in item.hidden
        if file.path.startswith(WRONG)
    }
    told = []
    for name, answer in wrong.items():
        graded = await judging.graded(answer, expected)
        if graded.grade.solved:
            raise unproven(item, "wrong answers", f"its {name} counts as solved")
        told.append(f"{name} {graded.grade.reason.partition(':')[0]}")
    return told
