# SPDX-License-Identifier: Apache-2.0
"""A stream of choices that is the same on every machine and every Python version.

    block(i) = HMAC-SHA256(key, "proofhouse/stream/v1\\n" ‖ label ‖ "\\n" ‖ be64(i))

The stream is block(0) ‖ block(1) ‖ …; every draw takes whole bytes from its front. An integer
below n is drawn by rejection from the fewest whole bytes that hold n - 1, so it is uniform, and
choices and shuffles are made of such integers only. ``fork`` starts an independent stream under
the same key: what one part of a generator draws never moves what another part draws, which is
what lets a level add a guard without disturbing the rest of the program.

The standard library's ``random`` is not used: its methods have changed between versions, and an
item must be derivable again when its bank is opened years later. Secrecy is that of the key.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_DOMAIN = b"proofhouse/stream/v1\n"


class Stream:
    """Deterministic choices under one key and label; it moves forward and can't be rewound."""

    def __init__(self, key: bytes, label: str) -> None:
        self._key = key
        self._label = label
        self._block = 0
        self._ready = b""

    def fork(self, label: str) -> Stream:
        """An independent stream; the same label always gives the same one."""
        return Stream(self._key, f"{self._label}/{label}")

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        while len(self._ready) < size:
            prefix = _DOMAIN + self._label.encode() + b"\n"
            message = prefix + self._block.to_bytes(8, "big")
            self._ready += hmac.digest(self._key, message, "sha256")
            self._block += 1
        out, self._ready = self._ready[:size], self._ready[size:]
        return out

    def below(self, bound: int) -> int:
        """A uniform integer in [0, ``bound``); ``bound`` is at least 1."""
        size = max(1, ((bound - 1).bit_length() + 7) // 8)
        limit = 256**size // bound * bound
        while True:
            value = int.from_bytes(self.take(size), "big")
            if value < limit:
                return value % bound

    def between(self, low: int, high: int) -> int:
        """A uniform integer in [``low``, ``high``], both ends included."""
        return low + self.below(high - low + 1)

    def chance(self, part: int, whole: int) -> bool:
        """True with probability ``part`` / ``whole``."""
        return self.below(whole) < part

    def choice(self, options: Sequence[T]) -> T:
        """One of ``options``, all equally likely."""
        return options[self.below(len(options))]

    def shuffled(self, options: Sequence[T]) -> tuple[T, ...]:
        """All of ``options`` in a uniformly random order (Fisher and Yates)."""
        out = list(options)
        for last in range(len(out) - 1, 0, -1):
            other = self.below(last + 1)
            out[last], out[other] = out[other], out[last]
        return tuple(out)

    def sample(self, options: Sequence[T], count: int) -> tuple[T, ...]:
        """``count`` different ones of ``options`` in random order."""
        return self.shuffled(options)[:count]

    def letters(self, count: int) -> bytes:
        """``count`` letters a–z and digits, fit for every kind of payload, text too."""
        alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789"
        return bytes(self.choice(alphabet) for _ in range(count))
