# SPDX-License-Identifier: Apache-2.0
"""The replay decides as the whole bank does, with few tasks, and leaves out what it can't use."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.replay import Row, Setting, replay
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

from .recorded import responses_csv, tasks_csv, world

HORIZONS = {"a": 2.0, "b": 3.0, "c": 4.2, "d": 6.0, "e": 7.0, "f": 8.0}
SETTING = Setting(cut_minutes=2**5, zone=2, orders=20)


@cache
def made_up() -> tuple[tuple[Task, ...], tuple[Response, ...]]:
    return world(HORIZONS, seed=4)


@cache
def replayed() -> tuple[Row, ...]:
    tasks, responses = made_up()
    return replay(responses, tasks, SETTING)


def test_decides_as_the_truth_has_it_with_few_tasks() -> None:
    """Models two doublings from the cut are decided rightly in nearly all orders, and soon."""
    for row in replayed():
        if row.model in "cd":
            continue
        covered = HORIZONS[row.model] > 5
        assert row.decision == ("COVERED" if covered else "NOT_COVERED")
        assert row.decision_shares_ppm[0 if covered else 1] >= 900_000
        assert row.reason == ("upper" if covered else "lower") + " boundary crossed"
        assert 10_000 <= row.items_used_milli <= 30_000
        assert row.items_full == 160
        assert row.tokens_used_milli < 400 * row.tokens_full
        assert row.excluded == 0


def test_estimates_are_horizons_with_intervals() -> None:
    """Estimates follow the true horizons, and the intervals hold them."""
    rows = replayed()
    estimates = [row.estimate_minutes for row in rows]
    assert None not in estimates
    assert np.corrcoef(np.log2(np.array(estimates, float)), list(HORIZONS.values()))[0, 1] > 0.9
    for row in rows:
        low, high = row.interval_minutes
        assert (low or 0) < 2 ** HORIZONS[row.model] < (high or np.inf)


def test_shares_add_up_and_counts_are_the_banks() -> None:
    """Shares of the three outcomes are those of all orders; full counts are sums over the bank."""
    _, responses = made_up()
    for row in replayed():
        assert abs(sum(row.decision_shares_ppm) - 1_000_000) <= 1
        assert row.tokens_full == sum(r.tokens for r in responses if r.model == row.model)


def test_replay_is_reproducible_and_seeded() -> None:
    """The same seed gives the same rows whatever the order of the file; another seed others."""
    tasks, responses = made_up()
    shuffled = sorted(responses, key=lambda r: (r.model, r.task))
    assert replay(shuffled, tuple(reversed(tasks)), SETTING) == replayed()
    (other,) = replay(responses, tasks, replace(SETTING, seed=b"other"), only=["d"])
    assert other.items_used_milli != replayed()[3].items_used_milli


def test_files_give_the_same_rows() -> None:
    """Responses and tasks that went through their CSV files replay alike."""
    tasks, responses = made_up()
    read = parse_tasks(tasks_csv(tasks))
    rows = replay(parse_responses(responses_csv(responses), read), read, SETTING, only=["e"])
    assert rows == replayed()[4:5]


def test_wrong_decisions_at_the_edge_are_rare() -> None:
    """Models exactly at the zone's edges are decided wrongly in no more than about 5 % of orders.

    Each model brings its own affinities; parameters are learned from made-up data like these.
    """
    edges = {f"low{i}": 4.0 for i in range(8)} | {f"high{i}": 6.0 for i in range(8)}
    tasks, responses = world(edges, seed=5)
    rows = replay(responses, tasks, Setting(cut_minutes=2**5, zone=2, orders=20))
    wrong = [row.decision_shares_ppm[0 if row.model.startswith("low") else 1] for row in rows]
    # 16 models with affinities of their own: a mean of 5 % has a standard error near 3 %.
    assert np.mean(wrong) <= 110_000
    assert np.mean([row.decision_shares_ppm[2] for row in rows]) < 100_000


def test_narrow_zone_takes_more_tasks() -> None:
    """A narrower zone takes more tasks to decide."""
    tasks, responses = made_up()
    narrow = replay(responses, tasks, replace(SETTING, zone=1.3), only=["b", "d"])
    wide = [row for row in replayed() if row.model in "bd"]
    assert sum(row.items_used_milli for row in narrow) > 1.5 * sum(
        row.items_used_milli for row in wide
    )


def test_unusable_responses_are_left_out_and_counted() -> None:
    """Tasks without minutes and responses without tokens are counted, not used and not fatal."""
    tasks, responses = made_up()
    lost = {task.id for task in tasks[:7]}
    some = [replace(task, minutes=None) if task.id in lost else task for task in tasks]
    silent = [
        replace(r, tokens=0) if r.model == "a" and r.task == "omega/3" else r for r in responses
    ]
    rows = {row.model: row for row in replay(silent, some, SETTING)}
    assert (rows["a"].excluded, rows["a"].items_full) == (8, 152)
    assert (rows["b"].excluded, rows["b"].items_full) == (7, 153)
    assert rows["a"].decision == "NOT_COVERED"


def test_models_that_cannot_be_replayed_say_why() -> None:
    """No tokens or too few tasks exclude a model with its reason; the others are still replayed."""
    tasks, responses = made_up()
    rows = {
        row.model: row
        for row in replay(
            [
                *(replace(r, tokens=0) if r.model == "a" else r for r in responses),
                *(Response("new", t.id, t.family, True, 5) for t in tasks[:9]),
            ],
            tasks,
            SETTING,
        )
    }
    assert rows["a"].decision is rows["new"].decision is None
    assert rows["a"].reason == "no tokens recorded, so no run to replay"
    assert rows["a"].excluded == 160
    assert rows["new"].reason == "too few tasks: 9 usable, at least 10 are needed"
    assert rows["f"].decision == "COVERED"


def test_too_few_models_to_learn_from() -> None:
    """With fewer than three usable models nothing is decided."""
    tasks, responses = made_up()
    rows = replay([r for r in responses if r.model in "af"], tasks, SETTING)
    assert [row.decision for row in rows] == [None, None]
    assert rows[0].reason == "too few other models to learn from: at least 2 are needed"


def test_everything_solved_by_everyone_decides_nothing() -> None:
    """Responses in which length plays no part can't place a cut, and say so."""
    tasks, responses = made_up()
    rows = replay([replace(r, solved=True) for r in responses], tasks, SETTING)
    assert {row.decision for row in rows} <= {None, "COVERED"}
    turned = [replace(r, solved=next(t.minutes or 0 for t in tasks if t.id == r.task) > 30)
              for r in responses]  # fmt: skip
    rows = replay(turned, tasks, SETTING)
    assert {row.reason for row in rows} == {"the bank has no tasks to place this cut by"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"zone": 1.0}, "a factor above 1"),
        ({"zone": 0.5}, "a factor above 1"),
        ({"zone": -2.0}, "a factor above 1"),
        ({"zone": float("nan")}, "a factor above 1"),
        ({"cut_minutes": 0.0}, "a positive number"),
        ({"cut_minutes": -5.0}, "a positive number"),
        ({"cut_minutes": float("inf")}, "a positive number"),
        ({"alpha_ppm": 0}, "alphaPpm"),
        ({"beta_ppm": 500_000}, "betaPpm"),
        ({"minimum_items": 9}, "at least 10"),
        ({"orders": 0}, "can't be drawn"),
        ({"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any], message: str) -> None:
    """A zone of 1 or less, a cut that is no time and other impossible settings are input errors."""
    arguments: dict[str, Any] = {"cut_minutes": 16.0}
    with pytest.raises(InputError, match=message):
        Setting(**(arguments | wrong))


def test_some_models_only() -> None:
    """Replaying one model gives its row among all; a model that isn't there is refused."""
    tasks, responses = made_up()
    assert replay(responses, tasks, SETTING, only=["e"]) == replayed()[4:5]
    with pytest.raises(InputError, match="no responses of 'z'"):
        replay(responses, tasks, SETTING, only=["z"])


def test_no_responses_are_refused() -> None:
    """An empty table is an input error."""
    with pytest.raises(InputError, match="no responses"):
        replay([], made_up()[0], SETTING)
