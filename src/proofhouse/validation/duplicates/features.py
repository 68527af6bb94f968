# SPDX-License-Identifier: Apache-2.0
"""What a query and each of its candidates share and do not share, as numbers.

    compare(index, query, candidates, cosines)  →  Compared with values of (candidates, len(NAMES))

Three kinds of columns:

- *absolute*: words, word pairs, references, names, versions, days, kind of flaw;
- *local*: the same words, weighted by how few of the query's **kin** have them. Kin are the
  candidates that share a name, a repository or a reference with the query: one bulletin, one day,
  one commit. They share nearly everything; what they do not share decides;
- *family*: the best that a candidate's own siblings (same product, same week) reach. Evidence that
  points at a family points at each of its members.

Columns that end in ``_conflict`` grow with what speaks against a candidate. Limits: what no text
says can't be compared; an empty field gives zeros on both sides.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from proofhouse.validation.duplicates.index import Floats, Index, Ints, Rows
from proofhouse.validation.duplicates.prepare import Prepared

Bools = npt.NDArray[np.bool_]

NAMES: tuple[str, ...] = (
    "cosine",
    "head_covered",
    "head_covered_by_head",
    "body_covered",
    "candidate_head_covered",
    "candidate_covered",
    "pairs_covered",
    "candidate_pairs_covered",
    "local_head",
    "local_body",
    "local_candidate_head",
    "local_candidate_conflict",
    "reference",
    "reference_unique",
    "reference_share",
    "series_conflict",
    "family_reference",
    "name",
    "repository",
    "fixed",
    "version",
    "version_next",
    "version_conflict",
    "fixed_conflict",
    "day_near",
    "day_far_conflict",
    "kind",
    "kind_conflict",
    "product_reference",
    "product_words",
    "product_versions",
    "lead_local",
    "copied",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A query beside its candidates: the numbers, and what `why` tells them from."""

    rows: Ints
    values: Floats
    words: tuple[str, ...]
    weights: Floats
    local: Floats
    """Per word of the query, its weight among the kin; 0 for words of the product's name."""
    has: Bools
    """Shape (candidates, words): whether the candidate has the query's word."""
    siblings: tuple[int, ...]
    """Per candidate, how many other candidates are its siblings."""


Columns = dict[str, Floats]


def compare(index: Index, query: Prepared, rows: Ints, cosines: Floats) -> Compared:
    """Compare a query with its candidates."""
    words = tuple(dict.fromkeys(query.body))
    numbers = np.array([index.vocabulary.get(w, -1) for w in words], dtype=np.int64)
    weights = index.weights[numbers]
    wanted = set(query.head)
    head = np.array([w in wanted for w in words], dtype=bool)
    has = _has(index.bodies, numbers, rows, len(index.weights))
    in_head = _has(index.heads, numbers, rows, len(index.weights))
    columns: Columns = {"cosine": cosines[rows]}
    _facts(columns, index, query, rows)
    _references(columns, index, query, rows)
    kin = _kin(columns)
    columns["day_far_conflict"] -= columns["day_far_conflict"][kin].min()
    _words(columns, index, rows, weights, head, has, in_head)
    local = _local(columns, query, words, weights, head, has, kin)
    _local_back(columns, index, query, rows, numbers, kin)
    _pairs(columns, index, query, rows)
    siblings = _families(columns, index, rows)
    columns["lead_local"] = _lead(columns["local_head"] + columns["local_body"], kin)
    columns["product_reference"] = columns["name"] * columns["reference"]
    columns["product_words"] = columns["name"] * columns["head_covered"]
    columns["product_versions"] = columns["name"] * np.maximum(
        columns["fixed"], columns["version_next"]
    )
    columns["copied"] = (
        np.maximum(columns["pairs_covered"], columns["candidate_pairs_covered"]) ** 2
    )
    values = np.stack([columns[name] for name in NAMES], axis=1)
    return Compared(rows, values, words, weights, local, has, siblings)


def _has(table: Rows, numbers: Ints, rows: Ints, size: int) -> Bools:
    at = np.full(size, -1, dtype=np.int64)
    known = np.flatnonzero(numbers >= 0)
    at[numbers[known]] = known
    found = np.zeros((len(rows), len(numbers)), dtype=bool)
    for row, record in enumerate(rows):
        places = at[table.of(int(record))]
        found[row, places[places >= 0]] = True
    return found


