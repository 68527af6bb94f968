# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bank``: the bodies that own a bank commit to it before it is used (R5, R16)."""

from __future__ import annotations

import secrets
from typing import Any

import click

from proofhouse.cli import bank_items
from proofhouse.cli.errand import Errand, options, run


@click.group()
def command() -> None:
    """Commit to a sealed bank of items, k of n of the bodies that own it (R5, R16)."""


@command.command()
@click.option("--open-by", metavar="TIME", help="When it is to be opened. Default: in a year.")
@options(case=False)
def commit(open_by: str | None, **given: Any) -> None:
    """Draw a secret seed and commit to it, to the generator and to the toolchain.

    Each further body signs the same file: --in FILE --as KEY --out FILE.
    """
    from proofhouse.desk import measure, seal_bank
    from proofhouse.rules.window import parse_time, print_time

    def draft(seat: Any, _known: Any) -> Any:
        at = seat.clock()
        later = open_by or print_time(parse_time(at) + 365 * 86_400)
        parse_time(later)
        owners = tuple(issuer.name for issuer in seat.trusted.issuers["body"])
        about = measure.describe_bank(seat.desk, owners)
        return seal_bank.draft(about, secrets.token_bytes(32), at=at, open_by=later)

    run(Errand.take(given), ["bank-commitment"], draft, case=False)


command.add_command(bank_items.prove)
command.add_command(bank_items.generate)
