# SPDX-License-Identifier: Apache-2.0
"""The assessor's commands without a model: what it would come to is told beforehand.

    rehearse(patch)                         patch is a pytest.MonkeyPatch
    rehearse(patch, rehearsal.weak)

`proofhouse plan` and `proofhouse evaluate` then go by the real desk, rules and statements, and a
run ends at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from proofhouse.journey import moves, steps
from proofhouse.models import Model
from stories import rehearsal


def rehearse(patch: pytest.MonkeyPatch, outcome: rehearsal.Outcome = rehearsal.strong) -> None:
    """Have every run end with what ``outcome`` says, until ``patch`` is undone."""

    @contextmanager
    def at_table(home: Any, case: Any, tell: Any, **_options: Any) -> Iterator[Any]:
        desk = home.desk
        submission = case.need("submission").predicate
        bank = desk.find_clear("statement", submission["bank"])
        threshold = desk.find_clear("statement", submission["threshold"])
        table = rehearsal.Rehearsal(home, bank, threshold, outcome)
        table.model = Model(  # type: ignore[misc]
            "rehearsed/model", rehearsal.Rehearsal.model.spec, None, submission["weightsDigest"]
        )
        yield table

    patch.setattr(steps, "at_table", at_table)
    for state in ("run_under_way", "review_run_under_way", "retest_under_way"):
        patch.setitem(moves.MOVES, state, lambda table, case: table._run(case))
