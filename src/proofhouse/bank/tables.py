# SPDX-License-Identifier: Apache-2.0
"""Level tables: how other people's tasks join a bank, each sample with its level and difficulty.

    family: arithmetic                     how the bank calls it
    task: inspect_evals/gsm8k              the task's name, as Inspect knows it
    arguments: {fewshot: 0}                what the task is made with
    solved: 1.0                            the score from which a sample counts as solved
    scale: Rasch, logits                   what the difficulties are on
    source: "14 models, 2026-05, fitted as in docs/statistics.md"
    levels:
      - {level: 1, difficulty: -2.1, standardError: 0.4, samples: [gsm-1, gsm-7]}
      - {level: 2, difficulty: 0.3, standardError: 0.5, samples: [gsm-3]}

or as CSV, a row a sample, with the same names as columns; ``task``, ``family``, ``solved``,
``scale`` and ``source`` are the same in every row:

    family,task,scale,source,sample,level,difficulty,standardError

Levels count from 1 without a gap and get no easier. Difficulties are logits on the bank's scale,
-20 to 20; whoever gives them says in ``source`` what they were fitted to. A sample belongs to one
level. What a table says is committed to with its bank, by digest, before it is used.

Spec: spec/level-table.md.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import yaml

from proofhouse.bank.calibration import Difficulty
from proofhouse.bank.item import Item
from proofhouse.bank.stream import Stream
from proofhouse.errors import InputError
from proofhouse.formats.canonical import JsonValue, dumps
from proofhouse.formats.digest import sha256_hex

FORMATS = (".yaml", ".yml", ".csv")
MOST_SAMPLES = 100_000
MOST_BYTES = 16 << 20
FAR_LOGITS = 20.0

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TASK = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?")
_TOP = {"family", "task", "arguments", "solved", "scale", "source", "levels"}
_LEVEL = {"level", "difficulty", "standardError", "samples"}
_COLUMNS = ("family", "task", "scale", "source", "sample", "level", "difficulty", "standardError")


@dataclass(frozen=True)
class Level:
    """One level: its difficulty on the bank's scale, and its samples in the table's order."""

    difficulty: Difficulty
    samples: tuple[str, ...]


@dataclass(frozen=True)
class LevelTable:
    """A table: which task, how a score is read, and its levels from 1 on."""

    family: str
    task: str
    scale: str
    source: str
    levels: tuple[Level, ...]
    solved: float = 1.0
    arguments: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def digest(self) -> str:
        """SHA-256 of what the table says, whichever way it was written."""
        return sha256_hex(dumps(self.to_value()))

    def to_value(self) -> JsonValue:
        """The table as a JSON value of integers and texts."""
        return {
            "family": self.family,
            "task": self.task,
            "scale": self.scale,
            "source": self.source,
            "solvedPpm": round(self.solved * 1_000_000),
            "arguments": dict(self.arguments),
            "levels": [
                {
                    "level": level.difficulty.level,
                    "difficultyMicrologits": level.difficulty.micrologits,
                    "standardErrorMicrologits": level.difficulty.standard_error_micrologits,
                    "samples": list(level.samples),
                }
                for level in self.levels
            ],
        }


@dataclass(frozen=True)
class ScoreOracle:
    """The score that a sample's own task gives it must be ``solved_ppm`` millionths or more."""

    task: str
    arguments: tuple[tuple[str, str | int | bool], ...]
    sample: str
    solved_ppm: int

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "score"

    def to_value(self) -> JsonValue:
        """Which sample of which task, and the score that it takes."""
        return {
            "kind": self.kind,
            "task": self.task,
            "arguments": dict(self.arguments),
            "sample": self.sample,
            "solvedPpm": self.solved_ppm,
        }


