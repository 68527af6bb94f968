# SPDX-License-Identifier: Apache-2.0
"""What a session keeps away from the host, seen from inside and from outside."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
from pathlib import Path

import pytest

from proofhouse.errors import InputError
from proofhouse.sandbox import SessionLostError

pytestmark = pytest.mark.sandbox
AS_ROOT = os.geteuid() == 0

ABSENT = """
    unshare setns clone3 mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree
    move_mount mount_setattr keyctl add_key request_key bpf perf_event_open userfaultfd
    io_uring_setup io_uring_enter io_uring_register kexec_load kexec_file_load init_module
    finit_module delete_module name_to_handle_at open_by_handle_at ptrace process_vm_readv
    process_vm_writev pidfd_getfd kcmp quotactl swapon swapoff reboot acct settimeofday
    clock_settime syslog fanotify_init inotify_init1 mq_open vmsplice sync
"""
NAMESPACES = ("newuser", "newns", "newpid", "newnet", "newcgroup", "newuts", "newipc")
CALLS = {
    **dict.fromkeys(ABSENT.split(), errno.ENOSYS),
    **{f"clone-{name}": errno.EPERM for name in NAMESPACES},
    "clone-plain": 0,
    **dict.fromkeys(("unix", "tcp", "udp6", "pair-unix"), 0),
    **dict.fromkeys(("raw", "ping", "sctp", "mptcp"), errno.EPROTONOSUPPORT),
    **dict.fromkeys(
        ("vsock", "vsock-high-bits", "netlink", "packet", "alg", "bluetooth", "can", "tipc", "xdp"),
        errno.EAFNOSUPPORT,
    ),
    "pair-tipc": errno.EAFNOSUPPORT,
    "terminal": 0,
    **dict.fromkeys(("tiocsti", "tiocsti-high-bits", "tiocsetd", "tioclinux"), errno.EPERM),
    **dict.fromkeys(("personality-ask", "personality-no-randomize"), 0),
    **dict.fromkeys(("personality-read-implies-exec", "personality-linux32"), errno.EPERM),
}


@pytest.fixture
def lingering(marker, seen):
    """``await lingering(session)``: a process left inside, by its PID outside."""

    async def leave(session):
        leaving = "cp /usr/bin/sleep $0; ./$0 600 >/dev/null 2>&1 &"
        await session.exec(["sh", "-c", leaving, marker])
        return await seen(marker)

    return leave


@pytest.fixture(scope="module")
def calls(inside, probe) -> dict[str, int]:
    """What each forbidden call answered inside."""

    async def scenario(session):
        await session.write_file("probe", probe, executable=True)
        return await session.exec(["./probe", "calls"])

    result = inside(scenario)
    assert result.returncode == 0, result
    lines = (line.split() for line in result.stdout.decode().splitlines())
    return {name: int(error) for name, error in lines}


@pytest.mark.parametrize("name", CALLS)
def test_system_call(calls, name):
    """Each call answers as the filter says: absent, refused by its arguments, or allowed."""
    assert errno.errorcode.get(calls[name], "worked") == errno.errorcode.get(CALLS[name], "worked")


def test_every_call_of_the_probe_is_expected(calls):
    """Nothing is tried without an expectation."""
    assert calls.keys() == CALLS.keys()


def test_foreign_system_calls_kill(inside):
    """A call by another architecture's numbers (x32 here) ends the process at once."""
    if os.uname().machine != "x86_64":
        pytest.skip("x32 is x86-64's")
    code = b"#include <unistd.h>\nint main(void) { return syscall(0x40000000 + 39) < 0; }\n"

    async def scenario(session):
        await session.write_file("x32.c", code)
        assert (await session.exec(["cc", "-o", "x32", "x32.c"])).returncode == 0
        return await session.exec(["./x32"])

    assert inside(scenario).returncode == -31  # SIGSYS


def test_identity_seen_from_outside(inside, lingering):
    """Outside, every process is an unprivileged user without capabilities, filtered, fenced."""

    async def scenario(session):
        found = await lingering(session)
        pids = [*found, _parent(found[0])]
        facts = [(_status(pid), Path(f"/proc/{pid}/uid_map").read_text().split()) for pid in pids]
        return facts

    outside = 65534 if AS_ROOT else os.geteuid()
    for status, uid_map in inside(scenario):
        assert status["Uid"] == status["Gid"] == [str(outside)] * 4
        assert [status[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")] == [
            ["0000000000000000"]
        ] * 5
        assert status["NoNewPrivs"] == ["1"]
        assert status["Seccomp"] == ["2"]
        assert uid_map == ["65534", str(outside), "1"]
        if AS_ROOT:
            assert status["Groups"] == []


def _status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}


