# SPDX-License-Identifier: Apache-2.0
"""Writes vectors/forgeries/: what one who holds every key could try, one file a forgery.

    python tools/forgeries.py              all of them, anew
    python tools/forgeries.py --new        those that are not there yet

A rehearsed review, plain, with held scores or with findings tested again, is taken apart and forged
anew for each entry of ``tests/stories/forgeries``, so all bundles are judged by one policy. Keys and
salts are drawn anew each time, and so the files differ from those before; what is forged, and the
reason for which it is refused, do not.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from stories import held, rehearsal, retested  # noqa: E402  (the path must be set first)
from stories.forger import Forger  # noqa: E402
from stories.forgeries import CASE, FORGERIES  # noqa: E402

LARGEST = 200_000
"""Bytes of one file, at most."""


def main() -> int:
    """Write every vector anew; 1 if one is too large."""
    folder = ROOT / "vectors" / "forgeries"
    folder.mkdir(parents=True, exist_ok=True)
    there = {old.stem for old in folder.glob("*.json")} if "--new" in sys.argv else set()
    for old in folder.glob("*.json"):
        if not there:
            old.unlink()
    with (
        tempfile.TemporaryDirectory() as scratch,
        rehearsal.opened(Path(scratch) / "home") as played,
    ):
        played.play(CASE)
        held.play(played)
        retested.play(played)
        policy = played.desk.policy.to_bytes().decode()
        vectors = {
            "nothing-forged": _vector(
                Forger(played.home, CASE), policy, "A bundle that holds.", None
            )
        }
        for name, forgery in FORGERIES.items():
            if name in there:
                continue
            forger = Forger(played.home, forgery.case)
            forgery.change(forger)
            vectors[name] = _vector(forger, policy, forgery.story, forgery.reason)
    for name in there & vectors.keys():
        del vectors[name]
    for name, text in vectors.items():
        if len(text.encode()) > LARGEST:
            print(f"{name} has {len(text.encode()):,} bytes; {LARGEST:,} are allowed.")
            return 1
        (folder / f"{name}.json").write_text(text)
    print(f"{len(vectors)} vectors in {folder.relative_to(ROOT)}")
    return 0


def _vector(forger: Forger, policy: str, story: str, reason: str | None) -> str:
    body = {
        "check": "bundle.believe",
        "says": story,
        "input": {"bundle": forger.bundle().decode(), "policy": policy},
        "expect": "accept" if reason is None else "fails",
        "reason": reason,
    }
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
