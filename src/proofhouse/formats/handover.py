# SPDX-License-Identifier: Apache-2.0
"""A handover: one statement on its way from its maker to the home that holds the log.

    {"envelope": {"payload": "eyJf…", "payloadType": "application/vnd.in-toto+json",
                  "signatures": [{"keyid": "21fe…", "sig": "3b9m…=="}]},
     "format": "proofhouse-handover/v1",
     "notice": null,
     "openings": [{"salt": "…", "value": …}, {"blinding": "…", "salt": "…", "value": …}]}

The envelope may still lack signatures, even all of them: whoever is to sign adds its own and hands
the file on. What is signed never changes on the way. ``openings`` open the statement's hidden
fields, so the file is as confidential as the vault it is meant for. ``notice`` is the public
notice that a determination brings with it.

A handover is ordinary JSON, read strictly, so that other tools may write it. At most 64 MiB.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from proofhouse.errors import FormatError, InputError
from proofhouse.formats import canonical, commitment, envelope, salted
from proofhouse.formats.bundle import Opening
from proofhouse.formats.envelope import PAYLOAD_TYPE, Envelope, Signature
from proofhouse.formats.fields import base64_bytes, base64_text, items, members
from proofhouse.formats.plain import read_json
from proofhouse.formats.statement import Statement

FORMAT = "proofhouse-handover/v1"
MAX_BYTES = canonical.MAX_BYTES


@dataclass(frozen=True)
class Handover:
    """A ``payload`` with the signatures it has so far (sorted by keyid), and what opens it."""

    payload: bytes
    signatures: tuple[Signature, ...] = ()
    openings: tuple[Opening, ...] = ()
    notice: Envelope | None = None

    @property
    def statement(self) -> Statement:
        """The statement that is handed over. Raises FormatError."""
        return Statement.parse(self.payload)

    def envelope(self) -> Envelope:
        """The finished envelope. Raises InputError if nobody has signed yet."""
        if not self.signatures:
            raise InputError(
                "The statement in this file is signed by nobody yet.",
                hint="Sign it: the same command with --in FILE --as ROLE.",
            )
        return Envelope(self.payload, self.signatures)

    def with_signatures(self, more: Envelope) -> Handover:
        """This handover with the signatures of ``more`` too. Raises InputError, FormatError."""
        both = envelope.join([self.envelope(), more]) if self.signatures else more
        if both.payload != self.payload:
            raise InputError("The signatures to be added are on another statement.")
        return Handover(self.payload, both.signatures, self.openings, self.notice)

    @classmethod
    def parse(cls, data: bytes) -> Handover:
        """The handover that ``data`` spells. Raises FormatError; no signature is verified."""
        value = read_json(data, "the handover", MAX_BYTES)
        body = members(value, "the handover", ("envelope", "format", "notice", "openings"))
        if body["format"] != FORMAT:
            raise FormatError(
                "This is not a handover that this version can read.", hint=f"It reads {FORMAT}."
            )
        payload, signatures = _read_envelope(body["envelope"])
        notice = None if body["notice"] is None else Envelope.from_json(body["notice"])
        openings = tuple(map(_read_opening, items(body["openings"], "the openings")))
        return cls(payload, signatures, openings, notice)

    def to_bytes(self) -> bytes:
        """The handover as JSON for people; parses to an equal handover."""
        body = {
            "envelope": {
                "payload": base64_text(self.payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [
                    {"keyid": s.keyid, "sig": base64_text(s.sig)} for s in self.signatures
                ],
            },
            "format": FORMAT,
            "notice": None if self.notice is None else json.loads(self.notice.to_bytes()),
            "openings": [opening.to_json() for opening in self.openings],
        }
        return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


def _read_envelope(value: object) -> tuple[bytes, tuple[Signature, ...]]:
    body = members(value, "the envelope", ("payload", "payloadType", "signatures"))
    if items(body["signatures"], "the signatures"):
        whole = Envelope.from_json(value)
        return whole.payload, whole.signatures
    if body["payloadType"] != PAYLOAD_TYPE:
        raise FormatError(f"The payloadType of an envelope must be {PAYLOAD_TYPE}.")
    payload = base64_bytes(body["payload"], "the payload")
    Statement.parse(payload)
    return payload, ()


def _read_opening(value: object) -> Opening:
    if isinstance(value, dict) and "blinding" in value:
        return commitment.Opening.from_json(value)
    return salted.Opening.from_json(value)
