# SPDX-License-Identifier: Apache-2.0
"""Every route, for every role, with cases of one's own and of others: as the one table says.

A route says what it takes by ``need("action")``; one that says nothing must stand in ``PUBLIC``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proofhouse.access.table import ACTIONS, ROLES, SCOPES, covers, drafts, may
from proofhouse.portal.acts import ACTS
from proofhouse.portal.api import operation as operations

PUBLIC = {
    *("/", "/start", "/choose/{what}/{value}", "/about/rules", "/accessibility", "/privacy"),
    *("/log", "/log/{index:int}", "/log/tiles/{path:path}", "/audit", "/audit.json"),
    *("/tested", "/tested/{index:int}", "/tested/{index:int}/comments"),
    *("/numbers", "/numbers.json", "/feed.xml", "/openapi.json", "/api", "/policy.json"),
    "/api/v1/policy",
    *("/sign-in", "/sign-out", "/sign-in/passkey.json", "/sign-in/passkey", "/sign-in/oidc"),
    *("/sign-in/oidc/callback", "/link/{secret}", "/setup/{secret}"),
    *("/partners/apply", "/partners/application/{secret}", "/partners/numbers"),
    *("/api/v1/log/checkpoint", "/api/v1/log/leaves", "/api/v1/log/leaves/{leaf}"),
    *("/api/v1/log/leaves/{leaf}/proof", "/api/v1/log/consistency", "/api/v1/log/statements"),
    *("/api/v1/banks", "/api/v1/banks/{bank}", "/api/v1/banks/{bank}/comments"),
    *("/api/v1/audit", "/api/v1/numbers", "/api/v1/partners/criteria", "/api/v1/partners/numbers"),
    "/api/v1/partners/applied",
    *("/api/v1/partners/applied/{secret}", "/api/v1/partners/applied/{secret}/second-look"),
}
"""What anybody may ask for."""

SIGNED_OUT = {"/sign-out"}

PARTS = {
    "draft": "0" * 64,
    "index": "0",
    "leaf": "0",
    "number": "1",
    "what": "plan",
    "value": "en",
    "path": "checkpoint",
    "webhook": "0" * 32,
    "person": "0" * 16,
    "invitation": "0" * 16,
    "secret": "none",
    "act": "nothing",
    "bank": "0" * 64,
    "organisation": "0" * 16,
    "role": "developer",
    "passkey": "none",
    "session": "0" * 16,
    "token": "0" * 16,
}

OTHERS = {
    "developer": "Other Lab",
    "steward": "Other Lab",
    "assessor": "Second Institute",
    "partner": "Power Company",
}
"""An organisation of each of these roles that has no part in the case."""


def action_of(route: Any) -> str | None:
    """What the route takes, as the table calls it; None if it says nothing."""

    def walk(dependant: Any) -> Iterator[str]:
        for one in dependant.dependencies:
            if hasattr(one.call, "action"):
                yield one.call.action
            yield from walk(one)

    found = list(walk(route.dependant))
    assert len(found) < 2, route.path
    return found[0] if found else None


def drafting(route: Any) -> bool:
    """Whether whoever may draft the action may ask."""
    return any(getattr(one.call, "drafting", False) for one in route.dependant.dependencies)


def addresses(route: Any, case: str, *, each: bool = True) -> Iterator[tuple[str, str]]:
    """The route's address for a case, with what it takes besides; for ``each`` act, or just one."""
    path = route.path.replace(":int", "").replace(":path", "")
    parts = {**PARTS, "start": case[:16], "case": case}
    names = list(ACTS)[: None if each else 1] if "{name}" in path else [""]
    for name in names:
        taken = ACTS[name].action if name else ""
        yield path.format(**parts, name=name), taken


def routes_of(town: Any) -> list[tuple[Any, str, str | None]]:
    """Each route with its method and its action."""
    return [
        (route, method, action_of(route))
        for route in town.routes
        for method in sorted(route.methods - {"HEAD"})
    ]


def test_every_route_says_what_it_takes(worn_town: Any) -> None:
    """A route without an action of the table is public on purpose, by name."""
    for route, _method, action in routes_of(worn_town):
        if action is None:
            assert route.path in PUBLIC, f"{route.path} says nothing of who may ask"
        else:
            assert route.path not in PUBLIC
            assert action in ACTIONS, f"{route.path} takes what the table does not know"


