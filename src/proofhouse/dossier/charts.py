# SPDX-License-Identifier: Apache-2.0
"""Which charts a view has, each drawn or left empty where what it shows is sealed or missing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from proofhouse.dossier.ability_chart import ability_chart
from proofhouse.dossier.budget_chart import budget_chart
from proofhouse.dossier.evidence_chart import EvidenceFigure, evidence_figure
from proofhouse.dossier.levels_chart import levels_charts
from proofhouse.dossier.operating_chart import operating_chart
from proofhouse.dossier.window_chart import Marker, markers, window_chart
from proofhouse.views import decided_run, figures, supposing
from proofhouse.views.pictures import JOINED, scenarios, shown
from proofhouse.views.values import (
    Ability,
    CaseView,
    Cut,
    ItemRow,
    PlanView,
    ReferenceModel,
    Scenario,
    Sealed,
    Simulation,
)


@dataclass(frozen=True)
class AbilityFigure:
    """One dimension's scale, with the threshold if it is opened, and the reference models."""

    ability: Ability
    chart: Markup
    cuts: tuple[Cut, ...]
    references: tuple[ReferenceModel, ...]


@dataclass(frozen=True)
class OperatingFigure:
    """One dimension's operating characteristic: the chart if it may be drawn, and its scenarios.

    ``alpha_ppm`` is the dimension's share of the plan's.
    """

    played: Simulation
    alpha_ppm: int
    beta_ppm: int
    chart: Markup | None
    scenarios: tuple[Scenario, ...]

    @property
    def worst(self) -> Scenario:
        """The scenario in which the test errs most."""
        return supposing.worst(self.played, self.alpha_ppm, self.beta_ppm)

    @property
    def errors(self) -> str:
        """The largest errors in words."""
        return supposing.errors(self.played, self.alpha_ppm, self.beta_ppm)

    @property
    def leakage(self) -> str:
        """What the prompts tell, in words."""
        return supposing.leakage(self.played)

    @property
    def edges_only(self) -> bool:
        """Whether no scenario has points enough for a curve."""
        return all(len(one.points) < JOINED for one in self.scenarios)


@dataclass(frozen=True)
class WindowFigure:
    """The time bar and the list of its moments."""

    chart: Markup
    moments: tuple[Marker, ...]


@dataclass(frozen=True)
class Charts:
    """The figures of a page; none, or no chart, where there is nothing to draw.

    Of evidence, ability and operating characteristic there is one a dimension.
    """

    evidence: tuple[EvidenceFigure, ...]
    levels: tuple[Markup, ...]
    ability: tuple[AbilityFigure, ...]
    operating: tuple[OperatingFigure, ...]
    budget: Markup | None
    window: WindowFigure | None


def charts(view: CaseView, *, steps: int, levels: int) -> Charts:
    """The figures of ``view``, with at most ``steps`` batches and ``levels`` levels."""
    window = view.review.window if view.review else None
    return Charts(
        evidence=_evidence(view, steps),
        levels=levels_charts(view.levels[:levels]),
        ability=_ability(view),
        operating=_operating(view),
        budget=_budget(view, steps),
        window=WindowFigure(window_chart(window), markers(window)) if window else None,
    )


def _evidence(view: CaseView, most: int) -> tuple[EvidenceFigure, ...]:
    stated, plan, run = view.determination, view.plan, decided_run(view)
    if stated is None or plan is None or isinstance(stated.evidence, Sealed):
        return ()
    if plan.lower_micronats is None or plan.upper_micronats is None:
        return ()
    ending = run.ending if run else None
    items = ending.items if ending and not isinstance(ending.items, Sealed) else ()
    return tuple(
        evidence_figure(
            one,
            outcome=one.outcome or stated.outcome,
            lower=plan.lower_micronats,
            upper=plan.upper_micronats,
            planned=_planned(plan, families),
            minimum=plan.minimum_items,
            items=[item for item in items if _is_of(item, families)],
            most=max(3, most // len(stated.evidence)),
            place=place,
        )
        for place, one in enumerate(stated.evidence, 1)
        for families in [_families(view, one.dimension)]
    )


def _families(view: CaseView, dimension: str) -> frozenset[str] | None:
    """The families of a dimension as far as anything opened tells; None for all of an only one."""
    if not dimension:
        return None
    told = {
        cut.dimension: {name for name, _ in cut.population} for cut in figures.opened_cuts(view)
    }
    ability = view.determination.ability if view.determination else ()
    for one in () if isinstance(ability, Sealed) else ability:
        told.setdefault(one.dimension, {row.family for row in one.levels})
    return frozenset(told.get(dimension, ()))


def _is_of(item: ItemRow, families: frozenset[str] | None) -> bool:
    return families is None or item.id.partition("/")[0] in families


def _planned(plan: PlanView, families: frozenset[str] | None) -> int:
    """How many items the plan has of these families; of all, where nothing opened tells."""
    if families is None or isinstance(plan.design, Sealed):
        return plan.item_count
    return sum(count for name, count in plan.design.blueprint if name in families)


def _ability(view: CaseView) -> tuple[AbilityFigure, ...]:
    return tuple(
        AbilityFigure(
            one.ability,
            ability_chart(one.ability, one.cuts, one.references, place),
            one.cuts,
            shown(one.references),
        )
        for place, one in enumerate(figures.abilities(view), 1)
    )


def _operating(view: CaseView) -> tuple[OperatingFigure, ...]:
    """Simulated abilities lie about the cut: while that is sealed, no chart is drawn."""
    found = []
    for place, one in enumerate(figures.simulations(view), 1):
        played, cut, errors = one.simulation, one.cut, (one.alpha_ppm, one.beta_ppm)
        chart = None if cut is None else operating_chart(played, cut, *errors, place)
        found.append(OperatingFigure(played, *errors, chart, scenarios(played, *errors)))
    return tuple(found)


def _budget(view: CaseView, most: int) -> Markup | None:
    drawn = figures.curve(view)
    return None if drawn is None else budget_chart(*drawn, most)
