# SPDX-License-Identifier: Apache-2.0
"""The corpus, prepared once: who has this word, this reference, this name.

    index = Index.build(records)
    index.candidates(prepare_query(query))  →  record numbers, likeliest first, at most POOL

Rare words count more: the weight of a word is log((N + 1) / (n + 0.5)) (Spärck Jones 1972;
Robertson, "Understanding inverse document frequency", 2004). Words are compared by the cosine of
their weights with damped counts (Salton & Buckley 1988). What shares a rare reference or a name is
a candidate whatever its words.

Limits: the index lives in memory, about 10 kB a record; words that no record has count for the
length of a query and find nothing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from proofhouse.errors import InputError
from proofhouse.validation.duplicates.prepare import Prepared, prepare_record
from proofhouse.validation.duplicates.records import Record

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

POOL = 24
"""Candidates that are looked at closely."""
COMMON = 0.25
"""Words that more than this share of the records have find no candidates (they still compare)."""
SHARED_BY_FEW = 60
"""A reference that at most this many records have makes each of them a candidate."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows without values: the numbers of the words that each record has."""

    starts: Ints
    words: Ints

    def of(self, row: int) -> Ints:
        """The numbers of the words of one record, ascending."""
        return self.words[self.starts[row] : self.starts[row + 1]]


class Index:
    """See the module. Built once; reading changes nothing."""

    def __init__(self, records: tuple[Prepared, ...]) -> None:
        self.records = records
        self.vocabulary: dict[str, int] = {}
        self.bodies = self._rows([r.body for r in records])
        self.heads = self._rows([r.head for r in records])
        self.unknown = math.log((len(records) + 1) / 0.5)
        size = len(self.vocabulary)
        counts = np.bincount(self.bodies.words, minlength=size)
        rare: Floats = np.log((len(records) + 1) / (counts + 0.5))
        # One slot behind the last, so that number -1 (unknown) finds its weight too.
        self.weights: Floats = np.append(rare, self.unknown)
        self.common = counts > COMMON * len(records)
        self.body_sums = self._sums(self.bodies)
        self.head_sums = self._sums(self.heads)
        self.matrix, self.norms = self._matrix()
        self.by_key = _inverted(r.keys for r in records)
        self.by_name = _inverted(r.names for r in records)
        self.by_repository = _inverted(r.repositories for r in records)
        self._pairs: dict[int, frozenset[tuple[str, str]]] = {}
        self._pair_sums: dict[int, float] = {}
        self.by_id = {r.id.upper(): at for at, r in enumerate(records)}

    @classmethod
    def build(cls, records: Iterable[Record]) -> Index:
        """Prepare every record; raises InputError for an empty corpus."""
        prepared = tuple(prepare_record(record) for record in records)
        if not prepared:
            raise InputError("The corpus holds no record.", hint="One JSON object a line.")
        return cls(prepared)

    def weight_of(self, word: str) -> float:
        """The weight of a word, as if seen in no record if it is unknown."""
        at = self.vocabulary.get(word)
        return self.unknown if at is None else float(self.weights[at])

    def pairs_of(self, row: int) -> frozenset[tuple[str, str]]:
        """The neighbouring words of one record."""
        found = self._pairs.get(row)
        if found is None:
            body = self.records[row].body
            found = self._pairs[row] = frozenset(pairwise(body))
            self._pair_sums[row] = math.fsum(
                self.weight_of(a) + self.weight_of(b) for a, b in found
            )
        return found

    def pair_sum(self, row: int) -> float:
        """The summed weight of the neighbouring words of one record."""
        self.pairs_of(row)
        return self._pair_sums[row]

    def rarity(self, found: int) -> float:
        """How much sharing something says that ``found`` records have; 0 … log(N + 1)."""
        return math.log((len(self.records) + 1) / (found + 0.5))

    def _rows(self, texts: list[tuple[str, ...]]) -> Rows:
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        found: list[int] = []
        for at, text in enumerate(texts):
            found.extend(
                sorted({self.vocabulary.setdefault(w, len(self.vocabulary)) for w in text})
            )
            starts[at + 1] = len(found)
        return Rows(starts, np.asarray(found, dtype=np.int64))

    def _sums(self, rows: Rows) -> Floats:
        totals = np.concatenate(([0.0], np.cumsum(self.weights[rows.words])))
        sums: Floats = totals[rows.starts[1:]] - totals[rows.starts[:-1]]
        return sums

    def _matrix(self) -> tuple[sparse.csc_array, Floats]:
        values: list[float] = []
        for at, record in enumerate(self.records):
            counts = Counter(record.body)
            named = {self.vocabulary[w]: n for w, n in counts.items()}
            values.extend(1.0 + math.log(named[int(w)]) for w in self.bodies.of(at))
        data = np.asarray(values) * self.weights[self.bodies.words]
        rows = sparse.csr_array(
            (data, self.bodies.words, self.bodies.starts),
            shape=(len(self.records), len(self.vocabulary)),
        )
        norms = np.sqrt(np.asarray((rows * rows).sum(axis=1)).ravel())
        norms[norms == 0] = 1.0
        return sparse.csc_array(rows), norms

    def cosines(self, query: Prepared) -> Floats:
        """The cosine of every record with a query's words; shape (records,), 0 … 1."""
        counts = Counter(query.body)
        scores = np.zeros(len(self.records))
        square = 0.0
        for word, count in counts.items():
            value = (1.0 + math.log(count)) * self.weight_of(word)
            square += value * value
            at = self.vocabulary.get(word)
            if at is None or self.common[at]:
                continue
            span = slice(self.matrix.indptr[at], self.matrix.indptr[at + 1])
            scores[self.matrix.indices[span]] += value * self.matrix.data[span]
        result: Floats = scores / (self.norms * math.sqrt(square or 1.0))
        return result

    def candidates(
        self, query: Prepared, without: frozenset[int] = frozenset()
    ) -> tuple[Ints, Floats]:
        """At most `POOL` record numbers, likeliest first, and all cosines.

        ``without`` holds records that are left out as if the corpus lacked them.
        """
        cosines = self.cosines(query)
        scores = cosines.copy()
        for key in sorted(query.keys):
            found = self.by_key.get(key, ())
            if len(found) <= SHARED_BY_FEW:
                scores[list(found)] += 0.08 * self.rarity(len(found))
        for name in sorted(query.repositories):
            scores[list(self.by_repository.get(name, ()))] += 0.15
        for name in sorted(query.names):
            scores[list(self.by_name.get(name, ()))] += 0.1
        for name in query.named:
            if name in self.by_id:
                scores[self.by_id[name]] += 1.0
        if without:
            scores[list(without)] = -1.0
        size = min(POOL, len(scores))
        top = np.argpartition(-scores, size - 1)[:size]
        top = top[scores[top] > 0]
        order = top[np.lexsort((top, -scores[top]))]
        return order.astype(np.int64), cosines


def _inverted(sets: Iterable[frozenset[str]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, members in enumerate(sets):
        for member in members:
            found[member].append(at)
    return {member: tuple(rows) for member, rows in found.items()}
