# SPDX-License-Identifier: Apache-2.0
"""Writes a log as files that any web server can serve: c2sp.org/tlog-tiles.

    checkpoint                      the signed note
    tile/0/000  tile/0/001.p/17     hash tiles, full and partial
    tile/entries/000  …             entry bundles: the leaves
    log.vkey                        the log's verifier key, for people: trust comes from elsewhere

Order of writes: full tiles and bundles, partial ones, folders synced, then ``checkpoint``, by a
rename. Whoever reads a checkpoint finds everything it stands for, whenever a crash came; files of
an export that was cut short are written again. Then partial tiles that a full one replaced go.

An export is repeated in the same folder and writes only what is new. The checkpoint that lies there
is a memory of the log: if the log does not extend it, nothing is touched; lines of witnesses below
it are kept while the log stands as it stood.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from proofhouse.durable import make_folders, replace_file, sync, told, write_file
from proofhouse.errors import DamagedError, FormatError, VerificationError
from proofhouse.failpoints import reach
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.tiles import WIDTH, Tile, tiles_of
from proofhouse.ledger.log import Log

CHECKPOINT = "checkpoint"
VERIFIER_KEY = "log.vkey"


def export(log: Log, directory: Path) -> int:
    """Bring the files under ``directory`` up to the log as it stands; the size exported.

    Files are readable by all (as far as the umask lets them). Raises DamagedError if the checkpoint
    that lies there is not this log's or is beyond it, or if the log is damaged; StorageError.
    """
    with told("the exported log", directory):
        make_folders(directory, 0o755)
        before = _exported(log, directory / CHECKPOINT)
        note = log.checkpoint()
        size = checkpoints.parse(note)[0].size
        folders = set()
        for tile in _resources(size):
            if tile.width == WIDTH and tile.index < _full(before, tile.level):
                continue
            path = directory / tile.path
            make_folders(path.parent, 0o755)
            replace_file(path, log.tile(tile), 0o644)
            folders.add(path.parent)
        for folder in sorted(folders):
            sync(folder)
        vkey = f"{log.verifier}\n".encode()
        if not _holds(directory / VERIFIER_KEY, vkey):
            replace_file(directory / VERIFIER_KEY, vkey, 0o644)
        reach("ledger.export.before")
        write_file(directory / CHECKPOINT, _with_its_lines(directory / CHECKPOINT, note), 0o644)
        reach("ledger.export.after")
        for tile in _partials(before):
            if tile.index < _full(size, tile.level):
                shutil.rmtree((directory / tile.path).parent, ignore_errors=True)
    return size


def _with_its_lines(path: Path, note: bytes) -> bytes:
    """``note``, or what lies there if that is the same with further lines, of witnesses."""
    there = path.read_bytes() if path.exists() else b""
    return there if there.startswith(note) else note


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _exported(log: Log, path: Path) -> int:
    """The size that lies there from an earlier export, proven to be this log's; else 0."""
    if not path.exists():
        return 0
    try:
        said, _ = checkpoints.verify(path.read_bytes(), log.verifier)
    except (FormatError, VerificationError) as error:
        raise DamagedError(
            f"{path} is not a checkpoint of the log {log.origin!r}. {error.message}",
            hint="Export to an empty folder.",
        ) from None
    log.check_remembered(said.size, said.root)
    return said.size


def _full(size: int, level: int | None) -> int:
    """How many full tiles a level of a tree of ``size`` leaves has; None is entry bundles."""
    return size >> 8 * ((level or 0) + 1)


def _resources(size: int) -> list[Tile]:
    """Every tile and bundle of a tree of ``size`` leaves, the full ones first."""
    tiles = tiles_of(size)
    bundles = [Tile(None, tile.index, tile.width) for tile in tiles if tile.level == 0]
    return sorted([*tiles, *bundles], key=lambda tile: tile.width < WIDTH)


def _partials(size: int) -> list[Tile]:
    return [tile for tile in _resources(size) if tile.width < WIDTH]
