# SPDX-License-Identifier: Apache-2.0
"""``proofhouse invite``: an assessor invites a developer, privately; it leaves no trace (R2)."""

from __future__ import annotations

from pathlib import Path

import click

from proofhouse.cli.errand import show

TEXT = (
    "You are invited to have a model under development tested. You may ignore this: nobody will "
    "ask why, and no record says that you were invited."
)


@click.command()
@click.option("--to", default="", help="Whom it invites.")
@click.option("--contact", default="", help="Where an answer may go.")
@click.option("--text", default=TEXT, help="What it says.")
@click.option(
    "--as",
    "key",
    default="assessor",
    show_default=True,
    metavar="KEY",
    help="The key of this home that signs it.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where it is written; new."
)
@click.option(
    "--read", "read_", type=click.Path(path_type=Path), metavar="FILE", help="Read one, checked."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    to: str,
    contact: str,
    text: str,
    key: str,
    out: Path | None,
    read_: Path | None,
    as_json: bool,
) -> None:
    """Write a signed invitation for a developer, or read one and check who signed it.

    It never enters the log, and a developer who ignores it leaves no trace anywhere.
    """
    from proofhouse.desk.invite import Invitation, read
    from proofhouse.errors import InputError
    from proofhouse.seat import open_seat, read_input, write_output

    with open_seat() as seat:
        if read_ is not None:
            found = read(read_input(read_, "invitation"), seat.trusted)
        elif out is None or not to or not contact:
            raise InputError("An invitation needs --to, --contact and --out.")
        else:
            sender = seat.trusted.names.get(seat.keys[key].keyid, key)
            found = Invitation(to, sender, contact, text, seat.clock())
            write_output(out, found.signed(seat.keys[key]))
    show(
        {
            "to": found.to,
            "from": found.sender,
            "contact": found.contact,
            "text": found.text,
            "invitedAt": found.invited_at,
            "out": str(out) if out and read_ is None else None,
        },
        [
            f"{found.sender} invites {found.to} ({found.invited_at}).",
            f"Answers may go to {found.contact}.",
            found.text,
        ],
        as_json=as_json,
    )
