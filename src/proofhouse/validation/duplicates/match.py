# SPDX-License-Identifier: Apache-2.0
"""Which record of the corpus is this query, if any, and how sure.

    answer = match(index, model, query)
    answer.match, answer.confidence, answer.why
      →  "CVE-2024-7558", 0.9991, "Same commit ecd7e2d0e986, which no other record has. …"

The confidence is always the probability that the *nearest* record is the right one. Below
``at_least`` the answer is "no match" (``match`` is None) and ``why`` still names the nearest.

Limits: 24 candidates are looked at; a confidence is rounded down to four digits and never 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from proofhouse.validation.duplicates.features import compare
from proofhouse.validation.duplicates.index import Index, Ints
from proofhouse.validation.duplicates.model import Model
from proofhouse.validation.duplicates.prepare import Prepared, prepare_query
from proofhouse.validation.duplicates.records import Query
from proofhouse.validation.duplicates.why import explain, nothing_shared

AT_LEAST = 0.8
"""Confidence from which a match is stated."""

STATED = 0.97
"""Confidence of a query that names exactly one identifier of the corpus, and names it as its own.

Declared, not fitted: the data that the rest is fitted on has its identifiers removed.
"""

CAP = 0.9999
"""No text makes us surer than that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query."""

    query: str
    match: str | None
    confidence: float
    why: str
    nearest: str | None
    """The nearest record, whether or not it is near enough to be a match."""

    def to_dict(self) -> dict[str, str | float | None]:
        """As ``duplicates match --json`` prints it."""
        return {
            "query": self.query,
            "match": self.match,
            "confidence": self.confidence,
            "why": self.why,
        }


def match(
    index: Index,
    model: Model,
    query: Query,
    *,
    at_least: float = AT_LEAST,
    without: frozenset[str] = frozenset(),
) -> Answer:
    """Match one query. ``without`` names records to be treated as if the corpus lacked them."""
    prepared = prepare_query(query)
    left_out = frozenset(index.by_id[w.upper()] for w in without if w.upper() in index.by_id)
    rows, cosines = index.candidates(prepared, left_out)
    if not len(rows):
        return Answer(query.id, None, 0.0, nothing_shared(prepared), None)
    compared = compare(index, prepared, rows, cosines)
    shares = model.shares(compared.values)
    best = int(np.argmax(shares[:-1]))
    sure = model.confidence(shares)
    stated = _stated(index, prepared, rows)
    if stated is not None and (stated == best or sure < AT_LEAST):
        best, sure = stated, max(sure, STATED)
    confidence = min(CAP, math.floor(sure * 10_000) / 10_000)
    nearest = index.records[int(rows[best])].id
    found = nearest if confidence >= at_least else None
    why = explain(index, model, prepared, compared, shares, best, matched=found is not None)
    return Answer(query.id, found, confidence, why, nearest)


def _stated(index: Index, query: Prepared, rows: Ints) -> int | None:
    """The candidate that the query names as itself; None if it names none or several."""
    known = {index.by_id[name] for name in query.named if name in index.by_id}
    if len(known) != 1:
        return None
    found = np.flatnonzero(rows == known.pop())
    return int(found[0]) if len(found) else None
