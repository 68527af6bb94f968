# SPDX-License-Identifier: Apache-2.0
"""The terminal's pictures show the numbers that the page's do, at every width."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from dossier.reading import Page
from proofhouse.dossier.ability_chart import ability_chart
from proofhouse.dossier.budget_chart import budget_chart
from proofhouse.dossier.operating_chart import HEIGHT, operating_chart
from proofhouse.views.pictures import Operating, budget_of, minutes_scale, operating_of, scale_of
from proofhouse.views.terminal_charts import (
    ASCII,
    BUDGET_ROWS,
    NARROWEST,
    OPERATING_ROWS,
    UNICODE,
    WIDEST,
    Letters,
    Row,
    budget,
    operating,
    plain_row,
    scale,
)
from proofhouse.views.values import (
    Ability,
    BudgetCurve,
    Cut,
    ReferenceModel,
    Scenario,
    Share,
    SimulatedPoint,
    Simulation,
    Spent,
)

WIDTHS = (60, 80, 100, 119, 200)
BOTH = pytest.mark.parametrize("letters", [UNICODE, ASCII], ids=["unicode", "ascii"])
WIDE = pytest.mark.parametrize("width", WIDTHS)

ABILITY = Ability("", "s", -90_000, -3_270_000, 6_240_000, 950_000, "method", "assumptions", (), "")
CUT = Cut("cyber", "s", -4_830_000, 2_000_000, ())
REFERENCES = (
    ReferenceModel("reference/weak", -7_909_542, 1_021_604),
    ReferenceModel("reference/strong", -1_803_675, 634_524),
)
CURVE = BudgetCurve(
    12, tuple(Spent(*one) for one in ((3_000, 1), (9_000, 4), (14_000, 7), (60_000, 11)))
)


def _share(ppm: int) -> Share:
    return Share(ppm, max(0, ppm - 9_000), min(1_000_000, ppm + 9_000), 950_000, "m")


def _scenario(name: str, wrong: int, *covered: int) -> Scenario:
    points = tuple(
        SimulatedPoint(
            -4_830_000 + (n - len(covered) // 2) * 1_000_000,
            *map(_share, (ppm, 960_000 - ppm * 96 // 100, 40_000 - ppm * 4 // 100)),
        )
        for n, ppm in enumerate(covered)
    )
    return Scenario(name, wrong, wrong + 1_000, wrong, wrong + 1_000, 0, 999, points)


STATED = _scenario(
    "as stated", 2_000, 0, 0, 2_000, 90_000, 420_000, 910_000, 998_000, 1_000_000, 1_000_000
)
WORST = _scenario(
    "slopes", 21_000, 0, 5_000, 21_000, 300_000, 500_000, 800_000, 940_000, 990_000, 999_000
)


CURVES = ("yes", "no", "open")


def _played(*scenarios: Scenario) -> Simulation:
    return Simulation("", scenarios, 3_000, 950_000, 1_850, 1, 2, 200_000, 3_000)


def _lines(rows: list[Row]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def _graph(rows: list[Row]) -> list[str]:
    """The rows from 100 % down to the axis."""
    lines = _lines(rows)
    first = next(n for n, line in enumerate(lines) if line.startswith("100%"))
    last = next(n for n, line in enumerate(lines) if line.startswith("  0%"))
    return lines[first : last + 1]


def _svg(chart: str) -> Page:
    page = Page(f"<body>{chart}</body>")
    assert page.faults == []
    return page


def _percent(text: str) -> float:
    return float(text.removesuffix("%"))


def _scale(width: int, letters: Letters = UNICODE) -> list[str]:
    return _lines(scale(scale_of(ABILITY, [CUT], REFERENCES), width, letters))


def _gutter(lines: list[str], letters: Letters) -> int:
    """The column in which the canvas begins: that of the axis, which fills it."""
    axis = next(line for line in lines if line.strip(f"{letters.axis}{letters.tick} ") == "")
    return len(axis) - len(axis.lstrip())


# ------------------------------------------------------------------------- the picture is the SVG


@BOTH
@WIDE
def test_scale_and_svg_place_every_model_alike(width: int, letters: Letters) -> None:
    """Estimates, ends of intervals, threshold and zone lie where the page has them."""
    page = _svg(ability_chart(ABILITY, [CUT], REFERENCES))
    lines = _scale(width, letters)
    first, last = _gutter(lines, letters), min(width, WIDEST) - 1

    def column(percent: str) -> int:
        return first + round(_percent(percent) / 100 * (last - first))

    tested, strong, weak = lines[2:5]
    (dot,) = page.all("circle", class_="end")
    assert abs(tested.index(letters.tested, first) - column(dot.attributes["cx"])) <= 1
    band = page.one("rect", class_="interval")
    right = _percent(band.attributes["x"]) + _percent(band.attributes["width"])
    assert abs(tested.index(letters.ends[0], first) - column(band.attributes["x"])) <= 1
    assert abs(tested.index(letters.ends[1], first) - column(f"{right}%")) <= 1
    for line, circle in zip((strong, weak), page.all("circle", class_="reference"), strict=True):
        place = line.index(letters.reference, first)
        assert abs(place - column(circle.attributes["cx"])) <= 1
    zone, cut = page.one("rect", class_="rest"), page.one("line", class_="bound")
    assert abs(strong.index(letters.zone, first) - column(zone.attributes["x"])) <= 1
    assert abs(strong.index(letters.cut, first) - column(cut.attributes["x1"])) <= 1


@BOTH
@WIDE
def test_budget_curve_and_svg_are_the_same_steps(width: int, letters: Letters) -> None:
    """In every column the line stands on the row of the share that the page's path has there."""
    page = _svg(budget_chart(CURVE, 200_000))
    low, _, across, _ = map(
        float, page.one("svg", class_="stretched").attributes["viewbox"].split()
    )
    path = page.one("path", class_="path").attributes["d"]
    steps = [(int(x), -int(y)) for x, y in re.findall(r"H(\d+)V(-?\d+)", path)]
    rows = _graph(budget(budget_of(CURVE, 200_000), width, letters))
    first, last = len("100% │"), min(width, WIDEST) - 1
    for x, share in steps:
        column = first + round((x - low) / across * (last - first))
        above = round((1_000_000 - share) / 1_000_000 * BUDGET_ROWS)
        assert rows[above][column] in letters.line + letters.climb, (x, share)
    seen = [_top(rows, column, letters) for column in range(first, last + 1)]
    drawn = [row for row in seen if row is not None]
    assert drawn == sorted(drawn, reverse=True)  # it never falls
    assert drawn[-1] == round(BUDGET_ROWS / 12)  # 11 of 12


