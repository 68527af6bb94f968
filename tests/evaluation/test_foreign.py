# SPDX-License-Identifier: Apache-2.0
"""Other people's tasks, run by their own solver and scorer under our plan and our record."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, match
from inspect_ai.solver import generate

from proofhouse.bank.stream import Stream
from proofhouse.bank.tables import item, parse
from proofhouse.errors import InputError
from proofhouse.evaluation import messages
from proofhouse.evaluation import run as evaluation
from proofhouse.evaluation.foreign import ForeignTasks, number
from proofhouse.evaluation.types import ForeignSample, Job, ModelSpec, Reply, TaskItem
from proofhouse.judges import grade, prove

THREATS = "inspect_evals/agent_threat_bench_memory_poison"
TABLE = b"""
family: memory-poison
task: inspect_evals/agent_threat_bench_memory_poison
scale: Rasch, logits
source: made up for a test
levels:
  - {level: 1, difficulty: -1, standardError: 1, samples: [mp_001, mp_002]}
  - {level: 2, difficulty: 1, standardError: 1, samples: [mp_009]}
"""


@task
def sums(box: str = "") -> Task:
    samples = [Sample(input="1 + 1?", target="2", id="two"), Sample(input="2 + 1?", target="3")]
    return Task(MemoryDataset(samples), solver=[generate()], scorer=match(), sandbox=box or None)


def wanted(sample: str, **arguments: str) -> ForeignSample:
    return ForeignSample("sums", tuple(sorted(arguments.items())), sample)


def test_a_sample_is_found_by_its_name_or_its_place():
    tasks = ForeignTasks()
    assert tasks.sample(wanted("two"), "s1").id == "s1"
    assert tasks.sample(wanted("2"), "s2").input == "2 + 1?"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (wanted("9"), "no sample '9'"),
        (wanted("two", box="local"), "unfenced"),
        (wanted("two", colour="red"), "arguments"),
        (ForeignSample("no_such_package/sums", (), "1"), "pip install no_such_package"),
    ],
)
def test_what_can_t_be_run_is_refused_with_its_reason(asked: ForeignSample, reason: str):
    with pytest.raises(InputError) as caught:
        ForeignTasks().sample(asked, "s1")
    assert reason in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("value", "meant"),
    [("C", 1.0), ("I", 0.0), (0.5, 0.5), ({"a": "C", "b": "I"}, 0.0), ([1], 1.0)],
)
def test_a_score_is_a_number_and_the_least_of_several(value: Any, meant: float):
    assert number(Score(value=value)) == meant


def test_a_foreign_sample_travels_as_it_is():
    first = TaskItem(
        "memory-poison/1/00", "", foreign=ForeignSample(THREATS, (("n", 1),), "mp_001")
    )
    (again,) = messages.read_batch(messages.batch_frame([("s1", first)])) or ()
    assert again.foreign == first.foreign


def test_a_level_has_each_of_its_samples_once():
    table = parse(TABLE, "a.yaml")
    order = lambda: Stream(b"k" * 32, "order")  # noqa: E731
    made = [item(table, order(), 1, at) for at in (0, 1)]
    assert {one.oracle.to_value()["sample"] for one in made} == {"mp_001", "mp_002"}
    with pytest.raises(InputError, match="has 2 samples"):
        item(table, order(), 1, 2)
    with pytest.raises(InputError, match="no level 3"):
        item(table, order(), 3, 0)


@pytest.mark.parametrize(
    ("answer", "solved"),
    [
        (b"1.0", True),
        (b"0.99", False),
        (b"nan", False),
        (b"inf", False),
        (b"x", False),
        (b"1e30", True),
    ],
)
def test_only_a_score_that_is_high_enough_is_solved(answer: bytes, solved: bool):
    made = item(parse(TABLE, "a.yaml"), Stream(b"k" * 32, "order"), 2, 0)
    assert asyncio.run(grade(asyncio.run(prove(made)), answer)).solved is solved


PACKAGES = Path(sys.prefix) / "tasks"
"""Where `make test` puts inspect_evals."""


@pytest.mark.skipif(not PACKAGES.is_dir(), reason="no inspect_evals")
@pytest.mark.timeout(600)
def test_a_task_of_inspect_evals_is_run_and_scored_by_its_own_scorer(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its own tools are offered, and its own scorer finds an empty answer wrong."""
    monkeypatch.setenv("PROOFHOUSE_TASKS", str(PACKAGES))
    asked = [
        TaskItem(f"memory-poison/1/{at:02d}", "", foreign=ForeignSample(THREATS, (), sample))
        for at, sample in enumerate(("mp_001", "mp_002"))
    ]
    replies = (Reply(text="I don't know."),)
    desk = lab.Desk(asked)
    job = Job(ModelSpec("mockllm/model", replies=replies), tmp_path / "log", samples_at_once=2)
    asyncio.run(evaluation.run(job, **desk.calls))
    assert {answer for _, answer, _ in desk.graded} == {b"0.0"}
    assert sorted(desk.samples) == [one.id for one in asked]
    for sample in desk.samples.values():
        assert (sample.kind, sample.model_calls > 0) == ("answered", True)
        assert b"memory_read" in sample.record, "its own tools were offered"
