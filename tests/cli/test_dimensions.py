# SPDX-License-Identifier: Apache-2.0
"""Thresholds and plans of several dimensions at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from proofhouse.cli.plan_simulate import command as simulate
from proofhouse.cli.threshold import read_dimensions
from proofhouse.desk.plan_evaluation import spreads
from proofhouse.errors import InputError
from stories import banks

PARTS = {"chemical": ("a",), "cyber": ("b", "c")}


def test_dimensions_are_read_from_their_file(tmp_path: Path) -> None:
    """The file names each dimension with scale, cut, zone and population."""
    value = banks.threshold(PARTS)
    path = tmp_path / "dimensions.json"
    path.write_text(json.dumps(value["dimensions"]))
    assert read_dimensions(path) == value


CUT = {"scale": "s", "cutMicrologits": 0, "zoneMicrologits": 1, "population": {"a": 1_000_000}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"cyber": 1}',
        json.dumps({"cyber": {**CUT, "zoneMicrologits": 0}}),
        json.dumps({"cyber": {**CUT, "cutMicrologits": 0.5}}),
        json.dumps({"cyber": {**CUT, "population": {"a": 0}}}),
        json.dumps({"cyber": {**CUT, "more": 1}}),
        "[" * 100_000,
    ],
)
def test_a_file_that_names_no_dimensions_is_refused(tmp_path: Path, text: str) -> None:
    """Not JSON, another form, or a number that is none."""
    path = tmp_path / "dimensions.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"dimensions\.json"):
        read_dimensions(path)


def _simulated(*options: str) -> dict[str, Any]:
    line = ["--cut", "0", "--zone", "2", "--runs", "300", "--json", *options]
    done = CliRunner().invoke(simulate, line)
    assert done.exit_code in (0, 3), done.output
    return dict(json.loads(done.output.splitlines()[-1]))


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Three families from −3 to +3 logits."""
    rows = [
        f"{family}/{level}/{index:02d},{level - 4}"
        for family in "abc"
        for level in range(1, 8)
        for index in range(8)
    ]
    path = tmp_path / "bank.csv"
    path.write_text("\n".join(["item_id,difficulty", *rows]) + "\n")
    return path


def test_one_of_several_dimensions_has_its_part_of_alpha(bank: Path) -> None:
    """Boundaries lie farther out, and of INCONCLUSIVE an equal part is declared."""
    alone = _simulated("--bank", str(bank))
    one_of_two = _simulated("--bank", str(bank), "--dimensions", "2")
    assert alone["upperMicronats"] == 2_944_439
    assert one_of_two["upperMicronats"] == 3_637_587
    assert one_of_two["declaredInconclusivePpm"] == 100_000


def test_items_stray_as_in_a_plan_to_be_registered(bank: Path) -> None:
    """Without --item-sd the world is the desk's own; with it, the one that was asked for."""
    by_default = _simulated("--bank", str(bank))
    desks = spreads().item_sd_micrologits
    assert desks > 500_000
    assert by_default["itemSdMicrologits"] == desks
    assert by_default["scenarios"][-1]["itemSdMicrologits"] == desks
    asked = _simulated("--bank", str(bank), "--item-sd", "0.25")
    assert asked["scenarios"][-1]["itemSdMicrologits"] == 250_000


def test_the_simulation_is_drawn_for_a_person_alone(bank: Path) -> None:
    """Redirected it is one picture without a code for a terminal; with --json there is none."""
    line = ["--cut", "0", "--zone", "2", "--runs", "100", "--bank", str(bank)]
    done = CliRunner().invoke(simulate, line, env={"COLUMNS": "72"})
    assert f"with them, items by {spreads().item_sd_micrologits / 1e6:.2f} (" in done.output
    assert done.output.count("100% │") == 1
    assert "\x1b" not in done.output
    picture = done.output[done.output.index("How often") :].split("\n\n")[0]
    assert max(map(len, picture.splitlines())) <= 72
    assert "│" not in CliRunner().invoke(simulate, [*line, "--json"]).output


def test_a_dimension_has_its_own_families(bank: Path) -> None:
    """Only their items are planned; a family that the bank lacks is refused."""
    assert _simulated("--bank", str(bank), "--family", "a", "--family", "b")["items"] == 40
    line = ["--cut", "0", "--zone", "2", "--bank", str(bank), "--family", "z"]
    done = CliRunner().invoke(simulate, line)
    assert isinstance(done.exception, InputError)
    assert "no items of" in str(done.exception)
    line = ["--cut", "0", "--zone", "2", "--bank", str(bank), "--dimensions", "9"]
    assert isinstance(CliRunner().invoke(simulate, line).exception, InputError)