def _top(rows: list[str], column: int, letters: Letters) -> int | None:
    ink = {*letters.line, *letters.climb}
    found = [y for y, row in enumerate(rows) if row.ljust(column + 1)[column] in ink]
    return min(found, default=None)


@BOTH
@WIDE
def test_operating_characteristic_and_svg_have_the_same_points(
    width: int, letters: Letters
) -> None:
    """A capital stands where the page has a dot of the scale as stated."""
    page = _svg(operating_chart(_played(STATED, WORST), CUT, 50_000, 40_000))
    rows = _graph(operating(_operating(), width, letters))
    first, last = len("100% │"), min(width, WIDEST) - 1
    top = min(float(one.attributes["y1"]) for one in page.all("line", class_="grid"))
    for letter, kind in (("C", "yes"), ("N", "no")):
        for one in page.all("circle", class_=f"dot {kind}"):
            column = first + _percent(one.attributes["cx"]) / 100 * (last - first)
            row = (float(one.attributes["cy"]) - top) / HEIGHT * OPERATING_ROWS
            near = [
                rows[y][x]
                for y in range(max(0, round(row) - 1), min(OPERATING_ROWS, round(row) + 1) + 1)
                for x in range(round(column) - 1, round(column) + 2)
                if x < len(rows[y])
            ]
            assert letter in near, (letter, one.attributes)
        assert sum(row.count(letter) for row in rows) >= 6


