# SPDX-License-Identifier: Apache-2.0
"""The page of a case's findings: what was found, what its developer says, what was tested again.

A developer's answers are a statement like any other: this form drafts the act ``answer-findings``.
An assessor asks here for a re-test of what was called fixed; its plan is made in the background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from proofhouse.desk.plan_evaluation import RETEST_ITEMS
from proofhouse.errors import InputError, LostError, ModelError, PrerequisiteError, RefusedError
from proofhouse.formats.predicates import ANSWERS
from proofhouse.portal import acts, fields
from proofhouse.portal.cases import (
    BUDGETS,
    BegunError,
    Seeing,
    act_for,
    check_told,
    find,
    found_in,
    house_of,
    propose,
    unanswered,
    view_for,
    wishes_of,
)
from proofhouse.portal.fields import Field, FieldsError
from proofhouse.portal.forms import form, form_values
from proofhouse.portal.language import N_
from proofhouse.portal.projection import Row
from proofhouse.portal.render import render_form
from proofhouse.portal.runs import Runs
from proofhouse.portal.visitor import Visitor, need
from proofhouse.rules.registration import Case, to_test_again
from proofhouse.statistics.newcombe import fell
from proofhouse.views import words
from proofhouse.views.values import FindingsView, Retested, Sealed

router = APIRouter()

SAID = {
    "": N_("We say nothing of it yet"),
    "acknowledged": N_("We acknowledge it"),
    "disputed": N_("We see it otherwise"),
    "fixed": N_("We have fixed it"),
}
"""A developer's answer → what its form says."""

ITEMS = Field(
    "items",
    "New items for each finding",
    kind="number",
    low=1,
    high=1000,
    default=RETEST_ITEMS,
)


def least_items(found: Sequence[Mapping[str, Any]], name: str) -> int:
    """The fewest new items on which ``name`` can turn out to be gone, if none of them shows it: by
    the share that was solved before. 0 if no number that can be asked for is enough.
    """
    one = next((one for one in found if one["id"] == name), None)
    if one is None or not one["solved"]:
        return 0
    before = (int(one["solved"]), int(one["items"]))
    return next((n for n in range(1, ITEMS.high + 1) if fell(before, (0, n)).low > 0), 0)


WHICH = Field("findings", "Which findings", kind="choices")
RETEST = (WHICH, ITEMS, *BUDGETS)
"""What is asked for a re-test."""

Answering = Annotated[Visitor, Depends(need("answer-findings"))]
Planning = Annotated[Visitor, Depends(need("plan"))]


@router.get("/cases/{start}/findings", response_class=HTMLResponse)
async def findings_page(request: Request, who: Seeing, start: str) -> HTMLResponse:
    """The findings, what the developer says of each, and what came of testing them again."""
    return await _page(request, who, find(request, who, start), {}, {})


async def _page(
    request: Request,
    who: Visitor,
    row: Row,
    filled: Mapping[str, Any],
    errors: Mapping[str, str],
    refusal: Any = None,
) -> HTMLResponse:
    house = house_of(request)
    known = await house.run(lambda seat: seat.case(row.case, None))
    check_told(who, known.case)
    found, review = found_in(known, who), view_for(house, known, who).review
    view = review.findings if found and review else None
    standing = {one.finding: one for one in view.answers.answers} if view and view.answers else {}
    act = acts.act_named("answer-findings")
    answers = who.may(act.action) and act in acts.open_acts(known.case, "developer")
    again = to_test_again(known.case) if who.may("plan") else ()
    least = {name: least_items(found, name) for name in again}
    return render_form(
        request,
        "partners/findings.html",
        row=row,
        found=found,
        view=view,
        standing=standing,
        retests=_tested(view),
        options=SAID,
        fields=[one for one in act.fields if one.name != "answers"] if found and answers else (),
        again=again,
        again_fields=(_items(least), *BUDGETS) if again else (),
        least=least,
        filled=filled,
        errors=errors,
        refusal=refusal,
        words=words,
    )


def _items(least: Mapping[str, int]) -> Field:
    """How many items are proposed: as many as the finding that takes most, and not fewer than
    usual.
    """
    return Field(**{**vars(ITEMS), "default": max(RETEST_ITEMS, *least.values())})


def _tested(view: FindingsView | None) -> dict[str, Retested]:
    """Finding → what came of testing it again, the newest time."""
    told = [each.retested for each in view.retests] if view else []
    return {one.finding: one for each in told if not isinstance(each, Sealed) for one in each}


def retest_fields(case: Case) -> tuple[Field, ...]:
    """``RETEST`` with the findings that can be tested again where the case stands."""
    names = {name: name for name in to_test_again(case)}
    return (Field(**{**vars(WHICH), "options": names}), *RETEST[1:])


def ask_retest(runs: Runs, who: Visitor, case: str, filled: Mapping[str, Any]) -> None:
    """Have a re-test planned in the background. Raises RefusedError."""
    runs.ask(
        case,
        "retest",
        who.party,
        wishes_of(filled),
        findings=tuple(filled["findings"]),
        items=filled["items"],
    )


@router.post("/cases/{start}/findings")
async def findings_answered(request: Request, who: Answering, start: str) -> Response:
    """Draft what a developer says of each finding; it is signed on the next page."""
    house, row, values = house_of(request), find(request, who, start), await form(request)
    act = act_for(who, "answer-findings")
    given = {name: value for name, value in values.items() if ":" not in name}
    try:
        filled = fields.read(act.fields, {**given, "answers": _lines(values)})
        pending = await house.run(
            lambda seat: propose(house, act, who, seat.case(row.case, None), filled)
        )
    except FieldsError as error:
        return await _page(request, who, row, values, error.errors)
    except BegunError as error:
        return RedirectResponse(f"/drafts/{error.pending.id}", 303)
    except (InputError, RefusedError) as error:
        return await _page(request, who, row, values, {}, error)
    except (ModelError, PrerequisiteError, LostError) as error:
        return await _page(request, who, row, values, unanswered(error))
    return RedirectResponse(f"/drafts/{pending.id}", 303)


def _lines(values: Mapping[str, Any]) -> str:
    """What was chosen and written for each finding, as the act takes it."""
    lines = []
    for name, word in values.items():
        finding = name.removeprefix("answer:")
        if finding != name and word in ANSWERS:
            text = values.get(f"text:{finding}", "")
            text = text if isinstance(text, str) else ""
            said = "\n ".join(text.replace("\r\n", "\n").strip().split("\n"))
            lines.append(f"{finding}={word} {said}".strip())
    return "\n".join(lines)


@router.post("/cases/{start}/retest")
async def retest_asked(request: Request, who: Planning, start: str) -> Response:
    """Plan to test findings again, in the background."""
    row, values = find(request, who, start), await form(request)
    case = await house_of(request).run(lambda seat: seat.desk.case(row.case))
    asked = retest_fields(case)
    try:
        filled = fields.read(asked, form_values(values, asked))
    except FieldsError as error:
        return await _page(request, who, row, values, error.errors)
    ask_retest(request.app.state.runs, who, row.case, filled)
    return RedirectResponse(f"/cases/{row.case[:16]}#progress", 303)
