# SPDX-License-Identifier: Apache-2.0
"""A review in which scores are held, and a person decides them.

In the run of the determination all items but the first are held, so that without a decision it is
INCONCLUSIVE; the oracle had accepted each, and with the decisions the model is COVERED. In the run
for findings five are held, and decided in each way that there is; one of them stays undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from proofhouse.desk import held_scores
from proofhouse.desk.draft import Draft
from proofhouse.desk.opened import values
from proofhouse.journey import moves
from proofhouse.journey.journey import register
from proofhouse.rules.registration import Case
from stories.rehearsal import Outcome, Rehearsal, strong

HELD = "5e" * 32


def all_but_the_first() -> Outcome:
    """Held, the oracle having accepted the answer; the first counts."""
    asked = count()
    return lambda _item, _level: "held solved" if next(asked) else "solved"


def some() -> Outcome:
    """The second to sixth are held, one of them not accepted by the oracle."""
    asked = count()
    ways = {1: "held solved", 2: "held solved", 3: "held solved", 4: "held failed"}

    def outcome(item: str, level: int) -> str:
        place = next(asked)
        if place == 5:
            return "held solved"
        return "solved" if not place else ways.get(place) or strong(item, level)

    return outcome


def draft(played: Rehearsal, case: Case, choices: Mapping[str, str], *, reason: str = "") -> Draft:
    """The statement that decides these items."""
    known = values(played.desk, case.id)

    def value(entry: Any, name: str) -> Any:
        return known[entry.predicate[name]["salted"]]

    made = [
        held_scores.Decision(item, outcome, "A. Person", reason or f"It was looked at: {outcome}.")
        for item, outcome in choices.items()
    ]
    return held_scores.draft(
        case,
        value(case.need("run-ended"), "outcomes"),
        held_scores.decisions(case, value),
        made,
        at=played.desk.clock(),
    )


def decide(played: Rehearsal, case: Case, choices: Mapping[str, str]) -> Case:
    """Register the decision of these items; the case after it."""
    made = moves.Made(draft(played, case, choices), ("assessor",))
    register(played.home, made, played.told.append)
    return played.desk.case(case.id)


def waiting(played: Rehearsal, case: Case) -> list[str]:
    """The held items of the newest run, in plan order."""
    known = values(played.desk, case.id)
    outcomes = known[case.need("run-ended").predicate["outcomes"]["salted"]]
    return [item["id"] for item in outcomes["items"] if "heldOutcome" in item]


def play(played: Rehearsal, case_id: str = HELD, *, until: str = "") -> Case:
    """Play it all, or to the state ``until``; the rehearsal's own outcomes are then as before."""
    before = played.outcome
    try:
        played.outcome = all_but_the_first()
        case = played.play(case_id, until="assessor_to_determine")
        if until == case.state:
            return case
        case = decide(played, case, dict.fromkeys(waiting(played, case), "solved"))
        played.outcome = some()
        case = played.play(case_id, until="assessor_to_deliver_findings")
        if until == case.state:
            return case
        ways = ("solved", "failed", "missing", "failed")
        case = decide(played, case, dict(zip(waiting(played, case), ways, strict=False)))
        return played.play(case_id, until=until)
    finally:
        played.outcome = before
