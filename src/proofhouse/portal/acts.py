# SPDX-License-Identifier: Apache-2.0
"""The table of acts: one row for each statement that a person makes in the portal.

    act = ACTS["open-window"]
    act.open_to(case)                                is it possible where the case stands?
    act.draft(Making(seat, known, filled, person))   →  what the desk drafts

A row names the roles that make the statement (several: each signs), the fields of its form and its
words. Pages, the API and the test that walks every role over every route read this one table. What
may happen when is not said here: ``open_to`` asks the rules' own table, and the desk checks again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofhouse.access import Organisation
from proofhouse.desk import (
    admit_partner,
    agree,
    answer_findings,
    banks,
    close_window,
    deliver_findings,
    disclose,
    held_scores,
    inquire,
    measure,
    open_commitment,
    open_window,
    plan_evaluation,
    retire_bank,
    seal_bank,
    set_threshold,
    submit,
    withdraw,
)
from proofhouse.desk.draft import Draft
from proofhouse.errors import InputError, RefusedError
from proofhouse.evaluation.types import PROBE
from proofhouse.formats import predicates
from proofhouse.formats.predicates import CLAUSES
from proofhouse.journey.moves import MadeInTwo, determination, findings
from proofhouse.portal.fields import Field, FieldsError, NotThereError
from proofhouse.portal.reach import askable, whole_name
from proofhouse.rules import terms
from proofhouse.rules.party import Party, some_of
from proofhouse.rules.registration import LONGEST_PROMISE_YEARS, Case, not_taken
from proofhouse.rules.review import CASE
from proofhouse.rules.terms import OFFER
from proofhouse.rules.window import MAXIMUM_DAYS, Window, parse_time, print_time
from proofhouse.said import joined, say
from proofhouse.seat import Known, Seat

DAY = 86_400


@dataclass(frozen=True)
class Making:
    """What a draft is made with.

    ``party`` is the keyid of the organisation that acts, ``by`` what its person is called;
    ``parties`` are the keyids of organisations by their ids, ``partners`` the trusted ones whole;
    ``bodies`` are the names of the owning bodies;
    ``probe`` asks a submitted model how it answers (endpoint and key → fingerprint).
    """

    seat: Seat
    known: Known | None
    filled: Mapping[str, Any]
    party: str
    by: str
    parties: Mapping[str, str] = field(default_factory=dict)
    probe: Callable[[Mapping[str, Any]], tuple[str | None, str]] | None = None
    partners: Mapping[str, Organisation] = field(default_factory=dict)
    bodies: tuple[str, ...] = ()

    @property
    def case(self) -> Case:
        """The case that the act is about."""
        assert self.known is not None
        return self.known.case

    @property
    def at(self) -> str:
        """Now."""
        return self.seat.clock()


@dataclass(frozen=True)
class Act:
    """One thing that somebody may do in a case.

    ``roles`` make the statement, each with a signature of its own; ``event`` is its name in the
    rules' table. ``title`` is what the page says, ``lead`` what it means, ``next`` what follows.
    """

    name: str
    roles: tuple[str, ...]
    event: str
    title: str
    lead: str
    button: str
    next: str
    draft: Callable[[Making], Draft | MadeInTwo]
    fields: tuple[Field, ...] = ()
    begins: bool = False
    clear: bool = False
    grave: bool = False
    allowed: str = ""

    @property
    def action(self) -> str:
        """What the table of roles calls it."""
        return self.allowed or self.name

    def open_to(self, case: Case) -> bool:
        """Whether the rules know this event in the state in which the case is."""
        return not self.begins and self.event in CASE[case.state]


# ------------------------------------------------------------------------------- the developer


def _inquire(making: Making) -> Draft:
    filled, seat = making.filled, making.seat
    bank = seat.bank()
    party = _standing(making)
    case = Case(secrets.token_hex(32))
    return inquire.draft(
        case, bank, party, developer=filled["name"], contact=filled["contact"], at=making.at
    )


def _standing(making: Making) -> Party:
    """Who speaks for the model: one organisation, or several stewards (R18).

    Raises FieldsError where what is filled in contradicts itself.
    """
    filled = making.filled
    standing, others = filled["standing"], {*_lines(filled["stewards"])} - {making.party}
    if standing != "stewards":
        if others or filled["needed"]:
            raise FieldsError(
                {
                    "standing": "You name other stewards, and ask as one who asks alone. Choose to "
                    "ask as one of several stewards, or leave the stewards out."
                }
            )
        return Party("sponsor" if standing == "sponsor" else "developer", 1, (making.party,))
    if not others:
        raise FieldsError(
            {"stewards": "Name at least one other steward, or ask as the model’s developer."}
        )
    unknown = others - {*making.parties.values()}
    if unknown:
        raise FieldsError(
            {
                "stewards": say(
                    "Nobody here has the key id “%(id)s”. Have the other steward copy it for you.",
                    id=min(unknown)[:80],
                )
            }
        )
    keys = tuple(sorted(others | {making.party}))
    needed = filled["needed"] or len(keys)
    if needed > len(keys):
        raise FieldsError(
            {
                "needed": say(
                    "There are %(keys)s stewards; %(needed)s of them can't sign.",
                    keys=len(keys),
                    needed=needed,
                )
            }
        )
    return Party("stewards", needed, keys)


def _submit(making: Making) -> Draft:
    known, filled = making.known, making.filled
    assert known is not None
    bank = known.clear(known.case.need("inquiry").predicate["bank"], "bank-commitment")
    threshold = making.seat.threshold(known, bank)
    _check_askable(filled)
    identity = _identity(making, filled)
    return submit.draft(known.case, bank, threshold, identity, at=making.at)


def _check_askable(filled: Mapping[str, Any]) -> None:
    """Raise FieldsError for a submission of which no plan could ever be made here."""
    if not askable(filled["model"], filled["endpoint"]):
        raise FieldsError(
            {
                "endpoint": "A model is tested by asking it, and nothing here runs bare weights. "
                "Have whoever hosts them serve them at an endpoint, and give its address; the "
                "digest of the weights stands beside it."
            }
        )
    seen = filled["weights"] or filled["model"].startswith("reference/")
    if filled["access"] == "weights" and not seen:
        raise FieldsError({"weights": "Access to the weights names them by their digest."})


def _identity(making: Making, filled: Mapping[str, Any]) -> submit.Identity:
    """What a form names, bound to its weights or to how it answers now."""
    weights, fingerprint = filled["weights"], None
    if askable(filled["model"], filled["endpoint"]):
        if making.probe is None:
            raise InputError("This house can't reach a model now.", hint="Submit weights instead.")
        seen, answered = making.probe(filled)
        weights, fingerprint = weights or seen, (PROBE, answered)
    elif weights is None:
        raise InputError(
            "A submission binds to something: weights, or how the model answers.",
            hint="Give an endpoint, the digest of the weights’ manifest, or both.",
        )
    return submit.Identity(
        filled["model"],
        filled["model"].split("/")[0],
        filled["endpoint"],
        checkpoint=filled["checkpoint"],
        safeguard_variant=filled["safeguards"],
        access_level=filled["access"],
        weights=weights,
        fingerprint=fingerprint,
        artefact=filled["artefact"],
    )


def _request(making: Making) -> Draft:
    return agree.request(making.case, at=making.at)


def _answer(making: Making) -> Draft:
    struck = [clause for clause in CLAUSES if making.filled[clause] == "struck"]
    return agree.answer(making.case, struck=struck, at=making.at)


def _open(making: Making) -> Draft:
    at, filled = making.at, making.filled
    release = filled["partner_release"]
    last = parse_time(at) + filled["maximum_days"] * DAY
    if not parse_time(at) < parse_time(release) <= last:
        tomorrow = print_time(parse_time(at) + DAY)
        raise FieldsError(
            {
                "partner_release": say(
                    "Choose a day from tomorrow, %(first)s, to %(last)s: a window lasts at most "
                    "%(days)s days from now.",
                    first=tomorrow[:10],
                    last=print_time(last)[:10],
                    days=filled["maximum_days"],
                )
            }
        )
    public = filled["public_release"] or print_time(parse_time(release) + 7 * DAY)
    window = Window(
        opens_at=at,
        planned_partner_release_at=release,
        planned_public_release_at=public,
        maximum_days=filled["maximum_days"],
    )
    return open_window.draft(making.case, window, at=at)


def _receive(making: Making) -> Draft:
    return deliver_findings.receive(making.case, at=making.at)


_ANSWERED = re.compile(rf"(\S+)=({'|'.join(predicates.ANSWERS)})(?:\s(.*))?", re.DOTALL)


def _answer_findings(making: Making) -> Draft:
    known, filled = making.known, making.filled
    assert known is not None
    answers = _answers(filled["answers"])
    version = None
    if any(one.answer == "fixed" for one in answers):
        submission = known.case.need("submission")
        model = known.value(submission, "model")
        if not filled["checkpoint"]:
            raise InputError(
                "Something is fixed, and nothing says in which version.",
                hint="Name that version, and what it binds to: weights, or how the model answers.",
            )
        named = filled["model"] or ""
        elsewhere = "/" in named and named.partition("/")[0] != model["provider"]
        endpoint = filled["endpoint"] or (None if elsewhere else model["endpoint"])
        told = {
            **filled,
            "model": whole_name(named, endpoint) or model["name"],
            "endpoint": endpoint,
            "safeguards": filled["safeguards"] or submission.predicate["safeguardVariant"],
            "access": submission.predicate["accessLevel"],
            "artefact": None,
        }
        version = _identity(making, told)
    names = [one.finding for one in answers]
    of = answer_findings.answered_by(known.case, names, known.value)
    return answer_findings.draft(known.case, answers, version=version, of=of, at=making.at)


def _answers(text: str) -> list[answer_findings.Answer]:
    """``F1=fixed It refuses now.``, one finding a line; indented lines go on with the text."""
    made: list[answer_findings.Answer] = []
    for part in re.split(r"\n(?=\S)", text.strip()):
        found = _ANSWERED.fullmatch(part.strip())
        if found is None:
            raise FieldsError(
                {"answers": "Write FINDING=ANSWER, one a line: acknowledged, disputed or fixed."}
            )
        said = re.sub(r"\n[ \t]", "\n", found[3] or "").strip()
        made.append(answer_findings.Answer(found[1], found[2], said))
    return made


def _withdraw(making: Making) -> Draft:
    return withdraw.draft(making.case, at=making.at)


# -------------------------------------------------------------------------------- the assessor


def _determine(making: Making) -> MadeInTwo:
    known = making.known
    assert known is not None
    return determination(
        known.case,
        known.value,
        decided_by=[making.by],
        consulted=_lines(making.filled["consulted"]),
        at=making.at,
    )


def _lines(text: str | None) -> list[str]:
    """The lines of a field that takes one name a line."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _decide_held(making: Making) -> Draft:
    known, filled = making.known, making.filled
    assert known is not None
    made = []
    for line in filled["decisions"].splitlines():
        if line.strip():
            item, _, outcome = line.strip().rpartition("=")
            made.append(held_scores.Decision(item, outcome, making.by, filled["reason"]))
    if not made or any(one.outcome not in ("solved", "failed", "missing") for one in made):
        raise InputError(
            "Nothing is decided.", hint="Write ITEM=OUTCOME, one a line: solved, failed, missing."
        )
    outcomes = known.value(known.case.need("run-ended"), "outcomes")
    earlier = held_scores.decisions(known.case, known.value)
    return held_scores.draft(known.case, outcomes, earlier, made, at=making.at)


