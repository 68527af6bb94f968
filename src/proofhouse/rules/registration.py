# SPDX-License-Identifier: Apache-2.0
"""What may be registered, and what a case is: a fold over its statements.

    record = Record()                          the clear statements so far
    record = record.with_clear(entry)          a bank, a threshold, a determination notice …
    case = Case(id)
    case = register(case, entry, record)       raises RefusedError, or returns the case after it

The desk runs this before a statement enters the log, and ``proofhouse verify`` runs the very same
over a bundle: a statement that the rules refuse can be in neither.

Steps of ``register``, numbered in the code:
 1. the fields are those of the predicate                         (formats.predicates)
 2. it belongs to this case and follows its last statement        (one chain per case)
 3. it is signed in the roles that may make it, by the case's own parties
 4. its time is not before the statement that it follows
 5. the table of the case has the event                           (rules.review, R1, R2)
 6. what it cites is what stands in the chain and in the record   (R3, R4, R8, R13, R16)

Rules know no clock, key or store: an ``Entry`` arrives with its signatures already checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, get_args

from proofhouse.errors import RefusedError, VerificationError
from proofhouse.formats import commitment, predicates
from proofhouse.formats.digest import is_digest
from proofhouse.rules import terms
from proofhouse.rules.battery import MOST_DIMENSIONS, share_of_alpha
from proofhouse.rules.determination import FLOOR_OF_MINIMUM_ITEMS, StopReason, boundaries
from proofhouse.rules.inquiry import START
from proofhouse.rules.party import Party
from proofhouse.rules.report import MAKERS as REPORT_MAKERS
from proofhouse.rules.review import CASE
from proofhouse.rules.statements import Entry as Entry
from proofhouse.rules.statements import Signer as Signer
from proofhouse.rules.statements import refused
from proofhouse.rules.tables import step
from proofhouse.rules.window import Window
from proofhouse.said import say

SIGNERS: dict[str, tuple[str, ...]] = {
    "log-opened": ("registrar",),
    "bank-commitment": ("body",),
    "threshold-commitment": ("body",),
    "determination-notice": ("assessor",),
    "opening": ("body",),
    "bank-retirement": ("body",),
    "key-changed": ("body",),
    "inquiry": ("developer",),
    "submission": ("developer",),
    "plan": ("assessor",),
    "run-started": ("assessor",),
    "run-ended": ("assessor",),
    "scores-decided": ("assessor",),
    "determination": ("assessor",),
    "disclosure": ("assessor",),
    "review-requested": ("developer",),
    "terms-offered": ("assessor",),
    "terms-answered": ("developer",),
    "window-opened": ("developer",),
    "findings": ("assessor",),
    "findings-received": ("developer",),
    "findings-answered": ("developer",),
    "partner-access": ("developer", "assessor"),
    "partner-accepted": ("partner",),
    "window-closed": ("registrar",),
    "withdrawal": ("developer",),
    **REPORT_MAKERS,
}
"""Who makes a statement. Two roles: both sign the same envelope (R8). ``body``: k of n.

