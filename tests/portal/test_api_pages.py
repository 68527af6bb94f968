# SPDX-License-Identifier: Apache-2.0
"""What the pages beside a case's acts do, done by programs: to the same effect, in the same file.

The tests of this module wear one town out together; each begins something of its own in it.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")

from proofhouse.errors import StorageError

from .test_api import problem, told

API = "/api/v1"
WORDS = "Call me on 555-0199, says Mira Example"


def bank_of(town: Any) -> str:
    """The commitment of the bank in use."""
    (active,) = [one for one in told(town.client().get(f"{API}/banks"))["items"] if one["active"]]
    return str(active["digest"])


# ------------------------------------------------------------------------------------- public


def test_the_public_record_needs_no_token(worn_town: Any) -> None:
    """Audit, numbers, clear statements and a bank version say what the pages say."""
    public = worn_town.client()
    audit, numbers = told(public.get(f"{API}/audit")), told(public.get(f"{API}/numbers"))
    assert audit["status"] == "verified"
    assert numbers == {**told(public.get("/numbers.json")), "at": numbers["at"]}
    first = told(public.get(f"{API}/log/statements?limit=2"))
    assert [one["leaf"] for one in first["items"]] == sorted(
        (one["leaf"] for one in first["items"]), reverse=True
    )
    rest = told(public.get(f"{API}/log/statements?limit=200&cursor={first['next']}"))
    assert len(first["items"]) + len(rest["items"]) == numbers["leaves"]["clear"]
    bank = told(public.get(f"{API}/banks/{bank_of(worn_town)}"))
    assert bank["threshold"]["name"] == "threshold-commitment"
    assert bank["opening"] is None
    assert bank["sameThresholdForAll"] is True
    problem(public.get(f"{API}/banks/{'0' * 64}"), 404)


def test_a_comment_comes_goes_and_is_answered(worn_town: Any) -> None:
    """Handed in without a token, read by staff, shown, answered, erased; the line of it stays."""
    public, staff = worn_town.client(), worn_town.program("body", "docket")
    registrar = worn_town.program("registrar", "docket", "erase")
    path = f"{API}/banks/{bank_of(worn_town)}/comments"
    body = {"words": WORDS, "signed": "Mira Example"}
    elsewhere = {"Origin": "https://elsewhere.example"}
    problem(public.post(path, json=body, headers=elsewhere), 403)
    problem(public.post(path, json={"words": ""}), 422)
    number = told(public.post(path, json=body), 201)["number"]
    assert told(public.get(path))["items"] == []
    assert [one["number"] for one in told(staff.get(f"{API}/docket"))["waiting"]] == [number]
    problem(worn_town.program("developer", "docket").get(f"{API}/docket"), 403)
    one = f"{API}/docket/{number}"
    problem(staff.post(f"{one}/answer", json={"words": "Too early"}), 409)
    assert staff.post(f"{one}/show").status_code == 204
    assert staff.post(f"{one}/answer", json={"words": f"Thank you: {WORDS}"}).status_code == 204
    (shown,) = told(public.get(path))["items"]
    assert (shown["words"], len(shown["answers"])) == (WORDS, 1)
    problem(staff.post(f"{one}/erasure", json={"reason": "asked"}), 403)
    problem(registrar.post(f"{one}/erasure", json={"reason": "because"}), 422)
    assert registrar.post(f"{one}/erasure", json={"reason": "asked"}).status_code == 204
    (line,) = told(public.get(path))["items"]
    assert (line["words"], line["signed"], line["answers"]) == ("", "", [])
    assert (line["erased"]["reason"], line["erased"]["by"]) == ("asked", "The house")
    assert "whoever wrote it, or is named in it, asked" in public.get("/tested/1").text
    problem(registrar.post(f"{one}/erasure", json={"reason": "asked"}), 409)
    problem(staff.post(f"{one}/show"), 409)
    problem(staff.post(f"{API}/docket/999/show"), 404)
    for file in worn_town.house.home.path.glob("docket.sqlite*"):
        assert b"555-0199" not in file.read_bytes()


def test_an_application_is_decided_with_reasons(worn_town: Any) -> None:
    """Applied for without a token, refused, looked at again by somebody else, accepted, counted."""
    public = worn_town.client()
    assert len(told(public.get(f"{API}/partners/criteria"))["criteria"]) == 5
    form = {"name": "Rural Clinic", "sector": "health", "size": "up to 50 people"}
    form |= {"contact": "it@clinic.example", "purpose": "wards", "protection": "two people"}
    secret = told(public.post(f"{API}/partners/applied", json=form), 201)["secret"]
    one = worn_town.program("assessor", "applications")
    other = worn_town.program("assessor", "applications", of="Second Institute")
    (waiting,) = told(one.get(f"{API}/partners/applications?waiting=true"))["items"]
    path = f"{API}/partners/applications/{waiting['number']}"
    decision = f"{path}/decision"
    problem(one.post(decision, json={"decision": "refuse"}), 422)
    told(one.post(decision, json={"decision": "refuse", "reasons": "too vague"}))
    own = told(public.get(f"{API}/partners/applied/{secret}"))
    assert (own["state"], own["steps"][0]["reasons"]) == ("refused", "too vague")
    assert "by" not in own["steps"][0]
    again = f"{API}/partners/applied/{secret}/second-look"
    told(public.post(again, json={"reasons": "Others were taken"}))
    problem(public.post(again, json={"reasons": "Once more"}), 409)
    problem(one.post(decision, json={"decision": "anew", "reasons": "own"}), 409)
    told(other.post(decision, json={"decision": "anew", "reasons": "unlike others"}))
    told(other.get(path))
    problem(public.get(f"{API}/partners/applied/none"), 404)
    problem(other.get(f"{API}/partners/applications/999"), 404)
    counted = told(public.get(f"{API}/partners/numbers"))["items"]
    assert [(row["sector"], row["applied"]) for row in counted] == [("health", 1)]
    lab = worn_town.program("developer", "applications")
    listed = told(lab.get(f"{API}/partners"))["items"]
    assert {row["name"] for row in listed} >= {"Water Works", "Power Company"}
    problem(lab.get(path), 403)


# -------------------------------------------------------------------------------------- staff


def test_an_invitation_leaves_no_trace(worn_town: Any) -> None:
    """A lab is chosen from those that there are, reads it, and deletes it."""
    assessor = worn_town.program("assessor", "assess")
    labs = told(assessor.get(f"{API}/invitations/to"))["items"]
    (lab,) = [one["id"] for one in labs if one["name"] == "Other Lab"]
    body = {"organisation": lab, "contact": "desk@institute.example"}
    assert assessor.post(f"{API}/invitations", json=body).status_code == 204
    problem(assessor.post(f"{API}/invitations", json={**body, "organisation": "x"}), 422)
    other = worn_town.program("developer", "inquire", of="Other Lab")
    (sent,) = told(assessor.get(f"{API}/invitations/sent"))["items"]
    assert (sent["to"], sent["askedAt"]) == ("Other Lab", None)
    (one,) = told(other.get(f"{API}/invitations"))["items"]
    assert one["sender"] == "Institute"
    assert told(worn_town.program("developer", "inquire").get(f"{API}/invitations"))["items"] == []
    assert other.delete(f"{API}/invitations/{one['id']}").status_code == 204
    assert told(other.get(f"{API}/invitations"))["items"] == []


def test_what_staff_record_says_so_and_an_ended_case_is_erased(worn_town: Any) -> None:
    """A withdrawal told by telephone is registered with who recorded it; then the case goes."""
    case = worn_town.case_in("developer_to_submit")
    staff = worn_town.program("assessor", "read", "read-confidential", "record")
    path = f"{API}/cases/{case}"
    reader = worn_town.program("assessor", "read", "read-confidential")
    body = {"told_by": "A. Lee, by telephone"}
    problem(reader.post(f"{path}/record/withdraw", json=body), 403)
    problem(staff.post(f"{path}/record/withdraw", json={}), 422)
    problem(staff.post(f"{path}/record/request-review", json=body), 409)
    registered = told(staff.post(f"{path}/record/withdraw", json=body), 201)
    assert registered["statement"] == "withdrawal"
    statements = told(worn_town.program("developer", "read").get(f"{path}/statements"))["items"]
    assert "told by: A. Lee" in str(statements[-1]["predicate"]["recordedBy"])
    registrar = worn_town.program("registrar", "read", "erase")
    problem(staff.post(f"{path}/erasure", json={"sure": True}), 403)
    problem(registrar.post(f"{path}/erasure", json={"sure": False}), 422)
    assert registrar.post(f"{path}/erasure", json={"sure": True}).status_code == 204
    problem(registrar.get(path), 404)
    alive = f"{API}/cases/{worn_town.case_in('covered')}/erasure"
    problem(registrar.post(alive, json={"sure": True}), 409)


def test_held_scores_and_views_are_read(worn_town: Any) -> None:
    """Whoever may draft a decision reads what is held; the developer sees that they looked."""
    case = worn_town.case_in("assessor_to_determine")
    program = worn_town.program("assessor", "draft")
    assert told(program.get(f"{API}/cases/{case}/held")) == {"items": []}
    problem(worn_town.program("assessor", "read").get(f"{API}/cases/{case}/held"), 403)
    lab = worn_town.program("developer", "read", "read-confidential")
    assert "held scores" in {
        one["what"] for one in told(lab.get(f"{API}/cases/{case}/views"))["items"]
    }
    every = told(lab.get(f"{API}/views"))["items"]
    assert case[:12] in {one["case"] for one in every}
    problem(program.get(f"{API}/cases/{case}/simulation"), 403)
    planner = worn_town.program("assessor", "assess")
    problem(planner.get(f"{API}/cases/{case}/simulation"), 409)


def test_whoever_recuses_keeps_out(worn_town: Any) -> None:
    """A recusal by a program shuts its person out of the case, and administrators see it."""
    case = worn_town.case_in("covered")
    inspector = worn_town.program("inspector", "read", "account")
    body = {"reason": "I worked there"}
    assert inspector.post(f"{API}/cases/{case}/recusal", json=body).status_code == 204
    problem(inspector.get(f"{API}/cases/{case}"), 409)
    administrator = worn_town.program("administrator", "people")
    (one,) = told(administrator.get(f"{API}/recusals"))["items"]
    assert (one["case"], one["reason"]) == (case, "I worked there")


def test_bodies_draft_and_people_sign(worn_town: Any) -> None:
    """A bank's commitment is drafted by a program, hides its seed, and waits for two people: the
    second body reads it once a person of the first has signed.
    """
    program = worn_town.program("body", "read", "draft")
    acts = {one["name"]: one for one in told(program.get(f"{API}/acts"))["items"]}
    assert {"commit-bank", "commit-threshold", "open-commitment", "retire-bank"} <= set(acts)
    problem(worn_town.program("body", "read").post(f"{API}/acts/commit-bank", json={}), 403)
    draft = told(program.post(f"{API}/acts/commit-bank", json={"open_by": "2027-06-01"}), 201)
    assert draft["waitsFor"][0]["people"] == 2
    assert {one["name"]: one["value"] for one in draft["told"]}["seed"] is None
    problem(program.post(f"{API}/drafts/{draft['id']}/sign"), 403)
    problem(program.get(f"{API}/drafts/{draft['id']}/payload"), 403)
    other = worn_town.program("body", "read", of="Second Body")
    assert told(other.get(f"{API}/drafts"))["items"] == []
    browser = worn_town.client("body")
    browser.post(f"/drafts/{draft['id']}/sign", data={"csrf": worn_town.csrf(browser)})
    assert draft["id"] in {one["id"] for one in told(other.get(f"{API}/drafts"))["items"]}


def test_a_crash_between_signatures_loses_no_draft(
    worn_town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk fails while a signature is kept, the draft waits as before; it is repeated."""
    program, browser = worn_town.program("assessor", "read", "draft"), worn_town.client("assessor")
    body = {"partner": worn_town.organisations["Water Works"].id, "purpose": "defence"}
    case = worn_town.case_in("findings_received")
    draft = told(program.post(f"{API}/cases/{case}/acts/grant-partner", json=body), 201)["id"]

    def fail(name: str) -> None:
        if name == "vault.exchange.before":
            raise StorageError("The disk failed.")

    def sign() -> int:
        csrf = {"csrf": worn_town.csrf(browser)}
        return int(browser.post(f"/drafts/{draft}/sign", data=csrf).status_code)

    with monkeypatch.context() as patched:
        patched.setattr("proofhouse.vault.vault.reach", fail)
        assert sign() == 503
    assert told(program.get(f"{API}/drafts/{draft}"))["approvals"] == []
    assert sign() == 303
    assert len(told(program.get(f"{API}/drafts/{draft}"))["approvals"]) == 1


