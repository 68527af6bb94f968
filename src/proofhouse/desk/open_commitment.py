# SPDX-License-Identifier: Apache-2.0
"""The owning bodies open a bank or a threshold to everybody, as they promised (R5, R16).

From then on every item of every submission under the bank can be made again, every score checked,
and every determination replayed from the cut; and nothing more is measured by it.
"""

from __future__ import annotations

from proofhouse.desk.desk import Kept
from proofhouse.desk.draft import Draft, in_clear
from proofhouse.errors import DamagedError
from proofhouse.formats import commitment
from proofhouse.said import say

FIELDS = {"bank-commitment": "seed", "threshold-commitment": "threshold"}
"""What a commitment hides."""


def draft(kept: Kept, *, at: str) -> Draft:
    """The opening of the commitment ``kept``, which this home's vault can open.

    Raises DamagedError if it can't.
    """
    field = FIELDS[kept.entry.name]
    wanted = kept.entry.predicate[field]["sha256"]
    for opening in kept.openings:
        if isinstance(opening, commitment.Opening) and opening.commitment.sha256 == wanted:
            fields = {
                "of": kept.entry.digest,
                "field": field,
                "value": opening.value,
                "salt": opening.salt.hex(),
                "blinding": opening.blinding.hex(),
                "openedAt": at,
            }
            return in_clear("opening", kept.entry.name, kept.entry.digest, fields)
    raise DamagedError(
        say(
            "The vault does not hold the %(field)s of the statement “%(name)s”.",
            field=field,
            name=kept.entry.name,
        ),
        hint="Only the home of the bodies that own it can open it.",
    )
