# SPDX-License-Identifier: Apache-2.0
"""Calibration finds the items' parameters, and its errors tell how far off it may be."""

from __future__ import annotations

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.irt import calibrate


def responses(solvers: int, slope: float | np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    difficulty = np.linspace(-2, 2, 12)
    ability = random.normal(size=(solvers, 1))
    chance = 1 / (1 + np.exp(-slope * (ability - difficulty)))
    return (random.random(chance.shape) < chance).astype(float), difficulty


def test_difficulties_lie_within_their_errors() -> None:
    """With 400 solvers, nearly all difficulties are within three standard errors of the truth."""
    y, difficulty = responses(400, 1.3, 1)
    made = calibrate(y, resamples=30)
    off = (np.array(made.difficulty) - difficulty) / np.array(made.difficulty_error)
    assert np.abs(off).max() < 4
    assert np.abs(np.array(made.difficulty) - difficulty).max() < 0.4
    assert made.slope[0] == made.slope[-1] == pytest.approx(1.3, abs=0.2)


def test_slopes_are_told_apart() -> None:
    """With 1,500 solvers steep and flat items are found so."""
    slope = np.where(np.arange(12) % 2, 0.6, 1.6)
    y, _ = responses(1_500, slope, 2)
    made = calibrate(y, slopes=True, resamples=20)
    assert min(made.slope[0::2]) > max(made.slope[1::2])


def test_few_solvers_leave_large_errors() -> None:
    """Six solvers leave errors several times those of four hundred, and nothing runs off."""
    few = calibrate(responses(6, 1.0, 3)[0], resamples=20)
    many = calibrate(responses(400, 1.0, 3)[0], resamples=20)
    assert np.mean(few.difficulty_error) > 3 * np.mean(many.difficulty_error)
    assert np.isfinite(few.difficulty).all()
    everything = calibrate(np.ones((5, 4)), resamples=20)
    assert max(everything.difficulty) < 0
    assert np.isfinite(everything.difficulty).all()


def test_absent_responses_are_absent() -> None:
    """Items that half the solvers never met are still found, with larger errors."""
    y, difficulty = responses(600, 1.0, 4)
    y[:300, :6] = np.nan
    made = calibrate(y, resamples=20)
    assert np.abs(np.array(made.difficulty) - difficulty).max() < 0.6
    assert np.mean(made.difficulty_error[:6]) > np.mean(made.difficulty_error[6:])


def test_agrees_with_girth() -> None:
    """Difficulties agree with girth's marginal Rasch fit on the same responses."""
    girth = pytest.importorskip("girth")
    y, _ = responses(500, 1.0, 5)
    theirs = girth.onepl_mml(y.T.astype(int))
    made = calibrate(y, resamples=20)
    assert np.abs(np.array(made.difficulty) - theirs["Difficulty"]).max() < 0.05
    assert made.slope[0] == pytest.approx(float(np.mean(theirs["Discrimination"])), abs=0.05)
    slopes = calibrate(y, slopes=True, resamples=20)
    both = girth.twopl_mml(y.T.astype(int))
    assert np.corrcoef(slopes.difficulty, both["Difficulty"])[0, 1] > 0.995


def test_responses_that_are_none() -> None:
    """Other numbers, items nobody tried and single solvers are refused."""
    for wrong in (np.ones((1, 5)), np.full((3, 3), 0.5), np.array([[1.0, np.nan], [0.0, np.nan]])):
        with pytest.raises(InputError):
            calibrate(wrong)
    with pytest.raises(InputError):
        calibrate(np.ones((3, 3)), resamples=5)
