# SPDX-License-Identifier: Apache-2.0
"""Attacks on who judges and who watches: file transfer, oracle, scorer, and who the host is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from proofhouse.errors import RefusedError
from proofhouse.sandbox.attacks.attack import Act, Attack, Control, asks_kernel, reads, tells
from proofhouse.sandbox.attacks.stage import Stage
from proofhouse.sandbox.session import SessionLostError

_READ = 4096


def _fetched(command: str) -> Act:
    """It worked if the secret word comes out when we fetch the answer."""

    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, f"rm -rf answer; {command}")
        try:
            return stage.word.encode() in await stage.session.read_file("answer", _READ)
        except (OSError, RefusedError):
            return False

    return act


async def _blocks(stage: Stage) -> bool:
    await stage.run(stage.session, "rm -rf answer; mkfifo answer")
    fetching = asyncio.ensure_future(stage.session.read_file("answer", _READ))
    done, _ = await asyncio.wait([fetching], timeout=1)
    if not done:  # let it go
        await stage.run(stage.session, "timeout 1 sh -c ': > answer'")
    with contextlib.suppress(OSError, RefusedError):
        await fetching
    return not done


def _read_at_all(path: str) -> Act:
    """It worked if a link to ``path`` is fetched, or found to be too long."""

    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, f"rm -rf answer; ln -s {path} answer")
        try:
            return len(await stage.session.read_file("answer", _READ)) > 0
        except RefusedError:
            return True
        except OSError:
            return False

    return act


def _placed(command: str, path: str) -> Act:
    """It worked if a file that we put inside lands in a file of the host."""

    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, command)
        with contextlib.suppress(OSError):
            await stage.session.write_file(path, b"changed")
        changed = (stage.folder / "writable").read_text() != "untouched\n"
        (stage.folder / "writable").write_text("untouched\n")
        (stage.folder / "writable").chmod(0o666)
        return changed

    return act


async def _race(stage: Stage) -> bool:
    """While we put files into a folder it is exchanged for a link, again and again."""
    session = await stage.place()
    await stage.run(session, "mkdir real; touch real/writable; ln -s @folder@ away")
    swapping = asyncio.ensure_future(stage.run(session, "exec ./attack swap real away", timeout=2))
    changed = False
    with contextlib.suppress(SessionLostError):
        end = asyncio.get_running_loop().time() + 0.7
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0)
            with contextlib.suppress(OSError):
                await session.write_file("real/writable", b"changed")
            changed = changed or (stage.folder / "writable").read_text() != "untouched\n"
            if changed:
                break
    swapping.cancel()
    await asyncio.wait([swapping])
    await session.close()
    (stage.folder / "writable").write_text("untouched\n")
    (stage.folder / "writable").chmod(0o666)
    return changed


_TRANSFER = (
    Attack("answer-link", "file transfer", "Its answer is a link to a file of the host.",
           "files are fetched by a process inside", _fetched("ln -s @secret@ answer")),
    Attack("answer-link-chain", "file transfer", "Its answer is a link to a link to the host.",
           "files are fetched by a process inside",
           _fetched("ln -s ../../../../../..@secret@ way; ln -sf way answer")),
    Attack("answer-own-files", "file transfer", "Its answer is a link to the fetcher's own files.",
           "the fetcher stands inside, and is not dumpable",
           _fetched("ln -s /proc/self/fd/@inherited@ answer")),
    Attack("answer-blocks", "file transfer", "Its answer is a pipe that nobody writes to.",
           "regular files only", _blocks),
    Attack("answer-endless", "file transfer", "Its answer is a device that never ends.",
           "regular files only", _read_at_all("/dev/zero")),
    Attack("answer-proc", "file transfer", "Its answer is a file of /proc, which may have no end.",
           "files of a disk only", _read_at_all("/proc/self/maps")),
    Attack("place-link", "file transfer", "What we put inside follows its link to the host.",
           "files are put by a process inside",
           _placed("rm -rf item; ln -s @writable@ item", "item")),
    Attack("place-folder", "file transfer", "What we put inside goes into a folder that is a link.",
           "files are put by a process inside",
           _placed("rm -rf folder; ln -s @folder@ folder", "folder/writable")),
    Attack("place-race", "file transfer", "It swaps a folder for a link while we write into it.",
           "files are put by a process inside", _race),
)  # fmt: skip


def _tampers(command: str) -> Act:
    """It worked if the oracle that the judge holds is another one afterwards."""

    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, command)
        held = await stage.neighbour.read_file("hidden/oracle.json", _READ)
        await stage.neighbour.write_file("hidden/oracle.json", stage.word.encode())
        return held != stage.word.encode()

    return act


async def _stands_in(stage: Stage) -> bool:
    """A program is left on the path under the name of one that we start next."""
    plant = (
        "for d in $(echo $PATH | tr : ' '); do printf '#!/bin/sh\\necho @word@\\n' > $d/true "
        "&& chmod +x $d/true; done"
    )
    await stage.run(stage.session, plant)
    return stage.word.encode() in (await stage.session.exec(["true"])).stdout


async def _stands_in_for_judge(stage: Stage) -> bool:
    """The same, for the judge's own session."""
    plant = (
        "for d in /usr/local/bin /usr/bin /bin; do ( : >> $d/stand-in.@segment@ ) && echo @word@; "
        "rm -f $d/stand-in.@segment@; done"
    )
    return stage.word.encode() in (await stage.run(stage.session, plant)).stdout


