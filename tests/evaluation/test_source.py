# SPDX-License-Identifier: Apache-2.0
"""How an ending is told from what Inspect recorded, and that a cancelled sample is reported."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from inspect_ai.dataset import Sample
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalError, EvalSample, EvalSampleLimit
from inspect_ai.model import GenerateConfig, ModelOutput

from proofhouse.evaluation import source
from proofhouse.evaluation.types import Job, ModelSpec

JOB = Job(ModelSpec("mockllm/model"), Path("/nowhere"), limits=None)


def call(error: str | None = None, pending: bool = False) -> ModelEvent:
    """One attempt at a model call, as Inspect records it."""
    return ModelEvent(
        model="m",
        input=[],
        tools=[],
        tool_choice="auto",
        config=GenerateConfig(),
        output=ModelOutput(),
        error=error,
        pending=pending or None,
    )


ANSWERED, CANCELLED, FAILED = call(), call("model call cancelled"), call("Connection error.")


@pytest.mark.parametrize(
    ("events", "answering"),
    [
        ([], False),
        ([ANSWERED], True),
        ([ANSWERED, CANCELLED], True),
        ([ANSWERED, call(pending=True)], True),
        ([CANCELLED], False),
        ([ANSWERED, FAILED], False),
        ([ANSWERED, FAILED, CANCELLED], False),
        ([FAILED, ANSWERED, CANCELLED], True),
    ],
)
def test_an_endpoint_is_answering_until_an_attempt_fails(
    events: list[ModelEvent], answering: bool
) -> None:
    """It has answered at least once, and nothing has failed since."""
    assert source.was_answering(events) is answering


def sample(**fields: Any) -> EvalSample:
    return EvalSample(id="s1", epoch=1, input="", target="", **fields)


def error(message: str) -> EvalError:
    return EvalError(message=message, traceback="", traceback_ansi="")


@pytest.mark.parametrize(
    ("recorded", "failure", "kind"),
    [
        (sample(), "", "answered"),
        (sample(error=error("x")), "It could not be reached.", "model"),
        (sample(error=error("x")), "", "infrastructure"),
        (sample(error=error("CancelledError()")), "", "cancelled"),
        (sample(limit=EvalSampleLimit(type="turn", limit=3), events=[ANSWERED]), "", "limit"),
        (sample(limit=EvalSampleLimit(type="time", limit=3), events=[ANSWERED]), "", "limit"),
        (sample(limit=EvalSampleLimit(type="time", limit=3), events=[FAILED]), "", "model"),
    ],
)
def test_each_ending_has_its_kind(recorded: EvalSample, failure: str, kind: str) -> None:
    """The kind follows from error, limit and events, and all but an answer come with a sentence."""
    found, reason = source.ending(recorded, failure, JOB)
    assert found == kind
    assert bool(reason) == (kind != "answered")


def test_a_sample_that_never_began_is_reported() -> None:
    """Cancelled while it waited, a sample has no record but an ending."""
    asked: list[Any] = []

    class Link:
        async def ask(self, *words: Any) -> None:
            asked.append(words)

    batches = source.BatchSource(cast(source.Link, Link()), JOB)
    asyncio.run(batches.sample_abandoned(Sample(input="", id="s7"), 1))
    ((what, head),) = asked
    assert (what, head["label"], head["ending"], head["turns"]) == (
        "finished",
        "s7",
        "cancelled",
        0,
    )
