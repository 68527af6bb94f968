# SPDX-License-Identifier: Apache-2.0
"""Held scores: what may be decided of them, and what that does to a test that had stopped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from proofhouse.errors import FormatError, RefusedError
from proofhouse.formats.predicates import VALUES
from proofhouse.rules.battery import Battery, determine, next_batch, share_of_alpha
from proofhouse.rules.determination import Outcome, Plan
from proofhouse.rules.figures import credit
from proofhouse.rules.held import ALLOWED, check_decisions, counted, held


def item(name: str, outcome: str = "missing", held_outcome: str = "", **more: Any) -> Any:
    """An item as far as held scores go."""
    told = {"id": name, "outcome": outcome, "level": 2, **more}
    return told | ({"heldOutcome": held_outcome} if held_outcome else {})


ITEMS = (
    item("range/2/00", "solved"),
    item("range/2/01", held_outcome="solved"),
    item("range/2/02", held_outcome="failed"),
    item("range/2/03"),
    item("range/2/04", held_outcome="solved"),
)


def decision(name: str, outcome: str) -> dict[str, str]:
    return {"id": name, "outcome": outcome, "decidedBy": "A. Person", "reason": "looked at"}


def test_every_held_score_may_be_decided_once_and_in_any_statement() -> None:
    """Two statements of one run together decide what they decide; the rest stays missing."""
    first, second = [decision("range/2/02", "failed")], [decision("range/2/01", "solved")]
    assert list(held(ITEMS)) == ["range/2/01", "range/2/02", "range/2/04"]
    decided = check_decisions(ITEMS, [first, second])
    assert decided == {"range/2/02": "failed", "range/2/01": "solved"}
    words = [one["outcome"] for one in counted(ITEMS, decided)]
    assert words == ["solved", "solved", "failed", "missing", "missing"]


@pytest.mark.parametrize(
    ("decisions", "why", "hint"),
    [
        ([decision("range/2/00", "failed")], "was solved and is not held", "range/2/01"),
        ([decision("range/2/03", "failed")], "was missing and is not held", "range/2/01"),
        ([decision("range/9/99", "failed")], "is no item of this run", "range/2/01"),
        ([decision("range/2/01", "solved")] * 2, "was decided before, as solved", "stands"),
        ([decision("range/2/02", "solved")], "the oracle did not accept", "failed, missing"),
    ],
)
def test_what_may_not_be_decided_is_refused(decisions: list[Any], why: str, hint: str) -> None:
    """The refusal names the rule, why, and what is allowed."""
    with pytest.raises(RefusedError, match=why) as refused:
        check_decisions(ITEMS, [decisions])
    assert refused.value.rule == "R15"
    assert hint in refused.value.hint


def test_no_word_makes_an_item_solved_but_the_oracle_s() -> None:
    """Of the two words of an oracle only one may count as solved."""
    assert {said: "solved" in may for said, may in ALLOWED.items()} == {
        "solved": True,
        "failed": False,
    }


def test_credit_by_step_is_not_given_against_the_decision() -> None:
    """Whoever is decided to have failed what it solved has no credit for the steps."""
    steps = {"reached": 4, "of": 4}
    items = [item(f"range/2/0{place}", held_outcome="solved", steps=steps) for place in range(2)]
    decided = {"range/2/00": "failed", "range/2/01": "solved"}
    assert credit(counted(items, decided)) == [
        {"family": "range", "level": 2, "items": 1, "reached": 4, "of": 4}
    ]


@pytest.mark.parametrize(
    "change", [{"outcome": "held"}, {"reason": " "}, {"decidedBy": ""}, {"reason": "\x1b[2J"}]
)
def test_a_decision_says_who_and_why(change: dict[str, str]) -> None:
    """One of three words, and text that a terminal can show."""
    kind = VALUES["scores-decided", "decisions"]
    kind("decisions", {"decisions": [decision("range/2/01", "solved")]})
    with pytest.raises(FormatError):
        kind("decisions", {"decisions": [decision("range/2/01", "solved") | change]})
    with pytest.raises(FormatError):
        kind("decisions", {"decisions": []})


# ------------------------------------------------------------------------- decided, and stopped


@cache
def test_of(family: str, alpha: int, zone: int, batch: int, items: int) -> Plan:
    """A test of one family, its difficulties spread about the cut."""
    rng = random.Random(f"{family} {items}")
    rows = tuple(
        (f"{family}/1/{i:02d}", family, 1, i, rng.randint(-2_000_000, 2_000_000), 1_000_000)
        for i in range(items)
    )
    return Plan.weigh(
        rows,
        batch_size=batch,
        minimum_items=10,
        maximum_items=items,
        cut_micrologits=0,
        zone_micrologits=zone,
        alpha_ppm=alpha,
        beta_ppm=150_000,
    )


test_of.__test__ = False  # type: ignore[attr-defined]


def runs() -> Iterator[tuple[Battery, dict[str, Outcome], Any, dict[str, str]]]:
    """Batteries of one to three tests, outcomes of a run, why it stopped, what the oracle said."""
    for seed in range(400):
        rng = random.Random(seed)
        dimensions = 1 + seed % 3
        share = share_of_alpha(300_000, dimensions)
        shape = rng.choice([500_000, 1_000_000, 2_000_000]), rng.choice([1, 2, 5]), 20
        battery = Battery.of(
            {f"d{n}": test_of(f"f{n}", share, *shape) for n in range(dimensions)}, 300_000
        )
        outcomes: dict[str, Outcome] = {}
        said: dict[str, str] = {}
        solves, holds = rng.random(), rng.choice([0.1, 0.3, 0.6, 0.9])
        stopped = None
        while batch := next_batch(battery, outcomes):
            if rng.random() < 0.03:
                stopped = "budget spent"
                break
            for one in batch:
                word: Outcome = "solved" if rng.random() < solves else "failed"
                if rng.random() < holds:
                    said[one.id], word = word, "missing"
                outcomes[one.id] = word
        yield battery, outcomes, stopped, said


def test_a_decision_never_turns_one_answer_into_another() -> None:
    """An answer that the run came to stands, with no more items; one that held scores kept it from
    may follow; and each of these is met.
    """
    met = set()
    for seed, (battery, outcomes, stopped, said) in enumerate(runs()):
        rng = random.Random(-seed)
        decided = {name: rng.choice(ALLOWED[word]) for name, word in said.items()}
        before = determine(battery, outcomes, stopped=stopped)
        after = determine(battery, outcomes, stopped=stopped, decided=decided)
        if before.outcome != "INCONCLUSIVE":
            assert after.outcome == before.outcome, seed
        assert after.items_used <= before.items_used, seed
        assert after.items_missing <= before.items_missing, seed
        met.add((before.outcome, after.outcome))
        met.add(after.reason)
    assert {("INCONCLUSIVE", "COVERED"), ("INCONCLUSIVE", "NOT_COVERED")} <= met
    assert {("COVERED", "COVERED"), ("NOT_COVERED", "NOT_COVERED")} <= met
    assert "run ended while scores were held" in met


def test_without_decisions_nothing_changes() -> None:
    """Held scores that nobody decides are missing data."""
    for battery, outcomes, stopped, said in runs():
        plain = determine(battery, outcomes, stopped=stopped)
        assert determine(battery, outcomes, stopped=stopped, decided={}) == plain
        left = dict.fromkeys(said, "missing")
        made = determine(battery, outcomes, stopped=stopped, decided=left)  # type: ignore[arg-type]
        assert (made.outcome, made.items_used) == (plain.outcome, plain.items_used)


def one_test(zone: int) -> tuple[Battery, list[str]]:
    battery = Battery.of({"": test_of("f0", 150_000, zone, 5, 20)}, 150_000)
    return battery, [one.id for one in battery.items]


def test_what_the_run_took_beyond_the_crossing_does_not_enter() -> None:
    """All held, the run goes on until missing data could decide; decided, it stops earlier."""
    battery, names = one_test(2_000_000)
    outcomes: dict[str, Outcome] = {}
    while batch := next_batch(battery, outcomes):
        # The last batch is failed: had it entered, the evidence would end elsewhere.
        outcomes |= dict.fromkeys((one.id for one in batch), "missing")
        if len(outcomes) == len(names):
            break
    decided: dict[str, Outcome] = dict.fromkeys(outcomes, "solved")
    first = determine(battery, outcomes, decided=decided)
    assert (first.outcome, first.reason) == ("COVERED", "upper boundary crossed")
    beyond = dict.fromkeys(names[first.items_used : len(outcomes)], "failed")
    again = determine(battery, outcomes, decided={**decided, **beyond})  # type: ignore[dict-item]
    assert again == first


def test_a_run_that_ended_is_not_taken_up_again() -> None:
    """Decided now this way, now that, the evidence is between its boundaries, and the plan has
    items left: INCONCLUSIVE, for a reason of its own.
    """
    battery, _ = one_test(1_000_000)
    outcomes: dict[str, Outcome] = {}
    while batch := next_batch(battery, outcomes):
        outcomes |= dict.fromkeys((one.id for one in batch), "missing")
    before = determine(battery, outcomes)
    assert before.reason == "missing data could decide"
    assert before.items_used < len(battery.items)
    words: dict[str, Outcome] = {}
    evidence = 0
    for one in battery.items[: len(outcomes)]:
        words[one.id] = "solved" if evidence <= 0 else "failed"
        evidence += one.solved_micronats if evidence <= 0 else one.failed_micronats
    made = determine(battery, outcomes, decided=words)
    assert (made.outcome, made.reason) == ("INCONCLUSIVE", "run ended while scores were held")
    assert made.items_used == before.items_used
    assert not made.items_missing
