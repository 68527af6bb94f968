# SPDX-License-Identifier: Apache-2.0
"""What the kernel would have said, had outcomes or difficulties been others (R14).

Integers like the kernel itself, so that whoever is shown plan and outcomes gets the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proofhouse.rules.battery import Battery, determine, next_batch
from proofhouse.rules.determination import Outcome


def answer(battery: Battery, outcomes: Mapping[str, Outcome]) -> str:
    """What the test says of these outcomes, taken batch by batch in the plan's order.

    A test that would have stopped earlier stops there; one that would have gone on beyond the
    outcomes, or whose batch is not whole, is INCONCLUSIVE.
    """
    taken: dict[str, Outcome] = {}
    while batch := next_batch(battery, taken):
        if any(item.id not in outcomes for item in batch):
            return "INCONCLUSIVE"
        taken |= {item.id: outcomes[item.id] for item in batch}
    return determine(battery, taken).outcome


def missing_as(outcomes: Mapping[str, Outcome], word: Outcome) -> dict[str, Outcome]:
    """The outcomes with every missing one replaced by ``word``."""
    return {name: word if told == "missing" else told for name, told in outcomes.items()}


def budget_curve(items: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """By how many tokens how many items were solved; ``items`` as ``run-ended`` opens them."""
    spent = sorted(
        item["inputTokens"] + item["outputTokens"] for item in items if item["outcome"] == "solved"
    )
    curve = {tokens: place for place, tokens in enumerate(spent, 1)}
    return [{"tokens": tokens, "solved": solved} for tokens, solved in curve.items()]
