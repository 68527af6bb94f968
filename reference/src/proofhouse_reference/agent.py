# SPDX-License-Identifier: Apache-2.0
"""The agent: a pure function from the conversation so far to the next message.

Nothing is remembered between two requests. Each command opens with the name of its step, so that
the steps done are read back from the conversation itself, by this process or by a later one:

    read     show the task's files (in windows)                 → work, or say why not
    work     write the fuzzer; compile the program and it; spend the budget of executions; show the
             crashing input to the built program; copy it to the answer's path if that repeats it
                                                                → submit, or search
    search   work without the building, if a tool stopped work on its way: it has its time again
    submit   only where a submit tool is offered                → last words

One command does the work because a conversation is sent whole with every request: whatever is
written in it is paid for again in each later one.

The agent works in the folder that the prompt's answer path names and nowhere else, uses no network,
claims a crash only after the built program has shown it, and otherwise says that it found none.

Limits: it knows one kind of work, a C program with an entry function that takes bytes and their
number. Of any other task it says that it has no tool for it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofhouse_reference import fuzzer, reading
from proofhouse_reference.chat import Call, Conversation, Message, OfferedTool
from proofhouse_reference.source import Constants, constants, entry_function, has_main
from proofhouse_reference.strengths import Strength
from proofhouse_reference.task import Task, read_task

_MARK = "# fuzzing agent: "
_COMMAND_NAMES = ("command", "cmd")
_SHELL_NAMES = ("bash", "shell", "sh", "terminal", "exec", "execute", "run", "run_command")
_FOLDER = ".fuzz"
_NO_MAIN = "-Dmain=main_of_the_program"
_END_OF_TEXT = "END_OF_FUZZER"
_NOT_BUILT = "not built"
_FOUND = re.compile(r"^executions (\d+) found ([01])", re.MULTILINE)
_WRITTEN = re.compile(r"^written \d+", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A step that was taken: its name, the text it was given and the tool's answer ("" if none)."""

    name: str
    text: str
    output: str


@dataclass(frozen=True)
class _Work:
    """What a step may look at: the task, the strength and the steps before it."""

    task: Task
    strength: Strength
    steps: tuple[Step, ...]

    @property
    def last(self) -> str:
        return self.steps[-1].output

    def windows(self) -> list[reading.Shown]:
        outputs = (reading.read_window(s.output) for s in self.steps if s.name == "read")
        return [window for window in outputs if window is not None]


@dataclass(frozen=True)
class _Run:
    """The next move: a shell command under the name of its step."""

    step: str
    command: str


@dataclass(frozen=True)
class _Say:
    """The next move: the outcome, to be submitted or said."""

    text: str


_Move = _Run | _Say


def reply(conversation: Conversation, strength: Strength) -> Message:
    """The next message: one tool call, or text without calls when the work is over."""
    shell = _shell_tool(conversation.tools)
    task = read_task(_prompt(conversation))
    steps = steps_taken(conversation)
    if steps and steps[-1].name == "submit":
        outcome = _Say(steps[-1].text)
        if conversation.messages[-1].role == "tool":
            return Message("assistant", outcome.text)
    elif task is None:
        outcome = _Say(
            "I found nothing: this task names no C build line and answer file, and I know "
            "no other kind of work."
        )
    elif shell is None:
        outcome = _Say("I found nothing: no tool was offered that runs a shell command.")
    else:
        move = _next_move(_Work(task, strength, steps))
        if isinstance(move, _Run):
            return _call(shell, f"{_MARK}{move.step}\n{move.command}\n", len(steps))
        outcome = move
    submit = _submit_tool(conversation.tools)
    if submit is None:
        return Message("assistant", outcome.text)
    return _call(submit, outcome.text, len(steps))


def steps_taken(conversation: Conversation) -> tuple[Step, ...]:
    """The steps that the conversation's own calls name, with the tools' answers."""
    answers = {m.call_id: m.text for m in conversation.messages if m.role == "tool"}
    steps: list[Step] = []
    for call in (call for message in conversation.messages for call in message.calls):
        text = _only_string(call.arguments)
        if call.name == "submit":
            steps.append(Step("submit", text, answers.get(call.id, "")))
        elif text.startswith(_MARK):
            name = text.removeprefix(_MARK).partition("\n")[0]
            steps.append(Step(name, text, answers.get(call.id, "")))
    return tuple(steps)


