# SPDX-License-Identifier: Apache-2.0
"""A granted network: members reach each other and nothing else; all they try is recorded."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.errors import InputError, PrerequisiteError
from proofhouse.sandbox import (
    Attempt,
    HostSpec,
    SessionLostError,
    launch,
    network,
    open_network,
    start_network,
    tiers,
)
from proofhouse.sandbox.attacks import run
from proofhouse.sandbox.cgroup import controllers

pytestmark = pytest.mark.sandbox

OWN, MAIL, BADGE = "10.7.0.2", "10.7.0.10", "10.7.0.11"
ABSENT, OUTSIDE = "10.7.0.99", "198.51.100.7"
PORT = "2101"

OWNER = """
import asyncio, sys
from proofhouse.sandbox import HostSpec, Limits, start_network

async def main():
    name = sys.argv[2]
    files = ((name, open(sys.argv[1], "rb").read()),)
    host = HostSpec("mail", "10.7.0.10", files, (f"./{name}", "serve", "2101"))
    await start_network((host,), Limits(), own_address="10.7.0.2")
    print("up", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def own_groups():
    here = {entry.name for found in controllers().directories for entry in found.iterdir()}
    return {name for name in here if name.split(".")[1:2] == [str(os.getpid())]}


@pytest.fixture(scope="module")
def member(tmp_path_factory) -> Path:
    """The compiled program of member.c, where a host has it."""
    binary = tmp_path_factory.mktemp("member") / "member"
    source = Path(__file__).with_name("member.c")
    subprocess.run(["cc", "-O1", "-o", str(binary), str(source)], check=True)
    return binary


@pytest.fixture
def hosts(member, marker):
    """Two hosts whose service is the program, under a name that is seen from outside."""

    def host(name, address):
        files = ((marker, member.read_bytes()), ("secret", name.encode()))
        return HostSpec(name, address, files, (f"./{marker}", "serve", PORT))

    return host("mail", MAIL), host("badge", BADGE)


@pytest.fixture
def among(hosts, member, small):
    """``among(scenario)``: with a network of both hosts, and the program on the foothold."""

    def run(scenario):
        async def open_and_run():
            async with open_network(hosts, small, own_address=OWN) as opened:
                data = member.read_bytes()
                await opened.foothold.write_file("member", data, executable=True)
                return await scenario(opened)

        return asyncio.run(open_and_run())

    return run


async def said(session, *argv):
    result = await session.exec(argv)
    assert result.returncode == 0, result
    return result.stdout.decode().strip()


def test_services_answer_by_name_and_see_who_asks(among):
    """Each host answers by TCP and UDP under its own host name and sees the foothold's address."""

    async def scenario(opened):
        return [
            await said(opened.foothold, "./member", kind, address, PORT)
            for kind in ("tcp", "udp")
            for address in (MAIL, BADGE)
        ]

    answers = ["mail 10.7.0.2", "badge 10.7.0.2"]
    assert among(scenario) == answers * 2


def test_hosts_reach_each_other_under_their_own_address(among, marker):
    """One host sees another's connection come from that host's address."""

    async def scenario(opened):
        return await said(opened.host("mail"), f"./{marker}", "tcp", BADGE, PORT)

    assert among(scenario) == f"badge {MAIL}"


def test_nobody_takes_anothers_address(among):
    """A connection bound to another member's address fails, and the other host never sees it."""

    async def scenario(opened):
        told = [
            await said(opened.foothold, "./member", kind, BADGE, PORT, MAIL)
            for kind in ("tcp", "udp")
        ]
        return told, opened.attempts()

    told, attempts = among(scenario)
    assert not any("badge" in text for text in told), told
    assert not any(attempt.source == "mail" for attempt in attempts)


def test_members_share_no_file_process_or_socket(among, marker):
    """The foothold sees no file, process, host name or abstract socket of a host."""

    async def scenario(opened):
        foothold, mail = opened.foothold, opened.host("mail")
        files = (await foothold.exec(["find", "/", "-name", "secret"])).stdout
        running = await said(foothold, "sh", "-c", "cat /proc/[0-9]*/comm")
        names = [await said(session, "uname", "-n") for session in (foothold, mail)]
        waiting = asyncio.ensure_future(mail.exec([f"./{marker}", "abstract", "meet"]))
        free = await said(foothold, "./member", "abstract", "meet")
        await waiting
        shared = [
            await said(session, "readlink", "/proc/self/ns/net") for session in (foothold, mail)
        ]
        return files, marker in running, names, free, len(set(shared))

    assert among(scenario) == (b"", False, ["sandbox", "mail"], "free", 2)


def test_nothing_outside_is_reached(among):
    """The machine's own listeners are out of reach by any of its addresses, as are others."""

    async def scenario(opened):
        with socket.create_server(("0.0.0.0", 0)) as listening:
            port = str(listening.getsockname()[1])
            addresses = ("127.0.0.1", *_own_addresses(), ABSENT, OUTSIDE)
            told = [await said(opened.foothold, "./member", "tcp", a, port) for a in addresses]
            listening.settimeout(0)
            with pytest.raises(BlockingIOError):
                listening.accept()
        return told

    local, *others = among(scenario)
    assert local == "connect: Connection refused"
    assert set(others) == {"connect: No route to host"}


def _own_addresses():
    """The machine's address on the way out, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((OUTSIDE, 9))
        except OSError:
            return []
        return [asking.getsockname()[0]]


def test_the_record_has_every_attempt(among, marker):
    """Declared or not, answered or not, by whichever member: each attempt is a row."""

    async def scenario(opened):
        foothold = opened.foothold
        for address in (MAIL, ABSENT, OUTSIDE):
            await said(foothold, "./member", "tcp", address, PORT)
        await said(foothold, "./member", "tcp", BADGE, "9")
        await said(foothold, "./member", "udp", OUTSIDE, "53")
        version_6 = await said(foothold, "./member", "v6", "2001:db8::1", "53")
        await said(opened.host("mail"), f"./{marker}", "tcp", ABSENT, "9")
        return version_6, opened.attempts()

    version_6, attempts = among(scenario)
    seen_v6 = [Attempt("foothold", "udp", "2001:db8::1", 53, False, 1)] * (version_6 == "sent")
    rows = {(a.source, a.protocol, a.address, a.port, a.declared) for a in attempts}
    assert rows == {
        ("foothold", "tcp", ABSENT, int(PORT), False),
        ("foothold", "tcp", OUTSIDE, int(PORT), False),
        ("foothold", "udp", OUTSIDE, 53, False),
        ("mail", "tcp", ABSENT, 9, False),
        ("foothold", "tcp", MAIL, int(PORT), True),
        ("foothold", "tcp", BADGE, 9, True),
        *((a.source, a.protocol, a.address, a.port, a.declared) for a in seen_v6),
    }
    assert [a.declared for a in attempts] == sorted(a.declared for a in attempts)


def test_networks_with_the_same_addresses_never_meet(hosts, member, small):
    """Two networks at once use the same addresses: each foothold meets its own host only."""
    other = tuple(
        HostSpec(f"other-{host.name}", host.address, host.files, host.start) for host in hosts
    )

    async def scenario():
        async with (
            open_network(hosts, small, own_address=OWN) as one,
            open_network(other, small, own_address=OWN) as two,
        ):
            answers = []
            for opened in (one, two):
                await opened.foothold.write_file("member", member.read_bytes(), executable=True)
                answers.append(await said(opened.foothold, "./member", "tcp", MAIL, PORT))
            return answers, one.attempts(), two.attempts()

    answers, first, second = asyncio.run(scenario())
    assert answers == ["mail 10.7.0.2", "other-mail 10.7.0.2"]
    assert first == second == (Attempt("foothold", "tcp", MAIL, int(PORT), True, 1),)


def test_every_member_has_every_fence(among, seen, marker):
    """From outside, a host's service has no capability, no privilege, no root, and a filter."""

    async def scenario(opened):
        found = await seen(marker, 2)
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in found]
        spaces = {os.readlink(f"/proc/{pid}/ns/net") for pid in found} if os.geteuid() == 0 else ()
        return texts, spaces

    texts, spaces = among(scenario)
    outside = str(65534 if os.geteuid() == 0 else os.geteuid())
    for text in texts:
        status = {
            line.partition(":")[0]: line.partition(":")[2].split() for line in text.splitlines()
        }
        assert status["Uid"] == status["Gid"] == [outside] * 4
        assert {status[f"Cap{name}"][0] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {
            "0" * 16
        }
        assert (status["NoNewPrivs"], status["Seccomp"]) == (["1"], ["2"])
    if os.geteuid() == 0:
        assert len(spaces) == 2
        assert os.readlink("/proc/self/ns/net") not in spaces


class OnNetwork:
    """The tier bwrap, but that each session is the foothold of a network with one host."""

    def __init__(self, plain):
        self.plain = plain

    def check(self):
        self.plain.check()

    async def start(self, limits, seat=None):
        if seat is not None:
            return await self.plain.start(limits, seat)
        opened = await start_network((HostSpec("mail", MAIL, (), ("true",)),), limits)
        close = opened.foothold.close

        async def close_all():
            opened.foothold.close = close
            await opened.close()

        opened.foothold.close = close_all
        return opened.foothold


def test_no_attack_works_from_a_foothold(monkeypatch):
    """The escape suite finds on a foothold what a sandbox without a network keeps, and its device.

    The device and its route are there on purpose; what they lead to is tried above.
    """
    monkeypatch.setattr(tiers, "TIERS", {"bwrap": OnNetwork(tiers.TIERS["bwrap"])})

    async def all_of_them():
        return {told.attack.name async for told in run("bwrap") if told.worked}

    assert asyncio.run(all_of_them()) == {"interfaces", "routes"}


def test_nothing_outlives_the_close(among, host_pids, marker):
    """Closing ends every host's service and removes every group; the record stays."""

    async def scenario(opened):
        await said(opened.foothold, "./member", "tcp", MAIL, PORT)
        return opened

    opened = among(scenario)
    assert host_pids(marker) == []
    assert own_groups() == set()
    assert opened.attempts() == (Attempt("foothold", "tcp", MAIL, int(PORT), True, 1),)


def test_a_killed_owner_leaves_nothing(member, marker, host_pids, eventually):
    """kill -9 of the owner ends every member of its network."""
    command = [sys.executable, "-c", OWNER, str(member), marker]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        assert len(host_pids(marker)) == 1
        owner.send_signal(signal.SIGKILL)
    assert eventually(lambda: host_pids(marker) == [])


def test_a_service_that_does_not_come_up_is_told(hosts, small, host_pids, marker, eventually):
    """A start command that fails is an error that names the host, and leaves no other host."""
    bad = HostSpec("bad", "10.7.0.30", (), ("sh", "-c", "echo no disk >&2; exit 1"))

    async def scenario():
        await start_network((*hosts, bad), small, own_address=OWN)

    with pytest.raises(SessionLostError, match=r"host bad does not come up: no disk"):
        asyncio.run(scenario())
    assert eventually(lambda: host_pids(marker) == [])
    assert eventually(lambda: own_groups() == set())


def test_a_machine_without_the_device_is_told(hosts, small, monkeypatch, tmp_path, eventually):
    """Where no device can be had there is no network, and the error says what to do."""
    stub = tmp_path / "network"
    stub.write_text("#!/bin/sh\necho 'network: /dev/net/tun: Permission denied' >&2; exit 125\n")
    stub.chmod(0o755)
    monkeypatch.setattr(launch, "network_binary", lambda: stub)
    with pytest.raises(PrerequisiteError, match="/dev/net/tun: Permission denied") as refused:
        asyncio.run(start_network(hosts, small, own_address=OWN))
    assert "chmod 0666 /dev/net/tun" in refused.value.hint
    assert eventually(lambda: own_groups() == set())


def test_a_network_that_was_left_out_is_noticed(hosts, small, monkeypatch, tmp_path, eventually):
    """A sandbox that would share the machine's own network is never used."""
    stub = tmp_path / "network"
    stub.write_text('#!/bin/sh\nshift 2; exec "$@"\n')
    stub.chmod(0o755)
    monkeypatch.setattr(launch, "network_binary", lambda: stub)
    with pytest.raises(PrerequisiteError):
        asyncio.run(start_network(hosts, small, own_address=OWN))
    assert eventually(lambda: own_groups() == set())


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Mail", MAIL),
        ("-mail", MAIL),
        ("a" * 64, MAIL),
        ("foothold", MAIL),
        ("sandbox", MAIL),
        ("mail\n", MAIL),
        ("mail", "127.0.0.1"),
        ("mail", OUTSIDE),
        ("mail", "8.8.8.8"),
        ("mail", "fd00::1"),
        ("mail", "mail"),
        ("mail", OWN),
        ("mail", "255.255.255.255"),
    ],
)
def test_names_and_addresses_that_can_not_be(name, address, small):
    """A name that is none, an address that isn't private, or one that is taken is refused."""
    with pytest.raises(InputError):
        asyncio.run(start_network((HostSpec(name, address, (), ()),), small, own_address=OWN))


def test_too_many_hosts(small):
    """A network has at most 64 hosts, each with its own name and address."""
    hosts = [HostSpec(f"h{n}", f"10.7.1.{n}", (), ()) for n in range(network.MOST_HOSTS + 1)]
    for refused in (hosts, (hosts[1], hosts[1])):
        with pytest.raises(InputError):
            asyncio.run(start_network(refused, small, own_address=OWN))
