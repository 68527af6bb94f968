# SPDX-License-Identifier: Apache-2.0
"""The check of everything that was measured by a bank, by anybody, once it is opened (R5, R16).

    opened = open_bank(data, policy)                     the file that `bank open --publish` wrote
    report = recheck(opened, bundles, kept)              bundles of cases, answers by their SHA-256
    report.status       "verified" | "failed" | "unknown_signers"
    report.cases        what came of every item

Steps, numbered in the code:
 1. the file is one canonical opened bank, its checkpoint is the trusted log's, its statements are
    in that log, signed by parties of the policy, and the rules hold of them
 2. the opening opens what was committed to: SHA-256 and Pedersen point, both
 3. the generator: the code that is installed, with the sealed code in the file, is what was
    committed to; other code makes other items, so that is where it ends (PrerequisiteError)
 4. the toolchain: another compiler is said, and does not end it
 5. each bundle verifies, and its submission was measured by this bank
 6. the items of its plans are made again from the seed and the submission's leaf; each has the
    digest that was recorded, and was drawn by the selection that the seed gives
 7. each answer that was judged is judged again, and comes to the outcome that was stated

What can't be looked at is said, item by item: outcomes that were missing, answers that nobody
handed in, bundles that open no outcomes.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from proofhouse.bank.derivation import selection_seed
from proofhouse.bank.digests import generator_digest, toolchain_digest, with_sealed
from proofhouse.bank.families import Family
from proofhouse.bank.item import Item
from proofhouse.bank.twins import Place, derive_at
from proofhouse.desk import banks, measure
from proofhouse.errors import (
    InputError,
    PrerequisiteError,
    ProofhouseError,
    UnknownSignerError,
    VerificationError,
)
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import commitment
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.merkle import leaf_hash
from proofhouse.formats.opened_bank import OpenedBank
from proofhouse.formats.policy import Policy
from proofhouse.judges import grade, prove
from proofhouse.oracles.errors import UnprovenItemError
from proofhouse.rules.checks import Check, Result
from proofhouse.rules.entries import entry_of
from proofhouse.rules.keys import NAME as KEY_CHANGED
from proofhouse.rules.keys import Keys
from proofhouse.rules.registration import Case, Entry, Record
from proofhouse.rules.runs import Ran
from proofhouse.verify import verify

JUDGES = 2
"""How many answers are judged at once."""

Agreement = Literal["agrees", "differs", "not_judged"]
Kept = Callable[[str, Mapping[str, Any]], bytes | None]
"""Prompt of an item and what ``run-ended`` says of it → the answer that was judged, or None."""


@dataclass(frozen=True)
class Opened:
    """An opened bank that holds: its commitment, its seed, and the families that it consists of."""

    file: OpenedBank
    policy: Policy
    bank: Entry
    opening: commitment.Opening
    families: Mapping[str, Family]
    checks: tuple[Check, ...]

    @property
    def seed(self) -> bytes:
        """The 32 bytes that everything is made of."""
        return banks.seed_in(self.opening)


@dataclass(frozen=True)
class Judged:
    """One item of a run: what was stated, what came of judging it again, and why where nothing."""

    item: str
    stated: str
    again: str | None
    agreement: Agreement
    why: str = ""


@dataclass(frozen=True)
class CaseCheck:
    """What came of one bundle: how many items were made again, and each answer."""

    case: str
    items: int
    digests: int
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Recheck:
    """What was found. Only ``verified`` is success."""

    status: Literal["verified", "failed", "unknown_signers"]
    checks: tuple[Check, ...]
    cases: tuple[CaseCheck, ...] = ()


@dataclass
class _Walk:
    checks: list[Check] = field(default_factory=list)

    def say(self, name: str, result: Result, sentence: str) -> None:
        self.checks.append(Check(name, result, sentence))


# ------------------------------------------------------------------------------- the bank itself


def open_bank(data: bytes, policy: Policy) -> Opened:
    """Read the file of an opened bank and hold it, steps 1 to 4.

    Raises FormatError, VerificationError, UnknownSignerError or RefusedError for what does not
    hold, PrerequisiteError if the generator that it needs is another than is installed.
    """
    walk, file = _Walk(), OpenedBank.parse(data)
    said, _ = checkpoints.verify(file.checkpoint, policy.log)  # 1
    keys, record = Keys(policy), Record(bodies_needed=policy.body_threshold)
    for item in file.entries:
        item.verify_inclusion()
        entry = entry_of(item.envelope, item.proof.index, keys)
        record = record.with_clear(entry)  # 2: an opening that does not open is refused here
        if entry.name == KEY_CHANGED:
            keys = keys.changed(entry)
    (bank, stated) = _pair(record, file.bank)
    walk.say(
        "opening",
        "held",
        f"{file.bank} was committed to at leaf {bank.index} of {said.origin} and opened at leaf "
        f"{stated.index}, to the seed of its SHA-256 and of its Pedersen point.",
    )
    opening = commitment.Opening(
        stated.predicate["value"],
        bytes.fromhex(stated.predicate["salt"]),
        bytes.fromhex(stated.predicate["blinding"]),
    )
    families = _families(walk, file, bank, opening)  # 3
    _toolchain(walk, bank)  # 4
    return Opened(file, policy, bank, opening, families, tuple(walk.checks))


def _pair(record: Record, name: str) -> tuple[Entry, Entry]:
    """The one bank commitment of the file and its opening. Raises VerificationError."""
    found, openings = record.named("bank-commitment"), record.named("opening")
    if len(found) != 1 or len(openings) != 1 or openings[0].predicate["of"] != found[0].digest:
        raise VerificationError("The file does not hold one bank commitment and its opening.")
    bank = found[0].predicate
    if f"{bank['bank']}@{bank['version']}" != name:
        raise VerificationError(f"The file says that it is of {name[:80]}, and is of another bank.")
    return found[0], openings[0]


def _families(
    walk: _Walk, file: OpenedBank, bank: Entry, opening: commitment.Opening
) -> Mapping[str, Family]:
    assert isinstance(opening.value, dict)
    sealed: Any = opening.value.get("generators", {})
    wanted, here = bank.predicate["generatorDigest"], generator_digest()
    if with_sealed(here, sealed) != wanted:
        raise PrerequisiteError(
            f"{file.bank} was made by another generator than the one installed: it needs the "
            f"digest {wanted}, and this is {with_sealed(here, sealed)}.",
            hint=f"Check it with the program it was made by; the file was written by version "
            f"{file.program}.",
        )
    families = banks.families_of(bank.predicate["families"], opening, file.generators)
    code = f", and the sealed code of {', '.join(sealed)} is in the file" if sealed else ""
    walk.say("generator", "held", f"The generator installed here is the committed one{code}.")
    return families


def _toolchain(walk: _Walk, bank: Entry) -> None:
    if toolchain_digest(measure.compiler_version()) == bank.predicate["toolchainDigest"]:
        walk.say("toolchain", "held", "The compiler here is the committed one.")
        return
    walk.say(
        "toolchain",
        "not_checked",
        "The compiler here is another than the committed one: items are the same, and a program "
        "built from them may behave otherwise.",
    )


# --------------------------------------------------------------------------- what it measured


def recheck(
    opened: Opened, bundles: Sequence[tuple[str, bytes]], kept: Kept, *, tier: str = "bwrap"
) -> Recheck:
    """Check every case of ``bundles`` (name, bytes), steps 5 to 7.

    ``kept`` finds the answers that were judged. Never raises on a bad bundle; UnfitMachineError
    and PrerequisiteError if nothing can be judged here.
    """
    walk, cases = _Walk(list(opened.checks)), []
    status: Literal["verified", "failed", "unknown_signers"] = "verified"
    for name, data in bundles:
        try:
            cases.append(_check_case(walk, opened, name, data, kept, tier))
        except UnknownSignerError as error:
            walk.say("bundle", "failed", f"{name}: {error.message}")
            status = "unknown_signers" if status == "verified" else status
        except PrerequisiteError:
            raise
        except ProofhouseError as error:
            walk.say("bundle", "failed", f"{name}: {error.message}")
            status = "failed"
    if any(check.result == "failed" for check in walk.checks) and status == "verified":
        status = "failed"
    if not bundles:
        walk.say(
            "cases",
            "not_checked",
            "No bundle was given: nothing that was measured by this bank was looked at.",
        )
    return Recheck(status, tuple(walk.checks), tuple(cases))


def _check_case(
    walk: _Walk, opened: Opened, name: str, data: bytes, kept: Kept, tier: str
) -> CaseCheck:
    report = verify(data, opened.policy)  # 5
    if report.status != "verified" or report.case is None or report.record is None:
        kind = UnknownSignerError if report.status == "unknown_signers" else VerificationError
        raise kind(f"The bundle does not verify: {report.checks[-1].sentence}")
    case, bundle = report.case, Bundle.parse(data)
    submission = case.last("submission")
    if submission is None or submission.predicate["bank"] != opened.bank.digest:
        raise InputError(f"Nothing in it was measured by {opened.file.bank}.")
    leaf = next(e.leaf() for e in bundle.entries if e.proof.index == submission.index)
    runs = [Ran.of(case, run, report.opened) for run in case.all("run-ended")]
    again = _Again(opened, leaf_hash(leaf))
    _check_selection(walk, opened, case, report.opened)
    found = [_check_run(walk, again, ran) for ran in runs]  # 6
    judged = tuple(one for ran in runs for one in asyncio.run(_judge(again, ran, kept, tier)))  # 7
    _tell(walk, case, judged, [ran for ran in runs if ran.items is None])
    _tell_foreign(walk, again, case)
    return CaseCheck(case.id, sum(a for a, _ in found), sum(b for _, b in found), judged)


@dataclass
class _Again:
    """Makes the items of one submission again."""

    opened: Opened
    submission: bytes
    items: dict[str, Item] = field(default_factory=dict)

    def item(self, name: str) -> Item:
        """The item of that name. Raises VerificationError if it is none of the bank's."""
        if name not in self.items:
            family, level, index = name.rsplit("/", 2)
            place = Place(family, int(level), int(index))
            try:
                self.items[name] = derive_at(
                    self.opened.families, self.opened.seed, place, self.submission
                )
            except InputError as error:
                raise VerificationError(f"The item {name[:80]}: {error.message}") from None
        return self.items[name]


