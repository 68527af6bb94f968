# SPDX-License-Identifier: Apache-2.0
"""The public twin of a bank: the same families under a seed that everybody knows.

    seed = public_seed("practice 2026")            or 64 hexadecimal digits, the seed itself
    key = item_key(seed, NO_SUBMISSION, "memory-flaw", 3, 7)

    public seed = SHA-256("proofhouse/public-seed/v1\\n" ‖ text in UTF-8)

A twin's items are derived as sealed ones are (``derivation``). In place of a submission's leaf hash
stand 32 zero bytes, which no leaf has, or the hash of a submission that one wants to compare with.
A model that does much better on a twin than on the sealed bank has probably seen the twin.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import Family
from proofhouse.bank.item import Item, item_id
from proofhouse.errors import InputError

NO_SUBMISSION = bytes(32)
"""Stands for a submission's leaf hash where there is none."""

LONGEST = 1_000
"""Characters of a public seed."""

_DOMAIN = b"proofhouse/public-seed/v1\n"


def public_seed(text: str) -> bytes:
    """The 32 bytes that ``text`` stands for. Raises InputError if it is empty or too long."""
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return bytes.fromhex(text)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = b""
    if not data.strip() or len(text) > LONGEST:
        raise InputError(
            f"A public seed is a text of 1 to {LONGEST:,} characters.",
            hint="Or 64 lowercase hexadecimal digits: the seed of a bank that was opened.",
        )
    return hashlib.sha256(_DOMAIN + data).digest()


@dataclass(frozen=True)
class Place:
    """Where an item stands in a bank: its family, its level and its index there."""

    family: str
    level: int
    index: int

    @property
    def id(self) -> str:
        """``family/level/index``."""
        return item_id(self.family, self.level, self.index)


def spread(families: Collection[Family], count: int) -> tuple[Place, ...]:
    """``count`` places, spread evenly over the families and over the levels of each.

    Family by family and level by level, each with the indices from 0 up; where it does not divide,
    the first families and the lowest levels have one more; fewer where a level has no more items.
    Raises InputError if count is below 1.
    """
    if count < 1:
        raise InputError(f"There are {count} items to prove.", hint="--count is at least 1.")
    places = []
    for family, share in zip(families, _shares(count, len(families)), strict=True):
        for level, items in zip(family.levels, _shares(share, len(family.levels)), strict=True):
            indices = family.indices(level, 0, items)
            places += [Place(family.name, level, index) for index in indices]
    return tuple(places)


def _shares(whole: int, parts: int) -> Sequence[int]:
    """``whole`` in ``parts`` that differ by one at most, the larger first."""
    each, more = divmod(whole, parts)
    return [each + (at < more) for at in range(parts)]


def derive_at(
    families: Mapping[str, Family], seed: bytes, place: Place, submission: bytes = NO_SUBMISSION
) -> Item:
    """The item at ``place`` under ``seed`` (32 bytes) and a submission's leaf hash (32 bytes).

    Raises InputError for a family, level or index that does not exist.
    """
    known = families.get(place.family)
    if known is None:
        raise InputError(
            f"There is no item family {place.family[:64]!r}.", hint=f"Known: {', '.join(families)}."
        )
    if place.level not in known.levels:
        raise InputError(
            f"The family {known.name} has no level {place.level}.",
            hint=f"Levels: {known.levels[0]}-{known.levels[-1]}.",
        )
    key = item_key(seed, submission, place.family, place.level, known.key_index(place.index))
    return known.derive(key, place.level, place.index)
