# SPDX-License-Identifier: Apache-2.0
"""Starts bubblewrap: what it needs, its fences, and from which thread.

One thread starts every sandbox and lives as long as the interpreter, because a sandbox dies with
the *thread* that started it (PR_SET_PDEATHSIG, prctl(2)). It hands over exactly the descriptors
that are meant, an empty environment and a session of its own, so that neither a key in the
environment nor Ctrl-C in the terminal gets through.

The chain: ``init launch`` enters the cgroups and drops root; bubblewrap fences; ``init serve`` is
PID 1 inside. For a sandbox with users of its own (`users`) ``init launch`` makes the user
namespace, in which we map ids and bubblewrap is root; PID 1 then keeps six capabilities, over those
ids alone. Closing our end of the control socket ends it. Before anything is run in a sandbox, its
PID 1 is looked at from outside: a bubblewrap that did not raise every fence is not trusted.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox import seccomp
from proofhouse.sandbox.build import init_binary, network_binary
from proofhouse.sandbox.cgroup import SessionGroup, controllers
from proofhouse.sandbox.descriptors import Descriptors
from proofhouse.sandbox.ids import Ids, map_ids, mapped
from proofhouse.sandbox.image import HOSTNAME, INSIDE_UID, tree_arguments
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.session import Seat
from proofhouse.sandbox.terminals import bound_terminals
from proofhouse.sandbox.wire import REPLY_BYTES, Kind, parse_reply

_OLDEST = (0, 8)  # --disable-userns
START_SECONDS = 20.0  # a start takes milliseconds; a busy machine may need longer
_FENCES = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
    *("--new-session", "--as-pid-1", "--cap-drop", "ALL", "--clearenv"),
    *("--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID)),
)
#: Of PID 1 of a sandbox with users; all but the last, at most, go on to what it starts as root.
_RIGHTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID", "SETPCAP")
_RIGHTS_MASK, _BOUND_MASK = "00000000000001cb", "00000000000000cb"
_FENCES_OF_USERS = (
    *(f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup")),
    *("--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--cap-drop", "ALL"),
    *(word for right in _RIGHTS for word in ("--cap-add", f"CAP_{right}")),
)
#: Settings that bar user namespaces: file, barring value, remedy.
_BARS = (
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "Run `sysctl -w kernel.unprivileged_userns_clone=1` as root.",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "Run `sysctl -w user.max_user_namespaces=15000` as root.",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "Run `apt-get install apparmor-profiles` and load its bwrap-userns-restrict profile, "
        "or `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root.",
    ),
)

SILENT = "bubblewrap ended without a word"
_CREDENTIALS = struct.Struct("=3i")  # pid, uid, gid


@dataclass(frozen=True)
class Spawned:
    """A bubblewrap that was started, and what holds it."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    group: SessionGroup
    errors: int

    def complaint(self) -> str:
        """What bubblewrap wrote to its stderr so far."""
        return os.pread(self.errors, 4096, 0).decode("utf-8", "replace").strip()


@cache
def bubblewrap() -> str:
    """The path of a bubblewrap that is new enough; `PrerequisiteError` otherwise."""
    path = shutil.which("bwrap")
    if path is None:
        raise PrerequisiteError(
            "The sandbox needs bubblewrap, and there is none on the path.",
            hint="Run `apt-get install bubblewrap`.",
        )
    answer = subprocess.run(
        [path, "--version"], capture_output=True, text=True, check=False, env={}, timeout=30
    ).stdout
    version = re.search(r"(\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        raise PrerequisiteError(
            f"The sandbox needs bubblewrap 0.8 or newer, not {answer.strip() or path!r}.",
            hint="Run `apt-get install bubblewrap` on a distribution of 2023 or later.",
        )
    return path


@cache
def system_call_filter(users: bool = False) -> bytes:
    """The filter for this machine's architecture; `PrerequisiteError` for one we have none for."""
    machine = os.uname().machine
    if machine not in seccomp.ARCHITECTURES:
        raise PrerequisiteError(
            f"The sandbox has no system-call filter for {machine}.",
            hint=f"It runs on {' and '.join(seccomp.ARCHITECTURES)}.",
        )
    return seccomp.build(machine, users)


@cache
def _spawner_of(_pid: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawner")


def spawner() -> ThreadPoolExecutor:
    """The one thread of this process (and not of the process it was forked from)."""
    return _spawner_of(os.getpid())


def spawn(
    limits: Limits, outside_uid: int, seat: Seat | None = None, users: Ids | None = None
) -> Spawned:
    """Start a sandbox without waiting for it; call it in `spawner` only.

    With a ``seat`` it has that place on a granted network instead of a network with nobody; with
    ``users``, which takes no seat, it has users of its own, whose ids are those outside.

    Raises `PrerequisiteError` for whatever can be known to be missing beforehand.
    """
    program, binary, filter_ = bubblewrap(), init_binary(), system_call_filter(users is not None)
    group = SessionGroup(controllers(), limits)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Before anything is sent: a message carries credentials only if they were asked for by then.
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    errors = os.memfd_create("errors", os.MFD_CLOEXEC)
    mapping, told = socket.socketpair()
    try:
        with theirs, told, Descriptors() as give:
            entrances = ",".join([str(give.add(entrance)) for entrance in group.entrances()])
            user = str(outside_uid) if os.geteuid() == 0 else "-"
            if users is not None:
                user = f"={give.add(os.dup(told.fileno()))}"
            fences = _FENCES if users is None else _FENCES_OF_USERS
            command = [str(binary), "launch", user, entrances, program, *fences]
            if seat is not None:
                handed = str(give.add(os.dup(seat.socket.fileno())))
                command = [str(network_binary()), handed, seat.address, *command, "--share-net"]
            hostname = HOSTNAME if seat is None else seat.hostname
            command += ["--hostname", hostname]
            command += tree_arguments(limits, binary, give, hostname, users=users is not None)
            command += ["--seccomp", str(give.data(filter_))]
            command += ["--", "/init", "serve", "0"]  # one number for all: they read it in there
            if users is not None:
                command += [str(INSIDE_UID), "users"]
            process = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd="/",
                env={},
                start_new_session=True,
                pass_fds=tuple(give.numbers),
            )
        if users is not None:
            _map_once_it_asks(process, mapping, users)
    except BaseException:
        ours.close()
        os.close(errors)
        group.remove()
        raise
    finally:
        mapping.close()
    ours.setblocking(False)
    return Spawned(process, ours, group, errors)


