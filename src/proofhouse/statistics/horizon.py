# SPDX-License-Identifier: Apache-2.0
"""The time horizon of recorded responses: how long a task takes a person that a model half solves.

T. Kwa et al., "Measuring AI Ability to Complete Long Tasks" (METR 2025); for offensive security
"Offensive Cyber Task Horizons" (Lyptus Research 2026).

    P(solved) = 1 / (1 + exp(−(intercept + slope·log2 minutes)))        P50 = 2^(−intercept/slope)

A weighted logistic fit per model. Each run weighs 1 / (runs of its task) / sqrt(tasks in its
family), so that a family of 100 tasks counts ten times one of 1, not a hundred times; weights are
scaled to sum to 1, with a ridge of 1/(2·10^5) on the slope. The published fits stop when no
component of the gradient exceeds 10^-4 (L-BFGS from zero). The same stop is made here: it
reproduces every published P50 and P80, where a fully converged fit differs in the fourth digit.

Intervals resample families, then tasks within each (B. Efron 1979; both levels with replacement),
and refit. A resample that was all solved has an endless horizon, one that was all failed none; one
in which success rises with length says nothing and counts at both ends. An end past which resamples
run off is open: None.

Limits: a logistic curve in log minutes, one slope a model; minutes are taken as known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from proofhouse.errors import InputError
from proofhouse.statistics.responses import Response, Task
from proofhouse.statistics.sprt import generator

Floats = NDArray[np.float64]

RIDGE = 1e-5
MINIMUM_TASKS = 10
MINIMUM_SPREAD = 0.1
"""Standard deviation of log2 minutes below which even a thousand tasks tell nothing of a slope."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Success over log2 of minutes: logit = intercept + slope·log2(minutes)."""

    intercept: float
    slope: float

    def log2_minutes(self, success: float) -> float:
        """Where success has this probability, as log2 of minutes; the slope must not be 0."""
        return (math.log(success / (1 - success)) - self.intercept) / self.slope


@dataclass(frozen=True, slots=True)
class Horizon:
    """One model's horizons in minutes, with the interval of P50; None where there is none.

    ``tasks`` were used; ``excluded`` counts responses to tasks without minutes. ``reason`` says why
    there is no horizon, or that one with an interval open on both sides is bounded by nothing; else
    it is empty.
    """

    model: str
    p50_minutes: float | None
    p80_minutes: float | None
    low_minutes: float | None
    high_minutes: float | None
    confidence_ppm: int
    tasks: int
    runs: int
    excluded: int
    reason: str


@dataclass(frozen=True, slots=True)
class Runs:
    """One model's usable runs as arrays of one length; ``family`` numbers the families."""

    log2_minutes: Floats
    solved: NDArray[np.bool_]
    family: NDArray[np.intp]
    weight: Floats
    tasks: int


def horizons(
    responses: Sequence[Response],
    tasks: Sequence[Task],
    *,
    resamples: int = 1_000,
    seed: bytes = b"proofhouse/horizon/v1",
    confidence: float = 0.95,
) -> tuple[Horizon, ...]:
    """Every model's horizon, in the order in which models first appear.

    A model is excluded, with its reason, if fewer than 10 of its tasks have minutes, if it solved
    all or none of them, if their minutes hardly vary, or if its success doesn't fall with length.

    Raises:
        InputError: no responses, fewer than 100 resamples, or a confidence outside (0, 1).
    """
    if not responses:
        raise InputError("There are no responses.", hint="Give at least one model's responses.")
    if resamples < 100 or not 0 < confidence < 1:
        raise InputError(
            f"An interval at {confidence} from {resamples} resamples can't be made.",
            hint="Ask for at least 100 resamples and a confidence between 0 and 1.",
        )
    minutes = {task.id: task.minutes for task in tasks}
    models = dict.fromkeys(response.model for response in responses)
    return tuple(
        _horizon(
            model,
            [response for response in responses if response.model == model],
            minutes,
            resamples,
            # Each model's resamples depend on its name alone, not on who else is in the file.
            generator(seed + b"\n" + model.encode()),
            confidence,
        )
        for model in models
    )


def runs_of(responses: Sequence[Response], minutes: dict[str, float | None]) -> Runs:
    """One model's runs of tasks that have minutes, with their weights (not yet scaled)."""
    used = [response for response in responses if minutes.get(response.task) is not None]
    of_task = Counter(response.task for response in used)
    of_family = Counter(family for _, family in {(r.task, r.family) for r in used})
    place = {family: number for number, family in enumerate(sorted(of_family))}
    return Runs(
        log2_minutes=np.array([math.log2(minutes[r.task] or 1) for r in used]),
        solved=np.array([r.solved for r in used], bool),
        family=np.array([place[r.family] for r in used], np.intp),
        weight=np.array([1 / of_task[r.task] / math.sqrt(of_family[r.family]) for r in used]),
        tasks=len(of_task),
    )


def fit(log2_minutes: Floats, success: Floats, weight: Floats) -> Curve:
    """The weighted logistic fit, stopped as the published fits are.

    Args:
        log2_minutes: per run.
        success: per run, 0 or 1, or a probability in between.
        weight: per run, not negative, not all 0.
    """
    share = weight / weight.sum()

    def loss(at: Floats) -> tuple[float, Floats]:
        logit = at[0] * log2_minutes + at[1]
        value = (share * (np.logaddexp(0.0, logit) - success * logit)).sum()
        slack = share * (special.expit(logit) - success)
        gradient = np.array([slack @ log2_minutes + RIDGE * at[0], slack.sum()])
        return float(value + RIDGE / 2 * at[0] ** 2), gradient

    made = optimize.minimize(
        loss,
        np.zeros(2),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 100, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps},
    )
    return Curve(intercept=float(made.x[1]), slope=float(made.x[0]))


