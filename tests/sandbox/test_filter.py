# SPDX-License-Identifier: Apache-2.0
"""The system-call filter, run by an interpreter of its own, for machines this one is not."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from proofhouse.sandbox import seccomp

ALLOW, KILL = 0x7FFF0000, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}
ENOSYS, EPERM = 0x50000 | errno.ENOSYS, 0x50000 | errno.EPERM
NOT_A_TERMINAL = 0x50000 | errno.ENOTTY
NOT_OURS = 0x50000 | errno.EAFNOSUPPORT
SUCCESS = 0x50000

# Numbers from the manual pages and the kernel's tables, not from the table under test.
NUMBERS = {
    "x86_64": {
        "read": 0, "ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "execve": 59,
        "ptrace": 101, "personality": 135, "setrlimit": 160, "mount": 165, "init_module": 175,
        "keyctl": 250, "unshare": 272, "perf_event_open": 298, "prlimit64": 302,
        "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "bpf": 321,
        "userfaultfd": 323, "io_uring_setup": 425, "clone3": 435, "statmount": 457,
        "fcntl": 72, "flock": 73, "mincore": 27, "readahead": 187, "fadvise64": 221,
        "preadv2": 327, "pwritev2": 328, "cachestat": 451, "seccomp": 317, "madvise": 28,
        "setsockopt": 54, "prctl": 157, "setpriority": 141, "ioprio_set": 251,
        "sched_setparam": 142, "sched_setscheduler": 144, "sched_setaffinity": 203,
        "sched_setattr": 314,
    },
    "aarch64": {
        "read": 63, "ioctl": 29, "socket": 198, "socketpair": 199, "clone": 220, "execve": 221,
        "ptrace": 117, "personality": 92, "setrlimit": 164, "mount": 40, "init_module": 105,
        "keyctl": 219, "unshare": 97, "perf_event_open": 241, "prlimit64": 261,
        "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270, "bpf": 280,
        "userfaultfd": 282, "io_uring_setup": 425, "clone3": 435, "statmount": 457,
        "fcntl": 25, "flock": 32, "mincore": 232, "readahead": 213, "fadvise64": 223,
        "preadv2": 286, "pwritev2": 287, "cachestat": 451, "seccomp": 277, "madvise": 233,
        "setsockopt": 208, "prctl": 167, "setpriority": 140, "ioprio_set": 30,
        "sched_setparam": 118, "sched_setscheduler": 119, "sched_setaffinity": 122,
        "sched_setattr": 274,
    },
}  # fmt: skip


def run(program: bytes, audit: int, number: int, *arguments: int) -> int:
    """Interpret classic BPF over a seccomp_data; returns the action. Rejects what the kernel does:
    jumps beyond the end, unaligned loads, programs over 4096 instructions."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<iIQ6Q", number, audit, 0, *(value % (1 << 64) for value in padded))
    code = list(struct.iter_unpack("=HBBI", program))
    assert len(code) <= 4096
    at = accumulator = 0
    while True:
        operation, if_true, if_false, k = code[at]
        at += 1
        if operation == 0x05:
            at += k
            continue
        if operation == 0x06:
            return k
        if operation == 0x20:
            assert k % 4 == 0
            accumulator = struct.unpack_from("<I", data, k)[0]
        elif operation == 0x54:
            accumulator &= k
        else:
            test = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}
            at += if_true if test[operation] else if_false


@pytest.fixture(params=sorted(NUMBERS))
def ask(request):
    """``ask(name or number, *arguments)`` on one architecture."""
    program = seccomp.build(request.param)

    def answer(call, *arguments):
        number = NUMBERS[request.param].get(call, call)
        return run(program, AUDIT[request.param], number, *arguments)

    return answer


