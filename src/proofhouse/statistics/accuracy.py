# SPDX-License-Identifier: Apache-2.0
"""Accuracy on these items, on items like these, on families like these: three claims, kept apart.

NIST AI 800-3, "Expanding the AI Evaluation Toolbox with Statistical Models" (2026), tells
*benchmark accuracy* (these items; chance is only in the model's answers) from *generalised
accuracy* (items are a sample of items like them). A third claim, families like these, lets the
families vary too and rests on as many observations as there are families.

| claim | what varies | variance |
|---|---|---|
| `benchmark_accuracy` | answers | within items, over epochs |
| `generalised_accuracy` | items within (family, level), and answers | within strata |
| `family_accuracy` | families, and all below | between families |

The interval is Clopper & Pearson's with the effective sample size and degrees of freedom of the
design (E. L. Korn, B. I. Graubard, Survey Methodology 24, 1998), which keeps its coverage near 0
and 1 where a normal interval collapses. Variances within items and strata come from the smoothed
share (x + ½)/(n + 1) of H. Jeffreys, so that a level that was solved altogether isn't taken for
certain. With one epoch per item the answers' variance can't be seen; then the plain interval is
used, which is wide enough because unlike items vary less than like ones (W. Hoeffding 1956).

Limits: a sample whose size or items depended on the answers gives no accuracy; a determination's
run is such a sample, a findings run is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import special

from proofhouse.errors import InputError
from proofhouse.statistics.proportion import Share, clopper_pearson


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item's outcome over its epochs."""

    id: str
    family: str
    level: int
    solved: int
    epochs: int

    def __post_init__(self) -> None:
        if not 0 <= self.solved <= self.epochs or self.epochs < 1:
            raise InputError(
                f"Item {self.id} was solved in {self.solved} of {self.epochs} epochs.",
                hint="Give at least one epoch, and no more solved than there were.",
            )

    @property
    def share(self) -> float:
        """The share of epochs in which the item was solved."""
        return self.solved / self.epochs


Stratum = tuple[str, int]
"""Items of one family and level."""


def benchmark_accuracy(results: Sequence[ItemResult], confidence: float = 0.95) -> Share:
    """Accuracy on exactly these items, each counting alike.

    Raises:
        InputError: no items, or an item twice.
    """
    _check(results)
    count = len(results)
    estimate = math.fsum(result.share for result in results) / count
    if all(result.epochs == 1 for result in results):
        interval = clopper_pearson(sum(result.solved for result in results), count, confidence)
        return Share.of(
            estimate, interval, confidence, "benchmark accuracy: these items; Clopper-Pearson"
        )
    epochs = sum(result.epochs for result in results)
    variance = math.fsum(
        _smoothed_variance(result.solved, result.epochs) / result.epochs for result in results
    )
    interval = _korn_graubard(estimate, variance / count**2, epochs, epochs - count, confidence)
    return Share.of(
        estimate,
        interval,
        confidence,
        "benchmark accuracy: these items over epochs; Korn-Graubard",
    )


def generalised_accuracy(
    results: Sequence[ItemResult],
    weights: Mapping[Stratum, int] | None = None,
    confidence: float = 0.95,
) -> Share:
    """Accuracy on items drawn anew from the same families and levels.

    Args:
        results: items drawn at random within each family and level.
        weights: the population's weight of each (family, level), positive integers; without them
            each counts by its number of items here.
        confidence: of the interval.

    Raises:
        InputError: no items, an item twice, or weights that don't name exactly the strata here.
    """
    _check(results)
    strata = _strata(results)
    share_of = _weights(strata, weights)
    estimate = math.fsum(share_of[key] * _mean(items) for key, items in strata.items())
    variance = math.fsum(
        share_of[key] ** 2 * _smoothed_variance(_mean(items) * len(items), len(items)) / len(items)
        for key, items in strata.items()
    )
    freedom = len(results) - len(strata)
    interval = _korn_graubard(estimate, variance, len(results), freedom, confidence)
    return Share.of(
        estimate,
        interval,
        confidence,
        "generalised accuracy: items like these, by family and level; Korn-Graubard",
    )


def family_accuracy(results: Sequence[ItemResult], confidence: float = 0.95) -> Share:
    """Accuracy on families drawn anew from families like these, each family counting alike.

    Raises:
        InputError: no items, an item twice, or fewer than two families.
    """
    _check(results)
    families: dict[str, list[ItemResult]] = {}
    for result in results:
        families.setdefault(result.family, []).append(result)
    count = len(families)
    if count < 2:
        raise InputError(
            "One family says nothing about families like it.",
            hint="Run at least two families, or state generalised_accuracy.",
        )
    means = [_mean(items) for items in families.values()]
    estimate = math.fsum(means) / count
    variance = math.fsum((mean - estimate) ** 2 for mean in means) / (count * (count - 1))
    if estimate in (0.0, 1.0):
        # All families alike at an end: each counts as one observation, the most cautious reading.
        interval = clopper_pearson(estimate * count, count, confidence)
    else:
        interval = _korn_graubard(estimate, variance, len(results), count - 1, confidence)
    return Share.of(
        estimate,
        interval,
        confidence,
        "generalised accuracy: families like these; Korn-Graubard between families",
    )


def _check(results: Sequence[ItemResult]) -> None:
    if not results:
        raise InputError("No accuracy can be stated without items.", hint="Run some items.")
    if len({result.id for result in results}) != len(results):
        raise InputError("An item is listed twice.", hint="Give one result per item.")


def _strata(results: Sequence[ItemResult]) -> dict[Stratum, list[ItemResult]]:
    strata: dict[Stratum, list[ItemResult]] = {}
    for result in results:
        strata.setdefault((result.family, result.level), []).append(result)
    return strata


def _weights(
    strata: Mapping[Stratum, Sequence[ItemResult]], weights: Mapping[Stratum, int] | None
) -> dict[Stratum, float]:
    if weights is None:
        weights = {key: len(items) for key, items in strata.items()}
    if set(weights) != set(strata) or min(weights.values()) < 1:
        raise InputError(
            "The weights don't name exactly the families and levels of the results.",
            hint="Give a positive weight to each family and level that was run, and to no other.",
        )
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items()}


def _mean(items: Sequence[ItemResult]) -> float:
    return math.fsum(item.share for item in items) / len(items)


def _smoothed_variance(solved: float, count: int) -> float:
    share = (solved + 0.5) / (count + 1)
    return share * (1 - share)


def _korn_graubard(
    estimate: float, variance: float, count: int, freedom: int, confidence: float
) -> tuple[float, float]:
    """The exact interval at the sample size that a plain sample of this precision would have."""
    tail = (1 - confidence) / 2
    plain = estimate * (1 - estimate)
    effective = float(count) if variance == 0 or plain == 0 else plain / variance
    if count > 1:
        few = float(special.stdtrit(max(freedom, 1), tail))
        effective *= (float(special.stdtrit(count - 1, tail)) / few) ** 2
    effective = min(effective, float(count))
    return clopper_pearson(min(estimate * effective, effective), effective, confidence)