TELLS_THE_CUT = ("threshold", "plan", "evidence")
"""The threshold, and what it could be computed from: the owning bodies', not an assessor's."""


def _disclose(making: Making) -> Draft:
    filled, case = making.filled, making.case
    sealed = making.seat.desk.find_clear("opening", case.need("submission").predicate["threshold"])
    if sealed is None and not set(TELLS_THE_CUT) <= set(filled["redactions"]):
        raise FieldsError(
            {
                "redactions": "The threshold is its owners’ to open. Until then leave it out, and "
                "the list of items and the evidence, from which it could be computed."
            }
        )
    result = case.need("findings" if filled["result"] == "findings" else "determination")
    return disclose.draft(
        case,
        result,
        recipient=filled["recipient"],
        redactions=filled["redactions"],
        reason=filled["reason"],
        at=making.at,
    )


def _offer(making: Making) -> Draft:
    filled = making.filled
    clauses = {clause: (filled[clause], OFFER[clause][1]) for clause in CLAUSES}
    return agree.offer(making.case, clauses=clauses, at=making.at)


def _deliver(making: Making) -> Draft:
    known = making.known
    assert known is not None
    return findings(known.case, known.value, at=making.at).draft


def _grant(making: Making) -> Draft:
    filled, case = making.filled, making.case
    chosen = making.partners.get(filled["partner"])
    if chosen is None or chosen.party is None:
        raise InputError("There is no such trusted partner here.")
    return admit_partner.grant(
        case,
        partner=chosen.name,
        sector=chosen.sector or "other",
        partner_key=chosen.party,
        purpose=filled["purpose"],
        ends_at=filled["ends"] or case.need("window-opened").predicate["endsAt"],
        at=making.at,
        criteria=filled["criteria"] or admit_partner.CRITERIA,
    )


