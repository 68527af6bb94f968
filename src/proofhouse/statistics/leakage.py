# SPDX-License-Identifier: Apache-2.0
"""How narrowly somebody who sees every prompt can place the cut.

Prompts go to the developer's endpoint, generators are public, and items crowd around the cut. The
observer is taken to know the bank, the blueprint, the rule of `selection` and the order in which
items came; only seed and cut are secret. Each place of the order was filled either without regard
to the cut or from the items nearest to an aim beside it, with known probabilities, so the
observer's likelihood of a cut is exact:

    P(order | aim) = ∏ over places [ ρ·1/(difficulties left · items of that difficulty)
                                     + (1−ρ)·1{among the K nearest to the aim}/K ]
    P(order | cut) = the mean of P(order | aim) over the aims that the cut allows

and with all cuts of a range equally likely beforehand, Bayes' rule gives what the observer knows
afterwards: a credible set and the information in bits (Lindley 1956). A plan over its declared
leakage budget should not be run.

Limits: the observer of one submission; several submissions under one threshold add up. Cuts lie on
a grid, so widths are exact to one step of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofhouse.errors import InputError
from proofhouse.statistics.selection import Candidate, Mix, by_family, lagging

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leakage:
    """What an observer knows about the cut.

    The credible set may have gaps; ``low`` and ``high`` are its ends, ``width`` its length without
    the gaps. ``information_millibits`` is 1,000 per halving of the range of possible cuts.
    """

    low_micrologits: int
    high_micrologits: int
    width_micrologits: int
    range_micrologits: int
    information_millibits: int
    credibility_ppm: int


def leakage(
    candidates: Sequence[Candidate],
    taken: Sequence[Candidate],
    mix: Mix,
    *,
    low_micrologits: int,
    high_micrologits: int,
    credibility: float = 0.95,
    steps: int = 400,
) -> Leakage:
    """What the order ``taken`` out of ``candidates`` says about a cut in the given range.

    Raises:
        InputError: an empty range, or an item that the bank lacks or that was taken twice.
    """
    if not low_micrologits < high_micrologits or steps < 2:
        raise InputError(
            f"No cut lies between {low_micrologits} and {high_micrologits}.",
            hint="Give a range of possible cuts in micro-logits and at least 2 steps.",
        )
    edges = np.linspace(low_micrologits, high_micrologits, steps + 1)
    step = (high_micrologits - low_micrologits) / steps
    beside = round(mix.aim_spread_micrologits / step)
    aims = edges[0] + step * (np.arange(-beside, steps + beside) + 0.5)
    of_aim = np.exp(_log_likelihood(candidates, taken, mix, aims))
    posterior = np.convolve(of_aim, np.ones(2 * beside + 1), mode="valid")
    posterior /= posterior.sum()
    rank = np.argsort(-posterior, kind="stable")
    enough = int(np.searchsorted(np.cumsum(posterior[rank]), credibility)) + 1
    inside = np.sort(rank[:enough])
    positive = posterior[posterior > 0]
    bits = float((positive * np.log2(positive * steps)).sum())
    return Leakage(
        low_micrologits=round(edges[inside[0]]),
        high_micrologits=round(edges[inside[-1] + 1]),
        width_micrologits=round(step * len(inside)),
        range_micrologits=high_micrologits - low_micrologits,
        information_millibits=round(bits * 1000),
        credibility_ppm=round(credibility * 1e6),
    )


def _log_likelihood(
    candidates: Sequence[Candidate], taken: Sequence[Candidate], mix: Mix, aims: Floats
) -> Floats:
    """The log-likelihood of each aim, 0 at the likeliest."""
    left = by_family(candidates, mix)
    total = np.zeros(len(aims))
    for place, item in enumerate(taken):
        pool = left.get(item.family, [])
        if lagging(taken[:place], left, mix) != item.family or item not in pool:
            raise InputError(
                f"Item {item.id} can't be in place {place + 1} of an order from this bank.",
                hint="Give the bank, the mix and the order as the plan was built.",
            )
        total += np.log(_place(pool, item, mix, aims))
        pool.remove(item)
    return np.asarray(total - total.max())


def _place(pool: Sequence[Candidate], item: Candidate, mix: Mix, aims: Floats) -> Floats:
    """The probability that this item was drawn from the pool, for each aim."""
    difficulties = np.array([other.difficulty_micrologits for other in pool], float)
    alike = int((difficulties == item.difficulty_micrologits).sum())
    regardless = mix.regardless_ppm / 1e6 / (len(set(difficulties)) * alike)
    distance = np.abs(aims - item.difficulty_micrologits)[:, None]
    others = np.abs(aims[:, None] - difficulties)
    earlier = np.array([other.id < item.id for other in pool])
    nearer = ((others < distance) | ((others == distance) & earlier)).sum(axis=1)
    size = min(mix.near_items, len(pool))
    near = (1 - mix.regardless_ppm / 1e6) * (nearer < size) / size
    # With no mixing an aim can be ruled out altogether; its logarithm stays a number.
    return np.asarray(np.maximum(regardless + near, 1e-300))
