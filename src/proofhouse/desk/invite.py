# SPDX-License-Identifier: Apache-2.0
"""An assessor invites a developer, privately; ignoring it leaves no trace (R2, R1).

    {"envelope": {…}, "format": "proofhouse-invitation/v1"}

The envelope is signed like a statement, so that its reader knows whose it is, but its predicate
type (``urn:proofhouse:invitation:v1``) is none that a log takes: it can't be registered, nothing
cites it, and an inquiry that follows it looks like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from proofhouse.errors import FormatError, UnknownSignerError
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import Envelope, sign, signers
from proofhouse.formats.fields import members, text
from proofhouse.formats.keys import Signer
from proofhouse.formats.plain import read_json
from proofhouse.formats.policy import Policy
from proofhouse.formats.statement import Statement
from proofhouse.rules.window import parse_time
from proofhouse.said import say

FORMAT = "proofhouse-invitation/v1"
TYPE = "urn:proofhouse:invitation:v1"
MAX_BYTES = 100_000
FIELDS = ("to", "from", "contact", "text", "invitedAt")


@dataclass(frozen=True)
class Invitation:
    """Who is invited, by whom, where an answer may go, what it says, and when it was written."""

    to: str
    sender: str
    contact: str
    text: str
    invited_at: str

    def signed(self, key: Signer) -> bytes:
        """The file, signed by the assessor's key."""
        predicate = dict(
            zip(
                FIELDS,
                (self.to, self.sender, self.contact, self.text, self.invited_at),
                strict=True,
            )
        )
        subject = sha256_hex(self.to.encode())
        payload = Statement(TYPE, "developer", subject, predicate).to_bytes()
        envelope = sign(payload, [key])
        body = {"envelope": json.loads(envelope.to_bytes()), "format": FORMAT}
        return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


def read(data: bytes, policy: Policy) -> Invitation:
    """The invitation, if an assessor whom ``policy`` names signed it.

    Raises FormatError, VerificationError, UnknownSignerError.
    """
    body = members(
        read_json(data, "the invitation", MAX_BYTES), "the invitation", ("envelope", "format")
    )
    if body["format"] != FORMAT:
        raise FormatError(
            "This is not an invitation.", hint=say("It would be a %(format)s.", format=FORMAT)
        )
    envelope = Envelope.from_json(body["envelope"])
    known = signers(envelope, policy.keys)
    if not any(policy.roles[keyid] == "assessor" for keyid in known):
        raise UnknownSignerError(
            "The invitation is signed by no assessor whom your trust policy names.",
            hint="Ask the assessor by another way before you answer.",
        )
    return _of(envelope)


def _of(envelope: Envelope) -> Invitation:
    statement = Statement.parse(envelope.payload)
    if statement.predicate_type != TYPE:
        raise FormatError("The envelope holds no invitation.")
    fields: dict[str, Any] = members(statement.predicate, "the invitation", FIELDS)
    for name in ("to", "from", "contact"):
        text(fields[name], f"the invitation's {name}", 200)
    if not isinstance(fields["text"], str) or len(fields["text"]) > 8_000:
        raise FormatError("The text of an invitation has at most 8,000 characters.")
    parse_time(fields["invitedAt"])
    return Invitation(*(fields[name] for name in FIELDS))
