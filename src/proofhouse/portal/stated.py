# SPDX-License-Identifier: Apache-2.0
"""What a draft states, in words: before anybody signs it they read this, not JSON.

    for name, shown in stated(pending): …       "Opened", "1 July 2026, 09:00 UTC" in a time element

Every field of the statement is shown, also one that this module has no name for: a digest short for
the eye and whole to copy, a time with its zone, a list as a list, an object as facts in facts, and
records of one shape as a table. What was decided comes first, and what it rests on last. What
is sealed in the statement is shown opened to those who sign it, but for a bank's seed and a
threshold. Other people's words pass through ``dossier.markup`` (R20). The very bytes stand below on
the same page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from proofhouse.dossier import markup
from proofhouse.formats import bundle as bundles
from proofhouse.portal import looks, signing
from proofhouse.portal.language import N_, active, gettext

SECRET: Final = frozenset({"seed", "threshold"})
"""What nobody reads, not even those who sign it: a bank's seed, and a threshold. Whoever read the
drawn cut could take the draft back and draw again until they liked it.
"""

OPENED: Final = frozenset({"value", "salt", "blinding"})
"""What an opening publishes; before its last signature nobody reads that either."""

MOST: Final = 4_000
"""Bytes of one text."""

NAMES: Final[Mapping[str, str]] = {
    "ability": N_("Ability on the scale"),
    "acceptedAt": N_("Accepted at"),
    "access": N_("The access"),
    "accessLevel": N_("Access level"),
    "agreement": N_("The agreement on terms"),
    "answer": N_("Answer"),
    "answeredAt": N_("Answered at"),
    "answers": N_("Answers"),
    "artefact": N_("Public artefact"),
    "bank": N_("Bank"),
    "beside": N_("Beside the determination"),
    "calibrationDigest": N_("Digest of the calibration"),
    "capabilities": N_("Capabilities tested"),
    "checkpoint": N_("Version of the model"),
    "clauses": N_("The clauses"),
    "closedAt": N_("Closed at"),
    "committedAt": N_("Committed at"),
    "confidentiality": N_("Confidentiality"),
    "consulted": N_("Consulted"),
    "contact": N_("Where an answer goes"),
    "count": N_("How many"),
    "criteria": N_("Criteria"),
    "cybersecurity": N_("Cybersecurity"),
    "decidedAt": N_("Decided at"),
    "decidedBy": N_("Decided by"),
    "decisions": N_("Decisions"),
    "deliveredAt": N_("Delivered at"),
    "determination": N_("The determination"),
    "determinedAt": N_("Determined at"),
    "developer": N_("Who asks"),
    "dimensions": N_("Dimensions"),
    "disclosedAt": N_("Disclosed at"),
    "endpoint": N_("The endpoint’s address"),
    "endsAt": N_("Ends at"),
    "evidence": N_("Evidence"),
    "failed": N_("failed"),
    "families": N_("Families of items"),
    "field": N_("What is opened"),
    "finding": N_("Finding"),
    "findings": N_("The findings"),
    "fingerprint": N_("Behavioural fingerprint"),
    "generatorDigest": N_("Digest of the generator"),
    "gradedBy": N_("Graded by"),
    "grantedAt": N_("Granted at"),
    "insiderRisk": N_("Insider risk"),
    "intellectualProperty": N_("Intellectual-property protection"),
    "itemsUsed": N_("Items used"),
    "keys": N_("Keys"),
    "limits": N_("Limits"),
    "maximumDays": N_("Days at most"),
    "missing": N_("missing"),
    "model": N_("Model"),
    "name": N_("Name"),
    "needed": N_("Signatures needed"),
    "nondisclosure": N_("Nondisclosure"),
    "notice": N_("The public notice"),
    "of": N_("Of"),
    "offer": N_("The offer"),
    "offeredAt": N_("Offered at"),
    "openBy": N_("To be opened by"),
    "openedAt": N_("Opened at"),
    "opensAt": N_("Opens at"),
    "outcome": N_("Outcome"),
    "owners": N_("Owned by"),
    "partner": N_("Partner"),
    "partnerKey": N_("The partner’s key"),
    "party": N_("Who speaks"),
    "plannedPartnerReleaseAt": N_("Planned release to other trusted partners"),
    "plannedPublicReleaseAt": N_("Planned public release"),
    "provider": N_("Provider"),
    "purpose": N_("What the access is for"),
    "reason": N_("Why"),
    "receivedAt": N_("Received at"),
    "recipient": N_("To whom"),
    "recordedBy": N_("Recorded by"),
    "redactions": N_("What is left out"),
    "requestedAt": N_("Requested at"),
    "retiredAt": N_("Retired at"),
    "revoked": N_("Access that is revoked"),
    "run": N_("The run"),
    "safeguardVariant": N_("Safeguards"),
    "said": N_("What is said"),
    "sector": N_("Sector"),
    "seed": N_("The secret seed"),
    "solved": N_("solved"),
    "standing": N_("Asks as"),
    "statement": N_("In the owners’ words"),
    "submittedAt": N_("Submitted at"),
    "text": N_("Text"),
    "threshold": N_("Threshold"),
    "toolchainDigest": N_("Digest of the toolchain"),
    "track": N_("Track"),
    "use": N_("Use"),
    "value": N_("Value"),
    "version": N_("Version"),
    "weightsDigest": N_("Weights"),
    "window": N_("The access window"),
    "withdrawnAt": N_("Withdrawn at"),
}
"""A field of a statement, or of a value in it → what a person reads."""

IN_NUMBERS: Final[Mapping[str, str]] = {
    "aboveCut": N_("That it is above the cut"),
    "assumptions": N_("Assumptions"),
    "belowCut": N_("That it is below the cut"),
    "budgetCurve": N_("By tokens spent"),
    "byLevel": N_("Level by level"),
    "byLevelMethod": N_("Method, level by level"),
    "claim": N_("What it supports"),
    "confidence": N_("Confidence"),
    "cost": N_("Cost"),
    "eProcess": N_("E-process"),
    "estimate": N_("Estimate"),
    "family": N_("Family"),
    "high": N_("High end"),
    "ifFailed": N_("If they had failed"),
    "ifSolved": N_("If they were solved"),
    "items": N_("Items"),
    "level": N_("Level"),
    "low": N_("Low end"),
    "method": N_("Method"),
    "needed": N_("Needed"),
    "p": N_("p-value"),
    "personFit": N_("Fit of the answers"),
    "referenceModels": N_("Reference models"),
    "scale": N_("Scale"),
    "sensitivity": N_("If the scale errs"),
    "standardError": N_("Standard error"),
    "standardErrors": N_("Standard errors"),
    "tokens": N_("Tokens"),
    "tokensPlanned": N_("Tokens planned"),
    "trajectory": N_("Step by step"),
}
"""A quantity, without the unit at the end of its field's name, or what holds quantities."""

