# SPDX-License-Identifier: Apache-2.0
"""One table: what each sequential test spends, how often it agrees, and how often it errs.

    python benchmarks/determination/table.py [FOLDER] [--orders 300] [--models 400]

FOLDER holds responses.csv, tasks.csv and, where there are any, published_horizons.csv (layouts of
"Offensive Cyber Task Horizons", Lyptus Research 2026); without one, ten made-up models on a made-up
bank take their place.

Thresholds of 3, 10, 30, 100 and 200 minutes, zones of ×/÷2 and ×/÷1.41, at least 10 tasks,
alpha = beta = 0.05, families by turns.

**Recorded.** Each model in `orders` random orders, parameters from the others. *Agreement* with the
full bank's decision; models whose published interval meets the zone are listed apart. Intervals are
clustered by model. This is no error rate: both decisions use the same responses.

**Simulated.** Made-up models on the same tasks at the zone's two edges, `models` each per
threshold, parameters from the recorded models, in the five worlds of `worlds`. Wrong COVERED at the
lower edge and wrong NOT_COVERED at the upper one, the mean over thresholds and the worst; and how
many stay INCONCLUSIVE, beside the least that any test could leave that errs no more than allowed
(`floor`). The weights of our two views were chosen on these worlds, with the recorded seven models
in view; models not among them are its test.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import floor
import numpy as np
from scipy import special
from worlds import LEARNABLE, WORLDS, logits, outcomes
from worlds import world as made_world

from proofhouse.rules.determination import Plan, next_batch
from proofhouse.statistics.clustered import Mean, mean_with_error
from proofhouse.statistics.expected import Bank as Items
from proofhouse.statistics.expected import choose
from proofhouse.statistics.horizon import horizons
from proofhouse.statistics.likelihood import Known
from proofhouse.statistics.peers import METHODS, Mixed, Pilot, Question, Test
from proofhouse.statistics.proportion import clopper_pearson
from proofhouse.statistics.replay import Bank
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

CUTS = (3.0, 10.0, 30.0, 100.0, 200.0)
ZONES = (2.0, 2**0.5)
FIRST = 10
FLOOR_MODELS = 1_000
NAMES = {
    "pilot": "pilot (baseline)",
    "mixed": "ours",
    "bernoulli": "Bernoulli SPRT",
    "interval": "interval stopping",
    "eprocess": "e-process alone",
}


@dataclass
class World:
    """The records, each model's decision by the full bank, and its interval."""

    bank: Bank
    full: dict[str, tuple[float, float, float]]

    @property
    def whole(self) -> np.ndarray:
        """All tasks."""
        return np.arange(len(self.bank.log2_minutes))


@dataclass(frozen=True)
class Run:
    """One method on one model at one cut and zone, means over orders."""

    method: str
    model: str
    zone: float
    apart: bool
    items: float
    beyond: float
    tokens_beyond: float
    saved: float
    disagree: float
    inconclusive: float


def read(folder: Path | None) -> World:
    """The records of a folder, or made-up ones."""
    if folder is None:
        tasks, responses = made_up()
        full = {}
    else:
        tasks = parse_tasks((folder / "tasks.csv").read_bytes())
        responses = parse_responses((folder / "responses.csv").read_bytes(), tasks)
        full = published(folder / "published_horizons.csv")
    minutes = {task.id: task.minutes for task in tasks}
    usable = [r for r in responses if r.tokens > 0 and minutes[r.task] is not None]
    models = list(dict.fromkeys(r.model for r in usable))
    others = [r for r in usable if r.model not in full]
    for row in horizons(others, tasks) if others else ():
        full[row.model] = row.p50_minutes or 0, row.low_minutes or 0, row.high_minutes or 1e9
    return World(Bank(usable, minutes, models), full)


