# SPDX-License-Identifier: Apache-2.0
"""A log's tables in one SQLite file: WAL, ``synchronous=FULL``, rows that are never changed.

Order of writes of a batch, all in one transaction that holds the write lock from its beginning:

 1. checkpoint   the compare-and-swap: its ``base`` must be the largest size, or all ends here
 2. entry        each index the one after the last
 3. slot         each free, or all ends here
 4. tile         those that became full
 5. COMMIT       the write-ahead log is synced; before this nothing of the batch exists

 A crash before 5 leaves the log as it was. A crash after it leaves the batch, though nobody was
 told: who repeats the append finds his slot taken, by his own leaf. What a failed COMMIT leaves is
 one of the two; the log reads its head again before it goes on. Nothing else is ever written: the
 right edge of the tree is computed from these rows when the log is opened.

Rows are guarded in the file, against every program that writes it as SQL: triggers refuse UPDATE
and DELETE, and insert triggers refuse a row that is there already, because INSERT OR REPLACE
deletes without the delete trigger unless ``recursive_triggers`` is on, which is each connection's
own choice. There is no UNIQUE column beside the keys, for the same reason. Who edits the file
itself, or drops the triggers, is noticed by signatures and hashes (``log``). Slots are hashes of
random case ids: in no tree, and no proof shows that one is missing.

In batches an entry costs 2 µs, and its slot, at a random place in a tree, 8 to 16 µs.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proofhouse.durable import Kind, create_database, open_database, told, writing
from proofhouse.errors import DamagedError, HeadMovedError
from proofhouse.failpoints import reach
from proofhouse.ledger.store import Batch, SupersededError, slot_taken

VERSION = 1

_TABLES = (
    "CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT",
    "CREATE TABLE slot (key BLOB PRIMARY KEY, idx INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE tile (level INTEGER, idx INTEGER, hashes BLOB NOT NULL, "
    "PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID",
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, base INTEGER, note BLOB NOT NULL) STRICT",
)
_INSERTS = (
    "CREATE TRIGGER entry_insert BEFORE INSERT ON entry "
    "WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM entry) "
    "BEGIN SELECT RAISE(ABORT, 'entry out of order'); END",
    "CREATE TRIGGER slot_insert BEFORE INSERT ON slot "
    "WHEN EXISTS (SELECT 1 FROM slot WHERE key = NEW.key) "
    "BEGIN SELECT RAISE(ABORT, 'slot taken'); END",
    "CREATE TRIGGER tile_insert BEFORE INSERT ON tile "
    "WHEN EXISTS (SELECT 1 FROM tile WHERE level = NEW.level AND idx = NEW.idx) "
    "BEGIN SELECT RAISE(ABORT, 'tile written before'); END",
    "CREATE TRIGGER checkpoint_insert BEFORE INSERT ON checkpoint "
    "WHEN NEW.base IS NOT (SELECT max(size) FROM checkpoint) OR NEW.size <= NEW.base "
    "BEGIN SELECT RAISE(ABORT, 'checkpoint moved'); END",
)
_REFUSALS = tuple(
    f"CREATE TRIGGER {table}_{verb} BEFORE {verb.upper()} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    for table in ("entry", "slot", "tile", "checkpoint")
    for verb in ("update", "delete")
)

LEDGER = Kind(
    name="ledger",
    application_id=0x50484C47,  # "PHLG"
    version=VERSION,
    schema=_TABLES + _INSERTS + _REFUSALS,
    # The write-ahead log stays small (8 MiB): a commit that must lengthen its file takes twice as
    # long as one that writes over what was copied into the database already. The cache (16 MiB)
    # holds the pages that random slots touch.
    pragmas=("recursive_triggers = ON", "wal_autocheckpoint = 2000", "cache_size = -16000"),
)


class SqliteStore:
    """Implements ``store.Store``. Safe for several threads and several processes."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the ledger at ``path``; ``create`` makes an empty one if there is none.

        Raises StorageError if there is none, or if it is of a newer version or can't be read;
        DamagedError if the file is something else; PrerequisiteError for an old SQLite.
        """
        self.path = path
        self._lock = threading.RLock()
        with told("the ledger", path):
            if create and not path.exists():
                reach("ledger.create.before")
                create_database(path, LEDGER)
                reach("ledger.create.after")
            self._db = open_database(path, LEDGER)

    @contextmanager
    def _told(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the ledger", self.path):
            yield self._db

    def _row(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        """The first column of the first row, or None."""
        with self._told() as db:
            row = db.execute(query, values).fetchone()
        return None if row is None else row[0]

    def commit(self, batch: Batch) -> None:
        """Write the batch in one transaction, in the order at the head of this file."""
        with self._told() as db:
            try:
                with writing(db):
                    self._write(db, batch)
                    reach("ledger.append.before")
                reach("ledger.append.after")
            except sqlite3.IntegrityError as error:
                raise self._refusal(batch, str(error)) from None

    def _write(self, db: sqlite3.Connection, batch: Batch) -> None:
        db.execute(
            "INSERT INTO checkpoint VALUES (?, ?, ?)", (batch.size, batch.base, batch.checkpoint)
        )
        leaves = [entry.leaf for entry in batch.entries]
        db.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(leaves, batch.base or 0))
        # In the order of the keys, so that each page of their tree is visited once.
        db.executemany("INSERT INTO slot VALUES (?, ?)", sorted(batch.slots))
        tiles = [(tile.level, tile.index, tile.hashes) for tile in batch.tiles]
        db.executemany("INSERT INTO tile VALUES (?, ?, ?)", tiles)

    def _refusal(self, batch: Batch, message: str) -> HeadMovedError | DamagedError:
        """What a trigger's ``message`` means for the batch."""
        if message == "checkpoint moved":
            return SupersededError("The log has grown since this batch was computed.")
        if message == "slot taken":
            for key, _ in batch.slots:
                index = self.slot(key)
                if index is not None:
                    return slot_taken(key, index)
        return DamagedError(
            f"The ledger at {self.path} holds rows beyond its last checkpoint ({message}).",
            hint="It was edited. Put it back from its copy.",
        )

    def head(self) -> bytes | None:
        """The checkpoint of the largest size."""
        note: bytes | None = self._row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        return note

    def checkpoints(self, above: int, most: int) -> Sequence[tuple[int, bytes]]:
        """The next checkpoints above a size."""
        query = "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?"
        with self._told() as db:
            return db.execute(query, (above, most)).fetchall()

    def leaf(self, index: int) -> bytes | None:
        """The leaf at ``index``."""
        leaf: bytes | None = self._row("SELECT leaf FROM entry WHERE idx = ?", (index,))
        return leaf

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """The leaves from ``start`` to ``stop``."""
        query = "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        with self._told() as db:
            return [leaf for (leaf,) in db.execute(query, (start, stop))]

    def slot(self, key: bytes) -> int | None:
        """Who took the slot."""
        index: int | None = self._row("SELECT idx FROM slot WHERE key = ?", (key,))
        return index

    def tile(self, level: int, index: int) -> bytes | None:
        """A full tile."""
        query = "SELECT hashes FROM tile WHERE level = ? AND idx = ?"
        hashes: bytes | None = self._row(query, (level, index))
        return hashes

    def check(self) -> None:
        """Have SQLite walk its pages, then compare where the four tables end.

        One read transaction, so that appends by others meanwhile do not look like damage.
        """
        with self._told() as db:
            db.execute("BEGIN")
            try:
                (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
                size = self._row("SELECT max(size) FROM checkpoint") or 0
                entries = self._row("SELECT coalesce(max(idx) + 1, 0) FROM entry")
                beyond = self._row("SELECT idx FROM slot WHERE idx >= ? OR idx < 0", (size,))
                tiles = db.execute("SELECT level, count(*), max(idx) FROM tile GROUP BY level")
                counts = {level: (count, last + 1) for level, count, last in tiles}
            finally:
                db.execute("ROLLBACK")
        expected, level = {}, 0
        while full := size >> 8 * (level + 1):
            expected[level] = (full, full)
            level += 1
        if verdict != "ok":
            self._damaged("SQLite finds its pages damaged")
        if entries != size:
            self._damaged(f"its last checkpoint counts {size} leaves, its rows end at {entries}")
        if beyond is not None:
            self._damaged(f"a slot is taken by leaf {beyond}, beyond the last of {size}")
        if counts != expected:
            self._damaged(f"its tiles by level are {counts}, where {size} leaves make {expected}")

    def _damaged(self, what: str) -> None:
        raise DamagedError(
            f"The ledger at {self.path} is damaged: {what}.", hint="Put it back from its copy."
        )

    def close(self) -> None:
        """Close the connection; the last one to close tidies the write-ahead log away."""
        with self._lock:
            self._db.close()
