# SPDX-License-Identifier: Apache-2.0
"""What a key change means for the statements around it (R18)."""

from __future__ import annotations

from typing import Any

import pytest

from proofhouse.errors import RefusedError
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.rules.keys import Change, Keys
from proofhouse.rules.statements import Entry, Signer

BODY, OLD, NEW = (SigningKey.generate() for _ in range(3))


def issuer(key: SigningKey) -> Issuer:
    return Issuer("somebody", PublicKey(key.public))


def keys() -> Keys:
    """A policy of one assessor, whose key was rotated at leaf 5 and at ten o'clock."""
    log = NoteSigner.generate("log.example/keys").verifier
    issuers: Any = dict.fromkeys(("developer", "partner", "registrar"), ())
    issuers |= {"body": (issuer(BODY),), "assessor": (issuer(OLD),)}
    new = PublicKey(NEW.public)
    change = Change(5, OLD.keyid, new, "rotated", OLD.keyid, "2026-07-01T10:00:00Z")
    policy = Policy(log, "single", issuers, 1)
    return Keys(policy, (change,))


def plan(index: int, at: str) -> Entry:
    signers = frozenset({Signer("assessor", OLD.keyid)})
    return Entry(index, "ab" * 32, "plan", "cd" * 32, {"plannedAt": at}, signers)


def test_a_statement_behind_a_key_change_is_not_from_before_it():
    """What the new key signs can't have been made before that key spoke."""
    with pytest.raises(RefusedError, match="before its signer's key was changed"):
        keys().check(plan(6, "2026-07-01T09:59:59Z"))
    keys().check(plan(6, "2026-07-01T10:00:00Z"))


def test_a_statement_before_a_key_change_has_its_own_time():
    """Up to the leaf of the change the old key speaks, whatever the change says of the time."""
    keys().check(plan(5, "2026-07-01T09:00:00Z"))
