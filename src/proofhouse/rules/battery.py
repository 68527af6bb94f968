# SPDX-License-Identifier: Apache-2.0
"""Several dimensions, one determination: a battery of tests of one dimension each (R6, R14, R16).

    battery = Battery.parse(plan)            a plan of one dimension, or of several:
    determine(battery, outcomes)             COVERED as soon as one of them crosses upwards
    next_batch(battery, outcomes)            the items to run now, or None

    {"model":"2pl/v2","alphaPpm":50000,"betaPpm":50000,"lowerMicronats":-2970414,…,
     "dimensions":{"chemical":{"families":["labels"],"cutMicrologits":…,"zoneMicrologits":…},
                   "cyber":{"families":["memory-flaw","patch"],…}},
     "items":[…]}

A dimension is a cut, a zone and the families that are measured on it; no family belongs to two.
Each has a test of its own (`determination`), with a share of alpha. With D dimensions:

| answer | when |
|---|---|
| COVERED | one dimension has crossed its upper boundary; every other stops there |
| NOT_COVERED | every dimension has crossed its lower one |
| INCONCLUSIVE | every dimension has ended, and neither of these |

**How the errors add up.** Alpha is of COVERED for a model one zone below the cut of *every*
dimension. That takes at least one wrong crossing, and the probability of a union is at most the sum
(Bonferroni): so each test has alpha/D, rounded down to whole parts per million. Beta is of
NOT_COVERED for a model one zone above the cut of *any* dimension. That takes a wrong crossing in
that very dimension beside all the others, so it is at most that test's beta: nothing is divided.
Neither needs the dimensions to be independent.

**Batches.** Each test cuts its items into batches of ``batchSize``. Tests take turns, one batch
each, in the order of their names; one that has ended is passed over. The plan lists the items in
the order in which they come if none ends early. So what is taken, and the answer, are functions of
the set of outcomes.

**Missing data** decide nothing, for the same reason as in one dimension: a crossing of a test holds
for each way in which its missing items could have come out, and one upwards is enough whatever the
others do. A test that the missing items could decide ends, and the others go on, for one of them
may still be crossed upwards.

**Held scores** are missing while the run goes on, so it may have stopped elsewhere than it would
have with a person's decisions (`held`). One rule covers that: the decided outcomes are read over
the batches that the run took, in the order in which it took them, and each test stops at its own
first crossing, what the run took beyond entering no more; a test that the run had ended and that
is between its boundaries with the decisions stays ended, INCONCLUSIVE. A decision is one of the
ways in which a missing item could have come out, so by the proof in `determination` it never turns
COVERED or NOT_COVERED into anything else: it can only let the evidence reach what held scores kept
it from.

A plan of one dimension is written as `determination.Plan` writes it, and its battery has one test
without a name. Limits: 2 to 8 dimensions in the second form, at most 10,000 items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, get_args

from proofhouse.errors import InputError
from proofhouse.rules.determination import (
    LARGEST_PLAN,
    Determination,
    Outcome,
    Plan,
    PlanItem,
    Progress,
    Reason,
    StopReason,
    Verdict,
    progress,
    undecided,
)

MODEL: Final = "2pl/v2"
MOST_DIMENSIONS: Final = 8
MILLION: Final = 1_000_000

_KEYS = frozenset(
    (
        "model",
        "dimensions",
        "items",
        "batchSize",
        "minimumItems",
        "maximumItems",
        "alphaPpm",
        "betaPpm",
        "lowerMicronats",
        "upperMicronats",
    )
)
_DIMENSION_KEYS = frozenset(("families", "cutMicrologits", "zoneMicrologits"))


def share_of_alpha(alpha_ppm: int, dimensions: int) -> int:
    """The alpha of each of so many dimensions: an equal part, rounded down.

    Raises InputError if there is nothing left to share.
    """
    if not 1 <= dimensions <= MOST_DIMENSIONS or alpha_ppm < dimensions:
        raise InputError(
            f"An alpha of {alpha_ppm} ppm can't be shared among {dimensions} dimensions.",
            hint=f"There are 1 to {MOST_DIMENSIONS} dimensions, each with 1 ppm at least.",
        )
    return alpha_ppm // dimensions


def blueprint(population: Mapping[str, int], items: int) -> dict[str, int]:
    """How many of ``items`` each family has: by its weight, by the method of largest remainders.

    ``population``: family → weight, positive. Each family has one item at least where there are
    items enough; ties go to the family that comes first by name.
    """
    total, names = sum(population.values()), sorted(population)
    counts = {name: items * population[name] // total for name in names}
    by_remainder = sorted(names, key=lambda name: (-(items * population[name] % total), name))
    for name in by_remainder[: items - sum(counts.values())]:
        counts[name] += 1
    for name in names if items >= len(names) else ():
        if not counts[name]:
            most = max(names, key=lambda one: (counts[one], one))
            counts[most], counts[name] = counts[most] - 1, 1
    return counts


@dataclass(frozen=True, slots=True)
class Battery:
    """The tests of a plan by dimension; the name of an only one is empty.

    ``alpha_ppm`` is that of all tests together. Every battery that exists is consistent: each test
    has its share of it, the same beta, batches and bounds, and families that no other has.
    """

    tests: tuple[tuple[str, Plan], ...]
    alpha_ppm: int

    @classmethod
    def of(cls, tests: Mapping[str, Plan], alpha_ppm: int) -> Battery:
        """The battery of these tests, by dimension. Raises InputError as `parse`."""
        if len(tests) == 1:
            (only,) = tests.values()
            return cls((("", only),), alpha_ppm)
        return cls(tuple(sorted(tests.items())), alpha_ppm)

    @classmethod
    def parse(cls, value: object) -> Battery:
        """Read a plan of one dimension or of several.

        Raises:
            InputError: as `Plan.parse`, for each dimension; fewer than 2 or more than 8 of them; a
                family in two, or without an item; an item of no dimension, or in another place.
        """
        if not isinstance(value, Mapping) or value.get("model") != MODEL:
            only = Plan.parse(value)
            return cls((("", only),), only.alpha_ppm)
        if set(value) != _KEYS:
            raise InputError(
                "The plan lacks keys or has unknown ones.",
                hint=f"It has exactly {', '.join(sorted(_KEYS))}.",
            )
        named, alpha = value["dimensions"], value["alphaPpm"]
        if not isinstance(named, Mapping) or not 2 <= len(named) <= MOST_DIMENSIONS:
            raise InputError(
                f"The plan does not name 2 to {MOST_DIMENSIONS} dimensions.",
                hint="A plan of one dimension has another form (spec/determination.md).",
            )
        if type(alpha) is not int:
            raise InputError(f"alphaPpm is {alpha!r}.", hint="It is an integer.")
        listed = value["items"]
        if not isinstance(listed, list | tuple):
            raise InputError("The plan's items are not an array.")
        share, items = share_of_alpha(alpha, len(named)), tuple(map(PlanItem.parse, listed))
        tests = tuple(
            (name, _test(value, name, named[name], items, share)) for name in sorted(named)
        )
        made = cls(tests, alpha)
        if made.items != items:
            raise InputError(
                "The plan does not list its items batch by batch, dimension by dimension in turn.",
                hint="Each dimension takes a batch in the order of the names, then each the next.",
            )
        return made

    def to_dict(self) -> dict[str, Any]:
        """The canonical object that `parse` reads back to the same battery."""
        first = self.tests[0][1]
        if len(self.tests) == 1:
            return first.to_dict()
        own = ("cutMicrologits", "zoneMicrologits")
        shared = {key: value for key, value in first.to_dict().items() if key not in own}
        return shared | {
            "model": MODEL,
            "alphaPpm": self.alpha_ppm,
            "items": [item.to_dict() for item in self.items],
            "dimensions": {
                name: {
                    "families": list(families_of(test)),
                    "cutMicrologits": test.cut_micrologits,
                    "zoneMicrologits": test.zone_micrologits,
                }
                for name, test in self.tests
            },
        }

    def named(self, dimensions: Sequence[str]) -> dict[str, Plan]:
        """The tests by the names that a threshold has for them. Raises InputError if not these."""
        if len(dimensions) == len(self.tests) == 1:
            return {dimensions[0]: self.tests[0][1]}
        tests = dict(self.tests)
        if set(tests) != set(dimensions):
            raise InputError("The plan does not test the dimensions that its threshold names.")
        return tests

    @property
    def items(self) -> tuple[PlanItem, ...]:
        """Every item, in the order of the batches."""
        return tuple(item for _, batch in self.batches() for item in batch)

    def batches(self) -> Iterator[tuple[str, tuple[PlanItem, ...]]]:
        """The batches with their dimensions, in the order in which they come if no test ends."""
        waiting = {name: test.batches() for name, test in self.tests}
        while waiting:
            for name in tuple(waiting):
                batch = next(waiting[name], None)
                if batch is None:
                    del waiting[name]
                else:
                    yield name, batch

    def __post_init__(self) -> None:
        if not 1 <= len(self.tests) <= MOST_DIMENSIONS:
            raise InputError(f"A plan has 1 to {MOST_DIMENSIONS} dimensions.")
        share = share_of_alpha(self.alpha_ppm, len(self.tests))
        first, seen = self.tests[0][1], set[str]()
        for name, test in self.tests:
            if len(self.tests) > 1 and not _is_name(name):
                raise InputError(
                    f"A dimension is called {name!r}.",
                    hint="It is 1 to 200 printable ASCII characters.",
                )
            if test.alpha_ppm != share:
                raise InputError(
                    f"The test of {name!r} has an alpha of {test.alpha_ppm} ppm.",
                    hint=f"With {len(self.tests)} dimensions it is {share} ppm.",
                )
            if _shared(test) != _shared(first):
                raise InputError(
                    "The dimensions differ in beta, batches, or how many items they take.",
                    hint="A plan states these once, for all of its dimensions.",
                )
            twice = seen & {item.family for item in test.items}
            if twice:
                raise InputError(f"The family {min(twice)!r} belongs to two dimensions.")
            seen |= {item.family for item in test.items}
        if sum(len(test.items) for _, test in self.tests) > LARGEST_PLAN:
            raise InputError(f"The plan lists more than {LARGEST_PLAN} items.")


@dataclass(frozen=True, slots=True)
class Determined:
    """What a battery and its outcomes say: the answer, why, and each test's own (by dimension)."""

    outcome: Verdict
    reason: Reason
    items_used: int
    items_missing: int
    tests: tuple[tuple[str, Determination], ...]

    def evidence(self) -> dict[str, Any]:
        """The value to which a determination's ``evidence`` commits (spec/determination.md)."""
        told = {name: _evidence(made) for name, made in self.tests}
        if len(told) == 1:
            (only,) = told.values()
            return {key: value for key, value in only.items() if key not in ("outcome", "reason")}
        return {"dimensions": told}


