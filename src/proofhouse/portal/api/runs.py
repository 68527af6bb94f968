# SPDX-License-Identifier: Apache-2.0
"""Plans and evaluations, which take minutes: asked for, looked at, watched (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from proofhouse.portal.api import shapes
from proofhouse.portal.api.cases import check_match, load
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.cases import AT_A_TIME, BUDGETS, check_told, find, wishes_of
from proofhouse.portal.findings import RETEST, ask_retest, retest_fields
from proofhouse.portal.runs import State

NONE = State("", phase="none")


def _told(call: Call, case: str) -> dict[str, Any]:
    state: State = call.app.runs.state(case) or NONE
    return state.told(evidence=shapes.audience(call.who) == "inspector")


def _run(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    check_told(call.who, call.house.desk.case(row.case))
    return Answer(_told(call, row.case), headers={"Vary": "Authorization"})


def _ask(what: str) -> Any:
    def handler(call: Call) -> Answer:
        row, known = load(call)
        check_match(call, known)
        call.who.actor()
        call.app.runs.ask(row.case, what, call.who.party, wishes_of(call.filled))
        headers = {"Location": f"{PREFIX}/cases/{row.case}/run"}
        return Answer(_told(call, row.case), 202, headers, row.case)

    return handler


def _retest(call: Call) -> Answer:
    row, known = load(call)
    check_match(call, known)
    call.who.actor()
    ask_retest(call.app.runs, call.who, row.case, call.filled)
    headers = {"Location": f"{PREFIX}/cases/{row.case}/run"}
    return Answer(_told(call, row.case), 202, headers, row.case)


async def _live(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    check_told(call.who, call.house.desk.case(row.case))
    evidence = shapes.audience(call.who) == "inspector"

    async def events() -> AsyncIterator[str]:
        async for state in call.app.runs.watch(row.case, evidence=evidence):
            yield f"data: {json.dumps(state)}\n\n"
            await asyncio.sleep(0)
        yield "event: end\ndata: {}\n\n"

    return Answer(response=StreamingResponse(events(), media_type="text/event-stream"))


def _errand(name: str, what: str, summary: str) -> Operation:
    return Operation(
        name,
        "POST",
        f"/cases/{{case}}/run/{what}",
        what,
        summary,
        _ask(what),
        "Evaluations",
        gives="Run",
        status=202,
        about="It is queued and made in the background; its statements are signed by the "
        "organisation’s key.",
        fields=BUDGETS if what == "plan" else AT_A_TIME,
        example={"tokens": 200_000, "turns": 30, "seconds": 300, "samples": 2}
        if what == "plan"
        else {"samples": 2},
        problems=(404, 409, 410, 412),
        makes=True,
        matches=True,
        takes_nothing=True,
    )


OPERATIONS: tuple[Operation, ...] = (
    _errand("planRun", "plan", "Plan the evaluation: which items, in which order"),
    Operation(
        "planRetest",
        "POST",
        "/cases/{case}/run/retest",
        "plan",
        "Plan to test findings again that their developer calls fixed, on new items",
        _retest,
        "Evaluations",
        gives="Run",
        status=202,
        about="It is queued and made in the background; its statement is signed by the "
        "organisation’s key.",
        fields=RETEST,
        asked=lambda call: retest_fields(load(call)[1].case),
        example={"findings": ["F1"], "items": 12},
        problems=(404, 409, 410, 412),
        makes=True,
        matches=True,
    ),
    _errand("startRun", "evaluate", "Run the planned evaluation, or go on with it"),
    Operation(
        "readRun",
        "GET",
        "/cases/{case}/run",
        "see-case",
        "How the newest plan or evaluation goes",
        _run,
        "Evaluations",
        gives="Run",
        problems=(404, 409),
    ),
    Operation(
        "watchRun",
        "GET",
        "/cases/{case}/run/live",
        "see-case",
        "The same as it changes, as server-sent events",
        _live,
        "Evaluations",
        media="text/event-stream",
        problems=(404, 409),
    ),
)
