# SPDX-License-Identifier: Apache-2.0
"""A salted field: one value inside a statement that can be shown without the others.

    in the predicate    {"salted":"2cf2…"}                      SHA-256(salt ‖ canonical JSON)
    its opening         {"salt":"00…","value":{"cut":4500000}}  in the vault; in a bundle if shown

The statement can be signed, kept and handed on with the field closed; whoever is given value and
salt can check that this is what was signed. The salt, 32 random bytes used once, keeps the others
from guessing.

Double commitments, which hide even from one who could break SHA-256, are in ``commitment``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proofhouse.errors import VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.canonical import JsonValue
from proofhouse.formats.digest import SALT_BYTES, is_digest, new_salt, salted_hex
from proofhouse.formats.fields import hex_bytes, members, refuse


@dataclass(frozen=True)
class Opening:
    """A ``value`` and the ``salt`` (32 bytes) it is hidden under; ``sha256`` is what is shown.

    Raises FormatError if the value has no canonical form or the salt another length.
    """

    value: JsonValue
    salt: bytes = field(default_factory=new_salt)
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        digest = salted_hex(self.salt, canonical.dumps(self.value))
        object.__setattr__(self, "sha256", digest)

    @classmethod
    def from_json(cls, value: object) -> Opening:
        """The opening of ``{"salt":…,"value":…}``; ``to_json`` gives it again.

        Raises FormatError.
        """
        body = members(value, "the opening", ("salt", "value"))
        return cls(body["value"], hex_bytes(body["salt"], "the opening's salt", SALT_BYTES))

    def to_json(self) -> dict[str, JsonValue]:
        """``{"salt":…,"value":…}``."""
        return {"salt": self.salt.hex(), "value": self.value}

    def field(self) -> dict[str, JsonValue]:
        """``{"salted":…}``, what stands in the predicate."""
        return {"salted": self.sha256}

    def verify(self, sha256: str) -> None:
        """Return None if this opens the field whose digest is ``sha256``.

        Raises VerificationError otherwise.
        """
        if self.sha256 != sha256:
            raise VerificationError("This value and salt are not what the salted field holds.")


def parse_field(value: object) -> str:
    """The digest in ``{"salted":…}``. Raises FormatError."""
    digest = members(value, "the salted field", ("salted",))["salted"]
    if not is_digest(digest):
        refuse("the salted field", "must hold 64 lowercase hexadecimal digits")
    return str(digest)
