# SPDX-License-Identifier: Apache-2.0
"""A case in a dozen lines, for a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.views import Standing, case_view, summary_lines
from views import cases


def lines_of(told: cases.Told) -> tuple[str, ...]:
    return summary_lines(case_view(told.case, told.record, told.opened, Standing()))


def test_the_summary_of_a_reviewed_case() -> None:
    """Outcome, where it stands, what was tested and measured, the review, and what it rests on."""
    told = cases.covered_and_reviewed()
    assert lines_of(told) == (
        "COVERED. This version of the model was determined to be a covered frontier model.",
        "The review has ended and all access is revoked.",
        f"case        {told.case.id}",
        "model       northlight-4-preview (checkpoint step-412000)",
        "bank        memory-flaw-bank, version 3",
        "threshold   cyber at +1.25 logits, zone ±0.50",
        "            logits are steps on the bank’s scale: a model placed where an item is solves "
        "it half the time",
        "items       15 used of 60 planned: 13 solved, 1 failed, 1 missing",
        "spent       1,166,340 tokens, 55 min",
        "evidence    +4.00 to +5.00 nats; COVERED from +2.94, NOT_COVERED from −2.94",
        "            nats weigh a model just above the zone against one just below, missing items "
        "scored both ways; an answer takes 19 to 1",
        "ability     +2.90 logits (95% interval +2.09 to +3.71)",
        "strictly    above the threshold itself, with no zone around it: 45 to 1; it takes 20 to 1",
        "shifted     all items up to 2 standard errors harder or easier than calibrated: the same "
        "answer",
        "errs        at most 3.4% wrong COVERED and 3.5% wrong NOT_COVERED in the worst of 2 "
        "simulated scenarios; declared 5% and 5%",
        "terms       6 of 6 clauses accepted",
        "window      6 July 2026 to 1 August 2026, closed 1 August 2026",
        "findings    2 findings",
        "partners    1",
        "record      19 statements, leaves 9 to 66",
        "shows       integrity, not independence: nothing was changed, but one home holds every "
        "key",
        "            order proven, times claimed: no witness saw when the log grew",
    )


def test_what_is_sealed_is_said_to_be_sealed() -> None:
    """A public bundle's summary names what it can't say."""
    lines = lines_of(cases.for_public())
    for row in (
        "model       sealed (checkpoint step-412000)",
        "threshold   sealed",
        "evidence    sealed",
        "ability     sealed",
        "findings    2 findings, sealed",
    ):
        assert row in lines


@pytest.mark.parametrize("story", cases.STORIES)
def test_a_unit_is_explained_once_and_where_it_is_used(story: str) -> None:
    """Whoever reads of logits or nats is told once, on the line below the first, what they are."""
    lines = lines_of(cases.STORIES[story]())
    for unit in ("logits", "nats"):
        used = [n for n, line in enumerate(lines) if f" {unit}" in line and line[0] != " "]
        told = [n for n, line in enumerate(lines) if line.strip().startswith(unit)]
        assert told == [used[0] + 1] if used else told == []


def test_evidence_is_told_in_odds_of_the_side_it_is_on() -> None:
    """Where no item is missing the odds say for which side the outcomes weigh."""
    (told,) = (line for line in lines_of(cases.not_covered()) if "nats weigh" in line)
    assert "for a model just below the zone against one just above; an answer takes 19 to 1" in told


def test_what_stays_sealed_is_named() -> None:
    """The values that are not opened are counted and the first three are named."""
    told = cases.covered_and_reviewed().seal(("bank-commitment", "seed"))
    assert "sealed      1 value stays sealed: the bank’s secret seed" in lines_of(told)
    (many,) = (line for line in lines_of(cases.for_developer()) if line.startswith("sealed"))
    assert many == (
        "sealed      5 values stay sealed: the bank’s secret seed, the threshold, the list of "
        "items and 2 more"
    )


@pytest.mark.parametrize("story", cases.STORIES)
def test_every_case_has_a_summary_that_a_terminal_can_show(story: str) -> None:
    """One line a fact, no control character, and no line that runs on for ever."""
    for line in lines_of(cases.STORIES[story]()):
        assert line.isprintable()
        assert len(line) <= 250


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1))
def test_no_name_steers_the_terminal(name: str) -> None:
    """Whatever a model is called, its line holds no control character and no newline."""
    for line in lines_of(cases.submitted(model=name)):
        assert not {unicodedata.category(one) for one in line} & {"Cc", "Cs", "Zl", "Zp"}
