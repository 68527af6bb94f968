# SPDX-License-Identifier: Apache-2.0
"""What our running of a sample costs over plain Inspect's, on a mock model.

    python benchmarks/evaluation/overhead.py [SAMPLES]

Three ways to run the same samples, each in a process of its own. A run of ten samples is
subtracted, and with it the import of Inspect and the start of the process; below a few hundred
samples that difference is noise:

    plain       `inspect_ai.eval` with its own `react` agent, no sandbox
    ours        `proofhouse.evaluation.run`, no sandbox: batches of 20 from the parent, every answer
                graded and every record kept and scanned in the parent before the next batch
    sandboxed   ours, each sample in a bubblewrap sandbox of its own with one command run in it

Prints milliseconds a sample, of processor time (both processes together; steadier on a shared
machine) and of wall time, with their ratios to plain. A mock reply costs nothing, so the ratio is
of the harnesses alone: a real model's seconds a sample make it vanish.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import FinishedSample, Job, ModelSpec, Reply, Score, TaskItem
from proofhouse.sandbox import Limits

BATCH = 20
AT_ONCE = 10

PLAIN = """
import sys
from inspect_ai import Task, eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
def reply(*_):
    output = ModelOutput.for_tool_call("mockllm", "submit", {"answer": "rehearsal"})
    output.usage = ModelUsage(input_tokens=10, output_tokens=10, total_tokens=20)
    return output
count, logs, at_once = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
samples = [Sample(id=f"s{n}", input=f"item {n}", target="rehearsal") for n in range(count)]
task = Task(dataset=samples, solver=react(), scorer=includes())
model = get_model("mockllm/model", custom_outputs=reply)
eval(task, model=model, log_dir=logs, display="none", ctl_server=False, log_realtime=False,
     log_header_only=True, max_samples=at_once)
"""


class Cost(NamedTuple):
    """Seconds: of processor time, here and in the processes waited for, and of wall time."""

    cpu: float
    wall: float


def cost(work: Callable[[], object]) -> Cost:
    """What ``work`` costs."""

    def now() -> Cost:
        usages = [
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        return Cost(sum(u.ru_utime + u.ru_stime for u in usages), time.monotonic())

    before = now()
    work()
    after = now()
    return Cost(after.cpu - before.cpu, after.wall - before.wall)


def plain(samples: int) -> None:
    """Plain Inspect on so many samples."""
    with tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-c", PLAIN, str(samples), logs, str(AT_ONCE)]
        subprocess.run(command, capture_output=True, check=True)


def ours(samples: int, sandboxed: bool = False) -> None:
    """Ours on so many samples."""
    items = [TaskItem(f"bench/1/{n}", f"item {n}") for n in range(samples)]
    kept: list[FinishedSample] = []

    def next_batch() -> list[TaskItem] | None:
        return items[len(kept) : len(kept) + BATCH] or None

    async def grade(id_: str, answer: bytes, completion: str) -> Score:
        return "solved" if completion == "rehearsal" else "failed"

    commands = ("true",) if sandboxed else ()
    spec = ModelSpec("mockllm/model", replies=(Reply(commands=commands, submit="rehearsal"),))
    with tempfile.TemporaryDirectory() as logs:
        job = Job(spec, Path(logs), limits=Limits() if sandboxed else None, samples_at_once=AT_ONCE)
        asyncio.run(run(job, next_batch=next_batch, grade=grade, finished=kept.append))
    if odd := [sample for sample in kept if sample.outcome != "solved"]:
        raise SystemExit(f"{len(odd)} samples were not solved, this measures nothing: {odd[0]}")


WAYS: dict[str, Callable[[int], None]] = {
    "plain": plain,
    "ours": ours,
    "sandboxed": lambda samples: ours(samples, sandboxed=True),
}


def main(samples: int) -> None:
    """Print a line for each way."""
    few = 10
    base: Cost | None = None
    for name, way in WAYS.items():
        many, start = cost(lambda way=way: way(samples + few)), cost(lambda way=way: way(few))
        each = Cost(*(1000 * (m - s) / samples for m, s in zip(many, start, strict=True)))
        base = base or each
        print(
            f"{name:10} {each.cpu:7.2f} ms processor ({each.cpu / base.cpu:.2f} of plain)"
            f" {each.wall:7.2f} ms wall ({each.wall / base.wall:.2f} of plain)",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
