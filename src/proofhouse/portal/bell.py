# SPDX-License-Identifier: Apache-2.0
"""Whom a webhook tells of what: the parties of a case, that something happened, and where to look.

    {"type": "case.moved", "timestamp": "2026-07-01T09:00:00Z",
     "data": {"case": "5f1c…", "url": "https://…/cases/5f1c…", "api": "https://…/api/v1/cases/5f1c…"}}

What happened is not said: whoever may know reads it there. A case that no assessor has taken yet is
told to every assessor. Inspectors and registrars have a part in no case, and are told of none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from proofhouse.access import Organisation
from proofhouse.formats.digest import sha256_hex
from proofhouse.outbox import Outbox
from proofhouse.vault.vault import Body, Vault

if TYPE_CHECKING:
    from proofhouse.portal.house import House
    from proofhouse.portal.projection import Row

DRAWER = sha256_hex(b"proofhouse/portal/outbox/v1")
"""The vault's drawer for what the outbox must not hold in the clear."""

_ROLES = {
    "developer": ("developer", "steward"),
    "assessor": ("assessor",),
    "partner": ("partner",),
}


class InVault:
    """Keeps what the outbox hands it in the vault (``outbox.Secrets``)."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, name: str, data: bytes) -> None:
        """Keep ``data``."""
        self._vault.put_body(DRAWER, Body(name, data, b"", b""))

    def kept(self, name: str) -> bytes | None:
        """What is kept under ``name``."""
        found = self._vault.body(DRAWER, name)
        return None if found is None else found.envelope

    def drop(self, name: str) -> None:
        """Keep it no more."""
        self._vault.drop(DRAWER, name)


def ring(house: House, event: str, row: Row | None) -> int:
    """Keep a message of ``event`` for each webhook of a party of the case; how many."""
    return 0 if row is None else _tell(house, event, row.case, lambda one: _has_part(one, row))


def ring_parties(house: House, event: str, case: str, parties: Iterable[str]) -> int:
    """Keep a message for each webhook of the parties with these keyids; how many."""
    told = frozenset(parties)
    return _tell(house, event, case, lambda one: one.party in told)


def _tell(house: House, event: str, case: str, meant: Callable[[Organisation], bool]) -> int:
    outbox: Outbox | None = house.outbox
    hooks = outbox.hooks() if outbox is not None else ()
    if outbox is None or not hooks:
        return 0
    there = {one.id: one for one in house.access.organisations()}
    now, count = house.clock(), 0
    for hook in hooks:
        one = there.get(hook.owner)
        if one is not None and one.party and event in hook.events and meant(one):
            outbox.put(hook.id, case, event, _body(house, event, case, now), now)
            count += 1
    return count


def _has_part(one: Organisation, row: Row) -> bool:
    for role, memberships in _ROLES.items():
        if not any(each in one.roles for each in memberships):
            continue
        keyids = row.parties.get(role, frozenset())
        if one.party in keyids or (role == "assessor" and not keyids):
            return True
    return False


def _body(house: House, event: str, case: str, now: str) -> bytes:
    origin, start = house.settings.origin, case[:16]
    about = {
        "type": event,
        "timestamp": now,
        "data": {
            "case": case[:12],
            "url": f"{origin}/cases/{start}",
            "api": f"{origin}/api/v1/cases/{start}",
        },
    }
    return json.dumps(about).encode()
