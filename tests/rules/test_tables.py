# SPDX-License-Identifier: Apache-2.0
"""The tables of inquiry and review keep R1, R2 and R3 by their shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofhouse.errors import RefusedError
from proofhouse.rules.diagrams import drawn
from proofhouse.rules.inquiry import FINDING, INQUIRY, START, finding
from proofhouse.rules.review import CASE, ENDED, LIVE, REVIEW, WITHDRAWN
from proofhouse.rules.tables import mermaid, reachable, step

WINDOW_OPEN = {
    "assessor_to_plan_review",
    "assessor_to_run_review",
    "review_run_under_way",
    "assessor_to_deliver_findings",
    "developer_to_receive_findings",
    "findings_received",
    "assessor_to_run_retest",
    "retest_under_way",
    "partner_to_accept",
}


def test_every_target_is_a_row() -> None:
    """A transition never leads to a state that the table does not have."""
    assert {after for row in CASE.values() for after in row.values()} <= set(CASE)


def test_every_state_is_reached() -> None:
    """No row is dead: every state can be reached from the start."""
    assert reachable(CASE, START) == set(CASE)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_the_developer_may_withdraw_in_every_live_state(state: str) -> None:
    """R1: in each live state the developer may leave, and ends as withdrawn."""
    after = step(CASE, state, "withdrawal")
    assert after in WITHDRAWN
    assert reachable(CASE, after) <= WITHDRAWN
    assert "withdrawn" in reachable(CASE, after)


def test_live_ended_and_withdrawn_are_all_there_is() -> None:
    """Every state is the start, live, ended, or on its way out after a withdrawal."""
    assert set(CASE) == LIVE | ENDED | WITHDRAWN | {START}
    assert set() == ENDED & LIVE


def test_nothing_permits_and_nothing_forbids() -> None:
    """R1: no state and no event is an approval, a denial or a licence."""
    words = {*CASE, *(event for row in CASE.values() for event in row)}
    forbidden = ("approv", "deny", "denied", "reject", "licen", "clear", "permit", "block", "allow")
    assert [w for w in words if any(part in w for part in forbidden)] == []


def test_silence_is_no_finding() -> None:
    """R1: no event is the passing of time, and a case nobody moves shows “no finding”."""
    events = {event for row in CASE.values() for event in row}
    assert [e for e in events if "timeout" in e or "expire" in e or "lapse" in e] == []
    assert {finding(state) for state in INQUIRY if state not in FINDING} == {"no finding"}


def test_a_review_begins_only_from_covered() -> None:
    """R2: the one way into the second stage is a request in the state “covered”."""
    into = {
        (state, event)
        for state, row in INQUIRY.items()
        for event, after in row.items()
        if after in REVIEW
    }
    assert into == {("covered", "review_requested")}


@pytest.mark.parametrize("state", sorted(WINDOW_OPEN))
def test_an_open_window_can_always_be_closed(state: str) -> None:
    """R3: in every state with an open window the registrar can close it."""
    assert "window_closed" in CASE[state]


def test_findings_come_before_partners() -> None:
    """R13, R8: every path to partner access has passed “findings received”."""
    without = {
        state: {event: after for event, after in row.items() if event != "findings_received"}
        for state, row in CASE.items()
    }
    reached = reachable(without, START)
    assert not any("partner_access" in without[state] for state in reached)


def test_a_run_under_way_always_ends_in_a_statement() -> None:
    """R16: from a run under way no ended state is reached without the run's own ending."""
    ends = {"run_ended", "run_failed"}
    for start in ("run_under_way", "review_run_under_way", "retest_under_way"):
        without = {
            state: {event: after for event, after in row.items() if event not in ends}
            for state, row in CASE.items()
        }
        assert reachable(without, start) & ENDED == set()


def test_a_refusal_names_what_is_allowed() -> None:
    """An event out of turn is refused with the state and the events that could follow."""
    with pytest.raises(RefusedError) as caught:
        step(CASE, "developer_to_submit", "determined_covered")
    assert "developer to submit" in str(caught.value)
    assert "submission" in str(caught.value)
    assert "withdrawal" in str(caught.value)


def test_the_drawing_shows_every_transition() -> None:
    """The diagram is the table: one arrow a transition, one end a state without events."""
    drawing = mermaid(CASE, START)
    arrows = sum(len(row) for row in CASE.values())
    ends = sum(not row for row in CASE.values())
    assert drawing.count("-->") == 1 + arrows + ends


def test_the_map_shows_the_tables() -> None:
    """The diagrams in docs/map.md are the ones that the tables draw."""
    page = Path(__file__).parents[2].joinpath("docs/map.md").read_text()
    assert drawn(page) == page
    assert "developer_to_submit --> assessor_to_plan: submission" in page