def _operating() -> Operating:
    return operating_of(_played(STATED, WORST), CUT, 50_000, 40_000)


# ------------------------------------------------------------------------------- shapes and edges


@BOTH
@WIDE
def test_the_zone_is_shaded_between_its_edges(width: int, letters: Letters) -> None:
    """From the column of the zone's lower edge to that of its upper one, and no farther."""
    picture = scale_of(ABILITY, [CUT], ())
    lines = _lines(scale(picture, width, letters))
    first, last = _gutter(lines, letters), min(width, WIDEST) - 1

    def column(value: float) -> int:
        return first + round((value - picture.low) / (picture.high - picture.low) * (last - first))

    shaded = [x for x, letter in enumerate(lines[2]) if x >= first and letter == letters.zone]
    assert shaded[0] == column(-6_830_000)
    assert shaded[-1] < column(-2_830_000) + 1
    assert lines[2][column(-4_830_000)] == letters.cut


@BOTH
@WIDE
def test_axes_rise_evenly(width: int, letters: Letters) -> None:
    """Ticks stand apart as their numbers do, and no label touches the next."""
    for picture, unit in (
        (scale(scale_of(ABILITY, [CUT], REFERENCES), width, letters), "logits"),
        (operating(_operating(), width, letters), "logits"),
    ):
        lines = _lines(picture)
        at = next(n for n, line in enumerate(lines) if line.strip().startswith(unit))
        labels = re.findall(r"[−-]?\d+", lines[at])
        values = [int(label.replace("−", "-")) for label in labels]
        assert values == sorted(set(values))
        places = [x for x, letter in enumerate(lines[at - 1]) if letter == letters.tick]
        gaps = [b - a for a, b in pairwise(places)]
        assert max(gaps) - min(gaps) <= 2


@BOTH
def test_what_is_declared_ends_at_the_zone(letters: Letters) -> None:
    """Alpha's line reaches from the left to the zone, beta's from the zone to the right."""
    picture = operating_of(_played(_scenario("as stated", 0)), CUT, 300_000, 200_000)
    rows = _graph(operating(picture, 80, letters))
    edges = [x for x, letter in enumerate(rows[0]) if letter == letters.edge]
    drawn = [
        [
            x
            for x, letter in enumerate(row)
            if x > 5 and letter not in f" {letters.edge}{letters.cut}│"
        ]
        for row in rows
    ]
    alpha, beta = [row for row in drawn if row]
    assert alpha[0] == 6
    assert edges[0] - 2 <= alpha[-1] <= edges[0]
    assert edges[1] <= beta[0] <= edges[1] + 1
    assert beta[-1] >= 77  # dashes: the last may be a gap


@BOTH
def test_an_open_end_is_an_arrow_at_the_edge(letters: Letters) -> None:
    """An interval without ends goes from edge to edge of the canvas."""
    picture = scale_of(
        Ability("", "s", 0, -20_000_000, 20_000_000, 950_000, "", "", (), ""), [], REFERENCES
    )
    lines = _lines(scale(picture, 80, letters))
    row, first = lines[1], _gutter(lines, letters)
    assert (row[first], row[79]) == tuple(letters.open)
    assert "20.00" not in "".join(lines)


def test_no_threshold_is_drawn_unless_it_lies_on_the_scale() -> None:
    """A sealed threshold, or one of another scale, leaves no zone and no line."""
    for cuts in ([], [Cut("other", "another scale", 0, 1, ())]):
        drawn = "".join(_lines(scale(scale_of(ABILITY, cuts, REFERENCES), 80)))
        assert "threshold" not in drawn
        assert UNICODE.zone not in drawn
        assert UNICODE.cut not in drawn


