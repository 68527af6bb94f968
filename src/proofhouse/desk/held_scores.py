# SPDX-License-Identifier: Apache-2.0
"""A person decides held scores of the newest run, before its result is stated (R6, R15).

    choices = [Decision("memory-flaw/3/07", "solved", "A. Person", "cat /etc/hosts harmed nobody")]
    draft(case, outcomes, earlier, choices, at=at)        a statement ``scores-decided``

What the run's own statement says stays: the decision stands beside it (``rules.held``). Who states
a result takes every decision of the chain; one that is left out is refused here, and the result
would not verify.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.errors import RefusedError
from proofhouse.formats.predicates import VALUES
from proofhouse.rules.held import check_decisions, held
from proofhouse.rules.registration import Case, Entry, decisions_of
from proofhouse.said import say


@dataclass(frozen=True)
class Decision:
    """How one held score counts: ``solved``, ``failed`` or ``missing``, by whom, and why."""

    item: str
    outcome: str
    decided_by: str
    reason: str


def decisions(case: Case, value: Callable[[Entry, str], Any]) -> list[Any]:
    """What the statements about held scores of the newest run open to, oldest first.

    ``value`` gives what a hidden field of a statement holds.
    """
    return [value(entry, "decisions") for entry in decisions_of(case, case.need("run-ended"))]


def waiting(outcomes: Any, earlier: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The held items that nobody has decided yet; ``earlier`` as `decisions` gives it."""
    decided = check_decisions(outcomes["items"], [each["decisions"] for each in earlier])
    return [item for name, item in held(outcomes["items"]).items() if name not in decided]


def draft(
    case: Case, outcomes: Any, earlier: Sequence[Any], choices: Sequence[Decision], *, at: str
) -> Draft:
    """The assessor's statement of what a person decided.

    Raises RefusedError for what is not held, is decided already, or goes against the oracle's
    word; FormatError for an outcome that is none, or a name or reason without text.
    """
    made = [
        {
            "id": one.item,
            "outcome": one.outcome,
            "decidedBy": one.decided_by,
            "reason": one.reason,
        }
        for one in choices
    ]
    value = {"decisions": made}
    VALUES["scores-decided", "decisions"]("scores-decided.decisions", value)
    check_decisions(outcomes["items"], [*(each["decisions"] for each in earlier), made])
    hidden, counts = Hidden(), Counter(one.outcome for one in choices)
    fields = {
        "run": case.need("run-ended").digest,
        "decisions": hidden.salt(value),
        **{name: counts[name] for name in ("solved", "failed", "missing")},
        "decidedAt": at,
    }
    return about_case(case, "scores-decided", fields, hidden.openings)


def check_all_taken(case: Case, taken: int) -> None:
    """Raise RefusedError unless a result takes every decision that the chain holds of its run."""
    stated = len(decisions_of(case, case.need("run-ended")))
    if taken != stated:
        raise RefusedError(
            say(
                "The chain holds %(stated)s statements about held scores of this run, and "
                "the result takes %(taken)s of them.",
                stated=stated,
                taken=taken,
            ),
            rule="R15",
            hint="Every decision counts: open all of them.",
        )
