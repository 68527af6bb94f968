# SPDX-License-Identifier: Apache-2.0
"""Where a home lies."""

from __future__ import annotations

import os
from pathlib import Path


def default_path() -> Path:
    """``$PROOFHOUSE_HOME``, else the user's data folder (XDG Base Directory)."""
    chosen = os.environ.get("PROOFHOUSE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "proofhouse"


def state_path() -> Path:
    """Where a program remembers what a home must not: ``$XDG_STATE_HOME/proofhouse``.

    It lies apart from the home, so that a home put back from an old copy is noticed.
    """
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "proofhouse"
