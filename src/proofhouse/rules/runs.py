# SPDX-License-Identifier: Apache-2.0
"""A plan and the outcomes of its run, opened, held against the statements that commit to them.

    ran = Ran.of(case, run, opened)     the run, its plan, and what of both is opened
    check_run(ran, bank)                raises VerificationError at the first difference

Steps, numbered in the code; what is not opened is not looked at:
 1. a plan is of the kind that its statement's purpose says, and says what the statement says
 2. its items are the bank's: families and levels that it has, each item named after what it is
 3. the counts, sums and transcripts of the run are those of its outcomes; what was scored was asked
    of a model, no two items share a transcript, and an item with credit by step is solved if and
    only if every step was reached
 4. a score with a flag counts as missing until a person has looked; what a person decided is of
    scores that are held, each once, and leaves the oracle's word standing             (R15, held);
    a second reader that the run names has read every transcript, and nobody else has (R13)
 5. the outcomes are of that plan, in its order, and no batch began on a spent budget

Whether the outcomes decide what was determined is ``replay``'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from proofhouse.errors import RefusedError, VerificationError
from proofhouse.rules.held import check_decisions, counted, held
from proofhouse.rules.registration import ANSWERS, Case, Entry, decisions_of
from proofhouse.said import say

STATED = ("minimumItems", "batchSize", "alphaPpm", "betaPpm", "lowerMicronats", "upperMicronats")
"""What the statement of a plan repeats of a sequential test."""

ATTEMPTS = 4
"""At one reply of a model, the most: the first and three repetitions when its endpoint fails."""

SECOND_READER = "second-reader"
"""In a run's harness the model that read its transcripts after the rules; the name of its marks."""

OUTCOMES = ("solved", "failed", "missing")
SUMS = ("inputTokens", "outputTokens", "milliseconds")


@dataclass(frozen=True)
class Ran:
    """A run that ended, with the statement of its plan; ``plan`` and ``items`` where opened."""

    ended: Entry
    planned: Entry
    plan: Any | None
    items: Sequence[Mapping[str, Any]] | None
    deciding: tuple[Entry, ...] = ()
    """The statements that decide its held scores, oldest first."""
    decisions: tuple[Any | None, ...] = ()
    """What each of them decides, where it is opened."""
    reader: str = ""
    """The model that the run says has read its transcripts a second time."""

    @classmethod
    def of(cls, case: Case, ended: Entry, opened: Mapping[str, Any]) -> Ran:
        """The run that ``ended`` ends. Raises VerificationError if the case lacks its plan."""
        started = cited(case, ended, "run")
        planned = cited(case, started, "plan")
        outcomes = opened.get(ended.predicate["outcomes"]["salted"])
        deciding = decisions_of(case, ended)
        return cls(
            ended,
            planned,
            opened.get(planned.predicate["plan"]["salted"]),
            None if outcomes is None else outcomes["items"],
            deciding,
            tuple(opened.get(entry.predicate["decisions"]["salted"]) for entry in deciding),
            str(started.predicate["harness"].get(SECOND_READER, "")),
        )

    @property
    def outcomes(self) -> dict[str, Any]:
        """Item id → outcome as the run went by it, of the opened outcomes."""
        return {item["id"]: item["outcome"] for item in self.items or ()}

    @property
    def decided(self) -> dict[str, Any] | None:
        """Item id → outcome as a person decided it; None if any of it is sealed."""
        opened = [each for each in self.decisions if each is not None]
        if len(opened) < len(self.decisions):
            return None
        return {one["id"]: one["outcome"] for each in opened for one in each["decisions"]}

    @property
    def counted(self) -> list[dict[str, Any]] | None:
        """The items as they count, held ones as they were decided; None if that is sealed."""
        decided = self.decided
        return None if self.items is None or decided is None else counted(self.items, decided)

    @property
    def counts(self) -> dict[str, int]:
        """How many items count as solved, failed and missing, by what the statements say."""
        made = {name: self.ended.predicate[name] for name in OUTCOMES}
        for entry in self.deciding:
            for name in ("solved", "failed"):
                made[name] += entry.predicate[name]
                made["missing"] -= entry.predicate[name]
        return made