def _check_selection(
    walk: _Walk, opened: Opened, case: Case, values: Mapping[str, Any]
) -> None:  # 6
    """What the bank's seed and the submission chose is what the plan says it went by."""
    planned = next(iter(case.all("plan")), None)
    design = values.get(planned.predicate["design"]["salted"]) if planned else None
    stated = design["selection"]["seed"] if design else None
    if stated is None:
        return
    if stated != selection_seed(opened.seed, case.need("submission").digest).hex():
        raise VerificationError("Its plan went by another selection than the bank's seed gives.")
    walk.say("selection", "held", f"Case {case.id[:16]}…: nobody chose its items but the seed.")


def _check_run(walk: _Walk, again: _Again, ran: Ran) -> tuple[int, int]:  # 6
    """How many items of a run were made again, and of how many the recorded digest was compared."""
    listed = ran.plan["items"] if ran.plan is not None else ran.items or ()
    for one in listed:
        again.item(one["id"])
    recorded = [one for one in ran.items or () if one.get("itemDigest")]
    for one in recorded:
        if again.item(one["id"]).digest != one["itemDigest"]:
            walk.say(
                "items",
                "failed",
                f"The item {one['id']} that was put is not the one that seed and submission give.",
            )
    return len(listed), len(recorded)


async def _judge(again: _Again, ran: Ran, kept: Kept, tier: str) -> list[Judged]:  # 7
    gate = asyncio.Semaphore(JUDGES)

    async def one(stated: Mapping[str, Any]) -> Judged:
        async with gate:
            return await _judge_one(again.item(stated["id"]), stated, kept, tier)

    tasks = [asyncio.create_task(one(stated)) for stated in ran.items or ()]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _judge_one(item: Item, stated: Mapping[str, Any], kept: Kept, tier: str) -> Judged:
    # A held score is missing, and what the oracle said of it stands beside: that is judged again.
    outcome = str(stated.get("heldOutcome", stated["outcome"]))
    nothing = Judged(item.id, outcome, None, "not_judged")
    if outcome == "missing":
        return replace(nothing, why="the outcome is missing, which decides nothing")
    answer = kept(item.prompt, stated)
    if answer is None:
        known = stated.get("answer")
        why = "the answer was not handed in" if known else "no answer was recorded"
        return replace(nothing, why=why)
    try:
        judged = await grade(await prove(item, tier=tier), answer, tier=tier)
    except UnprovenItemError as error:
        return Judged(item.id, outcome, None, "differs", f"it is not proven: {error.message}")
    word = "solved" if judged.solved else "failed"
    steps = stated.get("steps")
    same = word == outcome
    if same and steps is not None and judged.steps is not None:
        same = (steps["reached"], steps["of"]) == (judged.steps.reached, judged.steps.of)
    return Judged(item.id, outcome, word, "agrees" if same else "differs", judged.reason)