def _accept(making: Making) -> Draft:
    return admit_partner.accept(making.case, at=making.at, partner=making.party)


def _close(making: Making) -> Draft:
    return close_window.draft(making.case, at=making.at)


# ------------------------------------------------------------------------------ owning bodies


def _check_open_by(making: Making) -> None:
    """Raise FieldsError for a day of opening that the log would refuse."""
    day, at = making.filled["open_by"], making.at
    last = f"{int(at[:4]) + LONGEST_PROMISE_YEARS}-12-31"
    if not at < day or day[:10] > last:
        first = print_time(parse_time(at) + DAY)[:10]
        raise FieldsError(
            {
                "open_by": say(
                    "Choose a day from tomorrow, %(first)s, to %(last)s.", first=first, last=last
                )
            }
        )


def _commit_bank(making: Making) -> Draft:
    _check_open_by(making)
    desk = making.seat.desk
    described = measure.describe_bank(desk, making.bodies)
    seed = secrets.token_bytes(32)
    return seal_bank.draft(described, seed, at=making.at, open_by=making.filled["open_by"])


def _commit_threshold(making: Making) -> Draft:
    _check_open_by(making)
    desk, filled = making.seat.desk, making.filled
    bank = measure.active_bank(desk)
    if bank is None:
        raise InputError(
            "There is no bank that this program makes items of.", hint="Commit one first."
        )
    families = banks.families_here(desk, bank)
    value = measure.draw_threshold(families)
    plan_evaluation.try_plan(value, secrets.token_bytes(32), families)
    return set_threshold.draft(
        bank.entry,
        value,
        decided_by=_deciding(making),
        consulted=_lines(filled["consulted"]),
        at=making.at,
        open_by=filled["open_by"],
    )


