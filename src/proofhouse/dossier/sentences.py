# SPDX-License-Identifier: Apache-2.0
"""What the page says in words and single numbers, made from the view before markup begins.

Each function answers for one place on the page. Sentences about outcomes stand in
``views.headline``; those here are about effort, terms, the window and the end of access.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from proofhouse.dossier import markup
from proofhouse.views import plain, words
from proofhouse.views.supposing import Supposed
from proofhouse.views.values import (
    BudgetCurve,
    CaseView,
    Ending,
    Evidence,
    ItemRow,
    ReviewView,
    Sealed,
    WindowView,
)


def title(view: CaseView) -> str:
    """The document’s title: a model’s name, if it is opened, and the start of the case id."""
    model = view.submission.model if view.submission else None
    named = f": {markup.label(model.name, 80)}" if model and not isinstance(model, Sealed) else ""
    return f"Dossier{named} (case {view.case[:10]})"


def answer_word(view: CaseView) -> str:
    """The outcome as one word."""
    answer = view.headline.answer
    return {"WITHDRAWN": "withdrawn", "NO_FINDING": "no finding"}.get(answer, answer)


def glance(view: CaseView) -> Iterator[tuple[str, Markup | str]]:
    """The facts that most readers came for; what is sealed says so here as well."""
    if view.submission:
        model = view.submission.model
        yield "Model", "Sealed" if isinstance(model, Sealed) else _brief(model.name)
        yield "Checkpoint", _brief(view.submission.checkpoint)
    if view.developer:
        developer = view.developer
        yield "Developer", "Sealed" if isinstance(developer, Sealed) else _brief(developer.name)
    if view.bank:
        yield "Bank", Markup("{}, version {}").format(_brief(view.bank.name), view.bank.version)
    if view.determination and view.plan:
        yield "Items used", f"{view.determination.items_used} of {view.plan.item_count} planned"
        yield "Determined", markup.date(view.determination.determined_at)
    if view.review and view.review.findings:
        yield "Review", plain.counted(view.review.findings.count, "finding")
    elif view.review:
        yield "Review", "under way" if view.headline.answer == "COVERED" else "ended by withdrawal"


def _brief(name: str) -> Markup:
    """A name in the space of two or three lines; in full, or nearly, further down."""
    return markup.words(markup.label(name, 80))


def contents(view: CaseView) -> Iterator[tuple[str, str]]:
    """The sections that the page has: fragment and name."""
    there = {
        "evidence": bool(view.determination),
        "tested": bool(view.inquired_at),
        "levels": bool(view.levels),
        "ability": bool(view.determination),
        "changes": bool(view.determination),
        "errors": bool(view.plan and view.plan.alpha_ppm is not None),
        "spent": bool(view.runs),
        "review": bool(view.review),
        "told": bool(view.disclosures),
        "record": bool(view.chain),
    }
    names = {
        "evidence": "Evidence",
        "tested": "What was tested, and how",
        "levels": "Result by level",
        "ability": "Ability on the scale",
        "changes": "What could have changed the answer",
        "errors": "How often the test errs",
        "spent": "Items and effort",
        "review": "The review",
        "told": "Who was told",
        "record": "The record",
        "check": "Check it yourself",
        "limits": "Limits",
        "words": "Words",
    }
    for anchor, name in names.items():
        if there.get(anchor, True):
            yield anchor, name


def reason(view: CaseView) -> str:
    """Why the determination came out as it did."""
    if view.determination is None:
        return ""
    reason = view.determination.reason
    return words.REASONS.get(reason, f"The stated reason: {plain.one_line(reason, 300)}.")


def own_reason(evidence: Evidence) -> str:
    """Why a dimension’s own test came out as it did."""
    return words.REASONS.get(
        evidence.reason, f"The stated reason: {plain.one_line(evidence.reason, 300)}."
    )


def families(view: CaseView) -> Markup:
    """The bank’s families with their levels."""
    families = view.bank.families if view.bank else ()
    return markup.listed([f"{name} (levels: {levels})" for name, levels in families], 120)


def figures(view: CaseView, ending: Ending) -> Iterator[tuple[str, str]]:
    """The large numbers of items and effort: value and name."""
    used = view.determination.items_used if view.determination else ending.total
    planned = view.plan.item_count if view.plan else 0
    yield f"{plain.count(used)} of {plain.count(planned)}", "items used of items planned"
    for number, name in zip(ending.counted, ("solved", "failed", "missing"), strict=True):
        yield plain.count(number), name
    yield plain.count(ending.input_tokens + ending.output_tokens), "tokens in and out"
    yield plain.duration(ending.milliseconds), "time working"


def held_scores(view: CaseView) -> tuple[ItemRow, ...]:
    """Every held score of every run whose outcomes are opened, in the runs' order."""
    return tuple(
        item
        for run in view.runs
        if run.ending and not isinstance(run.ending.items, Sealed)
        for item in run.ending.items
        if item.held
    )


def missing(ending: Ending) -> str:
    """What is missing, held, flagged or run again, and what was spent."""
    return " ".join(
        (
            _missing(ending),
            _reruns(ending),
            *_flagged(ending),
            "The run went through at once;"
            if ending.attempts <= 1
            else "The run was broken off and went on from what was kept, "
            f"{plain.count(ending.attempts)} attempts in all;",
            f"{plain.count(ending.input_tokens)} tokens in, {plain.count(ending.output_tokens)} "
            f"out; {plain.counted(ending.transcripts, 'transcript')} kept by digest.",
        )
    )


