# SPDX-License-Identifier: Apache-2.0
"""A plan that promises more than simulation bears out is refused, and told which promise."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner

from proofhouse.cli.plan_simulate import command, read_bank
from proofhouse.errors import InputError, RefusedError
from proofhouse.rules.determination import Plan
from proofhouse.statistics.plan import build_plan
from proofhouse.statistics.selection import Mix
from proofhouse.statistics.simulation import (
    Limits,
    Spreads,
    build_checked,
    check,
    insist,
    scenarios,
)

BANK = [
    (f"f{family}/{level}/{index:02d}", (level - 4) * 600_000)
    for family in range(4)
    for level in range(1, 8)
    for index in range(15)
]
SEED = bytes(32)
SHAPE = (0, 700_000, 50_000, 50_000, 4, 12, 100, SEED)


def plan(**changed: int) -> Plan:
    return build_plan(BANK, *SHAPE, **changed)  # type: ignore[arg-type]


def test_five_scenarios() -> None:
    """Right parameters, slopes 30 % off either way, items one logit off, families drawn anew."""
    played = scenarios(Spreads(400_000, 200_000))
    assert [s.scale.slope_ppm for s in played] == [
        1_000_000,
        700_000,
        1_300_000,
        1_000_000,
        1_000_000,
    ]
    assert played[3].scale.item_sd_micrologits == 1_000_000
    assert played[4].scale.family_sd_micrologits == 400_000


def test_walds_plan_is_refused_when_slopes_may_be_flatter() -> None:
    """Wald's boundaries hold as stated and not with slopes 30 % flatter; the refusal says so."""
    made = check(plan(), BANK, Limits(), seed=SEED)
    assert made.played[0].false_covered_upper_ppm < 50_000 < made.played[1].false_covered_upper_ppm
    assert any(r.startswith("slopes −30 %: wrong COVERED") for r in made.refusals)
    with pytest.raises(RefusedError, match=r"slopes −30 %: wrong COVERED .* declared 5\.0 %"):
        insist(made)


def test_less_trust_in_slopes_passes() -> None:
    """The plan that counts on less of the slopes passes, and is the one that is built."""
    built, made = build_checked(BANK, *SHAPE, Limits())
    assert made.refusals == ()
    assert built.items[0].slope_ppm < 1_000_000
    assert [i.id for i in built.items] == [i.id for i in plan().items]
    insist(made)


def test_dishonest_plans_are_refused_by_name() -> None:
    """Strays of families, too few items and a cut that shows are each refused for what they are."""
    wide = check(plan(slope_ppm=700_000), BANK, Limits(), seed=SEED, trust_ppm=700_000,
                 spreads=Spreads(family_sd_micrologits=1_500_000))  # fmt: skip
    assert {r.split(":")[0] for r in wide.refusals} == {"families stray"}
    short = build_plan(BANK, *SHAPE[:6], 14, SEED)
    assert any("INCONCLUSIVE" in r for r in check(short, BANK, Limits(), seed=SEED).refusals)
    sharp = Mix(aim_spread_micrologits=0, near_items=1, regardless_ppm=0)
    leaky = check(build_plan(BANK, *SHAPE, mix=sharp), BANK, Limits(leakage_millibits=2_000),
                  seed=SEED, mix=sharp)  # fmt: skip
    assert "bits about the cut" in leaky.refusals[-1]
    assert "bits about the cut" not in " ".join(check(plan(), BANK, Limits(), seed=SEED).refusals)


def test_no_plan_at_all() -> None:
    """When no trust in the slopes helps, building is refused with the reasons."""
    with pytest.raises(RefusedError, match="families stray"):
        build_checked(BANK, *SHAPE, Limits(), spreads=Spreads(family_sd_micrologits=2_000_000))


def test_registration_waits_less_than_five_seconds() -> None:
    """The check of a plan of a hundred items takes less than five seconds."""
    start = time.process_time()
    check(plan(), BANK, Limits(), seed=SEED)
    assert time.process_time() - start < 5


def test_check_is_reproducible_and_canonical() -> None:
    """The same seed gives the same object, of integers and words; another seed another."""
    first = check(plan(), BANK, Limits(), seed=SEED)
    assert first == check(plan(), BANK, Limits(), seed=SEED)
    assert first.played != check(plan(), BANK, Limits(), seed=b"other").played

    def integers(value: object) -> bool:
        if isinstance(value, dict):
            return all(map(integers, value.values()))
        if isinstance(value, list):
            return all(map(integers, value))
        return isinstance(value, int | str)

    assert integers(first.to_dict())


def test_impossible_checks_are_refused() -> None:
    """Too few runs and limits that are none are input errors."""
    with pytest.raises(InputError, match="99 runs"):
        check(plan(), BANK, Limits(), seed=SEED, runs=99)
    with pytest.raises(InputError, match="no limits"):
        Limits(inconclusive_ppm=-1)


def test_command_prints_and_refuses(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The command prints the whole check as JSON, and exits 3 when the plan would be refused."""
    bank = tmp_path / "bank.csv"
    bank.write_text("item_id,difficulty\n" + "".join(f"{i},{b / 1e6}\n" for i, b in BANK))
    assert read_bank(bank) == BANK
    common = ["--bank", str(bank), "--cut", "0", "--zone", "0.7", "--maximum-items", "100"]
    fine = CliRunner().invoke(command, [*common, "--json", "--runs", "1000"])
    assert fine.exit_code == 0, fine.output
    told = json.loads(fine.stdout)
    assert told["refusals"] == []
    assert len(told["scenarios"]) == 5
    assert len(told["scenarios"][0]["points"]) == 9
    bad = CliRunner().invoke(command, [*common, "--json", "--trust", "1", "--runs", "1000"])
    assert bad.exit_code == 3
    assert json.loads(bad.stdout)["refusals"]
    shown = CliRunner().invoke(command, [*common, "--trust", "1", "--runs", "1000"])
    assert isinstance(shown.exception, RefusedError)
    assert "would be refused" in shown.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,difficulty\n", "Line 1"),
        ("item_id,difficulty\n", "no items"),
        ("item_id,difficulty\na/1/1,x\n", "difficulty of line 2 is x"),
        ("item_id,difficulty\na/1/1,1\na/1/1,2\n", "Line 3"),
        ("item_id,difficulty\na/1/1,1,4\n", "Line 2"),
        ("item_id,difficulty\na/1/1,nan\n", "difficulty of line 2 is nan"),
    ],
)
def test_faulty_banks_are_named_by_line(tmp_path, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    """Each fault of a bank's file is an input error that names its line."""
    bank = tmp_path / "bank.csv"
    bank.write_text(text)
    with pytest.raises(InputError, match=said):
        read_bank(bank)
