# SPDX-License-Identifier: Apache-2.0
"""The served log is read back over HTTP, and nothing but the log is served."""

from __future__ import annotations

import gzip
import http.client
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proofhouse.audit import audit
from proofhouse.errors import FormatError, InputError
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.published import Web, published
from proofhouse.ledger.serve import LogServer
from proofhouse.ledger.store import NewEntry

NOW = "2027-01-01T00:00:00Z"


@contextmanager
def running(server: http.server.ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield f"http://{host!s}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, key: NoteSigner) -> Path:
    log = Log.open(MemoryStore(), key)
    log.append([NewEntry(b'{"sealed":"%064x"}' % i) for i in range(300)])
    folder = tmp_path_factory.mktemp("served") / "log"
    export(log, folder)
    (folder / "secret").write_text("not of the log")
    (folder.parent / "outside").write_text("not of the log")
    (folder / "tile" / "0" / "009").symlink_to(folder.parent / "outside")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with running(LogServer(folder, "127.0.0.1", 0)) as url:
        yield url


def get(url: str, target: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.putrequest(method, target, skip_accept_encoding=True)
    connection.endheaders()
    response = connection.getresponse()
    found = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    connection.close()
    return found


def test_types_and_caching(url: str, folder: Path) -> None:
    """Tiles are bytes for a year, the checkpoint is text to be asked for anew."""
    for name, kind, caching in (
        ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("log.vkey", "text/plain; charset=utf-8", "no-cache"),
        ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
        (
            "tile/entries/001.p/44",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
        ),
    ):
        status, headers, body = get(url, f"/{name}")
        assert (status, body) == (200, (folder / name).read_bytes())
        assert (headers["content-type"], headers["cache-control"]) == (kind, caching)
        status, headers, body = get(url, f"/{name}", "HEAD")
        assert (status, body) == (200, b"")
        assert int(headers["content-length"]) == (folder / name).stat().st_size


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/secret",
        "/../outside",
        "/tile/../secret",
        "/tile/0/../../secret",
        "/%2e%2e/outside",
        "/tile/0/%2e%2e/000",
        "/tile//0/000",
        "/tile/0/000/",
        "/tile/00/000",
        "/tile/0/x000/000",
        "/tile/0/001.p/44?x",
        "/tile/0/001.p/043",
        "/tile/0/009",
        "/tile/0/008",
        "/tile/0",
        "checkpoint",
        "http://elsewhere/checkpoint",
        "/checkpoint%00",
    ],
)
def test_nothing_else_is_served(url: str, target: str) -> None:
    """Neither other files, nor links out of the folder, nor second spellings are found."""
    status, _, body = get(url, target)
    assert status == 404
    assert b"not of the log" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(url: str, method: str) -> None:
    """A static log knows GET and HEAD."""
    assert get(url, "/checkpoint", method)[0] == 501


def test_the_served_log_is_audited(url: str, key: NoteSigner) -> None:
    """Over HTTP the tree is the same as in the folder."""
    report = audit(published(url), key.verifier, policy=None, now=NOW, seen=None)
    assert {c.name for c in report.checks if c.result == "held"} >= {"checkpoint", "tree"}
    assert report.size == 300


def test_no_log_no_server(tmp_path: Path, folder: Path) -> None:
    """A folder without a log is not served, and a port that is taken is named."""
    with pytest.raises(InputError, match="no exported log"):
        LogServer(tmp_path, "127.0.0.1", 0)
    with LogServer(folder, "127.0.0.1", 0) as server:
        port = server.server_address[1]
        with pytest.raises(InputError, match=f"port {port}"):
            LogServer(folder, "127.0.0.1", int(port))


# --------------------------------------------------------------------------- hostile servers


class Hostile(http.server.BaseHTTPRequestHandler):
    """Answers each path with one vice."""

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        if kind == "large":
            self._send(200, b"x" * 5000)
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b"x" * 1000)
        elif kind == "packed":
            self._send(200, gzip.compress(b"fine"), encoding="gzip")
        elif kind == "bomb":
            self._send(200, gzip.compress(bytes(10_000_000)), encoding="gzip")
        elif kind == "not-packed":
            self._send(200, b"plain", encoding="gzip")
        elif kind == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
        elif kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x")
        elif kind == "gone":
            self._send(410, b"")
        else:
            self.wfile.write(b"no HTTP at all\r\n\r\n")

    def _send(self, status: int, data: bytes, encoding: str = "identity") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)) as url:
        yield url


def test_a_packed_file_is_unpacked(hostile: str) -> None:
    """gzip is read, as C2SP asks of clients; what is gone is no file."""
    assert Web(hostile).read("packed", 100) == b"fine"
    assert Web(hostile).read("gone", 100) is None


@pytest.mark.parametrize("kind", ["large", "endless", "bomb"])
def test_a_file_that_is_too_large(hostile: str, kind: str) -> None:
    """No more than the limit is read, packed or not."""
    with pytest.raises(FormatError, match="more than the 1,000 bytes"):
        Web(hostile).read(kind, 1000)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("not-packed", "gzip"),
        ("elsewhere", "answers 302"),
        ("cut", "cut off"),
        ("other", "no HTTP"),
    ],
)
def test_a_server_that_misspeaks(hostile: str, kind: str, why: str) -> None:
    """Redirections are not followed; a broken answer is told as one."""
    with pytest.raises(InputError, match=why):
        Web(hostile).read(kind, 1000)


@pytest.mark.parametrize(
    "url",
    ["ftp://a/b", "http://", "http://a:b/", "http://u:p@a/", "http://a/?q", "http://a:99999/"],
)
def test_an_address_that_is_none(url: str) -> None:
    """Only http and https prefixes are addresses of logs."""
    with pytest.raises(InputError, match="not the address of a log or witness"):
        published(url)


def test_nobody_listens() -> None:
    """A server that is down is told as that."""
    with pytest.raises(InputError, match="nobody listens"):
        published("http://127.0.0.1:9").read("checkpoint", 10)
