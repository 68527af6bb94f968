# SPDX-License-Identifier: Apache-2.0
"""Writes spec/predicates/: one page a predicate, with an example out of a real chain.

    python tools/spec_predicates.py [NAME …]      all pages, or those of these predicates

The examples come from a rehearsed review, so their digests change each time; what each field means
stands in ``MEANINGS`` here, who signs in ``rules.registration``, what is hidden in
``formats.predicates``. A test holds every page to these.
"""

from __future__ import annotations

import inspect
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from proofhouse.desk import change_key, open_commitment, retire_bank, withdraw  # noqa: E402
from proofhouse.formats import bundle as bundles  # noqa: E402
from proofhouse.formats import kinds  # noqa: E402
from proofhouse.formats.keys import SigningKey  # noqa: E402
from proofhouse.formats.predicates import CLEAR, SHAPES, VALUES, predicate_type  # noqa: E402
from proofhouse.journey import moves  # noqa: E402
from proofhouse.journey.journey import register  # noqa: E402
from proofhouse.rules.registration import SIGNERS, Entry  # noqa: E402
from stories import held, rehearsal, reported, retested  # noqa: E402  (the path must be set first)

PURPOSE: dict[str, str] = {
    "log-opened": "What this log is, who signs its checkpoints, and who holds the keys. Leaf 0.",
    "bank-commitment": "The bodies that own a bank fix its seed, its generator and its toolchain before any submission it is used on (R5, R16).",
    "threshold-commitment": "The bodies fix, by commitment, from where on a model is covered. One a bank version (R6, R16).",
    "determination-notice": "That a determination was made, under which commitments; which model and what outcome stay committed (R6, R16).",
    "opening": "The bodies open a bank's seed or a threshold to everybody; nothing is measured by it any more (R5, R16).",
    "bank-retirement": "The bodies retire a bank version: no new inquiry or submission is measured by it; what was submitted goes on, and it is still to be opened by its day (R5).",
    "key-changed": "A key falls silent after this leaf and another may follow it: rotated by its holder, or revoked or reported lost by k of n of the owning bodies (R18).",
    "inquiry": "A developer asks whether a model under development would be covered (R2).",
    "submission": "One checkpoint, bound to what it is, under one bank and one threshold (R13, R16, R17).",
    "plan": "Which items, in which order, with what boundaries and budgets, registered before the first item (R13, R14, R16).",
    "run-started": "The plan is being carried out. Every run that starts ends in a statement (R16).",
    "run-ended": "What became of every item, and what it took (R13).",
    "scores-decided": "A person has looked at scores that were held and says how each counts, before the result is stated. The run's own statement stays as it is: what the oracle said and what was decided are both in the record (R6, R15).",
    "determination": "The answer for one model, with who decided and who was consulted (R6, R14).",
    "disclosure": "A result is shown to one recipient: a decision of its own (R7).",
    "review-requested": "The developer of a covered model wishes a review. Without it there is none (R2).",
    "terms-offered": "Six clauses, each with the evidence that it is kept (R4).",
    "terms-answered": "Each clause accepted or struck on its own (R4).",
    "window-opened": "Access for at most 30 days, counted back from the planned release to other trusted partners (R3).",
    "findings": "What the deeper evaluation found, to the developer first (R13, R14).",
    "findings-received": "The developer has the findings; only then may a partner have access.",
    "findings-answered": "What the developer says of findings that it has received: the whole of it, so that the newest answer counts. What it calls fixed is a version of its own (R13, R17).",
    "partner-access": "A trusted partner, chosen by developer and assessor together: both sign (R8).",
    "partner-accepted": "The partner takes the access on its terms.",
    "window-closed": "The window is closed and every access revoked, by the registrar (R3).",
    "withdrawal": "The developer leaves: at any moment, without a reason and without a mark (R1). There is no field for a reason.",
    "report": "A vulnerability is reported. Its proofs lie in quarantine; every word of it is kept as it was written (R9, R20, R21).",
    "report-relayed": "The report was handed on: the chain of reporters grows by one, and nothing else changes it (R21).",
    "validation": "A proof was run in the sandbox, beside benign controls, and this is what came of it (R9).",
    "patch-judged": "A patch was judged against the proofs that were reproduced (R9, R22).",
    "duplicate-found": "This report and another are one flaw (`alias`), or have to do with each other. Chains are never merged (R9).",
    "duplicate-undone": "A link is taken back. A report closed on it stands again where it stood.",
    "report-closed": "Nobody owes anything any more; what the outcome rests on is cited (R22).",
}

