# SPDX-License-Identifier: Apache-2.0
"""A witness killed at its one write: what was answered is remembered, what was not may be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSigner
from proofhouse.ledger.log import Log
from proofhouse.ledger.memories import Cosigned
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry
from proofhouse.witness.witness import Witness

KEY = NoteSigner("log.example/one", SigningKey(b"k" * 32))

SIGNER = """
import sys
from pathlib import Path
from proofhouse.witness.witness import Witness

witness = Witness.open(Path(sys.argv[1]))
print(witness.add_checkpoint(sys.stdin.buffer.read()).status, flush=True)
"""

KEEPER = """
import sys
from pathlib import Path
from proofhouse.ledger.memories import Cosigned

Cosigned(Path(sys.argv[1]) / "cosigned").write(sys.stdin.buffer.read())
print("kept", flush=True)
"""


def killed(program: str, folder: Path, data: bytes, point: str) -> bytes:
    """What a process said before it died at ``point``."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        input=data,
        env={**os.environ, "PROOFHOUSE_FAILPOINT": point},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize(("side", "size"), [("before", 0), ("after", 4)])
def test_killed_at_the_swap(tmp_path: Path, side: str, size: int) -> None:
    """Killed before the swap it forgets, after it it remembers; the log goes on from either."""
    log = Log.open(MemoryStore(), KEY)
    log.append([NewEntry(b"%d" % i) for i in range(4)])
    witness = Witness.create(tmp_path / "w", "witness.example", ("ed25519",))
    witness.watch(KEY.verifier)
    witness.close()
    request = AddCheckpoint(0, (), log.checkpoint()).to_bytes()
    assert killed(SIGNER, tmp_path / "w", request, f"witness.swap.{side}") == b""
    witness = Witness.open(tmp_path / "w")
    assert witness.watched() == ((KEY.name, size),)
    assert witness.add_checkpoint(request).status == (409 if size else 200)
    again = AddCheckpoint(4, (), log.checkpoint()).to_bytes()
    assert witness.add_checkpoint(again).status == 200
    witness.close()


@pytest.mark.parametrize(("side", "kept"), [("before", False), ("after", True)])
def test_killed_while_cosignatures_are_kept(tmp_path: Path, side: str, kept: bool) -> None:
    """The cosigned checkpoint is there whole, or the one before is."""
    log = Log.open(MemoryStore(), KEY, cosigned=Cosigned(tmp_path / "cosigned"))
    log.append([NewEntry(b"%d" % i) for i in range(4)])
    line = WitnessSigner("witness.example", b"w" * 32).cosign(log.head(), 1_700_000_000)
    first = Note.parse(log.checkpoint()).with_signatures([line])
    log.keep_cosigned(first)
    log.append([NewEntry(b"more")])
    line = WitnessSigner("witness.example", b"w" * 32).cosign(log.head(), 1_700_000_001)
    second = Note.parse(log.checkpoint()).with_signatures([line]).to_bytes()
    assert killed(KEEPER, tmp_path, second, f"ledger.cosigned.{side}") == b""
    seen = log.cosigned()
    assert seen is not None
    assert seen[1] == (second if kept else first.to_bytes())
