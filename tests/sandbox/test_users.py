# SPDX-License-Identifier: Apache-2.0
"""Sandboxes with users of their own: there is a root inside, and it is nobody outside."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from proofhouse.errors import InputError, PrerequisiteError, RefusedError
from proofhouse.sandbox import Limits, check_tier, ids, launch, open_session, start_session
from proofhouse.sandbox.limits import MIB
from proofhouse.sandbox.session import Seat
from proofhouse.sandbox.users import UsersTier, account_of
from proofhouse.sandbox.wire import Account

LIMITS = Limits(memory_bytes=128 * MIB, pids=32, wall_seconds=30, open_files=64, tmp_bytes=16 * MIB)
FREE = ids.Ids(1_880_096_768, 1_880_096_768)

#: What root inside tries; each says the number of what worked.
TRIED = r"""
won() { "$@" >/dev/null 2>&1 && echo "WON $*"; }
writes() { ( echo 1 > "$1" ) 2>/dev/null && echo "WON writes $1"; }
won touch /usr/bin/x /x /dev/x /proc/x
won chown 0:0 /usr/bin/env /dev/null
won chmod 666 /dev/null
won mknod /tmp/disk b 7 0
won mknod /tmp/memory c 1 1
won cat /proc/kmsg
won cat /proc/kcore
won mount -t tmpfs none /mnt
won umount /etc/profile
won rm -f /etc/ld.so.preload
won mv /etc/ld.so.preload /etc/other
won mv /etc /other
won unshare -U true
won unshare -n true
won chroot / true
won nice -n -5 nice -n 0 sh -c '[ $(nice) -lt 0 ]'
won prlimit --nofile=100000:100000 true
won setpriv --reuid 65536 true
won setpriv --inh-caps +sys_admin true
won setpriv --nnp=0 true
for f in preload cache; do writes /etc/ld.so.$f; done
for f in /etc/profile /proc/sysrq-trigger /proc/1/oom_score_adj /proc/1/comm; do writes $f; done
find /proc/sys -type f -writable
cat /proc/1/status
grep ' rw[, ]' /proc/mounts | grep '^tmpfs' | grep -v size=
true
"""


def _missing() -> str:
    """Why an ordinary user has no such sandboxes here; root must have them."""
    try:
        ids.ids()
    except PrerequisiteError as error:
        return "" if os.geteuid() == 0 else str(error)
    return ""


MISSING = _missing()


def in_sandbox(test):
    """It takes a sandbox with users of its own."""
    return pytest.mark.sandbox(pytest.mark.skipif(bool(MISSING), reason=MISSING)(test))


@pytest.fixture
def free(monkeypatch):
    """The range for root is what it is unless set otherwise."""
    monkeypatch.delenv("PROOFHOUSE_SANDBOX_IDS", raising=False)
    monkeypatch.delenv("PROOFHOUSE_SANDBOX_UID", raising=False)


def play(scenario):
    """Run ``scenario(session)`` in a sandbox with users of its own."""

    async def run():
        async with open_session(LIMITS, users=True) as session:
            return await scenario(session)

    return asyncio.run(run())


async def sh(session, text, user=None, timeout=None):
    """The output of a shell command as that user."""
    result = await session.exec(["sh", "-c", text], user=user, timeout=timeout)
    assert result.returncode == 0, result
    return result.stdout.decode()


# ---- in sandboxes --------------------------------------------------------------------------------


@in_sandbox
def test_who_is_who():
    """By default the unprivileged user; root has five rights, others none and none to be had."""
    status = "id -un; grep -E '^(Uid|Groups|Cap|NoNew|Seccomp:)' /proc/self/status"

    async def told(session):
        return [await sh(session, status, user) for user in (None, "user", "0", "1234", "root")]

    default, same, root, other, also_root = play(told)
    none, five = "0000000000000000", "00000000000000cb"
    assert default == same
    assert root == also_root
    for name, text, uid, held in (
        ("user", default, 65534, none),
        ("root", root, 0, five),
        ("", other.replace("1234\n", "", 1), 1234, none),
    ):
        lines = [line.split() for line in text.removeprefix(f"{name}\n").splitlines()]
        found = {line[0].rstrip(":"): line[1:] for line in lines if len(line) > 0}
        assert found["Uid"] == [str(uid)] * 4
        assert found["Groups"] == []
        assert [found[f"Cap{kind}"][0] for kind in ("Prm", "Eff", "Bnd")] == [held] * 3
        assert [found[f"Cap{kind}"][0] for kind in ("Inh", "Amb")] == [none] * 2
        assert (found["NoNewPrivs"], found["Seccomp"]) == (["1"], ["2"])


@in_sandbox
def test_root_inside_is_nobody_outside():
    """Every user inside is an id outside that no account has; at the end nobody of them is left."""
    me = f"sleep-{os.getpid()}"

    async def maps(session):
        text = await sh(session, "cat /proc/self/uid_map /proc/self/gid_map", "root")
        begun = f"/tmp/{me} 60 >/dev/null 2>&1 & until grep -q {me} /proc/$!/comm; do :; done"
        await sh(session, f"cp /usr/bin/sleep /tmp/{me}; {begun}", "root")
        return text, outside_of(me)

    text, during = play(maps)
    rows = [tuple(map(int, line.split())) for line in text.splitlines()]
    assert rows == [(0, ids.ids().uid, 65536), (0, ids.ids().gid, 65536)]
    assert rows[0][1] >= 65536
    assert during == [ids.ids().uid]
    assert outside_of(me) == []


def outside_of(name: str) -> list[int]:
    """Whose the processes of that name are, seen from outside."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]:
                found.append(Path(f"/proc/{pid}").stat().st_uid)
        except OSError:
            continue
    return found


