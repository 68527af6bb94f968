# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bundle``: what one audience may see of a case, in one file that proves itself."""

from __future__ import annotations

from pathlib import Path

import click

from proofhouse.cli.errand import show
from proofhouse.errors import InputError
from proofhouse.rules.audience import AUDIENCES


@click.command()
@click.option(
    "--case", "case_id", required=True, metavar="ID", help="The case's id, or its first 8 digits."
)
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default="inspector",
    show_default=True,
    help="Whom it is for: it opens what they may see.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where it is written.",
)
@click.option("--dossier", type=click.Path(path_type=Path), metavar="FILE", help="The page, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(case_id: str, audience: str, out: Path, dossier: Path | None, as_json: bool) -> None:
    """Write the bundle of a case for one audience, and on request the dossier made from it.

    It never holds the trust policy: whoever checks it gets that from elsewhere. An older bundle or
    page of the same case is replaced, any other file is left as it is.
    """
    from proofhouse.desk.make_bundle import make_bundle
    from proofhouse.dossier import render
    from proofhouse.publish import read_bundle, verified
    from proofhouse.rules.routing import is_report
    from proofhouse.seat import check_output, open_seat, write_output

    for path in (out, dossier):
        if path is not None:
            check_output(path)
    with open_seat() as seat:
        whole = seat.whole_id(case_id)
        if dossier is not None and is_report(seat.desk.case(whole)):
            raise InputError(
                "A dossier is of an inquiry; this case is a reported vulnerability.",
                hint=f"Its page: proofhouse case show {whole[:8]} --html FILE",
            )
        data = make_bundle(seat.desk, whole, audience).to_bytes()
        report = verified(data, seat.trusted)
        start = f'{{"audience":"{audience}","case":"{whole}"'.encode()
        write_output(out, data, replaces=lambda old: old.startswith(start))
        if dossier is not None:
            _, view = read_bundle(data, seat.trusted)
            write_output(dossier, render(view).encode(), replaces=lambda old: _page_of(old, whole))
    show(
        {
            "case": whole,
            "audience": audience,
            "bundle": str(out),
            "dossier": str(dossier) if dossier else None,
            "status": report.status,
        },
        [f"Wrote the bundle for {audience} to {out}. {report.conclusion}"],
        as_json=as_json,
    )


def _page_of(data: bytes, case_id: str) -> bool:
    """Whether ``data`` is an older dossier of the case."""
    return data[:15].lower() == b"<!doctype html>" and case_id.encode() in data
