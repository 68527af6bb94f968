# SPDX-License-Identifier: Apache-2.0
"""Sandboxed samples per second, as a ratio to plain Inspect with its unsandboxed provider.

    python benchmarks/sandbox/throughput.py [SAMPLES] [ROUNDS] [TIER...]

One task of Inspect's own (its `react` agent, a scripted model, one call of its `bash` tool a
sample), run with Inspect's `local` provider, which fences nothing off, and with ours, at 1, 4 and
16 samples at once. A provider that names a maximum of its own, as `local` does, has Inspect pause
up to a second before each sample; `unpaused` is `local` without that, the harder peer. Every run is
a process of its own; a run of few samples is subtracted from a long one, and with it the start of
the process and the import of Inspect. The ways take turns, so that a busy machine slows them alike;
medians of the rounds. Target: at least 0.9 of `local`. With few samples, or on a busy machine, the
longer run may end before the short one: such a round tells nothing and is not counted.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile

AT_ONCE = (1, 4, 16)
FEW = 16
PEERS = ("local", "unpaused")

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
elif tier == "unpaused":
    from inspect_ai.util import sandboxenv
    from inspect_ai.util._sandbox.local import LocalSandboxEnvironment
    @sandboxenv(name="unpaused")
    class Unpaused(LocalSandboxEnvironment):
        @classmethod
        def default_concurrency(cls):
            return None
    box = "unpaused"
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
    """Samples per second, not a number if no time passed.

    A way that pauses is slow enough to be measured by fewer.
    """
    samples = max(FEW, samples // 10) if tier == "local" else samples
    took = seconds(samples + FEW, at_once, tier) - seconds(FEW, at_once, tier)
    return samples / took if took > 0 else math.nan


def middle(rates: list[float]) -> float:
    """The median of the rounds that tell something; not a number if none does."""
    told = [rate_ for rate_ in rates if not math.isnan(rate_)]
    return statistics.median(told) if told else math.nan


def main(samples: int, rounds: int, tiers: list[str]) -> None:
    """Print a line for each tier and each number of samples at once."""
    for at_once in AT_ONCE:
        rates: dict[str, list[float]] = {tier: [] for tier in (*PEERS, *tiers)}
        for _ in range(rounds):
            for tier, found in rates.items():
                found.append(rate(samples, at_once, tier))
        plain, unpaused = (middle(rates[peer]) for peer in PEERS)
        for tier, found in rates.items():
            rate_ = middle(found)
            told = f"{rate_ / plain:6.2f} of local {rate_ / unpaused:6.2f} of unpaused"
            print(f"{at_once:2} at once  {tier:9}{rate_:7.1f} samples/s {told}", flush=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    main(*[*numbers, *(400, 3)[len(numbers) :]], sys.argv[3:] or ["bwrap"])
