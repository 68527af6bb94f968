# SPDX-License-Identifier: Apache-2.0
"""The interface for programs: what a page can do, by token, within its scopes, as described."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest
from openapi_spec_validator import validate

from proofhouse.access.table import ACTIONS, SCOPES, drafts
from proofhouse.formats.envelope import sign
from proofhouse.formats.handover import Handover
from proofhouse.outbox import Delivery
from proofhouse.portal.api import OPERATIONS
from proofhouse.portal.api import operation as operations
from proofhouse.portal.api.document import document
from proofhouse.verify import verify

DOCUMENT = document(OPERATIONS, "http://localhost:8080")
EVERYTHING = tuple(SCOPES)
WEIGHTS = {"model": "reference/strong", "weights": "ab" * 32}


def told(answer: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer. AssertionError for another status."""
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int) -> Any:
    """The problem document of an answer. AssertionError for another status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    value = answer.json()
    schema = DOCUMENT["components"]["schemas"]["Problem"]
    jsonschema.validate(value, schema)
    assert value["status"] == status
    return value


# ------------------------------------------------------------------------------- description


def test_the_description_is_valid() -> None:
    """/openapi.json is an OpenAPI 3.1 document by another's validator."""
    validate(DOCUMENT)
    ids = [one.id for one in OPERATIONS]
    assert len(ids) == len(set(ids))


def test_every_operation_tells_all() -> None:
    """Each has a summary, its token, its schemas and its problems, and an action of the table."""
    for one in OPERATIONS:
        told_ = DOCUMENT["paths"]["/api/v1" + one.path][one.method.lower()]
        assert told_["summary"]
        assert told_["description"]
        assert not one.action or one.action in ACTIONS
        assert bool(told_["security"]) is bool(one.action)
        assert {"422", "429"} <= set(told_["responses"])
        assert not one.action or {"401", "403"} <= set(told_["responses"])
        if one.example is not None:
            content = told_["requestBody"]["content"]["application/json"]
            schema = {k: v for k, v in content["schema"].items() if k != "required"}
            jsonschema.validate(content["example"], schema)


def test_nothing_is_there_that_is_not_described(quiet_town: Any) -> None:
    """Every route below /api/v1 stands in the description, and nothing else does."""
    routes = {
        (method, route.path)
        for route in quiet_town.routes
        if route.path.startswith("/api/v1")
        for method in route.methods
    }
    described = {
        (method.upper(), path) for path, found in DOCUMENT["paths"].items() for method in found
    }
    assert routes == described
    assert told(quiet_town.client().get("/openapi.json")) == DOCUMENT


# -------------------------------------------------------------------------------- who may ask


def test_a_cookie_opens_nothing_here(quiet_town: Any) -> None:
    """Only a token counts, so that no page of another site can ask in somebody's name."""
    problem(quiet_town.client("developer").get("/api/v1/me"), 401)
    answer = quiet_town.client().get("/api/v1/me")
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_opens_no_page(quiet_town: Any) -> None:
    """A token is for this interface alone: a page shows more than its scopes may say."""
    program = quiet_town.program("developer", *EVERYTHING)
    assert program.get("/home").status_code in (303, 401, 403)
    case = quiet_town.case_in("covered")
    assert program.get(f"/cases/{case}/bundle.json").status_code in (303, 401, 403)


@pytest.mark.parametrize(
    "said", ["Bearer ", "Bearer pht_wrong", "Basic eDp5", "pht_x", "Bearer \xe9"]
)
def test_what_is_no_token_is_refused(quiet_town: Any, said: str) -> None:
    """A token that is none gets a problem document, whatever it looks like."""
    answer = quiet_town.client().get(
        "/api/v1/me", headers={"Authorization": said.encode("latin-1")}
    )
    problem(answer, 401)


def test_scopes_bound_what_a_token_does(town: Any) -> None:
    """A token that may read drafts nothing, and reads nothing confidential."""
    reader = town.program("developer", "read")
    case = town.case_in("developer_to_submit")
    problem(reader.post(f"/api/v1/cases/{case}/acts/submit", json=WEIGHTS), 403)
    shown = told(reader.get(f"/api/v1/cases/{town.case_in('covered')}"))
    assert shown["audience"] == "public"
    assert "developer" not in shown
    statements = told(reader.get(f"/api/v1/cases/{town.case_in('covered')}/statements"))["items"]
    assert all(one["opened"] == {} for one in statements)
    bundle = told(reader.get(f"/api/v1/cases/{town.case_in('covered')}/bundle"))
    assert bundle["audience"] == "public"


