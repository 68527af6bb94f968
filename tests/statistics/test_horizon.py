# SPDX-License-Identifier: Apache-2.0
"""Horizons find the curve that made the data and weigh families as published."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

from proofhouse.errors import InputError
from proofhouse.statistics.horizon import Curve, fit, horizons, log2_horizons, runs_of
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

from .recorded import world


def test_known_curve_is_found() -> None:
    """With the true probabilities as successes, the fit gives back the curve they come from."""
    x = np.linspace(-1, 9, 60)
    made = fit(x, 1 / (1 + np.exp(-(3.0 - 0.8 * x))), np.ones(60))
    assert made.log2_minutes(0.5) == pytest.approx(3.0 / 0.8, abs=0.01)
    assert made.log2_minutes(0.8) == pytest.approx((3.0 - math.log(4)) / 0.8, abs=0.03)
    converged = log2_horizons(x, 1 / (1 + np.exp(-(3.0 - 0.8 * x)))[None, :], np.ones(60))
    assert converged[0] == pytest.approx(3.0 / 0.8, abs=1e-3)


def test_fit_is_near_the_maximum_of_the_likelihood() -> None:
    """The published stop lies within a hundredth of a doubling of the converged maximum."""
    random = np.random.default_rng(3)
    x = random.uniform(0, 8, 200)
    y = (random.random(200) < 1 / (1 + np.exp(x - 4))).astype(float)
    w = random.random(200)

    def loss(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        logit = at[0] + at[1] * x
        value = np.average(np.logaddexp(0, logit) - y * logit, weights=w)
        return float(value + 0.5e-5 * at[1] ** 2)

    best = optimize.minimize(loss, [0, 0], method="Nelder-Mead", options={"xatol": 1e-10}).x
    assert fit(x, y, w).log2_minutes(0.5) == pytest.approx(-best[0] / best[1], abs=0.01)
    assert log2_horizons(x, y[None, :], w)[0] == pytest.approx(-best[0] / best[1], abs=1e-5)


def test_weights_are_the_published_ones() -> None:
    """A run weighs 1 / runs of its task / root of its family's tasks."""
    rows = [
        Response("m", "a/1", "a", True, 1),
        Response("m", "a/1", "a", False, 1),
        *[Response("m", f"b/{i}", "b", True, 1) for i in range(4)],
        Response("m", "c/1", "c", True, 1),
    ]
    minutes: dict[str, float | None] = {row.task: 8.0 for row in rows} | {"c/1": None}
    runs = runs_of(rows, minutes)
    assert runs.weight.tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert runs.log2_minutes.tolist() == [3.0] * 6
    assert runs.tasks == 5


def test_horizons_of_made_up_models() -> None:
    """Models come out in the order of their true horizons, with intervals that hold them."""
    tasks, responses = world({"weak": 2.0, "middle": 5.0, "strong": 8.0}, seed=1)
    made = horizons(responses, tasks, resamples=200)
    assert [h.model for h in made] == ["weak", "middle", "strong"]
    for h, truth in zip(made, (2.0, 5.0, 8.0), strict=True):
        assert h.p50_minutes is not None
        assert h.p80_minutes is not None
        assert h.low_minutes is not None
        assert h.high_minutes is not None
        assert h.p80_minutes < h.p50_minutes
        assert h.low_minutes < 2**truth < h.high_minutes
        assert (h.tasks, h.runs, h.excluded, h.reason) == (160, 160, 0, "")


def test_a_models_figures_depend_on_it_alone() -> None:
    """Leaving other models out of the file changes no digit, nor does the order of rows."""
    tasks, responses = world({"one": 4.0, "two": 6.0}, seed=2)
    both = horizons(responses, tasks, resamples=100)
    alone = horizons([r for r in responses if r.model == "two"], tasks, resamples=100)
    assert both[1:] == alone
    assert both == horizons(responses, tasks, resamples=100)


def test_models_without_a_horizon_are_excluded_with_their_reason() -> None:
    """Too few tasks, all or none solved, or success that rises with length: no figure, a reason."""
    tasks = [Task(f"t{i}", "a" if i % 2 else "b", 2.0**i) for i in range(12)]
    tasks.append(Task("unknown", "a", None))

    def answers(model: str, solved: list[bool]) -> list[Response]:
        return [
            Response(model, task.id, task.family, right, 5)
            for task, right in zip(tasks, solved, strict=False)
        ]

    made = horizons(
        [
            *answers("few", [True] * 5 + [False] * 4),
            *answers("all", [True] * 13),
            *answers("none", [False] * 13),
            *answers("odd", [False] * 6 + [True] * 6),
        ],
        tasks,
        resamples=100,
    )
    assert [h.reason for h in made] == [
        "too few tasks with minutes: 9, at least 10 are needed",
        "solved every task",
        "solved no task",
        "success does not fall with the length of tasks",
    ]
    assert [h.excluded for h in made] == [0, 1, 1, 0]
    assert {h.p50_minutes for h in made} == {h.low_minutes for h in made} == {None}