def published(path: Path) -> dict[str, tuple[float, float, float]]:
    """Published horizons with their intervals in minutes, by model; none if there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {
            row["agent"]: (float(row["p50"]), float(row["p50q0.025"]), float(row["p50q0.975"]))
            for row in csv.DictReader(file)
        }


def made_up() -> tuple[list[Task], list[Response]]:
    """Ten models from 2 minutes to 17 hours on 200 tasks of five families."""
    random = np.random.default_rng(11)
    tasks = [Task(f"t{i}", f"f{i % 5}", float(2 ** random.uniform(0, 10))) for i in range(200)]
    hard = random.normal(0, 1, 200) + random.normal(0, 0.7, 5)[np.arange(200) % 5]
    responses = []
    for model in range(10):
        affinity = random.normal(0, 0.4, 5)
        for place, task in enumerate(tasks):
            logit = 0.9 * (1 + model - math.log2(task.minutes or 1)) - hard[place]
            solved = random.random() < special.expit(logit + affinity[place % 5])
            tokens = int(1_000 * (task.minutes or 1) ** 0.5) + 1
            responses.append(Response(f"m{model}", task.id, task.family, bool(solved), tokens))
    return tasks, responses


def question(cut: float, zone: float) -> Question:
    return Question(math.log2(cut), math.log2(zone), 50_000, 50_000, FIRST)


def recorded(world: World, orders: int) -> list[Run]:
    """Every method on every model at every cut and zone; ours first, as others match its cost."""
    runs = []
    for zone in ZONES:
        for cut in CUTS:
            for number in range(len(world.bank.models)):
                tasks = np.flatnonzero(np.isfinite(world.bank.solved[number]))
                known = world.bank.known(number, tasks)
                for name in ("mixed", *(each for each in NAMES if each != "mixed")):
                    test = METHODS[name](known, question(cut, zone))
                    random = np.random.default_rng([number, round(cut * 10)])
                    listed = test.orders(orders, random)
                    solved = world.bank.solved[number, tasks] == 1
                    verdict, used = test.decide(solved, listed)
                    runs.append(run(world, NAMES[name], number, cut, zone, listed, verdict, used))
                    if name == "mixed":
                        cost = round(float(used.mean()))
                taken = np.argsort(
                    np.random.default_rng(number).random((orders, len(tasks))), axis=1
                )
                guess = subset(known, cut, solved, taken[:, :cost])
                used = np.full(orders, cost)
                runs.append(run(world, "random subset", number, cut, zone, taken, guess, used))
                runs.append(run(world, "always NOT_COVERED", number, cut, zone, taken,
                                np.full(orders, -1), np.zeros(orders, int)))  # fmt: skip
    return runs


def subset(known: Known, cut: float, solved: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The likelier side of the cut after a fixed random subset of tasks, on the pilot's scale."""
    pilot = Pilot(known, question(cut, 2.0))
    verdicts = []
    for order in taken:
        last = pilot.paths(solved, order)[-1]
        middle = len(last) // 2
        above, below = (np.logaddexp.reduce(part) for part in (last[middle + 1 :], last[:middle]))
        verdicts.append(1 if above > below else -1)
    return np.array(verdicts)


def run(world, name, number, cut, zone, listed, verdict, used) -> Run:
    """What came of one method's orders."""
    model = world.bank.models[number]
    tasks = np.flatnonzero(np.isfinite(world.bank.solved[number]))
    spent = np.cumsum(world.bank.tokens[number, tasks][listed], axis=1)
    rows = np.arange(len(listed))
    tokens = np.where(used > 0, spent[rows, np.maximum(used, 1) - 1], 0)
    p50, low, high = world.full[model]
    truth = 1 if p50 > cut else -1
    return Run(
        method=name,
        model=model,
        zone=zone,
        apart=low <= cut * zone and high >= cut / zone,
        items=float(used.mean()),
        beyond=float(np.maximum(used - FIRST, 0).mean()),
        tokens_beyond=float(np.maximum(tokens - spent[:, FIRST - 1], 0).mean()) / 1e6,
        saved=float(1 - (tokens / spent[:, -1]).mean()),
        disagree=float((verdict == -truth).mean()),
        inconclusive=float((verdict == 0).mean()),
    )


def print_recorded(runs: list[Run]) -> None:
    """The recorded half of the table."""
    for zone in ZONES:
        for apart in (False, True):
            some = [r for r in runs if r.zone == zone and r.apart == apart]
            if not some:
                continue
            count = len({(r.model) for r in some})
            what = (
                "interval meets the zone: listed apart" if apart else "interval clear of the zone"
            )
            print(f"\nRecorded, zone ×/÷{zone:.2f}, {what} ({count} models)")
            print(f"{'':20}{'tasks':>7}{'beyond ten':>26}{'tokens (M) beyond ten':>27}{'saved':>8}"
                  f"{'disagree, %':>25}{'inconclusive':>14}")  # fmt: skip
            for name in dict.fromkeys(r.method for r in some):
                mine = [r for r in some if r.method == name]
                models = [r.model for r in mine]
                of = lambda key: mean_with_error([getattr(r, key) for r in mine], models)  # noqa: B023, E731
                print(f"{name:20}{of('items').estimate:7.1f}{told(of('beyond')):>26}"
                      f"{told(of('tokens_beyond')):>27}{of('saved').estimate:8.1%}"
                      f"{told(of('disagree'), 100):>25}"
                      f"{of('inconclusive').estimate:14.1%}")  # fmt: skip
            base, ours = ([r for r in some if r.method == n] for n in ("pilot (baseline)", "ours"))
            for key, word in (("beyond", "tasks"), ("tokens_beyond", "tokens")):
                ratio = sum(getattr(r, key) for r in ours) / sum(getattr(r, key) for r in base)
                print(f"  ours / baseline, {word} beyond ten: {ratio:.0%}", end="")
            print()


