# SPDX-License-Identifier: Apache-2.0
"""How seldom any test at all could say INCONCLUSIVE, had it seen every task of the bank.

A test says COVERED, NOT_COVERED or INCONCLUSIVE, and errs at the zone's lower edge with probability
at most alpha, at its upper edge with at most beta. Whoever sees all outcomes x, and knows the
world's distribution of them at the lower edge (f0) and at the upper edge (f1), says INCONCLUSIVE
least, on average over the edges, by two thresholds on f1(x)/f0(x) (J. Neyman, E. S. Pearson 1933).
A sequential test is a function of the same outcomes and of a drawn order: it can't do better.

The least share is bounded from below without trusting any optimum. For all multipliers λ, μ ≥ 0,

    INCONCLUSIVE ≥ E[min{ (f0 + f1)/2, Σ λ_w·f0_w, Σ μ_w·f1_w }] − alpha·Σ λ_w − beta·Σ μ_w

(weak duality; one λ_w and μ_w for every world w in which the errors have to hold). Multipliers are
found on one sample, the bound is read on another, with its 95 % interval.

Two floors: for who *knows* which world it is; and for who has to keep both errors in each of the
four worlds that records can teach, not knowing which. The first is the lower; the stress world has
the first only, as nobody keeps the errors there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from worlds import World, density, log2_edges, outcomes

ALPHA = BETA = 0.05


@dataclass(frozen=True)
class Floor:
    """A share that no test goes below, and the standard error of that figure."""

    share: float
    error: float

    def told(self) -> str:
        """In percent, with its interval."""
        low, high = self.share - 1.96 * self.error, self.share + 1.96 * self.error
        return f"{self.share * 100:.1f} ({max(low, 0) * 100:.1f} to {max(high, 0) * 100:.1f})"


def mean(floors: list[Floor]) -> Floor:
    """Over independent floors, those of several thresholds."""
    error = np.sqrt(sum(one.error**2 for one in floors)) / len(floors)
    return Floor(float(np.mean([one.share for one in floors])), float(error))


def floors(
    worlds: list[World], objectives: list[list[float]], cut: float, zone: float, models: int
) -> list[Floor]:
    """One per objective: how INCONCLUSIVE in each world weighs; errors hold in all worlds."""
    edges = log2_edges(cut, zone)
    random = np.random.default_rng([round(cut * 10), round(zone * 100), len(worlds)])
    samples = []
    for _ in range(2):
        drawn = [outcomes(of, h, models, random) for of in worlds for h in edges]
        samples.append(density(worlds, edges, np.concatenate(drawn)))
    found = []
    for objective in objectives:
        weight = np.array(objective)
        multipliers = _multipliers(samples[0], weight)
        gained, _ = _terms(samples[1], weight, multipliers)
        error = gained.std() / np.sqrt(len(gained))
        share = gained.mean() - _price(multipliers)
        found.append(Floor(max(float(share), 0.0), float(error)))
    return found


def _multipliers(sample: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The λ and μ of the highest bound; shape (2, worlds)."""
    shape = 2, sample.shape[1]

    def falling(flat: np.ndarray) -> tuple[float, np.ndarray]:
        multipliers = flat.reshape(shape)
        gained, slope = _terms(sample, weight, multipliers)
        slope = slope - np.array([[ALPHA], [BETA]])
        return -float(gained.mean() - _price(multipliers)), -slope.ravel()

    tries = [
        optimize.minimize(
            falling, np.full(np.prod(shape), start / shape[1]), jac=True, method="L-BFGS-B",
            bounds=[(0, None)] * int(np.prod(shape)),
        )
        for start in (0.0, 0.3, 1.0, 3.0)
    ]  # fmt: skip
    return min(tries, key=lambda one: one.fun).x.reshape(shape)


def _terms(
    sample: np.ndarray, weight: np.ndarray, multipliers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each row's least cost, and its mean slope in the multipliers."""
    costs = np.stack(
        [
            sample.mean(axis=2) @ weight,
            sample[:, :, 0] @ multipliers[0],
            sample[:, :, 1] @ multipliers[1],
        ]
    )
    least = costs.argmin(axis=0)
    slope = [(sample[:, :, side] * (least == side + 1)[:, None]).mean(axis=0) for side in (0, 1)]
    return costs.min(axis=0), np.array(slope)


def _price(multipliers: np.ndarray) -> float:
    return float(ALPHA * multipliers[0].sum() + BETA * multipliers[1].sum())
