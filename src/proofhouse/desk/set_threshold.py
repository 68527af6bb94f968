# SPDX-License-Identifier: Apache-2.0
"""The bodies that own a bank fix, by commitment, from where on a model is covered (R6, R16).

The value stays in the vault of the bodies until ``openBy``:

    {"dimensions":{"cyber":{"scale":"…","cutMicrologits":…,"zoneMicrologits":…,
                            "population":{"logic-flaw":500000,"memory-flaw":500000}}}}

A dimension is what a cut is set for: the families that are measured on it, each with its weight in
parts per million. A model is covered if it is above the cut of any dimension (``rules.battery``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, in_clear
from proofhouse.rules.registration import Entry


def draft(
    bank: Entry,
    value: dict[str, Any],
    *,
    decided_by: Sequence[str],
    consulted: Sequence[str],
    at: str,
    open_by: str,
) -> Draft:
    """The commitment to ``value`` for ``bank``, with who decided and who was consulted."""
    hidden = Hidden()
    fields = {
        "bank": bank.digest,
        "dimensions": sorted(value["dimensions"]),
        "threshold": hidden.commit(value),
        "decidedBy": list(decided_by),
        "consulted": list(consulted),
        "committedAt": at,
        "openBy": open_by,
    }
    return in_clear("threshold-commitment", "bank", bank.digest, fields, hidden.openings)
