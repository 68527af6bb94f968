# SPDX-License-Identifier: Apache-2.0
"""Plans: which items, in which order, with what boundaries; registered before the first item (R16).

A plan for a determination is a sequential test at each secret cut (``statistics.plan``) and stays
sealed until closure. Its items follow the population of each dimension, by the method of largest
remainders. A plan for findings takes a spread of levels of every family, the same for every
submission, so that its result is an accuracy on those items. A plan that tests findings again takes
items that no earlier plan of the case had.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.bank import calibration
from proofhouse.bank.families import Family, of_track
from proofhouse.bank.item import item_id
from proofhouse.desk.beside import person_fit
from proofhouse.desk.desk import Desk, Kept
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.measure import seed_of, threshold_value
from proofhouse.desk.run_evaluation import Alarm, Order, Planned
from proofhouse.errors import DamagedError, InputError, VerificationError
from proofhouse.evaluation.types import Budgets, Harness
from proofhouse.rules.battery import (
    Battery,
    blueprint,
    gathered,
    next_batch,
    share_of_alpha,
)
from proofhouse.rules.determination import Plan
from proofhouse.rules.registration import RETEST_MAY_BE_PLANNED, Case
from proofhouse.rules.replay import check_populations
from proofhouse.rules.runs import SECOND_READER
from proofhouse.said import say
from proofhouse.statistics.selection import Mix
from proofhouse.statistics.simulation import Check, Limits, Spreads, build_checked, check

ALPHA_PPM = BETA_PPM = 50_000
BATCH = 4
MINIMUM_ITEMS = 12
MAXIMUM_ITEMS = 60
PER_LEVEL = 20
"""How many items of each level a plan for a determination may draw from."""

LIMITS = Limits()
"""What a plan declares of INCONCLUSIVE, over all dimensions, and of leakage, of each cut; refused
if its simulation shows more."""

AIM_PART = 13
"""A plan aims at most this part of its scale beside the cut, on either side."""

FINDINGS_SELECTION = "as many of each family, from a spread of its levels"
SELECTION = "near the cut, and some without regard to it (docs/statistics.md)"

MOST_FINDINGS_ITEMS = 24
FINDINGS_PER_LEVEL = 3
"""How many items of a level a plan for findings takes at most."""

FINDINGS_BATCH = 6
RETEST_ITEMS = 12
"""New items for each finding that is tested again: enough that "2 of 2" can turn out gone."""

RETEST_SELECTION = "new items of the family and level of each finding, numbered after all before"

FIRST_FINDINGS_INDEX = 100
"""Items for findings are numbered from here, so that no item is met twice by one submission."""


@dataclass(frozen=True)
class Setting:
    """What a plan says besides its items: harness and budgets (R13)."""

    harness: Harness
    budgets: Budgets

    def stated(self, items: int) -> dict[str, Any]:
        """The fields of the statement."""
        name, _, version = self.harness.scaffold.partition(" ")
        return {
            "budgets": {
                "tokensPerItem": self.budgets.tokens,
                "turnsPerItem": self.budgets.turns,
                "secondsPerItem": self.budgets.seconds,
                "tokens": self.budgets.tokens * items,
            },
            "scaffold": {
                "name": name,
                "version": version or self.harness.proofhouse,
                "tools": list(self.harness.tools),
            },
            "referenceModels": [reference.name for reference in calibration.shipped().references],
        }


def for_determination(
    case: Case,
    bank: Kept,
    threshold: Kept,
    setting: Setting,
    *,
    at: str,
    families: Mapping[str, Family] | None = None,
) -> Draft:
    """The assessor's plan of a sequential test on the bank's items, at the secret cut.

    ``families`` are those that the bank consists of; None: all that are installed.
    It is simulated first, with its scale right and wrong. Raises RefusedError if an error rate, the
    share of INCONCLUSIVE or what its prompts tell about the cut could exceed what it declares.
    """
    submission, value = case.need("submission"), threshold_value(threshold)
    seed = _selection_seed(seed_of(bank), submission.digest)
    plan, made = try_plan(value, seed, families)
    test, dimensions = plan.tests[0][1], value["dimensions"]
    design: dict[str, Any] = {
        "population": {name: dict(each["population"]) for name, each in dimensions.items()},
        "blueprint": _by_family(item.family for item in plan.items),
        "selection": {"method": SELECTION, "seed": seed.hex()},
        "simulation": gathered({name: each.to_dict() for name, each in made.items()}),
    }
    hidden = Hidden()
    fields = {
        "purpose": "determination",
        "submission": submission.digest,
        "bank": bank.entry.digest,
        "threshold": threshold.entry.digest,
        "plan": hidden.salt(plan.to_dict()),
        "design": hidden.salt(design),
        "itemCount": len(plan.items),
        "minimumItems": test.minimum_items,
        "batchSize": test.batch_size,
        "alphaPpm": plan.alpha_ppm,
        "betaPpm": test.beta_ppm,
        "lowerMicronats": test.lower_micronats,
        "upperMicronats": test.upper_micronats,
        **setting.stated(len(plan.items)),
        "plannedAt": at,
    }
    return about_case(case, "plan", fields, hidden.openings)


def try_plan(
    value: Mapping[str, Any], seed: bytes, families: Mapping[str, Family] | None = None
) -> tuple[Battery, dict[str, Check]]:
    """The plan for a threshold's ``value``, with the simulation of each dimension.

    The bodies ask this before they commit to a threshold, for it is committed to once. Raises
    RefusedError if no plan would be honest, InputError if a family of a population is none of the
    bank's or not calibrated, or if a population is not whole.
    """
    dimensions, bank = value["dimensions"], candidates(families)
    known = bank.families
    for name in sorted({family for one in dimensions.values() for family in one["population"]}):
        if name not in known:
            raise InputError(
                say("No plan can be made with the family “%(name)s”.", name=name),
                hint=say(
                    "Calibrated are %(known)s. %(said)s", known=", ".join(known), said=bank.said()
                ),
            )
    try:
        check_populations(dimensions, known)
        alpha = share_of_alpha(ALPHA_PPM, len(dimensions))
    except VerificationError as error:
        raise InputError(error.message, hint=error.hint) from None
    limits = Limits(LIMITS.inconclusive_ppm // len(dimensions), LIMITS.leakage_millibits)
    made = {}
    for name, dimension in sorted(dimensions.items()):
        own = seed if len(dimensions) == 1 else hmac.digest(seed, name.encode(), "sha256")
        made[name] = _try_test(dimension, bank, alpha, limits, own)
    return (
        Battery.of({name: test for name, (test, _) in made.items()}, ALPHA_PPM),
        {name: played for name, (_, played) in made.items()},
    )


def _try_test(
    dimension: Mapping[str, Any], bank: Candidates, alpha: int, limits: Limits, seed: bytes
) -> tuple[Plan, Check]:
    """The test of one dimension, simulated."""
    population = dimension["population"]
    items = [(item, position) for item, position in bank.items if _family(item) in population]
    wanted = blueprint(population, _length(items, population))
    counts = {family: count for family, count in wanted.items() if count}
    mix = Mix(blueprint=tuple(sorted(counts.items())), aim_spread_micrologits=_aim_spread(items))
    plan, _ = build_checked(
        items,
        dimension["cutMicrologits"],
        dimension["zoneMicrologits"],
        alpha,
        BETA_PPM,
        BATCH,
        MINIMUM_ITEMS,
        sum(counts.values()),
        seed,
        limits,
        mix=mix,
        spreads=spreads(),
    )
    trust = plan.items[0].slope_ppm  # the scale's own slope is one
    made = check(
        plan, items, limits, seed=seed, spreads=spreads(), mix=mix, trust_ppm=trust, curve=True
    )  # the same figures at the zone's edges, and what lies between and beyond
    return plan, made


def _aim_spread(items: Sequence[tuple[str, int]]) -> int:
    """How far beside the cut a plan may aim: farther on a longer scale.

    Who learns the aim exactly learns log2(scale/(2·spread)) bits of the cut: here 2.7, below what
    is declared.
    """
    positions = [position for _, position in items] or [0]
    return max(Mix().aim_spread_micrologits, (max(positions) - min(positions)) // AIM_PART)


def _length(items: Sequence[tuple[str, int]], population: Mapping[str, int]) -> int:
    """The longest test, up to MAXIMUM_ITEMS, for whose blueprint every family has items."""
    there = Counter(_family(item) for item, _ in items)
    for length in range(MAXIMUM_ITEMS, 0, -1):
        if all(there[name] >= count for name, count in blueprint(population, length).items()):
            return length
    return 0


def _family(item: str) -> str:
    return item.partition("/")[0]


def for_findings(
    case: Case, setting: Setting, *, at: str, families: Mapping[str, Family] | None = None
) -> Draft:
    """The assessor's plan of a deeper look: a spread of levels of every family, nothing decided.

    ``families`` as for a determination.
    """
    known = of_track("cyber") if families is None else families
    items = [
        _listed(name, level, FIRST_FINDINGS_INDEX + index)
        for index, name, level in findings_spread(known)
        if known[name].indices(level, FIRST_FINDINGS_INDEX + index, 1)
    ]
    return _of_items(case, items, FINDINGS_SELECTION, setting, at=at)


def for_retest(
    case: Case,
    setting: Setting,
    names: Sequence[str],
    opened_: Mapping[str, Any],
    *,
    at: str,
    items: int = RETEST_ITEMS,
    families: Mapping[str, Family] | None = None,
) -> Draft:
    """The assessor's plan to test findings again that were answered as fixed, on new items.

    ``names`` are the findings' ids, ``opened_`` what the vault opens of the case. Each finding gets
    ``items`` items of its family and level, numbered after every item of the case. Raises
    RefusedError if it was not answered, InputError for a finding that is none, or whose level has
    no item that is new.
    """
    known = of_track("cyber") if families is None else families
    answer = case.need("findings-answered")
    of = next(e for e in case.all("findings") if e.digest == answer.predicate["findings"])
    found = {f["id"]: f for f in opened_[of.predicate["findings"]["salted"]]["findings"]}
    used: dict[tuple[str, int], int] = {}
    for plan in case.all("plan"):
        for item in opened_[plan.predicate["plan"]["salted"]]["items"]:
            place = item["family"], item["level"]
            used[place] = max(used.get(place, -1), item["index"])
    taken: list[dict[str, Any]] = []
    for name in names:
        if name not in found:
            raise InputError(
                say("There is no finding “%(finding)s” here.", finding=name[:80]),
                hint=say("There are: %(findings)s.", findings=", ".join(found)),
            )
        family, level = found[name]["family"], found[name]["level"]
        new = known[family].indices(level, used.get((family, level), -1) + 1, items)
        if not new:
            raise InputError(
                say(
                    "The bank has no new item to test %(finding)s on: its level %(level)s of "
                    "%(family)s is used up.",
                    finding=name,
                    level=level,
                    family=family,
                ),
                hint="A newer bank version has others.",
            )
        taken += [_listed(family, level, index) for index in new]
    retests = {"answer": answer.digest, "findings": list(names)}
    return _of_items(case, taken, RETEST_SELECTION, setting, at=at, retests=retests)


def _listed(family: str, level: int, index: int) -> dict[str, Any]:
    name = item_id(family, level, index)
    return {"id": name, "family": family, "level": level, "index": index}


def _of_items(
    case: Case,
    items: Sequence[dict[str, Any]],
    method: str,
    setting: Setting,
    *,
    at: str,
    **more: Any,
) -> Draft:
    """A plan that decides nothing: these items, all of them."""
    submission, hidden = case.need("submission"), Hidden()
    fields = {
        "purpose": "findings",
        "submission": submission.digest,
        "bank": submission.predicate["bank"],
        "threshold": None,
        "plan": hidden.salt({"items": list(items), "batchSize": min(FINDINGS_BATCH, len(items))}),
        "design": hidden.salt(
            {
                "population": {},
                "blueprint": _by_family(str(item["family"]) for item in items),
                "selection": {"method": method, "seed": None},
                "simulation": None,
            }
        ),
        "itemCount": len(items),
        "minimumItems": len(items),
        "batchSize": min(FINDINGS_BATCH, len(items)),
        "alphaPpm": None,
        "betaPpm": None,
        "lowerMicronats": None,
        "upperMicronats": None,
        **setting.stated(len(items)),
        "plannedAt": at,
        **more,
    }
    return about_case(case, "plan", fields, hidden.openings)


def findings_spread(families: Mapping[str, Family]) -> list[tuple[int, str, int]]:
    """What a plan for findings takes: (how many-eth of its level, family, level), in plan order.

    Each family has an equal part of at most MOST_FINDINGS_ITEMS items. They are dealt to its
    levels in turn, at most FINDINGS_PER_LEVEL each; where the part has no two items for each level,
    to fewer levels, spread evenly from the lowest to the highest: items like these are told apart
    from these items by what two of one level differ.
    """
    part = max(1, MOST_FINDINGS_ITEMS // max(1, len(families)))
    taken = []
    for name, family in families.items():
        many = min(len(family.levels), (part + 1) // 2)
        last = max(1, many - 1)
        levels = [family.levels[place * (len(family.levels) - 1) // last] for place in range(many)]
        turns = [(index, name, level) for index in range(FINDINGS_PER_LEVEL) for level in levels]
        taken += turns[:part]
    return sorted(taken, key=lambda one: one[0])


def opened(desk: Desk, case: Case, name: str, field: str) -> Any:
    """What a salted field of the newest statement ``name`` holds, from the vault."""
    wanted = case.need(name)
    for kept in desk.statements(case.id):
        if kept.entry.digest == wanted.digest:
            for opening in kept.openings:
                if getattr(opening, "sha256", None) == wanted.predicate[field]["salted"]:
                    return opening.value
    raise DamagedError(
        say(
            "The vault does not hold the %(field)s of the statement “%(name)s”.",
            field=field,
            name=name,
        )
    )


RETESTED = (*RETEST_MAY_BE_PLANNED, "assessor_to_run_retest", "retest_under_way")
"""Where the next run is of the version that was fixed."""


def under_test(desk: Desk, case: Case) -> tuple[Mapping[str, Any], Any]:
    """The model that the next run asks: name, provider and endpoint, and what it was bound to.

    In a re-test it is the version that the developer's newest answer names (R17), else the
    submission.
    """
    answer = case.last("findings-answered")
    if case.state in RETESTED and answer is not None and answer.predicate["version"] is not None:
        model = opened(desk, case, "findings-answered", "said")["model"]
        if model is not None:
            return model, answer.predicate["version"]
        return opened(desk, case, "submission", "model"), answer.predicate["version"]
    return opened(desk, case, "submission", "model"), case.need("submission").predicate


def order_of(plan: Mapping[str, Any]) -> Order:
    """Which items come next under an opened plan."""
    if "model" in plan:
        test = Battery.parse(plan)
        return lambda outcomes: _planned(next_batch(test, outcomes))  # type: ignore[arg-type]
    items = tuple(Planned(i["id"], i["family"], i["level"], i["index"]) for i in plan["items"])
    size = plan["batchSize"]

    def in_batches(outcomes: Mapping[str, str]) -> tuple[Planned, ...] | None:
        for start in range(0, len(items), size):
            left = tuple(i for i in items[start : start + size] if i.id not in outcomes)
            if left:
                return left
        return None

    return in_batches


MISFIT_PPM = 1_000
"""A pattern of answers as unlikely as this stops the run: one false alarm in a thousand looks."""


def alarm_of(plan: Mapping[str, Any]) -> Alarm:
    """Whether hard items solved and easy ones failed make an opened plan's scale untenable (R17).

    Looked at after whole batches, with ten scored items or more.
    """
    if "model" not in plan:
        return lambda _outcomes: False
    test = Battery.parse(plan)

    def alarm(outcomes: Mapping[str, str]) -> bool:
        fit = person_fit(test, outcomes)  # type: ignore[arg-type]
        scored = sum(word in ("solved", "failed") for word in outcomes.values())
        return scored >= 10 and fit is not None and fit.p_value_ppm <= MISFIT_PPM

    return alarm


def harness_of(harness: Harness) -> dict[str, str]:
    """What a run is done in, each part with its version (R13)."""
    return {
        "proofhouse": harness.proofhouse,
        "python": harness.python,
        **dict(harness.packages),
        "scaffold": harness.scaffold,
        "sandbox": harness.tier,
        **({SECOND_READER: harness.reader} if harness.reader else {}),
    }


@dataclass(frozen=True)
class Candidates:
    """The items that a plan may draw from, each with its level's difficulty in micro-logits.

    ``left_out``: levels that nobody has calibrated, as ``family/level``; no plan has them.
    """

    items: tuple[tuple[str, int], ...]
    left_out: tuple[str, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """The families that there are items of, by name."""
        return tuple(sorted({_family(item) for item, _ in self.items}))

    def said(self) -> str:
        """What is left out, in a sentence; empty if nothing is."""
        if not self.left_out:
            return ""
        return f"Not calibrated, and so left out of plans: {', '.join(self.left_out)}."


def candidates(families: Mapping[str, Family] | None = None) -> Candidates:
    """What a bank of ``families`` (None: all of the cyber track) lets a plan draw from.

    Difficulties are those of the shipped table, or what a family that was brought says of itself.
    """
    taken = of_track("cyber") if families is None else families
    known = {(e.family, e.level): e.micrologits for e in calibration.shipped().entries}
    for family in taken.values():
        known |= {(one.family, one.level): one.micrologits for one in family.difficulties}
    levels = [(name, level) for name, family in taken.items() for level in family.levels]
    return Candidates(
        items=tuple(
            (item_id(name, level, index), known[name, level])
            for name, level in levels
            if (name, level) in known
            for index in taken[name].indices(level, 0, PER_LEVEL)
        ),
        left_out=tuple(f"{name}/{level}" for name, level in levels if (name, level) not in known),
    )


def spreads() -> Spreads:
    """How far this bank's items are known to stray around their levels."""
    return Spreads(item_sd_micrologits=calibration.shipped().item_spread_micrologits)


def _by_family(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _selection_seed(seed: bytes, submission: str) -> bytes:
    return hmac.digest(seed, b"proofhouse/selection/v1\n" + submission.encode(), "sha256")


def _planned(items: Any) -> tuple[Planned, ...] | None:
    if items is None:
        return None
    return tuple(Planned(item.id, item.family, item.level, item.index) for item in items)
