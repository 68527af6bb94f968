# SPDX-License-Identifier: Apache-2.0
"""Whether a submitted endpoint may be reached: never an address inside the house's own network.

    check_endpoint("https://models.lab.example/v1", ())            nothing, or RefusedError
    check_endpoint("http://127.0.0.1:8000/v1", ("127.0.0.1:8000",))    an operator allowed it

    with doorway(reachable) as environment:            for the process that asks the model

Checking an address is not enough: its name may mean another machine a moment later, and an endpoint
may redirect. So the process that asks the model has one way out, a proxy of ours on loopback, which
looks each name up once, checks what it means and connects to just that (``outbox.outward``). TLS
runs through it from end to end. It takes nobody but that process, which alone knows its password.

A provider that Inspect would look for on this machine (ollama, vllm, …) or with this machine's own
credentials (bedrock, …) is refused by name. Where the operator's environment names a proxy, that
one stays in use, and what may be reached is for it to say.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import select
import socket
import socketserver
import threading
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from proofhouse.errors import InputError, ProofhouseError
from proofhouse.outbox.outward import check as check_endpoint
from proofhouse.outbox.outward import numbers
from proofhouse.said import say

__all__ = ["check_endpoint", "check_model", "doorway"]

OPEN_ENDPOINT = "openai-api"
"""The provider that reaches whatever address it is given."""

PROVIDERS = frozenset(
    {"anthropic", "fireworks", "google", "grok", "groq", "mistral", "openai", "openrouter"}
    | {"perplexity", "together"}
)
"""Providers of Inspect with a public address of their own, and a key that is handed in."""

PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
HEAD = 65_536
"""Bytes of a request's head, at most."""
AT_ONCE = 128
IDLE_SECONDS = 1_800.0
CONNECT_SECONDS = 20.0


def askable(name: str, endpoint: str | None) -> bool:
    """Whether it is said where a model of that name can be asked."""
    provider = name.partition("/")[0]
    return bool(endpoint) or provider == "reference" or provider in PROVIDERS


def check_model(name: str, endpoint: str | None, reachable: Collection[str]) -> None:
    """Return None if a model of that name may be asked, there.

    Raises InputError if the name says nothing of where it is, RefusedError as ``check_endpoint``.
    """
    provider = name.partition("/")[0]
    if provider == "reference" and not endpoint:
        return
    if endpoint and provider != OPEN_ENDPOINT:
        raise InputError(
            "A model at an endpoint of its own is named openai-api/LAB/MODEL.",
            hint="The endpoint speaks the protocol of OpenAI’s API; most servers do.",
        )
    if not endpoint and provider not in PROVIDERS:
        raise InputError(
            "It isn’t said where this model can be asked.",
            hint=say(
                "Name it openai-api/LAB/MODEL and give its endpoint, or name one of: %(names)s",
                names=", ".join(sorted(PROVIDERS)),
            ),
        )
    check_endpoint(endpoint, reachable)


def whole_name(name: str | None, endpoint: str | None) -> str | None:
    """A model's name with its provider: what an endpoint calls it is taken as it stands.

    >>> whole_name("model-x", "https://models.lab.example/v1")
    'openai-api/lab/model-x'
    """
    if not name or not endpoint or "/" in name:
        return name
    return f"{OPEN_ENDPOINT}/lab/{name}"


@contextlib.contextmanager
def doorway(reachable: Collection[str]) -> Iterator[Mapping[str, str]]:
    """The environment of a process whose only way out is a proxy of ours, for as long as it lasts.

    Empty where the operator's own environment names a proxy.
    """
    if any(os.environ.get(name) or os.environ.get(name.lower()) for name in PROXY):
        yield {}
        return
    password = secrets.token_urlsafe(24)
    server = _Server(("127.0.0.1", 0), _Door)
    server.reachable, server.password = frozenset(reachable), password
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    url = f"http://proofhouse:{password}@127.0.0.1:{server.server_address[1]}"
    names = (*PROXY, *(name.lower() for name in PROXY))
    try:
        yield {**dict.fromkeys(names, url), "NO_PROXY": "", "no_proxy": ""}
    finally:
        server.shutdown()
        server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    """Takes connections on loopback; each is a thread of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    reachable: Collection[str] = ()
    password: str = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.places = threading.BoundedSemaphore(AT_ONCE)

    def handle_error(self, *_about: Any) -> None:
        """A broken connection is nobody's news."""


