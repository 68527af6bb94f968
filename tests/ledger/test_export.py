# SPDX-License-Identifier: Apache-2.0
"""The log as files: the layout of C2SP tlog-tiles, whole at every moment."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from proofhouse.errors import DamagedError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry, Store

from .parts import ORIGIN, entries, tree_hash

TESSERA = Path(__file__).parents[2] / "vectors" / "third_party" / "tessera_log"
TESSERA_KEY = (
    "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
)
WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eit"),
    *("nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"),
)


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_files_are_tesseras(tmp_path: Path) -> None:
    """Grown entry by entry, the files are those of another implementation, byte for byte."""
    log = Log.open(MemoryStore(), NoteSigner.parse(TESSERA_KEY))
    theirs = files(TESSERA)
    for size, word in enumerate(WORDS, 1):
        log.append([NewEntry(word.encode())])
        assert export(log, tmp_path) == size
        ours = files(tmp_path)
        assert ours.pop("log.vkey") == f"{log.verifier}\n".encode()
        assert ours.pop("checkpoint") == theirs[f"checkpoint.{size}"]
        assert ours.keys() == {
            f"tile/{kind}/000.p/{w}" for kind in ("0", "entries") for w in range(1, size + 1)
        }
        assert all(theirs[name] == data for name, data in ours.items())


def test_the_files_prove_the_root(store: Store, key: NoteSigner, tmp_path: Path) -> None:
    """Read back by the specification's words alone, bundles, tiles and checkpoint agree."""
    log = Log.open(store, key)
    log.append(entries(600))
    export(log, tmp_path / "export")
    found = files(tmp_path / "export")
    leaves = []
    for name in ("000", "001", "002.p/88"):
        data, hashes = found.pop(f"tile/entries/{name}"), b""
        while data:
            length = int.from_bytes(data[:2])
            leaves.append(data[2 : 2 + length])
            hashes += hashlib.sha256(b"\0" + leaves[-1]).digest()
            data = data[2 + length :]
        assert found.pop(f"tile/0/{name}") == hashes
    roots = tree_hash(leaves[:256]) + tree_hash(leaves[256:512])
    assert found.pop("tile/1/000.p/2") == roots
    said, _ = checkpoints.verify(found.pop("checkpoint"), key.verifier)
    assert said == Checkpoint(ORIGIN, 600, tree_hash(leaves))
    assert found == {"log.vkey": f"{key.verifier}\n".encode()}


def test_an_export_is_continued(key: NoteSigner, tmp_path: Path) -> None:
    """A repeated export writes what is new, leaves full tiles alone, clears replaced partials."""
    log = Log.open(MemoryStore(), key)
    log.append(entries(300))
    export(log, tmp_path)
    full = tmp_path / "tile" / "0" / "000"
    untouched = full.stat().st_ino
    log.append(entries(10, 300))
    export(log, tmp_path)
    # A client that still holds the checkpoint of 300 finds its partial tile.
    assert {"tile/0/001.p/44", "tile/0/001.p/54"} <= files(tmp_path).keys()
    log.append(entries(290, 310))
    export(log, tmp_path)
    assert full.stat().st_ino == untouched
    fresh = tmp_path / "fresh"
    export(log, fresh)
    continued = {n: d for n, d in files(tmp_path).items() if not n.startswith("fresh/")}
    assert continued.pop("tile/1/000.p/1")  # level 1 is partial still
    assert continued == files(fresh)


def test_an_export_of_an_empty_log(key: NoteSigner, tmp_path: Path) -> None:
    """An empty log is a checkpoint and no tile: empty tiles do not exist."""
    assert export(Log.open(MemoryStore(), key), tmp_path) == 0
    assert files(tmp_path).keys() == {"checkpoint", "log.vkey"}


def test_what_was_published_is_never_taken_back(key: NoteSigner, tmp_path: Path) -> None:
    """An older copy of the log, or a fork of it, is not exported over what was published."""
    log = Log.open(MemoryStore(), key)
    log.append(entries(300))
    older, fork = MemoryStore(), MemoryStore()
    Log.open(older, key).append(entries(290))
    Log.open(fork, key).append(entries(400, 5))
    export(log, tmp_path)
    before = files(tmp_path)
    with pytest.raises(DamagedError, match="had 300 leaves before, and now it has 290"):
        export(Log.open(older, key), tmp_path)
    with pytest.raises(DamagedError, match="not the log that had 300 leaves"):
        export(Log.open(fork, key), tmp_path)
    stranger = NoteSigner("log.example/two", SigningKey(b"s" * 32))
    with pytest.raises(DamagedError, match=r"not a checkpoint of the log 'log\.example/two'"):
        export(Log.open(MemoryStore(), stranger), tmp_path)
    assert files(tmp_path) == before


def test_a_damaged_log_is_not_published(key: NoteSigner, tmp_path: Path) -> None:
    """A leaf that its tile does not hold stops the export before the checkpoint."""
    store = MemoryStore()
    log = Log.open(store, key)
    log.append(entries(300))
    store._entries[17] = b"another"
    with pytest.raises(DamagedError, match=r"tile/entries/000 does not hold"):
        export(log, tmp_path)
    assert "checkpoint" not in files(tmp_path)


def test_files_are_for_everybody(key: NoteSigner, tmp_path: Path) -> None:
    """What is public is readable by a web server that runs as somebody else."""
    log = Log.open(MemoryStore(), key)
    log.append(entries(3))
    export(log, tmp_path / "public")
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "public").rglob("*") if p.is_file()}
    assert modes == {0o644}
    assert (tmp_path / "public" / "tile").stat().st_mode & 0o777 == 0o755


def test_published_cosignatures_are_kept(key: NoteSigner, tmp_path: Path) -> None:
    """A repeated export of the same log keeps lines of witnesses that were published below it."""
    log = Log.open(MemoryStore(), key)
    log.append(entries(3))
    export(log, tmp_path)
    witness = WitnessSigner("witness.example/one", b"w" * 32)
    said, note = checkpoints.parse(log.checkpoint())
    seen = note.with_signatures([witness.cosign(said, 1_700_000_000)]).to_bytes()
    (tmp_path / "checkpoint").write_bytes(seen)
    export(log, tmp_path)
    assert (tmp_path / "checkpoint").read_bytes() == seen
    log.append(entries(1, 3))
    export(log, tmp_path)
    assert (tmp_path / "checkpoint").read_bytes() == log.checkpoint()
