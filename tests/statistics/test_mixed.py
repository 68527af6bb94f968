# SPDX-License-Identifier: Apache-2.0
"""The mixed model stands at its posterior's peak, knows its curvature and learns the truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from proofhouse.statistics.mixed import Fit, Responses

Floats = NDArray[np.float64]


def toy(models: int, tasks: int, families: int, seed: int) -> tuple[Responses, Floats, Floats]:
    """Responses, true offsets and true abilities; slope 0.8, spreads 1 (family), 1.2 (task)."""
    random = np.random.default_rng(seed)
    minutes = random.uniform(0, 8, tasks)
    family = np.arange(tasks) % families
    offset = random.normal(0, 1, families)[family] + random.normal(0, 1.2, tasks)
    ability = random.uniform(1, 5, models)
    affinity = random.normal(0, 0.5, (models, families))[:, family]
    logit = ability[:, None] - 0.8 * minutes - offset + affinity
    solved = (random.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(float)
    solved[random.random(logit.shape) < 0.05] = np.nan
    return Responses(solved, minutes, family), offset, ability


def test_modes_and_variances_by_brute_force() -> None:
    """With the fitted spreads held, a general optimiser finds the same peak and curvature."""
    data, _, _ = toy(4, 18, 3, seed=1)
    known = Fit(data).without(0)
    kept, x, f = data.solved[1:], data.log2_minutes, data.family

    def loss(at: Floats) -> float:
        ability, slope, family = at[:3], at[3], at[4:7]
        affinity, task = at[7:16].reshape(3, 3), at[16:]
        logit = ability[:, None] - slope * x - family[f] - task + affinity[:, f]
        value = np.nansum(np.logaddexp(0, logit) - kept * logit)
        value += (ability @ ability + (slope - 1) ** 2) / 50
        value += family @ family / known.family_sd**2 / 2 + task @ task / known.task_sd**2 / 2
        return float(value + (affinity**2).sum() / known.affinity_sd**2 / 2)

    best = optimize.minimize(loss, np.zeros(34), method="BFGS", options={"gtol": 1e-7}).x
    assert known.abilities == pytest.approx(best[:3], abs=1e-3)
    assert known.slope == pytest.approx(best[3], abs=1e-3)
    assert known.offset == pytest.approx(best[4:7][f] + best[16:], abs=1e-3)
    hessian = np.zeros((34, 34))
    for i in range(34):
        for j in range(34):
            here = np.zeros((2, 34))
            here[0, i], here[1, j] = 1e-3, 1e-3
            signs = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
            hessian[i, j] = (
                sum(sign * loss(best + p * here[0] + q * here[1]) for p, q, sign in signs) / 4e-6
            )
    covariance = np.linalg.inv(hessian)
    for task in range(18):
        picks = [4 + f[task], 16 + task]
        assert known.variance[task] == pytest.approx(
            covariance[np.ix_(picks, picks)].sum(), rel=5e-3
        )


def test_truth_is_learned() -> None:
    """From 14 models' responses offsets, slope and spreads come out near what made them."""
    data, offset, ability = toy(15, 240, 6, seed=2)
    known = Fit(data).without(14)
    assert np.corrcoef(known.offset, offset)[0, 1] > 0.85
    assert np.corrcoef(known.abilities, ability[:14])[0, 1] > 0.97
    assert known.slope == pytest.approx(0.8, abs=0.15)
    assert known.task_sd == pytest.approx(1.2, abs=0.25)
    assert known.affinity_sd == pytest.approx(0.5, abs=0.25)
    error = (known.offset - offset - (known.offset - offset).mean()) / np.sqrt(known.variance)
    assert float(np.std(error)) == pytest.approx(1, abs=0.25)


def test_the_left_out_model_leaves_no_trace() -> None:
    """Turning all of a model's responses round changes nothing that is learned without it."""
    data, _, _ = toy(6, 80, 4, seed=3)
    before = Fit(data).without(2)
    turned = data.solved.copy()
    turned[2] = 1 - turned[2]
    after = Fit(Responses(turned, data.log2_minutes, data.family)).without(2)
    # Only where the search for the spreads starts differs; it stops within two thousandths.
    assert after.slope == pytest.approx(before.slope, abs=0.01)
    assert after.offset == pytest.approx(before.offset, abs=0.08)
    assert after.task_sd == pytest.approx(before.task_sd, abs=0.04)


def test_extreme_responses_stay_finite() -> None:
    """Models that solved all or nothing, tasks nobody saw and one family do not break the fit."""
    solved = np.array([[1.0] * 12, [0.0] * 12, [np.nan] * 12, [1.0, 0.0] * 6])
    data = Responses(solved, np.linspace(0, 6, 12), np.zeros(12, np.intp))
    for model in range(4):
        known = Fit(data).without(model)
        assert np.isfinite(known.offset).all()
        assert (known.variance > 0).all()
        assert np.isfinite([known.slope, known.task_sd, known.affinity_sd]).all()
