# SPDX-License-Identifier: Apache-2.0
"""``proofhouse plan simulate``: what a plan would really err, take and give away.

One dimension at a time: of D of them each is played with its share of alpha and of INCONCLUSIVE,
and passes by itself, for then both add up to what is declared at most (``rules.battery``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from proofhouse.bank import calibration
from proofhouse.bank.families import FAMILIES
from proofhouse.bank.item import item_id
from proofhouse.cli import pictures, print_json
from proofhouse.cli.recorded import table
from proofhouse.desk.plan_evaluation import spreads as calibrated_spreads
from proofhouse.errors import InputError
from proofhouse.rules.battery import share_of_alpha
from proofhouse.rules.determination import Plan
from proofhouse.statistics.plan import build_plan
from proofhouse.statistics.selection import Mix
from proofhouse.statistics.simulation import (
    RUNS,
    Check,
    Limits,
    Spreads,
    build_checked,
    check,
    insist,
)
from proofhouse.views import terminal_charts
from proofhouse.views.openings import simulation
from proofhouse.views.pictures import operating_of
from proofhouse.views.values import Cut

PER_LEVEL = 12
"""How many items of each level of the shipped bank a plan may draw from."""


@click.command()
@click.option(
    "--bank",
    type=click.Path(path_type=Path),
    help="CSV: item_id (family/level/index), difficulty in logits. Default: the shipped bank.",
)
@click.option("--cut", type=float, required=True, help="Logits on the bank's scale.")
@click.option("--zone", type=float, required=True, help="Half the indifference zone, in logits.")
@click.option("--alpha", default=0.05, show_default=True, help="Of COVERED at cut − zone.")
@click.option(
    "--dimensions", default=1, show_default=True, help="How many share alpha; this is one of them."
)
@click.option("--family", multiple=True, help="A family of this dimension. Default: all.")
@click.option("--beta", default=0.05, show_default=True, help="Of NOT_COVERED at cut + zone.")
@click.option("--batch", default=4, show_default=True, help="Items that run at once.")
@click.option("--minimum-items", default=12, show_default=True, help="At least 10.")
@click.option("--maximum-items", default=40, show_default=True)
@click.option("--slope", default=1.0, show_default=True, help="The scale's common slope.")
@click.option(
    "--trust",
    type=float,
    help="How much of the slope the plan counts on, up to 1. Default: the most that passes.",
)
@click.option("--family-sd", default=0.5, show_default=True, help="Of affinities, in logits.")
@click.option(
    "--item-sd",
    default=calibrated_spreads().item_sd_micrologits / 1e6,
    show_default=True,
    help="Of items around their levels, in logits, while families stray. The default is the "
    "shipped bank's, with which every plan is played before it is registered.",
)
@click.option("--near", default=Mix().near_items, show_default=True, help="Items drawn among.")
@click.option(
    "--aim", default=Mix().aim_spread_micrologits / 1e6, show_default=True, help="Beside the cut."
)
@click.option(
    "--regardless", default=Mix().regardless_ppm / 1e6, show_default=True, help="Of the cut; share."
)
@click.option(
    "--inconclusive", default=0.2, show_default=True, help="The declared share of INCONCLUSIVE."
)
@click.option(
    "--leakage-bits", default=3.0, show_default=True, help="What the prompts may tell of the cut."
)
@click.option("--tokens-per-item", default=0, help="To state expected tokens as well.")
@click.option("--runs", default=RUNS, show_default=True, help="Simulated runs per point.")
@click.option("--seed", default="simulate", show_default=True, help="Any text.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(**given: Any) -> None:
    """Simulate a plan: its errors on both sides, its length, what it leaks, and what refuses it.

    Under right parameters, slopes 30 % off, items that stray by 1 logit, and families that stray
    while items stray as they were calibrated. At the end it draws how often each answer comes.
    Exits 3 if the plan could not be registered, and says why.
    """
    bank = _of(given["family"], _shipped() if given["bank"] is None else read_bank(given["bank"]))
    spreads = Spreads(_micro("family-sd", given["family_sd"]), _micro("item-sd", given["item_sd"]))
    plan, made, trust = _plan(bank, given, spreads)
    if as_json := given["as_json"]:
        print_json(
            {
                **made.to_dict(),
                "items": len(plan.items),
                "trustPpm": trust,
                "familySdMicrologits": spreads.family_sd_micrologits,
                "itemSdMicrologits": spreads.item_sd_micrologits,
                "tokensPerItem": given["tokens_per_item"],
                "upperMicronats": plan.upper_micronats,
                "lowerMicronats": plan.lower_micronats,
            }
        )
    else:
        _show(plan, made, trust, given["tokens_per_item"], spreads)
    if as_json and made.refusals:
        raise click.exceptions.Exit(3)
    insist(made)


def _plan(
    bank: list[tuple[str, int]], given: dict[str, Any], spreads: Spreads
) -> tuple[Plan, Check, int]:
    seed = hashlib.sha256(given["seed"].encode()).digest()
    mix = Mix(
        aim_spread_micrologits=_micro("aim", given["aim"]),
        near_items=given["near"],
        regardless_ppm=_micro("regardless", given["regardless"]),
    )
    dimensions = given["dimensions"]
    alpha = share_of_alpha(_micro("alpha", given["alpha"]), dimensions)
    limits = Limits(
        inconclusive_ppm=_micro("inconclusive", given["inconclusive"]) // dimensions,
        leakage_millibits=_micro("leakage-bits", given["leakage_bits"]) // 1000,
    )
    slope = _micro("slope", given["slope"])
    shape = (
        _micro("cut", given["cut"]),
        _micro("zone", given["zone"]),
        alpha,
        _micro("beta", given["beta"]),
        given["batch"],
        given["minimum_items"],
        given["maximum_items"],
        seed,
    )
    if given["trust"] is None:
        plan, _ = build_checked(
            bank, *shape, limits, slope_ppm=slope, mix=mix, spreads=spreads, runs=given["runs"],
            refuse=False,
        )  # fmt: skip
        trust = round(plan.items[0].slope_ppm * 1_000_000 / slope)
    else:
        trust = _micro("trust", given["trust"])
        plan = build_plan(bank, *shape, slope_ppm=slope * trust // 1_000_000, mix=mix)
    made = check(
        plan, bank, limits, seed=seed, spreads=spreads, mix=mix, trust_ppm=trust,
        runs=given["runs"], curve=True,
    )  # fmt: skip
    return plan, made, trust


def read_bank(path: Path) -> list[tuple[str, int]]:
    """A bank from its CSV file, difficulties in micro-logits.

    Raises:
        InputError: no such file, other columns, an item twice, or a difficulty that is no number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"The bank {path} can't be read as text.") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    if next(rows, []) != ["item_id", "difficulty"]:
        raise InputError(f"Line 1 of the bank {path} is not: item_id,difficulty.")
    found: dict[str, int] = {}
    for row in rows:
        if not row:
            continue
        if len(row) != 2 or not row[0] or row[0] in found:
            raise InputError(
                f"Line {rows.line_num} of the bank {path} is not an item and its difficulty, or "
                "repeats an item."
            )
        found[row[0]] = _micro(f"difficulty of line {rows.line_num}", row[1])
    if not found:
        raise InputError(f"The bank {path} has no items.")
    return list(found.items())


