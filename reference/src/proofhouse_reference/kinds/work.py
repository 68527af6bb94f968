# SPDX-License-Identifier: Apache-2.0
"""What a kind of work is told and what it says: the values that agent and kinds share.

    Work(task, strength, steps)   what there is to look at: nothing else may decide a move
    Run("search", "cd /work …")   the next move: a shell command under the name of a step
    Say("Found: …")               the next move: the outcome, to be submitted or said

A kind keeps nothing between two moves: the steps that were taken are read back from the
conversation by their names, with what the tool printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from proofhouse_reference.strengths import Strength

Task_co = TypeVar("Task_co", covariant=True)


@dataclass(frozen=True)
class Step:
    """A step that was taken: its name, the text it was given and the tool's answer ("" if none)."""

    name: str
    text: str
    output: str


@dataclass(frozen=True)
class Work(Generic[Task_co]):
    """What a move may look at: the task, the strength and the steps before it."""

    task: Task_co
    strength: Strength
    steps: tuple[Step, ...]

    @property
    def last(self) -> str:
        """What the last step printed; only where there is one."""
        return self.steps[-1].output

    def outputs(self, name: str) -> tuple[str, ...]:
        """What each step of that name printed, in their order."""
        return tuple(step.output for step in self.steps if step.name == name)


@dataclass(frozen=True)
class Run:
    """A shell command under the name of its step; names are one word of lower-case letters."""

    step: str
    command: str


@dataclass(frozen=True)
class Say:
    """The outcome in a sentence or two; "I found nothing" opens it where that is so."""

    text: str


Move = Run | Say
