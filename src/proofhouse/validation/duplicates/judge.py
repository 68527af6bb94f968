# SPDX-License-Identifier: Apache-2.0
"""Which reports are one flaw, decided by running each one's patch against each other's proof.

    judgement = await judge_cases(cases, excluded)
    judgement.groups      (Group(("heron-1", "heron-3"), (Finding(…, "both ways", …),)), …)

Two reports are one flaw if one's patch stops the other's proof: either's. That is taken at its word
unless something speaks against it, and what speaks against it is said. From above:

1. *Not believed*: the patch does not stop its own proof, its text talks to the sanitizer or catches
   faults, or controls that were quiet are answered otherwise with it (any of the case's own benign
   inputs; of the generic ones, all). Related.
2. *Both ways*: each patch stops the other's proof. An alias, unless both patches reach further
   than their own flaw and the crashes are at different places: then they are *far-reaching*, and
   the reports are related.
3. *One way, one place*: one patch stops the other's proof, not the reverse, and both proofs crash
   in the same class, function and line: one of the patches is narrower. An alias.
4. *One way*: the same at different places, or where no place is known: one flaw shows in two
   places, and one of the patches mends only where it shows. An alias, unless the patch *falls
   apart*: part of it stops its own proof and not the other's, and the rest the other's and not its
   own. Then it is two fixes in one (`matrix`), and the reports are related. So are those of
   far-reaching patches.
5. *Partly*, or a crash that moves *elsewhere*: related, for a person to decide. Never merged.

*Apart* are two of which neither's believed patch stops the other's proof. A patch *reaches further*
if it stops one way, at another place. Two aliases that would join a pair apart through one member
become related, the weaker first (4 before 3 before 2), with an alarm that names the pair: whether
that member's patch fixes two flaws or the two others' fix half of one can't be seen from here. What
is still joined by longer ways raises an alarm and stands, as does a group that is too large
(`groups.ALARM`).

Pure but for `judge_cases`, which fills the matrix. ``docs/duplicates.md`` has the measurements.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from proofhouse.validation.duplicates.cases import Case, Excluded
from proofhouse.validation.duplicates.groups import Groups, alarms, fold, merge, related
from proofhouse.validation.duplicates.matrix import STANDARD, Bounds, Matrix, fill

FAR, TWO_FIXES = "far-reaching", "two fixes"
BOTH, ONE_PLACE, ONE_WAY = "both ways", "one way, one place", "one way"
MERGING = (BOTH, ONE_PLACE, ONE_WAY)
"""The strongest first."""


@dataclass(frozen=True)
class Finding:
    """What the matrix says of a pair; ``basis`` is one of the words above, or the outcome."""

    first: str
    second: str
    basis: str
    reason: str
    first_patch: str
    """What the first's patch does to the second's proof, as in the matrix."""
    second_patch: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "basis": self.basis,
            "reason": self.reason,
            "firstPatchOnSecondProof": self.first_patch,
            "secondPatchOnFirstProof": self.second_patch,
        }


@dataclass(frozen=True)
class Group:
    """Reports that are one flaw, and the aliases that say so; alone without any."""

    members: tuple[str, ...]
    evidence: tuple[Finding, ...]


@dataclass(frozen=True)
class Judgement:
    """Everything that was found; ``events`` can be undone one by one (`groups.undo`)."""

    matrix: Matrix
    groups: tuple[Group, ...]
    related: tuple[Finding, ...]
    alarms: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    events: Groups

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        names = [case.name for case in self.matrix.cases]
        rows = [[self.matrix.cell(i, j) for j in names] for i in names]
        return {
            "groups": [
                {"members": list(g.members), "evidence": [f.to_dict() for f in g.evidence]}
                for g in self.groups
            ],
            "related": [finding.to_dict() for finding in self.related],
            "cases": names,
            "matrix": [[cell.outcome for cell in row] for row in rows],
            "why": [[cell.why for cell in row] for row in rows],
            "alarms": list(self.alarms),
            "excluded": [
                {"case": out.case, "part": out.part, "reason": out.reason} for out in self.excluded
            ],
        }


async def judge_cases(
    cases: Sequence[Case],
    excluded: Sequence[Excluded] = (),
    bounds: Bounds = STANDARD,
    *,
    tier: str = "bwrap",
) -> Judgement:
    """Run the matrix and decide; raises PrerequisiteError without a sandbox."""
    return decide(await fill(cases, bounds, tier=tier), excluded)


def decide(matrix: Matrix, excluded: Sequence[Excluded] = ()) -> Judgement:
    """The rules of the module's docstring over a matrix that was filled."""
    table = _Table(matrix)
    findings = [f for a, b in combinations(table.names, 2) if (f := table.pair(a, b)) is not None]
    broad = {name for f in findings if f.basis == FAR for name in (f.first, f.second)}
    findings = [table.not_by(f, broad) for f in findings]
    demoted, told = _contradicted(findings, table)
    aliases = [f for f in findings if f.basis in MERGING and (f.first, f.second) not in demoted]
    others = [
        f
        if f.basis not in MERGING
        else Finding(
            f.first,
            f.second,
            f.basis,
            f"{f.reason} Not merged: {demoted[f.first, f.second]}",
            f.first_patch,
            f.second_patch,
        )
        for f in findings
        if f not in aliases
    ]
    events = Groups()
    for finding in aliases:
        events = merge(events, finding.first, finding.second, finding.reason)
    for finding in others:
        events = related(events, finding.first, finding.second, finding.reason)
    groups = tuple(
        Group(members, tuple(f for f in aliases if f.first in members))
        for members in fold(events, table.names)
    )
    for group in groups:
        for a, b in combinations(group.members, 2):
            if table.apart(a, b):
                told.append(
                    f"{a} and {b} are in one group, but neither's patch stops the other's proof."
                )
    told += [f"{', '.join(alarm.members)}: {alarm.reason}" for alarm in alarms(events)]
    distrusted = [Excluded(name, "patch", why) for name, why in table.distrust.items()]
    out = sorted((*excluded, *matrix.excluded, *distrusted), key=lambda o: (o.case, o.part))
    return Judgement(matrix, groups, tuple(others), tuple(told), tuple(out), events)


