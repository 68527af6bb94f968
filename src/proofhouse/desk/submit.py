# SPDX-License-Identifier: Apache-2.0
"""A developer submits one checkpoint, bound to what it is (R13, R17).

Weights bind by a digest manifest, an endpoint by a behavioural fingerprint: the digest of its
answers to a fixed set of prompts. The submission cites the bank and the threshold that stand in
the log before it, so that nobody can later measure it by others (R16).
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.rules.registration import Case, Entry


@dataclass(frozen=True)
class Identity:
    """What is tested.

    ``name``, ``provider`` and ``endpoint`` are hidden in the statement; ``weights`` is a SHA-256,
    ``fingerprint`` a pair of method and SHA-256; one of the two must be there. ``artefact``
    is where the public artefact with these weights is found, if a third party sponsors it (R18).
    """

    name: str
    provider: str
    endpoint: str | None
    checkpoint: str
    safeguard_variant: str
    access_level: str = "black-box"
    weights: str | None = None
    fingerprint: tuple[str, str] | None = None
    artefact: str | None = None


def draft(case: Case, bank: Entry, threshold: Entry, identity: Identity, *, at: str) -> Draft:
    """The developer's submission of ``identity`` under ``bank`` and ``threshold``."""
    hidden = Hidden()
    model = {
        "name": identity.name,
        "provider": identity.provider,
        "endpoint": identity.endpoint,
    }
    method = identity.fingerprint
    fields = {
        "model": hidden.salt(model),
        "artefact": {"uri": identity.artefact, "digest": identity.weights}
        if identity.artefact
        else None,
        "checkpoint": identity.checkpoint,
        "weightsDigest": identity.weights,
        "fingerprint": {"method": method[0], "digest": method[1]} if method else None,
        "accessLevel": identity.access_level,
        "safeguardVariant": identity.safeguard_variant,
        "bank": bank.digest,
        "threshold": threshold.digest,
        "submittedAt": at,
    }
    return about_case(case, "submission", fields, hidden.openings)
