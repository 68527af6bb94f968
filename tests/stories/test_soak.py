# SPDX-License-Identifier: Apache-2.0
"""`make soak`: kill -9 at random moments, many times over; every review comes to its end.

    PROOFHOUSE_SOAK_KILLS=15 PROOFHOUSE_SOAK_SEED=7 pytest -m soak -s tests/stories/test_soak.py

The moments are spread evenly over the time that a review takes here, which is measured first, and
over a longer one while starts are killed before they get any farther.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from proofhouse.bootstrap import open_home
from stories import attended
from stories.attended import REVIEWED, Ended, Held, Program, check_tidy, check_whole, groups_of

KILLS = int(os.environ.get("PROOFHOUSE_SOAK_KILLS", "50"))
SEED = os.environ.get("PROOFHOUSE_SOAK_SEED", "")
ORPHANS_SECONDS = float(os.environ.get("PROOFHOUSE_SOAK_ORPHANS_SECONDS", "2"))
"""How long what a killed program started may outlive it on a machine with nothing else to do."""

MODELS = ("reference/weak", "reference/weak", "reference/strong")
"""One review after the other, in this order and round again."""


@dataclass
class Soak:
    """Reviews one after the other in one home, and what became of their starts."""

    home: Path
    chance: random.Random
    cases: dict[str, Held] = field(default_factory=dict)
    owners: set[int] = field(default_factory=set)
    took: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0
    kills: int = 0

    def review(self, model: str, kills: int) -> None:
        """One review to its end, killed on the way until there were so many kills in all."""
        held, ran, starts = Held(), 0, 0
        span = usual = self.took.get(model, 0.0)
        while True:
            deadly = self.kills < kills
            ended = self._start(model, self.chance.uniform(0, span) if deadly else None)
            starts += 1
            ran += ended.count("vault.object.before")
            killed = ended.code == -signal.SIGKILL
            self.kills += killed
            assert killed or ended.code == 0, ended.said
            finished = self._finished()
            now = attended.look(self.home, finished)
            now.goes_on_from(held)
            # Whatever slows this machine down meanwhile, a start gets farther in the end.
            span = 1.25 * span if now == held else usual
            held = now
            print(
                f"  {'kill ' + str(self.kills) if killed else 'end'}:"
                f" statements {len(held.statements)}, samples {len(held.samples)},"
                f" attempts {held.attempts}; orphans gone in {ended.seconds:.3f} s",
                flush=True,
            )
            if finished:  # a kill may come behind the last write
                break
            assert killed
        # A kill may come between a transcript and its record: then, and only then, it ran again.
        assert 0 <= ran - len(held.samples) - held.reruns <= starts - 1
        self.cases[finished] = held
        print(f"{model}: starts {starts}", flush=True)

    def _finished(self) -> str:
        """The case of the newest review if it has come to its end, else empty."""
        if (self.home / "journey.json").exists():
            return ""
        bundles = self.home.glob("reviews/*/bundle.json")
        cases = {json.loads(bundle.read_bytes())["case"] for bundle in bundles}
        return max(cases - set(self.cases), default="")

    def _start(self, model: str, seconds: float | None) -> Ended:
        """One start, killed after so many seconds if it has not ended by then."""
        began = time.monotonic()
        program = Program(self.home, "review", "--model", model, "--json")
        if seconds is not None:
            try:
                program.process.wait(seconds)
            except subprocess.TimeoutExpired:
                program.process.kill()
        ended = program.end(1200)
        self.took.setdefault(model, time.monotonic() - began)
        self.owners |= ended.owners
        self.slowest = max(self.slowest, ended.seconds)
        return ended


@pytest.mark.soak
@pytest.mark.sandbox
@pytest.mark.timeout(3600)
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """However often it is killed, and whenever: every review ends whole, nothing is left over."""
    seed = SEED or secrets.token_hex(8)
    print(f"\nPROOFHOUSE_SOAK_SEED={seed} PROOFHOUSE_SOAK_KILLS={KILLS}", flush=True)
    soak = Soak(tmp_path / "home", random.Random(seed))
    with attended.attended():
        for model in dict.fromkeys(MODELS):  # unbroken, to see how long one takes
            soak.review(model, 0)
        for model in itertools.cycle(MODELS):
            soak.review(model, KILLS)
            if soak.kills >= KILLS:
                break
    assert soak.slowest <= ORPHANS_SECONDS
    print(f"{soak.kills} kills, {len(soak.cases)} reviews; the slowest orphan {soak.slowest:.3f} s")
    with open_home(soak.home) as opened:
        opened.desk.log.check()
        entries = 0
        for case_id in soak.cases:
            case = check_whole(opened, case_id)
            entries += len(case.entries) + 1  # and the public notice of its determination
            assert (REVIEWED[0] in {entry.name for entry in case.entries}) == (
                case.need("determination").predicate["outcome"] == "COVERED"
            )
        assert opened.desk.log.size == 3 + entries  # genesis, bank, threshold
    check_tidy(soak.home)
    assert groups_of(frozenset(soak.owners)) == set()
