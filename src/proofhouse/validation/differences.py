# SPDX-License-Identifier: Apache-2.0
"""Which difference between a program and its patched self counts, and what the flaw looks like.

    flaw = Flaw.of(three runs of a proof, runs of controls)
    weigh(flaw, before, after, "given")     None, or Weighed("difference", "…: now refused …")

A patch may do what it likes with an input that showed the flaw, except show a fault. With any other
input it must do what was done before: a user sees exit status, standard output and the files that
are left, so these are compared; standard error is for people and is not.

How strictly depends on who made the input (``origin``):

- *given*, *recorded*: somebody chose it for this program. Any difference counts.
- *found*: a file or literal lying about. A difference counts unless both sides refuse it.
- *grown*: a mutant of one of these. Likewise.
- *kin*: a mutant of a proof that is quiet without the patch. It counts if it was taken (0) before
  and the flaw's class is one whose edge is exact: an access outside an object, an exception. A
  recursion, a hang, a lack of memory has no exact edge, a value that a type can't have does harm
  only where it is used, and a rule that was broken (exit status) may be broken quietly: there kin
  do not count.
- *graft*: an input with the proof's harmful part in another place or after another command. To
  refuse that part wherever it stands is the fix's business; only a fault counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from proofhouse.validation.program import Bench, Seen
from proofhouse.validation.traces import canonical_class, family

_NO_EDGE = frozenset(
    {"stack-overflow", "recursionerror", "timeout", "out-of-memory", "memoryerror"}
    | {"allocation-size-too-big", "killed", "requested-allocation-size", "invalid-value"}
)


_ENDLESS = frozenset({"stack-overflow", "recursionerror", "timeout"})
_NULL = b"(null)"
_FILLS = (0, 0x41)
_CHOSEN = ("given", "recorded")
_MEMORY = frozenset({"outside-object", "wild-address", "after-end-of-life"})
_SPATIAL = frozenset({"outside-object", "wild-address"})


@dataclass(frozen=True)
class Flaw:
    """What the proofs show. ``status`` is set where only an exit status shows it."""

    signatures: frozenset[tuple[str, str, str]]
    status: int | None = None
    callers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, runs: Sequence[Seen], controls: Sequence[Seen]) -> Flaw | None:
        """The flaw that all ``runs`` of one proof agree on; None if there is none.

        A status other than 0 is one only if a control ends with another.
        """
        first = runs[0]
        if any(seen.signature != first.signature for seen in runs):
            return None
        if first.ended in ("crashed", "timed-out") or first.kind == "out-of-memory":
            if any(c.signature == first.signature for c in controls[:2]) and not any(
                c.ended == "quiet" for c in controls
            ):
                return None
            return cls(frozenset({first.signature}), None, _callers(first))
        statuses = {seen.exit_status for seen in runs}
        told = first.ended == "quiet" and len(statuses) == 1 and first.exit_status
        otherwise = any(c.ended == "quiet" and c.exit_status != first.exit_status for c in controls)
        return cls(frozenset(), first.exit_status) if told and otherwise else None

    @classmethod
    def together(cls, flaws: Sequence[Flaw]) -> Flaw:
        """What several proofs show."""
        statuses = {flaw.status for flaw in flaws} - {None}
        every = frozenset(s for flaw in flaws for s in flaw.signatures)
        callers = frozenset(name for flaw in flaws for name in flaw.callers)
        return cls(every, statuses.pop() if statuses else None, callers)

    def bad(self, seen: Seen) -> bool:
        """Whether a run shows this flaw or any other fault."""
        if seen.ended != "quiet":
            return True
        return self.status is not None and seen.exit_status == self.status

    def shows(self, seen: Seen) -> bool:
        """Whether a run shows this very flaw: a bad access in one function has many names."""
        by_status = self.status is not None and seen.exit_status == self.status
        if seen.signature in self.signatures or (seen.ended == "quiet" and by_status):
            return True
        places = {function for _, kind, function in self.signatures if family(kind) in _MEMORY}
        bad_access = seen.vouched == "sanitizer" and family(seen.kind) in _MEMORY
        return bad_access and seen.function != "" and seen.function in places

    def also(self, seen: Seen) -> Flaw:
        """The flaw as another build shows it, too."""
        if seen.ended == "crashed":
            return replace(
                self,
                signatures=self.signatures | {seen.signature},
                callers=self.callers | _callers(seen),
            )
        return self

    def resembles(self, seen: Seen) -> bool:
        """Whether a run shows a near relative: a checked fault of the same class, by a shared way.

        Two accesses that lack one check are one flaw; only the first of them is in a proof's trace.
        What is used after its end is not of the class of what lies outside an object.
        """
        kinds = {family(kind) for _, kind, _ in self.signatures}
        kinds |= _SPATIAL if kinds & _SPATIAL else set()
        known = seen.vouched == "sanitizer" and family(seen.kind) in kinds
        near = seen.ended == "crashed" and known
        return near and bool(_callers(seen) & self.callers)

    @property
    def hangs(self) -> bool:
        """Whether it shows by taking too long."""
        return any(ended == "timed-out" for ended, _, _ in self.signatures)

    @property
    def endless(self) -> bool:
        """Whether it is a recursion or a loop without an end."""
        kinds = {canonical_class(kind).rpartition(".")[2] for _, kind, _ in self.signatures}
        return bool(kinds) and kinds <= _ENDLESS

    @property
    def spatial(self) -> bool:
        """Whether it is an access outside an object and nothing else."""
        return {family(kind) for _, kind, _ in self.signatures} == {"outside-object"}

    @property
    def of_memory(self) -> bool:
        """Whether it is a bad access to memory and nothing else."""
        return bool(self.signatures) and {family(k) for _, k, _ in self.signatures} <= _MEMORY

    @property
    def by_value(self) -> bool:
        """Whether it is a value that its type can't have, which may stand where nobody uses it."""
        return any(canonical_class(kind) == "invalid-value" for _, kind, _ in self.signatures)

    @property
    def has_edge(self) -> bool:
        """Whether an input is either over the edge or not: no recursion, hang or broken rule."""
        kinds = {canonical_class(kind).rpartition(".")[2] for _, kind, _ in self.signatures}
        return self.status is None and not kinds & _NO_EDGE

    def __str__(self) -> str:
        if self.status is not None and not self.signatures:
            return f"exit status {self.status}"
        return " or ".join(sorted(f"{k} in {f or '?'}" for _, k, f in self.signatures))


