# SPDX-License-Identifier: Apache-2.0
"""A submitted endpoint can't make the house reach inside: by name, by address or by its answers."""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from proofhouse.errors import InputError, ModelError, RefusedError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Budgets, Job, ModelSpec
from proofhouse.portal.reach import PROXY, check_model, doorway


@pytest.fixture(autouse=True)
def _no_proxy_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY, "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Endpoint:
    """A server on loopback that answers as it is told, and whom it was asked as."""

    def __init__(self) -> None:
        self.redirect = ""
        self.asked: list[tuple[str, str, bytes]] = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                endpoint.asked.append((self.path, self.headers["Host"], body))
                assert "Proxy-Authorization" not in self.headers
                self.send_response(307 if endpoint.redirect else 200)
                if endpoint.redirect:
                    self.send_header("Location", endpoint.redirect)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_about: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def through(way: Mapping[str, str], **more: Any) -> httpx.Client:
    return httpx.Client(proxy=way["HTTP_PROXY"], timeout=10, trust_env=False, **more)


@pytest.mark.parametrize(
    "name", ["ollama/x", "vllm/x", "hf/org/model", "bedrock/x", "mockllm/model", "weights", ""]
)
def test_a_model_of_this_machine_is_not_asked(name: str) -> None:
    """A provider that would be looked for inside is refused by its name."""
    with pytest.raises(InputError):
        check_model(name, None, ())


def test_an_endpoint_of_its_own_goes_by_one_protocol() -> None:
    """An address that somebody hands in is given to one provider alone."""
    with pytest.raises(InputError):
        check_model("anthropic/model", "http://127.0.0.1:8000/v1", ("127.0.0.1:8000",))
    with pytest.raises(RefusedError):
        check_model("openai-api/lab/model", "http://127.0.0.1:8000/v1", ())
    check_model("openai-api/lab/model", "http://127.0.0.1:8000/v1", ("127.0.0.1:8000",))
    check_model("reference/strong", None, ())


def test_what_is_allowed_goes_through(endpoint: Endpoint) -> None:
    """A request comes through whole, without what is meant for the doorway alone."""
    with doorway((endpoint.place,)) as way, through(way) as client:
        for number in range(3):
            answer = client.post(f"http://{endpoint.place}/v1/chat?n={number}", content=b"x" * 9999)
            assert (answer.status_code, answer.text) == (200, "ok")
    assert [path for path, _, _ in endpoint.asked] == [f"/v1/chat?n={n}" for n in range(3)]
    assert endpoint.asked[0][1:] == (endpoint.place, b"x" * 9999)


def test_an_address_inside_is_not_reached(endpoint: Endpoint) -> None:
    """What nobody allowed is not connected to, neither plainly nor by a tunnel."""
    with doorway(()) as way, through(way) as client:
        assert client.post(f"http://{endpoint.place}/v1").status_code == 502
        with pytest.raises(httpx.ProxyError):
            client.post(f"https://{endpoint.place}/v1")
    assert endpoint.asked == []


def test_a_redirection_inside_is_not_followed(endpoint: Endpoint) -> None:
    """An endpoint that may be reached can't send whoever follows redirections inside."""
    inside = Endpoint()
    endpoint.redirect = f"http://{inside.place}/latest/meta-data"
    with doorway((endpoint.place,)) as way, through(way, follow_redirects=True) as client:
        assert client.post(f"http://{endpoint.place}/v1").status_code == 502
    inside.server.shutdown()
    inside.server.server_close()
    assert (len(endpoint.asked), inside.asked) == (1, [])


def test_a_name_that_comes_to_mean_something_else_leads_nowhere(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was public when it was submitted, and means this machine now, is not reached."""
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return ask("127.0.0.1" if host == "lab.example" else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with doorway(()) as way, through(way) as client:
        assert client.post(f"http://lab.example:{endpoint.server.server_port}/").status_code == 502
    assert endpoint.asked == []


def test_a_tunnel_hands_on_every_byte(endpoint: Endpoint) -> None:
    """TLS runs from end to end: what is in a tunnel is neither read nor changed."""
    with doorway((endpoint.place,)) as way:
        url = httpx.URL(way["HTTPS_PROXY"])
        with socket.create_connection(("127.0.0.1", url.port or 0), 10) as door:
            door.settimeout(10)
            secret = httpx.BasicAuth("proofhouse", url.password)._auth_header
            door.sendall(
                f"CONNECT {endpoint.place} HTTP/1.1\r\nProxy-Authorization: {secret}\r\n\r\n"
                "POST /raw HTTP/1.1\r\nHost: lab\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            said = b""
            while more := door.recv(4096):
                said += more
    assert said.startswith(b"HTTP/1.1 200 Open\r\n\r\nHTTP/1.1 200")
    assert endpoint.asked == [("/raw", "lab", b"")]


def test_the_doorway_takes_nobody_else(endpoint: Endpoint) -> None:
    """Another program of this machine, which lacks the password, gets nowhere."""
    with doorway((endpoint.place,)) as way:
        port = httpx.URL(way["HTTP_PROXY"]).port
        for user in ("", "proofhouse:wrong@"):
            with httpx.Client(proxy=f"http://{user}127.0.0.1:{port}", trust_env=False) as client:
                assert client.post(f"http://{endpoint.place}/").status_code == 407
    assert endpoint.asked == []


def test_a_proxy_of_the_operator_stays_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a proxy decides there what is reached."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    with doorway(()) as way:
        assert way == {}


@pytest.mark.parametrize("allowed", [True, False])
def test_the_evaluation_goes_by_it(endpoint: Endpoint, tmp_path: Path, *, allowed: bool) -> None:
    """The process that asks the model reaches what is allowed, and nothing else."""
    with doorway((endpoint.place,) if allowed else ()) as way:
        spec = ModelSpec(
            "openai-api/lab/model",
            base_url=f"http://{endpoint.place}/v1",
            key="k",
            environment=tuple(way.items()),
        )
        job = Job(model=spec, log_directory=tmp_path, budgets=Budgets(retries=0))
        with pytest.raises(ModelError):  # it answers nothing that a model would
            asyncio.run(probe(job))
    assert bool(endpoint.asked) is allowed
