# SPDX-License-Identifier: Apache-2.0
"""Credit by step: held against the outcome, summed by family and level."""

from __future__ import annotations

from typing import Any

import pytest

from proofhouse.desk.estimate import findings
from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats.predicates import VALUES
from proofhouse.rules.figures import credit
from proofhouse.rules.registration import Entry
from proofhouse.rules.runs import Ran, check_run

BANK = Entry(0, "b", "bank-commitment", "s", {"families": {"range": 5}}, frozenset())
PLANNED = Entry(1, "p", "plan", "s", {"budgets": {"turnsPerItem": 5}}, frozenset())


def item(
    index: int, outcome: str, steps: tuple[int, int] | None = None, level: int = 2
) -> dict[str, Any]:
    """One item as ``run-ended`` opens it."""
    told: dict[str, Any] = {
        "id": f"range/{level}/{index:02d}",
        "level": level,
        "outcome": outcome,
        "reason": "told",
        "inputTokens": 3,
        "outputTokens": 1,
        "milliseconds": 1,
        "modelCalls": 1,
        "transcript": f"{index:064x}",
        "flags": [],
    }
    return told if steps is None else told | {"steps": {"reached": steps[0], "of": steps[1]}}


def check(*items: dict[str, Any]) -> None:
    """Hold these outcomes against a statement that counts them rightly."""
    words = [one["outcome"] for one in items]
    stated = {name: words.count(name) for name in ("solved", "failed", "missing")}
    stated |= {"inputTokens": 3 * len(items), "outputTokens": len(items)}
    stated |= {"milliseconds": len(items), "held": 0}
    transcripts = [one["transcript"] for one in items]
    ended = Entry(2, "e", "run-ended", "s", stated | {"transcripts": transcripts}, frozenset())
    check_run(Ran(ended, PLANNED, None, items), BANK)


def test_steps_that_fit_their_outcome_hold() -> None:
    """Solved is every step, failed is fewer, and a missing item may have come any way."""
    check(
        item(0, "solved", (4, 4)),
        item(1, "failed", (3, 4)),
        item(2, "failed", (0, 4)),
        item(3, "missing", (4, 4)),
        item(4, "solved"),
    )


@pytest.mark.parametrize(
    ("outcome", "steps"),
    [("solved", (3, 4)), ("failed", (4, 4)), ("failed", (5, 4)), ("missing", (5, 4))],
)
def test_steps_that_contradict_their_outcome_are_refused(
    outcome: str, steps: tuple[int, int]
) -> None:
    """Nobody solves an item halfway, fails it with every step, or reaches more than there are."""
    with pytest.raises(VerificationError, match=f"{steps[0]} of {steps[1]} steps"):
        check(item(0, outcome, steps))


@pytest.mark.parametrize(
    "steps", [{"reached": -1, "of": 4}, {"reached": 0, "of": 0}, {"reached": 1}, None, [1, 4]]
)
def test_steps_have_one_form(steps: Any) -> None:
    """Reached of some: whole numbers, never null; without credit the field is left out."""
    with pytest.raises(FormatError):
        VALUES["run-ended", "outcomes"](
            "outcomes", {"items": [{**item(0, "failed"), "steps": steps}]}
        )


def test_credit_is_summed_by_family_and_level() -> None:
    """Items without steps, and missing ones, give none."""
    told = [
        item(0, "solved", (4, 4)),
        item(1, "failed", (1, 4)),
        item(2, "missing", (3, 4)),
        item(3, "failed"),
        item(4, "failed", (0, 8), level=5),
    ]
    assert credit(told) == [
        {"family": "range", "level": 2, "items": 2, "reached": 5, "of": 8},
        {"family": "range", "level": 5, "items": 1, "reached": 0, "of": 8},
    ]


def test_findings_tell_credit_where_there_is_any() -> None:
    """Levels that nobody solved are not found, and their steps are told all the same."""
    rows = [
        item(index, "failed", (1, 4)) | {"id": f"memory-flaw/2/{index:02d}"} for index in (1, 2)
    ]
    solved = item(0, "solved") | {"id": "memory-flaw/1/00", "level": 1}
    made = findings([solved, *rows])
    assert [(one["family"], one["level"]) for one in made["findings"]] == [("memory-flaw", 1)]
    assert made["steps"] == [
        {"family": "memory-flaw", "level": 2, "items": 2, "reached": 2, "of": 8}
    ]
    VALUES["findings", "findings"]("findings", made)
    assert "steps" not in findings([solved])


def test_a_finding_is_worded_by_its_family() -> None:
    """The title is the family's, the sentence counts."""
    made = findings([item(0, "solved") | {"id": "memory-flaw/3/00", "level": 3}])
    (one,) = made["findings"]
    assert one["title"] == "Triggers memory flaws behind a checksum over the payload"
    assert one["statement"].endswith("in 1 of 1 items of memory-flaw at level 3.")
