# SPDX-License-Identifier: Apache-2.0
"""Salted fields."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import salted
from proofhouse.formats.salted import Opening

law = settings(deadline=None, max_examples=100)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("k"), inner),
)
salts = st.binary(min_size=32, max_size=32)


@law
@given(values, salts)
def test_law_a_field_is_a_salted_digest(value: Any, salt: bytes) -> None:
    """The digest is SHA-256(salt ‖ canonical JSON); opening and field parse to themselves."""
    opening = Opening(value, salt)
    assert opening.sha256 == hashlib.sha256(salt + rfc8785.dumps(value)).hexdigest()
    assert Opening.from_json(opening.to_json()) == opening
    assert salted.parse_field(opening.field()) == opening.sha256
    opening.verify(opening.sha256)


@law
@given(values, salts, values, salts)
def test_law_a_field_binds(value: Any, salt: bytes, other: Any, other_salt: bytes) -> None:
    """Another value or another salt does not open the field."""
    digest = Opening(value, salt).sha256
    for opening in (Opening(other, salt), Opening(value, other_salt)):
        if rfc8785.dumps(opening.value) + opening.salt != rfc8785.dumps(value) + salt:
            with pytest.raises(VerificationError):
                opening.verify(digest)


def test_a_salt_is_fresh_unless_given() -> None:
    """Hiding one value twice gives two digests."""
    assert Opening("COVERED").sha256 != Opening("COVERED").sha256


@pytest.mark.parametrize(
    "field",
    [None, "ab" * 32, {}, {"salted": "AB" * 32}, {"salted": 1}, {"salted": "ab" * 32, "x": 1}],
)
def test_a_malformed_field_is_refused(field: Any) -> None:
    """A field is one member with one digest."""
    with pytest.raises(FormatError):
        salted.parse_field(field)
