# SPDX-License-Identifier: Apache-2.0
"""The public's audit of a large published log: seconds and peak memory, in a process of its own.

    python benchmarks/ledger/audit.py [--leaves 1000000] [--clear 20] [--folder FOLDER]

One leaf in ``--clear`` is a determination notice, signed by an assessor whom the policy names, each
judged by the public rules; the others are sealed. Targets at 1,000,000 leaves: 60 s and 500 MB.
Peak memory is that of the auditing process, with Python and the libraries in it.
"""

from __future__ import annotations

import argparse
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from proofhouse.audit import audit
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import Envelope, sign
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.leaf import clear_leaf
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.formats.statement import Statement
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.published import Folder
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import NewEntry

BATCH = 10_000
LOG = NoteSigner("benchmark.example/log", SigningKey(b"k" * 32))
REGISTRAR, ASSESSOR, BODY = (SigningKey(bytes([i]) * 32) for i in (1, 2, 3))
AT, BY = "2026-07-01T09:00:00Z", "2030-07-01T09:00:00Z"
HEX = "ab" * 32


def policy() -> Policy:
    issuers = {
        "developer": (),
        "partner": (),
        "assessor": (Issuer("Assessor", ASSESSOR.public_key),),
        "registrar": (Issuer("Registrar", REGISTRAR.public_key),),
        "body": (Issuer("Body", BODY.public_key),),
    }
    return Policy(LOG.verifier, "separate", issuers, 1)


def statement(name: str, about: str, key: SigningKey, **predicate: Any) -> Envelope:
    payload = Statement(f"urn:proofhouse:{name}:v1", name, about, predicate).to_bytes()
    return sign(payload, [key])


def commitment() -> dict[str, str]:
    return {"sha256": secrets.token_hex(32), "pedersen": secrets.token_hex(32)}


def beginning() -> tuple[list[Envelope], str, str]:
    """Genesis, a bank and its threshold; the digests of the two."""
    vkey = str(LOG.verifier)
    genesis = statement(
        "log-opened",
        sha256_hex(LOG.name.encode()),
        REGISTRAR,
        **{"origin": LOG.name, "verifierKey": vkey, "custody": "separate", "openedAt": AT},
    )
    seed = commitment()
    bank = statement(
        "bank-commitment",
        seed["sha256"],
        BODY,
        **{"bank": "benchmark", "version": 1, "track": "cyber", "capabilities": ["finding flaws"]},
        **{"families": {"memory-flaw": 8}, "generatorDigest": HEX, "toolchainDigest": HEX},
        **{"calibrationDigest": HEX, "seed": seed, "statement": "What is tested.", "owners": ["B"]},
        **{"committedAt": AT, "openBy": BY},
    )
    threshold = statement(
        "threshold-commitment",
        bank.digest,
        BODY,
        **{"bank": bank.digest, "dimensions": ["cyber"], "threshold": commitment()},
        **{"decidedBy": ["B"], "consulted": [], "committedAt": AT, "openBy": BY},
    )
    return [genesis, bank, threshold], bank.digest, threshold.digest


def grow(folder: Path, leaves: int, clear: int) -> None:
    store = SqliteStore(folder / "log.sqlite", create=True)
    log = Log.open(store, LOG)
    first, bank, threshold = beginning()
    log.append([NewEntry(clear_leaf(envelope)) for envelope in first])
    while log.size < leaves:
        batch = []
        for index in range(log.size, min(leaves, log.size + BATCH)):
            if index % clear:
                batch.append(NewEntry(b'{"sealed":"%b"}' % secrets.token_hex(32).encode()))
                continue
            about = {"bank": bank, "threshold": threshold}
            notice = statement(
                "determination-notice",
                threshold,
                ASSESSOR,
                **about,
                **{"determination": commitment(), "issuedAt": AT},
            )
            batch.append(NewEntry(clear_leaf(notice)))
        log.append(batch)
    began = time.perf_counter()
    export(log, folder / "export")
    took = time.perf_counter() - began
    log.append([NewEntry(b'{"sealed":"%064x"}' % 1)])
    began = time.perf_counter()
    export(log, folder / "export")
    again = time.perf_counter() - began
    print(f"export of {leaves:,} leaves: {took:.1f} s; of one more: {again * 1000:.0f} ms")
    store.close()


def look(folder: Path) -> None:
    """In a process of its own: the audit, its time and the peak of memory."""
    files = Folder(folder / "export")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, cpu = time.perf_counter(), time.process_time()
    report = audit(files, LOG.verifier, policy=policy(), now="2027-01-01T00:00:00Z", seen=None)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert report.status == "verified", report.checks
    print(
        f"audit of {report.size:,} leaves, {report.clear:,} of them clear and signed: {took:.1f} s "
        f"({used:.1f} s of processor), peak {peak:.0f} MiB (before: {before:.0f} MiB)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--leaves", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--clear", type=int, default=20, metavar="N", help="one leaf in N is clear")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go")
    parser.add_argument("--look", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look:
        look(options.look)
        return
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} processors, load {load}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        grow(Path(name), options.leaves, options.clear)
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--look", name], check=True)


if __name__ == "__main__":
    main()