def _tell(walk: _Walk, case: Case, judged: Sequence[Judged], closed: Sequence[Ran]) -> None:
    """What came of the answers of a case, in sentences."""
    start, counts = f"Case {case.id[:16]}…", Counter(one.agreement for one in judged)
    for one in judged:
        if one.agreement == "differs":
            walk.say(
                "scores",
                "failed",
                f"{start}: {one.item} was stated as {one.stated}; judged again: "
                f"{one.again or 'nothing'}. {one.why}",
            )
    if counts["agrees"]:
        walk.say(
            "scores",
            "held",
            f"{start}: {counts['agrees']} answers judged again, each to the outcome that was "
            "stated.",
        )
    reasons = Counter(one.why for one in judged if one.agreement == "not_judged")
    for why, count in sorted(reasons.items()):
        items = "item was" if count == 1 else "items were"
        walk.say("scores", "not_checked", f"{start}: {count} {items} not judged again: {why}.")
    for ran in closed:
        walk.say(
            "scores",
            "not_checked",
            f"{start}: the bundle opens no outcomes of the run at leaf {ran.ended.index}: its "
            "answers were not judged again.",
        )
    if not judged and not closed:
        walk.say("scores", "not_checked", f"{start}: no run of it has ended.")


def _tell_foreign(walk: _Walk, again: _Again, case: Case) -> None:
    """Items of other people's tasks: their own scorer gave the score, where the model was."""
    foreign = sum(item.oracle.kind == "score" for item in again.items.values())
    if foreign:
        walk.say(
            "scores",
            "not_checked",
            f"Case {case.id[:16]}…: {foreign} items are of other people's tasks. What score their "
            "own scorers gave was compared with the table; whether they scored right was not.",
        )


# ------------------------------------------------------------------------------------- answers


def answer_in(record: bytes) -> tuple[str, bytes | None]:
    """Prompt and judged answer in the record of a sample (Inspect's EvalSample as JSON).

    The answer is None in records that do not tell it. Raises InputError if it is no record.
    """
    try:
        sample = json.loads(record)
        prompt, attached = sample["input"], sample.get("attachments") or {}
        prompt = attached.get(prompt.removeprefix("attachment://"), prompt)
        scores = (sample.get("scores") or {}).values()
        told = [(score.get("metadata") or {}).get("answerHex") for score in scores]
        found = next((text for text in told if isinstance(text, str)), None)
        if found is not None:
            found = attached.get(found.removeprefix("attachment://"), found)
        return str(prompt), None if found is None else bytes.fromhex(found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("This is no record of a sample.") from None
