# SPDX-License-Identifier: Apache-2.0
"""Simulation before claims: what a plan really errs, takes and gives away, and why it is refused.

    made = check(plan, bank, Limits(), seed=seed)
    made.refusals     ()  or  ("item difficulties stray by 1 logit: wrong COVERED …", …)
    insist(made)      raises RefusedError with these sentences

Wald's alpha and beta hold for a scale that is exactly right. So the plan is played under five
scenarios, and each of its two errors at the zone's edges is bounded from above by its exact
one-sided Monte Carlo bound (Clopper & Pearson 1934):

| scenario | what is true |
|---|---|
| as stated | the scale is right |
| slopes −30 %, slopes +30 % | items tell apart less, or more, than stated |
| items stray | true difficulties lie 1 logit (standard deviation) beside the stated ones |
| families stray | the model's affinity to each family is drawn anew; items stray as calibrated |

A plan is refused if such a bound exceeds alpha or beta in any scenario, if the bound of
INCONCLUSIVE at an edge exceeds the declared share, or if its prompts tell more about the cut than
the declared leakage budget (`leakage`). `build_checked` looks for a plan that passes: with less
trust in the slopes each item counts for less, so that the test takes longer and errs less.

Limits: it bounds errors at the edges, and by monotony beyond them; inside the zone nothing is
promised. With one family its affinity can't be told from ability: only a wide zone helps. The
scenarios are one at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse.errors import InputError, RefusedError
from proofhouse.rules.determination import Plan
from proofhouse.statistics.leakage import Leakage
from proofhouse.statistics.plan import Bank, build_plan, leak
from proofhouse.statistics.proportion import upper_bound
from proofhouse.statistics.selection import Mix
from proofhouse.statistics.sprt import Point, Scale, play, point_of

RUNS = 3_000
CURVE_THINNER = 5
"""The curve beside the zone's edges, which decides nothing, takes a fifth of the runs."""

TRUSTS_PPM = (1_000_000, 850_000, 700_000, 600_000, 500_000)
_ABILITIES = (-4, -3, -2, -1, 0, 1, 2, 3, 4)  # half zones away from the cut


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan declares beside alpha and beta.

    ``inconclusive_ppm``: the largest share of INCONCLUSIVE at the zone's edges.
    ``leakage_millibits``: how much the prompts may tell about the cut; 1,000 halve the range in
    which it may lie.
    """

    inconclusive_ppm: int = 200_000
    leakage_millibits: int = 3_000

    def __post_init__(self) -> None:
        if not 0 <= self.inconclusive_ppm <= 1_000_000 or self.leakage_millibits < 0:
            raise InputError(
                f"{self.inconclusive_ppm} ppm INCONCLUSIVE and {self.leakage_millibits} millibits "
                "are no limits.",
                hint="The share is 0 to 1,000,000 ppm, the leakage 0 or more.",
            )


@dataclass(frozen=True, slots=True)
class Spreads:
    """How far this bank's items, and a model's affinity to its families, are known to stray.

    Micro-logits. The family spread is that of models' affinities in published cyber responses,
    0.5 logits (`benchmarks/determination/table.py` prints what the records say); the item spread of
    the calibrated bank goes with it.
    """

    family_sd_micrologits: int = 500_000
    item_sd_micrologits: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which the scale may be wrong, in words and numbers."""

    name: str
    scale: Scale


@dataclass(frozen=True, slots=True)
class Played:
    """A plan under one scenario: shares at the zone's edges in ppm with their upper bounds."""

    scenario: Scenario
    false_covered_ppm: int
    false_covered_upper_ppm: int
    false_not_covered_ppm: int
    false_not_covered_upper_ppm: int
    inconclusive_ppm: int
    inconclusive_upper_ppm: int
    points: tuple[Point, ...]

    def to_dict(self) -> dict[str, object]:
        """The canonical object."""
        scale = self.scenario.scale
        return {
            "scenario": self.scenario.name,
            "familySdMicrologits": scale.family_sd_micrologits,
            "levelSdMicrologits": scale.level_sd_micrologits,
            "itemSdMicrologits": scale.item_sd_micrologits,
            "slopePpm": scale.slope_ppm,
            "falseCoveredPpm": self.false_covered_ppm,
            "falseCoveredUpperPpm": self.false_covered_upper_ppm,
            "falseNotCoveredPpm": self.false_not_covered_ppm,
            "falseNotCoveredUpperPpm": self.false_not_covered_upper_ppm,
            "inconclusivePpm": self.inconclusive_ppm,
            "inconclusiveUpperPpm": self.inconclusive_upper_ppm,
            "points": [point.to_dict() for point in self.points],
        }


