# SPDX-License-Identifier: Apache-2.0
"""A granted network: some hosts of ours and one session that may speak to them, and nobody else.

    hosts = (HostSpec("mail", "10.7.0.9", files=(("box/1", b"…"),), start=("./mail", "2101")),)
    async with open_network(hosts, Limits()) as network:
        await network.foothold.exec(["./talk", "10.7.0.9", "2101"], stdin=b"LIST\\n")
        network.attempts()                    every connection that was tried, by whom, where to

Each host, and the foothold, is a session with all the fences of its tier and a network namespace
of its own, whose one device leads to our `switch`. So they share nothing but the packets that the
switch hands on: no file, no process, no host name, no abstract socket; a member can't use another's
address; two networks may use the same addresses and never meet. There is no way out: whatever goes
elsewhere ends at the switch, which records it.

A host's ``start`` command runs in a folder of its own (``/work``) that holds its files, and ends
with status 0 once its service listens, which it leaves behind: a daemon's habit. Ports are 1024 or
more. A service that ends is not started again.

When the owner of a network dies, its sessions die as they do anyhow, and their devices with them.
The tier ``bwrap`` makes the devices with ``/dev/net/tun``: as root always, otherwise where that
file lets everybody in and user namespaces aren't barred; else `PrerequisiteError` says so.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from proofhouse.errors import InputError, PrerequisiteError
from proofhouse.sandbox.limits import MIB, Limits
from proofhouse.sandbox.session import Seat, Session, SessionLostError
from proofhouse.sandbox.switch import Attempt, Switch
from proofhouse.sandbox.tiers import DEFAULT_TIER, tier_named

FOOTHOLD = "foothold"
"""What the session without a service is called in the record; its host name is ``sandbox``."""

MOST_HOSTS = 64
"""How many hosts a network may have."""

HOST_LIMITS = Limits(
    memory_bytes=64 * MIB, pids=32, cpu_seconds=300, wall_seconds=20.0, tmp_bytes=8 * MIB
)
"""What one host may use up; ``wall_seconds`` is how long its service may take to listen.
``cpu_seconds`` is what that has for as long as the network lives."""

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_REMEDY = (
    "As root see that /dev/net/tun exists (in a container: `--device /dev/net/tun`); "
    "otherwise run `chmod 0666 /dev/net/tun` as root, and allow user namespaces."
)


@dataclass(frozen=True)
class HostSpec:
    """One host: ``files`` are paths relative to its folder and bytes; see the module for ``start``.

    A file whose bytes begin with ``#!`` or the mark of an ELF program is made executable.
    """

    name: str
    address: str
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    start: tuple[str, ...]


class Network:
    """A network under way; its ``foothold`` is the session that may speak to its hosts."""

    def __init__(self, switch: Switch, sessions: dict[str, Session]) -> None:
        self._switch = switch
        self._sessions = sessions

    @property
    def foothold(self) -> Session:
        """Where work is done."""
        return self._sessions[FOOTHOLD]

    def host(self, name: str) -> Session:
        """The session of a host, to look at it from outside; `KeyError` if there is none."""
        return self._sessions[name]

    def attempts(self) -> tuple[Attempt, ...]:
        """Every connection that was tried so far; those at undeclared addresses come first."""
        return self._switch.record.attempts()

    async def close(self) -> None:
        """End every session, then the switch; the record stays. Can be repeated."""
        try:
            await asyncio.gather(*(session.close() for session in self._sessions.values()))
        finally:
            self._switch.close()


def free_address(taken: Sequence[str]) -> str:
    """The lowest address from number 2 on of the first one's /24 that is not ``taken``."""
    start = taken[0].rpartition(".")[0] if taken else "10.0.0"
    return next(f"{start}.{n}" for n in range(2, 256) if f"{start}.{n}" not in taken)


