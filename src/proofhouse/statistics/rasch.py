# SPDX-License-Identifier: Apache-2.0
"""The response model: two-parameter logistic items, and ability with an interval.

    p(solved) = 1 / (1 + exp(−slope·(ability − difficulty)))

G. Rasch, "Probabilistic Models for Some Intelligence and Attainment Tests" (1960): slope 1;
A. Birnbaum in Lord & Novick, "Statistical Theories of Mental Test Scores" (1968): a slope per item.
Ability by maximum likelihood with the profile-likelihood interval, which is honest when everything
was solved or failed (that end is infinite), or as the posterior mean under a normal prior
(expected a posteriori; Bock & Mislevy 1982).

Units: positions in logits as floats, arrays of one length, one entry per item.
Limits: difficulties and slopes are taken as known; a sample that stopped adaptively makes both
intervals optimistic. For a claim after stopping use `eprocess`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from proofhouse.errors import InputError

Floats = NDArray[np.float64]

_FAR = 60.0  # logits beyond the outermost item: the likelihood is flat to the last bit there


@dataclass(frozen=True, slots=True)
class Ability:
    """An ability in logits with its interval; an end that the data leave open is infinite."""

    estimate: float
    low: float
    high: float
    confidence: float
    method: str


def probability(ability: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0) -> Floats:
    """The probability of success; the three arguments are broadcast against each other."""
    distance = np.asarray(ability, float) - np.asarray(difficulty, float)
    return np.asarray(special.expit(np.asarray(slope, float) * distance))


def information(ability: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0) -> Floats:
    """Fisher information about the ability, per item: slope²·p·(1−p)."""
    p = probability(ability, difficulty, slope)
    return np.asarray(np.square(np.asarray(slope, float)) * p * (1 - p))


def log_likelihood(
    ability: ArrayLike, solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0
) -> Floats:
    """The log-likelihood of each ability; shape of ``ability``. Concave in the ability."""
    right, b, a = _items(solved, difficulty, slope)
    x = a * (np.asarray(ability, float)[..., None] - b)
    # ln p = −ln(1+e^−x), ln(1−p) = −ln(1+e^x)
    return np.asarray(-np.logaddexp(0.0, np.where(right, -x, x)).sum(axis=-1))


def maximum_likelihood(
    solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0, confidence: float = 0.95
) -> Ability:
    """The most likely ability and the abilities that a likelihood-ratio test doesn't refuse.

    Raises:
        InputError: no items, arrays of different lengths, slopes not positive.
    """
    right, b, a = _items(solved, difficulty, slope)
    low, high = float(b.min()) - _FAR / a.min(), float(b.max()) + _FAR / a.min()

    def score(ability: float) -> float:
        return float((a * (right - probability(ability, b, a))).sum())

    if right.all() or not right.any():
        estimate, best = math.copysign(math.inf, 1 if right.all() else -1), 0.0
    else:
        estimate = root(score, low, high)
        best = float(log_likelihood(estimate, right, b, a))
    drop = float(special.chdtri(1, 1 - confidence)) / 2

    def excess(ability: float) -> float:
        return float(log_likelihood(ability, right, b, a)) - best + drop

    inner = min(max(estimate, low), high)
    return Ability(
        estimate=estimate,
        low=-math.inf if not right.any() else root(excess, low, inner),
        high=math.inf if right.all() else root(excess, inner, high),
        confidence=confidence,
        method="2pl maximum likelihood, profile-likelihood interval",
    )


def expected_a_posteriori(
    solved: ArrayLike,
    difficulty: ArrayLike,
    slope: ArrayLike = 1.0,
    confidence: float = 0.95,
    *,
    prior_mean: float,
    prior_sd: float,
) -> Ability:
    """The posterior mean under a normal prior, and the equal-tailed credible interval.

    Raises:
        InputError: as for `maximum_likelihood`, or ``prior_sd`` not positive.
    """
    right, b, a = _items(solved, difficulty, slope)
    if not prior_sd > 0:
        raise InputError(f"The prior's spread is {prior_sd}.", hint="It is larger than 0.")
    grid = prior_mean + prior_sd * np.linspace(-8, 8, 3201)
    log_prior = -0.5 * ((grid - prior_mean) / prior_sd) ** 2
    log_posterior = log_likelihood(grid, right, b, a) + log_prior
    mass = np.exp(log_posterior - log_posterior.max())
    mass /= mass.sum()
    tail = (1 - confidence) / 2
    # A grid point's mass is spread evenly about it: half of it lies below the point.
    below = np.cumsum(mass) - mass / 2
    low, high = np.interp([tail, 1 - tail], below, grid)
    return Ability(
        estimate=float(grid @ mass),
        low=float(low),
        high=float(high),
        confidence=confidence,
        method="2pl posterior mean, normal prior, equal-tailed credible interval",
    )


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """The one sign change of a monotone function between ``low`` and ``high``."""
    from scipy.optimize import brentq  # here, because it takes longer to load than all of this room

    return float(brentq(function, low, high, xtol=1e-12))


def _items(
    solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    right = np.asarray(solved, bool)
    b = np.asarray(difficulty, float)
    if right.ndim != 1 or right.shape != b.shape or right.size == 0:
        raise InputError(
            f"There are {right.size} outcomes for {b.size} items.",
            hint="Give one outcome and one difficulty per item, and at least one item.",
        )
    a = np.broadcast_to(np.asarray(slope, float), b.shape)
    if not (a > 0).all():
        raise InputError("A slope is not positive.", hint="Every item's slope is larger than 0.")
    return right, b, a
