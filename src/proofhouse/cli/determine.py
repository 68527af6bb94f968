# SPDX-License-Identifier: Apache-2.0
"""``proofhouse determine``: the assessor states what plan and outcomes come to (R6)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command()
@click.option("--decided-by", multiple=True, help="Who decided; may be repeated.")
@click.option("--consulted", multiple=True, help="Who was consulted; may be repeated.")
@options()
def command(decided_by: tuple[str, ...], consulted: tuple[str, ...], **given: Any) -> None:
    """State the determination: COVERED, NOT_COVERED or INCONCLUSIVE.

    It is computed from the registered plan and the outcomes of its run, with nothing to choose;
    held scores count as they were decided (`held`), and are missing where nobody did.
    The public notice, which tells neither case nor outcome, enters the log with it.
    """
    from proofhouse.desk import held_scores, state_determination
    from proofhouse.journey.moves import MadeInTwo

    def draft(seat: Any, known: Any) -> Any:
        case, at = known.case, seat.clock()
        planned, ran = case.need("plan"), case.need("run-ended")
        decided = state_determination.decide(
            known.value(planned, "plan"),
            known.value(ran, "outcomes"),
            ran,
            planned,
            held_scores.decisions(case, known.value),
        )
        notice = state_determination.notice(case, decided, at=at)

        def then(published: Any) -> Any:
            return state_determination.draft(
                case,
                decided,
                notice,
                published,
                decided_by=decided_by or ["assessor"],
                consulted=consulted,
                at=at,
            )

        return MadeInTwo(notice, then, ("assessor",))

    run(Errand.take(given), ["determination"], draft)
