# SPDX-License-Identifier: Apache-2.0
"""How the share of solved items grew with the tokens that an item was given.

Across: tokens an item, on a logarithmic scale, up to the budget. Upwards: the share of all items
of the run that were solved by so many tokens; missing items count as not solved. The path's
coordinates are the data: thousandths of a unit of log10, and parts per million with the sign
turned. A curve that is flat before the budget says that more tokens were not what was wanting; one
that still climbs there says that the result is a floor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.dossier.markup import thinned
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.values import BudgetCurve, Spent

HEIGHT = 170
_TOP = 18
_MOST_TICKS = 5


def budget_chart(curve: BudgetCurve, budget: int, most: int = 200) -> Markup:
    """The chart, with at most ``most`` steps; ``budget`` is the tokens that an item may spend.

    The curve must not be empty.
    """
    steps = thinned(curve.steps, most)
    low, high = _span(steps, budget)

    def x(tokens: float) -> float:
        return 100 * (_milli(tokens) - low) / (high - low)

    at = x(budget)
    return svg.figure(
        "fig-budget",
        _TOP + HEIGHT + 26,
        say("Share of items solved, by tokens an item"),
        describe(curve, budget),
        *_grid(),
        *_ticks(low, high, x),
        svg.stretched(
            (low, -1_000_000, high - low, 1_000_000),
            _TOP,
            HEIGHT,
            svg.element("path", d=path_of(steps, curve.items, low, budget), class_="path"),
        ),
        svg.line(at, _TOP, at, _TOP + HEIGHT, "minimum"),
        svg.text(
            at,
            12,
            say("budget %(budget)s", budget=plain.count(budget)),
            "small",
            anchor=svg.anchored(at),
        ),
    )


def describe(curve: BudgetCurve, budget: int) -> str:
    """The chart in words."""
    first, last = curve.steps[0], curve.steps[-1]
    return say(
        "The first item was solved with %(tokens)s tokens. By %(most)s tokens "
        "%(solved)s of %(items)s were solved, which is all that were. The budget is "
        "%(budget)s tokens an item.",
        tokens=plain.count(first.tokens),
        most=plain.count(last.tokens),
        solved=plain.count(last.solved),
        items=plain.counted(curve.items, "item"),
        budget=plain.count(budget),
    )


def path_of(steps: Sequence[Spent], items: int, low: int, budget: int) -> str:
    """The step line in data units, from nothing at ``low`` to the last share at the budget."""
    end = max(_milli(budget), _milli(steps[-1].tokens))
    climbs = "".join(f"H{_milli(step.tokens)}V{-share(step, items)}" for step in steps)
    return f"M{low} 0{climbs}H{end}"


def share(step: Spent, items: int) -> int:
    """Parts per million of the items."""
    return round(1_000_000 * step.solved / items)


def _milli(tokens: float) -> int:
    return round(1000 * math.log10(max(tokens, 1)))


def _span(steps: Sequence[Spent], budget: int) -> tuple[int, int]:
    low = min(_milli(steps[0].tokens), _milli(budget))
    high = max(_milli(steps[-1].tokens), _milli(budget))
    room = max(100, (high - low) // 8)
    return low - room, high + room


def _grid() -> list[Markup]:
    return [
        part
        for at in (0, 50, 100)
        for y in (_TOP + HEIGHT * (100 - at) / 100,)
        for part in (
            svg.line(0, y, 100, y, "axis" if at == 0 else "grid"),
            svg.text(0, y + 4, f"{at}%", "tick", anchor="end", shift=-8),
        )
    ]


def _ticks(low: int, high: int, place: Callable[[float], float]) -> list[Markup]:
    base = _TOP + HEIGHT
    return [
        part
        for mark in _marks(low, high)
        for part in (
            svg.line(place(mark), base, place(mark), base + 5, "axis"),
            svg.text(
                place(mark), base + 20, plain.count(mark), "tick", anchor=_anchor(place(mark))
            ),
        )
    ]


def _anchor(x: float) -> str:
    return "start" if x < 8 else "end" if x > 92 else "middle"


def _marks(low: int, high: int) -> tuple[int, ...]:
    """Powers of ten between, with their twofold and fivefold where there is room."""
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [
            factor * 10**power
            for power in range(max(0, low // 1000), high // 1000 + 1)
            for factor in factors
            if low <= _milli(factor * 10**power) <= high
        ]
        if len(found) <= _MOST_TICKS:
            return tuple(found)
    return thinned(found, _MOST_TICKS)
