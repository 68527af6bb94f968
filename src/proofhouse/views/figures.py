# SPDX-License-Identifier: Apache-2.0
"""Which pictures a case has: what is opened of it, beside what may be drawn with it.

    for one in abilities(view):
        scale_of(one.ability, one.cuts, one.references)

A sealed threshold is not read off an opened plan: what was simulated lies about the cut, so while
that is sealed there is no cut beside a simulation, and nothing is drawn of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.views.case import decided_run
from proofhouse.views.values import (
    Ability,
    Beside,
    BudgetCurve,
    CaseView,
    Cut,
    ReferenceModel,
    Sealed,
    Simulation,
)


@dataclass(frozen=True)
class Placed:
    """One dimension's ability, with the threshold if it is opened, and the reference models."""

    ability: Ability
    cuts: tuple[Cut, ...]
    references: tuple[ReferenceModel, ...]


@dataclass(frozen=True)
class Played:
    """One dimension's simulation, with its share of the plan's alpha; no cut while it is sealed."""

    simulation: Simulation
    cut: Cut | None
    alpha_ppm: int
    beta_ppm: int


def opened_cuts(view: CaseView) -> tuple[Cut, ...]:
    """The threshold's cuts; none while it is sealed."""
    opened = view.threshold.cuts if view.threshold else ()
    return () if isinstance(opened, Sealed) else opened


def abilities(view: CaseView) -> tuple[Placed, ...]:
    """What the determination says of each dimension's ability, as far as it is opened."""
    stated = view.determination
    if stated is None or isinstance(stated.ability, Sealed):
        return ()
    references = stated.beside.references if isinstance(stated.beside, Beside) else ()
    return tuple(
        Placed(
            one,
            tuple(
                cut
                for cut in opened_cuts(view)
                if cut.scale == one.scale and one.dimension in ("", cut.dimension)
            ),
            references,
        )
        for one in stated.ability
    )


def simulations(view: CaseView) -> tuple[Played, ...]:
    """What the plan's simulation showed of each dimension, as far as it is opened."""
    plan = view.plan
    if plan is None or isinstance(plan.design, Sealed) or not plan.alpha_ppm or not plan.beta_ppm:
        return ()
    cuts = {cut.dimension: cut for cut in opened_cuts(view)}
    share = plan.alpha_ppm // max(1, len(plan.design.simulations))
    found = []
    for one in plan.design.simulations:
        alone = next(iter(cuts.values())) if len(cuts) == 1 and not one.dimension else None
        found.append(Played(one, alone or cuts.get(one.dimension), share, plan.beta_ppm))
    return tuple(found)


def curve(view: CaseView) -> tuple[BudgetCurve, int] | None:
    """The budget curve of the run that decided, and what an item might spend; None if empty."""
    run = decided_run(view)
    if run is None or view.curve is None or not view.curve.steps:
        return None
    return view.curve, run.plan.budgets.tokens_per_item
