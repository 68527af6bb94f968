# SPDX-License-Identifier: Apache-2.0
"""The ledger beside two others: pymerkle (SQLite) and tlog-scales (C2SP tiles as files).

    python benchmarks/ledger/peers.py [--leaves 100000]

The peers are installed into a temporary environment, for this alone; where that fails they are
skipped with a sentence. Each stores leaves of 77 bytes in batches of 1,000 and knows the root after
each; then appends 200 one by one; then proves 200 leaves. They do not do the same:

    ours          leaves, tiles, signed checkpoint; one synced transaction
    pymerkle      leaves and hashes; one transaction, synced as SQLite does by default; no signature
    tlog-scales   tiles and signed checkpoint as files; not synced

At the end tlog-scales reads what we export: checkpoint signature, root, and inclusion proofs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCH = 1000
SINGLE = 200
SEED = b"k" * 32
ORIGIN = "benchmark.example/log"


def leaf(number: int) -> bytes:
    return b'{"sealed":"%064x"}' % number


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(
    leaves: int,
    append: Callable[[list[bytes]], Any],
    prove: Callable[[int], Any],
    size_of: Callable[[Any], int],
) -> dict[str, float]:
    """The figures of one log, by its own append of a batch and proof of a leaf."""
    batches = [
        timed(lambda s=start: append([leaf(i) for i in range(s, s + BATCH)]))
        for start in range(0, leaves, BATCH)
    ]
    singles = [timed(lambda n=number: append([leaf(leaves + n)])) for number in range(SINGLE)]
    found: list[Any] = []
    total = leaves + SINGLE
    proofs = [timed(lambda n=n: found.append(prove(n * 7919 % total))) for n in range(SINGLE)]
    return {
        "leaves/s in batches": BATCH / statistics.median(batches[len(batches) // 2 :]),
        "appends/s one by one": 1 / statistics.median(singles),
        "ms a proof": 1000 * statistics.median(proofs),
        "bytes a proof": statistics.median(size_of(item) for item in found),
    }


def ours(folder: Path, leaves: int) -> dict[str, float]:
    from proofhouse.formats.keys import SigningKey
    from proofhouse.formats.note import NoteSigner
    from proofhouse.ledger.export import export
    from proofhouse.ledger.log import Log
    from proofhouse.ledger.sqlite import SqliteStore
    from proofhouse.ledger.store import NewEntry

    key = NoteSigner(ORIGIN, SigningKey(SEED))
    log = Log.open(SqliteStore(folder / "ours.sqlite", create=True), key)
    found = measure(
        leaves, lambda batch: log.append([NewEntry(b) for b in batch]), log.tlog_proof, len
    )
    export(log, folder / "export")
    return found


def pymerkle(folder: Path, leaves: int) -> dict[str, float]:
    from pymerkle import SqliteTree

    tree = SqliteTree(str(folder / "pymerkle.sqlite"))

    def append(batch: list[bytes]) -> None:
        tree.append_entries(batch)
        tree.get_state()

    return measure(
        leaves,
        append,
        lambda index: tree.prove_inclusion(index + 1),
        lambda proof: len(json.dumps(proof.serialize())),
    )


def tlog_scales(folder: Path, leaves: int) -> dict[str, float]:
    from tlog_scales import backend, reader, signing, utils, writer

    made = writer.TilesWriter.create(folder / "scales", ORIGIN)
    signer = signing.PlainEd25519Signer(ORIGIN, SEED)

    def append(batch: list[bytes]) -> None:
        for item in batch:
            made.add_leaf(item)
        made.commit([signer], gc=False)

    found = measure(
        leaves,
        append,
        lambda index: made.reader.get_inclusion_proof(index, made.size),
        lambda proof: sum(map(len, proof.node_hashes)),
    )
    theirs = reader.TilesReader(backend.LocalBackend(folder / "export"))
    checkpoint = theirs.get_checkpoint()
    vkey = (folder / "export" / "log.vkey").read_text().strip()
    checkpoint.verify(signing.Vkey.from_string(vkey))
    assert theirs.calculate_root_hash() == checkpoint.root_hash
    for index in (0, 255, 256, checkpoint.size - 1):
        assert theirs.get_entry(index) == leaf(index)
        proof = theirs.get_inclusion_proof(index, checkpoint.size)
        proof.check(utils.sha256(b"\0" + leaf(index)), checkpoint.root_hash)
    return {**found, "reads our export": 1}


LOGS = {"ours": ours, "pymerkle": pymerkle, "tlog-scales": tlog_scales}


def environment(folder: Path, package: str) -> Path | None:
    """A Python with ``package``, for this run; None if it can't be installed."""
    place = folder / f"env-{package}"
    python = place / "bin" / "python"
    quiet: dict[str, Any] = {"check": True, "capture_output": True, "timeout": 300}
    try:
        subprocess.run([sys.executable, "-m", "venv", place], **quiet)
        subprocess.run([python, "-m", "pip", "install", "--quiet", package], **quiet)
    except (subprocess.SubprocessError, OSError):
        return None
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--leaves", type=int, default=100_000, metavar="N")
    parser.add_argument("--worker", nargs=2, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, place = options.worker
        print(json.dumps(LOGS[name](Path(place), options.leaves)))
        return
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {options.leaves:,} leaves")
    with tempfile.TemporaryDirectory() as place:
        for name in LOGS:
            python = Path(sys.executable) if name == "ours" else environment(Path(place), name)
            if python is None:
                print(f"{name}: skipped, it can't be installed here.")
                continue
            command = [python, __file__, "--leaves", str(options.leaves), "--worker", name, place]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name}: skipped, it failed: {done.stderr.strip().splitlines()[-1]}")
                continue
            figures = json.loads(done.stdout)
            print(f"{name:<12}" + " · ".join(f"{what} {n:,.2f}" for what, n in figures.items()))


if __name__ == "__main__":
    main()
