# SPDX-License-Identifier: Apache-2.0
"""Means with clustered and with paired standard errors.

E. Miller, "Adding Error Bars to Evals: A Statistical Approach to Language Model Evaluations"
(2024): questions about one text, or orders of one model, are not independent; the standard error
of their mean is

    SE² = Σ over clusters ( Σ in the cluster (x − mean) )² / n² · G/(G − 1)

and two models on the same questions are compared by the mean of their differences, question by
question, clustered the same way. Intervals are Student's with G − 1 degrees of freedom, G clusters.

    mean_with_error([1, 1, 0, 0], ["a", "a", "b", "b"])    →  mean 0.5, standard error 0.5

Limits: few clusters make wide intervals and rough coverage; with fewer than two there is none.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from proofhouse.errors import InputError


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, its standard error, and the interval; one cluster leaves error and interval open."""

    estimate: float
    standard_error: float
    low: float
    high: float
    clusters: int


def mean_with_error(
    values: ArrayLike, clusters: Sequence[Hashable], confidence: float = 0.95
) -> Mean:
    """The mean of ``values`` with the error that their clusters leave.

    Raises:
        InputError: no values, another number of clusters than of values, or a confidence outside
            (0, 1).
    """
    x = np.asarray(values, float)
    if x.ndim != 1 or not x.size or len(clusters) != x.size or not 0 < confidence < 1:
        raise InputError(
            f"{x.size} values in {len(clusters)} places give no mean.",
            hint="Give one cluster per value, at least one value, and a confidence in (0, 1).",
        )
    number = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros(len(number))
    np.add.at(sums, [number[name] for name in clusters], x - x.mean())
    count = len(number)
    mean = float(x.mean())
    if count < 2:
        return Mean(mean, math.inf, -math.inf, math.inf, count)
    error = float(np.sqrt((sums**2).sum() * count / (count - 1))) / x.size
    half = -float(special.stdtrit(count - 1, (1 - confidence) / 2)) * error
    return Mean(mean, error, mean - half, mean + half, count)


def paired_difference(
    first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], confidence: float = 0.95
) -> Mean:
    """The mean of ``first − second``, question by question.

    Raises:
        InputError: arrays of different lengths, or as for `mean_with_error`.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.shape != b.shape:
        raise InputError(
            f"{a.size} and {b.size} values can't be paired.", hint="Give two values a question."
        )
    return mean_with_error(a - b, clusters, confidence)
