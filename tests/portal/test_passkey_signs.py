# SPDX-License-Identifier: Apache-2.0
"""A person's statement is bound to their passkey: from the page, over its bytes, to the log."""

from __future__ import annotations

import base64
import json
import re

import pytest

pytest.importorskip("webauthn", reason="needs the extra portal: make serve, or make test")

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proofhouse.desk.make_bundle import make_bundle
from proofhouse.formats import envelope
from proofhouse.verify import verify
from stories.authenticator import Authenticator

from .browsing import ORIGIN, answered_by, browser, visiting
from .conftest import Town
from .served import authenticator


def with_passkey(town: Town, key: Authenticator, role: str = "developer") -> None:
    """Somebody of ``role`` has the passkey ``key``."""
    person = town.person(role)
    key.user = bytes.fromhex(person.id)
    town.house.access.add_passkey(
        person.id, key.credential, key.public_key, town.house.clock(), name="laptop"
    )


def drafted(town: Town) -> tuple[str, str]:
    """A withdrawal that waits for the developer's signature: its case, and the draft's address."""
    case, client = town.case_in("assessor_to_plan"), town.client("developer")
    to = f"/cases/{case[:16]}/do/withdraw"
    sent = client.post(to, data={"csrf": town.csrf(client)})
    assert sent.status_code == 303
    return case, sent.headers["location"]


def told_by(town: Town, case: str) -> list[str]:
    """What ``verify`` says of persons in the bundle of a case."""
    report = verify(make_bundle(town.house.desk, case, "inspector").to_bytes(), town.house.policy)
    assert report.status == "verified"
    return [check.sentence for check in report.checks if check.name == "persons"]


def test_only_the_own_passkey_over_these_bytes_signs(town: Town) -> None:
    """Without the passkey, with another's, or over other bytes nothing is registered."""
    key, other = Authenticator(), Authenticator(seed=2)
    with_passkey(town, key)
    with_passkey(town, other, "assessor")
    case, draft = drafted(town)
    client = town.client("developer")
    page = client.get(draft).text
    digits = re.search(r'data-challenge="([0-9a-f]{64})"', page)
    assert digits is not None
    asked = base64.urlsafe_b64encode(bytes.fromhex(digits[1])).rstrip(b"=").decode()
    right, wrong = {"challenge": asked}, {"challenge": asked[::-1]}
    size = town.house.desk.log.size

    def sent(answer: object) -> int:
        form = {"csrf": town.csrf(client), "assertion": answer}
        return client.post(f"{draft}/sign", data=form).status_code

    assert sent("") == 409
    for answer in (
        other.answer(right, ORIGIN),
        key.answer(wrong, ORIGIN),
        key.answer(right, "https://evil.example"),
        key.answer(right, ORIGIN, flags=0x01),
        {},
    ):
        assert sent(json.dumps(answer)) == 422
    assert town.house.desk.log.size == size
    assert told_by(town, case) == []
    assert sent(json.dumps(key.answer(right, ORIGIN))) == 303
    *_, last = town.house.desk.statements(case)
    assert [one.public_key for one in envelope.by_persons(last.envelope)] == [key.public_key]
    (said,) = told_by(town, case)
    assert said.startswith("1 statement also signed by a person's passkey")


def test_in_a_real_browser(town: Town) -> None:
    """The button of the page asks the authenticator for this statement, and it is registered."""
    key = Authenticator()
    with_passkey(town, key)
    case, draft = drafted(town)
    assert key._ec is not None
    private = key._ec.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with browser() as chromium, visiting(chromium, answered_by(town.client("developer"))) as page:
        credential = {
            "credentialId": base64.b64encode(key.credential).decode(),
            "isResidentCredential": True,
            "rpId": "localhost",
            "privateKey": base64.b64encode(private).decode(),
            "userHandle": base64.b64encode(key.user or b"").decode(),
            "signCount": 1,
        }
        session = authenticator(page)
        session.send(
            "WebAuthn.addCredential",
            {"authenticatorId": session.authenticator, "credential": credential},
        )
        page.goto(ORIGIN + draft)
        page.get_by_role("button", name="Sign with passkey").click()
        page.wait_for_url(f"**{draft}/sign")
        assert page.errors == []
        assert page.off_site == []
    assert town.house.desk.case(case).state == "withdrawn"
    assert len(told_by(town, case)) == 1
