# SPDX-License-Identifier: Apache-2.0
"""Control groups: a session's memory, processes and share, and a handle on each command's tree.

    BASE/proofhouse/NAME            the session: memory, swap, processes; bubblewrap and PID 1
    BASE/proofhouse/NAME/run        every command: processes, less a reserve so that PID 1 can fork
    BASE/proofhouse/NAME/run/3      one slot: one command with everything it ever started

Both versions look like this (cgroups(7)). Under version 1 memory, pids and cpuacct are three
hierarchies and BASE is the root of each, so it takes root. Under version 2 there is one; BASE is
its root for root, and our own delegated group for everybody else, whose processes first move into
``BASE/proofhouse.callers``, for a group with controllers for its children may hold none itself.

Where there is a cpu controller, sessions have equal shares of the processors, each as much as one
ordinary process: a hundred spinning processes in one make neither us nor another session late.

A process enters by writing "0" to a file that was opened out here. Where it can be, that is the
file for threads: a single thread that moves itself needs no machine-wide lock, and the lock costs
some 10 ms (one RCU grace period) each time it has not been taken lately. For that the groups of
version 2 below the session are threaded; what is limited there, processes, can be.

A tree is killed without a race: first its group may start nothing more, then whatever it lists is
killed until nothing is counted any more. Each process is pinned by a pidfd and looked up again
before the signal, so that a recycled PID is never hit.

NAME is ``PIDNS.PID.START.COUNT`` of the owner: its PID namespace, its PID in there and the time it
started. `sweep` removes the groups whose owner is gone, and leaves alone the ones it can't judge.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox.limits import Limits

_NAME = re.compile(r"(\d+)\.(\d+)\.(\d+)\.\d+")
_RESERVE = 8  # processes that the session has beyond those of its commands
_TASK_SHARES, _MOST_SHARES = 1024, 256  # what a task has; the kernel's bound on a group's, in tasks
_MOST_BUFFERS = 32 << 20
_CONTROLLERS = ("memory", "pids", "cpuacct")
_REMEDY = (
    "As an ordinary user start it by `systemd-run --user --scope -p Delegate=yes COMMAND`; "
    "as root see that /sys/fs/cgroup is mounted and writable."
)
_count = itertools.count()


@dataclass(frozen=True)
class Controllers:
    """Where groups can be made: for each controller the directory ``BASE/proofhouse``."""

    version: int
    memory: Path
    pids: Path
    cpu: Path
    shares: Path | None = None  # only version 1 has it apart from the others, if at all

    @property
    def directories(self) -> tuple[Path, ...]:
        """All of them, each once: controllers may share a hierarchy."""
        every = (self.memory, self.pids, self.cpu, self.shares)
        return tuple(dict.fromkeys(directory for directory in every if directory is not None))

    @property
    def threads_file(self) -> str:
        """Lists the threads of a group, and moves a single thread into it."""
        return "tasks" if self.version == 1 else "cgroup.threads"


def _write(path: Path, value: str | int) -> None:
    # O_TRUNC, which the kernel ignores here, would be refused to a delegated user.
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def _numbers(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


# ---- finding out what there is -----------------------------------------------------------------


def _mounts() -> Iterator[tuple[int, Path, frozenset[str]]]:
    """Version, mount point and options of every hierarchy in sight, from mountinfo (proc(5))."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            point = before.split()[4].encode().decode("unicode_escape")
            yield 1 if kind == "cgroup" else 2, Path(point), frozenset(options.split(","))


def _missing(why: str) -> PrerequisiteError:
    return PrerequisiteError(f"Memory can't be limited here: {why}.", hint=_REMEDY)


def _version_2(mount: Path) -> Controllers:
    base = mount
    if os.geteuid() != 0:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line[3:] for line in lines if line.startswith("0::"))
        base = mount / own.lstrip("/")
        if base.name == "proofhouse.callers":
            base = base.parent
    if not os.access(base / "cgroup.procs", os.W_OK) or not os.access(base, os.W_OK):
        raise _missing("this process has no control group of its own")
    ours = base / "proofhouse"
    _enable(base, "+memory +pids")
    ours.mkdir(exist_ok=True)
    _enable(ours, "+memory +pids")
    with contextlib.suppress(OSError):
        _write(base / "cgroup.subtree_control", "+cpu")
        _write(ours / "cgroup.subtree_control", "+cpu")
    return Controllers(2, ours, ours, ours)


