# SPDX-License-Identifier: Apache-2.0
"""The fold of a case for people: statements and openings in, one `CaseView` out.

    view = case_view(case, record, {"3f…": {"name": "Example Lab", "contact": "…"}})
    view.headline.sentence      "This version of the model was determined to be a covered …"
    view.submission.model       Sealed("the model’s name", "9c…")

Every field comes from a statement or from an opening of one. What is not opened is `Sealed`, and
nothing is worked out around it: a sealed threshold is not read off an opened plan. Where an opening
and a statement disagree, both are shown and ``contradictions`` says so; to check commitments,
signatures and proofs is the affair of ``proofhouse verify``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from proofhouse.formats.predicates import CLAUSES, CLEAR
from proofhouse.rules import terms
from proofhouse.rules.audience import unnamed
from proofhouse.rules.party import is_some_of
from proofhouse.rules.registration import ANSWERS, Case, Entry, Record, decisions_of
from proofhouse.rules.retests import found_first, tested_again
from proofhouse.rules.runs import answers_alike
from proofhouse.said import say
from proofhouse.views import openings, plain, words
from proofhouse.views.contradictions import contradictions
from proofhouse.views.headline import headline
from proofhouse.views.values import (
    AnswersView,
    AnswerView,
    BankView,
    BudgetCurve,
    Budgets,
    CaseView,
    Clause,
    Design,
    DeterminationView,
    DisclosureView,
    Ending,
    FindingsView,
    ItemRow,
    LevelRow,
    Link,
    PartnerView,
    PlanView,
    RetestView,
    ReviewView,
    RunView,
    ScoreDecision,
    Sealed,
    Signature,
    Spent,
    Standing,
    SubmissionView,
    ThresholdView,
    WindowView,
)

T = TypeVar("T")


def case_view(
    case: Case, record: Record, opened: Mapping[str, Any], standing: Standing | None = None
) -> CaseView:
    """What a person is shown of ``case``.

    ``record`` holds the clear statements that came with it, ``opened`` maps the SHA-256 of a salted
    field or a commitment to its value, ``standing`` is what else is known (custody, witnesses,
    names of keys). Without it the reading claims nothing of the kind. Never raises on what a
    registered statement or an opening may hold.
    """
    return _Fold(case, record, opened, standing or Standing()).view()


def decided_run(view: CaseView) -> RunView | None:
    """The run behind the determination, or the newest one for it if none is stated yet."""
    runs = [run for run in view.runs if run.plan.purpose == "determination"]
    return runs[-1] if runs else None


class _Fold:
    """One case with what came beside it."""

    def __init__(
        self, case: Case, record: Record, opened: Mapping[str, Any], standing: Standing
    ) -> None:
        self.case, self.record, self.opened = case, record, opened
        self.standing = standing

    def view(self) -> CaseView:
        inquiry = self.case.last("inquiry")
        bank = self._bank()
        submission, threshold = self._submission(), self._threshold()
        runs, determination, review = self._runs(), self._determination(), self._review()
        ended = [run.ending for run in runs if run.plan.purpose == "determination" and run.ending]
        plans = [e for e in self.case.all("plan") if e.predicate["purpose"] == "determination"]
        plan = self._plan(plans[-1]) if plans else None
        developer = self._open(inquiry, "developer", openings.developer) if inquiry else None
        return CaseView(
            case=self.case.id,
            state=self.case.state,
            headline=headline(self.case, bank, determination),
            developer=developer,
            inquired_at=inquiry.made_at if inquiry else None,
            capabilities=tuple(inquiry.predicate["capabilities"]) if inquiry else (),
            bank=bank,
            threshold=threshold,
            submission=submission,
            plan=plan,
            runs=runs,
            determination=determination,
            levels=_levels(determination, ended[-1] if ended else None),
            curve=_curve(determination, ended[-1] if ended else None),
            review=review,
            disclosures=tuple(self._disclosure(e) for e in self.case.all("disclosure")),
            chain=tuple(self._link(entry) for entry in self._entries()),
            limits=_limits(submission, determination, plan),
            sealed=tuple(
                value for entry in self._entries() for value in openings.sealed(self.opened, entry)
            ),
            contradictions=contradictions(
                self.case, self.record, self.opened, runs, determination, review
            ),
            standing=self._standing(),
        )

    def _open(self, entry: Entry, name: str, reader: Callable[[Any], T]) -> T | Sealed:
        return openings.read(self.opened, entry, name, reader)

    # ------------------------------------------------------------------- what it is measured by

    def _cited(self, name: str) -> Entry | None:
        """The clear statement of one predicate that the case cites."""
        field = name.removesuffix("-commitment")
        citing = self.case.last("submission") or self.case.last("inquiry")
        if citing is None or field not in citing.predicate:
            return None
        return self.record.get(citing.predicate[field], name)

    def _bank(self) -> BankView | None:
        entry = self._cited("bank-commitment")
        if entry is None:
            return None
        stated = entry.predicate
        return BankView(
            name=stated["bank"],
            version=stated["version"],
            track=stated["track"],
            capabilities=tuple(stated["capabilities"]),
            families=tuple(sorted(stated["families"].items())),
            statement=stated["statement"],
            owners=tuple(stated["owners"]),
            committed_at=stated["committedAt"],
            open_by=stated["openBy"],
        )

    def _threshold(self) -> ThresholdView | None:
        entry = self._cited("threshold-commitment")
        if entry is None:
            return None
        stated = entry.predicate
        return ThresholdView(
            dimensions=tuple(stated["dimensions"]),
            decided_by=self._deciders(entry),
            consulted=tuple(stated["consulted"]),
            committed_at=stated["committedAt"],
            open_by=stated["openBy"],
            cuts=self._open(entry, "threshold", openings.cuts),
        )

    def _deciders(self, entry: Entry) -> tuple[str, ...]:
        """Who decided it as it is stated; who signed it, if that was open when it was stated."""
        stated, names = tuple(entry.predicate["decidedBy"]), self.standing.names
        signed = entry.keyids("body")
        if is_some_of(stated) and signed and signed <= names.keys():
            return tuple(sorted(names[keyid] for keyid in signed))
        return stated

    # ------------------------------------------------------------------------------ the inquiry

    def _submission(self) -> SubmissionView | None:
        entry = self.case.last("submission")
        if entry is None:
            return None
        stated = entry.predicate
        fingerprint = stated["fingerprint"]
        return SubmissionView(
            checkpoint=stated["checkpoint"],
            model=self._open(entry, "model", openings.model),
            weights_digest=stated["weightsDigest"],
            fingerprint=(fingerprint["method"], fingerprint["digest"]) if fingerprint else None,
            access_level=stated["accessLevel"],
            safeguard_variant=stated["safeguardVariant"],
            submitted_at=stated["submittedAt"],
        )

    def _plan(self, entry: Entry) -> PlanView:
        stated, budgets, scaffold = (
            entry.predicate,
            entry.predicate["budgets"],
            entry.predicate["scaffold"],
        )
        return PlanView(
            purpose=stated["purpose"],
            item_count=stated["itemCount"],
            minimum_items=stated["minimumItems"],
            batch_size=stated["batchSize"],
            alpha_ppm=stated["alphaPpm"],
            beta_ppm=stated["betaPpm"],
            lower_micronats=stated["lowerMicronats"],
            upper_micronats=stated["upperMicronats"],
            budgets=Budgets(
                tokens_per_item=budgets["tokensPerItem"],
                turns_per_item=budgets["turnsPerItem"],
                seconds_per_item=budgets["secondsPerItem"],
                tokens=budgets["tokens"],
            ),
            scaffold=scaffold["name"],
            scaffold_version=scaffold["version"],
            tools=tuple(scaffold["tools"]),
            reference_models=tuple(stated["referenceModels"]),
            planned_at=stated["plannedAt"],
            items=self._open(entry, "plan", openings.plan_items),
            design=self._design(entry),
        )

    def _design(self, entry: Entry) -> Design | Sealed:
        """The design; what was simulated lies about the cut, so it stays shut while that is."""
        design, threshold = self._open(entry, "design", openings.design), self._threshold()
        if isinstance(design, Sealed):
            return design
        if threshold is not None and not isinstance(threshold.cuts, Sealed):
            return design
        played = tuple(
            replace(each, scenarios=tuple(replace(one, points=()) for one in each.scenarios))
            for each in design.simulations
        )
        return replace(design, simulations=played)

    def _runs(self) -> tuple[RunView, ...]:
        plans = {entry.digest: entry for entry in self.case.all("plan")}
        endings = {entry.predicate["run"]: entry for entry in self.case.all("run-ended")}
        return tuple(
            RunView(
                plan=self._plan(plans[entry.predicate["plan"]]),
                started_at=entry.made_at,
                harness=tuple(
                    (name, said)
                    for name, said in sorted(entry.predicate["harness"].items())
                    if name != ANSWERS
                ),
                ending=self._ending(endings[entry.digest]) if entry.digest in endings else None,
                answers_alike=answers_alike(self.case, entry),
            )
            for entry in self.case.all("run-started")
        )

    def _ending(self, entry: Entry) -> Ending:
        stated = entry.predicate
        return Ending(
            word=stated["ending"],
            reason=stated["reason"],
            solved=stated["solved"],
            failed=stated["failed"],
            missing=stated["missing"],
            held=stated["held"],
            reruns=stated["reruns"],
            attempts=stated["attempts"],
            input_tokens=stated["inputTokens"],
            output_tokens=stated["outputTokens"],
            milliseconds=stated["milliseconds"],
            transcripts=len(stated["transcripts"]),
            graded_by=stated["gradedBy"],
            ended_at=stated["endedAt"],
            items=self._items(entry),
            decided=self._decided(entry),
        )

    def _items(self, entry: Entry) -> tuple[ItemRow, ...] | Sealed:
        """The items as the run states them, each held one with what was decided of it."""
        items = self._open(entry, "outcomes", openings.outcomes)
        if isinstance(items, Sealed):
            return items
        told: dict[str, ScoreDecision] = {}
        for deciding in decisions_of(self.case, entry):
            opened = self._open(deciding, "decisions", openings.decisions)
            for one in () if isinstance(opened, Sealed) else opened:
                told.setdefault(one.item, replace(one, decided_at=deciding.made_at))
        return tuple(
            replace(item, decision=told[item.id]) if item.held and item.id in told else item
            for item in items
        )

    def _decided(self, entry: Entry) -> tuple[int, int, int]:
        stated = [one.predicate for one in decisions_of(self.case, entry)]
        solved, failed, missing = (
            sum(one[name] for one in stated) for name in ("solved", "failed", "missing")
        )
        return solved, failed, missing

    def _determination(self) -> DeterminationView | None:
        entry = self.case.last("determination")
        if entry is None:
            return None
        stated = entry.predicate
        return DeterminationView(
            outcome=stated["outcome"],
            reason=stated["reason"],
            items_used=stated["itemsUsed"],
            evidence=self._open(entry, "evidence", openings.evidence),
            ability=self._open(entry, "ability", openings.ability),
            beside=self._open(entry, "beside", openings.beside),
            graded_by=stated["gradedBy"],
            decided_by=tuple(stated["decidedBy"]),
            consulted=tuple(stated["consulted"]),
            limits=tuple(stated["limits"]),
            determined_at=stated["determinedAt"],
        )

    # ------------------------------------------------------------------------------- the review

    def _review(self) -> ReviewView | None:
        requested = self.case.last("review-requested")
        if requested is None:
            return None
        offer, answered = self.case.last("terms-offered"), self.case.last("terms-answered")
        # A new offer stands unanswered until somebody answers it, whatever was said to the last.
        if offer and answered and answered.predicate["offer"] != offer.digest:
            answered = None
        answers = answered.predicate["answers"] if answered else {}
        clauses = offer.predicate["clauses"] if offer else {}
        return ReviewView(
            requested_at=requested.made_at,
            offers=len(self.case.all("terms-offered")),
            clauses=tuple(
                Clause(key, clauses[key]["text"], clauses[key]["evidence"], answers.get(key))
                for key in CLAUSES
                if key in clauses
            ),
            ruled_out=tuple(sorted(terms.limits(answers).items())) if answers else (),
            window=self._window(),
            findings=self._findings(),
            partners=tuple(self._partner(entry) for entry in self.case.all("partner-access")),
        )

    def _window(self) -> WindowView | None:
        entry, closed = self.case.last("window-opened"), self.case.last("window-closed")
        if entry is None:
            return None
        stated = entry.predicate
        return WindowView(
            opens_at=stated["opensAt"],
            ends_at=stated["endsAt"],
            planned_partner_release_at=stated["plannedPartnerReleaseAt"],
            planned_public_release_at=stated["plannedPublicReleaseAt"],
            maximum_days=stated["maximumDays"],
            closed_at=closed.made_at if closed else None,
            closed_because=closed.predicate["reason"] if closed else None,
            revoked=len(closed.predicate["revoked"]) if closed else 0,
        )

    def _findings(self) -> FindingsView | None:
        """The newest findings that test nothing again, with all that became of them."""
        entry = found_first(self.case)
        if entry is None:
            return None
        return FindingsView(
            count=entry.predicate["count"],
            graded_by=entry.predicate["gradedBy"],
            delivered_at=entry.made_at,
            received_at=self._received(entry),
            found=self._open(entry, "findings", openings.found),
            answers=self._answers(),
            retests=tuple(
                self._retest(again, asked["findings"])
                for again in self.case.all("findings")
                if (asked := tested_again(self.case, again)) is not None
            ),
        )

    def _received(self, entry: Entry) -> str | None:
        received = self.case.all("findings-received")
        return next((e.made_at for e in received if e.predicate["findings"] == entry.digest), None)

    def _retest(self, entry: Entry, names: Sequence[str]) -> RetestView:
        return RetestView(
            findings=tuple(names),
            graded_by=entry.predicate["gradedBy"],
            delivered_at=entry.made_at,
            received_at=self._received(entry),
            retested=self._open(entry, "findings", openings.retested),
        )

    def _answers(self) -> AnswersView | None:
        entry = self.case.last("findings-answered")
        if entry is None:
            return None
        said, version = self._open(entry, "said", openings.said), entry.predicate["version"] or {}
        fingerprint = version.get("fingerprint")
        return AnswersView(
            answers=tuple(
                AnswerView(
                    one["finding"],
                    one["answer"],
                    said if isinstance(said, Sealed) else said.get(one["finding"]),
                )
                for one in entry.predicate["answers"]
            ),
            answered_at=entry.made_at,
            checkpoint=version.get("checkpoint"),
            weights_digest=version.get("weightsDigest"),
            fingerprint=(fingerprint["method"], fingerprint["digest"]) if fingerprint else None,
        )

    def _partner(self, entry: Entry) -> PartnerView:
        closed = self.case.last("window-closed")
        accepted = [
            e for e in self.case.all("partner-accepted") if e.predicate["access"] == entry.digest
        ]
        return PartnerView(
            partner=self._open(entry, "partner", openings.partner),
            key=entry.predicate["partnerKey"],
            purpose=entry.predicate["purpose"],
            criteria=entry.predicate["criteria"],
            granted_at=entry.made_at,
            ends_at=entry.predicate["endsAt"],
            accepted_at=accepted[0].made_at if accepted else None,
            revoked=closed is not None and entry.digest in closed.predicate["revoked"],
        )

    def _disclosure(self, entry: Entry) -> DisclosureView:
        of = next(e for e in self.case.entries if e.digest == entry.predicate["of"])
        return DisclosureView(
            of=of.name,
            recipient=entry.predicate["recipient"],
            redactions=tuple(entry.predicate["redactions"]),
            reason=entry.predicate["reason"],
            disclosed_at=entry.made_at,
        )

    # ------------------------------------------------------------------------------- the record

    def _entries(self) -> tuple[Entry, ...]:
        """The case and the clear statements that it cites, in the order of the log."""
        clear = [self._cited(name) for name in ("bank-commitment", "threshold-commitment")]
        clear += self.record.named("log-opened")
        stated = self.case.last("determination")
        if stated is not None:
            clear.append(self.record.get(stated.predicate["notice"], "determination-notice"))
        if not self.case.entries:
            clear = list(self.record.clear.values())
        entries = [*self.case.entries, *(entry for entry in clear if entry is not None)]
        return tuple(sorted(entries, key=lambda entry: entry.index))

    def _link(self, entry: Entry) -> Link:
        hidden, names = unnamed(self.case, self.opened), self.standing.names
        signatures = [
            Signature(s.role, s.keyid, "" if s.keyid in hidden else names.get(s.keyid, ""))
            for s in entry.signers
        ]
        return Link(
            index=entry.index,
            digest=entry.digest,
            name=entry.name,
            title=say(words.STATEMENTS[entry.name]),
            detail=_detail(entry) + _recorded(entry),
            signatures=tuple(sorted(signatures, key=lambda s: (s.role, s.name, s.keyid))),
            made_at=entry.made_at,
            clear=entry.name in CLEAR,
        )

    def _standing(self) -> Standing:
        """What is given; one home holds every key if either the policy or the log says so."""
        stated = [entry.predicate["custody"] for entry in self.record.named("log-opened")]
        if self.standing.custody != "single" and stated:
            return replace(self.standing, custody=stated[0])
        return self.standing


def _levels(stated: DeterminationView | None, ending: Ending | None) -> tuple[LevelRow, ...]:
    """By level of each family: as stated, or counted if only the outcomes are opened."""
    if stated is not None and not isinstance(stated.ability, Sealed):
        rows = [row for ability in stated.ability for row in ability.levels]
        return tuple(sorted(rows, key=lambda row: (row.family, row.level)))
    if ending is None or isinstance(ending.items, Sealed):
        return ()
    named = [(item.id.partition("/")[0], item.level, item.counts_as) for item in ending.items]
    counts = Counter(named)
    return tuple(
        LevelRow(
            family=family,
            level=level,
            solved=counts[family, level, "solved"],
            failed=counts[family, level, "failed"],
            missing=counts[family, level, "missing"],
            low_ppm=None,
            high_ppm=None,
        )
        for family, level in sorted({(family, level) for family, level, _ in named})
    )


def _curve(stated: DeterminationView | None, ending: Ending | None) -> BudgetCurve | None:
    """Solved items by tokens: as stated, or counted from the outcomes if only they are opened."""
    if stated is not None and not isinstance(stated.beside, Sealed):
        return stated.beside.curve
    if ending is None or isinstance(ending.items, Sealed) or not ending.items:
        return None
    spent = sorted(item.tokens for item in ending.items if item.counts_as == "solved")
    solved = {tokens: place for place, tokens in enumerate(spent, 1)}
    return BudgetCurve(
        len(ending.items), tuple(Spent(tokens, place) for tokens, place in solved.items())
    )


def _limits(
    submission: SubmissionView | None, stated: DeterminationView | None, plan: PlanView | None
) -> tuple[str, ...]:
    """The limits that hold for this case; the determination's own stand beside them."""
    found = [say(words.BINDING)] if submission else []
    if submission:
        found.append(say(words.ACCESS[submission.access_level][1]))
    if submission and submission.weights_digest is None:
        found.append(
            say(
                "No digest of the weights was given: the model is bound by its "
                "behaviour alone, and a later model is compared with it by statistics."
            )
        )
    if plan:
        found.append(say(words.FLOOR))
    if stated and stated.graded_by == "developer":
        found.append(say("The developer graded the answers itself; nobody else did."))
    found.append(say(words.NO_ABSENCE))
    return tuple(found)


