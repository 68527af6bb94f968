# SPDX-License-Identifier: Apache-2.0
"""Attacks from the inside on the fences themselves: rights, kernel, limits, time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import time
from pathlib import Path

from proofhouse.sandbox.attacks.attack import Act, Attack, Control, asks_kernel, opens, reads, takes
from proofhouse.sandbox.attacks.stage import Stage
from proofhouse.sandbox.limits import MIB
from proofhouse.sandbox.session import Session, SessionLostError

_OWN_KERNEL = "a kernel of its own"

_RIGHTS = (
    Attack("setuid-program", "rights", "It starts a program that root has lent its rights.",
           "NoNewPrivs, nosuid",
           reads("for p in su passwd newgrp chsh; do "
                 "[ -u /usr/bin/$p ] && ./attack setuid /usr/bin/$p && echo @word@; done")),
    Attack("become-root", "rights", "It asks to be root.",
           "no capability, one user mapped", asks_kernel("setuid"), Control.ROOT),
    Attack("capability", "rights", "It raises a capability.",
           "empty bounding set", asks_kernel("capset"), Control.ROOT),
    Attack("namespace-unshared", "nested namespaces", "It makes itself a user namespace.",
           "the filter, --disable-userns", asks_kernel("unshare-user"), guest_fence=_OWN_KERNEL),
    Attack("namespace-cloned", "nested namespaces", "It starts a child in a user namespace.",
           "the filter, --disable-userns", asks_kernel("clone-user"), guest_fence=_OWN_KERNEL),
    Attack("nested-mount", "nested namespaces", "It mounts in a mount namespace of its own.",
           "the filter", asks_kernel("nested-mount"), guest_fence=_OWN_KERNEL),
    Attack("namespace-entered", "nested namespaces", "It enters the namespace of PID 1.",
           "the filter", asks_kernel("setns /proc/@first@/ns/net"), Control.NONE,
           "PID 1 of the machine is nobody's to enter; `namespace-reentered` is its twin"),
    Attack("namespace-reentered", "nested namespaces", "It enters a namespace by its file.",
           "the filter", asks_kernel("setns /proc/self/ns/net"), Control.ROOT,
           guest_fence=_OWN_KERNEL),
    Attack("root-changed", "nested namespaces", "It changes its root directory.",
           "the filter, no capability", asks_kernel("chroot"), Control.ROOT),
    Attack("group-left", "limits", "It moves itself out of its control group.",
           "no /sys; unprivileged user",
           reads("for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do "
                 "( : >> $f ) && echo @word@; done"), Control.ROOT),
)  # fmt: skip

_KERNEL = (
    Attack("ptrace", "ptrace", "It takes hold of PID 1 as a debugger.",
           "the filter; PID 1 is not dumpable", asks_kernel("seize @first@"),
           guest_fence=_OWN_KERNEL),
    Attack("memory-read", "ptrace", "It copies the memory of PID 1.",
           "the filter; PID 1 is not dumpable", asks_kernel("vmread @first@"),
           guest_fence=_OWN_KERNEL),
    Attack("memory-opened", "ptrace", "It opens the memory of PID 1 as a file.",
           "PID 1 is not dumpable", asks_kernel("memory @first@"), guest_fence=_OWN_KERNEL),
    Attack("first-limited", "kernel interfaces", "It sets a limit of PID 1, which serves us.",
           "the filter", asks_kernel("limited @first@"), guest_fence=_OWN_KERNEL),
    Attack("first-slowed", "kernel interfaces", "It slows down PID 1, which serves us.",
           "the filter", asks_kernel("slowed @first@"), guest_fence=_OWN_KERNEL),
    Attack("bpf", "kernel interfaces", "It loads a map into the kernel.",
           "the filter", asks_kernel("bpf"), Control.ROOT),
    Attack("socket-filter", "kernel interfaces",
           "It has a filter compiled for a socket, out of the machine's one budget for that.",
           "the filter", asks_kernel("socket-filter"), guest_fence=_OWN_KERNEL),
    Attack("own-filter", "kernel interfaces",
           "It has one compiled for its own calls, out of the same budget.",
           "the filter", asks_kernel("own-filter"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("memory-merged", "kernel interfaces", "It has the kernel compare all its memory.",
           "the filter", asks_kernel("merged"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("perf", "kernel interfaces", "It counts the kernel's events.",
           "the filter", asks_kernel("perf"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("userfaultfd", "kernel interfaces", "It holds the kernel in the middle of a copy.",
           "the filter", asks_kernel("userfaultfd"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("io-uring", "kernel interfaces", "It sends its calls round the filter, by a ring.",
           "the filter", asks_kernel("io_uring"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("module", "kernel interfaces", "It loads a module.",
           "the filter, no capability", asks_kernel("module"), Control.IF_KERNEL),
    Attack("crypto-socket", "kernel interfaces", "It opens the kernel's ciphers.",
           "the filter", asks_kernel("alg"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("rare-protocol", "kernel interfaces", "It has the kernel load a rare protocol.",
           "the filter", asks_kernel("sctp"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("kernel-log", "kernel interfaces", "It reads the kernel's log.",
           "the filter", asks_kernel("syslog"), Control.ROOT, guest_fence=_OWN_KERNEL),
    Attack("personality", "kernel interfaces", "It makes all its memory executable.",
           "the filter", asks_kernel("personality"), guest_fence=_OWN_KERNEL),
    Attack("foreign-call", "kernel interfaces", "It calls by another architecture's numbers.",
           "the filter", asks_kernel("foreign-call"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("core-dump", "kernel interfaces", "It has the host's handler started by a crash.",
           "core limit of one byte, kept by the filter", asks_kernel("core"),
           guest_fence=_OWN_KERNEL),
    Attack("sysfs", "kernel interfaces", "It looks round in /sys.",
           "no /sys", reads("[ -e /sys/kernel ] && echo @word@"), Control.IF_KERNEL),
)  # fmt: skip


async def _flood(stage: Stage) -> bool:
    result = await stage.run(stage.session, "head -c 3000000 /dev/zero")
    return len(result.stdout) > stage.limits.output_bytes


async def _computes(stage: Stage) -> bool:
    """Four processes; in a tier six times what they may use together, without one a little."""
    session = await stage.place()
    each = 1500 * stage.limits.cpu_seconds if stage.tier else 50
    try:
        result = await stage.run(session, f"./attack use processor {each}")
        used = (await session.usage()).cpu_milliseconds
    except SessionLostError:
        return False
    finally:
        await session.close()
    allowed = 3000 * stage.limits.cpu_seconds  # the clock inside may run ahead of the work done
    return b"WON" in result.stdout and (stage.tier is None or used > allowed)


async def _long(stage: Stage) -> bool:
    result = await stage.run(stage.session, "sleep 0.5; echo WON", timeout=0.1 if stage.tier else 5)
    return b"WON" in result.stdout


async def _more_time(stage: Stage) -> bool:
    """A command of a session that allows a tenth of a second asks for five."""
    if stage.tier is None:
        return await _long(stage)
    short = dataclasses.replace(stage.limits, wall_seconds=0.2)
    session = await stage.start(short)
    try:
        result = await stage.run(session, "sleep 1; echo WON", timeout=5)
    finally:
        await session.close()
    return b"WON" in result.stdout


_MEMORY, _DISK = 192, 24  # MiB; the stage's limits are 128 and 16

_LIMITS = (
    Attack("memory-bomb", "limits", "It takes more memory than it may.",
           "control group", takes(f"./attack use memory {_MEMORY}")),
    Attack("memory-of-many", "limits", "It takes the memory by several processes.",
           "control group",
           takes(f"for i in 1 2 3; do ./attack use part {_MEMORY // 3} > got$i & done; wait; "
                 "[ $(cat got1 got2 got3 | wc -l) = 3 ] && echo WON")),
    Attack("memory-file", "limits", "It takes the memory as a file without a name.",
           "control group", takes(f"./attack use memfd {_MEMORY}")),
    Attack("memory-segment", "limits", "It takes the memory as a shared segment.",
           "control group", takes(f"./attack use shared {_MEMORY}")),
    Attack("memory-score", "limits", "It makes the kernel kill others before itself.",
           "unprivileged user",
           opens("echo -1000 > /proc/self/oom_score_adj && grep -qx -- -1000 "
                 "/proc/self/oom_score_adj && echo WON"), Control.IF_KERNEL,
           guest_fence=_OWN_KERNEL),
    Attack("locks", "limits", "It takes locks, whose memory no control group is charged for.",
           "the filter", asks_kernel("lock-open"), guest_fence=_OWN_KERNEL),
    Attack("leases", "limits", "It takes a lease, whose memory no control group is charged for.",
           "the filter", asks_kernel("lease"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("memberships", "limits", "It joins groups, whose memory nobody is charged for.",
           "the filter", asks_kernel("membership"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("headers", "limits", "It gives a socket headers, whose memory nobody is charged for.",
           "the filter", asks_kernel("header"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("fork-bomb", "limits", "It starts more processes than it may.",
           "control group", takes("./attack use processes 64"),
           guest_fence="the guest's limit on processes, control group"),
    Attack("thread-bomb", "limits", "It starts more threads than it may.",
           "control group", takes("./attack use threads 64"),
           guest_fence="the guest's limit on processes, control group"),
    Attack("files-open", "limits", "It opens more files than it may, and raises its limit first.",
           "hard limit", takes("./attack use files 200")),
    Attack("terminals", "limits", "It takes terminals, of which the machine has few.",
           "a bound on its own devpts where root starts it, on open files elsewhere",
           opens("./attack use terminals 80"),
           Control.ROOT, guest_fence=_OWN_KERNEL),
    Attack("disk-fill", "limits", "It fills its work folder.",
           "sized tmpfs",
           takes(f"head -c {_DISK}M /dev/zero > fill; "
                 f"[ $(wc -c < fill) = {_DISK * MIB} ] && echo WON; rm -f fill")),
    Attack("disk-fill-elsewhere", "limits", "It fills every other place that it can write.",
           "sized tmpfs",
           takes(f"for d in /tmp /dev/shm; do head -c {_DISK}M /dev/zero > $d/fill.$$; "
                 f"[ $(wc -c < $d/fill.$$) = {_DISK * MIB} ] && echo WON; rm -f $d/fill.$$; done")),
    Attack("disk-sparse", "limits", "It makes a file of holes that is larger than the disk.",
           "limit on the size of files",
           takes("truncate -s 1G holes && [ $(wc -c < holes) = 1073741824 ] && echo WON")),
    Attack("output-flood", "limits", "It floods whoever reads its output.",
           "cut at its limit and drained", _flood),
    Attack("processor", "limits", "It computes with four processes for longer than it may.",
           "processor time of the whole tree", _computes),
    Attack("duration", "limits", "It runs on after its time.",
           "our clock", _long),
    Attack("duration-asked", "limits", "It is asked to run longer than its session allows.",
           "cut to the limit", _more_time),
)  # fmt: skip


def _survives(how: str) -> Act:
    """It worked if what the command started still adds to its file after the command's time."""

    async def act(stage: Stage) -> bool:
        session = await stage.place()
        try:
            command = f"./attack tick {how} beats & until [ -s beats ]; do sleep 0.01; done; wait"
            ended = await stage.run(session, command, timeout=0.6)
            if not ended.timed_out:
                raise AssertionError(f"{how}: it was not running")
            before = len(await session.read_file("beats", 1 << 20))
            await asyncio.sleep(0.1)
            return len(await session.read_file("beats", 1 << 20)) > before
        except SessionLostError:
            return False
        finally:
            await session.close()

    return act


