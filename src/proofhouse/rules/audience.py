# SPDX-License-Identifier: Apache-2.0
"""Who is shown what of a case: the hidden fields that a bundle opens for its audience (R4, R7).

An inspector is shown all but the bank's seed, which stays sealed until the version is retired. A
developer is shown what it said itself and what was disclosed to it, never the threshold, nor the
plan and the evidence from which the threshold could be computed. The public is shown nothing
hidden: it has the clear leaves.
"""

from __future__ import annotations

from collections.abc import Container

from proofhouse.formats.predicates import VALUES
from proofhouse.rules.registration import Case

Field = tuple[str, str]
"""The name of a predicate and of one of its hidden fields."""

AUDIENCES = ("inspector", "developer", "public")

NEVER: frozenset[Field] = frozenset({("bank-commitment", "seed")})
"""Opened by a statement of its own when the bank is retired, not by a bundle."""

OWN: frozenset[Field] = frozenset(
    {
        ("inquiry", "developer"),
        ("submission", "model"),
        ("findings-answered", "said"),
        ("partner-access", "partner"),
    }
)
"""What the developer said, or signed, itself."""

RESULTS: frozenset[Field] = frozenset(
    {
        ("run-ended", "outcomes"),
        ("scores-decided", "decisions"),
        ("determination", "ability"),
        ("determination-notice", "determination"),
    }
)
"""A result, shown to the developer once that has been decided (R7)."""


def shown(case: Case, audience: str) -> frozenset[Field]:
    """The hidden fields that ``audience`` is shown of ``case``.

    ``audience`` is one of ``AUDIENCES``; any other is shown nothing.
    """
    if audience == "inspector":
        return frozenset(VALUES) - NEVER
    if audience != "developer":
        return frozenset()
    fields = set(OWN)
    if any(e.predicate["recipient"] == "developer" for e in case.all("disclosure")):
        fields |= RESULTS
    if case.last("findings") is not None:
        fields |= {
            ("findings", "findings"),
            ("run-ended", "outcomes"),
            ("scores-decided", "decisions"),
        }
    return frozenset(fields)


def unnamed(case: Case, opened: Container[str]) -> frozenset[str]:
    """The keyids whose holders are not named to a reader: who is sealed is sealed as a signer too.

    ``opened`` holds the SHA-256 of every salted field that is open to that reader.
    """
    found: set[str] = set()
    inquiry = case.last("inquiry")
    if inquiry is not None and inquiry.predicate["developer"]["salted"] not in opened:
        found |= {*inquiry.predicate["party"]["keys"], *inquiry.keyids("developer")}
    for entry in case.all("partner-access"):
        if entry.predicate["partner"]["salted"] not in opened:
            found.add(entry.predicate["partnerKey"])
    return frozenset(found)
