# SPDX-License-Identifier: Apache-2.0
"""A witness over HTTP: c2sp.org/tlog-witness.

    POST /add-checkpoint                    200 lines · 400 · 403 · 404 · 409 size · 422 · 503
    GET  /SHA-256 OF ORIGIN/checkpoint      the newest checkpoint that it signed, or 404

No request is authenticated but by the log's signature below its checkpoint. A body has a length, at
most 1,004,096 bytes; a client that says nothing for 30 seconds is dropped. Meant for loopback, with
a web server in front of it that ends TLS.
"""

from __future__ import annotations

import http.server
import re
from http import HTTPStatus

from proofhouse.errors import InputError, StorageError
from proofhouse.formats.add_checkpoint import MAX_BYTES
from proofhouse.witness.witness import Answer, Witness

_MONITORED = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(http.server.ThreadingHTTPServer):
    """Serves ``witness``; ``serve_forever`` runs it, ``shutdown`` ends it."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        """Listen. Raises InputError if the port can't be had."""
        self.witness = witness
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
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "proofhouse"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        match = _MONITORED.fullmatch(self.path)
        self._send(self.server.witness.checkpoint(match[1]) if match else Answer(404))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,9}", length) or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(HTTPStatus.LENGTH_REQUIRED))
        elif int(length) > MAX_BYTES:
            self.close_connection = True
            self._send(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        else:
            self._send(self._judge(self.rfile.read(int(length))))

    def _judge(self, body: bytes) -> Answer:
        if self.path != "/add-checkpoint":
            return Answer(404)
        try:
            return self.server.witness.add_checkpoint(body)
        except StorageError:
            return Answer(500, b"The witness can't write to its memory; nothing was signed.\n")

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
