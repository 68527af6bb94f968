# SPDX-License-Identifier: Apache-2.0
"""``proofhouse held``: a person looks at what the scan marked, and decides how it counts (R15)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run, show
from proofhouse.errors import InputError

OUTCOMES = ("solved", "failed", "missing")
_MARK = re.compile(r"turn (\d{1,9}): ([a-z-]{1,40}): (.*)", re.S)


@click.command()
@click.argument("case_id", metavar="CASE", required=False)
@click.option(
    "--decide",
    "choices",
    multiple=True,
    metavar="ITEM=OUTCOME",
    help="Decide a held score: solved, failed or missing; may be repeated.",
)
@click.option("--reason", default="", help="Why, for all that is decided in this call.")
@click.option("--by", "decided_by", default="", help="Who decides.")
@click.option(
    "--case-file",
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="The bundle of the case, in a home without the log.",
)
@options(case=False)
def command(
    choices: tuple[str, ...], reason: str, decided_by: str, as_json: bool, **given: Any
) -> None:
    """List the held scores of the newest run, with what the scan marked; or decide some of them.

    A marked score is held: it counts as missing until a person has looked. What the oracle said
    stands: nobody decides that an item was solved which it did not accept. A decision stands too,
    and is stated before the result; both words stay in the record. Quotes are the model's words:
    what hides or steers in them is written out.
    """
    errand = Errand.take({**given, "as_json": as_json})
    if not choices and errand.in_ is None:
        if errand.out is not None or errand.signers or reason or decided_by:
            raise InputError("Nothing is decided.", hint="Add --decide ITEM=OUTCOME.")
        _list(errand)
        return
    run(errand, ["scores-decided"], _drafting(choices, reason, decided_by))


def _drafting(choices: Sequence[str], reason: str, decided_by: str) -> Any:
    def draft(seat: Any, known: Any) -> Any:
        from proofhouse.desk import held_scores

        if not reason.strip() or not decided_by.strip():
            raise InputError(
                "A decision states who decided, and why.", hint="Add --by NAME --reason TEXT."
            )
        made = [held_scores.Decision(*_choice(one), decided_by, reason) for one in choices]
        case, outcomes, earlier = _run_of(known)
        return held_scores.draft(case, outcomes, earlier, made, at=seat.clock())

    return draft


def _choice(text: str) -> tuple[str, str]:
    item, _, outcome = text.rpartition("=")
    if not item or outcome not in OUTCOMES:
        raise InputError(
            f"{text[:80]!r} is no decision.",
            hint=f"Write ITEM=OUTCOME, an outcome being one of {', '.join(OUTCOMES)}.",
        )
    return item, outcome


def _run_of(known: Any) -> tuple[Any, Any, list[Any]]:
    """The case, the opened outcomes of its newest run, and what was decided of them before."""
    from proofhouse.desk import held_scores

    case = known.case
    if case.last("run-ended") is None:
        raise InputError("No run of this case has ended yet.", hint="No score can be held.")
    outcomes = known.value(case.need("run-ended"), "outcomes")
    return case, outcomes, held_scores.decisions(case, known.value)


def _list(errand: Errand) -> None:
    from proofhouse.rules.held import held
    from proofhouse.rules.registration import waiting_scores
    from proofhouse.seat import open_seat

    with open_seat(reading=True) as seat:
        case, outcomes, earlier = _run_of(seat.case(errand.case_id, errand.case_file))
    decided = {one["id"]: one for each in earlier for one in each["decisions"]}
    told = {
        "case": case.id,
        "run": case.need("run-ended").digest,
        "waiting": waiting_scores(case),
        "held": [_about(item, decided.get(name)) for name, item in held(outcomes["items"]).items()],
    }
    show(told, _lines(told), as_json=errand.as_json)


def _about(item: Any, decision: Any) -> dict[str, Any]:
    return {
        "item": item["id"],
        "level": item["level"],
        "oracle": item["heldOutcome"],
        "marks": [_mark(flag) for flag in item["flags"]],
        "transcript": item["transcript"],
        "decision": None
        if decision is None
        else {name: decision[name] for name in ("outcome", "decidedBy", "reason")},
    }


def _mark(flag: str) -> dict[str, Any]:
    """Turn, rule and quote of a mark as the run tells it, the quote made visible (R20)."""
    from proofhouse.views.plain import visible

    found = _MARK.fullmatch(flag)
    if found is None:
        return {"turn": None, "rule": "", "quote": visible(flag)}
    return {"turn": int(found[1]), "rule": found[2], "quote": visible(found[3])}


def _lines(told: dict[str, Any]) -> list[str]:
    from proofhouse.views.plain import counted, one_line
    from proofhouse.views.words import held

    lines = [f"case {told['case']}"]
    if not told["held"] and told["waiting"]:
        return [
            *lines,
            f"{held(told['waiting'])} But the program that ran it did not keep what the oracle "
            "said: these can't be decided.",
        ]
    if not told["held"]:
        return [*lines, "No score of its newest run is held."]
    for one in told["held"]:
        decision = one["decision"]
        lines.append(
            f"{one_line(one['item'], 120)}  level {one['level']}  the oracle said: {one['oracle']}"
        )
        for mark in one["marks"]:
            where = "" if not mark["turn"] else f"turn {mark['turn']}, "
            lines.append(f"  {where}{mark['rule'] or 'mark'}")
            lines += [f"    | {one_line(line, 300)}" for line in mark["quote"].splitlines()[:12]]
        lines.append(f"  transcript {one['transcript']}")
        if decision:
            by, why = (one_line(decision[name], 300) for name in ("decidedBy", "reason"))
            lines.append(f"  decided as {decision['outcome']} by {by}: {why}")
    if not told["waiting"]:
        number = counted(len(told["held"]), "score was", "scores were")
        return [*lines, f"{number} held. Nothing is left to decide."]
    first = next(one["item"] for one in told["held"] if one["decision"] is None)
    decide = f"proofhouse held {told['case'][:8]} --decide {one_line(first, 120)}=OUTCOME"
    return [*lines, held(told["waiting"]), f"To decide: {decide} --by NAME --reason TEXT"]
