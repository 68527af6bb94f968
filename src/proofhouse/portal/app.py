# SPDX-License-Identifier: Apache-2.0
"""The application: routes, the gate before them, and how an error is told.

    with open_house(path) as house:
        app = create_app(house)             an ASGI application

The gate looks at every request first: the host it was meant for, who is asking, and on the way out
the headers that fence a page in. An error becomes a page or a problem document in one place, and
what is not an error of ours by name says nothing of itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from proofhouse.access import Access
from proofhouse.outbox import Delivery, Outbox
from proofhouse.portal import (
    account,
    api,
    assess,
    banks,
    cases,
    findings,
    inspect,
    partners,
    people,
    public,
    queue,
    sign_in,
)
from proofhouse.portal.bell import InVault, ring
from proofhouse.portal.gate import Gate
from proofhouse.portal.house import House, Settings
from proofhouse.portal.looks import Assets
from proofhouse.portal.problems import install
from proofhouse.portal.projection import Projection
from proofhouse.portal.register import Register
from proofhouse.portal.runs import Runs
from proofhouse.portal.sweep import Sweep
from proofhouse.portal.visitor import visitor
from proofhouse.seat import open_seat


@contextlib.contextmanager
def open_house(path: Path | None = None, settings: Settings | None = None) -> Iterator[House]:
    """The house of the home at ``path``, made on first use. Raises as ``bootstrap.open_home``."""
    from proofhouse.bootstrap import open_home
    from proofhouse.home import default_path

    path = path or default_path()
    if not (path / "home.json").exists():
        with open_home(path):
            pass
    with (
        open_seat(path) as seat,
        contextlib.closing(Access.open(path / "access.sqlite")) as access,
        contextlib.closing(Register.open(path / "portal.sqlite")) as register,
        contextlib.closing(Outbox.open(path / "outbox.sqlite", InVault(seat.desk.vault))) as outbox,
    ):
        yield House(seat, access, register, settings or Settings(), outbox)


def create_app(house: House, *, working: bool = True) -> FastAPI:
    """The portal over ``house``. ``working`` starts the threads that run and sweep."""
    projection = Projection(house)
    runs = Runs(house, projection)
    sweep = Sweep(house, projection, runs)
    projection.listeners.append(lambda row: ring(house, "case.moved", row))
    runs.ended.append(lambda case: ring(house, "run.ended", projection.get(case)))
    delivery = None
    if house.outbox is not None:
        reachable = house.settings.reachable
        delivery = Delivery(house.outbox, house.clock, reachable, house.failed)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if working:
            runs.begin()
            sweep.begin()
            if delivery is not None:
                delivery.begin()
        else:
            projection.refresh()
        yield
        if delivery is not None:
            delivery.end()
        sweep.end()
        runs.end()

    app = FastAPI(
        title="Proofhouse",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.house = house
    app.state.access = house.access
    app.state.clock = house.clock
    app.state.settings = house.settings
    app.state.register = house.register
    app.state.projection = projection
    app.state.runs = runs
    app.state.sweep = sweep
    app.state.happened = _happened(app)
    install(app)
    app.mount("/static", Assets(), name="static")
    for router in ROUTERS:
        app.include_router(router)

    @app.get("/start", include_in_schema=False)
    async def start(request: Request) -> Response:
        who = visitor(request)
        return RedirectResponse("/home" if who.person else "/sign-in", 303)

    app.add_middleware(Gate, house=house)
    return app


ROUTERS = tuple(
    room.router
    for room in (
        cases,
        assess,
        public,
        sign_in,
        account,
        people,
        banks,
        partners,
        findings,
        queue,
        inspect,
        api,
    )
)
"""Every room of the portal that has routes. One that fails to load ends the start."""


def _happened(app: FastAPI) -> Any:
    """What follows a registered statement: the case's row, whoever is to be told, and the
    invitations that an inquiry answers.
    """

    def happened(_pending: Any, entry: Any) -> None:
        if entry.name == "inquiry":
            house, keys = app.state.house, entry.predicate["party"]["keys"]
            spoke = [one.id for one in house.access.organisations() if one.party in keys]
            house.register.asked(spoke, house.clock())
        app.state.projection.moved(entry.subject)

    return happened