class _Door(socketserver.BaseRequestHandler):
    """One connection: its head is read, its target checked, and both sides joined."""

    server: _Server

    def handle(self) -> None:
        """Let it through, or answer it here."""
        client: socket.socket = self.request
        if not self.server.places.acquire(blocking=False):
            self._refuse("503 Too many")
            return
        try:
            client.settimeout(CONNECT_SECONDS)
            head, rest = _read_head(client)
            if not _may(head, self.server.password):
                self._refuse("407 Who asks?", "Proxy-Authenticate: Basic\r\n")
                return
            try:
                far, first = self._open(head)
            except (ProofhouseError, OSError, ValueError):
                self._refuse("502 Not reachable")
                return
            with far:
                if first is None:
                    client.sendall(b"HTTP/1.1 200 Open\r\n\r\n")
                far.sendall((first or b"") + rest)
                _join(client, far, told=None if first is None else b"")
        finally:
            self.server.places.release()

    def _refuse(self, status: str, more: str = "") -> None:
        text = f"HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n"
        with contextlib.suppress(OSError):
            self.request.sendall(text.encode())

    def _open(self, head: bytes) -> tuple[socket.socket, bytes | None]:
        """A connection to what the head asks for, and the head as that side is to read it.

        None instead of a head for a tunnel. Raises InputError, RefusedError, OSError, ValueError.
        """
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _version = line.split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        if method != "CONNECT" and parts.scheme != "http":
            raise InputError("A proxy takes whole addresses.")
        host, port = parts.hostname or "", parts.port or 80
        number = numbers(host, port, self.server.reachable)[0]
        far = socket.create_connection((number, port), CONNECT_SECONDS)
        if method == "CONNECT":
            return far, None
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        kept = [f for f in fields if not f.lower().startswith(("proxy-", "connection:"))]
        lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
        return far, "\r\n".join(lines).encode("latin-1")


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """The head of a request without its empty line, and what came after it. Raises OSError."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(8_192)
        if not more or len(data) > HEAD:
            raise ConnectionError
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _may(head: bytes, password: str) -> bool:
    wanted = b"basic " + b64encode(f"proofhouse:{password}".encode())
    for field in head.split(b"\r\n")[1:]:
        name, _, value = field.partition(b":")
        if name.strip().lower() == b"proxy-authorization":
            said = value.strip()
            return hmac.compare_digest(said[:6].lower() + said[6:], wanted)
    return False


def _join(one: socket.socket, other: socket.socket, *, told: bytes | None) -> None:
    """Hand on what either side says, until one has said all and the other has answered.

    ``told`` is what ``other`` has said of the head of its answer; None in a tunnel. The head says
    that the connection ends with the answer, so that nobody sends a second request into its end.
    """
    for each in (one, other):
        each.settimeout(IDLE_SECONDS)
    saying = {one: other, other: one}
    while saying:
        ready, _, _ = select.select(list(saying), [], [], IDLE_SECONDS)
        if not ready:
            return
        for side in ready:
            data = side.recv(65_536)
            if data and side is other and told is not None:
                told, data = _last_answer(told + data)
                if not data:
                    continue
            if data:
                saying[side].sendall(data)
                continue
            listener = saying.pop(side)
            if side is other:
                return  # the far side has said all that it will
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_WR)


def _last_answer(data: bytes) -> tuple[bytes | None, bytes]:
    """What is still held back of an answer's head, or None; and what can be handed on.

    Raises ConnectionError for a head that never ends.
    """
    passed = b""
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            if len(head) > HEAD:
                raise ConnectionError
            return data, passed
        line, *fields = head.split(b"\r\n")
        if not line.startswith(b"HTTP/1.1 1"):  # 100 Continue goes before the answer
            kept = [one for one in fields if not one.lower().startswith(b"connection:")]
            whole = b"\r\n".join([line, *kept, b"Connection: close"])
            return None, passed + whole + end + rest
        passed, data = passed + head + end, rest
