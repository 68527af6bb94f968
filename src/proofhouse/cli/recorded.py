# SPDX-License-Identifier: Apache-2.0
"""The options by which `replay` and `horizon` are handed recorded responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from proofhouse.errors import InputError
from proofhouse.statistics.responses import Response, Task, parse_responses, parse_tasks

MAX_BYTES = 256 * 1024 * 1024
"""No table is larger; ten thousand models on a thousand tasks are smaller."""

SILENT = "no sample of its logs has a score"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def sources(function: Decorated) -> Decorated:
    """Add ``--responses``, ``--logs``, ``--tasks`` and ``--scorer``."""
    for option in (
        click.option("--scorer", default="", help="With --logs: the scorer to read; else first."),
        click.option(
            "--tasks",
            type=click.Path(path_type=Path),
            required=True,
            help="CSV: task_id, task_family, …, best_available_minutes (empty if unknown).",
        ),
        click.option(
            "--logs", type=click.Path(path_type=Path), help="A folder of Inspect logs instead."
        ),
        click.option(
            "--responses",
            type=click.Path(path_type=Path),
            help="CSV: task_id, task_family, alias, score_binarized, total_tokens.",
        ),
    ):
        function = option(function)
    return function


@dataclass(frozen=True)
class Records:
    """Tasks and responses; ``left_out`` counts samples of logs that are no response, by model."""

    tasks: tuple[Task, ...]
    responses: tuple[Response, ...]
    left_out: Mapping[str, int]

    @property
    def silent(self) -> tuple[str, ...]:
        """Models of which logs hold samples, but no response."""
        heard = {response.model for response in self.responses}
        return tuple(model for model in self.left_out if model not in heard)


def read(responses: Path | None, logs: Path | None, tasks: Path, scorer: str) -> Records:
    """Read what the options name.

    Raises:
        InputError: neither or both sources named, a file that can't be read or is not in order.
    """
    if (responses is None) == (logs is None):
        raise InputError(
            "Recorded responses come from one place.", hint="Give either --responses or --logs."
        )
    known = parse_tasks(_bytes(tasks, "tasks"))
    if responses is not None:
        return Records(known, parse_responses(_bytes(responses, "responses"), known), {})
    assert logs is not None
    # Inspect takes two seconds to import; only who reads its logs waits for it.
    from proofhouse.evaluation.logs import read_logs

    recorded = read_logs(logs, {task.id: task.family for task in known}, scorer)
    for name in recorded.unread:
        click.echo(f"Not read, for it is no Inspect log: {name}", err=True)
    return Records(known, recorded.responses, dict(recorded.left_out))


def _bytes(path: Path, what: str) -> bytes:
    try:
        if path.is_dir():
            raise InputError(f"The {what} file {path} is a folder.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"There is no {what} file at {path}.") from None
    except OSError as error:
        raise InputError(f"The {what} file {path} can't be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"The {what} file {path} is larger than {MAX_BYTES:,} bytes.")
    return data


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print columns for a person: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        click.echo("  ".join(cells).rstrip())


def minutes(value: float | None) -> str:
    """Minutes for a person; a dash where there are none."""
    return "–" if value is None else f"{value:,.1f}"