def test_resamples_that_run_off_leave_the_end_open() -> None:
    """A model that failed one task only may as well have an endless horizon: the end is open."""
    tasks = [Task(f"t{i}", f"f{i % 3}", 2.0**i) for i in range(12)]
    rows = [Response("m", t.id, t.family, t.id != "t11", 5) for t in tasks]
    made = horizons(rows, tasks, resamples=200)[0]
    assert made.p50_minutes is not None
    assert made.high_minutes is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("first", [30.0, 31.0])
def test_minutes_that_hardly_vary_give_no_horizon(first: float) -> None:
    """Tasks of one length say nothing of a slope: no figure, a reason, and no warning."""
    tasks = [Task(f"t{i}", f"f{i % 3}", 30.0 if i else first) for i in range(36)]
    rows = [Response("m", t.id, t.family, n % 3 == 0, 5) for n, t in enumerate(tasks)]
    made = horizons(rows, tasks, resamples=100)[0]
    assert (made.p50_minutes, made.p80_minutes, made.low_minutes, made.high_minutes) == (None,) * 4
    assert made.reason.startswith("minutes hardly vary: a standard deviation of 0.0")
    # A resample that falls by next to nothing is endless, without a warning.
    log2_horizons(np.full(12, 4.9), np.tile(np.arange(12.0) < 4, (2, 1)).astype(float), np.ones(12))


@pytest.mark.filterwarnings("error")
def test_an_interval_open_on_both_sides_says_so() -> None:
    """Lengths that differ by a half bound no horizon of a model that seems to solve any as well."""
    tasks = [Task(f"t{i}", f"f{i % 3}", 30.0 * 1.5 ** (i % 2)) for i in range(24)]
    rows = [Response("m", t.id, t.family, n % 4 < 2 or n == 2, 5) for n, t in enumerate(tasks)]
    rows[1] = Response("m", "t1", "f1", False, 5)
    made = horizons(rows, tasks, resamples=100)[0]
    assert made.p50_minutes is not None
    assert (made.low_minutes, made.high_minutes) == (None, None)
    assert made.reason.startswith("the interval is open on both sides")


def test_log2_horizons_at_the_ends() -> None:
    """All solved is endless, all failed is none, and rising success is no number."""
    x = np.arange(12.0)
    rising = (x > 5).astype(float)
    made = log2_horizons(x, np.array([np.ones(12), np.zeros(12), rising]), np.ones(12))
    assert made[0] == math.inf
    assert made[1] == -math.inf
    assert math.isnan(made[2])
    assert Curve(2.0, -0.5).log2_minutes(0.5) == 4.0


def test_impossible_requests_are_refused() -> None:
    """No responses, too few resamples and impossible confidences are input errors."""
    tasks, responses = world({"one": 4.0}, seed=2)
    with pytest.raises(InputError, match="no responses"):
        horizons([], tasks)
    for wrong in ({"resamples": 99}, {"confidence": 1.0}, {"confidence": 0.0}):
        with pytest.raises(InputError, match="can't be made"):
            horizons(responses, tasks, **wrong)


RECORDED = os.environ.get("PROOFHOUSE_RECORDED_RESPONSES")

if RECORDED:

    def test_published_horizons_are_reproduced() -> None:
        """Every published P50 and P80 comes out to thirteen digits, and the counts agree."""
        folder = Path(str(RECORDED))
        tasks = parse_tasks((folder / "tasks.csv").read_bytes())
        responses = parse_responses((folder / "responses.csv").read_bytes(), tasks)
        made = {h.model: h for h in horizons(responses, tasks, resamples=100)}
        with (folder / "published_horizons.csv").open(encoding="utf-8") as file:
            published = list(csv.DictReader(file))
        assert len(published) == len(made) > 0
        for row in published:
            ours = made[row["agent"]]
            assert ours.p50_minutes == pytest.approx(float(row["p50"]), rel=1e-13)
            assert ours.p80_minutes == pytest.approx(float(row["p80"]), rel=1e-13)
            assert ours.tasks == int(row["n_tasks"])
