# SPDX-License-Identifier: Apache-2.0
"""No attack of the escape suite works on any tier that is here, and each works without a fence."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter

import pytest

from proofhouse.errors import InputError, PrerequisiteError
from proofhouse.sandbox import TIERS, check_tier
from proofhouse.sandbox.attacks import ATTACKS, GRANTED, Control, run, staged, verdict

pytestmark = pytest.mark.sandbox

GROUPS = {
    "host files",
    "/proc",
    "devices",
    "sockets",
    "keyrings",
    "network",
    "other samples",
    "rights",
    "nested namespaces",
    "ptrace",
    "kernel interfaces",
    "limits",
    "timeout",
    "file transfer",
    "oracle and scorer",
    "identity",
}


@pytest.mark.parametrize(
    "tier",
    [each if each == "bwrap" else pytest.param(each, marks=pytest.mark.soak) for each in TIERS],
)
def test_no_attack_works(tier):
    """Every attack on a tier fails; one that does not is named with the fence that gave way."""
    try:
        check_tier(tier)
    except PrerequisiteError as error:
        if tier == "bwrap":
            raise
        pytest.skip(str(error))

    async def all_of_them():
        return [told async for told in run(tier)]

    verdicts = asyncio.run(all_of_them())
    assert len(verdicts) == len(ATTACKS)
    worked = [told.attack for told in verdicts if told.worked]
    assert not worked, [f"{a.name}: {a.sentence} Past: {a.stopped_by(tier)}" for a in worked]


@pytest.mark.soak
@pytest.mark.parametrize("user", ["root", "user"])
def test_no_attack_works_where_there_are_users(user):
    """In a sandbox with users of its own nobody inside does better, root inside neither."""
    try:
        check_tier("bwrap", users=True)
    except PrerequisiteError as error:
        if os.geteuid() == 0:
            raise
        pytest.skip(str(error))  # an ordinary user without ids of its own

    async def all_of_them():
        return [told async for told in run("bwrap", user)]

    verdicts = asyncio.run(all_of_them())
    assert len(verdicts) == len(ATTACKS) - (len(GRANTED) if user == "root" else 0)
    worked = [told.attack for told in verdicts if told.worked]
    assert not worked, [f"{a.name}: {a.sentence}" for a in worked]


@pytest.mark.soak
def test_an_attacker_who_is_not_there():
    """Attacks from a user that does not exist are refused: they would all fail."""

    async def first():
        return [told async for told in run("bwrap", "nobody-of-that-name")]

    with pytest.raises(InputError, match="is inside to attack from"):
        asyncio.run(first())


@pytest.mark.soak
def test_each_attack_works_without_a_fence():
    """What fails in a sandbox succeeds outside of one: no attack passes by being broken.

    As an ordinary user what needs root is left out, and so is what this kernel does not have.
    """
    tried = [attack for attack in ATTACKS if attack.control is not Control.NONE]
    if os.geteuid() != 0:
        tried = [attack for attack in tried if attack.control is Control.USER]

    async def without():
        async with staged(None) as stage:
            return {attack.name: await verdict(stage, attack) for attack in tried}

    worked = asyncio.run(without())
    broken = [a.name for a in tried if not worked[a.name] and a.control is not Control.IF_KERNEL]
    assert not broken
    assert sum(worked.values()) >= 60


def test_every_attack_is_told():
    """A name of its own, one sentence, a fence; and a reason where there is no control."""
    names = Counter(attack.name for attack in ATTACKS)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(ATTACKS) >= 60
    assert {attack.group for attack in ATTACKS} == GROUPS
    assert set(names) >= GRANTED
    for attack in ATTACKS:
        assert re.fullmatch(r"[A-Z][^.]*(\.[0-9.]+)?[^.]*\.", attack.sentence), attack.name
        assert attack.fence
        assert bool(attack.why_none) == (attack.control is Control.NONE), attack.name
