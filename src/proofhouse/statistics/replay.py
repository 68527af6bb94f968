# SPDX-License-Identifier: Apache-2.0
"""The sequential test on recorded responses: would a part of the bank have said the same?

    replay(responses, tasks, Setting(cut_minutes=16, zone=2))  →  one row per model

A recorded run of the whole bank is replayed task by task in many random orders, and each order
stops where the test would have stopped. Sequential probability ratio test on a response model
(Wald 1945; Reckase 1983; Eggen 1999; Thompson 2007), randomesque choice (Kingsbury & Zara 1989).

**What is decided.** A model is above the cut if its time horizon over the *whole* bank is: the
length at which the weighted success of `horizon` is one half (each family weighing by the root of
its number of tasks). The edges of the zone are cut/zone and cut·zone, zone a factor above 1.

**Steps for one model**, with parameters from all other models only:

1. Fit `mixed` to the others: slope, each task's difficulty with its variance, and how far a model's
   affinity to a family strays.
2. For every ability, work out the horizon that such a model has over the whole bank. The abilities
   whose horizons are the zone's edges and the cut are the test's hypotheses.
3. Draw an order: families by turns, each turn in random order; within a family any of the few tasks
   left whose difficulty is nearest to the cut.
4. Add up evidence. A task's probability of being solved is averaged over its difficulty's
   uncertainty; a family's tasks share one affinity, which is integrated out, so that a family in
   which the model is lucky convinces once and not with every task.
5. Stop at the first crossing of Wald's boundaries after at least 10 tasks; else INCONCLUSIVE.

Beside the decision each order gives an ability (posterior median under the mixture below) and an
interval that holds although it stopped when it did (`eprocess`: all abilities whose e-value against
the mixture, normal about the cut with spread 2, is below 1/error), read as horizons.

**What a row says.** The decision most orders came to (INCONCLUSIVE on a tie), the shares, and over
orders the mean numbers of tasks and tokens and the median estimate and ends of the interval.

Limits: agreement with the full bank is no error rate, since both use the same responses; error
rates come from simulation. A study tool: a determination is made by `rules.determination`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proofhouse.errors import InputError
from proofhouse.rules.determination import FLOOR_OF_MINIMUM_ITEMS, Verdict, boundaries
from proofhouse.statistics import mixed
from proofhouse.statistics.horizon import log2_horizons
from proofhouse.statistics.responses import Response, Task
from proofhouse.statistics.sprt import generator

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
_LOG_NODE_WEIGHTS = np.log(_NODE_WEIGHTS / _NODE_WEIGHTS.sum())
_MIXTURE_SD = 2.0
_FEWEST_OTHERS = 2
METHODS = ("mixed",)
_FAR = 40.0  # log2 of minutes: two million years; a horizon out there is none


@dataclass(frozen=True, slots=True)
class Setting:
    """What to replay: the cut, the zone as a factor, the errors, and how orders are drawn."""

    cut_minutes: float
    zone: float = 2.0
    alpha_ppm: int = 50_000
    beta_ppm: int = 50_000
    minimum_items: int = FLOOR_OF_MINIMUM_ITEMS
    near_tasks: int = 5
    orders: int = 200
    confidence: float = 0.95
    method: str = "mixed"
    seed: bytes = b"proofhouse/replay/v1"

    def __post_init__(self) -> None:
        if not 0 < self.cut_minutes < 1e9:
            raise InputError(
                f"The cut is {self.cut_minutes} minutes.", hint="It is a positive number."
            )
        if not 1 < self.zone < 1e6:
            raise InputError(
                f"The zone is ×/÷ {self.zone}.",
                hint="It is a factor above 1: 2 means from half the cut to twice the cut.",
            )
        boundaries(self.alpha_ppm, self.beta_ppm)
        if self.minimum_items < FLOOR_OF_MINIMUM_ITEMS:
            raise InputError(
                f"The minimum of items is {self.minimum_items}.",
                hint=f"It is at least {FLOOR_OF_MINIMUM_ITEMS}.",
            )
        if self.near_tasks < 1 or not 1 <= self.orders <= 10_000:
            raise InputError(
                f"{self.orders} orders from the {self.near_tasks} nearest tasks can't be drawn.",
                hint="Draw 1 to 10,000 orders, from at least the 1 nearest task.",
            )
        if not 0 < self.confidence < 1:
            raise InputError(
                f"The confidence is {self.confidence}.", hint="It lies between 0 and 1."
            )


@dataclass(frozen=True, slots=True)
class Row:
    """What the replay says about one model.

    ``decision_shares_ppm`` are those of COVERED, NOT_COVERED and INCONCLUSIVE. ``items_used`` and
    ``tokens_used`` are means over orders in thousandths. An end of the interval is None where it is
    open. ``excluded`` counts responses left out; a model left out altogether has no decision, and
    ``reason`` says why.
    """

    model: str
    decision: Verdict | None
    decision_shares_ppm: tuple[int, int, int]
    estimate_minutes: float | None
    interval_minutes: tuple[float | None, float | None]
    items_used_milli: int
    items_full: int
    tokens_used_milli: int
    tokens_full: int
    excluded: int
    reason: str

    @classmethod
    def excluding(cls, model: str, usable: int, left_out: int, reason: str) -> Row:
        """The row of a model that can't be replayed, for a reason."""
        return cls(
            model=model,
            decision=None,
            decision_shares_ppm=(0, 0, 0),
            estimate_minutes=None,
            interval_minutes=(None, None),
            items_used_milli=0,
            items_full=usable,
            tokens_used_milli=0,
            tokens_full=0,
            excluded=left_out + usable,
            reason=reason,
        )


