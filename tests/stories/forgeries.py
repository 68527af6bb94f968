# SPDX-License-Identifier: Apache-2.0
"""What one who holds every key could try, each with the reason for which ``verify`` refuses it.

    FORGERIES["a-lower-cut"].change(forger)      spoils the honest case that ``forger`` took apart

``tools/forgeries.py`` writes each as a vector for any implementation (vectors/forgeries).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofhouse.rules.determination import log_likelihood_weights
from proofhouse.rules.window import parse_time, print_time
from stories.forger import Forger
from stories.held import HELD
from stories.retested import RETESTED

CASE = "c5" * 32
"""The plain review; ``stories.held.HELD`` and ``stories.retested.RETESTED`` are the others."""

Change = Callable[[Forger], Any]


@dataclass(frozen=True)
class Forgery:
    """``story``: what is forged and to what end; ``reason``: words of the refusal.

    ``case`` is the honest one that is spoilt: a plain review, one with held scores, or one whose
    findings were tested again.
    """

    story: str
    change: Change
    reason: str
    case: str = CASE


# ---------------------------------------------------------------------------- ways of changing


def _set(name: str, nth: int = 0, **fields: Any) -> Change:
    return lambda forger: forger.edit(name, lambda predicate: predicate.update(fields), nth)


def _open(name: str, key: str, change: Callable[[Any], Any], nth: int = 0) -> Change:
    return lambda forger: forger.open_as(name, key, change, nth)


def _all(*changes: Change) -> Change:
    def change(forger: Forger) -> None:
        for each in changes:
            each(forger)

    return change


def _raise_a_level(plan: Any) -> None:
    """The first item is called one of a level that no family has, by the right name."""
    item = plan["items"][0]
    item.update(id=f"{item['family']}/7/{item['index']:02d}", level=7)


def _inquiry(*changes: Change) -> Change:
    """Of the inquiry alone: nothing of the review is shown."""
    return _all(lambda forger: forger.cut("determination"), *changes)


def _put(*path: Any, value: Any) -> Callable[[Any], None]:
    """Put ``value`` where ``path`` leads; a function gets what was there."""

    def change(whole: Any) -> None:
        for step in path[:-1]:
            whole = whole[step]
        whole[path[-1]] = value(whole[path[-1]]) if callable(value) else value

    return change


def _ability(*path: Any, value: Any) -> Change:
    return _inquiry(_open("determination", "ability", _put(*path, value=value)))


def _found(*path: Any, value: Any) -> Change:
    return _open("findings", "findings", _put(*path, value=value))


def _outcomes(change: Callable[[Any], Any], nth: int = 0) -> Change:
    return _open("run-ended", "outcomes", change, nth)


# ------------------------------------------------------------------------- changes of their own


def _flip(name: str, nth: int) -> Change:
    """One solved item becomes a failed one, and the statement's counts follow."""

    def flip(value: Any) -> None:
        next(i for i in value["items"] if i["outcome"] == "solved")["outcome"] = "failed"

    return _all(
        _outcomes(flip, nth),
        lambda f: f.edit(
            name, lambda p: p.update(solved=p["solved"] - 1, failed=p["failed"] + 1), nth
        ),
    )


def _drop_a_run(forger: Forger) -> None:
    forger.drop("run-ended")
    forger.drop("run-started")


def _partner_before_findings(forger: Forger) -> None:
    forger.move("partner-accepted", before="findings")
    forger.move("partner-access", before="partner-accepted")


def _another_subject(forger: Forger) -> None:
    forger.find("bank-commitment").subject = ("bank", "ee" * 32)


def _stray_bank(forger: Forger) -> None:
    forger.repeat("bank-commitment", after="threshold-commitment")
    forger.edit("bank-commitment", lambda predicate: predicate.update(version=9), nth=1)


def _drop_the_determination(forger: Forger) -> None:
    forger.cut("determination")
    forger.drop("determination")
    forger.forget()


def _reverse_outcomes(forger: Forger) -> None:
    forger.cut("determination")
    forger.open_as("run-ended", "outcomes", lambda value: value["items"].reverse())
    forger.edit("run-ended", lambda predicate: predicate["transcripts"].reverse())


def _swap_transcripts(forger: Forger) -> None:
    forger.cut("determination")
    forger.edit("run-ended", lambda predicate: predicate["transcripts"].reverse())


def _rename_outcome(forger: Forger) -> None:
    forger.cut("determination")
    forger.open_as("run-ended", "outcomes", _put("items", 0, "id", value="memory-flaw/1/99"))


def _ease_one_item(forger: Forger) -> None:
    """A late item, which the run never reached, gets another difficulty than its level's others."""

    def ease(plan: Any) -> None:
        levels = [item["level"] for item in plan["items"]]
        item = next(item for item in reversed(plan["items"]) if levels.count(item["level"]) > 1)
        item["difficultyMicrologits"] += 1
        item["solvedMicronats"], item["failedMicronats"] = log_likelihood_weights(
            item["difficultyMicrologits"],
            item["slopePpm"],
            plan["cutMicrologits"],
            plan["zoneMicrologits"],
        )

    forger.cut("determination")
    forger.open_as("plan", "plan", ease)


def _plan_of_another_kind(to: int) -> Change:
    """The plan of one purpose opens as the plan of the other."""

    def change(forger: Forger) -> None:
        other = forger.opened("plan", "plan", 1 - to)

        def become(value: Any) -> None:
            value.clear()
            value.update(other)

        forger.open_as("plan", "plan", become, nth=to)

    return change


def _meet_an_item_twice(forger: Forger) -> None:
    """The deeper run takes an item that the model has met before."""
    met = forger.opened("run-ended", "outcomes")["items"][0]
    family, level, index = met["id"].split("/")
    planned = {"family": family, "level": int(level), "index": int(index)}
    forger.open_as("plan", "plan", lambda v: v["items"][0].update(id=met["id"], **planned), 1)
    same = {"id": met["id"], "level": int(level)}
    forger.open_as("run-ended", "outcomes", lambda v: v["items"][0].update(same), 1)


