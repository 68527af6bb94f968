# SPDX-License-Identifier: Apache-2.0
"""Signing in at a real provider, run here: what holds, and what one fault makes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

pytest.importorskip("authlib", reason="needs the extra portal: make serve, or make test")

from access.provider import CLIENT, SECRET, Provider, provider
from proofhouse.access import oidc
from proofhouse.errors import FormatError, InputError, PrerequisiteError, VerificationError

REDIRECT = "http://localhost:8080/sign-in/oidc/callback"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as server:
        server.redirect = REDIRECT
        yield server


@pytest.fixture
def at(running: Provider) -> Provider:
    running.faults.clear()
    return running


def ours(at: Provider) -> oidc.Provider:
    return oidc.Provider(at.issuer, CLIENT, SECRET, "Example ID")


def go(at: Provider) -> tuple[dict[str, str], dict[str, str]]:
    """Through the provider as a browser: what was kept, and what the browser came back with."""
    address, kept = oidc.begin(ours(at), REDIRECT)
    sent = httpx.get(address, follow_redirects=False, trust_env=False)
    back = urlsplit(sent.headers["Location"])
    assert sent.headers["Location"].startswith(REDIRECT + "?")
    return kept, {name: values[0] for name, values in parse_qs(back.query).items()}


def finish(at: Provider, kept: dict[str, str], answer: dict[str, str], late: int = 0) -> Any:
    return oidc.finish(ours(at), REDIRECT, kept, answer, now=int(time.time()) + late)


def test_somebody_comes_back(at: Provider) -> None:
    """Whoever signed in there is issuer and subject here, whatever else the provider tells."""
    kept, answer = go(at)
    assert finish(at, kept, answer) == oidc.Identity(at.issuer, "4711")


def test_a_code_works_once(at: Provider) -> None:
    """The same answer again is refused by the provider, and so here."""
    kept, answer = go(at)
    finish(at, kept, answer)
    with pytest.raises(VerificationError, match="answers with 400"):
        finish(at, kept, answer)


FAULTS: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "other"}},
    "no nonce": {"claims": {"nonce": None}},
    "another audience": {"claims": {"aud": "other"}},
    "no audience": {"claims": {"aud": None}},
    "an audience of several": {"claims": {"aud": [CLIENT, "other"], "azp": CLIENT}},
    "another authorized party": {"claims": {"azp": "other"}},
    "another issuer": {"claims": {"iss": "https://other.example"}},
    "expired": {"claims": {"exp": 1_000}},
    "no expiry": {"claims": {"exp": None}},
    "expiry that is no number": {"claims": {"exp": "soon"}},
    "issued tomorrow": {"claims": {"iat": 9_999_999_999}},
    "not yet": {"claims": {"nbf": 9_999_999_999}},
    "nobody": {"claims": {"sub": ""}},
    "a subject that is no text": {"claims": {"sub": {"a": 1}}},
    "another access token": {"claims": {"at_hash": "AAAA"}},
    "no algorithm": {"alg": "none"},
    "the public key as a secret": {"alg": "HS256"},
    "another key of the same name": {"key": "other"},
    "no token": {"id_token": "x.y.z"},
    "a token that is no text": {"id_token": 7},
    "another issuer discovered": {"about": {"issuer": "https://other.example"}},
    "keys elsewhere": {"about": {"jwks_uri": "https://keys.other.example/"}},
    "tokens elsewhere": {"about": {"token_endpoint": "http://169.254.169.254/latest/"}},
    "tokens in a file": {"about": {"token_endpoint": "file:///etc/passwd"}},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_enough(at: Provider, fault: str) -> None:
    """Each fault of the provider alone is refused."""
    kept, answer = go(at)
    at.faults.update(FAULTS[fault])
    with pytest.raises(VerificationError):
        finish(at, kept, answer)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "other"},
        {"state": ""},
        {"iss": "https://other.example"},
        {"iss": None},
        {"code": "other"},
        {"code": None},
        {"error": "access_denied"},
    ],
)
def test_what_the_browser_brings_must_be_ours(at: Provider, changed: dict[str, Any]) -> None:
    """Another state, issuer or code, or an error instead of one, is refused."""
    kept, answer = go(at)
    brought = {k: v for k, v in {**answer, **changed}.items() if v is not None}
    with pytest.raises(VerificationError):
        finish(at, kept, brought)


def test_another_browser_of_ours_can_not_finish(at: Provider) -> None:
    """The answer of one attempt is worth nothing in another: neither its verifier nor its nonce."""
    kept, answer = go(at)
    other, _ = go(at)
    with pytest.raises(VerificationError):
        finish(at, other, answer)
    with pytest.raises(VerificationError):
        finish(at, {**other, "state": kept["state"]}, answer)


def test_a_token_ends(at: Provider) -> None:
    """A token that was good is not any more after its end."""
    kept, answer = go(at)
    with pytest.raises(VerificationError):
        finish(at, kept, answer, late=3_600)


def test_redirects_are_not_followed(at: Provider) -> None:
    """Where the provider moves to is nowhere that we go."""
    at.faults["moved"] = at.issuer + "/elsewhere"
    with pytest.raises(VerificationError, match="answers with 302"):
        oidc.begin(ours(at), REDIRECT)


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 100_000])
def test_what_is_no_object_is_refused(at: Provider, body: bytes) -> None:
    """An answer that is no JSON object is refused, whatever it is."""
    at.faults["body"] = body
    with pytest.raises(VerificationError):
        oidc.begin(ours(at), REDIRECT)


def test_an_answer_is_bounded(at: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read of an answer than 1 MiB."""
    at.faults["body"] = b" " * (oidc.MAX_BYTES + 1)
    with pytest.raises(VerificationError, match="too long"):
        oidc.begin(ours(at), REDIRECT)


