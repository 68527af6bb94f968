# SPDX-License-Identifier: Apache-2.0
"""The gate on a corpus of programs with good and bad patches, beside proof replay and public tests.

    python benchmarks/validation/gate.py CORPUS [--seconds 75] [--only a0,b1] [--kinds good,bad]
                                                [--benign]

Layout of a case: ``case.json`` (build, run, test), ``source/``, ``tests/``, ``proof/*``,
``benign/*``, ``good/*.patch``, ``bad/*.patch``. The gate is shown source, public tests and proofs,
with --benign the benign inputs too; never anything else. Prints a line a patch, then for each
method what was accepted of the good and of the bad ones, with Wilson 95 % intervals, and the
longest time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofhouse.validation.gate import GateRequest, Judgement, gate
from proofhouse.validation.sources import Tree, make_tree, read_source

#: Checks that the cheaper methods consist of.
REPLAY = ("applies", "builds", "proof-before", "proof-gone")
METHODS = {"proof replay": REPLAY, "replay and public tests": (*REPLAY, "tests"), "gate": ()}


@dataclass(frozen=True)
class Row:
    case: str
    kind: str
    patch: str
    judgement: Judgement
    seconds: float

    def accepted(self, method: str) -> bool:
        """Whether a method that makes only some of the checks would have accepted."""
        wanted = METHODS[method]
        if not wanted:
            return self.judgement.verdict == "accepted"
        made = [check for check in self.judgement.checks if check.name in wanted]
        return all(check.result == "passed" for check in made)


def source_of(case: Path) -> Tree:
    """The source with its public tests beside it."""
    source, tests = read_source(case / "source"), read_source(case / "tests")
    beside = {f"tests/{path}": entry for path, entry in tests.entries.items()}
    return make_tree({**source.entries, **beside}.items())


def rows(args: argparse.Namespace) -> Iterator[Row]:
    for case in sorted(path for path in args.corpus.iterdir() if (path / "case.json").is_file()):
        if not case.name.startswith(tuple(args.only.split(","))):
            continue
        about = json.loads((case / "case.json").read_text("utf-8"))
        benign = sorted((case / "benign").iterdir()) if args.benign else []
        for kind in args.kinds.split(","):
            for patch in sorted((case / kind).glob("*.patch")):
                request = GateRequest(
                    source_of(case),
                    patch.read_bytes(),
                    about["build"],
                    about["run"],
                    tuple(path.read_bytes() for path in sorted((case / "proof").iterdir())),
                    tests=(about["test"],),
                    corpus=tuple(path.read_bytes() for path in benign),
                    seconds=args.seconds,
                )
                begun = time.monotonic()
                judgement = asyncio.run(gate(request))
                yield Row(case.name, kind, patch.name, judgement, time.monotonic() - begun)


def interval(hits: int, of: int) -> str:
    """Wilson's 95 % interval."""
    if not of:
        return "–"
    z = 1.959964
    middle = (hits + z * z / 2) / (of + z * z)
    half = z * math.sqrt(hits * (of - hits) / of + z * z / 4) / (of + z * z)
    return f"{hits}/{of} ({max(middle - half, 0):.2f}–{min(middle + half, 1):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--kinds", default="good,bad")
    parser.add_argument("--benign", action="store_true")
    args = parser.parse_args()
    done = []
    for row in rows(args):
        done.append(row)
        verdict = row.judgement
        print(
            f"{row.case} {row.kind}/{row.patch} {row.seconds:.0f} s {verdict.verdict}", flush=True
        )
        if verdict.verdict != "accepted":
            print(f"    {verdict.reason[:200]}", flush=True)
    print(f"\n{'accepted':26}{'good':>22}{'bad':>22}")
    for method in METHODS:
        told = []
        for kind in ("good", "bad"):
            of = [row for row in done if row.kind == kind]
            told.append(interval(sum(row.accepted(method) for row in of), len(of)))
        print(f"{method:26}{told[0]:>22}{told[1]:>22}")
    print(f"longest: {max((row.seconds for row in done), default=0):.0f} s")


if __name__ == "__main__":
    main()
