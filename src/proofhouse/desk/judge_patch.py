# SPDX-License-Identifier: Apache-2.0
"""A patch is judged against the proofs of a report, and the judgement stated (R9, R22).

    request = request_of(desk, case, tree, patch, how)
    judgement = await gate(request)                          validation.gate
    desk.register(sign(drafted := draft(desk, case, request, judgement, at=now)), drafted.openings)

The patch and all the evidence go to the case's quarantine; the statement holds their digests, the
verdict, and each check with its result. By default every proof that was reproduced is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.opened import report_of
from proofhouse.desk.validate_report import (
    check_source,
    engine,
    keep_evidence,
    quarantined,
    short,
)
from proofhouse.errors import InputError, RefusedError
from proofhouse.formats.digest import sha256_hex
from proofhouse.rules.registration import Case
from proofhouse.rules.report import REPORT
from proofhouse.rules.reporting import reproduced_proofs
from proofhouse.validation.gate import GateRequest, Judgement
from proofhouse.validation.sources import Tree


@dataclass(frozen=True)
class How:
    """How a patch is tried. What is None is taken from the report."""

    build: str | None = None
    run: str | None = None
    tests: tuple[str, ...] = ()
    corpus: tuple[bytes, ...] = ()
    build_seconds: float = 300.0
    run_seconds: float = 10.0
    test_seconds: float = 120.0
    seconds: float = 60.0
    seed: int = 1


def request_of(desk: Desk, case: Case, source: Tree, patch: bytes, how: How) -> GateRequest:
    """What the engine is asked.

    Raises RefusedError while no proof of the case was reproduced, InputError for another source or
    without a run command.
    """
    check_source(case, source)
    proofs = sorted(reproduced_proofs(case.entries))
    if not proofs or "patch_accepted" not in REPORT[case.state]:
        raise RefusedError(
            "No patch is judged while no proof of the report is reproduced.",
            rule="R20",
            hint="First: proofhouse case validate CASE --source DIR",
        )
    told = report_of(desk, case)
    run = how.run or told["run"]
    if run is None:
        raise InputError("The report does not say how to run the program.", hint="Give --run.")
    return GateRequest(
        source,
        patch,
        told["build"] or "" if how.build is None else how.build,
        run,
        tuple(quarantined(desk, case, digest) for digest in proofs),
        tests=how.tests,
        corpus=how.corpus,
        build_seconds=how.build_seconds,
        run_seconds=how.run_seconds,
        test_seconds=how.test_seconds,
        seconds=how.seconds,
        seed=how.seed,
    )


def draft(desk: Desk, case: Case, request: GateRequest, judgement: Judgement, *, at: str) -> Draft:
    """The judgement as a statement; patch and evidence go to the vault first."""
    hidden = Hidden()
    fields = {
        "patch": desk.vault.put_object(case.id, request.patch),
        "source": request.source.digest,
        "proofs": _digests(request.proofs),
        "verdict": judgement.verdict,
        "checks": [{"name": check.name, "result": check.result} for check in judgement.checks],
        "why": hidden.salt({"reason": short(judgement.reason) or "no reason"}),
        "evidence": keep_evidence(desk, case, judgement.to_dict()),
        "engine": engine(),
        "judgedAt": at,
    }
    return about_case(case, "patch-judged", fields, hidden.openings)


def _digests(proofs: Sequence[bytes]) -> list[str]:
    return [sha256_hex(proof) for proof in proofs]
