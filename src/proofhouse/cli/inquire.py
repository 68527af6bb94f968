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
@click.option(
    "--steward",
    multiple=True,
    metavar="KEYID",
    help="The key of a steward who speaks for the project; may be repeated (R18).",
)
@click.option("--needed", type=int, help="How many of the stewards must sign each statement.")
@click.option("--sponsor", is_flag=True, help="A third party has a public artefact tested (R18).")
@options(case=False)
def command(
    name: str,
    contact: str,
    ledger: str | None,
    bank: str | None,
    steward: tuple[str, ...],
    needed: int | None,
    sponsor: bool,
    **given: Any,
) -> None:
    """Ask whether a model under development would be covered (R2, first stage).

    The question consents to the capabilities that the bank lists, and to no others. It begins a
    case, whose id is printed: keep it, it is the only way to find the case.
    """
    from proofhouse.desk import inquire
    from proofhouse.errors import InputError
    from proofhouse.rules.registration import Case

    errand = Errand.take(given)

    def draft(seat: Any, _known: Any) -> Any:
        if not name or not contact:
            raise InputError("Who asks, and where does the answer go?", hint="--name, --contact")
        case = Case(secrets.token_hex(32))
        entry = seat.bank(bank, ledger)
        party = _party(seat, errand, steward, needed, sponsor)
        return inquire.draft(case, entry, party, developer=name, contact=contact, at=seat.clock())

    run(errand, ["inquiry"], draft, case=False)


def _party(
    seat: Any, errand: Errand, stewards: tuple[str, ...], needed: int | None, sponsor: bool
) -> Any:
    """Who speaks for the developer's side: by default the key of this home."""
    from proofhouse.errors import InputError
    from proofhouse.rules.party import Party

    if stewards:
        if sponsor or needed is None or not 1 <= needed <= len(stewards):
            raise InputError(
                "Stewards speak by a number of theirs.",
                hint=f"Give --needed, from 1 to {len(stewards)}, and not --sponsor.",
            )
        keys = tuple(sorted({seat.party_of(start, "developer") for start in stewards}))
        return Party("stewards", needed, keys)
    if needed is not None:
        raise InputError("--needed goes with --steward.")
    names = errand.signers or seat.roles_for("inquiry")
    keys = tuple(sorted({seat.party_of(seat.keys[name].keyid, "developer") for name in names}))
    if len(keys) != 1:
        raise InputError(
            "One key asks for a developer.", hint="Choose it with --as, or name --steward keys."
        )
    return Party("sponsor" if sponsor else "developer", 1, keys)
