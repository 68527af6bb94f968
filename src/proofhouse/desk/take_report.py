# SPDX-License-Identifier: Apache-2.0
"""A report of a vulnerability comes in; it is passed on, and closed (R9, R20, R21).

    case = take(desk, told, proofs, tree.digest, sign)     its id; the proofs lie in quarantine

Every word of the report is kept as it was written, behind a salt, and obeyed by nobody. Proofs go
to the vault, encrypted to the case, and come out only into a sandbox (``validate_report``).

Order of writes, and what a crash between two of them leaves:

 1. the proofs, encrypted to the case    → objects of a case that never began; nobody can read them
 2. the statement, as ``desk`` has it    → a report that nobody was told of: hand it in again

A report that is refused leaves nothing: its quarantine is erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.errors import InputError, RefusedError, VerificationError
from proofhouse.formats import predicates
from proofhouse.formats.canonical import JsonValue
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.reports import OUTCOMES
from proofhouse.rules.registration import Case
from proofhouse.rules.reporting import accepted_patches, standing_links

Sign = Callable[[Draft], Envelope]
"""Signs a draft with the registrar's key."""


@dataclass(frozen=True)
class Hop:
    """Somebody through whose hands a report went, and the identifier it had there."""

    name: str
    contact: str | None = None
    handling: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """As it stands in a statement."""
        return {"name": self.name, "contact": self.contact, "handling": self.handling}


@dataclass(frozen=True)
class Told:
    """What a reporter tells, in its own words; ``chain`` begins with whoever reported first."""

    product: str
    summary: str
    chain: tuple[Hop, ...]
    credits: tuple[str, ...] = ()
    version: str | None = None
    build: str | None = None
    run: str | None = None
    expect_class: str | None = None
    expect_function: str | None = None
    method: str | None = None
    tool: str | None = None
    public_model: Literal["yes", "no", "unknown"] = "unknown"
    origins: tuple[str, ...] = ()
    embargo: str | None = None
    duplicate_claims: tuple[str, ...] = ()


def take(desk: Desk, told: Told, proofs: Sequence[bytes], source: str, sign: Sign) -> str:
    """Take a report in; the id of its case.

    Raises InputError for a report that is not well formed, and as ``Desk.register``; then nothing
    is kept of it.
    """
    case = Case(secrets.token_hex(32))
    digests = tuple(sha256_hex(proof) for proof in proofs)
    drafted = draft(case, told, digests, source, at=desk.clock())
    try:
        for proof in proofs:
            desk.vault.put_object(case.id, proof)
        desk.register(sign(drafted), drafted.openings)
    except (InputError, RefusedError, VerificationError):
        desk.vault.erase(case.id)
        raise
    return case.id


def draft(case: Case, told: Told, proofs: Sequence[str], source: str, *, at: str) -> Draft:
    """The first statement of the case. Raises FormatError."""
    hidden = Hidden()
    report: dict[str, JsonValue] = {
        "product": told.product,
        "version": told.version,
        "summary": told.summary,
        "build": told.build,
        "run": told.run,
        "expectClass": told.expect_class,
        "expectFunction": told.expect_function,
    }
    reporters: dict[str, JsonValue] = {
        "credits": list(told.credits),
        "chain": [hop.to_json() for hop in told.chain],
    }
    provenance: dict[str, JsonValue] = {
        "method": told.method,
        "tool": told.tool,
        "publicModel": told.public_model,
        "origins": list(told.origins),
        "embargo": told.embargo,
        "duplicateClaims": list(told.duplicate_claims),
    }
    values = {"report": report, "reporters": reporters, "provenance": provenance}
    for name, value in values.items():
        predicates.VALUES["report", name](name, value)
    fields = {
        **{name: hidden.salt(value) for name, value in values.items()},
        "hops": len(told.chain),
        "proofs": list(proofs),
        "source": source,
        "receivedAt": at,
    }
    return about_case(case, "report", fields, hidden.openings)


def relay(case: Case, hop: Hop, *, at: str) -> Draft:
    """The report was handed on to ``hop``: the chain of reporters has one link more (R21)."""
    hidden = Hidden()
    hops = (case.last("report-relayed") or case.need("report")).predicate["hops"]
    fields = {"hop": hidden.salt(hop.to_json()), "hops": hops + 1, "relayedAt": at}
    return about_case(case, "report-relayed", fields, hidden.openings)


def close(case: Case, outcome: str, *, at: str) -> Draft:
    """The report is closed; what the outcome rests on is found in the case, or it is refused."""
    if outcome not in OUTCOMES:
        raise InputError(f"There is no outcome “{outcome}”.", hint=f"One of {', '.join(OUTCOMES)}.")
    fields = {"outcome": outcome, "basis": _basis(case, outcome), "closedAt": at}
    return about_case(case, "report-closed", fields)


def _basis(case: Case, outcome: str) -> str | None:
    validation = case.last("validation")
    if outcome == "fixed" and accepted_patches(case):
        return list(accepted_patches(case).values())[-1].digest
    if outcome in ("fixed", "not_reproduced"):
        return validation.digest if validation else None
    if outcome == "duplicate":
        aliases = [e for e in standing_links(case) if e.predicate["kind"] == "alias"]
        return aliases[-1].digest if aliases else None
    return None
