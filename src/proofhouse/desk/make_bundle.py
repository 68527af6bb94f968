# SPDX-License-Identifier: Apache-2.0
"""One file with what an outsider needs to check a case; never the trust policy (R7).

It holds the statement that opened the log, the commitments and notices that the case cites, and
the whole chain, each with its proof against one checkpoint, and it opens what its audience may
see (``rules.audience``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proofhouse.desk.desk import Desk, Kept
from proofhouse.errors import InputError
from proofhouse.formats import bundle
from proofhouse.formats.bundle import Bundle, Opening
from proofhouse.formats.proof import TlogProof
from proofhouse.rules.audience import AUDIENCES, Field, shown
from proofhouse.said import say


def make_bundle(desk: Desk, case_id: str, audience: str) -> Bundle:
    """The bundle of a case for ``inspector``, ``developer`` or ``public``.

    Raises InputError for another audience or a case that has not begun.
    """
    if audience not in AUDIENCES:
        raise InputError(
            say("There is no audience “%(audience)s”.", audience=audience),
            hint=say("It is one of %(audiences)s.", audiences=", ".join(AUDIENCES)),
        )
    chain = tuple(desk.statements(case_id))
    if not chain:
        raise InputError("There is no such case in this home.")
    digests = {
        kept.entry.predicate[name]
        for kept in chain
        for name in ("bank", "threshold", "notice")
        if kept.entry.predicate.get(name) is not None
    }
    bank = chain[0].entry.predicate.get("bank")
    threshold = desk.find_clear("threshold", bank) if bank is not None else None
    if threshold is not None:
        digests.add(threshold.entry.digest)  # what a submission, yet to come, will be measured by
    ends = (
        desk.find_clear(name, digest)
        for digest in sorted(digests)
        for name in ("bank-retirement", "opening")
    )
    digests |= {kept.entry.digest for kept in ends if kept is not None}
    changes = tuple(desk.clear(change.index) for change in desk.keys().changes)
    clear = (desk.clear(0), *changes, *desk.cited(sorted(digests)))
    everything = sorted((*clear, *chain), key=lambda kept: kept.entry.index)
    proofs = desk.log.tlog_proofs([kept.entry.index for kept in everything])
    entries = tuple(
        bundle.Entry(kept.envelope, kept.salt, TlogProof.parse(proof))
        for kept, proof in zip(everything, proofs, strict=True)
    )
    opened = _opened(everything, shown(desk.case(case_id), audience))
    return Bundle(case_id, audience, entries, bundle.sort_openings(opened))


def _opened(everything: Sequence[Kept], fields: frozenset[Field]) -> Iterable[Opening]:
    openings = {bundle.opened(opening): opening for kept in everything for opening in kept.openings}
    for kept in everything:
        for name in kept.entry.predicate:
            if (kept.entry.name, name) in fields:
                field = kept.entry.predicate[name]
                opening = openings.get(field.get("salted") or field.get("sha256"))
                if opening is not None:
                    yield opening