def replay(
    responses: Sequence[Response],
    tasks: Sequence[Task],
    setting: Setting,
    *,
    only: Sequence[str] | None = None,
) -> tuple[Row, ...]:
    """One row per model, in the order in which models first appear.

    ``only`` names the models to replay; the others are still learned from.

    Left out and counted: responses to tasks without minutes, and responses without tokens, which no
    run can have been behind. A model left with fewer than ``minimum_items`` responses, or with
    fewer than two other models to learn from, is excluded with its reason.

    Raises:
        InputError: no responses, or ``only`` names a model without any.
    """
    if not responses:
        raise InputError("There are no responses.", hint="Give at least one model's responses.")
    for model in only or ():
        if all(response.model != model for response in responses):
            raise InputError(
                f"There are no responses of {model!r}.",
                hint=f"There are those of {', '.join(sorted({r.model for r in responses}))}.",
            )
    minutes = {task.id: task.minutes for task in tasks}
    every = Counter(response.model for response in responses)
    usable = [r for r in responses if r.tokens > 0 and minutes.get(r.task) is not None]
    of_model = Counter(response.model for response in usable)
    enough = [model for model in every if of_model[model] >= setting.minimum_items]
    bank = _Bank(usable, minutes, enough) if len(enough) > _FEWEST_OTHERS else None
    rows = []
    for model, count in every.items():
        if only is not None and model not in only:
            continue
        left_out = count - of_model[model]
        if bank is None or model not in enough:
            without_tokens = all(r.tokens == 0 for r in responses if r.model == model)
            reason = _why_excluded(of_model[model], without_tokens, setting)
            rows.append(Row.excluding(model, of_model[model], left_out, reason))
        else:
            rows.append(_replayed(bank, model, left_out, setting))
    return tuple(rows)


class _Bank:
    """The usable responses as arrays, and the fit that every model's parameters come from."""

    def __init__(
        self, usable: Sequence[Response], minutes: dict[str, float | None], models: Sequence[str]
    ) -> None:
        self.models = tuple(models)
        used = [response for response in usable if response.model in self.models]
        ids = sorted({response.task for response in used})
        families = sorted({response.family for response in used})
        family_of = {response.task: response.family for response in used}
        self.log2_minutes = np.array([math.log2(minutes[task] or 1) for task in ids])
        self.family = np.array([families.index(family_of[task]) for task in ids], np.intp)
        self.solved = np.full((len(self.models), len(ids)), np.nan)
        self.tokens = np.zeros((len(self.models), len(ids)), np.int64)
        place = {task: number for number, task in enumerate(ids)}
        row = {model: number for number, model in enumerate(self.models)}
        for response in used:
            at = row[response.model], place[response.task]
            self.solved[at] = response.solved
            self.tokens[at] = response.tokens
        self.fit = mixed.Fit(mixed.Responses(self.solved, self.log2_minutes, self.family))


