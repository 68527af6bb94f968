# SPDX-License-Identifier: Apache-2.0
"""The calibration table: complete, anchored, read strictly; and the fit that writes it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from proofhouse.bank import calibration
from proofhouse.bank.families import FAMILIES
from proofhouse.errors import InputError

SCRIPT = Path(__file__).parents[2] / "benchmarks/calibrate.py"


def shipped_value() -> dict[str, object]:
    path = Path(calibration.__file__).with_name("calibration.json")
    value = json.loads(path.read_text())
    assert isinstance(value, dict)
    return value


def test_every_level_of_a_calibrated_family_has_a_difficulty_that_never_falls_with_the_level():
    table = calibration.shipped()
    for name in {entry.family for entry in table.entries}:
        family = FAMILIES[name]
        rising = [table.difficulty(family.name, level).micrologits for level in family.levels]
        assert rising == sorted(rising)
        # Where no agent solves anything, levels are pooled: only the anchor is sure to be spread.
        assert name != "memory-flaw" or len(set(rising)) > 2


def test_the_anchor_family_has_mean_difficulty_zero():
    table = calibration.shipped()
    levels = FAMILIES["memory-flaw"].levels
    mean = sum(table.difficulty("memory-flaw", level).micrologits for level in levels) / len(levels)
    assert abs(mean) <= 1


def test_a_level_that_was_never_calibrated_is_refused():
    with pytest.raises(InputError, match="level 9"):
        calibration.shipped().difficulty("memory-flaw", 9)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "proofhouse-calibration/v2"},
        {"provisional": 1},
        {"sample": ""},
        {"itemSpreadMicrologits": 0.5},
        {"itemSpreadMicrologits": True},
        {"entries": {}},
        {"more": 1},
        {"entries": [{"family": "f", "level": 1, "difficultyMicrologits": 1}]},
        {
            "entries": [
                {
                    "family": "f",
                    "level": 1,
                    "difficultyMicrologits": 1,
                    "standardErrorMicrologits": 0,
                }
            ]
        },
        {
            "entries": 2
            * [
                {
                    "family": "f",
                    "level": 1,
                    "difficultyMicrologits": 1,
                    "standardErrorMicrologits": 9,
                }
            ]
        },
    ],
)
def test_what_is_no_table_is_refused(change: dict[str, object]):
    with pytest.raises(InputError):
        calibration.parse(json.dumps(shipped_value() | change).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_what_is_no_json_is_refused(data: bytes):
    with pytest.raises(InputError):
        calibration.parse(data)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibrate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibrate"] = module
    spec.loader.exec_module(module)
    return module


TRUE = (-3.0, -1.0, 0.5, 3.5)
ABILITIES = {"a": -2.0, "b": 0.0, "c": 1.5, "d": 3.0}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four solvers of known ability on forty items a level of known difficulty, spread 0.8."""
    draw = np.random.default_rng(20261121)
    lines = ["agent,family,level,index,solved"]
    for level, difficulty in enumerate(TRUE, start=1):
        for index in range(40):
            own = difficulty + 0.8 * draw.standard_normal()
            for agent, ability in ABILITIES.items():
                solved = draw.random() < 1 / (1 + np.exp(own - ability))
                lines.append(f"{agent},memory-flaw,{level},{index},{int(solved)}")
    path = tmp_path_factory.mktemp("calibrate") / "outcomes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_fit_finds_the_difficulties_the_outcomes_were_drawn_from(
    script: ModuleType, outcomes: Path
):
    """Anchored at mean zero, every level within three of its own standard errors."""
    fitted = script.fit(script.read(outcomes), "memory-flaw")
    centred = np.array(TRUE) - np.mean(TRUE)
    assert abs(fitted.difficulties.mean()) < 1e-9
    assert (np.abs(fitted.difficulties - centred) < 3 * fitted.standard_errors).all()
    assert (fitted.standard_errors < 0.8).all()
    assert 0.3 < fitted.spread < 1.5


def test_a_level_nobody_solves_gets_a_finite_difficulty_and_a_wide_error(
    script: ModuleType, tmp_path: Path
):
    lines = ["agent,family,level,index,solved"]
    for agent, share in (("a", 3), ("b", 7)):
        for index in range(10):
            lines.append(f"{agent},memory-flaw,1,{index},{int(index < share)}")
            lines.append(f"{agent},memory-flaw,2,{index},0")
    path = tmp_path / "outcomes.csv"
    path.write_text("\n".join(lines))
    fitted = script.fit(script.read(path), "memory-flaw")
    easy, hard = fitted.difficulties
    assert easy < 0 < hard < 10
    assert np.isfinite(fitted.standard_errors).all()
    assert fitted.standard_errors[1] > 0.5


def test_what_the_fit_writes_is_a_table_this_version_reads(
    script: ModuleType, outcomes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "calibration.json"
    arguments = ["calibrate", str(outcomes), "--sample", "four made-up solvers", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    script.main()
    table = calibration.parse(out.read_bytes())
    assert not table.provisional
    assert table.sample == "four made-up solvers"
    assert [entry.level for entry in table.entries] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "line",
    ["a,memory-flaw,1,0,2", "a,memory-flaw,one,0,1", "a,memory-flaw,1,0,1\na,memory-flaw,1,0,0"],
)
def test_outcomes_that_are_none_or_twice_are_refused(script: ModuleType, tmp_path: Path, line: str):
    path = tmp_path / "outcomes.csv"
    path.write_text(f"agent,family,level,index,solved\n{line}\n")
    with pytest.raises(ValueError, match=r"solved|invalid|two outcomes"):
        script.read(path)


def test_difficulties_that_fall_are_pooled(script: ModuleType):
    """Where a higher level came out easier, both get their weighted mean; the rest stays."""
    cells = (("memory-flaw", 1), ("memory-flaw", 2), ("memory-flaw", 3))
    pooled = script.monotone(cells, np.array([-1.0, 3.0, 1.0]), np.array([1.0, 1.0, 1.0]))
    assert pooled == pytest.approx([-1.0, 2.0, 2.0])
