# SPDX-License-Identifier: Apache-2.0
"""What the attacks are aimed at: made for them, on this machine, and gone afterwards.

    async with staged("bwrap") as stage:          a session of the tier to attack from
        await stage.verdict(attack)
    async with staged("bwrap", "root"):           in sandboxes with users of their own, as that one

On the host: files with a random word in them, one that anybody may write, a process of the very
user that sandboxes are outside (with the word in its arguments, its environment, its memory
segments, its keyring and an open file), and listeners that count who comes. Beside the session
under attack: another sample's session of the same tier, with files, a port and a socket; it also
plays the judge's, with the oracle and the reference solution. ``tier`` None stages the same with
no fence at all (`Bare`), for the controls.

An attack names these by ``@name@`` (see `Stage.facts`). Nothing else is ever aimed at.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from proofhouse.errors import InputError, PrerequisiteError
from proofhouse.sandbox.attacks.bare import Bare
from proofhouse.sandbox.bwrap import outside_user
from proofhouse.sandbox.limits import MIB, Limits
from proofhouse.sandbox.session import ExecResult, Session
from proofhouse.sandbox.tiers import start_session

LIMITS = Limits(
    memory_bytes=128 * MIB,
    pids=32,
    cpu_seconds=1,
    wall_seconds=20,
    open_files=64,
    tmp_bytes=16 * MIB,
    output_bytes=MIB,
)
"""Soon met: what passes them by a little does no harm where nothing is limited."""

_SHARED = "/dev/shm"  # noqa: S108 - where a canary lies, under a name of its own
_BESIDE = "</dev/null >/dev/null 2>&1 &"
_EXECUTABLE = 0o755


@cache
def compiled() -> bytes:
    """The program of the attacks (attack.c). Raises `PrerequisiteError` without a compiler."""
    source = resources.files("proofhouse.sandbox.attacks").joinpath("attack.c").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        code, binary = Path(folder) / "attack.c", Path(folder) / "attack"
        code.write_bytes(source)
        command = ["cc", "-std=gnu11", "-O1", "-pthread", "-o", str(binary), str(code)]
        try:
            subprocess.run(command, check=True, capture_output=True, env={"PATH": os.defpath})
        except (OSError, subprocess.CalledProcessError) as error:
            raise PrerequisiteError(
                "The attacks need a C compiler.", hint="Run `apt-get install gcc libc6-dev`."
            ) from error
        return binary.read_bytes()


class Listeners:
    """Listeners of the host that count who came."""

    def __init__(self, folder: Path) -> None:
        self.abstract = f"canary-{secrets.token_hex(8)}"
        self.path = str(folder / "socket")
        address = own_address()
        self.address = address or "127.0.0.1"
        self._sockets = {
            "tcp": _bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "tcp6": _bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            "udp": _bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "own": _bound(socket.AF_INET, socket.SOCK_STREAM, (self.address, 0)),
            "abstract": _bound(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.abstract}"),
            "unix": _bound(socket.AF_UNIX, socket.SOCK_STREAM, self.path),
        }
        os.chmod(self.path, 0o777)  # noqa: S103 - anybody may connect: the path is the fence

    def port(self, name: str) -> int:
        """The port of a listener; 0 where there is no such family here."""
        found = self._sockets[name]
        return int(found.getsockname()[1]) if found is not None else 0

    def came(self, name: str) -> bool:
        """Whether somebody came to this one since it was last asked."""
        listener = self._sockets[name]
        if listener is None:
            return False
        try:
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(64)
            else:
                listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Stop listening."""
        for listener in self._sockets.values():
            if listener is not None:
                listener.close()


def _bound(family: int, kind: int, address: object) -> socket.socket | None:
    listener = socket.socket(family, kind)
    try:
        listener.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            listener.listen()
    except OSError:  # a machine without that family: nobody can come that way
        listener.close()
        return None
    listener.setblocking(False)
    return listener