def cited(case: Case, entry: Entry, name: str) -> Entry:
    """The statement of ``case`` that ``entry`` cites as ``name``. Raises VerificationError."""
    digest = entry.predicate[name]
    for found in case.entries:
        if found.digest == digest:
            return found
    raise VerificationError(
        say(
            "The case lacks the %(name)s that “%(statement)s” cites.",
            name=name,
            statement=entry.name,
        )
    )


def answers_alike(case: Case, started: Entry) -> bool | None:
    """Whether the model of a run answered the probe as what was submitted had (R17).

    In a re-test that is the version that the developer's answer names. None where one of the two
    was not asked, or was asked otherwise. A difference alone shows no other model: many endpoints
    do not answer alike twice.
    """
    bound = _bound_to(case, cited(case, started, "plan"))["fingerprint"]
    method, _, answered = started.predicate["harness"].get(ANSWERS, "").rpartition(" ")
    if bound is None or method != bound["method"]:
        return None
    return bool(answered == bound["digest"])


def _bound_to(case: Case, planned: Entry) -> Mapping[str, Any]:
    """What the results of a plan bind to: a submission, or the version that was answered with."""
    retests = planned.predicate.get("retests")
    if retests is not None:
        for entry in case.all("findings-answered"):
            if entry.digest == retests["answer"] and entry.predicate["version"] is not None:
                version: Mapping[str, Any] = entry.predicate["version"]
                return version
    return cited(case, planned, "submission").predicate


def check_run(ran: Ran, bank: Entry) -> None:
    """Hold a run against what it opens. Raises VerificationError."""
    if ran.plan is not None:
        check_plan(ran.planned, ran.plan, bank)  # 1, 2
    check_decided(ran)  # 4
    if ran.items is None:
        return
    _check_counts(ran.ended, ran.items)  # 3
    _check_calls(ran)  # 3
    _check_flags(ran.ended, ran.items)  # 4
    _check_reader(ran.reader, ran.items)  # 4
    if ran.plan is not None:
        _check_against_plan(ran, ran.plan)  # 5


def check_plan(planned: Entry, plan: Any, bank: Entry) -> None:
    """Hold an opened plan against its statement and the bank. Raises VerificationError."""
    stated = planned.predicate
    decides = stated["purpose"] == "determination"
    if ("model" in plan) != decides:
        what = "a plan for findings" if decides else "a plan that decides"
        raise VerificationError(
            say(
                "The plan of a run for %(purpose)s opens as %(what)s.",
                purpose=stated["purpose"],
                what=what,
            )
        )
    same("plan", "itemCount", stated["itemCount"], len(plan["items"]))
    for name in STATED if decides else ("batchSize",):
        same("plan", name, stated[name], plan[name])
    weights: dict[tuple[str, int], tuple[int, int]] = {}
    for item in plan["items"]:
        _check_item(item, bank.predicate["families"])
        if decides:
            told = (item["difficultyMicrologits"], item["slopePpm"])
            if weights.setdefault((item["family"], item["level"]), told) != told:
                raise VerificationError(
                    say(
                        "The plan gives level %(level)s of “%(family)s” two difficulties.",
                        level=item["level"],
                        family=item["family"],
                    )
                )
    if len({item["id"] for item in plan["items"]}) != len(plan["items"]):
        raise VerificationError("The plan lists an item twice.")


def check_no_item_twice(runs: Sequence[Ran]) -> None:
    """No item is met twice by one submission, where outcomes are opened. Raises VerificationError.

    A run that failed may be made again with the same items.
    """
    met: set[str] = set()
    for ran in runs:
        if ran.ended.predicate["ending"] == "failed":
            continue
        again = met & set(ran.outcomes)
        if again:
            raise VerificationError(
                say("Two runs of this case met the same item, %(again)s.", again=min(again))
            )
        met |= set(ran.outcomes)


def _check_item(item: Mapping[str, Any], families: Mapping[str, int]) -> None:
    name = f"{item['family']}/{item['level']}/{item['index']:02d}"
    if item["id"] != name:
        raise VerificationError(
            say("The plan calls the item %(name)s “%(id)s”.", name=name, id=item["id"])
        )
    if not 1 <= item["level"] <= families.get(item["family"], 0):
        raise VerificationError(
            say("The plan lists %(name)s, a level that the bank does not have.", name=name)
        )


