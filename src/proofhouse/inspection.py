# SPDX-License-Identifier: Apache-2.0
"""The inspector's audit: every sealed leaf of a log opened from the vault, every case folded anew.

    found = inspect(desk, now="2026-11-21T12:00:00Z")
    found.status     "verified" | "failed"
    found.checks     a line a thing, for a person

What the public's audit (``audit``) can't see, numbered in the code:
 1. every sealed leaf is accounted for: opened, or erased by the vault's own mark
 2. each case is one chain that the rules allow, from its first statement   (rules.registration)
 3. no run was discarded: each that started has ended, is under way, or was withdrawn from
 4. each window has at most 30 days, and is closed once it has ended (R3)
 5. findings reached the developer before partners had access, and terms were kept (R4, R8)
 6. every submission under a bank version met the same threshold (R16)
 7. every public notice is of one determination, and the other way round
 8. every determination, made again from what the vault opens, is the one that was stated; runs,
    openings, figures and verdicts are held as ``verify`` holds them               (rules.holding)

2 and 5 are the very fold that the desk applied when it registered; a home that was edited fails it.
Holds the cases one after the other; what is kept of the log is 100 bytes a sealed leaf.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from proofhouse.desk.desk import Desk, Kept
from proofhouse.errors import ErasedError, ProofhouseError, VerificationError
from proofhouse.formats.bundle import Opening, opened
from proofhouse.formats.leaf import SealedLeaf, parse_leaf, seal
from proofhouse.rules.audience import NEVER
from proofhouse.rules.checks import Check, Result
from proofhouse.rules.holding import hidden_fields, hold, hold_openings
from proofhouse.rules.registration import Case, Entry, Record, window_of
from proofhouse.rules.routing import register

SHORTEST = 6
"""Statements of the shortest case that has a determination: inquiry, submission, plan, run started,
run ended, determination."""

MAX_TOLD = 20
"""How many leaves or cases are named in one sentence."""


@dataclass(frozen=True)
class Inspection:
    """What an inspection found; ``counts`` are for programs. Only ``verified`` is success."""

    status: Literal["verified", "failed"]
    checks: tuple[Check, ...]
    counts: Mapping[str, int]


@dataclass
class _Inspector:
    desk: Desk
    now: str
    checks: list[Check] = field(default_factory=list)
    where: dict[str, int] = field(default_factory=dict)
    clear: dict[str, Entry] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    erased: int = 0
    openings: list[Opening] = field(default_factory=list)
    hidden: int = 0
    lost: list[int] = field(default_factory=list)
    replayed: int = 0

    def say(self, name: str, result: Result, sentence: str) -> None:
        self.checks.append(Check(name, result, sentence))


def inspect(desk: Desk, *, now: str) -> Inspection:
    """Open and check everything. Never raises on a bad home; StorageError if it can't be read."""
    state = _Inspector(desk, now)
    _read_leaves(state)
    record = Record(MappingProxyType(state.clear), desk.policy.body_threshold)
    total = len(state.where)
    for case_id in desk.cases():
        _case(state, case_id, record)
    _accounted(state, total)  # 1
    _chains(state)
    _runs(state)  # 3
    _windows(state)  # 4
    _order(state)  # 5
    _thresholds(state, record)  # 6
    _notices(state)  # 7
    _determinations(state)  # 8
    if state.hidden:
        state.say(
            "openings",
            "not_checked",
            f"Hidden fields of these cases that nothing here opens: {state.hidden}. What depends "
            "on them was not looked at.",
        )
    failed = any(check.result == "failed" for check in state.checks)
    counts = {
        "cases": len(state.cases),
        "sealed": total,
        "erased": state.erased,
        "runs": sum(len(case.all("run-started")) for case in state.cases),
        "replayed": state.replayed,
    }
    return Inspection("failed" if failed else "verified", tuple(state.checks), counts)


