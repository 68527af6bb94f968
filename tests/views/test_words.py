# SPDX-License-Identifier: Apache-2.0
"""The tables of words are complete over the rules' own tables."""

from __future__ import annotations

from typing import get_args

import pytest

from proofhouse.formats.predicates import CLAUSES, SHAPES, VALUES
from proofhouse.rules.determination import Reason
from proofhouse.rules.registration import SIGNERS
from proofhouse.rules.report import REPORT
from proofhouse.rules.review import CASE
from proofhouse.rules.terms import NEEDS
from proofhouse.views import words
from proofhouse.views.openings import READERS


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (words.STATEMENTS, SHAPES),
        (words.NOW, CASE),
        (words.REPORT_NOW, REPORT),
        (words.REASONS, get_args(Reason)),
        (words.CLAUSES, CLAUSES),
        (words.RULED_OUT, NEEDS),
        (words.ROLES, {role for roles in SIGNERS.values() for role in roles}),
        (words.HIDDEN, VALUES),
        (READERS, VALUES),
    ],
)
def test_every_word_of_the_rules_has_one_for_people(table: object, keys: object) -> None:
    """No state, statement, reason, clause, role or hidden field is without its words."""
    assert set(table) == set(keys)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "words_of_blame", ["approve", "deny", "denied", "passed", "failed the test", "clears", "safe"]
)
def test_no_state_is_told_as_permission_or_failure(words_of_blame: str) -> None:
    """No sentence about where a case stands approves, denies or clears (R1)."""
    assert all(words_of_blame not in sentence for sentence in words.NOW.values())


@pytest.mark.parametrize(
    ("custody", "witnesses", "begins"),
    [
        ("single", 0, ("integrity, not independence:", "order proven, times claimed:")),
        (None, 0, ("integrity, not independence:", "order proven, times claimed:")),
        (
            "separate",
            1,
            ("integrity, with keys held apart:", "order proven and seen by 1 witness;"),
        ),
        (
            "separate",
            3,
            ("integrity, with keys held apart:", "order proven and seen by 3 witnesses;"),
        ),
    ],
)
def test_what_a_check_shows_is_no_more_than_what_is_known(
    custody: str | None, witnesses: int, begins: tuple[str, str]
) -> None:
    """Without separate custody there is no independence, no time without witnesses, and why."""
    for said, beginning in zip(words.shown(custody, witnesses), begins, strict=True):
        assert said.startswith(beginning)
        assert len(said) > len(beginning) + 10


def test_only_a_home_that_holds_every_key_is_said_to() -> None:
    """That one home holds every key is said of single custody alone."""
    for custody in ("single", "separate", None):
        told = "one home holds every key" in words.shown(custody, 0)[0]
        assert told == (custody == "single")
