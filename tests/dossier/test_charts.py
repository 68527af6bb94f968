# SPDX-License-Identifier: Apache-2.0
"""The charts show the numbers that they are given, at every size."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.reading import Element, Page
from proofhouse.dossier import svg
from proofhouse.dossier.ability_chart import ability_chart
from proofhouse.dossier.budget_chart import budget_chart
from proofhouse.dossier.evidence_chart import HEIGHT, EvidenceFigure, evidence_figure
from proofhouse.dossier.levels_chart import levels_charts
from proofhouse.dossier.operating_chart import operating_chart
from proofhouse.dossier.window_chart import markers, window_chart
from proofhouse.views.pictures import MOST_REFERENCES, thinned, ticks
from proofhouse.views.values import (
    OPEN_MICROLOGITS,
    Ability,
    BudgetCurve,
    Cut,
    Evidence,
    ItemRow,
    LevelRow,
    ReferenceModel,
    Scenario,
    Share,
    SimulatedPoint,
    Simulation,
    Spent,
    Step,
    WindowView,
)

BOUND = 2_944_439


def read(chart: str) -> Page:
    page = Page(f"<body>{chart}</body>")
    assert page.faults == []
    return page


def share(element: Element, name: str) -> float:
    return float(element.attributes[name].removesuffix("%"))


def evidence(*steps: tuple[int, int, int]) -> Evidence:
    made = tuple(Step(*step) for step in steps)
    return Evidence("", "", "", made, made[-1].low_micronats, made[-1].high_micronats)


def drawn(value: Evidence, **over: object) -> EvidenceFigure:
    given_ = {"outcome": "COVERED", "planned": 60, "minimum": 10, **over}
    return evidence_figure(value, lower=-BOUND, upper=BOUND, **given_)  # type: ignore[arg-type]


TWO_PATHS = evidence(
    (5, 800_000, 1_200_000), (10, 2_000_000, 3_100_000), (15, 4_000_000, 5_000_000)
)


def test_the_path_is_the_data() -> None:
    """The step line's coordinates are items and micro-nats, one step a batch."""
    page = read(drawn(TWO_PATHS).chart)
    assert page.one("path", class_="path").attributes["d"] == (
        "M0 0H5V-1200000H10V-3100000H15V-5000000"
    )
    assert page.one("path", class_="path path-low").attributes["d"] == (
        "M0 0H5V-800000H10V-2000000H15V-4000000"
    )


def test_the_band_between_the_paths_is_bounded_by_both() -> None:
    """What the missing items leave open is the area from the high path back along the low one."""
    page = read(drawn(TWO_PATHS).chart)
    assert page.one("path", class_="between").attributes["d"] == (
        "M0 0H5V-1200000H10V-3100000H15V-5000000V-4000000V-2000000H10V-800000H5V0H0Z"
    )


def test_one_path_is_drawn_where_nothing_is_missing() -> None:
    """Two equal completions are one line and one end."""
    page = read(drawn(evidence((5, 1, 1), (10, 3_000_000, 3_000_000))).chart)
    assert len(page.all("path", class_="path")) == 1
    assert not page.all("path", class_="path path-low")
    assert len(page.all("circle", class_="end")) == 1


def test_ends_and_boundaries_share_the_scale_of_the_path() -> None:
    """The inner picture's units, the boundaries' pixels and the ends' pixels agree."""
    page = read(drawn(TWO_PATHS).chart)
    box = [int(n) for n in page.all("svg", class_="stretched")[0].attributes["viewbox"].split()]

    def pixels(micronats: int) -> float:
        return HEIGHT * (-micronats - box[1]) / box[3]

    bounds = [float(one.attributes["y1"]) for one in page.all("line", class_="bound")]
    assert bounds == pytest.approx([pixels(BOUND), pixels(-BOUND)], abs=0.01)
    ends = [float(one.attributes["cy"]) for one in page.all("circle", class_="end")]
    assert ends == pytest.approx([pixels(5_000_000), pixels(4_000_000)], abs=0.01)
    stop = page.one("line", class_="stop")
    assert share(stop, "x1") == pytest.approx(100 * 15 / box[2], abs=0.01)


