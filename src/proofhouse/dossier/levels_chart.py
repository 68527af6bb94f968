# SPDX-License-Identifier: Apache-2.0
"""Results by level: one bar a level, with its interval below it (R14).

The filled part is solved, the hatched part is missing, the empty part failed: so the share lies
between the end of the filled and the end of the hatched part, however the missing items would have
come out. The whisker is the interval that the result states, by the method that it names.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from proofhouse.dossier import svg
from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.values import LevelRow

ROW = 62
_AXIS = 26
_MOST_ROWS = 10


def levels_charts(rows: Sequence[LevelRow]) -> tuple[Markup, ...]:
    """Charts of at most ten levels each, so that none is longer than a printed page."""
    return tuple(
        _chart(rows[start : start + _MOST_ROWS], start // _MOST_ROWS + 1)
        for start in range(0, len(rows), _MOST_ROWS)
    )


def named(row: LevelRow) -> str:
    """``memory-flaw 3``: the family and the level."""
    return f"{plain.one_line(row.family, 20)} {row.level}"


def tally(row: LevelRow) -> str:
    """``6 of 8 solved, 1 missing``."""
    missing = say(", %(missing)s missing", missing=plain.count(row.missing)) if row.missing else ""
    return say(
        "%(solved)s of %(items)s solved%(missing)s",
        solved=plain.count(row.solved),
        items=plain.count(row.items),
        missing=missing,
    )


def interval(row: LevelRow) -> str:
    """``49% to 97%``, or that it is sealed."""
    if row.low_ppm is None or row.high_ppm is None:
        return say("interval sealed")
    return say(
        "%(low)s to %(high)s",
        low=plain.percent(row.low_ppm),
        high=plain.percent(row.high_ppm),
    )


def _chart(rows: Sequence[LevelRow], number: int) -> Markup:
    height = ROW * len(rows)
    marks = (0, 25, 50, 75, 100)
    pattern = f"hatch-levels-{number}"
    return svg.figure(
        f"fig-levels-{number}",
        height + _AXIS,
        say("Share of items solved, by level"),
        " ".join(f"{named(row)}: {tally(row)}; {interval(row)}." for row in rows),
        svg.hatch(pattern),
        *(svg.line(at, 0, at, height, "grid") for at in marks),
        *(part for at, row in enumerate(rows) for part in _row(row, at * ROW, pattern)),
        *(
            svg.text(
                at,
                height + 18,
                f"{at}%",
                "tick",
                anchor="start" if at == 0 else "end" if at == 100 else "middle",
            )
            for at in marks
        ),
    )


def _row(row: LevelRow, top: int, pattern: str) -> list[Markup]:
    bar, whisker = top + 22, top + 43
    solved = 100 * row.solved / row.items if row.items else 0
    missing = 100 * row.missing / row.items if row.items else 0
    parts = [
        svg.rect(0, top, 100, 19, "behind"),
        svg.text(0, top + 14, named(row), "strong"),
        svg.text(0, top + 14, tally(row), "small", shift=14 + 9 * len(named(row))),
        svg.text(100, top + 14, interval(row), "small", anchor="end"),
        svg.rect(0, bar, 100, 12, "bar-failed"),
        svg.rect(0, bar, solved, 12, "bar-solved"),
        svg.rect(solved, bar, missing, 12, "bar-missing", fill=f"url(#{pattern})"),
    ]
    if row.low_ppm is not None and row.high_ppm is not None:
        low, high = row.low_ppm / 10_000, row.high_ppm / 10_000
        parts += [
            svg.line(low, whisker, high, whisker, "whisker"),
            svg.line(low, whisker - 4, low, whisker + 4, "whisker"),
            svg.line(high, whisker - 4, high, whisker + 4, "whisker"),
        ]
    return parts
