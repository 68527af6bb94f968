# SPDX-License-Identifier: Apache-2.0
"""The gate on a corpus of programs with good and bad patches, beside proof replay and public tests.

    python benchmarks/validation/gate.py CORPUS… [--results FILE] [--only a0,b1] [--kinds good,bad]
                                                 [--seconds N] [--benign] [--part 1/2]
                                                 [--but FILE]
    python benchmarks/validation/gate.py --table FILE…

Layout of a case: ``case.json`` (build, run, test, author), ``source/``, ``tests/``, ``proof/*``,
``benign/*``, ``good/*.patch``, ``bad/*.patch``. The gate is shown source, public tests and proofs,
with --benign the benign inputs too; never anything else. Prints a line a patch as it is judged,
then the table: for each method what was accepted of the good and of the bad ones, by author, with
Wilson 95 % intervals, the gate's three verdicts likewise, and how long a patch took.

With --part, every second patch and no other (two of them side by side share the work, each with a
FILE of its own); with --but, none that a FILE has a row of already. With --results each judgement
is a row of FILE as soon as it is made, and what is there already is not judged again; rows of
another gate (a digest of its code) are not mixed with this one's. The methods beside the gate are
its own first checks, made in the same run. The load that is kept with each row is the machine's, of
the last minute when the patch was judged.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from proofhouse import validation
from proofhouse.validation.gate import VERDICTS, GateRequest, Judgement, gate
from proofhouse.validation.sources import Tree, make_tree, read_source

#: What decides.
CODE = (
    *(
        "answers.py",
        "bare.py",
        "batch.py",
        "commands.py",
        "cover.c",
        "differences.py",
        "exploration.py",
    ),
    *("endless.py", "evidence.py", "gate.py", "growth.py", "hints.py", "infinite.c"),
    *("instrument.py", "layouts.py", "limits.py", "patches.py", "places.py", "pool.py"),
    *("program.py", "promises.py", "python_client.c", "python_server.py", "recording.py"),
    *("relation.py", "sequel.py", "sequences.py", "sources.py", "traces.py"),
)
#: Checks that the cheaper methods consist of.
REPLAY = ("applies", "builds", "proof-before", "proof-gone")
METHODS = ("proof replay only", "proof and public tests", "gate")


@dataclass(frozen=True)
class Row:
    """One patch; ``replay`` and ``tests`` are yes where these checks alone would accept it."""

    case: str
    author: str
    kind: str
    patch: str
    replay: str
    tests: str
    verdict: str
    reason: str
    milliseconds: int
    gate: str
    load: str = ""

    def accepted(self, method: str) -> bool:
        """Whether one of `METHODS` accepts it."""
        by = {METHODS[0]: self.replay == "yes", METHODS[1]: self.tests == "yes"}
        return by.get(method, self.verdict == "accepted")


def code() -> str:
    """What this gate is: the first 12 digits of a digest of its code."""
    folder = Path(validation.__file__).parent
    files = [folder / name for name in CODE]
    digest = hashlib.sha256(b"".join(hashlib.sha256(f.read_bytes()).digest() for f in files))
    return digest.hexdigest()[:12]


def source_of(case: Path) -> Tree:
    """The source with its public tests beside it."""
    source, tests = read_source(case / "source"), read_source(case / "tests")
    beside = {f"tests/{path}": entry for path, entry in tests.entries.items()}
    return make_tree({**source.entries, **beside}.items())


def request(case: Path, patch: Path, args: argparse.Namespace) -> GateRequest:
    """What the gate is asked."""
    about = json.loads((case / "case.json").read_text("utf-8"))
    benign = sorted((case / "benign").iterdir()) if args.benign else []
    asked = GateRequest(
        source_of(case),
        patch.read_bytes(),
        about["build"],
        about["run"],
        tuple(path.read_bytes() for path in sorted((case / "proof").iterdir())),
        tests=(about["test"],),
        corpus=tuple(path.read_bytes() for path in benign),
    )
    return (
        asked if args.seconds is None else GateRequest(**{**vars(asked), "seconds": args.seconds})
    )


def row(case: Path, patch: Path, judgement: Judgement, seconds: float) -> Row:
    """One judgement as it is kept."""
    author = json.loads((case / "case.json").read_text("utf-8"))["author"]

    def passed(names: Sequence[str]) -> str:
        made = {check.name: check.result for check in judgement.checks}
        return "yes" if all(made.get(name) == "passed" for name in names) else "no"

    return Row(
        case.name,
        author,
        patch.parent.name,
        patch.name,
        passed(REPLAY),
        passed((*REPLAY, "tests")),
        judgement.verdict,
        "" if judgement.verdict == "accepted" else " ".join(judgement.reason[:160].split()),
        round(seconds * 1000),
        code(),
        f"{os.getloadavg()[0]:.0f}",
    )


def rows(args: argparse.Namespace, done: Sequence[Row]) -> Iterator[Row]:
    """Judge what is not in ``done``, program by program."""
    known = {(row.case, row.kind, row.patch) for row in done}
    for at, (case, patch) in enumerate(patches(args)):
        here = at % args.part[1] == args.part[0] - 1
        if here and (case.name, patch.parent.name, patch.name) not in known:
            begun = time.monotonic()
            judgement = asyncio.run(gate(request(case, patch, args)))
            yield row(case, patch, judgement, time.monotonic() - begun)


def patches(args: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Every case with each of its patches that is asked for."""
    cases = {path.parent for corpus in args.corpus for path in corpus.glob("*/case.json")}
    left = {(row.case, row.kind, row.patch) for row in (read(args.but) if args.but else [])}
    for case in sorted(cases):
        if case.name.startswith(tuple(args.only.split(","))):
            for kind in args.kinds.split(","):
                for patch in sorted((case / kind).glob("*.patch")):
                    if (case.name, kind, patch.name) not in left:
                        yield case, patch


