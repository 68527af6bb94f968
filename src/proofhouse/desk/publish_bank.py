# SPDX-License-Identifier: Apache-2.0
"""The file that goes out with an opening: commitment, opening, proofs, and code that was sealed.

Whoever has it and a trust policy needs nothing more to make every item again (``proofhouse bank
check``). It may be written as often as one likes, as long as the vault holds the code.
"""

from __future__ import annotations

from importlib.metadata import version

from proofhouse.desk import banks
from proofhouse.desk.desk import Desk, Kept
from proofhouse.errors import InputError
from proofhouse.formats import bundle, canonical, commitment
from proofhouse.formats.opened_bank import OpenedBank
from proofhouse.formats.proof import TlogProof
from proofhouse.said import say


def publish(desk: Desk, kept: Kept) -> bytes:
    """The file of the bank commitment ``kept``. Raises InputError if it is sealed, DamagedError."""
    digest = kept.entry.digest
    opening = desk.find_clear("opening", digest)
    if opening is None:
        raise InputError(
            say("%(kept)s is sealed: there is nothing to publish.", kept=banks.name_of(kept))
        )
    retirement = desk.find_clear("bank-retirement", digest)
    changes = [desk.clear(change.index) for change in desk.keys().changes]
    found = [desk.clear(0), *changes, kept, opening, *([retirement] if retirement else [])]
    found.sort(key=lambda one: one.entry.index)
    proofs = desk.log.tlog_proofs([one.entry.index for one in found])
    entries = tuple(
        bundle.Entry(one.envelope, None, TlogProof.parse(proof))
        for one, proof in zip(found, proofs, strict=True)
    )
    stated = opening.entry.predicate
    opened = commitment.Opening(
        stated["value"], bytes.fromhex(stated["salt"]), bytes.fromhex(stated["blinding"])
    )
    packs = banks.packs_of(desk, opened)
    return OpenedBank(banks.name_of(kept), entries, packs, version("proofhouse")).to_bytes()


def start_of(name: str) -> bytes:
    """How the file of the bank ``NAME@VERSION`` begins."""
    return canonical.dumps({"bank": name})[:-1] + b","
