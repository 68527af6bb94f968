# SPDX-License-Identifier: Apache-2.0
"""Sequential tests on recorded responses: ours, and those that it is compared with.

    mixed      probability ratio of `likelihood`'s two views; most worth first, families by turns
    pilot      probability ratio on the Rasch scale: difficulty is log2 of minutes, one slope (the
               median of the others); near the cut with Gumbel noise of 0.5, families by turns
    bernoulli  Wald's test of the share solved; random order
    interval   until a credible interval of the horizon leaves out the cut; order as pilot
    eprocess   universal inference about the cut, without a zone (Wasserman, Ramdas, Balakrishnan
               2020); order as pilot

Wald (1945); on item response scales Reckase (1983), Eggen (1999), Thompson (2007). Every test
takes at least ``minimum`` tasks and says INCONCLUSIVE when the bank runs out.

Limits: all peers take difficulty and slope for known; only `mixed` and, for its scale,
`eprocess` keep what they promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.rules.determination import boundaries
from proofhouse.statistics import likelihood
from proofhouse.statistics.likelihood import Bools, Floats, Known, Places, log_sum
from proofhouse.statistics.sprt import generator

_GRID = np.arange(-12.0, 12.05, 0.1)  # log2 of horizon over cut
_NOISE = 0.5
_SPREAD = 2.0
_PATHS = 500
_MARGIN = 0.85


@dataclass(frozen=True, slots=True)
class Question:
    """The cut and half the zone in log2 of minutes, both errors, and the fewest tasks."""

    cut: float
    zone: float
    alpha_ppm: int
    beta_ppm: int
    minimum: int

    @property
    def boundaries(self) -> tuple[float, float]:
        """Wald's boundaries (lower, upper) in nats."""
        lower, upper = boundaries(self.alpha_ppm, self.beta_ppm)
        return lower / 1e6, upper / 1e6


