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

    Where it begins, ``tokens`` is what the items cost that an earlier attempt finished, and
    ``milliseconds`` about how long they took, side by side: a run goes on counting from there.
    """

    plan: Mapping[str, Any]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    event: Event | None = None
    tokens: int = 0
    milliseconds: int = 0


Told = Said | Registered | Progress
Tell = Callable[[Told], None]
