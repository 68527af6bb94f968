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
    from proofhouse.journey import moves

    def draft(seat: Any, known: Any) -> Any:
        return moves.determination(
            known.case,
            known.value,
            decided_by=decided_by or ["assessor"],
            consulted=consulted,
            at=seat.clock(),
        )

    run(Errand.take(given), ["determination"], draft)
