# SPDX-License-Identifier: Apache-2.0
"""Coming in, going out, one's own account, and letting people in: over the real pages."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")

from fastapi.testclient import TestClient

from access.provider import CLIENT, SECRET, Provider, provider
from proofhouse.access import Person, oidc
from proofhouse.portal import sign_in
from proofhouse.portal.app import create_app, open_house
from proofhouse.portal.house import House, Settings
from proofhouse.portal.visitor import COOKIE
from proofhouse.rules.window import parse_time, print_time
from stories.authenticator import Authenticator

ORIGIN = "http://localhost:8080"


@dataclass
class Site:
    """An empty house behind its application, and a clock that stands still."""

    house: House
    app: object
    now: int = field(default_factory=lambda: parse_time("2027-01-01T09:00:00Z"))

    def __post_init__(self) -> None:
        self.house.seat = replace(self.house.seat, clock=lambda: print_time(self.now))

    def browser(self) -> TestClient:
        return TestClient(
            self.app,  # type: ignore[arg-type]
            base_url=self.house.settings.origin,
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def set_up(self, key: Authenticator | None = None) -> TestClient:
        """The first administrator's browser, with a passkey if ``key`` is given."""
        browser = self.browser()
        secret = self.house.access.new_setup(self.house.clock())
        about = {"organisation": "The house", "name": "Ada Lindt", "contact": "admin@house.example"}
        assert post(browser, f"/setup/{secret}", f"/setup/{secret}", about).status_code == 303
        if key is not None:
            assert add_passkey(browser, key).status_code == 303
        return browser

    def somebody(self, role: str = "developer", of: str = "Example Lab") -> Person:
        """Somebody new in an organisation."""
        access = self.house.access
        there = next((one for one in access.organisations() if one.name == of), None)
        there = there or access.add_organisation(of, roles=(role,), party="1" * 64)
        person = access.add_person(f"{role} of {of}", "")
        access.join(person.id, there.id, role)
        return person

    def come_in(self, person: Person) -> TestClient:
        """The browser of somebody who came by a link."""
        browser = self.browser()
        secret = self.house.access.new_link(person.id, "invitation", self.house.clock(), 600)
        assert post(browser, f"/link/{secret}", f"/link/{secret}", {}).status_code == 303
        return browser


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("founded") / "home"
    with open_house(path):
        return path


@pytest.fixture
def settings() -> Settings:
    return Settings(origin=ORIGIN)


@pytest.fixture
def site(founded: Path, tmp_path: Path, settings: Settings) -> Iterator[Site]:
    shutil.copytree(founded, tmp_path / "home")
    with open_house(tmp_path / "home", settings) as house:
        yield Site(house, create_app(house, working=False))


def csrf_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def post(
    browser: TestClient, page: str, to: str, form: dict[str, object], **headers: str
) -> httpx.Response:
    """Open ``page``, and send its form to ``to``."""
    seen = browser.get(page)
    assert seen.status_code == 200, seen.text
    return browser.post(to, data={**form, "csrf": csrf_of(seen)}, headers=headers)


def add_passkey(browser: TestClient, key: Authenticator, name: str = "laptop") -> httpx.Response:
    csrf = csrf_of(browser.get("/account/passkey"))
    asked = browser.post("/account/passkey.json", data={"csrf": csrf})
    if asked.status_code != 200:
        return asked
    answer = json.dumps(key.register(asked.json(), ORIGIN))
    return browser.post("/account/passkey", data={"csrf": csrf, "answer": answer, "name": name})


def by_passkey(browser: TestClient, key: Authenticator) -> httpx.Response:
    asked = browser.post("/sign-in/passkey.json").json()
    form = {"answer": json.dumps(key.answer(asked, ORIGIN))}
    return post(browser, "/sign-in", "/sign-in/passkey", form)


def read(page: httpx.Response) -> str:
    bare = html.unescape(re.sub(r"<[^>]+>", " ", page.text))
    return re.sub(r"\s+", " ", bare)


# ---------------------------------------------------------------------------------- the first


def test_the_first_administrator(site: Site) -> None:
    """From the terminal's link to a passkey, out, and in again by it."""
    key = Authenticator()
    browser = site.set_up(key)
    assert browser.get("/people").status_code == 200
    assert post(browser, "/account", "/sign-out", {}).headers["location"] == "/"
    assert browser.get("/people").headers["location"] == "/sign-in"
    came = by_passkey(browser, key)
    assert (came.status_code, came.headers["location"]) == (303, "/home")
    assert "Ada Lindt" in read(browser.get("/account"))