def _horizon(
    model: str,
    responses: Sequence[Response],
    minutes: dict[str, float | None],
    resamples: int,
    random: np.random.Generator,
    confidence: float,
) -> Horizon:
    runs = runs_of(responses, minutes)
    count = len(runs.solved)
    curve = None
    if runs.tasks < MINIMUM_TASKS:
        reason = f"too few tasks with minutes: {runs.tasks}, at least {MINIMUM_TASKS} are needed"
    elif runs.solved.all() or not runs.solved.any():
        reason = "solved every task" if runs.solved.all() else "solved no task"
    elif (spread := _spread(runs)) < MINIMUM_SPREAD:
        reason = (
            f"minutes hardly vary: a standard deviation of {spread:.2f} doublings, "
            f"at least {MINIMUM_SPREAD} are needed"
        )
    else:
        curve = fit(runs.log2_minutes, runs.solved.astype(float), runs.weight)
        reason = "" if curve.slope < 0 else "success does not fall with the length of tasks"
    if curve is None or reason:
        ends: tuple[float | None, float | None] = (None, None)
        p50 = p80 = None
    else:
        p50, p80 = _minutes(curve.log2_minutes(0.5)), _minutes(curve.log2_minutes(0.8))
        ends = _interval(runs, resamples, random, confidence)
        if p50 is None:
            reason = "success hardly falls with the length of tasks"
        elif ends == (None, None):
            reason = "the interval is open on both sides: these responses do not bound the horizon"
    return Horizon(
        model=model,
        p50_minutes=p50,
        p80_minutes=p80,
        low_minutes=ends[0],
        high_minutes=ends[1],
        confidence_ppm=round(confidence * 1e6),
        tasks=runs.tasks,
        runs=count,
        excluded=len(responses) - count,
        reason=reason,
    )


def _spread(runs: Runs) -> float:
    """The weighted standard deviation of log2 minutes."""
    mean = np.average(runs.log2_minutes, weights=runs.weight)
    return math.sqrt(np.average((runs.log2_minutes - mean) ** 2, weights=runs.weight))


def _minutes(log2_minutes: float) -> float | None:
    """Minutes, or None beyond what a double holds."""
    return 2**log2_minutes if abs(log2_minutes) < 1000 else None


def _interval(
    runs: Runs, resamples: int, random: np.random.Generator, confidence: float
) -> tuple[float | None, float | None]:
    """The percentile interval of P50 over resampled families and tasks."""
    times = _resample(runs.family, resamples, random)
    p50 = _fit_all(runs.log2_minutes, runs.solved.astype(float), times * runs.weight)
    tail = (1 - confidence) / 2
    unclear = np.isnan(p50)
    low = np.quantile(np.where(unclear, -np.inf, p50), tail, method="inverted_cdf")
    high = np.quantile(np.where(unclear, np.inf, p50), 1 - tail, method="inverted_cdf")
    return _minutes(float(low)), _minutes(float(high))


def _resample(family: NDArray[np.intp], resamples: int, random: np.random.Generator) -> Floats:
    """How often each run is drawn; shape (resamples, runs)."""
    members = [np.flatnonzero(family == number) for number in range(int(family.max()) + 1)]
    times = np.zeros((resamples, len(family)))
    for row in times:
        for number in random.integers(0, len(members), len(members)):
            drawn = random.integers(0, len(members[number]), len(members[number]))
            np.add.at(row, members[number][drawn], 1.0)
    return times


def log2_horizons(log2_minutes: Floats, success: Floats, weight: Floats) -> Floats:
    """log2 of P50 for each row of success probabilities, by the converged fit.

    Args:
        log2_minutes: per task.
        success: probabilities, shape (rows, tasks).
        weight: per task, not negative, not all 0.

    Returns:
        Infinite where everything is solved or failed, not a number where success rises with length.
    """
    return _fit_all(log2_minutes, success, np.broadcast_to(weight, success.shape))


def _fit_all(x: Floats, y: Floats, weights: Floats) -> Floats:
    """log2 of P50 for each row of weights, by Newton's method on all rows at once."""
    share = weights / weights.sum(axis=1, keepdims=True)
    right = (share * y).sum(axis=1)
    at = np.zeros((len(share), 2))
    for _ in range(100):
        p = special.expit(at[:, :1] + at[:, 1:] * x)
        slack, curvature = share * (p - y), share * p * (1 - p)
        gradient = np.stack([slack.sum(axis=1), slack @ x + RIDGE * at[:, 1]], axis=1)
        a, b, c = curvature.sum(axis=1) + 1e-12, curvature @ x, curvature @ (x * x) + RIDGE
        determinant = a * c - b * b
        step = (
            np.stack(
                [c * gradient[:, 0] - b * gradient[:, 1], a * gradient[:, 1] - b * gradient[:, 0]],
                axis=1,
            )
            / np.maximum(determinant, 1e-300)[:, None]
        )
        # A full step overshoots where the curve is steep; two logits at a time always arrive.
        step *= np.minimum(1.0, 2.0 / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
        at -= step
        if np.abs(step).max() < 1e-9:
            break
    falling = at[:, 1] < 0
    with np.errstate(over="ignore"):  # a curve that hardly falls is endless, or none: ±infinity
        p50 = np.where(falling, -at[:, 0] / np.where(falling, at[:, 1], 1.0), np.nan)
    p50 = np.where(right > 1 - 1e-12, np.inf, p50)
    return np.asarray(np.where(right < 1e-12, -np.inf, p50))
