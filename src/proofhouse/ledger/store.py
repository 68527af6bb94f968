# SPDX-License-Identifier: Apache-2.0
"""What the log asks of a store: four tables that only grow, and one compare-and-swap.

    entry        index → leaf                    0 → {"sealed":"5d41…"}
    slot         32 bytes → index                a key that can be taken once
    tile         level, index → 8,192 bytes      full tiles only, as in C2SP tlog-tiles
    checkpoint   size → signed note              the largest size is the log's head

A ``Batch`` becomes durable in all four or in none, and only if the head still is the one it was
computed on. What hashes and signatures mean is the log's affair; a store compares nothing but
sizes and slots. Implementations: ``memory`` and ``sqlite``, held to one suite of tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from proofhouse.errors import HeadMovedError

SLOT_BYTES = 32


@dataclass(frozen=True)
class NewEntry:
    """A leaf to append (at most 65,535 bytes) and the slots (32 bytes each) it must take."""

    leaf: bytes
    slots: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class FullTile:
    """256 hashes, one after the other: tile ``index`` of tile level ``level``."""

    level: int
    index: int
    hashes: bytes


@dataclass(frozen=True)
class Batch:
    """What one append writes.

    ``base`` is the size it was computed on, None for the founding checkpoint of an empty log;
    ``entries`` take the indices from there; ``tiles`` are those that became full; ``checkpoint``
    is the signed note of the new size. ``slots`` are derived: all of them, with their indices.
    Raises HeadMovedError if two entries want one slot.
    """

    base: int | None
    entries: tuple[NewEntry, ...]
    tiles: tuple[FullTile, ...]
    checkpoint: bytes
    slots: tuple[tuple[bytes, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        first = self.base or 0
        slots = [(key, i) for i, entry in enumerate(self.entries, first) for key in entry.slots]
        if len(dict(slots)) != len(slots):
            raise HeadMovedError(
                "Two entries of one batch want the same slot; nothing was written.",
                rule="ledger slot",
                hint="Only one statement can follow another: drop one of them.",
            )
        object.__setattr__(self, "slots", tuple(slots))

    @property
    def size(self) -> int:
        """The log's size after this batch."""
        return (self.base or 0) + len(self.entries)


class SupersededError(HeadMovedError):
    """The batch was computed on a checkpoint that is no longer the head: compute it again."""


def slot_taken(key: bytes, index: int) -> HeadMovedError:
    """The refusal of a batch that wants a slot which leaf ``index`` holds."""
    return HeadMovedError(
        f"The slot {key.hex()[:16]}… is taken by leaf {index}; nothing was written.",
        rule="ledger slot",
        hint="Somebody registered the next statement first: read it, and build on it.",
    )


class Store(Protocol):
    """The tables. Every method raises StorageError or DamagedError if the home fails it."""

    def commit(self, batch: Batch) -> None:
        """Make ``batch`` durable, all of it or nothing, before returning.

        Raises SupersededError if ``batch.base`` is not the head's size (or, for None, if there is
        a head), HeadMovedError if a slot is taken. After a StorageError the batch may have been
        kept: whoever cares reads the head again.
        """

    def head(self) -> bytes | None:
        """The checkpoint of the largest size, None in a store that was never written."""

    def checkpoints(self, above: int, most: int) -> Sequence[tuple[int, bytes]]:
        """At most ``most`` checkpoints of sizes above ``above``, with their sizes, in order."""

    def leaf(self, index: int) -> bytes | None:
        """The leaf at ``index``."""

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """The leaves from ``start`` to ``stop`` (excluded) in order, without those missing."""

    def slot(self, key: bytes) -> int | None:
        """The index of the leaf that took the slot ``key``."""

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a full tile."""

    def check(self) -> None:
        """Raise DamagedError unless the tables are sound and end where the head says.

        Their content is not looked at: that is ``log.Log.check``.
        """

    def close(self) -> None:
        """Give back what the store holds; nothing may be asked afterwards."""