@pytest.mark.parametrize(
    ("outcome", "zone"), [("COVERED", 0), ("INCONCLUSIVE", 1), ("NOT_COVERED", 2)]
)
def test_the_zone_of_the_outcome_is_shaded(outcome: str, zone: int) -> None:
    """Of three zones, above, between and below the boundaries, only the outcome's is filled."""
    page = read(drawn(TWO_PATHS, outcome=outcome).chart)
    zones = [one for one in page.all("rect") if "zone" in one.attributes["class"]]
    assert [one.attributes["class"] for one in zones] == [
        "zone zone-on" if at == zone else "zone" for at in range(3)
    ]
    heights = [float(one.attributes["height"]) for one in zones]
    assert sum(heights) == pytest.approx(HEIGHT, abs=0.1)
    assert min(heights) > 40  # room for the two lines of a label


def items(outcomes: str) -> tuple[ItemRow, ...]:
    words = {"s": "solved", "f": "failed", "m": "missing"}
    return tuple(ItemRow(f"i/{n}", 1, words[o], "", 1, 1, ()) for n, o in enumerate(outcomes))


@pytest.mark.parametrize("outcomes", ["s", "sfm" * 20, "m" * 120])
def test_every_item_has_a_mark_of_its_outcome(outcomes: str) -> None:
    """One mark an item in plan order, from one item to a hundred and twenty."""
    figure = drawn(evidence((len(outcomes), 0, 0)), planned=len(outcomes), items=items(outcomes))
    page = read(figure.chart)
    for name in ("solved", "failed", "missing"):
        assert len(page.all("line", class_=f"rug-{name}")) == outcomes.count(name[0])
    assert figure.marks_items


def test_marks_that_would_touch_are_left_out() -> None:
    """Beyond 120 items there is no mark for each, and the legend is told so."""
    figure = drawn(evidence((121, 0, 0)), planned=200, items=items("s" * 121))
    assert not figure.marks_items
    assert not read(figure.chart).all("line", class_="rug-solved")


def test_a_long_path_is_thinned_and_keeps_its_end() -> None:
    """Of ten thousand batches so many are drawn as asked for, the last among them."""
    long = evidence(*((n, n, n) for n in range(1, 10_001)))
    figure = drawn(long, planned=10_000, most=200)
    assert len(figure.steps) <= 200
    assert figure.steps[-1] == long.steps[-1]
    assert len(figure.chart) < 20_000


def test_an_empty_path_is_a_chart_without_a_line() -> None:
    """A run that stopped before its first batch has boundaries and no evidence."""
    page = read(drawn(Evidence("", "", "", (), 0, 0), outcome="INCONCLUSIVE").chart)
    assert not page.all("path", class_="path")
    assert len(page.all("line", class_="bound")) == 2


def test_the_chart_is_told_in_words() -> None:
    """Whoever can't see it hears where the line ended, the boundaries and the outcome."""
    page = read(drawn(TWO_PATHS).chart)
    told = page.one("desc").text
    for words in ("+4.00", "+5.00", "15 of 60", "+2.94", "−2.94", "COVERED"):
        assert words in told
    outer = page.one("svg", role="img")
    assert set(outer.attributes["aria-labelledby"].split()) == page.ids - {"hatch-evidence"}


