# SPDX-License-Identifier: Apache-2.0
"""The guards of each level: a level has those of the level below and at least one more.

    level  adds                       bits against blind search, about
    1      length                     2     one length field trusted too far
    2      dispatch                   8     a message type which the sample doesn't show
    3      marker, checksum           8+16  a byte with one right value, a 16-bit sum a message
    4      state                      24    two other messages first, in the right order
    5      relation                   32    a 32-bit number computed from other fields
    6      second-relation, window    32+6  another one across messages, and 1 to 3 lengths that fit

The bits say what a search that knows nothing pays; a dictionary takes dispatch and marker for free,
and a reader pays by understanding instead. They order the levels; difficulty is measured.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One condition between an input and the flaw; ``bits`` is its price to a blind search."""

    kind: str
    bits: int


_ADDED: tuple[tuple[Guard, ...], ...] = (
    (Guard("length", 2),),
    (Guard("dispatch", 8),),
    (Guard("marker", 8), Guard("checksum", 16)),
    (Guard("state", 24),),
    (Guard("relation", 32),),
    (Guard("second-relation", 32), Guard("window", 6)),
)

LEVELS: tuple[int, ...] = tuple(range(1, len(_ADDED) + 1))
"""The levels of the family, from the easiest up."""


def guards(level: int) -> tuple[Guard, ...]:
    """The guards of a level of LEVELS, those of lower levels first."""
    return tuple(guard for added in _ADDED[:level] for guard in added)
