# SPDX-License-Identifier: Apache-2.0
"""Signed notes and their keys."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, InputError, UnknownSignerError, VerificationError
from proofhouse.formats import note
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSignature, NoteSigner, VerifierKey

law = settings(deadline=None, max_examples=100)

names = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters="+"), min_size=1, max_size=20
)
printable = st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n")
texts = st.text(printable, max_size=100).map(lambda t: t + "\n")
lines = st.tuples(names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))


def one(name: str = "example.com/log", seed: int = 1) -> NoteSigner:
    return NoteSigner(name, SigningKey(bytes([seed]) * 32))


@law
@given(texts, st.lists(lines, min_size=1, max_size=5, unique_by=lambda s: s[:2]))
def test_law_there_and_back(text: str, signed: list[tuple[str, bytes, bytes]]) -> None:
    """A note written out by hand parses to its parts and prints back to the same bytes."""
    data = text + "\n"
    for name, key_id, signature in signed:
        data += f"— {name} {base64.b64encode(key_id + signature).decode()}\n"
    it = Note.parse(data.encode())
    assert it.text == text
    assert [(s.name, s.key_id, s.signature) for s in it.signatures] == signed
    assert it.to_bytes() == data.encode()


@law
@given(texts, names, st.binary(min_size=32, max_size=32))
def test_law_who_signs_is_believed(text: str, name: str, seed: bytes) -> None:
    """A note that a key signs, the same key verifies; another key of the same name does not."""
    signer = NoteSigner(name, SigningKey(seed))
    it = Note.parse(note.sign(text, [signer]).to_bytes())
    assert note.verify(it, [signer.verifier]) == (signer.verifier,)
    with pytest.raises(UnknownSignerError, match="signed by"):
        note.verify(it, [NoteSigner(name, SigningKey(hashlib.sha256(seed).digest())).verifier])


@law
@given(names, st.binary(min_size=32, max_size=32))
def test_law_keys_there_and_back(name: str, seed: bytes) -> None:
    """Both halves of a key print and parse, with the key id of the specification."""
    signer = NoteSigner(name, SigningKey(seed))
    public = signer.verifier.public
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    assert str(signer.verifier) == (
        f"{name}+{key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    )
    assert VerifierKey.parse(str(signer.verifier)) == signer.verifier
    text = f"PRIVATE+KEY+{name}+{key_id.hex()}+{base64.b64encode(bytes([1]) + seed).decode()}"
    assert signer.to_text() == text
    assert NoteSigner.parse(text).verifier == signer.verifier


def test_a_signing_key_does_not_print_itself() -> None:
    """Neither repr nor str shows the secret."""
    signer = one()
    secret = signer.to_text().rsplit("+", 1)[1]
    assert secret not in repr(signer) + str(signer)


@pytest.mark.parametrize(
    "change",
    [
        ("PRIVATE+KEY", "PRIVATE_KEY"),
        ("example.com/log", "example.com/lag"),
        ("+A", "+B"),
        (re.compile(r".$"), ""),
        ("PRIVATE+KEY+", ""),
        (re.compile(r"\+[^+]*$"), "+"),
        (re.compile(r"\+[^+]*$"), "+AQ=="),
    ],
    ids=str,
)
def test_a_malformed_signing_key_is_refused(change: tuple[re.Pattern[str] | str, str]) -> None:
    """Another prefix, name, algorithm, length or base64 is refused."""
    text = one().to_text()
    old, new = change
    if isinstance(old, str):
        assert old in text
        old = re.compile(re.escape(old))
    with pytest.raises(FormatError):
        NoteSigner.parse(old.sub(new, text))


def test_a_text_that_is_no_note_is_not_signed() -> None:
    """Texts without a final newline, with controls or half surrogates are refused."""
    for text in ("", "x", "x\r\n", "\x00\n", "x\tx\n", "\ud800\n"):
        with pytest.raises(FormatError):
            one().sign(text)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\u200bb", "x" * 256, "é" * 128]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """Names are not empty or long, and hold no space of Unicode, no plus, nothing invisible."""
    with pytest.raises(FormatError):
        one(name)


def test_a_second_line_by_one_key_is_refused() -> None:
    """No note with two lines of one name and key id is made or parsed, even if both hold."""
    signed = note.sign("x\n", [one()])
    with pytest.raises(FormatError, match="same key"):
        signed.with_signatures(signed.signatures)
    with pytest.raises(FormatError, match="same key"):
        Note.parse(signed.to_bytes() + str(signed.signatures[0]).encode())
    with pytest.raises(FormatError):
        note.sign("x\n", [one(), one()])


def test_one_name_may_have_two_keys() -> None:
    """Two keys of one name sign side by side, and each is found by its key id."""
    keys = [one(seed=1), one(seed=2)]
    it = Note.parse(note.sign("x\n", keys).to_bytes())
    assert note.verify(it, [keys[1].verifier]) == (keys[1].verifier,)


def test_a_known_key_must_hold_though_another_does() -> None:
    """One wrong line of a known key spoils the note; of an unknown key it does not."""
    good, bad = one("good"), one("bad", 2)
    it = note.sign("x\n", [good]).with_signatures(
        [NoteSignature("bad", bad.verifier.key_id, bytes(64))]
    )
    assert note.verify(it, [good.verifier]) == (good.verifier,)
    with pytest.raises(VerificationError, match="bad"):
        note.verify(it, [good.verifier, bad.verifier])


def test_name_and_key_id_together_name_a_key() -> None:
    """A line that shares only the name or only the key id of a known key is passed over."""
    key = one()
    others = [
        NoteSignature(key.name, bytes(4), bytes(64)),
        NoteSignature("example.com/other", key.verifier.key_id, bytes(64)),
    ]
    it = Note("x\n", (*others, key.sign("x\n")))
    assert note.verify(it, [key.verifier]) == (key.verifier,)
    with pytest.raises(UnknownSignerError):
        note.verify(Note("x\n", tuple(others)), [key.verifier])


def test_a_cosigner_does_not_sign_notes() -> None:
    """A witness's key handed in as a note's is the caller's mistake, and said so."""
    witness = WitnessSigner("w", bytes(32)).verifier
    with pytest.raises(InputError, match="cosigns"):
        note.verify(note.sign("x\n", [one()]), [witness])


def test_sixteen_post_quantum_signatures_fit() -> None:
    """The specification wants 16 signatures of nearly 5 kB read; a hundred and one are refused."""
    big = [NoteSignature(f"k{i}", bytes(4), bytes(5000)) for i in range(16)]
    assert Note.parse(Note("x\n", tuple(big)).to_bytes()).signatures == tuple(big)
    with pytest.raises(FormatError):
        Note("x\n", tuple(NoteSignature(f"k{i}", bytes(4), b"x") for i in range(101)))
    with pytest.raises(FormatError, match="allowed"):
        Note.parse(b"x" * 1_000_001)
