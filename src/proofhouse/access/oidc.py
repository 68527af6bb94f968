# SPDX-License-Identifier: Apache-2.0
"""Signing in at an OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE).

    address, kept = begin(provider, redirect)          the browser goes there; ``kept`` stays here
    identity = finish(provider, redirect, kept, answer, now=…)      (issuer, subject), proven

Steps of ``finish``, numbered in the code:
 1. the state is the one that went out, and the answer is no error
 2. the answer names its issuer, where the provider says that it does (RFC 9207)
 3. the code is exchanged at the provider itself, with the PKCE verifier (RFC 7636)
 4. the ID token is signed by a key of the provider, by an algorithm with public keys (never
    ``none``, never a shared secret)
 5. issuer, audience, authorized party, expiry, time of issue and nonce are what they must be
    (Core, section 3.1.3.7)

An identity is (issuer, subject). Names and e-mail addresses that a provider tells are not looked
at: whose an identity is, was settled in a session that an administrator's link began.

Only the operator names a provider, by a file (``read``). What is fetched is fetched from the
issuer's own host, or from ``hosts`` that the operator named beside it, by https (http on this
machine alone), without following redirects, at most 1 MiB and 10 seconds each. The clock is the
caller's.
"""

from __future__ import annotations

import hmac
import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from proofhouse.durable import told
from proofhouse.errors import FormatError, InputError, PrerequisiteError, VerificationError
from proofhouse.formats.fields import items, members, text
from proofhouse.formats.plain import read_json
from proofhouse.said import say

MAX_BYTES = 1024 * 1024
SECONDS = 10
LEEWAY = 60
"""How far the provider's clock may be off, in seconds."""

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that the operator trusts to say who somebody is.

    ``issuer`` is spelt as in its tokens; ``name`` is what people call it; ``hosts`` are further
    hosts on which its endpoints may lie. Raises InputError.
    """

    issuer: str
    client_id: str
    client_secret: str
    name: str = "OpenID"
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if urlsplit(self.issuer).query or "#" in self.issuer or not _may_reach(self.issuer, ()):
            raise InputError(
                "The issuer of the OpenID provider is not an address like https://id.example.",
                hint="Plain http is taken for a provider on this machine alone.",
            )

    def allows(self, address: object) -> bool:
        """Whether something may be fetched from ``address``, or a browser sent there."""
        host = urlsplit(self.issuer).netloc
        return isinstance(address, str) and _may_reach(address, (host, *self.hosts))


@dataclass(frozen=True)
class Identity:
    """Who somebody is at a provider."""

    issuer: str
    subject: str


def read(path: Path) -> Provider:
    """The provider in an operator's file, mode 0600; see ``docs/portal.md``.

    Raises InputError, FormatError, and PrerequisiteError if others may read the secret.

    ::

        {"issuer": "https://id.example", "clientId": "…", "clientSecret": "…",
         "name": "Example ID", "hosts": []}
    """
    if not path.is_file():
        raise InputError(say("There is no file of an OpenID provider at %(path)s.", path=path))
    with told("the provider's file", path):
        data, mode = path.read_bytes(), path.stat().st_mode
    if mode & 0o077:
        raise PrerequisiteError(
            say("The file %(path)s holds a secret, and others may read it.", path=path),
            hint=say("chmod 600 %(path)s", path=path),
        )
    needed, maybe = ("issuer", "clientId", "clientSecret"), ("name", "hosts")
    body = members(read_json(data, "the provider", 65_536), "the provider", needed, maybe)
    hosts = items(body.get("hosts", []), "the provider's hosts")
    issuer, client, secret = (text(body[name], f"the provider's {name}") for name in needed)
    return Provider(
        issuer,
        client,
        secret,
        name=text(body.get("name", "OpenID"), "the provider's name", 60),
        hosts=tuple(text(host, "a host of the provider", 253) for host in hosts),
    )


def begin(provider: Provider, redirect: str) -> tuple[str, dict[str, str]]:
    """Where a browser goes to sign in, and what is kept here until it comes back.

    Raises PrerequisiteError if the provider does not answer, VerificationError if it is another.
    """
    about = _discover(provider)
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect,
        "scope": "openid",
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": create_s256_code_challenge(kept["verifier"]),
        "code_challenge_method": "S256",
    }
    address = _endpoint(provider, about, "authorization_endpoint")
    return str(add_params_to_uri(address, list(asked.items()))), kept


def finish(
    provider: Provider,
    redirect: str,
    kept: Mapping[str, str],
    answer: Mapping[str, str],
    *,
    now: int,
) -> Identity:
    """Who came back from the provider with ``answer``, the query of the address they came to.

    ``now`` is seconds since 1970. Raises VerificationError, PrerequisiteError.
    """
    state = answer.get("state", "")
    if not hmac.compare_digest(state.encode(), kept["state"].encode()):  # 1
        raise _refused("it belongs to another attempt")
    if "error" in answer or not answer.get("code"):
        raise _refused("you were not signed in there")
    about = _discover(provider)
    issuer = answer.get("iss", None)  # 2
    must = about.get("authorization_response_iss_parameter_supported") is True
    if (issuer is None and must) or issuer not in (None, provider.issuer):
        raise _refused("it names another issuer")
    tokens = _exchange(provider, about, redirect, answer["code"], kept["verifier"])  # 3
    header, claims = _signed(provider, about, tokens.get("id_token"))  # 4
    _hold(provider, header, claims, kept["nonce"], tokens.get("access_token"), now)  # 5
    return Identity(provider.issuer, claims["sub"])


def _discover(provider: Provider) -> dict[str, Any]:
    about = _fetch(
        provider, "GET", provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    )
    if about.get("issuer") != provider.issuer:
        raise _refused("it calls itself otherwise")
    return about


def _endpoint(provider: Provider, about: Mapping[str, Any], name: str) -> str:
    address = about.get(name)
    if not provider.allows(address):
        raise _refused(say("its %(name)s lies elsewhere", name=name))
    return str(address)


def _exchange(
    provider: Provider, about: Mapping[str, Any], redirect: str, code: str, verifier: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    auth = None
    if isinstance(ways, list) and "client_secret_basic" in ways:
        # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
        auth = (quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    address = _endpoint(provider, about, "token_endpoint")
    return _fetch(provider, "POST", address, data=form, auth=auth)


def _signed(
    provider: Provider, about: Mapping[str, Any], token: object
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of an ID token that a key of the provider signed."""
    keys = _fetch(provider, "GET", _endpoint(provider, about, "jwks_uri"))
    try:
        if not isinstance(token, str):
            raise _refused("it holds no ID token")
        known = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # it refuses what it is not
        found = jws.deserialize_compact(token, known, algorithms=ALGORITHMS)
        claims = json.loads(found.payload)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refused("its ID token is signed by nobody we know") from None
    if not isinstance(claims, dict):
        raise _refused("its ID token says nothing")
    return dict(found.headers()), claims


