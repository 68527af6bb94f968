# SPDX-License-Identifier: Apache-2.0
"""``proofhouse withdraw``: a developer leaves, at any moment and without a reason (R1)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command()
@options()
def command(**given: Any) -> None:
    """Withdraw from a case: at any moment, without a reason and without a mark (R1)."""
    from proofhouse.desk import withdraw

    run(
        Errand.take(given),
        ["withdrawal"],
        lambda seat, known: withdraw.draft(known.case, at=seat.clock()),
    )
