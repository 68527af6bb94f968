# SPDX-License-Identifier: Apache-2.0
"""From a bank's sealed seed to the key of one item of one submission.

    key = HMAC-SHA256(seed,
                      "proofhouse/item/v1\\n" ‖ submission leaf hash (32 bytes)
                      ‖ be32(len(family)) ‖ family ‖ be32(level) ‖ be32(index))

The submission's leaf hash is the RFC 6962 hash of its leaf in the log, so the items a submission
meets are fixed by two things nobody can choose together: the seed, committed to before, and the
leaf, made by the developer after. Two submissions meet different items; a re-test meets new ones;
whoever is shown the seed, after the bank was opened, gets every item of every submission again.

Spec: spec/item-derivation.md. What a key is turned into is the families' part.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from proofhouse.errors import InputError

_DOMAIN = b"proofhouse/item/v1\n"
_SELECTION = b"proofhouse/selection/v1\n"
_MOST = 2**32 - 1
ORDER = _MOST
"""The index that no item has: its key orders the items of a level that somebody brought."""


def item_key(
    seed: bytes, submission_leaf_hash: bytes, family: str, level: int, index: int
) -> bytes:
    """The 32-byte key of one item.

    Raises InputError if ``seed`` or ``submission_leaf_hash`` is not 32 bytes, ``family`` isn't
    1–64 ASCII characters, or ``level`` or ``index`` isn't in [0, 2^32).
    """
    for name, value in (("seed", seed), ("submission leaf hash", submission_leaf_hash)):
        if len(value) != 32:
            raise InputError(f"A {name} has 32 bytes, this one {len(value)}.")
    if not family.isascii() or not 1 <= len(family) <= 64:
        raise InputError("A family's name has 1 to 64 ASCII characters.")
    for name, number in (("level", level), ("index", index)):
        if not 0 <= number <= _MOST:
            raise InputError(f"An item's {name} lies in 0 to 2^32 - 1, not {number}.")
    message = b"".join(
        (
            _DOMAIN,
            submission_leaf_hash,
            len(family).to_bytes(4, "big"),
            family.encode("ascii"),
            level.to_bytes(4, "big"),
            index.to_bytes(4, "big"),
        )
    )
    return hmac.digest(seed, message, "sha256")


def selection_seed(seed: bytes, submission: str) -> bytes:
    """The 32 bytes by which the items of a plan are selected for a submission.

    HMAC-SHA256(seed, "proofhouse/selection/v1\\n" ‖ envelope digest of the submission in hex): as
    little chosen by anybody as the items themselves.
    """
    return hmac.digest(seed, _SELECTION + submission.encode("ascii"), "sha256")


def check_place(family: str, levels: Sequence[int], key: bytes, level: int, index: int) -> None:
    """Return None if ``family``, which has ``levels``, can derive the item at ``level``, ``index``.

    Raises InputError for a key that is not 32 bytes long, and a level or index out of range.
    """
    if len(key) != 32:
        raise InputError(f"A derivation key has 32 bytes, this one {len(key)}.")
    if level not in levels:
        raise InputError(
            f"{family} has no level {level}.", hint=f"Levels: {levels[0]}-{levels[-1]}."
        )
    if not 0 <= index <= _MOST:
        raise InputError(f"An item's index lies in 0 to 2^32 - 1, not {index}.")
