# SPDX-License-Identifier: Apache-2.0
"""A case in a dozen lines, for a terminal.

    COVERED. This version of the model was determined to be a covered frontier model.
    Review: the window is open and the assessor is to plan.
    model       reference/strong (checkpoint 2026-06-20)
    items       15 used of 60 planned: 13 solved, 2 failed, 0 missing
    evidence    +3.38 nats; COVERED from +2.94, NOT_COVERED from −2.94
                nats weigh the outcomes: 29 to 1 for a model just above the zone against one
                just below; an answer takes 19 to 1

Where a unit is used first, a line without a name says what it means. A line holds no control
character, whatever a model is called (R20), and at most 100 columns of other people's text. What
is sealed is named as sealed.
"""

from __future__ import annotations

from collections.abc import Iterator

from proofhouse.formats.predicates import ANSWERS
from proofhouse.views import plain, supposing, words
from proofhouse.views.case import decided_run
from proofhouse.views.values import (
    CaseView,
    DeterminationView,
    FindingsView,
    PlanView,
    ReviewView,
    Sealed,
)

LABEL = 12
"""How many columns the name of a line takes; a line without a name explains the one above."""

LOGITS = (
    "logits are steps on the bank’s scale: a model placed where an item is solves it half the time"
)
_LONGEST = 100
_NAMED = 3


def summary_lines(view: CaseView) -> tuple[str, ...]:
    """The outcome, where the case stands, what was tested, what was found, and on what it rests."""
    head = view.headline
    named = head.answer in ("COVERED", "NOT_COVERED", "INCONCLUSIVE")
    return (
        f"{head.answer}. {head.sentence}" if named else head.sentence,
        head.now,
        *(f"{label:<{LABEL}}{text}" for label, text in _rows(view)),
    )


def _rows(view: CaseView) -> Iterator[tuple[str, str]]:
    yield "case", view.case
    yield from _tested(view)
    yield from _measured(view)
    if view.review:
        yield from _reviewed(view.review)
    yield from _rests_on(view)


def _tested(view: CaseView) -> Iterator[tuple[str, str]]:
    if view.submission:
        model = view.submission.model
        name = "sealed" if isinstance(model, Sealed) else _text(model.name)
        yield "model", f"{name} (checkpoint {_text(view.submission.checkpoint)})"
    if view.bank:
        yield "bank", f"{_text(view.bank.name)}, version {view.bank.version}"
    if view.threshold:
        cuts = view.threshold.cuts
        yield (
            "threshold",
            "sealed"
            if isinstance(cuts, Sealed)
            else "; ".join(
                f"{_text(cut.dimension)} at {plain.logits(cut.cut_micrologits)} logits, zone "
                f"±{plain.size(cut.zone_micrologits)}"
                for cut in cuts
            ),
        )
        if not isinstance(cuts, Sealed):
            yield "", LOGITS


def _measured(view: CaseView) -> Iterator[tuple[str, str]]:
    run = decided_run(view)
    if view.plan and run and run.ending:
        ending = run.ending
        used = view.determination.items_used if view.determination else ending.total
        solved, failed, missing = ending.counted
        yield (
            "items",
            f"{used} used of {view.plan.item_count} planned: {solved} solved, "
            f"{failed} failed, {missing} missing",
        )
        yield (
            "spent",
            f"{plain.count(ending.input_tokens + ending.output_tokens)} tokens, "
            f"{plain.duration(ending.milliseconds)}",
        )
    stated = view.determination
    if stated is None:
        return
    if isinstance(stated.evidence, Sealed):
        yield "evidence", "sealed"
    elif view.plan and view.plan.lower_micronats and view.plan.upper_micronats:
        lower, upper = view.plan.lower_micronats, view.plan.upper_micronats
        for one in stated.evidence:
            low, high = one.low_micronats, one.high_micronats
            path = plain.nats(low) if low == high else f"{plain.nats(low)} to {plain.nats(high)}"
            own = f"; {_text(one.dimension)}: {one.outcome}" if one.dimension else ""
            yield (
                "evidence",
                f"{path} nats; COVERED from {plain.nats(upper)}, NOT_COVERED from "
                f"{plain.nats(lower)}{own}",
            )
            if one is stated.evidence[0]:
                yield "", _weighed(low, high, lower, upper)
    if isinstance(stated.ability, Sealed):
        yield "ability", "sealed"
    else:
        for ability in stated.ability:
            yield (
                "ability",
                f"{plain.logits(ability.estimate_micrologits)} logits "
                f"({plain.percent(ability.confidence_ppm)} interval "
                f"{supposing.interval(ability)}){_on(ability.dimension)}",
            )
        if view.threshold is None or isinstance(view.threshold.cuts, Sealed):
            yield "", LOGITS
    yield from _beside(stated, view.plan)


