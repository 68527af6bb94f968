# SPDX-License-Identifier: Apache-2.0
"""Bodies to keep, and every byte that a home's files hold."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from proofhouse.vault.vault import Body

ANNA = "a1" * 32
BERT = "b2" * 32


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def body(text: str, length: int = 0) -> Body:
    envelope = f"envelope of {text} ".encode()
    return Body(
        sealed=digest(text),
        envelope=envelope * (1 + length // len(envelope)),
        salt=hashlib.sha256(b"salt" + text.encode()).digest(),
        openings=f"openings of {text}".encode(),
    )


@contextmanager
def edited(home: Path) -> Iterator[sqlite3.Connection]:
    """A foreign connection, to change what it likes."""
    with closing(sqlite3.connect(home / "vault.sqlite", isolation_level=None)) as db:
        yield db


def raw(home: Path) -> bytes:
    """The bytes of every file below ``home`` but the key, and every file's name."""
    files = sorted(path for path in home.rglob("*") if path.name != "vault.key")
    return b"\n".join(
        str(path.relative_to(home)).encode()
        + b"\n"
        + (path.read_bytes() if path.is_file() else b"")
        for path in files
    )


def traces(needle: bytes, haystack: bytes, width: int = 24) -> list[int]:
    """Where any piece of ``width`` bytes of ``needle`` stands in ``haystack``.

    The first words of an age file are alike in all of them, and no trace of any.
    """
    needle = needle.removeprefix(b"age-encryption.org/v1\n-> X25519 ")
    pieces = (needle[at : at + width] for at in range(0, len(needle) - width + 1, width))
    return [at for piece in pieces if (at := haystack.find(piece)) >= 0]
