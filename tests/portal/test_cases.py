# SPDX-License-Identifier: Apache-2.0
"""The pages of cases: every act from its form to the log, and what each role is shown."""

from __future__ import annotations

import html
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from portal.conftest import ORIGIN, Town  # type: ignore[import-not-found]
from proofhouse.desk import measure
from proofhouse.durable import create_database
from proofhouse.formats.digest import sha256_hex
from proofhouse.portal import register
from proofhouse.portal.acts import ACTS, CLAUSES
from proofhouse.portal.cases import stands
from proofhouse.portal.findings import least_items
from proofhouse.portal.visitor import COOKIE, Visitor
from proofhouse.rules.window import parse_time, print_time
from proofhouse.statistics.newcombe import fell
from stories import rehearsal

LATER = "2027-06-01"
FORMS: dict[str, tuple[str, str, dict[str, object]]] = {
    "submit": (
        "developer",
        "developer_to_submit",
        {
            "model": "reference/strong",
            "checkpoint": "c1",
            "weights": "ab" * 32,
            "access": "weights",
            "safeguards": "none",
        },
    ),
    "request-review": ("developer", "covered", {}),
    "answer-terms": (
        "developer",
        "developer_to_answer_terms",
        {**dict.fromkeys(CLAUSES, "accepted"), "use": "struck"},
    ),
    "receive-findings": ("developer", "developer_to_receive_findings", {}),
    "withdraw": ("developer", "assessor_to_plan", {}),
    "determine": ("assessor", "assessor_to_determine", {"consulted": "A colleague\nAnother"}),
    "disclose": (
        "assessor",
        "covered",
        {
            "recipient": "developer",
            "result": "determination",
            "redactions": ["threshold", "plan", "evidence"],
            "reason": "It asked.",
        },
    ),
    "deliver-findings": ("assessor", "assessor_to_deliver_findings", {}),
    "accept-partner": ("partner", "partner_to_accept", {}),
}
"""Act → who does it, where the case stands, and the form as it is filled."""


def text_of(page: httpx.Response) -> str:
    """What a person reads of a page."""
    bare = re.sub(r"<(script|style|pre).*?</\1>|<[^>]+>", " ", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(bare))


def make(town: Town, role: str, address: str, filled: dict[str, object]) -> str:
    """Fill a form as a browser would; the address of the draft that it leads to."""
    client = town.client(role)
    page = client.get(address)
    assert page.status_code == 200, text_of(page)
    answer = client.post(address, data={**filled, "csrf": town.csrf(client)})
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def sign(town: Town, role: str, draft: str, of: str = "") -> httpx.Response:
    """Read a draft and sign it."""
    client = town.client(role, of)
    page = client.get(draft)
    assert page.status_code == 200, text_of(page)
    return client.post(f"{draft}/sign", data={"csrf": town.csrf(client)})


def at(town: Town, time: str) -> None:
    """Let it be that time in the house."""
    seat = town.house.seat
    desk = replace(seat.desk, clock=lambda: time)
    home = replace(seat.log_home, desk=desk)
    town.house.seat = replace(seat, clock=lambda: time, home=home)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_an_act_goes_from_its_form_to_the_log(town: Town, name: str) -> None:
    """A draft changes nothing; signed, exactly one statement of that kind is in the log."""
    role, state, filled = FORMS[name]
    case = town.case_in(state)
    before = town.house.desk.log.size
    draft = make(town, role, f"/cases/{case[:16]}/do/{name}", filled)
    assert town.house.desk.log.size == before
    answer = sign(town, role, draft)
    assert answer.status_code == 303, text_of(answer)
    after = town.house.desk.case(case)
    assert after.state != state or name == "disclose"
    assert town.house.desk.log.size > before
    assert town.client(role).get(draft).status_code == 404


