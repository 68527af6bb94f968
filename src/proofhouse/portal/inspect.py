# SPDX-License-Identifier: Apache-2.0
"""The inspector's desk: everything opened from the vault, every case folded and decided anew.

What the public's audit can't see is checked here (``inspection``): no run was discarded, windows
were kept, findings came before partners, every determination is the one that plan and outcomes come
to. It takes a while in a large house, so it runs once for a size of the log and the answer is kept
in memory. The registrar erases ended cases here, by their terms.
"""

from __future__ import annotations

import threading
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.access.watch import EVERYTHING
from proofhouse.desk import erase as erasing
from proofhouse.inspection import Inspection
from proofhouse.inspection import inspect as inspect_all
from proofhouse.portal import fields, signing
from proofhouse.portal.cases import find, house_of
from proofhouse.portal.fields import Field
from proofhouse.portal.forms import form, form_values
from proofhouse.portal.house import House
from proofhouse.portal.render import render
from proofhouse.portal.visitor import Visitor, need
from proofhouse.rules.review import ENDED

router = APIRouter()

Inspecting = Annotated[Visitor, Depends(need("inspect-all"))]
Erasing = Annotated[Visitor, Depends(need("erase"))]

_lock = threading.Lock()


@router.get("/inspect", response_class=HTMLResponse)
async def inspect_page(request: Request, _who: Inspecting) -> HTMLResponse:
    """What the newest inspection found, and of which size of the log it is."""
    size, found = newest(request)
    now = await house_of(request).run(lambda seat: seat.desk.log.size)
    return render(request, "cases/inspect.html", found=found, size=size, newer=now > size)


def newest(request: Request) -> tuple[int, Inspection | None]:
    """The newest inspection and the size of the log that it is of; 0 and None before the first."""
    kept: tuple[int, Inspection | None] = getattr(request.app.state, "inspected", (0, None))
    return kept


@router.post("/inspect")
async def inspect_now(request: Request, who: Inspecting) -> Response:
    """Open and check everything; one inspection at a time."""
    await form(request)
    await anyio.to_thread.run_sync(inspect_for, request, who)
    return RedirectResponse("/inspect", 303)


def inspect_for(request: Request, who: Visitor) -> None:
    """Open and check everything, and keep what was found in memory; that it was opened is noted."""
    house = house_of(request)
    assert who.person is not None
    organisation = who.organisation.id if who.organisation else ""
    house.access.viewed(who.person.id, organisation, EVERYTHING, "", house.clock())
    with _lock:
        size = house.desk.log.size
        request.app.state.inspected = size, inspect_all(house.desk, now=house.clock())


SURE = (
    Field(
        "sure",
        "Nothing of this case is to be left but its leaves",
        "Envelopes, salts, transcripts and the endpoint’s key are gone for good.",
        kind="yes",
    ),
)


@router.get("/cases/{start}/erase", response_class=HTMLResponse)
async def erase_form(request: Request, who: Erasing, start: str) -> HTMLResponse:
    """What erasing an ended case means."""
    return render(
        request, "cases/erase.html", row=find(request, who, start), fields=SURE, errors={}
    )


@router.post("/cases/{start}/erase")
async def erased(request: Request, who: Erasing, start: str) -> Response:
    """Erase an ended case: nothing of it is left but its leaves."""
    row = find(request, who, start)
    if not fields.read(SURE, form_values(await form(request), SURE))["sure"]:
        return render(
            request,
            "cases/erase.html",
            status=422,
            row=row,
            fields=SURE,
            errors={"sure": "Say that you are sure."},
        )
    await anyio.to_thread.run_sync(erase_for, request, row.case)
    return RedirectResponse("/home", 303)


def erase_for(request: Request, case: str) -> None:
    """Erase an ended case, and forget it here. Raises RefusedError."""
    _erase(house_of(request), case)
    request.app.state.projection.moved(case)


def _erase(house: House, case: str) -> None:
    """What stands beside the case goes first, so that the vault's scrub takes its traces, too."""
    if house.desk.case(case).state in ENDED:
        signing.forget(house, case)
        house.register.forget(case)
        if house.outbox is not None:
            house.outbox.forget(case)
    erasing.erase(house.desk, case)
