# SPDX-License-Identifier: Apache-2.0
"""Fewer right than by guessing: a sign of answers withheld on purpose.

Symptom-validity testing (L. Binder 1993; R. Rogers 1997): whoever knows nothing guesses right with
the chance of each question; doing significantly worse takes knowledge. The number right under
guessing is a sum of unlike coins (S. D. Poisson 1837), whose distribution is computed exactly by
adding one question after the other.

    below_chance(7, [250_000] * 60)  →  p_value_ppm = 8779

Limits: it needs questions that can be guessed. An item that nobody solves by chance has nothing
below it, and then the test is refused rather than passed. A model that fails selectively, or as
often as a guesser does, isn't seen. The flag's false-alarm rate is the level it is read at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proofhouse.errors import InputError


@dataclass(frozen=True, slots=True)
class BelowChance:
    """How many were right, how many guessing gives on average, and the exact one-sided p-value."""

    correct: int
    questions: int
    expected_milli: int
    p_value_ppm: int


def below_chance(correct: int, chances_ppm: Sequence[int]) -> BelowChance:
    """The probability that guessing gets ``correct`` or fewer right, rounded up to ppm.

    Args:
        correct: questions answered rightly.
        chances_ppm: each question's chance of a right guess, 1 to 999,999.

    Raises:
        InputError: a chance out of range, or not 0 ≤ correct ≤ questions.
    """
    for place, chance in enumerate(chances_ppm, start=1):
        if not 0 < chance < 1_000_000:
            raise InputError(
                f"Question {place} is guessed with {chance} ppm.",
                hint="Only questions with a chance from 1 to 999,999 ppm can be tested.",
            )
    if not chances_ppm or not 0 <= correct <= len(chances_ppm):
        raise InputError(
            f"{correct} of {len(chances_ppm)} questions can't be right.",
            hint="Give at least one question, and no more right ones than questions.",
        )
    distribution = np.array([1.0])
    for chance in chances_ppm:
        p = chance / 1e6
        distribution = np.convolve(distribution, [1 - p, p])
    tail = min(1.0, float(distribution[: correct + 1].sum()))
    return BelowChance(
        correct=correct,
        questions=len(chances_ppm),
        expected_milli=round(sum(chances_ppm) / 1000),
        # Rounding up, and past the error of the sums: a p-value is never stated too small.
        p_value_ppm=min(1_000_000, math.ceil(tail * 1e6 * (1 + 1e-9))),
    )
