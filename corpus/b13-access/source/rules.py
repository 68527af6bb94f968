# SPDX-License-Identifier: Apache-2.0
"""Rules of access: who may see which folders.

    group editors: joanna, bob
    allow editors, mary: /drafts
    deny bob: /drafts/secret

A rule names users and groups, and a folder; it holds for everything in the folder as well. A rule
that denies goes before one that allows; without a rule nobody may see anything.
"""

from dataclasses import dataclass, field


class RulesError(Exception):
    """A line that cannot be understood."""


@dataclass(frozen=True)
class Rule:
    """Whether some subjects (users and groups) may see a folder."""

    allows: bool
    subjects: str
    folder: str

    def covers(self, path: str) -> bool:
        """Whether a path is the rule's folder or in it."""
        top = self.folder.rstrip("/")
        return path == top or path.startswith(top + "/")

    def names(self, user: str, groups: dict[str, str]) -> bool:
        """Whether the rule holds for a user, by name or through a group."""
        if user in self.subjects:
            return True
        return any(name in self.subjects and user in members for name, members in groups.items())


@dataclass
class Rules:
    """All rules, and the members of groups."""

    rules: list[Rule] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Take in a line that begins with group, allow or deny; raises RulesError."""
        head, colon, tail = line.partition(":")
        word, _, subjects = head.strip().partition(" ")
        subjects, tail = subjects.strip(), tail.strip()
        if not colon or not subjects or not tail:
            raise RulesError(f"not understood: {line}")
        if word == "group":
            self.groups[subjects] = tail
        elif word in ("allow", "deny") and tail.startswith("/"):
            self.rules.append(Rule(word == "allow", subjects, tail))
        else:
            raise RulesError(f"not understood: {line}")

    def may_see(self, user: str, path: str) -> bool:
        """Whether a user may see a path."""
        holding = [r for r in self.rules if r.covers(path) and r.names(user, self.groups)]
        return bool(holding) and all(rule.allows for rule in holding)
