# SPDX-License-Identifier: Apache-2.0
"""How the share of solved items grew with the tokens that an item was given.

Across: tokens an item, on a logarithmic scale, up to the budget. Upwards: the share of all items of
the run that were solved by so many tokens; missing items count as not solved. The band is the exact
interval of each point by itself (``pictures.budget_of``). The path's coordinates are the data:
thousandths of a unit of log10, and parts per million with the sign turned. A curve that is flat
before the budget says that more tokens were not what was wanting; one that still climbs there says
that the result is a floor.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.pictures import Budget, Reached, budget_of, milli
from proofhouse.views.values import BudgetCurve

HEIGHT = 170
_TOP = 18


def budget_chart(curve: BudgetCurve, budget: int, most: int = 200) -> Markup:
    """The chart, with at most ``most`` steps; ``budget`` is the tokens that an item may spend.

    The curve must not be empty.
    """
    drawn = budget_of(curve, budget, most)

    def x(tokens: float) -> float:
        return 100 * (milli(tokens) - drawn.low) / (drawn.high - drawn.low)

    at = x(budget)
    return svg.figure(
        "fig-budget",
        _TOP + HEIGHT + 26,
        say("Share of items solved, by tokens an item"),
        describe(curve, budget),
        *_grid(),
        *_ticks(drawn, x),
        svg.stretched(
            (drawn.low, -1_000_000, drawn.high - drawn.low, 1_000_000),
            _TOP,
            HEIGHT,
            svg.element("path", d=band_of(drawn), class_="between"),
            svg.element("path", d=path_of(drawn), class_="path"),
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


def path_of(drawn: Budget) -> str:
    """The step line in data units, from nothing at the left to the last share at the budget."""
    return _line(drawn, lambda step: step.share_ppm)


def band_of(drawn: Budget) -> str:
    """The area of the intervals: along the upper ends, and back along the lower ones."""
    steps = drawn.steps
    befores = [drawn.none, *steps[:-1]]
    back = f"V{-steps[-1].low_ppm}" + "".join(
        f"H{milli(step.tokens)}V{-before.low_ppm}"
        for before, step in zip(reversed(befores), reversed(steps), strict=True)
    )
    return f"{_line(drawn, lambda step: step.high_ppm)}{back}H{drawn.low}Z"


def _line(drawn: Budget, share: Callable[[Reached], int]) -> str:
    end = max(milli(drawn.tokens), milli(drawn.steps[-1].tokens))
    climbs = "".join(f"H{milli(step.tokens)}V{-share(step)}" for step in drawn.steps)
    return f"M{drawn.low} {-share(drawn.none)}{climbs}H{end}"


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


def _ticks(drawn: Budget, place: Callable[[float], float]) -> list[Markup]:
    base = _TOP + HEIGHT
    return [
        part
        for mark in drawn.ticks
        for part in (
            svg.line(place(mark), base, place(mark), base + 5, "axis"),
            svg.text(
                place(mark), base + 20, plain.count(mark), "tick", anchor=_anchor(place(mark))
            ),
        )
    ]


def _anchor(x: float) -> str:
    return "start" if x < 8 else "end" if x > 92 else "middle"
