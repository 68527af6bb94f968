# SPDX-License-Identifier: Apache-2.0
"""How likely a model's outcomes are if its time horizon were known: two views, weighed together.

*Learned.* Tasks are as hard as the other models found them (`mixed`): each task has a difficulty
with a variance, families have theirs, and the model may stray from both by an affinity to each
family. A horizon is turned into an ability by asking which ability has that horizon over the whole
bank (`horizon`, families weighing by the root of their size).

*By minutes.* Tasks are as hard as they are long, with one slope, give or take 1 logit a task and
half a logit a family. It knows less, but a model unlike all others is not mistaken for one of them.

    L(horizon) = 0.6·L_learned(horizon) + 0.4·L_minutes(horizon)            a Bayesian mixture

Which view fits shows within a few tasks; where they disagree about what solving a task means, the
mixture waits. A likelihood ratio of mixtures crosses Wald's boundary by chance with probability at
most about alpha *on average* over the views by their weights (A. Wald 1945, chapter 4: weight
functions); `peers.Mixed` moves its boundaries so that both errors hold in each view by itself.
In each view a task's difficulty is integrated out by itself and a family's affinity over all of
its tasks together, so that a family in which the model is lucky convinces once and not with every
task (Breslow & Clayton 1993; Gauss-Hermite, 11 nodes).

**Which tasks.** A task's worth is the divergence (S. Kullback, R. Leibler 1951, both ways) between
its outcomes at the zone's two edges: what it is expected to add to the evidence. Families take
turns in proportion to what their ten best tasks are worth, so that content is balanced where there
is anything to learn, and within a family any of the three best left is taken (randomesque choice,
Kingsbury & Zara 1989).

Limits: normal effects, one slope a view. Cost plays no part in the choice: choosing by information
per token drifts to trivial tasks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.statistics.horizon import log2_horizons
from proofhouse.statistics.mixed import Difficulty

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

LEARNED_WEIGHT = 0.6
NEAR_TASKS = 3
BEST_OF_FAMILY = 10
_MINUTES_TASK_VARIANCE = 1.0
_MINUTES_FAMILY_SD = 0.5
_FAR = 40.0  # log2 of minutes: two million years; a horizon out there is none

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
_LOG_NODE_WEIGHTS = np.log(_NODE_WEIGHTS / _NODE_WEIGHTS.sum())


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a model's tasks from everybody else.

    ``log2_minutes`` and ``family`` (numbers from 0, none left out) have one entry per task, as have
    ``difficulty.offset`` and ``.variance``. ``slope`` is by how many logits success falls with each
    doubling of minutes (the median over the other models); None if it doesn't fall.
    """

    log2_minutes: Floats
    family: Places
    difficulty: Difficulty
    slope: float | None

    @property
    def families(self) -> int:
        """How many families the tasks belong to."""
        return int(self.family.max()) + 1


@dataclass(frozen=True, slots=True)
class View:
    """One view of the tasks: logit = ability + base, with a variance per task and one per family.

    ``horizons`` (log2 of minutes, rising) are those of ``abilities``.
    """

    weight: float
    base: Floats
    variance: Floats
    family_sd: float
    abilities: Floats
    horizons: Floats

    def ability(self, log2_minutes: float | Floats) -> Floats:
        """The abilities that have these horizons."""
        return np.asarray(np.interp(log2_minutes, self.horizons, self.abilities))

    def reaches(self, log2_minutes: float) -> bool:
        """Whether some ability has this horizon."""
        reached = self.horizons[np.abs(self.horizons) < _FAR]
        return reached.size > 1 and bool(reached[0] < log2_minutes < reached[-1])


def views(known: Known) -> tuple[View, ...]:
    """Both views, or the learned one alone where success doesn't fall with minutes."""
    learned = _learned(known)
    return (learned,) if known.slope is None else (learned, _by_minutes(known, known.slope))


def _learned(known: Known) -> View:
    made = known.difficulty
    base = -made.slope * known.log2_minutes - made.offset
    abilities = np.arange(-base.max() - 8, -base.min() + 8, 0.1)
    success = average(abilities[:, None] + base, made.variance + made.affinity_sd**2)
    weight = 1 / np.sqrt(np.bincount(known.family)[known.family])
    horizons = log2_horizons(known.log2_minutes, success, weight)
    # Not a number: success doesn't fall with length at that ability, so no horizon is reached.
    horizons = np.clip(np.where(np.isnan(horizons), -_FAR, horizons), -_FAR, _FAR)
    return View(
        weight=LEARNED_WEIGHT,
        base=base,
        variance=made.variance,
        family_sd=made.affinity_sd,
        abilities=abilities,
        horizons=np.maximum.accumulate(horizons),
    )


def _by_minutes(known: Known, slope: float) -> View:
    reach = np.array([-_FAR + 1, _FAR - 1])
    return View(
        weight=1 - LEARNED_WEIGHT,
        base=-slope * known.log2_minutes,
        variance=np.full(len(known.family), _MINUTES_TASK_VARIANCE),
        family_sd=_MINUTES_FAMILY_SD,
        abilities=slope * reach,
        horizons=reach,
    )


