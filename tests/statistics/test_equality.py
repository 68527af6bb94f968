# SPDX-License-Identifier: Apache-2.0
"""Two samples of one model are told apart as rarely as the level says; two models soon are."""

from __future__ import annotations

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.statistics.equality import _hamming, equality_test


def answers(random: np.random.Generator, letters: str, prompts: int, count: int) -> list[list[str]]:
    weight = np.arange(1, len(letters) + 1)
    return [
        ["".join(random.choice(list(letters), 12, p=weight / weight.sum())) for _ in range(count)]
        for _ in range(prompts)
    ]


def test_kernel_is_the_share_of_equal_places() -> None:
    """Places beyond the end of both agree, beyond the end of one don't; long answers are cut."""
    kernel = _hamming(["abcd", "abxd", "ab"], 1_000)
    assert kernel[0].tolist() == [1.0, 0.75, 0.5]
    assert _hamming(["abcd", "abxd"], 2)[0, 1] == 1.0
    assert _hamming([("to", "ken"), ("to", "be")], 9)[0, 1] == 0.5


def test_statistic_is_the_unbiased_discrepancy() -> None:
    """The statistic is the mean over pairs within either sample less that across."""
    first, second = ["aa", "ab", "bb"], ["aa", "cc"]
    made = equality_test([first], [second], seed=b"s", permutations=99)
    k = _hamming([*first, *second], 9)
    within = (k[0, 1] + k[0, 2] + k[1, 2]) / 3 + k[3, 4]
    across = k[:3, 3:].mean()
    assert made.discrepancy_ppm == round((within - 2 * across) * 1e6)


def test_false_alarms_are_as_rare_as_the_level() -> None:
    """One model against itself: p is below 10 % in about 10 % of 200 comparisons."""
    random = np.random.default_rng(6)
    alarms = sum(
        equality_test(
            answers(random, "abc", 4, 6), answers(random, "abc", 4, 6),
            seed=bytes([trial]), permutations=99,
        ).p_value_ppm <= 100_000
        for trial in range(200)
    )  # fmt: skip
    assert 8 <= alarms <= 34


def test_another_model_is_seen() -> None:
    """A model with other habits is told apart on ten prompts of ten answers."""
    random = np.random.default_rng(7)
    made = equality_test(
        answers(random, "abc", 10, 10), answers(random, "cba", 10, 10), seed=b"s", permutations=999
    )
    assert made.p_value_ppm == 1_000
    assert (made.prompts, made.permutations) == (10, 999)


def test_samples_that_cannot_be_compared() -> None:
    """Other prompts, too few answers and too few permutations are refused."""
    for first, second, permutations in (
        ([["a", "b"]], [], 99),
        ([], [], 99),
        ([["a"]], [["a", "b"]], 99),
        ([["a", "b"]], [["a", "b"]], 98),
    ):
        with pytest.raises(InputError):
            equality_test(first, second, seed=b"s", permutations=permutations)