MEANINGS: dict[str, str] = {
    "previous": "digest of the envelope that this statement follows in its case; null for the first",
    "origin": "the log's name, which its checkpoints and its key carry",
    "verifierKey": "the log's key in the form of C2SP signed notes",
    "custody": "`single` if one home holds every party's key",
    "bank": "in a bank's own commitment its name; elsewhere the envelope digest of the commitment",
    "version": "counts up; a version is never changed",
    "track": "`cyber` or `chemical`",
    "capabilities": "the closed list of what is tested; nothing else is recorded about a model",
    "families": "item family → its number of levels",
    "generatorDigest": "SHA-256 over the generator's code (spec/item-derivation.md)",
    "toolchainDigest": "SHA-256 over what the compiler says it is",
    "calibrationDigest": "SHA-256 of the table of difficulties",
    "seed": "double commitment to the seed",
    "statement": "the unclassified statement of what is tested and how (R7)",
    "owners": "the bodies that own it",
    "openBy": "the second by which it is opened at the latest; after that it is overdue",
    "dimensions": "what the threshold has a cut for, 1 to 8 names; a model is covered if it is above one of them",
    "threshold": "in the threshold's own commitment the double commitment to its value; elsewhere the envelope digest of that commitment",
    "decidedBy": "who decided",
    "consulted": "who was consulted",
    "determination": "in a notice the double commitment to case and outcome; elsewhere the envelope digest",
    "developer": "salted: name and contact",
    "model": "salted: what the developer calls it, through which provider, at which endpoint",
    "checkpoint": "the developer's own name of the checkpoint",
    "weightsDigest": "SHA-256 of the weights' manifest, or null",
    "fingerprint": "method and digest of how it answers a fixed set of prompts, or null; one of the two must be there",
    "accessLevel": "`black-box`, `grey-box` or `weights`",
    "safeguardVariant": "which protections were on",
    "purpose": "in a plan `determination` or `findings`; in an access what the partner may use it for",
    "submission": "envelope digest of the submission",
    "plan": "in a plan, salted: the items and the test (spec/determination.md); elsewhere the envelope digest",
    "itemCount": "how many items the plan lists",
    "minimumItems": "no answer before so many, on each dimension; at least 10 in a plan that determines",
    "batchSize": "items that run at once; evidence is read at the end of a batch",
    "alphaPpm": "greatest accepted probability of COVERED at the lower edges of all zones, parts per million; null in a plan for findings",
    "betaPpm": "greatest accepted probability of NOT_COVERED at the upper edge of any zone, parts per million; null likewise",
    "lowerMicronats": "the boundary of NOT_COVERED on each dimension, from alpha's equal part and beta; null likewise",
    "upperMicronats": "the boundary of COVERED on each dimension; null likewise",
    "budgets": "the most that an item, and the run, may spend",
    "scaffold": "the program around the model, its version and its tools",
    "referenceModels": "models on the same scale that the result is shown beside",
    "harness": "what it ran in, each part with its version: `proofhouse`, `sandbox` (the tier) and `scaffold` (as its plan names it) at least; `second-reader` is a model that read the transcripts after the scan's rules",
    "run": "in `run-ended` the envelope digest of `run-started`, elsewhere that of `run-ended`",
    "run-ended.reason": "for a run that was `stopped` one of those of ../registration.md; else free text that is none of these (`completed` is a test that ended, be it before the last item)",
    "ending": "`completed`, `stopped` from outside for the stated reason, or `failed`",
    "reason": "why, in words (of a key: `rotated`, `revoked` or `lost`); where a run was stopped one of the reasons of spec/determination.md",
    "outcomes": "salted: every item with its outcome, what it spent, its transcript's digest, what the oracle said of it if it is held, what came of a second reading of its transcript if there was one and, in runs that kept them, the SHA-256 of the answer that was judged (null if none was) and the digest of the item that was put",
    "solved": "how many items",
    "failed": "how many items",
    "missing": "how many items: errors and held scores; missing data never decide",
    "decisions": "salted: each decided item with how it counts, who decided so and why",
    "scores-decided.solved": "how many held scores count as solved",
    "scores-decided.failed": "how many count as failed",
    "scores-decided.missing": "how many stay missing for good",
    "held": "how many of the missing are held until a person has looked at what was flagged",
    "reruns": "how many items were run once more after an error of the assessor's own machinery",
    "attempts": "how often the run was taken up",
    "inputTokens": "sum over the items",
    "outputTokens": "sum over the items",
    "milliseconds": "sum of wall time over the items",
    "transcripts": "SHA-256 of each transcript, in plan order",
    "gradedBy": "`developer`, `assessor` or `independent`",
    "notice": "envelope digest of the public notice",
    "outcome": "`COVERED`, `NOT_COVERED` or `INCONCLUSIVE`",
    "itemsUsed": "how many items entered",
    "evidence": "double commitment to the evidence and its path",
    "ability": "salted: estimate and interval on the scale, share solved by level",
    "design": "salted: the population, the blueprint, how items were selected, and what the plan's simulation showed",
    "beside": "salted: a strict claim by an e-process, sensitivity to calibration, missing data, the answer without decisions on held scores, cost, budget curve, fit, reference models",
    "limits": "what the access level can't show (R17)",
    "of": "envelope digest: in a disclosure of the result that is shown, in an opening of the commitment that is opened",
    "field": "what is opened: a bank's `seed` or a `threshold`",
    "value": "the value that was committed to (spec/commitment.md)",
    "salt": "32 bytes; with the value it gives the commitment's SHA-256",
    "blinding": "32 bytes; with the value it gives the commitment's Pedersen point",
    "role": "the role that the key speaks in",
    "old": "the key id that is silent after this leaf",
    "new": "the 32 bytes of the key that speaks from the next leaf on, or null",
    "possession": "the new key's signature (64 bytes) over `proofhouse/key-changed/v1`, the log's origin, `old` and `new`, each ended by a newline, the last one too (example: ../registration.md#when-a-key-speaks); null without a new key",
    "party": "who speaks for the developer: `standing` (`developer`, `stewards` or `sponsor`), and how many (`needed`) of which `keys` (key ids of the trust policy, sorted) sign each statement that the developer signs",
    "artefact": "where a sponsored public artefact is found, and its digest; null unless a sponsor submits it",
    "recipient": "to whom",
    "redactions": "what was left out",
    "clauses": "confidentiality, cybersecurity, insiderRisk, intellectualProperty, use, nondisclosure: each with text and evidence",
    "offer": "envelope digest of the offer",
    "answers": "for each clause `accepted` or `struck`",
    "findings-answered.answers": "finding by finding `acknowledged`, `disputed` or `fixed`",
    "said": "salted: what is said of each, and which model the fixed version is, at which endpoint (null if nothing is fixed)",
    "findings-answered.version": "what a fixed version binds to, as in a submission; null if nothing is fixed",
    "plan.retests": "the `answer` (envelope digest of `findings-answered`) whose fixed `findings` are tested again; left out of any other plan",
    "agreement": "envelope digest of the answered terms",
    "plannedPartnerReleaseAt": "when the developer plans to release the model to other trusted partners: the window ends here",
    "plannedPublicReleaseAt": "when it plans to release it publicly; recorded, moves nothing",
    "maximumDays": "30 or fewer; can only be lowered",
    "findings": "in `findings`, salted: each finding with its interval; elsewhere the envelope digest",
    "count": "how many findings",
    "partner": "salted: name and sector",
    "partnerKey": "key id of the partner",
    "criteria": "the published criteria it was chosen by",
    "access": "envelope digest of the access",
    "window": "envelope digest of `window-opened`",
    "revoked": "envelope digests of the window and of every partner's access",
    "opensAt": "when access begins",
    "endsAt": "when access ends, whether or not anybody says so",
    "report": "salted: product, summary, how to build and run it, what is expected; as it was written",
    "reporters": "salted: finder credits verbatim, and through whose hands it came, the first first",
    "provenance": "salted: method, tool, whether a public model service was used, origin references, embargo terms, what is said to be a duplicate; verbatim",
    "hops": "how many links the chain of reporters has after this statement",
    "proofs": "SHA-256 of each proof in quarantine; in a judgement of those that the patch was tried on",
    "source": "SHA-256 of the source tree that was reported on",
    "hop": "salted: to whom, how to reach them, the identifier that it has there",
    "proof": "SHA-256 of the proof that was run, one of the report's",
    "newestSource": "SHA-256 of the newest source tree, or null",
    "verdict": "of a proof `reproduced`, `not_reproduced`, `environment_failed` or `inconclusive`; of a patch `accepted`, `refused` or `inconclusive`, as its checks come to",
    "newest": "the verdict on the newest source, or null",
    "validation.found": "salted: class and function of the crash, and the reason in words",
    "found": "envelope digest of the `duplicate-found` that no longer stands",
    "runs": "how often the proof was run",
    "crashes": "how many runs showed one and the same crash; `reproduced` takes all of them, and at least 3",
    "controls": "how many runs of benign inputs stood beside",
    "quietControls": "how many of these ended by themselves; `reproduced` takes at least one",
    "validation.evidence": "SHA-256 of everything that the engine told, in quarantine",
    "patch-judged.evidence": "SHA-256 of everything that the engine told, in quarantine",
    "engine": "what judged, with its version",
    "patch": "SHA-256 of the patch, in quarantine",
    "checks": "each check that was made, in order, with `passed`, `failed`, `noted` or `inconclusive`",
    "why": "salted: the reason in words",
    "kind": "`alias` (one flaw, transitive), `related` or `upstream` (never merge)",
    "link": "salted: the other case or a record elsewhere, and the reason",
    "duplicate-undone.reason": "salted: why it is taken back",
    "report-closed.outcome": "`fixed`, `not_reproduced`, `withdrawn` or `duplicate`",
    "basis": "envelope digest of what it rests on: an accepted patch or a validation whose newest source was no longer harmed, a validation, nothing, an alias",
}
"""Field, or predicate and field where one name has several meanings → what it means."""

