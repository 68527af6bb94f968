# SPDX-License-Identifier: Apache-2.0
"""What the switch hands on, what it drops, and what it records, packet by packet."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from proofhouse.sandbox import switch
from proofhouse.sandbox.switch import Attempt, Record, Switch, parse, prohibited

SYN, ACK = 0x02, 0x10
ONE, TWO, OUTSIDE = "10.7.0.1", "10.7.0.2", "198.51.100.7"


def v4(source, target, body, protocol=6, fragment=0):
    size = 20 + len(body)
    start = struct.pack(">BBHHHBBH", 0x45, 0, size, 7, fragment, 64, protocol, 0)
    return start + socket.inet_aton(source) + socket.inet_aton(target) + body


def v6(source, target, body, protocol=17):
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    return struct.pack(">IHBB", 6 << 28, len(body), protocol, 64) + ends + body


def tcp(source_port, target_port, flags=SYN):
    return struct.pack(">HHIIBBHHH", source_port, target_port, 1, 0, 0x50, flags, 512, 0, 0)


def udp(source_port, target_port):
    return struct.pack(">HHHH", source_port, target_port, 8, 0)


def through(packets, members=(("one", ONE), ("two", TWO))):
    """What members receive when ``packets`` (sender, bytes) are sent, and the attempts."""

    async def run():
        between = Switch()
        ends = {}
        for name, address in members:
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            near.setblocking(False)
            far.setblocking(False)
            between.plug(name, address, near.detach())
            ends[name] = far
        for sender, data in packets:
            ends[sender].send(data)
        for _ in range(3):
            await asyncio.sleep(0)
        received = {name: list(_all_of(far)) for name, far in ends.items()}
        between.close()
        for far in ends.values():
            far.close()
        return received, between.record.attempts()

    return asyncio.run(run())


def _all_of(end):
    while True:
        try:
            data = end.recv(65536)
        except BlockingIOError:
            return
        if not data:
            return
        yield data


def test_a_connection_is_handed_on_and_recorded_once():
    """A SYN goes to its owner as it is and makes a row; what follows is no further attempt."""
    data = v4(ONE, TWO, tcp(4000, 2101))
    later = v4(ONE, TWO, tcp(4000, 2101, ACK))
    received, attempts = through([("one", data), ("one", later)])
    assert received == {"one": [], "two": [data, later]}
    assert attempts == (Attempt("one", "tcp", TWO, 2101, True, 1),)


def test_an_undeclared_address_is_recorded_and_refused():
    """Nobody gets the packet; its sender is told at once that the host is prohibited."""
    data = v4(ONE, OUTSIDE, tcp(4000, 443))
    received, attempts = through([("one", data)])
    assert received["two"] == []
    [answer] = received["one"]
    assert answer[9] == 1
    assert answer[16:20] == socket.inet_aton(ONE)
    assert answer[20:22] == bytes((3, 10))
    assert answer[28:] == data[:28]
    assert attempts == (Attempt("one", "tcp", OUTSIDE, 443, False, 1),)


def test_checksums_of_an_answer_add_up():
    """Header and message of the answer each sum to all ones (RFC 1071)."""
    answer = prohibited(v4(ONE, OUTSIDE, udp(1, 2) + b"odd", protocol=17))
    for part in (answer[:20], answer[20:]):
        total = sum(struct.unpack(f">{len(part) // 2}H", part))
        assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_a_foreign_source_is_dropped():
    """A member can't pass for another: what doesn't come from its own address goes nowhere."""
    received, attempts = through([("one", v4("10.7.0.9", TWO, tcp(4000, 2101)))])
    assert received == {"one": [], "two": []}
    assert attempts == ()


def test_an_answer_by_udp_is_no_attempt():
    """The first packet between two ports is an attempt; the other direction is its answer."""
    asked, answered = v4(ONE, TWO, udp(4000, 53), 17), v4(TWO, ONE, udp(53, 4000), 17)
    _, attempts = through([("one", asked), ("two", answered), ("one", asked)])
    assert attempts == (Attempt("one", "udp", TWO, 53, True, 1),)


def test_version_6_is_recorded_and_goes_nowhere():
    """A packet of version 6 has no owner here; the kernel's own search for neighbours is none."""
    data = v6("fd00::1", "2001:db8::1", udp(4000, 53))
    neighbours = v6("fe80::1", "ff02::2", bytes(8), protocol=58)
    received, attempts = through([("one", data), ("one", neighbours)])
    assert received == {"one": [], "two": []}
    assert attempts == (Attempt("one", "udp", "2001:db8::1", 53, False, 1),)


def test_other_protocols_are_attempts():
    """Any protocol but ICMP is named by its number."""
    _, attempts = through([("one", v4(ONE, OUTSIDE, bytes(8), protocol=47))])
    assert attempts == (Attempt("one", "ip-47", OUTSIDE, 0, False, 1),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x45",
        v4(ONE, TWO, tcp(1, 2))[:19],
        b"\x4f" + v4(ONE, TWO, b"")[1:],  # a header longer than the packet
        b"\x41" + v4(ONE, TWO, b"")[1:],  # a header shorter than any
        v4(ONE, TWO, tcp(1, 2))[:30],  # shorter than it says
        b"\x65" + bytes(60),
        b"\x60" + bytes(38),
        b"\x00" * 64,
    ],
)
def test_malformed_packets_are_dropped(data):
    """What is no packet is dropped, whatever it says of itself; version 6 needs a whole header."""
    if data[:1] == b"\x65":
        assert parse(data) is not None, "a traffic class is no fault"
    else:
        assert parse(data) is None


@pytest.mark.parametrize("size", range(0, 20))
def test_a_cut_transport_header_opens_nothing(size):
    """A TCP header without its flags is no attempt, and raises nothing."""
    packet = parse(v4(ONE, TWO, tcp(1, 2)[:size]))
    assert packet is not None
    assert packet.opens == (size > 13)


def test_a_later_fragment_has_no_ports():
    """The bytes of a later fragment are not read as a header."""
    packet = parse(v4(ONE, TWO, tcp(1, 2), fragment=5))
    assert packet is not None
    assert (packet.target_port, packet.opens) == (0, False)


def test_a_scan_hides_nothing(monkeypatch):
    """Rows to declared addresses crowd out no row to undeclared ones; the rest is counted."""
    monkeypatch.setattr(switch, "LISTED", 2)
    record = Record()
    for port in range(1, 6):
        record.see("one", parse(v4(ONE, TWO, tcp(4000, port))), True)
    record.see("one", parse(v4(ONE, OUTSIDE, tcp(4000, 80))), False)
    assert record.attempts() == (
        Attempt("one", "tcp", OUTSIDE, 80, False, 1),
        Attempt("one", "tcp", TWO, 1, True, 1),
        Attempt("one", "tcp", TWO, 2, True, 1),
        Attempt("", "other", "", 0, True, 3),
    )
