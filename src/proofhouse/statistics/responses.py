# SPDX-License-Identifier: Apache-2.0
"""Recorded responses and the difficulty of their tasks, read strictly from CSV files (RFC 4180).

    responses   task_id,task_family,alias,score_binarized,total_tokens
                rop-chain,cybench,model-a,1,381204

    tasks       task_id,task_family,…,best_available_minutes
                rop-chain,cybench,…,47.5              minutes a person takes; empty if unknown

The layout is that of the data published with "Offensive Cyber Task Horizons" (Lyptus Research,
2026); the tasks file may carry the other columns named there, which are not read. Columns may come
in any order, but an unknown one is refused: a misspelt column would else be read as absent.

Whatever is wrong is an `InputError` that names file and line; nothing is repaired or skipped here.
What is right but can't be used (a task without minutes, a run without tokens) is left out and
counted by whoever uses it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from proofhouse.errors import InputError

RESPONSE_COLUMNS = ("task_id", "task_family", "alias", "score_binarized", "total_tokens")
TASK_COLUMNS = ("task_id", "task_family", "best_available_minutes")
OTHER_TASK_COLUMNS = (
    "completion_minutes",
    "n_completions",
    "estimate_minutes",
    "n_estimates",
    "firstblood_minutes",
    "model_estimate_minutes",
    "censored_lower_minutes",
    "best_available_source",
)
_LONGEST_FIELD = 1_000
_LONGEST_TASK_MINUTES = 1e9
_MOST_TOKENS = 1e15
_SCORES = {"0": False, "0.0": False, "1": True, "1.0": True}


@dataclass(frozen=True, slots=True)
class Task:
    """A task with the minutes a person takes for it; None if nobody knows."""

    id: str
    family: str
    minutes: float | None


@dataclass(frozen=True, slots=True)
class Response:
    """One model's run of one task; ``tokens`` is 0 where none are recorded."""

    model: str
    task: str
    family: str
    solved: bool
    tokens: int


def parse_tasks(data: bytes) -> tuple[Task, ...]:
    """Read the tasks file.

    Raises:
        InputError: not UTF-8 or not CSV, lacking or unknown columns, an empty name, a task twice,
            or minutes that are not a positive number.
    """
    tasks: dict[str, Task] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(data, "tasks", TASK_COLUMNS, OTHER_TASK_COLUMNS):
        name = _name(row["task_id"], "tasks", line, "task_id")
        if name in tasks:
            _refuse("tasks", line, f"repeats the task {name!r} of line {lines[name]}")
        family = _name(row["task_family"], "tasks", line, "task_family")
        tasks[name] = Task(name, family, _minutes(row["best_available_minutes"], line))
        lines[name] = line
    return tuple(tasks.values())


def parse_responses(data: bytes, tasks: Sequence[Task]) -> tuple[Response, ...]:
    """Read the responses file, against its tasks.

    Raises:
        InputError: not UTF-8 or not CSV, lacking or unknown columns, an empty name, a score that is
            not 0 or 1, tokens that are no count, a task that the tasks file does not list or lists
            under another family, or a second response of one model to one task.
    """
    families = {task.id: task.family for task in tasks}
    found: dict[tuple[str, str], int] = {}
    responses: list[Response] = []
    for line, row in _rows(data, "responses", RESPONSE_COLUMNS, ()):
        task = _name(row["task_id"], "responses", line, "task_id")
        family = _name(row["task_family"], "responses", line, "task_family")
        model = _name(row["alias"], "responses", line, "alias")
        if task not in families:
            _refuse("responses", line, f"answers the task {task!r}, which the tasks file lacks")
        if families[task] != family:
            _refuse(
                "responses",
                line,
                f"puts the task {task!r} in the family {family!r}; the tasks file says "
                f"{families[task]!r}",
            )
        if (model, task) in found:
            _refuse(
                "responses",
                line,
                f"repeats the response of {model!r} to {task!r} of line {found[model, task]}",
            )
        found[model, task] = line
        solved = _score(row["score_binarized"], line)
        tokens = _count(row["total_tokens"], line)
        responses.append(Response(model, task, family, solved, tokens))
    return tuple(responses)


def _rows(
    data: bytes, file: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of the line on which it ends."""
    try:
        # A byte order mark is how spreadsheets say UTF-8; it is no part of the first column's name.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The {file} file is not UTF-8 text, from byte {error.start} on.",
            hint="Save it as CSV in UTF-8.",
        ) from None
    if not text.strip():
        raise InputError(f"The {file} file is empty.", hint=f"It needs {', '.join(required)}.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(header, file, required, optional)
        for row in reader:
            if not row:
                continue  # an empty line is no row
            if len(row) != len(header):
                _refuse(
                    file,
                    reader.line_num,
                    f"has {len(row)} fields where the header has {len(header)}",
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        _refuse(file, reader.line_num, f"is not CSV: {error}")
    if reader.line_num < 2:
        raise InputError(f"The {file} file has no rows.", hint="Give at least one row.")


def _check_header(
    header: list[str], file: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    hint = f"It needs {', '.join(required)}"
    hint += f"; it may have {', '.join(optional)}." if optional else " and no other column."
    for column in required:
        if column not in header:
            raise InputError(f"Line 1 of the {file} file lacks the column {column!r}.", hint=hint)
    for column in header:
        if column not in required + optional:
            raise InputError(
                f"Line 1 of the {file} file has the unknown column {column[:80]!r}.", hint=hint
            )
        if header.count(column) > 1:
            raise InputError(
                f"Line 1 of the {file} file has the column {column!r} twice.", hint=hint
            )


def _name(value: str, file: str, line: int, column: str) -> str:
    if not value.strip() or len(value) > _LONGEST_FIELD or not value.isprintable():
        _refuse(file, line, f"has no readable {column}: {value[:80]!r}")
    if value != value.strip():  # "a " would be another model than "a", and nobody would see it
        _refuse(file, line, f"has blanks around the {column} {value[:80]!r}")
    return value


def _minutes(value: str, line: int) -> float | None:
    if value.strip() == "":
        return None
    try:
        minutes = float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        minutes = math.nan
    if not 0 < minutes <= _LONGEST_TASK_MINUTES:
        _refuse("tasks", line, f"has {value[:80]!r} best_available_minutes, not a positive number")
    return minutes


def _score(value: str, line: int) -> bool:
    if value.strip() not in _SCORES:
        _refuse("responses", line, f"has the score {value[:80]!r}, not 0 or 1")
    return _SCORES[value.strip()]


def _count(value: str, line: int) -> int:
    """Tokens; 0 where none are recorded. Tables that were once floats say 381.0 for 381."""
    if value.strip() == "":
        return 0
    try:
        tokens = float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        tokens = math.nan
    if not (0 <= tokens <= _MOST_TOKENS and tokens == int(tokens)):
        _refuse("responses", line, f"has {value[:80]!r} total_tokens, not a count")
    return int(tokens)


def _refuse(file: str, line: int, why: str) -> NoReturn:
    raise InputError(f"Line {line} of the {file} file {why}.", hint="Correct or remove that line.")
