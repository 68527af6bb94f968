# SPDX-License-Identifier: Apache-2.0
"""The floor under INCONCLUSIVE that the determination's table prints beside every test.

``benchmarks/determination/floor.py`` bounds from below what no test goes under. On few tasks all
outcomes can be listed, and the least share is a small linear programme: the bound has to be at most
that, and near it.
"""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import optimize

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "determination"
CUT, ZONE = 10.0, 2.0


@pytest.fixture(scope="module")
def benchmark() -> Iterator[tuple[ModuleType, ModuleType]]:
    """`floor` and `worlds`, which stand in a folder of programs and not in a package."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("floor"), importlib.import_module("worlds")
    finally:
        sys.path.remove(str(FOLDER))
        for name in {"floor", "worlds"} - before:
            sys.modules.pop(name, None)


def made_world(worlds: ModuleType, slope: float, variance: float, family_sd: float) -> object:
    """Six tasks of two families about the cut."""
    minutes = np.log2(np.array([5.0, 8.0, 10.0, 12.0, 20.0, 10.0]))
    return worlds.World(
        lambda h: slope * h,
        -slope * minutes,
        np.full(6, variance),
        family_sd,
        np.array([0, 0, 0, 1, 1, 1]),
    )


def listed(worlds: ModuleType, of: object) -> np.ndarray:
    """The probability of each of the 64 outcomes at the two edges; shape (64, 2)."""
    solved = np.array(list(itertools.product([False, True], repeat=6)))
    edges = worlds.log2_edges(CUT, ZONE)
    logs = np.stack([worlds.log_likelihood(of, h, solved) for h in edges], axis=1)
    return np.asarray(np.exp(logs))


def least(tables: list[np.ndarray], weight: list[float], error: float) -> float:
    """The least INCONCLUSIVE of any test, by a linear programme over tests with chance in them.

    Its variables: with what probability each outcome is called COVERED, and NOT_COVERED.
    """
    mean = sum(w * table.mean(axis=1) for w, table in zip(weight, tables, strict=True))
    count = len(mean)
    none = np.zeros(count)
    wrong = [np.concatenate([table[:, 0], none]) for table in tables]
    wrong += [np.concatenate([none, table[:, 1]]) for table in tables]
    both = np.concatenate([np.eye(count), np.eye(count)], axis=1)
    solved = optimize.linprog(
        -np.concatenate([mean, mean]),
        np.concatenate([both, np.array(wrong)]),
        np.concatenate([np.ones(count), np.full(len(wrong), error)]),
    )
    return float(mean.sum() + solved.fun)


@pytest.mark.parametrize(("variance", "family_sd"), [(0.0, 0.0), (1.0, 0.0), (1.0, 0.7)])
def test_the_probabilities_of_all_outcomes_add_up_to_one(
    benchmark: tuple[ModuleType, ModuleType], variance: float, family_sd: float
) -> None:
    """The integral over task errors and affinities is a distribution of outcomes."""
    _, worlds = benchmark
    table = listed(worlds, made_world(worlds, 1.0, variance, family_sd))
    assert table.sum(axis=0) == pytest.approx([1.0, 1.0], abs=1e-9)


@pytest.mark.parametrize(("slope", "variance", "family_sd"), [(0.7, 0.0, 0.0), (1.0, 1.0, 0.5)])
def test_outcomes_that_are_drawn_are_as_likely_as_is_said(
    benchmark: tuple[ModuleType, ModuleType], slope: float, variance: float, family_sd: float
) -> None:
    """What is simulated and what is integrated are the same world: a chi-square of 64 cells."""
    _, worlds = benchmark
    of = made_world(worlds, slope, variance, family_sd)
    edge = worlds.log2_edges(CUT, ZONE)[1]
    drawn = worlds.outcomes(of, edge, 40_000, np.random.default_rng(3))
    seen = np.bincount(drawn @ (1 << np.arange(6)[::-1]), minlength=64)
    expected = listed(worlds, of)[:, 1] * 40_000
    cells = expected >= 5
    assert np.sum((seen - expected)[cells] ** 2 / expected[cells]) < 63 + 6 * np.sqrt(2 * 63)


@pytest.mark.parametrize(("slope", "variance", "family_sd"), [(0.7, 0.0, 0.0), (1.0, 1.0, 0.5)])
def test_the_floor_is_under_the_best_test_and_near_it(
    benchmark: tuple[ModuleType, ModuleType], slope: float, variance: float, family_sd: float
) -> None:
    """It never claims more than what a best test leaves, and little less."""
    floor, worlds = benchmark
    of = made_world(worlds, slope, variance, family_sd)
    best = least([listed(worlds, of)], [1.0], floor.ALPHA)
    assert best > 0.05, "else there is nothing to bound"
    (found,) = floor.floors([of], [[1.0]], CUT, ZONE, 20_000)
    assert best - 0.03 < found.share < best + 4 * found.error


def test_who_has_to_be_right_in_two_worlds_leaves_more(
    benchmark: tuple[ModuleType, ModuleType],
) -> None:
    """Errors kept in both worlds cost what the linear programme over both says."""
    floor, worlds = benchmark
    both = [made_world(worlds, 1.0, 0.0, 0.0), made_world(worlds, 1.0, 2.0, 1.0)]
    tables = [listed(worlds, of) for of in both]
    best = least(tables, [1.0, 0.0], floor.ALPHA)
    alone, together = (
        floor.floors(some, [weight], CUT, ZONE, 6_000)[0]
        for some, weight in ((both[:1], [1.0]), (both, [1.0, 0.0]))
    )
    assert best - 0.03 < together.share < best + 4 * together.error
    assert together.share > alone.share + 4 * (together.error + alone.error)
