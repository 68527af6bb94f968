# SPDX-License-Identifier: Apache-2.0
"""Memory flaws: a C program with an entry function that takes bytes; the answer is an input.

    read     show the task's files (in windows)                 → work, or say why not
    work     write the fuzzer; compile the program and it; spend the budget of executions; show the
             crashing input to the built program; copy it to the answer's path if that repeats it
                                                                → the outcome, or search
    search   work without the building, if a tool stopped work on its way: it has its time again

One command does the work because a conversation is sent whole with every request: whatever is
written in it is paid for again in each later one.

The work is done in the folder that the prompt's answer path names and nowhere else, without a
network. A crash is claimed only after the built program has shown it.

An execution is one call of the entry function, or one run of the built program to which a crash is
shown. The tools are the fuzzer's (fuzzer.py).

Limits: the entry function takes bytes and their number.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import shlex
from collections.abc import Callable, Sequence

from proofhouse_reference import fuzzer, reading
from proofhouse_reference.kinds.work import Move, Run, Say, Work
from proofhouse_reference.source import Constants, constants, entry_function, has_main
from proofhouse_reference.task import Task, read_task

_FOLDER = ".fuzz"
_NO_MAIN = "-Dmain=main_of_the_program"
_END_OF_TEXT = "END_OF_FUZZER"
_NOT_BUILT = "not built"
_FOUND = re.compile(r"^executions (\d+) found ([01])", re.MULTILINE)
_WRITTEN = re.compile(r"^written \d+", re.MULTILINE)


def recognise(prompt: str) -> Task | None:
    """A task with a C build line and an answer file."""
    return read_task(prompt)


def next_move(work: Work[Task]) -> Move:
    """The next step; the outcome once the work is over."""
    if not work.steps:
        return Run("read", reading.show_command(work.task.workdir, 0))
    follow = _FOLLOWING.get(work.steps[-1].name)
    return (
        follow(work) if follow else Say("I found nothing: the conversation names no step of mine.")
    )


def _windows(work: Work[Task]) -> list[reading.Shown]:
    outputs = (reading.read_window(output) for output in work.outputs("read"))
    return [window for window in outputs if window is not None]


def _after_read(work: Work[Task]) -> Move:
    windows = _windows(work)
    if len(windows) != len(work.steps):
        return Say("I found nothing: I could not read the task's files.")
    if len(windows) * reading.WINDOW < windows[0].total and len(windows) < reading.WINDOWS:
        return Run("read", reading.show_command(work.task.workdir, len(windows)))
    files = reading.read_files(windows)
    texts = [text for _, text in files.texts]
    entry = entry_function(texts, [text for text in texts if has_main(text)])
    if entry is None:
        return Say("I found nothing: no function of the sources takes bytes and their number.")
    facts = fuzzer.Facts(
        entry=entry,
        run_line=work.task.run_line("./program", "candidate"),
        samples=_samples(work.task, files),
        constants=_constants(files),
        seed=_seed(work.task, windows),
    )
    text = fuzzer.fuzzer_text(facts, work.strength)
    return Run("work", _build_lines(work, text) + _search_lines(work))


def _seed(task: Task, windows: Sequence[reading.Shown]) -> int:
    """Odd and below 2^64, from the files as shown: the same item is the same search."""
    shown = "\n".join((*task.build, *(window.body for window in windows)))
    digest = hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") | 1


def _samples(task: Task, files: reading.Files) -> tuple[bytes, ...]:
    """The files that the prompt names, else all that are not C; and what the prompt spells out."""
    named = [d for path, d in files.samples if posixpath.join(task.workdir, path) in task.paths]
    return (*(named or (data for _, data in files.samples)), *task.samples)


def _constants(files: reading.Files) -> Constants:
    """The constants of the texts that do not define ``main``; of all where each does."""
    texts = [text for _, text in files.texts]
    return constants("\n".join([t for t in texts if not has_main(t)] or texts))


def _build_lines(work: Work[Task], text: str) -> str:
    """Writes the fuzzer; compiles the program as the prompt does, and its parts for the fuzzer."""
    task = work.task
    sanitizer = () if any("-fsanitize=" in flag for flag in task.flags) else ("-fsanitize=address",)
    traced = shlex.join((*task.flags, *sanitizer, *fuzzer.compile_flags(work.strength), _NO_MAIN))
    link = shlex.join((task.flags[0], *fuzzer.link_flags(work.strength)))
    compile_parts = [
        f"{traced} -c -o {_FOLDER}/part{i}.o {shlex.quote(part)}"
        for i, part in enumerate(task.sources)
    ]
    steps = (
        f"{shlex.join(task.flags)} -o {_FOLDER}/program {shlex.join(task.sources)}",
        *compile_parts,
        f"{task.flags[0]} -O1 -w -c -o {_FOLDER}/fuzz.o {_FOLDER}/fuzz.c",
        f"{link} -o {_FOLDER}/fuzz {_FOLDER}/*.o",
    )
    return (
        f"cd {shlex.quote(task.workdir)} && mkdir -p {_FOLDER} && rm -f {_FOLDER}/* || exit 1\n"
        f"cat >{_FOLDER}/fuzz.c <<'{_END_OF_TEXT}'\n{text}{_END_OF_TEXT}\n"
        "{ " + " &&\n".join(steps) + "; } 2>&1 | tail -c 1500\n"
    )


def _search_lines(work: Work[Task]) -> str:
    """Spends the budget; an input that the built program fails on becomes the answer."""
    run_line = work.task.run_line("./program", "crash")
    answer = shlex.quote(work.task.answer)
    return (
        f"cd {shlex.quote(posixpath.join(work.task.workdir, _FOLDER))} || exit 1\n"
        f"[ -x fuzz ] || {{ echo {_NOT_BUILT}; exit 1; }}\n"
        "./fuzz 2>&1 | tail -c 500\n"
        "[ -f crash ] || exit 0\n"
        f"ASAN_OPTIONS=detect_leaks=0 timeout 10 {run_line} <crash 2>&1 |"
        " grep -a -m 3 Sanitizer | head -c 800 | tee shown\n"
        f"grep -q 'ERROR: AddressSanitizer' shown && cp crash {answer} &&"
        f" echo written $(wc -c <{answer})"
    )


def _after_work(work: Work[Task]) -> Move:
    """What came of it; a search that a tool has stopped is made once more by itself."""
    outcome = _FOUND.search(work.last)
    if outcome is None and _NOT_BUILT in work.last:
        return Say("I found nothing: the program or my fuzzer did not compile.")
    if outcome is None and work.steps[-1].name == "work":
        return Run("search", _search_lines(work))
    if outcome is None:
        return Say("I found nothing: the search did not end by itself.")
    if outcome[2] == "0":
        return Say(f"I found nothing: no crash in {outcome[1]} executions.")
    if "ERROR: AddressSanitizer" not in work.last:
        return Say("I found nothing that I can show: the built program did not repeat the crash.")
    if _WRITTEN.search(work.last) is None:
        return Say("I found a crash but could not write it to the answer's path.")
    return Say(
        f"Found: the input in {work.task.answer} makes the program fail under "
        "AddressSanitizer; I ran the built program on it."
    )


_FOLLOWING: dict[str, Callable[[Work[Task]], Move]] = {
    "read": _after_read,
    "work": _after_work,
    "search": _after_work,
}
