# SPDX-License-Identifier: Apache-2.0
"""A Merkle tree written from the RFC alone, entries to append, and a store that fails on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from proofhouse.errors import StorageError
from proofhouse.ledger.store import Batch, NewEntry, Store

ORIGIN = "log.example/one"


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def entries(count: int, start: int = 0) -> list[NewEntry]:
    """``count`` different entries, each with a slot of its own."""
    return [NewEntry(b"leaf %d" % i, (slot(i),)) for i in range(start, start + count)]


def slot(number: int) -> bytes:
    return hashlib.sha256(b"slot %d" % number).digest()


class FailingStore:
    """A store whose commits fail when told so, before they are written or after."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.plan: list[str] = []

    def commit(self, batch: Batch) -> None:
        fault = self.plan.pop(0) if self.plan else "none"
        if fault == "lost":
            raise StorageError("The disk failed, and nothing was kept.")
        self.inner.commit(batch)
        if fault == "kept":
            raise StorageError("The disk failed, but everything was kept.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
