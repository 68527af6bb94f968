# SPDX-License-Identifier: Apache-2.0
"""What a journey tells who waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofhouse.evaluation.types import Event
from proofhouse.rules.registration import Entry


@dataclass(frozen=True)
class Said:
    """A remark: what is being done now."""

    text: str


@dataclass(frozen=True)
class Registered:
    """A statement entered the log."""

    entry: Entry


@dataclass(frozen=True)
class Progress:
    """A run moves: the opened plan, the outcomes so far, what just happened (None: it begins).

    Where it begins, ``spent`` is what each item cost that an earlier attempt finished, in tokens,
    and ``milliseconds`` about how long they took, side by side: a run goes on counting from there.
    ``budget`` is what an item may spend.
    """

    plan: Mapping[str, Any]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    event: Event | None = None
    spent: Mapping[str, int] = field(default_factory=dict)
    milliseconds: int = 0
    budget: int = 0

    @property
    def tokens(self) -> int:
        """What all items cost that an earlier attempt finished."""
        return sum(self.spent.values())


Told = Said | Registered | Progress
Tell = Callable[[Told], None]
