# SPDX-License-Identifier: Apache-2.0
"""A statement as the rules see it: signatures checked, its place in the log known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proofhouse.errors import RefusedError
from proofhouse.formats import predicates
from proofhouse.said import say


@dataclass(frozen=True)
class Signer:
    """A party that signed: its role and the id of its key."""

    role: str
    keyid: str


@dataclass(frozen=True)
class Entry:
    """A statement as the rules see it.

    ``index`` is its leaf in the log, ``digest`` that of its envelope, ``name`` its predicate's
    name, ``subject`` the SHA-256 of what it is about (a case id, for a statement of a case) and
    ``subject_name`` what it calls that.
    """

    index: int
    digest: str
    name: str
    subject: str
    predicate: Mapping[str, Any]
    signers: frozenset[Signer]
    subject_name: str = "case"

    @property
    def made_at(self) -> str:
        """When it was made, as its maker claims."""
        return str(self.predicate[predicates.TIMES[self.name]])

    def keyids(self, role: str) -> frozenset[str]:
        """The keys that signed in ``role``."""
        return frozenset(signer.keyid for signer in self.signers if signer.role == role)


def refused(entry: Entry, why: str, rule: str, hint: str = "") -> RefusedError:
    """The refusal of ``entry``, citing ``rule``."""
    text = say("The statement “%(name)s” %(why)s.", name=entry.name, why=say(why))
    return RefusedError(text, rule=rule, hint=hint)