@pytest.mark.parametrize(
    ("row", "solved", "missing"),
    [
        (LevelRow("patch", 1, 1, 0, 0, 207_000, 1_000_000), 100.0, 0.0),
        (LevelRow("patch", 2, 6, 2, 2, 310_000, 890_000), 60.0, 20.0),
        (LevelRow("patch", 3, 0, 60, 0, 0, 60_000), 0.0, 0.0),
        (LevelRow("patch", 4, 0, 0, 3, 0, 1_000_000), 0.0, 100.0),
        (LevelRow("patch", 5, 0, 0, 0, 0, 1_000_000), 0.0, 0.0),
    ],
)
def test_a_level_s_bar_and_whisker_are_its_numbers(
    row: LevelRow, solved: float, missing: float
) -> None:
    """Filled to the share solved, hatched by the share missing, the whisker from low to high."""
    (chart,) = levels_charts([row])
    page = read(chart)
    assert share(page.one("rect", class_="bar-solved"), "width") == solved
    assert share(page.one("rect", class_="bar-missing"), "x") == solved
    assert share(page.one("rect", class_="bar-missing"), "width") == missing
    whisker = page.all("line", class_="whisker")[0]
    assert row.low_ppm is not None
    assert row.high_ppm is not None
    assert share(whisker, "x1") == row.low_ppm / 10_000
    assert share(whisker, "x2") == row.high_ppm / 10_000
    assert f"{row.solved} of {row.items} solved" in page.one("body").text


def test_a_sealed_interval_has_no_whisker() -> None:
    """Counts without an interval are drawn without one, and said to be so."""
    (chart,) = levels_charts([LevelRow("patch", 1, 2, 1, 0, None, None)])
    page = read(chart)
    assert not page.all("line", class_="whisker")
    assert "interval sealed" in page.one("body").text


def test_many_levels_make_charts_that_fit_a_page() -> None:
    """Twenty-five levels make three charts, none of more than ten rows."""
    rows = [LevelRow("patch", n, 1, 1, 0, 0, 1_000_000) for n in range(25)]
    charts = levels_charts(rows)
    assert [len(read(one).all("rect", class_="bar-solved")) for one in charts] == [10, 10, 5]
    assert read("".join(charts)).faults == []


def ability(low: int, estimate: int, high: int) -> Ability:
    return Ability("", "scale/1", estimate, low, high, 950_000, "method", "assumptions", (), "")


def test_the_scale_places_estimate_interval_and_threshold_alike() -> None:
    """Distances on the chart are those of the numbers."""
    cut = Cut("cyber", "scale/1", 1_000_000, 500_000, ())
    page = read(ability_chart(ability(1_500_000, 2_000_000, 2_500_000), [cut]))
    dot = share(page.one("circle", class_="end"), "cx")
    at = share(page.one("line", class_="bound"), "x1")
    band = page.one("rect", class_="interval")
    zone = page.one("rect", class_="rest")
    per_logit = dot - at
    assert share(band, "width") == pytest.approx(per_logit, abs=0.02)
    assert share(band, "x") == pytest.approx(at + per_logit / 2, abs=0.02)
    assert share(zone, "x") == pytest.approx(at - per_logit / 2, abs=0.02)
    assert share(zone, "width") == pytest.approx(per_logit, abs=0.02)


@pytest.mark.parametrize("cuts", [[], [Cut("other", "another scale", 1, 1, ())]])
def test_no_threshold_is_drawn_unless_it_lies_on_the_scale(cuts: list[Cut]) -> None:
    """A sealed threshold, or one of another scale, is not drawn."""
    page = read(ability_chart(ability(0, 1, 2), cuts))
    assert not page.all("line", class_="bound")
    assert "The threshold is not drawn." in page.one("desc").text


@given(st.lists(st.integers(-(10**15), 10**15), min_size=3, max_size=3))
def test_any_estimate_can_be_drawn(numbers: list[int]) -> None:
    """An interval of no width, or one of a billion logits, keeps inside the picture."""
    low, estimate, high = sorted(numbers)
    page = read(ability_chart(ability(low, estimate, high), []))
    assert 0 <= share(page.one("circle", class_="end"), "cx") <= 100


