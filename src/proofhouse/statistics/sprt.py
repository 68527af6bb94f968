# SPDX-License-Identifier: Apache-2.0
"""The sequential test, many runs at once: how often a plan errs, and how long it takes.

A. Wald, "Sequential tests of statistical hypotheses" (1945); on an item response scale M. D.
Reckase (1983), T. J. H. M. Eggen (1999), N. A. Thompson (2007). The rule itself is
`proofhouse.rules.determination`; `decide` plays the same rule on arrays, held to it by a test.

**Which error is stated.** Wald's alpha and beta hold for a scale that is exactly right. A real
model meets items that are redrawn, families it likes more or less than the calibration sample did,
and levels whose difficulty is an estimate. So a run first draws what the scale hides, then answers:

    true difficulty = difficulty + family·N(0,1) + level·N(0,1) + item·N(0,1)
                                   one per family  one per family  one per item
                                                   and level
    true slope      = slope · a factor

and the error rates are averages over those draws, each with an exact upper bound.

Limits: the errors are normal and independent between families; outcomes are independent given
them. Seeds are reproducible for one version of numpy's Philox generator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofhouse.errors import InputError
from proofhouse.rules.determination import Plan
from proofhouse.statistics.proportion import Share, clopper_pearson, upper_bound
from proofhouse.statistics.rasch import probability

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

_CHUNK = 2_000_000  # outcomes held at once: 16 MB as doubles


@dataclass(frozen=True, slots=True)
class Scale:
    """How far the truth strays from the scale.

    Standard deviations of true difficulties in micro-logits; ``slope_ppm``: true slopes as a part
    of the stated ones.
    """

    family_sd_micrologits: int = 0
    level_sd_micrologits: int = 0
    item_sd_micrologits: int = 0
    slope_ppm: int = 1_000_000

    def __post_init__(self) -> None:
        if min(self.family_sd_micrologits, self.level_sd_micrologits, self.item_sd_micrologits) < 0:
            raise InputError(
                "A standard deviation of the scale is negative.", hint="Give 0 for none."
            )
        if self.slope_ppm < 1:
            raise InputError("The scale's slopes are not positive.", hint="Give 1 ppm or more.")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of each run: 1 COVERED, −1 NOT_COVERED, 0 INCONCLUSIVE; and the items taken."""

    verdict: NDArray[np.int8]
    items: Integers


@dataclass(frozen=True, slots=True)
class Point:
    """How the plan behaves for models of one ability."""

    ability_micrologits: int
    covered: Share
    not_covered: Share
    inconclusive: Share
    mean_items_milli: int
    items_95th: int

    def to_dict(self) -> dict[str, object]:
        """The canonical object of the point."""
        return {
            "abilityMicrologits": self.ability_micrologits,
            "covered": self.covered.to_dict(),
            "notCovered": self.not_covered.to_dict(),
            "inconclusive": self.inconclusive.to_dict(),
            "meanItemsMilli": self.mean_items_milli,
            "items95th": self.items_95th,
        }


@dataclass(frozen=True, slots=True)
class OperatingCharacteristic:
    """A plan's behaviour over abilities, and its two errors at the zone's edges.

    ``false_covered_*``: COVERED though the ability is cut − zone; ``false_not_covered_*``:
    NOT_COVERED though it is cut + zone; the shares seen and their exact one-sided upper bounds.
    """

    false_covered_ppm: int
    false_covered_upper_ppm: int
    false_not_covered_ppm: int
    false_not_covered_upper_ppm: int
    confidence_ppm: int
    runs: int
    scale: Scale
    missing_ppm: int
    points: tuple[Point, ...]

    def to_dict(self) -> dict[str, object]:
        """The canonical object of the characteristic."""
        return {
            "falseCoveredPpm": self.false_covered_ppm,
            "falseCoveredUpperPpm": self.false_covered_upper_ppm,
            "falseNotCoveredPpm": self.false_not_covered_ppm,
            "falseNotCoveredUpperPpm": self.false_not_covered_upper_ppm,
            "confidencePpm": self.confidence_ppm,
            "runs": self.runs,
            "familySdMicrologits": self.scale.family_sd_micrologits,
            "levelSdMicrologits": self.scale.level_sd_micrologits,
            "itemSdMicrologits": self.scale.item_sd_micrologits,
            "slopePpm": self.scale.slope_ppm,
            "missingPpm": self.missing_ppm,
            "points": [point.to_dict() for point in self.points],
        }