def _hold(
    provider: Provider,
    header: Mapping[str, Any],
    claims: dict[str, Any],
    nonce: str,
    access_token: object,
    now: int,
) -> None:
    must = {
        "iss": {"essential": True, "value": provider.issuer},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": provider.client_id},
    }
    params = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, must, params).validate(now=now, leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, AttributeError):
        raise _refused("its ID token is not for this house, now") from None
    # The audience may be a list; others in it would be others who are told who came.
    if claims["aud"] not in (provider.client_id, [provider.client_id]):
        raise _refused("its ID token is for others, too")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isascii():
        raise _refused("it names nobody")


def _fetch(provider: Provider, method: str, address: str, **asked: Any) -> dict[str, Any]:
    """The JSON object at ``address``. Raises PrerequisiteError, VerificationError."""
    if not provider.allows(address):
        raise _refused("it points elsewhere")
    # Nothing compressed, so that what is counted is what is kept.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        with (
            httpx.Client(
                timeout=SECONDS, follow_redirects=False, trust_env=False, verify=_certificates()
            ) as client,
            client.stream(method, address, headers=headers, **asked) as got,
        ):
            data = b""
            for part in got.iter_raw():
                data += part
                if len(data) > MAX_BYTES:
                    raise _refused("its answer is too long")
            if got.status_code != httpx.codes.OK:
                raise _refused(say("it answers with %(status_code)s", status_code=got.status_code))
        value = read_json(data, "the provider's answer", MAX_BYTES)
    except httpx.HTTPError:
        raise PrerequisiteError(
            say("%(name)s does not answer.", name=provider.name),
            hint="Sign in with a passkey, or try again in a while.",
        ) from None
    except FormatError:
        raise _refused("its answer can't be read") from None
    if not isinstance(value, dict):
        raise _refused("its answer is no object")
    return value


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are trusted; reading them takes longer than most answers."""
    return httpx.create_ssl_context(trust_env=False)


def _may_reach(address: str, hosts: tuple[str, ...]) -> bool:
    """Whether ``address`` is one by https, or http here, on one of ``hosts`` (if any are named)."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    here = host in ("localhost", "127.0.0.1", "::1")
    plain = parts.scheme == "https" or (parts.scheme == "http" and here)
    clean = not parts.username and not parts.password and address.isprintable()
    named = not hosts or parts.netloc in hosts or (port is None and host in hosts)
    return bool(host) and plain and clean and named and " " not in address


def _refused(why: str) -> VerificationError:
    return VerificationError(
        say("The provider's answer does not hold: %(why)s.", why=say(why)),
        hint="Try once more; if it stays so, tell an administrator of the house.",
    )
