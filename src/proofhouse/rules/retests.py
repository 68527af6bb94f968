# SPDX-License-Identifier: Apache-2.0
"""Findings that were answered as fixed, tested again on new items (R13, R14, R17).

    verdict(solved=0, missing=0, low_ppm=170_300)        →  "gone"
    check_answers(entry, opened)             every answer is of a finding that there is
    check_new_items(case, opened)            no item that an earlier plan or run of the case has
    check_retests(value, ran, cited)         before, after, fall and verdict of each finding

Rule 1: a finding that one new item shows is *still there*: one case is enough to know.

Rule 2: it is *gone* if no new item shows it, none is missing, and the share of solved items fell:
the interval of before less after lies above zero. Missing items could have shown it.

Rule 3: otherwise one *cannot tell*. "Gone" is never that there is nothing: only that what was seen
before is not seen on so many new items, which chance alone does not explain.

One solved item is left out of before: it is what made this a finding (``statistics.newcombe``).

What is not opened is not looked at. Each check raises VerificationError at the first difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from proofhouse.errors import VerificationError
from proofhouse.rules.intervals import DIFFERENCE, METHOD, MILLION, Counts, is_exact, is_newcombe
from proofhouse.rules.registration import Case, Entry
from proofhouse.rules.runs import Ran, same
from proofhouse.said import say

Opened = Mapping[str, Any]
"""SHA-256 of a hidden field → its value."""


def verdict(*, solved: int, missing: int, low_ppm: int) -> str:
    """What came of it: of the new items ``solved`` and ``missing``, and the least that it fell."""
    if solved:
        return "still there"
    return "gone" if not missing and low_ppm > 0 else "cannot tell"


def asked(case: Case, ran: Ran) -> tuple[Entry, Entry] | None:
    """The answer that a run's plan cites, and the findings that this answers; None if it is none's.

    Raises VerificationError if the case lacks one of them.
    """
    retests = ran.planned.predicate.get("retests")
    if retests is None:
        return None
    answer = _find(case, retests["answer"], "findings-answered")
    return answer, _find(case, answer.predicate["findings"], "findings")


def tested_again(case: Case, findings: Entry) -> Mapping[str, Any] | None:
    """What the plan behind ``findings`` of the case tests again; None if nothing."""
    cited = {entry.digest: entry for entry in case.entries}
    started = cited[cited[findings.predicate["run"]].predicate["run"]]
    retests: Mapping[str, Any] | None = cited[started.predicate["plan"]].predicate.get("retests")
    return retests


def found_first(case: Case) -> Entry | None:
    """The newest findings that are not of a re-test."""
    return next((e for e in reversed(case.all("findings")) if tested_again(case, e) is None), None)


def _find(case: Case, digest: str, name: str) -> Entry:
    found = next((e for e in case.all(name) if e.digest == digest), None)
    if found is None:
        raise VerificationError(
            say("The case lacks the statement “%(name)s” that is cited.", name=name)
        )
    return found


def check_answers(case: Case, entry: Entry, opened: Opened) -> None:
    """Hold an answer against the findings that it is to, as far as they are opened."""
    of = _find(case, entry.predicate["findings"], "findings")
    answered = [one["finding"] for one in entry.predicate["answers"]]
    found = opened.get(of.predicate["findings"]["salted"])
    if found is not None:
        _known(answered, [finding["id"] for finding in found["findings"]])
    said = opened.get(entry.predicate["said"]["salted"])
    if said is None:
        return
    told = [text["finding"] for text in said["texts"]]
    _known(told, answered)
    if len(set(told)) != len(told):
        raise VerificationError("The developer says two things of one finding.")
    if said["model"] is not None and entry.predicate["version"] is None:
        raise VerificationError("The developer tells where a version is that it does not name.")


def _known(names: Iterable[str], known: Sequence[str]) -> None:
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise VerificationError(
            say(
                "The developer answers “%(finding)s”, and there is nothing of that name to answer.",
                finding=unknown[:80],
            )
        )


def check_new_items(case: Case, opened: Opened) -> None:
    """No item of a re-test is one that an earlier plan lists, or an earlier run met."""
    met: set[str] = set()
    for entry in case.entries:
        if entry.name == "plan":
            plan = opened.get(entry.predicate["plan"]["salted"])
            listed = {item["id"] for item in plan["items"]} if plan is not None else set()
            used = sorted(met & listed) if "retests" in entry.predicate else []
            if used:
                raise VerificationError(
                    say(
                        "A finding is tested again on %(item)s, an item that an earlier plan of "
                        "the case had.",
                        item=used[0],
                    )
                )
            met |= listed
        elif entry.name == "run-ended":
            outcomes = opened.get(entry.predicate["outcomes"]["salted"])
            met |= {item["id"] for item in outcomes["items"]} if outcomes is not None else set()


def check_retests(value: Mapping[str, Any], case: Case, ran: Ran, opened: Opened) -> None:
    """Hold what findings tell of earlier ones against the run, its plan and those findings."""
    told, cited = value.get("retests"), asked(case, ran)
    if (told is None) != (cited is None):
        raise VerificationError(
            "The findings tell of a re-test that was not planned, or nothing of one that was."
        )
    if told is None or cited is None:
        return
    names = [one["finding"] for one in told]
    same("findings", "list of what was tested again", names, _names(ran))
    for one in told:
        _check_one(one)
    solved = sum(one["after"]["solved"] for one in told)
    same("re-tests", "number of solved items", solved, ran.counts["solved"])
    missing = sum(one["after"]["missing"] for one in told)
    same("re-tests", "number of missing items", missing, ran.counts["missing"])
    earlier = opened.get(cited[1].predicate["findings"]["salted"])
    if earlier is not None:
        _check_against(told, {f["id"]: f for f in earlier["findings"]}, value, ran)


def _names(ran: Ran) -> list[str]:
    return list(ran.planned.predicate["retests"]["findings"])


def _check_one(one: Mapping[str, Any]) -> None:
    """Intervals, fall and verdict of one finding follow from its counts."""
    name, before, after, fall = one["finding"], one["before"], one["after"], one["fall"]
    scored = after["items"] - after["missing"]
    if not (0 < before["solved"] <= before["items"] and 0 <= after["solved"] <= scored):
        raise VerificationError(
            say("The re-test of %(finding)s counts more than its items.", finding=name)
        )
    for counts, share in (
        ((before["solved"], before["items"]), before),
        ((after["solved"], scored), after),
    ):
        if not is_exact(
            *counts, one["confidencePpm"], low_ppm=share["lowPpm"], high_ppm=share["highPpm"]
        ):
            raise VerificationError(
                say(
                    "An interval in the re-test of %(finding)s is not the exact one of %(solved)s "
                    "solved among %(items)s.",
                    finding=name,
                    solved=counts[0],
                    items=counts[1],
                )
            )
    if not (METHOD in one["method"] and DIFFERENCE in one["method"]):
        raise VerificationError(
            say("The method of the re-test of %(finding)s is not one that is known.", finding=name)
        )
    found = (before["solved"] - 1, before["items"] - 1)
    _check_fall(name, found, (after["solved"], scored), one["confidencePpm"], fall)
    made = verdict(solved=after["solved"], missing=after["missing"], low_ppm=fall["lowPpm"])
    same("re-test", f"verdict on {name}", one["verdict"], made)


def _check_fall(
    name: str, before: Counts, after: Counts, confidence: int, fall: Mapping[str, int]
) -> None:
    low, high = fall["lowPpm"], fall["highPpm"]
    if not is_newcombe(before, after, confidence, low_ppm=low, high_ppm=high):
        raise VerificationError(
            say(
                "The interval of how far %(finding)s fell, %(low)s to %(high)s ppm, is not "
                "Newcombe's.",
                finding=name,
                low=low,
                high=high,
            )
        )
    shares = [solved * MILLION / items if items else 0 for solved, items in (before, after)]
    if abs(shares[0] - shares[1] - fall["estimatePpm"]) > 1:
        raise VerificationError(
            say("The estimate of how far %(finding)s fell is not that of its counts.", finding=name)
        )


def _check_against(
    told: Sequence[Mapping[str, Any]],
    earlier: Mapping[str, Mapping[str, Any]],
    value: Mapping[str, Any],
    ran: Ran,
) -> None:
    """The time before is the finding's own, and what was run since is of its family and level."""
    places = {}
    for one in told:
        finding = earlier.get(one["finding"])
        if finding is None:
            raise VerificationError(
                say(
                    "There was no finding “%(finding)s” to test again.",
                    finding=one["finding"][:80],
                )
            )
        for field in ("solved", "items", "lowPpm", "highPpm"):
            same("re-test", f"{field} before", one["before"][field], finding[field])
        places[finding["family"], finding["level"]] = one
    for finding in value["findings"]:
        again = places.get((finding["family"], finding["level"]))
        same("finding", "name", finding["id"], None if again is None else again["finding"])
    if ran.plan is not None:
        _check_places({(i["family"], i["level"]) for i in ran.plan["items"]}, set(places))
    items = ran.counted
    if items is None:
        return
    met = Counter((_family(item), item["level"], item["outcome"]) for item in items)
    for (family, level), one in places.items():
        counts = [met[family, level, word] for word in ("solved", "failed", "missing")]
        after = one["after"]
        stated = [after["solved"], after["items"] - after["solved"] - after["missing"]]
        same("re-test", f"count of {one['finding']}", [*stated, after["missing"]], counts)
    _check_places({(family, level) for family, level, _ in met}, set(places), all_of_them=False)


def _check_places(
    run: set[tuple[str, int]], found: set[tuple[str, int]], *, all_of_them: bool = True
) -> None:
    strange = sorted(run - found) or (sorted(found - run) if all_of_them else [])
    if strange:
        family, level = strange[0]
        raise VerificationError(
            say(
                "The re-test and its findings do not agree on %(family)s at level %(level)s.",
                family=family,
                level=level,
            )
        )


def _family(item: Mapping[str, Any]) -> str:
    return str(item["id"]).partition("/")[0]
