# SPDX-License-Identifier: Apache-2.0
"""``proofhouse partner``: a trusted partner, chosen by developer and assessor together (R8)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.group()
def command() -> None:
    """Give a trusted partner access, after the findings and until the window's end (R8)."""


@command.command()
@click.option("--name", default="", help="Who the partner is; hidden in the statement.")
@click.option("--sector", default="", help="Its sector: water, health, finance …; hidden.")
@click.option("--key", "key", default="", metavar="KEYID", help="The partner's key id.")
@click.option("--purpose", default="", help="What the access is for.")
@click.option("--criteria", default="", help="By what it was chosen. Default: those published.")
@click.option("--ends-at", metavar="TIME", help="Default: the end of the window.")
@options()
def grant(
    name: str,
    sector: str,
    key: str,
    purpose: str,
    criteria: str,
    ends_at: str | None,
    **given: Any,
) -> None:
    """Developer and assessor give a partner access; both sign the same statement."""
    from proofhouse.desk import admit_partner
    from proofhouse.errors import InputError

    def draft(seat: Any, known: Any) -> Any:
        for option, value in (("--name", name), ("--sector", sector), ("--purpose", purpose)):
            if not value:
                raise InputError(f"A partner's access needs {option}.")
        return admit_partner.grant(
            known.case,
            partner=name,
            sector=sector,
            partner_key=seat.party_of(key, "partner"),
            purpose=purpose,
            ends_at=ends_at or known.case.need("window-opened").predicate["endsAt"],
            at=seat.clock(),
            criteria=criteria or admit_partner.CRITERIA,
        )

    run(Errand.take(given), ["partner-access"], draft)


@command.command()
@options()
def accept(**given: Any) -> None:
    """The partner takes the access on its terms."""
    from proofhouse.desk import admit_partner

    run(
        Errand.take(given),
        ["partner-accepted"],
        lambda seat, known: admit_partner.accept(known.case, at=seat.clock()),
    )
