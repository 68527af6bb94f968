# SPDX-License-Identifier: Apache-2.0
"""Which charts a view has, each drawn or left empty where what it shows is sealed or missing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from proofhouse.dossier.ability_chart import ability_chart, shown
from proofhouse.dossier.budget_chart import budget_chart
from proofhouse.dossier.evidence_chart import EvidenceFigure, evidence_figure
from proofhouse.dossier.levels_chart import levels_charts
from proofhouse.dossier.operating_chart import CURVE, operating_chart, scenarios
from proofhouse.dossier.window_chart import Marker, markers, window_chart
from proofhouse.views import decided_run
from proofhouse.views.values import (
    Beside,
    CaseView,
    Cut,
    Evidence,
    ReferenceModel,
    Scenario,
    Sealed,
    Simulation,
)


@dataclass(frozen=True)
class AbilityFigure:
    """The scale, with the thresholds that are opened and lie on it, and the reference models."""

    chart: Markup
    cuts: tuple[Cut, ...]
    references: tuple[ReferenceModel, ...]


@dataclass(frozen=True)
class OperatingFigure:
    """The simulated operating characteristic, and the scenarios that it draws."""

    chart: Markup
    scenarios: tuple[Scenario, ...]

    @property
    def edges_only(self) -> bool:
        """Whether no scenario has points enough for a curve."""
        return all(len(one.points) < CURVE for one in self.scenarios)


@dataclass(frozen=True)
class WindowFigure:
    """The time bar and the list of its moments."""

    chart: Markup
    moments: tuple[Marker, ...]


@dataclass(frozen=True)
class Charts:
    """The figures of a page; None, or no chart, where there is nothing to draw."""

    evidence: EvidenceFigure | None
    levels: tuple[Markup, ...]
    ability: AbilityFigure | None
    operating: OperatingFigure | None
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


def _evidence(view: CaseView, most: int) -> EvidenceFigure | None:
    stated, plan, run = view.determination, view.plan, decided_run(view)
    if stated is None or plan is None or not isinstance(stated.evidence, Evidence):
        return None
    if plan.lower_micronats is None or plan.upper_micronats is None:
        return None
    ending = run.ending if run else None
    return evidence_figure(
        stated.evidence,
        outcome=stated.outcome,
        lower=plan.lower_micronats,
        upper=plan.upper_micronats,
        planned=plan.item_count,
        minimum=plan.minimum_items,
        items=ending.items if ending and not isinstance(ending.items, Sealed) else (),
        most=most,
    )


def _ability(view: CaseView) -> AbilityFigure | None:
    stated = view.determination
    if stated is None or isinstance(stated.ability, Sealed):
        return None
    drawn = tuple(cut for cut in _cuts(view) if cut.scale == stated.ability.scale)
    references = stated.beside.references if isinstance(stated.beside, Beside) else ()
    return AbilityFigure(ability_chart(stated.ability, drawn, references), drawn, shown(references))


def _cuts(view: CaseView) -> tuple[Cut, ...]:
    opened = view.threshold.cuts if view.threshold else ()
    return () if isinstance(opened, Sealed) else opened


def simulation(view: CaseView) -> Simulation | None:
    """What the plan's simulation showed, where it is opened."""
    design = view.plan.design if view.plan else None
    return None if design is None or isinstance(design, Sealed) else design.simulation


def _operating(view: CaseView) -> OperatingFigure | None:
    """Simulated abilities lie about the cut: while that is sealed, nothing is drawn."""
    played, plan, cuts = simulation(view), view.plan, _cuts(view)
    if played is None or plan is None or not plan.alpha_ppm or not plan.beta_ppm or len(cuts) != 1:
        return None
    return OperatingFigure(
        operating_chart(played, cuts[0], plan.alpha_ppm, plan.beta_ppm),
        scenarios(played, plan.alpha_ppm, plan.beta_ppm),
    )


def _budget(view: CaseView, most: int) -> Markup | None:
    run = decided_run(view)
    if run is None or view.curve is None or not view.curve.steps:
        return None
    return budget_chart(view.curve, run.plan.budgets.tokens_per_item, most)