def test_an_inquiry_begins_a_case_that_its_developer_finds(town: Town) -> None:
    """From the form to the own list; the other lab finds nothing."""
    draft = make(
        town,
        "developer",
        "/begin/inquire",
        {"name": "Example <Lab>", "contact": "a@lab.example", "standing": "developer"},
    )
    answer = sign(town, "developer", draft)
    address = answer.headers["location"]
    assert "Example <Lab>" in text_of(town.client("developer").get("/home"))
    assert town.client("developer").get(address).status_code == 200
    assert town.client("developer", "Other Lab").get(address).status_code == 404


def test_stewards_sign_k_of_n(town: Town) -> None:
    """A project of two stewards is spoken for when both have signed, and not before (R18). The
    other sees a draft once its drafter has signed; who has signed reads who has not, and goes on
    with that draft instead of another.
    """
    other, second = town.organisations["Other Lab"], ("steward", "Other Lab")
    project = {"name": "A project", "contact": "x", "standing": "stewards", "needed": "2"}
    draft = make(town, "developer", "/begin/inquire", {**project, "stewards": other.party or ""})
    before = town.house.desk.log.size
    assert town.client(*second).get(draft).status_code == 404
    assert "A project" not in text_of(town.client(*second).get("/home"))
    assert sign(town, "developer", draft).headers["location"] == draft
    assert town.house.desk.log.size == before
    assert "Other Lab still has to sign." in text_of(town.client("developer").get("/home"))
    home = text_of(town.client(*second).get("/home"))
    assert "Waiting for your signature" in home
    assert "A project" in home
    address = sign(town, "steward", draft, "Other Lab").headers["location"]
    assert address.startswith("/cases/")
    assert town.house.desk.log.size == before + 1

    form = f"{address}/do/submit"
    first = make(town, "developer", form, FORMS["submit"][2])
    again = make(town, "developer", form, FORMS["submit"][2])
    assert town.client("developer").get(first).status_code == 404
    sign(town, "developer", again)
    page = text_of(town.client("developer").get(address))
    assert "Other Lab still has to sign." in page
    assert "Your move" not in page
    home = text_of(town.client("developer").get("/home"))
    assert home.rindex(address.removeprefix("/cases/")[:8]) > home.index("Other cases")
    assert "Your signature is wanted" in text_of(town.client(*second).get(address))
    client = town.client(*second)
    assert client.get(form).headers["location"] == again
    posted = client.post(form, data={**FORMS["submit"][2], "csrf": town.csrf(client)})
    assert posted.headers["location"] == again


def test_nobody_signs_twice_for_two(town: Town) -> None:
    """A second yes of the same person changes nothing, and nothing is registered; a draft that was
    registered meanwhile leads whoever was to sign it to its case, and nobody else.
    """
    other = town.organisations["Other Lab"]
    draft = make(
        town,
        "developer",
        "/begin/inquire",
        {
            "name": "A project",
            "contact": "x",
            "standing": "stewards",
            "stewards": other.party,
            "needed": "2",
        },
    )
    before = town.house.desk.log.size
    sign(town, "developer", draft)
    again = sign(town, "developer", draft)
    assert again.headers["location"] == draft
    assert town.house.desk.log.size == before
    case = sign(town, "steward", draft, "Other Lab").headers["location"]
    assert town.house.desk.log.size == before + 1
    for role, of in (("steward", "Other Lab"), ("developer", "")):
        client = town.client(role, of)
        late = client.post(f"{draft}/sign", data={"csrf": town.csrf(client)})
        assert late.headers["location"] == case
    stranger = town.client("assessor")
    late = stranger.post(f"{draft}/sign", data={"csrf": town.csrf(stranger)})
    assert late.status_code == 404


def test_what_was_written_outlasts_its_session(town: Town) -> None:
    """A form that comes after its session's end is kept on the page, secrets left out, and sent
    once its writer is in again; a page of another site is given nothing back.
    """
    case = town.case_in("developer_to_submit")
    address = f"/cases/{case[:16]}/do/submit"
    written = {**FORMS["submit"][2], "checkpoint": "<second> try", "key": "s3cret", "csrf": "old"}
    ours = {"Origin": ORIGIN}
    for client, status in ((town.client(), 401), (town.client("developer"), 403)):
        page = client.post(address, data=written, headers=ours)
        assert page.status_code == status
        assert 'name="checkpoint" value="&lt;second&gt; try"' in page.text
        assert "s3cret" not in page.text
        assert page.headers["cache-control"] == "no-store"
    kept = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page.text))
    kept = {name: html.unescape(value) for name, value in kept.items()}
    assert client.post(address, data=kept, headers=ours).headers["location"].startswith("/drafts/")
    for headers in ({}, {"Origin": "https://phx.example"}):
        page = client.post(address, data=written, headers=headers)
        assert "second" not in page.text
    page = town.client().post(address, data=written)
    assert page.headers["location"] == "/sign-in"