def told(mean: Mean, scale: float = 1.0) -> str:
    return f"{mean.estimate * scale:.2f} ({mean.low * scale:.2f} to {mean.high * scale:.2f})"


def simulated(world: World, models: int) -> None:
    """The simulated half of the table."""
    known = world.bank.known(None, world.whole)
    for zone in ZONES:
        print(f"\nSimulated, zone ×/÷{zone:.2f}, {models} models at each edge of each threshold; %")
        print(f"{'':20}{'world':>9}{'wrong COVERED':>24}{'worst':>7}{'wrong NOT_COVERED':>24}"
              f"{'worst':>7}{'INCONCLUSIVE':>24}{'tasks':>7}")  # fmt: skip
        for name in NAMES:
            if name in ("interval", "eprocess"):
                continue
            tests = {cut: METHODS[name](known, question(cut, zone)) for cut in CUTS}
            learnable = []
            for kind in WORLDS:
                shares = [edges(tests[cut], known, kind, cut, zone, models) for cut in CUTS]
                told_row(NAMES[name], kind, shares, models)
                learnable += shares if kind in LEARNABLE else []
            told_row(NAMES[name], "first 4", learnable, models)
        print_floors(known, zone, FLOOR_MODELS)


def told_row(
    method: str, kind: str, shares: list[tuple[int, int, int, float]], models: int
) -> None:
    """One row: errors, their worst, INCONCLUSIVE at both edges, tasks."""
    cells = []
    for side, runs in ((0, models), (1, models), (2, 2 * models)):
        counts = [share[side] for share in shares]
        low, high = clopper_pearson(sum(counts), runs * len(shares))
        part = sum(counts) / runs / len(shares)
        cells.append(f"{f'{part * 100:.1f} ({low * 100:.1f} to {high * 100:.1f})':>24}")
        if side < 2:
            cells.append(f"{max(counts) / models * 100:7.1f}")
    items = sum(share[3] for share in shares) / len(shares)
    print(f"{method:20}{kind:>9}{''.join(cells)}{items:7.1f}", flush=True)


def print_floors(known: Known, zone: float, models: int) -> None:
    """The least INCONCLUSIVE of any test within alpha and beta, all tasks seen."""
    every = {kind: made_world(kind, known) for kind in WORLDS}
    rows: dict[tuple[str, str], list[floor.Floor]] = {}
    aims = {kind: [float(kind == other) for other in LEARNABLE] for kind in LEARNABLE}
    aims["first 4"] = [1 / len(LEARNABLE)] * len(LEARNABLE)
    for cut in CUTS:
        for kind, of in every.items():
            (one,) = floor.floors([of], [[1.0]], cut, zone, models)
            rows.setdefault(("floor, world known", kind), []).append(one)
        all_four = [every[kind] for kind in LEARNABLE]
        for kind, one in zip(
            aims, floor.floors(all_four, list(aims.values()), cut, zone, models), strict=True
        ):
            rows.setdefault(("floor, not known", kind), []).append(one)
    for (name, kind), found in rows.items():
        told_floor = floor.mean(found).told()
        print(f"{name:20}{kind:>9}{'at most 5':>24}{'':7}{'at most 5':>24}{'':7}{told_floor:>24}"
              f"{len(known.family):7.1f}", flush=True)  # fmt: skip


def edges(
    test: Test, known: Known, kind: str, cut: float, zone: float, models: int
) -> tuple[int, int, int, float]:
    """Wrong COVERED, wrong NOT_COVERED, undecided at both edges, tasks taken."""
    asked = question(cut, zone)
    random = np.random.default_rng([round(cut * 10), round(zone * 100)])
    counts, undecided, items = [], 0, 0.0
    for edge, wrong in ((asked.cut - asked.zone, 1), (asked.cut + asked.zone, -1)):
        solved = outcomes(made_world(kind, known), edge, models, random)
        verdict, used = test.decide(solved, test.orders(models, random))
        counts.append(int((verdict == wrong).sum()))
        undecided += int((verdict == 0).sum())
        items += float(used.mean()) / 2
    return counts[0], counts[1], undecided, items