def test_a_set_up_link_works_once(site: Site) -> None:
    """Looking at it does not use it, a wrong form neither; once used it is dead for everybody."""
    secret = site.house.access.new_setup(site.house.clock())
    page, first, second = f"/setup/{secret}", site.browser(), site.browser()
    about = {"organisation": "The house", "name": "Ada", "contact": ""}
    again = post(first, page, page, {**about, "name": ""})
    assert again.status_code == 422
    assert "The house" in again.text
    assert post(first, page, page, about).headers["location"] == "/account/passkey"
    dead, guessed = second.get(page), second.get("/setup/guessed")
    assert (dead.status_code, read(dead)) == (422, read(guessed).replace("guessed", secret))


# ------------------------------------------------------------------------------- letting in


def test_an_administrator_lets_somebody_in(site: Site) -> None:
    """An organisation gets a key that the trust policy names; its person a link that works once."""
    admin = site.set_up()
    lab = {"organisation": "Example Lab", "role": "developer", "sector": "", "size": "51 to 250"}
    wrong = post(admin, "/people", "/people/organisations", {**lab, "size": "-5"})
    assert wrong.status_code == 422
    added = post(admin, "/people", "/people/organisations", lab)
    page = admin.get(added.headers["location"]).text
    assert "“Example Lab” is added." in page
    assert "is added" not in admin.get(added.headers["location"]).text
    (made,) = (o for o in site.house.access.organisations() if o.name == "Example Lab")
    assert site.house.policy.names[made.party or ""] == "Example Lab"
    assert f'<option value="{made.id}/developer" selected>' in page
    assert '/developer" selected' not in admin.get("/people").text
    nobody = post(admin, "/people", "/people", {"name": "X", "contact": "", "acting": ""})
    assert (nobody.status_code, "Choose an organisation" in read(nobody)) == (422, True)
    shown = post(
        admin,
        "/people",
        "/people",
        {"name": "Mira", "contact": "", "acting": f"{made.id}/developer"},
    )
    address = shown.headers["location"]
    shown = admin.get(address)
    link = re.search(rf"{ORIGIN}(/link/[\w-]+)", shown.text)
    assert link is not None
    assert shown.headers["cache-control"] == "no-store"
    assert link[1] not in admin.get(address).text
    assert link[1] not in admin.get("/people").text
    mira = site.browser()
    mira.get(link[1])
    came = post(mira, link[1], link[1], {})
    assert came.headers["location"] == "/account/passkey"
    assert "Example Lab" in read(mira.get("/account"))
    assert "Made by Ada Lindt" in read(mira.get("/account"))
    late = site.browser()
    dead = late.get(link[1])
    assert dead.status_code == 422
    assert dead.headers.get("set-cookie") is None


def test_an_organisation_that_signs_nothing_has_no_key(site: Site) -> None:
    """Inspectors sign nothing; a name that is taken is told on the page."""
    admin = site.set_up()
    form = {"organisation": "Court", "role": "inspector"}
    assert post(admin, "/people", "/people/organisations", form).status_code == 303
    again = post(admin, "/people", "/people/organisations", form)
    assert again.status_code == 422
    assert "already" in read(again)
    (court,) = (o for o in site.house.access.organisations() if o.name == "Court")
    assert court.party is None


def test_roles_are_given_and_taken(site: Site) -> None:
    """A role is given and taken on a person's page; who is let in no more is out at once."""
    admin, person = site.set_up(), site.somebody()
    browser = site.come_in(person)
    court = site.house.access.add_organisation("Court", roles=("inspector",))
    page, acting = f"/people/{person.id}", {"acting": f"{court.id}/inspector"}
    assert post(admin, page, f"{page}/join", acting).status_code == 303
    assert len(site.house.access.memberships(person.id)) == 2
    assert post(admin, page, f"{page}/leave", acting).status_code == 303
    assert len(site.house.access.memberships(person.id)) == 1
    wrong = {"acting": f"{court.id}/developer"}
    assert post(admin, page, f"{page}/join", wrong).status_code == 409
    assert post(admin, page, f"{page}/deactivate", {}).status_code == 303
    assert browser.get("/account").headers["location"] == "/sign-in"
    assert post(admin, page, f"{page}/activate", {}).status_code == 303
    assert admin.get("/people/0123456789abcdef").status_code == 404


