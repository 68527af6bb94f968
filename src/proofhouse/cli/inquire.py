# SPDX-License-Identifier: Apache-2.0
"""``proofhouse inquire``: a developer asks whether a model under development would be covered."""

from __future__ import annotations

import secrets
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command()
@click.option("--name", default="", help="Who asks; hidden in the statement.")
@click.option("--contact", default="", help="Where the answer goes; hidden in the statement.")
@click.option("--ledger", metavar="DIR-or-URL", help="The exported ledger, without the log here.")
@click.option("--bank", metavar="DIGEST", help="Which bank, if not the newest.")
@options(case=False)
def command(name: str, contact: str, ledger: str | None, bank: str | None, **given: Any) -> None:
    """Ask whether a model under development would be covered (R2, first stage).

    The question consents to the capabilities that the bank lists, and to no others. It begins a
    case, whose id is printed: keep it, it is the only way to find the case.
    """
    from proofhouse.desk import inquire
    from proofhouse.errors import InputError
    from proofhouse.rules.registration import Case

    def draft(seat: Any, _known: Any) -> Any:
        if not name or not contact:
            raise InputError("Who asks, and where does the answer go?", hint="--name, --contact")
        case = Case(secrets.token_hex(32))
        entry = seat.bank(bank, ledger)
        return inquire.draft(case, entry, developer=name, contact=contact, at=seat.clock())

    run(Errand.take(given), ["inquiry"], draft, case=False)