def _micro(name: str, value: float | str) -> int:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not abs(number) <= 1000:
        raise InputError(f"The {name} is {value}.", hint="It is a number of at most 1,000.")
    return round(number * 1e6)


def _of(families: Sequence[str], bank: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The items of these families, or all. Raises InputError for a family without items."""
    there = {item.partition("/")[0] for item, _ in bank}
    for name in families:
        if name not in there:
            raise InputError(
                f"The bank has no items of “{name}”.", hint=f"It has {', '.join(sorted(there))}."
            )
    return [row for row in bank if not families or row[0].partition("/")[0] in families]


def _shipped() -> list[tuple[str, int]]:
    known = {(e.family, e.level): e.micrologits for e in calibration.shipped().entries}
    return [
        (item_id(name, level, index), known[name, level])
        for name, family in FAMILIES.items()
        for level in family.levels
        if (name, level) in known
        for index in range(PER_LEVEL)
    ]


def _show(plan: Plan, made: Check, trust: int, tokens: int, spreads: Spreads) -> None:
    click.echo(
        f"{len(plan.items)} items in batches of {plan.batch_size}, at least {plan.minimum_items}; "
        f"counting on {trust / 1e4:.0f} % of the slope; {made.runs:,} runs a point."
    )
    click.echo(
        f"Families stray by {spreads.family_sd_micrologits / 1e6:.2f} logits and, with them, items "
        f"by {spreads.item_sd_micrologits / 1e6:.2f} (standard deviations)."
    )
    percent: list[tuple[str, ...]] = [
        (
            each.scenario.name,
            f"{each.false_covered_ppm / 1e4:.1f}",
            f"{each.false_covered_upper_ppm / 1e4:.1f}",
            f"{each.false_not_covered_ppm / 1e4:.1f}",
            f"{each.false_not_covered_upper_ppm / 1e4:.1f}",
            f"{each.inconclusive_ppm / 1e4:.1f}",
            f"{each.inconclusive_upper_ppm / 1e4:.1f}",
        )
        for each in made.played
    ]
    click.echo("\nAt the zone's edges, %, each with its upper bound:")
    head = ("scenario", "wrong COVERED", "≤", "wrong NOT_COVERED", "≤", "INCONCLUSIVE", "≤")
    table(head, percent)
    click.echo("\nBy ability, as stated:")
    rows: list[tuple[str, ...]] = []
    for point in made.played[0].points:
        items = point.mean_items_milli / 1e3
        rows.append(
            (
                f"{(point.ability_micrologits - plan.cut_micrologits) / 1e6:+.2f} logits",
                f"{point.covered.estimate_ppm / 1e4:.1f} %",
                f"{point.not_covered.estimate_ppm / 1e4:.1f} %",
                f"{point.inconclusive.estimate_ppm / 1e4:.1f} %",
                f"{items:.1f}",
                str(point.items_95th),
                f"{items * tokens:,.0f}" if tokens else "–",
            )
        )
    table(("cut", "COVERED", "NOT_COVERED", "INCONCLUSIVE", "items", "95 %", "tokens"), rows)
    known = made.leakage
    click.echo(
        f"\nWho sees every prompt knows the cut to within {known.width_micrologits / 1e6:.2f} of "
        f"{known.range_micrologits / 1e6:.2f} logits "
        f"({known.information_millibits / 1e3:.1f} bits)."
    )
    pictures.show(Console(highlight=False), [_drawing(plan, made)])
    click.echo()
    verdict = "could be registered" if not made.refusals else "would be refused"
    click.echo(f"The plan {verdict}.")


def _drawing(plan: Plan, made: Check) -> pictures.Drawing:
    """The operating characteristic, read as it would be read of a registered plan."""
    cut = Cut("", "", plan.cut_micrologits, plan.zone_micrologits, ())
    picture = operating_of(simulation("", made.to_dict()), cut, plan.alpha_ppm, plan.beta_ppm)
    return partial(terminal_charts.operating, picture)
