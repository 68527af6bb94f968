# SPDX-License-Identifier: Apache-2.0
"""Several dimensions decide together: covered if any, alpha shared, beta whole."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.rules import determination
from proofhouse.rules.battery import (
    Battery,
    Determined,
    blueprint,
    by_dimension,
    determine,
    gathered,
    next_batch,
    share_of_alpha,
)
from proofhouse.rules.determination import Outcome, Plan

MILLION = 1_000_000
WORDS: Mapping[str, Outcome] = {"s": "solved", "f": "failed", "m": "missing"}


def a_test(family: str, count: int = 20, *, alpha: int = 25_000, spread: int = 0) -> Plan:
    """Weights ±zone about the cut at 0 if spread is 0: a lead of eight decides at 25,000 ppm."""
    rows = tuple(
        (f"{family}/1/{i:02d}", family, 1, i, (i - count // 2) * spread, MILLION)
        for i in range(count)
    )
    return Plan.weigh(
        rows,
        batch_size=5,
        minimum_items=10,
        maximum_items=20,
        cut_micrologits=0,
        zone_micrologits=500_000,
        alpha_ppm=alpha,
        beta_ppm=50_000,
    )


def battery(*families: str, alpha: int = 50_000, **shape: Any) -> Battery:
    """One test a family, each a dimension called after it."""
    share = alpha // len(families)
    return Battery.of({name: a_test(name, alpha=share, **shape) for name in families}, alpha)


def told(letters: Mapping[str, str]) -> dict[str, Outcome]:
    """One letter an item, by family."""
    return {
        f"{family}/1/{place:02d}": WORDS[letter]
        for family, word in letters.items()
        for place, letter in enumerate(word.replace(" ", ""))
    }


def summary(of: Determined) -> tuple[str, str, int]:
    return of.outcome, of.reason, of.items_used


TWO = battery("a", "b")


def test_one_dimension_is_todays_plan_byte_for_byte() -> None:
    """A battery of one test reads and writes the plan of one dimension, and answers like it."""
    rng = random.Random(1)
    plan = a_test("a", alpha=50_000, spread=90_000)
    alone = Battery.parse(plan.to_dict())
    assert alone.to_dict() == plan.to_dict()
    assert alone.items == plan.items
    for _ in range(300):
        given: dict[str, Outcome] = {}
        ability = rng.random()
        while True:
            batch = next_batch(alone, given)
            assert batch == determination.next_batch(plan, given)
            if batch is None:
                break
            for item in batch:
                given[item.id] = (
                    rng.choice(["missing", "solved", "failed"])
                    if (rng.random() < 0.1)
                    else ("solved" if rng.random() < ability else "failed")
                )
        made, expected = determine(alone, given), determination.determine(plan, given)
        assert summary(made) == (expected.outcome, expected.reason, expected.items_used)
        assert made.tests == (("", expected),)
        value = expected.to_dict()
        assert made.evidence() == {
            "lowMicronats": value["evidenceLowMicronats"],
            "highMicronats": value["evidenceHighMicronats"],
            "trajectory": value["trajectory"],
        }


def test_several_dimensions_read_back() -> None:
    """What a battery writes reads back to the same one, in one canonical form."""
    for names in (("a", "b"), ("a", "b", "c"), tuple("abcdefgh")):
        made = battery(*names)
        value = json.loads(json.dumps(made.to_dict()))
        assert Battery.parse(value) == made
        assert value["alphaPpm"] == 50_000
        assert {test.alpha_ppm for _, test in made.tests} == {50_000 // len(names)}
        assert [item["id"] for item in value["items"]][:6] == [
            *(f"a/1/{i:02d}" for i in range(5)),
            "b/1/00",
        ]


# Boundaries at 25,000 and 50,000 ppm are +3.64 and −2.97: eight more solved, six more failed.
@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ({"a": "sssss sssss", "b": "fffff"}, ("COVERED", "upper boundary crossed", 15)),
        (
            {"a": "sffss sffss", "b": "sssss sssss"},
            ("COVERED", "upper boundary crossed", 20),
        ),
        (
            {"a": "fffff fffff", "b": "fffff fffff"},
            ("NOT_COVERED", "lower boundary crossed", 20),
        ),
        ({"a": "fffff fffff", "b": "sffss sffss"}, None),
        (
            {"a": "fffff fffff", "b": "ssfff ssfff fffff"},
            ("NOT_COVERED", "lower boundary crossed", 25),
        ),
        (
            {"a": "fffff fffff", "b": "sffss sffss ssssf sssss"},
            ("COVERED", "upper boundary crossed", 30),
        ),
        (
            {"a": "fffff fffff", "b": "sf" * 10},
            ("INCONCLUSIVE", "maximum items reached", 30),
        ),
        (
            {"a": "mmmmm mmmmm", "b": "fffff fffff"},
            ("INCONCLUSIVE", "missing data could decide", 20),
        ),
        (
            {"a": "mmmmm mmmmm", "b": "sssss sssss"},
            ("COVERED", "upper boundary crossed", 20),
        ),
    ],
)
def test_decisions_by_hand(letters: dict[str, str], expected: tuple[str, str, int] | None) -> None:
    """Covered if any, not covered if all, else inconclusive; an ended dimension draws no more."""
    given = told(letters)
    if expected is None:
        with pytest.raises(RefusedError, match="Run the next batch"):
            determine(TWO, given)
    else:
        assert next_batch(TWO, given) is None
        assert summary(determine(TWO, given)) == expected


def test_an_ended_dimension_draws_no_more_while_others_go_on() -> None:
    """Turns pass over a test that has crossed downwards."""
    given = told({"a": "fffff fffff", "b": "sffss sffss"})
    upcoming = next_batch(TWO, given)
    assert upcoming is not None
    assert [item.id for item in upcoming] == [f"b/1/{i}" for i in range(10, 15)]
    with pytest.raises(InputError, match="after the test had stopped"):
        determine(TWO, given | {"a/1/10": "solved"})


def test_each_dimension_tells_its_own() -> None:
    """The evidence names every dimension, what it came to, and what cut it off."""
    made = determine(TWO, told({"a": "fffff fffff", "b": "sssss sssss"}))
    assert [(name, one.outcome, one.reason) for name, one in made.tests] == [
        ("a", "NOT_COVERED", "lower boundary crossed"),
        ("b", "COVERED", "upper boundary crossed"),
    ]
    cut_off = determine(TWO, told({"a": "sssss sssss", "b": "sssff"}))
    evidence = cut_off.evidence()
    assert list(evidence) == ["dimensions"]
    assert evidence["dimensions"]["b"]["reason"] == "another dimension crossed"
    assert evidence["dimensions"]["b"]["trajectory"][-1]["items"] == 5


def played(of: Battery, rng: random.Random) -> dict[str, Outcome]:
    """A whole run, with missing items, by models of random abilities."""
    ability = {name: rng.random() for name, _ in of.tests}
    names = {item.id: name for name, test in of.tests for item in test.items}
    given: dict[str, Outcome] = {}
    while batch := next_batch(of, given):
        for item in batch:
            solved = rng.random() < ability[names[item.id]]
            given[item.id] = "missing" if rng.random() < 0.06 else "solved" if solved else "failed"
    return given


def test_the_answer_is_a_function_of_the_set_of_outcomes() -> None:
    """Whatever the order in which whole batches, or single items, came in."""
    rng = random.Random(2)
    for names in (("a", "b"), ("a", "b", "c")):
        of, seen = battery(*names, spread=90_000), set[str]()
        for _ in range(150):
            given = played(of, rng)
            made = determine(of, given)
            seen.add(made.outcome)
            shuffled = list(given.items())
            rng.shuffle(shuffled)
            assert determine(of, dict(shuffled)) == made
            assert next_batch(of, dict(shuffled)) is None
            assert determine(of, given, stopped="budget spent") == made
        assert seen == {"COVERED", "NOT_COVERED", "INCONCLUSIVE"}


def test_the_battery_is_what_its_tests_say() -> None:
    """Covered if one test alone says so, not covered if all do; checked against the kernel."""
    rng = random.Random(3)
    of = battery("a", "b", "c", spread=60_000)
    for _ in range(200):
        given = played(of, rng)
        made = determine(of, given)
        own = []
        for _name, test in of.tests:
            mine = {i.id: given[i.id] for i in test.items if i.id in given}
            own.append(determination.determine(test, mine, stopped="budget spent").outcome)
        if "COVERED" in own:
            assert made.outcome == "COVERED"
        elif set(own) == {"NOT_COVERED"}:
            assert made.outcome == "NOT_COVERED"
        else:
            assert made.outcome == "INCONCLUSIVE"


def test_missing_data_never_decide() -> None:
    """A decision holds when what is missing is filled in at random."""
    rng = random.Random(4)
    of, decided = battery("a", "b", spread=60_000), 0
    for _ in range(300):
        given = played(of, rng)
        made = determine(of, given)
        if made.outcome == "INCONCLUSIVE" or not made.items_missing:
            continue
        decided += 1
        for _ in range(5):
            filled: dict[str, Outcome] = {}
            while batch := next_batch(of, filled):
                known = {item.id: given.get(item.id, "missing") for item in batch}
                assert set(known) <= set(given)
                filled |= {
                    name: rng.choice(["solved", "failed"]) if word == "missing" else word
                    for name, word in known.items()
                }
            assert determine(of, filled).outcome == made.outcome
    assert decided > 30


def test_a_stop_from_outside_is_inconclusive_and_undoes_nothing() -> None:
    """An open battery that was stopped says why; items of a batch that had begun are missing."""
    made = determine(TWO, told({"a": "sssff", "b": "ss"}), stopped="budget spent")
    assert summary(made) == ("INCONCLUSIVE", "budget spent", 10)
    assert {one.reason for _, one in made.tests} == {"budget spent"}
    nothing = determine(TWO, {}, stopped="window closing")
    assert summary(nothing) == ("INCONCLUSIVE", "window closing", 0)
    ended = told({"a": "fffff fffff", "b": "sffss sffss"})
    made = determine(TWO, ended, stopped="budget spent")
    assert [one.outcome for _, one in made.tests] == ["NOT_COVERED", "INCONCLUSIVE"]
    assert made.reason == "budget spent"


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ({"b": "s"}, "before its batch could begin"),
        ({"a": "sssff s"}, "before its batch could begin"),
        ({"a": "sssff", "b": "sss", "c": "s"}, "does not list"),
        ({"a": "sssff sffss", "b": "sssff s"}, None),
        ({"a": "sssss sssss", "b": "sssff s"}, "had crossed upwards"),
        ({"a": "fffff fffff s", "b": "sssff"}, "after the test had stopped"),
    ],
)
def test_outcomes_that_no_run_could_produce_are_refused(
    letters: dict[str, str], message: str | None
) -> None:
    """Dimensions take turns; nothing comes after a crossing upwards."""
    if message is None:
        assert next_batch(TWO, told(letters)) is not None
        return
    for ask in (determine, next_batch):
        with pytest.raises(InputError, match=message):
            ask(TWO, told(letters))


def _spoilt(**over: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(TWO.to_dict())), **over}


def _dimensions(**over: Any) -> dict[str, Any]:
    value = _spoilt()
    return {**value, "dimensions": {**value["dimensions"], **over}}


FIRST = {"families": ["a"], "cutMicrologits": 0, "zoneMicrologits": 500_000}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (_spoilt(alphaPpm=25_000), "boundaries do not follow"),
        (_spoilt(alphaPpm=1), "can't be shared"),
        (_spoilt(alphaPpm=True), "can't be shared|It is an integer"),
        (_spoilt(alphaPpm="50000"), "It is an integer"),
        (_spoilt(dimensions={"a": FIRST}), "2 to 8 dimensions"),
        (_spoilt(dimensions=[]), "2 to 8 dimensions"),
        (_spoilt(items="a"), "not an array"),
        (_spoilt(items=_spoilt()["items"][::-1]), "in turn"),
        (_spoilt(extra=1), "lacks keys or has unknown"),
        (_dimensions(a={**FIRST, "cut": 1}), "lacks keys or has unknown"),
        (
            {**_dimensions(a={**FIRST, "families": ["a", "b"]}), "maximumItems": 40},
            "two dimensions",
        ),
        (_dimensions(a={**FIRST, "families": ["a", "c"]}), "not those of its items"),
        (_dimensions(a={**FIRST, "families": []}), "lists 0 items"),
        (_dimensions(a={**FIRST, "cutMicrologits": 1_000_000}), "do not follow"),
        (_dimensions(c=FIRST), "boundaries do not follow|two dimensions"),
    ],
)
def test_plans_of_several_dimensions_that_are_none(value: Any, message: str) -> None:
    """A share that is not alpha/D, a family in two, an item of none or in another place."""
    with pytest.raises(InputError, match=message):
        Battery.parse(value)


def test_tests_that_are_no_battery() -> None:
    """What the plan states once is the same in every dimension."""
    with pytest.raises(InputError, match="With 2 dimensions it is 25000"):
        Battery.of({"a": a_test("a", alpha=50_000), "b": a_test("b", alpha=50_000)}, 50_000)
    with pytest.raises(InputError, match="two dimensions"):
        Battery.of({"a": a_test("a"), "b": a_test("a")}, 50_000)
    other = Plan.weigh(
        tuple((f"b/1/{i:02d}", "b", 1, i, 0, MILLION) for i in range(20)),
        batch_size=4, minimum_items=10, maximum_items=20, cut_micrologits=0,
        zone_micrologits=500_000, alpha_ppm=25_000, beta_ppm=50_000,
    )  # fmt: skip
    with pytest.raises(InputError, match="states these once"):
        Battery.of({"a": a_test("a"), "b": other}, 50_000)
    with pytest.raises(InputError, match="1 to 8"):
        share_of_alpha(50_000, 9)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_errors_stay_within_what_is_declared(dimensions: int) -> None:
    """At the edges of all zones wrong COVERED stays within alpha, at one upper edge the other."""
    rng = random.Random(dimensions)
    names = tuple("abc"[:dimensions])
    of = battery(*names, spread=50_000)
    runs, wrong = 600, {"COVERED": 0, "NOT_COVERED": 0}

    def outcome(abilities: Mapping[str, float]) -> str:
        # One walk a dimension is what the battery is; see the test above. Turn by turn it is slow.
        given = {
            item.id: "solved" if rng.random() < determination_odds(item, abilities) else "failed"
            for item in of.items
        }
        answers = []
        for _name, test in of.tests:
            taken: dict[str, Outcome] = {}
            while batch := determination.next_batch(test, taken):
                taken |= {item.id: given[item.id] for item in batch}  # type: ignore[misc]
            answers.append(determination.determine(test, taken).outcome)
        if "COVERED" in answers:
            return "COVERED"
        return "NOT_COVERED" if set(answers) == {"NOT_COVERED"} else "INCONCLUSIVE"

    for _ in range(runs):
        wrong["COVERED"] += outcome(dict.fromkeys(names, -0.5)) == "COVERED"
        above = {name: 0.5 if name == names[0] else -0.5 for name in names}
        wrong["NOT_COVERED"] += outcome(above) == "NOT_COVERED"
    assert wrong["COVERED"] <= 0.05 * runs
    assert wrong["NOT_COVERED"] <= 0.05 * runs


def determination_odds(item: Any, abilities: Mapping[str, float]) -> float:
    """A Rasch model's chance of solving the item."""
    return float(
        1 / (1 + 2.718281828459045 ** (item.difficulty_micrologits / 1e6 - abilities[item.family]))
    )


