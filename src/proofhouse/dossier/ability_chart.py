# SPDX-License-Identifier: Apache-2.0
"""Where the model stands on the bank's scale: estimate, interval, threshold, reference models.

Across: logits (``pictures.scale_of``). The first row is the model tested; below it a row for each
reference model, the strongest first, with its normal 95 % interval. The threshold and its
indifference zone run through all rows; they are drawn only if opened, and only where they lie on
the same scale. An interval without an end goes to the edge of the picture in an arrow: there is no
number to draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain, supposing
from proofhouse.views.pictures import Mark, Scale, Zone, scale_of, shown
from proofhouse.views.values import Ability, Cut, ReferenceModel

_LABEL = 22
_FIRST = 62
_ROW = 42

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
    drawn = scale_of(ability, cuts, references)
    tested, *others = drawn.marks
    top = _LABEL if drawn.zones else 0
    base = top + _FIRST + _ROW * len(others)

    def x(micrologits: float) -> float:
        return 100 * (micrologits - drawn.low) / (drawn.high - drawn.low)

    return svg.figure(
        svg.numbered("fig-ability", place),
        base + 26,
        say("The model on the scale"),
        describe(ability, [cut for cut in cuts if cut.scale == ability.scale], shown(references)),
        *([svg.hatch("hatch-ability")] if place == 1 else []),
        *(part for zone in drawn.zones for part in _zone(zone, x, base)),
        svg.line(0, base, 100, base, "axis"),
        *_ticks(drawn, x, base),
        *_model(tested, x, top + 40),
        *(
            part
            for number, one in enumerate(others)
            for part in _reference(one, x, top + _FIRST + _ROW * number)
        ),
    )


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


def _model(mark: Mark, x: Place, middle: float) -> list[Markup]:
    left = 0.0 if mark.low is None else x(mark.low)
    right = 100.0 if mark.high is None else x(mark.high)
    estimate = x(mark.estimate)
    ends = [
        svg.arrow(place, middle, way, "arrow")
        if end is None
        else svg.line(place, middle - 11, place, middle + 11, "whisker")
        for place, way, end in ((left, "left", mark.low), (right, "right", mark.high))
    ]
    return [
        svg.rect(left, middle - 7, right - left, 14, "interval"),
        *ends,
        svg.dot(estimate, middle, 6, "end"),
        svg.text(
            estimate,
            middle - 16,
            say("this model %(estimate)s", estimate=mark.says),
            "strong halo",
            anchor=svg.anchored(estimate),
        ),
    ]


def _reference(mark: Mark, x: Place, top: float) -> list[Markup]:
    assert mark.low is not None
    assert mark.high is not None
    middle = top + 26
    left, estimate, right = x(mark.low), x(mark.estimate), x(mark.high)
    words = f"{mark.name} {mark.says}"
    return [
        svg.line(left, middle, right, middle, "whisker"),
        svg.line(left, middle - 4, left, middle + 4, "whisker"),
        svg.line(right, middle - 4, right, middle + 4, "whisker"),
        svg.dot(estimate, middle, 4, "reference"),
        svg.text(estimate, middle - 10, words, "small halo", anchor=svg.anchored(estimate)),
    ]


def _zone(zone: Zone, x: Place, base: float) -> list[Markup]:
    left, at, right = x(zone.low), x(zone.cut), x(zone.high)
    return [
        svg.rect(left, _LABEL, right - left, base - _LABEL, "rest", fill="url(#hatch-ability)"),
        svg.line(at, _LABEL, at, base, "bound"),
        svg.text(at, 14, zone.says, "small", anchor=svg.anchored(at)),
    ]


def _ticks(drawn: Scale, x: Place, base: float) -> list[Markup]:
    return [
        part
        for at, label in drawn.ticks
        for part in (
            svg.line(x(at), base, x(at), base + 5, "axis"),
            svg.text(x(at), base + 20, label, "tick", anchor="middle"),
        )
    ]
