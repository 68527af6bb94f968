# SPDX-License-Identifier: Apache-2.0
"""Groups of reports that are one flaw: merged with a reason, taken back without a trace lost.

    state = merge(Groups(), "A", "B", "same commit")     one group: A, B
    state = merge(state, "B", "C", "proof and patch")    one group: A, B, C (aliases are transitive)
    state = related(state, "C", "D", "same bulletin")    D stays alone: related never merges
    state = undo(state, 1)                               groups A, B and C again

Pure functions over an append-only list of events, as everything here is: a group is a fold, an undo
is an event, and replaying the events gives the same groups. OSV's schema has the same three words:
``aliases`` are one flaw, ``related`` and ``upstream`` are not (ossf.github.io/osv-schema).

A group that grows beyond `ALARM` members is more likely one wrong merge than one flaw. The merge
stands, the alarm names the events that joined the group, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proofhouse.errors import RefusedError

ALARM = 8
"""Members from which a group raises an alarm."""

MERGES = frozenset({"alias"})
NEVER_MERGE = frozenset({"related", "upstream"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing said of two members, or the undoing of one said before."""

    number: int
    kind: str
    """``alias``, ``related``, ``upstream`` or ``undo``."""
    first: str
    second: str
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A group that is too large to be believed, and the merges that made it."""

    members: tuple[str, ...]
    merges: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Groups:
    """Everything that was said, in order."""

    events: tuple[Event, ...] = ()

    @property
    def standing(self) -> tuple[Event, ...]:
        """The events that were not undone; undos are not among them."""
        undone = {event.undoes for event in self.events if event.kind == "undo"}
        return tuple(e for e in self.events if e.kind != "undo" and e.number not in undone)


def merge(groups: Groups, first: str, second: str, reason: str) -> Groups:
    """Say that two members are one flaw; raises RefusedError without a reason or for one member."""
    return _say(groups, "alias", first, second, reason)


def related(
    groups: Groups, first: str, second: str, reason: str, *, upstream: bool = False
) -> Groups:
    """Say that two members have to do with each other without being one flaw; never merges."""
    return _say(groups, "upstream" if upstream else "related", first, second, reason)


def undo(groups: Groups, number: int, reason: str = "taken back") -> Groups:
    """Take one event back; raises RefusedError if there is none standing with that number."""
    found = next((event for event in groups.standing if event.number == number), None)
    if found is None:
        raise RefusedError(
            f"Event {number} can't be undone: none with that number stands.",
            rule="groups.undo",
            hint="Standing: " + (", ".join(str(e.number) for e in groups.standing) or "none") + ".",
        )
    event = Event(len(groups.events), "undo", found.first, found.second, reason, undoes=number)
    return Groups((*groups.events, event))


def _say(groups: Groups, kind: str, first: str, second: str, reason: str) -> Groups:
    if not first or not second or first == second:
        raise RefusedError(
            "Two different members are needed.", rule=f"groups.{kind}", hint="Name both."
        )
    if not reason.strip():
        raise RefusedError(
            "A merge without a reason can't be judged later.",
            rule=f"groups.{kind}",
            hint="Say what decided.",
        )
    event = Event(len(groups.events), kind, first, second, reason)
    return Groups((*groups.events, event))


def members(groups: Groups, of: str) -> tuple[str, ...]:
    """The group of one member, sorted; the member alone if nothing was merged with it."""
    return next((group for group in fold(groups, (of,)) if of in group), (of,))


def fold(groups: Groups, among: Iterable[str] = ()) -> tuple[tuple[str, ...], ...]:
    """Every group, members sorted, groups sorted by their first; ``among`` adds lone members.

    Whoever was ever named is in a group, alone after the last merge was taken back.
    """
    parent = {name: name for name in among}
    for event in groups.events:
        parent.setdefault(event.first, event.first)
        parent.setdefault(event.second, event.second)

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for event in groups.standing:
        if event.kind in MERGES:
            low, high = sorted((root(event.first), root(event.second)))
            parent[high] = low
    found: dict[str, list[str]] = {}
    for name in sorted(parent):
        found.setdefault(root(name), []).append(name)
    return tuple(sorted(tuple(group) for group in found.values()))


def alarms(groups: Groups, limit: int = ALARM) -> tuple[Alarm, ...]:
    """The groups of more than ``limit`` members, each with the merges that made it."""
    raised = []
    for group in fold(groups):
        if len(group) > limit:
            inside = set(group)
            merges = tuple(
                e.number for e in groups.standing if e.kind in MERGES and e.first in inside
            )
            told = f"{len(group)} members are joined by {len(merges)} merges; look at each of them."
            raised.append(Alarm(group, merges, told))
    return tuple(raised)
