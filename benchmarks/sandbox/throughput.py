# SPDX-License-Identifier: Apache-2.0
"""Sandboxed samples per second, as a ratio to plain Inspect with its unsandboxed provider.

    python benchmarks/sandbox/throughput.py [SAMPLES] [ROUNDS] [TIER...]

One task of Inspect's own (its `react` agent, a scripted model, one call of its `bash` tool a
sample), run with Inspect's `local` provider, which fences nothing off, and with ours, at 1, 4 and
16 samples at once. Every run is a process of its own; a run of few samples is subtracted from a
long one, and with it the start of the process and the import of Inspect. The ways take turns, so
that a busy machine slows them alike; medians of the rounds. Target: a ratio of at least 0.9.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile

AT_ONCE = (1, 4, 16)
FEW = 16
TARGET = 0.9

SCRIPT = """
import sys, time
from inspect_ai import Task, eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
from inspect_ai.tool import bash
count, logs, at_once, tier = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if tier == "local":
    box = "local"
else:
    from proofhouse.evaluation import provider
    from proofhouse.sandbox import Limits, check_tier
    check_tier(tier)
    box = provider.spec(Limits(), tier)
def reply(messages, *_):
    called = any(message.role == "tool" for message in messages)
    call = ("submit", {"answer": "done"}) if called else ("bash", {"command": "echo done"})
    output = ModelOutput.for_tool_call("mockllm", *call)
    output.usage = ModelUsage(input_tokens=10, output_tokens=10, total_tokens=20)
    return output
samples = [Sample(id=f"s{n}", input=f"item {n}", target="done", sandbox=box) for n in range(count)]
task = Task(dataset=samples, solver=react(tools=[bash()]), scorer=includes())
begun = time.monotonic()
log = eval(task, model=get_model("mockllm/model", custom_outputs=reply), log_dir=logs,
           display="none", ctl_server=False, log_realtime=False, max_samples=at_once,
           log_level="error")[0]
assert log.status == "success" and log.results.scores[0].metrics["accuracy"].value == 1, log.error
print(time.monotonic() - begun)
"""


def seconds(samples: int, at_once: int, tier: str) -> float:
    """How long so many samples take."""
    with tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-c", SCRIPT, str(samples), logs, str(at_once), tier]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return float(done.stdout.split()[-1])


def rate(samples: int, at_once: int, tier: str) -> float:
    """Samples per second."""
    return samples / (seconds(samples + FEW, at_once, tier) - seconds(FEW, at_once, tier))


def main(samples: int, rounds: int, tiers: list[str]) -> None:
    """Print a line for each tier and each number of samples at once."""
    for at_once in AT_ONCE:
        rates: dict[str, list[float]] = {tier: [] for tier in ("local", *tiers)}
        for _ in range(rounds):
            for tier, found in rates.items():
                found.append(rate(samples, at_once, tier))
        plain = statistics.median(rates["local"])
        print(f"{at_once:2} at once  local     {plain:7.1f} samples/s", flush=True)
        for tier in tiers:
            ours = statistics.median(rates[tier])
            note = f"  target {TARGET}" if tier == "bwrap" else ""
            told = f"{ours:7.1f} samples/s  {ours / plain:5.2f} of local{note}"
            print(f"{'':12}{tier:9} {told}", flush=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    main(*[*numbers, *(120, 3)[len(numbers) :]], sys.argv[3:] or ["bwrap"])
