# SPDX-License-Identifier: Apache-2.0
"""Whatever a page says comes next has a way to it, and what was typed is never lost."""

from __future__ import annotations

import re

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import text_of  # type: ignore[import-not-found]
from proofhouse.desk import plan_evaluation, state_run, withdraw
from proofhouse.errors import ModelError
from proofhouse.formats.policy import Policy
from proofhouse.journey import Wishes
from proofhouse.portal import cases, needs
from proofhouse.portal.people import found_organisation
from proofhouse.portal.runs import Errand, State
from proofhouse.seat import Known
from proofhouse.verify import verify
from stories import rehearsal


def test_a_result_is_disclosed_from_its_case(quiet_town: Town) -> None:
    """Where a disclosure is possible, the assessor's page of the case leads to it (R7)."""
    start = quiet_town.case_in("covered")[:16]
    page = quiet_town.client("assessor").get(f"/cases/{start}")
    assert f"/cases/{start}/do/disclose" in page.text
    page = quiet_town.client("developer").get(f"/cases/{start}")
    assert "COVERED" in page.text
    assert "/do/disclose" not in page.text


def test_no_developer_learns_who_else_is_one(worn_town: Town) -> None:
    """Stewards name each other by key ids that they hand over; nobody is listed, and a form that
    contradicts itself is told so (R2, R16, R18).
    """
    made = found_organisation(worn_town.house, "A Commons", "steward")
    client = worn_town.client("developer")
    page = text_of(client.get("/begin/inquire"))
    assert made.name not in page
    assert "Other Lab" not in page
    assert worn_town.party("Example Lab") in client.get("/begin/inquire").text

    def asked(**filled: str) -> str:
        told = {"name": "P", "contact": "x", "standing": "stewards", **filled}
        answer = client.post("/begin/inquire", data={**told, "csrf": worn_town.csrf(client)})
        assert answer.status_code == 422
        return text_of(answer)

    assert "Nobody here has the key id" in asked(stewards="ab" * 32)
    assert "Name at least one other steward" in asked(stewards=worn_town.party("Example Lab"))
    assert "You name other stewards" in asked(stewards=made.party or "", standing="developer")
    assert "2 stewards; 3 of them" in asked(stewards=made.party or "", needed="3")


@pytest.mark.parametrize("role", ["developer", "assessor"])
def test_a_bundle_is_checked_by_the_policy_beside_it(quiet_town: Town, role: str) -> None:
    """Whoever may take a bundle away gets a policy by which it verifies; it names nobody who is
    sealed from them, and no other developer (R7).
    """
    start = quiet_town.case_in("partner_to_accept")[:16]
    client = quiet_town.client(role)
    assert "--policy policy.json" in client.get(f"/cases/{start}").text
    policy = Policy.parse(client.get(f"/cases/{start}/policy.json").content)
    assert verify(client.get(f"/cases/{start}/bundle.json").content, policy).status == "verified"
    assert "Example Lab" in policy.names.values()
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


def test_a_form_that_is_wrong_comes_back_as_it_was_filled(worn_town: Town) -> None:
    """Budgets or a day: the error stands at its field, and nothing that was typed is lost."""
    assessor, start = worn_town.client("assessor"), worn_town.case_in("assessor_to_plan")[:16]
    form = {"tokens": "7", "turns": "12", "seconds": "300", "samples": "2"}
    page = assessor.post(
        f"/cases/{start}/errand/plan", data={**form, "csrf": worn_town.csrf(assessor)}
    )
    assert page.status_code == 422
    assert 'value="7"' in page.text
    assert "This must be from 1,000 to" in text_of(page)
    lab, start = worn_town.client("developer"), worn_town.case_in("developer_to_open_window")[:16]
    form = {"partner_release": "2020-01-01", "maximum_days": "30", "csrf": worn_town.csrf(lab)}
    page = lab.post(f"/cases/{start}/do/open-window", data=form)
    assert "Choose a day from tomorrow, " in text_of(page)
    assert 'value="2020-01-01"' in page.text