@pytest.mark.parametrize(
    ("low", "high", "arrows"),
    [
        (-1_000_000, 1_000_000, []),
        (-1_000_000, OPEN_MICROLOGITS, ["100%"]),
        (-OPEN_MICROLOGITS, 1_000_000, ["0%"]),
        (-OPEN_MICROLOGITS, OPEN_MICROLOGITS, ["0%", "100%"]),
    ],
)
def test_an_open_end_is_an_arrow_at_the_edge(low: int, high: int, arrows: list[str]) -> None:
    """The band goes to the edge of the picture, and no number stands for where it has no end."""
    page = read(ability_chart(ability(low, 0, high), []))
    assert [one.attributes["x"] for one in page.all("svg", class_="arrow-at")] == arrows
    assert len(page.all("line", class_="whisker")) == 2 - len(arrows)
    band = page.one("rect", class_="interval")
    if low == -OPEN_MICROLOGITS:
        assert share(band, "x") == 0
    if high == OPEN_MICROLOGITS:
        assert share(band, "x") + share(band, "width") == pytest.approx(100, abs=0.02)
    assert "20.00" not in page.one("body").text


def references(*estimates: int) -> tuple[ReferenceModel, ...]:
    return tuple(ReferenceModel(f"m/{n}", one, 500_000) for n, one in enumerate(estimates))


def test_reference_models_stand_on_the_same_scale() -> None:
    """Each at its estimate with 1.96 standard errors on either side, the strongest on top."""
    page = read(ability_chart(ability(0, 1_000_000, 2_000_000), [], references(-3_000_000, 0)))
    dots = page.all("circle", class_="reference")
    model = share(page.one("circle", class_="end"), "cx")
    strong, weak = (share(one, "cx") for one in dots)
    assert strong - weak == pytest.approx(3 * (model - strong), abs=0.05)
    assert float(dots[0].attributes["cy"]) < float(dots[1].attributes["cy"])
    across = page.all("line", class_="whisker")[2]
    width = share(across, "x2") - share(across, "x1")
    assert width == pytest.approx(1.96 * (model - strong), abs=0.05)
    assert "m/1 is at 0 (−0.98 to +0.98)" in page.one("desc").text


def test_many_and_far_reference_models_keep_the_picture_readable() -> None:
    """Twelve rows at most, and one that lies beyond the scale doesn't squeeze the rest."""
    far = ReferenceModel("x" * 400, 10**15, 10**12)
    made = ability_chart(ability(-1_000_000, 0, 1_000_000), [], (far, *references(*range(40))))
    page = read(made)
    assert len(page.all("circle", class_="reference")) == MOST_REFERENCES
    band = page.one("rect", class_="interval")
    assert share(band, "width") > 5
    assert len(made) < 12_000


def curve(*steps: tuple[int, int], items: int = 12) -> BudgetCurve:
    return BudgetCurve(items, tuple(Spent(*step) for step in steps))


def test_the_budget_curve_is_the_data() -> None:
    """Thousandths of log10 of the tokens across, parts per million of all items upwards."""
    page = read(budget_chart(curve((1_000, 3), (10_000, 6)), 100_000))
    assert page.one("path", class_="path").attributes["d"] == (
        "M2750 0H3000V-250000H4000V-500000H5000"
    )
    box = [int(n) for n in page.one("svg", class_="stretched").attributes["viewbox"].split()]
    at = 100 * (5000 - box[0]) / box[2]
    assert share(page.one("line", class_="minimum"), "x1") == pytest.approx(at, abs=0.01)
    assert "6 of 12 items were solved" in page.one("desc").text


def test_the_budget_curve_lies_in_its_band() -> None:
    """The exact interval of each point: up along the upper ends, and back along the lower ones."""
    page = read(budget_chart(curve((1_000, 3), (10_000, 6)), 100_000))
    assert page.one("path", class_="between").attributes["d"] == (
        "M2750 -264649H3000V-571859H4000V-789056H5000V-210944H4000V-54860H3000V0H2750Z"
    )


