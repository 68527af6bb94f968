# SPDX-License-Identifier: Apache-2.0
"""What a page says is so: who is sealed is sealed everywhere, what can't be done isn't offered."""

from __future__ import annotations

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import text_of  # type: ignore[import-not-found]


@pytest.mark.parametrize(("role", "sees"), [("partner", False), ("inspector", True)])
def test_whoever_is_sealed_is_sealed_as_a_signer_too(
    quiet_town: Town, role: str, sees: bool
) -> None:
    """The developer's name stands on no page, in no dossier and in no answer to a partner (R7)."""
    start = quiet_town.case_in("partner_to_accept")[:16]
    client = quiet_town.client(role)
    program = quiet_town.program(role, "read", "read-confidential")
    for answer in (
        client.get(f"/cases/{start}"),
        client.get(f"/cases/{start}/dossier.html"),
        program.get(f"/api/v1/cases/{quiet_town.case_in('partner_to_accept')}/statements"),
    ):
        assert answer.status_code == 200
        assert ("Example Lab" in answer.text) is sees
        assert "Institute" in answer.text
    page = text_of(client.get(f"/cases/{start}"))
    assert ("Developer ·" in page) is not sees
