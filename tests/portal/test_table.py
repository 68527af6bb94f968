# SPDX-License-Identifier: Apache-2.0
"""The one table of roles and actions, beside the acts of the portal; and what is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")

from proofhouse.access import ACTIONS, SCOPES, TWO_PERSONS
from proofhouse.access.table import SIGNS_AS
from proofhouse.portal.account import COVERS
from proofhouse.portal.acts import ACTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(ACTS))
def test_who_may_do_an_act_is_who_signs_it(name: str) -> None:
    """The roles that the table lets do an act are those that make its statement."""
    act = ACTS[name]
    assert {SIGNS_AS[role] for role in ACTIONS[act.action]} == set(act.roles)


def test_every_scope_is_told_in_words() -> None:
    """A person reads what a program does by each scope."""
    assert set(COVERS) == set(SCOPES)


def test_what_takes_two_people_takes_a_person() -> None:
    """No token's scope covers what two people decide."""
    assert not TWO_PERSONS & frozenset[str]().union(*SCOPES.values())


def test_the_main_job_installs_nothing_of_the_portal() -> None:
    """No package of the extra or its tests is in the main job's lock, but those of Inspect."""
    project = (ROOT / "pyproject.toml").read_text()
    named = re.findall(r"^portal = \[.*?^\]", project, re.MULTILINE | re.DOTALL)
    assert len(named) == 2
    wanted = {name.lower() for block in named for name in re.findall(r'"([\w-]+)>=', block)}
    needed = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    portal = re.findall(
        r"^([\w.-]+)==", (ROOT / "requirements-portal.lock").read_text(), re.MULTILINE
    )
    assert wanted <= set(portal)
    # Inspect brings these itself, as servers and clients of its own.
    inspects = {"fastapi", "httpx", "jinja2", "uvicorn"}
    assert wanted & set(needed) == inspects