def determine(
    battery: Battery,
    outcomes: Mapping[str, Outcome],
    *,
    stopped: StopReason | None = None,
    decided: Mapping[str, Outcome] = MappingProxyType({}),
) -> Determined:
    """Decide, from the completed set of outcomes alone; ``stopped`` as in `determination`.

    ``outcomes`` are those that the run went by; ``decided`` are held ones of them, as a person
    decided them afterwards.

    Raises:
        InputError: as `determination.determine`; an outcome of a dimension whose turn had not come,
            or after another dimension had crossed upwards.
        RefusedError: the battery is undecided and nobody stopped it.
    """
    walks = _walk(battery, outcomes, stopped)
    ending = _ending(walks, stopped)
    if ending is None:
        raise undecided(sum(walk.taken for walk in walks.values()))
    if decided:
        walks = _decided(battery, walks, {**outcomes, **decided}, stopped)
        ending = _ending(walks, stopped)
        assert ending is not None  # every test of theirs has an ending that the run's had
    tests = tuple((name, _of_test(walk, ending[0])) for name, walk in walks.items())
    return Determined(
        outcome=ending[0],
        reason=ending[1],
        items_used=sum(made.items_used for _, made in tests),
        items_missing=sum(made.items_missing for _, made in tests),
        tests=tests,
    )