@dataclass(frozen=True, slots=True)
class Check:
    """What a plan comes to. It may be registered if ``refusals`` is empty."""

    played: tuple[Played, ...]
    leakage: Leakage
    limits: Limits
    runs: int
    confidence_ppm: int
    refusals: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """The canonical object; as confidential as the plan, since abilities lie about the cut."""
        return {
            "scenarios": [each.to_dict() for each in self.played],
            "leakageMillibits": self.leakage.information_millibits,
            "leakageWidthMicrologits": self.leakage.width_micrologits,
            "leakageRangeMicrologits": self.leakage.range_micrologits,
            "declaredInconclusivePpm": self.limits.inconclusive_ppm,
            "declaredLeakageMillibits": self.limits.leakage_millibits,
            "runs": self.runs,
            "confidencePpm": self.confidence_ppm,
            "refusals": list(self.refusals),
        }


def scenarios(spreads: Spreads) -> tuple[Scenario, ...]:
    """The five ways in which a plan is played."""
    stray = Scale(
        family_sd_micrologits=spreads.family_sd_micrologits,
        item_sd_micrologits=spreads.item_sd_micrologits,
    )
    return (
        Scenario("as stated", Scale()),
        Scenario("slopes −30 %", Scale(slope_ppm=700_000)),
        Scenario("slopes +30 %", Scale(slope_ppm=1_300_000)),
        Scenario("items stray", Scale(item_sd_micrologits=1_000_000)),
        Scenario("families stray", stray),
    )


def check(
    plan: Plan,
    bank: Bank,
    limits: Limits,
    *,
    seed: bytes,
    spreads: Spreads | None = None,
    mix: Mix | None = None,
    trust_ppm: int = 1_000_000,
    runs: int = RUNS,
    curve: bool = False,
    confidence: float = 0.95,
) -> Check:
    """Play a plan under every scenario and say what would refuse it.

    Args:
        plan: as it would be registered.
        bank: what it was built from, with ``mix``, for the leakage.
        limits: what it declares beside alpha and beta.
        seed: of the simulation; any bytes.
        spreads: of families and items; the default is that of published cyber responses.
        mix: as `build_plan` was given.
        trust_ppm: by how much the plan's slopes were taken back (`build_checked`): scenarios are
            about the scale's own slopes.
        runs: per edge and scenario.
        curve: also play abilities from two zones below the cut to two above it.
        confidence: of the upper bounds.

    Raises:
        InputError: fewer than 100 runs, or a plan that was not built from this bank.
    """
    if runs < 100 or not 0 < confidence < 1 or not 0 < trust_ppm <= 1_000_000:
        raise InputError(
            f"{runs} runs at a confidence of {confidence} and a trust of {trust_ppm} ppm bound "
            "nothing.",
            hint="Play at least 100 runs; the confidence lies between 0 and 1, the trust is 1 to "
            "1,000,000 ppm.",
        )
    played = tuple(
        _play(plan, scenario, trust_ppm, runs, seed, curve, confidence)
        for scenario in scenarios(spreads or Spreads())
    )
    leakage = leak(plan, bank, mix=mix)
    return Check(
        played=played,
        leakage=leakage,
        limits=limits,
        runs=runs,
        confidence_ppm=round(confidence * 1e6),
        refusals=_refusals(plan, played, leakage, limits),
    )


def insist(made: Check) -> None:
    """Refuse a plan that fails its check.

    Raises:
        RefusedError: with a sentence per failure.
    """
    if made.refusals:
        raise RefusedError(
            "The plan promises what simulation doesn't bear out: " + "; ".join(made.refusals) + ".",
            rule="plan simulation",
            hint="Take more items or families, a wider zone, larger errors, or less trust in the "
            "slopes; declare a larger share of INCONCLUSIVE or leakage only if you can pay it.",
        )


