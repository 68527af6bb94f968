# SPDX-License-Identifier: Apache-2.0
"""Whether a stated interval of a share is the exact one, in integers alone.

    is_exact(8, 9, 950_000, low_ppm=517_503, high_ppm=997_191)      →  True

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934). The low end L of ``solved`` of ``items`` is where that many or
more successes have the probability tail = (1 − confidence)/2; the high end is the same for what was
not solved, seen from 1. No quantile is computed: an end stated in parts per million is right if the
tail probabilities on both sides of it enclose the tail, which sums of binomial terms over one
denominator decide exactly.

Who makes an interval works in floating point, so an end may be off by one part per million.
"""

from __future__ import annotations

from math import comb
from typing import Final

MILLION: Final = 1_000_000
METHOD: Final = "Clopper-Pearson"
"""A method that is told with this name is made again."""

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