A key that is rotated, and neither revoked nor lost, is changed by its own holder: ``makers``.
"""


def makers(entry: Entry) -> tuple[str, ...]:
    """The roles that must sign ``entry``, and beside which no other may."""
    if entry.name == "key-changed" and entry.predicate["reason"] == "rotated":
        return (entry.predicate["role"],)
    return SIGNERS[entry.name]


@dataclass(frozen=True)
class Record:
    """The clear statements of a log, by envelope digest, as far as they have been read.

    ``bodies_needed`` is k of the k-of-n that own banks and thresholds (trust policy).
    """

    clear: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    bodies_needed: int = 1

    def with_clear(self, entry: Entry) -> Record:
        """This record and ``entry``. Raises RefusedError or FormatError."""
        check_shape(entry)
        if entry.name not in predicates.CLEAR:
            raise refused(entry, "belongs to a case and is never published in clear", "ledger")
        check_roles(entry, self.bodies_needed)
        check = CLEAR_CHECKS.get(entry.name)
        if check is not None:
            check(self, entry)
        return replace(self, clear=MappingProxyType({**self.clear, entry.digest: entry}))

    def get(self, digest: str, name: str) -> Entry | None:
        """The clear statement ``digest`` if it is a ``name``."""
        entry = self.clear.get(digest)
        return entry if entry is not None and entry.name == name else None

    def named(self, name: str) -> tuple[Entry, ...]:
        """All clear statements of one predicate, oldest first."""
        return tuple(sorted((e for e in self.clear.values() if e.name == name), key=_by_index))


@dataclass(frozen=True)
class Case:
    """A case: its state and its statements, oldest first. ``id`` is 32 random bytes in hex."""

    id: str
    state: str = START
    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> str | None:
        """The envelope digest that the next statement must name as ``previous``."""
        return self.entries[-1].digest if self.entries else None

    def last(self, name: str) -> Entry | None:
        """The newest statement of one predicate."""
        return next((e for e in reversed(self.entries) if e.name == name), None)

    def all(self, name: str) -> tuple[Entry, ...]:
        """Every statement of one predicate, oldest first."""
        return tuple(e for e in self.entries if e.name == name)

    def need(self, name: str) -> Entry:
        """The newest statement of one predicate; raises RefusedError if there is none."""
        entry = self.last(name)
        if entry is None:
            raise RefusedError(
                say("The case has no statement “%(name)s” yet.", name=name),
                rule="chain",
            )
        return entry


def register(case: Case, entry: Entry, record: Record) -> Case:
    """The case after ``entry``. Raises RefusedError or FormatError, and changes nothing."""
    check_shape(entry)  # 1
    check_chain(case, entry)  # 2
    check_roles(entry, 1)  # 3
    _check_party(case, entry)
    check_time(case, entry)  # 4
    state = step(CASE, case.state, event_of(entry), rule="R1, R2")  # 5
    check = CASE_CHECKS.get(entry.name)  # 6
    if check is not None:
        check(case, entry, record)
    return replace(case, state=state, entries=(*case.entries, entry))


def event_of(entry: Entry) -> str:
    """The event of the table that a statement is."""
    if entry.name == "determination":
        return f"determined_{entry.predicate['outcome'].lower()}"
    if entry.name == "run-ended" and entry.predicate["ending"] == "failed":
        return "run_failed"
    return entry.name.replace("-", "_")


def slot_of(entry: Entry) -> tuple[str, ...]:
    """What a statement may take only once, as parts to be hashed into the log's slots.

    A case's statement takes its place behind ``previous``; a threshold takes its bank version
    (R16: one active threshold per bank version); a bank version takes its name and number.
    """
    if entry.name in predicates.SEALED:
        return ("case", entry.subject, entry.predicate["previous"] or "first")
    if entry.name == "threshold-commitment":
        return ("threshold", entry.predicate["bank"])
    if entry.name == "bank-commitment":
        return ("bank", entry.predicate["bank"], str(entry.predicate["version"]))
    if entry.name == "log-opened":
        return ("log-opened",)
    if entry.name == "opening":
        return ("opening", entry.predicate["of"])
    if entry.name == "bank-retirement":
        return ("bank-retirement", entry.predicate["bank"])
    if entry.name == "key-changed":
        return ("key-changed", entry.predicate["old"])
    return (entry.name, entry.digest)


# ------------------------------------------------------------------------------ steps 1 to 4


def check_shape(entry: Entry) -> None:
    """Step 1. Raises FormatError."""
    predicates.check(entry.name, entry.predicate)


def check_chain(case: Case, entry: Entry) -> None:
    """Step 2. Raises RefusedError."""
    if entry.name not in predicates.SEALED:
        raise refused(entry, "is published in clear and belongs to no case", "ledger")
    if entry.subject_name != "case":
        raise refused(
            entry,
            say(
                "calls its subject “%(subject_name)s”, not “case”", subject_name=entry.subject_name
            ),
            "chain",
        )
    if entry.subject != case.id:
        raise refused(entry, "is about another case", "chain")
    if entry.predicate["previous"] != case.head:
        raise refused(
            entry,
            "does not follow the case's last statement",
            "chain",
            "Read the case again and name its newest statement as `previous`.",
        )
    if case.entries and entry.index <= case.entries[-1].index:
        raise refused(entry, "stands before the statement that it follows", "chain")


def check_roles(entry: Entry, bodies_needed: int) -> None:
    """Step 3, but for whose case it is. Raises RefusedError."""
    rotated = entry.name == "key-changed" and entry.predicate["reason"] == "rotated"
    for role in makers(entry):
        needed = bodies_needed if role == "body" and not rotated else 1
        found = len(entry.keyids(role))
        if found < needed:
            raise refused(
                entry,
                say(
                    "needs %(needed)s signature(s) in the role “%(role)s” and has %(found)s",
                    needed=needed,
                    role=role,
                    found=found,
                ),
                "signers",
                say("It is made by: %(entry)s.", entry=" and ".join(makers(entry))),
            )
    extra = {signer.role for signer in entry.signers} - set(makers(entry))
    if extra:
        raise refused(
            entry,
            say("is also signed in the role “%(extra)s”, which has no say in it", extra=min(extra)),
            "signers",
        )


def _check_party(case: Case, entry: Entry) -> None:
    """The developer of a case is the party that its inquiry names; its assessor is who planned."""
    first = entry if entry.name == "inquiry" else case.last("inquiry")
    if first is not None and entry.keyids("developer"):
        party = Party.of(first)
        if party.standing == "sponsor" and entry.name in PARTY_OF_A_MODEL:
            raise refused(entry, PARTY_OF_A_MODEL[entry.name], "R18")
        party.check(entry)
    planned = next((e for e in case.entries if e.name == "plan"), None)
    if planned and entry.keyids("assessor") not in (frozenset(), planned.keyids("assessor")):
        raise refused(entry, "is signed by another assessor than the case's", "signers")


PARTY_OF_A_MODEL = {
    "review-requested": "is for the model's own developer to make, not for a sponsor",
}
"""What a third party that sponsors a public artefact has no say in (R2, R18)."""


def check_time(case: Case, entry: Entry) -> None:
    """Step 4. Raises RefusedError."""
    if case.entries and entry.made_at < case.entries[-1].made_at:
        raise refused(
            entry,
            say(
                "says it was made at %(made_at)s, before the statement that it follows (%(other)s)",
                made_at=entry.made_at,
                other=case.entries[-1].made_at,
            ),
            "time",
            "Set the clock right; statements of a case never go back in time.",
        )


# --------------------------------------------------------------------- step 6: clear statements


def _threshold(record: Record, entry: Entry) -> None:
    bank = record.get(entry.predicate["bank"], "bank-commitment")
    if bank is None or bank.index >= entry.index:
        raise refused(entry, "cites a bank that is not committed before it", "R16")
    _not_before(entry, bank)
    _opens_later(entry)
    for other in record.named("threshold-commitment"):
        if other.predicate["bank"] == entry.predicate["bank"]:
            raise refused(
                entry,
                "would be a second threshold for the same bank version",
                "R16",
                "A new threshold needs a new bank version.",
            )
    named = entry.predicate["dimensions"]
    if len(set(named)) != len(named):
        raise refused(entry, "names a dimension twice", "R16")
    if len(named) > MOST_DIMENSIONS:
        raise refused(
            entry,
            say("names more than %(most_dimensions)s dimensions", most_dimensions=MOST_DIMENSIONS),
            "R16",
        )


def _bank(record: Record, entry: Entry) -> None:
    _opens_later(entry)
    for other in record.named("bank-commitment"):
        same_name = other.predicate["bank"] == entry.predicate["bank"]
        if same_name and other.predicate["version"] >= entry.predicate["version"]:
            raise refused(entry, "has a version that is not above the committed ones", "R5")


def _notice(record: Record, entry: Entry) -> None:
    _cited_pair(entry, record)


def _opening(record: Record, entry: Entry) -> None:
    """A bank or threshold is opened to everybody; from then on nothing is measured by it (R5)."""
    stated = entry.predicate
    hides = {"seed": "bank-commitment", "threshold": "threshold-commitment"}[stated["field"]]
    of = record.get(stated["of"], hides)
    if of is None or of.index >= entry.index:
        raise refused(entry, say("opens no %(hides)s that stands before it", hides=hides), "R16")
    if any(other.predicate["of"] == stated["of"] for other in record.named("opening")):
        raise refused(entry, "opens what was opened before", "R16")
    _not_before(entry, of)
    predicates.VALUES[hides, stated["field"]](f"opening.{stated['field']}", stated["value"])
    opening = commitment.Opening(
        stated["value"], bytes.fromhex(stated["salt"]), bytes.fromhex(stated["blinding"])
    )
    try:
        opening.verify(commitment.Commitment.from_json(of.predicate[stated["field"]]))
    except VerificationError:
        raise refused(entry, "does not open what was committed to", "R16") from None


def _still_sealed(entry: Entry, record: Record, *cited: str) -> None:
    """Nothing is measured by a bank or threshold after it was, or was to be, opened (R5)."""
    for commitment_ in filter(None, map(record.clear.get, cited)):
        promised = commitment_.predicate["openBy"]
        if entry.name != "run-ended" and entry.made_at >= promised:
            raise refused(
                entry,
                say("is measured by what was to be opened by %(promised)s", promised=promised),
                "R5",
                "A newer bank version takes its place.",
            )
    for opening in record.named("opening"):
        if opening.predicate["of"] in cited and opening.index < entry.index:
            raise refused(
                entry,
                say(
                    "is measured by what was opened to everybody at leaf %(index)s",
                    index=opening.index,
                ),
                "R5",
                "A newer bank version takes its place.",
            )


def _retirement(record: Record, entry: Entry) -> None:
    """A bank version takes no new submission; what was submitted goes on to its end (R5)."""
    cited = entry.predicate["bank"]
    bank = record.get(cited, "bank-commitment")
    if bank is None or bank.index >= entry.index:
        raise refused(entry, "retires no bank that stands before it", "R5")
    if any(other.predicate["bank"] == cited for other in record.named("bank-retirement")):
        raise refused(entry, "retires what was retired before", "R5")
    if any(other.predicate["of"] == cited for other in record.named("opening")):
        raise refused(entry, "retires what was opened to everybody before", "R5")
    _not_before(entry, bank)


def _not_retired(entry: Entry, record: Record, bank: str) -> None:
    """No new case is measured by a bank version after it was retired (R5)."""
    for retirement in record.named("bank-retirement"):
        if retirement.predicate["bank"] == bank and retirement.index < entry.index:
            raise refused(
                entry,
                say(
                    "cites a bank version that was retired at leaf %(index)s",
                    index=retirement.index,
                ),
                "R5",
                "A newer bank version takes its place.",
            )


LONGEST_PROMISE_YEARS = 10
"""A bank or threshold that is to be opened later than this would never be checked."""


def _opens_later(entry: Entry) -> None:
    if int(entry.predicate["openBy"][:4]) > int(entry.made_at[:4]) + LONGEST_PROMISE_YEARS:
        raise refused(
            entry,
            say(
                "is to be opened by %(open_by)s, more than %(longest_promise_years)s years "
                "after it was made",
                open_by=entry.predicate["openBy"],
                longest_promise_years=LONGEST_PROMISE_YEARS,
            ),
            "R5",
        )
    if entry.predicate["openBy"] <= entry.made_at:
        raise refused(
            entry,
            say(
                "is to be opened by %(open_by)s, not after it was made",
                open_by=entry.predicate["openBy"],
            ),
            "R16",
        )


def _not_before(entry: Entry, cited: Entry) -> None:
    """Times don't go backwards from what is cited to what cites it."""
    if entry.made_at < cited.made_at:
        raise refused(
            entry,
            say(
                "says it was made at %(made_at)s, before the “%(name)s” that it cites (%(other)s)",
                made_at=entry.made_at,
                name=cited.name,
                other=cited.made_at,
            ),
            "time",
            "Set the clock right; what is cited was there first.",
        )


