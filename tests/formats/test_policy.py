# SPDX-License-Identifier: Apache-2.0
"""Trust policies. What one must hold to is told by its vectors; here are the laws."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import ROLES, Issuer, Policy

law = settings(deadline=None, max_examples=30)

LOG = NoteSigner("example.com/log", SigningKey(b"\xff" * 32)).verifier
KEYS = [SigningKey(bytes([i]) * 32) for i in range(12)]
WITNESSES = [WitnessSigner(f"w{i}", bytes([100 + i]) * 32).verifier for i in range(3)]
names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=len(KEYS) - 1, max_size=len(KEYS) - 1))
    holders = list(zip([*roles, "body"], KEYS, strict=True))
    issuers = {
        role: tuple(Issuer(draw(names), key.public_key) for r, key in holders if r == role)
        for role in ROLES
    }
    witnesses = tuple(WITNESSES[: draw(st.integers(0, 3))])
    return Policy(
        LOG,
        draw(st.sampled_from(["single", "separate"])),
        issuers,
        draw(st.integers(1, len(issuers["body"]))),
        witnesses,
        draw(st.integers(0, len(witnesses))),
    )


@law
@given(policies(), st.sampled_from([None, 0, 3]), st.booleans())
def test_law_there_and_back(policy: Policy, indent: int | None, ascii_only: bool) -> None:
    """A policy parses back from its own print and from any other spelling of the same JSON."""
    assert Policy.parse(policy.to_bytes()) == policy
    document = json.loads(policy.to_bytes())
    other = json.dumps(document, indent=indent, ensure_ascii=ascii_only, sort_keys=ascii_only)
    assert Policy.parse(other.encode()) == policy


@law
@given(policies())
def test_law_a_key_has_one_role_and_name(policy: Policy) -> None:
    """Every issuer's key is found by keyid, with the role and the name it was given."""
    for role, issuers in policy.issuers.items():
        for issuer in issuers:
            keyid = issuer.key.keyid
            assert policy.keys[keyid] == issuer.key
            assert (policy.roles[keyid], policy.names[keyid]) == (role, issuer.name)
    assert len(policy.keys) == len(KEYS)


def test_a_policy_can_not_be_changed() -> None:
    """Neither the issuers nor the look-ups of a policy can be written to."""
    issuers = {
        role: (Issuer(role, key.public_key),) for role, key in zip(ROLES, KEYS, strict=False)
    }
    policy = Policy(LOG, "separate", issuers, 1)
    issuers["partner"] = ()
    assert len(policy.issuers["partner"]) == 1
    for mapping in (policy.issuers, policy.keys, policy.roles, policy.names):
        with pytest.raises(TypeError):
            mapping["x"] = None  # type: ignore[index]


def test_a_policy_is_limited_in_size_and_depth() -> None:
    """A megabyte of spaces and a million brackets are refused without harm."""
    for data in (b" " * 1_000_001, b"[" * 900_000, b'{"a":' * 100_000, b"\xff\xfe", b"1" * 5000):
        with pytest.raises(FormatError):
            Policy.parse(data)
