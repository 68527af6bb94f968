# SPDX-License-Identifier: Apache-2.0
"""Everything that is held of a case beyond its chain, by an outsider and by an inspector alike.

    sealed = hold_openings(entries, openings)    each opens what a statement hides; what is left
    replayed = hold(case, record, opened)        determination, runs and figures; of a report, its
                                                 verdicts; opened: SHA-256 of a field → its value

``verify`` takes the steps of ``hold`` one by one, to say of each how it went; ``inspection`` takes
them at once for every case of a home. Each raises VerificationError at the first difference. What
is not opened is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proofhouse.errors import VerificationError
from proofhouse.formats import commitment, predicates
from proofhouse.formats.bundle import Opening
from proofhouse.formats.bundle import opened as opens
from proofhouse.rules.figures import check_ability, check_beside, check_findings
from proofhouse.rules.registration import Case, Entry, Record
from proofhouse.rules.replay import Replayed, check_failed, of_each, replay
from proofhouse.rules.reporting import check_opened
from proofhouse.rules.retests import check_answers, check_new_items, check_retests
from proofhouse.rules.routing import is_report
from proofhouse.rules.runs import Ran, check_no_item_twice, check_plan, check_run, cited
from proofhouse.said import say

Hidden = tuple[str, str, Mapping[str, str]]
"""The name of a statement, that of its hidden field, and what stands there."""


def hidden_fields(entry: Entry) -> list[tuple[str, Mapping[str, str]]]:
    """The salted fields and commitments of a statement, by name."""
    return [
        (name, entry.predicate[name])
        for statement, name in predicates.VALUES
        if statement == entry.name
    ]


def hold_openings(entries: Iterable[Entry], openings: Iterable[Opening]) -> dict[str, Hidden]:
    """Hold every opening against the field that it opens; returns what stays hidden, by SHA-256."""
    hidden: dict[str, Hidden] = {}
    for entry in entries:
        for name, committed in hidden_fields(entry):
            digest = committed["salted"] if "salted" in committed else committed["sha256"]
            if digest in hidden:
                raise VerificationError(
                    say(
                        "The %(name)s of “%(statement)s” hides the same value, under the same "
                        "salt, as the %(hidden)s of “%(other)s”.",
                        name=name,
                        statement=entry.name,
                        hidden=hidden[digest][1],
                        other=hidden[digest][0],
                    )
                )
            hidden[digest] = (entry.name, name, committed)
    for opening in openings:
        found = hidden.pop(opens(opening), None)
        if found is None:
            raise VerificationError("The bundle opens something that none of its statements hides.")
        statement, name, committed = found
        if isinstance(opening, commitment.Opening) != ("pedersen" in committed):
            raise VerificationError(
                say(
                    "The %(name)s of “%(statement)s” is opened in the wrong way.",
                    name=name,
                    statement=statement,
                )
            )
        if isinstance(opening, commitment.Opening):
            opening.verify(commitment.Commitment.from_json(committed))
        else:
            opening.verify(committed["salted"])
        predicates.VALUES[statement, name](f"{statement}.{name}", opening.value)
    return hidden


def hold(case: Case, record: Record, opened: Mapping[str, Any]) -> Replayed | None:
    """Hold the whole case; returns how its determination was made again, None without one."""
    if is_report(case):
        check_opened(case, opened)
        return None
    stated = case.last("determination")
    replayed = None if stated is None else replay(case, record, opened)
    hold_runs(case, record, opened)
    hold_figures(case, record, opened)
    return replayed


def hold_runs(case: Case, record: Record, opened: Mapping[str, Any]) -> list[Ran]:
    """Hold every run that ended and every plan; returns the runs."""
    submission = case.last("submission")
    if submission is None:
        return []
    bank = record.clear[submission.predicate["bank"]]
    ran = [Ran.of(case, run, opened) for run in case.all("run-ended")]
    for run in ran:
        check_run(run, bank)
        check_failed(run)
    for planned in case.all("plan"):  # a plan whose run has not ended is opened all the same
        plan = opened.get(planned.predicate["plan"]["salted"])
        if plan is not None:
            check_plan(planned, plan, bank)
    check_new_items(case, opened)
    check_no_item_twice(ran)
    return ran


def hold_figures(case: Case, record: Record, opened: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Hold what is opened beside determination, findings, answers; abilities and all findings."""
    ability, found = _hold_determination(case, record, opened), []
    for answered in case.all("findings-answered"):
        check_answers(case, answered, opened)
    for delivered in case.all("findings"):
        findings = opened.get(delivered.predicate["findings"]["salted"])
        if findings is not None:
            ran = Ran.of(case, cited(case, delivered, "run"), opened)
            check_findings(findings, delivered, ran)
            check_retests(findings, case, ran, opened)
            found.append(findings)
    return ability, found


def _hold_determination(case: Case, record: Record, opened: Mapping[str, Any]) -> Any:
    """The abilities, if they are opened."""
    stated = case.last("determination")
    if stated is None:
        return None
    ability = opened.get(stated.predicate["ability"]["salted"])
    ran = Ran.of(case, cited(case, stated, "run"), opened)
    committed = record.clear[stated.predicate["threshold"]]
    dimensions = committed.predicate["dimensions"]
    if ability is not None:
        ability = of_each("ability", ability, dimensions)
        threshold = opened.get(committed.predicate["threshold"]["sha256"])
        cuts = threshold["dimensions"] if threshold else {}
        scales = {name: cut["scale"] for name, cut in cuts.items()}
        check_ability(ability, ran, scales or None)
    beside = opened.get(stated.predicate["beside"]["salted"])
    if beside is not None:
        claims = of_each("strict claim", beside["eProcess"], dimensions)
        check_beside(beside, claims, ran, stated)
    return ability