async def start_network(
    hosts: Sequence[HostSpec],
    limits: Limits,
    tier: str = DEFAULT_TIER,
    *,
    own_address: str | None = None,
) -> Network:
    """Start every host and its service, and the foothold at ``own_address``; the caller closes it.

    ``limits`` are the foothold's; without ``own_address`` it has `free_address`.

    Raises `InputError` for names or addresses that can't be, `PrerequisiteError` where networks
    can't be had (with the remedy), `SessionLostError` when a service does not come up.
    """
    own_address = own_address or free_address([host.address for host in hosts])
    _check(hosts, own_address)
    network = Network(Switch(), {})
    try:
        async with asyncio.TaskGroup() as starting:
            starting.create_task(_join(network, FOOTHOLD, "sandbox", own_address, limits, tier))
            for host in hosts:
                starting.create_task(_start_host(network, host, tier))
    except BaseExceptionGroup as group:
        await network.close()
        raise _first(group) from None
    except BaseException:
        await network.close()
        raise
    return network


@asynccontextmanager
async def open_network(
    hosts: Sequence[HostSpec],
    limits: Limits,
    tier: str = DEFAULT_TIER,
    *,
    own_address: str | None = None,
) -> AsyncIterator[Network]:
    """Start a network and close it at the end of the block; raises as `start_network`."""
    network = await start_network(hosts, limits, tier, own_address=own_address)
    try:
        yield network
    finally:
        await network.close()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _start_host(network: Network, host: HostSpec, tier: str) -> None:
    session = await _join(network, host.name, host.name, host.address, HOST_LIMITS, tier)
    for path, data in host.files:
        await session.write_file(path, data, executable=data.startswith((b"#!", b"\x7fELF")))
    started = await session.exec(host.start)
    if started.returncode != 0:
        said = started.stderr.decode("utf-8", "replace").strip()[:200]
        raise SessionLostError(
            f"The service of the host {host.name} does not come up: {said or 'it says nothing'}"
        )


async def _join(
    network: Network, name: str, hostname: str, address: str, limits: Limits, tier: str
) -> Session:
    """Start one member's session and plug its device in."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        try:
            session = await tier_named(tier).start(limits, Seat(hostname, address, theirs))
        except PrerequisiteError as error:
            raise _explained(error) from error
        network._sessions[name] = session
        try:
            _, devices, _, _ = socket.recv_fds(ours, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            devices = []
        if len(devices) != 1:
            raise PrerequisiteError(
                f"The sandbox tier {tier} gives no granted network.", hint="Use the tier bwrap."
            )
    os.set_blocking(devices[0], False)
    network._switch.plug(name, address, devices[0])
    return session


def _explained(error: PrerequisiteError) -> PrerequisiteError:
    """An error at the start of a session; with our remedy if it was the network that failed."""
    if "network:" not in error.message:
        return error
    return PrerequisiteError(f"A granted network can't be had here: {error.message}", hint=_REMEDY)


def _check(hosts: Sequence[HostSpec], own_address: str) -> None:
    names, addresses = [host.name for host in hosts], [host.address for host in hosts]
    for name in names:
        if not _NAME.fullmatch(name) or name in (FOOTHOLD, "localhost", "sandbox"):
            raise InputError(
                f"A host can't be called {name!r}.",
                hint="Up to 63 lower-case letters, digits and hyphens; not foothold, not sandbox.",
            )
    for address in (*addresses, own_address):
        try:
            fit = ipaddress.IPv4Address(address).is_private
        except ValueError:
            fit = False
        if not fit or address.startswith(("127.", "0.", "169.254.", "192.0.0.", "255.")):
            raise InputError(
                f"A host of a granted network can't have the address {address!r}.",
                hint="Take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
            )
    if len({*addresses, own_address}) <= len(hosts) or len(set(names)) < len(hosts):
        raise InputError("Two hosts of a granted network have one name or one address.")
    if len(hosts) > MOST_HOSTS:
        raise InputError(f"A granted network has at most {MOST_HOSTS} hosts, not {len(hosts)}.")
