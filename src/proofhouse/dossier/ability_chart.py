# SPDX-License-Identifier: Apache-2.0
"""Where the model stands on the bank's scale: estimate, interval, threshold and its zone.

The threshold is drawn only if it is opened, and only where it lies on the same scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.views import plain
from proofhouse.views.values import Ability, Cut

_MIDDLE = 74
_BASE = 104
_HEIGHT = 130


def ability_chart(ability: Ability, cuts: Sequence[Cut]) -> Markup:
    """The chart; ``cuts`` is empty while the threshold is sealed."""
    drawn = [cut for cut in cuts if cut.scale == ability.scale]
    low, high = _span(ability, drawn)

    def x(micrologits: float) -> float:
        return 100 * (micrologits - low) / (high - low)

    estimate = x(ability.estimate_micrologits)
    left, right = x(ability.low_micrologits), x(ability.high_micrologits)
    return svg.figure(
        "fig-ability",
        _HEIGHT,
        "The model on the scale",
        describe(ability, drawn),
        svg.hatch("hatch-ability"),
        *(part for cut in drawn for part in _cut(cut, x)),
        svg.line(0, _BASE, 100, _BASE, "axis"),
        *_ticks(low, high, x),
        svg.rect(left, _MIDDLE - 7, right - left, 14, "interval"),
        svg.line(left, _MIDDLE - 11, left, _MIDDLE + 11, "whisker"),
        svg.line(right, _MIDDLE - 11, right, _MIDDLE + 11, "whisker"),
        svg.dot(estimate, _MIDDLE, 6, "end"),
        svg.text(
            estimate,
            _MIDDLE - 18,
            f"this model {plain.logits(ability.estimate_micrologits)}",
            "strong",
            anchor=svg.anchored(estimate),
        ),
    )


def describe(ability: Ability, cuts: Sequence[Cut]) -> str:
    """The chart in words."""
    words = (
        f"The estimate is {plain.logits(ability.estimate_micrologits)} logits, with a "
        f"{plain.percent(ability.confidence_ppm)} interval from "
        f"{plain.logits(ability.low_micrologits)} to {plain.logits(ability.high_micrologits)}."
    )
    for cut in cuts:
        words += (
            f" The threshold is at {plain.logits(cut.cut_micrologits)}, with an indifference zone "
            f"from {plain.logits(cut.cut_micrologits - cut.zone_micrologits)} to "
            f"{plain.logits(cut.cut_micrologits + cut.zone_micrologits)}."
        )
    return words if cuts else words + " The threshold is not drawn."


def _span(ability: Ability, cuts: Sequence[Cut]) -> tuple[float, float]:
    edges = [ability.low_micrologits, ability.high_micrologits]
    for cut in cuts:
        edges += [cut.cut_micrologits - cut.zone_micrologits]
        edges += [cut.cut_micrologits + cut.zone_micrologits]
    room = max(0.12 * (max(edges) - min(edges)), 250_000)
    return min(edges) - room, max(edges) + room


def _cut(cut: Cut, x: Callable[[float], float]) -> list[Markup]:
    left = x(cut.cut_micrologits - cut.zone_micrologits)
    right = x(cut.cut_micrologits + cut.zone_micrologits)
    at = x(cut.cut_micrologits)
    return [
        svg.rect(left, 22, right - left, _BASE - 22, "rest", fill="url(#hatch-ability)"),
        svg.line(at, 22, at, _BASE, "bound"),
        svg.text(
            at,
            14,
            f"threshold {plain.logits(cut.cut_micrologits)} ± {plain.size(cut.zone_micrologits)}",
            "small",
            anchor=svg.anchored(at),
        ),
    ]


def _ticks(low: float, high: float, x: Callable[[float], float]) -> list[Markup]:
    return [
        part
        for tick in svg.ticks(low / 1e6, high / 1e6, 5)
        for part in (
            svg.line(x(tick * 1e6), _BASE, x(tick * 1e6), _BASE + 5, "axis"),
            svg.text(x(tick * 1e6), _BASE + 20, _short(tick), "tick", anchor="middle"),
        )
    ]


def _short(tick: float) -> str:
    return f"{tick:g}".replace("-", "−")
