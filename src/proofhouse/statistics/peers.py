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
_PATHS = 400  # per edge and view
_MARGIN = 0.9
_KEPT = (0, 0.1)
_INCONCLUSIVE = 0.05
_TRIES = np.linspace(0.4, 1.4, 51)  # of Wald's; farther off simulation has gone astray
_STEP = 0.02


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

    It stops where the evidence leaves a corridor. Where the bank runs out inside it, a *last bound*
    of the view that the answers speak for decides with what is left of the errors (truncation,
    T. W. Anderson 1960): a corridor alone says INCONCLUSIVE more often than it must.

    Corridor and last bounds are the nearest at which each error, in each view, is at most 0.9 of
    what was asked: Wald's are too far where outcomes overshoot them or the bank runs out, and too
    near in the view that is given less weight. A tenth is kept for the end if more than 5 % would
    stay INCONCLUSIVE without. The errors are integrals over made-up models of both edges in
    both views (D. Siegmund 1976, importance sampling): a path counts for each by its likelihood
    there over its mean likelihood, so that few paths tell small errors well.
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
            self.corridor, self.last = self._bounds(edges)

    def orders(self, count: int, random: np.random.Generator) -> Places:
        """Most worth first, families by turns."""
        return likelihood.order(self._worth, self._known.family, count, random)

    def decide(self, solved: Bools, orders: Places) -> tuple[Places, Places]:
        """Stop where the evidence leaves the corridor; decide by the last bounds if it doesn't."""
        minimum = self._question.minimum
        far = max(self.corridor[1], -self.corridor[0])
        evidence, by_view = self._likelihood.trace(solved, orders, far, minimum)
        verdict, used = stop(evidence, *self.corridor, minimum)
        lower, upper = self.last[:, self._likelier(by_view[:, -1])]
        end = evidence[:, -1]
        way = (end >= upper).astype(np.intp) - ((end <= lower) & (end < upper))
        return np.where(verdict == 0, way, verdict), used

    def _likelier(self, by_view: Floats) -> Places:
        """Which view answers speak for, from their log-likelihoods (rows, views, edges)."""
        either = np.logaddexp(by_view[..., 0], by_view[..., 1])
        return np.asarray((either + self._likelihood.log_weight).argmax(axis=1))

    def _bounds(self, edges: Floats) -> tuple[tuple[float, float], Floats]:
        """The corridor's (lower, upper) in nats, and the last ones by view."""
        evidence, by_view, weight = self._paths(edges)
        end, likelier = evidence[:, -1], self._likelier(by_view[:, -1])
        for kept in _KEPT:
            corridor = self._corridor(evidence, weight, 1 - kept)
            verdict, used = stop(evidence, *corridor, self._question.minimum)
            still = np.flatnonzero(verdict == 0)
            last = np.zeros((2, len(self.seen)))
            for side, sign in ((0, -1), (1, 1)):
                wrong = weight[np.arange(len(used)), used - 1, :, 1 - side] / len(used)
                left = self._asked(side) - wrong[verdict == sign].sum(axis=0)
                last[side] = sign * _last(sign * end[still], likelier[still], wrong[still], left)
            crossed = last[0] > last[1]
            last[:, crossed] = last[:, crossed].mean(axis=0)
            open_ = (end > last[0, likelier]) & (end < last[1, likelier]) & (verdict == 0)
            if open_.mean() <= _INCONCLUSIVE:
                break
        return corridor, last

    def _corridor(self, evidence: Floats, weight: Floats, share: float) -> tuple[float, float]:
        """The narrowest at which a share of each error holds in each view."""
        wald, rows = self._question.boundaries, np.arange(len(evidence))
        bounds = [_TRIES[-1] * bound for bound in wald]
        for side, sign in ((1, 1), (0, -1), (1, 1), (0, -1)):
            near, far = 0, len(_TRIES) - 1
            while near < far:
                middle = (near + far) // 2
                bounds[side] = _TRIES[middle] * wald[side]
                verdict, used = stop(evidence, bounds[0], bounds[1], self._question.minimum)
                wrong = weight[rows, used - 1, :, 1 - side] * (verdict == sign)[:, None]
                holds = wrong.mean(axis=0).max() <= share * self._asked(side)
                near, far = (near, middle) if holds else (middle + 1, far)
            bounds[side] = _TRIES[near] * wald[side]
        return float(bounds[0]), float(bounds[1])

    def _asked(self, side: int) -> float:
        """The error that may be made on a side: 0 NOT_COVERED, 1 COVERED."""
        return _MARGIN * (self._question.beta_ppm, self._question.alpha_ppm)[side] / 1e6

    def _paths(self, edges: Floats) -> tuple[Floats, Floats, Floats]:
        """Made-up models of both edges in both views.

        Their evidence; their log-likelihoods by view and edge; and the likelihoods over their mean.
        """
        random = generator(b"proofhouse/boundaries/v1")
        horizons = np.repeat(edges, _PATHS)
        solved = np.concatenate(
            [likelihood.draw(view, self._known.family, horizons, random) for view in self.seen]
        )
        far = _TRIES[-1] * max(abs(bound) for bound in self._question.boundaries)
        orders = np.tile(self.orders(_PATHS, random), (2 * len(self.seen), 1))
        evidence, by_view = self._likelihood.trace(solved, orders, far, self._question.minimum)
        either = np.logaddexp(by_view[..., 0], by_view[..., 1])
        mean = np.logaddexp.reduce(either, axis=2) - math.log(2 * len(self.seen))
        return evidence, by_view, np.exp(by_view - mean[..., None, None])


def _last(height: Floats, likelier: Places, wrong: Floats, left: Floats) -> Floats:
    """The lowest bounds by view for which what is left of an error, in each view, suffices.

    Each row has its height, the view it speaks for, and what it adds to the error in each view if
    it reaches its bound. A view's bound is first its own rows' matter; then all bounds go up
    together until the rows of the other view are paid for too.
    """
    bounds = np.full(len(left), np.inf)
    for view in range(len(left)):
        own = np.flatnonzero(likelier == view)
        own = own[np.argsort(-height[own])]
        decided = int((wrong[own, view].cumsum() <= left[view]).sum())
        if decided:
            bounds[view] = height[own[decided - 1]]
    most = np.maximum(left, 0) + 1e-12
    while (wrong[height >= bounds[likelier]].sum(axis=0) > most).any():
        bounds += _STEP
    return bounds


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
