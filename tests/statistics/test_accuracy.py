# SPDX-License-Identifier: Apache-2.0
"""Three accuracies are kept apart, and each interval covers what it claims to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.accuracy import (
    ItemResult,
    benchmark_accuracy,
    family_accuracy,
    generalised_accuracy,
)
from proofhouse.statistics.proportion import clopper_pearson


def results(*rows: tuple[str, int, int, int]) -> list[ItemResult]:
    return [ItemResult(f"{f}/{lv}/{i}", f, lv, s, e) for i, (f, lv, s, e) in enumerate(rows)]


def test_single_epochs_give_the_plain_exact_interval() -> None:
    """One epoch per item: Clopper and Pearson's interval of the items solved."""
    made = benchmark_accuracy(results(*[("a", 1, int(i < 7), 1) for i in range(10)]))
    low, high = clopper_pearson(7, 10)
    assert made.estimate_ppm == 700_000
    assert (made.low_ppm, made.high_ppm) == (math.floor(low * 1e6), math.ceil(high * 1e6))
    assert made.method.startswith("benchmark accuracy")


def test_items_weigh_alike_whatever_their_epochs() -> None:
    """An item with ten epochs counts as much as an item with one."""
    made = benchmark_accuracy(results(("a", 1, 10, 10), ("a", 1, 0, 1)))
    assert made.estimate_ppm == 500_000


def test_more_epochs_narrow_the_benchmark_claim_only() -> None:
    """Repeating the same items sharpens what is said about them, not about items like them."""
    few = results(*[("a", 1, i % 2 * 2, 2) for i in range(20)])
    many = results(*[("a", 1, i % 2 * 20, 20) for i in range(20)])

    def width(share) -> int:  # type: ignore[no-untyped-def]
        return int(share.high_ppm - share.low_ppm)

    assert width(benchmark_accuracy(many)) < width(benchmark_accuracy(few)) / 2
    assert width(generalised_accuracy(many)) == width(generalised_accuracy(few))
    assert width(benchmark_accuracy(many)) < width(generalised_accuracy(many)) / 3


def test_weights_are_the_populations() -> None:
    """A stratum counts by its weight in the population, not by how many items were run."""
    rows = results(*[("a", 1, 1, 1)] * 9, ("a", 2, 0, 1))
    assert generalised_accuracy(rows).estimate_ppm == 900_000
    weighted = generalised_accuracy(rows, {("a", 1): 1, ("a", 2): 3})
    assert weighted.estimate_ppm == 250_000
    assert weighted.high_ppm - weighted.low_ppm > 400_000


def test_strata_solved_altogether_are_not_taken_for_certain() -> None:
    """An easy level all solved and a hard one all failed still leave an interval of some width."""
    rows = results(*[("a", 1, 1, 1)] * 4, *[("a", 2, 0, 1)] * 4)
    made = generalised_accuracy(rows)
    assert made.low_ppm < 350_000
    assert made.high_ppm > 650_000


def simulated_coverage(claim: str) -> float:
    """How often the 95 % interval holds the accuracy it claims, over seeded worlds."""
    random = np.random.default_rng(9)
    held = 0
    for _ in range(400):
        rows: list[ItemResult] = []
        truth: list[float] = []
        for family in range(8):
            gift = random.normal(0, 1.2)
            for level in range(3):
                for index in range(6):
                    p = 1 / (1 + math.exp(-(gift + 1.5 - 1.5 * level + random.normal(0, 0.8))))
                    solved = int(random.binomial(3, p))
                    name = f"f{family}"
                    rows.append(ItemResult(f"{name}/{level}/{index}", name, level, solved, 3))
                    truth.append(p)
        if claim == "benchmark":
            made, value = benchmark_accuracy(rows), float(np.mean(truth))
        else:
            made, value = family_accuracy(rows), 0.5
        held += made.low_ppm <= value * 1e6 <= made.high_ppm
    return held / 400


def test_benchmark_interval_covers_these_items() -> None:
    """The benchmark interval holds these items' true mean in 94 or more of 100 worlds."""
    assert simulated_coverage("benchmark") >= 0.94


def test_family_interval_covers_families_like_these() -> None:
    """With families that differ, only the family interval holds the population's mean."""
    assert simulated_coverage("family") >= 0.93


def test_generalised_interval_covers_new_items() -> None:
    """The generalised interval holds the strata's true mean over newly drawn items."""
    random = np.random.default_rng(10)
    held = 0
    for _ in range(600):
        rows = []
        for level, share in enumerate((0.95, 0.6, 0.05)):
            for index in range(8):
                # An item's own probability is 0 or 1: all the chance lies in drawing the item.
                solved = 2 * int(random.random() < share)
                rows.append(ItemResult(f"a/{level}/{index}", "a", level, solved, 2))
        made = generalised_accuracy(rows)
        held += made.low_ppm <= 1.6 / 3 * 1e6 <= made.high_ppm
    assert held / 600 >= 0.94


def test_one_family_says_nothing_about_families() -> None:
    """A claim about families needs at least two, and two that agree at an end stay uncertain."""
    with pytest.raises(InputError, match="One family"):
        family_accuracy(results(("a", 1, 1, 1), ("a", 1, 0, 1)))
    made = family_accuracy(results(*[("a", 1, 1, 1)] * 30, *[("b", 1, 1, 1)] * 30))
    assert made.estimate_ppm == made.high_ppm == 1_000_000
    assert made.low_ppm == math.floor(clopper_pearson(2, 2)[0] * 1e6)


def test_wrong_results_are_refused() -> None:
    """No items, repeated items, impossible counts and foreign weights are input errors."""
    rows = results(("a", 1, 1, 1), ("b", 1, 0, 1))
    for function in (benchmark_accuracy, generalised_accuracy, family_accuracy):
        with pytest.raises(InputError, match="without items"):
            function([])
        with pytest.raises(InputError, match="listed twice"):
            function([*rows, rows[0]])
    for solved, epochs in ((2, 1), (-1, 1), (0, 0)):
        with pytest.raises(InputError, match="epochs"):
            ItemResult("a", "a", 1, solved, epochs)
    for weights in ({("a", 1): 1}, {("a", 1): 1, ("b", 1): 0}, {("a", 1): 1, ("b", 2): 1}, {}):
        with pytest.raises(InputError, match="weights"):
            generalised_accuracy(rows, weights)
