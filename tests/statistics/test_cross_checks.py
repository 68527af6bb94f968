# SPDX-License-Identifier: Apache-2.0
"""Our figures against independent implementations, where they are installed."""

from __future__ import annotations

import numpy as np
import pytest

from proofhouse.statistics.horizon import RIDGE, log2_horizons
from proofhouse.statistics.proportion import clopper_pearson, wilson

RANDOM = np.random.default_rng(8)
X = RANDOM.uniform(0, 9, 80)
Y = RANDOM.random(80) < 1 / (1 + np.exp(0.8 * (X - 5)))
WEIGHT = RANDOM.uniform(0.1, 1, 80)


def test_horizon_agrees_with_scikit_learn() -> None:
    """The weighted fit's horizon is scikit-learn's at the same small ridge."""
    linear = pytest.importorskip("sklearn.linear_model")
    share = WEIGHT / WEIGHT.sum()
    model = linear.LogisticRegression(C=1 / RIDGE, tol=1e-12, max_iter=10_000)
    model.fit(X[:, None], Y, sample_weight=share)
    theirs = -float(model.intercept_[0]) / float(model.coef_[0, 0])
    ours = log2_horizons(X, Y[None, :].astype(float), WEIGHT)
    assert ours[0] == pytest.approx(theirs, abs=1e-4)


def test_horizon_agrees_with_statsmodels() -> None:
    """Without weights it is statsmodels' logistic regression, whose ridge is none."""
    api = pytest.importorskip("statsmodels.api")
    fit = api.GLM(Y.astype(float), api.add_constant(X), family=api.families.Binomial()).fit()
    theirs = -float(fit.params[0]) / float(fit.params[1])
    assert log2_horizons(X, Y[None, :].astype(float), np.ones(80))[0] == pytest.approx(
        theirs, abs=2e-2
    )


@pytest.mark.parametrize(("solved", "count"), [(0, 7), (3, 9), (50, 60), (12, 12)])
def test_intervals_of_shares_agree_with_statsmodels(solved: int, count: int) -> None:
    """Clopper-Pearson and Wilson intervals are statsmodels' beta and wilson intervals."""
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for ours, method in ((clopper_pearson, "beta"), (wilson, "wilson")):
        theirs = proportion.proportion_confint(solved, count, method=method)
        assert ours(solved, count) == pytest.approx(theirs, abs=1e-9)
