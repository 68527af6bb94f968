# SPDX-License-Identifier: Apache-2.0
"""``proofhouse agree``: the request for a review, its six clauses, and the answer to each (R4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run
from proofhouse.formats.predicates import CLAUSES


@click.group()
def command() -> None:
    """Ask for a review, offer its six clauses, accept or strike each (R2, R4)."""


@command.command()
@options()
def request(**given: Any) -> None:
    """The developer of a covered model wishes a review. Nobody else can begin one."""
    from proofhouse.desk import agree

    run(
        Errand.take(given),
        ["review-requested"],
        lambda seat, known: agree.request(known.case, at=seat.clock()),
    )


@command.command()
@click.option(
    "--clauses",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON: each of the six clauses with its `text` and `evidence`. Default: the plain ones.",
)
@options()
def offer(clauses: Path | None, **given: Any) -> None:
    """The assessor offers six separate clauses, each with the evidence that it is kept."""
    from proofhouse.desk import agree
    from proofhouse.rules.terms import OFFER

    def draft(seat: Any, known: Any) -> Any:
        offered = _clauses(clauses) if clauses else OFFER
        return agree.offer(known.case, clauses=offered, at=seat.clock())

    run(Errand.take(given), ["terms-offered"], draft)


@command.command()
@click.option(
    "--strike", multiple=True, type=click.Choice(CLAUSES), help="A clause to strike; repeatable."
)
@options()
def answer(strike: tuple[str, ...], **given: Any) -> None:
    """The developer accepts every clause but the struck ones, which then limit the review."""
    from proofhouse.desk import agree

    run(
        Errand.take(given),
        ["terms-answered"],
        lambda seat, known: agree.answer(known.case, struck=strike, at=seat.clock()),
    )


def _clauses(path: Path) -> dict[str, tuple[str, str]]:
    from proofhouse.errors import InputError
    from proofhouse.seat import read_input

    try:
        value = json.loads(read_input(path, "file of clauses"))
        found = {name: (value[name]["text"], value[name]["evidence"]) for name in CLAUSES}
        if set(value) != set(CLAUSES):
            raise KeyError
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"The file {path} does not hold the six clauses.",
            hint="It is an object of " + ", ".join(CLAUSES) + ', each {"text": …, "evidence": …}.',
        ) from None
    return found