def read(path: Path) -> list[Row]:
    """The rows of a results file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_read(row) for row in csv.DictReader(file)]


def _read(told: dict[str, str]) -> Row:
    texts = {name: told[name] for name in told if name != "milliseconds"}
    return Row(milliseconds=int(told["milliseconds"]), **texts)


def keep(path: Path, row: Row) -> None:
    """Add a row to a results file, durable enough for a run that is broken off."""
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Row)], lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(asdict(row))


def interval(hits: int, of: int) -> str:
    """``hits/of``, the share, and Wilson's 95 % interval, in per cent."""
    if not of:
        return "–"
    z = 1.959964
    middle = (hits + z * z / 2) / (of + z * z)
    half = z * math.sqrt(hits * (of - hits) / of + z * z / 4) / (of + z * z)
    low, high = (100 * min(max(edge, 0), 1) for edge in (middle - half, middle + half))
    return f"{hits}/{of} = {100 * hits / of:.0f} % ({low:.0f}–{high:.0f})"


def table(done: Sequence[Row]) -> str:
    """The table of the page, in Markdown."""
    lines = ["| accepted by | programs | good | bad |", "|---|---|---|---|"]
    authors = sorted({row.author for row in done})
    for method in METHODS:
        for author in (*authors, ""):
            told = []
            for kind in ("good", "bad"):
                of = [r for r in done if r.kind == kind and author in ("", r.author)]
                told.append(interval(sum(r.accepted(method) for r in of), len(of)))
            lines.append(f"| {method} | {author or 'all'} | {told[0]} | {told[1]} |")
    lines += ["", *verdicts(done), ""]
    for verdict in VERDICTS:
        took = sorted(row.milliseconds / 1000 for row in done if row.verdict == verdict)
        if took:
            middle, last = took[len(took) // 2], took[-1]
            loads = sorted({int(r.load) for r in done if r.verdict == verdict and r.load})
            load = f", load {loads[0]} to {loads[-1]}" if loads else ""
            lines.append(
                f"{verdict}: {len(took)}; median {middle:.0f} s, longest {last:.0f} s{load}"
            )
    gates = sorted({row.gate for row in done})
    return "\n".join([*lines, f"gate {', '.join(gates)}; this code is {code()}"])


def verdicts(done: Sequence[Row]) -> list[str]:
    """The gate's three verdicts by author and kind, in Markdown."""
    lines = [f"| programs | patches | {' | '.join(VERDICTS)} |", "|---|---|---|---|---|"]
    for author in (*sorted({row.author for row in done}), ""):
        for kind in ("bad", "good"):
            made = [r.verdict for r in done if r.kind == kind and author in ("", r.author)]
            told = " | ".join(interval(made.count(verdict), len(made)) for verdict in VERDICTS)
            lines.append(f"| {author or 'all'} | {kind} | {told} |")
    return lines


def _part(text: str) -> tuple[int, int]:
    """``1/2``: which of how many."""
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError("such as 1/2")
    return int(which), int(of)


def main() -> None:
    """Judge, or print what was judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="*")
    parser.add_argument("--table", type=Path, nargs="+", default=[])
    parser.add_argument("--results", type=Path)
    parser.add_argument("--but", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--only", default="")
    parser.add_argument("--kinds", default="good,bad")
    parser.add_argument("--benign", action="store_true")
    parser.add_argument("--part", type=_part, default=(1, 1))
    args = parser.parse_args()
    if args.table or not args.corpus:
        every = [row for path in args.table for row in read(path)]
        print(table(every) if every else parser.format_usage())
        return
    done = read(args.results) if args.results and args.results.exists() else []
    if any(row.gate != code() for row in done):
        raise SystemExit(f"{args.results} holds rows of another gate; name another file.")
    for made in rows(args, done):
        done.append(made)
        if args.results:
            keep(args.results, made)
        told = f"{made.case} {made.kind}/{made.patch} {made.milliseconds / 1000:.0f} s"
        print(f"{told} {made.verdict} {made.reason}", flush=True)
    print(f"\n{table(done)}")


if __name__ == "__main__":
    main()