SUBJECT: dict[str, str] = {
    "log-opened": "`log`, SHA-256 of the origin",
    "bank-commitment": "NAME`@`VERSION, the seed's `sha256`",
    "threshold-commitment": "`bank`, the field `bank`",
    "determination-notice": "`threshold`, the field `threshold`",
    "opening": "`bank-commitment` or `threshold-commitment`, the field `of`",
    "bank-retirement": "`bank-commitment`, the field `bank`",
    "key-changed": "`key`, the field `old`",
}
"""Clear statement → name and digest of its subject (``rules.entries``)."""

RECORDED = (
    "And maybe `recordedBy` (text): who of the house's staff recorded it for its maker. Without it, "
    "its maker did."
)
_MADE = "when it was made, as its maker claims; never before the statement it follows"


def pages() -> dict[str, str]:
    """Name → page, for every predicate."""
    entries, opened = _examples()
    return {name: _page(name, entries[name], opened) for name in SHAPES}


def _page(name: str, example: Entry, opened: dict[str, Any]) -> str:
    kind = "clear: the leaf is the envelope" if name in CLEAR else "sealed: the leaf is a digest"
    lines = [
        f"# {name}",
        "",
        "```json",
        json.dumps(_short(dict(example.predicate)), indent=2, ensure_ascii=False),
        "```",
        "",
        "Digests are cut in this example; they have 64 digits.",
        "",
        PURPOSE[name],
        "",
        f"- predicate type `{predicate_type(name)}`",
        f"- {kind}",
        f"- signed by: {' and '.join(SIGNERS[name])}"
        + (" (k of n, by the trust policy)" if SIGNERS[name] == ("body",) else "")
        + ("; a rotation by the old key alone" if name == "key-changed" else ""),
        f"- subject: {SUBJECT.get(name, '`case`, the identifier of the case')}",
        "- when it may be made, and what it must cite: [registration](../registration.md)",
        "",
        "Exactly these fields, none left out"
        + (":" if set(SHAPES[name].more) <= {"recordedBy"} else " but those that maybe are there:"),
        "",
        "| field | kind | means |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{field}` | {kind_of(inner)} | {meaning(name, field)} |"
        for field, inner in SHAPES[name].fields.items()
    ]
    lines += [
        f"| `{field}`, maybe | {kind_of(inner)} | {meaning(name, field)} |"
        for field, inner in SHAPES[name].more.items()
        if field != "recordedBy"
    ]
    if name not in CLEAR:
        lines += ["", RECORDED]
    for field in (field for statement, field in VALUES if statement == name):
        committed = example.predicate[field]
        value = opened[committed.get("salted") or committed["sha256"]]
        how = "commitment" if "sha256" in committed else "salted-field"
        shown = json.dumps(_short(value), indent=2, ensure_ascii=False)
        lines += ["", f"`{field}` hides (see ../{how}.md; lists are cut to three here):", ""]
        lines += ["```json", shown, "```", "", f"Its kind: {_hidden_kind(name, field)}."]
    return "\n".join(lines) + "\n"


