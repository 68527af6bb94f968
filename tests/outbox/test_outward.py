# SPDX-License-Identifier: Apache-2.0
"""Which addresses may be reached, and that the one reached is the one that was checked."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.outbox import outward

INSIDE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
)


def named(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Have names mean these numbers, one answer after the other; what was asked."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *_more: Any, **_named: Any) -> Any:
        number = host.replace(".", "").isdigit()
        if not number:
            asked.append(host)
        found = (host,) if number else left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("number", INSIDE)
def test_nothing_inside_is_reached(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means an address inside is refused, however the address is written."""
    named(monkeypatch, (number,))
    with pytest.raises(RefusedError, match="private network"):
        outward.resolve("https://lab.example/v1", ())


def test_one_address_inside_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that also means an address inside is refused."""
    named(monkeypatch, ("93.184.216.34", "10.0.0.1"))
    with pytest.raises(RefusedError):
        outward.resolve("https://lab.example/v1", ())


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/"]
)
def test_numbers_in_other_spellings_are_no_way_around(url: str) -> None:
    """An address inside is refused in every spelling that the system understands."""
    with pytest.raises((RefusedError, InputError)):
        outward.resolve(url, ())


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://lab.example/",
        "https://",
        "https://user:pass@lab.example/",
        "https://lab.example:99999/",
        "https://lab.example:0/",
        "https://lab.example/\r\nHost: inside",
        "https://lab.example/a b",
        "//lab.example/",
        "https://[::1",
        "https://lab.example/" + "a" * 600,
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    """Only http and https, a host, no user, no character that would end a line."""
    with pytest.raises(InputError):
        outward.parse(url)


def test_an_operator_may_allow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed is one host at one port, not its neighbours."""
    named(monkeypatch, ("127.0.0.1",))
    assert outward.resolve("http://models:8000/v1", ("models:8000",)).number == "127.0.0.1"
    with pytest.raises(RefusedError):
        outward.resolve("http://models:8001/v1", ("models:8000",))


@pytest.fixture
def listening() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that redirects, and which hosts it was asked as."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Host"])
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:1/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_about: Any) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def test_the_number_that_was_checked_is_reached(
    listening: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means something else a moment later changes nothing, and none is looked up."""
    port, hosts = listening
    looked_up = named(monkeypatch, ("127.0.0.1",), ("203.0.113.9",))
    address = outward.resolve(f"http://lab.example:{port}/v1?x=1", (f"lab.example:{port}",))
    connection = outward.connect(address, 5)
    connection.request("GET", address.path, headers={"Host": address.netloc})
    response = connection.getresponse()
    connection.close()
    assert (response.status, hosts) == (307, [f"lab.example:{port}"])
    assert looked_up == ["lab.example"], "once"
