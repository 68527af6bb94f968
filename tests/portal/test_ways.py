# SPDX-License-Identifier: Apache-2.0
"""Whatever a page says comes next has a way to it, and what was typed is never lost."""

from __future__ import annotations

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import text_of  # type: ignore[import-not-found]
from proofhouse.portal.people import found_organisation


def test_a_result_is_disclosed_from_its_case(quiet_town: Town) -> None:
    """Where a disclosure is possible, the assessor's page of the case leads to it (R7)."""
    start = quiet_town.case_in("covered")[:16]
    page = quiet_town.client("assessor").get(f"/cases/{start}")
    assert f"/cases/{start}/do/disclose" in page.text
    page = quiet_town.client("developer").get(f"/cases/{start}")
    assert "COVERED" in page.text
    assert "/do/disclose" not in page.text


def test_stewards_choose_among_stewards(worn_town: Town) -> None:
    """Organisations that are stewards alone can speak for a project together (R18)."""
    made = found_organisation(worn_town.house, "A Commons", "steward")
    page = text_of(worn_town.client("steward").get("/begin/inquire"))
    assert made.name in page
    assert "Example Lab" in page
    assert "Institute" not in page
