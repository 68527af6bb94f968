# SPDX-License-Identifier: Apache-2.0
"""The integer kernel: from a frozen plan and the items' outcomes to one determination.

A sequential probability ratio test (Wald 1945) on an item response scale (Reckase 1983; Eggen 1999;
Thompson 2007). Two abilities frame the cut: θ1 = cut + zone and θ0 = cut − zone. An item that is
solved adds ln(p(θ1)/p(θ0)) to the evidence, a failed one ln((1−p(θ1))/(1−p(θ0))), where
p(θ) = 1/(1 + exp(−slope·(θ − difficulty))). Reaching the upper boundary says COVERED, reaching the
lower one NOT_COVERED, and a plan that ends between the two says INCONCLUSIVE: nothing is forced.

    plan      {"model":"2pl/v1","alphaPpm":50000,"betaPpm":50000,"lowerMicronats":-2944439,…,
               "items":[{"id":"memory-flaw/3/07","difficultyMicrologits":1000000,…},…]}
    outcomes  {"memory-flaw/3/07":"solved","logic-flaw/2/01":"missing",…}
    answer    Determination(outcome="COVERED", reason="upper boundary crossed", items_used=15, …)

Everything is integers (micro-nats, micro-logits, parts per million), so that anybody who is shown
plan and outcomes gets the same bytes. Weights and boundaries come from `decimal`, whose exp and ln
are correctly rounded by specification, in a fixed context of 50 digits, and are rounded once.
A plan whose weights or boundaries do not follow from its own cut and difficulties is refused.

**Batches.** Items are taken in fixed batches in plan order and the evidence is read at the end of a
complete batch only. So the answer is a function of the set of outcomes: the order in which they
arrive (quick successes before slow failures) cannot touch it.

**Missing data must not decide.** A missing outcome is scored as failed (the low path L) and as
solved (the high path H). Each path's decision is its first crossing of a boundary at the end of a
batch with at least `minimum_items` taken; the test decides when both decisions agree.
That settles *every* way in which the missing items could have come out, not just these two:
an item's failed weight is ≤ its solved weight and evidence is a sum, so any completion's path M has
L ≤ M ≤ H at every batch end. Let L's first crossing be upward, at batch k. Then M and H are at or
above the upper boundary at k, so they have crossed by then; had either crossed downward at some
j < k, then L, not above it, would have crossed downward at j too, which it did not. So all of them
decide COVERED. The same holds for H's first crossing downward and NOT_COVERED. What remains when
both paths have crossed is L downward and H upward: the missing items could decide, and no later
outcome changes a first crossing, so the answer is INCONCLUSIVE at once.

Limits: positions within ±1,000 logits, slopes from 0.000001 to 10, at most 10,000 items; sums stay
far below 2^53. Wald's boundaries bound the sum of both errors by alpha + beta and each by
alpha/(1 − beta), beta/(1 − alpha), for a scale that is exactly right; what an uncertain calibration
does to that is simulated in `proofhouse.statistics`, which also builds plans. One plan here is the
test of one dimension; `rules.battery` puts several together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
)
from typing import Final, Literal, cast, get_args

from proofhouse.errors import InputError, RefusedError

Outcome = Literal["solved", "failed", "missing"]
"""What became of one item; missing is an error of endpoint or infrastructure, or a held score."""

Verdict = Literal["COVERED", "NOT_COVERED", "INCONCLUSIVE"]

StopReason = Literal["budget spent", "window closing", "person-fit alarm", "endpoint unavailable"]
"""Why a run was ended from outside, before its plan was through."""

Reason = Literal[
    "upper boundary crossed",
    "lower boundary crossed",
    "missing data could decide",
    "bank exhausted",
    "maximum items reached",
    "another dimension crossed",
    "run ended while scores were held",
    StopReason,
]

MODEL: Final = "2pl/v1"
FLOOR_OF_MINIMUM_ITEMS: Final = 10
LARGEST_PLAN: Final = 10_000
LARGEST_POSITION: Final = 1_000_000_000
LARGEST_SLOPE: Final = 10_000_000
_LARGEST_WEIGHT: Final = 2 * LARGEST_POSITION * LARGEST_SLOPE // 1_000_000

_MILLION: Final = Decimal(1_000_000)
_CONTEXT: Final = Context(
    prec=50, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, capitals=1, clamp=0
)


def log_likelihood_weights(
    difficulty_micrologits: int, slope_ppm: int, cut_micrologits: int, zone_micrologits: int
) -> tuple[int, int]:
    """What an item adds to the evidence: ``(solved_micronats, failed_micronats)``.

    The log-likelihood ratio of ability cut + zone against cut − zone for a two-parameter logistic
    item (Birnbaum 1968), rounded half to even to whole micro-nats. ``solved − failed`` is
    2·slope·zone whatever the difficulty, up to one unit of rounding.

    Args:
        difficulty_micrologits: where a model succeeds half the time; within ±10^9.
        slope_ppm: discrimination × 10^6; from 1 to 10^7.
        cut_micrologits: the threshold; within ±10^9.
        zone_micrologits: half the width of the indifference zone; from 1 to 10^9.

    Raises:
        InputError: not integers, or outside these ranges.
    """
    _bounded("difficultyMicrologits", difficulty_micrologits, -LARGEST_POSITION, LARGEST_POSITION)
    _bounded("slopePpm", slope_ppm, 1, LARGEST_SLOPE)
    _bounded("cutMicrologits", cut_micrologits, -LARGEST_POSITION, LARGEST_POSITION)
    _bounded("zoneMicrologits", zone_micrologits, 1, LARGEST_POSITION)
    distance = cut_micrologits - difficulty_micrologits
    high = _scaled(slope_ppm * (distance + zone_micrologits))
    low = _scaled(slope_ppm * (distance - zone_micrologits))
    solved = _CONTEXT.subtract(_softplus(-low), _softplus(-high))
    failed = _CONTEXT.subtract(_softplus(low), _softplus(high))
    return _micro(solved, ROUND_HALF_EVEN), _micro(failed, ROUND_HALF_EVEN)


def boundaries(alpha_ppm: int, beta_ppm: int) -> tuple[int, int]:
    """Wald's boundaries ``(lower_micronats, upper_micronats)``, each rounded away from zero.

    upper = ln((1−β)/α), lower = ln(β/(1−α)) (Wald 1945). Alpha is the error of saying COVERED at
    the zone's lower edge, beta that of saying NOT_COVERED at its upper edge.

    Raises:
        InputError: either is not an integer from 1 to 499,999 parts per million.
    """
    _bounded("alphaPpm", alpha_ppm, 1, 499_999)
    _bounded("betaPpm", beta_ppm, 1, 499_999)
    alpha, beta, one = Decimal(alpha_ppm), Decimal(beta_ppm), _MILLION
    upper = _CONTEXT.ln(_CONTEXT.divide(one - beta, alpha))
    lower = _CONTEXT.ln(_CONTEXT.divide(beta, one - alpha))
    return _micro(lower, ROUND_FLOOR), _micro(upper, ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item of a plan, with what either outcome adds to the evidence."""

    id: str
    family: str
    level: int
    index: int
    difficulty_micrologits: int
    slope_ppm: int
    solved_micronats: int
    failed_micronats: int

    @classmethod
    def parse(cls, value: object) -> PlanItem:
        """Read one entry of a plan's ``items``.

        Raises:
            InputError: other keys than an item has, or values of another type.
        """
        entry = _object(value, _ITEM_KEYS, "An item of the plan")
        return cls(**{field: entry[key] for key, field in _ITEM_KEYS.items()})  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """The entry that `parse` reads back to the same item."""
        return {key: getattr(self, field) for key, field in _ITEM_KEYS.items()}

    def __post_init__(self) -> None:
        for name, text in (("id", self.id), ("family", self.family)):
            _identifier(name, text)
        _bounded("level", self.level, 0, 1_000_000)
        _bounded("index", self.index, 0, 1_000_000_000)
        _bounded("solvedMicronats", self.solved_micronats, 0, _LARGEST_WEIGHT)
        _bounded("failedMicronats", self.failed_micronats, -_LARGEST_WEIGHT, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen test: items in the order in which they are taken, and when to stop.

    Every plan that exists is consistent: weights follow from difficulties, slopes, cut and zone;
    boundaries from alpha and beta; identifiers are unique.
    """

    items: tuple[PlanItem, ...]
    batch_size: int
    minimum_items: int
    maximum_items: int
    cut_micrologits: int
    zone_micrologits: int
    alpha_ppm: int
    beta_ppm: int
    lower_micronats: int
    upper_micronats: int

    @classmethod
    def parse(cls, value: object) -> Plan:
        """Read a plan from its canonical object (spec/determination.md).

        Raises:
            InputError: unknown or lacking keys, another ``model``, values out of range, weights or
                boundaries that do not follow from the rest, a repeated item.
        """
        entry = _object(value, {"model": "model", "items": "items", **_PLAN_KEYS}, "The plan")
        if entry["model"] != MODEL:
            raise InputError(
                f"The plan's model is {entry['model']!r}.", hint=f"This version knows {MODEL!r}."
            )
        listed = entry["items"]
        if not isinstance(listed, list | tuple):
            raise InputError("The plan's items are not an array.")
        fields = {field: entry[key] for key, field in _PLAN_KEYS.items()}
        return cls(items=tuple(map(PlanItem.parse, listed)), **fields)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """The canonical object that `parse` reads back to the same plan."""
        return {
            "model": MODEL,
            "items": [item.to_dict() for item in self.items],
            **{key: getattr(self, field) for key, field in _PLAN_KEYS.items()},
        }

    @classmethod
    def weigh(
        cls,
        items: tuple[tuple[str, str, int, int, int, int], ...],
        *,
        batch_size: int,
        minimum_items: int,
        maximum_items: int,
        cut_micrologits: int,
        zone_micrologits: int,
        alpha_ppm: int,
        beta_ppm: int,
    ) -> Plan:
        """Make a plan from ``(id, family, level, index, difficulty_micrologits, slope_ppm)`` rows.

        Raises:
            InputError: as for `parse`.
        """
        lower, upper = boundaries(alpha_ppm, beta_ppm)
        weighed = tuple(
            PlanItem(*row, *log_likelihood_weights(*row[4:], cut_micrologits, zone_micrologits))
            for row in items
        )
        return cls(
            weighed,
            batch_size,
            minimum_items,
            maximum_items,
            cut_micrologits,
            zone_micrologits,
            alpha_ppm,
            beta_ppm,
            lower,
            upper,
        )

    def batches(self) -> Iterator[tuple[PlanItem, ...]]:
        """The fixed batches in plan order; only the last may be shorter than ``batch_size``."""
        for start in range(0, len(self.items), self.batch_size):
            yield self.items[start : start + self.batch_size]

    def __post_init__(self) -> None:
        for name, value in (("lower", self.lower_micronats), ("upper", self.upper_micronats)):
            _bounded(f"{name}Micronats", value, -_LARGEST_WEIGHT, _LARGEST_WEIGHT)
        _bounded("minimumItems", self.minimum_items, FLOOR_OF_MINIMUM_ITEMS, LARGEST_PLAN)
        _bounded("maximumItems", self.maximum_items, self.minimum_items, LARGEST_PLAN)
        _bounded("batchSize", self.batch_size, 1, self.maximum_items)
        if not self.minimum_items <= len(self.items) <= self.maximum_items:
            raise InputError(
                f"The plan lists {len(self.items)} items.",
                hint=f"It may list {self.minimum_items} to {self.maximum_items}: at least "
                "minimumItems, or it could never decide, and no more than maximumItems.",
            )
        if len({item.id for item in self.items}) != len(self.items):
            raise InputError("The plan lists an item twice.", hint="Each item counts once.")
        if (self.lower_micronats, self.upper_micronats) != boundaries(
            self.alpha_ppm, self.beta_ppm
        ):
            raise InputError(
                "The plan's boundaries do not follow from its alphaPpm and betaPpm.",
                hint="Recompute them with boundaries(alphaPpm, betaPpm).",
            )
        for item in self.items:
            self._check_weights(item)

    def _check_weights(self, item: PlanItem) -> None:
        expected = log_likelihood_weights(
            item.difficulty_micrologits,
            item.slope_ppm,
            self.cut_micrologits,
            self.zone_micrologits,
        )
        if (item.solved_micronats, item.failed_micronats) != expected:
            raise InputError(
                f"The weights of item {item.id} do not follow from its difficulty and the cut.",
                hint=f"They are {expected[0]} solved, {expected[1]} failed.",
            )


@dataclass(frozen=True, slots=True)
class Step:
    """The evidence at the end of one batch: items taken, and the two paths in micro-nats."""

    items: int
    low_micronats: int
    high_micronats: int


@dataclass(frozen=True, slots=True)
class Point:
    """The evidence after one item in plan order, for pictures; no decision is read off it."""

    item: str
    outcome: Outcome
    low_micronats: int
    high_micronats: int


@dataclass(frozen=True, slots=True)
class Determination:
    """What the plan and the outcomes say, why, and by what evidence.

    ``items_used`` counts every item whose outcome entered, ``items_missing`` those among them that
    were scored both ways. ``evidence_*`` are the two paths where the test stopped; ``trajectory``
    holds one `Step` per batch, ``path`` one `Point` per item.
    """

    outcome: Verdict
    reason: Reason
    items_used: int
    items_missing: int
    evidence_low_micronats: int
    evidence_high_micronats: int
    trajectory: tuple[Step, ...]
    path: tuple[Point, ...]

    def to_dict(self) -> dict[str, object]:
        """The canonical object of the determination, without the picture's path."""
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "itemsUsed": self.items_used,
            "itemsMissing": self.items_missing,
            "evidenceLowMicronats": self.evidence_low_micronats,
            "evidenceHighMicronats": self.evidence_high_micronats,
            "trajectory": [
                {
                    "items": step.items,
                    "lowMicronats": step.low_micronats,
                    "highMicronats": step.high_micronats,
                }
                for step in self.trajectory
            ],
        }


