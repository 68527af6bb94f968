# SPDX-License-Identifier: Apache-2.0
"""The endpoint: HTTP/1.1 with keep-alive on loopback, one thread per connection.

    GET  /v1/models             the one model that is served
    POST /v1/chat/completions   the next message (``chat.py`` says what is read and written)

Each request needs ``Authorization: Bearer KEY``. Errors are OpenAI's error object: 400 for what is
not a request, 401 for a wrong key, 404 for another path or model, 405 for another method, 411
without a length, 413 above ``MOST_BODY_BYTES``, 500 without details for a fault of ours. No error
repeats what was sent. Nothing is kept between requests.

Limits: a body needs Content-Length; a connection that is silent for ``IDLE_SECONDS`` is closed.
"""

from __future__ import annotations

import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from proofhouse_reference import agent
from proofhouse_reference.chat import (
    JsonObject,
    Message,
    RequestError,
    completion,
    read_request,
    stream_body,
)
from proofhouse_reference.strengths import Strength

MOST_BODY_BYTES = 8 * 1024 * 1024
IDLE_SECONDS = 120
_PATHS = {"/v1/models": "GET", "/v1/chat/completions": "POST"}


class Endpoint(ThreadingHTTPServer):
    """One strength behind one key on one loopback port (0: a free one)."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, strength: Strength, key: str, port: int = 0) -> None:
        if not key:
            raise ValueError("An endpoint without a key is not started.")
        self.strength = strength
        self._key = key.encode("utf-8")
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke ends quietly: others go on, and no traceback is shown."""

    def knows(self, authorization: str) -> bool:
        """Whether a header carries the key; takes as long for a near miss as for any other."""
        kind, _, key = authorization.partition(" ")
        given = key.strip().encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._key) and kind.lower() == "bearer"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # so that even nonsense is answered with a status line
    server_version = "proofhouse-reference"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Endpoint

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: requests are a model's confidential transcript."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Faults that the HTTP library finds by itself, in the shape of all others."""
        self.close_connection = True
        self._send_json(code, RequestError(code, "invalid_http", "Not an HTTP request.").to_json())

    def _serve(self) -> None:
        try:
            body = self._read_body()
            self._check_key()
            self._route(body)
        except RequestError as error:
            self._send_json(error.status, error.to_json())
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as error:  # the boundary: a fault of ours must not end the endpoint
            print(f"proofhouse-reference: {type(error).__name__}", file=sys.stderr, flush=True)
            self.close_connection = True
            fault = RequestError(500, "internal_error", "The endpoint failed; nothing was kept.")
            self._send_json(fault.status, fault.to_json())

    def _read_body(self) -> bytes:
        """The body, also where it is not wanted: what is left unread would be the next request."""
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise RequestError(411, "length_required", "A body needs Content-Length.")
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            self.close_connection = True
            raise RequestError(400, "invalid_http", "Content-Length is not a number.")
        if len(text) > 10 or int(text) > MOST_BODY_BYTES:
            self.close_connection = True
            raise RequestError(
                413, "body_too_large", f"A body has at most {MOST_BODY_BYTES} bytes."
            )
        body = self.rfile.read(int(text))
        if len(body) < int(text):
            raise ConnectionError
        return body

    def _check_key(self) -> None:
        if not self.server.knows(self.headers.get("Authorization", "")):
            raise RequestError(401, "invalid_api_key", "The API key is missing or not this one's.")

    def _route(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        if path not in _PATHS:
            raise RequestError(404, "unknown_url", f"There are {' and '.join(_PATHS)} only.")
        if self.command != _PATHS[path]:
            raise RequestError(405, "method_not_allowed", f"Use {_PATHS[path]} here.")
        if path == "/v1/models":
            self._send_json(200, self._models())
        else:
            self._complete(body)

    def _models(self) -> JsonObject:
        model = {"id": self.server.strength.model, "object": "model", "created": 0}
        return {"object": "list", "data": [{**model, "owned_by": "proofhouse"}]}

    def _complete(self, body: bytes) -> None:
        strength = self.server.strength
        request = read_request(body, strength.model)
        reply: Message = agent.reply(request.conversation, strength)
        answer = completion(request, reply, strength.model, int(time.time()))
        if request.stream:
            events = stream_body(answer, usage=request.stream_usage)
            self._send(200, events, "text/event-stream")
        else:
            self._send_json(200, answer)

    def _send_json(self, status: int, value: JsonObject) -> None:
        self._send(status, json.dumps(value).encode("ascii"), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
