# SPDX-License-Identifier: Apache-2.0
"""One output stream of a command: read to its end, kept to its limit."""

from __future__ import annotations

import asyncio
import os

_CHUNK = 1 << 16  # the capacity of a pipe (pipe(7))


class Output:
    """A pipe whose far end a command writes to.

    Everything is read, so that the command never blocks; the first ``limit`` bytes are kept and
    the rest is thrown away as it comes. ``ended`` is done once nobody can write any more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, owner: int | None) -> None:
        """``owner`` becomes the pipe's, else /dev/stdout could not be opened inside.

        None: whoever holds it may open it, for a sandbox in which that can be anybody.
        """
        self.truncated = False
        self.ended: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._limit = limit
        self._kept = bytearray()
        self._near, self.far = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._near, False)
        if owner is None:
            os.fchmod(self.far, 0o666)
        elif os.geteuid() == 0:
            os.fchown(self.far, owner, owner)
        loop.add_reader(self._near, self._read)

    def _read(self) -> bool:
        """Read once; False when there is nothing to read at the moment, or ever."""
        try:
            data = os.read(self._near, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._near)
            if not self.ended.done():
                self.ended.set_result(None)
            return False
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self.truncated = self.truncated or len(data) > room
        return True

    def content(self) -> bytes:
        """What was kept, after taking what still lies in the pipe."""
        for _ in range(16):  # a pipe's fill, more than once; a writer may go on for ever
            if self.ended.done() or not self._read():
                break
        return bytes(self._kept)

    def release(self) -> None:
        """Close our copy of the far end, once it has been handed over."""
        if self.far >= 0:
            os.close(self.far)
            self.far = -1

    def close(self) -> None:
        """Stop reading; who still writes gets SIGPIPE."""
        self.release()
        self._loop.remove_reader(self._near)
        os.close(self._near)
