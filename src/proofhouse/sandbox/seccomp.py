# SPDX-License-Identifier: Apache-2.0
"""The system-call filter: a classic BPF program, as seccomp(2) takes it.

    build("x86_64") -> bytes      struct sock_filter[]: u16 code, u8 jt, u8 jf, u32 k, ...

It is a list of what is allowed (``syscalls.txt``), not of what is denied: a call that nobody
thought of, or that a later kernel adds, answers ENOSYS, to which programs have a way round. A call
of another architecture (and of x32) kills the process, since its numbers mean something else.

Some calls are decided by their arguments, always on the 32 bits that the kernel itself looks at:

- ``clone`` with a new namespace: EPERM. ``clone3`` hides its flags behind a pointer and so does
  not exist; the C library then uses ``clone``.
- ``socket`` and ``socketpair``: UNIX, IPv4 and IPv6, the latter two with TCP and UDP only.
  AF_VSOCK reaches the hypervisor's host whatever the network namespace, AF_ALG and AF_NETLINK are
  doors into the kernel, and other protocols load modules.
- ``ioctl`` TIOCSTI and TIOCLINUX type into a terminal, TIOCSETD loads line disciplines: EPERM.
- ``personality``: asking, the default, and no address randomisation, which sanitizers want.
- ``setrlimit`` and ``prlimit64`` on the size of core dumps: nothing happens, with success. The
  limit stays at one byte, the only value at which core(5) never starts the host's dump handler;
  a sanitizer that sets it to zero at start-up must not fail for that.

Filters can't see behind pointers; what needs that (paths) is the business of the mounts.
"""

from __future__ import annotations

import errno
import struct
from functools import cache
from importlib import resources

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_* (linux/audit.h)

# linux/bpf_common.h, linux/seccomp.h
_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45  # BPF_JMP | BPF_JEQ, JGE, JSET | BPF_K
_MASK = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06
_ALLOW, _ERROR, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_X32 = 0x40000000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)
_NEW_NAMESPACES = 0x7E020000
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_DGRAM, _SOCK_TYPE_MASK = 1, 2, 0xF
_IPPROTO_IP, _IPPROTO_TCP, _IPPROTO_UDP = 0, 6, 17
_TIOCSTI, _TIOCLINUX, _TIOCSETD = 0x5412, 0x541C, 0x5423
_ADDR_NO_RANDOMIZE, _ASK = 0x0040000, 0xFFFFFFFF
_RLIMIT_CORE = 4

_Instruction = tuple[int, int, int, int]  # code, jt, jf, k
_Code = list[_Instruction]


def _give(action: int) -> _Code:
    return [(_RETURN, 0, 0, action)]


def _error(number: int) -> int:
    return _ERROR | number


def _load(argument: int, *, high: bool = False) -> _Code:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4 * high)]


def _one_of(values: tuple[int, ...], then: int, otherwise: int) -> _Code:
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [*tests, *_give(otherwise), *_give(then)]


def _unless(values: tuple[int, ...], otherwise: int) -> _Code:
    """Return ``otherwise`` unless the accumulator is one of ``values``; else go on."""
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [*tests, *_give(otherwise)]


def _socket() -> _Code:
    unsupported = _error(errno.EPROTONOSUPPORT)
    internet = [
        *_load(1),
        (_MASK, 0, 0, _SOCK_TYPE_MASK),
        *_unless((_SOCK_STREAM, _SOCK_DGRAM), unsupported),
        *_load(2),
        *_one_of((_IPPROTO_IP, _IPPROTO_TCP, _IPPROTO_UDP), _ALLOW, unsupported),
    ]
    return [
        *_load(0),
        (_EQUAL, 0, 1, _AF_UNIX),
        *_give(_ALLOW),
        *_unless((_AF_INET, _AF_INET6), _error(errno.EAFNOSUPPORT)),
        *internet,
    ]


def _prlimit64() -> _Code:
    """Only setting a limit is of interest: the pointer to the new one is not null."""
    return [
        *_load(1),
        (_EQUAL, 1, 0, _RLIMIT_CORE),
        *_give(_ALLOW),
        *_load(2),
        (_EQUAL, 1, 0, 0),
        *_give(_error(0)),
        *_load(2, high=True),
        *_one_of((0,), _ALLOW, _error(0)),
    ]


_DECIDED_BY_ARGUMENTS: dict[str, _Code] = {
    "clone": [
        *_load(0),
        (_ANY_BIT, 1, 0, _NEW_NAMESPACES),
        *_give(_ALLOW),
        *_give(_error(errno.EPERM)),
    ],
    "socket": _socket(),
    "socketpair": [*_load(0), *_one_of((_AF_UNIX,), _ALLOW, _error(errno.EAFNOSUPPORT))],
    "ioctl": [
        *_load(1),
        *_one_of((_TIOCSTI, _TIOCLINUX, _TIOCSETD), _error(errno.EPERM), _ALLOW),
    ],
    "personality": [
        *_load(0),
        *_one_of((0, _ADDR_NO_RANDOMIZE, _ASK), _ALLOW, _error(errno.EPERM)),
    ],
    "setrlimit": [*_load(0), *_one_of((_RLIMIT_CORE,), _error(0), _ALLOW)],
    "prlimit64": _prlimit64(),
}


@cache
def allowed_calls(architecture: str) -> dict[str, int]:
    """Names and numbers of the calls that pass, arguments aside, from ``syscalls.txt``."""
    column = 1 + list(ARCHITECTURES).index(architecture)
    table = resources.files("proofhouse.sandbox").joinpath("syscalls.txt").read_text("ascii")
    rows = [line.split() for line in table.splitlines() if line and not line.startswith("#")]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _search(starts: list[tuple[int, int]]) -> _Code:
    """A binary search for the last (number, action) that is not above the accumulator."""
    if len(starts) == 1:
        return _give(starts[0][1])
    middle = len(starts) // 2
    below, above = _search(starts[:middle]), _search(starts[middle:])
    return [(_AT_LEAST, len(below), 0, starts[middle][0]), *below, *above]


def _plain_calls(numbers: set[int]) -> _Code:
    absent = _error(errno.ENOSYS)
    starts = [(0, _ALLOW if 0 in numbers else absent)]
    for number in range(1, max(numbers) + 2):
        action = _ALLOW if number in numbers else absent
        if action != starts[-1][1]:
            starts.append((number, action))
    return _search(starts)


def build(architecture: str) -> bytes:
    """The filter for one architecture, a key of `ARCHITECTURES` (as uname's machine)."""
    calls = allowed_calls(architecture)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        *_unless((ARCHITECTURES[architecture],), _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if architecture == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32), *_give(_KILL_PROCESS)]
    for name, block in _DECIDED_BY_ARGUMENTS.items():
        code += [(_EQUAL, 0, len(block), calls[name]), *block]
    code += _plain_calls({calls[name] for name in calls if name not in _DECIDED_BY_ARGUMENTS})
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