def _check_counts(run: Entry, items: Sequence[Mapping[str, Any]]) -> None:
    stated = run.predicate
    if len({item["id"] for item in items}) != len(items):
        raise VerificationError("The run reports an item twice.")
    words = [item["outcome"] for item in items]
    for name in OUTCOMES:
        same("run", f"count of {name} items", stated[name], words.count(name))
    for name in SUMS:
        same("run", f"sum of {name}", stated[name], sum(item[name] for item in items))
    for item in items:
        spent = item["inputTokens"] + item["outputTokens"]
        asked = item["modelCalls"] > 0 and spent > 0 and item["transcript"] is not None
        if item["outcome"] != "missing" and not asked:
            raise VerificationError(
                say(
                    "The run counts %(id)s as %(outcome)s, and no model was asked: it lacks "
                    "calls, tokens or a transcript.",
                    id=item["id"],
                    outcome=item["outcome"],
                )
            )
        _check_steps(item)
    listed = [item["transcript"] for item in items if item["transcript"] is not None]
    if len(set(listed)) != len(listed):
        raise VerificationError("The run gives one transcript for two items.")
    same("run", "number of transcripts", len(stated["transcripts"]), len(listed))
    same("run", "list of transcripts", list(stated["transcripts"]), listed)


def _check_steps(item: Mapping[str, Any]) -> None:
    steps = item.get("steps")
    if steps is None:
        return
    reached, of = steps["reached"], steps["of"]
    said = item.get("heldOutcome", item["outcome"])
    whole = {"solved": reached == of, "failed": reached < of}.get(said, True)
    if reached > of or not whole:
        raise VerificationError(
            say(
                "The run says that %(id)s was %(said)s with %(reached)s of %(of)s steps.",
                id=item["id"],
                said=said,
                reached=reached,
                of=of,
            )
        )


def _check_calls(ran: Ran) -> None:
    """No item took more calls than its turns allow.

    Its tokens may exceed ``tokensPerItem`` by its last reply, of whatever length; that is not held.
    """
    most = ATTEMPTS * ran.planned.predicate["budgets"]["turnsPerItem"]
    for item in ran.items or ():
        if item["modelCalls"] > most:
            raise VerificationError(
                say(
                    "The run made %(model_calls)s calls for %(id)s; its plan's turns allow "
                    "%(most)s.",
                    model_calls=item["modelCalls"],
                    id=item["id"],
                    most=most,
                )
            )


def _check_flags(run: Entry, items: Sequence[Mapping[str, Any]]) -> None:
    flagged = [item for item in items if item["flags"]]
    counted = next((item["id"] for item in flagged if item["outcome"] != "missing"), None)
    if counted is not None:
        raise VerificationError(
            say(
                "The run counts the score of %(counted)s, whose transcript was flagged and "
                "which has to be held until a person has looked.",
                counted=counted,
            )
        )
    if run.predicate["held"] > len(flagged):
        raise VerificationError(
            say(
                "The run says that %(held)s scores are held, and %(flagged)s of its items "
                "are flagged.",
                held=run.predicate["held"],
                flagged=len(flagged),
            )
        )
    waiting = held(items)
    if waiting:  # runs of before tell only how many are held
        same("run", "number of held scores", run.predicate["held"], len(waiting))
    for item in waiting.values():
        asked = item["modelCalls"] > 0 and item["transcript"] is not None
        if not (item["outcome"] == "missing" and item["flags"] and asked):
            raise VerificationError(
                say(
                    "The run tells a held outcome of %(id)s, which is not held: it is not "
                    "missing, was not flagged, or no model was asked.",
                    id=item["id"],
                )
            )


