# SPDX-License-Identifier: Apache-2.0
"""How an error is told: a page for people, a problem document (RFC 9457) for programs. One place.

    {"type": "/problems/refused", "title": "A rule says no", "status": 409,
     "detail": "“Withdraw” is not possible …", "hint": "Possible now: …", "rule": "R1, R2"}

An error of the tree says what was asked, why not, and what is allowed. Any other error says that it
is ours, and nothing else: what it was stands in the operator's log, without what was handed in.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from proofhouse import errors
from proofhouse.access import DeadLinkError
from proofhouse.portal.fields import FieldsError, NotThereError
from proofhouse.portal.forms import left_over
from proofhouse.portal.language import N_
from proofhouse.portal.render import render
from proofhouse.portal.visitor import SignInError, visitor

MEDIA = "application/problem+json"


class PreconditionError(errors.RefusedError):
    """What was asked for holds only for what is not there any more (If-Match)."""


BY_RULE = {"access": 403, "idempotency": 422}
"""The status of a refusal by its rule, where it is not that of other refusals."""

STATUS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (FieldsError, 422, "fields", "Some fields are not as they are to be"),
    (DeadLinkError, 422, "verification", "This link was used or replaced"),
    (NotThereError, 404, "not-there", "There is no such page"),
    (SignInError, 401, "sign-in", "Sign in first"),
    (errors.FormatError, 422, "format", "These bytes are not in the format they claim"),
    (errors.InputError, 400, "input", "That can’t be used as it was sent"),
    (PreconditionError, 412, "precondition", "It has changed since you looked"),
    (errors.HeadMovedError, 409, "moved", "Somebody else wrote first"),
    (errors.RefusedError, 409, "refused", "A rule says no"),
    (errors.VerificationError, 422, "verification", "A check failed"),
    (errors.PrerequisiteError, 503, "prerequisite", "This house lacks something"),
    (errors.ModelError, 502, "model", "The model’s endpoint failed"),
    (errors.ErasedError, 410, "erased", "This was erased, on purpose"),
    (errors.ProofhouseError, 503, "unavailable", "That is not possible now"),
)
"""Errors, the narrow ones first: HTTP status, the problem's name, its title."""

OURS = ("An error of ours", "Nothing that was registered is lost. Try again in a moment.")


def install(app: FastAPI) -> None:
    """Tell errors so in ``app``."""
    app.add_exception_handler(errors.ProofhouseError, known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _shape)
    app.add_exception_handler(Exception, _unknown)


def problem_of(error: errors.ProofhouseError) -> dict[str, Any]:
    """The problem document of an error."""
    status, name, title = next((s, n, t) for kind, s, n, t in STATUS if isinstance(error, kind))
    status = BY_RULE.get(getattr(error, "rule", ""), status)
    told: dict[str, Any] = {
        "type": f"/problems/{name}",
        "title": title,
        "status": status,
        "detail": error.message,
    }
    if error.hint:
        told["hint"] = error.hint
    if getattr(error, "rule", ""):
        told["rule"] = error.rule  # type: ignore[attr-defined]
    if isinstance(error, FieldsError):
        told["errors"] = error.errors
    return told


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    return request.url.path.startswith("/api/") or request.url.path.endswith(".json")


def answer(
    request: Request, told: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    """A problem as a document or as a page."""
    if wants_json(request):
        return JSONResponse(told, told["status"], media_type=MEDIA, headers=headers)
    back = _back(request.url.path)
    page = render(request, "problem.html", status=told["status"], problem=told, back=back)
    page.headers.update(headers or {})
    return page


_WITHIN = re.compile(r"/(?:cases/[0-9a-f]{8,64}|drafts/[\w-]{1,64})(?=/)")


def _back(path: str) -> str:
    """The page of the case or the draft that an address is within; empty if it is within none."""
    found = _WITHIN.match(path)
    return found[0] if found else ""


async def known(request: Request, error: Exception) -> Response:
    """What is told of an error of our tree."""
    assert isinstance(error, errors.ProofhouseError)
    headers = {}
    if not wants_json(request) and (wrote := await left_over(request, error)) is not None:
        return _sent_again(request, wrote)
    if isinstance(error, SignInError):
        if not wants_json(request):
            return RedirectResponse("/sign-in", 303)
        headers["WWW-Authenticate"] = 'Bearer realm="Proofhouse"'
    seconds = getattr(error, "seconds", None)
    told = problem_of(error)
    if isinstance(seconds, int):
        told["status"] = 429
        headers["Retry-After"] = str(seconds)
    return answer(request, told, headers)


def _sent_again(request: Request, wrote: list[tuple[str, str]]) -> Response:
    """The page that keeps what somebody wrote, to be sent again once they are signed in."""
    signed_in = visitor(request).person is not None
    told = {"wrote": wrote, "signed_in": signed_in, "back": _back(request.url.path)}
    page = render(request, "again.html", status=403 if signed_in else 401, **told)
    page.headers["Cache-Control"] = "no-store"
    return page


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_http(request, error)


def of_http(request: Request, error: HTTPException) -> Response:
    """What is told of a request that HTTP itself has a status for."""
    words = {
        404: (
            N_("There is no such page"),
            N_("The address may be mistyped, or the page has moved."),
        ),
        413: (
            N_("That is too large"),
            N_("It is more than the 2 MB that this takes at once. Nothing of it was kept."),
        ),
        405: (N_("This page does not take that"), N_("Go back and use its own form.")),
    }
    other = (N_("That did not work"), N_("Go back and try again."))
    title, detail = words.get(error.status_code, other)
    told = {"type": "about:blank", "title": title, "status": error.status_code, "detail": detail}
    return answer(request, told, dict(error.headers or {}))


async def _shape(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = {
        ".".join(map(str, one["loc"][1:])) or "body": str(one["msg"]) for one in error.errors()
    }
    return answer(request, problem_of(FieldsError(wrong)))


async def _unknown(request: Request, _error: Exception) -> Response:
    request.app.state.house.failed(f"{request.method} of a page")
    title, detail = OURS
    told = {"type": "about:blank", "title": title, "status": 500, "detail": detail}
    if visitor(request).person is None or wants_json(request):
        return JSONResponse(told, 500, media_type=MEDIA)
    return answer(request, told)