def next_batch(battery: Battery, outcomes: Mapping[str, Outcome]) -> tuple[PlanItem, ...] | None:
    """The items to run now, or None when every test has ended or one has crossed upwards.

    Raises:
        InputError: as for `determine`.
    """
    walks = _walk(battery, outcomes, None)
    if _ending(walks, None) is not None:
        return None
    batch = next(batch for name, batch, taken in _turns(battery, walks) if not taken)
    return tuple(item for item in batch if item.id not in outcomes)


def by_dimension(value: Mapping[str, Any], dimensions: Sequence[str]) -> dict[str, Any]:
    """What a value says of each dimension: itself of an only one, else its ``dimensions``.

    Raises InputError unless it speaks of exactly these.
    """
    if len(dimensions) == 1 and set(value) != {"dimensions"}:
        return {dimensions[0]: value}
    told = value.get("dimensions")
    if len(dimensions) == 1 or not isinstance(told, Mapping) or set(told) != set(dimensions):
        raise InputError("It does not speak of the dimensions that its threshold names.")
    return {name: told[name] for name in sorted(dimensions)}


def gathered(told: Mapping[str, Any]) -> dict[str, Any]:
    """One value of what is said of each dimension: `by_dimension` takes it apart again."""
    if len(told) == 1:
        (only,) = told.values()
        return dict(only)
    return {"dimensions": dict(told)}


