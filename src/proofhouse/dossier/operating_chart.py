# SPDX-License-Identifier: Apache-2.0
"""How often a plan answers what, by ability, as simulated before it was registered.

Across: ability in logits (``pictures.operating_of``). Upwards: the share of runs that answered
COVERED (solid), NOT_COVERED (dashed) and INCONCLUSIVE (dotted). Two scenarios are drawn: the scale
as stated, and the one in which the test errs most. What the plan declares stands as a short line at
each side: COVERED has to stay below alpha left of the zone, NOT_COVERED below beta right of it.
Dots are what was simulated, with their Monte Carlo intervals; lines join them where there are more
than the zone's two edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.pictures import JOINED, Operating, Zone, operating_of
from proofhouse.views.values import Cut, Scenario, Share, SimulatedPoint, Simulation

HEIGHT = 220
_TOP = 44

Place = Callable[[float], float]


def operating_chart(
    simulation: Simulation, cut: Cut, alpha_ppm: int, beta_ppm: int, place: int = 1
) -> Markup:
    """The chart; ``alpha_ppm`` and ``beta_ppm`` as the plan declares them of this dimension."""
    drawn = operating_of(simulation, cut, alpha_ppm, beta_ppm)
    zone = drawn.zone

    def x(micrologits: float) -> float:
        return 100 * (micrologits - drawn.low) / (drawn.high - drawn.low)

    return svg.figure(
        svg.numbered("fig-operating", place),
        _TOP + HEIGHT + 26,
        say("How often the test gives which answer, by ability"),
        describe(drawn.scenarios, cut, alpha_ppm, beta_ppm),
        *([svg.hatch("hatch-operating")] if place == 1 else []),
        *_zone(zone, x),
        *_grid(),
        *_ticks(drawn, x),
        svg.line(0, _y(alpha_ppm), x(zone.low), _y(alpha_ppm), "declared"),
        svg.line(x(zone.high), _y(beta_ppm), 100, _y(beta_ppm), "declared"),
        *(
            part
            for number, one in reversed(list(enumerate(drawn.scenarios)))
            for part in _scenario(one, x, drawn, "" if number == 0 else " worst")
        ),
        svg.text(0, _TOP - 10, "NOT_COVERED", "strong halo"),
        svg.text(100, _TOP - 10, "COVERED", "strong halo", anchor="end"),
    )


def describe(drawn: Sequence[Scenario], cut: Cut, alpha_ppm: int, beta_ppm: int) -> str:
    """The chart in words."""
    words: str = say(
        "The zone reaches from %(low)s to %(high)s logits. "
        "Declared are at most %(alpha)s COVERED below it and %(beta)s "
        "NOT_COVERED above it.",
        low=plain.logits(cut.cut_micrologits - cut.zone_micrologits),
        high=plain.logits(cut.cut_micrologits + cut.zone_micrologits),
        alpha=plain.percent(alpha_ppm),
        beta=plain.percent(beta_ppm),
    )
    for one in drawn:
        words += say(
            " %(name)s: %(covered)s COVERED at its lower edge, "
            "%(not_covered)s NOT_COVERED at its upper edge.",
            name=plain.one_line(one.name, 60),
            covered=plain.percent(one.false_covered_ppm),
            not_covered=plain.percent(one.false_not_covered_ppm),
        )
    return words


def _y(ppm: int) -> float:
    return _TOP + HEIGHT * (1_000_000 - ppm) / 1_000_000


def _zone(zone: Zone, x: Place) -> list[Markup]:
    left, at, right = x(zone.low), x(zone.cut), x(zone.high)
    return [
        svg.rect(left, _TOP, right - left, HEIGHT, "rest", fill="url(#hatch-operating)"),
        svg.line(at, _TOP, at, _TOP + HEIGHT, "bound"),
        svg.text(at, 14, zone.says, "small", anchor=svg.anchored(at)),
    ]


def _grid() -> list[Markup]:
    return [
        part
        for at in (0, 50, 100)
        for part in (
            svg.line(0, _y(at * 10_000), 100, _y(at * 10_000), "grid" if at else "axis"),
            svg.text(0, _y(at * 10_000) + 4, f"{at}%", "tick", anchor="end", shift=-8),
        )
    ]


def _ticks(drawn: Operating, x: Place) -> list[Markup]:
    base = _TOP + HEIGHT
    return [
        part
        for at, label in drawn.ticks
        for part in (
            svg.line(x(at), base, x(at), base + 5, "axis"),
            svg.text(x(at), base + 20, label, "tick", anchor="middle"),
        )
    ]


def path_of(points: Sequence[SimulatedPoint], share: Callable[[SimulatedPoint], Share]) -> str:
    """The points joined, in micro-logits and in parts per million with the sign turned."""
    places = (f"{one.ability_micrologits} {-(share(one).estimate_ppm or 0)}" for one in points)
    return f"M{'L'.join(places)}"


SERIES: tuple[tuple[str, Callable[[SimulatedPoint], Share]], ...] = (
    ("open", lambda point: point.inconclusive),
    ("no", lambda point: point.not_covered),
    ("yes", lambda point: point.covered),
)
"""The class of each answer's curve, and its share at a point."""


def _scenario(one: Scenario, x: Place, drawn: Operating, kind: str) -> list[Markup]:
    paths = [
        svg.element("path", d=path_of(one.points, share), class_=f"curve {name}{kind}")
        for name, share in SERIES
        if len(one.points) >= JOINED
    ]
    dots = [
        part
        for name, share in SERIES
        for point in one.points
        for part in _dot(x(point.ability_micrologits), share(point), f"{name}{kind}")
    ]
    box = (drawn.low, -1_000_000, drawn.high - drawn.low, 1_000_000)
    return [*([svg.stretched(box, _TOP, HEIGHT, *paths)] if paths else []), *dots]


def _dot(at: float, share: Share, kind: str) -> list[Markup]:
    middle = _y(share.estimate_ppm or 0)
    return [
        svg.line(at, _y(share.high_ppm), at, _y(share.low_ppm), "whisker"),
        svg.dot(at, middle, 4, f"dot {kind}"),
    ]