CLEAR_CHECKS: dict[str, Callable[[Record, Entry], None]] = {
    "bank-commitment": _bank,
    "threshold-commitment": _threshold,
    "determination-notice": _notice,
    "opening": _opening,
    "bank-retirement": _retirement,
}


# ------------------------------------------------------------------ step 6: statements of a case


def _cited_pair(entry: Entry, record: Record) -> None:
    """Bank and threshold are committed, belong together and stand before ``entry`` (R16)."""
    bank = record.get(entry.predicate["bank"], "bank-commitment")
    threshold = record.get(entry.predicate["threshold"], "threshold-commitment")
    if bank is None or threshold is None:
        raise refused(entry, "cites a bank or threshold that is not in the log", "R16")
    if max(bank.index, threshold.index) >= entry.index:
        raise refused(entry, "stands before the commitment that it is measured by", "R16")
    if threshold.predicate["bank"] != bank.digest:
        raise refused(entry, "cites a threshold of another bank version", "R16")
    _not_before(entry, bank)
    _not_before(entry, threshold)


def _inquiry(_case: Case, entry: Entry, record: Record) -> None:
    bank = record.get(entry.predicate["bank"], "bank-commitment")
    if bank is None or bank.index >= entry.index:
        raise refused(entry, "cites a bank that is not committed before it", "R16")
    _not_before(entry, bank)
    if list(entry.predicate["capabilities"]) != list(bank.predicate["capabilities"]):
        raise refused(entry, "consents to other capabilities than the bank's closed list", "R16")
    _not_retired(entry, record, bank.digest)
    _still_sealed(entry, record, bank.digest)