def _share(part: Floats, whole: Floats | float) -> Floats:
    result: Floats = part / np.maximum(whole, 1e-9)
    return result


def _words(
    columns: Columns,
    index: Index,
    rows: Ints,
    weights: Floats,
    head: Bools,
    has: Bools,
    in_head: Bools,
) -> None:
    of_head = weights * head
    columns["head_covered"] = _share(has @ of_head, float(of_head.sum()))
    columns["head_covered_by_head"] = _share(in_head @ of_head, float(of_head.sum()))
    columns["body_covered"] = _share(has @ weights, float(weights.sum()))
    columns["candidate_head_covered"] = _share(in_head @ weights, index.head_sums[rows])
    columns["candidate_covered"] = _share(has @ weights, index.body_sums[rows])


def _local(
    columns: Columns,
    query: Prepared,
    words: tuple[str, ...],
    weights: Floats,
    head: Bools,
    has: Bools,
    kin: Bools,
) -> Floats:
    among = has[kin].sum(axis=0)
    rare = np.where(has.any(axis=0), np.log((kin.sum() + 1) / (among + 0.5)), 0.0)
    plain = np.array([word not in query.name_words for word in words], dtype=bool)
    local: Floats = weights * np.maximum(rare, 0.0) * plain
    of_head = local * head
    columns["local_head"] = _share(has @ of_head, float(of_head.sum()))
    columns["local_body"] = _share(has @ local, float(local.sum()))
    return local


def _local_back(
    columns: Columns, index: Index, query: Prepared, rows: Ints, numbers: Ints, kin: Bools
) -> None:
    """Words of a candidate's head that few of the kin have, and whether the query has them."""
    heads = [set(index.heads.of(int(row)).tolist()) for row in rows]
    among = Counter(
        word for head, is_kin in zip(heads, kin, strict=True) if is_kin for word in head
    )
    have = set(numbers.tolist())
    names = {index.vocabulary.get(word, -1) for word in query.name_words}
    size = float(kin.sum()) + 1
    got = np.zeros(len(rows))
    whole = np.zeros(len(rows))
    for at, head in enumerate(heads):
        for word in head - names:
            value = float(index.weights[word]) * max(0.0, math.log(size / (among[word] + 0.5)))
            whole[at] += value
            got[at] += value if word in have else 0.0
    columns["local_candidate_head"] = _share(got, whole)
    columns["local_candidate_conflict"] = np.log1p(whole - got) / 5


def _pairs(columns: Columns, index: Index, query: Prepared, rows: Ints) -> None:
    mine = set(pairwise(query.body))
    weigh = index.weight_of

    def total(pairs: Iterable[tuple[str, str]]) -> float:
        return math.fsum(weigh(first) + weigh(second) for first, second in pairs)

    whole = total(mine)
    covered = np.zeros(len(rows))
    back = np.zeros(len(rows))
    for at, row in enumerate(rows):
        theirs = index.pairs_of(int(row))
        shared = total(mine & theirs)
        covered[at] = shared / whole if whole else 0.0
        back[at] = shared / index.pair_sum(int(row)) if shared else 0.0
    columns["pairs_covered"] = covered
    columns["candidate_pairs_covered"] = back


def _references(columns: Columns, index: Index, query: Prepared, rows: Ints) -> None:
    rarity = {key: index.rarity(len(index.by_key.get(key, ()))) for key in query.keys}
    known = math.fsum(value for key, value in rarity.items() if key in index.by_key)
    top = index.rarity(0)
    mine = _series(query.keys)
    names = ("reference", "reference_unique", "reference_share", "series_conflict")
    found = np.zeros((len(rows), len(names)))
    for at, row in enumerate(rows):
        theirs = index.records[int(row)].keys
        shared = query.keys & theirs
        if shared:
            found[at, 0] = max(rarity[key] for key in shared) / top
            found[at, 1] = math.log1p(sum(len(index.by_key[key]) == 1 for key in shared))
            found[at, 2] = math.fsum(rarity[key] for key in shared) / known
        found[at, 3] = _apart(mine, _series(theirs))
    for at, name in enumerate(names):
        columns[name] = found[:, at]