def determine(
    plan: Plan, outcomes: Mapping[str, Outcome], *, stopped: StopReason | None = None
) -> Determination:
    """Decide, from the completed set of outcomes alone.

    ``stopped`` says that the run was ended from outside. Items of a batch that had begun but lack
    an outcome then count as missing. It never undoes a decision: if both paths agree the test has
    decided, else the answer is INCONCLUSIVE for that reason.

    Raises:
        InputError: a word that is no outcome or no stop reason; an outcome of an item outside the
            plan, of a batch after the one at which the test stopped, or of a batch that could not
            have begun.
        RefusedError: the test is undecided and nobody stopped it; run `next_batch` first.
    """
    walk = progress(plan, outcomes, stopped)
    if walk.ending is None:
        raise undecided(walk.taken)
    return walk.determination(*walk.ending)


def undecided(taken: int) -> RefusedError:
    """The refusal to determine after ``taken`` items that decide nothing yet."""
    return RefusedError(
        f"A determination was asked for, but the plan is undecided after {taken} items "
        "in complete batches.",
        rule="determination",
        hint="Run the next batch, or say why the run was stopped.",
    )


def next_batch(plan: Plan, outcomes: Mapping[str, Outcome]) -> tuple[PlanItem, ...] | None:
    """The items to run now, in plan order, or None when the test has ended.

    For live use: after a crash in the middle of a batch these are the items of that batch which
    have no outcome yet.

    Raises:
        InputError: as for `determine`.
    """
    walk = progress(plan, outcomes, None)
    if walk.ending is not None:
        return None
    batch = plan.items[walk.taken : walk.taken + plan.batch_size]
    return tuple(item for item in batch if item.id not in outcomes)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a test has come: its ``ending`` if it has one, and what was taken."""

    ending: tuple[Verdict, Reason] | None
    steps: tuple[Step, ...]
    path: tuple[Point, ...]

    @property
    def taken(self) -> int:
        """How many items have entered."""
        return self.steps[-1].items if self.steps else 0

    def determination(self, outcome: Verdict, reason: Reason) -> Determination:
        """The determination of a test that ends here, with that answer."""
        last = self.steps[-1] if self.steps else Step(0, 0, 0)
        return Determination(
            outcome=outcome,
            reason=reason,
            items_used=last.items,
            items_missing=sum(point.outcome == "missing" for point in self.path),
            evidence_low_micronats=last.low_micronats,
            evidence_high_micronats=last.high_micronats,
            trajectory=self.steps,
            path=self.path,
        )


_Crossing = Literal["upper", "lower"] | None


def progress(
    plan: Plan, outcomes: Mapping[str, Outcome], stopped: StopReason | None = None
) -> Progress:
    """Take batch after batch until both paths have crossed or the outcomes end.

    Raises:
        InputError: as for `determine`.
    """
    _check_words(plan, outcomes, stopped)
    steps: list[Step] = []
    path: list[Point] = []
    low: _Crossing = None
    high: _Crossing = None
    ending: tuple[Verdict, Reason] | None = None
    cut_short = False
    for batch in plan.batches():
        begun = [item for item in batch if item.id in outcomes]
        if not begun or (len(begun) < len(batch) and stopped is None):
            break
        path.extend(_score(batch, outcomes, path[-1] if path else None))
        steps.append(Step(len(path), path[-1].low_micronats, path[-1].high_micronats))
        if len(path) >= plan.minimum_items:
            low = low or _crossing(plan, path[-1].low_micronats)
            high = high or _crossing(plan, path[-1].high_micronats)
        ending = _agreement(low, high)
        cut_short = len(begun) < len(batch)
        if ending is not None or cut_short:
            break
    _check_none_later(plan, outcomes, len(path), ended=ending is not None or cut_short)
    if ending is None and not cut_short and len(path) == len(plan.items):
        ending = "INCONCLUSIVE", _exhaustion(plan, low, high)
    if ending is None and stopped is not None:
        ending = "INCONCLUSIVE", stopped
    return Progress(ending, tuple(steps), tuple(path))


def _score(
    batch: tuple[PlanItem, ...], outcomes: Mapping[str, Outcome], last: Point | None
) -> Iterator[Point]:
    low = last.low_micronats if last else 0
    high = last.high_micronats if last else 0
    for item in batch:
        outcome = outcomes.get(item.id, "missing")
        low += item.solved_micronats if outcome == "solved" else item.failed_micronats
        high += item.failed_micronats if outcome == "failed" else item.solved_micronats
        yield Point(item.id, outcome, low, high)


def _crossing(plan: Plan, evidence: int) -> _Crossing:
    if evidence >= plan.upper_micronats:
        return "upper"
    return "lower" if evidence <= plan.lower_micronats else None


def _agreement(low: _Crossing, high: _Crossing) -> tuple[Verdict, Reason] | None:
    """What two first crossings say together; by the docstring's proof the rest can't occur."""
    if low == "upper":
        return "COVERED", "upper boundary crossed"
    if high == "lower":
        return "NOT_COVERED", "lower boundary crossed"
    if low == "lower" and high == "upper":
        return "INCONCLUSIVE", "missing data could decide"
    return None


def _exhaustion(plan: Plan, low: _Crossing, high: _Crossing) -> Reason:
    if low or high:
        return "missing data could decide"
    full = len(plan.items) == plan.maximum_items
    return "maximum items reached" if full else "bank exhausted"


def _check_words(plan: Plan, outcomes: Mapping[str, Outcome], stopped: StopReason | None) -> None:
    known = {item.id for item in plan.items}
    for item, outcome in outcomes.items():
        if item not in known:
            raise InputError(
                f"An outcome was given for {item!r}, which the plan does not list.",
                hint="Only the plan's own items count.",
            )
        if outcome not in get_args(Outcome):
            raise InputError(
                f"The outcome of {item} is {outcome!r}.",
                hint=f"It is one of {', '.join(get_args(Outcome))}.",
            )
    if stopped is not None and stopped not in get_args(StopReason):
        raise InputError(
            f"The run was stopped for {stopped!r}.",
            hint=f"A reason from outside is one of {', '.join(get_args(StopReason))}.",
        )


def _check_none_later(
    plan: Plan, outcomes: Mapping[str, Outcome], taken: int, *, ended: bool
) -> None:
    """Refuse outcomes that no run of this plan could have produced."""
    allowed = 0 if ended else plan.batch_size
    for item in plan.items[taken + allowed :]:
        if item.id in outcomes:
            when = "after the test had stopped" if ended else "before its batch could begin"
            raise InputError(
                f"An outcome was given for {item.id} {when}, at {taken} items.",
                hint="Items are run in the plan's batches, one complete batch after the other.",
            )


_ITEM_KEYS: Final[Mapping[str, str]] = {
    "id": "id",
    "family": "family",
    "level": "level",
    "index": "index",
    "difficultyMicrologits": "difficulty_micrologits",
    "slopePpm": "slope_ppm",
    "solvedMicronats": "solved_micronats",
    "failedMicronats": "failed_micronats",
}
_PLAN_KEYS: Final[Mapping[str, str]] = {
    "batchSize": "batch_size",
    "minimumItems": "minimum_items",
    "maximumItems": "maximum_items",
    "cutMicrologits": "cut_micrologits",
    "zoneMicrologits": "zone_micrologits",
    "alphaPpm": "alpha_ppm",
    "betaPpm": "beta_ppm",
    "lowerMicronats": "lower_micronats",
    "upperMicronats": "upper_micronats",
}


def _object(value: object, keys: Mapping[str, str], what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InputError(f"{what} is not an object.")
    if set(value) != set(keys):
        lacking = sorted(set(keys) - set(value))
        unknown = sorted(map(str, set(value) - set(keys)))
        raise InputError(
            f"{what} lacks the keys {lacking} and has the unknown keys {unknown}.",
            hint=f"It has exactly {', '.join(sorted(keys))}.",
        )
    return cast(Mapping[str, object], value)


def _bounded(name: str, value: object, low: int, high: int) -> None:
    # bool is an int to Python, but true is no number in a plan.
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"{name} is {value!r}.", hint=f"It is an integer from {low} to {high}.")


def _identifier(name: str, value: object) -> None:
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= 200
        or not (value.isascii() and value.isprintable())
    ):
        raise InputError(
            f"An item's {name} is {value!r}.", hint="It is 1 to 200 printable ASCII characters."
        )


def _scaled(product: int) -> Decimal:
    """An integer of 10^-12 logits as an exact decimal; at most 17 digits, so nothing is rounded."""
    return Decimal(product).scaleb(-12, _CONTEXT)


def _softplus(x: Decimal) -> Decimal:
    """ln(1 + exp(x)); the sum drops digits below 10^-50, far under one micro-nat."""
    return _CONTEXT.ln(_CONTEXT.add(Decimal(1), _CONTEXT.exp(x)))


def _micro(value: Decimal, rounding: str) -> int:
    return int(_CONTEXT.multiply(value, _MILLION).to_integral_value(rounding=rounding))
