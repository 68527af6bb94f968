# SPDX-License-Identifier: Apache-2.0
"""Two reports are one flaw, or have to do with each other; and it is taken back (R9, R21).

    desk.register(sign(drafted := found(case, "alias", …)), drafted.openings)
    groups(desk)                     every group of this home, folded anew

Aliases are transitive; ``related`` and ``upstream`` never merge. A link is a statement in the chain
of one of the two, names the other behind a salt, and says why. Neither chain is merged, so that
taking a link back is one more statement and nothing is lost by it.
"""

from __future__ import annotations

from typing import Any

from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.opened import values
from proofhouse.errors import InputError
from proofhouse.rules.registration import Case, Entry
from proofhouse.rules.reporting import standing_links
from proofhouse.rules.routing import is_report
from proofhouse.validation.duplicates import groups as folds
from proofhouse.validation.duplicates.groups import Groups


def found(
    case: Case,
    kind: str,
    *,
    reason: str,
    other: str | None = None,
    record: str | None = None,
    at: str,
) -> Draft:
    """A link of ``kind`` to the case ``other``, or to a ``record`` elsewhere (a CVE id, say)."""
    if (other is None) == (record is None):
        raise InputError("A link names one other report: a case, or a record elsewhere.")
    if other == case.id:
        raise InputError("A report is no duplicate of itself.", hint="Name another with --to.")
    hidden = Hidden()
    link = hidden.salt({"case": other, "record": record, "reason": reason})
    fields = {"kind": kind, "link": link, "foundAt": at}
    return about_case(case, "duplicate-found", fields, hidden.openings)


def undo(case: Case, link: str, *, reason: str, at: str) -> Draft:
    """The link with this statement digest is taken back."""
    hidden = Hidden()
    fields = {"found": link, "reason": hidden.salt({"reason": reason}), "undoneAt": at}
    return about_case(case, "duplicate-undone", fields, hidden.openings)


def links_to(desk: Desk, case: Case, other: str) -> tuple[Entry, ...]:
    """The standing links of ``case`` to ``other``, a case id or a record."""
    opened = values(desk, case.id)
    return tuple(
        link
        for link in standing_links(case)
        if other in _ends(opened[link.predicate["link"]["salted"]])
    )


def groups(desk: Desk) -> Groups:
    """Everything that was said of the reports of this home, in the order of the log."""
    said: list[tuple[int, str, Entry, Any]] = []
    for case_id in desk.cases():
        case = desk.case(case_id)
        if not is_report(case):
            continue
        opened = values(desk, case_id)
        for entry in case.entries:
            hidden = {"duplicate-found": "link", "duplicate-undone": "reason"}.get(entry.name)
            if hidden is not None:
                value = opened[entry.predicate[hidden]["salted"]]
                said.append((entry.index, case_id, entry, value))
    state, numbers = Groups(), dict[str, int]()
    for _, case_id, entry, value in sorted(said, key=lambda one: one[0]):
        if entry.name == "duplicate-undone":
            state = folds.undo(state, numbers[entry.predicate["found"]], value["reason"])
            continue
        numbers[entry.digest] = len(state.events)
        state = _said(state, entry.predicate["kind"], case_id, *_ends(value), value["reason"])
    return state


def _ends(value: Any) -> tuple[str]:
    return (value["case"] or value["record"],)


def _said(state: Groups, kind: str, first: str, second: str, reason: str) -> Groups:
    if kind == "alias":
        return folds.merge(state, first, second, reason)
    return folds.related(state, first, second, reason, upstream=kind == "upstream")
