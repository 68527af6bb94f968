# SPDX-License-Identifier: Apache-2.0
"""Sample data for a look around: inquiries and reviews that really ran, nothing made up.

    fill(path, print)        a few minutes on two cores

The reference models are asked about, submitted, evaluated in sandboxes and determined, each case as
`proofhouse review` would; one developer leaves in the middle. Every page then shows what a real
case shows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proofhouse.bootstrap import open_home
from proofhouse.desk import withdraw
from proofhouse.journey import Journey, Wishes
from proofhouse.journey.journal import Journal
from proofhouse.journey.journey import register
from proofhouse.journey.moves import Made
from proofhouse.journey.told import Registered, Told

SAMPLES = (
    Wishes(model="reference/weak", review=False, checkpoint="sample-1"),
    Wishes(model="reference/strong", review=False, checkpoint="sample-2"),
    Wishes(model="reference/strong", checkpoint="sample-3", struck=("insiderRisk",)),
)
"""One model that is not covered, one that is and whose developer stops there, one review."""


def fill(path: Path, say: Callable[[str], None]) -> None:
    """Run the samples in a new home at ``path``. Raises as a journey does."""
    say(f"Running {len(SAMPLES)} samples; this takes a few minutes.")
    with open_home(path) as home:
        for wishes in SAMPLES:
            case = Journey(home, wishes, lambda told: _tell(told, say)).go()
            Journal(path).end()
            if case.state == "covered":
                draft = withdraw.draft(case, at=home.desk.clock())
                register(home, Made(draft, ("developer",)), lambda _told: None)
            say(f"{wishes.model}: {home.desk.case(case.id).state.replace('_', ' ')}")


def _tell(told: Told, say: Callable[[str], None]) -> None:
    if isinstance(told, Registered):
        say(f"  leaf {told.entry.index}: {told.entry.name}")
