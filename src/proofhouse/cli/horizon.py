# SPDX-License-Identifier: Apache-2.0
"""``proofhouse horizon``: how long a task takes a person that each recorded model half solves."""

from __future__ import annotations

from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.cli.recorded import SILENT, minutes, read, sources, table
from proofhouse.statistics.horizon import Horizon, horizons


@click.command()
@sources
@click.option("--resamples", default=1_000, show_default=True, help="Of the bootstrap interval.")
@click.option("--confidence", default=0.95, show_default=True, help="Of the interval.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per model.")
def command(
    responses: Path | None,
    logs: Path | None,
    tasks: Path,
    scorer: str,
    resamples: int,
    confidence: float,
    as_json: bool,
) -> None:
    """The time horizon of recorded models, in minutes, with bootstrap intervals.

    A logistic fit of success on log2 of the minutes a person takes, families weighted by the root
    of their size. A task without minutes is left out and counted.
    """
    records = read(responses, logs, tasks, scorer)
    heard: tuple[Horizon, ...] = ()
    if records.responses or not records.silent:
        heard = horizons(
            records.responses, records.tasks, resamples=resamples, confidence=confidence
        )
    made = [
        *heard,
        *(Horizon(m, None, None, None, None, 0, 0, 0, 0, SILENT) for m in records.silent),
    ]
    if as_json:
        for row in made:
            print_json(_as_object(row, records.left_out.get(row.model, 0)))
        return
    table(
        ("model", "P50", "low", "high", "P80", "tasks", "excluded", ""),
        [
            (
                row.model,
                *map(minutes, (row.p50_minutes, row.low_minutes, row.high_minutes)),
                minutes(row.p80_minutes),
                str(row.tasks),
                str(row.excluded + records.left_out.get(row.model, 0)),
                row.reason,
            )
            for row in made
        ],
    )


def _as_object(row: Horizon, left_out: int) -> dict[str, object]:
    return {
        "model": row.model,
        "p50": row.p50_minutes,
        "p50_low": row.low_minutes,
        "p50_high": row.high_minutes,
        "p80": row.p80_minutes,
        "tasks": row.tasks,
        "excluded": row.excluded + left_out,
        "reason": row.reason,
    }
