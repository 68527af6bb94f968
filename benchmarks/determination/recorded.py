# SPDX-License-Identifier: Apache-2.0
"""Replays of recorded responses: agreement, items, tokens, and errors by simulation.

    python benchmarks/determination/recorded.py FOLDER [ORDERS]

FOLDER holds responses.csv and tasks.csv as `proofhouse.statistics.responses` reads them. Cuts go
from 4 to 64 minutes by doublings, zones are ×/÷2 and ×/÷1.41.

Agreement is with the full bank's horizon, for models outside the zone: no error rate, since both
use the same responses. Error rates come from made-up models whose horizon is exactly at an edge of
the zone: abilities there, tasks redrawn from what the records say about them, affinities redrawn.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import special

from proofhouse.statistics.horizon import horizons, log2_horizons
from proofhouse.statistics.mixed import Difficulty, Fit, Responses
from proofhouse.statistics.proportion import clopper_pearson
from proofhouse.statistics.replay import Row, Setting, replay
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

CUTS = (4.0, 8.0, 16.0, 32.0, 64.0)


def agreement(
    responses: Sequence[Response], tasks: Sequence[Task], zone: float, orders: int
) -> None:
    """Print how often replays agree with the full bank, and what they use."""
    full = {h.model: h.p50_minutes for h in horizons(responses, tasks, resamples=100)}
    outside: list[tuple[Row, bool]] = []
    every: list[Row] = []
    for cut in CUTS:
        for row in replay(responses, tasks, Setting(cut_minutes=cut, zone=zone, orders=orders)):
            minutes = full[row.model]
            if row.decision is None or minutes is None:
                continue
            every.append(row)
            if not cut / zone < minutes < cut * zone:
                outside.append((row, minutes > cut))
    agree = np.mean([row.decision_shares_ppm[0 if above else 1] for row, above in outside]) / 1e6
    wrong = np.mean([row.decision_shares_ppm[1 if above else 0] for row, above in outside]) / 1e6
    modal = sum(row.decision == ("COVERED" if above else "NOT_COVERED") for row, above in outside)
    print(
        f"zone ×/÷{zone:.2f}, {len(outside)} models × cuts outside the zone, {orders} orders each"
    )
    print(f"  orders that agree with the full bank {agree:7.1%}, that contradict it {wrong:.1%}")
    print(f"  decisions that agree                 {modal} of {len(outside)}")
    usage("outside the zone", [row for row, _ in outside])
    usage("all             ", every)


def usage(name: str, rows: Sequence[Row]) -> None:
    """Print the items and tokens of some rows."""
    items = [row.items_used_milli / 1e3 for row in rows]
    saved = [1 - row.tokens_used_milli / 1e3 / row.tokens_full for row in rows]
    print(f"  {name}  items: mean {np.mean(items):.1f}, median {np.median(items):.1f};", end="")
    print(f" tokens saved: mean {np.mean(saved):.1%}, median {np.median(saved):.1%}")


def errors(
    responses: Sequence[Response], tasks: Sequence[Task], cut: float, zone: float, models: int
) -> None:
    """Print how often made-up models at the zone's edges are decided wrongly."""
    usable, data = arrays(responses, tasks)
    known = Fit(data).without(None)
    random = np.random.default_rng(1)
    wrong = undecided = 0
    for number in range(models):
        above = number % 2 == 1
        ability = edge(known, data, np.log2(cut) + (1 if above else -1) * np.log2(zone))
        offset = random.normal(known.offset, np.sqrt(known.variance))
        affinity = random.normal(0, known.affinity_sd, int(data.family.max()) + 1)
        logit = ability - known.slope * data.log2_minutes - offset + affinity[data.family]
        solved = random.random(len(logit)) < special.expit(logit)
        made = [
            Response("made-up", task.id, task.family, bool(right), 1)
            for task, right in zip(usable, solved, strict=True)
        ]
        setting = Setting(cut_minutes=cut, zone=zone, orders=1, seed=str(number).encode())
        row = replay([*responses, *made], tasks, setting, only=["made-up"])[0]
        wrong += row.decision == ("NOT_COVERED" if above else "COVERED")
        undecided += row.decision == "INCONCLUSIVE"
    low, high = clopper_pearson(wrong, models)
    print(f"cut {cut:g}, zone ×/÷{zone:.2f}: {models} made-up models at the zone's edges")
    print(f"  decided wrongly {wrong / models:.1%} ({low:.1%} to {high:.1%}), promised 5 %")
    print(f"  undecided       {undecided / models:.1%}")


def arrays(responses: Sequence[Response], tasks: Sequence[Task]) -> tuple[list[Task], Responses]:
    """The usable tasks, and the responses of models with tokens as a table."""
    models = sorted({r.model for r in responses if r.tokens > 0})
    usable = [task for task in tasks if task.minutes is not None]
    place = {task.id: number for number, task in enumerate(usable)}
    solved = np.full((len(models), len(usable)), np.nan)
    for r in responses:
        if r.tokens > 0 and r.task in place:
            solved[models.index(r.model), place[r.task]] = r.solved
    families = sorted({task.family for task in usable})
    return usable, Responses(
        solved=solved,
        log2_minutes=np.log2([task.minutes or 1 for task in usable]),
        family=np.array([families.index(task.family) for task in usable]),
    )


def edge(known: Difficulty, data: Responses, log2_minutes: float) -> float:
    """The ability whose expected horizon over the bank is this long."""
    abilities = np.linspace(-8, 14, 200)
    draws = np.random.default_rng(2).normal(size=(60, 1, 1))
    spread = np.sqrt(known.variance + known.affinity_sd**2)
    logit = abilities[:, None] - known.slope * data.log2_minutes - known.offset
    success = special.expit(logit + spread * draws).mean(axis=0)
    weight = 1 / np.sqrt(np.bincount(data.family)[data.family])
    found = log2_horizons(data.log2_minutes, success, weight)
    return float(np.interp(log2_minutes, found, abilities))


def main() -> None:
    """Print the figures."""
    folder = Path(sys.argv[1])
    orders = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    tasks = parse_tasks((folder / "tasks.csv").read_bytes())
    responses = parse_responses((folder / "responses.csv").read_bytes(), tasks)
    for zone in (2.0, 2**0.5):
        agreement(responses, tasks, zone, orders)
        errors(responses, tasks, 16.0, zone, 200)


if __name__ == "__main__":
    main()