def _deciding(making: Making) -> list[str]:
    """Who decides what the owning bodies own together, as it is known before they have signed."""
    needed, names = making.seat.trusted.body_threshold, list(making.bodies)
    return names if needed == len(names) else [some_of(needed, names)]


def _kept(making: Making) -> Any:
    digest = making.filled["of"]
    found = making.seat.desk.find_clear("statement", digest)
    if found is None:
        raise InputError("There is no such commitment in the log.")
    return found


def _open_commitment(making: Making) -> Draft:
    return open_commitment.draft(_kept(making), at=making.at)


def _retire(making: Making) -> Draft:
    return retire_bank.draft(_kept(making), reason=making.filled["reason"], at=making.at)


_OPEN_BY = Field(
    "open_by",
    "When it is to be opened to everybody",
    "A promise that the log keeps: nothing is measured by it after that day.",
    kind="time",
)

_KEY = Field(
    "key",
    "The endpoint’s key",
    "It goes straight into the vault and is never shown again.",
    kind="secret",
    needed=False,
    most=4000,
)

_WEIGHTS = Field(
    "weights",
    "The digest of the weights’ manifest",
    "SHA-256, 64 hexadecimal digits, if the result is to name the weights, too.",
    kind="digest",
    needed=False,
)

_CLAUSE_NAMES = {
    "confidentiality": "Confidentiality",
    "cybersecurity": "Cybersecurity",
    "insiderRisk": "Insider risk",
    "intellectualProperty": "Intellectual-property protection",
    "use": "Use",
    "nondisclosure": "Nondisclosure",
}

