# SPDX-License-Identifier: Apache-2.0
"""``proofhouse erase``: leave nothing of an ended case in the home but its leaves in the log."""

from __future__ import annotations

import shutil

import click

from proofhouse.cli.errand import show


@click.command()
@click.option("--case", "case_id", required=True, metavar="ID", help="The case's id.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(case_id: str, yes: bool, as_json: bool) -> None:
    """Erase an ended case from this home: statements, openings, outcomes, transcripts, pages.

    Its leaves stay in the log, so the log still verifies. There is no way back, and copies that
    were handed out are their holders'.
    """
    from proofhouse.desk.erase import erase
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        whole = seat.whole_id(case_id)
        if not yes:
            click.confirm(f"Erase the case {whole[:16]}… for ever?", abort=True, err=True)
        erased = erase(seat.desk, whole)
        shutil.rmtree(seat.log_home.review_folder(whole), ignore_errors=True)
    show(
        {"case": whole, "erased": erased},
        [f"Erased {erased} statements of the case. Their leaves stay in the log."],
        as_json=as_json,
    )
