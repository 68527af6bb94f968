# SPDX-License-Identifier: Apache-2.0
"""Envelopes, held to the package securesystemslib and to DSSE's own example."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib import dsse
from securesystemslib.signer import CryptoSigner, SSlibKey

from proofhouse.errors import FormatError, InputError, VerificationError
from proofhouse.formats import envelope
from proofhouse.formats.envelope import Envelope, Signature
from proofhouse.formats.keys import SigningKey

law = settings(deadline=None, max_examples=60)

KEYS = [SigningKey(bytes([i]) * 32) for i in range(1, 5)]
KNOWN = {key.keyid: key.public_key for key in KEYS}


def peer_key(key: SigningKey) -> SSlibKey:
    return SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public.hex()})


def test_the_example_of_the_specification() -> None:
    """The pre-authentication encoding of DSSE's own example is the same."""
    assert (
        envelope.pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@law
@given(st.binary(max_size=200), st.text(max_size=20))
def test_law_peer_encodes_alike(payload: bytes, kind: str) -> None:
    """The pre-authentication encoding is securesystemslib's, whatever payload and type."""
    assert envelope.pae(kind, payload) == dsse.Envelope(payload, kind, {}).pae()


@law
@given(st.binary(max_size=200), st.sets(st.sampled_from(KEYS), min_size=1))
def test_law_peer_verifies_ours(payload: bytes, keys: set[SigningKey]) -> None:
    """securesystemslib reads our envelopes and verifies every signature."""
    ours = envelope.sign(payload, sorted(keys, key=lambda k: k.public))
    theirs = dsse.Envelope.from_dict(json.loads(ours.to_bytes()))
    verified = theirs.verify([peer_key(key) for key in keys], threshold=len(keys))
    assert set(verified) == {key.keyid for key in keys}


@law
@given(st.binary(max_size=200), st.sampled_from(KEYS))
def test_law_we_verify_the_peers(payload: bytes, key: SigningKey) -> None:
    """We read securesystemslib's envelopes, once sorted, and get the bytes that we would make."""
    theirs = dsse.Envelope(payload, envelope.PAYLOAD_TYPE, {})
    theirs.sign(CryptoSigner(key._key, peer_key(key)))
    data = json.dumps(theirs.to_dict(), sort_keys=True, separators=(",", ":")).encode()
    ours = Envelope.parse(data)
    assert envelope.signers(ours, KNOWN) == {key.keyid}
    assert ours == envelope.sign(payload, [key])


@law
@given(st.binary(max_size=200), st.lists(st.sampled_from(KEYS), min_size=1, max_size=4))
def test_law_there_and_back(payload: bytes, keys: list[SigningKey]) -> None:
    """What is signed prints, parses and prints the same; a key given twice is refused."""
    if len(set(keys)) < len(keys):
        with pytest.raises(FormatError):
            envelope.sign(payload, keys)
        return
    it = envelope.sign(payload, keys)
    assert Envelope.parse(it.to_bytes()) == it
    assert Envelope.parse(it.to_bytes()).to_bytes() == it.to_bytes()
    assert envelope.signers(it, KNOWN) == {key.keyid for key in keys}


def test_owners_may_sign_apart() -> None:
    """Envelopes signed one by one join into the one signed together, in any order."""
    together = envelope.sign(b"payload", KEYS)
    apart = [envelope.sign(b"payload", [key]) for key in KEYS]
    assert envelope.join(apart) == envelope.join(apart[::-1]) == together
    assert envelope.join([together, apart[0]]) == together


def test_only_one_payload_joins() -> None:
    """Different payloads, or no envelope at all, do not join."""
    one, other = envelope.sign(b"a", KEYS[:1]), envelope.sign(b"b", KEYS[:1])
    for envelopes in ([], [one, other]):
        with pytest.raises(InputError):
            envelope.join(envelopes)


def test_a_key_does_not_join_two_signatures() -> None:
    """If one key's signatures differ, they do not join: one of them is a forgery."""
    one = envelope.sign(b"a", KEYS[:1])
    other = Envelope(b"a", (Signature(KEYS[0].keyid, bytes(64)),))
    with pytest.raises(FormatError):
        envelope.join([one, other])


def test_a_known_key_must_have_signed() -> None:
    """A wrong signature under a known keyid is an error even beside a right one."""
    right = envelope.sign(b"a", KEYS[:2])
    wrong = Envelope(b"b", right.signatures)
    assert envelope.signers(right, {}) == frozenset()
    with pytest.raises(VerificationError):
        envelope.signers(wrong, {KEYS[0].keyid: KEYS[0].public_key})


def test_the_size_limit_is_exact() -> None:
    """An envelope of 1 MiB is signed, one of more is not, and says what to do."""
    overhead = len(envelope.sign(b"", KEYS[:1]).to_bytes())
    most = (envelope.MAX_BYTES - overhead) // 4 * 3
    it = envelope.sign(bytes(most), KEYS[:1])
    assert Envelope.parse(it.to_bytes()) == it
    with pytest.raises(FormatError, match="sign its digest"):
        envelope.sign(bytes(most + 3), KEYS[:1])


def test_signatures_are_limited() -> None:
    """Sixty-five signatures are refused."""
    keys = [SigningKey(bytes([i]) * 32) for i in range(65)]
    assert len(envelope.sign(b"", keys[:64]).signatures) == 64
    with pytest.raises(FormatError):
        envelope.sign(b"", keys)
