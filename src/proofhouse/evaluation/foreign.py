# SPDX-License-Identifier: Apache-2.0
"""Other people's tasks, run by their own solver and scorer: any task that Inspect knows by name.

    tasks = ForeignTasks()
    sample = tasks.sample(wanted, "s3")         that task's sample, under our label
    state = await tasks.solve(wanted, state, generate)
    value = await tasks.score(wanted, state)    a number; whether that is solved, the parent says

Imported by the child only. A task is code of others: it runs where Inspect runs, in a process that
knows no seed, no key but the endpoint's, and no other sample's answer. Its samples keep the sandbox
that they ask for; one that asks for none has none, and one that asks for Inspect's ``local`` is
refused, for that is no sandbox.

A score that is a word is read as Inspect reads it (C is 1, I is 0), one of several values counts as
its least, and of several scorers the first counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import Dataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, value_to_float
from inspect_ai.solver import Generate, TaskState
from inspect_ai.util import registry_create, time_limit

from proofhouse.errors import InputError
from proofhouse.evaluation.types import ForeignSample


class ForeignTasks:
    """The tasks of one run, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, tuple[tuple[str, Any], ...]], Task] = {}
        self._samples: dict[int, Mapping[str, Sample]] = {}

    def sample(self, wanted: ForeignSample, label: str) -> Sample:
        """The sample ``wanted``, named ``label``.

        Raises InputError if Inspect doesn't know the task, the task lacks the sample, or the
        sample asks for the sandbox that is none.
        """
        task = self._task(wanted)
        found = self._samples[id(task)].get(wanted.sample)
        if found is None:
            raise InputError(f"The task {wanted.task} has no sample {wanted.sample!r}.")
        box = found.sandbox or task.sandbox
        kind = box if isinstance(box, str) else getattr(box, "type", None)
        if kind == "local":
            raise InputError(
                f"The task {wanted.task} runs its commands on this machine itself, unfenced.",
                hint="Give it another sandbox by its arguments, or leave it out of the bank.",
            )
        return found.model_copy(update={"id": label, "sandbox": box})

    async def solve(
        self, wanted: ForeignSample, state: TaskState, generate: Generate, seconds: int
    ) -> TaskState:
        """Run the task's own set-up and solver, for ``seconds`` at most."""
        task = self._task(wanted)
        with time_limit(seconds):
            if task.setup is not None:
                for step in [task.setup] if callable(task.setup) else task.setup:
                    state = await step(state, generate)
            return await task.solver(state, generate)

    async def score(self, wanted: ForeignSample, state: TaskState) -> float:
        """What the task's first scorer gives, as a number. InputError if it gives none."""
        task = self._task(wanted)
        scorers: list[Scorer] = [one for one in task.scorer or () if callable(one)]
        if not scorers:
            raise InputError(f"The task {wanted.task} has no scorer.")
        target = next(
            sample.target
            for name, sample in self._samples[id(task)].items()
            if name == wanted.sample
        )
        found = await scorers[0](state, Target(target))
        if found is None:
            raise InputError(f"The scorer of {wanted.task} gives no score.")
        return number(found)

    def _task(self, wanted: ForeignSample) -> Task:
        key = (wanted.task, wanted.arguments)
        if key not in self._made:
            task = _make(wanted)
            if not isinstance(task.dataset, Dataset):
                raise InputError(f"The task {wanted.task} has no fixed set of samples.")
            self._samples[id(task)] = {
                str(at if sample.id is None else sample.id): sample
                for at, sample in enumerate(task.dataset, 1)
            }
            self._made[key] = task
        return self._made[key]


def number(score: Score) -> float:
    """The value of a score as a number; the least of several."""
    value = score.value
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, str | int | float | bool):
        parts = [value]
    else:
        parts = list(value)
    to_float = value_to_float()
    return min((to_float(part) for part in parts if part is not None), default=0.0)


def _make(wanted: ForeignSample) -> Task:
    package = wanted.task.partition("/")[0]
    try:
        made = registry_create("task", wanted.task, **dict(wanted.arguments))
    except LookupError:
        raise InputError(
            f"Inspect knows no task {wanted.task}.",
            hint=f"Install the package that has it beside Proofhouse: pip install {package}",
        ) from None
    except TypeError as error:
        raise InputError(
            f"The task {wanted.task} does not take these arguments: {str(error)[:200]}."
        ) from None
    except ImportError as error:
        raise InputError(
            f"The task {wanted.task} can't be loaded: {str(error)[:200]}.",
            hint="Install what its package asks for.",
        ) from None
    return made