def meaning(name: str, field: str) -> str:
    """What a field of a predicate means; raises KeyError if nobody has said."""
    for key in (f"{name}.{field}", field):
        if key in MEANINGS:
            return MEANINGS[key]
    if field.endswith("At"):
        return _MADE
    raise KeyError(field)


def _hidden_kind(name: str, field: str) -> str:
    """What may stand behind a salted field or a commitment."""
    if (name, field) == ("plan", "plan"):
        return (
            "a plan of [determination](../determination.md#plan), or for findings an object of "
            "`items` (list of 1 to 10,000: object of `id`, `family`, `level`, `index`), `batchSize` "
            "(integer from 1)"
        )
    return kind_of(VALUES[name, field])


SIMPLE: dict[kinds.Kind, str] = {
    kinds.text: "text",
    kinds.verbatim: "verbatim text",
    kinds.digest: "64 hexadecimal digits",
    kinds.signature: "128 hexadecimal digits",
    kinds.anything: "object",
    kinds.time: "time",
}


def kind_of(kind: kinds.Kind) -> str:
    """A kind in a few words of the page; raises KeyError for one that nobody has named."""
    if kind == kinds.salted:
        return "[salted field](../salted-field.md)"
    if kind == kinds.commitment:
        return "[double commitment](../commitment.md)"
    if isinstance(kind, kinds.Shape):
        inner = ", ".join(f"`{name}` ({kind_of(each)})" for name, each in kind.fields.items())
        more = ", ".join(f"`{name}` ({kind_of(each)})" for name, each in kind.more.items())
        return f"object of {inner}" + (f", and maybe {more}" if more else "")
    if kind in SIMPLE:
        return SIMPLE[kind]
    closed = inspect.getclosurevars(kind).nonlocals
    words: dict[str, Callable[[], str]] = {
        "integer": lambda: _integers(closed["low"], closed["high"]),
        "word": lambda: " / ".join(f"`{choice}`" for choice in closed["choices"]),
        "optional": lambda: f"{kind_of(closed['inner'])}, or null",
        "each": lambda: (
            f"list of {closed['least']} to {closed['most']:,}: {kind_of(closed['inner'])}"
        ),
        "table": lambda: f"object, free names: {kind_of(closed['inner'])}",
        "by_dimension": lambda: _by_dimension(closed["inner"], closed["many"]),
    }
    return words[kind.__qualname__.partition(".")[0]]()


