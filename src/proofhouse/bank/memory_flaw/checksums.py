# SPDX-License-Identifier: Apache-2.0
"""The 16-bit checksums that guard messages from level 3 on: C text and the same in Python.

    crc        CRC-16, polynomial 0x1021 or reflected 0xA001, a drawn initial value
    fletcher   Fletcher-16, two running sums modulo 255
    adler      two sums modulo 251, one of them weighted
    rotate     the BSD sum: rotate right by one, add
    ones       RFC 1071, ones' complement of 16-bit words
    mix        multiply by an odd constant and add, modulo 2^16
    xorshift   xor in, then shift and xor

Each takes its constants from the stream. None is a secret: the program holds it, and what it costs
a blind search is one chance in 65,536.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofhouse.bank.memory_flaw.parts import MASK16, Kit
from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Checksum:
    """``source`` defines the C function ``function(bytes, size)``; ``compute`` is the same."""

    function: str
    source: str
    compute: Callable[[bytes], int]


def _crc(kit: Kit, stream: Stream, name: str) -> Checksum:
    start, poly = stream.below(65536), stream.choice((0x1021, 0x8005, 0x3D65))

    def compute(data: bytes) -> int:
        crc = start
        for byte in data:
            crc ^= byte << 8
            for _ in range(8):
                crc = ((crc << 1) ^ poly if crc & 0x8000 else crc << 1) & MASK16
        return crc

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            $u16 crc = $start;
            while (n-- > 0) {
                crc ^= ($u16)(*p++ << 8);
                for (int bit = 0; bit < 8; bit++)
                    crc = ($u16)(crc & 0x8000 ? (crc << 1) ^ $poly : crc << 1);
            }
            return crc;
        }
        """,
        name=name,
        start=hex(start),
        poly=hex(poly),
    )
    return Checksum(name, source, compute)


def _crc_reflected(kit: Kit, stream: Stream, name: str) -> Checksum:
    start, poly = stream.below(65536), stream.choice((0xA001, 0x8408, 0xA6BC))

    def compute(data: bytes) -> int:
        crc = start
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = (crc >> 1) ^ (poly if crc & 1 else 0)
        return crc

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            unsigned crc = $start;
            for (size_t i = 0; i < n; i++) {
                crc ^= p[i];
                for (int bit = 8; bit > 0; bit--)
                    crc = (crc >> 1) ^ (crc & 1 ? $poly : 0);
            }
            return ($u16)crc;
        }
        """,
        name=name,
        start=hex(start),
        poly=hex(poly),
    )
    return Checksum(name, source, compute)


def _fletcher(kit: Kit, stream: Stream, name: str) -> Checksum:
    modulus = stream.choice((255, 255, 253, 241))
    low, high = stream.below(modulus), stream.below(modulus)

    def compute(data: bytes) -> int:
        a, b = low, high
        for byte in data:
            a = (a + byte) % modulus
            b = (b + a) % modulus
        return b << 8 | a

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            unsigned low = $low, high = $high;
            for (size_t i = 0; i < n; i++) {
                low = (low + p[i]) % $modulus;
                high = (high + low) % $modulus;
            }
            return ($u16)(high << 8 | low);
        }
        """,
        name=name,
        low=low,
        high=high,
        modulus=modulus,
    )
    return Checksum(name, source, compute)


def _adler(kit: Kit, stream: Stream, name: str) -> Checksum:
    modulus, start = stream.choice((251, 239, 233)), stream.below(200)

    def compute(data: bytes) -> int:
        plain, weighted = start, 0
        for at, byte in enumerate(data):
            plain = (plain + byte) % modulus
            weighted = (weighted + (at + 1) * byte) % modulus
        return plain << 8 | weighted

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            size_t plain = $start, weighted = 0;
            for (size_t i = 0; i < n; i++) {
                plain = (plain + p[i]) % $modulus;
                weighted = (weighted + (i + 1) * p[i]) % $modulus;
            }
            return ($u16)(plain << 8 | weighted);
        }
        """,
        name=name,
        start=start,
        modulus=modulus,
    )
    return Checksum(name, source, compute)


def _rotate(kit: Kit, stream: Stream, name: str) -> Checksum:
    start, turn = stream.below(65536), stream.choice((1, 3, 5, 7))

    def compute(data: bytes) -> int:
        total = start
        for byte in data:
            total = (total >> turn | total << (16 - turn)) & MASK16
            total = (total + byte) & MASK16
        return total

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            $u16 total = $start;
            for (const $u8 *end = p + n; p < end; p++) {
                total = ($u16)(total >> $turn | total << $back);
                total = ($u16)(total + *p);
            }
            return total;
        }
        """,
        name=name,
        start=start,
        turn=turn,
        back=16 - turn,
    )
    return Checksum(name, source, compute)


def _ones(kit: Kit, stream: Stream, name: str) -> Checksum:
    start = stream.below(65536)

    def compute(data: bytes) -> int:
        total = start
        for at, byte in enumerate(data):
            total += byte if at % 2 else byte << 8
        while total >> 16:
            total = (total & MASK16) + (total >> 16)
        return ~total & MASK16

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            unsigned long total = $start;
            for (size_t i = 0; i < n; i++)
                total += i % 2 ? p[i] : (unsigned long)p[i] << 8;
            while (total >> 16)
                total = (total & 0xffff) + (total >> 16);
            return ($u16)~total;
        }
        """,
        name=name,
        start=hex(start),
    )
    return Checksum(name, source, compute)


def _mix(kit: Kit, stream: Stream, name: str) -> Checksum:
    start, factor = stream.below(65536), stream.below(32768) * 2 + 1

    def compute(data: bytes) -> int:
        total = start
        for byte in data:
            total = (total * factor + byte) & MASK16
        return total ^ (total >> 8)

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            $u16 total = $start;
            while (n > 0) {
                total = ($u16)(total * ${factor}u + *p);
                p++;
                n--;
            }
            return ($u16)(total ^ (total >> 8));
        }
        """,
        name=name,
        start=start,
        factor=factor,
    )
    return Checksum(name, source, compute)


def _xorshift(kit: Kit, stream: Stream, name: str) -> Checksum:
    start, a, b = stream.between(1, 65535), stream.choice((7, 5)), stream.choice((9, 3))

    def compute(data: bytes) -> int:
        total = start
        for byte in data:
            total ^= byte
            total = (total ^ (total << a)) & MASK16
            total ^= total >> b
        return total

    source = kit.fill(
        """
        $u16 $name(const $u8 *p, size_t n)
        {
            $u16 total = $start;
            size_t i = 0;
            while (i < n) {
                total ^= p[i++];
                total = ($u16)(total ^ (total << $a));
                total ^= total >> $b;
            }
            return total;
        }
        """,
        name=name,
        start=hex(start),
        a=a,
        b=b,
    )
    return Checksum(name, source, compute)


_KINDS = (_crc, _crc_reflected, _fletcher, _adler, _rotate, _ones, _mix, _xorshift)


def checksum(kit: Kit, stream: Stream) -> Checksum:
    """Draw a checksum and give it a name."""
    name = kit.names.function()
    return stream.choice(_KINDS)(kit, stream, name)
