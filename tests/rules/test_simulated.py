# SPDX-License-Identifier: Apache-2.0
"""What a registered simulation has to have played, held to the one in the shipped example."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import VerificationError
from proofhouse.rules.replay import check_design

EXAMPLE = Path(__file__).parents[2] / "examples" / "review" / "bundle.json"


@pytest.fixture(scope="module")
def design() -> dict[str, Any]:
    """The opened design of the example's plan."""
    values = [one["value"] for one in json.loads(EXAMPLE.read_text())["openings"]]
    (found,) = (v for v in values if isinstance(v, dict) and v.get("simulation"))
    return found


def test_the_examples_plan_was_played_in_every_world(design: dict[str, Any]) -> None:
    """All five, with bounds of 95 %."""
    check_design(design, None, ["any"], None)


@pytest.mark.parametrize("at", range(5))
def test_a_world_that_is_left_out_is_missed(design: dict[str, Any], at: int) -> None:
    """Whoever plays only where the errors hold has not shown that they do (R14)."""
    forged = copy.deepcopy(design)
    del forged["simulation"]["scenarios"][at]
    with pytest.raises(VerificationError, match="was not played with"):
        check_design(forged, None, ["any"], None)


def test_a_bound_of_less_confidence_is_none(design: dict[str, Any]) -> None:
    """A bound that holds half of the time says little."""
    forged = copy.deepcopy(design)
    forged["simulation"]["confidencePpm"] = 500_000
    with pytest.raises(VerificationError, match="below 95 % confidence"):
        check_design(forged, None, ["any"], None)
