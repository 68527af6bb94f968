# SPDX-License-Identifier: Apache-2.0
"""The predicates of a reported vulnerability: what each statement of its chain holds.

    report → (report-relayed | validation | patch-judged | duplicate-found | duplicate-undone)* →
    report-closed

Digests and verdicts, never content: a proof, a patch and an engine's evidence go by SHA-256 and
lie encrypted in the vault; every word of a reporter, and of a program that was run, is behind a
salt (R20). Finder credits, origin references and embargo terms are kept as they were written, and
no statement can change them (R21). ``rules.reporting`` says which may be made when.
"""

from __future__ import annotations

from proofhouse.formats.kinds import (
    Kind,
    Shape,
    count,
    digest,
    each,
    integer,
    optional,
    salted,
    shape,
    text,
    time,
    verbatim,
    word,
)

VERDICTS = ("reproduced", "not_reproduced", "environment_failed", "inconclusive")
JUDGEMENTS = ("accepted", "refused", "inconclusive")
RESULTS = ("passed", "failed", "noted", "inconclusive")
KINDS = ("alias", "related", "upstream")
OUTCOMES = ("fixed", "not_reproduced", "withdrawn", "duplicate")
MOST_PROOFS = 64
MOST_HOPS = 100

SHAPES: dict[str, Shape] = {
    "report": shape(
        previous=optional(digest),
        report=salted,
        reporters=salted,
        provenance=salted,
        hops=integer(1, MOST_HOPS),
        proofs=each(digest, least=1, most=MOST_PROOFS),
        source=digest,
        receivedAt=time,
    ),
    "report-relayed": shape(
        previous=digest, hop=salted, hops=integer(2, MOST_HOPS), relayedAt=time
    ),
    "validation": shape(
        previous=digest,
        proof=digest,
        source=digest,
        newestSource=optional(digest),
        verdict=word(*VERDICTS),
        newest=optional(word(*VERDICTS)),
        found=salted,
        runs=integer(0, 100),
        crashes=integer(0, 100),
        controls=count,
        quietControls=count,
        evidence=digest,
        engine=text,
        validatedAt=time,
    ),
    "patch-judged": shape(
        previous=digest,
        patch=digest,
        source=digest,
        proofs=each(digest, least=1, most=MOST_PROOFS),
        verdict=word(*JUDGEMENTS),
        checks=each(shape(name=text, result=word(*RESULTS)), most=100),
        why=salted,
        evidence=digest,
        engine=text,
        judgedAt=time,
    ),
    "duplicate-found": shape(previous=digest, kind=word(*KINDS), link=salted, foundAt=time),
    "duplicate-undone": shape(previous=digest, found=digest, reason=salted, undoneAt=time),
    "report-closed": shape(
        previous=digest, outcome=word(*OUTCOMES), basis=optional(digest), closedAt=time
    ),
}

_hop = shape(name=verbatim, contact=optional(verbatim), handling=optional(verbatim))

VALUES: dict[tuple[str, str], Kind] = {
    ("report", "report"): shape(
        product=verbatim,
        version=optional(verbatim),
        summary=verbatim,
        build=optional(verbatim),
        run=optional(verbatim),
        expectClass=optional(verbatim),
        expectFunction=optional(verbatim),
    ),
    ("report", "reporters"): shape(
        credits=each(verbatim, most=100), chain=each(_hop, least=1, most=MOST_HOPS)
    ),
    ("report", "provenance"): shape(
        method=optional(verbatim),
        tool=optional(verbatim),
        publicModel=word("yes", "no", "unknown"),
        origins=each(verbatim, most=100),
        embargo=optional(verbatim),
        duplicateClaims=each(verbatim, most=100),
    ),
    ("report-relayed", "hop"): _hop,
    ("validation", "found"): shape(
        **{"class": optional(verbatim)},
        function=optional(verbatim),
        reason=verbatim,
        newestReason=optional(verbatim),
    ),
    ("patch-judged", "why"): shape(reason=verbatim),
    ("duplicate-found", "link"): shape(
        case=optional(digest), record=optional(verbatim), reason=verbatim
    ),
    ("duplicate-undone", "reason"): shape(reason=verbatim),
}
"""What stands behind a salted field: (predicate name, field) → its kind."""
