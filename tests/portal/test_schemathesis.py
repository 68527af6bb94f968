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

from proofhouse.portal.api import OPERATIONS
from proofhouse.portal.api import operation as operations
from proofhouse.portal.api.document import document

ORIGIN = "http://localhost:8080"
IDS = [one.id for one in OPERATIONS if one.id != "watchRun"]  # a stream has no end to wait for
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
ROLES = ("developer", "assessor", "partner")
SCOPES = ("read", "read-confidential", "inquire", "review", "assess", "partner")

SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS, ORIGIN))


@pytest.fixture(scope="module")
def known(worn_town: Any) -> dict[str, str]:
    """Tokens of several roles, a case and a draft."""
    found = {role: worn_town.token(role, *SCOPES) for role in ROLES}
    found["case"] = worn_town.case_in("covered")
    program = worn_town.client()
    program.headers["Authorization"] = f"Bearer {found['developer']}"
    body = {"name": "Example Lab", "contact": "a@lab.example"}
    found["draft"] = program.post("/api/v1/cases", json=body).json()["id"]
    return found


def play(town: Any, known: dict[str, str], name: str, mode: GenerationMode, most: int) -> None:
    """Send ``most`` requests as the description of one operation allows, or just doesn't."""
    operation = SCHEMA.find_operation_by_id(name)
    client, count = town.client(), 0

    def asked(case: Any) -> None:
        nonlocal count
        count += 1
        for part in ("case", "draft"):
            if part in (case.path_parameters or {}) and count % 3:
                case.path_parameters[part] = known[part]
        sent = case.as_transport_kwargs(base_url=ORIGIN)
        headers = {k: v for k, v in sent.pop("headers").items() if k.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {known[ROLES[count % len(ROLES)]]}"
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


@pytest.mark.parametrize("name", IDS)
def test_no_operation_fails(
    worn_town: Any, known: dict[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No error of ours, and every answer is as the description says."""
    with caplog.at_level(logging.ERROR, "proofhouse.portal"):
        play(worn_town, known, name, GenerationMode.POSITIVE, 8)
        if name not in TAKE_NOTHING:
            play(worn_town, known, name, GenerationMode.NEGATIVE, 8)
    assert caplog.text == ""


@pytest.mark.soak
@pytest.mark.parametrize("name", IDS)
def test_no_operation_fails_for_long(worn_town: Any, known: dict[str, str], name: str) -> None:
    """The same, with many more requests."""
    play(worn_town, known, name, GenerationMode.POSITIVE, 400)
    if name not in TAKE_NOTHING:
        play(worn_town, known, name, GenerationMode.NEGATIVE, 400)
