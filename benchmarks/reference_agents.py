# SPDX-License-Identifier: Apache-2.0
"""Runs the reference agents on fresh items of every level, and prints what share they solve.

    python benchmarks/reference_agents.py --items 8 --out outcomes.csv

    strength      level 1    level 2    …
    weak          3/8        0/8              solved / items; below it the 95 % interval

Every agent meets the same items, derived from a public seed, through the same harness, sandbox and
oracle as a submission does. ``--out`` writes the lines that ``benchmarks/calibrate.py`` fits.
Intervals are Clopper-Pearson, each cell by itself. Fuzzers do not calibrate language models: the
table orders these agents and these levels, and says nothing about people or other solvers.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import sys
import tempfile
import time
from pathlib import Path

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import FAMILIES, derive
from proofhouse.bank.item import File
from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import Budgets, Job, TaskFile, TaskHost, TaskItem
from proofhouse.judges import Proven, grade, machines, prove
from proofhouse.models import reach
from proofhouse.statistics.proportion import clopper_pearson

STRENGTHS = ("weak", "weak-plus", "fair", "good", "strong", "expert")
BATCH = 12


async def outcomes(strength: str, family: str, items: int, seed: bytes) -> dict[str, str]:
    """Item id → solved, failed or missing, for one agent."""
    todo = [(level, index) for index in range(items) for level in FAMILIES[family].levels]
    proven: dict[str, Proven] = {}
    found: dict[str, str] = {}

    async def batch() -> list[TaskItem] | None:
        taken, todo[:] = todo[:BATCH], todo[BATCH:]
        made = []
        for level, index in taken:
            key = item_key(seed, bytes(32), family, level, index)
            item = derive(family, key, level, index)
            proven[item.id] = await prove(item)
            hosts = tuple(
                TaskHost(host.name, host.address, _files(host.files), host.start)
                for host in machines(proven[item.id])
            )
            made.append(TaskItem(item.id, item.prompt, _files(item.files), hosts))
        return made or None

    async def judge(item: str, answer: bytes, _text: str) -> str:
        return "solved" if (await grade(proven.pop(item), answer)).solved else "failed"

    with tempfile.TemporaryDirectory() as folder, reach(f"reference/{strength}") as model:
        job = Job(model.spec, Path(folder) / "log", Budgets(), samples_at_once=2)
        await run(
            job,
            next_batch=batch,
            grade=judge,  # type: ignore[arg-type]
            finished=lambda sample: found.update({sample.id: sample.outcome}),
        )
    return found


def main() -> None:
    """Runs every strength and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=8, help="items a level")
    parser.add_argument("--family", default="memory-flaw", choices=tuple(FAMILIES))
    parser.add_argument("--strengths", default=",".join(STRENGTHS))
    parser.add_argument("--seed", default="public", help="any text; the items follow from it")
    parser.add_argument("--out", type=Path, help="where to write the outcomes as CSV")
    options = parser.parse_args()
    seed = hashlib.sha256(options.seed.encode()).digest()
    rows: list[tuple[str, str, int, int, int]] = []
    levels = FAMILIES[options.family].levels
    print(f"{'strength':<12}" + "".join(f"level {level:<6}" for level in levels))
    for strength in options.strengths.split(","):
        began = time.monotonic()
        found = asyncio.run(outcomes(strength, options.family, options.items, seed))
        cells = []
        for level in levels:
            words = [word for item, word in found.items() if item.split("/")[1] == str(level)]
            solved, scored = words.count("solved"), len(words) - words.count("missing")
            low, high = clopper_pearson(solved, scored)
            cells.append((f"{solved}/{scored}", f"{low:.0%}-{high:.0%}"))
        print(f"{strength:<12}" + "".join(f"{share:<12}" for share, _ in cells))
        print(f"{'':<12}" + "".join(f"{interval:<12}" for _, interval in cells))
        print(f"{'':<12}{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        rows += [
            (strength, *_parts(item), int(word == "solved"))
            for item, word in sorted(found.items())
            if word != "missing"
        ]
    if options.out:
        with options.out.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("agent", "family", "level", "index", "solved"))
            writer.writerows(rows)


def _files(files: tuple[File, ...]) -> tuple[TaskFile, ...]:
    return tuple(TaskFile(file.path, file.data) for file in files)


def _parts(item: str) -> tuple[str, int, int]:
    family, level, index = item.split("/")
    return family, int(level), int(index)


if __name__ == "__main__":
    main()
