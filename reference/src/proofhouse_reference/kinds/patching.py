# SPDX-License-Identifier: Apache-2.0
"""Repairs: a C program, a report and an input that shows the flaw; the answer is a unified diff.

    read     show the task's files (in windows)                 → build, or say why not
    build    compile the program; keep what it prints for the inputs there are; show the flaw
                                                                → try
    try      compile candidate repairs one after the other until one passes: the input that shows
             the flaw shows none, everything else prints what it did
                                                                → write, or say that none passed
    write    the candidate as a diff, to the answer's path      → the outcome

An execution is one candidate that is compiled and tested; ``BUILDS`` has the budgets. The tools
are, each with those before it (the templates are repairs.py's):

    none         the limit that the report tells, in the reported function's checks
    DICTIONARY   the function's constants and numbers as bounds
    COVERAGE     search: lifetimes, in every function
    PATCHING     the flaw's own trace in place of the report's; extents in a function's checks;
                 changed copies of the input as further tests
    SOLVING      extents at each call of a function; two repairs at once: these, and a NULL after
                 a free of a member

A changed copy is a test as everything else is: what the program as given handled without a fault
is to be answered the same, and nothing may show a fault.

Limits: a candidate that passes may be wrong for inputs that are not at hand; candidates change no
header; trying ends after ``SECONDS``.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from proofhouse_reference import reading, repairs
from proofhouse_reference.kinds.work import Move, Run, Say, Work
from proofhouse_reference.repairs import Candidate, Function, Sources
from proofhouse_reference.strengths import Strength, Tool
from proofhouse_reference.task import Task, read_task

BUILDS = {"weak": 5, "weak-plus": 8, "fair": 12, "good": 20, "strong": 25, "expert": 30}
"""The budget of each strength, in candidates that are compiled and tested."""

SECONDS = 150
"""How long candidates may be tried, in seconds."""

MUTANTS = 40
"""How many changed copies of the input are tests."""

_FOLDER = ".patch"
_END = "END_OF_PATCH"
_ASKED = re.compile(r"\bunified diff\b", re.IGNORECASE)
_SAFE = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
_FRAME = re.compile(r"#\d+ (?:0x[0-9a-f]+ in )?(\w+)")
_PASSED = re.compile(r"^passed (\d+)$", re.MULTILINE)
_TRIED = re.compile(r"^tried (\d+)$", re.MULTILINE)
_RUN = "ASAN_OPTIONS=detect_leaks=0 timeout 10"


@dataclass(frozen=True)
class _Flaw:
    """What there is to go by: sources, report, the input's path and bytes, the other inputs."""

    sources: Sources
    report: str
    proof: str
    data: bytes
    others: tuple[str, ...]


def recognise(prompt: str) -> Task | None:
    """A task with a C build line and an answer that is a unified diff."""
    return read_task(prompt) if _ASKED.search(prompt) else None


def next_move(work: Work[Task]) -> Move:
    """The next step; the outcome once the work is over."""
    if not work.steps:
        return Run("read", reading.show_command(work.task.workdir, 0))
    follow = _FOLLOWING.get(work.steps[-1].name)
    return (
        follow(work) if follow else Say("I found nothing: the conversation names no step of mine.")
    )


def candidates(
    sources: Sources, strength: Strength, report: str, trace: str
) -> tuple[Candidate, ...]:
    """The candidates of a strength in the order they are tried, no more than its budget."""
    found: dict[Candidate, None] = {}
    most = BUILDS.get(strength.name, strength.executions)
    for candidate in _proposed(sources, strength, report, trace):
        if len(found) == most:
            break
        if candidate:
            found[candidate] = None
    return tuple(found)


def _proposed(sources: Sources, strength: Strength, report: str, trace: str) -> Iterator[Candidate]:
    shown = trace if Tool.PATCHING in strength.tools else report
    near = _named(sources, shown)
    time = "overflow" not in shown and ("free" in shown or not near)
    every = (*near, *(f for f in sources.functions if f not in near))
    lifetimes = repairs.lifetimes(sources, every) if Tool.COVERAGE in strength.tools else iter(())
    if time:
        yield from lifetimes
        return
    if Tool.PATCHING in strength.tools:
        yield from repairs.extents_here(sources, near[:3])
    calls: list[Candidate] = []
    if Tool.SOLVING in strength.tools:
        calls += filter(None, repairs.extents_at_calls(sources, near[:3]))
        yield from calls
    yield from repairs.limits(sources, _named(sources, report)[:1], report)
    if Tool.DICTIONARY in strength.tools:
        yield from repairs.constants(sources, near[:1])
    yield from lifetimes
    for first, clear in product(calls, repairs.clearings(sources)):
        yield (*first, *clear)


