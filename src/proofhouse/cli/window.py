# SPDX-License-Identifier: Apache-2.0
"""``proofhouse window``: access opens, with its end fixed, and closes (R3)."""

from __future__ import annotations

from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run

DAY = 86_400


@click.group()
def command() -> None:
    """Open and close the access window of a review: at most 30 days (R3)."""


@command.command("open")
@click.option("--days", type=int, help="Days from now to the planned release to trusted partners.")
@click.option("--partner-release", metavar="TIME", help="That release, as a time (UTC).")
@click.option("--public-release", metavar="TIME", help="The planned public release.")
@click.option("--maximum-days", default=30, show_default=True, help="Lower than 30, if agreed.")
@options()
def open_(
    days: int | None,
    partner_release: str | None,
    public_release: str | None,
    maximum_days: int,
    **given: Any,
) -> None:
    """The developer gives access from now until its planned release to trusted partners."""
    from proofhouse.desk import open_window
    from proofhouse.errors import InputError
    from proofhouse.rules.window import Window, parse_time, print_time

    def draft(seat: Any, known: Any) -> Any:
        at = seat.clock()
        if (days is None) == (partner_release is None):
            raise InputError("Until when?", hint="Give --days or --partner-release, one of them.")
        release = partner_release or print_time(parse_time(at) + (days or 0) * DAY)
        public = public_release or print_time(parse_time(release) + 7 * DAY)
        window = Window(
            opens_at=at,
            planned_partner_release_at=release,
            planned_public_release_at=public,
            maximum_days=maximum_days,
        )
        return open_window.draft(known.case, window, at=at)

    run(Errand.take(given), ["window-opened"], draft)


@command.command()
@options()
def close(**given: Any) -> None:
    """The registrar closes the window and revokes every access. It ends on its day anyway."""
    from proofhouse.desk import close_window

    run(
        Errand.take(given),
        ["window-closed"],
        lambda seat, known: close_window.draft(known.case, at=seat.clock()),
    )
