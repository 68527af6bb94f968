# SPDX-License-Identifier: Apache-2.0
"""The generalised likelihood ratio: the best ability above the zone against the best below it.

J. Bartroff, M. Finkelman, T. L. Lai, "Modern sequential analysis and its applications to
computerized adaptive testing", Psychometrika 73 (2008); N. A. Thompson (2009):

    GLR = max over θ ≥ cut + zone of ln L(θ)  −  max over θ ≤ cut − zone of ln L(θ)

Where the likelihood peaks between the edges it equals the plain ratio of `rules.determination`;
where it peaks beyond one, the evidence is what the far ability explains, and clear cases end
sooner. Read at Wald's boundaries.

Limits: with the same boundaries its errors are not bounded by Wald's argument but by simulation
(`ratio` is tested so). Two maximisations per reading, so it is not an integer sum: a registered
determination uses the plain ratio, which anybody can replay.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from proofhouse.errors import InputError
from proofhouse.statistics.rasch import log_likelihood, maximum_likelihood


def ratio(
    solved: ArrayLike,
    difficulty: ArrayLike,
    slope: ArrayLike = 1.0,
    *,
    cut: float,
    zone: float,
) -> float:
    """The generalised log-likelihood ratio in nats; all positions in logits.

    Raises:
        InputError: ``zone`` is not positive, or as for `rasch.maximum_likelihood`.
    """
    if not zone > 0:
        raise InputError(f"The zone is {zone}.", hint="It is larger than 0.")
    best = maximum_likelihood(solved, difficulty, slope).estimate
    low, high = cut - zone, cut + zone
    # Concave: on either side of an edge the best ability is the peak, or else the edge.
    above = 0.0 if best == float("inf") else _at(max(best, high), solved, difficulty, slope)
    below = 0.0 if best == -float("inf") else _at(min(best, low), solved, difficulty, slope)
    return above - below


def _at(ability: float, solved: ArrayLike, difficulty: ArrayLike, slope: ArrayLike) -> float:
    return float(log_likelihood(ability, solved, difficulty, slope))
