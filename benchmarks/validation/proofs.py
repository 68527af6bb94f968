# SPDX-License-Identifier: Apache-2.0
"""How long 14 proofs take on a program that is built: each three times, in fresh sessions.

    python benchmarks/validation/proofs.py [PROOFS]

The program is the tests' ``NOTES`` with AddressSanitizer; beside it the peer: each proof run once
by ``subprocess.run``, without control, sandbox or verdict, the sanitizer naming functions
itself. Target: 14 proofs within 30 s.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from proofhouse.validation.program import build
from proofhouse.validation.reproduce import Request, judge_all
from validation.programs import NOTES

TARGET_SECONDS = 30.0


def plain(proofs: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / NOTES.path).write_text(NOTES.text)
        subprocess.run(NOTES.build, shell=True, check=True, cwd=folder)
        begun = time.perf_counter()
        for proof in proofs:
            (folder / "proof").write_bytes(proof)
            subprocess.run(["./notes", "proof"], cwd=folder, check=False, capture_output=True)
        return time.perf_counter() - begun


async def main(count: int) -> None:
    proofs = [b"put 1 " + b"x" * (20 + n) + b"\n" for n in range(count)]
    built = await build(NOTES.tree, NOTES.build, 300)
    requests = [Request(NOTES.tree, NOTES.build, NOTES.run, proof) for proof in proofs]
    begun = time.perf_counter()
    reports = await judge_all(built, requests)
    seconds = time.perf_counter() - begun
    peer = plain(proofs)
    true = sum(report.verdict == "reproduced" for report in reports)
    print(f"{count} proofs, {true} reproduced: {seconds:.1f} s (target {TARGET_SECONDS:.0f} s)")
    print(f"one plain run each: {peer:.1f} s, ratio {seconds / peer:.1f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 14))