def _submission(case: Case, entry: Entry, record: Record) -> None:
    _cited_pair(entry, record)
    if entry.predicate["bank"] != case.need("inquiry").predicate["bank"]:
        raise refused(entry, "cites another bank than the inquiry", "R16")
    if entry.predicate["weightsDigest"] is None and entry.predicate["fingerprint"] is None:
        raise refused(
            entry, "binds to nothing", "R17", "Give a weights digest or a behavioural fingerprint."
        )
    _not_retired(entry, record, entry.predicate["bank"])
    _still_sealed(entry, record, entry.predicate["bank"], entry.predicate["threshold"])
    _check_artefact(case, entry)


def _check_artefact(case: Case, entry: Entry) -> None:
    """A sponsor submits a public artefact by its digest, and nobody else does (R18)."""
    artefact = entry.predicate["artefact"]
    sponsored = Party.of(case.need("inquiry")).standing == "sponsor"
    if sponsored != (artefact is not None):
        why = "names no public artefact" if sponsored else "names an artefact and has no sponsor"
        raise refused(entry, why, "R18", "A sponsor names where the artefact is and its digest.")
    if sponsored and artefact["digest"] != entry.predicate["weightsDigest"]:
        raise refused(entry, "binds to other weights than those of its artefact", "R18")


def _plan(case: Case, entry: Entry, record: Record) -> None:
    submission = case.need("submission")
    _still_sealed(entry, record, submission.predicate["bank"], submission.predicate["threshold"])
    for_findings = case.state in ("assessor_to_plan_review", "findings_received")
    _retests(case, entry)
    _same(entry, "submission", submission.digest)
    _same(entry, "bank", submission.predicate["bank"])
    _same(entry, "purpose", "findings" if for_findings else "determination")
    _same(entry, "threshold", None if for_findings else submission.predicate["threshold"])
    for name in ("minimumItems", "batchSize"):
        if entry.predicate[name] > entry.predicate["itemCount"]:
            raise refused(entry, say("has fewer items than its %(name)s", name=name), "R16")
    stated = [entry.predicate[name] for name in TEST]
    if for_findings:
        terms.require(case.need("terms-answered").predicate["answers"], "run_for_findings")
        if stated != [None] * len(TEST):
            raise refused(entry, "decides nothing, and so has no boundaries to state", "R14")
        return
    missing = [name for name, value in zip(TEST, stated, strict=True) if value is None]
    if missing:
        raise refused(
            entry, say("decides, and so must state %(missing)s", missing=", ".join(missing)), "R14"
        )
    if entry.predicate["minimumItems"] < FLOOR_OF_MINIMUM_ITEMS:
        raise refused(
            entry,
            say(
                "would decide on fewer than %(floor_of_minimum_items)s items",
                floor_of_minimum_items=FLOOR_OF_MINIMUM_ITEMS,
            ),
            "R14",
        )
    dimensions = _dimensions(record, submission.predicate["threshold"])
    if entry.predicate["minimumItems"] * dimensions > entry.predicate["itemCount"]:
        raise refused(entry, "has fewer items than its minimumItems in each dimension", "R14")
    if stated[0] < dimensions or tuple(stated[2:]) != boundaries(
        share_of_alpha(stated[0], dimensions), stated[1]
    ):
        raise refused(
            entry,
            "has boundaries that do not follow from its alpha and beta",
            "R14",
            say(
                "Each of %(dimensions)s dimensions has an equal part of alpha.",
                dimensions=dimensions,
            )
            * (dimensions > 1),
        )


