# SPDX-License-Identifier: Apache-2.0
"""Exploit chains: several services, each of which asks for the secret of the one before.

A prompt of this kind names its steps ("step1: …"), a tool ``chain`` that runs an answer, and the
answer's format: a section a step, in which {flag1} stands for the secret of step 1. Each step is
searched as a service (service.py), in the order of the steps, with the executions that are left of
``RUNS``: without the secret of one step the later ones can't count. What was won is run by the
chain's own tool, under other secrets, before it becomes the answer.

Limits: sources lie in stepN/src, samples at stepN/sample.in, as such prompts say.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass

from proofhouse_reference import forked
from proofhouse_reference.kinds.script import Script, follow
from proofhouse_reference.kinds.service import search_lines
from proofhouse_reference.kinds.work import Move, Work
from proofhouse_reference.strengths import Strength
from proofhouse_reference.task import answer_path, paths_in

_STEP = re.compile(r"^[ \t]*step(\d): ", re.MULTILINE)
_SAMPLE = re.compile(r"\bstepN/(sample(?:\.?\w)*)")
_SOURCE = re.compile(r"\bstep(\d)/([\w./-]+\.c)\b")
_FLAGS = ("gcc", "-std=gnu11", "-g", "-O1")

RUNS = {
    "weak": 100,
    "weak-plus": 1_000,
    "fair": 2_000,
    "good": 10_000,
    "strong": 20_000,
    "expert": 40_000,
}
"""The budget of each strength, in runs of a service, for all steps together."""


@dataclass(frozen=True)
class ChainTask:
    """Where the work is done, where the answer goes, each step's sources, the samples' name."""

    workdir: str
    answer: str
    steps: tuple[tuple[str, ...], ...]
    sample: str


def recognise(prompt: str) -> ChainTask | None:
    """A task with steps from 1, each with sources, a chain to run them in, and an answer file."""
    numbers = [int(found[1]) for found in _STEP.finditer(prompt)]
    answer, sample = answer_path(paths_in(prompt)), _SAMPLE.search(prompt)
    if answer is None or sample is None or "./chain" not in prompt:
        return None
    sources: dict[int, dict[str, None]] = {number: {} for number in numbers}
    for found in _SOURCE.finditer(prompt):
        sources.setdefault(int(found[1]), {})[found[2]] = None
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or sorted(sources) != numbers:
        return None
    steps = tuple(tuple(sources[number]) for number in numbers)
    return ChainTask(posixpath.dirname(answer), answer, steps, sample[1]) if all(steps) else None


def next_move(work: Work[ChainTask]) -> Move:
    """Search step by step, then the outcome."""
    task = work.task
    search = forked.search_text(forked.SERVICE, work.strength)
    script = Script(task.workdir, search, _lines(task, work.strength))
    return follow(work, script, "way to the secret", of=len(task.steps))


def _lines(task: ChainTask, strength: Strength) -> str:
    """Goes through the steps while they are won; shows the answer to the chain; prints counts."""
    folder, answer, count = forked.FOLDER, shlex.quote(task.answer), len(task.steps)
    runs = RUNS.get(strength.name, strength.executions)
    start = f"left={runs}\nwon=0\nmake -s chain >/dev/null 2>&1\n: >{folder}/answer\n"
    steps = "".join(
        f"if [ $won = {n - 1} ]; then\n{_step_lines(task, n, strength)}fi\n"
        for n in range(1, count + 1)
    )
    return (
        f"{start}{steps}"
        f'echo "all executions $(({runs} - left)) found $won"\n'
        f"[ $won = 0 ] && exit 0\n"
        f"cd {folder}/again && won=$(../../chain ../answer | grep -c ': won ')\n"
        f"[ $won -gt 0 ] && cp ../answer {answer} && echo written $(wc -c <{answer}) shown $won"
    )


def _step_lines(task: ChainTask, n: int, strength: Strength) -> str:
    """Searches step n in its folder; a find that holds becomes a section of the answer."""
    folder, again = forked.FOLDER, f"../{forked.FOLDER}/again"
    sources = [shlex.quote(source) for source in task.steps[n - 1]]
    key = f"{again}/step{n - 1}/flag"
    return (
        f"cd step{n} || exit 1\nrm -rf {folder}; mkdir -p {folder} {again}/step{n}\n"
        f"cp ../{folder}/search.c {folder}/\n"
        f"{forked.build_lines(_FLAGS, sources, strength)}\n"
        f"[ -x {folder}/search ] || exit 1\n"
        f"{search_lines('$left', task.sample, sources)}"
        f"set -- $(cat {folder}/count)\nleft=$((left - ${{2:-0}}))\n"
        f"if [ -f {folder}/shown ]; then\nwon={n}\n"
        f"cp {folder}/check/flag {folder}/program {again}/step{n}/ &&"
        f" mv {again}/step{n}/program {again}/step{n}/target\n"
        + (f"cp {key} {again}/step{n}/key\n" if n > 1 else "")
        + f"key=$(tr -d '\\n' <{'key' if n > 1 else '/dev/null'} | od -An -v -tx1 | tr -d ' \\n')\n"
        f"{{ echo step {n}; printf 'hex '; od -An -v -tx1 {folder}/find | tr -d ' \\n' |"
        f' sed "s/${{key:-none}}/{{flag{n - 1}}}/g"; echo; }} >>../{folder}/answer\nfi\ncd ..\n'
    )
