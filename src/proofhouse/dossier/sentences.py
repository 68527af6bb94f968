# SPDX-License-Identifier: Apache-2.0
"""What the page says in words and single numbers, made from the view before markup begins.

Each function answers for one place on the page. Sentences about outcomes stand in
``views.headline``; those here are about effort, terms, the window and the end of access.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from proofhouse.dossier import markup
from proofhouse.said import say
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
    return say("Dossier%(named)s (case %(case)s)", named=named, case=view.case[:10])


def answer_word(view: CaseView) -> str:
    """The outcome as one word."""
    answer = view.headline.answer
    return {"WITHDRAWN": say("withdrawn"), "NO_FINDING": say("no finding")}.get(answer, answer)


def glance(view: CaseView) -> Iterator[tuple[str, Markup | str]]:
    """The facts that most readers came for; what is sealed says so here as well."""
    if view.submission:
        model = view.submission.model
        yield say("Model"), say("Sealed") if isinstance(model, Sealed) else _brief(model.name)
        yield say("Version of the model"), _brief(view.submission.checkpoint)
    if view.developer:
        developer = view.developer
        yield (
            say("Developer"),
            say("Sealed") if isinstance(developer, Sealed) else _brief(developer.name),
        )
    if view.bank:
        yield (
            say("Bank"),
            Markup("{}, {}").format(
                _brief(view.bank.name), say("version %(version)s", version=view.bank.version)
            ),
        )
    if view.determination and view.plan:
        yield (
            say("Items used"),
            say(
                "%(items_used)s of %(item_count)s planned",
                items_used=view.determination.items_used,
                item_count=view.plan.item_count,
            ),
        )
        yield say("Determined"), markup.date(view.determination.determined_at)
    if view.review and view.review.findings:
        yield say("Review"), plain.counted(view.review.findings.count, "finding")
    elif view.review:
        yield (
            say("Review"),
            say("under way") if view.headline.answer == "COVERED" else say("ended by withdrawal"),
        )


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
        "evidence": say("Evidence"),
        "tested": say("What was tested, and how"),
        "levels": say("Result by level"),
        "ability": say("Ability on the scale"),
        "changes": say("What could have changed the answer"),
        "errors": say("How often the test errs"),
        "spent": say("Items and effort"),
        "review": say("The review"),
        "told": say("Who was told"),
        "record": say("The record"),
        "check": say("Check it yourself"),
        "limits": say("Limits"),
        "words": say("Words"),
    }
    for anchor, name in names.items():
        if there.get(anchor, True):
            yield anchor, name


def reason(view: CaseView) -> str:
    """Why the determination came out as it did."""
    if view.determination is None:
        return ""
    reason = view.determination.reason
    return words.reason(reason)


def own_reason(evidence: Evidence) -> str:
    """Why a dimension’s own test came out as it did."""
    return words.reason(evidence.reason)


def families(view: CaseView) -> Markup:
    """The bank’s families with their levels."""
    families = view.bank.families if view.bank else ()
    return markup.listed(
        [
            say("%(name)s (levels: %(levels)s)", name=name, levels=levels)
            for name, levels in families
        ],
        120,
    )


def figures(view: CaseView, ending: Ending) -> Iterator[tuple[str, str]]:
    """The large numbers of items and effort: value and name."""
    used = view.determination.items_used if view.determination else ending.total
    planned = view.plan.item_count if view.plan else 0
    yield (
        say("%(used)s of %(planned)s", used=plain.count(used), planned=plain.count(planned)),
        say("items used of items planned"),
    )
    for number, name in zip(ending.counted, ("solved", "failed", "missing"), strict=True):
        yield plain.count(number), say(name)
    yield plain.count(ending.input_tokens + ending.output_tokens), say("tokens in and out")
    yield plain.duration(ending.milliseconds), say("time working")


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
            say("The run went through at once;")
            if ending.attempts <= 1
            else say(
                "The run was broken off and went on from what was kept, %(attempts)s "
                "attempts in all;",
                attempts=plain.count(ending.attempts),
            ),
            say(
                "%(input_tokens)s tokens in, %(output_tokens)s out; %(transcripts)s kept by "
                "digest.",
                input_tokens=plain.count(ending.input_tokens),
                output_tokens=plain.count(ending.output_tokens),
                transcripts=plain.counted(ending.transcripts, "transcript"),
            ),
        )
    )


def _missing(ending: Ending) -> str:
    if not ending.missing:
        return say("No item is missing.")
    held = (
        say(", %(held)s of them held until a person has looked", held=ending.held)
        if ending.held
        else ""
    )
    rule = say(
        "an answer stands only if scoring what is missing as failed and as solved gives the same"
    )
    if any(ending.decided):
        return say(
            "When the run ended %(missing)s missing%(held)s. %(decided)s %(counted)s stay "
            "missing; %(rule)s.",
            missing=plain.counted(ending.missing, "item was", "items were"),
            held=held,
            decided=_decided(ending),
            counted=ending.counted[2],
            rule=rule,
        )
    return say(
        "%(missing)s missing%(held)s; %(rule)s.",
        missing=plain.counted(ending.missing, "item is", "items are"),
        held=held,
        rule=rule,
    )


def _decided(ending: Ending) -> str:
    """What people decided of held scores since: the run's own word stays beside it."""
    told = zip(ending.decided, ("solved", "failed", "missing"), strict=True)
    ways = ", ".join(
        say("%(number)s as %(name)s", number=number, name=say(name))
        for number, name in told
        if number
    )
    total = plain.counted(sum(ending.decided), "held score was", "held scores were")
    return say("Since then %(total)s decided by a person: %(ways)s.", total=total, ways=ways)


