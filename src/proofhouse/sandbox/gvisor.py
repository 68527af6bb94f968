# SPDX-License-Identifier: Apache-2.0
"""The ``gvisor`` tier: a kernel of its own, in a bubblewrap of its own.

    control groups, unprivileged user          as in the ``bwrap`` tier
    └── bubblewrap                             no host file, process, network or variable
        └── runsc --rootless                   gVisor's kernel, filtered by itself (gvisor.dev)
            └── init serve 0 65534                   PID 1 inside, and what it is told to run

What runs inside never makes a system call of the machine: gVisor's kernel, a program in Go,
answers it, and makes few and filtered calls itself. A flaw of the machine's kernel that needs a
call with odd arguments is out of reach; who breaks gVisor's kernel stands in the bubblewrap, as an
unprivileged user.

The same session as the other tier's (`BwrapSession`), with the same first process, over a socket
that is its standard input. What differs, because no control group reaches inside:

- a command that is ended for its time takes everything in the session with it but PID 1;
- processor time is the session's since the command began, gVisor's own share included;
- PID 1 is another user than what it starts, so that nothing can look into it;
- what commands leave behind is counted with gVisor's own share too, and ended all together;
- processes are bounded inside by ``RLIMIT_NPROC``; outside the group has room for gVisor's threads;
- memory is bounded outside for all together with gVisor itself, and who passes the bound ends the
  session: the command under way then has ``out_of_memory``, and the next one `SessionLostError`.

Limits: no granted network, ptrace works among the session's own processes, start-up costs some
200 ms. Tried with runsc 0.0~20221219 (Debian 12) on its ptrace platform.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

from proofhouse.errors import PrerequisiteError, RefusedError
from proofhouse.sandbox import bwrap, launch, wire
from proofhouse.sandbox.build import init_binary
from proofhouse.sandbox.cgroup import SessionGroup, Slot, controllers
from proofhouse.sandbox.descriptors import Descriptors
from proofhouse.sandbox.image import HOSTNAME, INSIDE_UID, tree_arguments
from proofhouse.sandbox.launch import Spawned
from proofhouse.sandbox.limits import MIB, Limits
from proofhouse.sandbox.session import WORK_DIRECTORY, Seat, SessionLostError
from proofhouse.sandbox.wire import Kind, Reply, Stage, Task

_OWN_MEMORY = 48 * MIB  # gVisor's kernel, its file server and their supervisor, all in Go
_OWN_THREADS = 256
_THREADS_OF_A_PROCESS = 3  # a process inside has a process and tracers outside
_CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_KILL"]  # of PID 1 inside, in gVisor only
_FENCES = (
    *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"),
    *("--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID), "--hostname", HOSTNAME),
)
_RUNSC = "/run/runsc"
_BUNDLE, _STATE = "/run/bundle", "/run/state"


@cache
def runsc() -> str:
    """The path of gVisor's runtime; `PrerequisiteError` with its remedy if there is none."""
    path = shutil.which("runsc")
    if path is None:
        raise PrerequisiteError(
            "The tier gvisor needs gVisor's runsc, and there is none on the path.",
            hint="Run `apt-get install runsc` (Debian 12, Ubuntu 24.04), or see gvisor.dev/docs.",
        )
    return path


def _mount(place: str, *options: str) -> dict[str, object]:
    return {"destination": place, "type": "tmpfs", "source": "tmpfs", "options": list(options)}


def bundle(limits: Limits) -> bytes:
    """What to run, as OCI's runtime specification has it (config.json)."""
    size, owner = f"size={limits.tmp_bytes}", (f"uid={INSIDE_UID}", f"gid={INSIDE_UID}")
    value = {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/init", "serve", "0", str(INSIDE_UID)],
            "cwd": "/",
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), _CAPABILITIES),
            "noNewPrivileges": True,
        },
        # Read-only by bubblewrap; gVisor's own attempt would drop flags that are locked there.
        "root": {"path": "/", "readonly": False},
        "hostname": HOSTNAME,
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "dev", "source": "dev"},
            _mount("/dev/shm", size, "mode=1777"),  # noqa: S108 - inside
            _mount("/tmp", size, "mode=1777"),  # noqa: S108 - inside
            *(_mount(place, "ro", "size=4096", "mode=0555") for place in ("/run", "/sys")),
            _mount(WORK_DIRECTORY, size, "mode=0755", *owner),
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]
        },
    }
    return json.dumps(value).encode()


def _command(limits: Limits, give: Descriptors) -> list[str]:
    """Bubblewrap with the same tree as the other tier's, and gVisor in it."""
    tree = tree_arguments(limits, init_binary(), give, own_proc=True)
    cut = tree.index("--remount-ro")
    config = str(give.data(bundle(limits)))
    more = ["--dir", _BUNDLE, "--file", config, f"{_BUNDLE}/config.json"]
    more += ["--ro-bind", runsc(), _RUNSC, "--perms", "0700", "--size", str(MIB)]
    more += ["--tmpfs", _STATE]
    flags = ["--rootless", f"--root={_STATE}", "--network=none", "--ignore-cgroups"]
    return [
        *(launch.bubblewrap(), *_FENCES, *tree[:cut], *more, *tree[cut:]),
        *("--", _RUNSC, *flags, "run", "-bundle", _BUNDLE, HOSTNAME),
    ]


