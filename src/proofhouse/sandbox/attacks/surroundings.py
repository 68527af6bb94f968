# SPDX-License-Identifier: Apache-2.0
"""Attacks on what is around a sandbox: the host's files, processes, devices, sockets and network,
and other samples."""

from __future__ import annotations

from proofhouse.sandbox.attacks.attack import (
    Act,
    Attack,
    Control,
    asks_kernel,
    opens,
    reaches,
    reads,
)
from proofhouse.sandbox.attacks.stage import Stage

_OWN_KERNEL = "a kernel of its own"


def _writes(command: str) -> Act:
    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, command)
        changed = (stage.folder / "writable").read_text() != "untouched\n"
        (stage.folder / "writable").write_text("untouched\n")
        return changed

    return act


async def _signals_host(stage: Stage) -> bool:
    stage.keeper.poll()
    await stage.run(stage.session, "kill -9 @keeper@")
    await stage.run(stage.session, "sleep 0.05")
    return stage.keeper.poll() is not None


_FILES = (
    Attack("file-by-path", "host files", "It opens a file of the host by its path.",
           "mount namespace", reads("cat @secret@")),
    Attack("file-by-dots", "host files", "It climbs out of its folder by dots.",
           "mount namespace", reads("cat ../../../../../../../../..@secret@")),
    Attack("file-by-proc-root", "host files", "It goes through the root of every process it sees.",
           "mount and PID namespaces", reads("cat /proc/[0-9]*/root@secret@")),
    Attack("file-by-proc-cwd", "host files", "It goes through the work folder of every process.",
           "PID namespace", reads("cat /proc/[0-9]*/cwd/secret")),
    Attack("file-by-link", "host files", "It makes a link to the file and opens that.",
           "mount namespace", reads("ln -sf @secret@ link; cat link")),
    Attack("file-by-hard-link", "host files", "It makes a second name for the file.",
           "mount namespace", reads("ln @secret@ hard; cat hard"), Control.ROOT),
    Attack("file-by-search", "host files", "It searches every place for the file.",
           "mount namespace",
           reads("find / /tmp /home /srv /mnt -maxdepth 3 -name secret -path '*stage-*' "
                 "-exec cat {} +")),
    Attack("file-by-descriptor", "host files", "It reads descriptors that its parent left open.",
           "exact list of descriptors",
           reads("./attack descriptors")),
    Attack("file-by-handle", "host files", "It names a file by its number on the disk.",
           "the filter", asks_kernel("handle /usr"), guest_fence=_OWN_KERNEL),
    Attack("file-written", "host files", "It writes into a file that anybody may write.",
           "mount namespace", _writes("echo changed > @writable@")),
    Attack("file-written-by-proc", "host files", "It writes there through other processes.",
           "PID namespace",
           _writes("for p in /proc/[0-9]*/cwd /proc/[0-9]*/root@folder@; do "
                   "echo changed > $p/writable; done")),
)  # fmt: skip

