# SPDX-License-Identifier: Apache-2.0
"""Every page of the portal, and what a program does instead: the table of pages holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")

from proofhouse.access.table import ACTIONS
from proofhouse.portal.acts import ACTS
from proofhouse.portal.api import OPERATIONS
from proofhouse.portal.api.cases import name_of
from proofhouse.portal.api.pages import ACT, FOR_PEOPLE, PAGES, RECORD
from proofhouse.portal.assess import recordable_act
from proofhouse.portal.fields import Field

from .test_matrix import action_of

BY_ID = {one.id: one for one in OPERATIONS}
DOCS = Path(__file__).parents[2] / "docs/portal.md"


def pages_of(town: Any) -> Iterator[tuple[str, Any]]:
    """Every route of a page as the table writes it."""
    for route in town.routes:
        if not route.path.startswith("/api/v1/"):
            for method in route.methods - {"HEAD"}:
                yield f"{method} {route.path}", route


def operations_of(page: str) -> Iterator[str]:
    """The operations that stand for a page."""
    for name in PAGES[page]:
        if name == ACT:
            yield from ("beginCase" if act == "inquire" else name_of(act) for act in ACTS)
        elif name == RECORD:
            yield from (name_of(f"record-{act}") for act in ACTS if recordable(act))
        else:
            yield name


def recordable(act: str) -> bool:
    """Whether staff record the act for others."""
    try:
        recordable_act(act)
    except Exception:
        return False
    return True


def test_every_page_is_an_operation_or_is_for_people(quiet_town: Any) -> None:
    """A page without an operation, or a row without its page, fails here."""
    there = {page for page, _ in pages_of(quiet_town)}
    assert there == PAGES.keys() | FOR_PEOPLE.keys()
    assert not PAGES.keys() & FOR_PEOPLE.keys()


def test_every_operation_of_a_page_is_there() -> None:
    """Each row names operations: each act is one, and to record it for others is another."""
    for page in PAGES:
        named = list(operations_of(page))
        assert named, page
        assert set(named) <= set(BY_ID), page


def test_what_changes_something_takes_the_same_role(quiet_town: Any) -> None:
    """Whoever may send a form may ask for its operation, and nobody else.

    An act's form asks for its act inside, and a draft's for who is to sign.
    """
    for page, route in pages_of(quiet_town):
        if page.startswith("POST") and page in PAGES and ACT not in PAGES[page]:
            roles = ACTIONS.get(action_of(route) or "")
            for name in operations_of(page):
                if name != "registerStatement":
                    assert ACTIONS.get(BY_ID[name].action) == roles, (page, name)


def test_a_form_and_its_operation_ask_for_the_same() -> None:
    """The fields of an act's operation are those of its form, under the same action."""
    for act in ACTS.values():
        one = BY_ID["beginCase" if act.name == "inquire" else name_of(act.name)]
        assert one.fields == act.fields
        assert (one.action, one.drafting) == (act.action, True)
    assert all(isinstance(field, Field) for one in OPERATIONS for field in one.fields)


def test_what_is_for_people_alone_is_documented() -> None:
    """Each reason for which a page is no operation stands in the guide."""
    guide = " ".join(DOCS.read_text().split())
    for page, reason in FOR_PEOPLE.items():
        assert page.split(" ", 1)[1].replace(":int", "").replace(":path", "") in guide, page
        assert reason in guide, reason
