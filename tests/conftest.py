# SPDX-License-Identifier: Apache-2.0
"""What several rooms' tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does, before numpy is there

# Whoever is started in the background of a shell ignores an interrupt, and so would all that tests
# start; they are to be interrupted by what sends the signal to them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

sys.path.insert(0, str(Path(__file__).parent))  # `from stories import rehearsal`

# What the program remembers of logs belongs to no test but its own; fixtures of whole modules
# share one folder, which goes with the process.
_REMEMBERED = tempfile.mkdtemp(prefix="proofhouse-tests-")
os.environ["XDG_STATE_HOME"] = _REMEMBERED
atexit.register(shutil.rmtree, _REMEMBERED, ignore_errors=True)


@pytest.fixture(autouse=True)
def _remembers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that works on a copy of a home is on another machine, which never saw the log."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
