# SPDX-License-Identifier: Apache-2.0
"""Whatever a page says comes next has a way to it, and what was typed is never lost."""

from __future__ import annotations

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import text_of  # type: ignore[import-not-found]
from proofhouse.formats.policy import Policy
from proofhouse.portal.people import found_organisation
from proofhouse.verify import verify


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


@pytest.mark.parametrize("role", ["developer", "assessor", "partner"])
def test_a_bundle_is_checked_by_the_policy_beside_it(quiet_town: Town, role: str) -> None:
    """Whoever may take a bundle away gets a policy by which it verifies; it names nobody who is
    sealed from them, and no other developer (R7).
    """
    start = quiet_town.case_in("partner_to_accept")[:16]
    client = quiet_town.client(role)
    assert "--policy policy.json" in client.get(f"/cases/{start}").text
    policy = Policy.parse(client.get(f"/cases/{start}/policy.json").content)
    assert verify(client.get(f"/cases/{start}/bundle.json").content, policy).status == "verified"
    assert ("Example Lab" in policy.names.values()) is (role != "partner")
    assert not {"Other Lab", "Power Company"} & {*policy.names.values()}


def test_the_public_policy_names_no_developer(quiet_town: Town) -> None:
    """Anybody gets the keys of log, bodies, assessors and registrar, and of nobody else (R1)."""
    data = quiet_town.client().get("/policy.json").content
    assert data == quiet_town.client().get("/api/v1/policy").content
    policy, whole = Policy.parse(data), quiet_town.house.policy
    assert policy.issuers["body"] == whole.issuers["body"]
    assert policy.issuers["assessor"] == whole.issuers["assessor"]
    assert policy.issuers["developer"] == policy.issuers["partner"] == ()
