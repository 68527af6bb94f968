# SPDX-License-Identifier: Apache-2.0
"""Made-up recorded responses whose truth is known, for the tests of horizon and replay.

Five families; tasks from half a minute to a day; a model solves a task with
logit = slope·(horizon − log2 minutes) + the family's gift + the task's own, all drawn from a seed.
"""

from __future__ import annotations

import numpy as np

from proofhouse.statistics.responses import Response, Task

SIZES = {"alpha": 60, "beta": 40, "gamma": 25, "delta": 25, "omega": 10}


def world(
    horizons: dict[str, float], seed: int, *, slope: float = 0.9, task_sd: float = 0.7
) -> tuple[tuple[Task, ...], tuple[Response, ...]]:
    """Tasks and every model's responses; ``horizons`` in log2 of minutes."""
    random = np.random.default_rng(seed)
    tasks, responses = [], []
    hard: dict[str, float] = {}
    for family, size in SIZES.items():
        gift = random.normal(0, 0.4)
        for number in range(size):
            log2_minutes = random.uniform(-1, 10.5)
            task = Task(f"{family}/{number}", family, float(2**log2_minutes))
            tasks.append(task)
            hard[task.id] = slope * log2_minutes + gift + random.normal(0, task_sd)
    for model, horizon in horizons.items():
        affinity = {family: random.normal(0, 0.3) for family in SIZES}
        for task in tasks:
            logit = slope * horizon - hard[task.id] + affinity[task.family]
            solved = bool(random.random() < 1 / (1 + np.exp(-logit)))
            tokens = int(1_000 + 200 * (task.minutes or 0) * random.random())
            responses.append(Response(model, task.id, task.family, solved, tokens))
    return tuple(tasks), tuple(responses)


def responses_csv(responses: tuple[Response, ...]) -> bytes:
    """The responses file."""
    lines = ["task_id,task_family,alias,score_binarized,total_tokens"]
    lines += [f"{r.task},{r.family},{r.model},{int(r.solved)},{r.tokens}" for r in responses]
    return "\n".join(lines).encode()


def tasks_csv(tasks: tuple[Task, ...]) -> bytes:
    """The tasks file."""
    lines = ["task_id,task_family,best_available_minutes"]
    lines += [f"{t.id},{t.family},{'' if t.minutes is None else repr(t.minutes)}" for t in tasks]
    return "\n".join(lines).encode()
