# SPDX-License-Identifier: Apache-2.0
"""Is it the same model? Two samples of its answers, compared by a kernel test with permutations.

I. Gao, P. Liang, C. Guestrin, "Model Equality Testing: Which Model Is This API Serving?" (2024);
A. Gretton et al., "A Kernel Two-Sample Test", JMLR 13 (2012). For each prompt of a committed probe
set both endpoints answer some ten times. Two answers are alike in the share of places at which
their characters (or tokens) agree, the Hamming kernel

    k(x, y) = Σ over places 1{x_i = y_i} / length            shorter answers are padded

and the statistic is the mean over prompts of the unbiased squared maximum mean discrepancy. Under
"the same model" a prompt's answers can be exchanged between the samples, so shuffling them within
each prompt gives the exact distribution: p = (1 + as large ones) / (1 + permutations), never too
small on average (B. Phipson, G. Smyth 2010).

    equality_test([["ab", "ab"], …], [["ab", "cd"], …], seed=b"…")  →  Equality(p_value_ppm=…)

Limits: about 77 % median power at ten answers a prompt in the paper; a small p says the two differ,
not which is which; a large one proves nothing. Answers sampled at temperature 0 have no spread to
compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofhouse.errors import InputError
from proofhouse.statistics.sprt import generator

Floats = NDArray[np.float64]

Answer = Sequence[str] | str
"""An answer as its tokens, or as text, whose characters then are the places."""


@dataclass(frozen=True, slots=True)
class Equality:
    """The statistic in parts per million, and how often chance alone makes one as large."""

    discrepancy_ppm: int
    p_value_ppm: int
    prompts: int
    permutations: int


def equality_test(
    first: Sequence[Sequence[Answer]],
    second: Sequence[Sequence[Answer]],
    *,
    seed: bytes,
    permutations: int = 1_000,
    length: int = 1_000,
) -> Equality:
    """Compare two samples, each a list of answers per prompt, prompts in the same order.

    ``length``: places that are looked at; what is longer is cut.

    Raises:
        InputError: different numbers of prompts or none, fewer than two answers to a prompt, or
            fewer than 99 permutations.
    """
    if len(first) != len(second) or not first or permutations < 99 or length < 1:
        raise InputError(
            f"Answers to {len(first)} and {len(second)} prompts can't be compared with "
            f"{permutations} permutations.",
            hint="Ask both the same prompts, and draw at least 99 permutations.",
        )
    random = generator(seed, len(first), permutations)
    drawn: Floats = np.zeros(permutations + 1)
    for number, (mine, theirs) in enumerate(zip(first, second, strict=True), start=1):
        if min(len(mine), len(theirs)) < 2:
            raise InputError(
                f"Prompt {number} has {len(mine)} and {len(theirs)} answers.",
                hint="Take at least two of each; ten are usual.",
            )
        kernel = _hamming([*mine, *theirs], length)
        drawn += _discrepancies(kernel, len(mine), permutations, random) / len(first)
    # Equal statistics computed in another order differ in the last bits.
    as_large = int((drawn[1:] >= drawn[0] - 1e-12).sum())
    return Equality(
        discrepancy_ppm=round(float(drawn[0]) * 1e6),
        p_value_ppm=math.ceil((1 + as_large) / (1 + permutations) * 1e6),
        prompts=len(first),
        permutations=permutations,
    )


def _hamming(answers: Sequence[Answer], length: int) -> Floats:
    """The kernel of all pairs; padding agrees with padding, so lengths count too."""
    number: dict[str, int] = {}
    longest = max(1, min(length, max(len(answer) for answer in answers)))
    table = np.zeros((len(answers), longest), np.int64)
    for row, answer in enumerate(answers):
        for place, token in enumerate(answer[:longest]):
            table[row, place] = number.setdefault(token, len(number) + 1)
    return np.asarray((table[:, None, :] == table[None, :, :]).mean(axis=2))


def _discrepancies(
    kernel: Floats, count: int, permutations: int, random: np.random.Generator
) -> Floats:
    """The unbiased squared discrepancy of the split as it is, then of shuffled ones."""
    total = len(kernel)
    sides = np.zeros((permutations + 1, total))
    sides[0, :count] = 1.0
    for row in sides[1:]:
        row[random.permutation(total)[:count]] = 1.0
    others = 1.0 - sides
    rest = total - count
    own = np.diag(kernel)
    within = ((sides @ kernel) * sides).sum(axis=1) - sides @ own
    beyond = ((others @ kernel) * others).sum(axis=1) - others @ own
    between = ((sides @ kernel) * others).sum(axis=1)
    return np.asarray(
        within / (count * (count - 1)) + beyond / (rest * (rest - 1)) - 2 * between / (count * rest)
    )
