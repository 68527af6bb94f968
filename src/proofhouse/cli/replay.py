# SPDX-License-Identifier: Apache-2.0
"""``proofhouse replay``: what a sequential test would have said of recorded responses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from proofhouse.cli import pictures, print_json
from proofhouse.cli.recorded import SILENT, minutes, read, sources, table
from proofhouse.errors import InputError
from proofhouse.statistics.peers import METHODS
from proofhouse.statistics.replay import Row, Setting, replay
from proofhouse.views import terminal_charts
from proofhouse.views.pictures import MOST_REFERENCES, minutes_scale


@click.command()
@sources
@click.option(
    "--threshold-minutes", type=float, required=True, help="The cut, as a time horizon in minutes."
)
@click.option(
    "--zone",
    default=2.0,
    show_default=True,
    help="Indifference zone, a factor above 1: from the cut divided by it to the cut times it.",
)
@click.option(
    "--alpha", default=0.05, show_default=True, help="Error of COVERED at the zone's lower edge."
)
@click.option(
    "--beta", default=0.05, show_default=True, help="Error of NOT_COVERED at its upper edge."
)
@click.option("--orders", default=200, show_default=True, help="Random orders per model.")
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default="mixed",
    show_default=True,
    help="The test; `mixed` is ours, the others are there to compare it with.",
)
@click.option("--minimum-items", default=10, show_default=True, help="At least 10.")
@click.option("--seed", default="", help="Any text; the same seed draws the same orders.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per model.")
def command(
    responses: Path | None,
    logs: Path | None,
    tasks: Path,
    scorer: str,
    threshold_minutes: float,
    zone: float,
    alpha: float,
    beta: float,
    orders: int,
    method: str,
    minimum_items: int,
    seed: str,
    as_json: bool,
) -> None:
    """Replay recorded responses as a sequential test, in many random orders.

    Says for each model COVERED, NOT_COVERED or INCONCLUSIVE at the threshold, after how many items
    and tokens, in which share of the orders. Item parameters are learned from the other models.
    """
    setting = Setting(
        cut_minutes=threshold_minutes,
        zone=zone,
        alpha_ppm=_ppm("alpha", alpha),
        beta_ppm=_ppm("beta", beta),
        minimum_items=minimum_items,
        orders=orders,
        method=method,
        seed=b"proofhouse/replay/v1\n" + seed.encode(),
    )
    records = read(responses, logs, tasks, scorer)
    heard: Sequence[Row] = ()
    if records.responses or not records.silent:
        heard = replay(records.responses, records.tasks, setting)
    rows = [
        *heard,
        *(Row.excluding(model, 0, 0, SILENT) for model in records.silent),
    ]
    objects = [_as_object(row, records.left_out.get(row.model, 0)) for row in rows]
    if as_json:
        for each in objects:
            print_json(each)
        return
    table(
        ("model", "decision", "share", "estimate", "items", "of", "tokens", "excluded", "reason"),
        [_line(row, records.left_out.get(row.model, 0)) for row in rows],
    )
    pictures.show(Console(highlight=False), _drawings(rows, setting))


def _drawings(rows: Sequence[Row], setting: Setting) -> list[pictures.Drawing]:
    """The models on the scale of minutes, with the threshold; the first of them, if many."""
    placed = [
        (row.model, row.estimate_minutes, *row.interval_minutes)
        for row in rows
        if row.estimate_minutes
    ]
    if not placed:
        return []
    picture = minutes_scale(
        placed[:MOST_REFERENCES],
        setting.cut_minutes,
        setting.zone,
        round(setting.confidence * 1e6),
    )
    return [partial(terminal_charts.scale, picture)]


def _ppm(name: str, value: float) -> int:
    if not (math.isfinite(value) and 0.000001 <= value < 0.5):
        raise InputError(f"The error {name} is {value}.", hint="It lies above 0 and below 0.5.")
    return round(value * 1e6)


def _line(row: Row, left_out: int) -> tuple[str, ...]:
    share = max(row.decision_shares_ppm) / 1e4
    return (
        row.model,
        row.decision or "excluded",
        f"{share:.0f} %" if row.decision else "–",
        minutes(row.estimate_minutes),
        f"{row.items_used_milli / 1e3:.1f}",
        str(row.items_full),
        f"{row.tokens_used_milli / 1e3:,.0f}",
        str(row.excluded + left_out),
        row.reason,
    )


def _as_object(row: Row, left_out: int) -> dict[str, object]:
    words = ("COVERED", "NOT_COVERED", "INCONCLUSIVE")
    return {
        "model": row.model,
        "decision": row.decision,
        "decision_shares": {
            word: ppm / 1e6 for word, ppm in zip(words, row.decision_shares_ppm, strict=True)
        },
        "estimate_minutes": row.estimate_minutes,
        "interval": list(row.interval_minutes),
        "items_used": row.items_used_milli / 1e3,
        "items_full": row.items_full,
        "tokens_used": row.tokens_used_milli / 1e3,
        "tokens_full": row.tokens_full,
        "excluded": row.excluded + left_out,
        "reason": row.reason,
    }
