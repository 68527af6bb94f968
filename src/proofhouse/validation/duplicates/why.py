# SPDX-License-Identifier: Apache-2.0
"""What decided, in words.

    "Same commit ecd7e2d0e986, which no other record has. Same repository juju/juju. In common, and
    rare among its kin: JUJU_CONTEXT_ID, predictable. The runner-up CVE-2024-8037 lacks predictable,
    shares fewer references."

Sentences are made from what the model saw; what sets the runner-up apart, from the columns that
moved the two scores apart most. What they quote is foreign text: words of letters and digits, and
addresses cut at 80 characters without control characters. It is data for a person, not markup.
"""

from __future__ import annotations

import numpy as np

from proofhouse.validation.duplicates.features import NAMES, Compared
from proofhouse.validation.duplicates.index import Floats, Index
from proofhouse.validation.duplicates.model import Model
from proofhouse.validation.duplicates.prepare import Prepared

MOST = 5
"""Words, references or versions quoted in one sentence."""

_KINDS = {
    "commit": "commit",
    "item": "issue or pull request",
    "change": "change",
    "tag": "release",
    "page": "page",
}


_APART = {
    "cosine": "has other words",
    "head_covered": "covers less of the summary",
    "head_covered_by_head": "is headed by other words",
    "body_covered": "has other words",
    "candidate_head_covered": "is headed by other words",
    "candidate_covered": "tells of more besides",
    "pairs_covered": "has fewer of the phrases",
    "candidate_pairs_covered": "tells of more besides",
    "local_head": "has fewer of the rare words",
    "local_body": "has fewer of the rare words",
    "local_candidate_head": "is headed by other words",
    "local_candidate_conflict": "is headed by other words",
    "lead_local": "has fewer of the rare words",
    "copied": "has fewer of the phrases",
    "reference": "shares commoner references",
    "reference_unique": "shares no reference of its own",
    "reference_share": "shares fewer references",
    "series_conflict": "cites other issues or commits",
    "family_reference": "is of another family of records",
    "product_reference": "shares commoner references",
    "name": "is another product",
    "repository": "is another repository",
    "product_words": "is another product",
    "product_versions": "has other fixed versions",
    "fixed": "has other fixed versions",
    "version_next": "has other fixed versions",
    "version": "names other versions",
    "version_conflict": "names other versions",
    "fixed_conflict": "has other fixed versions",
    "day_near": "is of another day",
    "day_far_conflict": "is of another time",
    "kind": "tells of another kind of flaw",
    "kind_conflict": "tells of another kind of flaw",
}
"""What a column says of a runner-up that has less of it."""

NEAR_DAYS = 30
"""Days apart up to which a date is told; mirrors re-date what they copy."""


_CLIPPED = "The query was longer than what is read; its end was not compared."


def nothing_shared(query: Prepared) -> str:
    """What is said where the corpus has no candidate at all."""
    told = "No record shares a rare word, a name or a reference."
    return f"{told} {_CLIPPED}" if query.clipped else told


def explain(
    index: Index,
    model: Model,
    query: Prepared,
    compared: Compared,
    shares: Floats,
    best: int,
    *,
    matched: bool,
) -> str:
    """Sentences on the nearest record (number ``best`` of the candidates) and on the runner-up."""
    order = [int(at) for at in np.argsort(-shares[:-1], kind="stable") if at != best]
    record = index.records[int(compared.rows[best])]
    spelling = dict(reversed(query.spelling))
    told = [] if matched else [f"No match: the nearest record is {record.id}, not near enough."]
    if record.id.upper() in query.named:
        told.append("It names this identifier itself.")
    told += _references(index, query, record)
    told += _product(query, record)
    told += _versions(query, record)
    told += _words(compared, best, spelling)
    told += _days(query, record)
    told += _against(query, record, compared, best)
    if order:
        told.append(_runner_up(index, model, compared, shares, (best, order[0]), spelling))
    if query.clipped:
        told.append(_CLIPPED)
    if record.clipped:
        told.append("The record was longer than what is read; its end was not compared.")
    return " ".join(told)