_ACTS = (
    Act(
        "inquire",
        ("developer",),
        "inquiry",
        "Ask whether a model would be covered",
        "You ask about one version of a model under development. The answer is COVERED, "
        "NOT_COVERED or INCONCLUSIVE. It permits nothing and forbids nothing, and you may withdraw "
        "at any moment.",
        "Ask",
        "Next you submit the model.",
        _inquire,
        (
            Field("name", "Who asks", "Your organisation’s name. It stays sealed."),
            Field("contact", "Where an answer goes", "An address that is read. It stays sealed."),
            Field(
                "standing",
                "You ask as",
                kind="choice",
                options={
                    "developer": "the model’s developer",
                    "stewards": "one of several stewards of a project without a single owner",
                    "sponsor": "a sponsor, for a public artefact that somebody else made",
                },
                default="developer",
            ),
            Field(
                "stewards",
                "The other stewards",
                "The key ids of the organisations that speak for the project together with yours, "
                "one a line. Each of them finds its own on this page of its own, and gives it to "
                "you: nobody is listed here.",
                kind="area",
                needed=False,
                most=5000,
            ),
            Field(
                "needed",
                "How many of the stewards sign each statement",
                "Empty: all of them.",
                kind="number",
                needed=False,
                low=1,
                high=64,
            ),
        ),
        begins=True,
    ),
    Act(
        "submit",
        ("developer",),
        "submission",
        "Submit the model",
        "The submission binds the result to what you submit: to the digest of the weights, to how "
        "the model answers a fixed set of prompts, or to both. Bank and threshold were fixed "
        "before, and are the same for everybody.",
        "Submit",
        "Next the assessor registers its plan, before the first item.",
        _submit,
        (
            Field(
                "model",
                "The model’s name",
                "With an endpoint: openai-api/LAB/ and what the endpoint calls it, like "
                "openai-api/lab/model-x; model-x alone is taken as that.",
            ),
            Field(
                "checkpoint", "What you call this version of the model", default="under development"
            ),
            Field(
                "endpoint",
                "The endpoint’s address",
                "An OpenAI-compatible endpoint that the assessor may reach, also of open weights: "
                "whoever hosts them for you. It is asked at once, and its answers are bound. "
                "Sealed.",
                needed=False,
                most=500,
            ),
            _KEY,
            _WEIGHTS,
            Field(
                "artefact",
                "Where a public artefact is found",
                "For open weights: an address that anybody can fetch it from.",
                needed=False,
                most=500,
            ),
            Field(
                "access",
                "What the assessor sees",
                "The endpoint only: nothing behind it is seen, and the result says that a model "
                "which holds back may go unnoticed. The weights: their digest is given, and no "
                "review begins if you strike cybersecurity or intellectual property.",
                kind="choice",
                options={
                    "black-box": "the endpoint only",
                    "grey-box": "more than the endpoint, but not the weights",
                    "weights": "the weights",
                },
                default="black-box",
            ),
            Field(
                "safeguards",
                "The safeguard variant",
                "Which safeguards are on in what you submit.",
                default="none",
            ),
        ),
    ),
    Act(
        "request-review",
        ("developer",),
        "review_requested",
        "Ask for a review",
        "A review is yours to ask for, and nobody else’s. It opens an access window of at most 30 "
        "days and ends in findings that reach you first.",
        "Ask for a review",
        "Next the assessor offers six clauses. You answer each on its own.",
        _request,
    ),
    Act(
        "answer-terms",
        ("developer",),
        "terms_answered",
        "Answer the six clauses",
        "Accept or strike each clause on its own. Striking one ends nothing: it limits what the "
        "review may do, and the system keeps to that limit.",
        "Answer",
        "Next you open the access window, when you are ready.",
        _answer,
        tuple(
            Field(
                clause,
                _CLAUSE_NAMES[clause],
                kind="choice",
                options={"accepted": "Accept", "struck": "Strike"},
            )
            for clause in CLAUSES
        ),
    ),
    Act(
        "open-window",
        ("developer",),
        "window_opened",
        "Open the access window",
        "Access begins now and ends by itself on the day on which you plan to release to other "
        "trusted partners: at most 30 days from now. Nobody has to remember it.",
        "Open the window",
        "Next the assessor plans the deeper evaluation. You may withdraw at any time.",
        _open,
        (
            Field(
                "partner_release",
                "Planned release to other trusted partners",
                "The window ends then.",
                kind="time",
            ),
            Field(
                "public_release",
                "Planned public release",
                "Recorded, and not the same day. Empty: seven days later.",
                kind="time",
                needed=False,
            ),
            Field(
                "maximum_days",
                "The most days that you agreed on",
                "30, or fewer.",
                kind="number",
                low=1,
                high=MAXIMUM_DAYS,
                default=MAXIMUM_DAYS,
            ),
        ),
    ),
    Act(
        "receive-findings",
        ("developer",),
        "findings_received",
        "Confirm that you have the findings",
        "Before you confirm, no trusted partner can be given access.",
        "Confirm",
        "Next you and the assessor may choose trusted partners together.",
        _receive,
    ),
    Act(
        "answer-findings",
        ("developer",),
        "findings_answered",
        "Answer the findings",
        "You say of each finding what you do about it. Your newest answer counts, as a whole; it "
        "stands beside the findings and changes none of them.",
        "Answer",
        "What you call fixed, the assessor may test again on new items while the window is open.",
        _answer_findings,
        (
            Field(
                "answers",
                "Your answers",
                "FINDING=ANSWER, one a line, and what you say of it; an answer is acknowledged, "
                "disputed or fixed. Lines that go on with a text are indented.",
                kind="area",
                most=20_000,
            ),
            Field(
                "checkpoint",
                "The version in which it is fixed",
                "Its own name. It is another one than the one that you submitted.",
                needed=False,
            ),
            Field(
                "safeguards",
                "The safeguard variant of that version",
                "Empty: as before.",
                needed=False,
            ),
            Field(
                "model",
                "The model’s name of that version",
                "Empty: as before.",
                needed=False,
            ),
            Field(
                "endpoint",
                "The endpoint’s address of that version",
                "Empty: as before, unless the name above is of another provider. Sealed.",
                needed=False,
                most=500,
            ),
            Field(
                **{
                    **vars(_KEY),
                    "hint": "Empty: as before, where the address is. It goes straight into the "
                    "vault and is never shown again.",
                }
            ),
            _WEIGHTS,
        ),
    ),
    Act(
        "withdraw",
        ("developer",),
        "withdrawal",
        "Withdraw",
        "You may leave at any moment, without giving a reason and without a mark against you. "
        "Access ends at once, and a run under way is ended.",
        "Withdraw",
        "What was open is closed by the system.",
        _withdraw,
        grave=True,
    ),
    Act(
        "determine",
        ("assessor",),
        "determined_covered",
        "State the determination",
        "The outcome is computed from the registered plan and the outcomes of its run: there is "
        "nothing to choose. You state who decided and who was consulted.",
        "State it",
        "The developer, who asked, reads the outcome in it. Next you decide what more of the "
        "result is disclosed, and to whom.",
        _determine,
        (
            Field(
                "consulted",
                "Who was consulted",
                "One name a line.",
                kind="area",
                needed=False,
                most=2000,
            ),
        ),
    ),
    Act(
        "decide-held",
        ("assessor",),
        "scores_decided",
        "Decide held scores",
        "The scan marked these answers, so they count as missing until a person has looked. What "
        "the oracle said stands: no decision makes an item solved that it did not accept.",
        "Decide",
        "What you decided and what the oracle said both stay in the record.",
        _decide_held,
        (
            Field(
                "decisions",
                "Decisions",
                "ITEM=OUTCOME, one a line; an outcome is solved, failed or missing.",
                kind="area",
                most=20_000,
            ),
            Field("reason", "Why", kind="area", most=1000),
        ),
    ),
    Act(
        "disclose",
        ("assessor",),
        "disclosure",
        "Disclose a result",
        "Each disclosure is a decision of its own, for one recipient, with what is left out.",
        "Disclose",
        "The developer, and a trusted partner of the case, can then read it here. Anybody else you "
        "tell yourself: what is registered is that you decided to.",
        _disclose,
        (
            Field(
                "recipient",
                "To whom",
                "“developer” is the case’s own developer. A trusted partner is called what it is "
                "called here.",
                default="developer",
            ),
            Field(
                "result",
                "Which result",
                kind="choice",
                options={"determination": "the determination", "findings": "the findings"},
                default="determination",
            ),
            Field(
                "redactions",
                "What is left out",
                kind="choices",
                needed=False,
                default=list(TELLS_THE_CUT),
                options={
                    "threshold": "the threshold",
                    "plan": "the list of items",
                    "evidence": "the evidence and its path",
                    "transcripts": "the transcripts",
                },
            ),
            Field("reason", "Why", kind="area", most=1000),
        ),
    ),
    Act(
        "offer-terms",
        ("assessor",),
        "terms_offered",
        "Offer the six clauses",
        "Each clause is separate. The developer accepts or strikes each on its own.",
        "Offer",
        "Next the developer answers.",
        _offer,
        tuple(
            Field(clause, _CLAUSE_NAMES[clause], kind="area", most=2000, default=OFFER[clause][0])
            for clause in CLAUSES
        ),
    ),
    Act(
        "deliver-findings",
        ("assessor",),
        "findings",
        "Deliver the findings",
        "The findings of the run reach the developer first, each with its severity, its interval "
        "and what to do about it.",
        "Deliver",
        "Next the developer confirms that it has them.",
        _deliver,
    ),
    Act(
        "grant-partner",
        ("developer", "assessor"),
        "partner_access",
        "Choose a trusted partner",
        "Developer and assessor choose together: both sign the same statement. Access ends with "
        "the window, or sooner.",
        "Propose",
        "Next the other of you signs; then the partner accepts.",
        _grant,
        (
            Field(
                "partner",
                "The partner",
                "Its name and sector are stated as they stand here.",
                kind="choice",
            ),
            Field("purpose", "What the access is for", kind="area", most=1000),
            Field(
                "criteria",
                "By what you chose it",
                "Empty: the published criteria, as you both judge them.",
                kind="area",
                needed=False,
                most=1000,
            ),
            Field(
                "ends",
                "When it ends",
                "Empty: with the window.",
                kind="time",
                needed=False,
            ),
        ),
    ),
    Act(
        "accept-partner",
        ("partner",),
        "partner_accepted",
        "Accept the access",
        "You take the access for the purpose that is stated, until the day that is stated.",
        "Accept",
        "Your use of the access is logged for the developer to see.",
        _accept,
    ),
    Act(
        "close-window",
        ("registrar",),
        "window_closed",
        "Close the window",
        "Every access is revoked. The window closes by itself on its day.",
        "Close the window",
        "What is still owed to the developer stays owed.",
        _close,
        grave=True,
    ),
    Act(
        "commit-bank",
        ("body",),
        "",
        "Commit to a sealed bank",
        "A random seed is drawn and kept in the vault; the log gets a commitment to it, to the "
        "code that makes the items, and to the day on which it is opened.",
        "Draft it",
        "It is registered once enough of the owning bodies have signed. Then its threshold is set.",
        _commit_bank,
        (_OPEN_BY,),
        begins=True,
        clear=True,
        allowed="threshold",
    ),
    Act(
        "commit-threshold",
        ("body",),
        "",
        "Set the threshold",
        "It is drawn near the middle of the scale, so that nobody chose it, and fixed for this "
        "version of the bank, for every submission alike. It can’t be changed after.",
        "Draft it",
        "It is registered once enough of the owning bodies have signed.",
        _commit_threshold,
        (
            _OPEN_BY,
            Field(
                "consulted",
                "Who was consulted",
                "One name a line.",
                kind="area",
                needed=False,
                most=2000,
            ),
        ),
        begins=True,
        clear=True,
        grave=True,
        allowed="threshold",
    ),
    Act(
        "open-commitment",
        ("body",),
        "",
        "Open a commitment to everybody",
        "From then on anybody can make every item again, check every score, and replay every "
        "determination; and nothing more is measured by it, also if a later day was promised.",
        "Draft it",
        "It is published once enough of the owning bodies have signed, for ever.",
        _open_commitment,
        (Field("of", "The commitment", "The digest of its statement.", kind="digest"),),
        begins=True,
        clear=True,
        grave=True,
    ),
    Act(
        "retire-bank",
        ("body",),
        "",
        "Retire a bank version",
        "No new submission is measured by it. What was submitted before goes on to its end.",
        "Draft it",
        "It is still to be opened on the day that was promised.",
        _retire,
        (
            Field("of", "The bank version", "The digest of its statement.", kind="digest"),
            Field("reason", "Why", kind="area", most=1000),
        ),
        begins=True,
        clear=True,
        grave=True,
        allowed="threshold",
    ),
)