def _map_once_it_asks(process: subprocess.Popen[bytes], mapping: socket.socket, users: Ids) -> None:
    """Wait until ``init launch`` has its namespace, then map its ids; without them it must end."""
    mapping.settimeout(START_SECONDS)
    try:
        if mapping.recv(1):  # else it has ended, and says why
            map_ids(process.pid, users)
            mapping.sendall(b"\0")
    except (OSError, subprocess.SubprocessError) as error:
        _give_up(process)
        raise PrerequisiteError(
            f"The sandbox does not start: nobody asked for its users ({error}).",
            hint="Try again; a busy machine may need longer.",
        ) from error
    except BaseException:
        _give_up(process)
        raise


def _give_up(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def meet(
    control: socket.socket, outside_uid: int, judge: Callable[[int, int], str] | None = None
) -> str:
    """Take PID 1's first message and judge it; empty if all is well, else what is wrong.

    ``judge`` is `lowered_fence` unless the tier has another.

    Raises `BlockingIOError` or `TimeoutError` while there is none.
    """
    space = socket.CMSG_SPACE(_CREDENTIALS.size)
    message, ancillary, _, _ = control.recvmsg(REPLY_BYTES, space)
    reply = parse_reply(message)
    if reply is None or reply.kind != Kind.READY:
        return SILENT
    control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    pid = 0
    for level, kind, data in ancillary:  # the kernel vouches for the PID (unix(7))
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid = _CREDENTIALS.unpack(data)[0]
    fence = (judge or lowered_fence)(pid, outside_uid)
    return f"bubblewrap did not see to {fence}" if fence else ""


def lowered_fence(pid: int, outside_uid: int) -> str:
    """Which fence a sandbox's PID 1 lacks, seen from outside; empty if it has them all."""
    user = str(outside_uid if os.geteuid() == 0 else os.geteuid())
    nothing = ["0" * 16]
    capabilities = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), nothing)
    return _lacking(pid, {"Uid": [user] * 4, **capabilities})


def _lacking(pid: int, expected: Mapping[str, list[str]]) -> str:
    """What of its status is not as ``expected``, or is missing of what every sandbox has."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return "a first process"
    if _shares_our_network(pid):
        return "a network of its own"
    status = {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}
    whole = {**expected, "NoNewPrivs": ["1"], "Seccomp": ["2"]}
    return next((name for name, value in whole.items() if status.get(name) != value), "")


def settled(pid: int, outside_uid: int) -> str:
    """As `lowered_fence`; a sandbox that has them all is then bounded in its terminals."""
    fence = lowered_fence(pid, outside_uid)
    if not fence:
        bound_terminals(pid)
    return fence


def settled_with_users(pid: int, first_uid: int) -> str:
    """As `settled`, for a sandbox with users of its own, whose root is ``first_uid`` outside."""
    try:
        if not mapped(pid):
            return "its users"
    except OSError:
        return "a first process"
    nothing, rights = ["0" * 16], [_RIGHTS_MASK]
    capabilities = {"CapInh": nothing, "CapPrm": rights, "CapEff": rights, "CapAmb": nothing}
    users = {"Uid": [str(first_uid)] * 4, "Groups": [], "CapBnd": [_BOUND_MASK]}
    fence = _lacking(pid, {**users, **capabilities})
    if not fence:
        bound_terminals(pid)
    return fence


def _shares_our_network(pid: int) -> bool:
    """Whether a process is on the machine's network, as far as we may look (root may)."""
    try:
        return os.path.samefile(f"/proc/{pid}/ns/net", "/proc/self/ns/net")
    except PermissionError:
        return False
    except OSError:
        return True  # it is gone, or nothing that could be trusted


def diagnose(trouble: str, complaint: str) -> PrerequisiteError:
    """Why a sandbox did not come up: what `meet` found, and what bubblewrap wrote."""
    if trouble != SILENT:
        return PrerequisiteError(
            f"The sandbox does not start: {trouble}.",
            hint="Run `apt-get install --reinstall bubblewrap`; see that no other is on the path.",
        )
    last_line = complaint.rpartition("\n")[2] or SILENT
    for file, barring, remedy in _BARS:
        path = Path(file)
        if path.exists() and path.read_text().strip() == barring:
            return PrerequisiteError(
                f"User namespaces are barred on this machine: {last_line}", hint=remedy
            )
    return PrerequisiteError(
        f"The sandbox does not start: {last_line}",
        hint="In a container allow user namespaces: `docker run --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined ...`.",
    )