def _retests(case: Case, entry: Entry) -> None:
    """Once its developer has the findings, a plan tests again what they say was fixed (R13, R17).

    One look at each finding an answer: whoever looks until nothing is seen proves nothing (R14).
    """
    asked = entry.predicate.get("retests")
    if (asked is not None) != (case.state in RETEST_MAY_BE_PLANNED):
        why = "tests findings again that nobody has received" if asked else "tests nothing again"
        raise refused(
            entry, why, "R13", "What is planned then is findings that were answered as fixed."
        )
    if asked is None:
        return
    answer = case.need("findings-answered")
    if asked["answer"] != answer.digest:
        raise refused(entry, "cites another answer than the developer's newest", "R13")
    names = asked["findings"]
    if len(set(names)) != len(names):
        raise refused(entry, "tests a finding again twice", "R14")
    fixed = {one["finding"] for one in answer.predicate["answers"] if one["answer"] == "fixed"}
    unsaid = [name for name in names if name not in fixed]
    if unsaid:
        raise refused(
            entry,
            say(
                "tests “%(finding)s” again, which its developer does not say is fixed",
                finding=unsaid[0][:80],
            ),
            "R13",
            say("Said to be fixed: %(fixed)s.", fixed=", ".join(sorted(fixed)) or say("nothing")),
        )
    again = sorted(set(names) & retested(case, answer))
    if again:
        raise refused(
            entry,
            say("looks at “%(finding)s” once more under one answer", finding=again[0][:80]),
            "R14",
            "Its developer answers again before it is looked at again.",
        )


RETEST_MAY_BE_PLANNED = ("findings_received", "partner_to_accept")
"""Where the developer has the findings, and no plan for them is under way."""


def retested(case: Case, answer: Entry) -> frozenset[str]:
    """The findings that were tested again under ``answer``; a run that failed looked at none."""
    failed = {e.predicate["run"] for e in case.all("run-ended") if event_of(e) == "run_failed"}
    spent = {e.predicate["plan"] for e in case.all("run-started") if e.digest in failed}
    asked = [e.predicate.get("retests") for e in case.all("plan") if e.digest not in spent]
    return frozenset(
        name for one in asked if one and one["answer"] == answer.digest for name in one["findings"]
    )


def to_test_again(case: Case) -> tuple[str, ...]:
    """The findings that a re-test can be planned for now: fixed, and not tested under that answer.

    In the order of the answer; none if a struck clause rules runs out (R4).
    """
    answer, agreed = case.last("findings-answered"), case.last("terms-answered")
    if answer is None or agreed is None or case.state not in RETEST_MAY_BE_PLANNED:
        return ()
    if "run_for_findings" in terms.limits(agreed.predicate["answers"]):
        return ()
    fixed = [one["finding"] for one in answer.predicate["answers"] if one["answer"] == "fixed"]
    return tuple(name for name in fixed if name not in retested(case, answer))


def _dimensions(record: Record, threshold: str) -> int:
    """How many dimensions a committed threshold has."""
    committed = record.get(threshold, "threshold-commitment")
    return 1 if committed is None else len(committed.predicate["dimensions"])


TEST = ("alphaPpm", "betaPpm", "lowerMicronats", "upperMicronats")
"""What the plan of a determination states of its test, and a plan for findings does not."""


HARNESS = ("proofhouse", "scaffold", "sandbox")
"""What a run tells of what it is done in, at least; further names are packages (R13)."""

ANSWERS = "answers"
"""In a run's harness what the model answered to the probe when it began: ``method digest``."""


def _run_started(case: Case, entry: Entry, record: Record) -> None:
    submission = case.need("submission").predicate
    _still_sealed(entry, record, submission["bank"], submission["threshold"])
    plan, harness = case.need("plan"), entry.predicate["harness"]
    _same(entry, "plan", plan.digest)
    lacking = [name for name in HARNESS if not harness.get(name)]
    if lacking:
        raise refused(
            entry, say("does not tell its harness's %(lacking)s", lacking=lacking[0]), "R13"
        )
    if harness["scaffold"].partition(" ")[0] != plan.predicate["scaffold"]["name"]:
        raise refused(entry, "is done in another scaffold than its plan's", "R13")
    if ANSWERS in harness:
        method, _, answered = harness[ANSWERS].rpartition(" ")
        if not method or not is_digest(answered):
            raise refused(entry, "tells its model's answers by no method and digest", "R17")
    window = case.last("window-opened")
    if window is not None:
        window_of(window).require(entry.made_at, "a run")