ACTS: Mapping[str, Act] = {act.name: act for act in _ACTS}
"""Every act by its name; the order is that of a case."""


def act_named(name: str) -> Act:
    """The act. Raises NotThereError if there is none of that name."""
    act = ACTS.get(name)
    if act is None:
        raise NotThereError("There is nothing of that name to be done.")
    return act


def open_acts(case: Case, role: str, party: str = "") -> tuple[Act, ...]:
    """What ``role`` may do where the case stands: its own moves first, leaving last.

    A partner takes what ``party`` (a keyid) was given and has not taken; without one, what anybody.
    """
    found = [
        act
        for act in ACTS.values()
        if role in act.roles and act.open_to(case) and not struck_for(act.name, case)
    ]
    found = [act for act in found if not _nothing_to_do(act, case, party)]
    return tuple(sorted(found, key=lambda act: act.grave))


def _nothing_to_do(act: Act, case: Case, party: str) -> bool:
    inquiry = case.last("inquiry")
    sponsored = inquiry is not None and inquiry.predicate["party"]["standing"] == "sponsor"
    unreceived = case.last("findings-received") is None
    given = {entry.predicate["partnerKey"] for entry in not_taken(case)}
    return (
        (act.name == "request-review" and sponsored)
        or (act.name == "answer-findings" and unreceived)
        or (act.name == "accept-partner" and not (party in given if party else given))
    )


