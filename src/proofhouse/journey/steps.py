# SPDX-License-Identifier: Apache-2.0
"""One move at a time, in the home of the log: the assessor's moves that take a model under test.

    with at_table(home, case, key=key, tell=tell) as table:
        made = moves.MOVES[case.state](table, case)

A journey plays all parties by its wishes. Here the case is what the parties have made of it: model,
checkpoint and safeguards come from the developer's submission, budgets from the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from proofhouse.bootstrap import Home
from proofhouse.desk import plan_evaluation
from proofhouse.desk.desk import Desk, Kept
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.errors import DamagedError, RefusedError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Budgets, Event, Job, ModelSpec, ProbeReport
from proofhouse.journey.journal import Wishes
from proofhouse.journey.journey import TIER
from proofhouse.journey.told import Progress, Said, Tell
from proofhouse.models import Model, reach
from proofhouse.rules.registration import Case
from proofhouse.sandbox import check_tier


@dataclass(frozen=True)
class StepTable:
    """What one move is made with (implements ``moves.Table``)."""

    home: Home
    wishes: Wishes
    model: Model
    report: ProbeReport
    bank: Kept
    threshold: Kept
    tell: Tell
    budgets: Budgets
    reader: ModelSpec | None = None

    @property
    def desk(self) -> Desk:
        """The desk of the home."""
        return self.home.desk

    @property
    def developer_key(self) -> str:
        """No move made here is a developer's."""
        raise RefusedError("A question is asked by `proofhouse inquire`.", rule="R2")

    @property
    def partner_key(self) -> str:
        """No move made here gives a partner access."""
        raise RefusedError("Access is given by `proofhouse partner grant`.", rule="R8")

    def job(self, case: Case) -> Job:
        """The job of the case's newest run."""
        name = case.need("run-started").digest[:16]
        return _job(self.home, self.model, self.budgets, self.wishes, name, self.reader)

    def begin(self, plan: Mapping[str, object], kept: Conducted) -> None:
        """Tell who waits that a run begins, or goes on from what was kept."""
        milliseconds = kept.total("milliseconds") // self.wishes.samples_at_once
        budget = self.budgets.tokens
        self.tell(Progress(plan, kept.outcomes, None, kept.spent, milliseconds, budget))

    def progress(
        self, plan: Mapping[str, object], outcomes: Mapping[str, str], event: Event | None
    ) -> None:
        """Tell who waits."""
        self.tell(Progress(plan, dict(outcomes), event))


@contextmanager
def at_table(
    home: Home,
    case: Case,
    tell: Tell,
    *,
    key: str = "",
    base_url: str = "",
    wishes: Wishes,
    environment: Mapping[str, str] | None = None,
    reader: ModelSpec | None = None,
) -> Iterator[StepTable]:
    """Reach the model under test and see that it answers: the one submitted, or in a re-test the
    version that its developer says is fixed.

    ``base_url`` stands for the submitted endpoint where it is reached by another address;
    ``environment`` is added to that of the process which asks it; ``reader`` is a model that reads
    each transcript after the scan's rules, and is asked whether it answers too.
    Raises LostError, ModelError, PrerequisiteError, RefusedError.
    """
    submission = case.need("submission")
    told, _ = plan_evaluation.under_test(home.desk, case)
    budgets = _budgets(case, wishes)
    check_tier(TIER)
    url = base_url or told["endpoint"] or ""
    with reach(told["name"], base_url=url, key=key, environment=environment) as model:
        tell(Said(f"Asking {model.name} whether it answers"))
        report = asyncio.run(probe(_job(home, model, budgets, wishes, "probe", reader)))
        yield StepTable(
            home,
            wishes,
            model,
            report,
            _kept(home.desk, submission.predicate["bank"]),
            _kept(home.desk, submission.predicate["threshold"]),
            tell,
            budgets,
            reader,
        )


def _budgets(case: Case, wishes: Wishes) -> Budgets:
    """Those of the plan that is to be run; before there is one, those that were wished."""
    plan = case.last("plan")
    planning = ("assessor_to_plan", "assessor_to_plan_review", "findings_received")
    if plan is not None and case.state not in planning:
        stated = plan.predicate["budgets"]
        return Budgets(
            tokens=stated["tokensPerItem"],
            turns=stated["turnsPerItem"],
            seconds=stated["secondsPerItem"],
        )
    return Budgets(
        tokens=wishes.tokens_per_item,
        turns=wishes.turns_per_item,
        seconds=wishes.seconds_per_item,
    )


def _job(
    home: Home,
    model: Model,
    budgets: Budgets,
    wishes: Wishes,
    name: str,
    reader: ModelSpec | None,
) -> Job:
    return Job(
        model=model.spec,
        log_directory=home.scratch(name),
        budgets=budgets,
        samples_at_once=wishes.samples_at_once,
        reader=reader,
    )


def _kept(desk: Desk, digest: str) -> Kept:
    found = desk.find_clear("statement", digest)
    if found is None:
        raise DamagedError("A commitment that the case cites is not in the log.")
    return found
