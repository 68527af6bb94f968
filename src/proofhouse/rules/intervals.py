# SPDX-License-Identifier: Apache-2.0
"""Whether a stated interval is the one that its method gives: of a share, and of a difference.

    is_exact(8, 9, 950_000, low_ppm=517_503, high_ppm=997_191)      →  True
    is_newcombe((1, 1), (0, 12), 950_000, low_ppm=170_300, high_ppm=1_000_000)     →  True

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934). The low end L of ``solved`` of ``items`` is where that many or
more successes have the probability tail = (1 − confidence)/2; the high end is the same for what was
not solved, seen from 1. No quantile is computed: an end stated in parts per million is right if the
tail probabilities on both sides of it enclose the tail, which sums of binomial terms over one
denominator decide exactly.

R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison
of eleven methods", Statistics in Medicine 17 (1998), method 10: from Wilson's score intervals l to
u of both shares p the difference d = p1 − p2 reaches down to d − √((p1−l1)² + (u2−p2)²) and up to
d + √((u1−p1)² + (p2−l2)²). Its quantile is the standard library's, of the normal distribution.

Who makes an interval works in floating point, so an end may be off by one part per million.
"""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist
from typing import Final

MILLION: Final = 1_000_000
METHOD: Final = "Clopper-Pearson"
"""A method that is told with this name is made again."""

DIFFERENCE: Final = "Newcombe"
"""A difference that is told with this name is made again."""

Counts = tuple[int, int]
"""How many items were solved, of how many."""

_SLACK = 1


def is_exact(solved: int, items: int, confidence_ppm: int, *, low_ppm: int, high_ppm: int) -> bool:
    """Whether ``low_ppm`` to ``high_ppm`` is Clopper and Pearson's interval, rounded outwards.

    ``solved`` of ``items`` (0 ≤ solved ≤ items; the interval of no items is 0 to 1) at
    ``confidence_ppm`` (1 to 999,999).
    """
    tail = MILLION - confidence_ppm
    return _is_low_end(solved, items, tail, low_ppm) and _is_low_end(
        items - solved, items, tail, MILLION - high_ppm
    )


def _is_low_end(solved: int, items: int, tail: int, stated: int) -> bool:
    if solved == 0:
        return stated == 0
    below = _at_least(solved, items, tail, stated - _SLACK)
    return not below and _at_least(solved, items, tail, stated + 1 + _SLACK)


def _at_least(solved: int, items: int, tail: int, share_ppm: int) -> bool:
    """Whether ``solved`` or more successes are likelier than tail/2 when each has that share."""
    if not 0 < share_ppm < MILLION:
        return share_ppm >= MILLION
    other = MILLION - share_ppm
    term = comb(items, solved) * share_ppm**solved * other ** (items - solved)
    total: int = term
    for count in range(solved, items):
        term = term * (items - count) * share_ppm // ((count + 1) * other)
        total += term
    whole: int = MILLION**items
    return 2 * total * MILLION > tail * whole


def is_newcombe(
    before: Counts, after: Counts, confidence_ppm: int, *, low_ppm: int, high_ppm: int
) -> bool:
    """Whether these are Newcombe's ends of the share ``before`` less that ``after``, outwards.

    A share of no items is taken as 0, its interval as 0 to 1.
    """
    made = newcombe(before, after, confidence_ppm / MILLION)
    return all(
        abs(end * MILLION - stated) <= 1 + _SLACK
        for end, stated in zip(made, (low_ppm, high_ppm), strict=True)
    )


def newcombe(before: Counts, after: Counts, confidence: float) -> tuple[float, float]:
    """The ends of Newcombe's interval of ``before`` less ``after``, within −1 to 1."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    (p1, l1, u1), (p2, l2, u2) = _wilson(*before, z), _wilson(*after, z)
    low = p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return max(low, -1.0), min(high, 1.0)


def _wilson(solved: int, items: int, z: float) -> tuple[float, float, float]:
    """A share with both ends of its score interval."""
    if not items:
        return 0.0, 0.0, 1.0
    share, wide = solved / items, 1 + z * z / items
    middle = (share + z * z / (2 * items)) / wide
    half = z / wide * sqrt(share * (1 - share) / items + z * z / (4 * items * items))
    return (
        share,
        0.0 if not solved else middle - half,
        1.0 if solved == items else middle + half,
    )