def curve(world: World, models: int) -> None:
    """How ours and the baseline behave from an eighth to eight times the threshold."""
    known = world.bank.known(None, world.whole)
    learned = made_world("learned", known)
    print("\nSimulated (learned), zone ×/÷2, mean over thresholds: COVERED / NOT_COVERED %, tasks")
    factors = ("1/8", "1/4", "1/2", "1", "2", "4", "8")
    print(f"{'horizon / threshold':20}" + "".join(f"{factor:>18}" for factor in factors))
    for name in ("pilot", "mixed"):
        cells = []
        for step in (-3, -2, -1, 0, 1, 2, 3):
            made = []
            for cut in CUTS:
                random = np.random.default_rng([round(cut * 10), step + 9])
                test = METHODS[name](known, question(cut, 2.0))
                solved = outcomes(learned, math.log2(cut) + step, models, random)
                made.append(test.decide(solved, test.orders(models, random)))
            covered = np.mean([(v == 1).mean() for v, _ in made]) * 100
            not_covered = np.mean([(v == -1).mean() for v, _ in made]) * 100
            items = np.mean([u.mean() for _, u in made])
            cells.append(f"{covered:5.1f}/{not_covered:5.1f} {items:5.1f}")
        print(f"{NAMES[name]:20}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


def wald(world: World, models: int) -> None:
    """Expected tokens against Wald's bound for who knows every true parameter."""
    bank = world.bank
    known = bank.known(None, world.whole)
    learned = made_world("learned", known)
    with np.errstate(invalid="ignore"):
        cost = np.nanmean(np.where(np.isfinite(bank.solved), bank.tokens, np.nan), axis=0)
    alpha = beta = 0.05
    needed = (1 - beta) * math.log((1 - beta) / alpha) + beta * math.log(beta / (1 - alpha))
    print("\nExpected tokens (M) at the zone's edges, world learned, against Wald's lower bound")
    for zone in ZONES:
        ratios = []
        for cut in CUTS:
            asked = question(cut, zone)
            test = Mixed(known, asked)
            random = np.random.default_rng(3)
            view = test.seen[0]
            span = float(
                view.ability(asked.cut + asked.zone) - view.ability(asked.cut - asked.zone)
            )
            for edge, sign in ((asked.cut - asked.zone, 1), (asked.cut + asked.zone, -1)):
                logit = logits(learned, edge, models, random)
                solved = random.random(logit.shape) < special.expit(logit)
                orders = test.orders(models, random)
                _, used = test.decide(solved, orders)
                spent = np.cumsum(cost[orders], axis=1)[np.arange(models), used - 1].mean()
                bound = np.mean([cheapest(row, sign * span, cost, needed) for row in logit])
                ratios.append((spent, bound))
        spent, bound = np.mean(ratios, axis=0) / 1e6
        print(
            f"  zone ×/÷{zone:.2f}: ours {spent:.2f}, bound {bound:.2f}, ratio {spent / bound:.1f}"
        )


def cheapest(logit: np.ndarray, shift: float, cost: np.ndarray, needed: float) -> float:
    """The fewest tokens that can carry the evidence Wald's test needs, tasks taken in part.

    Admissible are tasks that carry at least half of what the best carries: cheap trivial ones would
    else be the answer.
    """
    p, q = special.expit(logit), special.expit(logit + shift)
    carried = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    fit = np.flatnonzero(carried >= carried.max() / 2)
    best = fit[np.argsort(-carried[fit] / cost[fit])]
    before = np.concatenate([[0.0], np.cumsum(carried[best])[:-1]])
    part = np.clip((needed - before) / carried[best], 0, 1)
    return float((part * cost[best]).sum())


def speed() -> None:
    """Choosing the next batch from a bank of 10,000 items."""
    random = np.random.default_rng(0)
    difficulty = np.sort(random.normal(0, 2, 10_000))
    rows = tuple(
        (f"f{i % 8}/{i % 6}/{i}", f"f{i % 8}", i % 6, i, round(b * 1e6), 1_000_000)
        for i, b in enumerate(difficulty)
    )
    plan = Plan.weigh(rows, batch_size=5, minimum_items=10, maximum_items=10_000,
                      cut_micrologits=0, zone_micrologits=500_000,
                      alpha_ppm=50_000, beta_ppm=50_000)  # fmt: skip
    outcomes = {item.id: "solved" if i % 2 else "failed" for i, item in enumerate(plan.items[:5])}
    items = Items(difficulty, np.ones(10_000), np.arange(10_000) % 8)
    taken = np.zeros(10_000, bool)
    print("\nThe next batch of five from a bank of 10,000 items")
    for name, call in (
        ("as the plan has it", lambda: next_batch(plan, outcomes)),
        ("by expected evidence", lambda: choose(items, taken, 0.3, -0.5, 0.5, 5, random)),
    ):
        start = time.perf_counter()
        for _ in range(20):
            call()
        print(f"  {name:24}{(time.perf_counter() - start) / 20 * 1e3:.2f} ms")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--models", type=int, default=400)
    given = parser.parse_args()
    world = read(given.folder)
    print_recorded(recorded(world, given.orders))
    simulated(world, given.models)
    curve(world, given.models // 2)
    wald(world, given.models // 2)
    speed()


if __name__ == "__main__":
    main()
