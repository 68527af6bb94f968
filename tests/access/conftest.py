# SPDX-License-Identifier: Apache-2.0
"""An empty list of people, and some who are in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from proofhouse.access import Access, Organisation, Person
from proofhouse.rules.window import parse_time, print_time


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "access.sqlite"


@pytest.fixture
def access(path: Path) -> Iterator[Access]:
    made = Access.open(path)
    yield made
    made.close()


@dataclass(frozen=True)
class Town:
    """A house with its administrator, a lab with a developer, an institute with two assessors."""

    house: Organisation
    lab: Organisation
    institute: Organisation
    admin: Person
    mira: Person
    noor: Person
    ola: Person


@pytest.fixture
def town(access: Access) -> Town:
    house = access.add_organisation("The house", roles=("administrator",))
    lab = access.add_organisation("Example Lab", roles=("developer",), party="1" * 64)
    institute = access.add_organisation(
        "Institute", roles=("registrar", "assessor"), party="2" * 64, sector="government"
    )
    people = [access.add_person(name, "") for name in ("Ada", "Mira", "Noor", "Ola")]
    for person, where, role in zip(
        people,
        (house, lab, institute, institute),
        ("administrator", "developer", "assessor", "assessor"),
        strict=True,
    ):
        access.join(person.id, where.id, role)
    return Town(house, lab, institute, *people)


def at(minutes: int = 0, seconds: int = 0) -> str:
    """So many minutes and seconds into a day."""
    return print_time(parse_time("2026-07-01T00:00:00Z") + minutes * 60 + seconds)
