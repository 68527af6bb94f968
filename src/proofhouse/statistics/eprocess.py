# SPDX-License-Identifier: Apache-2.0
"""A claim about the ability, and an interval for it, that stay valid whenever one stops.

L. Wasserman, A. Ramdas, S. Balakrishnan, "Universal inference", PNAS 117 (2020): if Q was fixed
before the next outcome each time, then ∏ q/p_θ is a non-negative martingale when θ is the ability,
and by J. Ville (1939) it ever reaches 1/α with probability at most α. Here q is the prediction of a
mixture over abilities (H. Robbins 1970), whose product telescopes:

    E(θ)        = ∫ L(t) π(dt) / L(θ)                     interval: every θ with E(θ) < 1/α
    E(θ ≤ cut)  = ∫ L(t) π(dt | t > cut) / max of L(θ) over θ ≤ cut

No indifference zone, no fixed sample size, no boundary: the price is more items. The mixture is
normal about the cut, on a fixed grid, so it is a mixture exactly and not an approximation to one.

**Missing outcomes.** With slope a, flipping outcomes changes log L(t) − log L(θ) by S·(t − θ),
S = Σ a over solved items. So log E(θ ≤ cut) grows with S, and scoring the missing as failed gives
the least of all completions. For one θ the derivative in S is (posterior mean − θ), and posterior
means grow with S: beyond both the upper end of the interval and the posterior mean at the highest
S, every completion excludes θ; likewise below. The stated interval reaches that far, so it holds
every completion's interval.

Limits: difficulties and slopes are taken as known. Numbers come out as integers, ends rounded
outwards, evidence rounded down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.errors import InputError
from proofhouse.rules.determination import Outcome, PlanItem
from proofhouse.statistics.rasch import Floats, log_likelihood, maximum_likelihood, root

METHOD = "universal inference, normal mixture about the cut, 2pl"
_FAR = 100.0  # logits beyond everything; an end out there is open


@dataclass(frozen=True, slots=True)
class AnytimeClaim:
    """What the outcomes so far say about the ability, valid at any stopping time.

    ``low_micrologits`` and ``high_micrologits`` bound the ability; None where the outcomes leave
    the end open. ``above_cut_micronats`` is the logarithm of the e-value against "the ability is at
    most the cut", ``below_cut_micronats`` of that against "at least the cut"; a claim at error α
    needs ln(1/α).
    """

    low_micrologits: int | None
    high_micrologits: int | None
    above_cut_micronats: int
    below_cut_micronats: int
    confidence_ppm: int
    method: str = METHOD

    def to_dict(self) -> dict[str, object]:
        """The canonical object of the claim."""
        return {
            "lowMicrologits": self.low_micrologits,
            "highMicrologits": self.high_micrologits,
            "aboveCutMicronats": self.above_cut_micronats,
            "belowCutMicronats": self.below_cut_micronats,
            "confidencePpm": self.confidence_ppm,
            "method": self.method,
        }


def anytime_claim(
    items: tuple[PlanItem, ...],
    outcomes: Mapping[str, Outcome],
    cut_micrologits: int,
    *,
    confidence_ppm: int = 950_000,
    mixture_sd_micrologits: int = 2_000_000,
) -> AnytimeClaim:
    """The claim after these items' outcomes; items without an outcome haven't been taken.

    Raises:
        InputError: no item has an outcome, or confidence or mixture out of range.
    """
    if not 0 < confidence_ppm < 1_000_000 or mixture_sd_micrologits <= 0:
        raise InputError(
            f"A claim at {confidence_ppm} ppm with a mixture of spread {mixture_sd_micrologits} "
            "can't be made.",
            hint="The confidence is 1 to 999,999 ppm, the spread more than 0 micro-logits.",
        )
    taken = [item for item in items if item.id in outcomes]
    words = [outcomes[item.id] for item in taken]
    difficulty = np.array([item.difficulty_micrologits for item in taken]) / 1e6
    slope = np.array([item.slope_ppm for item in taken]) / 1e6
    cut, spread = cut_micrologits / 1e6, mixture_sd_micrologits / 1e6
    threshold = -math.log1p(-confidence_ppm / 1e6)
    as_failed = _Mixture([word == "solved" for word in words], difficulty, slope, cut, spread)
    as_solved = as_failed
    if "missing" in words:
        as_solved = _Mixture([word != "failed" for word in words], difficulty, slope, cut, spread)
    low = as_failed.low_end(threshold)
    high = as_solved.high_end(threshold)
    return AnytimeClaim(
        low_micrologits=None if low is None else math.floor(low * 1e6),
        high_micrologits=None if high is None else math.ceil(high * 1e6),
        above_cut_micronats=math.floor(as_failed.against_at_most_cut() * 1e6),
        below_cut_micronats=math.floor(as_solved.against_at_least_cut() * 1e6),
        confidence_ppm=confidence_ppm,
    )


class _Mixture:
    """The mixture's likelihood for one completion of the outcomes."""

    def __init__(
        self, solved: list[bool], difficulty: Floats, slope: Floats, cut: float, spread: float
    ) -> None:
        self._solved, self._difficulty, self._slope, self._cut = solved, difficulty, slope, cut
        # No grid point lies on the cut: both halves of the mixture are alike and have mass 1/2.
        self._grid = cut + spread * (np.arange(-800, 800) + 0.5) / 100
        log_mass = -0.5 * ((self._grid - cut) / spread) ** 2
        log_mass -= special.logsumexp(log_mass)
        self._joint = log_likelihood(self._grid, solved, difficulty, slope) + log_mass
        self._whole = float(special.logsumexp(self._joint))
        self._peak = maximum_likelihood(solved, difficulty, slope).estimate

    def low_end(self, threshold: float) -> float | None:
        """The lower end of the interval, or the posterior mean if that is lower."""
        if not any(self._solved):
            return None
        inner = min(self._peak, self._far(1))
        return min(root(lambda t: self._excess(t, threshold), self._far(-1), inner), self._mean())

    def high_end(self, threshold: float) -> float | None:
        """The upper end of the interval, or the posterior mean if that is higher."""
        if all(self._solved):
            return None
        inner = max(self._peak, self._far(-1))
        return max(root(lambda t: self._excess(t, threshold), inner, self._far(1)), self._mean())

    def against_at_most_cut(self) -> float:
        """The logarithm of the e-value against "the ability is at most the cut"."""
        return self._half(self._grid > self._cut) - self._at(min(self._peak, self._cut))

    def against_at_least_cut(self) -> float:
        """The logarithm of the e-value against "the ability is at least the cut"."""
        return self._half(self._grid < self._cut) - self._at(max(self._peak, self._cut))

    def _far(self, sign: int) -> float:
        reach = _FAR / float(self._slope.min())
        edge = self._difficulty.max() if sign > 0 else self._difficulty.min()
        return float(edge) + sign * reach

    def _excess(self, ability: float, threshold: float) -> float:
        """log E(ability) − ln(1/α); positive outside the interval."""
        return self._whole - self._at(ability) - threshold

    def _half(self, side: NDArray[np.bool_]) -> float:
        return float(special.logsumexp(self._joint[side])) + math.log(2)

    def _at(self, ability: float) -> float:
        if math.isinf(ability):
            return 0.0  # everything was solved (or failed): the likelihood tends to 1
        return float(log_likelihood(ability, self._solved, self._difficulty, self._slope))

    def _mean(self) -> float:
        return float(self._grid @ np.exp(self._joint - self._whole))