def own_address() -> str:
    """An IPv4 address of this machine that is not the loopback's; empty if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a datagram socket sends nothing by connecting
        except OSError:
            return ""
        found: str = probe.getsockname()[0]
    return "" if found.startswith("127.") else found


class Stage:
    """What there is to attack, and from where; made by `staged`."""

    def __init__(self, tier: str | None, folder: Path, user: str | None = None) -> None:
        self.tier = tier
        self.user = user
        self.limits = LIMITS
        self.word = f"canary{secrets.token_hex(12)}"
        self.folder = folder
        self.uid = outside_user(None)
        self.listeners = Listeners(folder)
        self.spare_port = _spare_port()
        self.session: Session
        self.neighbour: Session
        self._held: list[Session] = []
        self._planted: list[str] = []
        self._make_files()
        self.inherited = os.open(folder / "secret", os.O_RDONLY)
        os.set_inheritable(self.inherited, True)

    def _make_files(self) -> None:
        secret, writable = self.folder / "secret", self.folder / "writable"
        secret.write_text(f"{self.word}\n")
        writable.write_text("untouched\n")
        secret.chmod(0o644)
        writable.chmod(0o666)
        self.folder.chmod(0o777)
        shared = Path(_SHARED) / f"{self.word}.host"
        shared.write_text(self.word)
        self._planted.append(str(shared))

    @property
    def facts(self) -> dict[str, str]:
        """What ``@name@`` stands for in an attack's command."""
        listeners = self.listeners
        return {
            "word": self.word,
            "secret": str(self.folder / "secret"),
            "writable": str(self.folder / "writable"),
            "folder": str(self.folder),
            "keeper": str(self.keeper.pid),
            "segment": str(self.segment),
            "first": "1" if self.tier else "0",
            "tcp": str(listeners.port("tcp")),
            "tcp6": str(listeners.port("tcp6")),
            "udp": str(listeners.port("udp")),
            "own": str(listeners.port("own")),
            "address": listeners.address,
            "abstract": listeners.abstract,
            "socket": listeners.path,
            "port": str(self.spare_port),
            "neighbour": self.neighbour_name,
            "inherited": str(self.inherited),
        }

    async def set_up(self) -> None:
        """Start who has a role."""
        self.segment = 0x70000000 | secrets.randbits(24)
        self.neighbour_name = f"neighbour-{secrets.token_hex(8)}"
        self.keeper = self._start_keeper()
        assert self.keeper.stdout is not None
        await asyncio.to_thread(self.keeper.stdout.readline)
        self.neighbour = await self.place()
        role = f"./attack neighbour {self.spare_port} {self.neighbour_name}"
        await self.neighbour.write_file("secret", self.word.encode())
        await self.neighbour.write_file("hidden/oracle.json", self.word.encode())
        await self.neighbour.write_file(f"{_SHARED}/{self.word}.other", self.word.encode())
        self._planted.append(f"{_SHARED}/{self.word}.other")
        await self.neighbour.exec(
            ["sh", "-c", f"{role} {_BESIDE}\nuntil [ -e listening ]; do :; done"]
        )
        self.session = await self.place()
        if self.user and (await self.run(self.session, "true")).returncode != 0:
            raise InputError(
                f"No user {self.user!r} is inside to attack from.",
                hint="Take root, user or a number.",
            )

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        binary = self.folder / "keeper"
        binary.write_bytes(compiled())
        binary.chmod(_EXECUTABLE)
        as_root = os.geteuid() == 0
        return subprocess.Popen(
            [str(binary), "keep", str(self.segment), str(self.segment + 1), self.word],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            env={"SECRET": self.word},
            pass_fds=(self.inherited,),
            user=self.uid if as_root else None,
            group=self.uid if as_root else None,
            extra_groups=() if as_root else None,
        )

    async def place(self, root: bool = False) -> Session:
        """One more session (or, without a tier, a bare one) with the attacks' program in it."""
        session: Session
        if self.tier is None:
            session = Bare(0 if root else self.uid, (self.inherited,))
        else:
            session = await self.start(self.limits)
        self._held.append(session)
        await session.write_file("attack", compiled(), executable=True)
        return session

    async def start(self, limits: Limits) -> Session:
        """A session of the tier under attack, which the caller closes."""
        assert self.tier is not None
        return await start_session(limits, self.tier, users=self.user is not None)

    async def run(self, session: Session, command: str, timeout: float | None = None) -> ExecResult:
        """Run a shell command, as the user who attacks, in which every ``@name@`` is filled in."""
        for name, value in self.facts.items():
            command = command.replace(f"@{name}@", value)
        return await session.exec(["sh", "-c", command], timeout=timeout, user=self.user)

    async def close(self) -> None:
        """End and remove all of it."""
        await asyncio.gather(*(session.close() for session in self._held))
        if hasattr(self, "keeper"):
            await asyncio.to_thread(self.keeper.communicate, b"")
        self.listeners.close()
        os.close(self.inherited)
        for path in self._planted:
            Path(path).unlink(missing_ok=True)


def _spare_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@asynccontextmanager
async def staged(tier: str | None, user: str | None = None) -> AsyncIterator[Stage]:
    """A stage for ``tier``, or without a fence (None); raises as `check_tier`.

    With ``user`` every sandbox of it has users of its own, and that one attacks; `InputError` if
    there is no such user.
    """
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="stage-"))
        stack.callback(shutil.rmtree, folder, True)
        stage = Stage(tier, folder, user)
        stack.push_async_callback(stage.close)
        planted = {"PLANTED_KEY": stage.word}
        before = {name: os.environ.get(name) for name in planted}
        os.environ.update(planted)
        stack.callback(_put_back, before)
        await stage.set_up()
        yield stage


def _put_back(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