def _series(keys: frozenset[str]) -> dict[str, set[str]]:
    """Keys by what they are numbers of: one repository's issues, one platform's reports."""
    found: dict[str, set[str]] = {}
    for key in keys:
        kind, _, rest = key.partition(":")
        mark = "#" if kind == "item" else "/"
        series = rest.rpartition(mark)[0] if kind in {"item", "page"} else ""
        if series or kind in {"commit", "change"}:
            found.setdefault(f"{kind}:{series}", set()).add(key)
    return found


def _apart(mine: dict[str, set[str]], theirs: dict[str, set[str]]) -> float:
    both = mine.keys() & theirs.keys()
    apart = sum(not mine[series] & theirs[series] for series in both)
    return math.log1p(apart)


def _facts(columns: Columns, index: Index, query: Prepared, rows: Ints) -> None:
    names = (
        "name", "repository", "fixed", "version", "version_next", "version_conflict",
        "fixed_conflict", "day_near", "day_far_conflict", "kind", "kind_conflict",
    )  # fmt: skip
    found = np.zeros((len(rows), len(names)))
    before = {version: _before(version) for version in query.fixed}
    top = index.rarity(0)
    for at, row in enumerate(rows):
        record = index.records[int(row)]
        shared = query.names & record.names
        if shared:
            found[at, 0] = max(index.rarity(len(index.by_name[n])) for n in shared) / top
        found[at, 1] = 1.0 if query.repositories & record.repositories else 0.0
        found[at, 2:7] = _versions(query, record, before)
        if query.day and record.day:
            days = abs(query.day - record.day)
            found[at, 7] = math.exp(-days / 4)
            found[at, 8] = min(math.log1p(days / 30), 3.0)
        if query.kinds and record.kinds:
            same = len(query.kinds & record.kinds)
            found[at, 9] = same / len(query.kinds | record.kinds)
            found[at, 10] = float(same == 0)
    for at, name in enumerate(names):
        columns[name] = found[:, at]


def _versions(
    query: Prepared, record: Prepared, before: dict[str, str | None]
) -> tuple[float, float, float, float, float]:
    if not query.fixed or not record.versions:
        return (0.0, 0.0, 0.0, 0.0, 0.0)
    size = len(query.fixed)
    fixed = len(query.fixed & record.fixed) / size
    named = len(query.fixed & record.versions) / size
    following = sum(was in record.versions for was in before.values() if was) / size
    met = fixed > 0 or following > 0
    return (
        fixed,
        named,
        following,
        float(not met and not query.versions & record.versions),
        float(not met and bool(record.fixed)),
    )


def _before(version: str) -> str | None:
    """The version whose next patch this is: 2.8.5 → 2.8.4; None for a .0."""
    stem, _, last = version.rpartition(".")
    return f"{stem}.{int(last) - 1}" if stem and last.isdecimal() and int(last) > 0 else None


def _kin(columns: Columns) -> Bools:
    kin: Bools = (columns["name"] + columns["repository"] + columns["reference"]) > 0
    return kin if kin.any() else np.ones(len(kin), dtype=bool)


SAME_WEEK = 7
"""Days within which two records of one product are siblings."""


def _families(columns: Columns, index: Index, rows: Ints) -> tuple[int, ...]:
    records = [index.records[int(row)] for row in rows]
    reference = columns["reference"]
    family = reference.copy()
    counts: list[int] = []
    for at, record in enumerate(records):
        near = [
            other
            for other, their in enumerate(records)
            if other != at
            and (
                record.day is None or their.day is None or abs(record.day - their.day) <= SAME_WEEK
            )
            and (record.names & their.names or record.keys & their.keys)
        ]
        counts.append(len(near))
        family[at] = max((float(reference[n]) for n in (*near, at)), default=0.0)
    columns["family_reference"] = family
    return tuple(counts)


def _lead(values: Floats, kin: Bools) -> Floats:
    """How far each is before the best other of the kin."""
    found = np.zeros(len(values))
    for at in range(len(values)):
        others = kin.copy()
        others[at] = False
        found[at] = values[at] - values[others].max() if others.any() else 0.0
    return found
