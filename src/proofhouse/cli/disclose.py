# SPDX-License-Identifier: Apache-2.0
"""``proofhouse disclose``: a result is shown to one recipient, as a decision of its own (R7)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command()
@click.option(
    "--to", "recipient", default="developer", show_default=True, help="Who it is shown to."
)
@click.option("--redact", multiple=True, help="What is left out; may be repeated.")
@click.option("--reason", default="", help="Why it is shown, and why that is left out.")
@click.option("--findings", is_flag=True, help="The findings, not the determination.")
@options()
def command(
    recipient: str, redact: tuple[str, ...], reason: str, findings: bool, **given: Any
) -> None:
    """Record the decision to show a result to one recipient, with what is left out.

    After it, `proofhouse bundle --audience developer` opens the result to the developer.
    """
    from proofhouse.desk import disclose
    from proofhouse.errors import InputError

    def draft(seat: Any, known: Any) -> Any:
        if not reason:
            raise InputError("A disclosure states its reason.", hint="Add --reason.")
        result = known.case.need("findings" if findings else "determination")
        return disclose.draft(
            known.case,
            result,
            recipient=recipient,
            redactions=redact,
            reason=reason,
            at=seat.clock(),
        )

    run(Errand.take(given), ["disclosure"], draft)
