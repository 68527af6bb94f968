# SPDX-License-Identifier: Apache-2.0
"""A key is rotated by its holder, or revoked or reported lost by the owning bodies (R18).

See ``rules.keys`` for what follows from it, and from which leaf on.
"""

from __future__ import annotations

from proofhouse.desk.draft import Draft, in_clear
from proofhouse.formats.keys import Signer
from proofhouse.rules.keys import possession


def prove(new: Signer, *, origin: str, old: str) -> str:
    """The new key's signature that shows that somebody holds it, in hexadecimal."""
    return new.sign(possession(origin, old, new.public)).hex()


def draft(
    *, role: str, old: str, reason: str, new: str | None, possessed: str | None, at: str
) -> Draft:
    """The key ``old`` (keyid) falls silent; ``new`` (64 hexadecimal digits), if any, follows it.

    ``reason`` is ``rotated`` (the holder signs), ``revoked`` or ``lost`` (k of n bodies sign).
    """
    fields = {
        "role": role,
        "old": old,
        "new": new,
        "possession": possessed,
        "reason": reason,
        "changedAt": at,
    }
    return in_clear("key-changed", "key", old, fields)