def _leave_out_an_item(forger: Forger) -> None:
    """The deeper run leaves its last item unreported."""
    outcome = forger.opened("run-ended", "outcomes", 1)["items"][-1]["outcome"]

    def leave_out(value: Any) -> None:
        value["items"].pop()

    def count(predicate: dict[str, Any]) -> None:
        predicate[outcome] -= 1
        predicate["transcripts"].pop()

    forger.open_as("run-ended", "outcomes", leave_out, nth=1)
    forger.edit("run-ended", count, nth=1)


def _lift_the_evidence(forger: Forger) -> None:
    """The plan is sealed, and the evidence ends between the boundaries."""

    def end_at_zero(value: Any) -> None:
        value["lowMicronats"] = value["trajectory"][-1]["lowMicronats"] = 0

    forger.cut("determination")
    forger.seal("plan", "plan")
    forger.open_as("determination", "evidence", end_at_zero)


def _leave_out_a_finding(forger: Forger) -> None:
    forger.open_as("findings", "findings", lambda value: value["findings"].pop())
    forger.edit("findings", lambda predicate: predicate.update(count=predicate["count"] - 1))


def _move_between_levels(forger: Forger) -> None:
    """One solved item is told of another level; the sums stay."""

    def move(value: Any) -> None:
        row = [row for row in value["byLevel"] if row["solved"]][-1]
        others = [other for other in value["byLevel"] if other is not row]
        if not others:
            row["level"] = row["level"] % 6 + 1
            return
        others[0]["items"], row["items"] = others[0]["items"] + 1, row["items"] - 1
        others[0]["solved"], row["solved"] = others[0]["solved"] + 1, row["solved"] - 1

    forger.cut("determination")
    forger.open_as("determination", "ability", move)


def _open_the_window_early(forger: Forger) -> None:
    answered = forger.find("terms-answered").predicate["answeredAt"]
    early = print_time(parse_time(answered) - 1)
    forger.edit("window-opened", lambda predicate: predicate.update(opensAt=early))


def _accept_after_the_end(forger: Forger) -> None:
    ends = forger.find("partner-access").predicate["endsAt"]
    forger.edit("partner-accepted", lambda predicate: predicate.update(acceptedAt=ends))


def _give_access_that_has_ended(forger: Forger) -> None:
    forger.edit("partner-access", lambda predicate: predicate.update(endsAt=predicate["grantedAt"]))


def _add_a_dimension(forger: Forger) -> None:
    """The committed threshold has a second cut."""

    def add(value: Any) -> None:
        labels = {"population": {"labels": 1_000_000}}
        value["dimensions"]["chemical"] = {**value["dimensions"]["cyber"], **labels}

    forger.edit("bank-commitment", lambda p: p["families"].update(labels=6))
    forger.edit("threshold-commitment", lambda p: p.update(dimensions=["chemical", "cyber"]))
    forger.open_as("threshold-commitment", "threshold", add)
    forger.open_as(
        "plan", "design", lambda v: v["population"].update(chemical={"labels": 1_000_000})
    )


def _share_a_transcript(forger: Forger) -> None:
    forger.cut("determination")
    first = forger.find("run-ended").predicate["transcripts"][0]
    forger.open_as("run-ended", "outcomes", _put("items", 1, "transcript", value=first))
    forger.edit("run-ended", _put("transcripts", 1, value=first))


def _withhold(name: str, key: str) -> Change:
    def change(forger: Forger) -> None:
        forger.seal(name, key)
        forger.audience = "inspector"

    return change


def _played(change: Callable[[Any], Any]) -> Change:
    return _inquiry(_open("plan", "design", lambda value: change(value["simulation"])))


