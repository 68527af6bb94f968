# SPDX-License-Identifier: Apache-2.0
"""Held scores and what a person decides of them (R6, R15).

A score whose transcript was flagged is held: ``run-ended`` says `missing`, and keeps what the
oracle said as the item's ``heldOutcome``. A person looks, and says in ``scores-decided`` how the
item counts. Both stay in the record; neither statement is ever changed.

    decided = check_decisions(items, [first["decisions"], second["decisions"]])
    counted(items, decided)         the items as they count from then on

Rule 1: only what is held is decided, each item once.

Rule 2: the oracle's word stands. A person decides whether it counts, never that an item was solved
which the oracle did not accept:

    heldOutcome     may be decided
    solved          solved, failed, missing
    failed          failed, missing

Rule 3: what nobody decides stays missing, and missing data decide nothing.

What decided scores do to a test that stopped while they were missing is ``battery.determine``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from proofhouse.errors import RefusedError
from proofhouse.rules.determination import Outcome
from proofhouse.said import say

ALLOWED: Final[Mapping[str, tuple[Outcome, ...]]] = {
    "solved": ("solved", "failed", "missing"),
    "failed": ("failed", "missing"),
}
"""What the oracle said of a held item → what a person may decide."""

Item = Mapping[str, Any]
"""An item as ``run-ended`` opens it."""


def held(items: Iterable[Item]) -> dict[str, Item]:
    """The items whose scores are held, by id, in the order of the plan."""
    return {item["id"]: item for item in items if "heldOutcome" in item}


def check_decisions(
    items: Iterable[Item], statements: Iterable[Sequence[Mapping[str, Any]]]
) -> dict[str, Outcome]:
    """Item id → outcome, of the decisions of all ``statements`` of one run, oldest first.

    Raises RefusedError for an item that is not of the run or not held, one that is decided a
    second time, and an outcome that the oracle's word rules out.
    """
    listed = {item["id"]: item for item in items}
    waiting = held(listed.values())
    decided: dict[str, Outcome] = {}
    for decisions in statements:
        for decision in decisions:
            name, outcome = decision["id"], decision["outcome"]
            if name not in waiting:
                raise _not_held(name, listed, [one for one in waiting if one not in decided])
            if name in decided:
                raise RefusedError(
                    say(
                        "The score of %(name)s was decided before, as %(decided)s.",
                        name=name,
                        decided=decided[name],
                    ),
                    rule="R15",
                    hint="A decision stands; nobody decides a score a second time.",
                )
            said = waiting[name]["heldOutcome"]
            if outcome not in ALLOWED[said]:
                raise RefusedError(
                    say(
                        "%(name)s can't be decided as %(outcome)s: the oracle did not accept its "
                        "answer.",
                        name=name,
                        outcome=outcome,
                    ),
                    rule="R15",
                    hint=say(
                        "A person decides whether a score counts. It may be: %(allowed)s.",
                        allowed=", ".join(ALLOWED[said]),
                    ),
                )
            decided[name] = outcome
    return decided


def _not_held(name: str, listed: Mapping[str, Item], waiting: Sequence[str]) -> RefusedError:
    why = (
        say("was %(outcome)s and is not held", outcome=say(listed[name]["outcome"]))
        if name in listed
        else say("is no item of this run")
    )
    some = ", ".join(waiting[:5]) + (" …" if len(waiting) > 5 else "")
    return RefusedError(
        say("%(name)s %(why)s: there is nothing to decide.", name=repr(name[:80]), why=why),
        rule="R15",
        hint=say("To be decided: %(items)s.", items=some or say("nothing")),
    )


def counted(items: Iterable[Item], decided: Mapping[str, str]) -> list[dict[str, Any]]:
    """The items as they count, held ones by their decisions.

    Credit by step is the oracle's word as well: it is left out where the decision is another.
    """
    return [_counted(item, decided.get(item["id"])) for item in items]


def _counted(item: Item, outcome: str | None) -> dict[str, Any]:
    if outcome is None:
        return dict(item)
    made = {**item, "outcome": outcome}
    if outcome != item["heldOutcome"]:
        made.pop("steps", None)
    return made