PERSONS = (
    ("determine", "assessor_to_determine", {"consulted": "An expert"}),
    (
        "disclose",
        "covered",
        {"reason": "It is theirs", "redactions": ["threshold", "plan", "evidence"]},
    ),
    (
        "grant-partner",
        "findings_received",
        {"purpose": "defence"},
    ),
)
"""What takes a person: act, where it is possible, what its form says."""


def test_what_takes_a_person_is_drafted_and_not_signed(town: Any) -> None:
    """A determination, a disclosure, the choice of a partner: a token of the scope drafts it for a
    person to read and sign; it signs none, and without the scope it drafts none.
    """
    program = town.program("assessor", *EVERYTHING)
    without = town.program("assessor", *(one for one in EVERYTHING if one != "draft"))
    partner = town.organisations["Water Works"].id
    for act, state, form in PERSONS:
        path = f"/api/v1/cases/{town.case_in(state)}/acts/{act}"
        body = {**form, "partner": partner} if act == "grant-partner" else form
        problem(without.post(path, json=body), 403)
        draft = told(program.post(path, json=body), 201)
        assert draft["waitsForYou"] is True
        assert draft["approvals"] == []
        refused = problem(program.post(f"/api/v1/drafts/{draft['id']}/sign"), 403)
        assert f"/drafts/{draft['id']}" in refused["hint"]
    path = f"/api/v1/cases/{town.case_in('assessor_to_determine')}/acts"
    for one, may in ((program, True), (without, False)):
        listed = {each["name"]: each for each in told(one.get(path))["items"]}
        assert (listed["determine"]["byToken"], listed["determine"]["takesPerson"]) == (may, True)
    browser, draft = town.client("assessor"), told(program.get("/api/v1/drafts"))["items"][0]["id"]
    signed = browser.post(f"/drafts/{draft}/sign", data={"csrf": town.csrf(browser)})
    assert signed.status_code == 303, signed.text


def test_a_person_s_draft_is_not_signed_by_a_token(town: Any) -> None:
    """What a person drafted on a page, and takes one, a token neither signs nor drops."""
    browser, program = town.client("assessor"), town.program("assessor", *EVERYTHING)
    case = town.case_in("assessor_to_determine")
    made = browser.post(
        f"/cases/{case[:16]}/do/determine", data={"csrf": town.csrf(browser), "consulted": ""}
    )
    assert made.status_code == 303, made.text
    draft = made.headers["location"].rsplit("/", 1)[1]
    assert told(program.get(f"/api/v1/drafts/{draft}"))["act"] == "determine"
    problem(program.post(f"/api/v1/drafts/{draft}/sign"), 403)
    problem(program.delete(f"/api/v1/drafts/{draft}"), 403)


def test_another_s_case_is_not_there(quiet_town: Any) -> None:
    """A case of others is told like one that is not there, by every operation."""
    other = quiet_town.program("developer", *EVERYTHING, of="Other Lab")
    case = quiet_town.case_in("developer_to_submit")
    for one in OPERATIONS:
        if "case" not in one.parts or not other_may(one.action, "developer"):
            continue
        for each in (case, "0" * 64, "zz" * 8):
            path = "/api/v1" + one.path.format(case=each, act="submit")
            answer = other.request(one.method, path, json={} if one.method == "POST" else None)
            assert answer.status_code in (404, 422), (one.id, answer.text)
    assert told(other.get("/api/v1/cases"))["items"] == []


def other_may(action: str, role: str) -> bool:
    """Whether the role may do it at all, by a token."""
    return role in ACTIONS[action] and drafts(EVERYTHING, action)


