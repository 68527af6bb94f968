# SPDX-License-Identifier: Apache-2.0
"""What may be registered of a reported vulnerability, and where it stands: a fold (R9, R20–R22).

    case = register_report(case, entry)      RefusedError, or the case after the statement

Steps 1 to 4 are those of ``registration``: fields, chain, signers, time. Then
 5. the table of the report has the event                          (rules.report)
 6. what it cites is what stands in the chain, and a verdict agrees with its own figures

Each verdict binds to the proof, the source and the patch that it was given on, by digest. The chain
of reporters grows by one with each relay and has no other way to change (R21).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from proofhouse.errors import VerificationError
from proofhouse.rules.registration import Case, check_chain, check_roles, check_shape, check_time
from proofhouse.rules.report import REPORT, START
from proofhouse.rules.statements import Entry, refused
from proofhouse.rules.tables import step

RUNS = 3
"""How many runs must agree before a report is believed."""

NEEDED_CHECKS = ("applies", "builds", "proof-gone")
"""Without these nothing accepts a patch."""


def register_report(case: Case, entry: Entry) -> Case:
    """The case after ``entry``. Raises RefusedError or FormatError, and changes nothing."""
    if not case.entries:
        case = replace(case, state=START)
    check_shape(entry)  # 1
    check_chain(case, entry)  # 2
    check_roles(entry, 1)  # 3
    check_time(case, entry)  # 4
    state = step(REPORT, case.state, event_of(case, entry), rule="R9, R21")  # 5
    if entry.name in CHECKS:
        CHECKS[entry.name](case, entry)  # 6
    return replace(case, state=state, entries=(*case.entries, entry))


def event_of(case: Case, entry: Entry) -> str:
    """The event of the table that a statement is, for ``case`` as it stands before it."""
    if entry.name == "validation":
        return _validated(case, entry.predicate)
    if entry.name == "patch-judged":
        return _judged(case, entry.predicate)
    if entry.name == "duplicate-found":
        return f"{entry.predicate['kind']}_found"
    if entry.name == "duplicate-undone":
        closed = case.last("report-closed")
        reopens = closed is not None and _reopens(case, entry)
        return f"reopened_{_state_before(case, closed)}" if closed and reopens else "link_undone"
    if entry.name == "report-closed":
        return f"closed_{entry.predicate['outcome']}"
    return entry.name.replace("-", "_")


def _validated(case: Case, stated: Mapping[str, Any]) -> str:
    verdict: str = stated["verdict"]
    if case.state == "report_fixed" and stated["newest"] == "reproduced":
        return "newest_still_harmed"
    if verdict not in ("reproduced", "not_reproduced"):
        return "undecided"
    others = reproduced_proofs(case.entries) - {stated["proof"]}
    return "one_proof_less" if verdict == "not_reproduced" and others else verdict


def _judged(case: Case, stated: Mapping[str, Any]) -> str:
    if stated["verdict"] == "refused" and set(accepted_patches(case)) == {stated["patch"]}:
        return "accepted_patch_refused"
    words = {"accepted": "patch_accepted", "refused": "patch_refused"}
    return words.get(stated["verdict"], "patch_undecided")


def _reopens(case: Case, entry: Entry) -> bool:
    """Whether a link is taken back that the case is closed on."""
    closed = case.last("report-closed")
    at_rest = case.state == "report_duplicate" and closed is not None
    return at_rest and entry.predicate["found"] == case.need("report-closed").predicate["basis"]


def standing_links(case: Case) -> tuple[Entry, ...]:
    """The links of ``case`` that were found and not taken back, oldest first."""
    undone = {entry.predicate["found"] for entry in case.all("duplicate-undone")}
    return tuple(e for e in case.all("duplicate-found") if e.digest not in undone)


def accepted_patches(case: Case) -> Mapping[str, Entry]:
    """Patch digest → the judgement that accepted it, if no later one refused the patch.

    Judgements from before the flaw was put in doubt, when no proof reproduced any more, don't
    count.
    """
    found: dict[str, Entry] = {}
    for position, entry in enumerate(case.entries, 1):
        if entry.name == "validation" and not reproduced_proofs(case.entries[:position]):
            found.clear()
        if entry.name == "patch-judged" and entry.predicate["verdict"] == "accepted":
            found[entry.predicate["patch"]] = entry
        elif entry.name == "patch-judged" and entry.predicate["verdict"] == "refused":
            found.pop(entry.predicate["patch"], None)
    return found


def reproduced_proofs(entries: Sequence[Entry]) -> frozenset[str]:
    """The proofs whose newest decided verdict is *reproduced*."""
    verdicts = {
        entry.predicate["proof"]: entry.predicate["verdict"]
        for entry in entries
        if entry.name == "validation"
        and entry.predicate["verdict"] in ("reproduced", "not_reproduced")
    }
    return frozenset(proof for proof, verdict in verdicts.items() if verdict == "reproduced")


def check_opened(case: Case, opened: Mapping[str, Any]) -> None:
    """Return None if what is opened of ``case`` is what its statements say of it.

    Raises VerificationError.
    """
    report = case.need("report")
    reporters = opened.get(report.predicate["reporters"]["salted"])
    if reporters is not None and len(reporters["chain"]) != report.predicate["hops"]:
        raise VerificationError("The report states another number of reporters than it names.")
    for link in case.all("duplicate-found"):
        value = opened.get(link.predicate["link"]["salted"])
        if value is not None and (value["case"] is None) == (value["record"] is None):
            raise VerificationError("A link names two other reports, or none.")
    told = opened.get(report.predicate["report"]["salted"])
    for validation in case.all("validation"):
        found = opened.get(validation.predicate["found"]["salted"])
        if found is not None:
            _check_found(validation.predicate, found, told)


def tells_of(told: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a report tells of a crash: what it leaves open, any class and function are."""
    wanted = told["expectClass"], told["expectFunction"]
    seen = found["class"], found["function"]
    return all(want in (None, got) for want, got in zip(wanted, seen, strict=True))


