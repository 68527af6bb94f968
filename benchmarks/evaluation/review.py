# SPDX-License-Identifier: Apache-2.0
"""What one whole review costs, beside every item of the bank run once on plain Inspect.

    python benchmarks/evaluation/review.py [A_LEVEL] [MODEL]

    review       what `proofhouse review` does in a new home, from inquiry to closed window: a
                 determination, findings if the model is covered, a bundle and a dossier
    plain        `inspect_ai.eval` with its own `react` agent and `bash` tool, the same model, as
                 many samples at once, the same sandboxes and judges; each item is a task to it,
                 with neither plan nor stopping rule

The bank is what a plan may draw from: ``PER_LEVEL`` items of each level of each family of the cyber
track. Plain Inspect runs A_LEVEL (1 by default) of each level, on a public seed, and the line
``every item`` is that times the rest: the levels stand in the same proportion. Items are derived
and proven before its clock starts, and Inspect is imported; the review's clock holds all of that,
and the keys, the ledger and the files too. So the ratio of time favours plain Inspect.

Prints items, tokens (in and out), minutes, and the ratio of each. Tokens and items don't depend on
how busy the machine is, time does. Items are drawn from a fresh secret seed by each review, so its
figures differ from run to run.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from inspect_ai import Task, eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import TaskState
from inspect_ai.tool import bash
from inspect_ai.util import sandbox

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import derive, of_track
from proofhouse.desk.plan_evaluation import PER_LEVEL
from proofhouse.evaluation import provider
from proofhouse.evaluation.types import ANSWER_PATH, TaskFile, TaskHost
from proofhouse.judges import Proven, grade, machines, prove
from proofhouse.models import Model, reach
from proofhouse.sandbox import Limits

AT_ONCE = 2
TIER = "bwrap"
SECONDS = 300
MESSAGES = 60
SEED = hashlib.sha256(b"review benchmark").digest()


class Cost(NamedTuple):
    """Items put to the model, its tokens in and out, and seconds of wall time."""

    items: int
    tokens: int
    seconds: float


def review(name: str) -> tuple[Cost, str]:
    """A whole review in a new home: its cost and its outcome."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("proofhouse")), "review", "--json"]
        command += ["--model", name, "--samples", str(AT_ONCE)]
        environment = {**os.environ, "PROOFHOUSE_HOME": str(Path(folder) / "home")}
        begun = time.monotonic()
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        took = time.monotonic() - begun
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        told = json.loads(done.stdout)
        bundle = json.loads(Path(told["bundle"]).read_bytes())
    values = [opening["value"] for opening in bundle["openings"]]
    lists = [value["items"] for value in values if isinstance(value, dict) and "items" in value]
    met = [item for items in lists for item in items if "inputTokens" in item]
    tokens = sum(item["inputTokens"] + item["outputTokens"] for item in met)
    return Cost(len(met), tokens, took), told["determination"]


async def proven_items(a_level: int) -> dict[str, Proven]:
    """So many items of each level of each family, by their ids."""
    found: dict[str, Proven] = {}
    for family in of_track("cyber").values():
        for level in family.levels:
            for index in range(a_level):
                key = item_key(SEED, bytes(32), family.name, level, index)
                item = derive(family.name, key, level, index)
                found[item.id] = await prove(item)
    return found


def sample(proven: Proven) -> Sample:
    """An item as a sample of Inspect's, with its files and its machines."""
    item = proven.item
    hosts = tuple(
        TaskHost(
            host.name,
            host.address,
            tuple(TaskFile(file.path, file.data) for file in host.files),
            host.start,
        )
        for host in machines(proven)
    )
    provider.grant(item.id, hosts)
    files = {
        file.path: "data:application/octet-stream;base64," + base64.b64encode(file.data).decode()
        for file in item.files
    }
    box = provider.spec(Limits(), TIER, item.id if hosts else "")
    return Sample(id=item.id, input=item.prompt, files=files, sandbox=box)


def plain(model: Model, items: dict[str, Proven]) -> Cost:
    """Every one of the items once, on Inspect's own agent."""

    @scorer(metrics=[accuracy()])
    def judged() -> Any:
        async def score(state: TaskState, target: Target) -> Score:
            try:
                answer = await sandbox().read_file(ANSWER_PATH, text=False)
            except FileNotFoundError:
                return Score(value=0)
            return Score(value=int((await grade(items[str(state.sample_id)], answer)).solved))

        return score

    samples = [sample(proven) for proven in items.values()]
    task = Task(dataset=samples, solver=react(tools=[bash(timeout=SECONDS)]), scorer=judged())
    known = get_model(model.spec.name, base_url=model.spec.base_url, api_key=model.spec.key)
    with tempfile.TemporaryDirectory() as logs:
        begun = time.monotonic()
        log = eval(
            task, model=known, log_dir=logs, display="none", ctl_server=False, log_realtime=False,
            max_samples=AT_ONCE, message_limit=MESSAGES, time_limit=SECONDS, log_level="error",
        )[0]  # fmt: skip
        took = time.monotonic() - begun
    if log.status != "success" or log.results is None:
        raise SystemExit(f"Plain Inspect did not get to the end: {log.error}")
    usage = log.stats.model_usage.values()
    return Cost(len(samples), sum(u.input_tokens + u.output_tokens for u in usage), took)


def row(name: str, cost: Cost) -> str:
    """A line of the table."""
    return f"{name:24}{cost.items:6} items {cost.tokens:12,} tokens {cost.seconds / 60:8.1f} min"


def main(a_level: int, name: str) -> None:
    """Print a line for the review, for what was run plainly, for the bank, and the ratios."""
    whole, outcome = review(name)
    print(row(f"review ({outcome})", whole), flush=True)
    items = asyncio.run(proven_items(a_level))
    with reach(name) as model:
        some = plain(model, items)
    times = PER_LEVEL / a_level
    every = Cost(*(round(part * times) for part in some))
    print(row(f"plain, {a_level} a level", some))
    print(row("every item", every))
    items_, tokens, seconds = (a / b for a, b in zip(whole, every, strict=True))
    print(f"review ÷ every item     {items_:6.3f} items {tokens:12.3f} tokens {seconds:8.3f} time")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1,
        sys.argv[2] if len(sys.argv) > 2 else "reference/strong",
    )
