# SPDX-License-Identifier: Apache-2.0
"""The ids outside that stand for the users of a sandbox which has some of its own (`users`).

    /proc/PID/uid_map      0 1880096768 65536

Inside are the users 0 to 65535; outside they are as many ids in a row that belong to nobody, and
that never hold root. Who maps them (user_namespaces(7)):

    root                writes the two files itself. The range begins at PROOFHOUSE_SANDBOX_IDS,
                        or at 1880096768, which no list that we know of gives to anything (systemd's
                        containers end at 1879048191, its next special range begins at 2147352576)
    an ordinary user    by ``newuidmap`` and ``newgidmap``, out of what /etc/subuid and /etc/subgid
                        grant to that user

A range in which an account, a group or somebody else's subordinate ids lie is refused. All
sandboxes that root starts share one range, as they share one user without this option.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofhouse.errors import InputError, PrerequisiteError

COUNT = 1 << 16
"""How many users there are inside; the last but one is who commands are by default."""

_UNUSED = 1_880_096_768
_MOST = (1 << 31) - COUNT  # above lies what some programs take for a negative number
_SUBORDINATE = {"uid": Path("/etc/subuid"), "gid": Path("/etc/subgid")}
_SECONDS = 20.0


@dataclass(frozen=True)
class Ids:
    """What user 0 and group 0 of a sandbox are outside; the others follow."""

    uid: int
    gid: int


@dataclass(frozen=True)
class _Grant:
    owner: str
    first: int
    count: int


def ids() -> Ids:
    """The range for sandboxes that this process starts.

    Raises `PrerequisiteError` with its remedy where there is none, `InputError` for a setting that
    can't be one.
    """
    if os.geteuid() == 0:
        return _of_root()
    for helper in ("newuidmap", "newgidmap"):
        if shutil.which(helper) is None:
            raise PrerequisiteError(
                f"A sandbox with users of its own needs {helper}, and there is none on the path.",
                hint="Run `apt-get install uidmap` as root.",
            )
    return Ids(_granted("uid"), _granted("gid"))


def _of_root() -> Ids:
    text = os.environ.get("PROOFHOUSE_SANDBOX_IDS", str(_UNUSED))
    if not text.isdecimal() or not COUNT <= int(text) <= _MOST:
        raise InputError(
            f"The users of a sandbox can't begin at {text!r}.",
            hint=f"PROOFHOUSE_SANDBOX_IDS is the first of {COUNT} free ids, {COUNT} to {_MOST}.",
        )
    first = int(text)
    for owner, number, count in _owned():
        if number < first + COUNT and first < number + count:
            raise PrerequisiteError(
                f"The ids {first} to {first + COUNT - 1} are not free: {owner} has some of them.",
                hint=f"Set PROOFHOUSE_SANDBOX_IDS to the first of {COUNT} ids that nobody has.",
            )
    return Ids(first, first)


def _owned() -> Iterator[tuple[str, int, int]]:
    """Who has which ids on this machine: owner, first, how many."""
    if (outside := os.environ.get("PROOFHOUSE_SANDBOX_UID", "")).isdecimal():
        yield "PROOFHOUSE_SANDBOX_UID", int(outside), 1
    for account in pwd.getpwall():
        yield f"the user {account.pw_name}", account.pw_uid, 1
    for group in grp.getgrall():
        yield f"the group {group.gr_name}", group.gr_gid, 1
    for kind in _SUBORDINATE:
        for grant in _grants(kind):
            if grant.owner not in ("root", "0"):
                yield grant.owner, grant.first, grant.count


def _grants(kind: str) -> list[_Grant]:
    """The lines of /etc/subuid or /etc/subgid, subuid(5)."""
    try:
        lines = _SUBORDINATE[kind].read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    rows = (line.split(":") for line in lines)
    return [
        _Grant(row[0], int(row[1]), int(row[2]))
        for row in rows
        if len(row) == 3 and row[1].isdecimal() and row[2].isdecimal()
    ]


def _granted(kind: str) -> int:
    """The first of the ids that this user is granted."""
    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    for grant in _grants(kind):
        if grant.owner in (name, str(number)) and grant.count >= COUNT and grant.first >= COUNT:
            return grant.first
    raise PrerequisiteError(
        f"{_SUBORDINATE[kind]} does not grant {name} the {COUNT} ids that a sandbox with users of "
        "its own needs.",
        hint=f"Run `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}` "
        "as root, with numbers that nobody else has.",
    )


def map_ids(pid: int, given: Ids) -> None:
    """Map the range in the user namespace that ``pid``, a child of ours, has just made.

    Raises `PrerequisiteError` where the kernel or the helper refuses.
    """
    for kind, first in (("uid", given.uid), ("gid", given.gid)):
        if os.geteuid() != 0:
            _ask_helper(f"new{kind}map", pid, first)
            continue
        try:
            Path(f"/proc/{pid}/{kind}_map").write_text(f"0 {first} {COUNT}\n")
        except OSError as error:
            raise PrerequisiteError(
                f"The ids from {first} on can't be mapped here: {error.strerror}.",
                hint="In a container without them set PROOFHOUSE_SANDBOX_IDS to "
                f"the first of {COUNT} ids that it has (/proc/self/uid_map).",
            ) from error


def _ask_helper(helper: str, pid: int, first: int) -> None:
    path = shutil.which(helper) or helper
    command = [path, str(pid), "0", str(first), str(COUNT)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={}, timeout=_SECONDS
    )
    if done.returncode != 0:
        last_line = done.stderr.strip().rpartition("\n")[2]
        raise PrerequisiteError(
            f"{helper} does not map the ids from {first} on: {last_line or 'it says nothing'}.",
            hint="Run `apt-get install --reinstall uidmap` as root.",
        )


def mapped(pid: int) -> bool:
    """Whether that process is in a namespace with users 0 to 65535 and no root of ours outside."""
    for kind in ("uid", "gid"):
        lines = Path(f"/proc/{pid}/{kind}_map").read_text().splitlines()
        rows = [tuple(map(int, line.split())) for line in lines]
        if len(rows) != 1 or rows[0][0] != 0 or rows[0][1] < COUNT or rows[0][2] != COUNT:
            return False
    return True