@in_sandbox
def test_root_inside_gets_no_further():
    """No way leads from root inside to the host, the kernel's settings, PID 1 or more rights."""
    assert play(lambda session: sh(session, TRIED, "root")) == ""


@in_sandbox
def test_others_are_kept_from_root():
    """Nobody else becomes root, by a program of root's neither, or gets at root's files."""
    plant = "cp /usr/bin/id /tmp/id; chmod 4755 /tmp/id; echo secret > /root/s"

    async def tried(session):
        pid = await sh(session, f"{plant}; sleep 60 >/dev/null 2>&1 & printf $!", "root")
        attack = (
            f"/tmp/id -u; setpriv --reuid 0 id; cat /root/s /etc/shadow; kill {pid} && echo WON; "
            "echo x > /etc/passwd && echo WON; rm -f /tmp/id && echo WON; true"
        )
        return [await sh(session, attack, user) for user in (None, "1000")]

    assert play(tried) == ["65534\n", "1000\n"]


@in_sandbox
@pytest.mark.skipif(shutil.which("adduser", path="/usr/sbin") is None, reason="no adduser in /usr")
def test_root_adds_users():
    """Who was added can be named, is at home in a folder of its own, and is in its groups."""

    async def added(session):
        add = "adduser --disabled-password --comment x ann && addgroup crew && adduser ann crew"
        await sh(session, add, "root")
        told = await sh(session, "id -un; id -Gn; pwd; echo $HOME; echo x > ~/x; cat ~/x", "ann")
        await sh(session, "userdel -r ann 2>/dev/null; [ ! -e /home/ann ]", "root")
        return told, (await session.exec(["true"], user="ann"))

    told, gone = play(added)
    name, groups, *rest = told.splitlines()
    assert (name, rest) == ("ann", ["/work", "/home/ann", "x"])
    assert {"ann", "crew"} <= set(groups.split())
    assert (gone.returncode, gone.stderr) == (126, b"sandbox: there is no user 'ann'\n")


