# SPDX-License-Identifier: Apache-2.0
"""The difference of two independent shares, by Newcombe's hybrid score interval.

    difference((56, 70), (48, 80)).low       →  0.0524…
    fell((2, 2), (0, 12)).low                →  0.1703…      a finding, and its re-test

R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison
of eleven methods", Statistics in Medicine 17 (1998), method 10. It needs no pairs: the two samples
are different items. Both Wilson intervals enter, so it works with none or all solved.

A finding is told *because* an item was solved, so its share flatters the time before: of a share
that never changed the next look shows less (regression to the mean). ``fell`` therefore leaves out
one solved item, the one that made it a finding. Left in, an unchanged model with two items at a
level could look mended in nearly every case; left out, none of up to 24 items does so in more than
3.1 % (tests/statistics/test_newcombe.py plays every share).

Limits: items are independent with one share on each side; see ``accuracy`` for items that differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from proofhouse.statistics.proportion import wilson

METHOD = (
    "Newcombe 1998, method 10, of before less after; the solved item that made it a finding is "
    "left out of before"
)

Counts = tuple[int, int]
"""How many items were solved, of how many."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One share less another, with its interval, all in −1 to 1."""

    estimate: float
    low: float
    high: float

    def to_ppm(self) -> tuple[int, int, int]:
        """Estimate, low end and high end in parts per million, the ends rounded outwards."""
        return (
            round(self.estimate * 1e6),
            max(-1_000_000, math.floor(self.low * 1e6)),
            min(1_000_000, math.ceil(self.high * 1e6)),
        )


def difference(before: Counts, after: Counts, confidence: float = 0.95) -> Difference:
    """The share ``before`` less the share ``after``; a share of no items counts as 0, in 0 to 1.

    Raises:
        InputError: counts that are none, or confidence outside (0, 1).
    """
    (l1, u1), (l2, u2) = wilson(*before, confidence), wilson(*after, confidence)
    p1, p2 = _share(before), _share(after)
    return Difference(
        p1 - p2,
        max(-1.0, p1 - p2 - math.hypot(p1 - l1, u2 - p2)),
        min(1.0, p1 - p2 + math.hypot(u1 - p1, p2 - l2)),
    )


def fell(before: Counts, after: Counts, confidence: float = 0.95) -> Difference:
    """How far a finding's share fell from ``before`` (at least one solved) to ``after``.

    Raises:
        InputError: as for `difference`; also for a finding of which nothing was solved.
    """
    solved, items = before
    return difference((solved - 1, items - 1), after, confidence)


def _share(counts: Counts) -> float:
    solved, items = counts
    return solved / items if items else 0.0
