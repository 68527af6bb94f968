# SPDX-License-Identifier: Apache-2.0
"""The mixture's likelihood is the integral it claims to be; errors at the edges hold."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import integrate, special, stats

from proofhouse.statistics import likelihood
from proofhouse.statistics.likelihood import Known, Likelihood
from proofhouse.statistics.mixed import Difficulty
from proofhouse.statistics.peers import METHODS, Mixed, Question

QUESTION = Question(cut=4.0, zone=1.0, alpha_ppm=50_000, beta_ppm=50_000, minimum=10)


@cache
def known(tasks: int = 120, families: int = 4) -> Known:
    """Tasks of four families, from a minute to four hours, with what others say of them."""
    random = np.random.default_rng(3)
    return Known(
        log2_minutes=np.asarray(random.uniform(0, 8, tasks)),
        family=np.arange(tasks) % families,
        difficulty=Difficulty(
            slope=0.8,
            offset=np.asarray(random.normal(0, 0.7, tasks)),
            variance=np.full(tasks, 0.9),
            affinity_sd=0.5,
            family_sd=1.0,
            task_sd=1.0,
            abilities=np.zeros(3),
        ),
        slope=0.7,
    )


@cache
def built(tasks: int) -> tuple[Known, Mixed]:
    """A bank and its test; thirty tasks often run out before the edges are told apart."""
    about = known(tasks)
    return about, Mixed(about, QUESTION)


def test_likelihood_is_the_integral_over_difficulty_and_affinity() -> None:
    """Two tasks of one family and one of another: the mixture is that of plain quadrature."""
    about = known()
    seen = likelihood.views(about)
    tasks, solved = np.array([0, 4, 1]), np.array([True, False, True])
    made = Likelihood(seen, about.family, np.array([5.0])).of_run(tasks, solved)

    def success(view: likelihood.View, task: int, affinity: float) -> float:
        def at(error: float) -> float:
            logit = float(view.ability(5.0)) + view.base[task] + affinity + error
            return float(
                special.expit(logit) * stats.norm.pdf(error, 0, view.variance[task] ** 0.5)
            )

        return float(integrate.quad(at, -8, 8)[0])

    def family(view: likelihood.View, members: list[int]) -> float:
        def at(affinity: float) -> float:
            value = float(stats.norm.pdf(affinity, 0, view.family_sd))
            for place in members:
                p = success(view, int(tasks[place]), affinity)
                value *= p if solved[place] else 1 - p
            return value

        return float(integrate.quad(at, -5, 5, epsabs=1e-7)[0])

    whole = sum(view.weight * family(view, [0, 1]) * family(view, [2]) for view in seen)
    assert made[0] == pytest.approx(math.log(whole), abs=2e-4)


def test_evidence_is_the_ratio_of_likelihoods() -> None:
    """Task by task, the evidence is the log of the two horizons' likelihood ratio."""
    about = known()
    made = Likelihood(likelihood.views(about), about.family, np.array([3.0, 5.0]))
    random = np.random.default_rng(1)
    order, solved = random.permutation(120), random.random(120) < 0.5
    evidence = made.trace(solved, order[None, :], 1e9, 10)[0][0]
    for count in (1, 2, 17, 120):
        low, high = made.of_run(order[:count], solved[order[:count]])
        assert evidence[count - 1] == pytest.approx(high - low)


def test_boundaries_are_moved_from_walds_but_not_far() -> None:
    """The corridor lies between 0.4 and 1.4 of Wald's, on the right sides; less alpha, farther."""
    lower, upper = built(120)[1].corridor
    assert -1.4 * 2.9445 <= lower <= -0.4 * 2.9444
    assert 0.4 * 2.9444 <= upper <= 1.4 * 2.9445
    assert Mixed(known(), replace(QUESTION, alpha_ppm=10_000)).corridor[1] > upper + 1


