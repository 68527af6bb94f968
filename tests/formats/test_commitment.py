# SPDX-License-Identifier: Apache-2.0
"""Double commitments, held to ristretto255 in plain integers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import commitment
from proofhouse.formats.commitment import Commitment, Opening

from . import ristretto as curve

law = settings(deadline=None, max_examples=25)
values = (
    st.integers(-1000, 1000)
    | st.text(max_size=10)
    | st.dictionaries(st.just("cut"), st.integers(0, 9))
)
salts = st.binary(min_size=32, max_size=32)
blindings = st.integers(1, curve.L - 1).map(lambda r: r.to_bytes(32, "little"))

# RFC 9496, appendix A.1: the multiples 0 to 2 of the generator.
MULTIPLES = (
    "00" * 32,
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
)


def test_the_second_opinion_agrees_with_the_rfc() -> None:
    """The plain-integer group encodes the first multiples of the generator as RFC 9496 does."""
    assert tuple(curve.encode(curve.times(i, curve.BASE)).hex() for i in range(3)) == MULTIPLES


def pedersen(value: Any, blinding: bytes) -> bytes:
    """The specification's formula, in plain integers."""
    message = b"proofhouse/pedersen/message/v1\n" + rfc8785.dumps(value)
    m = int.from_bytes(hashlib.sha512(message).digest(), "little") % curve.L
    h = curve.from_hash(hashlib.sha512(b"proofhouse/pedersen/H/v1").digest())
    r = int.from_bytes(blinding, "little")
    return curve.encode(curve.add(curve.times(m, curve.BASE), curve.times(r, h)))


@law
@given(values, salts, blindings)
def test_law_a_commitment_is_the_formula(value: Any, salt: bytes, blinding: bytes) -> None:
    """Both halves are what the page says, computed without libsodium; and they open."""
    opening = Opening(value, salt, blinding)
    made = opening.commitment
    assert made.pedersen == pedersen(value, blinding)
    assert made.sha256 == hashlib.sha256(salt + rfc8785.dumps(value)).hexdigest()
    opening.verify(made)


@law
@given(values, salts, blindings)
def test_law_there_and_back(value: Any, salt: bytes, blinding: bytes) -> None:
    """Commitment and opening parse to themselves."""
    opening = Opening(value, salt, blinding)
    assert Opening.from_json(opening.to_json()) == opening
    assert Commitment.from_json(opening.commitment.to_json()) == opening.commitment


def test_vectors_are_the_formula(vectors: Path) -> None:
    """The published vectors are right by the second opinion, too."""
    for file in vectors.glob("commitment/commit-*.json"):
        vector = json.loads(file.read_text("utf-8"))
        given_, expected = vector["input"], vector["output"]
        blinding = bytes.fromhex(given_["blindingHex"])
        assert pedersen(given_["value"], blinding).hex() == expected["pedersen"]


def test_both_halves_must_open() -> None:
    """A commitment whose halves hold different values is opened by neither."""
    one, other = Opening("COVERED"), Opening("NOT_COVERED")
    mixed = Commitment(one.commitment.sha256, other.commitment.pedersen)
    for opening in (one, other):
        with pytest.raises(VerificationError):
            opening.verify(mixed)


def test_randomness_is_fresh_unless_given() -> None:
    """Committing to one value twice shows no common half."""
    one, other = Opening("x").commitment, Opening("x").commitment
    assert one.sha256 != other.sha256
    assert one.pedersen != other.pedersen
    drawn = {int.from_bytes(commitment.new_blinding(), "little") for _ in range(50)}
    assert len(drawn) == 50
    assert all(0 < r < curve.L for r in drawn)


@settings(deadline=None, max_examples=100)
@given(st.binary(min_size=32, max_size=32))
def test_law_a_point_is_an_encoding_or_refused(data: bytes) -> None:
    """Bytes are taken exactly if they decode to a point and encode to themselves."""
    s = int.from_bytes(data, "little")
    valid = 0 < s < curve.P and s % 2 == 0 and decodes(s)
    if valid:
        assert Commitment("ab" * 32, data).pedersen == data
    else:
        with pytest.raises(FormatError):
            Commitment("ab" * 32, data)


def decodes(s: int) -> bool:
    """RFC 9496, section 4.3.1, after the checks on s."""
    u1, u2 = (1 - s * s) % curve.P, (1 + s * s) % curve.P
    v = (-(curve.D * u1 * u1) - u2 * u2) % curve.P
    was_square, invsqrt = curve.sqrt_ratio(1, v * u2 * u2 % curve.P)
    den_x, den_y = invsqrt * u2 % curve.P, invsqrt * invsqrt * u2 * v % curve.P
    x, y = curve.absolute(2 * s * den_x % curve.P), u1 * den_y % curve.P
    return was_square and x * y % curve.P % 2 == 0 and y != 0


@given(st.integers(1, curve.L - 1))
@settings(deadline=None, max_examples=25)
def test_law_a_point_has_one_spelling(scalar: int) -> None:
    """Of an honest point, the spellings with the highest bit, negated or plus p are refused."""
    data = curve.encode(curve.times(scalar, curve.BASE))
    assert Commitment("ab" * 32, data).pedersen == data
    s = int.from_bytes(data, "little")
    for other in (s | 1 << 255, curve.P - s, s + curve.P):
        if other < 2**256:
            with pytest.raises(FormatError):
                Commitment("ab" * 32, other.to_bytes(32, "little"))
