# SPDX-License-Identifier: Apache-2.0
"""The bytes between a session and its first process, as ``init.c`` defines them.

    request  u32 kind, slot, argc, envc, groupc, executable, processes, named, user, group;
             u64 cpu_seconds, open_files, file_bytes
    reply    u32 kind, slot; i32 status, stage, errno

Native byte order, one message each over a SEQPACKET socket; a request carries its descriptors
(strings, stdin, stdout, stderr, cgroups) beside it. The strings are the working directory, the
arguments, the variables and the numbers of further groups, each ended by NUL, in a sealed memfd:
no limit but the kernel's own. ``user`` and ``group`` count if ``named`` is 1, which only a sandbox
with users of its own takes.

What comes back is checked as if a stranger had sent it: the first process is ours, but it shares a
kernel with what runs beside it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from proofhouse.errors import InputError
from proofhouse.sandbox.limits import MIB, Limits

SLOTS = 256  # as in init.c
_REQUEST = struct.Struct("=10I3Q")
_REPLY = struct.Struct("=2I3i")
REPLY_BYTES = _REPLY.size + 1  # one more than a reply has, so that a longer message shows


class Kind(IntEnum):
    """What a message is about."""

    READY = 0
    EXECUTE = 1
    READ_FILE = 2
    WRITE_FILE = 3
    ENDED = 4
    KILL_ALL = 5
    EMPTIED = 6


_ANSWERS = (Kind.READY, Kind.ENDED, Kind.EMPTIED)


class Stage(IntEnum):
    """How far a child came before it failed; NOTHING: it did not fail by itself."""

    NOTHING = 0
    START = 1
    GROUP = 2
    DIRECTORY = 3
    PROGRAM = 4
    FILE = 5


@dataclass(frozen=True)
class Account:
    """Whom a command is to be: numbers inside, further groups, and where it is at home."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = "/"


@dataclass(frozen=True)
class Task:
    """What a child of the first process is to do."""

    kind: Kind
    arguments: tuple[bytes, ...]
    environment: tuple[bytes, ...] = ()
    directory: bytes = b"/"
    stdin: bytes = b""
    executable: bool = False
    copied: int = 0  # READ_FILE: bytes at most
    account: Account | None = None  # None: the sandbox's default user


@dataclass(frozen=True)
class Reply:
    """What became of it; ``status`` is that of waitpid(2)."""

    kind: Kind
    slot: int
    status: int
    stage: Stage
    error: int


def encode(text: str | bytes, what: str) -> bytes:
    """A string as the kernel takes it. Raises `InputError` for a NUL or a lone surrogate."""
    try:
        data = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError:
        raise InputError(f"The {what} is no text that can be encoded.") from None
    if b"\0" in data:
        raise InputError(f"The {what} contains a NUL character.")
    return data


def encode_environment(variables: Mapping[str, str]) -> tuple[bytes, ...]:
    """``NAME=value`` each. Raises `InputError` for a name that is empty or contains ``=``."""
    for name in variables:
        if not name or "=" in name:
            raise InputError(f"An environment variable can't be called {name!r}.")
    return tuple(
        encode(f"{name}={value}", f"environment variable {name}")
        for name, value in variables.items()
    )


def strings(task: Task) -> bytes:
    """The content of the strings' memfd."""
    groups = () if task.account is None else task.account.groups
    numbers = (str(group).encode() for group in groups)
    texts = (task.directory, *task.arguments, *task.environment, *numbers)
    return b"".join(text + b"\0" for text in texts)


def request(task: Task, slot: int, limits: Limits, processes: int = 0) -> bytes:
    """The message that starts ``task`` under ``slot``.

    ``processes`` bounds those of the user inside, where no control group does it.
    """
    return _REQUEST.pack(
        task.kind,
        slot,
        len(task.arguments),
        len(task.environment),
        0 if task.account is None else len(task.account.groups),
        task.executable,
        processes,
        task.account is not None,
        0 if task.account is None else task.account.uid,
        0 if task.account is None else task.account.gid,
        # A process on its own is stopped by the kernel; the tree, a little earlier, by us.
        limits.cpu_seconds + 2,
        limits.open_files,
        # A little over the room there is, so that a full place says ENOSPC before a signal comes.
        task.copied if task.kind is Kind.READ_FILE else limits.tmp_bytes + MIB,
    )


def parse_reply(message: bytes) -> Reply | None:
    """The reply in ``message``; None if it is none."""
    if len(message) != _REPLY.size:
        return None
    kind, slot, status, stage, error = _REPLY.unpack(message)
    if kind not in _ANSWERS or slot >= SLOTS or stage not in tuple(Stage):
        return None
    if not 0 <= error < 4096 or not 0 <= status <= 0xFFFF:
        return None
    return Reply(Kind(kind), slot, status, Stage(stage), error)