def test_last_bounds_lie_inside_the_corridor() -> None:
    """Where the bank runs out, less evidence decides; both sides never do at once."""
    about, test = built(30)
    lower, upper = test.corridor
    assert (test.last[0] <= test.last[1]).all()
    decided = np.isfinite(test.last)
    assert decided.any()
    assert (np.abs(test.last[decided]) < max(upper, -lower)).all()
    random = np.random.default_rng(8)
    solved = likelihood.draw(test.seen[1], about.family, np.full(400, 4.0), random)
    orders = test.orders(400, random)
    verdict, used = test.decide(solved, orders)
    made = Likelihood(test.seen, about.family, np.array([3.0, 5.0]))
    ended = np.flatnonzero(used == 30)
    assert (verdict[ended] != 0).any()
    assert (verdict[ended] == 0).any()
    evidence: dict[int, list[float]] = {1: [], 0: [], -1: []}
    for row in ended:
        low, high = made.of_run(orders[row], solved[row, orders[row]])
        evidence[int(verdict[row])].append(high - low)
    assert min(evidence[1]) >= test.last[1].min()
    assert max(evidence[-1]) <= test.last[0].max()
    assert test.last[0].min() < min(evidence[0]) <= max(evidence[0]) < test.last[1].max()
    assert min(evidence[1]) < 0.7 * upper


@pytest.mark.parametrize("view", [0, 1])
@pytest.mark.parametrize("tasks", [30, 120])
def test_errors_at_the_edges_hold_in_each_view(view: int, tasks: int) -> None:
    """Models drawn from either view at an edge of the zone are wrongly decided in 5 % or less.

    So they are where the bank often runs out and the last bounds decide.
    """
    about, test = built(tasks)
    random = np.random.default_rng(5)
    seen, runs = test.seen[view], 500
    for edge, wrong in ((3.0, 1), (5.0, -1)):
        solved = likelihood.draw(seen, about.family, np.full(runs, edge), random)
        verdict, used = test.decide(solved, test.orders(runs, random))
        # 500 runs: 5 % has a standard error of 1 %.
        assert (verdict == wrong).mean() <= 0.075
        assert used.min() >= 10
        assert used.mean() < 60


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_orders_all_tasks_and_decides_clear_cases(name: str) -> None:
    """An order is a permutation; all solved is COVERED, all failed is NOT_COVERED, soon."""
    test = METHODS[name](known(), QUESTION)
    orders = test.orders(20, np.random.default_rng(2))
    assert (np.sort(orders, axis=1) == np.arange(120)).all()
    for solved, verdict in ((np.ones(120, bool), 1), (np.zeros(120, bool), -1)):
        made, used = test.decide(solved, orders)
        assert (made == verdict).all()
        assert 10 <= used.min() <= used.max() <= 40


def test_pilot_is_the_ratio_of_rasch_likelihoods() -> None:
    """The pilot takes difficulty for log2 minutes, with one slope, and adds up log ratios."""
    about = known()
    test = METHODS["pilot"](about, QUESTION)
    order = np.arange(120)[None, :]
    solved = about.log2_minutes < 4
    verdict, used = test.decide(solved, order)
    p = [special.expit(0.7 * (edge - about.log2_minutes)) for edge in (3.0, 5.0)]
    step = np.where(solved, np.log(p[1] / p[0]), np.log((1 - p[1]) / (1 - p[0]))).cumsum()
    crossed = np.flatnonzero(np.abs(step[9:]) >= math.log(19))
    if crossed.size:
        assert used[0] == crossed[0] + 10
        assert verdict[0] == np.sign(step[used[0] - 1])
    else:
        assert (verdict[0], used[0]) == (0, 120)


def test_tasks_of_most_worth_come_first() -> None:
    """The first ten tasks are worth more than random ones, and come from every family."""
    about = known()
    value = likelihood.worth(likelihood.views(about), 3.0, 5.0)
    orders = likelihood.order(value, about.family, 50, np.random.default_rng(0))
    assert value[orders[:, :10]].mean() > 1.3 * value.mean()
    assert len(np.unique(about.family[orders[:, :8]])) == 4