def test_nobody_shuts_themselves_out(site: Site) -> None:
    """An administrator can neither deactivate themselves nor give up the last such role."""
    admin = site.set_up()
    (ada,) = site.house.access.people()
    (seat,) = site.house.access.memberships(ada.id)
    page, acting = f"/people/{ada.id}", {"acting": f"{seat.organisation.id}/administrator"}
    assert post(admin, page, f"{page}/deactivate", {}).status_code == 409
    assert post(admin, page, f"{page}/leave", acting).status_code == 409
    assert admin.get("/people").status_code == 200


@pytest.mark.parametrize("role", ["developer", "assessor", "inspector", "registrar"])
def test_people_are_for_administrators(site: Site, role: str) -> None:
    """No other role opens these pages, nor sends their forms."""
    site.set_up()
    browser = site.come_in(site.somebody(role, "Somewhere"))
    csrf = csrf_of(browser.get("/account"))
    assert browser.get("/people").status_code == 403
    for to in ("/people", "/people/organisations", "/people/x/join", "/people/x/invite"):
        assert browser.post(to, data={"csrf": csrf}).status_code == 403, to
    assert len(site.house.access.organisations()) == 2


# ------------------------------------------------------------------------------- the session


def test_a_browser_keeps_a_secret_that_no_script_reads(site: Site) -> None:
    """The cookie is HttpOnly and lax; the page is stored by nobody."""
    browser, secret = site.browser(), ""
    person = site.somebody()
    secret = site.house.access.new_link(person.id, "invitation", site.house.clock(), 600)
    came = post(browser, f"/link/{secret}", f"/link/{secret}", {})
    cookie = came.headers.get_list("set-cookie")[0]
    assert cookie.startswith(f"{COOKIE}=phs_")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert browser.get("/account").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("settings", [Settings(origin="https://portal.example")])
def test_by_https_a_cookie_is_of_this_host_alone(site: Site, settings: Settings) -> None:
    """Where browsers come by https the cookie is Secure and has the prefix __Host-."""
    browser, person = site.browser(), site.somebody()
    secret = site.house.access.new_link(person.id, "invitation", site.house.clock(), 600)
    came = post(browser, f"/link/{secret}", f"/link/{secret}", {})
    cookie = came.headers.get_list("set-cookie")[0]
    assert cookie.startswith(f"__Host-{COOKIE}=phs_")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert browser.get("/account").status_code == 200
    plain = site.browser()
    plain.cookies.set(COOKIE, cookie.split("=")[1].split(";")[0])
    assert plain.get("/account").status_code == 303


def test_a_planted_session_is_not_taken_over(site: Site) -> None:
    """Who comes in gets a session of their own, and the one that the browser had ends."""
    attacker, victim = site.somebody(), site.somebody("assessor", "Institute")
    planted = site.house.access.start_session(attacker.id, "link", site.house.clock())
    browser = site.browser()
    browser.cookies.set(COOKIE, planted, domain="localhost.local", path="/")
    secret = site.house.access.new_link(victim.id, "invitation", site.house.clock(), 600)
    came = post(browser, f"/link/{secret}", f"/link/{secret}", {})
    given = came.headers.get_list("set-cookie")[0].split("=")[1].split(";")[0]
    assert given != planted
    assert site.house.access.session(planted, site.house.clock()) is None


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    """Another origin, a frame of another site, and another session's token are refused."""
    browser, other = site.come_in(site.somebody()), site.come_in(site.somebody())
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        sent = post(browser, "/account", "/sign-out", {}, **headers)
        assert sent.status_code == 403, headers
        assert browser.post("/sign-in/passkey.json", headers=headers).status_code == 403
    foreign = csrf_of(other.get("/account"))
    for token in (foreign, "", "0" * 64):
        assert browser.post("/sign-out", data={"csrf": token}).status_code == 403
    assert browser.get("/account").status_code == 200
    assert post(browser, "/account", "/sign-out", {}, Origin=ORIGIN).status_code == 303


def test_other_sessions_are_ended(site: Site) -> None:
    """One's other sessions are listed and end, one or all; one's own goes on."""
    person = site.somebody()
    browsers = [site.come_in(person) for _ in range(3)]
    page = browsers[0].get("/account")
    ids = re.findall(r'name="session" value="([0-9a-f]{16})"', page.text)
    assert len(ids) == 2
    post(browsers[0], "/account", "/account/sessions/end", {"session": ids[0]})
    assert sum(b.get("/account").status_code == 200 for b in browsers) == 2
    post(browsers[0], "/account", "/account/sessions/end", {})
    assert [b.get("/account").status_code for b in browsers] == [200, 303, 303]


