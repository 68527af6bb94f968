# SPDX-License-Identifier: Apache-2.0
"""What a page says is so: who is sealed is sealed everywhere, what can't be done isn't offered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import LATER, make, sign, text_of  # type: ignore[import-not-found]
from proofhouse.errors import RefusedError
from proofhouse.formats.policy import Policy
from proofhouse.portal import looks, signing
from proofhouse.portal.acts import ACTS, CLAUSES, check_open, open_acts, struck_for
from proofhouse.portal.banks import versions_of
from proofhouse.portal.queue import first_pass
from proofhouse.portal.stated import values
from proofhouse.verify import verify


def _read(town: Town, role: str, case: str) -> None:
    """A role reads a case by page, dossier and program: the developer's name if it may, no more."""
    sees = role == "inspector"
    client, program = town.client(role), town.program(role, "read", "read-confidential")
    for address in (f"/cases/{case[:16]}", f"/cases/{case[:16]}/dossier.html"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert ("Example Lab" in answer.text) is sees
        assert "Institute" in answer.text
    stated = program.get(f"/api/v1/cases/{case}/statements")
    assert ("Example Lab" in stated.text) is sees
    page = text_of(client.get(f"/cases/{case[:16]}"))
    assert ("Developer ·" in page) is not sees
    assert "covered frontier model" in page


def test_whoever_is_sealed_is_sealed_as_a_signer_too(quiet_town: Town) -> None:
    """An inspector reads the developer's name on the page, in the dossier and by program (R7)."""
    _read(quiet_town, "inspector", quiet_town.case_in("partner_to_accept"))


def test_a_partner_is_told_what_was_disclosed_to_it(town: Town) -> None:
    """Its own access, and no outcome, until a result is disclosed to it; the developer's name never
    (R7).
    """
    case = town.case_in("partner_to_accept")
    client = town.client("partner")
    program = town.program("partner", "read", "read-confidential")
    page = text_of(client.get(f"/cases/{case[:16]}"))
    assert "Your access" in page
    for untold in ("covered frontier model", "COVERED", "Example Lab", "F1", "struck", "findings"):
        assert untold not in page, untold
    for taken in ("bundle.json", "dossier.html", "findings", "live"):
        refused = client.get(f"/cases/{case[:16]}/{taken}")
        assert refused.status_code == 409
        assert "was disclosed to your organisation" in text_of(refused)
    for taken in ("bundle", "dossier", "run"):
        assert program.get(f"/api/v1/cases/{case}/{taken}").status_code == 409
    told = program.get(f"/api/v1/cases/{case}/statements").json()["items"]
    assert {one["name"] for one in told} == {"partner-access"}
    assert program.get(f"/api/v1/cases/{case}").json()["finding"] == ""
    sign(
        town,
        "partner",
        make(town, "partner", f"/cases/{case[:16]}/do/accept-partner", {}),
    )
    filled = {
        "recipient": "water works",
        "result": "determination",
        "redactions": ["threshold", "plan"],
        "reason": "They defend with it.",
    }
    assessor = town.client("assessor")
    form = {**filled, "csrf": town.csrf(assessor)}
    assert assessor.post(f"/cases/{case[:16]}/do/disclose", data=form).status_code == 422
    filled["redactions"] = ["threshold", "plan", "evidence"]
    sign(
        town,
        "assessor",
        make(town, "assessor", f"/cases/{case[:16]}/do/disclose", filled),
    )
    _read(town, "partner", case)
    assert "water works" in text_of(town.client("developer").get(f"/cases/{case[:16]}"))
    policy = Policy.parse(client.get(f"/cases/{case[:16]}/policy.json").content)
    bundle = client.get(f"/cases/{case[:16]}/bundle.json").content
    assert verify(bundle, policy).status == "verified"
    assert not {"Example Lab", "Power Company"} & {*policy.names.values()}


def test_what_striking_a_clause_means_is_said_and_kept(worn_town: Town) -> None:
    """The form says what each strike rules out; what is ruled out is neither offered nor drafted
    (R4), and the remedy is one that is there.
    """
    start = worn_town.case_in("developer_to_answer_terms")[:16]
    form = text_of(worn_town.client("developer").get(f"/cases/{start}/do/answer-terms"))
    assert form.count("If you strike it, there is no") == len(CLAUSES)
    assert form.count("The assessor offers: “") == form.count("This house says:") == len(CLAUSES)
    case = worn_town.house.desk.case(worn_town.case_in("findings_received"))
    answered = case.need("terms-answered")
    struck = {**answered.predicate, "answers": dict.fromkeys(CLAUSES, "accepted")}
    struck["answers"]["insiderRisk"] = "struck"
    told = replace(answered, predicate=struck)
    limited = replace(case, entries=tuple(told if e is answered else e for e in case.entries))
    grant = ACTS["grant-partner"]
    assert grant in open_acts(case, "assessor")
    assert grant not in open_acts(limited, "assessor")
    with pytest.raises(RefusedError, match="insiderRisk") as refused:
        check_open(grant, limited)
    assert "new offer" not in refused.value.hint
    assert struck_for("plan", limited) == ""


@pytest.mark.parametrize(
    ("role", "address", "filled"),
    [
        ("body", "/begin/commit-bank", {"open_by": "2019-01-01"}),
        ("assessor", "/cases/{}/do/grant-partner", {"ends": "2099-01-01", "purpose": "Defence."}),
    ],
)
def test_what_the_rules_refuse_is_refused_before_anybody_signs(
    worn_town: Town, role: str, address: str, filled: dict[str, str]
) -> None:
    """The form says so in words, and no draft is kept."""
    client, before = worn_town.client(role), len(signing.every(worn_town.house))
    partner = worn_town.organisations["Water Works"].id
    more = {"partner": partner} if "partner" in address else {}
    path = address.format(worn_town.case_in("findings_received")[:16])
    answer = client.post(path, data={**filled, **more, "csrf": worn_town.csrf(client)})
    assert answer.status_code == 422
    told = "Choose a day from tomorrow", "gives a partner access until"
    assert any(one in answer.text for one in told)
    assert len(signing.every(worn_town.house)) == before


def test_a_draft_that_can_no_longer_be_registered_says_so(worn_town: Town) -> None:
    """Of two bank versions with one number the second is stuck: it says so, and can be dropped."""
    first, second = (
        make(worn_town, "body", "/begin/commit-bank", {"open_by": LATER}) for _ in range(2)
    )
    for of in ("", "Second Body"):
        sign(worn_town, "body", first, of)
    client = worn_town.client("body")
    assert "can’t be registered any more" in text_of(client.get("/home"))
    page = client.get(second)
    assert "can’t be registered any more" in text_of(page)
    assert "/sign" not in page.text
    assert client.post(f"{second}/sign", data={"csrf": worn_town.csrf(client)}).status_code == 409
    assert client.post(f"{second}/drop", data={"csrf": worn_town.csrf(client)}).status_code == 303


def test_a_partner_is_stated_as_it_was_chosen(worn_town: Town) -> None:
    """Name and sector are those of the organisation whose key is stated; no form changes them."""
    case, partner = worn_town.case_in("findings_received"), worn_town.organisations["Power Company"]
    client = worn_town.client("assessor")
    form = {"partner": partner.id, "purpose": "Defence.", "csrf": worn_town.csrf(client)}
    address = f"/cases/{case[:16]}/do/grant-partner"
    assert client.post(address, data={**form, "name": "Evil Corp"}).status_code == 422
    draft = client.post(address, data=form).headers["location"]
    pending = signing.get(worn_town.house, draft.rsplit("/", 1)[1])
    assert pending.handover.statement.predicate["partnerKey"] == partner.party
    assert [one.value for one in pending.handover.openings] == [
        {"name": "Power Company", "sector": "other"}
    ]


def test_the_day_on_which_a_window_ends_at_midnight_is_not_in_it() -> None:
    """A window's end is the first second without access."""
    for ends, last in (("2026-12-10T00:00:00Z", 9), ("2026-12-10T00:00:01Z", 10)):
        drawn = looks.calendar("2026-12-01T09:00:00Z", ends, "2026-12-05T00:00:00Z")
        days = [one for week in drawn.months[0].weeks for one in week if one]
        assert [one.number for one in days if "access" in one.said][-1] == last


def test_access_that_has_ended_is_not_called_open(worn_town: Town) -> None:
    """A partner reads its own end; after the developer left, nobody reads of an end to come."""
    case = worn_town.case_in("partner_to_accept")
    row = worn_town.app.state.projection.get(case)
    party = worn_town.house.desk.case(case).need("partner-access").predicate["partnerKey"]
    assert replace(row, accesses={party: "2026-01-02T00:00:00Z"}).ends_for(party)[:4] == "2026"
    assert "Window ends" in text_of(worn_town.client("developer").get("/home"))
    assert "Your access ends" in text_of(worn_town.client("partner").get("/home"))
    left = make(worn_town, "developer", f"/cases/{case[:16]}/do/withdraw", {})
    sign(worn_town, "developer", left)
    assert worn_town.app.state.projection.get(case).ends_for(party) == ""
    page = text_of(worn_town.client("partner").get(f"/cases/{case[:16]}"))
    assert "It ends by itself" not in page
    assert "Access ends by itself" not in page
    assert "has ended" in text_of(worn_town.client("partner").get(f"/cases/{case[:16]}/uses"))


def test_nobody_reads_a_threshold_before_it_is_opened(worn_town: Town) -> None:
    """Not even its signers, so nobody draws again until they like the cut (R16); and who decided it
    is who signed.
    """
    bank = make(worn_town, "body", "/begin/commit-bank", {"open_by": LATER})
    for of in ("", "Second Body"):
        sign(worn_town, "body", bank, of)
    draft = make(worn_town, "body", "/begin/commit-threshold", {"open_by": LATER})
    pending = signing.get(worn_town.house, draft.rsplit("/", 1)[1])
    assert dict(values(pending))["threshold"] == "sealed"
    (opening,) = pending.handover.openings
    (cut,) = (one["cutMicrologits"] for one in opening.value["dimensions"].values())
    page = worn_town.client("body").get(draft)
    assert page.status_code == 200
    assert str(cut) not in page.text
    assert "cutMicrologits" not in page.text
    for of in ("", "Second Body"):
        sign(worn_town, "body", draft, of)
    newest, *_ = versions_of(worn_town.house.seat)
    assert newest.decided == ("First Body", "Second Body")
    page = text_of(worn_town.client().get(f"/tested/{newest.bank.index}"))
    assert "Threshold decided by First Body and Second Body" in page
    of_it = newest.threshold.digest
    draft = make(worn_town, "body", "/begin/open-commitment", {"of": of_it})
    page = worn_town.client("body").get(draft)
    assert "published with the last signature" in page.text
    assert str(cut).lstrip("-") not in page.text
    assert opening.salt.hex() not in page.text
    sign(worn_town, "body", draft)
    sign(worn_town, "body", draft, "Second Body")
    assert worn_town.house.desk.find_clear("opening", of_it) is not None


def test_bare_weights_are_refused_where_they_are_handed_in(worn_town: Town) -> None:
    """No plan could be made of them: the form says how such a model is submitted instead."""
    start, client = worn_town.case_in("developer_to_submit")[:16], worn_town.client("developer")
    given = {"model": "openai-api/lab/x", "csrf": worn_town.csrf(client)}
    for more, why in (
        ({"weights": "ab" * 32}, "nothing here runs bare weights"),
        ({"model": "openai/x", "access": "weights"}, "names them by their digest"),
    ):
        answer = client.post(f"/cases/{start}/do/submit", data={**given, **more})
        assert answer.status_code == 422
        assert why in text_of(answer)
    row = worn_town.app.state.projection.get(worn_town.case_in("assessor_to_plan"))
    assert "answered its probe" in first_pass(row)
    assert "answered" not in first_pass(replace(row, probed=False))


def test_budgets_go_from_the_form_through_the_simulation_to_the_plan(worn_town: Town) -> None:
    """What was typed is shown and sent on; once a plan fixed it, it is not asked for again."""
    start, client = worn_town.case_in("assessor_to_plan")[:16], worn_town.client("assessor")
    given = {"tokens": "100000", "then": "simulate", "csrf": worn_town.csrf(client)}
    there = client.post(f"/cases/{start}/errand/plan", data=given).headers["location"]
    assert 'name="tokens" value="100000"' in client.get(there).text
    assert "Empty: 200,000." in text_of(client.get(f"/cases/{start}"))
    run = client.get(f"/cases/{worn_town.case_in('assessor_to_run')[:16]}").text
    assert 'name="samples"' in run
    assert 'name="tokens"' not in run


def test_a_page_says_what_was_struck(worn_town: Town) -> None:
    """Whoever opens the case reads at once what there is none of, and why."""
    case = worn_town.case_in("developer_to_answer_terms")
    answers = {**dict.fromkeys(CLAUSES, "accepted"), "insiderRisk": "struck"}
    draft = make(worn_town, "developer", f"/cases/{case[:16]}/do/answer-terms", answers)
    sign(worn_town, "developer", draft)
    page = text_of(worn_town.client("assessor").get(f"/cases/{case[:16]}"))
    assert "“Insider risk” is struck, and so there is no access for trusted partners." in page