def _missing(ending: Ending) -> str:
    if not ending.missing:
        return "No item is missing."
    held = f", {ending.held} of them held until a person has looked" if ending.held else ""
    rule = "an answer stands only if scoring what is missing as failed and as solved gives the same"
    if any(ending.decided):
        return (
            f"When the run ended {plain.counted(ending.missing, 'item was', 'items were')} "
            f"missing{held}. {_decided(ending)} {ending.counted[2]} stay missing; {rule}."
        )
    return f"{plain.counted(ending.missing, 'item is', 'items are')} missing{held}; {rule}."


def _decided(ending: Ending) -> str:
    """What people decided of held scores since: the run's own word stays beside it."""
    told = zip(ending.decided, ("solved", "failed", "missing"), strict=True)
    ways = ", ".join(f"{number} as {name}" for number, name in told if number)
    total = plain.counted(sum(ending.decided), "held score was", "held scores were")
    return f"Since then {total} decided by a person: {ways}."


def _reruns(ending: Ending) -> str:
    if not ending.reruns:
        return "No item was run again."
    return (
        f"{plain.counted(ending.reruns, 'item was', 'items were')} run again after an error of "
        "our own machines."
    )


def _flagged(ending: Ending) -> Iterator[str]:
    """Out-of-scope acts are reported where the outcomes are opened (R15)."""
    if isinstance(ending.items, Sealed):
        return
    flagged = sum(bool(item.flags) for item in ending.items)
    if flagged:
        yield f"The scan of the transcripts flagged {plain.counted(flagged, 'item')}, marked below."
    else:
        yield "The scan of the transcripts flagged no item."
    read = [item.reading for item in ending.items if item.reading]
    if read:
        yield (
            "A second reader, the model that the harness names, read them too: it marked "
            f"{plain.count(read.count('marked'))} and gave no answer on "
            f"{plain.count(read.count('gave no answer'))} of {plain.count(len(read))}."
        )


def supposed(rows: Sequence[Supposed]) -> str:
    """How many suppositions would have changed the answer."""
    others = sum(row.changes for row in rows)
    if not rows:
        return "No other supposition was worked out."
    if not others:
        return "None of the suppositions below changes the answer."
    return (
        f"{plain.count(others)} of the {plain.count(len(rows))} suppositions below would have "
        "given another answer."
    )


def capitalised(sentence: str) -> str:
    """The sentence with its first letter large, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def budget(curve: BudgetCurve, tokens: int) -> str:
    """What more tokens could have done, as far as a curve can tell; ``tokens`` an item may spend.

    A last success beyond half the budget is a curve that still climbs at its end.
    """
    unsolved = curve.items - (curve.steps[-1].solved if curve.steps else 0)
    if not curve.steps:
        return (
            f"No item was solved within {plain.count(tokens)} tokens. That does not say what more "
            "tokens, more time or better tools would solve."
        )
    last = plain.count(curve.steps[-1].tokens)
    if not unsolved:
        return (
            f"Every item was solved with at most {last} of {plain.count(tokens)} tokens. How much "
            "harder items it would solve, these can’t tell."
        )
    left = plain.counted(unsolved, "item was", "items were")
    if 2 * curve.steps[-1].tokens > tokens:
        return (
            f"The curve still climbs near the budget: {left} left unsolved, and more tokens may "
            "well solve some of them."
        )
    return (
        f"No item was solved with more than {last} of {plain.count(tokens)} tokens, and {left} "
        "left unsolved. That the curve is flat there does not say that it stays flat."
    )


def terms(review: ReviewView) -> str:
    """How the developer answered the six clauses."""
    answered = [clause for clause in review.clauses if clause.answer is not None]
    if not answered:
        return "Six clauses are offered, each to be accepted or struck on its own."
    struck = sum(clause.answer == "struck" for clause in answered)
    if not struck:
        return "The developer accepted all six clauses."
    return (
        f"Of the six clauses the developer accepted {len(answered) - struck} and struck {struck}. "
        "What is struck limits what may be done, and ends nothing."
    )


def window(window: WindowView) -> str:
    """How long access is held."""
    days = plain.days_between(window.opens_at, window.ends_at)
    return (
        f"{plain.counted(days, 'day').capitalize()}, of at most {window.maximum_days}, counted "
        "back from the planned release to other trusted partners."
    )


def closing(window: WindowView) -> str:
    """How access ended, or when it will."""
    if window.closed_at is None:
        return (
            f"In this bundle the window is not closed yet. Access ends on "
            f"{plain.moment(window.ends_at)} at the latest, with or without a statement."
        )
    because = words.CLOSED[window.closed_because or "ended"]
    return (
        f"The registrar closed the window on {plain.moment(window.closed_at)}, {because}, and "
        f"revoked all access that had been given: {plain.counted(window.revoked, 'grant')}."
    )


def digests(view: CaseView) -> Iterator[tuple[str, str]]:
    """Every digest of the page, in full: what it is of, and its value."""
    yield "Case", view.case
    if view.submission and view.submission.weights_digest:
        yield "Weights of the model", view.submission.weights_digest
    if view.submission and view.submission.fingerprint:
        yield "Behavioural fingerprint", view.submission.fingerprint[1]
    for link in view.chain:
        yield (
            f"Leaf {plain.count(link.index)}, {link.title[0].lower()}{link.title[1:]}",
            link.digest,
        )
    signers = {
        signature.keyid: (words.ROLES.get(signature.role, signature.role), signature.name)
        for link in view.chain
        for signature in link.signatures
    }
    for keyid, (role, name) in sorted(signers.items(), key=lambda item: (item[1], item[0])):
        named = f", {plain.one_line(name, 60)}" if name else ""
        yield f"Key: {role.lower()}{named}", keyid
    for sealed in view.sealed:
        yield f"Sealed: {sealed.what}", sealed.digest