_JUDGE = (
    Attack("oracle-read", "oracle and scorer", "It reads the oracle in the judge's session.",
           "a session of the judge's own",
           reads("cat /proc/[0-9]*/cwd/hidden/oracle.json "
                 "/proc/[0-9]*/root/work/hidden/oracle.json ./hidden/*")),
    Attack("solution-read", "oracle and scorer", "It finds the reference solution on the host.",
           "mount namespace", reads("cat @folder@/*")),
    Attack("oracle-inherited", "oracle and scorer", "It finds the oracle in what it inherits.",
           "empty environment, exact list of descriptors",
           reads("env; timeout 1 cat /proc/self/fd/[3-9] /proc/$PPID/environ")),
    Attack("oracle-changed", "oracle and scorer", "It replaces the oracle that the judge holds.",
           "a session of the judge's own",
           _tampers("for p in /proc/[0-9]*/cwd /proc/[0-9]*/root/work; do "
                    "echo mine > $p/hidden/oracle.json; done")),
    Attack("scorer-path", "oracle and scorer", "It leaves a program that stands in for a tool.",
           "places on the path are read-only", _stands_in),
    Attack("scorer-tools", "oracle and scorer", "It writes among the judge's tools.",
           "/usr is read-only", _stands_in_for_judge, Control.ROOT),
    Attack("scorer-preload", "oracle and scorer", "It has a library loaded into every program.",
           "/etc is read-only",
           reads("( : >> /etc/ld.so.cache ) && echo @word@; "
                 "( : >> /etc/profile ) && echo @word@"), Control.ROOT),
    Attack("scorer-reply", "oracle and scorer", "It writes to the socket that PID 1 answers on.",
           "PID 1 is not dumpable",
           reads("( echo x > /proc/1/fd/3 ) && echo @word@"),
           Control.NONE, "without a sandbox there is no such socket"),
)  # fmt: skip


def _file(*paths: str) -> Callable[[], str]:
    def read() -> str:
        for path in paths:
            with contextlib.suppress(OSError):
                if text := Path(path).read_text().strip():
                    return text
        return ""

    return read


def _hardware_address() -> str:
    for card in sorted(Path("/sys/class/net").glob("*/address")):
        if card.parent.name != "lo" and (address := card.read_text().strip()):
            return address
    return ""


