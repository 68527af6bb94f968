# SPDX-License-Identifier: Apache-2.0
"""Serves an exported log over HTTP as C2SP tlog-tiles wants it: static files, and nothing else.

    GET /checkpoint               text/plain; charset=utf-8      no-cache
    GET /log.vkey                 text/plain; charset=utf-8      no-cache
    GET /tile/0/x001/234.p/17     application/octet-stream       a year, immutable

What is asked for is parsed as the path of a tile and spelt anew, so that no other file can be
named; links that lead out of the folder are not followed. GET and HEAD only. Idle connections end
after 30 seconds. A public log belongs behind a web server proper, which can serve the same folder.
"""

from __future__ import annotations

import http.server
from http import HTTPStatus
from pathlib import Path

from proofhouse.errors import FormatError, InputError, StorageError
from proofhouse.formats.merkle import HASH_BYTES
from proofhouse.formats.note import MAX_BYTES as NOTE_BYTES
from proofhouse.formats.tiles import MAX_ENTRY, WIDTH, Tile
from proofhouse.ledger.export import CHECKPOINT, VERIFIER_KEY
from proofhouse.ledger.published import Folder

TEXTS = (CHECKPOINT, VERIFIER_KEY)
_YEAR = "public, max-age=31536000, immutable"
_SHORT = "no-cache"


class LogServer(http.server.ThreadingHTTPServer):
    """Serves the exported log in ``folder``; ``serve_forever`` runs it, ``shutdown`` ends it."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str, port: int) -> None:
        """Listen. Raises InputError if there is no exported log, or the port can't be had."""
        if not (folder / CHECKPOINT).is_file():
            raise InputError(
                f"There is no exported log in {folder}.",
                hint="Write one: proofhouse ledger export DIR",
            )
        self.files = Folder(folder.resolve())
        super().__init__((host, port), _Handler, bind_and_activate=False)
        try:
            self.server_bind()
            self.server_activate()
        except OSError as error:
            self.server_close()
            raise InputError(
                f"Nothing can listen at {host} port {port}: {error.strerror}.",
                hint="Choose another with --port.",
            ) from None

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: LogServer
    protocol_version = "HTTP/1.1"
    server_version = "proofhouse"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        try:
            found = _find(self.server.files, self.path)
        except (FormatError, StorageError):
            found = None
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        data, kind, caching = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", caching)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who reads a public log is nobody's business."""


def _find(files: Folder, target: str) -> tuple[bytes, str, str] | None:
    """The bytes of what a request names, with type and caching; None if the log has no such file.

    Raises FormatError for what is the name of no file of a log.
    """
    if target[:1] != "/":
        return None
    name = target[1:]
    if name in TEXTS:
        path, limit, kind, caching = name, NOTE_BYTES, "text/plain; charset=utf-8", _SHORT
    else:
        tile = Tile.parse(name)
        limit = WIDTH * HASH_BYTES if tile.level is not None else WIDTH * (2 + MAX_ENTRY)
        path, kind, caching = tile.path, "application/octet-stream", _YEAR
    if not (files.path / path).resolve().is_relative_to(files.path):
        return None
    data = files.read(path, limit)
    return None if data is None else (data, kind, caching)
