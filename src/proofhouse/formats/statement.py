# SPDX-License-Identifier: Apache-2.0
"""The statement inside an envelope: in-toto Statement v1 with one subject.

    {"_type":"https://in-toto.io/Statement/v1",
     "predicate":{"previous":null,"receivedAt":"2026-07-01T09:00:00Z"},
     "predicateType":"urn:proofhouse:inquiry:v1",
     "subject":[{"digest":{"sha256":"9f86…"},"name":"case"}]}                 (no spaces, no breaks)

The subject says what the statement is about: in a case it is ``case`` and the case's 32 random
bytes. Canonical JSON (``canonical``), so one statement has one sequence of bytes.
Which members a predicate has is said in ``predicates``, when it may be made in the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from proofhouse.errors import FormatError
from proofhouse.formats import canonical
from proofhouse.formats.canonical import JsonValue
from proofhouse.formats.digest import is_digest
from proofhouse.formats.fields import items, members, text
from proofhouse.formats.fields import refuse as _refuse

TYPE = "https://in-toto.io/Statement/v1"
MAX_BYTES = 768 * 1024
"""What base64 makes just fit into an envelope of 1 MiB."""

_PREDICATE_TYPE = re.compile(r"urn:proofhouse:[a-z][a-z0-9-]{0,63}:v[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Statement:
    """One statement about one subject.

    ``predicate_type`` is ``urn:proofhouse:NAME:vN``; ``subject_name`` a printable text of at most
    200 characters; ``subject_sha256`` 64 hexadecimal digits; ``predicate`` a JSON object, which is
    read and never changed. Raises FormatError.
    """

    predicate_type: str
    subject_name: str
    subject_sha256: str
    predicate: Mapping[str, JsonValue]

    def __post_init__(self) -> None:
        kind = self.predicate_type
        if not isinstance(kind, str) or not _PREDICATE_TYPE.fullmatch(kind):
            _refuse("the predicateType", "must be like urn:proofhouse:inquiry:v1")
        text(self.subject_name, "the subject's name", 200)
        if not is_digest(self.subject_sha256):
            _refuse("the subject's sha256", "must be 64 lowercase hexadecimal digits")
        if not isinstance(self.predicate, dict):
            _refuse("the predicate", "must be an object")

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """The statement that ``data`` spells; ``to_bytes`` gives ``data`` again.

        Raises FormatError.
        """
        value = canonical.loads(data, limit=MAX_BYTES)
        body = members(value, "the statement", ("_type", "predicate", "predicateType", "subject"))
        if body["_type"] != TYPE:
            _refuse("the statement's _type", f"must be {TYPE}")
        subjects = items(body["subject"], "the subject")
        if len(subjects) != 1:
            _refuse("the subject", "must be an array of exactly one")
        subject = members(subjects[0], "the subject", ("digest", "name"))
        digest = members(subject["digest"], "the subject's digest", ("sha256",))
        return cls(body["predicateType"], subject["name"], digest["sha256"], body["predicate"])

    def to_bytes(self) -> bytes:
        """The statement in canonical JSON. Raises FormatError if it is larger than 768 KiB."""
        data = canonical.dumps(
            {
                "_type": TYPE,
                "predicate": self.predicate,
                "predicateType": self.predicate_type,
                "subject": [{"digest": {"sha256": self.subject_sha256}, "name": self.subject_name}],
            }
        )
        if len(data) > MAX_BYTES:
            raise FormatError(
                f"A statement may have at most {MAX_BYTES:,} bytes, not {len(data):,}.",
                hint="Keep the body elsewhere and state its digest.",
            )
        return data