@pytest.mark.parametrize(
    ("population", "items", "expected"),
    [
        ({"a": 1_000_000}, 60, {"a": 60}),
        ({"a": 500_000, "b": 500_000}, 7, {"a": 4, "b": 3}),
        ({"a": 700_000, "b": 200_000, "c": 100_000}, 12, {"a": 9, "b": 2, "c": 1}),
        ({"a": 990_000, "b": 9_999, "c": 1}, 12, {"a": 10, "b": 1, "c": 1}),
        ({"a": 400_000, "b": 300_000, "c": 300_000}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 1, "b": 1}, 0, {"a": 0, "b": 0}),
    ],
)
def test_blueprints_follow_the_population(
    population: dict[str, int], items: int, expected: dict[str, int]
) -> None:
    """Largest remainders by hand; a family with weight has an item where there is room."""
    assert blueprint(population, items) == expected
    assert sum(expected.values()) == items


def test_values_of_one_dimension_stand_alone() -> None:
    """What is said of one dimension is the value itself, of several an object of them."""
    assert gathered({"cyber": {"x": 1}}) == {"x": 1}
    assert by_dimension({"x": 1}, ["cyber"]) == {"cyber": {"x": 1}}
    both = gathered({"a": {"x": 1}, "b": {"x": 2}})
    assert by_dimension(both, ["b", "a"]) == {"a": {"x": 1}, "b": {"x": 2}}
    for value, names in (
        (both, ["a"]),
        (both, ["a", "c"]),
        (both, ["a", "b", "c"]),
        ({"x": 1}, ["a", "b"]),
    ):
        with pytest.raises(InputError, match="dimensions that its threshold names"):
            by_dimension(value, names)