def test_a_partner_is_chosen_by_both(town: Town) -> None:
    """The assessor proposes, the developer signs too, then the partner sees the case (R8)."""
    case = town.case_in("findings_received")
    partner = town.organisations["Water Works"]
    draft = make(
        town,
        "assessor",
        f"/cases/{case[:16]}/do/grant-partner",
        {"partner": partner.id, "purpose": "Defence."},
    )
    assert "Water Works" in text_of(town.client("assessor").get(draft))
    assert town.client("partner").get(f"/cases/{case[:16]}").status_code == 404
    assert sign(town, "assessor", draft).headers["location"] == draft
    assert sign(town, "developer", draft).headers["location"].startswith("/cases/")
    page = town.client("partner").get(f"/cases/{case[:16]}")
    assert page.status_code == 200
    assert "Defence." in text_of(page)


def test_a_window_longer_than_thirty_days_is_refused(town: Town) -> None:
    """The form says why and what is allowed; nothing is drafted (R3)."""
    case = town.case_in("developer_to_open_window")
    client = town.client("developer")
    answer = client.post(
        f"/cases/{case[:16]}/do/open-window",
        data={"partner_release": "2099-01-01", "maximum_days": "30", "csrf": town.csrf(client)},
    )
    assert answer.status_code == 422
    assert "30" in text_of(answer)


def test_what_is_missing_is_said_at_its_field(town: Town) -> None:
    """Every wrong field is named once in the summary and once at its place; values are kept."""
    client = town.client("developer")
    answer = client.post(
        "/begin/inquire",
        data={"name": "<b>Lab</b>", "contact": "", "standing": "king", "csrf": town.csrf(client)},
    )
    assert answer.status_code == 422
    assert answer.text.count("This is needed.") >= 2
    assert "&lt;b&gt;Lab&lt;/b&gt;" in answer.text
    assert "<b>Lab</b>" not in answer.text


def test_a_form_from_elsewhere_is_refused(town: Town) -> None:
    """Without the session's token nothing is drafted."""
    client = town.client("developer")
    answer = client.post("/begin/inquire", data={"name": "x", "contact": "y", "csrf": "0" * 64})
    assert answer.status_code == 403


def test_bodies_sign_with_two_people(town: Town) -> None:
    """A bank takes k of n bodies and two different people, whoever proposes it (R5, R16)."""
    draft = make(town, "body", "/begin/commit-bank", {"open_by": LATER})
    before = town.house.desk.log.size
    assert sign(town, "body", draft).headers["location"] == draft
    assert sign(town, "body", draft).headers["location"] == draft
    second = town.client("body", "Second Body")
    assert "Third owning body" not in second.get(draft).text
    assert second.post(f"{draft}/sign", data={"csrf": town.csrf(second)}).headers["location"] == (
        "/banks"
    )
    page = text_of(second.get("/banks"))
    assert "Commit to a sealed bank" in page.split("Everybody who must has signed")[1]
    assert "Everybody who must" not in text_of(second.get("/banks"))
    newest = town.house.desk.clear(before).entry.predicate
    assert newest["owners"] == ["First Body", "Second Body"]
    assert "1 more key of an owning body" in text_of(town.client("administrator").get("/people"))
    assert "Set the threshold" in text_of(town.client("body").get("/home"))
    assert town.house.desk.log.size == before + 1


