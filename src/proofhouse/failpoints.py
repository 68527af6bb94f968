# SPDX-License-Identifier: Apache-2.0
"""Named points at which a test may kill the process, to see what a crash leaves.

    PROOFHOUSE_FAILPOINT=ledger.append.after:3      kill -9 the third time this point is reached
    PROOFHOUSE_FAILPOINT=vault.put.before,journey.end.before      … at whichever comes first
    PROOFHOUSE_FAILPOINTS_SEEN=/path/file           append every name reached, one a line

Every durable write is framed by two points: ``NAME.before`` (the write is lost) and
``NAME.after`` (the write is kept, but nobody was told). The names stand in docs/map.md.
Without the environment variables a point costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal

_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Say that execution is at ``name``; dies here if the environment asked for it."""
    seen = os.environ.get("PROOFHOUSE_FAILPOINTS_SEEN")
    wanted = os.environ.get("PROOFHOUSE_FAILPOINT")
    if seen is None and wanted is None:
        return
    _reached[name] = count = _reached.get(name, 0) + 1
    if seen is not None:
        with open(seen, "a", encoding="utf-8") as file:
            file.write(f"{name}:{count}\n")
    asked = (wanted or "").split(",")
    if f"{name}:{count}" in asked or (count == 1 and name in asked):
        os.kill(os.getpid(), signal.SIGKILL)