_EVERYWHERE = frozenset({"main", "_start", "<module>", "LLVMFuzzerTestOneInput"})


def _callers(seen: Seen) -> frozenset[str]:
    """Functions on the way to a crash that not every run goes through."""
    return frozenset(seen.functions[:6]) - _EVERYWHERE


@dataclass(frozen=True)
class Weighed:
    """A difference that counts: ``kind`` is variant, crash, difference or unsure."""

    kind: str
    why: str


def repeatable(seen: Seen) -> tuple[object, ...]:
    """What must repeat itself before a difference from it means anything.

    The exit status of a crash is drawn anew for each run and says nothing.
    """
    return seen.effect if seen.ended == "quiet" else seen.signature


def only_silenced(before: Seen, after: Seen) -> bool:
    """Whether all that a run did is done still, and only its exit status says that nothing was.

    Told of what printed something: a run that says nothing may well have done nothing now.
    """
    both = before.ended == after.ended == "quiet" and bool(before.stdout)
    same = before.stdout == after.stdout and before.files == after.files
    return both and same and bool(before.exit_status) and after.exit_status == 0


def weigh(flaw: Flaw, before: Seen, after: Seen, origin: str) -> Weighed | None:
    """Whether the two sides of one input differ in a way that counts."""
    if flaw.bad(before):
        by_status = before.ended == after.ended == "quiet"
        if by_status and origin in ("grown", "found"):
            return None  # nothing of a proof is in it: the status may be the right one
        if flaw.shows(before) and flaw.bad(after) and by_status and origin not in _CHOSEN:
            return Weighed(
                "unsure",
                f"A variant of a proof is {before} without and with the patch: the flaw is still "
                "there, or it is an input for which that status is right.",
            )
        if flaw.shows(before) and flaw.bad(after):
            return Weighed(
                "variant", f"It showed the flaw ({before}) and still ends badly: {after}."
            )
        same = before.function == after.function and family(before.kind) == family(after.kind)
        # An input that nothing of a proof is in shows another flaw of the program, if it shows one.
        derived = origin not in ("grown", "found")
        if derived and flaw.resembles(before) and after.ended == "crashed" and same:
            return Weighed("variant", f"A near relative of the flaw is still there: {after}.")
        return None
    if after.ended == before.ended and flaw.bad(after) and origin not in _CHOSEN:
        return Weighed(
            "unsure",
            f"It was {before}, and is {after} with the patch: the patch opens what was closed, or "
            "it is an input for which that status is right.",
        )
    if after.ended != "quiet" or flaw.bad(after):
        return Weighed("crash", f"It was {before}, and ends badly with the patch: {after}.")
    if before.effect == after.effect:
        return None
    return _answered_otherwise(flaw, before, after, origin)


async def unsettled(before: Bench, after: Bench, data: bytes, run: str, rounds: int) -> bool:
    """Whether either side answers one input in more than one way.

    In ``rounds`` runs each, or, without the patch, if new memory holds something else before it is
    written to: then the answer comes of that, which is a flaw, and says nothing about a patch. So
    does what the C library prints for a text that isn't there.
    """
    for bench in (before, after):
        first, *more = [repeatable(await bench.see(data, run)) for _ in range(rounds)]
        if any(other != first for other in more):
            return True
        if bench is before:
            if (await bench.see(data, run)).stdout.count(_NULL) > data.count(_NULL):
                return True
            filled = [repeatable(await bench.see(data, run, fill=byte)) for byte in _FILLS]
            if any(other != first for other in filled):
                return True
    return False


def _answered_otherwise(flaw: Flaw, before: Seen, after: Seen, origin: str) -> Weighed | None:
    old, new = before.exit_status, after.exit_status
    if origin not in _CHOSEN:
        if old and new:
            return None
        if origin == "graft" or (origin == "kin" and (old or not flaw.has_edge)):
            return None
    if old == new and before.stdout == after.stdout:
        return Weighed("difference", "it leaves other files behind, with the same answer.")
    if old == new:
        return Weighed("difference", "it is answered otherwise, with the same exit status.")
    if not old:
        return Weighed("difference", f"it was taken, and is now refused (exit status {new}).")
    if not new:
        return Weighed("difference", f"it was refused (exit status {old}), and is now taken.")
    return Weighed("difference", f"its exit status was {old} and is {new}.")