def _check_reader(reader: str, items: Sequence[Mapping[str, Any]]) -> None:
    for item in items:
        said = item.get("secondReader")
        if (said is not None) != bool(reader and item["transcript"]):
            why = (
                "The run names a second reader, who said nothing of %(id)s."
                if said is None
                else "The run tells of %(id)s what no second reader can have said."
            )
            raise VerificationError(say(why, id=item["id"]))
        if said is not None and (said == "marked") != any(map(_by_reader, item["flags"])):
            raise VerificationError(
                say(
                    "The run says that the second reader's word on %(id)s was “%(said)s”, and "
                    "its marks say otherwise.",
                    id=item["id"],
                    said=said,
                )
            )


def _by_reader(flag: str) -> bool:
    return flag.startswith("turn ") and flag.partition(": ")[2].startswith(f"{SECOND_READER}: ")


def check_decided(ran: Ran) -> None:
    """Hold what was decided of held scores, as far as that and the outcomes are opened.

    Raises VerificationError.
    """
    opened = [each["decisions"] for each in ran.decisions if each is not None]
    for entry, told in zip(ran.deciding, ran.decisions, strict=True):
        words = [one["outcome"] for one in told["decisions"]] if told is not None else []
        for name in OUTCOMES if told is not None else ():
            same("decision", f"count of {name} scores", entry.predicate[name], words.count(name))
    if ran.items is None:
        return
    try:
        check_decisions(ran.items, opened)
    except RefusedError as error:
        raise VerificationError(
            say("A score was decided against the rules. %(error)s", error=error)
        ) from None


def _check_against_plan(ran: Ran, plan: Mapping[str, Any]) -> None:
    items = ran.items or ()
    levels = {item["id"]: item["level"] for item in plan["items"]}
    for item in items:
        if item["id"] not in levels:
            raise VerificationError(
                say("The run reports %(id)s, which its plan does not list.", id=item["id"])
            )
        if item["level"] != levels[item["id"]]:
            raise VerificationError(
                say(
                    "The run puts %(id)s at level %(level)s; its plan at %(levels)s.",
                    id=item["id"],
                    level=item["level"],
                    levels=levels[item["id"]],
                )
            )
    reported = {item["id"]: item for item in items}
    if [item["id"] for item in items] != [name for name in levels if name in reported]:
        raise VerificationError("The run reports its items in another order than its plan's.")
    _check_batches(ran, plan, reported)


def _batches(plan: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The items of an opened plan by batches, each with its dimension; one batch each in turn."""
    dimension = {
        family: name
        for name, told in plan.get("dimensions", {}).items()
        for family in told["families"]
    }
    by_name: dict[str, list[str]] = {}
    for item in plan["items"]:
        by_name.setdefault(dimension.get(item["family"], ""), []).append(item["id"])
    size = plan["batchSize"]
    cut = [
        [(name, ids[start : start + size]) for start in range(0, len(ids), size)]
        for name, ids in sorted(by_name.items())
    ]
    return [batch for turn in zip_longest(*cut) for batch in turn if batch is not None]


def _check_batches(ran: Ran, plan: Mapping[str, Any], reported: Mapping[str, Any]) -> None:
    """A batch begins when the one before it is complete and the budget is not spent.

    A dimension whose test has ended is passed over for good; whether it had is ``replay``'s.
    """
    budget, spent = ran.planned.predicate["budgets"]["tokens"], 0
    left_out: set[str] = set()
    cut_short = False
    for dimension, ids in _batches(plan):
        begun = [reported[name] for name in ids if name in reported]
        if begun and (cut_short or dimension in left_out):
            raise VerificationError("The run began a batch before the one before it was complete.")
        if begun and spent >= budget:
            raise VerificationError(
                say(
                    "The run began another batch after its budget of %(budget)s tokens was spent.",
                    budget=budget,
                )
            )
        spent += sum(item["inputTokens"] + item["outputTokens"] for item in begun)
        if not begun:
            left_out.add(dimension)
        cut_short = cut_short or 0 < len(begun) < len(ids)


def same(of: str, what: str, stated: Any, made: Any) -> None:
    """Raise VerificationError unless what ``of`` states is what follows from what is opened."""
    if stated != made:
        raise VerificationError(
            say(
                "The %(what)s of the %(of)s differs from what is opened: stated %(stated)s, "
                "opened %(made)s.",
                what=what,
                of=of,
                stated=str(stated)[:80],
                made=str(made)[:80],
            )
        )
