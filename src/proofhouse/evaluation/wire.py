# SPDX-License-Identifier: Apache-2.0
"""Frames between parent and child, over one inherited socket pair.

    0000  00 00 00 0f                      length of the head, 4 bytes big-endian
    0004  00 00 00 03                      length of the body
    0008  {"kind":"grade"}                 head: one JSON object, UTF-8
    0018  61 62 63                         body: raw bytes (an answer, a record, files end to end)

A frame is whole or it is the end: a connection that breaks in the middle of one reads as closed.
Nothing else travels this way and nothing travels over stdout, which any library may write to.

Kinds, parent to child: `job`, `reply` (to a numbered ask), `cancel`. Child to parent: `ask` with
``what`` = `next` | `grade` | `finished`, `progress`, `alive`, `ready`, `done`, `probed`, `error`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any, Final, NamedTuple

from proofhouse.errors import FormatError

_LENGTHS: Final = struct.Struct(">II")
HEAD_LIMIT: Final = 64 << 20
BODY_LIMIT: Final = 512 << 20

Head = dict[str, Any]


class Frame(NamedTuple):
    """One message: its head and its body."""

    head: Head
    body: bytes


def pack(head: Head, body: bytes = b"") -> bytes:
    """Print one frame.

    Raises:
        FormatError: head or body is over its limit.
    """
    text = json.dumps(head, separators=(",", ":")).encode("ascii")
    _check(len(text), len(body))
    return _LENGTHS.pack(len(text), len(body)) + text + body


def receive_now(connection: socket.socket) -> Frame | None:
    """Read one frame, blocking; None when the other side has closed."""
    try:
        head_size, body_size = _LENGTHS.unpack(_exactly(connection, _LENGTHS.size))
        _check(head_size, body_size)
        head = _exactly(connection, head_size)
        return _frame(head, _exactly(connection, body_size))
    except EOFError:
        return None


class Channel:
    """One end of the socket inside an event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connection: socket.socket) -> Channel:
        """Take over a connected socket."""
        return cls(*await asyncio.open_unix_connection(sock=connection))

    async def send(self, head: Head, body: bytes = b"") -> None:
        """Send one frame. A side that is gone is noticed by `receive`, not here."""
        try:
            self._writer.write(pack(head, body))
            await self._writer.drain()
        except ConnectionError:
            return

    def post(self, head: Head) -> None:
        """Send one small frame without waiting for the other side to read."""
        if not self._writer.is_closing():
            self._writer.write(pack(head))

    async def receive(self) -> Frame | None:
        """The next frame, or None when the other side has closed or died.

        Raises:
            FormatError: what came is no frame.
        """
        try:
            lengths = await self._reader.readexactly(_LENGTHS.size)
            head_size, body_size = _LENGTHS.unpack(lengths)
            _check(head_size, body_size)
            head = await self._reader.readexactly(head_size)
            return _frame(head, await self._reader.readexactly(body_size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Close this end."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _frame(head: bytes, body: bytes) -> Frame:
    try:
        value = json.loads(head)
    except ValueError as error:
        raise FormatError("A frame between the evaluation's processes is not JSON.") from error
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise FormatError("A frame between the evaluation's processes names no kind.")
    return Frame(value, body)


def _check(head_size: int, body_size: int) -> None:
    if head_size > HEAD_LIMIT or body_size > BODY_LIMIT:
        raise FormatError(
            f"A frame of {head_size} and {body_size} bytes is over the limit.",
            hint=f"At most {HEAD_LIMIT} bytes of head and {BODY_LIMIT} of body.",
        )
