# SPDX-License-Identifier: Apache-2.0
"""Whatever a page says comes next has a way to it, and what was typed is never lost."""

from __future__ import annotations

import re

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import text_of  # type: ignore[import-not-found]
from proofhouse.formats.policy import Policy
from proofhouse.portal import needs
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


def test_a_page_that_is_loaded_again_makes_nothing(worn_town: Town) -> None:
    """A form is answered by a redirect: what it made is shown once, and not made again."""
    admin, access = worn_town.client("administrator"), worn_town.house.access
    lab = worn_town.organisations["Example Lab"].id
    form = {"name": "Mira", "acting": f"{lab}/developer", "csrf": worn_town.csrf(admin)}
    made = admin.post("/people", data=form)
    before, page = len(access.people()), made.headers["location"]
    other = worn_town.client("administrator")
    assert (made.status_code, "/link/" in other.get(page).text) == (303, False)
    assert "/link/" in admin.get(page).text
    assert "/link/" not in admin.get(page).text
    assert len(access.people()) == before


def test_whoever_was_accepted_waits_on_the_administrators_desk(worn_town: Town) -> None:
    """An organisation without people stands there, and so does what the house lacks."""
    admin = worn_town.client("administrator")
    worn_town.house.access.add_organisation("Rural clinic", roles=("inspector",))
    page = text_of(admin.get("/home"))
    assert "Rural clinic" in page
    assert "Owning bodies with people: 2, of which 2 sign together" in page


def test_before_there_is_a_bank_every_desk_says_so(
    quiet_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Desk and form say whose move it is before anything is typed."""
    there = [quiet_town.client("developer").get(at).text for at in ("/home", "/begin/inquire")]
    monkeypatch.setattr(needs, "may_be_asked", lambda _house: False)
    for address, before in zip(("/home", "/begin/inquire"), there, strict=True):
        assert "no bank in use yet" in quiet_town.client("developer").get(address).text
        assert "no bank in use yet" not in before


def test_the_public_learns_how_to_come_in(quiet_town: Town) -> None:
    """Front page and sign-in name who runs the house; partners find where to apply."""
    front = quiet_town.client().get("/").text
    assert "The house runs this house." in text_of(quiet_town.client().get("/sign-in"))
    assert {"/partners/apply", "/partners/numbers"} <= set(re.findall(r'href="([^"]+)"', front))