def families_of(test: Plan) -> tuple[str, ...]:
    """The families that a test has items of, by name."""
    return tuple(sorted({item.family for item in test.items}))


# ------------------------------------------------------------------------------------- reading


def _test(
    value: Mapping[str, Any], name: object, told: object, items: Sequence[PlanItem], share: int
) -> Plan:
    if not isinstance(told, Mapping) or set(told) != _DIMENSION_KEYS:
        raise InputError(
            f"The dimension {name!r} lacks keys or has unknown ones.",
            hint=f"It has exactly {', '.join(sorted(_DIMENSION_KEYS))}.",
        )
    families = told["families"]
    if not isinstance(families, list | tuple) or list(families) != sorted(
        {item.family for item in items if item.family in families}
    ):
        raise InputError(
            f"The families of the dimension {name!r} are not those of its items.",
            hint="They are listed once, by name, and each has an item.",
        )
    return Plan(
        items=tuple(item for item in items if item.family in families),
        batch_size=value["batchSize"],
        minimum_items=value["minimumItems"],
        maximum_items=value["maximumItems"],
        cut_micrologits=told["cutMicrologits"],
        zone_micrologits=told["zoneMicrologits"],
        alpha_ppm=share,
        beta_ppm=value["betaPpm"],
        lower_micronats=value["lowerMicronats"],
        upper_micronats=value["upperMicronats"],
    )


def _shared(test: Plan) -> tuple[int, ...]:
    return test.batch_size, test.minimum_items, test.maximum_items, test.beta_ppm


def _is_name(name: object) -> bool:
    return isinstance(name, str) and 1 <= len(name) <= 200 and name.isascii() and name.isprintable()


# ------------------------------------------------------------------------------------- walking


def _walk(
    battery: Battery, outcomes: Mapping[str, Outcome], stopped: StopReason | None
) -> dict[str, Progress]:
    """How far each test has come. Raises InputError for what no run could have produced."""
    dimension = {item.id: name for name, test in battery.tests for item in test.items}
    given: dict[str, dict[str, Outcome]] = {name: {} for name, _ in battery.tests}
    for item, outcome in outcomes.items():
        if item not in dimension:
            raise InputError(
                f"An outcome was given for {item!r}, which the plan does not list.",
                hint="Only the plan's own items count.",
            )
        given[dimension[item]][item] = outcome
    walks = {name: progress(test, given[name], stopped) for name, test in battery.tests}
    if len(walks) > 1:
        _check_turns(battery, walks, outcomes)
    return walks


