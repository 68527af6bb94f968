# SPDX-License-Identifier: Apache-2.0
"""A reported vulnerability as one page: where it stands, and its history in plain words.

    view = report_view(case, opened)
    view.now                    "It is the vendor’s move: to patch it."
    view.history[1].says        "Reproduced. Proof 5c1c9ac1…: 3 of 3 runs showed one crash; …"
    lines(view)                 the same for a terminal

Other people's words pass through ``plain.visible`` wherever they are shown (R20); proofs, patches
and evidence are named by digest only. What is not opened says so, and nothing is worked out around
it. ``to_dict`` is for programs and gives the words as they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from proofhouse.rules.registration import Case, Entry
from proofhouse.rules.report import handling
from proofhouse.rules.reporting import standing_links
from proofhouse.views import plain, words

SEALED = "sealed"
SHORT = 12
"""Digits of a digest that a sentence shows."""

Fact = tuple[str, str]
"""What it is, and what it says."""


@dataclass(frozen=True)
class Happened:
    """One statement: what happened, in a sentence of ours, and ``why`` in its maker's words."""

    leaf: int
    at: str
    statement: str
    title: str
    says: str
    why: str
    digests: tuple[Fact, ...]


@dataclass(frozen=True)
class ReportView:
    """Everything a person is shown of a report. Texts are as they were written."""

    case: str
    handling: str
    state: str
    now: str
    product: str
    summary: str
    facts: tuple[Fact, ...]
    credits: tuple[str, ...]
    chain: tuple[str, ...]
    proofs: tuple[str, ...]
    source: str
    history: tuple[Happened, ...]
    group: tuple[str, ...]
    alarm: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = asdict(self)
        told["facts"] = dict(self.facts)
        for happened in told["history"]:
            happened["digests"] = dict(happened["digests"])
        return told


def report_view(
    case: Case, opened: Mapping[str, Any], group: Sequence[str] = (), alarm: str = ""
) -> ReportView:
    """What a person is shown of ``case``, a report.

    ``opened`` maps the SHA-256 of a hidden field to its value; ``group`` are the reports that tell
    of the same flaw, ``alarm`` what is wrong with that group, if anything.
    """
    read = _Reader(case, opened)
    first = case.need("report")
    report = read.value(first, "report")
    reporters = read.value(first, "reporters")
    hops = [*reporters.get("chain", ())]
    hops += [read.value(relayed, "hop") for relayed in case.all("report-relayed")]
    return ReportView(
        case=case.id,
        handling=handling(case.id),
        state=case.state,
        now=words.now(case.state),
        product=" ".join(filter(None, (report.get("product", SEALED), report.get("version")))),
        summary=report.get("summary", SEALED),
        facts=_facts(report, read.value(first, "provenance")),
        credits=tuple(reporters.get("credits", ())),
        chain=tuple(_hop(hop) for hop in hops),
        proofs=tuple(first.predicate["proofs"]),
        source=first.predicate["source"],
        history=tuple(read.happened(entry) for entry in case.entries),
        group=tuple(member for member in group if member != case.id),
        alarm=alarm,
    )


def lines(view: ReportView) -> list[str]:
    """The page for a terminal."""
    shown = [
        f"{view.handling}  {_one_line(view.product)}",
        view.now,
        f"case {view.case}",
        "",
        *_indented(view.summary),
        "",
        f"  found by       {_listed(view.credits) or 'nobody named'}",
        f"  came through   {_listed(view.chain, ' → ') or SEALED}",
        *(f"  {name:<14} {_one_line(value)}" for name, value in view.facts),
        f"  source         {view.source[:SHORT]}…",
        *(f"  proof          {proof[:SHORT]}… (in quarantine)" for proof in view.proofs),
    ]
    shown += [f"  same flaw      {_one_line(_member(member))}" for member in view.group]
    shown += [f"  alarm          {view.alarm}"] if view.alarm else []
    shown.append("")
    for happened in view.history:
        shown.append(f"  {plain.moment(happened.at)}  {happened.title} (leaf {happened.leaf})")
        shown.append(f"      {happened.says}")
        shown += [f"      {line}" for line in _indented(happened.why, "Why: ") if happened.why]
        shown += [f"      {name} {digest[:SHORT]}…" for name, digest in happened.digests]
    return shown


class _Reader:
    """One case with what is opened of it."""

    def __init__(self, case: Case, opened: Mapping[str, Any]) -> None:
        self.case, self.opened = case, opened
        self.standing = {link.digest for link in standing_links(case)}

    def value(self, entry: Entry, name: str) -> dict[str, Any]:
        """What the hidden field holds; nothing while it is sealed."""
        value = self.opened.get(entry.predicate[name]["salted"])
        return value if isinstance(value, dict) else {}

    def happened(self, entry: Entry) -> Happened:
        says, why, digests = _TOLD[entry.name](self, entry)
        title, verdict = words.STATEMENTS[entry.name], entry.predicate.get("verdict", "")
        title += f": {verdict.replace('_', ' ')}" if verdict else ""
        return Happened(entry.index, entry.made_at, entry.name, title, says, why, digests)


_Told = tuple[str, str, tuple[Fact, ...]]


