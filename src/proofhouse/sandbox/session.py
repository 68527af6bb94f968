# SPDX-License-Identifier: Apache-2.0
"""What every tier offers: a session, in which commands run and files come and go.

    async with open_session(Limits(), tier="bwrap") as session:
        await session.write_file("hello.c", source)
        built = await session.exec(["cc", "-o", "hello", "hello.c"])
        ran = await session.exec(["./hello"], stdin=b"...", timeout=10)

A session is one closed place with one lifetime: what a command leaves behind, files and
processes, is there for the next one, and nothing of it outlives `Session.close`. Commands may run
at the same time. A session belongs to the event loop it was started in.

Relative paths start in the work directory, ``/work``, which is also ``HOME``. The environment
holds ``PATH``, ``HOME``, ``LANG`` and what the caller passes; nothing is inherited.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from proofhouse.errors import LostError
from proofhouse.sandbox.limits import Limits

WORK_DIRECTORY = "/work"
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": WORK_DIRECTORY,
    "LANG": "C.UTF-8",
    "ASAN_OPTIONS": "detect_leaks=0",  # looking for leaks takes ptrace, which nobody has in here
}


class SessionLostError(LostError):
    """The sandbox ended by itself under a command; nobody's answer was judged.

    This is a failure of the infrastructure (or of a program that took its own sandbox down), not
    a result: run again in a new session.
    """


@dataclass(frozen=True)
class ExecResult:
    """How a command ended.

    ``returncode`` is the exit status, or minus the number of the signal that ended it. It is 127
    when the program does not exist and 126 when it could not be started otherwise; stderr then
    begins with ``sandbox:`` and says why. ``timed_out`` means that the sandbox ended it and all it
    started, because it ran longer or computed more than it may. ``out_of_memory`` means that the
    session met its memory limit and something in it was killed for that. A truncated stream holds
    its first ``output_bytes``.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    out_of_memory: bool = False


@dataclass(frozen=True)
class Usage:
    """What a session has used so far, itself and all it started."""

    cpu_milliseconds: int
    peak_memory_bytes: int


class Session(Protocol):
    """One closed place, from its start to its `close`."""

    async def exec(
        self,
        argv: Sequence[str | bytes],
        stdin: bytes = b"",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        user: str | None = None,
    ) -> ExecResult:
        """Run one command to its end.

        ``timeout`` is in seconds and is cut to ``Limits.wall_seconds``. The command has ended when
        the process itself has; output that others hold open is awaited a quarter of a second more.
        A process it leaves behind lives on until the session closes, unless the command timed out
        or the call was cancelled: then everything it started is killed, however it detached itself.
        All that commands left behind is killed too once it has used ``Limits.cpu_seconds`` of
        processor time, together and since a command last began or ended.

        ``user``, in a sandbox with users of its own, is a name or a number of /etc/passwd inside;
        the command then runs as that user and at its home, and with status 126 if there is none.

        Raises `InputError` for an argument that can't be one (empty command, a NUL inside),
        `RefusedError` when too many commands are running or a user is named where there is but one,
        `SessionLostError` when the sandbox died.
        """
        ...

    async def write_file(self, path: str, data: bytes, executable: bool = False) -> None:
        """Create or overwrite a file, mode 0644 or 0755, with its missing parent directories.

        Done by a process inside, so a link leads where it leads inside. Raises the `OSError` that
        opening or writing met there (``ENOSPC``, `IsADirectoryError`, `PermissionError` ...;
        ``EINVAL`` for what is no regular file), otherwise as `exec`.
        """
        ...

    async def read_file(self, path: str, limit: int) -> bytes:
        """Read a file of at most ``limit`` bytes.

        Raises `RefusedError` when it is longer, `OSError` as `write_file` (``EINVAL`` too for what
        lies in ``/proc``), otherwise as `exec`.
        """
        ...

    async def usage(self) -> Usage:
        """What the session has used since it started."""
        ...

    async def close(self) -> None:
        """Kill everything inside, wait until it is gone, and forget its files; can be repeated."""
        ...


@dataclass(frozen=True)
class Seat:
    """A place on a granted network (``network.py``): what the session is called, and where it is.

    Through ``socket`` a descriptor comes back (SCM_RIGHTS) that reads and writes the packets of the
    session's only device. ``address`` is an IPv4 address.
    """

    hostname: str
    address: str
    socket: socket.socket


class Tier(Protocol):
    """A way to build sessions, of a stated strength."""

    def check(self) -> None:
        """Raise `PrerequisiteError` with its remedy unless sessions of this tier can start here."""
        ...

    async def start(self, limits: Limits, seat: Seat | None = None) -> Session:
        """Start a session, on a granted network if it is given a seat there; raises as `check`."""
        ...