@pytest.mark.parametrize(
    ("made", "budget"),
    [
        (curve((0, 1), items=1), 1),
        (curve((200_000, 12)), 200_000),
        (curve((300_000, 12)), 200_000),
        (curve((1, 1), (2**53, 12)), 2**53),
        (curve(*((n, n) for n in range(1, 10_001)), items=10_000), 10_000),
    ],
)
def test_any_budget_curve_can_be_drawn(made: BudgetCurve, budget: int) -> None:
    """One item or ten thousand, at once or only beyond the budget: few ticks, nothing outside."""
    chart = budget_chart(made, budget)
    page = read(chart)
    box = [int(n) for n in page.one("svg", class_="stretched").attributes["viewbox"].split()]
    across = [
        int(n) for n in re.findall(r"H(\d+)", page.one("path", class_="path").attributes["d"])
    ]
    assert box[0] <= min(across)
    assert max(across) <= box[0] + box[2]
    assert len(page.all("text", class_="tick")) <= 3 + 5
    assert len(chart) < 20_000


def point(at: int, covered: int) -> SimulatedPoint:
    shares = (
        Share(ppm, max(0, ppm - 9_000), min(1_000_000, ppm + 9_000), 950_000, "m")
        for ppm in (covered, 1_000_000 - covered, 0)
    )
    return SimulatedPoint(at, *shares)