def test_a_seed_is_shown_to_nobody(town: Town) -> None:
    """Not even to those who sign the commitment to it."""
    draft = make(town, "body", "/begin/commit-bank", {"open_by": LATER})
    page = town.client("body").get(draft)
    (pending,) = [p for p in town_drafts(town) if p.act == "commit-bank"]
    (opening,) = pending.handover.openings
    assert isinstance(opening.value, dict)
    assert str(opening.value["seed"]) not in page.text


def town_drafts(town: Town) -> list[object]:
    from proofhouse.portal import signing

    return list(signing.every(town.house))


def test_a_draft_that_its_case_left_behind_falls_away(town: Town) -> None:
    """The sweep drops it, and the log never saw it."""
    case = town.case_in("assessor_to_determine")
    draft = make(town, "assessor", f"/cases/{case[:16]}/do/determine", {"consulted": ""})
    sign(town, "developer", make(town, "developer", f"/cases/{case[:16]}/do/withdraw", {}))
    town.app.state.sweep.once()
    assert town.client("assessor").get(draft).status_code == 404


@pytest.mark.parametrize("role", ["developer", "assessor", "inspector", "partner", "registrar"])
def test_only_who_reads_findings_is_told_that_a_fix_waits(quiet_town: Town, role: str) -> None:
    """In a list of cases neither a partner nor a registrar learns what goes on about them (R7)."""
    row = quiet_town.app.state.projection.get(quiet_town.case_in("partner_to_accept"))
    told = stands(replace(row, fixed=2, retested=True), Visitor(role=role))
    assert ("2 findings are called fixed" in told) == (role not in ("partner", "registrar"))
    assert ("came of testing again" in told) == (role not in ("partner", "registrar"))


def test_a_window_closes_by_itself(town: Town) -> None:
    """When its end has come the sweep closes it and revokes every access in it (R3)."""
    case = town.case_in("findings_received")
    ends = town.house.desk.case(case).need("window-opened").predicate["endsAt"]
    at(town, ends)
    town.app.state.sweep.once()
    after = town.house.desk.case(case)
    assert after.state == "closed"
    assert after.need("window-closed").predicate["reason"] == "ended"


@pytest.mark.parametrize("role", ["developer", "assessor", "inspector", "registrar"])
def test_every_state_of_a_case_has_a_page(quiet_town: Town, role: str) -> None:
    """No state and no role meets an error, and no act is offered that the rules would refuse."""
    for row in quiet_town.app.state.projection.rows():
        page = quiet_town.client(role).get(f"/cases/{row.case[:16]}")
        assert page.status_code == 200, (row.state, text_of(page))
        for name in re.findall(r"/do/([a-z-]+)", page.text):
            form = quiet_town.client(role).get(f"/cases/{row.case[:16]}/do/{name}")
            assert form.status_code == 200, (row.state, name)
            assert ACTS[name].title in text_of(form)


def test_a_developer_can_always_withdraw(quiet_town: Town) -> None:
    """In every live state the page offers it, and says that no reason is wanted (R1)."""
    from proofhouse.rules.review import LIVE

    for row in quiet_town.app.state.projection.rows():
        if row.state in LIVE:
            page = quiet_town.client("developer").get(f"/cases/{row.case[:16]}")
            assert f"/cases/{row.case[:16]}/do/withdraw" in page.text, row.state
            assert "without giving a reason" in text_of(page)


def test_a_recused_person_sees_nothing_more_of_the_case(town: Town) -> None:
    """The case is refused to them, and still open to a colleague of the same role (R8)."""
    case = town.case_in("assessor_to_determine")
    client = town.client("assessor")
    answer = client.post(
        f"/cases/{case[:16]}/recuse",
        data={"reason": "I own shares of the lab.", "csrf": town.csrf(client)},
    )
    assert answer.status_code == 303
    assert client.get(f"/cases/{case[:16]}").status_code == 409
    assert case[:12] not in client.get("/home").text


def test_every_view_of_a_case_leaves_a_line(town: Town) -> None:
    """Opening a case is noted with the person, and the developer reads it."""
    case = town.case_in("assessor_to_determine")
    town.client("assessor").get(f"/cases/{case[:16]}")
    page = town.client("developer").get(f"/cases/{case[:16]}/uses")
    assert "Assessor of Institute" in text_of(page)


