# SPDX-License-Identifier: Apache-2.0
"""Calibration: difficulties and slopes of items from a sample of solvers, with their uncertainty.

Marginal maximum likelihood by EM (R. D. Bock, M. Aitkin, Psychometrika 46, 1981): solvers are a
sample of abilities ~ N(0, 1), integrated out on a grid; each round re-weighs the grid per solver
and refits each item by Newton's method.

    calibrate(solved)              one slope for all items (Rasch)
    calibrate(solved, slopes=True) a slope per item (2PL)

Weak priors keep small samples finite: difficulty ~ N(0, 4²), ln slope ~ N(0, ½²) per item. Standard
errors come from a parametric bootstrap (B. Efron 1979): responses are drawn from the fit and fitted
again, so that they tell what so few solvers leave open, prior included.

Limits: a 2PL on some 15 solvers is over-fitted, and a test on it decides after a handful of items;
use one slope there. Abilities are taken for normal. The scale's origin and unit are those of the
sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.errors import InputError
from proofhouse.statistics.sprt import generator

Floats = NDArray[np.float64]

_GRID = np.linspace(-5, 5, 41)
_LOG_MASS = -0.5 * _GRID**2 - np.log(np.exp(-0.5 * _GRID**2).sum())
_DIFFICULTY_SD = 4.0
_LOG_SLOPE_SD = 0.5
_ROUNDS = 300
_SETTLED = 1e-4


@dataclass(frozen=True, slots=True)
class Calibration:
    """Difficulty and slope per item in logits, each with its standard error."""

    difficulty: tuple[float, ...]
    difficulty_error: tuple[float, ...]
    slope: tuple[float, ...]
    slope_error: tuple[float, ...]
    solvers: int


def calibrate(
    solved: Floats, *, slopes: bool = False, resamples: int = 50, seed: bytes = b"calibrate"
) -> Calibration:
    """Fit items to responses of shape (solvers, items): 1, 0, or not a number where there is none.

    Raises:
        InputError: fewer than two solvers or items, a response that is not 0, 1 or absent, an item
            that nobody tried, or fewer than 20 resamples.
    """
    y = np.asarray(solved, float)
    if y.ndim != 2 or min(y.shape) < 2 or resamples < 20:
        raise InputError(
            f"Responses of shape {y.shape} can't be calibrated with {resamples} resamples.",
            hint="Give at least two solvers and two items, and 20 resamples.",
        )
    seen = np.isfinite(y)
    if not seen.any(axis=0).all() or not np.isin(y[seen], (0.0, 1.0)).all():
        raise InputError(
            "A response is neither 0 nor 1, or nobody tried an item.",
            hint="Leave out items without responses; absent responses are not a number.",
        )
    difficulty, slope = _fit(y, slopes, np.zeros(y.shape[1]), np.ones(y.shape[1]))
    random = generator(seed, *y.shape)
    drawn = []
    for _ in range(resamples):
        ability = random.normal(size=(len(y), 1))
        again = random.random(y.shape) < special.expit(slope * (ability - difficulty))
        drawn.append(_fit(np.where(seen, again, np.nan), slopes, difficulty, slope))
    errors = np.array(drawn).std(axis=0, ddof=1)
    return Calibration(
        difficulty=tuple(difficulty.tolist()),
        difficulty_error=tuple(errors[0].tolist()),
        slope=tuple(slope.tolist()),
        slope_error=tuple(errors[1].tolist()),
        solvers=len(y),
    )


def _fit(y: Floats, slopes: bool, difficulty: Floats, slope: Floats) -> tuple[Floats, Floats]:
    seen = np.isfinite(y)
    right = np.nan_to_num(y)
    log_slope, intercept = np.log(slope), -slope * difficulty
    for _ in range(_ROUNDS):
        logit = np.exp(log_slope)[:, None] * _GRID + intercept[:, None]
        log_p, log_q = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
        joint = right @ log_p + (seen - right) @ log_q + _LOG_MASS
        mass = np.exp(joint - special.logsumexp(joint, axis=1, keepdims=True))
        tried, solved = seen.T @ mass, right.T @ mass
        moved = _newton(tried, solved, log_slope, intercept, slopes)
        if moved < _SETTLED:
            break
    slope = np.exp(log_slope)
    return -intercept / slope, slope


def _newton(
    tried: Floats, solved: Floats, log_slope: Floats, intercept: Floats, slopes: bool
) -> float:
    """One Newton step on items' intercepts and log slopes, in place; its longest part."""
    slope = np.exp(log_slope)[:, None]
    p = special.expit(slope * _GRID + intercept[:, None])
    slack, bend = solved - tried * p, tried * p * (1 - p)
    # The prior on difficulty −c/a, as one on the intercept at the present slope.
    tight = 1 / (_DIFFICULTY_SD * slope[:, 0]) ** 2
    gradient_c = slack.sum(axis=1) - tight * intercept
    bend_c = bend.sum(axis=1) + tight
    reach = slope * _GRID
    gradient_s = (slack * reach).sum(axis=1)
    bend_s = (bend * reach**2).sum(axis=1)
    cross = (bend * reach).sum(axis=1)
    if slopes:
        gradient_s = gradient_s - log_slope / _LOG_SLOPE_SD**2
        bend_s = bend_s + 1 / _LOG_SLOPE_SD**2
        determinant = bend_c * bend_s - cross**2
        step_c = (bend_s * gradient_c - cross * gradient_s) / determinant
        step_s = (bend_c * gradient_s - cross * gradient_c) / determinant
    else:
        # One log slope for all: eliminate the intercepts first.
        top = (gradient_s - cross / bend_c * gradient_c).sum() - log_slope[0] / _LOG_SLOPE_SD**2
        bottom = (bend_s - cross**2 / bend_c).sum() + 1 / _LOG_SLOPE_SD**2
        step_s = np.full(len(log_slope), top / bottom)
        step_c = (gradient_c - cross * step_s) / bend_c
    step_s = np.clip(step_s, -0.5, 0.5)
    step_c = np.clip(step_c, -1.0, 1.0)
    log_slope += step_s
    intercept += step_c
    return float(max(np.abs(step_s).max(), np.abs(step_c).max()))