def build_checked(
    bank: Bank,
    cut: int,
    zone: int,
    alpha_ppm: int,
    beta_ppm: int,
    batch_size: int,
    minimum_items: int,
    maximum_items: int,
    seed: bytes,
    limits: Limits,
    *,
    slope_ppm: int = 1_000_000,
    mix: Mix | None = None,
    spreads: Spreads | None = None,
    runs: int = RUNS,
    refuse: bool = True,
) -> tuple[Plan, Check]:
    """The plan that trusts the slopes most and still passes; the same arguments, the same plan.

    The order of items does not depend on the trust, so what is tried gives nothing away. If none
    passes: the plan with the fewest refusals, or with ``refuse`` no plan.

    Raises:
        InputError: as for `plan.build_plan`.
        RefusedError: no trust makes a plan that passes; a sentence per failure.
    """
    best: tuple[Plan, Check] | None = None
    for trust in TRUSTS_PPM:
        try:
            plan = build_plan(
                bank, cut, zone, alpha_ppm, beta_ppm, batch_size, minimum_items, maximum_items,
                seed, slope_ppm=slope_ppm * trust // 1_000_000, mix=mix,
            )  # fmt: skip
        except InputError:
            if best is None:
                raise
            break
        made = check(
            plan, bank, limits, seed=seed, spreads=spreads, mix=mix, trust_ppm=trust, runs=runs
        )
        if best is None or len(made.refusals) < len(best[1].refusals):
            best = plan, made
        if not made.refusals:
            break
    assert best is not None
    if refuse:
        insist(best[1])
    return best


def _play(
    plan: Plan,
    scenario: Scenario,
    trust_ppm: int,
    runs: int,
    seed: bytes,
    curve: bool,
    confidence: float,
) -> Played:
    scale = scenario.scale
    true = Scale(
        family_sd_micrologits=scale.family_sd_micrologits,
        level_sd_micrologits=scale.level_sd_micrologits,
        item_sd_micrologits=scale.item_sd_micrologits,
        slope_ppm=round(scale.slope_ppm * 1_000_000 / trust_ppm),
    )
    cut, zone = plan.cut_micrologits, plan.zone_micrologits
    abilities = [cut - zone, cut + zone]
    if curve:
        abilities = [cut + half * zone // 2 for half in _ABILITIES]
    points: dict[int, Point] = {}
    counts: dict[int, tuple[int, int]] = {}
    for ability in abilities:
        many = runs if ability in (cut - zone, cut + zone) else max(runs // CURVE_THINNER, 1)
        made = play(plan, ability, many, seed + scenario.name.encode(), true)
        counts[ability] = int((made.verdict == 1).sum()), int((made.verdict == -1).sum())
        points[ability] = point_of(ability, *counts[ability], many, made.items, confidence)
    low, high = counts[cut - zone], counts[cut + zone]
    undecided = max(runs - sum(low), runs - sum(high))

    def upper(count: int) -> int:
        return math.ceil(upper_bound(count, runs, confidence) * 1e6)

    return Played(
        scenario=scenario,
        false_covered_ppm=round(low[0] / runs * 1e6),
        false_covered_upper_ppm=upper(low[0]),
        false_not_covered_ppm=round(high[1] / runs * 1e6),
        false_not_covered_upper_ppm=upper(high[1]),
        inconclusive_ppm=round(undecided / runs * 1e6),
        inconclusive_upper_ppm=upper(undecided),
        points=tuple(points[ability] for ability in sorted(points)),
    )


def _refusals(
    plan: Plan, played: Sequence[Played], leakage: Leakage, limits: Limits
) -> tuple[str, ...]:
    found = []
    for each in played:
        for what, bound, allowed in (
            ("wrong COVERED", each.false_covered_upper_ppm, plan.alpha_ppm),
            ("wrong NOT_COVERED", each.false_not_covered_upper_ppm, plan.beta_ppm),
            ("INCONCLUSIVE", each.inconclusive_upper_ppm, limits.inconclusive_ppm),
        ):
            if bound > allowed:
                found.append(
                    f"{each.scenario.name}: {what} at the zone's edge up to {bound / 1e4:.1f} %, "
                    f"declared {allowed / 1e4:.1f} %"
                )
    if leakage.information_millibits > limits.leakage_millibits:
        found.append(
            f"the prompts tell {leakage.information_millibits / 1e3:.1f} bits about the cut, "
            f"declared {limits.leakage_millibits / 1e3:.1f}"
        )
    return tuple(found)
