# SPDX-License-Identifier: Apache-2.0
"""The integer kernel decides from the set of outcomes alone, and missing data never decides."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.rules.determination import (
    Determination,
    Outcome,
    Plan,
    boundaries,
    determine,
    log_likelihood_weights,
    next_batch,
)

MILLION = 1_000_000


def plan(
    count: int = 20,
    *,
    batch: int = 5,
    minimum: int = 10,
    maximum: int | None = None,
    zone: int = 500_000,
    spread: int = 0,
    error: int = 50_000,
) -> Plan:
    """Items around the cut at 0, ``spread`` micro-logits apart; weights are ±zone if spread is 0.

    With the defaults six more items of one kind than of the other cross a boundary.
    """
    rows = tuple(
        (f"toy/1/{i:02d}", "toy", 1, i, (i - count // 2) * spread, MILLION) for i in range(count)
    )
    return Plan.weigh(
        rows,
        batch_size=batch,
        minimum_items=minimum,
        maximum_items=maximum or count,
        cut_micrologits=0,
        zone_micrologits=zone,
        alpha_ppm=error,
        beta_ppm=error,
    )


WORDS: Mapping[str, Outcome] = {"s": "solved", "f": "failed", "m": "missing"}


def outcomes(of: Plan, letters: str) -> dict[str, Outcome]:
    """One letter per item in plan order: solved, failed, missing."""
    return {
        item.id: WORDS[letter]
        for item, letter in zip(of.items, letters.replace(" ", ""), strict=False)
    }


def summary(of: Determination) -> tuple[str, str, int]:
    return of.outcome, of.reason, of.items_used


# Reference integers: GNU bc -l with scale=60, s(x)=l(1+e(x)), rounded by hand.
@pytest.mark.parametrize(
    ("arguments", "weights"),
    [
        ((0, 1_000_000, 0, 500_000), (500_000, -500_000)),
        ((1_234_567, 1_000_000, 500_000, 1_000_000), (1_327_879, -672_121)),
        ((-3_200_000, 750_000, 2_100_000, 350_000), (9_783, -515_217)),
        ((9_900_000, 1_300_000, 1_000_000, 693_147), (1_802_163, -19)),
        ((10**9, 10**7, -(10**9), 10**9), (20_000_000_000, 0)),
        ((-(10**9), 10**7, 10**9, 10**9), (0, -20_000_000_000)),
    ],
)
def test_weights_equal_an_independent_calculator(
    arguments: tuple[int, int, int, int], weights: tuple[int, int]
) -> None:
    """Weights agree to the last micro-nat with an arbitrary-precision calculator."""
    assert log_likelihood_weights(*arguments) == weights


@pytest.mark.parametrize(
    ("alpha", "beta", "expected"),
    [
        (50_000, 50_000, (-2_944_439, 2_944_439)),  # ±2.94443897…: away from zero
        (10_000, 100_000, (-2_292_535, 4_499_810)),  # −2.29253475…, 4.49980967…
        (1, 1, (-13_815_510, 13_815_510)),
    ],
)
def test_boundaries_are_walds_rounded_away_from_zero(
    alpha: int, beta: int, expected: tuple[int, int]
) -> None:
    """Boundaries agree with the calculator, each rounded to the side that decides later."""
    assert boundaries(alpha, beta) == expected


def test_weights_follow_floating_point_closely() -> None:
    """Over a seeded sweep the integers lie within one micro-nat of double-precision formulas."""
    rng = random.Random(1)
    for _ in range(300):
        b, c = rng.randint(-8 * MILLION, 8 * MILLION), rng.randint(-8 * MILLION, 8 * MILLION)
        a, z = rng.randint(100_000, 3 * MILLION), rng.randint(1, 2 * MILLION)
        high = a / 1e6 * (c + z - b) / 1e6
        low = a / 1e6 * (c - z - b) / 1e6
        solved = (math.log1p(math.exp(-low)) - math.log1p(math.exp(-high))) * 1e6
        failed = (math.log1p(math.exp(low)) - math.log1p(math.exp(high))) * 1e6
        got = log_likelihood_weights(b, a, c, z)
        assert abs(got[0] - solved) <= 1
        assert abs(got[1] - failed) <= 1
        assert got[0] >= 0 >= got[1]
        assert abs(got[0] - got[1] - 2 * a * z / 1e6) <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 0, 0, 1),
        (0, 10**7 + 1, 0, 1),
        (0, 1, 0, 0),
        (0, 1, 0, -1),
        (10**9 + 1, 1, 0, 1),
        (0, 1, -(10**9) - 1, 1),
        (0.0, 1, 0, 1),
        (True, 1, 0, 1),
        ("0", 1, 0, 1),
    ],
)
def test_weights_refuse_what_is_out_of_range(arguments: tuple[Any, Any, Any, Any]) -> None:
    """Floats, booleans, texts and values out of range are input errors."""
    with pytest.raises(InputError, match="It is an integer from"):
        log_likelihood_weights(*arguments)


@pytest.mark.parametrize("error", [0, 500_000, -1, 50_000.0, True])
def test_boundaries_refuse_errors_that_are_none(error: Any) -> None:
    """Alpha and beta are between 1 and 499,999 parts per million."""
    for pair in ((error, 50_000), (50_000, error)):
        with pytest.raises(InputError, match="from 1 to 499999"):
            boundaries(*pair)


# Weights ±500,000 and boundaries ±2,944,439: a lead of six decides, at the end of a batch.
@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("sssss sssss", ("COVERED", "upper boundary crossed", 10)),
        ("fffff fffff", ("NOT_COVERED", "lower boundary crossed", 10)),
        ("sssss sssff", ("COVERED", "upper boundary crossed", 10)),
        ("sssss fffff sssss sffff", ("INCONCLUSIVE", "maximum items reached", 20)),
        ("sssff sssff sssff sssss", ("COVERED", "upper boundary crossed", 20)),
        # A crossing inside a batch is not one: after 14 items the lead is six, after 15 five.
        ("sffss sffss ssssf fffff", ("INCONCLUSIVE", "maximum items reached", 20)),
        ("sssss ssssm", ("COVERED", "upper boundary crossed", 10)),
        ("sssss sssmm", ("COVERED", "upper boundary crossed", 10)),
        ("mmmmm mmmmm", ("INCONCLUSIVE", "missing data could decide", 10)),
        # As failed the two missing items leave a lead of five, as solved one of nine.
        ("sssss ssmmf sfsfs sfsff", ("INCONCLUSIVE", "missing data could decide", 20)),
        ("sssss ssmmf sssss", ("COVERED", "upper boundary crossed", 15)),
        ("fffff fffmm fffff", None),
    ],
)
def test_decisions_by_hand(letters: str, expected: tuple[str, str, int] | None) -> None:
    """A plan whose items weigh the same decides where counting on fingers says it does."""
    small = plan()
    if expected is None:
        with pytest.raises(InputError, match="after the test had stopped, at 10 items"):
            determine(small, outcomes(small, letters))
    else:
        assert summary(determine(small, outcomes(small, letters))) == expected


def test_evidence_and_pictures() -> None:
    """Evidence, trajectory and path carry both paths, and the canonical object the first two."""
    small = plan()
    made = determine(small, outcomes(small, "sssss ffsms ssssf"))
    assert made.outcome == "COVERED"
    assert (made.evidence_low_micronats, made.evidence_high_micronats) == (3_500_000, 4_500_000)
    assert made.items_missing == 1
    assert [step.items for step in made.trajectory] == [5, 10, 15]
    assert [point.low_micronats for point in made.path][:6] == [
        500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000, 2_000_000,
    ]  # fmt: skip
    assert made.path[8].outcome == "missing"
    value = made.to_dict()
    assert value["evidenceLowMicronats"] == 3_500_000
    assert value["trajectory"][-1] == {  # type: ignore[index]
        "items": 15, "lowMicronats": 3_500_000, "highMicronats": 4_500_000,
    }  # fmt: skip
    assert json.loads(json.dumps(value)) == value


def test_no_decision_before_the_minimum() -> None:
    """Evidence beyond a boundary does not count before the minimum of items is reached."""
    eager = plan(zone=2_000_000)
    assert next_batch(eager, outcomes(eager, "sssss")) == eager.items[5:10]
    late = plan(zone=2_000_000, minimum=15)
    assert next_batch(late, outcomes(late, "sssss sssss")) == late.items[10:15]
    made = determine(late, outcomes(late, "sssss sssss sssss"))
    assert summary(made) == ("COVERED", "upper boundary crossed", 15)


def test_evidence_that_returned_before_the_minimum_is_no_crossing() -> None:
    """A boundary crossed only before the minimum leaves no mark on the decision."""
    eager = plan(zone=1_000_000)
    made = determine(eager, outcomes(eager, "sssss fffff fffff"))
    assert summary(made) == ("NOT_COVERED", "lower boundary crossed", 15)


def test_exhausted_bank_is_told_from_reached_maximum() -> None:
    """A plan that lists fewer items than its maximum ended because the bank did."""
    for maximum, reason in ((20, "maximum items reached"), (40, "bank exhausted")):
        small = plan(maximum=maximum)
        made = determine(small, outcomes(small, "sf" * 10))
        assert summary(made) == ("INCONCLUSIVE", reason, 20)


def test_last_batch_may_be_short() -> None:
    """Items that do not fill a batch form the last one, and it can decide."""
    odd = plan(12)
    assert next_batch(odd, outcomes(odd, "sssss ssfss")) is None
    assert next_batch(odd, outcomes(odd, "sssff ssfss")) == odd.items[10:]
    assert summary(determine(odd, outcomes(odd, "sssff ssfss ss")))[0] == "COVERED"


def test_order_of_arrival_does_not_matter() -> None:
    """Any permutation of the same outcomes gives the same determination."""
    wavy = plan(spread=90_000)
    given = list(outcomes(wavy, "sfssm sssfs sssss").items())
    expected = determine(wavy, dict(given))
    rng = random.Random(2)
    for _ in range(200):
        rng.shuffle(given)
        assert determine(wavy, dict(given)) == expected


def test_decision_holds_for_every_completion_of_the_missing() -> None:
    """Whatever is decided with missing items is decided under each of their 2^m completions.

    The checker below plays a plan without missing data by a plain loop of its own.
    """

    def play(of: Plan, solved: list[bool]) -> str:
        evidence = 0
        for taken, (item, right) in enumerate(zip(of.items, solved, strict=True), start=1):
            evidence += item.solved_micronats if right else item.failed_micronats
            if taken % of.batch_size == 0 and taken >= of.minimum_items:
                if evidence >= of.upper_micronats:
                    return "COVERED"
                if evidence <= of.lower_micronats:
                    return "NOT_COVERED"
        return "INCONCLUSIVE"

    rng = random.Random(3)
    decided = {"COVERED": 0, "NOT_COVERED": 0}
    plans = [plan(zone=900_000, spread=150_000, batch=b, error=200_000) for b in (1, 2, 5)]
    for _ in range(1_000):
        wavy = rng.choice(plans)
        ability = rng.choice([0.2, 0.8])
        letters = [rng.choice("sssm") if rng.random() < ability else rng.choice("fffm")
                   for _ in wavy.items]  # fmt: skip
        given: dict[str, Outcome] = {}
        while batch := next_batch(wavy, given):
            given |= {item.id: WORDS[letters[item.index]] for item in batch}
        made = determine(wavy, given)
        if made.outcome == "INCONCLUSIVE" or not 1 <= made.items_missing <= 5:
            continue
        holes = [p for p, point in enumerate(made.path) if point.outcome == "missing"]
        for filling in itertools.product([True, False], repeat=len(holes)):
            solved = [letter == "s" for letter in letters]
            for place, right in zip(holes, filling, strict=True):
                solved[place] = right
            assert play(wavy, solved) == made.outcome
        decided[made.outcome] += 1
    assert min(decided.values()) > 50


def test_opposite_crossings_end_the_test_at_once() -> None:
    """When the missing items could decide either way, no further item is asked for."""
    small = plan(40)
    given = outcomes(small, "mmmmm mmmmm")
    assert next_batch(small, given) is None
    with pytest.raises(InputError, match="after the test had stopped"):
        determine(small, given | {"toy/1/10": "solved"})


def test_next_batch_walks_the_plan() -> None:
    """The live function gives batch after batch, and after a crash what is left of one."""
    small = plan()
    assert next_batch(small, {}) == small.items[:5]
    assert next_batch(small, outcomes(small, "sf")) == small.items[2:5]
    assert next_batch(small, {"toy/1/04": "missing"}) == small.items[:4]
    assert next_batch(small, outcomes(small, "sfsfs")) == small.items[5:10]
    assert next_batch(small, outcomes(small, "sf" * 10)) is None


def test_undecided_is_no_determination() -> None:
    """Asking for a determination too early is refused, and the refusal says what to do."""
    small = plan()
    for letters in ("", "sss", "sssff", "sssff sff"):
        with pytest.raises(RefusedError, match="Run the next batch") as refusal:
            determine(small, outcomes(small, letters))
        assert refusal.value.rule == "determination"


def test_outcomes_that_no_run_could_produce_are_refused() -> None:
    """Unknown items, skipped batches, items after the stop and foreign words are input errors."""
    small = plan()
    for given, message in (
        ({"toy/9/99": "solved"}, "does not list"),
        ({"toy/1/05": "solved"}, "before its batch could begin"),
        (outcomes(small, "sssff ss") | {"toy/1/10": "solved"}, "before its batch could begin"),
        (outcomes(small, "sssss sssss s"), "after the test had stopped, at 10 items"),
        ({"toy/1/00": "correct"}, "It is one of solved, failed, missing"),
        ({"toy/1/00": None}, "It is one of solved, failed, missing"),
        ({"toy/1/00": ["solved"]}, "It is one of solved, failed, missing"),
    ):
        with pytest.raises(InputError, match=message):
            determine(small, given)  # type: ignore[arg-type]
        with pytest.raises(InputError, match=message):
            next_batch(small, given)  # type: ignore[arg-type]


STOPS = ["budget spent", "window closing", "person-fit alarm", "endpoint unavailable"]


@pytest.mark.parametrize("stopped", STOPS)
def test_stop_from_outside_is_inconclusive_with_its_reason(stopped: Any) -> None:
    """An undecided run that was stopped is INCONCLUSIVE for the reason given, at any point."""
    small = plan()
    for letters, used in (("", 0), ("sssff", 5), ("sssff sss", 10), ("sssff ssfff", 10)):
        made = determine(small, outcomes(small, letters), stopped=stopped)
        assert summary(made) == ("INCONCLUSIVE", stopped, used)


@pytest.mark.parametrize("stopped", STOPS)
def test_stop_from_outside_undoes_no_decision(stopped: Any) -> None:
    """Once decided or exhausted, the reason from outside changes nothing."""
    small = plan()
    for letters in ("sssss sssss", "fffff fffff", "mmmmm mmmmm", "sf" * 10):
        given = outcomes(small, letters)
        assert determine(small, given, stopped=stopped) == determine(small, given)


def test_batch_cut_short_counts_its_rest_as_missing() -> None:
    """A stop inside a batch decides only if the items that did not run could not matter."""
    small = plan()
    made = determine(small, outcomes(small, "sssss ssss"), stopped="budget spent")
    assert summary(made) == ("COVERED", "upper boundary crossed", 10)
    assert made.items_missing == 1
    made = determine(small, outcomes(small, "sssss s"), stopped="budget spent")
    assert summary(made) == ("INCONCLUSIVE", "budget spent", 10)
    made = determine(small, outcomes(small, "sf" * 9), stopped="window closing")
    assert summary(made) == ("INCONCLUSIVE", "window closing", 20)
    with pytest.raises(InputError, match="after the test had stopped"):
        determine(
            small, outcomes(small, "sssff s") | {"toy/1/10": "solved"}, stopped="budget spent"
        )


def test_stop_for_an_unknown_reason_is_refused() -> None:
    """Only the listed words end a run from outside: no free text, no true."""
    small = plan()
    for word in ("withdrawn", "", True):
        with pytest.raises(InputError, match="A reason from outside is one of"):
            determine(small, {}, stopped=word)  # type: ignore[arg-type]


def test_plan_prints_back_to_what_it_read() -> None:
    """A plan survives canonical JSON byte for byte."""
    wavy = plan(spread=123_457)
    text = json.dumps(wavy.to_dict(), sort_keys=True)
    assert Plan.parse(json.loads(text)) == wavy
    assert json.dumps(Plan.parse(json.loads(text)).to_dict(), sort_keys=True) == text


def items() -> list[Any]:
    listed = plan().to_dict()["items"]
    assert isinstance(listed, list)
    return listed


def corrupt(**changes: Any) -> dict[str, Any]:
    return plan().to_dict() | changes


def corrupt_item(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = plan().to_dict()
    value["items"][3] = value["items"][3] | changes
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "not an object"),
        (corrupt(model="3pl/v1"), "This version knows '2pl/v1'"),
        (corrupt(extra=1), "unknown keys"),
        ({k: v for k, v in plan().to_dict().items() if k != "alphaPpm"}, "lacks the keys"),
        (corrupt(items="toy"), "not an array"),
        (corrupt(items=[]), "It may list 10 to 20"),
        (corrupt(items=[1]), "not an object"),
        (corrupt(items=[*items(), *items()], maximumItems=40), "twice"),
        (corrupt(maximumItems=19), "It may list 10 to 19"),
        (corrupt(minimumItems=9), "minimumItems is 9"),
        (corrupt(minimumItems=21), "maximumItems is 20"),
        (corrupt(batchSize=0), "batchSize is 0"),
        (corrupt(batchSize=21), "batchSize is 21"),
        (corrupt(batchSize=5.0), "batchSize is 5.0"),
        (corrupt(batchSize=True), "batchSize is True"),
        (corrupt(upperMicronats=2_944_438), "boundaries do not follow"),
        (corrupt(upperMicronats=2_944_439.0), "upperMicronats is"),
        (corrupt(lowerMicronats=0), "boundaries do not follow"),
        (corrupt(alphaPpm=60_000), "boundaries do not follow"),
        (corrupt(cutMicrologits=100), "weights of item toy/1/00 do not follow"),
        (corrupt(zoneMicrologits=500_001), "weights of item toy/1/00 do not follow"),
        (corrupt_item(solvedMicronats=500_001), "They are 500000 solved, -500000 failed"),
        (corrupt_item(failedMicronats=0), "weights of item toy/1/03 do not follow"),
        (corrupt_item(solvedMicronats=500_000.0), "solvedMicronats is"),
        (corrupt_item(difficultyMicrologits="0"), "difficultyMicrologits is '0'"),
        (corrupt_item(slopePpm=True), "slopePpm is True"),
        (corrupt_item(id=""), "An item's id is ''"),
        (corrupt_item(id="toy\n"), "An item's id is"),
        (corrupt_item(id=7), "An item's id is 7"),
        (corrupt_item(family="plaster cäst"), "An item's family is"),
        (corrupt_item(level=-1), "level is -1"),
        (corrupt_item(index=None), "index is None"),
        (corrupt_item(extra=1), "unknown keys"),
    ],
)
def test_inconsistent_plan_is_refused(value: object, message: str) -> None:
    """A plan that does not follow from its own parts is not read, and the error names the part."""
    with pytest.raises(InputError, match=message):
        Plan.parse(value)


def test_example_of_the_page() -> None:
    """The page's plan and outcomes give the page's determination."""
    page = (Path(__file__).parents[2] / "spec" / "determination.md").read_text(encoding="utf-8")
    shown = {
        name: json.loads(body)
        for name, body in re.findall(r"```json (\w+)\n(.*?)\n```", page, flags=re.DOTALL)
    }
    made = determine(Plan.parse(shown["plan"]), shown["outcomes"])
    assert made.to_dict() == shown["determination"]


def test_plan_cannot_be_made_inconsistent_in_memory() -> None:
    """The checks hold for plans made in code as for those that are read."""
    with pytest.raises(InputError, match="boundaries do not follow"):
        replace(plan(), upper_micronats=1)
