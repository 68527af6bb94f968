# SPDX-License-Identifier: Apache-2.0
"""Control systems: timed requests must make a simulated plant leave its envelope.

A prompt of this kind names a C build line, an answer file, a sample of lines "at TICK HEX", and
the ticks there are. An execution is one run of the plant on one candidate with one seed; ``RUNS``
has the budgets. A candidate that leaves the envelope is run with eight further seeds, each an
execution, before it counts as found, and shown to the program as the prompt builds it, with a seed
not used before.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from proofhouse_reference import forked
from proofhouse_reference.kinds.script import Script, follow
from proofhouse_reference.kinds.service import sample_of
from proofhouse_reference.kinds.work import Move, Work
from proofhouse_reference.task import Task, read_task

_LINE = re.compile(r"\bat TICK HEX\b")
_TICKS = re.compile(r"\bTicks lie in 0 to (\d{1,6})\b")
_SEED = 77

RUNS = {
    "weak": 100,
    "weak-plus": 1_000,
    "fair": 2_000,
    "good": 6_000,
    "strong": 15_000,
    "expert": 40_000,
}
"""The budget of each strength, in runs of the plant."""


@dataclass(frozen=True)
class PlantTask:
    """The task as read, where its sample lies, and the last tick."""

    task: Task
    sample: str
    last_tick: int


def recognise(prompt: str) -> PlantTask | None:
    """A task with a build line, an answer of timed requests, and a sample."""
    task, ticks = read_task(prompt), _TICKS.search(prompt)
    if task is None or ticks is None or not _LINE.search(prompt):
        return None
    sample = sample_of(task.paths)
    return PlantTask(task, sample, int(ticks[1])) if sample else None


def next_move(work: Work[PlantTask]) -> Move:
    """Search, then the outcome."""
    task, strength, folder = work.task.task, work.strength, forked.FOLDER
    runs = RUNS.get(strength.name, strength.executions)
    sources = [shlex.quote(source) for source in task.sources]
    answer = shlex.quote(task.answer)
    script = Script(
        folder=task.workdir,
        search=forked.search_text(forked.plant(work.task.last_tick), strength),
        lines=forked.build_lines(task.flags, sources, strength) + "\n"
        f"[ -x {folder}/search ] || exit 1\n"
        f"{folder}/search {runs} {shlex.quote(work.task.sample)}"
        f" {' '.join(sources)}\n"
        f"[ -f {folder}/find ] || exit 0\n"
        f"timeout 10 {folder}/program run {folder}/find {_SEED} | tail -n 1 | grep -q left &&"
        f" cp {folder}/find {answer} && echo written $(wc -c <{answer})",
    )
    return follow(work, script, "way out of the envelope")
