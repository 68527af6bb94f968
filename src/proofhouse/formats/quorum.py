# SPDX-License-Identifier: Apache-2.0
"""How many witnesses are enough: witnesses and groups of them, k of n (c2sp.org/tlog-policy).

    {"threshold": 2,
     "keys":   ["w1.example+…", "w2.example+…", "w3.example+…"],
     "groups": [{"name": "labs", "threshold": 1, "members": ["w1.example", "w2.example"]}],
     "urls":   {"w1.example": "https://w1.example/witness"}}

A group has witnessed a checkpoint if at least ``threshold`` of its members have; a member is a
witness, by its name, or a group that stands before. Each is a member once at most. ``threshold`` of
those that are in no group must have witnessed: above, the labs and w3.example. A witness counts
once, whatever number of keys it has. ``groups`` and ``urls`` may be missing; a URL is where to ask
and has no say in what is believed.

C2SP writes the same as lines of text; ours stands in the trust policy, beside the other parties.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.formats.fields import integer, items, members, refuse, text
from proofhouse.formats.note import check_name

MAX_GROUPS = 100
_MAX_URL = 500


@dataclass(frozen=True)
class WitnessGroup:
    """At least ``threshold`` of ``members`` (witnesses or groups, by name) must have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.members:
            refuse("the group of witnesses", "must have a member")
        integer(self.threshold, "the threshold of a group", 1, len(self.members))


def top(names: Sequence[str], groups: Sequence[WitnessGroup]) -> tuple[str, ...]:
    """The witnesses and groups that are in no group.

    Raises FormatError if a group names somebody unknown, somebody twice, or is named twice.
    """
    if len(groups) > MAX_GROUPS:
        refuse("the groups of witnesses", f"must be at most {MAX_GROUPS}")
    known = list(dict.fromkeys(names))
    taken: set[str] = set()
    for group in groups:
        for member in group.members:
            if member not in known:
                refuse("the group of witnesses", f"has the unknown member {member[:80]!r}")
            if member in taken:
                refuse("the witness", f"{member[:80]!r} is a member twice")
            taken.add(member)
        if group.name in known:
            refuse("the group of witnesses", f"has a name that is taken: {group.name[:80]!r}")
        known.append(group.name)
    return tuple(name for name in known if name not in taken)


def witnessed(
    names: Sequence[str], groups: Sequence[WitnessGroup], seen: Collection[str]
) -> frozenset[str]:
    """Which of ``top`` have witnessed, if the witnesses named in ``seen`` have."""
    have = set(seen) & set(names)
    for group in groups:
        if len(have & set(group.members)) >= group.threshold:
            have.add(group.name)
    return frozenset(have & set(top(names, groups)))


def parse_groups(value: object) -> tuple[WitnessGroup, ...]:
    """The groups of a policy. Raises FormatError."""
    found = []
    for item in items(value, "the groups of witnesses"):
        body = members(item, "the group of witnesses", ("name", "threshold", "members"))
        name = text(body["name"], "the name of a group", 255)
        inside = items(body["members"], "the members of a group")
        named = tuple(text(member, "the member of a group", 255) for member in inside)
        found.append(WitnessGroup(name, body["threshold"], named))
    return tuple(found)


def parse_urls(value: object, names: Sequence[str]) -> dict[str, str]:
    """Where witnesses are asked, by name. Raises FormatError."""
    body = members(value, "the URLs of witnesses", (), tuple(dict.fromkeys(names)))
    return {name: text(url, "the URL of a witness", _MAX_URL) for name, url in body.items()}


def to_json(groups: Sequence[WitnessGroup], urls: Mapping[str, str]) -> dict[str, Any]:
    """The members ``groups`` and ``urls``, as far as there are any."""
    shown: dict[str, Any] = {}
    if groups:
        shown["groups"] = [
            {"name": g.name, "threshold": g.threshold, "members": list(g.members)} for g in groups
        ]
    if urls:
        shown["urls"] = dict(sorted(urls.items()))
    return shown