_PROC = (
    Attack("proc-arguments", "/proc", "It reads the arguments of a process of the host.",
           "PID namespace", reads("cat /proc/[0-9]*/cmdline")),
    Attack("proc-environ", "/proc", "It reads the environment of a process of the host.",
           "PID namespace", reads("cat /proc/[0-9]*/environ")),
    Attack("proc-descriptors", "/proc", "It reads what a process of the host has open.",
           "PID namespace", reads("cat /proc/@keeper@/fd/[3-9] /proc/@keeper@/fd/[1-9][0-9]")),
    Attack("proc-maps", "/proc", "It learns from a process's memory map what it executes.",
           "PID namespace", reads("cat /proc/@keeper@/maps && echo @word@")),
    Attack("proc-signal", "/proc", "It kills a process of the host that has its own user's number.",
           "PID namespace", _signals_host, Control.NONE,
           "killing the stage's process would end the stage; `proc-signal` 0 is its twin"),
    Attack("proc-signal-0", "/proc", "It asks whether a process of the host may be signalled.",
           "PID namespace", reads("kill -0 @keeper@ && cat /proc/@keeper@/environ")),
    Attack("proc-settings", "/proc", "It opens the kernel's settings for writing.",
           "unprivileged user, read-only /proc/sys",
           opens("for f in core_pattern modprobe domainname panic; do "
                 "( : >> /proc/sys/kernel/$f ) && echo WON; done"), Control.ROOT,
           guest_fence=_OWN_KERNEL),
    Attack("proc-sysrq", "/proc", "It opens the magic key that restarts the machine.",
           "unprivileged user", opens("( : >> /proc/sysrq-trigger ) && echo WON"),
           Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("proc-own-exe", "/proc", "It opens the program of PID 1, which the host executes too.",
           "PID 1 is not dumpable",
           reads("( : >> /proc/@keeper@/exe || : >> /proc/1/exe ) && echo @word@"), Control.NONE,
           "a program under execution can't be opened for writing anywhere"),
)  # fmt: skip

_HOST_FILES = (
    Attack("usr-watched", "host files", "It has itself told what the host does in /usr.",
           "the filter", asks_kernel("notify"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("usr-locked", "host files", "It locks a file of /usr that the host's programs use.",
           "the filter", asks_kernel("flock"), guest_fence=_OWN_KERNEL),
    Attack("usr-locked-bytes", "host files", "It locks a part of such a file.",
           "the filter", asks_kernel("lock"), guest_fence=_OWN_KERNEL),
    Attack("usr-cached", "host files", "It asks which pages of a file the host has read lately.",
           "the filter", asks_kernel("cached-pages"), guest_fence=_OWN_KERNEL),
    Attack("usr-cached-read", "host files", "It reads a file only if the host has read it lately.",
           "the filter", asks_kernel("cached-read"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("usr-cached-dropped", "host files", "It makes the host forget a file of /usr.",
           "the filter", asks_kernel("cached-dropped"), guest_fence=_OWN_KERNEL),
    Attack("usr-cached-ahead", "host files", "It makes the host read a file of /usr ahead.",
           "the filter", asks_kernel("cached-ahead"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
)  # fmt: skip

_DEVICES = (
    Attack("device-disk", "devices", "It finds a disk among its devices.",
           "own /dev", reads("find /dev -type b | grep -q . && echo @word@")),
    Attack("device-node", "devices", "It makes a device node of its own.",
           "no capability", asks_kernel("mknod ./node"), Control.ROOT),
    Attack("device-doors", "devices", "It opens a device that leads into the kernel.",
           "own /dev",
           opens("for d in kvm fuse mem kmem port vhost-net loop-control mapper/control net/tun "
                 "kmsg; do ( : < /dev/$d ) && echo WON; done"), Control.ROOT,
           guest_fence=_OWN_KERNEL),
    Attack("device-shared-memory", "devices", "It reads shared memory of a process of the host.",
           "own /dev/shm", reads("cat /dev/shm/@word@.host")),
    Attack("device-type-ahead", "devices", "It types into a terminal.",
           "the filter", asks_kernel("type-ahead"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
)  # fmt: skip

_SOCKETS = (
    Attack("socket-abstract", "sockets", "It connects to an abstract socket of the host.",
           "network namespace", reaches("abstract", "./attack abstract @abstract@")),
    Attack("socket-path", "sockets", "It connects to a socket file of the host.",
           "mount namespace", reaches("unix", "./attack unix @socket@")),
    Attack("socket-list", "sockets", "It learns the names of the host's sockets.",
           "network namespace",
           reads("grep -qs @abstract@ /proc/net/unix && echo @word@")),
    Attack("segment", "sockets", "It attaches a shared segment of the host by its key.",
           "IPC namespace", reads("./attack shm @segment@")),
    Attack("queue", "sockets", "It takes a message from a queue of the host.",
           "IPC namespace", reads("./attack queue $((@segment@ + 1))")),
    Attack("keyring", "keyrings", "It reads a key of its user's keyring.",
           "the filter, user namespace", reads("./attack key @word@"), guest_fence=_OWN_KERNEL),
    Attack("keyring-list", "keyrings", "It lists the keys that its user may see.",
           "covered files", reads("cat /proc/keys"), guest_fence=_OWN_KERNEL),
)  # fmt: skip

_NETWORK = (
    Attack("loopback-tcp", "network", "It connects to a service on the host's loopback.",
           "network namespace", reaches("tcp", "./attack tcp 127.0.0.1 @tcp@")),
    Attack("loopback-tcp6", "network", "It connects to one on the loopback of version 6.",
           "network namespace", reaches("tcp6", "./attack tcp6 ::1 @tcp6@"), Control.IF_KERNEL),
    Attack("loopback-udp", "network", "It sends a datagram to a service on the host's loopback.",
           "network namespace", reaches("udp", "./attack udp 127.0.0.1 @udp@")),
    Attack("host-address", "network", "It connects to a service on the host's own address.",
           "network namespace", reaches("own", "./attack tcp @address@ @own@")),
    Attack("any-address", "network", "It connects to the host as 0.0.0.0.",
           "network namespace", reaches("tcp", "./attack tcp 0.0.0.0 @tcp@")),
    Attack("name-look-up", "network", "It asks a name server on the host for a name.",
           "network namespace", reaches("udp", "./attack udp 127.0.0.1 @udp@")),
    Attack("service-list", "network", "It lists the ports on which the host listens.",
           "network namespace",
           reads("grep -qsi $(printf ':%04X' @tcp@) /proc/net/tcp && echo @word@")),
    Attack("interfaces", "network", "It finds an interface that leads out.",
           "network namespace",
           reads("grep -v 'lo:' /proc/net/dev | grep -q ':' && echo @word@"), Control.IF_KERNEL),
    Attack("routes", "network", "It finds a route that leads out.",
           "network namespace", reads("tail -n +2 /proc/net/route | grep -q . && echo @word@"),
           Control.IF_KERNEL),
    Attack("raw-socket", "network", "It opens a raw socket.",
           "the filter, no capability", asks_kernel("raw"), Control.ROOT),
    Attack("packet-socket", "network", "It listens to all packets that pass.",
           "the filter, no capability", asks_kernel("packet"), Control.ROOT),
    Attack("netlink", "network", "It asks the kernel for addresses and routes.",
           "the filter", asks_kernel("netlink"), guest_fence=_OWN_KERNEL),
    Attack("hypervisor", "network", "It opens a socket to the hypervisor of the machine.",
           "the filter", asks_kernel("vsock"), Control.IF_KERNEL, guest_fence=_OWN_KERNEL),
    Attack("interface-change", "network", "It changes an interface.",
           "the filter, no capability", asks_kernel("interface"), Control.NONE,
           "as root it would change this machine's loopback"),
)  # fmt: skip


def _touches(letter: str, command: str) -> Act:
    """It worked if the neighbour's listener was reached by that way (t: port, a: abstract)."""

    async def act(stage: Stage) -> bool:
        await stage.run(stage.session, command, timeout=5)
        await stage.run(stage.neighbour, "sleep 0.05")
        try:
            return letter.encode() in await stage.neighbour.read_file("reached", 4096)
        except OSError:
            return False

    return act


async def _kills_neighbour(stage: Stage) -> bool:
    attacker = await stage.place()
    running = "./attack tick child beat & echo $!"
    await stage.run(stage.neighbour, f"({running}) >/dev/null 2>&1 </dev/null; sleep 0.1")
    await stage.run(attacker, "kill -9 -1", timeout=5)
    await attacker.close()
    before = len(await stage.neighbour.read_file("beat", 1 << 20))
    await stage.run(stage.neighbour, "sleep 0.1")
    return len(await stage.neighbour.read_file("beat", 1 << 20)) == before


async def _left_behind(stage: Stage) -> bool:
    earlier = await stage.place()
    await stage.run(earlier, "for d in . /tmp /dev/shm; do echo @word@ > $d/left.@segment@; done")
    if stage.tier is not None:
        await earlier.close()
    places = "/tmp/left.@segment@ /dev/shm/left.@segment@"  # noqa: S108 - inside
    found = await stage.run(stage.session, f"cat left.@segment@ {places}")
    if stage.tier is None:
        await stage.run(earlier, f"rm -f {places}")
    return stage.word.encode() in found.stdout


_NEIGHBOURS = (
    Attack("sample-files", "other samples", "It reads the files of another sample.",
           "mount and PID namespaces",
           reads("cat /proc/[0-9]*/cwd/secret /proc/[0-9]*/root/work/secret")),
    Attack("sample-memory", "other samples", "It reads shared memory of another sample.",
           "own /dev/shm", reads("cat /dev/shm/@word@.other")),
    Attack("sample-port", "other samples", "It connects to a port on another sample's loopback.",
           "network namespace", _touches("t", "./attack tcp 127.0.0.1 @port@")),
    Attack("sample-socket", "other samples", "It connects to another sample's abstract socket.",
           "network namespace", _touches("a", "./attack abstract @neighbour@")),
    Attack("sample-killed", "other samples", "It kills all that it may, its own user's everywhere.",
           "PID namespace", _kills_neighbour, Control.NONE,
           "without a fence it would kill whatever runs as that user on this machine"),
    Attack("sample-watchers", "other samples", "It uses up file watchers that samples share.",
           "the filter", asks_kernel("watcher"), guest_fence=_OWN_KERNEL),
    Attack("sample-queues", "other samples", "It uses up message queues that samples share.",
           "the filter", asks_kernel("mailbox"), guest_fence=_OWN_KERNEL),
    Attack("sample-before", "other samples", "It reads what an earlier sample left behind.",
           "files end with their session", _left_behind),
)  # fmt: skip

ATTACKS = (*_FILES, *_HOST_FILES, *_PROC, *_DEVICES, *_SOCKETS, *_NETWORK, *_NEIGHBOURS)
