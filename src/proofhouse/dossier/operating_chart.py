# SPDX-License-Identifier: Apache-2.0
"""How often a plan answers what, by ability, as simulated before it was registered.

Across: ability in logits. Upwards: the share of runs that answered COVERED (solid) and NOT_COVERED
(dashed). Two scenarios are drawn: the scale as stated, and the one in which the test errs most.
What the plan declares stands as a short line at each side: COVERED has to stay below alpha left of
the zone, NOT_COVERED below beta right of it. Dots are what was simulated, with their Monte Carlo
intervals; lines join them where there are more than the zone's two edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain, supposing
from proofhouse.views.values import Cut, Scenario, Share, SimulatedPoint, Simulation

HEIGHT = 220
_TOP = 44
CURVE = 3
"""From so many points on they are joined; fewer would make up what lies between."""

Place = Callable[[float], float]


def operating_chart(
    simulation: Simulation, cut: Cut, alpha_ppm: int, beta_ppm: int, place: int = 1
) -> Markup:
    """The chart; ``alpha_ppm`` and ``beta_ppm`` as the plan declares them of this dimension."""
    drawn = scenarios(simulation, alpha_ppm, beta_ppm)
    low, high = _span(drawn, cut)

    def x(micrologits: float) -> float:
        return 100 * (micrologits - low) / (high - low)

    return svg.figure(
        svg.numbered("fig-operating", place),
        _TOP + HEIGHT + 26,
        say("How often the test gives which answer, by ability"),
        describe(drawn, cut, alpha_ppm, beta_ppm),
        *([svg.hatch("hatch-operating")] if place == 1 else []),
        *_zone(cut, x),
        *_grid(),
        *_ticks(low, high, x),
        svg.line(0, _y(alpha_ppm), x(cut.cut_micrologits - cut.zone_micrologits),
                 _y(alpha_ppm), "declared"),
        svg.line(x(cut.cut_micrologits + cut.zone_micrologits), _y(beta_ppm), 100,
                 _y(beta_ppm), "declared"),
        *(
            part
            for number, one in reversed(list(enumerate(drawn)))
            for part in _scenario(one, x, (low, high), "" if number == 0 else " worst")
        ),
        svg.text(0, _TOP - 10, "NOT_COVERED", "strong halo"),
        svg.text(100, _TOP - 10, "COVERED", "strong halo", anchor="end"),
    )  # fmt: skip


def scenarios(simulation: Simulation, alpha_ppm: int, beta_ppm: int) -> tuple[Scenario, ...]:
    """What is drawn: the first scenario, the scale as stated, and the worst if it is another."""
    first = simulation.scenarios[0]
    worst = supposing.worst(simulation, alpha_ppm, beta_ppm)
    return (first,) if worst == first else (first, worst)


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


def _span(drawn: Sequence[Scenario], cut: Cut) -> tuple[int, int]:
    edges = [cut.cut_micrologits - cut.zone_micrologits, cut.cut_micrologits + cut.zone_micrologits]
    edges += [point.ability_micrologits for one in drawn for point in one.points]
    room = max((max(edges) - min(edges)) // 6, 100_000)
    return min(edges) - room, max(edges) + room


def _zone(cut: Cut, x: Place) -> list[Markup]:
    left = x(cut.cut_micrologits - cut.zone_micrologits)
    right = x(cut.cut_micrologits + cut.zone_micrologits)
    at = x(cut.cut_micrologits)
    return [
        svg.rect(left, _TOP, right - left, HEIGHT, "rest", fill="url(#hatch-operating)"),
        svg.line(at, _TOP, at, _TOP + HEIGHT, "bound"),
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


def _grid() -> list[Markup]:
    return [
        part
        for at in (0, 50, 100)
        for part in (
            svg.line(0, _y(at * 10_000), 100, _y(at * 10_000), "grid" if at else "axis"),
            svg.text(0, _y(at * 10_000) + 4, f"{at}%", "tick", anchor="end", shift=-8),
        )
    ]


def _ticks(low: int, high: int, x: Place) -> list[Markup]:
    base = _TOP + HEIGHT
    return [
        part
        for tick in svg.ticks(low / 1e6, high / 1e6, 5)
        for part in (
            svg.line(x(tick * 1e6), base, x(tick * 1e6), base + 5, "axis"),
            svg.text(x(tick * 1e6), base + 20, svg.tick(tick), "tick", anchor="middle"),
        )
    ]


def path_of(points: Sequence[SimulatedPoint], share: Callable[[SimulatedPoint], Share]) -> str:
    """The points joined, in micro-logits and in parts per million with the sign turned."""
    places = (f"{one.ability_micrologits} {-(share(one).estimate_ppm or 0)}" for one in points)
    return f"M{'L'.join(places)}"


def _scenario(one: Scenario, x: Place, span: tuple[int, int], kind: str) -> list[Markup]:
    low, high = span
    series: tuple[tuple[str, Callable[[SimulatedPoint], Share]], ...] = (
        ("no", lambda point: point.not_covered),
        ("yes", lambda point: point.covered),
    )
    paths = [
        svg.element(
            "path",
            d=path_of(one.points, share),
            class_=f"curve {name}{kind}",
        )
        for name, share in series
        if len(one.points) >= CURVE
    ]
    dots = [
        part
        for name, share in series
        for point in one.points
        for part in _dot(x(point.ability_micrologits), share(point), f"{name}{kind}")
    ]
    box = (low, -1_000_000, high - low, 1_000_000)
    return [*([svg.stretched(box, _TOP, HEIGHT, *paths)] if paths else []), *dots]


def _dot(at: float, share: Share, kind: str) -> list[Markup]:
    middle = _y(share.estimate_ppm or 0)
    return [
        svg.line(at, _y(share.high_ppm), at, _y(share.low_ppm), "whisker"),
        svg.dot(at, middle, 4, f"dot {kind}"),
    ]