def test_too_often_is_told_when_to_come_back(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 says after how many seconds, and a token's limit is its own."""
    monkeypatch.setattr(operations, "READS_A_MINUTE", 2)
    program = town.program("developer", "read")
    for _ in range(2):
        told(program.get("/api/v1/me"))
    answer = program.get("/api/v1/me")
    problem(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    told(town.program("developer", "read").get("/api/v1/me"))


# ------------------------------------------------------------------------------------ a case


def test_a_program_asks_submits_and_takes_the_bundle(town: Any) -> None:
    """From a token to a bundle that verifies: inquiry, submission, list, bundle."""
    program = town.program("developer", "read", "read-confidential", "inquire")
    draft = program.post("/api/v1/cases", json={"name": "Example Lab", "contact": "a@lab.example"})
    case = told(draft, 201)["case"]
    signed = told(program.post(draft.headers["location"] + "/sign"))
    assert signed["registered"]["statement"] == "inquiry"
    draft = program.post(f"/api/v1/cases/{case}/acts/submit", json=WEIGHTS)
    assert told(draft, 201)["waitsForYou"] is True
    told(program.post(draft.headers["location"] + "/sign"))
    first = told(program.get("/api/v1/cases"))["items"][0]
    assert (first["id"], first["state"]) == (case, "assessor_to_plan")
    bundle = program.get(f"/api/v1/cases/{case}/bundle").content
    report = verify(bundle, town.house.policy)
    assert report.status == "verified"
    assert report.opened


def test_lists_come_in_pages(quiet_town: Any) -> None:
    """Following the links shows every case once, and filters hold."""
    program = quiet_town.program("developer", "read")
    seen, path = [], "/api/v1/cases?limit=3"
    while path:
        answer = program.get(path)
        page = told(answer)
        seen += [one["id"] for one in page["items"]]
        path = answer.links["next"]["url"] if page["next"] else ""
    every = quiet_town.app.state.projection.rows()
    assert seen == [row.case for row in every]
    waiting = told(program.get("/api/v1/cases?waiting=true"))["items"]
    assert waiting
    assert all(one["yourMove"] for one in waiting)
    only = told(program.get("/api/v1/cases?state=covered"))["items"]
    assert [one["id"] for one in only] == [quiet_town.case_in("covered")]
    problem(program.get("/api/v1/cases?limit=0"), 422)
    problem(program.get("/api/v1/cases?cursor=x"), 422)
    problem(program.get("/api/v1/cases?sort=up"), 422)
    problem(program.get("/api/v1/cases?limit=1&limit=2"), 422)


def test_a_case_that_moved_on_is_noticed(town: Any) -> None:
    """The ETag spares reading again, and keeps a draft from a case that is not as it was."""
    program = town.program("developer", "read", "inquire")
    case = town.case_in("developer_to_submit")
    path = f"/api/v1/cases/{case}"
    etag = program.get(path).headers["etag"]
    again = program.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    stale = {"If-Match": '"' + "0" * 64 + '"'}
    problem(program.post(f"{path}/acts/submit", json=WEIGHTS, headers=stale), 412)
    draft = program.post(f"{path}/acts/submit", json=WEIGHTS, headers={"If-Match": etag})
    told(draft, 201)
    problem(program.post(draft.headers["location"] + "/sign", headers=stale), 412)
    told(program.post(draft.headers["location"] + "/sign", headers={"If-Match": etag}))
    assert program.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_the_same_key_makes_one_draft(town: Any) -> None:
    """A repetition is answered alike and drafts nothing; another body is refused."""
    program = town.program("developer", "read", "inquire")
    path = f"/api/v1/cases/{town.case_in('developer_to_submit')}/acts/submit"
    key = {"Idempotency-Key": "one"}
    first = program.post(path, json=WEIGHTS, headers=key)
    again = program.post(path, json=WEIGHTS, headers=key)
    assert told(first, 201) == told(again, 201)
    assert first.headers["location"] == again.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(told(program.get("/api/v1/drafts"))["items"]) == 1
    problem(program.post(path, json={**WEIGHTS, "checkpoint": "b"}, headers=key), 422)
    sign = first.headers["location"] + "/sign"
    registered = told(program.post(sign, headers=key))
    assert told(program.post(sign, headers=key)) == registered
    problem(program.post(sign, headers={"Idempotency-Key": "two"}), 404)
    problem(program.post(path, json=WEIGHTS, headers={"Idempotency-Key": "\x7f" * 300}), 400)


def test_what_was_answered_stands_in_no_file_in_the_clear(town: Any) -> None:
    """A kept answer is as confidential as the draft that it shows."""
    program = town.program("developer", "read", "inquire")
    path = f"/api/v1/cases/{town.case_in('developer_to_submit')}/acts/submit"
    body = {**WEIGHTS, "checkpoint": "sealed-checkpoint-name"}
    told(program.post(path, json=body, headers={"Idempotency-Key": "one"}), 201)
    for file in town.house.seat.path.rglob("*"):
        if file.is_file():
            assert b"sealed-checkpoint-name" not in file.read_bytes(), file


def test_a_statement_signed_elsewhere_is_handed_in(town: Any) -> None:
    """The payload is signed where the key is, and the handover registers it."""
    program = town.program("developer", "read", "read-confidential", "inquire")
    path = f"/api/v1/cases/{town.case_in('developer_to_submit')}/acts/submit"
    draft = program.post(path, json=WEIGHTS)
    payload = told(program.get(draft.headers["location"] + "/payload"))
    handover = Handover.parse(json.dumps(payload["handover"]).encode())
    unsigned = program.post("/api/v1/statements", content=handover.to_bytes())
    problem(unsigned, 400)
    wrong = town.house.seat.keys[town.house.key_of(town.party("Other Lab"))]
    by_other = handover.with_signatures(sign(handover.payload, [wrong]))
    problem(program.post("/api/v1/statements", content=by_other.to_bytes()), 409)
    key = town.house.seat.keys[town.house.key_of(town.party("Example Lab"))]
    whole = handover.with_signatures(sign(handover.payload, [key]))
    registered = told(program.post("/api/v1/statements", content=whole.to_bytes()), 201)
    assert registered["statement"] == "submission"
    problem(program.post("/api/v1/statements", content=whole.to_bytes()), 409)


def test_what_is_looked_at_is_noted(town: Any) -> None:
    """A line for every view of confidential material, with whoever the token is of."""
    program = town.program("assessor", "read", "read-confidential")
    case = town.case_in("covered")
    for part in ("", "/statements", "/bundle", "/dossier"):
        assert program.get(f"/api/v1/cases/{case}{part}").status_code == 200
    lines = town.house.access.views(case=case)
    assert [line.what for line in lines] == ["dossier", "bundle", "statements", "case"]
    assert {line.person for line in lines} == {town.person("assessor").id}


def test_an_errand_is_asked_for_once(town: Any) -> None:
    """A plan is queued, and a second one of the same case refused; a developer asks for none."""
    case = town.case_in("assessor_to_plan")
    program = town.program("assessor", "read", "assess")
    asked = program.post(f"/api/v1/cases/{case}/run/plan", json={"samples": 1})
    assert told(asked, 202)["phase"] == "waiting"
    problem(program.post(f"/api/v1/cases/{case}/run/plan", json={}), 409)
    assert told(program.get(f"/api/v1/cases/{case}/run"))["what"] == "plan"
    problem(town.program("developer", *EVERYTHING).post(f"/api/v1/cases/{case}/run/plan"), 403)


# ---------------------------------------------------------------------------------- webhooks


def test_parties_are_told_and_nobody_else(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement tells the webhooks of its case's parties that it moved, and not what it says."""
    monkeypatch.setattr("proofhouse.portal.api.hooks.check", lambda *_about: None)
    lab = town.program("developer", "read", "inquire")
    made = told(lab.post("/api/v1/webhooks", json={"url": "https://lab.example/hook"}), 201)
    assert made["secret"].startswith("whsec_")
    other = town.program("developer", "read", of="Other Lab")
    told(other.post("/api/v1/webhooks", json={"url": "https://other.example/hook"}), 201)
    case = town.case_in("developer_to_submit")
    draft = lab.post(f"/api/v1/cases/{case}/acts/submit", json=WEIGHTS)
    told(lab.post(draft.headers["location"] + "/sign"))
    outbox = town.house.outbox
    (message,) = outbox.due(town.house.clock())
    body = json.loads(message.body)
    assert (message.hook, body["type"]) == (made["id"], "case.moved")
    assert body["data"]["case"] == case[:12]
    assert "submission" not in message.body.decode()
    listed = told(lab.get(f"/api/v1/webhooks/{made['id']}/messages"))["items"]
    assert [one["state"] for one in listed] == ["waiting"]
    problem(other.get(f"/api/v1/webhooks/{made['id']}/messages"), 404)
    problem(other.delete(f"/api/v1/webhooks/{made['id']}"), 404)
    assert Delivery(outbox, town.house.clock, ()).once() == 0
    assert lab.delete(f"/api/v1/webhooks/{made['id']}").status_code == 204
    assert "secret" not in told(other.get("/api/v1/webhooks"))["items"][0]


def test_a_webhook_inside_is_refused(town: Any) -> None:
    """No address inside the house's network becomes a webhook."""
    lab = town.program("developer", "read")
    for url in ("http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/"):
        problem(lab.post("/api/v1/webhooks", json={"url": url}), 409)
    for url in ("file:///etc/passwd", "https://", "x", "https://a\r\nb/"):
        assert lab.post("/api/v1/webhooks", json={"url": url}).status_code in (400, 422)


# ------------------------------------------------------------------------------ hostile bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nul",
        b"\xff\xfe",
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b'{"name": "\\ud800", "contact": "x"}',
        b'{"name": 1e999, "contact": []}',
        b'{"__proto__": {}, "name": {"$ne": null}}',
    ],
)
def test_a_hostile_body_is_refused(quiet_town: Any, body: bytes) -> None:
    """What is no such object is a problem of whoever sent it, never an error of ours."""
    program = quiet_town.program("developer", "read", "inquire")
    answer = program.post("/api/v1/cases", content=body)
    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code)