def _enable(group: Path, controllers: str) -> None:
    wanted = set(controllers.replace("+", "").split())
    if wanted <= set((group / "cgroup.subtree_control").read_text().split()):
        return
    if not wanted <= set((group / "cgroup.controllers").read_text().split()):
        raise _missing("the memory and pids controllers are not delegated to this process")
    try:
        _write(group / "cgroup.subtree_control", controllers)
    except OSError:  # it holds processes, and may not any more
        callers = group / "proofhouse.callers"
        callers.mkdir(exist_ok=True)
        for pid in _numbers(group / "cgroup.procs"):
            _write(callers / "cgroup.procs", pid)
        _write(group / "cgroup.subtree_control", controllers)


def _version_1(mounts: list[tuple[int, Path, frozenset[str]]]) -> Controllers:
    found: dict[str, Path] = {}
    for version, point, options in mounts:
        for controller in (*_CONTROLLERS, "cpu"):
            if version == 1 and controller in options and os.access(point, os.W_OK):
                found[controller] = point / "proofhouse"
    absent = [controller for controller in _CONTROLLERS if controller not in found]
    if absent:
        raise _missing(f"no writable control group for {', '.join(absent)}")
    for directory in found.values():
        directory.mkdir(exist_ok=True)
    return Controllers(1, found["memory"], found["pids"], found["cpuacct"], found.get("cpu"))


@cache
def controllers() -> Controllers:
    """The controllers this process can use; sweeps what dead owners left there, once.

    Raises `PrerequisiteError` when memory or processes can't be limited.
    """
    mounts = list(_mounts())
    try:
        for version, point, _ in mounts:
            if version == 2 and "memory" in (point / "cgroup.controllers").read_text().split():
                found = _version_2(point)
                break
        else:
            found = _version_1(mounts)
    except OSError as error:
        raise _missing(f"{error.filename}: {error.strerror}") from error
    sweep(found)
    return found


# ---- killing and removing ----------------------------------------------------------------------


def _process_of(thread: int) -> int | None:
    """The process (thread group) of a thread; None once it is gone."""
    try:
        status = Path(f"/proc/{thread}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^Tgid:\s*(\d+)$", status, re.MULTILINE)
    return int(found[1]) if found else None


