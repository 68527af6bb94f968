# SPDX-License-Identifier: Apache-2.0
"""What is promised to be opened by a day measures nothing from that day on (R5, R16)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proofhouse.desk import inquire, measure
from proofhouse.errors import RefusedError
from proofhouse.rules.party import Party
from proofhouse.rules.registration import Case
from stories import rehearsal

LATER = "2999-01-01T00:00:00Z"


def test_a_bank_past_its_day_takes_no_inquiry_and_is_active_no_more(tmp_path: Path) -> None:
    """The rules refuse the inquiry, and the desk asks for a newer version."""
    with rehearsal.opened(tmp_path / "home") as played:
        desk = replace(played.desk, clock=lambda: LATER)
        assert measure.active_bank(played.desk) is not None
        assert measure.active_bank(desk) is None
        draft = inquire.draft(
            Case("ab" * 32),
            played.bank.entry,
            Party("developer", 1, (played.developer_key,)),
            developer="Late Lab",
            contact="late@lab.example",
            at=LATER,
        )
        signed = draft.signed(played.home.keys["developer"])
        before = desk.log.size
        with pytest.raises(RefusedError, match="was to be opened by"):
            desk.register(signed, draft.openings)
        assert desk.log.size == before