def _run_ended(case: Case, entry: Entry, record: Record) -> None:
    _same(entry, "run", case.need("run-started").digest)
    stated, plan = entry.predicate, case.need("plan").predicate
    submission = case.need("submission").predicate
    if stated["ending"] != "failed":
        _still_sealed(entry, record, submission["bank"], submission["threshold"])
    _check_window_over(case, entry)
    seen = items_of(entry)
    if seen > plan["itemCount"]:
        raise refused(entry, "reports more items than the plan has", "R16")
    if stated["held"] > stated["missing"]:
        raise refused(entry, "holds scores that it does not count as missing", "R15")
    if len(stated["transcripts"]) > seen:
        raise refused(entry, "lists more transcripts than items", "R13")
    if stated["reruns"] > plan["itemCount"]:
        raise refused(entry, "ran an item more than once again", "R14")
    if seen and not stated["attempts"]:
        raise refused(entry, "reports items of a run that nobody attempted", "R13")
    _check_ending(case, entry)
    complete = seen == plan["itemCount"]
    if plan["purpose"] == "findings" and stated["ending"] == "completed" and not complete:
        raise refused(entry, "says that it completed a plan of which it lacks items", "R16")


def _check_window_over(case: Case, entry: Entry) -> None:
    """Whether a run says that its window ended, as it did or did not (R3)."""
    window = case.last("window-opened")
    ended = window is not None and (
        entry.made_at >= window.predicate["endsAt"] or case.last("window-closed") is not None
    )
    told = entry.predicate["reason"] in ("window closing", "developer withdrew")
    if ended and not told and entry.predicate["ending"] != "failed":
        raise refused(entry, "goes on after the end of its access window", "R3")
    if entry.predicate["reason"] == "window closing" and not ended:
        raise refused(entry, "says that its window was closing, which was not", "R3")


def items_of(run: Entry) -> int:
    """How many items a run reports, or a statement about its held scores decides."""
    return sum(run.predicate[name] for name in ("solved", "failed", "missing"))


STOPS = frozenset(get_args(StopReason)) | {"developer withdrew"}
"""Why a run may be ended from outside (spec/determination.md)."""


def _check_ending(case: Case, entry: Entry) -> None:
    ending, reason = entry.predicate["ending"], entry.predicate["reason"]
    if (ending == "stopped") != (reason in STOPS):
        raise refused(
            entry,
            say(
                "“%(ending)s” for the reason “%(reason)s”, which is none of that",
                ending=ending,
                reason=reason,
            ),
            "R16",
        )
    if reason == "developer withdrew" and case.last("withdrawal") is None:
        raise refused(entry, "says that the developer withdrew, who did not", "R1")
    spent = entry.predicate["inputTokens"] + entry.predicate["outputTokens"]
    budget = case.need("plan").predicate["budgets"]["tokens"]
    if reason == "budget spent" and spent < budget:
        raise refused(
            entry,
            say(
                "was stopped because its budget was spent, with %(spent)s of %(budget)s tokens",
                spent=spent,
                budget=budget,
            ),
            "R13",
        )


def _scores_decided(case: Case, entry: Entry, _record: Record) -> None:
    """A person decides held scores of the newest run; which ones is sealed, how many is not."""
    run = case.need("run-ended")
    _same(entry, "run", run.digest)
    before, these = sum(map(items_of, decisions_of(case, run))), items_of(entry)
    if not these:
        raise refused(entry, "decides nothing", "R15")
    if before + these > run.predicate["held"]:
        raise refused(
            entry,
            say(
                "decides %(these)s scores, of a run that holds %(held)s and of which "
                "%(before)s were decided before",
                these=these,
                held=run.predicate["held"],
                before=before,
            ),
            "R15",
            "Only a score that is held is decided, and once.",
        )


def decisions_of(case: Case, run: Entry) -> tuple[Entry, ...]:
    """The statements that decide held scores of ``run`` (a ``run-ended``), oldest first."""
    return tuple(e for e in case.all("scores-decided") if e.predicate["run"] == run.digest)


RESULT_DUE = ("assessor_to_determine", "assessor_to_deliver_findings", "closed_findings_to_deliver")
"""Where a run has ended and its result is not stated yet: held scores can be decided."""


def waiting_scores(case: Case) -> int:
    """How many held scores of the newest run a person can still decide."""
    if case.state not in RESULT_DUE:
        return 0
    run = case.need("run-ended")
    return int(run.predicate["held"]) - sum(map(items_of, decisions_of(case, run)))