def test_an_endpoint_that_does_not_answer_costs_nobody_what_they_typed(
    worn_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form comes back with the error at the endpoint; a short name is given its provider."""
    asked: list[str] = []

    def probe(filled: dict[str, str]) -> None:
        asked.append(filled["model"])
        raise ModelError("It answers 401.", hint="Is the key right?")

    monkeypatch.setattr(worn_town.house, "probe", probe)
    lab, start = worn_town.client("developer"), worn_town.case_in("developer_to_submit")[:16]
    form = {"model": "model-x", "endpoint": "https://192.0.2.7/v1", "key": "wrong"}
    monkeypatch.setattr(cases, "check_endpoint", lambda *_: None)
    page = lab.post(
        f"/cases/{start}/do/submit",
        data={**form, "safeguards": "none", "access": "black-box", "csrf": worn_town.csrf(lab)},
    )
    assert (page.status_code, asked) == (422, ["openai-api/lab/model-x"])
    assert "It answers 401. Is the key right?" in text_of(page)
    assert 'value="model-x"' in page.text
    assert 'value="wrong"' not in page.text


def test_what_is_said_of_findings_outlasts_an_endpoint_that_refuses(
    worn_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address left empty is the one before, asked with the key that is kept for it; where it
    refuses, everything that was written stands there still, but for keys.
    """
    asked: list[tuple[str, str, str]] = []

    def probe(filled: dict[str, str]) -> None:
        asked.append((filled["model"], filled["endpoint"], filled["key"]))
        raise ModelError("It refused the key.")

    def value(_known: Known, _entry: object, name: str) -> object:
        assert name == "model"
        return {"name": "openai-api/lab/x", "provider": "openai-api", "endpoint": "https://a/v1"}

    monkeypatch.setattr(worn_town.house, "probe", probe)
    monkeypatch.setattr(Known, "value", value)
    case = worn_town.case_in("findings_received")
    worn_town.house.keep_key(case, b"kept")
    lab = worn_town.client("developer")
    form = {"answer:F1": "fixed", "text:F1": "It refuses now.", "checkpoint": "c2", "model": "y"}
    for key, used in (("", "kept"), ("n3w", "n3w")):
        data = {**form, "key": key, "csrf": worn_town.csrf(lab)}
        page = lab.post(f"/cases/{case[:16]}/findings", data=data)
        assert page.status_code == 422
        assert asked.pop() == ("openai-api/lab/y", "https://a/v1", used)
        assert "It refused the key." in text_of(page)
        assert "It refuses now." in page.text
        assert "n3w" not in page.text


def test_a_refusal_within_a_case_leads_back_to_it(quiet_town: Town) -> None:
    """Whoever is told no gets a way back, not their start page alone."""
    start = quiet_town.case_in("assessor_to_plan")[:16]
    page = quiet_town.client("assessor").get(f"/cases/{start}/do/deliver-findings")
    assert (page.status_code, f'href="/cases/{start}"' in page.text) == (409, True)
    dead = text_of(quiet_town.client().get("/link/guess"))
    assert "This link was used or replaced" in dead


def test_what_is_under_way_is_nobodys_move(
    worn_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a plan is made nothing is asked of the assessor, and no empty chart is drawn."""
    case = worn_town.case_in("assessor_to_plan")
    monkeypatch.setitem(worn_town.app.state.runs._states, case, State("plan", "working"))
    page = worn_town.client("assessor").get(f"/cases/{case[:16]}")
    assert "The plan is being made." in page.text
    assert "Your move" not in page.text
    assert "data-evidence" not in page.text
    monkeypatch.setitem(worn_town.app.state.runs._states, case, State("evaluate", "working"))
    assert "A run is under way." in worn_town.client("assessor").get(f"/cases/{case[:16]}").text


def test_an_errand_in_a_case_that_was_left_ends_calmly(town: Town) -> None:
    """Who withdraws while a run is under way, or waits for its turn, reads that nothing more is
    asked of the model; the run has its proper end, whoever comes first, and nothing is an error.
    """
    runs, seat = town.app.state.runs, town.house.seat
    institute = town.party("Institute")
    case = town.case_in("assessor_to_run")
    at = town.house.clock()
    harness = plan_evaluation.harness_of(rehearsal.HARNESS)
    started = state_run.start(town.house.desk.case(case), harness, at=at)
    seat.register(seat.sign(started, ("assessor",)))
    going = town.house.desk.case(case)
    runs._states[case] = State("evaluate", "working")
    seat.register(seat.sign(withdraw.draft(going, at=at), ("developer",)))
    town.app.state.projection.moved(case)
    assert town.app.state.sweep.once() == 0
    page = town.client("developer").get(f"/cases/{case[:16]}")
    assert "A run is under way." not in page.text
    runs._errands.put(Errand(case, "evaluate", institute, Wishes()))
    runs._errands.put(None)
    runs._work()
    assert town.house.desk.case(case).need("run-ended").predicate["reason"] == "developer withdrew"
    assert town.house.desk.case(case).state == "withdrawn"
    page = town.client("developer").get(f"/cases/{case[:16]}")
    assert "The developer withdrew. The model is asked no more" in page.text
    assert "usa-alert--error" not in page.text