@dataclass(frozen=True, slots=True)
class _Chances:
    """How likely one model is to solve its tasks, if its ability were known.

    ``base`` is −slope·log2(minutes) − offset per task. ``abilities`` is a grid and ``horizons`` the
    log2 of minutes of the full bank's horizon at each of them, rising.
    """

    base: Floats
    variance: Floats
    affinity_sd: float
    family: Places
    abilities: Floats
    horizons: Floats

    @classmethod
    def of(cls, bank: _Bank, number: int, tasks: Places) -> _Chances:
        """From all other models' responses."""
        known = bank.fit.without(number)
        base = -known.slope * bank.log2_minutes[tasks] - known.offset[tasks]
        variance = known.variance[tasks]
        family = np.unique(bank.family[tasks], return_inverse=True)[1]
        abilities = np.arange(-base.max() - 8, -base.min() + 8, 0.1)
        weight = 1 / np.sqrt(np.bincount(family)[family])
        success = _average(abilities[:, None] + base, variance + known.affinity_sd**2)
        horizons = log2_horizons(bank.log2_minutes[tasks], success, weight)
        # Not a number: success doesn't fall with length at that ability, so no horizon is reached.
        horizons = np.clip(np.where(np.isnan(horizons), -_FAR, horizons), -_FAR, _FAR)
        horizons = np.maximum.accumulate(horizons)
        return cls(base, variance, known.affinity_sd, family, abilities, horizons)

    def part(self, tasks: Places) -> _Chances:
        """The same for some of the tasks; horizons stay those of the full bank."""
        return replace(
            self, base=self.base[tasks], variance=self.variance[tasks], family=self.family[tasks]
        )

    def log_likelihoods(self, abilities: Floats, solved: NDArray[np.bool_]) -> Floats:
        """Per task, affinity node and ability: the logarithm of the outcome's probability."""
        shift = self.affinity_sd * _NODES[:, None] + abilities
        p = _average(self.base[:, None, None] + shift, self.variance[:, None, None])
        return np.log(np.where(solved[:, None, None], p, 1 - p))

    def ability(self, log2_minutes: float) -> float:
        """The ability at which the full bank's horizon is this long."""
        return float(np.interp(log2_minutes, self.horizons, self.abilities))

    def reaches(self, log2_minutes: float) -> bool:
        """Whether some ability on the grid has this horizon."""
        reached = self.horizons[np.abs(self.horizons) < _FAR]
        return reached.size > 1 and bool(reached[0] < log2_minutes < reached[-1])


def _average(logit: Floats, variance: Floats) -> Floats:
    """The mean success over a normal error of the difficulty, kept off 0 and 1."""
    total = np.zeros(np.broadcast_shapes(logit.shape, variance.shape))
    spread = np.sqrt(variance)
    for node, log_weight in zip(_NODES, _LOG_NODE_WEIGHTS, strict=True):
        total += math.exp(log_weight) * special.expit(logit + spread * node)
    return np.clip(total, 1e-12, 1 - 1e-12)


def _replayed(bank: _Bank, model: str, left_out: int, setting: Setting) -> Row:
    number = bank.models.index(model)
    tasks = np.flatnonzero(np.isfinite(bank.solved[number]))
    tokens = bank.tokens[number, tasks]
    chances = _Chances.of(bank, number, tasks)
    cut, zone = math.log2(setting.cut_minutes), math.log2(setting.zone)
    if not (chances.reaches(cut - zone) and chances.reaches(cut + zone)):
        reason = "the bank has no tasks to place this cut by"
        return Row.excluding(model, len(tasks), left_out, reason)
    edges = np.array([chances.ability(cut - zone), chances.ability(cut + zone)])
    solved = bank.solved[number, tasks] == 1
    random = generator(setting.seed + b"\n" + model.encode())
    nearness = np.abs(chances.ability(cut) + chances.base)
    ranked = [
        sorted(np.flatnonzero(chances.family == each).tolist(), key=lambda task: nearness[task])
        for each in range(int(chances.family.max()) + 1)
    ]
    orders = np.array([_order(ranked, setting, random) for _ in range(setting.orders)])
    evidence = _evidence(chances.log_likelihoods(edges, solved), chances.family, orders)
    verdict, used = _stop(evidence, setting)
    estimates = _estimates(chances, solved, orders, used, chances.ability(cut), setting)
    shares = [float((verdict == word).mean()) for word in (1, -1, 0)]
    spent = [float(tokens[order[:stop]].sum()) for order, stop in zip(orders, used, strict=True)]
    decision, reason = _decision(shares)
    return Row(
        model=model,
        decision=decision,
        decision_shares_ppm=(
            round(shares[0] * 1e6),
            round(shares[1] * 1e6),
            round(shares[2] * 1e6),
        ),
        estimate_minutes=estimates[0],
        interval_minutes=(estimates[1], estimates[2]),
        items_used_milli=round(float(used.mean()) * 1000),
        items_full=len(tasks),
        tokens_used_milli=round(math.fsum(spent) / len(spent) * 1000),
        tokens_full=int(tokens.sum()),
        excluded=left_out,
        reason=reason,
    )


def _order(
    ranked: Sequence[Sequence[int]], setting: Setting, random: np.random.Generator
) -> Places:
    """One order of all tasks: families by turns, within each one of the nearest tasks left.

    ``ranked`` lists each family's tasks, the nearest to the cut first.
    """
    left = [list(tasks) for tasks in ranked]
    draws = iter(random.random(sum(map(len, left))).tolist())
    order: list[int] = []
    while left:
        for turn in random.permutation(len(left)).tolist():
            near = min(setting.near_tasks, len(left[turn]))
            order.append(left[turn].pop(int(next(draws) * near)))
        left = [tasks for tasks in left if tasks]
    return np.array(order, np.intp)