def _named(sources: Sources, text: str) -> tuple[Function, ...]:
    """The program's functions that a trace names, in its order."""
    known = {function.name: function for function in sources.functions}
    names = dict.fromkeys(_FRAME.findall(text))
    return tuple(known[name] for name in names if name in known and name != "main")


def _flaw(work: Work[Task]) -> _Flaw | None:
    """What the files that were read say; None if they can't be read or show no flaw."""
    windows = [reading.read_window(output) for output in work.outputs("read")]
    files = reading.read_files([window for window in windows if window is not None])
    named = [
        (path, data)
        for path, data in files.samples
        if posixpath.join(work.task.workdir, path) in work.task.paths
    ]
    report = next((data for _, data in named if b"Sanitizer" in data), b"")
    proofs = [(p, d) for p, d in named if posixpath.basename(p).encode() in report and d != report]
    texts = [(path, text[:-1]) for path, text in files.texts if _SAFE.fullmatch(path)]
    if not proofs or not texts:
        return None
    path, data = proofs[0]
    others = tuple(p for p, _ in files.samples if p != path)
    return _Flaw(Sources(texts), report.decode("utf-8", "replace"), path, data, others)


def _after_read(work: Work[Task]) -> Move:
    windows = [reading.read_window(output) for output in work.outputs("read")]
    first = windows[0]
    if first is None or None in windows:
        return Say("I found nothing: I could not read the task's files.")
    if len(windows) * reading.WINDOW < first.total and len(windows) < reading.WINDOWS:
        return Run("read", reading.show_command(work.task.workdir, len(windows)))
    flaw = _flaw(work)
    if flaw is None:
        return Say("I found nothing: no report and input that shows the flaw are among the files.")
    if not all(_SAFE.fullmatch(source) for source in work.task.sources):
        return Say("I found nothing: the sources lie where I do not work.")
    return Run("build", _build_lines(work, flaw))


def _build_lines(work: Work[Task], flaw: _Flaw) -> str:
    """Compiles the program in parts, records what it prints, shows its trace."""
    task = work.task
    flags = shlex.join(task.flags)
    folders = sorted({posixpath.dirname(s).partition("/")[0] for s in task.sources})
    copies = [f"cp -r {shlex.quote(f'../{f}')} w/" if f else "cp ../*.[ch] w/" for f in folders]
    parts = [f"(cd .. && {flags} -c -o {_FOLDER}/o/{_object(s)} {s})" for s in task.sources]
    inputs = [f"cp {shlex.quote(f'../{path}')} i/{i}" for i, path in enumerate(flaw.others)]
    return (
        f"cd {shlex.quote(task.workdir)} && rm -rf {_FOLDER} && mkdir {_FOLDER} &&"
        f" cd {_FOLDER} && mkdir o r w i || exit 1\n"
        + " &&\n".join((*copies, *parts, f"{flags} -o original o/*.o"))
        + " || { echo not built; exit 1; }\n"
        + "\n".join((f"cp {shlex.quote(f'../{flaw.proof}')} proof", *inputs))
        + "\n"
        + _mutants(work.strength, flaw.data)
        + f"""for f in i/*; do
  {_RUN} {_run(task, "./original", '"$f"')} >out 2>err; code=$?
  grep -q Sanitizer err || {{ echo $code >>out; mv out "r/${{f#i/}}"; }}
done
{_RUN} {task.run_line("./original", "proof")} 2>&1 | grep -a -E '^ +#[0-9]+ |ERROR' | head -c 3000
echo built
"""
    )


def _mutants(strength: Strength, data: bytes) -> str:
    """Shell lines that write changed copies of the input: one byte of each is another."""
    if Tool.PATCHING not in strength.tools or not data:
        return ""
    lines = ['change() { { head -c $2 proof; printf "$3"; tail -c +$(($2 + 2)) proof; } >i/m$1; }']
    for number in range(MUTANTS):
        at = number * 7 % len(data) if len(data) % 7 else number % len(data)
        value = (data[at] + (1, -1, 2, -4, 16)[number % 5]) % 256
        lines.append(f"change {number} {at} '\\{value:03o}'")
    return "\n".join(lines) + "\n"


