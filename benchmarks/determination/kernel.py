# SPDX-License-Identifier: Apache-2.0
"""How long the integer kernel takes, and how many items the test saves.

    python benchmarks/determination/kernel.py

Prints: plans parsed and determinations made per second; and the mean number of items that three
sequential tests take from the same bank of 100 items for the same errors, for abilities spread
evenly about the cut: Wald's test of the share solved, in random order (the peer); the test on the
scale at the cut, in random order; and plans of `build_plan`.
"""

from __future__ import annotations

import time

import numpy as np

from proofhouse.rules.determination import Plan, determine, next_batch
from proofhouse.statistics.plan import build_plan
from proofhouse.statistics.rasch import probability
from proofhouse.statistics.sprt import Boundaries, decide

ZONE, ERROR = 500_000, 50_000
LEVELS = [(level, index) for level in range(1, 10) for index in range(12)][:100]
BANK = [(f"toy/{level}/{index:02d}", (level - 5) * 500_000) for level, index in LEVELS]


def speed(plan: Plan) -> None:
    """Plans parsed, and full runs decided, per second."""
    value = plan.to_dict()
    start = time.perf_counter()
    for _ in range(20):
        Plan.parse(value)
    parsed = 20 / (time.perf_counter() - start)
    given = {item.id: "solved" if place % 2 else "failed" for place, item in enumerate(plan.items)}
    outcomes = {}
    while batch := next_batch(plan, outcomes):
        outcomes |= {item.id: given[item.id] for item in batch}
    start = time.perf_counter()
    for _ in range(200):
        determine(plan, outcomes)
    decided = 200 / (time.perf_counter() - start)
    print(f"plans of {len(plan.items)} items parsed per second       {parsed:8.0f}")
    print(f"determinations over {len(outcomes)} items per second     {decided:8.0f}")


def share_test(random: np.random.Generator, abilities: np.ndarray) -> np.ndarray:
    """Items that Wald's test of the share solved takes in random order."""
    b = np.array([difficulty for _, difficulty in BANK]) / 1e6
    edges = [float(probability(sign * ZONE / 1e6, b).mean()) for sign in (-1, 1)]
    solved_weight = round(np.log(edges[1] / edges[0]) * 1e6)
    failed_weight = round(np.log((1 - edges[1]) / (1 - edges[0])) * 1e6)
    order = random.permuted(np.tile(b, (len(abilities), 1)), axis=1)
    solved = random.random(order.shape) < probability(abilities[:, None], order)
    ends = Boundaries(1, 10, -2_944_439, 2_944_439)
    weights = [np.full(len(b), weight) for weight in (solved_weight, failed_weight)]
    return decide(ends, weights[0], weights[1], solved).items


def scale_test(random: np.random.Generator, abilities: np.ndarray, near: bool) -> np.ndarray:
    """Items that the test on the scale takes, in random order or in that of a plan."""
    items = []
    for place, ability in enumerate(abilities):
        seed = place.to_bytes(32, "big")
        plan = build_plan(BANK, 0, ZONE, ERROR, ERROR, 1, 10, 100, seed)
        listed = list(plan.items) if near else [plan.items[i] for i in random.permutation(100)]
        b = np.array([item.difficulty_micrologits for item in listed]) / 1e6
        made = decide(
            Boundaries.of(plan),
            np.array([item.solved_micronats for item in listed]),
            np.array([item.failed_micronats for item in listed]),
            (random.random(100) < probability(ability, b))[None, :],
        )
        items.append(int(made.items[0]))
    return np.array(items)


def main() -> None:
    """Print the figures."""
    speed(build_plan(BANK, 0, ZONE, ERROR, ERROR, 5, 10, 100, bytes(32)))
    abilities = np.tile(np.linspace(-2, 2, 9), 20)
    peer = share_test(np.random.default_rng(1), np.tile(abilities, 10)).mean()
    print(f"items, share solved, random order (peer)    {peer:8.1f}")
    for near, name in ((False, "items, on the scale, random order"), (True, "items, plan")):
        mean = scale_test(np.random.default_rng(2), abilities, near).mean()
        print(f"{name:43} {mean:8.1f}   {mean / peer:.2f} of the peer's")


if __name__ == "__main__":
    main()
