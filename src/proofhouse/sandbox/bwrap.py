# SPDX-License-Identifier: Apache-2.0
"""The ``bwrap`` tier: one long-lived bubblewrap namespace a session, our own PID 1 inside.

Out here are the clocks, the cgroups and the limits on output; in there a small server that starts
what it is told to (``init.c``). What a command started is killed from out here by its cgroup, so
that neither a new session nor a double fork gets away, and no other command is hit. Closing the
control socket ends PID 1 and with it, by the kernel, everything in its PID namespace.

Left to others: what to run, what its output means, and sanitizers' options (ptrace is denied, so
``detect_leaks=0``).
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar

from proofhouse.errors import InputError, RefusedError
from proofhouse.sandbox import wire
from proofhouse.sandbox.cgroup import Slot
from proofhouse.sandbox.descriptors import Descriptors
from proofhouse.sandbox.image import INSIDE_UID
from proofhouse.sandbox.launch import (
    START_SECONDS,
    Spawned,
    diagnose,
    meet,
    settled,
    spawn,
    spawner,
)
from proofhouse.sandbox.leftovers import Leftovers
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.output import Output
from proofhouse.sandbox.session import (
    ENVIRONMENT,
    WORK_DIRECTORY,
    ExecResult,
    Seat,
    Session,
    SessionLostError,
    Usage,
)
from proofhouse.sandbox.wire import Account, Kind, Reply, Stage, Task

_FILE_SECONDS = 60.0  # for a file of the size of the place it lies in
_GRACE_SECONDS = 0.25  # for output that a background process still holds
_END_SECONDS = 5.0  # for a killed tree to be gone
_CLOSE_SECONDS = 5.0
_LEAST_CPU_CHECK_SECONDS = 0.05
_REMOVAL_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.05, 0.2)  # a group empties a little after its end
_CROWDED = (errno.EAGAIN, errno.ETOOMANYREFS)  # what is under way fills the socket
_PATH_OF_ROOT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOT_STARTED = 126  # as a shell has it, and docker for a user that there is not
_TOO_MANY = "The sandbox can't run one more command."
_STAGES = {
    Stage.START: "starting",
    Stage.GROUP: "entering its control group",
    Stage.DIRECTORY: "changing directory",
}
_Ended = asyncio.Future[Reply | None]  # None: the session was lost


@dataclass(frozen=True)
class Outcome:
    """How a task ended, before it is told as its kind tells it."""

    reply: Reply
    stdout: bytes
    stderr: bytes
    stdout_truncated: bool
    stderr_truncated: bool
    timed_out: bool
    out_of_memory: bool


def _duration(timeout: float | None, limits: Limits) -> float:
    if timeout is None:
        return limits.wall_seconds
    if not timeout > 0:
        raise InputError(f"A timeout of {timeout} seconds can't be kept.", hint="Ask for more.")
    return min(timeout, limits.wall_seconds)


def _command(
    argv: Sequence[str | bytes],
    stdin: bytes,
    cwd: str | None,
    env: Mapping[str, str] | None,
    account: Account | None,
) -> Task:
    if isinstance(argv, str | bytes) or not argv:
        raise InputError("A command is a list of its name and its arguments, not empty.")
    return Task(
        Kind.EXECUTE,
        tuple(wire.encode(argument, "command") for argument in argv),
        wire.encode_environment({**ENVIRONMENT, **_at_home(account), **(env or {})}),
        wire.encode(cwd or WORK_DIRECTORY, "directory"),
        stdin,
        account=account,
    )


def _at_home(account: Account | None) -> dict[str, str]:
    """What the environment of a named user has otherwise."""
    if account is None:
        return {}
    return {"HOME": account.home, **({"PATH": _PATH_OF_ROOT} if account.uid == 0 else {})}


def _result(outcome: Outcome, program: bytes) -> ExecResult:
    """An `ExecResult`, with a refusal to start told as a shell tells it (127, 126)."""
    reply = outcome.reply
    returncode, stderr = os.waitstatus_to_exitcode(reply.status), outcome.stderr
    if reply.stage != Stage.NOTHING:
        missing = reply.stage == Stage.PROGRAM and reply.error in (errno.ENOENT, errno.ENOTDIR)
        returncode = 127 if missing else 126
        what = _STAGES.get(reply.stage, program.decode("utf-8", "replace"))
        stderr = f"sandbox: {what}: {os.strerror(reply.error)}\n".encode()
    return ExecResult(
        returncode,
        outcome.stdout,
        stderr,
        outcome.timed_out,
        outcome.stdout_truncated,
        outcome.stderr_truncated,
        outcome.out_of_memory,
    )


class BwrapSession:
    """A session of this tier; see `Session`."""

    _judge: Callable[[int, int], str] = staticmethod(settled)
    _bounded_inside = False  # whether PID 1 bounds processes, for want of control groups inside

    def __init__(self, spawned: Spawned, limits: Limits, outside_uid: int) -> None:
        self._limits = limits
        self._uid = outside_uid
        self._owner: int | None = outside_uid  # of pipes
        self._loop = asyncio.get_running_loop()
        self._process, self._control = spawned.process, spawned.control
        self._group = spawned.group
        self._spawned = spawned
        self._met: asyncio.Future[str] = self._loop.create_future()
        self.complaint = ""
        self._lost = False
        self._slots: list[Slot] = []
        self._free: list[Slot] = []
        self._running: dict[int, _Ended] = {}
        self._leftovers = Leftovers(limits.cpu_seconds)
        self._watching: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._loop.add_reader(self._control, self._meet)

    # ---- Session -------------------------------------------------------------------------------

    async def exec(
        self,
        argv: Sequence[str | bytes],
        stdin: bytes = b"",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        user: str | None = None,
    ) -> ExecResult:
        """See `Session.exec`."""
        account = None if user is None else await self._account(user)
        if user is not None and account is None:
            stderr = f"sandbox: there is no user {user!r}\n".encode("utf-8", "replace")
            return ExecResult(_NOT_STARTED, b"", stderr)
        task = _command(argv, stdin, cwd, env, account)
        seconds = _duration(timeout, self._limits)
        self._require_alive()
        self._leftovers.renew(self._inhabited())
        try:
            outcome = await self._perform(task, self._limits.output_bytes, seconds)
        finally:
            if not self._lost:
                self._leftovers.renew(self._inhabited())
        return _result(outcome, task.arguments[0])

    async def write_file(self, path: str, data: bytes, executable: bool = False) -> None:
        """See `Session.write_file`."""
        await self._file_task(Kind.WRITE_FILE, path, data, executable, 1)

    async def read_file(self, path: str, limit: int) -> bytes:
        """See `Session.read_file`."""
        outcome = await self._file_task(Kind.READ_FILE, path, b"", False, limit)
        if outcome.stdout_truncated:
            raise RefusedError(
                f"The file {path} is longer than the {limit} bytes that were asked for.",
                rule="read-limit",
            )
        return outcome.stdout

    async def usage(self) -> Usage:
        """See `Session.usage`."""
        self._require_alive()
        return Usage(self._group.cpu_nanoseconds() // 1_000_000, self._group.peak_memory_bytes())

    async def close(self) -> None:
        """See `Session.close`."""
        if self._closing is None:
            self._closing = self._loop.create_task(self._tear_down())
        await asyncio.shield(self._closing)

    async def _account(self, user: str) -> Account | None:
        """Who is called that inside; None if nobody is."""
        raise RefusedError(
            f"This sandbox has no user {user!r}: there is one user in it.",
            rule="users",
            hint="Start it with users of its own, if the task may have a root inside.",
        )

    # ---- one task ------------------------------------------------------------------------------

    async def _file_task(
        self, kind: Kind, path: str, data: bytes, executable: bool, limit: int
    ) -> Outcome:
        directory = WORK_DIRECTORY.encode()
        most = limit + 1  # so that what is longer shows
        task = Task(kind, (wire.encode(path, "path"),), (), directory, data, executable, most)
        outcome = await self._perform(task, limit, _FILE_SECONDS)
        reply = outcome.reply
        if reply.stage != Stage.NOTHING:
            raise OSError(reply.error, f"in the sandbox: {os.strerror(reply.error)}", path)
        if reply.status != 0 or outcome.timed_out:
            raise SessionLostError(f"Something in the sandbox kept {path} from being copied.")
        return outcome

    async def _perform(self, task: Task, output_bytes: int, seconds: float) -> Outcome:
        """Run a task to its end; whatever happens, it is not left running."""
        self._require_alive()
        slot = self._take_slot()
        ended: _Ended = self._loop.create_future()
        self._running[slot.number] = ended
        outputs: list[Output] = []
        try:
            kills = self._group.out_of_memory_kills()
            self._begin(task, slot, ended, outputs, output_bytes)
            timed_out = not await self._within_budget(ended, slot, seconds)
            if timed_out:
                await self._end_tree(slot, ended)
            reply = ended.result()
            if reply is None:
                raise SessionLostError("The sandbox ended while a command was running in it.")
            killed = self._group.out_of_memory_kills() > kills
            await asyncio.wait([output.ended for output in outputs], timeout=_GRACE_SECONDS)
            out, err = outputs
            stdout, stderr = out.content(), err.content()
            return Outcome(reply, stdout, stderr, out.truncated, err.truncated, timed_out, killed)
        finally:
            for output in outputs:
                output.close()
            self._let_go(slot, ended)

    def _begin(
        self, task: Task, slot: Slot, ended: _Ended, outputs: list[Output], output_bytes: int
    ) -> None:
        """Ask for a task; if that fails, for lack of descriptors say, nothing has begun."""
        try:
            for _ in range(2):
                outputs.append(Output(self._loop, output_bytes, self._owner))
            self._send(task, slot, outputs)
        except BaseException:
            if not ended.done():
                ended.set_result(None)
            raise

    def _send(self, task: Task, slot: Slot, outputs: list[Output]) -> None:
        with Descriptors() as give:
            given = [give.data(wire.strings(task)), give.data(task.stdin)]
            given += [output.far for output in outputs]
            given += [give.add(entrance) for entrance in slot.entrances()]
            processes = self._limits.pids if self._bounded_inside else 0
            message = wire.request(task, slot.number, self._limits, processes)
            try:
                socket.send_fds(self._control, [message], given)
            except OSError as error:
                if error.errno in _CROWDED:
                    raise RefusedError(_TOO_MANY, rule="slots", hint="Run fewer at once.") from None
                self._lose()
                raise SessionLostError("The sandbox no longer takes requests.") from error
        for output in outputs:
            output.release()

    async def _within_budget(self, ended: _Ended, slot: Slot, seconds: float) -> bool:
        """Wait for the end; False when the time, or the processor time, is used up before."""
        deadline = self._loop.time() + seconds
        processors = len(os.sched_getaffinity(0))
        budget = slot.cpu_nanoseconds() + self._limits.cpu_seconds * 1_000_000_000
        while not ended.done():
            left = deadline - self._loop.time()
            cpu_left = (budget - slot.cpu_nanoseconds()) / 1e9
            if left <= 0 or cpu_left <= 0:
                return False
            earliest = max(cpu_left / processors, _LEAST_CPU_CHECK_SECONDS)
            await asyncio.wait([ended], timeout=min(left, earliest))
        return True

    async def _end_tree(self, slot: Slot, ended: _Ended) -> None:
        """Kill a command and all it started; the whole session if that takes too long."""
        deadline = self._loop.time() + _END_SECONDS
        slot.forbid_forks()
        while not self._lost and not (ended.done() and slot.empty()):
            if self._loop.time() > deadline:
                self._process.kill()
                self._lose()
                return
            slot.kill()
            if ended.done():
                await asyncio.sleep(0.002)
            else:
                await asyncio.wait([ended], timeout=0.01)
        if not self._lost:
            slot.allow_forks()

    # ---- slots ---------------------------------------------------------------------------------

    def _take_slot(self) -> Slot:
        """A slot in which nothing lives, so that its group holds one command's tree only."""
        if not self._free:
            idle = (slot for slot in self._slots if slot.number not in self._running)
            self._free = [slot for slot in idle if slot.empty()]
        if self._free:
            return self._free.pop()
        if len(self._slots) == wire.SLOTS:
            raise RefusedError(
                _TOO_MANY,
                rule="slots",
                hint=f"At most {wire.SLOTS} may be running or have left processes behind.",
            )
        slot = self._group.slot(len(self._slots))
        self._slots.append(slot)
        return slot

    def _let_go(self, slot: Slot, ended: _Ended) -> None:
        """Give a slot back; a task that was cancelled is first ended in the background."""
        if ended.done() or self._lost:
            self._running.pop(slot.number, None)
            if not self._lost and slot.empty():
                self._free.append(slot)
            if not self._lost and (self._watching is None or self._watching.done()):
                self._watching = self._beside(self._watch())
            return
        self._beside(self._end_cancelled(slot, ended))

    def _beside(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something in the background, until the session closes at the latest."""
        task = self._loop.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _end_cancelled(self, slot: Slot, ended: _Ended) -> None:
        await self._end_tree(slot, ended)
        self._let_go(slot, ended)

    # ---- what ended commands left behind -------------------------------------------------------

    def _inhabited(self) -> list[Slot]:
        """Slots whose command has ended while something that it started lives on."""
        return [
            slot for slot in self._slots if slot.number not in self._running and not slot.empty()
        ]

    async def _watch(self) -> None:
        """While something is left behind see that it keeps to its budget; else end it all."""
        processors = len(os.sched_getaffinity(0))
        while not self._lost and (slots := self._inhabited()):
            left = self._leftovers.remaining(slots) / 1e9
            if left > 0:
                await asyncio.sleep(max(left / processors, _LEAST_CPU_CHECK_SECONDS))
                continue
            for slot in slots:
                if not self._lost and slot in self._inhabited():
                    await self._end_left(slot)

    async def _end_left(self, slot: Slot) -> None:
        """Kill what lives in a slot, in which no command may begin meanwhile."""
        ended: _Ended = self._loop.create_future()
        ended.set_result(None)
        if slot in self._free:
            self._free.remove(slot)
        self._running[slot.number] = ended
        await self._end_cancelled(slot, ended)

    # ---- life and death ------------------------------------------------------------------------

    def _require_alive(self) -> None:
        if self._closing is not None:
            raise SessionLostError("The sandbox has been closed.")
        if self._lost:
            raise SessionLostError(
                "The sandbox has ended.", hint="A command in it may have used up its memory."
            )

    def _meet(self) -> None:
        """Take PID 1's first message, which settles whether there is a session at all."""
        try:
            trouble = meet(self._control, self._uid, self._judge)
        except BlockingIOError:
            return
        self._loop.remove_reader(self._control)
        if trouble:
            self._lose(trouble)
        else:
            self._met.set_result("")
            self._loop.add_reader(self._control, self._hear)

    def _hear(self) -> None:
        """Take one later message; anything unexpected ends the session."""
        try:
            message = self._control.recv(wire.REPLY_BYTES)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        self._take(wire.parse_reply(message))

    def _take(self, reply: Reply | None) -> None:
        ended = self._running.get(reply.slot) if reply and reply.kind == Kind.ENDED else None
        if ended is None or ended.done():
            self._lose()
        else:
            ended.set_result(reply)

    def _lose(self, why: str = "") -> None:
        """The session is over: tell everybody who waits."""
        self._lost = True
        self._loop.remove_reader(self._control)
        self._control.close()
        if not self._met.done():
            self._met.set_result(why or "it was closed while it started")
        for ended in self._running.values():
            if not ended.done():
                ended.set_result(None)

    async def _tear_down(self) -> None:
        if not self._lost:
            self._lose()
        try:
            await self._wait_for_end()
        finally:
            for ending in tuple(self._background):
                ending.cancel()
            self.complaint = self._spawned.complaint()
            os.close(self._spawned.errors)
            for pause in _REMOVAL_PAUSES:
                if self._group.remove():
                    break
                await asyncio.sleep(pause)

    async def _wait_for_end(self) -> None:
        """Reap bubblewrap, which ends after PID 1, which ends after all the others."""
        if self._process.poll() is not None:
            return
        over: asyncio.Future[None] = self._loop.create_future()
        pinned = os.pidfd_open(self._process.pid)
        self._loop.add_reader(pinned, _settle, over)
        try:
            done, _ = await asyncio.wait([over], timeout=_CLOSE_SECONDS)
            if not done:
                self._process.kill()
                await over
        finally:
            self._loop.remove_reader(pinned)
            os.close(pinned)
        self._process.wait()

    async def come_up(self) -> str:
        """Wait for PID 1; empty once it has spoken and all fences stand, else what is wrong."""
        await asyncio.wait([self._met], timeout=START_SECONDS)
        if not self._met.done():
            return f"nothing was heard of it in {START_SECONDS:.0f} seconds"
        return self._met.result()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _end(spawned: Spawned) -> None:
    """End a sandbox that no session holds; blocks for some milliseconds."""
    spawned.control.close()
    try:
        spawned.process.wait(_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        spawned.process.kill()
        spawned.process.wait()


def _forget(spawned: Spawned) -> None:
    """Remove what is left of an ended sandbox."""
    os.close(spawned.errors)
    for pause in _REMOVAL_PAUSES:
        if spawned.group.remove():
            break
        time.sleep(pause)


def _discard_late(spawning: Future[Spawned]) -> None:
    if spawning.exception() is None:
        _end(spawning.result())
        _forget(spawning.result())


def outside_user(uid: int | None) -> int:
    """Who sandboxes are on the host when root starts them; see `BwrapTier`."""
    chosen = os.environ.get("PROOFHOUSE_SANDBOX_UID", str(INSIDE_UID)) if uid is None else uid
    if not str(chosen).isdecimal() or not 1 <= int(chosen) < 1 << 31:
        raise InputError(
            f"A sandbox can't run as user {chosen!r}.",
            hint="PROOFHOUSE_SANDBOX_UID is the number of an unprivileged user, not 0.",
        )
    return int(chosen)


@dataclass(frozen=True)
class BwrapTier:
    """The tier; ``outside_uid`` is who sandboxes are on the host when root starts them.

    None takes ``PROOFHOUSE_SANDBOX_UID``, or 65534 (nobody).
    """

    outside_uid: int | None = None
    session: ClassVar[type[BwrapSession]] = BwrapSession

    def outside(self) -> int:
        """Who PID 1 is on the host when root starts it."""
        return outside_user(self.outside_uid)

    def spawn(self, limits: Limits, uid: int, seat: Seat | None) -> Spawned:
        """Start a sandbox without waiting for it; in the spawner's thread."""
        return spawn(limits, uid, seat)

    def check(self) -> None:
        """See `Tier.check`."""
        uid = self.outside()
        spawned = spawner().submit(self.spawn, Limits(), uid, None).result()
        try:
            spawned.control.settimeout(START_SECONDS)
            trouble = meet(spawned.control, uid, self.session._judge)
        except OSError as error:
            trouble = f"nothing was heard of it ({error})"
        finally:
            _end(spawned)
        complaint = spawned.complaint()
        _forget(spawned)
        if trouble:
            raise diagnose(trouble, complaint)

    async def start(self, limits: Limits, seat: Seat | None = None) -> Session:
        """See `Tier.start`."""
        uid = self.outside()
        spawning = spawner().submit(self.spawn, limits, uid, seat)
        try:
            spawned = await asyncio.shield(asyncio.wrap_future(spawning))
        except asyncio.CancelledError:
            spawning.add_done_callback(_discard_late)
            raise
        session = self.session(spawned, limits, uid)
        trouble = "it was given up"
        try:
            trouble = await session.come_up()
        finally:
            if trouble:
                await session.close()
        if trouble:
            raise diagnose(trouble, session.complaint)
        return session