@pytest.mark.parametrize(
    "name",
    [
        "ptrace", "mount", "init_module", "keyctl", "unshare", "perf_event_open", "setns", "bpf",
        "open_by_handle_at", "process_vm_readv", "userfaultfd", "io_uring_setup", "clone3",
        "statmount", "mincore", "readahead", "fadvise64", "preadv2", "pwritev2", "cachestat",
        "seccomp",
    ],
)  # fmt: skip
def test_forbidden_calls_do_not_exist(ask, name):
    """A forbidden call answers ENOSYS whatever its arguments."""
    assert ask(name) == ask(name, *[2**64 - 1] * 6) == ENOSYS


def test_everyday_calls_pass(ask):
    """Reading and executing are allowed."""
    assert ask("read") == ask("execve") == ALLOW


@pytest.mark.parametrize("number", [463, 500, 1023, 0x3FFFFFFF])
def test_calls_of_later_kernels_do_not_exist(ask, number):
    """A number that no kernel had when this was written answers ENOSYS."""
    assert ask(number) == ENOSYS


@pytest.mark.parametrize("bit", range(32))
def test_clone_flags(ask, bit):
    """Exactly the seven flags that make a namespace are refused."""
    namespaces = {17, 25, 26, 27, 28, 29, 30}
    assert ask("clone", 1 << bit) == (EPERM if bit in namespaces else ALLOW)
    assert ask("clone", 1 << bit | 1 << 28 | 17) == EPERM


@pytest.mark.parametrize("family", range(46))
def test_socket_families(ask, family):
    """UNIX and the two of the internet pass, 43 others do not, in a pair only UNIX."""
    assert ask("socket", family, 1, 0) == (ALLOW if family in (1, 2, 10) else NOT_OURS)
    assert ask("socket", family + (7 << 32), 1, 0) == ask("socket", family, 1, 0)
    assert ask("socketpair", family, 1, 0) == (ALLOW if family == 1 else NOT_OURS)


@pytest.mark.parametrize(
    ("kind", "protocol", "passes"),
    [
        (1, 0, True), (1, 6, True), (2, 17, True), (0x80801, 0, True),
        (3, 1, False), (2, 1, False), (1, 132, False), (1, 262, False), (10, 0, False),
    ],
)  # fmt: skip
def test_socket_protocols(ask, kind, protocol, passes):
    """Of the internet's protocols TCP and UDP pass; none that would load a module."""
    expected = ALLOW if passes else 0x50000 | errno.EPROTONOSUPPORT
    assert ask("socket", 2, kind, protocol) == ask("socket", 10, kind, protocol) == expected


def test_terminal_controls(ask):
    """Typing into a terminal and loading a line discipline are refused, a job's controls pass."""
    for control in (0x5412, 0x541C, 0x5423):
        assert ask("ioctl", 0, control) == ask("ioctl", 0, control | 1 << 32) == EPERM
    assert ask("ioctl", 0, 0x5401) == ask("ioctl", 0, 0x5413) == ALLOW


@pytest.mark.parametrize(
    "request_",
    [
        *(0x8008662C, 0x80111500, 0x80811501, 0x81009431),  # ext4's UUID, any UUID, sysfs, label
        *(0xC020660B, 0x1, 0x80086601, 0x40086602),  # FIEMAP, FIBMAP, flags
        *(0xB701, 0xB702, 0xC0045877, 0x541D, 0x8946, 0x8914, 0x400454CA, 0, 0xFFFFFFFF),
    ],
)
def test_other_controls_are_unknown(ask, request_):
    """What filesystems, namespaces, consoles and network devices answer is not asked for."""
    assert ask("ioctl", 3, request_) == ask("ioctl", 3, request_ | 5 << 32) == NOT_A_TERMINAL


def test_descriptor_and_socket_controls(ask):
    """Bytes waiting, non-blocking, close-on-exec and an interface's own address pass."""
    for control in (0x541B, 0x5421, 0x5450, 0x5451, 0x8905, 0x8912, 0x8915, 0x80045430):
        assert ask("ioctl", 3, control) == ALLOW


