# SPDX-License-Identifier: Apache-2.0
"""What ends with a window, with an opening, and with a promise (R3, R5)."""

from __future__ import annotations

import pytest

from proofhouse.errors import RefusedError
from views import cases


def _run_in_review() -> cases.Told:
    """A review whose window is open and whose run is under way."""
    told = cases.covered()
    cases.agreed(told)
    ends = told.entry("window-opened").predicate["endsAt"]
    assert ends[:4] == "2026"
    cases.planned_for_findings(told)
    cases.started(told, "2026-07-06T10:00:00Z")
    return told


@pytest.mark.parametrize("at", ["2026-12-31T09:00:00Z", "2027-06-01T09:00:00Z"])
def test_a_run_does_not_go_on_after_its_window(at: str) -> None:
    """Completed after the end is refused; ended by the window is not (R3)."""
    told = _run_in_review()
    plan = cases.make_plan(36)
    rows = cases.rows_of(plan, cases.alternately(plan, "ssfsf", 36))
    with pytest.raises(RefusedError, match="after the end of its access window"):
        cases.ended(told, rows, at)
    cases.ended(told, rows[:6], at, ending="stopped", reason="window closing")


def test_a_run_says_that_its_window_closed_only_if_it_did() -> None:
    """Before the window's end there is no such reason (R3)."""
    told = _run_in_review()
    plan = cases.make_plan(36)
    rows = cases.rows_of(plan, cases.alternately(plan, "ssfsf", 36))
    with pytest.raises(RefusedError, match="which was not"):
        cases.ended(
            told, rows[:6], "2026-07-06T18:00:00Z", ending="stopped", reason="window closing"
        )


def test_a_promise_is_for_ten_years_at_most() -> None:
    """A bank that is to be opened in a thousand years is never checked (R5)."""
    with pytest.raises(RefusedError, match="more than 10 years"):
        cases.submitted(open_by="3026-06-30T00:00:00Z")
