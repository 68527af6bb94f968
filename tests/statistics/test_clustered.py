# SPDX-License-Identifier: Apache-2.0
"""Clustered errors are those of the sandwich formula, and paired ones those of the differences."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.clustered import mean_with_error, paired_difference


def test_worked_example() -> None:
    """Two clusters that agree within and differ between leave an error of one half."""
    made = mean_with_error([1, 1, 0, 0], ["a", "a", "b", "b"])
    assert (made.estimate, made.clusters) == (0.5, 2)
    assert made.standard_error == pytest.approx(0.5)


def test_clusters_of_one_give_the_plain_error() -> None:
    """With every value its own cluster the error is the textbook one."""
    x = np.random.default_rng(1).normal(size=50)
    made = mean_with_error(x, range(50))
    assert made.standard_error == pytest.approx(x.std(ddof=1) / math.sqrt(50))


def test_agrees_with_statsmodels() -> None:
    """The error is that of a regression on a constant with clustered covariance."""
    api = pytest.importorskip("statsmodels.api")
    random = np.random.default_rng(2)
    groups = random.integers(0, 12, 200)
    x = random.normal(size=200) + random.normal(size=12)[groups]
    fit = api.OLS(x, np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    plain = mean_with_error(x, groups.tolist()).standard_error * math.sqrt(11 / 12)
    assert plain == pytest.approx(float(fit.bse[0]))


def test_intervals_cover() -> None:
    """95 % intervals over 15 clusters hold the mean in about 95 % of 1,000 samples."""
    random = np.random.default_rng(3)
    groups = np.repeat(np.arange(15), 8)
    held = 0
    for _ in range(1_000):
        x = random.normal(size=120) + random.normal(size=15)[groups]
        made = mean_with_error(x, groups.tolist())
        held += made.low <= 0 <= made.high
    assert 925 <= held <= 975


def test_pairs_remove_what_both_share() -> None:
    """What two models share on a question doesn't blur their difference."""
    random = np.random.default_rng(4)
    hard = random.normal(0, 5, 100)
    a, b = hard + 1 + random.normal(0, 0.1, 100), hard + random.normal(0, 0.1, 100)
    made = paired_difference(a, b, range(100))
    assert made.low > 0.9
    assert made.high < 1.1


def test_one_cluster_leaves_the_interval_open() -> None:
    """One cluster says nothing about others."""
    assert mean_with_error([1, 0], ["a", "a"]).high == math.inf


def test_no_mean_without_values() -> None:
    """No values, unequal lengths and impossible confidences are refused."""
    for values, clusters, confidence in (([], [], 0.95), ([1], [1, 2], 0.95), ([1], [1], 1.0)):
        with pytest.raises(InputError):
            mean_with_error(values, clusters, confidence)
    with pytest.raises(InputError):
        paired_difference([1, 2], [1], [1, 2])
