# SPDX-License-Identifier: Apache-2.0
"""A person's signature: what a passkey answered to a statement, and nothing else, holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from webauthn import base64url_to_bytes, verify_authentication_response

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import envelope
from proofhouse.formats.assertion import Assertion, challenge, check
from proofhouse.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, pae
from proofhouse.formats.keys import SigningKey
from stories.authenticator import Authenticator

KEY = SigningKey(bytes(32))
ORIGIN, HOST = "https://portal.house.example", "house.example"
PAYLOAD = b'{"a statement":1}'
SIGNED = pae(PAYLOAD_TYPE, PAYLOAD)
KINDS = ("ES256", "EdDSA")


def signature(found: Assertion) -> Signature:
    return Signature(found.keyid, found.to_bytes())


def made(kind: str = "ES256", origin: str = ORIGIN, **faults: Any) -> Assertion:
    return Authenticator(kind, rp_id=HOST).assertion(SIGNED, origin, **faults)


def held(found: Assertion, payload: bytes = PAYLOAD) -> Assertion:
    return check(signature(found), PAYLOAD_TYPE, payload, origin=ORIGIN, rp_id=HOST)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_to_the_statement_holds(kind: str) -> None:
    """A passkey of either kind that answered to the statement holds, and prints as it was."""
    found = made(kind)
    assert held(found) == found
    assert Assertion.parse(found.to_bytes()) == found
    assert len(found.to_bytes()) < 1_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_peer_believes_it(kind: str) -> None:
    """The library webauthn verifies the same parts, over the same challenge."""
    key = Authenticator(kind, rp_id=HOST)
    verified = verify_authentication_response(
        credential=key.answer({"challenge": challenge(SIGNED)}, ORIGIN),
        expected_challenge=base64url_to_bytes(challenge(SIGNED)),
        expected_rp_id=HOST,
        expected_origin=ORIGIN,
        credential_public_key=key.public_key,
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    assert verified.user_verified


FAULTS: dict[str, dict[str, Any]] = {
    "a registration": {"type": "webauthn.create"},
    "another challenge": {"challenge": challenge(b"other")},
    "a padded challenge": {"challenge": challenge(SIGNED) + "="},
    "a frame": {"crossOrigin": True},
    "a frame, told in a word": {"crossOrigin": "false"},
    "a page on top": {"also": {"topOrigin": "https://evil.example"}},
    "nobody present": {"flags": 0x04},
    "nobody known": {"flags": 0x01},
    "a key attested": {"flags": 0x45},
    "extensions that are not there": {"flags": 0x85},
    "a tail that is not told": {"tail": b"\xa0"},
    "another house": {"rp_id": "evil.example"},
    "a top-level domain": {"rp_id": "example"},
    "another page": {"origin": "https://evil.example"},
    "a page without https": {"origin": "http://portal.house.example"},
    "a page with a path": {"origin": "https://portal.house.example/"},
    "a page with a name in it": {"origin": "https://a@portal.house.example"},
    "a page of two lines": {"origin": "https://portal.house.example\n"},
    "no JSON": {"client_data": b"type=webauthn.get"},
    "a list": {"client_data": b"[]"},
    "deep brackets": {"client_data": b"[" * 1_000},
    "no signature of it": {"signature": bytes(70)},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_enough(fault: str) -> None:
    """Each fault alone, signed by the passkey itself, does not hold."""
    with pytest.raises(VerificationError):
        held(made(**FAULTS[fault]))


def test_a_name_twice_does_not_hold() -> None:
    """Browser's data that tells its challenge twice means two things, so it means nothing."""
    said = (
        f'{{"type":"webauthn.get","challenge":"AAAA","challenge":"{challenge(SIGNED)}",'
        f'"origin":"{ORIGIN}"}}'
    )
    with pytest.raises(VerificationError):
        held(made(client_data=said.encode()))


