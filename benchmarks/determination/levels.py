# SPDX-License-Identifier: Apache-2.0
"""What a plan errs if its calibration does: levels truly harder or easier than the table says.

    python benchmarks/determination/levels.py [--cut -4.6] [--zone 2] [--runs 3000]

A plan of forty items of the shipped bank is made. Then it is played for models at the zone's edges,
on items that are not as hard as calibrated: all levels shifted together by so many of
their own standard errors (an error that the levels share), and each level by an error of its own.
Prints the two errors in per cent. Nothing of this is among the scenarios that refuse a plan.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from proofhouse.bank import calibration
from proofhouse.desk import plan_evaluation
from proofhouse.rules.determination import Plan
from proofhouse.statistics.rasch import probability
from proofhouse.statistics.simulation import Limits, build_checked
from proofhouse.statistics.sprt import Boundaries, decide

Floats = NDArray[np.float64]

SEED = bytes(range(32))
ERROR_PPM = 50_000


def shares(plan: Plan, sign: int, difficulties: Floats, random: np.random.Generator) -> Floats:
    """Shares of NOT_COVERED, INCONCLUSIVE and COVERED at the lower (−1) or the upper edge (1).

    ``difficulties`` are the true ones, in logits: a row a run.
    """
    ability = (plan.cut_micrologits + sign * plan.zone_micrologits) / 1e6
    solved = random.random(difficulties.shape) < probability(ability, difficulties)
    weights = [np.array([item.solved_micronats for item in plan.items])]
    weights.append(np.array([item.failed_micronats for item in plan.items]))
    verdict = decide(Boundaries.of(plan), weights[0], weights[1], solved).verdict
    return np.array([(verdict == way).mean() for way in (-1, 0, 1)])


def main() -> None:
    """Make the plan, play it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cut", type=float, default=-4.6)
    parser.add_argument("--zone", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=3_000)
    given = parser.parse_args()
    plan, _ = build_checked(
        list(plan_evaluation.candidates().items),
        round(given.cut * 1e6),
        round(given.zone * 1e6),
        ERROR_PPM,
        ERROR_PPM,
        plan_evaluation.BATCH,
        plan_evaluation.MINIMUM_ITEMS,
        40,
        SEED,
        Limits(),
        spreads=plan_evaluation.spreads(),
        runs=given.runs,
    )
    table = calibration.shipped()
    errors = {(e.family, e.level): e.standard_error_micrologits / 1e6 for e in table.entries}
    used = sorted({(item.family, item.level) for item in plan.items})
    stated = np.array([item.difficulty_micrologits for item in plan.items]) / 1e6
    level = np.array([used.index((item.family, item.level)) for item in plan.items])
    error = np.array([errors[each] for each in used])
    print(f"{len(table.references)} reference agents; standard errors of levels in logits:")
    print(f"  of all {len(errors)}  {min(errors.values()):.2f} to {max(errors.values()):.2f}")
    print(f"  of the {len(used)} in the plan  {error.min():.2f} to {error.max():.2f}")
    random = np.random.default_rng(1)
    shape = (given.runs, len(used))
    worlds = {f"all levels by {k:+d} SE": np.full(shape, k * error) for k in (-2, -1, 0, 1, 2)}
    worlds["each by its own error"] = random.standard_normal(shape) * error
    print(f"{given.runs:,} runs, %              wrong COVERED   wrong NOT_COVERED   INCONCLUSIVE")
    for name, off in worlds.items():
        low, high = (shares(plan, sign, stated + off[:, level], random) for sign in (-1, 1))
        figures = (100 * low[2], 100 * high[0], 100 * max(low[1], high[1]))
        print("{:<24}{:>18.1f}{:>20.1f}{:>15.1f}".format(name, *figures))


if __name__ == "__main__":
    main()
