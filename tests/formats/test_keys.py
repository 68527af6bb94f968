# SPDX-License-Identifier: Apache-2.0
"""Ed25519 keys, held to RFC 8032 and to the curve in plain integers."""

from __future__ import annotations

import hashlib
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats.keys import PublicKey, SigningKey

from . import ristretto as curve

law = settings(deadline=None, max_examples=60)

# RFC 8032, section 7.1, TEST 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def edwards(point: curve.Point) -> bytes:
    """RFC 8032, section 5.1.2: y, with the lowest bit of x on top."""
    z = pow(point[2], -1, curve.P)
    x, y = point[0] * z % curve.P, point[1] * z % curve.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def test_the_rfc_signs_the_same() -> None:
    """Seed, public key and signature are those of RFC 8032."""
    key = SigningKey(SEED)
    assert (key.public, key.sign(b"\x72")) == (PUBLIC, SIGNATURE)
    PublicKey(PUBLIC).verify(SIGNATURE, b"\x72")
    assert key.keyid == hashlib.sha256(PUBLIC).hexdigest() == PublicKey(PUBLIC).keyid


def test_a_key_survives_its_file() -> None:
    """PEM gives the key back, and OpenSSL reads it."""
    key = SigningKey.generate()
    assert SigningKey.from_pem(key.to_pem()) == key
    assert load_pem_private_key(key.to_pem(), None).private_bytes_raw() == key.seed  # type: ignore[union-attr]


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:63], SIGNATURE + b"\0", bytes(64)])
def test_a_signature_of_another_length_or_value_does_not_hold(signature: bytes) -> None:
    """Nothing but the 64 bytes of the signature verifies."""
    with pytest.raises(VerificationError):
        PublicKey(PUBLIC).verify(signature, b"\x72")


def test_a_signature_has_no_second_spelling() -> None:
    """S + L in place of S is refused, though it solves the same equation."""
    s = int.from_bytes(SIGNATURE[32:], "little") + curve.L
    with pytest.raises(VerificationError):
        PublicKey(PUBLIC).verify(SIGNATURE[:32] + s.to_bytes(32, "little"), b"\x72")


def test_every_point_of_low_order_is_refused() -> None:
    """All eight points whose order divides 8 are refused, found here by multiplication."""
    assert len(LOW_ORDER) == 8
    for raw in LOW_ORDER:
        with pytest.raises(FormatError, match="low order"):
            PublicKey(raw)


def lift(y: int) -> curve.Point | None:
    """A point with this y, if the curve has one."""
    is_square, x = curve.sqrt_ratio((y * y - 1) % curve.P, (curve.D * y * y + 1) % curve.P)
    return (x, y, 1, x * y % curve.P) if is_square else None


def point_of_order_8() -> curve.Point:
    """Any point times L has an order that divides the cofactor 8; of half of them it is 8."""
    for point in filter(None, map(lift, range(2, 100))):
        small = curve.times(curve.L, point)
        if not curve.same_edwards(curve.times(4, small), curve.IDENTITY):
            assert curve.same_edwards(curve.times(8, small), curve.IDENTITY)
            return small
    raise AssertionError("no point of order 8 was found")


SIGNED_ZERO = {(y | 1 << 255).to_bytes(32, "little") for y in (1, curve.P - 1)}
LOW_ORDER = {edwards(curve.times(i, point_of_order_8())) for i in range(8)}


@law
@given(st.integers(1, 2**256))
def test_law_every_honest_key_is_taken(scalar: int) -> None:
    """A multiple of the base point that is not the identity is a public key."""
    if scalar % curve.L:
        raw = edwards(curve.times(scalar % curve.L, curve.BASE))
        assert PublicKey(raw).raw == raw


@law
@given(st.binary(min_size=32, max_size=32))
def test_law_a_key_is_a_point_or_refused(raw: bytes) -> None:
    """Bytes are taken exactly when they encode a point: the curve's equation has a solution."""
    y = int.from_bytes(raw, "little") % 2**255
    if y < curve.P and lift(y) and raw not in LOW_ORDER | SIGNED_ZERO:
        assert PublicKey(raw).raw == raw
    else:
        with pytest.raises(FormatError):
            PublicKey(raw)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_has_32_bytes(length: int) -> None:
    """Public and private keys of another length are refused."""
    for kind in (PublicKey, SigningKey):
        with pytest.raises(FormatError):
            kind(os.urandom(length))


def test_a_file_with_another_key_is_refused() -> None:
    """A key of another kind, an encrypted one and no key at all are refused."""
    other = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    locked = load_pem_private_key(SigningKey(SEED).to_pem(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    for pem in (
        other,
        locked,
        b"",
        b"-----BEGIN PRIVATE KEY-----\n",
        SigningKey(SEED).to_pem()[:60],
    ):
        with pytest.raises(FormatError):
            SigningKey.from_pem(pem)


def test_a_private_key_does_not_print_itself() -> None:
    """Neither repr nor str shows the seed."""
    key = SigningKey(SEED)
    assert SEED.hex() not in repr(key) + str(key) + repr(vars(key.public_key))
    assert key.keyid in repr(key)
