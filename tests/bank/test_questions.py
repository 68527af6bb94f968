# SPDX-License-Identifier: Apache-2.0
"""Question banks in the layouts that are in use, and the items that are made of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.bank.chemistry_sample import LEVELS, derive
from proofhouse.bank.item import ANSWER_LIMIT
from proofhouse.bank.questions import (
    PER_ITEM,
    AnswersOracle,
    Question,
    chembench,
    choose,
    item_of_questions,
    read_answers,
    wmdp,
)
from proofhouse.bank.stream import Stream
from proofhouse.errors import InputError
from proofhouse.judges import grade, prove

WMDP = [
    {"question": f"Which is number {n}?", "choices": ["w", "x", "y", f"z{n}"], "answer": n % 4}
    for n in range(8)
]
CHEMBENCH = {
    "uuid": "abc",
    "name": "soda",
    "relative_tolerance": 0.05,
    "examples": [
        {"input": "Which are salts?", "target_scores": {"NaCl": 1, "H2O": 0, "KCl": 0.5}},
        {"input": "How heavy is a mole of water, in g?", "target": "18.0"},
        {"input": "What is the formula of water?", "target": "H2O"},
    ],
}


def key(label: object) -> bytes:
    return hashlib.sha256(str(label).encode()).digest()


def item_of(questions: tuple[Question, ...]):
    return item_of_questions("demo", 1, 0, questions, Stream(key("demo"), "demo"))


def judged(questions: tuple[Question, ...], answer: bytes):
    item = item_of(questions)
    return asyncio.run(grade(asyncio.run(prove(item)), answer))


@pytest.mark.parametrize("data", [json.dumps(WMDP), "\n".join(map(json.dumps, WMDP))])
def test_wmdp_is_read_as_an_array_and_by_lines(data: str):
    found = wmdp(data.encode())
    assert [sorted(q.right) for q in found] == [[n % 4] for n in range(8)]
    assert found[5].options == ("w", "x", "y", "z5")


def test_chembench_has_choices_numbers_and_words():
    several, number, word = chembench(json.dumps(CHEMBENCH).encode())
    assert several.right == {0, 2}
    assert (number.number, number.tolerance_ppm) == (18, 50_000)
    assert word.answer == "H2O"


def test_an_answer_is_right_within_its_tolerance_and_whatever_its_spelling():
    questions = chembench(json.dumps(CHEMBENCH).encode())
    item = item_of(questions)
    assert isinstance(item.oracle, AnswersOracle)
    letters = item.oracle.keys[0].letters
    found = judged(questions, f"3)  h2o\n1: {letters[1].lower()}, {letters[0]}\n2 17.2".encode())
    assert found.solved
    assert not judged(questions, f"1 {letters}\n2 17.0\n3 H2O".encode()).solved
    one = judged(questions, f"1 {letters[0]}\n2 17.0\n3 H2O".encode())
    assert (one.steps.reached, one.steps.of, one.solved) == (1, 3, False)


def test_a_question_answered_twice_is_not_answered():
    assert read_answers(b"1 A\n1 B\n2 C\n9 D\nnothing\n", 3) == {2: "C"}


@given(st.binary(max_size=300))
def test_no_bytes_break_the_judge(answer: bytes):
    """Whatever the model leaves, the judge answers."""
    assert judged(chembench(json.dumps(CHEMBENCH).encode()), answer).steps.of == 3


def test_an_answer_that_is_too_long_fails():
    questions = chembench(json.dumps(CHEMBENCH).encode())
    assert not judged(questions, b"1 A\n" * ANSWER_LIMIT).solved


@pytest.mark.parametrize(
    ("load", "data", "reason"),
    [
        (wmdp, b"\xff", "UTF-8"),
        (wmdp, b"no", "no JSON"),
        (wmdp, b"[]", "1 to"),
        (wmdp, b"[1]", "no JSON object"),
        (wmdp, b'{"question": "q", "choices": ["a", "b"], "answer": 2}', "names choice 2 of 2"),
        (wmdp, b'{"question": "q", "choices": ["a", "b"], "answer": true}', "no position"),
        (wmdp, b'{"question": "q", "choices": ["a", "a"], "answer": 0}', "different options"),
        (wmdp, b'{"question": " ", "choices": ["a", "b"], "answer": 0}', "has no text"),
        (wmdp, b'{"question": "q", "choices": "ab", "answer": 0}', "no list of choices"),
        (chembench, b"{}", "no examples"),
        (chembench, b'{"examples": [{"input": "q"}]}', "neither"),
        (chembench, b'{"examples": [{"input": "q", "target_scores": {"a": "1"}}]}', "no number"),
        (chembench, b'{"examples": [{"input": "q", "target_scores": {"a": 0, "b": 0}}]}', "right"),
        (chembench, b'{"examples": [{"input": "q", "target": " "}]}', "needs options"),
        (chembench, b'{"relative_tolerance": 2, "examples": [{"input": "q"}]}', "not in [0, 1)"),
    ],
)
def test_a_malformed_bank_is_refused_with_its_reason(load, data: bytes, reason: str):
    with pytest.raises(InputError) as caught:
        load(data)
    assert reason in str(caught.value)


def test_a_question_twice_is_refused():
    entry = json.dumps({"id": "x", **WMDP[0]})
    with pytest.raises(InputError, match="there twice"):
        wmdp(f"{entry}\n{entry}".encode())


def test_options_are_shuffled_by_the_key():
    """A letter learned by heart is of no use: each letter is the right one now and then."""
    question = wmdp(json.dumps(WMDP).encode())[:PER_ITEM]
    letters = {
        item_of_questions("demo", 1, 0, question, Stream(key(n), "demo")).oracle.keys[0].letters
        for n in range(60)
    }
    assert letters == set("ABCD")


def test_too_few_questions_make_no_item():
    with pytest.raises(InputError, match="this level has 2"):
        choose(wmdp(json.dumps(WMDP[:2]).encode()), Stream(key(1), "few"))


@pytest.mark.parametrize("level", LEVELS)
def test_the_sample_proves_at_every_level(level: int):
    """60 items of each level are proven, are the same again, and differ from each other."""
    items = [derive(key((level, at)), level, at) for at in range(60)]
    for at, item in enumerate(items):
        assert asyncio.run(prove(item)).reference.solved
        assert derive(key((level, at)), level, at).digest == item.digest
    assert len({item.prompt for item in items}) == len(items)


def test_the_sample_knows_its_levels():
    with pytest.raises(InputError, match="no level 6"):
        derive(key(0), 6, 0)


def test_the_page_shows_what_the_loaders_read():
    """The examples of spec/questions.md are read, and its answer is read as it says."""
    page = (Path(__file__).parents[2] / "spec" / "questions.md").read_text("utf-8")
    blocks = dict(re.findall(r"```\w+ (\w+)\n(.*?)```", page, re.DOTALL))
    assert wmdp(blocks["wmdp"].encode())[0].right == {1}
    number, several = chembench(blocks["chembench"].encode())
    assert (number.number, number.tolerance_ppm, several.right) == (18, 20_000, {0, 2})
    assert read_answers(blocks["answer"].encode(), 3) == {1: "B", 2: "18.0", 3: "AC"}
