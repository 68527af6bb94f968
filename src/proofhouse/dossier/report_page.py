# SPDX-License-Identifier: Apache-2.0
"""The page of a reported vulnerability: `ReportView` to one HTML document without a script.

    render_report(view)      → "<!doctype html>…"

Every text of a reporter, and of a program that was run, passes through ``markup.words``: visible,
cut to a bound, isolated, escaped (R20). Proofs and patches are named by digest and not linked. The
page refers to nothing outside itself, and its policy forbids that a browser load anything.
"""

from __future__ import annotations

from markupsafe import Markup

from proofhouse.dossier import markup
from proofhouse.dossier.page import POLICY
from proofhouse.views.report import SHORT, Happened, ReportView

ROWS = 200
"""Statements and lists longer than this are cut; ``case show --json`` has them all."""

_STYLE = Markup(
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
    "h3{font-size:1rem;margin:0}ol{list-style:none;padding:0}li.s{border-left:3px solid #71767a;"
    "padding:0 0 .8rem .8rem;margin:0 0 .6rem}dl{display:grid;grid-template-columns:9rem 1fr;"
    "gap:.2rem 1rem}dt{color:#565c65}dd{margin:0;overflow-wrap:anywhere}"
    "blockquote{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0;padding:.2rem .8rem;"
    "border-left:3px solid #dfe1e2;background:#f7f7f7}.now{font-weight:600}"
    ".muted,.cut{color:#565c65}"
)


def render_report(view: ReportView) -> str:
    """The page. Raises nothing on what a report may hold."""
    title = markup.label(f"{view.handling} {view.product}")
    rows = [
        ("Found by", markup.listed(view.credits) or Markup("nobody named")),
        ("Came through", Markup(" → ").join(markup.words(hop) for hop in view.chain[:ROWS])),
        *((name.capitalize(), markup.words(value)) for name, value in view.facts[:ROWS]),
        ("Source", _digest(view.source)),
        ("Proofs", Markup(", ").join(_digest(proof) for proof in view.proofs)),
        *(("Same flaw", markup.words(member)) for member in view.group[:ROWS]),
    ]
    body = Markup(
        "<h1>{}</h1><p class=now>{}</p><blockquote>{}</blockquote><dl>{}</dl>{}<h2>History</h2>"
        "<ol>{}</ol>{}<p class=muted>Proofs, patches and evidence lie encrypted in quarantine and "
        "are named by their SHA-256 only. Case {}.</p>"
    ).format(
        title,
        view.now,
        markup.words(view.summary, markup.LONG),
        Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows),
        Markup("<p><strong>Alarm.</strong> {}</p>").format(view.alarm) if view.alarm else "",
        Markup("").join(_statement(happened) for happened in view.history[:ROWS]),
        _left_out(len(view.history) - ROWS),
        Markup("<code>{}</code>").format(view.case),
    )
    return str(
        Markup(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="{}">'
            '<meta name="viewport" content="width=device-width"><title>{}</title>'
            "<style>{}</style></head><body><main>{}</main></body></html>\n"
        ).format(POLICY, title, _STYLE, body)
    )


def _digest(text: str) -> Markup:
    """As many digits as the sentences beside it show, the rest on hover."""
    return Markup('<code class="digest" title="{}">{}…</code>').format(text, text[:SHORT])


def _statement(happened: Happened) -> Markup:
    why = (
        Markup("<blockquote>{}</blockquote>").format(markup.words(happened.why, 1_000))
        if happened.why
        else ""
    )
    named = Markup(" ").join(
        Markup("{} {}").format(name, _digest(value)) for name, value in happened.digests
    )
    digests = Markup("<p>{}</p>").format(named) if named else ""
    return Markup(
        "<li class=s><h3>{}</h3><p class=muted>{} · leaf {}</p><p>{}</p>{}{}</li>"
    ).format(
        happened.title,
        markup.time(happened.at),
        happened.leaf,
        markup.words(happened.says, 2_000),
        why,
        digests,
    )


def _left_out(rest: int) -> Markup:
    if rest <= 0:
        return Markup("")
    return Markup("<p>{} more statements are in <code>case show --json</code>.</p>").format(rest)
