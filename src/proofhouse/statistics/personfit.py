# SPDX-License-Identifier: Apache-2.0
"""Hard ones right, easy ones wrong: does the pattern of outcomes fit the scale?

Two statistics, both one-sided, small p = misfit:

* **Exact, slopes alike** (I. W. Molenaar, H. Hoijtink, "The many null distributions of person fit
  indices", Psychometrika 55, 1990). Under the Rasch model the number solved is sufficient: given
  it, a pattern's probability is proportional to exp(−a·Σ difficulty of the solved ones), whatever
  the ability. So T = Σ difficulty of the solved ones is large when hard ones were solved and easy
  ones not, and its distribution given the number solved has nothing to estimate. It is computed
  exactly over levels of difficulty; with too many distinct ones it is sampled exactly.
* **lz-star** (T. A. B. Snijders, "Asymptotic null distribution of person fit statistics with
  estimated person parameter", Psychometrika 66, 2001): the standardised log-likelihood of the
  pattern, corrected for the ability having been estimated. For unlike slopes; asymptotic.

A misfit is a flag, not a finding: sandbagging, memorised items, a family the model is bad at and a
wrong scale all look alike. Its false-alarm rate is the level it is read at.
Limits: items that were taken in a fixed order up to a stop that depends on outcomes are treated as
a fixed set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from proofhouse.errors import InputError
from proofhouse.statistics.rasch import Floats, maximum_likelihood, probability
from proofhouse.statistics.sprt import generator

_MOST_STATES = 200_000
_DRAWS = 99_999


@dataclass(frozen=True, slots=True)
class PersonFit:
    """The one-sided p-value in parts per million, rounded up, and how it was found."""

    p_value_ppm: int
    method: str


def exact_fit(
    solved: list[bool], difficulty_micrologits: list[int], slope_ppm: int, seed: bytes
) -> PersonFit:
    """The probability, given the number solved, of a T as large as the one seen.

    ``seed`` matters only if there are too many distinct difficulties to enumerate.

    Raises:
        InputError: lists of different lengths, no items, or a slope that is not positive.
    """
    if len(solved) != len(difficulty_micrologits) or not solved or slope_ppm < 1:
        raise InputError(
            f"{len(solved)} outcomes, {len(difficulty_micrologits)} difficulties and a slope of "
            f"{slope_ppm} ppm make no pattern.",
            hint="Give one outcome and one difficulty per item, and a positive slope.",
        )
    seen = sum(b for b, right in zip(difficulty_micrologits, solved, strict=True) if right)
    number = sum(solved)
    states = _enumerate(difficulty_micrologits, slope_ppm, number)
    if states is not None:
        weights = np.array([weight for weight, _ in states])
        large = np.array([total >= seen for _, total in states])
        whole = special.logsumexp(weights)
        p = float(np.exp(special.logsumexp(weights[large]) - whole)) if large.any() else 0.0
        return PersonFit(_ceil_ppm(p), "exact conditional distribution given the number solved")
    sums = _sample(difficulty_micrologits, slope_ppm, number, seed)
    p = (1 + int((sums >= seen).sum())) / (1 + _DRAWS)
    return PersonFit(_ceil_ppm(p), f"{_DRAWS} exact draws given the number solved")


def lz_star(solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0) -> float | None:
    """The standardised pattern log-likelihood at the estimated ability; very negative is misfit.

    About standard normal for a pattern that fits. None when everything was solved or failed, or
    when the items are so alike that the pattern says nothing.

    Raises:
        InputError: as for `rasch.maximum_likelihood`.
    """
    ability = maximum_likelihood(solved, difficulty, slope).estimate
    if math.isinf(ability):
        return None
    right = np.asarray(solved, float)
    b = np.asarray(difficulty, float)
    a = np.broadcast_to(np.asarray(slope, float), b.shape)
    p = probability(ability, b, a)
    # Snijders's (8) to (14): the weights ln(p/(1−p)) = a·(θ−b), minus their projection on a.
    weight = a * (ability - b)
    corrected = weight - a * (weight @ (a * p * (1 - p))) / (a @ (a * p * (1 - p)))
    spread = math.sqrt(float((corrected**2 * p * (1 - p)).sum()))
    if spread < 1e-9:
        return None
    return float(((right - p) * weight).sum() / spread)


def lz_star_fit(solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike = 1.0) -> PersonFit:
    """The lower-tail p-value of `lz_star`; 1 where it says nothing.

    Raises:
        InputError: as for `rasch.maximum_likelihood`.
    """
    value = lz_star(solved, difficulty, slope)
    p = 1.0 if value is None else float(special.ndtr(value))
    return PersonFit(_ceil_ppm(p), "lz*, asymptotic normal")


def _enumerate(
    difficulties: list[int], slope_ppm: int, number: int
) -> list[tuple[float, int]] | None:
    """Every reachable (log weight, T) with ``number`` solved; None if there are too many."""
    states: dict[tuple[int, int], float] = {(0, 0): 0.0}
    for difficulty in sorted(set(difficulties)):
        here = difficulties.count(difficulty)
        after: dict[tuple[int, int], float] = {}
        for (solved, total), weight in states.items():
            for more in range(min(here, number - solved) + 1):
                ways = math.log(math.comb(here, more)) - more * slope_ppm * difficulty / 1e12
                key = solved + more, total + more * difficulty
                after[key] = _log_add(after.get(key, -math.inf), weight + ways)
        if len(after) > _MOST_STATES:
            return None
        states = after
    return [(weight, total) for (solved, total), weight in states.items() if solved == number]


def _log_add(a: float, b: float) -> float:
    """ln(eᵃ + eᵇ) for one pair; numpy's takes longer for one than this for ten."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _sample(
    difficulties: list[int], slope_ppm: int, number: int, seed: bytes
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Draws of T given the number solved, item after item by elementary symmetric functions."""
    log_odds = -slope_ppm * np.array(difficulties) / 1e12
    count = len(difficulties)
    # after[i, r]: log of the sum over all ways to solve r of the items from place i on.
    after: Floats = np.full((count + 1, number + 2), -math.inf)
    after[count, 0] = 0.0
    for i in range(count - 1, -1, -1):
        after[i, 0] = 0.0
        after[i, 1 : number + 1] = np.logaddexp(
            after[i + 1, 1 : number + 1], log_odds[i] + after[i + 1, :number]
        )
    random = generator(seed, count, number)
    left = np.full(_DRAWS, number)
    sums = np.zeros(_DRAWS, np.int64)
    for i, difficulty in enumerate(difficulties):
        chance = np.exp(log_odds[i] + after[i + 1, left - 1] - after[i, left])
        right = (random.random(_DRAWS) < chance) & (left > 0)
        sums += right * difficulty
        left -= right
    return sums


def _ceil_ppm(p: float) -> int:
    return min(1_000_000, math.ceil(p * 1e6 * (1 + 1e-9)))
