# SPDX-License-Identifier: Apache-2.0
"""Every operation stands whatever a generator of requests makes of its description."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from proofhouse.access.table import ROLES, SCOPES, may
from proofhouse.portal import partners
from proofhouse.portal.api import OPERATIONS
from proofhouse.portal.api import operation as operations
from proofhouse.portal.api.document import document

ORIGIN = "http://localhost:8080"
BY_ID = {one.id: one for one in OPERATIONS}
LEFT_OUT = {
    "watchRun",  # a stream has no end to wait for
    "inspectEverything",  # takes nothing and opens all: test_api_pages asks it once
    "commitThreshold",  # draws and tries a plan each time
}
IDS = [one.id for one in OPERATIONS if one.id not in LEFT_OUT]
TAKE_NOTHING = [
    one.id for one in OPERATIONS if one.method == "GET" and not (one.parts or one.query)
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KEEPS_OUT = {"recuse": "inspector", "endSessions": "inspector", "eraseCase": "registrar"}
"""What would shut a role out of what the others are tried on, and by whom it is tried instead."""

MOST = {name: 3 if name in TAKE_NOTHING else 4 for name in IDS}
"""How many requests of either kind an operation gets by default; in the soak it gets 400."""

SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS, ORIGIN))


@pytest.fixture(scope="module")
def known(worn_town: Any) -> dict[str, str]:
    """Tokens of every role, and something of each kind that an address names."""
    found = {f"token of {role}": worn_town.token(role, *SCOPES) for role in ROLES}
    found["case"] = worn_town.case_in("covered")
    program, public = worn_town.program("developer", *SCOPES), worn_town.client()
    body = {"name": "Example Lab", "contact": "a@lab.example"}
    found["draft"] = program.post("/api/v1/cases", json=body).json()["id"]
    found["bank"] = public.get("/api/v1/banks").json()["items"][0]["digest"]
    access, lab = worn_town.house.access, worn_town.organisations["Other Lab"]
    found["person"] = access.add_person("Somebody", "").id
    access.join(found["person"], lab.id, "developer")
    found["organisation"], found["number"] = lab.id, "1"
    comment = f"/api/v1/banks/{found['bank']}/comments"
    assert public.post(comment, json={"words": "A comment"}).status_code == 201
    form = {"name": "Clinic", "sector": "health", "size": "51 to 250", "contact": "x"}
    form |= {"purpose": "wards", "protection": "two people"}
    found["secret"] = public.post("/api/v1/partners/applied", json=form).json()["secret"]
    return found


def tried_by(name: str) -> tuple[str, ...]:
    """The roles that try an operation: three that may, and one that may not, if there are any."""
    one = BY_ID[name]
    able = [role for role in ROLES if not one.action or may(role, one.action)]
    able = [KEEPS_OUT[name]] if name in KEEPS_OUT else able[:3]
    return (*able, *[role for role in ROLES if one.action and not may(role, one.action)][:1])


def play(town: Any, known: dict[str, str], name: str, mode: GenerationMode, most: int) -> None:
    """Send ``most`` requests as the description of one operation allows, or just doesn't."""
    operation = SCHEMA.find_operation_by_id(name)
    client, count, roles = town.client(), 0, tried_by(name)

    def asked(case: Any) -> None:
        nonlocal count
        count += 1
        for part in case.path_parameters or {}:
            if part in known and count % 3:
                case.path_parameters[part] = known[part]
        sent = case.as_transport_kwargs(base_url=ORIGIN)
        headers = {k: v for k, v in sent.pop("headers").items() if k.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {known[f'token of {roles[count % len(roles)]}']}"
        sent.pop("cookies")
        data = sent.pop("data", None)
        if data is not None:
            sent["content" if isinstance(data, bytes | str) else "data"] = data
        response = client.request(**sent, headers=headers)
        case.validate_response(response, checks=CHECKS)

    tried = settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    tried(given(case=operation.as_strategy(generation_mode=mode))(asked))()


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "READS_A_MINUTE", 10**9)
    monkeypatch.setattr(operations, "WRITES_A_MINUTE", 10**9)
    monkeypatch.setattr(partners, "APPLY_LIMIT", 10**9)


@pytest.mark.parametrize("name", IDS)
def test_no_operation_fails(
    worn_town: Any, known: dict[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No error of ours, and every answer is as the description says."""
    with caplog.at_level(logging.ERROR, "proofhouse.portal"):
        play(worn_town, known, name, GenerationMode.POSITIVE, MOST[name])
        if name not in TAKE_NOTHING:
            play(worn_town, known, name, GenerationMode.NEGATIVE, MOST[name])
    assert caplog.text == ""


@pytest.mark.soak
@pytest.mark.parametrize("name", IDS)
def test_no_operation_fails_for_long(worn_town: Any, known: dict[str, str], name: str) -> None:
    """The same, with many more requests."""
    play(worn_town, known, name, GenerationMode.POSITIVE, 400)
    if name not in TAKE_NOTHING:
        play(worn_town, known, name, GenerationMode.NEGATIVE, 400)
