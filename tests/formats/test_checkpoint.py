# SPDX-License-Identifier: Apache-2.0
"""Checkpoints and what witnesses write below them."""

from __future__ import annotations

import base64
import struct
import sys
from types import SimpleNamespace

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, PrerequisiteError, VerificationError
from proofhouse.formats import checkpoint, cosignature
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSigner, VerifierKey

law = settings(deadline=None, max_examples=60)

LOG = NoteSigner("example.com/log", SigningKey(bytes(32)))
HEAD = Checkpoint("example.com/log", 7, b"\x07" * 32)
ALGORITHMS = (0x04, 0x06)

lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
roots = st.binary(min_size=32, max_size=32)


@law
@given(lines, st.integers(0, 2**63 - 1), roots, st.lists(lines, max_size=3))
def test_law_there_and_back(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    """A checkpoint written out by hand parses to its parts and prints back to the same text."""
    text = "\n".join([origin, str(size), base64.b64encode(root).decode(), *extensions]) + "\n"
    it = Checkpoint.parse(text)
    assert (it.origin, it.size, it.root, list(it.extensions)) == (origin, size, root, extensions)
    assert it.text == text


def test_a_log_signs_only_its_own_checkpoints() -> None:
    """A key does not sign for an origin that is not its name, and is not believed if it did."""
    other = Checkpoint("example.com/other", 7, HEAD.root)
    with pytest.raises(FormatError, match="named"):
        checkpoint.sign(other, LOG)
    forged = Note(other.text, (LOG.sign(other.text),)).to_bytes()
    with pytest.raises(VerificationError, match=r"example\.com/other"):
        checkpoint.verify(forged, LOG.verifier)


def test_the_message_of_ed25519_is_the_specifications() -> None:
    """An Ed25519 witness signs the text of the specification's example."""
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    head = Checkpoint("example.com/behind-the-sofa", 20852163, root)
    assert cosignature.ed25519_message(1679315147, head).decode() == (
        "cosignature/v1\n"
        "time 1679315147\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_the_message_of_ml_dsa_44_is_the_specifications_structure() -> None:
    """An ML-DSA-44 witness signs label, names, time, range and hash, in that order."""
    expected = b"subtree/v1\n\x00" + b"\x02w1" + struct.pack(">Q", 99) + b"\x0fexample.com/log"
    expected += struct.pack(">QQ", 0, 7) + HEAD.root
    assert cosignature.ml_dsa_44_message("w1", 99, HEAD) == expected
    with pytest.raises(FormatError, match="255"):
        cosignature.ml_dsa_44_message("w1", 99, Checkpoint("x" * 256, 7, HEAD.root))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cosignature_says_when(algorithm: int) -> None:
    """A witness's line holds and gives its time, through print and parse."""
    witness = WitnessSigner("witness.example/1", bytes(32), algorithm)
    for time in (0, 1, 1782896400, 2**63 - 1):
        line = witness.cosign(HEAD, time)
        assert len(line.signature) == (72 if algorithm == 0x04 else 2428)
        note = Note.parse(checkpoint.sign(HEAD, LOG)).with_signatures([line])
        note = Note.parse(note.to_bytes())
        assert cosignature.verify(HEAD, note, [witness.verifier], 1) == {"witness.example/1": time}
        assert VerifierKey.parse(str(witness.verifier)) == witness.verifier


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cosignature_binds(algorithm: int) -> None:
    """It does not hold for another origin, size, root or witness, or if a byte is changed."""
    witness = WitnessSigner("w", bytes(32), algorithm)
    line = witness.cosign(HEAD, 5).signature
    others = [
        Checkpoint("example.com/lag", 7, HEAD.root),
        Checkpoint(HEAD.origin, 8, HEAD.root),
        Checkpoint(HEAD.origin, 7, bytes(32)),
    ]
    for other in others:
        with pytest.raises(VerificationError):
            cosignature.verify_one(witness.verifier, line, other)
    for at in (0, 7, 8, len(line) - 1):
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        with pytest.raises(VerificationError):
            cosignature.verify_one(witness.verifier, changed, HEAD)
    for wrong in (b"", line[:8], line[:-1], line + b"\0"):
        with pytest.raises(VerificationError):
            cosignature.verify_one(witness.verifier, wrong, HEAD)


def test_ml_dsa_44_binds_the_name_of_the_witness() -> None:
    """The same key under another name did not sign; and extension lines are not signed."""
    one, other = (WitnessSigner(name, bytes(32), 0x06) for name in ("one", "other"))
    line = one.cosign(HEAD, 5).signature
    with pytest.raises(VerificationError):
        cosignature.verify_one(other.verifier, line, HEAD)
    extended = Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("more",))
    assert cosignature.verify_one(one.verifier, line, extended) == 5


def test_a_witness_counts_once() -> None:
    """Two keys of one witness are one witness towards the threshold."""
    signers = [WitnessSigner("w", bytes(32), algorithm) for algorithm in ALGORITHMS]
    note = Note.parse(checkpoint.sign(HEAD, LOG))
    note = note.with_signatures([signer.cosign(HEAD, 5) for signer in signers])
    keys = [signer.verifier for signer in signers]
    assert cosignature.verify(HEAD, note, keys, 1) == {"w": 5}
    with pytest.raises(VerificationError, match="1 of the trusted"):
        cosignature.verify(HEAD, note, keys, 2)


def test_a_key_that_does_not_cosign_is_refused() -> None:
    """Plain note keys and unknown algorithms make and verify no cosignature."""
    with pytest.raises(VerificationError, match="does not cosign"):
        cosignature.verify_one(LOG.verifier, bytes(72), HEAD)
    for algorithm in (0x01, 0x02, 0xFF):
        with pytest.raises(FormatError):
            WitnessSigner("w", bytes(32), algorithm)
    with pytest.raises(FormatError):
        WitnessSigner("w", bytes(31))
    with pytest.raises(FormatError):
        WitnessSigner("w", bytes(32)).cosign(HEAD, 2**63)


MODULE = "cryptography.hazmat.primitives.asymmetric.mldsa"


def unsupported(_: bytes) -> None:
    raise UnsupportedAlgorithm("no ML-DSA in this OpenSSL")


@pytest.mark.parametrize("lacking", ["module", "algorithm"])
def test_without_ml_dsa_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    """An older cryptography or OpenSSL ends in a prerequisite error: nothing counts as verified."""
    witness = WitnessSigner("w", bytes(32), 0x06)
    line = witness.cosign(HEAD, 1).signature
    if lacking == "module":
        monkeypatch.setitem(sys.modules, MODULE, None)
        monkeypatch.delattr(MODULE, raising=False)
    else:
        keys = SimpleNamespace(from_seed_bytes=unsupported, from_public_bytes=unsupported)
        monkeypatch.setattr(f"{MODULE}.MLDSA44PrivateKey", keys)
        monkeypatch.setattr(f"{MODULE}.MLDSA44PublicKey", keys)
    with pytest.raises(PrerequisiteError, match="cryptography 47"):
        WitnessSigner("w", bytes(32), 0x06)
    with pytest.raises(PrerequisiteError, match="cryptography 47"):
        cosignature.verify_one(witness.verifier, line, HEAD)
    assert WitnessSigner("w", bytes(32)).cosign(HEAD, 1)