def _read_leaves(state: _Inspector) -> None:
    for index, data in enumerate(state.desk.log.leaves()):
        try:
            leaf = parse_leaf(data)
            if isinstance(leaf, SealedLeaf):
                state.where[leaf.sealed] = index
                continue
            kept = state.desk.clear(index)
        except ProofhouseError as error:
            state.say("clear", "failed", f"Leaf {index}: {error}")
            continue
        state.clear[kept.entry.digest] = kept.entry
        state.values |= _values(kept)
        state.openings += kept.openings


def _values(kept: Kept) -> dict[str, Any]:
    return {opened(opening): opening.value for opening in kept.openings}


def _case(state: _Inspector, case_id: str, record: Record) -> None:  # 2
    """Fold one case, and take its leaves off the list of those that are not accounted for."""
    case, values = Case(case_id), dict(state.values)
    kept_here: list[Kept] = []
    try:
        for kept in state.desk.statements(case_id):
            assert kept.salt is not None
            state.where.pop(seal(kept.envelope.to_bytes(), kept.salt), None)
            case = register(case, kept.entry, record)
            values |= _values(kept)
            kept_here.append(kept)
        for body in state.desk.vault.bodies(case_id):
            if body.sealed in state.where:
                raise VerificationError(
                    f"Leaf {state.where.pop(body.sealed)} is of this case and not in its chain."
                )
        _held(state, case, kept_here)
        replayed = hold(case, record, values)
        state.replayed += replayed is not None and not replayed.sealed
    except ErasedError:
        return
    except ProofhouseError as error:
        state.say("cases", "failed", f"Case {case_id[:16]}…: {error}")
    state.cases.append(case)


def _held(state: _Inspector, case: Case, kept: Sequence[Kept]) -> None:  # 2
    """Each opening of the case opens what a statement hides, and has the shape that it must."""
    cited = {
        e.predicate.get(name) for e in case.entries for name in ("bank", "threshold", "notice")
    }
    entries = (*case.entries, *(e for e in state.clear.values() if e.digest in cited))
    hidden = {
        committed.get("salted") or committed["sha256"]
        for entry in entries
        for _, committed in hidden_fields(entry)
    }
    openings = {opened(o): o for o in (*state.openings, *(o for k in kept for o in k.openings))}
    sealed = hold_openings(entries, [o for digest, o in openings.items() if digest in hidden])
    state.hidden += sum((statement, name) not in NEVER for statement, name, _ in sealed.values())


def _accounted(state: _Inspector, total: int) -> None:  # 1
    for sealed, index in state.where.items():
        if state.desk.vault.is_erased(sealed):
            state.erased += 1
        else:
            state.lost.append(index)
    if state.lost:
        some = ", ".join(map(str, state.lost[:MAX_TOLD]))
        more = f" and {len(state.lost) - MAX_TOLD} more" if len(state.lost) > MAX_TOLD else ""
        state.say(
            "accounted",
            "failed",
            f"Nothing in the vault opens the sealed leaves {some}{more}, and they were not erased "
            "here.",
        )
        return
    state.say(
        "accounted",
        "held",
        f"All {total:,} sealed leaves are accounted for: {total - state.erased:,} opened, "
        f"{state.erased:,} erased.",
    )


def _chains(state: _Inspector) -> None:
    if not any(check.name == "cases" for check in state.checks):
        state.say(
            "cases",
            "held",
            f"Cases: {len(state.cases)}, each one chain that the rules allow, its terms kept.",
        )


def _runs(state: _Inspector) -> None:  # 3
    started = ended = under_way = 0
    for case in state.cases:
        closed = {run.predicate["run"] for run in case.all("run-ended")}
        runs = case.all("run-started")
        started, ended = started + len(runs), ended + len(closed)
        for run in runs:
            if run.digest in closed:
                continue
            under_way += 1
            if any(later.index > run.index for later in runs):
                state.say(
                    "runs",
                    "failed",
                    f"Case {case.id[:16]}…: the run at leaf {run.index} never ended, and another "
                    "was started after it.",
                )
    if not any(check.name == "runs" for check in state.checks):
        state.say(
            "runs",
            "held",
            f"Runs started: {started}; ended in a statement: {ended}; under way or withdrawn from: "
            f"{under_way}. None was discarded.",
        )


