# SPDX-License-Identifier: Apache-2.0
"""What a sandboxed process sees: the file tree, as arguments for bubblewrap (bwrap(1)).

    /usr            the host's, read only, without /usr/local
    /bin, /lib ...  links into /usr where the host has them so, else the host's, read only
    /etc            a handful of files of ours; links of /etc/alternatives that lead into /usr;
                    the packaged settings of Java, without which it does not start
    /proc           of its own PID namespace; what tells about the host and nothing needs is covered
    /dev            null, zero, full, random, urandom, tty, ptmx, pts, shm
    /tmp, /work     empty, in memory, of a stated size; /work is where commands start, and HOME
    /init           the first process
    everything else absent: /home, /root, /sys, /opt, /srv, /run, /mnt, /boot

In a sandbox with users of its own root inside can write /etc, /home, /root and /run, in memory,
each of the stated size, and finds there what programs need that add users. Settings by which it
could have a library loaded into everybody's programs are covered. So are PID 1 in /proc and the
kernel's settings, of which some would be its own.

The files of ours name no host, user or organisation. Programs crash at start-up without
``/etc/os-release`` or ``/etc/hosts``, which looks like a finding, so these exist.

What can't be hidden this way: the kernel's release (uname), the processor, the machine's memory,
load and time since its start (/proc, sysinfo), which software lies in ``/usr`` and when it was last
used (stat), how full its disk is and a number made of its filesystem's identifier (statfs), and in
/proc/self/mountinfo the name of the device that holds it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from proofhouse.sandbox.descriptors import Descriptors
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.session import WORK_DIRECTORY

INSIDE_UID = 65534  # nobody, also outside unless told otherwise
HOSTNAME = "sandbox"
_TOP_LEVEL = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_OS_RELEASE = b'NAME="Linux"\nID=linux\nPRETTY_NAME="Linux"\n'
_ETC = {
    "passwd": b"root:x:0:0:root:/:/bin/false\nuser:x:65534:65534:user:/work:/bin/sh\n",
    "group": b"root:x:0:\nuser:x:65534:\n",
    "hosts": b"127.0.0.1 localhost %s\n::1 localhost %s\n",
    "hostname": b"%s\n",
    "nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
    "os-release": _OS_RELEASE,
}
_ETC_OF_USERS = {
    "passwd": b"root:x:0:0:root:/root:/bin/sh\nuser:x:65534:65534:user:/work:/bin/sh\n",
    "group": b"root:x:0:\nusers:x:100:\nuser:x:65534:\n",
    "login.defs": b"UMASK 022\nUID_MIN 1000\nUID_MAX 59999\nGID_MIN 1000\nGID_MAX 59999\n"
    b"ENCRYPT_METHOD SHA512\nUSERGROUPS_ENAB yes\n",
    "adduser.conf": b"DHOME=/home\nSKEL=/etc/skel\nDSHELL=/bin/sh\n",
    "shells": b"/bin/sh\n/bin/bash\n",
    # Root may do what it likes; nobody else gets anything by a password.
    "pam.d/other": b"auth sufficient pam_rootok.so\nauth required pam_deny.so\n"
    b"account required pam_permit.so\npassword required pam_deny.so\n"
    b"session required pam_permit.so\n",
}
_SHADOWS = {
    "shadow": b"root:*:19000:0:99999:7:::\nuser:*:19000:0:99999:7:::\n",
    "gshadow": b"root:*::\nusers:*::\nuser:*::\n",
}
_LOADED_BY_ALL = ("ld.so.preload", "ld.so.cache", "profile")
_PLACES_OF_USERS = (("/home", "0755"), ("/root", "0700"), ("/run", "0755"))
_COVERED = {
    "/proc/cmdline": b"",
    "/proc/version": b"Linux version %s\n" % os.uname().release.encode(),
    "/proc/sys/kernel/random/boot_id": b"00000000-0000-0000-0000-000000000000\n",
    "/usr/lib/os-release": _OS_RELEASE,
}
#: What of /proc names the machine's hardware or its users' keys, and that nothing needs. Each
#: costs bubblewrap some 0.3 ms, and what sysinfo(2) and uname(2) tell anyhow is not worth it.
_EMPTIED = tuple(
    f"/proc/{name}"
    for name in (
        *("keys", "partitions", "diskstats", "modules", "iomem", "ioports", "interrupts"),
        *("devices", "misc", "consoles", "kallsyms", "swaps", "mdstat"),
    )
)
_EMPTIED_FOLDERS = tuple(
    f"/proc/{name}" for name in ("acpi", "asound", "bus", "driver", "fs", "irq", "pressure", "scsi")
)


def _top_level(root: Path) -> list[str]:
    arguments = ["--ro-bind", str(root / "usr"), "/usr"]
    for name in _TOP_LEVEL:
        path = root / name
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(path), f"/{name}"]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), f"/{name}"]
    if (root / "usr" / "local").is_dir():
        arguments += ["--size", "4096", "--tmpfs", "/usr/local", "--remount-ro", "/usr/local"]
    return arguments


def _alternatives(root: Path) -> list[str]:
    """The links that make ``cc`` and ``awk`` of ``gcc`` and ``mawk`` on Debian's descendants."""
    arguments: list[str] = []
    folder = root / "etc" / "alternatives"
    for link in sorted(folder.iterdir()) if folder.is_dir() else ():
        target = os.readlink(link) if link.is_symlink() else ""
        if target.startswith(("/usr/bin/", "/usr/sbin/", "/usr/lib/")):
            arguments += ["--symlink", target, f"/etc/alternatives/{link.name}"]
    return arguments


