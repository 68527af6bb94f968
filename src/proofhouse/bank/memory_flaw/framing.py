# SPDX-License-Identifier: Apache-2.0
"""What the skeletons share: frames, the setting they are drawn from, checksums and magics in C.

    Frame(code=0x41, payload=b"…")         one message, encoded but not framed
    Framing("records", source, encode)     C text that defines parse(), and its inverse

``parse(context, p, n)`` walks the input, checks every length, from level 3 on checks each message's
16-bit sum over its payload, and calls ``dispatch(context, code, payload, length)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofhouse.bank.memory_flaw.checksums import Checksum
from proofhouse.bank.memory_flaw.parts import Kit
from proofhouse.bank.memory_flaw.readers import Reader
from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Frame:
    """One message ready for framing; ``sum_error`` is xor-ed into its checksum."""

    code: int
    payload: bytes
    sum_error: int = 0


@dataclass(frozen=True)
class Framing:
    """One program's framing; ``source`` defines ``parse`` and ``encode`` is its inverse."""

    skeleton: str
    source: str
    encode: Callable[[Sequence[Frame]], bytes]


@dataclass(frozen=True)
class Setting:
    """What a framing is drawn from; ``checksum`` is None below level 3."""

    kit: Kit
    stream: Stream
    reader: Reader
    context: str
    checksum: Checksum | None

    def number(self, value: int, size: int) -> bytes:
        """``value`` in ``size`` bytes of the program's byte order."""
        return value.to_bytes(size, "big" if self.reader.big else "little")

    def load(self, size: int, p: str, at: str | int = 0) -> str:
        """The C expression that loads ``size`` bytes at ``p + at``."""
        return self.reader.load(self.kit, 8 * size, p, at)

    def sum(self, frame: Frame, covered: bytes) -> int:
        """A frame's checksum over ``covered``, 0 where the level has none."""
        if self.checksum is None:
            return 0
        return self.checksum.compute(covered) ^ frame.sum_error

    def check(self, covered: str, length: str, stored: str) -> str:
        """The C statement that rejects a wrong sum; empty where the level has none."""
        if self.checksum is None:
            return ""
        return self.kit.fill(
            "if ($sum($covered, $length) != $stored)\n    $fail",
            sum=self.checksum.function,
            covered=covered,
            length=length,
            stored=stored,
        )

    def fill(self, template: str, **names: object) -> str:
        """``Kit.fill`` with the context's name."""
        return self.kit.fill(template, context=self.context, **names)

    def magic(self, size: int) -> tuple[bytes, str]:
        """A file magic, as bytes and as the C condition that p does not begin with it."""
        if self.stream.chance(1, 2):
            word = self.stream.letters(size).upper()
            return word, f'memcmp(p, "{word.decode()}", {size}) != 0'
        word = bytes(self.stream.between(0x80, 0xFE) for _ in range(size))
        return word, " || ".join(f"p[{at}] != {byte:#x}" for at, byte in enumerate(word))


class Layout:
    """Named fields of a binary header in a drawn order: their places in C, their bytes here."""

    def __init__(self, setting: Setting, fields: Sequence[tuple[str, int]]) -> None:
        self._setting = setting
        self._fields = [f for f in setting.stream.shuffled(fields) if f[1] > 0]
        self.size = sum(size for _, size in fields)

    def pack(self, **values: int) -> bytes:
        """The header's bytes."""
        return b"".join(self._setting.number(values[name], size) for name, size in self._fields)

    def load(self, name: str, p: str, offset: int = 0) -> str:
        """The C expression for one field, the header lying ``offset`` bytes after pointer ``p``."""
        at = offset
        for other, size in self._fields:
            if other == name:
                break
            at += size
        return self._setting.load(dict(self._fields)[name], p, at)
