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
- ``ioctl`` for terminals, descriptors and what a socket says of itself: a list of requests. Others
  answer ENOTTY, as from a file that does not know them. A filesystem's own would tell which disk
  holds ``/usr`` and where on it. Of the terminals' requests TIOCSTI and TIOCLINUX type into one and
  TIOCSETD loads line disciplines: EPERM.
- ``fcntl`` for descriptors, pipes and seals: a list of commands. Locks answer ENOLCK: one on a file
  of ``/usr`` holds up the host's programs, and no control group is charged for them. Others answer
  EINVAL; F_NOTIFY would tell what the host does in ``/usr``.
- ``flock``: nothing happens, with success, for the same reason: programs that take such a lock at
  start-up (Java, Inspect's tools) must not fail for that. It excludes nobody.
- ``personality``: asking, the default, and no address randomisation, which sanitizers want.
- ``setrlimit`` and ``prlimit64`` on the size of core dumps: nothing happens, with success. The
  limit stays at one byte, the only value at which core(5) never starts the host's dump handler;
  a sanitizer that sets it to zero at start-up must not fail for that.
- ``setsockopt``: a list of (level, option) that keep a number or a flag in the socket. Others
  answer ENOPROTOOPT: programs for the kernel's BPF use up a budget of the whole machine, and
  memberships, source lists, keys and sticky headers are memory that nobody is charged for.
- ``prctl``: a list of what a process sets of itself. Others answer EINVAL, as from a kernel without
  them: filters of one's own (the same budget), merged memory and core scheduling (work of the
  kernel, on every processor), names of mappings (memory that nobody is charged for).
- ``madvise`` asking for merged memory: EINVAL, as from a kernel without it.
- What weakens a process is for oneself: ``prlimit64`` with a new limit, ``setpriority`` and
  ``ioprio_set`` with PID 0 only, ``sched_set*`` with any but PID 1, which serves us: EPERM.

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
_ALWAYS = 0x05  # BPF_JMP | BPF_JA
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
# asm-generic/ioctls.h, linux/sockios.h, the same on both architectures; the most frequent first
_IOCTLS = (
    *(0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x5452),  # TCGETS TIOCGWINSZ FIONREAD FIO*
    *range(
        0x5402, 0x5410
    ),  # TCSETS TCSETSW TCSETSF TCGETA TCSETA* TCSBRK TCXONC TCFLSH .. TIOCGPGRP
    *(0x5410, 0x5411, 0x5414),  # TIOCSPGRP TIOCOUTQ TIOCSWINSZ
    *(0x5420, 0x5422, 0x5424, 0x5425, 0x5427, 0x5428, 0x5429),  # TIOCPKT TIOCNOTTY .. TIOCGSID
    *(0x802C542A, 0x402C542B, 0x402C542C, 0x402C542D),  # TCGETS2 TCSETS2 TCSETSW2 TCSETSF2
    *(
        0x80045430,
        0x40045431,
        0x80045438,
        0x80045439,
        0x5441,
    ),  # TIOCGPTN SPTLCK GPKT GPTLCK GPTPEER
    *(0x8901, 0x8902, 0x8903, 0x8904, 0x8905),  # FIOSETOWN SIOCSPGRP FIOGETOWN SIOCGPGRP SIOCATMARK
    *(0x8910, 0x8912, 0x8913, 0x8915, 0x8917, 0x8919, 0x891B),  # SIOCGIFNAME CONF FLAGS ADDR ..
    *(0x891D, 0x8921, 0x8927, 0x8933, 0x894B),  # SIOCGIFMETRIC MTU HWADDR INDEX, SIOCOUTQNSD
)
# asm-generic/fcntl.h, linux/fcntl.h
_LOCKS = (5, 6, 7, 36, 37, 38)  # F_GETLK F_SETLK F_SETLKW, F_OFD_*
_WAIT_FOR_LOCK = 7
_FCNTLS = (
    *(1, 2, 3, 4, 0, 1030),  # F_GETFD F_SETFD F_GETFL F_SETFL F_DUPFD F_DUPFD_CLOEXEC
    *(8, 9, 10, 11, 15, 16),  # F_SETOWN F_GETOWN F_SETSIG F_GETSIG F_SETOWN_EX F_GETOWN_EX
    *(
        1027,
        1031,
        1032,
        1033,
        1034,
    ),  # F_DUPFD_QUERY F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS
)
# asm-generic/socket.h, linux/in.h, linux/tcp.h, linux/udp.h, linux/in6.h
_SOCKET_OPTIONS = {
    # SO_REUSEADDR DONTROUTE BROADCAST SNDBUF RCVBUF KEEPALIVE OOBINLINE PRIORITY LINGER REUSEPORT
    # PASSCRED, SO_RCVLOWAT and the time-outs, SO_RXQ_OVFL PEEK_OFF
    1: (2, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 18, 20, 21, 40, 42, 66, 67),
    # TCP_NODELAY MAXSEG CORK KEEPIDLE KEEPINTVL KEEPCNT SYNCNT LINGER2 DEFER_ACCEPT WINDOW_CLAMP
    # QUICKACK USER_TIMEOUT NOTSENT_LOWAT
    6: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 18, 25),
    17: (1,),  # UDP_CORK
    # IP_TOS TTL PKTINFO MTU_DISCOVER RECVERR RECVTTL RECVTOS FREEBIND BIND_ADDRESS_NO_PORT
    # MULTICAST_IF MULTICAST_TTL MULTICAST_LOOP MULTICAST_ALL
    0: (1, 2, 8, 10, 11, 12, 13, 15, 24, 32, 33, 34, 49),
    # IPV6_UNICAST_HOPS MULTICAST_IF MULTICAST_HOPS MULTICAST_LOOP MTU_DISCOVER RECVERR V6ONLY
    # MULTICAST_ALL RECVPKTINFO RECVHOPLIMIT RECVTCLASS TCLASS
    41: (16, 17, 18, 19, 23, 25, 26, 29, 49, 51, 66, 67),
}
# linux/prctl.h; the last is PR_SET_PTRACER, of which a sanitizer's handler makes use
_PRCTLS = (
    *(15, 16, 1, 2, 3, 4, 7, 8, 21),  # *_NAME *_PDEATHSIG *_DUMPABLE *_KEEPCAPS GET_SECCOMP
    *(23, 24, 25, 27, 28, 29, 30),  # CAPBSET_* GET_TSC *_SECUREBITS *_TIMERSLACK
    *(36, 37, 38, 39, 40, 41, 42, 47),  # *_SUBREAPER *_NO_NEW_PRIVS *_TID_ADDRESS *_THP_* AMBIENT
    *(50, 51, 52, 53, 54, 55, 56, 60, 61, 63, 64),  # vectors, speculation, aarch64's pointers
    *(65, 66, 0x59616D61),  # *_MDWE
)
_MADV_MERGEABLE = 12
_PRIO_PROCESS, _PRIO_PGRP = 0, 1
_IOPRIO_WHO_PROCESS, _IOPRIO_WHO_PGRP = 1, 2
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


