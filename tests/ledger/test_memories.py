# SPDX-License-Identifier: Apache-2.0
"""What is remembered apart from the log: an older copy is noticed, and cosignatures are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proofhouse.errors import DamagedError, VerificationError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSigner
from proofhouse.formats.proof import TlogProof
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.memories import Cosigned, HeadMemory
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.sqlite import SqliteStore

from .parts import entries

WITNESS = WitnessSigner("witness.example/one", b"w" * 32)


@pytest.fixture
def memory(tmp_path: Path, key: NoteSigner) -> HeadMemory:
    return HeadMemory(tmp_path / "state" / "logs", key.verifier)


def opened(path: Path, key: NoteSigner, memory: HeadMemory) -> Log:
    return Log.open(SqliteStore(path, create=True), key, memory=memory)


def test_an_older_copy_is_noticed(tmp_path: Path, key: NoteSigner, memory: HeadMemory) -> None:
    """A file put back from before the last append is refused, before anything is appended."""
    path, old = tmp_path / "ledger.sqlite", tmp_path / "old.sqlite"
    store = SqliteStore(path, create=True)
    log = Log.open(store, key, memory=memory)
    log.append(entries(5))
    store.close()
    shutil.copy(path, old)
    log = opened(path, key, memory)
    log.append(entries(1, 5))
    known = memory.recall()
    assert known is not None
    assert known.size == 6
    with pytest.raises(DamagedError, match="had 6 leaves before, and now it has 5"):
        opened(old, key, memory)
    assert opened(path, key, memory).size == 6


def test_an_empty_ledger_in_the_place_of_a_grown_one(
    tmp_path: Path, key: NoteSigner, memory: HeadMemory
) -> None:
    """A log that was removed is not founded again under the same key."""
    opened(tmp_path / "ledger.sqlite", key, memory).append(entries(2))
    with pytest.raises(DamagedError, match="older copy"):
        opened(tmp_path / "other.sqlite", key, memory)


def test_a_fork_of_the_same_size_is_noticed(
    tmp_path: Path, key: NoteSigner, memory: HeadMemory
) -> None:
    """Another log under the same key, as long or longer, is not the one that is remembered."""
    opened(tmp_path / "ledger.sqlite", key, memory).append(entries(3))
    fork = Log.open(SqliteStore(tmp_path / "fork.sqlite", create=True), key)
    fork.append(entries(4, 100))
    with pytest.raises(DamagedError, match="not the log that had 3 leaves"):
        opened(tmp_path / "fork.sqlite", key, memory)


def test_a_memory_that_was_edited(tmp_path: Path, key: NoteSigner, memory: HeadMemory) -> None:
    """A memory that the log did not sign is told; one that was lost is not missed."""
    opened(tmp_path / "ledger.sqlite", key, memory).append(entries(2))
    memory.path.write_bytes(memory.path.read_bytes().replace(b"\n2\n", b"\n1\n"))
    with pytest.raises(DamagedError, match="not what was written"):
        opened(tmp_path / "ledger.sqlite", key, memory)
    memory.path.write_bytes(b"")
    assert opened(tmp_path / "ledger.sqlite", key, memory).size == 2
    assert memory.recall() is not None


def test_a_memory_that_can_not_be_written(tmp_path: Path, key: NoteSigner) -> None:
    """Where nothing can be remembered, the log works all the same."""
    (tmp_path / "file").write_bytes(b"")
    memory = HeadMemory(tmp_path / "file" / "logs", key.verifier)
    assert opened(tmp_path / "ledger.sqlite", key, memory).append(entries(1)) == (0,)


# ---------------------------------------------------------------------------------- cosigned


def cosigned(log: Log, witness: WitnessSigner = WITNESS) -> Note:
    note = Note.parse(log.checkpoint())
    said, _ = checkpoints.parse(log.checkpoint())
    return note.with_signatures([witness.cosign(said, 1_700_000_000)])


def test_proofs_and_exports_carry_the_lines_of_witnesses(tmp_path: Path, key: NoteSigner) -> None:
    """Until the log grows, its checkpoint is the cosigned one; older leaves stay proven by it."""
    log = Log.open(MemoryStore(), key, cosigned=Cosigned(tmp_path / "cosigned"))
    assert log.cosigned() is None
    log.append(entries(3))
    log.keep_cosigned(cosigned(log))
    export(log, tmp_path / "export")
    for note in (log.checkpoint(), (tmp_path / "export" / "checkpoint").read_bytes()):
        assert Note.parse(note).find(WITNESS.verifier) is not None
    log.append(entries(1, 3))
    assert Note.parse(log.checkpoint()).find(WITNESS.verifier) is None
    (old, young) = (TlogProof.parse(log.tlog_proof(index)) for index in (2, 3))
    assert (old.head.size, young.head.size) == (3, 4)
    assert Note.parse(old.checkpoint).find(WITNESS.verifier) is not None
    both = [TlogProof.parse(text) for text in log.tlog_proofs([2, 3])]
    assert both[0].checkpoint == both[1].checkpoint == log.checkpoint()


def test_a_cosigned_checkpoint_of_another_tree(tmp_path: Path, key: NoteSigner) -> None:
    """A note of a fork is not kept, and one that lies there is told as damage."""
    log = Log.open(MemoryStore(), key, cosigned=Cosigned(tmp_path / "cosigned"))
    fork = Log.open(MemoryStore(), key)
    log.append(entries(3))
    fork.append(entries(3, 7))
    with pytest.raises(VerificationError, match="forked"):
        log.keep_cosigned(cosigned(fork))
    assert log.cosigned() is None
    (tmp_path / "cosigned").write_bytes(cosigned(fork).to_bytes())
    with pytest.raises(DamagedError, match="cosigned checkpoint is not its own"):
        log.tlog_proof(0)
    other = NoteSigner(key.name, SigningKey(b"o" * 32))
    (tmp_path / "cosigned").write_bytes(cosigned(Log.open(MemoryStore(), other)).to_bytes())
    with pytest.raises(DamagedError, match="cosigned checkpoint is not its own"):
        log.cosigned()


def test_a_power_cut_leaves_a_log_that_was(
    tmp_path: Path, key: NoteSigner, memory: HeadMemory
) -> None:
    """Cut anywhere, the write-ahead log leaves a whole log of some moment; what was told is missed.

    A disk that keeps its word loses nothing that was synced; one that lies is noticed by what is
    remembered apart from it.
    """
    path = tmp_path / "ledger.sqlite"
    store = SqliteStore(path, create=True)
    log = Log.open(store, key, memory=memory)
    for number in range(12):
        log.append(entries(30, 30 * number))
    wal = path.with_name("ledger.sqlite-wal").read_bytes()
    sizes = set()
    for step in range(0, 41):
        copy = tmp_path / f"cut-{step}" / "ledger.sqlite"
        copy.parent.mkdir()
        shutil.copy(path, copy)
        copy.with_name("ledger.sqlite-wal").write_bytes(wal[: len(wal) * step // 40])
        cut = SqliteStore(copy)
        found = Log.open(cut, key)
        found.check()
        log.check_remembered(found.size, found.head().root)
        sizes.add(found.size)
        if found.size < log.size:
            with pytest.raises(DamagedError, match="older copy"):
                Log.open(cut, key, memory=memory)
        cut.close()
    assert {0, 360} <= sizes
    assert all(size % 30 == 0 for size in sizes)
    store.close()
