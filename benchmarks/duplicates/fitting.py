# SPDX-License-Identifier: Apache-2.0
"""Fit the matcher's two steps: a conditional logit with signed weights, and its calibration.

McFadden, "Conditional logit analysis of qualitative choice behavior" (1974); Platt, "Probabilistic
outputs for support vector machines" (1999), fitted on held-out folds only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from proofhouse.validation.duplicates.features import NAMES
from proofhouse.validation.duplicates.model import Model, evidence

COPIED_WEIGHT = 0.3
"""Queries whose text is copied are the easy ones: they count less, so that the others decide."""
ABSENT_WEIGHT = 0.05
"""Each query is fitted once more with its truth removed, at this weight: one in some twenty."""
RIDGE = 3.0
SIGNS = np.array([-1 if name.endswith("_conflict") else 1 for name in NAMES])


@dataclass(frozen=True)
class Cases:
    """Arrays over cases; two cases a query, with its truth and without it."""

    values: np.ndarray  # (cases, candidates, columns)
    real: np.ndarray  # (cases, candidates): not padding
    truth: np.ndarray  # (cases, candidates)
    absent: np.ndarray  # (cases,): the truth was removed
    query: np.ndarray  # (cases,): number of the query
    copied: np.ndarray  # (cases,)
    group: np.ndarray  # (cases,): siblings have one number

    def weights(self) -> np.ndarray:
        copied = np.where(self.copied, COPIED_WEIGHT, 1.0)
        return copied * np.where(self.absent, ABSENT_WEIGHT, 1.0)


def folds(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """A fold per case, whole groups in one fold, large groups first, folds about even."""
    names, inverse = np.unique(groups, return_inverse=True)
    sizes = np.bincount(inverse)
    draw = np.random.default_rng(seed)
    order = np.argsort(-sizes + draw.random(len(names)) * 0.5)
    load = np.zeros(count)
    fold = np.zeros(len(names), dtype=int)
    for name in order:
        fold[name] = np.argmin(load + draw.random(count) * 1e-3)
        load[fold[name]] += sizes[name]
    return fold[inverse]


def fit_weights(cases: Cases, rows: np.ndarray) -> Model:
    """The conditional logit alone; its calibration is the identity."""
    values, real = cases.values[rows], cases.real[rows]
    scale = values[real].std(axis=0) + 1e-6
    values = np.where(real[:, :, None], values / scale, 0.0)
    right = np.concatenate(
        [cases.truth[rows], ~cases.truth[rows].any(axis=1, keepdims=True)], axis=1
    )
    weight = cases.weights()[rows]
    size = values.shape[2]

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.where(real, values @ point[:size], -1e9)
        scores = np.concatenate([scores, np.full((len(scores), 1), point[size])], axis=1)
        whole = logsumexp(scores, axis=1)
        part_scores = np.where(right, scores, -1e30)
        part = logsumexp(part_scores, axis=1)
        slope = np.exp(scores - whole[:, None]) - np.exp(part_scores - part[:, None])
        slope *= weight[:, None]
        gradient = np.einsum("ik,ikd->d", slope[:, :-1], values) + RIDGE * point[:size]
        total = (weight * (whole - part)).sum() + 0.5 * RIDGE * (point[:size] ** 2).sum()
        return float(total), np.append(gradient, slope[:, -1].sum())

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in SIGNS] + [(None, None)]
    point = minimize(
        loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 300},
    ).x  # fmt: skip
    return Model(tuple(point[:size] / scale), float(point[size]), 1.0, 0.0, 0.0)


def shares_of(model: Model, cases: Cases, rows: np.ndarray) -> list[np.ndarray]:
    return [model.shares(cases.values[row][cases.real[row]]) for row in rows]


def right_of(cases: Cases, rows: np.ndarray, shares: list[np.ndarray]) -> np.ndarray:
    return np.array(
        [
            len(share) > 1 and bool(cases.truth[row][int(np.argmax(share[:-1]))])
            for row, share in zip(rows, shares, strict=True)
        ]
    )


def fit(cases: Cases, rows: np.ndarray, seed: int, inner: int = 5) -> Model:
    """Both steps; the calibration sees predictions for held-out groups only."""
    fold = folds(cases.group[rows], inner, seed)
    seen = np.zeros((len(rows), 2))
    right = np.zeros(len(rows), dtype=bool)
    for number in range(inner):
        held = np.flatnonzero(fold == number)
        model = fit_weights(cases, rows[fold != number])
        shares = shares_of(model, cases, rows[held])
        seen[held] = [evidence(share) for share in shares]
        right[held] = right_of(cases, rows[held], shares)
    weight = cases.weights()[rows]

    def loss(point: np.ndarray) -> float:
        score = seen @ point[:2] + point[2]
        lost = weight * (np.logaddexp(0, score) - right * score)
        return float(lost.sum() + 0.5 * ((point[0] - 1) ** 2 + point[1] ** 2))

    bounds = [(0, None), (0, None), (None, None)]
    point = minimize(loss, [1.0, 0.0, 0.0], method="L-BFGS-B", bounds=bounds).x
    weights = fit_weights(cases, rows)
    return Model(weights.weights, weights.absent, float(point[0]), float(point[1]), float(point[2]))


@dataclass(frozen=True)
class Stated:
    """What held-out cases were answered: confidence, and whether the first guess is right."""

    confidence: np.ndarray
    right: np.ndarray


def answered(model: Model, cases: Cases, rows: np.ndarray) -> Stated:
    shares = shares_of(model, cases, rows)
    return Stated(np.array([model.confidence(s) for s in shares]), right_of(cases, rows, shares))


def splits(cases: Cases, count: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    fold = folds(cases.group, count, seed)
    for number in range(count):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def cross_validated(cases: Cases, outer: int = 10, seed: int = 0) -> Stated:
    """Nested: each outer fold is answered by a model, calibration included, that never saw it."""
    confidence = np.zeros(len(cases.query))
    right = np.zeros(len(cases.query), dtype=bool)
    for number, (training, held) in enumerate(splits(cases, outer, seed)):
        stated = answered(fit(cases, training, seed + 100 + number), cases, held)
        confidence[held], right[held] = stated.confidence, stated.right
    return Stated(confidence, right)