def test_a_session_ends_when_nobody_comes(site: Site) -> None:
    """After half an hour without a request one has to come in again."""
    browser = site.come_in(site.somebody())
    site.now += 1_799
    assert browser.get("/account").status_code == 200
    site.now += 1_800
    assert browser.get("/account").headers["location"] == "/sign-in"


def test_one_acts_in_one_of_ones_roles(site: Site) -> None:
    """Who has several roles chooses, among theirs; the menu follows."""
    person = site.somebody()
    court = site.house.access.add_organisation("Court", roles=("inspector",))
    site.house.access.join(person.id, court.id, "inspector")
    browser = site.come_in(person)
    assert browser.get("/home").status_code == 403
    sent = post(browser, "/account/role", "/account/role", {"acting": f"{court.id}/inspector"})
    assert sent.headers["location"] == "/home"
    assert "inspector, Court" in read(browser.get("/account"))
    for acting in (f"{court.id}/administrator", "", "/", "x/developer"):
        sent = post(browser, "/account/role", "/account/role", {"acting": acting})
        assert sent.status_code == 409


# ------------------------------------------------------------------------------- the account


def test_what_lets_one_stay_takes_a_fresh_session(site: Site) -> None:
    """A browser that was left open makes no passkey and no token."""
    browser = site.come_in(site.somebody())
    site.now += 16 * 60
    assert add_passkey(browser, Authenticator()).status_code == 403
    form = {"scopes": "read", "days": "7", "name": ""}
    assert post(browser, "/account", "/account/tokens", form).status_code == 403


def test_a_passkey_is_removed(site: Site) -> None:
    """A removed passkey opens nothing, and what else was open ends."""
    person, key, other = site.somebody(), Authenticator(), Authenticator(seed=2)
    browser = site.come_in(person)
    add_passkey(browser, key)
    add_passkey(browser, other, "phone")
    elsewhere = site.browser()
    assert by_passkey(elsewhere, key).status_code == 303
    page = read(browser.get("/account"))
    assert "laptop" in page
    assert "phone" in page
    credential = re.search(r'name="passkey" value="([\w-]+)"', browser.get("/account").text)
    assert credential is not None
    post(browser, "/account", "/account/passkeys/remove", {"passkey": credential[1]})
    assert len(site.house.access.passkeys(person.id)) == 1
    assert elsewhere.get("/account").status_code == 303
    wrong = post(browser, "/account", "/account/passkeys/remove", {"passkey": "AAAA"})
    assert wrong.status_code == 404


def test_a_passkey_of_nobody_opens_nothing(site: Site) -> None:
    """A passkey that is not registered here, and an answer without a question, are refused."""
    site.set_up(Authenticator())
    browser = site.browser()
    assert by_passkey(browser, Authenticator(seed=9)).status_code == 422
    assert post(browser, "/sign-in", "/sign-in/passkey", {"answer": "{}"}).status_code == 422
    assert browser.get("/account").status_code == 303


def test_a_token_is_shown_once_and_works_within_its_scopes(site: Site) -> None:
    """A token acts in the role it was made in, within its scopes, until it is revoked."""
    person = site.somebody()
    browser = site.come_in(person)
    form = {"scopes": "read", "days": "7", "name": "build"}
    made = post(browser, "/account", "/account/tokens", form)
    token = re.search(r"pht_[\w-]+", made.text)
    assert token is not None
    assert token[0] not in browser.get("/account").text
    program = site.browser()
    program.headers["Authorization"] = f"Bearer {token[0]}"
    assert program.get("/api/v1/cases").status_code == 200
    assert program.get("/account").status_code == 303
    assert program.get("/people").status_code in (303, 403)
    number = re.search(r'name="token" value="([0-9a-f]{16})"', browser.get("/account").text)
    assert number is not None
    post(browser, "/account", "/account/tokens/revoke", {"token": number[1]})
    assert program.get("/api/v1/cases").status_code == 401
    for wrong in ({**form, "scopes": "assess"}, {**form, "days": "9999"}, {**form, "scopes": ""}):
        assert post(browser, "/account", "/account/tokens", wrong).status_code == 400


