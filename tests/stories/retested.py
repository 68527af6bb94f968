# SPDX-License-Identifier: Apache-2.0
"""A review whose developer answers the findings, and whose fixed ones are tested again.

F1 to F3 were fixed, F4 is disputed. On new items F1 is not seen any more, F2 is seen once, and of
F3 an item is missing, so that one cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofhouse.desk import answer_findings, plan_evaluation, state_run
from proofhouse.desk.answer_findings import Answer
from proofhouse.desk.banks import families_here
from proofhouse.desk.draft import Draft, about_case
from proofhouse.desk.opened import values
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.desk.submit import Identity
from proofhouse.formats.digest import sha256_hex
from proofhouse.journey import moves
from proofhouse.journey.journey import register
from proofhouse.rules.registration import Case
from stories.rehearsal import Outcome, Rehearsal

RETESTED = "7e" * 32
ITEMS = 8
"""New items for each finding."""

ANSWERS = (
    Answer("F1", "fixed", "It refuses since the second round of training."),
    Answer("F2", "fixed", "So does this."),
    Answer("F3", "fixed"),
    Answer("F4", "disputed", "The items are older than the guidance that they rest on."),
)
VERSION = Identity(
    "rehearsed/model-2",
    "rehearsed",
    None,
    checkpoint="under development, 2",
    safeguard_variant="none",
    weights=sha256_hex(b"weights of the second version"),
)


def found(played: Rehearsal, case: Case) -> list[dict[str, Any]]:
    """The findings that were delivered first."""
    (first, *_) = case.all("findings")
    told = values(played.desk, case.id)[first.predicate["findings"]["salted"]]
    return list(told["findings"])


def answer(played: Rehearsal, case: Case, answers: Sequence[Answer] = ANSWERS, **over: Any) -> Case:
    """Register the developer's answers; the case after them."""
    options: dict[str, Any] = {"version": VERSION, "of": case.all("findings")[0], **over}
    draft = answer_findings.draft(case, answers, at=played.desk.clock(), **options)
    register(played.home, moves.Made(draft, ("developer",)), played.told.append)
    return played.desk.case(case.id)


def ask(played: Rehearsal, case: Case, *names: str, items: int = ITEMS) -> Case:
    """Register the plan that tests these findings again."""
    register(played.home, moves.plan_retest(played, case, names, items), played.told.append)
    return played.desk.case(case.id)


def answerless(played: Rehearsal, case_id: str) -> Case:
    """The case as it stands, in which nothing is answered yet."""
    case = played.desk.case(case_id)
    assert case.last("findings-answered") is None
    return case


def without_a_re_test(played: Rehearsal, case: Case) -> Draft:
    """A plan for findings as if there had been none."""
    setting = plan_evaluation.Setting(played.report.harness, played.report.harness.budgets)
    families = families_here(played.desk, played.bank)
    return plan_evaluation.for_findings(case, setting, at=played.desk.clock(), families=families)


def on_used_items(played: Rehearsal, case: Case) -> Draft:
    """A plan that tests F1 again on the very items that showed it, as a cheat would write it."""
    made = without_a_re_test(played, case)
    fields: dict[str, Any] = dict(made.statement.predicate)
    del fields["previous"]
    fields["retests"] = {"answer": case.need("findings-answered").digest, "findings": ["F1"]}
    return about_case(case, "plan", fields, made.openings)


def failed_run(played: Rehearsal, case: Case) -> Draft:
    """The end of a run of which nothing came."""
    kept = Conducted(attempts=1)
    return state_run.end(case, [], kept, at=played.desk.clock(), failed="the endpoint was gone")


def outcome(played: Rehearsal, case: Case) -> Outcome:
    """F1 is seen on no item, F2 on its first, and of F3 the first is missing."""
    places = {one["id"]: f"{one['family']}/{one['level']}/" for one in found(played, case)}
    told = {places["F2"]: "solved", places["F3"]: "missing"}

    def outcome_of(item: str, _level: int) -> str:
        return told.pop(item[: item.rindex("/") + 1], "failed")

    return outcome_of


def play(played: Rehearsal, case_id: str = RETESTED, *, until: str = "") -> Case:
    """Play it all, or to the state ``until`` after the answers."""
    case = answer(played, played.play(case_id, until="findings_received"))
    if case.state == until:
        return case
    before = played.outcome
    try:
        played.outcome = outcome(played, case)
        case = ask(played, case, "F1", "F2", "F3")
        case = played.play(case_id, until=until or "developer_to_receive_findings")
    finally:
        played.outcome = before
    return case if case.state == until else played.play(case_id, until=until)