def test_a_body_without_end_is_cut_off(quiet_town: Any) -> None:
    """A body that does not say its length is read no further than the limit."""
    program = quiet_town.program("developer", "read", "inquire")

    def endless() -> Any:
        for _ in range(40):
            yield b"x" * 100_000

    answer = program.post("/api/v1/cases", content=endless())
    assert answer.status_code in (400, 413)


def test_whose_signature_is_wanted_is_told(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice of two parties tells the other once the first has signed."""
    monkeypatch.setattr("proofhouse.portal.api.hooks.check", lambda *_about: None)
    lab = town.program("developer", "read")
    told(
        lab.post(
            "/api/v1/webhooks", json={"url": "https://lab.example/", "events": ["draft.waits"]}
        ),
        201,
    )
    browser = town.client("assessor")
    case, partner = town.case_in("findings_received"), town.organisations["Water Works"]
    form = {
        "csrf": town.csrf(browser),
        **{"partner": partner.id, "purpose": "defence"},
    }
    made = browser.post(f"/cases/{case[:16]}/do/grant-partner", data=form)
    assert made.status_code == 303, made.text
    signed = browser.post(made.headers["location"] + "/sign", data={"csrf": form["csrf"]})
    assert signed.status_code == 303, signed.text
    (message,) = town.house.outbox.due(town.house.clock())
    assert json.loads(message.body)["type"] == "draft.waits"
    drafts = told(lab.get("/api/v1/drafts"))["items"]
    assert [one["waitsForYou"] for one in drafts] == [True]


def test_the_queue_and_what_partners_report(town: Any) -> None:
    """A program reads the queue; a partner's reports what it did, and the developer's reads it."""
    queue = told(town.program("assessor", "read").get("/api/v1/queue?limit=2"))
    assert len(queue["items"]) == 2
    assert all(one["case"]["yourMove"] for one in queue["items"])
    case = town.case_in("partner_to_accept")
    partner = town.program("partner", "read", "partner")
    path = f"/api/v1/cases/{case}/uses"
    use = {"what": "scanned the pumps", "found": 2, "closed": 1}
    assert told(partner.post(path, json=use), 201)["partner"] == "Water Works"
    problem(partner.post(path, json={**use, "closed": 3}), 422)
    seen = told(town.program("developer", "read").get(path))["items"]
    assert [one["what"] for one in seen] == ["scanned the pumps"]
