# SPDX-License-Identifier: Apache-2.0
"""Which items, in which order: randomesque choice near the cut, within a content blueprint.

G. G. Kingsbury, A. R. Zara, "Procedures for selecting items for computerized adaptive tests",
Applied Measurement in Education 2 (1989): draw at random from the few best items, not the best one,
so that no item is worn out. A sequential test at one cut (Eggen 1999) wants items near that cut,
whatever the model has answered so far: the order can be fixed before the first answer.

First an aim is drawn: any position within ``aim_spread`` of the cut, all alike. An item half a
logit from the cut still carries 94 % of the most information an item can, so aiming beside the cut
costs little, and it blurs the cut for whoever sees the prompts. Then one place of the order after
the other:

1. the family that lags most behind its weight in the blueprint (ties by name)
2. with probability ``regardless_ppm``: any difficulty the family has left, all alike, then any item
   of that difficulty: chosen without regard to the cut
3. else: any of the ``near_items`` items of the family that lie nearest to the aim, all alike

Aim and step 2 hide the cut from somebody who sees the prompts and knows their difficulty; `leakage`
says how well, and can, because every step's probabilities are known here. Everything is integers
and SHA-256, so that the same seed gives the same order everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofhouse.errors import InputError


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of the bank that a plan may take."""

    id: str
    family: str
    level: int
    index: int
    difficulty_micrologits: int
    slope_ppm: int


@dataclass(frozen=True, slots=True)
class Mix:
    """How near to the cut a place of the order is filled.

    ``aim_spread_micrologits``: how far beside the cut the plan may aim, 0 or more.
    ``near_items``: from how many of the items nearest to the aim one is drawn, at least 1.
    ``regardless_ppm``: how often an item is drawn without regard to the cut, 0 to 1,000,000.
    ``blueprint``: family → weight, positive integers; families that are not listed aren't used;
    an empty blueprint gives every family the same weight.
    """

    aim_spread_micrologits: int = 700_000
    near_items: int = 12
    regardless_ppm: int = 150_000
    blueprint: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.aim_spread_micrologits < 0:
            raise InputError("The spread of the aim is negative.", hint="Give 0 to aim at the cut.")
        if self.near_items < 1 or not 0 <= self.regardless_ppm <= 1_000_000:
            raise InputError(
                f"Items can't be drawn from the {self.near_items} nearest, "
                f"{self.regardless_ppm} ppm of them regardless of the cut.",
                hint="Draw from at least 1 item, and 0 to 1,000,000 ppm regardless of the cut.",
            )
        if any(weight < 1 for _, weight in self.blueprint):
            raise InputError(
                "A weight of the blueprint is not positive.", hint="Leave unused families out."
            )


class Draw:
    """Uniform integers from a seed: SHA-256 in counter mode, rejection for exact uniformity."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._counter = 0

    def below(self, bound: int) -> int:
        """An integer from 0 to ``bound`` − 1, each equally likely; ``bound`` up to 2^63."""
        limit = 2**64 - 2**64 % bound
        while True:
            block = hashlib.sha256(
                b"proofhouse/selection/v1\n" + self._counter.to_bytes(8, "big") + self._seed
            ).digest()
            self._counter += 1
            number = int.from_bytes(block[:8], "big")
            if number < limit:
                return number % bound


def order(
    candidates: Sequence[Candidate], cut_micrologits: int, count: int, mix: Mix, seed: bytes
) -> tuple[Candidate, ...]:
    """Up to ``count`` candidates in the order in which a plan takes them.

    Raises:
        InputError: a candidate twice, or a family of the blueprint without candidates.
    """
    if len({candidate.id for candidate in candidates}) != len(candidates):
        raise InputError("The bank lists an item twice.", hint="Each item counts once.")
    left = by_family(candidates, mix)
    draw = Draw(seed)
    spread = mix.aim_spread_micrologits
    aim = cut_micrologits - spread + draw.below(2 * spread + 1)
    taken: list[Candidate] = []
    while len(taken) < count:
        family = lagging(taken, left, mix)
        if family is None:
            break
        pool = left[family]
        if draw.below(1_000_000) < mix.regardless_ppm:
            difficulties = sorted({item.difficulty_micrologits for item in pool})
            wanted = difficulties[draw.below(len(difficulties))]
            choices = [item for item in pool if item.difficulty_micrologits == wanted]
        else:
            choices = sorted(pool, key=lambda item: nearness(item, aim))
            choices = choices[: mix.near_items]
        chosen = choices[draw.below(len(choices))]
        pool.remove(chosen)
        taken.append(chosen)
    return tuple(taken)


def nearness(item: Candidate, aim_micrologits: int) -> tuple[int, str]:
    """The key by which the nearest items come first; ties by identifier."""
    return abs(item.difficulty_micrologits - aim_micrologits), item.id


def by_family(candidates: Sequence[Candidate], mix: Mix) -> dict[str, list[Candidate]]:
    """The candidates of each family of the blueprint, by identifier."""
    families: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda item: item.id):
        families.setdefault(candidate.family, []).append(candidate)
    if not mix.blueprint:
        return families
    for family, _ in mix.blueprint:
        if family not in families:
            raise InputError(
                f"The blueprint wants items of {family!r}, but the bank has none.",
                hint=f"The bank has {', '.join(sorted(families)) or 'no items'}.",
            )
    return {family: families[family] for family, _ in mix.blueprint}


def lagging(
    taken: Sequence[Candidate], left: Mapping[str, Sequence[Candidate]], mix: Mix
) -> str | None:
    """The family with items left that lags most behind its weight; None when nothing is left."""
    weights = dict(mix.blueprint) or dict.fromkeys(left, 1)
    used = dict.fromkeys(left, 0)
    for item in taken:
        used[item.family] += 1
    open_families = [family for family, items in left.items() if items]
    if not open_families:
        return None
    return min(open_families, key=lambda name: (Fraction(used[name], weights[name]), name))
