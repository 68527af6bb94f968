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
                    f"The run’s statement counts {plain.counted(number, 'item')} as {name}; the "
                    f"opened outcomes hold {opened[name]}."
                )


def _of_notice(case: Case, record: Record, opened: Mapping[str, Any]) -> Iterator[str]:
    stated = case.last("determination")
    notice = stated and record.get(stated.predicate["notice"], "determination-notice")
    if not stated or not notice:
        return
    told = opened.get(notice.predicate["determination"]["sha256"])
    if told is not None and told != {"case": case.id, "outcome": stated.predicate["outcome"]}:
        yield "The public notice, opened, does not tell of this case and this outcome."


def _of_evidence(stated: DeterminationView | None) -> Iterator[str]:
    if stated is None or isinstance(stated.evidence, Sealed):
        return
    last = [one.steps[-1] for one in stated.evidence if one.steps]
    used = sum(step.items for step in last)
    if last and used != stated.items_used:
        yield (
            f"The determination says that {plain.counted(stated.items_used, 'item')} were used; "
            f"the opened path of the evidence ends at {used}."
        )
    for one in stated.evidence:
        ends = (one.low_micronats, one.high_micronats)
        if one.steps and ends != (one.steps[-1].low_micronats, one.steps[-1].high_micronats):
            yield "The opened path of the evidence does not end at the evidence."


def _of_beside(runs: tuple[RunView, ...], stated: DeterminationView | None) -> Iterator[str]:
    endings = [run.ending for run in runs if run.plan.purpose == "determination" and run.ending]
    if stated is None or isinstance(stated.beside, Sealed) or not endings:
        return
    beside, ending = stated.beside, endings[-1]
    told = (beside.cost.items, beside.missing.items)
    if told != (ending.total, ending.counted[2]):
        yield (
            f"What stands beside the determination counts {plain.counted(told[0], 'item')}, "
            f"{told[1]} of them missing; the run’s statement {ending.total} and "
            f"{ending.missing}{_decided(ending)}."
        )


def _decided(ending: Ending) -> str:
    """What decisions on held scores make of the run's own count."""
    solved, failed, _ = ending.decided
    return f", of which {solved + failed} were decided since" if solved + failed else ""


def _of_findings(review: ReviewView | None) -> Iterator[str]:
    delivered = review.findings if review else None
    if delivered is None or isinstance(delivered.found, Sealed):
        return
    opened = len(delivered.found.findings)
    if opened != delivered.count:
        yield (
            f"The statement counts {plain.counted(delivered.count, 'finding')}; {opened} "
            "stand in the opened findings."
        )
