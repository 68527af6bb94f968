# SPDX-License-Identifier: Apache-2.0
"""A witness: its keys, the logs it watches, and the one row a log that it compares and swaps.

    witness = Witness.create(folder, "witness.example/one", ("ed25519", "ml-dsa-44"))
    witness.watch(log_vkey)
    answer = witness.add_checkpoint(body)          an HTTP status and a body, c2sp.org/tlog-witness

    witness.key       name and seeds, mode 0600
    witness.sqlite    log: origin → key, size, root, the note with our lines, when we signed it

Steps of ``add_checkpoint``, numbered in the code; the status of a refusal in parentheses:
 1. the body is a request                                              (400)
 2. we watch its log                                                   (404)
 3. the log's key signed the checkpoint                                (403)
 4. the old size is not above the new                                  (400)
 5. the old size is the one we signed last                             (409, with that size)
 6. the new tree extends the one we signed last                        (422)
 7. the clock has not gone back behind our last signature              (503)
 8. sign, then swap the row if it still is what step 5 saw             (409)
 9. answer with our lines, once the row is durable

A signature whose swap lost never leaves the process.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofhouse.durable import (
    Kind,
    create_database,
    make_folders,
    open_database,
    told,
    write_file,
    writing,
)
from proofhouse.errors import DamagedError, FormatError, InputError, VerificationError
from proofhouse.failpoints import reach
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.fields import hex_bytes, items, members, text
from proofhouse.formats.merkle import EMPTY_ROOT, verify_consistency
from proofhouse.formats.note import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    ED25519,
    Note,
    VerifierKey,
)
from proofhouse.formats.plain import read_json

ALGORITHMS = {"ed25519": COSIGNATURE_ED25519, "ml-dsa-44": COSIGNATURE_ML_DSA_44}
SIZE = "text/x.tlog.size"
TEXT = "text/plain; charset=utf-8"

STATE = Kind(
    name="witness's memory",
    application_id=0x50485754,  # "PHWT"
    version=1,
    schema=(
        "CREATE TABLE log (origin TEXT PRIMARY KEY, vkey TEXT NOT NULL, size INTEGER NOT NULL, "
        "root BLOB NOT NULL, note BLOB, signed_at INTEGER NOT NULL) STRICT",
        "CREATE TRIGGER log_shrink BEFORE UPDATE ON log WHEN NEW.size < OLD.size "
        "OR NEW.origin IS NOT OLD.origin OR NEW.vkey IS NOT OLD.vkey "
        "BEGIN SELECT RAISE(ABORT, 'a log only grows'); END",
        "CREATE TRIGGER log_forget BEFORE DELETE ON log "
        "BEGIN SELECT RAISE(ABORT, 'a log is never forgotten'); END",
    ),
)


@dataclass(frozen=True)
class Answer:
    """What the witness answers: an HTTP ``status``, the ``body`` and its ``kind``."""

    status: int
    body: bytes = b""
    kind: str = TEXT


@dataclass(frozen=True)
class _Row:
    vkey: str
    size: int
    root: bytes
    signed_at: int


def _seconds() -> int:
    return int(clock.time())


class Witness:
    """A witness's keys and memory. Safe for several threads and processes."""

    def __init__(
        self,
        path: Path,
        signers: Sequence[WitnessSigner],
        db: sqlite3.Connection,
        now: Callable[[], int] = _seconds,
    ) -> None:
        """Use ``create`` or ``open``."""
        self.path = path
        self.signers = tuple(signers)
        self._db = db
        self._now = now
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path, name: str, algorithms: Sequence[str]) -> Witness:
        """A new witness in the folder ``path``. Raises InputError if one is there, FormatError."""
        if (path / "witness.key").exists():
            raise InputError(f"There is a witness in {path} already.")
        seeds = [(algorithm, secrets.token_bytes(32)) for algorithm in dict.fromkeys(algorithms)]
        keys = [{"algorithm": algorithm, "seed": seed.hex()} for algorithm, seed in seeds]
        for algorithm, seed in seeds:
            WitnessSigner(name, seed, ALGORITHMS[algorithm])  # refuses before anything is written
        with told("the witness", path):
            make_folders(path)
            if not (path / "witness.sqlite").exists():
                create_database(path / "witness.sqlite", STATE)
            about = json.dumps({"name": name, "keys": keys}, indent=2).encode() + b"\n"
            write_file(path / "witness.key", about)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, now: Callable[[], int] = _seconds) -> Witness:
        """The witness in the folder ``path``; ``now`` gives POSIX seconds.

        Raises InputError if there is none, DamagedError, StorageError.
        """
        if not (path / "witness.key").exists():
            raise InputError(
                f"There is no witness in {path}.", hint="Make one: proofhouse witness init DIR"
            )
        with told("the witness", path):
            signers = _read_keys((path / "witness.key").read_bytes())
            return cls(path, signers, open_database(path / "witness.sqlite", STATE), now)

    def close(self) -> None:
        """Close the memory."""
        with self._lock:
            self._db.close()

    @property
    def name(self) -> str:
        """The witness's name, which is that of all its keys."""
        return self.signers[0].verifier.name

    def watch(self, log: VerifierKey) -> None:
        """Cosign checkpoints of the log with this key from now on. The same again changes nothing.

        Raises InputError if the key does not sign checkpoints, or another is known for its origin.
        """
        if log.algorithm != ED25519:
            raise InputError("The key of a log is an Ed25519 note key (algorithm 0x01).")
        with self._lock, told("the witness", self.path), writing(self._db) as _:
            row = self._row(log.name)
            if row is not None and row.vkey != str(log):
                raise InputError(
                    f"The log {log.name} is watched under another key.",
                    hint="A log does not change its key unseen: it is another log.",
                )
            if row is None:
                self._db.execute(
                    "INSERT INTO log VALUES (?, ?, 0, ?, NULL, 0)", (log.name, str(log), EMPTY_ROOT)
                )

    def watched(self) -> tuple[tuple[str, int], ...]:
        """The origins that are watched, with the size that was signed last."""
        with self._lock, told("the witness", self.path):
            return tuple(self._db.execute("SELECT origin, size FROM log ORDER BY origin"))

    def checkpoint(self, origin_hash: str) -> Answer:
        """The newest checkpoint that we signed of the log with this SHA-256 of its origin."""
        with self._lock, told("the witness", self.path):
            rows = self._db.execute("SELECT origin, note FROM log WHERE note IS NOT NULL")
            for origin, note in rows:
                if sha256_hex(origin.encode()) == origin_hash:
                    return Answer(200, note)
        return Answer(404)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Judge a request, sign and remember. Raises StorageError; nothing is signed then."""
        try:
            request = AddCheckpoint.parse(body)  # 1
        except FormatError as error:
            return _refused(400, error.message)
        head = request.head
        row = self._row(head.origin)
        if row is None:  # 2
            return _refused(404, "This witness does not watch that log.")
        try:
            checkpoints.verify(request.checkpoint, VerifierKey.parse(row.vkey))  # 3
        except VerificationError as error:
            return _refused(403, error.message)
        if request.old > head.size:  # 4
            return _refused(400, "The old size is above the size of the checkpoint.")
        if request.old != row.size:  # 5
            return _conflict(row.size)
        try:
            _check_growth(request, row)  # 6
        except VerificationError as error:
            return _refused(422, error.message)
        now = self._now()
        if now < max(row.signed_at, 1):  # 7
            return _refused(503, "The clock of this witness has gone back.")
        lines = [signer.cosign(head, now) for signer in self.signers]
        own = VerifierKey.parse(row.vkey)
        signed = Note.parse(request.checkpoint)
        kept = Note(head.text, tuple(s for s in signed.signatures if s.key_id == own.key_id))
        note = kept.with_signatures(lines).to_bytes()
        if not self._swap(head, row, note, now):  # 8
            fresh = self._row(head.origin)
            return _conflict(fresh.size if fresh else 0)
        return Answer(200, "".join(map(str, lines)).encode())  # 9

    def _row(self, origin: str) -> _Row | None:
        query = "SELECT vkey, size, root, signed_at FROM log WHERE origin = ?"
        with self._lock, told("the witness", self.path):
            found = self._db.execute(query, (origin,)).fetchone()
        return None if found is None else _Row(*found)

    def _swap(self, head: Checkpoint, row: _Row, note: bytes, now: int) -> bool:
        """Put the new tree in the place of ``row``, durably; False if the row is another by now."""
        query = (
            "UPDATE log SET size = ?, root = ?, note = ?, signed_at = ? "
            "WHERE origin = ? AND size = ? AND root = ?"
        )
        values = (head.size, head.root, note, now, head.origin, row.size, row.root)
        with self._lock, told("the witness", self.path):
            with writing(self._db):
                swapped = self._db.execute(query, values).rowcount == 1
                reach("witness.swap.before")
            reach("witness.swap.after")
        return swapped


def _check_growth(request: AddCheckpoint, row: _Row) -> None:
    """Raise VerificationError unless the request's tree extends the one of ``row``."""
    head = request.head
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise VerificationError("The root of the empty tree is another.")
    if row.size > 0:
        verify_consistency(row.size, head.size, row.root, head.root, request.proof)
    elif request.proof:
        raise VerificationError("From the empty tree no proof leads anywhere.")


def _refused(status: int, why: str) -> Answer:
    return Answer(status, f"{why}\n".encode())


def _conflict(size: int) -> Answer:
    return Answer(409, b"%d\n" % size, SIZE)


def _read_keys(data: bytes) -> list[WitnessSigner]:
    try:
        body = members(read_json(data, "the witness's key", 10_000), "the key", ("name", "keys"))
        name = text(body["name"], "the name of the witness", 255)
        signers = []
        for item in items(body["keys"], "the keys"):
            entry = members(item, "the key", ("algorithm", "seed"))
            if entry["algorithm"] not in ALGORITHMS:
                raise FormatError("A witness's key is ed25519 or ml-dsa-44.")
            seed = hex_bytes(entry["seed"], "the seed", 32)
            signers.append(WitnessSigner(name, seed, ALGORITHMS[entry["algorithm"]]))
    except FormatError as error:
        raise DamagedError(f"The witness's key file is not what was written. {error}") from None
    if not signers:
        raise DamagedError("The witness has no key.")
    return signers
