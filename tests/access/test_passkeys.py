# SPDX-License-Identifier: Apache-2.0
"""Passkeys: what was asked for is taken once, from its holder, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("webauthn", reason="needs the extra portal: make serve, or make test")

from access.conftest import Town, at
from proofhouse.access import Access, Passkey, passkeys
from proofhouse.errors import RefusedError, VerificationError
from proofhouse.formats import envelope
from proofhouse.formats.assertion import challenge
from proofhouse.formats.envelope import PAYLOAD_TYPE, Envelope, pae
from proofhouse.formats.keys import SigningKey
from stories.authenticator import Authenticator

HERE = {"origin": "http://localhost:8080", "rp_id": "localhost"}
ORIGIN = HERE["origin"]
PAYLOAD = b'{"a statement":1}'


def registered(access: Access, town: Town, key: Authenticator, **faults: Any) -> Passkey:
    options, step = passkeys.ask_to_register(access, town.mira, rp_id="localhost", at=at(0))
    answer = json.dumps(key.register(options, faults.pop("origin", ORIGIN), **faults))
    return passkeys.register(access, town.mira, step, answer, **HERE, at=at(1), name="laptop")


def signed_in(access: Access, key: Authenticator, minute: int = 2, **faults: Any) -> Any:
    options, step = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(minute))
    answer = json.dumps(key.answer(options, faults.pop("origin", ORIGIN), **faults))
    return passkeys.sign_in(access, step, answer, **HERE, at=at(minute))


@pytest.mark.parametrize("kind", ["ES256", "EdDSA"])
def test_who_registered_signs_in(access: Access, town: Town, kind: str) -> None:
    """A passkey that was registered opens for its holder, again and again."""
    key = Authenticator(kind)
    made = registered(access, town, key)
    assert (made.person, made.name, made.public_key) == (town.mira.id, "laptop", key.public_key)
    assert signed_in(access, key, 2) == town.mira
    assert signed_in(access, key, 3) == town.mira
    (kept,) = access.passkeys(town.mira.id)
    assert (kept.sign_count, kept.used_at) == (2, at(3))


def test_what_is_asked_for(access: Access, town: Town) -> None:
    """A discoverable passkey, a person who is verified, no attestation, no known one again."""
    registered(access, town, Authenticator())
    options, _ = passkeys.ask_to_register(access, town.mira, rp_id="localhost", at=at(2))
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert {one["alg"] for one in options["pubKeyCredParams"]} == {-7, -8}
    assert len(options["excludeCredentials"]) == 1
    asked, _ = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(2))
    assert asked["userVerification"] == "required"
    assert asked["allowCredentials"] == []


@pytest.mark.parametrize(
    "faults",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": 0x41},
        {"flags": 0x44},
        {"type": "webauthn.get"},
        {"public_key": bytes.fromhex("a5010203262001215820") + bytes(35 + 32)},
        {"client_data": b"[]"},
    ],
)
def test_a_faulty_registration(access: Access, town: Town, faults: dict[str, Any]) -> None:
    """One fault in a registration, and nothing is kept."""
    with pytest.raises(VerificationError):
        registered(access, town, Authenticator(), **faults)
    assert access.passkeys(town.mira.id) == ()


@pytest.mark.parametrize(
    "faults",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": 0x01},
        {"flags": 0x04},
        {"type": "webauthn.create"},
        {"signature": bytes(70)},
        {"client_data": b"{}"},
    ],
)
def test_a_faulty_sign_in(access: Access, town: Town, faults: dict[str, Any]) -> None:
    """One fault in an answer, and nobody is signed in."""
    key = Authenticator()
    registered(access, town, key)
    with pytest.raises(VerificationError):
        signed_in(access, key, **faults)


def test_a_step_is_its_own_persons_and_taken_once(access: Access, town: Town) -> None:
    """A registration asked for by one person is none of another's, nor of a sign-in, nor again."""
    key = Authenticator()
    options, step = passkeys.ask_to_register(access, town.mira, rp_id="localhost", at=at(0))
    answer = json.dumps(key.register(options, ORIGIN))
    with pytest.raises(VerificationError):
        passkeys.register(access, town.noor, step, answer, **HERE, at=at(1))
    with pytest.raises(VerificationError):
        passkeys.register(access, town.mira, step, answer, **HERE, at=at(1))
    with pytest.raises(VerificationError):
        passkeys.sign_in(access, step, answer, **HERE, at=at(1))
    late = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(0))[1]
    with pytest.raises(VerificationError, match="too long"):
        passkeys.sign_in(access, late, answer, **HERE, at=at(6))