def _by_dimension(inner: kinds.Kind, many: kinds.Shape) -> str:
    several = inspect.getclosurevars(many.fields["dimensions"]).nonlocals["inner"]
    each = "that by name" if several is inner else f"name → {kind_of(several)}"
    return f"{kind_of(inner)}; of several dimensions an object of `dimensions`: {each}"


def _integers(low: int, high: int) -> str:
    ends = [
        f"from {low:,}" if low > -kinds.SAFE else "",
        f"to {high:,}" if high < kinds.SAFE else "",
    ]
    return " ".join(["integer", *filter(None, ends)])


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_short(inner) for inner in value][:3]
    if isinstance(value, str) and len(value) == 64 and value.isalnum():
        return f"{value[:8]}…"
    return value


def _examples() -> tuple[dict[str, Entry], dict[str, Any]]:
    """One entry of every predicate, from a rehearsed review and a withdrawal; what opens them."""
    found: dict[str, Entry] = {}
    opened: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, rehearsal.opened(Path(folder) / "home") as played:
        held.play(played, "c0" * 32, until="findings_received")
        case = retested.play(played, "c0" * 32)
        clear = [played.desk.clear(index) for index in range(3)]
        found.update({kept.entry.name: kept.entry for kept in clear})
        for kept in (*clear, *played.desk.statements(case.id)):
            opened.update({bundles.opened(o): o.value for o in kept.openings})
        for entry in case.entries:
            found.setdefault(entry.name, entry)
        (_, found["findings"]) = case.all("findings")
        notice = case.need("determination").predicate["notice"]
        found["determination-notice"] = played.desk.cited([notice])[0].entry
        left = played.play("c1" * 32, until="assessor_to_plan")
        draft = withdraw.draft(left, at=played.desk.clock())
        register(played.home, moves.Made(draft, ("developer",)), played.told.append)
        found["withdrawal"] = played.desk.case("c1" * 32).need("withdrawal")
        found.update(_report_examples(played.desk, played.home.keys["registrar"], opened))
        found.update(_clear_examples(played))
    return found, opened


