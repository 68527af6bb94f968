# SPDX-License-Identifier: Apache-2.0
"""Plans: which items, in which order, with what boundaries; registered before the first item (R16).

A plan for a determination is a sequential test at the secret cut (``statistics.plan``) and stays
sealed until closure. A plan for findings takes the same number of items from every level, so that
its result is an accuracy on those items.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from proofhouse.bank import calibration
from proofhouse.bank.families import FAMILIES
from proofhouse.bank.item import item_id
from proofhouse.desk.beside import person_fit
from proofhouse.desk.desk import Desk, Kept
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.measure import seed_of, threshold_value
from proofhouse.desk.run_evaluation import Alarm, Order, Planned
from proofhouse.errors import DamagedError
from proofhouse.evaluation.types import Budgets, Harness
from proofhouse.rules.determination import Plan, next_batch
from proofhouse.rules.registration import Case
from proofhouse.statistics.simulation import Check, Limits, Spreads, build_checked, check

ALPHA_PPM = BETA_PPM = 50_000
BATCH = 4
MINIMUM_ITEMS = 12
MAXIMUM_ITEMS = 60
PER_LEVEL = 20
"""How many items of each level a plan for a determination may draw from."""

LIMITS = Limits()
"""What a plan declares of INCONCLUSIVE and leakage; refused if its simulation shows more."""

SELECTION = "near the cut, and some without regard to it (docs/statistics.md)"

FINDINGS_PER_LEVEL = 3
FINDINGS_BATCH = 6
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
    case: Case, bank: Kept, threshold: Kept, setting: Setting, *, at: str
) -> Draft:
    """The assessor's plan of a sequential test on the bank's items, at the secret cut.

    It is simulated first, with its scale right and wrong. Raises RefusedError if an error rate, the
    share of INCONCLUSIVE or what its prompts tell about the cut could exceed what it declares.
    """
    submission, value = case.need("submission"), threshold_value(threshold)
    seed = _selection_seed(seed_of(bank), submission.digest)
    plan, made = try_plan(value, seed)
    design = {
        "population": dict(value["population"]),
        "blueprint": _by_family(item.family for item in plan.items),
        "selection": {"method": SELECTION, "seed": seed.hex()},
        "simulation": made.to_dict(),
    }
    hidden = Hidden()
    fields = {
        "purpose": "determination",
        "submission": submission.digest,
        "bank": bank.entry.digest,
        "threshold": threshold.entry.digest,
        "plan": hidden.salt(plan.to_dict()),  # type: ignore[arg-type]
        "design": hidden.salt(design),
        "itemCount": len(plan.items),
        "minimumItems": plan.minimum_items,
        "batchSize": plan.batch_size,
        "alphaPpm": plan.alpha_ppm,
        "betaPpm": plan.beta_ppm,
        "lowerMicronats": plan.lower_micronats,
        "upperMicronats": plan.upper_micronats,
        **setting.stated(len(plan.items)),
        "plannedAt": at,
    }
    return about_case(case, "plan", fields, hidden.openings)


def try_plan(value: Mapping[str, Any], seed: bytes) -> tuple[Plan, Check]:
    """The plan for a threshold's ``value``, simulated. Raises RefusedError if none would be honest.

    The bodies ask this before they commit to a threshold, for it is committed to once.
    """
    dimension, bank = value["dimensions"]["memory-flaw"], candidates()
    plan, _ = build_checked(
        bank,
        dimension["cutMicrologits"],
        dimension["zoneMicrologits"],
        ALPHA_PPM,
        BETA_PPM,
        BATCH,
        MINIMUM_ITEMS,
        MAXIMUM_ITEMS,
        seed,
        LIMITS,
        spreads=spreads(),
    )
    trust = plan.items[0].slope_ppm  # the scale's own slope is one
    made = check(
        plan, bank, LIMITS, seed=seed, spreads=spreads(), trust_ppm=trust, curve=True
    )  # the same figures at the zone's edges, and what lies between and beyond
    return plan, made


def for_findings(case: Case, setting: Setting, *, at: str) -> Draft:
    """The assessor's plan of a deeper look: every level alike, nothing decided."""
    submission = case.need("submission")
    items = [
        {"id": item_id(name, level, index), "family": name, "level": level, "index": index}
        for index in range(FIRST_FINDINGS_INDEX, FIRST_FINDINGS_INDEX + FINDINGS_PER_LEVEL)
        for name, family in FAMILIES.items()
        for level in family.levels
    ]
    hidden = Hidden()
    fields = {
        "purpose": "findings",
        "submission": submission.digest,
        "bank": submission.predicate["bank"],
        "threshold": None,
        "plan": hidden.salt({"items": items, "batchSize": FINDINGS_BATCH}),  # type: ignore[dict-item]
        "design": hidden.salt(
            {
                "population": {},
                "blueprint": _by_family(str(item["family"]) for item in items),
                "selection": {"method": "as many items from each level", "seed": None},
                "simulation": None,
            }
        ),
        "itemCount": len(items),
        "minimumItems": len(items),
        "batchSize": FINDINGS_BATCH,
        "alphaPpm": None,
        "betaPpm": None,
        "lowerMicronats": None,
        "upperMicronats": None,
        **setting.stated(len(items)),
        "plannedAt": at,
    }
    return about_case(case, "plan", fields, hidden.openings)


def opened(desk: Desk, case: Case, name: str, field: str) -> Any:
    """What a salted field of the newest statement ``name`` holds, from the vault."""
    wanted = case.need(name)
    for kept in desk.statements(case.id):
        if kept.entry.digest == wanted.digest:
            for opening in kept.openings:
                if getattr(opening, "sha256", None) == wanted.predicate[field]["salted"]:
                    return opening.value
    raise DamagedError(f"The vault does not hold the {field} of the statement “{name}”.")


def order_of(plan: Mapping[str, Any]) -> Order:
    """Which items come next under an opened plan."""
    if "model" in plan:
        test = Plan.parse(plan)
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
    test = Plan.parse(plan)

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
    }


def candidates() -> list[tuple[str, int]]:
    """The items that a plan may draw from, each with its level's difficulty in micro-logits."""
    table = calibration.shipped()
    return [
        (item_id(name, level, index), table.difficulty(name, level).micrologits)
        for name, family in FAMILIES.items()
        for level in family.levels
        for index in range(PER_LEVEL)
    ]


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