def _decided(
    battery: Battery,
    ran: Mapping[str, Progress],
    outcomes: Mapping[str, Outcome],
    stopped: StopReason | None,
) -> dict[str, Progress]:
    """How far each test comes over the batches that the run took, by the decided ``outcomes``."""
    tests, over = dict(battery.tests), set[str]()
    walks = {name: progress(test, {}, stopped) for name, test in tests.items()}
    taken: dict[str, dict[str, Outcome]] = {name: {} for name in tests}
    for name, batch, was_taken in _turns(battery, ran):
        if not was_taken or name in over:
            continue
        taken[name] |= {item.id: outcomes[item.id] for item in batch if item.id in outcomes}
        walk = walks[name] = progress(tests[name], taken[name], stopped)
        if _by_itself(walk):
            over.add(name)
        if walk.ending is not None and walk.ending[0] == "COVERED":
            break
    return {name: _stays_ended(walk, ran[name]) for name, walk in walks.items()}


def _stays_ended(walk: Progress, ran: Progress) -> Progress:
    """A test that the run had ended, and that is open by the decisions, is not taken up again."""
    if _by_itself(walk) or not _by_itself(ran) or walk.taken < ran.taken:
        return walk
    return replace(walk, ending=("INCONCLUSIVE", "run ended while scores were held"))


def _by_itself(walk: Progress) -> bool:
    """Whether the test has ended, and not by a stop from outside."""
    return walk.ending is not None and walk.ending[1] not in get_args(StopReason)


def _turns(
    battery: Battery, walks: Mapping[str, Progress]
) -> Iterator[tuple[str, tuple[PlanItem, ...], bool]]:
    """The batches whose turn comes, with whether they are taken; an ended test has no turn."""
    left = {name: len(walk.steps) for name, walk in walks.items()}
    for name, batch in battery.batches():
        if left[name] or not _by_itself(walks[name]):
            yield name, batch, left[name] > 0
        left[name] = max(left[name] - 1, 0)


def _check_turns(
    battery: Battery, walks: Mapping[str, Progress], outcomes: Mapping[str, Outcome]
) -> None:
    """Every batch was taken in its turn: none after one that is not, or after a last crossing."""
    left = {name: len(walk.steps) for name, walk in walks.items()}
    over, waits = "", False
    for name, batch, _taken in _turns(battery, walks):
        begun = [item.id for item in batch if item.id in outcomes]
        left[name] -= bool(begun)
        if begun and (over or waits):
            when = f"after {over!r} had crossed upwards" if over else "before its batch could begin"
            raise InputError(
                f"An outcome was given for {begun[0]} {when}.",
                hint="Dimensions take turns, one complete batch each, and one crossing upwards "
                "ends them all.",
            )
        ending = walks[name].ending
        if ending is not None and ending[0] == "COVERED" and left[name] <= 0:
            over = name
        waits = waits or len(begun) < len(batch)


def _ending(
    walks: Mapping[str, Progress], stopped: StopReason | None
) -> tuple[Verdict, Reason] | None:
    """What the tests' endings say together."""
    endings = [walk.ending for walk in walks.values()]
    told = [ending for ending in endings if ending is not None]
    covered = [ending for ending in told if ending[0] == "COVERED"]
    if covered:
        return covered[0]
    if len(told) < len(endings):
        return None
    if all(verdict == "NOT_COVERED" for verdict, _ in told):
        return told[0]
    reasons = [reason for verdict, reason in told if verdict == "INCONCLUSIVE"]
    if stopped is not None and stopped in reasons:
        return "INCONCLUSIVE", stopped
    torn: Reason = "missing data could decide"
    return "INCONCLUSIVE", torn if torn in reasons else reasons[0]


def _of_test(walk: Progress, outcome: Verdict) -> Determination:
    """A test's own determination; one that another's crossing cut off has none."""
    ending = walk.ending
    if outcome == "COVERED" and (ending is None or ending[1] in get_args(StopReason)):
        ending = "INCONCLUSIVE", "another dimension crossed"
    assert ending is not None
    return walk.determination(*ending)


def _evidence(made: Determination) -> dict[str, Any]:
    stated = made.to_dict()
    return {
        "outcome": stated["outcome"],
        "reason": stated["reason"],
        "lowMicronats": stated["evidenceLowMicronats"],
        "highMicronats": stated["evidenceHighMicronats"],
        "trajectory": stated["trajectory"],
    }