def test_a_scale_of_minutes_is_logarithmic() -> None:
    """The zone is as wide below the cut as above it, and its factor is said."""
    models = [("a", 3.0, 1.0, 5.0), ("b", 120.0, None, None)]
    lines = _lines(scale(minutes_scale(models, 16, 2, 950_000), 80))
    assert "threshold 16 × or ÷ 2" in lines[1]
    cut = lines[2].index(UNICODE.cut)
    assert lines[2].count(UNICODE.zone, 0, cut) > 4
    assert abs(lines[2].count(UNICODE.zone, 0, cut) - lines[2].count(UNICODE.zone, cut)) <= 1
    assert lines[3].rstrip().endswith(UNICODE.open[1])


def test_two_points_are_not_joined() -> None:
    """A plan that was simulated at the zone's edges alone says nothing of what lies between."""
    picture = operating_of(_played(_scenario("as stated", 0, 3_000, 997_000)), CUT, 50_000, 50_000)
    curves = [text for row in operating(picture, 80) for text, kind in row if kind in CURVES]
    assert set("".join(curves)) == {"C", "N"}  # INCONCLUSIVE lies under the rarer answer


# ---------------------------------------------------------------------------------- every terminal


@BOTH
def test_nothing_is_wider_than_asked_for(letters: Letters) -> None:
    """From few columns to more than are used: no row is longer; in few it is told in words."""
    for width in (8, 20, NARROWEST - 1, NARROWEST, *WIDTHS):
        for rows in (
            scale(scale_of(ABILITY, [CUT], REFERENCES), width, letters, named="cyber"),
            budget(budget_of(CURVE, 200_000), width, letters),
            operating(_operating(), width, letters, named="cyber"),
        ):
            assert rows
            if width >= 20:
                assert max(len(plain_row(row)) for row in rows) <= width
            drawn = any(kind == "axis" for row in rows for _, kind in row)
            assert drawn == (width >= NARROWEST)


def test_ascii_is_ascii() -> None:
    """Where no other letters can be shown there are none, not even a minus sign."""
    for rows in (
        scale(scale_of(ABILITY, [CUT], (ReferenceModel("模型…é", 0, 1),)), 80, ASCII),
        budget(budget_of(CURVE, 200_000), 80, ASCII),
        operating(_operating(), 80, ASCII),
    ):
        assert all(line.isascii() for line in _lines(rows))


@settings(max_examples=60)
@given(
    st.text(st.sampled_from("ab/ -é模型ア\u0301\u202e\n\t"), min_size=1, max_size=60),
    st.lists(st.integers(-(10**12), 10**12), min_size=3, max_size=3),
    st.sampled_from(WIDTHS),
)
def test_any_name_and_any_estimate_can_be_drawn(name: str, numbers: list[int], width: int) -> None:
    """Whatever a model is called, no row is wider than the terminal or steers it (R20)."""
    low, estimate, high = sorted(numbers)
    tested = Ability("", "s", estimate, low, high, 950_000, "", "", (), "")
    for row in scale(scale_of(tested, [CUT], (ReferenceModel(name, 0, 500_000),)), width):
        line = plain_row(row)
        assert cell_len(line) <= width
        assert not re.search("[\x00-\x1f\u202e]", line)


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 2**53), min_size=1, max_size=30, unique=True),
    st.integers(1, 2**53),
    st.sampled_from(WIDTHS),
)
def test_any_budget_curve_can_be_drawn(tokens: list[int], limit: int, width: int) -> None:
    """One item or thirty, at once or only beyond the budget: nothing is drawn outside."""
    curve = BudgetCurve(40, tuple(Spent(t, n) for n, t in enumerate(sorted(tokens), 1)))
    rows = budget(budget_of(curve, limit), width)
    assert max(len(plain_row(row)) for row in rows) <= width


def test_every_interval_holds_its_share() -> None:
    """The shaded part of a budget curve lies about its line, and is exact (Clopper-Pearson)."""
    picture = budget_of(CURVE, 200_000)
    for step in (picture.none, *picture.steps):
        assert step.low_ppm <= step.share_ppm <= step.high_ppm
    assert picture.none.low_ppm == 0
    assert (picture.steps[-1].low_ppm, picture.steps[-1].high_ppm) == (615_203, 997_893)
