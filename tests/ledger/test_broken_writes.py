# SPDX-License-Identifier: Apache-2.0
"""Every write is broken twice, failed and lost, failed but kept, and killed at either side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.errors import DamagedError, HeadMovedError, StorageError
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import Batch, NewEntry, Store, SupersededError

from .parts import FailingStore, entries, slot, tree_hash

COUNTS = (1, 255, 3, 256, 1)
"""Batches that leave a tile partial, fill it, begin the next and fill it in one go."""


@pytest.mark.parametrize("fault", ["lost", "kept"])
def test_a_founding_that_fails_is_repeated(store: Store, key: NoteSigner, fault: str) -> None:
    """Whether the founding checkpoint was kept or not, the next to open finds an empty log."""
    failing = FailingStore(store)
    failing.plan = [fault]
    with pytest.raises(StorageError, match="The disk failed"):
        Log.open(failing, key)
    log = Log.open(failing, key)
    assert log.append(entries(1)) == (0,)
    log.check()


@pytest.mark.parametrize("broken", range(len(COUNTS)))
@pytest.mark.parametrize("fault", ["lost", "kept"])
def test_an_append_that_fails(store: Store, key: NoteSigner, broken: int, fault: str) -> None:
    """After a failed write the log goes on as the store has it; a repeat tells which it was."""
    failing = FailingStore(store)
    log = Log.open(failing, key)
    for number, count in enumerate(COUNTS):
        start = sum(COUNTS[:number])
        batch = entries(count, start)
        if number == broken:
            failing.plan = [fault]
            with pytest.raises(StorageError, match="The disk failed"):
                log.append(batch)
        if number == broken and fault == "kept":
            with pytest.raises(HeadMovedError, match=f"taken by leaf {start};"):
                log.append(batch)
            # How the caller learns that it was himself:
            assert log.leaf(log.slot(slot(start)) or 0) == batch[0].leaf
        else:
            assert log.append(batch) == tuple(range(start, start + count))
    leaves = [entry.leaf for entry in entries(sum(COUNTS))]
    assert log.head().root == tree_hash(leaves)
    assert list(Log.open(failing, key).leaves()) == leaves
    log.check()


@pytest.mark.parametrize("faults", [["lost", "lost", "kept"], ["kept", "lost"]], ids=str)
def test_failures_in_a_row(store: Store, key: NoteSigner, faults: list[str]) -> None:
    """Several failures one after the other leave the log no less consistent than one."""
    failing = FailingStore(store)
    log = Log.open(failing, key)
    log.append(entries(250))
    failing.plan = list(faults)
    for number, _ in enumerate(faults):
        with pytest.raises(StorageError):
            log.append(entries(10, 250 + 10 * number))
    assert log.append([NewEntry(b"after")]) == (250 + 10 * faults.count("kept"),)
    log.check()


def test_a_store_that_refuses_for_ever_is_damaged(store: Store, key: NoteSigner) -> None:
    """If the head did not move, a batch computed on it can't be superseded: no endless repeats."""
    log = Log.open(store, key)

    class Refusing(FailingStore):
        def commit(self, batch: Batch) -> None:
            raise SupersededError("Says who?")

    log._store = Refusing(store)
    with pytest.raises(DamagedError, match="refuses a batch computed on its own head"):
        log.append(entries(1))


WRITER = """
import sys
from pathlib import Path
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import NewEntry

folder = Path(sys.argv[1])
key = NoteSigner("log.example/one", SigningKey(b"k" * 32))
log = Log.open(SqliteStore(folder / "ledger.sqlite", create=True), key)
for start in (0, 200, 400):
    log.append([NewEntry(b"leaf %d" % i) for i in range(start, start + 200)])
    export(log, folder / "export")
    print(log.size, flush=True)
"""

KILLS = [
    # point, what was told to the caller, what the log has, what the export shows
    ("ledger.create.before", 0, None, None),
    ("ledger.create.after", 0, 0, None),
    ("ledger.append.before:1", 0, 0, None),  # the founding checkpoint
    ("ledger.append.after:1", 0, 0, None),
    ("ledger.append.before:2", 0, 0, None),
    ("ledger.append.after:2", 0, 200, None),
    ("ledger.append.before:4", 400, 400, 400),
    ("ledger.append.after:4", 400, 600, 400),
    ("ledger.export.before:1", 0, 200, None),
    ("ledger.export.after:1", 0, 200, 200),
    ("ledger.export.before:2", 200, 400, 200),
    ("ledger.export.after:2", 200, 400, 400),
]


@pytest.mark.parametrize(("point", "told", "kept", "exported"), KILLS, ids=[k[0] for k in KILLS])
def test_a_process_killed_at_a_write(
    tmp_path: Path, key: NoteSigner, point: str, told: int, kept: int | None, exported: int | None
) -> None:
    """kill -9 before a write loses it, after it keeps it; what was told is never lost."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env={**os.environ, "PROOFHOUSE_FAILPOINT": point},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert int(done.stdout.split()[-1] if done.stdout else 0) == told
    path = tmp_path / "ledger.sqlite"
    if kept is None:
        assert not path.exists()
        return
    store = SqliteStore(path)
    log = Log.open(store, key)
    log.check()
    assert log.size == kept
    checkpoint = tmp_path / "export" / "checkpoint"
    assert (checkpoint.read_bytes().split(b"\n")[1] if exported else None) == (
        str(exported).encode() if exported else None
    )
    # The next process goes on where this one was stopped.
    assert log.append([NewEntry(b"leaf %d" % i) for i in range(kept, 650)])[0] == kept
    assert export(log, tmp_path / "export") == 650
    assert log.head().root == tree_hash([b"leaf %d" % i for i in range(650)])
    log.check()
    store.close()