def _check_found(
    stated: Mapping[str, Any], found: Mapping[str, Any], told: Mapping[str, Any] | None
) -> None:
    """What was found, once opened, leaves room for a verdict that crashes speak against.

    ``told`` is the opened report, or None. Raises VerificationError.
    """
    if stated["crashes"] < max(stated["runs"], RUNS):
        return
    if stated["verdict"] == "not_reproduced" and told is not None and tells_of(told, found):
        raise VerificationError(
            "A validation says “not reproduced”, and each of its runs shows what the report "
            "tells of."
        )
    # Only an exit status is no proof while every control stays quiet: they may end with it too.
    quiet = stated["quietControls"] == stated["controls"] > 0
    by_status = (found["class"] or "").startswith("exit-")
    if stated["verdict"] == "inconclusive" and quiet and not by_status:
        raise VerificationError(
            "A validation says “inconclusive”, and its runs agree while every control is quiet."
        )


def _state_before(case: Case, closed: Entry) -> str:
    """Where the case stood before ``closed``, a statement of it."""
    walked, before = Case(case.id, START), START
    for entry in case.entries:
        if entry.digest == closed.digest:
            break
        if entry.name == "duplicate-undone" and _reopens(walked, entry):
            state = before
        else:
            state = REPORT[walked.state][event_of(walked, entry)]
        before = walked.state if entry.name == "report-closed" else before
        walked = replace(walked, state=state, entries=(*walked.entries, entry))
    return walked.state


def _basis(closed: Entry) -> str | None:
    basis: str | None = closed.predicate["basis"]
    return basis


# ---------------------------------------------------------------------------------------- step 6


def _report(_case: Case, entry: Entry) -> None:
    if len(set(entry.predicate["proofs"])) != len(entry.predicate["proofs"]):
        raise refused(entry, "lists a proof twice", "R20")


def _relayed(case: Case, entry: Entry) -> None:
    before = _hops(case)
    if entry.predicate["hops"] != before + 1:
        raise refused(
            entry,
            f"says that the chain of reporters has {entry.predicate['hops']} links after it; "
            f"it has {before} before",
            "R21",
            "It grows by one with each relay, and nothing else changes it.",
        )


def _hops(case: Case) -> int:
    hops: int = (case.last("report-relayed") or case.need("report")).predicate["hops"]
    return hops


def _validation(case: Case, entry: Entry) -> None:
    stated, report = entry.predicate, case.need("report").predicate
    _of_the_report(entry, report, (stated["proof"],))
    if (stated["newest"] is None) != (stated["newestSource"] is None):
        raise refused(entry, "judges a newest source that it does not name, or the reverse", "R20")
    if stated["crashes"] > stated["runs"] or stated["quietControls"] > stated["controls"]:
        raise refused(entry, "counts more than it ran", "R20")
    if stated["newestSource"] == stated["source"]:
        raise refused(entry, "names the reported source as the newest one", "R20")
    if not _shown(stated):
        raise refused(
            entry,
            f"says “{stated['verdict'].replace('_', ' ')}” after {stated['crashes']} crashes in "
            f"{stated['runs']} runs and {stated['quietControls']} quiet controls",
            "R20",
            SHOWN[stated["verdict"]],
        )


