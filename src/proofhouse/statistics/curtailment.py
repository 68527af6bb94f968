# SPDX-License-Identifier: Apache-2.0
"""Curtailment: when the items that are left can no longer decide, or hardly can.

M. Finkelman, "On using stochastic curtailment to shorten the SPRT in sequential mastery testing",
Journal of Educational and Behavioral Statistics 33 (2008). A plan is finite; after some batches

* `open_sides` says exactly, from integers, which boundaries the items left could still reach, if
  all of them were solved or all failed. With neither in reach the answer can only be INCONCLUSIVE,
  and running on buys nothing.
* `chances` says how likely each outcome still is for a model of a given ability, by simulation.
  A run that is stopped because a decision has become unlikely says INCONCLUSIVE: curtailment saves
  tokens and never turns an undecided run into a decision, so it adds no error of its own.

Limits: `chances` takes difficulties for known and outcomes for independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proofhouse.errors import InputError
from proofhouse.rules.determination import Plan
from proofhouse.statistics.rasch import probability
from proofhouse.statistics.sprt import generator


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each outcome still is, in parts per million."""

    covered_ppm: int
    not_covered_ppm: int
    inconclusive_ppm: int


def open_sides(plan: Plan, taken: int, evidence_micronats: int) -> tuple[bool, bool]:
    """Whether COVERED and NOT_COVERED can still be reached after ``taken`` items.

    Evidence is read at the ends of complete batches with at least ``minimum_items`` taken.

    Raises:
        InputError: ``taken`` is not the end of a batch.
    """
    covered = not_covered = False
    for _, most, least in _ends(plan, taken, evidence_micronats):
        covered |= most >= plan.upper_micronats
        not_covered |= least <= plan.lower_micronats
    return covered, not_covered


def chances(
    plan: Plan,
    taken: int,
    evidence_micronats: int,
    ability_micrologits: int,
    *,
    seed: bytes,
    runs: int = 4_000,
) -> Chances:
    """What the rest of the plan would come to, for a model of this ability.

    Raises:
        InputError: ``taken`` is not the end of a batch, or fewer than 100 runs.
    """
    if runs < 100:
        raise InputError(f"{runs} runs say little.", hint="Simulate at least 100.")
    read = [end for end, _, _ in _ends(plan, taken, evidence_micronats)]
    left = plan.items[taken:]
    if not left or not read:
        return Chances(0, 0, 1_000_000)
    difficulty = np.array([item.difficulty_micrologits for item in left]) / 1e6
    slope = np.array([item.slope_ppm for item in left]) / 1e6
    random = generator(seed, taken, ability_micrologits)
    chance = probability(ability_micrologits / 1e6, difficulty, slope)
    solved = random.random((runs, len(left))) < chance
    weights = np.where(
        solved,
        np.array([item.solved_micronats for item in left], np.int64),
        np.array([item.failed_micronats for item in left], np.int64),
    )
    paths = evidence_micronats + weights.cumsum(axis=1)[:, np.array(read) - taken - 1]
    way = (paths >= plan.upper_micronats).astype(int) - (paths <= plan.lower_micronats)
    first = np.take_along_axis(way, np.argmax(way != 0, axis=1)[:, None], axis=1)[:, 0]
    covered, not_covered = (round(float((first == sign).mean()) * 1e6) for sign in (1, -1))
    return Chances(covered, not_covered, 1_000_000 - covered - not_covered)


def _ends(plan: Plan, taken: int, evidence: int) -> list[tuple[int, int, int]]:
    """Each later reading: items taken by then, the most and the least the evidence may be."""
    count = len(plan.items)
    if not 0 <= taken <= count or (taken % plan.batch_size and taken != count):
        raise InputError(
            f"{taken} items are not the end of a batch.",
            hint=f"Batches hold {plan.batch_size} of {count} items.",
        )
    ends, most, least = [], evidence, evidence
    for place, item in enumerate(plan.items[taken:], start=taken + 1):
        most += item.solved_micronats
        least += item.failed_micronats
        whole = place % plan.batch_size == 0 or place == count
        if whole and place >= plan.minimum_items:
            ends.append((place, most, least))
    return ends