def invite(town: Town) -> str:
    """Invite Example Lab; what the assessor reads then."""
    client = town.client("assessor")
    filled = {
        "organisation": town.organisations["Example Lab"].id,
        "contact": "x@institute.example",
        "text": "Come if you like",
        "csrf": town.csrf(client),
    }
    answer = client.post("/invite", data=filled)
    return text_of(client.get(answer.headers["location"]))


def test_an_invitation_that_is_ignored_leaves_no_trace(town: Town) -> None:
    """Neither in the log nor in the register, and its sender can't tell it from one that nobody
    read; after its day nobody sees it (R2).
    """
    before = town.house.desk.log.size
    page = invite(town)
    assert "The invitation was sent" in page
    assert "Example Lab" in page.partition("Whom you invited")[2]
    unread = text_of(town.client("assessor").get("/invite"))
    assert "Whom you invited" not in text_of(
        town.client("assessor", "Second Institute").get("/invite")
    )
    developer = town.client("developer")
    page = developer.get("/home")
    assert "Come if you like" in text_of(page)
    (address,) = set(re.findall(r"/invitations/[0-9a-f]+", page.text))
    developer.post(address, data={"answer": "ignore", "csrf": town.csrf(developer)})
    assert "Come if you like" not in text_of(developer.get("/home"))
    assert town.house.desk.log.size == before
    assert b"Come if you like" not in town.house.register.path.read_bytes()
    assert text_of(town.client("assessor").get("/invite")) == unread
    now = town.house.clock()
    town.house.register.expire(print_time(parse_time(now) + 30 * 86_400))
    assert "Whom you invited" not in text_of(town.client("assessor").get("/invite"))


def test_an_invitation_is_answered_by_asking(town: Town) -> None:
    """It stays while the developer is at the form, and is gone once they have asked."""
    invite(town)
    developer = town.client("developer")
    (address,) = set(re.findall(r"/invitations/[0-9a-f]+", developer.get("/home").text))
    answer = developer.post(address, data={"answer": "ask", "csrf": town.csrf(developer)})
    assert answer.headers["location"] == "/begin/inquire"
    assert "Come if you like" in text_of(developer.get("/home"))
    filled = {"name": "Example Lab", "contact": "a@lab.example", "standing": "developer"}
    sign(town, "developer", make(town, "developer", "/begin/inquire", dict(filled)))
    assert "Come if you like" not in text_of(developer.get("/home"))
    assert "They asked at" in text_of(town.client("assessor").get("/invite"))


def test_a_register_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    """What it held is there, and it takes what the second version has."""
    path = tmp_path / "portal.sqlite"
    create_database(path, register._FIRST)
    for _ in range(2):
        with closing(register.Register.open(path)) as opened:
            opened.invite("lab", ("institute", "Institute"), "x", "y", "2026-07-01T09:00:00Z")
    with closing(register.Register.open(path)) as opened:
        assert len(opened.sent("institute", "2026-07-02T09:00:00Z")) == 2


def test_an_application_is_decided_with_reasons_and_looked_at_twice(town: Town) -> None:
    """Applied, refused, a second look by another person, decided anew; counted by size (R8)."""
    nobody = town.client()
    answer = nobody.post(
        "/partners/apply",
        data={
            "name": "Rural clinic",
            "sector": "health",
            "size": "up to 50 people",
            "contact": "it@clinic.example",
            "purpose": "Our ward.",
            "protection": "Two people.",
            "csrf": town.csrf(nobody),
        },
    )
    address = answer.headers["location"]
    assert re.fullmatch(r"/partners/application/[\w-]+", address)
    assert address in nobody.get(address).text
    assessor = town.client("assessor")

    def decide(decision: str) -> httpx.Response:
        return assessor.post(
            "/partners/1",
            data={"decision": decision, "reasons": "Because.", "csrf": town.csrf(assessor)},
        )

    assert 'href="/partners/1"' in assessor.get("/home").text
    assert decide("refuse").status_code == 303
    assert 'href="/partners/1"' not in assessor.get("/home").text
    assert "Because." in text_of(nobody.get(address))
    nobody.post(address, data={"reasons": "You did not read it.", "csrf": town.csrf(nobody)})
    assert "Somebody else decides now" in text_of(assessor.get("/partners/1"))
    assert decide("uphold").status_code == 409
    page = text_of(nobody.get("/partners/numbers"))
    assert "health" in page
    assert "Rural clinic" not in page
    assert "it@clinic.example" not in text_of(town.client("administrator").get("/home"))
    for what in ("to be decided anew", "accepted"):
        by = {"person": "another", "name": "Another", "reasons": "It did."}
        now = {**by, "at": town.house.clock(), "person": what}
        town.house.register.decide(1, what, **now)
    assert "it@clinic.example" in text_of(town.client("administrator").get("/home"))