def _always_covered(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sure = {"lowPpm": 0, "estimatePpm": 1_000_000, "highPpm": 1_000_000}
    return [{**point, "covered": {**point["covered"], **sure}} for point in points]


def _beside(*path: Any, value: Any) -> Change:
    return _inquiry(_open("determination", "beside", _put(*path, value=value)))


def _surer(value: Any) -> None:
    """Surer of items like these than of these."""
    low = value["benchmarkAccuracy"]["lowPpm"]
    value["generalisedAccuracy"]["lowPpm"] = low + 50_000


def _level_beside_its_share(value: Any) -> None:
    value["byLevelMethod"] = "own"
    value["byLevel"][-1].update(lowPpm=500_000, highPpm=500_000)


LATE, LATER = "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"
EARLY = "2001-01-01T00:00:00Z"
STOPPED = "endpoint unavailable"

CHAIN: dict[str, Forgery] = {
    "another-outcome": Forgery(
        "A covered model is said to be not covered.",
        _set("determination", outcome="NOT_COVERED"),
        "which contradict",
    ),
    "another-outcome-with-its-reason": Forgery(
        "A covered model is said to be not covered, for a reason that fits, and then reviewed.",
        _set("determination", outcome="NOT_COVERED", reason="lower boundary crossed"),
        "can't follow",
    ),
    "a-dropped-run": Forgery("A run is left out of the chain.", _drop_a_run, "can't follow"),
    "a-run-that-never-ended": Forgery(
        "A run's end is left out.", lambda f: f.drop("run-ended"), "can't follow"
    ),
    "a-partner-before-the-findings": Forgery(
        "A partner had access before the developer had the findings.",
        _partner_before_findings,
        "can't follow",
    ),
    "findings-that-nobody-received": Forgery(
        "A partner had access though the developer never received the findings.",
        lambda f: f.drop("findings-received"),
        "can't follow",
    ),
    "a-field-of-no-meaning": Forgery(
        "A mark against the developer is slipped into its inquiry.",
        _inquiry(_set("inquiry", mark="against")),
        "not known",
    ),
    "no-genesis": Forgery(
        "The statement that opened the log is left out.",
        _inquiry(lambda f: f.drop("log-opened")),
        "leaf 0",
    ),
}

SIGNERS: dict[str, Forgery] = {
    "a-determination-by-the-developer": Forgery(
        "The developer signs its own determination.",
        _inquiry(lambda f: f.resign("determination", "developer")),
        "signature",
    ),
    "a-submission-by-the-assessor": Forgery(
        "The assessor submits a model that nobody gave it.",
        _inquiry(lambda f: f.resign("submission", "assessor")),
        "signature",
    ),
    "a-partner-let-in-by-the-assessor-alone": Forgery(
        "The assessor lets a partner in without the developer.",
        lambda f: f.resign("partner-access", "assessor"),
        "role “developer”",
    ),
    "a-threshold-by-one-owner": Forgery(
        "One of the owners sets the threshold alone.",
        _inquiry(lambda f: f.resign("threshold-commitment", "body-1")),
        "needs 2 signature",
    ),
}

COMMITMENTS: dict[str, Forgery] = {
    "a-threshold-after-the-submission": Forgery(
        "The threshold was set when the submission was known.",
        _inquiry(lambda f: f.move("threshold-commitment", before="plan")),
        "not in the log",
    ),
    "a-second-threshold": Forgery(
        "The bank has two thresholds, to choose from.",
        _inquiry(lambda f: f.repeat("threshold-commitment", after="threshold-commitment")),
        "second threshold",
    ),
    "a-bank-dated-after-its-threshold": Forgery(
        "The bank stands before the threshold in the log, and was made after it by its own word.",
        _inquiry(_set("bank-commitment", committedAt=LATE, openBy=LATER)),
        "before the “bank-commitment”",
    ),
    "commitments-dated-after-the-submission": Forgery(
        "Bank and threshold stand before the case in the log, and were made after it by their "
        "own word.",
        _inquiry(
            _set("bank-commitment", committedAt=LATE, openBy=LATER),
            _set("threshold-commitment", committedAt=LATE, openBy=LATER),
        ),
        "before the “bank-commitment”",
    ),
    "a-threshold-dated-after-the-submission": Forgery(
        "The threshold stands before the submission in the log, and was made after it by its own "
        "word.",
        _inquiry(_set("threshold-commitment", committedAt=LATE, openBy=LATER)),
        "before the “threshold-commitment”",
    ),
    "a-bank-to-be-opened-before-it-was-made": Forgery(
        "The bank promises to be opened by a day that was past.",
        _inquiry(_set("bank-commitment", openBy=EARLY)),
        "to be opened by",
    ),
    "a-threshold-to-be-opened-before-it-was-made": Forgery(
        "The threshold promises to be opened by a day that was past.",
        _inquiry(_set("threshold-commitment", openBy=EARLY)),
        "to be opened by",
    ),
    "a-bank-about-something-else": Forgery(
        "The bank's statement is about another thing than the seed that it commits to.",
        _inquiry(_another_subject),
        "something else",
    ),
    "capabilities-beyond-the-closed-list": Forgery(
        "The inquiry consents to more than the bank's closed list.",
        _inquiry(_set("inquiry", capabilities=["everything"])),
        "closed list",
    ),
    "a-lower-cut": Forgery(
        "The plan's cut is not the committed threshold's.",
        _inquiry(
            _open(
                "threshold-commitment",
                "threshold",
                _put("dimensions", "cyber", "cutMicrologits", value=lambda v: v - 3_000_000),
            )
        ),
        "cut differs",
    ),
    "a-threshold-of-another-dimension": Forgery(
        "The threshold opens to a dimension that its commitment does not name.",
        _inquiry(
            _open(
                "threshold-commitment",
                "threshold",
                lambda v: v["dimensions"].update(chemical=v["dimensions"]["cyber"]),
            )
        ),
        "other dimensions",
    ),
    "a-population-that-is-not-whole": Forgery(
        "The weights of the threshold's population leave a tenth out.",
        _inquiry(
            _open(
                "threshold-commitment",
                "threshold",
                _put("dimensions", "cyber", "population", "memory-flaw", value=900_000),
            )
        ),
        "population",
    ),
    "a-bank-that-nothing-cites": Forgery(
        "A second bank stands in the bundle as if it had been used.",
        _inquiry(_stray_bank),
        "nothing in its case cites",
    ),
    "a-dimension-that-nobody-tests": Forgery(
        "The threshold has a second cut, and the plan tests the first alone.",
        _inquiry(_add_a_dimension),
        "boundaries that do not follow",
    ),
}

LOG: dict[str, Forgery] = {
    "a-log-of-another-key": Forgery(
        "The log was opened under another key than the one that signs it.",
        _inquiry(_set("log-opened", verifierKey="log.example+00000000+AQ==")),
        "another key than the policy's",
    ),
    "a-log-of-another-custody": Forgery(
        "One home holds every key, and the log says that they are held apart.",
        _inquiry(_set("log-opened", custody="separate")),
        "separate custody",
    ),
    "a-log-opened-after-its-statements": Forgery(
        "The log says that it was opened after what stands in it was made.",
        _inquiry(_set("log-opened", openedAt=LATE)),
        "before the log was opened",
    ),
}

TIMES: dict[str, Forgery] = {
    "a-statement-made-before-the-one-it-follows": Forgery(
        "A run started before it was planned, by its own word.",
        _inquiry(_set("run-started", startedAt=EARLY)),
        "before the statement",
    ),
    "the-year-nought": Forgery(
        "The bank was committed in the year 0000.",
        _inquiry(_set("bank-commitment", committedAt="0000-01-01T00:00:00Z")),
        "must be a UTC time",
    ),
    "a-day-that-does-not-exist": Forgery(
        "The threshold is to be opened on a 30th of February.",
        _inquiry(_set("threshold-commitment", openBy="2099-02-30T00:00:00Z")),
        "must be a UTC time",
    ),
    "a-window-of-31-days": Forgery(
        "The access window is longer than the order allows.",
        _set("window-opened", plannedPartnerReleaseAt=LATE, plannedPublicReleaseAt=LATE),
        "30 days",
    ),
    "a-maximum-above-30-days": Forgery(
        "The maximum of the window is raised.",
        _set("window-opened", maximumDays=31),
        "from 1 to 30",
    ),
    "an-end-that-is-not-the-window-s": Forgery(
        "Access is said to end later than the window.",
        _set("window-opened", endsAt=LATE),
        "access ends",
    ),
    "a-window-before-its-terms": Forgery(
        "Access is said to have begun before the terms were answered.",
        _open_the_window_early,
        "before its terms",
    ),
    "access-that-is-not-revoked": Forgery(
        "The window closes and a partner keeps its access.",
        lambda f: f.edit("window-closed", lambda p: p.update(revoked=p["revoked"][:1])),
        "revoke",
    ),
    "access-that-has-ended-when-given": Forgery(
        "A partner is given access for no time at all.",
        _give_access_that_has_ended,
        "has ended when it is given",
    ),
    "access-accepted-after-its-end": Forgery(
        "A partner takes up its access when it has ended.",
        _accept_after_the_end,
        "accepts access that has ended",
    ),
    "access-taken-twice": Forgery(
        "A partner takes up an access that it has taken already.",
        lambda f: f.repeat("partner-accepted", after="partner-accepted"),
        "takes no access that is given in the case and not taken yet",
    ),
}

PLANS: dict[str, Forgery] = {
    "fewer-than-ten-items": Forgery(
        "The plan would decide on five items.",
        _inquiry(_set("plan", minimumItems=5)),
        "fewer than 10",
    ),
    "other-boundaries": Forgery(
        "The plan's boundary is lower than its stated errors allow.",
        _inquiry(_set("plan", upperMicronats=1)),
        "do not follow from its alpha",
    ),
    "boundaries-of-a-plan-that-decides-nothing": Forgery(
        "The plan for findings states boundaries, as if it could decide.",
        _set("plan", 1, upperMicronats=1),
        "decides nothing",
    ),
    "a-minimum-above-all-items": Forgery(
        "The plan's minimum is more than it has items.",
        _inquiry(_set("plan", minimumItems=9_999)),
        "fewer items than its minimumItems",
    ),
    "a-minimum-that-the-plan-does-not-have": Forgery(
        "The statement's minimum is another than the plan's.",
        _inquiry(_set("plan", minimumItems=11)),
        "minimumItems of the plan differs",
    ),
    "a-plan-for-findings-that-decides": Forgery(
        "The plan for findings opens as a sequential test.",
        _plan_of_another_kind(1),
        "opens as a plan that decides",
    ),
    "a-determination-by-a-plan-for-findings": Forgery(
        "The plan of the determination opens as one for findings, without a test.",
        _all(_plan_of_another_kind(0), lambda f: f.cut("determination")),
        "opens as a plan for findings",
    ),
    "two-difficulties-of-one-level": Forgery(
        "One item is made easier than its level.",
        _ease_one_item,
        "two difficulties",
    ),
    "an-item-named-as-another": Forgery(
        "An item bears the name of another.",
        _open("plan", "plan", _put("items", 0, "id", value="memory-flaw/6/199"), 1),
        "calls the item",
    ),
    "a-level-that-the-bank-lacks": Forgery(
        "The plan lists a level above the bank's last.",
        _open("plan", "plan", _raise_a_level, 1),
        "does not have",
    ),
    "more-items-than-the-plan-lists": Forgery(
        "The plan opens to fewer items than its statement counts.",
        _open("plan", "plan", lambda v: v["items"].pop(), 1),
        "itemCount of the plan",
    ),
    "a-bound-below-its-estimate": Forgery(
        "The plan's simulation bounds an error below what it found.",
        _played(_put("scenarios", 0, "inconclusivePpm", value=1_000_000)),
        "below its own estimate",
    ),
    "a-simulation-of-one-run": Forgery(
        "The plan was played once.", _played(_put("runs", value=1)), "was played 1 times"
    ),
    "a-simulation-of-no-edge": Forgery(
        "The plan was played at neither edge of the zone.",
        _played(_put("scenarios", 0, "points", value=[])),
        "both edges of the zone",
    ),
    "a-simulation-that-contradicts-its-sum": Forgery(
        "The simulation finds errors at the edge, and sums up none.",
        _played(_put("scenarios", 0, "points", value=_always_covered)),
        "another error than it plays",
    ),
    "a-simulated-share-outside-its-interval": Forgery(
        "A simulated share lies outside its own interval.",
        _played(_put("scenarios", 0, "points", 0, "covered", "lowPpm", value=1_000_000)),
        "a share outside its own interval",
    ),
}

RUNS: dict[str, Forgery] = {
    "an-outcome-flipped": Forgery(
        "One solved item is told as failed.",
        _inquiry(_flip("run-ended", 0)),
        "differs",
    ),
    "outcomes-that-are-not-counted": Forgery(
        "Every item of the deeper run is told as failed, and counted as before.",
        _outcomes(lambda v: [i.update(outcome="failed") for i in v["items"]], 1),
        "count of solved items",
    ),
    "tokens-that-nobody-spent": Forgery(
        "The run says that it spent the plan's whole budget.",
        _inquiry(
            lambda f: f.edit(
                "run-ended",
                lambda p: p.update(inputTokens=f.find("plan").predicate["budgets"]["tokens"]),
            )
        ),
        "sum of inputTokens",
    ),
    "time-that-nobody-spent": Forgery(
        "The run says that it took another time than its items did.",
        _inquiry(_set("run-ended", milliseconds=1)),
        "sum of milliseconds",
    ),
    "a-transcript-left-out": Forgery(
        "The run lists fewer transcripts than its items have.",
        _inquiry(lambda f: f.edit("run-ended", lambda p: p["transcripts"].pop())),
        "number of transcripts",
    ),
    "transcripts-of-other-items": Forgery(
        "The run's transcripts are those of other items.", _swap_transcripts, "list of transcripts"
    ),
    "a-flagged-score-that-counts": Forgery(
        "A model that looked for the answer is given its score all the same.",
        _inquiry(_outcomes(_put("items", 0, "flags", value=["turn 1: searched for the answer"]))),
        "whose transcript was flagged",
    ),
    "held-scores-that-are-not-missing": Forgery(
        "A held score is counted.",
        _inquiry(_set("run-ended", held=1)),
        "does not count as missing",
    ),
    "a-run-that-nobody-attempted": Forgery(
        "Items are reported of a run that was never taken up.",
        _inquiry(_set("run-ended", attempts=0)),
        "nobody attempted",
    ),
    "an-item-at-another-level": Forgery(
        "A solved item is told of a higher level than its plan's.",
        _inquiry(_outcomes(_put("items", 0, "level", value=6))),
        "its plan at",
    ),
    "an-item-outside-the-plan": Forgery(
        "An item was run that the plan does not list.", _rename_outcome, "does not list"
    ),
    "outcomes-in-another-order": Forgery(
        "The outcomes are told in another order than the plan's.",
        _reverse_outcomes,
        "another order",
    ),
    "a-run-past-its-budget": Forgery(
        "The run went on when its budget was spent.",
        _inquiry(
            lambda f: f.edit("plan", lambda p: p["budgets"].update(tokens=1)),
        ),
        "after its budget",
    ),
    "an-item-met-twice": Forgery(
        "The deeper run takes an item that the model has met before.",
        _meet_an_item_twice,
        "met the same item",
    ),
    "a-deeper-run-that-lacks-an-item": Forgery(
        "The deeper run leaves a failed item out and calls itself complete.",
        _leave_out_an_item,
        "lacks items",
    ),
    "a-stop-after-the-boundary": Forgery(
        "A run that had crossed its boundary is said to have been stopped from outside.",
        _inquiry(_set("run-ended", ending="stopped", reason=STOPPED)),
        "had ended the test before",
    ),
    "a-budget-that-was-not-spent": Forgery(
        "A run is said to have been stopped because its budget was spent, and it was not.",
        _inquiry(_set("run-ended", ending="stopped", reason="budget spent")),
        "was stopped because its budget was spent",
    ),
    "a-stop-that-calls-itself-complete": Forgery(
        "A run that was stopped from outside calls itself complete.",
        _inquiry(_set("run-ended", reason=STOPPED)),
        "which is none of that",
    ),
    "an-answer-thrown-away": Forgery(
        "A run that had decided is said to have failed, and the test is made again.",
        _inquiry(
            lambda f: f.run_again(),
            _set("run-ended", ending="failed", reason="the endpoint broke"),
        ),
        "thrown away",
    ),
    "a-withdrawal-that-nobody-made": Forgery(
        "A run is said to have been stopped because the developer withdrew, who did not.",
        _inquiry(_set("run-ended", ending="stopped", reason="developer withdrew")),
        "who did not",
    ),
    "more-calls-than-turns": Forgery(
        "The model was asked far more often than the plan's turns allow.",
        _inquiry(_outcomes(_put("items", 0, "modelCalls", value=10**9))),
        "its plan's turns allow",
    ),
    "a-score-without-a-model": Forgery(
        "An item is told as solved, and no model was ever asked.",
        _inquiry(_outcomes(_put("items", 0, "modelCalls", value=0))),
        "no model was asked",
    ),
    "a-score-without-a-transcript": Forgery(
        "A solved item has no transcript to look at.",
        _inquiry(
            _outcomes(_put("items", 0, "transcript", value=None)),
            lambda f: f.edit("run-ended", lambda p: p["transcripts"].pop(0)),
        ),
        "no model was asked",
    ),
    "one-transcript-of-two-items": Forgery(
        "Two items bear one transcript.",
        _share_a_transcript,
        "one transcript for two items",
    ),
}

ANSWERS: dict[str, Forgery] = {
    "another-outcome-at-the-end": Forgery(
        "A covered model is said to be undecided, and the chain ends there.",
        _inquiry(
            _set("determination", outcome="INCONCLUSIVE", reason="bank exhausted"),
            _open("determination-notice", "determination", _put("outcome", value="INCONCLUSIVE")),
        ),
        "outcome differs",
    ),
    "another-reason": Forgery(
        "A determination for a reason that leads to another answer.",
        _inquiry(_set("determination", reason="bank exhausted")),
        "which contradict",
    ),
    "a-stop-that-the-run-does-not-know": Forgery(
        "A determination blames a stop of which its run says nothing.",
        _inquiry(_set("determination", outcome="INCONCLUSIVE", reason=STOPPED)),
        "another reason for the stop",
    ),
    "another-number-of-items": Forgery(
        "More items are said to have been used than were run.",
        _inquiry(_set("determination", itemsUsed=99)),
        "of a run that reports",
    ),
    "another-grader": Forgery(
        "What the assessor graded is said to have been graded independently.",
        _inquiry(_set("determination", gradedBy="independent")),
        "another gradedBy",
    ),
    "evidence-of-another-path": Forgery(
        "The evidence at the first batch is not what plan and outcomes give.",
        _inquiry(
            _open(
                "determination",
                "evidence",
                _put("trajectory", 0, "lowMicronats", value=lambda v: v - 1),
            )
        ),
        "evidence differs",
    ),
    "evidence-short-of-the-boundary": Forgery(
        "With the plan sealed, the evidence ends short of the boundary that it is said to cross.",
        _lift_the_evidence,
        "ends before that boundary",
    ),
    "a-notice-of-another-outcome": Forgery(
        "The public is told another outcome.",
        _inquiry(
            _open("determination-notice", "determination", _put("outcome", value="NOT_COVERED"))
        ),
        "tells another outcome",
    ),
    "a-notice-of-another-case": Forgery(
        "The public is told of another case.",
        _inquiry(_open("determination-notice", "determination", _put("case", value="ee" * 32))),
        "of another case",
    ),
    "a-notice-before-the-run": Forgery(
        "The outcome was published before the run that it is said to follow from.",
        _inquiry(lambda f: f.move("determination-notice", before="run-started")),
        "before the end of its run",
    ),
    "a-notice-without-its-determination": Forgery(
        "A determination was published, and the chain stops before it.",
        _drop_the_determination,
        "nothing in its case cites",
    ),
    "an-identity-bound-to-nothing": Forgery(
        "The submission binds to no model.",
        _inquiry(_set("submission", weightsDigest=None, fingerprint=None)),
        "binds to nothing",
    ),
    "outcomes-that-an-inspector-does-not-see": Forgery(
        "A bundle calls itself an inspector's and leaves the outcomes sealed.",
        _inquiry(_withhold("run-ended", "outcomes")),
        "opens everything but the bank's seed",
    ),
}

FIGURES: dict[str, Forgery] = {
    "an-ability-of-other-counts": Forgery(
        "The ability counts one solved item fewer than the run.",
        _ability("byLevel", 0, "solved", value=lambda v: v - 1),
        "number of solved items of the ability",
    ),
    "a-plan-that-was-not-simulated": Forgery(
        "The plan was registered without a simulation.",
        _open("plan", "design", _put("simulation", value=None)),
        "not simulated",
    ),
    "a-plan-with-a-larger-error": Forgery(
        "The plan's own simulation shows a larger error than it declares.",
        _open(
            "plan",
            "design",
            _put("simulation", "scenarios", 0, "falseCoveredUpperPpm", value=400_000),
        ),
        "larger error",
    ),
    "a-plan-that-leaks-more-than-it-declares": Forgery(
        "The prompts tell more about the cut than the plan declares.",
        _open("plan", "design", _put("simulation", "leakageMillibits", value=9_000)),
        "tell more about the cut",
    ),
    "another-population": Forgery(
        "The plan is for another population of tasks than the threshold.",
        _open("plan", "design", _put("population", "cyber", value={"memory-flaw": 500_000})),
        "population of the design",
    ),
    "a-strict-claim-that-was-not-reached": Forgery(
        "The e-process is said to show what it does not.",
        _open(
            "determination",
            "beside",
            lambda v: v["eProcess"].update(claim="above", aboveCutMicronats=0),
        ),
        "does not reach it",
    ),
    "a-cheaper-determination": Forgery(
        "The determination is said to have cost fewer tokens.",
        _open("determination", "beside", _put("cost", "tokens", value=1)),
        "number of tokens",
    ),
    "a-budget-curve-that-flattens": Forgery(
        "The curve of solved items against tokens is drawn anew.",
        _open("determination", "beside", _put("budgetCurve", value=[])),
        "budget curve",
    ),
    "an-ability-of-other-levels": Forgery(
        "A solved item is told of an easier level.", _move_between_levels, "count by level"
    ),
    "an-ability-too-sure-of-a-level": Forgery(
        "The interval of a level is narrower than its items allow.",
        _ability("byLevel", 0, "lowPpm", value=900_000),
        "not the exact one",
    ),
    "an-ability-outside-its-interval": Forgery(
        "The estimate of the ability lies above its own interval.",
        _ability("estimateMicrologits", value=999_000_000),
        "outside its own interval",
    ),
    "an-ability-on-another-scale": Forgery(
        "The ability is told on another scale than the threshold.",
        _ability("scale", value="human minutes"),
        "another scale",
    ),
    "findings-that-are-not-counted": Forgery(
        "The statement counts fewer findings than there are.",
        _set("findings", count=1),
        "count of the findings",
    ),
    "a-finding-left-out": Forgery(
        "The finding about the hardest level is left out.",
        _leave_out_a_finding,
        "number of solved items of the findings",
    ),
    "findings-of-another-run": Forgery(
        "An outcome of the deeper run is flipped and its findings stay.",
        _flip("run-ended", 1),
        "number of solved items of the findings",
    ),
    "a-finding-of-fewer-items": Forgery(
        "A finding counts fewer items than were run at its level.",
        _found("findings", 0, "items", value=lambda v: v - 1),
        "count by level",
    ),
    "a-finding-too-sure": Forgery(
        "The interval of a finding is narrower than its items allow.",
        _found("findings", 0, "lowPpm", value=900_000),
        "not the exact one",
    ),
    "findings-of-one-name": Forgery(
        "Two findings bear the same id.",
        _found("findings", 1, "id", value="F1"),
        "same id",
    ),
    "an-accuracy-of-another-estimate": Forgery(
        "The benchmark accuracy is not the share of the items that were solved.",
        _found("benchmarkAccuracy", "estimatePpm", value=lambda v: v - 50_000),
        "estimate of the benchmark accuracy",
    ),
    "an-accuracy-too-sure": Forgery(
        "The interval of the benchmark accuracy is narrower than its items allow.",
        _found("benchmarkAccuracy", "lowPpm", value=lambda v: v + 50_000),
        "not the exact one",
    ),
    "an-accuracy-outside-its-interval": Forgery(
        "The generalised accuracy lies outside its own interval.",
        _found("generalisedAccuracy", "highPpm", value=1),
        "outside its own interval",
    ),
    "items-like-these-known-better-than-these": Forgery(
        "The generalised accuracy claims a narrower interval than the benchmark accuracy.",
        _open("findings", "findings", _surer),
        "claims to be surer",
    ),
    "findings-by-another-grader": Forgery(
        "Findings that the assessor graded are said to have been graded by the developer.",
        _set("findings", gradedBy="developer"),
        "another gradedBy",
    ),
    "a-claim-that-needs-nothing": Forgery(
        "The strict claim asks for less evidence than its confidence needs.",
        _beside("eProcess", "neededMicronats", value=1),
        "other evidence than its confidence",
    ),
    "a-claim-against-the-determination": Forgery(
        "A covered model is strictly claimed to lie below the cut.",
        _beside("eProcess", value=lambda v: {**v, "claim": "below", "belowCutMicronats": 9**9}),
        "and the determination says COVERED",
    ),
    "a-sensitivity-left-out": Forgery(
        "Nothing is said of what other difficulties would have given.",
        _beside("sensitivity", value=[]),
        "shifts of difficulty",
    ),
    "other-reference-models": Forgery(
        "The model is held beside other reference models than the plan's.",
        _beside("referenceModels", 0, "name", value="reference/unheard-of"),
        "reference models",
    ),
    "a-level-s-interval-beside-its-share": Forgery(
        "By a method of its own, the interval of a level excludes what was solved.",
        _inquiry(_open("determination", "ability", _level_beside_its_share)),
        "excludes its own share",
    ),
    "a-finding-s-interval-beside-its-share": Forgery(
        "By a method of its own, the interval of a finding excludes what was solved.",
        _found("findings", 0, value=lambda v: {**v, "method": "own", "lowPpm": 0, "highPpm": 1}),
        "excludes its own share",
    ),
}


def _rename_subject(forger: Forger) -> None:
    piece = forger.find("plan")
    piece.subject = ("something else", piece.subject[1])


def _tell(name: str) -> Change:
    """The harness of the run has no ``name``."""
    return lambda forger: forger.edit("run-started", lambda p: p["harness"].pop(name))


TOLD: dict[str, Forgery] = {
    "a-harness-without-a-sandbox": Forgery(
        "A run does not tell what it was fenced in by.",
        _tell("sandbox"),
        "does not tell its harness's sandbox",
    ),
    "another-scaffold-than-planned": Forgery(
        "A run is done in a stronger scaffold than its plan says.",
        lambda f: f.edit("run-started", lambda p: p["harness"].update(scaffold="deep-agent/9")),
        "another scaffold than its plan's",
    ),
    "answers-that-name-no-method": Forgery(
        "A run tells what its model answered to a probe, and not to which.",
        lambda f: f.edit("run-started", lambda p: p["harness"].update(answers="0" * 64)),
        "tells its model's answers by no method and digest",
    ),
    "a-result-that-the-press-sees-first": Forgery(
        "The determination is disclosed to a newspaper, and never to its developer.",
        _set("disclosure", recipient="a newspaper"),
        "before its developer was shown it",
    ),
    "access-revoked-twice-and-once-not": Forgery(
        "The closing statement lists one access twice.",
        lambda f: f.edit("window-closed", lambda p: p["revoked"].append(p["revoked"][0])),
        "does not revoke exactly the access",
    ),
    "a-plan-about-something-else": Forgery(
        "A statement of the case calls its subject by another name.",
        _rename_subject,
        "calls its subject",
    ),
    "a-steward-whom-nobody-knows": Forgery(
        "The inquiry names a second key, of nobody, so that a party looks larger than it is.",
        lambda f: f.edit(
            "inquiry",
            lambda p: p["party"].update(
                standing="stewards", keys=sorted([*p["party"]["keys"], "ab" * 32])
            ),
        ),
        "whom the trust policy calls no developer",
    ),
    "the-assessor-among-the-stewards": Forgery(
        "The inquiry counts its own assessor among the developer's stewards.",
        lambda f: f.edit(
            "inquiry",
            lambda p: p["party"].update(
                standing="stewards",
                keys=sorted([*p["party"]["keys"], f.home.keys["assessor"].keyid]),
            ),
        ),
        "whom the trust policy calls no developer",
    ),
}
"""What a statement tells of itself, and of whom."""


def _of_decisions(change: Callable[[list[Any]], Any], nth: int = 0) -> Change:
    """Change what is decided, and the statement's counts with it."""

    def spoil(forger: Forger) -> None:
        forger.open_as("scores-decided", "decisions", lambda value: change(value["decisions"]), nth)
        words = [
            one["outcome"] for one in forger.opened("scores-decided", "decisions", nth)["decisions"]
        ]
        counts = {name: words.count(name) for name in ("solved", "failed", "missing")}
        forger.edit("scores-decided", lambda predicate: predicate.update(counts), nth)

    return spoil


def _decided(change: Change, reason: str, story: str, *, review: bool = False) -> Forgery:
    made = change if review else _inquiry(change)
    return Forgery(story, made, reason, HELD)


def _decide_without_a_word(forger: Forger) -> None:
    """The statement is left out, and what rests on it stays."""
    forger.cut("determination")
    forger.drop("scores-decided")
    forger.forget()


def _leave_the_answer_of_before(forger: Forger) -> None:
    """The determination is what it would be, had nobody decided the last of the held scores."""
    forger.cut("determination")
    undecided = forger.opened("determination", "beside")["undecided"]
    forger.edit(
        "determination",
        lambda p: p.update(outcome=undecided, reason="missing data could decide"),
    )
    forger.open_as("determination-notice", "determination", _put("outcome", value=undecided))


def _first_is_of_the_run(forger: Forger) -> str:
    items = forger.opened("run-ended", "outcomes")["items"]
    return str(next(item["id"] for item in items if item["outcome"] == "solved"))


def _decide_what_is_not_held(forger: Forger) -> None:
    name = _first_is_of_the_run(forger)
    _of_decisions(_put(0, "id", value=name))(forger)


def _say_twice(forger: Forger) -> None:
    """The last decision is of the item that the first is of."""
    first = forger.opened("scores-decided", "decisions")["decisions"][0]["id"]
    _of_decisions(_put(-1, "id", value=first))(forger)


def _move_behind_the_answer(forger: Forger) -> None:
    forger.cut("determination")
    piece = forger.find("scores-decided")
    piece.predicate["decidedAt"] = forger.find("determination").predicate["determinedAt"]
    forger.pieces.remove(piece)
    forger.pieces.append(piece)


def _count_one_more(forger: Forger) -> None:
    held = forger.find("run-ended").predicate["held"]
    forger.edit("scores-decided", lambda p: p.update(solved=held + 1))


def _hold_what_was_scored(forger: Forger) -> None:
    """An item that was scored is told to be held, in the place of one that is."""

    def hold(value: Any) -> None:
        item = next(i for i in value["items"] if i["outcome"] == "solved")
        item["heldOutcome"] = next(i for i in value["items"] if "heldOutcome" in i).pop(
            "heldOutcome"
        )

    forger.cut("run-ended")
    forger.open_as("run-ended", "outcomes", hold)


DECISIONS: dict[str, Forgery] = {
    "a-decision-left-out": _decided(
        _decide_without_a_word,
        "outcome differs",
        "A held score counts, and the statement that decided so is left out of the chain.",
    ),
    "an-answer-without-its-decisions": _decided(
        _leave_the_answer_of_before,
        "outcome differs",
        "Held scores were decided, and the determination is the one of before.",
    ),
    "a-decision-on-what-is-not-held": _decided(
        _decide_what_is_not_held,
        "is not held",
        "A score that counts already is decided by a person.",
    ),
    "a-decision-on-no-item": _decided(
        _of_decisions(_put(0, "id", value="memory-flaw/9/99")),
        "is no item of this run",
        "A score is decided of an item that nobody ran.",
    ),
    "a-score-decided-twice": _decided(
        _say_twice, "was decided before", "One score is decided twice."
    ),
    "a-decision-against-the-oracle": _decided(
        _of_decisions(lambda made: [one.update(outcome="solved") for one in made], 1),
        "the oracle did not accept its answer",
        "A person says that an item was solved which the oracle did not accept.",
        review=True,
    ),
    "a-decision-after-the-answer": _decided(
        _move_behind_the_answer,
        "can't follow",
        "Held scores are decided when the determination is known.",
    ),
    "more-decisions-than-held-scores": _decided(
        _count_one_more, "decides", "More scores are decided than the run holds."
    ),
    "decisions-that-are-not-counted": _decided(
        _open("scores-decided", "decisions", lambda value: value["decisions"].pop()),
        "count of solved scores",
        "Fewer scores are decided than the statement counts.",
    ),
    "a-decision-by-the-developer": _decided(
        lambda f: f.resign("scores-decided", "developer"),
        "signature",
        "The developer decides how its own model's held scores count.",
    ),
    "a-held-score-that-counts-besides": _decided(
        _hold_what_was_scored,
        "which is not held",
        "An item that was scored is told to be held, so that it can be decided again.",
        review=True,
    ),
    "findings-without-their-decisions": _decided(
        _of_decisions(_put(0, "outcome", value="missing"), 1),
        "of the findings",
        "The findings count a held score that was decided to stay missing.",
        review=True,
    ),
}
"""Held scores, and what people decide of them."""

RETEST = 2
"""Which plan, and which run, of that review tests findings again."""


def _retest(story: str, change: Change, reason: str) -> Forgery:
    return Forgery(story, change, reason, RETESTED)


def _answered(**fields: Any) -> Change:
    return _set("findings-answered", **fields)


def _again(finding: int, *path: Any, value: Any) -> Change:
    return _open("findings", "findings", _put("retests", finding, *path, value=value), 1)


def _renamed(rename: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """The first item of the re-test is another one, in its plan and in what became of it."""

    def change(forger: Forger) -> None:
        item = forger.opened("plan", "plan", RETEST)["items"][0]
        made = {**item, **rename(item)}
        made["id"] = f"{made['family']}/{made['level']}/{made['index']:02d}"
        told = {"id": made["id"], "level": made["level"]}
        forger.open_as("plan", "plan", lambda v: v["items"][0].update(made), RETEST)
        forger.open_as("run-ended", "outcomes", lambda v: v["items"][0].update(told), RETEST)

    return change


def _answer_nothing(forger: Forger) -> None:
    """The last answer, which no plan rests on, is to a finding that was never told."""
    forger.edit("findings-answered", lambda p: p["answers"][-1].update(finding="F99"))
    forger.open_as(
        "findings-answered", "said", lambda value: value["texts"][-1].update(finding="F99")
    )


def _answer_too_early(forger: Forger) -> None:
    """The developer answers what it has not received yet."""
    forger.move("findings-answered", before="findings-received")
    answered = forger.find("findings-answered").predicate
    answered["answeredAt"] = forger.find("findings").predicate["deliveredAt"]


RETESTS: dict[str, Forgery] = {
    "a-re-test-on-an-item-of-before": _retest(
        "A finding is tested again on an item that the model has met, and may have learnt.",
        _renamed(lambda item: {"index": item["index"] - 1}),
        "an item that an earlier plan",
    ),
    "a-re-test-on-harder-items": _retest(
        "A finding is said to be gone after items of another level than the finding's.",
        _renamed(lambda item: {"level": 6 if item["level"] == 1 else 1}),
        "do not agree on",
    ),
    "an-answer-by-the-assessor": _retest(
        "The assessor answers its own findings in the developer's place.",
        lambda f: f.resign("findings-answered", "assessor"),
        "signature",
    ),
    "an-answer-to-no-finding": _retest(
        "The developer is said to have answered a finding that nobody told it of.",
        _answer_nothing,
        "nothing of that name to answer",
    ),
    "an-answer-before-the-findings": _retest(
        "Findings are answered before their developer has received them.",
        _answer_too_early,
        "can't follow",
    ),
    "a-fix-that-is-no-other-version": _retest(
        "The model that was tested is called the one in which everything is fixed.",
        lambda f: f.edit(
            "findings-answered",
            lambda p: p.update(
                version={name: f.find("submission").predicate[name] for name in p["version"]}
            ),
        ),
        "the version is the submission's",
    ),
    "a-fix-in-no-version": _retest(
        "Findings are fixed, and nothing says in what.",
        _answered(version=None),
        "not in which version",
    ),
    "a-re-test-of-what-is-disputed": _retest(
        "A finding is tested again, and told as gone, that its developer does not call fixed.",
        lambda f: f.edit("plan", lambda p: p["retests"]["findings"].append("F4"), RETEST),
        "does not say is fixed",
    ),
    "a-re-test-that-nobody-asked-for": _retest(
        "The developer's answer is left out of the chain.",
        lambda f: (f.drop("findings-answered"), f.forget()),
        "has no statement",
    ),
    "a-finding-that-is-said-to-be-gone": _retest(
        "A new item shows the finding, and it is called gone.",
        _again(1, "verdict", value="gone"),
        "verdict on F2",
    ),
    "a-fall-that-is-too-sure": _retest(
        "How far a finding fell is told with a narrower interval than there is.",
        _again(0, "fall", "lowPpm", value=lambda low: low + 100_000),
        "is not Newcombe's",
    ),
    "a-finding-that-was-worse-before": _retest(
        "The time before is told as worse than the finding said, so that more has changed.",
        _again(0, "before", value={"solved": 3, "items": 3, "lowPpm": 292_401, "highPpm": 10**6}),
        "how far F1 fell",
    ),
    "a-re-test-that-keeps-one-back": _retest(
        "Of three findings that were tested again only two are told of.",
        _open("findings", "findings", lambda value: value["retests"].pop(1), 1),
        "list of what was tested again",
    ),
}
"""Findings that were answered, and tested again."""

FORGERIES: dict[str, Forgery] = {
    **CHAIN,
    **SIGNERS,
    **COMMITMENTS,
    **LOG,
    **TIMES,
    **PLANS,
    **RUNS,
    **ANSWERS,
    **FIGURES,
    **TOLD,
    **DECISIONS,
    **RETESTS,
}
