# SPDX-License-Identifier: Apache-2.0
"""The outcome in one plain sentence, what it means, and what it does not mean.

    Headline("NOT_COVERED", "This version of the model was not determined to be …", …)

Rule 1: none of the outcomes is good or bad, and each says that it is no licence (R1).
Rule 2: none but COVERED says anything of what a model can do; NOT_COVERED is no clearance (R17).
Rule 3: a developer who has withdrawn has done nothing wrong, and no outcome stands in the
headline then. What had been stated before stays in the record, below (R1).
"""

from __future__ import annotations

from collections.abc import Callable

from proofhouse.rules.inquiry import finding
from proofhouse.rules.registration import Case
from proofhouse.rules.review import REVIEW, WITHDRAWN
from proofhouse.said import say
from proofhouse.views import plain, words
from proofhouse.views.values import Answer, BankView, DeterminationView, Headline

COVERED_STATES = frozenset(REVIEW) - WITHDRAWN
"""A review is only held of a covered model, so these states say COVERED as well (R2)."""


def answer_of(state: str) -> Answer:
    """The outcome that a case in ``state`` carries, or which way it has none."""
    if state in WITHDRAWN:
        return "WITHDRAWN"
    if state in COVERED_STATES or finding(state) == "COVERED":
        return "COVERED"
    if finding(state) == "NOT_COVERED":
        return "NOT_COVERED"
    return "INCONCLUSIVE" if finding(state) == "INCONCLUSIVE" else "NO_FINDING"


def headline(
    case: Case, bank: BankView | None, determination: DeterminationView | None
) -> Headline:
    """The headline of ``case``; ``bank`` and ``determination`` as they are shown below it."""
    answer = answer_of(case.state)
    sentence, means, not_means = _SAYINGS[answer](case, bank, determination)
    return Headline(answer, sentence, words.stands(case), means, not_means)


_Saying = tuple[str, tuple[str, ...], tuple[str, ...]]


def _covered(case: Case, bank: BankView | None, stated: DeterminationView | None) -> _Saying:
    return (
        say("This version of the model was determined to be a covered frontier model."),
        (
            _tested_with(bank, stated),
            say(
                "The developer may ask for a review with an access window of limited length. "
                "It may also leave it at that."
            )
            if case.last("review-requested") is None
            else say("At the developer’s own request a review followed."),
        ),
        (
            say(words.NO_LICENCE),
            say(
                "It is no judgement on whether the model is dangerous, well made or ready for "
                "release."
            ),
        ),
    )


def _not_covered(_case: Case, bank: BankView | None, stated: DeterminationView | None) -> _Saying:
    return (
        say("This version of the model was determined not to be a covered frontier model."),
        (
            _tested_with(bank, stated),
            say("No review follows, and nothing further is asked of the developer."),
        ),
        (say(words.NO_CLEARANCE), say(words.NO_LICENCE)),
    )


def _inconclusive(_case: Case, bank: BankView | None, stated: DeterminationView | None) -> _Saying:
    return (
        say("The test ended without an answer."),
        (
            _tested_with(bank, stated),
            say(
                "An answer is given only when the evidence carries it and is never forced. "
                "The developer may inquire again."
            ),
        ),
        (
            say(
                "It is neither COVERED nor NOT_COVERED, and no mark against the model or its "
                "developer."
            ),
            say(words.NO_LICENCE),
        ),
    )


def _withdrawn(case: Case, _bank: BankView | None, stated: DeterminationView | None) -> _Saying:
    withdrawal = case.need("withdrawal")
    before = (
        say("Before that, no determination had been stated.")
        if stated is None
        else say(
            "Before that, a determination had been stated: %(outcome)s. It stays in the "
            "record below.",
            outcome=stated.outcome,
        )
    )
    return (
        say("The developer withdrew on %(day)s.", day=plain.day(withdrawal.made_at)),
        (say("A developer may withdraw at any moment and owes nobody a reason."), before),
        (
            say("It is no finding and no mark against the model or its developer."),
            say(words.NO_LICENCE),
        ),
    )


def _no_finding(case: Case, _bank: BankView | None, _stated: DeterminationView | None) -> _Saying:
    if not case.entries:
        return (
            say("This bundle holds no statement of a case."),
            (say("It may still hold public statements, which the record below lists."),),
            (say(words.SILENCE), say(words.NO_LICENCE)),
        )
    return (
        say("There is no finding yet."),
        (
            say("The inquiry is under way. Its test has not ended in a determination."),
            say("The developer may withdraw at any moment and owes nobody a reason."),
        ),
        (say(words.SILENCE), say(words.NO_LICENCE)),
    )


_SAYINGS: dict[Answer, Callable[[Case, BankView | None, DeterminationView | None], _Saying]] = {
    "COVERED": _covered,
    "NOT_COVERED": _not_covered,
    "INCONCLUSIVE": _inconclusive,
    "WITHDRAWN": _withdrawn,
    "NO_FINDING": _no_finding,
}


def _tested_with(bank: BankView | None, stated: DeterminationView | None) -> str:
    of = (
        say("of version %(version)s of the bank", version=bank.version)
        if bank
        else say("of a bank not in this bundle")
    )
    if stated is None:
        return say("It was tested with items %(of)s.", of=of)
    reason = words.reason(stated.reason)
    return say(
        "It was tested on %(items_used)s %(of)s. %(reason)s",
        items_used=plain.counted(stated.items_used, "item"),
        of=of,
        reason=reason,
    )
