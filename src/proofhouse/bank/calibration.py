# SPDX-License-Identifier: Apache-2.0
"""How difficult each level of each family is, on the bank's own scale, and how well that is known.

    {"format": "proofhouse-calibration/v1",
     "scale": "…", "anchor": "…", "sample": "…", "provisional": true,
     "entries": [{"family": "memory-flaw", "level": 1,
                  "difficultyMicrologits": -5000000, "standardErrorMicrologits": 2000000}, …],
     "itemSpreadMicrologits": 1000000,
     "references": [{"name": "reference/weak", "abilityMicrologits": -7000000,
                     "standardErrorMicrologits": 1000000}, …]}

The scale is a Rasch scale in logits: a solver of ability θ solves an item of difficulty b with
probability 1 / (1 + exp(b − θ)). Its origin is the mean difficulty of the anchor family's levels;
abilities, thresholds and zones are stated on it. ``itemSpreadMicrologits`` is the standard
deviation of single items around their level. The table is data: ``benchmarks/calibrate.py`` fits it
to what solvers did, and says in ``sample`` which solvers those were. It says nothing about people;
minutes are given only where people were timed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from proofhouse.errors import InputError

FORMAT = "proofhouse-calibration/v1"
_KEYS = {
    "format",
    "scale",
    "anchor",
    "sample",
    "provisional",
    "entries",
    "itemSpreadMicrologits",
    "references",
}
_ENTRY_KEYS = {"family", "level", "difficultyMicrologits", "standardErrorMicrologits"}
_REFERENCE_KEYS = {"name", "abilityMicrologits", "standardErrorMicrologits"}


@dataclass(frozen=True)
class Difficulty:
    """One level's difficulty and its standard error, both in micro-logits."""

    family: str
    level: int
    micrologits: int
    standard_error_micrologits: int


@dataclass(frozen=True)
class Reference:
    """A solver that the table was fitted to: its ability and standard error in micro-logits."""

    name: str
    micrologits: int
    standard_error_micrologits: int


@dataclass(frozen=True)
class Calibration:
    """A whole table: what it is fitted to, its entries by family and level, and its solvers."""

    scale: str
    anchor: str
    sample: str
    provisional: bool
    item_spread_micrologits: int
    entries: tuple[Difficulty, ...]
    references: tuple[Reference, ...] = ()

    def difficulty(self, family: str, level: int) -> Difficulty:
        """The entry of ``family`` at ``level``; InputError if the table has none."""
        for entry in self.entries:
            if (entry.family, entry.level) == (family, level):
                return entry
        raise InputError(
            f"The calibration table has no {family} level {level}.",
            hint="Calibrate it with benchmarks/calibrate.py, or leave it out of the plan.",
        )


def parse(data: bytes) -> Calibration:
    """Read a table (ordinary JSON); InputError if it isn't one, or has an entry twice."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("A calibration table is JSON, and this is not.") from None
    if not isinstance(value, dict) or set(value) != _KEYS or value["format"] != FORMAT:
        raise InputError(f"This is no {FORMAT} table.")
    if not isinstance(value["entries"], list) or not isinstance(value["provisional"], bool):
        raise InputError(
            f"This is no {FORMAT} table: entries or provisional are not what they are."
        )
    entries = tuple(_entry(entry) for entry in value["entries"])
    if len({(entry.family, entry.level) for entry in entries}) != len(entries):
        raise InputError("A calibration table has each family and level once.")
    return Calibration(
        scale=_text(value["scale"]),
        anchor=_text(value["anchor"]),
        sample=_text(value["sample"]),
        provisional=value["provisional"],
        item_spread_micrologits=_number(value["itemSpreadMicrologits"]),
        entries=entries,
        references=_references(value["references"]),
    )


@cache
def shipped() -> Calibration:
    """The table that this version ships."""
    return parse(files("proofhouse.bank").joinpath("calibration.json").read_bytes())


def _entry(value: object) -> Difficulty:
    if not isinstance(value, dict) or set(value) != _ENTRY_KEYS:
        raise InputError(
            f"A calibration entry has exactly the keys {', '.join(sorted(_ENTRY_KEYS))}."
        )
    error = _number(value["standardErrorMicrologits"])
    if error <= 0:
        raise InputError("A standard error is above 0.")
    level = _number(value["level"])
    return Difficulty(_text(value["family"]), level, _number(value["difficultyMicrologits"]), error)


def _references(value: object) -> tuple[Reference, ...]:
    if not isinstance(value, list):
        raise InputError("The references of a calibration table are a list.")
    found = []
    for item in value:
        if not isinstance(item, dict) or set(item) != _REFERENCE_KEYS:
            raise InputError(f"A reference has the keys {', '.join(sorted(_REFERENCE_KEYS))}.")
        error = _number(item["standardErrorMicrologits"])
        if error <= 0:
            raise InputError("A standard error is above 0.")
        found.append(Reference(_text(item["name"]), _number(item["abilityMicrologits"]), error))
    return tuple(found)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InputError("A calibration table's texts are not empty.")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"A calibration table's numbers are integers, not {value!r}.")
    return value
