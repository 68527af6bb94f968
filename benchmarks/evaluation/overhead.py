# SPDX-License-Identifier: Apache-2.0
"""What our running of a sample costs over plain Inspect's, on a mock model.

    python benchmarks/evaluation/overhead.py [SAMPLES]

Three ways to run the same samples, each in a process of its own, the import of Inspect and the
start of the process taken out by subtracting a run of ten samples:

    plain       `inspect_ai.eval` with its own `react` agent, no sandbox
    ours        `proofhouse.evaluation.run`, no sandbox: batches of 20 from the parent, every answer
                graded and every record kept and scanned in the parent before the next batch
    sandboxed   ours, each sample in a bubblewrap sandbox of its own with one command run in it

Prints milliseconds a sample and the ratios to plain. A mock reply costs nothing, so the ratio is
of the harnesses alone: a real model's seconds a sample make it vanish.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import FinishedSample, Job, ModelSpec, Reply, Score, TaskItem
from proofhouse.sandbox import Limits

BATCH = 20
AT_ONCE = 10

PLAIN = """
import sys, time
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
began = time.monotonic()
eval(task, model=model, log_dir=logs, display="none", ctl_server=False, log_realtime=False,
     log_header_only=True, max_samples=at_once)
print(time.monotonic() - began)
"""


def plain(samples: int) -> float:
    """Seconds of plain Inspect for so many samples."""
    with tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-c", PLAIN, str(samples), logs, str(AT_ONCE)]
        return float(subprocess.run(command, capture_output=True, check=True).stdout)


def ours(samples: int, sandboxed: bool) -> float:
    """Seconds of ours for so many samples."""
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
        began = time.monotonic()
        asyncio.run(run(job, next_batch=next_batch, grade=grade, finished=kept.append))
        took = time.monotonic() - began
    if any(sample.outcome != "solved" for sample in kept):
        raise SystemExit("a sample was not solved: this measures nothing")
    return took


def main(samples: int) -> None:
    """Print the three figures and the two ratios."""
    few = 10
    cost = {
        "plain": plain(samples) - plain(few),
        "ours": ours(samples, False) - ours(few, False),
        "sandboxed": ours(samples, True) - ours(few, True),
    }
    for name, seconds in cost.items():
        each = 1000 * seconds / (samples - few)
        print(f"{name:10} {each:7.2f} ms a sample   {seconds / cost['plain']:5.2f} of plain")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
