# SPDX-License-Identifier: Apache-2.0
"""Sandboxes of the tier ``bwrap`` with users of their own: 65,536 of them, and a root among them.

    async with open_session(limits, "bwrap", users=True) as session:
        await session.exec(["adduser", "--disabled-password", "--comment", "", "ann"], user="root")
        await session.exec(["whoami"], user="ann")

For other people's tasks that ask for it; never for items of a bank, since a root inside has more of
the kernel to attack. Everything stands as in a sandbox without (`bwrap`), and commands run as the
same unprivileged user unless another is named. What is different:

    outside         the users are a range of ids that belong to nobody (`ids`); real root is not in
                    it, so that nothing of the host's is ever theirs
    root inside     has CHOWN, DAC_OVERRIDE, FOWNER, SETGID and SETUID, over what belongs to those
                    users, and nothing more; it may write /etc, /home, /root and /run (`image`)
    others          have no capability and can't get one, by no program either (NoNewPrivs, nosuid)
    PID 1           is root inside, with SETPCAP besides, and not to be seen in /proc
    locks           waiting for a lock of fcntl succeeds and excludes nobody, as flock (`seccomp`)

Who a name stands for is read out of /etc/passwd and /etc/group inside, by a process inside, at
every command: whoever is root there decides it.
"""

from __future__ import annotations

from typing import ClassVar

from proofhouse.errors import RefusedError
from proofhouse.sandbox import bwrap
from proofhouse.sandbox.ids import COUNT, ids
from proofhouse.sandbox.launch import Spawned, settled_with_users, spawn
from proofhouse.sandbox.limits import MIB, Limits
from proofhouse.sandbox.session import Seat
from proofhouse.sandbox.wire import Account

_MOST_GROUPS = 64
_ROOT = Account(0, 0, (), "/root")


def account_of(user: str, passwd: str, group: str) -> Account | None:
    """Who is called that, or has that number, in passwd(5) and group(5); None if nobody is.

    A number that is in no line is a user with a group of the same number. Lines that are none, and
    numbers that no user inside has, are left out.
    """
    rows = [line.split(":") for line in passwd.splitlines()]
    for row in rows:
        if len(row) >= 6 and user in row[:3:2] and _number(row[2]) is not None:
            uid, gid = _number(row[2]), _number(row[3])
            if uid is not None and gid is not None:
                return Account(uid, gid, _groups(row[0], group), row[5] or "/")
    if user == "root":
        return _ROOT
    uid = _number(user)
    return None if uid is None else Account(uid, uid)


def _number(text: str) -> int | None:
    known = text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < COUNT
    return int(text) if known else None


def _groups(name: str, group: str) -> tuple[int, ...]:
    rows = [line.split(":") for line in group.splitlines()]
    held = [_number(row[2]) for row in rows if len(row) == 4 and name in row[3].split(",")]
    return tuple(number for number in held if number is not None)[:_MOST_GROUPS]


class UsersSession(bwrap.BwrapSession):
    """A session of this kind; see `Session`."""

    _judge = staticmethod(settled_with_users)

    def __init__(self, spawned: Spawned, limits: Limits, outside_uid: int) -> None:
        super().__init__(spawned, limits, outside_uid)
        self._owner = None

    async def _account(self, user: str) -> Account | None:
        return account_of(user, await self._text("/etc/passwd"), await self._text("/etc/group"))

    async def _text(self, path: str) -> str:
        try:
            return (await self.read_file(path, MIB)).decode("utf-8", "replace")
        except (OSError, RefusedError):  # root inside may have done anything to it
            return ""


class UsersTier(bwrap.BwrapTier):
    """As `BwrapTier`, with users inside. Raises `PrerequisiteError` where no ids can be had."""

    session: ClassVar[type[bwrap.BwrapSession]] = UsersSession

    def outside(self) -> int:
        """Who root inside, and so PID 1, is on the host."""
        return ids().uid

    def spawn(self, limits: Limits, uid: int, seat: Seat | None) -> Spawned:
        """Start a sandbox without waiting for it; in the spawner's thread."""
        if seat is not None:
            raise RefusedError(
                "A sandbox with users of its own has no granted network.",
                rule="users",
                hint="Take one or the other.",
            )
        return spawn(limits, uid, None, ids())