def _determination(case: Case, entry: Entry, record: Record) -> None:
    submission, run = case.need("submission"), case.need("run-ended")
    _same(entry, "run", run.digest)
    _same(entry, "gradedBy", run.predicate["gradedBy"])
    _same(entry, "bank", submission.predicate["bank"])
    _same(entry, "threshold", submission.predicate["threshold"])
    _cited_pair(entry, record)
    notice = record.get(entry.predicate["notice"], "determination-notice")
    if notice is None or notice.index >= entry.index:
        raise refused(entry, "has no public notice before it", "R16")
    if notice.keyids("assessor") != entry.keyids("assessor"):
        raise refused(entry, "has a public notice by somebody else", "signers")
    for name in ("bank", "threshold"):
        if notice.predicate[name] != entry.predicate[name]:
            raise refused(
                entry, say("and its public notice cite another %(name)s", name=name), "R16"
            )
    if notice.index <= run.index or notice.made_at < run.made_at:
        raise refused(entry, "has a public notice from before the end of its run", "R16")
    _not_before(entry, notice)
    dimensions = _dimensions(record, submission.predicate["threshold"])
    _check_answer(entry, run, case.need("plan"), dimensions, bool(decisions_of(case, run)))


CROSSED = {"upper boundary crossed": "COVERED", "lower boundary crossed": "NOT_COVERED"}
"""The two reasons that decide; every other is INCONCLUSIVE."""


def _check_answer(entry: Entry, run: Entry, plan: Entry, dimensions: int, decided: bool) -> None:
    """What can be held of an answer while plan and outcomes are sealed.

    NOT_COVERED takes the minimum of items in each dimension, COVERED in one. With held scores
    ``decided`` the evidence may have crossed before the run's end.
    """
    outcome, reason, used = (entry.predicate[name] for name in ("outcome", "reason", "itemsUsed"))
    if CROSSED.get(reason, "INCONCLUSIVE") != outcome:
        raise refused(
            entry,
            say(
                "says %(outcome)s for the reason “%(reason)s”, which contradict",
                outcome=outcome,
                reason=reason,
            ),
            "R14",
        )
    if reason in STOPS and reason != run.predicate["reason"]:
        raise refused(entry, "gives another reason for the stop than its run", "R14")
    if reason == "run ended while scores were held" and not decided:
        raise refused(entry, "speaks of held scores that nobody decided", "R15")
    seen = items_of(run)
    rest = 0 if run.predicate["ending"] == "completed" else plan.predicate["batchSize"] - 1
    least = 0 if decided else seen
    if not least <= used <= min(seen + rest, plan.predicate["itemCount"]):
        raise refused(
            entry,
            say("used %(used)s items, of a run that reports %(seen)s", used=used, seen=seen),
            "R14",
        )
    tested = {"COVERED": 1, "NOT_COVERED": dimensions}.get(outcome, 0)
    if used < tested * plan.predicate["minimumItems"]:
        raise refused(entry, "decided on fewer items than its plan's minimum", "R14")


def _disclosure(case: Case, entry: Entry, _record: Record) -> None:
    disclosed = {e.digest for e in case.entries if e.name in ("determination", "findings")}
    if entry.predicate["of"] not in disclosed:
        raise refused(entry, "discloses something that is no result of this case", "R7")
    if entry.predicate["recipient"] == "developer":
        return
    shown = {e.predicate["of"] for e in case.all("disclosure") if _to_developer(e)}
    if entry.predicate["of"] not in shown:
        raise refused(
            entry,
            "discloses a result to somebody before its developer was shown it",
            "R7",
            "Disclose it to the developer first: proofhouse disclose --to developer",
        )
    answered = case.last("terms-answered")
    if answered is not None:
        terms.require(answered.predicate["answers"], "disclosure_to_others")


def _to_developer(disclosure: Entry) -> bool:
    return bool(disclosure.predicate["recipient"] == "developer")


def _review_requested(case: Case, entry: Entry, _record: Record) -> None:
    _same(entry, "determination", case.need("determination").digest)


def _terms_answered(case: Case, entry: Entry, _record: Record) -> None:
    _same(entry, "offer", case.need("terms-offered").digest)


def _window_opened(case: Case, entry: Entry, _record: Record) -> None:
    agreement = case.need("terms-answered")
    _same(entry, "agreement", agreement.digest)
    window_of(entry)
    if entry.predicate["opensAt"] < agreement.made_at:
        raise refused(entry, "opens before its terms were answered", "R4")
    if entry.predicate["endsAt"] <= entry.made_at:
        raise refused(entry, "opens access that has ended when it is given", "R3")
    if case.need("submission").predicate["accessLevel"] == "weights":
        terms.require(agreement.predicate["answers"], "access_to_weights", offer=True)


def window_of(entry: Entry) -> Window:
    """The access window that a ``window-opened`` statement opens. Raises RefusedError (R3)."""
    stated = entry.predicate
    window = Window(
        opens_at=stated["opensAt"],
        planned_partner_release_at=stated["plannedPartnerReleaseAt"],
        planned_public_release_at=stated["plannedPublicReleaseAt"],
        maximum_days=stated["maximumDays"],
    )
    if stated["endsAt"] != window.ends_at:
        raise refused(
            entry,
            say(
                "says that access ends at %(ends_at)s; counted back from the planned release "
                "to trusted partners it ends at %(end)s",
                ends_at=stated["endsAt"],
                end=window.ends_at,
            ),
            "R3",
        )
    return window


