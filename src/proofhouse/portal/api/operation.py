# SPDX-License-Identifier: Apache-2.0
"""A row of the table of operations, and how a request becomes a call and a call an answer.

    Operation("readCase", "GET", "/cases/{case}", "see-case", "One case", read_case, gives=CASE)

In this order, each before the next: the role and the scopes allow it; the limit; query, headers and
body are read by the row's own fields; an answer given before under the same Idempotency-Key is
given again; the call is made, in a thread of the pool. What the public sends comes from no page of
another site.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response

from proofhouse.errors import FormatError, InputError, RefusedError
from proofhouse.portal import fields
from proofhouse.portal.fields import Field
from proofhouse.portal.house import House
from proofhouse.portal.visitor import Visitor, address_of, check_same_origin, need, visitor

PREFIX = "/api/v1"

Schema = Mapping[str, Any]

WRITING = ("POST", "PUT")
"""Methods that take a body."""

READS_A_MINUTE = 600
WRITES_A_MINUTE = 60
MOST_BODY = 2 * 1024 * 1024
MOST_KEY = 255


@dataclass
class Call:
    """A request that was let in and read: who asks, what of, with what."""

    request: Request
    who: Visitor
    house: House
    query: Mapping[str, Any] = field(default_factory=dict)
    filled: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the address that the row names in braces."""
        return self.request.path_params

    @property
    def app(self) -> Any:
        """What the application holds: projection, runs."""
        return self.request.app.state


@dataclass(frozen=True)
class Answer:
    """What is answered: JSON, or ``response`` as it is. ``case`` is the case that it tells of."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    case: str = ""
    response: Response | None = None


Handler = Callable[[Call], Answer | Awaitable[Answer]]


@dataclass(frozen=True)
class Operation:
    """One operation.

    ``action`` is what the table of roles calls it, empty for the public; ``drafting``: whoever may
    draft it may ask, too. ``fields`` are those of its body; ``asked`` gives them with what this
    house lets choose from; ``raw`` is the schema of a body that the call reads itself. ``gives`` is
    the name of the schema that is answered with ``status``, ``media`` its type. ``problems`` are
    the statuses of errors beside those that every operation has. ``makes``: it takes an
    Idempotency-Key.
    """

    id: str
    method: str
    path: str
    action: str
    summary: str
    handler: Handler
    tag: str
    gives: str = ""
    status: int = 200
    media: str = "application/json"
    about: str = ""
    query: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    raw: Schema | None = None
    example: Any = None
    shown: Any = None
    problems: tuple[int, ...] = ()
    makes: bool = False
    matches: bool = False
    takes_nothing: bool = False
    drafting: bool = False
    asked: Callable[[Call], tuple[Field, ...]] | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names in braces, in their order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


def mount(router: APIRouter, operations: tuple[Operation, ...]) -> None:
    """Make a route of each row, in their order."""
    for one in operations:
        router.add_api_route(
            PREFIX + one.path,
            _endpoint(one),
            methods=[one.method],
            include_in_schema=False,
            dependencies=_let_in(one),
            name=one.id,
        )


def _let_in(one: Operation) -> list[Any]:
    return [Depends(need(one.action, drafting=one.drafting))] if one.action else []


def _endpoint(one: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        who, house = visitor(request), request.app.state.house
        _limit(request, who, house, one)
        call = Call(request, who, house)
        call.query = fields.read(one.query, _query(request))
        if one.method in WRITING:
            if not one.action:
                check_same_origin(request, house.settings.origin)
            call.body = await _body(request)
            call.filled = await anyio.to_thread.run_sync(_filled, one, call)
        if one.makes and request.headers.get("idempotency-key") is not None:
            return await _once(one, call)
        return _response(await _made(one, call))

    endpoint.public = not one.action  # type: ignore[attr-defined]
    return endpoint


def _limit(request: Request, who: Visitor, house: House, one: Operation) -> None:
    """Count the request. Raises TooManyError."""
    said = request.headers.get("authorization", "")
    key = hashlib.sha256(said.encode()).hexdigest() if who.person else address_of(request)
    reads = one.method == "GET"
    most = READS_A_MINUTE if reads else WRITES_A_MINUTE
    house.access.hit(f"api {'reads' if reads else 'writes'}", key, house.clock(), most, 60)


def _query(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise fields.FieldsError({name[:64]: "This may be given once."})
        given[name] = value
    return given


async def _body(request: Request) -> bytes:
    """The body, of a bounded length. Raises InputError."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BODY:
            raise InputError(f"A body has at most {MOST_BODY:,} bytes.")
    return data


def _filled(one: Operation, call: Call) -> Mapping[str, Any]:
    """The fields of a JSON body. Raises FieldsError, InputError."""
    if one.raw is not None:
        return {}
    value = read_json(call.body) if call.body or not one.takes_nothing else {}
    if not isinstance(value, dict):
        raise InputError("The body must be a JSON object.")
    return fields.read(one.fields if one.asked is None else one.asked(call), value)


def read_json(data: bytes) -> Any:
    """The JSON value of a body; no name may stand twice in an object. Raises FormatError."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(found)
        if len(value) != len(found):
            raise ValueError
        return value

    try:
        return json.loads(data.decode(), object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        raise FormatError(
            "The body is not JSON.", hint="It is UTF-8, and no name stands twice in an object."
        ) from None


async def _made(one: Operation, call: Call) -> Answer:
    if inspect.iscoroutinefunction(one.handler):
        answer: Answer = await one.handler(call)
        return answer
    return await anyio.to_thread.run_sync(one.handler, call)  # type: ignore[arg-type]


def _response(answer: Answer) -> Response:
    if answer.response is not None:
        answer.response.headers.update(answer.headers)
        return answer.response
    if answer.value is None:
        return Response(None, answer.status, answer.headers)
    data = json.dumps(answer.value, ensure_ascii=False).encode()
    return Response(data, answer.status, answer.headers, "application/json")


# --------------------------------------------------------------------------------- repetition


async def _once(one: Operation, call: Call) -> Response:
    """Make the call unless it was made under this key before; then answer as it was answered."""
    key = call.request.headers["idempotency-key"]
    if not key or len(key) > MOST_KEY or not key.isascii() or not key.isprintable():
        raise InputError(f"An Idempotency-Key is 1 to {MOST_KEY} printable characters of ASCII.")
    outbox = call.house.outbox
    assert outbox is not None
    said = call.request.headers["authorization"]
    address = call.request.url.path
    told = "\n".join(("proofhouse/api/once/v1", said, one.method, address, key))
    name = hashlib.sha256(told.encode()).hexdigest()
    asked = hashlib.sha256(call.body).digest()
    now = call.house.clock()
    before = await anyio.to_thread.run_sync(outbox.begin, name, asked, "", now)
    if before is not None:
        if before.answer is None:
            raise RefusedError(
                "The same request is being answered already.",
                rule="limits",
                hint="Ask again in a moment, with the same key.",
            )
        return _again(before.answer)
    try:
        answer = await _made(one, call)
        response = _response(answer)
        kept = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": bytes(response.body).decode(),
        }
        await anyio.to_thread.run_sync(outbox.give, name, json.dumps(kept).encode(), answer.case)
    except BaseException:
        outbox.take_back(name)
        raise
    return response


def _again(kept: bytes) -> Response:
    about = json.loads(kept)
    headers = {**about["headers"], "Idempotency-Replayed": "true"}
    return Response(about["body"], about["status"], headers, "application/json")
