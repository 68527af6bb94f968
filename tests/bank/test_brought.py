# SPDX-License-Identifier: Apache-2.0
"""Families that somebody brings: sealed like every other, no item twice, refused when wrong."""

from __future__ import annotations

import asyncio
import json

import pytest

from proofhouse.bank import brought, sealed_code
from proofhouse.bank.twins import Place, derive_at, public_seed
from proofhouse.desk.seal_bank import statement_of
from proofhouse.errors import InputError
from proofhouse.formats.digest import sha256_hex
from proofhouse.judges import prove

SALT = b"s" * 32
TASKS = """\
family: threats
task: inspect_evals/agent_threat_bench_memory_poison
scale: Rasch, logits
source: made up for a test
levels:
  - {level: 1, difficulty: -1, standardError: 1, samples: [mp_001, mp_002, mp_003]}
  - {level: 2, difficulty: 1, standardError: 1, samples: [mp_009]}
"""
QUESTIONS = """\
family: labels
task: questions/wmdp
scale: Rasch, logits
source: made up for a test
levels:
  - {level: 1, difficulty: -1, standardError: 1, samples: [q0, q1, q2, q3, q4, q5, q6]}
  - {level: 2, difficulty: 1, standardError: 1, samples: [q7, q8, q9]}
"""


def asks(number: int, text: str) -> str:
    choices = [str(number), "a", "b", "c"]
    entry = {"id": f"q{number}", "question": text, "choices": choices, "answer": 0}
    return json.dumps(entry, ensure_ascii=False)


BANK = "\n".join(asks(n, f"“{n}” is?") for n in range(10))


def loaded(table: str, bank: str | None = None):
    pack = brought.pack(table.encode(), "table.yaml", bank and bank.encode(), SALT)
    data = pack.to_bytes()
    return sealed_code.load(data, sha256_hex(data))


def test_tasks_of_others_become_a_family_of_their_samples():
    family = loaded(TASKS)
    assert (family.name, family.levels, dict(family.sizes)) == ("threats", (1, 2), {1: 3, 2: 1})
    assert [one.micrologits for one in family.difficulties] == [-1_000_000, 1_000_000]
    places = [Place("threats", 1, index) for index in range(3)]
    items = [derive_at({"threats": family}, public_seed("t"), place) for place in places]
    assert {item.oracle.sample for item in items} == {"mp_001", "mp_002", "mp_003"}
    assert len({item.digest for item in items}) == 3


def test_each_submission_meets_its_own_order():
    family = loaded(TASKS)
    place = Place("threats", 1, 0)
    met = {
        derive_at({"threats": family}, public_seed("t"), place, bytes([n]) * 32).oracle.sample
        for n in range(40)
    }
    assert met == {"mp_001", "mp_002", "mp_003"}


def test_questions_become_items_of_three_and_none_comes_twice():
    family = loaded(QUESTIONS, BANK)
    assert dict(family.sizes) == {1: 2, 2: 1}
    items = [
        derive_at({"labels": family}, public_seed("t"), Place("labels", 1, index))
        for index in range(2)
    ]
    asked = [word for item in items for word in item.prompt.split("“")[1:]]
    assert len({word[0] for word in asked}) == 6
    for item in items:
        assert asyncio.run(prove(item)).reference.solved
    with pytest.raises(InputError, match="has 2 items, none of number 2"):
        derive_at({"labels": family}, public_seed("t"), Place("labels", 1, 2))


def test_indices_end_where_the_items_do():
    family = loaded(QUESTIONS, BANK)
    assert list(family.indices(1, 0, 20)) == [0, 1]
    assert list(family.indices(2, 1, 20)) == []


@pytest.mark.parametrize(
    ("table", "bank", "reason"),
    [
        (TASKS, BANK, "takes no bank of questions"),
        (QUESTIONS, None, "none were given"),
        (QUESTIONS.replace("wmdp", "exam"), BANK, "no layout of questions 'exam'"),
        (QUESTIONS.replace("q9", "q77"), BANK, "'q77', which is not there"),
        (QUESTIONS.replace("[q7, q8, q9]", "[q7, q8]"), BANK, "an item asks 3"),
        (QUESTIONS, BANK.replace('"answer": 0', '"answer": 4', 1), "choice 4 of 4"),
    ],
)
def test_what_makes_no_family_is_refused(table: str, bank: str | None, reason: str):
    with pytest.raises(InputError) as caught:
        loaded(table, bank)
    assert reason in str(caught.value)


def test_the_texts_are_kept_as_they_are():
    """Quotes, backslashes and characters of any script go through the pack unchanged."""
    odd = "'''\\ \" ü 問\u2028?"
    family = loaded(QUESTIONS, "\n".join(asks(n, f"{n} {odd}") for n in range(10)))
    item = derive_at({"labels": family}, public_seed("t"), Place("labels", 2, 0))
    assert item.prompt.count(odd) == 3


def test_the_public_words_tell_no_task_and_no_bank():
    """What is sealed with a bank is not named in its commitment."""
    told = statement_of([loaded(TASKS), loaded(QUESTIONS, BANK)])
    assert "its own scorer judges it" in told
    for word in ("inspect_evals", "agent_threat", "wmdp", "questions/", "made up for a test"):
        assert word not in told
