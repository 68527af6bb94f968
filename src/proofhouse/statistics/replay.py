# SPDX-License-Identifier: Apache-2.0
"""The sequential test on recorded responses: would a part of the bank have said the same?

    replay(responses, tasks, Setting(cut_minutes=16, zone=2))  →  one row per model

A recorded run of the whole bank is replayed task by task in many random orders, and each order
stops where the test would have stopped.

**What is decided.** A model is above the cut if its time horizon over the *whole* bank is: the
length at which the weighted success of `horizon` is one half (each family weighing by the root of
its number of tasks). The edges of the zone are cut/zone and cut·zone, zone a factor above 1.

**Steps for one model**, with parameters from all other models only:

1. Fit `mixed` to the others: slope, each task's difficulty with its variance, and how far a model's
   affinity to a family strays; and the median of the others' slopes over minutes.
2. Draw orders and stop each where `peers` says; ours is ``mixed``, told in `likelihood`.

Beside the decision each order gives a horizon (posterior median under the mixture below) and an
interval that holds although it stopped when it did (`eprocess`: all horizons whose e-value against
the mixture, normal about the cut with a spread of 3 doublings, is below 1/error).

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

from proofhouse.errors import InputError
from proofhouse.rules.determination import FLOOR_OF_MINIMUM_ITEMS, Verdict, boundaries
from proofhouse.statistics import mixed
from proofhouse.statistics.horizon import fit
from proofhouse.statistics.likelihood import Bools, Floats, Known, Likelihood, Places, log_sum
from proofhouse.statistics.peers import METHODS, Mixed, Question
from proofhouse.statistics.responses import Response, Task
from proofhouse.statistics.sprt import generator

_GRID = np.arange(-12.0, 12.1, 0.25)  # log2 of horizon over cut
_MIXTURE_SD = 3.0
_FEWEST_OTHERS = 2
_FLATTEST = 0.05  # logits per doubling of minutes; below it length says next to nothing


@dataclass(frozen=True, slots=True)
class Setting:
    """What to replay: the cut, the zone as a factor, the errors, and how orders are drawn."""

    cut_minutes: float
    zone: float = 2.0
    alpha_ppm: int = 50_000
    beta_ppm: int = 50_000
    minimum_items: int = FLOOR_OF_MINIMUM_ITEMS
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
        if not 1 <= self.orders <= 10_000:
            raise InputError(
                f"{self.orders} orders can't be drawn.", hint="Draw 1 to 10,000 orders."
            )
        if self.method not in METHODS:
            raise InputError(
                f"There is no method {self.method!r}.", hint=f"There are {', '.join(METHODS)}."
            )
        if not 0 < self.confidence < 1:
            raise InputError(
                f"The confidence is {self.confidence}.", hint="It lies between 0 and 1."
            )

    @property
    def question(self) -> Question:
        """The same for a test, in log2 of minutes."""
        return Question(
            math.log2(self.cut_minutes),
            math.log2(self.zone),
            self.alpha_ppm,
            self.beta_ppm,
            self.minimum_items,
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
    bank = Bank(usable, minutes, enough) if len(enough) > _FEWEST_OTHERS else None
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


class Bank:
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
        self.slopes = [self._slope(row) for row in self.solved]

    def known(self, model: int | None, tasks: Places) -> Known:
        """What all models but one (None: all) say about these tasks."""
        found = self.fit.without(model)
        difficulty = replace(found, offset=found.offset[tasks], variance=found.variance[tasks])
        slopes = [slope for number, slope in enumerate(self.slopes) if number != model]
        slope = float(np.median(slopes)) if slopes else 0.0
        return Known(
            log2_minutes=self.log2_minutes[tasks],
            family=np.unique(self.family[tasks], return_inverse=True)[1],
            difficulty=difficulty,
            slope=slope if slope > _FLATTEST else None,
        )

    def _slope(self, solved: Floats) -> float:
        """By how many logits one model's success falls with each doubling of minutes."""
        tasks = np.flatnonzero(np.isfinite(solved))
        weight = 1 / np.sqrt(np.bincount(self.family[tasks])[self.family[tasks]])
        return -fit(self.log2_minutes[tasks], solved[tasks], weight).slope


def _replayed(bank: Bank, model: str, left_out: int, setting: Setting) -> Row:
    number = bank.models.index(model)
    tasks = np.flatnonzero(np.isfinite(bank.solved[number]))
    tokens = bank.tokens[number, tasks]
    known, question = bank.known(number, tasks), setting.question
    ours = Mixed(known, question)
    if not ours.seen or (known.slope is None and setting.method != "mixed"):
        reason = "the bank has no tasks to place this cut by"
        return Row.excluding(model, len(tasks), left_out, reason)
    test = METHODS[setting.method](known, question)
    solved = bank.solved[number, tasks] == 1
    orders = test.orders(setting.orders, generator(setting.seed + b"\n" + model.encode()))
    verdict, used = test.decide(solved, orders)
    estimates = _estimates(ours, known, solved, orders, used, setting)
    shares = [float((verdict == word).mean()) for word in (1, -1, 0)]
    spent = [float(tokens[order[:stop]].sum()) for order, stop in zip(orders, used, strict=True)]
    decision, reason = _decision(shares)
    covered, not_covered, inconclusive = (round(share * 1e6) for share in shares)
    return Row(
        model=model,
        decision=decision,
        decision_shares_ppm=(covered, not_covered, inconclusive),
        estimate_minutes=estimates[0],
        interval_minutes=(estimates[1], estimates[2]),
        items_used_milli=round(float(used.mean()) * 1000),
        items_full=len(tasks),
        tokens_used_milli=round(math.fsum(spent) / len(spent) * 1000),
        tokens_full=int(tokens.sum()),
        excluded=left_out,
        reason=reason,
    )


def _estimates(
    test: Mixed, known: Known, solved: Bools, orders: Places, used: Places, setting: Setting
) -> tuple[float | None, float | None, float | None]:
    """Median over orders of the estimate and the interval's ends, as minutes."""
    grid = _GRID + setting.question.cut
    of_grid = Likelihood(test.seen, known.family, grid)
    log_mixture = -0.5 * (_GRID / _MIXTURE_SD) ** 2
    log_mixture -= log_sum(log_mixture, axis=0)
    threshold = -math.log1p(-setting.confidence)
    places = []
    for order, stop in zip(orders, used, strict=True):
        total = of_grid.of_run(order[:stop], solved[order[:stop]])
        joint = total + log_mixture
        whole = float(log_sum(joint, axis=0))
        median = np.interp(0.5, np.cumsum(np.exp(joint - whole)), grid)
        inside = np.flatnonzero(whole - total < threshold)
        low = -math.inf if inside[0] == 0 else grid[inside[0] - 1]
        high = math.inf if inside[-1] == len(grid) - 1 else grid[inside[-1] + 1]
        places.append((low, float(median), high))
    low, middle, high = (float(np.median([place[i] for place in places])) for i in range(3))
    return _minutes(middle), _minutes(low), _minutes(high)


def _minutes(log2_minutes: float) -> float | None:
    """Minutes; None at an open end."""
    return float(2**log2_minutes) if math.isfinite(log2_minutes) else None


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
