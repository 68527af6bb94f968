# SPDX-License-Identifier: Apache-2.0
"""From comparisons to a calibrated confidence.

Two small fitted steps, both monotone: more evidence for a candidate never lowers its share.

1. *Conditional logit* with an outside option (McFadden 1974). A candidate's score is w·x; its
   share is exp(score) over the sum of all candidates' and of exp(absent), the option that the
   corpus lacks the record. Siblings take shares from each other, so a first guess among near-equals
   gets little. Weights of columns that end in ``_conflict`` are at most 0, all others at least 0.
2. *Calibration* (Platt 1999) of the best share on held-out folds: a logistic of its log-odds and of
   its lead over the runner-up.

``coefficients.json`` holds them with where they come from; `benchmarks/duplicates/fit.py` fits them
again. A confidence holds for a mix like the one fitted on: see ``provenance`` there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp

from proofhouse.errors import DamagedError
from proofhouse.validation.duplicates.features import NAMES
from proofhouse.validation.duplicates.index import Floats

LEAD_CAP = 12.0
"""Log-odds of the best over the runner-up beyond which a larger lead says no more."""


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted coefficients. ``weights`` go with the columns of `features.NAMES`."""

    weights: tuple[float, ...]
    absent: float
    slope: float
    lead: float
    offset: float

    def shares(self, values: Floats) -> Floats:
        """The share of each candidate and, last, of none; shape (candidates + 1,), sums to 1."""
        scores = np.append(values @ np.asarray(self.weights), self.absent)
        result: Floats = np.exp(scores - logsumexp(scores))
        return result

    def confidence(self, shares: Floats) -> float:
        """The probability that the candidate with the largest share is the record; 0 … 1."""
        if len(shares) < 2:
            return 0.0
        odds, lead = evidence(shares)
        return float(expit(self.slope * odds + self.lead * lead + self.offset))


def evidence(shares: Floats) -> tuple[float, float]:
    """The best candidate's log-odds against everything else, and its lead over the runner-up."""
    ordered = np.sort(shares[:-1])
    best = max(float(ordered[-1]), 1e-300)
    second = max(float(ordered[-2]), 1e-300) if len(ordered) > 1 else 1e-300
    rest = max(float(shares.sum() - ordered[-1]), 1e-15)
    return float(np.log(best) - np.log(rest)), min(float(np.log(best) - np.log(second)), LEAD_CAP)


@cache
def fitted() -> Model:
    """The shipped coefficients; raises DamagedError if they are not this version's columns."""
    text = resources.files(__package__).joinpath("coefficients.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    if tuple(found["columns"]) != NAMES:
        raise DamagedError("coefficients.json was fitted for other columns.")
    return Model(
        weights=tuple(found["columns"][name] for name in NAMES),
        absent=found["absent"],
        slope=found["calibration"]["slope"],
        lead=found["calibration"]["lead"],
        offset=found["calibration"]["offset"],
    )