# -------------------------------------------------------------------- the account and the house


def test_an_account_ends_what_lets_somebody_in(worn_town: Any) -> None:
    """Sessions and tokens are listed and end; a token that revokes itself is none any more."""
    worn_town.session("partner")
    program = worn_town.program("partner", "account")
    about = told(program.get(f"{API}/account"))
    assert about["sessions"]
    assert "secret" not in str(about)
    problem(program.delete(f"{API}/account/sessions/none"), 404)
    one = about["sessions"][0]["id"]
    assert program.delete(f"{API}/account/sessions/{one}").status_code == 204
    assert program.delete(f"{API}/account/sessions").status_code == 204
    assert told(program.get(f"{API}/account"))["sessions"] == []
    problem(program.delete(f"{API}/account/passkeys/none"), 404)
    looks = {"locale": "es", "theme": "dark"}
    assert told(program.put(f"{API}/account/looks", json=looks)) == looks
    problem(program.put(f"{API}/account/looks", json={"locale": "xx"}), 422)
    (own,) = [one for one in about["tokens"] if one["scopes"] == ["account"]]
    assert program.delete(f"{API}/account/tokens/{own['id']}").status_code == 204
    problem(program.get(f"{API}/account"), 401)


def test_people_are_let_in_and_out(worn_town: Any) -> None:
    """An organisation, a person, their link, another role, and the end of it."""
    program = worn_town.program("administrator", "people")
    made = told(
        program.post(f"{API}/organisations", json={"name": "Lab 3", "role": "steward"}), 201
    )
    assert len(made["party"]) == 64
    problem(program.post(f"{API}/organisations", json={"name": "Lab 3", "role": "steward"}), 400)
    acting = {"organisation": made["id"], "role": "steward"}
    problem(program.post(f"{API}/people", json={"name": "X", **acting, "role": "body"}), 400)
    key = {"Idempotency-Key": "ada"}
    body = {"name": "Ada Lindt", **acting}
    person = told(program.post(f"{API}/people", json=body, headers=key), 201)
    assert told(program.post(f"{API}/people", json=body, headers=key), 201) == person
    path = f"{API}/people/{person['id']}"
    link = told(program.post(f"{path}/link"), 201)["link"]
    assert worn_town.client().get(link).status_code == 200
    assert told(program.get(path))["links"][0]["what"] == "made"
    lab = worn_town.organisations["Other Lab"].id
    role = {"organisation": lab, "role": "developer"}
    assert len(told(program.post(f"{path}/roles", json=role))["roles"]) == 2
    assert program.delete(f"{path}/roles/{lab}/developer").status_code == 204
    assert told(program.post(f"{path}/deactivate"))["active"] is False
    problem(program.post(f"{path}/link"), 400)
    assert told(program.post(f"{path}/activate"))["active"] is True
    problem(program.get(f"{API}/people/none"), 404)
    own = worn_town.person("administrator").id
    problem(program.post(f"{API}/people/{own}/deactivate"), 409)
    problem(worn_town.program("registrar", "people").get(f"{API}/people"), 403)


def test_an_inspection_is_made_and_noted(worn_town: Any) -> None:
    """Nothing is there before the first; then what was found, and that somebody opened all."""
    inspector = worn_town.program("inspector", "inspect", "read-confidential")
    assert told(inspector.get(f"{API}/inspection"))["status"] == "none"
    found = told(inspector.post(f"{API}/inspection"))
    assert found["status"] == "verified"
    assert told(inspector.get(f"{API}/inspection")) == found
    assert told(inspector.get(f"{API}/views"))["items"][0]["what"] == "everything"
    problem(worn_town.program("assessor", "inspect").get(f"{API}/inspection"), 403)