async def _works_on(stage: Stage) -> bool:
    """What an ended command left behind computes three times as long as any command may.

    It stops growing if it has been ended; on a busy machine it may merely not have been at work,
    so that the time it used must say the same.
    """
    session = await stage.place()
    allowed = 1000 * stage.limits.cpu_seconds
    begun = time.monotonic()
    try:
        await stage.run(session, "./attack tick work beats </dev/null >/dev/null 2>&1")
        while time.monotonic() < begun + _LIFE:
            before = await _size(session)
            await asyncio.sleep(0.1)
            grows = await _size(session) > before
            used = (await session.usage()).cpu_milliseconds
            if grows and (stage.tier is None or used > 3 * allowed):
                return True
            if not grows and used > 0.9 * allowed:
                return False
        raise AssertionError("it was not at work")
    except SessionLostError:
        return False
    finally:
        await session.close()


async def _size(session: Session) -> int:
    try:
        return len(await session.read_file("beats", 1 << 20))
    except OSError:  # it has not begun yet
        return 0


async def _outlives(stage: Stage) -> bool:
    """A process goes on after the session's end: looked for by its group and by its name."""
    session = await stage.place()
    name = f"t{stage.word[-12:]}"
    start = f"cp attack {name}; ./{name} tick double beats >/dev/null 2>&1 </dev/null & sleep 0.1"
    await stage.run(session, start)
    if stage.tier is not None:
        await session.close()
    await asyncio.sleep(0.05)
    return any(_command_name(pid) == name for pid in filter(str.isdecimal, os.listdir("/proc")))


