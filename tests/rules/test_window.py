# SPDX-License-Identifier: Apache-2.0
"""R3: the access window is counted back from the planned release to other trusted partners."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.rules.window import MAXIMUM_DAYS, Window, lower, parse_time, print_time

PARTNER = "2026-12-31T12:00:00Z"
PUBLIC = "2027-02-01T00:00:00Z"


def window(opens_at: str = "2026-12-10T00:00:00Z", days: int = 30) -> Window:
    return Window(opens_at, PARTNER, PUBLIC, days)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T23:59:59Z", 951_868_799),
        ("2026-06-02T00:00:00Z", 1_780_358_400),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_time_is_seconds_since_1970(text: str, seconds: int) -> None:
    """A time reads as the seconds that `date -u +%s` gives, and prints back to the same text."""
    assert parse_time(text) == seconds
    assert print_time(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-02T00:00:00+00:00",
        "2026-06-02 00:00:00Z",
        "2026-06-02T00:00:00z",
        "2026-06-02T00:00:00.0Z",
        "2026-06-02T00:00Z",
        "2026-6-2T00:00:00Z",
        "2026-06-02T24:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        " 2026-06-02T00:00:00Z",
        "2026-06-02T00:00:00Z\n",
        "٢٠٢٦-06-02T00:00:00Z",
        "",
        None,
        1_780_358_400,
    ],
)
def test_another_spelling_is_no_time(text: object) -> None:
    """Only one spelling of a time that exists is read."""
    with pytest.raises(InputError, match="is not a time"):
        parse_time(text)


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800, True, 1.0])
def test_what_has_no_spelling_is_not_printed(seconds: int) -> None:
    """A number outside four-digit years, or of another type, does not print."""
    with pytest.raises(InputError):
        print_time(seconds)


def test_access_holds_from_opening_until_just_before_the_end() -> None:
    """Access opens with the first second of the window and is gone at the partner release."""
    held = window()
    assert held.ends_at == PARTNER
    assert not held.allows("2026-12-09T23:59:59Z")
    assert held.allows("2026-12-10T00:00:00Z")
    assert held.allows("2026-12-31T11:59:59Z")
    assert not held.allows("2026-12-31T12:00:00Z")
    held.require("2026-12-31T11:59:59Z", "a run")


@pytest.mark.parametrize("at", ["2026-12-09T23:59:59Z", PARTNER, PUBLIC])
def test_refusal_of_access_says_what_why_and_when(at: str) -> None:
    """A refused access names the rule, the act, its time and the times that are allowed."""
    with pytest.raises(RefusedError) as refusal:
        window().require(at, "a run")
    assert refusal.value.rule == "R3"
    for part in ("A run", at, "2026-12-10T00:00:00Z", PARTNER):
        assert part in str(refusal.value)


def test_window_may_span_exactly_the_maximum() -> None:
    """A window of 30 days to the second is allowed, one second more is refused."""
    assert window("2026-12-01T12:00:00Z").allows("2026-12-01T12:00:00Z")
    with pytest.raises(RefusedError, match="2026-12-01T12:00:00Z until before") as refusal:
        window("2026-12-01T11:59:59Z")
    assert refusal.value.rule == "R3"


def test_lowered_maximum_binds() -> None:
    """After the maximum was lowered to 14 days, a window of 15 days is refused."""
    assert window("2026-12-17T12:00:00Z", days=14).maximum_days == 14
    with pytest.raises(RefusedError, match="at most 14 days"):
        window("2026-12-16T12:00:00Z", days=14)


@pytest.mark.parametrize("opens_at", [PARTNER, "2027-01-10T00:00:00Z"])
def test_window_opens_before_the_partner_release(opens_at: str) -> None:
    """A window is counted back from the partner release, not from the public one."""
    with pytest.raises(RefusedError, match="ends with the planned release to other trusted"):
        window(opens_at)


def test_public_release_is_not_before_the_partner_release() -> None:
    """A public release before the partner release is an input error; the same moment is not."""
    assert Window("2026-12-10T00:00:00Z", PARTNER, PARTNER, 30).ends_at == PARTNER
    with pytest.raises(InputError, match="before the planned release to other trusted partners"):
        Window("2026-12-10T00:00:00Z", PARTNER, "2026-12-31T11:59:59Z", 30)


@pytest.mark.parametrize("days", [0, -1, 31, 90, True, 30.0, "30", None])
def test_maximum_is_one_to_thirty_days(days: object) -> None:
    """No setting makes a window longer than the order's 30 days."""
    with pytest.raises(InputError, match="from 1 to 30"):
        window(days=days)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="from 1 to 30"):
        lower(MAXIMUM_DAYS, days)  # type: ignore[arg-type]


def test_maximum_can_only_be_lowered() -> None:
    """Lowering and keeping are allowed, raising is refused even below the order's maximum."""
    assert lower(30, 14) == 14
    assert lower(14, 14) == 14
    with pytest.raises(RefusedError, match="Allowed are 1 to 14 days") as refusal:
        lower(14, 15)
    assert refusal.value.rule == "R3"


def test_window_near_1970_has_no_opening_before_it() -> None:
    """A partner release early in 1970 does not compute an opening before the first second."""
    with pytest.raises(RefusedError, match="from 1970-01-01T00:00:00Z"):
        Window("1970-01-05T00:00:00Z", "1970-01-04T00:00:00Z", PUBLIC, 30)


def test_window_is_frozen() -> None:
    """A window that was checked once can't be changed into one that was not."""
    with pytest.raises(FrozenInstanceError):
        window().maximum_days = 31  # type: ignore[misc]
