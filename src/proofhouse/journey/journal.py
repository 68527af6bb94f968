# SPDX-License-Identifier: Apache-2.0
"""``journey.json``: what a broken-off journey needs and no statement says.

    {"begunAt":"2026-07-01T09:00:00Z","case":"9f86…","wishes":{"model":"reference/strong",…}}

Written before the first statement of the case, removed after bundle and dossier are written.
It is operation, not record: lost, it loses nothing but the way back to the case.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proofhouse.durable import told, write_file
from proofhouse.errors import DamagedError
from proofhouse.failpoints import reach
from proofhouse.said import say


@dataclass(frozen=True)
class Wishes:
    """What the parties of a journey want.

    ``review`` says whether the developer wishes a review if the model is covered, ``struck`` which
    clauses it strikes, ``window_days`` how long before its planned release to trusted partners the
    window opens (1 to 30).
    """

    model: str = "reference/strong"
    base_url: str = ""
    checkpoint: str = "under development"
    safeguard_variant: str = "none"
    review: bool = True
    struck: tuple[str, ...] = ()
    window_days: int = 14
    samples_at_once: int = 2
    tokens_per_item: int = 200_000
    turns_per_item: int = 30
    seconds_per_item: int = 300

    def to_json(self) -> dict[str, Any]:
        """The wishes as they stand in the journal."""
        return {**asdict(self), "struck": list(self.struck)}


@dataclass(frozen=True)
class Broken:
    """A journey that was broken off: its case, what was wished, and when it began."""

    case: str
    wishes: Wishes
    begun_at: str


class Journal:
    """The one journey that a home has under way."""

    def __init__(self, home: Path) -> None:
        self.path = home / "journey.json"

    def read(self) -> Broken | None:
        """The journey under way, or None. Raises DamagedError."""
        try:
            about = json.loads(self.path.read_text())
            wishes = {**about["wishes"], "struck": tuple(about["wishes"]["struck"])}
            return Broken(about["case"], Wishes(**wishes), about["begunAt"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise DamagedError(
                say("The file %(path)s is not what was written.", path=self.path),
                hint="Remove it; the case it pointed to stays in the ledger as it stands.",
            ) from None

    def begin(self, journey: Broken) -> None:
        """Write the journey down before its first statement."""
        about = {
            "case": journey.case,
            "wishes": journey.wishes.to_json(),
            "begunAt": journey.begun_at,
        }
        reach("journey.begin.before")
        with told("the journal", self.path):
            write_file(self.path, json.dumps(about, indent=2).encode())
        reach("journey.begin.after")

    def end(self) -> None:
        """Forget the journey."""
        reach("journey.end.before")
        self.path.unlink(missing_ok=True)
        reach("journey.end.after")