STRIKES: Mapping[str, str] = {
    "grant-partner": "partner_access",
    "open-window": "access_to_weights",
    "plan": "run_for_findings",
}
"""An act, or an errand, that a struck clause can rule out as a whole → what terms call it (R4)."""


def struck_for(name: str, case: Case) -> str:
    """The struck clause that rules an act or errand out in this case, or nothing."""
    answered = case.last("terms-answered")
    if answered is None or name not in STRIKES:
        return ""
    if name == "open-window" and case.need("submission").predicate["accessLevel"] != "weights":
        return ""
    return terms.limits(answered.predicate["answers"]).get(STRIKES[name], "")


def check_open(act: Act, case: Case) -> None:
    """Raise RefusedError unless the rules know the act where the case stands, and no clause that it
    needs was struck.
    """
    if not act.begins and act.open_to(case) and struck_for(act.name, case):
        answers = case.need("terms-answered").predicate["answers"]
        terms.require(answers, STRIKES[act.name], offer="terms_offered" in CASE[case.state])
    if not act.begins and not act.open_to(case):
        allowed = [say(one.title) for one in ACTS.values() if one.open_to(case)]
        raise RefusedError(
            say("“%(title)s” is not possible where the case stands.", title=say(act.title)),
            rule="R1, R2",
            hint=say(
                "Possible now: %(acts)s.",
                acts=joined("; ", allowed) if allowed else say("nothing, the case has ended"),
            ),
        )