def _parent(pid: int) -> int:
    return int(_status(pid)["PPid"][0])


@pytest.mark.skipif(not AS_ROOT, reason="only root chooses")
def test_the_user_outside_can_be_chosen(inside, lingering, monkeypatch):
    """PROOFHOUSE_SANDBOX_UID is who sandboxes are on the host; it can't be root."""
    monkeypatch.setenv("PROOFHOUSE_SANDBOX_UID", "64999")

    async def scenario(session):
        found = await lingering(session)
        uids = _status(found[0])["Uid"]
        return uids, (await session.exec(["id", "-u"])).stdout

    assert inside(scenario) == (["64999"] * 4, b"65534\n")
    for wrong in ("0", "-1", "root", ""):
        monkeypatch.setenv("PROOFHOUSE_SANDBOX_UID", wrong)
        with pytest.raises(InputError, match="PROOFHOUSE_SANDBOX_UID"):
            inside(scenario)


def test_the_file_tree(inside, shell):
    """Only the places that are listed exist, and only three of them can be written."""

    async def scenario(session):
        top = await shell(session, "ls /")
        etc = await shell(session, "ls /etc; ls -A /usr/local /work /tmp /var/tmp/")
        writable = await shell(
            session,
            "for d in / /usr /usr/local /etc /dev /dev/shm /proc /tmp /var /var/tmp /work /bin; "
            "do (: > $d/new) 2>/dev/null && echo $d; done; true",
        )
        return top.split(), etc, writable.split()

    top, etc, writable = inside(scenario)
    expected = {"dev", "etc", "init", "proc", "tmp", "usr", "var", "work"}
    links = {"bin", "lib", "lib32", "lib64", "libx32", "sbin"}
    assert expected <= set(top) <= expected | links
    etc = re.sub(r"java-\d+-openjdk\n", "", etc)  # where the machine has one
    assert etc == (
        "alternatives\ngroup\nhostname\nhosts\nnsswitch.conf\nos-release\npasswd\n"
        "/tmp:\n\n/usr/local:\n\n/var/tmp/:\n\n/work:\n"
    )
    assert writable == ["/dev/shm", "/tmp", "/var/tmp", "/work"]


def test_no_file_of_the_host(inside, tmp_path):
    """Host files can't be read or written through links, dots or /proc, whoever resolves them."""
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    secret.chmod(0o666)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o777)
    routes = [
        f"{way}{secret}"
        for way in ("", "/proc/1/root", "/proc/self/root", "/proc/1/cwd/../..", "/work/../..")
    ]

    async def scenario(session):
        for number, route in enumerate(routes):
            link = f"/work/link-{number}"
            assert (await session.exec(["ln", "-s", route, link])).returncode == 0
            for path in (route, link):
                with pytest.raises((FileNotFoundError, PermissionError)):
                    await session.read_file(path, 100)
        await session.exec(["ln", "-s", str(secret.parent), "/work/folder"])
        with pytest.raises(OSError, match="in the sandbox"):
            await session.write_file("/work/folder/secret", b"changed")

    inside(scenario)
    assert secret.read_text() == "of the host"
    assert list(tmp_path.iterdir()) == [secret]


def test_links_work_inside(inside):
    """A link between places inside is followed, for reading and for writing."""

    async def scenario(session):
        await session.exec(["ln", "-s", "/tmp/target", "link"])
        await session.write_file("link", b"through")
        return await session.read_file("/tmp/target", 100)

    assert inside(scenario) == b"through"


def test_nothing_tells_the_host(inside, shell):
    """No file of ours and no covered file carries the host's name, command line or boot."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    kernel_arguments = Path("/proc/cmdline").read_text().strip()

    async def scenario(session):
        assert await shell(session, "uname -n; cat /proc/sys/kernel/hostname") == "sandbox\n" * 2
        return await shell(
            session,
            "cat /etc/* /usr/lib/os-release /proc/cmdline /proc/version "
            "/proc/sys/kernel/random/boot_id /proc/self/cgroup /proc/1/cmdline 2>/dev/null; true",
        )

    text = inside(scenario)
    assert "ID=linux" in text
    assert "127.0.0.1 localhost" in text
    assert boot not in text
    assert not kernel_arguments or kernel_arguments not in text
    assert "proofhouse" not in text
    if len(socket.gethostname()) > 4:
        assert socket.gethostname() not in text


def test_only_own_processes(inside, shell):
    """/proc shows the processes of this session and none of the host's."""

    async def scenario(session):
        return await shell(session, "for p in /proc/[0-9]*; do cat $p/comm; done | sort -u")

    assert set(inside(scenario).split()) <= {"init", "sh", "cat", "sort"}


