# SPDX-License-Identifier: Apache-2.0
"""A bank of made-up families, calibrated by hand, for stories in which no item is ever made.

    made_up(patch, {"logic": 6, "chains": 5})        patch is a pytest.MonkeyPatch

Levels are spread evenly from −5 to +5 logits. What shipped is put back when ``patch`` is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from proofhouse.bank import calibration, families
from proofhouse.bank.calibration import Calibration, Difficulty
from proofhouse.bank.families import Family
from proofhouse.desk import estimate, measure
from proofhouse.rules.battery import blueprint

SIX = {"a": 6, "b": 5, "c": 6, "d": 5, "e": 6, "f": 5}
"""Six families of five or six levels."""


def table(levels: Mapping[str, int]) -> Calibration:
    """The shipped scale with these families on it instead."""
    entries = tuple(
        Difficulty(name, level + 1, -5_000_000 + 10_000_000 * level // (many - 1), 900_000)
        for name, many in levels.items()
        for level in range(many)
    )
    return replace(calibration.shipped(), entries=entries)


def made_up(patch: pytest.MonkeyPatch, levels: Mapping[str, int]) -> None:
    """Have the bank consist of these families until ``patch`` is undone."""
    made = {
        name: Family(name, tuple(range(1, many + 1)), partial(families.derive, name))
        for name, many in levels.items()
    }
    told = table(levels)
    patch.setattr(calibration, "shipped", lambda: told)
    for room in (families, estimate):
        patch.setattr(room, "FAMILIES", made)


def threshold(dimensions: Mapping[str, Iterable[str]], cut: int = -3_000_000) -> dict[str, Any]:
    """A threshold with these dimensions, each of its families alike."""
    scale = calibration.shipped().scale
    return {
        "dimensions": {
            name: {
                "scale": scale,
                "cutMicrologits": cut,
                "zoneMicrologits": measure.ZONE_MICROLOGITS,
                "population": blueprint(dict.fromkeys(sorted(of), 1), 1_000_000),
            }
            for name, of in dimensions.items()
        }
    }


def parted(names: Sequence[str], parts: int) -> dict[str, tuple[str, ...]]:
    """The families dealt to so many dimensions, ``d1``, ``d2``, …"""
    return {f"d{part + 1}": tuple(names[part::parts]) for part in range(parts)}