def test_another_statement_does_not_hold() -> None:
    """The same answer is worth nothing under another payload or type, or for another page."""
    found = made()
    with pytest.raises(VerificationError):
        held(found, b'{"a statement":2}')
    with pytest.raises(VerificationError):
        check(signature(found), "text/plain", PAYLOAD, origin=ORIGIN, rp_id=HOST)
    for origin, host in ((ORIGIN + ":1", HOST), (ORIGIN, "portal.house.example")):
        with pytest.raises(VerificationError):
            check(signature(found), PAYLOAD_TYPE, PAYLOAD, origin=origin, rp_id=host)


def test_pages_and_houses_that_belong_together() -> None:
    """A page asks for its own host or a domain above it; plain http is for this machine alone."""
    for origin, host in (
        ("https://house.example", "house.example"),
        ("https://a.b.house.example:8443", "house.example"),
        ("http://localhost:8080", "localhost"),
        ("http://portal.localhost", "localhost"),
    ):
        Authenticator(rp_id=host).assertion(SIGNED, origin).verify(SIGNED)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        bytes(77),
        bytes.fromhex("a4010103272006215820") + bytes(31) + b"\x80",
        bytes.fromhex("a5010203262001215820") + bytes(32) + bytes.fromhex("225820") + bytes(32),
        bytes.fromhex("a5010203382420012158") + bytes(67),
    ],
)
def test_a_key_that_is_none_is_refused(key: bytes) -> None:
    """Neither another algorithm, a point off the curve, nor a key of low order is taken."""
    with pytest.raises(FormatError):
        made(public_key=key)


def test_the_keyid_is_the_keys() -> None:
    """An assertion stands under the digest of its own key, and under no other's."""
    found = made()
    with pytest.raises(FormatError):
        Signature(KEY.keyid, found.to_bytes())
    with pytest.raises(FormatError):
        check(
            Pretended(KEY.keyid, found.to_bytes()), PAYLOAD_TYPE, PAYLOAD, origin=ORIGIN, rp_id=HOST
        )


class Pretended:
    """A signature that nobody looked at."""

    def __init__(self, keyid: str, sig: bytes) -> None:
        self.keyid, self.sig = keyid, sig


def test_beside_a_partys_signature() -> None:
    """A person's signature stands beside the party's and counts for no party."""
    alone = envelope.sign(PAYLOAD, [KEY])
    both = envelope.with_person(alone, made())
    known = {KEY.keyid: KEY.public_key}
    assert Envelope.parse(both.to_bytes()) == both
    assert envelope.signers(both, known) == {KEY.keyid}
    assert envelope.by_persons(both) == (made(),)
    assert envelope.by_parties(both) == alone.signatures
    assert len(both.to_bytes()) - len(alone.to_bytes()) < 1_500
    with pytest.raises(FormatError, match="at most one a key"):
        envelope.with_person(both, made())
    with pytest.raises(VerificationError):
        envelope.with_person(envelope.sign(b"other", [KEY]), made())


def test_a_persons_signature_that_does_not_hold_spoils_the_envelope() -> None:
    """Whoever reads an envelope verifies a person's signature, whether or not they know anybody."""
    wrong = signature(made(flags=0x01))
    alone = envelope.sign(PAYLOAD, [KEY])
    both = Envelope(PAYLOAD, tuple(sorted((*alone.signatures, wrong), key=lambda s: s.keyid)))
    for known in ({}, {KEY.keyid: KEY.public_key}):
        with pytest.raises(VerificationError):
            envelope.signers(both, known)


def test_no_member_more_or_less() -> None:
    """An assertion has its four members and one spelling."""
    body = json.loads(made().to_bytes())
    for changed in (
        {**body, "counter": 1},
        {name: body[name] for name in body if name != "signature"},
        {**body, "signature": body["signature"] + "=" * 4},
        {**body, "authenticatorData": "AAAA"},
    ):
        text = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(FormatError):
            Assertion.parse(text)
    with pytest.raises(FormatError):
        Assertion.parse(made().to_bytes() + b"\n")
    with pytest.raises(FormatError):
        Signature(KEY.keyid, b"{" + bytes(63 + 10))
