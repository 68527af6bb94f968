# SPDX-License-Identifier: Apache-2.0
"""From a `CaseView` to the page: what the templates are given, and how much room it has.

The templates decide order and markup and hold no arithmetic. Every text of a statement reaches them
through the filter ``words``; autoescape is on besides, and an undefined name is an error and not an
empty string.

A page stays under `LARGEST` bytes whatever its case holds. It is first made with room for all that
a reader may want; while it is too large it is made again with half the room: long texts are cut
sooner and long lists end sooner, and the page says so in each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, TypeVar

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from proofhouse.dossier import markup, sentences
from proofhouse.dossier.ability_chart import place_of
from proofhouse.dossier.charts import charts
from proofhouse.dossier.glossary import GLOSSARY
from proofhouse.dossier.levels_chart import interval
from proofhouse.dossier.mark import mark
from proofhouse.said import say, spoken, telling_now
from proofhouse.views import decided_run, plain, supposing, words
from proofhouse.views.openings import SEVERITIES
from proofhouse.views.pictures import thinned
from proofhouse.views.values import (
    Beside,
    CaseView,
    Ending,
    Found,
    Link,
    ReviewView,
    RunView,
    Sealed,
)

T = TypeVar("T")

LARGEST: Final = 150_000
"""Bytes of a page, at most."""

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Content Security Policy: no script, no connection, no frame, no font, nothing from elsewhere."""