def _windows(state: _Inspector) -> None:  # 4
    windows = late = 0
    for case in state.cases:
        for opening in case.all("window-opened"):
            windows += 1
            ends = window_of(opening).ends_at
            closed = {e.predicate["window"] for e in case.all("window-closed")}
            if opening.digest not in closed and ends <= state.now:
                late += 1
                state.say(
                    "windows",
                    "overdue",
                    f"Case {case.id[:16]}…: access ended at {ends}, and no statement closes the "
                    "window yet.",
                )
    state.say(
        "windows",
        "held",
        f"Access windows: {windows}, none longer than 30 days; closed or still open: "
        f"{windows - late}.",
    )


def _order(state: _Inspector) -> None:  # 5
    given = 0
    for case in state.cases:
        receipts = case.all("findings-received")
        for access in case.all("partner-access"):
            given += 1
            if not receipts or receipts[0].index > access.index:
                state.say(
                    "findings first",
                    "failed",
                    f"Case {case.id[:16]}…: a partner had access (leaf {access.index}) before the "
                    "developer received the findings.",
                )
    if not any(check.name == "findings first" for check in state.checks):
        state.say(
            "findings first",
            "held",
            f"Partners given access: {given}, each after the developer had received the findings.",
        )


def _thresholds(state: _Inspector, record: Record) -> None:  # 6
    met: dict[str, Counter[str]] = {}
    for case in state.cases:
        for submission in case.all("submission"):
            cited = submission.predicate
            met.setdefault(cited["bank"], Counter())[cited["threshold"]] += 1
    for digest, thresholds in met.items():
        bank = record.get(digest, "bank-commitment")
        version = f"leaf {bank.index}" if bank else digest[:16]
        if len(thresholds) > 1:
            state.say(
                "same threshold",
                "failed",
                f"Submissions under one bank version ({version}) were measured by "
                f"{len(thresholds)} thresholds.",
            )
    if not any(check.name == "same threshold" for check in state.checks):
        submissions = sum(sum(counts.values()) for counts in met.values())
        state.say(
            "same threshold",
            "held",
            f"Submissions: {submissions}, under {len(met)} bank versions; all under one version "
            "met the same threshold.",
        )


def _notices(state: _Inspector) -> None:  # 7
    cited = Counter(
        determination.predicate["notice"]
        for case in state.cases
        for determination in case.all("determination")
    )
    notices = [e for e in state.clear.values() if e.name == "determination-notice"]
    twice = [e.index for e in notices if cited[e.digest] > 1]
    alone = [e.index for e in notices if cited[e.digest] == 0]
    if twice:
        state.say("notices", "failed", f"The notice at leaf {twice[0]} is of two determinations.")
    elif alone and len(alone) > state.erased // SHORTEST:
        state.say(
            "notices",
            "failed",
            f"The notice at leaf {alone[-1]} is of no determination in any case: {len(alone)} "
            f"notices belong to no case that can be opened, and the {state.erased:,} erased leaves "
            f"hold at most {state.erased // SHORTEST} determinations.",
        )
    elif alone:
        state.say(
            "notices",
            "not_checked",
            f"Determination notices: {len(notices)}; {len(alone)} belong to no case that can be "
            f"opened, and were not looked at: cases that were erased ({state.erased:,} leaves) "
            "would explain them.",
        )
    else:
        state.say(
            "notices",
            "held",
            f"Determination notices: {len(notices)}, each of one determination.",
        )


def _determinations(state: _Inspector) -> None:  # 8
    stated = sum(len(case.all("determination")) for case in state.cases)
    if any(check.name == "cases" and check.result == "failed" for check in state.checks):
        return
    if state.replayed == stated:
        state.say(
            "determinations",
            "held",
            f"Determinations: {stated}, each made again from plan, threshold and outcomes, the "
            "same.",
        )
    else:
        state.say(
            "determinations",
            "not_checked",
            f"Of {stated} determinations {stated - state.replayed} could not be made again: plan, "
            "outcomes or threshold is not opened here.",
        )
