# SPDX-License-Identifier: Apache-2.0
"""A house with people of every role, two labs and cases in many states, made by the real desk.

    def test_…(town: Town):
        page = town.client("developer").get("/home")          signed in as the first lab's developer
        town.client("developer", of="Other Lab")               as somebody of another organisation
        town.token("assessor", "read", "assess")               a program's way in
        case = town.case_in("developer_to_submit")             the first lab's, as its id

Only the outcomes of items are told beforehand (``stories.rehearsal``); every statement is signed,
sealed and registered as always. The home is made once a session and copied: ``town`` is a test's
own, in which it may change whatever it likes, ``quiet_town`` is shared by those that only read,
``worn_town`` by those of one module that mind no other's changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")

from fastapi.testclient import TestClient

from proofhouse.access import Organisation, Person
from proofhouse.formats.digest import sha256_hex
from proofhouse.portal.app import create_app, open_house
from proofhouse.portal.house import House, Settings
from proofhouse.portal.visitor import COOKIE
from proofhouse.rules.window import parse_time, print_time
from stories import rehearsal

ORIGIN = "http://localhost:8080"

ORGANISATIONS = {
    "The house": ("administrator", "registrar"),
    "Example Lab": ("developer",),
    "Other Lab": ("developer", "steward"),
    "Institute": ("assessor",),
    "Water Works": ("partner",),
    "First Body": ("body",),
    "Second Body": ("body",),
    "Inspectorate": ("inspector",),
    "Second Institute": ("assessor",),
    "Power Company": ("partner",),
}
"""Who is there; the first that has a role is the one that ``Town.client`` means."""

ANSWERS = sha256_hex(b"answers")
"""How a submitted model answers in a town: none is asked there."""

STATES = (
    "developer_to_submit",
    "assessor_to_plan",
    "assessor_to_run",
    "assessor_to_determine",
    "covered",
    "assessor_to_offer_terms",
    "developer_to_answer_terms",
    "developer_to_open_window",
    "assessor_to_deliver_findings",
    "developer_to_receive_findings",
    "findings_received",
    "partner_to_accept",
)
"""The states in which the home of every test has a case of Example Lab."""


@dataclass
class Town:
    """An open house behind an application, and who lives there."""

    house: House
    app: Any
    client_of_nobody: TestClient
    people: dict[tuple[str, str], Person] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)

    @property
    def routes(self) -> list[Any]:
        """Every route of the application."""
        return list(routes(self.app))

    def where(self, role: str) -> str:
        """The first organisation that has people of ``role``."""
        return next(name for name, roles in ORGANISATIONS.items() if role in roles)

    def person(self, role: str, of: str = "") -> Person:
        """Whoever has ``role`` there."""
        return self.people[of or self.where(role), role]

    def party(self, name: str) -> str:
        """The keyid that an organisation signs by."""
        return self.organisations[name].party or ""

    def client(self, role: str = "", of: str = "") -> TestClient:
        """A browser: of nobody, or signed in by a link, acting in ``role``."""
        client = TestClient(
            self.app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False
        )
        if role:
            client.cookies.set(COOKIE, self.session(role, of))
        return client

    def session(self, role: str, of: str = "") -> str:
        """The secret of a new session."""
        access, now = self.house.access, self.house.clock()
        where = self.organisations[of or self.where(role)]
        secret = access.start_session(self.person(role, of).id, "link", now)
        session = access.session(secret, now)
        assert session is not None
        access.choose(session.id, where.id, role)
        return secret

    def token(self, role: str, *scopes: str, of: str = "") -> str:
        """The secret of a new token."""
        now = self.house.clock()
        where = self.organisations[of or self.where(role)]
        person = self.person(role, of)
        ends = print_time(parse_time(now) + 3_600)
        return self.house.access.new_token(person.id, where.id, role, scopes, now, ends)

    def program(self, role: str, *scopes: str, of: str = "") -> TestClient:
        """A program that comes with a token."""
        client = self.client()
        client.headers["Authorization"] = f"Bearer {self.token(role, *scopes, of=of)}"
        return client

    def csrf(self, client: TestClient) -> str:
        """The token that this browser's forms carry."""
        from proofhouse.portal.visitor import Visitor

        return Visitor(secret=client.cookies.get(COOKIE) or "").csrf

    def case_in(self, state: str) -> str:
        """The id of a case of Example Lab that stands so. AssertionError if there is none."""
        rows = self.app.state.projection.rows()
        found = [row.case for row in rows if row.state == state]
        assert found, f"No case stands at {state}: {sorted({row.state for row in rows})}"
        return found[0]


def routes(app: Any) -> Iterator[Any]:
    """Every route of an application, also those of routers in it."""
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner)
        elif getattr(route, "methods", None):
            yield route


def found(path: Path) -> None:
    """Make the home that every test gets a copy of."""
    with open_house(path, Settings(origin=ORIGIN)) as house:
        for name, roles in ORGANISATIONS.items():
            signs = next((role for role in roles if role in house.policy.issuers), None)
            signs = "developer" if signs is None and "steward" in roles else signs
            party = house.enrol(name, signs) if signs else None
            made = house.access.add_organisation(name, roles=roles, party=party)
            for role in roles:
                person = house.access.add_person(
                    f"{role.title()} of {name}", f"{role}@home.example"
                )
                house.access.join(person.id, made.id, role)
    with rehearsal.opened(path) as played:
        for state in STATES:
            played.play(sha256_hex(state.encode()), until=state)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed home, to be copied."""
    path = tmp_path_factory.mktemp("founded") / "home"
    found(path)
    return path


@contextmanager
def opened(path: Path, **settings: Any) -> Iterator[Town]:
    """The town in the home at ``path``; nothing works by itself in it.

    What this machine remembers of the log lies beside it: another copy may have grown further.
    """
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(path.parent / "state"))
            house = stack.enter_context(open_house(path, Settings(origin=ORIGIN, **settings)))
        house.probe = lambda filled: (None, ANSWERS)  # type: ignore[method-assign, assignment]
        app = create_app(house, working=False)
        nobody = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
        stack.enter_context(nobody)
        town = Town(house, app, nobody)
        for one in house.access.organisations():
            town.organisations[one.name] = one
            for person, role in house.access.members(one.id):
                town.people[one.name, role] = person
        yield town


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A town of one test's own."""
    shutil.copytree(founded, tmp_path / "home")
    with opened(tmp_path / "home") as found_there:
        yield found_there


@pytest.fixture(scope="session")
def quiet_town(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town for tests that change nothing that another could notice."""
    path = tmp_path_factory.mktemp("quiet") / "home"
    shutil.copytree(founded, path)
    with opened(path) as found_there:
        yield found_there


@pytest.fixture(scope="module")
def worn_town(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that the tests of one module wear out together."""
    path = tmp_path_factory.mktemp("worn") / "home"
    shutil.copytree(founded, path)
    with opened(path) as found_there:
        yield found_there


@pytest.fixture
def house(town: Town) -> House:
    """The house of ``town``."""
    return town.house
