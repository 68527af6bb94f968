# SPDX-License-Identifier: Apache-2.0
"""What people plan and report by: the assessors' queue, and what a partner did with its access."""

from __future__ import annotations

from typing import Any

from proofhouse.portal.api import shapes
from proofhouse.portal.api.cases import CURSOR, LIMIT, next_link, number_of
from proofhouse.portal.api.operation import Answer, Call, Operation
from proofhouse.portal.cases import find
from proofhouse.portal.partners import USE, report_use, uses_for
from proofhouse.portal.queue import queue_of
from proofhouse.portal.register import Use


def _queue(call: Call) -> Answer:
    who, start = call.who, number_of(call.query["cursor"]) or 0
    found = queue_of(call.request, who)
    listed = found.places
    stop = start + call.query["limit"]
    following = str(stop) if stop < len(listed) else None
    items = [
        {
            "case": shapes.row(who, one.row),
            "hours": one.hours,
            "daysWaiting": one.days_waiting,
            "daysLeft": one.days_left,
            "firstPass": one.first_pass,
            "thisWeek": one.this_week,
        }
        for one in listed[start:stop]
    ]
    budget = {"hours": found.hours, "hoursTaken": found.spent, "casesToRead": found.left}
    return Answer({"items": items, "next": following, **budget}, headers=next_link(call, following))


def _use(call: Call, use: Use) -> dict[str, Any]:
    return {
        "partner": call.house.policy.names.get(use.party, ""),
        "what": use.what,
        "found": use.found,
        "closed": use.closed,
        "at": use.at,
    }


def _uses(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    shown = uses_for(call.house, call.who, row)
    return Answer({"items": [_use(call, one) for one in shown]})


def _report(call: Call) -> Answer:
    row = find(call.request, call.who, call.path["case"])
    use = report_use(call.house, call.who, row, call.filled)
    return Answer(_use(call, use), 201, {"Location": call.request.url.path}, row.case)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readQueue",
        "GET",
        "/queue",
        "see-queue",
        "The assessors’ queue, the highest risk first, cut to the hours there are",
        _queue,
        "Work",
        gives="QueuePage",
        query=(LIMIT, CURSOR),
    ),
    Operation(
        "listUses",
        "GET",
        "/cases/{case}/uses",
        "see-case",
        "What partners did with their access to a case",
        _uses,
        "Work",
        gives="UseList",
        problems=(404,),
    ),
    Operation(
        "reportUse",
        "POST",
        "/cases/{case}/uses",
        "accept-partner",
        "Report what you did with your access",
        _report,
        "Work",
        gives="Use",
        status=201,
        fields=USE,
        problems=(404,),
        makes=True,
    ),
)
