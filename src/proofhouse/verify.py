# SPDX-License-Identifier: Apache-2.0
"""The outsider's check of a bundle: offline, against a trust policy that came from elsewhere.

    report = verify(bundle_bytes, policy)
    report.status     "verified" | "failed" | "unknown_signers"
    report.checks     in order, each with a plain sentence: held, failed, or not checked and why

Steps, numbered in the code; the first that fails ends the verification:
 1. bytes        the file equals its own canonical bytes
 2. log          the checkpoint is signed by the log that the policy names
 3. inclusion    every statement is in that log (RFC 6962 inclusion proofs)
 4. signatures   every statement is signed by a party that the policy names; a person's signature
                 beside it is their passkey's answer to this very statement
 5. rules        one unbroken chain; commitments before the submission; findings before partners;
                 the window's length; the same rules that the desk applied (rules.registration)
 6. openings     every opened value is what was committed to; an inspector's bundle opens all but
                 the bank's seed
 7. determination    replayed from plan, threshold and outcomes, where they are opened
 8. runs         every run that started has ended; what is opened of each is what was stated
 9. figures      counts and exact intervals of ability and findings, where they are opened
                 of findings tested again: new items, what was before and is now, the verdict
                 (7 to 9 are of an inquiry; of a reported vulnerability the verdicts are looked at)
10. what it can't show    custody, witnesses, times, what may have come later

Reaches formats and rules only: the standard library, ``cryptography`` and, for Pedersen
commitments, ``rbcl``. It opens no socket and reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from proofhouse.errors import ProofhouseError, UnknownSignerError, VerificationError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import predicates
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.bundle import opened as opens
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.envelope import by_parties, by_persons
from proofhouse.formats.policy import Policy
from proofhouse.rules.audience import NEVER
from proofhouse.rules.entries import entry_of
from proofhouse.rules.figures import not_made_again
from proofhouse.rules.holding import hold_figures, hold_openings, hold_runs
from proofhouse.rules.inquiry import finding
from proofhouse.rules.keys import NAME as KEY_CHANGED
from proofhouse.rules.keys import Keys
from proofhouse.rules.registration import Case, Entry, Record, window_of
from proofhouse.rules.replay import Replayed, replay
from proofhouse.rules.reporting import check_opened
from proofhouse.rules.routing import is_report, register
from proofhouse.said import say

Status = Literal["verified", "failed", "unknown_signers"]
Held = Literal["held", "failed", "not_checked"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its name, how it went, and a sentence for a person."""

    name: str
    result: Held
    sentence: str


@dataclass(frozen=True)
class Report:
    """What a verification found. Only ``verified`` is success."""

    status: Status
    checks: tuple[Check, ...]
    case: Case | None = None
    record: Record | None = None
    opened: Mapping[str, Any] = field(default_factory=dict)

    @property
    def conclusion(self) -> str:
        """The finding in one sentence, worth no more than ``status``."""
        if self.case is None:
            return say("Nothing can be said of this file.")
        if is_report(self.case):
            return say("The report stands at “%(state)s”.", state=self.case.state.replace("_", " "))
        replayed = any(c.name == "determination" and c.result == "held" for c in self.checks)
        stated = self.case.last("determination") is not None and not replayed
        tail = say(" (as its assessor states; not replayed here)") if stated else ""
        state = self.case.state.replace("_", " ")
        return say(
            "The case stands at “%(state)s”: %(case)s%(tail)s.",
            state=state,
            case=finding_of(self.case),
            tail=tail,
        )


def finding_of(case: Case) -> str:
    """What the case's determination found, whatever came after it; else “no finding”."""
    stated = case.last("determination")
    return str(stated.predicate["outcome"]) if stated else finding(case.state)


