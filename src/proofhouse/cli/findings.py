# SPDX-License-Identifier: Apache-2.0
"""``proofhouse findings``: what the deeper evaluation found reaches the developer first (R13)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.group()
def command() -> None:
    """Deliver the findings of a review, receive them, read them (R13, R14)."""


@command.command()
@options()
def deliver(**given: Any) -> None:
    """The assessor delivers the findings of the newest run, with their intervals."""
    from proofhouse.desk import deliver_findings, held_scores

    def draft(seat: Any, known: Any) -> Any:
        outcomes = known.value(known.case.need("run-ended"), "outcomes")
        decisions = held_scores.decisions(known.case, known.value)
        return deliver_findings.draft(known.case, outcomes, at=seat.clock(), decisions=decisions)

    run(Errand.take(given), ["findings"], draft)


@command.command()
@options()
def receive(**given: Any) -> None:
    """The developer acknowledges the findings; before that no partner has access."""
    from proofhouse.desk import deliver_findings

    run(
        Errand.take(given),
        ["findings-received"],
        lambda seat, known: deliver_findings.receive(known.case, at=seat.clock()),
    )
