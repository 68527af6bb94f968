# SPDX-License-Identifier: Apache-2.0
"""What a desk calls before a plan is frozen: build it, simulate it, say what it leaks.

    bank = [("memory-flaw/3/07", 400_000), …]           what may be taken, with its difficulty
    plan = build_plan(bank, cut=0, zone=693_147, alpha_ppm=50_000, beta_ppm=50_000, batch_size=5,
                      minimum_items=10, maximum_items=60, seed=seed)
    simulate(plan, seed=seed).false_covered_upper_ppm   the error that may be stated
    leak(plan, bank, seed=…)                            how narrowly a reader places the cut

The plan comes out as `rules.determination.Plan`; its ``to_dict()`` is what is sealed. Items near
the cut carry the evidence and are drawn at random from the nearest; some are drawn without regard
to the cut, so that prompts do not give it away (`selection`, `leakage`).

Limits: the seed is secret until the bank is opened, else the observer knows which items were drawn
regardless of the cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from proofhouse.errors import InputError
from proofhouse.rules.determination import LARGEST_PLAN, Plan
from proofhouse.statistics.leakage import Leakage, leakage
from proofhouse.statistics.selection import Candidate, Mix, order
from proofhouse.statistics.sprt import OperatingCharacteristic, Scale, operating_characteristic

Bank = Sequence[tuple[str, int]]
"""Item identifiers, each with its difficulty in micro-logits."""

_ITEM_ID = re.compile(r"(?P<family>[^/]+)/(?P<level>[0-9]{1,6})/(?P<index>[0-9]{1,9})", re.ASCII)
_ABILITIES = (-4, -3, -2, -1, 0, 1, 2, 3, 4)  # half zones away from the cut


def build_plan(
    difficulties: Bank,
    cut: int,
    zone: int,
    alpha_ppm: int,
    beta_ppm: int,
    batch_size: int,
    minimum_items: int,
    maximum_items: int,
    seed: bytes,
    *,
    slope_ppm: int = 1_000_000,
    mix: Mix | None = None,
) -> Plan:
    """Choose and order up to ``maximum_items`` items; the same arguments give the same plan.

    Args:
        difficulties: the bank. An identifier ``family/level/index`` says where the item belongs;
            any other belongs to the family before its first slash, level 0.
        cut: micro-logits.
        zone: half the width of the indifference zone, micro-logits.
        alpha_ppm: error of saying COVERED at cut − zone.
        beta_ppm: error of saying NOT_COVERED at cut + zone.
        batch_size: items that run at once.
        minimum_items: at least 10.
        maximum_items: at most 10,000.
        seed: 32 or more secret bytes.
        slope_ppm: the scale's common slope.
        mix: nearness to the cut and blueprint of families.

    Raises:
        InputError: values out of range, fewer items in the bank than ``minimum_items``, or a plan
            that could not reach both boundaries even if every item were solved or failed.
    """
    if len(seed) < 32:
        raise InputError(f"The seed has {len(seed)} bytes.", hint="Use at least 32 secret bytes.")
    if type(maximum_items) is not int or not 1 <= maximum_items <= LARGEST_PLAN:
        raise InputError(
            f"The maximum of items is {maximum_items!r}.", hint=f"It is 1 to {LARGEST_PLAN}."
        )
    taken = order(_candidates(difficulties, slope_ppm), cut, maximum_items, mix or Mix(), seed)
    plan = Plan.weigh(
        tuple(
            (item.id, item.family, item.level, item.index, item.difficulty_micrologits, slope_ppm)
            for item in taken
        ),
        batch_size=batch_size,
        minimum_items=minimum_items,
        maximum_items=maximum_items,
        cut_micrologits=cut,
        zone_micrologits=zone,
        alpha_ppm=alpha_ppm,
        beta_ppm=beta_ppm,
    )
    _check_decidable(plan)
    return plan


def simulate(
    plan: Plan,
    *,
    seed: bytes,
    runs: int = 20_000,
    scale: Scale | None = None,
    missing_ppm: int = 0,
    confidence: float = 0.95,
) -> OperatingCharacteristic:
    """The plan's error rates with upper bounds, its inconclusive share and length, by ability.

    Abilities run from two zones below the cut to two zones above it in half zones. ``scale`` says
    how uncertain the calibration is; without it the rates are those of a scale exactly right.

    Raises:
        InputError: as for `sprt.operating_characteristic`.
    """
    abilities = [plan.cut_micrologits + half * plan.zone_micrologits // 2 for half in _ABILITIES]
    return operating_characteristic(
        plan,
        abilities,
        runs,
        seed,
        scale=scale,
        missing_ppm=missing_ppm,
        confidence=confidence,
    )


def leak(
    plan: Plan, difficulties: Bank, *, mix: Mix | None = None, credibility: float = 0.95
) -> Leakage:
    """What the whole order of the plan tells an observer about its cut.

    Beforehand the observer takes any cut between the bank's easiest and hardest item for equally
    likely. A run that stops early shows less.

    Raises:
        InputError: the plan was not built from this bank with this mix.
    """
    slopes = {item.slope_ppm for item in plan.items}
    candidates = _candidates(difficulties, max(slopes))
    by_id = {candidate.id: candidate for candidate in candidates}
    if len(slopes) > 1 or any(item.id not in by_id for item in plan.items):
        raise InputError(
            "The plan was not built from this bank.",
            hint="Give the bank and the mix that build_plan was given.",
        )
    positions = [candidate.difficulty_micrologits for candidate in candidates]
    return leakage(
        candidates,
        [by_id[item.id] for item in plan.items],
        mix or Mix(),
        low_micrologits=min(positions),
        high_micrologits=max(positions),
        credibility=credibility,
    )


def _candidates(difficulties: Bank, slope_ppm: int) -> tuple[Candidate, ...]:
    return tuple(
        _candidate(place, item, difficulty, slope_ppm)
        for place, (item, difficulty) in enumerate(difficulties)
    )


def _candidate(place: int, item: str, difficulty: int, slope_ppm: int) -> Candidate:
    parts = _ITEM_ID.fullmatch(item)
    if parts is None:
        return Candidate(item, item.split("/")[0] or item, 0, place, difficulty, slope_ppm)
    return Candidate(
        item, parts["family"], int(parts["level"]), int(parts["index"]), difficulty, slope_ppm
    )


def _check_decidable(plan: Plan) -> None:
    most = sum(item.solved_micronats for item in plan.items)
    least = sum(item.failed_micronats for item in plan.items)
    if most < plan.upper_micronats or least > plan.lower_micronats:
        raise InputError(
            f"The plan's {len(plan.items)} items could not decide even if all were solved or all "
            "failed.",
            hint="Take more items, items nearer to the cut, a wider zone, or larger errors.",
        )