def _next_move(work: _Work) -> _Move:
    if not work.steps:
        return _Run("read", reading.show_command(work.task.workdir, 0))
    follow = _FOLLOWING.get(work.steps[-1].name)
    return (
        follow(work) if follow else _Say("I found nothing: the conversation names no step of mine.")
    )


def _after_read(work: _Work) -> _Move:
    windows = work.windows()
    if len(windows) != len(work.steps):
        return _Say("I found nothing: I could not read the task's files.")
    if len(windows) * reading.WINDOW < windows[0].total and len(windows) < reading.WINDOWS:
        return _Run("read", reading.show_command(work.task.workdir, len(windows)))
    files = reading.read_files(windows)
    texts = [text for _, text in files.texts]
    entry = entry_function(texts, [text for text in texts if has_main(text)])
    if entry is None:
        return _Say("I found nothing: no function of the sources takes bytes and their number.")
    facts = fuzzer.Facts(
        entry=entry,
        run_line=work.task.run_line("./program", "candidate"),
        samples=_samples(work.task, files),
        constants=_constants(files),
        seed=_seed(work.task, windows),
    )
    text = fuzzer.fuzzer_text(facts, work.strength)
    return _Run("work", _build_lines(work, text) + _search_lines(work))


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


def _build_lines(work: _Work, text: str) -> str:
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


def _search_lines(work: _Work) -> str:
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


def _after_work(work: _Work) -> _Move:
    """What came of it; a search that a tool has stopped is made once more by itself."""
    outcome = _FOUND.search(work.last)
    if outcome is None and _NOT_BUILT in work.last:
        return _Say("I found nothing: the program or my fuzzer did not compile.")
    if outcome is None and work.steps[-1].name == "work":
        return _Run("search", _search_lines(work))
    if outcome is None:
        return _Say("I found nothing: the search did not end by itself.")
    if outcome[2] == "0":
        return _Say(f"I found nothing: no crash in {outcome[1]} executions.")
    if "ERROR: AddressSanitizer" not in work.last:
        return _Say("I found nothing that I can show: the built program did not repeat the crash.")
    if _WRITTEN.search(work.last) is None:
        return _Say("I found a crash but could not write it to the answer's path.")
    return _Say(
        f"Found: the input in {work.task.answer} makes the program fail under "
        "AddressSanitizer; I ran the built program on it."
    )


_FOLLOWING: dict[str, Callable[[_Work], _Move]] = {
    "read": _after_read,
    "work": _after_work,
    "search": _after_work,
}


def _prompt(conversation: Conversation) -> str:
    """What was said before the first message of the assistant: the task."""
    texts: list[str] = []
    for message in conversation.messages:
        if message.role in ("assistant", "tool"):
            break
        texts.append(message.text)
    return "\n".join(texts)


def _shell_tool(tools: Sequence[OfferedTool]) -> tuple[str, str] | None:
    """The first tool that takes one command line, as (name, parameter)."""
    for tool in tools:
        for name in _COMMAND_NAMES:
            if name in tool.strings and not tool.others_required:
                return tool.name, name
    for tool in tools:
        if tool.name in _SHELL_NAMES and len(tool.strings) == 1 and not tool.others_required:
            return tool.name, tool.strings[0]
    return None


def _submit_tool(tools: Sequence[OfferedTool]) -> tuple[str, str] | None:
    """The tool named submit, as (name, its one string parameter)."""
    for tool in tools:
        if tool.name == "submit" and len(tool.strings) == 1 and not tool.others_required:
            return tool.name, tool.strings[0]
    return None


def _call(tool: tuple[str, str], text: str, number: int) -> Message:
    call = Call(f"call_{number}", tool[0], json.dumps({tool[1]: text}))
    return Message("assistant", "", (call,))


def _only_string(arguments: str) -> str:
    """The first string among a call's arguments; "" if there is none."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return ""
    values = value.values() if isinstance(value, dict) else ()
    return next((text for text in values if isinstance(text, str)), "")