def _if(values: tuple[int, ...], then: int) -> _Code:
    """Return ``then`` if the accumulator is one of ``values``; else go on."""
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [*tests, (_ALWAYS, 0, 0, 1), *_give(then)]


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


def _setsockopt() -> _Code:
    unknown = _error(errno.ENOPROTOOPT)
    code = _load(1)
    for level, options in _SOCKET_OPTIONS.items():
        block = [*_load(2), *_one_of(options, _ALLOW, unknown)]
        code += [(_EQUAL, 0, len(block), level), *block]
    return [*code, *_give(unknown)]


def _prlimit64() -> _Code:
    """Only setting a limit is of interest: the pointer to the new one is not null."""
    setting = [
        *_load(0),
        *_unless((0,), _error(errno.EPERM)),
        *_load(1),
        *_one_of((_RLIMIT_CORE,), _error(0), _ALLOW),
    ]
    return [
        *_load(2),
        (_EQUAL, 0, 3, 0),
        *_load(2, high=True),
        (_EQUAL, 0, 1, 0),
        *_give(_ALLOW),
        *setting,
    ]


def _of_oneself(kinds: tuple[int, ...]) -> _Code:
    """What is set for a process or a group: the caller's own, by 0."""
    refused = _error(errno.EPERM)
    return [*_load(0), *_unless(kinds, refused), *_load(1), *_one_of((0,), _ALLOW, refused)]


#: Threads are set by their own numbers, so any but the first process's will do.
_NOT_OF_THE_FIRST: _Code = [*_load(0), *_one_of((1,), _error(errno.EPERM), _ALLOW)]


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
        *_if((_TIOCSTI, _TIOCLINUX, _TIOCSETD), _error(errno.EPERM)),
        *_one_of(_IOCTLS, _ALLOW, _error(errno.ENOTTY)),
    ],
    "fcntl": [
        *_load(1),
        *_if(_LOCKS, _error(errno.ENOLCK)),
        *_one_of(_FCNTLS, _ALLOW, _error(errno.EINVAL)),
    ],
    "flock": _give(_error(0)),
    "personality": [
        *_load(0),
        *_one_of((0, _ADDR_NO_RANDOMIZE, _ASK), _ALLOW, _error(errno.EPERM)),
    ],
    "setrlimit": [*_load(0), *_one_of((_RLIMIT_CORE,), _error(0), _ALLOW)],
    "prlimit64": _prlimit64(),
    "setsockopt": _setsockopt(),
    "prctl": [*_load(0), *_one_of(_PRCTLS, _ALLOW, _error(errno.EINVAL))],
    "madvise": [*_load(2), *_one_of((_MADV_MERGEABLE,), _error(errno.EINVAL), _ALLOW)],
    "setpriority": _of_oneself((_PRIO_PROCESS, _PRIO_PGRP)),
    "ioprio_set": _of_oneself((_IOPRIO_WHO_PROCESS, _IOPRIO_WHO_PGRP)),
    "sched_setparam": _NOT_OF_THE_FIRST,
    "sched_setscheduler": _NOT_OF_THE_FIRST,
    "sched_setaffinity": _NOT_OF_THE_FIRST,
    "sched_setattr": _NOT_OF_THE_FIRST,
}

#: What adds users waits for the lock on /etc/passwd (lckpwdf(3)), and does nothing without it. So
#: that nobody holds a lock of the host's, it is told that it has it, as with ``flock``.
_WITH_USERS: dict[str, _Code] = {
    "fcntl": [*_load(1), *_if((_WAIT_FOR_LOCK,), _error(0)), *_DECIDED_BY_ARGUMENTS["fcntl"][1:]],
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


def build(architecture: str, users: bool = False) -> bytes:
    """The filter for one architecture, a key of `ARCHITECTURES` (as uname's machine).

    ``users`` is for a sandbox with users of its own; see `_WITH_USERS`.
    """
    calls = allowed_calls(architecture)
    decided = {**_DECIDED_BY_ARGUMENTS, **(_WITH_USERS if users else {})}
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        *_unless((ARCHITECTURES[architecture],), _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if architecture == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32), *_give(_KILL_PROCESS)]
    for name, block in decided.items():
        code += [(_EQUAL, 0, len(block), calls[name]), *block]
    code += _plain_calls({calls[name] for name in calls if name not in decided})
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
