# SPDX-License-Identifier: Apache-2.0
"""Intervals of a share: exact (Clopper & Pearson 1934) and score (Wilson 1927).

    clopper_pearson(8, 10)  →  (0.4439…, 0.9748…)     covers at least as often as it says
    wilson(8, 10)           →  (0.4902…, 0.9433…)     covers about as often as it says

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934); E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", JASA 22 (1927).

Shares that are stated leave as a `Share`: parts per million, the low end rounded down and the high
end up. Limits: trials are independent with one probability; see `accuracy` for items that differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from proofhouse.errors import InputError


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval in parts per million, and the method that made it."""

    estimate_ppm: int
    low_ppm: int
    high_ppm: int
    confidence_ppm: int
    method: str

    @classmethod
    def of(
        cls, estimate: float, interval: tuple[float, float], confidence: float, method: str
    ) -> Share:
        """Round a share in [0, 1] and its interval outwards to parts per million."""
        return cls(
            estimate_ppm=round(estimate * 1e6),
            low_ppm=max(0, math.floor(interval[0] * 1e6)),
            high_ppm=min(1_000_000, math.ceil(interval[1] * 1e6)),
            confidence_ppm=round(confidence * 1e6),
            method=method,
        )

    def to_dict(self) -> dict[str, int | str]:
        """The canonical object of the share."""
        return {
            "estimatePpm": self.estimate_ppm,
            "lowPpm": self.low_ppm,
            "highPpm": self.high_ppm,
            "confidencePpm": self.confidence_ppm,
            "method": self.method,
        }


def clopper_pearson(
    successes: float, trials: float, confidence: float = 0.95
) -> tuple[float, float]:
    """The exact two-sided interval; (0, 1) without trials.

    Counts may be fractional: `accuracy` hands in effective sample sizes (Korn & Graubard 1998).

    Raises:
        InputError: not 0 ≤ successes ≤ trials, or confidence outside (0, 1).
    """
    _check(successes, trials, confidence)
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = float(special.betaincinv(successes, failures + 1, tail)) if successes > 0 else 0.0
    high = float(special.betainccinv(successes + 1, failures, tail)) if failures > 0 else 1.0
    return low, high


def upper_bound(successes: int, trials: int, confidence: float = 0.95) -> float:
    """The exact one-sided upper bound of the probability; 1 without trials.

    Raises:
        InputError: as for `clopper_pearson`.
    """
    _check(successes, trials, confidence)
    if successes == trials:
        return 1.0
    return float(special.betainccinv(successes + 1, trials - successes, 1 - confidence))


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval; (0, 1) without trials.

    Raises:
        InputError: as for `clopper_pearson`.
    """
    _check(successes, trials, confidence)
    if trials == 0:
        return 0.0, 1.0
    z = -float(special.ndtri((1 - confidence) / 2))
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = (
        z
        / (1 + z * z / trials)
        * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    )
    # At the ends the formula gives 0 and 1 but for the last bit of a double.
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == trials else middle + half
    return low, high


def _check(successes: float, trials: float, confidence: float) -> None:
    if not 0 <= successes <= trials < math.inf:
        raise InputError(
            f"{successes} successes in {trials} trials are no count.",
            hint="Successes lie between 0 and the number of trials.",
        )
    if not 0 < confidence < 1:
        raise InputError(f"The confidence is {confidence}.", hint="It lies between 0 and 1.")