class Likelihood:
    """The mixture over views, for some horizons at once."""

    def __init__(self, seen: Sequence[View], family: Places, log2_horizons: Floats) -> None:
        self._family = family
        self._families = int(family.max()) + 1
        total = sum(view.weight for view in seen)
        self.log_weight = np.log([view.weight / total for view in seen])
        tables = []
        for view in seen:
            shift = view.family_sd * _NODES[:, None] + view.ability(log2_horizons)
            p = average(view.base[:, None, None] + shift, view.variance[:, None, None])
            tables.append(np.stack([np.log1p(-p), np.log(p)]))
        # (failed or solved, task, view, node, horizon)
        self._table = np.stack(tables, axis=2)

    def of_run(self, tasks: Places, solved: Bools) -> Floats:
        """The log-likelihood of each horizon, for these tasks' outcomes."""
        rows = self._table[solved.astype(np.intp), tasks]
        total = np.zeros(rows.shape[1::2])
        for number in np.unique(self._family[tasks]):
            of_family = rows[self._family[tasks] == number].sum(axis=0)
            total += log_sum(of_family + _LOG_NODE_WEIGHTS[:, None], axis=1)
        return log_sum(total + self.log_weight[:, None], axis=0)

    def trace(
        self, solved: Bools, orders: Places, far: float, minimum: int
    ) -> tuple[Floats, Floats]:
        """What the first and the last horizon's likelihoods come to, task by task.

        Args:
            solved: outcomes by task, shape (tasks,) or (rows, tasks).
            orders: task numbers, shape (rows, tasks).
            far: a row whose evidence is that far from 0 after ``minimum`` tasks isn't followed
                further: its evidence stays what it is.
            minimum: of tasks.

        Returns:
            The evidence, i.e. the log-likelihood ratio of the last horizon to the first, shape
            (rows, tasks); and the log-likelihoods by view and horizon, shape (rows, tasks, views,
            2), 0 where a row isn't followed.
        """
        outcome = np.broadcast_to(solved, (len(orders), len(self._family))).astype(np.intp)
        # Nodes first: a sum over the first axis adds whole arrays.
        table = np.ascontiguousarray(np.moveaxis(self._table[..., [0, -1]], 3, 0))
        log_weights = _LOG_NODE_WEIGHTS[:, None, None, None]
        shape = (len(orders), self._families, len(self.log_weight))
        sums, by_family = np.zeros((len(_NODES), *shape, 2)), np.zeros((*shape, 2))
        evidence = np.zeros(orders.shape)
        by_view = np.zeros((*orders.shape, len(self.log_weight), 2))
        rows = np.arange(len(orders))
        for place in range(orders.shape[1]):
            task = orders[rows, place]
            family = self._family[task]
            of_family = sums[:, rows, family] + table[:, outcome[rows, task], task]
            sums[:, rows, family] = of_family
            by_family[rows, family] = log_sum(of_family + log_weights, axis=0)
            total = by_family[rows].sum(axis=1)
            by_view[rows, place] = total
            both = np.logaddexp.reduce(total + self.log_weight[:, None], axis=1)
            now = both[:, 1] - both[:, 0]
            evidence[rows, place:] = now[:, None]
            if place + 1 >= minimum:
                rows = rows[np.abs(now) < far]
                if not rows.size:
                    break
        return evidence, by_view


def draw(view: View, family: Places, horizons: Floats, random: np.random.Generator) -> Bools:
    """Outcomes of made-up models that the view is right about; shape (horizons, tasks)."""
    size = (len(horizons), len(family))
    affinity = random.normal(0, view.family_sd, (len(horizons), int(family.max()) + 1))
    error = np.sqrt(view.variance) * random.normal(size=size)
    logit = view.ability(horizons)[:, None] + view.base + error + affinity[:, family]
    return np.asarray(random.random(size) < special.expit(logit))


def worth(seen: Sequence[View], low: float, high: float) -> Floats:
    """What each task is expected to add to the evidence between two horizons, both ways."""
    total: Floats = np.zeros(len(seen[0].base))
    for view in seen:
        abilities = view.ability(np.array([low, high]))
        p = average(view.base[:, None] + abilities, view.variance[:, None] + view.family_sd**2)
        odds = np.log(p) - np.log1p(-p)
        total += view.weight * (p[:, 1] - p[:, 0]) * (odds[:, 1] - odds[:, 0])
    return total


def order(value: Floats, family: Places, count: int, random: np.random.Generator) -> Places:
    """``count`` orders of all tasks, those of most value first; shape (count, tasks).

    Families take turns in proportion to what their best tasks are worth.
    """
    members = [np.flatnonzero(family == number) for number in range(int(family.max()) + 1)]
    ranked = [tasks[np.argsort(-value[tasks], kind="stable")].tolist() for tasks in members]
    share = np.array([value[tasks[:BEST_OF_FAMILY]].sum() for tasks in ranked])
    share = np.maximum(share / max(share.sum(), 1e-300), 1e-9)
    draws = random.random((count, len(value)))
    starts = random.random((count, len(ranked)))
    orders = np.zeros((count, len(value)), np.intp)
    for row in range(count):
        listed: list[int] = []
        turns: list[Floats] = []
        draw = iter(draws[row].tolist())
        for number, tasks in enumerate(ranked):
            left = list(tasks)
            listed += [left.pop(int(next(draw) * min(NEAR_TASKS, len(left)))) for _ in tasks]
            turns.append((np.arange(len(tasks)) + starts[row, number]) / share[number])
        orders[row] = np.array(listed)[np.argsort(np.concatenate(turns), kind="stable")]
    return orders


def average(logit: Floats, variance: Floats) -> Floats:
    """The mean success over a normal error of the difficulty, kept off 0 and 1."""
    total = np.zeros(np.broadcast_shapes(logit.shape, variance.shape))
    spread = np.sqrt(variance)
    for node, log_weight in zip(_NODES, _LOG_NODE_WEIGHTS, strict=True):
        total += math.exp(log_weight) * special.expit(logit + spread * node)
    return np.clip(total, 1e-12, 1 - 1e-12)


def log_sum(values: Floats, axis: int) -> Floats:
    """ln Σ exp along an axis; scipy's checks take longer than these few numbers."""
    most = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - most).sum(axis=axis)) + most.squeeze(axis))
