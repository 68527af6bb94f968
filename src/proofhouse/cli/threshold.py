# SPDX-License-Identifier: Apache-2.0
"""``proofhouse threshold``: from where on a model is covered, fixed by commitment (R6, R16)."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.bank import BANK
from proofhouse.cli.errand import Errand, options, run


@click.group()
def command() -> None:
    """Commit to a secret threshold for a bank version, once (R6, R16)."""


@command.command()
@click.option("--cut", type=float, help="The cut in logits on the bank's scale; drawn if not given")
@click.option("--zone", type=float, default=2.0, show_default=True, help="Half of the zone, logits")
@click.option(
    "--dimensions",
    type=click.Path(path_type=Path),
    help="JSON: each dimension with scale, cutMicrologits, zoneMicrologits, population.",
)
@click.option("--bank", "bank_name", default=BANK, show_default=True, help="The bank's name.")
@click.option("--decided-by", multiple=True, help="Who decided; may be repeated.")
@click.option("--consulted", multiple=True, help="Who was consulted; may be repeated.")
@click.option("--open-by", metavar="TIME", help="When it is to be opened. Default: in a year.")
@options(case=False)
def commit(
    cut: float | None,
    zone: float,
    dimensions: Path | None,
    bank_name: str,
    decided_by: tuple[str, ...],
    consulted: tuple[str, ...],
    open_by: str | None,
    **given: Any,
) -> None:
    """Fix the threshold of the newest bank version by commitment.

    Without --cut it is drawn near the middle of the scale, so that no reader of this program knows
    it; it then has one dimension, of every calibrated family. --dimensions sets up to eight, each
    with its own cut, zone and families: a model is covered if it is above one. A threshold for
    which no honest plan can be made is refused: it is fixed for ever. Each further body signs the
    same file: --in FILE --as KEY --out FILE.
    """
    from proofhouse.desk import banks, measure, plan_evaluation, set_threshold
    from proofhouse.errors import InputError
    from proofhouse.rules.window import parse_time, print_time

    def draft(seat: Any, _known: Any) -> Any:
        at = seat.clock()
        later = open_by or print_time(parse_time(at) + 365 * 86_400)
        parse_time(later)
        bank = measure.active_bank(seat.desk, bank_name)
        if bank is None:
            raise InputError(
                "There is no bank that this program makes items of.",
                hint="Commit one first: proofhouse bank commit",
            )
        if not 0 < zone <= 10 or not -30 <= (cut or 0) <= 30:
            raise InputError("A cut lies between −30 and 30 logits, half a zone above 0 to 10.")
        known = banks.families_here(seat.desk, bank)
        value = _drawn(cut, zone, known) if dimensions is None else read_dimensions(dimensions)
        plan_evaluation.try_plan(value, secrets.token_bytes(32), known)
        names = [issuer.name for issuer in seat.trusted.issuers["body"]]
        return set_threshold.draft(
            bank.entry,
            value,
            decided_by=decided_by or names,
            consulted=consulted,
            at=at,
            open_by=later,
        )

    run(Errand.take(given), ["threshold-commitment"], draft, case=False)


def _drawn(cut: float | None, zone: float, families: Any) -> dict[str, Any]:
    """A threshold of one dimension, with this cut if there is one, and this zone."""
    from proofhouse.desk import measure

    value = measure.draw_threshold(families)
    for dimension in value["dimensions"].values():
        dimension["zoneMicrologits"] = round(zone * 1_000_000)
        if cut is not None:
            dimension["cutMicrologits"] = round(cut * 1_000_000)
    return value


def read_dimensions(path: Path) -> dict[str, Any]:
    """A threshold from its file: ``{"cyber": {"scale": …, …}, …}``. Raises InputError."""
    from proofhouse.errors import FormatError, InputError
    from proofhouse.formats.predicates import VALUES

    try:
        value = {"dimensions": json.loads(path.read_bytes())}
        VALUES["threshold-commitment", "threshold"](path.name, value)
    except (OSError, ValueError, RecursionError):
        raise InputError(f"The file {path} can't be read as JSON.") from None
    except FormatError as error:
        raise InputError(
            f"The file {path} does not name dimensions. {error}",
            hint='{"cyber": {"scale": "…", "cutMicrologits": 0, "zoneMicrologits": 2000000, '
            '"population": {"memory-flaw": 1000000}}, …}',
        ) from None
    return value
