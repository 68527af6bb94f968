# SPDX-License-Identifier: Apache-2.0
"""Two processes on one ledger file: they can't fork it, and a slot has one winner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import SqliteStore

from .parts import slot

RACER = """
import hashlib, json, sys
from pathlib import Path
from proofhouse.errors import HeadMovedError
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import NoteSigner
from proofhouse.ledger.log import Log
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.ledger.store import NewEntry

path, me = Path(sys.argv[1]), sys.argv[2]
key = NoteSigner("log.example/one", SigningKey(b"k" * 32))
log = Log.open(SqliteStore(path), key)
print("ready", flush=True)
sys.stdin.readline()
won, seen = {}, []
for number in range(150):
    slot = hashlib.sha256(b"slot %d" % number).digest()
    own = NewEntry(f"{number} alone by {me}".encode())
    try:
        indices = log.append([NewEntry(f"{number} by {me}".encode(), (slot,)), own])
        won[number] = indices[0]
    except HeadMovedError:
        log.append([own])
    head = log.head()
    seen.append((head.size, head.root.hex()))
print(json.dumps({"won": won, "seen": seen}), flush=True)
"""


def test_two_processes_race_for_slots(tmp_path: Path, key: NoteSigner) -> None:
    """Two processes want 150 slots: each has one winner, and both saw one and the same log grow."""
    path = tmp_path / "ledger.sqlite"
    store = SqliteStore(path, create=True)
    log = Log.open(store, key)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("anna", "bert")
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    results = [json.loads(racer.communicate()[0]) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]

    won = [{int(number): index for number, index in r["won"].items()} for r in results]
    assert won[0].keys() | won[1].keys() == set(range(150))
    assert not won[0].keys() & won[1].keys()
    for name, mine in zip(("anna", "bert"), won, strict=True):
        for number, index in mine.items():
            assert log.leaf(index) == f"{number} by {name}".encode()
            assert log.slot(slot(number)) == index
    assert log.size == 150 + 2 * 150
    for result in results:
        for size, root in result["seen"]:
            log.check_remembered(size, bytes.fromhex(root))
    log.check()
    store.close()
