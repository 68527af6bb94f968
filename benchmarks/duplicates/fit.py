# SPDX-License-Identifier: Apache-2.0
"""Fit the matcher anew and print its cross-validated table; `--write` ships the coefficients.

    python benchmarks/duplicates/fit.py FOLDER [--write]

FOLDER holds queries.jsonl.gz (with the truth in `aliases`) and corpus_20000.jsonl.gz. Everything
reported is nested cross-validation: siblings (queries whose truths are one record, share a day or
share any reference, transitively) are on one side of every split, weights and calibration both see
only the training side. Intervals resample whole groups of siblings, 2,000 times.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from fitting import (
    ABSENT_WEIGHT,
    COPIED_WEIGHT,
    RIDGE,
    Cases,
    Stated,
    answered,
    cross_validated,
    fit,
)

from proofhouse.validation.duplicates.features import NAMES, compare
from proofhouse.validation.duplicates.index import POOL, Index
from proofhouse.validation.duplicates.match import AT_LEAST, match
from proofhouse.validation.duplicates.model import Model, fitted
from proofhouse.validation.duplicates.prepare import prepare_query
from proofhouse.validation.duplicates.records import read_queries, read_records

TARGET = Path(__file__).parents[2] / "src/proofhouse/validation/duplicates/coefficients.json"
RESAMPLES = 2_000


def sibling_groups(index: Index, truths: list[list[str]]) -> np.ndarray:
    """A number per query: same truth, same day or any shared reference, transitively."""
    common = Counter(key for record in index.records for key in record.keys)
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for number, aliases in enumerate(truths):
        for alias in aliases:
            record = index.records[index.by_id[alias]]
            ties = [f"record {alias}"] + ([f"day {record.day}"] if record.day else [])
            ties += [key for key in record.keys if common[key] > 1]
            for tie in ties:
                parent[root(f"query {number}")] = root(tie)
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(root(f"query {n}"), len(numbers)) for n in range(len(truths))]
    )


def load(folder: Path) -> tuple[Index, list, list[dict], Cases]:
    with gzip.open(folder / "queries.jsonl.gz") as file:
        raw = [json.loads(line) for line in file]
    queries = list(read_queries(folder / "queries.jsonl.gz"))
    begun = time.perf_counter()
    index = Index.build(read_records(folder / "corpus_20000.jsonl.gz"))
    print(f"index of {len(index.records):,} records: {time.perf_counter() - begun:.1f} s")
    groups = sibling_groups(index, [q["aliases"] for q in raw])
    size = 2 * len(queries)
    values = np.zeros((size, POOL, len(NAMES)))
    real, truth = np.zeros((size, POOL), bool), np.zeros((size, POOL), bool)
    for number, query in enumerate(queries):
        prepared = prepare_query(query)
        right = frozenset(index.by_id[alias] for alias in raw[number]["aliases"])
        for at, without in ((2 * number, frozenset()), (2 * number + 1, right)):
            rows, cosines = index.candidates(prepared, without)
            if len(rows):
                values[at, : len(rows)] = compare(index, prepared, rows, cosines).values
            real[at, : len(rows)] = True
            truth[at, : len(rows)] = [row in right for row in rows]
    of = np.arange(size) // 2
    copied = np.array([q["copied_text"] for q in raw])
    cases = Cases(values, real, truth, np.arange(size) % 2 == 1, of, copied[of], groups[of])
    return index, queries, raw, cases


def recall_at(stated: Stated, rows: np.ndarray, precision: float = 0.99) -> float:
    """The largest share answered rightly while at least ``precision`` of answers are right."""
    order = rows[np.argsort(-stated.confidence[rows], kind="stable")]
    right = np.cumsum(stated.right[order])
    good = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    return float(right[good[-1]] / len(order)) if len(good) else 0.0


def interval(stated: Stated, cases: Cases, rows: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of `recall_at`, whole sibling groups resampled."""
    draw = np.random.default_rng(0)
    names = np.unique(cases.group[rows])
    members = {name: rows[cases.group[rows] == name] for name in names}
    found = [
        recall_at(stated, np.concatenate([members[n] for n in draw.choice(names, len(names))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def line(name: str, stated: Stated, cases: Cases, rows: np.ndarray) -> str:
    low, high = interval(stated, cases, rows)
    sure = stated.confidence[rows] >= 0.99
    right = stated.right[rows]
    precise = f"{right[sure].mean():.3f}" if sure.any() else "–"
    return (
        f"| {name} | {len(rows)} | {right.mean():.3f} | {recall_at(stated, rows):.3f} | "
        f"{low:.3f}–{high:.3f} | {(right & sure).mean():.3f} | {precise} |"
    )


def baselines(cases: Cases) -> dict[str, Stated]:
    cosine = cases.values[:, :, NAMES.index("cosine")]
    reference = cases.values[:, :, NAMES.index("reference")]
    found = {}
    for name, score in (("TF-IDF", cosine), ("TF-IDF + references", cosine + reference)):
        score = np.where(cases.real, score, -1.0)
        best = score.argmax(axis=1)
        at = np.arange(len(best))
        # a baseline's score is no probability: only its order counts here
        found[name] = Stated(score[at, best] / 10, cases.truth[at, best])
    return found


def table(ours: Stated, cases: Cases, source: np.ndarray) -> None:
    present = ~cases.absent
    print(
        "\n| queries | n | first right | recall at 99 % | 95 % interval | ≥ 0.99 | of these right |"
    )
    print("|---|---|---|---|---|---|---|")
    for told, copied in (("not copied", False), ("copied", True)):
        rows = np.flatnonzero(present & (cases.copied == copied))
        print(line(f"**{told}**", ours, cases, rows))
        for name, stated in baselines(cases).items():
            print(line(f"{told}, {name}", stated, cases, rows))
        for name in sorted(set(source)):
            part = np.flatnonzero(
                present & (cases.copied == copied) & (source[cases.query] == name)
            )
            if len(part) >= 5:
                print(line(f"{told}, {name}", ours, cases, part))


def reliability(ours: Stated, cases: Cases) -> None:
    print("\n| stated | present | right | absent | right of the mix |")
    print("|---|---|---|---|---|")
    edges = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.01)
    for low, high in pairwise(edges):
        inside = (ours.confidence >= low) & (ours.confidence < high)
        here, gone = inside & ~cases.absent, inside & cases.absent
        mixed = here.sum() + ABSENT_WEIGHT * gone.sum()
        share = ours.right[here].sum() / mixed if mixed else 0.0
        print(
            f"| {low}–{min(high, 1)} | {here.sum()} | {ours.right[here].sum()} | {gone.sum()} "
            f"| {share:.3f} |"
        )
    for told, copied in (("not copied", False), ("copied", True)):
        gone = cases.absent & (cases.copied == copied)
        said = [
            f"≥ {t}: {np.mean(ours.confidence[gone] >= t):.3f}" for t in (0.5, AT_LEAST, 0.9, 0.99)
        ]
        print(f"truth removed, {told}: share wrongly given a match at {', '.join(said)}")
        here = ~cases.absent & (cases.copied == copied)
        given = ours.confidence[here] >= AT_LEAST
        print(
            f"truth present, {told}: matched at ≥ {AT_LEAST}: {given.mean():.3f}, "
            f"of these right {ours.right[here][given].mean():.4f}"
        )


def unseen_sources(cases: Cases, source: np.ndarray) -> None:
    """Each source answered by a model fitted on the others, without their shared groups."""
    print("\n| fitted without | n | first right | recall at 99 % | interval | ≥ 0.99 | right |")
    print("|---|---|---|---|---|---|---|")
    for name in ("GO", "RUBY", "RUSTSEC"):
        theirs = source[cases.query] == name
        groups = np.unique(cases.group[theirs])
        training = np.flatnonzero(~theirs & ~np.isin(cases.group, groups))
        held = np.flatnonzero(theirs & ~cases.absent & ~cases.copied)
        part = answered(fit(cases, training, 7), cases, held)
        whole = Stated(np.zeros(len(cases.query)), np.zeros(len(cases.query), bool))
        whole.confidence[held], whole.right[held] = part.confidence, part.right
        print(line(f"{name} ({len(training) // 2} left)", whole, cases, held))


def write(model: Model, cases: Cases, ours: Stated) -> None:
    rows = np.flatnonzero(~cases.absent & ~cases.copied)
    found = {
        "provenance": {
            "data": "golang/vulndb, pypa/advisory-database, rubysec, rustsec, bitnami against "
            "20,000 records of cisagov/vulnrichment (CC-BY-4.0, CC0, Apache-2.0)",
            "queries": int(len(cases.query) // 2),
            "queriesNotCopied": len(rows),
            "siblingGroups": len(np.unique(cases.group)),
            "mix": f"copied texts weigh {COPIED_WEIGHT}; each query once more without its truth "
            f"at weight {ABSENT_WEIGHT}",
            "ridge": RIDGE,
            "recallAt99NotCopied": round(recall_at(ours, rows), 4),
            "fittedBy": "benchmarks/duplicates/fit.py --write",
        },
        "columns": {n: round(w, 6) for n, w in zip(NAMES, model.weights, strict=True)},
        "absent": round(model.absent, 6),
        "calibration": {
            "slope": round(model.slope, 6),
            "lead": round(model.lead, 6),
            "offset": round(model.offset, 6),
        },
    }
    TARGET.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def speed(index: Index, queries: list) -> None:
    model = fitted()
    wall, own = time.perf_counter(), time.process_time()
    for query in queries:
        match(index, model, query)
    wall, own = time.perf_counter() - wall, time.process_time() - own
    print(
        f"\n{1e3 * own / len(queries):.1f} ms of processor, {1e3 * wall / len(queries):.1f} ms of "
        f"clock a query, {len(queries)} queries, one thread"
    )


def main(folder: Path, ship: bool) -> None:
    index, queries, raw, cases = load(folder)
    source = np.array([q["source"] for q in raw])
    sizes = np.bincount(cases.group[::2])
    print(f"{len(queries)} queries in {len(sizes)} sibling groups, largest {sizes.max()}")
    ours = cross_validated(cases)
    table(ours, cases, source)
    reliability(ours, cases)
    unseen_sources(cases, source)
    if ship:
        write(fit(cases, np.arange(len(cases.query)), 1), cases, ours)
    speed(index, queries)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv[2:])
