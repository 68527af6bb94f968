# SPDX-License-Identifier: Apache-2.0
"""``proofhouse status`` is for whoever waits: it reads a home that is in use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from proofhouse.bootstrap import open_home


def program(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The program as a user types it, in a process of its own."""
    return subprocess.run(
        [Path(sys.executable).with_name("proofhouse"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PROOFHOUSE_HOME": str(home)},
    )


def test_a_home_in_use_tells_where_it_stands(tmp_path):
    """While one process holds the home, another reads it, and writes nothing."""
    with open_home(tmp_path / "home") as home:
        before = home.desk.log.size
        found = program("status", "--json", home=home.path)
        assert json.loads(found.stdout) == {"cases": []}
        assert program("ledger", "list", home=home.path).returncode == 0
        assert home.desk.log.size == before


def test_a_home_that_is_not_there_is_not_made(tmp_path):
    found = program("status", home=tmp_path / "none")
    assert found.returncode != 0
    assert "There is no home" in found.stderr
    assert not (tmp_path / "none").exists()
