# SPDX-License-Identifier: Apache-2.0
"""Who may do what: lists of names, and groups that have such lists.

Names are small letters, digits, dots and dashes, and begin with a letter. The items of a list are
separated by commas, and blanks around them do not count. An item is

    ann       a user
    @staff    the members of a group
    -bob      not this user, whatever else the list says
    *         everybody, whether named anywhere or not

Groups have users and groups only; groups that have each other are no mistake.
"""

import re

NAME = re.compile(r"[a-z][a-z0-9.-]*")


class Access:
    """The groups, and what follows from them."""

    def __init__(self) -> None:
        self.groups: dict[str, str] = {}

    def add_group(self, name: str, members: str) -> None:
        """Let there be a group. Of two with one name the last counts."""
        self.groups[name] = members

    def allows(self, user: str, names: str) -> bool:
        """Whether a list has a user."""
        if "-" + user in names:
            return False
        if user in names or "*" in names:
            return True
        return any(self.member(user, group) for group in self.groups if "@" + group in names)

    def member(self, user: str, group: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a group has a user, itself or by a group in it."""
        members = self.groups[group]
        if user in members:
            return True
        return any(
            self.member(user, inner, seen | {group})
            for inner in self.groups
            if inner not in seen | {group} and "@" + inner in members
        )