@dataclass(frozen=True, slots=True)
class Boundaries:
    """When a test looks and when it stops; the integers of a plan without its items."""

    batch_size: int
    minimum_items: int
    lower_micronats: int
    upper_micronats: int

    @classmethod
    def of(cls, plan: Plan) -> Boundaries:
        """The boundaries of a plan."""
        return cls(plan.batch_size, plan.minimum_items, plan.lower_micronats, plan.upper_micronats)


def decide(
    boundaries: Boundaries,
    solved_micronats: Integers,
    failed_micronats: Integers,
    solved: Bools,
    missing: Bools | None = None,
) -> Decisions:
    """Play `rules.determination` on many complete runs.

    Args:
        boundaries: of the plan.
        solved_micronats: weights of a solved item; shape (items,) or (runs, items).
        failed_micronats: weights of a failed item; same shape.
        solved: outcomes, shape (runs, items), in the order in which items are taken.
        missing: items whose outcome is missing, same shape; None for no missing ones.
    """
    gone = np.zeros_like(solved) if missing is None else missing
    count = solved.shape[1]
    ends = np.append(np.arange(boundaries.batch_size, count, boundaries.batch_size), count)
    read = ends[ends >= min(boundaries.minimum_items, count)] - 1
    paths = []
    for right in (solved & ~gone, solved | gone):
        evidence = np.where(right, solved_micronats, failed_micronats).cumsum(axis=1)[:, read]
        paths.append(_first_crossing(boundaries, evidence))
    (low_way, low_at), (high_way, high_at) = paths
    covered, not_covered = low_way == 1, high_way == -1
    torn = (low_way == -1) & (high_way == 1)
    stop = np.full(len(solved), len(read) - 1)
    stop = np.where(covered, low_at, stop)
    stop = np.where(not_covered, high_at, stop)
    stop = np.where(torn, np.maximum(low_at, high_at), stop)
    verdict = covered.astype(np.int8) - not_covered.astype(np.int8)
    return Decisions(verdict=verdict, items=(read[stop] + 1).astype(np.int64))


def _first_crossing(boundaries: Boundaries, evidence: Integers) -> tuple[Integers, Integers]:
    """The direction of each path's first crossing (0: none) and at which reading it happens."""
    way = (evidence >= boundaries.upper_micronats).astype(np.int64)
    way -= evidence <= boundaries.lower_micronats
    at = np.argmax(way != 0, axis=1)
    return np.take_along_axis(way, at[:, None], axis=1)[:, 0], at