def _shown(stated: Mapping[str, Any]) -> bool:
    """Whether the figures of a validation leave room for its verdict.

    Crashes in every run may go with *not reproduced*: each was another flaw than the report's.
    What was expected is sealed, so that is held when it is opened (``check_opened``).
    """
    runs, crashes, quiet = stated["runs"], stated["crashes"], stated["quietControls"]
    held = {
        "reproduced": crashes == runs >= RUNS and quiet == stated["controls"] > 0,
        "not_reproduced": runs >= RUNS and quiet > 0 and crashes in (0, runs),
        "environment_failed": crashes == 0 or quiet == 0,
        "inconclusive": runs > 0,
    }
    return bool(held[stated["verdict"]])


SHOWN = {
    "reproduced": f"It takes {RUNS} runs that agree, and controls that all stay quiet.",
    "not_reproduced": f"It takes {RUNS} runs, of which none shows the flaw, and a control that "
    "stays quiet.",
    "environment_failed": "Nothing may have crashed, or else every control did not stay quiet.",
    "inconclusive": "It takes a run: where none was made, the environment failed.",
}
"""What each verdict takes."""


def _patch_judged(case: Case, entry: Entry) -> None:
    stated, report = entry.predicate, case.need("report").predicate
    _of_the_report(entry, report, stated["proofs"])
    names = [check["name"] for check in stated["checks"]]
    # A check may fail, or stay undecided, on several inputs; it passes once.
    if stated["verdict"] == "accepted" and len(set(names)) != len(names):
        raise refused(entry, "accepts a patch and lists a check twice", "R20")
    follows = _follows(stated["checks"])
    if stated["verdict"] != follows:
        raise refused(
            entry, f"says “{stated['verdict']}”, and its checks come to “{follows}”", "R20"
        )
    left = reproduced_proofs(case.entries) - set(stated["proofs"])
    if stated["verdict"] == "accepted" and left:
        raise refused(
            entry,
            "accepts a patch that was not run against every proof that was reproduced",
            "R20",
            f"It lacks {min(left)[:16]}….",
        )


def _follows(checks: Sequence[Mapping[str, str]]) -> str:
    """The verdict that the results of the checks come to."""
    results = {check["result"] for check in checks}
    if "failed" in results:
        return "refused"
    passed = {check["name"] for check in checks if check["result"] == "passed"}
    missing = set(NEEDED_CHECKS) - passed
    return "inconclusive" if missing or "inconclusive" in results else "accepted"


def _of_the_report(entry: Entry, report: Mapping[str, Any], proofs: Any) -> None:
    if entry.predicate["source"] != report["source"]:
        raise refused(
            entry,
            "is about another source than the report's",
            "R20",
            "A report on another source is a report of its own; link the two.",
        )
    if not set(proofs) <= set(report["proofs"]) or len(set(proofs)) != len(proofs):
        raise refused(entry, "cites a proof that the report does not have, or one twice", "R20")


def _undone(case: Case, entry: Entry) -> None:
    if entry.predicate["found"] not in {link.digest for link in standing_links(case)}:
        raise refused(entry, "takes back a link that does not stand in this case", "chain")


def _closed(case: Case, entry: Entry) -> None:
    outcome, basis = entry.predicate["outcome"], _basis(entry)
    allowed: set[str | None] = {None}
    if outcome == "fixed":
        allowed = {judged.digest for judged in accepted_patches(case).values()}
        last = case.last("validation")
        if last is not None and last.predicate["newest"] == "not_reproduced":
            allowed.add(last.digest)
    elif outcome == "not_reproduced":
        allowed = {
            entry.digest
            for entry in case.all("validation")[-1:]
            if entry.predicate["verdict"] == "not_reproduced"
        }
    elif outcome == "duplicate":
        allowed = {e.digest for e in standing_links(case) if e.predicate["kind"] == "alias"}
    if basis not in allowed:
        raise refused(entry, f"rests on nothing that says “{outcome}”", "R22", BASES[outcome])


BASES = {
    "fixed": "It rests on a patch that was accepted, or on the newest validation, if the newest "
    "source was no longer harmed in it.",
    "not_reproduced": "It rests on the newest validation.",
    "withdrawn": "It rests on nothing; nobody who withdraws gives a reason.",
    "duplicate": "It rests on an alias that stands; related and upstream never merge.",
}
"""What an outcome must cite."""

CHECKS: dict[str, Callable[[Case, Entry], None]] = {
    "report": _report,
    "report-relayed": _relayed,
    "validation": _validation,
    "patch-judged": _patch_judged,
    "duplicate-undone": _undone,
    "report-closed": _closed,
}
