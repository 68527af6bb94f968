# SPDX-License-Identifier: Apache-2.0
"""A whole journey in a real home, by the real desk and the real rules, without running a model.

Every statement is signed, sealed, registered and read back as in ``proofhouse review``; only the
outcomes of the items are told beforehand, so that a case takes a second and not a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofhouse import bootstrap, journey
from proofhouse.bootstrap import Home
from proofhouse.desk import plan_evaluation, state_run
from proofhouse.desk.desk import Desk, Kept
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.evaluation.types import Budgets, Harness, Job, ModelSpec, ProbeReport
from proofhouse.formats.digest import sha256_hex
from proofhouse.journey import Wishes, moves
from proofhouse.journey.journey import Journey, register
from proofhouse.models import Model
from proofhouse.rules.registration import Case

Outcome = Callable[[str, int], str]
"""Item id and level → solved, failed or missing; or held, and what the oracle said of it."""


def strong(_item: str, level: int) -> str:
    """Solves all but the highest levels."""
    return "solved" if level <= 5 else "failed"


def weak(_item: str, _level: int) -> str:
    """Solves nothing."""
    return "failed"


HARNESS = Harness(
    proofhouse="0.0.0",
    python="3.11.0",
    packages=(("inspect_ai", "0.0.0"),),
    scaffold="proofhouse-loop 1",
    tools=("bash", "submit"),
    model="rehearsed/model",
    endpoint="",
    tier="bwrap",
    budgets=Budgets(tokens=1_000, turns=5, seconds=10),
)


@dataclass
class Rehearsal:
    """What moves are made with (``moves.Table``), with outcomes told beforehand."""

    home: Home
    bank: Kept
    threshold: Kept
    outcome: Outcome = strong
    wishes: Wishes = field(default_factory=Wishes)
    told: list[journey.Told] = field(default_factory=list)

    model = Model("rehearsed/model", ModelSpec("mockllm/model"), None, sha256_hex(b"weights"))
    report = ProbeReport(HARNESS, (), sha256_hex(b"fingerprint"), True, 0)

    @property
    def desk(self) -> Desk:
        return self.home.desk

    @property
    def developer_key(self) -> str:
        return self.home.keys["developer"].keyid

    @property
    def partner_key(self) -> str:
        return self.home.keys["partner"].keyid

    def job(self, case: Case) -> Job:
        raise AssertionError("a rehearsal runs no model")

    def progress(self, plan: Mapping[str, object], outcomes: Any, event: Any) -> None:
        raise AssertionError("a rehearsal runs no model")

    def move(self, case: Case) -> moves.Made | moves.MadeInTwo | None:
        """The next move, or None at the end."""
        if case.state in ("run_under_way", "review_run_under_way", "retest_under_way"):
            return self._run(case)
        made = moves.MOVES.get(case.state)
        return made(self, case) if made else None

    def play(self, case_id: str, *, until: str = "") -> Case:
        """Play from where the case stands to its end, or to the state ``until``."""
        while True:
            case = self.desk.case(case_id)
            made = None if case.state == until else self.move(case)
            if made is None:
                return case
            register(self.home, made, self.told.append)

    def _run(self, case: Case) -> moves.Made:
        plan = plan_evaluation.opened(self.desk, case, "plan", "plan")
        order = plan_evaluation.order_of(plan)
        conducted = Conducted(attempts=1)
        while (batch := order(conducted.outcomes)) is not None:
            for item in batch:
                conducted.samples[item.id] = sample(
                    item.id, item.level, self.outcome(item.id, item.level)
                )
        ids = [item["id"] for item in plan["items"]]
        draft = state_run.end(case, ids, conducted, at=self.desk.clock())
        return moves.Made(draft, ("assessor",))


def sample(item: str, level: int, outcome: str) -> dict[str, Any]:
    """The kept record of a finished sample; of a held one, as ``held solved``, with its mark."""
    held = outcome.removeprefix("held ")
    if held != outcome:
        record = sample(item, level, "missing")
        marked = {"kind": "held", "flags": ["turn 2: outside-paths: cat /etc/shadow"]}
        return {**record, **marked, "heldOutcome": held}
    return {
        "id": item,
        "level": level,
        "kind": "model" if outcome == "missing" else "answered",
        "outcome": outcome,
        "reason": "told beforehand",
        "inputTokens": 100,
        "outputTokens": 10,
        "milliseconds": 5,
        "modelCalls": 2,
        "transcript": sha256_hex(item.encode()),
        "flags": [],
    }


@contextmanager
def opened(path: Path, **options: Any) -> Any:
    """A rehearsal in the home at ``path``, bank and threshold committed."""
    with bootstrap.open_home(path) as home:
        told: list[journey.Told] = []
        bank, threshold = Journey(home, Wishes(), told.append)._commitments()
        yield Rehearsal(home, bank, threshold, told=told, **options)
