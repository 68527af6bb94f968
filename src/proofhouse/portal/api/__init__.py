# SPDX-License-Identifier: Apache-2.0
"""What a page can do, for programs: /api/v1, described at /openapi.json, shown at /api.

    GET /api/v1/cases?waiting=true            Authorization: Bearer pht_…
    POST /api/v1/cases/5f1c…/acts/submit      Idempotency-Key: 7d1f…   →  201, a draft
    POST /api/v1/drafts/92ab…/sign            →  200, registered if that was the last signature

Rule 1: one table. Each row of ``OPERATIONS`` is a route, its check, and its description; nothing
is described that is not there, and nothing is there that is not described.
Rule 2: a token acts in one role of one person within its scopes, and never for what takes a person:
a determination, a disclosure, a threshold, the choice of a partner. Cookies open nothing here.
Rule 3: every error is a problem document (RFC 9457).

    operation.py   a row of the table; how a request becomes a call and a call an answer
    shapes.py      the JSON of what is answered, and its schemas
    cases.py       cases, their statements, what may be done in them, bundle and dossier
    drafts.py      statements on their way to their signatures; statements signed elsewhere
    runs.py        plans and evaluations
    work.py        the assessors' queue, what partners report
    record.py      the log and the banks, which are public
    hooks.py       webhooks
    document.py    the description (OpenAPI 3.1) and the page /api
"""

from fastapi import APIRouter

from proofhouse.portal.api import cases, document, drafts, hooks, record, runs, work
from proofhouse.portal.api.operation import Operation, mount

OPERATIONS: tuple[Operation, ...] = (
    *cases.OPERATIONS,
    *drafts.OPERATIONS,
    *runs.OPERATIONS,
    *work.OPERATIONS,
    *hooks.OPERATIONS,
    *record.OPERATIONS,
)
"""Every operation, in the order in which /api shows them."""

router = APIRouter()
mount(router, OPERATIONS)
document.mount(router, OPERATIONS)

__all__ = ["OPERATIONS", "router"]
