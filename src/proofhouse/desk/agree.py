# SPDX-License-Identifier: Apache-2.0
"""The agreement: a request, an offer of six clauses, and an answer to each (R2, R4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from proofhouse.desk.draft import Draft, about_case
from proofhouse.errors import InputError
from proofhouse.formats.predicates import CLAUSES
from proofhouse.rules.registration import Case
from proofhouse.rules.terms import OFFER
from proofhouse.said import say


def request(case: Case, *, at: str) -> Draft:
    """The developer of a covered model wishes a review."""
    determination = case.need("determination").digest
    return about_case(case, "review-requested", {"determination": determination, "requestedAt": at})


def offer(case: Case, *, clauses: Mapping[str, tuple[str, str]] = OFFER, at: str) -> Draft:
    """The assessor's terms: for each clause its text and the evidence that it is kept."""
    fields = {
        "clauses": {
            clause: {"text": clauses[clause][0], "evidence": clauses[clause][1]}
            for clause in CLAUSES
        },
        "offeredAt": at,
    }
    return about_case(case, "terms-offered", fields)


def answer(case: Case, *, struck: Collection[str] = (), at: str) -> Draft:
    """The developer accepts every clause but those of ``struck``. Raises InputError."""
    unknown = sorted(set(struck) - set(CLAUSES))
    if unknown:
        raise InputError(
            say("There is no clause “%(unknown)s” to strike.", unknown=unknown[0]),
            hint=say("It is one of %(clauses)s.", clauses=", ".join(CLAUSES)),
        )
    fields = {
        "offer": case.need("terms-offered").digest,
        "answers": {clause: "struck" if clause in struck else "accepted" for clause in CLAUSES},
        "answeredAt": at,
    }
    return about_case(case, "terms-answered", fields)