def _reruns(ending: Ending) -> str:
    if not ending.reruns:
        return say("No item was run again.")
    return say(
        "%(reruns)s run again after an error of our own machines.",
        reruns=plain.counted(ending.reruns, "item was", "items were"),
    )


def _flagged(ending: Ending) -> Iterator[str]:
    """Out-of-scope acts are reported where the outcomes are opened (R15)."""
    if isinstance(ending.items, Sealed):
        return
    flagged = sum(bool(item.flags) for item in ending.items)
    if flagged:
        yield say(
            "The scan of the transcripts flagged %(flagged)s, marked below.",
            flagged=plain.counted(flagged, "item"),
        )
    else:
        yield say("The scan of the transcripts flagged no item.")
    read = [item.reading for item in ending.items if item.reading]
    if read:
        yield (
            say(
                "A second reader, the model that the harness names, read them too: it marked "
                "%(marked)s and gave no answer on %(silent)s of %(read)s.",
                marked=plain.count(read.count("marked")),
                silent=plain.count(read.count("gave no answer")),
                read=plain.count(len(read)),
            )
        )


def supposed(rows: Sequence[Supposed]) -> str:
    """How many suppositions would have changed the answer."""
    others = sum(row.changes for row in rows)
    if not rows:
        return say("No other supposition was worked out.")
    if not others:
        return say("None of the suppositions below changes the answer.")
    return say(
        "%(others)s of the %(rows)s suppositions below would have given another answer.",
        others=plain.count(others),
        rows=plain.count(len(rows)),
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
        return say(
            "No item was solved within %(tokens)s tokens. That does not say what more "
            "tokens, more time or better tools would solve.",
            tokens=plain.count(tokens),
        )
    last = plain.count(curve.steps[-1].tokens)
    if not unsolved:
        return say(
            "Every item was solved with at most %(last)s of %(tokens)s tokens. How much "
            "harder items it would solve, these can’t tell.",
            last=last,
            tokens=plain.count(tokens),
        )
    left = plain.counted(unsolved, "item was", "items were")
    if 2 * curve.steps[-1].tokens > tokens:
        return say(
            "The curve still climbs near the budget: %(left)s left unsolved, and more "
            "tokens may well solve some of them.",
            left=left,
        )
    return say(
        "No item was solved with more than %(last)s of %(tokens)s tokens, and "
        "%(left)s left unsolved. That the curve is flat there does not say that it "
        "stays flat.",
        last=last,
        tokens=plain.count(tokens),
        left=left,
    )


def terms(review: ReviewView) -> str:
    """How the developer answered the six clauses."""
    answered = [clause for clause in review.clauses if clause.answer is not None]
    if not answered:
        return say("Six clauses are offered, each to be accepted or struck on its own.")
    struck = sum(clause.answer == "struck" for clause in answered)
    if not struck:
        return say("The developer accepted all six clauses.")
    return say(
        "Of the six clauses the developer accepted %(accepted)s and struck "
        "%(struck)s. What is struck limits what may be done, and ends nothing.",
        accepted=len(answered) - struck,
        struck=struck,
    )


def window(window: WindowView) -> str:
    """How long access is held."""
    days = plain.days_between(window.opens_at, window.ends_at)
    return say(
        "%(days)s, of at most %(maximum_days)s, counted back from the planned "
        "release to other trusted partners.",
        days=plain.counted(days, "day"),
        maximum_days=window.maximum_days,
    )


def closing(window: WindowView) -> str:
    """How access ended, or when it will."""
    if window.closed_at is None:
        return say(
            "In this bundle the window is not closed yet. Access ends on %(ends_at)s at "
            "the latest, with or without a statement.",
            ends_at=plain.moment(window.ends_at),
        )
    because = say(words.CLOSED[window.closed_because or "ended"])
    return say(
        "The registrar closed the window on %(closed_at)s, %(because)s, and revoked "
        "all access that had been given: %(revoked)s.",
        closed_at=plain.moment(window.closed_at),
        because=because,
        revoked=plain.counted(window.revoked, "grant"),
    )


def digests(view: CaseView) -> Iterator[tuple[str, str]]:
    """Every digest of the page, in full: what it is of, and its value."""
    yield say("Case"), view.case
    if view.submission and view.submission.weights_digest:
        yield say("Weights of the model"), view.submission.weights_digest
    if view.submission and view.submission.fingerprint:
        yield say("Behavioural fingerprint"), view.submission.fingerprint[1]
    for link in view.chain:
        yield (
            say(
                "Leaf %(index)s, %(title)s",
                index=plain.count(link.index),
                title=f"{link.title[0].lower()}{link.title[1:]}",
            ),
            link.digest,
        )
    signers = {
        signature.keyid: (say(words.ROLES.get(signature.role, signature.role)), signature.name)
        for link in view.chain
        for signature in link.signatures
    }
    for keyid, (role, name) in sorted(signers.items(), key=lambda item: (item[1], item[0])):
        named = f", {plain.one_line(name, 60)}" if name else ""
        yield say("Key: %(role)s%(named)s", role=role.lower(), named=named), keyid
    for sealed in view.sealed:
        yield say("Sealed: %(what)s", what=sealed.what), sealed.digest