def test_a_wrong_token_does_not_fall_back_to_a_cookie(site: Site) -> None:
    """Who brings a token is judged by it alone, and not often."""
    browser = site.come_in(site.somebody())
    browser.headers["Authorization"] = "Basic dXNlcjpwYXNz"
    assert browser.get("/account").status_code == 200
    browser.headers["Authorization"] = "Bearer pht_guess"
    assert browser.get("/account").status_code == 303
    seen = [browser.get("/home").status_code for _ in range(30)]
    assert seen[-1] == 429
    site.now += 60
    assert browser.get("/home").status_code == 303


def test_language_and_colours_are_kept(site: Site) -> None:
    """What one chose is what every page then has."""
    browser = site.come_in(site.somebody())
    form = {"locale": "es", "theme": "dark"}
    assert post(browser, "/account", "/account/looks", form).status_code == 303
    page = browser.get("/account").text
    assert '<html lang="es" data-theme="dark">' in page
    assert post(browser, "/account", "/account/looks", {"theme": "loud"}).status_code == 400


def test_attempts_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who tries too often is told how long to wait."""
    monkeypatch.setattr(sign_in, "ATTEMPTS", 2)
    browser = site.browser()
    seen = [browser.get("/link/guess") for _ in range(3)]
    assert [page.status_code for page in seen] == [422, 422, 429]
    assert seen[-1].headers["retry-after"] == "60"
    site.now += 60
    assert browser.get("/link/guess").status_code == 422


# ------------------------------------------------------------------------------- a provider


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as server:
        server.redirect = ORIGIN + "/sign-in/oidc/callback"
        yield server


@pytest.fixture
def agency(site: Site, running: Provider) -> Provider:
    running.faults.clear()
    running.clock = lambda: site.now
    configured = oidc.Provider(running.issuer, CLIENT, SECRET, "Agency ID")
    site.house.settings = replace(site.house.settings, oidc=configured)
    return running


def through(browser: TestClient, page: str, to: str) -> httpx.Response:
    """To the provider and back, as a browser goes."""
    sent = post(browser, page, to, {})
    address = re.search(r'content="0; url=([^"]+)"', sent.text)
    assert address is not None, sent.text
    back = httpx.get(html.unescape(address[1]), follow_redirects=False, trust_env=False)
    parts = urlsplit(back.headers["location"])
    return browser.get(f"{parts.path}?{parts.query}")


def test_an_account_at_a_provider_is_bound_by_a_link(site: Site, agency: Provider) -> None:
    """Who binds it in a session that a link began comes in by it; nobody else does."""
    person = site.somebody()
    stranger = through(site.browser(), "/sign-in", "/sign-in/oidc")
    assert stranger.status_code == 422
    assert "does not" in read(stranger)
    bound = through(site.come_in(person), "/account", "/account/identities")
    assert bound.headers["location"] == "/account"
    assert site.house.access.identities(person.id) == ((agency.issuer, "4711"),)
    browser = site.browser()
    assert through(browser, "/sign-in", "/sign-in/oidc").status_code == 303
    assert person.name in read(browser.get("/account"))
    again = post(browser, "/account", "/account/identities", {})
    assert again.status_code == 403
    taken = through(site.come_in(site.somebody()), "/account", "/account/identities")
    assert taken.status_code == 403


def test_an_address_of_a_provider_opens_nothing(site: Site, agency: Provider) -> None:
    """The e-mail address of the administrator in somebody's token makes them nobody here."""
    site.set_up()
    assert through(site.browser(), "/sign-in", "/sign-in/oidc").status_code == 422


def test_an_answer_belongs_to_the_browser_that_asked(site: Site, agency: Provider) -> None:
    """What came back to one browser is worth nothing in another, nor a second time."""
    person = site.somebody()
    through(site.come_in(person), "/account", "/account/identities")
    asking = site.browser()
    sent = post(asking, "/sign-in", "/sign-in/oidc", {})
    address = re.search(r'content="0; url=([^"]+)"', sent.text)
    assert address is not None
    back = httpx.get(html.unescape(address[1]), follow_redirects=False, trust_env=False)
    parts = urlsplit(back.headers["location"])
    assert site.browser().get(f"{parts.path}?{parts.query}").status_code == 422
    assert asking.get(f"{parts.path}?{parts.query}").status_code == 303
    assert asking.get(f"{parts.path}?{parts.query}").status_code == 422


def test_without_a_provider_there_is_none(site: Site) -> None:
    """Where the operator named no provider, no page speaks of one."""
    browser = site.browser()
    page = browser.get("/sign-in")
    assert "oidc" not in page.text
    sent = browser.post("/sign-in/oidc", data={"csrf": csrf_of(page)})
    assert sent.status_code == 404
