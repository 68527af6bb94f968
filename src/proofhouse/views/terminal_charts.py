# SPDX-License-Identifier: Apache-2.0
"""Pictures made of letters: the scale, the budget curve, the operating characteristic.

    for row in scale(scale_of(ability, cuts, references), 80):
        print(plain_row(row))

                                  threshold −4.83 ± 2.00
    this model        −0.09         ░░░░░░┃░░░░░  ├─────────●──────────────────┤
    reference/strong  −1.80         ░░░░░░┃░░░░░    ├──○───┤
                             ┬──────────┬──────────┬──────────┬──────────┬─────
                           −10         −5          0         +5        +10

A row is a tuple of spans, each a text and what it is (``"zone"``, ``"model"``, …), so that whoever
prints it may colour it; every shape is told apart without colour. No row is wider than asked for,
and none has a newline or a control character (R20: names are other people's).

Everything is drawn from ``pictures``, as the page's SVG is. ``UNICODE`` needs a terminal that shows
box and Braille characters, ``ASCII`` one that shows letters. Below ``NARROWEST`` columns nothing is
drawn, and the picture is told in words alone.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from proofhouse.views import plain
from proofhouse.views.pictures import JOINED, Budget, Mark, Operating, Reached, Scale, milli
from proofhouse.views.values import Scenario, SimulatedPoint

Span = tuple[str, str]
"""A text, and what it is."""

Row = tuple[Span, ...]

NARROWEST = 48
WIDEST = 120
"""A wider terminal is not filled: a curve pulled that far shows nothing more."""

BUDGET_ROWS = 10
OPERATING_ROWS = 12


@dataclass(frozen=True)
class Letters:
    """What is drawn with. Each is one column wide, and ``text`` has no wider one."""

    tested: str
    reference: str
    line: str
    ends: str
    open: str
    zone: str
    cut: str
    crossed: str
    upright: str
    edge: str
    axis: str
    tick: str
    climb: str
    ascii: bool = False

    def text(self, words: str) -> str:
        """``words`` in letters that there are."""
        return words.translate(_PLAIN).encode("ascii", "replace").decode() if self.ascii else words


UNICODE = Letters("●", "○", "─", "├┤", "◀▶", "░", "┃", "╂", "│", "┊", "─", "┬", "╯│╭")
ASCII = Letters("*", "o", "-", "[]", "<>", ":", "|", "+", "|", ":", "-", "+", "+|+", ascii=True)

_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "±": "+/-", "×": "x", "÷": "/", "…": "...", "“": '"', "”": '"', "’": "'"}
)


def plain_row(row: Row) -> str:
    """A row as text, without what follows its last letter."""
    return "".join(text for text, _ in row).rstrip()


# ---------------------------------------------------------------------------------- the canvas


class _Canvas:
    """Cells of one column each; what is put last is seen."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[(" ", "")] * width for _ in range(height)]

    def put(self, x: int, y: int, letter: str, kind: str) -> None:
        """One letter; outside nothing is put."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._cells[y][x] = (letter, kind)

    def at(self, x: int, y: int) -> str:
        """What is seen there."""
        return self._cells[y][x][0]

    def text(self, x: int, y: int, words: str, kind: str) -> None:
        """Words from ``x`` on, moved to the left where they would leave the canvas."""
        start = max(0, min(x, self.width - len(words)))
        for place, letter in enumerate(words[: self.width]):
            self.put(start + place, y, letter, kind)

    def row(self, y: int) -> Row:
        """A row, neighbours of a kind in one span."""
        spans: list[Span] = []
        for letter, kind in self._cells[y]:
            if spans and spans[-1][1] == kind:
                spans[-1] = (spans[-1][0] + letter, kind)
            else:
                spans.append((letter, kind))
        return tuple(spans)


def _column(value: float, low: float, high: float, width: int) -> int:
    """The column of a value on an axis from ``low`` to ``high``, kept inside."""
    place = round((value - low) / (high - low) * (width - 1))
    return max(0, min(width - 1, place))


def _axis(canvas: _Canvas, y: int, ticks: Sequence[tuple[int, str]], letters: Letters) -> None:
    """An axis with its ticks, and their labels below it, which never touch."""
    for x in range(canvas.width):
        canvas.put(x, y, letters.axis, "axis")
    free = 0
    for x, label in ticks:
        canvas.put(x, y, letters.tick, "axis")
        label = letters.text(label)
        start = max(1, min(x - len(label) // 2, canvas.width - len(label)))
        if start >= free:
            canvas.text(start, y + 1, label, "axis")
            free = start + len(label) + 1


def _wrapped(words: str, width: int, letters: Letters, kind: str = "note") -> Iterator[Row]:
    for line in textwrap.wrap(letters.text(words), width, break_on_hyphens=False):
        yield ((line, kind),)


# ----------------------------------------------------------------------------------- the scale


def scale(picture: Scale, width: int, letters: Letters = UNICODE, *, named: str = "") -> list[Row]:
    """Where the models stand, one row each, the zone shaded through all of them.

    ``named``: the dimension, where there are several. Rows: title, thresholds, models, axis, ticks.
    """
    width = min(width, WIDEST)
    percent = plain.percent(picture.confidence_ppm)
    of = f" for {plain.one_line(named, 24)}" if named else ""
    rows = list(_wrapped(f"Scale{of}: estimate and {percent} interval", width, letters, "title"))
    if width < NARROWEST:
        return rows
    names = min(max(_cells(letters.text(one.name)) for one in picture.marks), 26, width // 3)
    values = max(len(one.says) for one in picture.marks)
    gutter = names + values + 4
    canvas = _Canvas(width - gutter, len(picture.marks) + 3)

    def x(value: float) -> int:
        return _column(value, picture.low, picture.high, canvas.width)

    for zone in picture.zones:
        at, says = x(zone.cut), letters.text(zone.says)
        canvas.text(at - len(says) // 2, 0, says, "bound")
        for y in range(1, len(picture.marks) + 1):
            for place in range(x(zone.low), x(zone.high) + 1):
                canvas.put(place, y, letters.zone, "zone")
            canvas.put(at, y, letters.cut, "bound")
    for y, mark in enumerate(picture.marks, 1):
        _mark(canvas, y, mark, x, letters)
    ticks = [(x(at), label) for at, label in picture.ticks]
    _axis(canvas, len(picture.marks) + 1, ticks, letters)
    labels = [_label(mark, names, values, letters) for mark in picture.marks]
    blank: Row = ((" " * gutter, ""),)
    unit: Row = ((f"{picture.unit:>{gutter - 2}}  ", "axis"),)
    for y, left in enumerate([blank, *labels, blank, unit]):
        if y or picture.zones:
            rows.append((*left, *canvas.row(y)))
    return rows


def _label(mark: Mark, names: int, values: int, letters: Letters) -> Row:
    kind = "model" if mark.tested else "reference"
    name = _fitted(letters.text(mark.name), names, "~" if letters.ascii else "…")
    return ((f"{name}  {letters.text(mark.says):>{values}}  ", kind),)


def _mark(canvas: _Canvas, y: int, mark: Mark, x: Callable[[float], int], letters: Letters) -> None:
    kind = "model" if mark.tested else "reference"
    left = 0 if mark.low is None else x(mark.low)
    right = canvas.width - 1 if mark.high is None else x(mark.high)
    for place in range(left, right + 1):
        crossing = canvas.at(place, y) in (letters.cut, letters.crossed)
        canvas.put(place, y, letters.crossed if crossing else letters.line, kind)
    canvas.put(left, y, letters.open[0] if mark.low is None else letters.ends[0], kind)
    canvas.put(right, y, letters.open[1] if mark.high is None else letters.ends[1], kind)
    dot = letters.tested if mark.tested else letters.reference
    canvas.put(x(mark.estimate), y, dot, kind)


# ---------------------------------------------------------------------------- the budget curve


def budget(
    picture: Budget, width: int, letters: Letters = UNICODE, *, rows: int = BUDGET_ROWS
) -> list[Row]:
    """The share of solved items over tokens an item: a step line, its intervals shaded.

    ``rows`` (even) from nothing to all. Rows: title, shares from 100 % down, ticks, note.
    """
    width = min(width, WIDEST)
    last = picture.steps[-1]
    title = "Share of items solved, by tokens an item"
    said = (
        f"{last.solved} of {plain.counted(picture.items, 'item')} by {plain.count(last.tokens)} "
        f"tokens: {plain.percent(last.share_ppm)}, interval {plain.percent(last.low_ppm)} to "
        f"{plain.percent(last.high_ppm)} (shaded: 95%, exact, each point by itself)"
    )
    drawn = [*_wrapped(title, width, letters, "title")]
    if width >= NARROWEST:
        drawn += _budget(picture, width, letters, rows)
    return [*drawn, *_wrapped(said, width, letters)]


def _budget(picture: Budget, width: int, letters: Letters, rows: int) -> list[Row]:
    canvas = _Canvas(width - _GUTTER, rows + 3)

    def x(place: float) -> int:
        return _column(place, picture.low, picture.high, canvas.width)

    def y(ppm: float) -> int:
        return round((1_000_000 - ppm) / 1_000_000 * rows)

    end = x(max(milli(picture.tokens), milli(picture.steps[-1].tokens)))
    columns = _by_column(picture, x, end)
    for place, (_, reached) in enumerate(columns):
        for row in range(y(reached.high_ppm), y(reached.low_ppm) + 1):
            canvas.put(place, row, letters.zone, "interval")
    limit = x(milli(picture.tokens))
    for row in range(rows + 1):
        canvas.put(limit, row, letters.edge, "bound")
    for place, (before, reached) in enumerate(columns):
        _step(canvas, place, y(before.share_ppm), y(reached.share_ppm), letters)
    ticks = [(x(milli(tokens)), plain.count(tokens)) for tokens in picture.ticks]
    _axis(canvas, rows + 1, ticks, letters)
    says = letters.text(f"budget {plain.count(picture.tokens)}")
    over = _Canvas(canvas.width, 1)
    over.text(limit - len(says) // 2, 0, says, "bound")
    return [((" " * _GUTTER, ""), *over.row(0)), *_graph(canvas, rows, letters, "tokens")]


def _by_column(
    picture: Budget, x: Callable[[float], int], end: int
) -> list[tuple[Reached, Reached]]:
    """What was reached before each column and in it, up to the budget or the last step."""
    waiting = list(picture.steps)
    now, found = picture.none, []
    for place in range(end + 1):
        before = now
        while waiting and x(milli(waiting[0].tokens)) <= place:
            now = waiting.pop(0)
        found.append((before, now))
    return found


def _step(canvas: _Canvas, x: int, below: int, above: int, letters: Letters) -> None:
    """The step line in one column, from row ``below`` up to row ``above``."""
    if below == above:
        canvas.put(x, below, letters.line, "curve")
        return
    for row in range(above + 1, below):
        canvas.put(x, row, letters.climb[1], "curve")
    canvas.put(x, below, letters.climb[0], "curve")
    canvas.put(x, above, letters.climb[2], "curve")


_GUTTER = 6
"""``100% ┤``, with the axis: what stands left of a graph of shares."""


def _graph(canvas: _Canvas, rows: int, letters: Letters, unit: str) -> list[Row]:
    """The rows of a graph of shares with its upright axis, and below it the other one."""
    named = {0: "100%", rows // 2: "50%", rows: "0%"}
    lefts = [f"{named.get(y, ''):>4} {letters.upright}" for y in range(rows + 1)]
    lefts += [" " * _GUTTER, f"{unit:<{_GUTTER}}"]
    return [((left, "axis"), *canvas.row(y)) for y, left in enumerate(lefts)]


# ------------------------------------------------------------------ the operating characteristic


Answer = tuple[str, str, Callable[[SimulatedPoint], int], Callable[[int], bool]]
"""Its letter, what it is, its share at a point, and which dots of its line are drawn."""


def _ppm(share: int | None) -> int:
    return share or 0


ANSWERS: tuple[Answer, ...] = (
    ("I", "open", lambda p: _ppm(p.inconclusive.estimate_ppm), lambda dot: dot % 4 == 0),
    ("N", "no", lambda p: _ppm(p.not_covered.estimate_ppm), lambda dot: dot % 8 < 4),
    ("C", "yes", lambda p: _ppm(p.covered.estimate_ppm), lambda _dot: True),
)


def operating(
    picture: Operating,
    width: int,
    letters: Letters = UNICODE,
    *,
    rows: int = OPERATING_ROWS,
    named: str = "",
) -> list[Row]:
    """How often the plan answers what, by ability; a letter where it was simulated.

    Capitals are the scale as stated, joined by lines; small letters the scenario in which the test
    errs most. Rows: title, threshold, shares from 100 % down, axis and ticks, note.
    """
    width = min(width, WIDEST)
    of = f" for {plain.one_line(named, 24)}" if named else ""
    title = f"How often the plan gives which answer{of}, by ability (simulated)"
    drawn = [*_wrapped(title, width, letters, "title")]
    if width >= NARROWEST:
        drawn += _operating(picture, width, letters, rows)
    return [*drawn, *_wrapped(_said(picture), width, letters)]


def _said(picture: Operating) -> str:
    """Letters and lines in words, with what is declared and the largest errors."""
    first, worst = picture.scenarios[0], picture.scenarios[-1]
    words = f"C COVERED, N NOT_COVERED, I INCONCLUSIVE ({plain.one_line(first.name, 40)}). "
    if worst is not first:
        words += (
            f"c, n, i: the worst scenario, {plain.one_line(worst.name, 40)} "
            f"({plain.percent(worst.false_covered_ppm)} COVERED at the zone’s lower edge, "
            f"{plain.percent(worst.false_not_covered_ppm)} NOT_COVERED at its upper). "
        )
    return words + (
        f"Level lines: declared, at most {plain.percent(picture.alpha_ppm)} COVERED below the zone "
        f"and {plain.percent(picture.beta_ppm)} NOT_COVERED above it. Uprights: threshold and zone."
    )


def _operating(picture: Operating, width: int, letters: Letters, rows: int) -> list[Row]:
    canvas = _Canvas(width - _GUTTER, rows + 3)
    ink = _Ink(canvas, rows, letters)

    def x(value: float) -> float:
        return (value - picture.low) / (picture.high - picture.low)

    zone = picture.zone
    for row in range(rows + 1):
        for edge in (zone.low, zone.high):
            canvas.put(ink.column(x(edge)), row, letters.edge, "zone")
        canvas.put(ink.column(x(zone.cut)), row, letters.upright, "bound")
    ink.level(0, x(zone.low), picture.alpha_ppm)
    ink.level(x(zone.high), 1, picture.beta_ppm)
    first, *others = picture.scenarios
    for _, kind, share, seen in ANSWERS if len(first.points) >= JOINED else ():
        places = [(x(p.ability_micrologits), share(p)) for p in first.points]
        ink.line(places, kind, seen)
    for one, small in [*((one, True) for one in others), (first, False)]:
        _points(one, small, x, ink)
    ticks = [(ink.column(x(at)), label) for at, label in picture.ticks]
    _axis(canvas, rows + 1, ticks, letters)
    for place in range(ink.column(x(zone.low)), ink.column(x(zone.high)) + 1):
        if canvas.at(place, rows + 1) == letters.axis:
            canvas.put(place, rows + 1, letters.zone, "zone")
    says = letters.text(zone.says)
    over = _Canvas(canvas.width, 1)
    over.text(ink.column(x(zone.cut)) - len(says) // 2, 0, says, "bound")
    return [((" " * _GUTTER, ""), *over.row(0)), *_graph(canvas, rows, letters, "logits")]


def _points(one: Scenario, small: bool, x: Callable[[float], float], ink: _Ink) -> None:
    """The letters of a scenario. Where two share a cell the rarer, wrong answer is seen."""
    placed = [
        (share(point), x(point.ability_micrologits), letter, kind)
        for letter, kind, share, _ in ANSWERS
        for point in one.points
    ]
    rank = {"I": 0, "N": 1, "C": 1}
    for ppm, at, letter, kind in sorted(placed, key=lambda p: (rank[p[2]], -p[0])):
        ink.letter(at, ppm, letter.lower() if small else letter, kind)


class _Ink:
    """Lines on a canvas of shares: eight Braille dots a cell, or one point of ASCII."""

    def __init__(self, canvas: _Canvas, rows: int, letters: Letters) -> None:
        self._canvas, self._letters = canvas, letters
        self._fine = (1, 1) if letters.ascii else (2, 4)
        self._wide = canvas.width * self._fine[0]
        self._high = (rows + 1) * self._fine[1]
        self._dots: dict[tuple[int, int], int] = {}

    def column(self, part: float) -> int:
        """The column of a part of the width."""
        return self._place(part, 0)[0] // self._fine[0]

    def letter(self, part: float, ppm: int, letter: str, kind: str) -> None:
        """A letter in the cell of a point."""
        x, y = self._place(part, ppm)
        self._canvas.put(x // self._fine[0], y // self._fine[1], letter, kind)

    def level(self, start: float, end: float, ppm: int) -> None:
        """A level line of dashes."""
        self.line([(start, ppm), (end, ppm)], "bound", lambda dot: dot % 3 < 2)

    def line(
        self, places: Sequence[tuple[float, int]], kind: str, seen: Callable[[int], bool]
    ) -> None:
        """Points joined; ``seen`` says which dots, counted along the line, are drawn.

        Where a curve lies on the axis, that is its line.
        """
        dots = [self._place(*place) for place in places]
        count = 0
        for (x1, y1), (x2, y2) in pairwise(dots):
            steps = max(abs(x2 - x1), abs(y2 - y1), 1)
            for step in range(steps):
                if seen(count) and not y1 == y2 == self._high - 1:
                    part = step / steps
                    self._dot(round(x1 + (x2 - x1) * part), round(y1 + (y2 - y1) * part), kind)
                count += 1

    def _place(self, part: float, ppm: int) -> tuple[int, int]:
        x = round(part * (self._wide - 1))
        y = round((1_000_000 - ppm) / 1_000_000 * (self._high - 1))
        return max(0, min(self._wide - 1, x)), max(0, min(self._high - 1, y))

    def _dot(self, x: int, y: int, kind: str) -> None:
        cell = x // self._fine[0], y // self._fine[1]
        if self._letters.ascii:
            self._canvas.put(*cell, _ASCII_INK[kind], kind)
            return
        self._dots[cell] = self._dots.get(cell, 0) | _BRAILLE[y % 4][x % 2]
        self._canvas.put(*cell, chr(0x2800 + self._dots[cell]), kind)


_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot, by row and column."""

_ASCII_INK = {"yes": ".", "no": ".", "open": ".", "bound": "-"}


# --------------------------------------------------------------------------------------- names


def _cells(text: str) -> int:
    """How many columns a terminal gives a text of other people's letters."""
    return sum(map(_wide, text))


def _wide(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _fitted(text: str, cells: int, cut: str) -> str:
    """``text`` in exactly so many columns, cut or filled up."""
    if _cells(text) > cells:
        while _cells(text) > cells - 1:
            text = text[:-1]
        text += cut
    return text + " " * (cells - _cells(text))