class _GuestSlot:
    """One command inside, where there are no groups: what `cgroup.Slot` offers, through PID 1."""

    def __init__(self, group: GuestGroup, number: int) -> None:
        self.number = number
        self.emptied = True
        self._group = group

    def entrances(self) -> list[int]:
        """None: there is nothing to enter."""
        return []

    def cpu_nanoseconds(self) -> int:
        """Processor time of the whole session."""
        return self._group.cpu_nanoseconds()

    def empty(self) -> bool:
        """Whether no killing is under way; what a command left behind holds no slot here."""
        return self.emptied

    def forbid_forks(self) -> None:
        """Ask PID 1 to kill all beside itself; `EMPTIED` says when that is done."""
        self.emptied = False
        self._group.ask_to_kill(self.number)

    def allow_forks(self) -> None:
        """Nothing was forbidden."""

    def kill(self) -> None:
        """Asked for already; PID 1 goes on until nothing is left."""


class GuestGroup(SessionGroup):
    """The groups of a session, with room for gVisor itself; its slots are known to PID 1 only."""

    def __init__(self, limits: Limits, control: socket.socket) -> None:
        more = replace(
            limits,
            memory_bytes=limits.memory_bytes + _OWN_MEMORY,
            pids=limits.pids * _THREADS_OF_A_PROCESS + _OWN_THREADS,
        )
        super().__init__(controllers(), more)
        self._control, self._limits = control, limits
        self.slots: dict[int, _GuestSlot] = {}

    def slot(self, number: int) -> _GuestSlot:  # type: ignore[override]
        """Make a slot; its number is new in this session."""
        self.slots[number] = _GuestSlot(self, number)
        return self.slots[number]

    def ask_to_kill(self, number: int) -> None:
        """Send `KILL_ALL`; a session that can't be asked is ended by who waits for it."""
        message = wire.request(Task(Kind.KILL_ALL, ()), number, self._limits)
        try:
            self._control.send(message)
        except OSError:
            return


def spawn(limits: Limits, outside_uid: int) -> Spawned:
    """Start a sandbox without waiting for it; call it in `launch.spawner` only."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    errors = os.memfd_create("errors", os.MFD_CLOEXEC)
    group: GuestGroup | None = None
    try:
        with theirs, Descriptors() as give:
            command = _command(limits, give)
            group = GuestGroup(limits, ours)
            entrances = ",".join([str(give.add(entrance)) for entrance in group.entrances()])
            user = str(outside_uid) if os.geteuid() == 0 else "-"
            process = subprocess.Popen(
                [str(init_binary()), "launch", user, entrances, *command],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd="/",
                env={},
                start_new_session=True,
                pass_fds=tuple(give.numbers),
            )
    except BaseException:
        ours.close()
        os.close(errors)
        if group is not None:
            group.remove()
        raise
    ours.setblocking(False)
    return Spawned(process, ours, group, errors)


def lowered_fence(pid: int, outside_uid: int) -> str:
    """Which fence around gVisor's kernel is missing, seen from outside; empty if none.

    Its process speaks for PID 1 inside. It may have capabilities, in a user namespace of its own
    that holds nothing but the bubblewrap; it must be unprivileged out here and filtered.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        apart = [
            kind
            for kind in ("user", "net", "pid", "mnt", "ipc", "uts")
            if os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
        ]
    except OSError:
        return "a first process"
    status = {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}
    user = str(outside_uid if os.geteuid() == 0 else os.geteuid())
    expected = {"Uid": [user] * 4, "NoNewPrivs": ["1"], "Seccomp": ["2"]}
    if len(apart) != 6:
        return "namespaces"
    return next((name for name, value in expected.items() if status.get(name) != value), "")


class GvisorSession(bwrap.BwrapSession):
    """A session of this tier; see `Session`."""

    _judge = staticmethod(lowered_fence)
    _bounded_inside = True

    def _inhabited(self) -> list[Slot]:
        """Any slot, while no command runs: what was left is in no group, its time the session's."""
        return [] if self._running else self._slots[:1]

    def _take(self, reply: Reply | None) -> None:
        if reply is not None and reply.kind == Kind.EMPTIED:
            group = self._group
            slot = group.slots.get(reply.slot) if isinstance(group, GuestGroup) else None
            if slot is not None and not slot.emptied:
                slot.emptied = True
                return
            reply = None
        super()._take(reply)

    async def _perform(self, task: Task, output_bytes: int, seconds: float) -> bwrap.Outcome:
        """As the other tier's, but memory that runs out ends gVisor with everything in it."""
        self._require_alive()
        before = self._group.out_of_memory_kills()
        try:
            return await super()._perform(task, output_bytes, seconds)
        except SessionLostError:
            if self._group.out_of_memory_kills() == before:
                raise
            reply = Reply(Kind.ENDED, 0, 9, Stage.NOTHING, 0)
            return bwrap.Outcome(reply, b"", b"", False, False, False, True)


class GvisorTier(bwrap.BwrapTier):
    """The tier; ``outside_uid`` as in `BwrapTier`."""

    session = GvisorSession

    def spawn(self, limits: Limits, uid: int, seat: Seat | None) -> Spawned:
        """Start a sandbox without waiting for it; in the spawner's thread."""
        if seat is not None:
            raise RefusedError(
                "The tier gvisor has no granted networks.",
                rule="tier",
                hint="An item with hosts runs in the tier bwrap.",
            )
        return spawn(limits, uid)