def _java(root: Path) -> list[str]:
    """Where Debian's descendants keep what a Java runtime under /usr only links to."""
    arguments: list[str] = []
    for folder in sorted((root / "etc").glob("java-*-openjdk")):
        if folder.is_dir() and not folder.is_symlink():
            arguments += ["--ro-bind", str(folder), f"/etc/{folder.name}"]
    return arguments


@cache
def base_arguments(root: Path = Path("/")) -> tuple[str, ...]:
    """The part of the tree that comes from the host, whose root is ``root``."""
    links = _alternatives(root)
    return (*_top_level(root), "--dir", "/etc/alternatives", *links, *_java(root))


@cache
def _emptied() -> tuple[str, ...]:
    """What is covered: files by a device that can't be opened there, folders by an empty place."""
    arguments: list[str] = []
    for path in filter(os.path.exists, _EMPTIED):
        arguments += ["--ro-bind", "/dev/null", path]
    for path in filter(os.path.isdir, _EMPTIED_FOLDERS):
        arguments += ["--perms", "0555", "--size", "4096", "--tmpfs", path, "--remount-ro", path]
    return tuple(arguments)


def _tmpfs(path: str, mode: str, size: int) -> list[str]:
    return ["--perms", mode, "--size", str(size), "--tmpfs", path]


def _settings() -> list[str]:
    """The kernel's settings, of which those of its own namespaces would be root's inside.

    Not at once, since /proc/sys/fs/binfmt_misc may be a mount of the host's, or one that is made
    when somebody looks.
    """
    below = (os.listdir("/proc/sys"), os.listdir("/proc/sys/fs"))
    every = [f"/proc/sys/{name}" for name in below[0] if name != "fs"]
    every += [f"/proc/sys/fs/{name}" for name in below[1] if name != "binfmt_misc"]
    return sorted(path for path in every if os.path.isdir(path))


def _for_users(limits: Limits, give: Descriptors) -> list[str]:
    """What a sandbox with users of its own has more, and what it must not have of /proc."""
    arguments = ["--dir", "/etc/skel"]
    for name, text in _SHADOWS.items():
        arguments += ["--perms", "0600", "--file", str(give.data(text)), f"/etc/{name}"]
    for name in _LOADED_BY_ALL:
        empty = str(give.data(b""))
        arguments += ["--perms", "0444", "--ro-bind-data", empty, f"/etc/{name}"]
    for path, mode in _PLACES_OF_USERS:
        arguments += _tmpfs(path, mode, limits.tmp_bytes)
    for path in _settings():
        arguments += ["--ro-bind", path, path]
    nothing = ["--perms", "0555", "--size", "4096", "--tmpfs", "/proc/1"]
    return [*arguments, *nothing, "--remount-ro", "/proc/1"]


def tree_arguments(
    limits: Limits,
    init: Path,
    give: Descriptors,
    hostname: str = HOSTNAME,
    own_proc: bool = False,
    users: bool = False,
) -> list[str]:
    """The whole tree; ``init`` becomes ``/init``.

    With ``own_proc`` nothing of /proc is covered: what runs inside has one of another kernel's, and
    that kernel could not mount a /proc where another is covered in part. With ``users`` it is the
    tree of a sandbox with users of its own.
    """
    arguments = _tmpfs("/etc", "0755", limits.tmp_bytes) if users else []
    arguments += base_arguments()
    for name, text in {**_ETC, **(_ETC_OF_USERS if users else {})}.items():
        content = text.replace(b"%s", hostname.encode("ascii"))
        arguments += ["--perms", "0644", "--file", str(give.data(content)), f"/etc/{name}"]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    if users:
        arguments += _for_users(limits, give)
    for path, content in _COVERED.items():
        if os.path.exists(path) and not (own_proc and path.startswith("/proc/")):
            arguments += ["--perms", "0444", "--ro-bind-data", str(give.data(content)), path]
    if not own_proc:
        arguments += _emptied()
    binary = give.add(os.open(init, os.O_RDONLY | os.O_CLOEXEC))
    arguments += ["--perms", "0555", "--file", str(binary), "/init"]
    arguments += _tmpfs("/dev/shm", "1777", limits.tmp_bytes)  # noqa: S108 - inside
    arguments += _tmpfs("/tmp", "1777", limits.tmp_bytes)  # noqa: S108 - inside
    arguments += _tmpfs(WORK_DIRECTORY, "0755", limits.tmp_bytes)
    arguments += ["--dir", "/var", "--symlink", "../tmp", "/var/tmp"]  # noqa: S108 - inside
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK_DIRECTORY]