def test_descriptor_commands(ask):
    """Of fcntl duplicates, flags, owners, pipes and seals pass, no lock; flock does nothing."""
    passing = {0, 1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 1027, 1030, 1031, 1032, 1033, 1034}
    locks = {5, 6, 7, 36, 37, 38}
    for command in {*range(64), *range(1020, 1060), 0xFFFFFFFF}:
        refused = 0x50000 | (errno.ENOLCK if command in locks else errno.EINVAL)
        assert ask("fcntl", 3, command) == (ALLOW if command in passing else refused)
        assert ask("fcntl", 3, command | 9 << 32) == ask("fcntl", 3, command)
    assert ask("flock", 3, 2) == SUCCESS


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_the_filter_of_a_sandbox_with_users(machine):
    """It differs in one thing: who waits for a lock of fcntl is told that it has it."""
    plain, users = seccomp.build(machine), seccomp.build(machine, users=True)
    fcntl = NUMBERS[machine]["fcntl"]
    asked = [(number, 0) for number in range(470)] + [(fcntl, command) for command in range(48)]
    for number, argument in asked:
        told = run(users, AUDIT[machine], number, 3, argument)
        if (number, argument) == (fcntl, 7):
            assert told == SUCCESS
        else:
            assert told == run(plain, AUDIT[machine], number, 3, argument)


def test_personalities(ask):
    """Asking, the default and no randomisation pass; every other bit is refused."""
    assert ask("personality", 0) == ask("personality", 0xFFFFFFFF) == ALLOW
    assert ask("personality", 0x40000) == ALLOW
    for bit in set(range(32)) - {18}:
        assert ask("personality", 1 << bit) == EPERM


def test_the_core_limit_is_kept(ask):
    """Setting the limit on core dumps does nothing and says it did; other limits are untouched."""
    assert ask("setrlimit", 4, 0x7FFF00000000) == SUCCESS
    assert ask("prlimit64", 0, 4, 0x7FFF00000000) == SUCCESS
    assert ask("prlimit64", 0, 4, 0x1000) == SUCCESS
    assert ask("prlimit64", 0, 4, 0) == ALLOW
    assert ask("setrlimit", 7, 0x1000) == ask("prlimit64", 0, 7, 0x1000) == ALLOW


@pytest.mark.parametrize(
    ("level", "options"),
    [
        (1, {"SO_ATTACH_FILTER": 26, "SO_DETACH_FILTER": 27, "SO_ATTACH_BPF": 50,
             "SO_ATTACH_REUSEPORT_CBPF": 51, "SO_ATTACH_REUSEPORT_EBPF": 52, "SO_TIMESTAMP": 29,
             "SO_ZEROCOPY": 60}),
        (0, {"IP_OPTIONS": 4, "IP_MSFILTER": 41, "MCAST_MSFILTER": 48,
             **{f"IP_*_MEMBERSHIP and others {n}": n for n in range(35, 48)}}),
        (41, {"IPV6_ADDRFORM": 1, "IPV6_JOIN_GROUP": 20, "IPV6_LEAVE_GROUP": 21, "anycast": 27,
              "IPV6_FLOWLABEL_MGR": 32, "IPSEC_POLICY": 34, "IPV6_RTHDR": 57, "IPV6_DSTOPTS": 59,
              **{f"MCAST_* {n}": n for n in range(42, 49)}}),
        (6, {"TCP_CONGESTION": 13, "TCP_MD5SIG": 14, "TCP_FASTOPEN": 23, "TCP_ULP": 31,
             "TCP_FASTOPEN_KEY": 33, "TCP_AO_ADD_KEY": 38}),
        (17, {"UDP_ENCAP": 100, "UDP_SEGMENT": 103, "UDP_GRO": 104}),
        (263, {"PACKET_FANOUT": 18}),
        (282, {"TLS_TX": 1}),
    ],
)  # fmt: skip
def test_options_that_cost_the_machine_are_unknown(ask, level, options):
    """No socket takes a program, a membership, a key or a header: that is nobody's memory."""
    unknown = 0x50000 | errno.ENOPROTOOPT
    for option in options.values():
        assert ask("setsockopt", 3, level, option) == unknown, (level, option)
        assert ask("setsockopt", 3, level | 1 << 32, option | 1 << 32) == unknown


