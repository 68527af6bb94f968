# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bundle``: what one audience may see of a case, in one file that proves itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
@click.option(
    "--objects",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Transcripts and judged answers, too, for an inspector: a folder, empty or new.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    case_id: str,
    audience: str,
    out: Path,
    dossier: Path | None,
    objects: Path | None,
    as_json: bool,
) -> None:
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
    _check_objects(objects, audience)
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
        handed = 0 if objects is None else _hand_out(seat.desk, whole, objects)
    show(
        {
            "case": whole,
            "audience": audience,
            "bundle": str(out),
            "dossier": str(dossier) if dossier else None,
            "objects": handed,
            "status": report.status,
        },
        [
            f"Wrote the bundle for {audience} to {out}. {report.conclusion}",
            *([f"Wrote {handed} transcripts and answers to {objects}."] if objects else []),
        ],
        as_json=as_json,
    )


def _check_objects(folder: Path | None, audience: str) -> None:
    """Raise InputError if transcripts would go to another audience, or over what is there."""
    if folder is None:
        return
    if audience != "inspector":
        raise InputError("Transcripts and answers are handed out with an inspector's bundle only.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there and is no empty folder.", hint="Name another.")


def _hand_out(desk: Any, case_id: str, folder: Path) -> int:
    """Write what the vault keeps of the case's samples into ``folder``, by SHA-256; how many."""
    from proofhouse.desk import hand_out
    from proofhouse.durable import told, write_file

    count = 0
    with told("the folder", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for digest, data in hand_out.objects(desk, case_id):
            write_file(folder / digest, data)
            count += 1
    return count


def _page_of(data: bytes, case_id: str) -> bool:
    """Whether ``data`` is an older dossier of the case."""
    return data[:15].lower() == b"<!doctype html>" and case_id.encode() in data