_AUDIENCES = spoken(
    {
        "inspector": "From an inspector’s bundle",
        "developer": "From the developer’s bundle",
        "public": "From a public bundle",
    }
)
_RESULTS = spoken({"held": "Held", "failed": "Failed", "not_checked": "Not checked"})
_STYLE = files("proofhouse.dossier").joinpath("dossier.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Room:
    """How much of a long text and of a long list is shown: all there is room for over ``share``."""

    share: int

    def bytes(self, most: int) -> int:
        """Of a text."""
        return max(32, most // self.share)

    def rows(self, most: int) -> int:
        """Of a list."""
        return max(3, most // self.share)


def render(view: CaseView) -> str:
    """The dossier of ``view``: one HTML document that refers to nothing outside itself.

    At most `LARGEST` bytes. Raises nothing on what a registered statement or an opening may hold.
    """
    template = _ENVIRONMENT.get_template("page.html")
    page = ""
    for share in (1, 2, 4, 8, 16, 32):
        page = template.render(_context(view, Room(share)))
        if len(page.encode()) <= LARGEST:
            break
    return page


# -------------------------------------------------------------------------------- the templates


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("proofhouse.dossier", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _said, _said_of_several, newstyle=True
    )
    environment.filters.update(
        words=_words,
        listed=_listed,
        some=_some,
        time=markup.time,
        date=markup.date,
        digest=markup.digest,
        count=plain.count,
        counted=plain.counted,
        percent=plain.percent,
        nats=plain.nats,
        logits=plain.logits,
        size=plain.size,
        duration=plain.duration,
        interval=interval,
        spanned=supposing.interval,
        placed=place_of,
        own_reason=sentences.own_reason,
    )
    environment.globals["more"] = _more
    environment.tests["sealed"] = _is_sealed
    return environment


def _said(text: str) -> str:
    """A text of a template in the tongue that is told now; its values are filled in after."""
    return telling_now().text(text)


def _said_of_several(one: str, many: str, number: int) -> str:
    return telling_now().number_of(one, many, number)


@jinja2.pass_context
def _words(context: Context, text: str, most: int = markup.SHORT) -> Markup:
    return markup.words(text, _room(context).bytes(most))


@jinja2.pass_context
def _listed(context: Context, texts: Sequence[str], most: int = markup.SHORT) -> Markup:
    room = _room(context)
    return markup.listed(texts, room.bytes(most), room.rows(40))


@jinja2.pass_context
def _some(context: Context, sequence: Sequence[T], most: int) -> Sequence[T]:
    """The start of a list, as far as there is room."""
    return sequence[: _room(context).rows(most)]


@jinja2.pass_context
def _more(context: Context, sequence: Sequence[object], most: int) -> Markup:
    """What ``some`` has left out, in words."""
    rest = len(sequence) - _room(context).rows(most)
    if rest <= 0:
        return Markup("")
    return Markup('<p class="muted">{}</p>').format(
        say("%(number)s more in the bundle.", number=plain.count(rest))
    )


def _room(context: Context) -> Room:
    room = context["room"]
    assert isinstance(room, Room)
    return room


def _is_sealed(value: object) -> bool:
    return isinstance(value, Sealed)


_ENVIRONMENT = _environment()


# ------------------------------------------------------------------------- what they are given


def _context(view: CaseView, room: Room) -> dict[str, Any]:
    run = decided_run(view)
    ending = run.ending if run else None
    submission = view.submission
    first, between, last = _ends(view.chain, room.rows(80))
    return {
        "view": view,
        "room": room,
        "run": run,
        "policy": POLICY,
        "style": Markup(_STYLE),  # noqa: S704 — a file of this package
        "title": sentences.title(view),
        "language": telling_now().code,
        "mark": mark(view.headline.answer),
        "answer_word": sentences.answer_word(view),
        "glance": tuple(sentences.glance(view)),
        "contents": tuple(sentences.contents(view)),
        "charts": charts(view, steps=room.rows(200), levels=room.rows(30)),
        "reason": sentences.reason(view),
        "access": say(words.ACCESS[submission.access_level][0]) if submission else "",
        "families": sentences.families(view),
        "graded": say(words.GRADED[ending.graded_by]) if ending else "",
        "intervals_sealed": all(row.low_ppm is None for row in view.levels),
        "figures": tuple(sentences.figures(view, ending)) if ending else (),
        "missing_sentence": sentences.missing(ending) if ending else "",
        "replayable": _replayable(view, ending),
        "held_scores": sentences.held_scores(view),
        "chain_first": first,
        "chain_between": between,
        "chain_last": last,
        "glossary": GLOSSARY,
        "digests": tuple(sentences.digests(view)),
        **_TABLES,
        **_beside(view),
        **_budget(view, run, room),
        **_review(view.review, room),
    }


_TABLES: Final[dict[str, Any]] = {
    "audiences": _AUDIENCES,
    "results": _RESULTS,
    "roles": spoken(words.ROLES),
    "clauses": spoken(words.CLAUSES),
    "ruled_out": spoken(words.RULED_OUT),
    "purposes": spoken(words.PURPOSES),
    "endings": spoken(words.ENDINGS),
    "asked_again": spoken(words.ASKED_AGAIN),
    "grades": spoken(words.GRADED),
    "answers": spoken(words.ANSWERS),
    "verdicts": spoken(words.VERDICTS),
    "severities": {name: len(SEVERITIES) - at for at, name in enumerate(SEVERITIES)},
}


def _beside(view: CaseView) -> dict[str, Any]:
    stated = view.determination
    beside = stated.beside if stated else None
    if stated is None or not isinstance(beside, Beside):
        return {}
    supposed = supposing.supposed(beside, stated.outcome)
    return {
        "supposed": supposed,
        "supposed_sentence": sentences.supposed(supposed),
        "claims": tuple(
            (one, sentences.capitalised(supposing.claim(one))) for one in beside.claims
        ),
        "fit": supposing.fit(beside.fit),
    }


def _budget(view: CaseView, run: RunView | None, room: Room) -> dict[str, Any]:
    if run is None or view.curve is None:
        return {"budget_sentence": "", "budget_steps": ()}
    return {
        "budget_sentence": sentences.budget(view.curve, run.plan.budgets.tokens_per_item),
        "budget_steps": thinned(view.curve.steps, room.rows(60)),
    }


def _replayable(view: CaseView, ending: Ending | None) -> bool:
    """Whether all that a replay of the determination needs is opened."""
    if not (view.determination and ending and view.threshold and view.plan):
        return False
    needed = (
        view.determination.evidence,
        ending.items,
        view.threshold.cuts,
        view.plan.items,
    )
    return not any(isinstance(value, Sealed) for value in needed)


def _ends(chain: Sequence[Link], most: int) -> tuple[Sequence[Link], int, Sequence[Link]]:
    """The start and the end of a chain, and how many statements stand between them unshown."""
    if len(chain) <= most:
        return chain, 0, ()
    half = most // 2
    return chain[:half], len(chain) - 2 * half, chain[-half:]


def _review(review: ReviewView | None, room: Room) -> dict[str, Any]:
    found = review.findings.found if review and review.findings else None
    listed = found.findings if isinstance(found, Found) else ()
    window = review.window if review else None
    return {
        "terms_sentence": sentences.terms(review) if review else "",
        "window_sentence": sentences.window(window) if window else "",
        "closing_sentence": sentences.closing(window) if window else "",
        "all_findings": listed,
        # Many findings share the room of a few: their texts are cut rather than left out.
        "finding_bytes": max(300, min(markup.LONG, 40_000 // max(1, 2 * min(len(listed), 40)))),
    }
