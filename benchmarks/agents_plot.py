# SPDX-License-Identifier: Apache-2.0
"""What reference agents solved, counted and drawn: a panel for each family, a line for each agent.

    from agents_plot import read_rows, write_plot
    write_plot(list(read_rows(Path("outcomes.csv"))), Path("docs/reference-agents.svg"))

A point is the share of a level's items that an agent solved; the bar through it is the 95 %
Clopper-Pearson interval of that cell alone. Points of one level stand side by side, the weakest
agent on the left. The drawing has no script, no font of its own and no link, and has its numbers in
its titles.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from proofhouse.statistics.proportion import clopper_pearson

WIDTH, HEIGHT, MARGIN, COLUMNS = 360, 200, 44, 2
COLOURS = ("#b8b8b8", "#8f8f8f", "#4f8fc0", "#2f6f4f", "#b5651d", "#8b1e3f")
ORDER = ("weak", "weak-plus", "fair", "good", "strong", "expert")


@dataclass(frozen=True)
class Row:
    """One outcome: who met which item, and whether it was solved."""

    agent: str
    family: str
    level: int
    index: int
    solved: bool


@dataclass(frozen=True)
class Cell:
    """The items of one level that one agent met, and how many of them it solved."""

    agent: str
    family: str
    level: int
    solved: int
    items: int


def read_rows(path: Path) -> Iterator[Row]:
    """The lines of a CSV of outcomes; ValueError for one that is none."""
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["solved"] not in ("0", "1"):
                raise ValueError(f"solved is 0 or 1, not {line['solved']!r}")
            place = int(line["level"]), int(line["index"])
            yield Row(line["agent"], line["family"], *place, line["solved"] == "1")


def counts(rows: Iterable[Row]) -> tuple[Cell, ...]:
    """Solved and met items by agent, family and level, in the order of first sight."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for row in rows:
        cell = found.setdefault((row.agent, row.family, row.level), [0, 0])
        cell[0] += row.solved
        cell[1] += 1
    return tuple(Cell(*key, *value) for key, value in found.items())


def write_plot(rows: Sequence[Row], path: Path) -> None:
    """Writes the drawing; the same rows give the same bytes."""
    cells = counts(rows)
    families = sorted({cell.family for cell in cells})
    agents = sorted({c.agent for c in cells}, key=lambda a: (*ORDER, a).index(a))
    down = -(-len(families) // COLUMNS)
    panels = "".join(
        _panel(family, [cell for cell in cells if cell.family == family], agents, place)
        for place, family in enumerate(families)
    )
    legend = "".join(
        f'<circle cx="{MARGIN + 110 * i}" cy="12" r="4" fill="{_colour(i)}"/>'
        f'<text x="{MARGIN + 8 + 110 * i}" y="16">{escape(agent)}</text>'
        for i, agent in enumerate(agents)
    )
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH} '
        f'{down * HEIGHT + 24}" font-family="sans-serif" font-size="11" role="img">'
        "<title>Share of items that each reference agent solved, by family and level</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{legend}{panels}</svg>\n',
        encoding="utf-8",
    )


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _panel(family: str, cells: Sequence[Cell], agents: Sequence[str], place: int) -> str:
    left, top = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT + 24
    wide, high = WIDTH - MARGIN - 12, HEIGHT - MARGIN - 16
    levels = sorted({cell.level for cell in cells})
    step = wide / len(levels)
    base = top + 20 + high

    def y(share: float) -> str:
        return f"{base - share * high:.1f}"

    parts = [f'<text x="{left + MARGIN}" y="{top + 14}" font-weight="bold">{escape(family)}</text>']
    for share in (0.0, 0.5, 1.0):
        parts.append(
            f'<path d="M{left + MARGIN} {y(share)}h{wide}" stroke="#ddd"/>'
            f'<text x="{left + MARGIN - 6}" y="{y(share)}" text-anchor="end">{share:.0%}</text>'
        )
    for i, level in enumerate(levels):
        middle = left + MARGIN + step * (i + 0.5)
        parts.append(
            f'<text x="{middle:.1f}" y="{base + 16}" text-anchor="middle">level {level}</text>'
        )
    for cell in cells:
        at = agents.index(cell.agent)
        offset = (levels.index(cell.level) + (at + 1) / (len(agents) + 1)) * step
        x, colour = f"{left + MARGIN + offset:.1f}", _colour(at)
        low, high_end = clopper_pearson(cell.solved, cell.items)
        parts.append(
            f"<g><title>{escape(cell.agent)}, {escape(family)} {cell.level}: {cell.solved} of "
            f"{cell.items}, {low:.0%} to {high_end:.0%}</title>"
            f'<path d="M{x} {y(low)}V{y(high_end)}" stroke="{colour}"/>'
            f'<circle cx="{x}" cy="{y(cell.solved / cell.items)}" r="3" fill="{colour}"/></g>'
        )
    return "".join(parts)
