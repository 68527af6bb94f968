# SPDX-License-Identifier: Apache-2.0
"""Where the model stands on the bank's scale: estimate, interval, threshold, reference models.

Across: logits. The first row is the model tested; below it a row for each reference model, the
strongest first, with its normal 95 % interval. The threshold and its indifference zone run through
all rows; they are drawn only if opened, and only where they lie on the same scale. An interval
without an end goes to the edge of the picture in an arrow: there is no number to draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain, supposing
from proofhouse.views.values import OPEN_MICROLOGITS, Ability, Cut, ReferenceModel

MOST_REFERENCES = 12
"""So many are drawn; the table has all."""

_LABEL = 22
_FIRST = 62
_ROW = 42
_NAME = 26

Place = Callable[[float], float]


def ability_chart(
    ability: Ability,
    cuts: Sequence[Cut],
    references: Sequence[ReferenceModel] = (),
    place: int = 1,
) -> Markup:
    """The chart; ``cuts`` is empty while the threshold is sealed, ``references`` likewise.

    ``place``: which figure of its kind it is on its page.
    """
    drawn = [cut for cut in cuts if cut.scale == ability.scale]
    rows = shown(references)
    low, high = _span(ability, drawn, rows)
    top = _LABEL if drawn else 0
    base = top + _FIRST + _ROW * len(rows)

    def x(micrologits: float) -> float:
        return 100 * (micrologits - low) / (high - low)

    return svg.figure(
        svg.numbered("fig-ability", place),
        base + 26,
        say("The model on the scale"),
        describe(ability, drawn, rows),
        *([svg.hatch("hatch-ability")] if place == 1 else []),
        *(part for cut in drawn for part in _cut(cut, x, base)),
        svg.line(0, base, 100, base, "axis"),
        *_ticks(low, high, x, base),
        *_model(ability, x, top + 40),
        *(
            part
            for number, one in enumerate(rows)
            for part in _reference(one, x, top + _FIRST + _ROW * number)
        ),
    )


def shown(references: Sequence[ReferenceModel]) -> tuple[ReferenceModel, ...]:
    """The reference models that are drawn: the first of those stated, the strongest on top."""
    first = references[:MOST_REFERENCES]
    return tuple(sorted(first, key=lambda one: (-one.estimate_micrologits, one.name)))


def describe(
    ability: Ability, cuts: Sequence[Cut], references: Sequence[ReferenceModel] = ()
) -> str:
    """The chart in words."""
    words: str = say(
        "The estimate is %(estimate)s logits, with a %(confidence)s interval: %(interval)s.",
        estimate=plain.logits(ability.estimate_micrologits),
        confidence=plain.percent(ability.confidence_ppm),
        interval=supposing.interval(ability),
    )
    for cut in cuts:
        words += say(
            " The threshold is at %(cut)s, with an indifference zone from %(low)s to %(high)s.",
            cut=plain.logits(cut.cut_micrologits),
            low=plain.logits(cut.cut_micrologits - cut.zone_micrologits),
            high=plain.logits(cut.cut_micrologits + cut.zone_micrologits),
        )
    words = words if cuts else words + say(" The threshold is not drawn.")
    for one in references:
        words += say(
            " %(name)s is at %(place)s.", name=plain.one_line(one.name, 60), place=place_of(one)
        )
    return words


def place_of(one: ReferenceModel) -> str:
    """``−3.66 (−5.27 to −2.05)``."""
    low, high = (
        plain.logits(one.estimate_micrologits + sign * one.half_micrologits) for sign in (-1, 1)
    )
    return say(
        "%(estimate)s (%(low)s to %(high)s)",
        estimate=plain.logits(one.estimate_micrologits),
        low=low,
        high=high,
    )


def _span(
    ability: Ability, cuts: Sequence[Cut], references: Sequence[ReferenceModel]
) -> tuple[float, float]:
    """From the lowest to the highest number there is; an open end has none."""
    edges = [ability.estimate_micrologits]
    if not ability.low_is_open:
        edges.append(ability.low_micrologits)
    if not ability.high_is_open:
        edges.append(ability.high_micrologits)
    for cut in cuts:
        edges += [cut.cut_micrologits - cut.zone_micrologits]
        edges += [cut.cut_micrologits + cut.zone_micrologits]
    for one in references:
        for edge in (-one.half_micrologits, one.half_micrologits):
            far = one.estimate_micrologits + edge
            edges.append(min(max(far, -OPEN_MICROLOGITS), OPEN_MICROLOGITS))
    room = max(0.08 * (max(edges) - min(edges)), 250_000)
    return min(edges) - room, max(edges) + room


def _model(ability: Ability, x: Place, middle: float) -> list[Markup]:
    left = 0.0 if ability.low_is_open else x(ability.low_micrologits)
    right = 100.0 if ability.high_is_open else x(ability.high_micrologits)
    estimate = x(ability.estimate_micrologits)
    ends = [
        svg.arrow(place, middle, way, "arrow")
        if is_open
        else svg.line(place, middle - 11, place, middle + 11, "whisker")
        for place, way, is_open in (
            (left, "left", ability.low_is_open),
            (right, "right", ability.high_is_open),
        )
    ]
    return [
        svg.rect(left, middle - 7, right - left, 14, "interval"),
        *ends,
        svg.dot(estimate, middle, 6, "end"),
        svg.text(
            estimate,
            middle - 16,
            say(
                "this model %(estimate)s",
                estimate=plain.logits(ability.estimate_micrologits),
            ),
            "strong halo",
            anchor=svg.anchored(estimate),
        ),
    ]


def _reference(one: ReferenceModel, x: Place, top: float) -> list[Markup]:
    middle = top + 26
    left = x(one.estimate_micrologits - one.half_micrologits)
    right = x(one.estimate_micrologits + one.half_micrologits)
    estimate = x(one.estimate_micrologits)
    words = f"{plain.one_line(one.name, _NAME)} {plain.logits(one.estimate_micrologits)}"
    return [
        svg.line(left, middle, right, middle, "whisker"),
        svg.line(left, middle - 4, left, middle + 4, "whisker"),
        svg.line(right, middle - 4, right, middle + 4, "whisker"),
        svg.dot(estimate, middle, 4, "reference"),
        svg.text(estimate, middle - 10, words, "small halo", anchor=svg.anchored(estimate)),
    ]


def _cut(cut: Cut, x: Place, base: float) -> list[Markup]:
    left = x(cut.cut_micrologits - cut.zone_micrologits)
    right = x(cut.cut_micrologits + cut.zone_micrologits)
    at = x(cut.cut_micrologits)
    return [
        svg.rect(left, _LABEL, right - left, base - _LABEL, "rest", fill="url(#hatch-ability)"),
        svg.line(at, _LABEL, at, base, "bound"),
        svg.text(
            at,
            14,
            say(
                "threshold %(cut)s ± %(zone)s",
                cut=plain.logits(cut.cut_micrologits),
                zone=plain.size(cut.zone_micrologits),
            ),
            "small",
            anchor=svg.anchored(at),
        ),
    ]


def _ticks(low: float, high: float, x: Place, base: float) -> list[Markup]:
    return [
        part
        for tick in svg.ticks(low / 1e6, high / 1e6, 5)
        for part in (
            svg.line(x(tick * 1e6), base, x(tick * 1e6), base + 5, "axis"),
            svg.text(x(tick * 1e6), base + 20, svg.tick(tick), "tick", anchor="middle"),
        )
    ]
