# SPDX-License-Identifier: Apache-2.0
"""The evidence between its two boundaries: a step line over items (Wald 1945).

Across: items in plan order. Upwards: the log-likelihood ratio in nats. The line moves where the
test reads it, at the end of a batch. With missing items there are two lines, one for each way of
scoring them; the test has decided only when both have crossed the same boundary.

Several dimensions have a chart each, one below the other; they share their boundaries, and each
counts its own items.

The path's coordinates are the data: items, and micro-nats with the sign turned, for SVG counts
downwards. A long path is thinned evenly; its last point is always kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.pictures import thinned, ticks
from proofhouse.views.values import Evidence, ItemRow, Step

HEIGHT = 280
_AXIS = 34
_RUG = 34
_MOST_MARKS = 120


@dataclass(frozen=True)
class Frame:
    """What the chart spans: ``items`` across; ``top`` and ``bottom`` in micro-nats."""

    items: int
    top: int
    bottom: int
    lower: int
    upper: int

    def x(self, items: float) -> float:
        """Per cent from the left."""
        return 100 * items / self.items

    def y(self, micronats: int) -> float:
        """Pixels from the top."""
        return HEIGHT * (self.top - micronats) / (self.top - self.bottom)


@dataclass(frozen=True)
class EvidenceFigure:
    """The chart, the steps that it draws, and what its legend has to explain.

    ``planned`` is how many items the plan has for ``evidence.dimension``.
    """

    evidence: Evidence
    planned: int
    chart: Markup
    steps: tuple[Step, ...]
    marks_items: bool
    marks_minimum: bool
    marks_rest: bool


def evidence_figure(
    evidence: Evidence,
    *,
    outcome: str,
    lower: int,
    upper: int,
    planned: int,
    minimum: int,
    items: Sequence[ItemRow] = (),
    most: int = 200,
    place: int = 1,
) -> EvidenceFigure:
    """The figure; ``lower`` and ``upper`` are the boundaries in micro-nats, ``items`` the outcomes.

    ``planned`` is how many items the plan has, ``minimum`` before how many nothing is decided,
    ``most`` how many batches are drawn, ``place`` which figure of its kind it is on its page.
    """
    rug = items if len(items) <= _MOST_MARKS else ()
    frame = _frame(evidence, lower, upper, planned, minimum, len(rug))
    steps = thinned(evidence.steps, most)
    used = evidence.steps[-1].items if evidence.steps else 0
    chart = svg.figure(
        svg.numbered("fig-evidence", place),
        HEIGHT + _AXIS + (_RUG if rug else 0),
        say(
            "Evidence over items, between the two boundaries%(dimension)s",
            dimension=_of(evidence.dimension),
        ),
        describe(evidence, outcome=outcome, lower=lower, upper=upper, planned=planned),
        *([svg.hatch("hatch-evidence")] if place == 1 else []),
        *_zones(frame, outcome),
        *_rest(frame, used),
        *_minimum(frame, minimum),
        *_lines(frame, steps, evidence),
        *_labels(frame, outcome),
        *_axis(frame),
        *_rug(frame, rug),
    )
    return EvidenceFigure(
        evidence=evidence,
        planned=planned,
        chart=chart,
        steps=steps,
        marks_items=bool(rug),
        marks_minimum=_draws_minimum(frame, minimum),
        marks_rest=bool(_rest(frame, used)),
    )


def _of(dimension: str) -> str:
    return f": {plain.one_line(dimension, 40)}" if dimension else ""


def describe(evidence: Evidence, *, outcome: str, lower: int, upper: int, planned: int) -> str:
    """The chart in words."""
    used = evidence.steps[-1].items if evidence.steps else 0
    low, high = evidence.low_micronats, evidence.high_micronats
    reached = (
        say("ends at %(low)s nats", low=plain.nats(low))
        if low == high
        else say(
            "ends between %(low)s nats, if every missing item is scored as failed, and "
            "%(high)s nats, if as solved",
            low=plain.nats(low),
            high=plain.nats(high),
        )
    )
    return say(
        "The line starts at 0 and %(reached)s, after %(used)s of %(planned)s planned "
        "items. The boundary for COVERED is at %(upper)s, that for NOT_COVERED at "
        "%(lower)s. The outcome is %(outcome)s.",
        reached=reached,
        used=used,
        planned=planned,
        upper=plain.nats(upper),
        lower=plain.nats(lower),
        outcome=outcome,
    )


def _frame(
    evidence: Evidence, lower: int, upper: int, planned: int, minimum: int, marks: int
) -> Frame:
    used = evidence.steps[-1].items if evidence.steps else 0
    # A short run in a long plan would be squeezed into a corner: show a third beyond where it
    # stopped, and say in the caption how many were planned.
    across = max(1, min(planned, max(-(-used * 4 // 3), used + 2, minimum + 1)), used, marks)
    # A fifth of the height beyond each boundary: two lines of text, and no path at the edge.
    room = (upper - lower) // 3
    high = max([upper + room, *(step.high_micronats + room // 2 for step in evidence.steps)])
    low = min([lower - room, *(step.low_micronats - room // 2 for step in evidence.steps)])
    return Frame(
        items=across,
        top=max(high, upper + (upper - low) // 4),
        bottom=min(low, lower - (high - lower) // 4),
        lower=lower,
        upper=upper,
    )


def _zones(frame: Frame, outcome: str) -> list[Markup]:
    edges = (frame.top, frame.upper, frame.lower, frame.bottom)
    names = ("COVERED", "INCONCLUSIVE", "NOT_COVERED")
    zones = [
        svg.rect(
            0,
            frame.y(above),
            100,
            frame.y(below) - frame.y(above),
            "zone zone-on" if name == outcome else "zone",
        )
        for name, above, below in zip(names, edges, edges[1:], strict=False)
    ]
    bounds = [svg.line(0, frame.y(at), 100, frame.y(at), "bound") for at in edges[1:3]]
    return [*zones, *bounds, svg.line(0, frame.y(0), 100, frame.y(0), "zero")]


def _rest(frame: Frame, used: int) -> list[Markup]:
    x = frame.x(used)
    if not 0 < used < frame.items:
        return []
    return [
        svg.rect(x, 0, 100 - x, HEIGHT, "rest", fill="url(#hatch-evidence)"),
        svg.line(x, 0, x, HEIGHT, "stop"),
    ]


def _minimum(frame: Frame, minimum: int) -> list[Markup]:
    if not _draws_minimum(frame, minimum):
        return []
    return [svg.line(frame.x(minimum), 0, frame.x(minimum), HEIGHT, "minimum")]


def _draws_minimum(frame: Frame, minimum: int) -> bool:
    return 1 < minimum < frame.items


def path_of(steps: Sequence[Step], side: str) -> str:
    """The step line of the ``low`` or ``high`` path in data units: ``M0 0H5V-1203H10V…``."""
    return "M0 0" + "".join(
        f"H{step.items}V{-(step.low_micronats if side == 'low' else step.high_micronats)}"
        for step in steps
    )


def _lines(frame: Frame, steps: Sequence[Step], evidence: Evidence) -> list[Markup]:
    if not steps:
        return []
    low, high = path_of(steps, "low"), path_of(steps, "high")
    end = frame.x(steps[-1].items)
    ends = dict.fromkeys((evidence.high_micronats, evidence.low_micronats))
    paths = [svg.element("path", d=high, class_="path")]
    if low != high:
        # Along the high path and back along the low one: what the missing items leave open.
        befores = [Step(0, 0, 0), *steps[:-1]]
        back = f"V{-steps[-1].low_micronats}" + "".join(
            f"V{-before.low_micronats}H{before.items}" for before in reversed(befores)
        )
        paths.insert(0, svg.element("path", d=f"{high}{back}Z", class_="between"))
        paths.append(svg.element("path", d=low, class_="path path-low"))
    box = (0, -frame.top, frame.items, frame.top - frame.bottom)
    return [
        svg.stretched(box, 0, HEIGHT, *paths),
        *(svg.dot(end, frame.y(at), 5, "end") for at in ends),
    ]


def _labels(frame: Frame, outcome: str) -> list[Markup]:
    drawn = [
        svg.text(0, frame.y(at) + 4, plain.nats(at), "tick", anchor="end", shift=-8)
        for at in (frame.upper, 0, frame.lower)
    ]
    # At the outer edges: a path begins in the middle, so it is not there yet on the left.
    for name, top, bound in (
        ("COVERED", 20, frame.upper),
        ("NOT_COVERED", HEIGHT - 25, frame.lower),
    ):
        halo = "halo halo-on" if name == outcome else "halo"
        drawn += [
            svg.text(0, top, name, f"strong {halo}", shift=8),
            svg.text(
                0,
                top + 17,
                say("%(bound)s or beyond", bound=plain.odds(bound)),
                f"small {halo}",
                shift=8,
            ),
        ]
    return drawn


def _axis(frame: Frame) -> list[Markup]:
    marks = [tick for tick in ticks(0, frame.items) if tick == int(tick)]
    base = svg.line(0, HEIGHT, 100, HEIGHT, "axis")
    labels = [
        svg.text(
            frame.x(tick),
            HEIGHT + 18,
            plain.counted(int(tick), "item") if tick == marks[-1] else plain.count(int(tick)),
            "tick",
            anchor="start" if tick == 0 else "end" if tick == marks[-1] else "middle",
        )
        for tick in marks
    ]
    return [base, *labels]


def _rug(frame: Frame, items: Sequence[ItemRow]) -> list[Markup]:
    """One stroke an item: upwards is solved, downwards is failed, across the middle is missing.

    Strokes keep apart where dots would touch: sixty items on a phone.
    """
    middle = HEIGHT + _AXIS + 12
    spans = {"solved": (-10, -1), "failed": (1, 10), "missing": (-4, 4)}
    strokes = [
        svg.line(x, middle + spans[item.counts_as][0], x, middle + spans[item.counts_as][1], kind)
        for number, item in enumerate(items)
        for x, kind in [(frame.x(number + 0.5), f"rug-{item.counts_as}")]
    ]
    return [svg.line(0, middle, frame.x(len(items)), middle, "axis"), *strokes] if items else []
