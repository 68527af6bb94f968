# SPDX-License-Identifier: Apache-2.0
"""Prints the pictures of ``views.terminal_charts``: which of them, how wide, in which letters.

    pictures.show(console, pictures.of_plan(view))          a plan's operating characteristic
    pictures.show(console, pictures.of_run(view))           a run's budget curve
    pictures.show(console, pictures.of_determination(view)) where the model stands on the scale

On a terminal a picture is as wide as it, up to ``terminal_charts.WIDEST`` columns; elsewhere as
COLUMNS says, else 80. Where the encoding has no box characters it is drawn in ASCII. Colour marks
again what letters and lines mark already: never an outcome, for none is good or bad (R1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from proofhouse.formats.bundle import opened
from proofhouse.rules.registration import Entry
from proofhouse.views import CaseView, case_view, figures, terminal_charts
from proofhouse.views.pictures import budget_of, operating_of, scale_of
from proofhouse.views.terminal_charts import ASCII, UNICODE, Letters, Row

if TYPE_CHECKING:
    from proofhouse.desk.desk import Desk

Drawing = Callable[[int, Letters], list[Row]]
"""Draws a picture in so many columns with such letters."""

STYLES = {
    "title": "bold",
    "axis": "dim",
    "note": "dim",
    "zone": "dim",
    "interval": "dim",
    "model": "bold cyan",
    "curve": "bold cyan",
    "yes": "bold cyan",
    "no": "cyan",
    "open": "dim cyan",
}
"""What is coloured; the rest is as the terminal has it."""


def letters_of(console: Console) -> Letters:
    """The letters that ``console`` can write."""
    try:
        "".join((*vars_of(UNICODE), "⣿−±")).encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def vars_of(letters: Letters) -> Iterable[str]:
    """Every letter that is drawn with."""
    return (value for value in vars(letters).values() if isinstance(value, str))


def text_of(rows: Sequence[Row], indent: int = 0) -> list[Text]:
    """The rows with their colours, a line each."""
    lines = []
    for row in rows:
        line = Text(" " * indent, no_wrap=True)
        for text, kind in row:
            line.append(text, style=STYLES.get(kind, ""))
        line.rstrip()
        lines.append(line)
    return lines


def show(console: Console, drawings: Iterable[Drawing], indent: int = 0) -> None:
    """Print each picture with an empty line before it."""
    letters = letters_of(console)
    for draw in drawings:
        console.print()
        for line in text_of(draw(console.width - indent, letters), indent):
            console.print(line, soft_wrap=True)


def view_of(desk: Desk, case_id: str) -> CaseView:
    """The case as this home can open it, with the threshold that it is measured by."""
    kept = tuple(desk.statements(case_id))
    names = ("bank", "threshold", "notice")
    found = (one.entry.predicate.get(name) for one in kept for name in names)
    cited = sorted({digest for digest in found if isinstance(digest, str)})
    openings = [one for entry in (*kept, *desk.cited(cited)) for one in entry.openings]
    values = {opened(one): one.value for one in openings}
    return case_view(desk.case(case_id), desk.record(cited), values)


def of_plan(view: CaseView) -> list[Drawing]:
    """What the plan's simulation showed; nothing while the threshold is sealed here."""
    drawings: list[Drawing] = []
    for one in figures.simulations(view):
        played, cut = one.simulation, one.cut
        if cut is not None and played.scenarios:
            picture = operating_of(played, cut, one.alpha_ppm, one.beta_ppm)
            drawings.append(partial(terminal_charts.operating, picture, named=played.dimension))
    return drawings


def of_run(view: CaseView) -> list[Drawing]:
    """How the share of solved items grew with tokens; nothing where none was solved."""
    drawn = figures.curve(view)
    return [] if drawn is None else [partial(terminal_charts.budget, budget_of(*drawn))]


def of_determination(view: CaseView) -> list[Drawing]:
    """Where the model stands, with the threshold and the reference models."""
    return [
        partial(
            terminal_charts.scale,
            scale_of(one.ability, one.cuts, one.references),
            named=one.ability.dimension,
        )
        for one in figures.abilities(view)
    ]


AFTER: dict[str, Callable[[CaseView], list[Drawing]]] = {
    "plan": of_plan,
    "run-ended": of_run,
    "determination": of_determination,
}
"""Which pictures follow which statement."""


def after(desk: Desk, entry: Entry) -> list[Drawing]:
    """The pictures that follow a statement that stands in this home's log.

    A plan or a run for findings decides nothing, so there is none of it.
    """
    drawings = AFTER.get(entry.name)
    if drawings is None:
        return []
    view, case = view_of(desk, entry.subject), desk.case(entry.subject)
    plan = entry
    if entry.name == "run-ended":
        started = next(e for e in case.all("run-started") if e.digest == entry.predicate["run"])
        plan = next(e for e in case.all("plan") if e.digest == started.predicate["plan"])
    if plan.predicate.get("purpose") == "findings":
        return []
    return drawings(view)
