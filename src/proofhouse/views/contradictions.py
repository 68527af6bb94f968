# SPDX-License-Identifier: Apache-2.0
"""Where what was opened does not say what the statement that commits to it says.

An opening can fit its commitment and still tell another story than the statement around it. A page
that showed the one beside the other without a word would hide that. This looks at counts and at the
outcome only; whether the evidence follows from the outcomes is replayed by ``proofhouse verify``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from proofhouse.rules.registration import Case, Record
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.values import DeterminationView, Ending, ReviewView, RunView, Sealed


def contradictions(
    case: Case,
    record: Record,
    opened: Mapping[str, Any],
    runs: tuple[RunView, ...],
    determination: DeterminationView | None,
    review: ReviewView | None,
) -> tuple[str, ...]:
    """One sentence for each disagreement; none for what is not opened."""
    return (
        *_of_runs(runs),
        *_of_notice(case, record, opened),
        *_of_evidence(determination),
        *_of_beside(runs, determination),
        *_of_findings(review),
    )


def _of_runs(runs: tuple[RunView, ...]) -> Iterator[str]:
    for run in runs:
        ending = run.ending
        if ending is None or isinstance(ending.items, Sealed):
            continue
        opened = Counter(item.outcome for item in ending.items)
        stated = {"solved": ending.solved, "failed": ending.failed, "missing": ending.missing}
        for name, number in stated.items():
            if opened[name] != number:
                yield (
                    say(
                        "The run’s statement counts %(number)s as %(name)s; the opened outcomes "
                        "hold %(opened)s.",
                        number=plain.counted(number, "item"),
                        name=say(name),
                        opened=opened[name],
                    )
                )


def _of_notice(case: Case, record: Record, opened: Mapping[str, Any]) -> Iterator[str]:
    stated = case.last("determination")
    notice = stated and record.get(stated.predicate["notice"], "determination-notice")
    if not stated or not notice:
        return
    told = opened.get(notice.predicate["determination"]["sha256"])
    if told is not None and told != {"case": case.id, "outcome": stated.predicate["outcome"]}:
        yield say("The public notice, opened, does not tell of this case and this outcome.")


def _of_evidence(stated: DeterminationView | None) -> Iterator[str]:
    if stated is None or isinstance(stated.evidence, Sealed):
        return
    last = [one.steps[-1] for one in stated.evidence if one.steps]
    used = sum(step.items for step in last)
    if last and used != stated.items_used:
        yield (
            say(
                "The determination says that %(items_used)s were used; the opened path of "
                "the evidence ends at %(used)s.",
                items_used=plain.counted(stated.items_used, "item"),
                used=used,
            )
        )
    for one in stated.evidence:
        ends = (one.low_micronats, one.high_micronats)
        if one.steps and ends != (one.steps[-1].low_micronats, one.steps[-1].high_micronats):
            yield say("The opened path of the evidence does not end at the evidence.")


def _of_beside(runs: tuple[RunView, ...], stated: DeterminationView | None) -> Iterator[str]:
    endings = [run.ending for run in runs if run.plan.purpose == "determination" and run.ending]
    if stated is None or isinstance(stated.beside, Sealed) or not endings:
        return
    beside, ending = stated.beside, endings[-1]
    told = (beside.cost.items, beside.missing.items)
    if told != (ending.total, ending.counted[2]):
        yield (
            say(
                "What stands beside the determination counts %(told)s, %(gone)s of them "
                "missing; the run’s statement %(total)s and %(missing)s%(decided)s.",
                told=plain.counted(told[0], "item"),
                gone=told[1],
                total=ending.total,
                missing=ending.missing,
                decided=_decided(ending),
            )
        )


def _decided(ending: Ending) -> str:
    """What decisions on held scores make of the run's own count."""
    solved, failed, _ = ending.decided
    return (
        say(", of which %(solved)s were decided since", solved=solved + failed)
        if solved + failed
        else ""
    )


def _of_findings(review: ReviewView | None) -> Iterator[str]:
    delivered = review.findings if review else None
    if delivered is None or isinstance(delivered.found, Sealed):
        return
    opened = len(delivered.found.findings)
    if opened != delivered.count:
        yield (
            say(
                "The statement counts %(count)s; %(opened)s stand in the opened findings.",
                count=plain.counted(delivered.count, "finding"),
                opened=opened,
            )
        )
