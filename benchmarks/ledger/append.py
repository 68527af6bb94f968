# SPDX-License-Identifier: Apache-2.0
"""How fast the ledger appends, opens, proves and audits; each figure beside the peer it is held to.

    python benchmarks/ledger/append.py [--leaves 1000000] [--folder FOLDER]

 1. statements/s    canonical JSON, signature, sealed leaf, one slot, durable append in batches of
                    1,000; over what ``cryptography`` signs bare (Ed25519, 300 bytes); target 0.4
 2. appends/s       one durable append after the other, over SQLite's bare durable inserts of one
                    row in one table, same settings; target 0.5
 3. at N leaves     rate of batches, time to open (target 0.3 s at 1,000,000), size and time of a
                    proof and of its verification, time and peak memory of an audit

What is compared is measured in turns, so that what else the machine does meets both alike. Peak
memory is that of a process of its own, with Python and the libraries in it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proofhouse.formats import proof as proofs
from proofhouse.formats.envelope import sign
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.leaf import sealed_leaf
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.statement import Statement
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import NewEntry

BATCH = 1000
KEY = NoteSigner("benchmark.example/log", SigningKey(b"k" * 32))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def statement(number: int, key: SigningKey) -> NewEntry:
    """What registering one confidential statement costs, bar the vault."""
    predicate = {
        "previous": hashlib.sha256(b"%d" % number).hexdigest(),
        "receivedAt": "2026-07-01T09:00:00Z",
        "number": number,
    }
    payload = Statement("urn:proofhouse:inquiry:v1", "case", secrets.token_hex(32), predicate)
    envelope = sign(payload.to_bytes(), [key]).to_bytes()
    return NewEntry(sealed_leaf(envelope, secrets.token_bytes(32)), (secrets.token_bytes(32),))


def statements_per_second(folder: Path) -> None:
    log = Log.open(SqliteStore(folder / "statements.sqlite", create=True), KEY)
    key, bare = SigningKey.generate(), Ed25519PrivateKey.generate()
    ours, theirs = [], []
    for batch in range(40):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        ours.append(timed(lambda n=numbers: log.append([statement(i, key) for i in n])))
        theirs.append(timed(lambda: [bare.sign(b"x" * 300) for _ in range(BATCH)]))
    rate, peer = BATCH / statistics.median(ours), BATCH / statistics.median(theirs)
    print(f"statements/s, batches of {BATCH:,}: {rate:,.0f}")
    print(f"  ÷ bare Ed25519 signatures/s {peer:,.0f} = {rate / peer:.2f}   (target ≥ 0.4)")


def appends_per_second(folder: Path) -> None:
    log = Log.open(SqliteStore(folder / "appends.sqlite", create=True), KEY)
    db = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB)")
    ours, theirs = [], []
    for number in range(4000):
        leaf = b'{"sealed":"%064x"}' % number
        entry = NewEntry(leaf, (secrets.token_bytes(32),))
        ours.append(timed(lambda e=entry: log.append([e])))
        row = (number, leaf)
        theirs.append(timed(lambda r=row: db.execute("INSERT INTO t VALUES (?, ?)", r)))
    # The first thousand lengthen the write-ahead logs' files, which takes longer for both.
    rate, peer = 1 / statistics.median(ours[1000:]), 1 / statistics.median(theirs[1000:])
    print(f"durable appends/s, one by one: {rate:,.0f}")
    print(f"  ÷ SQLite's bare durable inserts/s {peer:,.0f} = {rate / peer:.2f}   (target ≥ 0.5)")


def grow(path: Path, leaves: int) -> None:
    log = Log.open(SqliteStore(path, create=True), KEY)
    spent = [0.0, 0.0]
    for start in range(0, leaves, BATCH):
        # Every other hundred batches takes slots, so that both rates are seen at all sizes.
        slots = start // BATCH // 100 % 2
        batch = [
            NewEntry(b'{"sealed":"%b"}' % secrets.token_hex(32).encode(), keys)
            for keys in ((secrets.token_bytes(32),) * slots for _ in range(BATCH))
        ]
        spent[slots] += timed(lambda b=batch: log.append(b))
    half = leaves / 2
    print(f"durable leaves/s in batches of {BATCH:,}, up to {leaves:,} leaves:")
    print(f"  without slots {half / spent[0]:,.0f}, with one slot each {half / spent[1]:,.0f}")
    print(f"  file {path.stat().st_size / 2**20:,.0f} MiB")


def at_size(path: Path) -> None:
    store = SqliteStore(path)
    seconds = []
    for _ in range(5):
        seconds.append(timed(lambda: Log.open(store, KEY)))
    log = Log.open(store, KEY)
    print(f"at {log.size:,} leaves:")
    print(f"  open {statistics.median(seconds) * 1000:.0f} ms   (target < 300)")
    proving, verifying, texts = [], [], []
    for i in range(200):
        index = i * 7919 % log.size
        proving.append(timed(lambda n=index: texts.append(log.tlog_proof(n))))
        leaf = log.leaf(index)
        proof = proofs.TlogProof.parse(texts[-1])
        verifying.append(timed(lambda p=proof, b=leaf: proofs.verify(p, b, KEY.verifier)))
    made, verified = (1000 * statistics.median(seconds) for seconds in (proving, verifying))
    print(f"  proof {max(map(len, texts)):,} bytes, made in {made:.2f} ms")
    print(f"  verified, signature and path, in {verified:.2f} ms")


def audit(path: Path) -> None:
    """In a process of its own: the time of a whole audit, and the peak of memory."""
    log = Log.open(SqliteStore(path), KEY)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = timed(log.check)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  check() {seconds:.2f} s, peak {peak:.0f} MiB (after opening: {before:.0f} MiB)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--leaves", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go")
    parser.add_argument("--audit", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.audit:
        audit(options.audit)
        return
    print(f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        statements_per_second(folder)
        appends_per_second(folder)
        path = folder / "large.sqlite"
        grow(path, options.leaves)
        at_size(path)
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--audit", str(path)], check=True)


if __name__ == "__main__":
    main()