def test_an_answer_is_not_taken_again(access: Access, town: Town) -> None:
    """An answer that was taken opens nothing in another attempt."""
    key = Authenticator()
    registered(access, town, key)
    options, step = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(2))
    answer = json.dumps(key.answer(options, ORIGIN))
    passkeys.sign_in(access, step, answer, **HERE, at=at(2))
    _, other = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(2))
    for again in (step, other):
        with pytest.raises(VerificationError):
            passkeys.sign_in(access, again, answer, **HERE, at=at(2))


def test_a_copied_authenticator_is_noticed(access: Access, town: Town) -> None:
    """A counter that does not grow is refused; one that counts nothing is taken."""
    key = Authenticator()
    registered(access, town, key)
    signed_in(access, key, count=7)
    for count in (7, 6, 0):
        with pytest.raises(VerificationError):
            signed_in(access, key, count=count)
    silent = Authenticator(seed=2)
    registered(access, town, silent)
    assert signed_in(access, silent, count=0) == town.mira
    assert signed_in(access, silent, count=0) == town.mira


def test_strangers_learn_nothing(access: Access, town: Town) -> None:
    """An unknown, a removed, a deactivated holder's and a foreign passkey get one answer."""
    key, unknown = Authenticator(), Authenticator(seed=9)
    registered(access, town, key)
    said = set()

    def refused(used: Authenticator) -> None:
        with pytest.raises(VerificationError) as caught:
            signed_in(access, used)
        said.add(str(caught.value))

    refused(unknown)
    key.user = bytes.fromhex(town.noor.id)
    refused(key)
    key.user = bytes.fromhex(town.mira.id)
    access.deactivate(town.mira.id)
    refused(key)
    access.activate(town.mira.id)
    access.remove_passkey(town.mira.id, key.credential)
    refused(key)
    assert len(said) == 1


def test_a_passkey_is_registered_once(access: Access, town: Town) -> None:
    """The same passkey is not registered twice, by nobody."""
    registered(access, town, Authenticator())
    with pytest.raises(RefusedError):
        registered(access, town, Authenticator())


@pytest.mark.parametrize("answer", ["", "[]", "{}", "null", "{" * 9, "[" * 10_000, "x" * 20_000])
def test_what_is_no_answer(access: Access, town: Town, answer: str) -> None:
    """Whatever a browser hands in, it is refused as what it is."""
    _, step = passkeys.ask_to_sign_in(access, rp_id="localhost", at=at(0))
    with pytest.raises(VerificationError):
        passkeys.sign_in(access, step, answer, **HERE, at=at(0))
    _, step = passkeys.ask_to_register(access, town.mira, rp_id="localhost", at=at(0))
    with pytest.raises(VerificationError):
        passkeys.register(access, town.mira, step, answer, **HERE, at=at(0))
    with pytest.raises(VerificationError):
        passkeys.sign(access, town.mira, answer, PAYLOAD, **HERE, at=at(0))


def test_a_passkey_signs_a_statement(access: Access, town: Town) -> None:
    """A person's answer to a statement becomes a signature beside their party's."""
    key, party = Authenticator(), SigningKey(bytes(32))
    registered(access, town, key)
    asked = {"challenge": challenge(pae(PAYLOAD_TYPE, PAYLOAD))}
    answer = json.dumps(key.answer(asked, ORIGIN))
    signature = passkeys.sign(access, town.mira, answer, PAYLOAD, **HERE, at=at(2))
    alone = envelope.sign(PAYLOAD, [party])
    assert signature.assertion is not None
    both = envelope.with_person(alone, signature.assertion)
    known = {party.keyid: party.public_key}
    assert envelope.signers(Envelope.parse(both.to_bytes()), known) == {party.keyid}
    for person, payload in ((town.noor, PAYLOAD), (town.mira, b"{}"), (town.mira, PAYLOAD)):
        with pytest.raises(VerificationError):  # another's, over another, and the same again
            passkeys.sign(access, person, answer, payload, **HERE, at=at(2))