def _column(compared: Compared, at: int, name: str) -> float:
    return float(compared.values[at, NAMES.index(name)])


def _quote(key: str) -> str:
    kind, _, rest = key.partition(":")
    plain = "".join(c if c.isprintable() else "�" for c in rest[:80])
    return f"{_KINDS[kind]} {plain}"


def _references(index: Index, query: Prepared, record: Prepared) -> list[str]:
    shared = sorted(query.keys & record.keys, key=lambda key: (len(index.by_key[key]), key))
    alone = [key for key in shared if len(index.by_key[key]) == 1]
    told = []
    if alone:
        told.append(f"Same {'; '.join(map(_quote, alone[:MOST]))}, which no other record has.")
    rest = shared[len(alone) :]
    if rest:
        told.append(f"Same {_quote(rest[0])}, which {len(index.by_key[rest[0]])} records have.")
    return told


def _product(query: Prepared, record: Prepared) -> list[str]:
    repositories = sorted(query.repositories & record.repositories)
    names = sorted(query.names & record.names)
    if repositories:
        return [f"Same repository {', '.join(repositories[:2])}."]
    if names:
        return [f"Same product {', '.join(names[:2])}."]
    if query.name_words & set(record.body):
        return []
    return ["No product name in common."]


def _versions(query: Prepared, record: Prepared) -> list[str]:
    both = sorted(query.fixed & (record.fixed | record.versions))
    return [f"Same fixed version {', '.join(both[:MOST])}."] if both else []


def _words(compared: Compared, best: int, spelling: dict[str, str]) -> list[str]:
    order = np.argsort(-compared.local, kind="stable")
    shared = [compared.words[i] for i in order if compared.local[i] > 0 and compared.has[best, i]]
    covered = _column(compared, best, "head_covered")
    told = [f"{covered:.0%} of its summary is in the record, rare words counting more."]
    if shared:
        said = ", ".join(spelling.get(word, word) for word in shared[:MOST])
        told.append(f"In common and rare among its kin: {said}.")
    return told


def _days(query: Prepared, record: Prepared) -> list[str]:
    if query.day is None or record.day is None or abs(query.day - record.day) > NEAR_DAYS:
        return []
    days = abs(query.day - record.day)
    return ["Published on the same day." if not days else f"Published {days} days apart."]


def _against(query: Prepared, record: Prepared, compared: Compared, best: int) -> list[str]:
    told = []
    if _column(compared, best, "series_conflict"):
        told.append("Against it: both cite issues, commits or reports of one series, but others.")
    if _column(compared, best, "version_conflict"):
        told.append("Against it: the versions differ.")
    if _column(compared, best, "kind_conflict"):
        mine, theirs = ", ".join(sorted(query.kinds)), ", ".join(sorted(record.kinds))
        told.append(f"Against it: one tells of {mine}, the other of {theirs}.")
    return told


def _runner_up(
    index: Index,
    model: Model,
    compared: Compared,
    shares: Floats,
    pair: tuple[int, int],
    spelling: dict[str, str],
) -> str:
    best, second = pair
    other = index.records[int(compared.rows[second])]
    weight = compared.weights * (compared.has[best] & ~compared.has[second])
    lacks = [compared.words[i] for i in np.argsort(-weight, kind="stable")[:3] if weight[i] > 0]
    parts = [f"lacks {', '.join(spelling.get(word, word) for word in lacks)}"] if lacks else []
    moved = (compared.values[best] - compared.values[second]) * np.asarray(model.weights)
    phrases = [_APART[NAMES[i]] for i in np.argsort(-moved, kind="stable") if moved[i] > 0.1]
    parts += list(dict.fromkeys(phrases))[:2]
    if float(shares[second]) > 0.1 * float(shares[best]):
        parts.append("but is nearly as likely")
    said = ", ".join(parts) if parts else "says the same"
    return f"The runner-up {other.id} {said}."