def operating_characteristic(
    plan: Plan,
    abilities_micrologits: Sequence[int],
    runs: int,
    seed: bytes,
    *,
    scale: Scale | None = None,
    missing_ppm: int = 0,
    confidence: float = 0.95,
) -> OperatingCharacteristic:
    """Simulate ``runs`` runs at each ability and at both edges of the zone.

    Missing outcomes strike items at random, ``missing_ppm`` of them.

    Raises:
        InputError: fewer than 100 runs, or ``missing_ppm`` outside 0 to 1,000,000.
    """
    if runs < 100 or not 0 <= missing_ppm <= 1_000_000:
        raise InputError(
            f"{runs} runs with {missing_ppm} ppm missing can't be simulated.",
            hint="Ask for at least 100 runs and 0 to 1,000,000 ppm.",
        )
    strays = scale or Scale()
    edges = (
        plan.cut_micrologits - plan.zone_micrologits,
        plan.cut_micrologits + plan.zone_micrologits,
    )
    counts: dict[int, tuple[int, int]] = {}
    points = []
    for ability in sorted({*abilities_micrologits, *edges}):
        made = play(plan, ability, runs, seed, strays, missing_ppm)
        covered = int((made.verdict == 1).sum())
        not_covered = int((made.verdict == -1).sum())
        counts[ability] = covered, not_covered
        points.append(point_of(ability, covered, not_covered, runs, made.items, confidence))
    false_covered, false_not = counts[edges[0]][0], counts[edges[1]][1]
    return OperatingCharacteristic(
        false_covered_ppm=round(false_covered / runs * 1e6),
        false_covered_upper_ppm=int(np.ceil(upper_bound(false_covered, runs, confidence) * 1e6)),
        false_not_covered_ppm=round(false_not / runs * 1e6),
        false_not_covered_upper_ppm=int(np.ceil(upper_bound(false_not, runs, confidence) * 1e6)),
        confidence_ppm=round(confidence * 1e6),
        runs=runs,
        scale=strays,
        missing_ppm=missing_ppm,
        points=tuple(points),
    )


def generator(seed: bytes, *labels: int) -> np.random.Generator:
    """A random generator that depends on the seed and the labels alone."""
    text = b"proofhouse/simulation/v1\n" + repr(labels).encode() + b"\n" + seed
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_sha256(text)[:16], "big")))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def point_of(
    ability: int, covered: int, not_covered: int, runs: int, items: Integers, confidence: float
) -> Point:
    """The behaviour at one ability (micro-logits), from counts and the items of each run."""

    def share(count: int) -> Share:
        interval = clopper_pearson(count, runs, confidence)
        return Share.of(count / runs, interval, confidence, "Clopper-Pearson")

    return Point(
        ability_micrologits=ability,
        covered=share(covered),
        not_covered=share(not_covered),
        inconclusive=share(runs - covered - not_covered),
        mean_items_milli=round(float(items.mean()) * 1000),
        items_95th=int(np.percentile(items, 95, method="higher")),
    )


def play(
    plan: Plan, ability: int, runs: int, seed: bytes, scale: Scale, missing_ppm: int = 0
) -> Decisions:
    """What becomes of ``runs`` runs of models of one ability (micro-logits)."""
    random = generator(seed, ability)
    stated = np.array([item.difficulty_micrologits for item in plan.items]) / 1e6
    slope = np.array([item.slope_ppm for item in plan.items]) / 1e6 * (scale.slope_ppm / 1e6)
    solved_weight = np.array([item.solved_micronats for item in plan.items], np.int64)
    failed_weight = np.array([item.failed_micronats for item in plan.items], np.int64)
    boundaries = Boundaries.of(plan)
    size = max(1, _CHUNK // len(plan.items))
    parts = []
    for start in range(0, runs, size):
        here = min(size, runs - start)
        true = stated + _strays(plan, here, random, scale)
        solved = random.random(true.shape) < probability(ability / 1e6, true, slope)
        missing = random.random(true.shape) < missing_ppm / 1e6 if missing_ppm else None
        parts.append(decide(boundaries, solved_weight, failed_weight, solved, missing))
    return Decisions(
        verdict=np.concatenate([part.verdict for part in parts]),
        items=np.concatenate([part.items for part in parts]),
    )


def _strays(plan: Plan, runs: int, random: np.random.Generator, scale: Scale) -> Floats:
    """How far the true difficulties lie from the stated ones, in logits; shape (runs, items)."""
    total = np.zeros((runs, len(plan.items)))
    for spread, groups in (
        (scale.family_sd_micrologits, [(item.family,) for item in plan.items]),
        (scale.level_sd_micrologits, [(item.family, item.level) for item in plan.items]),
        (scale.item_sd_micrologits, [(item.id,) for item in plan.items]),
    ):
        if spread:
            distinct = sorted(set(groups), key=repr)
            place = [distinct.index(group) for group in groups]
            total += spread / 1e6 * random.standard_normal((runs, len(distinct)))[:, place]
    return total
