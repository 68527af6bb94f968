# SPDX-License-Identifier: Apache-2.0
"""The forgeries that are told in vectors/forgeries are refused, each for its own reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofhouse.formats.policy import Policy
from proofhouse.verify import verify
from stories.forgeries import FORGERIES

FOLDER = Path(__file__).parents[1] / "vectors" / "forgeries"
FILES = sorted(FOLDER.glob("*.json"))
HONEST = "nothing-forged"


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_forgery_is_refused_for_its_reason(path: Path) -> None:
    """The policy trusts every key in it, and the sentence of the refusal names the fault."""
    vector = read(path)
    policy = Policy.parse(vector["input"]["policy"].encode())
    report = verify(vector["input"]["bundle"].encode(), policy)
    if vector["expect"] == "accept":
        assert report.status == "verified"
        return
    assert report.status == "failed", vector["says"]
    assert vector["reason"] in report.checks[-1].sentence, report.checks[-1].sentence
    assert "\n" not in report.checks[-1].sentence


def test_every_forgery_of_the_story_has_its_vector() -> None:
    """The files are those of the story and one honest bundle, with its stories and reasons."""
    told = {name: (forgery.story, forgery.reason) for name, forgery in FORGERIES.items()}
    kept = {path.stem: (read(path)["says"], read(path)["reason"]) for path in FILES}
    assert kept.pop(HONEST) == ("A bundle that holds.", None)
    assert kept == told, "Write the new ones, and those alone: python tools/forgeries.py"


def test_no_forgery_fails_for_want_of_a_signature_or_a_proof() -> None:
    """All but those about signers are refused with every signature and proof holding."""
    for path in FILES:
        vector = read(path)
        policy = Policy.parse(vector["input"]["policy"].encode())
        checks = verify(vector["input"]["bundle"].encode(), policy).checks
        held = {check.name for check in checks if check.result == "held"}
        assert {"bytes", "log", "inclusion"} <= held, path.stem


def test_the_files_are_small() -> None:
    """None is larger than 200,000 bytes."""
    assert max(path.stat().st_size for path in FILES) <= 200_000
