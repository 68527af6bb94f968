# SPDX-License-Identifier: Apache-2.0
"""From a signed envelope to the entry that the rules judge: signatures against the trust policy.

The desk reads what it is handed through this, and ``proofhouse verify`` what a bundle holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proofhouse.errors import FormatError
from proofhouse.formats import predicates
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.policy import Policy
from proofhouse.formats.statement import Statement
from proofhouse.rules.keys import Keys
from proofhouse.rules.statements import Entry, Signer
from proofhouse.said import say


def entry_of(envelope: Envelope, index: int, policy: Policy | Keys) -> Entry:
    """The statement of ``envelope`` at leaf ``index``, every signature on it checked.

    ``policy`` may be the parties as they are after key changes (``rules.keys``). A signer's keyid
    is the one that the policy names for the party, whichever key it speaks with now.

    Raises:
        FormatError: the payload is no statement, of another predicate than version 1 has, or
            published in clear about something else than it says.
        VerificationError: a signature does not hold.
        RefusedError: it names somebody as a developer who is none, or a key signed before it spoke.
        UnknownSignerError: a signature by somebody whom the policy does not name, or by a key that
            does not speak at this leaf.
    """
    statement = Statement.parse(envelope.payload)
    name = predicates.predicate_name(statement.predicate_type)
    predicates.check(name, statement.predicate)
    about = _about(name, statement.predicate)
    if about not in (None, statement.subject_sha256):
        raise FormatError(
            say("The statement “%(name)s” is about something else than it says.", name=name)
        )
    keys = policy if isinstance(policy, Keys) else Keys(policy)
    speakers = keys.signers(envelope, index, name)
    entry = Entry(
        index=index,
        digest=envelope.digest,
        name=name,
        subject=statement.subject_sha256,
        subject_name=statement.subject_name,
        predicate=statement.predicate,
        signers=frozenset(Signer(speaker.role, speaker.party) for speaker in speakers),
    )
    keys.check(entry)
    return entry


def unsigned(statement: Statement, index: int, signers: Iterable[Signer]) -> Entry:
    """The entry that ``statement`` would be at leaf ``index``, were it signed by ``signers``.

    Its digest is that of the payload: no other statement cites it. Raises FormatError.
    """
    name = predicates.predicate_name(statement.predicate_type)
    predicates.check(name, statement.predicate)
    return Entry(
        index=index,
        digest=sha256_hex(statement.to_bytes()),
        name=name,
        subject=statement.subject_sha256,
        subject_name=statement.subject_name,
        predicate=statement.predicate,
        signers=frozenset(signers),
    )


def _about(name: str, predicate: Mapping[str, Any]) -> str | None:
    """The subject that a clear statement must have; None for a statement of a case."""
    if name == "log-opened":
        return sha256_hex(predicate["origin"].encode())
    if name == "bank-commitment":
        return str(predicate["seed"]["sha256"])
    cited = {
        "threshold-commitment": "bank",
        "determination-notice": "threshold",
        "opening": "of",
        "bank-retirement": "bank",
        "key-changed": "old",
    }
    return str(predicate[cited[name]]) if name in cited else None