def _command_name(pid: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


async def _holds_on(stage: Stage) -> bool:
    """A command is over, but its output is held open by what it left behind."""
    begun = asyncio.get_running_loop().time()
    command = "./attack tick double beats </dev/null & echo over"
    await stage.run(await stage.place(), command, timeout=10)
    return asyncio.get_running_loop().time() - begun > 5


_LIFE = 120  # seconds for what takes two at most, on a machine that is busy
_TREE = "the command's control group is emptied"
_GUEST_TREE = "PID 1 inside kills all but itself"
_TIME = (
    *(
        Attack(f"survives-{how}", "timeout", f"At the timeout {what} lives on.", _TREE,
               _survives(how), guest_fence=_GUEST_TREE)
        for how, what in (
            ("child", "its child"),
            ("session", "a child in a session of its own"),
            ("double", "a daemon, forked twice"),
            ("deaf", "a process that ignores every signal"),
            ("vfork", "a process that executed another program"),
            ("comet", "a process that for ever starts its successor and ends"),
        )
    ),
    Attack("works-on", "timeout", "After its end a chain of processes that it left computes on.",
           "the processor time of what is left behind", _works_on),
    Attack("outlives", "timeout", "After the session a process of it lives on.",
           "the end of PID 1", _outlives),
    Attack("holds-output", "timeout", "It is over, but keeps its reader waiting.",
           "output is awaited a quarter of a second", _holds_on, Control.NONE,
           "whether a plain reader waits is the reader's choice"),
)  # fmt: skip

ATTACKS = (*_RIGHTS, *_KERNEL, *_LIMITS, *_TIME)