def test_no_descriptor_is_inherited(inside, probe, tmp_path):
    """Not even an inheritable descriptor of ours gets in: a command has its three streams."""
    held = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(held, True)

    async def scenario(session):
        await session.write_file("probe", probe, executable=True)
        return await session.exec(["./probe", "descriptors"])

    try:
        assert inside(scenario).stdout == b"0 1 2 "
    finally:
        os.close(held)


def test_no_network(inside, probe):
    """The loopback inside works and is not the host's; there is no other interface."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def scenario(session):
            await session.write_file("probe", probe, executable=True)
            port = str(server.getsockname()[1])
            connected = await session.exec(["./probe", "connect", port])
            own = await session.exec(["./probe", "loopback"])
            names = await session.exec(["cat", "/proc/net/dev"])
            return int(connected.stdout), own.returncode, names.stdout

        error, own, interfaces = inside(scenario)
    assert error == errno.ECONNREFUSED
    assert own == 0
    assert [line.split(b":")[0].strip() for line in interfaces.splitlines()[2:]] == [b"lo"]


def test_the_first_process_can_not_be_touched(inside, probe, shell):
    """A hostile process can kill its peers, not PID 1, nor look into it."""

    async def scenario(session):
        await session.write_file("probe", probe, executable=True)
        memory = await session.exec(["./probe", "memory-of-1"])
        assert int(memory.stdout) == errno.EACCES
        listed = await session.exec(["sh", "-c", "ls /proc/1/fd; readlink /proc/1/exe"])
        assert listed.stdout == b""
        assert listed.returncode != 0
        peer = asyncio.ensure_future(session.exec(["sleep", "600"], timeout=150))
        await session.exec(["true"])
        assert (await session.exec(["./probe", "kill-all"])).returncode == 0
        assert (await peer).returncode == -9
        return await shell(session, "echo alive")

    assert inside(scenario) == "alive\n"


def test_no_core_dump_for_the_host(inside, probe):
    """The limit on core dumps stays at the one byte at which the host's handler never starts."""

    async def scenario(session):
        await session.write_file("probe", probe, executable=True)
        return (await session.exec(["./probe", "core-limit"])).stdout

    assert inside(scenario) == b"0 1\n"


def test_compilers_and_sanitizers_work(inside):
    """A C compiler runs inside, and what it instruments reports there."""
    code = b"""
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        int main(void) {
            char *text = malloc(8), got[64] = {0};
            ssize_t length = read(0, got, sizeof got);
            memcpy(text, got, length);
            return text[0] == 'x';
        }"""
    options = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=77"}

    async def scenario(session):
        await session.write_file("flaw.c", code)
        build = ["cc", "-g", "-fsanitize=address,undefined", "-o", "flaw", "flaw.c"]
        built = await session.exec(build)
        assert built.returncode == 0, built
        quiet = await session.exec(["./flaw"], stdin=b"short", env=options)
        loud = await session.exec(["./flaw"], stdin=b"longer than eight", env=options)
        return quiet, loud

    quiet, loud = inside(scenario)
    assert (quiet.returncode, quiet.stderr) == (0, b"")
    assert loud.returncode == 77
    assert b"heap-buffer-overflow" in loud.stderr


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's sandboxes share its identity")
def test_a_first_process_killed_from_outside(inside, lingering, host_pids, marker):
    """When the sandbox itself dies, its commands end with SessionLostError, not with a result."""

    async def scenario(session):
        found = await lingering(session)
        running = asyncio.ensure_future(session.exec(["sleep", "600"], timeout=150))
        await session.exec(["true"])
        os.kill(_parent(found[0]), 9)
        with pytest.raises(SessionLostError, match="while a command was running"):
            await running
        with pytest.raises(SessionLostError, match="has ended"):
            await session.exec(["true"])

    inside(scenario)
    assert not host_pids(marker)