def asked(client: Any, method: str, path: str, csrf: str) -> Any:
    """The answer to an empty form."""
    if method == "GET":
        return client.get(path)
    return client.request(method, path, data={"csrf": csrf})


def test_the_public_reaches_what_is_public(worn_town: Any) -> None:
    """Nobody's request for anything else leads to the sign-in."""
    client, case = worn_town.client(), worn_town.case_in("covered")
    for route, method, action in routes_of(worn_town):
        if action is None:
            continue
        for path, _ in addresses(route, case, each=False):
            answer = asked(client, method, path, "")
            where = (method, path, answer.status_code)
            if path.startswith("/api/") or path.endswith(".json"):
                assert answer.status_code == 401, where
            else:
                assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in"), (
                    where
                )


@pytest.mark.parametrize("role", ROLES)
def test_pages_hold_to_the_table(worn_town: Any, role: str) -> None:
    """A page answers 403 to exactly the roles that the table does not name."""
    case, client = worn_town.case_in("partner_to_accept"), worn_town.client(role)
    for route, method, action in routes_of(worn_town):
        if action is None or route.path.startswith("/api/"):
            continue
        if route.path.endswith("/sessions/end"):
            client = worn_town.client(role)
        csrf = worn_town.csrf(client)
        for path, besides in addresses(route, case, each=may(role, action)):
            if route.path.endswith("/live"):
                continue
            answer = asked(client, method, path, csrf)
            where = (role, method, path, answer.status_code, answer.text[:2000])
            assert answer.status_code < 500, where
            if not may(role, action):
                assert answer.status_code == 403, where
            elif not besides:
                assert answer.status_code not in (401, 403), where
            elif not may(role, besides) and action == "see-log":
                assert answer.status_code == 403, where


@pytest.mark.parametrize("role", ROLES)
def test_the_interface_holds_to_the_table(
    worn_town: Any, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token does what its role may and its scopes cover, and 403 says all else."""
    monkeypatch.setattr(operations, "WRITES_A_MINUTE", 10**9)
    case = worn_town.case_in("partner_to_accept")
    for scopes in (("read",), tuple(SCOPES)):
        program = worn_town.program(role, *scopes)
        for route, method, action in routes_of(worn_town):
            if action is None or not route.path.startswith("/api/"):
                continue
            if route.path.endswith("/live"):
                continue  # a stream of what was asked for above, which nobody makes here
            ((path, _),) = addresses(route, case)
            body = {} if method == "POST" else None
            answer = program.request(method, path, json=body)
            where = (role, scopes, method, path, answer.status_code, answer.text[:500])
            assert answer.status_code < 500, where
            covered = drafts if drafting(route) else covers
            if not (may(role, action) and covered(scopes, action)):
                assert answer.status_code == 403, where
            elif answer.status_code == 403:
                assert not worn_town.party(worn_town.where(role)) or "{act}" in route.path, where


@pytest.mark.parametrize(("role", "of"), OTHERS.items())
def test_a_case_of_others_is_not_there(worn_town: Any, role: str, of: str) -> None:
    """Whoever has no part in a case is told like of one that does not exist, by every route."""
    case = worn_town.case_in("partner_to_accept")
    client, program = worn_town.client(role, of), worn_town.program(role, *SCOPES, of=of)
    csrf = worn_town.csrf(client)
    for route, method, action in routes_of(worn_town):
        if action is None or not ({"{start}", "{case}"} & set(route.path.split("/"))):
            continue
        by_token = route.path.startswith("/api/")
        for path, besides in addresses(route, case):
            answer = (
                program.request(method, path, json={} if method == "POST" else None)
                if by_token
                else asked(client, method, path, csrf)
            )
            covered = drafts if drafting(route) else covers
            allowed = may(role, action) and (not by_token or covered(SCOPES, action))
            expected = {404} if allowed else {403}
            if besides and not may(role, besides):
                expected = {403, 404}
            if by_token and route.path.endswith("/acts/{act}"):
                expected = {404, 403}
            where = (role, method, path, answer.status_code, answer.text[:1000])
            assert answer.status_code in expected | ({422} if by_token else set()), where
