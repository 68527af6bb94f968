# SPDX-License-Identifier: Apache-2.0
"""The next items are those that move the evidence most, families by turns, within the bank."""

from __future__ import annotations

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.rules.determination import log_likelihood_weights
from proofhouse.statistics.expected import Bank, choose, expected_ratio

BANK = Bank(np.linspace(-3, 3, 60), np.ones(60), np.arange(60) % 3)


def test_expectation_is_over_the_kernels_weights() -> None:
    """The expected ratio weighs the kernel's two weights by the chance of solving."""
    value = expected_ratio(BANK, 0.4, -0.5, 0.5)
    for place in (0, 17, 59):
        b = float(BANK.difficulty[place])
        solved, failed = log_likelihood_weights(round(b * 1e6), 1_000_000, 0, 500_000)
        p = 1 / (1 + np.exp(b - 0.4))
        assert value[place] == pytest.approx((p * solved + (1 - p) * failed) / 1e6, abs=2e-6)


def test_best_items_first_and_families_by_turns() -> None:
    """Six items come two from each family, all among its best, none twice and none taken."""
    taken = np.zeros(60, bool)
    taken[[28, 29, 30]] = True
    chosen = choose(BANK, taken, 0.9, -0.5, 0.5, 6, np.random.default_rng(1))
    assert len(set(chosen.tolist())) == 6
    assert not taken[chosen].any()
    value = np.abs(expected_ratio(BANK, 0.9, -0.5, 0.5))
    for family in range(3):
        mine = chosen[BANK.family[chosen] == family]
        assert len(mine) == 2
        left = np.flatnonzero((BANK.family == family) & ~taken)
        assert set(mine) <= set(left[np.argsort(-value[left])[:4]])


def test_what_is_left_is_all_there_is() -> None:
    """A bank that runs out gives what it has."""
    taken = np.ones(60, bool)
    taken[[4, 5]] = False
    assert sorted(choose(BANK, taken, 0.0, -1.0, 1.0, 5, np.random.default_rng(1))) == [4, 5]


def test_edges_are_in_order() -> None:
    """Edges that coincide or cross are refused."""
    with pytest.raises(InputError):
        choose(BANK, np.zeros(60, bool), 0.0, 1.0, 1.0, 5, np.random.default_rng(1))
