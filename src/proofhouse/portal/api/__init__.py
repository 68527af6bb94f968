# SPDX-License-Identifier: Apache-2.0
"""What a page can do, for programs: /api/v1, described at /openapi.json, shown at /api.

    GET /api/v1/cases?waiting=true            Authorization: Bearer pht_…
    POST /api/v1/cases/5f1c…/acts/submit      Idempotency-Key: 7d1f…   →  201, a draft
    POST /api/v1/drafts/92ab…/sign            →  200, registered if that was the last signature

What each page is here is told in ``pages``, with the few that are for people alone.

Rule 1: one table. Each row of ``OPERATIONS`` is a route, its check, and its description; nothing
is described that is not there, and nothing is there that is not described.
Rule 2: a token acts in one role of one person within its scopes, and never signs what takes a
person: a determination, a held score, a disclosure, a threshold, an opening, the choice of a
partner. It may draft that, for a person to read and sign. Cookies open nothing here.
Rule 3: every error is a problem document (RFC 9457).

    operation.py   a row of the table; how a request becomes a call and a call an answer
    shapes.py      the JSON of what is answered, and its schemas
    cases.py       cases, their statements, what may be done in them, bundle and dossier
    drafts.py      statements on their way to their signatures; statements signed elsewhere
    runs.py        plans and evaluations
    staff.py       trying a plan, held scores, recording for others, invitations, inspection
    work.py        the assessors' queue, what partners report
    partners.py    criteria, applications and decisions on them
    hooks.py       webhooks
    account.py     one's own account
    people.py      the people of the house
    docket.py      comments of the public
    record.py      the log, the banks, audit and numbers, which are public
    schemas.py     every schema
    pages.py       page → operations, and what is for people alone
    document.py    the description (OpenAPI 3.1) and the page /api
"""

from fastapi import APIRouter

from proofhouse.portal.api import (
    account,
    cases,
    docket,
    document,
    drafts,
    hooks,
    partners,
    people,
    record,
    runs,
    staff,
    work,
)
from proofhouse.portal.api.operation import Operation, mount

OPERATIONS: tuple[Operation, ...] = (
    *cases.OPERATIONS,
    *drafts.OPERATIONS,
    *runs.OPERATIONS,
    *staff.OPERATIONS,
    *work.OPERATIONS,
    *partners.OPERATIONS,
    *hooks.OPERATIONS,
    *account.OPERATIONS,
    *people.OPERATIONS,
    *docket.OPERATIONS,
    *record.OPERATIONS,
)
"""Every operation, in the order in which /api shows them."""

router = APIRouter()
mount(router, OPERATIONS)
document.mount(router, OPERATIONS)

__all__ = ["OPERATIONS", "router"]
