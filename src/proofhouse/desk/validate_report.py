# SPDX-License-Identifier: Apache-2.0
"""A proof is let out of quarantine, into the sandbox only, and what it showed is stated (R9, R20).

    request = request_of(desk, case, read_source(folder))
    report = await validate(request)                         validation.reproduce
    desk.register(sign(drafted := draft(desk, case, request, report, at=now)), drafted.openings)

Commands and expectations are the report's own unless others are given; they run nowhere but in the
sandbox. The engine's full evidence goes to the case's quarantine, its digest into the statement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.opened import report_of
from proofhouse.errors import DamagedError, InputError
from proofhouse.formats.canonical import JsonValue
from proofhouse.rules.registration import Case
from proofhouse.rules.reporting import tells_of
from proofhouse.validation.reproduce import Report, Request, check_expected
from proofhouse.validation.sources import Tree

LONGEST = 4_000
"""Characters of a program's words that a statement keeps; all of them lie in the evidence."""


@dataclass(frozen=True)
class How:
    """How a proof is run. What is None is taken from the report."""

    build: str | None = None
    run: str | None = None
    expect_class: str | None = None
    expect_function: str | None = None
    benign: tuple[bytes, ...] = ()
    newest: Tree | None = None
    build_seconds: float = 300.0
    run_seconds: float = 10.0


def engine() -> str:
    """What judged, with its version."""
    return f"proofhouse {version('proofhouse')}"


def quarantined(desk: Desk, case: Case, digest: str) -> bytes:
    """An object of the case. Raises DamagedError if the vault has lost it."""
    data = desk.vault.object(case.id, digest)
    if data is None:
        raise DamagedError(f"The quarantine of the case lacks {digest[:16]}….")
    return data


def chosen(case: Case, start: str | None) -> str:
    """The digest of the proof that begins with ``start``; the report's first without it."""
    proofs: list[str] = case.need("report").predicate["proofs"]
    found = [digest for digest in proofs if digest.startswith(start or "")]
    if not found or (start and len(found) > 1):
        raise InputError(
            f"The report has no one proof {str(start)[:64]!r}.",
            hint=f"Its proofs: {', '.join(digest[:12] for digest in proofs)}.",
        )
    return found[0]


def check_source(case: Case, tree: Tree) -> None:
    """Raise InputError unless ``tree`` is the source that was reported on."""
    reported = case.need("report").predicate["source"]
    if tree.digest != reported:
        raise InputError(
            f"This source ({tree.digest[:12]}…) is not the one reported on ({reported[:12]}…).",
            hint="A verdict binds to the reported source. Give the newest one with --newest.",
        )


def request_of(
    desk: Desk, case: Case, source: Tree, how: How, *, proof: str | None = None
) -> Request:
    """What the engine is asked. Raises InputError for another source or without a run command."""
    check_source(case, source)
    told = report_of(desk, case)
    run = how.run or told["run"]
    if run is None:
        raise InputError("The report does not say how to run the program.", hint="Give --run.")
    return Request(
        source,
        told["build"] or "" if how.build is None else how.build,
        run,
        quarantined(desk, case, chosen(case, proof)),
        newest=how.newest,
        benign=how.benign,
        expect_class=check_expected(how.expect_class or told["expectClass"] or ""),
        expect_function=how.expect_function or told["expectFunction"] or "",
        build_seconds=how.build_seconds,
        run_seconds=how.run_seconds,
    )


def draft(desk: Desk, case: Case, request: Request, report: Report, *, at: str) -> Draft:
    """The verdict as a statement; its evidence goes to the vault first.

    Raises InputError for a verdict that speaks against what the report tells of.
    """
    told = report.to_dict(request)
    proofs = [turn.proof for turn in report.turns]
    controls = [control for turn in report.turns for control in turn.controls]
    same = [p for p in proofs if report.seen and p.signature == report.seen.signature]
    hidden = Hidden()
    found: dict[str, JsonValue] = {
        "class": short(told["class"]),
        "function": short(told["function"]),
        "reason": short(report.reason) or "no reason",
        "newestReason": short(report.newest.reason) if report.newest else None,
    }
    crashes = sum(seen.ended == "crashed" for seen in same)
    otherwise = report.verdict == "not_reproduced" and crashes == len(proofs)
    if otherwise and tells_of(report_of(desk, case), found):
        raise InputError(
            f"Not registered: {report.reason} The report tells of any such crash; what was expected"
            " here is not in it.",
            hint="Validate without --expect-class and --expect-function, or take in a report "
            "that states them.",
        )
    fields = {
        "proof": told["evidence"]["proof"],
        "source": request.source.digest,
        "newestSource": request.newest.digest if request.newest else None,
        "verdict": report.verdict,
        "newest": report.newest.verdict if report.newest else None,
        "found": hidden.salt(found),
        "runs": len(proofs),
        "crashes": crashes,
        "controls": len(controls),
        "quietControls": sum(control.ended == "quiet" for control in controls),
        "evidence": keep_evidence(desk, case, told),
        "engine": engine(),
        "validatedAt": at,
    }
    return about_case(case, "validation", fields, hidden.openings)


def keep_evidence(desk: Desk, case: Case, told: Mapping[str, Any]) -> str:
    """Everything that an engine told, in the case's quarantine; its SHA-256."""
    return desk.vault.put_object(case.id, json.dumps(told, sort_keys=True).encode())


def short(text: str | None) -> str | None:
    """A program's words as a statement can hold them; None for none."""
    if not text or not text.strip():
        return None
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"
