# SPDX-License-Identifier: Apache-2.0
"""Timed requests: what an answer of the family is made of.

    at 12 1106010403e8       in tick 12, to unit 0x11: function 6, register 0x0104, value 0x03e8

A line is ``at``, a tick in decimal, and in hex a unit and a PDU as Modbus/TCP frames carry them
(MODBUS Application Protocol V1.1b3, functions 1 to 6, 15 and 16). Ticks never go down. The
limits below are the programs' own: an answer past one of them is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_REQUESTS = 4096
"""The most requests of one answer."""

MOST_PER_TICK = 16
"""The most requests of one answer in one tick."""


@dataclass(frozen=True)
class Request:
    """One request: the tick it comes in, and unit and PDU."""

    tick: int
    frame: bytes


def word(unit: int, address: int, value: int) -> bytes:
    """Function 6: write one register."""
    return bytes((unit, 6)) + address.to_bytes(2, "big") + (value & 0xFFFF).to_bytes(2, "big")


def words(unit: int, address: int, values: Iterable[int]) -> bytes:
    """Function 16: write several registers."""
    data = b"".join((value & 0xFFFF).to_bytes(2, "big") for value in values)
    head = bytes((unit, 16)) + address.to_bytes(2, "big") + (len(data) // 2).to_bytes(2, "big")
    return head + bytes((len(data),)) + data


def coil(unit: int, address: int, on: bool) -> bytes:
    """Function 5: switch one coil."""
    return bytes((unit, 5)) + address.to_bytes(2, "big") + (b"\xff\x00" if on else b"\0\0")


def coils(unit: int, address: int, states: Iterable[bool]) -> bytes:
    """Function 15: switch several coils."""
    bits = list(states)
    packed = sum(1 << at for at, on in enumerate(bits) if on)
    data = packed.to_bytes((len(bits) + 7) // 8, "little")
    head = bytes((unit, 15)) + address.to_bytes(2, "big") + len(bits).to_bytes(2, "big")
    return head + bytes((len(data),)) + data


def read(unit: int, function: int, address: int, count: int) -> bytes:
    """Functions 1 to 4: read coils, inputs, registers, input registers."""
    return bytes((unit, function)) + address.to_bytes(2, "big") + count.to_bytes(2, "big")


def text(requests: Iterable[Request]) -> bytes:
    """The requests as the text of an answer, in order of their ticks (those of one as given)."""
    ordered = sorted(requests, key=lambda request: request.tick)
    return b"".join(b"at %d %s\n" % (r.tick, r.frame.hex().encode()) for r in ordered)