def test_a_provider_that_does_not_answer() -> None:
    """Nobody at the port is a lack of this house, told with what to do."""
    with provider() as gone:
        pass
    with pytest.raises(PrerequisiteError, match="does not answer"):
        oidc.begin(oidc.Provider(gone.issuer, CLIENT, SECRET), REDIRECT)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "ftp://id.example",
        "file:///etc/passwd",
        "https://user@id.example",
        "https://id.example?x=1",
        "https://id.example#x",
        "https://",
        "https://id.example:port",
        "id.example",
        "",
    ],
)
def test_an_issuer_is_reached_by_https(issuer: str) -> None:
    """An issuer that is no plain address by https is refused when it is configured."""
    with pytest.raises(InputError):
        oidc.Provider(issuer, CLIENT, SECRET)


def test_only_named_hosts_are_reached() -> None:
    """Endpoints lie on the issuer's host or on those that the operator named."""
    made = oidc.Provider("https://id.example", CLIENT, SECRET, hosts=("keys.example",))
    assert made.allows("https://id.example/token")
    assert made.allows("https://keys.example/keys")
    for address in (
        "https://id.example:8443/token",
        "http://id.example/token",
        "https://id.example.evil.example/",
        "https://id.example@evil.example/",
        "https://127.0.0.1/",
        "https://keys.example /",
        None,
        7,
    ):
        assert not made.allows(address)


def test_the_operators_file(tmp_path: Path) -> None:
    """The file is read strictly: what it names, and nothing else."""
    path = tmp_path / "oidc.json"
    path.touch(0o600)
    body = {"issuer": "https://id.example", "clientId": "c", "clientSecret": "s"}
    path.write_text(json.dumps({**body, "name": "Agency ID", "hosts": ["keys.example"]}))
    assert oidc.read(path) == oidc.Provider(
        "https://id.example", "c", "s", "Agency ID", ("keys.example",)
    )
    for wrong in ({**body, "verify": False}, {"issuer": "https://id.example"}, []):
        path.write_text(json.dumps(wrong))
        with pytest.raises(FormatError):
            oidc.read(path)
    path.chmod(0o640)
    with pytest.raises(PrerequisiteError, match="others may read"):
        oidc.read(path)
    with pytest.raises(InputError, match="no file"):
        oidc.read(tmp_path / "other.json")
