# SPDX-License-Identifier: Apache-2.0
"""Numbers, times and other people's text as a person reads them."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.views import plain


@pytest.mark.parametrize(
    ("micro", "shown"),
    [
        (2_944_439, "+2.94"),
        (-2_944_439, "−2.94"),
        (0, "0"),
        (4_999, "0"),
        (-4_999, "0"),
        (10_000, "+0.01"),
        (1_000_000, "+1.00"),
    ],
)
def test_evidence_carries_its_sign_and_two_decimals(micro: int, shown: str) -> None:
    """Evidence is shown to a hundredth, with a true minus sign, and never as −0.00."""
    assert plain.nats(micro) == shown == plain.logits(micro)


@pytest.mark.parametrize(
    ("micronats", "shown"),
    [
        (2_944_439, "19 to 1"),
        (-2_944_439, "19 to 1"),
        (0, "1.0 to 1"),
        (693_147, "2.0 to 1"),
        (2**53, "over a million to 1"),
    ],
)
def test_odds_are_a_ratio_to_one(micronats: int, shown: str) -> None:
    """A log-likelihood ratio is told as so many to one, and no size of it overflows."""
    assert plain.odds(micronats) == shown


@pytest.mark.parametrize(
    ("ppm", "shown"),
    [
        (50_000, "5%"),
        (611_111, "61.1%"),
        (1_000_000, "100%"),
        (0, "0%"),
        (1, "under 0.1%"),
        (999_999, "over 99.9%"),
    ],
)
def test_percentages_have_a_decimal_only_where_one_is_needed(ppm: int, shown: str) -> None:
    """One decimal at most, and rounding never turns rarely into never."""
    assert plain.percent(ppm) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0.0 s"),
        (3, "under 0.1 s"),
        (400, "0.4 s"),
        (41_000, "41 s"),
        (600_000, "10 min"),
        (8_040_000, "2 h 14 min"),
        (7_200_000, "2 h"),
    ],
)
def test_a_duration_is_told_in_the_units_of_its_size(milliseconds: int, shown: str) -> None:
    """Seconds, minutes or hours, whichever a person would say."""
    assert plain.duration(milliseconds) == shown


def test_times_keep_their_zone() -> None:
    """A moment says that it is UTC."""
    assert plain.moment("2026-07-01T09:05:00Z") == "1 July 2026, 09:05 UTC"
    assert plain.day("0000-02-29T00:00:00Z") == "29 February 0"


@given(st.datetimes(), st.datetimes())
def test_seconds_between_times_are_the_calendar_s(first: datetime, second: datetime) -> None:
    """Differences of times agree with the standard library over the years that it knows."""
    first, second = first.replace(microsecond=0), second.replace(microsecond=0)
    written = [f"{one.isoformat()}Z" for one in (first, second)]
    difference = plain.seconds(written[1]) - plain.seconds(written[0])
    assert difference == round((second - first).total_seconds())


def test_a_window_of_a_day_and_a_second_counts_two_days() -> None:
    """Days of access are rounded up, so that a window is never shown shorter than it is."""
    assert plain.days_between("2026-07-01T09:00:00Z", "2026-07-02T09:00:01Z") == 2
    assert plain.days_between("2026-07-01T09:00:00Z", "2026-07-02T09:00:00Z") == 1


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\x1b",
        "\x00",
        "\x9b",
        "\u2028",
        "\ud800",
        "\U000e0041",
    ],
)
def test_a_character_that_hides_or_steers_is_written_out(hidden: str) -> None:
    """Overrides, invisible spaces, escapes and lone surrogates are shown by their number."""
    assert plain.visible(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_ordinary_writing_stays_as_it_is() -> None:
    """Letters with accents, other scripts, emoji with joiners and newlines pass unchanged."""
    ordinary = "Ελλάς café नमस्ते שלום 東京 👩\u200d🔬\nnext line"
    assert plain.visible(ordinary) == ordinary


def test_a_pile_of_marks_is_cut() -> None:
    """Of many combining marks on a letter three stay: a pile is drawn over its neighbours."""
    assert plain.visible("a" + "\u0301" * 40 + "b") == "a" + "\u0301" * 3 + "b"


@given(st.text())
def test_visible_text_can_neither_steer_nor_hide(text: str) -> None:
    """Whatever is put in, no control but the newline, no bidirectional control, no surrogate."""
    for character in plain.visible(text):
        assert character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}
        assert unicodedata.bidirectional(character) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
        }  # fmt: skip


@given(st.text(), st.integers(2, 60))
def test_one_line_is_one_line_and_no_longer_than_asked(text: str, limit: int) -> None:
    """A terminal gets one line of at most so many characters."""
    line = plain.one_line(text, limit)
    assert "\n" not in line
    assert len(line) <= limit


@pytest.mark.parametrize(
    ("words", "shown"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_a_list_reads_as_a_sentence(words: tuple[str, ...], shown: str) -> None:
    """The last two are joined by and."""
    assert plain.listed(words) == shown