class _Table:
    """The matrix with what is believed of it."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.names = tuple(case.name for case in matrix.cases)
        self.distrust: Mapping[str, str] = {
            case.name: why for case in matrix.cases if (why := self._distrust(case))
        }
        self.far = frozenset(
            a
            for a in self.names
            for b in self.names
            if self._one_way(a, b) and not self.one_place(a, b)
        )

    def outcome(self, patch: str, proof: str) -> str:
        return self.matrix.cell(patch, proof).outcome

    def stops(self, patch: str, proof: str) -> bool:
        """Whether one's patch is believed to stop the other's proof."""
        return patch not in self.distrust and self.outcome(patch, proof) == "stops"

    def apart(self, a: str, b: str) -> bool:
        """Whether both patches are believed and each other's proof crashes as before."""
        believed = a not in self.distrust and b not in self.distrust
        return believed and self.outcome(a, b) == self.outcome(b, a) == "crashes"

    def one_place(self, a: str, b: str) -> bool:
        """Whether a proof of each crashes in the same class, function and line."""
        return bool(self.places(a) & self.places(b))

    def places(self, name: str) -> frozenset[tuple[str, str, str]]:
        """Where the proofs of a case crash, as far as a line is known."""
        found = (shown.place for shown in self.matrix.shown[name])
        return frozenset(place for place in found if place is not None)

    def _one_way(self, a: str, b: str) -> bool:
        return a != b and self.stops(a, b) and self.outcome(b, a) == "crashes"

    def _distrust(self, case: Case) -> str:
        own = self.matrix.cell(case.name, case.name)
        if own.outcome != "stops":
            return f"The patch does not stop its own proof ({own.outcome}): {own.why}"
        if case.distrust:
            return case.distrust
        for other in self.matrix.cases:
            cell = self.matrix.cell(case.name, other.name)
            kind = "benign" if other.benign else "generic"
            if cell.changed and (other.benign or cell.changed == cell.controls):
                return (
                    f"The patch changes what {cell.changed} of {cell.controls} {kind} controls of "
                    f"{other.name} are answered: it may switch off more than a flaw."
                )
        return ""

    def not_by(self, finding: Finding, broad: Collection[str]) -> Finding:
        """The same, unless its one way is that of a far-reaching patch: then it merges nothing."""
        one = finding.first if self.stops(finding.first, finding.second) else finding.second
        if finding.basis != ONE_WAY or one not in broad:
            return finding
        reason = f"{finding.reason} The patch of {one} is far-reaching."
        return replace(finding, basis=FAR, reason=reason)

    def pair(self, a: str, b: str) -> Finding | None:
        """What the two cells say; None where neither patch does anything to the other's proof."""
        first, second = self.outcome(a, b), self.outcome(b, a)

        def found(basis: str, reason: str) -> Finding:
            return Finding(a, b, basis, reason, first, second)

        if self.stops(a, b) and self.stops(b, a):
            if a in self.far and b in self.far and not self.one_place(a, b):
                return found(
                    FAR,
                    "Each patch stops the other's proof, but both also stop proofs at other "
                    "places whose own patches do not stop theirs, and the two crash at different "
                    "places.",
                )
            return found(BOTH, "Each patch stops the other's proof.")
        for one, other in ((a, b), (b, a)):
            if self.stops(one, other):
                back = self.outcome(other, one)
                told = f"The patch of {one} stops the proof of {other}, not the reverse ({back})"
                if other in self.distrust and back == "stops":
                    told = f"Each patch stops the other's proof, but {other}'s is not believed"
                if self.one_place(a, b):
                    crash = self.matrix.shown[one][0].crash
                    return found(ONE_PLACE, f"{told}; both crash at one place: {crash}.")
                parts = self.matrix.apart.get((one, other))
                if parts:
                    return found(TWO_FIXES, f"{told}, and {one}'s patch falls apart: {parts}")
                where = "the two crash at different places"
                if not (self.places(a) and self.places(b)):
                    where = "at which line they crash is not known"
                return found(ONE_WAY, f"{told}; {where}.")
        for one, other in ((a, b), (b, a)):
            if self.outcome(one, other) == "stops":
                return found(
                    "not believed",
                    f"The patch of {one} stops the proof of {other}, but is not believed. "
                    f"{self.distrust[one]}",
                )
        for word in ("partly", "elsewhere"):
            if word in (first, second):
                one, other = (a, b) if first == word else (b, a)
                return found(word, f"{one}'s patch on {other}: {self.matrix.cell(one, other).why}")
        return None


def _contradicted(
    findings: Sequence[Finding], table: _Table
) -> tuple[dict[tuple[str, str], str], list[str]]:
    """The aliases that would join a pair apart through one member, and the alarms of it.

    Only the weaker of the two give in.
    """
    edges: dict[str, dict[str, Finding]] = {name: {} for name in table.names}
    for finding in findings:
        if finding.basis in MERGING:
            edges[finding.first][finding.second] = finding
            edges[finding.second][finding.first] = finding
    demoted: dict[tuple[str, str], str] = {}
    told = []
    for middle in table.names:
        for a, b in combinations(sorted(edges[middle]), 2):
            if not table.apart(a, b):
                continue
            two = (edges[middle][a], edges[middle][b])
            weakest = max(MERGING.index(f.basis) for f in two)
            weak = [f for f in two if MERGING.index(f.basis) == weakest]
            why = f"{a} and {b} are apart, and it would join them."
            for finding in weak:
                demoted.setdefault((finding.first, finding.second), why)
            told.append(
                f"{middle} goes with {a} and with {b}, which are apart: either its patch fixes "
                "two flaws, or theirs fix half of one each."
            )
    return demoted, told
