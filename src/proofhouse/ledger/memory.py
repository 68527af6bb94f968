# SPDX-License-Identifier: Apache-2.0
"""A log's tables in memory: for tests, simulations and rehearsals. Nothing outlives the process.

Safe for several threads. Held to the same suite of tests as ``sqlite``.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Sequence

from proofhouse.ledger.store import Batch, SupersededError, slot_taken


class MemoryStore:
    """Implements ``store.Store``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[bytes] = []
        self._slots: dict[bytes, int] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._checkpoints: list[tuple[int, bytes]] = []

    def commit(self, batch: Batch) -> None:
        """Take the whole batch, or refuse it."""
        with self._lock:
            if batch.base != (self._checkpoints[-1][0] if self._checkpoints else None):
                raise SupersededError("The log has grown since this batch was computed.")
            for key, _ in batch.slots:
                if key in self._slots:
                    raise slot_taken(key, self._slots[key])
            self._entries.extend(entry.leaf for entry in batch.entries)
            self._slots.update(batch.slots)
            self._tiles.update({(tile.level, tile.index): tile.hashes for tile in batch.tiles})
            self._checkpoints.append((batch.size, batch.checkpoint))

    def head(self) -> bytes | None:
        """The checkpoint of the largest size."""
        with self._lock:
            return self._checkpoints[-1][1] if self._checkpoints else None

    def checkpoints(self, above: int, most: int) -> Sequence[tuple[int, bytes]]:
        """The next checkpoints above a size."""
        with self._lock:
            first = bisect.bisect_right(self._checkpoints, above, key=lambda item: item[0])
            return self._checkpoints[first : first + most]

    def leaf(self, index: int) -> bytes | None:
        """The leaf at ``index``."""
        with self._lock:
            return self._entries[index] if 0 <= index < len(self._entries) else None

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """The leaves from ``start`` to ``stop``."""
        with self._lock:
            return self._entries[start:stop]

    def slot(self, key: bytes) -> int | None:
        """Who took the slot."""
        with self._lock:
            return self._slots.get(key)

    def tile(self, level: int, index: int) -> bytes | None:
        """A full tile."""
        with self._lock:
            return self._tiles.get((level, index))

    def check(self) -> None:
        """Nothing can go wrong here that the log would not notice itself."""

    def close(self) -> None:
        """Nothing to give back."""
