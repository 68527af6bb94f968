# SPDX-License-Identifier: Apache-2.0
"""A session without a fence: plain processes of this machine, for the controls of the attacks.

An attack that does not even work here shows nothing when it fails in a sandbox. So each is tried
here first, where that is harmless, against things that the suite made for it. It is what
`subprocess` gives: the environment, the descriptors and the files of whoever starts it, a timeout
that kills the child and nobody else. It can be had as root or as the user that sandboxes are
outside; only the suite uses it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from proofhouse.sandbox.session import ExecResult, Usage


class Bare:
    """`Session`, with nothing closed about it."""

    def __init__(self, uid: int, pass_fds: tuple[int, ...] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bare-"))
        self._user = uid if os.geteuid() == 0 else None
        self._pass_fds = pass_fds
        for place in (self.folder, self.folder / "bin"):
            place.mkdir(exist_ok=True)
            place.chmod(0o755)
            if self._user is not None:
                os.chown(place, uid, uid)

    def path(self, path: str) -> Path:
        """Where a path lies; the work directory and /tmp stand for its own folder."""
        return self.folder / path.removeprefix("/work/")

    async def exec(
        self,
        argv: Sequence[str | bytes],
        stdin: bytes = b"",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        user: str | None = None,
    ) -> ExecResult:
        """Run a plain process, and leave to itself whatever it starts; ``user`` must be None."""
        assert user is None
        return await asyncio.to_thread(self._run, argv, stdin, env or {}, timeout)

    def _run(
        self,
        argv: Sequence[str | bytes],
        stdin: bytes,
        env: Mapping[str, str],
        timeout: float | None,
    ) -> ExecResult:
        owner = self._user
        output = self.folder / f"output-{os.urandom(4).hex()}"
        with output.open("wb+") as out:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", **env},
                user=owner,
                group=owner,
                extra_groups=None if owner is None else (),
                pass_fds=self._pass_fds,
            )
            timed_out = False
            try:
                process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                timed_out = True
            out.seek(0)
            return ExecResult(process.returncode, out.read(), b"", timed_out)

    async def write_file(self, path: str, data: bytes, executable: bool = False) -> None:
        """Write a file, over whatever links there are."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o755 if executable else 0o644)
        if self._user is not None:
            os.chown(target, self._user, self._user)

    async def read_file(self, path: str, limit: int) -> bytes:
        """Read a file, over whatever links there are."""
        return await asyncio.to_thread(self._read, self.path(path), limit)

    def _read(self, path: Path, limit: int) -> bytes:
        with path.open("rb") as file:
            return file.read(limit)

    async def usage(self) -> Usage:
        """Nothing is counted here."""
        return Usage(0, 0)

    async def close(self) -> None:
        """End what was started in the folder, and remove it."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                self._end(int(entry.name))
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    def _end(self, pid: int) -> None:
        """Kill a process that stands in the folder or executes something of it."""
        for link in ("cwd", "exe"):
            try:
                pinned = os.pidfd_open(pid)
            except OSError:
                return
            try:
                if os.readlink(f"/proc/{pid}/{link}").startswith(f"{self.folder}"):
                    signal.pidfd_send_signal(pinned, signal.SIGKILL)
            except OSError:
                continue
            finally:
                os.close(pinned)