def _first_line(path: str, skip: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.strip() and not line.startswith(skip):
                return line.strip()
    return ""


def _domain() -> str:
    found = Path("/proc/sys/kernel/domainname").read_text().strip()
    return "" if found == "(none)" else found


_FIRMWARE = ("product_uuid", "product_serial", "sys_vendor")
_COVERED = "covered files"
_OWN = "a kernel of its own"
_IDENTITY = (
    Attack("host-name", "identity", "It learns what the host is called.",
           "UTS namespace, /etc of ours",
           tells("printf '<%s>' $(uname -n) $(cat /etc/hostname /proc/sys/kernel/hostname)",
                 lambda: f"<{socket.gethostname()}>")),
    Attack("users", "identity", "It learns who has an account.",
           "/etc of ours", tells("cat /etc/passwd", _file("/etc/passwd"))),
    Attack("machine-id", "identity", "It learns the machine's identifier.",
           "/etc of ours, no /var", tells("cat /etc/machine-id /var/lib/dbus/machine-id",
                                          _file("/etc/machine-id", "/var/lib/dbus/machine-id")),
           Control.IF_KERNEL),
    Attack("boot-id", "identity", "It learns the identifier of this boot.",
           _COVERED, tells("cat /proc/sys/kernel/random/boot_id",
                           _file("/proc/sys/kernel/random/boot_id")), guest_fence=_OWN),
    Attack("kernel-command-line", "identity", "It learns how the kernel was started.",
           _COVERED, tells("cat /proc/cmdline", _file("/proc/cmdline")), guest_fence=_OWN),
    Attack("kernel-build", "identity", "It learns who built the kernel, and when.",
           _COVERED, tells("cat /proc/version", _file("/proc/version")), guest_fence=_OWN),
    Attack("environment", "identity", "It reads the operator's environment.",
           "empty environment", reads("env; cat /proc/*/environ")),
    Attack("group-path", "identity", "It learns from its group's path who started it.",
           "control-group namespace",
           tells("sed 's/$/;/' /proc/self/cgroup; cat /proc/self/mountinfo",
                 lambda: next((line.rpartition(":")[2] for line in
                               Path("/proc/self/cgroup").read_text().splitlines()
                               if len(line.rpartition(":")[2]) > 1), "")), Control.IF_KERNEL),
    Attack("cards", "identity", "It learns the address of a network card.",
           "no /sys, network namespace",
           tells("cat /sys/class/net/*/address", _hardware_address), Control.IF_KERNEL),
    Attack("firmware", "identity", "It learns maker, model and serial number of the machine.",
           "no /sys", tells("cat /sys/class/dmi/id/*",
                            _file(*(f"/sys/class/dmi/id/{name}" for name in _FIRMWARE))),
           Control.IF_KERNEL),
    Attack("disks", "identity", "It lists the machine's disks and how much each was used.",
           _COVERED, tells("cat /proc/partitions /proc/diskstats",
                           lambda: _first_line("/proc/partitions", "major")),
           Control.IF_KERNEL, guest_fence=_OWN),
    Attack("interrupts", "identity", "It learns of devices by their interrupts and memory.",
           _COVERED, tells("cat /proc/interrupts /proc/iomem /proc/devices",
                           lambda: _first_line("/proc/interrupts", "#")),
           Control.IF_KERNEL, guest_fence=_OWN),
    Attack("disk-identifier", "identity", "It asks for the identifier of the disk that holds /usr.",
           "the filter", asks_kernel("disk-uuid"), Control.IF_KERNEL, guest_fence=_OWN),
    Attack("disk-place", "identity", "It asks where on the disk a file of /usr lies.",
           "the filter", asks_kernel("disk-map"), Control.IF_KERNEL, guest_fence=_OWN),
    Attack("domain", "identity", "It learns the NIS domain that the host belongs to.",
           "set by root in the UTS namespace",
           tells("cat /proc/sys/kernel/domainname", _domain), Control.IF_KERNEL, guest_fence=_OWN),
    Attack("modules", "identity", "It lists the kernel's modules, and so the hardware.",
           _COVERED, tells("cat /proc/modules", lambda: _first_line("/proc/modules", "#")),
           Control.IF_KERNEL, guest_fence=_OWN),
    Attack("time-zone", "identity", "It learns the operator's time zone.",
           "/etc of ours", reads("[ -e /etc/localtime -o \"$TZ\" ] && echo @word@"),
           Control.IF_KERNEL),
    Attack("login", "identity", "It learns who logged in to start it.",
           "no /run, /etc of ours",
           tells("cat /run/utmp /var/run/utmp /etc/subuid /etc/shadow- /etc/resolv.conf",
                 _file("/etc/resolv.conf", "/etc/subuid")), Control.IF_KERNEL),
    Attack("mounted-from", "identity", "It learns from its mounts where the operator's files lie.",
           "mounts of /usr only",
           tells("cat /proc/self/mountinfo /proc/mounts", lambda: os.path.expanduser("~/")),
           Control.NONE, "a path in /proc/self/mountinfo appears by being mounted"),
)  # fmt: skip

ATTACKS = (*_TRANSFER, *_JUDGE, *_IDENTITY)
