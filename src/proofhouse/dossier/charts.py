# SPDX-License-Identifier: Apache-2.0
"""Which charts a view has, each drawn or left empty where what it shows is sealed or missing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from proofhouse.dossier.ability_chart import ability_chart
from proofhouse.dossier.evidence_chart import EvidenceFigure, evidence_figure
from proofhouse.dossier.levels_chart import levels_charts
from proofhouse.dossier.window_chart import Marker, markers, window_chart
from proofhouse.views import decided_run
from proofhouse.views.values import CaseView, Cut, Evidence, Sealed


@dataclass(frozen=True)
class AbilityFigure:
    """The scale, with those thresholds that are opened and lie on it."""

    chart: Markup
    cuts: tuple[Cut, ...]


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
    window: WindowFigure | None


def charts(view: CaseView, *, steps: int, levels: int) -> Charts:
    """The figures of ``view``, with at most ``steps`` batches and ``levels`` levels."""
    window = view.review.window if view.review else None
    return Charts(
        evidence=_evidence(view, steps),
        levels=levels_charts(view.levels[:levels]),
        ability=_ability(view),
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
    opened = view.threshold.cuts if view.threshold else ()
    cuts = () if isinstance(opened, Sealed) else opened
    drawn = tuple(cut for cut in cuts if cut.scale == stated.ability.scale)
    return AbilityFigure(ability_chart(stated.ability, drawn), drawn)