def _report_examples(desk: Any, key: Any, opened: dict[str, Any]) -> dict[str, Entry]:
    """A reported vulnerability with a link taken back; what opens it goes into ``opened``."""
    case_id = reported.taken(desk, key)
    for step in reported.STEPS:
        reported.register(desk, key, step(desk, desk.case(case_id)))
    for kept in desk.statements(case_id):
        opened.update({bundles.opened(o): o.value for o in kept.openings})
    return {entry.name: entry for entry in reversed(desk.case(case_id).entries)}


def _clear_examples(played: Any) -> dict[str, Entry]:
    """An opening and a change of a key, registered where nothing is left to be disturbed."""
    desk, keys = played.desk, played.home.keys
    bodies = [keys["body-1"], keys["body-2"]]
    drafted = retire_bank.draft(played.bank, reason="Version 2 takes its place.", at=desk.clock())
    retirement = desk.register(drafted.signed(*bodies))
    drafted = open_commitment.draft(played.bank, at=desk.clock())
    opening = desk.register(drafted.signed(*bodies))
    old, new = keys["partner"], SigningKey.generate()
    drafted = change_key.draft(
        role="partner",
        old=old.keyid,
        reason="rotated",
        new=new.public.hex(),
        possessed=change_key.prove(new, origin=desk.policy.log.name, old=old.keyid),
        at=desk.clock(),
    )
    return {
        "bank-retirement": retirement,
        "opening": opening,
        "key-changed": desk.register(drafted.signed(old)),
    }


if __name__ == "__main__":
    target = ROOT / "spec" / "predicates"
    target.mkdir(exist_ok=True)
    for page_name, text in pages().items():
        if sys.argv[1:] and page_name not in sys.argv[1:]:
            continue
        (target / f"{page_name}.md").write_text(text)
