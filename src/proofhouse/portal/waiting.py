# SPDX-License-Identifier: Apache-2.0
"""Drafts on the way to their last signature: whom each waits for, and what it is about.

    lacking(pending, names)       "Other Lab still has to sign."
    about(pending, row, who)      "Case 5f1c2ab4… · Example Lab · checkpoint-3"
    begun(house, who, act, case)  the draft of this act that somebody has signed already, or None

Whoever has signed reads here what it waits for, so that nobody drafts the same thing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofhouse.portal import signing
from proofhouse.portal.acts import Act
from proofhouse.portal.house import House
from proofhouse.portal.projection import Projection, Row, StillReadingError
from proofhouse.portal.signing import Pending
from proofhouse.portal.stated import values
from proofhouse.portal.visitor import Visitor
from proofhouse.rules.registration import Case
from proofhouse.said import joined, say

MOST = 60
"""Characters of a name on a card."""


def lacking(pending: Pending, names: Mapping[str, str]) -> str:
    """Whose signatures a draft waits for, as a sentence; empty if it has them all."""
    told: list[str] = []
    for need in pending.still():
        called = joined(", ", [names.get(party, party[:12])[:MOST] for party in need.parties])
        if need.count < 1:  # enough organisations, and not enough people
            told.append(say("Another person still has to sign."))
        elif need.count == len(need.parties) == 1:
            told.append(say("%(who)s still has to sign.", who=called))
        elif need.count == len(need.parties):
            told.append(say("%(who)s still have to sign.", who=called))
        else:
            told.append(say("Still to sign, %(count)s of: %(who)s.", count=need.count, who=called))
    return joined(" ", told)


def row_of(projection: Projection, pending: Pending) -> Row | None:
    """The row of a draft's case; None if it has not begun, or was not read yet."""
    try:
        return projection.get(pending.case or "")
    except StillReadingError:
        return None


def about(pending: Pending, row: Row | None, who: Visitor) -> str:
    """What a draft is about: its case, and the model and partner for those who may know them."""
    found: list[str] = [] if row is None else [say("Case %(id)s", id=row.short)]
    if row is not None and who.role in ("developer", "steward", "assessor"):
        found += [one[:MOST] for one in (row.name, row.checkpoint) if one]
    said: dict[str, Any] = dict(values(pending))
    if row is None and isinstance(said.get("developer"), Mapping):
        found.append(str(said["developer"].get("name", ""))[:MOST])
    if row is None and isinstance(said.get("version"), str):
        found.append(str(said["version"])[:MOST])
    if isinstance(said.get("partner"), Mapping):
        found.append(say("Partner: %(name)s", name=str(said["partner"].get("name", ""))[:MOST]))
    return joined(" · ", found)


def begun(house: House, who: Visitor, act: Act, case: Case | None) -> Pending | None:
    """The draft of ``act`` in a case that somebody has signed and that can still be registered:
    whoever wants to do the same again goes on with it.
    """
    if case is None or not who.party:
        return None
    for one in signing.under_way(house, who.party):
        if (one.case, one.act) == (case.id, act.name) and not signing.obstacle(house, one):
            return one
    return None


def waits_for_others(pending: Pending, who: Visitor, passed: tuple[str, ...]) -> bool:
    """Whether the visitor's side has made its part of a case's move; ``passed`` are acts that are
    no move of a case.
    """
    return pending.signed_by(who.party) and pending.act not in passed