class _Walk:
    """Collects checks; knows nothing of what they are."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def held(self, name: str, sentence: str) -> None:
        self.checks.append(Check(name, "held", sentence))

    def skipped(self, name: str, sentence: str) -> None:
        self.checks.append(Check(name, "not_checked", sentence))

    def failed(self, name: str, error: ProofhouseError) -> Status:
        self.checks.append(Check(name, "failed", str(error)))
        return "unknown_signers" if isinstance(error, UnknownSignerError) else "failed"


def verify(data: bytes, policy: Policy) -> Report:
    """Check the bytes of a bundle against ``policy``. Never raises on a bad bundle."""
    walk = _Walk()
    steps: tuple[tuple[str, Callable[[_Walk, _State, Policy], None]], ...] = (
        ("log", _log),
        ("inclusion", _inclusion),
        ("signatures", _signatures),
        ("rules", _rules),
        ("openings", _openings),
        ("determination", _determination),
        ("runs", _runs),
        ("figures", _figures),
    )
    try:
        state = _State(Bundle.parse(data))  # 1
    except ProofhouseError as error:
        return Report(walk.failed("bytes", error), tuple(walk.checks))
    walk.held(
        "bytes", say("The file is one canonical bundle of %(data)s bytes.", data=f"{len(data):,}")
    )
    for name, step in steps:  # 2 to 9
        try:
            step(walk, state, policy)
        except ProofhouseError as error:
            return Report(walk.failed(name, error), tuple(walk.checks))
    _limits(walk, state)  # 10
    return Report("verified", tuple(walk.checks), state.case, state.record, state.opened)


@dataclass
class _State:
    bundle: Bundle
    checkpoint: Checkpoint | None = None
    witnesses: int = 0
    entries: tuple[Entry, ...] = ()
    case: Case = field(default_factory=lambda: Case(""))
    record: Record = field(default_factory=Record)

    @property
    def opened(self) -> dict[str, Any]:
        """What the bundle, and openings in it, show: SHA-256 of the hidden field → its value."""
        found = {opens(opening): opening.value for opening in self.bundle.openings}
        for entry in self.record.named("opening"):
            of = self.record.clear[entry.predicate["of"]]
            found[of.predicate[entry.predicate["field"]]["sha256"]] = entry.predicate["value"]
        return found


def _log(walk: _Walk, state: _State, policy: Policy) -> None:  # 2
    checkpoint, note = checkpoints.verify(state.bundle.checkpoint, policy.log)
    state.checkpoint = checkpoint
    seen = policy.seen_by(checkpoint, note)
    state.witnesses = len(policy.witnessed(seen))
    walk.held(
        "log",
        say(
            "The checkpoint of %(origin)s at %(size)s leaves is signed by the log that "
            "the policy names.",
            origin=checkpoint.origin,
            size=f"{checkpoint.size:,}",
        ),
    )
    if seen:
        walk.held(
            "witnesses",
            say(
                "Independent witnesses who saw the log in this order, and signed so: "
                "%(witnesses)s (%(seen)s).",
                witnesses=state.witnesses,
                seen=", ".join(sorted(seen)),
            ),
        )


def _inclusion(walk: _Walk, state: _State, _policy: Policy) -> None:  # 3
    for item in state.bundle.entries:
        item.verify_inclusion()
    walk.held(
        "inclusion",
        say("All %(entries)s statements are in that log.", entries=len(state.bundle.entries)),
    )


def _signatures(walk: _Walk, state: _State, policy: Policy) -> None:  # 4
    keys, entries = Keys(policy), []
    for item in state.bundle.entries:
        entry = entry_of(item.envelope, item.proof.index, keys)
        if entry.name == KEY_CHANGED:
            keys = keys.changed(entry)
        entries.append(entry)
    state.entries = tuple(entries)
    signatures = sum(len(by_parties(item.envelope)) for item in state.bundle.entries)
    walk.held(
        "signatures",
        say(
            "All %(signatures)s signatures hold and are by parties that the policy names.",
            signatures=signatures,
        ),
    )
    answered = [found for item in state.bundle.entries if (found := by_persons(item.envelope))]
    if answered:
        pages = sorted({one.origin for found in answered for one in found})
        walk.held(
            "persons",
            say(
                "%(answered)s also signed by a person's passkey, which answered to that very "
                "statement at %(pages)s. Whose passkey it is, says the house that registered "
                "it.",
                answered=_count(len(answered), "statement"),
                pages=", ".join(pages),
            ),
        )


def _rules(walk: _Walk, state: _State, policy: Policy) -> None:  # 5
    record = Record(bodies_needed=policy.body_threshold)
    case = Case(state.bundle.case)
    for entry, item in zip(state.entries, state.bundle.entries, strict=True):
        sealed = entry.name in predicates.SEALED
        if sealed != (item.salt is not None):
            raise VerificationError(
                say("The statement “%(name)s” is sealed in the wrong way.", name=entry.name)
            )
        if sealed:
            case = register(case, entry, record)
        else:
            record = record.with_clear(entry)
    _genesis(state, policy, record)
    _no_stray(case, record)
    state.case, state.record = case, record
    walk.held(
        "chain",
        say(
            "The %(entries)s statements of the case form one unbroken chain, each made "
            "by whoever may make it, in an order that the rules allow.",
            entries=len(case.entries),
        ),
    )
    submission = case.last("submission")
    if submission is not None:
        cited = [record.clear[submission.predicate[name]].index for name in ("bank", "threshold")]
        walk.held(
            "order: commitments first",
            say(
                "Bank (leaf %(bank)s) and threshold (leaf %(threshold)s) were committed "
                "before the submission (leaf %(index)s).",
                bank=cited[0],
                threshold=cited[1],
                index=submission.index,
            ),
        )
    opened = case.last("window-opened")
    if opened is not None:
        window = window_of(opened)
        walk.held(
            "window",
            say(
                "Access ends at %(ends_at)s, at most %(maximum_days)s days after it opens.",
                ends_at=opened.predicate["endsAt"],
                maximum_days=window.maximum_days,
            ),
        )
    accesses, receipts = case.all("partner-access"), case.all("findings-received")
    if accesses and receipts:
        walk.held(
            "order: findings first",
            say(
                "The developer received the findings (leaf %(index)s) before a partner had "
                "access (leaf %(access)s).",
                index=receipts[0].index,
                access=accesses[0].index,
            ),
        )


def _genesis(state: _State, policy: Policy, record: Record) -> None:
    """Leaf 0 says what the policy says of this log, and nothing in the bundle is older."""
    genesis = record.named("log-opened")
    if len(genesis) != 1 or genesis[0].index != 0:
        raise VerificationError("The bundle lacks the statement that opened the log, at leaf 0.")
    opened = genesis[0].predicate
    if state.checkpoint is None or opened["origin"] != state.checkpoint.origin:
        raise VerificationError("The log was opened under another origin than its checkpoint's.")
    if opened["verifierKey"] != str(policy.log):
        raise VerificationError("The log was opened under another key than the policy's.")
    if opened["custody"] != policy.custody:
        raise VerificationError(
            say(
                "The log was opened under %(custody)s custody, and the policy says that it "
                "is under %(wanted)s custody.",
                custody=opened["custody"],
                wanted=policy.custody,
            )
        )
    for entry in state.entries:
        if entry.made_at < opened["openedAt"]:
            raise VerificationError(
                say(
                    "The statement “%(name)s” says it was made at %(made_at)s, before the log "
                    "was opened (%(opened_at)s).",
                    name=entry.name,
                    made_at=entry.made_at,
                    opened_at=opened["openedAt"],
                )
            )


def _no_stray(case: Case, record: Record) -> None:
    """Every clear statement is cited by the case, the one threshold of the bank that it cites, what
    retired or opened one of them, or a change of keys.

    A notice without its determination would hide what was determined.
    """
    cited_here = {
        entry.predicate.get(name)
        for entry in case.entries
        for name in ("bank", "threshold", "notice")
    }
    for threshold in record.named("threshold-commitment"):
        if threshold.predicate["bank"] in cited_here:
            cited_here.add(threshold.digest)
    for entry in record.clear.values():
        if entry.name in ("log-opened", KEY_CHANGED):
            continue
        ended = {"opening": "of", "bank-retirement": "bank"}.get(entry.name, "")
        ends_cited = entry.predicate.get(ended) in cited_here if ended else False
        if entry.digest not in cited_here and not ends_cited:
            raise VerificationError(
                say(
                    "The bundle holds a “%(name)s” (leaf %(index)s) that nothing in its case "
                    "cites.",
                    name=entry.name,
                    index=entry.index,
                )
            )


def _openings(walk: _Walk, state: _State, _policy: Policy) -> None:  # 6
    hidden = hold_openings(state.entries, state.bundle.openings)
    if state.bundle.audience == "inspector":
        opened = state.opened
        for digest, (statement, name, _) in hidden.items():
            if (statement, name) not in NEVER and digest not in opened:
                raise VerificationError(
                    say(
                        "The %(name)s of “%(statement)s” is sealed: an inspector's bundle opens "
                        "everything but the bank's seed.",
                        name=name,
                        statement=statement,
                    )
                )
    walk.held(
        "openings",
        say(
            "%(openings)s opened, each to what was committed; %(hidden)s sealed.",
            openings=_count(len(state.bundle.openings), "hidden field"),
            hidden=_count(len(hidden), "field"),
        ),
    )


def _determination(walk: _Walk, state: _State, _policy: Policy) -> None:  # 7
    if is_report(state.case):
        return
    stated = state.case.last("determination")
    if stated is None:
        walk.skipped("determination", say("The case has no determination yet: no finding."))
        return
    replayed: Replayed = replay(state.case, state.record, state.opened)
    if replayed.sealed:
        walk.skipped(
            "determination",
            say(
                "The determination was not replayed: %(sealed)s not opened here.",
                sealed=", ".join(replayed.sealed),
            ),
        )
        return
    walk.held(
        "determination",
        say(
            "Replayed from plan, threshold and outcomes: %(outcome)s (%(reason)s) after "
            "%(items_used)s items, the same to the last digit.",
            outcome=stated.predicate["outcome"],
            reason=replayed.reason,
            items_used=replayed.items_used,
        ),
    )


def _runs(walk: _Walk, state: _State, _policy: Policy) -> None:  # 8
    if is_report(state.case):
        check_opened(state.case, state.opened)
        walk.skipped(
            "verdicts",
            say(
                "Each verdict agrees with the figures stated beside it. Whether a "
                "proof does what is said shows by running it; of proofs, patches and "
                "evidence the bundle holds digests."
            ),
        )
        return
    started, ended = state.case.all("run-started"), state.case.all("run-ended")
    if not started:
        walk.skipped("runs", say("No run has started in this case."))
        return
    ran = hold_runs(state.case, state.record, state.opened)
    failed = sum(run.predicate["ending"] == "failed" for run in ended)
    tail = (
        say(" %(failed)s failed and decided nothing.", failed=_count(failed, "run"))
        if failed
        else ""
    )
    tail += say(" One is under way.") if len(started) > len(ended) else ""
    walk.held(
        "runs",
        say(
            "%(started)s of this chain started, %(ended)s ended in a statement; none was "
            "dropped from it.",
            started=_count(len(started), "run"),
            ended=len(ended),
        )
        + tail,
    )
    unseen = sum(
        run.ended.predicate["ending"] == "failed" and (run.plan is None or run.items is None)
        for run in ran
    )
    if unseen:
        walk.skipped(
            "failed runs",
            say(
                "%(unseen)s that failed: plan or outcomes are sealed, so whether its test "
                "had ended before was not looked at.",
                unseen=_count(unseen, "run"),
            ),
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _figures(walk: _Walk, state: _State, _policy: Policy) -> None:  # 9
    if is_report(state.case):
        return
    ability, findings = hold_figures(state.case, state.record, state.opened)
    if ability is None and not findings:
        walk.skipped("figures", say("No figure about the model is opened here."))
        return
    walk.held(
        "figures",
        say(
            "The counts and exact intervals of what is opened of ability and "
            "findings were made again."
        ),
    )
    again = [one for each in findings for one in each.get("retests", ())]
    if again:
        told = ", ".join(f"{one['finding']} {one['verdict']}" for one in again)
        walk.held(
            "re-tests",
            say(
                "Findings tested again on new items, after their developer fixed them: "
                "%(told)s. Intervals and verdicts were made again.",
                told=told,
            ),
        )
    walk.skipped(
        "other figures",
        say(
            "Not made again here, for want of numerics: %(ability)s. Titles, severities "
            "and sentences are their assessor's.",
            ability=not_made_again(ability, findings),
        ),
    )


def _limits(walk: _Walk, state: _State) -> None:  # 10
    if state.record.named("log-opened")[0].predicate["custody"] == "single":
        walk.skipped(
            "custody",
            say("One home holds every key: this shows integrity, not independence."),
        )
    if state.witnesses == 0:
        walk.skipped("times", say("No witness signed the checkpoint: order proven, times claimed."))
    walk.skipped(
        "later",
        say(
            "A bundle proves one chain up to its last statement; whether more came "
            "later, other chains and runs stand between, or a key was changed that "
            "it does not tell of, only the whole log can show."
        ),
    )
    if is_report(state.case):
        return
    walk.skipped(
        "scale",
        say(
            "That items have the stated difficulty, and are the ones the seed "
            "gives, can be checked when the bank is opened."
        ),
    )