def _run(task: Task, program: str, file: str) -> str:
    """The line that runs a program on a file, which is a shell expression."""
    return task.run_line(program, "THE_FILE").replace("THE_FILE", file)


def _object(source: str) -> str:
    return source.replace("/", "_") + ".o"


def _after_build(work: Work[Task]) -> Move:
    flaw = _flaw(work)
    if flaw is None or not work.last.rstrip().endswith("built") or "not built" in work.last:
        return Say("I found nothing: the program did not build.")
    todo = candidates(flaw.sources, work.strength, flaw.report, work.last)
    if not todo:
        return Say("I found nothing: no repair that I know fits what the report tells.")
    return Run("try", _try_lines(work.task, flaw, todo))


def _try_lines(task: Task, flaw: _Flaw, todo: tuple[Candidate, ...]) -> str:
    """Compiles and tests the candidates in their order until one passes."""
    flags = shlex.join(task.flags)
    run = _run(task, "./candidate", '"$1"')
    attempts = "\n".join(
        f"attempt {number} {_scripts(candidate)}" for number, candidate in enumerate(todo)
    )
    return f"""cd {shlex.quote(posixpath.join(task.workdir, _FOLDER))} || exit 1
end=$(($(date +%s) + {SECONDS}))
shown() {{ {_RUN} {run} >out 2>err; echo $? >>out; ! grep -q Sanitizer err; }}
check() {{
  shown proof || return 1
  for f in i/*; do
    shown "$f" || return 1
    [ ! -f "r/${{f#i/}}" ] || cmp -s out "r/${{f#i/}}" || return 1
  done
}}
attempt() {{
  number=$1; shift; changed=; ok=1
  [ $(date +%s) -lt $end ] || return
  rm -rf n; cp -r o n
  while [ $# -gt 1 ]; do sed "$2" "../$1" >"w/$1"; changed="$changed $1"; shift 2; done
  for f in $changed; do
    (cd w && {flags} -c -o "../n/$(echo $f | tr / _).o" $f) 2>/dev/null || ok=0
  done
  [ $ok = 1 ] && {flags} -o candidate n/*.o && check && {{ echo passed $number; exit 0; }}
  for f in $changed; do cp "../$f" "w/$f"; done
  echo tried $number
}}
{attempts}
echo none
"""


def _scripts(candidate: Candidate) -> str:
    """The files that a candidate changes, each with its edits for sed, as shell words."""
    scripts: dict[str, list[str]] = {}
    for edit in candidate:
        text = "\\\n".join(line.replace("\\", "\\\\") for line in edit.lines)
        command = f"{edit.line + 1}c\\\n{text}" if edit.lines else f"{edit.line + 1}d"
        scripts.setdefault(edit.path, []).append(command)
    return " ".join(shlex.join((path, "\n".join(s))) for path, s in scripts.items())


def _after_try(work: Work[Task]) -> Move:
    flaw = _flaw(work)
    passed = _PASSED.search(work.last)
    if flaw is None or passed is None:
        tried = len(_TRIED.findall(work.last))
        return Say(f"I found nothing: none of {tried} candidate repairs passed my tests.")
    todo = candidates(flaw.sources, work.strength, flaw.report, work.outputs("build")[-1])
    if int(passed[1]) >= len(todo):
        return Say("I found nothing: the tool's answer names no candidate of mine.")
    diff = repairs.unified(flaw.sources, todo[int(passed[1])])
    answer = shlex.quote(work.task.answer)
    return Run("write", f"cat >{answer} <<'{_END}' && echo written\n{diff}{_END}\n")


def _after_write(work: Work[Task]) -> Move:
    if "written" not in work.last:
        return Say("I found a repair but could not write it to the answer's path.")
    return Say(
        f"Found: the diff in {work.task.answer} builds, the input shows no fault any more, and "
        "the other inputs that I have are answered as before."
    )


_FOLLOWING: dict[str, Callable[[Work[Task]], Move]] = {
    "read": _after_read,
    "build": _after_build,
    "try": _after_try,
    "write": _after_write,
}
