# SPDX-License-Identifier: Apache-2.0
"""The access window on a time bar (R3): when access held, and the two releases that were planned.

    markers(window)     1 access opens · 2 access ends, planned release to partners · 3 …

Each moment is a numbered marker; the list under the bar says what and when. Moments at the same
second share a marker, so that the end of the window and the planned partner release, from which it
is counted back, are seen to be the same. A public release far away is drawn at the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.values import WindowView

_BAR_HEIGHT = 14
_BELOW = 12
_PIN = 24
_LANE = 24
_NEAR = 7.0
_DAY = 86_400


@dataclass(frozen=True)
class Marker:
    """A moment of the window: its number on the bar, its time, what happens then."""

    number: int
    at: str
    what: str
    planned: bool


def markers(window: WindowView) -> tuple[Marker, ...]:
    """The moments in order, those at the same second together."""
    moments = [
        (window.opens_at, say("Access opens"), False),
        (window.ends_at, say("Access ends at the latest"), False),
        (
            window.planned_partner_release_at,
            say("Planned release to other trusted partners"),
            True,
        ),
        (window.planned_public_release_at, say("Planned public release"), True),
    ]
    if window.closed_at:
        moments.append((window.closed_at, say("Access closed and revoked"), False))
    times = sorted({at for at, _, _ in moments})
    return tuple(
        Marker(
            number=number,
            at=time,
            what=_sentence([what for at, what, _ in moments if at == time]),
            planned=all(planned for at, _, planned in moments if at == time),
        )
        for number, time in enumerate(times, start=1)
    )


def _sentence(parts: list[str]) -> str:
    """``Access ends; planned release``."""
    return "; ".join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])])


def window_chart(window: WindowView) -> Markup:
    """The bar, with the markers of ``markers`` above it."""
    start, end = _span(window)

    def x(time: str) -> float:
        return min(100.0, 100 * (plain.seconds(time) - start) / (end - start))

    moments = markers(window)
    places = [x(moment.at) for moment in moments]
    lanes = _lanes(places)
    bar = _PIN + 10 + max(lanes) * _LANE
    held_until = min(window.closed_at or window.ends_at, window.ends_at)
    left, right = x(window.opens_at), x(held_until)
    return svg.figure(
        "fig-window",
        bar + _BAR_HEIGHT + _BELOW,
        say("The access window and the planned releases"),
        describe(window),
        svg.hatch("hatch-window"),
        svg.rect(0, bar, 100, _BAR_HEIGHT, "track"),
        svg.rect(left, bar, right - left, _BAR_HEIGHT, "held"),
        svg.rect(
            right,
            bar,
            x(window.ends_at) - right,
            _BAR_HEIGHT,
            "rest",
            fill="url(#hatch-window)",
        ),
        *_weeks(start, end, bar + _BAR_HEIGHT),
        *_pins(moments, places, lanes, bar),
    )


def describe(window: WindowView) -> str:
    """The bar in words."""
    return " ".join(
        f"{moment.number}: {plain.day(moment.at)}: {moment.what}." for moment in markers(window)
    )


def _span(window: WindowView) -> tuple[int, int]:
    """From the first moment to the last, but no more than three window lengths after its end."""
    opens, ends = plain.seconds(window.opens_at), plain.seconds(window.ends_at)
    last = max(plain.seconds(window.planned_public_release_at), ends)
    if window.closed_at:
        last = max(last, plain.seconds(window.closed_at))
    length = max(ends - opens, _DAY)
    last = min(last, ends + 3 * length)
    room = max(_DAY, (last - opens) // 25)
    return opens - room, last + room


def _pins(
    moments: Sequence[Marker], places: Sequence[float], lanes: Sequence[int], bar: int
) -> list[Markup]:
    lines, heads = [], []
    for moment, place, lane in zip(moments, places, lanes, strict=True):
        y = bar - _PIN + 3 - lane * _LANE
        kind = "pin-planned" if moment.planned else "pin-fact"
        lines.append(svg.line(place, y, place, bar + _BAR_HEIGHT, "pin"))
        heads += [
            svg.dot(place, y, 10, kind),
            svg.text(
                place,
                y + 4.5,
                str(moment.number),
                f"{kind}-number",
                anchor="middle",
            ),
        ]
    return [*lines, *heads]  # a head may lie on another's line, never under it


def _lanes(places: Sequence[float]) -> list[int]:
    """The lowest lane in which a marker does not lie on its neighbour."""
    lanes: list[int] = []
    for index, place in enumerate(places):
        taken = {lanes[other] for other in range(index) if place - places[other] < _NEAR}
        lanes.append(next(lane for lane in range(len(places)) if lane not in taken))
    return lanes


def _weeks(start: int, end: int, y: int) -> list[Markup]:
    """A tick a week, so that a length can be read off the bar; none where they would touch."""
    week = 7 * _DAY
    if (end - start) // week > 40:
        return []
    places = [100 * (at - start) / (end - start) for at in range(start + week, end, week)]
    return [svg.line(place, y, place, y + 4, "axis") for place in places]