def item(table: LevelTable, order: Stream, level: int, index: int) -> Item:
    """The item ``index`` of ``level``: a sample of the table, each once in the order drawn.

    ``order`` is the same for all items of one level of one submission, so that no sample comes
    twice. Raises InputError for a level or an index that the table doesn't have.
    """
    if not 1 <= level <= len(table.levels):
        raise InputError(f"{table.family} has no level {level}.", hint=f"1 to {len(table.levels)}.")
    samples = table.levels[level - 1].samples
    if not 0 <= index < len(samples):
        raise InputError(
            f"Level {level} of {table.family} has {len(samples)} samples, none of number {index}."
        )
    sample = order.shuffled(samples)[index]
    arguments = tuple(sorted(table.arguments.items()))
    oracle = ScoreOracle(
        table.task,
        arguments,  # type: ignore[arg-type]
        sample,
        round(table.solved * 1_000_000),
    )
    return Item(
        family=table.family,
        level=level,
        index=index,
        prompt="",
        files=(),
        build=(),
        run=(),
        oracle=oracle,
        solution=repr(table.solved).encode(),
        benign=(b"0.0",),
        timeout_seconds=1,
    )


def parse(data: bytes, name: str) -> LevelTable:
    """Read a table; ``name`` is its file's, for the ending. InputError names what is wrong where.

    Raises InputError for a file that is no YAML or CSV, unknown or missing fields, levels that
    leave a gap or get easier, a sample twice, or difficulties that are no numbers in range.
    """
    if not name.endswith(FORMATS):
        raise InputError(
            f"{name} is no level table by its name.", hint=f"It ends in {', '.join(FORMATS)}."
        )
    if len(data) > MOST_BYTES:
        raise InputError(f"A level table has at most {MOST_BYTES >> 20} MiB, this one more.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("A level table is UTF-8 text, and this is not.") from None
    return _of_value(_rows_to_value(text) if name.endswith(".csv") else _yaml(text))


def _yaml(text: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        at = getattr(error, "problem_mark", None)
        where = f" at line {at.line + 1}" if at else ""
        raise InputError(f"The level table is no YAML{where}.") from None
    if not isinstance(value, dict):
        raise InputError("A level table is a mapping of fields, and this is not.")
    return value


def _rows_to_value(text: str) -> dict[str, Any]:
    """The table that the rows of a CSV file make, with their line numbers in what is refused."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"The level table is no CSV: {error}.") from None
    if not rows or sorted(rows[0]) != sorted(set(rows[0])):
        raise InputError("A level table in CSV begins with a row of column names, each once.")
    _check_names(set(rows[0]), set(_COLUMNS), {"solved"}, "columns")
    top: dict[str, Any] = {}
    levels: dict[str, dict[str, Any]] = {}
    for number, cells in enumerate(rows[1:], 2):
        if not cells:
            continue
        if len(cells) != len(rows[0]):
            raise InputError(f"Line {number} has {len(cells)} cells, the first {len(rows[0])}.")
        row = dict(zip(rows[0], cells, strict=True))
        for column in ("family", "task", "scale", "source", "solved"):
            if column in row and top.setdefault(column, row[column]) != row[column]:
                raise InputError(f"Line {number} has another {column} than the lines before it.")
        level = levels.setdefault(
            row["level"],
            {"difficulty": row["difficulty"], "standardError": row["standardError"], "samples": []},
        )
        for column in ("difficulty", "standardError"):
            if level[column] != row[column]:
                raise InputError(
                    f"Line {number} gives level {row['level']} another {column} than before."
                )
        level["samples"].append(row["sample"])
    made = [
        {
            "level": _whole(name),
            "difficulty": _decimal(level["difficulty"]),
            "standardError": _decimal(level["standardError"]),
            "samples": level["samples"],
        }
        for name, level in levels.items()
    ]
    if "solved" in top:
        top["solved"] = _decimal(top["solved"])
    return {**top, "levels": made}


def _of_value(value: dict[str, Any]) -> LevelTable:
    _check_names(set(map(str, value)), _TOP - {"arguments", "solved"}, _TOP, "fields")
    levels = value["levels"]
    if not isinstance(levels, list) or not levels:
        raise InputError("A level table has a list of levels, and this has none.")
    made = [_level(entry, _text(value, "family"), at) for at, entry in enumerate(levels, 1)]
    made.sort(key=lambda level: level.difficulty.level)
    if [level.difficulty.level for level in made] != list(range(1, len(made) + 1)):
        raise InputError("The levels of a table count from 1 without a gap, each once.")
    for easier, harder in pairwise(made):
        if harder.difficulty.micrologits < easier.difficulty.micrologits:
            raise InputError(
                f"Level {harder.difficulty.level} is easier than level {easier.difficulty.level}.",
                hint="Levels get no easier.",
            )
    _check_samples(made)
    table = LevelTable(
        family=_match(_NAME, _text(value, "family"), "family", "lower-case words with hyphens"),
        task=_match(_TASK, _text(value, "task"), "task", "a task's name, as package/task"),
        scale=_text(value, "scale"),
        source=_text(value, "source"),
        levels=tuple(made),
        solved=_number(value.get("solved", 1.0), "solved", 0.0, 1_000_000.0),
        arguments=MappingProxyType(_arguments(value.get("arguments", {}))),
    )
    if table.solved <= 0:
        raise InputError("A sample that scores nothing is not solved: solved is above 0.")
    return table


def _level(entry: object, family: str, at: int) -> Level:
    if not isinstance(entry, dict):
        raise InputError(f"Entry {at} of the levels is no mapping of fields.")
    _check_names(set(map(str, entry)), _LEVEL, _LEVEL, f"fields of entry {at} of the levels")
    level = entry["level"]
    if isinstance(level, bool) or not isinstance(level, int):
        raise InputError(f"Entry {at} of the levels has no whole number as its level.")
    samples = entry["samples"]
    if not isinstance(samples, list) or not samples:
        raise InputError(f"Level {level} lists no samples.")
    names = tuple(str(name) if not isinstance(name, bool) else "" for name in samples)
    if not all(0 < len(name) <= 200 for name in names):
        raise InputError(f"Level {level} has a sample whose name is not 1 to 200 characters long.")
    difficulty = _number(entry["difficulty"], "difficulty", -FAR_LOGITS, FAR_LOGITS)
    error = _number(entry["standardError"], "standardError", 0.0, FAR_LOGITS)
    if error == 0:
        raise InputError(f"Level {level} states a standard error of 0.", hint="Nothing is exact.")
    return Level(
        Difficulty(family, level, round(difficulty * 1_000_000), round(error * 1_000_000)), names
    )


def _check_samples(levels: list[Level]) -> None:
    names = [name for level in levels for name in level.samples]
    if len(names) > MOST_SAMPLES:
        raise InputError(f"A level table has at most {MOST_SAMPLES} samples.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"The sample {name!r} is in the table twice.")
        seen.add(name)


def _check_names(found: set[str], needed: set[str], allowed: set[str], what: str) -> None:
    unknown, missing = sorted(found - needed - allowed), sorted(needed - found)
    if unknown:
        raise InputError(
            f"The level table has {what} that it doesn't know: {', '.join(unknown)}.",
            hint=f"It has: {', '.join(sorted(needed | allowed))}.",
        )
    if missing:
        raise InputError(f"The level table lacks the {what}: {', '.join(missing)}.")


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value[name]
    if not isinstance(found, str) or not 0 < len(found.strip()) <= 1_000:
        raise InputError(f"The {name} of a level table is a text of 1 to 1,000 characters.")
    return found.strip()


def _match(pattern: re.Pattern[str], text: str, name: str, what: str) -> str:
    if len(text) > 64 or not pattern.fullmatch(text):
        raise InputError(f"The {name} {text!r} is not {what}, of at most 64 characters.")
    return text


def _number(value: object, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"The {name} {value!r} of a level table is no number.")
    if not low <= value <= high:
        raise InputError(f"The {name} {value} of a level table is not from {low:g} to {high:g}.")
    return float(value)


def _decimal(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} in the level table is no number.") from None


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise InputError(f"The level {text!r} is no whole number.")
    return int(text)


def _arguments(value: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise InputError("The arguments of a level table are a mapping from names to values.")
    plain: dict[str, JsonValue] = {
        name: given
        for name, given in value.items()
        if isinstance(given, str | int) and name.isascii()
    }
    if len(plain) != len(value):
        raise InputError(
            "The arguments of a level table have ASCII names and are texts, whole numbers or truth "
            "values."
        )
    return plain