def test_everyday_socket_options(ask):
    """What servers and clients set passes: re-use, buffers, linger, time-outs, keepalive, TTL."""
    for level, option in (
        *((1, 2), (1, 6), (1, 7), (1, 8), (1, 9), (1, 13), (1, 15), (1, 16), (1, 20), (1, 21)),
        *((6, 1), (6, 4), (6, 5), (6, 6), (6, 18), (0, 1), (0, 2), (0, 11), (41, 26), (41, 16)),
    ):
        assert ask("setsockopt", 3, level, option) == ALLOW


def test_what_a_process_sets_of_itself(ask):
    """Its name, its parent's death and its rights; no filter, merged memory, core or map name."""
    for option in (1, 4, 15, 23, 36, 38, 47, 0x59616D61):
        assert ask("prctl", option, 1) == ALLOW
    for option in (0, 22, 35, 59, 62, 67, 78, 0x53564D41):
        assert ask("prctl", option, 2) == ask("prctl", option | 1 << 32) == 0x50000 | errno.EINVAL
    assert ask("madvise", 0, 4096, 12) == 0x50000 | errno.EINVAL
    assert ask("madvise", 0, 4096, 4) == ask("madvise", 0, 4096, 14) == ALLOW


def test_nobody_weakens_the_first_process(ask):
    """Limits and priorities are set for oneself, threads' schedules for any but PID 1."""
    assert ask("prlimit64", 1, 1, 0x1000) == ask("prlimit64", 7, 4, 1 << 32) == EPERM
    assert ask("prlimit64", 1, 1, 0) == ALLOW
    for call, own, group, user in (("setpriority", 0, 1, 2), ("ioprio_set", 1, 2, 3)):
        assert ask(call, own, 0, 5) == ask(call, group, 0, 5) == ALLOW
        assert ask(call, own, 1, 5) == ask(call, group, 1, 5) == ask(call, user, 0, 5) == EPERM
    for call in ("sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr"):
        assert ask(call, 1, 8, 4096) == ask(call, 1 | 1 << 32, 8, 4096) == EPERM
        assert ask(call, 0, 8, 4096) == ask(call, 23, 8, 4096) == ALLOW


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("x86_64", "i386"), ("x86_64", "aarch64"), ("aarch64", "arm"), ("aarch64", "x86_64")],
)
def test_foreign_architectures_are_killed(ours, theirs):
    """Numbers of another architecture mean other calls: the process dies."""
    assert run(seccomp.build(ours), AUDIT[theirs], 0) == KILL


def test_x32_is_killed():
    """The x32 numbers share x86-64's architecture value and are told apart by a bit."""
    for number in (0x40000000, 0x40000000 + 520, 0x7FFFFFFF, -1):
        assert run(seccomp.build("x86_64"), AUDIT["x86_64"], number) == KILL


@pytest.mark.parametrize(
    ("architecture", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_agree_with_the_kernels_headers(architecture, header):
    """Each number of the table is the kernel's, as far as this machine's headers know the call."""
    if not Path(header).exists():
        pytest.skip("no kernel headers here")
    text = Path(header).read_text()
    found = re.findall(r"^#define __NR(?:3264)?_(\w+) (\d+)$", text, re.MULTILINE)
    known = {name: int(number) for name, number in found}
    known.setdefault("newfstatat", known.get("fstatat", -1))
    table = seccomp.allowed_calls(architecture)
    assert {name: number for name, number in table.items() if name in known} == {
        name: known[name] for name in table if name in known
    }
    later = {"futex_wait", "futex_wake", "futex_requeue", "mseal", "fchmodat2", "map_shadow_stack"}
    assert table.keys() - known.keys() <= later
