# SPDX-License-Identifier: Apache-2.0
"""Hands packets from one member of a granted network to another, and records who tried what.

    foothold ─ net0 ─ TUN ─┐
    mail     ─ net0 ─ TUN ─┼─ Switch ─ Attempt("foothold", "tcp", "10.7.0.9", 2101, declared=True)
    badge    ─ net0 ─ TUN ─┘

Each member's only device leads here, so what is not written down here did not happen, and what is
not let through here does not arrive. A packet must come from its member's own address, or it is
dropped: a member can't pass for another. One to an address of the network is handed to its owner;
one to any other address, of version 4 or 6, is recorded as an attempt at an undeclared address and
answered "prohibited" (RFC 1122, 3.2.2.1; version 6 is dropped), so that nobody waits for it.

An attempt is the opening of a TCP connection (SYN without ACK), the first UDP packet of a pair of
ports whose other direction has not been seen, or any packet of another protocol but ICMP. Equal
attempts are counted in one row. The first ``LISTED`` rows to declared addresses are kept and as
many to undeclared ones, each kind in its own right, so that a port scan hides nothing; the rest is
counted in a row for each kind.

Packets are a stranger's bytes. They are read at fixed places with every length checked (RFC 791,
8200) and handed on as they are: neither here nor beyond is anything of them taken for ours.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import Counter
from dataclasses import dataclass

LISTED = 4096
"""How many different attempts are kept of each kind."""

_PACKET = 65_536
_AT_ONCE = 64  # packets of one member, before another has its turn
_FLOWS = 65_536
_ICMP, _TCP, _UDP, _ICMP_V6 = 1, 6, 17, 58
_NAMES = {_TCP: "tcp", _UDP: "udp"}
_SYN, _SYN_OR_ACK = 0x02, 0x12
_GATEWAY = bytes((192, 0, 0, 8))  # the dummy address of RFC 7600, for who answers "prohibited"


@dataclass(frozen=True)
class Attempt:
    """A connection that was tried, ``count`` times.

    ``source`` is the member's name; ``protocol`` is ``tcp``, ``udp``, ``ip-N`` or ``other`` for
    the rows beyond the list (``address`` is then empty); ``port`` is 0 where there is none.
    ``declared`` says that the address is one of the network.
    """

    source: str
    protocol: str
    address: str
    port: int
    declared: bool
    count: int


@dataclass(frozen=True)
class Packet:
    """What is looked at of a packet; ports are 0 where it has none, or not in this fragment."""

    version: int
    source: bytes
    target: bytes
    protocol: int
    source_port: int
    target_port: int
    opens: bool

    @property
    def address(self) -> str:
        """The target as text."""
        family = socket.AF_INET if self.version == 4 else socket.AF_INET6
        return socket.inet_ntop(family, self.target)


def parse(data: bytes) -> Packet | None:
    """A packet of version 4 or 6; None for anything that is malformed."""
    if len(data) >= 20 and data[0] >> 4 == 4:
        header = 4 * (data[0] & 15)
        if header < 20 or not header <= int.from_bytes(data[2:4], "big") <= len(data):
            return None
        first = int.from_bytes(data[6:8], "big") & 0x1FFF == 0
        body = data[header:] if first else b""
        return _packet(4, data[12:16], data[16:20], data[9], body)
    if len(data) >= 40 and data[0] >> 4 == 6:
        return _packet(6, data[8:24], data[24:40], data[6], data[40:])
    return None


def _packet(version: int, source: bytes, target: bytes, protocol: int, body: bytes) -> Packet:
    source_port = target_port = 0
    opens = protocol not in (_TCP, _UDP, _ICMP, _ICMP_V6)
    if protocol in _NAMES and len(body) >= 4:
        source_port, target_port = struct.unpack_from(">HH", body)
        opens = protocol == _UDP or (len(body) > 13 and body[13] & _SYN_OR_ACK == _SYN)
    return Packet(version, source, target, protocol, source_port, target_port, opens)


def prohibited(data: bytes) -> bytes:
    """The answer to a packet of version 4 that its host is prohibited (ICMP type 3, code 10).

    Linux ends a connection attempt and a waiting UDP socket for it, each with EHOSTUNREACH.
    """
    quoted = data[: 4 * (data[0] & 15) + 8]
    message = bytes((3, 10, 0, 0, 0, 0, 0, 0)) + quoted
    message = message[:2] + _checksum(message) + message[4:]
    size = 20 + len(message)
    header = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, _ICMP, 0) + _GATEWAY + data[12:16]
    return header[:10] + _checksum(header) + header[12:] + message


def _checksum(data: bytes) -> bytes:
    """RFC 1071."""
    even = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(even) // 2}H", even))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


class Record:
    """The attempts that were seen, in the order of their first time."""

    def __init__(self) -> None:
        self._listed: dict[bool, Counter[tuple[str, str, str, int]]] = {
            True: Counter(),
            False: Counter(),
        }
        self._beyond: Counter[bool] = Counter()
        self._flows: set[tuple[bytes, int, bytes, int]] = set()

    def see(self, source: str, packet: Packet, declared: bool) -> None:
        """Take note of a packet if it is an attempt."""
        if not packet.opens or (packet.protocol == _UDP and not self._first_of_flow(packet)):
            return
        protocol = _NAMES.get(packet.protocol, f"ip-{packet.protocol}")
        row = (source, protocol, packet.address, packet.target_port)
        rows = self._listed[declared]
        if row in rows or len(rows) < LISTED:
            rows[row] += 1
        else:
            self._beyond[declared] += 1

    def attempts(self) -> tuple[Attempt, ...]:
        """All of them: at undeclared addresses first."""
        found: list[Attempt] = []
        for declared in (False, True):
            rows = self._listed[declared]
            found += [Attempt(*row, declared, count) for row, count in rows.items()]
            if self._beyond[declared]:
                found.append(Attempt("", "other", "", 0, declared, self._beyond[declared]))
        return tuple(found)

    def _first_of_flow(self, packet: Packet) -> bool:
        """Whether neither direction between these ports was seen; forgets all when it is full."""
        ends = (packet.source, packet.source_port), (packet.target, packet.target_port)
        flow = (*min(ends), *max(ends))
        if flow in self._flows:
            return False
        if len(self._flows) == _FLOWS:
            self._flows.clear()
        self._flows.add(flow)
        return True


class Switch:
    """The members of one network and what goes between them, inside the running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._devices: dict[bytes, int] = {}
        self.record = Record()

    def plug(self, name: str, address: str, device: int) -> None:
        """Take a member's device over; it is closed with the switch."""
        number = socket.inet_aton(address)
        self._devices[number] = device
        self._loop.add_reader(device, self._pump, name, number, device)

    def close(self) -> None:
        """Unplug everybody; what was recorded stays."""
        for device in self._devices.values():
            self._loop.remove_reader(device)
            os.close(device)
        self._devices.clear()

    def _pump(self, name: str, own: bytes, device: int) -> None:
        for _ in range(_AT_ONCE):
            try:
                data = os.read(device, _PACKET)
            except OSError:  # nothing more, or its namespace is gone
                return
            packet = parse(data)
            if packet is not None:
                self._pass(name, own, device, packet, data)

    def _pass(self, name: str, own: bytes, device: int, packet: Packet, data: bytes) -> None:
        beyond = self._devices.get(packet.target)
        if packet.version == 4 and packet.source != own:
            return
        if packet.version == 6 and packet.protocol in (0, _ICMP_V6):
            return  # the kernel's own search for neighbours
        self.record.see(name, packet, beyond is not None)
        if beyond is not None:
            _write(beyond, data)
        elif packet.version == 4 and packet.protocol != _ICMP:
            _write(device, prohibited(data))


def _write(device: int, data: bytes) -> None:
    try:
        os.write(device, data)
    except OSError:
        return  # its queue is full or its namespace is gone: packets get lost
