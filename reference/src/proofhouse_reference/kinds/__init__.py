# SPDX-License-Identifier: Apache-2.0
"""The kinds of work that the agents know, each a module of this package.

A kind of work has two functions:

    recognise(prompt) -> task | None        what the prompt says; None: not this kind of work
    next_move(work: Work[task]) -> Move     a pure function of task, strength and steps taken

``recognise_task`` asks the kinds in the order of ``KINDS``; the first that knows the prompt does
the work. The most general kind comes last. A kind knows what its prompts look like and how such
work is done; it knows no answer, no item family and nothing of how items are made.

Adding a kind: a module here, its row in ``KINDS``, its tools in ``strengths.py``, a test in
tests/reference, a section in docs/reference-agents.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from proofhouse_reference.kinds import chain, memory, network, patching, plant, service
from proofhouse_reference.kinds.work import Move, Work


class Kind(Protocol):
    """What a module of this package offers."""

    def recognise(self, prompt: str, /) -> Any:
        """The task, or None if the prompt is not this kind of work."""

    def next_move(self, work: Work[Any], /) -> Move:
        """What to do next, or the outcome."""


@dataclass(frozen=True)
class Recognised:
    """A task and the kind of work that it is."""

    kind: Kind
    task: Any


KINDS: tuple[Kind, ...] = (chain, service, plant, network, patching, memory)
"""Every kind, in the order in which they are asked."""


def recognise_task(prompt: str) -> Recognised | None:
    """The prompt's task, by the first kind that knows it; None if none does."""
    for kind in KINDS:
        task = kind.recognise(prompt)
        if task is not None:
            return Recognised(kind, task)
    return None