class Test(Protocol):
    """A test of one model on one bank."""

    def orders(self, count: int, random: np.random.Generator) -> Places:
        """Orders of all tasks, shape (count, tasks)."""

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Each row's verdict (1 COVERED, −1 NOT_COVERED, 0 INCONCLUSIVE) and tasks used.

        ``solved`` has shape (tasks,) or (rows, tasks).
        """


class Mixed:
    """Ours: the likelihood ratio of `likelihood` between the zone's edges.

    Its boundaries are the nearest at which each error, in each view, is at most 0.85 of what was
    asked: Wald's are too far where outcomes overshoot them or the bank runs out, and too near in
    the view that is given less weight. The errors are integrals over made-up models of the edges
    (D. Siegmund 1976, importance sampling): a path drawn at one edge counts at the other by its
    likelihood ratio, so that few paths tell small errors well.
    """

    def __init__(self, known: Known, question: Question) -> None:
        seen = likelihood.views(known)
        low, high = question.cut - question.zone, question.cut + question.zone
        self.seen = tuple(view for view in seen if view.reaches(low) and view.reaches(high))
        self._known, self._question = known, question
        if self.seen:
            self._worth = likelihood.worth(self.seen, low, high)
            edges = np.array([low, high])
            self._likelihood = likelihood.Likelihood(self.seen, known.family, edges)
            self.lower, self.upper = self._boundaries(edges)

    def orders(self, count: int, random: np.random.Generator) -> Places:
        """Most worth first, families by turns."""
        return likelihood.order(self._worth, self._known.family, count, random)

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Stop at the boundaries."""
        minimum = self._question.minimum
        far = max(self.upper, -self.lower)
        evidence, _ = self._likelihood.trace(solved, orders, far, minimum)
        return stop(evidence, self.lower, self.upper, minimum)

    def _boundaries(self, edges: Floats) -> tuple[float, float]:
        """The nearest (lower, upper) in nats at which both errors hold in each view."""
        wald_lower, wald_upper = self._question.boundaries
        random = generator(b"proofhouse/boundaries/v1")
        # Within half and one and a quarter of Wald's; beyond them simulation has gone astray.
        tries = np.linspace(0.5, 1.25, 31)
        paths = [self._paths(edge, float(edges[edge]), random) for edge in (0, 1)]
        lower, upper = wald_lower * tries[-1], wald_upper * tries[-1]
        for _ in range(2):
            upper = self._nearest(paths[1], 1, wald_upper * tries, lower)
            lower = -self._nearest(paths[0], 0, -wald_lower * tries, upper)
        return lower, upper

    def _paths(
        self, edge: int, horizon: float, random: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Made-up models of an edge: their evidence, and their weight at the other edge by view."""
        weight = np.exp(self._likelihood.log_weight)
        rows = np.array_split(
            np.arange(_PATHS), np.rint(np.cumsum(weight)[:-1] * _PATHS).astype(int)
        )
        solved = np.concatenate(
            [
                likelihood.draw(view, self._known.family, np.full(len(part), horizon), random)
                for view, part in zip(self.seen, rows, strict=True)
            ]
        )
        far = 1.25 * max(abs(bound) for bound in self._question.boundaries)
        evidence, by_view = self._likelihood.trace(
            solved, self.orders(_PATHS, random), far, self._question.minimum
        )
        own = log_sum(by_view[..., edge] + self._likelihood.log_weight, axis=2)
        return evidence, np.exp(np.minimum(by_view[..., 1 - edge] - own[..., None], 50.0))

    def _nearest(
        self, paths: tuple[Floats, Floats], edge: int, tries: Floats, other: float
    ) -> float:
        """The nearest boundary on the edge's side, given the signed one on the other side."""
        evidence, weight = paths
        sign = 1 if edge else -1
        asked = self._question.alpha_ppm if edge else self._question.beta_ppm
        rows = np.arange(len(evidence))
        for bound in tries:
            verdict, used = stop(sign * evidence, sign * other, bound, self._question.minimum)
            error = ((verdict == 1)[:, None] * weight[rows, used - 1]).mean(axis=0)
            if error.max() <= _MARGIN * asked / 1e6:
                return float(bound)
        return float(tries[-1])


class Pilot:
    """The pilot's test: Rasch on log2 of minutes with one slope."""

    def __init__(self, known: Known, question: Question) -> None:
        self._known, self._question = known, question
        self._slope = known.slope or 1e-9
        p = self._success(np.array([-question.zone, question.zone]))
        self._solved = np.log(p[:, 1] / p[:, 0])
        self._failed = np.log((1 - p[:, 1]) / (1 - p[:, 0]))

    def _success(self, beside_cut: Floats) -> Floats:
        """Success by task for horizons so far from the cut, in log2; shape (tasks, horizons)."""
        x = self._known.log2_minutes[:, None] - self._question.cut
        return np.clip(special.expit(self._slope * (beside_cut - x)), 1e-12, 1 - 1e-12)

    def orders(self, count: int, random: np.random.Generator) -> Places:
        """Near the cut with Gumbel noise, families by turns."""
        far = np.abs(self._known.log2_minutes - self._question.cut)
        key = far + _NOISE * random.gumbel(size=(count, len(far)))
        turn = np.zeros(key.shape)
        for number in range(self._known.families):
            members = np.flatnonzero(self._known.family == number)
            rank = np.argsort(np.argsort(key[:, members], axis=1), axis=1)
            turn[:, members] = rank + random.random((count, 1))
        return np.argsort(turn, axis=1)

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Stop at Wald's boundaries."""
        evidence = np.where(_taken(solved, orders), self._solved[orders], self._failed[orders])
        lower, upper = self._question.boundaries
        return stop(evidence.cumsum(axis=1), lower, upper, self._question.minimum)

    def paths(self, solved: Bools, order: Places) -> Floats:
        """The log-likelihood of each horizon of the grid after each task of one order."""
        p = self._success(_GRID)[order]
        return np.log(np.where(solved[order][:, None], p, 1 - p)).cumsum(axis=0)


class Bernoulli(Pilot):
    """Wald's test of the share solved."""

    def __init__(self, known: Known, question: Question) -> None:
        super().__init__(known, question)
        low, high = self._success(np.array([-question.zone, question.zone])).mean(axis=0)
        high = max(high, low + 1e-12)
        self._solved = np.full(len(known.family), math.log(high / low))
        self._failed = np.full(len(known.family), math.log((1 - high) / (1 - low)))

    def orders(self, count: int, random: np.random.Generator) -> Places:
        """Random."""
        return np.argsort(random.random((count, len(self._known.family))), axis=1)


class Interval(Pilot):
    """Stop when a credible interval of the horizon leaves out the cut."""

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Stop when the posterior probability of the other side falls to the error."""
        above = np.zeros(orders.shape)
        outcome = np.broadcast_to(solved, orders.shape)
        for row, order in enumerate(orders):
            paths = self.paths(outcome[row], order)
            mass = np.exp(paths - paths.max(axis=1, keepdims=True))
            above[row] = mass[:, _GRID > 0].sum(axis=1) / mass.sum(axis=1)
        alpha, beta = self._question.alpha_ppm / 1e6, self._question.beta_ppm / 1e6
        return stop(above - beta, 0.0, 1 - alpha - beta, self._question.minimum)


class EProcess(Pilot):
    """Universal inference: a claim about the cut without a zone."""

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Stop when an e-value for either side reaches one over its error."""
        scores = np.zeros(orders.shape)
        outcome = np.broadcast_to(solved, orders.shape)
        log_mixture = -0.5 * (_GRID / _SPREAD) ** 2
        alpha, beta = self._question.alpha_ppm / 1e6, self._question.beta_ppm / 1e6
        above, below = _GRID > 1e-9, _GRID < -1e-9
        for row, order in enumerate(orders):
            paths = self.paths(outcome[row], order)
            sides = []
            for side, error in ((above, alpha), (below, beta)):
                prior = log_mixture[side] - log_sum(log_mixture[side], axis=0)
                claim = log_sum(paths[:, side] + prior, axis=1) - paths[:, ~side].max(axis=1)
                sides.append(claim >= -math.log(error))
            scores[row] = sides[0].astype(float) - sides[1]
        return stop(scores, -1.0, 1.0, self._question.minimum)


METHODS: Mapping[str, Callable[[Known, Question], Test]] = {
    "mixed": Mixed,
    "pilot": Pilot,
    "bernoulli": Bernoulli,
    "interval": Interval,
    "eprocess": EProcess,
}


def stop(evidence: Floats, lower: float, upper: float, minimum: int) -> tuple[Places, Places]:
    """The first crossing at or after ``minimum`` tasks, and the tasks taken; 0 if there is none."""
    way = (evidence >= upper).astype(np.intp) - (evidence <= lower)
    way[:, : minimum - 1] = 0
    at = np.argmax(way != 0, axis=1)
    verdict = np.take_along_axis(way, at[:, None], axis=1)[:, 0]
    return verdict, np.where(verdict == 0, evidence.shape[1], at + 1)


def _taken(solved: Bools, orders: Places) -> NDArray[np.bool_]:
    """Outcomes in the order in which they are taken."""
    return np.take_along_axis(np.broadcast_to(solved, orders.shape), orders, axis=1)
