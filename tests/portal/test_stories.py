# SPDX-License-Identifier: Apache-2.0
"""Five people use the portal in a real Chromium, from sign-in to the end of what they came for.

Everybody comes in by a one-time link, makes a passkey and signs every statement with it. Only the
outcomes of items are told beforehand (``stories.rehearsal``); what a story does not tell, others do
between its pages by the same desk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")
pytest.importorskip("playwright.sync_api", reason="needs the extra portal's tests")

from proofhouse.desk import measure
from proofhouse.formats.bundle import Bundle
from proofhouse.portal import runs
from proofhouse.portal.app import create_app, open_house
from proofhouse.portal.house import Settings
from proofhouse.rules.window import parse_time, print_time
from proofhouse.verify import verify
from proofhouse.views.words import NOW
from stories import rehearsal, table

from .browsing import browser
from .conftest import ANSWERS, Town, found
from .served import PATIENCE, asked_elsewhere, authenticator, free_socket, serving


@dataclass
class Stage:
    """A served town and a browser; ``person`` brings somebody in."""

    town: Town
    origin: str
    chromium: Any
    watched: list[list[str]] = field(default_factory=list)
    people: dict[tuple[str, str], Page] = field(default_factory=dict)

    def person(self, role: str, of: str = "") -> Page:
        """Somebody with ``role``, signed in by a link, with a new passkey, in an own browser."""
        if (role, of) not in self.people:
            self.people[role, of] = self._new_person(role, of)
        self.people[role, of].open("/home")
        return self.people[role, of]

    def _new_person(self, role: str, of: str) -> Page:
        context = self.chromium.new_context(accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        authenticator(page)
        self.wrong_of(page)
        house = self.town.house
        someone = self.town.person(role, of)
        secret = house.access.new_link(someone.id, "invitation", house.clock(), 600)
        page.goto(f"{self.origin}/link/{secret}")
        page.get_by_role("button", name="Come in").click()
        page.get_by_label("What you call it").fill("this laptop")
        page.get_by_role("button", name="Make a passkey").click()
        page.wait_for_url(lambda url: "/link/" not in url and "passkey" not in url)
        page.goto(f"{self.origin}/home")
        if "/account/role" in page.url:
            page.get_by_label(re.compile(role, re.IGNORECASE)).first.check()
            page.get_by_role("button", name="Go on").click()
            page.goto(f"{self.origin}/home")
        return Page(page, self)

    def wrong_of(self, page: Any) -> None:
        """What the page asks of others, and what its scripts get wrong, fails the story."""
        self.watched.append(asked_elsewhere(page, self.origin))

    def check(self) -> None:
        """Nothing went wrong on any page."""
        assert [line for lines in self.watched for line in lines] == []

    def play(self, case: str, until: str) -> None:
        """What the others do meanwhile."""
        house = self.town.house
        bank = measure.active_bank(house.desk)
        assert bank is not None
        threshold = measure.active_threshold(house.desk, bank.entry)
        assert threshold is not None
        rehearsal.Rehearsal(house.home, bank, threshold).play(case, until=until)
        self.town.app.state.projection.moved(case)

    def case(self, page: Page) -> str:
        """The id of the case that the page shows."""
        start = page.it.url.split("/cases/")[1][:16]
        return next(one for one in self.town.house.desk.cases() if one.startswith(start))


@dataclass
class Page:
    """A browser's page, with the gestures that every story makes."""

    it: Any
    stage: Stage

    def click(self, name: str) -> None:
        """A button or a link by its words."""
        button = self.it.get_by_role("button", name=name)
        (button if button.count() else self.it.get_by_role("link", name=name)).first.click()
        self.it.wait_for_load_state()

    def open(self, address: str) -> None:
        """A page of this house."""
        self.it.goto(f"{self.stage.origin}{address}")

    def sign(self) -> None:
        """Read the statement and sign it with the passkey."""
        assert "What is stated" in self.text, self.text
        with self.it.expect_navigation():
            self.it.get_by_role("button", name="Sign with passkey").click()
        self.it.wait_for_load_state()

    def signed(self) -> bool:
        """Whether the page says that others still have to sign."""
        return "Others still have to sign" in self.text

    @property
    def text(self) -> str:
        """What a person reads."""
        words: str = self.it.inner_text("main")
        return words

    def stands(self, state: str) -> None:
        """The case's page says where it stands, in the rules' own words."""
        assert NOW[state] in self.text, self.text


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One town, one server and one browser for all five."""
    path = tmp_path_factory.mktemp("stories") / "home"
    found(path)
    bound = free_socket()
    origin = f"http://localhost:{bound.getsockname()[1]}"
    settings = Settings(origin=origin, reachable=("127.0.0.1:9",))
    with pytest.MonkeyPatch.context() as patch, open_house(path, settings) as house:
        table.rehearse(patch)
        patch.setattr(runs, "check_model", lambda *_told: None)  # no model is asked
        patch.setattr(house, "probe", lambda _filled: (None, ANSWERS))
        app = create_app(house)
        town = Town(house, app, None)  # type: ignore[arg-type]
        for one in house.access.organisations():
            town.organisations[one.name] = one
            for person, role in house.access.members(one.id):
                town.people[one.name, role] = person
        with serving(app, bound), browser() as chromium:
            yield Stage(town, origin, chromium)


def test_a_developer_from_question_to_bundle(stage: Stage) -> None:
    """Asks, submits a model, reads the answer, asks for a review, strikes a clause, opens the
    window, receives the findings, takes the bundle away, and leaves."""
    mira = stage.person("developer")
    mira.click("Ask whether a model would be covered")
    mira.it.get_by_label("Who asks").fill("Example Lab")
    mira.it.get_by_label("Where an answer goes").fill("answers@lab.example")
    mira.it.get_by_label("the model’s developer").check()
    mira.click("Ask")
    mira.sign()
    mira.stands("developer_to_submit")
    case = stage.case(mira)

    mira.click("Submit the model")
    mira.it.get_by_label("The model’s name").fill("openai-api/lab/model-x")
    mira.it.get_by_label("The endpoint’s address").fill("http://127.0.0.1:9/v1")
    mira.it.get_by_label("The digest of the weights’ manifest").fill("ab" * 32)
    mira.click("Submit")
    mira.sign()
    mira.stands("assessor_to_plan")
    stage.play(case, "covered")

    mira.open(f"/cases/{case[:16]}")
    assert "covered frontier model" in mira.text
    mira.click("Ask for a review")
    mira.click("Ask for a review")
    mira.sign()
    stage.play(case, "developer_to_answer_terms")

    mira.open(f"/cases/{case[:16]}")
    mira.click("Answer the six clauses")
    for group in mira.it.get_by_role("group").all():
        if group.get_by_label("Accept").count():
            group.get_by_label("Accept").check()
    mira.it.get_by_role("group", name="Insider risk").get_by_label("Strike").check()
    mira.click("Answer")
    mira.sign()
    mira.click("Open the access window")
    day = print_time(parse_time(stage.town.house.clock()) + 14 * 86_400)[:10]
    mira.it.get_by_label("Planned release to other trusted partners").fill(day)
    mira.click("Open the window")
    mira.sign()
    assert "You may withdraw at any time" in mira.text
    assert mira.it.locator("table.month").count() >= 1
    stage.play(case, "developer_to_receive_findings")

    mira.open(f"/cases/{case[:16]}")
    assert "What to do" in mira.text
    mira.click("Confirm that you have the findings")
    mira.click("Confirm")
    mira.sign()
    with mira.it.expect_download() as download:
        mira.it.get_by_role("link", name="Download the bundle").click()
    data = Path(download.value.path()).read_bytes()
    assert verify(data, stage.town.house.policy).status == "verified"
    assert Bundle.parse(data).audience == "developer"

    mira.click("Withdraw")
    mira.click("Withdraw")
    mira.sign()
    stage.town.app.state.sweep.once()
    assert stage.town.house.desk.case(case).state == "withdrawn"
    stage.check()


def test_a_finding_is_answered_and_tested_again(stage: Stage) -> None:
    """The developer reads a finding and calls it fixed; the assessor is told at home and in the
    queue, has it tested on new items, and the developer reads what came of it."""
    mira, case = stage.person("developer"), stage.town.case_in("developer_to_receive_findings")
    mira.open(f"/cases/{case[:16]}")
    mira.click("Confirm that you have the findings")
    mira.click("Confirm")
    mira.sign()
    mira.click("Answer a finding")
    first = mira.it.locator("section.card").first
    first.get_by_label("We have fixed it").check()
    first.get_by_label("What you say of it").fill("It refuses since the second round.")
    mira.it.get_by_label("The version in which it is fixed").fill("second round")
    mira.it.get_by_label("The digest of the weights’ manifest").fill("cd" * 32)
    mira.click("Answer")
    mira.sign()

    ada = stage.person("assessor")
    row = ada.it.locator("tr", has_text=case[:12])
    assert "1 finding is called fixed" in row.inner_text()
    ada.open("/queue")
    ada.it.get_by_role("link", name=case[:12]).click()
    ada.click("Test again what was fixed")
    assert "It refuses since the second round." in ada.text
    ada.click("Plan the re-test")
    _until(stage, case, "assessor_to_run_retest")
    stage.play(case, "developer_to_receive_findings")

    mira.open("/home")
    assert "what came of testing again" in mira.it.locator("tr", has_text=case[:12]).inner_text()
    mira.it.get_by_role("link", name=case[:12]).click()
    mira.click("Read what came of it")
    assert "Tested again" in mira.text
    assert "Still there: a new item shows it." in mira.text
    stage.check()


def test_two_stewards_speak_for_a_project(stage: Stage) -> None:
    """One drafts, the other finds the draft at home; only with both is it registered (R18)."""
    first, second = stage.person("developer"), stage.person("steward", "Other Lab")
    first.click("Ask whether a model would be covered")
    first.it.get_by_label("Who asks").fill("Open project")
    first.it.get_by_label("Where an answer goes").fill("list@project.example")
    first.it.get_by_label("one of several stewards").check()
    assert "Other Lab" not in first.text
    first.it.get_by_label("The other stewards").fill(stage.town.party("Other Lab"))
    first.it.get_by_label("How many of the stewards").fill("2")
    first.click("Ask")
    first.sign()
    before = stage.town.house.desk.log.size

    second.open("/home")
    assert "Waiting for your signature" in second.text
    second.it.locator("a[href^='/drafts/']").first.click()
    second.sign()
    assert stage.town.house.desk.log.size == before + 1
    second.stands("developer_to_submit")
    case = stage.case(second)
    signers = stage.town.house.desk.case(case).need("inquiry").keyids("developer")
    assert len(signers) == 2

    second.click("Withdraw")
    second.click("Withdraw")
    second.sign()
    assert second.signed()
    first.open("/home")
    first.it.locator("a[href^='/drafts/']").first.click()
    first.sign()
    assert stage.town.house.desk.case(case).state == "withdrawn"
    stage.check()


def test_an_assessor_from_queue_to_findings(stage: Stage) -> None:
    """Finds a case in the queue, simulates, plans, runs, determines, discloses, offers terms."""
    ada = stage.person("assessor")
    case = stage.town.case_in("assessor_to_plan")
    ada.open("/queue")
    assert case[:12] in ada.text
    ada.it.get_by_role("link", name=case[:12]).first.click()
    ada.click("Simulate it first")
    assert "Wrong NOT_COVERED" in ada.text
    ada.click("Register the plan")
    _until(stage, case, "assessor_to_run")
    ada.open(f"/cases/{case[:16]}")
    ada.click("Run the test")
    _until(stage, case, "assessor_to_determine")
    ada.open(f"/cases/{case[:16]}")
    ada.click("State the determination")
    ada.it.get_by_label("Who was consulted").fill("First Body\nSecond Body")
    ada.click("State it")
    ada.sign()
    ada.stands("covered")
    ada.open(f"/cases/{case[:16]}/do/disclose")
    ada.it.get_by_label("the determination").check()
    ada.it.get_by_label("the threshold").check()
    ada.it.get_by_label("Why").fill("The developer asked.")
    ada.click("Disclose")
    ada.sign()
    assert stage.town.house.desk.case(case).last("disclosure") is not None

    other = stage.town.case_in("assessor_to_deliver_findings")
    ada.open(f"/cases/{other[:16]}")
    ada.click("Deliver the findings")
    ada.click("Deliver")
    ada.sign()
    ada.stands("developer_to_receive_findings")
    stage.check()


def test_a_partner_from_application_to_yield(stage: Stage) -> None:
    """Applies without an account, is accepted with reasons; one that is a partner is chosen by
    both, accepts, and reports what its use yielded (R8)."""
    visitor = stage.chromium.new_context().new_page()
    visitor.set_default_timeout(PATIENCE)
    stage.wrong_of(visitor)
    visitor.goto(f"{stage.origin}/partners/apply")
    visitor.get_by_label("Your organisation").fill("Rural clinic")
    visitor.get_by_label("health").check()
    visitor.get_by_label("up to 50 people").check()
    visitor.get_by_label("Where we reach you").fill("it@clinic.example")
    visitor.get_by_label("What you would defend, and how").fill("A ward of twelve beds.")
    visitor.get_by_label("How you would protect the access").fill("Two named people.")
    visitor.get_by_role("button", name="Apply").click()
    visitor.wait_for_url(f"{stage.origin}/partners/application/*")

    ada = stage.person("assessor")
    ada.open("/partners")
    ada.it.get_by_role("link", name="Rural clinic").click()
    ada.it.get_by_label("Accept").check()
    ada.it.get_by_label("Reasons").fill("All criteria are met.")
    ada.click("State the decision")
    visitor.reload()
    assert "All criteria are met." in visitor.inner_text("main")

    case = stage.town.case_in("findings_received")
    ada.open(f"/cases/{case[:16]}/do/grant-partner")
    ada.it.get_by_label("Water Works").check()
    ada.it.get_by_label("What the access is for").fill("Find flaws in our own controllers.")
    ada.click("Propose")
    ada.sign()
    mira = stage.person("developer")
    mira.open("/home")
    mira.it.locator("a[href^='/drafts/']").first.click()
    mira.sign()

    wim = stage.person("partner")
    wim.open(f"/cases/{case[:16]}")
    wim.click("Accept the access")
    wim.click("Accept")
    wim.sign()
    wim.open(f"/cases/{case[:16]}/uses")
    wim.it.get_by_label("What you did with the access").fill("Went through the pump controllers.")
    wim.it.get_by_label("Flaws found").fill("3")
    wim.it.get_by_label("Of these, closed").fill("2")
    wim.click("Report it")
    mira.open(f"/cases/{case[:16]}/uses")
    assert "Went through the pump controllers." in mira.text
    stage.check()


def test_an_inspector_checks_without_trust(stage: Stage) -> None:
    """Proves a leaf in the page, inspects everything, sees who looked, takes the bundle away."""
    ira = stage.person("inspector")
    ira.open("/log")
    ira.it.locator("main a[href^='/log/']").first.click()
    ira.it.wait_for_load_state()
    ira.open("/inspect")
    ira.click("Inspect everything now")
    assert "Everything held" in ira.text, ira.text
    ira.open("/views")
    assert "Inspector of Inspectorate" in ira.text
    case = stage.town.case_in("covered")
    ira.open(f"/cases/{case[:16]}")
    with ira.it.expect_download() as download:
        ira.it.get_by_role("link", name="Download the bundle").click()
    data = Path(download.value.path()).read_bytes()
    report = verify(data, stage.town.house.policy)
    assert report.status == "verified"
    assert Bundle.parse(data).audience == "inspector"
    stage.check()


def _until(stage: Stage, case: str, state: str) -> None:
    """Wait for the portal's own thread to bring the case there."""
    for _ in range(600):
        told = stage.town.app.state.runs.state(case)
        if stage.town.house.desk.case(case).state == state and told.phase == "done":
            return  # a page that is opened now does not reload itself under a click
        time.sleep(0.2)
    told = stage.town.app.state.runs.state(case)
    raise AssertionError(f"{stage.town.house.desk.case(case).state}, not {state}: {told}")
