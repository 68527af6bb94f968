# SPDX-License-Identifier: Apache-2.0
"""Who speaks for the developer in a case: one key, k of n stewards, or a sponsor (R18).

    {"keys": ["21fe…", "9c0d…", "e1a7…"], "needed": 2, "standing": "stewards"}     in the inquiry

A **developer** speaks with one key. A decentralised or open-weights project is spoken for by
**stewards**: every statement of its side, a withdrawal too, carries k of the n keys that its
inquiry names. A **sponsor** is a third party that has a public artefact tested by its digest: it
learns the determination, and the review stays the developer's own to ask for (R2).

The keys are those that the trust policy names for the parties, whichever they speak with now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse.rules.statements import Entry, refused
from proofhouse.said import say

_SOME = re.compile(r"\d+ or more of the owning bodies .+", re.DOTALL)


@dataclass(frozen=True)
class Party:
    """``needed`` of ``keys`` (keyids, sorted) make the developer's statements of a case."""

    standing: str
    needed: int
    keys: tuple[str, ...]

    @classmethod
    def of(cls, inquiry: Entry) -> Party:
        """The party that an inquiry names. Raises RefusedError if it is none."""
        stated = inquiry.predicate["party"]
        party = cls(stated["standing"], stated["needed"], tuple(stated["keys"]))
        if list(party.keys) != sorted(set(party.keys)):
            raise refused(inquiry, "names the keys of its party twice, or out of order", "R18")
        if party.needed > len(party.keys):
            raise refused(inquiry, "needs more signatures than its party has keys", "R18")
        if party.standing != "stewards" and len(party.keys) != 1:
            raise refused(
                inquiry,
                say(
                    "is by a %(standing)s with %(keys)s keys",
                    standing=party.standing,
                    keys=len(party.keys),
                ),
                "R18",
                "Several keys speak for stewards.",
            )
        return party

    def check(self, entry: Entry) -> None:
        """Return None if enough of the party signed ``entry``, and no other developer did.

        Raises RefusedError.
        """
        signed = entry.keyids("developer")
        if signed - set(self.keys):
            raise refused(entry, "is signed by another developer than the case's", "signers")
        if len(signed) < self.needed:
            raise refused(
                entry,
                say(
                    "needs %(needed)s signature(s) of the %(standing)s and has %(signed)s",
                    needed=self.needed,
                    standing=self.standing,
                    signed=len(signed),
                ),
                "R18",
                "Each steward adds its own: --in FILE --as KEY --out FILE",
            )


def some_of(needed: int, names: Sequence[str]) -> str:
    """Who decides what owning bodies own together, as it is stated before they have signed."""
    return f"{needed} or more of the owning bodies {', '.join(names)}"


def is_some_of(decided_by: Sequence[str]) -> bool:
    """Whether a statement says no more of who decided it than `some_of`: its signers did."""
    return len(decided_by) == 1 and _SOME.fullmatch(decided_by[0]) is not None