@in_sandbox
def test_what_root_does_to_the_list_of_users():
    """Whatever root makes of /etc/passwd, a command gets a user inside or is not started."""
    wrecks = ("mkfifo /etc/passwd", "ln -s /proc/self/mem /etc/passwd", "mkdir /etc/passwd",
              "echo 'ann:x:4294967296:0::/:' > /etc/passwd", "head -c 9M /dev/zero > /etc/passwd",
              "ln -s /etc/passwd /etc/passwd")  # fmt: skip

    async def tried(session):
        found = []
        for wreck in wrecks:
            await sh(session, f"rm -rf /etc/passwd; {wreck}", "root")
            found.append((await session.exec(["true"], user="ann")).returncode)
            found.append(int(await sh(session, "id -u", "root")))
        return found

    assert play(tried) == [126, 0] * len(wrecks)


@in_sandbox
def test_what_root_leaves_behind_is_ended_too():
    """At its time a command of root's dies with all it started, in whatever session and user."""

    async def timed(session):
        text = (
            "setsid setpriv --reuid 1000 sh -c 'while :; do sleep 0.01; date > /tmp/beat; done' &"
        )
        late = await session.exec(["sh", "-c", f"{text} sleep 30"], user="root", timeout=0.5)
        lives = "for p in /proc/[0-9]*; do cat $p/comm 2>/dev/null; done | grep -c sleep; true"
        return late.timed_out, await sh(session, lives, "root")

    assert play(timed) == (True, "0\n")


@in_sandbox
def test_where_there_is_one_user():
    """Without the option nobody can be named; nothing is run."""

    async def named():
        async with open_session(LIMITS) as session:
            with pytest.raises(RefusedError, match="no user 'root'"):
                await session.exec(["touch", "ran"], user="root")
            with pytest.raises(FileNotFoundError):
                await session.read_file("ran", 1)

    asyncio.run(named())


@in_sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees whose network it is")
def test_a_fence_that_was_not_raised(monkeypatch):
    """A sandbox that comes up without one of its fences is found out, and not used."""
    fewer = tuple(word for word in launch._FENCES_OF_USERS if word != "--unshare-net")
    monkeypatch.setattr(launch, "_FENCES_OF_USERS", fewer)
    with pytest.raises(PrerequisiteError, match="did not see to a network of its own"):
        check_tier(users=True)
    with pytest.raises(PrerequisiteError, match="did not see to a network of its own"):
        asyncio.run(start_session(LIMITS, users=True))


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ({}, ""),
        ({"Uid": "0 0 0 0"}, "Uid"),
        ({"Groups": "0"}, "Groups"),
        ({"CapPrm": "00000000000001eb"}, "CapPrm"),
        ({"CapEff": "000001ffffffffff"}, "CapEff"),
        ({"CapBnd": "00000000000001cb"}, "CapBnd"),
        ({"CapInh": "0000000000000001"}, "CapInh"),
        ({"CapAmb": "00000000000000cb"}, "CapAmb"),
        ({"NoNewPrivs": "0"}, "NoNewPrivs"),
        ({"Seccomp": "0"}, "Seccomp"),
    ],
)
def test_what_pid_1_may_have(monkeypatch, tmp_path, told, lacks):
    """Each of its rights is looked at; one more, or a fence less, and it is not used."""
    none = "0000000000000000"
    rights = {"CapPrm": "00000000000001cb", "CapEff": "00000000000001cb"}
    status = {"Uid": "7 7 7 7", "Groups": "", "CapInh": none, "CapAmb": none, **rights,
              "CapBnd": "00000000000000cb", "NoNewPrivs": "1", "Seccomp": "2", **told}  # fmt: skip
    (tmp_path / "status").write_text("".join(f"{k}:\t{v}\n" for k, v in status.items()))
    monkeypatch.setattr(launch, "Path", lambda _: tmp_path / "status")
    monkeypatch.setattr(launch, "mapped", lambda pid: True)
    monkeypatch.setattr(launch, "_shares_our_network", lambda pid: False)
    monkeypatch.setattr(launch, "bound_terminals", lambda pid: None)
    assert launch.settled_with_users(4711, 7) == lacks


