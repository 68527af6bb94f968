# SPDX-License-Identifier: Apache-2.0
"""The judge of items that ask questions: compares the lines of an answer with the keys.

An item is solved if every question is answered right; its steps count those that are. A line that
is none, or a question that is answered twice, counts as not answered. Nothing is run, so there is
no machine that can't judge.

``prove`` checks: the solution is nowhere in the prompt as it would be written; the empty answer,
the prompt itself and the benign (wrong) answers are not solved; the solution is, twice.
"""

from __future__ import annotations

from proofhouse.bank.item import ANSWER_LIMIT, Item
from proofhouse.bank.questions import AnswersOracle, read_answers
from proofhouse.oracles.judging import Evidence, Grade, Proven, Steps, check_hidden, unproven


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Check that ``item`` holds what every item must; nothing is run, so ``tier`` is not asked for.

    Raises UnprovenItemError naming the check that failed.
    """
    check_hidden(item, {"reference solution": item.solution})
    wrong = {"empty": b"", "prompt": item.prompt.encode()[:ANSWER_LIMIT]}
    wrong |= {f"benign answer {at}": data for at, data in enumerate(item.benign)}
    for name, data in wrong.items():
        if _grade(item, data).solved:
            raise unproven(item, "wrong answers", f"its {name} counts as solved")
    first, again = _grade(item, item.solution), _grade(item, item.solution)
    if not first.solved or first != again:
        raise unproven(item, "reference", f"its reference solution fails: {first.reason}")
    evidence = (
        Evidence("hidden", "the solution is not in the prompt"),
        Evidence("wrong answers", f"empty, prompt and {len(item.benign)} wrong answers fail"),
        Evidence("reference", first.reason),
    )
    return Proven(item, b"", first, evidence, 0)


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer``."""
    if len(answer) > ANSWER_LIMIT:
        return Grade(False, f"The answer is longer than {ANSWER_LIMIT:,} bytes.")
    return _grade(proven.item, answer)


def _grade(item: Item, answer: bytes) -> Grade:
    oracle = item.oracle
    assert isinstance(oracle, AnswersOracle)
    given = read_answers(answer, len(oracle.keys))
    right = sum(
        number in given and key.fits(given[number]) for number, key in enumerate(oracle.keys, 1)
    )
    asked = len(oracle.keys)
    reason = f"{right} of {asked} questions are answered right, {asked - len(given)} not at all."
    return Grade(right == asked, reason, steps=Steps(right, asked))