FIRST: Final = ("outcome", "reason", "itemsUsed")
LAST: Final = ("limits", "ability", "evidence", "beside")
"""Where a determination is read from, and what it rests on."""

_UNIT = re.compile(r"(\w+?)(Ppm|Micrologits|Micronats)")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def stated(pending: signing.Pending) -> list[tuple[str, Markup]]:
    """Field by field: its name, and what it says."""
    found = sorted(values(pending), key=lambda pair: _place(pair[0]))
    return [(_name(name), _shown(value, name)) for name, value in found]


def _place(name: str) -> int:
    if name in FIRST:
        return FIRST.index(name) - len(FIRST)
    return LAST.index(name) + 1 if name in LAST else 0


def withheld(pending: signing.Pending) -> frozenset[str]:
    """The fields of the statement that nobody reads before it is registered.

    An opening's are compared with their commitment when it is drafted, so its signers need not.
    """
    return OPENED if pending.name == "opening" else frozenset()


def values(pending: signing.Pending) -> Iterator[tuple[str, Any]]:
    """The fields of the statement; what is hidden in it is opened to those who sign it."""
    opened = {bundles.opened(one): one.value for one in pending.handover.openings}
    predicate: Mapping[str, Any] = pending.handover.statement.predicate
    for name, value in predicate.items():
        if name == "previous":
            continue
        if isinstance(value, Mapping) and (hidden := value.get("salted") or value.get("sha256")):
            value = gettext("sealed") if name in SECRET else opened.get(hidden, gettext("sealed"))
        if name in withheld(pending):
            value = gettext("published with the last signature; it is what the commitment holds")
        yield name, value


def _name(name: str) -> str:
    unit = _UNIT.fullmatch(name)
    if name in NAMES:
        return gettext(NAMES[name])
    stem = unit[1] if unit else name
    return gettext(IN_NUMBERS[stem]) if stem in IN_NUMBERS else markup.label(stem, 60)


def _shown(value: Any, name: str = "") -> Markup:
    if value is None or value == [] or value == {}:
        return Markup('<span class="muted">{}</span>').format(gettext("none"))
    if isinstance(value, bool):
        return escape(gettext("yes") if value else gettext("no"))
    if isinstance(value, int):
        return escape(_measured(value, name))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(_name(at), _shown(inner, at))
                for at, inner in value.items())  # fmt: skip
        return Markup('<dl class="facts facts--inner">{}</dl>').format(Markup("").join(rows))
    if _is_table(value):
        return _table(value, name)
    items = (Markup("<li>{}</li>").format(_shown(one)) for one in value)
    return Markup("<ul>{}</ul>").format(Markup("").join(items))


def _measured(value: int, name: str) -> str:
    """A number in the unit that its field's name ends with, to the last digit that is signed."""
    unit = _UNIT.fullmatch(name)
    if unit is None:
        return looks.number(value)
    exact = Decimal(value).scaleb(-6)
    if unit[2] == "Ppm" and unit[1] != "p":
        return str(format_percent(exact, "#,##0.####%", locale=active()))
    shown = format_decimal(exact, "#,##0.######", locale=active())
    return f"{shown} {unit[2].removeprefix('Micro')}" if unit[2] != "Ppm" else str(shown)


def _is_table(value: Sequence[Any]) -> bool:
    """Whether these are two records or more with the same fields, each of them one word or number.

    A record of one field is as well a list.
    """
    if len(value) < 2 or not all(isinstance(one, Mapping) for one in value):
        return False
    names = list(value[0])
    plain = (isinstance(one, str | int) for row in value for one in row.values())
    return len(names) > 1 and all(list(row) == names for row in value) and all(plain)


def _table(rows: Sequence[Mapping[str, Any]], name: str) -> Markup:
    """Records as rows; it scrolls by itself where it is too wide."""
    cell = Markup("<td>{}</td>")
    head = (Markup('<th scope="col">{}</th>').format(_name(at)) for at in rows[0])
    body = (
        Markup("<tr>{}</tr>").format(
            Markup("").join(cell.format(_shown(one, at)) for at, one in row.items())
        )
        for row in rows
    )
    return Markup(
        '<div class="usa-table-container--scrollable" tabindex="0" role="region" aria-label="{}">'
        '<table class="usa-table usa-table--borderless"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(_name(name), Markup("").join(head), Markup("").join(body))


def _text(value: str) -> Markup:
    if _DIGEST.fullmatch(value):
        return looks.short(value)
    if _TIME.fullmatch(value):
        return looks.moment(value)
    return Markup('<span class="pre">{}</span>').format(looks.words(value, MOST))