def _recorded(entry: Entry) -> str:
    """That somebody of the house recorded the statement for its maker, if it says so."""
    by = entry.predicate.get("recordedBy")
    return "" if by is None else say(" (recorded by %(by)s)", by=plain.one_line(by, 120))


def _detail(entry: Entry) -> str:
    """The one fact of a statement that a reader of the list looks for."""
    stated = entry.predicate
    told: dict[str, Callable[[], str]] = {
        "log-opened": lambda: say("custody: %(custody)s", custody=say(stated["custody"])),
        "bank-commitment": lambda: say(
            "%(bank)s, version %(version)s",
            bank=plain.one_line(stated["bank"], 60),
            version=stated["version"],
        ),
        "opening": lambda: str(stated["field"]),
        "bank-retirement": lambda: plain.one_line(stated["reason"], 60),
        "key-changed": lambda: f"{say(stated['role'])}: {say(stated['reason'])}",
        "inquiry": lambda: _party(stated["party"]),
        "plan": lambda: (
            f"{say(words.PURPOSES[stated['purpose']]).lower()}, "
            f"{plain.counted(stated['itemCount'], 'item')}"
        ),
        "run-ended": lambda: say(words.ENDINGS[stated["ending"]]).lower(),
        "scores-decided": lambda: _scores(stated),
        "determination": lambda: stated["outcome"],
        "disclosure": lambda: say(
            "to %(recipient)s", recipient=plain.one_line(stated["recipient"], 60)
        ),
        "terms-answered": lambda: _accepted(stated["answers"]),
        "window-opened": lambda: say("until %(ends_at)s", ends_at=plain.day(stated["endsAt"])),
        "findings": lambda: plain.counted(stated["count"], "finding"),
        "window-closed": lambda: say("%(revoked)s revoked", revoked=len(stated["revoked"])),
    }
    return told[entry.name]() if entry.name in told else ""


def _party(party: Mapping[str, Any]) -> str:
    """Who speaks for the developer, where it is not one developer alone (R18)."""
    if party["standing"] == "stewards":
        return say(
            "%(needed)s of %(keys)s stewards sign", needed=party["needed"], keys=len(party["keys"])
        )
    return say("by a sponsor") if party["standing"] == "sponsor" else ""


def _scores(stated: Mapping[str, Any]) -> str:
    """How the decided scores count, those of no item left out."""
    told = ((name, stated[name]) for name in ("solved", "failed", "missing"))
    return ", ".join(f"{number} {say(name)}" for name, number in told if number)


def _accepted(answers: Mapping[str, str]) -> str:
    accepted = sum(answer == "accepted" for answer in answers.values())
    return say(
        "%(accepted)s of %(answers)s clauses accepted", accepted=accepted, answers=len(answers)
    )
