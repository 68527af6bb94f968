# SPDX-License-Identifier: Apache-2.0
"""The trust policy for whoever reads: the keys to check by, and no name that is sealed from them.

    of_house(house).to_bytes()                       everybody: log, witnesses, bodies, assessors
    of_case(house, parties, audience, own)           the same, and who has a part in the case

A policy that comes from the house that it judges proves that the house agrees with itself. Who
wants more asks somebody else for it, or compares it with them by another way: the page says so.

Who asks to be tested is public nowhere (R1, R7), so the house's own list of developers and partners
is in neither. A party that has put a new key in the log stands there by its old one, unnamed:
without it nobody could follow the change.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from proofhouse.formats.policy import Issuer, Policy
from proofhouse.portal.house import House

CONFIDENTIAL = ("developer", "partner")
"""Roles whose parties are named to those alone who may know them."""

UNNAMED = "(sealed)"
"""In the place of a name; the key beside it is needed to check a signature."""


def of_house(house: House) -> Policy:
    """The policy for everybody."""
    return _cut(house, frozenset(), frozenset())


def of_case(house: House, parties: Collection[str], audience: str, own: str) -> Policy:
    """The policy for a reader of a case that has these ``parties`` (keyids).

    ``audience`` is whose bundle it goes with, ``own`` the reader's own keyid, if it has one.
    """
    named = frozenset(parties) if audience in ("inspector", "developer") else frozenset({own})
    return _cut(house, frozenset(parties), named)


def _cut(house: House, parties: frozenset[str], named: frozenset[str]) -> Policy:
    policy = house.policy
    kept = parties | {change.party for change in house.desk.keys().changes}
    issuers = {
        role: tuple(
            one if one.key.keyid in named else Issuer(UNNAMED, one.key)
            for one in there
            if one.key.keyid in kept
        )
        if role in CONFIDENTIAL
        else there
        for role, there in policy.issuers.items()
    }
    return replace(policy, issuers=issuers)
