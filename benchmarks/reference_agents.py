# SPDX-License-Identifier: Apache-2.0
"""Runs the reference agents on fresh items of every level, and prints what share they solve.

    python benchmarks/reference_agents.py --items 8 --out outcomes.csv --resume
    python benchmarks/reference_agents.py --table outcomes.csv --plot docs/reference-agents.svg

    memory-flaw   level 1        level 2        …
    weak          3/8            0/8             solved / items, and the 95 % interval
                  9-76%          0-37%

Every agent meets the same items, derived from a public seed, through the same harness, sandbox and
oracle as a submission does, of its own families and of any other. ``--out`` gets a line for each
item as soon as it is scored, ``agent,family,level,index,solved``; with ``--resume`` items that
have a line are not run again. ``benchmarks/calibrate.py`` fits these lines. A missing outcome has
no line.

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
from collections.abc import Callable, Iterable
from pathlib import Path

from agents_plot import Row, counts, read_rows, write_plot

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import FAMILIES, derive
from proofhouse.bank.item import File
from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import Budgets, FinishedSample, Job, TaskFile, TaskHost, TaskItem
from proofhouse.judges import Proven, grade, machines, prove
from proofhouse.models import reach
from proofhouse.statistics.proportion import clopper_pearson

STRENGTHS = ("weak", "weak-plus", "fair", "good", "strong", "expert")
HEADER = ("agent", "family", "level", "index", "solved")
BATCH = 12


async def work(
    strength: str,
    todo: list[tuple[str, int, int]],
    seed: bytes,
    finished: Callable[[FinishedSample], None],
    at_once: int,
) -> None:
    """Lets one agent work on the items (family, level, index); empties ``todo``."""
    proven: dict[str, Proven] = {}

    async def batch() -> list[TaskItem] | None:
        taken, todo[:] = todo[:BATCH], todo[BATCH:]
        made = []
        for family, level, index in taken:
            item = derive(family, item_key(seed, bytes(32), family, level, index), level, index)
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
        job = Job(model.spec, Path(folder) / "log", Budgets(), samples_at_once=at_once)
        await run(job, next_batch=batch, grade=judge, finished=finished)  # type: ignore[arg-type]


def table(rows: Iterable[Row]) -> str:
    """The table as text: a block for each family, two lines for each agent."""
    cells = counts(rows)
    lines: list[str] = []
    for family in dict.fromkeys(cell.family for cell in cells):
        levels = sorted({cell.level for cell in cells if cell.family == family})
        lines.append(f"{family:<18}" + "".join(f"level {level:<6}" for level in levels))
        for agent in sorted({c.agent for c in cells if c.family == family}, key=_rank):
            shares, intervals = "", ""
            for level in levels:
                met = {(c.agent, c.family, c.level): c for c in cells}.get((agent, family, level))
                low, high = clopper_pearson(met.solved, met.items) if met else (0.0, 1.0)
                shares += f"{f'{met.solved}/{met.items}' if met else '-':<12}"
                intervals += f"{f'{low:.0%}-{high:.0%}':<12}"
            lines += [f"{agent:<18}{shares}", f"{'':<18}{intervals}"]
        lines.append("")
    return "\n".join(lines)


def _rank(agent: str) -> tuple[int, str]:
    return (STRENGTHS.index(agent) if agent in STRENGTHS else len(STRENGTHS), agent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=8, help="items a level")
    parser.add_argument("--families", default=",".join(FAMILIES), help="names with commas between")
    parser.add_argument("--levels", default="", help="numbers with commas between; all by default")
    parser.add_argument("--strengths", default=",".join(STRENGTHS))
    parser.add_argument("--seed", default="public", help="any text; the items follow from it")
    parser.add_argument("--at-once", type=int, default=2, help="samples at once")
    parser.add_argument("--out", type=Path, help="where outcomes go as CSV")
    parser.add_argument("--resume", action="store_true", help="go on where --out ends")
    parser.add_argument("--table", type=Path, help="print the table of such a CSV and run nothing")
    parser.add_argument("--plot", type=Path, help="write the plot of the outcomes as SVG")
    return parser.parse_args()


def main() -> None:
    """Runs every strength on every family, and prints the table."""
    options = _options()
    rows = list(read_rows(options.table)) if options.table else _run(options)
    print(table(rows))
    if options.plot:
        write_plot(rows, options.plot)


def _run(options: argparse.Namespace) -> list[Row]:
    seed = hashlib.sha256(options.seed.encode()).digest()
    resumed = options.resume and options.out.exists()
    rows = list(read_rows(options.out)) if resumed else []
    if options.out and not resumed:
        _write(options.out, HEADER, "w")
    done = {(row.agent, row.family, row.level, row.index) for row in rows}
    for strength in options.strengths.split(","):
        for family in options.families.split(","):
            wanted = [int(n) for n in options.levels.split(",") if n] or FAMILIES[family].levels
            todo = [
                (family, level, index)
                for index in range(options.items)
                for level in wanted
                if (strength, family, level, index) not in done
            ]

            def finished(sample: FinishedSample, agent: str = strength) -> None:
                name, level, index = sample.id.split("/")
                print(f"{agent} {sample.id} {sample.outcome} {sample.milliseconds / 1000:.0f} s"
                      f" {sample.reason}", file=sys.stderr, flush=True)  # fmt: skip
                if sample.outcome == "missing":
                    return
                row = Row(agent, name, int(level), int(index), sample.outcome == "solved")
                rows.append(row)
                if options.out:
                    line = (row.agent, row.family, row.level, row.index, int(row.solved))
                    _write(options.out, line, "a")

            began = time.monotonic()
            if todo:
                asyncio.run(work(strength, todo, seed, finished, options.at_once))
            took = time.monotonic() - began
            print(f"{strength} {family} {took:.0f} s", file=sys.stderr, flush=True)
    return rows


def _write(path: Path, line: tuple[object, ...], mode: str) -> None:
    with path.open(mode, newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(line)


def _files(files: tuple[File, ...]) -> tuple[TaskFile, ...]:
    return tuple(TaskFile(file.path, file.data) for file in files)


if __name__ == "__main__":
    main()
