# SPDX-License-Identifier: Apache-2.0
"""What the deeper evaluation found reaches the developer, before any partner (R13, R14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.estimate import findings, findings_again
from proofhouse.desk.held_scores import check_all_taken
from proofhouse.rules.held import check_decisions, counted
from proofhouse.rules.registration import Case, Entry

Value = Callable[[Entry, str], Any]
"""Statement and hidden field → what it holds."""


def draft(
    case: Case,
    outcomes: Any,
    *,
    at: str,
    decisions: Sequence[Any] = (),
    value: Value | None = None,
) -> Draft:
    """The assessor's findings from the opened ``outcomes`` of the newest run.

    ``decisions`` are what the statements about its held scores open to (``held_scores``); ``value``
    gives what a hidden field of a statement holds, and is needed where findings are tested again.
    Raises InputError, RefusedError.
    """
    check_all_taken(case, len(decisions))
    decided = check_decisions(outcomes["items"], [each["decisions"] for each in decisions])
    items = counted(outcomes["items"], decided)
    again = _tested_again(case, value)
    found = findings(items) if again is None else findings_again(items, again)
    hidden = Hidden()
    fields = {
        "run": case.need("run-ended").digest,
        "findings": hidden.salt(found),
        "count": len(found["findings"]),
        "gradedBy": "assessor",
        "deliveredAt": at,
    }
    return about_case(case, "findings", fields, hidden.openings)


def _tested_again(case: Case, value: Value | None) -> list[Any] | None:
    """The findings that the newest plan tests again, as they were told; None if it tests none."""
    retests = case.need("plan").predicate.get("retests")
    if retests is None or value is None:
        return None
    answer = next(e for e in case.all("findings-answered") if e.digest == retests["answer"])
    of = next(e for e in case.all("findings") if e.digest == answer.predicate["findings"])
    told = {finding["id"]: finding for finding in value(of, "findings")["findings"]}
    return [told[name] for name in retests["findings"]]


def receive(case: Case, *, at: str) -> Draft:
    """The developer has the findings."""
    fields = {"findings": case.need("findings").digest, "receivedAt": at}
    return about_case(case, "findings-received", fields)
