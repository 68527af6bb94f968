# SPDX-License-Identifier: Apache-2.0
"""The item families this version knows, by name.

    FAMILIES["memory-flaw"].derive(key, 3, 7)  →  the item memory-flaw/3/07 under that key

A family turns (derivation key, level, index) into an item, always the same one. Its levels are
monotone by construction: each adds a guard to the one below. Adding a family is adding a row here
and a page in spec/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from proofhouse.bank import memory_flaw
from proofhouse.bank.item import Item
from proofhouse.errors import InputError


@dataclass(frozen=True)
class Family:
    """One family: its name, its levels in rising difficulty, and its generator."""

    name: str
    levels: tuple[int, ...]
    derive: Callable[[bytes, int, int], Item]


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        memory_flaw.NAME: Family(memory_flaw.NAME, memory_flaw.LEVELS, memory_flaw.derive),
    }
)
"""Every family by its name."""


def derive(family: str, key: bytes, level: int, index: int) -> Item:
    """The item of ``family`` at ``level`` and ``index`` under the 32-byte ``key``.

    Raises InputError for a family, a level or a key length that doesn't exist.
    """
    known = FAMILIES.get(family)
    if known is None:
        raise InputError(
            f"There is no item family {family!r}.", hint=f"Known: {', '.join(FAMILIES)}."
        )
    return known.derive(key, level, index)
