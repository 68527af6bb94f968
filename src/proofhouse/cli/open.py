# SPDX-License-Identifier: Apache-2.0
"""``proofhouse open``: a bank or a threshold is opened to everybody, as was promised (R5, R16)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command("open")
@click.argument("what", type=click.Choice(["bank", "threshold"]), required=False)
@click.option("--version", type=int, help="Which version of the bank; default: the oldest sealed.")
@options(case=False)
def command(what: str | None, version: int | None, **given: Any) -> None:
    """Open a bank version or its threshold to everybody. Nothing is measured by it any more.

    k of n of the owning bodies sign: --out FILE, then --in FILE --as KEY in each. Items that live
    cases under this bank have yet to meet are known from then on: end those cases first.
    """
    from proofhouse.desk import measure, open_commitment
    from proofhouse.errors import InputError

    def draft(seat: Any, _known: Any) -> Any:
        if what is None:
            raise InputError("What is to be opened?", hint="`bank` or `threshold`.")
        found = _sealed(seat.desk, measure, what, version)
        return open_commitment.draft(found, at=seat.clock())

    run(Errand.take(given), ["opening"], draft, case=False)


def _sealed(desk: Any, measure: Any, what: str, version: int | None) -> Any:
    """The commitment that is asked for, not opened yet."""
    from proofhouse.errors import InputError, RefusedError

    for bank in measure.banks(desk):
        if version not in (None, bank.entry.predicate["version"]):
            continue
        found = bank if what == "bank" else measure.active_threshold(desk, bank.entry)
        if found is None:
            continue
        if desk.find_clear("opening", found.entry.digest) is None:
            return found
        if version is not None:
            raise RefusedError(f"This {what} was opened already.", rule="R16")
    raise InputError(f"There is no sealed {what} of that version in this log.")