def _beside(stated: DeterminationView, plan: PlanView | None) -> Iterator[tuple[str, str]]:
    """How far the answer can be trusted, as far as it is opened."""
    if not isinstance(stated.beside, Sealed):
        for claim in stated.beside.claims:
            yield "strictly", f"{supposing.claim(claim)}{_on(claim.dimension)}"
        yield "shifted", supposing.shifts(stated.beside, stated.outcome)
    design = plan.design if plan else None
    if plan is None or design is None or isinstance(design, Sealed):
        return
    for played in design.simulations:
        if plan.alpha_ppm and plan.beta_ppm:
            share = plan.alpha_ppm // len(design.simulations)
            errs = supposing.errors(played, share, plan.beta_ppm)
            yield "errs", f"{errs}{_on(played.dimension)}"


def _on(dimension: str) -> str:
    """Which dimension a line is about; nothing where there is one alone."""
    return f"; {_text(dimension)}" if dimension else ""


def _weighed(low: int, high: int, lower: int, upper: int) -> str:
    """What nats mean, in odds; with a figure of the case where nothing is missing."""
    takes = plain.odds(upper)
    if plain.odds(lower) != takes:
        takes = f"{takes} for COVERED, {plain.odds(lower)} for NOT_COVERED"
    if low != high:
        return (
            "nats weigh a model just above the zone against one just below, missing items scored "
            f"both ways; an answer takes {takes}"
        )
    above, below = ("above", "below") if low >= 0 else ("below", "above")
    return (
        f"nats weigh the outcomes: {plain.odds(low)} for a model just {above} the zone against one "
        f"just {below}; an answer takes {takes}"
    )


def _reviewed(review: ReviewView) -> Iterator[tuple[str, str]]:
    answered = [clause for clause in review.clauses if clause.answer]
    if answered:
        accepted = sum(clause.answer == "accepted" for clause in answered)
        yield "terms", f"{accepted} of {len(answered)} clauses accepted"
    if review.window:
        window = review.window
        closed = f", closed {plain.day(window.closed_at)}" if window.closed_at else ", open"
        yield (
            "window",
            f"{plain.day(window.opens_at)} to {plain.day(window.ends_at)}{closed}",
        )
    if review.findings:
        sealed = ", sealed" if isinstance(review.findings.found, Sealed) else ""
        yield "findings", f"{plain.counted(review.findings.count, 'finding')}{sealed}"
        yield from _answered(review.findings)
    if review.partners:
        yield "partners", str(len(review.partners))


def _answered(findings: FindingsView) -> Iterator[tuple[str, str]]:
    """What the developer says of them, and what came of testing them again."""
    if findings.answers:
        words_ = [one.answer for one in findings.answers.answers]
        counts = ((word, words_.count(word)) for word in ANSWERS)
        yield "answers", ", ".join(f"{count} {word}" for word, count in counts if count)
    for again in findings.retests:
        if isinstance(again.retested, Sealed):
            yield "re-tested", f"{plain.listed(tuple(map(_text, again.findings)))}, sealed"
        else:
            told = (f"{_text(one.finding)} {one.verdict}" for one in again.retested)
            yield "re-tested", ", ".join(told)


def _rests_on(view: CaseView) -> Iterator[tuple[str, str]]:
    own = [link for link in view.chain if not link.clear]
    if own:
        first, last = own[0].index, own[-1].index
        yield "record", f"{plain.counted(len(own), 'statement')}, leaves {first} to {last}"
    if view.sealed:
        yield "sealed", _sealed(view.sealed)
    for sentence in view.contradictions:
        yield "mismatch", sentence
    integrity, times = words.shown(view.standing.custody, view.standing.witnesses)
    yield "shows", integrity
    yield "", times


def _sealed(sealed: tuple[Sealed, ...]) -> str:
    names = tuple(f"{one.what[0].lower()}{one.what[1:]}" for one in sealed[:_NAMED])
    if len(sealed) > _NAMED:
        names = (*names, f"{len(sealed) - _NAMED} more")
    stay = "value stays" if len(sealed) == 1 else "values stay"
    return f"{plain.count(len(sealed))} {stay} sealed: {plain.listed(names)}"


def _text(text: str) -> str:
    return plain.one_line(text, _LONGEST)
