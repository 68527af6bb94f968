# SPDX-License-Identifier: Apache-2.0
"""Plays a rehearsal in forked processes and kills each at a named point: ``crashing.py HOME``.

Prints one JSON object: how often a process was killed at which point.
The interpreter is started once; each play is a fork of it, so a kill costs a few milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from proofhouse.journey import Broken, Journal, Wishes
from proofhouse.publish import publish_case
from stories import rehearsal

CASE = "ca" * 32
MAKING = ("ledger.create", "vault.create", "home.whole", "journey.begin")
STATEMENT = ("vault.put", "ledger.append")
PUBLISHING = (
    "publish.bundle.json",
    "publish.bundle-developer.json",
    "publish.dossier.html",
    "journey.end",
)


def play(home: Path) -> None:
    """What ``proofhouse review`` does, from wherever the home stands."""
    with rehearsal.opened(home) as played:
        journal = Journal(home)
        if journal.read() is None:
            journal.begin(Broken(CASE, Wishes(), played.desk.clock()))
        case = played.play(CASE)
        publish_case(played.desk, case.id, played.home.review_folder(case.id))
        journal.end()


def killed(home: Path, *points: str) -> str:
    """The point at which a play died, that was to die at the first of ``points`` it reached."""
    seen = home.with_suffix(".seen")
    child = os.fork()
    if child == 0:
        os.environ["PROOFHOUSE_FAILPOINT"] = ",".join(points)
        os.environ["PROOFHOUSE_FAILPOINTS_SEEN"] = str(seen)
        try:
            play(home)
        except BaseException as error:
            print(f"{points}: {type(error).__name__}: {error}", file=sys.stderr)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return seen.read_text().splitlines()[-1].rpartition(":")[0]
    if os.WEXITSTATUS(status):
        sys.exit(f"a play that was to die at {points} failed")
    return ""


def main(home: Path) -> None:
    """Kill at each write in turn: those that make a home, every statement's, and the publishing."""
    kills: Counter[str] = Counter()
    for point in _sides(MAKING):
        while kills[point] == 0:
            kills[killed(home, point, "ledger.append.after")] += 1
    last = f"{PUBLISHING[0]}.before"
    while kills[last] == 0:
        for point in _sides(STATEMENT):
            kills[killed(home, point, last)] += 1
            if kills[last]:
                break
    for point in _sides(PUBLISHING)[1:]:
        kills[killed(home, point)] += 1
    print(json.dumps(kills))


def _sides(points: tuple[str, ...]) -> list[str]:
    return [f"{point}.{side}" for point in points for side in ("before", "after")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
