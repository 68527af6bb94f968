# SPDX-License-Identifier: Apache-2.0
"""Hostile input: whatever bytes come in, a parser gives a value that prints them, or FormatError.

Bytes are random, or a document that parses with random edits: cut, doubled, swapped, flipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError
from proofhouse.formats import canonical, commitment, fields, salted, tiles
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.assertion import Assertion
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.handover import Handover
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.leaf import parse_leaf
from proofhouse.formats.note import Note, NoteSigner, VerifierKey
from proofhouse.formats.policy import ROLES, Issuer, Policy
from proofhouse.formats.proof import TlogProof
from proofhouse.formats.quorum import WitnessGroup
from proofhouse.formats.statement import Statement
from proofhouse.formats.tiles import Tile

law = settings(deadline=None, max_examples=150)


def text(parse: Callable[[str], Any], show: Callable[[Any], str]) -> Callable[[bytes], bytes]:
    """A parser of text as one of bytes; what is not UTF-8 comes in as half surrogates."""

    def through(data: bytes) -> bytes:
        given_ = data.decode("utf-8", "surrogateescape")
        return show(parse(given_)).encode("utf-8", "surrogateescape")

    return through


def policy_and_back(data: bytes) -> bytes:
    it = Policy.parse(data)
    assert Policy.parse(it.to_bytes()) == it
    return data


def handover_and_back(data: bytes) -> bytes:
    it = Handover.parse(data)
    assert Handover.parse(it.to_bytes()) == it
    return data


def opening_and_back(data: bytes) -> bytes:
    return canonical.dumps(salted.Opening.from_json(canonical.loads(data)).to_json())


def commitment_and_back(data: bytes) -> bytes:
    return canonical.dumps(commitment.Commitment.from_json(canonical.loads(data)).to_json())


def double_opening_and_back(data: bytes) -> bytes:
    return canonical.dumps(commitment.Opening.from_json(canonical.loads(data)).to_json())


VECTORS = Path(__file__).parents[2] / "vectors"
KEY = SigningKey(b"\x01" * 32)

CHECKPOINT = checkpoints.sign(Checkpoint("a", 5, b"r" * 32), NoteSigner("a", KEY))
ADDED = AddCheckpoint(3, (b"h" * 32,), CHECKPOINT).to_bytes()
HANDED = Handover(
    Statement("urn:proofhouse:inquiry:v1", "case", "ab" * 32, {"previous": None}).to_bytes()
).to_bytes()


def _grouped() -> bytes:
    witnesses = tuple(WitnessSigner(f"w{i}", bytes([i]) * 32).verifier for i in range(2, 5))
    issuers = dict.fromkeys(ROLES, ()) | {"body": (Issuer("Body", KEY.public_key),)}
    log = NoteSigner("log", SigningKey(b"l" * 32)).verifier
    group = WitnessGroup("pair", 1, ("w2", "w3"))
    urls = {"w4": "http://127.0.0.1:9"}
    return Policy(log, "single", issuers, 1, witnesses, 2, (group,), urls).to_bytes()


GROUPED = _grouped()

# parser → there and back, and a document that parses: its bytes, or the vector that holds it
PARSERS: dict[str, tuple[Callable[[bytes], bytes], bytes | tuple[str, str]]] = {
    "canonical": (lambda d: canonical.dumps(canonical.loads(d)), b'{"a":[1,-2,"\\n"],"b":null}'),
    "assertion": (
        lambda d: Assertion.parse(d).to_bytes(),
        ("assertion/accept-es256", "sig"),
    ),
    "envelope": (lambda d: Envelope.parse(d).to_bytes(), ("envelope/accept-two", "envelope")),
    "statement": (lambda d: Statement.parse(d).to_bytes(), ("statement/accept-inquiry", "text")),
    "sealed leaf": (lambda d: parse_leaf(d).to_bytes(), ("leaf/accept-sealed", "text")),
    "clear leaf": (lambda d: parse_leaf(d).to_bytes(), ("leaf/accept-clear", "text")),
    "public key": (lambda d: PublicKey(d).raw, KEY.public),
    "pem": (lambda d: SigningKey.from_pem(d) and d, KEY.to_pem()),
    "salted opening": (opening_and_back, ("salted-field/accept", "opening")),
    "commitment": (commitment_and_back, ("commitment/accept", "commitment")),
    "double opening": (double_opening_and_back, ("commitment/accept", "opening")),
    "note": (lambda d: Note.parse(d).to_bytes(), ("note/accept-two", "note")),
    "verifier key": (text(VerifierKey.parse, str), ("note-key/accept-ed25519", "text")),
    "signing key": (
        text(NoteSigner.parse, NoteSigner.to_text),
        NoteSigner("a", KEY).to_text().encode(),
    ),
    "checkpoint": (text(Checkpoint.parse, lambda c: c.text), b"a\n12\n" + b"A" * 43 + b"=\nmore\n"),
    "tile path": (text(Tile.parse, lambda t: t.path), b"tile/12/x001/x234/067.p/8"),
    "entries": (lambda d: tiles.pack_entries(tiles.split_entries(d, 3)), b"\0\3one\0\0\0\1a"),
    "proof": (text(TlogProof.parse, TlogProof.to_text), ("proof/accept-witnessed", "proof")),
    "bundle": (lambda d: Bundle.parse(d).to_bytes(), ("bundle/accept-inspector", "bundle")),
    "policy": (policy_and_back, ("policy/accept", "text")),
    "policy with groups": (policy_and_back, GROUPED),
    "add-checkpoint": (lambda d: AddCheckpoint.parse(d).to_bytes(), ADDED),
    "handover": (handover_and_back, HANDED),
}


@cache
def document(name: str) -> bytes:
    source = PARSERS[name][1]
    if isinstance(source, bytes):
        return source
    vector, member = source
    value = json.loads((VECTORS / f"{vector}.json").read_text("utf-8"))["input"][member]
    return value.encode() if isinstance(value, str) else canonical.dumps(value)


@pytest.mark.parametrize("name", PARSERS)
def test_every_document_parses(name: str) -> None:
    """The documents that are edited below parse, and print back to the same bytes."""
    assert PARSERS[name][0](document(name)) == document(name)


@st.composite
def edited(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with one to three edits."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        other = draw(st.integers(0, len(data)))
        middle = draw(
            st.sampled_from(
                [b"", data[start:end] * 2, data[other : other + 10], data[start:end][::-1]]
            )
            | st.binary(min_size=1, max_size=4)
            | st.sampled_from([b"\n", b"\n\n", b'"', b"\xff", b"\x00", b"9" * 20, b"[" * 70, b"="])
        )
        data = data[:start] + middle + data[end:]
    return data


def held(name: str, data: bytes) -> None:
    through = PARSERS[name][0]
    try:
        printed = through(data)
    except FormatError:
        return
    assert printed == data


@pytest.mark.parametrize("name", PARSERS)
@law
@given(data=st.data())
def test_law_edited_documents(name: str, data: st.DataObject) -> None:
    """A document with edits prints back to the same bytes, or is refused with FormatError."""
    held(name, data.draw(edited(document(name))))


@pytest.mark.parametrize("name", PARSERS)
@settings(deadline=None, max_examples=50)
@given(data=st.binary(max_size=100))
@example(data=b"")
@example(data=b"\xed\xa0\x80")
@example(data=b"[" * 5000)
@example(data=b'{"a":' * 5000)
@example(data=b"9" * 5000)
@example(data=b'"\\ud800"')
@example(data=b"1e999999999")
@example(data=b"\n\n\xe2\x80\x94 a AAAAAAA=\n")
def test_law_random_bytes(name: str, data: bytes) -> None:
    """Random bytes print back to the same bytes, or are refused with FormatError."""
    held(name, data)


@pytest.mark.parametrize("name", PARSERS)
def test_every_prefix_is_refused_or_prints_itself(name: str) -> None:
    """A document cut off anywhere is no other document."""
    data = document(name)
    for end in range(0, len(data), max(1, len(data) // 150)):
        held(name, data[:end])


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", "ab", "AB", "é", "=", [], {}, b"ab"])
def test_readers_of_fields_refuse_other_types(value: object) -> None:
    """Each reader takes only its own kind, and refuses with FormatError alone."""
    readers: list[Callable[[], object]] = [
        lambda: fields.members(value, "it", ("x",)),
        lambda: fields.hex_bytes(value, "it", 2),
        lambda: fields.integer(value, "it", 2, 3),
        lambda: fields.text(value, "it", 0),
        lambda: fields.items(None if isinstance(value, list) else value, "it"),
        lambda: fields.base64_bytes(value, "it"),
    ]
    for read in readers:
        with pytest.raises(FormatError, match="It "):
            read()
