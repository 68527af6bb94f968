# SPDX-License-Identifier: Apache-2.0
"""The table of roles and actions: closed, and closed to what it does not name."""

from __future__ import annotations

import pytest

from proofhouse.access import ACTIONS, ROLES, SCOPES, TWO_PERSONS, may
from proofhouse.access.table import SEES_EVERY_CASE, SIGNS_AS
from proofhouse.formats.policy import ROLES as PARTIES


def test_the_table_names_only_roles_that_there_are() -> None:
    """Every row is of known roles and has one; every scope is of known actions."""
    for action, roles in ACTIONS.items():
        assert roles, action
        assert roles <= set(ROLES), action
    for scope, actions in SCOPES.items():
        assert actions <= set(ACTIONS), scope
    assert set(ACTIONS) >= TWO_PERSONS
    assert set(ROLES) >= SEES_EVERY_CASE
    assert set(SIGNS_AS) <= set(ROLES)
    assert set(SIGNS_AS.values()) == set(PARTIES)


@pytest.mark.parametrize("action", ["", "approve", "deny", "SEE-LOG", "see-log "])
def test_unknown_actions_are_nobodys(action: str) -> None:
    """What the table does not name, no role may do; there is no action that blocks a model (R1)."""
    assert not any(may(role, action) for role in (*ROLES, None, "root"))


def test_nobody_may_nothing() -> None:
    """Without a role nothing of the table is allowed."""
    assert not any(may(role, action) for role in (None, "", "root") for action in ACTIONS)


def test_who_decides_does_not_take_part() -> None:
    """Determining, owning the threshold, developing and managing people are four roles apart."""
    doers = [ACTIONS[a] for a in ("determine", "threshold", "submit", "manage-people")]
    for n, one in enumerate(doers):
        for other in doers[n + 1 :]:
            assert not one & other


def test_leaving_is_the_developers_alone() -> None:
    """Only the developer's side withdraws (R1), and both sides choose a partner (R8)."""
    assert ACTIONS["withdraw"] == {"developer", "steward"}
    assert ACTIONS["grant-partner"] == {"developer", "steward", "assessor"}