def scenario(name: str, wrong: int, *shares: int) -> Scenario:
    points = (point((n - len(shares) // 2) * 500_000, one) for n, one in enumerate(shares))
    return Scenario(name, wrong, wrong + 1_000, wrong, wrong + 1_000, 0, 999, tuple(points))


def operating(*scenarios: Scenario) -> Page:
    played = Simulation("", scenarios, 3_000, 950_000, 1_850, 1, 2, 200_000, 3_000)
    return read(operating_chart(played, Cut("d", "s", 0, 1_000_000, ()), 50_000, 40_000))


SHARES = (0, 2_000, 20_000, 200_000, 500_000, 800_000, 980_000, 998_000, 1_000_000)


def test_the_operating_characteristic_is_the_simulation() -> None:
    """Ability in micro-logits across, share of runs upwards, a dot and its interval a point."""
    page = operating(scenario("as stated", 20_000, *SHARES))
    yes = page.one("path", class_="curve yes").attributes["d"]
    assert yes.startswith("M-2000000 0L-1500000 -2000L-1000000 -20000L")
    no = page.one("path", class_="curve no").attributes["d"]
    assert no.startswith("M-2000000 -1000000L-1500000 -998000L")
    assert page.one("path", class_="curve open").attributes["d"].startswith("M-2000000 0L")
    assert len(page.all("circle", class_="dot yes")) == len(SHARES)
    assert len(page.all("line", class_="whisker")) == 3 * len(SHARES)


def test_what_is_declared_ends_at_the_zone() -> None:
    """Alpha bounds COVERED below the zone, beta NOT_COVERED above it: neither inside."""
    page = operating(scenario("as stated", 20_000, *SHARES))
    zone = page.one("rect", class_="rest")
    alpha, beta = page.all("line", class_="declared")
    assert share(alpha, "x1") == 0
    assert alpha.attributes["x2"] == zone.attributes["x"]
    edge = share(zone, "x") + share(zone, "width")
    assert share(beta, "x1") == pytest.approx(edge, abs=0.02)
    assert share(beta, "x2") == 100
    base = float(page.one("line", class_="axis", x1="0%", x2="100%").attributes["y1"])
    heights = [base - float(one.attributes["y1"]) for one in (alpha, beta)]
    assert heights[0] / heights[1] == pytest.approx(50 / 40, abs=0.01)


def test_two_points_are_not_joined() -> None:
    """A plan that was simulated at the zone's edges alone says nothing of what lies between."""
    page = operating(scenario("as stated", 3_000, 3_000, 997_000))
    assert not page.all("path", class_="curve yes")
    assert len(page.all("circle", class_="dot no")) == 2


def test_the_scale_as_stated_and_the_worst_scenario_are_drawn() -> None:
    """Of many scenarios two; of one that is both, one."""
    stated, worst, other = (
        scenario(name, wrong, *SHARES)
        for name, wrong in (("as stated", 1_000), ("worst", 30_000), ("other", 9_000))
    )
    page = operating(stated, other, worst)
    assert len(page.all("circle", class_="dot yes worst")) == len(SHARES)
    assert "worst: 3% COVERED" in page.one("desc").text
    assert "other" not in page.one("desc").text
    assert not operating(stated).all("circle", class_="dot yes worst")


def test_a_simulation_without_points_has_a_zone_and_nothing_else() -> None:
    """No point, no dot, no line; and nothing breaks."""
    page = operating(scenario("as stated", 0))
    assert not page.all("circle")
    assert len(page.all("line", class_="declared")) == 2


def window(**over: str | None) -> WindowView:
    fields = {
        "opens_at": "2026-07-06T09:00:00Z",
        "ends_at": "2026-08-01T09:00:00Z",
        "planned_partner_release_at": "2026-08-01T09:00:00Z",
        "planned_public_release_at": "2026-08-20T09:00:00Z",
        "closed_at": None,
        **over,
    }
    return WindowView(maximum_days=30, closed_because=None, revoked=0, **fields)  # type: ignore[arg-type]


def test_moments_at_the_same_second_share_a_marker() -> None:
    """The window ends at the planned partner release, from which it is counted back (R3)."""
    told = [(one.at[:10], one.what, one.planned) for one in markers(window())]
    assert told == [
        ("2026-07-06", "Access opens", False),
        (
            "2026-08-01",
            "Access ends at the latest; planned release to other trusted partners",
            False,
        ),
        ("2026-08-20", "Planned public release", True),
    ]


def test_the_bar_is_filled_while_access_held() -> None:
    """From the opening to the closing, and hatched from there to the end that was agreed."""
    page = read(window_chart(window(closed_at="2026-07-19T09:00:00Z")))
    held, rest = page.one("rect", class_="held"), page.one("rect", class_="rest")
    assert share(held, "width") == pytest.approx(share(rest, "width"), abs=0.02)
    assert share(rest, "x") == pytest.approx(share(held, "x") + share(held, "width"), abs=0.02)
    assert len(page.all("circle", class_="pin-fact")) == 3


@pytest.mark.parametrize("year", ["2026", "2031", "9999"])
def test_a_public_release_however_far_away_leaves_the_window_readable(year: str) -> None:
    """The window keeps at least a fifth of the bar."""
    page = read(window_chart(window(planned_public_release_at=f"{year}-12-31T00:00:00Z")))
    assert share(page.one("rect", class_="held"), "width") > 20


def test_markers_that_would_lie_on_each_other_are_stacked() -> None:
    """A window closed an hour before its end has two markers at two heights."""
    page = read(window_chart(window(closed_at="2026-08-01T08:00:00Z")))
    heights = [one.attributes["cy"] for one in page.all("circle", class_="pin-fact")]
    assert len(set(heights)) == 2


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_ticks_are_few_round_and_inside(low: float, span: float) -> None:
    """At most as many as asked for, evenly spaced, none outside."""
    found = ticks(low, low + span, 5)
    assert len(found) <= 5
    assert all(low - span * 1e-6 <= one <= low + span * (1 + 1e-6) for one in found)


def test_charts_escape_what_they_are_given() -> None:
    """An element's texts and attributes are escaped, whoever wrote them."""
    made = svg.element("text", "<script>", class_='"><script>')
    assert "<script>" not in made
    assert read(made).one("text").text == "<script>"


@pytest.mark.parametrize("most", [1, 2, 7, 100])
@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 1_000])
def test_thinning_keeps_the_order_and_the_end(length: int, most: int) -> None:
    """At most so many elements, in order, the last always among them."""
    kept = thinned(range(length), most)
    assert len(kept) <= most
    assert list(kept) == sorted(set(kept))
    assert not length or kept[-1] == length - 1


def test_text_keeps_its_size() -> None:
    """No outer picture has a viewBox: it would shrink the letters with the screen."""
    for chart in (
        drawn(TWO_PATHS).chart,
        window_chart(window()),
        ability_chart(ability(0, 1, 2), []),
        budget_chart(curve((1_000, 3)), 100_000),
    ):
        assert "viewbox" not in read(chart).one("svg", role="img").attributes
        assert not re.search(r"<text[^>]*font-size", chart)
