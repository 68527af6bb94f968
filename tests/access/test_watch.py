# SPDX-License-Identifier: Apache-2.0
"""Recusals and views are appended; limits hold and say how long to wait."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from access.conftest import Town, at
from proofhouse.access import Access, watch
from proofhouse.errors import InputError, TooManyError


def test_who_is_recused_stays_so(access: Access, town: Town) -> None:
    """A recusal is of one person and one case, says why, and its first reason stays."""
    assert not access.recused(town.noor.id, "c1")
    access.recuse(town.noor.id, "c1", "My brother works there.", at(0))
    access.recuse(town.noor.id, "c1", "Another reason.", at(1))
    assert access.recused(town.noor.id, "c1")
    assert not access.recused(town.noor.id, "c2")
    assert not access.recused(town.ola.id, "c1")
    (only,) = access.recusals()
    assert (only.reason, only.recused_at) == ("My brother works there.", at(0))
    assert access.recusals(town.ola.id) == ()
    with pytest.raises(InputError):
        access.recuse(town.noor.id, "c2", "  ", at(0))


def test_views_are_listed(access: Access, town: Town) -> None:
    """Who looked at what is told by case or by person, the newest first."""
    access.viewed(town.noor.id, town.institute.id, "submission", "c1", at(0))
    access.viewed(town.ola.id, town.institute.id, "outcomes", "c1", at(1))
    access.viewed(town.noor.id, town.institute.id, "submission", "c2", at(2))
    assert [v.what for v in access.views(case="c1")] == ["outcomes", "submission"]
    assert [v.case for v in access.views(person=town.noor.id)] == ["c2", "c1"]
    assert [v.number for v in access.views()] == [3, 2, 1]
    assert len(access.views(most=1)) == 1
    access.viewed(town.ola.id, town.institute.id, "everything", "", at(3))
    access.viewed(town.ola.id, town.institute.id, "case", "c3", at(4))
    assert [v.what for v in access.views(case="c2")] == ["everything", "submission"]
    assert [v.what for v in access.views(case="c3")] == ["case"]  # it began later


@pytest.mark.parametrize("table", ["view", "recusal", "let_in"])
def test_what_was_appended_stays(path: Path, access: Access, town: Town, table: str) -> None:
    """Neither a change, a removal nor a replacement gets past the triggers."""
    access.viewed(town.noor.id, town.institute.id, "submission", "c1", at(0))
    access.recuse(town.noor.id, "c1", "A reason.", at(0))
    access.new_link(town.noor.id, "invitation", at(0), 600)
    changes = {
        "view": "INSERT OR REPLACE INTO view VALUES (1, 'x', 'x', 'x', 'x', 0)",
        "let_in": "INSERT OR REPLACE INTO let_in VALUES (1, 'x', 'x', 'x', 0)",
        "recusal": f"INSERT OR REPLACE INTO recusal VALUES ('{town.noor.id}', 'c1', 'x', 0)",
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA recursive_triggers = ON")
        for statement in (f"UPDATE {table} SET at = 1", f"DELETE FROM {table}", changes[table]):
            with pytest.raises(sqlite3.IntegrityError, match="appended, never changed"):
                db.execute(statement)


def test_a_limit_says_how_long_to_wait(access: Access) -> None:
    """After as many seconds as one is told, the next one is taken; a refused one counts nothing."""
    for second in (0, 10, 20):
        access.hit("sign-in", "192.0.2.1", at(0, second), 3, 60)
    for second in (30, 40):
        with pytest.raises(TooManyError) as caught:
            access.hit("sign-in", "192.0.2.1", at(0, second), 3, 60)
    assert caught.value.seconds == 20
    access.hit("sign-in", "192.0.2.1", at(1, 0), 3, 60)


def test_limits_are_apart(access: Access) -> None:
    """Another key and another bucket have limits of their own."""
    access.hit("sign-in", "a", at(0), 1, 60)
    access.hit("sign-in", "b", at(0), 1, 60)
    access.hit("token", "a", at(0), 1, 60)
    with pytest.raises(TooManyError):
        access.hit("sign-in", "a", at(0), 1, 60)


def test_a_flood_is_forgotten_first(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket remembers so many keys and no more, those that were hit last."""
    monkeypatch.setattr(watch, "MOST_KEYS", 3)
    for key in "abcd":
        access.hit("sign-in", key, at(0), 1, 60)
    access.hit("sign-in", "a", at(0), 1, 60)
    for key in "cd":
        with pytest.raises(TooManyError):
            access.hit("sign-in", key, at(0), 1, 60)
