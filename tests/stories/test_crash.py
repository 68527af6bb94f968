# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at every named write: no statement is lost, none is doubled, and the case goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.bootstrap import open_home
from proofhouse.formats.policy import Policy
from proofhouse.verify import verify
from stories import crashing, rehearsal


@pytest.mark.timeout(900)
def test_a_journey_killed_at_every_write_comes_to_the_same_end(tmp_path: Path) -> None:
    """Killed before and after every write, a journey ends as one that was never killed."""
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, crashing.__file__, str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kills = json.loads(done.stdout)
    points = (*crashing.MAKING, *crashing.STATEMENT, *crashing.PUBLISHING)
    assert set(kills) == {f"{point}.{side}" for point in points for side in ("before", "after")}
    assert kills["ledger.append.after"] > 20  # once behind every statement
    with rehearsal.opened(tmp_path / "untouched") as smooth:
        expected = [entry.name for entry in smooth.play(crashing.CASE).entries]
    with open_home(home) as reopened:
        case = reopened.desk.case(crashing.CASE)
        assert [entry.name for entry in case.entries] == expected
        assert reopened.desk.log.size == 4 + len(expected)  # genesis, bank, threshold, notice
        reopened.desk.log.check()
        bundle = reopened.review_folder(crashing.CASE) / "bundle.json"
    policy = Policy.parse((home / "policy.json").read_bytes())
    assert verify(bundle.read_bytes(), policy).status == "verified"
    assert not (home / "journey.json").exists()
