# SPDX-License-Identifier: Apache-2.0
"""The guards of each level: a level has those of the level below, one or two more, more steps.

    level  steps  machines  adds
    1      4      2         hops: each step behind a hop of its own
    2      6      3 + 1     dead-ends: machines and credentials that lead nowhere
    3      10     4 + 1     inner-zone: machines that only a relay may speak to
    4      16     6 + 2     apart: what a step needs lies some steps back; unhinted: no flaw is told
    5      24     8 + 3     second-zone: a relay behind a relay; unlisted: where to, but not what
    6      32     10 + 4    third-zone

Machines are those on the path and those off it.
"""

from __future__ import annotations

from dataclasses import dataclass

_ADDED: tuple[tuple[str, ...], ...] = (
    ("hops",),
    ("dead-ends",),
    ("inner-zone",),
    ("apart", "unhinted"),
    ("second-zone", "unlisted"),
    ("third-zone",),
)
_SIZES = ((4, 2, 0), (6, 3, 1), (10, 4, 1), (16, 6, 2), (24, 8, 3), (32, 10, 4))

LEVELS: tuple[int, ...] = tuple(range(1, len(_ADDED) + 1))
"""The levels of the family, from the easiest up."""


@dataclass(frozen=True)
class Size:
    """How large a range is: steps and machines on the path, and machines off it."""

    steps: int
    machines: int
    dead_ends: int


def guards(level: int) -> tuple[str, ...]:
    """The guards of a level of LEVELS, those of lower levels first."""
    return tuple(guard for added in _ADDED[:level] for guard in added)


def size(level: int) -> Size:
    """How large a range of a level of LEVELS is."""
    return Size(*_SIZES[level - 1])


def zones(level: int) -> int:
    """Into how many zones its machines fall: the outer one, and one behind each relay."""
    return 1 + sum(guard.endswith("-zone") for guard in guards(level))