def _reported(read: _Reader, entry: Entry) -> _Told:
    count = len(entry.predicate["proofs"])
    says = "one proof, which lies" if count == 1 else f"{count} proofs, which lie"
    return f"It came with {says} in quarantine.", "", ()


def _relayed(read: _Reader, entry: Entry) -> _Told:
    hop = read.value(entry, "hop")
    to = plain.visible(_hop(hop)) if hop else SEALED
    return f"To: {to}. The chain of reporters has {entry.predicate['hops']} links.", "", ()


def _validated(read: _Reader, entry: Entry) -> _Told:
    stated, found = entry.predicate, read.value(entry, "found")
    says = (
        f"{_said(stated['verdict'])}. Proof {stated['proof'][:SHORT]}…: {stated['crashes']} of "
        f"{stated['runs']} runs showed one crash; {stated['quietControls']} of "
        f"{stated['controls']} controls stayed quiet."
    )
    if stated["newest"] is not None:
        says += f" On the newest source: {_said(stated['newest']).lower()}."
    why = found.get("reason", SEALED)
    if found.get("newestReason"):
        why += f" On the newest source: {found['newestReason']}"
    return says, why, (("evidence", stated["evidence"]),)


def _judged(read: _Reader, entry: Entry) -> _Told:
    stated = entry.predicate
    by_result: dict[str, list[str]] = {}
    for check in stated["checks"]:
        by_result.setdefault(check["result"], []).append(check["name"])
    order = sorted(by_result, key=lambda result: result == "passed")
    says = f"Patch {stated['patch'][:SHORT]}…: {_said(stated['verdict']).lower()}. "
    says += " ".join(f"{_said(result)}: {', '.join(by_result[result])}." for result in order)
    says += "" if by_result else "No check was made."
    why = read.value(entry, "why").get("reason", SEALED)
    return plain.visible(says), why, (("patch", stated["patch"]), ("evidence", stated["evidence"]))


def _linked(read: _Reader, entry: Entry) -> _Told:
    link = read.value(entry, "link")
    other = _member(link["case"] or link["record"]) if link else SEALED
    kinds = {
        "alias": "tells of the same flaw as",
        "related": "has to do with, and is another flaw than,",
        "upstream": "comes from a flaw upstream,",
    }
    says = f"This report {kinds[entry.predicate['kind']]} {plain.visible(other)}."
    if entry.digest not in read.standing:
        says += " This was taken back later."
    return says, link.get("reason", SEALED), (("link", entry.digest),)


def _unlinked(read: _Reader, entry: Entry) -> _Told:
    found = entry.predicate["found"]
    return (
        "The link no longer stands.",
        read.value(entry, "reason").get("reason", SEALED),
        (("link", found),),
    )


def _closed(read: _Reader, entry: Entry) -> _Told:
    basis = entry.predicate["basis"]
    of = next((e for e in read.case.entries if e.digest == basis), None)
    says = f"Outcome: {_said(entry.predicate['outcome']).lower()}."
    if of is not None:
        says += f" It rests on leaf {of.index} ({words.STATEMENTS[of.name].lower()})."
    return says, "", ()


_TOLD: Mapping[str, Callable[[_Reader, Entry], _Told]] = {
    "report": _reported,
    "report-relayed": _relayed,
    "validation": _validated,
    "patch-judged": _judged,
    "duplicate-found": _linked,
    "duplicate-undone": _unlinked,
    "report-closed": _closed,
}


def _facts(report: Mapping[str, Any], provenance: Mapping[str, Any]) -> tuple[Fact, ...]:
    model = {"yes": "yes", "no": "no", "unknown": "not said"}
    found = [
        ("build", report.get("build")),
        ("run", report.get("run")),
        ("expects", " in ".join(filter(None, map(report.get, ("expectClass", "expectFunction"))))),
        ("method", provenance.get("method")),
        ("tool", provenance.get("tool")),
        ("public model", model.get(provenance.get("publicModel", ""))),
        ("embargo", provenance.get("embargo")),
        *(("origin", origin) for origin in provenance.get("origins", ())),
        *(("hint", f"said to be {claim}") for claim in provenance.get("duplicateClaims", ())),
    ]
    return tuple((name, value) for name, value in found if value)


def _hop(hop: Mapping[str, Any]) -> str:
    if not hop:
        return SEALED
    known = f"{hop['name']} <{hop['contact']}>" if hop["contact"] else hop["name"]
    return f"{known} as {hop['handling']}" if hop["handling"] else str(known)


def _member(name: str) -> str:
    """A case by its handling identifier, a record elsewhere by its own."""
    digits = len(name) == 64 and all(c in "0123456789abcdef" for c in name)
    return f"{handling(name)} (case {name[:SHORT]}…)" if digits else name


def _said(word: str) -> str:
    return word.replace("_", " ").capitalize()


def _one_line(text: str) -> str:
    return " ".join(plain.visible(text).split())


def _listed(texts: Sequence[str], between: str = "; ") -> str:
    return between.join(_one_line(text) for text in texts)


def _indented(text: str, before: str = "") -> list[str]:
    """Other people's lines; each is indented, so that none can pass for one of ours."""
    return [f"{before if at == 0 else ''}| {line}" for at, line in enumerate(_lines(text))]


def _lines(text: str) -> list[str]:
    return plain.visible(text).split("\n")