def _findings(case: Case, entry: Entry, _record: Record) -> None:
    run = case.need("run-ended")
    _same(entry, "run", run.digest)
    _same(entry, "gradedBy", run.predicate["gradedBy"])


def _findings_received(case: Case, entry: Entry, _record: Record) -> None:
    _same(entry, "findings", case.need("findings").digest)


def _findings_answered(case: Case, entry: Entry, _record: Record) -> None:
    """An answer is to findings that were received; what is fixed is a version of its own (R17)."""
    received = {e.predicate["findings"] for e in case.all("findings-received")}
    of = entry.predicate["findings"]
    if of not in received:
        raise refused(entry, "answers findings that its developer has not received", "R13")
    found = next(e for e in case.all("findings") if e.digest == of)
    names = [one["finding"] for one in entry.predicate["answers"]]
    if len(set(names)) != len(names):
        raise refused(entry, "answers a finding twice", "R13")
    if len(names) > found.predicate["count"]:
        raise refused(entry, "answers more findings than there are", "R13")
    version = entry.predicate["version"]
    fixed = any(one["answer"] == "fixed" for one in entry.predicate["answers"])
    if fixed != (version is not None):
        why = (
            "says that something was fixed, and not in which version"
            if fixed
            else "names a version and fixed nothing"
        )
        raise refused(entry, why, "R17")
    if version is not None:
        _check_version(case, entry, version)


def _check_version(case: Case, entry: Entry, version: Mapping[str, Any]) -> None:
    submission = case.need("submission").predicate
    if version["weightsDigest"] is None and version["fingerprint"] is None:
        raise refused(
            entry,
            "names a version that binds to nothing",
            "R17",
            "Give a weights digest or a behavioural fingerprint.",
        )
    if all(version[name] == submission[name] for name in version):
        raise refused(
            entry,
            "says that what was tested is what was fixed: the version is the submission's",
            "R17",
            "A fixed model differs in its version's name, safeguards, weights or how it answers.",
        )


def _partner_access(case: Case, entry: Entry, _record: Record) -> None:
    terms.require(case.need("terms-answered").predicate["answers"], "partner_access")
    window = window_of(case.need("window-opened"))
    window.require(entry.made_at, "partner access")
    if entry.predicate["endsAt"] > window.ends_at:
        raise refused(
            entry,
            say("gives a partner access until %(ends_at)s", ends_at=entry.predicate["endsAt"]),
            "R3",
            say(
                "Access ends with the window, at %(ends_at)s, at the latest.",
                ends_at=window.ends_at,
            ),
        )
    if entry.predicate["endsAt"] <= entry.made_at:
        raise refused(entry, "gives access that has ended when it is given", "R3")


def not_taken(case: Case) -> tuple[Entry, ...]:
    """The accesses that no partner has taken yet, oldest first."""
    taken = {entry.predicate["access"] for entry in case.all("partner-accepted")}
    return tuple(entry for entry in case.all("partner-access") if entry.digest not in taken)


def _partner_accepted(case: Case, entry: Entry, _record: Record) -> None:
    cited = entry.predicate["access"]
    access = next((one for one in not_taken(case) if one.digest == cited), None)
    if access is None:
        raise refused(entry, "takes no access that is given in the case and not taken yet", "R8")
    if entry.keyids("partner") != {access.predicate["partnerKey"]}:
        raise refused(entry, "is signed by another partner than the one given access", "R8")
    if entry.made_at >= access.predicate["endsAt"]:
        raise refused(entry, "accepts access that has ended", "R3")


def _window_closed(case: Case, entry: Entry, _record: Record) -> None:
    opened = case.need("window-opened")
    _same(entry, "window", opened.digest)
    withdrawn = case.last("withdrawal") is not None
    ended = entry.made_at >= window_of(opened).ends_at
    reason = entry.predicate["reason"]
    if (reason == "withdrawn") != withdrawn or (reason == "ended") != (ended and not withdrawn):
        raise refused(
            entry,
            say("gives “%(reason)s” as its reason, which the case contradicts", reason=reason),
            "R3",
        )
    given = {access.digest for access in case.all("partner-access")}
    if sorted(entry.predicate["revoked"]) != sorted(given | {opened.digest}):
        raise refused(
            entry, "does not revoke exactly the access that was given", "R3", "Name all of it."
        )


CASE_CHECKS: dict[str, Callable[[Case, Entry, Record], None]] = {
    "inquiry": _inquiry,
    "submission": _submission,
    "plan": _plan,
    "run-started": _run_started,
    "run-ended": _run_ended,
    "scores-decided": _scores_decided,
    "determination": _determination,
    "disclosure": _disclosure,
    "review-requested": _review_requested,
    "terms-answered": _terms_answered,
    "window-opened": _window_opened,
    "findings": _findings,
    "findings-received": _findings_received,
    "findings-answered": _findings_answered,
    "partner-access": _partner_access,
    "partner-accepted": _partner_accepted,
    "window-closed": _window_closed,
}


def _same(entry: Entry, name: str, expected: object) -> None:
    if entry.predicate[name] != expected:
        raise refused(entry, say("cites another %(name)s than the case's", name=name), "chain")


def _by_index(entry: Entry) -> int:
    return entry.index