def _kill_listed(threads: Path) -> None:
    """Kill every process with a thread in this list, as it is now."""
    for thread in _numbers(threads):
        process = _process_of(thread)
        if process is None:
            continue
        try:
            pinned = os.pidfd_open(process)
        except OSError:
            continue
        try:
            if thread in _numbers(threads) and _process_of(thread) == process:
                signal.pidfd_send_signal(pinned, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(pinned)


def _remove_tree(group: Path) -> bool:
    """Remove a group and all below it; False while something still lives there."""
    try:
        for child in group.iterdir():
            if child.is_dir() and not _remove_tree(child):
                return False
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks since boot: field 22 of stat (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def _namespace() -> str:
    return str(os.stat("/proc/self/ns/pid").st_ino)


def sweep(where: Controllers) -> tuple[str, ...]:
    """Kill and remove the groups of owners that are gone; returns their names."""
    swept = set()
    for directory in where.directories:
        for group in list(directory.iterdir()):
            name = _NAME.fullmatch(group.name)
            if name is None or name[1] != _namespace() or _started(int(name[2])) == name[3]:
                continue
            with contextlib.suppress(FileNotFoundError):  # it is being removed by its own end
                for threads in group.glob(f"**/{where.threads_file}"):
                    _kill_listed(threads)
            if _remove_tree(group):
                swept.add(group.name)
    return tuple(sorted(swept))


# ---- the groups of a session -------------------------------------------------------------------


def _limit_memory(where: Controllers, group: Path, limit: int) -> None:
    """Bound memory and swap together; reads back what it wrote."""
    if where.version == 1:
        bound, both, together = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", limit
    else:
        bound, both, together = "memory.max", "memory.swap.max", 0
    _write(group / bound, limit)
    if (group / both).exists():
        _write(group / both, together)
    elif len(Path("/proc/swaps").read_text().splitlines()) > 1:
        raise PrerequisiteError(
            "Memory can't be limited here: there is swap, and it can't be limited.",
            hint="Run `swapoff -a`, or boot with swapaccount=1.",
        )
    if int((group / bound).read_text()) > limit:
        raise _missing(f"{bound} does not keep what is written to it")


def _limit_buffers(where: Controllers, group: Path, limit: int) -> None:
    """Bound buffers of TCP and UDP, which version 1 counts apart, if at all."""
    file = group / "memory.kmem.tcp.limit_in_bytes"
    if where.version == 1 and file.exists():
        with contextlib.suppress(OSError):
            _write(file, min(_MOST_BUFFERS, limit))


def _share_processors(where: Controllers) -> None:
    """Give all sessions together as much as there are of them: version 1 counts by task."""
    if where.shares is not None:
        sessions = sum(1 for name in os.listdir(where.shares) if _NAME.fullmatch(name))
        _write(where.shares / "cpu.shares", _TASK_SHARES * max(1, min(sessions, _MOST_SHARES)))


class Slot:
    """The group of one command: enter it, ask it, empty it."""

    def __init__(self, where: Controllers, name: str, number: int) -> None:
        self.number = number
        self._where = where
        self._pids = where.pids / name / "run" / str(number)
        self._cpu = where.cpu / name / "run" / str(number)
        for group in dict.fromkeys((self._pids, self._cpu)):
            group.mkdir()
            if where.version == 2:
                _write(group / "cgroup.type", "threaded")

    def entrances(self) -> list[int]:
        """Open descriptors; who writes "0" to each of them is inside."""
        return [
            os.open(group / self._where.threads_file, os.O_WRONLY | os.O_CLOEXEC)
            for group in dict.fromkeys((self._pids, self._cpu))
        ]

    def cpu_nanoseconds(self) -> int:
        """Processor time of everything that ever ran here."""
        return _cpu_nanoseconds(self._where, self._cpu)

    def empty(self) -> bool:
        """Whether all that was started here is dead and reaped (lists leave out what is dying)."""
        return (self._pids / "pids.current").read_text() == "0\n"

    def forbid_forks(self) -> None:
        """Nothing here can start anything from now on."""
        _write(self._pids / "pids.max", 0)

    def allow_forks(self) -> None:
        """Take `forbid_forks` back."""
        _write(self._pids / "pids.max", "max")

    def kill(self) -> None:
        """Send SIGKILL to all that live here; they are gone once `empty`."""
        _kill_listed(self._pids / self._where.threads_file)


def _cpu_nanoseconds(where: Controllers, group: Path) -> int:
    if where.version == 1:
        return int((group / "cpuacct.usage").read_text())
    return 1000 * _counter(group / "cpu.stat", "usage_usec")


def _counter(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0


class SessionGroup:
    """The group of one session.

    Raises `PrerequisiteError` when the limits can't be set.
    """

    def __init__(self, where: Controllers, limits: Limits) -> None:
        self._where = where
        started = _started(os.getpid())
        self.name = f"{_namespace()}.{os.getpid()}.{started}.{next(_count)}"
        try:
            self._make(limits)
        except OSError as error:
            self.remove()
            raise _missing(f"{error.filename}: {error.strerror}") from error

    def _make(self, limits: Limits) -> None:
        where = self._where
        for directory in where.directories:
            (directory / self.name).mkdir(parents=True)
        _share_processors(where)
        _limit_memory(where, where.memory / self.name, limits.memory_bytes)
        _limit_buffers(where, where.memory / self.name, limits.memory_bytes)
        _write(where.pids / self.name / "pids.max", limits.pids + _RESERVE)
        if where.version == 2:
            _write(where.pids / self.name / "cgroup.subtree_control", "+pids")
        for directory in dict.fromkeys((where.pids, where.cpu)):
            run = directory / self.name / "run"
            run.mkdir()
            if where.version == 2:
                _write(run / "cgroup.type", "threaded")
                _write(run / "cgroup.subtree_control", "+pids")
        _write(where.pids / self.name / "run" / "pids.max", limits.pids)

    def entrances(self) -> list[int]:
        """Open descriptors; who writes "0" to each of them is inside."""
        file = "tasks" if self._where.version == 1 else "cgroup.procs"
        return [
            os.open(directory / self.name / file, os.O_WRONLY | os.O_CLOEXEC)
            for directory in self._where.directories
        ]

    def slot(self, number: int) -> Slot:
        """Make a slot; its number is new in this session."""
        return Slot(self._where, self.name, number)

    def cpu_nanoseconds(self) -> int:
        """Processor time of everything that ever ran in the session."""
        return _cpu_nanoseconds(self._where, self._where.cpu / self.name)

    def peak_memory_bytes(self) -> int:
        """Most memory it held at one time (now, on kernels before 5.19 with version 2)."""
        group = self._where.memory / self.name
        names = ("memory.max_usage_in_bytes", "memory.peak", "memory.current")
        return int(next(group / name for name in names if (group / name).exists()).read_text())

    def out_of_memory_kills(self) -> int:
        """How many processes the kernel killed because the memory limit was met."""
        group = self._where.memory / self.name
        file = "memory.oom_control" if self._where.version == 1 else "memory.events"
        return _counter(group / file, "oom_kill")

    def remove(self) -> bool:
        """Remove the groups; False while something still lives in one."""
        removed = [_remove_tree(directory / self.name) for directory in self._where.directories]
        _share_processors(self._where)
        return all(removed)
