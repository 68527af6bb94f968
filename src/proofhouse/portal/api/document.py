# SPDX-License-Identifier: Apache-2.0
"""The description of every operation: OpenAPI 3.1 at /openapi.json, the same as a page at /api.

Both are made from the table of operations, and hold nothing that the table does not say.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from proofhouse.access.table import ROLES, SCOPES, drafts
from proofhouse.portal import fields
from proofhouse.portal.api import operation as operations
from proofhouse.portal.api.operation import PREFIX, WRITING, Operation, Schema
from proofhouse.portal.api.schemas import SCHEMAS
from proofhouse.portal.api.shapes import ref
from proofhouse.portal.problems import MEDIA
from proofhouse.portal.render import render

TITLES = {
    400: "That can’t be used as it was sent",
    401: "There is no token, or it opens nothing here",
    403: "The token’s role or scopes don’t allow it",
    404: "There is no such thing among yours",
    409: "A rule says no, or somebody else wrote first",
    410: "It was erased, on purpose",
    412: "The case has moved on since you looked at it",
    413: "The body is too large",
    422: "Some fields, or some bytes, are not as they are to be",
    429: "This was asked too often; Retry-After says when it is taken again",
    503: "This house lacks something for it now",
}

ABOUT = """\
Everything that a page of the portal can do, for programs.

**Tokens.** A person makes a token under “Your account”, in one of their roles, with scopes and an
end. It comes in the header `Authorization: Bearer`. What takes a person (a determination, a held
score, a disclosure, a threshold, an opening, the choice of a partner) a token of the scope `draft`
writes down, and a person reads and signs on its page: no scope covers that.

**Drafts.** An act drafts a statement (201, `Location`). Everybody who must then signs the same
bytes: by a token (`sign`), on a page, or elsewhere (`payload`, `POST /statements`). The last
signature registers it.

**Repetition.** A request that makes something takes an `Idempotency-Key`; the same key with the
same body gets the same answer for a day, with another body 422.

**Lists** come in pages: `next` is the `cursor` of the one that follows, or null.