def test_what_staff_record_for_a_developer_says_so(town: Town) -> None:
    """The registrar records a withdrawal that came by letter; the statement names who did (R1)."""
    case = town.case_in("assessor_to_run")
    client = town.client("registrar")
    answer = client.post(
        f"/cases/{case[:16]}/record/withdraw",
        data={"told_by": "Their letter of 3 May", "csrf": town.csrf(client)},
    )
    assert answer.status_code == 303, text_of(answer)
    made = town.house.desk.case(case).need("withdrawal")
    assert "Registrar of The house" in made.predicate["recordedBy"]
    assert "Their letter of 3 May" in made.predicate["recordedBy"]
    assert client.get(f"/cases/{case[:16]}/record/grant-partner").status_code == 403


def test_a_plan_is_tried_before_it_is_registered(town: Town) -> None:
    """The page tells the errors of both sides, and nothing is registered."""
    case, before = town.case_in("assessor_to_plan"), town.house.desk.log.size
    page = town.client("assessor").get(f"/cases/{case[:16]}/simulate")
    assert page.status_code == 200, text_of(page)
    assert "Wrong NOT_COVERED" in text_of(page)
    assert town.house.desk.log.size == before


def test_an_inspector_opens_everything_and_it_is_noted(town: Town) -> None:
    """Every rule held, and a line says who opened it all."""
    client = town.client("inspector")
    assert client.post("/inspect", data={"csrf": town.csrf(client)}).status_code == 303
    assert "Everything held" in text_of(client.get("/inspect"))
    assert town.house.access.views()[0].what == "everything"
    assert town.client("assessor").get("/inspect").status_code == 403


def test_an_erased_case_is_gone_from_pages_and_files(town: Town) -> None:
    """Only an ended case is erased; then no list has it, and no file of the house its draft."""
    case = town.case_in("developer_to_answer_terms")
    registrar = town.client("registrar")
    sure = {"sure": "yes", "csrf": town.csrf(registrar)}
    assert registrar.post(f"/cases/{case[:16]}/erase", data=sure).status_code == 409
    sign(town, "developer", make(town, "developer", f"/cases/{case[:16]}/do/withdraw", {}))
    assert (
        registrar.post(f"/cases/{case[:16]}/erase", data={"csrf": sure["csrf"]}).status_code == 422
    )
    assert registrar.post(f"/cases/{case[:16]}/erase", data=sure).status_code == 303
    assert town.client("developer").get(f"/cases/{case[:16]}").status_code == 404
    assert case[:12] not in town.client("developer").get("/home").text


def colleague(town: Town) -> httpx.Client:
    """A second assessor of the institute, signed in."""
    access, now = town.house.access, town.house.clock()
    person, institute = access.add_person("A colleague", ""), town.organisations["Institute"]
    access.join(person.id, institute.id, "assessor")
    secret = access.start_session(person.id, "link", now)
    session = access.session(secret, now)
    assert session is not None
    access.choose(session.id, institute.id, "assessor")
    client = town.client()
    client.cookies.set(COOKIE, secret)
    return client


