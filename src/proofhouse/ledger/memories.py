# SPDX-License-Identifier: Apache-2.0
"""Two small files beside the log's tables: what it was last, and what witnesses said of it.

    $XDG_STATE_HOME/proofhouse/logs/KEY     the newest checkpoint seen on this machine
    HOME/cosigned                           the newest checkpoint that witnesses cosigned

``HeadMemory`` lies apart from the home, under the digest of the log's verifier key: a home that was
put back from an old copy is shorter than what is remembered, and is refused before it forks the
log. It is as good as the machine: who copies the home to another one, or removes the file, has
nothing to be compared with, and then only witnesses and auditors notice. It is not synced: a power
cut may forget the newest appends.

``Cosigned`` is a note of this log with the lines of witnesses (c2sp.org/tlog-cosignature) below the
log's own. Whoever reads it verifies it (``log``).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from proofhouse.durable import told, write_file
from proofhouse.errors import DamagedError, FormatError, VerificationError
from proofhouse.failpoints import reach
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.note import MAX_BYTES, VerifierKey


class HeadMemory:
    """The newest checkpoint of the log ``key`` that was seen on this machine."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        """Remember in ``folder``."""
        self.path = folder / sha256_hex(str(key).encode())[:32]
        self._key = key

    def recall(self) -> Checkpoint | None:
        """The checkpoint, verified; None if nothing is remembered. Raises DamagedError."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES)
        except OSError:
            return None
        if not data:
            return None
        try:
            return checkpoints.verify(data, self._key)[0]
        except (FormatError, VerificationError) as error:
            raise DamagedError(
                f"What {self.path} remembers of the log is not what was written. {error.message}",
                hint="If you know that the home is the newest one, remove that file.",
            ) from None

    def keep(self, note: bytes, size: int) -> None:
        """Remember ``note``, the log at ``size`` leaves, unless more is remembered already.

        What can't be written is not remembered, and nobody is told: the log itself is whole.
        """
        known = self.recall()
        if known is not None and known.size >= size:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            beside.write_bytes(note)
            beside.replace(self.path)


class Cosigned:
    """The file of the newest checkpoint that witnesses cosigned."""

    def __init__(self, path: Path) -> None:
        """Take the file's path."""
        self.path = path

    def read(self) -> bytes | None:
        """The note, not verified; None if there is none. Raises StorageError."""
        with told("the cosigned checkpoint", self.path):
            try:
                with self.path.open("rb") as file:
                    return file.read(MAX_BYTES + 1)
            except FileNotFoundError:
                return None

    def write(self, note: bytes) -> None:
        """Keep ``note`` in place of the one before, durably. Raises StorageError."""
        with told("the cosigned checkpoint", self.path):
            reach("ledger.cosigned.before")
            write_file(self.path, note, 0o644)
            reach("ledger.cosigned.after")
