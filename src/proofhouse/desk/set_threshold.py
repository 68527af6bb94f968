# SPDX-License-Identifier: Apache-2.0
"""The bodies that own a bank fix, by commitment, from where on a model is covered (R6, R16).

The value stays in the vault of the bodies until ``openBy``:

    {"dimensions":{"memory-flaw":{"scale":"…","cutMicrologits":…,"zoneMicrologits":…}},
     "population":{"memory-flaw":1000000}}
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
