# SPDX-License-Identifier: Apache-2.0
"""Reads a published log, file by file: from a folder, or over HTTP.

    files = published("export/")                     or "https://log.example/one"
    files.read("tile/0/000.p/17", limit=544)         the bytes, or None if there is no such file

Limits: a file of more than ``limit`` bytes is refused before it is read; a server has 30 seconds to
say something and 120 for a file, is not followed to other addresses, and is asked again once if it
dropped a connection that was idle. ``Content-Encoding: gzip`` is unpacked, within the limit.

What the bytes mean, and whether they are true, is the caller's to find out.
"""

from __future__ import annotations

import http.client
import os
import ssl
import stat
import time
import zlib
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from proofhouse.durable import told
from proofhouse.errors import FormatError, InputError
from proofhouse.formats.tiles import Tile
from proofhouse.ledger.log import Log

SILENCE_SECONDS = 30
FILE_SECONDS = 120
_CHUNK = 65_536


class Published(Protocol):
    """The files of a log below one prefix, whose ``name`` is for people."""

    name: str

    def read(self, path: str, limit: int) -> bytes | None:
        """The file at ``path`` (as C2SP tlog-tiles names it), None if there is none.

        Raises FormatError if it has more than ``limit`` bytes, InputError if it can't be had,
        StorageError.
        """

    def close(self) -> None:
        """Give back what is held; nothing may be read afterwards."""


def published(place: str) -> Published:
    """The published log at a folder or at an http(s) URL. Raises InputError."""
    if "://" in place:
        return Web(place)
    return Folder(Path(place))


class Folder:
    """A folder that ``export`` wrote, or a copy of one."""

    def __init__(self, path: Path) -> None:
        """Take the folder. Raises InputError if there is none."""
        if not path.is_dir():
            raise InputError(f"There is no folder {path}.", hint="Name an exported log or its URL.")
        self.path = path
        self.name = str(path)

    def read(self, path: str, limit: int) -> bytes | None:
        """The file, if it is one; no pipe or device is waited for."""
        with told("the published log", self.path / path):
            try:
                descriptor = os.open(self.path / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except (FileNotFoundError, NotADirectoryError):
                return None
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return None
                data = file.read(limit + 1)
        return _within(data, limit, f"{self.name}/{path}")

    def close(self) -> None:
        """Nothing is held."""


class Web:
    """A log behind a URL prefix; one connection, kept open."""

    def __init__(self, url: str) -> None:
        """Take the prefix. Raises InputError unless it is an http or https URL."""
        self.name = url.rstrip("/")
        self._connection, self._prefix = connect(url, SILENCE_SECONDS)

    def read(self, path: str, limit: int) -> bytes | None:
        """The file, by GET; 404 and 410 say that there is none."""
        try:
            try:
                response = self._get(path)
            except (http.client.RemoteDisconnected, ConnectionError):
                self._connection.close()  # it was idle for too long: once more
                response = self._get(path)
            return self._body(response, path, limit)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            self._connection.close()
            raise InputError(
                f"{self.name}/{path} can't be read: {_why(error)}.",
                hint="Is the address right, and the server up?",
            ) from None

    def _get(self, path: str) -> http.client.HTTPResponse:
        headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "proofhouse"}
        self._connection.request("GET", f"{self._prefix}/{path}", headers=headers)
        return self._connection.getresponse()

    def _body(self, response: http.client.HTTPResponse, path: str, limit: int) -> bytes | None:
        if response.status != 200:
            self._connection.close()  # whatever it wants to say, it is no file of the log
            if response.status in (404, 410):
                return None
            raise InputError(
                f"{self.name}/{path} can't be read: the server answers {response.status}.",
                hint="Give the address at which the files themselves are, without redirection.",
            )
        packed = response.headers.get("Content-Encoding", "identity").lower() == "gzip"
        inflate = zlib.decompressobj(31) if packed else None
        data, ends = bytearray(), time.monotonic() + FILE_SECONDS
        while len(data) <= limit and (chunk := response.read1(_CHUNK)):
            try:
                data += inflate.decompress(chunk, limit + 1 - len(data)) if inflate else chunk
            except zlib.error:
                raise InputError(f"{self.name}/{path} is not the gzip that it claims.") from None
            if time.monotonic() > ends:
                raise TimeoutError
        if len(data) > limit:
            self._connection.close()
        elif response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.close()  # so that the connection takes the next request
        return _within(bytes(data), limit, f"{self.name}/{path}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def connect(url: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection, not yet open, to the server of ``url``, and the path prefix there.

    ``seconds`` is how long it may say nothing. Raises InputError unless it is an http or https URL
    without user, query or fragment.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    plain = not (parts.query or parts.fragment or "@" in parts.netloc) and url.isprintable()
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or not plain:
        raise InputError(
            f"{url[:200]!r} is not the address of a log or witness.",
            hint="It is like https://log.example/one: no user, no query.",
        )
    prefix = parts.path.rstrip("/")
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, port, timeout=seconds), prefix
    context = ssl.create_default_context()
    secured = http.client.HTTPSConnection(parts.hostname, port, timeout=seconds, context=context)
    return secured, prefix


class Own:
    """The files of a log that lies here, as ``export`` would write them."""

    def __init__(self, log: Log) -> None:
        """Take the log."""
        self._log = log
        self.name = log.origin

    def read(self, path: str, limit: int) -> bytes | None:
        """The file, made anew. Raises DamagedError, where the log is."""
        if path == "checkpoint":
            return self._log.checkpoint()
        if path == "log.vkey":
            return f"{self._log.verifier}\n".encode()
        return _within(self._log.tile(Tile.parse(path)), limit, path)

    def close(self) -> None:
        """Nothing is held."""


def _within(data: bytes, limit: int, where: str) -> bytes:
    if len(data) > limit:
        raise FormatError(f"{where} has more than the {limit:,} bytes that it may have.")
    return data


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server takes too long"
    if isinstance(error, ssl.SSLError):
        return "its certificate or encryption is not trusted"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, http.client.HTTPException):
        return "the answer is no HTTP, or was cut off"
    return "the connection failed"
