# SPDX-License-Identifier: Apache-2.0
"""Banks and thresholds: what is committed, until when it is sealed, and what the bodies may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from proofhouse.desk import measure
from proofhouse.formats.policy import Policy
from proofhouse.portal import acts, flash
from proofhouse.portal.cases import house_of
from proofhouse.portal.render import render
from proofhouse.portal.visitor import Visitor, need
from proofhouse.seat import Seat

router = APIRouter()


@dataclass(frozen=True)
class Version:
    """A bank version with its threshold; None where there is none yet."""

    bank: Any
    threshold: Any
    active: bool
    retired: bool
    opened: tuple[str, ...]
    overdue: bool
    decided: tuple[str, ...] = ()


@router.get("/banks", response_class=HTMLResponse)
async def banks_page(
    request: Request, who: Annotated[Visitor, Depends(need("see-log"))]
) -> HTMLResponse:
    """Every version, newest first, with what the owning bodies may do."""
    house = house_of(request)
    versions = await house.run(versions_of)
    done = flash.newest(request, "registered")
    possible = [one for one in acts.ACTS.values() if one.clear and who.may(one.action)]
    return render(request, "cases/banks.html", versions=versions, acts=possible, registered=done)


def deciders(keyids: Iterable[str], policy: Policy) -> tuple[str, ...]:
    """The owning bodies that decided something: those who signed it, whoever else may own it."""
    return tuple(sorted(policy.names.get(keyid, keyid[:12]) for keyid in keyids))


def versions_of(seat: Seat) -> list[Version]:
    """Every bank version of a house, the newest first."""
    desk, now = seat.desk, seat.clock()
    active = measure.active_bank(desk)
    found = []
    for kept in measure.banks(desk):
        bank = kept.entry
        threshold = measure.active_threshold(desk, bank)
        cited = [bank.digest] + ([threshold.entry.digest] if threshold else [])
        opened = tuple(one for one in cited if desk.find_clear("opening", one) is not None)
        due = [bank] + ([threshold.entry] if threshold else [])
        found.append(
            Version(
                bank,
                threshold.entry if threshold else None,
                active is not None and active.entry.digest == bank.digest,
                desk.find_clear("bank-retirement", bank.digest) is not None,
                opened,
                any(e.predicate["openBy"] <= now and e.digest not in opened for e in due),
                deciders(threshold.entry.keyids("body"), seat.trusted) if threshold else (),
            )
        )
    return found[::-1]