@in_sandbox
def test_ids_that_can_not_be_mapped(monkeypatch):
    """Where the ids are not given, nothing runs, and nothing is left."""

    def refuse(pid, given):
        raise PrerequisiteError(f"no ids for {pid}", hint="")

    monkeypatch.setattr(launch, "map_ids", refuse)
    with pytest.raises(PrerequisiteError, match="no ids") as refused:
        check_tier(users=True)
    assert not Path(f"/proc/{refused.value.message.split()[-1]}").exists()


def test_what_does_not_go_together():
    """Another tier, or a granted network, is refused before anything starts."""
    with pytest.raises(RefusedError, match="gvisor has no sandboxes with users"):
        check_tier("gvisor", users=True)
    with pytest.raises(RefusedError, match="no granted network"):
        UsersTier().spawn(LIMITS, 1, Seat("name", "10.0.0.2", None))


# ---- whose ids -----------------------------------------------------------------------------------


def machine(monkeypatch, tmp_path, uid=0, subuid="", subgid="", accounts=((0, "root"),)):
    """A machine of that user, those grants and those accounts."""
    monkeypatch.setattr(ids.os, "geteuid", lambda: uid)
    files = {"uid": tmp_path / "subuid", "gid": tmp_path / "subgid"}
    files["uid"].write_text(subuid)
    files["gid"].write_text(subgid)
    monkeypatch.setattr(ids, "_SUBORDINATE", files)
    rows = [SimpleNamespace(pw_uid=number, pw_name=name) for number, name in accounts]
    monkeypatch.setattr(ids.pwd, "getpwall", lambda: rows)
    monkeypatch.setattr(ids.pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="ann"))
    monkeypatch.setattr(ids.grp, "getgrall", list)


def test_the_range_of_root(free, monkeypatch, tmp_path):
    """Root takes a high range that belongs to nobody, or the one that is set."""
    machine(monkeypatch, tmp_path, subuid="root:1880096768:65536\nann:100000:65536\n")
    assert ids.ids() == FREE
    monkeypatch.setenv("PROOFHOUSE_SANDBOX_IDS", "200000")
    assert ids.ids() == ids.Ids(200000, 200000)


@pytest.mark.parametrize("setting", ["0", "65535", "2147418113", "-1", "1e9", "", "99999999999"])
def test_a_range_that_can_not_be(monkeypatch, setting):
    """A range that holds root, the machine's own users, or numbers beyond 2^31 is refused."""
    monkeypatch.setattr(ids.os, "geteuid", lambda: 0)
    monkeypatch.setenv("PROOFHOUSE_SANDBOX_IDS", setting)
    with pytest.raises(InputError, match="PROOFHOUSE_SANDBOX_IDS"):
        ids.ids()


def test_the_user_of_other_sandboxes_is_none_of_them(free, monkeypatch, tmp_path):
    """Whom sandboxes without users are outside is not among those of one with users."""
    machine(monkeypatch, tmp_path)
    monkeypatch.setenv("PROOFHOUSE_SANDBOX_UID", "1880096768")
    with pytest.raises(PrerequisiteError, match="PROOFHOUSE_SANDBOX_UID has some of them"):
        ids.ids()


@pytest.mark.parametrize(
    "taken",
    [
        {"accounts": ((1_880_162_303, "last"),)},
        {"subuid": "lxd:1880031233:65536\n"},
        {"subgid": "1001:1880162303:1\n"},
    ],
)
def test_a_range_that_somebody_has(free, monkeypatch, tmp_path, taken):
    """An account or another's subordinate ids in the range, be it at its edge, are said."""
    machine(monkeypatch, tmp_path, **taken)
    with pytest.raises(PrerequisiteError, match="not free"):
        ids.ids()