**Errors** are problem documents (RFC 9457): what was asked, why not, and in `hint` what is allowed.
"""

_PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "case": ("The case, by 12 digits of its id or more.", {"pattern": "^[0-9a-f]{12,64}$"}),
    "act": ("What is to be done.", {"maxLength": 60}),
    "draft": ("The draft.", {"pattern": "^[0-9a-f]{64}$"}),
    "webhook": ("The webhook.", {"pattern": "^[0-9a-f]{32}$"}),
    "leaf": ("The leaf, counted from 0.", {"pattern": "^[0-9]{1,15}$"}),
    "bank": ("The bank version, by its commitment.", {"pattern": "^[0-9a-f]{64}$"}),
    "number": ("Its number, counted from 1.", {"pattern": "^[0-9]{1,15}$"}),
    "secret": ("What its applicant was given.", {"maxLength": 100}),
    "invitation": ("The invitation.", {"pattern": "^[0-9a-f]{32}$"}),
    "person": ("The person.", {"maxLength": 64}),
    "organisation": ("The organisation.", {"maxLength": 64}),
    "role": ("The role.", {"enum": list(ROLES)}),
    "passkey": ("The passkey, by its credential’s id (base64url).", {"maxLength": 1400}),
    "session": ("The session.", {"maxLength": 64}),
    "token": ("The token, by its id.", {"maxLength": 64}),
}


def document(table: tuple[Operation, ...], origin: str) -> dict[str, Any]:
    """The description (OpenAPI 3.1.0)."""
    paths: dict[str, Any] = {}
    for one in table:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one)
    tags = list(dict.fromkeys(one.tag for one in table))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proofhouse",
            "version": version("proofhouse"),
            "summary": "Voluntary testing of frontier AI models before their release.",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"A token with scopes: {', '.join(SCOPES)}.",
                }
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.summary,
        "description": _description(one),
        "tags": [one.tag],
        "security": [{"token": []}] if one.action else [],
        "parameters": [*map(_part, one.parts), *map(_query, one.query), *_headers(one)],
        "responses": _responses(one),
    }
    schema = body_of(one)
    if schema is not None:
        content: dict[str, Any] = {"schema": schema}
        if one.example is not None:
            content["example"] = one.example
        told["requestBody"] = {
            "required": not one.takes_nothing,
            "content": {"application/json": content},
        }
    return told


def _description(one: Operation) -> str:
    scopes = scopes_of(one)
    needed = f"Scope: {' or '.join(scopes)}." if scopes else ""
    return " ".join(filter(None, (one.about, needed))) or one.summary


def scopes_of(one: Operation) -> list[str]:
    """The scopes that cover an operation."""
    if one.drafting:
        return [name for name in SCOPES if drafts({name}, one.action)]
    return [name for name, actions in SCOPES.items() if one.action in actions]


def body_of(one: Operation) -> Schema | None:
    """The schema of the body; None if there is none."""
    if one.raw is not None:
        return one.raw
    if one.method not in WRITING:
        return None
    return fields.schema(one.fields)


def _part(name: str) -> dict[str, Any]:
    about, schema = _PARTS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": {"type": "string", **schema},
    }


def _query(one: fields.Field) -> dict[str, Any]:
    schema = one.schema()
    return {
        "name": one.name,
        "in": "query",
        "required": one.needed and one.default is None,
        "description": schema.pop("description"),
        "schema": schema,
    }


def _headers(one: Operation) -> list[dict[str, Any]]:
    found = []
    if one.makes:
        found.append(_header("Idempotency-Key", "A new one for each thing that is asked for.", 255))
    if one.matches:
        found.append(_header("If-Match", "The case’s ETag: nothing is done if it moved on.", 200))
    if one.id == "readCase":
        found.append(_header("If-None-Match", "The ETag that you have: 304 if it still is.", 200))
    return found


def _header(name: str, about: str, most: int) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[!-~]+$"}
    return {"name": name, "in": "header", "description": about, "schema": schema}


def _responses(one: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.status == 204 else one.summary}
    if one.status != 204:
        schema: Schema = ref(one.gives) if one.gives else _plain(one.media)
        good["content"] = {one.media: {"schema": schema}}
    if one.status in (201, 202):
        good["headers"] = {
            "Location": {"description": "Where it is.", "schema": {"type": "string"}}
        }
    found = {str(one.status): good}
    if one.id == "readCase":
        good["headers"] = {
            "ETag": {"description": "The newest statement.", "schema": {"type": "string"}}
        }
        found["304"] = {"description": "It still is as you have it."}
    usual = {422, 429} | ({401, 403} if one.action else set())
    usual |= {400, 413} if one.method in WRITING else set()
    usual |= {404, 409} if "case" in one.parts else set()
    for status in sorted({*usual, *one.problems}):
        found[str(status)] = _problem(status)
    return found


def _plain(media: str) -> Schema:
    return {"type": "object"} if media == "application/json" else {"type": "string"}


def _problem(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": TITLES[status],
        "content": {MEDIA: {"schema": ref("Problem")}},
    }
    if status == 429:
        told["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return told


def mount(router: APIRouter, table: tuple[Operation, ...]) -> None:
    """Serve the description, and the page that shows it."""

    @lru_cache(maxsize=4)
    def told(origin: str) -> bytes:
        return json.dumps(document(table, origin), ensure_ascii=False).encode()

    async def described(request: Request) -> Response:
        data = told(request.app.state.settings.origin)
        return Response(data, media_type="application/json")

    async def page(request: Request) -> HTMLResponse:
        groups: dict[str, list[dict[str, Any]]] = {}
        for one in table:
            groups.setdefault(one.tag, []).append(
                {
                    "operation": one,
                    "address": PREFIX + one.path,
                    "scopes": scopes_of(one),
                    "fields": one.fields,
                    "query": one.query,
                }
            )
        return render(
            request,
            "api/index.html",
            groups=groups,
            scopes=SCOPES,
            reads=operations.READS_A_MINUTE,
            writes=operations.WRITES_A_MINUTE,
        )

    for path, endpoint in (("/openapi.json", described), ("/api", page)):
        endpoint.public = True  # type: ignore[attr-defined]
        router.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)