def _evidence(log_likelihood: Floats, family: Places, orders: Places) -> Floats:
    """The log-likelihood ratio of the two edges after each task; shape (orders, tasks).

    Args:
        log_likelihood: per task, affinity node and edge.
        family: per task.
        orders: task numbers, shape (orders, tasks).
    """
    every = np.arange(len(orders))
    sums = np.zeros((len(orders), int(family.max()) + 1, len(_NODES), 2))
    of_family = np.zeros((len(orders), int(family.max()) + 1))
    evidence = np.zeros(orders.shape)
    for place in range(orders.shape[1]):
        task = orders[:, place]
        sums[every, family[task]] += log_likelihood[task]
        both = _log_sum(sums[every, family[task]] + _LOG_NODE_WEIGHTS[:, None], axis=1)
        of_family[every, family[task]] = both[:, 1] - both[:, 0]
        evidence[:, place] = of_family.sum(axis=1)
    return evidence


def _stop(evidence: Floats, setting: Setting) -> tuple[Places, Places]:
    """Each order's verdict (1, −1, 0) and the number of tasks it took."""
    lower, upper = (bound / 1e6 for bound in boundaries(setting.alpha_ppm, setting.beta_ppm))
    way = (evidence >= upper).astype(np.intp) - (evidence <= lower)
    way[:, : setting.minimum_items - 1] = 0
    at = np.argmax(way != 0, axis=1)
    verdict = np.take_along_axis(way, at[:, None], axis=1)[:, 0]
    return verdict, np.where(verdict == 0, evidence.shape[1], at + 1)


def _estimates(
    chances: _Chances,
    solved: NDArray[np.bool_],
    orders: Places,
    used: Places,
    cut: float,
    setting: Setting,
) -> tuple[float | None, float | None, float | None]:
    """Median over orders of the estimate and the interval's ends, as minutes."""
    grid = chances.abilities
    seen = np.unique(np.concatenate([order[:end] for order, end in zip(orders, used, strict=True)]))
    table = chances.part(seen).log_likelihoods(grid, solved[seen])
    log_mixture = -0.5 * ((grid - cut) / _MIXTURE_SD) ** 2
    log_mixture -= _log_sum(log_mixture, axis=0)
    threshold = -math.log1p(-setting.confidence)
    places = []
    for order, stop in zip(orders, used, strict=True):
        total = np.zeros(len(grid))
        taken = order[:stop]
        for number in np.unique(chances.family[taken]):
            members = taken[chances.family[taken] == number]
            of_family = table[np.searchsorted(seen, members)].sum(axis=0)
            total += _log_sum(of_family + _LOG_NODE_WEIGHTS[:, None], axis=0)
        joint = total + log_mixture
        whole = float(_log_sum(joint, axis=0))
        median = np.interp(0.5, np.cumsum(np.exp(joint - whole)), grid)
        inside = np.flatnonzero(whole - total < threshold)
        low = -math.inf if inside[0] == 0 else grid[inside[0] - 1]
        high = math.inf if inside[-1] == len(grid) - 1 else grid[inside[-1] + 1]
        places.append((low, float(median), high))
    low, middle, high = (np.median([place[i] for place in places]) for i in range(3))
    return _minutes(chances, middle), _minutes(chances, low), _minutes(chances, high)


def _log_sum(values: Floats, axis: int) -> Floats:
    """ln Σ exp along an axis; scipy's checks take longer than these few numbers."""
    most = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - most).sum(axis=axis)) + most.squeeze(axis))


def _minutes(chances: _Chances, ability: float) -> float | None:
    """The horizon of an ability; None where there is none."""
    if not chances.abilities[0] <= ability <= chances.abilities[-1]:
        return None
    log2_minutes = float(np.interp(ability, chances.abilities, chances.horizons))
    return float(2**log2_minutes) if abs(log2_minutes) < _FAR else None


def _decision(shares: Sequence[float]) -> tuple[Verdict, str]:
    covered, not_covered, inconclusive = shares
    if covered > max(not_covered, inconclusive):
        return "COVERED", "upper boundary crossed"
    if not_covered > max(covered, inconclusive):
        return "NOT_COVERED", "lower boundary crossed"
    if inconclusive > max(covered, not_covered):
        return "INCONCLUSIVE", "bank exhausted"
    return "INCONCLUSIVE", "orders disagree"


def _why_excluded(usable: int, without_tokens: bool, setting: Setting) -> str:
    if without_tokens:
        return "no tokens recorded, so no run to replay"
    if usable < setting.minimum_items:
        return f"too few tasks: {usable} usable, at least {setting.minimum_items} are needed"
    return f"too few other models to learn from: at least {_FEWEST_OTHERS} are needed"