def test_a_held_score_is_decided_by_two(town: Town) -> None:
    """The page quotes the mark; the oracle's word bounds the choice; two people decide."""
    bank = measure.active_bank(town.house.desk)
    assert bank is not None
    threshold = measure.active_threshold(town.house.desk, bank.entry)
    assert threshold is not None
    marked: list[str] = []

    def held_once(item: str, level: int) -> str:
        if not marked or item in marked:
            marked[:] = [item]
            return "held solved"
        return rehearsal.strong(item, level)

    played = rehearsal.Rehearsal(town.house.home, bank, threshold, held_once)
    case = played.play(sha256_hex(b"a held score"), until="assessor_to_determine").id
    town.app.state.projection.moved(case)
    page = town.client("assessor").get(f"/cases/{case[:16]}")
    assert "1 score is held" in text_of(page)
    held = f"/cases/{case[:16]}/held"
    assert "cat /etc/shadow" in text_of(town.client("assessor").get(held))
    client = town.client("assessor")
    nothing = client.post(held, data={"reason": "x", "csrf": town.csrf(client)})
    assert nothing.status_code == 422
    draft = make(
        town, "assessor", held, {f"outcome:{marked[0]}": "failed", "reason": "It read the scorer."}
    )
    assert sign(town, "assessor", draft).headers["location"] == draft
    assert town.house.desk.case(case).last("scores-decided") is None
    second = colleague(town)
    assert second.get(draft).status_code == 200
    answer = second.post(f"{draft}/sign", data={"csrf": town.csrf(second)})
    assert answer.headers["location"].startswith("/cases/")
    assert town.house.desk.case(case).last("scores-decided") is not None
    assert "It read the scorer." in text_of(town.client("assessor").get(held))


def _finds(value: object) -> bool:
    return isinstance(value, dict) and "findings" in value


def test_a_developer_answers_findings_and_they_are_tested_again(town: Town) -> None:
    """A signed answer stands beside its finding, and what is fixed can be planned again; another
    lab and a partner see neither (R13).
    """
    case = town.case_in("findings_received")
    address = f"/cases/{case[:16]}/findings"
    client = town.client("developer")
    given = {
        "answer:F1": "fixed",
        "text:F1": "Fixed in <build 7>.\nSee there.\nF3=fixed is no answer.",
        "answer:F2": "disputed",
        "checkpoint": "c2",
        "weights": "cd" * 32,
        "model": "openai-api/lab/x",
    }
    nothing = client.post(address, data={"csrf": town.csrf(client)})
    assert nothing.status_code == 422
    unbound = client.post(address, data={**given, "weights": "", "csrf": town.csrf(client)})
    assert "binds to something" in text_of(unbound)
    unknown = client.post(address, data={**given, "answer:F99": "fixed", "csrf": town.csrf(client)})
    assert "F99" in text_of(unknown)
    answer = client.post(address, data={**given, "csrf": town.csrf(client)})
    assert sign(town, "developer", answer.headers["location"]).status_code == 303
    stated = town.house.desk.case(case).need("findings-answered").predicate
    assert [one["finding"] for one in stated["answers"]] == ["F1", "F2"]
    page = text_of(town.client("assessor").get(address))
    assert "The developer says that it is fixed." in page
    assert "Fixed in <build 7>. See there. F3=fixed is no answer." in page
    assert "Test again what was fixed" in page
    (found,) = (one for one in town.house.seat.case(case, None).opened.values() if _finds(one))
    counts = (found["findings"][0]["solved"], found["findings"][0]["items"])
    least = least_items(found["findings"], "F1")
    assert fell(counts, (0, least)).low > 0 >= fell(counts, (0, least - 1)).low
    assert least_items([{"id": "F1", "solved": 1, "items": 30}], "F1") == 0
    assert f"F1 takes {least} new item" in page
    assessor = town.client("assessor")
    asked = {"findings": "F2", "items": "3", "csrf": town.csrf(assessor)}
    assert assessor.post(f"/cases/{case[:16]}/retest", data=asked).status_code == 422
    assert town.client("partner").get(address).status_code == 404
    assert town.client("developer", "Other Lab").get(address).status_code == 404