def test_an_ordinary_user_without_the_helpers(monkeypatch, tmp_path):
    """Without newuidmap the remedy is to install it."""
    machine(monkeypatch, tmp_path, uid=1000, subuid="ann:100000:65536\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrerequisiteError) as refused:
        ids.ids()
    assert "newuidmap" in refused.value.message
    assert refused.value.hint == "Run `apt-get install uidmap` as root."


@pytest.mark.parametrize(
    "grants",
    ["", "bob:100000:65536\n", "ann:100000:65535\n", "ann:0:65536\n", "ann:x:65536\nann\n::\n"],
)
def test_an_ordinary_user_without_a_grant(monkeypatch, tmp_path, grants):
    """Without 65,536 ids of its own the remedy is the command that grants them."""
    machine(monkeypatch, tmp_path, uid=1000, subuid=grants, subgid="ann:100000:65536\n")
    monkeypatch.setattr(ids.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(PrerequisiteError) as refused:
        ids.ids()
    assert "--add-subuids 100000-165535 --add-subgids 100000-165535 ann" in refused.value.hint


def test_an_ordinary_user_with_a_grant(monkeypatch, tmp_path):
    """The first grant that is large enough is taken, by name or by number."""
    subuid = "bob:1:2\nann:70000:9\nann:300000:65536\n"
    machine(monkeypatch, tmp_path, uid=1000, subuid=subuid, subgid="1000:400000:99999\n")
    monkeypatch.setattr(ids.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert ids.ids() == ids.Ids(300000, 400000)


def test_what_the_helper_refuses_is_said(monkeypatch, tmp_path):
    """An ordinary user's ids are mapped by the helper, and what it says is passed on."""
    machine(monkeypatch, tmp_path, uid=1000)
    said, helper = tmp_path / "said", tmp_path / "newuidmap"
    helper.write_text(f"#!/bin/sh\necho $* > {said}\necho 'newuidmap: not allowed' >&2\nexit 1\n")
    helper.chmod(0o755)
    monkeypatch.setattr(ids.shutil, "which", lambda _: str(helper))
    with pytest.raises(PrerequisiteError, match="newuidmap: not allowed"):
        ids.map_ids(4711, ids.Ids(300000, 400000))
    assert said.read_text() == "4711 0 300000 65536\n"


def test_a_map_that_is_not_ours():
    """A process in no namespace of its own is not taken for one with users."""
    assert not ids.mapped(os.getpid())


# ---- who is called what --------------------------------------------------------------------------

PASSWD = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001:,,,:/home/ann:/bin/sh\nb:x:7:8::\n"
GROUP = "crew:x:50:bob,ann\nann:x:1001:\nbad:x:65536:ann\nusers:x:100:ann\nann\n"


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("ann", Account(1000, 1001, (50, 100), "/home/ann")),
        ("1000", Account(1000, 1001, (50, 100), "/home/ann")),
        ("root", Account(0, 0, (), "/root")),
        ("b", Account(7, 8, (), "/")),
        ("9", Account(9, 9)),
        ("65535", Account(65535, 65535)),
        *((name, None) for name in ("65536", "x", "", "nobody", "-1", "1e3", "٣", "ann:crew")),
    ],
)
def test_an_account(user, account):
    """A name or a number of the list is that line's user; another number is itself."""
    assert account_of(user, PASSWD, GROUP) == account


@pytest.mark.parametrize(
    "passwd",
    ["", "\0", "ann", "ann:x:1000", "ann:x:x:0::/:", "ann:x:65536:0::/:", "ann:x:0:-1::/:"],
)
def test_a_list_that_says_nothing(passwd):
    """Lines that are none make nobody; root is always there."""
    assert account_of("ann", passwd, "") is None
    assert account_of("root", passwd, "") == Account(0, 0, (), "/root")


def test_no_more_groups_than_the_kernel_takes():
    """However many groups root writes, a command has 64 of them at most."""
    group = "".join(f"g{n}:x:{n}:ann\n" for n in range(1000))
    found = account_of("ann", PASSWD, group)
    assert found is not None
    assert found.groups == tuple(range(64))
