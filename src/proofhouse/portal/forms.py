# SPDX-License-Identifier: Apache-2.0
"""A handed-in form: read within bounds, from our own pages only."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException

from proofhouse.errors import InputError, RefusedError
from proofhouse.portal.fields import Field
from proofhouse.portal.visitor import SignInError, check_same_origin, visitor

MAX_FIELDS = 200


async def form(request: Request) -> dict[str, Any]:
    """The fields of a form; a field that was given several times is a list.

    Raises RefusedError if it does not come from a page of this session, InputError if it is no
    form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise InputError("This takes a form.")
    try:
        handed = await request.form(max_files=0, max_fields=MAX_FIELDS)
    except HTTPException as error:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise
        raise InputError("The form can't be read.") from None
    except Exception:
        raise InputError("The form can't be read.") from None
    values: dict[str, Any] = {}
    for name in handed:
        every = [value for value in handed.getlist(name) if isinstance(value, str)]
        values[name] = every[0] if len(every) == 1 else every
    token = values.pop("csrf", "")
    try:
        check_csrf(request, token)
    except RefusedError as error:
        raise StaleFormError(error, values) from None
    return values


class StaleFormError(RefusedError):
    """A form that is not of a page of this session; ``values`` are what it holds."""

    def __init__(self, error: RefusedError, values: Mapping[str, Any]) -> None:
        super().__init__(error.message, rule=error.rule, hint=error.hint)
        self.values = values


SECRETS = ("key", "assertion", "csrf", "passkey")
"""Fields that no page gives back."""


async def left_over(request: Request, error: Exception) -> list[tuple[str, str]] | None:
    """What somebody wrote into a form of ours that came too late to be taken: after the end of the
    session that its page was for. None if it is no such form, or does not surely come from a page
    of this house: then nothing of it is shown.
    """
    origin = request.app.state.settings.origin
    if request.method != "POST" or request.headers.get("origin") != origin:
        return None
    values: Mapping[str, Any] = {}
    if isinstance(error, StaleFormError):
        values = error.values
    elif isinstance(error, SignInError):
        try:
            await form(request)
        except StaleFormError as stale:
            values = stale.values
        except (InputError, HTTPException):
            return None
    else:
        return None
    return [
        (name, one)
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
        if name not in SECRETS
    ]


def check_csrf(request: Request, token: object) -> None:
    """Raise RefusedError unless ``token`` is that of this session's pages, sent from one of them.

    Who has no session yet has no token of their own: their browser's word is what is held to.
    """
    check_same_origin(request, request.app.state.settings.origin)
    who = visitor(request)
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), who.csrf.encode()):
        raise RefusedError(
            "This form was not sent from a page of yours, or that page is too old.",
            rule="access",
            hint="Go back, reload the page and send it again.",
        )


def form_values(values: Mapping[str, Any], asked: Iterable[Field]) -> dict[str, Any]:
    """The values of a form for these fields; what a browser leaves out is empty."""
    return {**values, **{f.name: values.get(f.name, []) for f in asked if f.kind == "choices"}}
